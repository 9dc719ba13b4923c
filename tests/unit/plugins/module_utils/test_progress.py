# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Laws of the document that tells how far long work is."""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils.progress import Progress
from hypothesis import given
from hypothesis import strategies as st


class Clock:
    """Stands still unless it is told to go on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def told(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "progress"


def test_the_whole_document(path: Path) -> None:
    clock = Clock()
    progress = Progress(str(path), clock)
    progress.start("devices changed", 10)
    assert told(path) == {"what": "devices changed", "since": 1000.0, "done": 0, "failed": 0, "total": 10}
    clock.now += 1
    progress.advance()
    clock.now += 1
    progress.advance(failed=True)
    clock.now += 1
    progress.advance(count=3)
    assert told(path) == {"what": "devices changed", "since": 1000.0, "done": 5, "failed": 1, "total": 10}
    clock.now += 1
    progress.advance(failed=True, count=2)
    assert told(path) == {"what": "devices changed", "since": 1000.0, "done": 7, "failed": 3, "total": 10}
    clock.now += 1
    progress.waiting('phase "publishing"', 40, 600)
    assert told(path) == {"what": 'phase "publishing"', "since": 965.0, "timeout": 600}
    clock.now += 1
    progress.advance()
    assert told(path)["done"] == 8, "a wait in between does not count anew"
    progress.start("devices read")
    assert told(path) == {"what": "devices read", "since": 1006.0, "done": 0, "failed": 0, "total": None}


def test_what_is_counted_without_a_start(path: Path) -> None:
    Progress(str(path), Clock()).advance()
    assert told(path) == {"what": "", "since": 1000.0, "done": 1, "failed": 0, "total": None}


def test_only_its_owner_can_read_it(path: Path) -> None:
    before = os.umask(0)
    try:
        Progress(str(path)).start("devices changed")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


# Milliseconds between two steps, and what the step is.
STEPS = st.lists(st.tuples(st.integers(0, 1200), st.sampled_from(["start", "advance", "fail", "wait"])), max_size=40)


@given(STEPS)
def test_it_is_written_at_most_twice_a_second_and_never_late(steps: list[tuple[int, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, clock = Path(folder, "progress"), Clock()
        progress, written, inode = Progress(str(path), clock), 0.0, 0
        for number, (pause, step) in enumerate(steps):
            clock.now += pause / 1000
            {
                "start": lambda number=number: progress.start(f"step {number}"),
                "advance": progress.advance,
                "fail": lambda: progress.advance(failed=True),
                "wait": lambda number=number: progress.waiting(f"step {number}", 1, 2),
            }[step]()
            assert os.listdir(folder) == ["progress"], "nothing else stays"
            now = path.stat().st_ino
            due = step == "start" or clock.now >= written + 0.5
            assert (now != inode) == due
            if due:
                written, inode = clock.now, now
                if step in ("start", "wait"):
                    assert told(path)["what"] == f"step {number}"


@given(st.lists(st.booleans(), max_size=30))
def test_counts_add_up(failures: list[bool]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, clock = Path(folder, "progress"), Clock()
        progress = Progress(str(path), clock)
        progress.start("devices changed", len(failures))
        for failed in failures:
            clock.now += 1
            progress.advance(failed=failed)
        document = told(path)
        assert (document["done"], document["failed"], document["total"]) == (len(failures), sum(failures), len(failures))


def test_many_threads_lose_no_count_and_readers_see_whole_documents(path: Path) -> None:
    ticks = iter(range(10**9))
    # Each look at this clock is a second later, so that every step writes.
    progress = Progress(str(path), lambda: float(next(ticks)))
    progress.start("devices changed", 2000)

    def work() -> None:
        for _number in range(250):
            progress.advance()

    threads = [threading.Thread(target=work) for _number in range(8)]
    for thread in threads:
        thread.start()
    seen = 0
    while any(thread.is_alive() for thread in threads):
        document = told(path)
        assert document["done"] >= seen
        seen = document["done"]
    for thread in threads:
        thread.join()
    assert told(path)["done"] == 2000


def test_by_itself_it_is_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    progress = Progress()
    progress.start("devices changed", 3)
    progress.advance()
    progress.waiting("", 1, 2)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_gone_hurts_nobody_and_stays_gone(tmp_path: Path) -> None:
    folder, clock = tmp_path / "private", Clock()
    folder.mkdir()
    progress = Progress(str(folder / "progress"), clock)
    progress.start("devices changed", 3)
    shutil.rmtree(folder)
    for _number in range(3):
        clock.now += 1
        progress.advance()
    progress.waiting("", 1, 2)
    assert not folder.exists()
    folder.mkdir()
    clock.now += 1
    progress.advance()
    assert list(folder.iterdir()) == [], "after one error it is not tried again"
