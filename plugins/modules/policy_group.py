#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep a policy group in the wanted state."""

from __future__ import annotations

DOCUMENTATION = r"""
module: policy_group
short_description: Create, rename and delete policy groups, and say who is in them
version_added: 0.1.0
description:
  - Keeps a policy group of the account in the wanted state. Policy groups hold users, applications and API keys, and say what these may
    do.
  - Do not confuse it with M(pelion.device_management.device_group), which holds devices.
  - What a group allows is set in the portal; the API has no operation for that.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.resource
  - pelion.device_management.resource.membership
  - pelion.device_management.tenant
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
options:
  name:
    description:
      - The name of the group, unique in the account. It finds the group when O(id) is not given.
      - The groups V(Administrators) and V(Developers) are there from the start and cannot be deleted.
    type: str
  users:
    description:
      - The users in the group, by id or by e-mail address. O(membership) says whether these are all of them.
    type: list
    elements: str
  applications:
    description:
      - The applications in the group, by id or by name. O(membership) says whether these are all of them.
    type: list
    elements: str
  apikeys:
    description:
      - The API keys in the group, by id or by name. O(membership) says whether these are all of them.
    type: list
    elements: str
seealso:
  - module: pelion.device_management.policy_group_info
  - module: pelion.device_management.application
  - module: pelion.device_management.user
  - module: pelion.device_management.api_key
"""

EXAMPLES = r"""
- name: Make a group with one application
  pelion.device_management.policy_group:
    name: Water team
    applications: [Dashboard]

- name: Take in two users, and keep who is there
  pelion.device_management.policy_group:
    name: Water team
    users: [ann@example.com, ben@example.com]
    membership: add

- name: Leave no API key among the administrators but this one
  pelion.device_management.policy_group:
    name: Administrators
    apikeys: [01619571f7020242ac12000600000000]

- name: Rename a group
  pelion.device_management.policy_group:
    id: 01705c6383f6c85b76f92f4e00000000
    name: Water and heating

- name: Delete it; who was in it stays
  pelion.device_management.policy_group:
    name: Water and heating
    state: absent
"""

RETURN = r"""
policy_group:
  description: The group as it is now; V(null) when it is absent. In check mode, as it would be.
  returned: success
  type: dict
  sample:
    id: 01705c6383f6c85b76f92f4e00000000
    object: group
    account_id: 01619571e2e90242ac12000600000000
    name: Water team
    user_count: 2
    application_count: 1
    apikey_count: 0
    applications: [01705c6383f6c85b76f92f4e00000001]
    created_at: "2026-01-31T12:00:00.000000Z"
    updated_at: "2026-02-01T08:15:30.000000Z"
    etag: "1"
  contains:
    id:
      description: The id of the group.
      type: str
      returned: always, except for a group that check mode would create
    account_id:
      description: The id of the account that it belongs to.
      type: str
      returned: always, except for a group that check mode would create
    name:
      description: The name.
      type: str
      returned: always
    user_count:
      description: How many users are in it.
      type: int
      returned: always, except for a group that check mode would create
    application_count:
      description: How many applications are in it.
      type: int
      returned: by services that have applications
    apikey_count:
      description: How many API keys are in it.
      type: int
      returned: always, except for a group that check mode would create
    users:
      description: The ids of the users in it.
      type: list
      returned: when O(users) is given
    applications:
      description: The ids of the applications in it.
      type: list
      returned: when O(applications) is given
    apikeys:
      description: The ids of the API keys in it.
      type: list
      returned: when O(apikeys) is given
    created_at:
      description: When it was created, UTC.
      type: str
      returned: always, except for a group that check mode would create
    updated_at:
      description: When it was last changed, UTC.
      type: str
      returned: always, except for a group that check mode would create
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.module import ResourceModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import access


def main():
    ResourceModule(
        access.POLICY_GROUP,
        recipe=access.PolicyGroupRecipe,
        argument_spec=dict(
            name=dict(type="str"),
            users=dict(type="list", elements="str"),
            applications=dict(type="list", elements="str"),
            apikeys=dict(type="list", elements="str", no_log=False),
        ),
    ).main()


if __name__ == "__main__":
    main()
