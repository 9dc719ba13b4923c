# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulator for all conformance tests, and the environment in which Ansible's commands reach it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pelion_simulator.process import Simulator
from recorded import Recorded

ROOT = Path(__file__).resolve().parents[2]
# A shell that runs the tests in the background lets them ignore it; what Ctrl-C does is tested all the same.
signal.signal(signal.SIGINT, signal.default_int_handler)
_FOREIGN = ("ANSIBLE_", "PELION_", "MBED_CLOUD_SDK_", "XDG_")


@pytest.fixture(scope="session")
def running_simulator(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    """The process; tests take `simulator`."""
    with Recorded(devices=300, spec=request.config.getoption("spec")) as running:
        yield running


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--spec", type=int, choices=[2019, 2020, 2021], default=2021, help="the API description that the simulator keeps to")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests of what the older service does not have are not run against it; those of what only it has are not run elsewhere."""
    spec = config.getoption("spec")

    def fits(item: pytest.Item) -> bool:
        since, until = item.get_closest_marker("since"), item.get_closest_marker("until")
        return (since is None or since.args[0] <= spec) and (until is None or spec <= until.args[0])

    config.hook.pytest_deselected(items=[item for item in items if not fits(item)])
    items[:] = [item for item in items if fits(item)]


@pytest.fixture
def spec(request: pytest.FixtureRequest) -> int:
    """The year of the API description that the simulator keeps to."""
    return int(request.config.getoption("spec"))


@pytest.fixture
def simulator(running_simulator: Simulator, spec: int) -> Simulator:
    """A fleet of 300 devices as it is at the start, whatever the test before did to it."""
    running_simulator.reset()
    running_simulator.settings(spec=spec)
    return running_simulator


@pytest.fixture
def environment(simulator: Simulator, tmp_path: Path) -> dict[str, str]:
    """For Ansible's commands: this collection, this simulator, a home of their own, and nothing of the caller's settings."""
    home = tmp_path / "home"
    home.mkdir()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return {
        **inherited,
        "HOME": str(home),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "ANSIBLE_HOME": str(home / ".ansible"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".dev"),
        "ANSIBLE_NOCOLOR": "1",
        "PELION_API_URL": simulator.url,
        "PELION_API_KEY": simulator.api_key,
        "PELION_CA_PATH": simulator.ca_file,
    }
