# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Firmware from the file to the updated device, by the real modules: uploads that break off, manifests that look alike, and campaigns from
every phase into every state.
"""

from __future__ import annotations

import hashlib
import tracemalloc
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from collection import util
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

IMAGES, JOBS, MANIFESTS = "/v3/firmware-images", "/v3/firmware-images/upload-jobs", "/v3/firmware-manifests/"
CAMPAIGNS = "/v3/update-campaigns"
CHUNK = 5_242_880
CHUNKED = {"chunked_from": 1, "chunk_size": CHUNK}
GOOD = {"update_failure_rate": 0, "update_skip_rate": 0}


@pytest.fixture(autouse=True)
def _time(simulator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time passes only while a module waits, and then at once."""
    passed = [0.0]

    def sleep(seconds: float) -> None:
        passed[0] += seconds
        simulator.clock(advance=seconds)

    simulator.clock(rate=0)
    defaults = util("client").Client.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "sleep", sleep)
    monkeypatch.setitem(defaults, "monotonic", lambda: passed[0])


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file of three chunks."""
    path = tmp_path / "gateway.img"
    path.write_bytes(b"".join(bytes([number]) * CHUNK for number in (1, 2)) + b"the end")
    return path


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A file of one request."""
    path = tmp_path / "pump.bin"
    path.write_bytes(b"new firmware")
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def requests_of(step: Any) -> Counter[tuple[str, str]]:
    """How often a step wrote what, with ids left out."""
    return Counter((method, "/".join("*" if len(part) == 32 else part for part in path.split("/"))) for method, path, _body in step.writes)


WHOLE_UPLOAD = {("POST", JOBS): 1, ("POST", f"{JOBS}/*/chunks"): 4, ("DELETE", f"{JOBS}/*"): 1}


# --- images ---


def test_a_large_image_is_sent_in_chunks(run: Any, simulator: Any, client: Any, large: Path) -> None:
    options = {"name": "Gateway 7", "description": "d", "path": str(large), **CHUNKED}
    checked = run("firmware_image", check=True, **options)
    assert (checked.changed, checked.writes) == (True, [])
    step = run("firmware_image", **options)
    assert (step.changed, requests_of(step)) == (True, WHOLE_UPLOAD)
    image = step.result["firmware_image"]
    assert (image["name"], image["description"], image["datafile_checksum"]) == ("Gateway 7", "d", sha256(large))
    assert client.fetch(image["datafile"]) == large.read_bytes()
    assert checked.result["diff"] == step.result["diff"]
    assert list(client.list(JOBS)) == []
    again = run("firmware_image", **options)
    assert (again.changed, again.writes, again.result["firmware_image"]) == (False, [], image)


@pytest.mark.parametrize("options", [{}, CHUNKED])
def test_a_file_is_never_in_memory_whole(run: Any, tmp_path: Path, options: Mapping[str, Any]) -> None:
    path = tmp_path / "large.img"
    with path.open("wb") as opened:
        opened.truncate(50 << 20)
    tracemalloc.start()
    try:
        step = run("firmware_image", name="Gateway 7", path=str(path), **options)
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()
    assert step.result["firmware_image"]["datafile_size"] == 50 << 20


def test_by_default_less_than_100_mb_is_one_request(run: Any, large: Path) -> None:
    one = run("firmware_image", name="x", path=str(large))
    assert requests_of(one) == {("POST", IMAGES): 1}
    assert one.result["firmware_image"]["datafile_checksum"] == sha256(large)


@pytest.mark.parametrize("broken", range(1, 5))
def test_an_upload_goes_on_where_it_was_interrupted(run: Any, simulator: Any, large: Path, broken: int) -> None:
    options = {"name": "Gateway 7", "path": str(large), **CHUNKED}
    simulator.faults(method="POST", path="/chunks$", skip=broken - 1, status=403)
    first = run("firmware_image", **options)
    assert first.result["status"] == 403
    second = run("firmware_image", **options)
    assert requests_of(second) == {("POST", f"{JOBS}/*/chunks"): 5 - broken, ("DELETE", f"{JOBS}/*"): 1}
    assert second.result["firmware_image"]["datafile_checksum"] == sha256(large)


@pytest.mark.parametrize("number", range(1, 5))
@pytest.mark.parametrize(
    "fault", [{"reset": True}, {"reset": True, "carry_out": True}, {"status": 502}, {"status": 502, "carry_out": True}]
)
def test_a_chunk_without_answer_arrives_once(
    run: Any, simulator: Any, client: Any, large: Path, number: int, fault: Mapping[str, Any]
) -> None:
    simulator.faults(method="POST", path="/chunks$", skip=number - 1, **fault)
    step = run("firmware_image", name="Gateway 7", path=str(large), retries=0, **CHUNKED)
    assert step.result["firmware_image"]["datafile_checksum"] == sha256(large)


def test_a_small_image_whose_answer_is_lost_is_there_once(run: Any, simulator: Any, client: Any, small: Path) -> None:
    simulator.faults(method="POST", path="/firmware-images$", reset=True, carry_out=True)
    step = run("firmware_image", name="Pump", path=str(small))
    assert step.changed
    assert [image["id"] for image in client.list(IMAGES)] == [step.result["firmware_image"]["id"]]


def test_an_upload_that_waits_too_long_is_taken_up(run: Any, simulator: Any, large: Path) -> None:
    options = {"name": "Gateway 7", "path": str(large), **CHUNKED}
    late = run("firmware_image", **{**options, "wait_timeout": 1})
    job = late.result["firmware_upload_job"]
    assert late.msg == f"The firmware upload job {job['id']} is not there yet after 1 seconds."
    assert (late.result["changed"], job["status"]) == (True, "in_progress")
    assert requests_of(run("firmware_image", **options)) == {("DELETE", f"{JOBS}/*"): 1}


def test_a_job_that_made_nothing_is_told_and_then_begun_anew(run: Any, simulator: Any, large: Path) -> None:
    simulator.settings(firmware_images_limit=0)
    options = {"name": "Gateway 7", "path": str(large), **CHUNKED}
    failed = run("firmware_image", **options)
    job = failed.result["firmware_upload_job"]
    assert failed.msg == (
        f"The service made nothing of the file: the upload job {job['id']} ended with the status 'failed'. The next run begins anew."
    )
    simulator.settings(firmware_images_limit=10)
    again = run("firmware_image", **options)
    assert requests_of(again) == {**WHOLE_UPLOAD, ("DELETE", f"{JOBS}/*"): 2}


def test_a_job_of_another_file_is_left_alone(run: Any, simulator: Any, client: Any, large: Path) -> None:
    job = client.post(JOBS, {"name": "Gateway 7"})["id"]
    client.request("POST", f"{JOBS}/{job}/chunks", data=b"other", headers={"Content-Type": "binary/octet-stream"})
    step = run("firmware_image", name="Gateway 7", path=str(large), **CHUNKED)
    assert step.msg == (
        f"The unfinished upload job {job} has the name 'Gateway 7' but holds something else: its chunk 1 is not what {large} has there. "
        "Delete that job if nobody needs it, or give the image another name."
    )
    assert step.writes == []


def test_images_are_told_apart_by_their_content(run: Any, client: Any, small: Path) -> None:
    first = run("firmware_image", name="Pump", path=str(small)).result["firmware_image"]
    small.write_bytes(b"newer firmware")
    second = run("firmware_image", name="Pump", path=str(small)).result["firmware_image"]
    assert [image["id"] for image in client.list(IMAGES)] == [first["id"], second["id"]]
    # By name alone it cannot be said which is meant; by content it can.
    both = run("firmware_image", name="Pump", state="absent")
    assert both.msg == f"2 firmware images have the name 'Pump': {first['id']}, {second['id']}. Give the id of the one you mean."
    for options in ({"path": str(small)}, {"datafile_checksum": first["datafile_checksum"].upper()}):
        assert run("firmware_image", name="Pump", state="absent", **options).changed
        assert not run("firmware_image", name="Pump", state="absent", **options).changed
    assert list(client.list(IMAGES)) == []


def test_an_image_cannot_be_changed(run: Any, small: Path) -> None:
    image = run("firmware_image", name="Pump", path=str(small)).result["firmware_image"]
    old = image["datafile_checksum"]
    small.write_bytes(b"newer firmware")
    told = "has other content than is wanted, and cannot be changed; leave id out to upload the file as a new one."
    for options in ({"path": str(small)}, {"datafile_checksum": sha256(small)}):
        other = run("firmware_image", id=image["id"], **options)
        assert other.msg == f"The firmware image {image['id']} {told}"
    assert run("firmware_image", id=image["id"], datafile_checksum=old).changed is False
    renamed = run("firmware_image", id=image["id"], name="Valve")
    assert renamed.msg.startswith(f"The firmware image {image['id']} cannot be changed so: name is 'Pump', wanted 'Valve'.")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "There is no such firmware image yet; to upload it give also: path."),
        ({"path": "/nowhere"}, "The file /nowhere cannot be read: No such file or directory."),
        ({"path": "<small>", "datafile_checksum": "AB"}, "The SHA-256 of <small> is <sha>, not ab."),
        (
            {"path": "<small>", "chunked_from": 1, "chunk_size": 5},
            "chunk_size is 5; the service takes chunks of 5242880 to 100000000 bytes.",
        ),
    ],
)
def test_images_that_cannot_be_uploaded(run: Any, small: Path, options: Mapping[str, Any], told: str) -> None:
    filled = {name: str(small) if value == "<small>" else value for name, value in options.items()}
    step = run("firmware_image", name="Pump", **filled)
    assert step.msg == told.replace("<small>", str(small)).replace("<sha>", sha256(small))
    assert step.writes == []


def test_chunks_are_read_with_their_job(run: Any, client: Any) -> None:
    job = client.post(JOBS, {"name": "Gateway 7"})["id"]
    for piece in (b"one", b"other"):
        client.request("POST", f"{JOBS}/{job}/chunks", data=piece, headers={"Content-Type": "binary/octet-stream"})

    def lengths(**options: Any) -> Any:
        (found,) = run("firmware_upload_job_info", name="Gateway 7", **options).result["firmware_upload_jobs"]
        return [chunk["length"] for chunk in found["chunks"]] if "chunks" in found else None

    assert (lengths(), lengths(chunks=True), lengths(chunk_ids=[2, 3])) == (None, [3, 5], [5])
    wrong = run("firmware_upload_job_info", chunk_ids=[0])
    assert wrong.msg == "'0' is no id of a firmware upload chunk: an id is a number from 1 to 10000."


# --- manifests ---


def test_manifests_are_told_apart_by_their_content(run: Any, simulator: Any, client: Any, small: Path) -> None:
    first = run("firmware_manifest", name="Pump", path=str(small))
    assert requests_of(first) == {("POST", MANIFESTS): 1}
    small.write_bytes(small.read_bytes()[::-1])
    # The same name and size, and yet another manifest.
    assert not run("firmware_manifest", name="Pump", path=str(small), compare="size").changed
    second = run("firmware_manifest", name="Pump", path=str(small))
    assert second.changed
    assert not run("firmware_manifest", name="Pump", path=str(small)).changed
    ids = [step.result["firmware_manifest"]["id"] for step in (first, second)]
    assert [item["id"] for item in client.list(MANIFESTS)] == ids
    by_size = run("firmware_manifest", name="Pump", path=str(small), compare="size")
    assert by_size.msg == (
        f"2 firmware manifests have the name 'Pump' and the datafile_size 12: {ids[0]}, {ids[1]}. Give the id of the one you mean."
    )
    assert run("firmware_manifest", name="Pump", path=str(small), state="absent").changed
    assert [item["id"] for item in client.list(MANIFESTS)] == ids[:1]
    other = run("firmware_manifest", id=ids[0], path=str(small))
    assert other.msg == (
        f"The firmware manifest {ids[0]} has other content than is wanted, and cannot be changed; leave id out to upload the file as a new "
        "one."
    )


def test_the_key_table_is_nowhere_to_be_seen(run: Any, client: Any, small: Path, tmp_path: Path) -> None:
    table = tmp_path / "keys.proto"
    table.write_bytes(b"the-secret-key-table")
    options = {"name": "Pump", "path": str(small), "key_table_path": str(table)}
    steps = [run("firmware_manifest", check=check, **options) for check in (True, False, False)]
    steps += [run("firmware_manifest_info"), run("firmware_manifest_info", fields=["key_table"])]
    (held,) = client.list(MANIFESTS)
    assert client.fetch(held["key_table"]) == b"the-secret-key-table"
    for step in steps:
        assert held["key_table"] not in step.output
        assert "the-secret-key-table" not in step.output
        assert '"key_table"' not in step.output.replace('"fields": ["key_table"]', "")


@pytest.mark.parametrize(
    ("size", "name", "told"),
    [
        (2049, "m", "<path> has 2049 bytes; the service takes manifests of at most 2048."),
        (1, "m" * 101, "The name of the file <path> has more than 100 characters, which the service refuses."),
    ],
)
def test_manifests_that_cannot_be_uploaded(run: Any, tmp_path: Path, size: int, name: str, told: str) -> None:
    path = tmp_path / name
    path.write_bytes(bytes(size))
    step = run("firmware_manifest", name="Pump", path=str(path))
    assert (step.msg, step.sent) == (told.replace("<path>", str(path)), [])


def test_a_manifest_needs_a_file(run: Any) -> None:
    assert run("firmware_manifest", name="Pump").msg == "There is no such firmware manifest yet; to upload it give also: path."


# --- campaigns ---

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def made(client: Any, fleet: list[dict[str, Any]]) -> Make:
    """`made(count, name=..., **fields)` puts a draft there for that many registered devices."""

    def make(count: int = 5, name: str = "Pumps", **fields: Any) -> dict[str, Any]:
        held = list(client.list(MANIFESTS))
        body = {"name": "Pump 2.2"}
        files = {"datafile": ("m", b"{}"), **{key: (None, value) for key, value in body.items()}}
        manifest = held[0] if held else client.request("POST", MANIFESTS, files=files).body
        ids = [device["id"] for device in fleet if device["state"] == "registered"][:count]
        body = {"name": name, "device_filter": f"id__in={','.join(ids)}", "root_manifest_id": manifest["id"], **fields}
        return dict(client.post(CAMPAIGNS, body))

    return make


def into(phase: str, campaign: Mapping[str, Any], simulator: Any, client: Any) -> dict[str, Any]:
    """Bring a draft into a phase."""
    item = f"{CAMPAIGNS}/{campaign['id']}"
    steps: Mapping[str, tuple[Any, ...]] = {
        "draft": (),
        "scheduled": ("start",),
        "starting": ("start", 2),
        "active": ("start", 20),
        "stopping": ("start", 20, "stop"),
        "userstopped": ("start", 20, "stop", 5),
        "autostopped": ("start", 5000),
        "archived": ("start", 5000, "archive"),
    }
    for step in steps[phase]:
        if isinstance(step, str):
            client.post(f"{item}/{step}")
        else:
            simulator.clock(advance=step)
    now: dict[str, Any] = client.get(item)
    assert phase in (now["phase"], now["state"])
    return now


STARTED, STOPPED, ARCHIVED = ("POST", f"{CAMPAIGNS}/*/start"), ("POST", f"{CAMPAIGNS}/*/stop"), ("POST", f"{CAMPAIGNS}/*/archive")
DELETED = ("DELETE", f"{CAMPAIGNS}/*")
# From a phase into a state: what is sent, and the phase that the task leaves it in (None: it is gone).
MOVES: Mapping[tuple[str, str], tuple[list[tuple[str, str]], str | None]] = {
    ("draft", "present"): ([], "draft"),
    ("draft", "started"): ([STARTED], "stopped"),
    ("draft", "stopped"): ([], "draft"),
    ("draft", "archived"): ([ARCHIVED], "archived"),
    ("draft", "absent"): ([DELETED], None),
    **{(phase, "started"): ([], "stopped") for phase in ("scheduled", "starting", "active", "autostopped")},
    **{(phase, "stopped"): ([STOPPED], "stopped") for phase in ("scheduled", "starting", "active")},
    **{(phase, "archived"): ([STOPPED, ARCHIVED], "archived") for phase in ("scheduled", "starting", "active")},
    **{(phase, "absent"): ([STOPPED, DELETED], None) for phase in ("scheduled", "starting", "active")},
    **{(phase, "stopped"): ([], "stopped") for phase in ("stopping", "userstopped", "autostopped")},
    **{(phase, "archived"): ([ARCHIVED], "archived") for phase in ("stopping", "userstopped", "autostopped")},
    **{(phase, "absent"): ([DELETED], None) for phase in ("stopping", "userstopped", "autostopped", "archived")},
    ("archived", "started"): ([], "archived"),
    ("archived", "stopped"): ([], "archived"),
    ("archived", "archived"): ([], "archived"),
}


@pytest.mark.parametrize(("phase", "state"), sorted(MOVES))
def test_from_every_phase_into_every_state(run: Any, simulator: Any, client: Any, made: Make, phase: str, state: str) -> None:
    """What check mode foretells is what a real run does, and a second run does nothing."""
    writes, end = MOVES[phase, state]
    simulator.settings(**GOOD)
    campaign = into(phase, made(), simulator, client)
    options = {"name": "Pumps", "state": state, "wait_for": "finished"}
    checked = run("update_campaign", check=True, **options)
    step = run("update_campaign", **options)
    assert not step.failed, step.msg
    assert (checked.writes, Counter(requests_of(step))) == ([], Counter(writes))
    assert checked.changed == step.changed == bool(writes)
    assert checked.result["diff"] == step.result["diff"]
    now = step.result["update_campaign"]
    assert (None if now is None else now["phase"]) == end
    if writes:
        foretold = checked.result["update_campaign"]
        assert (None if foretold is None else foretold["phase"]) == end
    held = client.get(f"{CAMPAIGNS}/{campaign['id']}")
    assert (None if held is None else held["phase"]) == end
    again = run("update_campaign", **options)
    assert (again.changed, again.writes) == (False, [])


CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "description": st.sampled_from(("", "d")),
        "device_filter": st.sampled_from(("id__eq=1", "<same>")),
        "root_manifest_id": st.sampled_from(("Pump 2.2", "0" * 32)),
        "wait": st.booleans(),
        "wait_for": st.sampled_from(("phase", "finished")),
        "max_failed": st.sampled_from(("0", "100%")),
    },
)


def test_check_mode_foretells_any_task_on_any_campaign(run: Any, simulator: Any, client: Any, made: Make, spec: int) -> None:
    @given(
        st.sampled_from(sorted({phase for phase, _state in MOVES})),
        st.sampled_from(("present", "started", "stopped", "archived", "absent")),
        CHANGES,
    )
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    def law(phase: str, state: str, changes: dict[str, Any]) -> None:
        simulator.reset()
        simulator.settings(spec=spec, **GOOD)
        simulator.clock(rate=0)
        campaign = into(phase, made(), simulator, client)
        item = f"{CAMPAIGNS}/{campaign['id']}"
        filled = {name: campaign["device_filter"] if value == "<same>" else value for name, value in changes.items()}
        options = {"name": "Pumps", "state": state, **filled}
        checked = run("update_campaign", check=True, **options)
        assert (checked.writes, client.get(item)) == ([], campaign)
        step = run("update_campaign", **options)
        if checked.failed:
            # What cannot be done is known before.
            assert (step.failed, step.msg, step.writes) == (True, checked.msg, [])
            return
        assert step.result["changed"] == checked.changed == bool(step.writes)
        now = client.get(item)
        if step.failed:
            # A campaign without a good end: that only a real run can tell, and it tells the same again.
            assert state == "started"
            assert changes.get("wait", True)
            again = run("update_campaign", **options)
            assert again.failed
            return
        assert checked.result["diff"] == step.result["diff"]
        assert {**(step.result["update_campaign"] or {}), "statistics": 0} == {**(now or {}), "statistics": 0}
        if checked.changed and changes.get("wait", True):
            foretold = checked.result["update_campaign"]
            # What is about to stop does so by itself meanwhile.
            assert (foretold or {}).get("phase") == (now or {}).get("phase") or state in ("present", "started") or phase == "stopping"
        again = run("update_campaign", **options)
        assert (again.changed, again.writes) == (False, [])

    law()


@pytest.mark.parametrize("phase", ["stopping", "userstopped"])
def test_what_was_stopped_cannot_be_started(run: Any, simulator: Any, client: Any, made: Make, phase: str) -> None:
    campaign = into(phase, made(), simulator, client)
    step = run("update_campaign", name="Pumps", state="started")
    if phase == "userstopped":
        told = f"The update campaign {campaign['id']} was stopped and cannot be started again; make one with another name."
        assert run("update_campaign", check=True, name="Pumps", state="started").msg == told
    else:
        told = f"Somebody stopped the update campaign {campaign['id']} before it was done: 0 updated, 0 failed, 0 skipped."
    assert (step.msg, step.writes) == (told, [])


@pytest.mark.parametrize("state", ["stopped", "archived"])
def test_states_that_create_nothing(run: Any, state: str) -> None:
    for check in (True, False):
        step = run("update_campaign", check=check, name="Pumps", device_filter="id__eq=1", state=state)
        assert (step.msg, step.writes) == (f"There is no such update campaign; state {state} does not create one.", [])


def test_from_nothing_to_updated_devices(run: Any, simulator: Any, client: Any, fleet: list[dict[str, Any]], small: Path) -> None:
    """All in one task; the manifest is named, and in check mode it may be one that does not exist yet."""
    simulator.settings(**GOOD)
    wanted = {"filters": {"device_class": "meter-e3", "state": "registered"}, "root_manifest_id": "Pump 2.2"}
    options = {"name": "Meters", "state": "started", "wait_for": "finished", **wanted}
    early = run("update_campaign", check=True, **options)
    assert (early.changed, early.result["warnings"]) == (True, ["There is no firmware manifest 'Pump 2.2' yet."])
    assert run("update_campaign", **options).msg == "root_manifest_id: there is no firmware manifest with the name 'Pump 2.2'."
    manifest = run("firmware_manifest", name="Pump 2.2", path=str(small)).result["firmware_manifest"]
    step = run("update_campaign", **options)
    campaign = step.result["update_campaign"]
    devices = [device for device in fleet if device["device_class"] == "meter-e3" and device["state"] == "registered"]
    assert step.writes == [
        (
            "POST",
            CAMPAIGNS,
            {"name": "Meters", "device_filter": "device_class__eq=meter-e3&state__eq=registered", "root_manifest_id": manifest["id"]},
        ),
        ("POST", f"{CAMPAIGNS}/{campaign['id']}/start", None),
    ]
    assert (campaign["phase"], campaign["state"]) == ("stopped", "autostopped")
    assert {row["id"]: row["count"] for row in campaign["statistics"]} == {"success": len(devices), "info": len(devices)}
    again = run("update_campaign", **options)
    assert (again.changed, again.writes, again.result["update_campaign"]) == (False, [], campaign)
    assert client.get(f"/v3/devices/{devices[0]['id']}/")["deployment"] == campaign["id"]


def test_waiting_for_the_phase_only(run: Any, simulator: Any, made: Make) -> None:
    made()
    simulator.settings(campaign_seconds=100_000)
    step = run("update_campaign", name="Pumps", state="started")
    assert step.result["update_campaign"]["phase"] == "active"


def test_without_waiting(run: Any, simulator: Any, made: Make) -> None:
    made()
    step = run("update_campaign", name="Pumps", state="started", wait=False)
    assert (step.result["update_campaign"]["state"], step.result["diff"]["after"]["phase"]) == ("scheduled", "starting")
    assert not run("update_campaign", name="Pumps", state="started", wait=False).changed
    stopped = run("update_campaign", name="Pumps", state="stopped", wait=False)
    assert (stopped.result["update_campaign"]["phase"], stopped.result["diff"]["after"]["phase"]) == ("stopping", "stopping")


@pytest.mark.parametrize("state", ["archived", "absent"])
def test_a_wait_that_takes_too_long(run: Any, simulator: Any, client: Any, made: Make, state: str) -> None:
    """What comes after the wait is not done, and what was done before is told."""
    campaign = into("active", made(), simulator, client)
    step = run("update_campaign", name="Pumps", state=state, wait_timeout=1)
    assert step.msg == f"The update campaign {campaign['id']} is not there yet after 1 seconds."
    assert (step.result["changed"], step.result["update_campaign"]["phase"]) == (True, "stopping")
    assert requests_of(step) == {STOPPED: 1}


@pytest.mark.parametrize(
    ("settings", "fields", "reason"),
    [
        ({"update_quota": 1}, {}, "The quota of firmware updates is not enough for the devices of this campaign."),
        ({}, {"device_filter": "name__eq=nobody"}, "The filter finds no devices."),
    ],
)
@pytest.mark.parametrize("end", ["draft", "stopped"])
def test_a_campaign_that_cannot_start(
    run: Any, simulator: Any, made: Make, settings: Mapping[str, Any], fields: Mapping[str, Any], reason: str, end: str
) -> None:
    campaign = made(**fields)
    simulator.settings(campaign_refused_to=end, **settings)
    step = run("update_campaign", name="Pumps", state="started")
    told = {"draft": "did not start", "stopped": "ended without updating a device"}[end]
    assert step.msg == f"The update campaign {campaign['id']} {told}: {reason}"
    assert (step.result["changed"], step.result["update_campaign"]["phase"]) == (True, end)
    again = run("update_campaign", name="Pumps", state="started")
    assert (again.msg, again.result["changed"]) == (step.msg, end == "draft")


def test_a_start_that_was_seen_and_taken_back_needs_no_grace(run: Any, made: Make) -> None:
    campaign = made(device_filter="name__eq=nobody")
    step = run("update_campaign", name="Pumps", state="started", start_grace=100_000, wait_interval=1)
    assert step.msg == f"The update campaign {campaign['id']} did not start: The filter finds no devices."


def test_without_a_reason(run: Any, simulator: Any, made: Make) -> None:
    """A start that nothing comes of."""
    campaign = made()
    simulator.faults(method="POST", path="/start$", status=202, body="")
    step = run("update_campaign", name="Pumps", state="started")
    assert step.msg == f"The update campaign {campaign['id']} did not start: the service gives no reason."
    # It was waited for as long as such a start may take.
    assert len([sent for sent in step.sent if sent.method == "GET"]) == 1 + 1 + 30 // 5


def test_a_campaign_that_is_deleted_but_still_shown_is_not_there(run: Any, simulator: Any, made: Make) -> None:
    campaign = made()
    simulator.patch("update-campaigns", campaign["id"], phase="deleted")
    assert not run("update_campaign", name="Pumps", state="absent").changed
    step = run("update_campaign", id=campaign["id"], state="started")
    assert step.msg == f"There is no update campaign with the id {campaign['id']}; leave id out to make a new one."


def test_a_campaign_is_judged_by_its_statistics(run: Any, simulator: Any, made: Make) -> None:
    campaign = made(40)
    simulator.settings(update_failure_rate=0.3, update_skip_rate=0.2)
    options = {"name": "Pumps", "state": "started", "wait_for": "finished"}
    step = run("update_campaign", **options)
    seen = step.result["update_campaign"]
    counts = {row["id"]: row["count"] for row in seen["statistics"]}
    failed, skipped = counts["fail"], counts["skipped"]
    assert (seen["phase"], failed + skipped + counts["success"], counts["info"]) == ("stopped", 40, 40)
    numbers = f"{counts['success']} updated, {failed} failed, {skipped} skipped"

    def causes(*statuses: str) -> str:
        found = [cause for status in statuses for row in seen["statistics"] if row["id"] == status for cause in row["event_types"]]
        found.sort(key=lambda cause: -cause["count"])
        assert len(found) > 5
        return ", ".join(f"{cause['event_type']} ({cause['count']})" for cause in found[:5]) + f" and {len(found) - 5} more"

    assert step.msg == (
        f"Too many devices of the update campaign {campaign['id']} failed: {numbers}; max_failed is 0. Causes: {causes('fail')}."
    )
    assert step.result["changed"] is True

    def outcome(**more: Any) -> str | None:
        again = run("update_campaign", **options, **more)
        assert again.writes == []
        return again.msg if again.failed else None

    assert outcome(max_failed=str(failed)) is None
    assert outcome(max_failed=str(failed - 1)) == step.msg.replace("max_failed is 0", f"max_failed is {failed - 1}")
    assert outcome(max_failed=f"{failed * 100 / 40}%") is None
    assert outcome(max_failed=f"{failed * 100 / 40 - 0.5}%") is not None
    both = step.msg.replace(causes("fail"), causes("fail", "skipped")).replace("max_failed is 0", f"max_failed is {failed}")
    assert outcome(max_failed=str(failed), fail_on=["fail", "skipped"]) == both
    assert outcome(fail_on=["skipped"], max_failed=str(skipped)) is None
    # Nobody asked how it went.
    assert outcome(wait=False) is None
    assert outcome(max_failed="many") == "max_failed must be a number such as 3 or a percentage such as 5%, not 'many'."


def test_only_name_and_description_of_a_campaign_that_runs(run: Any, simulator: Any, client: Any, made: Make) -> None:
    campaign = into("active", made(), simulator, client)
    step = run("update_campaign", id=campaign["id"], name="Valves", description="d")
    assert step.writes == [("PUT", f"{CAMPAIGNS}/{campaign['id']}", {"name": "Valves", "description": "d"})]
    for check in (True, False):
        other = run("update_campaign", check=check, name="Valves", device_filter="id__eq=1", description="e")
        assert (other.msg, other.writes) == (
            f"The update campaign {campaign['id']} is in the phase active: only name and description can change now, not device_filter.",
            [],
        )
    # The same filter in other words is no change.
    ids = campaign["device_filter"].partition("=")[2].split(",")
    assert not run("update_campaign", name="Valves", filters={"id": ids[::-1]}).changed


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "There is no such update campaign yet; to create it give also: device_filter."),
        ({"device_filter": "registered"}, "'registered' in the query is not of the form field=value or field__operator=value."),
        ({"when": "soon"}, "'soon' is no date; write 2026-01-31T12:00:00Z or 20260131T120000Z."),
    ],
)
def test_campaigns_that_cannot_be_made(run: Any, options: Mapping[str, Any], told: str) -> None:
    step = run("update_campaign", name="Pumps", **options)
    assert (step.msg, step.writes) == (told, [])


def test_a_filter_may_be_the_id_of_a_query(run: Any, client: Any) -> None:
    saved = client.post("/v3/device-queries/", {"name": "q", "query": "state__eq=registered"})["id"]
    assert run("update_campaign", name="Pumps", device_filter=saved).result["update_campaign"]["device_filter"] == saved
    assert not run("update_campaign", name="Pumps", device_filter=saved).changed
    assert run("update_campaign", name="Pumps", device_filter="state__eq=registered").changed


@pytest.mark.since(2020)
def test_a_campaign_that_waits_for_approval(run: Any, simulator: Any, made: Make) -> None:
    """Approving is left to those who may."""
    made(approval_required=True)
    options = {"name": "Pumps", "state": "started"}
    checked = run("update_campaign", check=True, **options)
    step = run("update_campaign", **options)
    assert checked.result["update_campaign"]["phase"] == step.result["update_campaign"]["phase"] == "awaiting_approval"
    assert not run("update_campaign", **options).changed
    assert run("update_campaign", name="Pumps", state="absent").changed


def test_how_a_campaign_went(run: Any, simulator: Any, client: Any, made: Make) -> None:
    draft = made(3, name="Draft")
    simulator.settings(update_failure_rate=0.5, update_skip_rate=0)
    ended = into("autostopped", made(20), simulator, client)

    def read(**options: Any) -> dict[str, Any]:
        (found,) = run("update_campaign_info", **{"name": "Pumps", **options}).result["update_campaigns"]
        return dict(found)

    assert read() == ended
    statistics = read(statistics=True)["statistics"]
    counts = {row["id"]: row["count"] for row in statistics}
    assert counts["success"] + counts["fail"] == counts["info"] == 20
    (fails,) = read(summary_statuses=["fail", "skipped"])["statistics"]
    assert fails == next(row for row in statistics if row["id"] == "fail")
    (detailed,) = read(summary_statuses=["fail"], event_types=True)["statistics"]
    assert sum(cause["count"] for cause in detailed["event_types"]) == counts["fail"]
    cause = detailed["event_types"][0]
    by_code = read(event_type_ids=[cause["event_type"], "UPD1_STATE_0"])["statistics"]
    assert {row["id"]: row["event_types"] for row in by_code} == {"success": [], "fail": [cause], "info": []}
    metrics = read(metrics=True)["metrics"]
    assert (metrics["total_count"], metrics["failed_count"], metrics["pending_count"]) == (20, counts["fail"], 0)
    assert set(read(metrics=True, fields=["metrics"])) == {"id", "metrics"}
    # Nothing has happened in a draft.
    for list_404 in (False, True):
        simulator.settings(list_404=list_404)
        unstarted = read(name="Draft", statistics=True, event_types=True, metrics=True)
        assert unstarted == {**draft, "statistics": [], "metrics": None}


def test_how_each_device_fared(run: Any, simulator: Any, client: Any, made: Make) -> None:
    simulator.settings(update_failure_rate=0.5, update_skip_rate=0)
    campaign = into("autostopped", made(10), simulator, client)

    def read(**options: Any) -> list[dict[str, Any]]:
        return list(run("update_campaign_device_info", **{"campaign_id": "Pumps", **options}).result["update_campaign_devices"])

    everyone = read()
    assert [record["device_id"] for record in everyone] == sorted(campaign["device_filter"].partition("=")[2].split(","))
    left = read(filters={"deployment_state": {"neq": "deployed"}})
    assert 0 < len(left) < 10
    assert sorted(record["id"] for record in [*left, *read(deployment_state="deployed")]) == sorted(record["id"] for record in everyone)
    first = everyone[0]
    assert read(device_id=first["device_id"]) == read(campaign_id=campaign["id"], id=first["id"]) == [first]
    assert (
        run("update_campaign_device_info", campaign_id="Valves").msg == "campaign_id: there is no update campaign with the name 'Valves'."
    )


@pytest.mark.parametrize("list_404", [False, True])
def test_every_operation_is_sent_by_a_module(run: Any, simulator: Any, large: Path, small: Path, list_404: bool) -> None:
    """One story that uses all of this part of the API, also where lists without entries are 404."""
    simulator.settings(update_failure_rate=0.5, update_skip_rate=0, list_404=list_404)
    sent: set[str] = set()

    def task(module: str, /, **options: Any) -> Any:
        step = run(module, **options)
        sent.update(entry["operation"] for entry in simulator.requests() if f"module/{module} " in entry["user_agent"])
        return step

    simulator.faults(method="POST", path="/chunks$", skip=1, status=403)
    assert task("firmware_image", name="Gateway", path=str(large), **CHUNKED).failed
    (job,) = task("firmware_upload_job_info", name="Gateway", chunks=True).result["firmware_upload_jobs"]
    task("firmware_upload_job_info", id=job["id"], chunk_ids=[1])
    task("firmware_upload_job", id=job["id"], name="Gateway 7")
    image = task("firmware_image", name="Gateway 7", path=str(large), **CHUNKED).result["firmware_image"]
    task("firmware_image", name="Pump", path=str(small))
    task("firmware_image_info", id=image["id"])
    task("firmware_image", id=image["id"], state="absent")
    manifest = task("firmware_manifest", name="Pump", path=str(small)).result["firmware_manifest"]
    task("firmware_manifest_info", id=manifest["id"])
    campaign = {"name": "All", "root_manifest_id": manifest["id"], "filters": {"state": "registered"}}
    task("update_campaign", **campaign)
    assert task("update_campaign", **{**campaign, "description": "d"}, state="started", wait_for="finished").failed
    (info,) = task("update_campaign_info", name="All", metrics=True, event_types=True).result["update_campaigns"]
    code = next(row for row in info["statistics"] if row["id"] == "fail")["event_types"][0]["event_type"]
    task("update_campaign_info", id=info["id"], summary_statuses=["fail"], event_type_ids=[code])
    record = task("update_campaign_device_info", campaign_id="All").result["update_campaign_devices"][0]
    task("update_campaign_device_info", campaign_id=info["id"], id=record["id"])
    task("update_campaign", name="All", state="archived")
    task("update_campaign", **{**campaign, "name": "Others"}, state="started")
    task("update_campaign", name="Others", state="absent")
    task("firmware_manifest", id=manifest["id"], state="absent")
    assert sent == {
        *(f"Firmware_Image_{word}" for word in ("create", "destroy", "list", "retrieve")),
        *(f"Upload_Job_{word}" for word in ("Create", "Delete", "List", "Retrieve", "Update")),
        *(f"Upload_Job_Chunk_{word}" for word in ("Create", "List", "retreive")),
        *(f"Firmware_Manifest_{word}" for word in ("create", "destroy", "list", "retrieve")),
        *(f"Update_Campaign_{word}" for word in ("archive", "create", "destroy", "list", "metrics", "retrieve", "start", "stop", "update")),
        *(f"Update_Campaign_{word}_{how}" for word in ("statistics", "event_types", "Metadata") for how in ("list", "retrieve")),
    }
