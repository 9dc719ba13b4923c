#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read an account's traffic over time."""

from __future__ import annotations

DOCUMENTATION = r"""
module: metrics_info
short_description: Read the traffic of an account over time
version_added: 0.1.0
description:
  - Reads how many registrations, bootstraps, requests and observations an account had, in equal steps of time.
  - What the account is billed for is told by M(pelion.device_management.billing_statistics_info).
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
  include:
    description:
      - The metrics to read. By default all.
    type: list
    elements: str
    default:
      - transactions
      - full_registrations
      - registration_updates
      - deleted_registrations
      - expired_registrations
      - bootstraps_successful
      - bootstraps_failed
      - bootstraps_pending
      - handshakes_successful
      - connect_rest_api_success
      - connect_rest_api_error
      - device_proxy_request_success
      - device_proxy_request_error
      - device_subscription_request_success
      - device_subscription_request_error
      - device_observations
    choices:
      - transactions
      - full_registrations
      - registration_updates
      - deleted_registrations
      - expired_registrations
      - bootstraps_successful
      - bootstraps_failed
      - bootstraps_pending
      - handshakes_successful
      - connect_rest_api_success
      - connect_rest_api_error
      - device_proxy_request_success
      - device_proxy_request_error
      - device_subscription_request_success
      - device_subscription_request_error
      - device_observations
  interval:
    description:
      - The length of a step in minutes, hours, days or weeks, such as V(5m), V(2h), V(1d) or V(4w). At least five minutes, at most a year.
    type: str
    required: true
  period:
    description:
      - The time until now to read, written as O(interval). Give this, or O(start) and O(end).
    type: str
  start:
    description:
      - The beginning of the time to read, such as V(2026-01-01T00:00:00Z).
    type: str
  end:
    description:
      - Its end, which does not belong to it any more. At most a year after O(start).
    type: str
seealso:
  - module: pelion.device_management.billing_statistics_info
"""

EXAMPLES = r"""
- name: Read how many devices bootstrapped on each of the last seven days
  pelion.device_management.metrics_info:
    include: [bootstraps_successful, bootstraps_failed]
    period: 7d
    interval: 1d
  register: week

- name: Stop when more than one in a hundred failed
  ansible.builtin.assert:
    that: failed * 99 <= successful
  vars:
    failed: "{{ week.metrics | map(attribute='bootstraps_failed') | sum }}"
    successful: "{{ week.metrics | map(attribute='bootstraps_successful') | sum }}"

- name: Read all of January, hour by hour
  pelion.device_management.metrics_info:
    start: "2026-01-01T00:00:00Z"
    end: "2026-02-01T00:00:00Z"
    interval: 1h
"""

RETURN = r"""
metrics:
  description: One entry a step, with the metrics asked for.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 015f4ac587f500000000000100100249
      timestamp: "2026-01-01T00:00:00Z"
      bootstraps_successful: 8
      bootstraps_failed: 0
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.info import InfoModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import numbers


def main():
    InfoModule(numbers.METRICS, **numbers.SPAN).main()


if __name__ == "__main__":
    main()
