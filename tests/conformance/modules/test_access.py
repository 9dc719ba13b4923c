# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applications, keys and policy groups: who is in which on services of all years, secrets that are told once, and keys that nobody
should take from under their own feet.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pelion_simulator.process import Simulator

Write = tuple[str, str, Any]
DAY = 86_400
UNKNOWN = "0123456789abcdef0123456789abcdef"
# An application, or a key of the kind that is older, and what is below the group under that name.
KINDS = {"users": "users", "applications": "applications", "apikeys": "api-keys"}


@dataclass(frozen=True)
class Place:
    """An account: the beginning of its paths, and the options by which a task means it."""

    path: str
    options: Mapping[str, str] = field(default_factory=dict)

    def __truediv__(self, rest: str) -> str:
        return f"{self.path}/{rest}"


@pytest.fixture(params=["own", "below"])
def place(request: pytest.FixtureRequest, client: Any) -> Place:
    """The account that the key belongs to, or one below it."""
    if request.param == "own":
        return Place("/v3")
    below = next(account["id"] for account in client.list("/v3/accounts") if account["display_name"] == "Oslo water works")
    return Place(f"/v3/accounts/{below}", {"account_id": below})


def named(client: Any, place: Place) -> dict[str, str]:
    """The ids of the policy groups by name."""
    return {group["name"]: group["id"] for group in client.list(place / "policy-groups")}


def user(client: Any, place: Place) -> str:
    """A user of the account who is in no group."""
    return str(client.post(place / "users", {"email": "new@example.com"}, action="invite")["id"])


def subjects(client: Any, place: Place, spec: int) -> dict[str, str]:
    """One of each kind that may be in a group."""
    found = {"users": user(client, place), "apikeys": client.post(place / "api-keys", {"name": "key"})["id"]}
    return found if spec < 2021 else {**found, "applications": client.post(place / "applications", {"name": "application"})["id"]}


def forget(simulator: Simulator, path: str, status: int) -> None:
    """Make the service one that does not know this operation yet."""
    kind = {404: "unrecognized_request", 405: "method_not_supported"}[status]
    simulator.faults(method="POST", path=path + "$", status=status, type=kind, count=None)


def mentions(step: Any, secret: str) -> bool:
    """Whether a secret is in anything that a task printed."""
    return secret in step.output


# -- the same in both families of paths


MODULES: Mapping[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "application": ("applications", {"name": "Dashboard", "description": "d"}, {"description": "e"}),
    "access_key": ("applications/{parent}/access-keys", {"name": "first"}, {"description": "e"}),
    "api_key": ("api-keys", {"name": "build server"}, {"status": "INACTIVE"}),
    "policy_group": ("policy-groups", {"name": "Water team"}, {"name": "Heating team"}),
}


@pytest.mark.parametrize(
    "module",
    [
        pytest.param("application", marks=pytest.mark.since(2021)),
        pytest.param("access_key", marks=pytest.mark.since(2021)),
        "api_key",
        "policy_group",
    ],
)
def test_a_life_in_either_account(run: Any, client: Any, place: Place, module: str) -> None:
    """Created, listed, changed, read and deleted, and every request goes to the account that is meant."""
    path, create, update = MODULES[module]
    always, plural = dict(place.options), f"{module}s"
    if module == "access_key":
        always["application_id"] = client.post(place / "applications", {"name": "a"})["id"]
    path = place / path.format(parent=always.get("application_id"))
    secret = {"return_secret": True} if module.endswith("_key") else {}

    created = run(module, **always, **create, **secret)
    identity = created.result[module]["id"]
    listed = run(f"{module}_info", **always, name=create["name"])
    changed = run(module, **always, **update, id=identity)
    read = run(f"{module}_info", **place.options, id=identity)
    deleted = run(module, **always, id=identity, state="absent")
    steps = (created, listed, changed, read, deleted)
    assert [step.msg for step in steps if step.failed] == []
    assert [sent.path for step in steps for sent in step.sent if not sent.path.startswith(place.path)] == []
    assert [one["id"] for one in listed.result[plural]] == [identity]
    assert [{**one, **update} for one in read.result[plural]] == read.result[plural] == [changed.result[module]]
    assert [(method, where) for step in steps for method, where, _body in step.writes] == [
        ("POST", path),
        ("PUT", f"{path}/{identity}"),
        ("DELETE", f"{path}/{identity}"),
    ]
    assert run(f"{module}_info", **place.options, id=identity).result[plural] == []


# -- groups of a member


def memberships(step: Any) -> list[Write]:
    """The requests about members."""
    return [write for write in step.writes if write[0] != "PUT"]


@pytest.mark.since(2021)
def test_groups_of_an_application(run: Any, client: Any, place: Place) -> None:
    groups = named(client, place)
    admins, developers = groups["Administrators"], groups["Developers"]
    app = client.post(place / "applications", {"name": "Dashboard", "groups": [admins]})["id"]
    path = place / f"applications/{app}/groups"
    task = {**place.options, "name": "Dashboard"}

    add = run("application", **task, groups=["Developers"], membership="add")
    assert memberships(add) == [("POST", f"{path}/add", [developers])]
    assert add.result["diff"]["before"]["groups"] == [admins]
    assert add.result["application"]["groups"] == add.result["diff"]["after"]["groups"] == [admins, developers]
    assert not run("application", **task, groups=["Developers", admins]).changed

    remove = run("application", **task, groups=["Administrators"], membership="remove")
    assert memberships(remove) == [("POST", f"{path}/remove", [admins])]
    assert not run("application", **task, groups=["Administrators"], membership="remove").changed

    exact = run("application", **task, groups=[admins])
    assert memberships(exact) == [("POST", f"{path}/add", [admins]), ("POST", f"{path}/remove", [developers])]

    listed = run("policy_group_info", **place.options, application_id="Dashboard")
    assert [group["name"] for group in listed.result["policy_groups"]] == ["Administrators"]
    assert listed.sent[-1].path == path


@pytest.mark.parametrize("status", [404, 405])
@pytest.mark.parametrize(("place", "own"), [("own", True), ("own", False), ("below", False)], indirect=["place"])
def test_groups_of_an_api_key_on_services_of_all_years(
    run: Any, client: Any, simulator: Simulator, place: Place, spec: int, status: int, own: bool
) -> None:
    """The newest form first; where the service does not have it, the older one. `me` stays `me` in paths."""
    groups = named(client, place)
    developers, extra = groups["Developers"], client.post(place / "policy-groups", {"name": "extra"})["id"]
    identity = "me" if own else client.post(place / "api-keys", {"name": "key"})["id"]
    path = place / f"api-keys/{identity}/groups"
    task = {**place.options, "id": identity, "groups": [developers, "extra"]}

    def change(how: str) -> Any:
        step = run("api_key", **task, membership=how)
        assert step.changed
        held = {group["name"] for group in run("policy_group_info", **place.options, api_key_id=identity).result["policy_groups"]}
        assert {"Developers", "extra"} & held == ({"Developers", "extra"} if how == "add" else set())
        assert not run("api_key", **task, membership=how).changed
        assert held == {name for name, group in {**groups, "extra": extra}.items() if group in step.result["api_key"]["groups"]}
        return step

    body = [developers, extra]
    newest = {"add": [("POST", f"{path}/add", body)], "remove": [("POST", f"{path}/remove", body)]}
    older = {
        "add": [("POST", f"{path}/add", body), ("POST", path, body)],
        "remove": [("POST", f"{path}/remove", body), ("DELETE", path, body)],
    }
    for how in ("add", "remove"):
        assert change(how).writes == (newest if spec > 2019 else older)[how]
    forget(simulator, "/groups/(add|remove)", status)
    for how in ("add", "remove"):
        assert change(how).writes == older[how]


# -- members of a group


@pytest.mark.parametrize("kind", ["users", "apikeys", pytest.param("applications", marks=pytest.mark.since(2021))])
@pytest.mark.parametrize("status", [404, 405])
def test_members_of_a_group_on_services_of_all_years(
    run: Any, client: Any, simulator: Simulator, place: Place, spec: int, kind: str, status: int
) -> None:
    member = subjects(client, place, spec)[kind]
    group = client.post(place / "policy-groups", {"name": "Water team"})["id"]
    item = place / f"policy-groups/{group}"
    path, body = f"{item}/{KINDS[kind]}", {kind: [member]}
    task = {**place.options, "name": "Water team", kind: [member]}
    count = {"users": "user_count", "apikeys": "apikey_count", "applications": "application_count"}[kind]

    def change(how: str) -> Any:
        checked = run("policy_group", **task, membership=how, check=True)
        step = run("policy_group", **task, membership=how)
        assert (checked.changed, step.changed, checked.writes) == (True, True, [])
        assert checked.result["diff"] == step.result["diff"]
        held = [member] if how == "add" else []
        assert step.result["policy_group"][kind] == checked.result["policy_group"][kind] == held
        assert (step.result["policy_group"]["name"], step.result["policy_group"][count]) == ("Water team", len(held))
        assert not run("policy_group", **task, membership=how).changed
        return step

    add, remove = [("POST", f"{path}/add", body)], [("POST", f"{path}/remove", body)]
    plain, whole, delete = ("POST", path, body), ("POST", item, body), ("DELETE", path, body)
    # Removal of applications has no older form: what came with them has the newest one.
    assert change("add").writes == (add if spec > 2019 else [*add, plain, whole])
    assert change("remove").writes == (remove if spec > 2019 else [*remove, delete])
    forget(simulator, f"/{KINDS[kind]}/add", status)
    assert change("add").writes == ([*add, plain] if spec > 2019 and kind != "applications" else [*add, plain, whole])
    if kind != "applications":
        forget(simulator, f"/{KINDS[kind]}/remove", status)
    assert change("remove").writes == ([*remove, delete] if kind != "applications" else remove)
    forget(simulator, f"/{KINDS[kind]}", status)
    assert change("add").writes == [*add, plain, whole]


def test_reading_members(run: Any, client: Any, place: Place, spec: int) -> None:
    found = subjects(client, place, spec)
    client.post(place / "policy-groups", {"name": "Water team", "members": {kind: [member] for kind, member in found.items()}})
    (group,) = run("policy_group_info", **place.options, name="Water team", members=list(found)).result["policy_groups"]
    assert {kind: group[kind] for kind in found} == {kind: [member] for kind, member in found.items()}
    assert not {"users", "apikeys"} & set(run("policy_group_info", **place.options, name="Water team").result["policy_groups"][0])

    by_key = run("api_key_info", **place.options, policy_group_id="Water team")
    assert [key["id"] for key in by_key.result["api_keys"]] == [found["apikeys"]]
    assert "key" not in by_key.result["api_keys"][0]
    by_user = run("policy_group_info", **place.options, user_id="new@example.com")
    assert [one["id"] for one in by_user.result["policy_groups"]] == [group["id"]]
    if "applications" in found:
        by_app = run("application_info", **place.options, policy_group_id=group["id"])
        assert [app["id"] for app in by_app.result["applications"]] == [found["applications"]]


def test_members_are_told_in_order(run: Any, client: Any, simulator: Simulator) -> None:
    """Whatever order the service has them in, check mode foretells the same."""
    group = client.post("/v3/policy-groups", {"name": "Water team"})["id"]
    listed = json.dumps({"object": "list", "has_more": False, "data": [{"id": "b"}, {"id": "c"}, {"id": "a"}]})
    simulator.faults(method="GET", path=f"/{group}/users$", body=listed, content_type="application/json")
    assert run("policy_group_info", id=group, members=["users"]).result["policy_groups"][0]["users"] == ["a", "b", "c"]


def test_a_rename_is_told_as_a_group_in_all_years(run: Any, client: Any, place: Place) -> None:
    """In 2019 the answer is no group, yet has an id."""
    group = client.post(place / "policy-groups", {"name": "Water team"})["id"]
    step = run("policy_group", **place.options, id=group, name="Heating team")
    assert step.writes == [("PUT", place / f"policy-groups/{group}", {"name": "Heating team"})]
    assert (step.result["policy_group"]["name"], step.result["policy_group"]["user_count"]) == ("Heating team", 0)
    assert step.result["policy_group"] == run("policy_group_info", **place.options, id=group).result["policy_groups"][0]


@pytest.mark.parametrize("name", ["Administrators", "Developers"])
@pytest.mark.parametrize("check", [True, False])
def test_groups_that_are_there_from_the_start_stay(run: Any, client: Any, place: Place, name: str, check: bool) -> None:
    step = run("policy_group", **place.options, name=name, state="absent", check=check)
    assert step.msg == f"The policy group {name} was there from the start; the service does not let it be deleted."
    assert step.writes == []


def test_one_way_into_the_groups_at_a_time(run: Any) -> None:
    step = run("policy_group_info", application_id="Dashboard", user_id="new@example.com")
    assert step.msg == "parameters are mutually exclusive: application_id|api_key_id|user_id"
    assert step.sent == []


# -- names in the place of ids


def test_names_that_nothing_has(run: Any, client: Any) -> None:
    step = run("api_key", name="key", groups=["Developers", "Nobody"], return_secret=True)
    assert step.msg == "groups: there is no policy group with the name 'Nobody'."
    assert step.writes == []
    assert run("policy_group", name="g", users=["x@example.com"]).msg == "users: there is no user with the email 'x@example.com'."
    assert run("policy_group_info", api_key_id="nobody's").msg == 'api_key_id: there is no api key with the name "nobody\'s".'


def test_names_that_a_task_before_makes(run: Any) -> None:
    """Check mode of a whole play goes through from nothing."""
    step = run("api_key", name="key", groups=["Developers", "To come"], return_secret=True, check=True)
    assert step.changed
    assert step.result["api_key"]["groups"][1:] == ["To come"]
    assert step.result["warnings"] == ["There is no policy group 'To come' yet."]
    assert step.writes == []


@pytest.mark.since(2021)
def test_a_key_of_an_application_that_a_task_before_makes(run: Any) -> None:
    step = run("access_key", application_id="To come", name="key", return_secret=True, check=True)
    assert step.changed
    assert step.result["warnings"] == ["There is no application 'To come' yet."]
    assert run("access_key", application_id="To come", name="key", return_secret=True).msg == (
        "application_id: there is no application with the name 'To come'."
    )


def test_an_owner_by_address(run: Any, client: Any, place: Place) -> None:
    owner = user(client, place)
    made = run("api_key", **place.options, name="key", owner="new@example.com", return_secret=True)
    assert made.writes == [("POST", place / "api-keys", {"name": "key", "owner": owner})]
    assert not run("api_key", **place.options, name="key", owner="new@example.com").changed


def test_two_keys_of_one_name(run: Any, client: Any) -> None:
    ids = [client.post("/v3/api-keys", {"name": "key"})["id"] for _time in range(2)]
    text = f": {ids[0]}, {ids[1]}. Give the id of the one you mean."
    assert run("api_key", name="key", status="INACTIVE").msg == f"2 api keys have the name 'key'{text}"
    assert run("policy_group", name="Developers", apikeys=["key"]).msg == f"apikeys: 2 api keys have the name 'key'{text}"
    assert [key["id"] for key in run("api_key_info", name="key").result["api_keys"]] == ids


# -- secrets that are told once


def keyed(client: Any, module: str) -> tuple[dict[str, Any], str]:
    """The options of a task that makes a key, and the path of the keys."""
    if module == "api_key":
        return {"name": "fresh"}, "/v3/api-keys"
    app = client.post("/v3/applications", {"name": "Dashboard"})["id"]
    return {"application_id": app, "name": "fresh"}, f"/v3/applications/{app}/access-keys"


KEYED = pytest.mark.parametrize("module", ["api_key", pytest.param("access_key", marks=pytest.mark.since(2021))])


@KEYED
def test_a_key_goes_into_a_file_that_only_its_owner_reads(run: Any, client: Any, tmp_path: Path, module: str) -> None:
    task, _path = keyed(client, module)
    target = tmp_path / "key"
    target.write_text("an older one")
    target.chmod(0o644)
    step = run(module, **task, secret_file=str(target))
    key = target.read_text().strip()
    assert (len(key), stat.S_IMODE(target.stat().st_mode)) == (79, 0o600)
    assert "secret" not in step.result
    assert not mentions(step, key)
    assert not mentions(step, key[:47])
    assert "key" not in step.result[module]
    # It works.
    assert not run("account_info", api_key=key).failed
    # Nothing new, so nothing is told: neither the file nor the result.
    again = run(module, **task, secret_file=str(tmp_path / "other"))
    assert not again.changed
    assert list(tmp_path.glob("other")) == []
    assert not mentions(again, key[:47])
    info = run(f"{module}_info", name="fresh")
    assert not mentions(info, key[:47])


@KEYED
def test_a_key_is_returned_in_one_place_only(run: Any, client: Any, module: str) -> None:
    task, _path = keyed(client, module)
    step = run(module, **task, return_secret=True)
    key = step.result["secret"]["key"]
    assert step.result["secret"] == {"key": key}
    assert step.output.count(key) == 1
    assert step.output.count(key[:47]) == 1
    assert run(module, **task, return_secret=True).result.get("secret") is None


@pytest.mark.parametrize("form", ["{}", "{eq}", "__eq"])
@pytest.mark.parametrize("cut", [79, 47])
def test_which_key_a_text_is(run: Any, client: Any, form: str, cut: int) -> None:
    """The private part of it is sent to nobody and shown to nobody."""
    made = client.post("/v3/api-keys", {"name": "key"})
    client.post("/v3/api-keys", {"name": "another"})
    key = made["key"][:cut]
    step = run("api_key_info", filters={"{}": {"key": key}, "{eq}": {"key": {"eq": key}}, "__eq": {"key__eq": key}}[form])
    assert [one["id"] for one in step.result["api_keys"]] == [made["id"]]
    assert step.sent[0].query["key__eq"] == made["key"][:47]
    assert not mentions(step, made["key"])


@KEYED
@pytest.mark.parametrize("check", [True, False])
def test_a_key_that_would_go_nowhere_is_not_made(run: Any, client: Any, module: str, check: bool) -> None:
    task, path = keyed(client, module)
    before = list(client.list(path))
    step = run(module, **task, check=check)
    assert step.msg == (
        "The service tells the secret of this only once: give secret_file to have it written to a file, or set return_secret "
        "(and no_log on the task) to have it returned."
    )
    assert (step.writes, list(client.list(path))) == ([], before)
    # What reveals nothing needs neither.
    client.post(path, {"name": "fresh"})
    assert not run(module, **task, status="ACTIVE").failed


# -- resets


@pytest.mark.since(2020)
def test_a_reset_gives_a_new_secret_each_time(run: Any, client: Any, tmp_path: Path) -> None:
    made = client.post("/v3/api-keys", {"name": "key"})
    target = tmp_path / "key"
    checked = run("api_key", name="key", state="reset", secret_file=str(target), check=True)
    assert (checked.changed, checked.writes, target.exists()) == (True, [], False)
    keys = {made["key"]}
    for _time in range(2):
        step = run("api_key", name="key", state="reset", secret_file=str(target))
        assert step.changed
        assert step.writes == [("POST", f"/v3/api-keys/{made['id']}/reset-secret", None)]
        assert step.result["api_key"]["id"] == made["id"]
        key = target.read_text().strip()
        assert not mentions(step, key[:47])
        assert not run("account_info", api_key=key).failed
        keys.add(key)
    assert len(keys) == 3
    assert run("account_info", api_key=made["key"]).failed


@pytest.mark.since(2020)
def test_a_reset_comes_after_other_changes(run: Any, client: Any) -> None:
    made = client.post("/v3/api-keys", {"name": "key"})
    step = run("api_key", id=made["id"], name="other", state="reset", return_secret=True)
    assert step.writes == [
        ("PUT", f"/v3/api-keys/{made['id']}", {"name": "other", "owner": made["owner"], "status": "ACTIVE"}),
        ("POST", f"/v3/api-keys/{made['id']}/reset-secret", None),
    ]
    assert step.result["api_key"]["name"] == "other"


def test_a_reset_in_an_account_below(run: Any, client: Any, spec: int) -> None:
    """There it is as old as 2019, and takes no body then."""
    below = next(account["id"] for account in client.list("/v3/accounts") if account["display_name"] == "Oslo water works")
    identity = client.post(f"/v3/accounts/{below}/api-keys", {"name": "key"})["id"]
    step = run("api_key", account_id=below, id=identity, state="reset", return_secret=True)
    assert step.writes == [("POST", f"/v3/accounts/{below}/api-keys/{identity}/reset-secret", None)]
    assert len(step.result["secret"]["key"]) == 79


def test_a_reset_needs_a_key_and_a_service_that_has_it(run: Any, client: Any, spec: int) -> None:
    step = run("api_key", name="nobody's", state="reset", return_secret=True)
    assert step.msg == "There is no such API key; one that is not there cannot be reset."
    assert step.writes == []
    client.post("/v3/api-keys", {"name": "key"})
    assert run("api_key", name="key", state="reset").msg.startswith("The service tells the secret of this only once")
    if spec == 2019:
        assert "HTTP 404 unrecognized_request" in run("api_key", name="key", state="reset", return_secret=True).msg


# -- the key in use


def in_use(label: str, identity: str) -> str:
    """What a task says that would take the ground from under its own feet."""
    return (
        f"The {label} {identity} is what this task logs in by, and would not work any more. Use another key, or set force if you mean it."
    )


@pytest.mark.parametrize("options", [{"state": "absent"}, {"state": "reset", "return_secret": True}, {"status": "INACTIVE"}])
@pytest.mark.parametrize("by", ["me", "id", "name"])
@pytest.mark.parametrize("check", [True, False])
def test_the_api_key_in_use_is_kept(run: Any, client: Any, options: dict[str, Any], by: str, check: bool) -> None:
    mine = client.get("/v3/api-keys/me")
    task = {"id": {"me": "me", "id": mine["id"]}.get(by), "name": mine["name"] if by == "name" else None}
    step = run("api_key", **task, **options, check=check)
    assert step.msg == in_use("api key", mine["id"])
    assert step.writes == []


@pytest.mark.since(2020)
def test_the_api_key_in_use_is_reset_by_force(run: Any, client: Any) -> None:
    mine = client.post("/v3/api-keys", {"name": "mine"})
    step = run("api_key", id="me", state="reset", force=True, return_secret=True, api_key=mine["key"])
    # Sent once more with the new secret, because nobody can read anything with the old one.
    assert step.writes == [("POST", f"/v3/api-keys/{mine['id']}/reset-secret", None)]
    assert not run("account_info", api_key=step.result["secret"]["key"]).failed
    assert step.result["api_key"]["name"] == "mine"


def test_the_api_key_in_use_is_deleted_by_force(run: Any, client: Any) -> None:
    mine = client.post("/v3/api-keys", {"name": "mine"})
    assert run("api_key", name="mine", state="absent", force=True, api_key=mine["key"]).changed
    assert run("account_info", api_key=mine["key"]).failed


def test_my_own_api_key(run: Any, client: Any) -> None:
    (mine,) = run("api_key_info", id="me").result["api_keys"]
    step = run("api_key", id="me", name="renamed")
    assert step.writes == [("PUT", "/v3/api-keys/me", {"name": "renamed", "owner": mine["owner"], "status": "ACTIVE"})]
    assert step.result["api_key"]["id"] == mine["id"]
    assert not run("api_key", id="me", name="renamed").changed


@pytest.mark.since(2021)
@pytest.mark.parametrize("check", [True, False])
def test_the_access_key_in_use_and_its_application_are_kept(run: Any, client: Any, check: bool) -> None:
    app = client.post("/v3/applications", {"name": "mine"})["id"]
    path = f"/v3/applications/{app}/access-keys"
    mine, other = (client.post(path, {"name": name}) for name in ("first", "second"))
    for options in ({"state": "absent"}, {"status": "INACTIVE"}):
        step = run("access_key", application_id=app, name="first", **options, api_key=mine["key"], check=check)
        assert step.msg == in_use("access key", mine["id"])
        assert step.writes == []
        step = run("application", name="mine", **options, api_key=mine["key"], check=check)
        assert step.msg == in_use("application", app)
        assert step.writes == []
        assert not mentions(step, mine["key"][:47])
        # Another key of the same application is nobody's feet.
        assert run("access_key", application_id=app, name="second", **options, api_key=mine["key"], check=True).changed
    if not check:
        assert run("access_key", application_id=app, name="first", state="absent", force=True, api_key=mine["key"]).changed
        assert run("application", name="mine", status="INACTIVE", force=True, api_key=other["key"]).changed
        assert run("account_info", api_key=other["key"]).failed


# -- access keys


@pytest.mark.since(2021)
def test_a_key_is_replaced_by_a_second_one(run: Any, client: Any, tmp_path: Path) -> None:
    """The vendor's way: two keys at most, so one can follow the other."""
    app = client.post("/v3/applications", {"name": "Dashboard"})["id"]
    task = {"application_id": "Dashboard", "return_secret": True}
    first = run("access_key", **task, name="2026").result["secret"]["key"]
    second = run("access_key", **task, name="2027").result["secret"]["key"]
    third = run("access_key", **task, name="2028")
    assert third.result["status"] == 403
    assert "account_limit_exceeded" in third.msg
    assert run("access_key", **task, name="2026", state="absent", api_key=second).changed
    assert run("account_info", api_key=first).failed
    assert not run("account_info", api_key=second).failed
    listed = run("access_key_info", application_id="Dashboard")
    assert [key["name"] for key in listed.result["access_keys"]] == ["2027"]
    assert listed.sent[-1].path == f"/v3/applications/{app}/access-keys"
    assert not mentions(listed, second[:47])


@pytest.mark.since(2021)
def test_the_keys_of_all_applications(run: Any, client: Any, place: Place) -> None:
    keys = {}
    for name in ("a", "b"):
        app = client.post(place / "applications", {"name": name})["id"]
        keys[app] = client.post(place / f"applications/{app}/access-keys", {"name": f"of {name}"})["id"]
    for app, key in keys.items():
        listed = run("access_key_info", **place.options, filters={"application_id": app})
        assert [(one["id"], one["application_id"]) for one in listed.result["access_keys"]] == [(key, app)]
        assert (listed.sent[-1].path, listed.sent[-1].query["application_id__eq"]) == (place / "access-keys", app)
        assert run("access_key_info", **place.options, id=key).sent[-1].path == place / f"access-keys/{key}"
    assert len(run("access_key_info", **place.options).result["access_keys"]) == 2


@pytest.mark.since(2021)
def test_an_expired_key(run: Any, client: Any, simulator: Simulator) -> None:
    app = client.post("/v3/applications", {"name": "Dashboard"})
    year = int(app["created_at"][:4])
    task = {"application_id": app["id"], "name": "key"}
    until, later = f"{year + 1}-12-31T12:00:00Z", f"{year + 9}-12-31T12:00:00Z"
    made = client.post(f"/v3/applications/{app['id']}/access-keys", {"name": "key", "expiration": until})
    simulator.clock(advance=2 * 366 * DAY)
    path = f"/v3/applications/{app['id']}/access-keys/{made['id']}"

    # The status that the service made is never sent.
    described = run("access_key", **task, description="d")
    assert described.writes == [("PUT", path, {"name": "key", "description": "d", "expiration": until})]
    assert described.result["access_key"]["status"] == "EXPIRED"
    assert not run("access_key", **task, expiration=until).changed
    step = run("access_key", **task, status="ACTIVE")
    assert step.msg == f"The access key {made['id']} expired at {until}; give a later expiration."
    assert step.writes == []

    off = run("access_key", **task, expiration=later, status="INACTIVE", check=True)
    assert off.result["access_key"]["status"] == "INACTIVE"
    for options in ({"expiration": later}, {"expiration": later, "status": "ACTIVE"}):
        checked = run("access_key", **task, **options, check=True)
        assert checked.result["access_key"]["status"] == "ACTIVE"
    revived = run("access_key", **task, expiration=later)
    assert revived.writes == [("PUT", path, {"name": "key", "description": "d", "expiration": later, "status": "ACTIVE"})]
    assert revived.result["access_key"]["status"] == "ACTIVE"
    assert revived.result["diff"] == checked.result["diff"]
    assert not run("access_key", **task, expiration=later, status="ACTIVE").changed

    simulator.clock(advance=10 * 366 * DAY)
    stopped = run("access_key", **task, status="INACTIVE")
    assert stopped.writes == [("PUT", path, {"name": "key", "description": "d", "expiration": later, "status": "INACTIVE"})]
    assert not run("access_key", **task, status="INACTIVE").changed


# -- applications


@pytest.mark.since(2021)
def test_somebody_else_makes_the_same_application(run: Any, client: Any, simulator: Simulator) -> None:
    """The name is taken between the look and the creation, and the service has no 409 for that."""
    made = client.post("/v3/applications", {"name": "Dashboard"})
    simulator.faults(
        method="GET", path="/v3/applications$", body='{"object":"list","data":[],"has_more":false}', content_type="application/json"
    )
    step = run("application", name="Dashboard", description="d")
    assert [(method, path) for method, path, _body in step.writes] == [
        ("POST", "/v3/applications"),
        ("PUT", f"/v3/applications/{made['id']}"),
    ]
    assert (step.changed, step.result["application"]["id"], step.result["application"]["description"]) == (True, made["id"], "d")


@pytest.mark.since(2021)
def test_what_the_service_refuses_stays_refused(run: Any) -> None:
    step = run("application", name="x" * 101)
    assert step.msg == "name has 101 characters; the service takes at most 100."
    assert run("application", id=UNKNOWN, name="a").msg == (
        f"There is no application with the id {UNKNOWN}; leave id out to make a new one."
    )
