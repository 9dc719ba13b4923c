#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep an invitation of a user in the wanted state."""

from __future__ import annotations

DOCUMENTATION = r"""
module: user_invitation
short_description: Invite users and take invitations back
version_added: 0.1.0
description:
  - Invites somebody to an account by mail, or takes the invitation back.
  - To make a user at once, without asking, use M(pelion.device_management.user).
  - An invitation that was accepted or has expired is gone; then O(state=present) sends a new one. Ask
    M(pelion.device_management.user_info) first whether the user is there already.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.tenant
  - pelion.device_management.resource.state
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
options:
  id:
    description:
      - The id of the invitation, 32 hexadecimal digits.
    type: str
  email:
    description:
      - The mail address to invite. It finds the invitation when O(id) is not given.
    type: str
  groups:
    description:
      - The policy groups that the user will be in, by name or id. Cannot be changed later; delete the invitation and make a new one.
    type: list
    elements: str
  login_profiles:
    description:
      - The identity providers that the user will log in by, by name or id. Cannot be changed later.
    type: list
    elements: str
  valid_for_days:
    description:
      - For how many days the invitation can be accepted, 1 to 100; the service takes 30 if it is left out. Used for a new invitation only.
    type: int
seealso:
  - module: pelion.device_management.user_invitation_info
  - module: pelion.device_management.user
  - module: pelion.device_management.policy_group_info
"""

EXAMPLES = r"""
- name: Invite somebody for two weeks
  pelion.device_management.user_invitation:
    email: operator@example.com
    groups: [Developers]
    login_profiles: [Corporate login]
    valid_for_days: 14

- name: Invite the administrator of a customer
  pelion.device_management.user_invitation:
    account_id: 01619571e2e90242ac12000600000000
    email: admin@water.example.com

- name: Take an invitation back
  pelion.device_management.user_invitation:
    email: operator@example.com
    state: absent
"""

RETURN = r"""
user_invitation:
  description: The invitation as it is now; V(null) when it is absent. In check mode, as it would be.
  returned: success
  type: dict
  sample:
    id: 01619571e2e90242ac12000600000005
    object: user-invitation
    account_id: 01619571e2e90242ac12000600000000
    user_id: 01619571e2e90242ac12000600000001
    email: operator@example.com
    groups: [0161991d63150242ac12000600000001]
    expiration: "2026-02-14T12:00:00Z"
    etag: "1"
    created_at: "2026-01-31T12:00:00.000000Z"
    updated_at: "2026-01-31T12:00:00.000000Z"
  contains:
    id:
      description: The id of the invitation.
      type: str
      returned: always, except for an invitation that check mode would create
    user_id:
      description: The id of the user who is invited.
      type: str
      returned: always, except for an invitation that check mode would create
    email:
      description: The mail address.
      type: str
      returned: always
    groups:
      description: The ids of the policy groups.
      type: list
      elements: str
      returned: when there are some
    login_profiles:
      description: The identity providers.
      type: list
      elements: dict
      returned: when set
    expiration:
      description: Until when the invitation can be accepted, UTC.
      type: str
      returned: always, except for an invitation that check mode would create
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.module import ResourceModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import accounts


def main():
    ResourceModule(
        accounts.USER_INVITATION,
        recipe=accounts.ProfilesRecipe,
        argument_spec=dict(
            email=dict(type="str"),
            groups=dict(type="list", elements="str"),
            login_profiles=dict(type="list", elements="str"),
            valid_for_days=dict(type="int"),
        ),
    ).main()


if __name__ == "__main__":
    main()
