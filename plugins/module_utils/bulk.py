# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Many calls at once: bounded, order kept, one result an item, and an end that loses none of them."""

from __future__ import annotations

import contextlib
import math
import queue
import re
import signal
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Tuple, Union

from .client import ApiError, RequestError
from .progress import Progress
from .settings import SettingsError
from .transport import TransportError

# Documented in the fragments pelion.device_management.several.concurrency and .max_failures.
CONCURRENCY_SPEC: Dict[str, Dict[str, Any]] = {"concurrency": {"type": "int", "default": 8}}
BULK_SPEC: Dict[str, Dict[str, Any]] = {**CONCURRENCY_SPEC, "max_failures": {"type": "str"}}

MOST_WORKERS = 64
_AHEAD = 10_000  # results that may wait for an earlier item which takes long
_PATIENCE = 10.0  # seconds that an interrupted run waits for the calls that are under way
_SIGNALS: Dict[int, Any] = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}  # and how they are handled as a rule
_LOOK = 1.0  # seconds after which a signal is seen that came just before the main thread began to wait
# Set when a signal came while all items were under way, so that no result tells of it: it ends the next ``each`` of the task instead.
_unheard = threading.Event()


class BulkError(Exception):
    """Some items failed; ``result`` says what was done, what was not and why."""

    def __init__(self, message: str, result: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.result = dict(result)


class NotTriedError(BulkError):
    """An item was certainly not tried, because of what had happened before."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"{what} was not tried any more, since {reason}.", {})


class UnknownError(BulkError):
    """A call was under way at an interruption, and nobody waited any longer for how it ends."""

    def __init__(self) -> None:
        super().__init__("It was interrupted while under way; it is not known whether the service carried it out.", {})


@dataclass(frozen=True)
class ItemResult:
    """One item: ``value`` is what the call gave, or ``error`` is why it failed."""

    item: Any
    value: Any = None
    error: Optional[Exception] = None


def limits(params: Mapping[str, Any]) -> Dict[str, Any]:
    """The shared options as ``each`` takes them; a module that has no ``max_failures`` tries everything.

    :raises SettingsError: for what cannot be meant.
    """
    width, most = params["concurrency"], params.get("max_failures")
    if not 1 <= width <= MOST_WORKERS:
        raise SettingsError(f"concurrency must be 1 to {MOST_WORKERS}, not {width}.")
    allowed(most, 1)
    return {"concurrency": width, "max_failures": most}


def told(error: Exception) -> Dict[str, Any]:
    """Why an item failed, as results show it: ``msg``, and of an answer of the service ``status, type, fields, request_id``."""
    if not isinstance(error, ApiError):
        return {"msg": str(error)}
    return {"msg": str(error), "status": error.status, "type": error.type, "fields": error.fields, "request_id": error.request_id}


def each(
    items: Iterable[Any],
    call: Callable[[Any], Any],
    concurrency: int = 8,
    *,
    max_failures: Union[int, str, None] = None,
    total: Optional[int] = None,
    progress: Optional[Progress] = None,
) -> Iterator[ItemResult]:
    """Call once an item, at most ``concurrency`` at a time, and give the results in the order of the items.

    Errors of the API, of the network, and of requests that cannot be sent belong to their item. Nothing further is begun when the
    service refuses the key (401, 403), for it is refused for the other items too; when ``max_failures`` have failed; and at the signals
    INT and TERM. What is under way is then waited for, after a signal not for long (``UnknownError``). Of a collection all other items
    come out too, with a ``NotTriedError``. Anything else that is iterated over is read only as far as there are workers for it, and not
    any more after the end: then the ``NotTriedError`` is raised, after the last result. So is any other error of a call or of the input.
    A signal that comes when all items of a collection are under way ends the next ``each``, before its first item.

    :param max_failures: as in ``allowed``.
    :param total: how many items there are, where ``items`` has no length.
    :param progress: is told of each call as it ends.
    :raises SettingsError: for a ``max_failures`` that is neither.
    """
    if total is None and isinstance(items, Collection):
        total = len(items)
    run = _Run(iter(items), call, allowed(max_failures, total), progress or Progress())
    width = concurrency if total is None else min(concurrency, total)
    return _results(run, width, isinstance(items, Collection))


def allowed(max_failures: Union[int, str, None], total: Optional[int]) -> Optional[int]:
    """With how many failures it ends, None for no limit.

    :param max_failures: a number, or a percentage such as ``10%``.
    :param total: how many items there are, which a percentage needs.
    :raises SettingsError: for a ``max_failures`` that is neither.
    """
    if max_failures is None:
        return None
    given = re.fullmatch(r"(\d+)|(\d+(?:\.\d+)?)%", str(max_failures).strip(), re.ASCII)
    number, percentage = (Fraction(part or 0) for part in given.groups()) if given else (Fraction(0), Fraction(0))
    if not number and not 0 < percentage <= 100:
        raise SettingsError(f"max_failures must be a number such as 5 or a percentage such as 10%, not '{max_failures}'.")
    if number:
        return int(number)
    if total is None:
        raise ValueError("a percentage needs the number of items")
    return max(1, math.ceil(percentage * total / 100))


def _results(run: _Run, width: int, collection: bool) -> Iterator[ItemResult]:
    """The results in order, then what became of the rest."""
    workers: List[threading.Thread] = []
    if _unheard.is_set():
        _unheard.clear()
        run.interrupt()
    with _interrupting(run.interrupt):
        try:
            for _number in range(width):
                worker = threading.Thread(target=run.work, daemon=True)
                try:
                    worker.start()
                except RuntimeError:  # the machine gives no more threads
                    if not workers:
                        raise
                    break
                workers.append(worker)
            for result in run.results(len(workers)):
                run.heard = run.heard or isinstance(result.error, (NotTriedError, UnknownError))
                yield result
        except BaseException:
            run.leave(workers)
            raise
    if run.crash is not None:
        raise run.crash
    if run.reason and not collection:
        raise NotTriedError("The rest", run.reason)
    for item in run.source:
        run.heard = True
        yield ItemResult(item, error=NotTriedError("It", run.reason))
    if not run.heard:
        _unheard.set()


@contextlib.contextmanager
def _interrupting(interrupt: Callable[..., None]) -> Iterator[None]:
    """Let signals interrupt, where nobody else handles them. Python gives them to the main thread only."""
    taken = []
    if threading.current_thread() is threading.main_thread():
        taken = [number for number, handler in _SIGNALS.items() if signal.getsignal(number) == handler]
    for number in taken:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, _SIGNALS[number])


class _Run:
    """What the workers of one ``each`` share. A worker that is free takes the next item, so none waits for what another is at."""

    def __init__(self, source: Iterator[Any], call: Callable[[Any], Any], most: Optional[int], progress: Progress) -> None:
        self.source = source
        self.reason = ""  # why nothing further is begun
        self.heard = True  # whether a result tells of the signal, where one came
        self.crash: Optional[BaseException] = None
        self._call = call
        self._most = most
        self._progress = progress
        self._failures = 0
        self._lock = threading.Lock()
        self._room = threading.Semaphore(_AHEAD)
        self._taken = 0
        self._under_way: Dict[int, Any] = {}  # items by their number
        self._deadline: Optional[float] = None
        # What happened: a number and its result, a worker that left, a signal. The one kind of queue that a signal's handler may use.
        self._events: queue.SimpleQueue[Union[Tuple[int, Optional[ItemResult]], str]] = queue.SimpleQueue()

    def end(self, reason: str) -> None:
        """Begin nothing further; the first reason counts."""
        self.reason = self.reason or reason

    def leave(self, workers: Iterable[threading.Thread]) -> None:
        """End because nobody takes the results any more; workers that wait for one to be taken do not wait then."""
        self.end("nobody asks for more")
        self._room.release()
        for worker in workers:
            while worker.is_alive() and self._left() > 0:
                worker.join(min(_LOOK, self._left()))

    # -- in the workers

    def work(self) -> None:
        """Take items and carry them out while there are any."""
        # Signals are for the main thread: of any other they would not wake it.
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        while True:
            self._room.acquire()
            taken = self._take()
            if taken is None:
                break
            self._events.put((taken[0], self._outcome(taken[1])))
        self._room.release()
        self._events.put("left")

    def _take(self) -> Optional[Tuple[int, Any]]:
        with self._lock:
            if self.reason:
                return None
            try:
                item = next(self.source)
            except StopIteration:
                return None
            except BaseException as error:
                self._crashed(error)
                return None
            number, self._taken = self._taken, self._taken + 1
            self._under_way[number] = item
            if self.reason:  # a signal came while the input was at it
                self._events.put((number, ItemResult(item, error=NotTriedError("It", self.reason))))
                return None
            return number, item

    def _outcome(self, item: Any) -> Optional[ItemResult]:
        result = None
        try:
            result = ItemResult(item, self._call(item))
        except (ApiError, TransportError, RequestError) as error:
            result = ItemResult(item, error=error)
            self._failed(error)
        except BaseException as error:
            self._crashed(error)
        self._progress.advance(failed=result is None or result.error is not None)
        return result

    def _failed(self, error: Exception) -> None:
        with self._lock:
            self._failures += 1
            if isinstance(error, ApiError) and error.status in (401, 403):
                self.end("the key was refused")
            elif self._failures == self._most:
                self.end("max_failures was reached")

    def _crashed(self, error: BaseException) -> None:
        self.crash = self.crash or error
        self.end("there was an error")

    # -- in the thread that iterates

    def interrupt(self, *_signal: Any) -> None:
        """End, and wait for what is under way, but not for long; when told again not at all."""
        self._deadline = time.monotonic() + (_PATIENCE if self._deadline is None else 0)
        self.heard = False
        self.end("it was interrupted")
        self._events.put("signal")

    def _left(self) -> float:
        """For how many seconds what is under way is still waited for."""
        return math.inf if self._deadline is None else self._deadline - time.monotonic()

    def results(self, workers: int) -> Iterator[ItemResult]:
        """What was begun, in order."""
        early: Dict[int, Optional[ItemResult]] = {}
        number = 0
        while workers:
            event = self._event()
            if event is None:
                break
            if isinstance(event, str):
                workers -= event == "left"
                continue
            del self._under_way[event[0]]
            early[event[0]] = event[1]
            while number in early:
                result = early.pop(number)
                number += 1
                self._room.release()
                if result is not None:
                    yield result
        for left in sorted({*early, *self._under_way}):
            result = early[left] if left in early else ItemResult(self._under_way[left], error=UnknownError())
            if result is not None:
                yield result

    def _event(self) -> Union[Tuple[int, Optional[ItemResult]], str, None]:
        """What happens next, None when nobody waits for it any longer."""
        while True:
            try:
                while True:  # in here, so that a signal is caught also where it comes between two looks
                    left = self._left()
                    try:
                        return self._events.get(timeout=min(_LOOK, max(0.0, left)))
                    except queue.Empty:
                        if left <= 0:
                            return None
            except KeyboardInterrupt as error:  # where a signal is not ours to handle
                self._crashed(error)
                self.interrupt()
