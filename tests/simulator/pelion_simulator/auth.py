# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who sends a request: tokens, and what stands behind them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import clock
from .answers import ApiError
from .identity import make_id
from .table import Document, Field, Resource

if TYPE_CHECKING:
    from .engine import Engine

KINDS = ("api_key", "access_key", "user_token")
_USED = "auth.used"
_BEARER = re.compile(r"[Bb]earer +([!-~]+) *")
_JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")
_STRING = Field("string", default="")

TOKENS = Resource(
    name="tokens",
    object="token",
    operations={},
    fields={
        "access": _STRING,
        "account_id": _STRING,
        "application_id": _STRING,
        "created_at": _STRING,
        "expires_at": _STRING,
        "id": _STRING,
        "kind": _STRING,
        "object": _STRING,
        "status": _STRING,
        "subject": Field("string", default="", indexed=True),
        "token": Field("string", indexed=True),
    },
)
"""What a request may carry as proof of who sends it. Not part of the API: no path leads here."""


@dataclass(frozen=True)
class Sender:
    """Who sends a request: one of KINDS, the id of that key or user, its account, and the application of an access key."""

    account_id: str = ""
    kind: str = ""
    subject: str = ""
    application_id: str = ""
    claims: Mapping[str, Any] = field(default_factory=dict)
    """What a token says that its sender has signed."""


def record(
    created: int,
    token: str,
    kind: str,
    account_id: str,
    subject: str,
    application_id: str = "",
    access: str = "full",
    status: str = "ACTIVE",
    expires_at: str = "",
) -> Document:
    """A token as the store keeps it. `created` is a reading of the clock; `expires_at` the time from which on it is refused."""
    return {
        "access": access,
        "account_id": account_id,
        "application_id": application_id,
        "created_at": clock.text(created),
        "expires_at": expires_at,
        "id": make_id(created),
        "kind": kind,
        "object": TOKENS.object,
        "status": status,
        "subject": subject,
        "token": token,
    }


def issue(engine: Engine, token: str, kind: str, account_id: str, subject: str, **more: str) -> None:
    """Let a token prove a sender from now on. `more`: application_id, access, status, expires_at."""
    engine.store.put(TOKENS, record(engine.clock.now(), token, kind, account_id, subject, **more))


def change(engine: Engine, subject: str, **fields: str) -> None:
    """Change what is known of the tokens of a key or user, for example their status."""
    for known in list(engine.store.select(TOKENS, subject=subject)):
        engine.store.put(TOKENS, known | fields)


def withdraw(engine: Engine, subject: str) -> None:
    """Forget the tokens of a key or user."""
    for known in list(engine.store.select(TOKENS, subject=subject)):
        engine.store.remove(TOKENS, known)


def last_used(engine: Engine, id_: str) -> int | None:
    """When a key, a user or an application last sent a request, since the simulator was started."""
    moment: int | None = engine.memory.get(_USED, {}).get(id_)
    return moment


def authenticate(engine: Engine, headers: Mapping[str, str]) -> Sender:
    """Who sends a request with these headers (names in small letters). Raises ApiError (401, 403)."""
    sender = _sender(engine, headers)
    # In memory: a request that only reads is not to write.
    engine.memory.setdefault(_USED, {}).update(dict.fromkeys((sender.subject, sender.application_id), engine.clock.time()))
    return sender


def _sender(engine: Engine, headers: Mapping[str, str]) -> Sender:
    header = headers.get("authorization")
    if header is None:
        raise ApiError(401, "invalid_auth", "The authorization header is missing.")
    match = _BEARER.fullmatch(header)
    if match is None:
        raise ApiError(401, "invalid_auth", "The authorization header is not a bearer token.")
    token = match[1]
    known = engine.store.find(TOKENS, "token", token)
    if known is None:
        for identify in engine.identifiers:
            sender: Sender | None = identify(engine, token, headers)
            if sender:
                return sender
    if known is None or known["status"] != "ACTIVE" or (known["expires_at"] and known["expires_at"] <= clock.text(engine.clock.time())):
        if _JWT.fullmatch(token):
            raise ApiError(401, "invalid_token", "The token is invalid.")
        raise ApiError(401, "invalid_apikey", "The API key is invalid.")
    if known["access"] == "none":
        raise ApiError(403, "access_denied", "The sender may not access this resource.")
    return Sender(known["account_id"], known["kind"], known["subject"], known["application_id"])
