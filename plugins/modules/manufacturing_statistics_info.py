#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read how many devices the factories provisioned."""

from __future__ import annotations

DOCUMENTATION = r"""
module: manufacturing_statistics_info
short_description: Read how many devices the factories provisioned
version_added: 0.1.0
description:
  - Reads for each workstation of each factory how many devices were provisioned in a time, and how long that took.
  - Services of before 2020 do not have it. A service of 2020, which has it at another address, is asked there.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.info
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.info_module
options:
  start:
    description:
      - The beginning of the time to read, such as V(2026-01-01T00:00:00Z).
    type: str
    required: true
  end:
    description:
      - Its end. Without it, until now.
    type: str
seealso:
  - module: pelion.device_management.factory_tool
"""

EXAMPLES = r"""
- name: Read what was made since the first of the month
  pelion.device_management.manufacturing_statistics_info:
    start: "2026-01-01T00:00:00Z"
  register: made

- name: Show the number of devices a workstation
  ansible.builtin.debug:
    msg: "{{ made.manufacturing_statistics | items2dict(key_name='workstation', value_name='device_count') }}"
"""

RETURN = r"""
manufacturing_statistics:
  description: One entry a workstation; an empty list when nothing was made.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 0171b1c9a2d0000000000001001000c4
      factory_id: 12
      factory_name: Oslo
      workstation: line-1
      device_count: 480
      avg_provisioning_time_sec: 11.2
      min_provisioning_time_sec: 9.8
      max_provisioning_time_sec: 31.0
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.client import ApiError
from ansible_collections.pelion.device_management.plugins.module_utils.info import InfoModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import numbers


class ManufacturingStatisticsInfo(InfoModule):
    def read(self, client, params):
        try:
            return super().read(client, params)
        except ApiError as error:
            if error.status not in (404, 405):
                raise
        self.row = numbers.MANUFACTURING_STATISTICS_2020
        return super().read(client, params)


def main():
    ManufacturingStatisticsInfo(numbers.MANUFACTURING_STATISTICS).main()


if __name__ == "__main__":
    main()
