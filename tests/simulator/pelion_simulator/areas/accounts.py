# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts, those below them, and what they are entitled to. Facts are those of the vendor's OpenAPI descriptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from .. import clock
from ..answers import Answer, duplicate, invalid
from ..filters import Condition, names
from ..fleet import DAY, FIRST, HOUR, Fleet, stamp
from ..identity import make_id
from ..table import Document, Field, Filter, Handler, Resource
from . import identity_providers, mails, users
from .access import ADMINISTRATORS, POLICY_GROUPS, built_in, make_api_key

if TYPE_CHECKING:
    from ..engine import Call, Engine

MODELS = ("active_device_business_model", "api_calls_1_business_model")
RECOVERY = 30
PASSWORDS = {"minimum_length": 8}
"""The password policy of a new account. Not null: the vendor's SDK would send an empty object back."""
"""Minutes for which a mail to set a new password is good, unless the account says otherwise."""

_STRING = Field("string")
_TIME = Field("string", format="date-time")
_TEXT = Field("string", io="CUR", max=100, nullable=True)
_EMAIL = Field("string", io="CUR", pattern=users.EMAIL, nullable=True)
_NULL = Field("string", nullable=True)
_LIST = Field("list", nullable=True)

_ADMINISTRATOR = ("admin_email", "admin_full_name", "admin_id", "admin_key", "admin_name", "admin_password")
_OF_OTHERS = ("business_model", "contract_number", "customer_number", "sales_contact")
"""What an account cannot change of itself (AccountUpdateReq lacks it)."""


def _plain(engine: Engine, account: Document) -> Document:
    """An account with what needs not be asked for."""
    hidden = ACCOUNTS.hidden(engine.spec)
    return {name: value for name, value in account.items() if name not in hidden}


def _seen(engine: Engine, call: Call, account: Document) -> Document:
    """An account as that year shows it, with what `include` asks for."""
    wanted = {name for key, value in call.query if key == "include" for name in names(value)}
    if "sub_accounts" in wanted:
        account["sub_accounts"] = [_plain(engine, one) for one in engine.store.select(ACCOUNTS, parent_id=account["id"])]
    if "history" not in wanted:
        for one in (account, *account.get("sub_accounts", ())):
            for name in ("business_model_history", "tier_history"):
                one.pop(name, None)
    return account if engine.spec > 2019 else dict.fromkeys(_ADMINISTRATOR) | account


ACCOUNTS = Resource(
    name="accounts",
    object="account",
    operations={"get": "getAccountInfo", "me": "getMyAccountInfo"},
    me="account",
    page_size=1000,
    counted=True,
    fields={
        "address_line1": _TEXT,
        "address_line2": _TEXT,
        "admin_email": Field("string", io="C", pattern=users.EMAIL),
        "admin_full_name": Field("string", io="C", max=100),
        "admin_name": Field("string", io="C", pattern=users.USERNAME),
        "admin_password": Field("string", io="C"),
        "aliases": Field(
            "list", io="CUR", default=[], entries=10, items=Field("string", pattern=r"[\w\-._]{8,100}"), nullable=True, indexed=True
        ),
        "business_model": Field("string", io="CUR", default=MODELS[0], enum=MODELS, since=2020),
        "business_model_history": Field("list", default=[], since=2020),
        "city": _TEXT,
        "company": _TEXT,
        "contact": _TEXT,
        "contract_number": _TEXT,
        "country": _TEXT,
        "created_at": _TIME,
        "custom_fields": Field("map", io="UR", entries=10, nullable=True),
        "customer_number": _TEXT,
        "display_name": _TEXT,
        "email": _EMAIL,
        "end_market": Field("string", io="C!UR", max=100),
        "etag": _STRING,
        "expiration": Field("string", format="date-time", nullable=True),
        "expiration_warning_threshold": Field("integer", io="UR", least=1, most=180, nullable=True),
        "id": _STRING,
        "idle_timeout": Field("integer", io="UR", least=1, most=120, nullable=True),
        "limitations": Field("list", default=[], since=2020),
        "limits": Field("map", nullable=True),
        "mfa_status": Field("string", io="UR", nullable=True, enum=("enforced", "optional")),
        "notification_emails": Field("list", io="UR", nullable=True, items=Field("string", pattern=users.EMAIL)),
        "object": _STRING,
        # What lists are filtered by under this name.
        "parent": Field("string", io=""),
        "parent_account": Field("object", nullable=True),
        "parent_id": Field("string", nullable=True, indexed=True),
        "password_policy": Field("object", io="UR", nullable=True, parts={"minimum_length": Field("integer", io="U!R", least=8, most=512)}),
        "password_recovery_expiration": Field("integer", io="UR", default=RECOVERY, least=1, most=45, nullable=True),
        "phone_number": _TEXT,
        "policies": _LIST,
        "postal_code": _TEXT,
        "reason": _NULL,
        "reference_note": _NULL,
        "sales_contact": Field("string", io="UR", pattern=users.EMAIL, nullable=True),
        "state": _TEXT,
        "status": Field("string", default="ACTIVE", enum=("ENROLLING", "ACTIVE", "RESTRICTED", "SUSPENDED")),
        "sub_accounts": _LIST,
        "template_id": _NULL,
        "tier": Field("string", default="1"),
        "tier_history": Field("list", default=[], since=2020),
        "updated_at": _TIME,
        "upgraded_at": _TIME,
    },
    filters={
        "country": Filter(("like",), ()),
        "end_market": Filter(("eq",), ()),
        "parent": Filter(("eq",), ()),
        "status": Filter(("eq", "in", "nin"), ()),
        "tier": Filter(("eq",), ()),
    },
    on_request=("limits", "policies", "sub_accounts", "history"),
    parameters={"list": ("format", "properties"), "get": ("properties",), "me": ("properties",)},
    view=_seen,
)


def _refuse_aliases(engine: Engine, body: Document, id_: str) -> None:
    """Raise ApiError where an alias is that of another account than the one with this id; before 2020 409 was not documented."""
    for alias in body.get("aliases") or ():
        for other in engine.store.having(ACCOUNTS, Condition("aliases", "eq", ("",), key=alias)):
            if other["id"] != id_:
                raise invalid({"aliases": "is taken"}) if engine.spec == 2019 else duplicate(ACCOUNTS.object, "aliases")


def _list(engine: Engine, call: Call) -> Answer:
    if dict(call.query).get("format", "breakdown") != "breakdown":
        raise invalid({"format": "must be breakdown"})
    return engine.page(ACCOUNTS, call, [Condition("parent_id", "eq", (call.sender.account_id,))])


def _body(engine: Engine, call: Call, side: str, current: Document | None = None) -> Document:
    """The body; null sets fields that answers never show as null to what they are at first."""
    body = engine.body(ACCOUNTS, call, side, current)
    return {name: ACCOUNTS.fields[name].default if value is None else value for name, value in body.items()}


def _create(engine: Engine, call: Call) -> Answer:
    action = call.arguments("action").get("action", "create")
    if action not in ("create", "enroll"):
        raise invalid({"action": "must be create or enroll"})
    body = _body(engine, call, "C")
    _refuse_aliases(engine, body, "")
    given = {name: body.pop(name, None) for name in _ADMINISTRATOR}
    parent = engine.existing(ACCOUNTS, call, call.sender.account_id)
    account = engine.blank(ACCOUNTS) | body | _below(parent)
    account |= {"password_policy": PASSWORDS, "template_id": parent["template_id"]}
    account["status"] = "ENROLLING" if action == "enroll" else "ACTIVE"
    engine.save(ACCOUNTS, {}, account)
    engine.emit("account.created", account)
    administrator = _administrator(engine, call, account, given, action)
    return engine.tell(_seen(engine, call, _plain(engine, account)) | administrator, 201)


def _below(parent: Document) -> Document:
    """What an account shows of the one above it."""
    contact = {"id": parent["id"], "admin_email": parent["email"], "admin_name": parent["contact"]}
    return {"parent": parent["id"], "parent_id": parent["id"], "parent_account": contact}


def _administrator(engine: Engine, call: Call, account: Document, given: Document, action: str) -> Document:
    """Make the first user of a new account. Returns what only the answer to the creation tells."""
    (group,) = engine.store.select(POLICY_GROUPS, account_id=account["id"], name="Administrators")
    email = given["admin_email"] or account["email"] or f"admin@{account['id'][:12]}.example.com"
    password = given["admin_password"]
    status = "ENROLLING" if action == "enroll" else "ACTIVE" if password else "RESET"
    for known in engine.store.select(users.USERS, email=email):
        # Somebody who is a user elsewhere stays as before.
        status = known["status"]
    fields = {"email": email, "username": given["admin_name"] or "admin", "full_name": given["admin_full_name"], "groups": [group["id"]]}
    user = users.make_user(engine, account["id"], fields, status, password=action == "create")
    told = {"admin_email": email, "admin_full_name": user["full_name"], "admin_id": user["id"], "admin_name": user["username"]}
    if action == "enroll":
        words = f"Finish your registration at {call.origin}/#enroll/{user['id']}."
        mails.send(engine, account["id"], "account_enrollment", email, "Your new account", words)
        told["admin_password"] = None
    else:
        told["admin_password"] = password or users.new_password(engine, user["id"])
    key = None
    if engine.spec < 2021:
        _document, key = make_api_key(engine, account["id"], "First key", owner=user["id"], groups=[group["id"]])
    return told | {"admin_key": key}


def _update(engine: Engine, call: Call) -> Answer:
    mine = "account_id" not in call.parameters
    current = engine.myself(ACCOUNTS, call) if mine else engine.existing(ACCOUNTS, call)
    call.arguments()
    body = _body(engine, call, "U", current)
    if mine and (wrong := {name: "can be set by the account above only" for name in body if name in _OF_OTHERS}):
        raise invalid(wrong)
    _refuse_aliases(engine, body, current["id"])
    account = engine.touched(ACCOUNTS, current | body)
    if account["business_model"] != current["business_model"]:
        entry = {"business_model": account["business_model"], "updated_at": account["updated_at"]}
        account["business_model_history"] = [*current["business_model_history"], entry]
    engine.save(ACCOUNTS, current, account)
    return engine.shown(200, ACCOUNTS, account, call)


# --- limitations ---

LIMITATIONS = Resource(
    name="limitations",
    object="limitation",
    operations={"get": ("getAccountLimitation", "aggregatorGetAccountLimitation")},
    id_pattern="",
    tenant=True,
    paged=False,
    counted=True,
    fields={
        "account_id": Field("string", io=""),
        "billing_period": Field("integer"),
        "created_at": _TIME,
        "description": _STRING,
        "etag": _STRING,
        "id": _STRING,
        "inherited": Field("boolean"),
        "inherited_from": _STRING,
        "inherited_type": _STRING,
        "inherited_value": Field("object", since=2021),
        "limit": Field("integer"),
        "name": _STRING,
        "object": _STRING,
        "quota": Field("integer"),
        "updated_at": _TIME,
    },
    parameters={"list": ("inherited__eq",)},
)
LIMITS = {
    "developer_certificate_limit": ("How many developer certificates the account may have", 1000, 0),
    "device_limit": ("How many devices the account may have", 100_000, 0),
    "firmware_update_quota": ("How many firmware updates the account may do", 0, 50_000),
    "iam_application_limit": ("How many applications the account may have", 25, 0),
    "iam_user_limit": ("How many users the account may have", 100, 0),
    "trust_anchor_limit": ("How many trust anchors the account may have", 1, 0),
}
"""What an account may use, by name: description, limit, quota in a billing period."""


def _list_limitations(engine: Engine, call: Call) -> Answer:
    """False asks for those of the account itself; true asks for the inherited ones as well, so for all."""
    value = dict(call.query).get("inherited__eq", "true").lower()
    if value not in ("true", "false"):
        raise invalid({"inherited__eq": "must be true or false"})
    return engine.page(LIMITATIONS, call, [Condition("inherited", "eq", (False,))] if value == "false" else [])


def limitations(account_id: str, created: int, template: str) -> list[Document]:
    """What an account is entitled to: mostly by the template of its tier. `created`: a time from which on nothing else was."""
    made = []
    for number, (name, (description, limit, quota)) in enumerate(LIMITS.items()):
        own = name == "iam_user_limit"
        parent = {"limit": limit, "quota": quota, "billing_period": 1}
        made.append(
            stamp(LIMITATIONS.object, created + number)
            | parent
            | {
                "account_id": account_id,
                "description": description,
                "inherited": not own,
                "name": name,
                **({"limit": 2 * limit} if own else {"inherited_from": template, "inherited_type": "tier_template"}),
                "inherited_value": parent,
            }
        )
    return made


def _begin(engine: Engine, account: Document) -> None:
    """What every account has from the start."""
    engine.store.put(identity_providers.IDENTITY_PROVIDERS, identity_providers.built_in(account["id"], engine.clock.now()))
    for limitation in limitations(account["id"], engine.clock.reserve(len(LIMITS)), account["template_id"]):
        engine.store.put(LIMITATIONS, limitation)


# --- what the area brings ---

ROWS = (ACCOUNTS, LIMITATIONS)
OPERATIONS: Mapping[str, Handler] = {
    "getAllAccounts": _list,
    "createAccount": _create,
    **dict.fromkeys(("updateAccount", "updateMyAccount"), _update),
    **dict.fromkeys(("getAccountLimitations", "aggregatorGetAccountLimitations"), _list_limitations),
}
LISTENERS = {"account.created": _begin}

DEVELOPERS = built_in("", FIRST - 90 * DAY + HOUR)[1]["id"]
"""The group of developers of the first account."""
TEMPLATE = make_id(FIRST - 100 * DAY)
"""The template that says what commercial accounts may use."""
BELOW = (
    ("Oslo water works", "oslo-water-works", "Norway", "Smart City", "ACTIVE"),
    ("Lisbon trams", "lisbon-trams", "Portugal", "Transport", "ACTIVE"),
    ("Turin cold chain", "turin-cold-chain", "Italy", "Retail", "SUSPENDED"),
)
"""The accounts below the first one."""
MAILS = (("account_created", "Welcome"), ("terms_changed", "New terms"), ("certificate_expires", "A certificate expires soon"))
"""The mails in the log of each account."""


def _account(created: int, name: str, alias: str, country: str, market: str, status: str = "ACTIVE") -> Document:
    account: Document = {field: None for field, spec in ACCOUNTS.fields.items() if spec.nullable and "R" in spec.io}
    return account | {
        **stamp(ACCOUNTS.object, created),
        "address_line1": "Quay 1",
        "aliases": [alias],
        "business_model": MODELS[0],
        "business_model_history": [{"business_model": MODELS[0], "updated_at": clock.text(created)}],
        "company": name,
        "contact": "Operations",
        "country": country,
        "display_name": name,
        "email": f"contact@{alias}.example.com",
        "end_market": market,
        "idle_timeout": 30,
        "limitations": [],
        "limits": {"iam_user_api_key_limit": "10"},
        "mfa_status": "optional",
        "password_policy": PASSWORDS,
        "password_recovery_expiration": RECOVERY,
        "policies": [{"action": "", "allow": True, "feature": "device-management", "inherited": True, "resource": "*"}],
        "status": status,
        "sub_accounts": [],
        "template_id": TEMPLATE,
        "tier": "1",
        "tier_history": [{"tier": "1", "updatedAt": clock.text(created)}],
        "upgraded_at": clock.text(created),
    }


def seed(fleet: Fleet) -> Iterable[tuple[Resource, Iterable[Document]]]:
    """The first account, the accounts below it, and what they have from the start."""
    begin = FIRST - 90 * DAY
    first = _account(begin, "Simulated fleet", "simulated-fleet", "Norway", "IT")
    accounts, people = [first], _people(begin, first, ADMINISTRATORS, DEVELOPERS)
    for number, words in enumerate(BELOW, 1):
        created = begin + number * DAY
        account = _account(created, *words) | _below(first)
        groups = built_in(account["id"], created + HOUR)
        yield POLICY_GROUPS, groups
        accounts.append(account)
        people += _people(created, account, *(group["id"] for group in groups))
    # What every account has, each of another time.
    entitled, providers, log = [], [], []
    for number, account in enumerate(accounts):
        created = begin + number * DAY + 3 * HOUR
        entitled += limitations(account["id"], created, TEMPLATE)
        providers.append(identity_providers.built_in(account["id"], created))
        for place, (kind, subject) in enumerate(MAILS):
            mail = mails.told(kind, account["email"], subject, f"https://portal.example.com/#{kind}/{account['id']}")
            log.append(mails.entry(created + place, account["id"]) | mail)
    log[-1] |= mails.UNSENT
    yield ACCOUNTS, accounts
    yield users.USERS, people
    yield LIMITATIONS, entitled
    yield identity_providers.IDENTITY_PROVIDERS, providers
    yield mails.NOTIFICATIONS, log


def _people(begin: int, account: Document, administrators: str, developers: str) -> list[Document]:
    """The users of an account of a new state."""
    domain = account["email"].partition("@")[2]
    kinds: tuple[tuple[str, str, list[str], str], ...] = (
        ("admin", "Administrator", [administrators], "ACTIVE"),
        ("developer", "Developer", [developers], "ACTIVE"),
        ("former", "Guest", [], "INACTIVE"),
    )
    return [
        users.seeded(begin + 2 * HOUR + place, account["id"], f"{name}@{domain}", words, groups, status)
        for place, (name, words, groups, status) in enumerate(kinds)
    ]
