# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The listing behind the inventory: exact requests of each selection, what is kept and when it serves, whole messages."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils import client as client_module
from ansible_collections.pelion.device_management.plugins.module_utils import ranges, snapshot
from ansible_collections.pelion.device_management.plugins.module_utils.client import ApiError
from ansible_collections.pelion.device_management.plugins.module_utils.fleet import Content, Keeping, Selection, current, listed
from ansible_collections.pelion.device_management.plugins.module_utils.resource import ResourceError
from ansible_collections.pelion.device_management.plugins.module_utils.resources import directory
from ansible_collections.pelion.device_management.plugins.module_utils.snapshot import Store
from ansible_collections.pelion.device_management.plugins.module_utils.transport import TransportError

from .fakes import Sent, Service, answer, failing, lost, make_client

DEVICES, GROUPS = "/v3/devices/", "/v3/device-groups/"
NOON = 1_772_366_400.0  # 2026-03-01T12:00:00Z
PILOT, COLD, EMPTY = "1" * 32, "2" * 32, "3" * 32
ONE = Selection(concurrency=1)


def identity(number: int) -> str:
    return f"{number:032x}"


def device(number: int, **fields: Any) -> dict[str, Any]:
    """One is created each day, from the first of the year on."""
    day = f"2026-01-{number:02}T12:00:00.000000Z"
    return {
        "id": identity(number),
        "name": f"d{number}",
        "state": "registered",
        "created_at": day,
        "updated_at": day,
        "groups": [],
        **fields,
    }


class Account:
    """Devices and groups of them, and what is asked: one service a list, whose members change with the devices."""

    def __init__(self, count: int = 6, **groups: list[int]) -> None:
        self.devices = [device(number) for number in range(1, count + 1)]
        self.groups = {PILOT: "pilot", COLD: "cold", EMPTY: "empty"}
        self.outcome: Callable[[Sent], Any] = lambda request: None
        self.sent: list[Sent] = []
        self.clients: list[Any] = []
        for number in range(count):
            held = {"pilot": PILOT, "cold": COLD}
            self.devices[number]["groups"] = [held[name] for name, members in groups.items() if number + 1 in members]

    def __call__(self, request: Sent) -> Any:
        self.sent.append(request)
        outcome = self.outcome(request)
        if outcome is not None:
            return outcome
        if request.path == DEVICES:
            return Service(DEVICES, self.devices)(request)
        if request.path == GROUPS:
            counted = [{"id": group, "name": name, "devices_count": len(self.members(group))} for group, name in self.groups.items()]
            return Service(GROUPS, counted)(request)
        group = request.path[len(GROUPS) :].split("/")[0]
        return Service(f"{GROUPS}{group}/devices/", self.members(group))(request)

    def members(self, group: str) -> list[dict[str, Any]]:
        return [item for item in self.devices if group in item["groups"]]

    def connect(self) -> Any:
        client, transport, _waits = make_client(self, retries=0)
        self.clients.append(transport)
        return client

    def asked(self) -> list[tuple[str, dict[str, str]]]:
        """What was asked since the last time; how large pages are is left out."""
        sent, self.sent = self.sent, []
        return [(request.path, {name: value for name, value in request.query if name != "limit"}) for request in sent]

    def listed(self, selection: Selection) -> Content:
        with self.connect() as client:
            return listed(client, selection)


def ids(content: Content) -> list[int]:
    assert all(item["id"] == key for key, item in content.devices.items())
    return [int(key, 16) for key in content.devices]


def where(**filters: Any) -> Selection:
    return dataclasses.replace(ONE, conditions=directory.DEVICE.conditions(filters))


# -- one listing


def test_all_devices() -> None:
    account = Account()
    assert account.listed(ONE) == Content({item["id"]: item for item in account.devices}, {})
    assert account.asked() == [(DEVICES, {})]


def test_no_devices() -> None:
    account = Account(0)
    assert account.listed(ONE) == Content({}, {})
    account.outcome = lambda request: failing(404, "not_found")
    assert account.listed(ONE) == Content({}, {})
    assert account.asked() == [(DEVICES, {})] * 2


def test_the_service_filters() -> None:
    account = Account()
    account.devices[3]["state"] = "unenrolled"
    assert ids(account.listed(where(state="unenrolled"))) == [4]
    account.devices[4]["custom_attributes"] = {"site": "oslo"}
    assert ids(account.listed(where(custom_attributes={"site": "oslo"}, state="registered"))) == [5]
    packed = "custom_attributes__site__eq=oslo&state__eq=registered"
    assert account.asked() == [(DEVICES, {"state__eq": "unenrolled"}), (DEVICES, {"filter": packed})]


def test_of_each_device_only_what_is_wanted_and_what_keeping_needs() -> None:
    found = Account(1).listed(dataclasses.replace(ONE, fields=("name",))).devices
    day = "2026-01-01T12:00:00.000000Z"
    assert found == {identity(1): {"created_at": day, "id": identity(1), "name": "d1", "updated_at": day}}


def test_names_of_groups_take_one_listing() -> None:
    account = Account()
    account.groups[COLD] = ""
    assert account.listed(dataclasses.replace(ONE, named_groups=True)).group_names == {PILOT: "pilot", COLD: COLD, EMPTY: "empty"}
    assert account.asked() == [(GROUPS, {}), (DEVICES, {})]


def test_long_lists_are_read_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "PAGE_LIMIT", 2)
    monkeypatch.setattr(client_module, "PAGE_LIMIT", 2)
    account = Account(20)
    assert ids(account.listed(Selection(concurrency=4))) == [*range(1, 21)]
    assert any("created_at__gte" in query for _path, query in account.asked())
    assert ids(account.listed(ONE)) == [*range(1, 21)]
    assert not any("created_at__gte" in query for _path, query in account.asked())


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("bad", ["text", None, {}, {"id": None}, {"id": 7}, {"id": ""}])
def test_what_is_no_device_makes_the_list_useless(bad: Any, concurrency: int) -> None:
    account = Account()
    account.outcome = lambda request: answer(200, {"data": [device(1), bad], "has_more": False, "total_count": 2})
    with pytest.raises((ApiError, ResourceError)) as caught:
        account.listed(Selection(concurrency=concurrency))
    assert str(caught.value) in (
        "Object 2 of the list of devices has no id, so the list cannot be used.",
        f"GET {DEVICES} failed with HTTP 200: An object of the list has no id. (request id r1)",
    )


# -- device groups


def test_devices_of_a_group() -> None:
    account = Account(pilot=[2, 4])
    for wanted in ("pilot", PILOT):
        found = account.listed(dataclasses.replace(ONE, device_groups=(wanted,)))
        assert ids(found) == [2, 4]
        assert found.group_names == {PILOT: "pilot", COLD: "cold", EMPTY: "empty"}
        assert account.asked() == [(GROUPS, {}), (f"{GROUPS}{PILOT}/devices/", {})]


def test_devices_of_several_groups_are_there_once() -> None:
    account = Account(pilot=[2, 4], cold=[1, 4])
    assert ids(account.listed(dataclasses.replace(ONE, device_groups=("pilot", COLD, "empty", PILOT)))) == [2, 4, 1]
    lists = [(f"{GROUPS}{group}/devices/", {}) for group in (PILOT, COLD, EMPTY)]
    assert account.asked() == [(GROUPS, {}), *lists]


def test_members_are_filtered_by_the_service_as_far_as_it_can() -> None:
    account = Account(pilot=[1, 2, 3])
    account.devices[1].update(state="unenrolled", custom_attributes={"site": "oslo"})
    account.devices[2].update(custom_attributes={"site": "oslo"})
    selection = where(state="registered", custom_attributes={"site": "oslo"})
    assert ids(account.listed(dataclasses.replace(selection, device_groups=("pilot",)))) == [3]
    assert account.asked()[1] == (f"{GROUPS}{PILOT}/devices/", {"state__eq": "registered"})


def test_a_group_that_is_not_there_is_told_before_anything_is_listed() -> None:
    account = Account(pilot=[1])
    with pytest.raises(ResourceError) as caught:
        account.listed(dataclasses.replace(ONE, device_groups=("pilot", "nope")))
    assert str(caught.value) == "There is no device group 'nope'; there are: cold, empty, pilot."
    account.groups = {}
    with pytest.raises(ResourceError) as caught:
        account.listed(dataclasses.replace(ONE, device_groups=("pilot",)))
    assert str(caught.value) == "There is no device group 'pilot'; there are: none."
    assert account.asked() == [(GROUPS, {})] * 2


def test_a_member_that_is_no_device_makes_the_list_useless() -> None:
    account = Account(pilot=[1])
    bad = answer(200, {"data": [device(1), {"name": "no id"}], "has_more": False})
    account.outcome = lambda request: None if request.path == GROUPS else bad
    with pytest.raises(ResourceError) as caught:
        account.listed(dataclasses.replace(ONE, device_groups=("pilot",)))
    assert str(caught.value) == "Object 2 of the list of devices has no id, so the list cannot be used."


def test_a_group_that_goes_meanwhile_is_an_error() -> None:
    account = Account(pilot=[1])
    account.outcome = lambda request: None if request.path == GROUPS else failing(404, "not_found", "no such group")
    with pytest.raises(ApiError) as caught:
        account.listed(dataclasses.replace(ONE, device_groups=("pilot",)))
    assert str(caught.value) == f"GET {GROUPS}{PILOT}/devices/ failed with HTTP 404 not_found: no such group (request id r1)"


# -- parts


def test_a_part_is_counted_and_fetched_by_itself() -> None:
    account = Account(20)
    parts = []
    for index in range(3):
        parts.append(ids(account.listed(dataclasses.replace(ONE, shard=(3, index)))))
        *counts, (path, query) = account.asked()
        assert all(asked == DEVICES and set(given) == {"created_at__lte", "include"} for asked, given in counts)
        assert path == DEVICES
        assert sorted(query) == [["created_at__lte"], ["created_at__gte", "created_at__lte"], ["created_at__gte"]][index]
    assert parts[0] + parts[1] + parts[2] == [*range(1, 21)]
    assert all(6 <= len(part) <= 8 for part in parts)


def test_parts_of_what_fits_the_filters() -> None:
    account = Account(20)
    for item in account.devices[:10]:
        item["state"] = "unenrolled"
    selection = where(state="registered")
    halves = [ids(account.listed(dataclasses.replace(selection, shard=(2, index)))) for index in range(2)]
    assert halves[0] + halves[1] == [*range(11, 21)]
    assert all(4 <= len(half) <= 6 for half in halves)
    assert all(query["state__eq"] == "registered" for _path, query in account.asked())


def test_parts_of_device_groups_are_disjoint_and_complete() -> None:
    account = Account(20, pilot=[3, 4, 19], cold=[4, 12])
    selection = dataclasses.replace(ONE, device_groups=("pilot", "cold"))
    halves = [ids(account.listed(dataclasses.replace(selection, shard=(2, index)))) for index in range(2)]
    assert halves == [[3, 4], [19, 12]]


def test_a_part_that_there_is_not() -> None:
    account = Account()
    with pytest.raises(ResourceError) as caught:
        account.listed(dataclasses.replace(ONE, shard=(2, 2)))
    assert str(caught.value) == "There is no part 2 of 2: parts are numbered from 0 to 1."
    assert account.asked() == []


# -- what depends on what

OTHERS = [
    {"conditions": directory.DEVICE.conditions({"state": "registered"})},
    {"conditions": directory.DEVICE.conditions({"state": "unenrolled"})},
    {"conditions": directory.DEVICE.conditions({"state": {"neq": "registered"}})},
    {"device_groups": ("pilot",)},
    {"fields": ("name",)},
    {"fields": ("name", "groups")},
    {"named_groups": True},
    {"shard": (2, 0)},
    {"shard": (2, 1)},
]


def test_another_selection_has_another_key() -> None:
    keys = [json.dumps(Selection(**given).key) for given in ({}, *OTHERS)]
    assert len(set(keys)) == len(keys)
    assert Selection(concurrency=9).key == Selection().key
    assert Selection(fields=("id", "name")).key == Selection(fields=("name", "created_at")).key


@pytest.mark.parametrize(("fields", "matters"), [(None, True), (("name", "groups"), True), (("name",), False), ((), False)])
def test_whether_groups_matter(fields: tuple[str, ...] | None, matters: bool) -> None:
    assert Selection(fields=fields).membership is matters


# -- what is kept


class Runs:
    """Runs one after the other, each with the store as another process would open it."""

    def __init__(self, folder: Path, account: Account, selection: Selection) -> None:
        self.folder = str(folder / "kept")
        self.account = account
        self.selection = selection
        self.now = NOON
        self.warnings: list[str] = []
        self.notes: list[str] = []

    def __call__(self, **keeping: Any) -> Content:
        self.account.sent.clear()
        self.warnings, self.notes = [], []
        store = Store(self.folder, json.dumps(self.selection.key), self.warnings.append)
        given = Keeping(store, **{"fresh": 0, "sweep_after": 86_400, "now": lambda: self.now, **keeping})
        return current(self.account.connect, self.selection, given, warn=self.warnings.append, note=self.notes.append)

    def fails(self, error: type[Exception], **keeping: Any) -> str:
        with pytest.raises(error) as caught:
            self(**keeping)
        assert (self.warnings, self.notes) == ([], [])
        return str(caught.value)


@pytest.fixture(autouse=True)
def half_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """So long the reading of what is kept takes, by which the next asks further back."""
    monkeypatch.setattr(snapshot, "refresh", functools.partial(snapshot.refresh, monotonic=itertools.count(0, 0.5).__next__))


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    """Of six devices, for a user to whom groups do not matter; all was read at noon."""
    made = Runs(tmp_path, Account(), dataclasses.replace(ONE, fields=("name",)))
    assert ids(made()) == [*range(1, 7)]
    assert (made.warnings, made.notes) == ([], ["All was read, since nothing was known."])
    assert made.account.asked() == [(DEVICES, {})]
    made.now += 3600
    return made


SINCE = {"updated_at__gte": "2026-01-06T11:58:59Z"}
COUNTED = {"created_at__gte": "2026-01-01T12:00:00.000000Z", "created_at__lte": "2026-01-06T12:00:00.000000Z", "include": "total_count"}


def test_later_runs_ask_what_changed(runs: Runs) -> None:
    runs.account.devices[2].update(name="renamed", updated_at="2026-03-01T12:30:00.000000Z")
    del runs.account.devices[4]
    runs.account.devices.append(device(9, updated_at="2026-03-01T12:30:00.000000Z"))
    found = runs()
    assert ids(found) == [1, 2, 3, 4, 6, 9]
    assert found.devices[identity(3)]["name"] == "renamed"
    # Of six devices one page is as little as looking for what is gone.
    assert runs.notes == ["All was read, since 1 are gone."]
    runs.now += 60
    assert runs() == found
    assert runs.notes == ["0 changed or new, 0 gone."]
    first, last = runs.account.devices[0], runs.account.devices[-1]
    assert sorted(runs.account.asked(), key=str) == [
        (DEVICES, {"created_at__gte": first["created_at"], "created_at__lte": last["created_at"], "include": "total_count"}),
        (DEVICES, {"updated_at__gte": "2026-03-01T12:28:59Z"}),
    ]
    assert all(transport.closed for transport in runs.account.clients)


def test_exact_requests_of_a_later_run(runs: Runs) -> None:
    runs()
    assert sorted(runs.account.asked(), key=str) == [(DEVICES, COUNTED), (DEVICES, SINCE)]


def test_later_runs_have_no_more_requests_under_way_than_wanted(runs: Runs) -> None:
    under_way: list[Sent] = []
    most: list[int] = []

    def slow(request: Sent) -> None:
        under_way.append(request)
        most.append(len(under_way))
        time.sleep(0.02)
        under_way.remove(request)

    runs.account.outcome = slow
    runs()
    assert most == [1, 1]


def test_what_is_fresh_is_not_asked_for(runs: Runs) -> None:
    runs.account.outcome = pytest.fail
    assert ids(runs(fresh=3601)) == [*range(1, 7)]
    assert (runs.warnings, runs.notes, len(runs.account.clients)) == ([], [], 1)


@pytest.mark.parametrize(
    ("keeping", "note", "asked"),
    [
        ({"fresh": 3600}, "0 changed or new, 0 gone.", [COUNTED, SINCE]),
        ({"fresh": 9999, "ask": True}, "0 changed or new, 0 gone.", [COUNTED, SINCE]),
        ({"fresh": 9999, "anew": True}, "All was read, since nothing was known.", [{}]),
        ({"fresh": 9999, "ask": True, "anew": True}, "All was read, since nothing was known.", [{}]),
        ({"sweep_after": 3600}, "All was read, since the last whole reading was long ago.", [{}]),
    ],
)
def test_when_it_is_asked_for_and_what(runs: Runs, keeping: dict[str, Any], note: str, asked: list[dict[str, str]]) -> None:
    assert ids(runs(**keeping)) == [*range(1, 7)]
    assert runs.notes == [note]
    assert sorted(runs.account.asked(), key=str) == [(DEVICES, query) for query in asked]
    # That counts from now on.
    runs.now += 1
    runs.account.outcome = pytest.fail
    runs(fresh=2)


def test_members_are_asked_for_where_groups_matter(tmp_path: Path) -> None:
    account = Account(6, pilot=[2])
    account.devices += [device(1, id=f"{number:032x}", created_at="2026-02-01T00:00:00.000000Z") for number in range(100, 1100)]
    runs = Runs(tmp_path, account, dataclasses.replace(ONE, named_groups=True))
    runs()
    assert account.asked()[0] == (GROUPS, {})
    account.devices[1]["groups"], account.devices[4]["groups"] = [], [PILOT]
    runs.now += 60
    found = runs()
    assert found.devices[identity(2)]["groups"] == [] and found.devices[identity(5)]["groups"] == [PILOT]
    assert runs.notes == ["2 changed or new, 0 gone."]
    # The groups without members are not asked for them.
    asked = account.asked()
    assert [path for path, _query in asked if path != DEVICES] == [GROUPS, f"{GROUPS}{PILOT}/devices/"]
    assert len(asked) == 4
    assert found == account.listed(runs.selection)


def test_of_device_groups_all_is_listed_each_time(tmp_path: Path) -> None:
    account = Account(pilot=[2, 4])
    runs = Runs(tmp_path, account, dataclasses.replace(ONE, device_groups=("pilot",)))
    expected = [(GROUPS, {}), (f"{GROUPS}{PILOT}/devices/", {})]
    for members in ([2, 4], [4, 5]):
        for item in account.devices:
            item["groups"] = [PILOT] if int(item["id"], 16) in members else []
        runs.now += 60
        assert ids(runs()) == members
        assert account.asked() == expected
    account.outcome = pytest.fail
    assert ids(runs(fresh=60)) == [4, 5]


def test_names_of_groups_are_kept_too(tmp_path: Path) -> None:
    runs = Runs(tmp_path, Account(), dataclasses.replace(ONE, fields=("name",), named_groups=True))
    names = runs().group_names
    assert names == {PILOT: "pilot", COLD: "cold", EMPTY: "empty"}
    assert runs(fresh=60).group_names == names
    assert runs.account.asked() == []
    runs.account.groups[PILOT] = "renamed"
    assert runs().group_names[PILOT] == "renamed"
    assert runs(fresh=60).group_names[PILOT] == "renamed"


@pytest.mark.parametrize("path", [DEVICES, f"{GROUPS}{PILOT}/devices/"])
def test_what_is_no_device_is_told_in_later_runs_too(tmp_path: Path, path: str) -> None:
    account = Account(6, pilot=[2])
    account.devices += [device(1, id=f"{number:032x}", created_at="2026-02-01T00:00:00.000000Z") for number in range(100, 1100)]
    runs = Runs(tmp_path, account, ONE)
    runs()
    bad = answer(200, {"data": [{"name": "no id"}], "has_more": False})
    account.outcome = lambda request: bad if request.path == path and "created_at__gte" not in dict(request.query) else None
    assert runs.fails(ResourceError) == "Object 1 of the list of devices has no id, so the list cannot be used."


# -- parts that are kept


def test_a_part_is_kept_by_itself(tmp_path: Path) -> None:
    runs = Runs(tmp_path, Account(20), dataclasses.replace(ONE, fields=("name",), shard=(2, 1)))
    half = ids(runs())
    assert half[-1] == 20 and 9 <= len(half) <= 11
    runs.now += 60
    runs.account.devices[half[0] - 1].update(name="renamed", updated_at="2026-03-01T12:00:30.000000Z")
    runs.account.devices[0].update(name="in the other part", updated_at="2026-03-01T12:00:30.000000Z")
    found = runs()
    assert ids(found) == half
    assert runs.notes == ["1 changed or new, 0 gone."]
    assert found == runs.account.listed(runs.selection)


def test_other_bounds_are_another_part(tmp_path: Path) -> None:
    """What was kept of the part as it was is not gone on from, since other devices belong to it now."""
    runs = Runs(tmp_path, Account(20), dataclasses.replace(ONE, fields=("name",), shard=(2, 1)))
    runs()
    runs.now += 60
    runs.account.devices = [device(number) for number in range(11, 31)]
    half = ids(runs())
    assert half[-1] == 30 and 9 <= len(half) <= 11
    assert runs.notes == ["All was read, since nothing was known."]


# -- when the service is down


def down(request: Sent) -> Any:
    return failing(503, "service_unavailable", "Back soon.")


WORDS = f"GET {DEVICES} failed with HTTP 503 service_unavailable: Back soon. (request id r1)"


@pytest.mark.parametrize("keeping", [{}, {"anew": True}, {"sweep_after": 0}])
@pytest.mark.parametrize("selection", [{}, {"shard": (2, 0)}, {"device_groups": ("pilot",)}])
def test_what_is_kept_may_serve(tmp_path: Path, selection: dict[str, Any], keeping: dict[str, Any]) -> None:
    runs = Runs(tmp_path, Account(pilot=[1, 2]), dataclasses.replace(ONE, fields=("name",), **selection))
    before = runs()
    runs.now += 11_520
    runs.account.outcome = down
    assert runs(stale=11_521, **keeping) == before
    words = WORDS.replace(DEVICES, GROUPS) if "device_groups" in selection else WORDS
    assert runs.warnings == [f"The service is down, so the devices are those of 3 h 12 min ago. {words}"]
    assert runs.notes == []
    # It has grown no younger by that, and is what later runs go on from.
    runs.now += 1
    assert runs.fails(ApiError, stale=11_521, **keeping) == words
    runs.account.outcome = lambda request: None
    assert runs() == before


def test_it_serves_when_the_service_goes_down_in_the_middle(runs: Runs) -> None:
    runs.account.outcome = lambda request: down(request) if "created_at__gte" in dict(request.query) else None
    assert ids(runs(stale=9999)) == [*range(1, 7)]
    assert runs.warnings == [f"The service is down, so the devices are those of 1 h 0 min ago. {WORDS}"]


def test_it_serves_when_nothing_answers(runs: Runs) -> None:
    runs.account.outcome = lambda request: lost(maybe_done=True)
    assert ids(runs(stale=9999)) == [*range(1, 7)]
    assert runs.warnings == [
        f"The service is down, so the devices are those of 1 h 0 min ago. GET {DEVICES} got no answer: The line is dead."
    ]


def test_it_does_not_serve_unless_wanted(runs: Runs) -> None:
    """Not at all by default, whatever the clock says."""
    runs.account.outcome = down
    assert runs.fails(ApiError) == WORDS
    runs.now -= 3600
    assert runs.fails(ApiError) == WORDS


def test_it_does_not_serve_when_the_clock_has_been_set_back(runs: Runs) -> None:
    runs.account.outcome = down
    runs.now -= 3601
    assert runs.fails(ApiError, stale=9999) == WORDS


def test_nothing_that_is_kept_cannot_serve(tmp_path: Path) -> None:
    runs = Runs(tmp_path, Account(), ONE)
    runs.account.outcome = lambda request: failing(503, "service_unavailable", "Back soon.") if request.path == DEVICES else None
    assert runs.fails(ApiError, stale=9999) == WORDS
    assert not Path(runs.folder).exists()


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (failing(401, "invalid_apikey"), ApiError),
        (failing(403, "access_denied"), ApiError),
        (TransportError("The certificate is not trusted.", maybe_done=False, lasting=True), TransportError),
    ],
)
def test_a_refusal_gets_nothing_of_what_is_kept(runs: Runs, outcome: Any, error: type[Exception]) -> None:
    runs.account.outcome = lambda request: outcome
    runs.fails(error, stale=9999)


def test_what_could_not_be_read_does_not_take_the_place_of_what_is_kept(runs: Runs) -> None:
    kept = {path.name: path.read_bytes() for path in Path(runs.folder).iterdir()}
    runs.account.outcome = lambda request: (
        answer(200, {"data": [device(1)], "has_more": True}) if len(runs.account.sent) < 2 else down(request)
    )
    assert runs.fails(ApiError, anew=True) == (
        f"GET {DEVICES} failed with HTTP 503 service_unavailable on page 2 of the list, after 1 objects: Back soon. (request id r1)"
    )
    assert {path.name: path.read_bytes() for path in Path(runs.folder).iterdir()} == kept
