# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens that clients sign themselves, and the keys of applications that prove them.

In no OpenAPI description: the facts are those of the vendor's page on JWT keys. It says nothing of reading, changing and deleting keys;
here that is as with access keys. All of it is there only while the setting `verification_keys` is on.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from ..answers import Answer, ApiError, invalid
from ..auth import Sender
from ..table import Document, Field, Resource

if TYPE_CHECKING:
    from ..engine import Call, Engine

SETTINGS = {"verification_keys": False}
SMALLEST_RSA, SMALLEST_EC = 2048, 256
_HASHES: Mapping[str, Callable[[], hashes.HashAlgorithm]] = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}
_CURVES = {"ES256": "secp256r1", "ES384": "secp384r1", "ES512": "secp521r1"}
"""The curve of each algorithm (RFC 7518, section 3.4)."""
_TIME = Field("string", format="date-time")

KEYS = Resource(
    name="verification-keys",
    object="verification-key",
    operations={},
    fields={
        "account_id": Field("string"),
        "application_id": Field("string", indexed=True),
        "certificate": Field("string", io="C!R"),
        "created_at": _TIME,
        "etag": Field("string"),
        "id": Field("string"),
        "name": Field("string", io="C!U!R", max=100),
        "object": Field("string"),
        "updated_at": _TIME,
    },
    parents={"application_id": "applications"},
    tenant=True,
)
ROWS = (KEYS,)


def _offered(handler: Callable[[Engine, Call], Answer]) -> Callable[[Engine, Call], Answer]:
    """The handler of a path that there is only while the setting is on."""

    def checked(engine: Engine, call: Call) -> Answer:
        if not engine.settings.verification_keys:
            raise ApiError(404, "unrecognized_request", "There is nothing at this path.")
        return handler(engine, call)

    return checked


def _list(engine: Engine, call: Call) -> Answer:
    return engine.page(KEYS, call)


def _create(engine: Engine, call: Call) -> Answer:
    engine.existing(engine.rows["applications"], call)
    body = engine.body(KEYS, call, "C")
    if _public_key(body["certificate"]) is None:
        raise invalid({"certificate": "is no X.509 certificate in PEM form with an RSA key of 2048 bits or an EC key of 256 bits or more"})
    key = engine.blank(KEYS, call) | body
    engine.save(KEYS, {}, key)
    return engine.shown(201, KEYS, key, call)


def _get(engine: Engine, call: Call) -> Answer:
    return engine.shown(200, KEYS, engine.existing(KEYS, call), call)


def _update(engine: Engine, call: Call) -> Answer:
    key = engine.existing(KEYS, call)
    changed = engine.touched(KEYS, key | engine.body(KEYS, call, "U", key))
    engine.save(KEYS, key, changed)
    return engine.shown(200, KEYS, changed, call)


def _delete(engine: Engine, call: Call) -> Answer:
    engine.save(KEYS, engine.existing(KEYS, call), {})
    return Answer(204)


_COLLECTION = "/v3/applications/{application_id}/verification-keys"
_ITEM = _COLLECTION + "/{verification_key_id}"
PATHS = {
    f"GET {_COLLECTION}": _offered(_list),
    f"POST {_COLLECTION}": _offered(_create),
    f"GET {_ITEM}": _offered(_get),
    f"PUT {_ITEM}": _offered(_update),
    f"DELETE {_ITEM}": _offered(_delete),
}


def identify(engine: Engine, token: str, headers: Mapping[str, str]) -> Sender | None:
    """Who has signed a token: an application stands for its access keys, whose rights it has. None where nobody has.

    `exp` is compared with the real time: clients know no other.
    """
    if not engine.settings.verification_keys or token.count(".") != 2:
        return None
    application = engine.store.get(engine.rows["applications"], headers.get("x-application-id", ""))
    if application is None or application["status"] != "ACTIVE":
        return None
    written, _separator, proof = token.rpartition(".")
    header, claims = map(_object, written.split("."))
    expires = claims.get("exp")
    if not isinstance(expires, int | float) or isinstance(expires, bool) or expires <= time.time():
        return None
    for key in engine.store.select(KEYS, application_id=application["id"]):
        if _proves(_public_key(key["certificate"]), header.get("alg"), written.encode(), _bytes(proof)):
            return Sender(application["account_id"], "access_key", key["id"], application["id"], claims)
    return None


def _bytes(part: str) -> bytes:
    """A part of a token; nothing where it is none."""
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b""


def _object(part: str) -> Document:
    try:
        found: Any = json.loads(_bytes(part))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _public_key(certificate: str) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey | None:
    """The key of a certificate that the service takes."""
    try:
        key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    except ValueError:
        return None
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= SMALLEST_RSA:
        return key
    return key if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.key_size >= SMALLEST_EC else None


def _proves(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey | None, algorithm: Any, written: bytes, proof: bytes) -> bool:
    """Whether a signature (RFC 7518) was made by the private half of the key. HS256 and "none" never are."""
    if not isinstance(algorithm, str) or algorithm[:2] not in ("RS", "ES") or algorithm[2:] not in _HASHES:
        return False
    hashed = _HASHES[algorithm[2:]]()
    try:
        if isinstance(key, rsa.RSAPublicKey) and algorithm.startswith("RS"):
            key.verify(proof, written, padding.PKCS1v15(), hashed)
            return True
        if isinstance(key, ec.EllipticCurvePublicKey) and _CURVES.get(algorithm) == key.curve.name:
            half = (key.curve.key_size + 7) // 8
            numbers = int.from_bytes(proof[:half], "big"), int.from_bytes(proof[half:], "big")
            key.verify(encode_dss_signature(*numbers), written, ec.ECDSA(hashed))
            return len(proof) == 2 * half
    except InvalidSignature:
        pass
    return False
