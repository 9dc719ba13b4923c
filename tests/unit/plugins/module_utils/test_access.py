# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recipes of keys and policy groups: exact calls, and laws of what is never sent."""

from __future__ import annotations

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils.resource import Call, ResourceError, plan
from ansible_collections.pelion.device_management.plugins.module_utils.resources import access
from hypothesis import given
from hypothesis import strategies as st

ID, APP, GROUP = "1" * 32, "2" * 32, "3" * 32
KEY = access.AccessKeyRecipe(access.ACCESS_KEY, ("name", "description", "expiration", "status"))
OLD = access.ApiKeyRecipe(access.API_KEY, ("name", "owner", "groups", "status"))
TEAM = access.PolicyGroupRecipe(access.POLICY_GROUP, ("name", "users", "applications", "apikeys"))
TIMES = ("2026-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "2099-01-01T01:00:00+01:00")


def key(**fields):
    return {"id": ID, "object": "access-key", "name": "k", "key": "ak_2", "status": "ACTIVE", **fields}


@given(
    st.fixed_dictionaries({"status": st.sampled_from(("ACTIVE", "INACTIVE", "EXPIRED")), "expiration": st.sampled_from(TIMES)}),
    st.fixed_dictionaries(
        {},
        optional={
            "name": st.sampled_from(("k", "n")),
            "description": st.sampled_from(("", "d")),
            "expiration": st.sampled_from(TIMES),
            "status": st.sampled_from(("ACTIVE", "INACTIVE")),
        },
    ),
)
def test_the_status_that_the_service_makes_is_never_sent(held, wanted):
    current = key(**held)
    try:
        step = plan(KEY, current, {"application_id": APP, **wanted})
    except ResourceError:
        # Only for a key that should be active and has expired, with no other time.
        assert (held["status"], wanted.get("status")) == ("EXPIRED", "ACTIVE")
        assert KEY.same("expiration", held["expiration"], wanted.get("expiration", held["expiration"]))
        return
    for call in step.calls:
        assert (call.method, call.path) == ("PUT", f"/v3/applications/{APP}/access-keys/{ID}")
        assert call.json.get("status") in (None, "ACTIVE", "INACTIVE")
        assert call.json["name"] == wanted.get("name", "k")
        assert "key" not in call.json
    later = held["status"] == "EXPIRED" and step.after["expiration"] != held["expiration"]
    assert step.after["status"] == wanted.get("status", "ACTIVE" if later else held["status"])
    assert plan(KEY, step.after, {"application_id": APP, **wanted}).calls == ()


def test_a_reset_comes_last_and_is_told():
    current = {"id": ID, "object": "api-key", "name": "k", "owner": APP, "groups": [], "status": "ACTIVE"}
    params = {"state": "reset", "id": ID, "name": "n", "groups": [GROUP], "membership": "exact", "status": None}
    step = plan(OLD, current, params)
    assert [(call.method, call.path, call.json) for call in step.calls] == [
        ("PUT", f"/v3/api-keys/{ID}", {"name": "n", "owner": APP, "status": "ACTIVE"}),
        ("POST", f"/v3/api-keys/{ID}/groups/add", [GROUP]),
        ("POST", f"/v3/api-keys/{ID}/reset-secret", None),
    ]
    assert OLD.reveals(step, params)
    assert not OLD.reveals(plan(OLD, current, {**params, "state": "present"}), {**params, "state": "present"})
    with pytest.raises(ResourceError, match="one that is not there cannot be reset"):
        plan(OLD, None, {**params, "id": None})


def test_a_group_is_made_with_its_members():
    def made(**params):
        return plan(TEAM, None, {"state": "present", "name": "Water team", "membership": "exact", **params}).calls

    path, members = "/v3/policy-groups", {"users": ["a", "b"], "apikeys": []}
    assert made() == (Call("POST", path, {"name": "Water team"}),)
    assert made(users=["b", "a"], apikeys=[]) == (Call("POST", path, {"name": "Water team", "members": members}),)
    assert made(account_id=APP)[0].path == f"/v3/accounts/{APP}/policy-groups"


@pytest.mark.parametrize("name", access.BUILT_IN)
def test_groups_that_stay(name):
    with pytest.raises(ResourceError) as caught:
        plan(TEAM, {"id": GROUP, "name": name}, {"state": "absent"})
    assert str(caught.value) == f"The policy group {name} was there from the start; the service does not let it be deleted."
    assert plan(TEAM, {"id": GROUP, "name": f"{name} 2"}, {"state": "absent"}).calls == (Call("DELETE", f"/v3/policy-groups/{GROUP}"),)
