# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Many objects by their ids: in as few requests as their list allows, side by side. Knows no resource and nothing of Ansible."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

from . import bulk
from . import filters as filtering
from . import resource as engine
from .client import LONGEST_URL, PAGE_LIMIT, Client
from .progress import Progress


def read(
    client: Client,
    row: engine.Resource,
    params: engine.Params,
    identities: Iterable[Any],
    conditions: filtering.Conditions = (),
    *,
    concurrency: int,
) -> Dict[str, engine.Object]:
    """The objects with these ids, by id and in the order of the ids, as far as they are there and fulfil the conditions.

    :raises ResourceError: for an id that cannot be one; nothing has been sent then.
    :raises ApiError, TransportError: when one of them cannot be read.
    """
    wanted = list(dict.fromkeys(map(row.checked_id, identities)))
    if not wanted:
        return {}
    if "in" in row.filters.get(row.identity, ()):
        found = _picked(client, row, params, wanted, concurrency)
    elif not row.readable:
        found = {item[row.identity]: item for item in engine.listing(client, row, params)}
    else:
        found, left = _listed(client, row, params, wanted, concurrency) if row.alike else ({}, wanted)
        client.progress.start(f"{row.list_name.replace('_', ' ')} read", len(left))
        answers = each(left, lambda identity: engine.read(client, row, params, identity), concurrency, client.progress)
        found.update((identity, item) for identity, item in zip(left, answers) if item is not None)
    return {identity: found[identity] for identity in wanted if identity in found and filtering.matches(conditions, found[identity])}


def _picked(client: Client, row: engine.Resource, params: engine.Params, wanted: Sequence[str], concurrency: int) -> Dict[str, Any]:
    """Those that the list's filter picks, as many a request as an address has room for."""
    path = row.collection(params)

    def length(conditions: filtering.Conditions) -> int:
        return client.url_length(path, filtering.direct(conditions))

    whole = (filtering.Condition(row.identity, "in", tuple(wanted)),)
    parts = filtering.split(whole, length, LONGEST_URL)
    found = each(parts, lambda part: list(engine.listing(client, row, params, part)), concurrency)
    return {item[row.identity]: item for items in found for item in items}


def _listed(
    client: Client, row: engine.Resource, params: engine.Params, wanted: Sequence[str], concurrency: int
) -> Tuple[Dict[str, Any], List[str]]:
    """Those that are in the list, which is read for no longer than asking for them one by one would take; and the ids that are left.

    How long the list is cannot be known before, so that together they take at most twice as long as the quicker of the two.
    """
    limit = PAGE_LIMIT * ((len(wanted) - 1) // concurrency)
    found: Dict[str, Any] = {}
    left = dict.fromkeys(wanted)
    for item in engine.listing(client, row, params, limit=limit):
        limit -= 1
        if item[row.identity] in left:
            found[item[row.identity]] = item
            del left[item[row.identity]]
        if not left:
            break
    # Short of the limit the list has come to its end.
    return found, [] if limit else list(left)


def each(items: Iterable[Any], call: Callable[[Any], Any], concurrency: int, progress: Optional[Progress] = None) -> Iterator[Any]:
    """What the calls gave, in order.

    :raises ApiError, TransportError: when one failed: a list with gaps would look like one of fewer objects.
    :raises NotTriedError: when it was interrupted.
    """
    for result in bulk.each(items, call, concurrency, max_failures=1, progress=progress):
        if isinstance(result.error, (bulk.NotTriedError, bulk.UnknownError)):
            raise bulk.NotTriedError("Reading the rest", "it was interrupted")
        if result.error is not None:
            raise result.error
        yield result.value
