# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists devices with one library, in a process of its own: readers.py client|requests|sdk.

For each line on standard input, a number of devices or 0 for all, it lists that many and answers with one JSON line: `count`,
`last` (the id of the last device), `seconds` (without imports and set-up) and `peak_mb` (of the process, so far).
The environment says where the service is; see run.py. The SDK runs in an environment of its own, so nothing is imported up here.
"""

from __future__ import annotations

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


def client() -> Listing:
    """This collection's client."""
    from ansible_collections.pelion.device_management.plugins.module_utils.client import Client
    from ansible_collections.pelion.device_management.plugins.module_utils.settings import resolve

    opened = Client(resolve({}))
    return lambda limit: (device["id"] for device in opened.list(PATH, limit=limit or None))


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
    listing = {"client": client, "requests": requests_loop, "sdk": sdk}[name]()
    for line in sys.stdin:
        count, last = 0, ""
        begun = time.perf_counter()
        for identity in listing(int(line)):
            count += 1
            last = identity
        seconds = time.perf_counter() - begun
        print(json.dumps({"count": count, "last": last, "seconds": seconds, "peak_mb": peak_mb()}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
