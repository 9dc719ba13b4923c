# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""How far long work is: a small document that is replaced now and then, for whoever shows it meanwhile. Knows nothing of Ansible."""

from __future__ import annotations

import json
import os
import threading
import time
from typing import Any, Callable, Dict, Optional

# The environment variable that names the file. Whoever shows the document sets it; nobody else does.
VARIABLE = "PELION_PROGRESS_FILE"
_PAUSE = 0.5  # seconds between two writes


class Progress:
    """Tells how far the work is. Without a path nothing is told, and nothing costs anything.

    Safe to share between threads. Telling never hurts the work: when the file cannot be written, no more is told.

    The file is one JSON object, always whole: ``what``, words; ``since``, the moment on ``time.monotonic`` (which all processes of a
    machine share) at which that began; and either ``done``, ``failed`` and ``total`` (null where it is not known), or ``timeout`` in
    seconds for a wait. Words are names and states, never a value that could be a secret.
    """

    def __init__(self, path: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._due = clock()
        self._what = ""
        self._since = self._due
        self._total: Optional[int] = None
        self._done = 0
        self._failed = 0

    def start(self, what: str, total: Optional[int] = None) -> None:
        """Begin to count.

        :param what: what is counted, in words that follow the number, such as ``devices changed``.
        :param total: how many there will be.
        """
        with self._lock:
            self._what, self._total, self._done, self._failed = what, total, 0, 0
            self._since = self._due = self._clock()
            self._tell()

    def advance(self, failed: bool = False, count: int = 1) -> None:
        """So many more are done; ``failed`` says how they ended."""
        if not self._path:
            return
        with self._lock:
            self._done += count
            self._failed += count if failed else 0
            self._tell()

    def waiting(self, what: str, seconds: float, timeout: float) -> None:
        """Something is waited for.

        :param what: the last that was seen of it, such as ``phase "publishing"``; may be empty.
        :param seconds: how long by now, of ``timeout`` at most.
        """
        if not self._path:
            return
        with self._lock:
            self._write({"what": what, "since": self._clock() - seconds, "timeout": timeout})

    def _tell(self) -> None:
        self._write({"what": self._what, "since": self._since, "done": self._done, "failed": self._failed, "total": self._total})

    def _write(self, document: Dict[str, Any]) -> None:
        """Replace the file, if it is time to."""
        now = self._clock()
        if not self._path or now < self._due:
            return
        self._due = now + _PAUSE
        part = self._path + ".part"
        try:
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as opened:
                json.dump(document, opened)
            os.replace(part, self._path)
        except OSError:
            self._path = ""
