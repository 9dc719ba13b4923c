# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applications, keys, groups and their members: the same story in one's own account and, by the twin operations, in one below it."""

from __future__ import annotations

from typing import Any

import pytest
from simulator_helpers import Api


@pytest.fixture(params=["own", "below"])
def root(request: pytest.FixtureRequest, api: Api) -> str:
    """What the paths of an account begin with."""
    if request.param == "own":
        return "/v3"
    account = api.post("/v3/accounts", {"display_name": "Below", "email": "below@example.com", "end_market": "IT"})
    return f"/v3/accounts/{account['id']}"


def ids(api: Api, path: str) -> set[str]:
    return {one["id"] for one in api.get(f"{path}?limit=1000")["data"]}


def do(api: Api, method: str, path: str, body: Any = None, expected: int = 200) -> Any:
    answer = api.send(method, path, **({} if body is None else {"json": body}))
    assert answer.status_code == expected, answer.text
    return answer.json() if answer.content else None


def group(api: Api, root: str, name: str, **more: Any) -> str:
    """The id of a new group."""
    return str(do(api, "POST", f"{root}/policy-groups", {"name": name, **more}, 201)["id"])


def test_applications_and_access_keys(api: Api, root: str) -> None:
    first = group(api, root, "first")
    path = f"{root}/applications"
    app = do(api, "POST", path, {"name": "a"}, 201)
    assert do(api, "GET", f"{path}/{app['id']}") == app
    assert app["id"] in ids(api, path)
    assert do(api, "PUT", f"{path}/{app['id']}", {"name": "b"})["name"] == "b"
    do(api, "POST", f"{path}/{app['id']}/groups/add", [first], 204)
    assert ids(api, f"{path}/{app['id']}/groups") == {first}
    assert ids(api, f"{root}/policy-groups/{first}/applications") == {app["id"]}
    do(api, "POST", f"{path}/{app['id']}/groups/remove", [first], 204)
    assert ids(api, f"{path}/{app['id']}/groups") == set()
    keys = f"{path}/{app['id']}/access-keys"
    key = do(api, "POST", keys, {"name": "k"}, 201)
    for one in (f"{keys}/{key['id']}", f"{root}/access-keys/{key['id']}"):
        assert do(api, "GET", one)["name"] == "k"
    assert ids(api, keys) == {key["id"]}
    assert key["id"] in ids(api, f"{root}/access-keys")
    assert do(api, "PUT", f"{keys}/{key['id']}", {"name": "l"})["name"] == "l"
    do(api, "DELETE", f"{keys}/{key['id']}", expected=204)
    assert ids(api, keys) == set()
    do(api, "DELETE", f"{path}/{app['id']}", expected=204)
    assert app["id"] not in ids(api, path)


def test_api_keys(api: Api, root: str) -> None:
    first, path = group(api, root, "first"), f"{root}/api-keys"
    key = do(api, "POST", path, {"name": "a"}, 201)
    item = f"{path}/{key['id']}"
    assert do(api, "GET", item)["name"] == "a"
    assert key["id"] in ids(api, path)
    assert do(api, "PUT", item, {"name": "b"})["name"] == "b"
    assert do(api, "POST", f"{item}/reset-secret")["key"] != key["key"]
    do(api, "POST", f"{item}/groups/add", [first])
    assert ids(api, f"{item}/groups") == {first}
    do(api, "POST", f"{item}/groups/remove", [first])
    do(api, "POST", f"{item}/groups", [first])
    assert ids(api, f"{item}/groups") == {first}
    do(api, "DELETE", f"{item}/groups", [first])
    assert ids(api, f"{item}/groups") == set()
    do(api, "DELETE", item, expected=204)
    assert key["id"] not in ids(api, path)


def test_groups(api: Api, root: str) -> None:
    path = f"{root}/policy-groups"
    first = group(api, root, "first")
    item = f"{path}/{first}"
    assert do(api, "GET", item)["name"] == "first"
    assert do(api, "PUT", item, {"name": "second"})["name"] == "second"
    assert first in ids(api, path)
    members = {
        "applications": do(api, "POST", f"{root}/applications", {"name": "a"}, 201)["id"],
        "users": do(api, "POST", f"{root}/users", {"email": "u@example.com"}, 201)["id"],
        "api-keys": do(api, "POST", f"{root}/api-keys", {"name": "k"}, 201)["id"],
    }
    for kind, id_ in members.items():
        body = {kind.replace("-", ""): [id_]}
        do(api, "POST", f"{item}/{kind}/add", body)
        assert ids(api, f"{item}/{kind}") == {id_}
        do(api, "POST", f"{item}/{kind}/remove", body)
        assert ids(api, f"{item}/{kind}") == set()
        if kind != "applications":
            do(api, "POST", f"{item}/{kind}", body)
            assert ids(api, f"{item}/{kind}") == {id_}
            do(api, "DELETE", f"{item}/{kind}", body)
            assert ids(api, f"{item}/{kind}") == set()
    do(api, "POST", item, {"applications": [members["applications"]], "users": [members["users"]]})
    assert ids(api, f"{item}/users") == {members["users"]}
    do(api, "DELETE", item, expected=204)
    assert first not in ids(api, path)


def test_accounts_do_not_see_each_other(api: Api) -> None:
    roots = []
    for number in (1, 2):
        account = api.post("/v3/accounts", {"display_name": str(number), "email": f"a{number}@example.com", "end_market": "IT"})
        roots.append(f"/v3/accounts/{account['id']}")
    app = do(api, "POST", f"{roots[0]}/applications", {"name": "a"}, 201)["id"]
    for other in ("/v3", roots[1]):
        assert app not in ids(api, f"{other}/applications")
        api.refused(404, "not_found", "GET", f"{other}/applications/{app}")
