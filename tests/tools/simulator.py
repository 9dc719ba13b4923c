# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts the simulator: in the foreground for a person, or around a command.

simulator.py [--devices N]                      until Ctrl-C; prints how to point a playbook at it
simulator.py [--devices N] -- COMMAND [ARG ...] runs the command with PELION_API_URL, PELION_API_KEY and PELION_CA_PATH set
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

from workspace import ROOT

sys.path.insert(0, str(ROOT / "tests/simulator"))
sys.path.insert(0, str(ROOT / "tests/support"))

from pelion_simulator.process import Simulator
from recorded import Recorded

__all__ = ["Recorded", "Simulator", "variables", "write_private"]


def variables(simulator: Simulator) -> dict[str, str]:
    """The collection's environment variables for this simulator."""
    return {"PELION_API_URL": simulator.url, "PELION_API_KEY": simulator.api_key, "PELION_CA_PATH": simulator.ca_file}


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, from its first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)


def serve(simulator: Simulator, devices: int) -> int:
    """Wait for Ctrl-C; the key is in a private file to be sourced, never on a command line."""
    directory = ROOT / ".build/simulator"
    environment_file = directory / "env"
    inventory = directory / "fleet.pelion.yml"
    settings = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables(simulator).items())
    write_private(environment_file, settings)
    inventory.write_text("plugin: pelion.device_management.devices\n", encoding="utf-8")
    print(
        f"A simulated fleet of {devices:,} devices is at {simulator.url}. Ctrl-C stops it.\n"
        f"In another shell, in {ROOT}:\n\n"
        "  . .venv/bin/activate\n"
        f"  . {environment_file.relative_to(ROOT)}\n"
        f"  ansible-inventory -i {inventory.relative_to(ROOT)} --graph\n"
        "  ansible localhost -m pelion.device_management.account_info\n"
        f"  ansible-playbook -i {inventory.relative_to(ROOT)} PLAYBOOK",
        flush=True,
    )
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()
    environment_file.unlink()
    print("\nStopped.")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Start the simulator, for a person or around a command.")
    parser.add_argument("--devices", type=int, default=1000, help="how many devices the fleet has (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="0 chooses a free one (default)")
    parser.add_argument("command", nargs="*", help="after --: what to run against it")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_received: sys.exit(143))
    with Simulator(devices=arguments.devices, port=arguments.port) as simulator:
        if arguments.command:
            return subprocess.run(arguments.command, env={**os.environ, **variables(simulator)}, check=False).returncode
        return serve(simulator, arguments.devices)


if __name__ == "__main__":
    sys.exit(main())
