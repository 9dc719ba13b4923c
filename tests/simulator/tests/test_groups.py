# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Device groups and their members."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator_helpers import Api, Local

from pelion_simulator.process import Simulator

UNKNOWN = "0123456789abcdef0123456789abcdef"


def test_names_are_unique_on_creation(api: Api) -> None:
    first = api.post("/v3/device-groups/", {"name": "one"})
    assert set(api.refused(409, "duplicate", "POST", "/v3/device-groups/", json={"name": "one"})) == {"name"}
    api.post("/v3/device-groups/", {"name": "One"})
    api.post("/v3/device-groups/", {})
    api.post("/v3/device-groups/", {})
    assert api.send("DELETE", f"/v3/device-groups/{first['id']}/").status_code == 204
    api.post("/v3/device-groups/", {"name": "one"})


def test_unknown_members(api: Api) -> None:
    group = api.post("/v3/device-groups/", {"name": "g"})["id"]
    device = api.get("/v3/devices/?limit=2")["data"][0]["id"]
    for action in ("add", "remove"):
        path = f"/v3/device-groups/{group}/devices/{action}/"
        for body in ({"device_id": UNKNOWN}, {"device_id": "x"}, {"device_id": 1}, {"device_id": None}, {}):
            assert set(api.refused(400, "validation_error", "POST", path, json=body)) == {"device_id"}
        assert set(api.refused(400, "validation_error", "POST", path, json={"device_id": device, "all": True})) == {"all"}
        api.refused(404, "not_found", "POST", f"/v3/device-groups/{UNKNOWN}/devices/{action}/", json={"device_id": device})
    api.refused(404, "not_found", "GET", f"/v3/device-groups/{UNKNOWN}/devices/")
    assert api.get(f"/v3/device-groups/{group}/")["devices_count"] == 0


def test_members_are_filtered_and_paged_like_devices(api: Api) -> None:
    group = api.post("/v3/device-groups/", {"name": "g"})["id"]
    devices = api.get("/v3/devices/?limit=9")["data"]
    for device in devices[::-1]:
        api.post(f"/v3/device-groups/{group}/devices/add/", {"device_id": device["id"]})
    path = f"/v3/device-groups/{group}/devices/"
    ids = [device["id"] for device in devices]
    page = api.get(path + "?limit=4&include=total_count")
    assert (page["total_count"], page["has_more"], [one["id"] for one in page["data"]]) == (9, True, ids[:4])
    assert [one["id"] for one in api.get(f"{path}?after={ids[3]}")["data"]] == ids[4:]
    assert [one["id"] for one in api.get(f"{path}?order=DESC")["data"]] == ids[::-1]
    state = devices[0]["state"]
    expected = [device["id"] for device in devices if device["state"] == state]
    assert [one["id"] for one in api.get(f"{path}?state__eq={state}")["data"]] == expected
    assert [one["id"] for one in api.get(f"{path}?filter=state%3D{state}")["data"]] == expected
    site = next(device["custom_attributes"]["site"] for device in devices if "site" in device["custom_attributes"])
    expected = [device["id"] for device in devices if device["custom_attributes"].get("site") == site]
    assert [one["id"] for one in api.get(f"{path}?filter=custom_attributes__site%3D{site}")["data"]] == expected


def test_membership_is_the_same_from_every_side(local: Local) -> None:
    def new_device() -> str:
        return str(local.send("POST", "/v3/devices", body={"device_execution_mode": 1})[1]["id"])

    steps = st.tuples(st.sampled_from(["add", "remove", "drop group", "drop device"]), st.integers(0, 1), st.integers(0, 2))

    @settings(max_examples=40, deadline=None)
    @given(st.lists(steps, max_size=12))
    def walk(taken: list[tuple[str, int, int]]) -> None:
        groups = [local.send("POST", "/v3/device-groups", body={})[1]["id"] for _time in range(2)]
        devices = [new_device() for _time in range(3)]
        members: dict[str, set[str]] = {group: set() for group in groups}
        for step, which, number in taken:
            group, device = groups[which], devices[number]
            if step == "drop group":
                assert local.send("DELETE", f"/v3/device-groups/{group}")[0] == (204 if group in members else 404)
                members.pop(group, None)
            elif step == "drop device":
                assert local.send("DELETE", f"/v3/devices/{device}") == (204, None)
                for inside in members.values():
                    inside.discard(device)
                devices[number] = new_device()
            elif group in members:
                assert local.send("POST", f"/v3/device-groups/{group}/devices/{step}", body={"device_id": device}) == (204, None)
                (members[group].add if step == "add" else members[group].discard)(device)
            for group, inside in members.items():
                assert local.send("GET", f"/v3/device-groups/{group}")[1]["devices_count"] == len(inside)
                listed = local.send("GET", f"/v3/device-groups/{group}/devices")[1]["data"]
                assert [one["id"] for one in listed] == sorted(inside)
            for device in devices:
                named = local.send("GET", f"/v3/devices/{device}")[1]["groups"]
                assert sorted(named) == sorted(group for group, inside in members.items() if device in inside)

    walk()


def test_repeating_changes_nothing(api: Api) -> None:
    group = api.post("/v3/device-groups/", {"name": "g"})["id"]
    device = api.get("/v3/devices/?limit=2")["data"][0]["id"]
    for action, count in (("add", 1), ("add", 1), ("remove", 0), ("remove", 0)):
        api.post(f"/v3/device-groups/{group}/devices/{action}/", {"device_id": device})
        assert api.get(f"/v3/device-groups/{group}/")["devices_count"] == count


@pytest.mark.parametrize("member", [False, True])
@pytest.mark.parametrize("group", [False, True])
def test_what_a_change_of_membership_is_a_change_of(simulator: Simulator, api: Api, member: bool, group: bool) -> None:
    """No document says it, so either may be had; the number of devices follows in any case."""
    simulator.settings(membership_touches_member=member, membership_touches_group=group)
    made = api.post("/v3/device-groups/", {"name": "g"})["id"]
    path = f"/v3/device-groups/{made}/"
    device = f"/v3/devices/{api.get('/v3/devices/?limit=2')['data'][0]['id']}/"
    for action, count in (("add", 1), ("remove", 0), ("add", 1)):
        before, owner = api.get(device), api.get(path)
        api.post(f"{path}devices/{action}/", {"device_id": before["id"]})
        after, changed = api.get(device), api.get(path)
        assert (after["updated_at"] > before["updated_at"], after["etag"] > before["etag"]) == (member, member)
        assert (changed["updated_at"] > owner["updated_at"], changed["etag"] > owner["etag"]) == (group, group)
        assert after | {name: before[name] for name in ("updated_at", "etag", "groups")} == before
        assert changed["devices_count"] == count
    assert api.send("DELETE", path).status_code == 204
    assert (api.get(device)["updated_at"] > after["updated_at"]) == member


def test_a_member_made_odd_does_no_harm(simulator: Simulator, api: Api) -> None:
    group = api.post("/v3/device-groups/", {"name": "g"})["id"]
    device = api.post("/v3/devices/", {"device_execution_mode": 1})["id"]
    simulator.patch("devices", device, groups=None)
    api.post(f"/v3/device-groups/{group}/devices/add/", {"device_id": device})
    simulator.patch("devices", device, groups=[group, UNKNOWN, 7])
    assert api.get(f"/v3/device-groups/{group}/")["devices_count"] == 1
    assert api.send("DELETE", f"/v3/devices/{device}/").status_code == 204
    assert api.get(f"/v3/device-groups/{group}/")["devices_count"] == 0
