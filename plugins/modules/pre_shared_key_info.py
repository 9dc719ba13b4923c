#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read which devices have a pre-shared key."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pre_shared_key_info
short_description: Read which devices have a pre-shared key
version_added: 0.1.0
description:
  - Reads for which endpoint names there are pre-shared keys, and since when.
  - The secrets are never told, neither by the service nor here.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.info
  - pelion.device_management.several.concurrency
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.info_module
options:
  endpoint_name:
    description:
      - Read the one key of the device with this endpoint name.
    type: str
  endpoint_names:
    description:
      - Read the keys of the devices with these endpoint names, in this order and each once. Those without a key are told as RV(missing).
      - They are asked for one by one, several side by side, or picked from the list of all, whichever takes less time.
    type: list
    elements: str
seealso:
  - module: pelion.device_management.pre_shared_key
"""

EXAMPLES = r"""
- name: Find out whether a device has a key
  pelion.device_management.pre_shared_key_info:
    endpoint_name: pump-0001-2026-11
  register: key

- name: List all endpoint names with a key
  pelion.device_management.pre_shared_key_info:
    fields: [endpoint_name]
  register: keys

- name: Delete the keys that the inventory does not know
  pelion.device_management.pre_shared_key:
    endpoint_names: "{{ keys.pre_shared_keys | map(attribute='endpoint_name') | difference(known_endpoint_names) }}"
    state: absent

- name: Find out which devices of a batch still have no key
  pelion.device_management.pre_shared_key_info:
    endpoint_names: "{{ factory_batch }}"
  register: batch

- name: Show them
  ansible.builtin.debug:
    var: batch.missing
"""

RETURN = r"""
pre_shared_keys:
  description: The keys found; an empty list when there are none.
  returned: success
  type: list
  elements: dict
  sample:
    - endpoint_name: pump-0001-2026-11
      created_at: "2026-11-02T08:15:30.000000Z"
  contains:
    endpoint_name:
      description: The endpoint name of the device.
      type: str
      returned: always
    created_at:
      description: When the key was uploaded.
      type: str
      returned: always
missing:
  description: Those of O(endpoint_names) that have no key.
  returned: when O(endpoint_names) is given
  type: list
  elements: str
  sample: [pump-0002-2026-11]
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.info import InfoModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import enrollment


def main():
    InfoModule(enrollment.PRE_SHARED_KEY).main()


if __name__ == "__main__":
    main()
