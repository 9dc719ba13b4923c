# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sockets, TLS and the life of the server."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import signal
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import trustme
import uvicorn
from starlette.types import Scope
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

_LINGER_NOT = struct.pack("ii", 1, 0)
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}

try:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as _Protocol
except ImportError:
    from uvicorn.protocols.http.h11_impl import H11Protocol as _Protocol  # type: ignore[assignment]


class Connections:
    """The open connections, so that one can be broken off as a fault."""

    def __init__(self) -> None:
        self._open: dict[tuple[Any, Any], asyncio.Transport] = {}

    def protocol(self) -> type[asyncio.Protocol]:
        """uvicorn's protocol, with every connection entered here."""
        connections = self._open

        class Tracked(_Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                connections[self.client, self.server] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                connections.pop((self.client, self.server), None)
                super().connection_lost(exc)

            def shutdown(self) -> None:
                super().shutdown()
                # An idle client does not answer TLS's goodbye; the end would wait for it.
                if self.transport.is_closing():
                    self.transport.abort()

        return Tracked

    def websocket_protocol(self) -> type[asyncio.Protocol]:
        """The same for a connection that has become a websocket."""
        connections = self._open

        class Tracked(WebSocketsSansIOProtocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                super().connection_made(transport)
                connections[self.client, self.server] = self.transport

            def connection_lost(self, exc: Exception | None) -> None:
                connections.pop((self.client, self.server), None)
                super().connection_lost(exc)

            async def send(self, message: Any) -> None:
                await super().send(message)
                # uvicorn would complain that a handshake which was refused has not been completed.
                if message["type"] == "websocket.http.response.body":
                    self.handshake_complete = True

        return Tracked

    def break_off(self, scope: Scope, at_once: bool) -> None:
        """Close the connection of a request: at once, so that the other side sees a reset, or after what was sent has gone out."""
        transport = self._open.get((scope["client"], scope["server"]))
        if transport is None:
            return
        if at_once:
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
            transport.abort()
        else:
            transport.close()


class _Server(uvicorn.Server):
    """One of two servers in a process: signals are for `serve` below."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def reachable(host: str) -> str:
    """The host part of a URL for a server bound to `host`."""
    name = _WILDCARDS.get(host, host)
    return f"[{name}]" if ":" in name else name


def make_certificates(folder: Path, host: str) -> tuple[Path, Path]:
    """A new certificate authority and a server certificate by it: the files for clients and for the server."""
    names = {"localhost", "127.0.0.1", "::1", _WILDCARDS.get(host, host)}
    authority = trustme.CA()
    ca_file, server_file = folder / "ca.pem", folder / "server.pem"
    folder.mkdir(parents=True, exist_ok=True)
    authority.cert_pem.write_to_path(ca_file)
    server_file.touch(mode=0o600)
    authority.issue_cert(*sorted(names)).private_key_and_cert_chain_pem.write_to_path(server_file)
    return ca_file, server_file


def bind(host: str, port: int) -> socket.socket:
    """A listening socket."""
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
    except ValueError:
        family = socket.AF_INET
    # Named as TCP, or asyncio does not switch Nagle's algorithm off and small answers take 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener


class Site:
    """The application on an HTTPS and an HTTP port."""

    def __init__(self, app: Any, connections: Connections, server_file: Path) -> None:
        common: dict[str, Any] = {
            "app": app,
            "http": connections.protocol(),
            "ws": connections.websocket_protocol(),
            "lifespan": "off",
            "log_config": None,
            "access_log": False,
            "server_header": False,
            "timeout_keep_alive": 75,
            "timeout_graceful_shutdown": 3,
        }
        self._https = _Server(uvicorn.Config(**common, ssl_certfile=server_file))
        self._http = _Server(uvicorn.Config(**common))

    async def serve(self, https: socket.socket, http: socket.socket, ready: Callable[[], None], until_stdin_closes: bool) -> None:
        """Serve both sockets until SIGTERM, SIGINT or the end of standard input. `ready` is called when both answer."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        if until_stdin_closes:
            loop.add_reader(sys.stdin.fileno(), self._read_stdin)
        tasks = [
            asyncio.create_task(self._https.serve(sockets=[https])),
            asyncio.create_task(self._http.serve(sockets=[http])),
        ]
        while not (self._https.started and self._http.started) and not any(task.done() for task in tasks):
            await asyncio.sleep(0.005)
        ready()
        await asyncio.gather(*tasks)

    def _read_stdin(self) -> None:
        if not os.read(sys.stdin.fileno(), 65536):
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            self._stop()

    def _stop(self) -> None:
        self._https.should_exit = self._http.should_exit = True
