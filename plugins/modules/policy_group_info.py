#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read policy groups."""

from __future__ import annotations

DOCUMENTATION = r"""
module: policy_group_info
short_description: Read policy groups
version_added: 0.1.0
description:
  - Reads one policy group, lists those that match, or those that an application, an API key or a user belongs to.
  - The ids of those in a group come with O(members). More of them is read with the option C(policy_group_id) of
    M(pelion.device_management.application_info), M(pelion.device_management.api_key_info) and M(pelion.device_management.user_info).
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
      - Read the group with this name.
    type: str
  members:
    description:
      - Return the ids of the members of these kinds with each group. Each kind takes one request a group or more.
    type: list
    elements: str
    choices: [users, applications, apikeys]
    default: []
  application_id:
    description:
      - Read the groups of this application, by its id or its name.
    type: str
  api_key_id:
    description:
      - Read the groups of this API key, by its id or its name; V(me) is the key that the task uses.
    type: str
  user_id:
    description:
      - Read the groups of this user, by its id or its e-mail address.
    type: str
seealso:
  - module: pelion.device_management.policy_group
  - module: pelion.device_management.application_info
  - module: pelion.device_management.api_key_info
"""

EXAMPLES = r"""
- name: List all groups
  pelion.device_management.policy_group_info:
  register: all

- name: Show the empty ones
  ansible.builtin.debug:
    msg: "{{ all.policy_groups | selectattr('user_count', 'eq', 0) | selectattr('application_count', 'eq', 0)
      | selectattr('apikey_count', 'eq', 0) | map(attribute='name') }}"

- name: See who can do everything
  pelion.device_management.policy_group_info:
    name: Administrators
    members: [users, applications, apikeys]

- name: See what an application may do
  pelion.device_management.policy_group_info:
    application_id: Dashboard
    fields: [name]
"""

RETURN = r"""
policy_groups:
  description: The groups found; an empty list when there are none.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 01705c6383f6c85b76f92f4e00000000
      account_id: 01619571e2e90242ac12000600000000
      name: Water team
      user_count: 2
      application_count: 1
      apikey_count: 0
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
from ansible_collections.pelion.device_management.plugins.module_utils.resources import access


class PolicyGroupInfo(InfoModule):
    def complete(self, client, item, params):
        return access.members(client, item, params, params["members"])


def main():
    PolicyGroupInfo(
        access.POLICY_GROUP,
        argument_spec=dict(members=dict(type="list", elements="str", choices=["users", "applications", "apikeys"], default=[])),
        variants=dict(application_id=access.GROUP_OF_APPLICATION, api_key_id=access.GROUP_OF_API_KEY, user_id=access.GROUP_OF_USER),
    ).main()


if __name__ == "__main__":
    main()
