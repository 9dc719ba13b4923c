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
    is more than one file of 10 MB can hold is sent in several.
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
  returned: success, and when some identities failed
  type: list
  elements: dict
  sample:
    - enrollment_identity: "A-4E:63:2D:AE:14:BC:D1:09:77:21:95:44:ED:34:06:57:1E:03:B1:EF:0E:F2:59:44:71:93:23:22:15:43:23:12"
      outcome: created
      at: "2026-11-02T08:15:30.000Z"
    - enrollment_identity: "A-4E:63:2D:AE:14:BC:D1:09:77:21:95:44:ED:34:06:57:1E:03:B1:EF:0E:F2:59:44:71:93:23:22:15:43:23:13"
      outcome: failed
      code: 409
      type: duplicate
      message: Enrollment identity is already claimed.
  contains:
    enrollment_identity:
      description: The identity.
      type: str
      returned: always
    outcome:
      description:
        - V(created) or V(deleted) for what was done, V(unchanged) for what was as wanted already, V(failed) for what the service refused.
        - V(pending) when it was sent and O(wait) is V(false).
      type: str
      returned: always
    at:
      description: When the claim was created or deleted, by the service's report.
      type: str
      returned: when created or deleted
    code:
      description: The error code of the service.
      type: int
      returned: when failed and known
    type:
      description: The error type of the service, such as V(duplicate).
      type: str
      returned: when failed and known
    message:
      description: Why it failed.
      type: str
      returned: when failed
    fields:
      description: What the service says of single fields.
      type: str
      returned: when failed and known
counts:
  description: How many identities have each outcome; zero for those that none has.
  returned: success, and when some identities failed
  type: dict
  sample: {created: 1, deleted: 0, unchanged: 0, failed: 1, pending: 0}
jobs:
  description: The jobs of the service, as they were last seen, one for each file that was sent.
  returned: success, and when some identities failed
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

import csv
import io
import re
from urllib.parse import urlsplit

from ansible_collections.pelion.device_management.plugins.module_utils.bulk import BulkError
from ansible_collections.pelion.device_management.plugins.module_utils.client import ApiError
from ansible_collections.pelion.device_management.plugins.module_utils.module import WAIT_SPEC, ApiModule, failure
from ansible_collections.pelion.device_management.plugins.module_utils.resource import ResourceError, WaitError, listing, wait_for
from ansible_collections.pelion.device_management.plugins.module_utils.resources import enrollment
from ansible_collections.pelion.device_management.plugins.module_utils.transport import TransportError

# The description says "10MB"; the smaller of the two things this can mean.
LARGEST_FILE = 10_000_000
HEADING = "enrollment_identity\n"
# What the service trims around an identity.
BLANK = "".join(map(chr, range(0x21)))
OUTCOMES = ("created", "deleted", "unchanged", "failed", "pending")


def identity_in(line):
    """The identity in a line of CSV by the rules of createBulkDeviceEnrollment, None where there is none."""
    value = line.partition(",")[0].strip(BLANK)
    if not value:
        return None
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value


def lines_of(path):
    """The lines of a file, which may end as on any system.

    :raises ResourceError: when it cannot be read.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as opened:
            return re.split("\r\n|\r|\n", opened.read())
    except (OSError, UnicodeDecodeError) as error:
        raise ResourceError(f"src cannot be read as a CSV file in UTF-8: {error}.") from error


def files_of(identities, largest):
    """The identities in as few files as the service takes."""
    step = max(1, (largest - len(HEADING)) // (enrollment.IDENTITY_LENGTH + 1))
    return [identities[start : start + step] for start in range(0, len(identities), step)]


def content_of(identities):
    """A file of identities."""
    return (HEADING + "".join(f"{identity}\n" for identity in identities)).encode()


def rows_of(client, address):
    """A report by identity. It is asked for at the API's own address, whatever host the report is said to be on."""
    if not address:
        return {}
    text = client.fetch(urlsplit(address).path).decode("utf-8")
    return {row["entity__id"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}


class DeviceEnrollmentBulk(ApiModule):
    def work(self, client, params, check_mode):
        wanted, warnings = self.wanted(params)
        row, done = (enrollment.BULK_UPLOAD, "created") if params["state"] == "present" else (enrollment.BULK_DELETE, "deleted")
        claims = listing(client, enrollment.DEVICE_ENROLLMENT, {}, fields=["enrollment_identity"]) if wanted else ()
        claimed = {claim.get("enrollment_identity") for claim in claims}
        to_send = [identity for identity in wanted if (identity in claimed) == (done == "deleted")]
        outcomes = {identity: {"outcome": "unchanged"} for identity in wanted}
        outcomes.update((identity, {"outcome": done if check_mode else "pending"}) for identity in to_send)
        jobs = []
        if not check_mode:
            parts = files_of(to_send, LARGEST_FILE)
            jobs = self.start(client, row, parts)
            if params["wait"]:
                for number, part in enumerate(parts):
                    jobs[number] = self.finish(client, row, jobs[number], params)
                    outcomes.update(self.reported(client, jobs[number], part, done))
        return self.result(outcomes, jobs, done, warnings)

    @staticmethod
    def wanted(params):
        """The identities, each once, and warnings.

        :raises ResourceError: for what is none.
        """
        warnings = []
        if params["src"] is None:
            unit, found = "entry", list(enumerate(params["enrollment_identities"], 1))
        else:
            heading, *lines = lines_of(params["src"])
            unit, found = "line", [(number, value) for number, value in enumerate(map(identity_in, lines), 2) if value is not None]
            if enrollment.is_identity(identity_in(heading) or ""):
                warnings = ["The first line of src holds an identity. It is ignored, as the service does it; put a heading above it."]
        wrong = [f"{unit} {number} ('{identity}')" for number, identity in found if not enrollment.is_identity(identity)]
        if wrong:
            shown = ", ".join(wrong[:10]) + (f" and {len(wrong) - 10} more" if len(wrong) > 10 else "")
            raise ResourceError(f"No enrollment identities, which are A- and 95 letters, digits and colons: {shown}. Nothing was sent.")
        return list(dict.fromkeys(identity for _number, identity in found)), warnings

    @staticmethod
    def start(client, row, parts):
        jobs = []
        for part in parts:
            form = {"enrollment_identities": ("identities.csv", content_of(part), "text/csv")}
            try:
                reply = client.request("POST", row.path, files=form)
            except (ApiError, TransportError) as error:
                told = f"{len(jobs)} of {len(parts)} files were sent, then one failed: {error} Run the task again to send what is missing."
                raise BulkError(told, {**failure(error), "msg": told, "changed": bool(jobs), "jobs": jobs}) from error
            jobs.append(reply.body)
        return jobs

    @staticmethod
    def finish(client, row, job, params):
        path = row.item(params, job["id"])
        try:
            return wait_for(
                client,
                row,
                lambda: client.request("GET", path).body,
                lambda seen: seen.get("status") == "completed",
                timeout=params["wait_timeout"],
                interval=params["wait_interval"],
            )
        except WaitError as error:
            error.changed = True
            raise

    @staticmethod
    def reported(client, job, part, done):
        """What the job's reports say of each identity."""
        rows = rows_of(client, job.get("full_report_file"))
        if job.get("errors_count"):
            rows = {**rows, **rows_of(client, job.get("errors_report_file"))}
        for identity in part:
            row = rows.get(identity, {})
            code = row.get("error__code")
            if not row and job.get("errors_count"):
                yield identity, {"outcome": "failed", "message": "The service's report does not mention it."}
            elif code == "404" and done == "deleted":
                # Somebody else has deleted it meanwhile.
                yield identity, {"outcome": "unchanged"}
            elif code or row.get("error__message"):
                said = {name: row.get(f"error__{name}") for name in ("type", "message", "fields")}
                said["code"] = int(code) if (code or "").isdigit() else None
                said["message"] = said["message"] or said["type"] or f"error {code}"
                yield identity, {"outcome": "failed", **{name: value for name, value in said.items() if value}}
            else:
                at = row.get(f"entity__{done}_at")
                yield identity, {"outcome": done, **({"at": at} if at else {})}

    @staticmethod
    def result(outcomes, jobs, done, warnings):
        counts = dict.fromkeys(OUTCOMES, 0)
        for told in outcomes.values():
            counts[told["outcome"]] += 1
        touched = [identity for identity, told in outcomes.items() if told["outcome"] in (done, "pending")]
        sides = ({}, {"claimed": touched}) if done == "created" else ({"claimed": touched}, {})
        result = {
            "changed": bool(touched),
            "outcomes": [{"enrollment_identity": identity, **told} for identity, told in outcomes.items()],
            "counts": counts,
            "jobs": jobs,
            "warnings": warnings,
            "diff": {"before": sides[0], "after": sides[1]},
        }
        refused = [told for told in result["outcomes"] if told["outcome"] == "failed"]
        if refused:
            raise BulkError(
                f"{len(refused)} of {len(outcomes)} identities failed; the first: {refused[0]['enrollment_identity']}: "
                f"{refused[0]['message']}",
                result,
            )
        return result


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
