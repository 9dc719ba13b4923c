# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the client and the engine stand on: a transport that answers from a script, and a model of the service."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.pelion.device_management.plugins.module_utils import filters
from ansible_collections.pelion.device_management.plugins.module_utils.client import Client
from ansible_collections.pelion.device_management.plugins.module_utils.pace import Pace
from ansible_collections.pelion.device_management.plugins.module_utils.settings import Settings
from ansible_collections.pelion.device_management.plugins.module_utils.transport import RawReply, TransportError

KEY = "ak_2MDE2unittestsonlyunittestsonly00000000"
BASE = "https://api.example.com"


@dataclass(frozen=True)
class Sent:
    """One request as it reached the transport."""

    method: str
    url: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    data: Any
    files: Any
    timeout: float | None = None

    @property
    def path(self) -> str:
        return self.url[len(BASE) :]

    @property
    def json(self) -> Any:
        return None if self.data is None else json.loads(self.data)


class FakeTransport:
    """Answers each ``send`` with the next outcome: a reply, an exception, or what a function of the request gives."""

    def __init__(self, outcomes: Iterable[Any] | Callable[[Sent], Any]) -> None:
        self.outcomes = outcomes if callable(outcomes) else iter(outcomes)
        self.sent: list[Sent] = []
        self.closed = False
        self._lock = threading.Lock()

    def send(self, method, url, *, query=(), headers=None, data=None, files=None, timeout=None):
        request = Sent(method, url, list(query), dict(headers or {}), data, files, timeout)
        with self._lock:
            self.sent.append(request)
        if callable(self.outcomes):
            outcome = self.outcomes(request)
        else:
            outcome = next(self.outcomes, None)
            if outcome is None:
                raise AssertionError(f"unexpected request {method} {url} {list(query)}")
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def close(self):
        self.closed = True


def answer(status: int = 200, body: Any = None, headers: Mapping[str, str] | None = None, request_id: str | None = "r1") -> RawReply:
    """A reply: a mapping or list is sent as JSON, text as it is."""
    head = {"X-Request-ID": request_id} if request_id else {}
    if isinstance(body, (dict, list)):
        head["Content-Type"] = "application/json"
        body = json.dumps(body)
    head.update(headers or {})
    content = body if isinstance(body, bytes) else (body or "").encode()
    return RawReply(status, head, content)


def failing(status: int, kind: str, message: str = "words", **more: Any) -> RawReply:
    """An error in the standard model."""
    return answer(status, {"object": "error", "code": status, "type": kind, "message": message, "request_id": "r1", **more})


def lost(maybe_done: bool) -> TransportError:
    return TransportError("The line is dead.", maybe_done=maybe_done)


def make_client(outcomes: Any, **settings: Any) -> tuple[Client, FakeTransport, list[float]]:
    """A client over the outcomes, its transport, and the waits that it made (the jitter is 1: the longest)."""
    transport = FakeTransport(outcomes)
    waits: list[float] = []
    settings.setdefault("api_url", BASE)
    given = Settings(api_key=KEY, **settings)
    pace = Pace(given, sleep=waits.append, monotonic=lambda: sum(waits))
    client = Client(given, transport=transport, sleep=waits.append, jitter=lambda: 1.0, pace=pace)
    return client, transport, waits


class Service:
    """A model of one collection: PUT replaces the given fields, a list is filtered, paged and ordered, ids are made here."""

    def __init__(self, path: str, objects: Iterable[Mapping[str, Any]] = (), unique: str | None = None) -> None:
        self.path = path
        self.objects = {item["id"]: dict(item) for item in objects}
        self.unique = unique
        self.count = 0

    def __call__(self, request: Sent) -> RawReply:
        path = request.path
        assert path.startswith(self.path), path
        identity = path[len(self.path) :].strip("/")
        if not identity:
            return self._create(request.json) if request.method == "POST" else self._list(dict(request.query))
        held = self.objects.get(identity)
        if held is None:
            return failing(404, "not_found")
        if request.method == "PUT":
            held.update(copy.deepcopy(request.json))
        elif request.method == "DELETE":
            del self.objects[identity]
            return answer(204)
        return answer(200, held)

    def _create(self, body: Mapping[str, Any]) -> RawReply:
        if self.unique and any(item.get(self.unique) == body.get(self.unique) for item in self.objects.values()):
            return failing(409, "duplicate", "name is taken")
        self.count += 1
        identity = f"{self.count:032x}"
        self.objects[identity] = {"id": identity, **copy.deepcopy(body)}
        return answer(201, self.objects[identity])

    def _list(self, query: dict[str, str]) -> RawReply:
        limit, after = int(query.pop("limit")), query.pop("after", None)
        items = list(self.objects.values())
        if query.pop("order", "ASC") == "DESC":
            items.reverse()
        include = query.pop("include", None)
        packed = query.pop("filter", "")
        for name, value in query.items():
            packed += "&" + filters.packed(filters.parse({name: value.split(",") if name.endswith("in") else value}))
        for condition in filters.unpack(packed):
            items = [item for item in items if filters.matches([condition], item)]
        start = 0 if after is None else [item["id"] for item in items].index(after) + 1
        page = items[start : start + limit]
        body = {"object": "list", "limit": limit, "after": after, "has_more": start + limit < len(items), "data": page}
        if include:
            body["total_count"] = len(items)
        return answer(200, body)
