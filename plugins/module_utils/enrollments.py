# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Many claims to devices at once: files of identities, the service's jobs, and what its reports say of each identity."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple
from urllib.parse import urlsplit

from . import bulk
from .client import ApiError, Client
from .resource import Object, Params, Resource, ResourceError, WaitError, listing, wait_for
from .resources import enrollment
from .transport import TransportError

# The description says "10MB"; the smaller of the two things this can mean.
LARGEST_FILE = 10_000_000
# Files under way side by side, each with its job: the service works on several jobs at once.
AT_ONCE = 4
HEADING = "enrollment_identity\n"
# What the service trims around an identity.
BLANK = "".join(map(chr, range(0x21)))
OUTCOMES = ("created", "deleted", "unchanged", "failed", "pending")

Told = Dict[str, Any]
"""What became of an identity: ``outcome``, one of OUTCOMES; ``at`` when that was; for ``failed`` also ``msg``, and ``status``, ``type`` and
``fields`` as far as they are known."""


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
        if given is None:
            raise ResourceError("Which identities? The option that should say so is null.")
        unit, found = "entry", list(enumerate(given, 1))
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
    :raises BulkError: with that result, when some failed, or when it could not be found out how a job has ended.
    """
    removing = params["state"] == "absent"
    row, done = (enrollment.BULK_DELETE, "deleted") if removing else (enrollment.BULK_UPLOAD, "created")
    claims = listing(client, enrollment.DEVICE_ENROLLMENT, params, fields=["enrollment_identity"]) if identities else ()
    claimed = {claim.get("enrollment_identity") for claim in claims}
    to_send = [identity for identity in identities if (identity in claimed) is removing]
    outcomes: Dict[str, Told] = {identity: {"outcome": "unchanged"} for identity in identities}
    outcomes.update((identity, {"outcome": done if dry_run else "pending"}) for identity in to_send)
    jobs: List[Object] = []
    problems: List[Exception] = []
    seen: Dict[str, int] = {}

    def stage(job: Object) -> str:
        seen[job["id"]] = job.get("processed_count") or 0
        return f"{sum(seen.values()):,} of {len(to_send):,} identities processed"

    def send(file: Sequence[str]) -> _Sent:
        return _sent(client, row, file, params, done, stage)

    for result in bulk.each(() if dry_run else files_of(to_send, LARGEST_FILE), send, AT_ONCE):
        if result.error is not None:
            outcomes.update((identity, {"outcome": "failed", **_known(bulk.told(result.error))}) for identity in result.item)
            continue
        jobs.append(result.value.job)
        outcomes.update(result.value.outcomes)
        problems += [result.value.problem] if result.value.problem is not None else []
    return _result(outcomes, jobs, done, problems)


@dataclass(frozen=True)
class _Sent:
    """A file that the service has taken: its job as it was last seen, what became of its identities as far as that is known, and what
    kept us from finding out."""

    job: Object
    outcomes: Mapping[str, Told]
    problem: Optional[Exception] = None


def _sent(client: Client, row: Resource, file: Sequence[str], params: Params, done: str, stage: Callable[[Object], str]) -> _Sent:
    """Send a file, and wait for its job if that is wanted.

    :raises ApiError, TransportError: when it could not be sent.
    """
    form = {"enrollment_identities": ("identities.csv", content_of(file), "text/csv")}
    job: Object = client.request("POST", row.path, files=form).body
    if not params["wait"]:
        return _Sent(job, {})
    path = row.item(params, job["id"])

    def look() -> Object:
        job.update(client.request("GET", path).body)
        return job

    timing = {"timeout": params["wait_timeout"], "interval": params["wait_interval"]}
    try:
        wait_for(client, row, look, lambda now: now.get("status") == "completed", **timing, told=stage)
        # Counts for those that are still waited for.
        stage(job)
        return _Sent(job, dict(reported(client, job, file, done)))
    except (ApiError, TransportError, WaitError) as error:
        return _Sent(job, {}, error)


def reported(client: Client, job: Object, identities: Sequence[str], done: str) -> Iterator[Tuple[str, Told]]:
    """What the reports of a job that is completed say of each identity. ``done`` is the outcome of a success."""
    rows = _rows(client, job.get("full_report_file"))
    if job.get("errors_count"):
        rows = {**rows, **_rows(client, job.get("errors_report_file"))}
    for identity in identities:
        row = rows.get(identity, {})
        code = row.get("error__code") or ""
        if not row and job.get("errors_count"):
            yield identity, {"outcome": "failed", "msg": "The service's report does not mention it."}
        elif code == "404" and done == "deleted":
            # Somebody else has deleted it meanwhile.
            yield identity, {"outcome": "unchanged"}
        elif code or row.get("error__message"):
            kind, words = row.get("error__type"), row.get("error__message")
            said: Told = {"msg": words or kind or f"error {code}", "status": int(code) if code.isdigit() else None}
            yield identity, {"outcome": "failed", **_known({**said, "type": kind, "fields": row.get("error__fields")})}
        else:
            at = row.get(f"entity__{done}_at")
            yield identity, {"outcome": done, **({"at": at} if at else {})}


def _rows(client: Client, address: Optional[str]) -> Dict[str, Mapping[str, str]]:
    """A report by identity. It is asked for at the API's own address, whatever host the report is said to be on."""
    if not address:
        return {}
    text = client.fetch(urlsplit(address).path).decode("utf-8")
    return {row["entity__id"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}


def _known(told: Told) -> Told:
    return {name: value for name, value in told.items() if value}


def _result(outcomes: Mapping[str, Told], jobs: Sequence[Object], done: str, problems: Sequence[Exception]) -> Dict[str, Any]:
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
    failed = [told for told in listed if told["outcome"] == "failed"]
    if failed:
        first = failed[0]
        text = f"{len(failed)} of {len(listed)} identities failed; the first: {first['enrollment_identity']}: {first['msg']}"
        raise bulk.BulkError(text, result)
    if problems:
        raise bulk.BulkError(f"{problems[0]} Run the task again to find out what has become of its identities.", result)
    return result
