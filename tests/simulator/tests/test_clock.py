# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times and the ids made from them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelion_simulator import clock
from pelion_simulator.clock import Clock
from pelion_simulator.identity import ID, make_id

MOMENTS = st.integers(clock.moment("2000-01-01T00:00:00.000000Z"), clock.moment("2100-01-01T00:00:00.000000Z"))


def test_no_two_readings_are_equal() -> None:
    time = Clock(last=10**18)
    readings = [time.now() for _time in range(1000)]
    assert readings == sorted(set(readings))
    assert readings[0] > 10**18
    first = time.reserve(5)
    assert (first - readings[-1], time.now() - first) == (1, 5)


@given(MOMENTS)
def test_what_is_written_is_read(moment: int) -> None:
    written = clock.text(moment)
    assert clock.moment(written) == moment
    assert written == (datetime(1970, 1, 1) + timedelta(microseconds=moment)).isoformat(timespec="microseconds") + "Z"
    assert clock.day(moment) == written[:10]
    assert clock.parse(written) == written


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2016-11-30T16:25:12.1234Z", "2016-11-30T16:25:12.123400Z"),
        ("2016-11-30T16:25:12.123456789Z", "2016-11-30T16:25:12.123456Z"),
        ("2016-11-30T16:25:12Z", "2016-11-30T16:25:12.000000Z"),
        ("2016-11-30t16:25:12z", "2016-11-30T16:25:12.000000Z"),
        ("20161130T162512Z", "2016-11-30T16:25:12.000000Z"),
        ("2016-11-30T16:25:12+02:00", "2016-11-30T14:25:12.000000Z"),
        ("2016-11-30T22:25:12-02:30", "2016-12-01T00:55:12.000000Z"),
    ],
)
def test_forms_of_a_time(written: str, read: str) -> None:
    assert clock.parse(written) == read


@pytest.mark.parametrize(
    "written", ["", "2016-11-30", "2016-11-30T16:25:12", "2016-11-30 16:25:12Z", "20161130162512", "2016-11-31T00:00:00Z"]
)
def test_what_is_no_time(written: str) -> None:
    with pytest.raises(ValueError, match="must be a time in UTC"):
        clock.parse(written)


def test_days() -> None:
    assert [clock.parse_day(written) for written in ("2016-11-30", "2016-11-30T16:25:12Z")] == ["2016-11-30"] * 2
    for written in ("2016-11-31", "20161130", ""):
        with pytest.raises(ValueError, match="must be a day"):
            clock.parse_day(written)


@given(MOMENTS, MOMENTS)
def test_ids_are_in_the_order_of_their_times(first: int, second: int) -> None:
    assert ID.fullmatch(make_id(first))
    assert (make_id(first) < make_id(second)) == (first < second)
    assert (make_id(first) < make_id(first + 1)) is True
