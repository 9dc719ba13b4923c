# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two ways to talk to a simulator: over HTTP, and straight to its engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import requests

from pelion_simulator.answers import ApiError
from pelion_simulator.clock import Clock
from pelion_simulator.engine import Call, Engine
from pelion_simulator.fleet import Fleet, first_key
from pelion_simulator.process import Simulator
from pelion_simulator.resources import ROWS
from pelion_simulator.store import Store
from pelion_simulator.switches import Settings

DEVICES = 300


class Api:
    """HTTP to a simulator, without any of the conveniences under test."""

    def __init__(self, simulator: Simulator, key: str | None = None) -> None:
        self.simulator = simulator
        self.key = simulator.api_key if key is None else key
        self.session = requests.Session()
        # The environment of a test run may name another certificate authority or a proxy.
        self.session.trust_env = False
        self.session.verify = simulator.ca_file

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.key}", **options.pop("headers", {})}
        return self.session.request(method, self.simulator.url + path, headers=headers, allow_redirects=False, timeout=30, **options)

    def get(self, path: str) -> Any:
        """The decoded body of a GET that succeeds."""
        answer = self.send("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any) -> Any:
        """The decoded body of a POST that succeeds."""
        answer = self.send("POST", path, json=body)
        assert answer.status_code in (201, 204), answer.text
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

    def __init__(self, folder: Path, devices: int = DEVICES, seed: int = 1) -> None:
        store = Store(folder / "new.sqlite", ROWS)
        self.fleet = Fleet(seed, devices)
        self.fleet.fill(store, first_key(seed))
        store.close()
        self.store = Store(folder / "new.sqlite", ROWS)
        self.engine = Engine(ROWS, self.store, Clock(self.store.last()), Settings())
        self.engine.account_id = self.fleet.account_id

    def send(self, method: str, path: str, query: str = "", body: Any = None) -> tuple[int, Any]:
        """Status and decoded body (of an error: the names of its fields)."""
        content = b"" if body is None else json.dumps(body).encode()
        try:
            answer = self.engine.answer(Call(method, path, query, path, "application/json", content))
        except ApiError as error:
            return error.status, set(error.fields)
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
