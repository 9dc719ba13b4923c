#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read applications."""

from __future__ import annotations

DOCUMENTATION = r"""
module: application_info
short_description: Read applications
version_added: 0.1.0
description:
  - Reads one application, lists those that match, or those that are in a policy group.
  - The access keys of an application are read with M(pelion.device_management.access_key_info), and its policy groups by name with
    M(pelion.device_management.policy_group_info).
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
  name:
    description:
      - Read the application with this name.
    type: str
  policy_group_id:
    description:
      - Read the applications that are in this policy group, by its id or its name.
    type: str
seealso:
  - module: pelion.device_management.application
  - module: pelion.device_management.access_key_info
  - module: pelion.device_management.policy_group_info
"""

EXAMPLES = r"""
- name: List all applications
  pelion.device_management.application_info:
  register: all

- name: Show those that nobody has used since the year began
  ansible.builtin.debug:
    msg: "{{ all.applications | rejectattr('last_used_at', 'defined') | map(attribute='name')
      + all.applications | selectattr('last_used_at', 'defined') | selectattr('last_used_at', 'lt', '2026') | map(attribute='name') }}"

- name: List what is stopped
  pelion.device_management.application_info:
    filters:
      status: INACTIVE
    fields: [name, updated_at]

- name: List the applications of administrators in a sub-tenant account
  pelion.device_management.application_info:
    account_id: 01619571e2e90242ac12000600000000
    policy_group_id: Administrators
"""

RETURN = r"""
applications:
  description: The applications found; an empty list when there are none.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 01705c6383f6c85b76f92f4e00000000
      account_id: 01619571e2e90242ac12000600000000
      name: Dashboard
      description: Shows the state of all pumps
      groups: [01619571dec00242ac12000600000000]
      status: ACTIVE
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
    InfoModule(access.APPLICATION, variants=dict(policy_group_id=access.APPLICATION_OF_GROUP)).main()


if __name__ == "__main__":
    main()
