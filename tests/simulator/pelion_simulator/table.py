# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words in which the API is written down: a resource is one row, and the engine does the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .engine import Engine

Document = dict[str, Any]
Hook = Callable[["Engine", Document], None]

OPERATORS = ("eq", "neq", "in", "nin", "lte", "gte", "gt")


@dataclass(frozen=True)
class Field:
    """What the API says about one field of a resource."""

    type: str
    """string, boolean, integer, map (of strings), list or object."""
    io: str = "R"
    """C: accepted on creation, U: accepted on update (either followed by ! where required), R: in answers."""
    default: Any = None
    """The value of a new object; a field with neither a default nor `nullable` is left out until it has a value."""
    max: int | None = None
    """Characters of a string."""
    pattern: str = ""
    enum: tuple[Any, ...] = ()
    format: str = ""
    """date or date-time."""
    nullable: bool = False
    entries: int | None = None
    """How many entries a map may have."""
    value_max: int | None = None
    """Characters of a map's values; the API holds the keys to the same limit."""
    echoed: bool = False
    """The update schema has the field as read-only: it may be sent back as it is."""
    indexed: bool = False
    """Kept in a column (a map or list: in a table) of its own with an index, because lists are filtered by it."""


@dataclass(frozen=True)
class Filter:
    """The operators a list accepts on a field."""

    direct: tuple[str, ...]
    """As parameters of their own: field__operator=value."""
    packed: tuple[str, ...]
    """Inside filter=."""


@dataclass(frozen=True)
class Members:
    """A sub-collection: objects of another resource that name this one in a list field, with add/ and remove/."""

    path: str
    resource: str
    field: str
    """The list field of the members."""
    body_key: str
    """Where an add or remove names the member."""
    counter: str
    """The field that holds the number of members."""


@dataclass(frozen=True)
class Resource:
    """One row: a collection, its fields and filters, and what is special about it."""

    name: str
    object: str
    """What the `object` field says."""
    path: str
    operations: frozenset[str]
    """Of list, create, get, update, delete, me."""
    fields: Mapping[str, Field]
    filters: Mapping[str, Filter] = field(default_factory=dict)
    members: tuple[Members, ...] = ()
    unique: tuple[str, ...] = ()
    """Fields whose values may not be taken on creation (409)."""
    optional_on_update: tuple[str, ...] = ()
    """Fields required on update by the schema, but not in practice."""
    on_request: tuple[str, ...] = ()
    """Fields that answers carry only when `include` names them."""
    parameters: tuple[str, ...] = ()
    """Further query parameters of the item."""
    clock: str = "created_at"
    """The field with the time of creation."""
    max_url: int | None = None
    """Lists whose URL has this many characters are refused."""
    before_create: Hook | None = None
    after_create: Hook | None = None
    after_update: Hook | None = None
    before_delete: Hook | None = None

    @cached_property
    def table(self) -> str:
        """The name of the table that holds the objects."""
        return self.name.replace("-", "_")

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Fields with a column of their own."""
        return tuple(name for name, spec in self.fields.items() if spec.indexed and spec.type not in ("map", "list"))

    @cached_property
    def entry_tables(self) -> Mapping[str, str]:
        """Fields whose entries are in a table of their own -> that table's name."""
        return {name: f"{self.table}__{name}" for name, spec in self.fields.items() if spec.indexed and spec.type in ("map", "list")}
