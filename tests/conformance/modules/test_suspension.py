# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices that are suspended and brought back, and the categories for it."""

from __future__ import annotations

from typing import Any

import pytest
from pelion_simulator.process import Simulator

LAST = "last_operator_suspended_"
LOST = {"category": "lost_or_stolen", "description": "Where is it?"}
STAMPS = {"updated_at", "etag", f"{LAST}updated_at"}


@pytest.fixture
def device(client: Any) -> dict[str, Any]:
    """A registered device."""
    found: dict[str, Any] = next(client.list("/v3/devices/", {"state": "registered"}, limit=1))
    return found


def shown(item: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(item.get(name) for name in ("state", "lifecycle_status", "operator_suspended", f"{LAST}category", f"{LAST}description"))


@pytest.mark.since(2020)
def test_the_whole_story(run: Any, simulator: Simulator, client: Any, device: dict[str, Any]) -> None:
    identity = device["id"]
    path = f"/v3/devices/{identity}"
    simulator.clock(rate=20)
    stages: list[tuple[dict[str, Any], list[Any], tuple[Any, ...]]] = [
        (
            {"state": "suspended", "block": LOST, "wait": True},
            [("POST", f"{path}/suspend", LOST)],
            ("deregistered", "blocked", True, "lost_or_stolen", "Where is it?"),
        ),
        (
            {"state": "suspended", "block": {"description": "Stolen"}, "wait": True},
            [("POST", f"{path}/suspend", {"category": "lost_or_stolen", "description": "Stolen"})],
            ("deregistered", "blocked", True, "lost_or_stolen", "Stolen"),
        ),
        (
            {"state": "active", "block": {"description": "Found"}, "wait": True},
            [("POST", f"{path}/resume", {"category": "lost_or_stolen", "description": "Found"})],
            ("registered", "enabled", False, "lost_or_stolen", "Found"),
        ),
    ]
    for options, writes, wanted in stages:
        options = {"id": identity, "wait_interval": 0.05, **options}
        was = client.get(f"{path}/")
        checked = run("device", check=True, **options)
        assert client.get(f"{path}/") == was
        real = run("device", **options)
        again = run("device", **options)
        now = client.get(f"{path}/")
        assert (checked.changed, real.changed, again.changed) == (True, True, False)
        assert (checked.writes, real.writes, again.writes) == ([], writes, [])
        assert real.result["device"] == again.result["device"] == now
        assert shown(now) == wanted
        # What was foretold is what came; that it is disconnected or connected comes of it later.
        assert checked.result["diff"] == real.result["diff"]
        after = checked.result["diff"]["after"]
        assert {"lifecycle_status", "operator_suspended", f"{LAST}category", f"{LAST}description"} <= set(after)
        assert after == {name: now[name] for name in after}
        foretold = {name for name, value in checked.result["device"].items() if was.get(name) != value}
        assert {name for name in {**was, **now} if was.get(name) != now.get(name)} - STAMPS - {"state"} == foretold


@pytest.mark.since(2020)
def test_fields_and_suspension_in_one_task(run: Any, simulator: Simulator, device: dict[str, Any]) -> None:
    # It disconnects two seconds later.
    simulator.clock(rate=0)
    step = run("device", id=device["id"], state="suspended", block={"category": "maintenance"}, name="pump-17")
    assert [(method, path) for method, path, _body in step.writes] == [
        ("PUT", f"/v3/devices/{device['id']}/"),
        ("POST", f"/v3/devices/{device['id']}/suspend"),
    ]
    now = step.result["device"]
    assert (now["name"], now["lifecycle_status"], now["state"]) == ("pump-17", "blocked", "registered")
    made = run("device", name="bench", create=True, state="suspended", block={"category": "maintenance"})
    assert [path for _method, path, _body in made.writes] == ["/v3/devices/", f"/v3/devices/{made.result['device']['id']}/suspend"]
    assert made.result["device"]["lifecycle_status"] == "blocked"
    assert run("device", name="bench", create=True, state="suspended").changed is False


@pytest.mark.since(2020)
def test_waiting_for_a_device_that_does_not_come(run: Any, simulator: Simulator, device: dict[str, Any]) -> None:
    run("device", id=device["id"], state="suspended", block=LOST)
    simulator.clock(advance=5)
    simulator.settings(reconnect_seconds=7 * 86400)
    options = {"id": device["id"], "state": "active", "wait": True, "wait_timeout": 0.2, "wait_interval": 0.05}
    step = run("device", **options)
    assert step.msg == f"The device {device['id']} is not there yet after 0.2 seconds."
    assert step.changed
    assert shown(step.result["device"])[:3] == ("deregistered", "enabled", False)
    # Without waiting that is all there is to do, and nothing is left of it.
    again = run("device", id=device["id"], state="active")
    assert (again.changed, again.writes) == (False, [])
    assert run("device", **options).failed
    simulator.clock(advance=7 * 86400)
    assert run("device", **options).result["device"]["state"] == "registered"


@pytest.mark.since(2020)
def test_what_is_refused(run: Any, simulator: Simulator, device: dict[str, Any]) -> None:
    unknown = run("device", id=device["id"], state="suspended", block={"category": "none_such"})
    assert unknown.msg.startswith(f"POST /v3/devices/{device['id']}/suspend failed with HTTP 400: Bad Request (the answer has no text).")
    run("device", id=device["id"], state="suspended", block=LOST)
    other = run("device", id=device["id"], state="active", block={"category": "maintenance"})
    assert other.msg == "The device is suspended with the category 'lost_or_stolen', not 'maintenance'; leave the category out to use it."
    assert other.writes == []
    assert run("device", name="none such", state="suspended").msg.startswith("There is no device with the name 'none such'. ")
    simulator.patch(
        "devices",
        device["id"],
        system_suspended=True,
        last_system_suspended_category="abuse",
        last_system_suspended_description="Too loud",
    )
    system = run("device", id=device["id"], state="active")
    assert system.msg == "The service itself has suspended the device (abuse: Too loud); only the vendor can end that."
    assert system.writes == []


@pytest.mark.until(2019)
def test_an_older_service(run: Any, device: dict[str, Any]) -> None:
    for check in (True, False):
        step = run("device", check=check, id=device["id"], state="suspended")
        assert (step.msg, step.writes) == ("This service is an older one that cannot suspend devices.", [])
    assert run("device", id=device["id"], state="active").changed is False


@pytest.mark.since(2020)
def test_categories(run: Any, client: Any) -> None:
    every = client.get("/v3/device-block-categories/")["data"]
    listed = run("device_block_category_info")
    assert listed.result["device_block_categories"] == every
    assert [(sent.path, sent.query) for sent in listed.sent] == [("/v3/device-block-categories/", {})]
    one = run("device_block_category_info", reference="maintenance")
    assert one.result["device_block_categories"] == every[:1]
    assert [sent.path for sent in one.sent] == ["/v3/device-block-categories/maintenance"]
    assert run("device_block_category_info", reference="none_such").result["device_block_categories"] == []
    some = run("device_block_category_info", filters={"reference": {"neq": "maintenance"}}, fields=["description"], limit=1)
    assert some.result["device_block_categories"] == [{name: every[1][name] for name in ("reference", "description")}]
    bad = run("device_block_category_info", reference="Lost or stolen")
    assert bad.msg == (
        "'Lost or stolen' is no reference of a device block category: it is 1 to 32 lower-case letters, digits and underscores."
    )
    assert bad.sent == []


def test_events_at_their_old_address(run: Any, client: Any, device: dict[str, Any]) -> None:
    events = list(client.list("/v3/device-events/", {"device_id": device["id"]}))
    filters = {"device_id": device["id"], "state_change": [True, False]}
    old = run("device_event_info", devicelog=True, filters=filters, order="DESC")
    assert old.result["device_events"] == events[::-1]
    assert {sent.path for sent in old.sent} == {"/v3/devicelog/"}
    # What is documented there as a parameter of its own has to be packed at the new one.
    assert "filter" not in old.sent[0].query
    new = run("device_event_info", filters=filters)
    assert (new.result["device_events"], "filter" in new.sent[0].query) == (events, True)
    one = run("device_event_info", devicelog=True, id=events[0]["id"])
    assert one.result["device_events"] == events[:1]
    assert [sent.path for sent in one.sent] == [f"/v3/devicelog/{events[0]['id']}/"]
    assert run("device_event_info", devicelog=True, id="0" * 32).result["device_events"] == []
