# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every row of the table, and every kind of answer, against the vendor's OpenAPI description of January 2021.

These are the rows that the engine serves alone; the answers of all others are checked where they are tested.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import openapi
import pytest
from simulator_helpers import PAGED, Local, path_of

from pelion_simulator.answers import ApiError
from pelion_simulator.areas import directory
from pelion_simulator.bodies import KEY_MAX
from pelion_simulator.filters import LARGEST_PAGE, SMALLEST_PAGE
from pelion_simulator.table import Field, Resource

pytestmark = openapi.needed

TYPES = {"string": "string", "boolean": "boolean", "integer": "integer", "array": "list", "object": "map"}


def name_of(row: Resource) -> str:
    return row.name


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema, or what it refers to."""
    while "$ref" in schema:
        schema = schema | openapi.description(2021)["definitions"][schema["$ref"].rpartition("/")[2]]
        del schema["$ref"]
    return schema


def described(id_: str) -> dict[str, Any]:
    """The description of an operation."""
    return openapi.operation(id_, 2021)


def operation(row: Resource, name: str) -> dict[str, Any]:
    """The description of an operation of a row."""
    return described(str(row.operations[name]))


def body_schema(row: Resource, name: str) -> dict[str, Any]:
    """The schema of the body that creates or updates."""
    (schema,) = [parameter["schema"] for parameter in operation(row, name)["parameters"] if parameter["in"] == "body"]
    return resolved(schema)


def answer_schema(row: Resource) -> dict[str, Any]:
    """The schema of an object."""
    return resolved(operation(row, "me" if "me" in row.operations else "get")["responses"]["200"]["schema"])


@pytest.mark.parametrize("row", PAGED, ids=name_of)
def test_operations_exist_and_succeed_as_described(row: Resource) -> None:
    success = {"create": "201", "delete": "204"}
    for name in row.operations:
        assert success.get(name, "200") in map(str, operation(row, name)["responses"]), name
    for members in row.members:
        assert "200" in map(str, described(members.operations["list"])["responses"])
        for action in ("add", "remove"):
            post = described(members.operations[action])
            assert {"204", "400", "404"} <= set(map(str, post["responses"]))
            (schema,) = [resolved(parameter["schema"]) for parameter in post["parameters"] if parameter["in"] == "body"]
            assert list(schema["properties"]) == schema["required"] == [members.body_key]
            assert members.counter in row.fields


@pytest.mark.parametrize("row", PAGED, ids=name_of)
def test_fields(row: Resource) -> None:
    schemas = {"R": answer_schema(row)}
    schemas |= {side: body_schema(row, name) for side, name in (("C", "create"), ("U", "update")) if name in row.operations}
    for side, schema in schemas.items():
        properties = {name: resolved(spec) for name, spec in schema["properties"].items()}
        for name in properties:
            if properties[name].get("readOnly") and side == "U":
                assert row.fields[name].echoed
        expected = {name for name in properties if side == "R" or not properties[name].get("readOnly")}
        assert {name for name, field in row.fields.items() if side in field.io} == expected
        if side != "R":
            assert {name for name, field in row.fields.items() if side + "!" in field.io} == set(schema.get("required", []))
        for name in expected:
            check_field(row.fields[name], properties[name], side)
    for name, field in row.fields.items():
        described = [resolved(schema["properties"][name]) for schema in schemas.values() if name in schema["properties"]]
        assert field.max in [None, *(schema.get("maxLength") for schema in described)]


def check_field(field: Field, schema: dict[str, Any], side: str) -> None:
    kind = TYPES[schema.get("type", "object")]
    assert field.type == kind or (kind, field.type) == ("map", "object")
    assert field.enum == tuple(schema.get("enum", ())) or schema.get("enum") in (["account"], ["api-key"])
    assert field.nullable == bool(schema.get("x-nullable"))
    if schema.get("format") in ("date", "date-time"):
        assert field.format == schema["format"]
    if "maxLength" in schema or side != "R":
        assert field.max == schema.get("maxLength")
    if side != "R":
        assert field.pattern == schema.get("pattern", "")
        assert field.entries == schema.get("maxProperties")
    if field.type == "map" and "maxLength" in schema["additionalProperties"]:
        assert field.value_max == schema["additionalProperties"]["maxLength"]
        assert f"limited to {KEY_MAX} characters" in schema["description"]


@pytest.mark.parametrize("row", PAGED, ids=name_of)
def test_pages(row: Resource) -> None:
    parameters = {parameter["name"]: parameter for parameter in operation(row, "list")["parameters"]}
    assert {"limit", "order", "after", "include", "filter"} <= set(parameters)
    assert (parameters["limit"]["minimum"], parameters["limit"]["maximum"]) == (SMALLEST_PAGE, LARGEST_PAGE)
    assert "`total_count`" in parameters["include"]["description"]


@pytest.mark.parametrize("row", PAGED, ids=name_of)
def test_direct_filters(row: Resource) -> None:
    known = operation(row, "list")["x-filter"]
    assert {name: set(one.direct) for name, one in row.filters.items() if one.direct} == {name: set(one) for name, one in known.items()}
    as_parameters = {parameter["name"] for parameter in operation(row, "list")["parameters"] if "__" in parameter["name"]}
    assert {f"{name}__{operator}" for name, one in row.filters.items() for operator in one.direct} == as_parameters


@pytest.mark.parametrize("row", [row for row in PAGED if row is not directory.DEVICES], ids=name_of)
def test_packed_filters(row: Resource) -> None:
    (text,) = [parameter["description"] for parameter in operation(row, "list")["parameters"] if parameter["name"] == "filter"]
    cells = re.findall(r"<td>(.*?)</td>", text)
    known = {}
    for name, equal, among, between in zip(*[iter(cells)] * 4, strict=True):
        groups = ((equal, {"eq", "neq"}), (among, {"in", "nin"}), (between, {"lte", "gte"}))
        known[name] = {operator for cell, operators in groups if cell == "\u2713" for operator in operators}
    # One example uses an operator that no table has.
    assert {name: set(one.packed) - {"gt"} for name, one in row.filters.items()} == known


def test_packed_filters_of_devices() -> None:
    """The description has no table for them: "all properties are filterable", times by equality too."""
    row = directory.DEVICES
    known = {name: set(operators) for name, operators in operation(row, "list")["x-filter"].items()}
    for definition, operators in (("EqNeq", {"eq", "neq"}), ("InNin", {"in", "nin"}), ("GteLte", {"gte", "lte"})):
        for name, schema in openapi.description(2021)["definitions"][f"Device{definition}Filter"]["properties"].items():
            if schema["type"] != "object" or definition == "EqNeq":
                known.setdefault(name, set()).update(operators)
    for name in known:
        if row.fields[name].format == "date-time":
            known[name] |= {"eq", "neq"}
    assert {name: set(one.packed) - {"gt"} for name, one in row.filters.items()} == known


def test_members_take_the_filters_of_devices() -> None:
    members = described("Group_members_retrieve")
    assert members["x-filter"] == operation(directory.DEVICES, "list")["x-filter"]


@pytest.mark.parametrize("row", PAGED, ids=name_of)
def test_lists_and_objects_are_as_described(tmp_path: Path, row: Resource) -> None:
    local = Local(tmp_path, 1000)
    page = local.send("GET", path_of(row), "limit=1000&include=total_count")[1]
    item = f"{path_of(row)}/{page['data'][0]['id']}"
    answers = {"list": (200, page), "get": (200, local.send("GET", item)[1])}
    if "create" in row.operations:
        required = {name: "x" for name, field in row.fields.items() if "C!" in field.io}
        created = local.send("POST", path_of(row), body=required)[1]
        updated = local.send("PUT", f"{path_of(row)}/{created['id']}", body=required)[1]
        answers |= {"create": (201, created), "update": (200, updated)}
    for name, (status, body) in answers.items():
        assert openapi.problems(str(row.operations[name]), status, 2021, body) == []
    seen = set().union(*(one for one in page["data"]))
    optional = {"last_system_suspended_category", "last_system_suspended_description", "last_system_suspended_updated_at"}
    assert {name for name, field in row.fields.items() if "R" in field.io} - seen <= optional
    local.store.close()


def test_me_is_as_described(local: Local) -> None:
    for id_, path in (("getMyAccountInfo", "/v3/accounts/me"), ("getMyApiKey", "/v3/api-keys/me")):
        assert openapi.problems(id_, 200, 2021, local.send("GET", path)[1]) == []


def test_errors_are_as_described() -> None:
    error = ApiError(400, "validation_error", "Invalid.", {"name": "is wrong"})
    assert openapi.problems("getMyApiKey", 401, 2021, json.loads(error.answer("0" * 32).body)) == []
