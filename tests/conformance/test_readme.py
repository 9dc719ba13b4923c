# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README does what it says: its examples and commands are run, its tables are compared with the code."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml
from collection import MODULES, ROOT, util
from pelion_simulator.process import Simulator

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ (.*)$", README, re.MULTILINE)
# `name` (more words), then the block.
FILES = {
    name: textwrap.dedent(text)
    for name, text in re.findall(r"^ *`([\w.-]+)`[^\n]*\n\n *```yaml\n(.*?)^ *```$", README, re.MULTILINE | re.DOTALL)
}
# It speaks of the newest API; what older services lack is told by the tests of modules.
pytestmark = pytest.mark.since(2021)
# They ask for a key, and need a package index.
NOT_RUN = ["python -m pip install requests", "read -rs PELION_API_KEY && export PELION_API_KEY"]


def run(command: str, cwd: Path, environment: dict[str, str]) -> str:
    """What a command printed that had to succeed."""
    done = subprocess.run(
        command,
        shell=True,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def changed(output: str) -> int:
    found = re.findall(r"changed=(\d+)", output)
    assert found, output
    return sum(map(int, found))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the README's files."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_every_example_has_a_name() -> None:
    assert len(FILES) == README.count("```yaml")


def test_every_command_is_known(folder: Path, environment: dict[str, str]) -> None:
    others = [command for command in COMMANDS if command not in NOT_RUN and not command.startswith(("ansible-", "make ", "chmod 600 "))]
    assert not others
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {command.split()[1] for command in COMMANDS if command.startswith("make ")} <= {*targets}
    assert {"demo", "test"} <= {command.split()[1] for command in COMMANDS if command.startswith("make ")}


def test_first_playbook(simulator: Simulator, folder: Path, environment: dict[str, str]) -> None:
    check, real = (command for command in COMMANDS if "first.yml" in command)
    assert changed(run(check, folder, environment)) == 2
    assert not [entry for entry in simulator.requests() if entry["method"] != "GET"]
    assert changed(run(real, folder, environment)) == 2
    again = run(real, folder, environment)
    assert changed(again) == 0
    assert "thermo-oslo-" in again


def test_first_inventory(folder: Path, environment: dict[str, str]) -> None:
    graph, inspect = (command for command in COMMANDS if "fleet.pelion.yml" in command and "tag.yml" not in command)
    listed = run(graph, folder, environment)
    assert {"@pelion_devices:", "@site_graz:", "@device_class_thermo_a1:", "@group_pilot:"} <= set(re.findall(r"@\w+:", listed))
    assert changed(run(inspect, folder, environment)) == 5
    assert changed(run(inspect, folder, environment)) == 0


def test_a_whole_fleet(folder: Path, environment: dict[str, str]) -> None:
    assert changed(run("ansible-playbook fleet.yml", folder, environment)) == 3
    assert changed(run("ansible-playbook fleet.yml", folder, environment)) == 0


def test_many_devices_in_one_task(simulator: Simulator, folder: Path, environment: dict[str, str]) -> None:
    command = next(command for command in COMMANDS if "tag.yml" in command)
    assert changed(run(command, folder, environment)) == 1
    assert not [entry for entry in simulator.requests() if entry["method"] == "PUT"]
    real = command.removesuffix(" --check --diff")
    assert real != command
    assert changed(run(real, folder, environment)) == 1
    assert changed(run(real, folder, environment)) == 0


def test_a_large_inventory(folder: Path, environment: dict[str, str]) -> None:
    for _time in range(2):
        assert "@site_graz:" in run("ansible-inventory -i large.pelion.yml --graph", folder, environment)


def test_parts_for_runners(folder: Path, environment: dict[str, str]) -> None:
    command = "ansible-inventory -i part.pelion.yml --graph"
    variables: dict[str, str] = yaml.safe_load(FILES["envvars"])
    assert variables["FLEET_PART"] == "0"
    parts = [run(command, folder, {**environment, **variables, "FLEET_PART": str(part)}) for part in range(10)]
    hosts = [host for part in parts for host in re.findall(r"\|--([\w.-]+)$", part, re.MULTILINE)]
    assert len(hosts) == len({*hosts}) == 300
    # A worker that was not told its part must not do that of another.
    del variables["FLEET_PART"]
    with pytest.raises(AssertionError) as refused:
        run(command, folder, {**environment, **variables})
    # Older versions of Ansible break warnings into lines.
    assert "index, which is 0 to count - 1, not {'count': 10, 'index': ''}." in " ".join(str(refused.value).split())


def test_a_part_in_slices(simulator: Simulator, folder: Path, environment: dict[str, str]) -> None:
    """AWX keeps what it exports of an inventory, and gives each slice of a job a script that prints its share of the hosts."""
    export = "ansible-inventory -i part.pelion.yml --list --export --output part.json"
    run(export, folder, {**environment, "FLEET_PART": "3"})
    whole: dict[str, Any] = json.loads((folder / "part.json").read_text(encoding="utf-8"))
    known = whole.pop("_meta")["hostvars"]
    simulator.clear_requests()
    for number in range(3):
        mine = {name: known[name] for name in sorted(known)[number::3]}
        groups = {name: {**group, "hosts": [host for host in group.get("hosts", []) if host in mine]} for name, group in whole.items()}
        script = folder / f"slice{number}"
        script.write_text(f"#!{sys.executable}\nprint({json.dumps({'_meta': {'hostvars': mine}, **groups})!r})\n", encoding="utf-8")
        script.chmod(0o700)
        assert changed(run(f"ansible-playbook -i slice{number} tag.yml", folder, environment)) == 1
    paths = [entry["path"] for entry in simulator.requests() if entry["method"] == "PUT"]
    assert sorted(paths) == sorted(f"/v3/devices/{variables['pelion_id']}/" for variables in known.values())
    assert 20 < len(paths) < 40


def test_figures_are_those_of_the_benchmarks() -> None:
    page = (ROOT / "docs/benchmarks.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in page.splitlines() if row.startswith("| `")]
    # What the peer took is none of ours.
    measured = {name.strip("`"): (ours, figure) for name, _n, ours, _peer, figure, *_target in rows}
    table = re.findall(r"^\| [^|]+ \| ([^|]+) \| `(\w+)` \|$", README, re.MULTILINE)
    assert len(table) >= 8
    for figure, measure in table:
        assert figure in measured[measure]
    section = README.partition("\n## Large fleets\n")[2].partition("\n## ")[0]
    told = re.findall(r"ratio [\d.]+|[\d.]+ (?:s|KB|MB|GB|times as fast|of the requests)\b", section)
    assert len(told) > len(table)
    assert {*told} <= {part for both in measured.values() for cell in both for part in cell.split(", ")}


def test_secrets_that_are_told_once(simulator: Simulator, folder: Path, environment: dict[str, str]) -> None:
    assert changed(run("ansible-playbook rotate.yml --diff", folder, environment)) == 2
    key = (folder / "telemetry-2027.key").read_text(encoding="utf-8").strip()
    assert (folder / "telemetry-2027.key").stat().st_mode & 0o777 == 0o600
    again = run("ansible-playbook rotate.yml", folder, {**environment, "PELION_API_KEY": key})
    assert changed(again) == 0
    assert key not in again


def test_profiles(simulator: Simulator, folder: Path, environment: dict[str, str]) -> None:
    profiles: dict[str, Any] = yaml.safe_load(FILES["profiles.yml"])
    settings = util("settings")
    path = Path(environment["HOME"]) / ".config/pelion/profiles.yml"
    path.parent.mkdir(parents=True)
    path.write_text(FILES["profiles.yml"], encoding="utf-8")
    run(next(command for command in COMMANDS if command.startswith("chmod")), folder, environment)
    for name, profile in profiles.items():
        resolved = settings.resolve({"api_profile": name}, {"HOME": environment["HOME"]} | {"PELION_PROFILE_PATH": str(path)})
        assert {key: getattr(resolved, key) for key in profile} == profile

    # The same with a key and an address that exist; those of the environment must not count.
    profiles["staging"].update(api_key=simulator.api_key, api_url=simulator.url)
    path.write_text(yaml.safe_dump(profiles), encoding="utf-8")
    run("ansible-playbook staging.yml", folder, {**environment, "PELION_API_KEY": "ak_1wrong", "PELION_API_URL": "https://127.0.0.1:9"})


def test_awx() -> None:
    inputs, injectors = yaml.safe_load(FILES["awx-inputs.yml"]), yaml.safe_load(FILES["awx-injectors.yml"])
    fields = {field["id"]: field for field in inputs["fields"]}
    assert fields["api_key"]["secret"] is True
    assert inputs["required"] == ["api_key"]
    environment = util("settings").ENVIRONMENT
    for variable, template in injectors["env"].items():
        name = re.fullmatch(r"\{\{ (\w+) \}\}", template)
        assert name and name[1] in fields
        assert variable in environment[name[1]]
    # AWX sets a variable to nothing where the field is empty.
    settings = util("settings").resolve({}, {"PELION_API_KEY": "ak_1", "PELION_API_URL": ""})
    assert settings.api_url == util("settings").DEFAULT_API_URL


def test_install(folder: Path, environment: dict[str, str]) -> None:
    ignored = shutil.ignore_patterns(".git", ".venv*", ".build", ".*_cache", ".hypothesis", "__pycache__", "*.tar.gz")
    clone = folder / "clone"
    shutil.copytree(ROOT, clone, symlinks=True, ignore=ignored)
    environment.pop("ANSIBLE_COLLECTIONS_PATH")
    installed = Path(environment["HOME"]) / ".ansible/collections/ansible_collections/pelion/device_management"
    build, install = (command for command in COMMANDS if command.startswith("ansible-galaxy"))
    run(build, clone, environment)
    run(install, clone, environment)
    assert (installed / "MANIFEST.json").is_file()
    assert run("ansible-doc -t inventory -l pelion.device_management", folder, environment).startswith("pelion.device_management.devices")

    shutil.rmtree(installed)
    without_building = re.search(r"Without building: `(.*)`", README)
    assert without_building
    run(without_building[1], clone, environment)
    assert (installed / "MANIFEST.json").is_file()

    shutil.rmtree(installed)
    project = folder / "project"
    (project / "collections").mkdir(parents=True)
    shutil.copy(folder / "requirements.yml", project / "collections")
    shutil.copy(next(clone.glob("*.tar.gz")), project / "collections")
    run("ansible-galaxy collection install -r collections/requirements.yml -p installed", project, environment)
    assert (project / "installed/ansible_collections/pelion/device_management/MANIFEST.json").is_file()


def test_the_table_of_settings() -> None:
    table = re.search(r"\| Option \|.*?\n\n", README, re.DOTALL)
    assert table
    rows = [line.split("|")[1:4] for line in table[0].strip().splitlines()[2:]]
    told = {re.findall(r"`(\w+)`", option)[0]: re.findall(r"`(\w+)`", variables) for option, variables, _profile in rows}
    expected = {name: list(variables) for name, variables in util("settings").ENVIRONMENT.items()}
    expected["proxy"] += ["HTTPS_PROXY", "NO_PROXY"]
    expected["api_jwt"] = list(util("settings").JWT_ENVIRONMENT.values())
    expected |= {"api_profile": ["PELION_PROFILE"], "api_profile_path": ["PELION_PROFILE_PATH"]}
    assert told == expected
    assert {*told} == {*util("module").CONNECTION_SPEC}


def test_the_contents() -> None:
    table = re.search(r"\| Module \|.*?\n\n", README, re.DOTALL)
    assert table
    assert sorted(re.findall(r"`(\w+)` \|", table[0])) == MODULES
    for kind, pattern in (("inventory plugin", "plugins/inventory/*.py"), ("role", "roles/*"), ("playbook", "playbooks/*.yml")):
        assert sorted(re.findall(rf"^\| {kind} `(\w+)` \|", README, re.MULTILINE)) == sorted(path.stem for path in ROOT.glob(pattern))


@pytest.mark.parametrize("document", ["README.md", "roles/fleet_baseline/README.md", "docs/architecture.md", "docs/contributing.md"])
def test_links_lead_somewhere(document: str) -> None:
    path = ROOT / document
    links = [link for link in re.findall(r"\]\(([^)#]+)", path.read_text(encoding="utf-8")) if "://" not in link]
    assert not [link for link in links if not (path.parent / link).exists()]
