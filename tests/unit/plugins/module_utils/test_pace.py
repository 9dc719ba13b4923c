# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pace of requests: never more than the rate, pauses that hold for all, and nothing that could block for ever."""

from __future__ import annotations

import contextlib
import fcntl
import heapq
import itertools
import math
import os
import random
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils import pace as subject
from ansible_collections.pelion.device_management.plugins.module_utils.client import Client
from ansible_collections.pelion.device_management.plugins.module_utils.pace import Pace, State, shared_folder
from ansible_collections.pelion.device_management.plugins.module_utils.settings import Settings
from ansible_collections.pelion.device_management.tests.unit.plugins.module_utils.fakes import BASE, KEY, answer
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st


def settings_of(rate=None, longest=60.0, key=KEY, url=BASE):
    return Settings(api_key=key, api_url=url, requests_per_second=rate, retry_max_wait=longest)


class Clock:
    """A clock of its own that only sleeping moves."""

    def __init__(self, now=1000.0):
        self.now = now
        self.slept = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        assert seconds > 0
        self.slept.append(seconds)
        self.now += seconds


class World:
    """Threads on a common clock that goes on when all of them sleep: one runs at a time, so that each run of a test is the same."""

    def __init__(self, now=1000.0):
        self.now = now
        self._turn = threading.Condition()
        self._waking = []  # (moment, order, its thread may go on)
        self._order = 0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        assert seconds > 0
        self._pass_on(self.now + seconds)

    def _pass_on(self, moment):
        """Let the next thread run, and wait until it is this one's turn again."""
        mine = None
        with self._turn:
            if moment is not None:
                mine = threading.Event()
                self._order += 1
                heapq.heappush(self._waking, (moment, self._order, mine))
            if self._waking:
                self.now, _order, other = heapq.heappop(self._waking)
                other.set()
        if mine is not None:
            assert mine.wait(30)

    def run(self, *tasks):
        """Run functions side by side; those of pairs begin at their moment."""

        def life(begun, task):
            assert begun.wait(30)
            try:
                task()
            except BaseException as error:
                failures.append(error)
            finally:
                self._pass_on(None)

        failures, threads = [], []
        for delay, task in (task if isinstance(task, tuple) else (0.0, task) for task in tasks):
            begun = threading.Event()
            self._order += 1
            heapq.heappush(self._waking, (self.now + delay, self._order, begun))
            threads.append(threading.Thread(target=life, args=(begun, task), daemon=True))
            threads[-1].start()
        self._pass_on(None)
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()
        if failures:
            raise failures[0]


@contextlib.contextmanager
def place() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield os.path.join(folder, "shared")


@pytest.fixture
def folder(tmp_path):
    return str(tmp_path / "shared")


def file_of(folder):
    (path,) = Path(folder).iterdir()
    return path


# -- the rate


def most_in(moments, seconds):
    """The most of these moments in any window of that length."""
    moments = sorted(moments)
    most, first = 0, 0
    for last, moment in enumerate(moments):
        while moments[first] < moment - seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


@given(
    rate=st.floats(0.1, 500) | st.sampled_from([1.0, 3.0, 10.0, 20.0, 100.0]),
    processes=st.integers(1, 4),
    threads=st.integers(1, 3),
    requests=st.integers(1, 8),
    seed=st.integers(0, 2**16),
    meet=st.booleans(),
)
@hypothesis_settings(deadline=None, max_examples=60)
def test_law_of_the_rate(rate, processes, threads, requests, seed, meet):
    """No window of any length has more turns than the rate and the burst allow, over all processes that meet, or in one that is alone."""
    world, turns, chance = World(), [], random.Random(seed)
    with place() as folder:

        def work(pace, pauses):
            for pause in pauses:
                if pause:
                    world.sleep(pause)
                pace.wait()
                turns.append(world.now)

        tasks = []
        for _process in range(processes if meet else 1):
            pace = Pace(settings_of(rate), folder if meet else None, sleep=world.sleep, monotonic=world)
            for _thread in range(threads):
                pauses = [chance.choice([0, 0, 0, 1, 2, 5]) * chance.random() / rate for _request in range(requests)]
                tasks.append((chance.random() / rate, lambda pace=pace, pauses=pauses: work(pace, pauses)))
        world.run(*tasks)
    burst = max(1.0, rate / 10)
    assert len(turns) == len(tasks) * requests
    for seconds in (0.0, 0.5 / rate, 1 / rate, 3.3 / rate, 10 / rate, 0.1, 1.0, 10.0):
        assert most_in(turns, seconds) <= math.floor(rate * seconds + burst + 1e-3), (seconds, turns)


@given(st.floats(0.1, 500), st.integers(1, 60))
@hypothesis_settings(deadline=None)
def test_law_of_the_whole_time(rate, requests):
    """The rate is also reached: no turn is given away while somebody asks."""
    clock = Clock()
    pace = Pace(settings_of(rate), sleep=clock.sleep, monotonic=clock)
    for _request in range(requests):
        pace.wait()
    burst = max(1.0, rate / 10)
    assert clock.now - 1000 == pytest.approx(max(0.0, (requests - burst) / rate), abs=1e-6)


@pytest.mark.parametrize(("rate", "waits"), [(1.0, [1.0] * 4), (10.0, [0.1] * 4), (20.0, [0.05] * 3), (30.0, [1 / 30] * 2), (1000.0, [])])
def test_the_burst_is_a_tenth_of_a_second(folder, rate, waits):
    clock = Clock()
    pace = Pace(settings_of(rate), folder, sleep=clock.sleep, monotonic=clock)
    for _request in range(5):
        pace.wait()
    assert clock.slept == pytest.approx(waits)


class Slow(State):
    """Lets other threads run between reading and writing."""

    def __getattribute__(self, name):
        found = super().__getattribute__(name)
        if name == "free":
            time.sleep(0.0001)
        return found


def test_threads_never_get_the_same_turn():
    pace = Pace(settings_of(10.0), sleep=lambda seconds: None, monotonic=lambda: 1000.0)
    pace._state = Slow()
    threads = [threading.Thread(target=lambda: [pace.wait() for _request in range(10)]) for _thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert pace._state.free == pytest.approx(1000 + 80 / 10)


def test_turns_are_in_the_order_of_asking(folder):
    world, turns = World(), []

    def ask(number, pace):
        pace.wait()
        turns.append((number, world.now))

    paces = [Pace(settings_of(1.0), folder, sleep=world.sleep, monotonic=world) for _process in range(6)]
    world.run(*[(number / 100, lambda number=number: ask(number, paces[number])) for number in range(6)])
    assert turns == [(number, pytest.approx(1000.0 + number)) for number in range(6)]


def test_a_long_queue_keeps_to_the_rate_too():
    """Turns beyond the horizon are not reserved, and yet nobody is early and everybody has one."""
    world, turns = World(), []
    with place() as folder:

        def ask(pace):
            pace.wait()
            turns.append(world.now)

        paces = [Pace(settings_of(0.1), folder, sleep=world.sleep, monotonic=world) for _process in range(20)]
        world.run(*[lambda pace=pace: ask(pace) for pace in paces])
    assert len(turns) == 20
    assert most_in(turns, 9.99) == 1
    assert max(turns) <= 1000 + 19 * 10 + 60


def test_accounts_and_addresses_have_a_pace_each(folder):
    clock = Clock()
    others = [settings_of(1.0, key=KEY + "0"), settings_of(1.0, url="https://api.elsewhere.example.com"), settings_of(1.0)]
    for settings in others:
        Pace(settings, folder, sleep=clock.sleep, monotonic=clock).wait()
    assert clock.slept == []
    Pace(settings_of(1.0), folder, sleep=clock.sleep, monotonic=clock).wait()
    assert clock.slept == pytest.approx([1.0])
    assert len(os.listdir(folder)) == 3


# -- pauses


@given(
    holds=st.lists(st.tuples(st.floats(0, 20), st.floats(0, 100), st.integers(0, 3)), min_size=1, max_size=4),
    rate=st.none() | st.floats(0.5, 50),
    longest=st.floats(0, 80),
    seed=st.integers(0, 2**16),
)
@example(holds=[(1.7002260539717824, 2.0, 0), (1.7002260539717824, 1.0, 0)], rate=None, longest=2.0, seed=0)  # told at once
@hypothesis_settings(deadline=None, max_examples=60)
def test_law_of_pauses(holds, rate, longest, seed):
    """Whoever was told: from then on nobody sends anything, in no thread and no process, until the time is over, and then all go on."""
    world, turns, told, chance = World(), [], [], random.Random(seed)
    with place() as folder:
        paces = [Pace(settings_of(rate, longest), folder, sleep=world.sleep, monotonic=world) for _process in range(4)]

        def ask(pace):
            for _request in range(4):
                world.sleep(chance.random() * 5 + 0.01)
                pace.wait()
                turns.append(world.now)

        def tell(pace, seconds):
            pace.hold(seconds)
            told.append((world.now, world.now + min(seconds, longest)))

        threads = [(0.0, lambda pace=pace: ask(pace)) for pace in paces for _thread in range(2)]
        world.run(*threads, *[(begin, lambda s=seconds, n=number: tell(paces[n], s)) for begin, seconds, number in holds])
    assert len(turns) == 32
    for begin, end in told:
        assert [turn for turn in turns if begin < turn < end - 1e-6] == []
    # The longest wait: the pauses, then one after the other.
    interval = 1 / rate if rate else 0.05
    assert max(turns) <= 1000 + 4 * 5.1 + sum(end - begin for begin, end in told) + 32 * 4 * interval


def test_after_a_pause_one_after_the_other_comes_back(folder):
    world, turns = World(), []

    def ask(pace):
        pace.wait()
        turns.append(world.now)

    paces = [Pace(settings_of(), folder, sleep=world.sleep, monotonic=world) for _process in range(3)]
    paces[2].hold(7)
    world.run(*[(number / 10, lambda pace=pace: ask(pace)) for number, pace in enumerate(paces * 2)])
    assert turns == pytest.approx([1007.0, 1007.05, 1007.1, 1007.15, 1007.2, 1007.25])
    turns.clear()
    # Whoever had nothing to do with it does not queue.
    world.run(*[lambda pace=pace: ask(pace) for pace in paces * 2])
    assert len(set(turns)) == 1


def test_a_pause_that_comes_while_others_sleep_holds_for_them_too(folder):
    world, turns = World(), []

    def ask(pace):
        pace.wait()
        turns.append(world.now)

    one, two = (Pace(settings_of(0.5), folder, sleep=world.sleep, monotonic=world) for _process in range(2))
    world.run(lambda: ask(one), lambda: ask(one), lambda: ask(two), (1.0, lambda: two.hold(10)))
    assert turns == pytest.approx([1000.0, 1011.0, 1013.0])


def test_a_pause_is_known_where_nothing_is_shared():
    clock = Clock()
    pace = Pace(settings_of(), sleep=clock.sleep, monotonic=clock)
    pace.wait()
    pace.hold(5)
    pace.hold(3)
    pace.wait()
    pace.wait()
    assert clock.slept == [5]


def test_no_file_without_need(folder):
    """Neither a file nor a folder comes from requests alone."""
    pace = Pace(settings_of(), folder)
    for _request in range(3):
        pace.wait()
    pace.hold(0)
    assert not os.path.exists(folder)


def test_a_look_at_the_file_is_all_that_a_request_costs(folder, monkeypatch):
    clock = Clock()
    one, two = (Pace(settings_of(), folder, sleep=clock.sleep, monotonic=clock) for _process in range(2))
    one.hold(1)
    two.wait()
    two.wait()
    monkeypatch.setattr(subject, "_locked", None)
    for _request in range(3):
        two.wait()
    monkeypatch.undo()
    one.hold(2)
    two.wait()
    assert clock.slept == [1, 2]


# -- without a rate of ours


class Limited:
    """A service that refuses more than so many requests a second."""

    def __init__(self, world, rate, headers):
        self.world, self.interval, self.headers = world, 1 / rate, headers
        self.free = world.now
        self.carried_out = []

    def send(self, method, url, **_more):
        self.world.sleep(0.05)
        if self.world.now < self.free:
            return answer(429, "", self.headers)
        self.free = self.world.now + self.interval
        self.carried_out.append(url)
        return answer(204)


def test_those_who_were_told_to_wait_come_back_one_after_the_other():
    world, sent = World(), []

    class Service:
        def send(self, method, url, **_more):
            sent.append(round(world.now - 1000, 6))
            world.sleep(0.01)
            return answer(204) if len(sent) > 4 else answer(429, "", {"Retry-After": "7"})

    pace = Pace(settings_of(), sleep=world.sleep, monotonic=world)
    client = Client(settings_of(), transport=Service(), sleep=world.sleep, monotonic=world, pace=pace)
    world.run(*[lambda: client.request("GET", "/v3/x")] * 4)
    assert sent == pytest.approx([0.0] * 4 + [7.01, 7.06, 7.11, 7.16])


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "1"}, {"Retry-After": "0"}])
def test_far_too_many_workers_lose_nothing(headers):
    """Those who are refused again and again, because others are quicker, have their turn at last."""
    world, chance = World(), random.Random(1)
    service = Limited(world, 2.0, headers)
    given = settings_of()
    pace = Pace(given, sleep=world.sleep, monotonic=world)
    client = Client(given, transport=service, sleep=world.sleep, monotonic=world, jitter=lambda: chance.uniform(0.001, 1), pace=pace)
    items = iter(range(200))

    def work():
        for item in items:
            client.request("POST", f"/v3/{item}")

    world.run(*[work] * 64)
    assert sorted(service.carried_out) == sorted(f"{BASE}/v3/{item}" for item in range(200))
    # Nor does the service stand idle for long: at worst for the pauses that it asks for.
    assert world.now - 1000 < 2.5 * 200 / 2


def test_who_got_through_is_known_to_all(folder):
    clock = Clock()
    one, two = (Pace(settings_of(), folder, sleep=clock.sleep, monotonic=clock) for _process in range(2))
    before = two.passed()
    assert two.passed() == before
    one.got_through()
    assert two.passed() == one.passed() != before
    two.hold(1)
    assert one.passed() == two.passed()


@pytest.mark.parametrize("writes", [1, 2, 255])
def test_changes_of_one_moment_are_told_from_each_other(folder, writes):
    """The time of a file goes in steps of some milliseconds."""
    clock = Clock()
    one, two = (Pace(settings_of(), folder, sleep=clock.sleep, monotonic=clock) for _process in range(2))
    one.got_through()
    path = file_of(folder)
    two.wait()
    before = path.stat()
    sizes = {before.st_size}
    for _write in range(writes):
        clock.now += 0.5
        one.hold(5)
        sizes.add(path.stat().st_size)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    two.wait()
    assert clock.slept == [5]
    assert len(sizes) == writes + 1
    assert max(sizes) < 400


# -- what may be found


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"garbage",
        b"\xff\xfe\x00" * 50,
        b"1 2",
        b"1 2 3 4 5",
        b"nan nan nan",
        b"inf inf 0",
        b"-1e9 1e18 0",
        b"999999999 999999999 0",
        b"999999999 999999999 999999999",
        b"5000.0 4000.0 3000.0",
        b"0000001070.500000000 0 0",
        b"0 999999999 999",
    ],
)
@pytest.mark.parametrize("rate", [None, 2.0])
def test_no_state_blocks_for_long(folder, content, rate):
    """A pause is over at the latest when the longest would be; a queue is never longer than there may be reservations."""
    Pace(settings_of(1.0), folder).wait()
    path = file_of(folder)
    clock = Clock()
    pace = Pace(settings_of(rate, longest=20.0), folder, sleep=clock.sleep, monotonic=clock)
    path.write_bytes(content)
    for _request in range(4):
        pace.wait()
    assert clock.now - 1000 <= 20 + 4 * (1 / rate if rate else 0.05) + (70 if content.startswith(b"0000001070") and rate else 0)
    if rate:
        clock.slept.clear()
        pace.wait()
        assert clock.slept == pytest.approx([0.5])


@given(st.tuples(*[st.floats(0, 1e9)] * 3), st.none() | st.floats(0.1, 100), st.floats(0, 100))
@hypothesis_settings(deadline=None)
def test_law_of_foreign_states(state, rate, longest):
    """Whatever is written there, and however the clock of it and ours differ."""
    clock = Clock()
    pace = Pace(settings_of(rate, longest), None, sleep=clock.sleep, monotonic=clock)
    pace._state = State(*state)
    pace._quiet = ()
    pace.wait()
    assert clock.now - 1000 <= longest + 70 + (1 / rate if rate else 0.05)


@pytest.mark.parametrize("jump", [-900.0, 5000.0])
@pytest.mark.parametrize("rate", [None, 1.0])
def test_a_clock_that_jumps(folder, jump, rate):
    clock = Clock()
    pace = Pace(settings_of(rate), folder, sleep=clock.sleep, monotonic=clock)
    pace.wait()
    pace.hold(50)
    clock.now += jump
    begin = clock.now
    pace.wait()
    pace.wait()
    assert clock.now - begin <= 1


def test_the_clock_of_another_start_of_the_machine_means_nothing(folder, monkeypatch, tmp_path):
    names = set()
    for start in ("one\n", "two\n", "two\n"):
        (tmp_path / "boot").write_text(start)
        monkeypatch.setattr(subject, "_BOOT", str(tmp_path / "boot"))
        names.add(Pace(settings_of(), folder)._path())
    monkeypatch.setattr(subject, "_BOOT", str(tmp_path / "none"))
    names.add(Pace(settings_of(), folder)._path())
    assert len(names) == 3


# -- whose it is


def test_only_its_owner_can_read_it_and_nothing_is_told_by_it(folder):
    mask = os.umask(0)
    try:
        Pace(settings_of(5.0), folder).wait()
    finally:
        os.umask(mask)
    path = file_of(folder)
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    told = f"{path} {path.read_text()}"
    assert KEY not in told
    assert KEY[:8] not in told
    assert "example" not in told


def linked_folder(folder, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    os.symlink(tmp_path / "elsewhere", folder)


def open_folder(folder, tmp_path, monkeypatch):
    os.mkdir(folder)
    os.chmod(folder, 0o777)


def foreign_folder(folder, tmp_path, monkeypatch):
    os.mkdir(folder, 0o700)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)


def linked_file(folder, tmp_path, monkeypatch):
    (tmp_path / "victim").write_text("precious")
    os.mkdir(folder, 0o700)
    os.symlink(tmp_path / "victim", Pace(settings_of(), folder)._path())


def open_file(folder, tmp_path, monkeypatch):
    os.mkdir(folder, 0o700)
    path = Path(Pace(settings_of(), folder)._path())
    path.write_text("0 1020.0 999.0")
    path.chmod(0o666)


def a_folder_in_its_place(folder, tmp_path, monkeypatch):
    os.makedirs(Pace(settings_of(), folder)._path(), 0o700)


def a_file_in_its_place(folder, tmp_path, monkeypatch):
    Path(folder).write_text("")


def no_parent(folder, tmp_path, monkeypatch):
    tmp_path.rename(tmp_path.with_name(tmp_path.name + "-gone"))


def no_locks(folder, tmp_path, monkeypatch):
    def flock(opened, how):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", flock)


@pytest.mark.parametrize(
    "trap",
    [
        linked_folder,
        open_folder,
        foreign_folder,
        linked_file,
        open_file,
        a_folder_in_its_place,
        a_file_in_its_place,
        no_parent,
        no_locks,
    ],
)
@pytest.mark.parametrize("rate", [None, 1.0])
def test_what_is_not_ours_is_not_used(folder, tmp_path, monkeypatch, trap, rate):
    """The pace is that of the process then, and whatever lies there stays as it is."""
    trap(folder, tmp_path, monkeypatch)
    clock = Clock()
    pace = Pace(settings_of(rate), folder, sleep=clock.sleep, monotonic=clock)
    pace.wait()
    pace.hold(10)
    pace.wait()
    assert clock.slept == [10]
    assert pace._folder is None
    if (tmp_path / "victim").exists():
        assert (tmp_path / "victim").read_text() == "precious"
    if (tmp_path / "elsewhere").exists():
        assert os.listdir(tmp_path / "elsewhere") == []


def test_a_disk_that_is_full(folder, monkeypatch):
    def pwrite(*written):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", pwrite)
    clock = Clock()
    pace = Pace(settings_of(1.0), folder, sleep=clock.sleep, monotonic=clock)
    for _request in range(3):
        pace.wait()
    assert clock.slept == [1, 1]


def test_a_process_that_never_lets_go_is_not_waited_for(folder):
    clock = Clock()
    Pace(settings_of(1.0), folder).wait()
    with open(file_of(folder), "rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        pace = Pace(settings_of(1.0), folder, sleep=clock.sleep, monotonic=clock)
        pace.wait()
        assert clock.now - 1000 == pytest.approx(1)
        pace.wait()
        assert clock.now - 1000 == pytest.approx(2)


def test_the_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/somewhere")
    fallback = f"/somewhere/pelion_device_management-{os.geteuid()}"
    assert shared_folder({"XDG_RUNTIME_DIR": str(tmp_path)}) == f"{tmp_path}/pelion_device_management"
    assert shared_folder({}) == fallback
    assert shared_folder({"XDG_RUNTIME_DIR": "run"}) == fallback
    assert shared_folder({"XDG_RUNTIME_DIR": str(tmp_path / "none")}) == fallback
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    assert shared_folder({"XDG_RUNTIME_DIR": str(tmp_path)}) == "/somewhere/pelion_device_management-4711"
    monkeypatch.setattr(subject, "fcntl", None)
    assert shared_folder({"XDG_RUNTIME_DIR": str(tmp_path)}) is None


# -- real processes

ASK = """
import importlib, sys, threading, time
{bootstrap}
pace = importlib.import_module({pace!r})
pace._TRIES = 10000  # whoever has the lock may stand still, which is not what is looked at here
settings = importlib.import_module({settings!r})
asked = settings.Settings(api_key={key!r}, requests_per_second={rate})
granted, seen = [], threading.local()
def clock():
    seen.now = time.monotonic()
    return seen.now
one = pace.Pace(asked, {folder!r}, monotonic=clock)
turn = one._turn
def noted(*told):
    found = turn(*told)
    if found.reserved:
        granted.append(seen.now + found.seconds)
    return found
one._turn = noted
def work():
    for _number in range({requests}):
        one.wait()
threads = [threading.Thread(target=work) for _number in range(2)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(*granted)
"""


def test_real_processes_keep_to_the_rate_together(folder):
    """By the turns that they were given, which do not depend on how busy the machine is: no two are the same."""
    rate, requests, processes = 200.0, 20, 4
    base = subject.__name__.rpartition(".")[0]
    root = str(Path(subject.__file__).parents[5])
    text = ASK.format(
        bootstrap=f"sys.path.insert(0, {root!r})",
        pace=subject.__name__,
        settings=f"{base}.settings",
        key=KEY,
        rate=rate,
        folder=folder,
        requests=requests,
    )
    running = [subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True) for _process in range(processes)]
    told = [[float(moment) for moment in process.communicate(timeout=60)[0].split()] for process in running]
    granted = sorted(moment for line in told for moment in line)
    assert [len(line) for line in told] == [2 * requests] * processes
    assert min(later - earlier for earlier, later in itertools.pairwise(granted)) >= 1 / rate - 1e-6
    assert len(os.listdir(folder)) == 1
