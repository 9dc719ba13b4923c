#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Claim one device for the account, or give it up."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_enrollment
short_description: Claim devices for the account by their enrollment identity
version_added: 0.1.0
description:
  - Keeps the claim to one device. When a device with the enrollment identity bootstraps, it becomes a device of this account.
  - For more than a few devices use M(pelion.device_management.device_enrollment_bulk), which claims thousands in one request.
  - Devices with a developer certificate and devices that bootstrap with a pre-shared key need no claim.
  - A claim that no device uses vanishes by itself at its C(expires_at).
  - Another account may have claimed the identity already. Only a real run finds that out; it then fails with HTTP 409.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.resource
  - pelion.device_management.resource.wait
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
options:
  enrollment_identity:
    description:
      - The identity of the device, V(A-) and 95 characters, as the factory noted it. It finds the claim when O(id) is not given, for
        which all claims of the account are read.
      - It cannot be changed.
    type: str
  wait:
    description:
      - Whether to wait until a device has used the claim, which it does when it is switched on next.
    type: bool
    default: false
notes:
  - Deleting a claim frees the device for another account only when the device is also reset to its factory settings.
seealso:
  - module: pelion.device_management.device_enrollment_info
  - module: pelion.device_management.device_enrollment_bulk
  - module: pelion.device_management.device_info
"""

EXAMPLES = r"""
- name: Claim a device
  pelion.device_management.device_enrollment:
    enrollment_identity: "A-4E:63:2D:AE:14:BC:D1:09:77:21:95:44:ED:34:06:57:1E:03:B1:EF:0E:F2:59:44:71:93:23:22:15:43:23:12"

- name: Wait until it has been switched on, and name it
  block:
    - name: Wait for the device
      pelion.device_management.device_enrollment:
        enrollment_identity: "A-4E:63:2D:AE:14:BC:D1:09:77:21:95:44:ED:34:06:57:1E:03:B1:EF:0E:F2:59:44:71:93:23:22:15:43:23:12"
        wait: true
        wait_timeout: 3600
      register: claim

    - name: Name it
      pelion.device_management.device:
        id: "{{ claim.device_enrollment.enrolled_device_id }}"
        name: pump-17

- name: Give the claim up
  pelion.device_management.device_enrollment:
    enrollment_identity: "A-4E:63:2D:AE:14:BC:D1:09:77:21:95:44:ED:34:06:57:1E:03:B1:EF:0E:F2:59:44:71:93:23:22:15:43:23:12"
    state: absent
"""

RETURN = r"""
device_enrollment:
  description: The claim as it is now; V(null) when it is absent. In check mode, as it would be.
  returned: success
  type: dict
  sample:
    id: 01667c6e992c00000000000100100374
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
      returned: always, except for a claim that check mode would create
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
      returned: always, except for a claim that check mode would create
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.module import ResourceModule
from ansible_collections.pelion.device_management.plugins.module_utils.resource import Recipe
from ansible_collections.pelion.device_management.plugins.module_utils.resources import enrollment


class EnrollmentRecipe(Recipe):
    waits = True

    def prepare(self, client, params):
        # Before the claims are listed: they can be very many.
        if params["enrollment_identity"]:
            enrollment.checked_identity(params["enrollment_identity"])
        return params

    def finished(self, item, params):
        return bool(item.get("claimed_at"))


def main():
    ResourceModule(
        enrollment.DEVICE_ENROLLMENT,
        argument_spec=dict(enrollment_identity=dict(type="str")),
        extra_spec=dict(wait=dict(type="bool", default=False)),
        recipe=EnrollmentRecipe,
    ).main()


if __name__ == "__main__":
    main()
