#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read certificate enrolments."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_enrollment_info
short_description: Read the renewals of device certificates
version_added: 0.1.0
description:
  - Reads one enrolment of a device certificate, or lists those that match. Every renewal is an enrolment.
  - To renew certificates and wait for the outcome use M(pelion.device_management.certificate_renewal).
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
seealso:
  - module: pelion.device_management.certificate_renewal
"""

EXAMPLES = r"""
- name: List the renewals that failed since the start of the month
  pelion.device_management.certificate_enrollment_info:
    filters:
      enroll_result: failure
      created_at: {gte: "2026-01-01T00:00:00Z"}
  register: failed

- name: Show the devices and the reasons
  ansible.builtin.debug:
    msg: "{{ failed.certificate_enrollments | items2dict(key_name='device_id', value_name='enroll_result_detail') }}"

- name: Read the newest renewal of one certificate of one device
  pelion.device_management.certificate_enrollment_info:
    filters:
      device_id: 01667c6e992c00000000000100100370
      certificate_name: customer.dlms
    order: DESC
    limit: 1
"""

RETURN = r"""
certificate_enrollments:
  description: The enrolments found; an empty list when there are none.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 01667c6e992c00000000000100100390
      object: certificate-enrollment
      device_id: 01667c6e992c00000000000100100370
      certificate_name: customer.dlms
      enroll_status: completed
      enroll_result: failure
      enroll_result_detail: The device is currently processing too many certificate renewals.
      etag: "2"
      created_at: "2026-01-31T12:00:00Z"
      updated_at: "2026-01-31T12:01:30Z"
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
from ansible_collections.pelion.device_management.plugins.module_utils.resources import security


def main():
    InfoModule(security.CERTIFICATE_ENROLLMENT).main()


if __name__ == "__main__":
    main()
