# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""A list as it was, and how to bring it up to date by asking for little more than what has changed since.

Knows nothing of the objects but ``id``, ``created_at`` and ``updated_at``, which every object of the service has, and in one place the
groups that they are members of. Knows nothing of Ansible.
"""

from __future__ import annotations

import bisect
import contextlib
import datetime
import functools
import gc
import hashlib
import heapq
import itertools
import json
import marshal
import math
import operator
import os
import re
import sys
import time
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Protocol, Sequence, Tuple, TypeVar

from . import filters as filtering
from . import ranges, resource
from .client import PAGE_LIMIT, ApiError, Client
from .files import check_private, checksum, private_folder, whole_file
from .transport import TransportError

Object = Dict[str, Any]
Objects = Dict[str, Object]
Result = TypeVar("Result")

# Seconds before the newest change that is known, from which on changes are asked for again. What several servers of the service write at
# about the same time can become visible in another order than its times say: clocks differ, transactions last, copies of a database lag.
# None of that is documented; a minute more costs what was changed in it.
OVERLAP = 60
SWEEP_AFTER = 86_400.0  # seconds
_ROUNDS = 3  # of looking at a list that moves, before all of it is read
_BRANCHES = 4  # ranges that one is cut into to find what is gone: halves would take half as many requests again one after the other

_MAGIC = f"pelion.device_management snapshot 1 {sys.implementation.cache_tag}-{marshal.version} "  # 1 is the version of the format
_BLOCK = 10_000  # objects that are written at once
_WORTH_IT = 10  # changes are kept beside what was read whole while they are not more than one in so many
_UNUSED_AFTER = 30 * 86_400  # seconds
_LEFT_OVER_AFTER = 3_600  # seconds: no file takes that long to write
_NAME = re.compile(r"\.?snapshot-[0-9a-f]{32}\.(?:whole|changes)(?P<part>\.\w+)?")
# What decoders say to what no writer of this file has written.
_UNREADABLE = (ValueError, TypeError, LookupError, EOFError)


@dataclass(frozen=True)
class Snapshot:
    """A list as it was: ``objects`` by id in the service's order, and ``groups``, where they were asked for. ``about`` is what its user
    wants to find beside it again: JSON values, which nothing here looks at.

    ``taken`` and ``swept`` are when it was last brought up to date and last read whole, in seconds since 1970 by the clock of this
    machine. ``mark`` is a time of the service's: all changes before it are in; None where the list cannot be followed and has to be read
    whole each time.
    """

    objects: Objects
    taken: float
    swept: float
    mark: Optional[str] = None
    groups: Tuple[Object, ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)

    def fresh(self, now: float, seconds: float) -> bool:
        """Whether it was brought up to date less than so long ago; one from the future was not, for then the clock has been set back."""
        return 0 <= now - self.taken < seconds


# -- files


class Store:
    """The snapshot of one list in a folder: what was read whole in one file, and in another what has changed since.

    Each file is replaced as a whole and has a checksum, so that whatever happens to a writer there is the old one, the new one, or one
    that is known to be damaged. Who writes last wins; changes that belong to another whole are left aside.

    The format is Python's ``marshal``: it is read in half the time that JSON takes, whichever way that is arranged, and written in a
    quarter. Unlike a pickle it runs nothing. Its decoder trusts what it is given, therefore it is only given what this user has
    written, as with compiled modules, and not before the checksum was found right.
    """

    def __init__(self, folder: str, key: str, warn: Callable[[str], None]) -> None:
        """
        :param folder: made where it is not there; it must be the user's own.
        :param key: all that the list depends on: account, address, settings. Another key is another snapshot.
        :param warn: gets a sentence for the user where a snapshot cannot be used or kept.
        """
        self.folder = folder
        self._key = hashlib.sha256(key.encode()).hexdigest()
        self._warn = warn
        name = os.path.join(folder, f"snapshot-{self._key[:32]}")
        self.path = f"{name}.whole"
        self._changes = f"{name}.changes"
        self._base: Tuple[str, Objects] = ("", {})

    def load(self) -> Optional[Snapshot]:
        """The snapshot that was saved last, None where there is none that can be used.

        The objects must not be changed in place: ``save`` looks at which of them are others than those that were loaded.
        """
        self._base = ("", {})
        try:
            with _without_collector():
                return self._load()
        except FileNotFoundError:
            return None
        except OSError as error:
            self._warn(f"The cached list is not used, and all is read anew: {error}.")
        except _UNREADABLE as error:
            self._warn(f"The cached list {self.path} is not used, and all is read anew: {error}.")
        return None

    def save(self, snapshot: Snapshot) -> None:
        """Keep a snapshot in the place of the one before. That it cannot be kept is a warning, no error."""
        try:
            private_folder(self.folder)
            base, objects = self._base
            changes = _difference(objects, snapshot.objects) if base else None
            if changes is None:
                self._base = (self._write(self.path, snapshot, {}, snapshot.objects), snapshot.objects)
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self._changes)
                self._clean()
            else:
                gone, put, places = changes
                self._write(self._changes, snapshot, {"base": base, "gone": gone, "places": places}, put)
        except (OSError, ValueError) as error:
            self._warn(f"The list cannot be cached: {error}.")

    def _load(self) -> Snapshot:
        base, head, objects = self._read(self.path)
        self._base = (base, objects)
        with contextlib.suppress(FileNotFoundError):
            _digest, changed, put = self._read(self._changes)
            if changed["base"] == base:
                head, objects = changed, _applied(objects, changed["gone"], put, changed["places"])
        for path in (self.path, self._changes):
            # Files that have not been used for long are deleted; where nothing can be written that does not matter.
            with contextlib.suppress(OSError):
                os.utime(path)
        return Snapshot(objects, head["taken"], head["swept"], head["mark"], tuple(head["groups"]), head["about"])

    def _read(self, path: str) -> Tuple[str, Mapping[str, Any], Objects]:
        """The checksum, the head and the objects of a file.

        :raises OSError: for a file that is not there, or that is not safely this user's.
        :raises ValueError: for one that is damaged, or of another version.
        """
        check_private(os.stat(self.folder), self.folder)
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as opened:
            check_private(os.fstat(opened.fileno()), path)
            first = opened.readline(len(_MAGIC) + 65)
            if not first.startswith(_MAGIC.encode()):
                raise ValueError("it is damaged, or of another version of this collection or of Python")
            digest, _size = checksum(opened)
            if first != _first_line(digest):
                raise ValueError("it is damaged")
            opened.readline()
            head = json.loads(opened.readline())
            if head["key"] != self._key:
                raise ValueError("it is that of another list")
            objects: Objects = {}
            for length in iter(opened.readline, b""):
                objects.update(marshal.loads(opened.read(int(length))))
            return digest, head, objects

    def _write(self, path: str, snapshot: Snapshot, more: Mapping[str, Any], objects: Objects) -> str:
        """Write a file, and give back its checksum."""
        names = ("taken", "swept", "mark", "groups", "about")
        head = {"key": self._key, **{name: getattr(snapshot, name) for name in names}, **more}
        digest = hashlib.sha256()
        with whole_file(path) as opened:
            opened.write(_first_line(digest.hexdigest()))
            for piece in itertools.chain([json.dumps(head).encode() + b"\n"], _blocks(objects)):
                digest.update(piece)
                opened.write(piece)
            opened.seek(0)
            opened.write(_first_line(digest.hexdigest()))
            opened.flush()
            os.fsync(opened.fileno())
        return digest.hexdigest()

    def _clean(self) -> None:
        """Delete what writers that were killed have left over, and the snapshots that nobody has used for long."""
        for entry in os.scandir(self.folder):
            found = _NAME.fullmatch(entry.name)
            if found:
                with contextlib.suppress(FileNotFoundError):
                    if time.time() - entry.stat().st_mtime > (_LEFT_OVER_AFTER if found["part"] else _UNUSED_AFTER):
                        os.unlink(entry.path)


def _first_line(digest: str) -> bytes:
    return f"{_MAGIC}{digest}\n".encode()


def _blocks(objects: Objects) -> Iterator[bytes]:
    """The objects as a file holds them, in pieces that are not too large for the memory."""
    remaining = iter(objects.items())
    for block in iter(lambda: dict(itertools.islice(remaining, _BLOCK)), {}):
        piece = marshal.dumps(block)
        yield b"%d\n" % len(piece)
        yield piece


@contextlib.contextmanager
def _without_collector() -> Iterator[None]:
    """Millions of new objects, none of which is garbage, are made a quarter sooner where nobody looks for garbage among them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _difference(old: Objects, new: Objects) -> Optional[Tuple[List[str], Objects, List[int]]]:
    """What ``_applied`` needs to make the new of the old; None where that is much, or the order of what stays is another."""
    put = {identity: item for identity, item in new.items() if old.get(identity) is not item}
    gone = [identity for identity in old if identity not in new]
    stays = list(filter(old.__contains__, new))
    if (len(put) + len(gone)) * _WORTH_IT > len(old) or stays != list(filter(new.__contains__, old)):
        return None
    return gone, put, [place for place, identity in enumerate(new) if identity not in old]


def _applied(old: Objects, gone: Iterable[str], put: Objects, places: Iterable[int]) -> Objects:
    """The old without what is gone, with the objects put in the place of those of the same id, and the other ones at their places."""
    kept = {**old, **put}
    for identity in gone:
        del kept[identity]
    new = [(identity, kept.pop(identity)) for identity in put if identity not in old]
    items = list(kept.items())
    for place, entry in zip(places, new):
        items.insert(place, entry)
    return dict(items)


# -- bringing it up to date


class Source(Protocol):
    """Where the objects are listed, each time in the order of creation. Called from several threads.

    Every object has a text ``id``. ``first`` and ``last`` are times of creation as objects have them, both inclusive.
    """

    def everything(self) -> Iterable[Object]:
        """All of them."""

    def changed(self, since: str) -> Iterable[Object]:
        """Those that were changed at this time or later."""

    def between(self, first: str, last: str) -> Iterable[Object]:
        """Those that were created in this range."""

    def count(self, first: str, last: str) -> Optional[int]:
        """How many were created in this range, None where that cannot be told."""


class Members(Protocol):
    """Where groups and their members are listed. Called from several threads."""

    def groups(self) -> Iterable[Object]:
        """All groups, with ``id`` and ``devices_count``."""

    def of(self, identity: str) -> Iterable[Object]:
        """The members of a group, with ``id`` and ``groups``; they may be more than the objects of the list."""


@dataclass(frozen=True)
class How:
    """How a snapshot was made: all was read, for a ``reason``, or so many objects were changed or new, and so many gone."""

    reason: str = ""
    changed: int = 0
    gone: int = 0

    @property
    def whole(self) -> bool:
        """Whether all was read."""
        return bool(self.reason)

    def __str__(self) -> str:
        return f"All was read, since {self.reason}." if self.whole else f"{self.changed} changed or new, {self.gone} gone."


class _WholeError(Exception):
    """All has to be read; the text says why."""


class _MovedError(Exception):
    """The answers do not fit together, for something has happened between them."""


def refresh(
    old: Optional[Snapshot],
    source: Source,
    now: float,
    *,
    members: Optional[Members] = None,
    sweep_after: float = SWEEP_AFTER,
    concurrency: int = 8,
    monotonic: Callable[[], float] = time.monotonic,
) -> Tuple[Snapshot, How]:
    """The list as it is now. If nothing moves meanwhile it is exactly what reading all of it gives; what moves is seen the next time.

    Changes are asked for by their times, from the mark on. Whatever is gone, or does not fit the filters any more, leaves the list with
    fewer objects than are known, and is found by counting ranges of the times of creation.

    :param old: the list as it was; None reads all.
    :param now: seconds since 1970 by the clock of this machine. A wrong clock costs requests. Only one that is ahead of a service that
        dates changes into the future could hide changes until the next sweep.
    :param members: given where the field ``groups`` of the objects matters. No document says that a membership changes ``updated_at`` of
        the object or of the group (Group_members_add), and of two that are exchanged no count tells. So the members of all groups are
        listed each time.
    :param sweep_after: seconds from one reading of all to the next.
    :raises ApiError, TransportError: when the service refuses, or does not answer.
    """
    started = monotonic()
    try:
        base = _followable(old, now, sweep_after)
        objects, changed, groups = _followed(base, source, members, concurrency)
    except _WholeError as reason:
        groups = tuple(members.groups()) if members else ()
        listed = list(source.everything())
        objects = {item["id"]: item for item in listed}
        mark = _mark(listed, now, monotonic() - started) if _ordered(listed) and len(objects) == len(listed) else None
        return Snapshot(objects, now, now, mark, groups), How(str(reason))
    # What was before the old mark has been seen, even if all that is known to have changed since was earlier.
    marks = [mark for mark in (base.mark, _mark(changed, now, monotonic() - started)) if mark]
    same = sum(map(operator.is_, map(base.objects.get, objects), objects.values()))
    gone = len(base.objects) - sum(map(base.objects.__contains__, objects))
    return Snapshot(objects, now, base.swept, max(marks), groups, base.about), How("", len(objects) - same, gone)


def _followable(old: Optional[Snapshot], now: float, sweep_after: float) -> Snapshot:
    """The snapshot, if it can be gone on from."""
    if old is None:
        raise _WholeError("nothing was known")
    if not old.objects or old.mark is None:
        raise _WholeError("the list cannot be followed by its times")
    if now < old.taken or now < old.swept:
        raise _WholeError("the clock has been set back")
    if now - old.swept >= sweep_after:
        raise _WholeError("the last whole reading was long ago")
    return old


def _followed(
    old: Snapshot, source: Source, members: Optional[Members], concurrency: int
) -> Tuple[Objects, List[Object], Tuple[Object, ...]]:
    """The objects as they are now, those that the service named as changed, and the groups."""
    for _round in range(_ROUNDS):
        try:
            return _looked(old, source, members, concurrency)
        except _MovedError:
            continue
        except ApiError as error:
            # A cursor that is gone, a service that does not count: reading all will show whether it is more than that.
            if down(error) or error.status in (401, 403):
                raise
            raise _WholeError(f"the service answered otherwise than expected ({error})") from None
    raise _WholeError("it changes all the time")


def _looked(
    old: Snapshot, source: Source, members: Optional[Members], concurrency: int
) -> Tuple[Objects, List[Object], Tuple[Object, ...]]:
    mark, known = str(old.mark), list(old.objects.values())
    # Counted is only up to the newest that was known: what is made in the meantime does not disturb.
    first, last = known[0]["created_at"], known[-1]["created_at"]
    calls: List[Callable[[], Any]] = [lambda: list(source.changed(mark)), lambda: source.count(first, last)]
    if members:
        calls.append(lambda: tuple(members.groups()))
    changed, total, *listed = _aside(calls, concurrency)
    if total is None:
        raise _WholeError("the service does not count it")
    by_id = {item["id"]: _known(old.objects, item) for item in changed}
    new = [item for key, item in by_id.items() if key not in old.objects or _created(old.objects[key]) != _created(item)]
    if not _ordered(new):
        raise _WholeError("the list is not in the order of creation")
    objects, groups = {**old.objects, **by_id}, listed[0] if members else ()
    later = all(_created(item) > _moment(last) and item["id"] not in old.objects for item in new)
    if total != len(old.objects) or not later:
        # It takes some time to look at all of them, which is seldom necessary.
        line = _Line(old.objects, source, concurrency)
        line.put(by_id, new)
        line.reduce(total, first, last)
        objects = {item["id"]: item for item in line.items}
    if members:
        objects = _with_members(objects, (*old.groups, *groups), _members(members, groups, len(objects), concurrency))
    return objects, changed, groups


class _Line:
    """The objects in the order of creation, while they are brought up to date. ``times`` are their times of creation."""

    def __init__(self, objects: Objects, source: Source, concurrency: int) -> None:
        self._objects = objects
        self._source = source
        self._concurrency = concurrency
        self.items = list(objects.values())
        self.times: List[str] = []

    def put(self, changed: Objects, new: Sequence[Object]) -> None:
        """Put what was changed in its place, and what is new where it was created."""
        again = {item["id"] for item in new}
        self._set([changed.get(item["id"], item) for item in self.items if item["id"] not in again])
        times = set(map(_created, self.items))
        self._set(list(heapq.merge(self.items, new, key=_created)))
        # In which order the service lists what was created at the same time only it can tell.
        self._read([self._place(time, time) for time in sorted({time for time in map(_created, new) if time in times})])

    def reduce(self, total: int, first: str, last: str) -> None:
        """Take out what is gone, if there are more objects in this range than the service has.

        :raises _WholeError: when it would take more requests to find them than to read all.
        """
        start, end = self._place(_moment(first), _moment(last))
        missing, outside = end - start - total, len(self.items) - (end - start)
        if missing < 0:
            raise _MovedError
        if missing:
            pages = math.ceil(len(self.items) / PAGE_LIMIT)
            # For each that is missing, the counts on the way to it and a page, if no two are near one another.
            if missing >= pages or missing * (2 + (_BRANCHES - 1) * math.log(pages / missing, _BRANCHES)) >= pages:
                raise _WholeError(f"{missing} are gone")
            self._read(self._search(start, end, missing))
        if len(self.items) - outside != total:
            raise _MovedError

    def _search(self, start: int, end: int, missing: int) -> List[Tuple[int, int]]:
        """Ranges of a page or less in which there are fewer than are known, or more, as when something has moved meanwhile."""
        found, waiting = [], [(start, end, missing)]
        while waiting:
            cuts = []
            for start, end, missing in waiting:
                parts = self._cut(start, end) if end - start > PAGE_LIMIT else []
                if len(parts) < 2:
                    found.append((start, end))
                else:
                    cuts.append((parts, missing))
            ends = [part for parts, _missing in cuts for part in parts[:-1]]
            counts = iter(_aside([self._counting(*part) for part in ends], self._concurrency))
            waiting = []
            for parts, missing in cuts:
                here = [end - start - next(counts) for start, end in parts[:-1]]
                here.append(missing - sum(here))
                waiting += [(*part, missing) for part, missing in zip(parts, here) if missing]
        return sorted(found)

    def _cut(self, start: int, end: int) -> List[Tuple[int, int]]:
        """Ranges of about the same size, none of which ends among objects that were created at the same time."""
        edges = [start]
        for number in range(1, _BRANCHES):
            time = self.times[start + (end - start) * number // _BRANCHES]
            edge = bisect.bisect_left(self.times, time, start, end)
            edge = bisect.bisect_right(self.times, time, start, end) if edge <= edges[-1] else edge
            edges += [edge] if edges[-1] < edge < end else []
        return list(zip(edges, [*edges[1:], end]))

    def _read(self, some: Sequence[Tuple[int, int]]) -> None:
        """Read ranges again; what is listed takes the place of what was there."""
        pieces = _aside([self._reading(*part) for part in some], self._concurrency)
        for (start, end), piece in reversed(list(zip(some, pieces))):
            if not _ordered(piece):
                raise _WholeError("the list is not in the order of creation")
            self.items[start:end] = [_known(self._objects, item) for item in piece]
        self._set(self.items)

    def _set(self, items: List[Object]) -> None:
        self.items, self.times = items, list(map(_created, items))

    def _place(self, first: str, last: str) -> Tuple[int, int]:
        return bisect.bisect_left(self.times, first), bisect.bisect_right(self.times, last)

    def _counting(self, start: int, end: int) -> Callable[[], Any]:
        return functools.partial(self._source.count, self.items[start]["created_at"], self.items[end - 1]["created_at"])

    def _reading(self, start: int, end: int) -> Callable[[], List[Object]]:
        first, last = self.items[start]["created_at"], self.items[end - 1]["created_at"]
        return lambda: list(self._source.between(first, last))


def _known(objects: Objects, item: Object) -> Object:
    """The object that is known already, if this is no other: then nothing of it has to be kept."""
    held = objects.get(item["id"])
    return held if held is not None and json.dumps(held) == json.dumps(item) else item


def _members(members: Members, groups: Sequence[Object], size: int, concurrency: int) -> List[Object]:
    """The members of all groups.

    :raises _WholeError: when reading the list takes no more requests.
    """
    counts = {str(group["id"]): group.get("devices_count") for group in groups if group.get("devices_count") != 0}
    pages = sum(math.ceil(count / PAGE_LIMIT) if isinstance(count, int) else 1 for count in counts.values())
    if pages >= math.ceil(size / PAGE_LIMIT):
        raise _WholeError("the groups have as many members")

    def reading(identity: str) -> Callable[[], List[Object]]:
        return lambda: list(members.of(identity))

    return list(itertools.chain.from_iterable(_aside(list(map(reading, counts)), concurrency)))


def _with_members(objects: Objects, groups: Iterable[Object], listed: Iterable[Object]) -> Objects:
    """The objects with the groups that they are in now: as the lists of members say, or none of the listed groups."""
    known = {str(group["id"]) for group in groups}
    held = {item["id"]: item.get("groups") for item in listed}
    result = {}
    for identity, item in objects.items():
        before = item.get("groups")
        now = held.get(identity, [group for group in before if group not in known] if isinstance(before, list) else before)
        result[identity] = item if now == before else {**item, "groups": now}
    return result


def _aside(calls: Sequence[Callable[[], Result]], concurrency: int) -> List[Result]:
    """The results of calls that are made side by side, or the first error."""
    if not calls:
        return []
    with ranges.Workers(min(concurrency, len(calls))) as workers:
        return workers.map(lambda call: call(), calls)


# -- times


def _moment(text: Any) -> str:
    """A time as text that sorts as times do, empty for what is none."""
    if not isinstance(text, str):
        return ""
    if text[10:11] == "T" and text[-1:] == "Z" and text[19:20] in ("Z", "."):
        return text[:19] + text[20:-1].rstrip("0")
    try:
        whole, fraction = filtering.moment(text)
    except filtering.FilterError:
        return ""
    return whole.isoformat() + fraction


def _created(item: Object) -> str:
    return _moment(item.get("created_at"))


def _ordered(items: Iterable[Object]) -> bool:
    """Whether all say when they were created, and no one before the one in front of it."""
    times = list(map(_created, items))
    return all(times) and all(map(operator.le, times, times[1:]))


def _mark(items: Iterable[Object], now: float, took: float) -> Optional[str]:
    """From when on to ask for changes after these objects have been read, None where they do not tell.

    It is by the service's clock: the time of the newest change, less the time that reading took, for a page can have been read just before
    one of its objects changed, and less the overlap. Changes of the future, seen from here, do not count: those of the present would not
    be asked for.

    :param took: seconds.
    """
    times = [_moment(item.get("updated_at")) for item in items]
    present = _moment(filtering.date(datetime.datetime.fromtimestamp(now, datetime.timezone.utc)))
    newest = max((time for time in times if time <= present), default="")
    if not newest or not all(times):
        return None
    try:
        since = datetime.datetime.fromisoformat(newest[:19]) - datetime.timedelta(seconds=math.ceil(took) + OVERLAP)
    except (ValueError, OverflowError):  # of what looks like a time and is none
        return None
    return since.isoformat() + "Z"


# -- the lists of the service


class Listed:
    """The list of one resource as a ``Source``.

    :param conditions: from ``row.conditions``.
    :param concurrency: the most requests under way, as for ``refresh``.
    :param fields: keep only these keys of each object; ``id``, ``created_at`` and ``updated_at`` must be among them.
    :param part: only the objects of this part, as ``ranges.part`` gives it.
    """

    def __init__(
        self,
        client: Client,
        row: resource.Resource,
        params: resource.Params,
        conditions: filtering.Conditions = (),
        *,
        concurrency: int = 8,
        fields: Optional[Sequence[str]] = None,
        part: ranges.Part = ranges.WHOLE,
    ) -> None:
        self.client = client
        self._row = row
        self._params = params
        self._conditions = conditions
        self._concurrency = concurrency
        self._fields = fields
        self._part = part

    def everything(self) -> Iterator[Object]:
        """All objects."""
        return self._listing(self._conditions, self._concurrency)

    def changed(self, since: str) -> Iterator[Object]:
        """What was changed then or later."""
        kept = [condition for condition in self._conditions if (condition.field, condition.operator) != ("updated_at", "gte")]
        given = [condition.values[0] for condition in self._conditions if condition not in kept]
        latest = max((since, *given), key=filtering.moment)
        # Beside this the objects are counted and the groups listed.
        return self._listing((*kept, filtering.Condition("updated_at", "gte", (latest,))), max(1, self._concurrency - 2))

    def between(self, first: str, last: str) -> Iterator[Object]:
        """What was created in this range, which lies in the part."""
        return self._listing(ranges.between(self._conditions, first, last), 1)

    def count(self, first: str, last: str) -> Optional[int]:
        """How many were; None where the service does not filter by all that is asked for."""
        conditions = ranges.between(self._conditions, first, last)
        search = resource.Search(self.client, self._row, self._params, conditions)
        if search.local:
            return None
        asked = [search.pairs(some) for some in search.parts()]
        return sum(self.client.count(search.path, some, empty_on_404=search.empty_on_404, **search.options) for some in asked)

    def _listing(self, conditions: filtering.Conditions, concurrency: int) -> Iterator[Object]:
        how: Dict[str, Any] = {"concurrency": concurrency, "fields": self._fields, "part": self._part}
        return ranges.listing(self.client, self._row, self._params, conditions, **how)


# -- when the service is down


def down(error: Exception) -> bool:
    """Whether an error says that the service cannot be reached or does not work, and not that it refuses what was asked for.

    What no waiting helps against, such as a certificate that is not trusted, counts as a refusal.
    """
    if isinstance(error, TransportError):
        return not error.lasting
    return isinstance(error, ApiError) and (error.status == 429 or error.status >= 500)


def age_text(seconds: float) -> str:
    """An age for people: ``45 s``, ``12 min``, ``3 h 12 min``, ``2 d 5 h``."""
    minutes, hours, days = (int(seconds // unit) for unit in (60, 3_600, 86_400))
    if days:
        return f"{days} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min" if minutes else f"{int(seconds)} s"
