# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of all operations, the way from a path to one, and that each of them is there and behaves as described."""

from __future__ import annotations

import re

import openapi
import pytest
from simulator_helpers import Local

from pelion_simulator import operations
from pelion_simulator.answers import ApiError
from pelion_simulator.operations import OPERATIONS, YEARS, Operation

OLDER_IDS = {
    "ManufacturingStatisticsReport#2020": {2020: "ManufacturingStatisticsReport"},
    "removeMyApiKeyListedGroups": {2019: "removeMyApiKeyFromGroups"},
}
"""An operation that moved kept its id, and one was renamed."""


def test_every_operation_is_bound(local: Local) -> None:
    assert set(OPERATIONS) - local.engine.bound == set()


@openapi.needed
@pytest.mark.parametrize("year", YEARS)
def test_operations_are_those_of_the_description(year: int) -> None:
    described = {(method, path): one["operationId"] for (method, path), one in openapi.description(year)["operations"].items()}
    known = {
        (one.method, re.sub(r"{[^}]+}", "{}", one.path)): OLDER_IDS.get(one.id, {}).get(year, one.id)
        for one in OPERATIONS.values()
        if one.first <= year <= one.last
    }
    assert known == described
    assert len(OPERATIONS) == 363


@openapi.needed
def test_paths_are_those_of_the_newest_description_that_has_them() -> None:
    for one in OPERATIONS.values():
        written = {"/" + path.strip("/") for path in openapi.description(one.last)["paths"]}
        assert one.path in written


def sample(one: Operation) -> str:
    """A path of an operation, with values in place of its parameters."""
    return re.sub(r"{([^}]+)}", lambda found: "a%2Fb/c" if found[1] == "resourcePath" else "x%2F" + found[1], one.path)


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("spelling", ["{}", "{}/", "/{}", "//{}//"])
def test_every_path_leads_to_its_operation(year: int, spelling: str) -> None:
    for one in OPERATIONS.values():
        if not one.first <= year <= one.last:
            continue
        found, parameters = operations.find(one.method, spelling.format(sample(one)), year)
        assert found == one
        names = re.findall(r"{([^}]+)}", one.path)
        assert parameters == {name.replace("-", "_"): "a/b/c" if name == "resourcePath" else f"x/{name}" for name in names}


def refusal(method: str, path: str, year: int) -> int:
    with pytest.raises(ApiError) as caught:
        operations.find(method, path, year)
    return caught.value.status


def test_what_a_year_does_not_have() -> None:
    assert refusal("GET", "/v3/applications", 2020) == 404
    assert refusal("GET", "/v3/accounts//users", 2021) == 404
    assert refusal("POST", "/v3/devices/x/suspend", 2019) == 404
    assert refusal("DELETE", "/v3/branding-colors/dark", 2019) == 405
    assert operations.find("GET", "/v3/users/me", 2019)[0].id == "getMyUser"
    # Without it, "me" is a user's id like any other.
    assert operations.find("GET", "/v3/users/me", 2021)[1] == {"user_id": "me"}
    assert operations.find("GET", "/v3/accounts/me", 2021)[0].id == "getMyAccountInfo"


@openapi.needed
def test_every_operation_was_validated(request: pytest.FixtureRequest) -> None:
    """Runs last (see conftest.py): no operation without a test in which it succeeds as described."""
    files = {item.path.name for item in request.session.items}
    if missing := {path.name for path in request.path.parent.glob("test_*.py")} - files or hasattr(request.config, "workerinput"):
        pytest.skip(f"only when all tests run in one process ({missing})")
    # Websockets have no answer to validate; their own tests connect to them.
    sockets = {"connectWebsocket", "establishGatewayDeviceConsoleSession", "communicateWithGatewayBasedServices"}
    never = sorted(set(OPERATIONS) - openapi.validated - sockets)
    assert not never, f"{len(never)} operations: {', '.join(never)}"
