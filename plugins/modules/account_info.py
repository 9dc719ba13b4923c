#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the own account or those below it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: account_info
short_description: Read the account that the key belongs to, or those that it manages
version_added: 0.1.0
description:
  - Reads the account of the key in use when no account is asked for. Any key may do this, so it is the way to find out whether key, address
    and network are right.
  - Reads one of the accounts that the own one manages by O(id), O(alias) or O(display_name), and lists them with O(tenants), O(filters),
    O(limit) or O(format).
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
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
      - Read the one account with this id, or the own one with V(me).
    type: str
  alias:
    description:
      - Read the account that has this name among its aliases.
    type: str
  display_name:
    description:
      - Read the account with this display name.
    type: str
  tenants:
    description:
      - Whether to list the accounts that the own one manages, where no other option says so already.
    type: bool
    default: false
  include:
    description:
      - What to return besides the account itself.
      - Services of before 2020 do not know V(history). V(limits) is deprecated; see M(pelion.device_management.limitation_info).
    type: list
    elements: str
    choices: [limits, policies, sub_accounts, history]
  properties:
    description:
      - The name of a property of the account itself to return besides.
    type: str
  format:
    description:
      - The form of the list.
    type: str
    choices: [breakdown]
seealso:
  - module: pelion.device_management.account
  - module: pelion.device_management.limitation_info
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

- name: List the commercial accounts of customers in Norway
  pelion.device_management.account_info:
    filters:
      country:
        like: norway
      tier: "1"
    fields: [display_name, status]

- name: Read one of them with the policies that it has
  pelion.device_management.account_info:
    alias: oslo-water-works
    include: [policies]
"""

RETURN = r"""
accounts:
  description: The accounts found; the own one alone when none is asked for.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 01619571e2e90242ac12000600000000
      object: account
      aliases: [oslo-water-works]
      display_name: Oslo water works
      end_market: Water
      status: ACTIVE
      tier: "1"
      etag: "1"
  contains:
    id:
      description: The id of the account.
      type: str
      returned: always
    aliases:
      description: Its other names.
      type: list
      elements: str
      returned: when set
    display_name:
      description: The name that people see.
      type: str
      returned: when set
    status:
      description: V(ENROLLING), V(ACTIVE), V(RESTRICTED) or V(SUSPENDED).
      type: str
      returned: always
    tier:
      description: V(0) for a free account, V(1) for a commercial one, V(2) for a partner's.
      type: str
      returned: always
    limits:
      description: The limits by name.
      type: dict
      returned: when O(include) names them
    policies:
      description: What the account may use.
      type: list
      elements: dict
      returned: when O(include) names them
    sub_accounts:
      description: The accounts below it.
      type: list
      elements: dict
      returned: when O(include) names them
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
from ansible_collections.pelion.device_management.plugins.module_utils.resource import listing
from ansible_collections.pelion.device_management.plugins.module_utils.resources import accounts


class AccountInfo(InfoModule):
    def work(self, client, params, check_mode):
        if params["alias"]:
            # The list does not filter by alias.
            named = (account for account in listing(client, self.row, {}) if params["alias"] in (account.get("aliases") or ()))
            found = next(named, None)
            if found is None:
                return {"changed": False, self.row.list_name: []}
            params = {**params, "id": found["id"]}
        elif params["ids"] is None and not any(params[name] for name in ("id", "display_name", "tenants", "filters", "limit", "format")):
            params = {**params, "id": "me"}
        return super().work(client, params, check_mode)


def main():
    AccountInfo(
        accounts.ACCOUNT,
        argument_spec=dict(alias=dict(type="str"), tenants=dict(type="bool", default=False)),
        mutually_exclusive=[("id", "alias", "display_name"), ("id", "filters"), ("alias", "filters"), ("id", "tenants")],
    ).main()


if __name__ == "__main__":
    main()
