# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many objects by their ids: which requests that takes, and what comes back."""

from __future__ import annotations

import os
import signal
import threading

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils import bulk, several
from ansible_collections.pelion.device_management.plugins.module_utils.client import ApiError
from ansible_collections.pelion.device_management.plugins.module_utils.filters import Condition
from ansible_collections.pelion.device_management.plugins.module_utils.resource import Resource, ResourceError
from hypothesis import given
from hypothesis import strategies as st

from .fakes import Service, answer, failing, make_client

PATH = "/v3/toys/"
SINGLE = Resource(name="toy", path=PATH)
FILTERED = Resource(name="toy", path=PATH, filters={"id": ("eq", "in")})
ALIKE = Resource(name="toy", path=PATH, alike=True)
LISTED = Resource(name="toy", path=PATH, readable=False)
ROWS = (SINGLE, FILTERED, ALIKE, LISTED)


def toys(count):
    return [{"id": f"{number:032x}", "name": f"t{number}", "red": number % 2 == 0} for number in range(count)]


def read(row, asked, held=30, concurrency=2, conditions=(), respond=None):
    client, transport, _waits = make_client(respond or Service(PATH, toys(held)), retries=0)
    return several.read(client, row, {}, asked, conditions, concurrency=concurrency), transport.sent


@given(
    st.sampled_from(ROWS),
    st.lists(st.integers(0, 40), max_size=12),
    st.integers(1, 5),
    st.sampled_from(((), (Condition("red", "eq", ("true",)),))),
)
def test_what_is_there_comes_back_in_the_order_asked_for(row, numbers, concurrency, conditions):
    asked = [f"{number:032x}" for number in numbers]
    found, sent = read(row, asked, concurrency=concurrency, conditions=conditions)
    there = {item["id"]: item for item in toys(30) if not conditions or item["red"]}
    assert list(found.items()) == [(one, there[one]) for one in dict.fromkeys(asked) if one in there]
    assert bool(sent) == bool(asked)


def test_a_filter_picks_as_many_as_an_address_has_room_for():
    asked = [item["id"] for item in toys(250)]
    found, sent = read(FILTERED, asked, held=250)
    assert list(found) == asked
    parts = [dict(request.query)["id__in"].split(",") for request in sent]
    assert sorted(map(len, parts)) == [62, 62, 63, 63]
    assert sorted(one for part in parts for one in part) == asked


def test_who_watches_sees_how_many_were_asked_for(monkeypatch):
    client, _transport, _waits = make_client(Service(PATH, toys(9)))
    told = []
    monkeypatch.setattr(client.progress, "start", lambda *arguments: told.append(arguments))
    monkeypatch.setattr(client.progress, "advance", lambda failed=False: told.append(failed))
    several.read(client, SINGLE, {}, [item["id"] for item in toys(3)], concurrency=2)
    assert told == [("toys read", 3), False, False, False]


def test_one_by_one_where_the_list_has_no_such_filter():
    asked = [item["id"] for item in toys(5)]
    found, sent = read(SINGLE, [*asked, asked[0]])
    assert list(found) == asked
    assert sorted(request.path for request in sent) == [f"{PATH}{one}/" for one in asked]


@pytest.mark.parametrize(
    ("held", "asked", "concurrency", "lists", "gets"),
    [
        # As many as go at once: a page would take as long.
        (30, 8, 8, 0, 8),
        (30, 9, 8, 1, 0),
        # They are at the end of the list, which may be longer than they are worth.
        (5000, 6, 2, 2, 6),
        (2500, 6, 2, 2, 6),
        (2000, 6, 2, 2, 0),
    ],
)
def test_a_list_is_read_while_that_is_quicker(held, asked, concurrency, lists, gets):
    wanted = [item["id"] for item in toys(held)][-asked:]
    found, sent = read(ALIKE, wanted, held=held, concurrency=concurrency)
    assert list(found) == wanted
    listed = [request for request in sent if request.path == PATH]
    assert (len(listed), len(sent) - len(listed)) == (lists, gets)


def test_a_list_is_read_no_further_than_to_the_last_that_is_wanted():
    wanted = [item["id"] for item in toys(50)][::-1]
    found, sent = read(ALIKE, wanted, held=4000, concurrency=2)
    assert list(found) == wanted
    assert len(sent) == 1


def test_what_a_whole_list_does_not_have_is_not_asked_for():
    wanted = [item["id"] for item in toys(12)]
    found, sent = read(ALIKE, wanted, held=9, concurrency=2)
    assert list(found) == wanted[:9]
    assert [request.path for request in sent] == [PATH]


def test_what_is_no_id_stops_everything():
    with pytest.raises(ResourceError, match=r"^'x' is no id of a toy: "):
        read(SINGLE, ["0" * 32, "x"], respond=lambda sent: pytest.fail("sent"))


@pytest.mark.parametrize("row", ROWS, ids=["single", "filtered", "alike", "listed"])
def test_all_or_none(row):
    service, bad = Service(PATH, toys(250)), f"{5:032x}"

    def respond(sent):
        asked = sent.path == PATH and row in (ALIKE, LISTED)
        return failing(500, "internal_server_error") if asked or bad in f"{sent.path} {sent.query}" else service(sent)

    with pytest.raises(ApiError) as caught:
        read(row, [item["id"] for item in toys(250)], concurrency=8, respond=respond)
    assert caught.value.status == 500


def test_nothing_more_is_asked_for_after_an_error():
    seen = []

    def respond(sent):
        seen.append(sent)
        return failing(500, "internal_server_error")

    with pytest.raises(ApiError):
        read(SINGLE, [item["id"] for item in toys(50)], concurrency=1, respond=respond)
    assert len(seen) == 1


@pytest.mark.parametrize("patience", [0.0, 10.0])
def test_an_interruption_is_called_that(monkeypatch, patience):
    """Whether or not what was under way has ended meanwhile."""
    monkeypatch.setattr(bulk, "_PATIENCE", patience)
    over, noticed, interrupt, seen = threading.Event(), threading.Event(), bulk._Run.interrupt, []
    # It is handled in the main thread.
    monkeypatch.setattr(bulk._Run, "interrupt", lambda run, *told: (interrupt(run, *told), noticed.set()))

    def respond(sent):
        seen.append(sent)
        os.kill(os.getpid(), signal.SIGTERM)
        assert (noticed if patience else over).wait(10)
        return answer(200, {"id": sent.path.strip("/").rpartition("/")[2]})

    with pytest.raises(bulk.NotTriedError, match=r"^Reading the rest was not tried any more, since it was interrupted\.$"):
        read(SINGLE, [item["id"] for item in toys(50)], concurrency=1, respond=respond)
    over.set()
    assert len(seen) == 1


def test_side_by_side():
    together = threading.Barrier(4, timeout=10)

    def respond(sent):
        together.wait()
        return answer(200, {"id": sent.path.strip("/").rpartition("/")[2]})

    found, _sent = read(SINGLE, [item["id"] for item in toys(8)], concurrency=4, respond=respond)
    assert len(found) == 8
