# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may send requests: API keys. Facts are those of the vendor's OpenAPI descriptions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .. import clock
from ..fleet import Fleet
from ..identity import PRIVATE, make_id
from ..table import Document, Field, Resource

if TYPE_CHECKING:
    from ..engine import Engine

_ID = Field("string")
_STRING = Field("string")
_TIME = Field("string", format="date-time")

API_KEYS = Resource(
    name="api-keys",
    object="api-key",
    operations={"me": "getMyApiKey"},
    me="api_key",
    fields={
        "account_id": _STRING,
        "created_at": _TIME,
        "creation_time": Field("integer"),
        "etag": _STRING,
        "groups": Field("list", default=[]),
        "id": _ID,
        "key": _STRING,
        "last_login_time": Field("integer"),
        "name": Field("string", max=100),
        "object": _STRING,
        "owner": _STRING,
        "status": Field("string", default="ACTIVE", enum=("ACTIVE", "INACTIVE")),
        "updated_at": _TIME,
    },
)

ROWS = (API_KEYS,)


def api_key(account_id: str, created: int, token: str, name: str, status: str = "ACTIVE") -> Document:
    """An API key as /v3/api-keys/me shows it, without the private part."""
    stamp = clock.text(created)
    return {
        "account_id": account_id,
        "created_at": stamp,
        "creation_time": created // 1000,
        "etag": "1",
        "groups": [],
        "id": make_id(created),
        "key": token[:-PRIVATE],
        "last_login_time": created // 1000,
        "name": name,
        "object": API_KEYS.object,
        "owner": account_id,
        "status": status,
        "updated_at": stamp,
    }


def _object_behind(engine: Engine, token: Document) -> None:
    """The API key behind a token that was made on request."""
    if token["kind"] == "api_key":
        created = clock.moment(token["created_at"])
        key = api_key(token["account_id"], created, token["token"], "made on request", token["status"])
        engine.save(API_KEYS, {}, key)


LISTENERS = {"token.made": _object_behind}


def seed(fleet: Fleet) -> Iterable[tuple[Resource, Iterable[Document]]]:
    """The objects of a new state."""
    yield API_KEYS, [api_key(fleet.account_id, fleet.key_created, fleet.api_key, "simulator")]
