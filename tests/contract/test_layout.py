# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the architecture that the source text itself can show: who imports whom, and what is complete."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from collection import declared

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "plugins"
UTILS = PLUGINS / "module_utils"
SIMULATOR = ROOT / "tests/simulator"

# From the ground up: a file imports only files that stand before it.
FLOORS = (
    "transport",
    "settings",
    "tokens",
    "filters",
    "files",
    "pace",
    "progress",
    "client",
    "operations",
    "single_request",
    "bulk",
    "resource",
    "ranges",
    "snapshot",
    "several",
    "uploads",
    "lwm2m",
    "sockets",
    "resources",
    "devices",
    "enrollments",
    "pre_shared_keys",
    "device_states",
    "group_members",
    "presubscriptions",
    "subscriptions",
    "channel",
    "channels",
    "jobs",
    "tunnel",
    "fleet",
    "module",
    "info",
)
# Those that must not know what they work for; the others are the table, and what speaks a part of the API that is no REST collection.
ENGINE = (
    "transport",
    "settings",
    "filters",
    "pace",
    "progress",
    "client",
    "bulk",
    "resource",
    "ranges",
    "snapshot",
    "several",
    "module",
    "info",
)
# The highest two are the only ones that know Ansible.
FREE_OF_ANSIBLE = FLOORS[:-2]

COLLECTION = "ansible_collections.pelion.device_management."
# The table of the API is a package: a file an area, which imports the engine's floor only.
TABLE = sorted(path for path in (UTILS / "resources").glob("*.py") if path.name != "__init__.py")
UTILS_FILES = sorted(path for path in UTILS.glob("*.py") if path.name != "__init__.py")
PLUGIN_FILES = sorted(PLUGINS.rglob("*.py"))
SIMULATOR_FILES = sorted(SIMULATOR.rglob("*.py"))
MODULES = sorted(path.stem for path in (PLUGINS / "modules").glob("*.py"))
YAML_FILES = sorted(
    path
    for pattern in ("*.yml", "*.yaml")
    for path in ROOT.rglob(pattern)
    if not {".dev", ".venv", ".build", ".git", ".ansible", "output"} & set(path.relative_to(ROOT).parts)
)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imported(path: Path) -> Iterator[str]:
    """The full names of all that a file imports, wherever in it; for `from X import Y` it is X.Y."""
    package = COLLECTION + ".".join(path.relative_to(ROOT).parent.parts) if PLUGINS in path.parents else ""
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.rsplit(".", node.level - 1)[0] if node.level else ""
            origin = ".".join(part for part in (above, node.module) if part)
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def literals(path: Path) -> Iterator[str]:
    """The strings in a file's code; docstrings are prose and left out."""
    tree = parse(path)
    prose = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value


def rows() -> dict[str, dict[str, str]]:
    """The rows of the table with those of their fields that are plain text, by the name of the constant."""
    found = {}
    for node in (node for path in TABLE for node in parse(path).body):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "Resource":
            text = {word.arg: word.value.value for word in node.value.keywords if word.arg and isinstance(word.value, ast.Constant)}
            found[ast.unparse(node.targets[0])] = text
    return found


def files_of(floor: str) -> list[Path]:
    """The files of a floor: one, or those of the table."""
    return TABLE if floor == "resources" else [UTILS / f"{floor}.py"]


def test_every_engine_file_has_its_floor() -> None:
    assert {path.stem for path in UTILS_FILES} | {"resources"} == set(FLOORS)
    assert TABLE


@pytest.mark.parametrize("floor", FLOORS)
def test_imports_point_downwards_only(floor: str) -> None:
    start = COLLECTION + "plugins."
    used = {name[len(start) :] for path in files_of(floor) for name in imported(path) if name.startswith(start)}
    # The areas of the table may refer to one another.
    below = FLOORS[: FLOORS.index(floor)] + (("resources",) if floor == "resources" else ())
    wrong = sorted(name for name in used if not (name.startswith("module_utils.") and name.split(".")[1] in below))
    assert wrong == [], f"{floor} may import {', '.join(below) or 'nothing of the collection'} only"


@pytest.mark.parametrize("floor", FREE_OF_ANSIBLE)
def test_engine_knows_nothing_of_ansible(floor: str) -> None:
    assert [name for path in files_of(floor) for name in imported(path) if name.split(".")[0] == "ansible"] == []


@pytest.mark.parametrize("path", PLUGIN_FILES, ids=name_of)
def test_only_the_module_floor_ends_a_module(path: Path) -> None:
    called = {node.attr for node in ast.walk(parse(path)) if isinstance(node, ast.Attribute)}
    called |= {node.id for node in ast.walk(parse(path)) if isinstance(node, ast.Name)}
    if path != UTILS / "module.py":
        assert called & {"fail_json", "exit_json"} == set()


@pytest.mark.parametrize("floor", ENGINE)
def test_engine_names_no_resource(floor: str) -> None:
    table = rows()
    assert table, "no row was found"
    # Two of them are also what options for authentication are called.
    names = {row["name"] for row in table.values()} - {"access_key", "api_key"}
    path = UTILS / f"{floor}.py"
    named = [text for text in literals(path) if text in names or re.match(r"/v\d+/\w", text)]
    named += [node.id for node in ast.walk(parse(path)) if isinstance(node, ast.Name) and node.id in table]
    named += [node.attr for node in ast.walk(parse(path)) if isinstance(node, ast.Attribute) and node.attr in table]
    assert named == []


@pytest.mark.parametrize("path", SIMULATOR_FILES, ids=name_of)
def test_simulator_imports_nothing_of_the_collection(path: Path) -> None:
    assert [name for name in imported(path) if name.split(".")[0] in ("ansible", "ansible_collections", "plugins")] == []


@pytest.mark.parametrize("path", PLUGIN_FILES, ids=name_of)
def test_collection_does_not_know_the_simulator(path: Path) -> None:
    assert [name for name in imported(path) if "simulator" in name] == []
    assert [text for text in literals(path) if "pelion_simulator" in text or "/_simulator" in text] == []


def test_there_is_something_to_check() -> None:
    assert MODULES
    assert SIMULATOR_FILES


def test_action_group_has_every_module() -> None:
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))
    assert runtime["action_groups"]["all"] == MODULES


def test_every_module_with_long_work_shows_its_progress() -> None:
    """Those that wait, or send many requests, run behind the action plugin, and so does no other."""
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))
    long = [name for name in MODULES if {"wait", "wait_timeout", "concurrency"} & set(declared(name).argument_spec)]
    assert len(long) > 20
    assert list(runtime["plugin_routing"]["modules"]) == long
    for name, routed in runtime["plugin_routing"]["modules"].items():
        assert routed == {"action_plugin": "pelion.device_management.devices"}, name
    assert [path.stem for path in (PLUGINS / "action").glob("*.py")] == ["devices"]
    assert "devices" in long, "ansible-test wants an action plugin to be documented by a module of its name"


@pytest.mark.parametrize("module", MODULES)
def test_module_documents_its_action_group(module: str) -> None:
    tree = parse(PLUGINS / "modules" / f"{module}.py")
    assigned = {ast.unparse(node.targets[0]): node.value for node in tree.body if isinstance(node, ast.Assign)}
    documentation = yaml.safe_load(ast.literal_eval(assigned["DOCUMENTATION"]))
    assert documentation["module"] == module
    assert "pelion.device_management.attributes" in documentation["extends_documentation_fragment"]
    assert "pelion.device_management.connection" in documentation["extends_documentation_fragment"]


@pytest.mark.parametrize("module", MODULES)
def test_module_has_a_test_and_an_example_by_full_name(module: str) -> None:
    full = re.compile(rf"\bpelion\.device_management\.{module}\b")
    targets = [path for path in (ROOT / "tests/integration/targets").rglob("*.yml") if full.search(path.read_text(encoding="utf-8"))]
    assert targets, f"no integration target runs {module}"
    tree = parse(PLUGINS / "modules" / f"{module}.py")
    assigned = {ast.unparse(node.targets[0]): node.value for node in tree.body if isinstance(node, ast.Assign)}
    examples = yaml.safe_load(ast.literal_eval(assigned["EXAMPLES"]))
    assert any(f"pelion.device_management.{module}" in task for task in examples), f"no example runs {module}"


@pytest.mark.parametrize("path", YAML_FILES, ids=name_of)
def test_yaml_parses(path: Path) -> None:
    class Loader(yaml.SafeLoader):
        """Lets tags of Ansible such as !vault and !unsafe through."""

    Loader.add_multi_constructor("!", lambda loader, suffix, node: None)
    list(yaml.load_all(path.read_text(encoding="utf-8"), Loader=Loader))


def test_fragments_are_found_by_their_names() -> None:
    """Ansible takes `attributes.info` for the file info.py beside attributes.py, should there be one, and reads that instead."""
    files = sorted((PLUGINS / "doc_fragments").glob("*.py"))
    parts = {node.id.lower() for path in files for node in ast.walk(parse(path)) if isinstance(node, ast.Name)}
    assert parts & {path.stem for path in files} == set()


def test_requirements_of_the_execution_environment_exist() -> None:
    environment = yaml.safe_load((ROOT / "meta/execution-environment.yml").read_text(encoding="utf-8"))
    wanted = (ROOT / environment["dependencies"]["python"]).read_text(encoding="utf-8").split("\n")
    assert [line for line in wanted if line and not line.startswith("#")] == ["requests", "websocket-client", "PyJWT", "cryptography"]


def test_no_sanity_check_is_ignored() -> None:
    assert list((ROOT / "tests/sanity").glob("ignore*")) == []
