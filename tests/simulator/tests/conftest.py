# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulator for the run, set back before each test; and an engine without sockets for properties."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from simulator_helpers import DEVICES, Api, Local

from pelion_simulator.process import Simulator


@pytest.fixture(scope="session")
def _running() -> Iterator[Simulator]:
    with Simulator(devices=DEVICES) as simulator:
        yield simulator


@pytest.fixture
def simulator(_running: Simulator) -> Simulator:
    """A simulator as it is after its start."""
    _running.reset()
    return _running


@pytest.fixture
def api(simulator: Simulator) -> Iterator[Api]:
    """HTTP to the simulator with its API key."""
    made = Api(simulator)
    yield made
    made.session.close()


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """An engine on a small fleet; tests of a module share it."""
    made = Local(tmp_path_factory.mktemp("state"))
    yield made
    made.store.close()
