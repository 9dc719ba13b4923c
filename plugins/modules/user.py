#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep a user in the wanted state."""

from __future__ import annotations

DOCUMENTATION = r"""
module: user
short_description: Create, invite, change, remove and delete users
version_added: 0.1.0
description:
  - Keeps a user of an account, and the policy groups that the user is in, in the wanted state.
  - To invite somebody who can decide about it, and to take an invitation back, use M(pelion.device_management.user_invitation).
  - Programs should not log in as users; give them an application with M(pelion.device_management.application).
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.tenant
  - pelion.device_management.resource.clear
  - pelion.device_management.resource.membership
  - pelion.device_management.resource.secrets
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
attributes:
  idempotent:
    support: partial
    details: O(validate_email) sends a mail each time until the address is confirmed, and O(scratch_codes) makes new codes each time.
options:
  clear:
    choices: [address, full_name, phone_number, username]
  id:
    description:
      - The id of the user, 32 hexadecimal digits. With it, the other options can change the user name too.
      - V(me) is the user of the token in use; services of before 2020 know it, newer ones may not.
    type: str
  state:
    description:
      - V(present) creates the user where it is missing and changes what differs; options left out are left alone.
      - V(absent) deletes the user. The service may refuse that for an active user; then the user is deactivated first, and activated again
        if that does not help.
      - V(removed) takes the user out of the account. The service has this beside deleting since 2021 and does not say how they differ.
    type: str
    choices: [present, absent, removed]
    default: present
  email:
    description:
      - The mail address. It finds the user when O(id) is not given.
      - Users can change their own only, with O(id=me).
    type: str
  username:
    description:
      - The name to log in with, 4 to 30 letters, digits and C(-,._@+=). It finds the user when neither O(id) nor O(email) is given.
    type: str
  full_name:
    description:
      - The whole name. V("") clears it.
    type: str
  address:
    description:
      - The postal address. V("") clears it.
    type: str
  phone_number:
    description:
      - The phone number. V("") clears it.
    type: str
  groups:
    description:
      - The policy groups that the user is in, by name or id; what O(membership) says is done with them. V([]) takes the user out of all.
    type: list
    elements: str
  login_profiles:
    description:
      - The identity providers that the user logs in by, by name or id. The service does not take an empty list.
    type: list
    elements: str
  status:
    description:
      - V(ACTIVE) users can log in, V(INACTIVE) ones cannot, V(RESET) ones must change their password first.
      - Only an account that manages others can change it.
    type: str
    choices: [ENROLLING, INVITED, ACTIVE, RESET, INACTIVE]
  is_gtc_accepted:
    description:
      - Whether the user has accepted the general terms and conditions.
    type: bool
  is_marketing_accepted:
    description:
      - Whether the user agreed to get advertising.
    type: bool
  is_totp_enabled:
    description:
      - Whether a second factor is asked for. An administrator can set V(false) for others, but not V(true).
      - Setting it for oneself yields emergency codes, which the service shows once; see O(secret_file) and O(return_secret).
    type: bool
  password:
    description:
      - The password of a new user; the service makes one up if it is left out. Used when the user is created only.
    type: str
  action:
    description:
      - V(create) makes the user at once. V(invite) sends a mail, which the user must accept. It has no effect on a user who is there.
    type: str
    choices: [create, invite]
    default: create
  validate_email:
    description:
      - Whether to send a mail to confirm the address to a user who has not confirmed it; each run sends one until that is done.
      - Only for users of another account, with O(account_id).
    type: bool
    default: false
  scratch_codes:
    description:
      - Whether to make new emergency codes for the second factor; each run makes some, and the ones before are no longer good.
      - Only for oneself, with O(id=me). The codes are shown once; see O(secret_file) and O(return_secret).
    type: bool
    default: false
notes:
  - Changes that only an administrator or only an account that manages others may make are sent when they are asked for, never as a side
    effect.
seealso:
  - module: pelion.device_management.user_info
  - module: pelion.device_management.user_invitation
  - module: pelion.device_management.policy_group
"""

EXAMPLES = r"""
- name: Invite a colleague who may work with devices
  pelion.device_management.user:
    email: operator@example.com
    full_name: Night shift
    action: invite
    groups: [Developers]

- name: Make a user in a customer's account and keep the generated password in a file
  pelion.device_management.user:
    account_id: 01619571e2e90242ac12000600000000
    email: admin@water.example.com
    username: water-admin
    secret_file: "{{ lookup('env', 'HOME') }}/secrets/water-admin"

- name: Put a user into one more group and keep the others
  pelion.device_management.user:
    email: operator@example.com
    groups: [Night shift]
    membership: add

- name: Lock somebody out
  pelion.device_management.user:
    email: operator@example.com
    status: INACTIVE

- name: Take somebody out of the account
  pelion.device_management.user:
    email: operator@example.com
    state: removed

- name: Delete a user
  pelion.device_management.user:
    username: water-admin
    account_id: 01619571e2e90242ac12000600000000
    state: absent
"""

RETURN = r"""
user:
  description: The user as it is now; V(null) when it is absent or removed. In check mode, as it would be.
  returned: success
  type: dict
  sample:
    id: 01619571e2e90242ac12000600000001
    object: user
    account_id: 01619571e2e90242ac12000600000000
    email: operator@example.com
    email_verified: true
    username: operator
    full_name: Night shift
    status: ACTIVE
    groups: [0161991d63150242ac12000600000001]
    is_totp_enabled: false
    login_profiles:
      - id: 0161991d63150242ac12000600000009
        name: Corporate login
        type: OIDC
    last_login_time: 1769860800000
    etag: "3"
    created_at: "2026-01-31T12:00:00.000000Z"
    updated_at: "2026-02-01T08:15:30.000000Z"
  contains:
    id:
      description: The id of the user.
      type: str
      returned: always, except for a user that check mode would create
    account_id:
      description: The id of the user's account.
      type: str
      returned: always, except for a user that check mode would create
    email:
      description: The mail address.
      type: str
      returned: always
    email_verified:
      description: Whether the address is confirmed.
      type: bool
      returned: always, except for a user that check mode would create
    username:
      description: The name to log in with.
      type: str
      returned: when set
    full_name:
      description: The whole name.
      type: str
      returned: when set
    status:
      description: Where the user stands.
      type: str
      returned: always, except for a user that check mode would create
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
    last_login_time:
      description: The last login, milliseconds since 1970.
      type: int
      returned: when there was one
    created_at:
      description: When the user was created, UTC.
      type: str
      returned: always, except for a user that check mode would create
secret:
  description: The generated password of a new user, or new emergency codes of a second factor.
  returned: when there is one and O(return_secret) is true
  type: dict
  sample:
    password: VALUE_FROM_THE_SERVICE
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
        accounts.USER,
        recipe=accounts.UserRecipe,
        argument_spec=dict(
            email=dict(type="str"),
            username=dict(type="str"),
            full_name=dict(type="str"),
            address=dict(type="str"),
            phone_number=dict(type="str"),
            groups=dict(type="list", elements="str"),
            login_profiles=dict(type="list", elements="str"),
            status=dict(type="str", choices=["ENROLLING", "INVITED", "ACTIVE", "RESET", "INACTIVE"]),
            is_gtc_accepted=dict(type="bool"),
            is_marketing_accepted=dict(type="bool"),
            is_totp_enabled=dict(type="bool"),
            password=dict(type="str", no_log=True),
        ),
        extra_spec=dict(
            action=dict(type="str", choices=["create", "invite"], default="create"),
            validate_email=dict(type="bool", default=False),
            scratch_codes=dict(type="bool", default=False),
        ),
        required_if=[("validate_email", True, ["account_id"])],
    ).main()


if __name__ == "__main__":
    main()
