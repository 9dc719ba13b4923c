# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates, issuers, renewals and secure device access."""

from __future__ import annotations

import base64
import datetime
import hashlib
import itertools
import json
import re
from typing import Any

import openapi
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from simulator_helpers import Api, Local, Watched

from pelion_simulator import pki
from pelion_simulator.areas import security

TRUSTED, DEVELOPER = "/v3/trusted-certificates", "/v3/developer-certificates"
ISSUERS, CONFIGS = "/v3/certificate-issuers", "/v3/certificate-issuer-configurations"
ENROLLMENTS, ANCHORS, TOKEN = "/v3/certificate-enrollments", "/v3/trust-anchors", "/ace-auth/token"
NOBODY = "0" * 32
BEGIN = datetime.datetime(2026, 1, 1)
KEYS = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("root", "middle", "line", "other")}


def certificate(name: str, issuer: str, signer: str = "", days: int = 36_500) -> x509.Certificate:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    builder = x509.CertificateBuilder().subject_name(named(name)).issuer_name(named(issuer)).public_key(KEYS[name].public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(BEGIN).not_valid_after(BEGIN + datetime.timedelta(days=days))
    return builder.sign(KEYS[signer or issuer], hashes.SHA256())


ROOT, MIDDLE, LINE = certificate("root", "root"), certificate("middle", "root"), certificate("line", "middle")
OTHER = certificate("other", "other")


def upload(api: Api, name: str, *chain: x509.Certificate, **more: Any) -> Any:
    return api.post(TRUSTED, {"name": name, "certificate": pki.text(*chain), "service": "bootstrap", **more})


def error(api: Api, status: int, method: str, path: str, body: Any = None) -> Any:
    """The body of an error with that status."""
    answer = api.send(method, path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


# --- trusted certificates ---


def test_what_is_read_from_a_certificate(api: Api) -> None:
    made = upload(api, "line", ROOT, MIDDLE, LINE, description="Line 1")
    assert made["certificate_fingerprint"] == LINE.fingerprint(hashes.SHA256()).hex()
    assert (made["subject"], made["issuer"]) == ("CN=line", "CN=middle")
    assert made["validity"] == "2125-12-08T00:00:00.000000Z"
    assert (made["valid"], made["status"], made["device_execution_mode"], made["enrollment_mode"]) == (True, "ACTIVE", 0, False)
    assert made["owner_id"]
    assert api.get(f"{TRUSTED}/{made['id']}") == made
    assert made in api.get(TRUSTED)["data"]


def test_chains_in_any_order(api: Api) -> None:
    """They are kept from the root on, and are about the leaf."""
    for number, order in enumerate(itertools.permutations((ROOT, MIDDLE, LINE))):
        made = upload(api, f"line {number}", *order)
        assert made["subject"] == "CN=line"
        assert made["certificate"] == pki.text(ROOT, MIDDLE, LINE)
        assert api.send("DELETE", f"{TRUSTED}/{made['id']}").status_code == 204


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "must hold certificates in PEM form"),
        ("x", "must hold certificates in PEM form"),
        (pki.text(ROOT, OTHER), "must hold one chain of certificates"),
        (pki.text(ROOT, certificate("line", "root", signer="other")), "must hold certificates that have signed each other"),
        (pki.text(MIDDLE, LINE), "must hold all certificates from the root to the leaf"),
        (pki.text(LINE), "must hold all certificates from the root to the leaf"),
    ],
)
def test_what_is_no_chain(api: Api, text: str, problem: str) -> None:
    body = {"name": "line", "certificate": text, "service": "lwm2m"}
    assert api.refused(400, "validation_error", "POST", TRUSTED, json=body) == {"certificate": problem}


def test_a_signature_stands_for_the_rest_of_a_chain(api: Api) -> None:
    account = api.get("/v3/accounts/me")["id"]
    signature = base64.b64encode(KEYS["line"].sign(account.encode(), ec.ECDSA(hashes.SHA256()))).decode()
    made = upload(api, "line", LINE, signature=signature)
    assert made["certificate"] == pki.text(LINE)
    assert "signature" not in made
    other = base64.b64encode(KEYS["other"].sign(account.encode(), ec.ECDSA(hashes.SHA256()))).decode()
    for wrong in (other, "not base64"):
        body = {"name": "middle", "certificate": pki.text(MIDDLE), "service": "lwm2m", "signature": wrong}
        assert set(api.refused(400, "validation_error", "POST", TRUSTED, json=body)) == {"certificate"}


def test_signatures_of_rsa_keys() -> None:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rsa")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    made = builder.not_valid_before(BEGIN).not_valid_after(BEGIN + datetime.timedelta(1)).sign(key, hashes.SHA256())
    signature = key.sign(b"me", pki.padding.PKCS1v15(), hashes.SHA256())
    assert pki.has_signed(made, "me", base64.b64encode(signature).decode())
    assert not pki.has_signed(made, "you", base64.b64encode(signature).decode())


def test_names_and_subjects_are_unique(api: Api) -> None:
    first, second = upload(api, "root", ROOT), upload(api, "other", OTHER)
    again = {"name": "root", "certificate": pki.text(certificate("middle", "middle")), "service": "lwm2m"}
    assert set(api.refused(409, "duplicate", "POST", TRUSTED, json=again)) == {"name"}
    again = {"name": "renewed", "certificate": pki.text(certificate("root", "root")), "service": "lwm2m"}
    assert set(api.refused(409, "duplicate", "POST", TRUSTED, json=again)) == {"subject"}
    item = f"{TRUSTED}/{second['id']}"
    assert set(api.refused(409, "duplicate", "PUT", item, json={"name": "root"})) == {"name"}
    assert set(api.refused(409, "duplicate", "PUT", item, json={"certificate": pki.text(ROOT)})) == {"subject"}
    assert api.get(item) == second
    # Its own name and certificate are no clash.
    assert api.put(f"{TRUSTED}/{first['id']}", {"name": "root", "certificate": pki.text(ROOT)})["name"] == "root"


def test_updates_of_trusted_certificates(api: Api) -> None:
    made = upload(api, "line", ROOT, description="Line 1")
    item = f"{TRUSTED}/{made['id']}"
    changed = api.put(item, {"status": "INACTIVE", "description": None, "service": "lwm2m"})
    assert (changed["status"], changed["description"], changed["service"]) == ("INACTIVE", None, "lwm2m")
    assert {name for name in made if made[name] != changed[name]} == {"status", "description", "service", "updated_at", "etag"}
    renewed = api.put(item, {"certificate": pki.text(OTHER)})
    assert (renewed["subject"], renewed["id"]) == ("CN=other", made["id"])
    assert set(api.refused(400, "validation_error", "PUT", item, json={"certificate": "x"})) == {"certificate"}


def test_certificates_expire_with_the_virtual_clock(api: Api, simulator: Watched) -> None:
    now = datetime.datetime.fromisoformat(simulator.clock().rstrip("Z"))
    days = (now - BEGIN).days + 10
    made = upload(api, "root", certificate("root", "root", days=days))
    assert made["valid"]

    def listed(query: str) -> bool:
        return "root" in [one["name"] for one in api.get(f"{TRUSTED}?{query}")["data"]]

    assert (listed("valid__eq=true"), listed("valid=False"), listed("expire__eq=30"), listed("expire__eq=5")) == (True, False, True, False)
    simulator.clock(advance=11 * 86400)
    assert (listed("valid__eq=true"), listed("valid__eq=False"), listed("expire__eq=0")) == (False, True, True)
    assert not api.get(f"{TRUSTED}/{made['id']}")["valid"]


def test_filters_of_trusted_certificates(api: Api, simulator: Watched) -> None:
    made = upload(api, "line", ROOT, MIDDLE, LINE)

    def names(query: str) -> list[str]:
        return [one["name"] for one in api.get(f"{TRUSTED}?{query}")["data"]]

    assert names(f"certificate_fingerprint__eq={made['certificate_fingerprint']}") == ["line"]
    assert names("subject__like=cn%3Dlin") == names("issuer__like=MIDDLE") == names("name__eq=line") == ["line"]
    assert names("service__eq=LwM2M") == ["own-ca"]
    assert names("device_execution_mode__eq=1") == ["developers"]
    assert names("status__eq=INACTIVE") == ["factory-2017"]
    assert len(names(f"owner__eq={made['owner_id']}&enrollment_mode__eq=false")) == 5
    assert names(f"owner__eq={NOBODY}") == []
    wrong = {"valid__eq": "x", "expire__eq": "x", "name__like": "x"}
    for name, value in wrong.items():
        assert set(api.refused(400, "validation_error", "GET", f"{TRUSTED}?{name}={value}")) == {name}
    for year in (2020, 2019):
        simulator.settings(spec=year)
        path = f"{TRUSTED}?certificate_fingerprint__eq={made['certificate_fingerprint']}"
        assert set(api.refused(400, "validation_error", "GET", path)) == {"certificate_fingerprint__eq"}


def test_uploading_is_for_commercial_accounts(api: Api, simulator: Watched) -> None:
    account = api.get("/v3/accounts/me")["id"]
    simulator.patch("accounts", account, tier="0")
    body = {"name": "root", "certificate": pki.text(ROOT), "service": "lwm2m"}
    api.refused(403, "access_denied", "POST", TRUSTED, json=body)


def test_certificates_of_accounts_below(api: Api) -> None:
    account = api.post("/v3/accounts?action=create", {"end_market": "IoT"})["id"]
    path = f"/v3/accounts/{account}/trusted-certificates"
    made = api.post(path, {"name": "developers", "certificate": pki.text(ROOT), "service": "lwm2m"})
    assert made["account_id"] == account
    assert api.get(path)["data"] == [made]
    assert api.get(f"{path}/{made['id']}") == made
    assert api.put(f"{path}/{made['id']}", {"name": "root"})["name"] == "root"
    assert api.send("GET", f"{TRUSTED}/{made['id']}").status_code == 404
    assert api.send("DELETE", f"{path}/{made['id']}").status_code == 204
    assert api.get(path)["data"] == []


# --- developer certificates ---


def test_developer_certificates(api: Api) -> None:
    made = api.post(DEVELOPER, {"name": "desk", "description": "Boards"})
    assert api.get(f"{DEVELOPER}/{made['id']}") == made
    (leaf,) = x509.load_pem_x509_certificates(made["developer_certificate"].encode())
    key = serialization.load_pem_private_key(made["developer_private_key"].encode(), None)
    assert key.public_key() == leaf.public_key()
    leaf.verify_directly_issued_by(leaf)

    arrays = {
        name: bytes.fromhex("".join(re.findall("0x(..)", body)))
        for name, body in re.findall(r"const uint8_t (\w+)\[\] = \{(.*?)\};", made["security_file_content"], re.DOTALL)
    }
    root = api.get("/v3/server-credentials")["bootstrap"]["certificate"]
    assert {name.removeprefix("MBED_CLOUD_DEV_BOOTSTRAP_"): hashlib.sha256(body).digest() for name, body in arrays.items()} == {
        "DEVICE_CERTIFICATE": leaf.fingerprint(hashes.SHA256()),
        "SERVER_ROOT_CA_CERTIFICATE": x509.load_pem_x509_certificate(root.encode()).fingerprint(hashes.SHA256()),
        "DEVICE_PRIVATE_KEY": hashlib.sha256(
            key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        ).digest(),
    }
    # It is a trusted certificate with the same id, which is how it is listed, changed and deleted; nothing secret shows there.
    trusted = api.get(f"{TRUSTED}/{made['id']}")
    assert (trusted["device_execution_mode"], trusted["certificate"]) == (1, made["developer_certificate"])
    assert trusted in api.get(f"{TRUSTED}?device_execution_mode__eq=1")["data"]
    assert "PRIVATE" not in json.dumps(api.get(TRUSTED))
    assert set(trusted) & {"developer_private_key", "security_file_content"} == set()
    item = f"{TRUSTED}/{made['id']}"
    assert set(api.refused(400, "validation_error", "PUT", item, json={"service": "lwm2m"})) == {"service"}
    assert set(api.refused(400, "validation_error", "PUT", item, json={"certificate": pki.text(ROOT)})) == {"certificate"}
    api.put(item, {"name": "desks", "description": None, "service": "bootstrap", "certificate": trusted["certificate"]})
    assert api.get(f"{DEVELOPER}/{made['id']}") == made | {
        "name": "desks",
        "description": None,
        "etag": api.get(item)["etag"],
    }
    assert api.send("DELETE", item).status_code == 204
    assert error(api, 404, "GET", f"{DEVELOPER}/{made['id']}")["type"] == "not_found"


def test_errors_of_developer_certificates(api: Api, simulator: Watched) -> None:
    """Their `fields` is one object: so say the examples, although not the schema."""
    api.odd = True
    refused = error(api, 400, "POST", DEVELOPER, {})
    assert (refused["type"], refused["fields"]) == ("validation_error", {"name": "name", "message": "Missing certificate name."})
    for body, field in (
        ({"name": "x" * 101}, "name"),
        ({"name": "x", "description": "x" * 501}, "description"),
        ({"name": "x", "description": 1}, "description"),
        ({"name": "x", "status": "ACTIVE"}, "status"),
    ):
        assert error(api, 400, "POST", DEVELOPER, body)["fields"]["name"] == field
    # All trusted certificates share their names.
    refused = error(api, 409, "POST", DEVELOPER, {"name": "factory-2019"})
    assert refused["fields"] == {"name": "certificate", "message": "Certificate already exists."}
    simulator.settings(developer_certificates_most=2)
    api.post(DEVELOPER, {"name": "one more"})
    refused = error(api, 403, "POST", DEVELOPER, {"name": "too many"})
    assert (refused["type"], refused["fields"]) == ("account_limit_exceeded", {"name": "cert-count", "message": "2"})
    factory = next(one["id"] for one in api.get(TRUSTED)["data"] if one["device_execution_mode"] == 0)
    for id_ in (factory, NOBODY, "x"):
        assert error(api, 404, "GET", f"{DEVELOPER}/{id_}")["type"] == "not_found"


# --- server credentials ---


def test_server_credentials(api: Api) -> None:
    both = api.get("/v3/server-credentials")
    account = api.get("/v3/accounts/me")["id"]
    for service in ("bootstrap", "lwm2m"):
        one = api.get(f"/v3/server-credentials/{service}")
        assert (one["server_uri"], one["server_certificate"]) == (both[service]["url"], both[service]["certificate"])
        assert one["server_uri"].endswith(f"?aid={account}")
        assert x509.load_pem_x509_certificate(one["server_certificate"].encode()).subject.rfc4514_string().startswith(f"CN={service} CA")
    assert both["bootstrap"] != both["lwm2m"]


# --- issuers ---

CFSSL = {
    "name": "own",
    "issuer_type": "CFSSL_AUTH",
    "issuer_attributes": {"host_url": "https://ca.example.com", "cfssl_label": "devices"},
    "issuer_credentials": {"hmac_hex_key": "4a" * 32},
}
GLOBAL_SIGN = {
    "name": "global",
    "issuer_type": "GLOBAL_SIGN",
    "issuer_attributes": None,
    "issuer_credentials": {"api_key": "k", "api_secret": "s", "client_certificate": "c", "private_key": "p", "passphrase": "w"},
}


def wrong_fields(refused: Any) -> set[str]:
    """The names in an error of the certificate services, which put them under `field`."""
    assert all(set(entry) == {"field", "message"} for entry in refused["fields"])
    return {entry["field"] for entry in refused["fields"]}


def test_issuers(api: Api) -> None:
    own, other = api.post(ISSUERS, CFSSL), api.post(ISSUERS, GLOBAL_SIGN)
    assert (own["issuer_attributes"], other["issuer_attributes"]) == (CFSSL["issuer_attributes"], {})
    for one in (own, other, api.get(f"{ISSUERS}/{own['id']}"), *api.get(ISSUERS)["data"]):
        assert "issuer_credentials" not in one
    changed = api.put(f"{ISSUERS}/{own['id']}", {"name": "renamed", "description": "x", "issuer_credentials": {"hmac_hex_key": "00"}})
    assert (changed["name"], changed["description"], changed["issuer_attributes"]) == ("renamed", "x", own["issuer_attributes"])
    assert api.send("DELETE", f"{ISSUERS}/{own['id']}").status_code == 204
    assert error(api, 404, "GET", f"{ISSUERS}/{own['id']}")["fields"] == []
    assert [one["name"] for one in api.get(ISSUERS)["data"]] == ["global"]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"issuer_credentials": {}}, {"hmac_hex_key"}),
        ({"issuer_credentials": {"hmac_hex_key": "4"}}, {"hmac_hex_key"}),
        ({"issuer_credentials": {"hmac_hex_key": "00" * 33}}, {"hmac_hex_key"}),
        ({"issuer_credentials": {"hmac_hex_key": "00", "api_key": "k"}}, {"api_key"}),
        ({"issuer_attributes": {}}, {"host_url"}),
        ({"issuer_attributes": {"host_url": "x", "port": "1"}}, {"port"}),
        (
            {"issuer_type": "GLOBAL_SIGN"},
            {"hmac_hex_key", "api_key", "api_secret", "client_certificate", "private_key"} | {"host_url", "cfssl_label"},
        ),
        ({"issuer_type": "OTHER"}, {"issuer_type"}),
        ({"name": "x" * 51}, {"name"}),
    ],
)
def test_issuers_that_cannot_be(api: Api, changes: dict[str, Any], fields: set[str]) -> None:
    refused = error(api, 400, "POST", ISSUERS, CFSSL | changes)
    assert (refused["type"], wrong_fields(refused)) == ("validation_error", fields)


def test_updates_of_issuers_that_cannot_be(api: Api) -> None:
    own, other = api.post(ISSUERS, CFSSL), api.post(ISSUERS, GLOBAL_SIGN)
    item = f"{ISSUERS}/{own['id']}"
    assert wrong_fields(error(api, 400, "PUT", item, {"issuer_type": "GLOBAL_SIGN"})) == {"issuer_type"}
    assert wrong_fields(error(api, 400, "PUT", item, {"issuer_credentials": {"hmac_hex_key": "x"}})) == {"hmac_hex_key"}
    assert wrong_fields(error(api, 409, "PUT", item, {"name": other["name"]})) == {"name"}
    assert wrong_fields(error(api, 409, "POST", ISSUERS, CFSSL)) == {"name"}
    assert api.get(item) == own


def test_an_account_has_few_issuers(api: Api) -> None:
    for number in range(20):
        api.post(ISSUERS, CFSSL | {"name": str(number)})
    assert error(api, 403, "POST", ISSUERS, CFSSL)["type"] == "account_limit_exceeded"


def test_outside_authorities(api: Api, simulator: Watched) -> None:
    own = api.post(ISSUERS, CFSSL)
    item = f"{ISSUERS}/{own['id']}"
    assert api.post(f"{item}/verify", None) == {"successful": True, "message": ""}
    simulator.settings(external_ca="refuses")
    assert api.post(f"{item}/verify", None) == {"successful": False, "message": "The authority does not accept the credentials."}
    simulator.settings(external_ca="fails")
    for method, path, body in (("POST", f"{item}/verify", None), ("POST", ISSUERS, GLOBAL_SIGN), ("PUT", item, {"name": "x"})):
        refused = error(api, 424, method, path, body)
        assert (refused["type"], refused["fields"]) == ("failed_dependency", [])
    assert api.get(item) == own
    assert error(api, 404, "POST", f"{ISSUERS}/{NOBODY}/verify")["type"] == "not_found"


# --- configurations ---


def test_the_default_configuration(api: Api) -> None:
    default = api.get(f"{CONFIGS}/lwm2m")
    assert (default["reference"], default["is_custom"], default["certificate_issuer_id"]) == ("LwM2M", False, None)
    assert api.get(CONFIGS)["data"] == [default]
    assert api.get(f"{CONFIGS}/{default['id']}") == default
    own = api.post(ISSUERS, CFSSL)["id"]
    changed = api.put(f"{CONFIGS}/lwm2m", {"certificate_issuer_id": own})
    assert (changed["certificate_issuer_id"], changed["id"]) == (own, default["id"])
    assert error(api, 400, "DELETE", f"{ISSUERS}/{own}")["message"] == "The certificate issuer is in use for LwM2M."
    assert error(api, 400, "DELETE", f"{CONFIGS}/{default['id']}")["type"] == "bad_request"
    assert error(api, 404, "PUT", f"{CONFIGS}/lwm2m", {"certificate_issuer_id": NOBODY})["type"] == "not_found"
    assert api.put(f"{CONFIGS}/lwm2m", {"certificate_issuer_id": None})["certificate_issuer_id"] is None
    assert api.send("DELETE", f"{ISSUERS}/{own}").status_code == 204


def test_custom_configurations(api: Api) -> None:
    own, other = api.post(ISSUERS, CFSSL)["id"], api.post(ISSUERS, GLOBAL_SIGN)["id"]
    made = api.post(CONFIGS, {"reference": "customer.dlms", "certificate_issuer_id": own})
    item = f"{CONFIGS}/{made['id']}"
    assert made["is_custom"]
    assert api.get(f"{CONFIGS}?reference__eq=customer.dlms")["data"] == [made]
    assert api.put(item, {"certificate_issuer_id": other})["certificate_issuer_id"] == other
    assert error(api, 404, "PUT", item, {"certificate_issuer_id": NOBODY})["type"] == "not_found"
    assert wrong_fields(error(api, 409, "POST", CONFIGS, {"reference": "customer.dlms", "certificate_issuer_id": None})) == {"reference"}
    for reference in ("mbed.x", "LwM2M", "BOOTSTRAP", "a b", "", "x" * 101):
        refused = error(api, 400, "POST", CONFIGS, {"reference": reference, "certificate_issuer_id": own})
        assert wrong_fields(refused) == {"reference"}
    assert wrong_fields(error(api, 400, "POST", CONFIGS, {"reference": "x", "certificate_issuer_id": NOBODY})) == {"certificate_issuer_id"}
    assert wrong_fields(error(api, 400, "POST", CONFIGS, {"reference": "x"})) == {"certificate_issuer_id"}
    assert api.send("DELETE", item).status_code == 204


# --- renewals ---


@pytest.fixture
def renewable(api: Api) -> list[str]:
    """Devices whose certificate customer.dlms can be renewed."""
    own = api.post(ISSUERS, CFSSL)["id"]
    api.post(CONFIGS, {"reference": "customer.dlms", "certificate_issuer_id": own})
    devices = api.get("/v3/devices/?limit=1000")["data"]
    return [device["id"] for device in devices if device["state"] == "registered"]


def path_of(device: str, name: str = "customer.dlms") -> str:
    return f"/v3/devices/{device}/certificates/{name}/renew"


def test_renewals(api: Api, simulator: Watched, renewable: list[str]) -> None:
    simulator.settings(renewal_failure_rate=0, renewal_seconds=60)
    begun = api.post(path_of(renewable[0]), None)
    assert (begun["enroll_status"], begun["device_id"], begun["certificate_name"]) == ("new", renewable[0], "customer.dlms")
    assert set(begun) & {"enroll_result", "enroll_result_detail", "account_id"} == set()
    item = f"{ENROLLMENTS}/{begun['id']}"
    assert error(api, 409, "POST", path_of(renewable[0]))["fields"] == []
    assert api.post(path_of(renewable[0].upper(), "mbed.LwM2M"), None)["certificate_name"] == "mbed.LwM2M"
    simulator.clock(advance=20)
    assert api.get(item) == begun
    assert [one["id"] for one in api.get(f"{ENROLLMENTS}?enroll_status__eq=new&certificate_name__eq=customer.dlms")["data"]] == [
        begun["id"]
    ]
    simulator.clock(advance=80)
    done = api.get(item)
    assert (done["enroll_status"], done["enroll_result"], done["enroll_result_detail"]) == ("completed", "success", "")
    assert done["updated_at"] > done["created_at"]
    assert api.get(f"{ENROLLMENTS}?enroll_status__neq=completed")["data"] == []
    # After it another one can begin.
    assert api.post(path_of(renewable[0]), None)["id"] != begun["id"]


def test_renewals_fail_at_the_rate_that_is_set(api: Api, simulator: Watched, renewable: list[str]) -> None:
    simulator.settings(renewal_failure_rate=0.5)
    devices = renewable[:40]
    for device in devices:
        api.post(path_of(device), None)
    simulator.clock(advance=60)
    failed = api.get(f"{ENROLLMENTS}?enroll_result__eq=failure")["data"]
    assert 8 <= len(failed) <= 32
    assert len(api.get(f"{ENROLLMENTS}?enroll_result__neq=failure")["data"]) == len(devices) - len(failed)
    assert {one["enroll_result_detail"] for one in failed} <= set(security._REASONS)
    first = {one["device_id"]: one["enroll_result_detail"] for one in failed}

    def fail_again() -> dict[str, str]:
        for device in devices:
            api.post(path_of(device), None)
        simulator.clock(advance=60)
        listed = api.get(f"{ENROLLMENTS}?enroll_result__eq=failure&order=DESC")["data"]
        return {one["device_id"]: one["enroll_result_detail"] for one in listed if one["id"] not in {one["id"] for one in failed}}

    # A second try may end otherwise; everything from the start ends as it did.
    assert fail_again() != first
    simulator.reset()
    simulator.settings(renewal_failure_rate=0.5)
    failed = []
    own = api.post(ISSUERS, CFSSL)["id"]
    api.post(CONFIGS, {"reference": "customer.dlms", "certificate_issuer_id": own})
    assert fail_again() == first


def test_a_device_that_goes_away_fails_its_renewal(api: Api, simulator: Watched, renewable: list[str]) -> None:
    simulator.settings(renewal_failure_rate=0)
    begun = api.post(path_of(renewable[0]), None)
    simulator.patch("devices", renewable[0], state="deregistered")
    simulator.clock(advance=60)
    done = api.get(f"{ENROLLMENTS}/{begun['id']}")
    assert (done["enroll_result"], done["enroll_result_detail"]) == ("failure", "The device is not connected.")
    refused = error(api, 423, "POST", path_of(renewable[0]))
    assert (refused["type"], refused["message"]) == ("locked", "The device is not connected.")


def test_renewals_that_cannot_be(api: Api, renewable: list[str]) -> None:
    refused = error(api, 400, "POST", path_of(renewable[0], "customer.other"))
    assert refused["message"] == "There is no certificate issuer configured for this certificate."
    assert wrong_fields(error(api, 400, "POST", path_of(renewable[0], "dlms"))) == {"certificate_name"}
    assert wrong_fields(error(api, 400, "POST", path_of("x"))) == {"id"}
    assert error(api, 404, "POST", path_of(NOBODY))["type"] == "not_found"
    assert error(api, 404, "GET", f"{ENROLLMENTS}/{NOBODY}")["fields"] == []


# --- secure device access ---


def test_an_account_has_one_trust_anchor(api: Api) -> None:
    assert api.get(ANCHORS)["data"] == []
    made = api.post(ANCHORS, {"description": "Technicians"})
    der = base64.b64decode(made["public_key_der"])
    key = serialization.load_der_public_key(der)
    assert key == serialization.load_pem_public_key(made["public_key"].encode())
    assert made["fingerprint"] == "mbed.ta." + base64.b64encode(hashlib.sha256(der).digest()).decode()
    assert api.get(ANCHORS)["data"] == [made]
    api.refused(403, "account_limit_exceeded", "POST", ANCHORS, json={"description": "Another"})
    item = f"{ANCHORS}/{made['id']}"
    # There is no GET of one.
    api.refused(405, "method_not_supported", "GET", item)
    changed = api.put(item, {"description": "All technicians"})
    assert {name for name in made if made[name] != changed[name]} == {"description", "updated_at", "etag"}
    for body in ({}, {"description": ""}, {"description": "x" * 257}, {"description": "x", "public_key": "x"}):
        assert api.send("PUT", item, json=body).status_code == 400
    assert api.send("DELETE", item).status_code == 204
    assert api.get(ANCHORS)["data"] == []
    assert api.post(ANCHORS, {"description": "New"})["public_key"] != made["public_key"]


def decoded(data: bytes) -> tuple[Any, bytes]:
    """A CBOR item and what follows it."""
    kind, short = data[0] >> 5, data[0] & 31
    data = data[1:]
    number = short
    if short >= 24:
        size = 1 << short - 24
        number, data = int.from_bytes(data[:size], "big"), data[size:]
    if kind in (0, 1):
        return (number if kind == 0 else -1 - number), data
    if kind in (2, 3):
        return (data[:number] if kind == 2 else data[:number].decode()), data[number:]
    if kind == 6:
        item, data = decoded(data)
        return {"tag": number, "item": item}, data
    items = []
    for _number in range(number * (2 if kind == 5 else 1)):
        item, data = decoded(data)
        items.append(item)
    return (dict(zip(items[::2], items[1::2], strict=True)) if kind == 5 else items), data


VALUES = st.recursive(
    st.integers(-(2**32), 2**40) | st.binary(max_size=300) | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=30) | st.dictionaries(st.integers(0, 30), inner, max_size=5),
)


@given(VALUES)
def test_cbor(value: Any) -> None:
    assert decoded(pki._cbor(value)) == (value, b"")


def test_access_tokens(api: Api, simulator: Watched) -> None:
    """They are what devices check: a token in CBOR that the trust anchor has signed."""
    anchor = api.post(ANCHORS, {"description": "Technicians"})
    device = api.get("/v3/devices/?limit=2")["data"][0]
    cnf = KEYS["line"].public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    body = {"grant_type": "client_credentials", "aud": [f"id:{device['id']}"], "scope": "open read", "cnf": cnf}
    simulator.settings(access_token_seconds=120)
    granted = api.post(TOKEN, body)
    tagged, rest = decoded(base64.b64decode(granted["access_token"]))
    assert (rest, tagged["tag"], tagged["item"]["tag"]) == (b"", 61, 18)
    protected, _unprotected, payload, signature = tagged["item"]["item"]
    key = serialization.load_pem_public_key(anchor["public_key"].encode())
    assert isinstance(key, ec.EllipticCurvePublicKey)
    dss = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    signed = pki._cbor(["Signature1", protected, b"", payload])
    key.verify(dss, signed, ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        key.verify(dss, signed + b"x", ec.ECDSA(hashes.SHA256()))
    claims = decoded(payload)[0]
    assert (claims[1], claims[3], claims[9]) == (anchor["fingerprint"], body["aud"], body["scope"])
    assert claims[4] - claims[6] == 120
    end = datetime.datetime.fromisoformat(granted["granted_until"].rstrip("Z")).replace(tzinfo=datetime.UTC)
    assert claims[4] == int(end.timestamp())

    aud = ["id:x"]
    for wrong in ({"grant_type": "password"}, {"aud": []}, {"aud": aud}, {"aud": aud * 51}, {"scope": ""}, {"scope": "1x"}, {"cnf": "x"}):
        assert set(api.refused(400, "validation_error", "POST", TOKEN, json=body | wrong)) == set(wrong)
    for unknown in (f"id:{NOBODY}", "ep:nobody"):
        api.refused(400, "bad_request", "POST", TOKEN, json=body | {"aud": [*body["aud"], unknown]})
    api.send("DELETE", f"{ANCHORS}/{anchor['id']}")
    api.refused(400, "bad_request", "POST", TOKEN, json=body)
    simulator.settings(spec=2019)
    assert api.send("POST", TOKEN, json=body).status_code == 404


# --- the new state ---


def test_certificates_of_a_new_state_depend_on_the_seed_only(tmp_path: Any) -> None:
    def listed(name: str, seed: int) -> Any:
        (tmp_path / name).mkdir()
        local = Local(tmp_path / name, 2, seed)
        found = local.all(TRUSTED)
        secret = local.send("GET", f"{DEVELOPER}/{found[-1]['id']}")
        local.store.close()
        return found, secret

    assert listed("a", 1) == listed("b", 1)
    assert listed("c", 2) != listed("d", 1)


@openapi.needed
def test_the_table_is_the_descriptions() -> None:
    """Fields that can be written, limits, filters."""
    for row in security.ROWS:
        for name, side in (("create", "C"), ("update", "U")):
            ids = row.operations.get(name)
            if ids is None:
                continue
            one = openapi.operation(ids if isinstance(ids, str) else ids[0], 2021)
            (parameter,) = [parameter for parameter in one["parameters"] if parameter["in"] == "body"]
            schema = openapi.description(2021)["definitions"][parameter["schema"]["$ref"].rpartition("/")[2]]
            assert {field for field, spec in row.fields.items() if side in spec.io} == set(schema["properties"])
            assert {field for field, spec in row.fields.items() if side + "!" in spec.io} == set(schema.get("required", ()))
            for field, described in schema["properties"].items():
                assert row.fields[field].max in (described.get("maxLength"), 32 if field == "certificate_issuer_id" else None), field
                assert row.fields[field].enum == tuple(described.get("enum", ())), field
        ids = row.operations["list"]
        listed = openapi.operation(ids if isinstance(ids, str) else ids[0], 2021)
        known = {parameter["name"] for parameter in listed.get("parameters", ()) if "__" in parameter["name"]}
        assert {f"{field}__{operator}" for field, one in row.filters.items() for operator in one.direct} == known
