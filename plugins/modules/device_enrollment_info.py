#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the account's claims to devices."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_enrollment_info
short_description: Read the account's claims to devices
version_added: 0.1.0
description:
  - Reads one claim or lists all of them, those that devices have used as well as those still open.
  - The service filters claims by nothing, so a claim is found by its identity only by reading all. Give O(id) where you know it.
  - The devices themselves are read with M(pelion.device_management.device_info).
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
  enrollment_identity:
    description:
      - Read the claim with this identity.
    type: str
seealso:
  - module: pelion.device_management.device_enrollment
  - module: pelion.device_management.device_enrollment_bulk
"""

EXAMPLES = r"""
- name: List the claims
  pelion.device_management.device_enrollment_info:
  register: claims

- name: Show the identities that no device has used yet
  ansible.builtin.debug:
    msg: "{{ claims.device_enrollments | rejectattr('claimed_at') | map(attribute='enrollment_identity') }}"

- name: Find out which of two devices are there
  pelion.device_management.device_enrollment_info:
    filters:
      enrollment_identity:
        - "A-4E:63:2D:AE:14:BC:D1:09:77:21:95:44:ED:34:06:57:1E:03:B1:EF:0E:F2:59:44:71:93:23:22:15:43:23:12"
        - "A-4E:63:2D:AE:14:BC:D1:09:77:21:95:44:ED:34:06:57:1E:03:B1:EF:0E:F2:59:44:71:93:23:22:15:43:23:13"
    fields: [enrolled_device_id, claimed_at]
"""

RETURN = r"""
device_enrollments:
  description: The claims found; an empty list when there are none.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 01667c6e992c00000000000100100374
      object: enrollment
      account_id: 01667c6e992c00000000000100100300
      enrollment_identity: "A-4E:63:2D:AE:14:BC:D1:09:77:21:95:44:ED:34:06:57:1E:03:B1:EF:0E:F2:59:44:71:93:23:22:15:43:23:12"
      created_at: "2026-11-02T08:15:30.000000Z"
      claimed_at: "2026-11-02T08:17:02.000000Z"
      expires_at: "2027-11-02T08:15:30.000000Z"
      enrolled_device_id: 01667c6e992c00000000000100100370
      etag: "2"
  contains:
    id:
      description: The id of the claim.
      type: str
      returned: always
    enrollment_identity:
      description: The identity of the device.
      type: str
      returned: always
    claimed_at:
      description: When a device used the claim.
      type: str
      returned: once a device has used it
    enrolled_device_id:
      description: The id of that device in the device directory.
      type: str
      returned: once a device has used it
    expires_at:
      description: When the claim vanishes if no device uses it.
      type: str
      returned: always
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
from ansible_collections.pelion.device_management.plugins.module_utils.resources import enrollment


def main():
    InfoModule(enrollment.DEVICE_ENROLLMENT).main()


if __name__ == "__main__":
    main()
