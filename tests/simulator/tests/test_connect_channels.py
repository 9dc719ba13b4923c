# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notification channels: long polls, callbacks that are really called, and real websockets."""

from __future__ import annotations

import contextlib
import json
import queue
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from simulator_helpers import Api, Local, Watched
from test_connect import Device, answers, pull, silence
from websockets.exceptions import ConnectionClosed, InvalidMessage
from websockets.sync.client import ClientConnection, connect

from pelion_simulator.areas import channels
from pelion_simulator.clock import moment

pytestmark = pytest.mark.usefixtures("time_passes")

PULL, CALLBACK, WEBSOCKET = "/v2/notification/pull", "/v2/notification/callback", "/v2/notification/websocket"
DAY = 86400


def mechanism(api: Api) -> str | None:
    answer = api.send("GET", "/v2/notification/channel")
    assert answer.status_code in (200, 404)
    return answer.json()["delivery_mechanism"] if answer.content else None


def status(api: Api, method: str, path: str, **options: Any) -> tuple[int, bytes]:
    answer = api.send(method, path, **options)
    return answer.status_code, answer.content


@pytest.fixture
def user(simulator: Watched) -> Iterator[Api]:
    """HTTP with the token of a user."""
    made = Api(simulator, simulator.key(kind="user_token"))
    yield made
    made.session.close()


def test_users_have_no_channels(user: Api) -> None:
    for method, path in (
        ("GET", CALLBACK),
        ("PUT", CALLBACK),
        ("DELETE", CALLBACK),
        ("GET", WEBSOCKET),
        ("PUT", WEBSOCKET),
        ("DELETE", WEBSOCKET),
        ("GET", "/v2/subscriptions"),
        ("PUT", "/v2/subscriptions"),
        ("DELETE", "/v2/subscriptions"),
    ):
        options = {"json": []} if path.endswith("subscriptions") and method == "PUT" else {}
        assert status(user, method, path, **options) == (403, b"")
    assert status(user, "GET", PULL) == (401, b"")


# --- long polls ---


def test_a_pull_channel_is_made_by_polling(api: Api) -> None:
    assert mechanism(api) is None
    silence(api)
    assert mechanism(api) == "LONG_POLLING"
    for path, options in ((CALLBACK, {"json": {"url": "http://127.0.0.1:9/"}}), (WEBSOCKET, {})):
        assert status(api, "PUT", path, **options) == (400, b"")
    assert status(api, "DELETE", PULL) == (200, b"REMOVED")
    assert status(api, "DELETE", PULL) == (200, b"ALREADY_DELETED")
    assert mechanism(api) is None
    assert status(api, "GET", PULL) == (410, b"CHANNEL_DELETED")
    # Another kind of channel need not wait.
    assert status(api, "PUT", WEBSOCKET)[0] == 201
    assert status(api, "GET", PULL) == (400, b"")
    assert status(api, "DELETE", WEBSOCKET) == (204, b"")
    silence(api)


def test_two_minutes_after_a_deletion(api: Api) -> None:
    api.simulator.clock(rate=0)
    silence(api)
    api.send("DELETE", PULL)
    api.simulator.clock(advance=119)
    assert status(api, "GET", PULL)[0] == 410
    api.simulator.clock(advance=1)
    silence(api)


def in_background(do: Callable[[], Any]) -> queue.Queue[Any]:
    """Do something in a thread; what it returns, or the exception it ends with, comes into the queue."""
    results: queue.Queue[Any] = queue.Queue()

    def run() -> None:
        try:
            results.put(do())
        except Exception as error:
            results.put(error)

    threading.Thread(target=run, daemon=True).start()
    return results


def until(true: Callable[[], Any]) -> Any:
    """What it gives as soon as that is true."""
    deadline = time.monotonic() + 60
    while not (found := true()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def due_in(api: Api) -> float | None:
    """In how many seconds the next thing is due that is scheduled, if any is."""
    found = api.simulator.control("GET", "clock")
    return (moment(found["due"]) - moment(found["now"])) / 1_000_000 if found["due"] else None


def polling(simulator: Watched) -> int:
    """How many polls wait."""
    return sum(entry["operation"] == "longPollNotifications" and not entry["ended_at"] for entry in simulator.requests())


def test_a_poll_waits(simulator: Watched, api: Api) -> None:
    device = Device(api)
    other = Api(simulator)
    first = in_background(lambda: pull(other))
    until(lambda: polling(simulator))
    assert mechanism(api) == "LONG_POLLING"
    assert status(api, "GET", PULL) == (409, b"")
    assert first.empty()
    sent = device.send("GET", "/3/0/0")
    assert first.get(timeout=60)["async-responses"][0]["id"] == sent
    # The virtual clock ends it, too.
    second = in_background(lambda: pull(other))
    until(lambda: polling(simulator))
    simulator.clock(advance=31)
    assert second.get(timeout=60) == {}
    third = in_background(lambda: status(other, "GET", PULL))
    until(lambda: polling(simulator))
    assert status(api, "DELETE", PULL) == (200, b"REMOVED")
    assert third.get(timeout=60) == (410, b"CHANNEL_DELETED")


def test_a_poll_that_is_broken_off_leaves_what_comes(api: Api) -> None:
    device = Device(api)
    with pytest.raises(Exception, match="timed out"):
        api.send("GET", PULL, timeout=0.3)
    sent = device.send("GET", "/3/0/0")
    until(lambda: not polling(api.simulator))
    assert answers(api, 1)[0]["id"] == sent


def test_pull_channels_expire(api: Api) -> None:
    device = Device(api)
    api.simulator.clock(rate=0)
    for _time in range(2):
        silence(api)
        api.simulator.clock(advance=599)
        assert mechanism(api) == "LONG_POLLING"
    silence(api)
    api.simulator.clock(rate=1)
    device.subscribe("/3/0/9")
    api.simulator.clock(rate=0)
    silence(api)
    api.simulator.clock(advance=599)
    assert mechanism(api) == "LONG_POLLING"
    api.simulator.clock(advance=2)
    assert mechanism(api) is None
    device.send("GET", "/3/0/0")
    api.simulator.clock(advance=5)
    silence(api)


@pytest.mark.parametrize("drops", [True, False])
def test_what_a_deletion_takes_along(api: Api, drops: bool) -> None:
    api.simulator.settings(channel_deletion_drops_subscriptions=drops)
    device = Device(api)
    silence(api)
    device.subscribe("/3/0/9")
    device.measure("/3/0/9", 7)
    api.send("DELETE", PULL)
    assert device.subscribed() == ([] if drops else ["/3/0/9"])
    api.simulator.clock(advance=120)
    silence(api)


# --- callbacks ---


class Receiver:
    """A web server that callbacks call. `statuses` are its next answers, then 204."""

    def __init__(self) -> None:
        self.requests: queue.Queue[tuple[str, dict[str, str], Any]] = queue.Queue()
        self.statuses: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                receiver.requests.put((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
                code = receiver.statuses.pop(0) if receiver.statuses else 204
                self.send_response(code)
                if code == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self) -> Any:
        """The body of the next request."""
        return self.requests.get(timeout=60)[2]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_callback(api: Api, receiver: Receiver) -> None:
    device = Device(api)
    assert status(api, "GET", CALLBACK) == (404, b"")
    assert status(api, "DELETE", CALLBACK) == (404, b"")
    hook = {"url": receiver.url + "/hook?a=b", "headers": {"authorization": "secret"}}
    assert status(api, "PUT", CALLBACK, json=hook) == (204, b"")
    path, headers, body = receiver.requests.get(timeout=60)
    assert (path, headers["authorization"], headers["content-type"], body) == ("/hook?a=b", "secret", "application/json", {})
    assert api.get(CALLBACK) == hook
    assert mechanism(api) == "CALLBACK"
    sent = device.send("GET", "/3/0/0")
    path, headers, body = receiver.requests.get(timeout=60)
    assert (path, headers["authorization"]) == ("/hook?a=b", "secret")
    assert body["async-responses"][0]["id"] == sent
    # Another one takes its place; another kind of channel does not.
    assert status(api, "PUT", CALLBACK, json={"url": receiver.url}) == (204, b"")
    assert api.get(CALLBACK) == {"url": receiver.url}
    assert status(api, "PUT", WEBSOCKET) == (400, b"")
    assert status(api, "DELETE", CALLBACK) == (204, b"")
    assert mechanism(api) is None


def test_callbacks_that_are_refused(api: Api, receiver: Receiver) -> None:
    assert status(api, "PUT", CALLBACK, data=b"{}", headers={"Content-Type": "text/plain"}) == (415, b"")
    long = {"url": receiver.url + "/" + "x" * 300, "headers": {"a": "y" * 100}}
    for hook in ({}, {"url": "ftp://x"}, {"url": 1}, {"url": receiver.url, "x": 1}, {"url": receiver.url, "headers": {"a": 1}}, long):
        assert status(api, "PUT", CALLBACK, json=hook) == (400, b"")
    assert status(api, "PUT", CALLBACK, json={"url": "http://127.0.0.1:9/"}) == (400, b"")
    for code in (302, 404, 500):
        receiver.statuses = [code]
        assert status(api, "PUT", CALLBACK, json={"url": receiver.url}) == (400, b"")
        receiver.next()
    assert receiver.requests.empty()
    api.simulator.settings(spec=2019)
    assert status(api, "PUT", CALLBACK, json={"url": receiver.url, "serialization": {"type": "v2"}}) == (400, b"")


@pytest.mark.parametrize(
    "serialization",
    [{}, {"type": "v1"}, {"type": "v2", "max_chunk_size": 99}, {"type": "v2", "cfg": {"x": True}}, {"type": "v2", "y": 1}, []],
)
def test_serializations_that_are_refused(api: Api, receiver: Receiver, serialization: Any) -> None:
    assert status(api, "PUT", CALLBACK, json={"url": receiver.url, "serialization": serialization}) == (400, b"")
    assert status(api, "PUT", WEBSOCKET, json={"serialization": serialization}) == (400, b"")


def test_how_messages_are_written(api: Api, receiver: Receiver) -> None:
    device = Device(api)
    flags = ("deregistrations_as_object", "include_uid", "include_timestamp", "include_original_ep")
    serialization = {"type": "v2", "max_chunk_size": "100", "cfg": dict.fromkeys(flags, "true")}
    assert status(api, "PUT", CALLBACK, json={"url": receiver.url, "serialization": serialization}) == (204, b"")
    assert receiver.next() == {}
    assert api.get(CALLBACK)["serialization"] == {"type": "v2", "max_chunk_size": 100, "cfg": dict.fromkeys(flags, True)}
    device.registration("deregister")
    (entry,) = receiver.next()["de-registrations"]
    assert set(entry) == {"ep", "uid", "timestamp", "original-ep"}
    assert (entry["ep"], entry["original-ep"]) == (device.id, device.device["endpoint_name"])


def test_chunks(api: Api, receiver: Receiver) -> None:
    api.simulator.settings(device_jitter=0)
    receiver.statuses = [204, 500]
    assert status(api, "PUT", CALLBACK, json={"url": receiver.url, "serialization": {"type": "v2", "max_chunk_size": 100}})[0] == 204
    assert receiver.next() == {}
    device = Device(api)
    api.simulator.clock(rate=0)
    for _time in range(120):
        device.registration("update")
    # The first attempt fails with what was there then, and the next has a whole chunk.
    receiver.next()
    api.simulator.clock(rate=1, advance=1)
    assert [len(receiver.next()["reg-updates"]) for _time in range(2)] == [100, 20]


def test_failing_callbacks_are_called_again_and_given_up(api: Api, receiver: Receiver) -> None:
    device = Device(api)
    assert status(api, "PUT", CALLBACK, json={"url": receiver.url})[0] == 204
    receiver.next()
    receiver.statuses = [500, 302, 404]
    api.simulator.clock(rate=0)
    device.registration("update")
    body = receiver.next()
    for pause in (1, 2, 4):
        assert until(lambda: due_in(api)) == pause
        assert receiver.requests.empty()
        api.simulator.clock(advance=pause)
        assert receiver.next() == body
    device.registration("update")
    assert receiver.next()["reg-updates"]
    receiver.statuses = [500] * 10
    device.registration("update")
    receiver.next()
    assert until(lambda: due_in(api)) == 1
    api.simulator.clock(advance=DAY)
    receiver.next()
    until(lambda: mechanism(api) is None)


# --- websockets ---


@contextlib.contextmanager
def socket_to(api: Api, path: str, **options: Any) -> Iterator[ClientConnection]:
    """A websocket to the simulator, by default with the key in the header."""
    context = ssl.create_default_context(cafile=api.simulator.ca_file)
    # With 1.3 tickets come after the handshake. They wake the library's thread that reads, which then blocks in the middle of the other
    # thread's writing, and both may wait for ever.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    options.setdefault("additional_headers", {"Authorization": f"Bearer {api.key}"})
    with connect(api.simulator.url.replace("https", "wss") + path, ssl=context, proxy=None, open_timeout=60, **options) as connection:
        yield connection


CONNECT = "/v2/notification/websocket-connect"
_UPGRADE = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}


def refusal(api: Api, path: str, headers: Mapping[str, str] | None = None) -> requests.Response:
    """The answer to a handshake that is refused. It is plain HTTP: the library for websockets may wait for ever after one."""
    login = {"Authorization": f"Bearer {api.key}"} if headers is None else headers
    answer = requests.get(api.simulator.url + path, headers={**_UPGRADE, **login}, verify=api.simulator.ca_file, timeout=60)
    assert answer.status_code >= 400
    return answer


def closed(connection: ClientConnection) -> int:
    """The code that the other side closes with."""
    with pytest.raises(ConnectionClosed) as caught:
        connection.recv(timeout=60)
    assert caught.value.rcvd
    return caught.value.rcvd.code


def test_a_websocket(api: Api) -> None:
    device = Device(api)
    assert status(api, "GET", WEBSOCKET) == (404, b"")
    made = api.send("PUT", WEBSOCKET, json={"serialization": {"type": "v2", "max_chunk_size": 500}})
    assert (made.status_code, made.json()["status"], made.json()["queue_size"]) == (201, "unknown", -1)
    again = api.send("PUT", WEBSOCKET, json={"serialization": {"type": "v2"}})
    assert (again.status_code, again.json()) == (200, {"serialization": {"type": "v2", "max_chunk_size": 500}})
    assert mechanism(api) == "WEB_SOCKET"
    waiting = device.send("GET", "/3/0/0")
    api.simulator.clock(advance=1)
    with socket_to(api, CONNECT) as connection:
        # What came before the connection is not lost.
        assert json.loads(connection.recv(timeout=60))["async-responses"][0]["id"] == waiting
        connection.send("whatever")
        sent = device.send("GET", "/3/0/1")
        assert json.loads(connection.recv(timeout=60))["async-responses"][0]["id"] == sent
        with socket_to(api, CONNECT) as newer:
            assert closed(connection) == 1001
            sent = device.send("GET", "/3/0/1")
            assert json.loads(newer.recv(timeout=60))["async-responses"][0]["id"] == sent
            assert status(api, "DELETE", WEBSOCKET) == (204, b"")
            assert closed(newer) == 1000
    assert mechanism(api) is None
    with socket_to(api, CONNECT) as connection:
        assert closed(connection) == 1011
    handshakes = [entry for entry in api.simulator.requests() if entry["operation"] == "connectWebsocket"]
    assert [entry["status"] for entry in handshakes] == [101] * 3
    assert all(entry["ended_at"] for entry in handshakes)


@pytest.mark.parametrize("protocols", [["wss", "pelion_{key}"], ["pelion_{key}"]])
def test_a_key_among_the_protocols(api: Api, protocols: list[str]) -> None:
    api.send("PUT", WEBSOCKET)
    offered = [one.format(key=api.key) for one in protocols]
    with socket_to(api, CONNECT, additional_headers={}, subprotocols=offered) as connection:
        assert connection.subprotocol == offered[0]
        device = Device(api)
        device.send("GET", "/3/0/0")
        assert connection.recv(timeout=60)


def test_websockets_that_are_refused(simulator: Watched, api: Api) -> None:
    for headers, code in (({}, 401), ({"Authorization": "Bearer x"}, 401)):
        answer = refusal(api, CONNECT, headers)
        assert answer.status_code == code
        assert answer.json()["type"] in ("invalid_auth", "invalid_apikey")
        assert answer.headers["X-Request-ID"]
    assert refusal(api, "/v3/devices").status_code == 400
    assert refusal(api, "/v3/nothing").status_code == 404
    simulator.faults(path=CONNECT, status=429)
    assert refusal(api, CONNECT).status_code == 429
    assert status(api, "GET", CONNECT) == (426, b"")
    seen = simulator.requests()
    assert [(entry["status"], entry["faulty"]) for entry in seen] == [(code, code == 429) for code in (401, 401, 400, 404, 429, 426)]


def test_faults_of_handshakes(simulator: Watched, api: Api) -> None:
    simulator.faults(path=CONNECT, reset=True)
    with pytest.raises(InvalidMessage), socket_to(api, CONNECT):
        pass
    api.send("PUT", WEBSOCKET)
    simulator.settings(latency_ms=100)
    simulator.faults(path=CONNECT, delay_ms=200)
    with socket_to(api, CONNECT):
        pass
    lost, _made, slow = simulator.requests()
    assert (lost["status"], slow["status"]) == (None, 101)
    assert slow["ended"] - slow["began"] >= 0.3


def test_a_websocket_ends_with_its_key_and_with_the_server(simulator: Watched, api: Api) -> None:
    owner = Api(simulator, simulator.key())
    me = owner.get("/v3/api-keys/me")["id"]
    owner.send("PUT", WEBSOCKET)
    device = Device(owner)
    with socket_to(owner, CONNECT) as connection:
        assert api.send("DELETE", f"/v3/api-keys/{me}").status_code == 204
        device.registration("update")
        assert closed(connection) == 1008
    api.send("PUT", WEBSOCKET)
    with socket_to(api, CONNECT) as connection:
        simulator.reset()
        assert closed(connection) == 1012


def test_websocket_channels_expire(api: Api) -> None:
    api.simulator.clock(rate=0)
    api.send("PUT", WEBSOCKET)
    with socket_to(api, CONNECT):
        api.simulator.clock(advance=2 * DAY)
        assert mechanism(api) == "WEB_SOCKET"
    api.simulator.clock(advance=DAY - 10)
    assert mechanism(api) == "WEB_SOCKET"
    api.simulator.clock(advance=20)
    assert mechanism(api) is None


def test_websocket_channels_of_older_years(api: Api) -> None:
    api.simulator.settings(spec=2020)
    assert api.send("PUT", WEBSOCKET).json() == {"status": "disconnected", "queue_size": 0}
    Device(api).registration("update")
    assert api.get(WEBSOCKET) == {"status": "disconnected", "queue_size": 1}
    with socket_to(api, CONNECT) as connection:
        connection.recv(timeout=60)
        assert api.get(WEBSOCKET) == {"status": "connected", "queue_size": 0}
        api.simulator.settings(spec=2019)
        assert api.get(WEBSOCKET) == {"status": "connected", "queueSize": 0}
        assert api.send("PUT", WEBSOCKET).json() == {"status": "connected", "queueSize": 0}


def waiting(local: Local, owner: str) -> list[str]:
    """What would be delivered next."""
    channel = channels.channel_of(local.engine, owner)
    assert channel
    return list(channels._message(local.engine, channels._mailbox(local.engine, owner), channel)[1].get("de-registrations", ()))


def test_what_waits_too_long_or_is_too_much_is_dropped(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = local.engine
    engine.clock.move(rate=0)
    made = engine.blank(channels.CHANNELS) | {"account_id": "", "blocked_until": 0, "headers": {}, "kind": channels.CALLBACK}
    engine.store.put(channels.CHANNELS, made | {"owner": "me", "serialization": None, "url": "", "used_at": 0})
    channels.notify(engine, "me", "de-registrations", "first", {})
    engine.move_clock(advance=DAY - 1)
    channels.notify(engine, "me", "de-registrations", "second", {})
    assert waiting(local, "me") == ["first", "second"]
    engine.move_clock(advance=1.5)
    assert waiting(local, "me") == ["second"]
    monkeypatch.setattr(channels, "_LARGEST_QUEUE", 20)
    for word in ("third", "fourth"):
        channels.notify(engine, "me", "de-registrations", word, {})
    assert waiting(local, "me") == ["third", "fourth"]
    engine.reset()
