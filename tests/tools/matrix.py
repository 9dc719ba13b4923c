# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests the collection with every supported ansible-core for which a Python is on this machine.

For each ansible-core: the unit tests on the oldest and the newest Python that it runs on; on the newest also the inventory's
conformance tests (those of everything else where THOROUGH says so, and on the oldest ansible-core those of modules against the
older services too), ansible-test sanity, and ansible-test integration with the modules run by the oldest Python that this
ansible-core manages. The oldest ansible-core runs all of sanity, which imports the modules with every Python from 3.9 on, as
`make test` does with the newest; those in between run what depends on the ansible-core itself.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import steps
import workspace

# What runs Ansible itself, oldest and newest, and the oldest Python that modules run on: from each ansible-core's own release.
CORES = {
    "2.16": ((10, 12), 9),
    "2.17": ((10, 12), 9),
    "2.18": ((11, 13), 9),
    "2.19": ((11, 13), 9),
    "2.20": ((12, 14), 9),
    "2.21": ((12, 14), 9),
}
# The oldest, and the first that templates as all newer ones do. The newest is what `make test` runs.
THOROUGH = ("2.16", "2.19")
OLDEST = "2.16"
# What sanity checks with the ansible-core's own code: that it shows the documentation, and that this is what the modules take.
OWN_CODE = ("ansible-doc", "validate-modules")
COLUMNS = ("unit, oldest Python", "pytest, newest Python", "sanity", "integration")


def make_venv(core: str, version: str) -> Path:
    """A virtual environment with exactly what `requirements/matrix-CORE.txt` pins, made anew when that changed."""
    pins = workspace.ROOT / f"requirements/matrix-{core}.txt"
    place = workspace.scratch() / f"venv-{core}-{version}"
    stamp = place / "requirements.txt"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != pins.read_text(encoding="utf-8"):
        shutil.rmtree(place, ignore_errors=True)
        uv = str(workspace.ROOT / ".venv/bin/uv")
        subprocess.run([uv, "venv", "--quiet", "--seed", "--python", str(workspace.interpreters()[version]), str(place)], check=True)
        install = [uv, "pip", "install", "--quiet", "--python", str(place / "bin/python"), "--requirements", str(pins)]
        subprocess.run(install, check=True)
        shutil.copy(pins, stamp)
    return place


def cells(core: str, pythons: list[str], managed: str) -> Iterator[steps.Step]:
    """The cells of one ansible-core, in the order of COLUMNS; with a single Python the first column has none."""
    oldest, newest = pythons[0], pythons[-1]
    where = make_venv(core, newest)
    env = workspace.environment(
        workspace.scratch() / f"home-pytest-{core}",
        [where / "bin"],
        {"ANSIBLE_COLLECTIONS_PATH": str(workspace.ROOT / ".dev"), "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true"},
    )
    if oldest != newest:
        other = make_venv(core, oldest)
        command = [str(other / "bin/python"), "-m", "pytest", "-q", "tests/unit"]
        path = f"{other / 'bin'}:{env['PATH']}"
        yield steps.Step(f"{core} {COLUMNS[0]} ({oldest})", command, least=1, env={**env, "PATH": path})
    conformance = "tests/conformance" if core in THOROUGH else "tests/conformance/test_inventory.py"
    command = [str(where / "bin/python"), "-m", "pytest", "-q", "tests/unit", conformance]
    yield steps.Step(f"{core} {COLUMNS[1]} ({newest})", command, least=1, env=env)
    if core == OLDEST:
        for year in ("2020", "2019"):
            command = [str(where / "bin/python"), "-m", "pytest", "-q", "tests/conformance/modules", "--spec", year]
            yield steps.Step(f"{core} pytest, API of {year} ({newest})", command, least=1, env=env)
    ansible_test = [sys.executable, str(workspace.ROOT / "tests/tools/ansible_test.py"), "--venv", str(where)]
    chosen = () if core == OLDEST else ("--", *(word for name in OWN_CODE for word in ("--test", name)))
    yield steps.Step(f"{core} {COLUMNS[2]} ({newest})", [*ansible_test, "sanity", *chosen])
    yield steps.Step(f"{core} {COLUMNS[3]} ({newest}, modules {managed})", [*ansible_test, "--managed", managed, "integration"])


def _length(step: steps.Step) -> int:
    """Sorts the columns that take longest first."""
    return next(place for place, column in enumerate(("sanity", "pytest", "integration", "unit")) if f" {column}" in step.name)


def main() -> int:
    begun = time.monotonic()
    found = workspace.interpreters()
    print(f"Pythons: {', '.join(found)}", flush=True)
    planned: list[steps.Step] = []
    missing = []
    for core, ((low, high), least) in CORES.items():
        pythons = [version for version in found if low <= int(version.partition(".")[2]) <= high]
        if pythons:
            managed = next(version for version in found if int(version.partition(".")[2]) >= least)
            planned.extend(cells(core, pythons, managed))
        else:
            missing.append(core)
    logs = workspace.ROOT / ".build/matrix"
    outcomes = steps.run_all(sorted(planned, key=_length), logs)
    print(f"\n{'ansible-core':<14}" + "".join(f"{column:<24}" for column in COLUMNS))
    for core in CORES:
        row = []
        for column in COLUMNS:
            outcome = next((outcome for outcome in outcomes if outcome.step.name.startswith(f"{core} {column}")), None)
            row.append("-" if outcome is None else f"{'ok' if outcome.ok else 'FAILED'} {outcome.step.name.partition('(')[2].rstrip(')')}")
        print(f"{core:<14}" + "".join(f"{cell:<24}" for cell in row))
    if missing:
        print(f"No Python on this machine runs ansible-core {', '.join(missing)}: not tested.")
    return steps.report(outcomes, logs, begun)


if __name__ == "__main__":
    sys.exit(main())
