# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists in ranges side by side: the same objects in the same order whatever lies where and whatever moves, and parts that fit together."""

from __future__ import annotations

import bisect
import gc
import heapq
import itertools
import os
import queue
import random
import re
import signal
import threading
import time
from collections import Counter
from typing import ClassVar

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils import ranges, resource
from ansible_collections.pelion.device_management.plugins.module_utils.client import ApiError
from ansible_collections.pelion.device_management.plugins.module_utils.filters import Condition, FilterError, matches, moment
from ansible_collections.pelion.device_management.plugins.module_utils.resource import Resource, ResourceError
from ansible_collections.pelion.device_management.plugins.module_utils.transport import TransportError
from ansible_collections.pelion.device_management.tests.unit.plugins.module_utils.fakes import answer, failing, lost, make_client
from hypothesis import assume, given, settings
from hypothesis import strategies as st

SECOND = 1_000_000
DAY = 86_400 * SECOND
YEAR = 365 * DAY
START = 1_500_000_000 * SECOND
TEXT = ranges._text
ROW = Resource(
    name="toy",
    path="/v3/toys/",
    filters={"created_at": ("in", "nin", "lte", "gte"), "state": ("eq",), "id": ("eq", "in")},
    packed_filters={"tag": ("eq",)},
    keys=("name",),
)
BELOW = Resource(name="toy", path="/v3/boxes/{box_id}/toys/", filters=ROW.filters)


class Fleet:
    """The list of a service: a transport's answers. Times are compared after ``coarse`` microseconds are cut off."""

    def __init__(self, times, coarse=1):
        self.numbers = itertools.count()
        self.objects = []
        self.coarse = coarse
        self.before = lambda query: None
        self.lock = threading.Lock()
        self.queries = []
        for created in times:
            self.create(created)

    def create(self, created):
        number = next(self.numbers)
        states = {"state": "odd" if number % 2 else "even", "name": f"n{number % 3}", "tag": f"t{number % 5}"}
        bisect.insort(self.objects, (created, f"{number:032x}", states))

    def everything(self, **wanted):
        chosen = [one for one in self.objects if all(one[2][name] == value for name, value in wanted.items())]
        return [{"id": identity, "created_at": TEXT(created), **states} for created, identity, states in chosen]

    def __call__(self, request):
        with self.lock:
            query = dict(request.query)
            assert len(query) == len(request.query), "a parameter twice"
            self.queries.append(query)
            return self.before(query) or answer(200, self.page(query))

    def page(self, query):
        query = dict(query)
        if "filter" in query:
            query.update(part.split("=") for part in query.pop("filter").replace("%3A", ":").split("&"))

        def place(text):
            return ranges._micros(text) // self.coarse

        low, high = query.get("created_at__gte"), query.get("created_at__lte")
        chosen = [
            one
            for one in self.objects
            if (low is None or one[0] // self.coarse >= place(low))
            and (high is None or one[0] // self.coarse <= place(high))
            and ("state__eq" not in query or one[2]["state"] == query["state__eq"])
            and ("tag__eq" not in query or one[2]["tag"] == query["tag__eq"])
            and ("id__in" not in query or one[1] in query["id__in"])
        ]
        total, limit = len(chosen), int(query["limit"])
        if query.get("order") == "DESC":
            chosen.reverse()
        if "after" in query:
            chosen = chosen[next((at for at, one in enumerate(chosen, 1) if one[1] == query["after"]), 0) :]
        data = [{"id": identity, "created_at": TEXT(created), **states} for created, identity, states in chosen[:limit]]
        body = {"object": "list", "limit": limit, "has_more": len(chosen) > limit, "data": data}
        return {**body, "total_count": total} if "include" in query else body


class Virtual:
    """Workers in a time of their own: a call is carried out when it begins, and takes one unit or what ``lengths`` gives."""

    lengths: random.Random | None = None
    made: ClassVar[list[Virtual]] = []

    def __init__(self, width):
        self.free = self.width = width
        self.now, self.began = 0.0, itertools.count()
        self.under_way = []
        self.most = 0
        Virtual.made.append(self)

    def start(self, call, piece):
        assert self.free > 0
        self.free -= 1
        self.most = max(self.most, self.width - self.free)
        length = Virtual.lengths.uniform(0.5, 2) if Virtual.lengths else 1
        heapq.heappush(self.under_way, (self.now + length, next(self.began), piece, call(piece)))

    def next(self):
        self.now, _number, piece, page = heapq.heappop(self.under_way)
        self.free += 1
        return piece, page

    def map(self, call, pieces):
        return [call(piece) for piece in pieces]

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass


class Pages:
    """Pages of so many objects, in this file and in what is compared with it."""

    def __init__(self, size, workers=None, seed=None):
        self.size, self.workers, self.seed = size, workers, seed

    def __enter__(self):
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(ranges, "PAGE_LIMIT", self.size)
        self.patch.setattr("ansible_collections.pelion.device_management.plugins.module_utils.client.PAGE_LIMIT", self.size)
        if self.workers:
            self.patch.setattr(ranges, "Workers", self.workers)
            Virtual.lengths = None if self.seed is None else random.Random(self.seed)
            Virtual.made = []

    def __exit__(self, *exception):
        self.patch.undo()


def read(fleet, conditions=(), concurrency=4, row=ROW, params=None, **options):
    client, _transport, _waits = make_client(fleet)
    return list(ranges.listing(client, row, params or {}, conditions, concurrency=concurrency, **options))


def listing_threads():
    return [thread for thread in threading.enumerate() if thread.name == "listing"]


def sequential(fleet, conditions=(), row=ROW, params=None, **options):
    client, _transport, _waits = make_client(fleet)
    return list(resource.listing(client, row, params or {}, conditions, **options))


# Seconds with many objects and years with few; moments that are equal, next to one another, and whole.
def _spread(draw):
    anchors = draw(st.lists(st.integers(0, YEAR), min_size=1, max_size=4))
    widths = st.sampled_from([0, 1, 40, 1000, SECOND, 60 * SECOND, DAY, YEAR])
    groups = draw(st.lists(st.tuples(st.sampled_from(anchors), widths, st.integers(1, 30), st.sampled_from([1, 1000, SECOND])), max_size=4))
    chance = random.Random(draw(st.integers(0, 9)))
    return [START + (anchor + chance.randint(0, width)) // unit * unit for anchor, width, number, unit in groups for one in range(number)]


TIMES = st.composite(_spread)()
COARSE = st.sampled_from([1, 1, 1000, SECOND, 60 * SECOND])


# -- laws


@settings(deadline=None)
@given(TIMES, st.integers(2, 9), st.integers(2, 9), COARSE, st.integers(0, 99))
def test_law_it_is_the_sequential_list(times, size, concurrency, coarse, seed):
    """Whatever lies where, however exactly the service compares, and however long its answers take."""
    fleet = Fleet(times, coarse)
    with Pages(size, Virtual, seed):
        assert read(fleet, concurrency=concurrency) == fleet.everything()
        used = len(fleet.queries)
        assert all(workers.most <= concurrency for workers in Virtual.made)
        fleet.queries.clear()
        assert sequential(fleet) == fleet.everything()
    # What lies on a bound is asked for twice, so many objects of one moment cost more.
    if coarse == 1 and len(set(times)) == len(times):
        assert used <= 1.4 * len(fleet.queries) + 25
    if len(times) <= 3 * size:
        assert used == len(fleet.queries)


@settings(deadline=None)
@given(TIMES, st.integers(2, 9), st.integers(2, 6))
def test_law_it_is_the_sequential_list_with_threads(times, size, concurrency):
    fleet = Fleet(times)
    with Pages(size):
        assert read(fleet, concurrency=concurrency) == fleet.everything()
    assert not listing_threads()


_CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "state": st.sampled_from(["odd", "even"]),
        "tag": st.sampled_from(["t0", "t1"]),
        "name": st.sampled_from(["n0", "n1"]),
        "created_at": st.dictionaries(st.sampled_from(["gte", "lte"]), st.integers(0, YEAR).map(lambda at: TEXT(START + at)), min_size=1),
    },
)


@settings(deadline=None)
@given(TIMES, _CONDITIONS, st.integers(2, 5), st.integers(2, 6), st.none() | st.sampled_from([("id",), ("name", "created_at")]))
def test_law_with_filters(times, given_filters, size, concurrency, fields):
    """Those of the service, those that are matched here, and limits of the user's own."""
    fleet = Fleet(times)
    conditions = ROW.conditions(given_filters)
    with Pages(size, Virtual):
        found = read(fleet, conditions, concurrency, fields=fields)
        assert found == sequential(fleet, conditions, fields=fields)
    wanted = [item for item in fleet.everything() if matches(conditions, item)]
    assert [item["id"] for item in found if fields != ("name", "created_at")] in ([item["id"] for item in wanted], [])
    assert len(found) == len(wanted)


class Moving(Fleet):
    """Between requests, objects come (at any time, as clocks of servers differ, but mostly now) and go."""

    def __init__(self, times, rate, seed):
        super().__init__(times)
        self.chance, self.rate = random.Random(seed), rate
        self.stood = {one[1] for one in self.objects}
        self.ever = set(self.stood)
        self.places = {}
        self.before = self.move

    def move(self, query):
        while self.chance.random() < self.rate:
            if self.objects and self.chance.random() < 0.5:
                gone = self.objects.pop(self.chance.randrange(len(self.objects)))
                self.stood.discard(gone[1])
                self.places[gone[1]] = gone[:2]
            else:
                newest = self.objects[-1][0] if self.objects else START
                self.create(self.chance.choice([newest + self.chance.randint(0, DAY), START + self.chance.randint(0, YEAR)]))
                self.ever |= {one[1] for one in self.objects}
        # A cursor whose object has gone still has a place.
        after = query.get("after")
        if after in self.places:
            created, identity = self.places[after]
            kept = self.objects
            try:
                self.objects = sorted([*kept, (created, identity, {"state": "", "name": "", "tag": ""})])
                body = self.page(query)
            finally:
                self.objects = kept
            return answer(200, {**body, "total_count": body.get("total_count", 1) - 1} if "include" in query else body)
        return None


@settings(deadline=None)
@given(TIMES, st.integers(2, 6), st.integers(2, 6), st.sampled_from([0.01, 0.1, 0.3, 0.6]), st.integers(0, 999))
def test_law_of_moving_lists(times, size, concurrency, rate, seed):
    """What stood throughout is there once; what came or went may be there, once; nothing else is; all in order."""
    fleet = Moving(times, rate, seed)
    with Pages(size, Virtual, seed):
        found = read(fleet, concurrency=concurrency)
    ids = [item["id"] for item in found]
    assert len(ids) == len(set(ids))
    assert fleet.stood <= set(ids) <= fleet.ever
    assert [(item["created_at"], item["id"]) for item in found] == sorted((item["created_at"], item["id"]) for item in found)


# -- what it costs


def shapes():
    chance = random.Random(1)
    yield "even", [START + number * YEAR // 20_000 for number in range(20_000)], 1.12, 9
    yield "random", [START + chance.randrange(YEAR) for number in range(20_000)], 1.2, 10
    minute = START + chance.randrange(YEAR)
    yield (
        "skewed",
        [minute + chance.randrange(60 * SECOND) for number in range(18_000)] + [START + chance.randrange(YEAR) for number in range(2_000)],
        1.4,
        15,
    )
    batches = [START + chance.randrange(YEAR) for number in range(100)]
    yield "batches", [start + chance.randrange(600 * SECOND) for start in batches for number in range(200)], 1.6, 15


@pytest.mark.parametrize(("times", "requests", "rounds"), [pytest.param(*rest, id=name) for name, *rest in shapes()])
def test_few_requests_and_few_rounds(times, requests, rounds):
    """In a hundred pages with 16 workers; one after the other would be a hundred rounds."""
    fleet = Quick(times)
    with Pages(200, Virtual):
        assert len(read(fleet, concurrency=16)) == 20_000
    assert len(fleet.queries) <= requests * 100
    assert Virtual.made[0].now <= rounds


@pytest.mark.parametrize(
    ("coarse", "most", "moments"),
    [
        pytest.param(SECOND, 250, [START + number * 10 * SECOND // 1000 for number in range(1000)], id="a service that compares seconds"),
        pytest.param(1, 165, [START] * 500 + [START + number * DAY for number in range(500)], id="many of one moment"),
    ],
)
def test_no_more_cuts_where_they_do_not_help(coarse, most, moments):
    """In a hundred pages: pieces that give the same again are cut no further, and there is a limit to what cuts may cost."""
    fleet = Fleet(moments, coarse)
    with Pages(10, Virtual):
        assert len(read(fleet, concurrency=8)) == 1000
    assert len(fleet.queries) <= most


class Quick(Fleet):
    """A long list whose pages are found soon."""

    def __init__(self, times):
        super().__init__([])
        self.times = sorted(times)

    def page(self, query):
        low = bisect.bisect_left(self.times, ranges._micros(query["created_at__gte"])) if "created_at__gte" in query else 0
        high = bisect.bisect_right(self.times, ranges._micros(query["created_at__lte"])) if "created_at__lte" in query else len(self.times)
        limit, high = int(query["limit"]), max(low, high)
        first = int(query["after"], 16) + 1 if "after" in query else low
        chosen = range(first, min(high, first + limit)) if query.get("order") != "DESC" else range(high - 1, max(low, high - limit) - 1, -1)
        data = [{"id": f"{number:032x}", "created_at": TEXT(self.times[number])} for number in chosen]
        return {"object": "list", "limit": limit, "has_more": first + limit < high, "data": data, "total_count": high - low}


def test_short_lists_are_asked_for_as_ever():
    """Up to three pages: the requests of the sequential list, the first of which asks for the count too."""
    fleet = Fleet(range(START, START + 9))
    with Pages(3):
        assert read(fleet) == fleet.everything()
    third, sixth = (fleet.objects[at][1] for at in (2, 5))
    assert fleet.queries == [{"include": "total_count", "limit": "3"}, {"limit": "3", "after": third}, {"limit": "3", "after": sixth}]


def test_longer_lists_are_asked_for_in_ranges():
    """The count comes with the first page of a range; further ones follow its cursor."""
    fleet = Fleet(START + number * SECOND for number in range(20))
    with Pages(4, Virtual):
        assert read(fleet, concurrency=2) == fleet.everything()
    cuts = [query["created_at__lte"] for query in fleet.queries[2:4]]
    assert cuts == ["2017-07-14T02:40:08.333000Z", "2017-07-14T02:40:13.666000Z"]
    assert fleet.queries == [
        {"include": "total_count", "limit": "4"},
        {"order": "DESC", "limit": "2"},
        {"created_at__lte": cuts[0], "include": "total_count", "limit": "4", "after": fleet.objects[3][1]},
        {"created_at__gte": cuts[0], "created_at__lte": cuts[1], "include": "total_count", "limit": "4"},
        {"created_at__gte": cuts[1], "include": "total_count", "limit": "4"},
        {"created_at__lte": cuts[0], "limit": "4", "after": fleet.objects[7][1]},
        {"created_at__gte": cuts[1], "limit": "4", "after": fleet.objects[17][1]},
        {"created_at__gte": cuts[0], "created_at__lte": cuts[1], "limit": "4", "after": fleet.objects[12][1]},
    ]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(Resource(name="toy", path="/v3/toys/", filters={"created_at": ("eq",)}), id="no such filter"),
        pytest.param(Resource(name="toy", path="/v3/toys/", filters=ROW.filters, order="DESC"), id="newest first"),
        pytest.param(Resource(name="toy", path="/v3/toys/", filters=ROW.filters, paged=False), id="not paged"),
        pytest.param(Resource(name="toy", path="/v3/toys/", filters=ROW.filters, query={"include": {}}), id="include means something else"),
    ],
)
def test_other_lists_are_read_page_by_page(row):
    fleet = Fleet(range(START, START + 40))
    fleet.before = lambda query: answer(200, fleet.page({"limit": "1000", **query}))
    with Pages(4):
        assert read(fleet, row=row, fields=("id",)) == sequential(fleet, row=row, fields=("id",))
    half = len(fleet.queries) // 2
    assert fleet.queries[:half] == fleet.queries[half:]


def test_one_worker_reads_page_by_page():
    fleet = Fleet(range(START, START + 40))
    with Pages(4):
        assert read(fleet, concurrency=1) == sequential(fleet)
    assert fleet.queries[:10] == fleet.queries[10:]


def test_a_service_that_does_not_count_is_read_page_by_page():
    fleet = Fleet(range(START, START + 40))
    fleet.before = lambda query: answer(200, {name: value for name, value in fleet.page(query).items() if name != "total_count"})
    with Pages(4):
        assert read(fleet) == fleet.everything()
    assert len(fleet.queries) == 10


def test_long_lists_of_values_are_asked_for_in_several_lists():
    """Each of them in ranges, all with the same workers; the address stays short enough with the ranges in it."""
    fleet = Fleet(START + number * SECOND for number in range(300))
    wanted = [item["id"] for item in fleet.everything()][::-1]
    with Pages(10, Virtual):
        client, transport, _waits = make_client(fleet)
        conditions = ROW.conditions({"id": wanted})
        found = list(ranges.listing(client, ROW, {}, conditions, concurrency=3, fields=("id",)))
    assert found == [{"id": identity} for identity in reversed(wanted)]
    assert all(
        client.url_length(sent.path, sent.query) - len("&limit=1000&after=&order=DESC&include=total_count") - 32 < 4096
        for sent in transport.sent
    )
    assert any("created_at__gte" in query and "created_at__lte" in query for query in fleet.queries)
    assert len(Virtual.made) == 1


def test_a_list_lower_down():
    fleet = Fleet(range(START, START + 40))
    with Pages(4):
        assert read(fleet, row=BELOW, params={"box_id": "b1"}) == fleet.everything()


def test_memory_is_not_searched_for_cycles_meanwhile():
    seen = []
    fleet = Fleet(range(START, START + 40))
    fleet.before = lambda query: seen.append(gc.isenabled())
    with Pages(4):
        read(fleet)
        assert gc.isenabled() and not any(seen)
        gc.disable()
        try:
            read(fleet)
            assert not gc.isenabled()
        finally:
            gc.enable()


# -- counts


def test_a_list_that_does_not_add_up_is_an_error():
    """A service that promises one more than it gives."""
    fleet = Fleet(range(START, START + 40))

    def lying(query):
        body = fleet.page(query)
        if "include" in query:
            body["total_count"] += 1
        return answer(200, body, request_id="r7")

    fleet.before = lying
    with Pages(4), pytest.raises(ApiError) as caught:
        read(fleet)
    assert str(caught.value) == (
        "GET /v3/toys/ failed with HTTP 200: The list does not add up: the service counts 41 objects and gave 40, and none came or went "
        "meanwhile. With concurrency 1 it is read page by page, without counting. (request id r7)"
    )


def test_bounds_that_the_service_leaves_out_are_an_error():
    """A service for which neither end is inclusive: objects on bounds are lost, and only the whole count tells."""
    fleet = Quick([START + number * SECOND for number in range(4000)])

    def inside(query):
        for name, step in (("created_at__gte", 1), ("created_at__lte", -1)):
            if name in query:
                query = {**query, name: TEXT(ranges._micros(query[name]) + step)}
        return answer(200, fleet.page(query))

    fleet.before = inside
    with Pages(100, Virtual), pytest.raises(ApiError, match=r"the service counts 4000 objects and gave 39\d\d, and none came or went"):
        read(fleet)


def test_only_what_moved_is_read_again():
    """An object goes after it was read, and another comes before it is read: there is one more than before and after."""
    fleet = Fleet(START + number * 1000 * SECOND for number in range(400))
    moved = []

    def move(query):
        if "created_at__gte" in query and "created_at__lte" not in query and not moved:
            moved.append(len(fleet.queries))
            del fleet.objects[0]
            fleet.create(fleet.objects[-1][0] + SECOND)

    fleet.before = move
    with Pages(10, Virtual):
        assert read(fleet) == fleet.everything()
    small = [query for query in fleet.queries if query["limit"] == "2"]
    first = next(query["created_at__lte"] for query in fleet.queries if "created_at__lte" in query)
    assert moved
    assert small[:2] == [{"order": "DESC", "limit": "2"}, {"limit": "2", "include": "total_count"}]
    assert small[2] == {"created_at__lte": first, "limit": "2", "include": "total_count"}
    counted = fleet.queries.index(small[2]) + len(small) - 2
    assert fleet.queries[counted] == {"created_at__lte": first, "limit": "10", "include": "total_count"}
    # Nothing else is read again.
    assert all(query["created_at__lte"] <= first for query in fleet.queries[counted:])


def test_what_moves_too_fast_is_read_page_by_page():
    fleet = Fleet(START + number * SECOND for number in range(100))
    chance = random.Random(1)

    def move(query):
        if query["limit"] == "2" or "created_at__gte" in query:
            fleet.create(START + chance.randrange(50) * SECOND)

    fleet.before = move
    with Pages(10, Virtual):
        found = read(fleet)
    assert {item["id"] for item in found} >= {f"{number:032x}" for number in range(100)}
    plain = [
        query for query in fleet.queries if not {"include", "created_at__gte", "created_at__lte"} & set(query) and query["limit"] == "10"
    ]
    assert len(plain) >= 10, "the sequential list"


def whole_lists(fleet):
    """How often the list was begun without any limits: once by ranges, once more by reading it page by page."""
    return sum(not {"created_at__gte", "created_at__lte", "after"} & set(query) and query["limit"] != "2" for query in fleet.queries)


@pytest.mark.parametrize("what", ["count", "objects"])
def test_a_list_that_only_seems_to_stand_still_is_no_error(what):
    """Its count never agrees. That is no error while the count itself moves, or while other objects are there each time."""
    fleet = Fleet(START + number * SECOND for number in range(40))
    counts = itertools.count(41)

    def lying(query):
        if what == "objects" and query["limit"] == "2":
            del fleet.objects[0]
            fleet.create(START)
        body = fleet.page(query)
        if "include" in query:
            whole = not {"created_at__gte", "created_at__lte"} & set(query)
            body["total_count"] = next(counts) if what == "count" and whole else body["total_count"] + 1
        return answer(200, body)

    fleet.before = lying
    with Pages(4, Virtual):
        assert read(fleet) == fleet.everything()
    assert whole_lists(fleet) == 2


@pytest.mark.parametrize(("times", "lists"), [(0, 1), (1, 1), (2, 1), (3, 2)])
def test_how_often_what_moved_is_read_again(times, lists):
    """Objects come before a count of all and before those of the ranges, so many times. After the third the list is read page by page."""
    fleet = Fleet(START + number * SECOND for number in range(40))
    counts, moved = [], []

    def move(query):
        if len(fleet.queries) == 3:
            fleet.create(START + DAY)
        if query["limit"] == "2" and "include" in query:
            limited = bool({"created_at__gte", "created_at__lte"} & set(query))
            counts.extend([] if limited else [query])
            if len(counts) <= times and (not limited or len(moved) < len(counts)):
                fleet.create(START)
                moved.extend([query] if limited else [])

    fleet.before = move
    with Pages(4, Virtual):
        assert read(fleet) == fleet.everything()
    assert (len(counts), whole_lists(fleet)) == (min(times + 1, 3), lists)


@pytest.mark.parametrize("status", [400, 404])
def test_a_cursor_that_is_refused_once(status):
    """Nothing has changed, so there is nothing to count."""
    fleet = Fleet(START + number * SECOND for number in range(40))
    refused = []

    def refuse(query):
        if "after" in query and not refused:
            refused.append(query)
            return failing(status, "kind")
        return None

    fleet.before = refuse
    with Pages(4, Virtual):
        assert read(fleet) == fleet.everything()
    assert refused and [query for query in fleet.queries if query["limit"] == "2"] == [{"order": "DESC", "limit": "2"}]


def test_a_change_that_the_count_explains_needs_no_second_look():
    fleet = Fleet(range(START, START + 40))
    fleet.before = lambda query: fleet.create(START + 10**9) if len(fleet.queries) == 1 else None
    first = fleet.page({"limit": "4", "include": "t"})
    fleet.before = lambda query: fleet.create(START + DAY) if len(fleet.queries) == 2 else None
    with Pages(4, Virtual):
        found = read(fleet)
    assert len(found) == 41 and first["total_count"] == 40
    assert fleet.queries[-1] == {"limit": "2", "include": "total_count"}
    assert [query for query in fleet.queries if query["limit"] == "2"] == [{"limit": "2", "order": "DESC"}, fleet.queries[-1]]


# -- cursors and absence


@pytest.mark.parametrize("status", [400, 404])
def test_a_cursor_whose_object_has_gone(status):
    """The range is read again from its beginning."""
    fleet = Fleet(range(START, START + 40))
    gone, again = [], []

    def move(query):
        if "after" in query and not gone:
            gone.append(query["after"])
            again.append({**{name: value for name, value in query.items() if name != "after"}, "include": "total_count"})
            fleet.objects = [one for one in fleet.objects if one[1] != query["after"]]
        return failing(status, "validation_error", fields=[{"name": "after", "message": "no"}]) if query.get("after") in gone else None

    fleet.before = move
    with Pages(4):
        found = read(fleet)
    assert gone and [item["id"] for item in found] == [one[1] for one in fleet.objects]
    assert again[0] in fleet.queries


def test_cursors_that_are_never_taken():
    fleet = Fleet(range(START, START + 40))
    fleet.before = lambda query: failing(400, "validation_error") if "after" in query else None
    with Pages(4), pytest.raises(ApiError) as caught:
        read(fleet)
    assert re.fullmatch(
        r"GET /v3/toys/ failed with HTTP 400 validation_error on page 2 of the list from (its beginning|2\S+Z) to (2\S+Z|its end), "
        r"after 4 objects: words \(request id r1\)",
        str(caught.value),
    )


def test_a_page_that_comes_again_and_again():
    fleet = Fleet([START] * 40)
    fleet.before = lambda query: answer(200, fleet.page({name: value for name, value in query.items() if name != "after"}))
    with Pages(4), pytest.raises(ApiError, match="The list broke off after 8 objects: a page came twice"):
        read(fleet)


@pytest.mark.parametrize("odd", [{}, {"id": None}, {"id": 3}, "text", None])
def test_an_object_without_an_id_is_an_error(odd):
    fleet = Fleet(range(START, START + 40))
    fleet.before = lambda query: answer(200, {"data": [*fleet.page(query)["data"][:-1], odd], "has_more": False})
    with Pages(4), pytest.raises(ApiError) as caught:
        read(fleet)
    assert str(caught.value) == "GET /v3/toys/ failed with HTTP 200: An object of the list has no id. (request id r1)"


def test_nothing_at_all():
    for outcome in (None, failing(404, "not_found")):
        fleet = Fleet([])
        fleet.before = lambda query, outcome=outcome: outcome
        assert read(fleet) == []
        assert len(fleet.queries) == 1


def test_an_absent_parent_is_an_error():
    fleet = Fleet([])
    fleet.before = lambda query: failing(404, "not_found", "no such box")
    with pytest.raises(ApiError, match="no such box"):
        read(fleet, row=BELOW, params={"box_id": "b1"})


@pytest.mark.parametrize(("row", "params"), [(ROW, {}), (BELOW, {"box_id": "b1"})])
def test_a_range_without_objects_may_be_a_404(row, params):
    fleet = Fleet([START + number for number in range(20)] + [START + YEAR + number for number in range(20)])

    def absent(query):
        empty = not fleet.page({**query, "include": "total_count"})["total_count"]
        return failing(404, "not_found") if empty else None

    fleet.before = absent
    with Pages(4):
        assert read(fleet, row=row, params=params, concurrency=9) == fleet.everything()


def test_a_first_range_whose_objects_have_all_gone_may_be_a_404():
    fleet = Fleet(START + number * SECOND for number in range(40))

    def going(query):
        if "created_at__lte" in query and "created_at__gte" not in query:
            fleet.objects = [one for one in fleet.objects if TEXT(one[0]) > query["created_at__lte"]]
            return failing(404, "not_found")
        return None

    fleet.before = going
    with Pages(4, Virtual):
        assert read(fleet, row=BELOW, params={"box_id": "b1"}) == fleet.everything()
    assert 0 < len(fleet.objects) < 40


def test_a_parent_that_goes_meanwhile_is_an_error():
    fleet = Fleet(range(START, START + 40))
    fleet.before = lambda query: failing(404, "not_found", "no such box") if len(fleet.queries) > 5 else None
    with Pages(4), pytest.raises(ApiError, match="no such box"):
        read(fleet, row=BELOW, params={"box_id": "b1"})


# -- errors


@pytest.mark.parametrize("error", [failing(403, "access_denied"), lost(False), KeyError("bug")], ids=["API", "network", "bug"])
def test_an_error_stops_everything(error):
    """What is under way ends, nothing more is sent, no thread stays, and the first error is told."""
    fleet = Fleet(START + number * SECOND for number in range(400))

    def outcome(query):
        if len(fleet.queries) < 10:
            return None
        if isinstance(error, Exception):
            raise error
        return error

    fleet.before = outcome
    client, transport, _waits = make_client(fleet, retries=0)
    with Pages(10), pytest.raises((ApiError, TransportError, KeyError)) as caught:
        list(ranges.listing(client, ROW, {}, concurrency=4))
    assert 10 <= len(transport.sent) <= 13
    assert not listing_threads()
    if not isinstance(caught.value, KeyError):
        assert re.search(r" on page \d+ of the list from .* to .*, after \d+ objects: ", str(caught.value))


def test_an_interruption_waits_for_nothing():
    """Neither for the answers that are under way, whose requests may be repeated for minutes, nor at the end of the process."""
    fleet = Fleet(START + number * SECOND for number in range(400))
    answering, interrupted, rounds = threading.Event(), threading.Event(), itertools.count(1)

    def interrupt():
        if next(rounds) == 3:
            interrupted.set()
            os.kill(os.getpid(), signal.SIGINT)

    all_are_busy = threading.Barrier(4, interrupt)

    def slow(request):
        # After the two requests of the beginning, four are always under way.
        if len(fleet.queries) >= 2:
            all_are_busy.wait(30)
            if interrupted.is_set():
                answering.wait(30)
        return fleet(request)

    client, transport, _waits = make_client(slow)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with Pages(10), pytest.raises(KeyboardInterrupt):
            list(ranges.listing(client, ROW, {}, concurrency=4))
    finally:
        signal.signal(signal.SIGINT, before)
    workers = listing_threads()
    sent = len(transport.sent)
    assert len(workers) == 4 and all(worker.daemon for worker in workers)
    assert not answering.is_set() and gc.isenabled()
    answering.set()
    for worker in workers:
        worker.join(30)
    assert not listing_threads()
    assert len(transport.sent) == sent


def test_a_signal_that_comes_just_before_it_waits_is_seen(monkeypatch):
    """Python handles it between two waits only, so none lasts until an answer comes."""
    looks = threading.Semaphore(0)

    class Ready(queue.SimpleQueue):
        def get(self, **options):
            looks.release()
            return super().get(**options)

    monkeypatch.setattr(ranges, "_LOOK", 0.01)
    with ranges.Workers(1) as workers:
        workers._ready = Ready()
        workers.start(lambda _about: [looks.acquire(timeout=10) for _look in range(3)], "x")
        assert workers.next() == ("x", [True] * 3)


def test_results_come_in_the_order_of_what_they_are_about():
    """However long they take; never more at once than there are workers."""
    lock, now, most, all_are_busy = threading.Lock(), [0], [], threading.Barrier(3)

    def call(number):
        with lock:
            now[0] += 1
            most.append(now[0])
        if number < 3:
            all_are_busy.wait(30)
        time.sleep((number * 7 % 5) / 1000)
        with lock:
            now[0] -= 1
        return number * number

    with ranges.Workers(3) as workers:
        assert workers.map(call, range(20)) == [number * number for number in range(20)]
        assert workers.map(call, []) == []
    assert max(most) == 3 and not listing_threads()


def test_after_the_first_error_none_begins():
    """Though another, which was begun before, has not ended yet; that one is waited for."""
    begun, failed, ended = [], threading.Event(), []

    def call(number):
        begun.append(number)
        if number == 1:
            failed.set()
            raise KeyError(number)
        failed.wait(60)
        # It ends when the error has been heard.
        for other in {*listing_threads()} - {threading.current_thread()}:
            other.join(30)
        time.sleep(0.05)
        ended.append(number)

    with pytest.raises(KeyError), ranges.Workers(2) as workers:
        workers.map(call, range(20))
    assert (sorted(begun), ended, listing_threads()) == ([0, 1], [0], [])


@pytest.mark.parametrize("status", [400, 403, 404])
def test_the_first_page_fails_as_in_the_sequential_list(status):
    fleet = Fleet([])
    fleet.before = lambda query: failing(status, "kind")
    messages = []
    for call in (read, sequential):
        with pytest.raises(ApiError) as caught:
            call(fleet, row=BELOW, params={"box_id": "b1"})
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert len(fleet.queries) == 2


def test_a_short_list_breaks_off_as_the_sequential_list():
    fleet = Fleet(range(START, START + 8))
    fleet.before = lambda query: failing(403, "access_denied") if "after" in query else None
    messages = []
    with Pages(4):
        for call in (read, sequential):
            with pytest.raises(ApiError, match=" on page 2 of the list, after 4 objects: ") as caught:
                call(fleet)
            messages.append(str(caught.value))
    assert messages[0] == messages[1]


def test_what_cannot_be_asked_for():
    with pytest.raises(FilterError, match="use fewer values"):
        read(Fleet([]), (Condition("state", "eq", ("x" * 4000,)),))


def test_all_is_read_before_the_first_object_is_given():
    fleet = Fleet(range(START, START + 40))
    client, transport, _waits = make_client(fleet)
    with Pages(4):
        found = ranges.listing(client, ROW, {}, concurrency=4)
        assert transport.sent == []
        next(found)
    assert not listing_threads()
    sent = len(transport.sent)
    assert len(list(found)) == 39
    assert len(transport.sent) == sent


# -- conditions

_MOMENTS = st.integers(START, START + YEAR).map(TEXT)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["gte", "lte"]), _MOMENTS), max_size=4), st.none() | _MOMENTS, st.none() | _MOMENTS, _MOMENTS)
def test_law_of_between(limits, first, last, created):
    """The same objects, with each operator once."""
    held = (Condition("state", "eq", ("odd",)), *(Condition("created_at", operator, (value,)) for operator, value in limits))
    narrowed = ranges.between(held, first, last)
    item = {"state": "odd", "created_at": created}
    inside = (first is None or first <= created) and (last is None or created <= last)
    assert matches(narrowed, item) is (matches(held, item) and inside)
    assert max(Counter(condition.key for condition in narrowed).values()) == 1
    assert narrowed[0] == held[0]


def test_limits_are_compared_as_moments():
    """Users write them in several ways, and finer than a microsecond."""
    held = ROW.conditions({"created_at": {"gte": "20260101T000000Z", "lte": "2026-01-01T00:00:00.0000005Z"}})
    assert ranges.between(held, "2025-12-31T23:59:59.999999Z", "2026-01-01T00:00:00.000001Z") == held
    assert ranges.between(held, None, None) == held


@settings(deadline=None)
@given(_MOMENTS, st.none() | _MOMENTS, st.none() | _MOMENTS)
def test_law_of_parts(created, first, end):
    """A part has its beginning, not its end; what is asked for holds it all, also where only whole seconds are compared."""
    item = {"created_at": created}
    held = ranges.holds((first, end), item)
    assert held is ((first is None or created >= first) and (end is None or created < end))
    asked = ranges.within((), (first, end))
    assert [moment(condition.values[0])[1] for condition in asked] == [""] * len(asked)
    seconds = {"created_at": created[:19] + "Z"}
    assert not held or (matches(asked, item) and matches(asked, seconds))
    offset = created[:-1] + "+00:00"
    assert ranges.holds((first, end), {"created_at": offset}) is held


def test_times_may_be_written_without_a_fraction():
    part = ("2026-01-01T00:00:00.000000Z", "2026-01-01T00:00:00.500000Z")
    assert ranges.holds(part, {"created_at": "2026-01-01T00:00:00Z"})
    assert not ranges.holds(part, {"created_at": "2026-01-01T00:00:01Z"})


# -- parts


def divide(fleet, count, now=START + 2 * YEAR, conditions=()):
    client, transport, _waits = make_client(fleet)
    parts = [ranges.part(client, ROW, {}, conditions, count, index, now=lambda: now / SECOND) for index in range(count)]
    assert all(dict(sent.query)["limit"] == "2" and "after" not in dict(sent.query) for sent in transport.sent)
    return parts


@settings(deadline=None, max_examples=40)
@given(TIMES, st.integers(1, 7))
def test_law_parts_are_disjoint_and_complete(times, count):
    fleet = Fleet(times)
    parts = divide(fleet, count)
    assert parts[0][0] is None and parts[-1][1] is None
    assert all(left[1] == right[0] for left, right in itertools.pairwise(parts))
    for item in fleet.everything():
        assert sum(ranges.holds(part, item) for part in parts) == 1
    with Pages(5, Virtual):
        assert [item for part in parts for item in read(fleet, part=part)] == fleet.everything()


@settings(deadline=None, max_examples=40)
@given(TIMES, st.integers(1, 7), COARSE)
def test_law_parts_of_a_coarse_service(times, count, coarse):
    """A service that compares whole seconds gives each object to one part too; coarser than that it could not be divided."""
    assume(coarse <= SECOND)
    fleet = Fleet(times, coarse)
    parts = divide(fleet, count)
    with Pages(5, Virtual):
        assert [item for part in parts for item in read(fleet, part=part, concurrency=3)] == fleet.everything()
        assert [item for part in parts for item in read(fleet, part=part, concurrency=1, fields=("id",))] == [
            {"id": item["id"]} for item in fleet.everything()
        ]


@settings(deadline=None, max_examples=40)
@given(TIMES, st.integers(1, 7))
def test_law_parts_are_balanced(times, count):
    """Within a tenth or one object, as far as times of creation tell objects apart."""
    fleet = Fleet(times)
    parts = divide(fleet, count)
    most = max(Counter(times).values(), default=0)
    even = len(times) / count
    for part in parts:
        size = sum(ranges.holds(part, item) for item in fleet.everything())
        assert abs(size - even) <= max(0.1 * even, 1) + (most if most > 1 else 0)


def test_a_skewed_fleet_is_balanced():
    chance = random.Random(3)
    minute = START + chance.randrange(YEAR)
    times = [minute + chance.randrange(60 * SECOND) for number in range(9_000)] + [
        START + chance.randrange(YEAR) for number in range(1_000)
    ]
    client, transport, _waits = make_client(Quick(times))
    parts, requests = [], []
    for index in range(10):
        parts.append(ranges.part(client, ROW, {}, (), 10, index, now=lambda: (START + 2 * YEAR) / SECOND))
        requests.append(len(transport.sent) - sum(requests))
    sizes = [sum(ranges.holds(part, {"created_at": TEXT(created)}) for created in times) for part in parts]
    assert sum(sizes) == 10_000
    assert all(900 <= size <= 1100 for size in sizes)
    assert max(requests) <= 45


def test_an_even_fleet_is_divided_with_few_requests_at_round_moments():
    client, transport, _waits = make_client(Quick([START + number * YEAR // 10_000 for number in range(10_000)]))
    part = ranges.part(client, ROW, {}, (), 10, 4, now=lambda: (START + 2 * YEAR) / SECOND)
    assert len(transport.sent) <= 22
    assert [ranges._micros(text) % (4096 * SECOND) for text in part] == [0, 0]


@settings(deadline=None, max_examples=40)
@given(TIMES, st.integers(2, 7), st.integers(0, 23), st.lists(st.integers(0, DAY - 1), max_size=60), st.integers(0, 9))
def test_law_bounds_stay_all_day(times, count, hour, today, seed):
    """What is created meanwhile does not move them, as long as it is less than a tenth of a part."""
    midnight = (START + 2 * YEAR) // DAY * DAY
    today = [midnight + at for at in today]
    assume(10 * count * len(today) <= len(times))
    chance = random.Random(seed)
    fleet = Fleet(times)
    for created in sorted(today):
        fleet.create(created)
    objects, seen = fleet.objects, set()
    for now in sorted({midnight + hour * 3600 * SECOND, midnight, midnight + DAY - 1, midnight + chance.randrange(DAY)}):
        fleet.objects = [one for one in objects if one[0] <= now]
        seen.add(tuple(divide(fleet, count, now)))
    assert len(seen) == 1


def test_bounds_stay_while_many_are_created():
    """When most of a fleet is created today, still only what is newest can move them."""
    chance = random.Random(5)
    differing = 0
    for _number in range(10):
        now = (START + YEAR) // DAY * DAY + DAY // 2 + chance.randrange(DAY // 2)
        times = [now - chance.randrange(1, DAY // 4) for number in range(20_000)]
        seen = set()
        for created in (0, 1, 10):
            client, _transport, _waits = make_client(Quick([*times, *[now] * created]))
            parts = [ranges.part(client, ROW, {}, (), 5, index, now=lambda now=now: (now + 1) / SECOND) for index in range(5)]
            seen.add(tuple(parts))
        sizes = [sum(ranges.holds(part, {"created_at": TEXT(at)}) for at in times) for part in parts]
        assert all(3600 <= size <= 4400 for size in sizes[:4]) and 3600 <= sizes[4] <= 4800
        differing += len(seen) - 1
    assert differing <= 2


def test_bounds_nearly_always_stay_when_something_is_deleted():
    """They differ only when a rounder moment stops or begins being near enough because of just that object."""
    chance = random.Random(5)

    def bounds(times):
        client, _transport, _waits = make_client(Quick(times))
        return [ranges.part(client, ROW, {}, (), 5, index, now=lambda: (START + 2 * YEAR) / SECOND)[1] for index in range(4)]

    differing = 0
    for _number in range(40):
        times = [START + chance.randrange(YEAR) for number in range(10_000)]
        differing += bounds(times) != bounds(times[1:])
    assert differing <= 3


def test_new_objects_are_in_the_last_part():
    fleet = Fleet(START + number * DAY for number in range(100))
    parts = divide(fleet, 4)
    fleet.create(START + 5 * YEAR)
    assert [ranges.holds(part, fleet.everything()[-1]) for part in parts] == [False, False, False, True]


def test_a_part_is_all_that_is_fetched():
    """Also together with limits of the user's own, and long lists of values."""
    times = [START + number * 1000 * SECOND for number in range(2_000)]
    client, _transport, _waits = make_client(Quick(times))
    part = ranges.part(client, ROW, {}, (), 10, 3, now=lambda: (START + 2 * YEAR) / SECOND)
    fleet = Quick(times)
    with Pages(20, Virtual):
        assert 180 <= len(read(fleet, part=part)) <= 220
    assert len(fleet.queries) <= 17
    assert all({"created_at__gte", "created_at__lte"} <= set(query) for query in fleet.queries)
    assert all(part[0] <= query["created_at__gte"] and query["created_at__lte"] <= part[1] for query in fleet.queries)

    moving = Fleet(times[:400])
    conditions = ROW.conditions({"created_at": {"gte": TEXT(times[100]), "lte": TEXT(times[299])}, "state": "odd"})
    with Pages(20, Virtual):
        parts = divide(moving, 3, conditions=conditions)
        found = [read(moving, conditions, part=part) for part in parts]
    assert [item for part in found for item in part] == sequential(moving, conditions)
    assert [len(part) for part in found] == [33, 34, 33] or max(map(len, found)) <= 37


def test_parts_of_long_lists_of_values():
    """All of the lists that they are asked for in count."""
    fleet = Fleet(START + number * 1000 * SECOND for number in range(300))
    conditions = ROW.conditions({"id": [item["id"] for item in fleet.everything()]})
    sizes = [sum(ranges.holds(part, item) for item in fleet.everything()) for part in divide(fleet, 3, conditions=conditions)]
    assert sum(sizes) == 300
    assert all(90 <= size <= 110 for size in sizes)


def test_parts_that_need_no_request():
    client, transport, _waits = make_client([])
    assert ranges.part(client, ROW, {}, (), 1, 0) == (None, None)
    at = TEXT(START)
    assert list(ranges.listing(client, ROW, {}, concurrency=4, part=(at, at))) == []
    assert transport.sent == []


@pytest.mark.parametrize(
    ("row", "count", "index", "message"),
    [
        (ROW, 4, 4, "There is no part 4 of 4: parts are numbered from 0 to 3."),
        (ROW, 4, -1, "There is no part -1 of 4: parts are numbered from 0 to 3."),
        (
            Resource(name="toy", path="/v3/toys/"),
            4,
            0,
            "toys cannot be divided into parts: their list is not filtered by created_at.",
        ),
    ],
)
def test_parts_that_there_are_not(row, count, index, message):
    client, transport, _waits = make_client([])
    with pytest.raises(ResourceError) as caught:
        ranges.part(client, row, {}, (), count, index)
    assert (str(caught.value), transport.sent) == (message, [])


def test_parts_of_an_absent_parent():
    client, _transport, _waits = make_client([failing(404, "not_found", "no such box")])
    with pytest.raises(ApiError, match="no such box"):
        ranges.part(client, BELOW, {"box_id": "b1"}, (), 2, 0)


def test_parts_of_nothing():
    client, _transport, _waits = make_client(lambda request: failing(404, "not_found"))
    parts = [ranges.part(client, ROW, {}, (), 3, index) for index in range(3)]
    assert parts[0][0] is None and parts[-1][1] is None
    assert parts[0][1] == parts[1][0] == parts[1][1] == parts[2][0]
