# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs ansible-test in an installed copy of the collection outside of the clone, and fails when it tested nothing.

    ansible_test.py sanity|units|integration [--venv DIR] [--managed 3.9] [-- MORE ANSIBLE-TEST ARGUMENTS]

`--venv` names the virtual environment whose ansible-core is used (default: the one that runs this file). For `integration` a
simulator is started and `tests/integration/integration_config.yml` in the copy gets the variables `pelion_api_url`,
`pelion_http_url`, `pelion_ca_path` and `pelion_api_key`, which are how a target reaches it.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import simulator
import workspace

# The stand-in for the script with which ansible-test puts pip into its virtual environments, and which it would download.
BOOTSTRAP = """\
import sys

WHEEL = {wheel!r}
sys.path.insert(0, WHEEL)
from pip._internal.cli.main import main

arguments = [WHEEL if argument.startswith("pip==") else argument for argument in sys.argv[1:] if not argument.startswith("--no-")]
sys.exit(main(["install", "--ignore-installed", *arguments]))
"""

PIP_VERSIONS = """\
import types
from ansible_test._internal.python_requirements import get_venv_packages
for minor in range(9, 15):
    python = types.SimpleNamespace(version=f"3.{minor}", version_info=(3, minor))
    print(get_venv_packages(python)["pip"])
"""


def prime(home: Path, python: Path) -> None:
    """Put a pip bootstrap script for each pip that this ansible-core asks for where ansible-test looks before it downloads one."""
    asked = subprocess.run([python, "-c", PIP_VERSIONS], capture_output=True, text=True, check=True).stdout.split()
    cache = home / ".ansible/test/cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in sorted(set(asked)):
        wheel = cache / f"pip-{version}-py3-none-any.whl"
        if not wheel.exists():
            download = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
            subprocess.run([*download, "--dest", str(cache), f"pip=={version}"], check=True)
        (cache / f"get_pip_{version.replace('.', '_')}.py").write_text(BOOTSTRAP.format(wheel=str(wheel)), encoding="utf-8")


def links(directory: Path) -> Path:
    """A folder of links to the real interpreters: pyenv's shims end ansible-test with exit status 127."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    for version, python in workspace.interpreters().items():
        (directory / f"python{version}").symlink_to(python)
    return directory


def check(command: str, log: str, copy: Path, more: Sequence[str] = ()) -> str:
    """Prove from the log that tests ran; returns what ran, in words. Raises SystemExit when ansible-test tested nothing.

    `more` are the further arguments of ansible-test, which may have chosen some of the sanity tests.
    """
    if command == "sanity":
        ran = set(re.findall(r'Running sanity test "([^"]+)"', log))
        chosen = {name for option, name in itertools.pairwise(more) if option == "--test"}
        missing = (chosen or {"compile", "import", "pep8", "pylint", "validate-modules", "yamllint"}) - ran
        if missing:
            raise SystemExit(f"ansible-test sanity did not run {', '.join(sorted(missing))}.")
        return f"{len(ran)} sanity tests"
    if command == "units":
        passed = sum(int(count) for count in re.findall(r"^=+ .*?(\d+) passed", log, re.MULTILINE))
        if not passed:
            raise SystemExit("ansible-test units ran no test.")
        return f"{passed} unit tests"
    targets = {path.name for path in (copy / "tests/integration/targets").iterdir() if not path.name.startswith(("prepare_", "setup_"))}
    unseen = targets - set(re.findall(r"Running (\S+) integration test", log))
    if not targets or unseen or "no hosts matched" in log:
        raise SystemExit(f"ansible-test integration did not run {', '.join(sorted(unseen)) or 'anything'}.")
    return f"{len(targets)} integration targets"


@contextlib.contextmanager
def prepared(command: str, copy: Path) -> Iterator[None]:
    """What a command needs around it."""
    if command != "integration":
        yield
        return
    with simulator.Recorded() as running:
        settings = {
            "pelion_api_url": running.url,
            "pelion_http_url": running.http_url,
            "pelion_ca_path": running.ca_file,
            "pelion_api_key": running.api_key,
        }
        simulator.write_private(copy / "tests/integration/integration_config.yml", json.dumps(settings))
        yield


def choice(command: str, python: str, managed: str) -> list[str]:
    """The arguments that say which Python does what.

    sanity compiles and imports with every Python on this machine that ansible-core knows; integration runs the modules with
    `managed`, and Ansible itself with `python`.
    """
    if command == "sanity":
        return ["--venv", "--python", "default"]
    if command == "units":
        return ["--venv", "--python", python]
    return ["--controller", f"origin:python=venv/{python}", "--target", f"controller:python=venv/{managed}"]


def run(command: str, venv: Path, managed: str | None = None, more: Sequence[str] = ()) -> str:
    """Run one ansible-test command with the ansible-core in `venv`; returns what ran, in words. Raises SystemExit when it failed."""
    python = venv / "bin/python"
    code = "import sys; from ansible.release import __version__; print(__version__, '%d.%d' % sys.version_info[:2])"
    answer = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    core, version = answer.stdout.split()
    # The HOME stays, for ansible-test keeps its virtual environments there; one each, for two commands may run at once.
    home = workspace.scratch() / f"home-{core}-{command}"
    env = workspace.environment(home, [links(home / "python"), venv / "bin"])
    copy = workspace.install_copy(workspace.scratch() / f"copy-{core}-{command}", venv / "bin/ansible-galaxy", env)
    prime(home, python)
    line = [str(venv / "bin/ansible-test"), command, *choice(command, version, managed or version), "--color", "no", *more]
    print("$", " ".join(line), flush=True)
    log = []
    with (
        prepared(command, copy),
        subprocess.Popen(
            line, cwd=copy, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process,
    ):
        for text in process.stdout or ():
            print(text, end="", flush=True)
            log.append(text)
    if process.returncode:
        raise SystemExit(f"ansible-test {command} on ansible-core {core} failed.")
    return check(command, "".join(log), copy, more)


def main() -> None:
    parser = argparse.ArgumentParser(description="Run ansible-test in a copy of the collection.")
    parser.add_argument("command", choices=["sanity", "units", "integration"])
    parser.add_argument("--venv", type=Path, default=Path(sys.prefix), help="the virtual environment with the ansible-core to use")
    parser.add_argument("--managed", help="the version of the Python that runs the modules in integration, such as 3.9")
    parser.add_argument("more", nargs="*", help="after --: more arguments for ansible-test")
    arguments = parser.parse_args()
    print(run(arguments.command, arguments.venv, arguments.managed, arguments.more))


if __name__ == "__main__":
    main()
