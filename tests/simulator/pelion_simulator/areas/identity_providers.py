# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identity providers: SAML 2.0 with certificates that are real, OpenID Connect with a world outside that is made up.

Facts are those of the vendor's OpenAPI descriptions. What a provider outside says of itself follows from its issuer; it changes its keys
every KEY_DAYS days.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any
from xml.etree import ElementTree

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ..answers import Answer, ApiError, bad_request, invalid
from ..engine import Call, Engine
from ..fleet import DAY, stamp
from ..identity import digest
from ..table import Document, Field, Handler, Resource

KEY_DAYS = 30
"""How often a provider outside changes the keys that it signs with."""
DEFAULT_VALIDITY, LONGEST_VALIDITY = 365, 3650
"""Days for which a certificate is valid; the description names no bounds."""
PROTOCOLS = ("SAML2", "OIDC")

_STRING = Field("string")
_TEXT = Field("string", nullable=True)
_TIME = Field("string", format="date-time")

# What bodies take; answers have assertion_endpoint and sp_x509_cert too, but not entity_descriptor.
_SAML2 = {
    "entity_descriptor": Field("string", max=65535),
    "idp_entity_id": _TEXT,
    "idp_x509_certs": Field("list", items=_STRING, nullable=True),
    "slo_endpoint": _TEXT,
    "sp_entity_id": _TEXT,
    "sso_endpoint": _TEXT,
}
_CLAIMS = ("email", "email_verified", "family_name", "given_name", "name", "phone_number", "sub", "updated_at", "updated_at_pattern")
_OIDC = {
    "authorization_endpoint": _TEXT,
    "auto_enrollment": Field("boolean", nullable=True),
    "claim_mapping": Field("object", nullable=True, parts=dict.fromkeys(_CLAIMS, _TEXT)),
    "client_id": _TEXT,
    "client_secret": _TEXT,
    "end_session_endpoint": _TEXT,
    "issuer": Field("string", io="C!U!R"),
    "jwks_uri": _TEXT,
    "keys": Field("list", nullable=True, items=Field("object", parts={"kid": _STRING, "key": _STRING})),
    "redirect_uri": _TEXT,
    "revocation_endpoint": _TEXT,
    "scopes": _STRING,
    "token_endpoint": _TEXT,
    "token_request_mode": Field("string", enum=("POST", "GET")),
    "token_response_path": _STRING,
    "userinfo_endpoint": _TEXT,
}


def _keep_used(engine: Engine, provider: Document) -> None:
    if provider["type"] not in PROTOCOLS:
        raise ApiError(403, "access_denied", "Identity providers that are built in cannot be deleted.")
    for user in engine.store.select(engine.rows["users"], account_id=provider["account_id"]):
        if provider["id"] in user["profile_ids"]:
            raise ApiError(403, "access_denied", f"The user {user['id']} logs in by this identity provider.")


IDENTITY_PROVIDERS = Resource(
    name="identity-providers",
    object="identity-provider",
    operations={
        "list": ("getAllIdentityProviders", "getAllAccountIdentityProviders"),
        "get": ("getIdentityProvider", "getAccountIdentityProvider"),
        "delete": ("deleteIdentityProvider", "deleteAccountIdentityProvider"),
    },
    tenant=True,
    counted=True,
    fields={
        "account_id": _STRING,
        "created_at": _TIME,
        "description": Field("string", io="CUR", max=500),
        "etag": _STRING,
        "id": _STRING,
        "is_default": Field("boolean", default=False, since=2020),
        "name": Field("string", io="C!U!R", max=100),
        "object": _STRING,
        "oidc_attributes": Field("object", io="CUR", parts=_OIDC, since=2020),
        "saml2_attributes": Field("object", io="CUR", parts=_SAML2),
        "status": Field("string", io="CUR", default="ACTIVE", enum=("ACTIVE", "SUSPENDED")),
        "type": Field("string", io="C!U!R", enum=PROTOCOLS),
        "updated_at": _TIME,
    },
    before_delete=_keep_used,
)


def built_in(account_id: str, created: int) -> Document:
    """The provider that every account has from the start: passwords that the service itself keeps."""
    return stamp(IDENTITY_PROVIDERS.object, created) | {
        "account_id": account_id,
        "is_default": True,
        "name": "Native",
        "status": "ACTIVE",
        "type": "NATIVE",
    }


def profiles(engine: Engine, account_id: str, given: Any) -> list[Document]:
    """Login profiles as answers have them, from ids in a request. Raises ApiError for ids that are of no provider of the account."""
    found = []
    for profile in given or ():
        provider = engine.store.get(IDENTITY_PROVIDERS, profile["id"])
        if provider is None or provider["account_id"] != account_id:
            raise invalid({"login_profiles": f"has {profile['id']}, which is no identity provider of this account"})
        found.append({"id": provider["id"], "name": provider["name"], "type": provider["type"]})
    return found


# --- creation and change ---


def _located(call: Call, provider: Document, answer: Answer) -> Answer:
    """The answer, with the headers that say where the provider is."""
    prefix = f"/v3/accounts/{call.parameters['account_id']}" if "account_id" in call.parameters else "/v3"
    path = f"{prefix}/identity-providers/{provider['id']}"
    created = {"Location": f"{call.origin}{path}"} if answer.status == 201 else {}
    return replace(answer, headers={"Content-Location": path, **created})


def _save(engine: Engine, call: Call, current: Document, status: int) -> Answer:
    """Take a body in, for a new provider where there is no `current`."""
    asked = call.arguments(*(("discovery",) if engine.spec > 2019 else ()))
    body = engine.body(IDENTITY_PROVIDERS, call, "U" if current else "C", current)
    if body["type"] == "OIDC" and engine.spec == 2019:
        raise invalid({"type": "must be SAML2"})
    if current and current["type"] not in PROTOCOLS:
        raise ApiError(403, "access_denied", "Identity providers that are built in cannot be changed.")
    provider = engine.touched(IDENTITY_PROVIDERS, current) if current else engine.blank(IDENTITY_PROVIDERS, call)
    nested, other = ("oidc_attributes", "saml2_attributes") if body["type"] == "OIDC" else ("saml2_attributes", "oidc_attributes")
    if other in body:
        raise invalid({other: f"does not belong to the type {body['type']}"})
    known = {} if current.get("type") != body["type"] else current.get(nested, {})
    provider.pop(other, None)
    attributes = known | _described(body.get(nested, {}))
    if nested == "saml2_attributes":
        attributes = _completed(call, provider, attributes)
    elif not attributes:
        raise invalid({nested: "is required"})
    elif "discovery" in asked and asked["discovery"].lower() != "false":
        attributes |= _discovered(engine, attributes["issuer"])
    provider |= body | {nested: attributes}
    engine.save(IDENTITY_PROVIDERS, current, provider)
    return _located(call, provider, engine.shown(status, IDENTITY_PROVIDERS, provider, call))


def _create(engine: Engine, call: Call) -> Answer:
    return _save(engine, call, {}, 201)


def _update(engine: Engine, call: Call) -> Answer:
    return _save(engine, call, engine.existing(IDENTITY_PROVIDERS, call), 200)


def _described(given: Document) -> Document:
    """The attributes, with those that the metadata of a provider tell in place of the metadata."""
    given = dict(given)
    descriptor = given.pop("entity_descriptor", None)
    if descriptor is None:
        return given
    refusal = invalid({"saml2_attributes": "has an entity_descriptor that is not the metadata of a provider in base64"})
    try:
        root = ElementTree.fromstring(base64.b64decode(descriptor, validate=True))
    except (binascii.Error, ElementTree.ParseError, ValueError):
        raise refusal from None
    if not root.tag.endswith("}EntityDescriptor"):
        raise refusal
    told: Document = {"idp_entity_id": root.get("entityID")}
    for element in root.iter():
        tag = element.tag.rpartition("}")[2]
        if tag == "SingleSignOnService":
            told.setdefault("sso_endpoint", element.get("Location"))
        elif tag == "SingleLogoutService":
            told.setdefault("slo_endpoint", element.get("Location"))
        elif tag == "X509Certificate":
            body = "\n".join(
                "".join((element.text or "").split())[at : at + 64] for at in range(0, len("".join((element.text or "").split())), 64)
            )
            told.setdefault("idp_x509_certs", []).append(f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
    return told | given


def _completed(call: Call, provider: Document, attributes: Document) -> Document:
    """What the service itself says about a SAML 2.0 provider."""
    made = {
        "assertion_endpoint": f"{call.origin}/auth/saml2/{provider['id']}/acs",
        "sp_entity_id": f"{call.origin}/auth/saml2/{provider['id']}",
    }
    return made | {name: value for name, value in attributes.items() if value is not None}


def _discovered(engine: Engine, issuer: str) -> Document:
    """What a provider tells about itself at its well-known address."""
    base = issuer.rstrip("/")
    return {
        "authorization_endpoint": f"{base}/authorize",
        "jwks_uri": f"{base}/jwks.json",
        "keys": _keys(engine, f"{base}/jwks.json"),
        "revocation_endpoint": f"{base}/revoke",
        "token_endpoint": f"{base}/token",
        "userinfo_endpoint": f"{base}/userinfo",
    }


def _keys(engine: Engine, jwks_uri: str) -> list[Document]:
    """The keys that are to be found at an address now."""
    number = int(digest(engine.seed, jwks_uri, engine.clock.time() // (KEY_DAYS * DAY))[:60], 16)
    public = ec.derive_private_key(number, ec.SECP256R1()).public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return [{"kid": f"{number:060x}"[:16], "key": pem.decode()}]


# --- actions ---


def _refresh(engine: Engine, call: Call) -> Answer:
    current = engine.existing(IDENTITY_PROVIDERS, call)
    call.arguments()
    attributes = current.get("oidc_attributes", {})
    if not attributes.get("jwks_uri"):
        raise bad_request("This is no OpenID Connect provider whose jwks_uri is known.")
    keys = _keys(engine, attributes["jwks_uri"])
    return _changed(engine, call, current, current | {"oidc_attributes": attributes | {"keys": keys}})


def _changed(engine: Engine, call: Call, current: Document, provider: Document) -> Answer:
    provider = engine.touched(IDENTITY_PROVIDERS, provider)
    engine.save(IDENTITY_PROVIDERS, current, provider)
    return _located(call, provider, engine.shown(200, IDENTITY_PROVIDERS, provider, call))


_CURVES: Mapping[str, ec.EllipticCurve] = {"224": ec.SECP224R1(), "256": ec.SECP256R1(), "384": ec.SECP384R1(), "521": ec.SECP521R1()}
_ALGORITHMS = ("RSA2048", "RSA3072", "EC224", "EC256", "EC384", "EC521", "ECDSA224", "ECDSA256", "ECDSA384", "ECDSA521")


def _generate(engine: Engine, call: Call) -> Answer:
    current = _saml2(engine, call)
    body = call.json(optional="account_id" not in call.parameters)
    algorithm, days = body.get("algorithm", _ALGORITHMS[0]), body.get("validity", DEFAULT_VALIDITY)
    wrong = {name: "is not a field of this request" for name in body if name not in ("algorithm", "validity")}
    if algorithm not in _ALGORITHMS:
        wrong["algorithm"] = "must be one of " + ", ".join(_ALGORITHMS)
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= LONGEST_VALIDITY:
        wrong["validity"] = f"must be from 1 to {LONGEST_VALIDITY}"
    if wrong:
        raise invalid(wrong)
    return _certified(engine, call, current, _certificate(engine, current["saml2_attributes"]["sp_entity_id"], algorithm, days))


def _certificate(engine: Engine, subject: str, algorithm: str, days: int) -> str:
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    if algorithm.startswith("RSA"):
        key = rsa.generate_private_key(65537, int(algorithm[3:]))
    else:
        key = ec.generate_private_key(_CURVES[algorithm[-3:]])
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject[:64])])
    begin = datetime.fromtimestamp(engine.clock.time() // 1_000_000, timezone.utc)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(begin + timedelta(days=days))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def _delete_certificate(engine: Engine, call: Call) -> Answer:
    return _certified(engine, call, _saml2(engine, call), None)


def _saml2(engine: Engine, call: Call) -> Document:
    provider = engine.existing(IDENTITY_PROVIDERS, call)
    call.arguments()
    if provider["type"] != "SAML2":
        raise bad_request("Only SAML 2.0 providers are sent signed requests.")
    return provider


def _certified(engine: Engine, call: Call, current: Document, certificate: str | None) -> Answer:
    attributes = {name: value for name, value in current["saml2_attributes"].items() if name != "sp_x509_cert"}
    if certificate:
        attributes["sp_x509_cert"] = certificate
    return _changed(engine, call, current, current | {"saml2_attributes": attributes})


ROWS = (IDENTITY_PROVIDERS,)
OPERATIONS: Mapping[str, Handler] = {
    **dict.fromkeys(("createIdentityProvider", "createAccountIdentityProvider"), _create),
    **dict.fromkeys(("updateIdentityProvider", "updateAccountIdentityProvider"), _update),
    **dict.fromkeys(("refreshJwks", "refreshAccountJwks"), _refresh),
    **dict.fromkeys(("generateSpCertificate", "generateAccountSpCertificate"), _generate),
    **dict.fromkeys(("deleteSpCertificate", "deleteAccountSpCertificate"), _delete_certificate),
}
