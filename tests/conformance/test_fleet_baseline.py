# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role fleet_baseline: what check mode shows is what a run does, and a run is needed once."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from pelion_simulator.process import Simulator

ROLE = "pelion.device_management.fleet_baseline"
GATEWAY = "e60bde0f-c27b-4a0f-a3fa-72d94532d732"
THERMOMETER = "fd2f3003-72a2-4790-a6ca-e010545969a3"

Baseline = dict[str, Any]
Run = Callable[..., str]

# Each stage starts from what the one before it left behind.
STAGES: list[Baseline] = [
    {
        "fleet_baseline_devices": [{"endpoint_name": GATEWAY, "name": "gw-1", "custom_attributes": {"ring": "one", "floor": None}}],
        "fleet_baseline_groups": [
            {"name": "Ring one", "description": "New", "members": {"filters": {"device_class": "edge-gw-2"}, "state": "exact"}},
            {"name": "pilot", "description": "Renewed", "custom_attributes": {"ring": "zero"}, "purge": True},
            {"name": "empty", "members": {"device_ids": []}},
            {"name": "never was", "state": "absent"},
        ],
        "fleet_baseline_queries": [
            {"name": "Silent", "filters": {"state": {"neq": "registered"}, "custom_attributes": {"site": "oslo"}}},
            {"name": "registered", "query": "state__eq=registered&device_class__eq=edge-gw-2"},
        ],
    },
    {
        "fleet_baseline_devices": [
            {"endpoint_name": GATEWAY, "custom_attributes": {"ring": "two"}, "purge": True},
            {"name": "thermo-oslo-c03c30-3", "description": "Behind the boiler"},
        ],
        "fleet_baseline_groups": [
            {"name": "Ring one", "members": {"filters": {"endpoint_name": GATEWAY}, "state": "absent"}},
            {"name": "gateways", "members": {"filters": {"endpoint_name": THERMOMETER}, "state": "exact"}},
            {"name": "pilot", "state": "absent"},
        ],
        "fleet_baseline_queries": [{"name": "Silent", "state": "absent"}, {"name": "registered"}],
        "fleet_baseline_purge_groups": True,
        "fleet_baseline_purge_queries": True,
    },
]


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    """Plays the role with these variables; returns what Ansible printed."""

    def play(baseline: Baseline, *arguments: str, status: int = 0, book: Any = None) -> str:
        playbook, variables = tmp_path / "site.yml", tmp_path / "fleet.yml"
        playbook.write_text(json.dumps(book or [{"hosts": "localhost", "gather_facts": False, "roles": [ROLE]}]), encoding="utf-8")
        variables.write_text(json.dumps(baseline), encoding="utf-8")
        done = subprocess.run(
            ["ansible-playbook", str(playbook), "-e", f"@{variables}", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stdout
        return done.stdout

    return play


def outcomes(output: str) -> list[tuple[str, str, str]]:
    """Task, item and whether it changed something, in order."""
    found, task = [], ""
    for line in output.splitlines():
        if heading := re.match(r"TASK \[(?:.* : )?(.*)\] \*", line):
            task = heading[1]
        elif result := re.match(r"(ok|changed|skipping): \[localhost\](?: => \(item=(.*?)\)|$)", line):
            found.append((task, result[2] or "", result[1]))
    return found


def changes(output: str) -> list[tuple[str, str]]:
    return [(task, item) for task, item, outcome in outcomes(output) if outcome == "changed"]


def differences(output: str) -> list[str]:
    """The lines of the diffs but for ids and times, which a plan cannot know."""
    return [line for line in output.splitlines() if re.match(r"[+-] ", line) and not re.search(r'"id":', line)]


def writes(simulator: Simulator) -> list[str]:
    return [f"{entry['method']} {entry['path']}" for entry in simulator.requests() if entry["method"] != "GET"]


def read(simulator: Simulator, path: str) -> list[dict[str, Any]]:
    answer = requests.get(
        simulator.url + path, headers={"Authorization": f"Bearer {simulator.api_key}"}, verify=simulator.ca_file, timeout=60
    )
    answer.raise_for_status()
    data: list[dict[str, Any]] = answer.json()["data"]
    return data


def test_life_cycle(simulator: Simulator, run: Run) -> None:
    for number, stage in enumerate(STAGES):
        simulator.clear_requests()
        planned = run(stage, "--check", "--diff")
        assert not writes(simulator)

        real = run(stage, "--diff")
        assert outcomes(planned) == outcomes(real), f"stage {number}"
        assert differences(planned) == differences(real)
        assert changes(real)

        simulator.clear_requests()
        again = run(stage)
        assert not changes(again)
        assert not writes(simulator)

    gateway = next(device for device in read(simulator, "/v3/devices/") if device["endpoint_name"] == GATEWAY)
    assert (gateway["name"], gateway["custom_attributes"]) == ("gw-1", {"ring": "two"})
    groups = {group["name"]: group for group in read(simulator, "/v3/device-groups/")}
    assert set(groups) == {"Ring one", "gateways"}
    assert groups["Ring one"]["devices_count"] > 3
    members = read(simulator, f"/v3/device-groups/{groups['gateways']['id']}/devices/")
    assert [member["endpoint_name"] for member in members] == [THERMOMETER]
    queries = {query["name"]: query["query"] for query in read(simulator, "/v3/device-queries/")}
    assert queries == {"registered": "state__eq=registered&device_class__eq=edge-gw-2"}


def test_once_from_a_play_over_many_hosts(simulator: Simulator, run: Run) -> None:
    task = {"ansible.builtin.import_role": {"name": ROLE}, "run_once": True, "delegate_to": "localhost"}
    book = [
        {
            "hosts": "all",
            "gather_facts": False,
            "module_defaults": {"group/pelion.device_management.all": {"api_key": simulator.key(kind="access_key")}},
            "tasks": [task],
        }
    ]
    # Nothing could log in to these hosts.
    simulator.clear_requests()
    groups = {"fleet_baseline_groups": [{"name": "Once"}]}
    run(groups, "-i", "one.example.com,two.example.com,three.example.com", book=book)
    assert writes(simulator) == ["POST /v3/device-groups/"]


def test_the_playbook_of_the_collection(simulator: Simulator, environment: dict[str, str], tmp_path: Path) -> None:
    """By its full name, from any folder."""
    for expected in (4, 0):
        done = subprocess.run(
            ["ansible-playbook", "pelion.device_management.site"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        assert f"changed={expected} " in done.stdout
    assert "empty" not in [group["name"] for group in read(simulator, "/v3/device-groups/")]


def test_a_device_that_is_not_there_fails_alone_and_stops_what_follows(simulator: Simulator, run: Run) -> None:
    baseline = {
        "fleet_baseline_devices": [{"endpoint_name": "nobody", "name": "x"}, {"endpoint_name": GATEWAY, "name": "gw-1"}],
        "fleet_baseline_groups": [{"name": "Ring one"}],
    }
    gateway = next(device for device in read(simulator, "/v3/devices/") if device["endpoint_name"] == GATEWAY)
    message = "1 of 2 devices failed; the first: nobody: There is no device with the endpoint_name 'nobody'."
    simulator.clear_requests()
    assert message in run(baseline, "--check", status=2).replace("\\", "")
    assert writes(simulator) == []
    assert message in run(baseline, status=2).replace("\\", "")
    assert writes(simulator) == [f"PUT /v3/devices/{gateway['id']}/"]


@pytest.mark.parametrize(
    ("baseline", "message"),
    [
        (
            {"fleet_baseline_groups": [{"name": "A"}, {"name": "B"}, {"name": "A"}]},
            "fleet_baseline_groups names an entry twice, or is empty while fleet_baseline_purge_groups is on, which would delete "
            "everything. It names A, B, A.",
        ),
        (
            {"fleet_baseline_purge_queries": True},
            "fleet_baseline_queries names an entry twice, or is empty while fleet_baseline_purge_queries is on, which would delete "
            "everything. It names nothing.",
        ),
        ({"fleet_baseline_devices": [{"description": "Which?"}]}, "one of the following is required: id, endpoint_name, name found in"),
        (
            {"fleet_baseline_groups": [{"name": "A", "members": {"state": "exact"}}]},
            "one of the following is required: filters, device_ids",
        ),
        ({"fleet_baseline_groups": [{"name": "A", "memberz": {}}]}, "fleet_baseline_groups.memberz. Supported parameters include"),
        ({"fleet_baseline_queries": [{"name": "Q", "query": "a=b", "filters": {}}]}, "mutually exclusive: filters|query"),
    ],
)
def test_refuses_what_cannot_be_meant(simulator: Simulator, run: Run, baseline: Baseline, message: str) -> None:
    simulator.clear_requests()
    assert message in run(baseline, status=2)
    assert not simulator.requests()
