# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words in which an area writes down its modules' life cycles and situations, in tests/conformance/modules/cycles/<area>.py."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from collection import ROOT

Options = Mapping[str, Any]
Write = tuple[str, str, Any]
"""Method, path and body. `{id}` in a path stands for the id of the object."""
Seed = Callable[[Any, Any], Mapping[str, Any]]


def nothing(simulator: Any, client: Any) -> Mapping[str, Any]:
    """Nothing else has to be there."""
    return {}


@dataclass(frozen=True)
class Cycle:
    """One resource's life.

    `create`, `update` and `clear` are the module's options at each stage; the update is by id and may change the natural key.
    `before` and `after` are the natural key before and after the update. `created`, `updated` and `cleared` are what must be sent: the
    body of the one POST or PUT to `path` or the item below it, or a list of whole requests. `clear` is None where nothing can be
    cleared, `update` where nothing can be changed; `deleted` is what must be sent to delete it, by default one DELETE of the item.

    `always` are options of each stage. `seed` makes what has to be there first, and gives values for `<name>` in options, bodies and
    paths. `own` are fields that the service changes by itself. `since` is the first API description that has the resource.
    """

    path: str
    before: Options
    after: Options
    create: Options
    created: Options | Sequence[Write]
    update: Options | None = None
    updated: Options | Sequence[Write] = ()
    clear: Options | None = None
    cleared: Options | Sequence[Write] = ()
    deleted: Sequence[Write] | None = None
    always: Options = field(default_factory=dict)
    info: Options = field(default_factory=dict)
    seed: Seed = nothing
    own: tuple[str, ...] = ()
    since: int = 2019

    @property
    def item(self) -> str:
        """The path of one object."""
        return self.path + ("{id}/" if self.path.endswith("/") else "/{id}")


@dataclass(frozen=True)
class Situation:
    """What the property test of a module may meet.

    `values`: hypothesis strategies of fields whose values have a form of their own. `make` puts an object there from its fields and
    gives its id; by default that is a POST to the collection. `always` are options of each task and `seed` makes what has to be there, as
    for a cycle. `params` narrows or changes drawn options. `own` are fields that the service changes by itself, `states` the values of
    `state`.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    make: Callable[[Any, Mapping[str, Any], Mapping[str, Any]], str] | None = None
    always: Options = field(default_factory=dict)
    seed: Seed = nothing
    params: Callable[[dict[str, Any]], dict[str, Any]] = lambda params: params
    own: tuple[str, ...] = ()
    states: tuple[str, ...] = ("present", "present", "present", "absent")
    since: int = 2019


@cache
def areas() -> tuple[ModuleType, ...]:
    """The files of all areas."""
    found = []
    for path in sorted((ROOT / "tests/conformance/modules/cycles").glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"cycles_{path.stem}", Path(path))
        assert spec is not None
        assert spec.loader is not None
        area = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(area)
        found.append(area)
    return tuple(found)


def cycles() -> dict[str, Cycle]:
    """The life cycles of all modules."""
    return {name: cycle for area in areas() for name, cycle in area.CYCLES.items()}


def situations() -> dict[str, Situation]:
    """The situations of all modules."""
    return {name: situation for area in areas() for name, situation in area.SITUATIONS.items()}


def elsewhere() -> dict[str, str]:
    """Modules whose life the generic test does not fit -> the name of the file beside it that has theirs."""
    return {name: file for area in areas() for name, file in getattr(area, "ELSEWHERE", {}).items()}


def filled(value: Any, known: Mapping[str, Any]) -> Any:
    """A value with `<name>` replaced by what is known under that name, wherever in it."""
    if isinstance(value, str):
        if value.startswith("<") and value[1:-1] in known:
            return known[value[1:-1]]
        for name, text in known.items():
            value = value.replace(f"<{name}>", str(text))
        return value
    if isinstance(value, Mapping):
        return {name: filled(inner, known) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [filled(inner, known) for inner in value]
    return value
