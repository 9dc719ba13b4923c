# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identity providers (notes on identity providers)."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from simulator_helpers import Api, Watched

PROVIDERS = "/v3/identity-providers"
SAML2 = {"name": "Partner login", "type": "SAML2"}
OIDC: dict[str, Any] = {
    "name": "Corporate login",
    "type": "OIDC",
    "oidc_attributes": {"issuer": "https://login.example.com", "client_id": "pelion", "client_secret": "sesame"},
}
DESCRIPTOR = """<?xml version="1.0"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="urn:partner">
  <md:IDPSSODescriptor>
    <md:KeyDescriptor><ds:KeyInfo><ds:X509Data><ds:X509Certificate>QUJD
      REVG</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
    <md:SingleLogoutService Location="https://partner.example.com/out"/>
    <md:SingleSignOnService Location="https://partner.example.com/in"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>"""


@pytest.fixture(params=["own", "below"])
def providers(request: pytest.FixtureRequest, api: Api) -> str:
    """The path of the list, of the own account and of one below."""
    return f"/v3/accounts/{api.get('/v3/accounts')['data'][0]['id']}/identity-providers" if request.param == "below" else PROVIDERS


def test_life(api: Api, providers: str) -> None:
    answer = api.send("POST", providers, json=OIDC | {"description": "For all"})
    made = answer.json()
    item = f"{providers}/{made['id']}"
    assert (answer.status_code, answer.headers["Content-Location"]) == (201, item)
    assert answer.headers["Location"] == api.simulator.url + item
    assert (made["status"], made["is_default"], made["oidc_attributes"]) == ("ACTIVE", False, OIDC["oidc_attributes"])
    assert [one["type"] for one in api.get(providers)["data"]] == ["NATIVE", "OIDC"]
    # What is not mentioned stays, inside the attributes too.
    changed = api.put(
        item, {"name": "Login", "type": "OIDC", "oidc_attributes": {"issuer": "https://login.example.com", "scopes": "openid"}}
    )
    assert changed["oidc_attributes"] == OIDC["oidc_attributes"] | {"scopes": "openid"}
    assert (changed["name"], changed["description"]) == ("Login", "For all")
    assert api.get(item) == changed
    assert api.send("DELETE", item).status_code == 204
    api.refused(404, "not_found", "GET", item)


def test_what_is_refused(api: Api, simulator: Watched) -> None:
    (native,) = api.get(PROVIDERS)["data"]
    item = f"{PROVIDERS}/{native['id']}"
    api.refused(403, "access_denied", "DELETE", item)
    api.refused(403, "access_denied", "PUT", item, json=SAML2)
    assert set(api.refused(400, "validation_error", "POST", PROVIDERS, json={"name": "x" * 101, "status": "OFF"})) == {
        "name",
        "status",
        "type",
    }
    assert set(api.refused(400, "validation_error", "POST", PROVIDERS, json={"name": "x", "type": "NATIVE"})) == {"type"}
    assert set(api.refused(400, "validation_error", "POST", PROVIDERS, json=OIDC | {"saml2_attributes": {}})) == {"saml2_attributes"}
    assert set(api.refused(400, "validation_error", "POST", PROVIDERS, json={"name": "x", "type": "OIDC"})) == {"oidc_attributes"}
    for attributes in ({"sp_x509_cert": "x"}, {"entity_descriptor": "x"}, {"entity_descriptor": base64.b64encode(b"<a/>").decode()}):
        wrong = SAML2 | {"saml2_attributes": attributes}
        assert set(api.refused(400, "validation_error", "POST", PROVIDERS, json=wrong)) == {"saml2_attributes"}
    made = api.post(PROVIDERS, SAML2)
    assert set(api.refused(400, "validation_error", "PUT", f"{PROVIDERS}/{made['id']}", json={"description": "x"})) == {"name", "type"}
    simulator.settings(spec=2019)
    assert set(api.refused(400, "validation_error", "POST", PROVIDERS, json={"name": "x", "type": "OIDC"})) == {"type"}
    assert set(api.refused(400, "validation_error", "POST", f"{PROVIDERS}?discovery", json=SAML2)) == {"discovery"}
    assert "is_default" not in api.get(f"{PROVIDERS}/{made['id']}")


def test_one_that_is_used_stays(api: Api) -> None:
    made = api.post(PROVIDERS, SAML2)
    api.post("/v3/users", {"email": "guest@example.com", "login_profiles": [{"id": made["id"]}]})
    api.refused(403, "access_denied", "DELETE", f"{PROVIDERS}/{made['id']}")


def test_metadata_tells_the_rest(api: Api) -> None:
    given = {"entity_descriptor": base64.b64encode(DESCRIPTOR.encode()).decode(), "slo_endpoint": "https://other.example.com"}
    made = api.post(PROVIDERS, SAML2 | {"saml2_attributes": given})
    assert made["saml2_attributes"] == {
        "assertion_endpoint": f"{api.simulator.url}/auth/saml2/{made['id']}/acs",
        "idp_entity_id": "urn:partner",
        "idp_x509_certs": ["-----BEGIN CERTIFICATE-----\nQUJDREVG\n-----END CERTIFICATE-----\n"],
        "slo_endpoint": "https://other.example.com",
        "sp_entity_id": f"{api.simulator.url}/auth/saml2/{made['id']}",
        "sso_endpoint": "https://partner.example.com/in",
    }


def test_certificates(api: Api, providers: str) -> None:
    item = f"{providers}/{api.post(providers, SAML2)['id']}"
    for algorithm in ("RSA2048", "EC224", "EC256", "EC384", "EC521", "ECDSA256"):
        answer = api.send("POST", f"{item}/generate-sp-certificate", json={"algorithm": algorithm, "validity": 7})
        assert answer.headers["Content-Location"] == item
        made = x509.load_pem_x509_certificate(answer.json()["saml2_attributes"]["sp_x509_cert"].encode())
        key = made.public_key()
        assert isinstance(key, rsa.RSAPublicKey if algorithm == "RSA2048" else ec.EllipticCurvePublicKey)
        assert key.key_size == int(algorithm.lstrip("RSAECD"))
        assert (made.not_valid_after_utc - made.not_valid_before_utc).days == 7
    assert set(
        api.refused(400, "validation_error", "POST", f"{item}/generate-sp-certificate", json={"algorithm": "DSA", "validity": 0})
    ) == {
        "algorithm",
        "validity",
    }
    assert "sp_x509_cert" not in api.send("POST", f"{item}/delete-sp-certificate").json()["saml2_attributes"]
    # The body may be left out on the own account only.
    without = api.send("POST", f"{item}/generate-sp-certificate")
    assert without.status_code == (200 if providers == PROVIDERS else 400)


def test_only_saml2_has_certificates(api: Api) -> None:
    item = f"{PROVIDERS}/{api.post(PROVIDERS, OIDC)['id']}"
    api.refused(400, "bad_request", "POST", f"{item}/generate-sp-certificate", json={})
    api.refused(400, "bad_request", "POST", f"{item}/refresh-jwks")


@pytest.mark.parametrize("spelling", ["discovery", "discovery=true"])
def test_discovery_and_keys(api: Api, simulator: Watched, providers: str, spelling: str) -> None:
    made = api.post(f"{providers}?{spelling}", OIDC)
    attributes = made["oidc_attributes"]
    assert set(attributes) - set(OIDC["oidc_attributes"]) == {
        "authorization_endpoint",
        "jwks_uri",
        "keys",
        "revocation_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
    }
    item = f"{providers}/{made['id']}"
    assert api.send("POST", f"{item}/refresh-jwks").json()["oidc_attributes"] == attributes
    simulator.clock(advance=30 * 86_400)
    later = api.send("POST", f"{item}/refresh-jwks")
    assert later.headers["Content-Location"] == item
    assert later.json()["oidc_attributes"]["keys"] != attributes["keys"]
    simulator.settings(spec=2019)
    api.refused(404, "unrecognized_request", "POST", f"{item}/refresh-jwks")


def test_without_discovery_nothing_is_looked_up(api: Api) -> None:
    made = api.post(f"{PROVIDERS}?discovery=false", OIDC)
    assert made["oidc_attributes"] == OIDC["oidc_attributes"]
    found = api.put(f"{PROVIDERS}/{made['id']}?discovery", OIDC)
    assert found["oidc_attributes"]["keys"]
