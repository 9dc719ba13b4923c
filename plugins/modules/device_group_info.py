#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read device groups."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_group_info
short_description: Read device groups
version_added: 0.1.0
description:
  - Reads one device group or lists those that match.
  - The devices of a group are read with M(pelion.device_management.device_info) and its option
    O(pelion.device_management.device_info#module:device_group_id).
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.info
  - pelion.device_management.info.filters
  - pelion.device_management.info.order
  - pelion.device_management.info.id
  - pelion.device_management.several.concurrency
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.info_module
options:
  name:
    description:
      - Read the group with this name.
    type: str
seealso:
  - module: pelion.device_management.device_group
"""

EXAMPLES = r"""
- name: List all groups
  pelion.device_management.device_group_info:
  register: groups

- name: Show how many devices each has
  ansible.builtin.debug:
    msg: "{{ groups.device_groups | items2dict(key_name='name', value_name='devices_count') }}"

- name: Find the groups of one site that are not empty
  pelion.device_management.device_group_info:
    filters:
      custom_attributes:
        site: oslo
      devices_count:
        gte: 1
    fields: [name, devices_count]
"""

RETURN = r"""
device_groups:
  description: The groups found; an empty list when there are none.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 015c3029f6f7000000000001001000c3
      name: Pumps in Oslo
      description: Everything that pumps in the Oslo plant
      custom_attributes: {site: oslo}
      devices_count: 12
      created_at: "2026-01-31T12:00:00.000000Z"
      updated_at: "2026-02-01T08:15:30.000000Z"
missing:
  description: Those of O(ids) that nothing has.
  returned: when O(ids) is given
  type: list
  elements: str
  sample: [0161991d63150242ac120006000000ff]
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.info import InfoModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import directory


def main():
    InfoModule(directory.DEVICE_GROUP).main()


if __name__ == "__main__":
    main()
