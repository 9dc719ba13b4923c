# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine over a model of the service: what is planned is what happens, and happening twice changes nothing."""

from __future__ import annotations

import copy
import json
import re

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils import filters
from ansible_collections.pelion.device_management.plugins.module_utils.client import ApiError
from ansible_collections.pelion.device_management.plugins.module_utils.resource import (
    AmbiguousError,
    Await,
    Call,
    Plan,
    Recipe,
    Resource,
    ResourceError,
    ensure,
    find,
    listing,
    plan,
    resolved,
)
from ansible_collections.pelion.device_management.plugins.module_utils.resources import accounts, directory
from ansible_collections.pelion.device_management.plugins.module_utils.transport import TransportError
from ansible_collections.pelion.device_management.tests.unit.plugins.module_utils.fakes import (
    BASE,
    Service,
    answer,
    failing,
    lost,
    make_client,
)
from hypothesis import given
from hypothesis import strategies as st

ROW = Resource(
    name="toy_query",
    path="/v3/toys/",
    plural="toy_queries",
    keys=("code", "name"),
    filters={"code": ("eq",), "name": ("eq", "in"), "id": ("in",)},
    packed_filters={"tags": ("eq",)},
    mappings=("tags",),
    required=("name",),
    create_only=("kind",),
    unordered=("parts",),
    replaces={"tags": 5},
    max_length={"name": 20},
)
FIELDS = ("code", "name", "kind", "note", "tags", "parts", "size", "flag")
RECIPE = Recipe(ROW, FIELDS)
ID = "0" * 31 + "1"


def toy(number=1, **more):
    return {"id": f"{number:032x}", "object": "toy", "created_at": f"2026-01-01T00:00:{number % 60:02}Z", "name": f"n{number}", **more}


def mistake(call, *arguments, **options):
    with pytest.raises(ResourceError) as caught:
        call(*arguments, **options)
    return str(caught.value)


# -- laws

_TAGS = st.dictionaries(st.sampled_from(["a", "b", "c", "site"]), st.none() | st.sampled_from(["x", "y", ""]), max_size=4)
_VALUES = {
    "note": st.sampled_from(["", "one", "two"]),
    "tags": _TAGS,
    "parts": st.lists(st.sampled_from(["p", "q", "r"]), max_size=3),
    "size": st.sampled_from([0, 1, 2]),
    "flag": st.booleans(),
    "kind": st.sampled_from(["k1", "k2"]),
}
_WANTED = st.fixed_dictionaries(
    {"name": st.just("n1")}, optional={**{name: st.none() | values for name, values in _VALUES.items()}, "purge": st.booleans()}
)
_HELD = st.none() | st.fixed_dictionaries(
    {"id": st.just(ID), "name": st.just("n1"), "created_at": st.just("2026-01-01T00:00:00Z")},
    optional={
        **{name: st.none() | values for name, values in _VALUES.items() if name != "tags"},
        "tags": st.none() | st.dictionaries(st.sampled_from(["a", "b", "c"]), st.sampled_from(["x", "y"])),
        "unknown_field": st.just({"of": "tomorrow"}),
    },
)


@given(_HELD, _WANTED)
def test_a_plan_is_pure(held, params):
    before = copy.deepcopy((held, params))
    try:
        first = plan(RECIPE, held, params)
        assert plan(RECIPE, held, params) == first
    except ResourceError:
        pass
    assert (held, params) == before


@given(_HELD, _WANTED)
def test_law_of_the_life_cycle(held, params):
    """Check mode tells what the real run does; the second run does nothing; what was not mentioned stays."""
    service = Service(ROW.path, [held] if held else [])
    client, transport, _waits = make_client(service)
    try:
        foretold = ensure(client, RECIPE, params, dry_run=True)
    except ResourceError as error:
        assert "can be set only when it is created" in str(error)
        assert held and params.get("kind") is not None
        assert {sent.method for sent in transport.sent} == {"GET"}
        return
    assert {sent.method for sent in transport.sent} == {"GET"}
    assert service.objects == ({ID: held} if held else {})

    done = ensure(client, RECIPE, params)
    assert (done.changed, done.plan) == (foretold.changed, foretold.plan)
    assert done.changed is any(sent.method != "GET" for sent in transport.sent)
    now = service.objects[ID]
    assert done.object == now
    assert {**foretold.object, "id": ID} == now
    for name in FIELDS:
        if params.get(name) is None:
            assert now.get(name) == (held or {}).get(name)
        elif name != "tags":
            assert RECIPE.same(name, now.get(name), params[name])
    for name in ("created_at", "unknown_field"):
        assert now.get(name) == (held or {}).get(name)
    if params.get("tags") is not None:
        stays = {} if params.get("purge") or not params["tags"] else (held or {}).get("tags") or {}
        tags = {name: value for name, value in {**stays, **params["tags"]}.items() if value is not None}
        assert (now.get("tags") or {}) == tags

    transport.sent.clear()
    again = ensure(client, RECIPE, params)
    assert (again.changed, again.plan.calls, again.object) == (False, (), now)
    assert {sent.method for sent in transport.sent} == {"GET"}


@given(_HELD)
def test_law_of_absence(held):
    service = Service(ROW.path, [held] if held else [])
    client, _transport, _waits = make_client(service)
    params = {"name": "n1", "state": "absent", "note": "is not looked at"}
    for dry_run, there in ((True, held), (False, held), (False, None)):
        outcome = ensure(client, RECIPE, params, dry_run=dry_run)
        assert (outcome.changed, outcome.object) == (there is not None, None)
        assert (outcome.plan.before, outcome.plan.after) == (there, None)
    assert service.objects == {}


# -- plans


def test_creation_sends_what_was_given_and_nothing_else():
    assert plan(RECIPE, None, {"name": "n", "note": "", "flag": False, "size": 0, "kind": None, "purge": False, "other": 1}) == Plan(
        None,
        {"name": "n", "note": "", "flag": False, "size": 0},
        (Call("POST", "/v3/toys/", {"name": "n", "note": "", "flag": False, "size": 0}),),
    )


def test_a_change_sends_back_what_can_be_written_and_stays():
    held = toy(code="c", kind="k", note="one", size=5, flag=None, tags={"a": "x"}, etag="7")
    step = plan(RECIPE, held, {"name": "n1", "note": "two"})
    assert step.calls == (Call("PUT", f"/v3/toys/{ID}/", {"code": "c", "name": "n1", "note": "two", "tags": {"a": "x"}, "size": 5}),)
    assert step.after == {**held, "note": "two"}
    assert step.before is held


def test_an_empty_value_clears_and_an_empty_one_is_the_same_as_none():
    assert plan(RECIPE, toy(note="one"), {"name": "n1", "note": ""}).calls[0].json["note"] == ""
    for held in (None, "", "absent"):
        item = toy() if held == "absent" else toy(note=held, parts=held, tags=held)
        assert not plan(RECIPE, item, {"name": "n1", "note": "", "parts": [], "tags": {}}).changed
    assert plan(RECIPE, toy(size=None), {"name": "n1", "size": 0}).changed
    assert plan(RECIPE, toy(flag=None), {"name": "n1", "flag": False}).changed
    assert plan(RECIPE, toy(flag=1), {"name": "n1", "flag": True}).changed


def test_order_matters_only_where_it_does():
    held = toy(parts=["a", "b"], size=["a", "b"])
    assert not plan(RECIPE, held, {"name": "n1", "parts": ["b", "a"]}).changed
    assert plan(RECIPE, held, {"name": "n1", "parts": ["b", "a", "a"]}).changed
    assert plan(RECIPE, held, {"name": "n1", "size": ["b", "a"]}).changed


def test_what_only_creation_can_set():
    held = toy(kind="k1")
    assert not plan(RECIPE, held, {"name": "n1", "kind": "k1"}).changed
    assert "kind" not in plan(RECIPE, held, {"name": "n1", "kind": "k1", "note": "x"}).calls[0].json
    assert mistake(plan, RECIPE, held, {"name": "n1", "kind": "k2", "note": "x"}) == (
        f"The toy query {ID} cannot be changed so: kind is 'k1', wanted 'k2'. This can be set only when it is created; "
        "delete it and create it anew if you mean it."
    )
    assert "kind is None, wanted 'k2'" in mistake(plan, RECIPE, toy(), {"name": "n1", "kind": "k2"})


def test_what_creation_needs():
    assert mistake(plan, RECIPE, None, {"code": "c"}) == "There is no such toy query yet; to create it give also: name."
    assert mistake(plan, RECIPE, None, {"code": "c", "name": ""}) == "There is no such toy query yet; to create it give also: name."
    # What must be there and may be null is given by clearing it.
    assert plan(RECIPE, None, {"code": "c", "clear": ["name"]}).calls == (Call("POST", "/v3/toys/", {"code": "c", "name": None}),)
    assert mistake(plan, RECIPE, None, {"id": ID, "name": "n"}) == (
        f"There is no toy query with the id {ID}; leave id out to make a new one."
    )


def test_too_long():
    assert mistake(plan, RECIPE, None, {"name": "x" * 21}) == "name has 21 characters; the service takes at most 20."
    assert plan(RECIPE, None, {"name": "é" * 20}).changed


# -- named values


def tags_after(held, tags, purge=False):
    step = plan(RECIPE, toy(tags=held), {"name": "n1", "tags": tags, "purge": purge})
    if step.changed:
        assert step.calls[0].json["tags"] == step.after["tags"]
    return step.after.get("tags")


@pytest.mark.parametrize(
    ("held", "tags", "purge", "after"),
    [
        ({"a": "x"}, {"b": "y"}, False, {"a": "x", "b": "y"}),
        ({"a": "x"}, {"b": "y"}, True, {"b": "y"}),
        ({"a": "x"}, {"a": "y"}, False, {"a": "y"}),
        ({"a": "x", "b": "y"}, {"a": None}, False, {"b": "y"}),
        ({"a": "x"}, {"a": None}, False, {}),
        ({"a": "x"}, {"none": None}, False, {"a": "x"}),
        ({"a": "x"}, {"a": None}, True, {}),
        ({"a": "x"}, {}, False, {}),
        ({"a": "x"}, {}, True, {}),
        (None, {"n": 5, "t": True, "f": False, "d": 1.5}, False, {"n": "5", "t": "true", "f": "false", "d": "1.5"}),
        ({"n": "5", "t": "true"}, {"n": 5, "t": True}, False, {"n": "5", "t": "true"}),
        ({}, {"a" * 128: "v" * 128}, False, {"a" * 128: "v" * 128}),
    ],
)
def test_merging_purging_and_clearing(held, tags, purge, after):
    assert tags_after(held, tags, purge) == after
    assert tags_after(after, tags, purge) == after


MOST = "the service takes at most 5. Remove some by giving them as null, or set purge."


@pytest.mark.parametrize(
    ("tags", "text"),
    [
        ({"f": "x"}, f"tags would have 6 entries (a, b, c, d, e, f); {MOST}"),
        ({"f": "x", "g": "x", "a": None}, f"tags would have 6 entries (b, c, d, e, f, g); {MOST}"),
        ({"1a": "x"}, "tags: the name '1a' begins with a digit or is empty; the service refuses such names."),
        ({7: "x"}, "tags: the name '7' begins with a digit or is empty; the service refuses such names."),
        ({"": "x"}, "tags: the name '' begins with a digit or is empty; the service refuses such names."),
        ({"a": ["x"]}, "tags: the value of 'a' must be text, not a list or mapping."),
        ({"a": {"x": "y"}}, "tags: the value of 'a' must be text, not a list or mapping."),
        ({"a": "v" * 129}, "tags: 'a' has a name or value of more than 128 characters."),
        ({"k" * 129: "v"}, f"tags: '{'k' * 128}' has a name or value of more than 128 characters."),
        (["a"], "tags must be a mapping of names to values."),
    ],
)
def test_named_values_with_mistakes(tags, text):
    held = dict.fromkeys("abcde", "x")
    assert mistake(plan, RECIPE, toy(tags=held), {"name": "n1", "tags": tags}) == text


def test_a_full_set_can_be_exchanged():
    held = dict.fromkeys("abcde", "x")
    assert tags_after(held, {"a": None, "f": "x"}) == dict.fromkeys("bcdef", "x")
    assert tags_after(held, dict.fromkeys("fghij", "x"), purge=True) == dict.fromkeys("fghij", "x")


def test_the_real_rows_take_five_and_ten():
    for row, most in ((directory.DEVICE, 5), (directory.DEVICE_GROUP, 10)):
        recipe = Recipe(row, ("name", "custom_attributes"))
        held = {"id": ID, "name": "n", "custom_attributes": {f"a{number}": "x" for number in range(most)}}
        text = mistake(plan, recipe, held, {"name": "n", "custom_attributes": {"b": "x"}})
        assert f"custom_attributes would have {most + 1} entries" in text
        assert f"at most {most}." in text


# -- finding


def test_by_id():
    client, transport, _waits = make_client(Service(ROW.path, [toy(1), toy(2)]))
    assert find(client, ROW, {"id": ID, "name": "another"}) == toy(1)
    assert find(client, ROW, {"id": "f" * 32}) is None
    assert [(sent.path, sent.query) for sent in transport.sent] == [(f"/v3/toys/{ID}/", []), (f"/v3/toys/{'f' * 32}/", [])]


@pytest.mark.parametrize("identity", ["1", "", "x" * 32, "A" * 32, f"{ID}/", "../" + ID, f"{ID}\n", f"{ID}?a=b"])
def test_malformed_ids(identity):
    client, transport, _waits = make_client([])
    if identity:
        assert mistake(find, client, ROW, {"id": identity}) == (
            f"'{identity}' is no id of a toy query: an id is 32 hexadecimal digits in lower case."
        )
    else:
        text = mistake(find, client, ROW, {"id": identity, "name": "x"})
        assert text == "id is empty. Leave it out if you do not mean one certain object."
    assert transport.sent == []


def test_by_the_first_natural_key_that_is_given():
    client, transport, _waits = make_client(Service(ROW.path, [toy(1, code="c"), toy(2)]))
    assert find(client, ROW, {"code": "c", "name": "n2"}) == toy(1, code="c")
    assert find(client, ROW, {"code": None, "name": "n2"}) == toy(2)
    assert find(client, ROW, {"name": "none"}) is None
    assert [sent.query for sent in transport.sent] == [
        [("code__eq", "c"), ("limit", "1000")],
        [("name__eq", "n2"), ("limit", "1000")],
        [("name__eq", "none"), ("limit", "1000")],
    ]


def test_a_key_that_the_service_matches_loosely():
    client, _transport, _waits = make_client([answer(200, {"data": [toy(1), toy(2, name="N1"), toy(3, name=None), {}]})])
    assert find(client, ROW, {"name": "n1"}) == toy(1)


def test_a_key_that_the_list_cannot_filter_by():
    row = Resource(name="toy", path="/v3/toys", keys=("name",))
    client, transport, _waits = make_client(Service("/v3/toys", [toy(number) for number in range(1, 9)]))
    assert find(client, row, {"name": "n7"}) == toy(7)
    assert transport.sent[0].query == [("limit", "1000")]
    assert row.item({}, ID) == f"/v3/toys/{ID}"


def test_several_with_one_key():
    items = [toy(number, name="same") for number in range(1, 13)]
    client, transport, _waits = make_client(Service(ROW.path, items))
    for call in (lambda: find(client, ROW, {"name": "same"}), lambda: ensure(client, RECIPE, {"name": "same", "state": "absent"})):
        with pytest.raises(AmbiguousError) as caught:
            call()
        shown = ", ".join(item["id"] for item in items[:10])
        assert str(caught.value) == f"12 toy queries have the name 'same': {shown} and 2 more. Give the id of the one you mean."
        assert caught.value.ids == [item["id"] for item in items]
    client, _transport, _waits = make_client(Service(ROW.path, items[:2]))
    assert mistake(find, client, ROW, {"name": "same"}).startswith(
        f"2 toy queries have the name 'same': {items[0]['id']}, {items[1]['id']}. "
    )
    assert {sent.method for sent in transport.sent} == {"GET"}


@pytest.mark.parametrize("body", [[], ["x"], "REMOVED", 5, {"id": None}])
def test_an_answer_that_is_no_object(body):
    reply = answer(200, json.dumps(body), {"Content-Type": "application/json"})
    client, _transport, _waits = make_client([reply])
    with pytest.raises(ApiError) as caught:
        find(client, ROW, {"id": ID})
    assert str(caught.value) == f"GET /v3/toys/{ID}/ failed with HTTP 200: The answer is no toy query. (request id r1)"


def test_parents_in_the_path():
    row = Resource(name="part", path="/v3/toys/{toy_id}/parts/", keys=())
    assert row.collection({"toy_id": "a/b c", "other": None}) == "/v3/toys/a%2Fb%20c/parts/"
    client, _transport, _waits = make_client([failing(404, "not_found")])
    with pytest.raises(ApiError):
        list(listing(client, row, {"toy_id": "1"}))


def test_lists_without_an_order_and_lists_that_may_not_be_missing():
    client, transport, _waits = make_client([answer(200, {"data": []}), answer(200, {"data": []}), failing(404, "not_found")])
    for order, query in (("ASC", [("order", "DESC"), ("limit", "1000")]), ("", [("limit", "1000")])):
        assert list(listing(client, Resource(name="toy", path="/v3/toys", order=order), {}, order="DESC")) == []
        assert transport.sent[-1].query == query
    with pytest.raises(ApiError):
        list(listing(client, Resource(name="toy", path="/v3/toys", empty_on_404=False), {}))


# -- carrying out


def test_somebody_else_created_it_meanwhile():
    """The list did not show it yet, the service refuses a second one, and then it is there: changed only where it differs."""
    for held, params, changed in (
        (toy(note="one"), {"name": "n1", "note": "one"}, False),
        (toy(note="one"), {"name": "n1", "note": "two"}, True),
    ):
        replies = [
            answer(200, {"data": []}),
            failing(409, "duplicate"),
            answer(200, {"data": [held]}),
            answer(200, {**held, "note": "two"}),
        ]
        client, transport, _waits = make_client(replies)
        outcome = ensure(client, RECIPE, params)
        assert (outcome.changed, outcome.plan.before, outcome.object) == (changed, held, {**held, "note": params["note"]})
        assert [sent.method for sent in transport.sent] == ["GET", "POST", "GET", "PUT"][: 3 + changed]


@pytest.mark.parametrize("outcome", [lost(True), answer(504), answer(201, '{"id": "0', {"Content-Type": "application/json"})])
def test_a_creation_whose_answer_was_lost(outcome):
    made = toy(note="one")
    client, transport, _waits = make_client([answer(200, {"data": []}), outcome, answer(200, {"data": [made]})])
    found = ensure(client, RECIPE, {"name": "n1", "note": "one"})
    assert (found.changed, found.object, found.plan.before, found.plan.after) == (True, made, None, made)
    assert [sent.method for sent in transport.sent] == ["GET", "POST", "GET"]


@pytest.mark.parametrize("outcome", [lost(True), answer(504), failing(409, "duplicate", "words")])
def test_a_creation_that_left_nothing_is_reported_as_it_was(outcome):
    client, transport, _waits = make_client([answer(200, {"data": []}), outcome, answer(200, {"data": []})])
    with pytest.raises((ApiError, TransportError)) as caught:
        ensure(client, RECIPE, {"name": "n1"})
    doubt = "It is not known whether the service carried the request out."
    assert (doubt in str(caught.value)) is ("words" not in str(caught.value))
    assert caught.value.method == "POST"
    assert [sent.method for sent in transport.sent] == ["GET", "POST", "GET"]


@pytest.mark.parametrize("outcome", [failing(400, "validation_error"), failing(403, "account_limit_exceeded"), lost(False)])
def test_a_creation_that_certainly_failed_is_not_looked_for(outcome):
    client, transport, _waits = make_client([answer(200, {"data": []}), outcome], retries=0)
    with pytest.raises((ApiError, TransportError)):
        ensure(client, RECIPE, {"name": "n1"})
    assert [sent.method for sent in transport.sent] == ["GET", "POST"]


def test_a_change_that_clashes_is_an_error():
    client, _transport, _waits = make_client([answer(200, {"data": [toy()]}), failing(409, "duplicate")])
    with pytest.raises(ApiError):
        ensure(client, RECIPE, {"name": "n1", "note": "x"})


class Steady(Recipe):
    """Toys whose update takes three calls, the first of which only waits."""

    def update(self, current, changes, params):
        path = f"/v3/toys/{ID}/"
        waiting = Await("GET", path, row=ROW, done=lambda item: item["name"] == "n1", timeout=0)
        return [waiting, Call("PUT", path, {"note": "x"}), Call("POST", f"{path}parts", ["p"], answers=False)]


@pytest.mark.parametrize(
    ("failing_call", "told"),
    [(1, ""), (2, ""), (3, " when part of the change was made"), (4, " after the change was made")],
)
@pytest.mark.parametrize("outcome", [lambda: failing(400, "bad_request", "words"), lambda: lost(False)])
def test_an_error_says_what_was_done_before_it(outcome, failing_call, told):
    answers = [answer(200, toy()), answer(200, toy(note="x")), answer(204), answer(200, toy())][: failing_call - 1]
    client, transport, _waits = make_client([answer(200, {"data": [toy()]}), *answers, outcome()], retries=0)
    with pytest.raises((ApiError, TransportError)) as caught:
        ensure(client, Steady(ROW, FIELDS), {"name": "n1", "note": "x"})
    assert len(transport.sent) == failing_call + 1
    assert (caught.value.changed, caught.value.context) == (bool(told), told)
    assert f"{told}: " in str(caught.value)


def test_answers_without_the_object():
    """A 204 or an empty 201 is followed by a look."""
    client, transport, _waits = make_client([answer(200, {"data": []}), answer(201), answer(200, {"data": [toy()]})])
    assert ensure(client, RECIPE, {"name": "n1"}).object == toy()
    client, transport, _waits = make_client([answer(200, {"data": [toy()]}), answer(204), answer(200, toy(name="n2"))])
    assert ensure(client, RECIPE, {"code": None, "name": "n1", "note": "x"}).object == toy(name="n2")
    assert transport.sent[2].path == f"/v3/toys/{ID}/"


def test_deleting_what_somebody_else_just_deleted():
    client, transport, _waits = make_client([answer(200, {"data": [toy()]}), failing(404, "not_found")])
    outcome = ensure(client, RECIPE, {"name": "n1", "state": "absent"})
    assert outcome.object is None
    assert [(sent.method, sent.path) for sent in transport.sent][1] == ("DELETE", f"/v3/toys/{ID}/")


def test_deleting_what_cannot_be_deleted():
    client, _transport, _waits = make_client([answer(200, {"data": [toy()]}), failing(400, "bad_request", "A production device.")])
    with pytest.raises(ApiError, match=re.escape("A production device.")):
        ensure(client, RECIPE, {"name": "n1", "state": "absent"})


# -- listings


def test_a_list_of_ids_that_is_too_long_for_one_address():
    items = [toy(number) for number in range(1, 601)]
    client, transport, _waits = make_client(Service(ROW.path, items))
    wanted = items[::2] + items[1::4]
    conditions = ROW.conditions({"id": [item["id"] for item in wanted] + [wanted[0]["id"], "f" * 32]})
    got = list(listing(client, ROW, {}, conditions))
    assert sorted(item["id"] for item in got) == sorted(item["id"] for item in wanted)
    assert len({json.dumps(sent.query) for sent in transport.sent}) == len(transport.sent) > 1
    for sent in transport.sent:
        assert client.url_length(ROW.path, [pair for pair in sent.query if pair[0] != "limit"]) < 4096
    assert len(list(listing(client, ROW, {}, conditions, limit=7))) == 7


def test_parts_keep_the_order_of_creation():
    items = [{**toy(number), "created_at": f"2026-01-01T00:{number // 60:02}:{number % 60:02}Z"} for number in range(1, 301)]
    conditions = ROW.conditions({"id": [item["id"] for item in reversed(items)]})
    for order, wanted in (("ASC", items), ("DESC", items[::-1])):
        client, _transport, _waits = make_client(Service(ROW.path, items))
        assert list(listing(client, ROW, {}, conditions, order=order)) == wanted


def test_what_the_service_cannot_filter_is_matched_here():
    row = Resource(name="toy", path="/v3/toys/", keys=("code", "name"), filters={"name": ("in",)})
    items = [toy(number, code="even" if number % 2 == 0 else "odd") for number in range(1, 31)]
    client, transport, _waits = make_client(Service(row.path, items))
    conditions = row.conditions({"code": "even", "name": [f"n{number}" for number in range(1, 21)]})
    got = list(listing(client, row, {}, conditions, limit=3, fields=["name"], order="DESC"))
    assert got == [{"name": "n20"}, {"name": "n18"}, {"name": "n16"}]
    names = ",".join(f"n{number}" for number in range(1, 21))
    # The limit cannot be passed on: what it would cut off may be what is looked for.
    assert transport.sent[0].query == [("order", "DESC"), ("name__in", names), ("limit", "1000")]


def test_a_limit_is_passed_on_where_the_service_filters_all():
    client, transport, _waits = make_client(Service(ROW.path, [toy(number) for number in range(1, 31)]))
    assert list(listing(client, ROW, {}, limit=3)) == [toy(1), toy(2), toy(3)]
    assert transport.sent[0].query == [("limit", "3")]


def test_packed_where_the_direct_spelling_does_not_exist():
    client, transport, _waits = make_client(Service(ROW.path, [toy(1, tags={"site": "a&b"}), toy(2, tags={"site": "c"})]))
    assert [item["id"] for item in listing(client, ROW, {}, ROW.conditions({"tags": {"site": "a&b"}, "name": ["n1", "n2"]}))] == [ID]
    assert transport.sent[0].query == [("filter", "tags__site__eq=a%26b&name__in=n1,n2"), ("limit", "1000")]


def test_filters_are_checked_before_anything_is_sent():
    with pytest.raises(filters.FilterError, match="Unknown filter field 'stat'; this list can be filtered by: code, id, name, tags"):
        ROW.conditions({"stat": "x"})
    # A natural key that the list cannot filter by is matched here, with all that equality offers.
    row = Resource(name="toy", path="/v3/toys")
    assert row.allowed_filters == {"name": ("eq", "neq", "in", "nin")}
    assert ROW.allowed_filters == {"code": ("eq",), "name": ("eq", "in"), "id": ("in",), "tags": ("eq",)}


@pytest.mark.parametrize(
    ("names", "query"),
    [(["n1", "n2"], [("name__in", "n1,n2"), ("limit", "1000")]), (["n1", "n2, also"], [("limit", "1000")])],
)
def test_names_are_looked_up_for_ids(names, query):
    """A comma in a name would make two of it."""
    toys = Resource(name="toy", path="/v3/toys/", filters={"name": ("in",)})
    row = Resource(name="box", path="/v3/boxes", references={"toys": toys})
    items = [toy(1), toy(2, name=names[1]), toy(3)]
    client, transport, _waits = make_client(Service(toys.path, items))
    assert resolved(client, row, {"toys": names}) == ({"toys": [items[0]["id"], items[1]["id"]]}, [])
    assert [sent.query for sent in transport.sent] == [query]


def test_addresses_of_the_real_rows():
    assert directory.DEVICE.item({}, ID) == f"/v3/devices/{ID}/"
    assert accounts.ACCOUNT.item({}, "me") == "/v3/accounts/me"
    assert BASE + directory.DEVICE_GROUP_DEVICE.collection({"device_group_id": ID}) == f"{BASE}/v3/device-groups/{ID}/devices/"
