# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words in which an area says how its rows stand to the API's own description, in tests/contract/areas/<area>.py."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from collection import ROOT

ASPECTS = (
    "list",
    "item",
    "filters",
    "packed_filters",
    "mappings",
    "keys",
    "required",
    "create_only",
    "max_length",
    "replaces",
    "unordered",
)


@dataclass(frozen=True)
class Described:
    """One row.

    `resource`: its name in facts.yaml. `create`, `update`, `read`: the paths of POST, PUT and the GET of one where they are not the
    row's; "" where there is none. `omitted`: fields that could be written and deliberately are no options -> why. `extra`: options that
    the bodies do not have -> why. `types`: options of another type than the field -> that type. `returned`: documented results that the
    answer does not have -> why. `refused`: values in the enum of a field that no body may have -> why. `differs`: aspects (of ASPECTS)
    in which the row deliberately says something else -> why.
    """

    resource: str
    create: str | None = None
    update: str | None = None
    read: str | None = None
    omitted: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    returned: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    differs: Mapping[str, str] = field(default_factory=dict)


@cache
def rows() -> dict[str, Described]:
    """All rows by the name of their constant."""
    found: dict[str, Described] = {}
    for path in sorted((ROOT / "tests/contract/areas").glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"areas_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        area = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(area)
        found |= area.ROWS
    return found
