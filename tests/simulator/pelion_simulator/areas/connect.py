# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Talking to devices: requests and their late answers, subscriptions, what the echo keeps. Facts are those of the OpenAPI descriptions.

A device answers one request after another. How well it does is said by the settings `device_...`, and for one device by the control
endpoint `device-behaviour`; `device-value` changes a value on the device; by `device-registration` it registers, updates, deregisters or
expires.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from .. import clock
from ..answers import Answer, ApiError, EmptyError, PlainError
from ..identity import digest
from ..lwm2m import Model, Refused, new_changes
from ..table import Document, Field, Resource
from .channels import key_owner, notify, notify_account, owner_of
from .directory import DEVICES, deregister, register

if TYPE_CHECKING:
    from ..engine import Call, Engine

_SECOND = 1_000_000
_ATTEMPT = 124
"""Seconds until an attempt to deliver over CoAP has failed."""
_QUEUE = 20
_RETRIES, _EXPIRY = {False: 0, True: 2}, {False: 7_200, True: 259_200}
"""What holds where a request does not say it, without and with queue mode."""
_ECHO_LIVES = 183 * 86_400 * _SECOND
_LONGEST_PATH = 255
_RULES = ("pmin", "pmax", "gt", "lt", "st")

LINKS = Resource(
    name="connected-devices",
    object="connected-device",
    operations={},
    fields={"id": Field("string"), "object": Field("string"), "created_at": Field("string")},
)
"""What the service knows of its connection to a device, under the device's id; none where nothing has happened yet."""

SUBSCRIPTIONS = Resource(
    name="subscriptions",
    object="subscription",
    operations={},
    fields={
        "created_at": Field("string"),
        "device_id": Field("string", indexed=True),
        "id": Field("string"),
        "object": Field("string"),
        "owner": Field("string", indexed=True),
        "path": Field("string"),
    },
)
PRE_SUBSCRIPTIONS = Resource(
    name="pre-subscriptions",
    object="pre-subscriptions",
    operations={},
    fields={
        "account_id": Field("string", indexed=True),
        "created_at": Field("string"),
        "entries": Field("list"),
        "id": Field("string"),
        "object": Field("string"),
        "owner": Field("string", indexed=True),
    },
)
ROWS = (LINKS, SUBSCRIPTIONS, PRE_SUBSCRIPTIONS)

BEHAVIOUR: Document = {
    "online": True,
    "queue_mode": False,
    "delay": 0.05,
    "silent": 0,
    "refusing": 0,
    "status": 0,
    "jitter": 0,
    "doubled": 0,
    "lost": 0,
}
"""How a device behaves: whether it can be reached; whether it sleeps in queue mode; seconds until it answers; how likely an attempt gets no
answer, or no connection; the status of every answer (0: what is right); up to how many seconds later the answer comes out of the service,
so that answers overtake each other; how likely it comes twice, or never."""
SETTINGS = {f"device_{name}": value for name, value in BEHAVIOUR.items()} | {"transaction_limit": 0, "congestion": False}


class Link:
    """A device with what the service knows of its connection to it."""

    def __init__(self, engine: Engine, device: Document) -> None:
        self.engine = engine
        self.device = device
        self.doc: Document = engine.store.get(LINKS, device["id"]) or {
            **engine.blank(LINKS),
            "id": device["id"],
            "active": "",
            "behaviour": {},
            "cache": {},
            "changes": new_changes(),
            "echo": {},
            "echo_whole": True,
            "last_desired_at": "",
            "notified": {},
            "queue": [],
        }
        self.model = Model(device, self.doc["changes"], engine.chance)

    def save(self) -> None:
        """Keep what has changed."""
        self.engine.store.put(LINKS, self.doc)

    def behaves(self, name: str) -> Any:
        """One of BEHAVIOUR, of this device."""
        return self.doc["behaviour"].get(name, getattr(self.engine.settings, f"device_{name}"))

    def subscriptions(self, path: str = "") -> list[Document]:
        """The subscriptions that a change of a resource concerns, or all."""
        found = self.engine.store.select(SUBSCRIPTIONS, device_id=self.device["id"])
        return [one for one in found if not path or _covers(one["path"], path)]


def _link(engine: Engine, device_id: str, account_id: str = "") -> Link | None:
    """The link to a device that is registered and not suspended, in that account."""
    device = engine.store.get(DEVICES, device_id)
    if device is None or account_id not in ("", device["account_id"]):
        return None
    if device["state"] != "registered" or device["lifecycle_status"] == "blocked":
        return None
    return Link(engine, device)


def _covers(above: str, path: str) -> bool:
    return path == above or path.startswith(above + "/")


def _path(written: str) -> str:
    return "/" + written.strip("/")


# --- requests: one device carries out one after another ---


def _transaction(engine: Engine) -> bool:
    """Count a transaction with a device. False where the account has had all that its quota allows."""
    engine.memory["transactions"] = done = engine.memory.get("transactions", 0) + 1
    return not engine.settings.transaction_limit or done <= engine.settings.transaction_limit


def _enqueue(link: Link, owner: str, async_id: str, method: str, path: str, **more: Any) -> bool:
    """Put a request at the end of the device's queue, and go on with it. False where the queue is full. `more`: see below."""
    engine, queue_mode = link.engine, bool(link.behaves("queue_mode"))
    if len(link.doc["queue"]) >= _QUEUE:
        return False
    request: Document = {
        "accept": "",
        "async_id": async_id,
        "attempts": 0,
        "content_type": "",
        "method": method,
        "number": engine.clock.now(),
        "owner": owner,
        "path": path,
        "payload": None,
        "query": "",
        "waiting": False,
    }
    retries, expiry = more.pop("retries", None), more.pop("expiry", None)
    request |= more | {"retries": _RETRIES[queue_mode] if retries is None else retries}
    expiry = _EXPIRY[queue_mode] if expiry is None else expiry
    request["expiry"] = engine.schedule(expiry, "connect.expire", device=link.device["id"], number=request["number"])
    link.doc["queue"].append(request)
    if method == "PUT" and request["payload"] is not None:
        _desire(link, path, request["payload"])
    _go_on(link)
    link.save()
    return True


def _go_on(link: Link) -> None:
    """Begin with the first request of the queue, if the device can be reached and has nothing else to do."""
    if not link.doc["queue"] or link.doc["active"]:
        return
    request, engine, id_ = link.doc["queue"][0], link.engine, link.device["id"]
    if request["waiting"] or (link.behaves("queue_mode") and not link.behaves("online")):
        return
    salt = (id_, request["async_id"], request["attempts"])
    outcome, delay = "answer", link.behaves("delay")
    if not link.behaves("online"):
        outcome, delay = "unavailable", _ATTEMPT
    elif engine.chance("refusing", *salt) < link.behaves("refusing"):
        outcome = "refused"
    elif engine.chance("silent", *salt) < link.behaves("silent"):
        outcome, delay = "silent", _ATTEMPT
    link.doc["active"] = engine.schedule(delay, "connect.attempt", device=id_, number=request["number"], outcome=outcome)


def _attempt(engine: Engine, payload: Document) -> None:
    """An attempt to deliver a request ends."""
    link = _link(engine, payload["device"])
    if link is None or not link.doc["queue"] or link.doc["queue"][0]["number"] != payload["number"]:
        return
    request = link.doc["queue"][0]
    link.doc["active"] = ""
    if payload["outcome"] == "answer":
        _carry_out(link, request)
    else:
        request["attempts"] += 1
        if request["attempts"] > request["retries"]:
            status, error = {"unavailable": (503, "NOT_CONNECTED"), "silent": (504, "TIMEOUT"), "refused": (502, "")}[payload["outcome"]]
            _finish(link, request, status, error=error)
        else:
            # A device that is away gets it when it is back.
            request["waiting"] = payload["outcome"] == "unavailable"
    _go_on(link)
    link.save()


def _expire(engine: Engine, payload: Document) -> None:
    """A request has waited too long."""
    link = _link(engine, payload["device"])
    request = next((one for one in link.doc["queue"] if one["number"] == payload["number"]), None) if link else None
    if link and request:
        _finish(link, request, 429, error="REQUEST_EXPIRED")
        _go_on(link)
        link.save()


def _carry_out(link: Link, request: Document) -> None:
    """The device does what a request says, and answers."""
    try:
        if link.behaves("status"):
            raise Refused(link.behaves("status"))
        _finish(link, request, 200, *_do(link, request))
    except Refused as refused:
        _finish(link, request, refused.status)


def _do(link: Link, request: Document) -> tuple[bytes | None, str]:
    """What the device answers: payload and its content type. Raises Refused."""
    model, path, method = link.model, request["path"], request["method"]
    payload = None if request["payload"] is None else base64.b64decode(request["payload"])
    if method in ("GET", "OBSERVE"):
        if method == "OBSERVE" and not model.observable(path):
            raise Refused(412)
        value, content_type = model.read(path, request["accept"])
        _report(link, path)
        if method == "OBSERVE":
            _note_notified(link, path)
        return value, content_type
    if method == "DELETE":
        model.delete(path)
        _structure_changed(link)
    elif method == "PUT" and payload is None and request["query"]:
        link.doc["changes"]["rules"][path] = link.doc["changes"]["rules"].get(path, {}) | _rules(request["query"])
    elif method == "PUT":
        _changed(link, model.write(path, payload or b"", request["content_type"]))
    elif model.kind(path):
        _changed(link, model.execute(path))
    elif path in model.instances():
        _changed(link, model.write(path, payload or b"", request["content_type"]))
    else:
        model.create(path, payload or b"", request["content_type"])
        _structure_changed(link)
    return None, ""


def _rules(query: str) -> dict[str, float]:
    """Notification rules as they are written in a URI. Raises Refused."""
    try:
        rules = {name: float(value) for name, value in parse_qsl(query, keep_blank_values=True)}
    except ValueError:
        raise Refused(400) from None
    if set(rules) - set(_RULES):
        raise Refused(400)
    return rules


def _finish(link: Link, request: Document, status: int, payload: bytes | None = None, content_type: str = "", error: str = "") -> None:
    """A request leaves the queue, and its answer the service."""
    engine = link.engine
    first = link.doc["queue"][0] is request
    link.doc["queue"] = [one for one in link.doc["queue"] if one is not request]
    engine.cancel(request["expiry"])
    if first and link.doc["active"]:
        engine.cancel(link.doc["active"])
        link.doc["active"] = ""
    if request["method"] == "PUT" and request["payload"] is not None:
        _desire(link, request["path"], request["payload"], 1 if status == 200 else 2)
    if request["method"] == "OBSERVE" and status != 200:
        for subscription in link.subscriptions():
            if (subscription["owner"], subscription["path"]) == (request["owner"], request["path"]):
                engine.store.remove(SUBSCRIPTIONS, subscription)
    answer: Document = {"id": request["async_id"], "status": status}
    if payload is not None:
        kind = link.model.kind(request["path"])
        answer |= {"payload": base64.b64encode(payload).decode(), "ct": content_type, "max-age": str(kind.max_age if kind else 0)}
    if error:
        answer["error"] = error
    id_ = link.device["id"]
    if engine.chance("lost", id_, request["async_id"]) < link.behaves("lost"):
        return
    for number in range(1 + (engine.chance("doubled", id_, request["async_id"]) < link.behaves("doubled"))):
        later = link.behaves("jitter") * engine.chance("jitter", id_, request["async_id"], number)
        engine.schedule(later, "connect.answer", device=id_, owner=request["owner"], answer=answer)


def _answer(engine: Engine, payload: Document) -> None:
    notify(engine, payload["owner"], "async-responses", payload["answer"], engine.store.get(DEVICES, payload["device"]) or {})


def _fail_all(link: Link, error: str) -> None:
    """Nothing that waits for the device will be delivered."""
    for request in list(link.doc["queue"]):
        _finish(link, request, 429, error=error)


# --- values ---


def _stamp(link: Link) -> str:
    return clock.text(link.engine.clock.time())


def _report(link: Link, path: str) -> None:
    """The device has told the values below a path: the cache and the echo keep them."""
    now = link.engine.clock.time()
    for known, kind in link.model.resources():
        if not _covers(path, known) or "r" not in kind.can:
            continue
        value, content_type = link.model.read(known)
        written = base64.b64encode(value).decode()
        until = now + kind.max_age * _SECOND
        link.doc["cache"][known] = {"payload": written, "ct": content_type, "until": until}
        link.doc["echo"].setdefault(known, {})["reported"] = {
            "value": written,
            "content_type": content_type,
            "reported_at": clock.text(now),
            "expires_at": clock.text(until),
        }


def _desire(link: Link, path: str, payload: str, status: int = 0) -> None:
    """The echo keeps what is to be written: 0 not yet, 1 written, 2 failed."""
    stamp = _stamp(link)
    echo = link.doc["echo"].setdefault(path, {})
    if status == 0:
        link.doc["last_desired_at"] = stamp
        echo["desired"] = {"value": payload, "desired_at": stamp, "status": 0, "status_updated_at": stamp}
    elif echo.get("desired", {}).get("value") == payload:
        echo["desired"] |= {"status": status, "status_updated_at": stamp}


def _changed(link: Link, paths: Iterable[str]) -> None:
    """Values have changed on the device: it tells those that are observed."""
    subscribed: dict[tuple[str, str], Document] = {}
    for path in paths:
        link.doc["cache"].pop(path, None)
        kind = link.model.kind(path)
        if kind is None or "o" not in kind.can:
            continue
        found = link.subscriptions(path)
        if not found:
            _report(link, path)
        elif _worth_telling(link, path):
            subscribed |= {(one["owner"], one["path"]): one for one in found}
    for subscription in subscribed.values():
        _tell(link, subscription)


def _effective_rules(link: Link, path: str) -> dict[str, float]:
    """The rules for a resource: its own, over those of its instance, over those of its object."""
    rules: dict[str, float] = {}
    parts = path.split("/")
    for length in range(2, len(parts) + 1):
        rules |= link.doc["changes"]["rules"].get("/".join(parts[:length]), {})
    return rules


def _worth_telling(link: Link, path: str) -> bool:
    """Whether the rules let a change be told now. One that comes too soon is told later."""
    rules, value, last = _effective_rules(link, path), link.model.values[path], link.doc["notified"].get(path)
    if last is None:
        return True
    before = last["value"]
    if isinstance(value, int | float) and isinstance(before, int | float) and rules.keys() & {"gt", "lt", "st"}:
        crossed = any((before > rules[name]) != (value > rules[name]) for name in ("gt", "lt") if name in rules)
        if not crossed and not ("st" in rules and abs(value - before) >= rules["st"]):
            return False
    left: int = last["at"] + int(rules.get("pmin", 0) * _SECOND) - link.engine.clock.time()
    if left > 0:
        link.engine.schedule(left / _SECOND, "connect.tell", device=link.device["id"], path=path, at=last["at"])
    return left <= 0


def _note_notified(link: Link, path: str) -> None:
    """What was told last of the resources below a path, and when the longest silence is over."""
    now = link.engine.clock.time()
    for known, kind in link.model.resources():
        if _covers(path, known) and "o" in kind.can:
            value = link.model.values[known]
            link.doc["notified"][known] = {"at": now, "value": None if isinstance(value, bytes) else value}
            if longest := _effective_rules(link, known).get("pmax"):
                link.engine.schedule(longest, "connect.tell", device=link.device["id"], path=known, at=now)


def _tell(link: Link, subscription: Document) -> None:
    """Send a notification."""
    path = subscription["path"]
    _report(link, path)
    _note_notified(link, path)
    value, content_type = link.model.read(path)
    kind = link.model.kind(path)
    payload = base64.b64encode(value).decode()
    entry = {"ep": link.device["id"], "path": path, "ct": content_type, "payload": payload, "max-age": str(kind.max_age if kind else 60)}
    notify(link.engine, subscription["owner"], "notifications", entry, link.device)


def _tell_later(engine: Engine, payload: Document) -> None:
    """What came too soon after another notification, or the end of the longest silence."""
    link = _link(engine, payload["device"])
    # Anything told since has made this one needless.
    if link and link.doc["notified"].get(payload["path"], {}).get("at") == payload["at"]:
        for subscription in link.subscriptions(payload["path"]):
            _tell(link, subscription)
        link.save()


# --- registration ---


def _registration(link: Link) -> Document:
    """What a channel is told of a device that registers."""
    resources = []
    for path, kind in link.model.resources():
        resources.append({"path": path, "rt": kind.rt, "if": "", "obs": "o" in kind.can, "ct": _natural(link, path)})
    name = link.device["endpoint_name"]
    return {
        "ep": link.device["id"],
        "ept": link.device["endpoint_type"],
        "q": bool(link.behaves("queue_mode")),
        "resources": resources,
        **({"original-ep": name} if name != link.device["id"] else {}),
    }


def _natural(link: Link, path: str) -> str:
    """The content type of a resource."""
    kind = link.model.kind(path)
    return "application/octet-stream" if kind and kind.type == "opaque" else "text/plain"


def _contact(link: Link) -> None:
    """The device has called: what waited for that goes on."""
    if link.doc["queue"]:
        link.doc["queue"][0]["waiting"] = False
    _go_on(link)


def _registered(engine: Engine, device: Document) -> None:
    """A full registration: manual subscriptions are lost, and pre-subscriptions made."""
    link = Link(engine, device)
    for subscription in link.subscriptions():
        engine.store.remove(SUBSCRIPTIONS, subscription)
    link.doc |= {"notified": {}, "echo_whole": True}
    for path, kind in link.model.resources():
        if "o" in kind.can:
            _report(link, path)
    notify_account(engine, device, "registrations", _registration(link))
    _pre_subscribe(link)
    _contact(link)
    link.save()


def _structure_changed(link: Link) -> None:
    """The device updates its registration after an instance came or went."""
    notify_account(link.engine, link.device, "reg-updates", _registration(link))
    _pre_subscribe(link)


def _pre_subscribe(link: Link) -> None:
    for rules in list(link.engine.store.select(PRE_SUBSCRIPTIONS, account_id=link.device["account_id"])):
        for path, kind in link.model.resources():
            if "o" in kind.can and any(_applies(entry, link.device, path) for entry in rules["entries"]):
                _subscribe(link, rules["owner"], path)
                _note_notified(link, path)


def _applies(entry: Document, device: Document, path: str) -> bool:
    """Whether a pre-subscription is for a resource of a device."""
    name, kind, paths = entry.get("endpoint-name"), entry.get("endpoint-type"), entry.get("resource-path")
    if name is not None and not any(_matches(name, known) for known in (device["id"], device["endpoint_name"])):
        return False
    if kind is not None and kind != device["endpoint_type"]:
        return False
    return paths is None or any(_matches(one, path) or _covers(one.rstrip("*").rstrip("/"), path) for one in paths)


def _matches(pattern: str, text: str) -> bool:
    return text.startswith(pattern[:-1]) if pattern.endswith("*") else text == pattern


def _deregistered(engine: Engine, device: Document) -> None:
    link = Link(engine, device)
    _fail_all(link, "DEVICE_BLOCKED" if device["lifecycle_status"] == "blocked" else "DEVICE_REMOVED_REGISTRATION")
    word = "registrations-expired" if link.doc.pop("expiring", False) else "de-registrations"
    notify_account(engine, device, word, device["id"])
    link.save()


def _suspended(engine: Engine, device: Document) -> None:
    link = Link(engine, device)
    if link.doc["queue"]:
        _fail_all(link, "DEVICE_BLOCKED")
        link.save()


def _deleted(engine: Engine, device: Document) -> None:
    _fail_all(Link(engine, device), "DEVICE_REMOVED_REGISTRATION")
    for subscription in list(engine.store.select(SUBSCRIPTIONS, device_id=device["id"])):
        engine.store.remove(SUBSCRIPTIONS, subscription)
    if known := engine.store.get(LINKS, device["id"]):
        engine.store.remove(LINKS, known)
    if device["state"] == "registered":
        notify_account(engine, device, "de-registrations", device["id"])


def _channel_deleted(engine: Engine, channel: Document) -> None:
    for subscription in list(engine.store.select(SUBSCRIPTIONS, owner=channel["owner"])):
        engine.store.remove(SUBSCRIPTIONS, subscription)


# --- /v2/device-requests ---


def _request(engine: Engine, call: Call) -> Answer:
    older = engine.spec < 2020
    query = call.arguments("async-id", *(() if older else ("retry", "expiry-seconds")))
    if not re.fullmatch(r"[\w-]{1,40}", query.get("async-id", ""), re.ASCII):
        raise PlainError(400, "", "MALFORMED_ASYNC_ID")
    retries, expiry = _number(query, "retry", 0, 10), _number(query, "expiry-seconds", 60, 2_592_000)
    body = _device_request(call)
    link = _link(engine, call.item, call.account_id)
    if link is None:
        raise PlainError(404, "", "" if engine.spec >= 2021 else "DEVICE_NOT_FOUND")
    path, _mark, asked = body["uri"].partition("?")
    path = _path(path)
    if not link.model.has(path) and not (body["method"] == "POST" and link.model.may_create(path)):
        raise PlainError(404, "", "URI_PATH_DOES_NOT_EXISTS") if engine.spec == 2020 else PlainError(400, "", "RESOURCE_NOT_FOUND")
    if not _transaction(engine) and engine.spec >= 2021:
        raise PlainError(400, "", "LIMITS_EXCEEDED")
    if engine.spec < 2021 and not link.behaves("online") and not link.behaves("queue_mode"):
        raise PlainError(400, "", "DEVICE_NOT_CONNECTED")
    accepted = _enqueue(
        link,
        owner_of(engine, call),
        query["async-id"],
        body["method"],
        path,
        accept=body.get("accept", ""),
        content_type=body.get("content-type", ""),
        payload=body.get("payload-b64"),
        query=asked,
        retries=retries,
        expiry=expiry,
    )
    if not accepted:
        raise PlainError(400, "", "TOO_MANY_REQUESTS" if older else "QUEUE_IS_FULL")
    return Answer(202)


def _number(query: Document, name: str, least: int, most: int) -> int | None:
    """A query parameter that is a number. Raises ApiError."""
    if name not in query:
        return None
    if not re.fullmatch(r"\d{1,9}", query[name], re.ASCII) or not least <= int(query[name]) <= most:
        raise PlainError(400, "", f"{name} must be a number from {least} to {most}")
    return int(query[name])


def _device_request(call: Call) -> Document:
    """The body of a device request. Raises ApiError."""
    malformed = PlainError(400, "", "MALFORMED_JSON_CONTENT")
    try:
        body = call.json()
        texts = all(isinstance(value, str) for value in body.values())
        if not texts or set(body) - {"method", "uri", "accept", "content-type", "payload-b64"} or "uri" not in body:
            raise malformed
        if body.get("method") not in ("GET", "PUT", "POST", "DELETE"):
            raise malformed
        base64.b64decode(body.get("payload-b64", ""), validate=True)
    except (ApiError, ValueError):
        raise malformed from None
    return body


# --- /v2/endpoints ---


def _structure(engine: Engine, call: Call) -> Answer:
    call.arguments()
    link = _link(engine, call.item, call.account_id)
    if link is None:
        raise EmptyError(404, "not_found", "")
    resources = []
    for path, kind in link.model.resources():
        resources.append({"uri": path, "rt": kind.rt, "type": _natural(link, path), "obs": "o" in kind.can})
    return engine.tell(resources)


def _direct(engine: Engine, call: Call) -> Answer:
    """The deprecated way to a resource."""
    method = call.operation.method
    query = call.arguments("noResp", *{"GET": ("cacheOnly",), "PUT": _RULES}.get(method, ()))
    flags = {name: value.lower() == "true" for name, value in query.items()}
    rules = urlencode({name: value for name, value in query.items() if name in _RULES})
    link = _link(engine, call.parameters["device_id"], call.account_id)
    if link is None:
        raise EmptyError(410, "not_found", "")
    path = _path(call.item)
    if len(call.item) > _LONGEST_PATH:
        raise EmptyError(400, "bad_request", "")
    if not link.model.has(path) and not (method == "POST" and link.model.may_create(path)):
        # PUT has no 404 in the description.
        raise EmptyError(400 if method == "PUT" else 404, "not_found", "")
    if method == "GET":
        cached = link.doc["cache"].get(path)
        if cached and cached["until"] > engine.clock.time():
            age = (cached["until"] - engine.clock.time()) // _SECOND
            return Answer(200, base64.b64decode(cached["payload"]), cached["ct"], {"Cache-Control": f"max-age={age}"})
        if flags.get("cacheOnly"):
            return Answer(205)
    if link.behaves("refusing") >= 1:
        raise EmptyError(502, "bad_gateway", "")
    if flags.get("noResp") and link.behaves("queue_mode"):
        raise EmptyError(409, "conflict", "")
    async_id = _async_id(engine, call)
    payload = base64.b64encode(call.body).decode() if call.body or (method == "PUT" and not rules) else None
    accepted = _enqueue(
        link,
        "" if flags.get("noResp") else owner_of(engine, call),
        async_id,
        method,
        path,
        accept=call.headers.get("accept", ""),
        content_type=call.content_type,
        payload=payload,
        query=rules,
    )
    if not accepted:
        raise EmptyError(429, "too_many_requests", "")
    return Answer(204) if flags.get("noResp") else engine.tell({"async-response-id": async_id}, 202)


def _async_id(engine: Engine, call: Call) -> str:
    noise = digest(call.sender.subject, engine.clock.now())
    return "-".join((noise[:8], noise[8:12], "4" + noise[13:16], "a" + noise[17:20], noise[20:32]))


# --- subscriptions ---


def _subscribe(link: Link, owner: str, path: str) -> bool:
    """Make a subscription. False where there is one."""
    if any((one["owner"], one["path"]) == (owner, path) for one in link.subscriptions()):
        return False
    link.engine.store.put(SUBSCRIPTIONS, link.engine.blank(SUBSCRIPTIONS) | {"device_id": link.device["id"], "owner": owner, "path": path})
    return True


def _add_subscription(engine: Engine, call: Call) -> Answer:
    call.arguments()
    strings = engine.spec >= 2021
    link = _link(engine, call.parameters["device_id"], call.account_id)
    path = _path(call.item)
    if link is None:
        raise PlainError(404, "", "DEVICE_NOT_FOUND" if strings else "")
    if not link.model.has(path):
        raise PlainError(404, "", "URI_PATH_DOES_NOT_EXISTS" if strings else "")
    if link.behaves("refusing") >= 1:
        raise PlainError(502, "", "")
    for failed, error in ((not _transaction(engine), "LIMITS_EXCEEDED"), (engine.settings.congestion, "CONGESTION_CONTROL")):
        if failed and strings:
            raise PlainError(429, "", error)
    owner = owner_of(engine, call)
    if not _subscribe(link, owner, path):
        return Answer(200)
    async_id = _async_id(engine, call)
    if not _enqueue(link, owner, async_id, "OBSERVE", path):
        raise PlainError(429, "", "QUEUE_IS_FULL" if strings else "")
    return engine.tell({"async-response-id": async_id}, 202)


def _own(engine: Engine, call: Call) -> list[Document]:
    """The sender's subscriptions to the device of a path, or to the resource where the path names one."""
    call.arguments()
    wanted = {"device_id": call.parameters["device_id"], "owner": owner_of(engine, call)}
    if "resourcePath" in call.parameters:
        wanted["path"] = _path(call.item)
    return list(engine.store.select(SUBSCRIPTIONS, **wanted))


def _is_subscribed(engine: Engine, call: Call) -> Answer:
    if not _own(engine, call):
        raise EmptyError(404, "not_found", "")
    return Answer(200)


def _list_subscriptions(engine: Engine, call: Call) -> Answer:
    found = _own(engine, call)
    if not found:
        raise EmptyError(404, "not_found", "")
    return Answer(200, "".join(one["path"] + "\n" for one in found).encode(), "text/uri-list")


def _remove_subscriptions(engine: Engine, call: Call) -> Answer:
    found = _own(engine, call)
    link = _link(engine, call.parameters["device_id"], call.account_id)
    if engine.spec < 2020 and "resourcePath" in call.parameters and not (link and link.model.has(_path(call.item))):
        raise EmptyError(404, "not_found", "")
    for subscription in found:
        engine.store.remove(SUBSCRIPTIONS, subscription)
    return Answer(204)


def _pre_subscriptions(engine: Engine, call: Call) -> Document | None:
    call.arguments()
    return next(engine.store.select(PRE_SUBSCRIPTIONS, owner=key_owner(engine, call)), None)


def _get_pre_subscriptions(engine: Engine, call: Call) -> Answer:
    known = _pre_subscriptions(engine, call)
    return engine.tell(known["entries"] if known else [])


def _set_pre_subscriptions(engine: Engine, call: Call) -> Answer:
    known = _pre_subscriptions(engine, call)
    entries = call.array()
    paths = {path for entry in entries if isinstance(entry, dict) for path in _texts(entry.get("resource-path"))}
    if len(entries) > 1024 or len(paths) > 256 or not all(_is_rule(entry) for entry in entries):
        raise EmptyError(400, "bad_request", "")
    base = known or engine.blank(PRE_SUBSCRIPTIONS)
    engine.store.put(PRE_SUBSCRIPTIONS, base | {"account_id": call.account_id, "entries": entries, "owner": key_owner(engine, call)})
    return Answer(204)


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _is_rule(entry: Any) -> bool:
    """Whether this is one pre-subscription."""
    if not isinstance(entry, dict) or set(entry) - {"endpoint-name", "endpoint-type", "resource-path"}:
        return False
    for name in ("endpoint-name", "endpoint-type"):
        value = entry.get(name, "")
        if not isinstance(value, str) or len(value) > 64 or "*" in value[:-1]:
            return False
    if "resource-path" not in entry:
        return True
    paths = _texts(entry["resource-path"])
    whole = isinstance(entry["resource-path"], list) and len(paths) == len(entry["resource-path"]) > 0
    return whole and all(len(path) <= 128 and path.startswith("/") and "*" not in path[:-1] for path in paths)


def _delete_pre_subscriptions(engine: Engine, call: Call) -> Answer:
    if known := _pre_subscriptions(engine, call):
        engine.store.remove(PRE_SUBSCRIPTIONS, known)
    return Answer(204)


# --- echo ---


def _echo_link(engine: Engine, call: Call) -> Link:
    """The device of the path, where the echo knows it. Raises ApiError."""
    call.arguments()
    device = engine.store.get(DEVICES, call.item)
    if device is None or device["account_id"] != call.account_id or device["state"] not in ("registered", "deregistered"):
        raise EmptyError(404, "not_found", "")
    link = Link(engine, device)
    gone = device["state"] == "deregistered" and clock.moment(device["updated_at"]) + _ECHO_LIVES < engine.clock.time()
    if gone or not (link.doc["echo_whole"] or link.doc["echo"]):
        raise EmptyError(404, "not_found", "")
    return link


def _get_echo(engine: Engine, call: Call) -> Answer:
    link = _echo_link(engine, call)
    device, subscribed = link.device, [one["path"] for one in link.subscriptions()]
    resources = []
    for path, kind in link.model.resources():
        entry: Document = {"resource_path": path, "subscribed": any(_covers(one, path) for one in subscribed)}
        kept = link.doc["echo"].get(path, {})
        if link.doc["echo_whole"] and "o" in kind.can and "reported" not in kept:
            # Told at the registration, and never since.
            value, content_type = link.model.read(path)
            at = clock.moment(device["updated_at"])
            kept = kept | {
                "reported": {
                    "value": base64.b64encode(value).decode(),
                    "content_type": content_type,
                    "reported_at": clock.text(at),
                    "expires_at": clock.text(at + kind.max_age * _SECOND),
                }
            }
        if link.doc["echo_whole"] or kept:
            resources.append(entry | kept)
    reported = [one["reported"]["reported_at"] for one in resources if "reported" in one]
    shown: Document = {
        "created_at": _stamp(link),
        "device_id": device["id"],
        "endpoint_name": device["endpoint_name"],
        "object": "device-echo",
        "resources": resources,
        "updated_at": device["updated_at"],
    }
    if reported:
        shown["last_reported_at"] = max(reported)
    if link.doc["last_desired_at"]:
        shown["last_desired_at"] = link.doc["last_desired_at"]
    return engine.tell(shown)


def _delete_echo(engine: Engine, call: Call) -> Answer:
    link = _echo_link(engine, call)
    link.doc |= {"echo": {}, "echo_whole": False, "last_desired_at": ""}
    link.save()
    return Answer(200)


# --- control endpoints ---


def _controlled(engine: Engine, body: Document, *names: str) -> Link:
    """The device that a control request names. Raises ValueError, LookupError."""
    if unknown := sorted(set(body) - {"device", *names}):
        raise ValueError(f"unknown: {', '.join(unknown)}; known: {', '.join(sorted({'device', *names}))}")
    device = engine.store.get(DEVICES, str(body.get("device")))
    if device is None:
        raise LookupError("no device with this id")
    return Link(engine, device)


def _set_behaviour(engine: Engine, body: Document) -> Document:
    """How one device behaves; null takes back what was said before."""
    link = _controlled(engine, body, *BEHAVIOUR)
    wanted = {name: value for name, value in body.items() if name != "device"}
    for name, value in wanted.items():
        right = isinstance(value, bool) if isinstance(BEHAVIOUR[name], bool) else _is_amount(value)
        if value is not None and not right:
            raise ValueError(f"{name} cannot be {value!r}")
    was_away = not link.behaves("online")
    behaviour = link.doc["behaviour"] | wanted
    link.doc["behaviour"] = {name: value for name, value in behaviour.items() if value is not None}
    if was_away and link.behaves("online"):
        _contact(link)
    link.save()
    return {name: link.behaves(name) for name in BEHAVIOUR}


def _is_amount(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _set_value(engine: Engine, body: Document) -> Document:
    """A value changes on a device."""
    link = _controlled(engine, body, "path", "value")
    changed = link.model.measure(_path(str(body.get("path"))), body.get("value"))
    if link.device["state"] == "registered" and link.behaves("online"):
        _changed(link, changed)
    link.save()
    return {"changed": changed}


def _set_registration(engine: Engine, body: Document) -> Document:
    """A device registers, updates its registration, deregisters, or lets its registration expire."""
    link = _controlled(engine, body, "event")
    event = body.get("event")
    if event == "register":
        register(engine, link.device)
    elif event == "update":
        _structure_changed(link)
        _contact(link)
        link.save()
    elif event == "deregister":
        deregister(engine, link.device)
    elif event == "expire":
        link.doc["expiring"] = True
        link.save()
        deregister(engine, link.device)
    else:
        raise ValueError("event must be one of register, update, deregister, expire")
    return {"state": (engine.store.get(DEVICES, link.device["id"]) or {}).get("state")}


OPERATIONS = {
    "createAsyncRequest": _request,
    "getEndpointResources": _structure,
    "getResourceValue": _direct,
    "updateResourceValue": _direct,
    "executeOrCreateResource": _direct,
    "deleteResourcePath": _direct,
    "addResourceSubscription": _add_subscription,
    "checkResourceSubscription": _is_subscribed,
    "deleteResourceSubscription": _remove_subscriptions,
    "getEndpointSubscriptions": _list_subscriptions,
    "deleteEndpointSubscriptions": _remove_subscriptions,
    "getPreSubscriptions": _get_pre_subscriptions,
    "updatePreSubscriptions": _set_pre_subscriptions,
    "deletePreSubscriptions": _delete_pre_subscriptions,
    "getDeviceEchoObject": _get_echo,
    "deleteDeviceEchoObject": _delete_echo,
}
ERRORS = {**dict.fromkeys(OPERATIONS, EmptyError), "createAsyncRequest": PlainError, "addResourceSubscription": PlainError}
TASKS = {"connect.attempt": _attempt, "connect.expire": _expire, "connect.answer": _answer, "connect.tell": _tell_later}
LISTENERS = {
    "device.registered": _registered,
    "device.deregistered": _deregistered,
    "device.suspended": _suspended,
    "device.deleted": _deleted,
    "channel.deleted": _channel_deleted,
}
CONTROLS = {"device-behaviour": _set_behaviour, "device-value": _set_value, "device-registration": _set_registration}
