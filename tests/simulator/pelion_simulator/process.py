# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator as a process of its own, for tests, benchmarks and scripts. Needs the standard library only."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

GRACE = 10
"""Seconds a process has to end after it was asked to."""
_SOURCE = Path(__file__).resolve().parent.parent
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and wait until it is gone."""
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
    # Waits, and closes the pipes.
    with process:
        pass


class SimulatorError(Exception):
    """The simulator did not start, or refused a control request. The message says why."""


class Simulator:
    """A running simulator::

        with Simulator(devices=100) as simulator:
            requests.get(
                simulator.url + "/v3/devices/",
                headers={"Authorization": "Bearer " + simulator.api_key},
                verify=simulator.ca_file,
            )

    While it runs it has the attributes `url` and `http_url` (without a slash at the end), `ca_file` and `api_key`.
    Methods raise SimulatorError.
    """

    url: str
    http_url: str
    ca_file: str
    api_key: str

    def __init__(
        self,
        devices: int = 1000,
        seed: int = 1,
        latency_ms: float = 0,
        spec: int = 2021,
        state: str | Path | None = None,
        python: str = sys.executable,
        host: str = "127.0.0.1",
        port: int = 0,
        http_port: int = 0,
        timeout: float = 180,
        skew: float = 0,
    ) -> None:
        """The switches of the command. `python` runs the server; `timeout` is for its start, in seconds."""
        self._command = [python, "-m", "pelion_simulator", "--host", host, "--port", str(port), "--http-port", str(http_port)]
        # The pipe to its standard input closes however this process ends.
        self._command += ["--until-stdin-closes", "--devices", str(devices), "--seed", str(seed), "--latency-ms", str(latency_ms)]
        self._command += ["--spec", str(spec), "--skew", str(skew)]
        if state is not None:
            self._command += ["--state", str(state)]
        self._timeout = timeout
        self._running = contextlib.ExitStack()

    def __enter__(self) -> Simulator:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Start the process and wait until it answers."""
        environment = dict(os.environ)
        if (_SOURCE / "pyproject.toml").exists():
            # Not installed but run from its sources, which another Python would not find.
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_SOURCE), environment.get("PYTHONPATH")]))
        with contextlib.ExitStack() as until_started:
            errors = until_started.enter_context(tempfile.TemporaryFile())
            try:
                process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=environment)
            except OSError as error:
                raise SimulatorError(f"The simulator did not start: {error}") from None
            until_started.callback(_end, process)
            line = self._first_line(process)
            if not line:
                _end(process)
                errors.seek(0)
                raise SimulatorError("The simulator did not start. It said:\n" + errors.read().decode(errors="replace"))
            self._errors = errors
            self._running = until_started.pop_all()
        found = json.loads(line)
        self.url, self.http_url = found["url"], found["http_url"]
        self.ca_file, self.api_key = found["ca_file"], found["api_key"]

    def stop(self) -> None:
        """End the process. Nothing happens where none runs."""
        self._running.close()

    def errors(self) -> str:
        """What the process has said on standard error so far: that is where it tells of its own failures."""
        # Read without seeking, for the process writes at the same place of the file.
        return os.pread(self._errors.fileno(), os.fstat(self._errors.fileno()).st_size, 0).decode(errors="replace")

    def _first_line(self, process: subprocess.Popen[bytes]) -> bytes:
        """The line that says where the server is; empty where it ended, or was not ready in time."""
        assert process.stdout is not None
        line, deadline = b"", time.monotonic() + self._timeout
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while not line.endswith(b"\n") and selector.select(max(0.0, deadline - time.monotonic())):
                more = os.read(process.stdout.fileno(), 65536)
                if not more:
                    break
                line += more
        return line if line.endswith(b"\n") else b""

    # --- control endpoints ---

    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Send a control request and return the decoded answer. `path` is what follows /_simulator/."""
        request = urllib.request.Request(
            f"{self.http_url}/_simulator/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with _DIRECT.open(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise SimulatorError(f"{method} {path}: {error.code} {error.read().decode(errors='replace')}") from None
        except OSError as error:
            raise SimulatorError(f"{method} {path}: {error}") from None

    def faults(self, **rule: Any) -> int:
        """Add a fault and return its number."""
        return int(self.control("POST", "faults", rule)["number"])

    def clear_faults(self) -> None:
        """Remove all faults."""
        self.control("DELETE", "faults")

    def requests(self) -> list[dict[str, Any]]:
        """The requests since the start, the last reset or the last `clear_requests`, oldest first."""
        return list(self.control("GET", "requests")["requests"])

    def max_in_flight(self) -> int:
        """How many of those requests were being answered at the same time at most."""
        return int(self.control("GET", "requests")["max_in_flight"])

    def clear_requests(self) -> None:
        """Empty the log of requests."""
        self.control("DELETE", "requests")

    def reset(self) -> None:
        """Objects, keys, faults, settings and log as they were at the first start."""
        self.control("POST", "reset")

    def settings(self, **wanted: Any) -> dict[str, Any]:
        """Change settings and return all of them."""
        return dict(self.control("POST", "settings", wanted))

    def clock(self, advance: float = 0, rate: float | None = None) -> str:
        """Move the virtual clock on by `advance` seconds, let `rate` virtual seconds pass in a real one, and return the virtual time."""
        wanted = {"advance": advance} | ({} if rate is None else {"rate": rate})
        return str(self.control("POST", "clock", wanted)["now"])

    def key(self, **wanted: str) -> str:
        """Make a token: access=full|none, status=ACTIVE|INACTIVE, kind=api_key|access_key|user_token, account_id, application_id."""
        return str(self.control("POST", "keys", wanted)["key"])

    def patch(self, collection: str, id_: str, **fields: Any) -> dict[str, Any]:
        """Set any fields of an object, also read-only ones, to anything, and return the object."""
        return dict(self.control("PATCH", f"{collection}/{id_}", fields))

    def add(self, collection: str, *items: dict[str, Any], count: int | None = None) -> list[str]:
        """Add objects, from `items` (any fields; the others are made up) or `count` made-up ones, and return their ids."""
        body = {"items": list(items)} if count is None else {"count": count}
        return list(self.control("POST", collection, body)["ids"])
