# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts, users, invitations and identity providers: whole lives, on the own account and on one below it, and what is special of each.

Of these objects the service tells more than it is given (names of groups and providers, certificates, addresses), so that what check
mode foretells is contained in what comes, and not all of it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import collection
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pelion_simulator.process import Simulator

SESAME = "Sesame-open-9321"
CLIENT_SECRET = "client-secret-4477"
STAMPS = {"updated_at", "etag"}
Run = Callable[..., Any]


def contains(now: Any, foretold: Any) -> bool:
    """Whether an object has all that was foretold of it; an empty value is as good as none."""
    if isinstance(foretold, Mapping):
        return all(contains((now or {}).get(name), value) for name, value in foretold.items())
    if isinstance(foretold, list) and isinstance(now, list):
        return len(foretold) == len(now) and all(contains(*pair) for pair in zip(now, foretold, strict=True))
    return bool(now == foretold) or (now in (None, "", [], {}) and foretold in (None, "", [], {}))


class Life:
    """The stages of one object: each is checked, carried out, and repeated. `scope` are options of every stage."""

    def __init__(self, run: Run, name: str, **scope: Any) -> None:
        self.run, self.name, self.scope = run, name, scope
        self.now: dict[str, Any] | None = None

    def step(self, writes: list[Any], unknown: tuple[str, ...] = (), **options: Any) -> dict[str, Any] | None:
        """One stage. `writes`: what has to be sent, with "{id}" for the object. `unknown`: what check mode cannot know of the object."""
        options = {**self.scope, **options}
        checked, real, again = (self.run(self.name, check=check, **options) for check in (True, False, False))
        for step in (checked, real, again):
            assert not step.failed, step.msg
            assert step.result["request_id"]
            assert "warnings" not in step.result
            assert SESAME not in step.output
            assert CLIENT_SECRET not in step.output
        now = real.result[self.name]
        identity = str((now or self.now or {}).get("id"))
        wanted = [(method, path.replace("{id}", identity), body) for method, path, body in writes]
        assert (checked.writes, real.writes, again.writes) == ([], wanted, [])
        assert (checked.changed, real.changed, again.changed) == (bool(writes), bool(writes), False)
        assert checked.result["diff"] == real.result["diff"]
        assert contains(self.now, checked.result["diff"]["before"])
        foretold = checked.result[self.name]
        if now is None:
            assert foretold is None
        else:
            written = collection.declared(self.name).recipe.row
            left_out = {*STAMPS, *unknown, *written.write_only, *written.secrets}
            assert contains(now, {name: value for name, value in foretold.items() if name not in left_out})
            assert {**again.result[self.name]} == now
        info = self.run(f"{self.name}_info", id=identity, **{name: value for name, value in self.scope.items() if name == "account_id"})
        assert info.result[f"{self.name}s"] == ([now] if now else [])
        self.now = now
        return now


def visible(account: dict[str, Any]) -> dict[str, Any]:
    """An account without the fields for secrets, which in 2019 all accounts have, empty."""
    return dict(collection.declared("account").recipe.row.shown(account))


@pytest.fixture
def below(client: Any) -> dict[str, Any]:
    """An account below the own one, as modules show it."""
    return visible(next(client.list("/v3/accounts")))


@pytest.fixture(params=["own", "below"])
def place(request: pytest.FixtureRequest, below: dict[str, Any]) -> tuple[dict[str, str], str]:
    """Options and the beginning of paths, of the own account and of one below it."""
    return ({}, "/v3") if request.param == "own" else ({"account_id": below["id"]}, f"/v3/accounts/{below['id']}")


def group_ids(client: Any, prefix: str) -> dict[str, str]:
    return {group["name"]: group["id"] for group in client.list(f"{prefix}/policy-groups")}


# -- accounts

DETAILS = {
    "company": "Graz lamps",
    "contact": "Operations",
    "email": "office@graz.example.com",
    "phone_number": "1234",
    "address_line1": "Street 1",
    "address_line2": "Door 2",
    "city": "Graz",
    "postal_code": "8010",
    "country": "Austria",
    "contract_number": "c-1",
    "customer_number": "n-1",
}
LATER = {
    "custom_fields": {"centre": "7"},
    "expiration_warning_threshold": 20,
    "idle_timeout": 15,
    "mfa_status": "enforced",
    "notification_emails": ["a@graz.example.com", "b@graz.example.com"],
    "password_policy": {"minimum_length": 12},
    "password_recovery_expiration": 10,
    "sales_contact": "sales@graz.example.com",
}


def test_life_of_an_account(run: Run, client: Any, spec: int, tmp_path: Path) -> None:
    life = Life(run, "account", secret_file=str(tmp_path / "secret"))
    first = {"aliases": ["graz-lamps"], "display_name": "Graz lamps", "end_market": "Lamps", **DETAILS}
    model = {"business_model": "api_calls_1_business_model"} if spec > 2019 else {}
    administrator = {"admin_name": "boss", "admin_full_name": "Boss", "admin_email": "boss@graz.example.com", "admin_password": SESAME}
    options = {**first, **model, **LATER, "state_or_province": "Styria", **administrator, "action": "create"}
    body = {**first, **model, "state": "Styria"}
    made = life.step([("POST", "/v3/accounts", {**body, **administrator}), ("PUT", "/v3/accounts/{id}", {**body, **LATER})], **options)
    assert made is not None
    # Only the answer to the creation had these, and they went into the file; a first key comes from older services.
    kept = (tmp_path / "secret").read_text(encoding="utf-8").strip()
    assert (kept if spec == 2021 else json.loads(kept)["admin_password"]) == SESAME
    assert [user["username"] for user in client.list(f"/v3/accounts/{made['id']}/users")] == ["boss"]

    changed = {"custom_fields": {"centre": None, "site": "west"}, "notification_emails": ["b@graz.example.com"], "company": "Graz lights"}
    sent = {**body, **LATER, **changed, "custom_fields": {"site": "west"}}
    # What an account may not change of itself is sent only when it changes.
    for name in ("contract_number", "customer_number", "sales_contact", *model):
        del sent[name]
    life.step([("PUT", "/v3/accounts/{id}", sent)], aliases=["graz-lamps"], **changed)
    life.step(
        [("PUT", "/v3/accounts/{id}", {**sent, "aliases": ["graz-lights", "graz-lamps"], "display_name": "Graz lights"})],
        id=made["id"],
        aliases=["graz-lights", "graz-lamps"],
        display_name="Graz lights",
    )
    cleared = {"phone_number": None, "password_policy": None, "mfa_status": None, "idle_timeout": None, "custom_fields": {}, "state": ""}
    life.step(
        [("PUT", "/v3/accounts/{id}", {**sent, "aliases": ["graz-lights", "graz-lamps"], "display_name": "Graz lights", **cleared})],
        display_name="Graz lights",
        clear=["phone_number", "password_policy", "mfa_status", "idle_timeout"],
        custom_fields={},
        state_or_province="",
    )


def test_own_account(run: Run, client: Any, spec: int) -> None:
    me = visible(client.get("/v3/accounts/me"))
    life = Life(run, "account", id="me")
    life.now = me
    writable = {*DETAILS, *LATER, "aliases", "display_name", "end_market", "state"} - {
        "contract_number",
        "customer_number",
        "sales_contact",
    }
    kept = {name: value for name, value in me.items() if name in writable and value is not None}
    changed = life.step([("PUT", "/v3/accounts/me", {**kept, "mfa_status": "enforced"})], mfa_status="enforced")
    assert changed == visible(client.get("/v3/accounts/me"))
    moved = run("account", id="me", state_or_province="Styria")
    assert [moved.result["diff"][side].get("state") for side in ("before", "after")] == [None, "Styria"]
    for name, value in {"contract_number": "1", "sales_contact": "a@b.example.com"}.items():
        refused = run("account", id="me", **{name: value})
        assert refused.msg == f"An account cannot change its own {name}; the account that manages it can."
        assert refused.writes == []
    assert run("account", id="me", clear=["customer_number"]).msg == (
        "An account cannot change its own customer_number; the account that manages it can."
    )


def test_which_account(run: Run, client: Any, below: dict[str, Any]) -> None:
    assert run("account", display_name=below["display_name"]).result["account"] == below
    other = next(account for account in client.list("/v3/accounts") if account["id"] != below["id"])
    several = run("account", aliases=[*below["aliases"], *other["aliases"]])
    ids = [account["id"] for account in client.list("/v3/accounts") if account["id"] in (below["id"], other["id"])]
    assert several.msg == f"The aliases belong to different accounts: {', '.join(ids)}. Give the id of the one you mean."
    assert several.result["ids"] == ids
    assert run("account", aliases=["nobody-has-this"]).msg == "There is no such account yet; to create it give also: end_market."
    assert run("account", id="me", state="absent").msg == "value of state must be one of: present, got: absent"
    assert run("account", idle_timeout=5).msg == "one of the following is required: id, aliases, display_name"
    assert run("account", id="0" * 32, idle_timeout=5).msg == f"There is no account with the id {'0' * 32}; leave id out to make a new one."


def test_the_first_administrator(run: Run, client: Any, spec: int, tmp_path: Path) -> None:
    new = {"aliases": ["graz-lamps"], "end_market": "Lamps", "email": "office@graz.example.com"}
    untold = run("account", **new)
    assert untold.msg == (
        "The service tells the secret of this only once: give secret_file to have it written to a file, or set return_secret "
        "(and no_log on the task) to have it returned."
    )
    assert untold.writes == []
    made = run("account", **new, return_secret=True)
    assert set(made.result["secret"]) == {"admin_password", *({"admin_key"} if spec < 2021 else ())}
    assert made.sent[-1].query == {"action": "create"}
    for secret in made.result["secret"].values():
        assert made.output.count(secret) == 1
    filed = run("account", **{**new, "aliases": ["graz-lanterns"]}, secret_file=str(tmp_path / "secret"))
    kept = (tmp_path / "secret").read_text(encoding="utf-8").strip()
    for secret in json.loads(kept).values() if spec < 2021 else [kept]:
        assert secret not in filed.output
    if spec < 2021:
        assert run("account_info", api_key=made.result["secret"]["admin_key"]).result["accounts"][0]["id"] == made.result["account"]["id"]
    enrolled = run("account", **{**new, "aliases": ["graz-lights"]}, action="enroll", secret_file=str(tmp_path / "none"))
    assert (enrolled.sent[-1].query, enrolled.result["account"]["status"]) == ({"action": "enroll"}, "ENROLLING")
    assert (tmp_path / "none").exists() == (spec < 2021)


def test_a_taken_alias(run: Run, below: dict[str, Any]) -> None:
    refused = run("account", display_name="Another", end_market="IT", aliases=[], return_secret=True)
    assert not refused.failed
    taken = run("account", id=refused.result["account"]["id"], aliases=below["aliases"])
    assert taken.result["status"] in (400, 409)
    assert taken.result["fields"] == [{"name": "aliases", "message": "is taken"}]


def test_account_info(run: Run, client: Any, below: dict[str, Any], spec: int) -> None:
    tenants = list(client.list("/v3/accounts"))

    def found(**options: Any) -> list[str]:
        step = run("account_info", **options)
        assert not step.changed
        return [account["id"] for account in step.result["accounts"]]

    assert found(tenants=True) == [account["id"] for account in tenants]
    assert found(limit=2) == [account["id"] for account in tenants[:2]]
    assert found(tenants=True, order="DESC", format="breakdown") == [account["id"] for account in tenants[::-1]]
    assert found(filters={"country": {"like": "NORW"}, "status": ["ACTIVE", "ENROLLING"]}) == [below["id"]]
    assert found(display_name=below["display_name"]) == found(alias=below["aliases"][0]) == found(id=below["id"]) == [below["id"]]
    assert found(alias="nobody-has-this") == found(id="0" * 32) == []
    whole = run("account_info", id=below["id"], include=["limits", "policies"], properties="x")
    assert whole.sent[-1].query == {"include": "limits,policies", "properties": "x"}
    assert {"limits", "policies"} <= set(whole.result["accounts"][0])
    assert run("account_info", alias="x", id="me").msg == "parameters are mutually exclusive: id|alias|display_name"
    assert run("account_info", filters={"city": "Graz"}).failed


# -- users


def test_life_of_a_user(run: Run, client: Any, place: tuple[dict[str, str], str], spec: int, tmp_path: Path) -> None:
    scope, prefix = place
    users = f"{prefix}/users"
    groups = group_ids(client, prefix)
    (native,) = client.list(f"{prefix}/identity-providers")
    life = Life(run, "user", **scope)
    first = {
        "email": "night@example.com",
        "username": "night",
        "full_name": "Night shift",
        "address": "Quay 1",
        "phone_number": "1",
        "is_gtc_accepted": True,
        "is_marketing_accepted": True,
    }
    profiles = [{"id": native["id"]}]
    made = life.step(
        [
            ("POST", users, {**first, "password": SESAME, "groups": [groups["Developers"]], "login_profiles": profiles}),
            ("PUT", f"{users}/{{id}}", {name: value for name, value in first.items() if name != "email"} | {"status": "RESET"}),
        ],
        **first,
        password=SESAME,
        groups=["Developers"],
        login_profiles=["Native"],
        status="RESET",
    )
    assert made is not None
    assert made["login_profiles"] == [{"id": native["id"], "name": "Native", "type": "NATIVE"}]

    item = f"{users}/{{id}}"
    # What not everybody may change is sent only when it changes.
    kept = {name: value for name, value in first.items() if name != "email"}
    life.step([("PUT", item, {**kept, "full_name": "Day shift"})], email="night@example.com", full_name="Day shift")
    kept["full_name"] = "Day shift"
    life.step([("PUT", item, {**kept, "status": "INACTIVE"})], username="night", status="INACTIVE")
    life.step([("PUT", item, {**kept, "phone_number": None})], email="night@example.com", clear=["phone_number"])
    kept.pop("phone_number")
    life.step([("PUT", item, {**kept, "address": ""})], id=made["id"], address="")

    add, remove = (("POST", f"{item}/groups/add"), ("POST", f"{item}/groups/remove"))
    if spec == 2019:
        add, remove = ("POST", f"{item}/groups"), ("DELETE", f"{item}/groups")

    def writes(call: tuple[str, str], name: str) -> list[Any]:
        # An older service is asked in the new way first.
        known = [(*call, [groups[name]])]
        return known if spec > 2019 else [("POST", f"{item}/groups/{'add' if call == add else 'remove'}", [groups[name]]), *known]

    administrators, developers = groups["Administrators"], groups["Developers"]
    life.step(writes(add, "Administrators"), email="night@example.com", groups=["Administrators"], membership="add")
    assert life.now is not None
    assert life.now["groups"] == [developers, administrators]
    life.step(writes(remove, "Developers"), email="night@example.com", groups=[developers], membership="remove")
    life.step(
        [*writes(add, "Developers"), *writes(remove, "Administrators")], email="night@example.com", groups=[developers], membership="exact"
    )
    listed = run("user_info", policy_group_id="Developers", filters={"status": "INACTIVE"}, **scope)
    assert [user["id"] for user in listed.result["users"]] == [made["id"]]
    of_user = run("policy_group_info", user_id=made["id"], **scope)
    assert [group["name"] for group in of_user.result["policy_groups"]] == ["Developers"]

    life.step([("DELETE", item, None)], email="night@example.com", state="absent")


def test_the_password_that_is_made_up(run: Run, place: tuple[dict[str, str], str], tmp_path: Path) -> None:
    scope, _prefix = place
    untold = run("user", email="night@example.com", **scope)
    assert untold.msg.startswith("The service tells the secret of this only once")
    assert untold.writes == []
    file = tmp_path / "password"
    made = run("user", email="night@example.com", secret_file=str(file), **scope)
    assert "password" not in made.result["user"]
    assert file.read_text(encoding="utf-8").strip() not in made.output
    told = run("user", email="day@example.com", return_secret=True, **scope)
    assert told.output.count(told.result["secret"]["password"]) == 1
    # Who is invited, or given a password, gets none.
    assert not run("user", email="a@example.com", action="invite", **scope).failed
    assert not run("user", email="b@example.com", password=SESAME, **scope).failed


def test_inviting_by_the_way(run: Run, client: Any) -> None:
    made = run("user", email="night@example.com", action="invite")
    assert made.sent[-1].query == {"action": "invite"}
    assert made.result["user"]["status"] == "INVITED"
    assert [one["user_id"] for one in client.list("/v3/user-invitations")] == [made.result["user"]["id"]]
    assert not run("user", email="night@example.com", action="create").changed


def test_an_active_user_is_deactivated_first(run: Run, place: tuple[dict[str, str], str], client: Any) -> None:
    scope, prefix = place
    user = run("user", email="night@example.com", password=SESAME, **scope).result["user"]
    item = f"{prefix}/users/{user['id']}"
    assert run("user", id=user["id"], state="absent", check=True, **scope).writes == []
    gone = run("user", id=user["id"], state="absent", **scope)
    assert gone.writes == [("DELETE", item, None), ("PUT", item, {"status": "INACTIVE"}), ("DELETE", item, None)]
    assert (gone.changed, client.get(item)) == (True, None)
    assert not run("user", id=user["id"], state="absent", **scope).changed


def test_another_refusal_to_delete_stands(run: Run, simulator: Simulator) -> None:
    user = run("user", email="night@example.com", password=SESAME).result["user"]
    simulator.faults(method="DELETE", path="/v3/users/.*", status=403, type="access_denied", message="No.")
    refused = run("user", id=user["id"], state="absent")
    assert (refused.result["status"], len(refused.writes)) == (403, 1)


def test_a_user_who_cannot_be_deleted_stays_active(run: Run, simulator: Simulator, client: Any) -> None:
    user = run("user", email="night@example.com", password=SESAME).result["user"]
    item = f"/v3/users/{user['id']}"
    simulator.faults(method="DELETE", path="/v3/users/.*", status=400, type="bad_request", message="The last administrator stays.", count=2)
    refused = run("user", id=user["id"], state="absent")
    assert "The last administrator stays." in refused.msg
    assert refused.writes == [
        ("DELETE", item, None),
        ("PUT", item, {"status": "INACTIVE"}),
        ("DELETE", item, None),
        ("PUT", item, {"status": "ACTIVE"}),
    ]
    assert client.get(item)["status"] == "ACTIVE"


@pytest.mark.since(2021)
def test_leaving_the_account(run: Run, place: tuple[dict[str, str], str], client: Any) -> None:
    scope, prefix = place
    user = run("user", email="night@example.com", password=SESAME, **scope).result["user"]
    checked = run("user", email="night@example.com", state="removed", check=True, **scope)
    gone = run("user", email="night@example.com", state="removed", **scope)
    again = run("user", email="night@example.com", state="removed", **scope)
    assert [step.changed for step in (checked, gone, again)] == [True, True, False]
    assert gone.writes == [("POST", f"{prefix}/users/{user['id']}/remove", None)]
    assert checked.result["diff"] == gone.result["diff"]
    assert (gone.result["user"], client.get(f"{prefix}/users/{user['id']}")) == (None, None)


@pytest.mark.until(2020)
def test_leaving_the_account_where_that_is_not_known(run: Run) -> None:
    run("user", email="night@example.com", password=SESAME)
    refused = run("user", email="night@example.com", state="removed")
    assert (refused.result["status"], refused.result["type"]) == (404, "unrecognized_request")


def test_confirming_an_address(run: Run, below: dict[str, Any], simulator: Simulator) -> None:
    options = {"account_id": below["id"], "email": "night@example.com", "password": SESAME, "validate_email": True}
    made = run("user", **options)
    path = f"/v3/accounts/{below['id']}/users/{made.result['user']['id']}/validate-email"
    assert made.writes[-1] == ("POST", path, None)
    assert run("user", check=True, **options).changed
    assert run("user", **options).writes == [("POST", path, None)]
    simulator.clock(advance=300)
    done = run("user", **options)
    assert (done.changed, done.result["user"]["email_verified"]) == (False, True)
    assert run("user", email="night@example.com", validate_email=True).msg == (
        "validate_email is True but all of the following are missing: account_id"
    )


@pytest.mark.until(2019)
def test_me(run: Run, simulator: Simulator) -> None:
    token = simulator.key(kind="user_token")
    me = run("user_info", id="me", api_key=token)
    assert me.sent[-1].path == "/v3/users/me"
    mail = run("user", id="me", api_key=token, email="new@example.com")
    assert mail.writes[0][:2] == ("PUT", "/v3/users/me")
    assert mail.result["user"]["email"] == "new@example.com"
    assert run("user", id="me", api_key=token, is_totp_enabled=True).msg.startswith("The service tells the secret of this only once")
    codes = run("user", id="me", api_key=token, is_totp_enabled=True, return_secret=True)
    assert len(codes.result["secret"]["totp_scratch_codes"]) == 5
    assert "totp_scratch_codes" not in codes.result["user"]
    for code in codes.result["secret"]["totp_scratch_codes"]:
        assert codes.output.count(code) == 1
    options = {"id": "me", "api_key": token, "scratch_codes": True}
    assert run("user", **options).msg.startswith("The service tells the secret of this only once")
    assert [one.query for one in run("user", **options, return_secret=True, check=True).sent] == [{}]
    renewed = run("user", **options, return_secret=True)
    assert [one.query for one in renewed.sent] == [{}, {"scratch_codes": "true"}]
    assert (renewed.changed, len(renewed.result["secret"]["totp_scratch_codes"])) == (True, 5)
    assert renewed.result["secret"] != codes.result["secret"]
    other = run("user", email="admin@simulated-fleet.example.com", scratch_codes=True, return_secret=True)
    assert other.msg == "Users can have new emergency codes for themselves only; give id as me."


@pytest.mark.since(2020)
def test_me_is_not_known_later(run: Run) -> None:
    assert run("user_info", id="me").failed


def test_tokens_of_sessions_are_not_shown(run: Run, client: Any) -> None:
    (admin,) = client.list("/v3/users", limit=1)
    tokens = [session["reference_token"] for session in admin["active_sessions"]]
    assert tokens
    for step in (run("user_info"), run("user_info", id=admin["id"]), run("user", id=admin["id"], full_name="Somebody")):
        assert not step.failed
        assert not [token for token in tokens if token in step.output]


def test_names_that_are_not_there(run: Run) -> None:
    assert (
        run("user", email="a@example.com", password=SESAME, groups=["Nobody"]).msg
        == "groups: there is no policy group with the name 'Nobody'."
    )
    assert run("user_invitation", email="a@example.com", login_profiles=["None"]).msg == (
        "login_profiles: there is no identity provider with the name 'None'."
    )


# -- invitations


def test_life_of_an_invitation(run: Run, client: Any, place: tuple[dict[str, str], str]) -> None:
    scope, prefix = place
    (native,) = client.list(f"{prefix}/identity-providers")
    developers = group_ids(client, prefix)["Developers"]
    life = Life(run, "user_invitation", **scope)
    options = {"email": "night@example.com", "groups": ["Developers"], "login_profiles": ["Native"], "valid_for_days": 3}
    body = {**options, "groups": [developers], "login_profiles": [{"id": native["id"]}]}
    made = life.step([("POST", f"{prefix}/user-invitations", body)], **options)
    assert made is not None
    other = run("user_invitation", id=made["id"], groups=[], **scope)
    assert other.msg == (
        f"The user invitation {made['id']} cannot be changed so: groups is {[developers]!r}, wanted []. This can be set only when it is "
        "created; delete it and create it anew if you mean it."
    )
    assert run("user_invitation_info", email="night@example.com", **scope).result["user_invitations"] == [made]
    assert run("user_invitation_info", filters={"login_profiles": native["id"]}, **scope).result["user_invitations"] == [made]
    life.step([("DELETE", f"{prefix}/user-invitations/{{id}}", None)], email="night@example.com", state="absent")


def test_an_invitation_that_expired_is_sent_anew(run: Run, simulator: Simulator) -> None:
    first = run("user_invitation", email="night@example.com", valid_for_days=1)
    assert not run("user_invitation", email="night@example.com", valid_for_days=1).changed
    simulator.clock(advance=86_401)
    second = run("user_invitation", email="night@example.com", valid_for_days=1)
    assert second.changed
    assert second.result["user_invitation"]["id"] != first.result["user_invitation"]["id"]


# -- identity providers

OIDC = {
    "issuer": "https://login.example.com",
    "client_id": "pelion",
    "client_secret": CLIENT_SECRET,
    "scopes": "openid email",
    "token_request_mode": "POST",
    "claim_mapping": {"email": "mail"},
    "keys": [{"kid": "k1", "key": "-----BEGIN PUBLIC KEY-----"}],
}
METADATA = base64.b64encode(
    b"<EntityDescriptor xmlns='urn:oasis:names:tc:SAML:2.0:metadata' entityID='urn:partner'>"
    b"<SingleSignOnService Location='https://partner.example.com/in'/></EntityDescriptor>"
).decode()


@pytest.mark.since(2020)
def test_life_of_an_openid_provider(run: Run, place: tuple[dict[str, str], str], client: Any) -> None:
    scope, prefix = place
    path = f"{prefix}/identity-providers"
    item = f"{path}/{{id}}"
    life = Life(run, "identity_provider", **scope)
    base = {"name": "Corporate login", "type": "OIDC"}
    made = life.step([("POST", path, {**base, "oidc_attributes": OIDC})], **base, oidc_attributes=OIDC)
    assert made is not None
    assert client.get(f"{path}/{made['id']}")["oidc_attributes"]["client_secret"] == CLIENT_SECRET

    base["status"] = "ACTIVE"
    # Attributes that stay as they are, secret included, are not sent.
    life.step([("PUT", item, {**base, "description": "For all"})], name="Corporate login", description="For all")
    base["description"] = "For all"
    changed = {**OIDC, "scopes": "openid", "claim_mapping": {"email": "mail", "name": "cn"}}
    del changed["client_secret"]
    life.step(
        [("PUT", item, {**base, "oidc_attributes": changed})],
        name="Corporate login",
        oidc_attributes={"issuer": OIDC["issuer"], "scopes": "openid", "claim_mapping": {"name": "cn"}},
    )
    life.step(
        [("PUT", item, {**base, "oidc_attributes": {**changed, "scopes": "email", "client_secret": CLIENT_SECRET}})],
        name="Corporate login",
        oidc_attributes={"issuer": OIDC["issuer"], "scopes": "email", "client_secret": CLIENT_SECRET},
    )
    life.step(
        [("PUT", item, {**base, "name": "Login", "status": "SUSPENDED", "description": ""})],
        id=made["id"],
        name="Login",
        status="SUSPENDED",
        description="",
    )
    life.step([("DELETE", item, None)], name="Login", state="absent")


@pytest.mark.since(2020)
def test_a_client_secret_is_sent_again_when_that_is_asked_for(run: Run, client: Any) -> None:
    attributes = {"issuer": OIDC["issuer"], "client_secret": SESAME}
    made = run("identity_provider", name="Login", type="OIDC", oidc_attributes=attributes)
    new = {**attributes, "client_secret": CLIENT_SECRET}
    assert not run("identity_provider", name="Login", oidc_attributes=new).changed
    checked, real = (
        run("identity_provider", name="Login", oidc_attributes=new, update_secrets="always", check=check) for check in (True, False)
    )
    assert (checked.changed, real.changed, checked.writes) == (True, True, [])
    assert real.writes == [
        (
            "PUT",
            f"/v3/identity-providers/{made.result['identity_provider']['id']}",
            {"name": "Login", "type": "OIDC", "status": "ACTIVE", "oidc_attributes": new},
        )
    ]
    for step in (made, checked, real):
        assert SESAME not in step.output
        assert CLIENT_SECRET not in step.output
    # Whether the service still has that one is not known.
    assert run("identity_provider", name="Login", oidc_attributes=new, update_secrets="always").changed
    info = run("identity_provider_info")
    assert info.result["identity_providers"][-1]["oidc_attributes"] == {"issuer": OIDC["issuer"]}
    assert CLIENT_SECRET not in info.output


@pytest.mark.since(2020)
def test_discovery(run: Run, simulator: Simulator, place: tuple[dict[str, str], str]) -> None:
    scope, _prefix = place
    # Every 30 days since 1970 providers have other keys; not in the middle of this test.
    now = datetime.fromisoformat(simulator.clock()[:19] + "+00:00").timestamp()
    simulator.clock(advance=-now % (30 * 86_400) + 86_400)
    options = {"name": "Login", "type": "OIDC", "oidc_attributes": {"issuer": OIDC["issuer"]}, "discovery": True, **scope}
    made = run("identity_provider", **options)
    assert made.sent[-1].query == {"discovery": "true"}
    assert made.result["identity_provider"]["oidc_attributes"]["jwks_uri"] == "https://login.example.com/jwks.json"
    assert not run("identity_provider", **options).changed
    changed = run("identity_provider", **options, description="For all")
    assert changed.sent[-1].query == {"discovery": "true"}

    refresh = {"name": "Login", "refresh_jwks": True, **scope}
    assert not run("identity_provider", **refresh).changed
    simulator.clock(advance=30 * 86_400)
    checked = run("identity_provider", **refresh, check=True)
    assert (checked.changed, checked.writes) == (False, [])
    assert [str(warning) for warning in checked.result["warnings"]] == [
        "Whether refresh_jwks finds other keys is only known once it is carried out."
    ]
    fresh = run("identity_provider", **refresh)
    assert fresh.changed
    before, after = (fresh.result["diff"][side]["oidc_attributes"]["keys"] for side in ("before", "after"))
    assert before != after == fresh.result["identity_provider"]["oidc_attributes"]["keys"]
    assert fresh.result["request_id"]
    assert not run("identity_provider", name="Login", state="absent", refresh_jwks=True, **scope).failed


def test_life_of_a_saml_provider(run: Run, place: tuple[dict[str, str], str]) -> None:
    scope, prefix = place
    path = f"{prefix}/identity-providers"
    item = f"{path}/{{id}}"
    life = Life(run, "identity_provider", **scope)
    base = {"name": "Partner login", "type": "SAML2"}
    made = life.step(
        [
            ("POST", path, {**base, "saml2_attributes": {"entity_descriptor": METADATA}}),
            ("POST", f"{item}/generate-sp-certificate", {"algorithm": "EC256", "validity": 30}),
        ],
        unknown=("saml2_attributes",),
        **base,
        saml2_attributes={"entity_descriptor": METADATA},
        sp_certificate="present",
        sp_certificate_algorithm="EC256",
        sp_certificate_validity=30,
    )
    assert made is not None
    known = made["saml2_attributes"]
    assert (known["idp_entity_id"], known["sso_endpoint"]) == ("urn:partner", "https://partner.example.com/in")
    assert known["sp_x509_cert"].startswith("-----BEGIN CERTIFICATE-----")

    base["status"] = "ACTIVE"
    endpoint = "https://partner.example.com/out"
    sent = {name: known[name] for name in ("idp_entity_id", "sso_endpoint", "sp_entity_id")}
    life.step(
        [("PUT", item, {**base, "saml2_attributes": {**sent, "slo_endpoint": endpoint}})],
        name="Partner login",
        saml2_attributes={"slo_endpoint": endpoint},
    )
    life.step([("POST", f"{item}/delete-sp-certificate", None)], name="Partner login", sp_certificate="absent")
    life.step([("DELETE", item, None)], name="Partner login", state="absent")


def test_a_certificate_can_be_renewed(run: Run) -> None:
    options = {"name": "Partner login", "type": "SAML2", "sp_certificate": "renewed"}
    made = run("identity_provider", **options)
    checked, again = run("identity_provider", **options, check=True), run("identity_provider", **options)
    assert (checked.changed, again.changed) == (True, True)
    assert checked.result["diff"] == again.result["diff"]
    assert again.writes[0][2] == {}
    old, new = (step.result["identity_provider"]["saml2_attributes"]["sp_x509_cert"] for step in (made, again))
    assert old != new


def test_metadata_is_sent_again_when_that_is_asked_for(run: Run) -> None:
    options = {"name": "Partner login", "type": "SAML2", "saml2_attributes": {"entity_descriptor": METADATA}}
    run("identity_provider", **options)
    assert not run("identity_provider", **options).changed
    again = run("identity_provider", **options, update_secrets="always")
    assert again.writes[0][2]["saml2_attributes"]["entity_descriptor"] == METADATA


def test_a_certificate_is_the_same_however_its_lines_are_broken(run: Run) -> None:
    certificate = "-----BEGIN CERTIFICATE-----\nQUJD\nREVG\n-----END CERTIFICATE-----\n"
    options = {"name": "Partner login", "type": "SAML2"}
    run("identity_provider", **options, saml2_attributes={"idp_x509_certs": [certificate]})
    same = certificate.strip().replace("\n", "\r\n")
    assert not run("identity_provider", **options, saml2_attributes={"idp_x509_certs": [same]}).changed
    assert run("identity_provider", **options, saml2_attributes={"idp_x509_certs": [certificate.replace("QUJD", "QUJE")]}).changed


def test_built_in_providers_stay(run: Run, client: Any) -> None:
    (native,) = client.list("/v3/identity-providers")
    assert run("identity_provider", name="Native", state="absent").result["status"] == 403
    assert run("identity_provider_info", name="Native").result["identity_providers"] == [native]


# -- what is only read


@pytest.mark.since(2020)
def test_limits(run: Run, place: tuple[dict[str, str], str]) -> None:
    scope, _prefix = place
    every = run("limitation_info", **scope).result["limitations"]
    assert len(every) == 6
    (own,) = run("limitation_info", filters={"inherited": False}, **scope).result["limitations"]
    assert own["name"] == "iam_user_limit"
    assert run("limitation_info", id=own["id"], **scope).result["limitations"] == [own]
    named = run("limitation_info", name="device_limit", fields=["limit"], **scope)
    assert named.result["limitations"] == [{"id": every[1]["id"], "limit": 100_000}]
    assert [sent.query for sent in named.sent] == [{}]


@pytest.mark.until(2019)
def test_limits_are_not_known(run: Run) -> None:
    assert run("limitation_info").result["type"] == "unrecognized_request"


def test_log_of_mails(run: Run, below: dict[str, Any], client: Any, spec: int) -> None:
    for account in ("me", below["id"]):
        log = f"/v3/accounts/{account}/notifications"
        options = {} if account == "me" else {"account_id": account}
        every = run("email_notification_info", **options)
        entries = list(client.list(log))
        # Mails hold links that let people in.
        assert every.result["email_notifications"] == [
            {name: value for name, value in entry.items() if name != "message"} for entry in entries
        ]
        assert not [entry for entry in entries if entry["message"] in every.output]
        assert run("email_notification_info", messages=True, **options).result["email_notifications"] == entries
        newest = run("email_notification_info", order="DESC", limit=1, fields=["subject"], **options)
        assert newest.result["email_notifications"] == [{"id": entries[-1]["id"], "subject": entries[-1]["subject"]}]
        one = run("email_notification_info", id=entries[0]["id"], messages=True, **options)
        assert one.result.get("email_notifications") == ([entries[0]] if spec > 2019 else None)
        assert one.sent[-1].path == f"{log}/{entries[0]['id']}"
    assert run("email_notification_info", filters={"type": "welcome"}).failed


# -- what check mode foretells


WORDS = st.sampled_from(("", "a", "Ærø \u2013 1", "x,y & 50%", "true"))
MAILS = st.sampled_from(("a@example.com", "b@example.com", "c+d@example.com"))
NAMES = st.lists(st.sampled_from(("Administrators", "Developers")), unique=True)
VALUES: Mapping[str, Mapping[str, Any]] = {
    "account": {
        "display_name": st.sampled_from(("Oslo water works", "Lisbon trams", "Graz lamps")),
        "end_market": st.sampled_from(("IT", "Lamps")),
        "city": WORDS,
        "state_or_province": WORDS,
        "phone_number": WORDS,
        "custom_fields": st.dictionaries(st.sampled_from(("a", "b")), st.sampled_from(("", "1", None)), max_size=2),
        "purge": st.booleans(),
        "idle_timeout": st.integers(1, 120),
        "mfa_status": st.sampled_from(("enforced", "optional")),
        "notification_emails": st.lists(MAILS, unique=True, max_size=3),
        "password_policy": st.fixed_dictionaries({"minimum_length": st.integers(8, 20)}),
        "admin_email": MAILS,
        "return_secret": st.just(True),
    },
    "user": {
        "email": MAILS,
        "full_name": WORDS,
        "address": WORDS,
        "phone_number": WORDS,
        "username": st.sampled_from(("night", "shift", "b.and_c")),
        "groups": NAMES,
        "membership": st.sampled_from(("exact", "add", "remove")),
        "is_marketing_accepted": st.booleans(),
        "status": st.sampled_from(("ACTIVE", "INACTIVE", "RESET")),
        "login_profiles": st.just(["Native"]),
        "password": st.just(SESAME),
        "return_secret": st.just(True),
        "state": st.sampled_from(("present", "present", "present", "absent")),
    },
    "user_invitation": {
        "email": MAILS,
        "groups": NAMES,
        "login_profiles": st.just(["Native"]),
        "valid_for_days": st.integers(1, 100),
        "state": st.sampled_from(("present", "present", "absent")),
    },
    "identity_provider": {
        "name": st.sampled_from(("a", "b")),
        "type": st.just("SAML2"),
        "description": WORDS,
        "status": st.sampled_from(("ACTIVE", "SUSPENDED")),
        "saml2_attributes": st.fixed_dictionaries(
            {},
            optional=dict.fromkeys(("idp_entity_id", "slo_endpoint", "sso_endpoint"), WORDS)
            | {"idp_x509_certs": st.lists(WORDS, max_size=2)},
        ),
        "state": st.sampled_from(("present", "present", "absent")),
    },
}
OIDC_VALUES = {
    **VALUES["identity_provider"],
    "type": st.just("OIDC"),
    "oidc_attributes": st.fixed_dictionaries(
        {"issuer": st.sampled_from(("https://a.example.com", "https://b.example.com"))},
        optional={
            **dict.fromkeys(("client_id", "jwks_uri", "scopes"), WORDS),
            "client_secret": st.just(CLIENT_SECRET),
            "token_request_mode": st.sampled_from(("POST", "GET")),
            "auto_enrollment": st.booleans(),
            "claim_mapping": st.dictionaries(st.sampled_from(("email", "name")), WORDS),
        },
    ),
}
del OIDC_VALUES["saml2_attributes"]
STORIES = [
    pytest.param("account", VALUES["account"], "display_name", id="account"),
    pytest.param("user", VALUES["user"], "email", id="user"),
    pytest.param("user_invitation", VALUES["user_invitation"], "email", id="user_invitation"),
    pytest.param("identity_provider", VALUES["identity_provider"], "name", id="identity_provider SAML"),
    pytest.param("identity_provider", OIDC_VALUES, "name", id="identity_provider OIDC", marks=pytest.mark.since(2020)),
]


@pytest.mark.parametrize(("name", "values", "key"), STORIES)
def test_check_mode_foretells_the_real_run(
    name: str, values: Mapping[str, Any], key: str, run: Run, simulator: Simulator, client: Any
) -> None:
    row = collection.declared(name).recipe.row
    tasks = st.fixed_dictionaries({key: values[key]}, optional={option: value for option, value in values.items() if option != key})

    def there() -> list[dict[str, Any]]:
        return list(client.list(row.collection({})))

    @given(st.lists(tasks, min_size=2, max_size=4))
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    def law(story: list[dict[str, Any]]) -> None:
        simulator.reset()
        for options in story:
            before = there()
            foretold = run(name, check=True, **options)
            assert there() == before
            done = run(name, **options)
            after = there()
            if foretold.failed:
                assert (done.failed, done.msg, after) == (True, foretold.msg, before)
                continue
            if done.failed:
                # Only the service knows what it refuses, such as a user name that is taken.
                assert done.result["status"] in (400, 409)
                continue
            assert (done.changed, done.result["diff"]) == (foretold.changed, foretold.result["diff"])
            changed = [item for item in after if item not in before] + [
                item for item in before if item["id"] not in {one["id"] for one in after}
            ]
            assert len(changed) == int(done.changed)
            now = done.result[name]
            if now is not None:
                hidden = (*STAMPS, *row.write_only, *row.secrets)
                assert contains(now, collection.util("resource").without(foretold.result[name], hidden))
            assert CLIENT_SECRET not in done.output
            again = run(name, **options)
            assert (again.changed, again.result[name], there()) == (False, now, after)

    law()
