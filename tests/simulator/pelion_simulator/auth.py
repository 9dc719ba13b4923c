# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who sends a request."""

from __future__ import annotations

import re
from collections.abc import Mapping

from . import resources
from .answers import ApiError
from .store import Store

_BEARER = re.compile(r"[Bb]earer +([!-~]+) *")
_JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")


def authenticate(store: Store, header: str | None, account_id: str) -> Mapping[str, str]:
    """The objects that "me" means for the sender, by resource. Raises ApiError (401, 403)."""
    if header is None:
        raise ApiError(401, "invalid_auth", "The authorization header is missing.")
    match = _BEARER.fullmatch(header)
    if match is None:
        raise ApiError(401, "invalid_auth", "The authorization header is not a bearer token.")
    known = store.find(resources.TOKENS, "token", match[1])
    if known is None or known["status"] != "ACTIVE":
        if _JWT.fullmatch(match[1]):
            raise ApiError(401, "invalid_token", "The token is invalid.")
        raise ApiError(401, "invalid_apikey", "The API key is invalid.")
    if known["access"] == "none":
        raise ApiError(403, "access_denied", "The sender may not access this resource.")
    subjects = {resources.ACCOUNTS.name: account_id}
    if known["kind"] == "api_key":
        subjects[resources.API_KEYS.name] = known["subject"]
    return subjects
