# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what module_utils/progress.py writes, and says it in a line now and then. Knows nothing of Ansible."""

from __future__ import annotations

import collections
import contextlib
import json
import signal
import threading
import time

# Seconds. Short work says nothing; of very long work each line is a tenth later than the one before, so that a day fills no log.
FIRST = 5.0
EVERY = 10.0
LONGEST = 300.0
# How fast it goes is how fast it went lately: over so many seconds at least, and never over less than the second number.
_LATELY = 30.0
_TOO_SHORT = 1.0
# A guess beyond that says nothing.
_FORESEEABLE = 7 * 86400
_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM})
# So long they wait for a line at most.
_PATIENCE = 2.0


class Lines:
    """Makes a line of each document; remembers those before, to tell the speed."""

    def __init__(self):
        self._work = None
        self._seen = collections.deque()

    def line(self, document, now):
        """The document in words.

        :param now: the moment on ``time.monotonic``.
        :raises KeyError, TypeError, ValueError: for what is no such document.
        """
        # Words may come from the service, and go to a terminal.
        what = "".join(letter for letter in document["what"] if letter.isprintable())[:100]
        if "timeout" in document:
            elapsed = span(now - document["since"])
            return ", ".join(word for word in ("waiting", what, f"{elapsed} of at most {span(document['timeout'])}") if word)
        done, failed, total = document["done"], document["failed"], document["total"]
        words = [f"{done:,}{'' if total is None else f' of {total:,}'} {what or 'done'}"]
        rate = self._rate(document, now)
        rest = None if total is None else max(0, total - done)
        if rate is not None and rest != 0:
            words.append(speed(rate))
        if failed:
            words.append(f"{failed:,} failed")
        if rate and rest and rest / rate <= _FORESEEABLE:
            words.append(f"{span(rest / rate)} left")
        return ", ".join(words)

    def _rate(self, document, now):
        """How many a second lately, None while that cannot be said."""
        work = (document["what"], document["since"], document["total"])
        if work != self._work:
            self._work = work
            self._seen.clear()
            self._seen.append((document["since"], 0))
        self._seen.append((now, document["done"]))
        while self._seen[1][0] <= now - _LATELY:
            self._seen.popleft()
        then, before = self._seen[0]
        return None if now - then < _TOO_SHORT else (document["done"] - before) / (now - then)


class Watch(threading.Thread):
    """Looks at the file and says a line now and then, from ``start`` until ``stop``.

    A signal that ends this process meanwhile waits for the line that is just being said: whoever is killed while it writes to a queue
    takes the lock of the queue along, and all others who share it wait for ever.
    """

    def __init__(self, path, say):
        super().__init__(daemon=True)
        self._path = path
        self._say = say
        self._end = threading.Event()
        self._saying = threading.Lock()
        self._handlers = {}

    def start(self):
        """Begin."""
        # Elsewhere signals cannot be handled.
        if threading.current_thread() is threading.main_thread():
            found = {number: signal.getsignal(number) for number in _SIGNALS}
            self._handlers = {number: handler for number, handler in found.items() if callable(handler)}
        for number in self._handlers:
            signal.signal(number, self._interrupted)
        with contextlib.suppress(RuntimeError):  # the machine gives no more threads
            super().start()

    def _interrupted(self, number, frame):
        """Do what was to be done on a signal, but not in the middle of a line, unless that takes too long."""
        between = self._saying.acquire(timeout=_PATIENCE)
        try:
            self._handlers[number](number, frame)
        finally:
            if between:
                self._saying.release()

    def run(self):
        """Say how far it is."""
        # Ctrl-C is for the main thread, which ends the module: of this one it would not wake that.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        lines, pause, begun = Lines(), FIRST, time.monotonic()
        while not self._end.wait(pause):
            try:
                with open(self._path, encoding="utf-8") as opened:
                    document = json.load(opened)
                line = lines.line(document, time.monotonic())
                with self._saying:
                    self._say(line)
            except (OSError, ValueError):
                # Nothing has been told yet, or nobody listens any more.
                continue
            pause = min(max(EVERY, (time.monotonic() - begun) / 10), LONGEST)

    def stop(self):
        """Say nothing any more."""
        self._end.set()
        if self.is_alive():
            self.join()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)


def span(seconds):
    """A time in the two units that matter: ``44 s``, ``1 min 44 s``, ``2 h 5 min``, ``3 d 4 h``."""
    seconds = round(seconds)
    for size, unit, smaller, lesser in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if seconds >= size:
            rest = seconds % size // smaller
            return f"{seconds // size} {unit}" + (f" {rest} {lesser}" if rest else "")
    return f"{seconds} s"


def speed(rate):
    """How many a second, or a minute where that is more telling."""
    number, unit = (rate, "s") if rate >= 1 or not rate else (rate * 60, "min")
    return f"{number:,.0f}/{unit}" if number >= 10 else f"{number:.2g}/{unit}"
