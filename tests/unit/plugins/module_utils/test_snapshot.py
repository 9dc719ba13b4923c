# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots: that a refresh gives what reading all gives, with few requests, and that files are whole, the user's own, or not used."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import errno
import gc
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils import ranges, snapshot
from ansible_collections.pelion.device_management.plugins.module_utils.client import ApiError
from ansible_collections.pelion.device_management.plugins.module_utils.resource import Resource
from ansible_collections.pelion.device_management.plugins.module_utils.snapshot import (
    Listed,
    Snapshot,
    Store,
    age_text,
    down,
    refresh,
)
from ansible_collections.pelion.device_management.plugins.module_utils.transport import TransportError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .fakes import Service, answer, make_client

NOON = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.timezone.utc).timestamp()


def written(moment: float) -> str:
    """A time as the service writes it."""
    return datetime.datetime.fromtimestamp(moment, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class World:
    """A service with one list, its groups, and a clock. It knows nothing of the order in which objects of one moment are expected."""

    def __init__(self, count: int = 0, page: int = 3) -> None:
        self.now = NOON
        self.page = page
        self.number = 0
        self.all: list[dict[str, Any]] = []
        self.group_list: list[dict[str, Any]] = []
        self.log: list[str] = []
        self.during: dict[str, Any] = {}
        for _number in range(count):
            self.create()
            self.now += 60

    # -- what happens

    def create(self, created: str | None = None) -> dict[str, Any]:
        self.number += 1
        made = {
            "id": f"{self.number * 7919 % 10_007:05d}",
            "created_at": created or written(self.now),
            "updated_at": written(self.now),
            "name": "new",
            "groups": [],
            "listed": True,
        }
        # A moment may have several objects; then the one with the greater id comes first, which nobody could guess.
        self.all.append(made)
        self.all.sort(key=lambda item: item["id"], reverse=True)
        self.all.sort(key=lambda item: item["created_at"])
        return made

    def update(self, item: dict[str, Any], **fields: Any) -> None:
        item.update(fields, updated_at=written(self.now))

    def delete(self, item: dict[str, Any]) -> None:
        self.all.remove(item)

    def join(self, item: dict[str, Any], group: dict[str, Any]) -> None:
        if group["id"] not in item["groups"]:
            item["groups"].append(group["id"])

    def leave(self, item: dict[str, Any], group: dict[str, Any]) -> None:
        if group["id"] in item["groups"]:
            item["groups"].remove(group["id"])

    def add_group(self) -> None:
        self.number += 1
        self.group_list.append({"id": f"g{self.number}", "name": f"group {self.number}"})

    def delete_group(self, group: dict[str, Any]) -> None:
        self.group_list.remove(group)
        for item in self.all:
            self.leave(item, group)

    # -- what is asked

    def _found(self, what: str, wanted: Any) -> Iterator[dict[str, Any]]:
        found = [copy.deepcopy(item) for item in self.all if item["listed"] and wanted(item)]
        for number in range(max(1, -(-len(found) // self.page))):
            self.log.append(what)
            yield from found[number * self.page : (number + 1) * self.page]
        self._happen(what)

    def _happen(self, what: str) -> None:
        if what in self.during:
            self.during.pop(what)()

    def everything(self) -> Iterator[dict[str, Any]]:
        return self._found("everything", lambda item: True)

    def changed(self, since: str) -> Iterator[dict[str, Any]]:
        return self._found("changed", lambda item: item["updated_at"] >= since)

    def between(self, first: str, last: str) -> Iterator[dict[str, Any]]:
        return self._found("between", lambda item: first <= item["created_at"] <= last)

    def count(self, first: str, last: str) -> int | None:
        self.log.append("count")
        found = sum(item["listed"] and first <= item["created_at"] <= last for item in self.all)
        self._happen("count")
        return found

    def groups(self) -> list[dict[str, Any]]:
        self.log.append("groups")
        return [{**group, "devices_count": sum(group["id"] in item["groups"] for item in self.all)} for group in self.group_list]

    def of(self, identity: str) -> Iterator[dict[str, Any]]:
        return self._found("of", lambda item: identity in item["groups"])

    # -- what is looked at

    def requests(self) -> list[str]:
        """What was asked since the last time."""
        asked, self.log = self.log, []
        return asked

    def text(self) -> str:
        found = json.dumps(list(self.everything()))
        self.requests()
        return found


def text(taken: Snapshot) -> str:
    return json.dumps(list(taken.objects.values()))


def first(world: World, **options: Any) -> Snapshot:
    taken, how = refresh(None, world, world.now, **options)
    assert str(how) == "All was read, since nothing was known."
    world.requests()
    return taken


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "PAGE_LIMIT", 3)


# -- the law

PICK = st.integers(0, 10**6)
EVENTS = st.one_of(
    st.tuples(st.just("create"), PICK),
    st.tuples(st.just("create at the same time"), PICK),
    st.tuples(st.sampled_from(["update", "delete", "leave the filter", "enter the filter", "suspend", "from the future"]), PICK),
    st.tuples(st.sampled_from(["join", "leave", "swap", "join", "add group", "delete group"]), PICK),
    st.tuples(st.just("later"), st.integers(0, 4000)),
    st.tuples(st.sampled_from(["refresh", "refresh", "delete"]), PICK),
)


def happen(world: World, event: str, pick: int) -> None:
    listed = [item for item in world.all if item["listed"]]
    item = world.all[pick % len(world.all)] if world.all else None
    group = world.group_list[pick % len(world.group_list)] if world.group_list else None
    if event == "create":
        world.create()
    elif event == "later":
        world.now += pick
    elif event == "add group":
        world.add_group()
    elif group and event == "delete group":
        world.delete_group(group)
    elif item and event == "create at the same time":
        # Listed for the first time although it is old, as what a filter lets in.
        world.create(item["created_at"])
    elif item and event == "update":
        world.update(item, name=f"name {pick}")
    elif item and event == "suspend":
        world.update(item, suspended=True)
    elif item and event == "delete":
        world.delete(item)
    elif listed and event == "leave the filter":
        world.update(listed[pick % len(listed)], listed=False)
    elif item and event == "enter the filter":
        world.update(item, listed=True)
    elif item and event == "from the future":
        item["updated_at"] = written(world.now + pick % 100_000)
        item["name"] = "from the future"
    elif item and group and event == "join":
        world.join(item, group)
    elif item and group and event == "leave":
        world.leave(item, group)
    elif group and event == "swap":
        members = [item for item in world.all if group["id"] in item["groups"]]
        others = [item for item in world.all if group["id"] not in item["groups"]]
        if members and others:
            world.leave(members[pick % len(members)], group)
            world.join(others[pick % len(others)], group)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(0, 120), events=st.lists(EVENTS, max_size=60), with_groups=st.booleans())
def test_a_refresh_gives_what_reading_all_gives(small_pages: None, count: int, events: list[tuple[str, int]], with_groups: bool) -> None:
    world = World(count)
    members = {"members": world} if with_groups else {}
    taken = first(world, **members)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder, "key", pytest.fail)
        store.save(taken)
        for event, pick in [*events, ("refresh", 0)]:
            if not with_groups and event in ("join", "leave", "swap", "delete group"):
                continue
            # What is not named as changed is not expected to be seen.
            happen(world, event, pick)
            if event == "refresh":
                loaded = store.load()
                assert loaded == taken
                taken, _how = refresh(loaded, world, world.now, sweep_after=10**9, **members)
                assert text(taken) == world.text()
                store.save(taken)
                world.now += 0.001


# -- how much is asked for


def test_what_changed_takes_a_page_and_a_count(small_pages: None) -> None:
    world = World(300)
    taken = first(world)
    world.now += 3600
    for item in world.all[::100]:
        world.update(item, name="changed")
    world.create()
    taken, how = refresh(taken, world, world.now)
    assert sorted(world.requests()) == ["changed", "changed", "count"]  # four objects on pages of three
    assert (how.whole, how.changed, how.gone, str(how)) == (False, 4, 0, "4 changed or new, 0 gone.")
    assert text(taken) == world.text()
    again, how = refresh(taken, world, world.now)
    assert str(how) == "0 changed or new, 0 gone."
    assert all(again.objects[identity] is item for identity, item in taken.objects.items())


@pytest.mark.parametrize("place", [0, 1, 74, 75, 150, 298, 299])
def test_one_that_is_gone_is_found_by_counting(small_pages: None, place: int) -> None:
    world = World(300)
    taken = first(world)
    world.delete(world.all[place])
    taken, how = refresh(taken, world, world.now)
    # 300, 75, 19, 5, 2: four cuts into four, of which three are counted.
    asked = world.requests()
    assert len(asked) <= 2 + 12 + 1
    assert asked.count("between") == 1
    assert "everything" not in asked
    assert (how.changed, how.gone) == (0, 1)
    assert text(taken) == world.text()


def test_all_is_read_when_that_asks_for_less(small_pages: None) -> None:
    world = World(300)
    taken = first(world)
    for item in world.all[::10]:
        world.delete(item)
    taken, how = refresh(taken, world, world.now)
    assert str(how) == "All was read, since 30 are gone."
    assert world.requests().count("everything") == 90
    assert text(taken) == world.text()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.integers(0, 299), max_size=20), st.sampled_from([1, 60, 4000]))
def test_finding_never_asks_for_much_more_than_all(small_pages: None, places: set[int], step: int) -> None:
    world = World()
    for number in range(300):
        world.create()
        world.now += 0 if number % step else 60
    world.now += 3600
    world.update(world.all[-1])
    taken = first(world)
    for item in [world.all[place] for place in places]:
        world.delete(item)
    taken, _how = refresh(taken, world, world.now)
    assert len(world.requests()) <= 2 + 130
    assert text(taken) == world.text()


def test_the_order_of_what_was_made_at_one_moment_is_asked_for(small_pages: None) -> None:
    world = World(5)
    taken = first(world)
    middle = world.all[2]["created_at"]
    for _number in range(3):
        world.create(middle)
    taken, _how = refresh(taken, world, world.now)
    # Four objects were changed within the overlap or are new, four were made at that moment, and a page has three.
    assert sorted(world.requests()) == ["between", "between", "changed", "changed", "count"]
    assert text(taken) == world.text()


def test_an_id_that_was_given_anew_is_where_it_was_created_then(small_pages: None) -> None:
    world = World(30)
    taken = first(world)
    again = world.all.pop(3)
    world.now += 60
    again["created_at"] = written(world.now)
    world.update(again)
    world.all.append(again)
    taken, how = refresh(taken, world, world.now)
    assert (how.whole, how.changed, how.gone) == (False, 1, 0)
    assert text(taken) == world.text()


# -- what moves meanwhile


def test_what_is_made_meanwhile_does_not_disturb(small_pages: None) -> None:
    world = World(30)
    taken = first(world)
    world.during = {"changed": world.create}
    taken, how = refresh(taken, world, world.now)
    assert sorted(world.requests()) == ["changed", "count"]
    assert how.changed == 0
    taken, how = refresh(taken, world, world.now)
    assert how.changed == 1
    assert text(taken) == world.text()


def test_what_came_between_two_answers_is_looked_at_again(small_pages: None) -> None:
    world = World(30)
    world.all[7]["listed"] = False
    taken = first(world)
    world.during = {"changed": lambda: world.update(world.all[7], listed=True)}
    taken, how = refresh(taken, world, world.now, concurrency=1)
    assert world.requests() == ["changed", "count", "changed", "count"]
    assert how.changed == 1
    assert text(taken) == world.text()


def test_a_list_that_moves_all_the_time_is_read_whole(small_pages: None) -> None:
    world = World(30)
    for item in world.all[3:9]:
        item["listed"] = False
    taken = first(world)
    hidden = iter(world.all[3:9])

    def enter() -> None:
        world.update(next(hidden), listed=True)
        world.during = {"changed": enter}

    world.during = {"changed": enter}
    _taken, how = refresh(taken, world, world.now, concurrency=1)
    assert str(how) == "All was read, since it changes all the time."


def test_what_goes_while_it_is_searched_for_is_gone_the_next_time(small_pages: None) -> None:
    world = World(300)
    taken = first(world)
    world.delete(world.all[100])
    world.during = {"between": lambda: world.delete(world.all[200])}
    taken, _how = refresh(taken, world, world.now)
    taken, how = refresh(taken, world, world.now)
    assert how.gone == 1
    assert text(taken) == world.text()


def test_a_change_behind_the_page_just_read_is_asked_for_the_next_time() -> None:
    """The first reading takes ten minutes; its first object changes after five, its last after nine."""
    world = World(30)
    ticks = iter([0.0, 600.0])

    def change() -> None:
        world.now += 300
        world.update(world.all[0], name="too late for this reading")

    listed = list(world.everything())
    change()
    world.now += 240
    world.update(world.all[-1], name="in time")
    world.now += 60
    listed[-1] = copy.deepcopy(world.all[-1])
    world.everything = lambda: iter(listed)  # type: ignore[method-assign]
    taken, _how = refresh(None, world, world.now, monotonic=lambda: next(ticks))
    del world.everything
    taken, how = refresh(taken, world, world.now)
    assert how.changed == 1
    assert text(taken) == world.text()


def test_a_change_that_becomes_visible_late_is_not_lost() -> None:
    world = World(30)
    late = written(world.now)
    world.now += snapshot.OVERLAP - 2
    world.update(world.all[5], name="first to be seen")
    taken = first(world, monotonic=lambda: 0.0)
    world.all[9].update(name="written before, seen after", updated_at=late)
    taken, how = refresh(taken, world, world.now)
    assert how.changed == 1
    assert text(taken) == world.text()


# -- clocks


@pytest.mark.parametrize(
    ("moments", "took", "mark"),
    [
        (["2026-03-01T11:00:00Z", "2026-03-01T11:30:00.9Z"], 0.0, "2026-03-01T11:29:00Z"),
        (["2026-03-01T11:30:00Z"], 30.2, "2026-03-01T11:28:29Z"),
        (["2026-03-01T12:30:00+01:00", "2026-03-01T11:00:00Z"], 0.0, "2026-03-01T11:29:00Z"),
        (["2026-03-01T11:00:00Z", "2026-03-01T12:00:00.000001Z"], 0.0, "2026-03-01T10:59:00Z"),
        (["2026-03-01T12:00:01Z"], 0.0, None),
        (["2026-03-01T11:00:00Z", None], 0.0, None),
        (["2026-03-01T11:00:00Z", "yesterday"], 0.0, None),
        (["0001-01-01T00:00:10Z"], 0.0, None),
        (["2026-02-31T11:00:00Z"], 0.0, None),
        ([], 0.0, None),
    ],
)
def test_the_mark_is_by_the_services_clock(moments: list[str | None], took: float, mark: str | None) -> None:
    world = World(len(moments))
    for item, moment in zip(world.all, moments, strict=True):
        item["updated_at"] = moment
    ticks = iter([5.0, 5.0 + took])
    taken, _how = refresh(None, world, NOON, monotonic=lambda: next(ticks))
    assert taken.mark == mark
    _again, how = refresh(taken, world, NOON)
    assert how.whole == (mark is None)


def test_the_mark_never_goes_back_after_a_slow_reading() -> None:
    world = World(5)
    taken = first(world)
    slow = iter([0.0, 3600.0])
    world.update(world.all[0], name="changed")
    again, _how = refresh(taken, world, world.now, monotonic=lambda: next(slow))
    assert again.mark == taken.mark


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (NOON + 86_399, ""),
        (NOON + 86_400, "the last whole reading was long ago"),
        (NOON + 99, "the clock has been set back"),
        (NOON - 1, "the clock has been set back"),
    ],
)
def test_sweeps_are_periodic_and_clocks_can_be_wrong(now: float, reason: str) -> None:
    world = World()
    world.create()
    taken = dataclasses.replace(first(world), taken=NOON + 100, about={"part": [None, None]})
    again, how = refresh(taken, world, now)
    assert how.reason == reason
    assert (again.taken, again.swept) == (now, now if reason else NOON)
    assert again.about == ({} if reason else {"part": [None, None]})


def test_fresh() -> None:
    taken = Snapshot({}, taken=100, swept=50)
    assert [taken.fresh(now, 60) for now in (99.9, 100, 159.9, 160)] == [False, True, True, False]
    assert not taken.fresh(100, 0)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (3599, "59 min"), (11_520, "3 h 12 min"), (86_399, "23 h 59 min"), (190_800, "2 d 5 h")],
)
def test_age_text(seconds: float, words: str) -> None:
    assert age_text(seconds) == words


# -- lists that cannot be followed, services that answer otherwise


@pytest.mark.parametrize("wrong", [{"created_at": None}, {"created_at": "2031-01-01T00:00:00Z"}, {"updated_at": None}])
def test_a_list_that_cannot_be_followed_is_read_whole_each_time(wrong: dict[str, Any]) -> None:
    world = World(5)
    world.all[2].update(wrong)
    taken = first(world)
    assert taken.mark is None
    taken, how = refresh(taken, world, world.now)
    assert str(how) == "All was read, since the list cannot be followed by its times."
    assert text(taken) == world.text()


def test_new_objects_that_do_not_come_in_order_have_all_read() -> None:
    world = World(5)
    taken = first(world)
    world.create()["created_at"] = "in spring"
    _taken, how = refresh(taken, world, world.now)
    assert str(how) == "All was read, since the list is not in the order of creation."


def test_a_service_that_does_not_count_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(5)
    taken = first(world)
    monkeypatch.setattr(world, "count", lambda first, last: None)
    _taken, how = refresh(taken, world, world.now)
    assert str(how) == "All was read, since the service does not count it."


def test_a_service_that_compares_less_exactly_is_read_whole_in_the_end(small_pages: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """It cuts the times that it is given, so that an object may not be in the range that ends with it."""
    world = World(300)
    for item in world.all:
        item["created_at"] = item["created_at"].replace(".000000Z", ".900000Z")
    taken = first(world)
    world.delete(world.all[100])
    count, between = world.count, world.between
    monkeypatch.setattr(world, "count", lambda first, last: count(first[:19] + "Z", last[:19] + "Z"))
    monkeypatch.setattr(world, "between", lambda first, last: between(first[:19] + "Z", last[:19] + "Z"))
    taken, _how = refresh(taken, world, world.now)
    assert text(taken) == world.text()


def failing_with(error: Exception) -> Any:
    def fail(*_arguments: Any) -> Any:
        raise error

    return fail


@pytest.mark.parametrize("method", ["changed", "count"])
@pytest.mark.parametrize("status", [200, 400, 404])
def test_an_unexpected_answer_has_all_read(monkeypatch: pytest.MonkeyPatch, method: str, status: int) -> None:
    world = World(5)
    taken = first(world)
    monkeypatch.setattr(world, method, failing_with(ApiError("after is unknown", status=status, method="GET", path="/v3/x/")))
    _taken, how = refresh(taken, world, world.now)
    reason = f"the service answered otherwise than expected (GET /v3/x/ failed with HTTP {status}: after is unknown)"
    assert str(how) == f"All was read, since {reason}."


@pytest.mark.parametrize(
    "error", [ApiError("no", status=status) for status in (401, 403, 429, 500, 503)] + [TransportError("x", maybe_done=False)]
)
def test_a_refusal_and_a_failure_are_raised(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    world = World(5)
    taken = first(world)
    monkeypatch.setattr(world, "changed", failing_with(error))
    with pytest.raises(type(error)):
        refresh(taken, world, world.now)
    assert "everything" not in world.requests()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (TransportError("The line is dead.", maybe_done=True), True),
        (TransportError("The certificate is not trusted.", maybe_done=False, lasting=True), False),
        *((ApiError("words", status=status), True) for status in (429, 500, 502, 503, 504)),
        *((ApiError("words", status=status), False) for status in (200, 400, 401, 403, 404)),
        (ValueError("words"), False),
    ],
)
def test_what_means_that_the_service_is_down(error: Exception, expected: bool) -> None:
    assert down(error) is expected


# -- groups


@pytest.fixture
def grouped(small_pages: None) -> World:
    """Thirty objects, two groups of which one has three members, and a third that nobody lists."""
    world = World(30)
    world.add_group()
    world.add_group()
    for item in world.all[:3]:
        world.join(item, world.group_list[0])
    world.all[9]["groups"].append("elsewhere")
    return world


def test_members_that_are_exchanged_are_seen(grouped: World) -> None:
    taken = first(grouped, members=grouped)
    before = copy.deepcopy(taken)
    group = grouped.group_list[0]
    grouped.leave(grouped.all[0], group)
    grouped.join(grouped.all[9], group)
    again, how = refresh(taken, grouped, grouped.now, members=grouped)
    # The group without members is not asked for them.
    assert sorted(grouped.requests()) == ["changed", "count", "groups", "of"]
    assert (how.changed, how.gone) == (2, 0)
    assert text(again) == grouped.text()
    assert again.groups == ({**group, "devices_count": 3}, {**grouped.group_list[1], "devices_count": 0})
    assert taken == before


def test_members_of_a_group_that_is_gone_are_in_it_no_more(grouped: World) -> None:
    taken = first(grouped, members=grouped)
    grouped.delete_group(grouped.group_list[0])
    taken, how = refresh(taken, grouped, grouped.now, members=grouped)
    assert how.changed == 3
    assert text(taken) == grouped.text()


def test_where_most_are_in_groups_all_is_read(grouped: World) -> None:
    taken = first(grouped, members=grouped)
    for item in grouped.all[:28]:
        grouped.join(item, grouped.group_list[1])
    taken, how = refresh(taken, grouped, grouped.now, members=grouped)
    assert str(how) == "All was read, since the groups have as many members."
    assert text(taken) == grouped.text()


def test_groups_are_not_asked_for_where_they_do_not_matter(grouped: World) -> None:
    taken = first(grouped)
    for item in grouped.all:
        del item["groups"]
    refresh(taken, grouped, grouped.now)
    assert sorted(grouped.requests()) == ["changed", "count"]


# -- a list of the service as a source

ROW = Resource("thing", "/v3/things/", filters={**dict.fromkeys(("created_at", "updated_at"), ("gte", "lte", "in")), "name": ("eq", "in")})


def things(count: int) -> Service:
    world = World(count)
    return Service("/v3/things/", world.all)


def asked(sent: Any) -> list[dict[str, str]]:
    return [{name: value for name, value in request.query if name not in ("limit", "order")} for request in sent]


def test_a_list_of_the_service_is_asked_exactly_so() -> None:
    client, transport, _waits = make_client(things(6))
    source = Listed(client, ROW, {}, ROW.conditions({"name": "new"}), fields=["id", "created_at", "updated_at"], concurrency=1)
    taken, _how = refresh(None, source, NOON + 3600, monotonic=lambda: 0.0)
    assert [set(item) for item in taken.objects.values()] == [{"id", "created_at", "updated_at"}] * 6
    transport.sent.clear()
    again, how = refresh(taken, source, NOON + 3600, concurrency=1)
    assert asked(transport.sent) == [
        {"name__eq": "new", "updated_at__gte": "2026-03-01T12:04:00Z"},
        {
            "name__eq": "new",
            "created_at__gte": "2026-03-01T12:00:00.000000Z",
            "created_at__lte": "2026-03-01T12:05:00.000000Z",
            "include": "total_count",
        },
    ]
    assert again == dataclasses.replace(taken, taken=NOON + 3600)
    assert not how.whole


@pytest.mark.parametrize(
    ("given_since", "since"), [("2026-03-01T12:00:00Z", "2026-03-01T12:02:00Z"), ("20260301T120300Z", "20260301T120300Z")]
)
def test_the_users_own_times_of_change_count_too(given_since: str, since: str) -> None:
    client, transport, _waits = make_client(things(6))
    conditions = ROW.conditions({"updated_at": {"gte": given_since, "lte": "2026-03-01T12:04:00Z"}})
    found = list(Listed(client, ROW, {}, conditions, concurrency=1).changed("2026-03-01T12:02:00Z"))
    assert asked(transport.sent) == [{"updated_at__lte": "2026-03-01T12:04:00Z", "updated_at__gte": since}]
    assert found


def test_a_part_is_followed_by_itself() -> None:
    service = things(9)
    client, _transport, _waits = make_client(service)
    part = ("2026-03-01T12:03:00.000000Z", "2026-03-01T12:06:00.000000Z")
    source = Listed(client, ROW, {}, part=part)
    taken, _how = refresh(None, source, NOON + 3600)
    assert [item["created_at"][14:16] for item in taken.objects.values()] == ["03", "04", "05"]
    for item in list(service.objects.values())[3:7]:
        item.update(name="changed", updated_at="2026-03-01T12:30:00Z")
    taken, how = refresh(taken, source, NOON + 3600)
    assert (how.whole, how.changed, how.gone) == (False, 3, 0)
    assert text(taken) == json.dumps(list(source.everything()))


@pytest.mark.parametrize(("concurrency", "widths"), [(1, [1, 1, 1]), (2, [2, 1, 1]), (3, [3, 1, 1]), (8, [8, 6, 1])])
def test_no_more_requests_are_under_way_than_allowed(monkeypatch: pytest.MonkeyPatch, concurrency: int, widths: list[int]) -> None:
    """What is changed is listed beside a count and the groups, ranges beside one another."""
    found = []
    monkeypatch.setattr(ranges, "listing", lambda *_given, concurrency, **_more: found.append(concurrency))
    client, _transport, _waits = make_client([])
    source = Listed(client, ROW, {}, concurrency=concurrency)
    source.everything()
    source.changed("2026-03-01T12:00:00Z")
    source.between("2026-03-01T12:00:00Z", "2026-03-01T12:10:00Z")
    assert found == widths


def test_what_only_we_can_filter_by_cannot_be_counted() -> None:
    client, transport, _waits = make_client(things(3))
    keyed = dataclasses.replace(ROW, filters={name: ROW.filters[name] for name in ("created_at", "updated_at")})
    source = Listed(client, keyed, {}, keyed.conditions({"name": "new"}))
    assert source.count("2026-03-01T12:00:00Z", "2026-03-01T12:10:00Z") is None
    assert transport.sent == []


def test_values_that_one_address_has_no_room_for_are_counted_in_parts() -> None:
    client, transport, _waits = make_client(lambda request: answer(200, {"data": [], "total_count": 2}))
    source = Listed(client, ROW, {}, ROW.conditions({"name": [f"{number:040d}" for number in range(150)]}))
    assert source.count("2026-03-01T12:00:00Z", "2026-03-01T12:10:00Z") == 4
    assert len(transport.sent) == 2


# -- files

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.lists(st.dictionaries(st.text(max_size=3), VALUES, max_size=4), max_size=12).map(
    lambda items: {str(number): {**item, "id": str(number)} for number, item in enumerate(items)}
)


def snapshot_of(objects: dict[str, dict[str, Any]], moment: float = 5.5, **more: Any) -> Snapshot:
    return Snapshot(objects, taken=moment, swept=2.5, mark="2026-03-01T12:00:00Z", **more)


def many(count: int = 50, word: str = "old") -> dict[str, dict[str, Any]]:
    return {str(number): {"id": str(number), "name": f"{word} {number}"} for number in range(count)}


def names_in(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


@settings(max_examples=60, deadline=None)
@given(OBJECTS, OBJECTS, st.data())
def test_what_is_saved_is_loaded(before: dict[str, Any], after: dict[str, Any], data: st.DataObject) -> None:
    """Before and after, with any of the objects the very same ones, and in any order."""
    kept = {identity: item for identity, item in before.items() if data.draw(st.booleans())}
    order = data.draw(st.permutations([*{**after, **kept}.items()]))
    with tempfile.TemporaryDirectory() as folder:
        for objects in (before, dict(order)):
            store = Store(folder, "key", pytest.fail)
            store.load()
            taken = snapshot_of(objects, groups=({"id": "g", "devices_count": 3},), about={"part": [None, "x"]})
            store.save(taken)
            loaded = Store(folder, "key", pytest.fail).load()
            assert loaded == taken
            assert loaded is not None
            assert json.dumps(list(loaded.objects.items())) == json.dumps(list(objects.items()))


def altered(objects: dict[str, Any]) -> dict[str, Any]:
    """One changed, one gone, one new in the middle and one at the end."""
    items = [{"id": "7", "name": "changed"} if item["id"] == "7" else item for item in objects.values() if item["id"] != "3"]
    items.insert(20, {"id": "new", "name": "new"})
    items.append({"id": "last", "name": "last"})
    return {item["id"]: item for item in items}


def test_a_small_change_is_kept_beside_what_was_read_whole(tmp_path: Path) -> None:
    store = Store(str(tmp_path), "key", pytest.fail)
    store.save(snapshot_of(many(2000)))
    (whole,) = names_in(tmp_path)
    size = (tmp_path / whole).stat()
    for moment in (6.5, 7.5):
        again = Store(str(tmp_path), "key", pytest.fail)
        loaded = again.load()
        assert loaded is not None
        taken = snapshot_of(loaded.objects if "new" in loaded.objects else altered(loaded.objects), moment)
        again.save(taken)
        changes, same = names_in(tmp_path)
        assert (same, (tmp_path / whole).stat().st_ino) == (whole, size.st_ino)
        assert (tmp_path / changes).stat().st_size < size.st_size / 20
        assert Store(str(tmp_path), "key", pytest.fail).load() == taken
        assert list(taken.objects)[20] == "new"
    again.save(snapshot_of(many(2000, "all other"), 8.5))
    assert names_in(tmp_path) == [whole]


def test_changes_of_another_whole_are_left_aside(tmp_path: Path) -> None:
    """Two processes at once: one reads all, the other has begun with what was before."""
    slow, quick = Store(str(tmp_path), "key", pytest.fail), Store(str(tmp_path), "key", pytest.fail)
    slow.save(snapshot_of(many()))
    loaded = slow.load()
    assert loaded is not None
    quick.save(snapshot_of(many(60), 8.5))
    slow.save(snapshot_of(altered(loaded.objects), 7.5))
    assert len(names_in(tmp_path)) == 2
    assert Store(str(tmp_path), "key", pytest.fail).load() == snapshot_of(many(60), 8.5)


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there yet"
    store = Store(str(folder), "key", pytest.fail)
    store.save(snapshot_of(many()))
    loaded = store.load()
    assert loaded is not None
    store.save(snapshot_of(altered(loaded.objects)))
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [(folder / name).stat().st_mode & 0o777 for name in names_in(folder)] == [0o600, 0o600]


def test_a_file_is_on_the_disk_before_it_takes_the_place_of_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = []
    monkeypatch.setattr(
        os, "fsync", lambda handle: synced.append((os.fstat(handle).st_ino, os.fstat(handle).st_size, os.listdir(tmp_path)))
    )
    store = Store(str(tmp_path), "key", pytest.fail)
    store.save(snapshot_of(many()))
    ((inode, size, (name,)),) = synced
    assert name.startswith(".")
    assert (inode, size) == (os.stat(store.path).st_ino, os.stat(store.path).st_size)


def test_nothing_there_is_no_reason_to_warn(tmp_path: Path) -> None:
    assert Store(str(tmp_path / "folder"), "key", pytest.fail).load() is None
    assert Store(str(tmp_path), "key", pytest.fail).load() is None
    assert names_in(tmp_path) == []


def test_another_key_is_another_snapshot(tmp_path: Path) -> None:
    store, other = (Store(str(tmp_path), key, pytest.fail) for key in ("key", "other key"))
    store.save(snapshot_of(many()))
    assert other.load() is None
    other.save(snapshot_of(many(3)))
    assert [len((one.load() or snapshot_of({})).objects) for one in (store, other)] == [50, 3]
    assert "key" not in "".join(names_in(tmp_path))


@pytest.mark.parametrize("suffix", ["whole", "changes"])
@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda content: content[:-1], "it is damaged"),
        (lambda content: content + b"\n", "it is damaged"),
        (lambda content: b"", "it is damaged, or of another version of this collection or of Python"),
        (lambda content: b"{}", "it is damaged, or of another version of this collection or of Python"),
        (
            lambda content: content.replace(b" snapshot 1 ", b" snapshot 2 ", 1),
            "it is damaged, or of another version of this collection or of Python",
        ),
        (
            lambda content: content.replace(sys.implementation.cache_tag.encode(), b"cpython-299", 1),
            "it is damaged, or of another version of this collection or of Python",
        ),
    ],
)
def test_what_cannot_be_used_is_told_and_replaced(tmp_path: Path, suffix: str, spoil: Any, why: str) -> None:
    store = Store(str(tmp_path), "key", pytest.fail)
    store.save(snapshot_of(many()))
    loaded = store.load()
    assert loaded is not None
    store.save(snapshot_of(altered(loaded.objects)))
    (path,) = tmp_path.glob(f"*.{suffix}")
    path.write_bytes(spoil(path.read_bytes()))
    warnings: list[str] = []
    again = Store(str(tmp_path), "key", warnings.append)
    assert again.load() is None
    assert warnings == [f"The cached list {store.path} is not used, and all is read anew: {why}."]
    again.save(snapshot_of(many(4)))
    assert Store(str(tmp_path), "key", pytest.fail).load() == snapshot_of(many(4))


def test_a_file_under_the_name_of_another_list_is_not_used(tmp_path: Path) -> None:
    store, warnings = Store(str(tmp_path), "key", pytest.fail), []
    other = Store(str(tmp_path), "other key", warnings.append)
    store.save(snapshot_of(many()))
    os.rename(store.path, other.path)
    assert other.load() is None
    assert warnings == [f"The cached list {other.path} is not used, and all is read anew: it is that of another list."]


def test_a_checked_file_with_other_contents_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a version that has forgotten to count itself up."""
    store, warnings = Store(str(tmp_path), "key", pytest.fail), []
    monkeypatch.setattr(snapshot, "_blocks", lambda objects: [b"9\n", b"something else"])
    store.save(snapshot_of(many()))
    assert Store(str(tmp_path), "key", warnings.append).load() is None
    (warning,) = warnings
    assert warning.startswith(f"The cached list {store.path} is not used, and all is read anew: ")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damage_is_always_noticed(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder, "key", pytest.fail)
        store.save(snapshot_of(many(30)))
        loaded = store.load()
        assert loaded is not None
        store.save(snapshot_of({**loaded.objects, "7": {"id": "7"}}))
        path = Path(folder, data.draw(st.sampled_from(names_in(Path(folder)))))
        content = bytearray(path.read_bytes())
        place = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans()):
            del content[place:]
        else:
            content[place] ^= 1 << data.draw(st.integers(0, 7))
        path.write_bytes(content)
        warnings: list[str] = []
        assert Store(folder, "key", warnings.append).load() is None
        assert len(warnings) == 1


def write_for_ever(folder: str) -> None:
    """Every third time all is another's, else one object."""
    store = Store(folder, "key", pytest.fail)
    number = 0
    while True:
        number += 1
        loaded = store.load() if number % 3 else None
        objects = dict(loaded.objects) if loaded else {str(place): {"id": str(place), "by": number} for place in range(3000)}
        objects["0"] = {"id": "0", "by": number}
        store.save(snapshot_of(objects, number, about={"number": number}))


def begin_to_write(folder: str) -> int:
    """A process that writes until it is killed."""
    child = os.fork()
    if not child:
        try:
            write_for_ever(folder)
        finally:
            os._exit(1)
    return child


def test_killed_writers_and_several_at_once_leave_what_is_whole(tmp_path: Path) -> None:
    """At whatever moment: what is loaded was saved just so."""
    chance = random.Random(1)
    numbers = set()
    for kill in range(20):
        writers = [begin_to_write(str(tmp_path)) for _writer in range(2)]
        end = time.monotonic() + 0.01 + chance.random() / 20
        while time.monotonic() < end or writers:
            # The last ones live until enough of what they write was seen, however slow the machine is.
            if time.monotonic() >= end and (kill < 19 or len(numbers) > 2 or time.monotonic() >= end + 60):
                child = writers.pop()
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
            loaded = Store(str(tmp_path), "key", pytest.fail).load()
            if loaded is not None or numbers:
                assert loaded is not None
                assert loaded.objects["0"]["by"] == loaded.about["number"] == loaded.taken
                assert len({item["by"] for place, item in loaded.objects.items() if place != "0"}) == 1
                assert len(loaded.objects) == 3000
                numbers.add(loaded.about["number"])
    assert len(numbers) > 2


def test_what_killed_writers_left_and_what_nobody_uses_is_deleted(tmp_path: Path) -> None:
    old = time.time() - 31 * 86_400
    mine, used, unused = (Store(str(tmp_path), key, pytest.fail) for key in ("mine", "used", "unused"))
    for store in (mine, used, unused):
        store.save(snapshot_of(many()))
        loaded = store.load()
        assert loaded is not None
        store.save(snapshot_of(altered(loaded.objects)))
    name = os.path.basename(mine.path)
    strangers = ["notes.txt", "snapshot-of-mine.whole", f"{name}.backup.gz", f".{name}.tidy up"]
    for leftover in (f".{name}.abc_1234", f".{name}.young123", *strangers):
        (tmp_path / leftover).write_bytes(b"")
    for entry in os.scandir(tmp_path):
        os.utime(entry.path, (old, old))
    os.utime(tmp_path / f".{name}.young123")
    assert used.load() is not None
    mine.save(snapshot_of(many(word="all other")))
    left = [os.path.basename(used.path)[:-5] + suffix for suffix in ("changes", "whole")]
    assert names_in(tmp_path) == sorted([name, f".{name}.young123", *strangers, *left])


@pytest.mark.parametrize(
    ("prepare", "why"),
    [
        (lambda folder, path: folder.chmod(0o770), "[Errno 1] Others than its owner may write to it: '{folder}'"),
        (lambda folder, path: path.chmod(0o602), "[Errno 1] Others than its owner may write to it: '{path}'"),
        (
            lambda folder, path: path.rename(folder / "x") and path.symlink_to(folder / "x"),
            "[Errno 40] Too many levels of symbolic links: '{path}'",
        ),
    ],
)
def test_what_others_may_write_is_not_read(tmp_path: Path, prepare: Any, why: str) -> None:
    folder = tmp_path / "folder"
    warnings: list[str] = []
    store = Store(str(folder), "key", warnings.append)
    store.save(snapshot_of(many()))
    prepare(folder, Path(store.path))
    assert store.load() is None
    assert warnings == [f"The cached list is not used, and all is read anew: {why.format(folder=folder, path=store.path)}."]


def test_nothing_is_put_where_others_may_write(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    warnings: list[str] = []
    Store(str(tmp_path), "key", warnings.append).save(snapshot_of(many()))
    assert warnings == [f"The list cannot be cached: [Errno 1] Others than its owner may write to it: '{tmp_path}'."]
    assert names_in(tmp_path) == []


def test_what_belongs_to_another_user_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warnings: list[str] = []
    store = Store(str(tmp_path), "key", warnings.append)
    store.save(snapshot_of(many()))
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    assert store.load() is None
    store.save(snapshot_of(many()))
    assert warnings == [
        f"The cached list is not used, and all is read anew: [Errno 1] It belongs to another user: '{tmp_path}'.",
        f"The list cannot be cached: [Errno 1] It belongs to another user: '{tmp_path}'.",
    ]


def test_that_it_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    warnings: list[str] = []
    Store(str(tmp_path / "file"), "key", warnings.append).save(snapshot_of(many()))
    assert warnings == [f"The list cannot be cached: [Errno 17] File exists: '{tmp_path / 'file'}'."]
    store = Store(str(tmp_path / "folder"), "key", warnings.append)
    deep: Any = "value"
    for _level in range(3000):
        deep = [deep]
    store.save(snapshot_of({"1": {"id": "1", "deep": deep}}))
    assert warnings[1:] == ["The list cannot be cached: object too deeply nested to marshal."]
    assert names_in(tmp_path / "folder") == []


def test_a_full_disk_leaves_what_was_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store(str(tmp_path), "key", pytest.fail).save(snapshot_of(many()))
    before = {name: (tmp_path / name).read_bytes() for name in names_in(tmp_path)}
    monkeypatch.setattr(os, "fsync", failing_with(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))))
    warnings: list[str] = []
    store = Store(str(tmp_path), "key", warnings.append)
    loaded = store.load()
    assert loaded is not None
    for objects in (altered(loaded.objects), many(word="all other")):
        store.save(snapshot_of(objects, 6.5))
        assert {name: (tmp_path / name).read_bytes() for name in names_in(tmp_path)} == before
    assert warnings == ["The list cannot be cached: [Errno 28] No space left on device."] * 2


def test_what_can_only_be_read_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a file system that is mounted so."""
    store = Store(str(tmp_path), "key", pytest.fail)
    store.save(snapshot_of(many()))
    monkeypatch.setattr(os, "utime", failing_with(OSError(errno.EROFS, os.strerror(errno.EROFS))))
    assert store.load() == snapshot_of(many())


@pytest.mark.parametrize("collecting", [True, False])
def test_the_collector_of_garbage_is_left_as_it_was(tmp_path: Path, collecting: bool) -> None:
    store = Store(str(tmp_path), "key", pytest.fail)
    store.save(snapshot_of(many()))
    (gc.enable if collecting else gc.disable)()
    try:
        store.load()
        assert gc.isenabled() is collecting
    finally:
        gc.enable()
