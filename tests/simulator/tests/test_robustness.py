# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is sent is answered: with a success or one of the API's errors, never by failing."""

from __future__ import annotations

import inspect
import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import openapi
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulator_helpers import PAGED, Local, path_of

from pelion_simulator.answers import Answer, ApiError
from pelion_simulator.areas import AREAS, ROWS
from pelion_simulator.auth import authenticate
from pelion_simulator.operations import OPERATIONS, YEARS

FIELDS = sorted({name for row in ROWS for name in row.fields} | {"device_id"})
PATHS = [path_of(row) for row in PAGED]
TEXT = st.text(max_size=8)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
TIMES = ["2020-02-30T00:00:00Z", "20200230T000000Z", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59"]
VALUES = st.sampled_from([*TIMES, "1", "-1", ",", "%"]) | TEXT
NAMES = st.sampled_from([*FIELDS, "limit", "after", "order", "include", "filter", "custom_attributes__a"]) | TEXT
ENDINGS = st.sampled_from(["", "__eq", "__neq", "__in", "__nin", "__lte", "__gte", "__gt", "__"])
PARAMETERS = st.lists(st.tuples(NAMES, ENDINGS, VALUES), max_size=3)
BODIES = st.binary(max_size=40) | st.sampled_from([b'{"name":"\\u0000"}', b'{"name":1e999}', b"\xef\xbb\xbf{}", b"9" * 5000])
OBJECTS = st.dictionaries(st.sampled_from(FIELDS) | TEXT, ANYTHING, max_size=4)


def test_every_request_is_answered(local: Local) -> None:
    ids = [one["id"] for path in PATHS[:4] for one in local.all(path)[:2]]
    paths = st.builds(
        lambda path, id_, rest: f"{path}/{id_}/{rest}",
        st.sampled_from(PATHS),
        st.sampled_from([*ids, "me", "", "0" * 32]) | TEXT,
        st.sampled_from(["", "devices", "devices/add", "devices/remove", "elsewhere"]),
    )

    @settings(max_examples=600, deadline=None)
    @given(st.sampled_from(["GET", "PUT", "POST", "DELETE", "PATCH"]), paths, PARAMETERS, OBJECTS)
    def send(method: str, path: str, parameters: list[tuple[str, str, str]], body: dict[str, Any]) -> None:
        query = "&".join(f"{name}{operator}={value}" for name, operator, value in parameters) if method == "GET" else ""
        status, _answer = local.send(method, path, query, body)
        assert status in (200, 201, 204, 400, 401, 404, 405, 409)

    send()


def like(schema: Mapping[str, Any], definitions: Mapping[str, Any], ids: st.SearchStrategy[str], depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that a schema describes, or nearly."""
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    kind = schema.get("type", "object")
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if kind == "array":
        return st.lists(like(schema["items"], definitions, ids, depth + 1), max_size=3)
    if kind == "object":
        properties = schema.get("properties", {}) if depth < 4 else {}
        needed = schema.get("required", ())
        made = {name: like(one, definitions, ids, depth + 1) for name, one in properties.items()}
        return st.fixed_dictionaries(
            {name: one for name, one in made.items() if name in needed},
            optional={name: one for name, one in made.items() if name not in needed},
        )
    others = {"integer": st.integers(-1, 1000), "number": st.floats(0, 10), "boolean": st.booleans()}
    return others.get(kind, ids | TEXT | st.sampled_from(["a@example.com", "https://example.com/x", "2030-01-01T00:00:00Z", "/3/0/0"]))


@openapi.needed
@pytest.mark.parametrize("year", YEARS)
def test_every_operation_answers_whatever_is_sent(tmp_path: Path, year: int) -> None:
    local = Local(tmp_path)
    engine = local.engine
    engine.settings.change({"spec": year})
    keys = {row.name: [str(one[row.key]) for one in itertools.islice(engine.store.select(row), 5)] for row in ROWS}
    ids = st.sampled_from([*itertools.chain(*keys.values()), "0" * 32, "me"])
    definitions = openapi.description(year)["definitions"]
    handlers = {id_: handler for area in AREAS for id_, handler in {**area.OPERATIONS, **area.SOCKETS}.items()}
    waiting = {id_ for id_, handler in handlers.items() if inspect.iscoroutinefunction(handler)}
    wanted = [one for one in OPERATIONS.values() if one.first <= year <= one.last and one.id not in waiting]
    form = "multipart/form-data; boundary=x"
    head = b'--x\r\nContent-Disposition: form-data; name="%s"; filename="f"\r\n\r\n%s\r\n--x--\r\n'

    @settings(max_examples=700, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    @given(st.data())
    def send(data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(wanted))
        parameters = openapi.operation(one.id, year).get("parameters", [])
        path = ""
        for segment in one.path.strip("/").split("/"):
            right = st.sampled_from(keys.get(path.rpartition("/")[2]) or ["3/0/0", "dark"])
            path += "/" + (quote(data.draw(right | right | ids | TEXT.filter(bool)), safe="") if segment[0] == "{" else segment)
        names = [parameter["name"] for parameter in parameters if parameter["in"] == "query"]
        query = urlencode(data.draw(st.lists(st.tuples(st.sampled_from([*names, "limit"]), VALUES | ids), max_size=2)))
        (body,) = [parameter["schema"] for parameter in parameters if parameter["in"] == "body"] or [{}]
        sent: bytes = b""
        content_type = "application/json"
        if one.method != "GET":
            document = data.draw(like(body, definitions, ids) | OBJECTS | ANYTHING)
            sent = data.draw(st.just(json.dumps(document).encode()) | BODIES)
            if parts := [parameter["name"] for parameter in parameters if parameter["in"] == "formData"]:
                content_type = form
                sent = head % (data.draw(st.sampled_from(parts)).encode(), sent)
        try:
            answer = local.answer(one.method, path, query, sent, content_type)
        except ApiError as error:
            answer = error.answer("r")
        assert isinstance(answer, Answer)
        assert answer.status < 500, answer.body

    send()
    engine.move_clock(advance=400 * 86400)
    local.store.close()


def test_times_beyond_the_calendar(local: Local) -> None:
    for time in TIMES:
        status, fields = local.send("GET", "/v3/devices", f"created_at__gte={time}&updated_at__lte={time}")
        assert (status, fields) == (400, {"created_at__gte", "updated_at__lte"})


@settings(max_examples=200, deadline=None)
@given(BODIES)
def test_every_body_is_answered(local: Local, body: bytes) -> None:
    assert local.send("POST", "/v3/device-groups", body=body)[0] in (201, 400)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30) | st.builds("Bearer {}".format, TEXT))
def test_every_authorization_is_answered(local: Local, header: str) -> None:
    with pytest.raises(ApiError) as caught:
        authenticate(local.engine, {"authorization": header})
    assert caught.value.status == 401
