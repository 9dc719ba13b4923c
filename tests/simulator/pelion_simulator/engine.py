# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers requests from the table of resources and the store. Knows neither sockets nor any resource by name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from . import bodies, clock, filters
from .answers import Answer, ApiError, invalid
from .clock import Clock
from .filters import Condition, Listing
from .identity import ID, make_id
from .store import Store
from .switches import Settings
from .table import Document, Members, Resource


@dataclass(frozen=True)
class Call:
    """A request whose sender is known. `url` is whole; `query` as it was sent; `subjects` the objects that "me" means, by resource."""

    method: str
    path: str
    query: str = ""
    url: str = ""
    content_type: str = ""
    body: bytes = b""
    subjects: Mapping[str, str] = field(default_factory=dict)


Operation = Callable[[Call, str], Answer]
_UNKNOWN = b'"x_introduced_later":{"level":1,"kinds":["a","b"]}'


class Engine:
    """The service: table, objects, clock."""

    def __init__(self, rows: Iterable[Resource], store: Store, time: Clock, settings: Settings) -> None:
        self.rows = {row.name: row for row in rows}
        self.store = store
        self.clock = time
        self.settings = settings
        self.account_id = ""
        self._routes = [route for row in self.rows.values() for route in self._routes_of(row)]

    # --- finding the operation ---

    def _routes_of(self, row: Resource) -> list[tuple[re.Pattern[str], dict[str, Operation]]]:
        """Path patterns of a row, with the operation for each method. The group `id` is the item's."""
        collection, item, me = re.escape(row.path), re.escape(row.path) + "/(?P<id>[^/]+)", re.escape(row.path) + "/me"
        known = {
            "me": (me, "GET", self._me),
            "list": (collection, "GET", self._list),
            "create": (collection, "POST", self._create),
            "get": (item, "GET", self._get),
            "update": (item, "PUT", self._update),
            "delete": (item, "DELETE", self._delete),
        }
        routes: dict[str, dict[str, Operation]] = {}
        for name, (path, method, operation) in known.items():
            if name in row.operations:
                routes.setdefault(path, {})[method] = _of(row, operation)
        for members in row.members:
            path = f"{item}/{re.escape(members.path)}"
            routes[path] = {"GET": _of_members(row, members, self._list_members)}
            routes[path + "/add"] = {"POST": _of_members(row, members, self._add_member)}
            routes[path + "/remove"] = {"POST": _of_members(row, members, self._remove_member)}
        return [(re.compile(path), methods) for path, methods in routes.items()]

    def find(self, method: str, path: str) -> tuple[Operation, str]:
        """The operation for a path in any spelling of its slashes, and the item's id. Raises ApiError where there is none."""
        plain = "/" + path.strip("/")
        for pattern, methods in self._routes:
            if match := pattern.fullmatch(plain):
                if method not in methods:
                    raise ApiError(405, "method_not_supported", f"{method} is not supported here, only {', '.join(sorted(methods))}.")
                id_ = match.groupdict().get("id", "")
                return methods[method], id_
        raise ApiError(404, "unrecognized_request", "There is nothing at this path.")

    def answer(self, call: Call) -> Answer:
        """Carry a request out. Raises ApiError."""
        operation, id_ = self.find(call.method, call.path)
        if call.method == "GET":
            return operation(call, id_)
        if call.query:
            raise invalid({name: "is not a parameter of this operation" for name, _rest in filters.pairs(call.query)})
        with self.store.transaction():
            return operation(call, id_)

    # --- operations ---

    def blank(self, row: Resource) -> Document:
        """A new object with nothing but what the service itself puts there."""
        now = self.clock.now()
        stamp = clock.text(now)
        made = dict.fromkeys(("created_at", "etag", "updated_at"), stamp)
        made |= {"account_id": self.account_id, "id": make_id(now), "object": row.object}
        document = {name: spec.default for name, spec in row.fields.items() if spec.default is not None or spec.nullable}
        return document | {name: value for name, value in made.items() if name in row.fields} | {row.clock: stamp}

    def _existing(self, row: Resource, id_: str) -> Document:
        if not ID.fullmatch(id_):
            raise invalid({"id": "must be 32 hex digits"})
        document = self.store.get(row, id_)
        if document is None:
            raise ApiError(404, "not_found", f"There is no {row.object} with this id.")
        return document

    def _list(self, row: Resource, call: Call, id_: str, extra: Iterable[Condition] = ()) -> Answer:
        if row.max_url and len(call.url) >= row.max_url:
            raise ApiError(400, "bad_request", f"The URL has {len(call.url)} characters; it must have fewer than {row.max_url}.")
        listing = filters.listing(row, call.query, extra)
        texts, more = self.store.page(row, listing)
        if not texts and self.settings.list_404:
            raise ApiError(404, "not_found", "Unable to find page.")
        head = {
            "object": "list",
            "limit": listing.limit,
            "after": listing.after,
            "order": "DESC" if listing.descending else "ASC",
            "has_more": more,
        }
        if listing.total_count:
            head["total_count"] = self.store.count(row, listing)
        if self.settings.unknown_fields:
            texts = [self._vary(text) for text in texts]
        envelope = json.dumps(head, separators=(",", ":")).encode()[:-1] + b',"data":[' + b",".join(texts) + b"]}"
        return Answer(200, self._vary(envelope))

    def _get(self, row: Resource, call: Call, id_: str) -> Answer:
        return self._shown(200, row, self._existing(row, id_), call.query)

    def _me(self, row: Resource, call: Call, id_: str) -> Answer:
        if row.name not in call.subjects:
            raise ApiError(401, "auth_mismatch", f"The authorization header does not stand for an {row.object}.")
        return self._shown(200, row, self._existing(row, call.subjects[row.name]), call.query)

    def _create(self, row: Resource, call: Call, id_: str) -> Answer:
        body = bodies.read(call.content_type, call.body)
        bodies.check(row, body, "C")
        for name in row.unique:
            if body.get(name) and self.store.find(row, name, body[name]):
                raise ApiError(409, "duplicate", f"There is a {row.object} with this {name} already.", {name: "is taken"})
        document = self.blank(row) | body
        if row.before_create:
            row.before_create(self, document)
        self.store.put(row, document)
        if row.after_create:
            row.after_create(self, document)
        return self._shown(201, row, document)

    def _update(self, row: Resource, call: Call, id_: str) -> Answer:
        document = self._existing(row, id_)
        body = bodies.read(call.content_type, call.body)
        bodies.check(row, body, "U", document)
        stamp = clock.text(self.clock.now())
        document |= body | {"updated_at": stamp, "etag": stamp}
        self.store.put(row, document)
        if row.after_update:
            row.after_update(self, document)
        return self._shown(200, row, document)

    def _delete(self, row: Resource, call: Call, id_: str) -> Answer:
        document = self._existing(row, id_)
        if row.before_delete:
            row.before_delete(self, document)
        self.save(row, document, {})
        for members in row.members:
            other = self.rows[members.resource]
            for member in self.store.having(other, _is_member(members, id_)):
                self.save(other, member, member | {members.field: [owner for owner in member[members.field] if owner != id_]})
        return Answer(204)

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

    def _count(self, row: Resource, members: Members, id_: str) -> None:
        owner = self.store.get(row, id_)
        if owner is not None:
            among = Listing(conditions=(_is_member(members, id_),))
            self.store.put(row, owner | {members.counter: self.store.count(self.rows[members.resource], among)})

    # --- members ---

    def _list_members(self, row: Resource, members: Members, call: Call, id_: str) -> Answer:
        self._existing(row, id_)
        return self._list(self.rows[members.resource], call, "", [_is_member(members, id_)])

    def _add_member(self, row: Resource, members: Members, call: Call, id_: str) -> Answer:
        return self._change_member(row, members, call, id_, True)

    def _remove_member(self, row: Resource, members: Members, call: Call, id_: str) -> Answer:
        return self._change_member(row, members, call, id_, False)

    def _change_member(self, row: Resource, members: Members, call: Call, id_: str, wanted: bool) -> Answer:
        self._existing(row, id_)
        body = bodies.read(call.content_type, call.body)
        wrong = {name: "is not a field of this request" for name in body if name != members.body_key}
        member_id, member = body.get(members.body_key), None
        if isinstance(member_id, str):
            member = self.store.get(self.rows[members.resource], member_id)
        if member is None:
            wrong[members.body_key] = f"must be the id of one of the {members.resource}" if members.body_key in body else "is required"
        if wrong or member is None:
            raise invalid(wrong)
        owners = _owners(members, member)
        if (id_ in owners) != wanted:
            changed = [*owners, id_] if wanted else [owner for owner in owners if owner != id_]
            self.save(self.rows[members.resource], member, member | {members.field: changed})
        return Answer(204)

    # --- what is shown ---

    def _shown(self, status: int, row: Resource, document: Document, query: str = "") -> Answer:
        """The answer that shows an object. Raises ApiError for query parameters it does not know."""
        wanted: list[str] = []
        wrong: dict[str, str] = {}
        for name, value in filters.pairs(query):
            if name == "include" and row.on_request:
                wanted = value.split(",")
                if not set(wanted) <= set(row.on_request):
                    wrong[name] = "may only name " + ", ".join(row.on_request)
            elif name not in row.parameters:
                wrong[name] = "is not a parameter of this operation"
        if wrong:
            raise invalid(wrong)
        shown = {name: value for name, value in document.items() if name not in row.on_request or name in wanted}
        return Answer(status, self._vary(json.dumps(shown, separators=(",", ":")).encode()))

    def _vary(self, text: bytes) -> bytes:
        """The text of a JSON object, with a field more where that is switched on."""
        return text[:-1] + b"," + _UNKNOWN + b"}" if self.settings.unknown_fields else text


def _of(row: Resource, operation: Callable[[Resource, Call, str], Answer]) -> Operation:
    return lambda call, id_: operation(row, call, id_)


def _of_members(row: Resource, members: Members, operation: Callable[[Resource, Members, Call, str], Answer]) -> Operation:
    return lambda call, id_: operation(row, members, call, id_)


def _owners(members: Members, member: Document) -> list[str]:
    """The ids of those an object is a member of; one that was made odd on purpose may have anything there."""
    owners = member.get(members.field)
    return [owner for owner in owners if isinstance(owner, str)] if isinstance(owners, list) else []


def _is_member(members: Members, owner_id: str) -> Condition:
    return Condition(members.field, "eq", ("",), key=owner_id)
