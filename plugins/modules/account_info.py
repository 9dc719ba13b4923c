#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the account that the key belongs to."""

from __future__ import annotations

DOCUMENTATION = r"""
module: account_info
short_description: Read the account that the key belongs to
version_added: 0.1.0
description:
  - Reads the account of the key in use. Any key may do this, so it is the way to find out whether key, address and network are right.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.info_module
options:
  include:
    description:
      - What to return besides the account itself.
    type: list
    elements: str
    choices: [limits, policies, sub_accounts, history]
    default: []
"""

EXAMPLES = r"""
- name: Check that the service can be reached with this key
  pelion.device_management.account_info:
  register: me

- name: Stop if it is the wrong account
  ansible.builtin.assert:
    that: me.accounts[0].id == expected_account_id

- name: Read the limits too
  pelion.device_management.account_info:
    include: [limits]
"""

RETURN = r"""
accounts:
  description: The account, as the one entry of a list.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 01619571e2e90242ac12000600000000
      object: account
      display_name: Oslo water works
      status: ACTIVE
      tier: "1"
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.module import ApiModule
from ansible_collections.pelion.device_management.plugins.module_utils.resource import ResourceError
from ansible_collections.pelion.device_management.plugins.module_utils.resources import accounts


class AccountInfo(ApiModule):
    def work(self, client, params, check_mode):
        account = client.get(accounts.ACCOUNT.item(params, "me"), include=params["include"] or None)
        if account is None:
            raise ResourceError("The service has no account for this key.")
        return {"changed": False, "accounts": [account]}


def main():
    AccountInfo(
        argument_spec=dict(
            include=dict(type="list", elements="str", choices=["limits", "policies", "sub_accounts", "history"], default=[]),
        ),
    ).main()


if __name__ == "__main__":
    main()
