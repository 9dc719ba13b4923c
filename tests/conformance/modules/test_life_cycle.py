# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every resource from creation to deletion, by its real module: each step first in check mode, then for real, then once more.

A new resource is one entry of CYCLES.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import collection
import pytest

Options = Mapping[str, Any]
# What the service itself writes with every change.
STAMPS = {"updated_at", "etag"}


@dataclass(frozen=True)
class Cycle:
    """One resource's life.

    `create`, `update` and `clear` are the module's options at each stage; the update is by id and may change the natural key.
    `before` and `after` are the natural key before and after the update. `created`, `updated` and `cleared` are the bodies that must
    be sent. `clear` is None where nothing can be cleared.
    """

    path: str
    before: Options
    after: Options
    create: Options
    created: Options
    update: Options
    updated: Options
    clear: Options | None = None
    cleared: Options | None = None


CYCLES = {
    "device": Cycle(
        path="/v3/devices/",
        before={"endpoint_name": "bench-0001"},
        after={"endpoint_name": "bench-0001"},
        create={
            "name": "bench",
            "description": "On the bench, Ærø",
            "custom_attributes": {"site": "oslo", "floor": 2, "spare": True},
            "endpoint_type": "pump",
            "host_gateway": "0" * 32,
            "ca_id": "ca-1",
            "device_key": "AA:BB",
            "device_class": "pump-v1",
            "vendor_id": "northlight",
            "serial_number": "0001",
            "device_execution_mode": 1,
            "mechanism": "direct",
            "mechanism_url": "https://connector.example.com",
            "bootstrap_expiration_date": "2030-01-31",
            "connector_expiration_date": "2031-01-31",
            "issuer_fingerprint": "0A" * 32,
            "create": True,
        },
        created={
            "endpoint_name": "bench-0001",
            "name": "bench",
            "description": "On the bench, Ærø",
            "custom_attributes": {"site": "oslo", "floor": "2", "spare": "true"},
            "endpoint_type": "pump",
            "host_gateway": "0" * 32,
            "ca_id": "ca-1",
            "device_key": "AA:BB",
            "device_class": "pump-v1",
            "vendor_id": "northlight",
            "serial_number": "0001",
            "device_execution_mode": 1,
            "mechanism": "direct",
            "mechanism_url": "https://connector.example.com",
            "bootstrap_expiration_date": "2030-01-31",
            "connector_expiration_date": "2031-01-31",
            "issuer_fingerprint": "0A" * 32,
        },
        update={"name": "bench two", "custom_attributes": {"floor": None, "role": "heating"}, "endpoint_type": "valve"},
        updated={
            "name": "bench two",
            "description": "On the bench, Ærø",
            "custom_attributes": {"site": "oslo", "spare": "true", "role": "heating"},
            "endpoint_type": "valve",
            "host_gateway": "0" * 32,
            "ca_id": "ca-1",
            "device_key": "AA:BB",
        },
        clear={"name": "", "description": "", "custom_attributes": {}, "endpoint_type": "", "host_gateway": "", "device_key": ""},
        cleared={
            "name": "",
            "description": "",
            "custom_attributes": {},
            "endpoint_type": "",
            "host_gateway": "",
            "ca_id": "ca-1",
            "device_key": "",
        },
    ),
    "device_group": Cycle(
        path="/v3/device-groups/",
        before={"name": "Night shift"},
        after={"name": "Day & night shift"},
        create={"description": "All that runs at night", "custom_attributes": {"site": "oslo", "ring": 0}},
        created={
            "name": "Night shift",
            "description": "All that runs at night",
            "custom_attributes": {"site": "oslo", "ring": "0"},
        },
        update={"name": "Day & night shift", "custom_attributes": {"owner": "water team"}, "purge": True},
        updated={
            "name": "Day & night shift",
            "description": "All that runs at night",
            "custom_attributes": {"owner": "water team"},
        },
        clear={"description": "", "custom_attributes": {}},
        cleared={"name": "Day & night shift", "description": "", "custom_attributes": {}},
    ),
    "device_query": Cycle(
        path="/v3/device-queries/",
        before={"name": "Pumps"},
        after={"name": "Pumps in Oslo"},
        create={"filters": {"device_class": ["pump-v1", "pump-v2"], "state": {"neq": "registered"}}},
        created={"name": "Pumps", "query": "device_class__in=pump-v1,pump-v2&state__neq=registered"},
        update={"name": "Pumps in Oslo", "query": "device_class__eq=pump-v2&custom_attributes__site=oslo"},
        updated={"name": "Pumps in Oslo", "query": "device_class__eq=pump-v2&custom_attributes__site=oslo"},
    ),
}


def test_every_resource_module_has_a_cycle() -> None:
    assert [name for name in collection.MODULES if collection.base(name) == "ResourceModule"] == sorted(CYCLES)


@pytest.mark.parametrize("name", sorted(CYCLES))
def test_a_cycle_writes_every_field(name: str) -> None:
    assert set(CYCLES[name].created) == set(collection.declared(name).recipe.fields)


@pytest.mark.parametrize("name", sorted(CYCLES))
def test_life_cycle(name: str, play: Any) -> None:
    cycle = CYCLES[name]
    created = "{{ created." + name + ".id }}"
    stages: dict[str, dict[str, Any]] = {
        "create": {**cycle.before, **cycle.create},
        "update": {"id": created, **cycle.update},
        "clear": {**cycle.after, **(cycle.clear or {})},
        "delete": {**cycle.after, "state": "absent"},
    }
    if cycle.clear is None:
        del stages["clear"]
    tasks: dict[str, dict[str, Any]] = {}
    for stage, options in stages.items():
        tasks[f"check {stage}"] = {name: options, "check_mode": True}
        tasks[stage] = {name: options, **({"register": "created"} if stage == "create" else {})}
        tasks[f"repeat {stage}"] = {name: options}
        tasks[f"after {stage}"] = {f"{name}_info": {"id": created}}
    played = play(tasks, "--diff")
    assert {key: step.msg for key, step in played.steps.items() if step.failed} == {}

    identity = played["create"].result[name]["id"]
    item = f"{cycle.path}{identity}/"
    writes = {
        "create": [("POST", cycle.path, cycle.created)],
        "update": [("PUT", item, cycle.updated)],
        "clear": [("PUT", item, cycle.cleared)],
        "delete": [("DELETE", item, None)],
    }
    was: dict[str, Any] | None = None
    for stage in stages:
        checked, real, again, info = (played[f"{prefix}{stage}"] for prefix in ("check ", "", "repeat ", "after "))
        (now,) = info.result[collection.declared(f"{name}_info").row.list_name] or [None]

        # Check mode, the real run and the second run.
        assert (checked.changed, real.changed, again.changed) == (True, True, False)
        assert (checked.writes, real.writes, again.writes) == ([], writes[stage], [])
        for step in (checked, real, again):
            assert step.sent, f"{step.name} sent nothing"
            assert step.result["request_id"]

        # What is returned is what is there.
        assert real.result[name] == again.result[name] == now
        if now is None:
            assert checked.result[name] is None

        # What check mode foretold is what came, and nothing else changed.
        assert checked.result["diff"] == real.result["diff"]
        before, after = checked.result["diff"]["before"], checked.result["diff"]["after"]
        assert again.result["diff"]["before"] == again.result["diff"]["after"] == _filled(after, now)
        assert before == _shown(was, before)
        if now is not None:
            assert after == _shown(now, after)
            assert {key: value for key, value in checked.result[name].items() if key in after} == after
        if now is not None and was is not None:
            foretold = {key for key in {**before, **after} if before.get(key) != after.get(key)}
            assert {key for key in {**was, **now} if was.get(key) != now.get(key)} - STAMPS == foretold
        was = now
    assert was is None
    # The differences are shown to people too.
    assert played.output.count("+++ after") == 2 * len(stages)


def _shown(item: Mapping[str, Any] | None, like: Mapping[str, Any]) -> dict[str, Any]:
    """The part of an object that a diff with these keys shows."""
    return {key: (item or {})[key] for key in like}


def _filled(after: Mapping[str, Any], now: Mapping[str, Any] | None) -> dict[str, Any]:
    """The side of a diff once the service has added what it fills in by itself."""
    return {**after, **({"id": now["id"]} if now else {})}
