# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every row of the table, and every kind of answer, against the vendor's OpenAPI description.

The description is not part of the project: it is looked for in the folder that PELION_SPEC_DIR names, or beside the repository.
"""

from __future__ import annotations

import functools
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from simulator_helpers import PAGED, Local, path_of

from pelion_simulator import operations
from pelion_simulator.answers import ApiError
from pelion_simulator.areas import access, accounts, directory
from pelion_simulator.bodies import KEY_MAX
from pelion_simulator.filters import LARGEST_PAGE, SMALLEST_PAGE
from pelion_simulator.table import Field, Resource

REPOSITORY = Path(__file__).resolve().parents[3]
SPEC = Path(os.environ.get("PELION_SPEC_DIR") or REPOSITORY.parent / "shared" / "api") / "pelion-2021.openapi.yaml"

pytestmark = pytest.mark.skipif(not SPEC.exists(), reason=f"needs the vendor's OpenAPI description: {SPEC.name} (see PELION_SPEC_DIR)")

# What the generic operations answer by themselves; the answers of all others are checked where they are tested.
PUBLIC = PAGED
TYPES = {"string": "string", "boolean": "boolean", "integer": "integer", "array": "list", "object": "map"}


def name_of(row: Resource) -> str:
    return row.name


@functools.cache
def spec() -> dict[str, Any]:
    """The description, with paths in one spelling."""
    loaded: dict[str, Any] = yaml.load(SPEC.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    loaded["paths"] = {re.sub(r"{[^}]+}", "{}", "/" + path.strip("/")): item for path, item in loaded["paths"].items()}
    return loaded


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema, or what it refers to."""
    while "$ref" in schema:
        schema = schema | spec()["definitions"][schema["$ref"].rpartition("/")[2]]
        del schema["$ref"]
    return schema


def described(id_: str) -> dict[str, Any]:
    """The description of an operation."""
    one = operations.OPERATIONS[id_]
    found: dict[str, Any] = spec()["paths"][re.sub(r"{[^}]+}", "{}", one.path)][one.method.lower()]
    return found


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


def violations(schema: dict[str, Any], value: Any, where: str = "") -> Iterator[str]:
    """Where a value is not as its schema says."""
    # That the first page has null for `after` is in the overview only.
    if value is None and (schema.get("x-nullable") or where == ".after"):
        return
    schema = resolved(schema)
    kind = schema.get("type", "object")
    python: Any = {"string": str, "boolean": bool, "integer": int, "array": list, "object": dict}[kind]
    if not isinstance(value, python) or (kind == "integer" and isinstance(value, bool)):
        yield f"{where}: {value!r} is no {kind}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is not in the enum"
    if len(str(value)) > schema.get("maxLength", len(str(value))):
        yield f"{where}: too long"
    # The pattern of suspension categories contradicts their own examples.
    if "pattern" in schema and not where.endswith("_suspended_category") and not re.search(schema["pattern"], value):
        yield f"{where}: {value!r} does not match {schema['pattern']}"
    if kind == "array":
        for one in value:
            yield from violations(schema["items"], one, where + "[]")
    if kind == "object":
        properties, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        # The description of pages of queries requires a count that has to be asked for.
        yield from (f"{where}: {name} is missing" for name in schema.get("required", []) if name not in value and name != "total_count")
        for name, one in value.items():
            if name in properties:
                yield from violations(properties[name], one, f"{where}.{name}")
            elif "additionalProperties" in schema:
                # Keys start with a letter or not a digit; the description puts its pattern on the values by mistake.
                yield from violations({key: rule for key, rule in others.items() if key != "pattern"}, one, f"{where}.{name}")
            else:
                yield f"{where}: {name} is not described"


@pytest.mark.parametrize("row", PUBLIC, ids=name_of)
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


@pytest.mark.parametrize("row", PUBLIC, ids=name_of)
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
        for name, schema in spec()["definitions"][f"Device{definition}Filter"]["properties"].items():
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
    assert list(violations(operation(row, "list")["responses"]["200"]["schema"], page)) == []
    assert list(violations(answer_schema(row), local.send("GET", f"{path_of(row)}/{page['data'][0]['id']}")[1])) == []
    if "create" in row.operations:
        required = {name: "x" for name, field in row.fields.items() if "C!" in field.io}
        created = local.send("POST", path_of(row), body=required)[1]
        assert list(violations(operation(row, "create")["responses"]["201"]["schema"], created)) == []
        updated = local.send("PUT", f"{path_of(row)}/{created['id']}", body=required)[1]
        assert list(violations(operation(row, "update")["responses"]["200"]["schema"], updated)) == []
    seen = set().union(*(one for one in page["data"]))
    optional = {"last_system_suspended_category", "last_system_suspended_description", "last_system_suspended_updated_at"}
    assert {name for name, field in row.fields.items() if "R" in field.io} - seen <= optional
    local.store.close()


def test_me_is_as_described(local: Local) -> None:
    for row, path in ((accounts.ACCOUNTS, "/v3/accounts/me"), (access.API_KEYS, "/v3/api-keys/me")):
        assert list(violations(answer_schema(row), local.send("GET", path)[1])) == []


def test_errors_are_as_described() -> None:
    error = ApiError(400, "validation_error", "Invalid.", {"name": "is wrong"})
    assert list(violations({"$ref": "#/definitions/ErrorResponse"}, json.loads(error.answer("0" * 32).body))) == []
