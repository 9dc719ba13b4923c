# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Who may do what: applications, access keys, API keys, policy groups.

The facts are those of the vendor's OpenAPI description of January 2021; which fields can be written is said by the modules' argument
specs. A test compares both with the API's own description.
"""

from __future__ import annotations

from dataclasses import replace

from ..resource import Membership, Resource

POLICY_GROUP = Resource(
    name="policy_group",
    path="/v3/policy-groups",
    tenant=True,
    filters={"name": ("eq",)},
    required=("name",),
    max_length={"name": 100},
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
    memberships=(Membership("groups", "groups"),),
)

ACCESS_KEY = Resource(
    name="access_key",
    path="/v3/applications/{application_id}/access-keys",
    tenant=True,
    filters={"status": ("eq",)},
    required=("name",),
    max_length={"name": 100, "description": 500},
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
    memberships=(Membership("groups", "groups"),),
    secrets=("key",),
    once=("key",),
)

# The keys of all applications can be read together.
ANY_ACCESS_KEY = replace(ACCESS_KEY, path="/v3/access-keys", filters={"application_id": ("eq",), "status": ("eq",)})

# Members and memberships are lists of their own, without filters.
APPLICATION_OF_GROUP = replace(APPLICATION, path="/v3/policy-groups/{policy_group_id}/applications", filters={})
API_KEY_OF_GROUP = replace(API_KEY, path="/v3/policy-groups/{policy_group_id}/api-keys", filters={})
GROUP_OF_APPLICATION = replace(POLICY_GROUP, path="/v3/applications/{application_id}/groups", filters={})
GROUP_OF_API_KEY = replace(POLICY_GROUP, path="/v3/api-keys/{api_key_id}/groups", filters={})
GROUP_OF_USER = replace(POLICY_GROUP, path="/v3/users/{user_id}/groups", filters={})
