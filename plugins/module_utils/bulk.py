# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Many calls at once: bounded, order kept, one result an item."""

from __future__ import annotations

import collections
import concurrent.futures
from dataclasses import dataclass
from typing import Any, Callable, Deque, Iterable, Iterator, Mapping, Optional, Tuple

from .client import ApiError
from .transport import TransportError


class BulkError(Exception):
    """Some items failed; ``result`` says what was done, what was not and why."""

    def __init__(self, message: str, result: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.result = dict(result)


@dataclass(frozen=True)
class ItemResult:
    """One item: ``value`` is what the call gave, or ``error`` is why it failed."""

    item: Any
    value: Any = None
    error: Optional[Exception] = None


def each(
    items: Iterable[Any],
    call: Callable[[Any], Any],
    concurrency: int = 8,
    stop: Callable[[ItemResult], bool] = lambda result: False,
) -> Iterator[ItemResult]:
    """Call once an item, at most ``concurrency`` at a time, and give the results in the order of the items.

    Errors of the API and of the network belong to their item. When ``stop`` says so of a result, nothing further is started; what
    is under way is waited for and reported, so that an item without a result was certainly not tried. Any other error, and an
    interruption, stops in the same way and is raised.
    """
    pending: Deque[Tuple[Any, concurrent.futures.Future[Any]]] = collections.deque()

    def results() -> Iterator[ItemResult]:
        for item in items:
            # A window of twice the width keeps the workers busy behind one slow item without queueing the whole input.
            if len(pending) >= 2 * concurrency:
                yield _result(*pending.popleft())
            pending.append((item, pool.submit(call, item)))
        while pending:
            yield _result(*pending.popleft())

    with concurrent.futures.ThreadPoolExecutor(max_workers=concurrency) as pool:
        try:
            for result in results():
                yield result
                if stop(result):
                    break
            for item, future in list(pending):
                if not future.cancel():
                    yield _result(item, future)
        finally:
            for _item, future in pending:
                future.cancel()


def _result(item: Any, future: concurrent.futures.Future[Any]) -> ItemResult:
    try:
        return ItemResult(item, future.result())
    except (ApiError, TransportError) as error:
        return ItemResult(item, error=error)
