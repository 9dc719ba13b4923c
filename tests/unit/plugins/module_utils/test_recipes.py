# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""What rows and recipes can say beyond plain fields: memberships, names for ids, states, waiting, secrets, sub-tenants."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils import module as module_floor
from ansible_collections.pelion.device_management.plugins.module_utils import resource as engine
from ansible_collections.pelion.device_management.plugins.module_utils.client import ApiError
from ansible_collections.pelion.device_management.plugins.module_utils.filters import FilterError
from ansible_collections.pelion.device_management.plugins.module_utils.resource import (
    AmbiguousError,
    Await,
    Call,
    Membership,
    Recipe,
    Resource,
    ResourceError,
    WaitError,
    ensure,
    plan,
    read,
    resolved,
    without,
)
from ansible_collections.pelion.device_management.tests.unit.plugins.module_utils.fakes import answer, failing, lost, make_client
from hypothesis import given
from hypothesis import strategies as st

A, B, C = ("a" * 32, "b" * 32, "c" * 32)
CLUB = Resource(name="club", path="/v3/clubs")
TOY = Resource(
    name="toy",
    path="/v3/toys",
    tenant=True,
    me=True,
    create_only=("birth", "password"),
    update_only=("mood",),
    write_only=("password", "pin"),
    secrets=("key", "sessions.token"),
    once=("key",),
    nullable=("note",),
    times=("due",),
    clashes=(400, 409),
    memberships=(Membership("clubs", "clubs"),),
    references={"clubs": CLUB, "best_club": CLUB},
)
RECIPE = Recipe(TOY, ("name", "note", "birth", "mood", "password", "pin", "due", "clubs", "key"))


def toy(**more):
    return {"id": A, "object": "toy", "name": "n", **more}


def page(*items):
    return answer(200, {"object": "list", "has_more": False, "data": list(items)})


def calls_of(transport):
    return [(sent.method, sent.path, sent.json) for sent in transport.sent]


def mistake(kind, call, *arguments, **options):
    with pytest.raises(kind) as caught:
        call(*arguments, **options)
    return str(caught.value)


# -- memberships


@given(st.lists(st.sampled_from("abcd"), unique=True), st.lists(st.sampled_from("abcd")), st.sampled_from(["exact", "add", "remove", None]))
def test_membership_is_a_set(held, given_members, how):
    step = plan(RECIPE, toy(clubs=held), {"clubs": given_members, "membership": how})
    expected = {"add": {*held, *given_members}, "remove": {*held} - {*given_members}}.get(how, {*given_members})
    assert set(step.after["clubs"]) == expected
    assert step.changed is (expected != set(held))
    sent = {call.path.rpartition("/")[2]: set(call.json) for call in step.calls}
    assert sent == {name: members for name, members in (("add", expected - {*held}), ("remove", {*held} - expected)) if members}
    assert {call.method for call in step.calls} <= {"POST"}


def test_membership_and_fields_change_together():
    step = plan(RECIPE, toy(clubs=["a", "b"]), {"clubs": ["b", "c"], "note": "x"})
    assert [(call.method, call.path, call.json) for call in step.calls] == [
        ("PUT", f"/v3/toys/{A}", {"name": "n", "note": "x"}),
        ("POST", f"/v3/toys/{A}/clubs/add", ["c"]),
        ("POST", f"/v3/toys/{A}/clubs/remove", ["a"]),
    ]


def test_a_new_object_is_born_with_its_memberships():
    step = plan(RECIPE, None, {"name": "n", "clubs": ["c", "c"]})
    assert [(call.method, call.json) for call in step.calls] == [("POST", {"name": "n", "clubs": ["c"]})]


@pytest.mark.parametrize("status", [404, 405])
@pytest.mark.parametrize(
    ("key", "adding", "spellings"),
    [
        ("", True, [("POST", "/clubs/add"), ("POST", "/clubs")]),
        ("", False, [("POST", "/clubs/remove"), ("DELETE", "/clubs")]),
        ("clubs", True, [("POST", "/clubs/add"), ("POST", "/clubs"), ("POST", "")]),
        ("clubs", False, [("POST", "/clubs/remove"), ("DELETE", "/clubs")]),
    ],
)
def test_older_services_spell_memberships_otherwise(status, key, adding, spellings):
    membership = Membership("clubs", "clubs", key)
    call = (membership.adding if adding else membership.removing)("/v3/toys/1", ["c"])
    body = {"clubs": ["c"]} if key else ["c"]
    for known in range(1, len(spellings) + 1):
        client, transport, _waits = make_client([*[failing(status, "unrecognized_request")] * (known - 1), answer(200, {"id": "1"})])
        assert call.send(client) == {"id": "1"}
        assert calls_of(transport) == [(method, f"/v3/toys/1{path}", body) for method, path in spellings[:known]]
    client, transport, _waits = make_client([failing(status, "unrecognized_request")] * len(spellings))
    assert mistake(ApiError, call.send, client)
    client, transport, _waits = make_client([failing(409, "duplicate")])
    assert mistake(ApiError, call.send, client)
    assert len(transport.sent) == 1


def test_the_answer_to_a_membership_call_is_not_the_object():
    """Some services answer with another object that has an id too."""
    client, transport, _waits = make_client([page(toy(clubs=[])), answer(200, toy(object="key", clubs=[])), answer(200, toy(clubs=[C]))])
    outcome = ensure(client, RECIPE, {"name": "n", "clubs": [C]})
    assert outcome.object == toy(clubs=[C])
    assert calls_of(transport)[1:] == [("POST", f"/v3/toys/{A}/clubs/add", [C]), ("GET", f"/v3/toys/{A}", None)]


@pytest.mark.parametrize("told", [toy(object="key"), {"object": "toy", "id": A, "code": 200}])
def test_an_update_that_answers_with_something_else(told):
    client, _transport, _waits = make_client([page(toy()), answer(200, told), answer(200, toy(note="x"))])
    assert ensure(client, RECIPE, {"name": "n", "note": "x"}).object == toy(note="x")


# -- names where ids are meant


def test_names_become_ids_and_ids_stay():
    client, transport, _waits = make_client([page({"id": B, "name": "chess"}, {"id": C, "name": "golf"}), page({"id": B, "name": "chess"})])
    params, missing = resolved(client, TOY, {"clubs": ["golf", A, "chess"], "best_club": "chess"})
    assert (params, missing) == ({"clubs": [C, A, B], "best_club": B}, [])
    assert [sent.path for sent in transport.sent] == ["/v3/clubs", "/v3/clubs"]


def test_only_ids_need_no_request():
    client, _transport, _waits = make_client([])
    assert resolved(client, TOY, {"clubs": [A], "best_club": None}) == ({"clubs": [A], "best_club": None}, [])


def test_names_that_nothing_has():
    client, _transport, _waits = make_client([page()])
    assert mistake(ResourceError, resolved, client, TOY, {"best_club": "chess"}) == "best_club: there is no club with the name 'chess'."
    client, _transport, _waits = make_client([page()])
    assert resolved(client, TOY, {"clubs": ["chess"]}, tolerant=True) == ({"clubs": ["chess"]}, [("clubs", "chess")])


def test_names_that_several_have():
    client, _transport, _waits = make_client([page({"id": B, "name": "chess"}, {"id": C, "name": "chess"})])
    text = mistake(AmbiguousError, resolved, client, TOY, {"best_club": "chess"})
    assert text == f"best_club: 2 clubs have the name 'chess': {B}, {C}. Give the id of the one you mean."


def test_check_mode_warns_of_what_is_not_there_yet():
    client, _transport, _waits = make_client([page(), page()])
    outcome = ensure(client, RECIPE, {"name": "n", "clubs": ["chess"]}, dry_run=True)
    assert outcome.warnings == ["There is no club 'chess' yet."]
    assert outcome.object == {"name": "n", "clubs": ["chess"]}


def test_below_a_parent_that_is_not_there_yet_there_is_nothing():
    row = Resource(name="part", path="/v3/clubs/{club}/parts", references={"club": CLUB})
    client, transport, _waits = make_client([page()])
    outcome = ensure(client, Recipe(row, ("name",)), {"club": "chess", "name": "p"}, dry_run=True)
    assert (outcome.changed, outcome.object) == (True, {"name": "p"})
    assert [sent.path for sent in transport.sent] == ["/v3/clubs"]
    client, _transport, _waits = make_client([page()])
    assert "there is no club" in mistake(ResourceError, ensure, client, Recipe(row, ("name",)), {"club": "chess", "name": "p"})


# -- fields of their own kinds


def test_times_are_compared_as_moments():
    for written in ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000Z", "20260131T120000Z", "2026-01-31 13:00:00+01:00"):
        assert not plan(RECIPE, toy(due=written), {"due": "2026-01-31 13:00:00+01:00"}).changed
        assert not plan(RECIPE, toy(due="2026-01-31T12:00:00Z"), {"due": written}).changed
    changed = plan(RECIPE, toy(due="2026-01-31T12:00:00Z"), {"due": "2026-01-31T12:00:01Z"})
    assert changed.calls[0].json == {"name": "n", "due": "2026-01-31T12:00:01Z"}
    assert plan(RECIPE, None, {"name": "n", "due": "20260131T120001Z"}).calls[0].json == {"name": "n", "due": "2026-01-31T12:00:01Z"}
    assert "is no date" in mistake(FilterError, plan, RECIPE, None, {"due": "soon"})


def test_fields_that_only_an_update_takes_follow_a_creation():
    step = plan(RECIPE, None, {"name": "n", "mood": "good", "birth": "today", "password": "x", "pin": "1"})
    assert [(call.method, call.path, call.json) for call in step.calls] == [
        ("POST", "/v3/toys", {"name": "n", "birth": "today", "password": "x", "pin": "1"}),
        ("PUT", "/v3/toys/{id}", {"name": "n", "mood": "good"}),
    ]
    client, transport, _waits = make_client([page(), answer(201, toy()), answer(200, toy(mood="good"))])
    outcome = ensure(client, RECIPE, {"name": "n", "mood": "good"})
    assert transport.sent[2].path == f"/v3/toys/{A}"
    assert outcome.object == toy(mood="good")


def test_what_the_service_never_returns():
    assert not plan(RECIPE, toy(), {"name": "n", "pin": "1", "password": "x"}).changed
    again = plan(RECIPE, toy(), {"name": "n", "pin": "1", "password": "x", "update_secrets": "always"})
    assert again.calls[0].json == {"name": "n", "pin": "1"}


def test_null_clears():
    assert plan(RECIPE, toy(note="x"), {"clear": ["note"]}).calls[0].json == {"name": "n", "note": None}
    assert not plan(RECIPE, toy(note=None), {"clear": ["note"]}).changed


def test_secrets_are_not_sent_back():
    assert plan(RECIPE, toy(key="s3cr3t"), {"note": "x"}).calls[0].json == {"name": "n", "note": "x"}


@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "c"]), st.integers() | st.dictionaries(st.sampled_from(["x", "y"]), st.integers(), max_size=2)
    )
)
def test_what_must_not_be_shown_is_left_out(item):
    shown = without(item, ("a", "b.x"))
    assert "a" not in shown
    assert not isinstance(shown.get("b"), dict) or "x" not in shown["b"]
    assert shown.get("c") == item.get("c")
    assert set(item) - set(shown) <= {"a"}


def test_what_must_not_be_shown_in_lists():
    assert TOY.shown({"key": 1, "sessions": [{"token": 2, "ip": 3}, 4]}) == {"sessions": [{"ip": 3}, 4]}


# -- where objects live


def test_sub_tenants_and_me():
    assert TOY.collection({"account_id": B}) == f"/v3/accounts/{B}/toys"
    assert TOY.item({"account_id": B}, A) == f"/v3/accounts/{B}/toys/{A}"
    assert TOY.item({"account_id": None}, "me") == "/v3/toys/me"
    assert CLUB.collection({"account_id": B}) == "/v3/clubs"
    text = mistake(ResourceError, CLUB.item, {}, "me")
    assert text == "'me' is no id of a club: an id is 32 hexadecimal digits in lower case."


def test_me_stays_me():
    client, transport, _waits = make_client([answer(200, toy()), answer(200, toy(note="x"))])
    ensure(client, RECIPE, {"id": "me", "note": "x"})
    assert [(sent.method, sent.path) for sent in transport.sent] == [("GET", "/v3/toys/me"), ("PUT", "/v3/toys/me")]


def test_me_is_somebody():
    client, _transport, _waits = make_client([failing(404, "not_found")])
    assert mistake(ResourceError, read, client, TOY, {}, "me") == "The service has no toy for this key."


def test_objects_that_something_else_names():
    row = Resource(name="shade", path="/v3/shades/", identity="reference", keys=("reference",), id_pattern="[a-z]+", item_path="/v3/shade/")
    assert row.item({}, "dark") == "/v3/shade/dark/"
    assert mistake(ResourceError, row.item, {}, "D1").startswith("'D1' is no reference of a shade: ")
    client, transport, _waits = make_client(
        [failing(404, "not_found"), answer(201), answer(200, {"reference": "dark"})],
    )
    outcome = ensure(client, Recipe(row, ("colour",)), {"reference": "dark", "colour": "#000"})
    assert outcome.changed
    assert (transport.sent[0].method, transport.sent[0].path) == ("GET", "/v3/shade/dark/")


def test_an_object_without_a_get_of_its_own():
    row = Resource(name="anchor", path="/v3/anchors", readable=False)
    client, transport, _waits = make_client([page({"id": B}, {"id": A, "x": 1}), page({"id": B})])
    assert read(client, row, {}, A) == {"id": A, "x": 1}
    assert read(client, row, {}, A) is None
    assert {sent.path for sent in transport.sent} == {"/v3/anchors"}


@pytest.mark.parametrize("body", [{"data": [{"id": A}]}, [{"id": A}]])
def test_lists_that_are_not_paged(body):
    row = Resource(name="limit", path="/v3/limits", paged=False, query=("kind", "of"))
    client, transport, _waits = make_client([answer(200, body)])
    assert list(engine.listing(client, row, {"kind": ["a", "b"], "of": None}, order="DESC")) == [{"id": A}]
    assert transport.sent[0].query == [("kind", "a,b")]


def test_parameters_of_one_object():
    row = Resource(name="limit", path="/v3/limits", item_query=("include",))
    client, transport, _waits = make_client([answer(200, {"id": A})])
    read(client, row, {"include": "x"}, A)
    assert transport.sent[0].query == [("include", "x")]


# -- states, waiting


class Switch(Recipe):
    states = ("on", "removed")
    gone = ("absent", "removed")
    waits = True

    def act(self, current, after, params):
        if params.get("state") != "on" or after.get("power"):
            return {}, []
        return {"power": True}, [Call("POST", f"{self.item(current, params)}/start", answers=False)]

    def delete(self, current, params):
        if params["state"] == "removed":
            return [Call("POST", f"{self.item(current, params)}/remove")]
        return [
            Call("POST", f"{self.item(current, params)}/stop"),
            Await("GET", self.item(current, params), row=self.row, done=lambda item: item["phase"] == "stopped", timeout=20, interval=5),
            *super().delete(current, params),
        ]

    def finished(self, item, params):
        return item["phase"] == "done"


SWITCH = Switch(TOY, ("name",))


def test_a_state_of_a_new_object():
    client, transport, _waits = make_client([page(), answer(201, toy()), answer(202), answer(200, toy(power=True))])
    outcome = ensure(client, SWITCH, {"name": "n", "state": "on"})
    assert calls_of(transport)[1:] == [
        ("POST", "/v3/toys", {"name": "n"}),
        ("POST", f"/v3/toys/{A}/start", None),
        ("GET", f"/v3/toys/{A}", None),
    ]
    assert (outcome.object, outcome.plan.after) == (toy(power=True), {"name": "n", "power": True})


def test_a_state_that_is_there_already():
    client, _transport, _waits = make_client([page(toy(power=True))])
    assert not ensure(client, SWITCH, {"name": "n", "state": "on"}).changed


def test_states_that_end_an_object():
    client, transport, _waits = make_client([page(toy()), answer(204)])
    assert ensure(client, SWITCH, {"name": "n", "state": "removed"}).object is None
    assert calls_of(transport)[1:] == [("POST", f"/v3/toys/{A}/remove", None)]


def test_a_plan_that_waits():
    client, transport, waits = make_client(
        [page(toy()), answer(202), answer(200, toy(phase="on")), answer(200, toy(phase="stopped")), answer(204)]
    )
    ensure(client, SWITCH, {"name": "n", "state": "absent"})
    assert waits == [5]
    assert [sent.method for sent in transport.sent] == ["GET", "POST", "GET", "GET", "DELETE"]


def test_a_plan_that_waits_too_long():
    client, _transport, waits = make_client(
        lambda sent: answer(202) if sent.method == "POST" else page(toy()) if sent.query else answer(200, toy(phase="on"))
    )
    client.monotonic = lambda: float(sum(waits))
    with pytest.raises(WaitError) as caught:
        ensure(client, SWITCH, {"name": "n", "state": "absent"})
    assert str(caught.value) == f"The toy {A} is not there yet after 20 seconds."
    assert (caught.value.object, caught.value.changed) == (toy(phase="on"), True)
    assert sum(waits) == 20


@pytest.mark.parametrize("last", [None, {"id": A, "phase": "done"}])
def test_waiting_ends_when_it_is_done_or_gone(last):
    seen = iter([{"id": A, "phase": "on"}, last])
    client, _transport, waits = make_client([])
    done = engine.wait_for(client, TOY, lambda: next(seen), lambda item: item["phase"] == "done", timeout=600, interval=7)
    assert (done, waits) == (last, [7])


def test_whoever_watches_is_told_what_is_waited_for():
    told = []
    seen = iter([{"id": A, "phase": "on"}, {"id": A, "phase": "off"}, {"id": A, "phase": "done"}])
    client, _transport, waits = make_client([])
    client.monotonic = lambda: 100.0 + sum(waits)
    client.progress.waiting = lambda *words: told.append(words)
    row = replace(TOY, stages=("phase",))
    engine.wait_for(client, row, lambda: next(seen), lambda item: item["phase"] == "done", timeout=600, interval=7)
    assert told == [('phase "on"', 0.0, 600), ('phase "off"', 7.0, 600)]
    told.clear()
    seen = iter([{"id": A, "phase": "on"}, None])
    engine.wait_for(client, row, lambda: next(seen), lambda item: False, timeout=60, interval=7, told=lambda item: f"half {item['phase']}")
    assert told == [("half on", 0.0, 60)]


def test_stages_are_said_in_words():
    row = replace(TOY, stages=("status", "processed_count", "errors_count", "phase"))
    assert row.stage({"status": "processing", "processed_count": 1200, "errors_count": 0, "name": "n"}) == (
        'status "processing", processed count 1,200, errors count 0'
    )
    assert row.stage({"status": "", "phase": None}) == ""
    assert TOY.stage({"status": "processing"}) == "", "a row that names none tells none"


# -- clashes and secrets


def test_other_statuses_may_mean_that_somebody_was_quicker():
    client, transport, _waits = make_client([page(), failing(400, "bad_request"), page(toy())])
    assert not ensure(client, RECIPE, {"name": "n"}).changed
    assert [sent.method for sent in transport.sent] == ["GET", "POST", "GET"]


def test_secrets_are_kept_as_soon_as_they_came():
    client, _transport, _waits = make_client([page(), answer(201, toy(key="s3cr3t")), failing(500, "internal_server_error")])
    secrets = {}
    with pytest.raises(ApiError):
        ensure(client, RECIPE, {"name": "n", "mood": "good"}, secrets=secrets)
    assert secrets == {"key": "s3cr3t"}


def test_a_secret_in_a_lost_answer_is_lost():
    client, transport, _waits = make_client([page(), lost(True), page(toy())])
    text = mistake(ResourceError, ensure, client, RECIPE, {"name": "n"})
    assert text == (
        f"The toy {A} was created, but the answer with its secret was lost, and the service does not tell it again. "
        "Delete it, and run the task again."
    )
    assert [sent.method for sent in transport.sent] == ["GET", "POST", "GET"]


def test_a_plan_can_be_refused_before_anything_is_changed():
    def refuse(step):
        raise ResourceError("no")

    client, transport, _waits = make_client([page()])
    with pytest.raises(ResourceError):
        ensure(client, RECIPE, {"name": "n"}, ready=refuse)
    assert [sent.method for sent in transport.sent] == ["GET"]


@pytest.mark.parametrize(
    ("secrets", "text"), [({"key": "a"}, "a\n"), ({"key": "a", "other": 1}, json.dumps({"key": "a", "other": 1}, indent=2) + "\n")]
)
def test_secrets_go_to_a_file_of_the_owner(tmp_path, secrets, text):
    target = tmp_path / "secret"
    target.write_text("old")
    target.chmod(0o644)
    delivery = module_floor.SecretDelivery({"secret_file": str(target), "return_secret": False})
    delivery.check()
    assert target.read_text() == "old"
    assert delivery.deliver(secrets) == {}
    assert target.read_text() == text
    assert target.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_secrets_go_to_the_result_when_asked():
    assert module_floor.SecretDelivery({"secret_file": None, "return_secret": True}).deliver({"key": "a"}) == {"secret": {"key": "a"}}
    assert module_floor.SecretDelivery({"secret_file": None, "return_secret": True}).deliver({}) == {}


def test_a_secret_must_have_somewhere_to_go(tmp_path):
    text = mistake(ResourceError, module_floor.SecretDelivery({"secret_file": None, "return_secret": False}).check)
    assert text == (
        "The service tells the secret of this only once: give secret_file to have it written to a file, or set return_secret "
        "(and no_log on the task) to have it returned."
    )
    gone = tmp_path / "gone" / "secret"
    assert mistake(ResourceError, module_floor.SecretDelivery({"secret_file": str(gone), "return_secret": True}).check).startswith(
        "secret_file cannot be written: "
    )
