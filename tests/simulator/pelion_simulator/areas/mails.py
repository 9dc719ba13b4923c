# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of the mails that were sent on behalf of an account. Facts are those of the vendor's OpenAPI descriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..fleet import stamp
from ..table import Document, Field, Resource

if TYPE_CHECKING:
    from ..engine import Engine

FAILING = 0.03
"""The share of mails that do not go out."""

_STRING = Field("string")

NOTIFICATIONS = Resource(
    name="notifications",
    object="notification-entry",
    operations={
        "list": ("getNofificationEntries", "getAccountNofificationEntries"),
        "get": ("getNofificationEntry", "getAccountNofificationEntry"),
    },
    tenant=True,
    counted=True,
    fields={
        "account_id": _STRING,
        "created_at": Field("string", format="date-time"),
        "error_msg": _STRING,
        "etag": _STRING,
        "id": _STRING,
        "message": _STRING,
        "object": _STRING,
        "receiver": _STRING,
        "subject": _STRING,
        "success": Field("boolean"),
        "type": _STRING,
    },
)

ROWS = (NOTIFICATIONS,)


def send(engine: Engine, account_id: str, kind: str, receiver: str, subject: str, message: str) -> None:
    """Send a mail, or fail to, and write it into the log."""
    entry = engine.blank(NOTIFICATIONS)
    sent = engine.chance("mail", kind, receiver) >= FAILING
    engine.store.put(NOTIFICATIONS, entry | told(kind, receiver, subject, message) | {"account_id": account_id} | ({} if sent else UNSENT))


def entry(created: int, account_id: str) -> Document:
    """What every entry of the log has."""
    written = {name: value for name, value in stamp(NOTIFICATIONS.object, created).items() if name in NOTIFICATIONS.fields}
    return written | {"account_id": account_id}


UNSENT: Document = {"success": False, "error_msg": "The mail server of the receiver did not answer."}


def told(kind: str, receiver: str, subject: str, message: str) -> Document:
    """What the log says of a mail that went out."""
    return {"type": kind, "receiver": receiver, "subject": subject, "message": message, "success": True}
