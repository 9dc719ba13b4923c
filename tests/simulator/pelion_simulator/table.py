# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words in which the API is written down: a resource is one row, and the engine does the rest."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .answers import Answer, ApiError
from .operations import YEARS

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from .engine import Call, Engine
    from .fleet import Fleet

Document = dict[str, Any]
Hook = Callable[["Engine", Document], None]
Handler = Callable[["Engine", "Call"], Answer | Awaitable[Answer]]
"""Answers an operation. What is asynchronous may wait, but then writes in transactions of its own."""
Socket = Callable[["Engine", "WebSocket", "Call"], Awaitable[None]]
"""Serves a websocket whose handshake is authenticated and not yet accepted."""
View = Callable[["Engine", "Call", Document], Document]
Ids = str | tuple[str, ...]
"""The id of an operation, or those of an operation and of its twins on other paths, such as for the accounts below one's own."""

OPERATORS = ("eq", "neq", "in", "nin", "lte", "gte", "gt", "like")


@dataclass(frozen=True)
class Field:
    """What the API says about one field of a resource."""

    type: str
    """string, boolean, integer, number, map (of strings), list or object."""
    io: str = "R"
    """C: accepted on creation, U: accepted on update (either followed by ! where required), R: in answers."""
    default: Any = None
    """The value of a new object; a field with neither a default nor `nullable` is left out until it has a value."""
    max: int | None = None
    """Characters of a string at most."""
    min: int | None = None
    """Characters of a string at least."""
    least: float | None = None
    """The smallest number."""
    most: float | None = None
    """The largest number."""
    pattern: str = ""
    enum: tuple[Any, ...] = ()
    format: str = ""
    """date or date-time."""
    nullable: bool = False
    entries: int | None = None
    """How many entries a map or list may have."""
    value_max: int | None = None
    """Characters of a map's values; the API holds the keys to the same limit."""
    echoed: bool = False
    """The update schema has the field as read-only: it may be sent back as it is."""
    indexed: bool = False
    """Kept in a column (a map or list: in a table) of its own with an index, because lists are filtered by it."""
    since: int = 0
    """The first year that has the field: services of older years neither show it nor take it."""
    items: Field | None = None
    """What the entries of a list are."""
    parts: Mapping[str, Field] | None = None
    """The fields of an object; `io` says by "C!" or "U!" which have to be there."""


@dataclass(frozen=True)
class Filter:
    """The operators a list accepts on a field."""

    direct: tuple[str, ...]
    """As parameters of their own: field__operator=value."""
    packed: tuple[str, ...]
    """Inside filter=."""
    since: int = 0
    """The first year that has the filter, where the field is older."""
    required: bool = False
    """A list without this filter is refused."""


@dataclass(frozen=True)
class Members:
    """A sub-collection: objects of another resource that name this one in a list field, with add/ and remove/."""

    resource: str
    operations: Mapping[str, str]
    """The ids of its list, add and remove."""
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
    operations: Mapping[str, Ids]
    """The operations that the engine carries out by itself, by what they do: list, create, get, update, delete, me."""
    fields: Mapping[str, Field]
    filters: Mapping[str, Filter] = field(default_factory=dict)
    members: tuple[Members, ...] = ()
    key: str = "id"
    """The field that names an object in its path."""
    id_pattern: str = "[0-9a-f]{32}"
    """What such a name looks like; others are refused with 400. Empty where any may be asked for."""
    tenant: bool = False
    """Objects belong to an account: the sender's, or the one that the path names."""
    parents: Mapping[str, str] = field(default_factory=dict)
    """Path parameter -> resource: objects lie below one of those, and keep its key in a field named like the parameter."""
    me: str = ""
    """What "me" means: the sender's `account`, or the object behind the sender where it is of this kind (api_key, user_token)."""
    unique: tuple[str, ...] = ()
    """Fields whose values may not be taken (409), in the same account and below the same parents."""
    unique_on_update: bool = False
    """Whether that holds for updates, too."""
    optional_on_update: tuple[str, ...] = ()
    """Fields required on update by the schema, but not in practice."""
    on_request: tuple[str, ...] = ()
    """Fields that answers carry only when `include` names them."""
    parameters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Further query parameters of an operation, by what it does."""
    paged: bool = True
    """Otherwise a list has everything on one page, whatever `limit` and `after` say."""
    page_size: int = 50
    newest_first: bool = False
    """The order of a list where none is asked for."""
    counted: bool = False
    """Lists say `total_count` unasked."""
    statuses: Mapping[str, int] = field(default_factory=dict)
    """Statuses of success other than 201 for create, 204 for delete and 200 for the rest."""
    errors: type[ApiError] = ApiError
    """The shape of the errors of all its operations."""
    clock: str = "created_at"
    """The field with the time of creation."""
    max_url: int | None = None
    """Lists whose URL has this many characters are refused."""
    before_create: Hook | None = None
    after_create: Hook | None = None
    after_update: Hook | None = None
    before_delete: Hook | None = None
    view: View | None = None
    """Changes an object just before it is shown, in lists as well."""

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

    def hidden(self, year: int) -> tuple[str, ...]:
        """Fields that answers of that year do not have, unless they are asked for."""
        return self._hidden[year]

    @cached_property
    def _hidden(self) -> Mapping[int, tuple[str, ...]]:
        never = [name for name, spec in self.fields.items() if "R" not in spec.io or name in self.on_request]
        return {year: (*never, *(name for name, spec in self.fields.items() if spec.since > year and name not in never)) for year in YEARS}


@dataclass(frozen=True)
class Area:
    """What a part of the API brings along: the names that its module in `areas` may define."""

    ROWS: tuple[Resource, ...] = ()
    OPERATIONS: Mapping[str, Handler] = field(default_factory=dict)
    """By operation id: what the rows' own operations do not cover."""
    PATHS: Mapping[str, Handler] = field(default_factory=dict)
    """By method and path ("GET /v3/x/{id}/{report}"): what is no operation of the API, such as files that its answers name."""
    OPEN: Mapping[str, Handler] = field(default_factory=dict)
    """The same for paths that need no token, such as those of signed URLs."""
    SOCKETS: Mapping[str, Socket] = field(default_factory=dict)
    """By operation id: websockets."""
    ERRORS: Mapping[str, type[ApiError]] = field(default_factory=dict)
    """By operation id: the shape of its errors, where no row says it."""
    TASKS: Mapping[str, Hook] = field(default_factory=dict)
    """What `Engine.schedule` may name."""
    LISTENERS: Mapping[str, Hook] = field(default_factory=dict)
    """By event: what happens when `Engine.emit` tells of it."""
    SETTINGS: Mapping[str, Any] = field(default_factory=dict)
    """Settings of its own with their defaults (see `switches.Settings`)."""
    CONTROLS: Mapping[str, Callable[[Engine, Document], Any]] = field(default_factory=dict)
    """Control endpoints of its own, by the name below /_simulator/: POST calls them with the body."""
    MAKERS: Mapping[str, Callable[..., Iterable[Document]]] = field(default_factory=dict)
    """By row: maker(fleet, count, first, step, salt) of more objects, for the control endpoint that adds some."""
    identify: Callable[[Engine, str, Mapping[str, str]], Any] | None = None
    """identify(engine, token, headers): the Sender behind a token that the engine does not know, or None."""
    seed: Callable[[Fleet], Iterable[tuple[Resource, Iterable[Document]]]] | None = None
    """The objects of a new state."""
