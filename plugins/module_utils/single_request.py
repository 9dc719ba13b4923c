# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""One request of any kind, as the module api sends it: what it may be, and what in it is secret."""

from __future__ import annotations

from typing import Any, Dict, Iterator, Mapping

from .client import Client, RequestError
from .operations import find

# The API's names for what nobody else may see, in any request body.
SECRET_NAMES = frozenset(
    [
        "access_token",
        "admin_key",
        "admin_password",
        "api_key",
        "api_secret",
        "client_secret",
        "developer_private_key",
        "headers",
        "hmac_hex_key",
        "issuer_credentials",
        "key",
        "key_table",
        "passphrase",
        "password",
        "private_key",
        "reference_token",
        "secret_hex",
        "security_file_content",
        "totp_scratch_codes",
    ]
)


def secret_texts(value: Any, secret: bool = False) -> Iterator[str]:
    """The texts below a secret name in a request's body."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from secret_texts(inner, secret or name in SECRET_NAMES)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from secret_texts(inner, secret)
    elif secret and value is not None and not isinstance(value, bool) and str(value):
        yield str(value)


def send(client: Client, params: Mapping[str, Any], check_mode: bool) -> Dict[str, Any]:
    """Send the request that the options of the module describe, in check mode only where it reads; gives the module's result.

    :raises RequestError: for options that make no request, before anything is sent.
    """
    request = _described(params) if params["operation_id"] else _plain(params)
    method, path, query, body = request["method"], request["path"], params["query"], params["body"]
    result = {"changed": method != "GET", "sent": True, **request}
    if params["paginate"]:
        pairs = [(name, value) for name, value in query.items() if name != "limit"]
        objects = list(client.list(path, pairs, page_size=query.get("limit"), empty_on_404=False))
        return {**result, "status": 200, "objects": objects}
    if check_mode and method != "GET":
        return {**result, "sent": False}
    reply = client.request(method, path, query=query, json=body)
    answer = reply.body.decode("utf-8", "replace") if isinstance(reply.body, bytes) else reply.body
    return {**result, "status": reply.status, "body": answer}


def _described(params: Mapping[str, Any]) -> Dict[str, Any]:
    """The request that an operation of the API's description stands for, found right."""
    operation = find(params["operation_id"])
    path = operation.address(params["path_parameters"] or {}, params["query"], params["body"])
    if params["paginate"] and "after" not in operation.query:
        raise RequestError(f"{operation.id} is no list that comes in pages; leave out paginate.")
    return {"method": operation.method, "path": path, "warnings": [operation.warning] if operation.warning else []}


def _plain(params: Mapping[str, Any]) -> Dict[str, Any]:
    """The request by method and path, of which only the form can be checked."""
    method, body = params["method"] or "GET", params["body"]
    if body is not None and not isinstance(body, (dict, list)):
        raise RequestError("body must be a mapping or a list.")
    if method == "GET" and body is not None:
        raise RequestError("A GET request has no body; use query.")
    if params["paginate"] and method != "GET":
        raise RequestError("paginate goes with method GET only.")
    return {"method": method, "path": params["path"]}
