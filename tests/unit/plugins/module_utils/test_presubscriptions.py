# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules that subscribe as devices register: one list, of which only what was asked for changes."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils.presubscriptions import changed, read, write
from ansible_collections.pelion.device_management.plugins.module_utils.resource import ResourceError
from hypothesis import given
from hypothesis import strategies as st

from .fakes import answer, make_client

PATH = "/v2/subscriptions"
SENSORS = {"endpoint_type": "sensor", "resource_path": ["/3303/*", "/3/0/9"]}
PUMPS = {"endpoint_name": "pump-*"}
ANY = {"resource_path": ["/3/0/13"]}

PATHS = st.lists(st.sampled_from(["/3/0/9", "/3303/*", "/1", "/dev/temp"]), max_size=4, unique=True)
RULE = st.builds(
    lambda name, kind, paths: {
        field: value for field, value in {"endpoint_name": name, "endpoint_type": kind, "resource_path": paths}.items() if value
    },
    st.sampled_from([None, "pump-*", "bench"]),
    st.sampled_from([None, "sensor"]),
    PATHS,
)
RULES = st.lists(RULE, max_size=5)


def meaning(rules):
    """For whom which paths count; `all` stands for every path."""
    found = {}
    for rule in rules:
        found.setdefault((rule.get("endpoint_name"), rule.get("endpoint_type")), set()).update(rule.get("resource_path") or ["all"])
    return {who: {"all"} if "all" in paths else paths for who, paths in found.items()}


def problem(*arguments):
    with pytest.raises(ResourceError) as caught:
        changed(*arguments)
    return str(caught.value)


@given(RULES, RULES, st.booleans())
def test_what_is_wanted_is_there_and_nothing_else_changes(held, wanted, exact):
    before = copy.deepcopy(held)
    rules = changed(held, wanted, "present", exact)
    assert meaning(rules) == {**({} if exact else meaning(held)), **meaning(wanted)}
    # The rules of others stay as they are, where they are.
    others = [rule for rule in held if (rule.get("endpoint_name"), rule.get("endpoint_type")) not in meaning(wanted)]
    assert [rule for rule in rules if rule in others] == ([] if exact else others)
    # A second run changes nothing.
    assert changed(rules, wanted, "present", exact) == rules
    assert held == before


@given(RULES)
def test_what_is_there_in_other_words_is_left(held):
    assert changed(held, held, "present", False) == held
    assert changed(held, list(reversed(held)), "present", True) == held
    assert changed(held, [], "present", False) == held
    assert changed(held, [], "present", True) == []


@given(RULES, RULES)
def test_what_is_unwanted_is_gone_and_nothing_else(held, unwanted):
    try:
        rules = changed(held, unwanted, "absent", False)
    except ResourceError:
        # Single paths cannot be taken from a rule that means all.
        assert any("all" in paths and meaning(held).get(who) and {"all"} != paths for who, paths in meaning(held).items()) or any(
            meaning(held).get(who) == {"all"} and paths != {"all"} for who, paths in meaning(unwanted).items()
        )
        return
    left, gone = meaning(rules), meaning(unwanted)
    for who, paths in meaning(held).items():
        if who not in gone:
            assert left[who] == paths
        elif gone[who] == {"all"}:
            assert who not in left
        else:
            assert left.get(who, set()) == paths - gone[who]
    assert changed(rules, unwanted, "absent", False) == rules


def test_rules_by_example():
    held = [SENSORS, PUMPS, ANY]
    assert changed(held, [{"endpoint_type": "sensor", "resource_path": ["/3/0/9", "/3303/*"]}], "present", False) == held
    narrower = {"endpoint_type": "sensor", "resource_path": ["/3303/*"]}
    assert changed(held, [narrower], "present", False) == [narrower, PUMPS, ANY]
    assert changed(held, [narrower], "present", True) == [narrower]
    assert changed(held, [{"endpoint_type": "light"}], "present", False) == [*held, {"endpoint_type": "light"}]
    assert changed(held, [{"endpoint_type": "sensor", "resource_path": ["/3/0/9"]}], "absent", False) == [narrower, PUMPS, ANY]
    assert changed(held, [PUMPS], "absent", False) == [SENSORS, ANY]
    assert changed(held, None, "absent", False) == []
    # Two entries of somebody else for the same devices are one rule.
    split = [{"endpoint_type": "sensor", "resource_path": ["/1"]}, PUMPS, {"endpoint_type": "sensor", "resource_path": ["/2"]}]
    assert changed(split, [{"endpoint_type": "sensor", "resource_path": ["/1", "/2"]}], "present", False) == split
    assert changed(split, [narrower], "present", False) == [narrower, PUMPS]
    # Given in parts they are one rule too.
    assert changed([], [{"resource_path": ["/2"]}, {"resource_path": ["/1"]}], "present", False) == [{"resource_path": ["/1", "/2"]}]


def test_what_the_service_would_refuse():
    assert problem([], [{"endpoint_name": "x" * 65}], "present", False) == f"endpoint_name '{'x' * 65}' has more than 64 characters."
    assert problem([], [{"endpoint_type": "x" * 65}], "present", False) == f"endpoint_type '{'x' * 65}' has more than 64 characters."
    assert problem([], [{"resource_path": ["/" * 129]}], "present", False) == f"The path '{'/' * 129}' has more than 128 characters."
    assert problem([], [{"resource_path": ["/3/*/9"]}], "present", False) == "'/3/*/9' has a * that is not at its end."
    assert problem([], [{"endpoint_name": "*x"}], "present", False) == "'*x' has a * that is not at its end."
    many = [{"endpoint_name": f"n{number}"} for number in range(1025)]
    assert problem([], many, "present", False) == "There would be 1025 rules with 0 different paths; the service takes 1024 and 256."
    paths = [{"resource_path": [f"/1/{number}" for number in range(257)]}]
    assert problem([], paths, "present", False) == "There would be 1 rules with 257 different paths; the service takes 1024 and 256."
    assert len(changed([], many[:1024], "present", False)) == 1024
    assert problem([], [], "absent", True) == ("exact goes with state: present only; to remove all rules leave presubscriptions out.")
    assert problem([PUMPS], [{**PUMPS, "resource_path": ["/1"]}], "absent", False) == (
        "The rule for endpoint_name pump-* names no paths but means all, so single ones cannot be taken from it."
    )


def test_reading_and_writing():
    body = [{"endpoint-name": "pump-*", "endpoint-type": None, "resource-path": []}, {"resource-path": ["/1"], "later": "more"}]
    client, transport, _waits = make_client([answer(200, body), answer(200, []), answer(204), answer(204)])
    rules = read(client)
    assert rules == [{"endpoint_name": "pump-*"}, {"resource_path": ["/1"]}]
    assert read(client) == []
    write(client, rules)
    write(client, [])
    assert [(sent.method, sent.path, sent.json) for sent in transport.sent] == [
        ("GET", PATH, None),
        ("GET", PATH, None),
        ("PUT", PATH, [{"endpoint-name": "pump-*"}, {"resource-path": ["/1"]}]),
        ("DELETE", PATH, None),
    ]
