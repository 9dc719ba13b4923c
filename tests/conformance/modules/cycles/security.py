# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates, their issuers, secure device access: lives and situations of the modules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import certificates
from cycle import Cycle, Situation
from hypothesis import strategies as st

CA, OTHER_CA = certificates.certificate("Factory CA"), certificates.certificate("Other CA")
CHAIN = "".join(certificates.chain("Root CA", "Middle CA", "Line CA"))
CFSSL = {"host_url": "https://cfssl.example.com:8888", "cfssl_label": "devices"}
HMAC_KEY = {"hmac_hex_key": "4a" * 16}
GLOBAL_SIGN_KEYS = {
    "api_key": "e510e289e6cd8947",
    "api_secret": "a477a8393d17a55ecb2ba6a61f58feb84770b621",
    "client_certificate": CA,
    "private_key": certificates.private_key("Factory CA"),
}
# What the service reads from a certificate.
READ = ("certificate_fingerprint", "issuer", "subject", "valid", "validity")


def two_issuers(simulator: Any, client: Any) -> dict[str, Any]:
    def make(name: str) -> Any:
        body = {"name": name, "issuer_type": "CFSSL_AUTH", "issuer_attributes": CFSSL, "issuer_credentials": HMAC_KEY}
        return client.post("/v3/certificate-issuers", body)["id"]

    return {"issuer": make("Own CA"), "other": make("Other CA")}


CYCLES = {
    "trusted_certificate": Cycle(
        path="/v3/trusted-certificates",
        before={"name": "Factory CA"},
        after={"name": "Line CA"},
        create={"certificate": CA, "service": "bootstrap", "status": "INACTIVE", "description": "Line 1, Ærø"},
        created={
            "name": "Factory CA",
            "certificate": CA,
            "service": "bootstrap",
            "status": "INACTIVE",
            "description": "Line 1, Ærø",
        },
        update={"name": "Line CA", "certificate": CHAIN, "service": "lwm2m", "status": "ACTIVE"},
        updated={
            "name": "Line CA",
            "certificate": CHAIN,
            "service": "lwm2m",
            "status": "ACTIVE",
            "description": "Line 1, Ærø",
        },
        clear={"clear": ["description"]},
        cleared={"name": "Line CA", "certificate": CHAIN, "service": "lwm2m", "status": "ACTIVE", "description": None},
        own=READ,
    ),
    "developer_certificate": Cycle(
        path="/v3/trusted-certificates",
        before={"name": "Desk"},
        after={"name": "Desks"},
        create={"description": "Boards on the desks", "status": "INACTIVE"},
        created=[
            ("POST", "/v3/developer-certificates", {"name": "Desk", "description": "Boards on the desks"}),
            (
                "PUT",
                "/v3/trusted-certificates/{id}",
                {"name": "Desk", "description": "Boards on the desks", "status": "INACTIVE"},
            ),
        ],
        update={"name": "Desks", "status": "ACTIVE"},
        updated={"name": "Desks", "description": "Boards on the desks", "status": "ACTIVE"},
        clear={"clear": ["description"]},
        cleared={"name": "Desks", "description": None, "status": "ACTIVE"},
    ),
    "certificate_issuer": Cycle(
        path="/v3/certificate-issuers",
        before={"name": "Own CA"},
        after={"name": "CA in the cellar"},
        create={
            "issuer_type": "CFSSL_AUTH",
            "issuer_attributes": CFSSL,
            "issuer_credentials": HMAC_KEY,
            "description": "In the cellar",
        },
        created={
            "name": "Own CA",
            "issuer_type": "CFSSL_AUTH",
            "issuer_attributes": CFSSL,
            "issuer_credentials": HMAC_KEY,
            "description": "In the cellar",
        },
        # Credentials are sent again only when that is asked for.
        update={
            "name": "CA in the cellar",
            "issuer_attributes": {"host_url": "https://ca.example.com"},
            "issuer_credentials": {"hmac_hex_key": "4b" * 16},
        },
        updated={
            "name": "CA in the cellar",
            "issuer_attributes": {"host_url": "https://ca.example.com"},
            "description": "In the cellar",
        },
        clear={"clear": ["description"]},
        cleared={"name": "CA in the cellar", "issuer_attributes": {"host_url": "https://ca.example.com"}, "description": None},
    ),
    "certificate_issuer_config": Cycle(
        path="/v3/certificate-issuer-configurations",
        before={"reference": "customer.dlms"},
        after={"reference": "customer.dlms"},
        create={"certificate_issuer_id": "Own CA"},
        created={"reference": "customer.dlms", "certificate_issuer_id": "<issuer>"},
        update={"certificate_issuer_id": "<other>"},
        updated={"certificate_issuer_id": "<other>"},
        clear={"clear": ["certificate_issuer_id"]},
        cleared={"certificate_issuer_id": None},
        seed=two_issuers,
    ),
    "trust_anchor": Cycle(
        path="/v3/trust-anchors",
        before={},
        after={},
        create={"description": "Technicians"},
        created={"description": "Technicians"},
        update={"description": "Technicians of Ærø"},
        updated={"description": "Technicians of Ærø"},
        always={"confirm_deletion": True},
        since=2020,
    ),
}


def without_new_names(params: dict[str, Any]) -> dict[str, Any]:
    """Names are unique here: taking that of another object is refused by the service, which no check mode can know."""
    return {**params, "name": None, "certificate": None} if params["id"] is not None else params


def without_new_name(params: dict[str, Any]) -> dict[str, Any]:
    return {**params, "name": None} if params["id"] is not None else params


def make_developer_certificate(client: Any, body: Mapping[str, Any], scope: Mapping[str, Any]) -> str:
    made = client.post("/v3/developer-certificates", {name: body[name] for name in ("name", "description") if name in body})
    client.put(f"/v3/trusted-certificates/{made['id']}", {"status": body.get("status", "ACTIVE")})
    return str(made["id"])


def make_issuer(client: Any, body: Mapping[str, Any], scope: Mapping[str, Any]) -> str:
    fitting: dict[str, Any] = {"issuer_credentials": GLOBAL_SIGN_KEYS, "issuer_attributes": {}}
    if body["issuer_type"] == "CFSSL_AUTH":
        fitting = {"issuer_credentials": HMAC_KEY, "issuer_attributes": CFSSL}
    return str(client.post("/v3/certificate-issuers", {**body, **fitting})["id"])


def make_anchor(client: Any, body: Mapping[str, Any], scope: Mapping[str, Any]) -> str:
    """There is one at most."""
    held = list(client.list("/v3/trust-anchors"))
    return str((held[0] if held else client.post("/v3/trust-anchors", body))["id"])


SITUATIONS = {
    "trusted_certificate": Situation(
        values={"certificate": st.sampled_from((CA, OTHER_CA, CHAIN))},
        params=without_new_names,
        # The service lays the text out anew.
        own=("certificate", *READ),
    ),
    "developer_certificate": Situation(make=make_developer_certificate, params=without_new_name),
    "certificate_issuer": Situation(
        values={
            "issuer_type": st.sampled_from(("CFSSL_AUTH", "CFSSL_AUTH", "GLOBAL_SIGN")),
            "issuer_attributes": st.sampled_from((CFSSL, {"host_url": "https://ca.example.com"})),
            "issuer_credentials": st.sampled_from((HMAC_KEY, {"hmac_hex_key": "00"})),
        },
        make=make_issuer,
        params=without_new_name,
    ),
    "certificate_issuer_config": Situation(
        values={
            "reference": st.sampled_from(("customer.dlms", "customer.b-2", "x")),
            "certificate_issuer_id": st.sampled_from(("<issuer>", "<other>")),
        },
        seed=two_issuers,
    ),
    "trust_anchor": Situation(
        values={"description": st.sampled_from(("a", "Ærø \u2013 1", "50% & more=?"))},
        make=make_anchor,
        always={"confirm_deletion": True},
        since=2020,
    ),
}
