# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory of a large fleet: side by side, in parts, kept between runs, and when the service is down."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
import yaml
from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import inventory_loader
from collection import ROOT
from pelion_simulator.process import Simulator

NAME = "pelion.device_management.devices"
DEVICES = 3_700
FIELDS = ["name", "state", "updated_at", "custom_attributes"]


class Fleet:
    """Inventories of one simulated fleet, read by the plugin in this process, or by Ansible's commands."""

    def __init__(self, folder: Path, environment: Mapping[str, str], simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.environment = environment
        self.simulator = simulator
        self.monkeypatch = monkeypatch
        self.warnings: list[str] = []
        self.kept = {"incremental": True, "cache_dir": str(folder / "kept")}

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.folder, env=dict(self.environment), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )

    def source(self, **options: Any) -> Path:
        path = self.folder / "fleet.pelion.yml"
        path.write_text(yaml.safe_dump({"plugin": NAME, "fields": FIELDS, **options}), encoding="utf-8")
        return path

    def read(self, **options: Any) -> str:
        """What the inventory is, as text that tells also the order; the requests that it took are the log of the simulator."""
        plugin, inventory = inventory_loader.get(NAME), InventoryData()
        self.simulator.clear_requests()
        self.warnings = []
        self.monkeypatch.setattr(plugin, "display", SimpleNamespace(warning=self.warnings.append, vvv=print))
        plugin.parse(inventory, DataLoader(), str(self.source(**options)))
        hosts = [[host.name, {**host.vars, "inventory_file": ""}] for host in inventory.hosts.values()]
        groups = {name: [host.name for host in group.get_hosts()] for name, group in sorted(inventory.groups.items())}
        return json.dumps([hosts, groups])

    def ids(self, **options: Any) -> list[str]:
        """The ids of the devices in the order of the hosts."""
        return [variables["pelion_id"] for _host, variables in json.loads(self.read(**options))[0]]

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> None:
        """A request of somebody else's."""
        headers = {"Authorization": f"Bearer {self.simulator.api_key}"}
        address, authority = f"{self.simulator.url}/v3/{path}", self.simulator.ca_file
        requests.request(method, address, json=body, headers=headers, verify=authority, timeout=60).raise_for_status()

    def asked(self) -> list[dict[str, str]]:
        """The queries of the listings of devices since the last reading."""
        return [dict(parse_qsl(request["query"])) for request in self.simulator.requests() if request["path"] == "/v3/devices/"]


@pytest.fixture(scope="module")
def large(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    with Simulator(devices=DEVICES, spec=request.config.getoption("spec")) as running:
        yield running


@pytest.fixture
def fleet(large: Simulator, spec: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    large.reset()
    large.settings(spec=spec)
    for name in os.environ:
        if name.startswith(("ANSIBLE_", "PELION_", "MBED_CLOUD_SDK_", "XDG_")):
            monkeypatch.delenv(name)
    own = {
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".dev"),
        "ANSIBLE_HOME": str(tmp_path / ".ansible"),
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true",
        "ANSIBLE_NOCOLOR": "1",
        "HOME": str(tmp_path),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PELION_API_KEY": large.api_key,
        "PELION_API_URL": large.url,
        "PELION_CA_PATH": large.ca_file,
        "PELION_RETRIES": "0",
    }
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    return Fleet(tmp_path, os.environ, large, monkeypatch)


# -- side by side


def test_side_by_side_is_the_same_inventory(fleet: Fleet) -> None:
    fleet.simulator.settings(latency_ms=50)
    alone = fleet.read(concurrency=1)
    assert fleet.simulator.max_in_flight() == 1
    assert len(fleet.asked()) == 4
    # The first page and the newest device are asked for by themselves. The next two take so long that both are sent before one is answered.
    fleet.simulator.faults(path="^/v3/devices/$", delay_ms=2000, skip=2, count=2)
    assert fleet.read(concurrency=6) == alone
    assert 2 <= fleet.simulator.max_in_flight() <= 6
    assert len(json.loads(alone)[0]) == DEVICES


@pytest.mark.parametrize("concurrency", [0, 65])
def test_concurrency_has_limits(fleet: Fleet, concurrency: int) -> None:
    with pytest.raises(AnsibleParserError, match=f"concurrency must be 1 to 64, not {concurrency}\\."):
        fleet.read(concurrency=concurrency)
    assert fleet.simulator.requests() == []


# -- parts


def test_parts_are_disjoint_and_complete_and_fetch_no_more(fleet: Fleet) -> None:
    whole = fleet.ids()
    every = sum(request["length"] or 0 for request in fleet.simulator.requests())
    parts = []
    for index in range(4):
        parts.append(fleet.ids(shard={"count": 4, "index": index}))
        assert sum(request["length"] or 0 for request in fleet.simulator.requests()) < 0.4 * every
    assert [device for part in parts for device in part] == whole
    assert all(abs(len(part) - DEVICES / 4) < 0.1 * DEVICES / 4 for part in parts)


def test_the_index_may_come_from_the_environment(fleet: Fleet) -> None:
    halves = []
    for part in ("0", "1"):
        fleet.monkeypatch.setenv("PART", part)
        halves += fleet.ids(shard={"count": "2", "index": "{{ lookup('env', 'PART') }}"})
    assert len(halves) == len({*halves}) == DEVICES


@pytest.mark.parametrize("shard", [{"count": 2}, {"count": 2, "index": 2}, {"count": 0, "index": 0}, {"count": 2, "index": "x"}])
def test_a_part_that_is_none_is_an_error(fleet: Fleet, shard: dict[str, Any]) -> None:
    with pytest.raises(AnsibleParserError, match="shard needs count, the number of parts, and index, which is 0 to count - 1"):
        fleet.read(shard=shard)
    assert fleet.simulator.requests() == []


# -- kept between runs


def test_later_runs_ask_only_what_changed(fleet: Fleet) -> None:
    fleet.read(**fleet.kept)
    first = fleet.ids(**fleet.kept)[0]
    fleet.simulator.clock(advance=3600)
    fleet.send("PUT", f"devices/{first}/", {"name": "renamed"})
    kept = fleet.read(**fleet.kept)
    asked = fleet.asked()
    assert len(asked) == 2
    assert len([query for query in asked if "updated_at__gte" in query]) == 1
    assert kept == fleet.read()
    assert "renamed" in kept
    folder = fleet.folder / "kept"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())


def test_a_part_can_be_kept_too(fleet: Fleet) -> None:
    shard = {"count": 3, "index": 1}
    ids = fleet.ids(shard=shard, **fleet.kept)
    every = sum(request["length"] or 0 for request in fleet.simulator.requests())
    fleet.simulator.clock(advance=60)
    fleet.send("PUT", f"devices/{ids[5]}/", {"name": "renamed"})
    kept = fleet.read(shard=shard, **fleet.kept)
    assert sum(request["length"] or 0 for request in fleet.simulator.requests()) < 0.1 * every
    assert kept == fleet.read(shard=shard)
    assert "renamed" in kept


def test_groups_of_kept_devices_are_those_of_now(fleet: Fleet) -> None:
    options = {"fields": ["name", "groups"], "groups_from": ["device_group"]}
    fleet.read(**options, **fleet.kept)
    (group,) = fleet.simulator.add("device-groups", {"name": "latest"})
    device = fleet.ids(**options)[7]
    fleet.simulator.clock(advance=3600)
    fleet.send("POST", f"device-groups/{group}/devices/add/", {"device_id": device})
    kept = fleet.read(**options, **fleet.kept)
    assert kept == fleet.read(**options)
    assert len(json.loads(kept)[1]["device_group_latest"]) == 1


def test_with_device_groups_all_is_listed_each_time(fleet: Fleet) -> None:
    options = {"device_groups": ["pilot"], **fleet.kept}
    first = fleet.read(**options)
    assert fleet.read(**options) == first
    assert fleet.simulator.requests()[0]["path"] == "/v3/device-groups/"
    assert fleet.read(refresh_after=60, **options) == first
    assert fleet.simulator.requests() == []


def test_nothing_is_asked_before_the_time(fleet: Fleet) -> None:
    first = fleet.read(**fleet.kept)
    assert fleet.read(refresh_after=60, **fleet.kept) == first
    assert fleet.simulator.requests() == []


def test_a_play_refreshes_and_a_command_flushes(fleet: Fleet) -> None:
    fleet.read(**fleet.kept)
    play = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [{"ansible.builtin.meta": "refresh_inventory"}]}]
    (fleet.folder / "play.yml").write_text(yaml.safe_dump(play), encoding="utf-8")
    fleet.source(refresh_after=3600, **fleet.kept)
    for flags, expected in ([], 2), (["--flush-cache"], 8):
        fleet.simulator.clear_requests()
        done = fleet.run("ansible-playbook", "-i", "fleet.pelion.yml", "play.yml", *flags)
        assert done.returncode == 0, done.stdout + done.stderr
        assert len(fleet.asked()) >= expected
        assert expected > 2 or len(fleet.asked()) == 2


def test_a_broken_file_is_listed_anew_with_a_warning(fleet: Fleet) -> None:
    first = fleet.read(**fleet.kept)
    for path in (fleet.folder / "kept").iterdir():
        path.write_bytes(path.read_bytes()[:-100])
    assert fleet.read(**fleet.kept) == first
    assert len(fleet.warnings) == 1
    assert "is not used, and all is read anew: it is damaged" in fleet.warnings[0]
    assert fleet.read(**fleet.kept) == first
    assert fleet.warnings == []


# -- when the service is down


def test_what_was_kept_serves_while_the_service_is_down(fleet: Fleet) -> None:
    first = fleet.read(**fleet.kept)
    fleet.simulator.faults(path="^/v3/", status=503, count=10)
    assert fleet.read(stale_if_error=60, **fleet.kept) == first
    (warning,) = fleet.warnings
    assert "The service is down, so the devices are those of" in warning
    assert "HTTP 503" in warning
    with pytest.raises(AnsibleParserError, match="HTTP 503"):
        fleet.read(**fleet.kept)


def test_a_refused_key_gets_nothing_of_what_was_kept(fleet: Fleet) -> None:
    fleet.read(**fleet.kept)
    fleet.simulator.faults(path="^/v3/", status=401, count=10)
    with pytest.raises(AnsibleParserError, match="HTTP 401"):
        fleet.read(stale_if_error=60, **fleet.kept)
