# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users and invitations (notes on users, invitations and membership)."""

from __future__ import annotations

from typing import Any

import pytest
from simulator_helpers import Api, Watched

USERS, INVITATIONS = "/v3/users", "/v3/user-invitations"
NEW = {"email": "guest@example.com", "full_name": "Guest"}
DAY = 86_400


def of(api: Api, name: str) -> dict[str, Any]:
    (found,) = api.get(f"{USERS}?email__eq={name}@simulated-fleet.example.com")["data"]
    return dict(found)


def group(api: Api, name: str, prefix: str = "/v3") -> str:
    (found,) = api.get(f"{prefix}/policy-groups?name__eq={name}")["data"]
    return str(found["id"])


def below(api: Api) -> str:
    return f"/v3/accounts/{api.get('/v3/accounts')['data'][0]['id']}"


@pytest.fixture
def person(api: Api, simulator: Watched) -> Api:
    """A user with a token."""
    return Api(simulator, simulator.key(kind="user_token"))


def test_seeded_users(api: Api) -> None:
    page = api.get(USERS)
    assert page["total_count"] == 3
    admin = of(api, "admin")
    assert api.get(f"{USERS}/{admin['id']}") == admin
    # Some times are RFC 3339, some are milliseconds.
    assert isinstance(admin["creation_time"], int)
    assert admin["created_at"].endswith("Z")
    assert admin["active_sessions"][0]["reference_token"]
    assert [user["email"] for user in api.get(f"{USERS}?status__in=INACTIVE,RESET")["data"]] == [of(api, "former")["email"]]
    assert len(api.get(f"{USERS}?status__eq=ACTIVE&status__nin=RESET")["data"]) == 2
    assert len(api.get(f"{below(api)}/users")["data"]) == 3
    api.refused(404, "not_found", "GET", f"{below(api)}/users/{admin['id']}")


@pytest.mark.parametrize("prefix", ["own", "below"])
def test_life(api: Api, prefix: str) -> None:
    users = (below(api) if prefix == "below" else "/v3") + "/users"
    made = api.post(f"{users}?action=create", NEW | {"password": "Sesame-77", "username": "guest"})
    assert made["status"] == "ACTIVE"
    assert "password" not in made
    item = f"{users}/{made['id']}"
    changed = api.put(item, {"full_name": "Somebody", "phone_number": "1", "status": "RESET", "username": None})
    assert (changed["full_name"], changed["phone_number"], changed["status"], changed["username"]) == ("Somebody", "1", "RESET", None)
    api.put(item, {"status": "ACTIVE"})
    api.refused(400, "bad_request", "DELETE", item)
    api.put(item, {"status": "INACTIVE"})
    assert api.send("DELETE", item).status_code == 204
    api.refused(404, "not_found", "GET", item)


def test_password_is_made_up_and_told_once(api: Api) -> None:
    made = api.post(USERS, NEW)
    assert (made["status"], len(made["password"])) == ("RESET", 20)
    assert "password" not in api.get(f"{USERS}/{made['id']}")


def test_what_is_refused(api: Api) -> None:
    admin = of(api, "admin")
    item = f"{USERS}/{admin['id']}"
    assert api.refused(409, "duplicate", "POST", USERS, json={"email": admin["email"]}) == {"email": "is taken"}
    assert api.refused(409, "duplicate", "POST", USERS, json=NEW | {"username": "developer"}) == {"username": "is taken"}
    assert api.refused(409, "duplicate", "PUT", item, json={"username": "developer"}) == {"username": "is taken"}
    assert set(
        api.refused(400, "validation_error", "PUT", item, json={"email": "x@y.z", "login_profiles": [], "is_totp_enabled": True})
    ) == {
        "email",
        "login_profiles",
        "is_totp_enabled",
    }
    api.put(item, {"email": admin["email"]})
    assert set(api.refused(400, "validation_error", "POST", USERS, json={"email": "x", "username": "a b", "status": "ACTIVE"})) == {
        "email",
        "username",
        "status",
    }
    assert set(api.refused(400, "validation_error", "POST", USERS, json=NEW | {"groups": ["0" * 32]})) == {"groups"}
    assert set(api.refused(400, "validation_error", "POST", USERS, json=NEW | {"login_profiles": [{"id": "0" * 32}]})) == {"login_profiles"}
    assert set(api.refused(400, "validation_error", "POST", f"{USERS}?action=make", json=NEW)) == {"action"}


def test_policy_for_passwords(api: Api) -> None:
    short = NEW | {"password": "Seven-7"}
    assert set(api.refused(400, "validation_error", "POST", USERS, json=short)) == {"password"}
    api.put("/v3/accounts/me", {"password_policy": {"minimum_length": 10}})
    assert set(api.refused(400, "validation_error", "POST", USERS, json=NEW | {"password": "Sesame-77"})) == {"password"}
    api.post(USERS, NEW | {"password": "Sesame-777"})


def test_no_more_users_than_the_limit(api: Api, simulator: Watched) -> None:
    (limit,) = api.get("/v3/limitations?inherited__eq=false")["data"]
    simulator.patch("limitations", limit["id"], limit=4)
    api.post(USERS, NEW)
    api.refused(403, "account_limit_exceeded", "POST", USERS, json=NEW | {"email": "other@example.com"})
    api.refused(403, "account_limit_exceeded", "POST", INVITATIONS, json={"email": "other@example.com"})
    # Accounts below have limits of their own.
    api.post(f"{below(api)}/users", NEW)


def test_only_accounts_that_manage_others_change_a_status(api: Api, simulator: Watched) -> None:
    simulator.settings(spec=2020)
    made = api.post("/v3/accounts", {"end_market": "IT", "email": "a@b.example.com"})
    inside = Api(simulator, made["admin_key"])
    user = inside.post(USERS, NEW)
    inside.refused(403, "access_denied", "PUT", f"{USERS}/{user['id']}", json={"status": "INACTIVE"})
    api.put(f"/v3/accounts/{made['id']}/users/{user['id']}", {"status": "INACTIVE"})


def test_an_inactive_user_is_not_let_in(api: Api, person: Api, simulator: Watched) -> None:
    (made,) = [user for user in api.get(USERS)["data"] if user["full_name"] == "Made on request"]
    person.get("/v3/accounts/me")
    api.put(f"{USERS}/{made['id']}", {"status": "INACTIVE"})
    person.refused(401, "invalid_token", "GET", "/v3/accounts/me")
    api.put(f"{USERS}/{made['id']}", {"status": "ACTIVE"})
    person.get("/v3/accounts/me")
    api.send("POST", f"{USERS}/{made['id']}/remove")
    person.refused(401, "invalid_token", "GET", "/v3/accounts/me")


def test_me_in_2019(api: Api, person: Api, simulator: Watched) -> None:
    person.refused(404, "not_found", "GET", f"{USERS}/{'0' * 32}")
    person.refused(400, "validation_error", "GET", f"{USERS}/me")
    simulator.settings(spec=2019)
    me = person.get(f"{USERS}/me")
    assert "totp_scratch_codes" not in me
    assert "created_at" not in me["active_sessions"][0]
    changed = person.put(f"{USERS}/me", {"email": "new@example.com", "is_totp_enabled": True})
    assert (changed["email"], len(changed["totp_scratch_codes"])) == ("new@example.com", 5)
    again = person.get(f"{USERS}/me?scratch_codes=true")
    assert again["totp_scratch_codes"] != changed["totp_scratch_codes"]
    assert "totp_scratch_codes" not in person.get(f"{USERS}/me")
    api.refused(401, "auth_mismatch", "GET", f"{USERS}/me")
    api.refused(401, "auth_mismatch", "PUT", f"{USERS}/me", json={})


def test_groups(api: Api, simulator: Watched) -> None:
    administrators, developers = group(api, "Administrators"), group(api, "Developers")
    user = api.post(USERS, NEW | {"groups": [developers]})
    item = f"{USERS}/{user['id']}"
    assert [one["name"] for one in api.get(f"{item}/groups")["data"]] == ["Developers"]
    api.refused(409, "duplicate", "POST", f"{item}/groups/add", json=[developers])
    assert api.post(f"{item}/groups/add", [administrators])["groups"] == [developers, administrators]
    assert api.post(f"{item}/groups/remove", [developers])["groups"] == [administrators]
    simulator.settings(spec=2019)
    api.refused(404, "unrecognized_request", "POST", f"{item}/groups/add", json=[developers])
    assert api.send("POST", f"{item}/groups", json=[developers]).json()["type"] == "success"
    assert api.send("DELETE", f"{item}/groups", json=[administrators]).json()["type"] == "success"
    assert api.get(item)["groups"] == [developers]
    prefix = below(api)
    other = f"{prefix}/users/{api.post(f'{prefix}/users', NEW)['id']}"
    theirs = group(api, "Developers", prefix)
    api.send("POST", f"{other}/groups", json=[theirs])
    assert [one["id"] for one in api.get(f"{other}/groups")["data"]] == [theirs]
    api.send("DELETE", f"{other}/groups", json=[theirs])
    simulator.settings(spec=2021)
    assert api.post(f"{other}/groups/add", [theirs])["groups"] == [theirs]
    assert api.post(f"{other}/groups/remove", [theirs])["groups"] == []


def test_login_profiles(api: Api) -> None:
    (native,) = api.get("/v3/identity-providers")["data"]
    profiles = [{"id": native["id"]}]
    user = api.post(USERS, NEW | {"login_profiles": profiles})
    assert user["login_profiles"] == [{"id": native["id"], "name": "Native", "type": "NATIVE"}]
    assert api.put(f"{USERS}/{user['id']}", {"login_profiles": None})["login_profiles"] == user["login_profiles"]
    invitation = api.post(INVITATIONS, {"email": "other@example.com", "login_profiles": profiles})
    assert [one["id"] for one in api.get(f"{USERS}?login_profiles__eq={native['id']}&status__eq=RESET")["data"]] == [user["id"]]
    assert [one["id"] for one in api.get(f"{INVITATIONS}?login_profiles__eq={native['id']}")["data"]] == [invitation["id"]]
    assert api.get(f"{INVITATIONS}?login_profiles__eq={'0' * 32}")["data"] == []


def test_leaving_the_account(api: Api, simulator: Watched) -> None:
    user = of(api, "developer")
    assert api.send("POST", f"{USERS}/{user['id']}/remove").status_code == 204
    api.refused(404, "not_found", "GET", f"{USERS}/{user['id']}")
    prefix = below(api)
    other = api.get(f"{prefix}/users")["data"][0]
    assert api.send("POST", f"{prefix}/users/{other['id']}/remove").status_code == 204
    simulator.settings(spec=2020)
    api.refused(404, "unrecognized_request", "POST", f"{USERS}/{of(api, 'admin')['id']}/remove")


def test_nobody_removes_oneself(api: Api, person: Api) -> None:
    (made,) = [user for user in api.get(USERS)["data"] if user["full_name"] == "Made on request"]
    person.refused(400, "bad_request", "POST", f"{USERS}/{made['id']}/remove")


def test_confirming_an_address(api: Api, simulator: Watched) -> None:
    prefix = below(api)
    user = api.post(f"{prefix}/users", NEW)
    item = f"{prefix}/users/{user['id']}"
    assert api.send("POST", f"{item}/validate-email").status_code == 204
    assert api.get(f"{prefix}/notifications")["data"][-1]["type"] == "email_validation"
    assert api.get(item)["email_verified"] is False
    simulator.clock(advance=300)
    assert api.get(item)["email_verified"] is True


@pytest.mark.parametrize("prefix", ["own", "below"])
def test_invitations(api: Api, prefix: str) -> None:
    base = below(api) if prefix == "below" else "/v3"
    developers = group(api, "Developers", base)
    made = api.post(f"{base}/user-invitations", {"email": "guest@example.com", "groups": [developers], "valid_for_days": 2})
    item = f"{base}/user-invitations/{made['id']}"
    assert api.get(item) == made
    assert "valid_for_days" not in made
    assert (made["expiration"] > made["created_at"], made["groups"]) == (True, [developers])
    invited = api.get(f"{base}/users/{made['user_id']}")
    assert (invited["status"], invited["email"], invited["groups"]) == ("INVITED", "guest@example.com", [developers])
    assert api.get(f"{base}/user-invitations")["data"] == [made]
    assert api.send("DELETE", item).status_code == 204
    api.refused(404, "not_found", "GET", item)
    api.refused(404, "not_found", "GET", f"{base}/users/{made['user_id']}")
    fields = api.refused(400, "validation_error", "POST", f"{base}/user-invitations", json={"email": "x", "valid_for_days": 101})
    assert set(fields) == {"email", "valid_for_days"}


def test_invitations_end(api: Api, simulator: Watched) -> None:
    user = of(api, "former")
    made = [
        api.post(INVITATIONS, {"email": email, "valid_for_days": days}) for email, days in (("guest@example.com", 2), (user["email"], 3))
    ]
    # Somebody who is a user already stays one.
    assert made[1]["user_id"] == user["id"]
    simulator.clock(advance=2 * DAY + 1)
    assert [one["id"] for one in api.get(INVITATIONS)["data"]] == [made[1]["id"]]
    api.refused(404, "not_found", "GET", f"{USERS}/{made[0]['user_id']}")
    simulator.clock(advance=DAY)
    assert api.get(INVITATIONS)["data"] == []
    assert of(api, "former")["status"] == "INACTIVE"


def test_inviting_a_user(api: Api) -> None:
    made = api.post(f"{USERS}?action=invite", NEW)
    assert (made["status"], "password" in made) == ("INVITED", False)
    assert [one["user_id"] for one in api.get(INVITATIONS)["data"]] == [made["id"]]
    assert api.send("DELETE", f"{USERS}/{made['id']}").status_code == 204
    assert api.get(INVITATIONS)["data"] == []
