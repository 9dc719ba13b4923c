# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists: pages, order, counts, and filters in both spellings, compared with doing the same in Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator_helpers import DEVICES, PAGED, Api, Local, path_of

from pelion_simulator import clock, store
from pelion_simulator.areas import directory
from pelion_simulator.clock import moment
from pelion_simulator.filters import Condition, listing, pairs
from pelion_simulator.table import Resource

PATHS = {row.name: path_of(row) + "/" for row in PAGED}


def pages(send: Callable[[str], Any], limit: int, order: str) -> list[Any]:
    """All objects of a list, page by page; each page is checked against what was asked."""
    objects: list[Any] = []
    after = None
    while True:
        page = send(urlencode({"limit": limit, "order": order} | ({"after": after} if after else {})))
        assert page["object"] == "list"
        assert page["limit"] == limit
        assert page["order"] == order
        assert page["after"] == after
        assert "total_count" not in page
        objects += page["data"]
        if not page["has_more"]:
            assert len(page["data"]) <= limit
            return objects
        assert len(page["data"]) == limit
        after = page["data"][-1]["id"]


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_pages_hold_every_object_once_in_order(local: Local, path: str) -> None:
    everything = local.all(path)
    assert len({one["id"] for one in everything}) == len(everything)
    assert [one["id"] for one in everything] == sorted(one["id"] for one in everything)
    assert [one["created_at"] for one in everything] == sorted(one["created_at"] for one in everything)
    for limit in (2, 7, 299, 300, 301):
        assert pages(lambda query: local.send("GET", path, query)[1], limit, "ASC") == everything
        assert pages(lambda query: local.send("GET", path, query)[1], limit, "DESC") == everything[::-1]


@pytest.mark.parametrize(
    ("limit", "used"), [("0", 2), ("1", 2), ("-5", 2), ("2", 2), ("999", 999), ("1000", 1000), ("1001", 1000), ("+60", 60)]
)
def test_limits_are_clamped(local: Local, limit: str, used: int) -> None:
    page = local.send("GET", "/v3/devices", "limit=" + quote(limit))[1]
    assert page["limit"] == used
    assert len(page["data"]) == min(used, DEVICES)
    assert page["has_more"] == (used < DEVICES)


def test_defaults(local: Local) -> None:
    page = local.send("GET", "/v3/devices")[1]
    assert (page["limit"], page["after"], page["order"], page["has_more"], len(page["data"])) == (50, None, "ASC", True, 50)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("limit=x", {"limit"}),
        ("limit=", {"limit"}),
        ("limit=" + "9" * 30, {"limit"}),
        ("order=asc", {"order"}),
        ("include=groups", {"include"}),
        ("include=", {"include"}),
        ("after=nonsense", {"after"}),
        ("after=0123456789abcdef0123456789abcdef", {"after"}),
        ("sort=name", {"sort"}),
        ("nothing__eq=1", {"nothing__eq"}),
        ("state__like=r", {"state__like"}),
        ("state__gte=r", {"state__gte"}),
        ("state__eq__in=r", {"state__eq__in"}),
        ("created_at=2020-01-01T00:00:00Z", {"created_at"}),
        ("created_at__gte=yesterday", {"created_at__gte"}),
        ("created_at__gte=2020-01-01", {"created_at__gte"}),
        ("created_at__in=2020-01-01T00:00:00Z,x", {"created_at__in"}),
        ("bootstrap_expiration_date__gte=soon", {"bootstrap_expiration_date__gte"}),
        ("device_execution_mode=one", {"device_execution_mode"}),
        ("device_execution_mode=" + "9" * 40, {"device_execution_mode"}),
        ("auto_update=yes", {"auto_update"}),
        ("etag__eq=2020-01-01T00:00:00Z", {"etag__eq"}),
        ("groups__eq=a", {"groups__eq"}),
        ("custom_attributes__site=oslo", {"custom_attributes__site"}),
        ("filter=custom_attributes%3Doslo", {"custom_attributes"}),
        ("filter=custom_attributes__eq%3Doslo", {"custom_attributes__eq"}),
        ("filter=custom_attributes__site__in%3Doslo", {"custom_attributes__site__in"}),
        ("filter=limit%3D2%26state__xx%3D1%26name%3Da", {"limit", "state__xx"}),
        ("filter=x&y=1&limit=z&order=up", {"x", "y", "limit", "order"}),
    ],
)
def test_what_cannot_be_understood_is_named(local: Local, query: str, names: set[str]) -> None:
    assert local.send("GET", "/v3/devices", query) == (400, names)


def test_refusals_say_why(api: Api) -> None:
    fields = api.refused(400, "validation_error", "GET", "/v3/devices/?state__gte=a&colour=red&created_at__gte=now")
    assert fields == {
        "state__gte": "does not take the operator gte, only eq, neq, in, nin",
        "colour": "is neither a parameter nor a field to filter by",
        "created_at__gte": "must be a time in UTC such as 2016-11-30T16:25:12Z or 20161130T162512Z",
    }
    api.refused(400, "bad_request", "GET", "/v3/devices/?name__eq=%FF")


def test_long_urls_are_refused_for_devices(api: Api) -> None:
    start = api.simulator.url + "/v3/devices/?name__in="
    api.get("/v3/devices/?name__in=" + "a" * (4095 - len(start)))
    api.refused(400, "bad_request", "GET", "/v3/devices/?name__in=" + "a" * (4096 - len(start)))
    api.get("/v3/device-groups/?name__in=" + "a" * 5000)


# --- filters against Python ---

OPERATORS: dict[str, Callable[[Any, list[Any]], bool]] = {
    "eq": lambda have, want: have == want[0],
    "neq": lambda have, want: have != want[0],
    "in": lambda have, want: have in want,
    "nin": lambda have, want: have not in want,
    "lte": lambda have, want: have is not None and have <= want[0],
    "gte": lambda have, want: have is not None and have >= want[0],
    "gt": lambda have, want: have is not None and have > want[0],
}


def written(value: Any) -> str:
    """A value as a query string has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def found(one: Any, name: str, key: str | None) -> Any:
    """A field's value, or that of an entry of it."""
    return one.get(name) if key is None else (one.get(name) or {}).get(key)


@dataclass
class Drawn:
    """One condition: as name and value of a parameter, and as a test of an object."""

    name: str
    text: str
    packed: bool
    fits: Callable[[Any], bool]


@st.composite
def conditions(draw: st.DrawFn, row: Resource, objects: list[Any]) -> Drawn:
    """A condition on any field, mostly with values that occur."""
    name = draw(st.sampled_from(sorted(row.filters)))
    spec, allowed = row.fields[name], row.filters[name]
    packed = draw(st.booleans()) or not allowed.direct
    operator = draw(st.sampled_from(allowed.packed if packed else allowed.direct))
    key = draw(st.sampled_from(["site", "floor", "asset tag", "main", "a__b"])) if spec.type == "map" else None
    invented: Any = {"integer": 3, "boolean": True}.get(spec.type, "nowhere")
    if spec.format:
        invented = {"date": "2031-01-01", "date-time": "2019-01-01T00:00:00.000000Z"}[spec.format]
    pool = {found(one, name, key) for one in objects} - {None, ""} | {invented}
    several = operator in ("in", "nin")
    values = draw(st.lists(st.sampled_from(sorted(pool)), min_size=1, max_size=3 if several else 1))
    if several:
        values = [value for value in values if "," not in written(value)] or [invented]
    text = ",".join(map(written, values))
    if spec.format == "date-time" and text.endswith(".000000Z") and not several and draw(st.booleans()):
        text = text.replace(".000000", "").replace("-", "").replace(":", "")
    if spec.type == "boolean" and draw(st.booleans()):
        text = text.upper()
    ending = "" if operator == "eq" and draw(st.booleans()) else f"__{operator}"
    full = f"{name}__{key}{ending}" if key else name + ending
    return Drawn(full, text, packed, lambda one: OPERATORS[operator](found(one, name, key), values))


@pytest.mark.parametrize("row", PAGED, ids=PATHS)
def test_filters_mean_what_they_say(local: Local, row: Resource) -> None:
    everything = local.all(path_of(row))

    @settings(max_examples=150, deadline=None)
    @given(st.lists(conditions(row, everything), min_size=1, max_size=3))
    def check(drawn: list[Drawn]) -> None:
        query = [(one.name, one.text) for one in drawn if not one.packed]
        query.append(("filter", urlencode([(one.name, one.text) for one in drawn if one.packed], quote_via=quote)))
        expected = [one["id"] for one in everything if all(condition.fits(one) for condition in drawn)]
        status, page = local.send("GET", path_of(row), urlencode([*query, ("limit", "1000"), ("include", "total_count")]))
        assert status == 200, page
        assert [one["id"] for one in page["data"]] == expected
        assert page["total_count"] == len(expected)
        if len(expected) > 1:
            middle = expected[len(expected) // 2]
            rest = local.send("GET", path_of(row), urlencode([*query, ("limit", "1000"), ("after", middle)]))[1]
            assert [one["id"] for one in rest["data"]] == expected[len(expected) // 2 + 1 :]

    check()


def test_both_spellings_and_both_encodings(api: Api) -> None:
    device = api.get("/v3/devices/?limit=2")["data"][1]
    name = "a&b=c+d%20 é,"
    api.put(f"/v3/devices/{device['id']}/", {"name": name, "custom_attributes": {"a__b&c": name}})
    once = quote(name, safe="")
    for query in (
        f"name={once}",
        f"name__eq={once}",
        "filter=" + quote(f"name={once}", safe=""),
        "filter=" + quote(f"name__eq={once}", safe=""),
        "filter=" + quote(f"custom_attributes__a__b%26c={once}", safe=""),
        "filter=" + quote(f"custom_attributes__a__b%26c__eq={once}", safe=""),
        "filter=" + quote(f"name={once}", safe="") + "&state__eq=" + device["state"],
    ):
        assert [one["id"] for one in api.get("/v3/devices/?" + query)["data"]] == [device["id"]], query
    others = api.get("/v3/devices/?limit=1000&filter=" + quote(f"custom_attributes__a__b%26c__neq={once}", safe=""))["data"]
    assert len(others) == DEVICES - 1


def test_total_count_follows_writes(api: Api) -> None:
    path = "/v3/device-queries/?limit=2&include=total_count&name__eq=counted"
    assert api.get(path)["total_count"] == 0
    made = [api.post("/v3/device-queries/", {"name": "counted", "query": "a"})["id"] for _time in range(3)]
    page = api.get(path)
    assert page["total_count"] == 3
    assert page["has_more"] is True
    assert api.send("DELETE", f"/v3/device-queries/{made[0]}/").status_code == 204
    assert api.get(path)["total_count"] == 2


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("", "PRIMARY KEY"),
        ("order=DESC", "PRIMARY KEY"),
        ("state__neq=registered", "PRIMARY KEY"),
        ("state__in=registered,deregistered", "PRIMARY KEY"),
        ("created_at__gte=2018-01-01T00:00:00Z&created_at__lte=2019-01-01T00:00:00Z", "PRIMARY KEY"),
        ("updated_at__gte=2018-01-01T00:00:00Z", "PRIMARY KEY"),
        ("updated_at__gte=2018-01-01T00:00:00Z&created_at__lte=2019-01-01T00:00:00Z&order=DESC", "PRIMARY KEY"),
        ("state__eq=registered&created_at__gte=2018-01-01T00:00:00Z&created_at__lte=2019-01-01T00:00:00Z", "devices_by_state"),
        ("state__eq=registered", "devices_by_state"),
        ("host_gateway__eq=abc&order=DESC", "devices_by_host_gateway"),
        ("name__eq=abc", "devices_by_name"),
        ("filter=custom_attributes__site%3Doslo", "PRIMARY KEY"),
        ("filter=custom_attributes__site%3Doslo%26custom_attributes__floor%3D1%26state%3Dregistered", "PRIMARY KEY"),
    ],
)
def test_pages_come_straight_from_an_index(local: Local, monkeypatch: pytest.MonkeyPatch, query: str, index: str) -> None:
    """Page 1,000 costs what page 1 costs: each is a search from the last object on, and nothing is sorted."""
    monkeypatch.setattr(store, "FEW", 0)
    tenth = local.all("/v3/devices")[10]["id"]
    plan = local.store.plan(directory.DEVICES, listing(directory.DEVICES, pairs(f"{query}&after={tenth}"), (), 2021))
    assert index in plan[0]
    assert "rowid<" in plan[0] or "rowid>" in plan[0] or "seq<" in plan[0] or "seq>" in plan[0]
    assert all(step.startswith(("SEARCH", "CORRELATED")) for step in plan)


@pytest.mark.parametrize("order", ["ASC", "DESC"])
def test_pages_of_few_that_have_changed_are_found_by_their_time_of_change(local: Local, order: str) -> None:
    query = f"updated_at__gte=2018-01-01T00:00:00Z&after={local.all('/v3/devices')[10]['id']}&order={order}"
    plan = local.store.plan(directory.DEVICES, listing(directory.DEVICES, pairs(query), (), 2021))
    assert plan == [
        "SEARCH o USING INTEGER PRIMARY KEY (rowid=?)",
        "LIST SUBQUERY 1",
        "SEARCH devices USING COVERING INDEX devices_by_updated_at (updated_at>?)",
    ]


def test_many_that_have_changed_are_not_sorted(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even between two times, where SQLite would expect few."""
    monkeypatch.setattr(store, "FEW", 0)
    asked = listing(directory.DEVICES, pairs("updated_at__gte=2018-01-01T00:00:00Z&updated_at__lte=2019-01-01T00:00:00Z"), (), 2021)
    assert local.store.plan(directory.DEVICES, asked) == ["SCAN o"]


def test_a_page_between_two_times_begins_where_the_last_one_ended(local: Local) -> None:
    """Not at the first of the two times: SQLite begins at one lower limit only, and would test each object against the other."""
    everything = local.all("/v3/devices")
    query = f"created_at__gte={everything[5]['created_at']}&created_at__gte={everything[2]['created_at']}&after={everything[10]['id']}"
    asked = listing(directory.DEVICES, pairs(query + f"&created_at__lte={everything[20]['created_at']}"), (), 2021)
    sql, values = local.store.page_sql(directory.DEVICES, asked)
    assert sql.partition(" WHERE ")[2] == "o.seq >= ? AND o.seq <= ? ORDER BY o.seq ASC LIMIT ?"
    assert values == [moment(everything[10]["created_at"]) + 1, moment(everything[20]["created_at"]), 51]


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("created_at__gte=2018-01-01T00:00:00Z&created_at__lte=2019-01-01T00:00:00Z", "devices_by_seq (seq>? AND seq<?)"),
        (
            "updated_at__gte=2018-01-01T00:00:00Z&updated_at__lte=2019-01-01T00:00:00Z",
            "devices_by_updated_at (updated_at>? AND updated_at<?)",
        ),
        ("updated_at__gte=2018-01-01T00:00:00Z&created_at__lte=2019-01-01T00:00:00Z", "devices_by_updated_at (updated_at>?)"),
        ("state__eq=registered&created_at__gte=2018-01-01T00:00:00Z", "devices_by_state (state=? AND rowid>?)"),
    ],
)
def test_counts_come_from_an_index_alone(local: Local, query: str, index: str) -> None:
    """No object is looked at, so that a million are counted in some milliseconds."""
    asked = listing(directory.DEVICES, pairs(query), (), 2021)
    assert local.store.count_plan(directory.DEVICES, asked) == [f"SEARCH o USING COVERING INDEX {index}"]


@pytest.mark.parametrize("few", [0, 1000])
def test_ranges_of_times_are_exact(local: Local, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    """To the microsecond, both ends included, in either order, one page or many, and counted the same."""
    monkeypatch.setattr(store, "FEW", few)
    everything = local.all("/v3/devices")

    @settings(max_examples=100, deadline=None)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        query: dict[str, str] = {}
        expected = everything
        for field in data.draw(st.lists(st.sampled_from(["created_at", "updated_at"]), min_size=1, unique=True)):
            for operator in data.draw(st.lists(st.sampled_from(["gte", "lte"]), min_size=1, unique=True)):
                near = moment(data.draw(st.sampled_from(everything))[field]) + data.draw(st.sampled_from([-1, 0, 1]))
                limit = query[f"{field}__{operator}"] = clock.text(near)
                expected = [one for one in expected if OPERATORS[operator](one[field], [limit])]
        counting = urlencode({**query, "limit": 2, "include": "total_count"})
        assert local.send("GET", "/v3/devices", counting)[1]["total_count"] == len(expected)
        for order, wanted in (("ASC", expected), ("DESC", expected[::-1])):
            found = pages(lambda more: local.send("GET", "/v3/devices", f"{urlencode(query)}&{more}")[1], 100, order)
            assert [one["id"] for one in found] == [one["id"] for one in wanted]

    check()


def test_pages_of_members_come_straight_from_an_index(local: Local) -> None:
    tenth = local.all("/v3/devices")[10]["id"]
    group = local.all("/v3/device-groups")[1]["id"]
    member = Condition("groups", "eq", ("",), key=group)
    plan = local.store.plan(directory.DEVICES, listing(directory.DEVICES, [("after", tenth)], [member], 2021))
    assert plan == ["SEARCH e USING PRIMARY KEY (key=? AND value=? AND seq>?)", "SEARCH o USING INTEGER PRIMARY KEY (rowid=?)"]
