# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every resource from creation to deletion, by its real module: each step first in check mode, then for real, then once more.

A new resource is one entry of CYCLES in the file of its area below cycles/.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import collection
import pytest
from cycle import Write, cycles, elsewhere, filled

CYCLES = cycles()
# What the service itself writes with every change.
STAMPS = {"updated_at", "etag"}


def test_every_resource_module_has_a_life() -> None:
    lives = {*CYCLES, *elsewhere()}
    assert [name for name in collection.MODULES if collection.base(name) == "ResourceModule"] == sorted(lives)
    for name, file in elsewhere().items():
        assert f'"{name}"' in (Path(__file__).parent / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(CYCLES))
def test_a_cycle_writes_every_field(name: str) -> None:
    cycle, recipe = CYCLES[name], collection.declared(name).recipe
    options = {**cycle.before, **cycle.create, **(cycle.update or {}), **(cycle.clear or {})}
    sent = {field for _method, _path, body in _writes("POST", cycle.path, cycle.created) if isinstance(body, Mapping) for field in body}
    assert set(recipe.fields) - sent - set(options) == set()


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.since(CYCLES[name].since)) for name in sorted(CYCLES)])
def test_life_cycle(name: str, run: Any, simulator: Any, client: Any) -> None:
    cycle = CYCLES[name]
    row = collection.declared(name).recipe.row
    known = dict(cycle.seed(simulator, client))
    stages: dict[str, dict[str, Any]] = {"create": {**cycle.before, **cycle.create}}
    if cycle.update is not None:
        stages["update"] = {row.identity: "<id>", **cycle.update}
    if cycle.clear is not None:
        stages["clear"] = {**cycle.after, **cycle.clear}
    stages["delete"] = {**cycle.after, "state": "absent"}
    expected = {
        "create": _writes("POST", cycle.path, cycle.created),
        "update": _writes("PUT", cycle.item, cycle.updated),
        "clear": _writes("PUT", cycle.item, cycle.cleared),
        "delete": [("DELETE", cycle.item, None)] if cycle.deleted is None else cycle.deleted,
    }

    was: dict[str, Any] | None = None
    for stage, stage_options in stages.items():
        options = filled({**cycle.always, **stage_options}, known)
        checked = run(name, check=True, **options)
        real = run(name, **options)
        if stage == "create":
            known["id"] = real.result[row.name][row.identity]
        again = run(name, **options)
        info = run(f"{name}_info", **filled({**cycle.info, row.identity: "<id>"}, known))
        for step in (checked, real, again, info):
            assert not step.failed, f"{stage}: {step.msg}"
            assert step.sent, f"{stage} sent nothing"
            assert step.result["request_id"]
        (now,) = info.result[collection.declared(f"{name}_info").row.list_name] or [None]

        # Check mode, the real run and the second run.
        assert (checked.changed, real.changed, again.changed) == (True, True, False), stage
        paths = [
            (method, filled(path.replace("{id}", str(known["id"])), known), filled(body, known)) for method, path, body in expected[stage]
        ]
        assert (checked.writes, real.writes, again.writes) == ([], paths, []), stage

        # What is returned is what is there.
        assert real.result[row.name] == again.result[row.name] == now
        if now is None:
            assert checked.result[row.name] is None

        # What check mode foretold is what came, and nothing else changed.
        assert checked.result["diff"] == real.result["diff"]
        before, after = checked.result["diff"]["before"], checked.result["diff"]["after"]
        settled = again.result["diff"]["after"]
        assert again.result["diff"]["before"] == settled == _shown(now, settled)
        # The service may fill in more, at least the identity.
        assert {**settled, **after} == settled
        assert before == _shown(was, before)
        if now is not None:
            assert after == _shown(now, after)
            assert {key: value for key, value in checked.result[row.name].items() if key in after} == after
        if now is not None and was is not None:
            foretold = {key for key in {**before, **after} if before.get(key) != after.get(key)}
            assert {key for key in {**was, **now} if was.get(key) != now.get(key)} - STAMPS - set(cycle.own) == foretold
        was = now
    assert was is None


def test_a_life_as_a_playbook(play: Any) -> None:
    """One of them as a user plays it: with registered results, and with differences shown to people."""
    cycle = CYCLES["device_group"]
    created = "{{ created.device_group.id }}"
    stages: dict[str, dict[str, Any]] = {
        "create": {**cycle.before, **cycle.create},
        "update": {"id": created, **(cycle.update or {})},
        "clear": {**cycle.after, **(cycle.clear or {})},
        "delete": {**cycle.after, "state": "absent"},
    }
    tasks: dict[str, dict[str, Any]] = {}
    for stage, options in stages.items():
        tasks[f"check {stage}"] = {"device_group": options, "check_mode": True}
        tasks[stage] = {"device_group": options, **({"register": "created"} if stage == "create" else {})}
        tasks[f"repeat {stage}"] = {"device_group": options}
    played = play(tasks, "--diff")
    assert {key: step.msg for key, step in played.steps.items() if step.failed} == {}
    for stage in stages:
        checked, real, again = (played[f"{prefix}{stage}"] for prefix in ("check ", "", "repeat "))
        assert (checked.changed, real.changed, again.changed) == (True, True, False)
        assert checked.result["diff"] == real.result["diff"]
    assert played.output.count("+++ after") == 2 * len(stages)


def _writes(method: str, path: str, wanted: Mapping[str, Any] | Sequence[Write]) -> Sequence[Write]:
    """What must be sent, from its short form."""
    return [(method, path, wanted)] if isinstance(wanted, Mapping) else wanted


def _shown(item: Mapping[str, Any] | None, like: Mapping[str, Any]) -> dict[str, Any]:
    """The part of an object that a diff with these keys shows."""
    return {key: (item or {})[key] for key in like}
