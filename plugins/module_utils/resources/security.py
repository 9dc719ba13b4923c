# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Certificates, their issuers and renewals, and secure device access.

The facts are those of the vendor's OpenAPI description of January 2021.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from typing import List, Optional, Tuple

from ..client import ApiError, Client
from ..resource import Object, Params, Resource, ResourceError, find

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)

TRUSTED_CERTIFICATE = Resource(
    name="trusted_certificate",
    path="/v3/trusted-certificates",
    tenant=True,
    keys=("name", "certificate_fingerprint"),
    filters={
        **dict.fromkeys(("certificate_fingerprint", "enrollment_mode", "expire", "name", "owner", "service", "status", "valid"), ("eq",)),
        "device_execution_mode": ("eq", "neq"),
        **dict.fromkeys(("issuer", "subject"), ("like",)),
    },
    required=("name", "certificate", "service"),
    nullable=("description",),
    max_length={"name": 100, "description": 500},
)

# Before 2021 the list cannot be filtered by fingerprint: there it is matched after listing.
OLDER_TRUSTED_CERTIFICATE = replace(
    TRUSTED_CERTIFICATE,
    filters={name: operators for name, operators in TRUSTED_CERTIFICATE.filters.items() if name != "certificate_fingerprint"},
)

# Made at a path of their own, where nothing but creation and reading is possible: for all else they are trusted certificates with the
# execution mode 1 (notes on developer certificates).
DEVELOPER_CERTIFICATE = replace(
    TRUSTED_CERTIFICATE,
    name="developer_certificate",
    tenant=False,
    keys=("name",),
    required=("name",),
    update_only=("status",),
    secrets=("developer_private_key", "security_file_content"),
)
DEVELOPER_CERTIFICATES = "/v3/developer-certificates"

CERTIFICATE_ISSUER = Resource(
    name="certificate_issuer",
    path="/v3/certificate-issuers",
    required=("name", "issuer_type", "issuer_credentials"),
    create_only=("issuer_type",),
    write_only=("issuer_credentials",),
    secrets=("issuer_credentials",),
    nullable=("description",),
    max_length={"name": 50, "description": 100},
)

# Stands for the id of the configuration that every account has, of the certificates with which devices connect.
DEFAULT_ISSUER_CONFIG = "lwm2m"

CERTIFICATE_ISSUER_CONFIG = Resource(
    name="certificate_issuer_config",
    path="/v3/certificate-issuer-configurations",
    id_pattern=rf"[0-9a-f]{{32}}|{DEFAULT_ISSUER_CONFIG}",
    keys=("reference",),
    filters={"reference": ("eq",)},
    required=("reference", "certificate_issuer_id"),
    create_only=("reference",),
    references={"certificate_issuer_id": CERTIFICATE_ISSUER},
    nullable=("certificate_issuer_id",),
    max_length={"reference": 100},
)

CERTIFICATE_ENROLLMENT = Resource(
    name="certificate_enrollment",
    path="/v3/certificate-enrollments",
    keys=(),
    filters={
        **dict.fromkeys(("certificate_name", "device_id"), ("eq",)),
        **dict.fromkeys(("enroll_result", "enroll_status"), ("eq", "neq")),
        **dict.fromkeys(("created_at", "updated_at"), ("lte", "gte")),
    },
)

TRUST_ANCHOR = Resource(
    name="trust_anchor",
    path="/v3/trust-anchors",
    keys=(),
    readable=False,
    required=("description",),
    max_length={"description": 256},
)

SERVER_CREDENTIALS = "/v3/server-credentials"
DEVICE_ACCESS_TOKEN = "/ace-auth/token"


def with_default_id(params: Params) -> Params:
    """The options of a module for issuer configurations, with the id of the default one where they name it, in whatever case."""
    if params["id"] or str(params["reference"]).lower() != DEFAULT_ISSUER_CONFIG:
        return params
    return {**params, "id": DEFAULT_ISSUER_CONFIG, "reference": None}


def by_fingerprint(client: Client, params: Params, wanted: str) -> Optional[Object]:
    """The trusted certificate with this SHA-256 fingerprint in any usual form, None where there is none.

    :raises ResourceError: when it is no fingerprint.
    """
    named = {"account_id": params["account_id"], "certificate_fingerprint": plain_fingerprint(wanted)}
    try:
        return find(client, TRUSTED_CERTIFICATE, named)
    except ApiError as error:
        if error.status != 400:
            raise
        return find(client, OLDER_TRUSTED_CERTIFICATE, named)


def fingerprint(pem: str) -> str:
    """The SHA-256 fingerprint of the certificate that a chain in PEM form is about, its leaf, as 64 hexadecimal digits.

    :raises ResourceError: when the text holds no certificates, several that are not one chain, or a private key.
    """
    if "PRIVATE KEY-----" in pem:
        raise ResourceError("certificate holds a private key. Give the certificates only; a private key must never be uploaded.")
    chain = []
    for number, body in enumerate(_CERTIFICATE.findall(pem), 1):
        try:
            chain.append(base64.b64decode("".join(body.split()), validate=True))
        except ValueError:
            raise ResourceError(f"certificate: what stands in certificate number {number} is not base64.") from None
    if not chain:
        raise ResourceError("certificate holds no certificate in PEM form, which begins with -----BEGIN CERTIFICATE-----.")
    return hashlib.sha256(_leaf(list(dict.fromkeys(chain)))).hexdigest()


def plain_fingerprint(text: str) -> str:
    """A SHA-256 fingerprint in the service's form, from any usual one, such as openssl's with colons and capital letters.

    :raises ResourceError: when it is none.
    """
    plain = re.sub(r"[:\s]", "", text).lower()
    if not re.fullmatch(r"[0-9a-f]{64}", plain):
        raise ResourceError(f"'{text}' is no SHA-256 fingerprint: that is 64 hexadecimal digits.")
    return plain


def _leaf(chain: List[bytes]) -> bytes:
    """The certificate that issued none of the others, wherever it stands: the documents do not say which end comes first."""
    if len(chain) == 1:
        return chain[0]
    names = [_names(der) for der in chain]
    issuers = [{issuer for other, (issuer, _subject) in enumerate(names) if other != number} for number in range(len(chain))]
    leaves = [der for der, (_issuer, subject), others in zip(chain, names, issuers) if subject not in others]
    if len(leaves) != 1:
        raise ResourceError(f"certificate holds {len(chain)} certificates that are not one chain. Give each chain to a task of its own.")
    return leaves[0]


def _names(der: bytes) -> Tuple[bytes, bytes]:
    """Issuer and subject of a certificate, encoded as they are (RFC 5280, section 4.1).

    :raises ResourceError: when it is no certificate.
    """
    try:
        position = _element(der, _element(der, 0)[1])[1]
        fields: List[bytes] = []
        while len(fields) < 5:  # serial number, algorithm, issuer, validity, subject
            tag, _start, end = _element(der, position)
            if tag != 0xA0:  # the version, which may be left out
                fields.append(der[position:end])
            position = end
    except IndexError:
        raise ResourceError("certificate: one of the certificates cannot be read.") from None
    return fields[2], fields[4]


def _element(der: bytes, position: int) -> Tuple[int, int, int]:
    """The tag of the DER element at a position, where its content starts and where it ends.

    :raises IndexError: when it does not end within the text.
    """
    length, start = der[position + 1], position + 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(der[position + 2 : start], "big")
    der[start + length - 1]
    return der[position], start, start + length
