#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Save the devices or firmware updates behind a billing report."""

from __future__ import annotations

DOCUMENTATION = r"""
module: billing_report
short_description: Save what is behind a billing report to a file
version_added: 0.1.0
description:
  - Saves the list of the active devices, or of the firmware updates, that a month's billing report counts, as a CSV file.
  - The file lies with another service. It is fetched from there without the key.
  - The numbers themselves are read with M(pelion.device_management.billing_report_info).
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
options:
  month:
    description:
      - The month, such as V(2026-01).
    type: str
    required: true
  data:
    description:
      - What to save.
    type: str
    choices: [active_devices, firmware_updates]
    required: true
  dest:
    description:
      - The file to write on the machine that runs the task, or a folder that is there, in which the file gets the name that the service
        gives it. Only its owner can read a new file.
      - A file that has the same content already is left alone.
    type: path
    required: true
  decompress:
    description:
      - Whether to unpack the file, which the service has packed with gzip. With a folder as O(dest), the ending C(.gz) is left out then.
    type: bool
    default: true
seealso:
  - module: pelion.device_management.billing_report_info
"""

EXAMPLES = r"""
- name: Save the active devices of January
  pelion.device_management.billing_report:
    month: 2026-01
    data: active_devices
    dest: reports/active-devices-2026-01.csv

- name: Archive the firmware updates of last year as they come
  pelion.device_management.billing_report:
    month: "2025-{{ '%02d' | format(item) }}"
    data: firmware_updates
    dest: archive/
    decompress: false
  loop: "{{ range(1, 13) }}"
"""

RETURN = r"""
dest:
  description: The file.
  returned: success
  type: str
  sample: reports/active-devices-2026-01.csv
sha256:
  description: The SHA-256 of the file, in hexadecimal digits.
  returned: success
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
size:
  description: The size of the file in bytes.
  returned: success
  type: int
  sample: 48210
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.module import ApiModule
from ansible_collections.pelion.device_management.plugins.module_utils.resource import ResourceError
from ansible_collections.pelion.device_management.plugins.module_utils.resources import numbers


class BillingReport(ApiModule):
    def work(self, client, params, check_mode):
        month = numbers.checked_month(params["month"])
        found = client.get(numbers.BILLING_RAW_DATA[params["data"]], month=month)
        if found is None:
            raise ResourceError(f"There is no billing report of {month}; a report is there when its month is over.")
        return client.save(found["url"], params["dest"], found["filename"], unpack=params["decompress"], dry_run=check_mode)


def main():
    BillingReport(
        dict(
            month=dict(type="str", required=True),
            data=dict(type="str", choices=["active_devices", "firmware_updates"], required=True),
            dest=dict(type="path", required=True),
            decompress=dict(type="bool", default=True),
        )
    ).main()


if __name__ == "__main__":
    main()
