# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual environments of their own: the vendor's SDK, as published, and what draws pictures."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

from workspace import ROOT

PINS = ROOT / "requirements/sdk.txt"


def sdk_python() -> Path:
    """The interpreter of the SDK's environment."""
    return pinned_python("sdk")


def pinned_python(name: str) -> Path:
    """The interpreter of the environment of `requirements/NAME.txt`, which is made where it is missing or its pins have changed."""
    pins, home = ROOT / f"requirements/{name}.txt", ROOT / ".build" / name
    python, stamp, wanted = home / "bin/python", home / "made-for.txt", f"{sys.version}\n{pins.read_text(encoding='utf-8')}"
    home.parent.mkdir(exist_ok=True)
    # Two steps of `make test` may want it at once.
    with (home.parent / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
            print(f"Making the environment '{name}' ...", file=sys.stderr, flush=True)
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
            uv = str(Path(sys.executable).with_name("uv"))
            subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), "--requirements", str(pins)], check=True)
            stamp.write_text(wanted, encoding="utf-8")
    return python
