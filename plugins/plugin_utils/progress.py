# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what module_utils/progress.py writes, and says it in a line now and then. Knows nothing of Ansible."""

from __future__ import annotations

import collections
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
        elapsed = max(0.0, now - document["since"])
        if "timeout" in document:
            return ", ".join(word for word in ("waiting", what, f"{span(elapsed)} of at most {span(document['timeout'])}") if word)
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
    """Looks at the file and says a line now and then, until ``stop``."""

    def __init__(self, path, say):
        super().__init__(daemon=True)
        self._path = path
        self._say = say
        self._end = threading.Event()

    def run(self):
        """Say how far it is."""
        # Ctrl-C is for the main thread, which ends the module: of this one it would not wake that.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        lines, pause, begun = Lines(), FIRST, time.monotonic()
        while not self._end.wait(pause):
            try:
                with open(self._path, encoding="utf-8") as opened:
                    document = json.load(opened)
                self._say(lines.line(document, time.monotonic()))
            except (OSError, ValueError):
                # Nothing has been told yet, or nobody listens any more.
                continue
            pause = min(max(EVERY, (time.monotonic() - begun) / 10), LONGEST)

    def stop(self):
        """Say nothing any more."""
        self._end.set()
        self.join()


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
