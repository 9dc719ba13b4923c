# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make demo` fails when it did not show what it says. `make demo` itself is the test that it does."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

import demo

OUTPUT = """
PLAY [Tag] *****************************************************************

TASK [Set one attribute] ***************************************************
\x1b[0;33mchanged: [a]\x1b[0m
changed: [b]
changed: [c]
changed: [d]
changed: [e]
ok: [f]
ok: [g] =>\x20
    msg: Hello

PLAY RECAP *********************************************************************
a                          : ok=1    changed=1    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0
\x1b[0;31mb\x1b[0m                          : ok=2    changed=0    unreachable=1    failed=3    skipped=0    rescued=0    ignored=0
"""

SHORTENED = """\
PLAY [Tag]

TASK [Set one attribute]
\x1b[0;33mchanged: [a]\x1b[0m
changed: [b]
changed: [c]
... and 2 more devices
ok: [f]
ok: [g] =>
    msg: Hello
"""

GRAPH = """\
@all:
  |--@ungrouped:
  |--@pelion_devices:
  |  |--one
  |  |--two
  |  |--three
  |--@site_oslo:
  |  |--two
"""

# Stands in for ansible-playbook: what it prints on its first and its later runs, and how it exits.
PLAYBOOK = """\
import pathlib, sys
seen = pathlib.Path({seen!r})
changed = {later} if seen.exists() else {first}
seen.touch()
print("PLAY RECAP ***")
for number in range(51):
    print(f"host-{{number}} : ok=2 changed={{changed}} unreachable=0 failed={failed}")
sys.exit({status})
"""


def test_long_runs_of_hosts_are_cut_short() -> None:
    assert "".join(f"{line}\n" for line in demo.shortened(OUTPUT.splitlines())) == SHORTENED + "\n"


def test_a_recap_adds_up_all_hosts() -> None:
    assert demo.Recap.of(demo.COLOUR.sub("", line) for line in OUTPUT.splitlines()) == demo.Recap(hosts=2, ok=3, changed=1, failed=4)
    assert demo.Recap.of(["PLAY RECAP"]) == demo.Recap(0, 0, 0, 0)


def test_a_graph_is_read() -> None:
    assert demo.graph(GRAPH) == ({"ungrouped": [], "pelion_devices": ["one", "two", "three"], "site_oslo": ["two"]}, 3)


@pytest.mark.parametrize(
    ("hosts", "first", "later", "failed", "status", "message"),
    [
        (5, 2, 0, 0, 0, ""),
        (4, 2, 0, 0, 0, "The inventory has 4 devices instead of 5 (exit status 0)."),
        (5, 0, 0, 0, 0, "The first run was to change more than 50 things, but changed 0."),
        (5, 2, 1, 0, 0, "The second run was to change nothing, but changed 51 things."),
        (5, 2, 0, 1, 0, "The playbook failed: exit status 0, Recap(hosts=51, ok=102, changed=102, failed=51)."),
        (5, 2, 0, 0, 4, "The playbook failed: exit status 4, Recap(hosts=51, ok=102, changed=102, failed=0)."),
    ],
)
def test_only_success_exits_with_0(
    hosts: int,
    first: int,
    later: int,
    failed: int,
    status: int,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    graph = "  |--@pelion_devices:\n" + "".join(f"  |  |--{number}\n" for number in range(hosts))
    script = PLAYBOOK.format(seen=str(tmp_path / "seen"), first=first, later=later, failed=failed, status=status)
    monkeypatch.setattr(demo, "DEVICES", 5)
    monkeypatch.setattr(demo, "INVENTORY_COMMAND", [sys.executable, "-c", f"print({graph!r})"])
    monkeypatch.setattr(demo, "PLAYBOOK_COMMAND", [sys.executable, "-c", script])
    assert demo.main() == (1 if message else 0)
    printed = capsys.readouterr()
    assert printed.err == (f"\nThe demo failed. {message}\n" if message else "")
    assert ("5. What happened" in printed.out) is not bool(message)


def test_the_key_is_in_the_environment_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PELION_API_KEY", "the-caller's")
    with demo.simulator.Simulator(devices=1) as running:
        env = demo.environment(tmp_path / "home", running)
        assert env["PELION_API_KEY"] == running.api_key
        assert running.api_key not in " ".join([*demo.INVENTORY_COMMAND, *demo.PLAYBOOK_COMMAND])
