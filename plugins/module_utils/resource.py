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
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple
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


class WaitError(Exception):
    """The object did not get where it should, or not in time. ``object`` is as it was last seen, ``row`` its resource; ``changed``
    says whether something was changed before."""

    def __init__(self, message: str, row: Resource, item: Optional[Object]) -> None:
        super().__init__(message)
        self.row = row
        self.object = item
        self.changed = False


@dataclass(frozen=True)
class Membership:
    """A list field that is changed by calls of its own, below the item: ``{path}/add`` and ``{path}/remove``.

    They take a bare array of ids, or an object that has it under ``key``.
    """

    field: str
    path: str
    key: str = ""

    def adding(self, item: str, members: Sequence[str]) -> Call:
        """The call that adds members to the object at this path, in its three spellings from the newest on."""
        path, body = f"{item.rstrip('/')}/{self.path}", self._body(members)
        # An object with lists under keys is also taken by the item itself, in any year.
        oldest = (Call("POST", item, body, answers=False),) if self.key else ()
        older = Call("POST", path, body, answers=False, otherwise=oldest)
        return Call("POST", f"{path}/add", body, answers=False, otherwise=(older,))

    def removing(self, item: str, members: Sequence[str]) -> Call:
        """The call that removes members from the object at this path, in its two spellings."""
        path, body = f"{item.rstrip('/')}/{self.path}", self._body(members)
        older = Call("DELETE", path, body, answers=False)
        return Call("POST", f"{path}/remove", body, answers=False, otherwise=(older,))

    def _body(self, members: Sequence[str]) -> Any:
        return {self.key: list(members)} if self.key else list(members)


@dataclass(frozen=True)
class Resource:
    """One row: what the API says of a resource and a module's argument spec cannot.

    ``path`` is the collection's, ``{placeholders}`` in it name options; an item lies below it, with a trailing slash where the collection
    has one, or below ``item_path``. ``identity`` is the field that an item's path names, empty for entries of a list that cannot be asked
    for one by one; for ids, ``id_pattern`` and ``id_words`` say what one looks like. ``tenant``: the same paths exist below
    ``/v3/accounts/{account_id}`` too. ``me``: the id may be ``me``. ``readable``: one object has a GET of its own, otherwise it is looked
    up in the list; ``alike``: that GET tells no more than the list. ``paged``: the list takes page parameters, ``order`` is the one that
    it is asked for unless the user says otherwise, empty where it takes none. ``empty_on_404``: the list answers 404 when nothing is there.

    ``keys`` are the natural keys, the first one given is the one that finds the object. ``filters`` are the list's direct operators a
    field, ``packed_filters`` those that only the packed spelling has. ``mappings`` are fields that hold named values, in filters
    ``field__name``. ``words`` are fields that hold one of certain words, in their order. ``query`` and ``item_query`` are options that
    are parameters of the list and of the GET of one object.

    ``required`` is what the service wants on creation, ``create_only`` what cannot change later, ``update_only`` what a creation does not
    take, so that a PUT follows it. ``clashes`` are the statuses by which a creation may say that somebody else was quicker.
    ``deletable``: there is a DELETE. ``references`` are options that hold ids of other resources, one or a list, and take their names as
    well. ``times`` are compared as moments. ``unordered`` are lists that are sets. ``nullable`` are fields that null clears.
    ``max_length`` is characters a field. ``replaces`` are fields of named values that PUT replaces whole, with the most entries they
    take: they are merged unless ``purge``. ``memberships`` are changed by calls of their own.

    ``write_only`` fields are never returned; those that are ``create_only`` too are never compared. ``secrets`` are returned and never
    shown, as ``field`` or ``field.inner``; ``once`` are those that only the answer to a creation has.

    ``stages`` tell how far an object is that is waited for, and are shown meanwhile: states and counts, nothing that somebody wrote.
    """

    name: str
    path: str
    plural: str = ""
    keys: Tuple[str, ...] = ("name",)
    identity: str = "id"
    id_pattern: str = r"[0-9a-f]{32}"
    id_words: str = "an id is 32 hexadecimal digits in lower case"
    item_path: str = ""
    tenant: bool = False
    me: bool = False
    readable: bool = True
    alike: bool = False
    paged: bool = True
    order: str = "ASC"
    empty_on_404: bool = True
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    packed_filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    mappings: Tuple[str, ...] = ()
    words: Mapping[str, Sequence[str]] = field(default_factory=dict)
    query: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    item_query: Tuple[str, ...] = ()
    required: Tuple[str, ...] = ()
    create_only: Tuple[str, ...] = ()
    update_only: Tuple[str, ...] = ()
    clashes: Tuple[int, ...] = (409,)
    deletable: bool = True
    references: Mapping[str, Resource] = field(default_factory=dict)
    times: Tuple[str, ...] = ()
    unordered: Tuple[str, ...] = ()
    nullable: Tuple[str, ...] = ()
    replaces: Mapping[str, int] = field(default_factory=dict)
    memberships: Tuple[Membership, ...] = ()
    max_length: Mapping[str, int] = field(default_factory=dict)
    write_only: Tuple[str, ...] = ()
    secrets: Tuple[str, ...] = ()
    once: Tuple[str, ...] = ()
    stages: Tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The resource in words: ``device group``."""
        return self.name.replace("_", " ")

    @property
    def list_name(self) -> str:
        """The key under which an info module returns its list."""
        return self.plural or self.name + "s"

    @property
    def named_by(self) -> Tuple[str, ...]:
        """The options that name one object."""
        return tuple(name for name in dict.fromkeys((self.identity, *self.keys)) if name)

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
        return self._filled(self.path, params)

    def item(self, params: Params, identity: str) -> str:
        """One object's path.

        :raises ResourceError: for an id that cannot be one of this resource.
        """
        return self.below(params, quote(self.checked_id(identity), safe=""))

    def below(self, params: Params, last: str) -> str:
        """The path of an object whose last part is known."""
        path = self._filled(self.item_path or self.path, params)
        return f"{path.rstrip('/')}/{last}{'/' if path.endswith('/') else ''}"

    def _filled(self, path: str, params: Params) -> str:
        if self.tenant and params.get("account_id"):
            version, rest = path[: path.index("/", 1)], path[path.index("/", 1) :]
            path = f"{version}/accounts/{{account_id}}{rest}"
        if "{" not in path:
            return path
        return path.format(**{name: quote(str(value), safe="") for name, value in params.items() if value is not None})

    def is_id(self, identity: Any) -> bool:
        """Whether it can be an id of one."""
        return bool((self.me and identity == "me") or re.fullmatch(self.id_pattern, str(identity)))

    def checked_id(self, identity: Any) -> str:
        """The id, if it can be one.

        :raises ResourceError: when it cannot.
        """
        if not self.is_id(identity):
            raise ResourceError(f"'{identity}' is no {self.identity} of a {self.label}: {self.id_words}.")
        return str(identity)

    def conditions(self, given: Optional[Mapping[str, Any]]) -> filtering.Conditions:
        """Filters as users write them, checked against what the list understands.

        :raises FilterError: naming the field and what is allowed.
        """
        return filtering.parse(given, self.allowed_filters, self.mappings, self.words)

    def stage(self, item: Object) -> str:
        """How far an object is: ``status "processing", processed count 1,200``."""
        seen = [(name.replace("_", " "), item[name]) for name in self.stages if item.get(name) not in _EMPTY]
        return ", ".join(f"{name} {value:,}" if isinstance(value, int) else f'{name} "{value}"' for name, value in seen)

    def shown(self, item: Object) -> Object:
        """The object without what must never be shown."""
        return without(item, self.secrets) if self.secrets else item


def without(item: Object, names: Sequence[str]) -> Object:
    """The object without these fields; ``a.b`` is the field b of the object, or of each object of the list, that the field a is."""
    kept = {name: value for name, value in item.items() if name not in names}
    inner: Dict[str, List[str]] = {}
    for name in names:
        head, dot, rest = name.partition(".")
        if dot and head in kept:
            inner.setdefault(head, []).append(rest)
    for head, rests in inner.items():
        value = kept[head]
        if isinstance(value, list):
            kept[head] = [without(entry, rests) if isinstance(entry, dict) else entry for entry in value]
        elif isinstance(value, dict):
            kept[head] = without(value, rests)
    return kept


@dataclass(frozen=True)
class Call:
    """One request that changes something. ``{id}`` in the path stands for the object that a call before has made.

    ``otherwise`` are calls that do the same where an older service does not have this operation (404, 405). ``answers``: the answer is
    the object as a GET would give it.
    """

    method: str
    path: str
    json: Any = None
    query: Optional[Mapping[str, Any]] = None
    headers: Optional[Mapping[str, str]] = None
    otherwise: Tuple[Call, ...] = ()
    answers: bool = True

    def send(self, client: Client, identity: str = "") -> Any:
        """Carry it out.

        :param identity: what ``{id}`` stands for.
        :return: the decoded answer.
        :raises ApiError, TransportError: as the client does.
        """
        path = self.path.replace("{id}", quote(identity, safe=""))
        try:
            if self.method == "DELETE" and not self.otherwise:
                return self._delete(client, path)
            return client.request(self.method, path, query=self.query, json=self.json, headers=self.headers).body
        except ApiError as error:
            if not self.otherwise or error.status not in (404, 405):
                raise
        answer = None
        for call in self.otherwise:
            answer = call.send(client, identity)
        return answer

    def _delete(self, client: Client, path: str) -> Any:
        """Something that is gone already is gone."""
        try:
            return client.request("DELETE", path, query=self.query, json=self.json, headers=self.headers).body
        except ApiError as error:
            if error.means_absent:
                return None
            raise


@dataclass(frozen=True)
class Await(Call):
    """Not a change but a pause of a plan: reads the path until ``done`` says so of the object, or it is gone.

    ``row`` is the object's; ``timeout`` and ``interval`` are seconds.
    """

    row: Any = None
    done: Callable[[Object], bool] = field(default=bool, compare=False)
    timeout: float = 600
    interval: float = 5

    def send(self, client: Client, identity: str = "") -> Any:
        """Wait.

        :raises WaitError: when the time is over.
        """
        path = self.path.replace("{id}", quote(identity, safe=""))
        return wait_for(client, self.row, lambda: client.get(path), self.done, timeout=self.timeout, interval=self.interval)


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

    ``prepare``, ``find`` and ``complete`` read from the service; all others are pure. ``fields`` are the module's writable options;
    ``params`` its options; ``current`` the object as it is or None. ``states`` are further values of the option ``state`` beside present
    and absent, ``gone`` those after which the object is not there; with ``waits`` the module can wait until ``finished``. ``diffed`` are
    fields that diffs show beside the writable ones: those that ``act`` changes.
    """

    states: Tuple[str, ...] = ()
    gone: Tuple[str, ...] = ("absent",)
    waits = False
    diffed: Tuple[str, ...] = ()

    def __init__(self, row: Resource, fields: Sequence[str]) -> None:
        self.row = row
        self.fields = tuple(fields)

    def prepare(self, client: Client, params: Params) -> Params:
        """The options with what has to be looked up or worked out first: names resolved to ids, checksums of files.

        :raises ResourceError: when they cannot be what they should.
        """
        return params

    def find(self, client: Client, params: Params) -> Optional[Object]:
        """The object that the options name, None where there is none."""
        return find(client, self.row, params)

    def complete(self, client: Client, current: Object, params: Params) -> Object:
        """The object with what the service keeps elsewhere, such as its members."""
        return current

    def desired(self, params: Params, current: Optional[Object]) -> Object:
        """The fields that the user asks for, merged with what stays.

        :raises ResourceError: for values that the service would refuse.
        :raises FilterError: for a time that is none.
        """
        wanted = {name: params[name] for name in self.fields if params.get(name) is not None}
        wanted.update(dict.fromkeys(params.get("clear") or ()))
        if current is not None:
            again = params.get("update_secrets") == "always"
            known = [name for name in self.row.write_only if name in self.row.create_only or not again]
            wanted = {name: value for name, value in wanted.items() if name not in known}
        for name in self.row.times:
            if wanted.get(name):
                wanted[name] = filtering.timestamp(wanted[name])
        for name, most in self.row.replaces.items():
            if name in wanted:
                held = {} if params.get("purge") or current is None else current.get(name) or {}
                wanted[name] = _merged(name, wanted[name], held, most)
        for membership in self.row.memberships:
            if membership.field in wanted:
                held = (current or {}).get(membership.field) or ()
                wanted[membership.field] = _members(wanted[membership.field], held, params.get("membership") or "exact")
        for name, longest in self.row.max_length.items():
            if len(str(wanted.get(name) or "")) > longest:
                raise ResourceError(f"{name} has {len(str(wanted[name]))} characters; the service takes at most {longest}.")
        return wanted

    def item(self, current: Optional[Object], params: Params) -> str:
        """The path of the object, with ``{id}`` for one that is still to be made; ``me`` stays ``me``."""
        if self.row.me and params.get(self.row.identity) == "me":
            return self.row.item(params, "me")
        if current is None or not current.get(self.row.identity):
            return self.row.below(params, "{id}")
        return self.row.item(params, current[self.row.identity])

    def create(self, wanted: Object, params: Params) -> List[Call]:
        """The calls that make the object."""
        later = [name for name in self.row.update_only if wanted.get(name) is not None]
        first = {name: value for name, value in wanted.items() if name not in self.row.update_only}
        calls = [Call("POST", self.row.collection(params), first)]
        if later:
            skipped = (*self.row.create_only, *self.row.write_only)
            whole = {name: value for name, value in self._body(wanted).items() if name not in skipped}
            calls.append(Call("PUT", self.item(None, params), whole))
        return calls

    def update(self, current: Object, changes: Object, params: Params) -> List[Call]:
        """The calls that change it. There is no PATCH: what does not change is sent back as it is."""
        calls = self.member_calls(current, changes, params)
        altered = self._body(changes)
        if not altered:
            return calls
        skipped = (*self.row.create_only, *self.row.write_only, *self.row.secrets)
        writable = [name for name in self.fields if name not in skipped]
        body = self._body({name: current[name] for name in writable if current.get(name) is not None})
        body.update(altered)
        return [Call("PUT", self.item(current, params), body), *calls]

    def delete(self, current: Object, params: Params) -> List[Call]:
        """The calls that remove it."""
        return [Call("DELETE", self.item(current, params))]

    def act(self, current: Optional[Object], after: Object, params: Params) -> Tuple[Object, List[Call]]:
        """What ``state`` asks for beyond the fields: what that changes of the object, and the calls. ``after`` is the planned object."""
        return {}, []

    def reveals(self, step: Plan, params: Params) -> bool:
        """Whether an answer of this plan holds a secret that is returned once."""
        return step.before is None and step.after is not None

    def finished(self, item: Object, params: Params) -> bool:
        """Whether the object is where waiting ends.

        :raises WaitError: when it never will be.
        """
        return True

    def same(self, name: str, current: Any, wanted: Any) -> bool:
        """Whether a field has the wanted value already. The service does not tell an empty value from none."""
        if name in self.row.write_only:
            return False
        if current in _EMPTY and wanted in _EMPTY:
            return True
        if name in self.row.times and current and wanted:
            return filtering.moment(current) == filtering.moment(wanted)
        sets = (*self.row.unordered, *(membership.field for membership in self.row.memberships))
        if name in sets and isinstance(current, list) and isinstance(wanted, list):
            return sorted(map(repr, current)) == sorted(map(repr, wanted))
        return bool(current == wanted) and type(current) is type(wanted)

    def _body(self, some: Object) -> Object:
        """What goes in a body: members are changed by calls of their own."""
        return {name: value for name, value in some.items() if all(name != known.field for known in self.row.memberships)}

    def member_calls(self, current: Object, changes: Object, params: Params) -> List[Call]:
        """The calls that add members and remove them."""
        calls = []
        for membership in self.row.memberships:
            if membership.field not in changes:
                continue
            held, wanted = current.get(membership.field) or [], changes[membership.field] or []
            added, removed = [one for one in wanted if one not in held], [one for one in held if one not in wanted]
            if added:
                calls.append(membership.adding(self.item(current, params), added))
            if removed:
                calls.append(membership.removing(self.item(current, params), removed))
        return calls


def plan(recipe: Recipe, current: Optional[Object], params: Params) -> Plan:
    """What has to be done so that the object is as ``params`` want it. Pure.

    :raises ResourceError: when that is not possible.
    """
    row = recipe.row
    if params.get("state", "present") in recipe.gone:
        return Plan(current, None, tuple(recipe.delete(current, params)) if current is not None else ())
    wanted = recipe.desired(params, current)
    if current is None:
        if params.get("id"):
            raise ResourceError(f"There is no {row.label} with the id {params['id']}; leave id out to make a new one.")
        # Some fields must be there and may be null, which only clear can say.
        missing = [name for name in row.required if wanted.get(name) in _EMPTY and name not in (params.get("clear") or ())]
        if missing:
            raise ResourceError(f"There is no such {row.label} yet; to create it give also: {', '.join(missing)}.")
        acted, calls = recipe.act(None, wanted, params)
        return Plan(None, {**wanted, **acted}, (*recipe.create(wanted, params), *calls))
    changes = {name: value for name, value in wanted.items() if not recipe.same(name, current.get(name), value)}
    fixed = [name for name in row.create_only if name in changes]
    if fixed:
        told = ", ".join(f"{name} is {current.get(name)!r}, wanted {changes[name]!r}" for name in fixed)
        raise ResourceError(
            f"The {row.label} {current.get(row.identity)} cannot be changed so: {told}. This can be set only when it is created; "
            "delete it and create it anew if you mean it."
        )
    after = {**current, **changes}
    acted, calls = recipe.act(current, after, params)
    return Plan(current, {**after, **acted}, (*(recipe.update(current, changes, params) if changes else ()), *calls))


class Search:
    """How a list is asked for what fulfils all conditions: the service filters by what it can, the rest is matched here.

    ``path`` is the list's, ``local`` the conditions that are matched here, ``options`` what else its pages are asked with.
    """

    def __init__(self, client: Client, row: Resource, params: Params, conditions: filtering.Conditions = ()) -> None:
        known = {**row.filters, **row.packed_filters}
        self.path = row.collection(params)
        self.remote = tuple(condition for condition in conditions if condition.root in known)
        self.local = tuple(condition for condition in conditions if condition.root not in known)
        self.empty_on_404 = row.empty_on_404 and "{" not in row.path and not (row.tenant and params.get("account_id"))
        self.options = _given(tuple(row.query), params)
        self._client = client
        self._row = row

    def pairs(self, conditions: filtering.Conditions) -> List[Tuple[str, str]]:
        """The query parameters of conditions that the service filters by."""
        return filtering.query(conditions, self._row.filters)

    def parts(self, further: filtering.Conditions = ()) -> List[filtering.Conditions]:
        """What the service filters by, in as many parts as it takes that no address is too long when these further conditions are added.

        :raises FilterError: when no splitting makes it short enough.
        """

        def length(some: filtering.Conditions) -> int:
            return self._client.url_length(self.path, self.pairs((*some, *further)))

        return filtering.split(self.remote, length, LONGEST_URL)


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
    search = Search(client, row, params, conditions)
    parts = [
        client.list(
            search.path,
            search.pairs(some),
            limit=None if search.local else limit,
            order=order if row.paged and row.order else None,
            paged=row.paged,
            empty_on_404=search.empty_on_404,
            **search.options,
        )
        for some in search.parts()
    ]
    wanted = (item for item in in_order(parts, order) if filtering.matches(search.local, item))
    yield from itertools.islice(wanted if fields is None else (project(item, fields) for item in wanted), limit)


def in_order(parts: Sequence[Iterator[Object]], order: Optional[str] = None) -> Iterator[Object]:
    """The objects of parts that come in the order of creation each, in the order of creation."""
    return parts[0] if len(parts) == 1 else heapq.merge(*parts, key=lambda item: str(item.get("created_at")), reverse=order == "DESC")


def _given(names: Sequence[str], params: Params) -> Dict[str, Any]:
    """The query parameters among the options; a list is sent as one value with commas."""
    given = {name: params[name] for name in names if params.get(name) is not None}
    return {name: ",".join(map(str, value)) if isinstance(value, (list, tuple)) else value for name, value in given.items()}


def refuse_empty(params: Params, *names: str) -> None:
    """An empty id or name comes from a variable that should have held one; taking it for "not given" would pick other objects.

    :raises ResourceError: naming the option.
    """
    for name in names:
        if params.get(name) == "":
            raise ResourceError(f"{name} is empty. Leave it out if you do not mean one certain object.")


def read(client: Client, row: Resource, params: Params, identity: str) -> Optional[Object]:
    """The object with this id, None where there is none.

    :raises ResourceError: for an id that cannot be one of this resource, and where the service has nothing that ``me`` means.
    :raises ApiError: also when the answer is no object.
    """
    if not row.readable:
        identity = row.checked_id(identity)
        return next((item for item in listing(client, row, params) if item.get(row.identity) == identity), None)
    path = row.item(params, identity)
    found = client.get(path, **_given(row.item_query, params))
    if found is None and identity == "me":
        raise ResourceError(f"The service has no {row.label} for this key.")
    if found is not None and not (isinstance(found, dict) and found.get(row.identity)):
        message = f"The answer is no {row.label}."
        raise ApiError(message, status=200, method="GET", path=path, request_id=client.last_request_id, body=found)
    return found


def find(client: Client, row: Resource, params: Params) -> Optional[Object]:
    """The one object that ``id`` or the first given natural key names, None where there is none.

    :raises AmbiguousError: when several have the key.
    :raises ResourceError: when nothing names it.
    """
    refuse_empty(params, row.identity)
    if params.get(row.identity):
        return read(client, row, params, params[row.identity])
    key = next((name for name in row.keys if params.get(name) not in _EMPTY), None)
    if key is None:
        raise ResourceError(f"Which {row.label}? Give {' or '.join(row.named_by)}.")
    conditions = (filtering.Condition(key, "eq", (str(params[key]),)),)
    return only(row, listing(client, row, params, conditions), {key: params[key]})


def only(row: Resource, found: Iterable[Object], named: Mapping[str, Any]) -> Optional[Object]:
    """The one of these objects that has the values in ``named``, None where there is none.

    :raises AmbiguousError: when several have them.
    """
    matching = [item for item in found if all(item.get(name) == value for name, value in named.items())]
    if len(matching) > 1:
        ids = [str(item.get(row.identity)) for item in matching]
        shown = ", ".join(ids[:10]) + (f" and {len(ids) - 10} more" if len(ids) > 10 else "")
        told = " and ".join(f"the {name} {value!r}" for name, value in named.items())
        raise AmbiguousError(f"{len(ids)} {row.list_name.replace('_', ' ')} have {told}: {shown}. Give the id of the one you mean.", ids)
    return matching[0] if matching else None


@dataclass(frozen=True)
class Outcome:
    """What ``ensure`` did or would do: the plan, the object as it is now, whether anything was changed, and what to warn of."""

    plan: Plan
    object: Optional[Object]
    changed: bool
    warnings: Sequence[str] = ()


def ensure(
    client: Client,
    recipe: Recipe,
    params: Params,
    *,
    dry_run: bool = False,
    ready: Callable[[Plan], None] = lambda step: None,
    secrets: Optional[Dict[str, Any]] = None,
) -> Outcome:
    """Bring one object into the wanted state, or say what that would take.

    When the service says that somebody else created it meanwhile, or a creation's answer was lost, the object is looked up by its
    natural key and taken from there, unless that answer held a secret that is told only once.

    :param ready: is shown each plan before it is carried out and may refuse it with a ResourceError.
    :param secrets: takes what answers hold that the service will not tell again, as soon as they came.
    """
    held = {} if secrets is None else secrets
    params, missing = resolved(client, recipe.row, params, tolerant=dry_run)
    warnings = [f"There is no {recipe.row.references[name].label} {value!r} yet." for name, value in missing]
    params = recipe.prepare(client, params)
    # Below something that is not there yet, nothing is.
    below = any(f"{{{name}}}" in recipe.row.path for name, _value in missing)
    current = None if below else _current(client, recipe, params)
    step = plan(recipe, current, params)
    ready(step)
    if dry_run or not step.changed:
        return Outcome(step, step.after, step.changed, warnings)
    try:
        return Outcome(step, _carry_out(client, recipe, step, params, held), True)
    except (ApiError, TransportError) as error:
        clash = isinstance(error, ApiError) and error.status in recipe.row.clashes
        if current is not None or step.after is None or held or not (clash or error.maybe_done):
            raise
        found = _current(client, recipe, params)
        if found is None:
            raise
        if not clash and recipe.row.once and recipe.reveals(step, params):
            raise ResourceError(
                f"The {recipe.row.label} {found.get(recipe.row.identity)} was created, but the answer with its secret was lost, and the "
                "service does not tell it again. Delete it, and run the task again."
            ) from error
    second = plan(recipe, found, params)
    ready(second)
    now = _carry_out(client, recipe, second, params, held) if second.changed else found
    if clash:
        return Outcome(second, now, second.changed)
    return Outcome(Plan(None, now, step.calls), now, True)


def resolved(client: Client, row: Resource, params: Params, *, tolerant: bool = False) -> Tuple[Params, List[Tuple[str, str]]]:
    """The options with the ids of the objects that they name, by ``row.references``.

    :param tolerant: leave names as they are that nothing has, such as those of objects that a play makes before this task.
    :return: the options, and option and name of what was not found.
    :raises ResourceError: for a name that nothing has.
    :raises AmbiguousError: for a name that several have.
    """
    changed, missing = {}, []
    for option, other in row.references.items():
        given = params.get(option)
        listed = given if isinstance(given, (list, tuple)) else [given]
        names = [str(value) for value in listed if value not in (None, "") and not other.is_id(value)]
        if not names:
            continue
        key = other.keys[0]
        # A comma would end a value of the list.
        listable = "in" in other.allowed_filters[key] and not any("," in name for name in names)
        conditions = (filtering.Condition(key, "in", tuple(dict.fromkeys(names))),) if listable else ()
        ids: Dict[str, List[str]] = {}
        for item in listing(client, other, params, conditions):
            ids.setdefault(str(item.get(key)), []).append(str(item[other.identity]))
        for name in names:
            if len(ids.get(name, ())) > 1:
                raise AmbiguousError(
                    f"{option}: {len(ids[name])} {other.list_name.replace('_', ' ')} have the {key} {name!r}: {', '.join(ids[name])}. "
                    "Give the id of the one you mean.",
                    ids[name],
                )
            if name not in ids:
                if not tolerant:
                    raise ResourceError(f"{option}: there is no {other.label} with the {key} {name!r}.")
                missing.append((option, name))
        found = [ids.get(str(value), [value])[0] for value in listed]
        changed[option] = found if isinstance(given, (list, tuple)) else found[0]
    return {**params, **changed}, missing


def wait_for(
    client: Client,
    row: Resource,
    look: Callable[[], Optional[Object]],
    done: Callable[[Object], bool],
    *,
    timeout: float,
    interval: float,
    told: Optional[Callable[[Object], str]] = None,
) -> Optional[Object]:
    """Look until ``done`` says so of the object, or it is gone. Times are seconds.

    :param told: how far an object is, in words for whoever watches; by default what the row's ``stages`` say.
    :return: the object as it was then, None when it is gone.
    :raises WaitError: when the time is over, with the object as it was last seen.
    """
    begun = client.monotonic()
    end = begun + timeout
    while True:
        item = look()
        if item is None or done(item):
            return item
        client.progress.waiting((told or row.stage)(item), client.monotonic() - begun, timeout)
        if client.monotonic() >= end:
            raise WaitError(f"The {row.label} {item.get(row.identity, '')} is not there yet after {timeout:g} seconds.", row, item)
        client.sleep(max(0.0, min(interval, end - client.monotonic())))


def _current(client: Client, recipe: Recipe, params: Params) -> Optional[Object]:
    found = recipe.find(client, params)
    return None if found is None else recipe.complete(client, found, params)


def _carry_out(client: Client, recipe: Recipe, step: Plan, params: Params, secrets: Dict[str, Any]) -> Optional[Object]:
    """Send the calls of a plan and give the object as it is then. What is returned once goes to ``secrets`` as soon as it came.

    :raises ApiError, TransportError, WaitError: which say whether something had been changed before.
    """
    row = recipe.row
    before = step.before or {}
    identity = str(before.get(row.identity) or "")
    now: Optional[Object] = None
    changed, made = False, ""
    try:
        for call in step.calls:
            answer = call.send(client, identity)
            if not isinstance(call, Await):
                changed, made = True, " when part of the change was made"
            answer = answer if isinstance(answer, dict) else {}
            identity = identity or str(answer.get(row.identity) or "")
            secrets.update({name: answer[name] for name in row.once if answer.get(name) is not None})
            # Some updates are answered with something else: another kind of object, or one without its natural key.
            whole = call.answers and answer.get(row.identity) == identity != "" and all(key in answer for key in row.keys if key in before)
            now = answer if whole and answer.get("object") == before.get("object", answer.get("object")) else None
        made = " after the change was made"
        if step.after is None:
            return None
        if now is None:
            named = {**params, row.identity: params[row.identity] if params.get(row.identity) == "me" else identity}
            now = find(client, row, named) if identity else recipe.find(client, params)
        return None if now is None else recipe.complete(client, now, params)
    except (ApiError, TransportError, WaitError) as error:
        error.changed = error.changed or changed
        if not isinstance(error, WaitError):
            error.context = error.context or made
        raise


def _members(wanted: Sequence[str], held: Sequence[str], how: str) -> List[str]:
    """The members that a set shall have, those that stay first."""
    if how == "remove":
        return [one for one in held if one not in wanted]
    stay = [one for one in held if how == "add" or one in wanted]
    return [*stay, *(one for one in dict.fromkeys(wanted) if one not in stay)]


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
