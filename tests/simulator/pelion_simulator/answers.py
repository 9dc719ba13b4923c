# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a request is answered with, and the API's errors as exceptions."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

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

    def shaped(self, shape: type[ApiError]) -> ApiError:
        """The same error in the shape of another service, unless it has a shape of its own."""
        return self if self.__class__ is not ApiError else shape(self.status, self.kind, self.message, self.fields)

    def answer(self, request_id: str) -> Answer:
        """The error as an answer."""
        return Answer(self.status, json.dumps(self.document(request_id)).encode())

    def document(self, request_id: str) -> dict[str, Any]:
        """The error in its standard model (overview, "Error response model")."""
        document: dict[str, Any] = {
            "object": "error",
            "code": self.status,
            "type": self.kind,
            "message": self.message,
            "request_id": request_id,
        }
        if self.fields:
            document["fields"] = [{"name": name, "message": message} for name, message in self.fields.items()]
        return document


def bad_request(message: str) -> ApiError:
    """400 for a request that cannot be read at all."""
    return ApiError(400, "bad_request", message)


def invalid(fields: Mapping[str, str]) -> ApiError:
    """400 for input that was read and refused; `fields` maps each offending field or parameter to what is wrong with it."""
    return ApiError(400, "validation_error", "Invalid: " + ", ".join(sorted(fields)) + ".", fields)


class FieldNamedError(ApiError):
    """As the certificate services put it (OpenAPI, ErrorObjectResponse): `fields` is always there, its entries say `field`, not `name`."""

    def document(self, request_id: str) -> dict[str, Any]:
        fields = [{"field": name, "message": message} for name, message in self.fields.items()]
        return super().document(request_id) | {"fields": fields}


class SingleFieldError(ApiError):
    """As the examples of developer certificates put it: `fields` is one object."""

    def document(self, request_id: str) -> dict[str, Any]:
        document = super().document(request_id)
        if self.fields:
            document["fields"] = document["fields"][0]
        return document


class PlainError(ApiError):
    """The message alone as text, as the device connection services put it: PlainError(400, "", "QUEUE_IS_FULL")."""

    def answer(self, request_id: str) -> Answer:
        return Answer(self.status, self.message.encode(), "text/plain")


class EmptyError(ApiError):
    """A status without a body."""

    def answer(self, request_id: str) -> Answer:
        return Answer(self.status)


def too_many(seconds: float, request_id: str) -> Answer:
    """429 for a request that comes too soon. No document states a rate or such an answer: it is the standard model, with Retry-After."""
    error = ApiError(429, TYPES[429], "There are too many requests. Send them more slowly.").answer(request_id)
    return replace(error, headers={"Retry-After": str(math.ceil(seconds))})


def not_found(what: str) -> ApiError:
    """404 for an object that is not there."""
    return ApiError(404, "not_found", f"There is no {what} with this id.")


def duplicate(what: str, field: str) -> ApiError:
    """409 for a value that another object has."""
    return ApiError(409, "duplicate", f"There is a {what} with this {field} already.", {field: "is taken"})
