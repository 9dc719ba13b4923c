# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""The devices of an account, or a part of them, and the names of their groups: listed side by side, and kept between runs."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import time
from dataclasses import dataclass
from typing import Any, Callable, ContextManager, Dict, Iterable, Iterator, List, Optional, Tuple

from . import ranges, snapshot
from .client import ApiError, Client
from .filters import Conditions
from .ranges import Part
from .resource import Object, ResourceError, listing
from .resources import directory
from .snapshot import Snapshot, Store
from .transport import TransportError

# What a kept listing is brought up to date by.
_ALWAYS = ("id", "created_at", "updated_at")


@dataclass(frozen=True)
class Selection:
    """Which devices, and what of them.

    ``device_groups``: names or ids; a device that is in one of them counts. ``fields``: keep only these keys, None for all.
    ``named_groups``: whether the names of device groups are wanted. ``shard``: how many parts there are and which of them, from 0, is
    wanted. ``concurrency``: the most requests under way.
    """

    conditions: Conditions = ()
    device_groups: Tuple[str, ...] = ()
    fields: Optional[Tuple[str, ...]] = None
    named_groups: bool = False
    shard: Tuple[int, int] = (1, 0)
    concurrency: int = 4

    @property
    def membership(self) -> bool:
        """Whether it matters which groups a device is in."""
        return self.fields is None or "groups" in self.fields

    @property
    def kept_fields(self) -> Optional[List[str]]:
        """The keys that are kept of each device."""
        return None if self.fields is None else sorted({*_ALWAYS, *self.fields})

    @property
    def key(self) -> List[Any]:
        """What the listing depends on, in JSON's values."""
        asked = [[condition.key, condition.operator, list(condition.values)] for condition in self.conditions]
        return [asked, list(self.device_groups), self.kept_fields, self.named_groups, list(self.shard)]


@dataclass(frozen=True)
class Content:
    """What the service said: devices by id in the order of its lists, and names of device groups by id."""

    devices: Dict[str, Object]
    group_names: Dict[str, str]


@dataclass(frozen=True)
class Keeping:
    """How a listing is kept. Times are in seconds.

    ``fresh``: so long nothing is asked. ``sweep_after``: so long only what changed is asked. ``stale``: so long what is kept may serve
    while the service is down. ``ask``: ask for what changed at once; ``anew``: list everything at once. ``now``: seconds since 1970.
    """

    store: Store
    fresh: float
    sweep_after: float
    stale: float = 0
    ask: bool = False
    anew: bool = False
    now: Callable[[], float] = time.time


def listed(client: Client, selection: Selection) -> Content:
    """List the devices.

    :raises ResourceError: for a device group that is not there, and a part that cannot be.
    :raises ApiError, FilterError, TransportError: as ``ranges.listing``.
    """
    asked = _Asked(client, selection)
    return Content({device["id"]: device for device in asked.everything()}, asked.group_names)


def current(
    connect: Callable[[], ContextManager[Client]],
    selection: Selection,
    keeping: Keeping,
    *,
    warn: Callable[[str], None],
    note: Callable[[str], None],
) -> Content:
    """The devices as they are now, as far as possible from what is kept.

    :param connect: opens a client; not called when nothing need be asked.
    :param warn: is told what the user should know, ``note`` what was done.
    :raises ApiError, FilterError, ResourceError, TransportError: as ``listed``.
    """
    old = keeping.store.load()
    if old is not None and old.fresh(keeping.now(), keeping.fresh) and not keeping.ask and not keeping.anew:
        return _content(old)
    try:
        with connect() as client:
            new, how = _refreshed(client, selection, None if keeping.anew else old, keeping)
    except (ApiError, TransportError) as error:
        now = keeping.now()
        if old is None or not old.fresh(now, keeping.stale) or not snapshot.down(error):
            raise
        warn(f"The service is down, so the devices are those of {snapshot.age_text(now - old.taken)} ago. {error}")
        return _content(old)
    note(str(how))
    keeping.store.save(new)
    return _content(new)


def _refreshed(client: Client, selection: Selection, old: Optional[Snapshot], keeping: Keeping) -> Tuple[Snapshot, snapshot.How]:
    asked = _Asked(client, selection)
    about = {"part": list(asked.part), "group_names": asked.group_names}
    # In lists of members a swap of two would go unnoticed, and other boundaries are those of another part.
    usable = old is not None and not selection.device_groups and old.about.get("part") == about["part"]
    new, how = snapshot.refresh(
        old if usable else None,
        asked,
        keeping.now(),
        members=asked if selection.membership else None,
        sweep_after=keeping.sweep_after,
        concurrency=selection.concurrency,
    )
    return dataclasses.replace(new, about=about), how


def _content(held: Snapshot) -> Content:
    return Content(held.objects, dict(held.about.get("group_names", {})))


class _Asked(snapshot.Listed):
    """The service, asked for a selection: the whole of it, what changed, and who is in which group."""

    def __init__(self, client: Client, selection: Selection) -> None:
        count, index = selection.shard
        self.part: Part = ranges.part(client, directory.DEVICE, {}, selection.conditions, count, index)
        self._how: Dict[str, Any] = {"concurrency": selection.concurrency, "fields": selection.kept_fields, "part": self.part}
        super().__init__(client, directory.DEVICE, {}, selection.conditions, **self._how)
        self._selection = selection
        named = self._groups if selection.named_groups or selection.device_groups else ()
        self.group_names = {str(group["id"]): str(group.get("name") or group["id"]) for group in named}

    def everything(self) -> Iterator[Object]:
        """All devices; one that is in several of the device groups comes several times."""
        if not self._selection.device_groups:
            return super().everything()
        row, conditions = directory.DEVICE_GROUP_DEVICE, self._selection.conditions
        lists = [ranges.listing(self.client, row, {"device_group_id": group}, conditions, **self._how) for group in self._chosen()]
        return _identified(itertools.chain.from_iterable(lists))

    def groups(self) -> List[Object]:
        """All device groups."""
        return self._groups

    @functools.cached_property
    def _groups(self) -> List[Object]:
        listed_groups = listing(self.client, directory.DEVICE_GROUP, {})
        return [group for group in listed_groups if isinstance(group, dict) and group.get("id")]

    def of(self, group: str) -> Iterator[Object]:
        """The members of a device group."""
        return _identified(listing(self.client, directory.DEVICE_GROUP_DEVICE, {"device_group_id": group}, fields=["id", "groups"]))

    def _listing(self, conditions: Conditions, concurrency: int) -> Iterator[Object]:
        return _identified(super()._listing(conditions, concurrency))

    def _chosen(self) -> List[str]:
        """The ids of the device groups that are given by name or id, each once."""
        chosen: Dict[str, None] = {}
        for wanted in self._selection.device_groups:
            ids = [identity for identity, name in self.group_names.items() if wanted in (identity, name)]
            if not ids:
                names = ", ".join(sorted(self.group_names.values())) or "none"
                raise ResourceError(f"There is no device group '{wanted}'; there are: {names}.")
            chosen.update(dict.fromkeys(ids))
        return list(chosen)


def _identified(devices: Iterable[Any]) -> Iterator[Object]:
    """The devices.

    :raises ResourceError: when one of them is none.
    """
    for number, device in enumerate(devices, 1):
        identity = device.get("id") if isinstance(device, dict) else None
        if not isinstance(identity, str) or not identity:
            raise ResourceError(f"Object {number} of the list of devices has no id, so the list cannot be used.")
        yield device
