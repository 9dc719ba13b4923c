# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Suspending devices and bringing them back; block categories; the old address of events."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from simulator_helpers import Api, Local

from pelion_simulator.process import Simulator

UNKNOWN = "0123456789abcdef0123456789abcdef"
CATEGORIES = "/v3/device-block-categories/"
OF_BLOCK = (
    "state",
    "lifecycle_status",
    "operator_suspended",
    "last_operator_suspended_category",
    "last_operator_suspended_description",
)


@pytest.fixture
def device(api: Api) -> str:
    """The id of a registered device."""
    return str(api.get("/v3/devices/?state__eq=registered&limit=2")["data"][0]["id"])


def send(api: Api, device: str, action: str, **body: Any) -> int:
    answer = api.send("POST", f"/v3/devices/{device}/{action}", json=body)
    # Neither success nor errors have a body.
    assert answer.content == b""
    return answer.status_code


def block(api: Api, device: str) -> tuple[Any, ...]:
    found = api.get(f"/v3/devices/{device}/")
    return tuple(found.get(name) for name in OF_BLOCK)


def test_suspend_and_resume(simulator: Simulator, api: Api, device: str) -> None:
    assert block(api, device) == ("registered", "enabled", False, None, None)
    before = api.get(f"/v3/devices/{device}/")
    assert send(api, device, "suspend", category="lost_or_stolen", description="Where is it?") == 204
    assert block(api, device) == ("registered", "blocked", True, "lost_or_stolen", "Where is it?")
    simulator.clock(advance=1.9)
    assert block(api, device)[0] == "registered"
    simulator.clock(advance=0.1)
    assert block(api, device) == ("deregistered", "blocked", True, "lost_or_stolen", "Where is it?")
    found = api.get(f"/v3/devices/{device}/")
    assert found["last_operator_suspended_updated_at"] > before["updated_at"]
    query = f"/v3/devices/?operator_suspended__eq=true&last_operator_suspended_category__eq=lost_or_stolen&id__eq={device}"
    assert len(api.get(query)["data"]) == 1
    # It does not come back by itself, and not for another reason.
    simulator.clock(advance=1000)
    assert send(api, device, "resume", category="maintenance") == 400
    assert send(api, device, "resume") == 400
    assert block(api, device)[:3] == ("deregistered", "blocked", True)

    assert send(api, device, "resume", category="lost_or_stolen", description="Found") == 204
    assert block(api, device) == ("deregistered", "enabled", False, "lost_or_stolen", "Found")
    simulator.clock(advance=7.9)
    assert block(api, device)[0] == "deregistered"
    simulator.clock(advance=0.1)
    assert block(api, device)[0] == "registered"
    assert send(api, device, "resume", category="lost_or_stolen") == 400
    events = api.get(f"/v3/device-events/?device_id__eq={device}&order=DESC&limit=4")["data"]
    assert [event["event_type"].rpartition("-")[2] for event in events] == ["registered", "updated", "deregistered", "updated"]


def test_a_suspension_can_be_given_another_reason(simulator: Simulator, api: Api, device: str) -> None:
    assert send(api, device, "suspend") == 204
    assert block(api, device)[1:] == ("blocked", True, "", "")
    assert send(api, device, "suspend", category="maintenance", description="x") == 204
    assert block(api, device)[1:] == ("blocked", True, "maintenance", "x")
    simulator.clock(advance=2)
    assert send(api, device, "resume", category="maintenance") == 204
    # Suspended again before it came back, it does not come back.
    assert send(api, device, "suspend", category="maintenance") == 204
    simulator.clock(advance=60)
    assert block(api, device)[:3] == ("deregistered", "blocked", True)


def test_resumed_before_it_was_disconnected(simulator: Simulator, api: Api, device: str) -> None:
    assert send(api, device, "suspend", category="maintenance") == 204
    assert send(api, device, "resume", category="maintenance") == 204
    for _time in range(2):
        simulator.clock(advance=5)
        assert block(api, device)[:3] == ("registered", "enabled", False)


def test_a_device_that_was_never_there_does_not_come(simulator: Simulator, api: Api) -> None:
    made = api.post("/v3/devices/", {"device_execution_mode": 1})["id"]
    assert send(api, made, "suspend", category="maintenance") == 204
    simulator.clock(advance=2)
    assert send(api, made, "resume", category="maintenance") == 204
    simulator.clock(advance=60)
    assert block(api, made)[:3] == ("unenrolled", "enabled", False)


def test_others_are_told_what_becomes_of_devices(local: Local) -> None:
    def send(method: str, path: str, **body: str) -> None:
        local.send(method, path, body=body or None)

    with mock.patch.object(local.engine, "emit") as emit:
        device = local.send("POST", "/v3/devices", body={"device_execution_mode": 1, "state": "registered"})[1]["id"]
        send("POST", f"/v3/devices/{device}/suspend", category="maintenance")
        local.engine.move_clock(advance=2)
        send("POST", f"/v3/devices/{device}/resume", category="maintenance")
        local.engine.move_clock(advance=8)
        send("DELETE", f"/v3/devices/{device}")
    told = [(call.args[0], call.args[1]["id"]) for call in emit.call_args_list]
    events = ("suspended", "deregistered", "resumed", "registered", "deleted")
    assert told == [(f"device.{event}", device) for event in events]


def test_what_the_service_itself_suspends_stays_suspended(simulator: Simulator, api: Api, device: str) -> None:
    simulator.patch("devices", device, system_suspended=True, lifecycle_status="blocked")
    assert send(api, device, "suspend", category="maintenance") == 204
    simulator.clock(advance=2)
    assert send(api, device, "resume", category="maintenance") == 204
    simulator.clock(advance=60)
    assert block(api, device)[:3] == ("deregistered", "blocked", False)


def test_a_certificate_that_is_refused_meanwhile(simulator: Simulator, api: Api, device: str) -> None:
    (certificate,) = simulator.add("trusted-certificates", {"status": "INACTIVE"})
    simulator.patch("devices", device, ca_id=certificate)
    send(api, device, "suspend", category="maintenance")
    simulator.clock(advance=2)
    send(api, device, "resume", category="maintenance")
    simulator.clock(advance=60)
    assert block(api, device)[0] == "deregistered"
    simulator.settings(spec=2020)
    (denial,) = api.get(f"/v3/device-enrollment-denials?trusted_certificate_id__eq={certificate}")["data"]
    assert denial["endpoint_name"] == api.get(f"/v3/devices/{device}/")["endpoint_name"]


def test_what_is_refused(api: Api, device: str) -> None:
    for action in ("suspend", "resume"):
        assert send(api, UNKNOWN, action, category="maintenance") == 404
        assert send(api, "x", action, category="maintenance") == 400
        assert send(api, device, action, category="none_such") == 400
        assert send(api, device, action, category=1) == 400
        assert send(api, device, action, description="x" * 2001) == 400
        assert send(api, device, action, reason="x") == 400
        for data in (None, b"x", b"[]"):
            answer = api.send("POST", f"/v3/devices/{device}/{action}", data=data, headers={"Content-Type": "application/json"})
            assert (answer.status_code, answer.content) == (400, b"")
    assert block(api, device)[:3] == ("registered", "enabled", False)


def test_older_services_know_nothing_of_it(simulator: Simulator, api: Api, device: str) -> None:
    simulator.settings(spec=2019)
    assert api.refused(404, "unrecognized_request", "POST", f"/v3/devices/{device}/suspend", json={}) == {}
    api.refused(404, "unrecognized_request", "GET", CATEGORIES)
    found = api.get(f"/v3/devices/{device}/")
    assert [name for name in found if "suspended" in name or name == "lifecycle_status"] == []


def test_block_categories(api: Api) -> None:
    page = api.get(CATEGORIES)
    references = [one["reference"] for one in page["data"]]
    assert {"maintenance", "lost_or_stolen"} <= set(references)
    assert all(set(one) == {"object", "reference", "description", "updated_at"} for one in page["data"])
    # Pages are asked for in vain.
    assert api.get(f"{CATEGORIES}?limit=2&after={UNKNOWN}&order=DESC")["data"] == page["data"]
    assert [one["reference"] for one in api.get(f"{CATEGORIES}?reference__nin=maintenance")["data"]] == references[1:]
    assert api.get(f"{CATEGORIES}?updated_at__lte=2001-01-01T00:00:00Z&include=total_count")["total_count"] == 0
    assert api.get(CATEGORIES + "maintenance") == page["data"][0]
    api.refused(404, "not_found", "GET", CATEGORIES + "none_such")


def test_the_old_address_of_events(api: Api) -> None:
    events = api.get("/v3/device-events/?limit=30")
    assert api.get("/v3/devicelog/?limit=30") == events
    one = events["data"][0]
    assert api.get(f"/v3/devicelog/{one['id']}/") == one
    api.refused(404, "not_found", "GET", f"/v3/devicelog/{UNKNOWN}/")
    # Only there is this operator documented as a parameter of its own.
    assert api.get("/v3/devicelog/?state_change__in=true&limit=2")["data"][0]["state_change"] is True
    assert set(api.refused(400, "validation_error", "GET", "/v3/device-events/?state_change__in=true")) == {"state_change__in"}
