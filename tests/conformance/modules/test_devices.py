# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wanted state of many devices in one task: what is read, what is sent, and what is told of those that fail."""

from __future__ import annotations

import itertools
import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

import collection
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pelion_simulator.process import Simulator

DEVICES = "/v3/devices/"
# What a PUT takes, which is sent back where it does not change.
WRITABLE = ("ca_id", "custom_attributes", "description", "device_key", "endpoint_type", "host_gateway", "name")


@pytest.fixture
def groups(client: Any) -> dict[str, str]:
    """The ids of the groups by name. The group `empty` has no members."""
    return {group["name"]: group["id"] for group in client.list("/v3/device-groups/")}


@pytest.fixture
def free(fleet: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The devices that are in no group and have room for attributes."""
    return [device for device in fleet if not device["groups"] and len(device["custom_attributes"]) < 4]


def item(device: dict[str, Any]) -> str:
    return f"{DEVICES}{device['id']}/"


def put(device: dict[str, Any], **changes: Any) -> tuple[str, str, dict[str, Any]]:
    """The request that changes these fields of a device."""
    held = {name: device[name] for name in WRITABLE if device.get(name) is not None}
    return ("PUT", item(device), {**held, **changes})


def member(action: str, group: str, device: dict[str, Any]) -> tuple[str, str, dict[str, str]]:
    return ("POST", f"/v3/device-groups/{group}/devices/{action}/", {"device_id": device["id"]})


def told(step: Any) -> tuple[bool, list[str], int]:
    return (step.changed, step.result["changed_devices"], step.result["unchanged"])


def by_device(step: Any) -> dict[str, list[Any]]:
    """The requests that change something, in the order in which each device got them."""
    found: dict[str, list[Any]] = {}
    for write in step.writes:
        found.setdefault(write[2]["device_id"] if "/device-groups/" in write[1] else write[1].split("/")[3], []).append(write)
    return found


def test_one_by_one(runs: Any, client: Any, free: list[dict[str, Any]], groups: dict[str, str]) -> None:
    one, two, three, four = free[:4]
    client.post(f"/v3/device-groups/{groups['empty']}/devices/add/", {"device_id": one["id"]})
    wanted = {
        "devices": [
            {"id": one["id"], "name": "pump-1", "custom_attributes": {"site": None, "floor": 2}},
            {"endpoint_name": two["endpoint_name"], "groups": ["empty"], "membership": "add"},
            {"name": three["name"], "custom_attributes": {"only": True}, "purge": True, "description": "", "groups": []},
            # As it is.
            {**{name: four[name] for name in ("id", "endpoint_name", "name", "description")}, "groups": []},
        ],
        "description": "Seen",
        "groups": [groups["pilot"]],
        "membership": "exact",
    }
    task = {"devices": wanted}
    played = runs({"check": {**task, "check_mode": True}, "real": task, "again": {"devices": {**wanted, "full": True}}})
    ids = [device["id"] for device in free[:3]]
    assert {name: told(step) for name, step in played.steps.items()} == {
        "check": (True, ids, 1),
        "real": (True, ids, 1),
        "again": (False, [], 4),
    }
    kept = {name: value for name, value in one["custom_attributes"].items() if name not in ("site", "floor")}
    assert by_device(played["real"]) == {
        one["id"]: [
            put(one, name="pump-1", description="Seen", custom_attributes={**kept, "floor": "2"}),
            member("add", groups["pilot"], one),
            member("remove", groups["empty"], one),
        ],
        two["id"]: [put(two, description="Seen"), member("add", groups["empty"], two)],
        three["id"]: [put(three, custom_attributes={"only": "true"}, description="")],
    }
    assert (played["check"].writes, played["again"].writes) == ([], [])
    # One listing for each way of naming groups, one for each way of naming devices.
    assert sorted(sent.path for sent in played["again"].sent) == [*["/v3/device-groups/"] * 2, *[DEVICES] * 3]
    assert played["again"].result["unchanged_devices"] == [device["id"] for device in free[:4]]
    assert played["check"].result["diff"] == played["real"].result["diff"]
    now = {device["id"]: device for device in client.list(DEVICES)}
    assert now[one["id"]]["groups"] == [groups["pilot"]]
    assert now[two["id"]]["groups"] == [groups["empty"]]
    assert now[four["id"]] == four


def test_by_id_and_by_filter(runs: Any, simulator: Simulator, client: Any, fleet: list[dict[str, Any]]) -> None:
    ids = [device["id"] for device in fleet]
    meters = [device["id"] for device in fleet if device["device_class"] == "meter-e3"]
    others = [device["id"] for device in fleet if device["id"] not in meters]
    ring = {"custom_attributes": {"ring": 1}}
    simulator.settings(latency_ms=5)
    played = runs(
        {
            "some": {"devices": {"device_ids": [*reversed(ids[:130]), ids[0]], "concurrency": 3, **ring}},
            "filter": {"devices": {"filters": {"device_class": "meter-e3"}, "custom_attributes": {"ring": 2}, "purge": True}},
            "filter again": {"devices": {"filters": {"device_class": "meter-e3"}, "custom_attributes": {"ring": 2}, "purge": True}},
            "nothing": {"devices": {"filters": {"device_class": "no such class"}, **ring}},
            "no ids": {"devices": {"device_ids": [], **ring}},
            "all": {"devices": {"device_ids": ids, **ring}},
        }
    )
    assert {name: told(step) for name, step in played.steps.items()} == {
        "some": (True, ids[129::-1], 0),
        "filter": (True, meters, 0),
        "filter again": (False, [], len(meters)),
        "nothing": (False, [], 0),
        "no ids": (False, [], 0),
        "all": (True, [one for one in ids if one in meters or one not in ids[:130]], len(set(ids[:130]) - set(meters))),
    }
    assert played["no ids"].sent == []
    # Nothing is asked for twice, and never one by one.
    listings = [sent for sent in played["some"].sent if sent.method == "GET"]
    assert sorted(len(sent.query["id__in"].split(",")) for sent in listings) == [30, 100]
    assert sorted(one for sent in listings for one in sent.query["id__in"].split(",")) == ids[:130]
    assert all(len(f"{simulator.url}{DEVICES}?id__in={sent.query['id__in']}&limit=1000".replace(",", "%2C")) < 4096 for sent in listings)
    assert len(played["some"].writes) == 130
    now = {device["id"]: device["custom_attributes"] for device in client.list(DEVICES)}
    assert all(now[one] == {"ring": "1"} for one in meters)
    assert all(now[one]["ring"] == "1" for one in others)


def test_never_more_requests_than_asked_for(run: Any, simulator: Simulator, fleet: list[dict[str, Any]], side_by_side: Any) -> None:
    """And never fewer either."""
    simulator.settings(latency_ms=10)
    for concurrency in (1, 3, 7):
        with side_by_side(concurrency, "PUT"):
            step = run("devices", device_ids=[device["id"] for device in fleet[:60]], description=f"{concurrency}", concurrency=concurrency)
        assert len(step.writes) == 60
        assert max(entry["in_flight"] for entry in simulator.requests()) <= concurrency


def test_many_of_few_are_read_as_a_whole(run: Any, simulator: Simulator, client: Any, fleet: list[dict[str, Any]]) -> None:
    """A thousand devices and more: it is asked how many there are, and then the cheaper way is taken."""
    simulator.add("devices", count=900)
    ids = [device["id"] for device in client.list(DEVICES)]
    step = run("devices", device_ids=ids[:1100], description="new")
    assert (len(step.result["changed_devices"]), len(step.writes)) == (1100, 1100)
    reads = [sent.query for sent in step.sent if sent.method == "GET"]
    assert reads[0] == {"limit": "2", "include": "total_count"}
    assert all("id__in" not in query for query in reads)
    assert len(reads) <= 4
    simulator.add("devices", count=3300)
    again = run("devices", device_ids=ids[:1100], description="new")
    assert (again.changed, again.result["unchanged"]) == (False, 1100)
    assert [len(sent.query.get("id__in", "").split(",")) for sent in again.sent] == [1, *[100] * 11]


def test_suspended_active_and_absent(runs: Any, client: Any, fleet: list[dict[str, Any]], spec: int) -> None:
    developer = [device["id"] for device in fleet if device["device_execution_mode"] == 1][:3]
    production = next(device["id"] for device in fleet if device["device_execution_mode"] == 5)
    block = {"category": "maintenance", "description": "The hall is rebuilt"}
    suspended = {"device_ids": developer, "state": "suspended", "block": block, "description": "Out"}
    gone = {"devices": [{"id": production, "state": "present", "description": "kept"}, {"id": developer[0]}], "state": "absent"}
    played = runs(
        {
            "check suspend": {"devices": suspended, "check_mode": True},
            "suspend": {"devices": suspended},
            "suspend again": {"devices": suspended},
            "active": {"devices": {"filters": {"id": developer}, "state": "active"}},
            "absent": {"devices": gone},
            "absent again": {"devices": gone},
            "production": {"devices": {"device_ids": [production], "state": "absent"}},
        }
    )
    if spec == 2019:
        step = played["suspend"]
        assert [entry["msg"] for entry in step.result["failed_devices"]] == [
            "This service is an older one that cannot suspend devices."
        ] * 3
        assert (step.changed, step.writes) == (False, [])
        assert played["check suspend"].msg == step.msg
    else:
        assert told(played["check suspend"]) == told(played["suspend"]) == (True, developer, 0)
        assert played["suspend again"].changed is False
        assert played["check suspend"].result["diff"] == played["suspend"].result["diff"]
        first = by_device(played["suspend"])[developer[0]]
        assert [write[:2] for write in first] == [("PUT", f"{DEVICES}{developer[0]}/"), ("POST", f"{DEVICES}{developer[0]}/suspend")]
        assert first[1][2] == block
        assert sorted(write[1] for write in played["active"].writes) == sorted(f"{DEVICES}{one}/resume" for one in developer)
    assert sorted(write[0] for write in played["absent"].writes) == ["DELETE", "PUT"]
    assert f"device: present -> absent on 1 device: {developer[0]}\n" in played["absent"].result["diff"]["prepared"]
    assert told(played["absent again"]) == (False, [], 2)
    (entry,) = played["production"].result["failed_devices"]
    assert (entry["id"], entry["status"], entry["type"], entry["state"]) == (production, 400, "bad_request", "absent")
    assert developer[0] not in [device["id"] for device in client.list(DEVICES)]


def test_what_cannot_be_meant_is_refused_before_anything_is_sent(runs: Any, fleet: list[dict[str, Any]]) -> None:
    one, two = fleet[0], fleet[1]
    good = {"id": two["id"], "description": "x"}

    def entries(*given: dict[str, Any], **options: Any) -> dict[str, Any]:
        return {"devices": {"devices": [good, *given], **options}}

    played = runs(
        {
            "no id": entries({"id": "pump-17"}),
            "empty id": entries({"id": ""}),
            "nothing named": entries({"description": "x"}),
            "no id in a list": {"devices": {"device_ids": [one["id"], ""], "description": "x"}},
            "digit": entries({"id": one["id"], "custom_attributes": {"1st": "a"}}),
            "six": entries({"id": one["id"]}, custom_attributes=dict.fromkeys("abcdef", 1)),
            "too long": entries({"id": one["id"], "name": "x" * 129}),
            "empty group": entries({"id": one["id"], "groups": [""]}),
            "empty filters": {"devices": {"filters": {}, "description": "x"}},
            "unknown filter": {"devices": {"filters": {"colour": "red"}, "description": "x"}},
            "absent by filter": {"devices": {"filters": {"state": "registered"}, "state": "absent"}},
            "side by side": {"devices": {"device_ids": [one["id"]], "concurrency": 65}},
            "failures": {"devices": {"device_ids": [one["id"]], "max_failures": "0"}},
            "two ways": {"devices": {"device_ids": [one["id"]], "filters": {"state": "registered"}}},
            "no way": {"devices": {"description": "x"}},
            "unknown word": entries({"id": one["id"], "colour": "red"}),
            "unknown group": entries({"id": one["id"], "groups": ["none such"]}),
            "unknown group id": entries({"id": one["id"], "groups": ["0" * 32]}),
            "twice": entries({"id": one["id"]}, {"endpoint_name": one["endpoint_name"], "description": "y"}),
        }
    )
    messages = played.values("msg")
    assert messages.pop("unknown filter").startswith(
        "Unknown filter field 'colour'; this list can be filtered by: account_id, auto_update, "
    )
    assert "devices.colour" in messages.pop("unknown word")
    assert messages == {
        "no id": "devices[1]: 'pump-17' is no id of a device: an id is 32 hexadecimal digits in lower case.",
        "empty id": "devices[1]: id is empty. Leave it out if you do not mean one certain object.",
        "nothing named": "devices[1]: Which device? Give id or endpoint_name or name.",
        "no id in a list": "'' is no id of a device: an id is 32 hexadecimal digits in lower case.",
        "digit": "devices[1]: custom_attributes: the name '1st' begins with a digit or is empty; the service refuses such names.",
        "six": (
            "custom_attributes would have 6 entries (a, b, c, d, e, f); the service takes at most 5. Remove some by giving them as null, "
            "or set purge."
        ),
        "too long": "devices[1]: name has 129 characters; the service takes at most 128.",
        "empty group": "devices[1]: groups has an empty name.",
        "empty filters": "filters is empty, which would mean every device of the account. Name at least one condition.",
        "absent by filter": "Devices are deleted by device_ids or devices, not by filters: list them with device_info first.",
        "side by side": "concurrency must be 1 to 64, not 65.",
        "failures": "max_failures must be a number such as 5 or a percentage such as 10%, not '0'.",
        "two ways": "parameters are mutually exclusive: devices|device_ids|filters",
        "no way": "one of the following is required: devices, device_ids, filters",
        "unknown group": "groups: there is no device group with the name 'none such'.",
        "unknown group id": f"groups: there is no device group with the id {'0' * 32}.",
        "twice": f"devices[1] and devices[2] ask different things of the same device, {one['id']}.",
    }
    assert {name: len(step.sent) for name, step in played.steps.items() if step.sent} == {
        "unknown group": 1,
        "unknown group id": 1,
        "twice": 2,
    }
    assert all(step.writes == [] for step in played.steps.values())


def test_entries_that_ask_the_same_of_one_device_are_one(run: Any, fleet: list[dict[str, Any]]) -> None:
    one = fleet[0]
    entries = [{"id": one["id"], "description": "x"}, {"endpoint_name": one["endpoint_name"], "description": "x"}]
    step = run("devices", devices=[*entries, entries[0]])
    assert (told(step), len(step.writes)) == ((True, [one["id"]], 0), 1)


def test_check_mode_does_not_need_a_group_that_a_task_before_makes(run: Any, fleet: list[dict[str, Any]]) -> None:
    ids = [device["id"] for device in fleet[:2]]
    step = run("devices", check=True, device_ids=ids, groups=["new"], membership="add")
    assert told(step) == (True, ids, 0)
    assert step.result["warnings"] == ["There is no device group 'new' yet."]
    assert step.result["diff"] == {"prepared": f'groups: none -> "new" on 2 devices: {ids[0]}, {ids[1]}\n'}
    # A task that fails warns as well.
    step = run("devices", check=True, device_ids=["0" * 32], groups=["new"])
    assert (step.failed, step.result["warnings"]) == (True, ["There is no device group 'new' yet."])
    assert "warnings" not in json.loads(step.output)


def test_each_device_fails_by_itself(run: Any, simulator: Simulator, client: Any, fleet: list[dict[str, Any]]) -> None:
    """What is known before anything is sent, and what the service refuses; and all of it is the input of the next run."""
    ids = [device["id"] for device in fleet[:20]]
    unknown = "0" * 32
    simulator.patch("devices", ids[1], name="twin")
    simulator.patch("devices", ids[2], name="twin")
    simulator.patch("devices", ids[3], custom_attributes=dict.fromkeys("bcdef", "1"))
    entries = [
        {"id": unknown, "name": "nobody"},
        {"name": "twin"},
        {"endpoint_name": "nobody either"},
        *({"id": one, "custom_attributes": {"a": number}} for number, one in enumerate(ids[3:])),
        {"id": ids[0], "endpoint_name": "another"},
    ]
    options = {"devices": entries, "description": "new", "purge": False, "concurrency": 4}
    foretold = run("devices", check=True, **options)
    simulator.faults(method="PUT", path=f"{DEVICES}{ids[7]}/", status=500)
    simulator.faults(method="PUT", path=f"{DEVICES}{ids[8]}/", status=400)
    real = run("devices", **options)

    told_before = [
        {"id": unknown, "name": "nobody", "description": "new", "msg": f"There is no device with the id '{unknown}'."},
        {
            "name": "twin",
            "description": "new",
            "msg": f"2 devices have the name 'twin': {ids[1]}, {ids[2]}. Give the id of the one you mean.",
        },
        {
            "endpoint_name": "nobody either",
            "description": "new",
            "msg": "There is no device with the endpoint_name 'nobody either'.",
        },
        {
            "id": ids[3],
            "custom_attributes": {"a": 0},
            "description": "new",
            "msg": "custom_attributes would have 6 entries (a, b, c, d, e, f); the service takes at most 5. Remove some by giving them "
            "as null, or set purge.",
        },
    ]
    fixed = {
        "id": ids[0],
        "endpoint_name": "another",
        "description": "new",
        "msg": f"The device {ids[0]} cannot be changed so: endpoint_name is {fleet[0]['endpoint_name']!r}, wanted 'another'. This can be "
        "set only when it is created; delete it and create it anew if you mean it.",
    }

    def plain(entry: dict[str, Any]) -> dict[str, Any]:
        """Without what a device is not told for, and with the purge that the task named."""
        return {name: value for name, value in entry.items() if name != "purge"}

    assert [plain(entry) for entry in foretold.result["failed_devices"]] == [*told_before, fixed]
    assert (foretold.changed, foretold.result["changed_devices"], foretold.writes) == (True, ids[4:], [])
    assert foretold.msg == f"5 of 21 devices failed; the first: {unknown}: There is no device with the id '{unknown}'."

    *before, broken, refused, last = real.result["failed_devices"]
    assert ([plain(entry) for entry in before], plain(last)) == (told_before, fixed)
    assert broken == {
        "id": ids[7],
        "custom_attributes": {"a": 4},
        "description": "new",
        "msg": f"PUT {DEVICES}{ids[7]}/ failed with HTTP 500 internal_server_error: A fault was asked for. "
        f"(request id {broken['request_id']}) It is not known whether the service carried the request out.",
        "status": 500,
        "type": "internal_server_error",
        "fields": [],
        "request_id": broken["request_id"],
    }
    assert (refused["id"], refused["status"]) == (ids[8], 400)
    assert real.result["changed_devices"] == [one for one in ids[4:] if one not in ids[7:9]]
    assert len(real.writes) == len(ids[4:])

    # As it is, the list of those that failed is what the next run is given.
    simulator.clear_faults()
    again = run("devices", devices=real.result["failed_devices"])
    assert again.result["changed_devices"] == ids[7:9]
    assert again.result["failed_devices"] == [*before, last]
    held = {device["id"]: device for device in client.list(DEVICES, limit=20)}
    assert all(
        held[one]["description"] == "new" and held[one]["custom_attributes"]["a"] == str(number + 1) for number, one in enumerate(ids[4:])
    )


def test_a_failure_half_way_is_told_and_made_good(run: Any, simulator: Simulator, free: list[dict[str, Any]]) -> None:
    device = free[0]
    options = {"device_ids": [device["id"]], "description": "new", "groups": ["pilot"], "membership": "add"}
    simulator.faults(method="POST", path="/devices/add/", status=500, count=1)
    step = run("devices", **options)
    (entry,) = step.result["failed_devices"]
    assert (step.changed, step.result["changed_devices"]) == (True, [])
    assert {name: entry[name] for name in ("id", "description", "groups", "membership", "status")} == {
        "id": device["id"],
        "description": "new",
        "groups": ["pilot"],
        "membership": "add",
        "status": 500,
    }
    again = run("devices", devices=[entry])
    assert (again.changed, [write[0] for write in again.writes]) == (True, ["POST"])
    assert run("devices", **options).changed is False


def test_too_many_failures_stop_the_rest(run: Any, simulator: Simulator, fleet: list[dict[str, Any]]) -> None:
    ids = [device["id"] for device in fleet[:100]]
    left = "It was not tried any more, since max_failures was reached."
    options = {"device_ids": ["0" * 32, *ids], "description": "new", "concurrency": 2}
    # What is known before counts: when that is too much, nothing is sent.
    for check in (True, False):
        step = run("devices", check=check, max_failures="1", **options)
        assert (step.changed, step.writes) == (False, [])
        assert [entry["msg"] for entry in step.result["failed_devices"]] == [f"There is no device with the id '{'0' * 32}'.", *[left] * 100]
    # Wherever it stands, the message names what it was that failed, not what was left alone because of that.
    step = run("devices", max_failures="1", **{**options, "device_ids": [*ids, "0" * 32]})
    assert step.msg == f"101 of 101 devices failed; the first: {'0' * 32}: There is no device with the id '{'0' * 32}'."
    assert [entry["id"] for entry in step.result["failed_devices"]] == [*ids, "0" * 32]
    simulator.faults(method="PUT", status=400, skip=10, count=100)
    # Three of a hundred and one, one of which is known before.
    step = run("devices", max_failures="2.9%", **options)
    failed = step.result["failed_devices"]
    assert [entry["status"] for entry in failed if "status" in entry][:2] == [400, 400]
    assert len([entry for entry in failed if "status" in entry]) <= 3
    assert len(step.writes) <= 13
    assert sorted([*step.result["changed_devices"], *(entry["id"] for entry in failed[1:])]) == ids
    assert {entry["msg"] for entry in failed[1:] if "status" not in entry} == {left}
    simulator.clear_faults()
    again = run("devices", devices=failed)
    assert again.result["changed_devices"] == [entry["id"] for entry in failed[1:]]


def test_a_refused_key_stops_the_rest(run: Any, simulator: Simulator, fleet: list[dict[str, Any]]) -> None:
    simulator.faults(method="PUT", status=403, skip=10, count=1)
    # The refusal comes at once; the calls beside it and after it end long after it was heard.
    simulator.faults(method="PUT", delay_ms=2000, skip=9, count=2)
    step = run("devices", device_ids=[device["id"] for device in fleet], description="new", concurrency=2)
    assert len(step.writes) <= 12
    assert len(step.result["failed_devices"]) == 300 - len(step.result["changed_devices"])
    assert step.result["failed_devices"][-1]["msg"] == "It was not tried any more, since the key was refused."


def test_an_interrupted_task_tells_what_is_known(
    run: Any, simulator: Simulator, fleet: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    send, sent = collection.util("resource").Call.send, itertools.count(1)
    interrupt, heard = collection.util("bulk")._Run.interrupt, threading.Event()

    def interrupted(call: Any, *arguments: Any) -> Any:
        number = next(sent)
        if number == 20:
            os.kill(os.getpid(), signal.SIGINT)
        if number >= 20:
            # The main thread handles it when it gets its turn.
            heard.wait(60)
        return send(call, *arguments)

    def hear(run: Any, *arguments: Any) -> None:
        interrupt(run, *arguments)
        heard.set()

    monkeypatch.setattr(collection.util("resource").Call, "send", interrupted)
    monkeypatch.setattr(collection.util("bulk")._Run, "interrupt", hear)
    ids = [device["id"] for device in fleet]
    step = run("devices", device_ids=ids, description="new", concurrency=4)
    failed = step.result["failed_devices"]
    assert {entry["msg"] for entry in failed} == {"It was not tried any more, since it was interrupted."}
    # What was under way is still completed, and nothing further is begun.
    assert 20 <= len(step.writes) <= 23
    assert sorted(write[1].split("/")[3] for write in step.writes) == sorted(step.result["changed_devices"])
    assert sorted([*step.result["changed_devices"], *(entry["id"] for entry in failed)]) == sorted(ids)
    again = run("devices", devices=failed, concurrency=16)
    assert again.result["changed_devices"] == [entry["id"] for entry in failed]
    assert run("devices", device_ids=ids, description="new").changed is False


def test_a_listing_that_breaks_off_changes_nothing(run: Any, simulator: Simulator, fleet: list[dict[str, Any]]) -> None:
    simulator.faults(method="GET", path=DEVICES, status=400, skip=1)
    step = run("devices", device_ids=[device["id"] for device in fleet], description="new", concurrency=1)
    assert step.msg.startswith(f"GET {DEVICES} failed with HTTP 400")
    assert step.writes == []


def test_the_summary_counts_and_the_whole_tells(run: Any, simulator: Simulator, free: list[dict[str, Any]], groups: dict[str, str]) -> None:
    ids = [device["id"] for device in free[:12]]
    for number, one in enumerate(ids):
        simulator.patch("devices", one, name=f"pump-{number}", description="", custom_attributes={"ring": "0" if number < 8 else "1"})
    entries = [{"id": one, "name": f"Pump {number}"} for number, one in enumerate(ids)]
    options = {"devices": entries, "custom_attributes": {"ring": 2}, "description": "d" * 100, "groups": ["pilot"]}
    short = run("devices", check=True, **options).result["diff"]["prepared"]
    named = [f'name: "pump-{number}" -> "Pump {number}" on 1 device: {one}' for number, one in enumerate(ids)]
    assert short.splitlines() == [
        *named[:10],
        "name: 2 more changes on 2 devices",
        f'description: "" -> "{"d" * 56}... on 12 devices: {", ".join(ids[:3])} and 9 more',
        f'custom_attributes.ring: "0" -> "2" on 8 devices: {", ".join(ids[:3])} and 5 more',
        f'custom_attributes.ring: "1" -> "2" on 4 devices: {", ".join(ids[8:11])} and 1 more',
        f'groups: none -> "pilot" on 12 devices: {", ".join(ids[:3])} and 9 more',
    ]
    whole = run("devices", full=True, **options).result["diff"]
    assert [(entry["before_header"], entry["after_header"]) for entry in whole] == [(one, one) for one in ids]
    sides = {"name": "pump-0", "description": "", "custom_attributes": {"ring": "0"}, "groups": []}
    assert whole[0]["before"] == sides
    sides = {"name": "Pump 0", "description": "d" * 100, "custom_attributes": {"ring": "2"}, "groups": [groups["pilot"]]}
    assert whole[0]["after"] == sides
    assert run("devices", full=True, **options).result["diff"] == []


def test_one_task_for_the_devices_of_a_play(play: Any, tmp_path: Path, fleet: list[dict[str, Any]]) -> None:
    """`serial` and `--limit` choose which."""
    hosts = {f"device-{number}": {"pelion_id": device["id"]} for number, device in enumerate(fleet[:7])}
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    task = {
        "devices": {
            "device_ids": "{{ ansible_play_batch | map('extract', hostvars, 'pelion_id') }}",
            "custom_attributes": {"batch": "{{ ansible_play_batch | length }}"},
            "purge": True,
        },
        "run_once": True,
    }
    names = list(hosts)
    played = play({"mark": task}, "-i", str(inventory), "--limit", ",".join(names[:5]), hosts="all:!localhost")
    assert sorted(played["mark"].result["changed_devices"]) == sorted(hosts[name]["pelion_id"] for name in names[:5])
    assert {write[2]["custom_attributes"]["batch"] for write in played["mark"].writes} == {"5"}


# -- the law of check mode

TEXTS = ("", "a", "b", "Ærø", "x,y")
ATTRIBUTES = st.dictionaries(st.sampled_from(("site", "floor", "a b")), st.sampled_from(("", "1", 2, True, None)), max_size=3)
FIELDS: dict[str, Any] = {
    "description": st.sampled_from(TEXTS),
    "custom_attributes": ATTRIBUTES,
    "endpoint_type": st.sampled_from(("", "pump")),
    "groups": st.lists(st.sampled_from(("pilot", "gateways", "empty")), unique=True, max_size=2),
    "purge": st.booleans(),
    "membership": st.sampled_from(("exact", "add", "remove")),
    "state": st.sampled_from(("present", "present", "suspended", "active", "absent")),
}
OPTIONS = st.fixed_dictionaries({}, optional=FIELDS)
ENTRIES = st.lists(
    st.tuples(st.integers(0, 7), st.sampled_from(("id", "endpoint_name", "name")), OPTIONS, st.sampled_from(TEXTS)), max_size=6
)


@given(common=OPTIONS, entries=ENTRIES, way=st.sampled_from(("devices", "devices", "device_ids", "filters")), width=st.integers(1, 4))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_check_mode_foretells_the_real_run(
    simulator: Simulator, client: Any, common: dict[str, Any], entries: list[Any], way: str, width: int
) -> None:
    """Whatever is there and whatever is asked for: what is foretold is done, nothing else, and a second run does nothing."""
    states, bulk_error = collection.util("device_states"), collection.util("bulk").BulkError
    refusal = collection.util("resource").ResourceError
    declared = collection.declared("devices")
    spec = declared.argument_spec
    simulator.reset()
    # Devices that are suspended or resumed disconnect and connect only later.
    simulator.clock(rate=0)
    there = list(client.list(DEVICES, limit=7))
    params = {name: option.get("default") for name, option in spec.items()}
    params.update({name: value for name, value in common.items() if name in spec})
    params.update(concurrency=width, full=True)

    def entry(number: int, key: str, options: dict[str, Any], name: str) -> dict[str, Any]:
        blank = dict.fromkeys(spec["devices"]["options"])
        # The last of them is not there.
        named = {"id": "0" * 32, "endpoint_name": "nobody", "name": "nobody"} if number == 7 else there[number]
        return {**blank, **options, **({"name": name} if key != "name" else {}), key: named[key]}

    if way == "devices":
        params["devices"] = [entry(*given) for given in entries]
    elif way == "device_ids":
        params["device_ids"] = ["0" * 32 if number == 7 else there[number]["id"] for number, *_rest in entries]
    else:
        params["filters"] = {"id": [device["id"] for device in there[:3]]}

    def attempt(dry_run: bool) -> Any:
        try:
            return states.ensure(client, declared.recipe, params, dry_run=dry_run)
        except bulk_error as error:
            return {**error.result, "told": str(error)}
        except refusal as error:
            return str(error)

    def held() -> dict[str, Any]:
        return {device["id"]: {**device, "groups": sorted(device["groups"])} for device in client.list(DEVICES, limit=7)}

    before = held()
    foretold = attempt(True)
    assert held() == before
    real = attempt(False)
    after = held()
    if isinstance(foretold, str):
        assert (real, after) == (foretold, before)
        return
    # Devices in production cannot be deleted, which only the service says.
    refused = [failed["id"] for failed in real.get("failed_devices", ()) if failed.get("status") == 400]
    production = [device["id"] for device in there if device["device_execution_mode"] == 5]
    assert set(refused) <= set(production)
    assert [one for one in foretold["changed_devices"] if one not in refused] == real["changed_devices"]
    assert [diff for diff in foretold["diff"] if diff["before_header"] not in refused] == real["diff"]
    assert foretold["unchanged_devices"] == real["unchanged_devices"]
    if not refused:
        assert foretold == real
    touched = {one for one in {*before, *after} if before.get(one) != after.get(one) and one in {device["id"] for device in there}}
    assert touched == set(real["changed_devices"])
    for diff in real["diff"]:
        for name, value in diff["after"].items():
            now = after[diff["before_header"]].get(name)
            assert now == (sorted(value) if name == "groups" else value)
    again = attempt(False)
    assert (again["changed"], again["changed_devices"], again["diff"]) == (False, [], [])
    assert held() == after
