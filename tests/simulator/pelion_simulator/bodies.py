# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies of requests: read strictly, and every field in them checked against the table."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any, NoReturn

from .answers import bad_request, invalid
from .table import Document, Field, Resource

KEY_MAX = 128
_TYPES: Mapping[str, Any] = {"string": str, "boolean": bool, "integer": int, "map": dict, "list": list, "object": dict}


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def read(content_type: str, body: bytes) -> Document:
    """The JSON object in a body. Raises ApiError (bad_request) where there is none."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise bad_request("The Content-Type must be application/json.")
    try:
        document = json.loads(body, parse_constant=_refuse_constant)
        # Halves of surrogate pairs can be written in JSON but are no text.
        json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise bad_request("The body is not JSON.") from None
    if not isinstance(document, dict):
        raise bad_request("The body is not a JSON object.")
    return document


def check(row: Resource, body: Document, side: str, current: Document | None = None) -> None:
    """Raise ApiError naming every field that may not be sent so. `side` is C on creation and U on update of `current`."""
    wrong: dict[str, str] = {}
    for name, value in body.items():
        field = row.fields.get(name)
        if field is None:
            wrong[name] = "is not a field of this resource"
        elif side not in field.io:
            if not (field.echoed and current and current.get(name) == value):
                wrong[name] = "can be set on creation only" if "C" in field.io else "is read-only"
        elif problem := _problem(field, value):
            wrong[name] = problem
    for name, field in row.fields.items():
        if side + "!" in field.io and name not in body and not (side == "U" and name in row.optional_on_update):
            wrong[name] = "is required"
    if wrong:
        raise invalid(wrong)


def _problem(field: Field, value: Any) -> str:
    """What is wrong with a value, or an empty string."""
    if value is None:
        return "" if field.nullable else "may not be null"
    if not isinstance(value, _TYPES[field.type]) or (field.type == "integer" and isinstance(value, bool)):
        return f"must be of type {field.type}"
    if field.enum and value not in field.enum:
        return "must be one of " + ", ".join(map(str, field.enum))
    if field.max is not None and len(value) > field.max:
        return f"may have {field.max} characters at most"
    if field.pattern and not re.fullmatch(field.pattern, value):
        return f"must match {field.pattern}"
    if field.format == "date" and not _is_day(value):
        return "must be a day such as 2016-11-30"
    return _entry_problem(field, value) if field.type == "map" else ""


def _entry_problem(field: Field, value: Mapping[str, Any]) -> str:
    if field.entries is not None and len(value) > field.entries:
        return f"may have {field.entries} entries at most"
    for key, entry in value.items():
        if not key or key[0].isdigit():
            return f"has the key {key!r}, which is empty or starts with a digit"
        if len(key) > KEY_MAX:
            return f"has a key of more than {KEY_MAX} characters"
        if not isinstance(entry, str):
            return f"must have a string for {key!r}"
        if field.value_max is not None and len(entry) > field.value_max:
            return f"may have {field.value_max} characters for {key!r} at most"
    return ""


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
