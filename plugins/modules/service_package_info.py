#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the service packages of an account and its quota of firmware updates."""

from __future__ import annotations

DOCUMENTATION = r"""
module: service_package_info
short_description: Read service packages and the quota of firmware updates
version_added: 0.1.0
description:
  - Reads the service packages of a commercial account - the active one, the pending one and those before -, and how many firmware updates
    are left of them. A good look before a large update campaign.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.info_module
options:
  quota_history:
    description:
      - Whether to return also what the quota was used for, and when packages added to it.
    type: bool
    default: false
seealso:
  - module: pelion.device_management.update_campaign
  - module: pelion.device_management.billing_statistics_info
"""

EXAMPLES = r"""
- name: Read what is left of the quota
  pelion.device_management.service_package_info:
  register: packages

- name: Stop before a campaign that it does not suffice for
  ansible.builtin.assert:
    that: packages.quota >= 5000

- name: Show what it was used for
  pelion.device_management.service_package_info:
    quota_history: true
"""

RETURN = r"""
service_packages:
  description: The packages.
  returned: success
  type: dict
  sample:
    object: service-packages
    active:
      id: 0168a5a1c4b600000000000100100041
      created: "2026-01-01T00:00:00Z"
      modified: "2026-01-01T00:00:00Z"
      start_time: "2026-01-01T00:00:00Z"
      expires: "2027-01-01T00:00:00Z"
      firmware_update_count: 10000
      grace_period: false
    previous: []
  contains:
    active:
      description: The package in force.
      type: dict
      returned: when there is one
    pending:
      description: The package that follows it.
      type: dict
      returned: when there is one
    previous:
      description: The packages before it.
      type: list
      elements: dict
      returned: always
quota:
  description: How many firmware updates are left.
  returned: success
  type: int
  sample: 8200
quota_history:
  description: What changed the quota, oldest first.
  returned: when O(quota_history) is set
  type: list
  elements: dict
  sample:
    - id: 0168a5a1c4b600000000000100100042
      added: "2026-01-14T09:30:00Z"
      amount: -1800
      reason: reservation
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.module import ApiModule
from ansible_collections.pelion.device_management.plugins.module_utils.resource import listing
from ansible_collections.pelion.device_management.plugins.module_utils.resources import numbers


class ServicePackageInfo(ApiModule):
    def work(self, client, params, check_mode):
        found = {"service_packages": client.get(numbers.SERVICE_PACKAGES), "quota": client.get(numbers.QUOTA)["quota"]}
        if params["quota_history"]:
            found["quota_history"] = list(listing(client, numbers.QUOTA_HISTORY, params))
        return {"changed": False, **found}


def main():
    ServicePackageInfo(dict(quota_history=dict(type="bool", default=False))).main()


if __name__ == "__main__":
    main()
