# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens signed by clients: every algorithm, every way to be wrong, and the keys that prove them."""

from __future__ import annotations

import base64
import datetime
import json
import time
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID
from simulator_helpers import Api

HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
MADE: dict[str, Any] = {
    "RS": rsa.generate_private_key(65537, 2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "ES384": ec.generate_private_key(ec.SECP384R1()),
    "ES512": ec.generate_private_key(ec.SECP521R1()),
}

pytestmark = pytest.mark.usefixtures("time_passes")


def private_key(algorithm: str) -> Any:
    return MADE.get(algorithm) or MADE["RS"]


def certificate(key: Any) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "client")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def part(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(algorithm: str, key: Any = None, **claims: Any) -> str:
    key = key or private_key(algorithm)
    written = f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part({'exp': time.time() + 60, **claims})}"
    hashed = HASHES[algorithm[2:]]
    if algorithm.startswith("RS"):
        proof = key.sign(written.encode(), padding.PKCS1v15(), hashed)
    else:
        size = (key.curve.key_size + 7) // 8
        proof = b"".join(number.to_bytes(size, "big") for number in decode_dss_signature(key.sign(written.encode(), ec.ECDSA(hashed))))
    return f"{written}.{part(proof)}"


@pytest.fixture
def application(api: Api) -> str:
    """The id of an application of a simulator that takes tokens."""
    api.simulator.settings(verification_keys=True)
    return str(api.post("/v3/applications", {"name": "signs for itself"})["id"])


def upload(api: Api, application: str, key: Any) -> Any:
    body = {"name": "one", "certificate": certificate(key)}
    answer = api.send("POST", f"/v3/applications/{application}/verification-keys", json=body)
    assert answer.status_code == 201
    return answer.json()


def send(api: Api, signed: str, application: str | None, path: str = "/v3/accounts/me") -> Any:
    headers = {"Authorization": f"Bearer {signed}"} | ({"X-Application-ID": application} if application else {})
    return api.send("GET", path, headers=headers)


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"])
def test_a_token_speaks_for_its_application(api: Api, application: str, algorithm: str) -> None:
    upload(api, application, private_key(algorithm))
    assert send(api, token(algorithm), application).status_code == 200


def test_several_keys_at_once(api: Api, application: str) -> None:
    upload(api, application, private_key("RS256"))
    upload(api, application, private_key("ES256"))
    assert [send(api, token(name), application).status_code for name in ("RS256", "ES256", "ES384")] == [200, 200, 401]


def test_tokens_that_prove_nothing(api: Api, application: str) -> None:
    upload(api, application, private_key("ES256"))
    upload(api, application, private_key("RS256"))
    other = api.post("/v3/applications", {"name": "another"})["id"]
    good = token("ES256")
    head, claims, proof = good.split(".")
    secret = hmac.HMAC(certificate(private_key("RS256")).encode(), hashes.SHA256())
    written = f"{part({'alg': 'HS256'})}.{part({'exp': time.time() + 60})}"
    secret.update(written.encode())
    wrong = {
        "another key": token("ES256", ec.generate_private_key(ec.SECP256R1())),
        "a digest that is not the curve's": f"{part({'alg': 'ES384'})}.{claims}.{proof}",
        "other claims": f"{head}.{part({'exp': time.time() + 9999})}.{proof}",
        "no signature": f"{part({'alg': 'none'})}.{claims}.",
        "an empty signature": f"{head}.{claims}.",
        "a long signature": f"{good}AA",
        "HS256 with what is public": f"{written}.{part(secret.finalize())}",
        "no algorithm": f"{part({})}.{claims}.{proof}",
        "a list": f"{part(['alg'])}.{claims}.{proof}",
        "no JSON": f"{part(b'{')}.{claims}.{proof}",
        "expired": token("ES256", exp=time.time() - 1),
        "without an end": token("ES256", exp=None),
        "an end that is no number": token("ES256", exp="tomorrow"),
        "an end that is true": token("ES256", exp=True),
    }
    for name, signed in wrong.items():
        answer = send(api, signed, application)
        assert answer.status_code == 401, name
        assert answer.json()["type"] in ("invalid_token", "invalid_apikey"), name
    assert [send(api, good, named).status_code for named in (application, other, "0" * 32, None)] == [200, 401, 401, 401]


def test_an_inactive_application_signs_nothing(api: Api, application: str) -> None:
    upload(api, application, private_key("ES256"))
    api.put(f"/v3/applications/{application}", {"name": "signs for itself", "status": "INACTIVE"})
    assert send(api, token("ES256"), application).status_code == 401
    api.put(f"/v3/applications/{application}", {"name": "signs for itself", "status": "ACTIVE"})
    assert send(api, token("ES256"), application).status_code == 200
    api.send("DELETE", f"/v3/applications/{application}")
    assert send(api, token("ES256"), application).status_code == 401


def test_the_life_of_a_key(api: Api, application: str) -> None:
    api.odd = True
    path = f"/v3/applications/{application}/verification-keys"
    made = upload(api, application, private_key("ES256"))
    assert set(made) == {"account_id", "application_id", "certificate", "created_at", "etag", "id", "name", "object", "updated_at"}
    assert (made["object"], made["name"], made["application_id"]) == ("verification-key", "one", application)
    assert api.get(f"{path}/{made['id']}") == made
    assert api.get(path)["data"] == [made]
    assert api.put(f"{path}/{made['id']}", {"name": "two"})["name"] == "two"
    api.refused(400, "validation_error", "PUT", f"{path}/{made['id']}", json={"name": "two", "certificate": made["certificate"]})
    assert api.send("DELETE", f"{path}/{made['id']}").status_code == 204
    api.refused(404, "not_found", "GET", f"{path}/{made['id']}")
    assert send(api, token("ES256"), application).status_code == 401


@pytest.mark.parametrize(
    "useless",
    ["", "text", certificate(rsa.generate_private_key(65537, 1024)), certificate(ec.generate_private_key(ec.SECP224R1()))],
    ids=["empty", "text", "small RSA", "small EC"],
)
def test_certificates_that_are_not_taken(api: Api, application: str, useless: str) -> None:
    api.odd = True
    body = {"name": "one", "certificate": useless}
    fields = api.refused(400, "validation_error", "POST", f"/v3/applications/{application}/verification-keys", json=body)
    assert set(fields) == {"certificate"}


def test_without_the_setting_there_is_nothing(api: Api, application: str) -> None:
    path = f"/v3/applications/{application}/verification-keys"
    made = upload(api, application, private_key("ES256"))
    api.simulator.settings(verification_keys=False)
    api.odd = True
    for method, place in (("GET", path), ("POST", path), ("GET", f"{path}/{made['id']}"), ("DELETE", f"{path}/{made['id']}")):
        api.refused(404, "unrecognized_request", method, place)
    assert send(api, token("ES256"), application).status_code == 401
