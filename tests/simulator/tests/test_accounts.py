# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts, those below them, what they are entitled to, and the log of mails (notes on accounts)."""

from __future__ import annotations

from typing import Any

import pytest
from simulator_helpers import Api, Watched

ACCOUNTS = "/v3/accounts"
NEW = {
    "display_name": "Graz lamps",
    "aliases": ["graz-lamps"],
    "end_market": "Smart City",
    "company": "Graz lamps",
    "email": "office@graz.example.com",
    "country": "Austria",
}
SECRETS = {"admin_key", "admin_password"}


def named(api: Api, name: str) -> dict[str, Any]:
    (found,) = [account for account in api.get(ACCOUNTS)["data"] if account["display_name"] == name]
    return dict(found)


def test_own_account_and_those_below(api: Api) -> None:
    me = api.get(f"{ACCOUNTS}/me")
    assert api.get(f"{ACCOUNTS}/{me['id']}") == me
    page = api.get(ACCOUNTS)
    assert (page["limit"], page["total_count"]) == (1000, 3)
    assert {account["parent_id"] for account in page["data"]} == {me["id"]}
    below = named(api, "Lisbon trams")
    assert api.get(f"{ACCOUNTS}/{below['id']}") == below
    assert below["parent_account"] == {"id": me["id"], "admin_email": me["email"], "admin_name": me["contact"]}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("country__like=POR", ["Lisbon trams"]),
        ("status__eq=SUSPENDED", ["Turin cold chain"]),
        ("status__in=SUSPENDED,ENROLLING", ["Turin cold chain"]),
        ("status__nin=SUSPENDED", ["Oslo water works", "Lisbon trams"]),
        ("end_market__eq=Transport&tier__eq=1", ["Lisbon trams"]),
        ("tier__eq=0", []),
        ("format=breakdown&order=DESC", ["Turin cold chain", "Lisbon trams", "Oslo water works"]),
    ],
)
def test_filters(api: Api, query: str, found: list[str]) -> None:
    assert [account["display_name"] for account in api.get(f"{ACCOUNTS}?{query}")["data"]] == found


def test_filter_by_parent(api: Api) -> None:
    me = api.get(f"{ACCOUNTS}/me")
    assert len(api.get(f"{ACCOUNTS}?parent__eq={me['id']}")["data"]) == 3
    assert api.get(f"{ACCOUNTS}?parent__eq={'0' * 32}")["data"] == []


def test_what_include_adds(api: Api) -> None:
    plain = api.get(f"{ACCOUNTS}/me")
    whole = api.get(f"{ACCOUNTS}/me?include=limits,policies,sub_accounts,history")
    # The vendor's SDK puts blanks behind the commas.
    assert api.get(f"{ACCOUNTS}/me?include=limits,%20policies,%20sub_accounts,%20history") == whole
    assert set(whole) - set(plain) == {"limits", "policies", "sub_accounts", "tier_history", "business_model_history"}
    assert whole["sub_accounts"] == api.get(f"{ACCOUNTS}?include=history")["data"]
    assert [set(account) for account in api.get(f"{ACCOUNTS}?include=limits")["data"]] == [set(plain) | {"limits"}] * 3
    assert set(api.refused(400, "validation_error", "GET", f"{ACCOUNTS}/me?include=colours")) == {"include"}
    assert set(api.refused(400, "validation_error", "GET", f"{ACCOUNTS}?format=short")) == {"format"}


@pytest.mark.parametrize(
    ("action", "extra", "user", "password"),
    [
        ("", {}, "RESET", True),
        ("?action=create", {"admin_password": "Sesame-77", "admin_name": "boss"}, "ACTIVE", True),
        ("?action=enroll", {"admin_email": "boss@graz.example.com"}, "ENROLLING", False),
    ],
)
def test_creation(api: Api, action: str, extra: dict[str, str], user: str, password: bool) -> None:
    made = api.post(ACCOUNTS + action, NEW | extra)
    assert made["status"] == ("ENROLLING" if "enroll" in action else "ACTIVE")
    assert (made["admin_password"] is not None, made["admin_key"]) == (password, None)
    assert made["admin_password"] == extra.get("admin_password", made["admin_password"])
    item = f"{ACCOUNTS}/{made['id']}"
    # Only the answer to the creation has them.
    assert not {name for name in api.get(item) if name.startswith("admin_")}
    first = api.get(f"{item}/users")["data"]
    assert [(one["id"], one["status"], one["email"], one["username"]) for one in first] == [
        (made["admin_id"], user, made["admin_email"], made["admin_name"])
    ]
    groups = {group["id"]: group["name"] for group in api.get(f"{item}/policy-groups")["data"]}
    assert [groups[id_] for id_ in first[0]["groups"]] == ["Administrators"]
    assert [provider["type"] for provider in api.get(f"{item}/identity-providers")["data"]] == ["NATIVE"]
    assert len(api.get(f"{item}/limitations")["data"]) == 6
    assert len(api.get(f"{item}/notifications")["data"]) == ("enroll" in action)


def test_an_administrator_who_is_a_user_already_keeps_the_status(api: Api) -> None:
    made = api.post(f"{ACCOUNTS}?action=enroll", NEW | {"admin_email": "former@simulated-fleet.example.com"})
    assert [user["status"] for user in api.get(f"{ACCOUNTS}/{made['id']}/users")["data"]] == ["INACTIVE"]


@pytest.mark.parametrize("spec", [2019, 2020])
def test_the_first_key_of_a_new_account(api: Api, simulator: Watched, spec: int) -> None:
    simulator.settings(spec=spec)
    made = api.post(ACCOUNTS, NEW)
    assert Api(simulator, made["admin_key"]).get(f"{ACCOUNTS}/me")["id"] == made["id"]
    later = api.get(f"{ACCOUNTS}/{made['id']}")
    assert {name: later.get(name) for name in SECRETS} == dict.fromkeys(SECRETS)
    assert (set(later) >= SECRETS) == (spec == 2019)


def test_changes(api: Api) -> None:
    account = named(api, "Lisbon trams")
    item = f"{ACCOUNTS}/{account['id']}"
    wanted = {
        "phone_number": "1234",
        "custom_fields": {"centre": "7"},
        "password_policy": {"minimum_length": 12},
        "business_model": "api_calls_1_business_model",
        "contract_number": "c-1",
        "aliases": ["lisbon-trams", "lisbon-trams-2"],
    }
    changed = api.put(item, wanted)
    assert {name: changed[name] for name in wanted} == wanted
    assert [entry["business_model"] for entry in api.get(f"{item}?include=history")["business_model_history"]] == [
        "active_device_business_model",
        "api_calls_1_business_model",
    ]
    cleared = api.put(item, dict.fromkeys(("phone_number", "custom_fields", "password_policy", "aliases", "password_recovery_expiration")))
    assert (cleared["phone_number"], cleared["custom_fields"], cleared["password_policy"]) == (None, None, None)
    assert (cleared["aliases"], cleared["password_recovery_expiration"]) == ([], 30)


def test_what_cannot_be_changed(api: Api, simulator: Watched) -> None:
    account = named(api, "Lisbon trams")
    item = f"{ACCOUNTS}/{account['id']}"
    assert set(api.refused(400, "validation_error", "PUT", f"{ACCOUNTS}/me", json={"contract_number": "1", "business_model": None})) == {
        "business_model"
    }
    assert set(api.refused(400, "validation_error", "PUT", f"{ACCOUNTS}/me", json={"sales_contact": "a@b.c"})) == {"sales_contact"}
    assert set(api.refused(400, "validation_error", "PUT", item, json={"status": "ACTIVE", "idle_timeout": 121})) == {
        "status",
        "idle_timeout",
    }
    assert api.refused(409, "duplicate", "PUT", item, json={"aliases": ["oslo-water-works"]}) == {"aliases": "is taken"}
    assert api.refused(409, "duplicate", "POST", ACCOUNTS, json=NEW | {"aliases": ["lisbon-trams"]}) == {"aliases": "is taken"}
    api.put(item, {"aliases": ["lisbon-trams"]})
    assert set(api.refused(400, "validation_error", "POST", ACCOUNTS, json={"display_name": "x", "mfa_status": "optional"})) == {
        "end_market",
        "mfa_status",
    }
    assert set(api.refused(400, "validation_error", "POST", f"{ACCOUNTS}?action=make", json=NEW)) == {"action"}
    api.refused(405, "method_not_supported", "DELETE", item)
    simulator.settings(spec=2019)
    assert set(api.refused(400, "validation_error", "POST", ACCOUNTS, json=NEW | {"aliases": ["lisbon-trams"]})) == {"aliases"}
    assert set(api.refused(400, "validation_error", "PUT", item, json={"business_model": "active_device_business_model"})) == {
        "business_model"
    }


def test_accounts_that_are_not_below(api: Api, simulator: Watched) -> None:
    simulator.settings(spec=2020)
    made = api.post(ACCOUNTS, NEW)
    inside = Api(simulator, made["admin_key"])
    me = api.get(f"{ACCOUNTS}/me")
    for path in ("", "/users", "/limitations", "/notifications", "/identity-providers"):
        inside.refused(404, "not_found", "GET", f"{ACCOUNTS}/{me['id']}{path}")
    assert inside.get(ACCOUNTS)["data"] == []
    assert inside.put(f"{ACCOUNTS}/me", {"city": "Graz"})["city"] == "Graz"


def test_limitations(api: Api, simulator: Watched) -> None:
    page = api.get("/v3/limitations?limit=2")
    assert len(page["data"]) == page["total_count"] == 6
    own = api.get("/v3/limitations?inherited__eq=false")["data"]
    assert [one["name"] for one in own] == ["iam_user_limit"]
    # True asks for the inherited ones as well.
    assert api.get("/v3/limitations?inherited__eq=true")["data"] == page["data"]
    assert api.get(f"/v3/limitations/{own[0]['id']}") == own[0]
    assert own[0]["inherited_value"] == {"limit": 100, "quota": 0, "billing_period": 1}
    below = named(api, "Lisbon trams")
    theirs = api.get(f"{ACCOUNTS}/{below['id']}/limitations")["data"]
    assert len(theirs) == 6
    assert api.get(f"{ACCOUNTS}/{below['id']}/limitations/{theirs[1]['id']}") == theirs[1]
    api.refused(404, "not_found", "GET", f"/v3/limitations/{theirs[1]['id']}")
    api.refused(400, "validation_error", "GET", "/v3/limitations?inherited__eq=maybe")
    simulator.settings(spec=2020)
    assert "inherited_value" not in api.get("/v3/limitations")["data"][0]
    simulator.settings(spec=2019)
    api.refused(404, "unrecognized_request", "GET", "/v3/limitations")


def test_log_of_mails(api: Api, simulator: Watched) -> None:
    log = f"{ACCOUNTS}/me/notifications"
    page = api.get(f"{log}?limit=2")
    assert (len(page["data"]), page["has_more"]) == (2, True)
    entries = api.get(log)["data"]
    assert [entry["subject"] for entry in entries] == ["Welcome", "New terms", "A certificate expires soon"]
    assert api.get(f"{log}/{entries[1]['id']}") == entries[1]
    api.refused(404, "not_found", "GET", f"{log}/{'0' * 32}")
    api.post("/v3/user-invitations", {"email": "guest@example.com"})
    assert api.get(log)["data"][-1]["receiver"] == "guest@example.com"
    below = named(api, "Turin cold chain")
    theirs = api.get(f"{ACCOUNTS}/{below['id']}/notifications?order=DESC")["data"]
    assert [(entry["success"], "error_msg" in entry) for entry in theirs] == [(False, True), (True, False), (True, False)]
    assert api.get(f"{ACCOUNTS}/{below['id']}/notifications/{theirs[0]['id']}") == theirs[0]
    simulator.settings(spec=2019)
    assert api.get(log)["data"]
    api.refused(404, "unrecognized_request", "GET", f"{log}/{entries[1]['id']}")


def test_mails_fail_at_times(api: Api) -> None:
    for number in range(120):
        api.post("/v3/user-invitations", {"email": f"guest{number}@example.com"})
    entries = [entry for entry in api.get(f"{ACCOUNTS}/me/notifications?limit=1000")["data"] if entry["type"] == "user_invitation"]
    assert 0 < sum(not entry["success"] for entry in entries) < 30
