# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs every molecule scenario against a simulator, and fails when one did nothing."""

from __future__ import annotations

import re
import subprocess
import sys

import simulator
import workspace


def main() -> int:
    scenarios = sorted(path.parent.name for path in (workspace.ROOT / "extensions/molecule").glob("*/molecule.yml"))
    with simulator.Simulator() as running:
        # By itself an inventory that cannot be read is a warning and exit status 0.
        extra = {**simulator.variables(running), "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true"}
        env = workspace.environment(workspace.scratch() / "home-molecule", extra=extra)
        process = subprocess.run(
            [workspace.ROOT / ".venv/bin/molecule", "test", "--all"],
            cwd=workspace.ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    print(process.stdout)
    if process.returncode:
        return process.returncode
    # converge, idempotence and verify each end with a recap.
    recaps = [int(count) for count in re.findall(r"\bok=(\d+)", re.sub(r"\x1b\[[\d;]*m", "", process.stdout))]
    if not scenarios or re.search("no hosts matched", process.stdout, re.IGNORECASE) or len(recaps) < 3 * len(scenarios) or 0 in recaps:
        print(f"molecule exited with 0, but played {len(recaps)} plays for {len(scenarios)} scenarios.")
        return 1
    print(f"{len(scenarios)} scenarios: {', '.join(scenarios)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
