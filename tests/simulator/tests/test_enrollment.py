# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Enrolment: claims and the devices that use them, bulk jobs and their reports, refused bootstraps, pre-shared keys."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from simulator_helpers import Api

from pelion_simulator.areas.enrollment import LARGEST_FILE, identities
from pelion_simulator.process import Simulator

CLAIMS, UPLOADS, DELETES = "/v3/device-enrollments", "/v3/device-enrollments-bulk-uploads", "/v3/device-enrollments-bulk-deletes"
KEYS, DENIALS = "/v2/device-shared-keys", "/v3/device-enrollment-denials"
ONE, TWO, THREE = ("A-" + ":".join([pair] * 32) for pair in ("4E", "4F", "a0"))
UNKNOWN = "0123456789abcdef0123456789abcdef"
YEAR = 365 * 86400


def claim(api: Api, identity: str) -> Any:
    return api.post(CLAIMS, {"enrollment_identity": identity})


# --- claims ---


def test_a_claim_leads_to_a_device(simulator: Simulator, api: Api) -> None:
    made = claim(api, ONE)
    assert (made["object"], made["enrollment_identity"], made["claimed_at"], made["enrolled_device_id"]) == ("enrollment", ONE, None, None)
    simulator.clock(advance=29)
    assert api.get(f"{CLAIMS}/{made['id']}") == made
    devices = api.get("/v3/devices/?include=total_count&limit=2")["total_count"]
    simulator.clock(advance=1)
    used = api.get(f"{CLAIMS}/{made['id']}")
    assert {name for name in used if used[name] != made[name]} == {"claimed_at", "enrolled_device_id", "etag"}
    device = api.get(f"/v3/devices/{used['enrolled_device_id']}/")
    assert (device["state"], device["enrolment_list_timestamp"]) == ("registered", made["created_at"])
    assert made["created_at"] < device["created_at"] < used["claimed_at"] < made["expires_at"]
    events = api.get(f"/v3/device-events/?device_id__eq={device['id']}")["data"]
    assert [event["event_type"] for event in events] == ["update.device.device-created", "update.device.device-registered"]
    # It stays one device, and belongs to a claim that does not vanish any more.
    simulator.clock(advance=YEAR)
    assert api.get("/v3/devices/?include=total_count&limit=2")["total_count"] == devices + 1
    assert api.get(f"{CLAIMS}/{made['id']}") == used
    assert api.send("DELETE", f"{CLAIMS}/{made['id']}").status_code == 204
    assert api.get(f"/v3/devices/{device['id']}/") == device


def test_an_unused_claim_vanishes(simulator: Simulator, api: Api) -> None:
    simulator.settings(enrollment_seconds=2 * YEAR)
    made = claim(api, ONE)
    simulator.clock(advance=YEAR - 5)
    assert api.get(f"{CLAIMS}/{made['id']}") == made
    simulator.clock(advance=10)
    api.refused(404, "not_found", "GET", f"{CLAIMS}/{made['id']}")
    simulator.clock(advance=YEAR + 10)
    assert api.get("/v3/devices/?order=DESC&limit=2")["data"][0]["created_at"] < made["created_at"]
    claim(api, ONE)


def test_a_claim_that_is_given_up_leads_to_nothing(simulator: Simulator, api: Api) -> None:
    made = claim(api, ONE)
    assert api.send("DELETE", f"{CLAIMS}/{made['id']}").status_code == 204
    simulator.clock(advance=60)
    assert api.get("/v3/devices/?order=DESC&limit=2")["data"][0]["created_at"] < made["created_at"]
    for method in ("GET", "DELETE"):
        api.refused(404, "not_found", method, f"{CLAIMS}/{made['id']}")
        assert set(api.refused(400, "validation_error", method, f"{CLAIMS}/{ONE}")) == {"id"}


def test_what_is_no_claim(simulator: Simulator, api: Api) -> None:
    for identity in (ONE[:-1], ONE.replace("A", "B"), ONE + "0", "", None, 1):
        wrong = api.refused(400, "validation_error", "POST", CLAIMS, json={"enrollment_identity": identity})
        assert set(wrong) == {"enrollment_identity"}
    assert set(api.refused(400, "validation_error", "POST", CLAIMS, json={})) == {"enrollment_identity"}
    claim(api, ONE)
    answer = api.send("POST", CLAIMS, json={"enrollment_identity": ONE})
    assert (answer.status_code, answer.json()["type"]) == (409, "duplicate")
    # Another account's claim counts, and is not shown.
    simulator.add("device-enrollments", {"enrollment_identity": TWO, "account_id": UNKNOWN, "claimed_at": None})
    assert api.send("POST", CLAIMS, json={"enrollment_identity": TWO}).status_code == 409
    assert [one["enrollment_identity"] for one in api.get(CLAIMS)["data"]] == [ONE]
    api.send("POST", CLAIMS, json={"enrollment_identity": THREE})
    page = api.get(CLAIMS + "?limit=2&order=DESC&include=total_count")
    assert ([one["enrollment_identity"] for one in page["data"]], page["total_count"]) == ([THREE, ONE], 2)
    assert set(api.refused(400, "validation_error", "GET", f"{CLAIMS}?enrollment_identity__eq={ONE}")) == {"enrollment_identity__eq"}


# --- bulk jobs ---


def send(api: Api, path: str, content: str | bytes) -> Any:
    data = content.encode() if isinstance(content, str) else content
    return api.send("POST", path, files={"enrollment_identities": ("some.csv", data, "text/csv")})


def finished(simulator: Simulator, api: Api, path: str, *wanted: str) -> Any:
    job = send(api, path, "heading\n" + "\n".join(wanted)).json()
    simulator.clock(advance=4)
    return api.get(f"{path}/{job['id']}")


def report(api: Api, address: str) -> list[list[str]]:
    assert address.startswith(api.simulator.url + "/v3/")
    answer = api.send("GET", address[len(api.simulator.url) :])
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/csv")
    assert answer.content.endswith(b'"\r\n')
    return list(csv.reader(io.StringIO(answer.content.decode(), newline="")))


HEADING = ["error__code", "error__type", "error__message", "error__fields"]


def test_a_bulk_upload(simulator: Simulator, api: Api) -> None:
    claim(api, TWO)
    answer = send(api, UPLOADS, f"heading\n{ONE}\n{TWO}\nA-1\n{THREE}\n{ONE}\n")
    assert answer.status_code == 201
    job = answer.json()
    known = {name: job[name] for name in ("object", "status", "total_count", "processed_count", "errors_count", "completed_at")}
    assert known == {
        "object": "enrollment-identity-bulk-uploads",
        "status": "new",
        "total_count": 5,
        "processed_count": 0,
        "errors_count": 0,
        "completed_at": None,
    }
    assert (job["full_report_file"], job["errors_report_file"]) == (None, None)
    assert api.get(f"{UPLOADS}/{job['id']}") == job
    for kind in ("full", "errors"):
        api.refused(404, "not_found", "GET", f"{UPLOADS}/{job['id']}/{kind}_report.csv")
    simulator.clock(advance=2)
    now = api.get(f"{UPLOADS}/{job['id']}")
    assert (now["status"], now["processed_count"], now["completed_at"]) == ("processing", 2, None)
    simulator.clock(advance=2)
    now = api.get(f"{UPLOADS}/{job['id']}")
    assert (now["status"], now["processed_count"], now["errors_count"]) == ("completed", 5, 3)
    assert job["created_at"] < now["completed_at"]

    claims = {one["enrollment_identity"]: one for one in api.get(CLAIMS)["data"]}
    assert set(claims) == {ONE, TWO, THREE}
    heading, *rows = report(api, now["full_report_file"])
    assert heading == ["entity__id", "entity__created_at", *HEADING]
    assert [(row[0], bool(row[1]), row[2], row[3]) for row in rows] == [
        (ONE, True, "", ""),
        (TWO, False, "409", "duplicate"),
        ("A-1", False, "400", "validation_error"),
        (THREE, True, "", ""),
        (ONE, False, "409", "duplicate"),
    ]
    heading, *rows = report(api, now["errors_report_file"])
    assert heading == ["entity__id", *HEADING]
    assert [row[0] for row in rows] == [TWO, "A-1", ONE]
    assert all(row[3] for row in rows)

    # Their devices come, as those of single claims do.
    simulator.clock(advance=30)
    assert all(one["enrolled_device_id"] for one in api.get(CLAIMS)["data"])


def test_a_bulk_delete(simulator: Simulator, api: Api) -> None:
    claim(api, ONE)
    simulator.add("device-enrollments", {"enrollment_identity": TWO, "account_id": UNKNOWN, "claimed_at": None})
    job = finished(simulator, api, DELETES, ONE, TWO, "no")
    assert (job["object"], job["status"], job["errors_count"]) == ("enrollment-identity-bulk-uploads", "completed", 2)
    assert api.get(CLAIMS)["data"] == []
    heading, *rows = report(api, job["full_report_file"])
    assert heading == ["entity__id", "entity__deleted_at", *HEADING]
    assert [(row[0], bool(row[1]), row[2], row[3]) for row in rows] == [
        (ONE, True, "", ""),
        (TWO, False, "404", "not_found"),
        ("no", False, "400", "validation_error"),
    ]
    # The one of another account is still taken.
    assert api.send("POST", CLAIMS, json={"enrollment_identity": TWO}).status_code == 409
    # A job is one of its own kind only.
    api.refused(404, "not_found", "GET", f"{UPLOADS}/{job['id']}")
    api.refused(404, "not_found", "GET", f"{UPLOADS}/{job['id']}/full_report.csv")
    api.refused(404, "not_found", "GET", f"{DELETES}/{job['id']}/other.csv")


def test_an_empty_job(simulator: Simulator, api: Api) -> None:
    job = finished(simulator, api, UPLOADS)
    assert (job["status"], job["total_count"], job["errors_count"]) == ("completed", 0, 0)
    assert len(report(api, job["full_report_file"])) == len(report(api, job["errors_report_file"])) == 1


def test_reports_want_a_key(simulator: Simulator, api: Api) -> None:
    job = finished(simulator, api, UPLOADS, ONE)
    path = job["full_report_file"][len(api.simulator.url) :]
    assert api.send("GET", path, headers={"Authorization": "Bearer no"}).status_code == 401


@pytest.mark.parametrize("path", [UPLOADS, DELETES])
def test_files_that_are_refused(api: Api, path: str) -> None:
    line = f"{ONE}\n".encode()
    largest = b"#" * (LARGEST_FILE % len(line) - 1) + b"\n" + line * (LARGEST_FILE // len(line))
    assert len(largest) == 10_000_000
    assert send(api, path, largest).status_code == 201
    api.refused(400, "bad_request", "POST", path, files={"enrollment_identities": ("a.csv", largest + b"\n", "text/csv")})
    api.refused(400, "bad_request", "POST", path, files={"enrollment_identities": ("a.csv", b"heading\n\xff", "text/csv")})
    api.refused(400, "bad_request", "POST", path, json={"enrollment_identities": "x"})
    assert set(api.refused(400, "validation_error", "POST", path, files={"file": ("a.csv", line, "text/csv")})) == {"enrollment_identities"}


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_how_files_are_read(end: str) -> None:
    lines = [
        f"{ONE}, the first line does not count",
        f'"{TWO}",',
        f'"{TWO}"',
        f"{THREE}, text",
        "",
        ",,",
        " , blank too",
        f" \t{ONE}\x01 , trimmed",
        f'  "{ONE}"  , trimmed',
        '""',
        f'" {ONE} "',
        f"\N{NO-BREAK SPACE}{ONE}",
    ]
    assert identities(end.join(lines)) == [TWO, TWO, THREE, ONE, ONE, "", f" {ONE} ", f"\N{NO-BREAK SPACE}{ONE}"]


# --- refused bootstraps ---


@pytest.mark.parametrize("spec", [2019, 2020])
def test_denials(simulator: Simulator, api: Api, spec: int) -> None:
    simulator.settings(spec=spec)
    other = "f" * 32
    denied = {"endpoint_name": "pump-1", "trusted_certificate_id": UNKNOWN}
    ids = simulator.add(
        "device-enrollment-denials", denied, {**denied, "endpoint_name": "pump-2"}, {**denied, "trusted_certificate_id": other}
    )
    query = f"?trusted_certificate_id__eq={UNKNOWN}"
    page = api.get(DENIALS + query)
    assert [(one["id"], one["object"], one["endpoint_name"]) for one in page["data"]] == [
        (ids[0], "denied_device", "pump-1"),
        (ids[1], "denied_device", "pump-2"),
    ]
    assert [one["id"] for one in api.get(f"{DENIALS}{query}&endpoint_name__eq=pump-2")["data"]] == ids[1:2]
    assert [one["id"] for one in api.get(f"{DENIALS}{query}&after={ids[0]}&limit=2")["data"]] == ids[1:2]
    assert api.get(f"{DENIALS}/{ids[2]}")["trusted_certificate_id"] == other
    api.refused(404, "not_found", "GET", f"{DENIALS}/{UNKNOWN}")
    api.refused(404, "not_found", "GET", f"{DENIALS}{query}&after={UNKNOWN}")
    assert set(api.refused(400, "validation_error", "GET", DENIALS)) == {"trusted_certificate_id"}
    bad = api.send("GET", f"{DENIALS}?trusted_certificate_id__eq=x")
    assert bad.status_code == {2019: 200, 2020: 400}[spec]


def test_there_are_no_denials_any_more(api: Api) -> None:
    for path in (DENIALS, f"{DENIALS}?trusted_certificate_id__eq={UNKNOWN}", f"{DENIALS}/{UNKNOWN}"):
        api.refused(404, "unrecognized_request", "GET", path)


# --- pre-shared keys ---

NAME, SECRET = "pump-0001/basin 3", "4a" * 16
ITEM = f"{KEYS}/pump-0001%2Fbasin%203"


def said(answer: Any) -> tuple[int, str]:
    assert answer.headers.get("Content-Type", "text/plain").startswith("text/plain")
    assert "X-Request-ID" in answer.headers
    return answer.status_code, answer.text


def upload(api: Api, **body: Any) -> tuple[int, str]:
    return said(api.send("POST", KEYS, json=body))


def test_a_pre_shared_key(api: Api) -> None:
    assert said(api.send("GET", ITEM)) == (404, "")
    assert said(api.send("DELETE", ITEM)) == (204, "")
    assert upload(api, endpoint_name=NAME, secret_hex=SECRET) == (201, "")
    key = api.get(ITEM)
    assert set(key) == {"endpoint_name", "created_at"}
    assert key["endpoint_name"] == NAME
    assert upload(api, endpoint_name=NAME, secret_hex="0X" + "bC" * 32) == (409, "KEY_ALREADY_EXISTS_FOR_ENDPOINT")
    assert api.get(ITEM) == key
    assert said(api.send("DELETE", ITEM)) == (204, "")
    assert said(api.send("GET", ITEM)) == (404, "")
    assert upload(api, endpoint_name=NAME, secret_hex="0X" + "bC" * 32) == (201, "")


def test_what_is_no_pre_shared_key(simulator: Simulator, api: Api) -> None:
    assert upload(api, endpoint_name="short", secret_hex="4a") == (400, "INVALID_ENDPOINT_NAME,INVALID_SECRET_HEX")
    for secret in ("4a" * 15, "4a" * 33, "xy" * 16, "", None):
        assert upload(api, endpoint_name=NAME, secret_hex=secret) == (400, "INVALID_SECRET_HEX")
    for name in ("n" * 15, "n" * 65, "n" * 15 + "ø", None):
        assert upload(api, endpoint_name=name, secret_hex=SECRET) == (400, "INVALID_ENDPOINT_NAME")
    assert upload(api, endpoint_name=NAME, secret_hex=SECRET, more=1) == (400, "MALFORMED_JSON_CONTENT")
    headers = {"Content-Type": "application/json"}
    assert said(api.send("POST", KEYS, data=b"{", headers=headers)) == (400, "MALFORMED_JSON_CONTENT")
    for method in ("GET", "DELETE"):
        assert said(api.send(method, f"{KEYS}/short")) == (400, "INVALID_ENDPOINT_NAME")
    simulator.settings(psk_license=False)
    assert upload(api, endpoint_name=NAME, secret_hex=SECRET) == (403, "")
    assert api.send("GET", ITEM, headers={"Authorization": "Bearer no"}).status_code == 401


def test_the_list_of_pre_shared_keys(api: Api) -> None:
    assert api.get(KEYS) == {"object": "list", "limit": 50, "order": "ASC", "has_more": False, "data": []}
    names = [f"pump-{number:011}" for number in range(7)]
    for name in names:
        upload(api, endpoint_name=name, secret_hex=SECRET)
    found, query, marker = [], "?limit=3", ""
    while query:
        page = api.get(KEYS + query)
        found.append([key["endpoint_name"] for key in page["data"]])
        assert all(set(key) == {"endpoint_name", "created_at"} for key in page["data"])
        assert page["has_more"] == ("continuation_marker" in page)
        assert page.get("after", "") == query.partition("after=")[2]
        marker = page.get("continuation_marker", marker)
        query = f"?limit=3&after={marker}" if page["has_more"] else ""
    assert found == [names[:3], names[3:6], names[6:]]
    # A marker is good for pages of the same size only.
    assert said(api.send("GET", f"{KEYS}?limit=4&after={marker}")) == (400, "TOKEN_NOT_FOUND")
    assert said(api.send("GET", f"{KEYS}?after=nonsense")) == (400, "TOKEN_NOT_FOUND")
    assert said(api.send("GET", f"{KEYS}?limit=many")) == (400, "INVALID_LIMIT")
    assert (api.get(KEYS + "?limit=1")["limit"], api.get(KEYS + "?limit=5000")["limit"]) == (2, 1000)
    assert set(api.refused(400, "validation_error", "GET", f"{KEYS}?order=ASC")) == {"order"}
