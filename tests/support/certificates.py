# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates for tests: chains of authorities as PEM texts, each made once."""

from __future__ import annotations

import datetime
import hashlib
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

BEGIN = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)


@cache
def certificate(name: str, issuer: str = "") -> str:
    """The certificate of an authority, signed by that of another name, by default by itself."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer or name))
        .public_key(_key(name).public_key())
        .serial_number(int(hashlib.sha256(f"{name} {issuer}".encode()).hexdigest()[:30], 16))
        .not_valid_before(BEGIN)
        .not_valid_after(BEGIN + datetime.timedelta(days=36500))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    return builder.sign(_key(issuer or name), hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@cache
def chain(*names: str) -> tuple[str, ...]:
    """The certificates of a chain, the root's first."""
    return tuple(certificate(name, issuer) for name, issuer in zip(names, ("", *names[:-1]), strict=True))


def fingerprint(pem: str) -> str:
    """The SHA-256 fingerprint of one certificate."""
    return x509.load_pem_x509_certificate(pem.encode()).fingerprint(hashes.SHA256()).hex()


@cache
def private_key(name: str) -> str:
    """The private key of an authority as PEM."""
    form = serialization.PrivateFormat.PKCS8
    return _key(name).private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


@cache
def public_key(name: str) -> str:
    """The public key of an authority as PEM."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return _key(name).public_key().public_bytes(serialization.Encoding.PEM, form).decode()


@cache
def _key(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
