#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the billing report of a month."""

from __future__ import annotations

DOCUMENTATION = r"""
module: billing_report_info
short_description: Read the billing report of a month
version_added: 0.1.0
description:
  - Reads the billing report of a commercial account for a whole month, with its sub-tenants.
  - The devices and updates behind the numbers are saved to files with M(pelion.device_management.billing_report).
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.info_module
options:
  month:
    description:
      - The month, such as V(2026-01). The report of a month is there when the month is over.
    type: str
    required: true
seealso:
  - module: pelion.device_management.billing_report
  - module: pelion.device_management.billing_statistics_info
"""

EXAMPLES = r"""
- name: Read January's report
  pelion.device_management.billing_report_info:
    month: 2026-01
  register: january

- name: Show the active devices of each sub-tenant
  ansible.builtin.debug:
    msg: "{{ item.account.company }}: {{ item.billing_data.active_devices }}"
  loop: "{{ january.billing_report.subtenants | default([]) }}"
  loop_control:
    label: "{{ item.account.id }}"
"""

RETURN = r"""
billing_report:
  description: The report; V(null) when the service has none for the month.
  returned: success
  type: dict
  sample:
    id: 0168a5a1c4b600000000000100100043
    object: billing-report
    month: 2026-01
    account: {id: 01619571e2e90242ac12000600000000, company: Oslo water works}
    billing_data:
      generated: "2026-02-01T02:00:00Z"
      period_start: "2026-01-01T00:00:00Z"
      period_end: "2026-02-01T00:00:00Z"
      active_devices: 1200
      firmware_updates: 40
      sda_tokens: 0
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.module import ApiModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import numbers


class BillingReportInfo(ApiModule):
    def work(self, client, params, check_mode):
        return {"changed": False, "billing_report": client.get(numbers.BILLING_REPORT, month=numbers.checked_month(params["month"]))}


def main():
    BillingReportInfo(dict(month=dict(type="str", required=True))).main()


if __name__ == "__main__":
    main()
