# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies of requests: read strictly, and every field in them checked against the table."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from email import message_from_bytes
from email.message import Message
from typing import Any, NoReturn

from .answers import bad_request, invalid
from .table import Document, Field, Resource

KEY_MAX = 128
_TYPES: Mapping[str, Any] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": int | float,
    "map": dict,
    "list": list,
    "object": dict,
}


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def read(content_type: str, body: bytes) -> Document:
    """The JSON object in a body. Raises ApiError (bad_request) where there is none."""
    document = _decoded(content_type, body)
    if not isinstance(document, dict):
        raise bad_request("The body is not a JSON object.")
    return document


def read_array(content_type: str, body: bytes) -> list[Any]:
    """The JSON array in a body. Raises ApiError (bad_request) where there is none."""
    document = _decoded(content_type, body)
    if not isinstance(document, list):
        raise bad_request("The body is not a JSON array.")
    return document


def _decoded(content_type: str, body: bytes) -> Any:
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise bad_request("The Content-Type must be application/json.")
    try:
        document = json.loads(body, parse_constant=_refuse_constant)
        # Halves of surrogate pairs can be written in JSON but are no text.
        json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise bad_request("The body is not JSON.") from None
    return document


def check(row: Resource, body: Document, side: str, current: Document | None, year: int) -> None:
    """Raise ApiError naming every field that may not be sent so. `side` is C on creation and U on update of `current`."""
    wrong: dict[str, str] = {}
    for name, value in body.items():
        field = row.fields.get(name)
        if field is None or field.since > year:
            wrong[name] = "is not a field of this resource"
        elif side not in field.io:
            if not (field.echoed and current and current.get(name) == value):
                wrong[name] = "can be set on creation only" if "C" in field.io else "is read-only"
        elif found := problem(field, value, side):
            wrong[name] = found
    for name, field in row.fields.items():
        needed = side + "!" in field.io and field.since <= year and not (side == "U" and name in row.optional_on_update)
        if needed and name not in body:
            wrong[name] = "is required"
    if wrong:
        raise invalid(wrong)


def problem(field: Field, value: Any, side: str = "C") -> str:
    """What is wrong with a value, or an empty string."""
    if value is None:
        return "" if field.nullable else "may not be null"
    if not isinstance(value, _TYPES[field.type]) or (field.type in ("integer", "number") and isinstance(value, bool)):
        return f"must be of type {field.type}"
    if field.enum and value not in field.enum:
        return "must be one of " + ", ".join(map(str, field.enum))
    if field.max is not None and len(value) > field.max:
        return f"may have {field.max} characters at most"
    if field.min is not None and len(value) < field.min:
        return f"must have {field.min} characters at least"
    if field.least is not None and value < field.least:
        return f"must be {field.least} at least"
    if field.most is not None and value > field.most:
        return f"may be {field.most} at most"
    if field.pattern and not re.fullmatch(field.pattern, value):
        return f"must match {field.pattern}"
    if field.format == "date" and not _is_day(value):
        return "must be a day such as 2016-11-30"
    if field.type == "list":
        return _item_problem(field, value, side)
    if field.parts is not None:
        return _part_problem(field.parts, value, side)
    return _entry_problem(field, value) if field.type == "map" else ""


def _item_problem(field: Field, value: list[Any], side: str) -> str:
    if field.entries is not None and len(value) > field.entries:
        return f"may have {field.entries} entries at most"
    if field.items is not None:
        for number, item in enumerate(value):
            if found := problem(field.items, item, side):
                return f"has an entry {number} that {found}"
    return ""


def _part_problem(parts: Mapping[str, Field], value: Document, side: str) -> str:
    for name, part in parts.items():
        if name not in value and side + "!" in part.io:
            return f"must have {name}"
        if name in value and (found := problem(part, value[name], side)):
            return f"has a {name} that {found}"
    unknown = sorted(set(value) - set(parts))
    return f"has no {unknown[0]}" if unknown else ""


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


@dataclass(frozen=True)
class Part:
    """A part of a multipart body. `filename` is empty where it has none."""

    filename: str
    content_type: str
    data: bytes

    @property
    def text(self) -> str:
        """The part as text. Raises ApiError (bad_request) where it is none."""
        try:
            return self.data.decode()
        except UnicodeDecodeError:
            raise bad_request("A part of the form is not UTF-8.") from None


def multipart(content_type: str, body: bytes) -> dict[str, Part]:
    """The parts of a form by their names (RFC 7578). Raises ApiError (bad_request) where it is none."""
    head = Message()
    head["Content-Type"] = content_type
    boundary = head.get_param("boundary")
    if head.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        raise bad_request("The Content-Type must be multipart/form-data with a boundary.")
    mark = b"\r\n--" + boundary.encode()
    pieces = (b"\r\n" + body).split(mark)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise bad_request("The form is not complete.")
    parts: dict[str, Part] = {}
    for piece in pieces[1:-1]:
        written, separator, data = piece.partition(b"\r\n\r\n")
        headers = message_from_bytes(written.strip())
        name = headers.get_param("name", header="Content-Disposition")
        if not separator or not isinstance(name, str):
            raise bad_request("A part of the form has no name.")
        parts[name] = Part(headers.get_filename() or "", headers.get_content_type() if "Content-Type" in headers else "", data)
    return parts
