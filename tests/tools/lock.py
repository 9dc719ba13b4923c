# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pins the newest versions that `requirements/*.in` allow, for every Python that each set is for."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import matrix
import workspace

REQUIREMENTS = workspace.ROOT / "requirements"


def lock(source: str, target: str, oldest: str, extra: str = "") -> None:
    """Write `requirements/TARGET` from `requirements/SOURCE` and one more requirement; no index and no path gets into it."""
    uv = [str(workspace.ROOT / ".venv/bin/uv"), "pip", "compile", "--quiet", "--universal", "--upgrade", "--python-version", oldest]
    with tempfile.TemporaryDirectory() as directory:
        more = Path(directory) / "more.in"
        more.write_text(extra, encoding="utf-8")
        command = [*uv, "--no-annotate", "--no-header", str(REQUIREMENTS / source), str(more)]
        pins = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    header = f"# Made from {source} by `make lock`; do not edit.\n"
    (REQUIREMENTS / target).write_text(header + pins, encoding="utf-8")


def main() -> None:
    lock("dev.in", "dev.txt", "3.11")
    for core, ((oldest, _newest), _managed) in matrix.CORES.items():
        lock("matrix.in", f"matrix-{core}.txt", f"3.{oldest}", f"ansible-core == {core}.*")
    for name in ("sdk", "plot"):
        lock(f"{name}.in", f"{name}.txt", "3.11")


if __name__ == "__main__":
    main()
