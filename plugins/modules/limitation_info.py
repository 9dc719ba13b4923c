#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what an account may use."""

from __future__ import annotations

DOCUMENTATION = r"""
module: limitation_info
short_description: Read the limits of an account
version_added: 0.1.0
description:
  - Reads what an account is entitled to, such as how many devices, applications or trust anchors, and how much of it in a period.
  - Use it before something is created that a quota would refuse. Services of before 2020 do not have it; there
    M(pelion.device_management.account_info) with O(pelion.device_management.account_info#module:include) V(limits) tells them.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.tenant
  - pelion.device_management.info
  - pelion.device_management.info.filters
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.info_module
options:
  id:
    description:
      - Read the one limit with this id. Without it, all are read, or those that the other options pick.
    type: str
  name:
    description:
      - Read the limit with this name.
    type: str
seealso:
  - module: pelion.device_management.account_info
"""

EXAMPLES = r"""
- name: Read all limits
  pelion.device_management.limitation_info:
  register: found

- name: Read those that were set for a customer's account itself
  pelion.device_management.limitation_info:
    account_id: 01619571e2e90242ac12000600000000
    filters:
      inherited: false

- name: Read the applications
  pelion.device_management.application_info:
  register: there

- name: Stop when the account may have no more of them
  ansible.builtin.assert:
    that: there.applications | length < (found.limitations | selectattr('name', 'eq', 'iam_application_limit') | first).limit
"""

RETURN = r"""
limitations:
  description: The limits found; an empty list when there are none.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 01619571e2e90242ac12000600000011
      object: limitation
      name: iam_application_limit
      description: How many applications the account may have
      limit: 25
      quota: 0
      billing_period: 1
      inherited: true
      inherited_from: 01619571e2e90242ac12000600000010
      inherited_type: tier_template
      inherited_value:
        limit: 25
        quota: 0
        billing_period: 1
      etag: "1"
      created_at: "2026-01-31T12:00:00.000000Z"
      updated_at: "2026-01-31T12:00:00.000000Z"
  contains:
    id:
      description: The id of the limit.
      type: str
      returned: always
    name:
      description: What is limited.
      type: str
      returned: always
    limit:
      description: The most that is allowed.
      type: int
      returned: when set
    quota:
      description: The most that is allowed in a period.
      type: int
      returned: when set
    billing_period:
      description: How many months the period has, 1 to 120.
      type: int
      returned: when set
    inherited:
      description: Whether the limit comes from a parent account or a template.
      type: bool
      returned: always
    inherited_value:
      description: What the parent says; V(null) when it says nothing.
      type: dict
      returned: since 2021
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.info import InfoModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import accounts


def main():
    InfoModule(accounts.LIMITATION).main()


if __name__ == "__main__":
    main()
