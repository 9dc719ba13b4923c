# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin as its users meet it: Ansible's own commands against the simulator."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from pelion_simulator.process import Simulator

NAME = "pelion.device_management.devices"
EVIL = "{{ lookup('pipe', 'touch PROOF') }}"
HALVES = ("{", "{ lookup('pipe', 'touch PROOF') }}")
HEADER = "#jinja2: variable_start_string:'[['\n[[ lookup('pipe', 'touch PROOF') ]]"


class Commands:
    """Ansible's commands in a folder with an inventory file of the given options."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = environment

    def run(self, *command: str, **extra: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**self.environment, **extra},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def source(self, text: str = "", **options: Any) -> None:
        content = yaml.safe_dump({"plugin": NAME, **options}, allow_unicode=True) + text
        (self.folder / "fleet.pelion.yml").write_text(content, encoding="utf-8")

    def inventory(self, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        return self.run("ansible-inventory", "-i", "fleet.pelion.yml", *arguments, **extra)

    def listed(self) -> dict[str, Any]:
        done = self.inventory("--list")
        assert done.returncode == 0, done.stderr
        content: dict[str, Any] = json.loads(done.stdout)
        return content

    def play(self, tasks: list[dict[str, Any]], flags: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        play = [{"name": "Test", "hosts": "pelion_devices", "gather_facts": False, "tasks": tasks}]
        (self.folder / "play.yml").write_text(yaml.safe_dump(play), encoding="utf-8")
        return self.run("ansible-playbook", "-i", "fleet.pelion.yml", "play.yml", *flags)


@pytest.fixture
def commands(tmp_path: Path, environment: dict[str, str]) -> Commands:
    folder = tmp_path / "project"
    folder.mkdir()
    return Commands(folder, environment)


def unwrap(value: Any) -> Any:
    """What a text is that ``--list`` marks as unsafe."""
    if isinstance(value, Mapping):
        return (
            value["__ansible_unsafe"] if set(value) == {"__ansible_unsafe"} else {unwrap(key): unwrap(part) for key, part in value.items()}
        )
    return [unwrap(part) for part in value] if isinstance(value, list) else value


def marked(value: Any) -> list[str]:
    """All texts that ``--list`` marks as unsafe."""
    if isinstance(value, Mapping):
        own = [value["__ansible_unsafe"]] if "__ansible_unsafe" in value else []
        return own + [text for part in value.values() for text in marked(part)]
    return [text for part in value for text in marked(part)] if isinstance(value, list) else []


def test_the_graph_of_the_whole_fleet(commands: Commands, simulator: Simulator) -> None:
    commands.source(groups_from=["device_group", "state"], fields=["state"])
    done = commands.inventory("--graph")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    graph = [line.strip(" |-") for line in done.stdout.splitlines()]
    for group in ("@pelion_devices:", "@device_group_pilot:", "@device_group_gateways:", "@state_registered:"):
        assert group in graph
    assert len({line for line in graph if not line.startswith("@")}) == 300
    paths = [request["path"] for request in simulator.requests()]
    assert paths == ["/v3/device-groups/", "/v3/devices/"]


def test_the_list_is_plain_and_has_each_device_once(commands: Commands) -> None:
    commands.source(compose={"where": "custom_attributes.site | default('nowhere')"})
    done = commands.inventory("--list", "--export")
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    hosts = content["_meta"]["hostvars"]
    assert marked(content) == []
    assert len({held["pelion_id"] for held in hosts.values()}) == len(hosts) == 300
    assert all(isinstance(held["where"], str) and held["pelion_object"] == "device" for held in hosts.values())
    assert content["pelion_devices"]["vars"] == {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    }


def test_a_play_changes_its_devices_and_again_nothing(commands: Commands, simulator: Simulator) -> None:
    commands.source(filters={"device_class": "edge-gw-2"}, fields=["name"])
    tag = {
        "name": "Tag",
        "pelion.device_management.device": {"id": "{{ pelion_id }}", "custom_attributes": {"tagged": "{{ pelion_name }}"}, "purge": True},
    }
    first = commands.play([tag])
    assert first.returncode == 0, first.stdout + first.stderr
    hosts = commands.listed()["pelion_devices"]["hosts"]
    assert first.stdout.count("changed=1 ") == len(hosts) > 0
    second = commands.play([tag])
    assert second.returncode == 0, second.stdout + second.stderr
    assert second.stdout.count("changed=0 ") == len(hosts)


def test_a_list_that_breaks_off_gives_no_hosts(commands: Commands, simulator: Simulator) -> None:
    simulator.add("devices", count=1000)
    commands.source()
    simulator.faults(method="GET", path="^/v3/devices", skip=1, status=500, count=None)
    broken = commands.inventory("--list", ANSIBLE_INVENTORY_UNPARSED_FAILED="true")
    assert broken.returncode != 0
    assert "hostvars" not in broken.stdout
    assert "on page 2 of the list, after 1000 objects" in " ".join(broken.stderr.split())
    request = simulator.requests()[-1]
    assert (request["status"], request["id"] in broken.stderr) == (500, True)
    lenient = commands.inventory("--list")
    assert lenient.returncode == 0
    assert "pelion_devices" not in json.loads(lenient.stdout)
    simulator.clear_faults()
    assert len(commands.listed()["_meta"]["hostvars"]) == 1300


@pytest.mark.parametrize(
    "fault", [{"reset": True}, {"truncate": True}, {"status": 200, "body": "<html></html>", "content_type": "text/html"}]
)
def test_other_ways_to_break_off(commands: Commands, simulator: Simulator, fault: dict[str, Any]) -> None:
    simulator.add("devices", count=800)
    commands.source(retries=0)
    simulator.faults(method="GET", path="^/v3/devices", skip=1, count=None, **fault)
    done = commands.inventory("--list", ANSIBLE_INVENTORY_UNPARSED_FAILED="true")
    assert done.returncode != 0
    assert "hostvars" not in done.stdout
    assert "Traceback" not in done.stderr
    assert commands.environment["PELION_API_KEY"] not in done.stdout + done.stderr


def test_a_passing_fault_is_not_noticed(commands: Commands, simulator: Simulator) -> None:
    commands.source(fields=["name"])
    simulator.faults(method="GET", path="^/v3/devices", status=503, retry_after="0", count=2)
    assert len(commands.listed()["_meta"]["hostvars"]) == 300


def test_strict_and_not(commands: Commands) -> None:
    options = {"compose": {"where": "custom_attributes.site"}, "fields": ["name"]}
    commands.source(strict=False, **options)
    done = commands.inventory("--list", ANSIBLE_INVENTORY_UNPARSED_FAILED="true")
    assert done.returncode == 0
    hosts = json.loads(done.stdout)["_meta"]["hostvars"]
    without = [held["pelion_id"] for held in hosts.values() if "where" not in held]
    assert (len(hosts), len(without) > 5) == (300, True)
    told = " ".join(done.stderr.split())
    assert f"compose 'where' failed for {len(without)} of 300 devices (" in told
    assert sum(identity in told for identity in without) == 5
    commands.source(strict=True, **options)
    done = commands.inventory("--list", ANSIBLE_INVENTORY_UNPARSED_FAILED="true")
    assert done.returncode != 0
    assert "hostvars" not in done.stdout
    assert "compose 'where' failed for the device " in " ".join(done.stderr.split())


def test_a_wrong_key_is_one_sentence_with_the_request_id(commands: Commands, simulator: Simulator) -> None:
    commands.source()
    done = commands.inventory("--list", PELION_API_KEY="ak_2wrongwrongwrong", ANSIBLE_INVENTORY_UNPARSED_FAILED="true")
    assert done.returncode != 0
    told = " ".join(done.stderr.split())
    request = simulator.requests()[-1]
    assert f"GET /v3/devices/ failed with HTTP 401 invalid_apikey: The API key is invalid. (request id {request['id']})" in told
    assert "Traceback" not in done.stderr
    assert "ak_2wrongwrongwrong" not in done.stdout + done.stderr


@pytest.fixture
def hostile(simulator: Simulator) -> list[str]:
    names = [f"evil-{number}" for number in range(3)]
    simulator.add(
        "devices",
        {
            "endpoint_name": names[0],
            "name": EVIL,
            "description": HEADER,
            "custom_attributes": {EVIL: EVIL, "harmless": "a {b} #c"},
            "vendor_id": "{% if true %}{# x",
        },
        {"endpoint_name": names[1], "name": HALVES[0], "description": HALVES[1]},
        {"endpoint_name": names[2], "name": "#jin", "description": HEADER[4:]},
    )
    return names


HOSTILE = {
    "hostnames": ["endpoint_name"],
    "filters": {"endpoint_name": ["evil-0", "evil-1", "evil-2"]},
    "compose": {"joined": "name ~ description", "nested": "[name, {'x': custom_attributes}]", "harmless": "endpoint_name ~ '!'"},
    "keyed_groups": [{"key": "name", "prefix": "n"}],
    "groups_from": ["vendor_id"],
}


def test_hostile_values_are_shown_and_never_templated(commands: Commands, hostile: list[str]) -> None:
    commands.source(**HOSTILE)
    content = commands.listed()
    held = content["_meta"]["hostvars"]
    assert sorted(held) == hostile
    first = unwrap(held["evil-0"])
    assert first["pelion_name"] == EVIL
    assert first["pelion_description"] == HEADER
    assert first["pelion_custom_attributes"] == {EVIL: EVIL, "harmless": "a {b} #c"}
    assert first["nested"] == [EVIL, {"x": {EVIL: EVIL, "harmless": "a {b} #c"}}]
    assert [unwrap(held[name]["joined"]) for name in hostile] == [EVIL + HEADER, "".join(HALVES), HEADER]
    assert set(marked(content)) == {EVIL, HEADER, "{% if true %}{# x", EVIL + HEADER, "{", "".join(HALVES), "#jin"}
    assert held["evil-0"]["pelion_custom_attributes"]["harmless"] == "a {b} #c"
    assert [held[name]["harmless"] for name in hostile] == ["evil-0!", "evil-1!", "evil-2!"]
    for arguments in (("--list", "--yaml"), ("--graph", "--vars"), ("--host", "evil-0")):
        done = commands.inventory(*arguments)
        assert done.returncode == 0, done.stderr
        assert "touch PROOF" in done.stdout
    assert not (commands.folder / "PROOF").exists()


def test_hostile_values_do_nothing_in_a_play(commands: Commands, hostile: list[str]) -> None:
    commands.source(**HOSTILE)
    kept = {
        "name": "{{ pelion_name }}",
        "joined": "{{ pelion_name ~ pelion_description }}",
        "composed": "{{ joined }}",
        "attributes": "{{ pelion_custom_attributes }}",
        "all": "{{ hostvars[inventory_hostname].nested }}",
        "where": "{{ ansible_connection }} {{ ansible_python_interpreter == ansible_playbook_python }}",
    }
    done = commands.play(
        [
            {"name": "Keep", "ansible.builtin.set_fact": {"kept": kept}},
            {
                "name": "Write",
                "ansible.builtin.copy": {"content": "{{ kept | to_json }}", "dest": "{{ playbook_dir }}/{{ inventory_hostname }}.json"},
            },
            {"name": "Print", "ansible.builtin.debug": {"var": "kept"}},
        ]
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = {name: json.loads((commands.folder / f"{name}.json").read_text()) for name in hostile}
    assert (found["evil-0"]["name"], found["evil-0"]["attributes"]) == (EVIL, {EVIL: EVIL, "harmless": "a {b} #c"})
    for name, joined in zip(hostile, (EVIL + HEADER, "".join(HALVES), HEADER), strict=True):
        assert (found[name]["joined"], found[name]["composed"], found[name]["where"]) == (joined, joined, "local True")
    assert not list(commands.folder.rglob("PROOF"))


def test_settings_from_templates_and_a_vault(commands: Commands, simulator: Simulator) -> None:
    (commands.folder / "password").write_text("open")
    vaulted = commands.run(
        "ansible-vault",
        "encrypt_string",
        "--vault-password-file",
        "password",
        "--name",
        "api_key",
        commands.environment.pop("PELION_API_KEY"),
    )
    assert vaulted.returncode == 0, vaulted.stderr
    authority = commands.environment.pop("PELION_CA_PATH")
    commands.source(vaulted.stdout, ca_path="{{ lookup('env', 'FOLDER') }}/" + Path(authority).name, fields=["name"])
    done = commands.inventory("--list", "--vault-password-file", "password", FOLDER=str(Path(authority).parent))
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["_meta"]["hostvars"]) == 300


def test_the_examples_of_the_documentation_work(commands: Commands, simulator: Simulator) -> None:
    done = commands.run("ansible-doc", "-t", "inventory", "--json", NAME)
    assert done.returncode == 0, done.stderr
    # The first file stands as it is, the others as comments: the sanity tests of ansible-core 2.16 take one document only.
    text = json.loads(done.stdout)[NAME]["examples"]
    first, *others = text.split("\n# -- ")
    examples = [first, *("".join(line.removeprefix("# ") for line in other.splitlines(keepends=True)[1:]) for other in others)]
    assert len(examples) == text.count(f"plugin: {NAME}\n") >= 6
    simulator.control("POST", "device-groups", {"items": [{"name": "cold-stores"}]})
    for example in examples:
        # The address, the key and the profile of an example are those of nobody.
        example = re.sub(r"^api_\w+:.*\n(?:  .*\n?)*", "", example, flags=re.MULTILINE)
        (commands.folder / "fleet.pelion.yml").write_text(example, encoding="utf-8")
        done = commands.inventory("--graph", ANSIBLE_INVENTORY_UNPARSED_FAILED="true", FLEET_PART="3")
        assert done.returncode == 0, done.stderr
        assert "failed for" not in done.stderr
