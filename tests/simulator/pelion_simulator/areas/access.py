# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what: applications, access keys, API keys, policy groups.

Facts are those of the vendor's OpenAPI descriptions; the limits, the names that are unique and the form of keys those of the vendor's pages
"Application access" and "Access keys". A group's members are not kept with it: each of them has the group's id in its `groups`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from .. import auth, clock
from ..answers import Answer, ApiError, invalid
from ..engine import Call, Engine
from ..filters import Condition, Listing
from ..fleet import DAY, FIRST, HOUR, Fleet, stamp
from ..identity import ID, PRIVATE, make_id, make_token
from ..table import Document, Field, Filter, Handler, Resource

APPLICATIONS_FREE, APPLICATIONS_COMMERCIAL = 4, 25
"""How many applications an account may have, by its tier."""
SETTINGS = {"access_keys_per_application": 2}
BUILT_IN = ("Administrators", "Developers")
"""The groups that every account has from the start; they stay."""
ACTIVE, INACTIVE, EXPIRED = "ACTIVE", "INACTIVE", "EXPIRED"

_STRING = Field("string")
_TIME = Field("string", format="date-time")
_NAME = Field("string", io="C!U!R", max=100, indexed=True)
_TEXT = Field("string", io="CUR", max=500)
_STATUS = Field("string", io="CUR", default=ACTIVE, enum=(ACTIVE, INACTIVE))
_GROUPS = Field("list", io="CUR", default=[], items=Field("string"), indexed=True)
_EQUAL = Filter(("eq",), ())


def groups_known(engine: Engine, document: Document) -> None:
    """Raise ApiError where an object names groups that its account does not have."""
    if unknown := [id_ for id_ in document["groups"] if _group(engine, document["account_id"], id_) is None]:
        raise invalid({"groups": f"has {unknown[0]}, which is no group of this account"})


def _group(engine: Engine, account_id: str, id_: str) -> Document | None:
    group = engine.store.get(POLICY_GROUPS, id_)
    return group if group and group["account_id"] == account_id else None


def _with_use(engine: Engine, call: Call, document: Document) -> Document:
    """An application or access key with the time of its last use."""
    used = auth.last_used(engine, document["id"])
    return document if used is None else document | {"last_used_at": clock.text(used)}


# --- applications ---


def _name_free(engine: Engine, application: Document) -> None:
    """No status is documented for a name that is taken; the answers are those to other bad input."""
    for other in engine.store.select(APPLICATIONS, account_id=application["account_id"], name=application["name"]):
        if other["id"] != application["id"]:
            raise invalid({"name": "is taken"})


def _check_new_application(engine: Engine, application: Document) -> None:
    _name_free(engine, application)
    groups_known(engine, application)
    account = engine.store.get(engine.rows["accounts"], application["account_id"]) or {}
    most = APPLICATIONS_FREE if account.get("tier") == "0" else APPLICATIONS_COMMERCIAL
    if sum(1 for _other in engine.store.select(APPLICATIONS, account_id=application["account_id"])) >= most:
        raise ApiError(403, "account_limit_exceeded", f"The account may have {most} applications.")


def _application_changed(engine: Engine, application: Document) -> None:
    _name_free(engine, application)
    groups_known(engine, application)
    for key in list(engine.store.select(ACCESS_KEYS, application_id=application["id"])):
        _settle(engine, key, application)
    if application["status"] == INACTIVE:
        engine.emit("application.inactive", application)


def _remove_keys(engine: Engine, application: Document) -> None:
    for key in list(engine.store.select(ACCESS_KEYS, application_id=application["id"])):
        engine.delete(ACCESS_KEYS, key)
    engine.emit("application.inactive", application)


APPLICATIONS = Resource(
    name="applications",
    object="application",
    operations={
        "list": ("getAllApplications", "getAllAccountApplications"),
        "create": ("createApplication", "createAccountApplication"),
        "get": ("getApplication", "getAccountApplication"),
        "update": ("updateApplication", "updateAccountApplication"),
        "delete": ("deleteApplication", "deleteAccountApplication"),
    },
    tenant=True,
    counted=True,
    fields={
        "account_id": _STRING,
        "created_at": _TIME,
        "description": _TEXT,
        "etag": _STRING,
        "groups": _GROUPS,
        "id": _STRING,
        "last_used_at": _TIME,
        "name": _NAME,
        "object": _STRING,
        "status": _STATUS,
        "updated_at": _TIME,
    },
    filters={"status": _EQUAL},
    before_create=_check_new_application,
    after_update=_application_changed,
    before_delete=_remove_keys,
    view=_with_use,
)


# --- access keys ---


def _withdraw(engine: Engine, key: Document) -> None:
    auth.withdraw(engine, key["id"])


ACCESS_KEYS = Resource(
    name="access-keys",
    object="access-key",
    operations={
        "list": ("getAllApplicationAccessKeys", "getAllAccountApplicationAccessKeys"),
        "get": ("getApplicationAccessKey", "getAccountApplicationAccessKey"),
        "delete": ("deleteApplicationAccessKey", "deleteAccountApplicationAccessKey"),
    },
    tenant=True,
    parents={"application_id": APPLICATIONS.name},
    counted=True,
    fields={
        "account_id": _STRING,
        "application_id": Field("string", indexed=True),
        "created_at": _TIME,
        "description": _TEXT,
        "etag": _STRING,
        "expiration": Field("string", io="CUR", format="date-time"),
        "id": _STRING,
        "key": _STRING,
        "last_used_at": _TIME,
        "name": _NAME,
        "object": _STRING,
        "status": Field("string", io="CUR", default=ACTIVE, enum=(ACTIVE, INACTIVE, EXPIRED)),
        "updated_at": _TIME,
    },
    filters={"status": _EQUAL},
    before_delete=_withdraw,
    view=_with_use,
)
_ANY_ACCESS_KEYS = replace(ACCESS_KEYS, parents={}, filters={"status": _EQUAL, "application_id": _EQUAL})


def _access_key_body(engine: Engine, call: Call, side: str) -> Document:
    call.arguments()
    body = engine.body(ACCESS_KEYS, call, side)
    wrong = {}
    if body.get("status") == EXPIRED:
        wrong["status"] = "cannot be set to EXPIRED, which follows from expiration"
    try:
        if "expiration" in body:
            # Examples have no fraction.
            body["expiration"] = clock.parse(body["expiration"]).replace(".000000", "")
    except ValueError as error:
        wrong["expiration"] = str(error)
    if wrong:
        raise invalid(wrong)
    return body


def _settle(engine: Engine, key: Document, application: Document) -> Document:
    """The key with the status that follows from its expiration; and what it may do is set by that and by its application."""
    ahead = _ahead(engine, key)
    status = ACTIVE if key["status"] == EXPIRED else key["status"]
    if ahead is not None and ahead <= 0 and status == ACTIVE:
        status = EXPIRED
    key = key | {"status": status}
    engine.store.put(ACCESS_KEYS, key)
    works = status == application["status"] == ACTIVE
    until = clock.text(clock.moment(key["expiration"])) if "expiration" in key else ""
    auth.change(engine, key["id"], status=ACTIVE if works else INACTIVE, expires_at=until)
    return key


def _ahead(engine: Engine, key: Document) -> float | None:
    """Seconds until a key expires."""
    return (clock.moment(key["expiration"]) - engine.clock.time()) / 1_000_000 if "expiration" in key else None


def _watch(engine: Engine, key: Document) -> None:
    """See to it that a key is shown as expired when it is."""
    ahead = _ahead(engine, key)
    if ahead is not None and ahead > 0:
        engine.schedule(ahead + 0.001, "access_key.expire", id=key["id"])


def _expire(engine: Engine, payload: Document) -> None:
    key = engine.store.get(ACCESS_KEYS, payload["id"])
    application = engine.store.get(APPLICATIONS, key["application_id"]) if key else None
    if key and application:
        _settle(engine, key, application)


def _create_access_key(engine: Engine, call: Call) -> Answer:
    application = engine.existing(APPLICATIONS, call, call.parameters["application_id"])
    body = _access_key_body(engine, call, "C")
    most = engine.settings.access_keys_per_application
    if sum(1 for _other in engine.store.select(ACCESS_KEYS, application_id=application["id"])) >= most:
        raise ApiError(403, "account_limit_exceeded", f"An application may have {most} access keys.")
    key = engine.blank(ACCESS_KEYS, call) | body
    token = make_token("access_key", engine.seed, key["id"])
    key["key"] = token[:-PRIVATE]
    engine.save(ACCESS_KEYS, {}, key)
    auth.issue(engine, token, "access_key", key["account_id"], key["id"], application_id=application["id"])
    key = _settle(engine, key, application)
    _watch(engine, key)
    return engine.shown(201, ACCESS_KEYS, key | {"key": token}, call)


def _update_access_key(engine: Engine, call: Call) -> Answer:
    current = engine.existing(ACCESS_KEYS, call)
    key = engine.touched(ACCESS_KEYS, current | _access_key_body(engine, call, "U"))
    application = engine.existing(APPLICATIONS, call, key["application_id"])
    engine.save(ACCESS_KEYS, current, key)
    key = _settle(engine, key, application)
    _watch(engine, key)
    return engine.shown(200, ACCESS_KEYS, key, call)


def _list_any_access_key(engine: Engine, call: Call) -> Answer:
    return engine.page(_ANY_ACCESS_KEYS, call)


def _get_any_access_key(engine: Engine, call: Call) -> Answer:
    call.arguments()
    return engine.shown(200, ACCESS_KEYS, engine.existing(_ANY_ACCESS_KEYS, call), call)


# --- API keys ---

API_KEYS = Resource(
    name="api-keys",
    object="api-key",
    operations={
        "list": ("getAllApiKeys", "getAllAccountApiKeys"),
        "get": ("getApiKey", "getAccountApiKey"),
        "delete": ("deleteApiKey", "deleteAccountApiKey"),
        "me": "getMyApiKey",
    },
    me="api_key",
    tenant=True,
    counted=True,
    fields={
        "account_id": _STRING,
        "created_at": _TIME,
        "creation_time": Field("integer"),
        "etag": _STRING,
        "groups": _GROUPS,
        "id": _STRING,
        "key": Field("string", indexed=True),
        "last_login_time": Field("integer"),
        "name": Field("string", io="C!UR", max=100, indexed=True),
        "object": _STRING,
        "owner": Field("string", io="CUR", pattern=ID.pattern, indexed=True),
        "status": _STATUS,
        "updated_at": _TIME,
    },
    filters={"key": _EQUAL, "owner": _EQUAL},
    before_delete=_withdraw,
)


def make_api_key(engine: Engine, account_id: str, name: str, owner: str = "", **more: object) -> tuple[Document, str]:
    """Make an API key, and give it and the token that proves it. `more`: groups, status."""
    key = engine.blank(API_KEYS) | {"account_id": account_id, "name": name, **more}
    if owner:
        key["owner"] = owner
    token = make_token("api_key", engine.seed, key["id"])
    key |= {"creation_time": clock.moment(key["created_at"]) // 1000, "key": token[:-PRIVATE]}
    engine.save(API_KEYS, {}, key)
    auth.issue(engine, token, "api_key", account_id, key["id"], status=key["status"])
    return key, token


def _check_api_key(engine: Engine, key: Document) -> None:
    groups_known(engine, key)
    if "owner" in key:
        owner = engine.store.get(engine.rows["users"], key["owner"])
        if owner is None or owner["account_id"] != key["account_id"]:
            raise invalid({"owner": "is no user of this account"})


def _owner(engine: Engine, call: Call) -> str:
    """Who owns a key that names no owner: who makes it, but nobody in another account."""
    if call.account_id != call.sender.account_id:
        return ""
    if call.sender.kind == "user_token":
        return call.sender.subject
    return str((engine.store.get(API_KEYS, call.sender.subject) or {}).get("owner", ""))


def _create_api_key(engine: Engine, call: Call) -> Answer:
    call.arguments()
    body = engine.body(API_KEYS, call, "C")
    key, token = make_api_key(engine, call.account_id, **{"owner": _owner(engine, call), **body})
    _check_api_key(engine, key)
    return engine.shown(201, API_KEYS, key | {"key": token}, call)


def _change_api_key(engine: Engine, call: Call, current: Document, body: Document) -> Document:
    key = engine.touched(API_KEYS, current | body)
    _check_api_key(engine, key)
    engine.save(API_KEYS, current, key)
    auth.change(engine, key["id"], status=key["status"])
    return key


def _api_key(engine: Engine, call: Call) -> Document:
    """The key that the path names, or "me"."""
    return engine.existing(API_KEYS, call) if "apikey_id" in call.parameters else engine.myself(API_KEYS, call)


def _update_api_key(engine: Engine, call: Call) -> Answer:
    current = _api_key(engine, call)
    call.arguments()
    body = engine.body(API_KEYS, call, "U")
    if engine.spec == 2019 and "name" not in body:
        raise invalid({"name": "is required"})
    return engine.shown(200, API_KEYS, _change_api_key(engine, call, current, body), call)


def _reset_secret(engine: Engine, call: Call) -> Answer:
    current = engine.existing(API_KEYS, call)
    call.arguments()
    body = {} if engine.spec == 2019 else engine.body(API_KEYS, call, "U", optional=True)
    key = _change_api_key(engine, call, current, body)
    token = make_token("api_key", engine.seed, key["id"], engine.clock.now())
    key["key"] = token[:-PRIVATE]
    engine.save(API_KEYS, key, key)
    auth.withdraw(engine, key["id"])
    auth.issue(engine, token, "api_key", key["account_id"], key["id"], status=key["status"])
    return engine.shown(200, API_KEYS, key | {"key": token}, call)


def _object_behind(engine: Engine, token: Document) -> None:
    """The key behind a token that was made by hand."""
    made = {"account_id": token["account_id"], "id": token["subject"], "key": token["token"][:-PRIVATE], "name": "made on request"}
    made |= dict.fromkeys(("created_at", "updated_at", "etag"), token["created_at"]) | {"status": token["status"]}
    if token["kind"] == "api_key":
        engine.save(API_KEYS, {}, engine.blank(API_KEYS) | made)
    if token["kind"] == "access_key" and token["application_id"]:
        engine.save(ACCESS_KEYS, {}, engine.blank(ACCESS_KEYS) | made | {"application_id": token["application_id"]})


# --- policy groups ---


def _counts(engine: Engine, call: Call, group: Document) -> Document:
    """A group with the numbers of its members."""
    among = Listing(conditions=(_in_group(group["id"]),))
    counts = {f"{kind.rstrip('s')}_count": engine.store.count(row, among) for kind, row in _kinds(engine).items()}
    return group | counts


def _in_group(id_: str) -> Condition:
    return Condition("groups", "eq", ("",), key=id_)


def _kinds(engine: Engine) -> dict[str, Resource]:
    """The members that a group may have, by their names in bodies."""
    kinds = {"users": engine.rows["users"], "apikeys": API_KEYS}
    return kinds if engine.spec < 2021 else kinds | {"applications": APPLICATIONS}


def _keep_built_in(engine: Engine, group: Document) -> None:
    if group["built_in"]:
        raise ApiError(403, "access_denied", f"The group {group['name']} cannot be removed.")
    for row in (engine.rows["users"], API_KEYS, APPLICATIONS):
        for member in engine.store.having(row, _in_group(group["id"])):
            engine.save(row, member, member | {"groups": [id_ for id_ in member["groups"] if id_ != group["id"]]})


POLICY_GROUPS = Resource(
    name="policy-groups",
    object="group",
    operations={
        "list": ("getAllGroups", "getAllAccountGroups"),
        "get": ("getGroupSummary", "getAccountGroupSummary"),
        "delete": ("deleteGroup", "deleteAccountGroup"),
    },
    tenant=True,
    counted=True,
    fields={
        "account_id": _STRING,
        "apikey_count": Field("integer"),
        "application_count": Field("integer", since=2021),
        "built_in": Field("boolean", io="", default=False),
        "created_at": _TIME,
        "etag": _STRING,
        "id": _STRING,
        "members": Field("object", io="C"),
        "name": _NAME,
        "object": _STRING,
        "updated_at": _TIME,
        "user_count": Field("integer"),
    },
    filters={"name": _EQUAL},
    unique=("name",),
    before_delete=_keep_built_in,
    view=_counts,
)
_UNFILTERED_GROUPS = replace(POLICY_GROUPS, filters={})


def built_in(account_id: str, created: int) -> list[Document]:
    """The groups that an account has from the start. `created`: a time at which nothing else was."""
    return [
        stamp(POLICY_GROUPS.object, created + number) | {"account_id": account_id, "built_in": True, "name": name}
        for number, name in enumerate(BUILT_IN)
    ]


def _begin(engine: Engine, account: Document) -> None:
    for group in built_in(account["id"], engine.clock.reserve(len(BUILT_IN))):
        engine.store.put(POLICY_GROUPS, group)


def _updated(engine: Engine, row: Resource, document: Document, call: Call, status: int = 200) -> Answer:
    """The answer to a change of members: the object, in 2019 the word that all went well (UpdatedResponse), or nothing."""
    if status == 204:
        return Answer(204)
    if engine.spec > 2019:
        return engine.shown(status, row, document, call)
    told = {"object": row.object, "code": 200, "type": "success", "id": document["id"], "message": "success"}
    return engine.tell(told | {"request_id": make_id(engine.clock.now())})


def _create_group(engine: Engine, call: Call) -> Answer:
    call.arguments()
    body = engine.body(POLICY_GROUPS, call, "C")
    engine.refuse_taken(POLICY_GROUPS, call, body)
    members = _subjects(engine, call, body.pop("members", {}))
    group = engine.blank(POLICY_GROUPS, call) | body
    engine.save(POLICY_GROUPS, {}, group)
    _enter(engine, group, members)
    return engine.shown(201, POLICY_GROUPS, group, call)


def _rename_group(engine: Engine, call: Call) -> Answer:
    current = engine.existing(POLICY_GROUPS, call)
    call.arguments()
    body = engine.body(POLICY_GROUPS, call, "U")
    for other in engine.store.select(POLICY_GROUPS, account_id=call.account_id, name=body["name"]):
        if other["id"] != current["id"]:
            # 409 is documented for creation only.
            raise invalid({"name": "is taken"})
    group = engine.touched(POLICY_GROUPS, current | body)
    engine.save(POLICY_GROUPS, current, group)
    return _updated(engine, POLICY_GROUPS, group, call)


# --- members, by way of the group ---


def _subjects(engine: Engine, call: Call, given: Document) -> list[tuple[Resource, Document]]:
    """The members that a body names (SubjectList). Raises ApiError for those that are not there."""
    kinds, wrong = _kinds(engine), {}
    found: list[tuple[Resource, Document]] = []
    for name, ids in given.items():
        if name not in kinds:
            wrong[name] = "is not a field of this request"
            continue
        if not isinstance(ids, list):
            wrong[name] = "must be a list"
            continue
        for id_ in ids:
            member = engine.store.get(kinds[name], id_) if isinstance(id_, str) else None
            if member is None or member["account_id"] != call.account_id:
                wrong[name] = f"has {id_}, which does not exist in this account"
            else:
                found.append((kinds[name], member))
    if wrong:
        raise invalid(wrong)
    return found


def _enter(engine: Engine, group: Document, members: Iterable[tuple[Resource, Document]]) -> None:
    for row, member in members:
        if group["id"] in member["groups"]:
            raise ApiError(409, "duplicate", f"The {row.object} {member['id']} is a member of the group already.", {"id": "is a member"})
        engine.save(row, member, engine.touched(row, member | {"groups": [*member["groups"], group["id"]]}))


def _leave(engine: Engine, call: Call, group: Document, members: Iterable[tuple[Resource, Document]]) -> None:
    """Take members out of a group; those that are not in it stay out."""
    for row, member in members:
        if group["built_in"] and group["name"] == BUILT_IN[0] and member["id"] == call.sender.subject:
            raise invalid({"id": "is the sender, who cannot leave the administrators"})
        engine.save(row, member, engine.touched(row, member | {"groups": [id_ for id_ in member["groups"] if id_ != group["id"]]}))


def _of_group(kind: str, enters: bool) -> Handler:
    """Add or remove members of one kind; any kinds where that is empty. Examples of 2020 send a bare array."""

    def change(engine: Engine, call: Call) -> Answer:
        group = engine.existing(POLICY_GROUPS, call)
        call.arguments()
        body = {kind: call.array()} if kind and call.body.lstrip().startswith(b"[") else call.json()
        if kind and kind not in body:
            raise invalid({kind: "is required"})
        if kind and len(body) > 1:
            raise invalid({name: "is not a field of this request" for name in body if name != kind})
        members = _subjects(engine, call, body)
        if enters:
            _enter(engine, group, members)
        else:
            _leave(engine, call, group, members)
        return _updated(engine, POLICY_GROUPS, group, call)

    return change


def _users_by_status(engine: Engine) -> Resource:
    return replace(engine.rows["users"], filters={"status": Filter(("eq", "in", "nin"), ())})


def _members_of(row: Callable[[Engine], Resource]) -> Handler:
    def list_members(engine: Engine, call: Call) -> Answer:
        group = engine.existing(POLICY_GROUPS, call)
        return engine.page(row(engine), call, [_in_group(group["id"])])

    return list_members


# --- members, by way of the member ---


def memberships(row: Resource, lists: Iterable[str], add: Iterable[str], remove: Iterable[str], status: int = 200) -> dict[str, Handler]:
    """The operations that list, enter and leave the groups of one object, by their ids. `status` is that of a change."""

    def subject(engine: Engine, call: Call) -> Document:
        return engine.existing(row, call) if _is_item(call) else engine.myself(row, call)

    def list_groups(engine: Engine, call: Call) -> Answer:
        return engine.page(_UNFILTERED_GROUPS, call, [Condition("id", "in", tuple(subject(engine, call)["groups"]))])

    def change(enters: bool) -> Handler:
        def changed(engine: Engine, call: Call) -> Answer:
            member = subject(engine, call)
            call.arguments()
            for id_ in dict.fromkeys(map(str, call.array())):
                group = _group(engine, call.account_id, id_)
                if group is None and enters:
                    raise (
                        ApiError(404, "not_found", f"There is no group {id_}.") if _is_item(call) else invalid({"id": f"{id_} is no group"})
                    )
                if group is not None:
                    _enter(engine, group, [(row, member)]) if enters else _leave(engine, call, group, [(row, member)])
                    member = engine.store.get(row, member["id"]) or member
            return _updated(engine, row, member, call, status)

        return changed

    return {
        **dict.fromkeys(lists, list_groups),
        **dict.fromkeys(add, change(True)),
        **dict.fromkeys(remove, change(False)),
    }


def _is_item(call: Call) -> bool:
    return bool(set(call.parameters) - {"account_id"})


# --- what the area brings ---

ROWS = (APPLICATIONS, ACCESS_KEYS, API_KEYS, POLICY_GROUPS)
OPERATIONS: Mapping[str, Handler] = {
    **memberships(
        APPLICATIONS,
        ("getGroupsOfApplication", "getGroupsOfAccountApplication"),
        ("addApplicationToGroups", "addAccountApplicationToGroups"),
        ("removeApplicationFromGroups", "removeAccountApplicationFromGroups"),
        204,
    ),
    **dict.fromkeys(("getAllAccessKeys", "getAllAccountAccessKeys"), _list_any_access_key),
    **dict.fromkeys(("getAccessKey", "getAccountAccessKey"), _get_any_access_key),
    **dict.fromkeys(("createApplicationAccessKey", "createAccountApplicationAccessKey"), _create_access_key),
    **dict.fromkeys(("updateApplicationAccessKey", "updateAccountApplicationAccessKey"), _update_access_key),
    **memberships(
        API_KEYS,
        ("getGroupsOfApikey", "getGroupsOfAccountApikey", "getGroupsOfMyApiKey"),
        (
            "addApiKeyToGroups",
            "addApiKeyToListedGroups",
            "addAccountApiKeyToGroups",
            "addAccountApiKeyToListedGroups",
            "addMyApiKeyToGroups",
            "addMyApiKeyToListedGroups",
        ),
        (
            "removeApiKeyFromGroups",
            "removeApiKeyFromListedGroups",
            "removeAccountApiKeyFromGroups",
            "removeAccountApiKeyFromListedGroups",
            "removeMyApiKeyListedGroups",
            "removeMyApiKeyFromListedGroups",
        ),
    ),
    **dict.fromkeys(("createApiKey", "createAccountApiKey"), _create_api_key),
    **dict.fromkeys(("updateApiKey", "updateAccountApiKey", "updateMyApiKey"), _update_api_key),
    **dict.fromkeys(("resetSecret", "resetAccountApiKeySecret"), _reset_secret),
    **dict.fromkeys(("createGroup", "createAccountGroup"), _create_group),
    **dict.fromkeys(("updateGroupName", "updateAccountGroupName"), _rename_group),
    **dict.fromkeys(("addSubjectsToGroup", "addSubjectsToAccountGroup"), _of_group("", True)),
    **dict.fromkeys(
        ("addUsersToGroup.", "addListedUsersToGroup.", "addUsersToAccountGroup", "addListedUsersToAccountGroup"), _of_group("users", True)
    ),
    **dict.fromkeys(
        ("removeUsersFromGroup", "removeListedUsersFromGroup", "removeUsersFromAccountGroup", "removeListedUsersFromAccountGroup"),
        _of_group("users", False),
    ),
    **dict.fromkeys(
        ("addApiKeysToGroup", "addListedApiKeysToGroup", "addApiKeysToAccountGroup", "addListedApiKeysToAccountGroup"),
        _of_group("apikeys", True),
    ),
    **dict.fromkeys(
        ("removeApiKeysFromGroup", "removeListedApiKeysFromGroup", "removeApiKeysFromAccountGroup", "removeListedApiKeysFromAccountGroup"),
        _of_group("apikeys", False),
    ),
    **dict.fromkeys(("addListedApplicationsToGroup", "addListedApplicationsToAccountGroup"), _of_group("applications", True)),
    **dict.fromkeys(("removeListedApplicationsFromGroup", "removeListedApplicationsFromAccountGroup"), _of_group("applications", False)),
    **dict.fromkeys(("getUsersOfGroup", "getUsersOfAccountGroup"), _members_of(_users_by_status)),
    **dict.fromkeys(("getApiKeysOfGroup", "getApiKeysOfAccountGroup"), _members_of(lambda engine: replace(API_KEYS, filters={}))),
    **dict.fromkeys(
        ("getApplicationsOfGroup", "getApplicationsOfAccountGroup"), _members_of(lambda engine: replace(APPLICATIONS, filters={}))
    ),
}
TASKS = {"access_key.expire": _expire}
LISTENERS = {"account.created": _begin, "token.made": _object_behind}

_GROUPS_CREATED = FIRST - 90 * DAY + HOUR
ADMINISTRATORS = make_id(_GROUPS_CREATED)
"""The group of administrators of the first account."""
OWNER = make_id(FIRST - 90 * DAY + 2 * HOUR)
"""The administrator who owns the first API key."""


def seed(fleet: Fleet) -> Iterable[tuple[Resource, Iterable[Document]]]:
    """The objects of a new state."""
    key: Document = {
        "account_id": fleet.account_id,
        "creation_time": fleet.key_created // 1000,
        "groups": [ADMINISTRATORS],
        "key": fleet.api_key[:-PRIVATE],
        "last_login_time": fleet.key_created // 1000,
        "name": "simulator",
        "owner": OWNER,
        "status": ACTIVE,
    }
    yield API_KEYS, [stamp(API_KEYS.object, fleet.key_created) | key]
    yield POLICY_GROUPS, built_in(fleet.account_id, _GROUPS_CREATED)
