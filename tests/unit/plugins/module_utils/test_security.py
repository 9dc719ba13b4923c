# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fingerprints of certificates: the same however a chain is written, and what is no chain is refused before it is sent."""

from __future__ import annotations

import base64
import datetime

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils.resource import ResourceError
from ansible_collections.pelion.device_management.plugins.module_utils.resources import security
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

BEGIN = datetime.datetime(2026, 1, 1)
KEY = ec.generate_private_key(ec.SECP256R1())
# Longer than what a DER length of one byte can say.
LONG = "Ærø " * 15


def named(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.ORGANIZATION_NAME, LONG)])


def certificate(name, issuer):
    builder = x509.CertificateBuilder().subject_name(named(name)).issuer_name(named(issuer)).public_key(KEY.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(BEGIN).not_valid_after(BEGIN + datetime.timedelta(days=1))
    return builder.sign(KEY, hashes.SHA256())


def pem(one, newline="\n", width=64):
    body = base64.b64encode(one.public_bytes(serialization.Encoding.DER)).decode()
    lines = [body[start : start + width] for start in range(0, len(body), width)]
    return newline.join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""])


NAMES = ("root", "middle", "line", "device")
CHAIN = [certificate(name, issuer) for name, issuer in zip(NAMES, ("root", *NAMES[:-1]), strict=True)]


@given(
    st.integers(1, 4).flatmap(lambda length: st.permutations(range(length))),
    st.sampled_from(("\n", "\r\n", "\n  ")),
    st.sampled_from((64, 76, 10_000)),
    st.sampled_from(("", "subject=CN = x\n", "# Ærø\n\n")),
    st.booleans(),
)
def test_the_leaf_is_found_in_any_layout(order, newline, width, comment, twice):
    texts = [comment + pem(CHAIN[index], newline, width) for index in order]
    text = "".join(texts + texts[:1] if twice else texts)
    assert security.fingerprint(text) == CHAIN[len(order) - 1].fingerprint(hashes.SHA256()).hex()


def test_a_root_beside_its_leaf_is_not_the_leaf():
    """Also where both ends are the only ones there."""
    assert security.fingerprint(pem(CHAIN[1]) + pem(CHAIN[0])) == CHAIN[1].fingerprint(hashes.SHA256()).hex()


def der(tag, *parts):
    body = b"".join(parts)
    size = bytes([len(body)]) if len(body) < 128 else b"\x82" + len(body).to_bytes(2, "big")
    return bytes([tag]) + size + body


@pytest.mark.parametrize("version", [b"", der(0xA0, der(2, b"\x02"))], ids=["version 1", "version 3"])
def test_names_with_and_without_a_version(version):
    issuer, subject, other = (der(0x30, der(12, name * 50)) for name in (b"one", b"two", b"x"))
    certificate = der(0x30, der(0x30, version, der(2, b"\x01"), other, issuer, other, subject, other), other)
    assert security._names(certificate) == (issuer, subject)


def mistake(text):
    with pytest.raises(ResourceError) as caught:
        security.fingerprint(text)
    return str(caught.value)


def test_what_is_no_certificate():
    assert mistake("") == "certificate holds no certificate in PEM form, which begins with -----BEGIN CERTIFICATE-----."
    assert mistake(pem(CHAIN[0]) + "-----BEGIN CERTIFICATE-----\nMII*\n-----END CERTIFICATE-----") == (
        "certificate: what stands in certificate number 2 is not base64."
    )
    assert mistake("-----BEGIN CERTIFICATE-----\nMIIÆ\n-----END CERTIFICATE-----") == (
        "certificate: what stands in certificate number 1 is not base64."
    )


@given(st.binary(max_size=60))
def test_what_cannot_be_read(noise):
    text = f"-----BEGIN CERTIFICATE-----\n{base64.b64encode(noise).decode()}\n-----END CERTIFICATE-----\n"
    assert mistake(text + pem(CHAIN[0])) == "certificate: one of the certificates cannot be read."


def test_a_cut_off_certificate_cannot_be_read():
    whole = CHAIN[1].public_bytes(serialization.Encoding.DER)
    for length in (1, 2, 4, 20, 60):
        cut = f"-----BEGIN CERTIFICATE-----\n{base64.b64encode(whole[:length]).decode()}\n-----END CERTIFICATE-----\n"
        assert mistake(pem(CHAIN[0]) + cut) == "certificate: one of the certificates cannot be read."


def test_what_is_not_one_chain():
    other = certificate("other", "other")
    assert mistake(pem(CHAIN[0]) + pem(other)) == (
        "certificate holds 2 certificates that are not one chain. Give each chain to a task of its own."
    )


def test_private_keys_are_refused():
    form = serialization.PrivateFormat.PKCS8
    key = KEY.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
    assert mistake(pem(CHAIN[0]) + key) == (
        "certificate holds a private key. Give the certificates only; a private key must never be uploaded."
    )


def test_fingerprints_as_people_write_them():
    plain = CHAIN[0].fingerprint(hashes.SHA256()).hex()
    colons = ":".join(plain[start : start + 2] for start in range(0, 64, 2)).upper()
    assert {security.plain_fingerprint(text) for text in (plain, colons, f" {colons}\n")} == {plain}
    for text in ("", plain[1:], plain + "0", "g" * 64):
        with pytest.raises(ResourceError, match=f"'{text}' is no SHA-256 fingerprint: that is 64 hexadecimal digits."):
            security.plain_fingerprint(text)


def test_the_default_configuration_by_its_name():
    def by(**given):
        return security.with_default_id({"id": None, "reference": None, **given})

    assert by(reference="LwM2M") == by(reference="lwm2m") == {"id": "lwm2m", "reference": None}
    assert by(reference="customer.dlms") == {"id": None, "reference": "customer.dlms"}
    assert by(id="0" * 32, reference="LwM2M") == {"id": "0" * 32, "reference": "LwM2M"}
