#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Renew a certificate of devices."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_renewal
short_description: Renew a certificate of devices
version_added: 0.1.0
description:
  - Has one certificate of any number of devices renewed, and waits until each has its new one or the reason why not.
  - A renewal that is under way already is joined instead of asked for again.
  - Which issuer signs the new certificates is said by M(pelion.device_management.certificate_issuer_config). Past renewals are read with
    M(pelion.device_management.certificate_enrollment_info).
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.several
  - pelion.device_management.several.concurrency
  - pelion.device_management.several.max_failures
  - pelion.device_management.resource.wait
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.action
options:
  certificate_name:
    description:
      - The name of the certificate on the devices, such as V(customer.dlms), two parts of up to 10 characters each.
    type: str
    required: true
  device_ids:
    description:
      - The ids of the devices, one or several. Give this or O(filters).
    required: false
  filters:
    description:
      - The devices that meet all these conditions, as in M(pelion.device_management.device_info).
    type: dict
seealso:
  - module: pelion.device_management.certificate_issuer_config
  - module: pelion.device_management.certificate_enrollment_info
"""

EXAMPLES = r"""
- name: Renew the certificate of one device
  pelion.device_management.certificate_renewal:
    certificate_name: customer.dlms
    device_ids: [01667c6e992c00000000000100100370]

- name: Renew those of all connected pumps, a quarter of an hour at most
  pelion.device_management.certificate_renewal:
    certificate_name: customer.dlms
    filters:
      device_class: pump-v2
      state: registered
    wait_timeout: 900
  register: renewal

- name: Ask for renewals in the evening and look at them in the morning
  block:
    - name: Ask for them
      pelion.device_management.certificate_renewal:
        certificate_name: customer.dlms
        device_ids: "{{ groups['pelion_devices'] | map('extract', hostvars, 'pelion_id') | list }}"
        wait: false

    - name: Look for those that failed
      pelion.device_management.certificate_enrollment_info:
        filters:
          certificate_name: customer.dlms
          enroll_result: failure
      register: failed
"""

RETURN = r"""
certificate_enrollments:
  description:
    - The renewals, in the order of the devices, as they were last seen.
    - In check mode, those under way already.
  returned: success, and when some devices failed
  type: list
  elements: dict
  sample:
    - id: 01667c6e992c00000000000100100390
      object: certificate-enrollment
      device_id: 01667c6e992c00000000000100100370
      certificate_name: customer.dlms
      enroll_status: completed
      enroll_result: success
      enroll_result_detail: ""
      etag: "2"
      created_at: "2026-01-31T12:00:00Z"
      updated_at: "2026-01-31T12:01:30Z"
requested:
  description: The ids of the devices for which a renewal was asked for, or would be in check mode.
  returned: success, and when some devices failed
  type: list
  elements: str
  sample: [01667c6e992c00000000000100100370]
joined:
  description: The ids of the devices whose renewal was under way already.
  returned: success, and when some devices failed
  type: list
  elements: str
  sample: []
failed_devices:
  description:
    - The devices without a new certificate, and why.
    - Once the key has been refused or O(max_failures) is reached, no further renewals are asked for, and the devices that are left say so.
  returned: when some devices failed
  type: list
  elements: dict
  contains:
    id:
      description: The id of the device.
      type: str
      returned: always
    msg:
      description: The reason.
      type: str
      returned: always
    status:
      description: The HTTP status.
      type: int
      returned: when the service refused to renew
    type:
      description: The error type of the service; V(null) where it gives none.
      type: str
      returned: when the service refused to renew
    fields:
      description: What the service says of single fields.
      type: list
      elements: dict
      returned: when the service refused to renew
    request_id:
      description: The id of the request.
      type: str
      returned: when the service refused to renew
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

import contextlib
import re

from ansible_collections.pelion.device_management.plugins.module_utils import devices as several
from ansible_collections.pelion.device_management.plugins.module_utils.client import ApiError
from ansible_collections.pelion.device_management.plugins.module_utils.module import WAIT_SPEC, ApiModule
from ansible_collections.pelion.device_management.plugins.module_utils.resource import ResourceError, WaitError, listing, wait_for
from ansible_collections.pelion.device_management.plugins.module_utils.resources import directory, security

ROW = security.CERTIFICATE_ENROLLMENT


def completed(renewal):
    return renewal.get("enroll_status") == "completed"


def reason(renewal):
    """Why a device has no new certificate, None where it has."""
    if not completed(renewal):
        return f"The renewal {renewal['id']} was not completed in time."
    if renewal.get("enroll_result") == "success":
        return None
    return renewal.get("enroll_result_detail") or "The renewal failed; the service gives no reason."


class CertificateRenewal(ApiModule):
    def work(self, client, params, check_mode):
        if not re.fullmatch(r"[\w-]{1,10}\.[\w.-]{1,10}", params["certificate_name"], re.ASCII):
            raise ResourceError(
                f"'{params['certificate_name']}' is no name of a certificate on a device: that is two parts of up to 10 characters each, "
                "with a dot in between."
            )
        devices = self.devices(client, params)
        places = {device: place for place, device in enumerate(devices)}
        renewals = {device: found for device, found in self.running(client, params, devices).items() if device in places}
        joined = set(renewals)
        requested, failed = [device for device in devices if device not in joined], []
        if not check_mode:
            answers, failed = several.each(client, requested, lambda device: self.ask(client, params, device), params, "renewals requested")
            requested = [device for device, (new, _renewal) in answers.items() if new]
            joined.update(set(answers) - set(requested))
            renewals.update({device: renewal for device, (_new, renewal) in answers.items()})
            if params["wait"]:
                self.wait(client, params, devices, renewals)
                failed += [{"id": device, "msg": reason(renewals[device])} for device in renewals if reason(renewals[device])]
        result = {
            "changed": bool(requested),
            "certificate_enrollments": [renewals[device] for device in devices if device in renewals],
            "requested": requested,
            "joined": [device for device in devices if device in joined],
        }
        return several.report(result, sorted(failed, key=lambda entry: places[entry["id"]]), len(devices))

    @staticmethod
    def devices(client, params):
        """The ids of the devices that are meant, each once."""
        if params["device_ids"] is None and not params["filters"]:
            raise ResourceError("filters is empty, which would mean every device of the account. Name at least one condition.")
        given = several.asked({**params, "device_ids": params["device_ids"] or ()})
        if params["device_ids"] is not None:
            return list(dict.fromkeys(device.lower() for device in given))
        conditions = directory.DEVICE.conditions(params["filters"])
        return [device["id"] for device in listing(client, directory.DEVICE, params, conditions, fields=["id"])]

    @staticmethod
    def running(client, params, devices):
        """The renewals under way, by device. One list tells those of all devices; for one device it is short."""
        conditions = {"certificate_name": params["certificate_name"], "enroll_status": "new"}
        if len(devices) == 1:
            conditions["device_id"] = devices[0]
        return {found["device_id"]: found for found in listing(client, ROW, {}, ROW.conditions(conditions))}

    def ask(self, client, params, device):
        """Ask for the renewal of one device: whether it is a new one, and the renewal."""
        try:
            return True, client.post(f"{directory.DEVICE.path}{device}/certificates/{params['certificate_name']}/renew")
        except ApiError as error:
            # Somebody asked for it since the list was read.
            found = self.running(client, params, [device]).get(device) if error.status == 409 else None
            if found is None:
                raise
            return False, found

    def wait(self, client, params, devices, renewals):
        """Bring ``renewals`` up to date until all are completed or the time is over."""

        def look():
            under_way = {found["id"] for found in self.running(client, params, devices).values()}
            gone = [device for device, found in renewals.items() if not completed(found) and found["id"] not in under_way]
            width = {"concurrency": params["concurrency"]}
            read, _failed = several.each(client, gone, lambda device: client.get(ROW.item({}, renewals[device]["id"])), width)
            renewals.update({device: found for device, found in read.items() if found is not None})
            return renewals

        def done(found):
            return all(completed(renewal) for renewal in found.values())

        def told(found):
            return f"{sum(completed(renewal) for renewal in found.values()):,} of {len(found):,} renewals completed"

        # Which of them are not completed in time is told device by device.
        with contextlib.suppress(WaitError):
            wait_for(client, ROW, look, done, timeout=params["wait_timeout"], interval=params["wait_interval"], told=told)


def main():
    CertificateRenewal(
        argument_spec=dict(
            certificate_name=dict(type="str", required=True),
            filters=dict(type="dict"),
            **{**several.CHANGES_SPEC, "device_ids": {**several.CHANGES_SPEC["device_ids"], "required": False}},
            **WAIT_SPEC,
        ),
        required_one_of=[("device_ids", "filters")],
        mutually_exclusive=[("device_ids", "filters")],
    ).main()


if __name__ == "__main__":
    main()
