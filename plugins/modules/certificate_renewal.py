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
      - The ids of the devices. Give this or O(filters).
    type: list
    elements: str
  filters:
    description:
      - The devices that meet all these conditions, as in M(pelion.device_management.device_info).
    type: dict
  concurrency:
    description:
      - How many requests are under way side by side, 1 to 64.
    type: int
    default: 8
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
  description: The devices without a new certificate, and why.
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
    request_id:
      description: The id of the request.
      type: str
      returned: when the service refused to renew
not_tried:
  description: The ids of the devices that were not tried any more because the key was refused.
  returned: when some devices failed
  type: list
  elements: str
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

import contextlib
import re

from ansible_collections.pelion.device_management.plugins.module_utils import bulk
from ansible_collections.pelion.device_management.plugins.module_utils.client import ApiError
from ansible_collections.pelion.device_management.plugins.module_utils.module import WAIT_SPEC, ApiModule, failure
from ansible_collections.pelion.device_management.plugins.module_utils.resource import ResourceError, WaitError, listing, wait_for
from ansible_collections.pelion.device_management.plugins.module_utils.resources import directory, security

ROW = security.CERTIFICATE_ENROLLMENT


def completed(enrollment):
    return enrollment.get("enroll_status") == "completed"


def refused(result):
    """Whether the key is not good for this: then it is not for the other devices either."""
    return isinstance(result.error, ApiError) and result.error.status in (401, 403)


class CertificateRenewal(ApiModule):
    def work(self, client, params, check_mode):
        if not 1 <= params["concurrency"] <= 64:
            raise ResourceError(f"concurrency must be 1 to 64, not {params['concurrency']}.")
        if not re.fullmatch(r"[\w-]{1,10}\.[\w.-]{1,10}", params["certificate_name"], re.ASCII):
            raise ResourceError(
                f"'{params['certificate_name']}' is no name of a certificate on a device: that is two parts of up to 10 characters each, "
                "with a dot in between."
            )
        devices = self.devices(client, params)
        renewals = {device: found for device, found in self.running(client, params, devices).items() if device in devices}
        joined, failed = set(renewals), {}
        wanted = [device for device in devices if device not in joined]
        requested = wanted if check_mode else []
        for result in bulk.each([] if check_mode else wanted, self.asking(client, params), params["concurrency"], stop=refused):
            if result.error is not None:
                failed[result.item] = failure(result.error)
                continue
            asked, renewals[result.item] = result.value
            requested.append(result.item) if asked else joined.add(result.item)
        if params["wait"] and not check_mode:
            self.wait(client, params, devices, renewals)
            failed.update(self.judged(params, renewals))
        report = {
            "changed": bool(requested),
            "certificate_enrollments": [renewals[device] for device in devices if device in renewals],
            "requested": requested,
            "joined": [device for device in devices if device in joined],
        }
        if failed:
            entries = [{"id": device, **failed[device]} for device in devices if device in failed]
            left = [device for device in devices if device not in renewals and device not in failed]
            raise bulk.BulkError(
                f"{len(entries)} of {len(devices)} devices failed, {len(left)} were not tried; the first, {entries[0]['id']}: "
                f"{entries[0]['msg']}",
                {**report, "failed_devices": entries, "not_tried": left},
            )
        return report

    @staticmethod
    def devices(client, params):
        """The ids of the devices that are meant, each once."""
        if params["device_ids"] is not None:
            return list(dict.fromkeys(directory.DEVICE.checked_id(device) for device in params["device_ids"]))
        if not params["filters"]:
            raise ResourceError("filters is empty, which would mean every device of the account. Name at least one condition.")
        conditions = directory.DEVICE.conditions(params["filters"])
        return [device["id"] for device in listing(client, directory.DEVICE, params, conditions, fields=["id"])]

    @staticmethod
    def running(client, params, devices):
        """The renewals under way, by device. One list tells those of all devices; for one device it is short."""
        conditions = {"certificate_name": params["certificate_name"], "enroll_status": "new"}
        if len(devices) == 1:
            conditions["device_id"] = devices[0]
        return {found["device_id"]: found for found in listing(client, ROW, {}, ROW.conditions(conditions))}

    def asking(self, client, params):
        """What asks for the renewal of one device: whether it was new, and the renewal."""

        def ask(device):
            try:
                return True, client.post(f"{directory.DEVICE.path}{device}/certificates/{params['certificate_name']}/renew")
            except ApiError as error:
                # Somebody asked for it since the list was read.
                found = self.running(client, params, [device]).get(device) if error.status == 409 else None
                if found is None:
                    raise
                return False, found

        return ask

    def wait(self, client, params, devices, renewals):
        """Bring ``renewals`` up to date until all are completed or the time is over."""

        def look():
            under_way = {found["id"] for found in self.running(client, params, devices).values()}
            gone = [device for device, found in renewals.items() if not completed(found) and found["id"] not in under_way]
            for result in bulk.each(gone, lambda device: client.get(ROW.item({}, renewals[device]["id"])), params["concurrency"]):
                renewals[result.item] = result.value or renewals[result.item]
            return renewals

        def done(found):
            return all(completed(renewal) for renewal in found.values())

        # Which of them are not completed in time is told device by device.
        with contextlib.suppress(WaitError):
            wait_for(client, ROW, look, done, timeout=params["wait_timeout"], interval=params["wait_interval"])

    @staticmethod
    def judged(params, renewals):
        """The devices whose renewal failed or did not end in time, and why."""
        failed = {}
        for device, renewal in renewals.items():
            if not completed(renewal):
                failed[device] = {"msg": f"The renewal {renewal['id']} is not completed after {params['wait_timeout']:g} seconds."}
            elif renewal.get("enroll_result") != "success":
                failed[device] = {"msg": renewal.get("enroll_result_detail") or "The renewal failed; the service gives no reason."}
        return failed


def main():
    CertificateRenewal(
        argument_spec=dict(
            certificate_name=dict(type="str", required=True),
            device_ids=dict(type="list", elements="str"),
            filters=dict(type="dict"),
            concurrency=dict(type="int", default=8),
            **WAIT_SPEC,
        ),
        required_one_of=[("device_ids", "filters")],
        mutually_exclusive=[("device_ids", "filters")],
    ).main()


if __name__ == "__main__":
    main()
