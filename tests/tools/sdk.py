# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vendor's SDK, as published, in a virtual environment of its own."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

from workspace import ROOT

PINS = ROOT / "requirements/sdk.txt"


def sdk_python() -> Path:
    """The interpreter of the SDK's environment, which is made where it is missing or its pins have changed."""
    home = ROOT / ".build/sdk"
    python, stamp, wanted = home / "bin/python", home / "made-for.txt", f"{sys.version}\n{PINS.read_text(encoding='utf-8')}"
    home.parent.mkdir(exist_ok=True)
    # Two steps of `make test` may want it at once.
    with (home.parent / "sdk.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
            print("Making the SDK's environment ...", file=sys.stderr, flush=True)
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
            uv = str(Path(sys.executable).with_name("uv"))
            subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), "--requirements", str(PINS)], check=True)
            stamp.write_text(wanted, encoding="utf-8")
    return python
