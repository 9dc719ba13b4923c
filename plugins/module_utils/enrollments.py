# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Many claims to devices at once: files of identities, the service's jobs, and what its reports say of each identity."""

from __future__ import annotations

import csv
import io
import re
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple
from urllib.parse import urlsplit

from .bulk import BulkError
from .client import ApiError, Client
from .resource import Object, Params, Resource, ResourceError, WaitError, listing, wait_for
from .resources import enrollment
from .transport import TransportError

# The description says "10MB"; the smaller of the two things this can mean.
LARGEST_FILE = 10_000_000
HEADING = "enrollment_identity\n"
# What the service trims around an identity.
BLANK = "".join(map(chr, range(0x21)))
OUTCOMES = ("created", "deleted", "unchanged", "failed", "pending")

Told = Dict[str, Any]
"""What became of an identity: ``outcome``, one of OUTCOMES; ``at`` when that was; for ``failed`` the report's ``message``, ``code``,
``type`` and ``fields``."""


def identity_in(line: str) -> Optional[str]:
    """The identity in a line of CSV by the rules of createBulkDeviceEnrollment, None where there is none."""
    value = line.partition(",")[0].strip(BLANK)
    if not value:
        return None
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value


def lines_of(path: str) -> List[str]:
    """The lines of a file, which may end as on any system.

    :raises ResourceError: when it cannot be read.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as opened:
            return re.split("\r\n|\r|\n", opened.read())
    except (OSError, UnicodeDecodeError) as error:
        raise ResourceError(f"src cannot be read as a CSV file in UTF-8: {error}.") from error


def wanted(given: Optional[Sequence[str]], src: Optional[str]) -> Tuple[List[str], List[str]]:
    """The identities that are given or are in the file ``src``, each once, and warnings.

    :raises ResourceError: for what is none, naming where it stands.
    """
    warnings: List[str] = []
    if src is None:
        unit, found = "entry", list(enumerate(given or (), 1))
    else:
        heading, *lines = lines_of(src)
        unit, found = "line", [(number, value) for number, value in enumerate(map(identity_in, lines), 2) if value is not None]
        if enrollment.is_identity(identity_in(heading) or ""):
            warnings = ["The first line of src holds an identity. It is ignored, as the service does it; put a heading above it."]
    wrong = [f"{unit} {number} ('{identity}')" for number, identity in found if not enrollment.is_identity(identity)]
    if wrong:
        shown = ", ".join(wrong[:10]) + (f" and {len(wrong) - 10} more" if len(wrong) > 10 else "")
        raise ResourceError(f"No enrollment identities, which are A- and 95 letters, digits and colons: {shown}. Nothing was sent.")
    return list(dict.fromkeys(identity for _number, identity in found)), warnings


def files_of(identities: Sequence[str], largest: int) -> List[Sequence[str]]:
    """The identities in as few files as the service takes; ``largest`` is bytes."""
    step = max(1, (largest - len(HEADING)) // (enrollment.IDENTITY_LENGTH + 1))
    return [identities[start : start + step] for start in range(0, len(identities), step)]


def content_of(identities: Sequence[str]) -> bytes:
    """A file of identities."""
    return (HEADING + "".join(f"{identity}\n" for identity in identities)).encode()


def carry_out(client: Client, params: Params, identities: Sequence[str], *, dry_run: bool) -> Dict[str, Any]:
    """Claim the identities, or with ``state`` absent delete their claims, as far as that is not so already.

    :return: the result of the task: ``changed``, ``outcomes``, ``counts``, ``jobs``, ``diff``.
    :raises BulkError: with that result, when the service refused some, or when a file could not be sent.
    :raises WaitError: when a job takes too long, with the job as it was last seen.
    """
    removing = params["state"] == "absent"
    row, done = (enrollment.BULK_DELETE, "deleted") if removing else (enrollment.BULK_UPLOAD, "created")
    claims = listing(client, enrollment.DEVICE_ENROLLMENT, params, fields=["enrollment_identity"]) if identities else ()
    claimed = {claim.get("enrollment_identity") for claim in claims}
    to_send = [identity for identity in identities if (identity in claimed) is removing]
    outcomes: Dict[str, Told] = {identity: {"outcome": "unchanged"} for identity in identities}
    outcomes.update((identity, {"outcome": done if dry_run else "pending"}) for identity in to_send)
    jobs: List[Object] = []
    if not dry_run:
        files = files_of(to_send, LARGEST_FILE)
        jobs = _start(client, row, files)
        for number, file in enumerate(files if params["wait"] else ()):
            jobs[number] = _finish(client, row, jobs[number], params)
            outcomes.update(reported(client, jobs[number], file, done))
    return _result(outcomes, jobs, done)


def reported(client: Client, job: Object, identities: Sequence[str], done: str) -> Iterator[Tuple[str, Told]]:
    """What the reports of a job that is completed say of each identity. ``done`` is the outcome of a success."""
    rows = _rows(client, job.get("full_report_file"))
    if job.get("errors_count"):
        rows = {**rows, **_rows(client, job.get("errors_report_file"))}
    for identity in identities:
        row = rows.get(identity, {})
        code = row.get("error__code") or ""
        if not row and job.get("errors_count"):
            yield identity, {"outcome": "failed", "message": "The service's report does not mention it."}
        elif code == "404" and done == "deleted":
            # Somebody else has deleted it meanwhile.
            yield identity, {"outcome": "unchanged"}
        elif code or row.get("error__message"):
            said: Told = {name: row.get(f"error__{name}") for name in ("type", "message", "fields")}
            said["code"] = int(code) if code.isdigit() else None
            said["message"] = said["message"] or said["type"] or f"error {code}"
            yield identity, {"outcome": "failed", **{name: value for name, value in said.items() if value}}
        else:
            at = row.get(f"entity__{done}_at")
            yield identity, {"outcome": done, **({"at": at} if at else {})}


def _rows(client: Client, address: Optional[str]) -> Dict[str, Mapping[str, str]]:
    """A report by identity. It is asked for at the API's own address, whatever host the report is said to be on."""
    if not address:
        return {}
    text = client.fetch(urlsplit(address).path).decode("utf-8")
    return {row["entity__id"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}


def _start(client: Client, row: Resource, files: Sequence[Sequence[str]]) -> List[Object]:
    """Send all files, so that the service can work on all of them, and give their jobs."""
    jobs: List[Object] = []
    for file in files:
        form = {"enrollment_identities": ("identities.csv", content_of(file), "text/csv")}
        try:
            jobs.append(client.request("POST", row.path, files=form).body)
        except (ApiError, TransportError) as error:
            told = f"{len(jobs)} of {len(files)} files were sent, then one failed: {error} Run the task again to send what is missing."
            raise BulkError(told, {"changed": bool(jobs), "jobs": jobs}) from error
    return jobs


def _finish(client: Client, row: Resource, job: Object, params: Params) -> Object:
    path = row.item(params, job["id"])

    def look() -> Object:
        found: Object = client.request("GET", path).body
        return found

    timing = {"timeout": params["wait_timeout"], "interval": params["wait_interval"]}
    try:
        return wait_for(client, row, look, lambda seen: seen.get("status") == "completed", **timing) or job
    except WaitError as error:
        error.changed = True
        raise


def _result(outcomes: Mapping[str, Told], jobs: Sequence[Object], done: str) -> Dict[str, Any]:
    counts = dict.fromkeys(OUTCOMES, 0)
    for told in outcomes.values():
        counts[told["outcome"]] += 1
    touched = {"claimed": [identity for identity, told in outcomes.items() if told["outcome"] in (done, "pending")]}
    listed = [{"enrollment_identity": identity, **told} for identity, told in outcomes.items()]
    result: Dict[str, Any] = {
        "changed": bool(touched["claimed"]),
        "outcomes": listed,
        "counts": counts,
        "jobs": list(jobs),
        "diff": {"before": touched if done == "deleted" else {}, "after": touched if done == "created" else {}},
    }
    refused = [told for told in listed if told["outcome"] == "failed"]
    if refused:
        first = refused[0]
        text = f"{len(refused)} of {len(listed)} identities failed; the first: {first['enrollment_identity']}: {first['message']}"
        raise BulkError(text, result)
    return result
