# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applications, access keys, API keys, policy groups, and who is in which."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator_helpers import Api, Local, Watched

from pelion_simulator.areas.access import ADMINISTRATORS, OWNER

UNKNOWN = "0123456789abcdef0123456789abcdef"
ME = "/v3/api-keys/me"
DAY = 86_400


def as_key(api: Api, key: str) -> Api:
    """The same simulator with another key."""
    return Api(api.simulator, key)


def application(api: Api, name: str = "a", **fields: Any) -> str:
    return str(api.post("/v3/applications", {"name": name, **fields})["id"])


def access_key(api: Api, app: str, name: str = "k", **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = api.post(f"/v3/applications/{app}/access-keys", {"name": name, **fields})
    return made


def group(api: Api, name: str = "g", **fields: Any) -> str:
    return str(api.post("/v3/policy-groups", {"name": name, **fields})["id"])


# --- applications ---


def test_an_application_from_creation_to_deletion(api: Api) -> None:
    made = api.post("/v3/applications", {"name": "a", "description": "d", "groups": [ADMINISTRATORS]})
    assert {name: made[name] for name in ("object", "name", "description", "groups", "status")} == {
        "object": "application",
        "name": "a",
        "description": "d",
        "groups": [ADMINISTRATORS],
        "status": "ACTIVE",
    }
    path = f"/v3/applications/{made['id']}"
    assert api.get(path) == made
    changed = api.put(path, {"name": "b", "groups": []})
    assert (changed["name"], changed["description"], changed["groups"]) == ("b", "d", [])
    assert [one["id"] for one in api.get("/v3/applications?status__eq=ACTIVE")["data"]] == [made["id"]]
    assert api.get("/v3/applications?status__eq=INACTIVE")["data"] == []
    assert api.send("DELETE", path).status_code == 204
    api.refused(404, "not_found", "GET", path)


def test_names_of_applications_are_unique_and_groups_known(api: Api) -> None:
    first, second = application(api), application(api, "b")
    assert set(api.refused(400, "validation_error", "POST", "/v3/applications", json={"name": "a"})) == {"name"}
    assert set(api.refused(400, "validation_error", "PUT", f"/v3/applications/{second}", json={"name": "a"})) == {"name"}
    assert api.get(f"/v3/applications/{second}")["name"] == "b"
    api.put(f"/v3/applications/{first}", {"name": "a"})
    assert set(api.refused(400, "validation_error", "POST", "/v3/applications", json={"name": "c", "groups": [UNKNOWN]})) == {"groups"}
    assert set(api.refused(400, "validation_error", "PUT", f"/v3/applications/{second}", json={"description": "d"})) == {"name"}
    assert len(api.get("/v3/applications")["data"]) == 2


@pytest.mark.parametrize(("tier", "most"), [("0", 4), ("1", 25)])
def test_an_account_has_so_many_applications(simulator: Watched, api: Api, tier: str, most: int) -> None:
    simulator.patch("accounts", api.get("/v3/accounts/me")["id"], tier=tier)
    for number in range(most):
        application(api, str(number))
    api.refused(403, "account_limit_exceeded", "POST", "/v3/applications", json={"name": "one more"})


def test_what_is_new_is_not_in_older_generations(simulator: Watched, api: Api) -> None:
    simulator.settings(spec=2020)
    for path in ("/v3/applications", "/v3/access-keys", f"/v3/policy-groups/{ADMINISTRATORS}/applications"):
        api.refused(404, "unrecognized_request", "GET", path)
    assert "application_count" not in api.get(f"/v3/policy-groups/{ADMINISTRATORS}")
    body = {"name": "g", "members": {"applications": []}}
    assert set(api.refused(400, "validation_error", "POST", "/v3/policy-groups", json=body)) == {"applications"}


# --- access keys ---


def test_an_access_key_is_told_once_and_works_at_once(api: Api) -> None:
    app = application(api)
    made = access_key(api, app, description="d")
    key = made["key"]
    assert (len(key), key[:4]) == (79, "ak_2")
    assert "last_used_at" not in made
    api.simulator.clock(advance=1)
    assert as_key(api, key).get("/v3/accounts/me")["id"] == made["account_id"]
    used = api.get(f"/v3/access-keys/{made['id']}")["last_used_at"]
    assert made["created_at"] < used == api.get(f"/v3/applications/{app}")["last_used_at"]
    shown = made | {"key": key[:-32], "last_used_at": used}
    assert api.get(f"/v3/applications/{app}/access-keys/{made['id']}") == api.get(f"/v3/access-keys/{made['id']}") == shown
    assert api.get("/v3/access-keys")["data"] == api.get(f"/v3/applications/{app}/access-keys")["data"] == [shown]
    assert api.put(f"/v3/applications/{app}/access-keys/{made['id']}", {"name": "n"})["key"] == key[:-32]
    # It is no API key.
    as_key(api, key).refused(401, "auth_mismatch", "GET", ME)


def test_an_application_has_two_access_keys(simulator: Watched, api: Api) -> None:
    app, other = application(api), application(api, "b")
    first = access_key(api, app)
    access_key(api, app)
    access_key(api, other)
    path = f"/v3/applications/{app}/access-keys"
    api.refused(403, "account_limit_exceeded", "POST", path, json={"name": "third"})
    assert api.send("DELETE", f"{path}/{first['id']}").status_code == 204
    access_key(api, app, "third")
    simulator.settings(access_keys_per_application=3)
    access_key(api, app, "fourth")
    assert [key["name"] for key in api.get(f"/v3/access-keys?application_id__eq={other}")["data"]] == ["k"]
    assert [key["name"] for key in api.get(path)["data"]] == ["k", "third", "fourth"]


def test_keys_lie_below_their_application(api: Api) -> None:
    app, other = application(api), application(api, "b")
    made = access_key(api, app)
    api.refused(404, "not_found", "GET", f"/v3/applications/{other}/access-keys/{made['id']}")
    api.refused(404, "not_found", "PUT", f"/v3/applications/{other}/access-keys/{made['id']}", json={"name": "n"})
    api.refused(404, "not_found", "DELETE", f"/v3/applications/{other}/access-keys/{made['id']}")
    api.refused(404, "not_found", "GET", f"/v3/applications/{UNKNOWN}/access-keys")
    api.refused(404, "not_found", "POST", f"/v3/applications/{UNKNOWN}/access-keys", json={"name": "n"})


def test_a_key_works_while_it_and_its_application_are_active(api: Api) -> None:
    app = application(api)
    made = access_key(api, app)
    path, mine = f"/v3/applications/{app}", as_key(api, made["key"])
    for place, body in ((f"{path}/access-keys/{made['id']}", {"name": "k"}), (path, {"name": "a"})):
        mine.get("/v3/accounts/me")
        assert api.put(place, {**body, "status": "INACTIVE"})["status"] == "INACTIVE"
        mine.refused(401, "invalid_apikey", "GET", "/v3/accounts/me")
        assert api.put(place, {**body, "status": "ACTIVE"})["status"] == "ACTIVE"
    # An inactive application does not make its keys inactive, and an active one does not wake them.
    api.put(f"{path}/access-keys/{made['id']}", {"name": "k", "status": "INACTIVE"})
    api.put(path, {"name": "a", "status": "INACTIVE"})
    api.put(path, {"name": "a", "status": "ACTIVE"})
    mine.refused(401, "invalid_apikey", "GET", "/v3/accounts/me")
    api.put(f"{path}/access-keys/{made['id']}", {"name": "k", "status": "ACTIVE"})
    mine.get("/v3/accounts/me")
    assert api.send("DELETE", path).status_code == 204
    mine.refused(401, "invalid_apikey", "GET", "/v3/accounts/me")
    api.refused(404, "not_found", "GET", f"/v3/access-keys/{made['id']}")


def test_a_key_expires(simulator: Watched, api: Api) -> None:
    app = application(api)
    now = api.get(f"/v3/applications/{app}")["created_at"][:4]
    until = f"{int(now) + 1}-12-31T12:00:00Z"
    made = access_key(api, app, expiration=until)
    assert (made["expiration"], made["status"]) == (until, "ACTIVE")
    path = f"/v3/applications/{app}/access-keys/{made['id']}"
    simulator.clock(advance=2 * 366 * DAY)
    assert api.get(path)["status"] == "EXPIRED"
    assert [key["id"] for key in api.get("/v3/access-keys?status__eq=EXPIRED")["data"]] == [made["id"]]
    as_key(api, made["key"]).refused(401, "invalid_apikey", "GET", "/v3/accounts/me")
    # Its status says no more than its expiration.
    assert api.put(path, {"name": "k", "status": "ACTIVE"})["status"] == "EXPIRED"
    assert set(api.refused(400, "validation_error", "PUT", path, json={"name": "k", "status": "EXPIRED"})) == {"status"}
    later = f"{int(now) + 9}-12-31T12:00:00Z"
    assert api.put(path, {"name": "k", "expiration": later})["status"] == "ACTIVE"
    as_key(api, made["key"]).get("/v3/accounts/me")
    # An expiration that was moved does not come true.
    assert api.put(path, {"name": "k", "expiration": f"{int(now) + 20}-12-31T12:00:00Z"})["status"] == "ACTIVE"
    simulator.clock(advance=10 * 366 * DAY)
    assert api.get(path)["status"] == "ACTIVE"


def test_expirations_are_times(api: Api) -> None:
    app = application(api)
    path = f"/v3/applications/{app}/access-keys"
    for wrong in ("tomorrow", "2030-01-01", ""):
        assert set(api.refused(400, "validation_error", "POST", path, json={"name": "k", "expiration": wrong})) == {"expiration"}
    assert access_key(api, app, expiration="2020-01-01T00:00:00Z")["status"] == "EXPIRED"
    assert access_key(api, app, expiration="2099-01-01T01:00:00.25+01:00")["expiration"] == "2099-01-01T00:00:00.250000Z"


# --- API keys ---


def test_an_api_key_from_creation_to_deletion(api: Api) -> None:
    made = api.post("/v3/api-keys", {"name": "k", "groups": [ADMINISTRATORS]})
    key = made["key"]
    assert (len(key), key[:4], made["owner"], made["status"]) == (79, "ak_1", OWNER, "ACTIVE")
    path, mine = f"/v3/api-keys/{made['id']}", as_key(api, key)
    shown = made | {"key": key[:-32]}
    assert api.get(path) == mine.get(ME) == shown
    assert api.get(f"/v3/api-keys?key__eq={key[:-32]}")["data"] == [shown]
    assert len(api.get(f"/v3/api-keys?owner__eq={OWNER}")["data"]) == 2
    api.post("/v3/api-keys", {"name": "k"})
    assert mine.put(ME, {"name": "mine"})["name"] == "mine"
    assert api.put(path, {"status": "INACTIVE"})["status"] == "INACTIVE"
    mine.refused(401, "invalid_apikey", "GET", ME)
    api.put(path, {"status": "ACTIVE"})
    assert api.send("DELETE", path).status_code == 204
    mine.refused(401, "invalid_apikey", "GET", ME)


def test_owners_are_users_of_the_account(api: Api) -> None:
    assert set(api.refused(400, "validation_error", "POST", "/v3/api-keys", json={"name": "k", "owner": UNKNOWN})) == {"owner"}
    assert len(api.get("/v3/api-keys")["data"]) == 1
    made = api.post("/v3/api-keys", {"name": "k", "owner": OWNER})
    assert set(api.refused(400, "validation_error", "PUT", f"/v3/api-keys/{made['id']}", json={"owner": UNKNOWN})) == {"owner"}
    assert api.get(f"/v3/api-keys/{made['id']}")["owner"] == OWNER


def test_a_reset_gives_a_new_secret(api: Api) -> None:
    made = api.post("/v3/api-keys", {"name": "k"})
    path = f"/v3/api-keys/{made['id']}/reset-secret"
    first = api.post(path, None)
    assert first["id"] == made["id"]
    assert first["key"] != made["key"]
    as_key(api, made["key"]).refused(401, "invalid_apikey", "GET", ME)
    as_key(api, first["key"]).get(ME)
    second = api.post(path, {"name": "n"})
    assert second["name"] == api.get(f"/v3/api-keys/{made['id']}")["name"] == "n"
    assert len({made["key"], first["key"], second["key"]}) == 3
    # An inactive key stays so.
    api.put(f"/v3/api-keys/{made['id']}", {"status": "INACTIVE"})
    as_key(api, api.post(path, None)["key"]).refused(401, "invalid_apikey", "GET", ME)


def test_api_keys_of_2019(simulator: Watched, api: Api) -> None:
    made = api.post("/v3/api-keys", {"name": "k"})
    simulator.settings(spec=2019)
    assert set(api.refused(400, "validation_error", "PUT", f"/v3/api-keys/{made['id']}", json={"status": "ACTIVE"})) == {"name"}
    api.refused(404, "unrecognized_request", "POST", f"/v3/api-keys/{made['id']}/reset-secret")


# --- policy groups ---


def test_a_group_from_creation_to_deletion(api: Api) -> None:
    app, key = application(api), api.post("/v3/api-keys", {"name": "k"})["id"]
    made = group(api, members={"users": [OWNER], "applications": [app], "apikeys": [key]})
    path = f"/v3/policy-groups/{made}"
    now = api.get(path)
    assert (now["object"], now["name"], now["user_count"], now["application_count"], now["apikey_count"]) == ("group", "g", 1, 1, 1)
    assert set(api.refused(409, "duplicate", "POST", "/v3/policy-groups", json={"name": "g"})) == {"name"}
    assert api.put(path, {"name": "h"})["name"] == "h"
    assert set(api.refused(400, "validation_error", "PUT", path, json={"name": "Developers"})) == {"name"}
    assert [one["id"] for one in api.get("/v3/policy-groups?name__eq=h")["data"]] == [made]
    assert [one["id"] for one in api.get(f"{path}/users?status__eq=ACTIVE")["data"]] == [OWNER]
    assert api.send("DELETE", path).status_code == 204
    assert api.get(f"/v3/applications/{app}")["groups"] == api.get(f"/v3/api-keys/{key}")["groups"] == []
    assert made not in api.get(f"/v3/users/{OWNER}")["groups"]


def test_built_in_groups_stay(api: Api) -> None:
    first = api.get("/v3/policy-groups")["data"]
    assert [one["name"] for one in first] == ["Administrators", "Developers"]
    for one in first:
        api.refused(403, "access_denied", "DELETE", f"/v3/policy-groups/{one['id']}")
    assert api.get("/v3/policy-groups")["data"] == first


def test_unknown_members_and_groups(api: Api) -> None:
    made, app = group(api), application(api)
    path = f"/v3/policy-groups/{made}"
    for kind, place in (("users", "users"), ("applications", "applications"), ("apikeys", "api-keys")):
        for body in ({kind: [UNKNOWN]}, {kind: [1]}, {kind: "x"}, {}):
            assert set(api.refused(400, "validation_error", "POST", f"{path}/{place}/add", json=body)) == {kind}
        api.refused(404, "not_found", "POST", f"/v3/policy-groups/{UNKNOWN}/{place}/add", json={kind: []})
        api.refused(404, "not_found", "GET", f"/v3/policy-groups/{UNKNOWN}/{place}")
    assert set(api.refused(400, "validation_error", "POST", path, json={"pets": []})) == {"pets"}
    body = {"users": [OWNER], "applications": [app]}
    assert set(api.refused(400, "validation_error", "POST", f"{path}/users/add", json=body)) == {"applications"}
    api.refused(404, "not_found", "POST", f"/v3/applications/{app}/groups/add", json=[UNKNOWN])
    assert set(api.refused(400, "validation_error", "POST", f"{ME}/groups/add", json=[UNKNOWN])) == {"id"}
    assert api.get(path)["user_count"] == 0


def test_joining_twice_is_refused_and_leaving_twice_is_not(api: Api) -> None:
    made, app = group(api), application(api)
    ways = (
        (f"/v3/applications/{app}/groups", [made]),
        (f"/v3/policy-groups/{made}/applications", {"applications": [app]}),
        (f"{ME}/groups", [made]),
        (f"/v3/users/{OWNER}/groups", [made]),
    )
    for path, body in ways:
        for expected in (200, 204), (409,):
            assert api.send("POST", f"{path}/add", json=body).status_code in expected
        for _time in range(2):
            assert api.send("POST", f"{path}/remove", json=body).status_code in (200, 204)


def test_nobody_is_left_half_in(api: Api) -> None:
    made, first, second = group(api), application(api), application(api, "b")
    api.post(f"/v3/policy-groups/{made}/applications/add", {"applications": [second]})
    api.refused(409, "duplicate", "POST", f"/v3/policy-groups/{made}/applications/add", json={"applications": [first, second]})
    assert api.get(f"/v3/policy-groups/{made}")["application_count"] == 1


def test_nobody_leaves_the_administrators_alone(api: Api) -> None:
    mine = api.get(ME)["id"]
    assert set(api.refused(400, "validation_error", "POST", f"{ME}/groups/remove", json=[ADMINISTRATORS])) == {"id"}
    body = {"apikeys": [mine]}
    api.refused(400, "validation_error", "POST", f"/v3/policy-groups/{ADMINISTRATORS}/api-keys/remove", json=body)
    assert api.get(ME)["groups"] == [ADMINISTRATORS]


@pytest.mark.parametrize("spec", [2019, 2020, 2021])
def test_the_plain_forms(simulator: Watched, api: Api, spec: int) -> None:
    """A removal with a body, as an array or an object; 2019 answers with the word that all went well."""
    made, key = group(api), api.post("/v3/api-keys", {"name": "k"})["id"]
    simulator.settings(spec=spec)
    for path, body in ((f"/v3/api-keys/{key}/groups", [made]), (f"{ME}/groups", [made]), (f"/v3/users/{OWNER}/groups", [made])):
        for method, members in (("POST", [made]), ("DELETE", [])):
            answer = api.send(method, path, json=body)
            assert answer.status_code == 200, answer.text
            told = answer.json()
            if spec == 2019:
                assert (told["type"], told["code"]) == ("success", 200)
            else:
                assert [one for one in told["groups"] if one != ADMINISTRATORS] == members
            assert [one["id"] for one in api.get(path)["data"] if one["id"] != ADMINISTRATORS] == members
    path = f"/v3/policy-groups/{made}"
    for kind, place, member in (("users", "users", OWNER), ("apikeys", "api-keys", key)):
        if spec == 2019:
            api.refused(405, "method_not_supported", "POST", f"{path}/{place}", json={kind: [member]})
        else:
            assert api.post(f"{path}/{place}", {kind: [member]})["object"] == "group"
            assert api.send("DELETE", f"{path}/{place}", json=[member]).status_code == 200
        told = api.post(path, {kind: [member]})
        assert (told["id"], told.get("type")) == (made, "success" if spec == 2019 else None)
        assert [one["id"] for one in api.get(f"{path}/{place}")["data"]] == [member]
        assert api.send("DELETE", f"{path}/{place}", json={kind: [member]}).status_code == 200
        assert api.get(f"{path}/{place}")["data"] == []
    assert api.put(path, {"name": "h"}).get("name") == (None if spec == 2019 else "h")


def test_membership_is_the_same_from_every_side(local: Local) -> None:
    steps = st.tuples(st.sampled_from(["add", "remove", "drop"]), st.booleans(), st.integers(0, 1), st.integers(0, 2))

    @settings(max_examples=40, deadline=None)
    @given(st.lists(steps, max_size=12))
    def walk(taken: list[tuple[str, bool, int, int]]) -> None:
        def new(path: str, name: str) -> str:
            return str(local.send("POST", path, body={"name": name})[1]["id"])

        for old in local.all("/v3/applications"):
            local.send("DELETE", f"/v3/applications/{old['id']}")
        for old in local.all("/v3/policy-groups")[2:]:
            local.send("DELETE", f"/v3/policy-groups/{old['id']}")
        groups = [new("/v3/policy-groups", f"g{number}") for number in range(2)]
        apps = [new("/v3/applications", f"a{number}") for number in range(3)]
        members: dict[str, list[str]] = {one: [] for one in groups}
        for step, by_group, which, number in taken:
            one, app = groups[which], apps[number]
            if step == "drop":
                status = local.send("DELETE", f"/v3/policy-groups/{one}")[0]
                assert status == (204 if one in members else 404)
                members.pop(one, None)
            elif one in members:
                path = f"/v3/policy-groups/{one}/applications" if by_group else f"/v3/applications/{app}/groups"
                body: Any = {"applications": [app]} if by_group else [one]
                present = app in members[one]
                expected = 409 if step == "add" and present else 200 if by_group else 204
                assert local.send("POST", f"{path}/{step}", body=body)[0] == expected
                if step == "add" and not present:
                    members[one].append(app)
                if step == "remove" and present:
                    members[one].remove(app)
        for one, inside in members.items():
            assert local.send("GET", f"/v3/policy-groups/{one}")[1]["application_count"] == len(inside)
            assert [app["id"] for app in local.all(f"/v3/policy-groups/{one}/applications")] == sorted(inside)
        for app in apps:
            inside = [one for one in members if app in members[one]]
            assert sorted(local.send("GET", f"/v3/applications/{app}")[1]["groups"]) == inside
            assert [one["id"] for one in local.all(f"/v3/applications/{app}/groups")] == inside

    walk()
