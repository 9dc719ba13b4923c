# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers requests from the areas' tables and handlers and the store. Knows neither sockets nor any resource by name."""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import re
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import bodies, clock, filters, operations
from .answers import Answer, ApiError, duplicate, invalid, not_found
from .auth import Sender
from .clock import Clock
from .filters import Condition, Listing
from .identity import digest, make_id
from .operations import Operation
from .store import Store
from .switches import Settings
from .table import Area, Document, Field, Hook, Ids, Members, Resource

log = logging.getLogger("pelion_simulator")

SCHEDULE = Resource(
    name="scheduled-tasks",
    object="scheduled-task",
    operations={},
    fields={
        "created_at": Field("string"),
        "due": Field("integer", indexed=True),
        "id": Field("string"),
        "object": Field("string"),
        "payload": Field("object"),
        "task": Field("string"),
    },
)
"""What will happen at a virtual time (`due`, in microseconds since 1970). No path leads here."""

_UNKNOWN = b'"x_introduced_later":{"level":1,"kinds":["a","b"]}'
_Bound = Callable[["Call"], "Answer | Awaitable[Answer]"]


@dataclass(frozen=True)
class Call:
    """A request whose sender is known. `url` is whole; `headers` have names in small letters."""

    operation: Operation
    parameters: Mapping[str, str]
    """The path parameters, with "_" for "-" in their names."""
    query_string: str = ""
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    sender: Sender = field(default_factory=Sender)

    @functools.cached_property
    def query(self) -> list[tuple[str, str]]:
        """The pairs of the query string. Raises ApiError where it is not UTF-8."""
        return filters.pairs(self.query_string)

    @property
    def content_type(self) -> str:
        """What the body is said to be."""
        return self.headers.get("content-type", "")

    @property
    def origin(self) -> str:
        """The beginning of every URL of this service, as the sender calls it."""
        return "/".join(self.url.split("/", 3)[:3])

    @property
    def account_id(self) -> str:
        """The account that the request is about: the path's, or else the sender's."""
        return self.parameters.get("account_id", self.sender.account_id)

    @property
    def item(self) -> str:
        """The last path parameter, which names the object that the path leads to."""
        return self.parameters[self.operation.parameters[-1]]

    def arguments(self, *known: str) -> dict[str, str]:
        """The query parameters. Raises ApiError for others than those known."""
        if wrong := {name: "is not a parameter of this operation" for name, _value in self.query if name not in known}:
            raise invalid(wrong)
        return dict(self.query)

    def json(self, optional: bool = False) -> Document:
        """The JSON object in the body; empty where there is none and it is `optional`. Raises ApiError."""
        return {} if optional and not self.body else bodies.read(self.content_type, self.body)

    def array(self) -> list[Any]:
        """The JSON array in the body. Raises ApiError."""
        return bodies.read_array(self.content_type, self.body)


class Engine:
    """The service: areas, objects, clock."""

    def __init__(self, areas: Iterable[Area], store: Store, time: Clock, settings: Settings) -> None:
        areas = tuple(areas)
        self.rows = {row.name: row for row in store.rows}
        self.store = store
        self.clock = time
        self.settings = settings
        self.seed = store.fact("seed")
        self.account_id = store.fact("account_id")
        """The account that a new state begins with."""
        self.memory: dict[str, Any] = {}
        """What areas remember besides objects, such as open sockets; empty again after a reset (tell of it: "simulator.reset")."""
        self.sockets = {id_: socket for area in areas for id_, socket in area.SOCKETS.items()}
        self.controls = {name: control for area in areas for name, control in area.CONTROLS.items()}
        self.makers = {name: maker for area in areas for name, maker in area.MAKERS.items()}
        self.identifiers = [area.identify for area in areas if area.identify]
        self._tasks = {name: task for area in areas for name, task in area.TASKS.items()}
        self._listeners: dict[str, list[Hook]] = {}
        for area in areas:
            for event, listener in area.LISTENERS.items():
                self._listeners.setdefault(event, []).append(listener)
        self._accounts = next((row for row in self.rows.values() if row.me == "account"), None)
        self._bound: dict[str, _Bound] = {}
        self._shapes = {id_: shape for area in areas for id_, shape in area.ERRORS.items()}
        for row in self.rows.values():
            self._bind_row(row)
        for area in areas:
            self._bound |= {id_: functools.partial(handler, self) for id_, handler in area.OPERATIONS.items()}
        if unknown := (set(self._bound) | set(self.sockets) | set(self._shapes)) - set(operations.OPERATIONS):
            raise ValueError("no such operations: " + ", ".join(sorted(unknown)))
        open_ = {name: handler for area in areas for name, handler in area.OPEN.items()}
        self.open = frozenset(open_)
        """What needs no token."""
        paths = {name: handler for area in areas for name, handler in area.PATHS.items()} | open_
        self._beside = operations.tree(_beside(name) for name in paths)
        self._bound |= {name: functools.partial(handler, self) for name, handler in paths.items()}
        self._running: set[asyncio.Task[Any]] = set()
        self._sooner = asyncio.Event()
        self._due: int | None = None
        self._look_up_due()

    @property
    def spec(self) -> int:
        """The year of the API's generation that is served."""
        return int(self.settings.spec)

    # --- operations ---

    def _bind_row(self, row: Resource) -> None:
        generic = {
            "list": self._list,
            "create": self._create,
            "get": self._get,
            "update": self._update,
            "delete": self._delete,
            "me": self._me,
        }
        for name, ids in row.operations.items():
            self._bind(row, ids, functools.partial(generic[name], row))
        for members in row.members:
            known = {
                "list": functools.partial(self._list_members, row, members),
                "add": functools.partial(self._change_member, row, members, True),
                "remove": functools.partial(self._change_member, row, members, False),
            }
            for name, id_ in members.operations.items():
                self._bind(row, id_, known[name])

    def _bind(self, row: Resource, ids: Ids, operation: _Bound) -> None:
        for id_ in (ids,) if isinstance(ids, str) else ids:
            self._bound[id_] = operation
            self._shapes[id_] = row.errors

    def find(self, method: str, path: str) -> tuple[Operation, Mapping[str, str]]:
        """The operation at a path as it was sent, and its path parameters. Raises ApiError (404, 405)."""
        return operations.find(method, path, self.spec, self._beside)

    @property
    def bound(self) -> frozenset[str]:
        """The ids of the operations that are there."""
        return frozenset(self._bound) | frozenset(self.sockets)

    def answer(self, call: Call) -> Answer | Awaitable[Answer]:
        """Carry a request out. Raises ApiError, in the shape that its service gives to errors."""
        id_ = call.operation.id
        shape = self._shapes.get(id_, ApiError)
        try:
            self._check_account(call)
            if id_ not in self._bound:
                if id_ in self.sockets:
                    raise ApiError(426, "bad_request", "This is a websocket.")
                raise ApiError(501, "not_implemented", f"The simulator does not have {id_} yet.")
            if call.operation.method == "GET":
                answer = self._bound[id_](call)
            else:
                with self.store.transaction():
                    answer = self._bound[id_](call)
        except ApiError as error:
            raise error.shaped(shape) from None
        return answer if isinstance(answer, Answer) else _shaped(answer, shape)

    def _check_account(self, call: Call) -> None:
        """Refuse accounts other than the sender's and those right below it."""
        account_id = call.account_id
        if account_id != call.sender.account_id and self._accounts:
            account = self.store.get(self._accounts, account_id)
            if account is None or account.get("parent_id") != call.sender.account_id:
                raise not_found(self._accounts.object)

    # --- what handlers use ---

    def blank(self, row: Resource, call: Call | None = None) -> Document:
        """A new object with nothing but what the service itself puts there, and where it belongs according to `call`."""
        now = self.clock.now()
        stamp = clock.text(now)
        made = dict.fromkeys(("created_at", "etag", "updated_at"), stamp)
        made |= {"account_id": call.account_id if call else self.account_id, "id": make_id(now), "object": row.object}
        document = {name: spec.default for name, spec in row.fields.items() if spec.default is not None or spec.nullable}
        document |= {name: value for name, value in made.items() if name in row.fields} | {"id": made["id"], row.clock: stamp}
        if row.tenant:
            document["account_id"] = made["account_id"]
        if call:
            document |= {name: call.parameters[name] for name in row.parents if name in call.parameters}
        return document

    def existing(self, row: Resource, call: Call, value: str | None = None) -> Document:
        """The object that the path (or `value`) names, in the account and below the parents that it names. Raises ApiError (400, 404)."""
        self._check_parents(row, call)
        value = call.item if value is None else value
        if row.id_pattern and not re.fullmatch(row.id_pattern, value):
            raise invalid({row.key: "must be 32 hex digits" if row.id_pattern == _HEX else f"must match {row.id_pattern}"})
        belongs = self._belongs(row, call)
        if row.key == "id":
            document = self.store.get(row, value)
            if document and all(document.get(name) == wanted for name, wanted in belongs.items()):
                return document
        else:
            for document in self.store.select(row, **belongs, **{row.key: value}):
                return document
        raise not_found(row.object)

    def body(self, row: Resource, call: Call, side: str, current: Document | None = None, optional: bool = False) -> Document:
        """The body, every field checked for creation (side C) or update (side U) of `current`. Raises ApiError."""
        body = call.json(optional)
        bodies.check(row, body, side, current, self.spec)
        return body

    def refuse_taken(self, row: Resource, call: Call, body: Document, current: Document | None = None) -> None:
        """Raise ApiError (409) where a value that has to be unique is that of another object than `current`."""
        for name in row.unique:
            if body.get(name):
                for other in self.store.select(row, **self._belongs(row, call), **{name: body[name]}):
                    if current is None or other["id"] != current["id"]:
                        raise duplicate(row.object, name)

    def save(self, row: Resource, before: Document, after: Document) -> None:
        """Put an object in the place of another (either may be empty), and correct the counters of those it is a member of."""
        if after:
            self.store.put(row, after)
        else:
            self.store.remove(row, before)
        for owner_row in self.rows.values():
            for members in owner_row.members:
                if members.resource == row.name:
                    for id_ in set(_owners(members, before)) ^ set(_owners(members, after)):
                        self._count(owner_row, members, id_)

    def touched(self, row: Resource, document: Document) -> Document:
        """The object with a new time of change."""
        stamp = clock.text(self.clock.now())
        return document | {name: stamp for name in ("updated_at", "etag") if name in row.fields}

    def page(self, row: Resource, call: Call, conditions: Iterable[Condition] = ()) -> Answer:
        """The page of a list that the query asks for, of objects that fulfil `conditions` as well. Raises ApiError."""
        if row.max_url and len(call.url) >= row.max_url:
            raise ApiError(400, "bad_request", f"The URL has {len(call.url)} characters; it must have fewer than {row.max_url}.")
        self._check_parents(row, call)
        belongs = [Condition(name, "eq", (value,)) for name, value in self._belongs(row, call).items()]
        listing = filters.listing(row, call.query, [*conditions, *belongs], self.spec)
        wanted = self._wanted(row, call)
        texts, more = self.store.page(row, listing, [name for name in row.hidden(self.spec) if name not in wanted])
        if not texts and self.settings.list_404:
            raise ApiError(404, "not_found", "Unable to find page.")
        if row.view:
            texts = [_encode(row.view(self, call, json.loads(text))) for text in texts]
        head = {
            "object": "list",
            "limit": listing.limit if row.paged else max(len(texts), filters.SMALLEST_PAGE),
            "after": listing.after,
            "order": "DESC" if listing.descending else "ASC",
            "has_more": more,
        }
        if listing.total_count:
            head["total_count"] = self.store.count(row, listing)
        if self.settings.unknown_fields:
            texts = [self._vary(text) for text in texts]
        envelope = _encode(head)[:-1] + b',"data":[' + b",".join(texts) + b"]}"
        return Answer(200, self._vary(envelope))

    def shown(self, status: int, row: Resource, document: Document, call: Call) -> Answer:
        """The answer that shows an object as a sender may see it."""
        hidden = set(row.hidden(self.spec)) - self._wanted(row, call)
        seen = {name: value for name, value in document.items() if name not in hidden}
        return self.tell(row.view(self, call, seen) if row.view else seen, status)

    def tell(self, document: Document | list[Any], status: int = 200) -> Answer:
        """The answer with a JSON object or array that is no resource's."""
        written = _encode(document)
        return Answer(status, self._vary(written) if isinstance(document, dict) else written)

    def emit(self, event: str, document: Document) -> None:
        """Tell all areas that listen that something has happened to an object."""
        for listener in self._listeners.get(event, ()):
            listener(self, document)

    def chance(self, *salt: object) -> float:
        """A number from 0 up to 1 that depends on the seed and on `salt` only."""
        return int(digest(self.seed, *salt)[:13], 16) / 16**13

    # --- time ---

    def schedule(self, seconds: float, task: str, **payload: Any) -> str:
        """Carry out a task of an area that many virtual seconds from now. Returns what `cancel` needs."""
        if task not in self._tasks:
            raise ValueError(f"no such task: {task}")
        due = self.clock.time() + int(seconds * 1_000_000)
        entry = self.blank(SCHEDULE) | {"due": due, "task": task, "payload": payload}
        self.store.put(SCHEDULE, entry)
        if self._due is None or due < self._due:
            self._due = due
            self._sooner.set()
        return str(entry["id"])

    def cancel(self, scheduled: str) -> None:
        """Forget what was scheduled, if it has not happened yet."""
        entry = self.store.get(SCHEDULE, scheduled)
        if entry:
            self.store.remove(SCHEDULE, entry)

    def due(self) -> int | None:
        """When the next of what is scheduled is due; None where nothing is."""
        first = self.store.lowest(SCHEDULE, "due")
        return first["due"] if first else None

    def _look_up_due(self) -> None:
        self._due = self.due()

    def catch_up(self) -> None:
        """Carry out what is due, in order, each at its own time. What fails is not tried again, and the log says how it failed."""
        until = self.clock.time()
        while self._due is not None and self._due <= until:
            entry = self.store.lowest(SCHEDULE, "due")
            # One that was cancelled is still what `_due` was found by.
            if entry and entry["due"] <= until:
                self.store.remove(SCHEDULE, entry)
                try:
                    with self.clock.held(entry["due"]), self.store.transaction():
                        self._tasks[entry["task"]](self, entry["payload"])
                except Exception:
                    log.exception("The scheduled task %s failed.", entry["task"])
            self._look_up_due()

    async def keep_time(self) -> None:
        """Carry out what is due while no request comes, until cancelled."""
        while True:
            self._sooner.clear()
            self.catch_up()
            wait = None
            if self._due is not None:
                # What is far away is looked at again, because the clock may be moved.
                wait = max((self._due - self.clock.time()) / 1_000_000 / self.clock.rate, 0) if self.clock.rate else None
            try:
                await asyncio.wait_for(self._sooner.wait(), wait)
            except TimeoutError:
                continue

    def move_clock(self, advance: float = 0, rate: float | None = None) -> None:
        """Move the virtual clock on, or make it run at another rate, and carry out what becomes due."""
        self.store.set_fact("clock_offset", str(self.clock.move(advance, rate)))
        self.catch_up()
        self._sooner.set()

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something besides answering requests. It ends with the next reset at the latest."""
        try:
            task = asyncio.get_running_loop().create_task(work)
        except RuntimeError:
            # Called directly and not by the server: there are no sockets that it could use.
            work.close()
            return
        self._running.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and task.exception():
            log.error("Something in the background failed.", exc_info=task.exception())

    def reset(self) -> None:
        """Objects, files and clock as they were at the first start."""
        self.emit("simulator.reset", {})
        for task in self._running:
            task.cancel()
        self.memory.clear()
        self.store.reset()
        self.clock.reset(self.store.last())
        self.store.set_fact("clock_offset", "0")
        self._look_up_due()
        self._sooner.set()

    # --- the operations of rows ---

    def _belongs(self, row: Resource, call: Call) -> dict[str, str]:
        """What the objects that a call is about have in common: their account and their parents."""
        belongs = {name: call.parameters[name] for name in row.parents if name in call.parameters}
        # Most objects are those of one account, which a condition on each would only slow down.
        if row.tenant or ("account_id" in row.fields and row.me != "account" and call.account_id != self.account_id):
            belongs["account_id"] = call.account_id
        return belongs

    def _check_parents(self, row: Resource, call: Call) -> None:
        for name, parent in row.parents.items():
            if name in call.parameters:
                self.existing(self.rows[parent], call, call.parameters[name])

    def _wanted(self, row: Resource, call: Call) -> set[str]:
        """The fields that `include` asks for."""
        return {name for key, value in call.query if key == "include" for name in filters.names(value)} & set(row.on_request)

    def _arguments(self, row: Resource, name: str, call: Call) -> None:
        """Raise ApiError for query parameters that the operation does not know."""
        known = row.parameters.get(name, ())
        wrong = {key: "is not a parameter of this operation" for key, _value in call.query if key not in (*known, "include")}
        for key, value in call.query:
            if key == "include" and not (row.on_request and name in ("get", "me")):
                wrong[key] = "is not a parameter of this operation"
            elif key == "include" and not filters.names(value) <= set(row.on_request):
                wrong[key] = "may only name " + ", ".join(row.on_request)
        if wrong:
            raise invalid(wrong)

    def _list(self, row: Resource, call: Call) -> Answer:
        return self.page(row, call)

    def _get(self, row: Resource, call: Call) -> Answer:
        document = self.existing(row, call)
        self._arguments(row, "get", call)
        return self.shown(200, row, document, call)

    def _me(self, row: Resource, call: Call) -> Answer:
        self._arguments(row, "me", call)
        return self.shown(200, row, self.myself(row, call), call)

    def myself(self, row: Resource, call: Call) -> Document:
        """The object that "me" means for the sender. Raises ApiError (401) where it means none."""
        value = call.sender.account_id if row.me == "account" else call.sender.subject if row.me == call.sender.kind else ""
        document = self.store.get(row, value) if value else None
        if document is None:
            raise ApiError(401, "auth_mismatch", f"The authorization header does not stand for an {row.object}.")
        return document

    def _create(self, row: Resource, call: Call) -> Answer:
        self._arguments(row, "create", call)
        self._check_parents(row, call)
        body = self.body(row, call, "C")
        self.refuse_taken(row, call, body)
        document = self.blank(row, call) | body
        if row.before_create:
            row.before_create(self, document)
        self.save(row, {}, document)
        if row.after_create:
            row.after_create(self, document)
        return self.shown(row.statuses.get("create", 201), row, document, call)

    def _update(self, row: Resource, call: Call) -> Answer:
        current = self.existing(row, call)
        self._arguments(row, "update", call)
        body = self.body(row, call, "U", current)
        if row.unique_on_update:
            self.refuse_taken(row, call, body, current)
        document = self.touched(row, current | body)
        self.save(row, current, document)
        if row.after_update:
            row.after_update(self, document)
        return self.shown(row.statuses.get("update", 200), row, document, call)

    def _delete(self, row: Resource, call: Call) -> Answer:
        document = self.existing(row, call)
        self._arguments(row, "delete", call)
        self.delete(row, document)
        return Answer(row.statuses.get("delete", 204))

    def delete(self, row: Resource, document: Document) -> None:
        """Delete an object as the API does: unless its row forbids it, and from the lists of its members."""
        if row.before_delete:
            row.before_delete(self, document)
        self.save(row, document, {})
        id_ = document["id"]
        for members in row.members:
            for member in self.store.having(self.rows[members.resource], _is_member(members, id_)):
                self._save_member(members, member, [owner for owner in member[members.field] if owner != id_])

    # --- members ---

    def _count(self, row: Resource, members: Members, id_: str) -> None:
        owner = self.store.get(row, id_)
        if owner is not None:
            if self.settings.membership_touches_group:
                owner = self.touched(row, owner)
            among = Listing(conditions=(_is_member(members, id_),))
            self.store.put(row, owner | {members.counter: self.store.count(self.rows[members.resource], among)})

    def _save_member(self, members: Members, member: Document, owners: list[str]) -> None:
        row, changed = self.rows[members.resource], member | {members.field: owners}
        self.save(row, member, self.touched(row, changed) if self.settings.membership_touches_member else changed)

    def _list_members(self, row: Resource, members: Members, call: Call) -> Answer:
        self.existing(row, call)
        return self.page(self.rows[members.resource], call, [_is_member(members, call.item)])

    def _change_member(self, row: Resource, members: Members, wanted: bool, call: Call) -> Answer:
        self.existing(row, call)
        call.arguments()
        body = call.json()
        wrong = {name: "is not a field of this request" for name in body if name != members.body_key}
        member_id, member = body.get(members.body_key), None
        if isinstance(member_id, str):
            member = self.store.get(self.rows[members.resource], member_id)
        if member is None:
            wrong[members.body_key] = f"must be the id of one of the {members.resource}" if members.body_key in body else "is required"
        if wrong or member is None:
            raise invalid(wrong)
        owners = _owners(members, member)
        if (call.item in owners) != wanted:
            changed = [*owners, call.item] if wanted else [owner for owner in owners if owner != call.item]
            self._save_member(members, member, changed)
        return Answer(204)

    def _vary(self, text: bytes) -> bytes:
        """The text of a JSON object, with a field more where that is switched on."""
        if not self.settings.unknown_fields:
            return text
        return text[:-1] + (b"," if len(text) > 2 else b"") + _UNKNOWN + b"}"


_HEX = Resource.id_pattern


def _beside(name: str) -> Operation:
    """What an area has at a method and path of its own, in every year."""
    method, _space, path = name.partition(" ")
    return Operation(name, method, path, operations.YEARS[0], operations.YEARS[-1])


def _encode(document: Mapping[str, Any] | list[Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


async def _shaped(answer: Awaitable[Answer], shape: type[ApiError]) -> Answer:
    try:
        return await answer
    except ApiError as error:
        raise error.shaped(shape) from None


def _owners(members: Members, member: Document) -> list[str]:
    """The ids of those an object is a member of; one that was made odd on purpose may have anything there."""
    owners = member.get(members.field)
    return [owner for owner in owners if isinstance(owner, str)] if isinstance(owners, list) else []


def _is_member(members: Members, owner_id: str) -> Condition:
    return Condition(members.field, "eq", ("",), key=owner_id)
