#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read invitations of users."""

from __future__ import annotations

DOCUMENTATION = r"""
module: user_invitation_info
short_description: Read invitations of users
version_added: 0.1.0
description:
  - Reads one invitation or lists those that can still be accepted.
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
  email:
    description:
      - Read the invitation to this mail address.
    type: str
seealso:
  - module: pelion.device_management.user_invitation
  - module: pelion.device_management.user_info
"""

EXAMPLES = r"""
- name: List all invitations
  pelion.device_management.user_invitation_info:
  register: found

- name: Show who has not answered, and until when that is possible
  ansible.builtin.debug:
    msg: "{{ found.user_invitations | items2dict(key_name='email', value_name='expiration') }}"

- name: See whether somebody is invited to a customer's account
  pelion.device_management.user_invitation_info:
    account_id: 01619571e2e90242ac12000600000000
    email: admin@water.example.com
"""

RETURN = r"""
user_invitations:
  description: The invitations found; an empty list when there are none.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 01619571e2e90242ac12000600000005
      object: user-invitation
      account_id: 01619571e2e90242ac12000600000000
      user_id: 01619571e2e90242ac12000600000001
      email: operator@example.com
      groups: [0161991d63150242ac12000600000001]
      expiration: "2026-03-02T12:00:00Z"
      etag: "1"
      created_at: "2026-01-31T12:00:00.000000Z"
      updated_at: "2026-01-31T12:00:00.000000Z"
  contains:
    id:
      description: The id of the invitation.
      type: str
      returned: always
    user_id:
      description: The id of the user who is invited.
      type: str
      returned: always
    email:
      description: The mail address.
      type: str
      returned: always
    expiration:
      description: Until when the invitation can be accepted, UTC.
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
    InfoModule(accounts.USER_INVITATION).main()


if __name__ == "__main__":
    main()
