# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make coverage-api` counts what a module made for it has really sent; and docs/operations.md says what all of them are for."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import collection
import pytest
from recorded import VARIABLE, Recorded, answered

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

import coverage_api

OPERATIONS = coverage_api.all_operations()
AGENT = "pelion.device_management/0.1.0 {} ansible-core/2.21.5"


def entry(**more: Any) -> dict[str, Any]:
    return {
        "operation": "Device_list",
        "user_agent": AGENT.format("module/device_info"),
        "status": 200,
        "faulty": False,
        **more,
    }


@pytest.mark.parametrize(
    ("more", "sender"),
    [
        ({}, "module/device_info"),
        ({"status": 204}, "module/device_info"),
        ({"status": 101, "user_agent": "pelion.device_management/0.1.0 client/tunnel"}, "client/tunnel"),
        ({"user_agent": AGENT.format("inventory/devices")}, "inventory/devices"),
        ({"user_agent": AGENT.format("module/api")}, "module/api"),
        ({"status": 404}, None),
        ({"status": 301}, None),
        ({"status": 501}, None),
        ({"status": None}, None),
        ({"faulty": True}, None),
        ({"operation": None}, None),
        ({"user_agent": "python-requests/2.32"}, None),
        ({"user_agent": "pelion.device_management/0.1.0"}, None),
        ({"user_agent": AGENT.format("somebody/else")}, None),
        ({"user_agent": "curl module/device_info"}, None),
    ],
)
def test_what_counts_as_sent(more: dict[str, Any], sender: str | None) -> None:
    assert answered([entry(**more)]) == ({("Device_list", sender)} if sender else set())


class FakeLog:
    """The log of a simulator, without a process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.entries: list[dict[str, Any]] = []
        parent = Recorded.__mro__[1]
        monkeypatch.setattr(parent, "requests", lambda _simulator: list(self.entries))
        for name in ("clear_requests", "reset", "stop"):
            monkeypatch.setattr(parent, name, lambda _simulator: self.entries.clear())


def test_the_record_survives_what_empties_the_log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    log = FakeLog(monkeypatch)
    file = tmp_path / "new" / "record.jsonl"
    monkeypatch.setenv(VARIABLE, str(file))
    simulator = Recorded()
    for empty in (simulator.clear_requests, simulator.reset, lambda: simulator.__exit__(None, None, None)):
        log.entries += [entry(), entry(operation=f"{empty!r:.20}"), entry()]
        empty()
        assert log.entries == []
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == len({tuple(line) for line in lines})
    assert ["Device_list", "module/device_info"] in lines
    assert len(lines) >= 2


def test_nothing_is_recorded_unasked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    log = FakeLog(monkeypatch)
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    log.entries.append(entry())
    Recorded().reset()
    assert not list(tmp_path.iterdir())


@pytest.fixture
def records(tmp_path: Path) -> Any:
    """Writes records: `records({file: [[operation, sender], ...]})`; gives their folder."""

    def write(files: dict[str, list[list[str]]]) -> Path:
        for name, lines in files.items():
            (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        return tmp_path

    return write


ALL = [[name, "module/x"] for name in OPERATIONS]


def test_all_files_together_count_and_the_escape_hatch_does_not(records: Any) -> None:
    folder = records({"one": [["a", "module/x"], ["b", "module/api"]], "two": [["a", "module/y"], ["c", "client/tunnel"]]})
    assert coverage_api.read(folder.glob("*.jsonl")) == {"a": {"module/x", "module/y"}, "c": {"client/tunnel"}}


def test_without_records_nothing_is_proven(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="There are no records"):
        coverage_api.main([str(tmp_path)])


def test_the_report() -> None:
    found = {name: {"module/x"} for name in OPERATIONS}
    assert coverage_api.report(found, OPERATIONS) == ("363 of 363", True)
    del found["Device_list"], found["createAceAuthToken"]
    # What is no operation does not make up for one.
    found["else"] = {"module/x"}
    text = "361 of 363\n  createAceAuthToken: POST /ace-auth/token\n  Device_list: GET /v3/devices/"
    assert coverage_api.report(found, OPERATIONS) == (text, False)


def test_the_tool(records: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(coverage_api, "TABLE", tmp_path / "operations.md")
    folder = str(records({"all": ALL}))
    assert coverage_api.main(["--write", folder]) == 0
    assert coverage_api.main([folder]) == 0
    assert capsys.readouterr().out == "363 of 363\n" * 2
    records({"all": ALL[1:]})
    assert coverage_api.main([folder]) == 1
    name, operation = next(iter(OPERATIONS.items()))
    assert capsys.readouterr().out == (
        f"362 of 363\n  {name}: {operation.method} {operation.path}\n"
        f"docs/operations.md is not current; run tests/tools/coverage_api.py --write:\n  {name} is not used by `x`\n"
    )
    records({"all": [*ALL, [name, "module/y"]]})
    # One user more is no mistake.
    assert coverage_api.main([folder]) == 0


def test_a_table_that_is_not_current() -> None:
    found = {"Device_list": {"module/device_info", "inventory/devices"}}
    text = coverage_api.table(found, OPERATIONS)
    assert "| `Device_list` | `GET /v3/devices/` | `device_info`, inventory `devices` |\n" in text
    assert "| `getMyUser` (2019) | `GET /v3/users/me` |  |\n" in text
    assert coverage_api.differences(text, found, OPERATIONS) == []
    assert coverage_api.differences(text, {}, OPERATIONS) == ["Device_list is not used by `device_info`, inventory `devices`"]
    assert coverage_api.differences(text, {**found, "getMyUser": {"module/user_info"}}, OPERATIONS) == ["getMyUser is used by `user_info`"]
    row = "| `getMyUser` (2019) | `GET /v3/users/me` |  |\n"
    assert coverage_api.differences(text.replace(row, ""), found, OPERATIONS) == ["getMyUser has no row that says GET /v3/users/me"]
    moved = coverage_api.differences(text.replace("/v3/users/me`", "/v3/users/you`"), found, OPERATIONS)
    assert "getMyUser has no row that says GET /v3/users/me" in moved
    assert coverage_api.differences(text + "| `x` | `GET /x` |  |\n", found, OPERATIONS) == ["x is no operation"]


def test_the_table_in_the_documentation() -> None:
    """Every operation has a row; whoever is named exists. Whether they use it, `make coverage-api` knows."""
    text = coverage_api.TABLE.read_text(encoding="utf-8")
    assert text.startswith(coverage_api.HEAD)
    rows = coverage_api.rows(text)
    assert list(rows) == list(OPERATIONS)
    assert len(rows) == 363
    assert {name: where for name, (where, _users) in rows.items()} == {
        name: coverage_api.place(found) for name, found in OPERATIONS.items()
    }
    assert [name for name, (_where, users) in rows.items() if not users] == []
    named = {user for _where, users in rows.values() for user in users}
    modules = {f"`{name}`" for name in collection.MODULES if name != "api"}
    others = {user for user in named if not user.startswith("`")}
    assert named - others <= modules
    for user in others:
        kind, name = user.replace("`", "").split(" ")
        folder = {"inventory": "inventory", "client": "module_utils", "lookup": "lookup"}[kind]
        assert (collection.ROOT / "plugins" / folder / f"{name}.py").is_file(), user
