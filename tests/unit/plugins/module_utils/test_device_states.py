# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many devices: how they are looked up, what entries mean, and what is told of it."""

from __future__ import annotations

import os
import signal
import threading

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils import bulk, device_states
from ansible_collections.pelion.device_management.plugins.module_utils.bulk import BulkError
from ansible_collections.pelion.device_management.plugins.module_utils.client import ApiError
from ansible_collections.pelion.device_management.plugins.module_utils.device_states import ROW, DevicesRecipe, Step, Wish, Wishes, known
from ansible_collections.pelion.device_management.plugins.module_utils.resource import Call, Plan, ResourceError, plan
from ansible_collections.pelion.device_management.tests.unit.plugins.module_utils.fakes import Service, answer, failing, lost, make_client
from hypothesis import given, settings
from hypothesis import strategies as st

FIELDS = ("endpoint_name", "name", "description", "custom_attributes", "groups")
RECIPE = DevicesRecipe(ROW, FIELDS)
ALIKE = {"description": None, "custom_attributes": None, "groups": None, "purge": False, "membership": "exact", "state": "present"}
WAYS = {"devices": None, "device_ids": None, "filters": None, "block": None}


def identity(number):
    return f"{number:032x}"


def fleet(*names):
    return [{"id": identity(number), "created_at": f"{number:05}", "name": name, "groups": []} for number, name in enumerate(names)]


NAMES = st.lists(st.sampled_from(("a", "b", "a,b", "Æ", "x" * 128)), max_size=30)


@given(NAMES, st.lists(st.integers(0, 40), unique=True), st.lists(st.sampled_from(("a", "b", "a,b", "Æ", "z")), unique=True))
@settings(deadline=None)
def test_law_of_looking_up(names, numbers, wanted):
    """The devices that have one of the values, all of them, and nothing else is kept of them."""
    devices = fleet(*names)
    client, _transport, _waits = make_client(Service("/v3/devices/", devices))
    ids = list(map(identity, numbers))
    found = known(client, {"id": ids, "name": wanted}, ("id", "groups"), 4)
    kept = [{name: device[name] for name in ("id", "groups", "name")} for device in devices]
    assert found == {
        "id": {one: [device for device in kept if device["id"] == one] for one in ids},
        "name": {name: [device for device in kept if device["name"] == name] for name in wanted},
    }


def test_a_value_with_a_comma_is_asked_for_alone():
    client, transport, _waits = make_client(lambda request: answer(200, {"object": "list", "has_more": False, "data": []}))
    known(client, {"name": ["a", "b,c", "d"]}, ("id",), 1)
    asked = [{name: value for name, value in sent.query if name.startswith("name")} for sent in transport.sent]
    assert asked == [{"name__eq": "b,c"}, {"name__in": "a,d"}]


@pytest.mark.parametrize("base", ["https://api.example.com", f"https://{'a' * 60}.{'b' * 60}.{'c' * 60}.example.com/{'d' * 400}"])
def test_no_address_is_too_long(base):
    ids, names = [identity(number) for number in range(950)], ["Æ" * 64 + str(number) for number in range(40)]
    client, transport, _waits = make_client(lambda request: answer(200, {"object": "list", "has_more": False, "data": []}), api_url=base)
    known(client, {"id": ids, "name": names}, ("id",), 1)
    asked = [dict(sent.query) for sent in transport.sent]
    assert [one for query in asked for one in query.get("id__in", "").split(",") if one] == ids
    assert [one for query in asked for one in query.get("name__in", "").split(",") if one] == names
    assert all(client.url_length(ROW.path, [pair for pair in sent.query if pair[0] != "limit"]) < 4096 for sent in transport.sent)
    assert len([query for query in asked if "id__in" in query]) == (10 if len(base) < 100 else 19)


@pytest.mark.parametrize(("there", "whole"), [(4004, True), (4005, False)])
def test_many_devices_are_read_in_the_cheaper_way(monkeypatch, there, whole):
    read = []
    monkeypatch.setattr(device_states.ranges, "listing", lambda *_args, concurrency, **_words: read.append(concurrency) or ())

    def respond(request):
        total = {"total_count": there} if ("include", "total_count") in request.query else {}
        return answer(200, {"object": "list", "has_more": False, "data": [], **total})

    client, transport, _waits = make_client(respond)
    known(client, {"id": [identity(number) for number in range(1001)]}, ("id",), 2)
    asked = [dict(sent.query) for sent in transport.sent]
    assert asked[0] == {"limit": "2", "include": "total_count"}
    # Two workers send them in any order.
    lists = sorted(query["id__in"] for query in asked[1:])
    assert [len(one.split(",")) for one in lists] == ([] if whole else [*[100] * 10, 1])
    assert read == ([2] if whole else [])
    # Fewer are looked up without asking.
    client, transport, _waits = make_client(respond)
    known(client, {"id": [identity(number) for number in range(1000)]}, ("id",), 2)
    assert [len(dict(sent.query)["id__in"].split(",")) for sent in transport.sent] == [100] * 10


def test_a_null_is_no_choice_of_devices():
    """Ansible takes an option that is null for given."""
    with pytest.raises(ResourceError, match=r"^Which devices\? The option that should say so is null\.$"):
        device_states.chosen({"device_ids": None, "filters": None})
    assert device_states.chosen({"device_ids": [], "filters": None}) == ((), [])


def test_a_listing_that_fails_is_raised():
    client, _transport, _waits = make_client(lambda request: failing(400, "bad_request"))
    with pytest.raises(ApiError, match="HTTP 400"):
        known(client, {"id": [identity(number) for number in range(300)]}, ("id",), 2)


def test_an_interruption_while_looking_up_says_that_nothing_was_changed(monkeypatch):
    interrupt, noticed = bulk._Run.interrupt, threading.Event()

    def interrupted(run, *told):
        interrupt(run, *told)
        noticed.set()

    def respond(request):
        os.kill(os.getpid(), signal.SIGINT)
        # It is handled in the main thread.
        assert noticed.wait(30)
        return answer(200, {"object": "list", "has_more": False, "data": []})

    monkeypatch.setattr(bulk._Run, "interrupt", interrupted)
    client, _transport, _waits = make_client(respond)
    with pytest.raises(ResourceError, match=r"^The task was interrupted while it looked up the devices; nothing was changed\.$"):
        known(client, {"id": [identity(number) for number in range(900)]}, ("id",), 1)


# -- what entries mean


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "description": st.sampled_from(("", "a", "b")),
        "custom_attributes": st.sampled_from(({}, {"site": "oslo"}, {"site": None})),
        "groups": st.sampled_from(([], ["pilot"])),
        "purge": st.booleans(),
        "membership": st.sampled_from(("exact", "add", "remove")),
        "state": st.sampled_from(("present", "absent", "suspended", "active")),
        "block": st.sampled_from(({"category": "lost", "description": None},)),
    },
)


def wishes(common, *entries):
    return Wishes(RECIPE, {**ALIKE, **WAYS, **common, "devices": list(entries)})


@given(VALUES, VALUES)
def test_law_of_entries(common, own):
    """An entry's own words count, then those for all; and a failed entry asks a next run for the same, with or without the latter."""
    first = wishes(common, {"id": identity(1), "name": None, "msg": "why", "status": 500, "fields": [], **own})
    (wish,) = first.entries
    asked = first.params(wish)
    defaults = {**ALIKE, "block": None}
    for name in {*common, *own, *defaults}:
        assert asked[name] == own.get(name, common.get(name, defaults.get(name)))
    for later in (common, {}):
        again = wishes(later, {**first.again(wish), "msg": "why", "request_id": "r"})
        assert again.params(again.entries[0]) == asked


def test_entries_are_found_by_the_first_key():
    assert Wish({"id": identity(1), "name": "a"}).key == "id"
    assert Wish({"name": "a", "endpoint_name": "b"}).key == "endpoint_name"
    assert Wish({"endpoint_name": "", "name": "a"}).key == "name"
    assert Wish({"description": "a"}).key == ""
    assert Wish({"endpoint_name": "b", "name": "a"}).asks == {"name": "a"}


def test_groups_are_looked_up_once():
    groups = [{"id": identity(number), "name": name} for number, name in ((7, "pilot"), (8, "wave"), (9, "old"))]
    client, transport, _waits = make_client(Service("/v3/device-groups/", groups))
    asked = wishes({"groups": ["pilot", identity(9)]}, {"name": "a", "groups": ["wave", "pilot", identity(7)]}, {"name": "b"})
    assert asked.resolve(client, tolerant=False) == []
    asked_for = [{name: value for name, value in sent.query if "__" in name} for sent in transport.sent]
    assert asked_for == [{"name__in": "pilot,wave"}, {"id__in": f"{identity(9)},{identity(7)}"}]
    assert [asked.params(wish)["groups"] for wish in asked.entries] == [[identity(8), identity(7)], [identity(7), identity(9)]]
    assert [asked.label(identity(number)) for number in (7, 8, 9)] == ["pilot", "wave", identity(9)]
    unknown = wishes({"groups": ["none"]})
    assert unknown.resolve(client, tolerant=True) == ["none"]
    with pytest.raises(ResourceError, match="groups: there is no device group with the name 'none'"):
        unknown.resolve(client, tolerant=False)
    for tolerant in (True, False):
        with pytest.raises(ResourceError, match=f"^groups: there is no device group with the id {identity(6)}.$"):
            wishes({"groups": [identity(6)]}).resolve(client, tolerant=tolerant)


@pytest.mark.parametrize(
    ("membership", "given", "wanted"),
    [
        ("exact", [2, 3], [("add", 3), ("remove", 1)]),
        ("add", [2, 3], [("add", 3)]),
        ("remove", [2, 3], [("remove", 2)]),
        ("exact", [], [("remove", 1), ("remove", 2)]),
        ("exact", [2, 1], []),
    ],
)
def test_memberships(membership, given, wanted):
    device = {"id": identity(5), "name": "pump", "groups": [identity(1), identity(2)]}
    asked = wishes({"membership": membership, "groups": list(map(identity, given))})
    made = plan(RECIPE, device, asked.params(Wish({"id": identity(5)})))
    assert list(made.calls) == [
        Call("POST", f"/v3/device-groups/{identity(group)}/devices/{action}/", {"device_id": identity(5)}, answers=False)
        for action, group in wanted
    ]


# -- what becomes of them meanwhile


def ensured(respond, entries, **options):
    """The result of a task, or what it tells when devices failed; and the requests that change something."""
    client, transport, _waits = make_client(respond, retries=0)
    params = {**ALIKE, **WAYS, "devices": entries, "full": True, "concurrency": 1, "max_failures": None, **options}
    try:
        result = device_states.ensure(client, RECIPE, params, dry_run=False)
    except BulkError as error:
        result = error.result
    return result, [(sent.method, sent.path) for sent in transport.sent if sent.method != "GET"]


@pytest.mark.parametrize(("method", "options"), [("PUT", {"description": "new"}), ("DELETE", {"state": "absent"})])
def test_a_request_whose_answer_was_lost_is_not_sent_by_the_next_run(method, options):
    service = Service(ROW.path, fleet("a", "b"))

    def respond(request):
        reply = service(request)
        return lost(True) if request.method == method and identity(0) in request.path else reply

    first, sent = ensured(respond, [{"id": identity(0)}, {"name": "b"}], **options)
    assert sent == [(method, f"{ROW.path}{identity(0)}/"), (method, f"{ROW.path}{identity(1)}/")]
    (entry,) = first["failed_devices"]
    told = (
        f"{method} {ROW.path}{identity(0)}/ got no answer: The line is dead. It is not known whether the service carried the request out."
    )
    assert (first["changed_devices"], entry) == ([identity(1)], {"id": identity(0), **options, "msg": told})
    again, sent = ensured(service, first["failed_devices"])
    assert (again["changed"], again["unchanged_devices"], sent) == (False, [identity(0)], [])


def test_a_device_that_is_gone_meanwhile_fails_alone():
    service = Service(ROW.path, fleet("a", "b"))

    def respond(request):
        if request.method == "PUT":
            service.objects.pop(identity(0), None)
        return service(request)

    first, _sent = ensured(respond, [{"id": identity(0)}, {"id": identity(1)}], description="new")
    assert (first["changed_devices"], [(entry["id"], entry["status"]) for entry in first["failed_devices"]]) == (
        [identity(1)],
        [(identity(0), 404)],
    )
    again, sent = ensured(service, first["failed_devices"])
    assert ([entry["msg"] for entry in again["failed_devices"]], sent) == ([f"There is no device with the id '{identity(0)}'."], [])


def test_what_the_service_has_suspended_is_not_taken_for_active():
    """Whatever a plan needs to know is read."""
    suspended = {
        "lifecycle_status": "blocked",
        "operator_suspended": True,
        "system_suspended": True,
        "last_system_suspended_category": "billing",
    }
    service = Service(ROW.path, [{**device, **suspended} for device in fleet("a")])
    result, sent = ensured(service, [{"id": identity(0)}], state="active")
    assert ([entry["msg"] for entry in result["failed_devices"]], sent) == (
        ["The service itself has suspended the device (billing); only the vendor can end that."],
        [],
    )


def test_a_device_that_somebody_else_deletes_is_as_wanted():
    service = Service(ROW.path, fleet("a"))

    def respond(request):
        if request.method == "DELETE":
            service.objects.clear()
        return service(request)

    # As are those that are not there.
    result, sent = ensured(respond, [{"id": identity(0)}, {"id": identity(1)}, {"name": "z"}], state="absent")
    assert (result["changed_devices"], result["unchanged_devices"], len(sent)) == ([identity(0)], [identity(1), "z"], 1)


# -- what is told


def step(number, before, after):
    return Step(number, identity(number), Wish({}), Plan({"id": identity(number), **before}, after))


def test_a_summary_shows_the_most_frequent_first():
    some = [step(number, {"name": "x", "description": f"{number % 13}"}, {"name": "x", "description": "new"}) for number in range(30)]
    lines = device_states.summary(RECIPE, some, str).splitlines()
    assert lines[0] == f'description: "0" -> "new" on 3 devices: {identity(0)}, {identity(13)}, {identity(26)}'
    assert lines[4].startswith('description: "4" -> "new" on 2 devices: ')
    assert len(lines) == 11
    assert lines[-1] == "description: 3 more changes on 6 devices"


def test_a_summary_of_each_kind_of_change():
    one = step(
        1,
        {"name": None, "custom_attributes": {"site": "oslo", "floor": "2"}, "groups": ["g1", "g2"]},
        {"name": "Æ", "custom_attributes": {"floor": "3", "ring": "0"}, "groups": ["g2", "g3"]},
    )
    where = f"on 1 device: {identity(1)}"
    assert device_states.summary(RECIPE, [one], str.upper).splitlines() == [
        f'name: none -> "Æ" {where}',
        f'custom_attributes.site: "oslo" -> none {where}',
        f'custom_attributes.floor: "2" -> "3" {where}',
        f'custom_attributes.ring: none -> "0" {where}',
        f'groups: "G1" -> none {where}',
        f'groups: none -> "G3" {where}',
    ]
    gone = step(1, {"name": "x"}, None)
    assert device_states.summary(RECIPE, [gone], str) == f"device: present -> absent {where}\n"
    assert device_states.summary(RECIPE, [], str) == ""
