# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of enrolment identities: how lines are read, how many files are sent, and what reports say."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils import enrollments
from ansible_collections.pelion.device_management.plugins.module_utils.resource import ResourceError
from hypothesis import given
from hypothesis import strategies as st

from .fakes import answer, make_client

ONE, TWO, THREE = ("A-" + ":".join([pair] * 32) for pair in ("4E", "4F", "a0"))


def from_file(folder: Path, content: str | bytes) -> tuple[list[str], list[str]]:
    path = folder / "identities.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    identities, warnings = enrollments.wanted(None, str(path))
    return identities, warnings


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_what_the_service_s_description_calls_valid(tmp_path: Path, end: str) -> None:
    lines = [
        '"Examples of valid identities, notes"',
        f'"{ONE}",',
        f'"{TWO}"',
        "",
        ",,",
        " , also a blank line",
        f" \t{THREE}      , blanks around it",
        f'  "{ONE}"  , and around quotation marks',
        "",
    ]
    assert from_file(tmp_path, end.join(lines)) == ([ONE, TWO, THREE], [])


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (ONE.replace("-", "_", 1), ONE.replace("-", "_", 1)),
        (ONE[:-3], ONE[:-3]),
        (ONE + "0", ONE + "0"),
        ('""', ""),
        (f'" {ONE} "', f" {ONE} "),
        (f'"{ONE}', f'"{ONE}'),
        ('"', '"'),
        ("\N{NO-BREAK SPACE}" + ONE, "\N{NO-BREAK SPACE}" + ONE),
    ],
)
def test_what_is_none(tmp_path: Path, value: str, shown: str) -> None:
    with pytest.raises(ResourceError) as caught:
        from_file(tmp_path, f"heading\n{ONE}\n\n{value},\n")
    assert str(caught.value) == (
        f"No enrollment identities, which are A- and 95 letters, digits and colons: line 4 ('{shown}'). Nothing was sent."
    )


def test_a_null_is_no_empty_list() -> None:
    """Ansible takes an option that is null for given."""
    with pytest.raises(ResourceError, match=r"^Which identities\? The option that should say so is null\.$"):
        enrollments.wanted(None, None)
    assert enrollments.wanted([], None) == ([], [])


def test_many_wrong_ones_are_not_all_named() -> None:
    with pytest.raises(ResourceError) as caught:
        enrollments.wanted([ONE, *map(str, range(13))], None)
    named = ", ".join(f"entry {number + 2} ('{number}')" for number in range(10))
    assert str(caught.value) == (
        f"No enrollment identities, which are A- and 95 letters, digits and colons: {named} and 3 more. Nothing was sent."
    )


def test_an_identity_in_the_place_of_the_heading_is_told(tmp_path: Path) -> None:
    told = ["The first line of src holds an identity. It is ignored, as the service does it; put a heading above it."]
    assert from_file(tmp_path, f"{ONE}\n{TWO}\n") == ([TWO], told)
    assert from_file(tmp_path, "\ufeff" + f'"{ONE}"\r\n{TWO}') == ([TWO], told)
    assert from_file(tmp_path, "") == ([], [])


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match=r"^src cannot be read as a CSV file in UTF-8: .*No such file"):
        enrollments.wanted(None, str(tmp_path / "none"))
    with pytest.raises(ResourceError, match=r"^src cannot be read as a CSV file in UTF-8: .*invalid start byte"):
        from_file(tmp_path, b"heading\n\xff\n")


BLANKS = st.text(st.sampled_from(enrollments.BLANK.translate(str.maketrans("", "", "\r\n"))), max_size=3)


@given(st.lists(st.tuples(st.sampled_from((ONE, TWO, THREE, "")), st.booleans(), BLANKS, BLANKS, st.sampled_from(("", ",", ',"a",b')))))
def test_any_spelling_of_a_line_is_read(lines: list[tuple[str, bool, str, str, str]]) -> None:
    for identity, quoted, before, after, rest in lines:
        written = f'"{identity}"' if quoted and identity else identity
        assert enrollments.identity_in(before + written + after + rest) == (identity or None)


@given(st.integers(0, 40), st.integers(1, 700))
def test_files_are_small_enough_and_hold_everything_in_order(count: int, largest: int) -> None:
    identities = [ONE] * count
    files = enrollments.files_of(identities, largest)
    assert [identity for file in files for identity in file] == identities
    assert all(files)
    for file in files[:-1]:
        assert len(enrollments.HEADING) + 98 * (len(file) + 1) > largest
    if largest >= len(enrollments.HEADING) + 98:
        assert all(len(enrollments.content_of(file)) <= largest for file in files)


def test_ten_megabytes() -> None:
    sizes = [len(enrollments.content_of(file)) for file in enrollments.files_of([ONE] * 250_000, enrollments.LARGEST_FILE)]
    assert len(sizes) == 3
    assert max(sizes) <= 10_000_000 < max(sizes) + 98


class Reports:
    """A client that has nothing but files."""

    def __init__(self, **files: str) -> None:
        self.files = files
        self.fetched: list[str] = []

    def fetch(self, location: str) -> bytes:
        self.fetched.append(location)
        return self.files[location.rpartition("/")[2]].encode()


def report(*rows: tuple[str, ...]) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue()


ERROR = ("error__code", "error__type", "error__message", "error__fields")


def reported(full: str | None, errors: str | None, count: int, done: str = "created") -> dict[str, Any]:
    client = Reports(full=full or "", errors=errors or "")
    job = {
        "errors_count": count,
        "full_report_file": full and "https://elsewhere.example.com/v3/jobs/1/full",
        "errors_report_file": errors and "https://elsewhere.example.com/v3/jobs/1/errors",
    }
    found = dict(enrollments.reported(client, job, [ONE, TWO], done))
    # The host that the service names is not asked: the key stays at home.
    assert all(location.startswith("/v3/jobs/1/") for location in client.fetched)
    assert len(client.fetched) == bool(full) + bool(errors and count)
    return found


def test_reports() -> None:
    created = ("entity__id", "entity__created_at", *ERROR)
    full = report(created, (ONE, "2026-11-02T08:15:30.000Z", "", "", "", ""), (TWO, "", "409", "duplicate", 'Is "claimed".', ""))
    first = {"outcome": "created", "at": "2026-11-02T08:15:30.000Z"}
    second = {"outcome": "failed", "status": 409, "type": "duplicate", "msg": 'Is "claimed".'}
    assert reported(full, None, 1) == {ONE: first, TWO: second}
    # What only the report of errors says counts too.
    partial = report(created, (ONE, "2026-11-02T08:15:30.000Z", "", "", "", ""))
    errors = report(("entity__id", *ERROR), (TWO, "409", "duplicate", 'Is "claimed".', ""))
    assert reported(partial, errors, 1) == {ONE: first, TWO: second}


def test_reports_that_say_too_little() -> None:
    assert reported(None, None, 0) == {ONE: {"outcome": "created"}, TWO: {"outcome": "created"}}
    unknown = {"outcome": "failed", "msg": "The service's report does not mention it."}
    assert reported(None, None, 1) == {ONE: unknown, TWO: unknown}
    odd = report(("entity__id", *ERROR), (ONE, "E7", "", "", "x: y"), (TWO, "", "", "No.", ""))
    assert reported(odd, None, 2) == {
        ONE: {"outcome": "failed", "msg": "error E7", "fields": "x: y"},
        TWO: {"outcome": "failed", "msg": "No."},
    }


def test_what_is_gone_already_is_no_failed_deletion() -> None:
    deleted = ("entity__id", "entity__deleted_at", *ERROR)
    full = report(deleted, (ONE, "2026-11-02T08:15:30.000Z", "", "", "", ""), (TWO, "", "404", "not_found", "Gone.", ""))
    assert reported(full, None, 1, "deleted") == {
        ONE: {"outcome": "deleted", "at": "2026-11-02T08:15:30.000Z"},
        TWO: {"outcome": "unchanged"},
    }
    assert json.dumps(reported(full, None, 1))


def test_how_far_all_jobs_together_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two files; the first job is done when the second still has one identity before it."""
    monkeypatch.setattr(enrollments, "LARGEST_FILE", len(enrollments.HEADING) + 2 * 98)
    monkeypatch.setattr(enrollments, "AT_ONCE", 1)
    looks = iter([("processing", 1), ("completed", 2), ("processing", 0), ("completed", 1)])
    ids = iter("12")
    told = []

    def respond(sent: Any) -> Any:
        if sent.method == "POST":
            return answer(201, {"id": next(ids) * 32, "status": "new"})
        if sent.path == "/v3/device-enrollments":
            return answer(200, {"data": [], "has_more": False})
        status, count = next(looks)
        return answer(200, {"id": sent.path[-32:], "status": status, "processed_count": count, "errors_count": 0})

    client, _transport, _waits = make_client(respond)
    monkeypatch.setattr(client.progress, "waiting", lambda what, seconds, timeout: told.append((what, timeout)))
    params = {"state": "present", "wait": True, "wait_timeout": 9, "wait_interval": 1}
    result = enrollments.carry_out(client, params, [ONE, TWO, THREE], dry_run=False)
    assert told == [("1 of 3 identities processed", 9), ("2 of 3 identities processed", 9)]
    assert [job["processed_count"] for job in result["jobs"]] == [2, 1]
    assert result["counts"]["created"] == 3
