# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin in front of modules with long work: when a module's progress is shown, and that nothing else is different."""

from __future__ import annotations

import json
import os
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible import constants
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible_collections.pelion.device_management.plugins.action import devices as subject
from ansible_collections.pelion.device_management.plugins.module_utils.progress import VARIABLE, Progress
from ansible_collections.pelion.device_management.plugins.plugin_utils import progress

RESULT = {"changed": True, "devices": []}
ENVIRONMENT = [{"PELION_API_KEY": "ak_1", "LANG": "C"}]


class Screen:
    """What was displayed, and how."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, bool]] = []
        self.shown = threading.Event()

    def display(self, line: str, stderr: bool = False) -> None:
        self.lines.append((line, stderr))
        self.shown.set()


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ansible's folder for what this run alone needs."""
    folder = tmp_path / "ansible-local"
    folder.mkdir()
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(folder), raising=False)
    return folder


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    screen = Screen()
    monkeypatch.setattr(subject, "display", screen)
    monkeypatch.setattr(progress, "FIRST", 0.01)
    monkeypatch.setattr(progress, "EVERY", 0.01)
    # After a second there would be a speed.
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: 1000.5))
    return screen


@pytest.fixture
def action(temporary: Path, screen: Screen, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """`action(module, transport=..., become=..., **words of the task)` is the plugin in front of a module that is a function."""

    def make(module: Callable[[Any], Any], *, transport: str = "local", become: Any = None, **words: Any) -> Any:
        task = {"action": "pelion.device_management.devices", "check_mode": False, "async_val": 0, "no_log": False}
        plugin = object.__new__(subject.ActionModule)
        plugin._task = SimpleNamespace(**{**task, "environment": ENVIRONMENT, **words})
        plugin._connection = SimpleNamespace(transport=transport, become=become)
        monkeypatch.setattr(NormalAction, "run", lambda self, tmp, task_vars: module(self._task.environment))
        return plugin

    return make


def test_the_progress_is_shown_while_the_module_runs(action: Any, screen: Screen, temporary: Path) -> None:
    def module(environment: list[dict[str, str]]) -> dict[str, Any]:
        assert environment[:-1] == ENVIRONMENT
        (path,) = environment[-1].values()
        assert list(environment[-1]) == [VARIABLE]
        folder = Path(path).parent
        assert (folder.parent, stat.S_IMODE(folder.stat().st_mode), os.listdir(folder)) == (temporary, 0o700, [])
        Progress(path, lambda: 1000.0).start("devices changed", 10000)
        assert screen.shown.wait(10)
        return RESULT

    plugin = action(module)
    assert plugin.run(task_vars={"inventory_hostname": "pumps"}) is RESULT
    assert set(screen.lines) == {("devices (pumps): 0 of 10,000 devices changed", True)}, "on standard error"
    assert plugin._task.environment is ENVIRONMENT
    assert list(temporary.iterdir()) == []
    count = len(screen.lines)
    time.sleep(0.05)
    assert len(screen.lines) == count


@pytest.mark.parametrize(
    "words",
    [
        {"check_mode": True},
        {"async_val": 30},
        {"no_log": True},
        {"transport": "ssh"},
        {"transport": "community.docker.docker"},
        {"become": object()},
    ],
)
def test_otherwise_the_module_runs_as_always(action: Any, screen: Screen, temporary: Path, words: dict[str, Any]) -> None:
    def module(environment: list[dict[str, str]]) -> dict[str, Any]:
        assert environment is ENVIRONMENT
        assert list(temporary.iterdir()) == []
        return RESULT

    before = set(threading.enumerate())
    assert action(module, **words).run(task_vars={"inventory_hostname": "pumps"}) is RESULT
    assert set(threading.enumerate()) <= before
    assert screen.lines == []


def test_a_full_disk_stops_no_module(action: Any, temporary: Path) -> None:
    temporary.rmdir()
    assert action(lambda environment: (environment is ENVIRONMENT, RESULT)).run() == (True, RESULT)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1), ValueError("words")])
def test_whatever_ends_it_nothing_stays(action: Any, temporary: Path, error: BaseException) -> None:
    def module(environment: list[dict[str, str]]) -> None:
        Progress(environment[-1][VARIABLE]).start("devices changed")
        raise error

    plugin, before = action(module), set(threading.enumerate())
    with pytest.raises(type(error)) as caught:
        plugin.run(task_vars={"inventory_hostname": "pumps"})
    assert caught.value is error
    assert plugin._task.environment is ENVIRONMENT
    assert list(temporary.iterdir()) == []
    assert set(threading.enumerate()) <= before


def test_what_the_module_leaves_beside_the_file_goes_too(action: Any, temporary: Path) -> None:
    def module(environment: list[dict[str, str]]) -> dict[str, Any]:
        # Killed while it wrote.
        Path(environment[-1][VARIABLE] + ".part").write_text(json.dumps({})[:1], encoding="utf-8")
        return RESULT

    assert action(module).run(task_vars={}) is RESULT
    assert list(temporary.iterdir()) == []
