# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images, upload jobs, manifests, and campaigns over virtual time. The fixture `api` checks every answer against the API's description."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from typing import Any

import pytest
import requests
from simulator_helpers import Api, Local, Watched

from pelion_simulator.areas import update

IMAGES, JOBS, MANIFESTS, CAMPAIGNS = (
    "/v3/firmware-images",
    "/v3/firmware-images/upload-jobs",
    "/v3/firmware-manifests/",
    "/v3/update-campaigns",
)
MIB = 2**20


def upload(api: Api, path: str = IMAGES, data: bytes = b"firmware", filename: str = "pump.bin", **fields: Any) -> requests.Response:
    return api.send("POST", path, files={"datafile": (filename, data)}, data=fields)


def manifest(api: Api, **said: Any) -> dict[str, Any]:
    answer = upload(api, MANIFESTS, json.dumps(said).encode(), "pump.manifest", name="m")
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


# --- images ---


def test_an_image_is_uploaded_read_and_deleted(api: Api) -> None:
    image = upload(api, data=b"new firmware", name="pump", description="Quieter").json()
    assert {name: image[name] for name in ("object", "name", "description", "datafile_size", "datafile_checksum")} == {
        "object": "firmware-image",
        "name": "pump",
        "description": "Quieter",
        "datafile_size": 12,
        "datafile_checksum": hashlib.sha256(b"new firmware").hexdigest(),
    }
    assert api.get(f"{IMAGES}/{image['id']}") == image
    assert api.get(f"{IMAGES}?datafile_checksum__eq={image['datafile_checksum']}&name__eq=pump")["data"] == [image]
    assert api.get(f"{IMAGES}?filter=etag__neq%3D2020-01-01T00:00:00Z")["data"] == [image]
    assert api.send("DELETE", f"{IMAGES}/{image['id']}").status_code == 204
    api.refused(404, "not_found", "GET", f"{IMAGES}/{image['id']}")


def test_names_of_images_need_not_be_unique(api: Api) -> None:
    assert upload(api, name="pump").json()["id"] != upload(api, name="pump").json()["id"]


def test_a_file_lies_elsewhere_and_takes_no_token(api: Api, simulator: Watched) -> None:
    image = upload(api, data=b"new firmware").json()
    place = image["datafile"]
    assert place.split("/")[2] != simulator.url.split("/")[2]
    assert api.session.get(place).content == b"new firmware"
    assert api.session.get(place, headers={"Authorization": f"Bearer {api.key}"}).status_code == 400
    api.send("DELETE", f"{IMAGES}/{image['id']}")
    assert api.session.get(place).status_code == 404


@pytest.mark.parametrize(
    ("files", "fields", "wrong"),
    [
        ({}, {"name": "x"}, {"datafile": "is required"}),
        ({"datafile": ("n" * 167, b"")}, {}, {"datafile": "may have a file name of 166 characters"}),
        ({"datafile": ("n", b"")}, {"name": "x" * 129}, {"name": "may have 128 characters at most"}),
        ({"datafile": ("n", b"")}, {"description": "x" * 2001}, {"description": "may have 2000 characters at most"}),
        ({"datafile": ("n", b"")}, {"version": "x"}, {"version": "is not a field of this resource"}),
    ],
)
def test_forms_that_are_refused(api: Api, files: Any, fields: Any, wrong: Any) -> None:
    options = {"files": files or {"other": (None, b"x")}, "data": fields}
    if not files:
        wrong = {**wrong, "other": "is not a field of this resource"}
    assert api.refused(400, "validation_error", "POST", IMAGES, **options) == wrong


def test_older_services_take_any_description(api: Api, simulator: Watched) -> None:
    simulator.settings(spec=2020)
    # Their description limits what is answered all the same.
    api.odd = True
    assert upload(api, description="x" * 2001).status_code == 201


def test_an_image_that_is_too_large_for_one_request(local: Local, monkeypatch: pytest.MonkeyPatch, api: Api) -> None:
    upload(api, data=b"x" * 100)
    assert update.LARGEST_FORM == 100_000_000
    answer = api.send("POST", IMAGES, files={"datafile": ("f", bytes(100_000_000))})
    assert (answer.status_code, answer.json()["type"]) == (413, "bad_request")


def test_an_account_has_so_many_images(api: Api, simulator: Watched) -> None:
    simulator.settings(firmware_images_limit=1)
    assert upload(api).status_code == 201
    api.refused(403, "account_limit_exceeded", "POST", IMAGES, files={"datafile": ("f", b"")})


# --- upload jobs ---


def chunk(api: Api, job: str, data: bytes, **headers: str) -> requests.Response:
    digest = base64.b64encode(hashlib.md5(data).digest()).decode()
    sent = {"Content-MD5": digest, "Content-Type": "binary/octet-stream", **headers}
    return api.send("POST", f"{JOBS}/{job}/chunks", data=data, headers={name: value for name, value in sent.items() if value})


def test_a_job_is_created_renamed_and_deleted(api: Api) -> None:
    made = api.send("POST", JOBS, json={"name": "pump", "description": "d"})
    job = made.json()
    assert (made.status_code, made.headers["Location"].rpartition("/")[2]) == (201, job["id"])
    assert {name: job[name] for name in ("object", "name", "description", "status", "complete")} == {
        "object": "upload-job",
        "name": "pump",
        "description": "d",
        "status": "in_progress",
        "complete": False,
    }
    assert set(job) == {"object", "name", "description", "status", "complete", "id", "created_at", "updated_at", "etag"}
    assert api.refused(409, "duplicate", "POST", JOBS, json={"name": "pump"}) == {"name": "is taken"}
    assert api.put(f"{JOBS}/{job['id']}", {"name": "valve"})["description"] == "d"
    assert [one["name"] for one in api.get(f"{JOBS}?complete__eq=false")["data"]] == ["valve"]
    assert api.send("DELETE", f"{JOBS}/{job['id']}").status_code == 204
    assert api.get(JOBS)["data"] == []


def test_chunks_become_an_image(api: Api, simulator: Watched) -> None:
    job = api.post(JOBS, {"name": "gateway", "description": "d"})["id"]
    pieces = [b"a" * 5_000_000, b"b" * 6_000_000, b"c"]
    for number, piece in enumerate(pieces, 1):
        answer = chunk(api, job, piece)
        made = answer.json()
        assert (answer.status_code, made["id"], made["length"], made["upload_job_id"]) == (201, number, len(piece), job)
        assert base64.b64decode(made["hash"]) == hashlib.md5(piece).digest()
        assert answer.headers["Location"] == answer.headers["Content-Location"] == f"{simulator.url}{JOBS}/{job}/chunks/{number}"
        assert api.get(f"{JOBS}/{job}/chunks/{number}") == made
    assert api.get(f"{JOBS}/{job}")["status"] == "in_progress"
    assert chunk(api, job, b"").json()["length"] == 0
    simulator.clock(advance=5)
    done = api.get(f"{JOBS}/{job}")
    assert (done["status"], done["complete"]) == ("success", True)
    image = api.get(f"{IMAGES}/{done['firmware_image_id']}")
    content = b"".join(pieces)
    assert (image["name"], image["description"], image["datafile_size"]) == ("gateway", "d", len(content))
    assert image["datafile_checksum"] == hashlib.sha256(content).hexdigest()
    assert api.session.get(image["datafile"]).content == content
    # The image stays when the job goes.
    assert api.send("DELETE", f"{JOBS}/{job}").status_code == 204
    assert api.get(f"{IMAGES}/{image['id']}") == image


@pytest.mark.parametrize(
    "lengths",
    [[], [4_999_999, 1], [5_000_000, 4_999_999, 1]],
    ids=["nothing", "the first too short", "another too short"],
)
def test_what_is_wrong_with_chunks_shows_at_the_end(api: Api, simulator: Watched, lengths: list[int]) -> None:
    job = api.post(JOBS, {"name": "gateway"})["id"]
    for length in [*lengths, 0]:
        assert chunk(api, job, bytes(length)).status_code == 201
    simulator.clock(advance=5)
    done = api.get(f"{JOBS}/{job}")
    assert (done["status"], done["complete"], "firmware_image_id" in done) == ("failed", False, False)
    assert api.get(IMAGES)["data"] == []


def test_too_many_and_too_large_chunks(local: Local) -> None:
    """Straight at the engine, since a gigabyte is not sent in a test."""
    status, job = local.send("POST", JOBS, body={"name": "x"})
    assert status == 201
    engine = local.engine

    def outcome(*lengths: int) -> Any:
        with engine.store.transaction():
            for number, length in enumerate(lengths, 1):
                made = engine.blank(update.CHUNKS)
                engine.save(update.CHUNKS, {}, made | {"number": number, "file": made["id"], "length": length, "upload_job_id": job["id"]})
            update._assemble(engine, {"job": job["id"]})
            found = engine.store.get(update.JOBS, job["id"])
            assert found is not None
            update._forget_chunks(engine, found)
            engine.save(update.JOBS, found, found | {"status": "in_progress"})
        return found["status"]

    assert outcome(100 * MIB, 1, 0) == "success"
    assert outcome(100 * MIB + 1, 1, 0) == "failed"
    assert outcome(*[5_000_000] * 9_999, 0) == "success"
    assert outcome(*[5_000_000] * 10_000, 0) == "failed"


def test_chunks_that_are_refused(api: Api) -> None:
    job = api.post(JOBS, {"name": "gateway"})["id"]
    path = f"{JOBS}/{job}/chunks"
    wrong = api.refused(
        400, "validation_error", "POST", path, data=b"x", headers={"Content-MD5": "x", "Content-Type": "binary/octet-stream"}
    )
    assert wrong == {"Content-MD5": "is not that of the chunk"}
    api.refused(400, "bad_request", "POST", path, data=b"x", headers={"Content-Type": "text/plain"})
    api.refused(404, "not_found", "POST", f"{JOBS}/{'0' * 32}/chunks", data=b"x", headers={"Content-Type": "binary/octet-stream"})
    assert chunk(api, job, b"x", **{"Content-Type": "application/octet-stream"}).status_code == 201
    assert chunk(api, job, b"").status_code == 201
    assert chunk(api, job, b"more").status_code == 400


def test_a_chunk_without_digest_has_no_hash(api: Api) -> None:
    job = api.post(JOBS, {"name": "gateway"})["id"]
    assert chunk(api, job, b"x", **{"Content-MD5": ""}).json()["hash"] == ""


def test_pages_of_chunks(api: Api) -> None:
    job = api.post(JOBS, {"name": "gateway"})["id"]
    other = api.post(JOBS, {"name": "other"})["id"]
    chunk(api, other, b"other")
    for number in range(1, 6):
        chunk(api, job, b"x" * number)
    path = f"{JOBS}/{job}/chunks"

    def ids(query: str) -> list[int]:
        return [one["id"] for one in api.get(f"{path}?{query}")["data"]]

    assert (ids(""), ids("order=DESC"), ids("limit=2"), ids("limit=2&after=4")) == ([1, 2, 3, 4, 5], [5, 4, 3, 2, 1], [1, 2], [5])
    page = api.get(f"{path}?limit=2&after=2&include=total_count")
    assert (page["has_more"], page["total_count"], page["after"]) == (True, 5, "2")
    assert ids("length__gte=4") == [4, 5]
    assert ids("length__lte=2") == [1, 2]
    assert ids("id__in=1,3") == [1, 3]
    assert ids("filter=id__nin%3D1%2C3") == [2, 4, 5]
    assert api.refused(400, "validation_error", "GET", f"{path}?after=9") == {"after": "is not the id of an object in this list"}
    api.refused(404, "not_found", "GET", f"{path}/6")
    api.refused(404, "not_found", "GET", f"{JOBS}/{'0' * 32}/chunks")


def test_empty_pages_may_be_404(api: Api, simulator: Watched) -> None:
    job = api.post(JOBS, {"name": "gateway"})["id"]
    made = api.post(CAMPAIGNS, {"device_filter": "id__eq=1"})["id"]
    simulator.settings(list_404=True)
    for path in (f"{JOBS}/{job}/chunks", f"{CAMPAIGNS}/{made}/statistics", f"{CAMPAIGNS}/{made}/campaign-device-metadata"):
        answer = api.send("GET", path)
        assert (answer.status_code, answer.json()["message"]) == (404, "Unable to find page.")


# --- manifests ---

SAID = {
    "manifest_schema_version": "3",
    "device_class": "42c4d8de-704d-546e-b9d3-1ce1eb316167",
    "device_vendor": "5d645eae-c231-5a89-9764-2e655cd94fa8",
    "delivered_payload_digest": "e9" * 32,
    "delivered_payload_size": 12,
    "delivered_payload_type": "delta",
    "delivered_payload_url": "https://example.com/pump.bin",
    "precursor_payload_digest": "54" * 32,
    "update_priority": 1,
    "timestamp": "2021-01-01T00:00:00Z",
}


def test_a_manifest_is_read(api: Api) -> None:
    made = manifest(api, **SAID, more="words", update_time="x")
    assert {name: made[name] for name in SAID} == {**SAID, "timestamp": "2021-01-01T00:00:00.000000Z"}
    assert made["parsed_raw_manifest"] == {**SAID, "more": "words", "update_time": "x"}
    assert api.get(f"{MANIFESTS}{made['id']}") == made
    assert api.get(f"{MANIFESTS}?device_class__eq={SAID['device_class']}")["data"] == [made]
    assert api.send("DELETE", f"{MANIFESTS}{made['id']}/").status_code == 204


@pytest.mark.parametrize("data", [b"\x30\x82\x00\x01", b"", b"[1]", b'{"update_priority": "high", "timestamp": "yesterday"}'])
def test_any_bytes_are_a_manifest(api: Api, data: bytes) -> None:
    made = upload(api, MANIFESTS, data, name="m").json()
    assert (made["datafile_size"], made["timestamp"], "update_priority" in made) == (len(data), made["created_at"], False)
    assert api.session.get(made["datafile"]).content == data


def test_a_key_table_lies_elsewhere_too(api: Api) -> None:
    made = api.send("POST", MANIFESTS, files={"datafile": ("m", b"{}"), "key_table": ("k", b"secret")}, data={"name": "m"}).json()
    assert api.session.get(made["key_table"]).content == b"secret"


def test_manifests_that_are_refused(api: Api, simulator: Watched) -> None:
    def refused(data: bytes = b"{}", filename: str = "m", **fields: str) -> dict[str, str]:
        return api.refused(400, "validation_error", "POST", MANIFESTS, files={"datafile": (filename, data)}, data=fields)

    assert refused(data=bytes(2049), name="m") == {"datafile": "may have 2048 bytes at most"}
    assert refused(filename="m" * 101, name="m") == {"datafile": "may have a file name of 100 characters"}
    assert refused() == {"name": "is required"}
    assert upload(api, MANIFESTS, bytes(2048), name="m").status_code == 201
    simulator.settings(spec=2020)
    assert upload(api, MANIFESTS).json()["name"] == "default_object_name"


def test_2019_reads_less_in_a_manifest(api: Api, simulator: Watched) -> None:
    simulator.settings(spec=2019)
    assert set(SAID) & set(manifest(api, **SAID)) == {"device_class", "timestamp"}


# --- campaigns ---

ALL_GOOD = {"update_failure_rate": 0, "update_skip_rate": 0}
REGISTERED = "state__eq=registered&id__in="


def campaign(api: Api, device_filter: str, name: str = "c", **fields: Any) -> dict[str, Any]:
    body = {"name": name, "device_filter": device_filter, "root_manifest_id": manifest(api, **SAID)["id"], **fields}
    return dict(api.post(CAMPAIGNS, body))


def devices(api: Api, state: str, count: int) -> list[str]:
    found = api.get(f"/v3/devices/?state__eq={state}&limit={count}")["data"]
    return [device["id"] for device in found[:count]]


def phases(api: Api, simulator: Watched, id_: str, until: str, seconds: float = 1, most: int = 2000) -> list[tuple[str, str]]:
    """The phases and states that a campaign goes through until it gets to a phase."""
    seen: list[tuple[str, str]] = []
    for _time in range(most):
        now = api.get(f"{CAMPAIGNS}/{id_}")
        if (now["phase"], now["state"]) not in seen[-1:]:
            seen.append((now["phase"], now["state"]))
        if now["phase"] == until:
            return seen
        simulator.clock(advance=seconds)
    raise AssertionError(f"the campaign does not get to {until}: {seen}")


def test_a_campaign_walks_its_phases(api: Api, simulator: Watched) -> None:
    simulator.settings(**ALL_GOOD)
    ids = devices(api, "registered", 5)
    made = campaign(api, REGISTERED + ",".join(ids), description="d")
    assert {name: made[name] for name in ("phase", "state", "campaign_strategy", "autostop", "autostop_success_percent", "when")} == {
        "phase": "draft",
        "state": "draft",
        "campaign_strategy": "one-shot",
        "autostop": True,
        "autostop_success_percent": 100.0,
        "when": None,
    }
    item = f"{CAMPAIGNS}/{made['id']}"
    assert made["root_manifest_url"] == f"{simulator.url}/v3/firmware-manifests/{made['root_manifest_id']}"
    api.refused(404, "not_found", "GET", f"{item}/metrics")
    assert api.get(f"{item}/statistics")["data"] == []
    answer = api.send("POST", f"{item}/start")
    assert (answer.status_code, answer.content) == (202, b"")
    assert phases(api, simulator, made["id"], "stopped", 1) == [
        ("draft", "scheduled"),
        ("starting", "allocatingquota"),
        ("starting", "checkingmanifest"),
        ("starting", "devicefetch"),
        ("active", "publishing"),
        ("stopping", "stopping"),
        ("stopped", "autostopped"),
    ]
    ended = api.get(item)
    stamps = ("created_at", "starting_at", "active_at", "stopping_at", "stopped_at")
    assert [ended[name] for name in stamps] == sorted(ended[name] for name in stamps)
    assert ended["autostop_reason"] == "The campaign has dealt with all devices."
    metrics = api.get(f"{item}/metrics")
    assert {name: value for name, value in metrics.items() if name.endswith("_count")} == {
        "total_count": 5,
        "success_count": 5,
        "failed_count": 0,
        "skipped_count": 0,
        "pending_count": 0,
    }
    records = api.get(f"{item}/campaign-device-metadata")["data"]
    assert {record["device_id"]: record["deployment_state"] for record in records} == dict.fromkeys(ids, "deployed")
    assert api.get(f"{item}/campaign-device-metadata/{records[0]['id']}") == records[0]
    device = api.get(f"/v3/devices/{ids[0]}/")
    assert (device["deployment"], device["firmware_checksum"]) == (made["id"], SAID["delivered_payload_digest"])
    events = api.get(f"/v3/device-events/?device_id__eq={ids[0]}&order=DESC&limit=2")["data"]
    assert [event["event_type_description"] for event in events] == ["SUCCESS", "INFO"]
    assert all(event["data"] == {"campaign_id": made["id"]} for event in events)


def test_devices_fail_and_are_skipped_for_reasons(api: Api, simulator: Watched) -> None:
    simulator.settings(update_failure_rate=0.4, update_skip_rate=0.3)
    ids = devices(api, "registered", 40)
    made = campaign(api, REGISTERED + ",".join(ids))
    item = f"{CAMPAIGNS}/{made['id']}"
    api.post(f"{item}/start", {})
    phases(api, simulator, made["id"], "stopped", 60)
    rows = {row["id"]: row for row in api.get(f"{item}/statistics")["data"]}
    counts = {status: row["count"] for status, row in rows.items()}
    assert sum(counts[status] for status in ("success", "fail", "skipped")) == counts["info"] == 40
    assert all(5 <= counts[status] <= 25 for status in ("success", "fail", "skipped"))
    for status, row in rows.items():
        assert api.get(f"{item}/statistics/{status}") == row
        causes = api.get(f"{item}/statistics/{status}/event_types")["data"]
        assert sum(cause["count"] for cause in causes) == row["count"]
        assert {cause["event_type"] for cause in causes} <= set(update.EVENT_TYPES[status])
        for spelling in (causes[0]["id"], causes[0]["event_type"]):
            assert api.get(f"{item}/statistics/{status}/event_types/{spelling}") == causes[0]
    states = Counter(record["deployment_state"] for record in api.get(f"{item}/campaign-device-metadata")["data"])
    assert states["deployed"] == counts["success"]
    metrics = api.get(f"{item}/metrics")
    assert (metrics["failed_count"], metrics["skipped_count"]) == (counts["fail"], counts["skipped"])
    assert api.refused(400, "validation_error", "GET", f"{item}/statistics/lost")
    api.refused(404, "not_found", "GET", f"{item}/statistics/fail/event_types/SYS_112")


def test_the_same_seed_makes_the_same_campaign(api: Api, simulator: Watched) -> None:
    def outcome() -> dict[str, int]:
        simulator.reset()
        made = campaign(api, REGISTERED + ",".join(devices(api, "registered", 20)))
        api.post(f"{CAMPAIGNS}/{made['id']}/start", {})
        phases(api, simulator, made["id"], "stopped", 60)
        return {row["id"]: row["count"] for row in api.get(f"{CAMPAIGNS}/{made['id']}/statistics")["data"]}

    assert outcome() == outcome()


def test_the_codes_are_those_of_the_description() -> None:
    assert {status: len(codes) for status, codes in update.EVENT_TYPES.items()} == {"success": 7, "fail": 101, "skipped": 5, "info": 28}
    assert len({code for codes in update.EVENT_TYPES.values() for code in codes}) == 141


@pytest.mark.parametrize(
    ("settings", "fields", "state", "reason"),
    [
        ({"update_quota": 1}, {}, "quotaallocationfailed", "The quota of firmware updates is not enough for the devices of this campaign."),
        ({}, {"root_manifest_id": "0" * 32}, "conflict", "The manifest does not exist."),
        ({}, {"device_filter": "name__eq=nobody"}, "conflict", "The filter finds no devices."),
    ],
)
@pytest.mark.parametrize("end", ["draft", "stopped"])
def test_a_campaign_that_cannot_start(api: Api, simulator: Watched, end: str, settings: Any, fields: Any, state: str, reason: str) -> None:
    simulator.settings(campaign_refused_to=end, **settings)
    made = campaign(api, "state__eq=registered", **{"name": "c", **fields}) if "device_filter" not in fields else campaign(api, **fields)
    item = f"{CAMPAIGNS}/{made['id']}"
    api.post(f"{item}/start", {})
    simulator.clock(advance=20)
    now = api.get(item)
    assert (now["phase"], now["autostop_reason"]) == (end, reason)
    assert now["state"] == (state if end == "draft" else "autostopped")
    if end == "draft":
        # It can be mended and started again.
        simulator.settings(update_quota=1000)
        api.put(item, {"device_filter": "state__eq=registered", "root_manifest_id": manifest(api)["id"]})
        api.post(f"{item}/start", {})
        simulator.clock(advance=10)
        now = api.get(item)
        assert (now["phase"], "autostop_reason" in now) == ("active", False)


def test_the_quota_is_used_up(api: Api, simulator: Watched) -> None:
    simulator.settings(update_quota=7, **ALL_GOOD)
    made = campaign(api, REGISTERED + ",".join(devices(api, "registered", 5)))
    api.post(f"{CAMPAIGNS}/{made['id']}/start", {})
    simulator.clock(advance=10)
    assert simulator.settings()["update_quota"] == 2


def test_phases_in_which_something_cannot_be_done(api: Api, simulator: Watched) -> None:
    made = campaign(api, "state__eq=registered")
    item = f"{CAMPAIGNS}/{made['id']}"
    api.refused(409, "conflict", "POST", f"{item}/stop")
    api.post(f"{item}/start", {})
    for action in ("start", "archive"):
        api.refused(409, "conflict", "POST", f"{item}/{action}")
    api.refused(409, "conflict", "DELETE", item)
    simulator.clock(advance=10)
    assert api.get(item)["phase"] == "active"
    for action in ("start", "archive"):
        api.refused(409, "conflict", "POST", f"{item}/{action}")
    api.refused(409, "conflict", "DELETE", item)
    api.refused(403, "access_denied", "PUT", item, json={"device_filter": "state__eq=registered"})
    assert api.put(item, {"name": "new", "description": "words"})["name"] == "new"
    api.post(f"{item}/stop", {})
    assert api.get(item)["phase"] == "stopping"
    api.refused(409, "conflict", "DELETE", item)
    simulator.clock(advance=5)
    now = api.get(item)
    assert (now["phase"], now["state"], "autostop_reason" in now) == ("stopped", "userstopped", False)
    for action in ("start", "stop"):
        api.refused(409, "conflict", "POST", f"{item}/{action}")
    states = {record["deployment_state"] for record in api.get(f"{item}/campaign-device-metadata?limit=1000")["data"]}
    assert "pending" not in states
    api.post(f"{item}/archive", {})
    assert api.get(item)["phase"] == "archived"
    assert api.send("DELETE", item).status_code == 204
    api.refused(404, "not_found", "GET", item)


def test_campaigns_that_are_refused(api: Api, simulator: Watched) -> None:
    def refused(status: int, kind: str, **body: Any) -> dict[str, str]:
        return api.refused(status, kind, "POST", CAMPAIGNS, json=body)

    assert refused(400, "validation_error", name="c") == {"device_filter": "is required"}
    assert refused(400, "validation_error", device_filter="registered") == {"device_filter": "is not a filter"}
    assert refused(400, "validation_error", device_filter="0" * 32) == {"device_filter": "is not the id of a query"}
    assert refused(400, "validation_error", device_filter="groups__eq=x") == {
        "device_filter": "groups__eq is neither a parameter nor a field to filter by"
    }
    assert refused(400, "validation_error", device_filter="id__eq=1", state="deployed") == {"state": "can only be set to scheduled"}
    assert "when" in refused(400, "validation_error", device_filter="id__eq=1", when="soon")
    api.post(CAMPAIGNS, {"device_filter": "id__eq=1"})
    assert refused(409, "duplicate", device_filter="id__eq=1") == {"name": "is taken"}
    simulator.settings(spec=2020)
    assert api.post(CAMPAIGNS, {"device_filter": "id__eq=1"})["name"] == "default_object_name"


def test_a_campaign_needs_a_manifest_to_start(api: Api) -> None:
    made = api.post(CAMPAIGNS, {"device_filter": "state__eq=registered"})
    api.refused(400, "bad_request", "POST", f"{CAMPAIGNS}/{made['id']}/start")


def test_filters_in_other_spellings(api: Api, simulator: Watched) -> None:
    ids = devices(api, "registered", 2)
    saved = api.post("/v3/device-queries/", {"name": "q", "query": f"id__in={','.join(ids)}"})["id"]
    for number, spelling in enumerate((saved, f"id__in%3D{ids[0]}%2C{ids[1]}", f"id__in={ids[0]}%2C{ids[1]}")):
        made = campaign(api, spelling, f"c{number}")
        assert made["device_filter"] == spelling
        api.post(f"{CAMPAIGNS}/{made['id']}/start", {})
        simulator.clock(advance=10)
        assert api.get(f"{CAMPAIGNS}/{made['id']}/metrics")["total_count"] == 2


def test_the_older_way_to_start(api: Api, simulator: Watched) -> None:
    made = campaign(api, "state__eq=registered")
    item = f"{CAMPAIGNS}/{made['id']}"
    assert api.put(item, {"state": "scheduled"})["state"] == "scheduled"
    simulator.clock(advance=10)
    assert api.get(item)["phase"] == "active"
    assert api.get(f"{CAMPAIGNS}?state__eq=publishing")["data"][0]["id"] == made["id"]
    started = campaign(api, "state__eq=registered", "at once", state="scheduled")
    simulator.clock(advance=10)
    assert api.get(f"{CAMPAIGNS}/{started['id']}")["phase"] == "active"


def test_a_campaign_that_waits_for_approval(api: Api, simulator: Watched) -> None:
    made = campaign(api, "state__eq=registered", approval_required=True)
    item = f"{CAMPAIGNS}/{made['id']}"
    api.post(f"{item}/start", {})
    simulator.clock(advance=10)
    assert api.get(item)["phase"] == "awaiting_approval"
    api.post(f"{item}/start", {})
    simulator.clock(advance=10)
    assert api.get(item)["phase"] == "active"


def test_a_campaign_that_waits_for_its_time(api: Api, simulator: Watched) -> None:
    made = campaign(api, "state__eq=registered", when="2099-01-01T00:00:00Z")
    assert made["when"] == "2099-01-01T00:00:00.000000Z"
    item = f"{CAMPAIGNS}/{made['id']}"
    api.post(f"{item}/start", {})
    simulator.clock(advance=86_400)
    assert api.get(item)["phase"] == "timed"
    simulator.clock(advance=80 * 366 * 86_400)
    assert api.get(item)["phase"] == "stopped"


def test_devices_that_are_not_there(api: Api, simulator: Watched) -> None:
    """They are waited for, and then left out."""
    simulator.settings(**ALL_GOOD)
    (there,), absent = devices(api, "registered", 1), devices(api, "deregistered", 2)
    made = campaign(api, "id__in=" + ",".join([there, *absent]))
    item = f"{CAMPAIGNS}/{made['id']}"
    api.post(f"{item}/start", {})
    simulator.clock(advance=1000)
    assert api.get(f"{item}/metrics")["pending_count"] == 2
    simulator.clock(advance=3600)
    assert api.get(item)["phase"] == "stopped"
    assert api.get(f"{item}/statistics/skipped")["count"] == 2
    (cause,) = api.get(f"{item}/statistics/skipped/event_types")["data"]
    assert cause["event_type"] == "SYS_117"
    records = {record["device_id"]: record["deployment_state"] for record in api.get(f"{item}/campaign-device-metadata")["data"]}
    assert records == {there: "deployed", **dict.fromkeys(absent, "deregistered")}


def test_a_share_that_is_enough(api: Api, simulator: Watched) -> None:
    simulator.settings(**ALL_GOOD)
    made = campaign(api, REGISTERED + ",".join(devices(api, "registered", 40)), autostop_success_percent=50)
    api.post(f"{CAMPAIGNS}/{made['id']}/start", {})
    phases(api, simulator, made["id"], "stopped", 5)
    ended = api.get(f"{CAMPAIGNS}/{made['id']}")
    assert (ended["state"], ended["autostop_reason"]) == ("autostopped", "As many devices as asked for have been updated.")
    metrics = api.get(f"{CAMPAIGNS}/{made['id']}/metrics")
    assert 20 <= metrics["success_count"] < 40
    assert metrics["pending_count"] == 40 - metrics["success_count"]


@pytest.mark.parametrize("fields", [{"autostop": False}, {"campaign_strategy": "continuous"}])
def test_campaigns_that_do_not_end_by_themselves(api: Api, simulator: Watched, fields: Any) -> None:
    made = campaign(api, REGISTERED + ",".join(devices(api, "registered", 3)), **fields)
    api.post(f"{CAMPAIGNS}/{made['id']}/start", {})
    simulator.clock(advance=86_400)
    assert api.get(f"{CAMPAIGNS}/{made['id']}")["phase"] == "active"
    assert api.get(f"{CAMPAIGNS}/{made['id']}/metrics")["pending_count"] == 0


def test_devices_that_come_later(local: Local) -> None:
    """A campaign gets on with a device it has waited for, and a continuous one takes in devices that its filter finds later."""
    engine = local.engine
    engine.settings.change({"update_failure_rate": 0, "update_skip_rate": 0})
    _status, page = local.send("GET", "/v3/devices/", "state__eq=deregistered&limit=2")
    first, second = page["data"]
    manifest = engine.blank(update.MANIFESTS) | {"name": "m"}
    engine.save(update.MANIFESTS, {}, manifest)

    def started(**fields: Any) -> str:
        _status, made = local.send("POST", CAMPAIGNS, body={"root_manifest_id": manifest["id"], **fields})
        assert local.send("POST", f"{CAMPAIGNS}/{made['id']}/start")[0] == 202
        engine.move_clock(1000)
        return str(made["id"])

    one_shot = started(name="waits", device_filter=f"id__in={first['id']},{second['id']}")
    continuous = started(name="looks", device_filter=f"id__eq={first['id']}&state__eq=registered", campaign_strategy="continuous")

    def done(id_: str) -> tuple[Any, Any]:
        _status, metrics = local.send("GET", f"{CAMPAIGNS}/{id_}/metrics")
        return metrics["success_count"], metrics["total_count"]

    assert (done(one_shot), done(continuous)) == ((0, 2), (0, 0))
    for device in (first, second):
        registered = {**device, "state": "registered"}
        engine.save(engine.rows["devices"], device, registered)
        engine.emit("device.registered", registered)
        engine.emit("device.registered", registered)
    engine.move_clock(10)
    assert (done(one_shot), done(continuous)) == ((2, 2), (1, 1))


def test_a_device_that_is_gone_is_skipped(api: Api, simulator: Watched) -> None:
    simulator.settings(**ALL_GOOD)
    page = api.get("/v3/devices/?state__eq=registered&device_execution_mode__eq=1&limit=2")
    gone, stays = (device["id"] for device in page["data"])
    made = campaign(api, f"id__in={gone},{stays}")
    item = f"{CAMPAIGNS}/{made['id']}"
    api.post(f"{item}/start", {})
    simulator.clock(advance=8)
    assert api.send("DELETE", f"/v3/devices/{gone}/").status_code == 204
    simulator.clock(advance=1000)
    assert api.get(item)["phase"] == "stopped"
    records = {record["device_id"]: record["deployment_state"] for record in api.get(f"{item}/campaign-device-metadata")["data"]}
    assert records == {gone: "deregistered", stays: "deployed"}


def test_2019_knows_less_of_campaigns(api: Api, simulator: Watched) -> None:
    simulator.settings(spec=2019)
    made = campaign(api, "state__eq=registered")
    assert not {"autostop", "autostop_success_percent", "approval_required", "campaign_strategy"} & set(made)
    api.refused(400, "validation_error", "POST", CAMPAIGNS, json={"device_filter": "id__eq=1", "autostop": True})
    api.post(f"{CAMPAIGNS}/{made['id']}/start/", {})
    simulator.clock(advance=10)
    assert api.get(f"{CAMPAIGNS}/{made['id']}/")["phase"] == "active"


def test_records_of_devices_belong_to_their_campaign(api: Api, simulator: Watched) -> None:
    ids = devices(api, "registered", 3)
    one, other = (campaign(api, "id__eq=" + id_, id_) for id_ in ids[:2])
    for made in (one, other):
        api.post(f"{CAMPAIGNS}/{made['id']}/start", {})
    simulator.clock(advance=10)
    (record,) = api.get(f"{CAMPAIGNS}/{one['id']}/campaign-device-metadata")["data"]
    assert (record["campaign"], record["device_id"]) == (one["id"], ids[0])
    api.refused(404, "not_found", "GET", f"{CAMPAIGNS}/{other['id']}/campaign-device-metadata/{record['id']}")
    api.refused(404, "not_found", "GET", f"{CAMPAIGNS}/{'0' * 32}/campaign-device-metadata")
