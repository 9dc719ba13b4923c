# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""When the next request may be sent: a rate, and the pauses that the service asks for, both for all threads and processes together."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
import threading
import time
from dataclasses import astuple, dataclass, replace
from typing import Any, Callable, Iterator, Mapping, NamedTuple, Optional, Tuple

from .files import check_private
from .settings import SLOWEST_RATE, Settings

fcntl: Any = None
with contextlib.suppress(ImportError):
    import fcntl

_BURST = 0.1  # seconds' worth of requests that may be sent at once after a rest
_RETURN = 0.05  # seconds between those who come back from a pause: together they would be refused again
_HORIZON = 60.0  # seconds; a turn that is farther away is not reserved,
_FARTHEST = _HORIZON + 1 / SLOWEST_RATE  # so this one is nobody's
_TRIES, _TRY = 200, 0.005  # how often, and how many seconds apart, the file is locked before it is done without
_BOOT = "/proc/sys/kernel/random/boot_id"
_LAST = 1e9  # no machine's clock comes that far
_SIZES = 256  # of the file, one after the other
_NO_FILE = (0, 0, 0)


@dataclass
class State:
    """What is shared. Moments are those of ``time.monotonic``, which the processes of a machine have in common."""

    free: float = 0.0  # the first turn that nobody has
    until: float = 0.0  # nobody sends anything before,
    since: float = 0.0  # as was said at this moment
    passed: float = 0.0  # when somebody last got through who had been refused before

    def held(self, now: float, longest: float) -> float:
        """Until when nothing may be sent: never for longer than that since it was said, and not if that is yet to come."""
        return min(self.until, self.since + longest) if self.since <= now else 0.0


class Turn(NamedTuple):
    """Seconds to wait for a turn, whether it is reserved, and the end of the pause that was known."""

    seconds: float
    reserved: bool
    held: float


def shared_folder(environ: Mapping[str, str]) -> Optional[str]:
    """Where the processes of a user meet on this machine; None where they cannot."""
    if fcntl is None:
        return None
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    # After a change of the user it may still name the folder of the one before.
    with contextlib.suppress(OSError):
        if os.path.isabs(runtime) and os.stat(runtime).st_uid == os.geteuid():
            return os.path.join(runtime, "pelion_device_management")
    return os.path.join(tempfile.gettempdir(), f"pelion_device_management-{os.geteuid()}")


class Pace:
    """The pace of one account at one address. Safe to share between threads.

    ``requests_per_second`` of the settings is a token bucket that holds a tenth of a second's worth, and one request at least: in any
    ``T`` seconds at most ``rate * T + max(1, rate / 10)`` requests get their turn, in the order in which they ask. Without it only the
    pauses count, from which one after the other comes back. ``retry_max_wait`` is the longest of them.

    :param folder: where processes meet, its owner's only; without one, and where it cannot be used, the pace is that of this object.
    """

    def __init__(
        self,
        settings: Settings,
        folder: Optional[str] = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        rate = settings.requests_per_second
        self._interval = 1 / rate if rate else 0.0
        self._tolerance = max(0.0, _BURST - self._interval)
        self._longest = settings.retry_max_wait
        self._sleep = sleep
        self._monotonic = monotonic
        self._settings = settings
        self._folder = folder
        self._name = ""
        self._lock = threading.Lock()
        self._state = State()
        # What the file looked like when there was nothing to wait for.
        self._quiet: Tuple[int, ...] = _NO_FILE

    def wait(self) -> None:
        """Sleep until one more request may be sent."""
        seen: Tuple[int, ...] = _NO_FILE
        if not self._interval:
            seen = self._look()
            if seen == self._quiet:
                return
        while True:
            turn = self._turn(seen)
            if turn.seconds > 0:
                self._sleep(turn.seconds)
            # A pause that was asked for meanwhile holds for those who slept too. They queue anew, for they may be many.
            if turn.reserved and (turn.seconds <= 0 or self._held() <= turn.held):
                return

    def hold(self, seconds: float) -> None:
        """Nobody sends anything for so long, though never longer than ``retry_max_wait``."""
        seconds = min(seconds, self._longest)
        if seconds <= 0:
            return
        with self._shared() as state:
            now = self._monotonic()
            until = now + seconds
            if until > state.held(now, self._longest):
                state.until, state.since = until, now
                self._quiet = ()

    def got_through(self) -> None:
        """Tell all that somebody got through who had been refused before, since there were too many."""
        with self._shared() as state:
            state.passed = self._monotonic()

    def passed(self) -> float:
        """Changes with each that ``got_through``, in this process or another."""
        with self._shared() as state:
            return state.passed

    def _held(self) -> float:
        with self._shared() as state:
            return state.held(self._monotonic(), self._longest)

    def _turn(self, seen: Tuple[int, ...]) -> Turn:
        with self._shared() as state:
            now = self._monotonic()
            held = state.held(now, self._longest)
            if not self._interval and held <= now:
                self._quiet = seen
                return Turn(0.0, True, held)
            begin = max(now, held)
            turn = max(held, now - self._tolerance, state.free if state.free <= begin + _FARTHEST else 0.0)
            if turn > begin + _HORIZON:
                return Turn(begin - now + _HORIZON, False, held)
            state.free = turn + (self._interval or _RETURN)
            return Turn(turn - now, True, held)

    # -- what is shared

    def _path(self) -> str:
        """The file of this account and address, whose name does not tell them; empty where there is none."""
        folder = self._folder  # which another thread may give up meanwhile
        if folder and not self._name:
            boot = ""
            with contextlib.suppress(OSError), open(_BOOT, encoding="utf-8") as opened:
                boot = opened.read()  # the clock of another start of the machine means nothing
            digest = hashlib.sha256(f"{self._settings.account} {boot}".encode()).hexdigest()
            self._name = os.path.join(folder, f"pace-{digest[:32]}")
        return self._name

    def _look(self) -> Tuple[int, ...]:
        """Tells a file that was changed from what it was before."""
        path = self._path()
        # Cheaper than an error, and usually there is none.
        if not path or not os.access(path, os.F_OK):
            return _NO_FILE
        try:
            found = os.stat(path)
        except OSError:
            return _NO_FILE
        return (found.st_mtime_ns, found.st_size, found.st_ino)

    @contextlib.contextmanager
    def _shared(self) -> Iterator[State]:
        """The state, while nobody else has it. What is changed is kept."""
        with self._lock, contextlib.ExitStack() as stack:
            opened = self._opened(stack)
            before = replace(self._state)
            yield self._state
            if opened is not None and self._state != before:
                with self._or_alone():
                    _write(opened, self._state)

    def _opened(self, stack: contextlib.ExitStack) -> Optional[int]:
        """The file with the state, locked until it is closed."""
        path = self._path()
        if path:
            with self._or_alone():
                opened = _locked(path, self._sleep)
                stack.callback(os.close, opened)
                self._state = _read(opened)
                return opened
        return None

    @contextlib.contextmanager
    def _or_alone(self) -> Iterator[None]:
        """Where the file cannot be used, once is enough to try it."""
        try:
            yield
        except OSError:
            self._folder, self._name = None, ""


def _locked(path: str, sleep: Callable[[float], None]) -> int:
    """A file that is open, and that nobody else has locked.

    :raises OSError: when it or its folder is not ours alone or cannot be used, and when another process does not let go of it.
    """
    folder, name = os.path.split(path)
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder, 0o700)
    # Neither is reached by a link: in a folder that all may write to, somebody else may have laid it.
    inside = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        check_private(os.fstat(inside), folder)
        opened = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600, dir_fd=inside)
    finally:
        os.close(inside)
    try:
        check_private(os.fstat(opened), path)
        for _try in range(_TRIES):
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return opened
            sleep(_TRY)
        raise TimeoutError(errno.ETIMEDOUT, "Another process does not let go of it", path)
    except BaseException:
        os.close(opened)
        raise


def _read(opened: int) -> State:
    """What the file says; nothing where that cannot be meant."""
    with contextlib.suppress(ValueError, TypeError):
        moments = [float(part) for part in os.pread(opened, 200, 0).split()]
        if all(0 <= moment < _LAST for moment in moments):
            return State(*moments)
    return State()


def _write(opened: int, state: State) -> None:
    # Always as long, so that it is whole or as before even if this process ends meanwhile; but for blanks, whose number tells a change from
    # another one that comes so soon that the file's time is the same.
    # To all its digits, since a moment that is rounded up is yet to come.
    text = " ".join(f"{moment:026.16f}" for moment in astuple(state)).encode()
    size = len(text) + (os.fstat(opened).st_size - len(text) + 1) % _SIZES
    os.pwrite(opened, text.ljust(size), 0)
    os.ftruncate(opened, size)
