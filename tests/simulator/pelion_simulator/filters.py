# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Query strings of lists: pages and the two spellings of filters."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from . import clock
from .answers import bad_request, invalid
from .table import OPERATORS, Field, Resource

SMALLEST_PAGE, LARGEST_PAGE = 2, 1000
ALL = 2**53
_INTEGER = re.compile(r"[+-]?\d{1,18}")


@dataclass(frozen=True)
class Condition:
    """One condition on a field, or on the entry `key` of a map or list field. Only in and nin have several values."""

    field: str
    operator: str
    values: tuple[Any, ...]
    key: str | None = None


@dataclass(frozen=True)
class Listing:
    """What is asked of a list: all of `conditions`, in order of creation, at most `limit` objects after the object `after`."""

    limit: int = ALL
    after: str | None = None
    descending: bool = False
    total_count: bool = False
    conditions: tuple[Condition, ...] = ()


def pairs(query: str) -> list[tuple[str, str]]:
    """Names and values of a query string. Raises ApiError where it is not UTF-8."""
    try:
        return parse_qsl(query, keep_blank_values=True, errors="strict")
    except ValueError:
        raise bad_request("The query string is not UTF-8.") from None


def names(value: str) -> set[str]:
    """The names in a value of `include`; the vendor's SDK puts blanks between them."""
    return {name.strip() for name in value.split(",")}


def listing(row: Resource, query: Iterable[tuple[str, str]], extra: Iterable[Condition], year: int) -> Listing:
    """The listing a query asks for. Raises ApiError that names every parameter that cannot be understood."""
    wrong: dict[str, str] = {}
    conditions = list(extra)
    limit, after, descending, total_count = row.page_size, None, row.newest_first, row.counted
    others = row.parameters.get("list", ())
    for name, value in query:
        if name in others:
            continue
        if name == "limit":
            if _INTEGER.fullmatch(value):
                limit = min(max(int(value), SMALLEST_PAGE), LARGEST_PAGE)
            else:
                wrong[name] = "must be an integer"
        elif name == "after":
            after = value
        elif name == "order":
            descending = value == "DESC"
            if value not in ("ASC", "DESC"):
                wrong[name] = "must be ASC or DESC"
        elif name == "include":
            asked = names(value)
            total_count = total_count or "total_count" in asked
            if not asked <= {"total_count", *row.on_request}:
                wrong[name] = "may only name " + ", ".join(["total_count", *row.on_request])
        elif name == "filter":
            # Decoded once as a part of the URL; its own values are encoded again by some clients, which this undoes.
            for inner_name, inner_value in pairs(value):
                _add(row, inner_name, inner_value, True, conditions, wrong, year)
        else:
            _add(row, name, value, False, conditions, wrong, year)
    named = {condition.field for condition in conditions}
    wrong |= {name: "has to be given as a filter" for name, one in row.filters.items() if one.required and name not in named | set(wrong)}
    if wrong:
        raise invalid(wrong)
    if not row.paged:
        limit, after, descending = ALL, None, row.newest_first
    return Listing(limit, after, descending, total_count, tuple(conditions))


def _add(row: Resource, name: str, value: str, packed: bool, conditions: list[Condition], wrong: dict[str, str], year: int) -> None:
    """Append the condition that a pair stands for, or say in `wrong` why it stands for none."""
    field, key, operator = _split(row, name)
    if field not in row.filters or max(row.filters[field].since, row.fields[field].since) > year:
        wrong[name] = "is neither a parameter nor a field to filter by"
        return
    # A whole map cannot be compared, only one of its entries.
    if (row.fields[field].type == "map") != bool(key):
        wrong[name] = "must name an entry, as in " + field + "__key" if not key else "has no entries to filter by"
        return
    allowed = row.filters[field].packed if packed else row.filters[field].direct
    if operator not in allowed:
        wrong[name] = f"does not take the operator {operator}" + (f", only {', '.join(allowed)}" if allowed else " outside filter=")
        return
    try:
        written = value.split(",") if operator in ("in", "nin") else [value]
        conditions.append(Condition(field, operator, tuple(_value(row.fields[field], one) for one in written), key))
    except ValueError as error:
        wrong[name] = str(error)


def _split(row: Resource, name: str) -> tuple[str, str | None, str]:
    """Field, entry and operator of a name such as state__eq or custom_attributes__site__neq."""
    head, _separator, tail = name.rpartition("__")
    base, operator = (head, tail) if head and tail in OPERATORS else (name, "eq")
    if base in row.filters:
        return base, None, operator
    field, _separator, key = base.partition("__")
    if field in row.filters and row.fields[field].type != "map":
        return field, None, name[len(field) + 2 :]
    return field, key or None, operator


def _value(field: Field, written: str) -> Any:
    """A value as the field holds it. Raises ValueError that says what it must be."""
    if field.format == "date-time":
        return clock.parse(written)
    if field.format == "date":
        return clock.parse_day(written)
    if field.type == "boolean":
        if written.lower() not in ("true", "false"):
            raise ValueError("must be true or false")
        return written.lower() == "true"
    if field.type == "integer":
        if not _INTEGER.fullmatch(written):
            raise ValueError("must be an integer")
        return int(written)
    return written
