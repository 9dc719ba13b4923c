# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests to devices and the channel of their answers, on a model of the service: one channel, of one kind, for each application."""

from __future__ import annotations

import base64
import json
import os
import queue
import threading
from types import SimpleNamespace

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils import channel as subject
from ansible_collections.pelion.device_management.plugins.module_utils import sockets
from ansible_collections.pelion.device_management.plugins.module_utils.channel import (
    Answer,
    Channel,
    ChannelError,
    Outcome,
    Request,
    Session,
    collect,
    explain,
    late,
    mechanism,
    send,
)
from ansible_collections.pelion.device_management.plugins.module_utils.client import ApiError
from ansible_collections.pelion.device_management.plugins.module_utils.resource import ResourceError
from ansible_collections.pelion.device_management.plugins.module_utils.transport import TransportError

from .fakes import answer, failing, lost, make_client

DEVICE, OTHER = "0" * 31 + "1", "0" * 31 + "2"
READ = Request(DEVICE, "GET", "/3/0/9")
PULL = "/v2/notification/pull"
WEBSOCKET = "/v2/notification/websocket"


class Poll(threading.Thread):
    """The thread of a poll, which the service holds open, or which has ended, before its caller goes on."""

    def __init__(self, **options):
        super().__init__(**options)
        self.settled = threading.Event()

    def start(self):
        super().start()
        assert self.settled.wait(60)

    def run(self):
        try:
            super().run()
        finally:
            self.settled.set()


class Application:
    """The service as one application sees it. `respond` gives the messages that follow a request, in their order.

    It holds a poll open until there is a message: so many real seconds at most, which count as `passing` seconds of the client.
    """

    def __init__(self, respond=lambda identity, body: [{"async-responses": [{"id": identity, "status": 200}]}], channel=None):
        self.respond = respond
        self.channel = channel
        self.messages = queue.Queue()
        self.polling = threading.Lock()
        self.hold, self.passing = 10, 10
        self.waits = []
        self.refusals = {}
        self.seen = []

    def __call__(self, sent):
        self.seen.append((sent.method, sent.path))
        refusals = self.refusals.get((sent.method, sent.path))
        if refusals:
            refusal = refusals.pop(0)
            if (sent.method, sent.path) == ("GET", PULL) and getattr(refusal, "status", 0) == 204:
                self.channel = "LONG_POLLING"
            return refusal
        if sent.path == "/v2/notification/channel":
            return answer(200, {"delivery_mechanism": self.channel}) if self.channel else failing(404, "not_found")
        if sent.path == PULL:
            return self.pull() if sent.method == "GET" else self.delete(200, "REMOVED")
        if sent.path == WEBSOCKET:
            if sent.method == "DELETE":
                return self.delete(204, "")
            self.channel = "WEB_SOCKET"
            return answer(201, {"status": "unknown", "queue_size": -1})
        if sent.path.startswith("/v2/device-requests/"):
            for message in self.respond(dict(sent.query)["async-id"], sent.json):
                self.messages.put(message)
            return answer(202)
        raise AssertionError(sent)

    def pull(self):
        self.channel = self.channel or "LONG_POLLING"
        if not self.polling.acquire(blocking=False):
            return answer(409)
        threading.current_thread().settled.set()
        try:
            return answer(200, self.messages.get(timeout=self.hold))
        except queue.Empty:
            self.waits.append(self.passing)
            return answer(204)
        finally:
            self.polling.release()

    def delete(self, status, text):
        self.channel = None
        return answer(status, text)

    @property
    def writes(self):
        return [entry for entry in self.seen if entry[0] != "GET"]


def client_of(application, **settings):
    """A client whose time passes only where something waits, however quick the machine is."""
    client, transport, waits = make_client(application, **settings)
    if isinstance(application, Application):
        application.waits = waits
    client.monotonic = lambda: sum(waits)
    return client, transport, waits


def responding(*entries):
    """What follows a request: one message for each entry, with the request's id where it has none of its own."""
    return lambda identity, body: [{"async-responses": [{"id": identity, **entry}]} for entry in entries]


def exchange(client, requests, *, kind, timeout, **options):
    with Session(client, kind, timeout) as session:
        return session.exchange(requests, **options), session.others


def run(application, requests=(READ,), kind="long_poll", timeout=60, **options):
    client, transport, _waits = client_of(application)
    outcomes, others = exchange(client, requests, kind=kind, timeout=timeout, **options)
    return outcomes, others, transport


@pytest.fixture(autouse=True)
def own_place(tmp_path, monkeypatch):
    """The file of turns is not shared with other tests."""
    monkeypatch.setattr(subject.tempfile, "gettempdir", lambda: str(tmp_path))


@pytest.fixture(autouse=True)
def polls(monkeypatch):
    monkeypatch.setattr(subject, "threading", SimpleNamespace(Thread=Poll))


# -- the long poll channel


def test_a_channel_is_made_and_removed():
    application = Application(responding({"status": 200, "payload": "MTAw", "ct": "text/plain", "max-age": "60"}))
    (outcome,), others, transport = run(application, query={"retry": 2, "expiry-seconds": None})
    assert outcome.answer == Answer(200, b"100", "text/plain", "", 60)
    assert others == []
    assert application.channel is None
    assert application.writes == [("POST", f"/v2/device-requests/{DEVICE}"), ("DELETE", PULL)]
    # Looked before it was made.
    assert application.seen[0] == ("GET", "/v2/notification/channel")
    (request,) = (sent for sent in transport.sent if sent.method == "POST")
    assert request.query == [("async-id", outcome.async_id), ("retry", "2")]
    assert len(outcome.async_id) == 36
    assert request.json == {"method": "GET", "uri": "/3/0/9"}
    polls = [sent for sent in transport.sent if (sent.method, sent.path) == ("GET", PULL)]
    assert {poll.timeout for poll in polls} == {120}


@pytest.mark.parametrize("present", ["LONG_POLLING", "WEB_SOCKET", "CALLBACK"])
@pytest.mark.parametrize("kind", ["long_poll", "websocket"])
def test_no_channel_is_taken_over(present, kind):
    application = Application(channel=present)
    with pytest.raises(ChannelError) as caught:
        run(application, kind=kind)
    more = "" if present == "CALLBACK" else ", set channel to existing to receive over it"
    assert str(caught.value) == (
        f"The application has a notification channel already, of the kind {present}, and cannot have two. It is not taken over, since what "
        f"it delivers is somebody's. Use a key of another application{more}, or delete it with the module notification_channel."
    )
    assert application.seen == [("GET", "/v2/notification/channel")]


def test_an_existing_channel_is_used_and_left():
    application = Application(channel="LONG_POLLING")
    notification = {"notifications": [{"ep": DEVICE, "path": "/3303/0/5700", "payload": "MjI="}], "async-responses": []}
    application.messages.put(notification)
    (outcome,), others, _transport = run(application, kind="existing")
    assert outcome.answer == Answer(200)
    # What else came over it is handed on, since it will not come again.
    assert others == [{"notifications": notification["notifications"]}]
    assert application.channel == "LONG_POLLING"
    assert application.writes == [("POST", f"/v2/device-requests/{DEVICE}")]


def test_after_the_last_answer_nobody_polls():
    """A poll that is left open would swallow the next message."""
    application = Application(channel="LONG_POLLING")
    run(application, kind="existing")
    assert application.polling.acquire(blocking=False)
    assert application.seen[-1] != ("GET", PULL) or application.seen.count(("GET", PULL)) == 1


@pytest.mark.parametrize(
    ("present", "text"),
    [
        (
            None,
            "There is no notification channel that answers could come over. Make one with the module notification_channel, or set channel "
            "to long_poll or websocket.",
        ),
        (
            "CALLBACK",
            "The application's notification channel is of the kind CALLBACK: answers go elsewhere and cannot be received here. Use a key "
            "of another application, or do not wait.",
        ),
    ],
)
def test_a_channel_that_cannot_be_used(present, text):
    with pytest.raises(ChannelError) as caught:
        run(Application(channel=present), kind="existing")
    assert str(caught.value) == text


def test_a_poll_left_behind_is_waited_for():
    application = Application(channel="LONG_POLLING")
    application.refusals["GET", PULL] = [answer(409), answer(409)]
    (outcome,), _others, _transport = run(application, kind="existing", timeout=10)
    assert outcome.answer == Answer(200)


def test_a_poll_of_somebody_else_is_an_error():
    application = Application(channel="LONG_POLLING")
    application.refusals["GET", PULL] = [answer(409)] * 500
    (outcome,), _others, _transport = run(application, kind="existing", timeout=60)
    assert str(outcome.error) == "Another program polls this channel. Use a key of another application, or stop that program."


def test_two_minutes_after_a_deletion_it_is_tried_again():
    application = Application()
    application.refusals["GET", PULL] = [answer(410, "CHANNEL_DELETED")]
    client, _transport, waits = client_of(application)
    (outcome,), _others = exchange(client, [READ], kind="long_poll", timeout=300)
    assert outcome.answer == Answer(200)
    assert waits.count(120) == 1
    # Nothing was polled in between.
    assert application.seen.count(("GET", PULL)) == 2


def test_when_there_is_no_time_for_that_it_is_said():
    application = Application()
    application.refusals["GET", PULL] = [answer(410, "CHANNEL_DELETED")]
    client, _transport, waits = client_of(application)
    with pytest.raises(ChannelError) as caught:
        exchange(client, [READ], kind="long_poll", timeout=100)
    assert str(caught.value) == (
        "The application's long poll channel was deleted less than two minutes ago, and the service cannot make a new one yet. Give the "
        "task more time, or use a websocket channel. For several tasks in a row make a channel with the module notification_channel first, "
        "and set their option channel to existing."
    )
    assert application.writes == []
    assert 120 not in waits


def test_a_channel_that_does_not_come_up():
    application = Application()
    application.refusals["GET", "/v2/notification/channel"] = [failing(404, "not_found")] * 500
    with pytest.raises(ChannelError, match=r"^The long poll channel did not come up\. Try again, or use a websocket channel\.$"):
        run(application, timeout=30)
    # What may come up later is removed.
    assert application.writes == [("DELETE", PULL)]


def test_another_kind_made_meanwhile_is_left_alone():
    application = Application()
    application.refusals["GET", "/v2/notification/channel"] = [failing(404, "not_found")] * 500
    application.refusals["GET", PULL] = [answer(400)]
    with pytest.raises(ApiError) as caught:
        run(application, timeout=30)
    assert caught.value.status == 400
    assert application.writes == []


def test_a_channel_that_somebody_deletes():
    application = Application(lambda identity, body: [])
    application.refusals["GET", PULL] = [answer(204), answer(410)]
    (outcome,), _others, _transport = run(application)
    assert str(outcome.error) == "The notification channel was deleted by somebody else."
    assert outcome.answer is None
    # It is not ours any more.
    assert application.writes == [("POST", f"/v2/device-requests/{DEVICE}")]


def test_broken_polls_are_made_anew():
    application = Application()
    application.refusals["GET", PULL] = [answer(204), lost(True), lost(True)]
    (outcome,), _others, _transport = run(application)
    assert outcome.answer == Answer(200)


def test_polls_that_keep_breaking_are_an_error():
    application = Application(lambda identity, body: [])
    application.refusals["GET", PULL] = [answer(204)] + [lost(True)] * 10
    (outcome,), _others, _transport = run(application, timeout=60)
    assert str(outcome.error) == f"GET {PULL} got no answer: The line is dead."
    assert application.seen.count(("GET", PULL)) == 7
    assert application.writes[-1] == ("DELETE", PULL)


def test_a_service_that_does_not_hold_polls_open_is_not_stormed():
    application = Application(lambda identity, body: [])
    application.hold, application.passing = 0, 0.01
    client, _transport, waits = client_of(application)
    (outcome,), _others = exchange(client, [READ], kind="long_poll", timeout=5)
    assert outcome.answer is None
    assert application.seen.count(("GET", PULL)) <= 30
    assert 0.2 in waits


# -- answers


def test_answers_come_late_out_of_order_and_twice():
    """Each request gets the first answer of its own, whatever else comes."""
    asked = []

    def respond(identity, body):
        asked.append(identity)
        if len(asked) < 3:
            return []
        return [
            {"async-responses": [{"id": "not ours", "status": 200, "payload": "eA=="}]},
            {"async-responses": [{"id": asked[2], "status": 200, "payload": "Mg=="}, {"id": asked[0], "status": 504, "error": "TIMEOUT"}]},
            {"async-responses": [{"id": asked[2], "status": 200, "payload": "eA=="}]},
            {"registrations": [{"ep": OTHER}]},
            {"async-responses": [{"id": asked[1], "status": 200, "payload": "MQ=="}]},
        ]

    requests = [Request(DEVICE, "GET", f"/1/0/{number}") for number in range(3)]
    outcomes, others, _transport = run(Application(respond), requests, concurrency=1)
    assert [outcome.answer for outcome in outcomes] == [Answer(504, error="TIMEOUT"), Answer(200, b"1"), Answer(200, b"2")]
    assert others == [{"registrations": [{"ep": OTHER}]}]


def test_some_answers_never_come():
    def respond(identity, body):
        return [{"async-responses": [{"id": identity, "status": 200}]}] if body["uri"] == "/1/0/1" else []

    requests = [Request(DEVICE, "GET", f"/1/0/{number}") for number in range(2)]
    application = Application(respond)
    application.hold, application.passing = 0, 20
    (silent, spoken), _others, _transport = run(application, requests, timeout=60)
    assert spoken.answer == Answer(200)
    assert (silent.answer, silent.error, silent.doubt) == (None, None, False)
    assert late(silent, 60) == (
        f"No answer to GET /1/0/0 came within 60 seconds. The service has taken the request ({silent.async_id}) and goes on delivering it "
        "for two hours, for sleeping devices three days; what the device then does is not seen here. Give wait_timeout more."
    )
    assert "delivering it for 60 seconds;" in late(silent, 60, 60)


def test_a_refused_request_belongs_to_its_device():
    application = Application()
    application.refusals["POST", f"/v2/device-requests/{OTHER}"] = [answer(400, "RESOURCE_NOT_FOUND")]
    outcomes, _others, _transport = run(application, [READ, Request(OTHER, "GET", "/3/0/9")])
    assert outcomes[0].answer == Answer(200)
    assert isinstance(outcomes[1].error, ApiError)
    assert outcomes[1].error.type == "RESOURCE_NOT_FOUND"


def test_a_full_queue_is_tried_again():
    application = Application()
    application.refusals["POST", f"/v2/device-requests/{DEVICE}"] = [answer(400, "QUEUE_IS_FULL")]
    (outcome,), _others, _transport = run(application)
    assert outcome.answer == Answer(200)


def test_when_the_service_s_word_is_lost_the_answer_tells():
    application = Application()

    def losing(sent):
        done = application(sent)
        return lost(True) if sent.method == "POST" else done

    client, transport, _waits = client_of(losing)
    (outcome,), _others = exchange(client, [READ], kind="long_poll", timeout=60)
    assert (outcome.answer, outcome.error, outcome.doubt) == (Answer(200), None, False)
    # It is not sent twice.
    assert [sent.method for sent in transport.sent].count("POST") == 1


def test_when_neither_comes_that_is_said():
    application = Application()
    application.refusals["POST", f"/v2/device-requests/{DEVICE}"] = [lost(True)]
    application.hold, application.passing = 0, 20
    (outcome,), _others, _transport = run(application, timeout=60)
    assert outcome.doubt
    assert late(outcome, 60) == (
        f"POST /v2/device-requests/{DEVICE} got no answer: The line is dead. It is not known whether the service carried the request out. "
        "No answer came within 60 seconds either, so most probably it was not taken."
    )


def test_a_request_that_was_not_sent_is_an_error():
    application = Application()
    application.refusals["POST", f"/v2/device-requests/{DEVICE}"] = [lost(False)] * 10
    (outcome,), _others, _transport = run(application)
    assert isinstance(outcome.error, TransportError)
    assert not outcome.doubt


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ({"status": 200, "payload": "AQI=", "ct": "application/octet-stream"}, Answer(200, b"\x01\x02", "application/octet-stream")),
        ({"status": 200, "payload": "no base64!", "max-age": 7}, Answer(200, b"no base64!", max_age=7)),
        ({"status": 200, "payload": None, "max-age": "soon"}, Answer(200)),
        ({}, Answer(0)),
    ],
)
def test_forms_of_answers(entry, found):
    (outcome,), _others, _transport = run(Application(responding(entry)))
    assert outcome.answer == found


@pytest.mark.parametrize(
    ("status", "error", "text"),
    [
        (504, "TIMEOUT", "the device did not answer (status 504 TIMEOUT)"),
        (503, "NOT_CONNECTED", "the device is not connected (status 503 NOT_CONNECTED)"),
        (429, "REQUEST_EXPIRED", "it could not be delivered before it expired (status 429 REQUEST_EXPIRED)"),
        (429, "DEVICE_BLOCKED", "the device is suspended (status 429 DEVICE_BLOCKED)"),
        (429, "DEVICE_REMOVED_REGISTRATION", "the device de-registered before it was delivered (status 429 DEVICE_REMOVED_REGISTRATION)"),
        (400, "", "the device finds the request malformed (status 400)"),
        (404, "", "the device has no such path (status 404)"),
        (405, "", "the path does not allow this (status 405)"),
        (412, "", "the device refuses it as things are (status 412)"),
        (413, "", "the payload is too large for the device (status 413)"),
        (415, "", "the device does not take this content type (status 415)"),
        (429, "", "the service gave it up (status 429)"),
        (503, "", "the device is not connected (status 503)"),
        (504, "", "the device did not answer (status 504)"),
        (502, "", "the connection to the device failed (status 502)"),
        (418, "OUT_OF_TEA", "out of tea (status 418 OUT_OF_TEA)"),
        (418, "", "it failed (status 418)"),
    ],
)
def test_failures_in_words(status, error, text):
    assert explain(Answer(status, error=error)) == text
    assert not Answer(status).good


def test_what_a_good_answer_is():
    assert [Answer(status).good for status in (0, 199, 200, 205, 299, 300)] == [False, False, True, True, True, False]


def test_bodies_of_requests():
    client, transport, _waits = client_of(Application())
    send(
        client,
        [
            Request(DEVICE, "PUT", "/5/0/1", b"v1", "text/plain", "text/plain"),
            Request(DEVICE, "PUT", "/5/0/1", attributes={"pmax": 120, "gt": None}),
            Request(DEVICE, "POST", "/123/1/1", b""),
        ],
        concurrency=1,
    )
    assert [sent.json for sent in transport.sent] == [
        {"method": "PUT", "uri": "/5/0/1", "accept": "text/plain", "content-type": "text/plain", "payload-b64": "djE="},
        {"method": "PUT", "uri": "/5/0/1?pmax=120&gt"},
        {"method": "POST", "uri": "/123/1/1", "payload-b64": "", "content-type": ""},
    ]
    assert len({sent.query[0] for sent in transport.sent}) == 3


def test_an_unknown_device_id_is_refused():
    with pytest.raises(ResourceError, match=r"^'me' is no id of a device: an id is 32 hexadecimal digits\.$"):
        send(client_of(Application())[0], [Request("me", "GET", "/3")])


# -- the older form


def endpoint_client(*replies):
    application = Application()
    path = f"/v2/endpoints/{DEVICE}/3/0/9"
    for method in ("GET", "PUT", "POST", "DELETE"):
        application.refusals[method, path] = list(replies)
    return client_of(application)


def test_the_older_form_answers_from_its_cache():
    client, transport, _waits = endpoint_client(answer(200, "100", {"Content-Type": "text/plain"}))
    (outcome,) = send(client, [Request(DEVICE, "GET", "/3/0/9", accept="text/plain")], transport="endpoints", query={"cacheOnly": True})
    assert outcome == Outcome(Request(DEVICE, "GET", "/3/0/9", accept="text/plain"), answer=Answer(200, b"100", "text/plain"))
    assert (transport.sent[0].query, transport.sent[0].headers) == ([("cacheOnly", "true")], {"Accept": "text/plain"})


def test_the_older_form_answers_over_the_channel():
    application = Application()
    path = f"/v2/endpoints/{DEVICE}/3/0/9"
    application.refusals["PUT", path] = [answer(202, {"async-response-id": "1#abc@def"})]
    application.messages.put({"async-responses": [{"id": "1#abc@def", "status": 200}]})
    (outcome,), _others, transport = run(application, [Request(DEVICE, "PUT", "/3/0/9", b"7", "text/plain")], transport="endpoints")
    assert (outcome.async_id, outcome.answer) == ("1#abc@def", Answer(200))
    (sent,) = (sent for sent in transport.sent if sent.path == path)
    assert (sent.method, sent.data, sent.headers) == ("PUT", b"7", {"Accept": "*/*", "Content-Type": "text/plain"})


def test_the_older_form_writes_attributes():
    client, transport, _waits = endpoint_client(answer(204, ""))
    (outcome,) = send(
        client, [Request(DEVICE, "PUT", "/3/0/9", attributes={"pmin": 1, "gt": None})], transport="endpoints", query={"noResp": True}
    )
    assert outcome.answer == Answer(204)
    assert transport.sent[0].query == [("noResp", "true"), ("pmin", "1"), ("gt", "")]


# -- turns


def test_tasks_of_one_machine_take_turns():
    application = Application(channel="LONG_POLLING")
    client, _transport, _waits = client_of(application)
    waiter, _transport, waits = client_of(application)
    with Channel(client, "existing", client.monotonic() + 5):
        with pytest.raises(ChannelError) as caught, Channel(waiter, "existing", waiter.monotonic() + 1):
            raise AssertionError("it was not its turn")
        assert str(caught.value) == (
            "Another task of yours uses the notification channel; its turn did not end in time. Give wait_timeout more."
        )
        assert waits == [0.2] * 5
        # Another application has a channel of its own.
        elsewhere, _transport, _waits = client_of(Application(channel="LONG_POLLING"), api_url="https://api.elsewhere.example.com")
        elsewhere_channel = Channel(elsewhere, "existing", elsewhere.monotonic() + 1)
        assert subject._turn(elsewhere, 0).__enter__() is None
        assert elsewhere_channel is not None
    with Channel(waiter, "existing", waiter.monotonic() + 1):
        pass


def test_without_a_place_for_turns_it_works_all_the_same(monkeypatch):
    monkeypatch.setattr(subject.tempfile, "gettempdir", lambda: "/nowhere")
    (outcome,), _others, _transport = run(Application())
    assert outcome.answer == Answer(200)


def test_the_file_of_turns_says_nothing(tmp_path):
    client, _transport, _waits = client_of(Application(channel="LONG_POLLING"))
    with Channel(client, "existing", client.monotonic() + 5):
        (held,) = os.listdir(tmp_path)
    assert client.settings.api_key not in held
    assert (tmp_path / held).read_bytes() == b""
    assert (tmp_path / held).stat().st_mode & 0o777 == 0o600


# -- the websocket channel


class FakeSocket:
    """A websocket whose messages come from a script; an exception is raised."""

    def __init__(self, application, script=None):
        self.application = application
        self.script = script
        self.closed = False

    def receive(self, timeout):
        if self.script is not None:
            if not self.script:
                return None
            entry = self.script.pop(0)
            if isinstance(entry, Exception):
                raise entry
            return entry
        try:
            return json.dumps(self.application.messages.get(timeout=min(timeout, 10)))
        except queue.Empty:
            return None

    def close(self):
        self.closed = True


def closed(code):
    return sockets.SocketClosedError("/v2/notification/websocket-connect", code, "")


@pytest.fixture
def connections(monkeypatch):
    """The outcomes of the next connections, in their order; without one a socket of the application."""
    made = []

    def scripted(application, *outcomes):
        waiting = list(outcomes)

        def connect(client, path):
            assert path == "/v2/notification/websocket-connect"
            if waiting and isinstance(waiting[0], Exception):
                raise waiting.pop(0)
            made.append(waiting.pop(0) if waiting else FakeSocket(application))
            return made[-1]

        monkeypatch.setattr(subject.sockets, "connect", connect)
        return made

    return scripted


def test_a_websocket_channel_is_made_and_removed(connections):
    application = Application()
    made = connections(application)
    (outcome,), _others, transport = run(application, kind="websocket")
    assert outcome.answer == Answer(200)
    assert application.writes == [("PUT", WEBSOCKET), ("POST", f"/v2/device-requests/{DEVICE}"), ("DELETE", WEBSOCKET)]
    assert [sent.json for sent in transport.sent if sent.method == "PUT"] == [{}]
    assert [socket.closed for socket in made] == [True]


@pytest.mark.parametrize("there", [True, False])
def test_the_better_channel_that_can_be_had(connections, monkeypatch, there):
    application = Application()
    connections(application)
    monkeypatch.setattr(subject.sockets, "available", lambda: there)
    (outcome,), _others, _transport = run(application, kind="own")
    assert outcome.answer == Answer(200)
    assert application.writes[-1] == ("DELETE", WEBSOCKET if there else PULL)


def test_a_websocket_channel_that_somebody_was_quicker_to_make(connections):
    application = Application()
    connections(application)
    application.refusals["PUT", WEBSOCKET] = [answer(200, {})]
    with pytest.raises(ChannelError, match=r"^The application has a notification channel already, of the kind WEB_SOCKET"):
        run(application, kind="websocket")
    assert application.writes == [("PUT", WEBSOCKET)]


def test_an_existing_websocket_channel_is_used_and_left(connections):
    application = Application(channel="WEB_SOCKET")
    made = connections(application)
    (outcome,), _others, _transport = run(application, kind="existing")
    assert outcome.answer == Answer(200)
    assert application.writes == [("POST", f"/v2/device-requests/{DEVICE}")]
    assert [socket.closed for socket in made] == [True]


@pytest.mark.parametrize("code", [1006, 1011, 1012])
def test_a_websocket_that_breaks_is_connected_again(connections, code):
    application = Application()
    made = connections(application, FakeSocket(application, [closed(code)]))
    (outcome,), _others, _transport = run(application, kind="websocket", timeout=20)
    assert outcome.answer == Answer(200)
    assert [socket.closed for socket in made] == [True, True]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (1000, "The notification channel was deleted by somebody else."),
        (1001, "Another program has connected to this channel. Use a key of another application, or stop that program."),
        (1008, "/v2/notification/websocket-connect: The service closed the websocket with code 1008."),
    ],
)
def test_a_websocket_that_is_closed_for_good(connections, code, text):
    application = Application()
    connections(application, FakeSocket(application, [closed(code)]))
    (outcome,), _others, _transport = run(application, kind="websocket")
    assert str(outcome.error) == text


def test_a_websocket_that_keeps_breaking(connections):
    application = Application()
    made = connections(application, *(FakeSocket(application, [closed(1006)]) for _time in range(10)))
    (outcome,), _others, _transport = run(application, kind="websocket", timeout=60)
    assert isinstance(outcome.error, sockets.SocketClosedError)
    assert len(made) == 6


def test_handshakes_are_repeated_while_another_is_in_progress(connections):
    application = Application()
    connections(application, ApiError("words", status=429), ApiError("words", status=429))
    (outcome,), _others, _transport = run(application, kind="websocket")
    assert outcome.answer == Answer(200)


def test_a_refused_handshake_leaves_no_channel_behind(connections):
    application = Application()
    connections(application, ApiError("words", status=401))
    with pytest.raises(ApiError):
        run(application, kind="websocket")
    assert application.writes == [("PUT", WEBSOCKET), ("DELETE", WEBSOCKET)]


def test_what_is_no_message_is_passed_over(connections):
    application = Application()
    connections(application, FakeSocket(application, ["no json", "[]", "{}", '{"notifications": [{"ep": "x"}]}']))
    client, _transport, _waits = client_of(application)
    with Channel(client, "websocket", client.monotonic() + 2) as opened:
        assert opened.receive(1) == {"notifications": [{"ep": "x"}]}
        assert opened.receive(0.1) is None


def test_the_kind_of_the_channel():
    assert mechanism(client_of(Application())[0]) is None
    assert mechanism(client_of(Application(channel="CALLBACK"))[0]) == "CALLBACK"


def test_collecting_nothing_waits_for_nothing():
    client, _transport, _waits = client_of(Application(channel="LONG_POLLING"))
    done = Outcome(READ, "1", Answer(200))
    refused = Outcome(READ, error=ApiError("words", status=404))
    with Channel(client, "existing", client.monotonic() + 1) as opened:
        assert collect(opened, [done, refused], client, client.monotonic() + 1) == []


def test_payloads_are_bytes():
    raw = bytes(range(256))
    application = Application(responding({"status": 200, "payload": base64.b64encode(raw).decode()}))
    (outcome,), _others, _transport = run(application)
    assert outcome.answer == Answer(200, raw)


def test_several_exchanges_share_one_channel():
    application = Application()
    client, _transport, _waits = client_of(application)
    with Session(client, "long_poll", 60) as session:
        first, second = session.exchange([READ]), session.exchange([READ, READ])
    assert [outcome.answer for outcome in (*first, *second)] == [Answer(200)] * 3
    assert len({outcome.async_id for outcome in (*first, *second)}) == 3
    assert application.writes.count(("DELETE", PULL)) == 1


def test_without_waiting_no_channel_is_needed():
    application = Application()
    client, _transport, _waits = client_of(application)
    with Session(client, None, 5) as session:
        (outcome,) = session.exchange([READ])
    assert (outcome.answer, outcome.error, len(outcome.async_id)) == (None, None, 36)
    assert application.seen == [("POST", f"/v2/device-requests/{DEVICE}")]


def test_without_requests_no_channel_is_opened():
    application = Application()
    client, _transport, _waits = client_of(application)
    with Session(client, "long_poll", 60) as session:
        assert session.exchange([]) == []
    assert application.seen == []


def test_a_long_poll_channel_that_stays():
    application = Application()
    application.hold = 0.1
    client, _transport, _waits = client_of(application)
    assert subject.create_long_poll(client, client.monotonic() + 5) is None
    assert application.channel == "LONG_POLLING"
    assert application.writes == []
    # No poll is left open that would swallow what comes next.
    assert application.polling.acquire(blocking=False)


def test_what_comes_while_a_channel_is_made_is_not_lost():
    application = Application()
    application.messages.put({"registrations": [{"ep": OTHER}]})
    client, _transport, _waits = client_of(application)
    assert subject.create_long_poll(client, client.monotonic() + 5) == {"registrations": [{"ep": OTHER}]}
