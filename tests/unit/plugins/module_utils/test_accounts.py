# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is sent for users and identity providers, and what is not."""

from __future__ import annotations

from typing import Any

from ansible_collections.pelion.device_management.plugins.module_utils import resource as engine
from ansible_collections.pelion.device_management.plugins.module_utils.resources import accounts
from hypothesis import given
from hypothesis import strategies as st

ID = "0" * 32
WORDS = st.sampled_from((None, "", "a", "b"))
FIELDS = ("name", "type", "description", "status", "saml2_attributes", "oidc_attributes")
PROVIDER = accounts.ProviderRecipe(accounts.IDENTITY_PROVIDER, FIELDS)
USER = accounts.UserRecipe(accounts.USER, ("email", "username", "full_name", "status", "is_totp_enabled", "login_profiles", "password"))

HELD_SAML = st.fixed_dictionaries(
    {"assertion_endpoint": st.just("https://here.example.com")},
    optional={
        "sso_endpoint": WORDS,
        "idp_entity_id": WORDS,
        "sp_x509_cert": st.sampled_from((None, "PEM")),
        "idp_x509_certs": st.just(["A\nB"]),
    },
)
SAML = st.fixed_dictionaries(
    {
        "sso_endpoint": WORDS,
        "idp_entity_id": WORDS,
        "entity_descriptor": WORDS,
        "idp_x509_certs": st.sampled_from((None, ["AB"], ["C"], [])),
    }
)
OPTIONS = st.fixed_dictionaries(
    {
        "description": WORDS,
        "saml2_attributes": st.one_of(st.none(), SAML),
        "sp_certificate": st.sampled_from((None, "present", "absent")),
        "sp_certificate_algorithm": st.sampled_from((None, "EC256")),
        "discovery": st.booleans(),
    }
)
CONSTANT = {
    "id": ID,
    "state": "present",
    "name": "n",
    "type": "SAML2",
    "status": None,
    "oidc_attributes": None,
    "sp_certificate_validity": None,
}


def applied(current: dict[str, Any], calls: Any) -> dict[str, Any]:
    """What the service makes of the calls."""
    now = {**current, "saml2_attributes": dict(current["saml2_attributes"])}
    for call in calls:
        if call.method == "PUT":
            body = dict(call.json)
            told = {name: value for name, value in body.pop("saml2_attributes", {}).items() if name != "entity_descriptor"}
            now = {**now, **body, "saml2_attributes": {**now["saml2_attributes"], **told}}
        elif call.path.endswith("/generate-sp-certificate"):
            now["saml2_attributes"]["sp_x509_cert"] = "MADE"
        else:
            assert call.path.endswith("/delete-sp-certificate")
            now["saml2_attributes"].pop("sp_x509_cert", None)
    return now


@given(HELD_SAML, OPTIONS)
def test_a_provider_becomes_what_is_wanted_and_stays_so(held: dict[str, Any], options: dict[str, Any]) -> None:
    current = {"id": ID, "name": "n", "type": "SAML2", "status": "ACTIVE", "saml2_attributes": held}
    params = {**CONSTANT, **options, "update_secrets": "on_create"}
    step = engine.plan(PROVIDER, current, params)
    for call in step.calls:
        if call.method == "PUT":
            # Only answers have these; and what did not change is not sent, so that a secret stays.
            sent = call.json.get("saml2_attributes", {})
            assert {"assertion_endpoint", "sp_x509_cert"} & set(sent) == set()
            assert {"name", "type"} <= set(call.json)
            assert bool(call.query) == options["discovery"]
    now = applied(current, step.calls)
    assert engine.plan(PROVIDER, now, params).calls == ()
    for name, value in (options["saml2_attributes"] or {}).items():
        if value and name not in ("entity_descriptor", "idp_x509_certs"):
            assert now["saml2_attributes"][name] == value
    if options["sp_certificate"]:
        assert bool(now["saml2_attributes"].get("sp_x509_cert")) == (options["sp_certificate"] == "present")


@given(
    st.fixed_dictionaries({"full_name": WORDS, "username": WORDS, "status": st.sampled_from((None, "ACTIVE", "RESET"))}),
    st.sampled_from((None, ["p1"], ["p1", "p2"], ["p2", "p1"])),
)
def test_a_user_is_sent_without_what_is_not_to_change(options: dict[str, Any], profiles: Any) -> None:
    known = [{"id": "p1", "name": "one", "type": "OIDC"}, {"id": "p2", "name": "two", "type": "SAML2"}]
    current = {
        "id": ID,
        "email": "a@example.com",
        "username": "a",
        "full_name": "b",
        "status": "ACTIVE",
        "is_totp_enabled": True,
        "login_profiles": known,
    }
    params = {"id": ID, "state": "present", "email": "a@example.com", "is_totp_enabled": None, "password": "x", **options}
    step = engine.plan(USER, current, {**params, "login_profiles": profiles, "validate_email": False, "scratch_codes": False})
    changed = {name for name, value in options.items() if value not in (None, current[name])}
    if profiles == ["p1"]:
        changed.add("login_profiles")
    assert bool(step.calls) == bool(changed)
    for call in step.calls:
        assert call.method == "PUT"
        assert set(call.json) == {"username", "full_name"} | changed
        assert call.json.get("login_profiles", [{"id": "p1"}]) == [{"id": "p1"}]
