# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the control endpoints set: faults, and how the server behaves; and the log of requests."""

from __future__ import annotations

import copy
import itertools
import json
import re
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from .answers import TYPES, Answer, ApiError
from .operations import YEARS

LOG_LENGTH = 100_000


@dataclass
class Fault:
    """A rule: what happens to matching requests instead of, or besides, an answer. Meanings in the README."""

    method: str | None = None
    path: str = ""
    status: int | None = None
    type: str | None = None
    message: str = "A fault was asked for."
    body: str | None = None
    content_type: str | None = None
    headers: dict[str, str | None] = field(default_factory=dict)
    retry_after: str | int | None = None
    delay_ms: float = 0
    reset: bool = False
    truncate: bool | int = False
    carry_out: bool = False
    count: int | None = 1
    skip: int = 0

    @classmethod
    def of(cls, rule: Mapping[str, Any]) -> Fault:
        """A rule as it was posted. Raises ValueError."""
        _refuse_unknown([spec.name for spec in fields(cls)], rule)
        fault = cls(**rule)
        for name, types in _FAULT_TYPES.items():
            if not isinstance(getattr(fault, name), types):
                raise ValueError(f"{name} has the wrong type")
        try:
            re.compile(fault.path)
        except re.error as error:
            raise ValueError(f"path is not a regular expression: {error}") from None
        return fault

    def takes(self, method: str, path: str) -> bool:
        """Whether the rule applies to this request; it is counted."""
        if self.count == 0 or self.method not in (None, method) or not re.search(self.path, path):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.count is not None:
            self.count -= 1
        return True

    @property
    def replaces(self) -> bool:
        """Whether what the service says does not arrive."""
        return self.reset or self.answers

    @property
    def answers(self) -> bool:
        """Whether the rule has an answer of its own."""
        return self.status is not None or self.body is not None

    def answer(self, request_id: str) -> Answer:
        """The rule's own answer."""
        status = self.status or 200
        if self.body is not None:
            return Answer(status, self.body.encode(), "text/plain")
        if 300 <= status < 400 or status == 204:
            return Answer(status)
        return ApiError(status, self.type or TYPES.get(status, "error"), self.message).answer(request_id)

    def headers_of(self, answer: Answer, request_id: str) -> dict[str, str]:
        """The headers of an answer, changed as the rule says."""
        headers = {"X-Request-ID": request_id, **answer.headers}
        if self.content_type is not None or answer.body:
            headers["Content-Type"] = self.content_type or answer.content_type
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        for name, value in self.headers.items():
            headers = {known: kept for known, kept in headers.items() if known.lower() != name.lower()}
            if value is not None:
                headers[name] = value
        return headers


_OPTIONAL_TEXT = (str, type(None))
_FAULT_TYPES: Mapping[str, Any] = {
    "method": _OPTIONAL_TEXT,
    "path": str,
    "status": (int, type(None)),
    "type": _OPTIONAL_TEXT,
    "message": str,
    "body": _OPTIONAL_TEXT,
    "content_type": _OPTIONAL_TEXT,
    "headers": dict,
    "retry_after": (str, int, type(None)),
    "delay_ms": (int, float),
    "reset": bool,
    "truncate": int,
    "carry_out": bool,
    "count": (int, type(None)),
    "skip": int,
}


class Settings:
    """How the server behaves. Each setting is an attribute.

    The default of a setting says what it may be: of a tuple one of the entries (the first is the default), otherwise anything of the
    same type; numbers are not negative.
    """

    def __init__(self, *more: Mapping[str, Any]) -> None:
        """`more` are the settings of the areas."""
        self._allowed: dict[str, Any] = dict(_SETTINGS)
        for settings in more:
            self._allowed |= settings
        self.values = {name: copy.deepcopy(spec[0] if isinstance(spec, tuple) else spec) for name, spec in self._allowed.items()}

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["values"][name]
        except KeyError:
            raise AttributeError(name) from None

    def change(self, wanted: Mapping[str, Any]) -> None:
        """Take over the settings in `wanted`. Raises ValueError and changes nothing where one is not possible."""
        _refuse_unknown(self._allowed, wanted)
        for name, value in wanted.items():
            if not _fits(self._allowed[name], value):
                raise ValueError(f"{name} cannot be {json.dumps(value)}")
        self.values |= copy.deepcopy(dict(wanted))


_SETTINGS: Mapping[str, Any] = {
    "spec": YEARS[::-1],
    "latency_ms": 0,
    "http": ("redirect", "forbid"),
    "unknown_fields": False,
    "list_404": False,
    "rate_limit": 0,
    "rate_burst": 10,
    "membership_touches_member": False,
    "membership_touches_group": False,
}
"""The generation of the API; the delay of every answer; what the plain http port does; whether every object and list has a field that
no document mentions; whether an empty page is answered with 404 "unable to find page"; requests a second that are let through, 0 for any
number, and how many of them may come at once; whether a change of membership is one of the member, or of the group, with a new
`updated_at` (no document says; what does not tell of it is harder for clients)."""


def _fits(allowed: Any, value: Any) -> bool:
    if isinstance(allowed, tuple):
        return any(value == one and type(value) is type(one) for one in allowed)
    if isinstance(allowed, int | float) and not isinstance(allowed, bool):
        return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e12
    return isinstance(value, type(allowed))


@dataclass
class Entry:
    """A request as the log shows it. Times that end in "at" are seconds since 1970. What proves who sent it is never kept."""

    id: str
    method: str
    path: str
    query: str
    body: str
    user_agent: str
    started_at: float
    operation: str | None = None
    """The id of the operation, where the path and method are those of one."""
    size: int = 0
    """Bytes of the body, also where it is not kept."""
    status: int | None = None
    length: int | None = None
    """Bytes of the answer's body."""
    faulty: bool = False
    """Whether the answer is that of a fault, not of the operation."""
    ended_at: float | None = None
    began: float = 0
    """When it came in, in seconds of the machine's monotonic clock."""
    ended: float | None = None
    """When it was answered, by the same clock."""
    in_flight: int = 0
    """How many requests were being answered when it came in, with this one."""
    limited: bool = False
    """Whether it was refused because there were too many."""


class Log:
    """The newest requests, and how many were in flight at once at most."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all requests, those that are being answered as well."""
        self.entries: deque[Entry] = deque(maxlen=LOG_LENGTH)
        self.max_in_flight = 0
        self._in_flight: set[str] = set()

    def start(self, entry: Entry) -> None:
        """A request has come in."""
        self.entries.append(entry)
        self._in_flight.add(entry.id)
        entry.began, entry.in_flight = time.monotonic(), len(self._in_flight)
        self.max_in_flight = max(self.max_in_flight, entry.in_flight)

    def end(self, entry: Entry) -> None:
        """A request was answered, or not."""
        entry.ended_at, entry.ended = time.time(), time.monotonic()
        self._in_flight.discard(entry.id)

    def shown(self) -> dict[str, Any]:
        """The log as the control endpoint answers it."""
        return {"requests": [asdict(entry) for entry in self.entries], "max_in_flight": self.max_in_flight}


class Limiter:
    """How many requests are let through: a bucket of tokens that fills with real time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._spent = 0.0
        self._looked = time.monotonic()

    def wait(self) -> float:
        """Seconds until a request would be let through; 0 lets one through now."""
        rate, burst = float(self._settings.rate_limit), float(self._settings.rate_burst)
        now = time.monotonic()
        spent = max(self._spent - (now - self._looked) * rate, 0.0)
        self._looked = now
        if not rate:
            return 0.0
        missing = spent + 1 - max(burst, 1)
        self._spent = spent if missing > 0 else spent + 1
        return max(missing / rate, 0.0)


class Faults:
    """The rules in the order they were added; the first that applies is taken."""

    def __init__(self) -> None:
        self.rules: dict[int, Fault] = {}
        self._numbers = itertools.count(1)

    def add(self, rule: Mapping[str, Any]) -> int:
        """Add a rule and return its number. Raises ValueError."""
        fault = Fault.of(rule)
        number = next(self._numbers)
        self.rules[number] = fault
        return number

    def take(self, method: str, path: str) -> Fault | None:
        """The rule for this request, if any."""
        return next((fault for fault in self.rules.values() if fault.takes(method, path)), None)

    def shown(self) -> list[dict[str, Any]]:
        """The rules with what is left of their counts."""
        return [{"number": number, **asdict(fault)} for number, fault in self.rules.items()]


def _refuse_unknown(known: Iterable[str], given: Mapping[str, Any]) -> None:
    if unknown := sorted(set(given) - set(known)):
        raise ValueError(f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(known))}")


def body_text(content_type: str, body: bytes) -> str:
    """A body as the log keeps it: nothing of files and other bodies that are no text."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith(("image/", "multipart/", "audio/", "video/")) or kind in (
        "application/octet-stream",
        "application/zip",
        "binary/octet-stream",
    ):
        return ""
    return body.decode(errors="replace")
