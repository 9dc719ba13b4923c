#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the categories for suspending devices."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_block_category_info
short_description: Read the categories for suspending devices
version_added: 0.1.0
description:
  - Lists the reasons for which devices can be suspended, as the service defines them. M(pelion.device_management.device) takes their
    references.
  - It does not tell which devices are suspended; for that filter M(pelion.device_management.device_info) by C(lifecycle_status) or
    C(last_operator_suspended_category).
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.info
  - pelion.device_management.info.filters
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.info_module
options:
  reference:
    description:
      - Read the one category with this reference, such as V(maintenance).
    type: str
seealso:
  - module: pelion.device_management.device
  - module: pelion.device_management.device_info
"""

EXAMPLES = r"""
- name: List the categories
  pelion.device_management.device_block_category_info:
  register: categories

- name: Show what they mean
  ansible.builtin.debug:
    msg: "{{ categories.device_block_categories | items2dict(key_name='reference', value_name='description') }}"

- name: Suspend a device only if the service knows the category
  pelion.device_management.device:
    id: 01667c6e992c00000000000100100370
    state: suspended
    block:
      category: lost_or_stolen
  when: "'lost_or_stolen' in categories.device_block_categories | map(attribute='reference')"
"""

RETURN = r"""
device_block_categories:
  description: The categories found; an empty list when there are none.
  returned: success
  type: list
  elements: dict
  sample:
    - object: device-block-category
      reference: maintenance
      description: Suspended for maintenance.
      updated_at: "2019-06-01T08:00:00.000000Z"
  contains:
    reference:
      description: What names the category, everywhere in the API.
      type: str
      returned: always
    description:
      description: What it is for.
      type: str
      returned: always
    updated_at:
      description: When the service changed it last.
      type: str
      returned: always
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.info import InfoModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import directory


def main():
    InfoModule(directory.DEVICE_BLOCK_CATEGORY).main()


if __name__ == "__main__":
    main()
