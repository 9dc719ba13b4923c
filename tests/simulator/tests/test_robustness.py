# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is sent is answered: with a success or one of the API's errors, never by failing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator_helpers import PAGED, Local, path_of

from pelion_simulator.answers import ApiError
from pelion_simulator.areas import ROWS
from pelion_simulator.auth import authenticate

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
