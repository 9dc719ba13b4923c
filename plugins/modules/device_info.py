#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read devices."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_info
short_description: Read devices
version_added: 0.1.0
description:
  - Reads one device, or lists those that match, from the device directory.
  - To run plays against devices use the inventory plugin P(pelion.device_management.devices#inventory) instead.
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
  endpoint_name:
    description:
      - Read the devices with this endpoint name.
    type: str
  name:
    description:
      - Read the devices with this name. Names need not be unique.
    type: str
  device_group_id:
    description:
      - Read only the devices that are in the group with this id. O(filters) narrow it further, except by attributes.
    type: str
  query:
    description:
      - Read the devices that a saved query finds. Give the text of the query, such as
        V(state__eq=registered&device_class__eq=pump-v2).
    type: str
seealso:
  - module: pelion.device_management.device
  - module: pelion.device_management.device_query_info
  - module: pelion.device_management.device_group_info
  - plugin: pelion.device_management.devices
    plugin_type: inventory
"""

EXAMPLES = r"""
- name: Read one device
  pelion.device_management.device_info:
    id: 01667c6e992c00000000000100100370
  register: one

- name: List the registered pumps of one site, names only
  pelion.device_management.device_info:
    filters:
      state: registered
      device_class: [pump-v1, pump-v2]
      custom_attributes:
        site: oslo
    fields: [name, endpoint_name]
  register: pumps

- name: List what appeared since the first of November, newest first
  pelion.device_management.device_info:
    filters:
      created_at:
        gte: "2026-11-01T00:00:00Z"
    order: DESC
    limit: 100

- name: Read the devices of this play in one task
  pelion.device_management.device_info:
    ids: "{{ ansible_play_batch | map('extract', hostvars, 'pelion_id') }}"
    fields: [name, state, firmware_checksum]
  register: batch
  run_once: true

- name: Stop when the directory does not know some of them
  ansible.builtin.assert:
    that: batch.missing == []
  run_once: true

- name: List the devices of a group that are not connected
  pelion.device_management.device_info:
    device_group_id: 015c3029f6f7000000000001001000c3
    filters:
      state: {neq: registered}
"""

RETURN = r"""
devices:
  description: The devices found; an empty list when there are none.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 01667c6e992c00000000000100100370
      name: pump-17
      endpoint_name: 0166c8f2a1b300000000000100100370
      state: registered
      custom_attributes: {site: oslo, floor: "2"}
      groups: [015c3029f6f7000000000001001000c3]
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

from ansible_collections.pelion.device_management.plugins.module_utils.filters import check, unpack
from ansible_collections.pelion.device_management.plugins.module_utils.info import InfoModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import directory


class DeviceInfo(InfoModule):
    def conditions(self, params):
        return super().conditions(params) + check(unpack(params["query"] or ""), self.row_for(params).allowed_filters)


def main():
    DeviceInfo(
        directory.DEVICE,
        dict(query=dict(type="str")),
        variants=dict(device_group_id=directory.DEVICE_GROUP_DEVICE),
        mutually_exclusive=[("id", other) for other in ("name", "endpoint_name", "filters", "device_group_id", "query")],
    ).main()


if __name__ == "__main__":
    main()
