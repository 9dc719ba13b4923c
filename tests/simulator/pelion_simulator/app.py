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
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from . import control
from .auth import authenticate
from .engine import Call, Engine
from .errors import ApiError
from .fleet import Fleet
from .switches import Entry, Fault, Faults, Log, Settings

log = logging.getLogger("pelion_simulator")

BreakOff = Callable[[Scope, bool], None]


class Service:
    """The API as an ASGI application, with the switches of its behaviour."""

    def __init__(self, engine: Engine, fleet: Fleet, latency_ms: float, break_off: BreakOff) -> None:
        """`break_off` closes the connection of a request: at once (true), or after what was sent has gone out."""
        self.engine = engine
        self.fleet = fleet
        self.https_port = 0
        self._latency_ms = latency_ms
        self._break_off = break_off
        self.log = Log()
        self.faults = Faults()
        self.settings = Settings(latency_ms=latency_ms)

    def change(self, settings: dict[str, Any]) -> None:
        """Change settings. Raises ValueError."""
        self.settings.change(settings)
        self.engine.variation.unknown_fields = self.settings.unknown_fields
        self.engine.variation.list_404 = self.settings.list_404

    def reset(self) -> None:
        """Everything as it was at the first start: objects, keys, faults, settings, log."""
        self.engine.store.reset()
        self.faults = Faults()
        self.log.clear()
        self.settings = Settings()
        self.change({"latency_ms": self._latency_ms})

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
            status = await self._respond(request, body, entry.id, send)
        finally:
            requests.end(entry, status, time.time())

    async def _respond(self, request: Request, body: bytes, request_id: str, send: Send) -> int | None:
        """Send the answer and return its status, or None where there was none."""
        fault = self.faults.take(request.method, request.scope["path"]) or Fault()
        if delay := self.settings.latency_ms + fault.delay_ms:
            await asyncio.sleep(delay / 1000)
        headers = {"X-Request-ID": request_id}
        if (fault.reset or fault.answers) and not fault.carry_out:
            status, content_type, content = 0, "", b""
        else:
            status, content_type, content, more = self._answer(request, body, request_id)
            headers |= more
        if fault.reset:
            self._break_off(request.scope, True)
            return None
        if fault.answers:
            status, content_type, content = fault.answer(request_id)
        content_type = content_type if fault.content_type is None else fault.content_type
        if content_type:
            headers["Content-Type"] = content_type
        if fault.retry_after is not None:
            headers["Retry-After"] = str(fault.retry_after)
        for name, value in fault.headers.items():
            headers = {known: kept for known, kept in headers.items() if known.lower() != name.lower()}
            if value is not None:
                headers[name] = value
        if status != 204:
            headers["Content-Length"] = str(len(content))
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
            }
        )
        if fault.truncate is False:
            await send({"type": "http.response.body", "body": content})
        else:
            kept = len(content) // 2 if fault.truncate is True else fault.truncate
            await send({"type": "http.response.body", "body": content[:kept], "more_body": True})
            self._break_off(request.scope, False)
        return status

    def _answer(self, request: Request, body: bytes, request_id: str) -> tuple[int, str, bytes, dict[str, str]]:
        """Status, content type, body and further headers of the answer."""
        scope = request.scope
        try:
            if scope["scheme"] == "http":
                if self.settings.http == "forbid":
                    raise ApiError(403, "invalid_request", "Only HTTPS is allowed.")
                host = re.sub(r":\d*$", "", request.headers.get("host", ""))
                return 301, "", b"", {"Location": f"https://{host}:{self.https_port}{_target(scope)}"}
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
            answer = self.engine.answer(call)
        except Exception as error:
            if not isinstance(error, ApiError):
                log.exception("%s %s", request.method, scope["path"])
                error = ApiError(500, "internal_server_error", "The simulator failed; its log says how.")
            return error.status, "application/json", error.body(request_id), {}
        return answer.status, "application/json" if answer.body else "", answer.body, {}


def _target(scope: Scope) -> str:
    """Path and query as they were sent."""
    query = scope["query_string"].decode(errors="replace")
    return str(scope["raw_path"].decode(errors="replace")) + (f"?{query}" if query else "")


def make_app(service: Service) -> Starlette:
    """The web application with the API and the control endpoints."""
    return Starlette(routes=[Mount("/_simulator", routes=control.routes(service)), Mount("/", service)])
