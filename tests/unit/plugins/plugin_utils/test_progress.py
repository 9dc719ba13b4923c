# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the progress is put into words, and when a line is said."""

from __future__ import annotations

import itertools
import json
import re
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.pelion.device_management.plugins.plugin_utils import progress as subject
from hypothesis import given
from hypothesis import strategies as st


def counting(done: int, total: int | None = 10000, **more: Any) -> dict[str, Any]:
    return {"what": "devices changed", "since": 1000.0, "done": done, "failed": 0, "total": total, **more}


def test_lines_of_what_is_counted() -> None:
    lines = subject.Lines()
    assert [
        lines.line(counting(425), 1005.0),
        lines.line(counting(1200, failed=3), 1015.0),
        lines.line(counting(2200, failed=3), 1025.0),
        # Nothing has come for a while.
        lines.line(counting(2200, failed=3), 1100.0),
        lines.line(counting(2201, failed=1003), 1200.0),
        lines.line(counting(10000), 1300.0),
    ] == [
        "425 of 10,000 devices changed, 85/s, 1 min 53 s left",
        "1,200 of 10,000 devices changed, 80/s, 3 failed, 1 min 50 s left",
        "2,200 of 10,000 devices changed, 88/s, 3 failed, 1 min 29 s left",
        "2,200 of 10,000 devices changed, 0/s, 3 failed",
        "2,201 of 10,000 devices changed, 0.6/min, 1,003 failed",
        "10,000 of 10,000 devices changed",
    ]


def test_the_speed_is_that_of_the_last_half_minute() -> None:
    lines = subject.Lines()
    # A hundred a second at first, then ten.
    for second in range(10, 101, 10):
        lines.line(counting(100 * second, 100000), 1000.0 + second)
    found = [lines.line(counting(10000 + 10 * second, 100000), 1100.0 + second).split(", ")[1] for second in range(10, 61, 10)]
    assert found == ["70/s", "40/s", "10/s", "10/s", "10/s", "10/s"]


def test_the_next_work_is_counted_anew() -> None:
    lines = subject.Lines()
    lines.line(counting(9000), 1010.0)
    assert lines.line({**counting(50, 100), "what": "members added", "since": 1010.0}, 1020.0) == (
        "50 of 100 members added, 5/s, 10 s left"
    )


def test_without_a_total_nothing_is_foretold() -> None:
    assert subject.Lines().line(counting(34000, None), 1010.0) == "34,000 devices changed, 3,400/s"
    assert subject.Lines().line({**counting(7, None), "what": ""}, 1010.0) == "7 done, 42/min"


def test_what_has_only_begun_has_no_speed() -> None:
    assert subject.Lines().line(counting(7), 1000.5) == "7 of 10,000 devices changed"


def test_lines_of_waiting() -> None:
    waiting = {"what": 'phase "publishing"', "since": 1000.0, "timeout": 600}
    assert subject.Lines().line(waiting, 1040.0) == 'waiting, phase "publishing", 40 s of at most 10 min'
    assert subject.Lines().line({**waiting, "what": ""}, 1104.0) == "waiting, 1 min 44 s of at most 10 min"


def test_words_of_the_service_cannot_do_anything_to_a_terminal() -> None:
    waiting = {"what": 'phase "\x1b[2Jgone\r\n' + "x" * 200, "since": 1000.0, "timeout": 600}
    line = subject.Lines().line(waiting, 1001.0)
    assert line == 'waiting, phase "[2Jgone' + "x" * 86 + ", 1 s of at most 10 min"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (104, "1 min 44 s"),
        (600, "10 min"),
        (3599.9, "1 h"),
        (7500, "2 h 5 min"),
        (86399, "23 h 59 min"),
        (86400, "1 d"),
        (3 * 86400 + 4 * 3600 + 59, "3 d 4 h"),
    ],
)
def test_times_have_two_units(seconds: float, words: str) -> None:
    assert subject.span(seconds) == words


@pytest.mark.parametrize(
    ("rate", "words"), [(0, "0/s"), (3400.4, "3,400/s"), (85.2, "85/s"), (9.87, "9.9/s"), (1, "1/s"), (0.7, "42/min"), (0.01, "0.6/min")]
)
def test_speeds(rate: float, words: str) -> None:
    assert subject.speed(rate) == words


STEPS = st.lists(st.tuples(st.floats(0, 1000), st.integers(0, 10**6), st.integers(0, 100)), min_size=1, max_size=20)


@given(STEPS, st.one_of(st.none(), st.integers(0, 10**7)))
def test_no_line_is_absurd(steps: list[tuple[float, int, int]], total: int | None) -> None:
    lines, now, done, failed = subject.Lines(), 1000.0, 0, 0
    for pause, more, wrong in steps:
        now, done, failed = now + pause, done + more, failed + wrong
        line = lines.line(counting(done, total, failed=failed), now)
        assert re.fullmatch(
            r"[\d,]+( of [\d,]+)? devices changed(, [\d,.]+/(s|min))?(, [\d,]+ failed)?(, (\d+ (d|h|min|s) ?)+ left)?", line
        ), line
        assert "left" not in line or (total is not None and done < total)


# -- when


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "FIRST", 0.05)
    monkeypatch.setattr(subject, "EVERY", 0.01)
    # Who stands still for a while is waited for all the same.
    monkeypatch.setattr(subject, "_PATIENCE", 60.0)
    monkeypatch.setattr(subject, "time", SimpleNamespace(monotonic=lambda: 1000.0))


def until(condition: Any) -> None:
    """Wait for another thread."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_what_is_told_is_said_until_it_is_stopped(quick: None, tmp_path: Path) -> None:
    path, said = tmp_path / "progress", []
    watch = subject.Watch(str(path), said.append)
    watch.start()
    time.sleep(0.1)
    assert said == [], "nothing has been told"
    # Neither a document that is none nor one that cannot be read ends it.
    path.write_text("{", encoding="utf-8")
    time.sleep(0.05)
    path.unlink()
    path.mkdir()
    time.sleep(0.05)
    path.rmdir()
    path.write_text(json.dumps({"what": "", "since": 999.7, "timeout": 600}), encoding="utf-8")
    until(lambda: len(said) > 2)
    watch.stop()
    assert not watch.is_alive()
    assert set(said) == {"waiting, 0 s of at most 10 min"}
    count = len(said)
    time.sleep(0.05)
    assert len(said) == count


def test_signals_are_left_to_the_thread_that_runs_the_module(quick: None, tmp_path: Path) -> None:
    path, blocked = tmp_path / "progress", []
    path.write_text(json.dumps({"what": "", "since": 0, "timeout": 600}), encoding="utf-8")
    watch = subject.Watch(str(path), lambda line: blocked.append(signal.pthread_sigmask(signal.SIG_BLOCK, ())))
    watch.start()
    until(lambda: blocked)
    watch.stop()
    assert {signal.SIGINT, signal.SIGTERM} <= blocked[0]
    assert not {signal.SIGINT, signal.SIGTERM} & signal.pthread_sigmask(signal.SIG_BLOCK, ())


@pytest.fixture
def signals() -> Iterator[list[int]]:
    """The signals that were handled as they would be without a watch. None ends this process."""
    handled: list[int] = []
    before = {number: signal.signal(number, lambda number, frame: handled.append(number)) for number in (signal.SIGINT, signal.SIGTERM)}
    yield handled
    for number, handler in before.items():
        signal.signal(number, handler)


@dataclass
class Slow:
    """Takes its time to say a line."""

    begun: threading.Event = field(default_factory=threading.Event)
    goes_on: threading.Event = field(default_factory=threading.Event)
    said: list[str] = field(default_factory=list)

    def __call__(self, line: str) -> None:
        self.begun.set()
        assert self.goes_on.wait(10)
        self.said.append(line)


@pytest.fixture
def slow(signals: list[int], quick: None, tmp_path: Path) -> Iterator[tuple[subject.Watch, Slow]]:
    """A watch that is about to say a line when somebody lets it go on."""
    say = Slow()
    (tmp_path / "progress").write_text(json.dumps({"what": "", "since": 0, "timeout": 600}), encoding="utf-8")
    watch = subject.Watch(str(tmp_path / "progress"), say)
    yield watch, say
    say.goes_on.set()
    watch.stop()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_for_the_line_that_is_being_said(slow: Any, signals: list[int], number: int) -> None:
    """Ansible ends this process in its handler, and the line would keep the lock of the queue to Ansible for ever."""
    watch, say = slow
    watch.start()
    assert say.begun.wait(10)
    order: list[Any] = []
    threading.Timer(0.2, lambda: (order.append(list(signals)), say.goes_on.set())).start()
    signal.raise_signal(number)
    assert order == [[]]
    assert signals == [number]
    assert say.said, "the line was out by then"


def test_no_line_begins_while_a_signal_is_handled(slow: Any, signals: list[int]) -> None:
    watch, say = slow
    say.goes_on.set()
    counts: list[int] = []

    def handle(number: int, frame: Any) -> None:
        counts.append(len(say.said))
        time.sleep(0.1)
        counts.append(len(say.said))

    signal.signal(signal.SIGTERM, handle)
    watch.start()
    until(lambda: say.said)
    signal.raise_signal(signal.SIGTERM)
    assert counts[0] == counts[1]
    until(lambda: len(say.said) > counts[1])


def test_a_line_that_does_not_come_to_an_end_is_not_waited_for(slow: Any, signals: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "_PATIENCE", 0.05)
    watch, say = slow
    watch.start()
    assert say.begun.wait(10)
    began = time.monotonic()
    signal.raise_signal(signal.SIGTERM)
    assert signals == [signal.SIGTERM]
    assert time.monotonic() - began < 5, "the line itself gives up after 10"


def test_an_exception_of_the_handler_ends_the_task_as_ever(slow: Any, signals: list[int]) -> None:
    """Of Python itself, as in ansible-core before 2.19."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    watch, say = slow
    say.goes_on.set()
    watch.start()
    assert say.begun.wait(10)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    watch.stop()
    assert not watch.is_alive()


def test_signals_are_handled_as_before_when_it_is_over(slow: Any, signals: list[int]) -> None:
    watch, say = slow
    say.goes_on.set()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    before = signal.getsignal(signal.SIGINT)
    watch.start()
    assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL, "what ends the process by itself cannot be waited for"
    watch.stop()
    assert signal.getsignal(signal.SIGINT) == before
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_signals_are_left_alone_outside_of_the_main_thread(slow: Any, signals: list[int]) -> None:
    watch, say = slow
    say.goes_on.set()
    before = signal.getsignal(signal.SIGINT)
    other = threading.Thread(target=watch.start)
    other.start()
    other.join()
    assert signal.getsignal(signal.SIGINT) == before
    until(lambda: say.said)


def test_a_machine_without_threads_to_give_hurts_nobody(quick: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    before = signal.getsignal(signal.SIGINT)
    watch = subject.Watch(str(tmp_path / "progress"), print)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    watch.start()
    watch.stop()
    assert signal.getsignal(signal.SIGINT) == before


def test_a_listener_that_is_gone_ends_nothing(quick: None, tmp_path: Path) -> None:
    path, tried = tmp_path / "progress", threading.Semaphore(0)
    path.write_text(json.dumps({"what": "", "since": 0, "timeout": 600}), encoding="utf-8")

    def say(line: str) -> None:
        tried.release()
        raise BrokenPipeError

    watch = subject.Watch(str(path), say)
    watch.start()
    assert tried.acquire(timeout=10)
    assert tried.acquire(timeout=10), "it is tried again"
    watch.stop()


def test_lines_become_rarer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first after 5 s, then every 10, of long work a tenth later each time, and at least one in five minutes.

    Until something is told it is looked for every 5 s.
    """
    path, said, now, pauses = tmp_path / "progress", [], [0.0], []
    watch = subject.Watch(str(path), said.append)

    def wait(pause: float) -> bool:
        pauses.append(pause)
        now[0] += pause
        if len(pauses) == 2:
            path.write_text(json.dumps({"what": "", "since": 0, "timeout": 10}), encoding="utf-8")
        return now[0] > 10000

    monkeypatch.setattr(watch._end, "wait", wait)
    monkeypatch.setattr(subject, "time", SimpleNamespace(monotonic=lambda: now[0]))
    watch.start()
    watch.join()
    watch.stop()
    assert pauses[:11] == [5.0] * 2 + [10.0] * 9
    assert len(said) == len(pauses) - 2
    assert pauses[-1] == 300.0
    assert all(before <= after <= 1.11 * before or after == 10 for before, after in itertools.pairwise(pauses))
    assert len(pauses) == 71
