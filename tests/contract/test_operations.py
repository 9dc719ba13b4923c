# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of all operations against the API's own descriptions, which are looked for as test_api.py does."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import collection
import pytest
import yaml

SPEC_DIR = Path(os.environ.get("PELION_SPEC_DIR") or collection.ROOT.parent / "shared/api")
YEARS = (2021, 2020, 2019)
FACTS = SPEC_DIR / "facts.yaml"
SPECS = {year: SPEC_DIR / f"pelion-{year}.openapi.yaml" for year in YEARS}

pytestmark = pytest.mark.skipif(
    not all(path.is_file() for path in (FACTS, *SPECS.values())), reason=f"the API's descriptions are not in {SPEC_DIR}"
)

operations = collection.util("operations")

# What the description says in prose, or not at all: which operation came in the place of one that is deprecated without a path.
PROSE_REPLACEMENTS = {
    "Device_Log_list": "Device_Event_list",
    "Device_Log_retrieve": "Device_Event_retrieve",
    "ManufacturingStatisticsReport#2020": "ManufacturingStatisticsReport",
    "Update_Campaign_metrics": "Update_Campaign_statistics_list",
    "addAccountApiKeyToListedGroups": "addAccountApplicationToGroups",  # the path that is named does not exist
    "getBootstrapServerCredentials": "getAllServerCredentials",
    "getL2M2MServerCredentials": "getAllServerCredentials",
    "getMyUser": "getUser",
    "updateMyUser": "updateUser",
}

Schema = Mapping[str, Any]


def load(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


@pytest.fixture(scope="module")
def facts() -> Any:
    return load(FACTS)


@pytest.fixture(scope="module")
def documents() -> dict[int, Any]:
    return {year: load(path) for year, path in SPECS.items()}


@pytest.fixture(scope="module")
def described(facts: Any, documents: Mapping[int, Any]) -> dict[str, tuple[Any, Any, list[str]]]:
    """For each operation the document that it is taken from, its entry there, and the years of all that have it."""
    found = {}
    for name, place in facts["operations"].items():
        method, path = place.split(" ", 1)
        having = [year for year in YEARS if method.lower() in documents[year]["paths"].get(path, {})]
        document = documents[having[0]]
        found[name] = (document, document["paths"][path][method.lower()], [str(year) for year in having])
    return found


def one_slash(path: str) -> str:
    return re.sub(r"^/+", "/", path)


def form(document: Schema, schema: Schema, *, typed: bool = True) -> Any:
    """A schema as plain data: what `shape` makes of the table's kind for the same."""
    null = "?" if schema.get("x-nullable") else ""
    while "$ref" in schema:
        schema = document["definitions"][schema["$ref"].rpartition("/")[2]]
    kind = schema.get("type", "object")
    if schema.get("enum"):
        return ("enum" + null, set(schema["enum"]))
    if kind == "array":
        return ("list" + null, form(document, schema["items"]))
    if kind == "object" and schema.get("properties"):
        writable = {name: inner for name, inner in schema["properties"].items() if not inner.get("readOnly")}
        fields = {name: form(document, inner) for name, inner in writable.items()}
        return ("object" + null, fields, set(schema.get("required", ())) & set(fields))
    if kind == "object":
        return ("map" + null, form(document, schema["additionalProperties"]))
    return {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "file": "file"}[kind] + null


def shape(kind: Any) -> Any:
    null = "?" if kind.nullable else ""
    if kind.name == "enum":
        return ("enum" + null, set(kind.values))
    if kind.name == "object":
        return ("object" + null, {name: shape(inner) for name, inner in kind.fields.items()}, set(kind.required))
    if kind.inner:
        return (kind.name + null, shape(kind.inner))
    # Which path parameter takes slashes is said in prose.
    return "str" if kind.name == "path" else kind.name + null


def test_all_operations_are_in_the_table(facts: Any) -> None:
    found = {name: f"{operations.find(name).method} {operations.find(name).path}" for name in operations.ids()}
    assert found == {name: f"{method} {one_slash(path)}" for name, (method, path) in split(facts["operations"]).items()}
    assert len(operations.ids()) == len(set(operations.ids())) == 363


def split(entries: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    return {name: (place.split(" ", 1)[0], place.split(" ", 1)[1]) for name, place in entries.items()}


@pytest.mark.parametrize("name", operations.ids())
def test_parameters_and_body(name: str, described: Mapping[str, tuple[Any, Any, list[str]]]) -> None:
    document, entry, years = described[name]
    operation = operations.find(name)
    parameters = entry.get("parameters", ())
    by_place: dict[str, dict[str, Any]] = {place: {} for place in ("path", "query", "formData", "header", "body")}
    for parameter in parameters:
        by_place[parameter["in"]][parameter["name"]] = parameter
    assert {key: shape(kind) for key, kind in operation.parameters.items()} == {
        key: form(document, parameter) for key, parameter in by_place["path"].items()
    }
    assert {key: shape(kind) for key, kind in operation.query.items()} == {
        key: form(document, parameter) for key, parameter in by_place["query"].items()
    }
    assert set(operation.required) == {key for key, parameter in by_place["query"].items() if parameter.get("required")}
    assert operation.years == (() if "2021" in years else tuple(sorted(years)))
    consumed = entry.get("consumes") or ["application/json"]
    if by_place["formData"]:
        fields = {key: form(document, parameter) for key, parameter in by_place["formData"].items()}
        needed = {key for key, parameter in by_place["formData"].items() if parameter.get("required")}
        assert shape(operation.body) == ("object", fields, needed)
        assert (operation.content, operation.body_required) == ("multipart/form-data", True)
    elif by_place["body"]:
        (parameter,) = by_place["body"].values()
        assert shape(operation.body) == form(document, parameter["schema"])
        assert operation.body_required is bool(parameter.get("required"))
        # The value of a resource can have many types, of which JSON is only one.
        assert operation.content == ("" if consumed == ["application/json"] else consumed[0])
    else:
        assert operation.body is None
        assert operation.content == ("websocket" if "Upgrade" in by_place["header"] else "")


def test_the_resource_path_takes_slashes() -> None:
    names = {
        (name, parameter)
        for name in operations.ids()
        for parameter, kind in operations.find(name).parameters.items()
        if kind.name == "path" or parameter == "resourcePath"
    }
    assert names == {
        (name, "resourcePath")
        for name in (
            "addResourceSubscription",
            "checkResourceSubscription",
            "deleteResourcePath",
            "deleteResourceSubscription",
            "executeOrCreateResource",
            "getResourceValue",
            "updateResourceValue",
        )
    }
    assert {operations.find(name).parameters[parameter].name for name, parameter in names} == {"path"}


def test_deprecated_operations_name_what_replaces_them(facts: Any) -> None:
    found = {name: operations.find(name) for name in operations.ids()}
    assert {name for name, operation in found.items() if operation.deprecated} == set(facts["deprecated_operations"])
    named = {name: operation.replacement for name, operation in found.items() if operation.replacement}
    assert {name: named.pop(name) for name in PROSE_REPLACEMENTS} == PROSE_REPLACEMENTS
    paths = {name: found[replacement].path for name, replacement in named.items()}
    assert paths == {
        name: one_slash(entry["use"]).rstrip("/")
        for name, entry in facts["deprecated_operations"].items()
        if "use" in entry and name not in PROSE_REPLACEMENTS
    }
