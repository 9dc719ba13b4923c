# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notification channels: long polls, callbacks and websockets, and what waits in them. Facts are those of the OpenAPI descriptions.

An application has one channel (before 2021: each API key). What waits for delivery is kept in memory, as the service keeps its queues: a
server that is started anew on an old state has the channels, but nothing in them.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import ssl
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .. import auth
from ..answers import Answer, ApiError, EmptyError, PlainError
from ..clock import text
from ..identity import digest
from ..table import Document, Field, Resource

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from ..engine import Call, Engine

PULL, CALLBACK, WEBSOCKET = "LONG_POLLING", "CALLBACK", "WEB_SOCKET"
_BLOCKED = 120
"""Seconds after the deletion of a pull channel in which nobody may poll."""
_LIVES = {PULL: 600, WEBSOCKET: 86400}
"""Seconds until a channel that nobody is connected to is deleted."""
_EVENT_LIVES, _CALLBACK_LIVES = 86400, 86400
"""Seconds until an event is dropped, and until a callback that always fails is deleted."""
_LARGEST_QUEUE = 50_000_000
_CHUNK = 10_000
_TIMEOUT, _LONGEST_PAUSE = 20, 120
_MOST_IN_CALLBACK = 400
_FLAGS = ("deregistrations_as_object", "include_uid", "include_timestamp", "include_original_ep")
_GOING_AWAY, _POLICY, _UNEXPECTED, _RESTART, _NORMAL = 1001, 1008, 1011, 1012, 1000

CHANNELS = Resource(
    name="notification-channels",
    object="notification-channel",
    operations={},
    fields={
        "account_id": Field("string", indexed=True),
        "blocked_until": Field("integer"),
        "created_at": Field("string"),
        "headers": Field("map"),
        "id": Field("string"),
        "kind": Field("string"),
        "object": Field("string"),
        "owner": Field("string", indexed=True),
        "serialization": Field("object", nullable=True),
        "url": Field("string"),
        "used_at": Field("integer"),
    },
)
"""The channel of each owner that ever had one; `kind` is empty where it is deleted. No path leads to them by their ids."""

ROWS = (CHANNELS,)
SETTINGS = {"poll_seconds": 30, "channel_deletion_drops_subscriptions": True}


# --- what waits ---


@dataclass
class Event:
    """Something to tell: the list of the message that it belongs in, the entry, and the device it is about."""

    word: str
    entry: Document | str
    uid: str
    moment: int
    device: Document
    size: int


@dataclass
class Connection:
    """An open websocket, and the code that it is to be closed with."""

    websocket: WebSocket
    code: int | None = None


@dataclass
class Mailbox:
    """What waits for one owner, and who waits for it."""

    events: deque[Event] = field(default_factory=deque)
    size: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    polled: bool = False
    delivering: bool = False
    deleted: bool = False
    connection: Connection | None = None

    def add(self, event: Event) -> None:
        """Put an event at the end; the oldest give way where there are too many."""
        self.events.append(event)
        self.size += event.size
        while self.size > _LARGEST_QUEUE:
            self.drop(1)
        self.changed.set()

    def drop(self, count: int) -> None:
        """Take the oldest events away."""
        for _time in range(min(count, len(self.events))):
            self.size -= self.events.popleft().size


def _mailbox(engine: Engine, owner: str) -> Mailbox:
    mailboxes: dict[str, Mailbox] = engine.memory.setdefault("mailboxes", {})
    return mailboxes.setdefault(owner, Mailbox())


def _message(engine: Engine, mailbox: Mailbox, channel: Document) -> tuple[int, Document]:
    """How many of the oldest events go into the next message, and the message."""
    oldest = engine.clock.time() - _EVENT_LIVES * 1_000_000
    while mailbox.events and mailbox.events[0].moment <= oldest:
        mailbox.drop(1)
    serialization = channel["serialization"] or {}
    most = serialization.get("max_chunk_size", _CHUNK)
    message: Document = {}
    count = 0
    for event in mailbox.events:
        if count == most:
            break
        count += 1
        message.setdefault(event.word, []).append(_serialized(event, serialization.get("cfg") or {}))
    return count, message


def _serialized(event: Event, flags: Document) -> Document | str:
    if isinstance(event.entry, str):
        if not flags.get("deregistrations_as_object"):
            return event.entry
        entry: Document = {"ep": event.entry}
    else:
        entry = dict(event.entry)
    if flags.get("include_uid"):
        entry["uid"] = event.uid
    if flags.get("include_timestamp"):
        entry["timestamp"] = text(event.moment)
    if flags.get("include_original_ep") and event.device:
        entry["original-ep"] = event.device["endpoint_name"]
    return entry


def notify(engine: Engine, owner: str, word: str, entry: Document | str, device: Document) -> None:
    """Tell the owner of a channel of something; nobody is told where there is none."""
    channel = channel_of(engine, owner)
    if channel is None:
        return
    mailbox = _mailbox(engine, owner)
    moment = engine.clock.now()
    mailbox.add(Event(word, entry, digest(owner, moment)[:32], moment, device, len(json.dumps(entry))))
    if channel["kind"] == CALLBACK and not mailbox.delivering:
        mailbox.delivering = True
        engine.background(_deliver(engine, owner, mailbox))


def notify_account(engine: Engine, device: Document, word: str, entry: Document | str) -> None:
    """Tell the owners of all channels of a device's account: devices are everybody's."""
    for channel in list(engine.store.select(CHANNELS, account_id=device["account_id"])):
        notify(engine, channel["owner"], word, entry, device)


# --- which channel ---


def owner_of(engine: Engine, call: Call) -> str:
    """What channels, subscriptions and answers of devices belong to: the sender's application; before 2021, and for API keys, the key."""
    return call.sender.application_id if engine.spec >= 2021 and call.sender.application_id else call.sender.subject


def key_owner(engine: Engine, call: Call) -> str:
    """The same, where the sender is a key. Raises ApiError (403) for users."""
    if call.sender.kind == "user_token":
        raise EmptyError(403, "access_denied", "")
    return owner_of(engine, call)


def _known(engine: Engine, owner: str) -> Document | None:
    return next(engine.store.select(CHANNELS, owner=owner), None)


def channel_of(engine: Engine, owner: str) -> Document | None:
    """The channel of an owner, unless it has expired."""
    channel = _known(engine, owner)
    if channel is None or not channel["kind"]:
        return None
    mailbox = _mailbox(engine, owner)
    unused = not mailbox.polled and mailbox.connection is None
    if unused and engine.clock.time() - channel["used_at"] >= _LIVES.get(channel["kind"], 1 << 40) * 1_000_000:
        _remove(engine, channel)
        return None
    return channel


def _make(engine: Engine, call: Call, owner: str, kind: str, **more: Any) -> Document:
    """A new channel in the place of any."""
    known = _known(engine, owner)
    first: Document = {"account_id": call.account_id, "headers": {}, "owner": owner, "serialization": None, "url": ""}
    channel = (known or engine.blank(CHANNELS)) | first | {"kind": kind, "used_at": engine.clock.time(), "blocked_until": 0} | more
    engine.store.put(CHANNELS, channel)
    return channel


def _use(engine: Engine, owner: str) -> None:
    """A channel is in use up to now."""
    if channel := _known(engine, owner):
        engine.store.put(CHANNELS, channel | {"used_at": engine.clock.time()})


def _remove(engine: Engine, channel: Document, blocked: int = 0) -> None:
    """Delete a channel and what waits in it. `blocked`: seconds in which it may not be polled."""
    until = engine.clock.time() + blocked * 1_000_000
    engine.store.put(CHANNELS, channel | {"kind": "", "blocked_until": until})
    mailbox = engine.memory.get("mailboxes", {}).pop(channel["owner"], None)
    if mailbox:
        mailbox.deleted = True
        _close(mailbox, _NORMAL)
    if engine.settings.channel_deletion_drops_subscriptions:
        engine.emit("channel.deleted", channel)


def _close(mailbox: Mailbox, code: int) -> None:
    """End what is open at a mailbox."""
    if mailbox.connection:
        mailbox.connection.code = code
    mailbox.changed.set()


def _refuse_other(channel: Document | None, kind: str) -> None:
    if channel and channel["kind"] != kind:
        raise EmptyError(400, "bad_request", "")


async def _sleep(engine: Engine, seconds: float, event: asyncio.Event | None = None) -> None:
    """Wait for that many virtual seconds, or for the event if that is sooner."""
    event = event or asyncio.Event()
    wakers: dict[str, asyncio.Event] = engine.memory.setdefault("wakers", {})
    task = engine.schedule(seconds, "channels.wake")
    wakers[task] = event
    try:
        await event.wait()
    finally:
        wakers.pop(task, None)
        engine.cancel(task)


def _wake(engine: Engine, payload: Document) -> None:
    # The tasks that are due now have been removed already, so those without an entry are the ones to wake.
    scheduled = engine.rows["scheduled-tasks"]
    for task, event in list(engine.memory.get("wakers", {}).items()):
        if engine.store.get(scheduled, task) is None:
            event.set()


# --- any channel ---


def _metadata(engine: Engine, call: Call) -> Answer:
    call.arguments()
    channel = channel_of(engine, key_owner(engine, call))
    if channel is None:
        raise EmptyError(404, "not_found", "")
    return engine.tell({"delivery_mechanism": channel["kind"]})


def _serialization(engine: Engine, body: Document) -> Document | None:
    """How a channel is to write its messages, with numbers and booleans also as texts. Raises ApiError."""
    given = body.get("serialization")
    if given is None:
        return None
    wrong = EmptyError(400, "bad_request", "")
    if engine.spec < 2020 or not isinstance(given, dict) or given.get("type") != "v2" or set(given) - {"type", "max_chunk_size", "cfg"}:
        raise wrong
    made: Document = {"type": "v2"}
    try:
        if "max_chunk_size" in given:
            made["max_chunk_size"] = int(given["max_chunk_size"])
        if "cfg" in given:
            made["cfg"] = {name: {"true": True, "false": False}[str(value).lower()] for name, value in given["cfg"].items()}
    except (AttributeError, KeyError, TypeError, ValueError):
        raise wrong from None
    if not 100 <= made.get("max_chunk_size", 100) <= 10_000 or not set(made.get("cfg", ())) <= set(_FLAGS):
        raise wrong
    return made


# --- long polls ---


async def _poll(engine: Engine, call: Call) -> Answer:
    call.arguments()
    if call.sender.kind == "user_token":
        raise EmptyError(401, "auth_mismatch", "")
    owner = owner_of(engine, call)
    with engine.store.transaction():
        channel = channel_of(engine, owner)
        _refuse_other(channel, PULL)
        known = _known(engine, owner)
        if channel is None and known and known["blocked_until"] > engine.clock.time():
            raise PlainError(410, "", "CHANNEL_DELETED")
        if channel is None:
            channel = _make(engine, call, owner, PULL)
    mailbox = _mailbox(engine, owner)
    if mailbox.polled:
        raise EmptyError(409, "duplicate", "")
    mailbox.polled = True
    end = engine.clock.time() + int(engine.settings.poll_seconds * 1_000_000)
    try:
        while True:
            if mailbox.deleted:
                raise PlainError(410, "", "CHANNEL_DELETED")
            count, message = _message(engine, mailbox, channel)
            if count:
                mailbox.drop(count)
                return engine.tell(message)
            left = end - engine.clock.time()
            if left <= 0:
                return Answer(204)
            mailbox.changed.clear()
            await _sleep(engine, left / 1_000_000, mailbox.changed)
    finally:
        mailbox.polled = False
        _use(engine, owner)


def _stop_polling(engine: Engine, call: Call) -> Answer:
    call.arguments()
    channel = channel_of(engine, owner_of(engine, call))
    if channel and channel["kind"] == PULL:
        _remove(engine, channel, _BLOCKED)
        return Answer(200, b"REMOVED", "text/plain")
    return Answer(200, b"ALREADY_DELETED", "text/plain")


# --- callbacks ---


def _put(url: str, headers: Document, body: bytes) -> int:
    """Send a PUT to a callback and return its status; 0 where there was no answer. Redirections are not followed."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    connection = (
        # Whoever tries callbacks out has no certificate that is known elsewhere.
        http.client.HTTPSConnection(parts.netloc, timeout=_TIMEOUT, context=ssl._create_unverified_context())
        if secure
        else http.client.HTTPConnection(parts.netloc, timeout=_TIMEOUT)
    )
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("PUT", path, body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (OSError, http.client.HTTPException, ValueError):
        return 0
    finally:
        connection.close()


async def _register_callback(engine: Engine, call: Call) -> Answer:
    call.arguments()
    owner = key_owner(engine, call)
    if call.content_type.partition(";")[0].strip().lower() != "application/json":
        raise EmptyError(415, "bad_request", "")
    body = call.json()
    wrong = EmptyError(400, "bad_request", "")
    url, headers = body.get("url"), body.get("headers") or {}
    known = {"url", "headers"} | ({"serialization"} if engine.spec >= 2020 else set())
    if set(body) - known or not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise wrong
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise wrong
    if len(url) + sum(len(name) + len(value) for name, value in headers.items()) > _MOST_IN_CALLBACK:
        raise wrong
    serialization = _serialization(engine, body)
    _refuse_other(channel_of(engine, owner), CALLBACK)
    if await asyncio.to_thread(_put, url, headers, b"{}") not in (200, 204):
        raise wrong
    with engine.store.transaction():
        _refuse_other(channel_of(engine, owner), CALLBACK)
        _make(engine, call, owner, CALLBACK, url=url, headers=headers, serialization=serialization)
    return Answer(204)


def _the(engine: Engine, call: Call, kind: str) -> Document:
    """The sender's channel of a kind. Raises ApiError (403, 404)."""
    call.arguments()
    channel = channel_of(engine, key_owner(engine, call))
    if channel is None or channel["kind"] != kind:
        raise EmptyError(404, "not_found", "")
    return channel


def _get_callback(engine: Engine, call: Call) -> Answer:
    channel = _the(engine, call, CALLBACK)
    return engine.tell({name: channel[name] for name in ("url", "headers", "serialization") if channel[name]})


def _delete_callback(engine: Engine, call: Call) -> Answer:
    _remove(engine, _the(engine, call, CALLBACK))
    return Answer(204)


async def _deliver(engine: Engine, owner: str, mailbox: Mailbox) -> None:
    """Send what waits to a callback until nothing does, with longer and longer pauses while it fails."""
    failing: int | None = None
    pause = 1
    try:
        while (channel := channel_of(engine, owner)) and channel["kind"] == CALLBACK and not mailbox.deleted:
            count, message = _message(engine, mailbox, channel)
            if not count:
                return
            if await asyncio.to_thread(_put, channel["url"], channel["headers"], json.dumps(message).encode()) in (200, 204):
                mailbox.drop(count)
                failing, pause = None, 1
                continue
            now = engine.clock.time()
            failing = now if failing is None else failing
            if now - failing >= _CALLBACK_LIVES * 1_000_000:
                with engine.store.transaction():
                    _remove(engine, channel)
                return
            await _sleep(engine, pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
    finally:
        mailbox.delivering = False


# --- websockets ---


def _shown_websocket(engine: Engine, channel: Document) -> Document:
    mailbox = _mailbox(engine, channel["owner"])
    status, size = ("connected" if mailbox.connection else "disconnected"), len(mailbox.events)
    if engine.spec >= 2021:
        # The service of that year cannot tell.
        status, size = "unknown", -1
    shown: Document = {"status": status, "queueSize" if engine.spec < 2020 else "queue_size": size}
    return shown | ({"serialization": channel["serialization"]} if channel["serialization"] else {})


def _register_websocket(engine: Engine, call: Call) -> Answer:
    call.arguments()
    owner = key_owner(engine, call)
    body = call.json(optional=True)
    if set(body) - {"serialization"}:
        raise EmptyError(400, "bad_request", "")
    serialization = _serialization(engine, body)
    channel = channel_of(engine, owner)
    _refuse_other(channel, WEBSOCKET)
    if channel is None:
        return engine.tell(_shown_websocket(engine, _make(engine, call, owner, WEBSOCKET, serialization=serialization)), 201)
    if engine.spec < 2020:
        return engine.tell(_shown_websocket(engine, channel))
    return engine.tell({"serialization": channel["serialization"]} if channel["serialization"] else {})


def _get_websocket(engine: Engine, call: Call) -> Answer:
    return engine.tell(_shown_websocket(engine, _the(engine, call, WEBSOCKET)))


def _delete_websocket(engine: Engine, call: Call) -> Answer:
    _remove(engine, _the(engine, call, WEBSOCKET))
    return Answer(204)


def protocol(websocket: WebSocket) -> str | None:
    """Which of the protocols that a client offers is spoken: never the one with the key, unless there is no other."""
    offered = [str(one) for one in websocket.scope.get("subprotocols", [])]
    return next((one for one in offered if not one.startswith("pelion_")), offered[0] if offered else None)


async def _connect(engine: Engine, websocket: WebSocket, call: Call) -> None:
    await websocket.accept(protocol(websocket))
    owner = owner_of(engine, call)
    channel = channel_of(engine, owner)
    if channel is None or channel["kind"] != WEBSOCKET:
        await websocket.close(_UNEXPECTED, "There is no websocket channel.")
        return
    mailbox = _mailbox(engine, owner)
    _close(mailbox, _GOING_AWAY)
    mine = mailbox.connection = Connection(websocket)
    gone = asyncio.ensure_future(_until_gone(websocket))
    try:
        while mine.code is None and not gone.done():
            count, message = _message(engine, mailbox, channel)
            if count:
                if not _may_still(engine, call):
                    mine.code = _POLICY
                    break
                await websocket.send_text(json.dumps(message))
                mailbox.drop(count)
                continue
            mailbox.changed.clear()
            changed = asyncio.ensure_future(mailbox.changed.wait())
            await asyncio.wait((gone, changed), return_when=asyncio.FIRST_COMPLETED)
            changed.cancel()
            if not _may_still(engine, call):
                mine.code = mine.code or _POLICY
    finally:
        if mailbox.connection is mine:
            mailbox.connection = None
            _use(engine, owner)
        gone.cancel()
        if mine.code is not None:
            with contextlib.suppress(RuntimeError):
                await websocket.close(mine.code)


def _may_still(engine: Engine, call: Call) -> bool:
    """Whether the sender's token is still good."""
    try:
        auth.authenticate(engine, call.headers)
    except ApiError:
        return False
    return True


async def _until_gone(websocket: WebSocket) -> None:
    """Read, and forget, what a client sends until it goes."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


# --- what happens elsewhere ---


def _application_inactive(engine: Engine, application: Document) -> None:
    """An open websocket notices that its key is good no longer."""
    mailbox = engine.memory.get("mailboxes", {}).get(application["id"])
    if mailbox:
        mailbox.changed.set()


def _restart(engine: Engine, _document: Document) -> None:
    for mailbox in engine.memory.get("mailboxes", {}).values():
        mailbox.deleted = True
        _close(mailbox, _RESTART)


OPERATIONS = {
    "getChannelMetadata": _metadata,
    "longPollNotifications": _poll,
    "deleteLongPollChannel": _stop_polling,
    "registerWebhook": _register_callback,
    "getWebhook": _get_callback,
    "deregisterWebhook": _delete_callback,
    "registerWebsocket": _register_websocket,
    "getWebsocket": _get_websocket,
    "deleteWebsocket": _delete_websocket,
}
SOCKETS = {"connectWebsocket": _connect}
ERRORS = dict.fromkeys([*OPERATIONS, *SOCKETS], EmptyError)
TASKS = {"channels.wake": _wake}
LISTENERS = {"application.inactive": _application_inactive, "simulator.reset": _restart}
