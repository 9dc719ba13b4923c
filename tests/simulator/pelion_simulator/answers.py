# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a request is answered with, and the API's errors as exceptions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

TYPES = {
    400: "bad_request",
    401: "invalid_auth",
    403: "access_denied",
    404: "not_found",
    405: "method_not_supported",
    409: "duplicate",
    429: "too_many_requests",
    500: "internal_server_error",
    502: "bad_gateway",
    503: "service_unavailable",
    504: "gateway_timeout",
}
"""The type that goes with a status where nothing more exact is known (overview, "General error codes and types")."""


@dataclass(frozen=True)
class Answer:
    """Status, body and headers; an answer without a body has no content type."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class ApiError(Exception):
    """An answer that is not a success: HTTP status, error type, message and, for bad input, what is wrong with which field."""

    def __init__(self, status: int, kind: str, message: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message
        self.fields = dict(fields or {})

    def answer(self, request_id: str) -> Answer:
        """The error in its standard model (overview, "Error response model")."""
        document: dict[str, object] = {
            "object": "error",
            "code": self.status,
            "type": self.kind,
            "message": self.message,
            "request_id": request_id,
        }
        if self.fields:
            document["fields"] = [{"name": name, "message": message} for name, message in self.fields.items()]
        return Answer(self.status, json.dumps(document).encode())


def bad_request(message: str) -> ApiError:
    """400 for a request that cannot be read at all."""
    return ApiError(400, "bad_request", message)


def invalid(fields: Mapping[str, str]) -> ApiError:
    """400 for input that was read and refused; `fields` maps each offending field or parameter to what is wrong with it."""
    return ApiError(400, "validation_error", "Invalid: " + ", ".join(sorted(fields)) + ".", fields)
