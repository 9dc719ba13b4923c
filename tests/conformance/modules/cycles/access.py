# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what: lives and situations of the modules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cycle import Cycle, Situation
from hypothesis import strategies as st

GROUPS = "/v3/policy-groups"
APPLICATIONS = "/v3/applications"
API_KEYS = "/v3/api-keys"


def groups(simulator: Any, client: Any) -> Mapping[str, Any]:
    """The two groups that are always there, by their names in small letters, and who owns the key in use."""
    known = {group["name"].lower(): group["id"] for group in client.list(GROUPS)}
    return {**known, "owner": client.get(f"{API_KEYS}/me")["owner"]}


def application(simulator: Any, client: Any) -> Mapping[str, Any]:
    """An application for access keys, which may have more than two of them here."""
    simulator.settings(access_keys_per_application=10)
    return {"application": client.post(APPLICATIONS, {"name": "Dashboard"})["id"]}


def subjects(simulator: Any, client: Any) -> Mapping[str, Any]:
    """Who may be in a group: two users, two applications, two API keys."""
    known = {}
    for number in ("1", "2"):
        known |= {
            f"user{number}": client.post("/v3/users", {"email": f"user{number}@example.com"}, action="invite")["id"],
            f"application{number}": client.post(APPLICATIONS, {"name": f"application {number}"})["id"],
            f"key{number}": client.post(API_KEYS, {"name": f"key {number}"})["id"],
        }
    return known


CYCLES = {
    "application": Cycle(
        path=APPLICATIONS,
        before={"name": "Dashboard"},
        after={"name": "Wallboard, Ærø"},
        create={"description": "Shows all pumps", "groups": ["Developers"], "status": "ACTIVE"},
        created={"name": "Dashboard", "description": "Shows all pumps", "groups": ["<developers>"], "status": "ACTIVE"},
        update={"name": "Wallboard, Ærø", "groups": ["Administrators"], "status": "INACTIVE"},
        updated=[
            ("PUT", f"{APPLICATIONS}/{{id}}", {"name": "Wallboard, Ærø", "description": "Shows all pumps", "status": "INACTIVE"}),
            ("POST", f"{APPLICATIONS}/{{id}}/groups/add", ["<administrators>"]),
            ("POST", f"{APPLICATIONS}/{{id}}/groups/remove", ["<developers>"]),
        ],
        clear={"description": "", "groups": []},
        cleared=[
            ("PUT", f"{APPLICATIONS}/{{id}}", {"name": "Wallboard, Ærø", "description": "", "status": "INACTIVE"}),
            ("POST", f"{APPLICATIONS}/{{id}}/groups/remove", ["<administrators>"]),
        ],
        seed=groups,
        since=2021,
    ),
    "access_key": Cycle(
        path=f"{APPLICATIONS}/<application>/access-keys",
        before={"name": "first"},
        after={"name": "second"},
        create={"description": "Until it is replaced", "expiration": "2099-01-31T13:00:00+01:00", "status": "ACTIVE"},
        created={"name": "first", "description": "Until it is replaced", "expiration": "2099-01-31T12:00:00Z", "status": "ACTIVE"},
        update={"name": "second", "expiration": "2099-06-30T12:00:00Z", "status": "INACTIVE"},
        updated={"name": "second", "description": "Until it is replaced", "expiration": "2099-06-30T12:00:00Z", "status": "INACTIVE"},
        clear={"description": ""},
        cleared={"name": "second", "description": "", "expiration": "2099-06-30T12:00:00Z", "status": "INACTIVE"},
        always={"application_id": "Dashboard", "return_secret": True},
        seed=application,
        since=2021,
    ),
    "api_key": Cycle(
        path=API_KEYS,
        before={"name": "build server"},
        after={"name": "build server 2"},
        create={"groups": ["Developers"], "owner": "<owner>", "status": "ACTIVE", "return_secret": True},
        created={"name": "build server", "groups": ["<developers>"], "owner": "<owner>", "status": "ACTIVE"},
        update={"name": "build server 2", "status": "INACTIVE"},
        updated={"name": "build server 2", "owner": "<owner>", "status": "INACTIVE"},
        seed=groups,
    ),
    "policy_group": Cycle(
        path=GROUPS,
        before={"name": "Water team"},
        after={"name": "Water & heating team"},
        create={"users": ["<user1>"], "applications": ["application 1"], "apikeys": []},
        created={"name": "Water team", "members": {"users": ["<user1>"], "applications": ["<application1>"], "apikeys": []}},
        update={
            "name": "Water & heating team",
            "users": ["user1@example.com", "user2@example.com"],
            "applications": ["<application2>"],
            "apikeys": ["key 1", "<key2>"],
        },
        updated=[
            ("PUT", f"{GROUPS}/{{id}}", {"name": "Water & heating team"}),
            ("POST", f"{GROUPS}/{{id}}/users/add", {"users": ["<user2>"]}),
            ("POST", f"{GROUPS}/{{id}}/applications/add", {"applications": ["<application2>"]}),
            ("POST", f"{GROUPS}/{{id}}/applications/remove", {"applications": ["<application1>"]}),
            ("POST", f"{GROUPS}/{{id}}/api-keys/add", {"apikeys": ["<key1>", "<key2>"]}),
        ],
        clear={"users": [], "applications": [], "apikeys": []},
        cleared=[
            ("POST", f"{GROUPS}/{{id}}/users/remove", {"users": ["<user1>", "<user2>"]}),
            ("POST", f"{GROUPS}/{{id}}/applications/remove", {"applications": ["<application2>"]}),
            ("POST", f"{GROUPS}/{{id}}/api-keys/remove", {"apikeys": ["<key1>", "<key2>"]}),
        ],
        info={"members": ["users", "applications", "apikeys"]},
        own=("user_count", "application_count", "apikey_count"),
        seed=subjects,
        since=2021,
    ),
}


def made(path: str, refused: int) -> Callable[[Any, Mapping[str, Any], Mapping[str, Any]], str]:
    """How an object is put there, where a name that is taken is refused with that status."""

    def make(client: Any, body: Mapping[str, Any], scope: Mapping[str, Any]) -> str:
        try:
            return str(client.post(path.format(**scope), body)["id"])
        except Exception as error:
            if getattr(error, "status", None) == refused:
                error.status = 409  # type: ignore[attr-defined]
            raise

    return make


def varied(params: dict[str, Any]) -> dict[str, Any]:
    """Each of the three kinds of membership, by what else was drawn. Only the service knows that a new name is taken: no renaming here."""
    kinds = ("exact", "add", "remove")
    renamed = {} if params["id"] is None else {"name": None}
    return {**params, **renamed, "membership": kinds[len(repr(sorted(params.items(), key=repr))) % 3]}


def some(*members: str) -> Any:
    """A list of some of them."""
    return st.lists(st.sampled_from(members), unique=True)


def group_from_fields(client: Any, body: Mapping[str, Any], scope: Mapping[str, Any]) -> str:
    """A group and its members, which no single field of it holds."""
    members = {name: ids for name, ids in body.items() if name != "name"}
    return str(client.post(GROUPS, {"name": body["name"], "members": members})["id"])


IN_GROUPS = some("<administrators>", "<developers>")

SITUATIONS = {
    "application": Situation(values={"groups": IN_GROUPS}, make=made(APPLICATIONS, 400), seed=groups, params=varied, since=2021),
    "access_key": Situation(
        values={"expiration": st.sampled_from(("2099-01-31T12:00:00Z", "2098-02-01T01:00:00+01:00"))},
        always={"application_id": "<application>", "return_secret": True},
        seed=application,
        since=2021,
    ),
    "api_key": Situation(
        values={"groups": IN_GROUPS, "owner": st.just("<owner>")},
        seed=groups,
        params=varied,
        own=("creation_time",),
    ),
    "policy_group": Situation(
        values={
            "users": some("<user1>", "<user2>"),
            "applications": some("<application1>", "<application2>"),
            "apikeys": some("<key1>", "<key2>"),
        },
        make=group_from_fields,
        seed=subjects,
        params=varied,
        own=("user_count", "application_count", "apikey_count"),
        since=2021,
    ),
}
