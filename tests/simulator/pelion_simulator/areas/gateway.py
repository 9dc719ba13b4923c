# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gateways: logs, a console, and tunnels to the services behind them. Facts are those of the OpenAPI description of January 2021."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.websockets import WebSocketDisconnect

from .. import clock
from ..answers import Answer, ApiError, bad_request, invalid, not_found
from ..filters import Condition
from ..fleet import HOUR, LAST, Fleet
from ..identity import make_id
from ..table import Document, Field, Filter, Resource
from .channels import protocol
from .directory import DEVICES, seeded_devices

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from ..engine import Call, Engine

LEVELS = ("DEBUG", "TRACE", "INFO", "WARNING", "ERROR", "CRITICAL")
"""From the least to the most severe."""
_TYPE = "MBED_GW"
_TIME = Field("string", format="date-time")
_UNEXPECTED, _PROTOCOL, _UNSUPPORTED = 1011, 1002, 1003

LOGS = Resource(
    name="device-logs",
    object="device-log",
    operations={"get": "GetDeviceLogBasedOnLogID"},
    fields={
        "account_id": Field("string"),
        "app_name": Field("string"),
        "created_at": _TIME,
        "device_id": Field("string", indexed=True),
        "etag": Field("string"),
        "id": Field("string"),
        "level": Field("string", enum=LEVELS),
        "message": Field("string"),
        "object": Field("string"),
        "severity": Field("integer", io=""),
        "timestamp": _TIME,
        "type": Field("string"),
    },
    filters={
        "app_name": Filter(("eq",), ()),
        "device_id": Filter(("in",), ()),
        "message": Filter(("eq",), ()),
        "timestamp": Filter(("lte", "gte"), ()),
        "type": Filter(("eq",), ()),
    },
    tenant=True,
    id_pattern="",
    parents={"device_id": DEVICES.name},
    page_size=100,
    newest_first=True,
)
ROWS = (LOGS,)

ECHO = "echo"
SETTINGS: dict[str, Any] = {"gateway_services": {"localhost:7": ECHO, "127.0.0.1:7": ECHO}}
"""The TCP services that a tunnel reaches: address as the gateway sees it -> `host:port` where it really is, or "echo" for one that sends
back what it gets."""


# --- logs ---


def _list(engine: Engine, call: Call) -> Answer:
    """A page of logs. The least level asked for is compared by severity, not by name."""
    conditions = []
    for name, value in call.query:
        if name == "level__gte":
            if value not in LEVELS:
                raise invalid({name: "must be one of " + ", ".join(LEVELS)})
            conditions.append(Condition("severity", "gte", (LEVELS.index(value),)))
    rest = [(name, value) for name, value in call.query if name != "level__gte"]
    return engine.page(LOGS, replace(call, query_string=urlencode(rest)), conditions)


_MESSAGES = (
    ("INFO", "edge-core", "Connected to the service."),
    ("DEBUG", "edge-core", "Translator registered."),
    ("INFO", "modbus", "Polling 12 registers."),
    ("WARNING", "modbus", "Slow answer from unit 3."),
    ("ERROR", "modbus", "No answer from unit 3."),
    ("TRACE", "kubelet", "Pod sandbox looked at."),
    ("CRITICAL", "watchdog", "Restarting after 60 s without a sign of life."),
)


def log(account_id: str, device_id: str, created: int, level: str, app_name: str, message: str) -> Document:
    """A line of a gateway's log."""
    stamp = clock.text(created)
    return {
        "account_id": account_id,
        "app_name": app_name,
        "created_at": stamp,
        "device_id": device_id,
        "etag": stamp,
        "id": make_id(created),
        "level": level,
        "message": message,
        "object": LOGS.object,
        "severity": LEVELS.index(level),
        "timestamp": stamp,
        "type": "syslog",
    }


def _seeded_logs(fleet: Fleet) -> Iterable[Document]:
    """A few lines of each of the first gateways, one after another."""
    first = itertools.islice(seeded_devices(fleet), 2000)
    gateways = [device["id"] for device in first if device["endpoint_type"] == _TYPE][:20]
    places = itertools.product(range(3), gateways, _MESSAGES)
    for number, (_round, id_, (level, app_name, message)) in enumerate(places):
        yield log(fleet.account_id, id_, LAST + number * HOUR // 60, level, app_name, message)


def seed(fleet: Fleet) -> Iterable[tuple[Resource, Iterable[Document]]]:
    """The objects of a new state."""
    yield LOGS, _seeded_logs(fleet)


# --- console and tunnel ---


def _gateway(engine: Engine, call: Call) -> Document:
    """The gateway that a path names. Raises ApiError (404)."""
    device = engine.store.get(DEVICES, call.parameters["id"].lower())
    if device is None or device["account_id"] != call.account_id or device["endpoint_type"] != _TYPE:
        raise not_found("gateway")
    return device


class _Shell:
    """What answers on the console: a line editor, and a few commands."""

    def __init__(self, device: Document) -> None:
        self.prompt = f"{device['name'] or device['id']}:~# "
        self._device = device
        self._line = ""
        self._size = (80, 24)

    def resize(self, width: int, height: int) -> None:
        """The window has another size."""
        self._size = (width, height)

    def type(self, keys: str) -> str:
        """What appears when these keys are pressed."""
        shown = ""
        for key in keys.replace("\r\n", "\n").replace("\r", "\n"):
            if key == "\n":
                shown += "\r\n" + self._run(self._line) + self.prompt
                self._line = ""
            elif key in "\b\x7f":
                shown += "\b \b" if self._line else ""
                self._line = self._line[:-1]
            else:
                self._line += key
                shown += key
        return shown

    def _run(self, line: str) -> str:
        word, _space, rest = line.strip().partition(" ")
        answers = {
            "": "",
            "echo": rest,
            "hostname": str(self._device["name"] or self._device["id"]),
            "stty": f"{self._size[1]} {self._size[0]}" if rest == "size" else "",
            "whoami": "root",
        }
        answer = answers.get(word, f"sh: {word}: not found")
        return answer + "\r\n" if answer else ""


async def _console(engine: Engine, websocket: WebSocket, call: Call) -> None:
    call.arguments()
    device = _gateway(engine, call)
    await websocket.accept(protocol(websocket))
    if device["state"] != "registered":
        await websocket.close(_UNEXPECTED, "The device console is not working")
        return
    shell, session = _Shell(device), make_id(engine.clock.now())

    async def show(text: str) -> None:
        await websocket.send_text(json.dumps({"type": "output", "payload": text, "sessionID": session}))

    await show(shell.prompt)
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        if message.get("text") is None:
            await websocket.close(_UNSUPPORTED, "Binary data is not supported")
            return
        try:
            frame = json.loads(message["text"])
        except ValueError:
            await websocket.close(_PROTOCOL, "Data could not be parsed as JSON")
            return
        if not _is_frame(frame):
            await websocket.close(_PROTOCOL, "Object format invalid")
            return
        if frame["type"] == "resize":
            shell.resize(frame["payload"]["width"], frame["payload"]["height"])
        elif shown := shell.type(frame["payload"]):
            await show(shown)


def _is_frame(frame: Any) -> bool:
    """Whether this is something that a client may send to a console."""
    if not isinstance(frame, dict) or set(frame) - {"type", "payload", "sessionID"} or not isinstance(frame.get("sessionID", ""), str):
        return False
    payload = frame.get("payload")
    if frame.get("type") == "input":
        return isinstance(payload, str)
    if frame.get("type") != "resize" or not isinstance(payload, dict) or set(payload) != {"width", "height"}:
        return False
    return all(isinstance(value, int) and not isinstance(value, bool) and value > 0 for value in payload.values())


def _allow(call: Call, device: Document, address: str) -> None:
    """Raise ApiError (403) where a token that its sender has signed is for another tunnel (vendor's text on access with JWT tokens)."""
    host, _colon, port = address.rpartition(":")
    for name, value in {"device_id": device["id"], "ip": host, "port": port}.items():
        if str(call.sender.claims.get(f"pelion.edge.tunnel.{name}", value)) != value:
            raise ApiError(403, "access_denied", f"The token is for another {name}.")


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The service behind the gateways: it sends back what it gets."""
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def _place(engine: Engine, address: str) -> tuple[str, int] | None:
    """Where a service really is, if the gateways have it."""
    service = engine.settings.gateway_services.get(address)
    if service is None:
        return None
    if service != ECHO:
        host, _colon, port = str(service).rpartition(":")
        return host, int(port)
    if "echo_server" not in engine.memory:
        engine.memory["echo_server"] = await asyncio.start_server(_echo, "127.0.0.1", 0)
    return "127.0.0.1", int(engine.memory["echo_server"].sockets[0].getsockname()[1])


async def _tunnel(engine: Engine, websocket: WebSocket, call: Call) -> None:
    call.arguments()
    address = call.parameters["address"]
    if not re.fullmatch(r"[\w.:\[\]-]+:\d{1,5}", address):
        raise bad_request("The address must be host:port.")
    device = _gateway(engine, call)
    if device["state"] != "registered":
        raise not_found("connected gateway")
    _allow(call, device, address)
    await websocket.accept(protocol(websocket))
    try:
        place = await _place(engine, address)
        if place is None:
            raise OSError(f"nothing listens at {address}")
        reader, writer = await asyncio.open_connection(*place)
    except OSError as error:
        await websocket.close(_UNEXPECTED, str(error)[:120])
        return
    inward, outward = asyncio.ensure_future(_inward(websocket, writer)), asyncio.ensure_future(_outward(websocket, reader))
    try:
        await asyncio.wait((inward, outward), return_when=asyncio.FIRST_COMPLETED)
    finally:
        inward.cancel()
        outward.cancel()
        writer.close()
    if not inward.done() or not inward.result():
        with contextlib.suppress(RuntimeError):
            await websocket.close()


async def _inward(websocket: WebSocket, writer: asyncio.StreamWriter) -> bool:
    """Bytes from the client to the service. True when the client has gone."""
    while (message := await websocket.receive())["type"] != "websocket.disconnect":
        # What clients send as text are bytes all the same.
        writer.write(message.get("bytes") or str(message.get("text") or "").encode())
        try:
            await writer.drain()
        except OSError:
            return False
    return True


async def _outward(websocket: WebSocket, reader: asyncio.StreamReader) -> None:
    """Bytes from the service to the client, until it has no more."""
    with contextlib.suppress(OSError, WebSocketDisconnect):
        while data := await reader.read(65536):
            await websocket.send_bytes(data)


def _stop(engine: Engine, _document: Document) -> None:
    if server := engine.memory.get("echo_server"):
        server.close()


OPERATIONS = {"ListGatewayDeviceLogs": _list, "ListSingleGatewayDeviceLogs": _list}
SOCKETS = {"establishGatewayDeviceConsoleSession": _console, "communicateWithGatewayBasedServices": _tunnel}
LISTENERS = {"simulator.reset": _stop}
