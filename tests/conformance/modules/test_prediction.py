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
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pelion_simulator.process import Simulator

ROWS = [name for name in collection.MODULES if collection.base(name) == "ResourceModule"]
STAMPS = {"updated_at", "etag"}

# Characters that mean something in addresses, filters and templates.
TEXTS = ("", "a", "b", "Ærø \u2013 1", "x,y", "50% & more=?", "a__eq", "true", "12", " a ", "A")
ATTRIBUTES = ("site", "floor", "a b", "Æ__eq")
QUERIES = (
    "state__eq=registered",
    "state=registered",
    "custom_attributes__site__eq=oslo&id__in=1,2",
    "id__in=2,1&custom_attributes__site=oslo",
)
# Fields whose values have a form of their own.
FORMS: Mapping[str, Any] = {
    "bootstrap_expiration_date": st.sampled_from(("2030-01-31", "2031-12-01")),
    "connector_expiration_date": st.sampled_from(("2030-01-31", "2031-12-01")),
    "issuer_fingerprint": st.sampled_from(("0A" * 32, "bc" * 32)),
    "query": st.sampled_from(QUERIES),
    # A device of the third kind, one in production, cannot be deleted; that is a test of its own.
    "device_execution_mode": st.sampled_from((0, 1)),
}


def values(name: str, option: Mapping[str, Any]) -> Any:
    """What a user may give for a field."""
    if name in FORMS:
        return FORMS[name]
    if "choices" in option:
        return st.sampled_from(option["choices"])
    if option["type"] == "dict":
        return st.dictionaries(st.sampled_from(ATTRIBUTES), st.sampled_from(("", "1", "Ærø", 1, 2.5, True, None)), max_size=3)
    assert option["type"] == "str", f"say what {name} may be"
    return st.sampled_from(TEXTS)


@st.composite
def situations(draw: Any, declared: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Bodies of objects that are there, and the options of a task."""
    row, fields, spec = declared.recipe.row, declared.recipe.fields, declared.argument_spec
    held = st.dictionaries(st.sampled_from((*ATTRIBUTES, "x-y")), st.sampled_from(("", "1", "a,b&c")))
    present = st.fixed_dictionaries(
        {name: values(name, spec[name]).filter(bool) for name in row.required},
        optional={name: held if name in row.replaces else values(name, spec[name]) for name in fields if name not in row.required},
    )
    bodies = draw(st.lists(present, max_size=3))
    params = {name: option.get("default") for name, option in spec.items()}
    # Few at a time: with many there is nearly always one that cannot be changed.
    chosen = draw(st.lists(st.sampled_from(fields), unique=True, max_size=4))
    params.update(draw(st.fixed_dictionaries({name: values(name, spec[name]) for name in chosen})))
    params["state"] = draw(st.sampled_from(("present", "present", "present", "absent")))
    if "purge" in spec:
        params["purge"] = draw(st.booleans())
    if "create" in spec:
        params["create"] = True
    # By id of one that is there, or by a natural key.
    params["id"] = draw(st.sampled_from(range(len(bodies)))) if bodies and draw(st.booleans()) else None
    return bodies, params


@pytest.mark.parametrize("name", ROWS)
def test_check_mode_foretells_the_real_run(name: str, simulator: Simulator, client: Any) -> None:
    declared = collection.declared(name)
    engine, error = collection.util("resource"), collection.util("client").ApiError
    row = declared.recipe.row
    path = row.collection({})

    seeded = {item["id"] for item in client.list(path)}

    def there() -> dict[str, dict[str, Any]]:
        """The objects of this situation, which are the newest."""
        return {item["id"]: item for item in client.list(path, limit=20, order="DESC") if item["id"] not in seeded}

    @given(situations(declared))
    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
    def law(situation: tuple[list[dict[str, Any]], dict[str, Any]]) -> None:
        simulator.reset()
        bodies, params = situation
        ids = []
        for body in bodies:
            try:
                ids.append(client.post(path, body)["id"])
            except error as refused:
                # Two groups with one name.
                assert refused.status == 409
                ids.append("0" * 32)
        params = {**params, "id": None if params["id"] is None else ids[params["id"]]}
        before = there()
        try:
            foretold = engine.ensure(client, declared.recipe, params, dry_run=True)
        except engine.ResourceError as refusal:
            with pytest.raises(type(refusal)) as caught:
                engine.ensure(client, declared.recipe, params)
            assert str(caught.value) == str(refusal)
            assert there() == before
            return
        assert there() == before

        done = engine.ensure(client, declared.recipe, params)
        after = there()
        assert done.changed == foretold.changed
        assert done.plan == foretold.plan
        touched = {identity for identity in {*before, *after} if before.get(identity) != after.get(identity)}
        if not foretold.changed:
            assert touched == set()
        elif foretold.plan.after is None:
            assert touched == {foretold.plan.before["id"]}
            assert done.object is None
        else:
            assert touched == {done.object["id"]}
            assert done.object == after[done.object["id"]]
            assert {**done.object, **foretold.plan.after, **{stamp: done.object[stamp] for stamp in STAMPS}} == done.object

        again = engine.ensure(client, declared.recipe, params)
        assert (again.changed, again.object) == (False, done.object)
        assert there() == after

    law()
