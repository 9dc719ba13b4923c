#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read users."""

from __future__ import annotations

DOCUMENTATION = r"""
module: user_info
short_description: Read users
version_added: 0.1.0
description:
  - Reads one user of an account or lists those that match.
  - Tokens of the users' sessions are left out of the result.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.tenant
  - pelion.device_management.info
  - pelion.device_management.info.filters
  - pelion.device_management.info.order
  - pelion.device_management.info.id
  - pelion.device_management.several.concurrency
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.info_module
options:
  id:
    description:
      - Read the one user with this id. V(me) is the user of the token in use; services of before 2020 know it, newer ones may not.
      - Without it, all users are read, or those that the other options pick.
    type: str
  email:
    description:
      - Read the user with this mail address.
    type: str
  username:
    description:
      - Read the user with this name to log in with.
    type: str
  policy_group_id:
    description:
      - Read only the users who are in the policy group with this name or id.
    type: str
seealso:
  - module: pelion.device_management.user
  - module: pelion.device_management.user_invitation_info
  - module: pelion.device_management.policy_group_info
    description: Reads the policy groups that a user is in.
"""

EXAMPLES = r"""
- name: List all users
  pelion.device_management.user_info:
  register: found

- name: Show who has not logged in since the beginning of 2026
  ansible.builtin.debug:
    msg: "{{ found.users | selectattr('last_login_time', 'defined') | selectattr('last_login_time', 'lt', 1767225600000)
      | map(attribute='email') }}"

- name: Find users of a customer who are locked out
  pelion.device_management.user_info:
    account_id: 01619571e2e90242ac12000600000000
    filters:
      status: [INACTIVE, RESET]
    fields: [email, status]

- name: List the administrators
  pelion.device_management.user_info:
    policy_group_id: Administrators
"""

RETURN = r"""
users:
  description: The users found; an empty list when there are none.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 01619571e2e90242ac12000600000001
      object: user
      account_id: 01619571e2e90242ac12000600000000
      email: operator@example.com
      email_verified: true
      username: operator
      full_name: Night shift
      status: ACTIVE
      groups: [0161991d63150242ac12000600000001]
      is_totp_enabled: false
      creation_time: 1769860800000
      last_login_time: 1769860800000
      login_history:
        - date: "2026-01-31T12:00:00Z"
          ip_address: 192.0.2.7
          success: true
          user_agent: Mozilla/5.0
      etag: "3"
      created_at: "2026-01-31T12:00:00.000000Z"
      updated_at: "2026-02-01T08:15:30.000000Z"
  contains:
    id:
      description: The id of the user.
      type: str
      returned: always
    email:
      description: The mail address.
      type: str
      returned: always
    username:
      description: The name to log in with.
      type: str
      returned: when set
    status:
      description: V(ENROLLING), V(INVITED), V(ACTIVE), V(RESET) or V(INACTIVE).
      type: str
      returned: always
    groups:
      description: The ids of the policy groups that the user is in.
      type: list
      elements: str
      returned: when there are some
    last_login_time:
      description: The last login, milliseconds since 1970.
      type: int
      returned: when there was one
    created_at:
      description: When the user was created, UTC.
      type: str
      returned: always
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
from ansible_collections.pelion.device_management.plugins.module_utils.resources import accounts


def main():
    InfoModule(accounts.USER, variants={"policy_group_id": accounts.USER_OF_GROUP}).main()


if __name__ == "__main__":
    main()
