# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times: integers of microseconds since 1970 inside, RFC 3339 in UTC outside."""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)
_FULL = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))")
_COMPACT = re.compile(r"\d{8}T\d{6}Z")


class Clock:
    """The virtual time of the service: real time, moved on by hand or made to run faster.

    No two readings are equal, so a time of creation also is a place in the order of creation.
    """

    def __init__(self, last: int = 0, offset: int = 0) -> None:
        """`last`: a time that every reading has to be later than (of the newest object in a state that is taken up again).

        `offset`: microseconds that the clock is ahead of real time.
        """
        self._held: int | None = None
        self.reset(last, offset)

    def reset(self, last: int, offset: int = 0) -> None:
        """Start anew."""
        self._last = last
        self.rate = 1.0
        self._real = time.time_ns() // 1000
        self._virtual = self._real + offset

    def time(self) -> int:
        """The virtual time in microseconds since 1970. Not a reading: it may be equal to another."""
        if self._held is not None:
            return self._held
        return self._virtual + int((time.time_ns() // 1000 - self._real) * self.rate)

    def move(self, advance: float = 0, rate: float | None = None) -> int:
        """Move on by that many seconds, and let that many virtual seconds pass in a real one. Returns the offset from real time."""
        virtual = self.time()
        self._real = time.time_ns() // 1000
        self._virtual = virtual + int(advance * 1_000_000)
        self.rate = self.rate if rate is None else rate
        return self._virtual - self._real

    @contextmanager
    def held(self, moment: int) -> Iterator[None]:
        """Let time stand still, at the moment when something is due that is only now carried out."""
        self._held = moment
        try:
            yield
        finally:
            self._held = None

    def now(self) -> int:
        """Microseconds since 1970, later than every earlier reading."""
        return self.reserve(1)

    def reserve(self, count: int) -> int:
        """The first of `count` consecutive microseconds that no other reading will fall into."""
        first = max(self.time(), self._last + 1)
        self._last = first + count - 1
        return first


@functools.lru_cache(maxsize=100_000)
def _day(number: int) -> str:
    return (_EPOCH + timedelta(days=number)).date().isoformat()


def day(moment: int) -> str:
    """The day of a time, such as 2016-11-30."""
    return _day(moment // 86_400_000_000)


def text(moment: int) -> str:
    """A time as the service writes it: UTC, six digits of fraction."""
    seconds, fraction = divmod(moment, 1_000_000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    number, hour = divmod(hours, 24)
    return f"{_day(number)}T{hour:02}:{minute:02}:{second:02}.{fraction:06}Z"


def moment(written: str) -> int:
    """The time that `text` wrote."""
    return (datetime.fromisoformat(written[:-1]) - _EPOCH) // _MICROSECOND


def parse(written: str) -> str:
    """A time in any form a filter may use (RFC 3339 with or without fraction, or compact), in the form of `text`. Raises ValueError."""
    try:
        return text((_parsed(written) - _EPOCH) // _MICROSECOND)
    except (ValueError, OverflowError):
        raise ValueError("must be a time in UTC such as 2016-11-30T16:25:12Z or 20161130T162512Z") from None


def _parsed(written: str) -> datetime:
    if _COMPACT.fullmatch(written):
        return datetime.strptime(written, "%Y%m%dT%H%M%SZ")
    if found := _FULL.fullmatch(written):
        day, time_of_day, fraction, sign, hours, minutes = found.groups()
        value = datetime.fromisoformat(f"{day}T{time_of_day}.{(fraction or '')[:6]:0<6}")
        if sign:
            shift = timedelta(hours=int(hours), minutes=int(minutes))
            value += -shift if sign == "+" else shift
        return value
    raise ValueError


def parse_day(written: str) -> str:
    """A day, also given as a time, in the form 2016-11-30. Raises ValueError."""
    try:
        return date.fromisoformat(written).isoformat() if re.fullmatch(r"\d{4}-\d\d-\d\d", written) else parse(written)[:10]
    except ValueError:
        raise ValueError("must be a day such as 2016-11-30") from None
