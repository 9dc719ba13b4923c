# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""The wanted state of many devices: few listings tell how they are, each is planned as one device is, what differs is sent side by side.

The service changes one device a request, and one membership of a device group a request; it has no operation for many of them.
"""

from __future__ import annotations

import collections
import json
from dataclasses import dataclass, field, replace
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Set, Tuple

from . import bulk, filters, ranges, several
from .client import LONGEST_URL, Client
from .resource import (
    AmbiguousError,
    Call,
    Membership,
    Object,
    Params,
    Plan,
    Recipe,
    ResourceError,
    listing,
    only,
    plan,
    refuse_empty,
    resolved,
)
from .resources import directory

Found = Iterable[Tuple["Wish", Optional[Object], Optional[AmbiguousError]]]

# A device tells its groups; they are changed at the groups.
ROW = replace(directory.DEVICE, references={"groups": directory.DEVICE_GROUP}, memberships=(Membership("groups", ""),))

# What is asked for beside the fields of a device, and what that is when nobody says.
_DEFAULTS: Mapping[str, Any] = {"purge": False, "membership": "exact", "state": "present", "block": None}
# What results tell of a failure. Entries may hold it, so that a run can be given what the run before returned.
REASON = ("msg", "status", "type", "fields", "request_id")
# An address has room for a hundred ids, a page for a thousand devices. Beyond a few pages it is worth asking how many devices there are:
# reading some more than needed takes less time than many more requests.
_IDS = 100
_FEW = 1000
_SPARE = 4
# Of a summary: the lines of a field, the devices of a line, the characters of a value.
_LINES = 10
_EXAMPLES = 3
_LONGEST = 60


class DevicesRecipe(directory.DeviceRecipe):
    """A device with its groups."""

    @property
    def read(self) -> Tuple[str, ...]:
        """The fields that a plan needs; of many devices nothing else is kept."""
        return (self.row.identity, *self.fields, *self.diffed, *_SUSPENDED_BY_SERVICE)

    def member_calls(self, current: Object, changes: Object, params: Params) -> List[Call]:
        held = current.get("groups") or ()
        wanted = changes.get("groups", held) or ()
        steps = [("add", group) for group in wanted if group not in held] + [("remove", group) for group in held if group not in wanted]
        return [member_call(action, group, current["id"]) for action, group in steps]


_SUSPENDED_BY_SERVICE = ("system_suspended", "last_system_suspended_category", "last_system_suspended_description")


def member_call(action: str, group: str, device: str) -> Call:
    """The request that adds a device to a group, or removes it from there (notes on groups: one device a request)."""
    path = directory.DEVICE_GROUP_DEVICE.collection({"device_group_id": group})
    return Call("POST", f"{path}{action}/", {"device_id": device}, answers=False)


# -- what is asked for


@dataclass(frozen=True)
class Wish:
    """What is asked of one device: ``own`` is what its entry says, ``place`` is where that stands, for errors."""

    own: Mapping[str, Any]
    place: str = ""

    @property
    def key(self) -> str:
        """The option that finds the device: the id, or the first natural key that is given; empty where there is none."""
        return next((name for name in ROW.named_by if self.own.get(name)), "")

    @property
    def asks(self) -> Object:
        """What it says beyond which device it is about."""
        return {name: value for name, value in self.own.items() if name != self.key}


class Wishes:
    """What a task asks for: of every device, and in its entries of single ones."""

    def __init__(self, recipe: Recipe, params: Params) -> None:
        self._recipe = recipe
        self._names = (*recipe.fields, *_DEFAULTS)
        self._common = {name: params[name] for name in self._names if params.get(name) is not None}
        self._groups: Dict[str, str] = {}
        self._labels: Dict[str, str] = {}
        self.entries = [
            Wish({name: value for name, value in entry.items() if value is not None and name not in REASON}, f"devices[{number}]")
            for number, entry in enumerate(params["devices"] or ())
        ]

    def params(self, wish: Wish) -> Params:
        """The options with which the module for one device would be called."""
        blank = dict.fromkeys((self._recipe.row.identity, *self._recipe.fields))
        whole = {**blank, "create": False, **_DEFAULTS, **self._common, **wish.own}
        if whole["groups"]:
            whole["groups"] = list(dict.fromkeys(self._groups.get(group, group) for group in whole["groups"]))
        return whole

    def again(self, wish: Wish) -> Object:
        """The entry that asks the same of the device, where nothing is asked of every device then, and where the same is."""
        return {**{name: value for name, value in self._common.items() if value != _DEFAULTS.get(name)}, **wish.own}

    def check(self) -> None:
        """Refuse what no device can be.

        :raises ResourceError: naming the entry.
        """
        self._check(Wish({}))
        for wish in self.entries:
            try:
                refuse_empty(wish.own, ROW.identity)
                if not wish.key:
                    raise ResourceError(f"Which device? Give {' or '.join(ROW.named_by)}.")
                if wish.key == ROW.identity:
                    ROW.checked_id(wish.own[ROW.identity])
                self._check(wish)
            except ResourceError as error:
                raise ResourceError(f"{wish.place}: {error}") from error

    def _check(self, wish: Wish) -> None:
        params = self.params(wish)
        if not all(params["groups"] or ()):
            raise ResourceError("groups has an empty name.")
        self._recipe.desired(params, None)

    def resolve(self, client: Client, *, tolerant: bool) -> List[str]:
        """Look up the groups, before many devices would fail for want of one.

        :param tolerant: leave names as they are that no group has.
        :return: those.
        :raises ResourceError: for a name or id that no group has.
        """
        lists = [self._common.get("groups"), *(wish.own.get("groups") for wish in self.entries)]
        given = list(dict.fromkeys(group for groups in lists for group in groups or ()))
        found, missing = resolved(client, self._recipe.row, {"groups": given}, tolerant=tolerant)
        self._groups = dict(zip(given, found["groups"]))
        self._labels = dict(zip(reversed(found["groups"]), reversed(given)))
        names = [name for _option, name in missing]
        ids = [group for group, identity in self._groups.items() if group == identity and group not in names]
        there = several.read(client, directory.DEVICE_GROUP, {}, ids, concurrency=1)
        unknown = [group for group in ids if group not in there]
        if unknown:
            raise ResourceError(f"groups: there is no device group with the id {unknown[0]}.")
        return names

    def label(self, group: str) -> str:
        """A group as the options name it, by its id where they do not."""
        return self._labels.get(group, group)


# -- how it is


def chosen(params: Params) -> Tuple[filters.Conditions, List[str]]:
    """The devices that the options ``filters`` and ``device_ids`` name: by conditions, or by ids, each once.

    :raises ResourceError: for what is no id, for filters without a condition, and where neither has a value.
    :raises FilterError: for filters that the list does not understand.
    """
    if params["device_ids"] is not None:
        return (), list(dict.fromkeys(ROW.checked_id(device) for device in params["device_ids"]))
    if params["filters"] is None:
        raise ResourceError("Which devices? The option that should say so is null.")
    if not params["filters"]:
        raise ResourceError("filters is empty, which would mean every device of the account. Name at least one condition.")
    return ROW.conditions(params["filters"]), []


def known(
    client: Client, wanted: Mapping[str, Sequence[str]], fields: Sequence[str], concurrency: int
) -> Mapping[str, Mapping[str, Sequence[Object]]]:
    """The devices that have one of these values in one of these fields, by field and value.

    :param wanted: id or natural keys -> their values.
    :raises ApiError, TransportError: when a listing breaks off.
    :raises ResourceError: when that is interrupted.
    """
    found: Dict[str, Dict[str, List[Object]]] = {name: {value: [] for value in values} for name, values in wanted.items()}
    fields = tuple(dict.fromkeys((*fields, *wanted)))
    asked = sum(map(len, found.values()))

    def keep(name: str, devices: Iterable[Object]) -> None:
        for device in devices:
            if device.get(name) in found[name]:
                found[name][device[name]].append(device)

    if asked > _FEW and client.count(ROW.path) <= _SPARE * asked:
        everything = list(ranges.listing(client, ROW, {}, (), concurrency=concurrency, fields=fields))
        for name in found:
            keep(name, everything)
        return found

    def read(part: filters.Conditions) -> List[Object]:
        devices = list(listing(client, ROW, {}, part, fields=fields))
        client.progress.advance(count=len(part[0].values))
        return devices

    client.progress.start("devices looked up", asked)
    parts = [part for name, values in found.items() for part in _parts(client, name, list(values))]
    try:
        for part, devices in zip(parts, several.each(parts, read, concurrency)):
            keep(part[0].field, devices)
    except (bulk.NotTriedError, bulk.UnknownError) as error:
        raise ResourceError("The task was interrupted while it looked up the devices; nothing was changed.") from error
    return found


def _parts(client: Client, name: str, values: Sequence[str]) -> Iterator[filters.Conditions]:
    """The conditions of the listings that together give all devices with these values."""

    def length(some: filters.Conditions) -> int:
        return client.url_length(ROW.path, filters.query(some, ROW.filters))

    # A comma would end a value of the list.
    yield from ((filters.Condition(name, "eq", (value,)),) for value in values if "," in value)
    listable = [value for value in values if "," not in value]
    for start in range(0, len(listable), _IDS):
        yield from filters.split((filters.Condition(name, "in", tuple(listable[start : start + _IDS])),), length, LONGEST_URL)


def _found(client: Client, wishes: Wishes, params: Params, fields: Sequence[str], concurrency: int) -> Found:
    """Each wish with its device, None where there is none, or with why it cannot be told."""
    if params["filters"] is not None:
        for device in ranges.listing(client, ROW, {}, chosen(params)[0], concurrency=concurrency, fields=fields):
            yield Wish({ROW.identity: device[ROW.identity]}), device, None
        return
    asked = wishes.entries if params["devices"] is not None else [Wish({ROW.identity: device}) for device in chosen(params)[1]]
    wanted: Dict[str, List[str]] = {}
    for wish in asked:
        wanted.setdefault(wish.key, []).append(wish.own[wish.key])
    held = known(client, wanted, fields, concurrency)
    for wish in asked:
        value = wish.own[wish.key]
        try:
            yield wish, only(ROW, held[wish.key][value], {wish.key: value}), None
        except AmbiguousError as error:
            yield wish, None, error


# -- what has to be done


@dataclass(frozen=True)
class Step:
    """One device to change; ``position`` is its place among those asked for."""

    position: int
    device: str
    wish: Wish
    plan: Plan


@dataclass
class Survey:
    """What the listings told of the devices asked for, ``total`` of them: those to change, the ids of those that are as wanted, and by
    position those that cannot be so, with the reason."""

    total: int = 0
    steps: List[Step] = field(default_factory=list)
    same: List[str] = field(default_factory=list)
    failed: Dict[int, Object] = field(default_factory=dict)


def ensure(client: Client, recipe: DevicesRecipe, params: Params, *, dry_run: bool) -> Dict[str, Any]:
    """Bring many devices into the wanted state, or say what that would take.

    A device that is not there, or cannot be as wanted, fails by itself; the others are done all the same.

    :return: the result of the task: ``changed``, ``changed_devices``, ``unchanged``, ``diff``, ``warnings``; with the option ``full`` also
        ``unchanged_devices``.
    :raises BulkError: with that result and ``failed_devices``, when some failed.
    :raises ResourceError, FilterError, SettingsError: when the options cannot be meant; nothing has been changed then.
    :raises ApiError, TransportError: when a listing breaks off; nothing has been changed then.
    """
    limits = bulk.limits(params)
    if params["filters"] is not None and params["state"] == "absent":
        raise ResourceError("Devices are deleted by device_ids or devices, not by filters: list them with device_info first.")
    wishes = Wishes(recipe, params)
    wishes.check()
    missing = wishes.resolve(client, tolerant=dry_run)
    survey = _surveyed(recipe, wishes, _found(client, wishes, params, recipe.read, limits["concurrency"]))

    begun: Set[str] = set()

    def send(step: Step) -> None:
        for call in step.plan.calls:
            call.send(client)
            begun.add(step.device)

    client.progress.start("devices changed", len(survey.steps))
    done, failed = [], survey.failed
    for result in carried_out(client, survey.steps, send, limits, len(failed), survey.total, dry_run=dry_run):
        step = result.item
        if result.error is None:
            done.append(step)
        else:
            failed[step.position] = _entry(wishes, step.wish, step.device, result.error)
    return reported(
        {
            "changed": bool(done or begun),
            "changed_devices": [step.device for step in done],
            "unchanged": len(survey.same),
            **({"unchanged_devices": survey.same} if params["full"] else {}),
            "diff": [_difference(recipe, step) for step in done] if params["full"] else {"prepared": summary(recipe, done, wishes.label)},
            "warnings": [f"There is no device group {name!r} yet." for name in missing],
        },
        [failed[position] for position in sorted(failed)],
        survey.total,
        # What was known before came before what was not tried any more because of that.
        next(iter(failed.values()), None),
    )


def carried_out(
    client: Client, steps: Sequence[Any], send: Callable[[Any], Any], limits: Mapping[str, Any], failed: int, total: int, *, dry_run: bool
) -> Iterator[bulk.ItemResult]:
    """One result a step, in their order; in a dry run the one to expect.

    :param failed: how many of all have failed before anything is sent. When so many may fail, nothing is.
    """
    most = bulk.allowed(limits["max_failures"], total)
    if most is not None and failed >= most:
        yield from (bulk.ItemResult(step, error=bulk.NotTriedError("It", "max_failures was reached")) for step in steps)
    elif dry_run:
        yield from map(bulk.ItemResult, steps)
    else:
        left = None if most is None else most - failed
        yield from bulk.each(steps, send, limits["concurrency"], max_failures=left, progress=client.progress)


def reported(outcome: Dict[str, Any], failed: Sequence[Object], total: int, first: Optional[Object] = None) -> Dict[str, Any]:
    """The result of a task over devices.

    :param first: which of those that failed the message names.
    :raises BulkError: with the result, when some failed.
    """
    if not failed:
        return outcome
    first = first or failed[0]
    name = next(first[key] for key in ROW.named_by if first.get(key))
    raise bulk.BulkError(
        f"{len(failed)} of {total} devices failed; the first: {name}: {first['msg']}", {**outcome, "failed_devices": list(failed)}
    )


def _surveyed(recipe: Recipe, wishes: Wishes, found: Found) -> Survey:
    """What has to be done.

    :raises ResourceError: when two entries ask different things of one device.
    """
    survey = Survey()
    seen: Dict[str, Wish] = {}
    for wish, device, error in found:
        identity = "" if device is None else str(device[ROW.identity])
        first = seen.setdefault(identity, wish) if identity else wish
        if first is not wish:
            if first.asks != wish.asks:
                raise ResourceError(f"{first.place} and {wish.place} ask different things of the same device, {identity}.")
            continue
        position, survey.total = survey.total, survey.total + 1
        params = wishes.params(wish)
        try:
            if error is not None:
                raise error
            if device is None and params["state"] != "absent":
                raise ResourceError(f"There is no device with the {wish.key} {wish.own[wish.key]!r}.")
            step = plan(recipe, device, params)
        except ResourceError as refusal:
            survey.failed[position] = _entry(wishes, wish, identity, refusal)
            continue
        if step.changed:
            survey.steps.append(Step(position, identity, wish, step))
        else:
            survey.same.append(identity or wish.own[wish.key])
    return survey


def _entry(wishes: Wishes, wish: Wish, device: str, error: Exception) -> Object:
    """A device that failed, as results show it: an entry for the next run, and the reason."""
    return {**({ROW.identity: device} if device else {}), **wishes.again(wish), **bulk.told(error)}


# -- what is shown of it


def _difference(recipe: Recipe, step: Step) -> Dict[str, Any]:
    """The diff of one device."""
    sides = {"before": step.plan.before or {}, "after": step.plan.after or {}}
    names = [name for name in (*recipe.fields, *recipe.diffed) if sides["before"].get(name) != sides["after"].get(name)]
    shown = {side: {name: item[name] for name in names if item.get(name) is not None} for side, item in sides.items()}
    return {"before_header": step.device, "after_header": step.device, **shown}


def summary(recipe: Recipe, steps: Iterable[Step], label: Callable[[str], str]) -> str:
    """What changes, as lines that say of how many devices.

    :param label: how a group is called.
    """
    devices: Dict[str, Dict[Tuple[str, str], List[str]]] = collections.defaultdict(lambda: collections.defaultdict(list))
    for step in steps:
        for name, before, after in _changes(recipe, step.plan, label):
            devices[name][before, after].append(step.device)
    lines = []
    for name, changes in devices.items():
        often = sorted(changes.items(), key=lambda change: -len(change[1]))
        lines += [f"{name}: {before} -> {after} on {_counted(ids)}" for (before, after), ids in often[:_LINES]]
        rest = sum(len(ids) for _values, ids in often[_LINES:])
        lines += [f"{name}: {len(often) - _LINES} more changes on {rest} devices"] if rest else []
    return "".join(f"{line}\n" for line in lines)


def _changes(recipe: Recipe, step: Plan, label: Callable[[str], str]) -> Iterator[Tuple[str, str, str]]:
    """Field by field what changes of a device: the attributes one by one, the groups one by one."""
    if step.after is None:
        yield "device", "present", "absent"
        return
    for name in (*recipe.fields, *recipe.diffed):
        old, new = (step.before or {}).get(name), step.after.get(name)
        if old == new:
            continue
        if isinstance(new, dict):
            old = old or {}
            keys = [key for key in dict.fromkeys((*old, *new)) if old.get(key) != new.get(key)]
            yield from ((f"{name}.{key}", _shown(old.get(key)), _shown(new.get(key))) for key in keys)
        elif isinstance(new, list):
            old = old or []
            yield from ((name, _shown(label(one)), "none") for one in old if one not in new)
            yield from ((name, "none", _shown(label(one))) for one in new if one not in old)
        else:
            yield name, _shown(old), _shown(new)


def _shown(value: Any) -> str:
    text = "none" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _counted(ids: Sequence[str]) -> str:
    shown = ", ".join(ids[:_EXAMPLES]) + (f" and {len(ids) - _EXAMPLES} more" if len(ids) > _EXAMPLES else "")
    return f"{len(ids)} device{'' if len(ids) == 1 else 's'}: {shown}"
