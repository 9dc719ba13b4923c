# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control endpoints below /_simulator: no authentication, not in the log, JSON in and out."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from . import auth, clock
from .identity import make_id, make_token
from .table import Document, Resource

if TYPE_CHECKING:
    from .app import Service

Endpoint = Callable[[Request], Awaitable[JSONResponse]]
_KEY_DEFAULTS = {"access": ("full", "none"), "status": ("ACTIVE", "INACTIVE"), "kind": auth.KINDS}
_KEY_PLACES = ("account_id", "application_id")


def routes(service: Service) -> list[Route]:
    """The routes of the control endpoints, relative to their prefix."""
    panel = Panel(service)
    return [
        Route("/faults", _endpoint(panel.faults), methods=["GET", "POST", "DELETE"]),
        Route("/requests", _endpoint(panel.requests), methods=["GET", "DELETE"]),
        Route("/settings", _endpoint(panel.settings), methods=["GET", "POST"]),
        Route("/reset", _endpoint(panel.reset), methods=["POST"]),
        Route("/keys", _endpoint(panel.keys), methods=["POST"]),
        Route("/clock", _endpoint(panel.clock), methods=["GET", "POST"]),
        Route("/{collection}", _endpoint(panel.add), methods=["POST"]),
        Route("/{collection}/{id}", _endpoint(panel.patch), methods=["PATCH"]),
    ]


def _endpoint(handle: Callable[[Request, dict[str, Any]], Any]) -> Endpoint:
    async def endpoint(request: Request) -> JSONResponse:
        try:
            body = json.loads(await request.body() or b"{}")
            if not isinstance(body, dict):
                raise ValueError("the body must be a JSON object")
            return JSONResponse(handle(request, body))
        except LookupError as error:
            return JSONResponse({"error": str(error.args[0])}, 404)
        except (ValueError, TypeError) as error:
            return JSONResponse({"error": str(error)}, 400)

    return endpoint


class Panel:
    """What the control endpoints do. ValueError becomes 400, LookupError 404, both with {"error": ...}."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._additions = 0

    def faults(self, request: Request, body: dict[str, Any]) -> Any:
        """Add a rule, list the rules, or remove them all."""
        if request.method == "POST":
            return {"number": self.service.faults.add(body)}
        if request.method == "DELETE":
            self.service.faults.rules.clear()
        return {"faults": self.service.faults.shown()}

    def requests(self, request: Request, body: dict[str, Any]) -> Any:
        """Show the log, or empty it."""
        if request.method == "DELETE":
            self.service.log.clear()
        return self.service.log.shown()

    def settings(self, request: Request, body: dict[str, Any]) -> Any:
        """Show the settings, or change those in the body."""
        if request.method == "POST":
            self.service.settings.change(body)
        return self.service.settings.values

    def reset(self, request: Request, body: dict[str, Any]) -> Any:
        """Everything as at the first start."""
        self.service.reset()
        self._additions = 0
        return {}

    def keys(self, request: Request, body: dict[str, Any]) -> Any:
        """Make a token, of the first account unless the body says which, and what stands behind it."""
        if unknown := sorted(set(body) - set(_KEY_DEFAULTS) - set(_KEY_PLACES)):
            raise ValueError(f"unknown: {', '.join(unknown)}")
        wanted = {name: body.get(name, allowed[0]) for name, allowed in _KEY_DEFAULTS.items()}
        for name, allowed in _KEY_DEFAULTS.items():
            if wanted[name] not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}")
        engine = self.service.engine
        created = engine.clock.now()
        token = make_token(wanted["kind"], engine.seed, created)
        place = {"account_id": engine.account_id} | {name: str(body[name]) for name in _KEY_PLACES if name in body}
        record = auth.record(created, token, subject=make_id(created), **place, **wanted)
        with engine.store.transaction():
            engine.store.put(auth.TOKENS, record)
            engine.emit("token.made", record)
        return {"key": token}

    def clock(self, request: Request, body: dict[str, Any]) -> Any:
        """Say what time it is, or move the virtual clock on by `advance` seconds and let `rate` virtual seconds pass in a real one."""
        engine = self.service.engine
        if request.method == "POST":
            for name, value in body.items():
                if name not in ("advance", "rate"):
                    raise ValueError(f"unknown: {name}")
                if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < 1e10:
                    raise ValueError(f"{name} must be a number that is not negative")
            engine.move_clock(**body)
        due = engine.due()
        return {"now": clock.text(engine.clock.time()), "rate": engine.clock.rate, "due": None if due is None else clock.text(due)}

    def _row(self, request: Request) -> Resource:
        rows = self.service.engine.rows
        if request.path_params["collection"] not in rows:
            raise LookupError("no such collection; there are " + ", ".join(sorted(rows)))
        return rows[request.path_params["collection"]]

    def patch(self, request: Request, body: dict[str, Any]) -> Any:
        """Set any fields of an object to anything."""
        row, store = self._row(request), self.service.engine.store
        document = store.get(row, request.path_params["id"])
        if document is None:
            raise LookupError(f"no {row.object} with this id")
        if fixed := {"id", row.clock} & set(body):
            raise ValueError(f"cannot be changed, because they decide the order: {', '.join(sorted(fixed))}")
        with store.transaction():
            self.service.engine.save(row, document, document | body)
        return document | body

    def add(self, request: Request, body: dict[str, Any]) -> Any:
        """Add objects: as many as `count` says, or those in `items`, whose fields may be anything. Or a control endpoint of an area."""
        engine = self.service.engine
        if control := engine.controls.get(request.path_params["collection"]):
            with engine.store.transaction():
                return control(engine, body)
        row = self._row(request)
        if set(body) not in ({"count"}, {"items"}):
            raise ValueError("say either count or items")
        items = body["items"] if "items" in body else [{}] * int(body["count"])
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise ValueError("items must be a list of objects")
        self._additions += 1
        ids = []
        with engine.store.transaction():
            for base, item in zip(self._bases(row, len(items)), items, strict=True):
                document = self._placed(row, base | item)
                if engine.store.get(row, document["id"]):
                    raise ValueError(f"there is a {row.object} with the id {document['id']} already")
                engine.save(row, {}, document)
                ids.append(document["id"])
        return {"ids": ids}

    def _bases(self, row: Resource, count: int) -> list[Document]:
        engine = self.service.engine
        if row.name not in engine.makers:
            return [engine.blank(row) for _time in range(count)]
        start = engine.clock.reserve(count)
        return list(engine.makers[row.name](self.service.fleet, count, start, 1, self._additions))

    def _placed(self, row: Resource, document: Document) -> Document:
        """The object at its time of creation, or as soon after it as there is room."""
        moment = clock.moment(clock.parse(document[row.clock]))
        while self.service.engine.store.taken(row, moment):
            moment += 1
        return document | {row.clock: clock.text(moment)}
