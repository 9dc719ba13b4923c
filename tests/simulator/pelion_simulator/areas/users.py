# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users of accounts and invitations of users. Facts are those of the vendor's OpenAPI descriptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from .. import auth, clock
from ..answers import Answer, ApiError, bad_request, invalid
from ..filters import Condition
from ..fleet import DAY, stamp
from ..identity import digest
from ..table import Document, Field, Filter, Handler, Resource
from . import mails
from .access import groups_known, memberships
from .identity_providers import profiles

if TYPE_CHECKING:
    from ..engine import Call, Engine

VALID_DAYS = 30
"""How long an invitation can be accepted where it does not say."""
SHORTEST = 8
"""Characters of a password, unless the account's policy says otherwise."""
VALIDATION = 300
"""Seconds after which a user follows the link in a mail that asks to confirm the address."""

EMAIL = r"(?=.{3,254}$).+@.+"
USERNAME = r"[\w\-,._@+=]{4,30}"
_STRING = Field("string")
_TIME = Field("string", format="date-time")
_MOMENT = Field("integer")
_TEXT = Field("string", io="CUR", max=100, nullable=True)
_GROUPS = Field("list", io="CUR", default=[], items=_STRING, indexed=True)
_PROFILE = Field(
    "object",
    parts={"id": Field("string", io="C!U!R"), "name": _STRING, "type": _STRING, "foreign_id": _STRING},
)
_PROFILE_IDS = Field("list", io="", default=[], indexed=True)


def _forget(engine: Engine, user: Document) -> None:
    if user["status"] == "ACTIVE":
        raise bad_request("An active user cannot be deleted.")
    _leave(engine, user)


def _leave(engine: Engine, user: Document) -> None:
    """Take back what a user who goes had got."""
    auth.withdraw(engine, user["id"])
    for invitation in list(engine.store.select(INVITATIONS, user_id=user["id"])):
        engine.save(INVITATIONS, invitation, {})


def _as_of_year(engine: Engine, call: Call, user: Document) -> Document:
    if engine.spec > 2019:
        return user
    sessions = [{name: value for name, value in session.items() if name != "created_at"} for session in user["active_sessions"]]
    return user | {"active_sessions": sessions}


USERS = Resource(
    name="users",
    object="user",
    operations={
        "get": ("getUser", "getAccountUser"),
        "delete": ("deleteUser", "deleteAccountUser"),
    },
    tenant=True,
    me="user_token",
    counted=True,
    fields={
        "account_id": _STRING,
        "active_sessions": Field("list", default=[]),
        "address": _TEXT,
        "created_at": _TIME,
        "creation_time": _MOMENT,
        "custom_fields": Field("map", nullable=True),
        "email": Field("string", io="C!UR", pattern=EMAIL, indexed=True),
        "email_verified": Field("boolean", default=False),
        "etag": _STRING,
        "full_name": _TEXT,
        "groups": _GROUPS,
        "id": _STRING,
        "is_gtc_accepted": Field("boolean", io="CUR", default=False),
        "is_marketing_accepted": Field("boolean", io="CUR", default=False),
        "is_totp_enabled": Field("boolean", io="UR", default=False),
        "last_login_time": _MOMENT,
        "login_history": Field("list", default=[]),
        "login_profiles": Field("list", io="CUR", nullable=True, items=_PROFILE),
        "object": _STRING,
        "password": Field("string", io="CR"),
        "password_changed_time": _MOMENT,
        "phone_number": _TEXT,
        "profile_ids": _PROFILE_IDS,
        "status": Field("string", io="UR", enum=("ENROLLING", "INVITED", "ACTIVE", "RESET", "INACTIVE"), indexed=True),
        "totp_scratch_codes": Field("list"),
        "updated_at": _TIME,
        "username": Field("string", io="CUR", pattern=USERNAME, nullable=True, indexed=True),
    },
    filters={"email": Filter(("eq",), ()), "status": Filter(("eq", "in", "nin"), ())},
    parameters={"list": ("login_profiles__eq",)},
    unique=("email", "username"),
    before_delete=_forget,
    view=_as_of_year,
)


def _profile_filter(call: Call) -> list[Condition]:
    """The conditions of login_profiles__eq: a profile has that id."""
    return [Condition("profile_ids", "eq", ("",), key=value) for name, value in call.query if name == "login_profiles__eq"]


def with_profiles(engine: Engine, document: Document) -> Document:
    """A user or invitation with what is known of the identity providers that it names. Raises ApiError."""
    found = profiles(engine, document["account_id"], document.get("login_profiles"))
    return document | {"login_profiles": found or None, "profile_ids": [profile["id"] for profile in found]}


# --- users ---


def make_user(engine: Engine, account_id: str, fields: Document, status: str, password: bool = True) -> Document:
    """Make a user. `password`: whether the user has one.

    Raises ApiError for groups and identity providers that are not there, and where the account may have no further user.
    """
    for limit in engine.store.select(engine.rows["limitations"], account_id=account_id, name="iam_user_limit"):
        if sum(1 for _user in engine.store.select(USERS, account_id=account_id)) >= limit["limit"]:
            raise ApiError(403, "account_limit_exceeded", f"The account may have {limit['limit']} users.")
    user = engine.blank(USERS) | fields | {"account_id": account_id, "status": status}
    user["creation_time"] = clock.moment(user["created_at"]) // 1000
    if password:
        user["password_changed_time"] = user["creation_time"]
    groups_known(engine, user)
    user = with_profiles(engine, user)
    engine.save(USERS, {}, user)
    return user


def new_password(engine: Engine, *salt: object) -> str:
    """A password as the service makes them up."""
    return digest(engine.seed, "password", *salt)[:20]


def _action(call: Call, *known: str) -> str:
    action = call.arguments("action").get("action", known[0])
    if action not in known:
        raise invalid({"action": "must be " + " or ".join(known)})
    return action


def _create_user(engine: Engine, call: Call) -> Answer:
    action = _action(call, "create", "invite")
    body = engine.body(USERS, call, "C")
    engine.refuse_taken(USERS, call, body)
    password = body.pop("password", None)
    account = engine.store.get(engine.rows["accounts"], call.account_id) or {}
    shortest = (account.get("password_policy") or {}).get("minimum_length", SHORTEST)
    if password and len(password) < shortest:
        raise invalid({"password": f"must have {shortest} characters at least"})
    if action == "invite":
        user = make_user(engine, call.account_id, body, "INVITED", password=False)
        _invite(engine, user, {"groups": user["groups"], "login_profiles": user["login_profiles"]}, VALID_DAYS)
        return engine.shown(201, USERS, user, call)
    user = make_user(engine, call.account_id, body, "ACTIVE" if password else "RESET")
    # One that was made up has to be told.
    told = {} if password else {"password": new_password(engine, user["id"])}
    return engine.shown(201, USERS, user | told, call)


def _scratch_codes(engine: Engine, user: Document) -> Document:
    """The codes for a user who lost the second factor, made anew."""
    noise = digest(engine.seed, "codes", user["id"], engine.clock.now())
    return {"totp_scratch_codes": [noise[at : at + 8] for at in range(0, 40, 8)]}


def _update_user(engine: Engine, call: Call) -> Answer:
    current = engine.existing(USERS, call) if "user_id" in call.parameters else engine.myself(USERS, call)
    call.arguments()
    mine = call.sender.kind == USERS.me and call.sender.subject == current["id"]
    body = engine.body(USERS, call, "U", current)
    wrong = {}
    if body.get("email", current["email"]) != current["email"] and not mine:
        wrong["email"] = "can be changed by the user only"
    if body.get("is_totp_enabled") and not current["is_totp_enabled"] and not mine:
        wrong["is_totp_enabled"] = "can be switched on by the user only"
    if body.get("login_profiles") == []:
        wrong["login_profiles"] = "may not be empty"
    # The vendor's SDK sends the null back that it has read.
    if body.get("login_profiles", True) is None:
        del body["login_profiles"]
    if wrong:
        raise invalid(wrong)
    if body.get("status", current["status"]) != current["status"] and _managed(engine, call):
        raise ApiError(403, "access_denied", "Only an account that manages others can change the status of users.")
    engine.refuse_taken(USERS, call, body, current)
    user = engine.touched(USERS, current | body)
    groups_known(engine, user)
    user = with_profiles(engine, user)
    engine.save(USERS, current, user)
    auth.change(engine, user["id"], status="INACTIVE" if user["status"] == "INACTIVE" else "ACTIVE")
    switched_on = user["is_totp_enabled"] and not current["is_totp_enabled"]
    return engine.shown(200, USERS, user | (_scratch_codes(engine, user) if switched_on else {}), call)


def _managed(engine: Engine, call: Call) -> bool:
    """Whether the sender's account is one that another manages."""
    account = engine.store.get(engine.rows["accounts"], call.sender.account_id) or {}
    return bool(account.get("parent_id"))


def _list_users(engine: Engine, call: Call) -> Answer:
    return engine.page(USERS, call, _profile_filter(call))


def _my_user(engine: Engine, call: Call) -> Answer:
    user = engine.myself(USERS, call)
    asked = call.arguments("scratch_codes", "properties")
    codes = _scratch_codes(engine, user) if asked.get("scratch_codes", "false").lower() == "true" else {}
    return engine.shown(200, USERS, user | codes, call)


def _remove_user(engine: Engine, call: Call) -> Answer:
    user = engine.existing(USERS, call)
    call.arguments()
    if user["id"] == call.sender.subject:
        raise bad_request("Users cannot remove themselves.")
    _leave(engine, user)
    engine.save(USERS, user, {})
    return Answer(204)


def _validate_email(engine: Engine, call: Call) -> Answer:
    user = engine.existing(USERS, call)
    call.arguments()
    link = f"{call.origin}/#validate/{digest(engine.seed, 'link', user['id'])[:32]}"
    mails.send(engine, user["account_id"], "email_validation", user["email"], "Confirm your address", f"Follow this link: {link}")
    engine.schedule(VALIDATION, "user.validated", id=user["id"])
    return Answer(204)


def _validated(engine: Engine, payload: Document) -> None:
    user = engine.store.get(USERS, payload["id"])
    if user:
        engine.save(USERS, user, engine.touched(USERS, user | {"email_verified": True}))


# --- invitations ---


def _take_back(engine: Engine, invitation: Document) -> None:
    """A user who is there only because of an invitation goes with it."""
    user = engine.store.get(USERS, invitation["user_id"])
    if user and user["status"] == "INVITED":
        engine.save(USERS, user, {})


INVITATIONS = Resource(
    name="user-invitations",
    object="user-invitation",
    operations={
        "get": ("getInvitation", "getAccountInvitation"),
        "delete": ("deleteInvitation", "deleteAccountInvitation"),
    },
    tenant=True,
    counted=True,
    fields={
        "account_id": _STRING,
        "created_at": _TIME,
        "email": Field("string", io="C!R", pattern=EMAIL, indexed=True),
        "etag": _STRING,
        "expiration": _TIME,
        "groups": Field("list", io="CR", default=[], items=_STRING),
        "id": _STRING,
        "login_profiles": Field("list", io="CR", items=_PROFILE),
        "object": _STRING,
        "profile_ids": _PROFILE_IDS,
        "updated_at": _TIME,
        "user_id": Field("string", indexed=True),
        "valid_for_days": Field("integer", io="C", least=1, most=100),
    },
    parameters={"list": ("login_profiles__eq",)},
    before_delete=_take_back,
)


def _invite(engine: Engine, user: Document, fields: Document, days: int) -> Document:
    """Write an invitation down, send it, and see to its end."""
    invitation = engine.blank(INVITATIONS) | fields
    invitation |= {"account_id": user["account_id"], "email": user["email"], "user_id": user["id"]}
    invitation["expiration"] = clock.text(clock.moment(invitation["created_at"]) + days * DAY)
    groups_known(engine, invitation)
    invitation = with_profiles(engine, invitation)
    engine.save(INVITATIONS, {}, invitation)
    words = f"Accept with the code {digest(engine.seed, 'code', invitation['id'])[:12]}."
    mails.send(engine, user["account_id"], "user_invitation", user["email"], "You are invited", words)
    engine.schedule(days * 86_400, "invitation.expire", id=invitation["id"])
    return invitation


def _create_invitation(engine: Engine, call: Call) -> Answer:
    call.arguments()
    body = engine.body(INVITATIONS, call, "C")
    days = body.pop("valid_for_days", VALID_DAYS)
    known = list(engine.store.select(USERS, account_id=call.account_id, email=body["email"]))
    user = known[0] if known else make_user(engine, call.account_id, body, "INVITED", password=False)
    return engine.shown(201, INVITATIONS, _invite(engine, user, body, days), call)


def _list_invitations(engine: Engine, call: Call) -> Answer:
    return engine.page(INVITATIONS, call, _profile_filter(call))


def _expire(engine: Engine, payload: Document) -> None:
    invitation = engine.store.get(INVITATIONS, payload["id"])
    if invitation:
        engine.delete(INVITATIONS, invitation)


# --- what the area brings ---

ROWS = (USERS, INVITATIONS)
OPERATIONS: Mapping[str, Handler] = {
    **dict.fromkeys(("getAllUsers", "getAllAccountUsers"), _list_users),
    **dict.fromkeys(("createUser", "createAccountUser"), _create_user),
    **dict.fromkeys(("updateUser", "updateAccountUser", "updateMyUser"), _update_user),
    "getMyUser": _my_user,
    **dict.fromkeys(("removeUserFromAccount", "removeAccountUserFromAccount"), _remove_user),
    "validateAccountUserEmail": _validate_email,
    **memberships(
        USERS,
        ("getGroupsOfUser", "getGroupsOfAccountUser"),
        ("addUserToGroups", "addUserToListedGroups", "addAccountUserToGroups", "addAccountUserToListedGroups"),
        ("removeUserFromGroups", "removeUserFromListedGroups", "removeAccountUserFromGroups", "removeAccountUserFromListedGroups"),
    ),
    **dict.fromkeys(("getAllInvitations", "getAllAccountInvitations"), _list_invitations),
    **dict.fromkeys(("createInvitation", "createAccountInvitation"), _create_invitation),
}
TASKS = {"user.validated": _validated, "invitation.expire": _expire}


def seeded(created: int, account_id: str, email: str, full_name: str, groups: Iterable[str], status: str = "ACTIVE") -> Document:
    """A user of a new state, who has logged in unless invited only."""
    user = stamp(USERS.object, created) | {
        "account_id": account_id,
        "active_sessions": [],
        "address": None,
        "creation_time": created // 1000,
        "custom_fields": None,
        "email": email,
        "email_verified": status == "ACTIVE",
        "full_name": full_name,
        "groups": list(groups),
        "is_gtc_accepted": status == "ACTIVE",
        "is_marketing_accepted": False,
        "is_totp_enabled": False,
        "login_history": [],
        "login_profiles": None,
        "phone_number": None,
        "profile_ids": [],
        "status": status,
        "username": email.partition("@")[0].replace("+", "."),
    }
    if status != "ACTIVE":
        return user
    login = created + DAY
    device = {"ip_address": "192.0.2.7", "user_agent": "Mozilla/5.0"}
    return user | {
        "active_sessions": [
            {
                "account_id": account_id,
                "created_at": clock.text(login),
                "login_time": clock.text(login),
                "object": "user-session",
                "reference_token": digest("session", user["id"]),
                **device,
            }
        ],
        "last_login_time": login // 1000,
        "login_history": [{"date": clock.text(login), "success": True, **device}],
        "password_changed_time": created // 1000,
    }


def _user_behind(engine: Engine, token: Document) -> None:
    """A token of a user that is made on request needs a user."""
    if token["kind"] == USERS.me:
        created = clock.moment(token["created_at"])
        user = seeded(created, token["account_id"], f"user-{token['subject'][-8:]}@example.com", "Made on request", ())
        engine.save(USERS, {}, user | {"id": token["subject"]})


LISTENERS = {"token.made": _user_behind}
