# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""When two queries mean the same."""

from __future__ import annotations

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils.filters import Condition, meaning, packed
from ansible_collections.pelion.device_management.plugins.module_utils.resources import directory
from ansible_collections.pelion.device_management.plugins.modules.device_query import DeviceQueryRecipe
from hypothesis import given
from hypothesis import strategies as st

RECIPE = DeviceQueryRecipe(directory.DEVICE_QUERY, ("name", "query"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("state__eq=registered", "state=registered", True),
        ("state__eq=registered&id__in=1,2", "id__in=2,1&state=registered", True),
        ("name__eq=a%20b", "name__eq=a b", True),
        # As the vendor's older SDK stores it.
        ("state__eq%3Dregistered", "state=registered", True),
        ("state__eq=registered", "state__neq=registered", False),
        ("state__eq=registered", "state__eq=deregistered", False),
        ("state__eq=registered", "state__eq=registered&name=a", False),
        ("custom_attributes__site=oslo", "custom_attributes__city=oslo", False),
    ],
)
def test_meaning(one: str, other: str, same: bool) -> None:
    assert (meaning(one) == meaning(other)) is same
    assert RECIPE.same("query", one, other) is same
    assert RECIPE.same("query", other, one) is same


def test_only_queries_are_compared_so() -> None:
    assert not RECIPE.same("name", "a=b", "a__eq=b")


@given(st.permutations([Condition("state", "eq", ("a b",)), Condition("id", "in", ("1", "2")), Condition("name", "neq", ("x&y=z",))]))
def test_order_means_nothing(conditions: list[Condition]) -> None:
    assert meaning(packed(conditions)) == meaning(packed(sorted(conditions, key=lambda condition: condition.field)))
