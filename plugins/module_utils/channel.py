# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Requests to devices, and the notification channel over which their answers come. Knows nothing of Ansible.

An application has one channel, of one kind; all that its keys ask and subscribe to comes over it, once. So nothing here ever takes
a channel over: it makes one and removes it again, or uses the one that is there because the caller says so.

Answers come late, in any order, twice, or never; what is known then is said. Sources: notes on device requests and channels of the
vendor's OpenAPI description of January 2021 (createAsyncRequest, longPollNotifications, connectWebsocket).
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import fcntl
import hashlib
import json
import os
import queue
import tempfile
import threading
import uuid
from dataclasses import dataclass, field
from typing import Any, Iterable, Iterator, List, Mapping, Optional, Sequence, Union

from . import bulk, sockets
from .client import ApiError, Client
from .resource import ResourceError
from .resources import connect
from .transport import TransportError

KINDS = ("own", "long_poll", "websocket", "existing")
LONG_POLLING, CALLBACK, WEB_SOCKET = "LONG_POLLING", "CALLBACK", "WEB_SOCKET"

_POLL = 120.0  # seconds that one poll may stay open; the service ends it sooner
_PURGE = 120.0  # seconds after a deletion in which nothing may poll (longPollNotifications)
_BUSY = 10.0  # seconds to wait for another poll to end, and for a new channel to be there
_PAUSE = 0.2
_AGAIN = 5  # broken connections in a row that are made anew
# Codes on which to connect again: broken, restarting, and not there yet right after it was made.
_RECONNECT = (sockets.NO_CODE, 1011, 1012)

Message = Mapping[str, Any]


class ChannelError(ResourceError):
    """There is no channel that can be used, or it was lost. The text says what to do."""


def mechanism(client: Client) -> Optional[str]:
    """How the application's channel delivers: ``LONG_POLLING``, ``CALLBACK``, ``WEB_SOCKET``, or None where there is no channel."""
    found = client.get(connect.CHANNEL)
    return None if found is None else str(found.get("delivery_mechanism"))


class Channel:
    """What the service sends to the application, message by message. Use it in a ``with`` statement.

    Programs of one user on one machine, such as the hosts of a play, take turns.

    :param kind: ``long_poll`` or ``websocket`` for one that is made here and removed at the end, ``own`` for the better of them that can be
        had, ``existing`` for that which is there.
    :param deadline: the moment on ``client.monotonic`` until which it waits for its turn and for the channel to come up.
    """

    def __init__(self, client: Client, kind: str, deadline: float) -> None:
        self._client = client
        # After a long poll channel comes a pause of two minutes, and the vendor has deprecated it.
        self._kind = ("websocket" if sockets.available() else "long_poll") if kind == "own" else kind
        self._deadline = deadline
        self._stack = contextlib.ExitStack()
        self._source: Union[_LongPoll, _Websocket]

    def __enter__(self) -> Channel:
        """Open it.

        :raises ChannelError: when there is one already, when there is none to use, or when it does not come up in time.
        :raises ApiError, TransportError: when the service says no or cannot be reached.
        """
        with self._stack:
            self._stack.enter_context(_turn(self._client, self._deadline))
            present = mechanism(self._client)
            if self._kind == "existing":
                if present not in (LONG_POLLING, WEB_SOCKET):
                    raise ChannelError(_unusable(present))
            elif present is not None:
                raise ChannelError(_taken(present))
            polled = self._kind == "long_poll" or present == LONG_POLLING
            self._source = (_LongPoll if polled else _Websocket)(self._client, self._deadline)
            if present is None:
                self._stack.callback(self._source.remove)
                self._source.create()
            else:
                self._source.join()
            self._stack.callback(self._source.leave)
            self._stack = self._stack.pop_all()
        return self

    def receive(self, timeout: float) -> Optional[Message]:
        """The next message, None when none came in time.

        :param timeout: seconds.
        :raises ChannelError: when somebody else took or deleted the channel.
        :raises ApiError, TransportError: when the service cannot deliver any more.
        """
        return self._source.receive(timeout)

    def __exit__(self, *exception: Any) -> None:
        """Remove what was made here, and leave the rest as it is."""
        self._stack.close()


def _unusable(present: Optional[str]) -> str:
    if present is None:
        return (
            "There is no notification channel that answers could come over. Make one with the module notification_channel, or set channel "
            "to long_poll or websocket."
        )
    return (
        f"The application's notification channel is of the kind {present}: answers go elsewhere and cannot be received here. Use a key of "
        "another application, or do not wait."
    )


def _taken(present: str) -> str:
    more = "" if present == CALLBACK else ", set channel to existing to receive over it"
    return (
        f"The application has a notification channel already, of the kind {present}, and cannot have two. It is not taken over, since "
        f"what it delivers is somebody's. Use a key of another application{more}, or delete it with the module notification_channel."
    )


@contextlib.contextmanager
def _turn(client: Client, deadline: float) -> Iterator[None]:
    """One at a time among this user's programs on this machine: there is one channel, and one poll or connection at a time."""
    settings = client.settings
    who = settings.api_jwt.application_id if settings.api_jwt else settings.api_key
    name = hashlib.sha256(f"{settings.api_url} {who}".encode()).hexdigest()[:32]
    path = os.path.join(tempfile.gettempdir(), f"pelion-channel-{os.getuid()}-{name}.lock")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError:
        # Nowhere to take turns; the service itself refuses a second poll.
        yield
        return
    with open(descriptor, "wb") as held:
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if client.monotonic() >= deadline:
                    raise ChannelError(
                        "Another task of yours uses the notification channel; its turn did not end in time. Give wait_timeout more."
                    ) from None
                client.sleep(_PAUSE)
        yield


def create_long_poll(client: Client, deadline: float) -> Optional[Message]:
    """Make a long poll channel that stays. Somebody must poll it within ten minutes.

    The first poll makes it. Its end is waited for, since a poll that is left open swallows what comes next.

    :param deadline: the moment on ``client.monotonic`` until which it is tried.
    :return: what that poll brought.
    :raises ChannelError: when it does not come up.
    :raises ApiError: when there is a channel of another kind.
    """
    source = _LongPoll(client, deadline)
    source.create()
    return source.finish()


class _LongPoll:
    """The long poll channel. Each poll runs beside the caller, and only while somebody waits, so that none swallows a message."""

    def __init__(self, client: Client, deadline: float) -> None:
        self._client = client
        self._deadline = deadline
        self._outcomes: queue.Queue[Union[Message, Exception, None]] = queue.Queue()
        self._polling = False
        self._asked = 0.0
        self._broken = 0
        self._ours = False

    def create(self) -> None:
        """The first poll makes the channel; two minutes after a deletion none may poll."""
        while True:
            self._ours = True
            self._poll()
            until = min(self._deadline, self._client.monotonic() + _BUSY)
            try:
                while mechanism(self._client) != LONG_POLLING:
                    self._look()
                    if self._client.monotonic() >= until:
                        raise ChannelError("The long poll channel did not come up. Try again, or use a websocket channel.")
                    self._client.sleep(_PAUSE)
                return
            except ApiError as error:
                self._ours = False
                if error.status != 410:
                    raise
            if self._client.monotonic() + _PURGE >= self._deadline:
                raise ChannelError(
                    "The application's long poll channel was deleted less than two minutes ago, and the service cannot make a new one yet. "
                    "Give the task more time, or use a websocket channel. For several tasks in a row make a channel with the module "
                    "notification_channel first, and set their option channel to existing."
                )
            self._client.sleep(_PURGE)

    def join(self) -> None:
        """Nothing is needed before the first poll."""

    def receive(self, timeout: float) -> Optional[Message]:
        until = self._client.monotonic() + timeout
        while True:
            self._poll()
            left = until - self._client.monotonic()
            try:
                outcome = self._outcomes.get(timeout=max(left, 0.001))
            except queue.Empty:
                return None
            self._polling = False
            message = self._judge(outcome)
            if message or self._client.monotonic() >= until:
                return message

    def finish(self) -> Optional[Message]:
        """What the open poll brings; waits for its end."""
        try:
            return self._judge(self._outcomes.get(timeout=_POLL))
        except queue.Empty:
            return None

    def _look(self) -> None:
        """Raise what went wrong with the first poll; keep a message."""
        try:
            outcome = self._outcomes.get_nowait()
        except queue.Empty:
            return
        if isinstance(outcome, Exception):
            self._polling = False
            raise outcome
        self._outcomes.put(outcome)

    def _poll(self) -> None:
        if not self._polling:
            self._polling = True
            self._asked = self._client.monotonic()
            # Abandoned when nobody waits any more: it must not keep the program from ending.
            threading.Thread(target=self._ask, daemon=True).start()

    def _ask(self) -> None:
        until = self._client.monotonic() + _BUSY
        while True:
            try:
                self._outcomes.put(self._client.request("GET", connect.PULL, timeout=_POLL, retries=0).body)
                return
            except ApiError as error:
                # 409: another poll is open, perhaps one that a program left behind a moment ago.
                if error.status != 409 or self._client.monotonic() >= until:
                    self._outcomes.put(error)
                    return
                self._client.sleep(_PAUSE)
            except Exception as error:
                self._outcomes.put(error)
                return

    def _judge(self, outcome: Union[Message, Exception, None]) -> Optional[Message]:
        """What a poll brought.

        :raises ChannelError, ApiError, TransportError: when polling again is of no use.
        """
        if isinstance(outcome, TransportError):
            self._broken += 1
            if self._broken > _AGAIN or outcome.lasting:
                raise outcome
            self._client.sleep(_PAUSE)
            return None
        if isinstance(outcome, ApiError):
            self._ours = False
        if isinstance(outcome, ApiError) and outcome.status == 409:
            raise ChannelError("Another program polls this channel. Use a key of another application, or stop that program.")
        if isinstance(outcome, ApiError) and outcome.status == 410:
            raise ChannelError("The notification channel was deleted by somebody else.")
        if isinstance(outcome, Exception):
            raise outcome
        self._broken = 0
        if not outcome and self._client.monotonic() - self._asked < _PAUSE:
            # A service that does not keep polls open is not to be stormed.
            self._client.sleep(_PAUSE)
        return outcome

    def leave(self) -> None:
        """A poll that is still open ends by itself."""

    def remove(self) -> None:
        """Delete the channel if it was made here."""
        if self._ours:
            with contextlib.suppress(ApiError, TransportError):
                self._client.delete(connect.PULL)


class _Websocket:
    """The websocket channel: registered, then connected. One connection at a time."""

    def __init__(self, client: Client, deadline: float) -> None:
        self._client = client
        self._deadline = deadline
        self._socket: Any = None
        self._broken = 0
        self._ours = False

    def create(self) -> None:
        reply = self._client.request("PUT", connect.WEBSOCKET, json={})
        self._ours = reply.status == 201
        if not self._ours:
            raise ChannelError(_taken(WEB_SOCKET))
        self.join()

    def join(self) -> None:
        """Connect; a channel that was made just now may take a moment."""
        until = min(self._deadline, self._client.monotonic() + _BUSY)
        while True:
            try:
                self._socket = sockets.connect(self._client, connect.WEBSOCKET_CONNECT)
                return
            except ApiError as error:
                # 429: another handshake is in progress.
                if error.status not in (404, 429) or self._client.monotonic() >= until:
                    raise
            self._client.sleep(_PAUSE)

    def receive(self, timeout: float) -> Optional[Message]:
        until = self._client.monotonic() + timeout
        while True:
            try:
                data = self._socket.receive(max(until - self._client.monotonic(), 0.001))
            except sockets.SocketClosedError as error:
                self._again(error)
                if self._client.monotonic() >= until:
                    return None
                continue
            if data is None:
                return None
            self._broken = 0
            with contextlib.suppress(ValueError):
                message = json.loads(data)
                if isinstance(message, dict) and message:
                    return message

    def _again(self, error: sockets.SocketClosedError) -> None:
        """Connect once more where that helps.

        :raises ChannelError, SocketClosedError: where it does not.
        """
        if error.code == 1001:
            raise ChannelError("Another program has connected to this channel. Use a key of another application, or stop that program.")
        if error.code == 1000:
            raise ChannelError("The notification channel was deleted by somebody else.")
        self._broken += 1
        if error.code not in _RECONNECT or self._broken > _AGAIN:
            raise error
        self.leave()
        self._client.sleep(_PAUSE * 2**self._broken)
        self.join()

    def leave(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()

    def remove(self) -> None:
        """Delete the channel if it was made here."""
        if self._ours:
            with contextlib.suppress(ApiError, TransportError):
                self._client.delete(connect.WEBSOCKET)


# -- requests


@dataclass(frozen=True)
class Request:
    """What is asked of a device. ``payload`` is bytes, None for none; ``attributes`` are those of a write-attributes request."""

    device_id: str
    method: str
    path: str
    payload: Optional[bytes] = None
    content_type: str = ""
    accept: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The request as a text: ``GET /3/0/9``."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Answer:
    """What a device answered, or why it did not. ``status`` is an HTTP status, ``error`` the service's word for a failure."""

    status: int
    payload: bytes = b""
    content_type: str = ""
    error: str = ""
    max_age: Optional[int] = None

    @property
    def good(self) -> bool:
        """Whether the device did it."""
        return 200 <= self.status < 300


@dataclass
class Outcome:
    """One request and what became of it: ``answer``, or ``error`` when it was not accepted, or neither when nothing came in time.

    ``async_id`` is the name under which the answer comes. ``doubt``: it is not known whether the service took the request.
    """

    request: Request
    async_id: str = ""
    answer: Optional[Answer] = None
    error: Optional[Exception] = None
    doubt: bool = False


_ERRORS = {
    "REQUEST_EXPIRED": "it could not be delivered before it expired",
    "DEVICE_REMOVED_REGISTRATION": "the device de-registered before it was delivered",
    "DEVICE_BLOCKED": "the device is suspended",
    "NOT_CONNECTED": "the device is not connected",
    "TIMEOUT": "the device did not answer",
}
_STATUSES = {
    400: "the device finds the request malformed",
    404: "the device has no such path",
    405: "the path does not allow this",
    412: "the device refuses it as things are",
    413: "the payload is too large for the device",
    415: "the device does not take this content type",
    429: "the service gave it up",
    502: "the connection to the device failed",
    503: "the device is not connected",
    504: "the device did not answer",
}


def explain(answer: Answer) -> str:
    """Why a device did not do what it was asked, in words."""
    words = _ERRORS.get(answer.error) or _STATUSES.get(answer.status) or answer.error.lower().replace("_", " ") or "it failed"
    return f"{words} (status {answer.status}{' ' + answer.error if answer.error else ''})"


def send(
    client: Client,
    requests: Sequence[Request],
    *,
    transport: str = "requests",
    query: Optional[Mapping[str, Any]] = None,
    concurrency: int = 8,
    max_failures: Optional[int] = None,
) -> List[Outcome]:
    """Hand requests to the service, several side by side; what the devices answer comes over the channel, which must be open before.

    :param transport: ``requests`` for the request queue, ``endpoints`` for the older form that the vendor has deprecated.
    :param query: ``retry`` and ``expiry-seconds`` of the queue, ``cacheOnly`` and ``noResp`` of the older form.
    :return: an outcome a request, in their order; where the service had the value itself, with the answer.
    """
    hand_over = _to_endpoint if transport == "endpoints" else _to_queue
    parameters = {name: value for name, value in (query or {}).items() if value is not None}
    client.progress.start("requests sent", len(requests))
    results = bulk.each(
        requests,
        lambda request: hand_over(client, request, parameters),
        concurrency,
        max_failures=max_failures,
        progress=client.progress,
    )
    return [result.value or Outcome(result.item, error=result.error) for result in results]


def _to_queue(client: Client, request: Request, query: Mapping[str, Any]) -> Outcome:
    async_id = str(uuid.uuid4())
    attributes = "&".join(name if value is None else f"{name}={value}" for name, value in request.attributes.items())
    body = {"method": request.method, "uri": request.path + (f"?{attributes}" if attributes else "")}
    if request.accept:
        body["accept"] = request.accept
    if request.payload is not None:
        body["payload-b64"] = base64.b64encode(request.payload).decode()
        body["content-type"] = request.content_type
    try:
        client.request("POST", connect.requests(request.device_id), query={"async-id": async_id, **query}, json=body)
    except TransportError as error:
        if not error.maybe_done:
            raise
        # The name of the answer is known, so it shows whether the request arrived.
        return Outcome(request, async_id, error=error, doubt=True)
    return Outcome(request, async_id)


def _to_endpoint(client: Client, request: Request, query: Mapping[str, Any]) -> Outcome:
    headers = {"Accept": request.accept or "*/*"}
    if request.payload is not None:
        headers["Content-Type"] = request.content_type
    reply = client.request(
        request.method,
        connect.endpoint(request.device_id, request.path),
        query={**query, **{name: "" if value is None else value for name, value in request.attributes.items()}},
        data=request.payload,
        headers=headers,
    )
    if reply.status == 202 and isinstance(reply.body, dict):
        return Outcome(request, str(reply.body.get("async-response-id", "")))
    return Outcome(request, answer=Answer(reply.status, reply.content, reply.headers.get("Content-Type") or ""))


def collect(channel: Channel, outcomes: Iterable[Outcome], client: Client, deadline: float) -> List[Message]:
    """Wait for the answers to what was sent, and put them into the outcomes. The first answer to a request counts.

    When the channel is lost, that is the error of the requests that are still without an answer.

    :return: what else came over the channel meanwhile.
    """
    missing = {outcome.async_id: outcome for outcome in outcomes if outcome.async_id and outcome.answer is None}
    others: List[Message] = []
    client.progress.start("devices answered", len(missing))
    while missing:
        try:
            message = channel.receive(deadline - client.monotonic()) if client.monotonic() < deadline else None
        except (ChannelError, ApiError, TransportError) as error:
            for outcome in missing.values():
                outcome.error = outcome.error or error
            break
        if message is None:
            break
        for entry in message.get("async-responses") or ():
            answered = missing.pop(str(entry.get("id")), None)
            if answered is not None:
                answered.answer, answered.error, answered.doubt = _answer(entry), None, False
                client.progress.advance(failed=not answered.answer.good)
        rest = {name: value for name, value in message.items() if name != "async-responses" and value}
        if rest:
            others.append(rest)
    return others


def _answer(entry: Mapping[str, Any]) -> Answer:
    try:
        payload = base64.b64decode(entry.get("payload") or "", validate=True)
    except (binascii.Error, ValueError):
        payload = str(entry["payload"]).encode()
    age = str(entry.get("max-age", ""))
    return Answer(
        status=int(entry.get("status") or 0),
        payload=payload,
        content_type=str(entry.get("ct") or ""),
        error=str(entry.get("error") or ""),
        max_age=int(age) if age.isdecimal() else None,
    )


def late(outcome: Outcome, seconds: float, expiry: Optional[int] = None) -> str:
    """What is known of a request that got no answer in time."""
    if outcome.doubt:
        return f"{outcome.error} No answer came within {seconds:g} seconds either, so most probably it was not taken."
    until = f"for {expiry} seconds" if expiry else "for two hours, for sleeping devices three days"
    return (
        f"No answer to {outcome.request.words} came within {seconds:g} seconds. The service has taken the request "
        f"({outcome.async_id}) and goes on delivering it {until}; what the device then does is not seen here. Give wait_timeout more."
    )


class Session:
    """Requests to devices with their answers, over one channel. Use it in a ``with`` statement.

    The channel is opened for the first request, so not at all where there is none. ``others`` is what else came over it meanwhile.

    :param kind: of the channel, as ``Channel``; None for requests whose answers nobody waits for.
    :param timeout: seconds for all of it.
    """

    def __init__(self, client: Client, kind: Optional[str], timeout: float) -> None:
        self._client = client
        self._kind = kind
        self._deadline = client.monotonic() + timeout
        self._stack = contextlib.ExitStack()
        self._channel: Optional[Channel] = None
        self.others: List[Message] = []

    def __enter__(self) -> Session:
        return self

    @property
    def over(self) -> bool:
        """Whether there is no time left to wait for answers."""
        return self._kind is not None and self._client.monotonic() >= self._deadline

    def exchange(self, requests: Sequence[Request], **options: Any) -> List[Outcome]:
        """Send requests and wait for the answers.

        :param options: those of ``send``.
        :return: an outcome a request, in their order.
        :raises ChannelError, ApiError, TransportError: as ``Channel`` when it is opened; nothing has been sent then.
        """
        if requests and self._kind is not None and self._channel is None:
            self._channel = self._stack.enter_context(Channel(self._client, self._kind, self._deadline))
        outcomes = send(self._client, requests, **options)
        if self._channel is not None:
            self.others += collect(self._channel, outcomes, self._client, self._deadline)
        return outcomes

    def __exit__(self, *_exception: Any) -> None:
        """Close the channel."""
        self._stack.close()
