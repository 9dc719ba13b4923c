#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Claim many devices for the account, or give them up."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_enrollment_bulk
short_description: Claim many devices for the account at once, or give them up
version_added: 0.1.0
description:
  - Claims any number of devices by their enrollment identities, or deletes their claims, and tells for each one what became of it.
  - All identities are checked before anything is sent, and the claims of the account are read, so that only what differs is sent. What
    is more than one file of 10 MB can hold is sent in several, of which up to four are under way side by side.
  - For a single device M(pelion.device_management.device_enrollment) is simpler, and returns the claim.
  - Identities that are claimed by another account are found out only by a real run. It then fails after everything else has been done,
    and tells which they are.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.resource.wait
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
options:
  enrollment_identities:
    description:
      - The identities of the devices, each V(A-) and 95 characters. Give this or O(src).
    type: list
    elements: str
  src:
    description:
      - A CSV file with the identities, on the machine that the module runs on. Give this or O(enrollment_identities).
      - The file is read as the service reads such files. The first line is a heading and ignored. The identity is what stands before the
        first comma of a line, with or without quotation marks; the rest of the line is ignored, and so are lines without an identity.
    type: path
  state:
    description:
      - With V(present) the devices are claimed, with V(absent) their claims are deleted; other claims stay.
    type: str
    choices: [present, absent]
    default: present
notes:
  - Deleting a claim frees the device for another account only when the device is also reset to its factory settings.
seealso:
  - module: pelion.device_management.device_enrollment
  - module: pelion.device_management.device_enrollment_info
"""

EXAMPLES = r"""
- name: Claim what the factory has delivered
  pelion.device_management.device_enrollment_bulk:
    src: /srv/factory/batch-2026-11.csv
  register: batch

- name: Say how it went
  ansible.builtin.debug:
    msg: "{{ batch.counts.created }} devices claimed, {{ batch.counts.unchanged }} were already"

- name: Claim two devices, and go on whichever another account has
  block:
    - name: Claim them
      pelion.device_management.device_enrollment_bulk:
        enrollment_identities:
          - "A-4E:63:2D:AE:14:BC:D1:09:77:21:95:44:ED:34:06:57:1E:03:B1:EF:0E:F2:59:44:71:93:23:22:15:43:23:12"
          - "A-4E:63:2D:AE:14:BC:D1:09:77:21:95:44:ED:34:06:57:1E:03:B1:EF:0E:F2:59:44:71:93:23:22:15:43:23:13"
      register: claims
  rescue:
    - name: Show those that were refused
      ansible.builtin.debug:
        msg: "{{ claims.outcomes | default([]) | selectattr('outcome', 'eq', 'failed') }}"

- name: Give the batch up again, without waiting for the end
  pelion.device_management.device_enrollment_bulk:
    src: /srv/factory/batch-2026-11.csv
    state: absent
    wait: false
"""

RETURN = r"""
outcomes:
  description: What became of each identity, in the order given, each once. In check mode, what would become of it.
  returned: success, and when some identities failed or were not finished in time
  type: list
  elements: dict
  sample:
    - enrollment_identity: "A-4E:63:2D:AE:14:BC:D1:09:77:21:95:44:ED:34:06:57:1E:03:B1:EF:0E:F2:59:44:71:93:23:22:15:43:23:12"
      outcome: created
      at: "2026-11-02T08:15:30.000Z"
    - enrollment_identity: "A-4E:63:2D:AE:14:BC:D1:09:77:21:95:44:ED:34:06:57:1E:03:B1:EF:0E:F2:59:44:71:93:23:22:15:43:23:13"
      outcome: failed
      msg: Enrollment identity is already claimed.
      status: 409
      type: duplicate
  contains:
    enrollment_identity:
      description: The identity.
      type: str
      returned: always
    outcome:
      description:
        - V(created) or V(deleted) for what was done, V(unchanged) for what was as wanted already, V(failed) for what the service refused
          and for what could not be sent.
        - V(pending) for what was sent, when O(wait) is V(false) or when its job has not ended in time.
      type: str
      returned: always
    at:
      description: When the claim was created or deleted, by the service's report.
      type: str
      returned: when created or deleted
    msg:
      description: Why it failed.
      type: str
      returned: when failed
    status:
      description: The HTTP status, or the code in the report of the service, which are the same numbers.
      type: int
      returned: when failed and known
    type:
      description: The error type of the service, such as V(duplicate).
      type: str
      returned: when failed and known
    fields:
      description: What the service says of single fields; of the report's, as text.
      type: raw
      returned: when failed and known
counts:
  description: How many identities have each outcome; zero for those that none has.
  returned: success, and when some identities failed or were not finished in time
  type: dict
  sample: {created: 1, deleted: 0, unchanged: 0, failed: 1, pending: 0}
jobs:
  description: The jobs of the service, as they were last seen, one for each file that was sent.
  returned: success, and when some identities failed or were not finished in time
  type: list
  elements: dict
  sample:
    - id: 01667c6e992c00000000000100100376
      object: enrollment-identity-bulk-uploads
      account_id: 01667c6e992c00000000000100100300
      status: completed
      total_count: 2
      processed_count: 2
      errors_count: 1
      created_at: "2026-11-02T08:15:28.000000Z"
      completed_at: "2026-11-02T08:15:31.000000Z"
      etag: "3"
      full_report_file: https://api.us-east-1.mbedcloud.com/v3/device-enrollments-bulk-uploads/01667c6e992c00000000000100100376/full_report.csv
      errors_report_file: https://api.us-east-1.mbedcloud.com/v3/device-enrollments-bulk-uploads/01667c6e992c00000000000100100376/errors_report.csv
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.enrollments import carry_out, wanted
from ansible_collections.pelion.device_management.plugins.module_utils.module import WAIT_SPEC, ApiModule


class DeviceEnrollmentBulk(ApiModule):
    def work(self, client, params, check_mode):
        identities, warnings = wanted(params["enrollment_identities"], params["src"])
        self.kept = {"warnings": warnings}
        return {**carry_out(client, params, identities, dry_run=check_mode), **self.kept}


def main():
    DeviceEnrollmentBulk(
        argument_spec=dict(
            enrollment_identities=dict(type="list", elements="str"),
            src=dict(type="path"),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            **WAIT_SPEC,
        ),
        required_one_of=[("enrollment_identities", "src")],
        mutually_exclusive=[("enrollment_identities", "src")],
    ).main()


if __name__ == "__main__":
    main()
