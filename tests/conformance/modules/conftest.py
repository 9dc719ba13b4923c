# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays tasks as a user does, with `ansible-playbook`, and tells what each one said and sent."""

from __future__ import annotations

import contextlib
import http.client
import io
import itertools
import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl

import pytest
import urllib3.connection
from ansible.module_utils import basic
from ansible.module_utils.common.parameters import PASS_VARS
from collection import module, util
from pelion_simulator.process import Simulator

HERE = Path(__file__).parent
COLLECTION = "pelion.device_management."
# Words of a task beside the module itself.
KEYWORDS = ("check_mode", "environment", "register", "when", "no_log", "run_once")


@dataclass(frozen=True)
class Sent:
    """One request as the simulator saw it. `json` is the decoded body, None where there was none."""

    method: str
    path: str
    query: dict[str, str]
    json: Any
    status: int | None


@dataclass(frozen=True)
class Step:
    """What one task returned, and the requests that it sent. `output` is all that the module printed."""

    name: str
    failed: bool
    result: dict[str, Any]
    sent: list[Sent]
    output: str = ""

    @property
    def changed(self) -> bool:
        return bool(self.result["changed"])

    @property
    def msg(self) -> str:
        """The message of a task that failed."""
        assert self.failed, f"{self.name} did not fail: {self.result}"
        return str(self.result["msg"])

    @property
    def writes(self) -> list[tuple[str, str, Any]]:
        """The requests that change something: method, path and body."""
        return [(sent.method, sent.path, sent.json) for sent in self.sent if sent.method != "GET"]


@dataclass(frozen=True)
class Played:
    """The steps of one playbook by name, and all that it printed."""

    steps: dict[str, Step]
    output: str

    def __getitem__(self, name: str) -> Step:
        return self.steps[name]

    def values(self, key: str) -> dict[str, Any]:
        """One key of every step's result; a step that failed gives its message."""
        return {name: step.msg if step.failed else step.result[key] for name, step in self.steps.items()}


Play = Callable[..., Played]
Run = Callable[..., Step]


@pytest.fixture
def run(simulator: Simulator, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run(module, check=False, diff=True, **options)` runs a module in this process, by its own `main` and Ansible's AnsibleModule.

    Much quicker than `play`, which plays it as a user does.
    """
    for name in [name for name in os.environ if name.startswith("PELION_")]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        if name == "HOME" or name.startswith("PELION_"):
            monkeypatch.setenv(name, value)

    def execute(name: str, /, *, check: bool = False, diff: bool = True, **options: Any) -> Step:
        arguments = {
            **{option: value for option, value in options.items() if value is not None},
            "_ansible_check_mode": check,
            "_ansible_diff": diff,
            # Results show the options, as older ansible-core always has them.
            **({"_ansible_inject_invocation": True} if "inject_invocation" in PASS_VARS else {}),
            "_ansible_module_name": COLLECTION + name,
            "_ansible_version": "2.99.1",
        }
        simulator.clear_requests()
        printed, warned = io.StringIO(), []
        with (
            # In one process with Ansible's commands a module's warnings would go to the screen.
            mock.patch.object(basic.AnsibleModule, "warn", lambda module, warning: warned.append(warning)),
            mock.patch.object(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()),
            # Since ansible-core 2.19 it says in which form options come.
            mock.patch.object(basic, "_ANSIBLE_PROFILE", "legacy", create=True),
            contextlib.redirect_stdout(printed),
            pytest.raises(SystemExit),
        ):
            module(name).main()
        result = {**({"warnings": warned} if warned else {}), **json.loads(printed.getvalue())}
        sent = [_sent(entry) for entry in simulator.requests()]
        return Step(name, bool(result.get("failed")), result, sent, printed.getvalue())

    return execute


@pytest.fixture
def play(simulator: Simulator, environment: dict[str, str], tmp_path: Path) -> Play:
    """`play({name: {module: options, keyword: value}, ...}, *arguments, **words of the play)` runs the tasks in one playbook.

    A module of this collection is written by its short name. A task that fails does not end the play. Every task must have run.
    """

    def run(tasks: Mapping[str, Mapping[str, Any]], *arguments: str, **words: Any) -> Played:
        book = {"hosts": "localhost", "gather_facts": False, "tasks": [_task(name, task) for name, task in tasks.items()], **words}
        playbook, record = tmp_path / "play.yml", tmp_path / "record.jsonl"
        playbook.write_text(json.dumps([book]), encoding="utf-8")
        record.unlink(missing_ok=True)
        simulator.clear_requests()
        done = subprocess.run(
            ["ansible-playbook", "-i", "localhost,", "-c", "local", *arguments, str(playbook)],
            env={
                **environment,
                # Results with the options that the module was called with, as older ansible-core always has them.
                "ANSIBLE_INJECT_INVOCATION": "1",
                # Fewer processes a task.
                "ANSIBLE_PIPELINING": "1",
                "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callbacks"),
                "ANSIBLE_CALLBACKS_ENABLED": "recorder",
                "ANSIBLE_PYTHON_INTERPRETER": "{{ ansible_playbook_python }}",
                "RECORDER_FILE": str(record),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        lines = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()] if record.exists() else []
        assert [line["name"] for line in lines] == list(tasks), done.stdout
        log = simulator.requests()
        steps = {line["name"]: _step(line, log) for line in lines}
        return Played(steps, done.stdout)

    return run


@pytest.fixture
def runs(run: Run, monkeypatch: pytest.MonkeyPatch) -> Play:
    """`runs({name: {module: options, check_mode: ...}, ...}, environment={...})`: several tasks, as `play` takes them, by `run`."""

    def execute(tasks: Mapping[str, Mapping[str, Any]], environment: Mapping[str, str] | None = None) -> Played:
        steps = {}
        for name, value in (environment or {}).items():
            monkeypatch.setenv(name, value)
        for name, task in tasks.items():
            (short,) = (word for word in task if word != "check_mode")
            steps[name] = run(short, check=bool(task.get("check_mode")), **(task[short] or {}))
        return Played(steps, "".join(step.output for step in steps.values()))

    return execute


def _task(name: str, task: Mapping[str, Any]) -> dict[str, Any]:
    named = {word if word in KEYWORDS or "." in word else COLLECTION + word: value for word, value in task.items()}
    return {"name": name, "ignore_errors": True, **named}


def _step(line: Mapping[str, Any], log: Sequence[Mapping[str, Any]]) -> Step:
    # The tasks run one after the other on the machine of the simulator, so the clock says whose request it was.
    sent = [_sent(entry) for entry in log if line["begun"] <= entry["started_at"] <= line["ended"]]
    return Step(line["name"], line["failed"], line["result"], sent)


def _sent(entry: Mapping[str, Any]) -> Sent:
    try:
        body = json.loads(entry["body"]) if entry["body"] else None
    except ValueError:
        # A file, for example.
        body = entry["body"]
    return Sent(entry["method"], entry["path"], dict(parse_qsl(entry["query"], strict_parsing=bool(entry["query"]))), body, entry["status"])


@pytest.fixture
def side_by_side() -> Callable[..., contextlib.AbstractContextManager[None]]:
    """`with side_by_side(number, method, skip=0)`: so many requests by `run`, behind the first `skip`, are sent before any answer is read.

    Where never so many are under way at the same time, they fail.
    """

    @contextlib.contextmanager
    def meeting(number: int, method: str, skip: int = 0) -> Iterator[None]:
        met, places, read = threading.Barrier(number), itertools.count(), http.client.HTTPConnection.getresponse

        def getresponse(connection: Any, *arguments: Any, **words: Any) -> Any:
            # The simulator's control requests are sent by another library.
            ours = isinstance(connection, urllib3.connection.HTTPConnection) and connection._method == method
            if ours and skip <= next(places) < skip + number:
                met.wait(60)
            return read(connection, *arguments, **words)

        with mock.patch.object(http.client.HTTPConnection, "getresponse", getresponse):
            yield
        assert next(places) >= skip + number, "there were not so many"

    return meeting


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Any]:
    """The collection's own client, for tests that need no playbook."""
    with util("client").Client(
        util("settings").Settings(api_key=simulator.api_key, api_url=simulator.url, ca_path=simulator.ca_file, retries=0)
    ) as opened:
        yield opened


@pytest.fixture
def fleet(client: Any) -> list[dict[str, Any]]:
    """All devices, oldest first."""
    return list(client.list("/v3/devices/"))
