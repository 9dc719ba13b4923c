# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulator that keeps a record of what was sent to it, for `make coverage-api`."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from pelion_simulator.process import Simulator

VARIABLE = "PELION_COVERAGE_FILE"
# What sent a request: a module, a plugin or a client, as the user agent says it behind the name and version of the collection.
_SENDER = re.compile(r"pelion\.device_management/\S+ ((?:module|inventory|lookup|client)/\w+)(?: |$)")


def answered(entries: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Operation and sender of each request of the collection's that the operation itself carried out."""
    found = set()
    for entry in entries:
        sender = _SENDER.match(entry["user_agent"])
        done = entry["status"] is not None and (200 <= entry["status"] < 300 or entry["status"] == 101)
        if sender and done and entry["operation"] and not entry["faulty"]:
            found.add((entry["operation"], sender[1]))
    return found


class Recorded(Simulator):
    """A simulator that adds what it has answered to the file that PELION_COVERAGE_FILE names, where it names one.

    A line of the file is a JSON list of the id of an operation and a sender, such as `["Device_list", "module/device_info"]`.
    """

    def __init__(self, **switches: Any) -> None:
        super().__init__(**switches)
        self._file = os.environ.get(VARIABLE)
        self._known: set[tuple[str, str]] = set()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self._record()
        finally:
            super().__exit__(kind, error, trace)

    def clear_requests(self) -> None:
        self._record()
        super().clear_requests()

    def reset(self) -> None:
        self._record()
        super().reset()

    def _record(self) -> None:
        if not self._file:
            return
        more = answered(self.requests()) - self._known
        self._known |= more
        if more:
            path = Path(self._file)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as stream:
                stream.writelines(json.dumps(entry) + "\n" for entry in sorted(more))
