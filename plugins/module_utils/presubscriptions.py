# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""The rules that subscribe to resources as devices register. The service keeps them as one list, which is written whole.

Limits: updatePreSubscriptions of the vendor's OpenAPI description of January 2021. Knows nothing of Ansible.
"""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, List, Mapping, Optional, Sequence, Tuple

from .client import Client
from .resource import ResourceError
from .resources import connect

Rule = Dict[str, Any]
# As the module presubscription documents it.
RULE_SPEC: Dict[str, Dict[str, Any]] = {
    "endpoint_name": {"type": "str"},
    "endpoint_type": {"type": "str"},
    "resource_path": {"type": "list", "elements": "str"},
}
_FIELDS = {"endpoint_name": "endpoint-name", "endpoint_type": "endpoint-type", "resource_path": "resource-path"}
_LONGEST = {"endpoint_name": 64, "endpoint_type": 64}
_LONGEST_PATH = 128
_MOST_RULES = 1024
_MOST_PATHS = 256


def read(client: Client) -> List[Rule]:
    """All rules, in the names of options: ``endpoint_name, endpoint_type, resource_path``, each where the rule has it."""
    found = client.request("GET", connect.PRESUBSCRIPTIONS).body or []
    return [{name: rule[spelt] for name, spelt in _FIELDS.items() if rule.get(spelt)} for rule in found]


def write(client: Client, rules: Sequence[Rule]) -> None:
    """Make these all rules."""
    if rules:
        body = [{spelt: rule[name] for name, spelt in _FIELDS.items() if name in rule} for rule in rules]
        client.put(connect.PRESUBSCRIPTIONS, body)
    else:
        client.delete(connect.PRESUBSCRIPTIONS)


def changed(held: Sequence[Rule], given: Optional[Sequence[Mapping[str, Any]]], state: str, exact: bool) -> List[Rule]:
    """The rules as they shall be; those that need not change stay as they are, in their order. Pure.

    A rule is known by the devices that it is for; there it has one list of paths, in which none means all.

    :param given: rules in the names of options; None, with ``absent``, for all of them.
    :raises ResourceError: for rules that the service would refuse.
    """
    if state == "absent":
        if exact:
            raise ResourceError("exact goes with state: present only; to remove all rules leave presubscriptions out.")
        return [] if given is None else _without(held, _merged(given))
    wanted = _merged(given or ())
    kept = [rule for rule in held if _who(rule) in wanted or not exact]
    present = _merged(kept)
    stale = {who for who, paths in wanted.items() if who in present and present[who] != paths}
    rules: List[Rule] = []
    for rule in kept:
        who = _who(rule)
        if who not in stale:
            rules.append(dict(rule))
        elif all(_who(earlier) != who for earlier in rules):
            rules.append(_rule(who, wanted[who]))
    rules += [_rule(who, paths) for who, paths in wanted.items() if who not in present]
    _check(rules)
    return rules


Who = Tuple[Optional[str], Optional[str]]
Paths = Optional[FrozenSet[str]]  # None: all


def _who(rule: Mapping[str, Any]) -> Who:
    return rule.get("endpoint_name") or None, rule.get("endpoint_type") or None


def _merged(rules: Sequence[Mapping[str, Any]]) -> Dict[Who, Paths]:
    merged: Dict[Who, Paths] = {}
    for rule in rules:
        who, paths = _who(rule), frozenset(rule.get("resource_path") or ()) or None
        before = merged.get(who, frozenset())
        merged[who] = None if paths is None or before is None else before | paths
    return merged


def _rule(who: Who, paths: Paths) -> Rule:
    name, kind = who
    rule = {"endpoint_name": name, "endpoint_type": kind, "resource_path": sorted(paths or ())}
    return {field: value for field, value in rule.items() if value}


def _without(held: Sequence[Rule], unwanted: Mapping[Who, Paths]) -> List[Rule]:
    rules = []
    for rule in held:
        who, paths = _who(rule), rule.get("resource_path")
        gone = unwanted.get(who, frozenset())
        if gone is None:
            continue
        if gone and not paths:
            told = " and ".join(f"{name} {part}" for name, part in zip(("endpoint_name", "endpoint_type"), who) if part) or "all devices"
            raise ResourceError(f"The rule for {told} names no paths but means all, so single ones cannot be taken from it.")
        left = [path for path in paths or () if path not in gone]
        if left or not gone:
            rules.append({**rule, "resource_path": left} if gone else dict(rule))
    return rules


def _check(rules: Sequence[Rule]) -> None:
    for rule in rules:
        for name, longest in _LONGEST.items():
            if len(rule.get(name) or "") > longest:
                raise ResourceError(f"{name} '{rule[name]}' has more than {longest} characters.")
        for path in rule.get("resource_path") or ():
            if len(path) > _LONGEST_PATH:
                raise ResourceError(f"The path '{path}' has more than {_LONGEST_PATH} characters.")
        for text in (*(rule.get(name) or "" for name in _LONGEST), *(rule.get("resource_path") or ())):
            if "*" in text[:-1]:
                raise ResourceError(f"'{text}' has a * that is not at its end.")
    paths = {path for rule in rules for path in rule.get("resource_path") or ()}
    if len(rules) > _MOST_RULES or len(paths) > _MOST_PATHS:
        raise ResourceError(
            f"There would be {len(rules)} rules with {len(paths)} different paths; the service takes {_MOST_RULES} and {_MOST_PATHS}."
        )
