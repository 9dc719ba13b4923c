#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read which devices were refused because of a blocked certificate."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_enrollment_denial_info
short_description: Read which devices were refused because of a blocked certificate
version_added: 0.1.0
description:
  - Lists the attempts to bootstrap with a trusted certificate that has been made inactive, to see which devices still use it.
  - Only older services have these records; the vendor dropped them in 2020. Where they are missing the list is empty, RV(available) is
    V(false) and a warning says so.
  - Events of devices that do bootstrap are read with M(pelion.device_management.device_event_info).
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
  trusted_certificate_id:
    description:
      - Read the attempts with the trusted certificate that has this id. The service lists by certificate only, so give this, O(id) or
        O(ids).
    type: str
  endpoint_name:
    description:
      - Read only the attempts of the device with this endpoint name.
    type: str
seealso:
  - module: pelion.device_management.device_enrollment_info
"""

EXAMPLES = r"""
- name: List the devices that still come with the old certificate
  pelion.device_management.device_enrollment_denial_info:
    trusted_certificate_id: 01667c6e992c00000000000100100380
  register: denials

- name: Delete the certificate once none does
  pelion.device_management.trusted_certificate:
    id: 01667c6e992c00000000000100100380
    state: absent
  when:
    - denials.available
    - denials.device_enrollment_denials | length == 0
"""

RETURN = r"""
device_enrollment_denials:
  description: The attempts found; an empty list when there are none, and when the service does not keep them.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 01667c6e992c00000000000100100375
      object: denied_device
      account_id: 01667c6e992c00000000000100100300
      endpoint_name: 0166c8f2a1b300000000000100100370
      trusted_certificate_id: 01667c6e992c00000000000100100380
      created_at: "2020-02-01T08:15:30.000000Z"
  contains:
    id:
      description: The id of the attempt.
      type: str
      returned: always
    endpoint_name:
      description: The endpoint name of the device.
      type: str
      returned: always
    trusted_certificate_id:
      description: The id of the certificate that it came with.
      type: str
      returned: always
    created_at:
      description: When it tried.
      type: str
      returned: always
available:
  description: Whether the service keeps these records at all.
  returned: success
  type: bool
  sample: true
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

from ansible_collections.pelion.device_management.plugins.module_utils.client import ApiError
from ansible_collections.pelion.device_management.plugins.module_utils.info import InfoModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import enrollment


class DenialInfo(InfoModule):
    def work(self, client, params, check_mode):
        try:
            return {**super().work(client, params, check_mode), "available": True}
        except ApiError as error:
            # A 404 on a later page is about the object that the page before ended with.
            if error.status != 404 or error.context:
                raise
        told = "This service keeps no records of refused devices; the vendor dropped them in 2020."
        missing = {} if params["ids"] is None else {"missing": params["ids"]}
        return {"changed": False, self.row.list_name: [], "available": False, "warnings": [told], **missing}


def main():
    DenialInfo(
        enrollment.DEVICE_ENROLLMENT_DENIAL,
        required_one_of=[("id", "ids", "trusted_certificate_id")],
    ).main()


if __name__ == "__main__":
    main()
