# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two ways to talk to a simulator: over HTTP, and straight to its engine."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import openapi
import requests

from pelion_simulator import operations
from pelion_simulator.answers import Answer, ApiError
from pelion_simulator.areas import AREAS, ROWS, directory
from pelion_simulator.auth import Sender
from pelion_simulator.clock import Clock
from pelion_simulator.engine import Call, Engine
from pelion_simulator.fleet import Fleet
from pelion_simulator.process import Simulator
from pelion_simulator.store import Store
from pelion_simulator.switches import Settings
from pelion_simulator.table import Resource

DEVICES = 300
# The lists of the directory that come in pages, which is nearly all.
PAGED = tuple(row for row in directory.ROWS if row.paged)


def path_of(row: Resource) -> str:
    """The path of a row's list."""
    return operations.OPERATIONS[str(row.operations["list"])].path


class Watched(Simulator):
    """A simulator of which it is known what generation of the API it serves."""

    spec = 2021

    def settings(self, **wanted: Any) -> dict[str, Any]:
        settings = super().settings(**wanted)
        self.spec = settings["spec"]
        return settings

    def reset(self) -> None:
        super().reset()
        self.spec = 2021


class Api:
    """HTTP to a simulator, without any of the conveniences under test. Every answer is checked against the API's description."""

    def __init__(self, simulator: Watched, key: str | None = None) -> None:
        self.simulator = simulator
        self.odd = False
        """Answers are odd on purpose, and not checked."""
        self.key = simulator.api_key if key is None else key
        self.session = requests.Session()
        # The environment of a test run may name another certificate authority or a proxy.
        self.session.trust_env = False
        self.session.verify = simulator.ca_file

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.key}", **options.pop("headers", {})}
        url = self.simulator.url + path
        answer = self.session.request(method, url, headers=headers, allow_redirects=False, timeout=options.pop("timeout", 30), **options)
        if not self.odd:
            openapi.check(answer, self.simulator.spec)
        return answer

    def get(self, path: str) -> Any:
        """The decoded body of a GET that succeeds."""
        answer = self.send("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any) -> Any:
        """The decoded body of a POST that succeeds."""
        answer = self.send("POST", path, json=body)
        assert answer.status_code in (200, 201, 202, 204), answer.text
        return answer.json() if answer.content else None

    def put(self, path: str, body: Any) -> Any:
        """The decoded body of a PUT that succeeds."""
        answer = self.send("PUT", path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, status: int, kind: str, method: str, path: str, **options: Any) -> dict[str, str]:
        """Send what is answered with that error, check the whole shape of the answer, and return its fields."""
        answer = self.send(method, path, **options)
        assert answer.status_code == status, answer.text
        assert answer.headers["Content-Type"] == "application/json"
        error = answer.json()
        assert error["object"] == "error"
        assert error["code"] == status
        assert error["type"] == kind
        assert error["message"]
        assert error["request_id"] == answer.headers["X-Request-ID"]
        assert set(error) <= {"object", "code", "type", "message", "request_id", "fields"}
        fields = error.get("fields", [])
        assert all(set(field) == {"name", "message"} for field in fields)
        assert bool(fields) == (kind in ("validation_error", "duplicate"))
        return {field["name"]: field["message"] for field in fields}


class Local:
    """An engine on a small fleet, called directly."""

    def __init__(self, folder: Path, devices: int = DEVICES, seed: int = 1, skew: float = 0) -> None:
        store = Store(folder / "new.sqlite", ROWS)
        self.fleet = Fleet(seed, devices, skew=skew)
        self.fleet.fill(store, AREAS)
        store.close()
        self.store = Store(folder / "new.sqlite", ROWS)
        self.engine = Engine(AREAS, self.store, Clock(self.store.last()), Settings(*(area.SETTINGS for area in AREAS)))

    def answer(self, method: str, path: str, query: str, body: bytes, content_type: str = "application/json") -> Answer | Awaitable[Answer]:
        """What the engine answers. Raises ApiError."""
        operation, parameters = self.engine.find(method, path)
        sender = Sender(self.fleet.account_id, "api_key", self.fleet.key_id)
        headers = {"content-type": content_type}
        return self.engine.answer(Call(operation, parameters, query, "https://simulator" + path, headers, body, sender))

    def send(self, method: str, path: str, query: str = "", body: Any = None) -> tuple[int, Any]:
        """Status and decoded body (of an error: the names of its fields)."""
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        try:
            answer = self.answer(method, path, query, content)
        except ApiError as error:
            return error.status, set(error.fields)
        assert isinstance(answer, Answer)
        return answer.status, json.loads(answer.body) if answer.body else None

    def all(self, path: str) -> list[Any]:
        """Every object of a list."""
        objects: list[Any] = []
        after = ""
        while True:
            status, page = self.send("GET", path, "limit=1000" + after)
            assert status == 200
            objects += page["data"]
            if not page["has_more"]:
                return objects
            after = "&after=" + page["data"][-1]["id"]
