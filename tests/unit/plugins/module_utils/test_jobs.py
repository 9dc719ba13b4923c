# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task asks of devices: exact requests, when nothing needs to be done, and how what became of it is told."""

from __future__ import annotations

import threading

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils import lwm2m
from ansible_collections.pelion.device_management.plugins.module_utils.channel import Answer, ChannelError, Outcome, Request, Session
from ansible_collections.pelion.device_management.plugins.module_utils.client import ApiError
from ansible_collections.pelion.device_management.plugins.module_utils.jobs import Job
from ansible_collections.pelion.device_management.plugins.module_utils.resource import ResourceError
from hypothesis import given
from hypothesis import strategies as st

from .fakes import answer, failing, lost, make_client

DEVICE, OTHER = "0" * 31 + "1", "0" * 31 + "2"
TLV = lwm2m.TLV[0]


def job(operation="read", path="/3/0/9", **options):
    return Job(
        {
            "device_ids": [DEVICE],
            "concurrency": 1,
            "max_failures": None,
            "types": {},
            "operation": operation,
            "path": path,
            "value": None,
            "payload": None,
            "content_type": None,
            "accept": None,
            "attributes": None,
            "compare": "echo",
            "wait": True,
            "wait_timeout": 300,
            "retry": None,
            "expiry_seconds": None,
            "channel": "long_poll",
            "transport": "requests",
            "cache_only": False,
            "no_response": False,
            **options,
        }
    )


def sent_by(some, *devices):
    """The requests as they reach the service, none of whose answers is waited for."""
    client, transport, _waits = make_client(lambda sent: answer(202))
    with Session(client, None, 1) as session:
        some.send(session, devices or [DEVICE], total=len(devices or [DEVICE]))
    return transport.sent


@pytest.mark.parametrize(
    ("operation", "options", "body"),
    [
        ("read", {}, {"method": "GET", "uri": "/3/0/9"}),
        ("read", {"accept": TLV}, {"method": "GET", "uri": "/3/0/9", "accept": TLV}),
        ("write", {"value": 7}, {"method": "PUT", "uri": "/3/0/9", "payload-b64": "Nw==", "content-type": "text/plain"}),
        ("write", {"value": [1, 2]}, {"method": "PUT", "uri": "/3/0/9", "payload-b64": "hglBAAFBAQI=", "content-type": TLV}),
        (
            "write",
            {"payload": "AQI="},
            {"method": "PUT", "uri": "/3/0/9", "payload-b64": "AQI=", "content-type": "application/octet-stream"},
        ),
        (
            "write",
            {"payload": "Nw==", "content_type": "text/plain"},
            {"method": "PUT", "uri": "/3/0/9", "payload-b64": "Nw==", "content-type": "text/plain"},
        ),
        ("execute", {}, {"method": "POST", "uri": "/3/0/9"}),
        ("delete", {"path": "/3311/1"}, {"method": "DELETE", "uri": "/3311/1"}),
        (
            "create",
            {"path": "/3311/1", "value": {"5851": 60}},
            {"method": "POST", "uri": "/3311", "payload-b64": "BAHhFts8", "content-type": TLV},
        ),
        (
            "create",
            {"path": "/3311", "value": {"5851": 60}},
            {"method": "POST", "uri": "/3311", "payload-b64": "4RbbPA==", "content-type": TLV},
        ),
        ("write_attributes", {"attributes": {"pmin": 1, "gt": 24.5}}, {"method": "PUT", "uri": "/3/0/9?pmin=1&gt=24.5"}),
    ],
)
def test_requests(operation, options, body):
    (sent,) = sent_by(job(operation, **options))
    assert sent.json == body


def test_the_queue_is_tuned():
    (sent,) = sent_by(job("execute", retry=0, expiry_seconds=60))
    assert sent.query[1:] == [("retry", "0"), ("expiry-seconds", "60")]
    (sent,) = sent_by(job("execute", transport="endpoints", no_response=True))
    assert (sent.path, sent.query) == (f"/v2/endpoints/{DEVICE}/3/0/9", [("noResp", "true")])
    assert [sent.path[-1] for sent in sent_by(job("execute"), DEVICE, OTHER)] == ["1", "2"]


@pytest.mark.parametrize(
    ("operation", "options", "kind"),
    [
        ("read", {}, "long_poll"),
        ("execute", {"channel": "existing"}, "existing"),
        ("execute", {"wait": False}, None),
        ("execute", {"transport": "endpoints", "no_response": True}, None),
        ("read", {"transport": "endpoints", "cache_only": True}, None),
        ("write", {"value": 1, "wait": False}, None),
        # The answer to the comparison is needed.
        ("write", {"value": 1, "wait": False, "compare": "device"}, "long_poll"),
        ("execute", {"wait": False, "compare": "device"}, None),
    ],
)
def test_whether_a_channel_is_needed(operation, options, kind):
    assert job(operation, **options).kind == kind


VALUES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
)


@given(VALUES, st.sampled_from([TLV, "application/senml+json", "application/vnd.oma.lwm2m+json"]))
def test_what_was_written_needs_no_second_write(value, content_type):
    kind = {str: "string", int: "integer", bool: "boolean", float: "float"}[type(value)]
    some = job("write", "/26241/0/1", value=value, content_type=content_type, types={1: kind})
    held = lwm2m.decode(lwm2m.encode(value, content_type, "/26241/0/1", {"1": kind}), content_type, "/26241/0/1", {"1": kind})
    assert some.settled(held)
    assert not some.settled(None)


@given(VALUES)
def test_text_that_was_written_needs_no_second_write(value):
    some = job("write", "/26241/0/1", value=value)
    held = lwm2m.decode(lwm2m.encode(value, "text/plain", "/26241/0/1"), "text/plain", "/26241/0/1")
    assert some.settled(held)


def test_what_is_there_already():
    assert job("create", "/3311/1", value={"1": 1}).settled(["/3311/1/1"])
    assert not job("create", "/3311/1", value={"1": 1}).settled([])
    assert not job("create", "/3311/1", value={"1": 1}).settled(None)
    # The device chooses another id.
    assert not job("create", "/3311", value={"1": 1}).settled(["/3311/1/1"])
    assert job("delete", "/3311/1").settled([])
    assert not job("delete", "/3311/1").settled(["/3311/1/1"])
    # A device that the service does not know may have it all the same.
    assert not job("delete", "/3311/1").settled(None)
    assert not job("execute").settled([])


def held_by(some, *replies):
    client, _transport, _waits = make_client(list(replies), retries=0)
    with Session(client, None, 1) as session:
        return some.held(client, session, [DEVICE])


def test_what_is_known_before():
    listed = [{"uri": "/3311/1/5850"}, {"uri": "/33/1/1"}, {"uri": "/3311/0/5850"}]
    assert held_by(job("delete", "/3311/1"), answer(200, listed)) == ({DEVICE: ["/3311/1/5850"]}, [])
    assert held_by(job("delete", "/3311/1"), failing(404, "not_found")) == ({DEVICE: None}, [])
    assert held_by(job("delete", "/3311/1", compare="none")) == ({}, [])
    assert held_by(job("execute")) == ({}, [])
    twin = {"resources": [{"resource_path": "/3/0/9", "reported": {"value": "Nw==", "content_type": "text/plain"}}]}
    assert held_by(job("write", value=7), answer(200, twin)) == ({DEVICE: 7}, [])
    # Older services do not know the operation; other errors are errors.
    assert held_by(job("write", value=7), failing(404, "unrecognized_request")) == ({DEVICE: None}, [])
    found, failed = held_by(job("write", value=7), failing(500, "internal_server_error"))
    assert (found, failed[0]["status"]) == ({}, 500)


def told(outcome, **options):
    return job(**options).told(outcome)


REQUEST = Request(DEVICE, "GET", "/3/0/9")


def test_how_answers_are_told():
    assert told(None) == ({}, None)
    assert told(Outcome(REQUEST, "a", Answer(200, b"87", "text/plain", max_age=0))) == (
        {"async_id": "a", "status": 200, "value": 87, "payload": "ODc=", "content_type": "text/plain", "max_age": 0},
        None,
    )
    # Empty text is a value too; what is executed has none.
    assert told(Outcome(REQUEST, "a", Answer(200)))[0]["value"] == ""
    assert told(Outcome(REQUEST, "a", Answer(200)), operation="execute") == ({"async_id": "a", "status": 200}, None)
    assert told(Outcome(REQUEST, answer=Answer(205)), transport="endpoints", cache_only=True)[0]["value"] is None
    shown, problem = told(Outcome(REQUEST, "a", Answer(504, error="TIMEOUT")))
    assert (shown, problem) == (
        {"async_id": "a", "status": 504},
        {"id": DEVICE, "msg": "GET /3/0/9 failed: the device did not answer (status 504 TIMEOUT).", "status": 504},
    )


def test_how_missing_answers_are_told():
    assert told(Outcome(REQUEST, "a"), operation="execute", wait=False) == ({"async_id": "a", "status": 202}, None)
    shown, problem = told(Outcome(REQUEST, "a"), expiry_seconds=60)
    assert shown == {"async_id": "a"}
    assert problem["msg"].startswith("No answer to GET /3/0/9 came within 300 seconds. The service has taken the request (a) and goes on")
    assert "for 60 seconds" in problem["msg"]
    refused = ApiError("words", status=404, method="POST", path="/x", request_id="r1")
    assert told(Outcome(REQUEST, error=refused))[1] == {
        "id": DEVICE,
        "msg": str(refused),
        "status": 404,
        "type": None,
        "fields": [],
        "request_id": "r1",
    }
    channel_lost = ChannelError("The notification channel was deleted by somebody else.")
    assert told(Outcome(REQUEST, "a", error=channel_lost))[1] == {
        "id": DEVICE,
        "msg": "The notification channel was deleted by somebody else. The service has taken the request (a), so it may be carried out.",
    }
    doubtful = lost(True)
    doubtful.method, doubtful.path = "POST", "/x"
    # Nobody waited, so all that is known is that the line broke.
    assert told(Outcome(REQUEST, "a", error=doubtful, doubt=True), operation="execute", wait=False)[1] == {
        "id": DEVICE,
        "msg": "POST /x got no answer: The line is dead. It is not known whether the service carried the request out.",
    }
    assert told(Outcome(REQUEST, "a", error=doubtful, doubt=True))[1]["msg"].endswith(
        "No answer came within 300 seconds either, so most probably it was not taken."
    )


class Answering:
    """A session in which devices answer as their number says: even ones well."""

    def __init__(self, last=None):
        self.waves = []
        self._last = last

    @property
    def over(self):
        return len(self.waves) == self._last

    def exchange(self, requests, **options):
        self.waves.append((len(requests), options["max_failures"]))
        status = {"0": 200, "1": 504}
        return [Outcome(request, "a", Answer(status[str(int(request.device_id) % 2)])) for request in requests]


MANY = [f"{number:032}" for number in range(10)]


@pytest.mark.parametrize(
    ("options", "last", "waves", "tried", "reason"),
    [
        ({}, None, [(10, None)], 10, None),
        ({"max_failures": "2"}, None, [(3, 2), (3, 1)], 6, "max_failures was reached"),
        ({"max_failures": "100%"}, None, [(3, 10), (3, 9), (3, 7), (1, 6)], 10, None),
        # Nobody waits for answers, so that none can fail.
        ({"max_failures": "2", "wait": False}, None, [(10, 2)], 10, None),
        ({"max_failures": "9"}, 2, [(3, 9), (3, 8)], 6, "wait_timeout was over"),
    ],
)
def test_when_not_all_may_fail_only_some_are_asked_at_once(options, last, waves, tried, reason):
    session = Answering(last)
    outcomes = job("execute", concurrency=3, **options).send(session, MANY, total=10)
    assert session.waves == waves
    assert list(outcomes) == MANY
    untried = [str(outcome.error) for outcome in outcomes.values() if outcome.error]
    assert untried == [f"It was not tried any more, since {reason}."] * (10 - tried)


@pytest.mark.parametrize(("failed", "waves", "tried"), [(0, [(3, 4), (3, 3), (3, 1)], 9), (2, [(3, 2), (3, 1)], 6), (4, [], 0)])
def test_a_percentage_is_one_of_all_devices_and_those_that_failed_before_count(failed, waves, tried):
    session = Answering()
    outcomes = job("execute", concurrency=3, max_failures="20%").send(session, MANY, total=20, failed=failed)
    assert session.waves == waves
    untried = [str(outcome.error) for outcome in outcomes.values() if outcome.error]
    assert untried == ["It was not tried any more, since max_failures was reached."] * (10 - tried)


def test_a_refused_key_is_refused_for_the_next_devices_too():
    client, transport, _waits = make_client(lambda sent: answer(403), retries=0)
    some = job("execute", concurrency=2, max_failures="90%", wait=True)
    with Session(client, None, 1) as session:
        outcomes = some.send(session, MANY, total=10)
    assert len(transport.sent) <= 3
    assert [str(outcome.error) for outcome in outcomes.values()][4:] == ["It was not tried any more, since the key was refused."] * 6


def test_a_key_that_is_refused_for_all_that_are_asked_together_is_refused_for_the_next_devices_too():
    both_are_sent = threading.Barrier(2)

    def refuse(_sent):
        both_are_sent.wait(30)
        return answer(403)

    client, transport, _waits = make_client(refuse, retries=0)
    with Session(client, None, 1) as session:
        outcomes = job("execute", concurrency=2, max_failures="90%", wait=True).send(session, MANY, total=10)
    assert len(transport.sent) == 2
    assert [str(outcome.error) for outcome in outcomes.values()][2:] == ["It was not tried any more, since the key was refused."] * 8


def test_differences():
    some = job("write", value=7)
    # The other one could not be asked.
    assert some.diff({DEVICE: 5, OTHER: 6}, [DEVICE, OTHER], {DEVICE}) == {
        "diff": {"before": {DEVICE: 5, OTHER: 6}, "after": {DEVICE: 7, OTHER: 6}}
    }
    assert job("execute").diff({}, [DEVICE], {DEVICE}) == {}
    assert job("delete", "/3311/1").diff({DEVICE: ["/3311/1/1"]}, [DEVICE], {DEVICE})["diff"]["after"] == {DEVICE: None}


def test_ids_are_checked():
    with pytest.raises(ResourceError, match=r"^'pump' is no id of a device: an id is 32 hexadecimal digits\.$"):
        sent_by(job(), "pump")
