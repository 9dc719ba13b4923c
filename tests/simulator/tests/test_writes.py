# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creating, changing and deleting: what is accepted, what is refused and how, and what stays."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator_helpers import Api, Local, path_of

from pelion_simulator.areas import directory
from pelion_simulator.table import Field, Resource

WRITABLE = [row for row in directory.ROWS if "create" in row.operations]
NAMES = [row.name for row in WRITABLE]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def values(field: Field) -> st.SearchStrategy[Any]:
    """Values a field may have."""
    if field.enum:
        return st.sampled_from(field.enum)
    made: dict[str, st.SearchStrategy[Any]] = {
        "string": TEXT,
        "boolean": st.booleans(),
        "map": st.dictionaries(TEXT.filter(lambda key: key and not key[0].isdigit()), TEXT, max_size=field.entries),
    }
    strategy = made[field.type]
    if field.pattern:
        strategy = st.from_regex(field.pattern, fullmatch=True)
    if field.format == "date":
        strategy = st.dates().map(lambda day: day.isoformat())
    return strategy | st.none() if field.nullable else strategy


def bodies(row: Resource, side: str) -> st.SearchStrategy[dict[str, Any]]:
    """Bodies that are accepted on creation (C) or update (U)."""
    fields = {name: values(field) for name, field in row.fields.items() if side in field.io}
    required = {name: strategy for name, strategy in fields.items() if side + "!" in row.fields[name].io}
    optional = {name: strategy for name, strategy in fields.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


@pytest.mark.parametrize("row", WRITABLE, ids=NAMES)
def test_life_of_an_object(local: Local, row: Resource) -> None:
    @settings(max_examples=60, deadline=None)
    @given(bodies(row, "C"), bodies(row, "U"), st.text("abc", min_size=20, max_size=20))
    def live(first: dict[str, Any], second: dict[str, Any], unique: str) -> None:
        first |= dict.fromkeys(row.unique, unique)
        second = {name: value for name, value in second.items() if name not in row.unique}
        status, created = local.send("POST", path_of(row), body=first)
        assert status == 201, created
        if row.name == "devices" and not first.get("endpoint_name"):
            first["endpoint_name"] = created["id"]
        assert {name: created[name] for name in first} == first
        assert created["object"] == row.object
        assert created["created_at"] == created["updated_at"] == created["etag"]
        item = f"{path_of(row)}/{created['id']}"
        assert local.send("GET", item) == (200, created)
        assert local.send("GET", path_of(row), "order=DESC&limit=2")[1]["data"][0] == created
        status, updated = local.send("PUT", item, body=second)
        assert status == 200, updated
        assert updated["updated_at"] == updated["etag"] > created["updated_at"]
        stamps = {name: updated[name] for name in ("updated_at", "etag")}
        assert updated == created | second | stamps
        assert local.send("GET", item) == (200, updated)
        if created.get("device_execution_mode") != 5:
            assert local.send("DELETE", item) == (204, None)
            assert local.send("GET", item) == (404, set())
            assert local.send("PUT", item, body=second) == (404, set())
            assert local.send("DELETE", item) == (404, set())

    live()


@pytest.mark.parametrize("row", WRITABLE, ids=NAMES)
@pytest.mark.parametrize("side", ["C", "U"])
def test_every_field_that_may_not_be_sent_is_named(local: Local, row: Resource, side: str) -> None:
    if side == "C":
        method, path = "POST", path_of(row)
    else:
        method, path = "PUT", f"{path_of(row)}/{local.all(path_of(row))[0]['id']}"
    wrong: dict[str, Any] = {name: "x" for name, field in row.fields.items() if side not in field.io and not field.echoed}
    wrong |= {"no_such_field": 1}
    required = {name: "x" for name, field in row.fields.items() if side + "!" in field.io}
    assert local.send(method, path, body=wrong | required) == (400, set(wrong))


@pytest.mark.parametrize("row", WRITABLE, ids=NAMES)
@pytest.mark.parametrize("side", ["C", "U"])
def test_every_value_that_does_not_fit_is_named(local: Local, row: Resource, side: str) -> None:
    method, path = ("POST", path_of(row)) if side == "C" else ("PUT", f"{path_of(row)}/{local.all(path_of(row))[0]['id']}")
    for name, field in row.fields.items():
        if side not in field.io:
            continue
        others = {other: "x" for other, spec in row.fields.items() if side + "!" in spec.io and other != name}
        by_type: dict[str, list[Any]] = {
            "string": [1, True, ["x"], {}],
            "boolean": [1, "true", []],
            "integer": ["1", True, 1.5],
            "map": ["x", ["a"], {"a": 1}, {"a": None}, {"1a": "x"}, {"": "x"}, {"k" * 129: "x"}, {"a": "x" * 129}],
        }
        bad = by_type[field.type] + ([] if field.nullable else [None])
        bad += ["x" * (field.max + 1)] if field.max else []
        bad += ["other"] if field.enum and field.type == "string" else []
        bad += [7] if field.enum and field.type == "integer" else []
        bad += ["0" * 63, "g" * 64] if field.pattern else []
        bad += ["2020-13-01", "20200101", "2020-01-01T00:00:00Z"] if field.format == "date" else []
        bad += [{f"k{number}": "x" for number in range(field.entries + 1)}] if field.entries else []
        for value in bad:
            assert local.send(method, path, body=others | {name: value}) == (400, {name}), (name, value)


@pytest.mark.parametrize("row", WRITABLE, ids=NAMES)
def test_limits_themselves_are_accepted(local: Local, row: Resource) -> None:
    full: dict[str, Any] = {}
    for name, field in row.fields.items():
        if "C" in field.io and field.max:
            full[name] = "\u00e9" * field.max
        if "C" in field.io and field.entries:
            full[name] = {("k" * 126) + f"{number:02}": "v" * 128 for number in range(field.entries)}
    status, created = local.send("POST", path_of(row), body=full)
    assert status == 201
    assert {name: created[name] for name in full} == full


def test_a_refused_change_changes_nothing(local: Local) -> None:
    before = local.all("/v3/devices")[0]
    assert local.send("PUT", f"/v3/devices/{before['id']}", body={"name": "new", "state": "registered"}) == (400, {"state"})
    assert local.all("/v3/devices")[0] == before


def test_messages(api: Api) -> None:
    device = api.get("/v3/devices/?limit=2")["data"][0]["id"]
    body = {
        "state": "registered",
        "created_at": "x",
        "colour": "red",
        "name": None,
        "description": "x" * 2001,
        "auto_update": "yes",
        "custom_attributes": {f"k{number}": "" for number in range(6)},
    }
    assert api.refused(400, "validation_error", "PUT", f"/v3/devices/{device}/", json=body) == {
        "state": "can be set on creation only",
        "created_at": "is read-only",
        "colour": "is not a field of this resource",
        "name": "may not be null",
        "description": "may have 2000 characters at most",
        "auto_update": "must be of type boolean",
        "custom_attributes": "may have 5 entries at most",
    }


def test_an_endpoint_name_may_be_sent_back_but_not_changed(api: Api) -> None:
    device = api.get("/v3/devices/?limit=2")["data"][0]
    path = f"/v3/devices/{device['id']}/"
    assert api.put(path, {"endpoint_name": device["endpoint_name"]})["endpoint_name"] == device["endpoint_name"]
    assert set(api.refused(400, "validation_error", "PUT", path, json={"endpoint_name": "other"})) == {"endpoint_name"}


def test_attributes_are_replaced_as_a_whole(api: Api) -> None:
    device = api.post("/v3/devices/", {"custom_attributes": {"a": "1", "b": "2"}})
    path = f"/v3/devices/{device['id']}/"
    assert api.put(path, {"custom_attributes": {"b": "3"}})["custom_attributes"] == {"b": "3"}
    assert api.put(path, {"name": "kept"})["custom_attributes"] == {"b": "3"}
    assert api.get("/v3/devices/?filter=custom_attributes__a%3D1")["data"] == []
    assert api.put(path, {"custom_attributes": {}})["custom_attributes"] == {}
    assert api.get("/v3/devices/?filter=custom_attributes__b%3D3")["data"] == []


@pytest.mark.parametrize(
    ("path", "first", "second"),
    [
        ("/v3/devices/", {"name": "a"}, {"name": "b"}),
        ("/v3/device-groups/", {"name": "a"}, {"description": "b"}),
        ("/v3/device-queries/", {"name": "a", "query": "q"}, {"name": "b", "query": "r"}),
    ],
)
def test_a_life(api: Api, path: str, first: dict[str, str], second: dict[str, str]) -> None:
    created = api.post(path, first)
    item = f"{path}{created['id']}/"
    assert api.get(item) == created
    updated = api.put(item, second)
    assert updated.items() >= {**first, **second}.items()
    assert api.get(item) == updated
    assert api.send("DELETE", item).status_code == 204
    api.refused(404, "not_found", "GET", item)


def test_what_a_new_device_has(api: Api) -> None:
    device = api.post("/v3/devices/", {})
    assert device["endpoint_name"] == device["id"]
    assert device["device_execution_mode"] == 0
    assert device["state"] == "unenrolled"
    gateway = api.post("/v3/devices/", {"device_execution_mode": 5})
    assert api.post("/v3/devices/", {"host_gateway": gateway["id"]})["device_execution_mode"] == 5


def test_production_devices_cannot_be_deleted(api: Api) -> None:
    for mode, status in ((0, 204), (1, 204), (5, 400)):
        device = api.post("/v3/devices/", {"device_execution_mode": mode})["id"]
        answer = api.send("DELETE", f"/v3/devices/{device}/")
        assert answer.status_code == status
        assert (status == 204) == (answer.content == b"")
        assert ("Content-Type" in answer.headers) == ("Content-Length" in answer.headers) == (status == 400)
        assert api.send("GET", f"/v3/devices/{device}/").status_code == (404 if status == 204 else 200)
    api.refused(400, "bad_request", "DELETE", f"/v3/devices/{device}/")


def test_events_tell_of_devices(api: Api) -> None:
    device = api.post("/v3/devices/", {"name": "told"})["id"]
    api.put(f"/v3/devices/{device}/", {"name": "again"})
    events = api.get(f"/v3/device-events/?device_id={device}")["data"]
    assert [event["event_type"] for event in events] == ["update.device.device-created", "update.device.device-updated"]
    assert [event["state_change"] for event in events] == [True, False]
    assert api.get(f"/v3/device-events/{events[0]['id']}/") == events[0]
    assert api.get("/v3/device-events/?limit=2&order=DESC")["data"] == events[::-1]


def test_a_query_needs_name_and_query_but_its_name_alone_may_be_changed(api: Api) -> None:
    assert set(api.refused(400, "validation_error", "POST", "/v3/device-queries/", json={})) == {"name", "query"}
    query = api.post("/v3/device-queries/", {"name": "a", "query": "state__eq=registered"})
    path = f"/v3/device-queries/{query['id']}/"
    assert api.put(path, {"name": "b"})["query"] == "state__eq=registered"
    assert set(api.refused(400, "validation_error", "PUT", path, json={"query": "x"})) == {"name"}
