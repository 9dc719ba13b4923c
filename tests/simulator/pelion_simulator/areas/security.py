# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates, their issuers and renewals, server credentials, secure device access.

Facts are those of the vendor's OpenAPI descriptions. What they leave open is decided here: an uploaded chain is about its leaf; `expire`
finds what expires within so many days; a filter by owner compares ids; fixed limits are answered with 403; an unknown issuer in a
configuration is a 404 on update and a 400 on creation; an access token is refused with 400 where a device is unknown or there is no trust
anchor.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from cryptography.x509 import Certificate

from .. import clock, pki
from ..answers import Answer, ApiError, FieldNamedError, SingleFieldError, duplicate, invalid, not_found
from ..filters import Condition
from ..fleet import DAY, FIRST, Fleet, stamp
from ..table import Document, Field, Filter, Resource
from .directory import DEVICES

if TYPE_CHECKING:
    from ..engine import Call, Engine

_ID = Field("string")
_STRING = Field("string")
_TIME = Field("string", format="date-time")
_HIDDEN = Field("string", io="")
_BY_WORD = Filter(("eq",), ())

ISSUERS_MOST = 20
AUDIENCE = re.compile("id:[0-9a-fA-F]{32}|ep:[a-zA-Z0-9 -]{1,57}")
SCOPE = re.compile("[a-zA-Z][a-zA-Z0-9-]{0,59}")
SERVICE_NAME = "mbed.lwm2m"
"""The certificate with which devices connect, as renewals call it; configurations call it LwM2M."""

SETTINGS = {
    "external_ca": ("signs", "refuses", "fails"),
    "renewal_seconds": 30,
    "renewal_failure_rate": 0.1,
    "developer_certificates_most": 10,
    "access_token_seconds": 3600,
}
"""What outside certificate authorities do: sign, sign nothing for these credentials, or not answer. About how many virtual seconds a
renewal takes, and how likely it fails (0 to 1). How many developer certificates an account may have. How many seconds an access token is
good."""


def _check_new_issuer(engine: Engine, issuer: Document) -> None:
    if len(list(engine.store.select(CERTIFICATE_ISSUERS, account_id=issuer["account_id"]))) >= ISSUERS_MOST:
        raise ApiError(403, "account_limit_exceeded", f"An account may have {ISSUERS_MOST} certificate issuers.")
    _check_issuer(engine, issuer)


def _check_issuer(engine: Engine, issuer: Document) -> None:
    given, known = issuer["issuer_credentials"], _CREDENTIALS[issuer["issuer_type"]]
    wrong = {name: "is not one of the credentials" for name in given if name not in known}
    for name, (needed, most) in known.items():
        if needed and not given.get(name):
            wrong[name] = "is required"
        elif len(given.get(name, "")) > most:
            wrong[name] = f"may have {most} characters at most"
    attributes = issuer["issuer_attributes"] or {}
    if issuer["issuer_type"] == "CFSSL_AUTH":
        if not wrong and not re.fullmatch("([a-fA-F0-9]{2}){1,32}", given["hmac_hex_key"]):
            wrong["hmac_hex_key"] = "must be 1 to 32 pairs of hex digits"
        if not attributes.get("host_url"):
            wrong["host_url"] = "is required"
    allowed = {"host_url", "cfssl_label", "cfssl_profile"} if issuer["issuer_type"] == "CFSSL_AUTH" else set()
    wrong |= {name: "is not one of the attributes" for name in attributes if name not in allowed}
    if wrong:
        raise invalid(wrong)
    _reach(engine)


def _keep_active_issuer(engine: Engine, issuer: Document) -> None:
    rows = engine.store.select(CERTIFICATE_ISSUER_CONFIGURATIONS, account_id=issuer["account_id"], certificate_issuer_id=issuer["id"])
    if used := [config["reference"] for config in rows]:
        raise ApiError(400, "bad_request", f"The certificate issuer is in use for {', '.join(used)}.")


def _check_new_config(engine: Engine, config: Document) -> None:
    try:
        _check_config(engine, config)
    except ApiError:
        raise invalid({"certificate_issuer_id": "is not the id of a certificate issuer"}) from None


def _check_config(engine: Engine, config: Document) -> None:
    if config["certificate_issuer_id"] is not None:
        issuer = engine.store.get(CERTIFICATE_ISSUERS, config["certificate_issuer_id"])
        if issuer is None or issuer["account_id"] != config["account_id"]:
            raise not_found(CERTIFICATE_ISSUERS.object)


def _keep_default_config(engine: Engine, config: Document) -> None:
    if not config["is_custom"]:
        raise ApiError(400, "bad_request", "Only custom configurations can be deleted.")


def _make_anchor(engine: Engine, anchor: Document) -> None:
    if any(engine.store.select(TRUST_ANCHORS, account_id=anchor["account_id"])):
        raise ApiError(403, "account_limit_exceeded", "The account has a trust anchor already.")
    key = _anchor_key(engine, anchor)
    der = pki.public_der(key)
    anchor |= {
        "fingerprint": "mbed.ta." + base64.b64encode(hashlib.sha256(der).digest()).decode(),
        "public_key": pki.public_text(key),
        "public_key_der": base64.b64encode(der).decode(),
    }


TRUSTED_CERTIFICATES = Resource(
    name="trusted-certificates",
    object="trusted-cert",
    operations={
        "list": ("getAllCertificates", "getAllAccountCertificates"),
        "create": ("addCertificate", "addAccountCertificate"),
        "get": ("getCertificate", "getAccountCertificate"),
        "update": ("updateCertificate", "updateAccountCertificate"),
        "delete": ("deleteCertificate", "deleteAccountCertificate"),
    },
    tenant=True,
    fields={
        "account_id": _STRING,
        "certificate": Field("string", io="C!UR"),
        "certificate_fingerprint": Field("string", indexed=True),
        "created_at": _TIME,
        "description": Field("string", io="CUR", max=500, nullable=True),
        "developer_private_key": _HIDDEN,
        "device_execution_mode": Field("integer", default=0),
        "enrollment_mode": Field("boolean", io="CUR", default=False),
        "etag": _STRING,
        # Filters only.
        "expire": Field("integer", io=""),
        "id": _ID,
        "issuer": _STRING,
        "name": Field("string", io="C!UR", max=100, indexed=True),
        "object": _STRING,
        # Filters only.
        "owner": _HIDDEN,
        "owner_id": Field("string", nullable=True),
        "security_file_content": _HIDDEN,
        "service": Field("string", io="C!UR", enum=("lwm2m", "bootstrap")),
        "signature": Field("string", io="CU"),
        "status": Field("string", io="CUR", default="ACTIVE", enum=("ACTIVE", "INACTIVE")),
        "subject": Field("string", indexed=True),
        "updated_at": _TIME,
        "valid": Field("boolean"),
        "validity": _TIME,
    },
    filters={
        "certificate_fingerprint": Filter(("eq",), (), since=2021),
        "device_execution_mode": Filter(("eq", "neq"), ()),
        "enrollment_mode": _BY_WORD,
        "expire": _BY_WORD,
        "issuer": Filter(("like",), ()),
        "name": _BY_WORD,
        "owner": _BY_WORD,
        "service": _BY_WORD,
        "status": _BY_WORD,
        "subject": Filter(("like",), ()),
        "valid": _BY_WORD,
    },
    unique=("name",),
    view=lambda engine, call, shown: shown | {"valid": shown.get("validity", "") > clock.text(engine.clock.time())},
)
"""Developer certificates are among them, with the execution mode 1 and what nobody else has: a private key."""

CERTIFICATE_ISSUERS = Resource(
    name="certificate-issuers",
    object="certificate-issuer",
    operations={
        "list": "getCertificateIssuers",
        "create": "createCertificateIssuer",
        "get": "getCertificateIssuer",
        "update": "updateCertificateIssuer",
        "delete": "deleteCertificateIssuer",
    },
    errors=FieldNamedError,
    tenant=True,
    fields={
        "account_id": _HIDDEN,
        "created_at": _TIME,
        "description": Field("string", io="CUR", max=100, nullable=True),
        "etag": _STRING,
        "id": _ID,
        # An example of the description sends null, although the schema does not have it.
        "issuer_attributes": Field("map", io="CUR", nullable=True),
        "issuer_credentials": Field("map", io="C!U"),
        "issuer_type": Field("string", io="C!R", enum=("GLOBAL_SIGN", "CFSSL_AUTH")),
        "name": Field("string", io="C!UR", max=50),
        "object": _STRING,
    },
    unique=("name",),
    unique_on_update=True,
    before_create=_check_new_issuer,
    after_update=_check_issuer,
    before_delete=_keep_active_issuer,
    view=lambda engine, call, shown: shown | {"issuer_attributes": shown.get("issuer_attributes") or {}},
)

CERTIFICATE_ISSUER_CONFIGURATIONS = Resource(
    name="certificate-issuer-configurations",
    object="certificate-issuer-configuration",
    operations={
        "list": "getCertificateIssuerConfigs",
        "create": "createCertificateIssuerConfig",
        "get": "getCertificateIssuerConfigByID",
        "update": "updateCertificateIssuerConfigByID",
        "delete": "deleteCertificateIssuerConfigByID",
    },
    errors=FieldNamedError,
    tenant=True,
    fields={
        "account_id": _HIDDEN,
        "certificate_issuer_id": Field("string", io="C!UR", max=32, nullable=True),
        "created_at": _TIME,
        "etag": _STRING,
        "id": _ID,
        "is_custom": Field("boolean", default=True),
        "object": _STRING,
        "reference": Field("string", io="C!R", pattern=r"(?!mbed\.|(?i:lwm2m|bootstrap)$)[\w.\-]{1,100}"),
        "updated_at": _TIME,
    },
    filters={"reference": _BY_WORD},
    unique=("reference",),
    before_create=_check_new_config,
    after_update=_check_config,
    before_delete=_keep_default_config,
)

CERTIFICATE_ENROLLMENTS = Resource(
    name="certificate-enrollments",
    object="certificate-enrollment",
    operations={"list": "getCertificateEnrollments", "get": "getCertificateEnrollment"},
    errors=FieldNamedError,
    tenant=True,
    fields={
        "account_id": _HIDDEN,
        "certificate_name": Field("string", max=50, indexed=True),
        "created_at": _TIME,
        "device_id": Field("string", indexed=True),
        "enroll_result": Field("string", enum=("success", "failure")),
        "enroll_result_detail": _STRING,
        "enroll_status": Field("string", default="new", enum=("new", "completed"), indexed=True),
        "etag": _STRING,
        "id": _ID,
        "object": _STRING,
        "updated_at": _TIME,
    },
    filters={
        "certificate_name": _BY_WORD,
        "created_at": Filter(("lte", "gte"), ()),
        "device_id": _BY_WORD,
        "enroll_result": Filter(("eq", "neq"), ()),
        "enroll_status": Filter(("eq", "neq"), ()),
        "updated_at": Filter(("lte", "gte"), ()),
    },
)

TRUST_ANCHORS = Resource(
    name="trust-anchors",
    object="trust-anchor",
    operations={
        "list": "getTrustAnchors",
        "create": "createTrustAnchor",
        "update": "updateTrustAnchor",
        "delete": "deleteTrustAnchor",
    },
    tenant=True,
    fields={
        "account_id": _HIDDEN,
        "created_at": _TIME,
        "description": Field("string", io="C!U!R", min=1, max=256),
        "etag": _STRING,
        "fingerprint": _STRING,
        "id": _ID,
        "object": _STRING,
        "public_key": _STRING,
        "public_key_der": _STRING,
        "updated_at": _TIME,
    },
    id_pattern="[A-Fa-f0-9]{32}",
    before_create=_make_anchor,
)

ROWS = (TRUSTED_CERTIFICATES, CERTIFICATE_ISSUERS, CERTIFICATE_ISSUER_CONFIGURATIONS, CERTIFICATE_ENROLLMENTS, TRUST_ANCHORS)


# --- trusted certificates ---


def _list_certificates(engine: Engine, call: Call) -> Answer:
    """The list, with the filters that are about more than one field; what cannot be understood is left to be refused like any other."""
    rest, conditions = [], []
    now = engine.clock.time()
    for name, value in call.query:
        kind = name.removesuffix("__eq")
        if kind == "valid" and value.lower() in ("true", "false"):
            conditions.append(Condition("validity", "gte" if value.lower() == "true" else "lte", (clock.text(now),)))
        elif kind == "expire" and re.fullmatch(r"\d{1,5}", value):
            conditions.append(Condition("validity", "lte", (clock.text(now + int(value) * DAY),)))
        elif kind == "owner":
            conditions.append(Condition("owner_id", "eq", (value,)))
        else:
            rest.append((name, value.lower() if kind == "service" else value))
    return engine.page(TRUSTED_CERTIFICATES, replace(call, query_string=urlencode(rest)), conditions)


def _add_certificate(engine: Engine, call: Call) -> Answer:
    call.arguments()
    account = engine.store.get(engine.rows["accounts"], call.account_id) or {}
    if account.get("tier") == "0":
        raise ApiError(403, "access_denied", "Only commercial accounts can upload certificates.")
    body = engine.body(TRUSTED_CERTIFICATES, call, "C")
    engine.refuse_taken(TRUSTED_CERTIFICATES, call, body)
    document = engine.blank(TRUSTED_CERTIFICATES, call) | body | {"owner_id": call.sender.subject or None}
    document |= _read(engine, document)
    engine.save(TRUSTED_CERTIFICATES, {}, document)
    return engine.shown(201, TRUSTED_CERTIFICATES, document, call)


def _update_certificate(engine: Engine, call: Call) -> Answer:
    current = engine.existing(TRUSTED_CERTIFICATES, call)
    call.arguments()
    body = engine.body(TRUSTED_CERTIFICATES, call, "U", current)
    engine.refuse_taken(TRUSTED_CERTIFICATES, call, body, current)
    document = engine.touched(TRUSTED_CERTIFICATES, current | body)
    # One that is sent back as it was answered stays as it is.
    if document["certificate"] != current["certificate"]:
        document |= _read(engine, document)
    if current["device_execution_mode"] == 1:
        changed = {name for name in ("certificate_fingerprint", "service") if document[name] != current[name]}
        if changed:
            raise invalid({name.removesuffix("_fingerprint"): "cannot change for a developer certificate" for name in changed})
    engine.save(TRUSTED_CERTIFICATES, current, document)
    return engine.shown(200, TRUSTED_CERTIFICATES, document, call)


def _read(engine: Engine, document: Document) -> Document:
    """What the service reads from an uploaded chain. Raises ApiError for one that it does not take (400) or that is there (409)."""
    try:
        chain = pki.read_chain(document["certificate"])
    except ValueError as error:
        raise invalid({"certificate": str(error)}) from None
    leaf = chain[-1]
    if not pki.is_complete(chain) and not pki.has_signed(leaf, document["account_id"], document.get("signature", "")):
        raise invalid({"certificate": "must hold all certificates from the root to the leaf"})
    found = _described(leaf)
    for other in engine.store.select(TRUSTED_CERTIFICATES, account_id=document["account_id"], subject=found["subject"]):
        if other["id"] != document["id"]:
            raise duplicate(TRUSTED_CERTIFICATES.object, "subject")
    return found | {"certificate": pki.text(*chain)}


def _described(leaf: Certificate) -> Document:
    found = pki.described(leaf)
    return found | {"validity": clock.text(found["validity"])}


# --- developer certificates ---


def _create_developer_certificate(engine: Engine, call: Call) -> Answer:
    call.arguments()
    body = call.json()
    wrong = {name: "is not a field of this resource" for name in body if name not in ("name", "description")}
    if not isinstance(body.get("name"), str) or not body["name"]:
        wrong["name"] = "Missing certificate name."
    elif len(body["name"]) > 100:
        wrong["name"] = "may have 100 characters at most"
    if not isinstance(body.get("description"), str | None) or len(body.get("description") or "") > 500:
        wrong["description"] = "must be a string of 500 characters at most"
    if wrong:
        raise invalid(wrong)
    held = list(engine.store.select(TRUSTED_CERTIFICATES, account_id=call.account_id))
    if any(one["name"] == body["name"] for one in held):
        raise ApiError(409, "duplicate", "There is a certificate with this name already.", {"certificate": "Certificate already exists."})
    most = int(engine.settings.developer_certificates_most)
    if sum(one["device_execution_mode"] == 1 for one in held) >= most:
        raise ApiError(403, "account_limit_exceeded", "The account has as many certificates as it may have.", {"cert-count": str(most)})
    blank = engine.blank(TRUSTED_CERTIFICATES, call)
    document = _developer_certificate(engine.seed, blank, body["name"]) | {
        "description": body.get("description"),
        "owner_id": call.sender.subject or None,
    }
    engine.save(TRUSTED_CERTIFICATES, {}, document)
    return engine.tell(_with_secrets(document), 201)


def _developer_certificate(seed: object, blank: Document, name: str) -> Document:
    """A new developer certificate from what every object has."""
    key = pki.make_key("developer", seed, blank["id"])
    names = {"O": "Simulated fleet", "OU": blank["account_id"], "CN": blank["id"]}
    certificate = pki.make_certificate(key, names, clock.moment(blank["created_at"]), 3653)
    server, root = _server("bootstrap", blank["account_id"], seed)
    return {
        **blank,
        **_described(certificate),
        "certificate": pki.text(certificate),
        "developer_private_key": pki.key_text(key),
        "device_execution_mode": 1,
        "name": name,
        "security_file_content": pki.security_file(blank["id"], blank["account_id"], server, key, certificate, root),
        "service": "bootstrap",
        "status": "ACTIVE",
    }


def _get_developer_certificate(engine: Engine, call: Call) -> Answer:
    document = engine.store.get(TRUSTED_CERTIFICATES, call.item)
    if document is None or document["account_id"] != call.account_id or document["device_execution_mode"] != 1:
        raise not_found("developer certificate")
    call.arguments()
    return engine.tell(_with_secrets(document))


def _with_secrets(document: Document) -> Document:
    shared = ("account_id", "created_at", "description", "developer_private_key", "etag", "id", "name", "object", "security_file_content")
    return {name: document.get(name) for name in shared} | {"developer_certificate": document["certificate"]}


# --- server credentials ---


def _server(service: str, account_id: str, seed: object) -> tuple[str, Certificate]:
    """The address of a server that devices connect to, and its certificate."""
    key = pki.make_key("server", service, seed)
    certificate = pki.make_certificate(key, {"O": "Pelion simulator", "CN": f"{service} CA"}, FIRST, 36_525)
    return f"coaps://{service}.example.com:5684?aid={account_id}", certificate


def _all_server_credentials(engine: Engine, call: Call) -> Answer:
    call.arguments()
    found = {service: _server(service, call.account_id, engine.seed) for service in ("bootstrap", "lwm2m")}
    return engine.tell({service: {"url": url, "certificate": pki.text(root)} for service, (url, root) in found.items()})


def _server_credentials(engine: Engine, call: Call) -> Answer:
    call.arguments()
    url, root = _server(call.operation.path.rpartition("/")[2], call.account_id, engine.seed)
    shared = stamp("server-credentials", FIRST)
    shown = {name: shared[name] for name in ("created_at", "id", "object")}
    return engine.tell({**shown, "etag": "1", "server_uri": url, "server_certificate": pki.text(root)})


# --- issuers ---

_CREDENTIALS: Mapping[str, Mapping[str, tuple[bool, int]]] = {
    "GLOBAL_SIGN": {
        "api_key": (True, 1000),
        "api_secret": (True, 250),
        "client_certificate": (True, 3000),
        "private_key": (True, 3000),
        "passphrase": (False, 1000),
    },
    "CFSSL_AUTH": {"hmac_hex_key": (True, 64)},
}
"""Whether a credential is needed, and its most characters (GlobalSignCredentials, CfsslAuthCredentials)."""


def _reach(engine: Engine) -> None:
    """Raise ApiError where the outside authority does not answer."""
    if engine.settings.external_ca == "fails":
        raise ApiError(424, "failed_dependency", "The certificate authority does not answer.")


def _verify_issuer(engine: Engine, call: Call) -> Answer:
    engine.existing(CERTIFICATE_ISSUERS, call, call.parameters["certificate_issuer_id"])
    call.arguments()
    _reach(engine)
    refused = engine.settings.external_ca == "refuses"
    return engine.tell({"successful": not refused, "message": "The authority does not accept the credentials." if refused else ""})


# --- configurations ---


def _default_config(engine: Engine, call: Call) -> Document:
    """The configuration for LwM2M, which every account has as soon as somebody looks."""
    for config in engine.store.select(CERTIFICATE_ISSUER_CONFIGURATIONS, account_id=call.account_id, is_custom=False):
        return config
    config = engine.blank(CERTIFICATE_ISSUER_CONFIGURATIONS, call) | {"is_custom": False, "reference": "LwM2M"}
    with engine.store.transaction():
        engine.save(CERTIFICATE_ISSUER_CONFIGURATIONS, {}, config)
    return config


def _list_configs(engine: Engine, call: Call) -> Answer:
    _default_config(engine, call)
    return engine.page(CERTIFICATE_ISSUER_CONFIGURATIONS, call)


def _get_default_config(engine: Engine, call: Call) -> Answer:
    call.arguments()
    return engine.shown(200, CERTIFICATE_ISSUER_CONFIGURATIONS, _default_config(engine, call), call)


def _update_default_config(engine: Engine, call: Call) -> Answer:
    current = _default_config(engine, call)
    call.arguments()
    body = engine.body(CERTIFICATE_ISSUER_CONFIGURATIONS, call, "U", current)
    config = engine.touched(CERTIFICATE_ISSUER_CONFIGURATIONS, current | body)
    _check_config(engine, config)
    engine.save(CERTIFICATE_ISSUER_CONFIGURATIONS, current, config)
    return engine.shown(200, CERTIFICATE_ISSUER_CONFIGURATIONS, config, call)


# --- renewals ---


def _renew(engine: Engine, call: Call) -> Answer:
    device = engine.existing(DEVICES, call, call.parameters["device_id"].lower())
    name = call.parameters["certificate_name"]
    if not re.fullmatch(r"[\w\-]{1,10}\.[\w\-.]{1,10}", name):
        raise invalid({"certificate_name": "must be two words with a dot in between"})
    call.arguments()
    if name.lower() != SERVICE_NAME and not _has_issuer(engine, call.account_id, name):
        raise ApiError(400, "validation_error", "There is no certificate issuer configured for this certificate.")
    if not _is_connected(device):
        raise ApiError(423, "locked", "The device is not connected.")
    about = {"device_id": device["id"], "certificate_name": name}
    earlier = list(engine.store.select(CERTIFICATE_ENROLLMENTS, **about))
    if any(one["enroll_status"] == "new" for one in earlier):
        raise ApiError(409, "conflict", "A renewal of this certificate is under way.")
    enrollment = engine.blank(CERTIFICATE_ENROLLMENTS, call) | about
    engine.save(CERTIFICATE_ENROLLMENTS, {}, enrollment)
    # Devices are not equally fast.
    salt = [device["id"], name, len(earlier)]
    engine.schedule(
        engine.settings.renewal_seconds * (0.5 + engine.chance("renewal pace", *salt)),
        "security.finish_renewal",
        id=enrollment["id"],
        salt=salt,
    )
    return engine.shown(201, CERTIFICATE_ENROLLMENTS, enrollment, call)


def _has_issuer(engine: Engine, account_id: str, name: str) -> bool:
    configs = engine.store.select(CERTIFICATE_ISSUER_CONFIGURATIONS, account_id=account_id, reference=name)
    return any(config["certificate_issuer_id"] for config in configs)


def _is_connected(device: Document) -> bool:
    return device["state"] == "registered" and not device.get("operator_suspended")


_REASONS = (
    "The device is currently processing too many certificate renewals.",
    "The certificate issuer refused the request of the device.",
    "The device could not store the certificate.",
)


def _finish_renewal(engine: Engine, payload: Document) -> None:
    enrollment = engine.store.get(CERTIFICATE_ENROLLMENTS, payload["id"])
    if enrollment is None or enrollment["enroll_status"] != "new":
        return
    device = engine.store.get(DEVICES, enrollment["device_id"])
    reason = ""
    if device is None or not _is_connected(device):
        reason = "The device is not connected."
    elif engine.chance("renewal", *payload["salt"]) < engine.settings.renewal_failure_rate:
        reason = _REASONS[int(engine.chance("renewal reason", *payload["salt"]) * len(_REASONS))]
    result = {"enroll_status": "completed", "enroll_result": "failure" if reason else "success", "enroll_result_detail": reason}
    engine.save(CERTIFICATE_ENROLLMENTS, enrollment, engine.touched(CERTIFICATE_ENROLLMENTS, enrollment | result))


TASKS = {"security.finish_renewal": _finish_renewal}


# --- secure device access ---


def _anchor_key(engine: Engine, anchor: Document) -> pki.Key:
    return pki.make_key("anchor", engine.seed, anchor["id"])


def _create_access_token(engine: Engine, call: Call) -> Answer:
    call.arguments()
    body = call.json()
    if wrong := _token_problems(body):
        raise invalid(wrong)
    for entry in body["aud"]:
        kind, _colon, name = entry.partition(":")
        field, value = ("id", name.lower()) if kind == "id" else ("endpoint_name", name)
        if not any(engine.store.select(DEVICES, account_id=call.account_id, **{field: value})):
            raise ApiError(400, "bad_request", "Access to one of the devices is denied.")
    anchor = next(engine.store.select(TRUST_ANCHORS, account_id=call.account_id), None)
    if anchor is None:
        raise ApiError(400, "bad_request", "The account has no trust anchor.")
    now = engine.clock.now()
    end = now + int(engine.settings.access_token_seconds) * 1_000_000
    # Issuer, audience, expiry, issue, the key that the holder must prove to have, and scope (RFC 8392; RFC 8747, section 3.4; RFC 9200).
    claims: dict[int, object] = {
        1: anchor["fingerprint"],
        3: body["aud"],
        4: end // 1_000_000,
        6: now // 1_000_000,
        8: {3: pki.key_id(body["cnf"])},
        9: body["scope"],
    }
    token = base64.b64encode(pki.web_token(_anchor_key(engine, anchor), claims)).decode()
    engine.emit("access_token.granted", {"account_id": call.account_id, "created_at": clock.text(now)})
    return engine.tell({"access_token": token, "granted_until": clock.text(end)})


def _token_problems(body: Document) -> dict[str, str]:
    wrong = {name: "is not a field of this request" for name in body if name not in ("grant_type", "aud", "scope", "cnf")}
    if body.get("grant_type") != "client_credentials":
        wrong["grant_type"] = "must be client_credentials"
    aud, scope, cnf = body.get("aud"), body.get("scope"), body.get("cnf")
    if not isinstance(aud, list) or not 1 <= len(aud) <= 50 or not all(isinstance(one, str) and AUDIENCE.fullmatch(one) for one in aud):
        wrong["aud"] = "must be 1 to 50 items id:<device id> or ep:<endpoint name>"
    if not isinstance(scope, str) or not 1 <= len(scope.split()) <= 20 or not all(map(SCOPE.fullmatch, scope.split())):
        wrong["scope"] = "must be 1 to 20 words of 60 characters at most"
    if not isinstance(cnf, str) or not pki.key_id(cnf):
        wrong["cnf"] = "must be a public key in PEM form"
    return wrong


OPERATIONS = {
    "getAllCertificates": _list_certificates,
    "getAllAccountCertificates": _list_certificates,
    "addCertificate": _add_certificate,
    "addAccountCertificate": _add_certificate,
    "updateCertificate": _update_certificate,
    "updateAccountCertificate": _update_certificate,
    "createDeveloperCertificate": _create_developer_certificate,
    "getDeveloperCertificate": _get_developer_certificate,
    "getAllServerCredentials": _all_server_credentials,
    "getBootstrapServerCredentials": _server_credentials,
    "getL2M2MServerCredentials": _server_credentials,
    "verifyCertificateIssuer": _verify_issuer,
    "getCertificateIssuerConfigs": _list_configs,
    "getCertificateIssuerConfig": _get_default_config,
    "updateCertificateIssuerConfig": _update_default_config,
    "RequestCertificateRenewal": _renew,
    "createAceAuthToken": _create_access_token,
}
ERRORS = {
    "createDeveloperCertificate": SingleFieldError,
    "getDeveloperCertificate": SingleFieldError,
    "verifyCertificateIssuer": FieldNamedError,
    "getCertificateIssuerConfig": FieldNamedError,
    "updateCertificateIssuerConfig": FieldNamedError,
    "RequestCertificateRenewal": FieldNamedError,
}


# --- the new state ---


def seed(fleet: Fleet) -> Iterable[tuple[Resource, Iterable[Document]]]:
    """Three certificates of factories, one of which has expired, and one of developers."""
    yield TRUSTED_CERTIFICATES, _certificates(fleet)


def _certificates(fleet: Fleet) -> Iterable[Document]:
    kinds = (
        ("factory-2017", "bootstrap", "INACTIVE", 730),
        ("factory-2019", "bootstrap", "ACTIVE", 36_500),
        ("own-ca", "lwm2m", "ACTIVE", 36_500),
    )
    for number, (name, service, status, days) in enumerate(kinds):
        created = FIRST - (60 - number) * DAY
        key = pki.make_key("factory", fleet.seed, name)
        certificate = pki.make_certificate(key, {"O": "Simulated fleet", "CN": name}, created, days)
        yield _base(fleet, created) | {
            **_described(certificate),
            "certificate": pki.text(certificate),
            "device_execution_mode": 0,
            "name": name,
            "service": service,
            "status": status,
        }
    yield _developer_certificate(fleet.seed, _base(fleet, FIRST - 57 * DAY), "developers")


def _base(fleet: Fleet, created: int) -> Document:
    given = {"account_id": fleet.account_id, "description": None, "enrollment_mode": False, "etag": "1", "owner_id": fleet.key_id}
    return stamp(TRUSTED_CERTIFICATES.object, created) | given
