# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulator for the run, set back before each test; and an engine without sockets for properties."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from simulator_helpers import DEVICES, Api, Local, Watched


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
    """A simulator as it is after its start."""
    _running.reset()
    return _running


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
