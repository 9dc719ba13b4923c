# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gateways: logs, the console and the tunnel, the latter two over real websockets."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator_helpers import Api, Watched
from test_connect_channels import closed, refusal, socket_to
from test_jwt import private_key, token, upload
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

UNKNOWN = "0123456789abcdef0123456789abcdef"
LEVELS = ["DEBUG", "TRACE", "INFO", "WARNING", "ERROR", "CRITICAL"]


@pytest.fixture
def gateway(api: Api) -> dict[str, Any]:
    """A gateway that is connected."""
    found: dict[str, Any] = api.get("/v3/devices/?endpoint_type__eq=MBED_GW&state__eq=registered")["data"][0]
    return found


def test_logs(api: Api, gateway: dict[str, Any]) -> None:
    page = api.get("/v3/device-logs")
    assert (page["limit"], page["order"], len(page["data"])) == (100, "DESC", 100)
    assert [one["created_at"] for one in page["data"]] == sorted((one["created_at"] for one in page["data"]), reverse=True)
    one = page["data"][0]
    assert api.get(f"/v3/device-logs/{one['id']}") == one
    api.refused(404, "not_found", "GET", f"/v3/device-logs/{UNKNOWN}")
    mine = api.get(f"/v3/devices/{gateway['id']}/logs?limit=1000")["data"]
    assert mine
    assert {log["device_id"] for log in mine} == {gateway["id"]}
    assert api.get(f"/v3/device-logs?device_id__in={gateway['id']}&limit=1000")["data"] == mine
    api.refused(404, "not_found", "GET", f"/v3/devices/{UNKNOWN}/logs")
    rest = api.get(f"/v3/device-logs?after={page['data'][-1]['id']}&include=total_count&limit=1000")
    assert rest["total_count"] == 100 + len(rest["data"])


def test_filters_of_logs(api: Api) -> None:
    everything = api.get("/v3/device-logs?limit=1000")["data"]
    assert {log["level"] for log in everything} == set(LEVELS)
    for number, level in enumerate(LEVELS):
        found = api.get(f"/v3/device-logs?limit=1000&level__gte={level}")["data"]
        assert found == [log for log in everything if LEVELS.index(log["level"]) >= number]
    middle = everything[len(everything) // 2]
    for query, keep in (
        ("app_name__eq=modbus", lambda log: log["app_name"] == "modbus"),
        ("type__eq=syslog", lambda log: True),
        (f"message__eq={middle['message']}", lambda log: log["message"] == middle["message"]),
        (f"timestamp__lte={middle['timestamp']}", lambda log: log["timestamp"] <= middle["timestamp"]),
        (f"timestamp__gte={middle['timestamp']}", lambda log: log["timestamp"] >= middle["timestamp"]),
    ):
        assert api.get(f"/v3/device-logs?limit=1000&{query}")["data"] == [log for log in everything if keep(log)]
    for query in ("level__gte=LOUD", "level__eq=INFO", "name__eq=x"):
        assert api.refused(400, "validation_error", "GET", f"/v3/device-logs?{query}")
    api.simulator.settings(spec=2020)
    api.refused(404, "unrecognized_request", "GET", "/v3/device-logs")


# --- console ---


def read(connection: ClientConnection) -> dict[str, Any]:
    return dict(json.loads(connection.recv(timeout=60)))


def test_a_console(api: Api, gateway: dict[str, Any]) -> None:
    with socket_to(api, f"/v3/devices/{gateway['id']}/console") as connection:
        first = read(connection)
        assert first["type"] == "output"
        assert first["payload"].endswith("# ")
        connection.send(json.dumps({"type": "resize", "payload": {"width": 100, "height": 30}}))
        connection.send(json.dumps({"type": "input", "payload": "hostx\x7fname\r", "sessionID": first["sessionID"]}))
        shown = read(connection)
        assert shown == first | {"payload": f"hostx\b \bname\r\n{gateway['name']}\r\n{first['payload']}"}
        for line, answer in (("stty size", "30 100\r\n"), ("echo a b", "a b\r\n"), ("", ""), ("vi", "sh: vi: not found\r\n")):
            connection.send(json.dumps({"type": "input", "payload": line + "\n"}))
            assert read(connection)["payload"] == f"{line}\r\n{answer}{first['payload']}"


@pytest.mark.parametrize(
    ("frame", "code", "reason"),
    [
        ("{", 1002, "Data could not be parsed as JSON"),
        ("[]", 1002, "Object format invalid"),
        ('{"type": "output", "payload": "x"}', 1002, "Object format invalid"),
        ('{"type": "input", "payload": 1}', 1002, "Object format invalid"),
        ('{"type": "resize", "payload": {"width": 1}}', 1002, "Object format invalid"),
        ('{"type": "input", "payload": "x", "more": 1}', 1002, "Object format invalid"),
        (b"x", 1003, "Binary data is not supported"),
    ],
)
def test_frames_that_a_console_does_not_take(api: Api, gateway: dict[str, Any], frame: str | bytes, code: int, reason: str) -> None:
    with socket_to(api, f"/v3/devices/{gateway['id']}/console") as connection:
        read(connection)
        connection.send(frame)
        with pytest.raises(ConnectionClosed) as caught:
            connection.recv(timeout=60)
        assert caught.value.rcvd
        assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (code, reason)


def refused(api: Api, path: str) -> int:
    answer = refusal(api, path)
    assert answer.json()["object"] == "error"
    return answer.status_code


def test_consoles_and_tunnels_that_there_are_not(api: Api, gateway: dict[str, Any]) -> None:
    thing = api.get("/v3/devices/?endpoint_type__eq=temperature&limit=2")["data"][0]["id"]
    for id_ in (UNKNOWN, thing):
        assert refused(api, f"/v3/devices/{id_}/console") == 404
        assert refused(api, f"/v3preview1/devices/{id_}/services/localhost:7/connection") == 404
    account = api.post("/v3/accounts", {"display_name": "Below", "email": "b@example.com", "end_market": "IT"})["id"]
    other = Api(api.simulator, api.simulator.key(account_id=account))
    assert refused(other, f"/v3/devices/{gateway['id']}/console") == 404
    for address in ("localhost", "localhost:", "a%20b:1", ":99999x"):
        assert refused(api, f"/v3preview1/devices/{gateway['id']}/services/{address}/connection") == 400
    api.simulator.control("POST", "device-registration", {"device": gateway["id"], "event": "deregister"})
    with socket_to(api, f"/v3/devices/{gateway['id']}/console") as connection:
        assert closed(connection) == 1011
    assert refused(api, f"/v3preview1/devices/{gateway['id']}/services/localhost:7/connection") == 404


# --- tunnel ---


def tunnel(gateway: dict[str, Any], address: str = "localhost:7") -> str:
    return f"/v3preview1/devices/{gateway['id']}/services/{address}/connection"


def collected(connection: ClientConnection, size: int) -> bytes:
    found = b""
    while len(found) < size:
        piece = connection.recv(timeout=60)
        assert isinstance(piece, bytes)
        found += piece
    return found


def test_bytes_come_back(api: Api, gateway: dict[str, Any]) -> None:
    with socket_to(api, tunnel(gateway)) as connection, socket_to(api, tunnel(gateway, "127.0.0.1:7")) as other:

        @settings(max_examples=30, deadline=None)
        @given(st.binary(min_size=1, max_size=5000))
        def echoed(data: bytes) -> None:
            connection.send(data)
            assert collected(connection, len(data)) == data

        echoed()
        large = os.urandom(900_000)
        other.send(large)
        assert collected(other, len(large)) == large
        connection.send("text")
        assert collected(connection, 4) == b"text"


def test_a_token_for_one_tunnel(api: Api, gateway: dict[str, Any]) -> None:
    api.simulator.settings(verification_keys=True)
    application = api.post("/v3/applications", {"name": "tunnels"})["id"]
    upload(api, application, private_key("ES256"))
    right = {"device_id": gateway["id"], "ip": "localhost", "port": 7}

    def headers(**claims: Any) -> dict[str, str]:
        signed = token("ES256", **{f"pelion.edge.tunnel.{name}": value for name, value in claims.items()})
        return {"Authorization": f"Bearer {signed}", "X-Application-ID": application}

    for good in (headers(), headers(**right), headers(port="7")):
        with socket_to(api, tunnel(gateway), additional_headers=good) as connection:
            connection.send(b"x")
            assert collected(connection, 1) == b"x"
    for name, value in (("device_id", UNKNOWN), ("ip", "127.0.0.1"), ("port", 8)):
        assert refusal(api, tunnel(gateway), headers(**right | {name: value})).status_code == 403


def test_an_address_where_nothing_listens(simulator: Watched, api: Api, gateway: dict[str, Any]) -> None:
    with socket_to(api, tunnel(gateway, "localhost:22")) as connection:
        assert closed(connection) == 1011
    simulator.settings(gateway_services={"localhost:22": "127.0.0.1:9"})
    with socket_to(api, tunnel(gateway, "localhost:22")) as connection:
        assert closed(connection) == 1011


@pytest.fixture
def greeter() -> Iterator[int]:
    """The port of a service that says one thing and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            client, _address = server.accept()
            with client:
                client.sendall(b"\x00hello\xff")

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


def test_a_service_of_ones_own_that_hangs_up(simulator: Watched, api: Api, gateway: dict[str, Any], greeter: int) -> None:
    simulator.settings(gateway_services={"camera.local:554": f"127.0.0.1:{greeter}"})
    with socket_to(api, tunnel(gateway, "camera.local:554")) as connection:
        assert collected(connection, 7) == b"\x00hello\xff"
        assert closed(connection) == 1000
