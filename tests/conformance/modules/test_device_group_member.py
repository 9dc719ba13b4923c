# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members of device groups: many devices in one task, by id and by filter, also when some of them fail."""

from __future__ import annotations

from typing import Any

import pytest
from pelion_simulator.process import Simulator

DEVICES = "/v3/devices/"


@pytest.fixture
def groups(client: Any) -> dict[str, str]:
    """The ids of the groups by name. The group `empty` has no members."""
    return {group["name"]: group["id"] for group in client.list("/v3/device-groups/")}


def members(client: Any, group: str) -> set[str]:
    return {device["id"] for device in client.list(f"/v3/device-groups/{group}/devices/")}


def task(state: str = "present", **options: Any) -> dict[str, Any]:
    return {"device_group_member": {"device_group": "empty", "state": state, **options}}


def writes(group: str, action: str, ids: list[str]) -> list[tuple[str, str, dict[str, str]]]:
    return [("POST", f"/v3/device-groups/{group}/devices/{action}/", {"device_id": identity}) for identity in sorted(ids)]


def sorted_writes(step: Any) -> list[Any]:
    return sorted(step.writes, key=lambda write: (write[0], write[1], write[2]["device_id"]))


def test_members_by_id(play: Any, simulator: Simulator, client: Any, fleet: list[dict[str, Any]], groups: dict[str, str]) -> None:
    ids = [device["id"] for device in fleet]
    group, some, kept, fresh = groups["empty"], ids[:130], ids[:50], ids[200:205]
    # The first ones take so long that they do overlap.
    simulator.faults(method="POST", path="/devices/add/", delay_ms=2000, count=3)
    played = play(
        {
            "check present": {**task(device_ids=some, concurrency=3), "check_mode": True},
            "present": task(device_ids=[*some, *some[:3]], concurrency=3),
            "repeat present": task(device_ids=some),
            "absent": task("absent", device_ids=[*some[120:], ids[250], "0" * 32], concurrency=3),
            "repeat absent": task("absent", device_ids=some[120:]),
            "check exact": {**task("exact", device_ids=[*fresh, *kept]), "check_mode": True},
            "exact": task("exact", device_ids=[*fresh, *kept], concurrency=2),
            "repeat exact": task("exact", device_ids=[*fresh, *kept]),
            "empty": {"device_group_member": {"device_group_id": group, "state": "exact", "device_ids": [], "concurrency": 3}},
            "repeat empty": task("exact", device_ids=[]),
        }
    )
    removed = [identity for identity in some[:120] if identity not in kept]
    assert {
        name: (step.changed, step.result["added"], step.result["removed"], step.result["unchanged"]) for name, step in played.steps.items()
    } == {
        "check present": (True, some, [], 0),
        "present": (True, some, [], 0),
        "repeat present": (False, [], [], 130),
        "absent": (True, [], some[120:], 1),
        "repeat absent": (False, [], [], 10),
        "check exact": (True, fresh, removed, 50),
        "exact": (True, fresh, removed, 50),
        "repeat exact": (False, [], [], 55),
        "empty": (True, [], sorted([*kept, *fresh]), 0),
        "repeat empty": (False, [], [], 0),
    }
    assert {name: sorted_writes(step) for name, step in played.steps.items() if step.writes} == {
        "present": writes(group, "add", some),
        "absent": writes(group, "remove", some[120:]),
        "exact": writes(group, "add", fresh) + writes(group, "remove", removed),
        "empty": writes(group, "remove", [*kept, *fresh]),
    }
    # What check mode foretells is what is done.
    for stage in ("present", "exact"):
        assert played[f"check {stage}"].result["diff"] == played[stage].result["diff"]
    assert played["exact"].result["diff"] == {"before": {"members": sorted(removed)}, "after": {"members": sorted(fresh)}}
    assert all(step.result["device_group_id"] == group for step in played.steps.values())
    assert members(client, group) == set()

    # 130 ids make too long an address, so they are asked for in parts; nothing is asked for twice, and never one by one.
    listings = [sent for sent in played["present"].sent if sent.path == DEVICES]
    assert len(listings) == 2
    assert sorted(identity for sent in listings for identity in sent.query["id__in"].split(",")) == some
    assert all(len(f"{simulator.url}{DEVICES}?id__in={sent.query['id__in']}&limit=1000") < 4096 for sent in listings)
    assert simulator.max_in_flight() == 3


def test_members_by_filter(runs: Any, client: Any, fleet: list[dict[str, Any]], groups: dict[str, str]) -> None:
    group = groups["empty"]

    def having(**wanted: Any) -> list[str]:
        return [device["id"] for device in fleet if all(device[field] == value for field, value in wanted.items())]

    thermo, meters = having(device_class="thermo-a1"), having(device_class="meter-e3")
    in_oslo = [device["id"] for device in fleet if device["custom_attributes"].get("site") == "oslo"]
    both = [identity for identity in thermo if identity in in_oslo]
    played = runs(
        {
            "present": task(filters={"device_class": "thermo-a1"}),
            "more": task(filters={"device_class": ["thermo-a1", "meter-e3"]}),
            "absent": task("absent", filters={"device_class": {"eq": "thermo-a1"}, "custom_attributes": {"site": "oslo"}}),
            "exact": task("exact", filters={"device_class": "meter-e3", "id": {"nin": meters[:2]}}),
            "repeat exact": task("exact", filters={"device_class": "meter-e3", "id": {"nin": meters[:2]}}),
            "nothing": task(filters={"device_class": "no such class"}),
        }
    )
    assert {name: (step.changed, set(step.result["added"]), set(step.result["removed"])) for name, step in played.steps.items()} == {
        "present": (True, set(thermo), set()),
        "more": (True, set(meters), set()),
        "absent": (True, set(), set(both)),
        "exact": (True, set(), {*meters[:2], *thermo} - set(both)),
        "repeat exact": (False, set(), set()),
        "nothing": (False, set(), set()),
    }
    assert members(client, group) == set(meters[2:])


def test_what_cannot_be_is_refused_before_anything_is_sent(
    runs: Any, client: Any, fleet: list[dict[str, Any]], groups: dict[str, str]
) -> None:
    known = fleet[0]["id"]
    unknown = [f"{number:032x}" for number in range(12)]
    played = runs(
        {
            "unknown ids exact": task("exact", device_ids=[*unknown, known]),
            "no id": task(device_ids=["pump-17"]),
            "empty filters": task(filters={}),
            "filters of nothing": {"device_group_member": {"device_group": "pilot", "state": "exact", "filters": {"state": "no state"}}},
            "unknown filter": task(filters={"colour": "red"}),
            "unknown group": {"device_group_member": {"device_group": "none such", "device_ids": [known]}},
            "unknown group id": {"device_group_member": {"device_group_id": "0" * 32, "device_ids": [known]}, "check_mode": True},
            "empty group": {"device_group_member": {"device_group": "", "device_ids": [known]}},
            "empty group id": {"device_group_member": {"device_group_id": "", "device_ids": [known]}},
            "side by side": task(device_ids=[known], concurrency=0),
            "failures": task(device_ids=[known], max_failures="some"),
            "two ways": task(device_ids=[known], filters={"state": "registered"}),
            "no way": task(),
        }
    )
    messages = played.values("msg")
    allowed = messages.pop("unknown filter")
    assert allowed.startswith("Unknown filter field 'colour'; this list can be filtered by: account_id, auto_update, ")
    assert messages == {
        "unknown ids exact": f"There are no devices with these ids: {', '.join(unknown[:10])} and 2 more. Nothing was changed.",
        "no id": "'pump-17' is no id of a device: an id is 32 hexadecimal digits in lower case.",
        "empty filters": "filters is empty, which would mean every device of the account. Name at least one condition.",
        "filters of nothing": (
            "The filters match no device, which would empty the group. Give device_ids as an empty list if you mean that."
        ),
        "unknown group": "There is no device group none such.",
        "unknown group id": f"There is no device group {'0' * 32}.",
        "empty group": "Which device group? Give device_group or device_group_id; it is empty.",
        "empty group id": "Which device group? Give device_group or device_group_id; it is empty.",
        "side by side": "concurrency must be 1 to 64, not 0.",
        "failures": "max_failures must be a number such as 5 or a percentage such as 10%, not 'some'.",
        "two ways": "parameters are mutually exclusive: device_ids|filters",
        "no way": "one of the following is required: device_ids, filters",
    }
    assert {name: step.writes for name, step in played.steps.items() if step.writes} == {}
    assert len(members(client, groups["pilot"])) == 50


def test_check_mode_does_not_need_a_group_that_a_task_before_makes(play: Any, fleet: list[dict[str, Any]]) -> None:
    ids = [device["id"] for device in fleet[:3]]
    options = {"device_group": "new", "device_ids": ids, "state": "exact"}
    played = play({"group": {"device_group": {"name": "new"}}, "members": {"device_group_member": options}}, "--check")
    step = played["members"]
    assert not step.failed, step.result
    assert (step.changed, step.result["added"], step.result["device_group_id"], step.writes) == (True, ids, None, [])
    assert "There is no device group new yet. Check mode shows what a new one would hold." in " ".join(played.output.split())


def test_failures_half_way_lose_nothing(
    runs: Any, simulator: Simulator, client: Any, fleet: list[dict[str, Any]], groups: dict[str, str]
) -> None:
    group = groups["empty"]
    ids = [device["id"] for device in fleet[:40]]
    simulator.faults(method="POST", path="/devices/add/", status=500, skip=5, count=3)
    # Carried out, but the answer is lost.
    simulator.faults(method="POST", path="/devices/add/", reset=True, carry_out=True, skip=12, count=1)
    played = runs({"add": task(device_ids=ids), "again": task(device_ids=ids), "and again": task(device_ids=ids)})
    add, again = played["add"], played["again"]
    result = add.result
    failed = {entry["id"]: entry for entry in result["failed_devices"]}
    assert len(failed) == 4
    assert sorted([*result["added"], *failed]) == ids
    assert (add.changed, result["removed"], result["unchanged"], result["device_group_id"]) == (True, [], 0, group)
    assert len(add.writes) == len(ids), "a request that may have been carried out is not repeated"
    refused = [entry for entry in failed.values() if "status" in entry]
    assert len(refused) == 3
    for entry in refused:
        assert entry["msg"] == (
            f"POST /v3/device-groups/{group}/devices/add/ failed with HTTP 500 internal_server_error: A fault was asked for. "
            f"(request id {entry['request_id']}) It is not known whether the service carried the request out."
        )
        assert (entry["status"], entry["type"], entry["fields"]) == (500, "internal_server_error", [])
    (lost,) = (entry for entry in failed.values() if "status" not in entry)
    assert "It is not known whether the service carried the request out." in lost["msg"]
    first = result["failed_devices"][0]
    assert add.msg == f"4 of 40 devices failed; the first: {first['id']}: {first['msg']}"

    # Whatever was said to be in doubt is settled by running it again.
    assert set(again.result["added"]) == {entry["id"] for entry in refused}
    assert (again.failed, played["and again"].changed) == (False, False)
    assert members(client, group) == set(ids)


def test_a_device_that_is_not_there_fails_alone(
    runs: Any, simulator: Simulator, client: Any, fleet: list[dict[str, Any]], groups: dict[str, str]
) -> None:
    ids = [device["id"] for device in fleet[:20]]
    unknown = [f"{number:032x}" for number in range(3)]
    asked = [unknown[0], *ids, *unknown[1:]]
    played = runs(
        {
            "check too many": {**task(device_ids=asked, max_failures="3"), "check_mode": True},
            "too many": task(device_ids=asked, max_failures="3"),
            "check": {**task(device_ids=asked, max_failures="20%"), "check_mode": True},
            "real": task(device_ids=asked, max_failures="20%"),
            "absent": task("absent", device_ids=unknown),
        }
    )
    missing = [{"id": identity, "msg": f"There is no device with the id '{identity}'."} for identity in unknown]
    for name in ("check too many", "too many"):
        result = played[name].result
        reason = "It was not tried any more, since max_failures was reached."
        assert result["failed_devices"] == [*missing, *({"id": identity, "msg": reason} for identity in ids)]
        assert (result["changed"], result["added"], played[name].writes) == (False, [], [])
        assert played[name].msg == f"23 of 23 devices failed; the first: {unknown[0]}: {missing[0]['msg']}"
    for name in ("check", "real"):
        result = played[name].result
        assert (result["changed"], result["added"], result["failed_devices"]) == (True, ids, missing)
        assert played[name].msg == f"3 of 23 devices failed; the first: {unknown[0]}: {missing[0]['msg']}"
    assert played["absent"].changed is False
    assert members(client, groups["empty"]) == set(ids)


def test_a_refused_key_stops_the_rest(
    runs: Any, simulator: Simulator, client: Any, fleet: list[dict[str, Any]], groups: dict[str, str]
) -> None:
    ids = [device["id"] for device in fleet[:40]]
    simulator.faults(method="POST", path="/devices/add/", status=403, skip=10, count=1)
    # The refusal comes at once; the calls beside it and after it end long after it was heard.
    simulator.faults(method="POST", path="/devices/add/", delay_ms=2000, skip=9, count=2)
    played = runs({"add": task(device_ids=ids, concurrency=2), "again": task(device_ids=ids)})
    result = played["add"].result
    (refused,) = (entry for entry in result["failed_devices"] if "status" in entry)
    left = [entry for entry in result["failed_devices"] if entry is not refused]
    assert refused["status"] == 403
    assert {entry["msg"] for entry in left} == {"It was not tried any more, since the key was refused."}
    # What was under way is still completed.
    assert len(result["added"]) <= 11
    assert sorted([*result["added"], *(entry["id"] for entry in result["failed_devices"])]) == ids
    assert sorted(write[2]["device_id"] for write in played["add"].writes) == sorted([*result["added"], refused["id"]])
    first = result["failed_devices"][0]
    assert played["add"].msg == f"{len(left) + 1} of 40 devices failed; the first: {first['id']}: {first['msg']}"
    assert played["again"].result["added"] == [entry["id"] for entry in result["failed_devices"]]
    assert members(client, groups["empty"]) == set(ids)
