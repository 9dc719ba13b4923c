# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Websockets, and what is built on them to reach gateways, against a small server of this file's own, over TLS."""

from __future__ import annotations

import base64
import builtins
import contextlib
import hashlib
import json
import socket
import ssl
import struct
import threading

import pytest
import trustme
from ansible_collections.pelion.device_management.plugins.module_utils import sockets
from ansible_collections.pelion.device_management.plugins.module_utils.client import ApiError, Client
from ansible_collections.pelion.device_management.plugins.module_utils.resource import ResourceError
from ansible_collections.pelion.device_management.plugins.module_utils.settings import Settings
from ansible_collections.pelion.device_management.plugins.module_utils.sockets import SocketClosedError
from ansible_collections.pelion.device_management.plugins.module_utils.transport import TransportError
from ansible_collections.pelion.device_management.plugins.module_utils.tunnel import Console, Tunnel

KEY = "ak_2MDE2unittestsonlyunittestsonly00000000"
DEVICE = "0" * 31 + "1"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def read_exactly(stream, count):
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data


class Peer:
    """The server's side of one websocket."""

    def __init__(self, connection, stream):
        self.connection = connection
        self.stream = stream

    def send(self, kind, data=b""):
        head = bytes([0x80 | kind])
        length = bytes([len(data)]) if len(data) < 126 else b"\x7e" + struct.pack(">H", len(data))
        self.connection.sendall(head + length + data)

    def receive(self):
        """The kind and the bytes of the next frame; those of a client are masked."""
        head = read_exactly(self.stream, 2)
        length = head[1] & 0x7F
        if length == 126:
            (length,) = struct.unpack(">H", read_exactly(self.stream, 2))
        mask = read_exactly(self.stream, 4)
        data = read_exactly(self.stream, length)
        return head[0] & 0xF, bytes(byte ^ mask[number % 4] for number, byte in enumerate(data))

    def close(self, code, reason=""):
        self.send(CLOSE, struct.pack(">H", code) + reason.encode())


class Server:
    """Answers handshakes: each with the next behaviour, a function of the peer, or bytes instead of an upgrade."""

    def __init__(self, context):
        self.behaviours = []
        self.requests = []
        self.answered = []
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=[connection], daemon=True).start()

    def _talk(self, connection):
        try:
            with connection if self._context is None else self._context.wrap_socket(connection, server_side=True) as wrapped:
                stream = wrapped.makefile("rb")
                lines = []
                while lines[-1:] != [b"\r\n"]:
                    lines.append(stream.readline())
                head = b"".join(lines).decode()
                self.requests.append(head)
                behaviour = self.behaviours.pop(0)
                if isinstance(behaviour, bytes):
                    wrapped.sendall(behaviour)
                    return
                (key,) = (line.split(": ")[1] for line in head.split("\r\n") if line.lower().startswith("sec-websocket-key"))
                accept = base64.b64encode(hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()).decode()
                head = f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}"
                wrapped.sendall(f"{head}\r\n\r\n".encode())
                behaviour(Peer(wrapped, stream))
        except (OSError, EOFError):
            pass

    def stop(self):
        # A thread that still waited at a closed socket might serve the next server, whose socket gets its number.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(60)
        self._listener.close()


def refusal(status, body=b"", kind="application/json"):
    return f"HTTP/1.1 {status} X\r\nX-Request-ID: r1\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def server(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    running = Server(context)
    yield running
    running.stop()


@pytest.fixture
def ca_file(authority, tmp_path):
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture
def client(server, ca_file, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    with make(server, ca_path=ca_file) as opened:
        yield opened


def make(server, **settings):
    settings = {"api_url": f"https://localhost:{server.port}", "timeout": 60, **settings}
    return Client(Settings(api_key=KEY, **settings), user_agent="tests/1")


# -- one websocket


def test_messages_of_both_kinds(server, client):
    def talk(peer):
        for _time in range(2):
            kind, data = peer.receive()
            peer.send(PING, b"still there?")
            peer.send(kind, data[::-1])
            assert peer.receive() == (PONG, b"still there?")
        peer.close(1000, "done")
        server.answered.append(peer.receive())

    server.behaviours.append(talk)
    with sockets.connect(client, "/v2/notification/websocket-connect") as opened:
        opened.send("text")
        assert opened.receive(60) == "txet"
        opened.send(b"\x00\x01")
        assert opened.receive(60) == b"\x01\x00"
        with pytest.raises(SocketClosedError) as caught:
            opened.receive(60)
    assert (caught.value.code, caught.value.reason) == (1000, "done")
    assert str(caught.value) == "/v2/notification/websocket-connect: The service closed the websocket with code 1000: done."


def test_the_handshake_logs_in(server, client):
    server.behaviours.append(lambda peer: peer.close(1000))
    with sockets.connect(client, "/v3/x"):
        pass
    (head,) = server.requests
    lines = head.split("\r\n")
    assert lines[0] == "GET /v3/x HTTP/1.1"
    assert f"Authorization: Bearer {KEY}" in lines
    assert any(line.startswith("User-Agent: pelion.device_management/") and line.endswith(" tests/1") for line in lines)
    assert not any(line.startswith("Origin") for line in lines)


def test_nothing_in_time_is_none_and_nothing_is_lost(server, client):
    go_on = threading.Event()

    def talk(peer):
        # The first half of a frame, then a pause.
        peer.connection.sendall(b"\x81\x04ab")
        go_on.wait(60)
        peer.connection.sendall(b"cd")
        peer.receive()

    server.behaviours.append(talk)
    with sockets.connect(client, "/") as opened:
        assert opened.receive(0.1) is None
        go_on.set()
        assert opened.receive(60) == "abcd"


@pytest.mark.parametrize(
    ("last", "code"), [(lambda peer: peer.close(1011), 1011), (lambda peer: peer.send(CLOSE), 1006), (lambda peer: None, 1006)]
)
def test_how_it_ends(server, client, last, code):
    server.behaviours.append(last)
    with sockets.connect(client, "/") as opened, pytest.raises(SocketClosedError) as caught:
        opened.receive(60)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "open_it",
    [
        lambda client: sockets.connect(client, "/x"),
        lambda client: Tunnel(client, DEVICE, "localhost:5000"),
        lambda client: Console(client, DEVICE),
    ],
    ids=["socket", "tunnel", "console"],
)
def test_who_hangs_up_says_so(server, client, open_it):
    told = threading.Event()

    def talk(peer):
        server.answered.append(peer.receive())
        told.set()
        peer.close(1000)

    server.behaviours.append(talk)
    with open_it(client) as opened:
        pass
    # Closing twice does nothing.
    opened.close()
    assert told.wait(60)
    assert server.answered == [(CLOSE, struct.pack(">H", 1000))]


def test_sending_into_a_broken_connection(server, client):
    server.behaviours.append(lambda peer: None)
    with sockets.connect(client, "/") as opened:
        with pytest.raises(SocketClosedError):
            opened.receive(60)
        with pytest.raises(SocketClosedError) as caught:
            for _time in range(1000):
                opened.send(b"x" * 10000)
    assert caught.value.code == 1006


@pytest.mark.parametrize(
    ("reply", "status", "kind", "text"),
    [
        (
            refusal(404, b'{"object":"error","code":404,"type":"not_found","message":"no gateway","request_id":"r1"}'),
            404,
            "not_found",
            "GET /x failed with HTTP 404 not_found: no gateway (request id r1)",
        ),
        (
            refusal(401),
            401,
            None,
            "GET /x failed with HTTP 401: Unauthorized (the answer has no text). (request id r1) Check that api_key is a valid, active key "
            "of this service and region.",
        ),
        (refusal(200, b"{}"), 200, None, "GET /x failed with HTTP 200: The service does not speak websockets here."),
        (refusal(403, f"no {KEY}".encode(), "text/plain"), 403, None, "GET /x failed with HTTP 403: no ******** (request id r1)"),
    ],
)
def test_refused_handshakes(server, client, reply, status, kind, text):
    server.behaviours.append(reply)
    with pytest.raises(ApiError) as caught:
        sockets.connect(client, "/x")
    assert (caught.value.status, caught.value.type) == (status, kind)
    assert str(caught.value) == text


def test_the_key_does_not_follow_a_redirect(server, client):
    elsewhere = f"wss://localhost:{server.port}/elsewhere"
    server.behaviours += [f"HTTP/1.1 302 X\r\nLocation: {elsewhere}\r\nContent-Length: 0\r\n\r\n".encode(), lambda peer: None]
    with pytest.raises(TransportError):
        sockets.connect(client, "/x")
    assert len(server.requests) == 1


def test_a_server_that_is_not_trusted(server, client):
    with make(server) as distrusting, pytest.raises(TransportError) as caught:
        sockets.connect(distrusting, "/x")
    assert "certificate verify failed" in str(caught.value)
    server.behaviours.append(lambda peer: peer.close(1000))
    with make(server, validate_certs=False) as careless, sockets.connect(careless, "/x") as opened, pytest.raises(SocketClosedError):
        opened.receive(60)


def test_trust_from_the_environment(server, client, ca_file, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca_file)
    server.behaviours.append(lambda peer: peer.close(1000))
    with make(server) as usual, sockets.connect(usual, "/x") as opened, pytest.raises(SocketClosedError):
        opened.receive(60)


def test_a_server_that_is_not_there(server, client):
    server.stop()
    with make(server, api_url="https://localhost:1") as lonely, pytest.raises(TransportError) as caught:
        sockets.connect(lonely, "/x")
    assert str(caught.value) == "GET /x got no answer: No websocket to localhost:1: [Errno 111] Connection refused."


def test_unencrypted_connections_stay_on_this_machine(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://localhost:1")
    plain = Server(None)
    plain.behaviours.append(lambda peer: peer.close(1000))
    with (
        make(plain, api_url=f"http://localhost:{plain.port}", allow_http=True) as local,
        sockets.connect(local, "/x") as opened,
        pytest.raises(SocketClosedError) as caught,
    ):
        opened.receive(60)
    assert caught.value.code == 1000
    plain.stop()


def test_a_proxy_is_asked(server, client, ca_file):
    asked = []
    listener = socket.create_server(("127.0.0.1", 0))

    def tunnel():
        connection, _address = listener.accept()
        with connection, connection.makefile("rb") as stream:
            lines = []
            while lines[-1:] != [b"\r\n"]:
                lines.append(stream.readline())
            asked.extend(lines)
            connection.sendall(b"HTTP/1.1 502 X\r\n\r\n")

    threading.Thread(target=tunnel, daemon=True).start()
    proxy = f"http://ann:s%40same@localhost:{listener.getsockname()[1]}"
    with make(server, ca_path=ca_file, proxy=proxy) as proxied, pytest.raises(TransportError) as caught:
        sockets.connect(proxied, "/x")
    listener.close()
    assert asked[0] == f"CONNECT localhost:{server.port} HTTP/1.1\r\n".encode()
    assert b"Proxy-Authorization: Basic " + base64.b64encode(b"ann:s@same") + b"\r\n" in asked
    assert "same" not in str(caught.value)


def test_proxies_that_cannot_be_asked(server, ca_file):
    with make(server, ca_path=ca_file, proxy="https://localhost:1") as proxied, pytest.raises(ResourceError) as caught:
        sockets.connect(proxied, "/x")
    assert str(caught.value) == "Websockets go through proxies whose address begins with http:// only."


def test_without_the_library_it_is_said(server, client, monkeypatch):
    real = builtins.__import__

    def without(name, *arguments, **more):
        if name == "websocket":
            raise ImportError(name)
        return real(name, *arguments, **more)

    assert sockets.available()
    monkeypatch.setattr(builtins, "__import__", without)
    assert not sockets.available()
    with pytest.raises(ResourceError) as caught:
        sockets.connect(client, "/x")
    assert str(caught.value) == (
        "Websockets need the Python library websocket-client, which is missing where this task runs; install it with: "
        "pip install websocket-client"
    )


# -- gateways


def echoing(peer):
    while True:
        kind, data = peer.receive()
        if data == b"bye":
            peer.close(1000)
            return
        peer.send(kind, data)


def test_a_tunnel_carries_bytes(server, client):
    server.behaviours.append(echoing)
    data = bytes(range(256)) * 100
    with Tunnel(client, DEVICE, "localhost:5000") as tunnel:
        tunnel.send(data)
        assert tunnel.receive(60) == data
        assert tunnel.receive(0.1) is None
        tunnel.send(b"a")
        tunnel.send(b"b")
        tunnel.send(b"bye")
        assert tunnel.read(60) == b"ab"
        # The end stays the end.
        assert tunnel.receive(60) == b""
    assert server.requests[0].startswith(f"GET /v3preview1/devices/{DEVICE}/services/localhost:5000/connection HTTP/1.1\r\n")
    assert " tests/1 client/tunnel\r\n" in server.requests[0]


def test_a_tunnel_that_breaks(server, client):
    server.behaviours.append(lambda peer: peer.close(1011, "no route"))
    with Tunnel(client, DEVICE, "localhost:5000") as tunnel, pytest.raises(SocketClosedError) as caught:
        tunnel.read(60)
    assert (caught.value.code, caught.value.reason) == (1011, "no route")


def test_text_in_a_tunnel_is_bytes_too(server, client):
    def talk(peer):
        peer.send(BINARY)
        peer.send(TEXT, "é".encode())
        peer.receive()

    server.behaviours.append(talk)
    with Tunnel(client, DEVICE, "localhost:5000") as tunnel:
        assert tunnel.receive(60) == "é".encode()


def test_later_services_have_the_tunnel_elsewhere(server, client):
    unknown = b'{"object":"error","code":404,"type":"unrecognized_request","message":"no such path","request_id":"r1"}'
    server.behaviours += [refusal(404, unknown), echoing]
    with Tunnel(client, DEVICE, "localhost:5000"):
        pass
    assert [head.split(" ")[1] for head in server.requests] == [
        f"/v3preview1/devices/{DEVICE}/services/localhost:5000/connection",
        f"/v3/devices/{DEVICE}/services/localhost:5000/connection",
    ]


def test_an_unknown_gateway_is_not_looked_for_elsewhere(server, client):
    server.behaviours.append(refusal(404, b'{"object":"error","code":404,"type":"not_found","message":"no gateway","request_id":"r1"}'))
    with pytest.raises(ApiError):
        Tunnel(client, DEVICE, "localhost:5000")
    assert len(server.requests) == 1


@pytest.mark.parametrize("address", ["localhost", "5000", "a/b:1", "a b:1", "user@host:1", "host:port"])
def test_addresses_of_tunnels(client, address):
    with pytest.raises(ResourceError) as caught:
        Tunnel(client, DEVICE, address)
    assert str(caught.value) == (
        f"'{address}' is no address of a TCP service; write host:port as the gateway sees them, such as localhost:5000."
    )


def test_a_console(server, client):
    def talk(peer):
        for _time in range(2):
            kind, data = peer.receive()
            server.answered.append((kind, json.loads(data)))
        peer.send(TEXT, b"no json")
        peer.send(TEXT, b'["no envelope"]')
        peer.send(TEXT, b'{"type":"resize","payload":{}}')
        peer.send(TEXT, json.dumps({"type": "output", "payload": "hello\r\n", "sessionID": "1"}).encode())
        peer.receive()

    server.behaviours.append(talk)
    with Console(client, DEVICE) as console:
        console.resize(80, 25)
        console.input("echo hello\n")
        assert console.output(60) == "hello\r\n"
        assert console.output(0.1) is None
    assert server.answered == [
        (TEXT, {"type": "resize", "payload": {"width": 80, "height": 25}}),
        (TEXT, {"type": "input", "payload": "echo hello\n"}),
    ]
    assert server.requests[0].startswith(f"GET /v3/devices/{DEVICE}/console HTTP/1.1\r\n")
