# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The web application: the API with request ids, authentication, latency and faults around it, and the control endpoints."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from . import control
from .answers import Answer, ApiError
from .auth import authenticate
from .engine import Call, Engine
from .fleet import Fleet
from .switches import Entry, Fault, Faults, Log

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
        self._first_settings = asdict(engine.settings)
        self._break_off = break_off

    def reset(self) -> None:
        """Everything as it was at the first start: objects, keys, faults, settings, log."""
        self.engine.store.reset()
        self.faults = Faults()
        self.log.clear()
        self.settings.change(self._first_settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and log it."""
        request = Request(scope, receive)
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        entry = Entry(
            id=secrets.token_hex(16),
            method=request.method,
            path=scope["path"],
            query=scope["query_string"].decode(errors="replace"),
            body=body.decode(errors="replace"),
            user_agent=request.headers.get("user-agent", ""),
            started_at=time.time(),
        )
        requests = self.log
        requests.start(entry)
        status = None
        try:
            status = await self._respond(request, body, entry.id, receive, send)
        finally:
            requests.end(entry, status, time.time())

    async def _respond(self, request: Request, body: bytes, request_id: str, receive: Receive, send: Send) -> int | None:
        """Send the answer and return its status, or None where there was none."""
        fault = self.faults.take(request.method, request.scope["path"]) or Fault()
        if delay := self.settings.latency_ms + fault.delay_ms:
            await asyncio.sleep(delay / 1000)
        if fault.carry_out or not fault.replaces:
            answer = self._answer(request, body, request_id)
        if fault.reset:
            await self._hang_up(request.scope, receive, True)
            return None
        if fault.answers:
            answer = fault.answer(request_id)
        headers = fault.headers_of(answer, request_id)
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
        return answer.status

    async def _hang_up(self, scope: Scope, receive: Receive, at_once: bool) -> None:
        """Break the connection off, and wait until it is gone: before that uvicorn would still answer by itself."""
        self._break_off(scope, at_once)
        await receive()

    def _answer(self, request: Request, body: bytes, request_id: str) -> Answer:
        """What the service answers."""
        scope = request.scope
        try:
            if scope["scheme"] == "http":
                if self.settings.http == "forbid":
                    raise ApiError(403, "invalid_request", "Only HTTPS is allowed.")
                host = re.sub(r":\d*$", "", request.headers.get("host", ""))
                return Answer(301, headers={"Location": f"https://{host}:{self.https_port}{_target(scope)}"})
            self.engine.find(request.method, scope["path"])
            call = Call(
                method=request.method,
                path=scope["path"],
                query=scope["query_string"].decode(errors="replace"),
                url=f"https://{request.headers.get('host', '')}{_target(scope)}",
                content_type=request.headers.get("content-type", ""),
                body=body,
                subjects=authenticate(self.engine.store, request.headers.get("authorization"), self.fleet.account_id),
            )
            return self.engine.answer(call)
        except ApiError as error:
            return error.answer(request_id)
        except Exception:
            log.exception("%s %s", request.method, scope["path"])
            return ApiError(500, "internal_server_error", "The simulator failed; its log says how.").answer(request_id)


def _target(scope: Scope) -> str:
    """Path and query as they were sent."""
    query = scope["query_string"].decode(errors="replace")
    return str(scope["raw_path"].decode(errors="replace")) + (f"?{query}" if query else "")


def make_app(service: Service) -> Starlette:
    """The web application with the API and the control endpoints."""
    return Starlette(routes=[Mount("/_simulator", routes=control.routes(service)), Mount("/", service)])
