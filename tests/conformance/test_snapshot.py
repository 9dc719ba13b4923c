# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet that changes, on the simulator: what a refresh gives is what reading all gives, byte for byte, and few requests give it."""

from __future__ import annotations

import calendar
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from collection import util
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pelion_simulator.process import Simulator

ranges, resource, snapshot = util("ranges"), util("resource"), util("snapshot")
directory = util("resources.directory")
FILTER = {"endpoint_type": {"neq": "MBED_GW"}}


class Fleet:
    """The devices that are no gateways, as a source, with the groups that they are members of."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.client = util("client").Client(
            util("settings").resolve({"api_url": simulator.url, "api_key": simulator.api_key, "ca_path": simulator.ca_file}, {})
        )
        self.source = snapshot.Listed(self.client, directory.DEVICE, {}, directory.DEVICE.conditions(FILTER))

    def groups(self) -> list[Any]:
        return list(resource.listing(self.client, directory.DEVICE_GROUP, {}))

    def of(self, identity: str) -> Iterator[Any]:
        params = {"device_group_id": identity}
        return ranges.listing(self.client, directory.DEVICE_GROUP_DEVICE, params, concurrency=4, fields=["id", "groups"])

    def now(self) -> float:
        """By a clock that goes like that of the service."""
        return float(calendar.timegm(time.strptime(self.simulator.clock()[:19], "%Y-%m-%dT%H:%M:%S")) + 1)

    def text(self) -> str:
        return json.dumps(list(self.source.everything()))

    def queries(self) -> list[str]:
        """What was asked for since the last time."""
        found = [str(entry["query"]) for entry in self.simulator.requests()]
        self.simulator.clear_requests()
        return found

    # -- what happens to it

    def happen(self, event: str, pick: int) -> None:
        devices = list(resource.listing(self.client, directory.DEVICE, {}))
        groups = self.groups()
        device, group = devices[pick % len(devices)], groups[pick % len(groups)]
        path, among = f"/v3/devices/{device['id']}/", f"/v3/device-groups/{group['id']}/devices"
        if event == "create":
            self.client.post("/v3/devices/", {"name": f"new {pick}", "device_execution_mode": 1})
        elif event == "update":
            self.client.put(path, {"name": f"name {pick}"})
        elif event == "delete":
            gone = [item for item in devices if item["device_execution_mode"] != 5]
            self.client.delete(f"/v3/devices/{gone[pick % len(gone)]['id']}/")
        elif event == "suspend":
            self.client.post(path + "suspend", {"category": "maintenance", "description": ""})
        elif event == "leave the filter":
            self.client.put(path, {"endpoint_type": "MBED_GW"})
        elif event == "enter the filter":
            self.client.put(path, {"endpoint_type": "valve"})
        elif event == "add":
            # Made up, with times of change that may lie in the future.
            self.simulator.add("devices", count=1 + pick % 3)
        elif event == "swap":
            members = list(self.of(group["id"]))
            others = [item for item in devices if group["id"] not in item["groups"]]
            if members:
                self.client.post(f"{among}/remove/", {"device_id": members[pick % len(members)]["id"]})
            self.client.post(f"{among}/add/", {"device_id": others[pick % len(others)]["id"]})
        elif event == "join":
            self.client.post(f"{among}/add/", {"device_id": device["id"]})
        elif event == "add group":
            self.client.post("/v3/device-groups/", {"name": f"group {pick}"})
        elif event == "delete group" and len(groups) > 1:
            self.client.delete(f"/v3/device-groups/{group['id']}/")
        elif event == "later":
            self.simulator.clock(advance=pick % 10_000)


@pytest.fixture
def fleet(simulator: Simulator) -> Iterator[Fleet]:
    made = Fleet(simulator)
    with made.client:
        yield made


EVENTS = ["create", "update", "delete", "leave the filter", "enter the filter", "add", "later", "refresh", "refresh"]
MEMBERSHIP = ["swap", "swap", "join", "add group", "delete group"]


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data(), with_groups=st.booleans(), touches=st.booleans())
def test_a_refresh_gives_what_reading_all_gives(
    fleet: Fleet, spec: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: st.DataObject, with_groups: bool, touches: bool
) -> None:
    monkeypatch.setattr(snapshot, "PAGE_LIMIT", 10)  # to have it search where one page has all
    fleet.simulator.reset()
    fleet.simulator.settings(spec=spec, membership_touches_member=touches, membership_touches_group=touches)
    # Only "later" lets time pass: a device that was suspended disconnects soon after, which must not be between the two that are compared.
    fleet.simulator.clock(rate=0)
    members = {"members": fleet} if with_groups else {}
    known = [*EVENTS, *(MEMBERSHIP if with_groups or touches else []), *(["suspend"] if spec > 2019 else [])]
    events = data.draw(st.lists(st.tuples(st.sampled_from(known), st.integers(0, 10**6)), min_size=8, max_size=20))
    store = snapshot.Store(str(tmp_path / "folder"), "key", pytest.fail)
    taken, _how = snapshot.refresh(None, fleet.source, fleet.now(), **members)
    for event, pick in [*events, ("refresh", 0)]:
        if event != "refresh":
            fleet.happen(event, pick)
            continue
        store.save(taken)
        loaded = store.load()
        assert loaded == taken
        taken, _how = snapshot.refresh(loaded, fleet.source, fleet.now(), sweep_after=10**9, **members)
        assert json.dumps(list(taken.objects.values())) == fleet.text()


def test_few_requests_bring_it_up_to_date(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "PAGE_LIMIT", 100)
    fleet.simulator.add("devices", count=2000)
    fleet.simulator.clock(advance=60 * 86_400)  # later than all that was made up
    taken, how = snapshot.refresh(None, fleet.source, fleet.now())
    assert how.whole
    devices = list(taken.objects.values())
    changed = devices[::100]
    for device in changed:
        fleet.client.put(f"/v3/devices/{device['id']}/", {"name": "changed"})
    fleet.simulator.clear_requests()
    taken, how = snapshot.refresh(taken, fleet.source, fleet.now())
    assert (how.whole, how.changed, how.gone) == (False, len(changed), 0)
    assert sorted("updated_at__gte" in query for query in fleet.queries()) == [False, True]
    assert json.dumps(list(taken.objects.values())) == fleet.text()

    gone = next(device for device in devices[1200:] if device["device_execution_mode"] != 5)
    fleet.client.delete(f"/v3/devices/{gone['id']}/")
    fleet.simulator.clear_requests()
    taken, how = snapshot.refresh(taken, fleet.source, fleet.now())
    assert (how.whole, how.gone, gone["id"] in taken.objects) == (False, 1, False)
    # What changed and the count; three rounds of three counts; the range that the one is missing from.
    assert len(fleet.queries()) == 2 + 9 + 1
    assert json.dumps(list(taken.objects.values())) == fleet.text()


def test_a_page_that_cannot_be_gone_on_from_has_all_read(fleet: Fleet) -> None:
    taken, _how = snapshot.refresh(None, fleet.source, fleet.now())
    fleet.simulator.faults(method="GET", path="^/v3/devices", status=400, count=1)
    taken, how = snapshot.refresh(taken, fleet.source, fleet.now(), concurrency=1)
    assert how.reason.startswith("the service answered otherwise than expected (GET /v3/devices/ failed with HTTP 400")
    assert json.dumps(list(taken.objects.values())) == fleet.text()


@pytest.mark.parametrize("status", [500, 503])
def test_a_service_that_is_down_is_told_from_one_that_refuses(fleet: Fleet, status: int) -> None:
    taken, _how = snapshot.refresh(None, fleet.source, fleet.now())
    client = util("client")
    fleet.client.sleep = lambda seconds: None
    fleet.simulator.faults(method="GET", path="^/v3/devices", status=status, count=None)
    with pytest.raises(client.ApiError) as down:
        snapshot.refresh(taken, fleet.source, fleet.now())
    fleet.simulator.clear_faults()
    fleet.simulator.faults(method="GET", path="^/v3/devices", status=403, count=None)
    with pytest.raises(client.ApiError) as refused:
        snapshot.refresh(taken, fleet.source, fleet.now())
    assert (snapshot.down(down.value), snapshot.down(refused.value)) == (True, False)
