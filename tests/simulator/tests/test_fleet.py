# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet: the same for the same seed, and like a real one."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from simulator_helpers import PAGED, Api, Local, Watched, path_of

from pelion_simulator.areas import directory
from pelion_simulator.clock import moment
from pelion_simulator.fleet import CROWD, FIRST, LAST, MINUTE, Fleet, first_key

LISTS = [path_of(row) for row in PAGED]


def contents(folder: Path, devices: int, seed: int) -> tuple[str, list[Any]]:
    """Key and objects of a new state."""
    folder.mkdir()
    local = Local(folder, devices, seed)
    found = local.store.fact("api_key"), [local.all(path) for path in LISTS]
    local.store.close()
    return found


def test_the_same_seed_makes_the_same_fleet(tmp_path: Path) -> None:
    first = contents(tmp_path / "a", 40, 7)
    assert contents(tmp_path / "b", 40, 7) == first
    other = contents(tmp_path / "c", 40, 8)
    assert other[0] != first[0]
    assert not {one["id"] for one in other[1][0]} & {one["id"] for one in first[1][0]}


@pytest.mark.parametrize("devices", [0, 1, 2])
def test_small_fleets(tmp_path: Path, devices: int) -> None:
    _store, (found, groups, queries, events) = contents(tmp_path / "a", devices, 1)
    assert len(found) == devices
    assert devices <= len(events) <= 2 * devices
    assert [group["devices_count"] for group in groups if group["name"] == "pilot"] == [devices]
    assert queries


def test_it_looks_like_a_real_fleet(tmp_path: Path) -> None:
    _store, (devices, groups, queries, events) = contents(tmp_path / "a", 3000, 1)
    by_id = {device["id"]: device for device in devices}
    assert len(by_id) == 3000
    assert len({device["endpoint_name"] for device in devices}) == 3000
    shares = Counter(device["state"] for device in devices)
    assert set(shares) == set(directory.DEVICES.fields["state"].enum)
    assert 0.7 < shares["registered"] / 3000 < 0.85
    assert {device["device_execution_mode"] for device in devices} == {0, 1, 5}
    for field, least in (("device_class", 5), ("vendor_id", 3), ("endpoint_type", 5)):
        assert len({device[field] for device in devices}) >= least
    children = [device for device in devices if device["host_gateway"]]
    assert 0.1 < len(children) / 3000 < 0.6
    assert {by_id[child["host_gateway"]]["endpoint_type"] for child in children} == {"MBED_GW"}
    assert all(len(device["custom_attributes"]) <= 5 for device in devices)
    assert sum(bool(device["custom_attributes"]) for device in devices) > 2500
    assert sum(bool(device["component_attributes"]) for device in devices) > 1500
    years = {device["created_at"][:4] for device in devices}
    assert years == {"2017", "2018", "2019", "2020"}
    for field in ("bootstrap_expiration_date", "connector_expiration_date", "issuer_fingerprint"):
        assert {device[field] is None for device in devices} == {True, False}
    for field in ("description", "name", "net_id"):
        assert {device[field] == "" for device in devices} == {True, False}
    for group in groups:
        members = [device for device in devices if group["id"] in device["groups"]]
        assert group["devices_count"] == len(members)
    assert len([group for group in groups if group["devices_count"]]) == len(groups) - 1
    assert len(queries) >= 2
    assert {event["device_id"] for event in events} == set(by_id)
    assert max(Counter(event["device_id"] for event in events).values()) == 2


@pytest.mark.parametrize(("devices", "skew", "crowd"), [(0, 0.9, 0), (1, 0.9, 1), (1, 0.4, 0), (1000, 0.9, 900), (50, 1, 50), (50, 0, 0)])
def test_a_share_may_have_been_created_within_one_minute(devices: int, skew: float, crowd: int) -> None:
    moments = [moment(device["created_at"]) for device in directory.seeded_devices(Fleet(1, devices, skew=skew))]
    assert len(moments) == devices
    assert moments == sorted(set(moments))
    assert all(FIRST <= created < LAST for created in moments)
    within = [created for created in moments if CROWD <= created < CROWD + MINUTE]
    assert len(within) == crowd
    if crowd == 900:
        # The others are as far apart as if there were none but them.
        others = [created for created in moments if created not in within]
        assert others[-1] - others[0] > 0.95 * (LAST - FIRST)
        assert max(later - earlier for earlier, later in itertools.pairwise(within)) < 3 * MINUTE / 900


def test_without_a_skew_all_are_as_far_apart() -> None:
    moments = list(Fleet(1, 5).moments())
    assert moments == [(FIRST + number * (LAST - FIRST) // 5, (LAST - FIRST) // 5) for number in range(5)]


def test_the_skew_changes_times_only(tmp_path: Path) -> None:
    even, crowded = (list(directory.seeded_devices(Fleet(1, 30, skew=skew))) for skew in (0, 0.5))
    assert [device["serial_number"] for device in even] == [device["serial_number"] for device in crowded]
    with Watched(devices=30, skew=0.5) as simulator:
        assert Api(simulator).get("/v3/devices/")["data"] == Local(tmp_path, 30, skew=0.5).all("/v3/devices")


def test_events_are_bounded() -> None:
    most = directory.MOST_EVENTS
    made = {row.name: sum(1 for _one in documents) for row, documents in directory.seed(Fleet(1, most))}
    assert most // 2 < made["device-events"] <= most


def test_keys_have_the_form_of_the_service() -> None:
    assert first_key(1) != first_key(2)
    assert first_key(1).startswith("ak_1")
    assert len(first_key(1)) == 4 + 43 + 32


def test_ids_tell_the_time_of_creation(local: Local) -> None:
    for path in LISTS:
        for one in local.all(path):
            assert int(one["id"][:12], 16) == moment(one["created_at"]) // 1000
