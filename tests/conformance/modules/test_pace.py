# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many requests in one task: how many and how fast, pauses that the service asks for, when it stops, and what an interruption leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from typing import Any

import pytest
from collection import module, util
from pelion_simulator.process import Simulator

ADD = "^/v3/device-groups/[0-9a-f]+/devices/add/$"


@pytest.fixture
def ids(fleet: list[dict[str, Any]]) -> list[str]:
    """Some devices that are not in the group."""
    return [device["id"] for device in fleet][:60]


def adding(ids: list[str], **options: Any) -> dict[str, Any]:
    return {"device_group": "empty", "device_ids": ids, **options}


def posts(simulator: Simulator) -> list[dict[str, Any]]:
    """The requests that add, in the order of their beginning."""
    return sorted((entry for entry in simulator.requests() if entry["method"] == "POST"), key=lambda entry: entry["began"])


def test_a_rate_is_kept(run: Any, simulator: Simulator, ids: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """And the service, which would refuse more, never has to."""
    simulator.settings(rate_limit=60, rate_burst=20)
    wait, asked = util("pace").Pace.wait, []

    def noted(pace: Any) -> None:
        asked.append(time.monotonic())
        wait(pace)

    monkeypatch.setattr(util("pace").Pace, "wait", noted)
    step = run("device_group_member", **adding(ids, requests_per_second=40))
    assert step.result["added"] == ids
    log = posts(simulator)
    assert len(log) == 60
    assert not any(entry["limited"] for entry in log)
    # Since the first one was to be sent: a simulator that stood still would see it late. What is read keeps to the rate as well.
    assert log[-1]["began"] - asked[0] >= (len(step.sent) - 4 - 1) / 40
    assert max(entry["in_flight"] for entry in log) <= 8


def test_refusals_by_rate_are_waited_for(run: Any, simulator: Simulator, ids: list[str]) -> None:
    simulator.settings(rate_limit=30, rate_burst=5)
    step = run("device_group_member", **adding(ids[:40], concurrency=8))
    assert step.result["added"] == ids[:40]
    assert any(entry["limited"] for entry in simulator.requests())


def test_far_too_many_workers_lose_nothing(run: Any, simulator: Simulator, ids: list[str]) -> None:
    """Some are refused more often than requests are repeated, but others get through meanwhile."""
    simulator.settings(rate_limit=10, rate_burst=10)
    step = run("device_group_member", **adding(ids, concurrency=60, retries=1))
    assert step.result["added"] == ids
    assert any(entry["limited"] for entry in simulator.requests())


def test_a_pause_holds_for_all_workers(run: Any, simulator: Simulator, ids: list[str]) -> None:
    simulator.faults(path=ADD, skip=9, status=429, retry_after=3)
    # The refusal comes at once; the calls beside it end long after it was heard, and long before the pause is over.
    simulator.faults(path=ADD, skip=8, delay_ms=2000, count=3)
    step = run("device_group_member", **adding(ids, concurrency=4))
    assert step.result["added"] == ids
    log = posts(simulator)
    (refused,) = (entry for entry in log if entry["status"] == 429)
    # Those that were under way, and at most one more of each worker.
    meanwhile = [entry for entry in log if refused["ended"] < entry["began"] < refused["ended"] + 2.9]
    assert len(meanwhile) <= 8
    assert len([entry for entry in log if entry["began"] > refused["ended"] + 2.9]) >= 40


def test_a_pause_holds_for_the_next_process_too(play: Any, simulator: Simulator) -> None:
    simulator.faults(path="^/v3/accounts/me", status=429, retry_after=6)
    played = play({"told to wait": {"account_info": {"retries": 0}}, "waits": {"account_info": {"retries": 0}}})
    assert played["told to wait"].failed
    assert not played["waits"].failed
    first, second = sorted(simulator.requests(), key=lambda entry: entry["began"])
    assert second["began"] - first["ended"] >= 5.9


@pytest.mark.parametrize("most", ["3", "5%"])
def test_it_stops_after_so_many_failures(run: Any, simulator: Simulator, ids: list[str], most: str) -> None:
    simulator.faults(path=ADD, skip=10, status=400, count=None)
    step = run("device_group_member", **adding(ids, concurrency=1, max_failures=most))
    failed = step.result["failed_devices"]
    assert step.msg.startswith("50 of 60 devices failed; the first: ")
    assert step.result["added"] == ids[:10]
    assert [entry["id"] for entry in failed] == ids[10:]
    assert {entry.get("status") for entry in failed[:3]} == {400}
    assert {entry["msg"] for entry in failed[3:]} == {"It was not tried any more, since max_failures was reached."}
    assert len(step.writes) == 13
    again = run("device_group_member", **adding([entry["id"] for entry in failed[40:]]))
    assert again.msg.startswith("10 of 10 devices failed")


def test_a_refused_key_stops_all(run: Any, simulator: Simulator, ids: list[str]) -> None:
    simulator.faults(path=ADD, skip=10, status=403, count=None)
    step = run("device_group_member", **adding(ids, concurrency=1))
    assert step.result["added"] == ids[:10]
    assert {entry["msg"] for entry in step.result["failed_devices"][1:]} == {"It was not tried any more, since the key was refused."}
    assert len(step.writes) == 11


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupted_task_says_what_it_has_done(
    simulator: Simulator, environment: dict[str, str], client: Any, ids: list[str], number: signal.Signals
) -> None:
    # There are seconds left when the signal comes.
    simulator.settings(latency_ms=150)
    simulator.clear_requests()
    arguments = {**adding(ids, concurrency=2), "_ansible_module_name": "device_group_member", "_ansible_version": "2.99.1"}
    name = module("device_group_member").__name__
    script = f"""
        import importlib, json, signal
        from ansible.module_utils import basic
        basic._ANSIBLE_ARGS = {json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()!r}
        basic._ANSIBLE_PROFILE = "legacy"
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        importlib.import_module({name!r}).main()
    """
    paths = os.pathsep.join([environment["ANSIBLE_COLLECTIONS_PATH"], *filter(None, sys.path)])
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], env={**environment, "PYTHONPATH": paths}, stdout=subprocess.PIPE, text=True
    ) as task:
        deadline = time.monotonic() + 60
        while len(posts(simulator)) < 6 and task.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        task.send_signal(number)
        told, _nothing = task.communicate(timeout=60)
    result = json.loads(told)
    assert result["failed"] is True
    added, failed = result["added"], result["failed_devices"]
    assert added == ids[: len(added)]
    assert 6 <= len(added) < 60
    assert [entry["id"] for entry in failed] == ids[len(added) :]
    assert {entry["msg"] for entry in failed} == {"It was not tried any more, since it was interrupted."}
    assert result["msg"].endswith(": It was not tried any more, since it was interrupted.")
    group = result["device_group_id"]
    assert {device["id"] for device in client.list(f"/v3/device-groups/{group}/devices/")} == set(added)
