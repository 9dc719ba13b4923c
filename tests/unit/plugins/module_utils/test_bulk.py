# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many calls at once: order, width, errors, and what is told when it stops early."""

from __future__ import annotations

import contextlib
import math
import os
import queue
import signal
import threading
import time
from fractions import Fraction
from types import SimpleNamespace

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils import bulk
from ansible_collections.pelion.device_management.plugins.module_utils.bulk import BulkError, ItemResult, NotTriedError, UnknownError, each
from ansible_collections.pelion.device_management.plugins.module_utils.client import ApiError, RequestError
from ansible_collections.pelion.device_management.plugins.module_utils.settings import SettingsError
from ansible_collections.pelion.device_management.tests.unit.plugins.module_utils.fakes import lost
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

REFUSED = "It was not tried any more, since the key was refused."
INTERRUPTED = "It was not tried any more, since it was interrupted."


class Gauge:
    """A call that knows what was started and how much of it ran side by side."""

    def __init__(self, fail=lambda item: None, pause=0.0, meanwhile=lambda item: True):
        self.started = []
        self.running = self.most = 0
        self.fail, self.pause, self.meanwhile = fail, pause, meanwhile
        self.lock = threading.Lock()

    def __call__(self, item):
        with self.lock:
            self.started.append(item)
            self.running += 1
            self.most = max(self.most, self.running)
        time.sleep(self.pause)
        assert self.meanwhile(item)
        with self.lock:
            self.running -= 1
        error = self.fail(item)
        if error:
            raise error
        return item * 2


@pytest.fixture
def ended(monkeypatch):
    """Set when nothing further is begun."""
    event, end = threading.Event(), bulk._Run.end
    monkeypatch.setattr(bulk._Run, "end", lambda run, reason: (end(run, reason), event.set()))
    return event


class Counter:
    """Stands where the progress of long work is told."""

    def __init__(self):
        self.ends = queue.SimpleQueue()

    def advance(self, failed):
        self.ends.put(failed)


def refused(status=401):
    return ApiError("no", status=status)


def problem(number):
    """An error that belongs to its item."""
    return (ApiError("no", status=400), lost(True), RequestError("no path"))[number % 3]


def untried(results):
    return [result.item for result in results if isinstance(result.error, NotTriedError)]


@given(st.lists(st.integers(0, 30), max_size=40), st.integers(1, 9), st.sets(st.integers(0, 30)), st.booleans())
@hypothesis_settings(deadline=None)
def test_law_of_bulk(items, concurrency, bad, lazy):
    """One result an item, in the order of the items, whatever fails."""
    errors = {item: problem(item) for item in bad}
    gauge, counter = Gauge(errors.get), Counter()
    expected = [ItemResult(item, error=errors[item]) if item in errors else ItemResult(item, item * 2) for item in items]
    assert list(each(iter(items) if lazy else items, gauge, concurrency, progress=counter)) == expected
    assert sorted(gauge.started) == sorted(items)
    assert gauge.most <= concurrency
    assert sorted(counter.ends.get_nowait() for _item in items) == sorted(item in errors for item in items)
    assert counter.ends.empty()


@given(st.lists(st.sampled_from(["good", "bad", "refused", "forbidden"]), max_size=40), st.integers(1, 9), st.none() | st.integers(1, 9))
@hypothesis_settings(deadline=None)
def test_law_of_stopping(fates, concurrency, most):
    """Every item has one result, in order; what was tried comes first, and not much is tried after what stops it."""
    stops = {"refused": refused(401), "forbidden": refused(403)}
    gauge = Gauge(lambda item: {"bad": problem(item), **stops}.get(fates[item]))
    results = list(each(range(len(fates)), gauge, concurrency, max_failures=most))
    assert [result.item for result in results] == list(range(len(fates)))
    tried = [result for result in results if not isinstance(result.error, NotTriedError)]
    assert tried == results[: len(tried)]
    assert sorted(gauge.started) == list(range(len(tried)))
    for result in tried:
        assert (result.error is None) == (fates[result.item] == "good")
    failed = [result for result in tried if result.error]
    reached = most is not None and len(failed) >= most
    refusing = any(fates[result.item] in stops for result in failed)
    if len(tried) < len(results):
        assert reached or refusing
        assert {str(result.error) for result in results[len(tried) :]} <= {
            REFUSED,
            "It was not tried any more, since max_failures was reached.",
        }
    # Whatever ends it, only what the other workers were at has ended after it.
    last = next((n for n, r in enumerate(tried) if fates[r.item] in stops), None)
    if last is not None and concurrency == 1:
        assert len(tried) == last + 1
    if most is not None and not refusing:
        assert len(failed) < most + concurrency


def test_calls_run_side_by_side_but_never_too_many():
    meeting = threading.Barrier(4, timeout=10)
    assert [result.value for result in each(range(8), lambda item: meeting.wait() >= 0, 4)] == [True] * 8
    together = threading.Barrier(3, timeout=10)
    gauge = Gauge(pause=0.002, meanwhile=lambda item: together.wait() >= 0)
    assert len(list(each(range(60), gauge, 3))) == 60
    assert gauge.most == 3


def test_no_more_workers_than_items(monkeypatch):
    started, start = [], threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", lambda thread: (started.append(thread), start(thread)))
    assert [result.value for result in each([1, 2], lambda item: item, 64)] == [1, 2]
    assert len(started) == 2
    assert list(each([], lambda item: item, 64)) == []
    assert len(list(each(iter(range(9)), lambda item: item, 3))) == 9
    assert len(started) == 5


@pytest.mark.parametrize("most", [0, 2])
def test_a_machine_that_gives_fewer_threads(monkeypatch, most):
    started, start = [], threading.Thread.start

    def scarce(thread):
        if len(started) == most:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", scarce)
    gauge = Gauge(pause=0.001)
    if most:
        assert [result.value for result in each(range(9), gauge, 4)] == [item * 2 for item in range(9)]
        assert gauge.most <= most
    else:
        with pytest.raises(RuntimeError, match="can't start new thread"):
            list(each(range(9), gauge, 4))
        assert gauge.started == []


def test_nobody_waits_behind_a_slow_item():
    """All others are carried out by the one other worker, while the first is still at its item."""
    slow = threading.Event()

    def call(item):
        if item == 999:
            slow.set()
        return slow.wait(10) if item == 0 else True

    assert all(result.value for result in each(range(1000), call, 2))


def test_what_waits_behind_a_slow_item_is_bounded(monkeypatch):
    monkeypatch.setattr(bulk, "_AHEAD", 20)
    slow, taken = threading.Event(), []

    def items():
        for number in range(1000):
            taken.append(number)
            if number == 19:
                threading.Timer(0.1, lambda: (taken.append("waited"), slow.set())).start()
            yield number

    with contextlib.closing(each(items(), lambda item: slow.wait(10) if item == 0 else item, 4)) as results:
        assert next(results).item == 0
        assert taken.index("waited") == 20
        assert [result.item for result in results] == list(range(1, 1000))


def test_input_without_end_is_read_only_as_it_is_needed():
    taken = []

    def items():
        while True:
            taken.append(len(taken))
            yield taken[-1]

    results = each(items(), lambda item: time.sleep(0.001), 2)
    assert next(results).item == 0
    results.close()
    read = len(taken)
    time.sleep(0.01)
    assert len(taken) == read


def test_when_it_stops_all_that_was_started_is_told(ended):
    gauge = Gauge(lambda item: refused() if item == 5 else None, meanwhile=lambda item: item <= 5 or ended.wait(10))
    results = list(each(range(1000), gauge, 4))
    tried = len(gauge.started)
    assert [result.item for result in results] == list(range(1000))
    assert sorted(gauge.started) == list(range(tried))
    assert 6 <= tried <= 6 + 3
    assert untried(results) == list(range(tried, 1000))
    assert {str(result.error) for result in results[tried:]} == {REFUSED}
    assert [result.item for result in results[:tried] if result.error] == [5]


def test_the_first_reason_counts(ended):
    """What was under way then may fail for another."""
    meeting = threading.Barrier(2, timeout=10)

    def call(item):
        meeting.wait()
        assert item == 0 or ended.wait(10)
        raise problem(0) if item == 0 else refused()

    results = list(each(range(3), call, 2, max_failures=1))
    assert [getattr(result.error, "status", None) for result in results] == [400, 401, None]
    assert str(results[2].error) == "It was not tried any more, since max_failures was reached."


@pytest.mark.parametrize("kind", [list, tuple, set, dict.fromkeys, lambda items: dict.fromkeys(items).keys()])
def test_every_item_of_a_collection_comes_out(kind):
    results = list(each(kind(range(9)), Gauge(lambda item: refused()), 1))
    assert len(results) == 9
    assert len(untried(results)) == 8


def test_other_input_is_not_read_any_further():
    taken, results = [], []

    def items():
        for number in range(1000):
            taken.append(number)
            yield number

    with pytest.raises(NotTriedError, match=r"^The rest was not tried any more, since max_failures was reached\.$") as raised:
        results.extend(each(items(), Gauge(lambda item: problem(0) if item > 6 else None), 3, max_failures=2))
    assert [result.item for result in results] == taken
    assert len(taken) <= 12
    assert isinstance(raised.value, BulkError)
    assert raised.value.result == {}


@example(1500, Fraction("2.2"))  # with floating point numbers it is 33.00000000000001
@given(st.integers(0, 3000), st.fractions(Fraction(1, 1000), 100, max_denominator=1000).map(lambda share: Fraction(str(float(share)))))
def test_law_of_percentages(total, share):
    """The first number of failures that is at least that share, computed without rounding; one at least."""
    text = f"{float(share):.10f}".rstrip("0").rstrip(".")
    most = bulk.allowed(f"{text}%", total)
    assert most == max(1, math.ceil(Fraction(text) * total / 100))


@pytest.mark.parametrize(
    ("most", "failed"), [(3, 3), ("3", 3), (" 3 ", 3), ("30%", 3), ("25 %".replace(" ", ""), 3), ("100%", 10), (None, 10)]
)
def test_so_many_may_fail(most, failed):
    gauge = Gauge(lambda item: problem(0))
    results = list(each(range(10), gauge, 1, max_failures=most))
    assert len(gauge.started) == failed == (bulk.allowed(most, 10) or 10)
    assert len(results) == 10
    if failed < 10:
        assert str(results[-1].error) == "It was not tried any more, since max_failures was reached."


def test_a_percentage_needs_a_total():
    gauge = Gauge(lambda item: problem(0))
    with pytest.raises(NotTriedError):
        list(each(iter(range(10)), gauge, 1, max_failures="30%", total=10))
    assert len(gauge.started) == 3
    with pytest.raises(ValueError, match="a percentage needs the number of items"):
        each(iter(range(10)), gauge, 1, max_failures="30%")


@pytest.mark.parametrize("most", ["0", 0, "0%", "101%", "100.1%", "-1", "1.5", "many", "", "%", "5 of 10", "\N{ARABIC-INDIC DIGIT ONE}"])
def test_mistaken_limits(most):
    expected = f"max_failures must be a number such as 5 or a percentage such as 10%, not '{most}'."
    with pytest.raises(SettingsError) as raised:
        bulk.limits({"concurrency": 8, "max_failures": most})
    assert str(raised.value) == expected


def test_the_options():
    assert bulk.limits({"concurrency": 64, "max_failures": "2.5%"}) == {"concurrency": 64, "max_failures": "2.5%"}
    assert bulk.limits({"concurrency": 1}) == {"concurrency": 1, "max_failures": None}
    for width in (0, 65):
        with pytest.raises(SettingsError, match=f"^concurrency must be 1 to 64, not {width}\\.$"):
            bulk.limits({"concurrency": width})


def test_what_is_told_of_an_error():
    fields = [{"name": "name", "message": "taken"}]
    error = ApiError("no", status=409, kind="duplicate", fields=fields, request_id="r1", method="PUT", path="/x")
    assert bulk.told(error) == {
        "msg": str(error),
        "status": 409,
        "type": "duplicate",
        "fields": fields,
        "request_id": "r1",
    }
    assert bulk.told(lost(True)) == {"msg": str(lost(True))}


def test_any_other_error_is_raised_and_nothing_further_started(ended):
    gauge = Gauge(lambda item: KeyError("x") if item == 3 else None, meanwhile=lambda item: item != 4 or ended.wait(10))
    got = []
    with pytest.raises(KeyError):
        got.extend(result.item for result in each(range(1000), gauge, 2))
    assert gauge.running == 0
    assert len(gauge.started) <= 4 + 1
    # What is known comes out before.
    assert got == [item for item in sorted(gauge.started) if item != 3]


def test_an_error_of_the_input_waits_for_what_is_under_way():
    gauge, got = Gauge(pause=0.01), []

    def items():
        yield from (1, 2)
        raise ApiError("the list broke off", status=500)

    with pytest.raises(ApiError, match="broke off"):
        got.extend(each(items(), gauge, 2))
    assert gauge.running == 0
    assert [result.value for result in got] == [2, 4]


def test_whoever_stops_listening_stops_the_rest(ended):
    gauge = Gauge(meanwhile=lambda item: item == 0 or ended.wait(10))
    results = each(range(1000), gauge, 2)
    next(results)
    results.close()
    started = len(gauge.started)
    assert gauge.running == 0
    assert started <= 1 + 2
    time.sleep(0.01)
    assert len(gauge.started) == started


def test_whoever_stops_listening_does_not_wait_for_those_who_wait_for_him(monkeypatch):
    monkeypatch.setattr(bulk, "_AHEAD", 4)
    calls = []

    def listen():
        results = each(range(1000), calls.append, 3)
        next(results)
        while len(calls) < 5:
            time.sleep(0.01)
        results.close()

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    listener.join(10)
    assert not listener.is_alive()
    assert sorted(calls) == list(range(5))


class Heeded(queue.SimpleQueue):
    """Tells when its reader, who has had two events, comes back for more."""

    def __init__(self, heeded):
        self.heeded, self.read = heeded, 0

    def get(self, **options):
        if self.read == 2:
            self.heeded.set()
        event = super().get(**options)
        self.read += 1
        return event


class Interruption:
    """A call that has a signal sent to this process when both workers are at it, and perhaps goes on once that has been noticed."""

    def __init__(self, monkeypatch, number, times=1, goes_on=True):
        self.number, self.times, self.goes_on = number, times, goes_on
        self.meeting = threading.Barrier(2, timeout=10)
        self.noticed = threading.Semaphore(0)
        self.go_on = threading.Event()
        self.heeded = threading.Event()
        self.tried = []
        interrupt = bulk._Run.interrupt

        def interrupted(run, *told):
            interrupt(run, *told)
            self.noticed.release()

        monkeypatch.setattr(bulk._Run, "interrupt", interrupted)
        monkeypatch.setattr(bulk, "queue", SimpleNamespace(SimpleQueue=lambda: Heeded(self.heeded), Empty=queue.Empty))

    def __call__(self, item):
        self.tried.append(item)
        if item < 2:
            return item
        if self.meeting.wait() == 0:
            assert self.heeded.wait(10)
            time.sleep(0.05)  # what comes before it really waits is noticed too, but only after a second
            for _time in range(self.times):
                os.kill(os.getpid(), self.number)
                assert self.noticed.acquire(timeout=10)
            if self.goes_on:
                self.go_on.set()
        return self.go_on.wait(10)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_loses_nothing(monkeypatch, number):
    """Results so far, those that were under way, and what was not tried: every item comes out, and the signal is as before."""
    before = signal.getsignal(number)
    call = Interruption(monkeypatch, number)
    results = list(each(range(100), call, 2))
    assert [result.item for result in results] == list(range(100))
    assert [result.value for result in results[:4]] == [0, 1, True, True]
    assert sorted(call.tried) == [0, 1, 2, 3]
    assert {str(result.error) for result in results[4:]} == {INTERRUPTED}
    assert signal.getsignal(number) == before


@pytest.mark.parametrize(("times", "patience"), [(1, 0.0), (2, 60.0)], ids=["for long", "when told again"])
@pytest.mark.parametrize("count", [4, 6])
def test_after_an_interruption_nobody_waits(monkeypatch, times, patience, count):
    monkeypatch.setattr(bulk, "_PATIENCE", patience)
    call = Interruption(monkeypatch, signal.SIGTERM, times, goes_on=False)
    results = list(each(range(count), call, 2))
    call.go_on.set()
    assert [result.value for result in results[:2]] == [0, 1]
    assert [type(result.error) for result in results] == [type(None)] * 2 + [UnknownError] * 2 + [NotTriedError] * (count - 4)
    assert str(results[2].error) == "It was interrupted while under way; it is not known whether the service carried it out."
    # Tasks that raise it fail like any other.
    assert isinstance(results[2].error, BulkError)
    # It has been told of, so it ends nothing else.
    assert [result.value for result in each([1], lambda item: item, 2)] == [1]


@pytest.mark.parametrize("lazy", [False, True])
def test_what_the_input_gives_after_an_interruption_is_not_tried(monkeypatch, lazy):
    """A page may take long; its first object has been read, so it has a result."""
    call = Interruption(monkeypatch, signal.SIGTERM)
    tried, got = [], []

    class Items(list):
        def __iter__(self):
            yield 0
            os.kill(os.getpid(), signal.SIGTERM)
            assert call.noticed.acquire(timeout=10)
            yield from (1, 2)

    results = each(iter(Items()) if lazy else Items(range(3)), tried.append, 1)
    if lazy:
        with pytest.raises(NotTriedError, match=r"^The rest was not tried any more, since it was interrupted\.$"):
            got.extend(results)
    else:
        got.extend(results)
    assert tried == [0]
    assert [result.item for result in got] == ([0, 1] if lazy else [0, 1, 2])
    assert {str(result.error) for result in got[1:]} == {INTERRUPTED}


def test_an_interruption_that_no_result_tells_of_ends_the_next(monkeypatch):
    """All items are under way, so all of them are carried out; what the task would do then is not begun."""
    call = Interruption(monkeypatch, signal.SIGTERM)
    assert [result.value for result in each(range(4), call, 2)] == [0, 1, True, True]
    assert list(each([], call, 2)) == []
    assert [(result.item, str(result.error)) for result in each([7, 8], call, 2)] == [(7, INTERRUPTED), (8, INTERRUPTED)]
    assert [result.value for result in each([0, 1], call, 2)] == [0, 1]
    assert sorted(call.tried) == [0, 0, 1, 1, 2, 3]


def test_an_interruption_that_no_result_tells_of_ends_the_next_input(monkeypatch):
    list(each(range(4), Interruption(monkeypatch, signal.SIGTERM), 2))
    with pytest.raises(NotTriedError, match="it was interrupted"):
        list(each(iter([1]), lambda item: pytest.fail("called"), 2))
    assert [result.value for result in each([1], lambda item: item, 2)] == [1]


def test_whoever_stops_listening_is_not_kept_by_what_is_under_way(monkeypatch):
    """After a signal nobody waits for long, also where an error of the caller's own is on its way."""
    monkeypatch.setattr(bulk, "_PATIENCE", 0.0)
    call = Interruption(monkeypatch, signal.SIGTERM, goes_on=False)
    results = each(range(9), call, 2)
    next(results)
    call.heeded.set()
    begin = time.monotonic()
    results.close()
    assert time.monotonic() - begin < 5
    assert not call.go_on.is_set()
    call.go_on.set()
    assert max(call.tried) == 3


def test_what_has_ended_behind_what_is_under_way_is_told(monkeypatch):
    monkeypatch.setattr(bulk, "_PATIENCE", 0.0)
    over, others = threading.Event(), threading.Semaphore(0)

    def call(item):
        if item == 0:
            for _other in range(5):
                others.acquire()
            os.kill(os.getpid(), signal.SIGTERM)
            over.wait(10)
        others.release()
        return item if item < 5 else over.wait(10)

    results = list(each(range(9), call, 2))
    over.set()
    assert [result.item for result in results] == list(range(9))
    assert [result.value for result in results[:5]] == [None, 1, 2, 3, 4]
    kinds = [type(result.error) for result in results]
    assert kinds == [UnknownError] + [type(None)] * 4 + [UnknownError] + [NotTriedError] * 3


def test_signals_reach_the_thread_that_waits():
    """Of a worker they would not wake it."""
    masks = [result.value for result in each(range(2), lambda item: signal.pthread_sigmask(signal.SIG_BLOCK, []), 2)]
    assert masks == [{signal.SIGINT, signal.SIGTERM}] * 2
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, []) & {signal.SIGINT, signal.SIGTERM}


def test_an_interruption_by_an_exception_is_raised_after_the_results(monkeypatch):
    """Where a program handles the signal in its own way."""

    def handler(number, frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, handler)
    got = []
    try:
        call = Interruption(monkeypatch, signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            got.extend(each(range(100), call, 2))
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert [result.value for result in got] == [0, 1, True, True]


def test_such_an_exception_may_come_between_two_looks(monkeypatch):
    """What is waited for is looked at once in a while, and a signal that comes just before is only seen after that."""
    monkeypatch.setattr(bulk, "_LOOK", 0.01)
    go_on, left, interrupt = threading.Event(), bulk._Run._left, bulk._Run.interrupt

    def between(run):
        if run._taken == 4 and not run.reason:
            raise KeyboardInterrupt
        return left(run)

    monkeypatch.setattr(bulk._Run, "_left", between)
    monkeypatch.setattr(bulk._Run, "interrupt", lambda run: (interrupt(run), go_on.set()))
    got = []
    with pytest.raises(KeyboardInterrupt):
        got.extend(each(range(100), lambda item: item if item < 2 else go_on.wait(10), 2))
    assert [result.value for result in got] == [0, 1, True, True]


def test_other_threads_leave_signals_alone():
    before = signal.getsignal(signal.SIGTERM)
    outer = each(range(3), lambda item: [result.value for result in each(range(item), lambda inner: inner, 2)], 3)
    assert [result.value for result in outer] == [[], [0], [0, 1]]
    assert signal.getsignal(signal.SIGTERM) == before
