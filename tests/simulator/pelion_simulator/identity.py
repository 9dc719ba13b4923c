# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ids and tokens in the forms the service gives them."""

from __future__ import annotations

import hashlib
import re

ID = re.compile(r"[0-9a-f]{32}")
PRIVATE = 32
"""Characters at the end of an API key that only its owner knows (OpenAPI, getAllApiKeys)."""


def make_id(moment: int) -> str:
    """The id of what is created at that time (in microseconds): 32 hex digits that sort by time of creation."""
    return f"{moment // 1000:012x}000000000001001{moment % 1000:05x}"


def digest(*parts: object) -> str:
    """64 hex digits that depend on all the parts."""
    return hashlib.sha256(" ".join(map(str, parts)).encode()).hexdigest()


def make_token(kind: str, *parts: object) -> str:
    """A token of that kind (api_key, access_key or user_token) that depends on all the parts."""
    noise = digest(kind, *parts)
    if kind == "user_token":
        return f"eyJ{noise[:20]}.eyJ{noise[20:44]}.{digest(noise)}"
    return f"ak_{'1' if kind == 'api_key' else '2'}{(noise + digest(noise))[:75]}"
