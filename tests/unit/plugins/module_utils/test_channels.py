# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeping the one notification channel in the wanted state: what is done, what is left alone, and what is never shown."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils import channel, channels
from ansible_collections.pelion.device_management.plugins.module_utils.channels import Poll, carry_out, plan, read, shown
from ansible_collections.pelion.device_management.plugins.module_utils.client import ApiError
from ansible_collections.pelion.device_management.plugins.module_utils.resource import Call, ResourceError
from hypothesis import given
from hypothesis import strategies as st

from .fakes import answer, failing, make_client

CALLBACK, PULL, WEBSOCKET = "/v2/notification/callback", "/v2/notification/pull", "/v2/notification/websocket"
URL, OTHER = "https://collector.example.com/a", "https://collector.example.com/b"
PATHS = {"CALLBACK": CALLBACK, "LONG_POLLING": PULL, "WEB_SOCKET": WEBSOCKET}
LEFT = " It is left alone, since it may be somebody's and what waits in it would be lost; set force if you mean it."


def params(**given_params):
    return {
        "delivery_mechanism": None,
        "url": None,
        "headers": None,
        "serialization": None,
        "force": False,
        "state": "present",
        **given_params,
    }


SERIALIZATION = st.none() | st.fixed_dictionaries(
    {"type": st.just("v2")},
    optional={
        "max_chunk_size": st.integers(100, 10000),
        "cfg": st.dictionaries(st.sampled_from(["include_uid", "include_timestamp"]), st.booleans()),
    },
)
HEADERS = st.none() | st.dictionaries(st.sampled_from(["authorization", "x-a"]), st.sampled_from(["s3cret-one", "s3cret-two"]))
URLS = st.sampled_from([URL, OTHER])


def without_nothing(item):
    return {name: value for name, value in item.items() if value is not None}


HELD = st.none() | st.one_of(
    st.builds(
        lambda url, headers, form: without_nothing(
            {"delivery_mechanism": "CALLBACK", "url": url, "headers": headers, "serialization": form}
        ),
        URLS,
        HEADERS,
        SERIALIZATION,
    ),
    st.builds(
        lambda form: without_nothing({"delivery_mechanism": "WEB_SOCKET", "status": "unknown", "queue_size": -1, "serialization": form}),
        SERIALIZATION,
    ),
    st.just({"delivery_mechanism": "LONG_POLLING"}),
)
PARAMS = st.one_of(
    st.builds(
        lambda url, headers, form, force: params(delivery_mechanism="CALLBACK", url=url, headers=headers, serialization=form, force=force),
        URLS,
        HEADERS,
        SERIALIZATION,
        st.booleans(),
    ),
    st.builds(lambda form, force: params(delivery_mechanism="WEB_SOCKET", serialization=form, force=force), SERIALIZATION, st.booleans()),
    st.builds(lambda force: params(delivery_mechanism="LONG_POLLING", force=force), st.booleans()),
    st.builds(
        lambda kind, url, force: params(delivery_mechanism=kind, url=url, force=force, state="absent"),
        st.sampled_from([None, *PATHS]),
        st.none() | URLS,
        st.booleans(),
    ),
)


def served(held, calls):
    """What the service has after the calls: one channel, a callback and a websocket as they were put, another kind refused."""
    for call in calls:
        if call.method == "DELETE":
            assert held is not None
            assert call.path == PATHS[held["delivery_mechanism"]]
            held = None
        elif call.path == PULL:
            assert isinstance(call, Poll)
            assert held is None
            held = {"delivery_mechanism": "LONG_POLLING"}
        elif call.path == WEBSOCKET:
            assert held is None
            held = {"delivery_mechanism": "WEB_SOCKET", "status": "unknown", "queue_size": -1, **call.json}
        else:
            assert held is None or held["delivery_mechanism"] == "CALLBACK"
            held = {"delivery_mechanism": "CALLBACK", **call.json}
    return held


@given(HELD, PARAMS)
def test_what_is_planned_comes_and_stays(held, wanted):
    before = copy.deepcopy(held)
    try:
        after, calls = plan(held, wanted)
    except ResourceError:
        assert not wanted["force"]
        return
    now = served(held, calls)
    assert (now is None) == (after is None)
    if now is not None:
        assert {name: value for name, value in now.items() if name not in ("status", "queue_size")} == {
            name: value for name, value in after.items() if name not in ("status", "queue_size")
        }
    assert plan(now, wanted)[1] == []
    assert held == before
    if not wanted["force"] and before is not None and calls and wanted["state"] == "present":
        # Without force only a callback to the same address is changed.
        assert (before["delivery_mechanism"], now["delivery_mechanism"]) == ("CALLBACK", "CALLBACK")
        assert before["url"] == now["url"] == wanted["url"]


@given(HELD)
def test_headers_are_never_shown(held):
    text = repr(shown(held))
    assert "s3cret" not in text
    if held and held.get("headers"):
        assert shown(held)["header_names"] == sorted(held["headers"])


def problem(held, **given_params):
    with pytest.raises(ResourceError) as caught:
        plan(held, params(**given_params))
    return str(caught.value)


def test_somebody_s_channel_is_left_alone():
    assert (
        problem({"delivery_mechanism": "LONG_POLLING"}, delivery_mechanism="WEB_SOCKET")
        == "There is a LONG_POLLING channel already." + LEFT
    )
    callback = {"delivery_mechanism": "CALLBACK", "url": OTHER, "headers": {"a": "b"}}
    assert problem(callback, delivery_mechanism="CALLBACK", url=URL) == f"There is a CALLBACK channel to {OTHER} already." + LEFT
    websocket = {"delivery_mechanism": "WEB_SOCKET", "serialization": {"type": "v2", "max_chunk_size": 100}}
    assert problem(websocket, delivery_mechanism="WEB_SOCKET", serialization={"type": "v2", "max_chunk_size": 200}) == (
        "The serialization of a websocket channel cannot be changed." + LEFT
    )
    assert problem(callback, state="absent") == ("There is a CALLBACK channel; delivery_mechanism does not say that it is meant." + LEFT)


def test_headers_do_not_follow_to_another_address():
    held = {"delivery_mechanism": "CALLBACK", "url": OTHER, "headers": {"a": "secret"}, "serialization": {"type": "v2"}}
    _after, calls = plan(held, params(delivery_mechanism="CALLBACK", url=URL, force=True))
    assert calls == [Call("PUT", CALLBACK, {"url": URL, "serialization": {"type": "v2"}})]


def test_what_is_not_mentioned_stays():
    held = {
        "delivery_mechanism": "CALLBACK",
        "url": URL,
        "headers": {"a": "secret"},
        # Some services give numbers and switches as text.
        "serialization": {"type": "v2", "max_chunk_size": "1000", "cfg": {"include_uid": "true"}},
    }
    same = params(
        delivery_mechanism="CALLBACK", url=URL, serialization={"type": "v2", "max_chunk_size": 1000, "cfg": {"include_uid": True}}
    )
    assert plan(held, same) == (held, [])
    assert plan(held, params(delivery_mechanism="CALLBACK", url=URL)) == (held, [])
    more = {"type": "v2", "max_chunk_size": None, "cfg": {"include_timestamp": True, "include_uid": None}}
    after, calls = plan(held, params(delivery_mechanism="CALLBACK", url=URL, serialization=more))
    form = {"type": "v2", "max_chunk_size": "1000", "cfg": {"include_uid": "true", "include_timestamp": True}}
    assert after["serialization"] == form
    assert calls == [Call("PUT", CALLBACK, {"url": URL, "headers": {"a": "secret"}, "serialization": form})]
    _after, calls = plan(held, params(delivery_mechanism="CALLBACK", url=URL, headers={}))
    assert calls[0].json["headers"] == {}


def test_removal_is_of_what_is_meant():
    callback = {"delivery_mechanism": "CALLBACK", "url": URL}
    assert plan(callback, params(delivery_mechanism="CALLBACK", state="absent")) == (None, [Call("DELETE", CALLBACK)])
    assert plan(callback, params(delivery_mechanism="CALLBACK", url=OTHER, state="absent")) == (callback, [])
    assert plan(callback, params(delivery_mechanism="WEB_SOCKET", state="absent", force=True)) == (callback, [])
    assert plan(callback, params(state="absent", force=True)) == (None, [Call("DELETE", CALLBACK)])
    assert plan(None, params(state="absent")) == (None, [])


def test_what_does_not_go_together():
    assert problem(None, delivery_mechanism="CALLBACK") == "A CALLBACK channel needs url, the address that the service delivers to."
    assert problem(None, delivery_mechanism="WEB_SOCKET", url=URL) == "url goes with delivery_mechanism: CALLBACK only."
    assert problem(None, delivery_mechanism="LONG_POLLING", headers={"a": "b"}) == "headers goes with delivery_mechanism: CALLBACK only."
    assert problem(None, delivery_mechanism="LONG_POLLING", serialization={"type": "v2"}) == "A LONG_POLLING channel has no serialization."
    for size in (99, 10001):
        form = {"type": "v2", "max_chunk_size": size}
        assert problem(None, delivery_mechanism="WEB_SOCKET", serialization=form) == f"max_chunk_size must be 100 to 10000, not {size}."
    assert problem(None, delivery_mechanism="CALLBACK", url=URL, headers={"a": "x" * 380}) == (
        "url and headers have 412 characters together; the service takes at most 400."
    )


def test_what_the_service_tells():
    def tell(*replies):
        return read(make_client(list(replies))[0])

    assert tell(failing(404, "not_found")) is None
    assert tell(answer(200, {"delivery_mechanism": "LONG_POLLING"})) == {"delivery_mechanism": "LONG_POLLING"}
    assert tell(answer(200, {"delivery_mechanism": "CALLBACK"}), answer(200, {"url": URL, "headers": {"a": "b"}})) == {
        "delivery_mechanism": "CALLBACK",
        "url": URL,
        "headers": {"a": "b"},
    }
    # As services of 2019 spell it.
    assert tell(answer(200, {"delivery_mechanism": "WEB_SOCKET"}), answer(200, {"status": "connected", "queueSize": 3})) == {
        "delivery_mechanism": "WEB_SOCKET",
        "status": "connected",
        "queue_size": 3,
    }
    # Gone between two questions.
    assert tell(answer(200, {"delivery_mechanism": "CALLBACK"}), failing(404, "not_found")) == {"delivery_mechanism": "CALLBACK"}


def test_a_callback_that_the_service_cannot_reach():
    client, _transport, _waits = make_client([answer(400)])
    with pytest.raises(ApiError) as caught:
        carry_out(client, [Call("PUT", CALLBACK, {"url": URL})])
    assert str(caught.value) == (
        "PUT /v2/notification/callback failed with HTTP 400, since the service cannot deliver to the url, or another channel has been made "
        "meanwhile: Bad Request (the answer has no text). (request id r1)"
    )


def test_carrying_out(monkeypatch):
    polled = []

    def create(client, deadline):
        polled.append(deadline - client.monotonic())
        return {"registrations": [{"ep": "x"}]}

    monkeypatch.setattr(channels.channel, "create_long_poll", create)
    client, transport, _waits = make_client([answer(204), answer(200, {"delivery_mechanism": "LONG_POLLING"})])
    now, messages = carry_out(client, [Call("DELETE", CALLBACK), Poll("GET", PULL)])
    assert now == {"delivery_mechanism": channel.LONG_POLLING}
    assert messages == [{"registrations": [{"ep": "x"}]}]
    assert [sent.method for sent in transport.sent] == ["DELETE", "GET"]
    assert len(polled) == 1
    # Enough to wait out the two minutes after a deletion.
    assert 240 < polled[0] <= 300
