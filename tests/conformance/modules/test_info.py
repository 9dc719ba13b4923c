# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every module that reads objects: by id, by natural key, by filter; parts of objects; the order and number of them.

A new resource is one entry of READS.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import collection
import pytest
from cycle import cycles
from pelion_simulator.process import Simulator

Object = Mapping[str, Any]


@dataclass(frozen=True)
class Read:
    """What to ask a module for, of the objects that the simulator has from the start.

    `filters` are those of a task, and which objects they mean. `field` is one that all objects have.
    """

    path: str
    field: str
    filters: tuple[tuple[Object, Callable[[Object], bool]], ...]


READS = {
    "device_event_info": Read(
        path="/v3/device-events/",
        field="event_type",
        filters=(
            ({"event_type": "UPD2_100", "state_change": False}, lambda event: event["event_type"] == "UPD2_100"),
            (
                {"date_time": {"gte": "20180101T000000Z", "lte": "2018-12-31T23:59:59Z"}},
                lambda event: event["date_time"].startswith("2018-"),
            ),
        ),
    ),
    "device_group_info": Read(
        path="/v3/device-groups/",
        field="devices_count",
        filters=(
            ({"name": ["pilot", "empty", "no such group"]}, lambda group: group["name"] in ("pilot", "empty")),
            ({"devices_count": {"gte": 1}, "custom_attributes": {"ring": "zero"}}, lambda group: group["name"] == "pilot"),
        ),
    ),
    "device_info": Read(
        path="/v3/devices/",
        field="state",
        filters=(
            ({"state": "registered"}, lambda device: device["state"] == "registered"),
            (
                {
                    "state": {"nin": ["registered", "unenrolled"]},
                    "device_class": ["thermo-a1", "meter-e3"],
                    "device_execution_mode": {"neq": 1},
                },
                lambda device: (
                    device["state"] not in ("registered", "unenrolled")
                    and device["device_class"] in ("thermo-a1", "meter-e3")
                    and device["device_execution_mode"] != 1
                ),
            ),
            (
                {"custom_attributes": {"site": "oslo", "floor": {"neq": "3"}}, "auto_update": False},
                lambda device: (
                    device["custom_attributes"].get("site") == "oslo"
                    and device["custom_attributes"].get("floor") != "3"
                    and not device["auto_update"]
                ),
            ),
            ({"created_at": {"gte": "2019-01-01"}}, lambda device: device["created_at"] >= "2019"),
        ),
    ),
    "device_query_info": Read(
        path="/v3/device-queries/",
        field="query",
        filters=(({"query": {"neq": "state__eq=registered"}}, lambda query: query["query"] != "state__eq=registered"),),
    ),
}


def test_every_info_module_is_read() -> None:
    """Here, or by a test of its area, which names it in quotation marks."""
    texts = [path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py")]
    lives = {f"{name}_info" for name in cycles()}
    for name in collection.MODULES:
        if name.endswith("_info"):
            assert name in READS or name in lives or any(f'"{name}"' in text for text in texts), f"no test reads by {name}"


@pytest.mark.parametrize("name", sorted(READS))
def test_reads(name: str, runs: Any, client: Any) -> None:
    read, row = READS[name], collection.declared(name).row
    every = list(client.list(read.path))
    one = next(item for item in every if all(item[key] for key in row.keys))
    some = random.Random(1).sample(every, min(len(every), 7))
    ids = [some[0]["id"], "0" * 32, *(item["id"] for item in some), "f" * 32]
    tasks: dict[str, Mapping[str, Any]] = {
        "all": {},
        "id": {"id": one["id"]},
        "unknown id": {"id": "0" * 32},
        "ids": {"ids": ids},
        "unknown ids": {"ids": ["0" * 32]},
        "no ids": {"ids": []},
    }
    expected = {"all": every, "id": [one], "unknown id": [], "ids": some, "unknown ids": [], "no ids": []}
    for key in row.keys:
        tasks[f"by {key}"] = {key: one[key]}
        expected[f"by {key}"] = [item for item in every if item[key] == one[key]]
        tasks[f"no {key}"] = {key: "none such"}
        expected[f"no {key}"] = []
    for number, (filters, meant) in enumerate(read.filters):
        found = [item for item in every if meant(item)]
        assert 0 < len(found) < len(every), "a filter that tells nothing"
        tasks[f"filters {number}"] = {
            "filters": filters,
            "order": "DESC",
            "limit": len(found) - 1 or 1,
            "fields": [read.field, "none such"],
        }
        expected[f"filters {number}"] = [
            {field: item[field] for field in ("id", read.field)} for item in found[::-1][: len(found) - 1 or 1]
        ]
    played = runs({task: {name: options, "check_mode": task == "all"} for task, options in tasks.items()})
    assert played.values(row.list_name) == expected
    assert played.values("changed") == dict.fromkeys(tasks, False)
    assert all(bool(step.sent) == bool(step.result["request_id"]) and step.writes == [] for step in played.steps.values())
    # The service filters: nothing is read that does not match, and one object is one request.
    assert [(sent.path, sent.query) for sent in played["id"].sent] == [(f"{read.path}{one['id']}/", {})]
    missing = {"ids": ["0" * 32, "f" * 32], "unknown ids": ["0" * 32], "no ids": []}
    assert {task: step.result["missing"] for task, step in played.steps.items() if "missing" in step.result} == missing
    assert played["no ids"].sent == []
    for task, step in played.steps.items():
        if task not in ("all", "no ids"):
            assert len(step.sent) == 1
            assert len(step.sent[0].query) > 2 or "id" in task, task


def test_devices_of_a_group_and_of_a_query(runs: Any, client: Any, fleet: list[Object]) -> None:
    pilot = client.list("/v3/device-groups/", {"name": "pilot"}, fields=["id"])
    (group,) = (entry["id"] for entry in pilot)
    members = [device for device in fleet if group in device["groups"]]
    registered = [device["id"] for device in members if device["state"] == "registered"]
    oslo = [device["id"] for device in fleet if device["custom_attributes"].get("site") == "oslo" and device["state"] == "registered"]
    played = runs(
        {
            "group": {"device_info": {"device_group_id": group}},
            "group and filter": {"device_info": {"device_group_id": group, "filters": {"state": "registered"}}},
            "group and query": {"device_info": {"device_group_id": group, "query": "state__eq=registered"}},
            "query": {"device_info": {"query": "custom_attributes__site__eq=oslo&state=registered"}},
            "unknown group": {"device_info": {"device_group_id": "0" * 32}},
            "attributes of members": {"device_info": {"device_group_id": group, "filters": {"custom_attributes": {"site": "oslo"}}}},
            "no query": {"device_info": {"query": "registered"}},
            "unknown field in query": {"device_info": {"query": "colour__eq=red"}},
        }
    )
    found = {name: [item["id"] for item in step.result["devices"]] for name, step in played.steps.items() if not step.failed}
    assert found == {
        "group": [device["id"] for device in members],
        "group and filter": registered,
        "group and query": registered,
        "query": oslo,
    }
    assert played["unknown group"].msg.startswith(
        f"GET /v3/device-groups/{'0' * 32}/devices/ failed with HTTP 404 not_found: There is no device-group with this id. (request id "
    )
    assert played["attributes of members"].msg.startswith(
        "Unknown filter field 'custom_attributes'; this list can be filtered by: account_id, "
    )
    assert played["no query"].msg == "'registered' in the query is not of the form field=value or field__operator=value."
    assert played["unknown field in query"].msg.startswith("Unknown filter field 'colour'; this list can be filtered by: account_id, ")


def test_many_devices_by_id(run: Any, fleet: list[Object]) -> None:
    """As many at a time as an address has room for, in the order given."""
    ids = random.Random(1).sample([device["id"] for device in fleet], 290)
    step = run("device_info", ids=ids, fields=["name"], concurrency=2)
    names = {device["id"]: device["name"] for device in fleet}
    assert (step.result["devices"], step.result["missing"]) == ([{"id": one, "name": names[one]} for one in ids], [])
    assert len(step.sent) == 4
    assert sorted(one for sent in step.sent for one in sent.query["id__in"].split(",")) == sorted(ids)
    one = run("device_info", ids=ids[:1])
    assert [item["id"] for item in one.result["devices"]] == ids[:1]


def test_many_objects_by_id_whose_list_cannot_be_filtered_so(run: Any, client: Any, simulator: Simulator) -> None:
    made = [client.post("/v3/api-keys", {"name": f"key {number}"})["id"] for number in range(12)]
    asked = [*made[::-1], "0" * 32]
    step = run("api_key_info", ids=asked, fields=["name"])
    assert step.result["api_keys"] == [{"id": one, "name": f"key {number}"} for number, one in reversed(list(enumerate(made)))]
    assert step.result["missing"] == ["0" * 32]
    assert sorted(sent.path for sent in step.sent) == sorted(f"/v3/api-keys/{one}" for one in asked)
    # All or none: a list with gaps would look like one of fewer objects.
    simulator.faults(method="GET", path=f"/v3/api-keys/{made[3]}", status=500)
    assert run("api_key_info", ids=made).msg.startswith(f"GET /v3/api-keys/{made[3]} failed with HTTP 500 ")


def test_what_many_ids_do_not_go_together_with(run: Any) -> None:
    ids = ["0" * 32]
    for other, text in (("id", "id|ids"), ("limit", "ids|limit"), ("name", "ids|name"), ("query", "ids|query")):
        value: Any = 1 if other == "limit" else "x"
        assert run("device_info", ids=ids, **{other: value}).msg == f"parameters are mutually exclusive: {text}"
    assert run("device_info", ids=ids, concurrency=65).msg == "concurrency must be 1 to 64, not 65."
    wrong = run("device_info", ids=[*ids, "pump"])
    assert (wrong.msg, wrong.sent) == ("'pump' is no id of a device: an id is 32 hexadecimal digits in lower case.", [])


def test_long_lists_of_ids_are_asked_for_in_parts(runs: Any, simulator: Simulator, fleet: list[Object]) -> None:
    ids = [device["id"] for device in fleet[:260]]
    shuffled = random.Random(1).sample(ids, len(ids))
    played = runs(
        {
            "all": {"device_info": {"filters": {"id": shuffled}, "fields": ["name"]}},
            "newest": {"device_info": {"filters": {"id": shuffled}, "order": "DESC", "limit": 3}},
            "too long": {"device_info": {"filters": {"id": {"nin": shuffled}}}},
        }
    )
    assert played["all"].result["devices"] == [{"id": device["id"], "name": device["name"]} for device in fleet[:260]]
    # In the order that was asked for, as if it had been one list.
    assert [device["id"] for device in played["newest"].result["devices"]] == ids[:-4:-1]
    sent = played["all"].sent
    assert len(sent) == 4
    assert sorted(identity for request in sent for identity in request.query["id__in"].split(",")) == ids
    assert all(request.status == 200 for request in sent)
    assert played["too long"].msg == (
        "The filters make an address of 4096 characters or more, which the service refuses; use fewer values."
    )
    assert played["too long"].sent == []


def test_lists_that_do_not_fit_a_page_are_read_whole(runs: Any, simulator: Simulator) -> None:
    simulator.add("devices", count=750)
    played = runs({"all": {"device_info": {"fields": ["name"]}}, "some": {"device_info": {"fields": ["name"], "limit": 1001}}})
    found = [device["id"] for device in played["all"].result["devices"]]
    assert len(found) == len(set(found)) == 1050
    assert [sent.query for sent in played["all"].sent] == [
        {"include": "total_count", "limit": "1000"},
        {"limit": "1000", "after": found[999]},
    ]
    assert [device["id"] for device in played["some"].result["devices"]] == found[:1001]


def test_long_lists_are_read_side_by_side(run: Any, simulator: Simulator, side_by_side: Any) -> None:
    simulator.add("devices", count=6000)
    simulator.settings(latency_ms=20)

    def read(**options: Any) -> tuple[Any, int]:
        """The devices, and how many requests were under way at most."""
        found = run("device_info", fields=["name"], **options).result["devices"]
        return found, max(entry["in_flight"] for entry in simulator.requests())

    every, together = read(concurrency=1)
    assert (len(every), together) == (6300, 1)
    # The first page says how many there are, and another request how new they are.
    simulator.faults(method="GET", path="^/v3/devices/$", delay_ms=700, skip=2, count=4)
    with side_by_side(4, "GET", skip=2):
        found, together = read(concurrency=4)
    assert found == every
    assert together <= 4
    # Newest first, and parts of a list, are read page by page.
    assert read(concurrency=4, order="DESC") == (every[::-1], 1)
    assert read(concurrency=4, limit=5000) == (every[:5000], 1)


def test_an_empty_list_may_be_a_404(runs: Any, simulator: Simulator) -> None:
    simulator.settings(list_404=True, unknown_fields=True)
    played = runs({"none": {"device_query_info": {"name": "none such"}}, "some": {"device_query_info": {"name": "registered"}}})
    assert played["none"].result["device_queries"] == []
    (query,) = played["some"].result["device_queries"]
    # What no document mentions is passed on.
    assert query["x_introduced_later"] == {"level": 1, "kinds": ["a", "b"]}


# Fields that are true or false.
FLAGS = {"auto_update", "complete", "enrollment_mode", "inherited", "operator_suspended", "state_change", "system_suspended", "valid"}
# What the lists below something are below.
PARENTS: Mapping[str, Callable[[Any], Any]] = {
    "application_id": lambda client: client.post("/v3/applications", {"name": "parent"}),
    "device_group_id": lambda client: next(client.list("/v3/device-groups/", {"name": "pilot"})),
    "device_id": lambda client: next(client.list("/v3/devices/", {"endpoint_type": "MBED_GW"})),
    "policy_group_id": lambda client: next(client.list("/v3/policy-groups")),
    "upload_job_id": lambda client: client.post("/v3/firmware-images/upload-jobs", {"name": "parent"}),
}


def _value(row: Any, field: str, operators: Sequence[str]) -> str:
    """A value that such a field may be compared with."""
    if field in row.words:
        return str(row.words[field][0])
    if field in FLAGS:
        return "true"
    return "2020-01-01T00:00:00Z" if "gte" in operators and "eq" not in row.filters.get(field, ()) else "1"


@pytest.mark.parametrize(
    "row",
    [
        # Kept by older services only.
        pytest.param(name, marks=pytest.mark.until(2020) if name == "DEVICE_ENROLLMENT_DENIAL" else pytest.mark.since(2021))
        for name, row in sorted(collection.rows().items())
        if row.filters
    ],
)
def test_the_service_understands_every_filter_that_the_table_promises(row: str, client: Any) -> None:
    """Each field with each operator, alone and together with one that only the packed spelling has."""
    engine, entry = collection.util("resource"), collection.rows()[row]
    params = {name: make(client)["id"] for name, make in PARENTS.items() if f"{{{name}}}" in entry.path}
    packed = next(((field, operators[0]) for field, operators in entry.packed_filters.items() if field not in entry.mappings), None)
    # What such a list must always be filtered by.
    always = {"trusted_certificate_id": "1" * 32} if "trusted_certificate_id" in entry.filters else {}
    for field, operators in entry.allowed_filters.items():
        value = always.get(field) or _value(entry, field, operators)
        for operator in operators:
            given: dict[str, Any] = {**always, field: {operator: value}}
            if field in entry.mappings:
                given = {field: {"site": {operator: value}}}
            list(engine.listing(client, entry, params, entry.conditions(given), limit=2))
            if packed and packed[0] != field:
                given = {**given, packed[0]: {packed[1]: "2020-01-01T00:00:00Z"}}
                list(engine.listing(client, entry, params, entry.conditions(given), limit=2))
