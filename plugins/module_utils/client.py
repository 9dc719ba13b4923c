# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""HTTP as the Device Management API speaks it: errors, retries, request ids, pages. Knows nothing of Ansible."""

from __future__ import annotations

import datetime
import email.utils
import gzip
import hashlib
import http
import io
import json
import os
import random
import re
import shutil
import tempfile
import threading
import time
import zlib
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union
from urllib.parse import urlencode, urljoin, urlsplit

from . import filters as filtering
from .files import checksum, held, placed, whole_file
from .pace import Pace, shared_folder
from .progress import Progress
from .settings import Settings, holds_key
from .tokens import credentials
from .transport import RawReply, Transport, TransportError

VERSION = "0.1.0"
PAGE_LIMIT = 1000  # the vendor's overview: minimum 2, maximum 1000
LONGEST_URL = 4096  # device lists answer 400 from this length on (Device_list)
_IDEMPOTENT = ("GET", "HEAD", "PUT", "DELETE")
_BACKOFF_BASE = 0.5
_REDIRECTS = 3
_LONGEST_QUEUE = 100  # times that one request is sent while others get through
_SHOWN = 40  # characters of a key that tell it from others; the service shows 47
# Error words of the device-connection API that pass by themselves; LIMITS_EXCEEDED lasts for the billing period.
_PASSING = ("CONGESTION_CONTROL", "QUEUE_IS_FULL", "TOO_MANY_REQUESTS")
_WORDS = re.compile(r"[A-Z][A-Z0-9_]*(,\s*[A-Z][A-Z0-9_]*)*")
_MASK = "********"


class RequestError(ValueError):
    """A request that must not be sent; the text says why."""


class ApiError(Exception):
    """The service answered, with an error or with something that cannot be used.

    ``status``: HTTP status; ``code``: the code in the body (normally the same number); ``type``: one of the documented error
    types, a plain error word of the device-connection and PSK services, or None where the body has none; ``message``: the
    service's words; ``fields``: list of ``{"name", "message"}``; ``request_id``: what the vendor's support asks for;
    ``method``, ``path``; ``body``: the decoded or raw body; ``maybe_done``: the request may have been carried out all the same;
    ``pause``: the seconds that the service asks everyone to wait, where that is more than ``retry_max_wait``, else 0;
    ``changed``: whether a caller had changed something before.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        method: str = "",
        path: str = "",
        code: Optional[int] = None,
        kind: Optional[str] = None,
        fields: Sequence[Mapping[str, str]] = (),
        request_id: Optional[str] = None,
        body: Any = None,
        maybe_done: bool = False,
        from_service: bool = True,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = status if code is None else code
        self.type = kind
        self.fields = [dict(entry) for entry in fields]
        self.request_id = request_id
        self.method = method
        self.path = path
        self.body = body
        self.maybe_done = maybe_done
        self.from_service = from_service
        self.context = ""
        self.changed = False
        self.pause = 0.0

    @property
    def means_absent(self) -> bool:
        """A 404 of the service about an object or a list, not one of a proxy, a web server or a wrong path."""
        return self.status == 404 and self.from_service and self.type != "unrecognized_request"

    def __str__(self) -> str:
        kind = f" {self.type}" if self.type and self.type != self.message else ""
        fields = "; ".join(f"{entry['name']}: {entry['message']}" if entry["name"] else entry["message"] for entry in self.fields)
        hint = _HINTS.get(self.type or "") or _HINTS.get(str(self.status), "")
        doubt = " It is not known whether the service carried the request out." if self.maybe_done else ""
        pause = f" The service asks for a pause of {self.pause:.0f} seconds, which is more than retry_max_wait." if self.pause else ""
        request = f" (request id {self.request_id})" if self.request_id else ""
        text = f"{self.method} {self.path} failed with HTTP {self.status}{kind}{self.context}: {self.message}"
        return text + (f" [{fields}]" if fields else "") + request + doubt + pause + (f" {hint}" if hint else "")


_HINTS = {
    "401": "Check that api_key is a valid, active key of this service and region.",
    "invalid_token": "With api_jwt: check that the application has the verification key of this private key, and that the clock is right.",
    "account_limit_exceeded": "The account's quota is used up.",
    "access_restricted": "Access from this place is blocked by export control.",
    "access_denied": "The key's groups do not allow this, or the account does not have the feature.",
    "unrecognized_request": "Check that api_url is the address of the API; an older service may not have this operation.",
}


@dataclass(frozen=True)
class Reply:
    """A successful answer: ``body`` is decoded JSON, text, or None when there was none."""

    status: int
    headers: Mapping[str, str]
    body: Any
    request_id: Optional[str]
    content: bytes = field(repr=False, default=b"")


class Client:
    """HTTP for one API key: auth, JSON, retries, request ids. Safe to share between threads.

    ``last_request_id`` is the id of the newest answer, ``requests`` the number of answers so far. ``sleep`` and ``monotonic`` are its
    clock, for those that wait for something; ``settings`` and ``user_agent`` are for those that reach the service in another way.
    ``progress`` is told how far long work is.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        transport: Any = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
        user_agent: str = "",
        pool_size: int = 10,
        progress: Optional[Progress] = None,
        pace: Optional[Pace] = None,
    ) -> None:
        self.settings = settings
        self.progress = progress or Progress()
        self.user_agent = f"pelion.device_management/{VERSION}{' ' + user_agent if user_agent else ''}"
        self.credentials = credentials(settings)
        self._base = settings.api_url
        self.sleep = sleep
        self.monotonic = monotonic
        self._pace = pace or Pace(settings, shared_folder(os.environ), sleep=sleep, monotonic=monotonic)
        self._jitter = jitter
        self._lock = threading.Lock()
        self.last_request_id: Optional[str] = None
        self.requests = 0
        self._transport = transport or Transport(
            authorize=self.credentials.headers,
            verify=settings.verify,
            cert=settings.cert,
            proxy=settings.proxy,
            timeout=settings.timeout,
            user_agent=self.user_agent,
            pool_size=pool_size,
        )

    def close(self) -> None:
        """Close the pooled connections."""
        self._transport.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_exception: Any) -> None:
        self.close()

    # -- one request

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Any = None,
        json: Any = None,
        data: Any = None,
        files: Any = None,
        headers: Optional[Mapping[str, str]] = None,
        timeout: Optional[float] = None,
        retries: Optional[int] = None,
    ) -> Reply:
        """Send one request, repeat it where that is safe, and give back the decoded answer.

        A refusal because of too many requests does not count as one of the ``retries`` while others get through that were refused too.

        :param path: below the API's address, beginning with one slash; a full URL is refused, so that the token cannot leave.
        :param query: mapping or list of pairs; None values are left out.
        :param json: sent as JSON. ``data`` and ``files`` are passed to the HTTP library as they are.
        :param timeout: seconds, and ``retries``: for this request, where the settings do not fit.
        :raises ApiError: for every answer that is no success, and for a success that cannot be read.
        :raises TransportError: when no whole answer came.
        :raises RequestError: for a path that is not one of this API, or one that would carry the key.
        """
        pairs = _pairs(query)
        if any(self._tells(text) for text in (path, *(text for pair in pairs for text in pair))):
            raise RequestError("The API key must not be part of a path or query: it would end up in server logs.")
        if not path.startswith("/") or path.startswith("//") or "?" in path or "#" in path:
            raise RequestError(f"'{path}' is no path of the API: it must begin with one slash, such as /v3/devices/, and have no query.")
        method = method.upper()
        sent = dict(headers or {})
        if json is not None:
            data = _dump(json)
            sent.setdefault("Content-Type", "application/json")
        most = self.settings.retries if retries is None else retries
        attempt, counted = 0, 0
        passed: Optional[float] = None
        while True:
            attempt, counted = attempt + 1, counted + 1
            again: Optional[float] = None
            self._pace.wait()
            try:
                raw = self._send(method, path, pairs, sent, data, files, timeout)
            except TransportError as error:
                error.method, error.path, error.attempts = method, path, attempt
                pointless = error.lasting or (error.maybe_done and method not in _IDEMPOTENT)
                if counted > most or not _repeatable(data, files) or pointless:
                    raise
                again = self._backoff(counted)
            else:
                outcome = self.judge(method, path, raw)
                if passed is not None and raw.status != 429:
                    self._pace.got_through()
                    passed = None
                if isinstance(outcome, Reply):
                    return outcome
                again = self._pause(method, path, outcome, raw.headers, min(attempt, most))
                if raw.status == 429 and outcome.type not in _PASSING and attempt < _LONGEST_QUEUE:
                    before, passed = passed, self._pace.passed()
                    # If others got through since the last time, they are only too many at once, and its turn will come.
                    counted -= before not in (None, passed)
                if again is None or counted > most or not _repeatable(data, files):
                    raise outcome
            if again:
                self.sleep(again)

    def get(self, path: str, **query: Any) -> Any:
        """The decoded object, or None where the service says 404.

        :raises ApiError: also for a success without a body, which would otherwise look like an absent object.
        """
        try:
            reply = self.request("GET", path, query=query)
        except ApiError as error:
            if error.means_absent:
                return None
            raise
        if reply.body is None:
            raise self._unusable(path, reply, "the answer is empty where an object was expected.")
        return reply.body

    def post(self, path: str, json: Any = None, **query: Any) -> Any:
        """The decoded answer, None when it is empty."""
        return self.request("POST", path, json=json, query=query).body

    def put(self, path: str, json: Any, **query: Any) -> Any:
        """The decoded answer, None when it is empty."""
        return self.request("PUT", path, json=json, query=query).body

    def download(self, location: str, target: Union[str, BinaryIO]) -> Download:
        """Fetch a file: a path of the API, or a whole address as answers give one.

        An address of another origin, such as a pre-signed one, gets no token.

        :param target: a file that is open for writing, or the path of one that is replaced only by a whole download (mode 0600).
        :raises RequestError: for an address that is not HTTPS (plain HTTP only to the API's own origin), or that holds the key; and for
            a file that cannot be written.
        :raises ApiError, TransportError: as ``request``.
        """
        url = location if "://" in location else self._base + location
        own = _origin(url) == _origin(self._base)
        if not own and not url.startswith("https://"):
            raise RequestError(f"The file is at an address that is not HTTPS, of {urlsplit(url).netloc or 'no host'}; it is not fetched.")
        if self._tells(url):
            raise RequestError("The address of the file holds the API key; it is not fetched.")
        if isinstance(target, str):
            try:
                with whole_file(target) as opened:
                    return self.download(location, opened)
            except OSError as error:
                raise RequestError(f"The file cannot be written: {error}.") from error
        start, attempt = target.tell(), 0
        # What a signed address says after its path is a secret of its own.
        method, path = "GET", urlsplit(url).path or "/"
        while True:
            attempt += 1
            again: Optional[float] = None
            if own:
                self._pace.wait()
            try:
                sink = _Digest(target)
                raw = self._fetch(url, sink)
            except TransportError as error:
                if sink.failure is not None:
                    raise RequestError(f"The file cannot be written: {sink.failure}.") from sink.failure
                error.method, error.path, error.attempts = method, path, attempt
                if attempt > self.settings.retries or error.lasting:
                    raise
                again = self._backoff(attempt)
            else:
                if 200 <= raw.status < 300:
                    with self._lock:
                        self.requests += 1
                        self.last_request_id = _header(raw.headers, "X-Request-ID") or self.last_request_id
                    return Download(sink.size, sink.sha256.hexdigest())
                failure = self.judge(method, path, raw)
                if isinstance(failure, Reply):
                    raise self._unusable(path, failure, "the answer is no file.")
                again = self._pause(method, path, failure, raw.headers, attempt, shared=own)
                if again is None or attempt > self.settings.retries:
                    raise failure
            target.seek(start)
            target.truncate()
            if again:
                self.sleep(again)

    def save(self, location: str, dest: str, name: str, *, unpack: bool = False, dry_run: bool = False) -> Dict[str, Any]:
        """Make a file hold what is at a location, as ``download`` takes one; a file that holds it already is left alone.

        :param dest: the file, or a folder in which it gets this name.
        :param unpack: of what gzip has packed.
        :param dry_run: fetch it and compare, but write nothing.
        :return: ``changed``; ``dest``, the file; its ``sha256`` and its ``size`` in bytes.
        :raises RequestError: for what cannot be unpacked, and for a file that cannot be written.
        :raises ApiError, TransportError: as ``request``.
        """
        dest = placed(dest, name[: -len(".gz")] if unpack and name.endswith(".gz") else name)
        try:
            with tempfile.TemporaryFile() as packed:
                self.download(location, packed)
                packed.seek(0)
                with gzip.open(packed) if unpack else packed as content:
                    sha256, size = checksum(content)
                    changed = held(dest) != sha256
                    if changed and not dry_run:
                        with whole_file(dest) as target:
                            shutil.copyfileobj(content, target)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise RequestError(f"The file cannot be unpacked: {error}.") from error
        except OSError as error:
            raise RequestError(f"The file cannot be written: {error}.") from error
        return {"changed": changed, "dest": dest, "sha256": sha256, "size": size}

    def checksum(self, location: str) -> str:
        """The SHA-256 of a file, as ``download`` gets it, in hexadecimal digits; the file is not kept."""
        with tempfile.TemporaryFile() as opened:
            return self.download(location, opened).sha256

    def fetch(self, location: str) -> bytes:
        """A small file, as ``download`` gets it."""
        held = io.BytesIO()
        self.download(location, held)
        return held.getvalue()

    def delete(self, path: str, json: Any = None) -> bool:
        """Whether there was something to delete: False where the service says 404."""
        try:
            self.request("DELETE", path, json=json)
        except ApiError as error:
            if error.means_absent:
                return False
            raise
        return True

    # -- lists

    def pages(self, path: str, filters: Any = None, *, empty_on_404: bool = True, **query: Any) -> Iterator[Dict[str, Any]]:
        """Every page of a list, in order.

        :param filters: conditions of ``filters.parse``, a mapping as users write it, or ready query pairs.
        :param empty_on_404: some lists answer 404 when nothing is there; set it to False where the path holds the id of a
            parent, whose absence is a 404 too. Only the first page can be such an answer.
        :raises ApiError: when the list breaks off; what was read before is then worth nothing as a whole.
        """
        base = [*_pairs(query), *_filter_pairs(filters)]
        base = [pair for pair in base if pair[0] != "limit"] + [("limit", str(_clamp(query.get("limit"))))]
        after: Optional[Tuple[str, str]] = None
        seen = set()
        number, read = 0, 0
        while True:
            number += 1
            try:
                reply = self.request("GET", path, query=base if after is None else [*base, after])
            except (ApiError, TransportError) as error:
                if number == 1 and empty_on_404 and isinstance(error, ApiError) and error.means_absent:
                    return
                if number > 1:
                    error.context = f" on page {number} of the list, after {read} objects"
                raise
            page = reply.body
            if not isinstance(page, dict) or not isinstance(page.get("data"), list):
                raise self._unusable(path, reply, "the answer is no list.")
            read += len(page["data"])
            after = _next(page, page["data"])
            if after is not None and (after in seen or not after[1]):
                raise self._unusable(path, reply, f"the list broke off after {read} objects: it promises more but names no next page.")
            yield page
            # Let go of before the next page is decoded: into memory just freed that takes about a quarter less time.
            del page, reply
            if after is None:
                return
            seen.add(after)

    def list(
        self,
        path: str,
        filters: Any = None,
        *,
        limit: Optional[int] = None,
        fields: Optional[Sequence[str]] = None,
        page_size: Optional[int] = None,
        paged: bool = True,
        empty_on_404: bool = True,
        **query: Any,
    ) -> Iterator[Dict[str, Any]]:
        """Every object of a list, one page in memory at a time.

        :param limit: stop after this many objects.
        :param fields: keep only these keys of each object.
        :param page_size: objects a request, 1000 by default and never outside 2 to 1000.
        :param paged: False for the lists that come whole, as an envelope or a bare array.
        """
        if limit is not None and limit <= 0:
            return
        if not paged:
            whole = self._whole(path, [*_pairs(query), *_filter_pairs(filters)], empty_on_404)
            yield from (item if fields is None else project(item, fields) for item in whole[:limit])
            return
        size = _clamp(page_size if limit is None else min(limit, _clamp(page_size)))
        left = -1 if limit is None else limit
        for page in self.pages(path, filters, limit=size, empty_on_404=empty_on_404, **query):
            items: List[Dict[str, Any]] = page["data"]
            if 0 <= left < len(items):
                items = items[:left]
            yield from items if fields is None else (project(item, fields) for item in items)
            if left > 0:
                left -= len(items)
            del page, items
            if left == 0:
                return

    def _whole(self, path: str, query: Any, empty_on_404: bool) -> List[Dict[str, Any]]:
        """A list that is not paged."""
        try:
            reply = self.request("GET", path, query=query)
        except ApiError as error:
            if empty_on_404 and error.means_absent:
                return []
            raise
        items = reply.body.get("data") if isinstance(reply.body, dict) else reply.body
        if items is None and reply.status == 204:
            return []
        if not isinstance(items, list):
            raise self._unusable(path, reply, "the answer is no list.")
        return items

    def count(self, path: str, filters: Any = None, *, empty_on_404: bool = True, **query: Any) -> int:
        """How many objects the list has, with one small request; a list that is a 404 has none.

        :raises ApiError: when the service does not tell.
        """
        pairs = [*_pairs(query), *_filter_pairs(filters), ("limit", "2"), ("include", "total_count")]
        try:
            reply = self.request("GET", path, query=pairs)
        except ApiError as error:
            if error.means_absent and empty_on_404:
                return 0
            raise
        total = reply.body.get("total_count") if isinstance(reply.body, dict) else None
        if not isinstance(total, int):
            raise self._unusable(path, reply, "the answer has no total_count.")
        return total

    def uses_key(self, shown: Optional[str]) -> bool:
        """Whether this is the key that requests are sent with: the service shows keys without the private part at their end
        (getAllApiKeys; notes on access keys)."""
        return len(shown or "") >= _SHOWN and self.settings.api_key.startswith(shown or "")

    def url_length(self, path: str, query: Any) -> int:
        """The length of the address a GET would have, page parameters included: lists refuse 4096 and more."""
        pages = [("limit", "1000"), ("after", "0" * 32), ("order", "DESC"), ("include", "total_count")]
        return len(self._base + path) + 1 + len(urlencode([*_pairs(query), *pages], errors="replace"))

    # -- inside

    def _tells(self, text: str) -> bool:
        """Whether a text that others will see holds what requests are authenticated by."""
        return any(holds_key(text, secret) for secret in self.credentials.secrets)

    def _send(
        self,
        method: str,
        path: str,
        pairs: Sequence[Tuple[str, str]],
        headers: Mapping[str, str],
        data: Any,
        files: Any,
        timeout: Optional[float],
    ) -> RawReply:
        url: str = self._base + path
        query = list(pairs)
        for _hop in range(_REDIRECTS + 1):
            raw: RawReply = self._transport.send(method, url, query=query, headers=headers, data=data, files=files, timeout=timeout)
            target = _target(url, raw)
            again = (raw.status in (307, 308) and _repeatable(data, files)) or (raw.status in (301, 302) and method in ("GET", "HEAD"))
            if not again or _origin(target) != _origin(self._base) or self._tells(target):
                return raw
            # The target is a whole address: it has the query already.
            url, query = target, []
        return raw

    def _fetch(self, url: str, sink: Any) -> RawReply:
        """A file; redirects are followed, each hop with the token only to the API's own origin."""
        for _hop in range(_REDIRECTS + 1):
            foreign = _origin(url) != _origin(self._base)
            raw: RawReply = self._transport.send("GET", url, headers={"Accept": "*/*"}, sink=sink, anonymous=foreign)
            target = _target(url, raw)
            if raw.status not in (301, 302, 303, 307, 308) or not target.startswith("https://") or self._tells(target):
                return raw
            url = target
        return raw

    def judge(self, method: str, path: str, raw: RawReply) -> Union[Reply, ApiError]:
        """What an answer is: a success that can be read, or an error."""
        request_id = _header(raw.headers, "X-Request-ID") or None
        with self._lock:
            self.requests += 1
            self.last_request_id = request_id or self.last_request_id
        body, problem = _decode(raw)
        if 200 <= raw.status < 300 and problem is None:
            return Reply(raw.status, raw.headers, body, request_id, raw.content)
        # A server or proxy may repeat what it was sent.
        content, secrets = raw.content, self.credentials.secrets
        for secret in secrets:
            content = content.replace(secret.encode(), _MASK.encode())
        failure = _error(RawReply(raw.status, raw.headers, content), self._base, method, path)
        for secret in secrets:
            failure.message = failure.message.replace(secret, _MASK)
        failure.args = (failure.message,)
        failure.maybe_done = method not in ("GET", "HEAD") and (raw.status < 300 or raw.status >= 500)
        return failure

    def _unusable(self, path: str, reply: Reply, reason: str) -> ApiError:
        return ApiError(
            reason[0].upper() + reason[1:], status=reply.status, method="GET", path=path, request_id=reply.request_id, body=reply.body
        )

    def _backoff(self, attempt: int) -> float:
        """Full jitter: anything up to the doubled wait, so that many clients do not come back together."""
        return min(self.settings.retry_max_wait, _BACKOFF_BASE * 2.0 ** min(attempt, 30)) * self._jitter()

    def _pause(
        self, method: str, path: str, failure: ApiError, headers: Mapping[str, str], attempt: int, shared: bool = True
    ) -> Optional[float]:
        """How long to wait before another try, None where that is no use. A pause that the service asks of everyone is told to everyone.

        :param shared: whether this was the service, not another host.
        """
        asked = self._retry_after(headers)
        if asked is not None and asked > self.settings.retry_max_wait:
            failure.pause, asked = asked, self.settings.retry_max_wait
        # A pause of nothing is none: all would come back at once, and again.
        wait = asked or self._backoff(attempt)
        # Words are about one device, or about the billing period.
        if asked is not None and failure.status in (429, 503) and failure.type not in (*_PASSING, "LIMITS_EXCEEDED"):
            if shared and asked:
                self._pace.hold(asked)
                wait = 0.0
            return wait if failure.status == 429 or method in _IDEMPOTENT else None
        return wait if _retry(method, path, failure) else None

    def _retry_after(self, headers: Mapping[str, str]) -> Optional[float]:
        """The seconds that an answer asks for, None where it does not."""
        given = _header(headers, "Retry-After").strip()
        if re.match(r"^\d+$", given):
            return float(given)
        try:
            moment = email.utils.parsedate_to_datetime(given)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=datetime.timezone.utc)
            return max(0.0, moment.timestamp() - time.time())
        except (TypeError, ValueError, IndexError, OverflowError):  # the standard library's answers to what is no date
            return None


@dataclass(frozen=True)
class Download:
    """A file that was fetched: its size in bytes and its SHA-256 in hexadecimal digits."""

    size: int
    sha256: str


class _Digest:
    """Writes through to a file, and knows the size and checksum of what went by."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self.size = 0
        self.sha256 = hashlib.sha256()
        # The HTTP library's own errors are of the same kind.
        self.failure: Optional[OSError] = None

    def write(self, piece: bytes) -> None:
        try:
            self._target.write(piece)
        except OSError as error:
            self.failure = error
            raise
        self.sha256.update(piece)
        self.size += len(piece)


def project(item: Mapping[str, Any], fields: Sequence[str]) -> Dict[str, Any]:
    """The object with these keys only, as far as it has them."""
    return {name: item[name] for name in fields if name in item}


def _dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _repeatable(data: Any, files: Any) -> bool:
    """A stream has been read by the first attempt; what has a length and is no open file can be read again."""
    parts = [part for value in dict(files or {}).values() for part in (value if isinstance(value, tuple) else (value,))]
    return all(part is None or (hasattr(part, "__len__") and not hasattr(part, "read")) for part in (data, *parts))


def _retry(method: str, path: str, failure: ApiError) -> bool:
    if failure.type in _PASSING:
        return True
    if failure.status == 429:
        # On device connection only the words for what passes by itself are worth another try.
        return failure.type != "LIMITS_EXCEEDED" and not path.startswith("/v2/")
    return failure.status in (502, 503, 504) and method in _IDEMPOTENT


def _clamp(limit: Any) -> int:
    return PAGE_LIMIT if limit is None else max(2, min(PAGE_LIMIT, int(limit)))


def _next(page: Mapping[str, Any], items: Sequence[Any]) -> Optional[Tuple[str, str]]:
    """The parameter that leads to the next page. ``after`` in an answer repeats the request, it is not the cursor."""
    if "continuation_marker" in page:  # pre-shared keys
        marker = page["continuation_marker"]
        return ("after", str(marker)) if marker else None
    if not page.get("has_more"):
        return None
    last = items[-1] if items else {}
    return ("after", str(last.get("id") or "") if isinstance(last, dict) else "")


def _pairs(query: Any) -> List[Tuple[str, str]]:
    items = query.items() if isinstance(query, Mapping) else (query or ())
    return [(str(name), _parameter(value)) for name, value in items if value is not None]


def _parameter(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(_parameter(part) for part in value)
    return str(value)


def _filter_pairs(filters: Any) -> List[Tuple[str, str]]:
    if not filters:
        return []
    if isinstance(filters, Mapping):
        filters = filtering.parse(filters)
    return [
        pair for entry in filters for pair in (filtering.direct([entry]) if isinstance(entry, filtering.Condition) else _pairs([entry]))
    ]


def _header(headers: Mapping[str, str], name: str) -> str:
    return headers.get(name) or headers.get(name.lower()) or ""


def _origin(url: str) -> Tuple[str, str, Optional[int]]:
    parts = urlsplit(url)
    return (parts.scheme, parts.hostname or "", parts.port or {"https": 443, "http": 80}.get(parts.scheme))


def _target(url: str, raw: RawReply) -> str:
    """Where a redirect leads; empty when the answer is none, or names no usable address."""
    location = _header(raw.headers, "Location")
    if not location or not 300 <= raw.status < 400:
        return ""
    try:
        target = urljoin(url, location)
        _origin(target)
    except ValueError:
        return ""
    return target


def _decode(raw: RawReply) -> Tuple[Any, Optional[str]]:
    """The body, and what is wrong with it."""
    if not raw.content.strip():
        return None, None
    kind = _header(raw.headers, "Content-Type").lower()
    start = raw.content.lstrip()[:1]
    declared = "json" in kind
    if "html" in kind or (start == b"<" and (declared or not kind or "xml" in kind or kind.startswith("text/plain"))):
        return raw.content.decode("utf-8", "replace"), "html"
    # Errors come as JSON under any content type, and as plain words under that of JSON.
    if declared or (start in b'{["' and (not kind or raw.status >= 400)):
        try:
            return json.loads(raw.content), None
        except (ValueError, RecursionError) as error:
            text = raw.content.decode("utf-8", "replace")
            if raw.status >= 400 and (not declared or _WORDS.fullmatch(text.strip())):
                return text, None
            return text, f"The answer is not valid JSON ({error}; {len(raw.content)} bytes)."
    if kind.startswith("text/") or not kind:
        return raw.content.decode("utf-8", "replace"), None
    return raw.content, None


def _error(raw: RawReply, base: str, method: str, path: str) -> ApiError:
    """One error from any of the shapes the services use: the standard model, its variants, plain words, nothing, foreign pages."""
    body, problem = _decode(raw)
    request_id = _header(raw.headers, "X-Request-ID") or None
    target = _target(base + path, raw)
    code: Optional[int] = None
    kind: Optional[str] = None
    fields: List[Dict[str, str]] = []
    if target:
        message = (
            f"The service redirects to {_shown(target)}, where the key is not sent; check api_url."
            if _origin(target) != _origin(base)
            else f"The service redirects to {_shown(target)}; this request is not repeated there."
        )
    elif problem == "html":
        title = re.search(r"<title[^>]*>\s*(.*?)\s*</title>", body, re.IGNORECASE | re.DOTALL)
        page = f" titled '{' '.join(title.group(1).split())[:100]}'" if title else ""
        message = f"{base} answered with a web page{page}, not with JSON; "
        message += (
            "a proxy or gateway in between is the likely cause."
            if raw.status >= 500 or raw.status == 407
            else "check that api_url is the address of the API, not of the portal, and that no proxy is in between."
        )
    elif problem:
        message = problem
    elif isinstance(body, dict):
        code = body["code"] if isinstance(body.get("code"), int) else None
        kind = str(body["type"]) if body.get("type") else None
        fields = _fields(body.get("fields"))
        request_id = request_id or (str(body["request_id"]) if body.get("request_id") else None)
        message = str(body.get("message") or kind or _phrase(raw.status))
    elif isinstance(body, str) and body.strip():
        words = body.strip()
        message = words[:500]
        if _WORDS.fullmatch(words):
            kind = words.split(",")[0]
    else:
        message = f"{_phrase(raw.status)} (the answer has no text)."
    return ApiError(
        message,
        status=raw.status,
        method=method,
        path=path,
        code=code,
        kind=kind,
        fields=fields,
        request_id=request_id,
        body=body,
        # What stands in between does not know the service's types, nor does it make request ids.
        from_service=problem != "html" and (request_id is not None or kind is not None),
    )


def _fields(given: Any) -> List[Dict[str, str]]:
    """Certificate services write ``field`` for ``name``; developer certificates one object instead of a list."""
    entries = [given] if isinstance(given, Mapping) else given if isinstance(given, (list, tuple)) else []
    result = []
    for entry in entries:
        if isinstance(entry, Mapping):
            result.append({"name": str(entry.get("name") or entry.get("field") or ""), "message": str(entry.get("message") or "")})
        elif entry:
            result.append({"name": "", "message": str(entry)})
    return result


def _shown(url: str) -> str:
    """A redirect target without its query: a pre-signed address holds a secret there."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{':' + str(parts.port) if parts.port else ''}{parts.path}"


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Unknown status"
