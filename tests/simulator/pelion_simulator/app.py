# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The web application: the API with request ids, authentication, latency and faults around it, and the control endpoints."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from . import control, operations
from .answers import Answer, ApiError, too_many
from .auth import Sender, authenticate
from .engine import Call, Engine
from .fleet import Fleet
from .switches import Entry, Fault, Faults, Limiter, Log, body_text

log = logging.getLogger("pelion_simulator")

BreakOff = Callable[[Scope, bool], None]


class Service:
    """The API as an ASGI application, with the switches of its behaviour."""

    def __init__(self, engine: Engine, fleet: Fleet, break_off: BreakOff) -> None:
        """`break_off` closes the connection of a request: at once (true), or after what was sent has gone out."""
        self.engine = engine
        self.fleet = fleet
        self.https_port = 0
        self.settings = engine.settings
        self.log = Log()
        self.faults = Faults()
        self.limiter = Limiter(engine.settings)
        self._first_settings = dict(engine.settings.values)
        self._break_off = break_off

    def reset(self) -> None:
        """Everything as it was at the first start: objects, keys, faults, settings, log."""
        self.engine.reset()
        self.faults = Faults()
        self.limiter = Limiter(self.settings)
        self.log.clear()
        self.settings.change(self._first_settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and log it."""
        if scope["type"] == "websocket":
            await self._connect(WebSocket(scope, receive, send), receive)
            return
        request = Request(scope, receive)
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        entry = self._entry(scope, request.method, request.headers, body)
        requests = self.log
        requests.start(entry)
        try:
            await self._respond(request, body, entry, receive, send)
        finally:
            requests.end(entry)

    def _entry(self, scope: Scope, method: str, headers: Mapping[str, str], body: bytes = b"") -> Entry:
        """What the log says of a request before it is answered."""
        operation: str | None = None
        with contextlib.suppress(ApiError):
            operation = operations.find(method, _path(scope), self.engine.spec)[0].id
        return Entry(
            id=secrets.token_hex(16),
            method=method,
            path=scope["path"],
            query=scope["query_string"].decode(errors="replace"),
            body=body_text(headers.get("content-type", ""), body),
            user_agent=headers.get("user-agent", ""),
            started_at=time.time(),
            operation=operation,
            size=len(body),
        )

    async def _respond(self, request: Request, body: bytes, entry: Entry, receive: Receive, send: Send) -> None:
        """Send the answer, unless there is none."""
        wait = self.limiter.wait()
        entry.limited = wait > 0
        # What is not let through meets nothing that lies behind.
        fault = (None if entry.limited else self.faults.take(request.method, request.scope["path"])) or Fault()
        if delay := self.settings.latency_ms + fault.delay_ms:
            await asyncio.sleep(delay / 1000)
        if fault.carry_out or not fault.replaces:
            found = too_many(wait, entry.id) if wait else await self._answer(request, body, entry.id, receive)
            if found is None:
                return
            answer = found
        if fault.reset:
            await self._hang_up(request.scope, receive, True)
            return
        if fault.answers:
            answer = fault.answer(entry.id)
            entry.faulty = True
        headers = fault.headers_of(answer, entry.id)
        if answer.status != 204:
            headers["Content-Length"] = str(len(answer.body))
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        if fault.truncate is False:
            await send({"type": "http.response.body", "body": answer.body})
        else:
            kept = len(answer.body) // 2 if fault.truncate is True else fault.truncate
            await send({"type": "http.response.body", "body": answer.body[:kept], "more_body": True})
            await self._hang_up(request.scope, receive, False)
        entry.status, entry.length = answer.status, len(answer.body)

    async def _hang_up(self, scope: Scope, receive: Receive, at_once: bool) -> None:
        """Break the connection off, and wait until it is gone: before that uvicorn would still answer by itself."""
        self._break_off(scope, at_once)
        await receive()

    async def _answer(self, request: Request, body: bytes, request_id: str, receive: Receive) -> Answer | None:
        """What the service answers; None where the client did not wait for it."""
        scope = request.scope
        try:
            if scope["scheme"] == "http":
                if self.settings.http == "forbid":
                    raise ApiError(403, "invalid_request", "Only HTTPS is allowed.")
                host = re.sub(r":\d*$", "", request.headers.get("host", ""))
                return Answer(301, headers={"Location": f"https://{host}:{self.https_port}{_target(scope)}"})
            self.engine.catch_up()
            answer = self.engine.answer(self._call(scope, request.method, dict(request.headers), body))
            return answer if isinstance(answer, Answer) else await _unless_gone(answer, receive)
        except ApiError as error:
            return error.answer(request_id)
        except Exception:
            log.exception("%s %s", request.method, scope["path"])
            return ApiError(500, "internal_server_error", "The simulator failed; its log says how.").answer(request_id)

    def _call(self, scope: Scope, method: str, headers: Mapping[str, str], body: bytes = b"") -> Call:
        """The request with what it means and who sends it. Raises ApiError."""
        operation, parameters = self.engine.find(method, _path(scope))
        return Call(
            operation=operation,
            parameters=parameters,
            query_string=scope["query_string"].decode(errors="replace"),
            url=f"https://{headers.get('host', '')}{_target(scope)}",
            headers=headers,
            body=body,
            sender=Sender() if operation.id in self.engine.open else authenticate(self.engine, headers),
        )

    async def _connect(self, websocket: WebSocket, receive: Receive) -> None:
        """Serve a websocket, after the same checks as for a request. The log shows the handshake."""
        scope, headers = websocket.scope, dict(websocket.headers)
        entry = self._entry(scope, "GET", headers)
        requests = self.log
        requests.start(entry)
        self.engine.catch_up()
        # A client that cannot set headers names its key among the protocols.
        if "authorization" not in headers and (key := _protocol_key(headers.get("sec-websocket-protocol", ""))):
            headers["authorization"] = f"Bearer {key}"
        try:
            if wait := self.limiter.wait():
                entry.limited = True
                raise _Refused(too_many(wait, entry.id))
            fault = self.faults.take("GET", scope["path"]) or Fault()
            if delay := self.settings.latency_ms + fault.delay_ms:
                await asyncio.sleep(delay / 1000)
            if fault.reset:
                self._break_off(scope, True)
                await _until_gone(receive)
                requests.end(entry)
                return
            if fault.answers:
                entry.faulty = True
                raise _Refused(fault.answer(entry.id))
            if scope["scheme"] != "wss":
                raise ApiError(403, "invalid_request", "Only HTTPS is allowed.")
            call = self._call(scope, "GET", headers)
            serve = self.engine.sockets.get(call.operation.id)
            if serve is None:
                raise ApiError(400, "bad_request", "This is not a websocket.")
            entry.status = 101
            requests.end(entry)
            await serve(self.engine, websocket, call)
        except (ApiError, _Refused) as error:
            answer = error.answer(entry.id)
            # What is refused later has a status already: the handler may refuse until it accepts.
            if entry.status is None:
                requests.end(entry)
            entry.status, entry.length = answer.status, len(answer.body)
            headers = {"X-Request-ID": entry.id, **answer.headers}
            if answer.body:
                headers["Content-Type"] = answer.content_type
            await websocket.send_denial_response(Response(answer.body, answer.status, headers))
        except WebSocketDisconnect:
            pass


async def _unless_gone(answer: Awaitable[Answer], receive: Receive) -> Answer | None:
    """The answer, unless the client goes first."""
    waiting = asyncio.ensure_future(answer)
    gone = asyncio.ensure_future(receive())
    try:
        await asyncio.wait((waiting, gone), return_when=asyncio.FIRST_COMPLETED)
        return waiting.result() if waiting.done() else None
    finally:
        waiting.cancel()
        gone.cancel()


async def _until_gone(receive: Receive) -> None:
    """Wait until a websocket's connection is gone: before that uvicorn would complain that no handshake was completed."""
    while (await receive())["type"] != "websocket.disconnect":
        pass


class _Refused(Exception):
    """A handshake that is answered by a fault or by the limiter."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self._answer = answer

    def answer(self, request_id: str) -> Answer:
        return self._answer


def _protocol_key(protocols: str) -> str:
    """The key among the protocols of a websocket's handshake: "wss, pelion_ak_..." """
    return next((one.strip().removeprefix("pelion_") for one in protocols.split(",") if one.strip().startswith("pelion_")), "")


def _path(scope: Scope) -> str:
    """The path as it was sent."""
    return str(scope["raw_path"].decode(errors="replace"))


def _target(scope: Scope) -> str:
    """Path and query as they were sent."""
    query = scope["query_string"].decode(errors="replace")
    return str(scope["raw_path"].decode(errors="replace")) + (f"?{query}" if query else "")


def make_app(service: Service) -> Starlette:
    """The web application with the API and the control endpoints."""
    return Starlette(routes=[Mount("/_simulator", routes=control.routes(service)), Mount("/", service)])
