# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a new state is filled with. The same seed and number of devices make the same state, byte for byte."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

from . import auth, clock
from .identity import digest, make_id, make_token
from .store import Store
from .table import Area, Document

HOUR = 3_600_000_000
DAY = 24 * HOUR
MINUTE = 60_000_000
FIRST = clock.moment("2017-03-01T08:00:00.000000Z")
LAST = clock.moment("2020-12-01T08:00:00.000000Z")
"""The times between which the devices of a new state were created."""
CROWD = (FIRST + LAST) // 2
"""When the minute begins in which most devices of a skewed fleet were created."""


class Fleet:
    """What the areas need to know to make the contents of a new state."""

    def __init__(self, seed: int, count: int, api_key: str = "", skew: float = 0) -> None:
        """`count` devices, a share (`skew`) of them created within one minute; an `api_key` of its own where none is given."""
        self.seed = seed
        self.count = count
        self.skew = skew
        self.account_id = make_id(FIRST - 90 * DAY)
        self.api_key = api_key or first_key(seed)
        self.key_created = FIRST - 89 * DAY
        self.key_id = make_id(self.key_created)
        """The id of that API key."""

    def random(self, *salt: object) -> random.Random:
        """A source of numbers that depend on the seed and on `salt` only."""
        return random.Random(int(digest(self.seed, *salt)[:16], 16))

    def moments(self) -> Iterator[tuple[int, int]]:
        """For each device, in order of creation: the earliest time of its creation, and the time until the next one's."""
        crowd = round(self.count * self.skew)
        if not crowd:
            yield from evenly(self.count, FIRST, LAST)
            return
        before = (self.count - crowd) // 2
        yield from evenly(before, FIRST, CROWD)
        yield from evenly(crowd, CROWD, CROWD + MINUTE)
        yield from evenly(self.count - crowd - before, CROWD + MINUTE, LAST)

    def fill(self, store: Store, areas: Iterable[Area]) -> None:
        """Make the tables of a new state and put everything in."""
        store.create_tables()
        for area in areas:
            if area.seed:
                for row, documents in area.seed(self):
                    store.fill(row, documents)
        store.fill(auth.TOKENS, [auth.record(self.key_created, self.api_key, "api_key", self.account_id, self.key_id)])
        store.create_indexes()
        for name, value in {"seed": self.seed, "api_key": self.api_key, "account_id": self.account_id, "clock_offset": 0}.items():
            store.set_fact(name, str(value))


def evenly(count: int, first: int, end: int) -> Iterator[tuple[int, int]]:
    """`count` times from `first` on and before `end`, each with the time until the next."""
    step = (end - first) // max(count, 1)
    return ((first + number * step, step) for number in range(count))


def first_key(seed: int) -> str:
    """The API key of a new state."""
    return make_token("api_key", seed)


def stamp(object_: str, created: int) -> Document:
    """What every object has that was created at that time and not changed since."""
    written = clock.text(created)
    return {"created_at": written, "etag": written, "id": make_id(created), "object": object_, "updated_at": written}
