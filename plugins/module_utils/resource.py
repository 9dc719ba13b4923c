# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""What a REST collection is: find, compare, create, update, delete. Knows no resource and nothing of Ansible.

``plan`` is pure: it compares what is there with what is wanted and says which calls would make them equal. Check mode
shows the plan; a real run carries its calls out.
"""

from __future__ import annotations

import heapq
import itertools
import re
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple
from urllib.parse import quote

from . import filters as filtering
from .client import LONGEST_URL, ApiError, Client, project
from .transport import TransportError

Object = Dict[str, Any]
Params = Mapping[str, Any]
_EMPTY: Tuple[Any, ...] = (None, "", [], {})


class ResourceError(ValueError):
    """What is asked for cannot be done; nothing has been sent. The text says what to change."""


class AmbiguousError(ResourceError):
    """Several objects have the natural key; ``ids`` lists them."""

    def __init__(self, message: str, ids: Sequence[str]) -> None:
        super().__init__(message)
        self.ids = list(ids)


@dataclass(frozen=True)
class Resource:
    """One row: what the API says of a resource and a module's argument spec cannot.

    ``path`` is the collection's, ``{placeholders}`` in it name options; an item lies below it, with a trailing slash where the
    collection has one. ``keys`` are the natural keys, the first one given is the one that finds the object. ``filters`` are the
    list's direct operators a field, ``packed_filters`` those that only the packed spelling has. ``mappings`` are fields that hold
    named values, in filters ``field__name``. ``replaces`` are such fields that PUT replaces whole, with the most entries they
    take: they are merged unless ``purge``. ``required`` is what the service wants on creation. ``max_length`` is characters a field.
    """

    name: str
    path: str
    plural: str = ""
    keys: Tuple[str, ...] = ("name",)
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    packed_filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    mappings: Tuple[str, ...] = ()
    required: Tuple[str, ...] = ()
    create_only: Tuple[str, ...] = ()
    unordered: Tuple[str, ...] = ()
    replaces: Mapping[str, int] = field(default_factory=dict)
    max_length: Mapping[str, int] = field(default_factory=dict)
    id_pattern: str = r"[0-9a-f]{32}"

    @property
    def label(self) -> str:
        """The resource in words: ``device group``."""
        return self.name.replace("_", " ")

    @property
    def list_name(self) -> str:
        """The key under which an info module returns its list."""
        return self.plural or self.name + "s"

    @property
    def allowed_filters(self) -> Dict[str, Tuple[str, ...]]:
        """Field -> operators, for the list and, for natural keys that it cannot filter by, matched here."""
        allowed = {name: tuple(operators) for name, operators in self.filters.items()}
        for name, operators in self.packed_filters.items():
            allowed[name] = tuple(dict.fromkeys((*allowed.get(name, ()), *operators)))
        for name in self.keys:
            allowed.setdefault(name, ("eq", "neq", "in", "nin"))
        return allowed

    def collection(self, params: Params) -> str:
        """The list's path."""
        if "{" not in self.path:
            return self.path
        return self.path.format(**{name: quote(str(value), safe="") for name, value in params.items() if value is not None})

    def item(self, params: Params, identity: str) -> str:
        """One object's path.

        :raises ResourceError: for an id that cannot be one of this resource.
        """
        collection = self.collection(params)
        slash = "/" if collection.endswith("/") else ""
        return f"{collection.rstrip('/')}/{quote(self.checked_id(identity), safe='')}{slash}"

    def checked_id(self, identity: Any) -> str:
        """The id, if it can be one.

        :raises ResourceError: when it cannot.
        """
        if not re.fullmatch(self.id_pattern, str(identity)):
            raise ResourceError(f"'{identity}' is no id of a {self.label}: an id is 32 hexadecimal digits in lower case.")
        return str(identity)

    def conditions(self, given: Optional[Mapping[str, Any]]) -> filtering.Conditions:
        """Filters as users write them, checked against what the list understands.

        :raises FilterError: naming the field and what is allowed.
        """
        return filtering.parse(given, self.allowed_filters, self.mappings)


@dataclass(frozen=True)
class Call:
    """One request that changes something."""

    method: str
    path: str
    json: Any = None


@dataclass(frozen=True)
class Plan:
    """``before`` and ``after`` are whole objects, None for "not there"; ``calls`` lead from one to the other."""

    before: Optional[Object]
    after: Optional[Object]
    calls: Tuple[Call, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.calls)


class Recipe:
    """How one resource is created, changed and deleted; a module overrides one of these small methods where its resource is special.

    All are pure. ``fields`` are the module's writable options; ``params`` its options; ``current`` the object as it is or None.
    """

    def __init__(self, row: Resource, fields: Sequence[str]) -> None:
        self.row = row
        self.fields = tuple(fields)

    def desired(self, params: Params, current: Optional[Object]) -> Object:
        """The fields that the user asks for, merged with what stays.

        :raises ResourceError: for values that the service would refuse.
        """
        wanted = {name: params[name] for name in self.fields if params.get(name) is not None}
        for name, most in self.row.replaces.items():
            if name in wanted:
                held = {} if params.get("purge") or current is None else current.get(name) or {}
                wanted[name] = _merged(name, wanted[name], held, most)
        for name, longest in self.row.max_length.items():
            if len(str(wanted.get(name, ""))) > longest:
                raise ResourceError(f"{name} has {len(str(wanted[name]))} characters; the service takes at most {longest}.")
        return wanted

    def create(self, wanted: Object, params: Params) -> List[Call]:
        """The calls that make the object."""
        return [Call("POST", self.row.collection(params), wanted)]

    def update(self, current: Object, changes: Object, params: Params) -> List[Call]:
        """The calls that change it. There is no PATCH: what does not change is sent back as it is."""
        writable = [name for name in self.fields if name not in self.row.create_only]
        body = {name: current[name] for name in writable if current.get(name) is not None}
        body.update(changes)
        return [Call("PUT", self.row.item(params, current["id"]), body)]

    def delete(self, current: Object, params: Params) -> List[Call]:
        """The calls that remove it."""
        return [Call("DELETE", self.row.item(params, current["id"]))]

    def same(self, name: str, current: Any, wanted: Any) -> bool:
        """Whether a field has the wanted value already. The service does not tell an empty value from none."""
        if current in _EMPTY and wanted in _EMPTY:
            return True
        if name in self.row.unordered and isinstance(current, list) and isinstance(wanted, list):
            return sorted(map(repr, current)) == sorted(map(repr, wanted))
        return bool(current == wanted) and type(current) is type(wanted)


def plan(recipe: Recipe, current: Optional[Object], params: Params) -> Plan:
    """What has to be done so that the object is as ``params`` want it. Pure.

    :raises ResourceError: when that is not possible.
    """
    row = recipe.row
    if params.get("state", "present") == "absent":
        return Plan(current, None, tuple(recipe.delete(current, params)) if current is not None else ())
    wanted = recipe.desired(params, current)
    if current is None:
        if params.get("id"):
            raise ResourceError(f"There is no {row.label} with the id {params['id']}; leave id out to make a new one.")
        missing = [name for name in row.required if wanted.get(name) in _EMPTY]
        if missing:
            raise ResourceError(f"There is no such {row.label} yet; to create it give also: {', '.join(missing)}.")
        return Plan(None, wanted, tuple(recipe.create(wanted, params)))
    changes = {name: value for name, value in wanted.items() if not recipe.same(name, current.get(name), value)}
    fixed = [name for name in row.create_only if name in changes]
    if fixed:
        told = ", ".join(f"{name} is {current.get(name)!r}, wanted {changes[name]!r}" for name in fixed)
        raise ResourceError(
            f"The {row.label} {current.get('id')} cannot be changed so: {told}. This can be set only when it is created; "
            "delete it and create it anew if you mean it."
        )
    if not changes:
        return Plan(current, current)
    return Plan(current, {**current, **changes}, tuple(recipe.update(current, changes, params)))


def listing(
    client: Client,
    row: Resource,
    params: Params,
    conditions: filtering.Conditions = (),
    *,
    limit: Optional[int] = None,
    fields: Optional[Sequence[str]] = None,
    order: Optional[str] = None,
) -> Iterator[Object]:
    """The objects that fulfil all conditions: the service filters by what it can, the rest is matched here.

    A list of values that makes the address too long for the service is asked for in parts.
    """
    path = row.collection(params)
    known = {**row.filters, **row.packed_filters}
    remote = tuple(condition for condition in conditions if condition.root in known)
    local = tuple(condition for condition in conditions if condition.root not in known)

    def pairs(some: filtering.Conditions) -> List[Tuple[str, str]]:
        return filtering.query(some, row.filters)

    def part(some: filtering.Conditions) -> Iterator[Object]:
        return client.list(path, pairs(some), limit=None if local else limit, order=order, empty_on_404="{" not in row.path)

    parts = [part(some) for some in filtering.split(remote, lambda some: client.url_length(path, pairs(some)), LONGEST_URL)]
    # Each part comes in the order of creation, and so must the whole.
    found = parts[0] if len(parts) == 1 else heapq.merge(*parts, key=lambda item: str(item.get("created_at")), reverse=order == "DESC")
    wanted = (item if fields is None else project(item, fields) for item in found if filtering.matches(local, item))
    yield from itertools.islice(wanted, limit)


def refuse_empty(params: Params, *names: str) -> None:
    """An empty id or name comes from a variable that should have held one; taking it for "not given" would pick other objects.

    :raises ResourceError: naming the option.
    """
    for name in names:
        if params.get(name) == "":
            raise ResourceError(f"{name} is empty. Leave it out if you do not mean one certain object.")


def read(client: Client, row: Resource, params: Params, identity: str) -> Optional[Object]:
    """The object with this id, None where there is none.

    :raises ResourceError: for an id that cannot be one of this resource.
    :raises ApiError: also when the answer is no object.
    """
    path = row.item(params, identity)
    found = client.get(path)
    if found is not None and not (isinstance(found, dict) and found.get("id")):
        message = f"The answer is no {row.label}."
        raise ApiError(message, status=200, method="GET", path=path, request_id=client.last_request_id, body=found)
    return found


def find(client: Client, row: Resource, params: Params) -> Optional[Object]:
    """The one object that ``id`` or the first given natural key names, None where there is none.

    :raises AmbiguousError: when several have the key.
    :raises ResourceError: when nothing names it.
    """
    refuse_empty(params, "id")
    if params.get("id"):
        return read(client, row, params, params["id"])
    key = next((name for name in row.keys if params.get(name) not in _EMPTY), None)
    if key is None:
        raise ResourceError(f"Which {row.label}? Give {' or '.join(('id', *row.keys))}.")
    conditions = (filtering.Condition(key, "eq", (str(params[key]),)),)
    matching = [item for item in listing(client, row, params, conditions) if item.get(key) == params[key]]
    if len(matching) > 1:
        ids = [str(item.get("id")) for item in matching]
        shown = ", ".join(ids[:10]) + (f" and {len(ids) - 10} more" if len(ids) > 10 else "")
        raise AmbiguousError(
            f"{len(ids)} {row.list_name.replace('_', ' ')} have the {key} {params[key]!r}: {shown}. Give the id of the one you mean.", ids
        )
    return matching[0] if matching else None


@dataclass(frozen=True)
class Outcome:
    """What ``ensure`` did or would do: the plan, the object as it is now, and whether anything was changed."""

    plan: Plan
    object: Optional[Object]
    changed: bool


def ensure(client: Client, recipe: Recipe, params: Params, *, dry_run: bool = False) -> Outcome:
    """Bring one object into the wanted state, or say what that would take.

    When the service says that somebody else created it meanwhile, or a creation's answer was lost, the object is looked up by its
    natural key and taken from there.
    """
    current = find(client, recipe.row, params)
    step = plan(recipe, current, params)
    if dry_run or not step.changed:
        return Outcome(step, step.after, step.changed)
    try:
        return Outcome(step, _carry_out(client, recipe, step, params), True)
    except (ApiError, TransportError) as error:
        clash = isinstance(error, ApiError) and error.status == 409
        if current is not None or step.after is None or not (clash or error.maybe_done):
            raise
        found = find(client, recipe.row, params)
        if found is None:
            raise
    second = plan(recipe, found, params)
    now = _carry_out(client, recipe, second, params) if second.changed else found
    if clash:
        return Outcome(second, now, second.changed)
    return Outcome(Plan(None, now, step.calls), now, True)


def _carry_out(client: Client, recipe: Recipe, step: Plan, params: Params) -> Optional[Object]:
    answer: Any = None
    for call in step.calls:
        if call.method == "DELETE":
            client.delete(call.path, json=call.json)
        else:
            answer = client.request(call.method, call.path, json=call.json).body
    if step.after is None:
        return None
    if isinstance(answer, dict) and answer.get("id"):
        return answer
    identity = (step.before or {}).get("id")
    return find(client, recipe.row, {**params, "id": identity} if identity else params)


def _merged(name: str, wanted: Any, held: Mapping[str, Any], most: int) -> Dict[str, str]:
    """Named text values: those given are set, those given as null are removed, the others stay."""
    if not isinstance(wanted, Mapping):
        raise ResourceError(f"{name} must be a mapping of names to values.")
    # An empty mapping clears, as an empty text does.
    merged: Dict[str, str] = dict(held) if wanted else {}
    for key, value in wanted.items():
        key = str(key)
        if not key or key[0].isdigit():
            raise ResourceError(f"{name}: the name '{key}' begins with a digit or is empty; the service refuses such names.")
        if value is None:
            merged.pop(key, None)
            continue
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if isinstance(value, (Mapping, list)):
            raise ResourceError(f"{name}: the value of '{key}' must be text, not a list or mapping.")
        if len(key) > 128 or len(text) > 128:
            raise ResourceError(f"{name}: '{key[:128]}' has a name or value of more than 128 characters.")
        merged[key] = text
    if len(merged) > most:
        raise ResourceError(
            f"{name} would have {len(merged)} entries ({', '.join(sorted(merged))}); the service takes at most {most}. "
            "Remove some by giving them as null, or set purge."
        )
    return merged
