# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys, certificates and signed tokens, real ones, made and read with the library `cryptography`."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509 import Certificate
from cryptography.x509.oid import NameOID

from .identity import digest
from .table import Document

Key = ec.EllipticCurvePrivateKey
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256: private keys are numbers from 1 to below it (SEC 2, section 2.4.2)."""


def make_key(*salt: object) -> Key:
    """A private key on the curve P-256 that depends on `salt` only."""
    return ec.derive_private_key(1 + int(digest("key", *salt), 16) % (_ORDER - 1), ec.SECP256R1())


def key_text(key: Key) -> str:
    """A private key as PEM."""
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


def public_text(key: Key) -> str:
    """The public half of a key as PEM."""
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def public_der(key: Key) -> bytes:
    """The public half of a key as DER."""
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def make_certificate(key: Key, names: dict[str, str], created: int, days: int) -> Certificate:
    """A certificate that its own key signs. `names`: CN, O and OU; `created`: microseconds since 1970. The same input, the same bytes."""
    known = {"CN": NameOID.COMMON_NAME, "O": NameOID.ORGANIZATION_NAME, "OU": NameOID.ORGANIZATIONAL_UNIT_NAME}
    name = x509.Name([x509.NameAttribute(known[short], value) for short, value in names.items()])
    begin = _EPOCH + timedelta(seconds=created // 1_000_000)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(int(digest("serial", created, *names.values())[:30], 16) + 1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    )
    return builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True)


def text(*chain: Certificate) -> str:
    """Certificates as PEM."""
    return "".join(certificate.public_bytes(serialization.Encoding.PEM).decode() for certificate in chain)


def read_chain(written: str) -> list[Certificate]:
    """The certificates of a PEM text from the root on, whichever way round they stand in it. Raises ValueError that says what is wrong."""
    try:
        found = list(dict.fromkeys(x509.load_pem_x509_certificates(written.encode())))
    except ValueError:
        raise ValueError("must hold certificates in PEM form") from None
    leaves = [one for one in found if not any(other.issuer == one.subject for other in found if other != one)]
    if len(leaves) != 1:
        raise ValueError("must hold one chain of certificates")
    chain = leaves
    while not is_complete(chain) and (issuer := next((one for one in found if one.subject == chain[0].issuer), None)):
        try:
            chain[0].verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            raise ValueError("must hold certificates that have signed each other") from None
        chain = [issuer, *chain]
    if len(chain) != len(found):
        raise ValueError("must hold one chain of certificates")
    return chain


def is_complete(chain: list[Certificate]) -> bool:
    """Whether a chain begins with a root."""
    return chain[0].issuer == chain[0].subject


def has_signed(certificate: Certificate, message: str, signature: str) -> bool:
    """Whether the key of a certificate has made a signature (base64) of a text, hashed with SHA-256."""
    key = certificate.public_key()
    try:
        given = base64.b64decode(signature, validate=True)
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(given, message.encode(), ec.ECDSA(hashes.SHA256()))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(given, message.encode(), padding.PKCS1v15(), hashes.SHA256())
        else:
            return False
    except (ValueError, InvalidSignature):
        return False
    return True


def described(certificate: Certificate) -> Document:
    """What the service reads from a certificate; its end as microseconds since 1970."""
    return {
        "certificate_fingerprint": certificate.fingerprint(hashes.SHA256()).hex(),
        "issuer": certificate.issuer.rfc4514_string(),
        "subject": certificate.subject.rfc4514_string(),
        "validity": int((certificate.not_valid_after_utc - _EPOCH).total_seconds()) * 1_000_000,
    }


def key_id(written: str) -> bytes:
    """The SHA-256 of a public key in PEM form; nothing where the text is none."""
    try:
        key = serialization.load_pem_public_key(written.encode())
    except ValueError:
        return b""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).digest()


def security_file(endpoint_name: str, account_id: str, server: str, key: Key, certificate: Certificate, root: Certificate) -> str:
    """The C source with the credentials of a device. Its names are what the vendor's client library looks for."""
    texts = {"BOOTSTRAP_ENDPOINT_NAME": endpoint_name, "ACCOUNT_ID": account_id, "BOOTSTRAP_SERVER_URI": server}
    der = serialization.Encoding.DER
    arrays = {
        "BOOTSTRAP_DEVICE_CERTIFICATE": certificate.public_bytes(der),
        "BOOTSTRAP_SERVER_ROOT_CA_CERTIFICATE": root.public_bytes(der),
        "BOOTSTRAP_DEVICE_PRIVATE_KEY": key.private_bytes(der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    }
    lines = ["/* Credentials of simulated devices. */", "#include <inttypes.h>", ""]
    lines += [f'const char MBED_CLOUD_DEV_{name}[] = "{value}";' for name, value in texts.items()]
    for name, value in arrays.items():
        lines += ["", f"const uint8_t MBED_CLOUD_DEV_{name}[] = {{"]
        lines += ["    " + " ".join(f"0x{byte:02x}," for byte in value[start : start + 12]) for start in range(0, len(value), 12)]
        lines += ["};", f"const uint32_t MBED_CLOUD_DEV_{name}_SIZE = sizeof(MBED_CLOUD_DEV_{name});"]
    return "\n".join(lines) + "\n"


def web_token(key: Key, claims: dict[int, object]) -> bytes:
    """A signed CBOR web token with these claims by number (RFC 8392, with ES256 as RFC 9052 puts it)."""
    protected, payload = _cbor({1: -7}), _cbor(claims)
    signed = _cbor(["Signature1", protected, b"", payload])
    r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(hashes.SHA256())))
    tags = b"\xd8\x3d\xd2"  # 61, a CBOR web token; 18, with one signature
    return tags + _cbor([protected, {4: hashlib.sha256(public_der(key)).digest()}, payload, r.to_bytes(32, "big") + s.to_bytes(32, "big")])


def _cbor(value: object) -> bytes:
    """Numbers, bytes, texts, lists and mappings of them as CBOR (RFC 8949)."""
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, dict):
        return _head(5, len(value)) + b"".join(_cbor(key) + _cbor(held) for key, held in value.items())
    assert isinstance(value, list)
    return _head(4, len(value)) + b"".join(map(_cbor, value))


def _head(kind: int, number: int) -> bytes:
    if number < 24:
        return bytes([kind << 5 | number])
    size = next(power for power in range(4) if number < 256 ** (2**power))
    return bytes([kind << 5 | 24 + size]) + number.to_bytes(2**size, "big")
