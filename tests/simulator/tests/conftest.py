# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulator for the run, set back before each test; and an engine without sockets for properties."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings
from simulator_helpers import DEVICES, Api, Local, Watched

# How quick the machine is, is not tested.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What looks back at all tests goes last."""
    items.sort(key=lambda item: item.name == "test_every_operation_was_validated")


@pytest.fixture(scope="session")
def _running() -> Iterator[Watched]:
    with Watched(devices=DEVICES) as simulator:
        yield simulator
        assert simulator.errors() == ""


@pytest.fixture
def simulator(_running: Watched) -> Watched:
    """A simulator as it is after its start, but for its clock: that moves only when it is moved, however long a test takes."""
    _running.reset()
    _running.clock(rate=0)
    return _running


@pytest.fixture
def time_passes(simulator: Watched) -> None:
    """The clock runs, and devices answer by themselves."""
    simulator.clock(rate=1)


@pytest.fixture
def api(simulator: Watched) -> Iterator[Api]:
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
