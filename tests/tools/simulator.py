# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts the simulator: in the foreground for a person, or around a command.

simulator.py [--devices N]                     until Ctrl-C; prints how to point a playbook at it
simulator.py [--devices N] -- COMMAND [ARG...] runs the command with PELION_API_URL, PELION_API_KEY and PELION_CA_PATH set
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from workspace import ROOT


@contextlib.contextmanager
def started(directory: Path, devices: int = 1000, seed: int = 1, port: int = 0) -> Iterator[dict[str, str]]:
    """Run a simulator with its certificates in `directory`; yields its `url`, `http_url`, `ca_file` and `api_key`."""
    directory.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pelion_simulator", "--port", str(port), "--devices", str(devices), "--seed", str(seed)]
    # However this process ends, its end of the pipe closes, and the simulator with it.
    command += ["--tls-dir", str(directory), "--until-stdin-closes"]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "tests/simulator")}
    # A session of its own: Ctrl-C is for this process, which then ends the simulator in order.
    process = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise SystemExit(f"The simulator did not start (exit status {process.wait()}).")
        yield json.loads(line)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def variables(simulator: dict[str, str]) -> dict[str, str]:
    """The collection's environment variables for this simulator."""
    return {
        "PELION_API_URL": simulator["url"],
        "PELION_API_KEY": simulator["api_key"],
        "PELION_CA_PATH": simulator["ca_file"],
    }


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, from its first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)


def serve(devices: int, port: int) -> int:
    """Run until Ctrl-C; the key is in a private file to be sourced, never on a command line."""
    directory = ROOT / ".build/simulator"
    environment_file = directory / "env"
    inventory = directory / "fleet.pelion.yml"
    with started(directory, devices=devices, port=port) as simulator:
        write_private(environment_file, "".join(f"export {name}='{value}'\n" for name, value in variables(simulator).items()))
        inventory.write_text("plugin: pelion.device_management.devices\n", encoding="utf-8")
        print(
            f"A simulated fleet of {devices:,} devices is at {simulator['url']}. Ctrl-C stops it.\n"
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


def around(command: list[str], devices: int) -> int:
    """Run the command against a fresh simulator; returns its exit status."""
    with tempfile.TemporaryDirectory(prefix="pelion-simulator-") as directory, started(Path(directory), devices=devices) as simulator:
        return subprocess.run(command, env={**os.environ, **variables(simulator)}, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description="Start the simulator, for a person or around a command.")
    parser.add_argument("--devices", type=int, default=1000, help="how many devices the fleet has (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="0 chooses a free one")
    parser.add_argument("command", nargs="*", help="after --: what to run against it")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if arguments.command:
        return around(arguments.command, arguments.devices)
    return serve(arguments.devices, arguments.port)


if __name__ == "__main__":
    sys.exit(main())
