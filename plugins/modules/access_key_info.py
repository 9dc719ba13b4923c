#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read access keys."""

from __future__ import annotations

DOCUMENTATION = r"""
module: access_key_info
short_description: Read access keys
version_added: 0.1.0
description:
  - Reads one access key or lists those that match, of the whole account or of one application.
  - The key itself is never told, only what is known of it.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.info
  - pelion.device_management.info.filters
  - pelion.device_management.info.order
  - pelion.device_management.info.id
  - pelion.device_management.several.concurrency
  - pelion.device_management.tenant
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.info_module
options:
  application_id:
    description:
      - Read the keys of this application only, by its id or its name.
    type: str
  name:
    description:
      - Read the keys with this name. Applications may have keys of the same name.
    type: str
seealso:
  - module: pelion.device_management.access_key
  - module: pelion.device_management.application_info
"""

EXAMPLES = r"""
- name: List the keys of one application
  pelion.device_management.access_key_info:
    application_id: Dashboard

- name: Find the keys of the account that were not used since the year began
  block:
    - name: List all keys that work
      pelion.device_management.access_key_info:
        filters:
          status: ACTIVE
        fields: [name, application_id, created_at, last_used_at]
      register: all

    - name: Show the idle ones
      ansible.builtin.debug:
        msg: "{{ item.name }} of application {{ item.application_id }}"
      loop: "{{ all.access_keys }}"
      loop_control:
        label: "{{ item.id }}"
      when: item.last_used_at | default(item.created_at) < '2026'
"""

RETURN = r"""
access_keys:
  description: The keys found, without what makes them secret; an empty list when there are none.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 01619571f7020242ac12000600000000
      account_id: 01619571e2e90242ac12000600000000
      application_id: 01705c6383f6c85b76f92f4e00000000
      name: Dashboard 2026
      status: ACTIVE
      expiration: "2027-01-31T00:00:00.000000Z"
      created_at: "2026-01-31T12:00:00.000000Z"
      updated_at: "2026-02-01T08:15:30.000000Z"
      last_used_at: "2026-02-02T06:00:00.000000Z"
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
from ansible_collections.pelion.device_management.plugins.module_utils.resources import access


def main():
    InfoModule(access.ANY_ACCESS_KEY, variants=dict(application_id=access.ACCESS_KEY)).main()


if __name__ == "__main__":
    main()
