# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists in ranges side by side, on the simulator: lists of several kinds, a fleet that changes meanwhile, faults, and parts."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from collection import util
from pelion_simulator.process import Simulator

ranges, resource = util("ranges"), util("resource")
directory, enrollment = util("resources.directory"), util("resources.enrollment")


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three hundred devices are fifteen pages."""
    monkeypatch.setattr(ranges, "PAGE_LIMIT", 20)


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Any]:
    options = {"api_url": simulator.url, "api_key": simulator.api_key, "ca_path": simulator.ca_file, "retry_max_wait": 1}
    with util("client").Client(util("settings").resolve(options, {})) as opened:
        yield opened


def lists(client: Any) -> Iterator[tuple[Any, dict[str, Any], dict[str, Any]]]:
    """Rows, options and filters: what the service filters by in either spelling, what is matched here, and limits of time."""
    middle = list(client.list("/v3/devices/"))[150]["created_at"]
    group = max(client.list("/v3/device-groups/"), key=lambda item: item["devices_count"])["id"]
    yield directory.DEVICE, {}, {}
    yield directory.DEVICE, {}, {"state": ["registered", "bootstrapped"], "created_at": {"gte": middle}}
    yield directory.DEVICE, {}, {"custom_attributes": {"site": "oslo"}}
    yield directory.DEVICE, {}, {"endpoint_type": {"neq": "MBED_GW"}, "created_at": {"lte": middle}}
    yield directory.DEVICE_GROUP_DEVICE, {"device_group_id": group}, {}
    yield directory.DEVICE_EVENT, {}, {}
    yield enrollment.DEVICE_ENROLLMENT, {}, {}


def test_lists_are_the_sequential_ones(client: Any, simulator: Simulator) -> None:
    for row, params, filters in lists(client):
        conditions = row.conditions(filters)
        expected = list(resource.listing(client, row, params, conditions))
        assert list(ranges.listing(client, row, params, conditions, concurrency=6)) == expected
        names = [{"id": item["id"]} for item in expected]
        assert list(ranges.listing(client, row, params, conditions, concurrency=3, fields=["id"])) == names


def test_so_many_requests_are_under_way_and_no_more(client: Any, simulator: Simulator) -> None:
    simulator.settings(latency_ms=30)
    # The first page and the newest device are asked for by themselves. The next four take so long that all are sent before one is answered.
    simulator.faults(path="^/v3/devices/$", delay_ms=2000, skip=2, count=4)
    simulator.clear_requests()
    assert len(list(ranges.listing(client, directory.DEVICE, {}, concurrency=4))) == 300
    assert simulator.max_in_flight() == 4
    assert len(simulator.requests()) <= 24


def test_faults_that_pass_are_not_seen(client: Any, simulator: Simulator) -> None:
    expected = list(client.list("/v3/devices/"))
    for number in range(4):
        simulator.faults(path="^/v3/devices/$", skip=3 * number, status=503)
    assert list(ranges.listing(client, directory.DEVICE, {}, concurrency=4)) == expected


def test_a_fleet_that_changes_meanwhile(client: Any, simulator: Simulator) -> None:
    """Devices come and go while they are listed: those that stay are there once."""
    devices = list(client.list("/v3/devices/"))
    ids = [device["id"] for device in devices]
    # The service does not delete devices of production.
    going = random.Random(1).sample([device["id"] for device in devices if device["device_execution_mode"] != 5], 20)
    done = threading.Event()

    def change() -> None:
        for identity in going:
            if done.is_set():
                return
            client.delete(f"/v3/devices/{identity}/")
            simulator.add("devices", count=2)

    simulator.settings(latency_ms=5)
    changing = threading.Thread(target=change)
    changing.start()
    try:
        while changing.is_alive():
            found = [item["id"] for item in ranges.listing(client, directory.DEVICE, {}, concurrency=4)]
            assert len(found) == len(set(found))
            assert set(ids) - set(going) <= set(found)
    finally:
        done.set()
        changing.join()
    left = [item["id"] for item in client.list("/v3/devices/")]
    assert len(left) == 320
    assert [item["id"] for item in ranges.listing(client, directory.DEVICE, {}, concurrency=4)] == left


def test_parts_are_disjoint_complete_and_stay(client: Any, simulator: Simulator) -> None:
    """Each is about as large, is all that is fetched, and stays when devices are created after it was worked out."""
    everything = list(client.list("/v3/devices/"))
    parts = [ranges.part(client, directory.DEVICE, {}, (), 5, index) for index in range(5)]
    simulator.clear_requests()
    found = [list(ranges.listing(client, directory.DEVICE, {}, concurrency=3, part=part)) for part in parts]
    assert [item for part in found for item in part] == everything
    assert all(54 <= len(part) <= 66 for part in found)
    assert len(simulator.requests()) <= 5 * 5
    simulator.add("devices", count=4)
    assert [ranges.part(client, directory.DEVICE, {}, (), 5, index) for index in range(5)] == parts
    again = [list(ranges.listing(client, directory.DEVICE, {}, concurrency=3, part=part)) for part in parts]
    assert again[:4] == found[:4]
    assert len(again[4]) == len(found[4]) + 4
