# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a fleet as an inventory with a cache does, in a process of its own: snapshots.py refresh|whole|side_by_side.

For each line of JSON on standard input it answers with one: `count`, `digest` (of all that it knows then), `seconds` (of what lies between
loading and saving) and `files_s` (of both). `refresh` asks for what has changed since it was kept, page after page like `whole`, which
reads everything, as does `side_by_side` with several requests at a time; `anew` tells `refresh` to read everything this once.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from ansible_collections.pelion.device_management.plugins.module_utils import fleet, snapshot
from ansible_collections.pelion.device_management.plugins.module_utils.client import Client
from ansible_collections.pelion.device_management.plugins.module_utils.settings import resolve
from readers import WORKERS

FIELDS = ("name", "endpoint_name", "state", "device_class", "custom_attributes", "description", "serial_number")
DAY = 86_400


class Store(snapshot.Store):
    """Files that note how long they take."""

    seconds = 0.0

    def load(self) -> Any:
        begun = time.perf_counter()
        try:
            return super().load()
        finally:
            self.seconds += time.perf_counter() - begun

    def save(self, snapshot: Any) -> None:
        begun = time.perf_counter()
        super().save(snapshot)
        self.seconds += time.perf_counter() - begun


def warn(text: str) -> None:
    """Nothing is to be warned of here."""
    raise SystemExit(f"Something is wrong with what was kept: {text}")


def main(name: str) -> None:
    """Answer until standard input ends."""
    workers = WORKERS if name == "side_by_side" else 1
    client = Client(resolve({}), pool_size=workers)
    selection = fleet.Selection(fields=FIELDS, concurrency=workers)
    for line in sys.stdin:
        anew = name != "refresh" or bool(json.loads(line).get("anew"))
        notes: list[str] = []
        begun = time.perf_counter()
        store = Store(str(Path(os.environ["SNAPSHOTS"]) / name), "fleet", warn)
        keeping = fleet.Keeping(store, fresh=DAY, sweep_after=DAY, ask=True, anew=anew)
        content = fleet.current(lambda: contextlib.nullcontext(client), selection, keeping, warn=warn, note=notes.append)
        seconds = time.perf_counter() - begun - store.seconds
        if notes[0].startswith("All was read") != anew:
            raise SystemExit(f"Not what was asked for: {notes[0]}")
        digest = hashlib.sha256(json.dumps(list(content.devices.values())).encode()).hexdigest()
        print(json.dumps({"count": len(content.devices), "digest": digest, "seconds": seconds, "files_s": store.seconds}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
