# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists devices with one library, in a process of its own: readers.py client|side_by_side|requests|sdk.

For each line of JSON on standard input it lists `limit` devices, or all, and answers with one: `count`, `last` (the id of the last
device), `seconds` (without imports and set-up) and `peak_mb` (of the process, so far); with `check` also `digest`, of all ids in order.
The environment says where the service is; see bench.py. The SDK runs in an environment of its own, so nothing is imported up here.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

Listing = Callable[[int], Iterator[Any]]
PATH = "/v3/devices/"
PAGE = 1000
WORKERS = 16
"""Pages that `side_by_side` reads at the same time."""


def client() -> Listing:
    """This collection's client."""
    from ansible_collections.pelion.device_management.plugins.module_utils.client import Client
    from ansible_collections.pelion.device_management.plugins.module_utils.settings import resolve

    opened = Client(resolve({}))
    return lambda limit: (device["id"] for device in opened.list(PATH, limit=limit or None))


def side_by_side() -> Listing:
    """This collection's reading of several ranges of a list at the same time; always the whole list."""
    from ansible_collections.pelion.device_management.plugins.module_utils import ranges
    from ansible_collections.pelion.device_management.plugins.module_utils.client import Client
    from ansible_collections.pelion.device_management.plugins.module_utils.resources.directory import DEVICE
    from ansible_collections.pelion.device_management.plugins.module_utils.settings import resolve

    opened = Client(resolve({}), pool_size=WORKERS)
    return lambda limit: (device["id"] for device in ranges.listing(opened, DEVICE, {}, concurrency=WORKERS))


def requests_loop() -> Listing:
    """The least that reads the same pages: no errors told apart, no retries, no settings."""
    import requests

    session = requests.Session()
    session.headers["Authorization"] = "Bearer " + os.environ["PELION_API_KEY"]
    url = os.environ["PELION_API_URL"] + PATH

    def listing(limit: int) -> Iterator[str]:
        query: dict[str, Any] = {"limit": min(limit or PAGE, PAGE)}
        left = limit or float("inf")
        while True:
            reply = session.get(url, params=query, timeout=60)
            reply.raise_for_status()
            page = reply.json()
            for device in page["data"]:
                yield device["id"]
            left -= len(page["data"])
            if left <= 0 or not page["has_more"]:
                return
            query["after"] = page["data"][-1]["id"]

    return listing


def sdk() -> Listing:
    """The newer of the SDK's two interfaces; the older one needs as much processor time, and cannot be told of another CA."""
    from mbed_cloud.foundation import Device

    return lambda limit: (device.id for device in Device().list(page_size=PAGE, max_results=limit or None))


def peak_mb() -> float:
    """The most memory this process has had so far; as much as its parent had is counted in, which is less than any of these needs."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def main(name: str) -> None:
    """Answer until standard input ends."""
    listing = {"client": client, "side_by_side": side_by_side, "requests": requests_loop, "sdk": sdk}[name]()
    for line in sys.stdin:
        order = json.loads(line)
        count, last, digest = 0, "", hashlib.sha256() if order.get("check") else None
        begun = time.perf_counter()
        for identity in listing(order.get("limit", 0)):
            count += 1
            last = identity
            if digest:
                digest.update(identity.encode())
        seconds = time.perf_counter() - begun
        answer = {"count": count, "last": last, "seconds": seconds, "peak_mb": peak_mb()}
        print(json.dumps(answer | ({"digest": digest.hexdigest()} if digest else {})), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
