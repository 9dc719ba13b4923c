# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Who may do what: applications, access keys, API keys, policy groups.

The facts are those of the vendor's OpenAPI description of January 2021; which fields can be written is said by the modules' argument
specs. A test compares both with the API's own description.
"""

from __future__ import annotations

from dataclasses import replace
from typing import List, Optional, Sequence, Tuple

from ..client import Client
from ..resource import Call, Membership, Object, Params, Plan, Recipe, Resource, ResourceError, listing

# Who may be in a group; no more is said here than it takes to find them by name.
_MEMBERS = {
    "users": Resource(name="user", path="/v3/users", tenant=True, keys=("email",), filters={"email": ("eq",)}),
    "applications": Resource(name="application", path="/v3/applications", tenant=True),
    "apikeys": Resource(name="api_key", path="/v3/api-keys", tenant=True, me=True),
}

BUILT_IN = ("Administrators", "Developers")

POLICY_GROUP = Resource(
    name="policy_group",
    path="/v3/policy-groups",
    tenant=True,
    filters={"name": ("eq",)},
    required=("name",),
    max_length={"name": 100},
    references=_MEMBERS,
    memberships=(
        Membership("users", "users", "users"),
        Membership("applications", "applications", "applications"),
        Membership("apikeys", "api-keys", "apikeys"),
    ),
)

APPLICATION = Resource(
    name="application",
    path="/v3/applications",
    tenant=True,
    filters={"status": ("eq",)},
    required=("name",),
    max_length={"name": 100, "description": 500},
    references={"groups": POLICY_GROUP},
    # Names are unique, yet no 409 is documented.
    clashes=(400, 409),
    memberships=(Membership("groups", "groups"),),
)

ACCESS_KEY = Resource(
    name="access_key",
    path="/v3/applications/{application_id}/access-keys",
    tenant=True,
    filters={"status": ("eq",)},
    required=("name",),
    max_length={"name": 100, "description": 500},
    references={"application_id": APPLICATION},
    times=("expiration",),
    secrets=("key",),
    once=("key",),
)

API_KEY = Resource(
    name="api_key",
    path="/v3/api-keys",
    tenant=True,
    me=True,
    filters={"key": ("eq",), "owner": ("eq",)},
    required=("name",),
    max_length={"name": 100},
    references={"groups": POLICY_GROUP, "owner": _MEMBERS["users"]},
    memberships=(Membership("groups", "groups"),),
    secrets=("key",),
    once=("key",),
)

# The keys of all applications can be read together.
ANY_ACCESS_KEY = replace(ACCESS_KEY, path="/v3/access-keys", filters={"application_id": ("eq",), "status": ("eq",)}, references={})

# Members and memberships are lists of their own, without filters.
_BY_GROUP = {"policy_group_id": POLICY_GROUP}
APPLICATION_OF_GROUP = replace(APPLICATION, path="/v3/policy-groups/{policy_group_id}/applications", filters={}, references=_BY_GROUP)
API_KEY_OF_GROUP = replace(API_KEY, path="/v3/policy-groups/{policy_group_id}/api-keys", filters={}, references=_BY_GROUP)
GROUP_OF_APPLICATION = replace(
    POLICY_GROUP,
    path="/v3/applications/{application_id}/groups",
    filters={},
    references={"application_id": _MEMBERS["applications"]},
)
GROUP_OF_API_KEY = replace(
    POLICY_GROUP, path="/v3/api-keys/{api_key_id}/groups", filters={}, references={"api_key_id": _MEMBERS["apikeys"]}
)
GROUP_OF_USER = replace(POLICY_GROUP, path="/v3/users/{user_id}/groups", filters={}, references={"user_id": _MEMBERS["users"]})


class OwnRecipe(Recipe):
    """Of what a task may log in by: deleting or stopping that takes ``force``. The modules have the options ``status`` and ``force``."""

    def find(self, client: Client, params: Params) -> Optional[Object]:
        """As ever.

        :raises ResourceError: when nothing could be done with the task's own key afterwards.
        """
        found = super().find(client, params)
        stops = params["state"] != "present" or params["status"] == "INACTIVE"
        if found and stops and not params["force"] and self.in_use(client, found, params):
            raise ResourceError(
                f"The {self.row.label} {found['id']} is what this task logs in by, and would not work any more. "
                "Use another key, or set force if you mean it."
            )
        return found

    def in_use(self, client: Client, found: Object, params: Params) -> bool:
        """Whether the task logs in by this key."""
        return client.uses_key(found.get("key"))


def members(client: Client, group: Object, params: Params, kinds: Sequence[str]) -> Object:
    """The group with the ids of its members of these kinds, in order, which the service keeps in lists of their own."""
    path = POLICY_GROUP.item(params, group["id"])
    found = {
        known.field: sorted(member["id"] for member in client.list(f"{path}/{known.path}", fields=["id"]))
        for known in POLICY_GROUP.memberships
        if known.field in kinds
    }
    return {**group, **found}


class ApplicationRecipe(OwnRecipe):
    """An application is what a task logs in by with each of its keys, and with tokens signed for it."""

    def in_use(self, client: Client, found: Object, params: Params) -> bool:
        """Whether the task logs in by this application."""
        jwt = client.settings.api_jwt
        if jwt:
            return bool(jwt.application_id == found["id"])
        keys = listing(client, ACCESS_KEY, {**params, "application_id": found["id"]})
        return any(client.uses_key(key.get("key")) for key in keys)


class AccessKeyRecipe(OwnRecipe):
    """EXPIRED cannot be written: it is what the service makes of ACTIVE when the time has come (AccessKey.status)."""

    def desired(self, params: Params, current: Optional[Object]) -> Object:
        """A later expiration revives a key that has expired.

        :raises ResourceError: when it should be active and stay expired.
        """
        wanted = super().desired(params, current)
        if current and current["status"] == "EXPIRED":
            revived = not self.same("expiration", current["expiration"], wanted.get("expiration", current["expiration"]))
            if wanted.get("status") == "ACTIVE" and not revived:
                raise ResourceError(f"The access key {current['id']} expired at {current['expiration']}; give a later expiration.")
            if revived:
                wanted.setdefault("status", "ACTIVE")
        return wanted

    def update(self, current: Object, changes: Object, params: Params) -> List[Call]:
        """Send back everything but that status."""
        return super().update({name: value for name, value in current.items() if value != "EXPIRED"}, changes, params)


class ApiKeyRecipe(OwnRecipe):
    """With a further state: reset, which is something to do each time."""

    states = ("reset",)

    def act(self, current: Optional[Object], after: Object, params: Params) -> Tuple[Object, List[Call]]:
        """Give it a new secret, after all other changes. The body is left out, since services of 2019 take none.

        :raises ResourceError: for a key that is not there.
        """
        if params["state"] != "reset":
            return {}, []
        if current is None:
            raise ResourceError("There is no such API key; one that is not there cannot be reset.")
        return {}, [Call("POST", f"{self.row.item(params, current['id'])}/reset-secret")]

    def reveals(self, step: Plan, params: Params) -> bool:
        """A new secret is told as that of a new key is."""
        return params["state"] == "reset" or super().reveals(step, params)


class PolicyGroupRecipe(Recipe):
    """The members are lists of their own, but for a creation; the service keeps them in no order that could be foretold."""

    def complete(self, client: Client, current: Object, params: Params) -> Object:
        """The group with the members that the task is about."""
        return members(client, current, params, [name for name in self.fields if params[name] is not None])

    def desired(self, params: Params, current: Optional[Object]) -> Object:
        """Members in the order of ``members``."""
        wanted = super().desired(params, current)
        return {name: sorted(value) if isinstance(value, list) else value for name, value in wanted.items()}

    def create(self, wanted: Object, params: Params) -> List[Call]:
        """One call for the group and its members."""
        inside = {name: value for name, value in wanted.items() if name != "name"}
        return [Call("POST", self.row.collection(params), {"name": wanted["name"], **({"members": inside} if inside else {})})]

    def delete(self, current: Object, params: Params) -> List[Call]:
        """Delete it.

        :raises ResourceError: for a group that the service keeps (deleteGroup; the vendor's page on groups).
        """
        if current["name"] in BUILT_IN:
            raise ResourceError(f"The policy group {current['name']} was there from the start; the service does not let it be deleted.")
        return super().delete(current, params)
