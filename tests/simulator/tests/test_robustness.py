# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is sent is answered: with a success or one of the API's errors, never by failing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from simulator_helpers import Local

from pelion_simulator.answers import ApiError
from pelion_simulator.auth import authenticate
from pelion_simulator.engine import Call
from pelion_simulator.resources import ROWS

FIELDS = sorted({name for row in ROWS for name in row.fields} | {"device_id"})
PATHS = [row.path for row in ROWS if row.path]
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
        st.sampled_from(["", "devices", "devices/add", "devices/remove", "suspend"]),
    )

    @settings(max_examples=600, deadline=None)
    @given(st.sampled_from(["GET", "PUT", "POST", "DELETE", "PATCH"]), paths, PARAMETERS, OBJECTS)
    def send(method: str, path: str, parameters: list[tuple[str, str, str]], body: dict[str, Any]) -> None:
        query = "&".join(f"{name}{operator}={value}" for name, operator, value in parameters) if method == "GET" else ""
        status, _answer = local.send(method, path, query, body)
        assert status in (200, 201, 204, 400, 401, 404, 405, 409)

    send()


def refusal(send: Callable[[], object]) -> int | None:
    """The status of the error that something ends with, if any."""
    try:
        send()
    except ApiError as error:
        return error.status
    return None


def test_times_beyond_the_calendar(local: Local) -> None:
    for time in TIMES:
        status, fields = local.send("GET", "/v3/devices", f"created_at__gte={time}&updated_at__lte={time}")
        assert (status, fields) == (400, {"created_at__gte", "updated_at__lte"})


@settings(max_examples=200, deadline=None)
@given(BODIES)
def test_every_body_is_answered(local: Local, body: bytes) -> None:
    call = Call("POST", "/v3/device-groups", content_type="application/json", body=body)
    assert refusal(lambda: local.engine.answer(call)) in (None, 400)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30) | st.builds("Bearer {}".format, TEXT))
def test_every_authorization_is_answered(local: Local, header: str) -> None:
    assert refusal(lambda: authenticate(local.store, header, "")) == 401
