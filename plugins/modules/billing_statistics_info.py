#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what an account is billed for, over time."""

from __future__ import annotations

DOCUMENTATION = r"""
module: billing_statistics_info
short_description: Read what an account is billed for over time
version_added: 0.1.0
description:
  - Reads the active devices, firmware updates and secure device access tokens of a commercial account, in equal steps of time. An account
    that pays for API calls also sees these.
  - Sub-tenants are not counted. The report of a whole month, with them, is read with M(pelion.device_management.billing_report_info).
  - Services of before 2020 do not have it.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.info
  - pelion.device_management.info.order
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.info_module
options:
  interval:
    description:
      - The length of a step in minutes, hours, days, weeks or months, such as V(5m), V(2h), V(1d), V(4w) or V(1mo). At least five minutes,
        and no longer than the time to read.
    type: str
    required: true
  period:
    description:
      - The time until now to read, written as O(interval), at most V(3mo). Give this, or O(start) and O(end).
    type: str
  start:
    description:
      - The beginning of the time to read, such as V(2026-01-01T00:00:00.000Z).
    type: str
  end:
    description:
      - Its end, which does not belong to it any more. At most 98 days after O(start).
    type: str
seealso:
  - module: pelion.device_management.billing_report_info
  - module: pelion.device_management.metrics_info
"""

EXAMPLES = r"""
- name: Read the active devices of the last three months, month by month
  pelion.device_management.billing_statistics_info:
    period: 3mo
    interval: 1mo
    fields: [timestamp, active_devices]
  register: months

- name: Show them
  ansible.builtin.debug:
    msg: "{{ months.billing_statistics | items2dict(key_name='timestamp', value_name='active_devices') }}"

- name: Read the firmware updates of one week, day by day
  pelion.device_management.billing_statistics_info:
    start: "2026-01-05T00:00:00.000Z"
    end: "2026-01-12T00:00:00.000Z"
    interval: 1d
"""

RETURN = r"""
billing_statistics:
  description: One entry a step.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 0168a5a1c4b600000000000100100040
      object: billing-statistics
      timestamp: "2026-01-01T00:00:00Z"
      active_devices: 1200
      firmware_updates: 40
      sda_tokens: 0
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.info import InfoModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import numbers


def main():
    InfoModule(numbers.BILLING_STATISTICS, **numbers.SPAN).main()


if __name__ == "__main__":
    main()
