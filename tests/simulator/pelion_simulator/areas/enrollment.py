# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Enrolment: claims to devices one by one and in bulk, refused bootstraps, and pre-shared keys.

Facts are those of the vendor's OpenAPI descriptions. How long things take, and what happens to devices, is made up: a claimed device is
switched on some time after the claim.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import bodies, clock
from ..answers import Answer, ApiError, EmptyError, PlainError, bad_request, invalid, not_found
from ..filters import LARGEST_PAGE, SMALLEST_PAGE, Condition, Listing
from ..fleet import DAY
from ..table import Document, Field, Filter, Resource
from . import directory

if TYPE_CHECKING:
    from ..engine import Call, Engine

SETTINGS: Mapping[str, Any] = {
    "enrollment_seconds": 30,
    "enrollment_days": 365,
    "bulk_seconds": 4,
    "psk_license": True,
}
"""From a claim until its device is there; until an unused claim vanishes; how long a bulk job takes, half of it before it is `processing`;
whether the licence for pre-shared keys has been accepted. All times are virtual."""

LARGEST_FILE = 10_000_000
"""Bytes of a file of identities; the description says 10 MB."""
_AT_ONCE = 100
"""Devices of a bulk upload that are switched on in the same second."""
_IDENTITY = "A-[A-Za-z0-9:]{95}"
_STRING = Field("string")
_TIME = Field("string", format="date-time")
_LATER = Field("string", nullable=True)
_KEPT = Field("string", io="")


def _complete(engine: Engine, claim: Document) -> None:
    """What a claim has when it is made. Raises ApiError where this or another account has the identity."""
    if engine.store.find(DEVICE_ENROLLMENTS, "enrollment_identity", claim["enrollment_identity"]):
        raise ApiError(409, "duplicate", "The enrollment identity is claimed already.")
    expires = clock.moment(claim["created_at"]) + int(engine.settings.enrollment_days * DAY)
    claim |= {"etag": "1", "expires_at": clock.text(expires)}


def _await_devices(engine: Engine, claims: Sequence[str]) -> None:
    """The devices will come, those of a big batch one after the other; what has not come in the end is forgotten."""
    for number, first in enumerate(range(0, len(claims), _AT_ONCE)):
        engine.schedule(engine.settings.enrollment_seconds + number, "enrollment.arrive", claims=claims[first : first + _AT_ONCE])
    engine.schedule(engine.settings.enrollment_days * 86400, "enrollment.expire", claims=list(claims))


def _await_device(engine: Engine, claim: Document) -> None:
    _await_devices(engine, [claim["id"]])


DEVICE_ENROLLMENTS = Resource(
    name="device-enrollments",
    object="enrollment",
    operations={
        "list": "getDeviceEnrollments",
        "create": "createDeviceEnrollment",
        "get": "getDeviceEnrollment",
        "delete": "deleteDeviceEnrollment",
    },
    fields={
        "account_id": _STRING,
        "claimed_at": Field("string", format="date-time", nullable=True),
        "created_at": _TIME,
        "enrolled_device_id": _LATER,
        "enrollment_identity": Field("string", io="C!R", pattern=_IDENTITY, indexed=True),
        "etag": _STRING,
        "expires_at": _TIME,
        "id": _STRING,
        "object": _STRING,
    },
    tenant=True,
    before_create=_complete,
    after_create=_await_device,
)


def _unused(engine: Engine, payload: Document) -> Iterator[Document]:
    for id_ in payload["claims"]:
        claim = engine.store.get(DEVICE_ENROLLMENTS, id_)
        if claim and not claim["claimed_at"]:
            yield claim


def _arrive(engine: Engine, payload: Document) -> None:
    """The devices are switched on, bootstrap and register."""
    for claim in _unused(engine, payload):
        device = directory.bootstrap(engine, claim["account_id"], claim["enrollment_identity"], claim["created_at"])
        now = clock.text(engine.clock.now())
        engine.store.put(DEVICE_ENROLLMENTS, claim | {"claimed_at": now, "enrolled_device_id": device["id"], "etag": "2"})


def _expire(engine: Engine, payload: Document) -> None:
    for claim in _unused(engine, payload):
        engine.store.remove(DEVICE_ENROLLMENTS, claim)


# --- bulk jobs ---

_BULK_FIELDS = {
    "account_id": _STRING,
    "completed_at": Field("string", format="date-time", nullable=True),
    "created_at": _TIME,
    "errors_count": Field("integer", default=0),
    "errors_report_file": _LATER,
    "etag": _STRING,
    "full_report_file": _LATER,
    "id": _STRING,
    "object": _STRING,
    "processed_count": Field("integer", default=0),
    "status": Field("string", default="new", enum=("new", "processing", "completed")),
    "total_count": Field("integer", default=0),
}
_REPORTS = ("full_report", "errors_report")


def _with_addresses(engine: Engine, call: Call, job: Document) -> Document:
    """The job with whole addresses of its reports: only a request knows by what name it reached the service."""
    return job | {f"{name}_file": job[f"{name}_file"] and call.origin + job[f"{name}_file"] for name in _REPORTS}


def _bulk(name: str, get: str) -> Resource:
    return Resource(
        name=name,
        object="enrollment-identity-bulk-uploads",
        operations={"get": get},
        fields=_BULK_FIELDS,
        tenant=True,
        view=_with_addresses,
    )


BULK_UPLOADS = _bulk("device-enrollments-bulk-uploads", "getBulkDeviceEnrollment")
BULK_DELETES = _bulk("device-enrollments-bulk-deletes", "getBulkDeviceEnrollmentDelete")


def identities(text: str) -> list[str]:
    """The identities in a CSV file, by the rules in the description of createBulkDeviceEnrollment; those in quotation marks are whatever
    stands between them."""
    found = []
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[1:]:
        value = re.sub(r"\A[\0- ]+|[\0- ]+\Z", "", line.split(",", 1)[0])
        if quoted := re.fullmatch('"(.*)"', value, re.DOTALL):
            found.append(quoted[1])
        elif value:
            found.append(value)
    return found


def _start(row: Resource, engine: Engine, call: Call) -> Answer:
    call.arguments()
    part = bodies.multipart(call.content_type, call.body).get("enrollment_identities")
    if part is None:
        raise invalid({"enrollment_identities": "is required"})
    if len(part.data) > LARGEST_FILE:
        raise bad_request("The file has more than 10 MB.")
    asked = identities(part.text)
    job = engine.blank(row, call) | {"etag": "1", "total_count": len(asked)}
    engine.store.put(row, job)
    engine.store.put_blob(job["id"], "\n".join(asked).encode())
    engine.schedule(engine.settings.bulk_seconds / 2, "enrollment.bulk.process", row=row.name, job=job["id"])
    return engine.shown(201, row, job, call)


def _process(engine: Engine, payload: Document) -> None:
    row = engine.rows[payload["row"]]
    job = engine.store.get(row, payload["job"])
    assert job is not None
    engine.store.put(row, job | {"status": "processing", "processed_count": job["total_count"] // 2, "etag": "2"})
    engine.schedule(engine.settings.bulk_seconds / 2, "enrollment.bulk.complete", **payload)


def _finish(engine: Engine, payload: Document) -> None:
    row = engine.rows[payload["row"]]
    job = engine.store.get(row, payload["job"])
    asked = (engine.store.blob(payload["job"]) or b"").decode()
    assert job is not None
    carry_out, date = (_claim, "entity__created_at") if row is BULK_UPLOADS else (_release, "entity__deleted_at")
    full, errors, claims = [], [], []
    for identity in asked.split("\n") if job["total_count"] else ():
        problem = None
        try:
            claims.append(carry_out(engine, job["account_id"], identity)["id"])
        except ApiError as error:
            problem = error
        told = [str(problem.status), problem.kind, problem.message, ""] if problem else ["", "", "", ""]
        full.append([identity, "" if problem else clock.text(engine.clock.now()), *told])
        if problem:
            errors.append([identity, *told])
    if row is BULK_UPLOADS:
        _await_devices(engine, claims)
    heading = ["error__code", "error__type", "error__message", "error__fields"]
    path = f"/v3/{row.name}/{job['id']}/"
    for name, lines, columns in (("full_report", full, [date]), ("errors_report", errors, [])):
        engine.store.put_blob(path + name, _csv([["entity__id", *columns, *heading], *lines]))
    done = {"status": "completed", "processed_count": job["total_count"], "errors_count": len(errors), "etag": "3"}
    addresses = {f"{name}_file": f"{path}{name}.csv" for name in _REPORTS}
    engine.store.put(row, job | done | addresses | {"completed_at": clock.text(engine.clock.now())})


def _claim(engine: Engine, account_id: str, identity: str) -> Document:
    if not re.fullmatch(_IDENTITY, identity):
        raise ApiError(400, "validation_error", "The enrollment identity is not valid.")
    claim = engine.blank(DEVICE_ENROLLMENTS) | {"account_id": account_id, "enrollment_identity": identity}
    _complete(engine, claim)
    engine.store.put(DEVICE_ENROLLMENTS, claim)
    return claim


def _release(engine: Engine, account_id: str, identity: str) -> Document:
    if not re.fullmatch(_IDENTITY, identity):
        raise ApiError(400, "validation_error", "The enrollment identity is not valid.")
    for claim in engine.store.select(DEVICE_ENROLLMENTS, enrollment_identity=identity, account_id=account_id):
        engine.store.remove(DEVICE_ENROLLMENTS, claim)
        return claim
    raise ApiError(404, "not_found", "The enrollment identity is not claimed.")


def _csv(lines: Iterable[Sequence[str]]) -> bytes:
    """As in RFC 4180, everything in quotation marks."""
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(lines)
    return written.getvalue().encode()


def _report(row: Resource, engine: Engine, call: Call) -> Answer:
    job = engine.existing(row, call, call.parameters["id"])
    data = engine.store.blob(f"/v3/{row.name}/{job['id']}/{call.item.removesuffix('.csv')}")
    if data is None:
        raise not_found("report")
    return Answer(200, data, "text/csv")


# --- refused bootstraps (until 2020) ---

DEVICE_ENROLLMENT_DENIALS = Resource(
    name="device-enrollment-denials",
    object="denied_device",
    operations={"get": "getEnrollmentDenialAttempt"},
    fields={
        "account_id": _STRING,
        "created_at": _TIME,
        "endpoint_name": _STRING,
        "id": _STRING,
        "object": _STRING,
        "trusted_certificate_id": Field("string", indexed=True),
    },
    filters={
        "endpoint_name": Filter(("eq",), ()),
        "trusted_certificate_id": Filter(("eq",), (), required=True),
    },
    tenant=True,
)


def _list_denials(engine: Engine, call: Call) -> Answer:
    """As any list, but what it says of bad parameters is its own."""
    given = dict(call.query)
    certificate = given.get("trusted_certificate_id__eq", given.get("trusted_certificate_id"))
    if engine.spec > 2019 and certificate is not None and not re.fullmatch("[0-9a-f]{32}", certificate):
        raise invalid({"trusted_certificate_id__eq": "must be 32 hex digits"})
    if "after" in given and engine.store.get(DEVICE_ENROLLMENT_DENIALS, given["after"]) is None:
        raise not_found(DEVICE_ENROLLMENT_DENIALS.object)
    return engine.page(DEVICE_ENROLLMENT_DENIALS, call)


def _note_denial(engine: Engine, device: Document) -> None:
    names = {"endpoint_name": device["endpoint_name"], "trusted_certificate_id": device["ca_id"], "account_id": device["account_id"]}
    engine.store.put(DEVICE_ENROLLMENT_DENIALS, engine.blank(DEVICE_ENROLLMENT_DENIALS) | names)


# --- pre-shared keys ---

PRE_SHARED_KEYS = Resource(
    name="pre-shared-keys",
    object="",
    operations={},
    fields={
        "account_id": _KEPT,
        "created_at": _TIME,
        "endpoint_name": Field("string", io="C!R", pattern="[ -~]{16,64}", indexed=True),
        "id": _KEPT,
        "secret_hex": Field("string", io="C!", pattern="(0[xX])?[0-9a-fA-F]{32,64}"),
    },
    tenant=True,
)
_WRONG = {"endpoint_name": "INVALID_ENDPOINT_NAME", "secret_hex": "INVALID_SECRET_HEX"}


def _key(engine: Engine, call: Call, name: str) -> Document | None:
    found = engine.store.select(PRE_SHARED_KEYS, account_id=call.account_id, endpoint_name=name)
    return next(iter(found), None)


def _named_key(engine: Engine, call: Call) -> Document | None:
    call.arguments()
    if bodies.problem(PRE_SHARED_KEYS.fields["endpoint_name"], call.item):
        raise PlainError(400, "", _WRONG["endpoint_name"])
    return _key(engine, call, call.item)


def _upload_key(engine: Engine, call: Call) -> Answer:
    call.arguments()
    try:
        body = call.json()
    except ApiError:
        raise PlainError(400, "", "MALFORMED_JSON_CONTENT") from None
    wrong = [word for name, word in _WRONG.items() if bodies.problem(PRE_SHARED_KEYS.fields[name], body.get(name))]
    if set(body) - set(_WRONG):
        wrong.append("MALFORMED_JSON_CONTENT")
    if wrong:
        raise PlainError(400, "", ",".join(wrong))
    if not engine.settings.psk_license:
        raise EmptyError(403, "access_denied", "")
    if _key(engine, call, body["endpoint_name"]):
        raise PlainError(409, "", "KEY_ALREADY_EXISTS_FOR_ENDPOINT")
    engine.store.put(PRE_SHARED_KEYS, engine.blank(PRE_SHARED_KEYS, call) | body)
    return Answer(201)


def _get_key(engine: Engine, call: Call) -> Answer:
    key = _named_key(engine, call)
    if key is None:
        raise EmptyError(404, "not_found", "")
    return engine.shown(200, PRE_SHARED_KEYS, key, call)


def _delete_key(engine: Engine, call: Call) -> Answer:
    key = _named_key(engine, call)
    if key:
        engine.store.remove(PRE_SHARED_KEYS, key)
    return Answer(204)


def _list_keys(engine: Engine, call: Call) -> Answer:
    """A page, whose successor is named by a marker that is good for pages of the same size only."""
    given = call.arguments("limit", "after")
    if not re.fullmatch(r"-?\d{1,9}", given.get("limit", "50")):
        raise PlainError(400, "", "INVALID_LIMIT")
    limit = min(max(int(given.get("limit", "50")), SMALLEST_PAGE), LARGEST_PAGE)
    after = None
    if "after" in given:
        size, after = given["after"][:8], given["after"][8:]
        if size != f"{limit:08x}" or engine.store.get(PRE_SHARED_KEYS, after) is None:
            raise PlainError(400, "", "TOKEN_NOT_FOUND")
    mine = Condition("account_id", "eq", (call.account_id,))
    texts, more = engine.store.page(PRE_SHARED_KEYS, Listing(limit, after, conditions=(mine,)))
    keys = [bodies.read("application/json", text) for text in texts]
    shown = [{name: key[name] for name in ("created_at", "endpoint_name")} for key in keys]
    page: Document = {"object": "list", "limit": limit, "order": "ASC", "has_more": more, "data": shown}
    if after:
        page["after"] = given["after"]
    if more:
        page["continuation_marker"] = f"{limit:08x}{keys[-1]['id']}"
    return engine.tell(page)


ROWS = (DEVICE_ENROLLMENTS, BULK_UPLOADS, BULK_DELETES, DEVICE_ENROLLMENT_DENIALS, PRE_SHARED_KEYS)
OPERATIONS = {
    "createBulkDeviceEnrollment": lambda engine, call: _start(BULK_UPLOADS, engine, call),
    "deleteBulkDeviceEnrollment": lambda engine, call: _start(BULK_DELETES, engine, call),
    "listEnrollmentDenialAttempts": _list_denials,
    "listPreSharedKeys": _list_keys,
    "uploadPreSharedKey": _upload_key,
    "getPreSharedKey": _get_key,
    "deletePreSharedKey": _delete_key,
}
PATHS = {
    "GET /v3/device-enrollments-bulk-uploads/{id}/{report}": lambda engine, call: _report(BULK_UPLOADS, engine, call),
    "GET /v3/device-enrollments-bulk-deletes/{id}/{report}": lambda engine, call: _report(BULK_DELETES, engine, call),
}
TASKS = {
    "enrollment.arrive": _arrive,
    "enrollment.expire": _expire,
    "enrollment.bulk.process": _process,
    "enrollment.bulk.complete": _finish,
}
LISTENERS = {"device.denied": _note_denial}
