# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many calls at once: order, width, errors, and what is told when it stops early."""

from __future__ import annotations

import threading
import time

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils.bulk import ItemResult, each
from ansible_collections.pelion.device_management.plugins.module_utils.client import ApiError
from ansible_collections.pelion.device_management.tests.unit.plugins.module_utils.fakes import lost
from hypothesis import given
from hypothesis import strategies as st


class Gauge:
    """A call that knows what was started and how much of it ran side by side."""

    def __init__(self, fail=lambda item: None, pause=0.0):
        self.started = []
        self.running = self.most = 0
        self.fail, self.pause = fail, pause
        self.lock = threading.Lock()

    def __call__(self, item):
        with self.lock:
            self.started.append(item)
            self.running += 1
            self.most = max(self.most, self.running)
        time.sleep(self.pause)
        with self.lock:
            self.running -= 1
        error = self.fail(item)
        if error:
            raise error
        return item * 2


@given(st.lists(st.integers(), max_size=40), st.integers(1, 9), st.sets(st.integers()))
def test_law_of_bulk(items, concurrency, bad):
    """One result an item, in the order of the items, whatever fails."""
    errors = {item: ApiError("no", status=400) if item % 2 else lost(True) for item in bad}
    gauge = Gauge(errors.get)
    expected = [ItemResult(item, error=errors[item]) if item in errors else ItemResult(item, item * 2) for item in items]
    assert list(each(items, gauge, concurrency)) == expected
    assert sorted(gauge.started) == sorted(items)
    assert gauge.most <= concurrency


def test_calls_run_side_by_side_but_never_too_many():
    meeting = threading.Barrier(4, timeout=10)
    assert [result.value for result in each(range(8), lambda item: meeting.wait() >= 0, 4)] == [True] * 8
    gauge = Gauge(pause=0.002)
    assert len(list(each(range(60), gauge, 3))) == 60
    assert gauge.most == 3


def test_the_input_is_read_as_it_is_needed():
    taken = []

    def items():
        for number in range(1000):
            taken.append(number)
            yield number

    results = each(items(), lambda item: item, 2)
    assert next(results).item == 0
    assert len(taken) <= 6
    results.close()
    assert len(taken) <= 6


def test_when_it_stops_all_that_was_started_is_told():
    gauge = Gauge(lambda item: ApiError("no", status=401) if item == 5 else None, pause=0.002)
    results = list(each(range(1000), gauge, 4, stop=lambda result: result.error is not None))
    told = [result.item for result in results]
    assert told == sorted(gauge.started)
    assert set(range(6)) <= set(told)
    assert len(told) < 20
    assert [result.item for result in results if result.error] == [5]


def test_any_other_error_is_raised_and_nothing_further_started():
    gauge = Gauge(lambda item: KeyError("x") if item == 3 else None, pause=0.002)
    got = []
    with pytest.raises(KeyError):
        got.extend(result.item for result in each(range(1000), gauge, 2))
    assert gauge.running == 0
    assert len(gauge.started) < 15


def test_an_error_of_the_input_waits_for_what_is_under_way():
    gauge = Gauge(pause=0.01)

    def items():
        yield from (1, 2)
        raise ApiError("the list broke off", status=500)

    with pytest.raises(ApiError, match="broke off"):
        list(each(items(), gauge, 2))
    assert gauge.running == 0


def test_whoever_stops_listening_stops_the_rest():
    gauge = Gauge(pause=0.002)
    results = each(range(1000), gauge, 2)
    next(results)
    results.close()
    assert gauge.running == 0
    assert len(gauge.started) <= 6
