# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The law of check mode, for any objects that are there and any options: what it foretells is what a real run does, and a second
run does nothing. Only a server shows where it would be broken, by changing what it is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import collection
import pytest
from cycle import Situation, cycles, filled, situations
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pelion_simulator.process import Simulator

SITUATIONS = situations()
CYCLES = cycles()
STAMPS = {"updated_at", "etag"}

# Characters that mean something in addresses, filters and templates.
TEXTS = ("", "a", "b", "Ærø \u2013 1", "x,y", "50% & more=?", "a__eq", "true", "12", " a ", "A")
ATTRIBUTES = ("site", "floor", "a b", "Æ__eq")


def test_every_life_has_a_situation() -> None:
    assert sorted(SITUATIONS) == sorted(CYCLES)


def values(name: str, option: Mapping[str, Any], situation: Situation) -> Any:
    """What a user may give for a field."""
    if name in situation.values:
        return situation.values[name]
    if "choices" in option:
        return st.sampled_from(option["choices"])
    if option["type"] == "bool":
        return st.booleans()
    if option["type"] == "dict":
        return st.dictionaries(st.sampled_from(ATTRIBUTES), st.sampled_from(("", "1", "Ærø", 1, 2.5, True, None)), max_size=3)
    assert option["type"] == "str", f"say what {name} may be"
    return st.sampled_from(TEXTS)


@st.composite
def drawn(draw: Any, declared: Any, situation: Situation) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Fields of objects that are there, and the options of a task."""
    row, fields, spec = declared.recipe.row, declared.recipe.fields, declared.argument_spec
    held = st.dictionaries(st.sampled_from((*ATTRIBUTES, "x-y")), st.sampled_from(("", "1", "a,b&c")))

    def value(name: str) -> Any:
        return values(name, spec[name], situation)

    present = st.fixed_dictionaries(
        {name: value(name).filter(bool) for name in row.required},
        optional={name: held if name in row.replaces else value(name) for name in fields if name not in row.required},
    )
    bodies = draw(st.lists(present, max_size=3))
    params = {name: option.get("default") for name, option in spec.items()}
    # Few at a time: with many there is nearly always one that cannot be changed.
    chosen = draw(st.lists(st.sampled_from(fields), unique=True, max_size=4))
    params.update(draw(st.fixed_dictionaries({name: value(name) for name in chosen})))
    params.update(situation.always)
    params["state"] = draw(st.sampled_from(situation.states))
    if "purge" in spec:
        params["purge"] = draw(st.booleans())
    # By the identity of one that is there, or by a natural key.
    if row.identity not in fields:
        params[row.identity] = draw(st.sampled_from(range(len(bodies)))) if bodies and draw(st.booleans()) else None
    return bodies, situation.params(params)


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.since(SITUATIONS[name].since)) for name in sorted(SITUATIONS)])
def test_check_mode_foretells_the_real_run(name: str, simulator: Simulator, client: Any, spec: int) -> None:
    declared, situation = collection.declared(name), SITUATIONS[name]
    engine, error = collection.util("resource"), collection.util("client").ApiError
    row, recipe = declared.recipe.row, declared.recipe
    seeded: set[str] = set()

    def there(scope: Mapping[str, Any], limit: int | None = 20) -> dict[str, dict[str, Any]]:
        """The objects of this situation, which are the newest."""
        newest = bool(row.paged and row.order)
        listed = engine.listing(client, row, scope, limit=limit if newest else None, order="DESC" if newest else None)
        return {item[row.identity]: recipe.complete(client, item, scope) for item in listed if item[row.identity] not in seeded}

    def make(body: Mapping[str, Any], scope: Mapping[str, Any]) -> str:
        if situation.make is not None:
            return situation.make(client, body, scope)
        return str(client.post(row.collection(scope), body)[row.identity])

    @given(drawn(declared, situation))
    # What older services do otherwise is met soon.
    @settings(max_examples=100 if spec == 2021 else 25, deadline=None, suppress_health_check=list(HealthCheck))
    def law(case: tuple[list[dict[str, Any]], dict[str, Any]]) -> None:
        simulator.reset()
        known = situation.seed(simulator, client)
        bodies, params = filled(case[0], known), filled(case[1], known)
        seeded.clear()
        seeded.update(there(params, limit=None))
        ids = []
        for body in bodies:
            try:
                ids.append(make(body, params))
            except error as refused:
                # Two with one name.
                assert refused.status == 409
                ids.append("0" * 32)
        if isinstance(params.get(row.identity), int):
            params = {**params, row.identity: ids[params[row.identity]]}
        before = there(params)
        try:
            foretold = engine.ensure(client, recipe, params, dry_run=True)
        except engine.ResourceError as refusal:
            with pytest.raises(type(refusal)) as caught:
                engine.ensure(client, recipe, params)
            assert str(caught.value) == str(refusal)
            assert there(params) == before
            return
        assert there(params) == before

        done = engine.ensure(client, recipe, params)
        after = there(params)
        assert done.changed == foretold.changed
        assert done.plan == foretold.plan
        touched = {identity for identity in {*before, *after} if before.get(identity) != after.get(identity)}
        if not foretold.changed:
            assert touched == set()
        elif foretold.plan.after is None:
            assert touched == {foretold.plan.before[row.identity]}
            assert done.object is None
        else:
            identity = done.object[row.identity]
            assert touched == {identity}
            assert {**done.object, **dict.fromkeys(row.once)} == {**after[identity], **dict.fromkeys(row.once)}
            own = {*STAMPS, *situation.own, *row.write_only}
            assert {**done.object, **{key: value for key, value in foretold.plan.after.items() if key not in own}} == done.object

        again = engine.ensure(client, recipe, params)
        assert again.changed is False
        assert there(params) == after

    law()
