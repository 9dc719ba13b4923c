# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users see of long work while it runs, and that nothing else is different."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from pelion_simulator.process import Simulator

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
COLLECTION = "pelion.device_management."
CLAIM = "A-" + ":".join(["AB"] * 32)
# A claim that nobody uses is waited for in vain.
WAITING = {"device_enrollment": {"enrollment_identity": CLAIM, "wait": True, "wait_timeout": 1.5, "wait_interval": 0.1}}
# Until something else ends it.
PATIENT = {**WAITING["device_enrollment"], "wait_timeout": 60}


@dataclass(frozen=True)
class Watched:
    """What a playbook printed, and the results of its tasks in order: task, whether it failed, result."""

    lines: list[str]
    output: str
    results: list[tuple[str, bool, dict[str, Any]]]


Watch = Callable[..., Watched]


@pytest.fixture
def command(simulator: Simulator, environment: dict[str, str], tmp_path: Path) -> Callable[..., tuple[list[str], dict[str, str]]]:
    """`command(tasks, *arguments, hosts=("localhost",), **environment)` gives a command line that plays the tasks, and its environment."""

    def make(tasks: Mapping[str, Any], *arguments: str, hosts: tuple[str, ...] = ("localhost",), **more: str) -> Any:
        plays: list[dict[str, Any]] = [{"hosts": "all", "gather_facts": False, "tasks": []}]
        for name, task in tasks.items():
            (short,) = (word for word in task if isinstance(task[word], dict) and word not in ("environment", "vars", "module_defaults"))
            plays[0]["tasks"].append({"name": name, "ignore_errors": True, **task, COLLECTION + short: task[short]})
            del plays[0]["tasks"][-1][short]
        plays[0].update({word: plays[0]["tasks"][0].pop(word) for word in ("strategy",) if plays[0]["tasks"][0].get(word)})
        playbook = tmp_path / "play.yml"
        playbook.write_text(json.dumps(plays), encoding="utf-8")
        settings = {
            **environment,
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callbacks"),
            "ANSIBLE_CALLBACKS_ENABLED": "recorder,impatient",
            "ANSIBLE_PYTHON_INTERPRETER": "{{ ansible_playbook_python }}",
            "RECORDER_FILE": str(tmp_path / "record.jsonl"),
            # By default it would be looked for in the user's real home.
            "ANSIBLE_ASYNC_DIR": str(tmp_path / "async"),
            **more,
        }
        return ["ansible-playbook", "-i", ",".join([*hosts, ""]), "-c", "local", *arguments, str(playbook)], settings

    return make


@pytest.fixture
def watch(command: Any, tmp_path: Path) -> Watch:
    """`watch(tasks, ..., seen=None)`, as `command`: plays the tasks, for somebody who is more impatient than users are.

    `seen` is called with all lines so far whenever there is one more, and so can end what is waited for.
    """

    def run(*arguments: Any, seen: Callable[[list[str]], None] = lambda lines: None, **words: Any) -> Watched:
        line, environment = command(*arguments, **words)
        record = tmp_path / "record.jsonl"
        record.unlink(missing_ok=True)
        lines, errors = [], ""
        with (
            tempfile.TemporaryFile("w+", encoding="utf-8") as output,
            subprocess.Popen(line, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.PIPE, text=True) as running,
        ):
            too_late = threading.Timer(300, running.kill)
            too_late.start()
            try:
                assert running.stderr is not None
                for text in running.stderr:
                    errors += text
                    # Beside them only Ansible's own warnings are printed there.
                    if re.match(r"\w+ \(\w+\): ", text):
                        lines.append(text.rstrip("\n"))
                        seen(lines)
                running.wait()
            finally:
                too_late.cancel()
                running.kill()
            output.seek(0)
            printed = output.read()
        entries = [json.loads(entry) for entry in record.read_text(encoding="utf-8").splitlines()] if record.exists() else []
        assert entries, printed + errors
        assert not re.search(r"^\w+ \(\w+\): ", printed, re.MULTILINE), "standard output is that of callbacks"
        assert left_behind(environment) == []
        return Watched(lines, printed + errors, [(entry["name"], entry["failed"], entry["result"]) for entry in entries])

    return run


def left_behind(environment: Mapping[str, str]) -> list[str]:
    return [path.name for path in Path(environment["ANSIBLE_HOME"], "tmp").iterdir()]


@pytest.fixture
def group(client: Any) -> str:
    """The id of a group without members."""
    (found,) = (group["id"] for group in client.list("/v3/device-groups/") if group["name"] == "empty")
    return str(found)


def members(ids: list[str], group: str, **words: Any) -> dict[str, Any]:
    return {"device_group_member": {"device_group_id": group, "device_ids": ids, "concurrency": 2, **words}}


def test_long_work_is_visible_host_by_host(
    watch: Watch, simulator: Simulator, fleet: list[dict[str, Any]], group: str, environment: dict[str, str]
) -> None:
    simulator.settings(latency_ms=500, enrollment_seconds=3600)
    ids = [device["id"] for device in fleet[:40]]
    added = threading.Event()

    def counted(lines: list[str]) -> list[str]:
        return [line.partition(": ")[2] for line in lines if re.match(r"device_group_member \(pumps\): .* members changed", line)]

    def told(lines: list[str]) -> None:
        """All of it goes on until enough is seen of it."""
        counts = counted(lines)
        begun = {int(count.split()[0]) for count in counts}
        both = any(line.startswith("device_group_member (valves)") for line in lines)
        if not added.is_set() and both and len(begun) > 1 and any(count.endswith(" s left") for count in counts):
            added.set()
            simulator.settings(latency_ms=0)
            simulator.faults(method="GET", path="^/v3/devices/$", delay_ms=3000)
        if len([line for line in lines if line.startswith("device_enrollment")]) == 2:
            simulator.clock(advance=3600)

    seen = watch(
        {
            # Both hosts add the same members, side by side.
            "members": {**members(ids, group), "strategy": "free"},
            "claim": {"device_enrollment": PATIENT, "when": "inventory_hostname == 'pumps'"},
            "list": {"device_info": {}, "when": "inventory_hostname == 'valves'"},
        },
        hosts=("pumps", "valves"),
        seen=told,
    )
    assert [name for name, failed, _result in seen.results if failed] == []
    assert {line.partition(": ")[0] for line in seen.lines} == {
        "device_group_member (pumps)",
        "device_group_member (valves)",
        "device_enrollment (pumps)",
        "device_info (valves)",
    }
    counts = counted(seen.lines)
    assert len(counts) >= 2
    for count in counts:
        assert re.fullmatch(r"\d+ of 40 members changed(, [\d.]+/(s|min))?(, \d+ s left)?", count), count
    assert int(counts[0].split()[0]) < int(counts[-1].split()[0]) <= 40
    assert any(count.endswith(" s left") for count in counts)
    waits = [line.partition(": ")[2] for line in seen.lines if line.startswith("device_enrollment")]
    assert len(waits) >= 2
    assert {re.sub(r"^waiting, \d+ s", "waiting, N s", wait) for wait in waits} == {"waiting, N s of at most 1 min"}
    listed = {line.partition(": ")[2] for line in seen.lines if line.startswith("device_info")}
    assert "0 devices read" in {re.sub(", 0/s", "", line) for line in listed}, "one page has not come yet"
    assert environment["PELION_API_KEY"] not in seen.output


def test_what_is_seen_of_it_is_shown(watch: Watch, simulator: Simulator, client: Any) -> None:
    simulator.settings(bulk_seconds=3600)
    device = next(found for found in client.list("/v3/devices/") if found["state"] == "deregistered")

    def told(lines: list[str]) -> None:
        """What is waited for comes when that was seen."""
        if lines[-1].startswith("device_enrollment_bulk"):
            simulator.clock(advance=3600)
        else:
            simulator.patch("devices", device["id"], state="registered")

    seen = watch(
        {
            "claim": {"device_enrollment_bulk": {"enrollment_identities": [CLAIM], "wait_interval": 0.1}},
            "device": {"device": {"id": device["id"], "state": "active", "wait": True, "wait_timeout": 60, "wait_interval": 0.1}},
        },
        seen=told,
    )
    assert [(name, failed) for name, failed, _result in seen.results] == [("claim", False), ("device", False)]
    assert {re.sub(r"\d+ s of", "N s of", line) for line in seen.lines} == {
        "device_enrollment_bulk (localhost): waiting, 0 of 1 identities processed, N s of at most 10 min",
        'device (localhost): waiting, state "deregistered", N s of at most 1 min',
    }


def test_where_nothing_is_printed(
    watch: Watch, simulator: Simulator, fleet: list[dict[str, Any]], group: str, client: Any, tmp_path: Path
) -> None:
    simulator.settings(latency_ms=50, enrollment_seconds=3600)
    ids = [device["id"] for device in fleet[:30]]
    seen = watch(
        {
            "option": members(ids, group, progress=False),
            "environment": {**members(ids, group, state="absent"), "environment": {"PELION_PROGRESS": "false"}},
            "defaults": {**members(ids, group), "module_defaults": {"group/pelion.device_management.all": {"progress": False}}},
            "check": {**members(ids, group, state="absent"), "check_mode": True},
            "secret": {**members(ids, group, state="absent"), "no_log": True},
            "async": {**members(ids, group), "async": 60, "poll": 1},
        }
    )
    assert seen.lines == []
    assert [(name, failed) for name, failed, _result in seen.results] == [
        (name, False) for name in ("option", "environment", "defaults", "check", "secret", "async")
    ]
    assert [len(result["added"]) for name, _failed, result in seen.results if name in ("option", "defaults", "async")] == [30, 30, 30]
    assert {device["id"] for device in client.list(f"/v3/device-groups/{group}/devices/")} == set(ids)


def test_short_work_prints_nothing(watch: Watch, simulator: Simulator, tmp_path: Path) -> None:
    simulator.settings(enrollment_seconds=3600)
    moments: list[float] = []
    watch({"claim": WAITING}, seen=lambda _lines: moments.append(time.time()), ANSIBLE_CALLBACKS_ENABLED="recorder")
    (entry,) = map(json.loads, (tmp_path / "record.jsonl").read_text(encoding="utf-8").splitlines())
    # On a machine that stands still in between it may not be that short.
    assert [moment - entry["begun"] for moment in moments if moment < entry["begun"] + 5] == []


def test_results_are_those_without_the_action_plugin(
    watch: Watch, simulator: Simulator, fleet: list[dict[str, Any]], group: str, tmp_path: Path, environment: dict[str, str], spec: int
) -> None:
    """The same collection without the routing runs the modules as Ansible does by itself."""
    plain = tmp_path / "plain/ansible_collections/pelion/device_management"
    plain.mkdir(parents=True)
    for part in ("plugins", "galaxy.yml"):
        (plain / part).symlink_to(ROOT / part)
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))
    del runtime["plugin_routing"]
    (plain / "meta").mkdir()
    (plain / "meta/runtime.yml").write_text(json.dumps(runtime), encoding="utf-8")
    ids = [device["id"] for device in fleet[:3]]
    listed = {"device_info": {"ids": ids, "fields": ["endpoint_name"]}}
    tasks = {
        "read": {**listed, "register": "found", "vars": {"mine": 1}},
        "registered": {"device_info": {"ids": "{{ found.devices | map(attribute='id') }}", "fields": ["state"]}},
        "fail": {"device_info": {"ids": ["pump-17"]}},
        "wrong": {"device_info": {"ids": ids, "colour": "red"}},
        "loop": {"device_info": {"ids": ["{{ item }}"], "fields": ["state"]}, "loop": ids},
        "until": {**listed, "register": "again", "until": "again.attempts is defined and again.attempts > 1", "retries": 3, "delay": 0},
        "members": members(ids, group),
        "check": {**members(ids, group, state="absent"), "check_mode": True},
        "refused": {**listed, "environment": {"PELION_API_KEY": "ak_1" + "0" * 44}},
        "wait": {"device_enrollment": PATIENT},
        "elsewhere": {**listed, "delegate_to": "other"},
        "started": {**listed, "async": 60, "poll": 1},
    }

    def told(root: str, **words: Any) -> Any:
        seen = watch(tasks, "--diff", ANSIBLE_COLLECTIONS_PATH=root, ANSIBLE_INJECT_INVOCATION="1", **words)
        text = json.dumps(seen.results)
        assert "PELION_PROGRESS_FILE" not in text
        # What the service makes anew each time, and what Ansible names after the moment.
        text = re.sub(r'(request id |"request_id": "|device-enrollments/|"id": ")[0-9a-f]{32}', r"\1ID", text)
        text = re.sub(r'"(20\d\d-|j?\d+\.\d+|[^"]*/async/j\d)[^"]*"', '"MOMENT"', text)
        return json.loads(text), len(seen.lines)

    def begin() -> None:
        simulator.reset()
        simulator.settings(spec=spec, enrollment_seconds=3600)

    def end(lines: list[str]) -> None:
        """The wait is over when something was seen of it."""
        if lines[-1].startswith("device_enrollment"):
            simulator.faults(method="GET", path="^/v3/device-enrollments/[0-9a-f]+", status=400)

    begin()
    with_it, lines = told(environment["ANSIBLE_COLLECTIONS_PATH"], seen=end)
    begin()
    simulator.faults(method="GET", path="^/v3/device-enrollments/[0-9a-f]+", status=400, skip=3)
    without_it, none = told(str(tmp_path / "plain"))
    assert lines > 0
    assert none == 0, "the copy is routed too"
    assert with_it == without_it
    assert [(name, failed) for name, failed, _result in with_it if failed] == [
        (name, True) for name in ("fail", "wrong", "refused", "wait")
    ]


def test_an_interruption_leaves_nothing_behind(command: Any, simulator: Simulator, environment: dict[str, str]) -> None:
    simulator.settings(enrollment_seconds=3600)
    task = {"device_enrollment": {**WAITING["device_enrollment"], "wait_timeout": 600}}
    # A line takes long, so that the signal comes in the middle of one.
    line, settings = command({"claim": task}, IMPATIENT_LINE="0.7")
    begun = time.monotonic()
    # A group of its own gets the signal, as from a terminal.
    with subprocess.Popen(
        line, env=settings, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        try:
            assert running.stderr is not None
            first = next(text for text in running.stderr if text.startswith("device_enrollment"))
            told = re.fullmatch(r"device_enrollment \(localhost\): waiting, (\d+) s of at most 10 min\n", first)
            assert told is not None, first
            assert int(told[1]) <= round(time.monotonic() - begun)
            folders = Path(settings["ANSIBLE_HOME"], "tmp").rglob("pelion-progress-*")
            assert [oct(path.stat().st_mode & 0o777) for path in folders] == ["0o700"]
            time.sleep(0.6)
            os.killpg(running.pid, signal.SIGINT)
            running.communicate(timeout=60)
        finally:
            running.kill()
    assert running.returncode == 99
    assert left_behind(settings) == []
