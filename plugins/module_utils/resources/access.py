# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Who may do what: applications, access keys, API keys, policy groups.

The facts are those of the vendor's OpenAPI description of January 2021; which fields can be written is said by the modules' argument
specs. A test compares both with the API's own description.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Optional, Sequence

from ..client import Client
from ..resource import Membership, Object, Params, Recipe, Resource, ResourceError

# Who may be in a group; no more is said here than it takes to find them by name.
_MEMBERS = {
    "users": Resource(name="user", path="/v3/users", tenant=True, keys=("email",), filters={"email": ("eq",)}),
    "applications": Resource(name="application", path="/v3/applications", tenant=True),
    "apikeys": Resource(name="api_key", path="/v3/api-keys", tenant=True, me=True),
}

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
