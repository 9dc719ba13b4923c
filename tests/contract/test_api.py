# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table and the modules against the API's own description of January 2021.

The description is not part of this repository. It is looked for in the folder that PELION_SPEC_DIR names, by default
../shared/api beside the repository; without it these tests are skipped. `facts.yaml` there holds what the description says in
prose only: the operators of the packed filter, which fields are deprecated, what is secret.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import collection
import described
import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.playbook.block import Block
from ansible.playbook.play import Play
from ansible.playbook.task import Task

Schema = Mapping[str, Any]

SPEC_DIR = Path(os.environ.get("PELION_SPEC_DIR") or collection.ROOT.parent / "shared/api")
SPEC, FACTS = SPEC_DIR / "pelion-2021.openapi.yaml", SPEC_DIR / "facts.yaml"

ROWS = collection.rows()
DESCRIBED = described.rows()
DECLARED = {name: collection.declared(name) for name in collection.MODULES}
RESOURCE_MODULES = [name for name in collection.MODULES if collection.base(name) == "ResourceModule"]
INFO_MODULES = [name for name in collection.MODULES if collection.base(name) == "InfoModule"]

# Operators that the packed filter takes by the prose of the description, beyond the tables in facts.yaml.
PROSE_OPERATORS = {
    "DEVICE": (
        {"eq", "neq"},
        "Date-time filtering supports three operators:\n\n* equality",
        lambda field: field.get("format") in ("date", "date-time"),
    ),
}

# A type of the description and what it is as an option.
OPTION_TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "object": "dict", "array": "list"}


def of_facts() -> Any:
    return yaml.load(FACTS.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


class Api:
    """The description, with references followed."""

    def __init__(self, document: Schema) -> None:
        self._document = document
        # The names of placeholders differ from those in the table; a few paths are misspelt with two slashes at their beginning.
        self.paths = {re.sub(r"\{[^}]*\}", "{}", "/" + path.lstrip("/")): operations for path, operations in document["paths"].items()}

    def resolved(self, schema: Schema) -> Schema:
        """A schema with its reference and its parts put together."""
        while "$ref" in schema:
            schema = self._document["definitions"][schema["$ref"].rpartition("/")[2]]
        merged: dict[str, Any] = {"properties": {}, "required": [], **schema}
        for part in schema.get("allOf", ()):
            inner = self.resolved(part)
            merged = {
                **inner,
                **merged,
                "properties": {**inner["properties"], **merged["properties"]},
                "required": [*inner["required"], *merged["required"]],
            }
        return merged

    def body(self, method: str, path: str) -> Schema:
        """What an operation takes; nothing, where there is no such operation. A form is a body too."""
        parameters = self.paths.get(path, {}).get(method.lower(), {}).get("parameters", ())
        for parameter in parameters:
            if parameter["in"] == "body":
                return self.resolved(parameter["schema"])
        form = [parameter for parameter in parameters if parameter["in"] == "formData"]
        required = [parameter["name"] for parameter in form if parameter.get("required")]
        return self.resolved({"properties": {parameter["name"]: parameter for parameter in form}, "required": required})

    def answer(self, path: str) -> Schema:
        """What a GET gives."""
        responses = self.paths.get(path, {}).get("get", {}).get("responses", {"200": {"schema": {}}})
        # Some statuses are written as numbers.
        return self.resolved(next(response["schema"] for status, response in responses.items() if str(status) == "200"))

    def query(self, path: str) -> list[str]:
        """The names of the query parameters of a GET."""
        parameters = self.paths.get(path, {}).get("get", {}).get("parameters", ())
        return [parameter["name"] for parameter in parameters if parameter["in"] == "query"]


@pytest.fixture(scope="module")
def api() -> Api:
    if not SPEC.exists():
        pytest.skip(f"the API's description is not there: {SPEC}")
    return Api(yaml.load(SPEC.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


@pytest.fixture(scope="module")
def facts() -> Any:
    if not FACTS.exists():
        pytest.skip(f"the facts on the API are not there: {FACTS}")
    return of_facts()


def collection_path(row: Any) -> str:
    return re.sub(r"\{[^}]*\}", "{}", row.path)


def item_path(row: Any) -> str:
    return re.sub(r"\{[^}]*\}", "{}", row.below(dict.fromkeys(re.findall(r"\{(\w+)\}", row.path + row.item_path), "{}"), "{}")).replace(
        "%7B%7D", "{}"
    )


def constant(row: Any) -> str:
    """The name of a row's constant."""
    return next(name for name, known in ROWS.items() if known is row)


def agrees(row: str, aspect: str, found: Any, wanted: Any) -> None:
    """The table says the same as the API, unless the area says why not; then it must not."""
    assert (found != wanted) if aspect in DESCRIBED[row].differs else (found == wanted)


def bodies(api: Api, row: Any) -> tuple[Schema, Schema]:
    """What creation and update take."""
    known = DESCRIBED[constant(row)]
    create = collection_path(row) if known.create is None else known.create
    update = item_path(row) if known.update is None else known.update
    return api.body("POST", create), api.body("PUT", update)


def by_operator(names: list[str]) -> dict[str, set[str]]:
    """`field__operator` parameters as field to operators."""
    found: dict[str, set[str]] = {}
    for name in names:
        field, separator, operator = name.rpartition("__")
        if separator:
            found.setdefault(field, set()).add(operator)
    return found


# -- rows


def test_every_row_is_described() -> None:
    assert set(ROWS) == set(DESCRIBED)
    assert {aspect for known in DESCRIBED.values() for aspect in known.differs} <= set(described.ASPECTS)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_paths_exist(api: Api, facts: Any, name: str) -> None:
    """Those that only older descriptions have are named in facts.yaml."""
    row = ROWS[name]
    older = {re.sub(r"\{[^}]*\}", "{}", operation) for operation in facts["meta"]["operations"]["only_in_older"]}
    for aspect, path in (("list", collection_path(row)), ("item", item_path(row))):
        agrees(name, aspect, "get" in api.paths.get(path, {}) or f"GET {path}" in older, row.readable or aspect == "list")


@pytest.mark.parametrize("name", sorted(ROWS))
def test_direct_filters(api: Api, name: str) -> None:
    row = ROWS[name]
    if collection_path(row) in api.paths:
        agrees(
            name,
            "filters",
            {field: set(operators) for field, operators in row.filters.items()},
            by_operator(api.query(collection_path(row))),
        )


@pytest.mark.parametrize("name", sorted(ROWS))
def test_packed_filters(api: Api, facts: Any, name: str) -> None:
    """The table names the operators that only the packed spelling has."""
    row, entry = ROWS[name], facts["resources"][DESCRIBED[name].resource]
    if "filter" not in api.query(collection_path(row)):
        assert row.packed_filters == {}
        return
    packed = {field: set(known["filter"]) if isinstance(known, dict) else set(known) for field, known in entry["filters"].items()}
    if name in PROSE_OPERATORS:
        operators, words, meant = PROSE_OPERATORS[name]
        (parameter,) = (known for known in api.paths[row.path]["get"]["parameters"] if known["name"] == "filter")
        assert words in parameter["description"]
        properties = api.answer(item_path(row))["properties"]
        packed = {field: known | (operators if meant(properties.get(field, {})) else set()) for field, known in packed.items()}
    only_packed = {field: known - set(row.filters.get(field, ())) for field, known in packed.items()}
    found = {field: set(known) for field, known in row.packed_filters.items()}
    agrees(name, "packed_filters", found, {field: known for field, known in only_packed.items() if known})


@pytest.mark.parametrize("name", sorted(ROWS))
def test_filtered_mappings(facts: Any, name: str) -> None:
    """Fields with a further level of names are those that are mappings."""
    row, types = ROWS[name], facts["resources"]["devices"]["fields"]
    filtered = {**row.filters, **row.packed_filters}
    agrees(name, "mappings", set(row.mappings), {field for field in filtered if types.get(field, {}).get("t", "").startswith("map")})


@pytest.mark.parametrize("name", sorted(ROWS))
def test_natural_keys(api: Api, name: str) -> None:
    row = ROWS[name]
    page = api.answer(collection_path(row))["properties"].get("data")
    if page is not None:
        agrees(name, "keys", set(row.named_by) - set(api.resolved(api.resolved(page)["items"])["properties"]), set())


@pytest.mark.parametrize("name", sorted(name for name, row in ROWS.items() if row.stages))
def test_stages_are_states_and_counts(api: Api, name: str) -> None:
    """They are printed while a task runs, so nobody may have written them, and they may be no secrets."""
    row = ROWS[name]
    assert set(row.stages) <= set(api.answer(item_path(row))["properties"])
    taken = {field: api.resolved(schema) for body in bodies(api, row) for field, schema in body["properties"].items()}
    written = {field for field, schema in taken.items() if not (schema.get("readOnly") or schema.get("enum"))}
    assert set(row.stages) & written == set()
    assert set(row.stages) & {*row.secrets, *row.write_only, *row.once} == set()


# -- argument specs


@pytest.mark.parametrize("name", RESOURCE_MODULES)
def test_options_are_the_writable_fields(api: Api, facts: Any, name: str) -> None:
    recipe = DECLARED[name].recipe
    row = described.rows()[constant(recipe.row)]
    writable = {
        field
        for body in bodies(api, recipe.row)
        for field, schema in body["properties"].items()
        if not api.resolved(schema).get("readOnly")
    }
    assert (set(recipe.fields) - set(row.extra)) | set(row.omitted) == writable
    assert set(recipe.fields) & set(row.omitted) == set()
    assert set(row.extra) - set(recipe.fields) == set()
    known = facts["resources"][row.resource]["fields"]
    assert {field for field, why in row.omitted.items() if why == "deprecated" and not known[field].get("dep")} == set()


@pytest.mark.parametrize("name", RESOURCE_MODULES)
def test_option_types_and_choices(api: Api, name: str) -> None:
    recipe, spec = DECLARED[name].recipe, DECLARED[name].argument_spec
    row = DESCRIBED[constant(recipe.row)]
    created, updated = bodies(api, recipe.row)
    properties = {**updated["properties"], **created["properties"]}
    wanted, found = {}, {}
    for field in set(recipe.fields) - set(row.extra):
        schema = api.resolved(properties[field])
        wanted[field] = (
            row.types.get(field) or OPTION_TYPES[schema.get("type", "object")],
            sorted(set(schema.get("enum", ())) - set(row.refused.get(field, ()))),
        )
        found[field] = (spec[field]["type"], sorted(spec[field].get("choices", ())))
        if field in row.types and spec[field]["type"] in ("path", "dict", "list"):
            wanted[field] = (wanted[field][0], found[field][1])
    assert found == wanted


@pytest.mark.parametrize("name", RESOURCE_MODULES)
def test_row_knows_the_limits(api: Api, name: str) -> None:
    recipe = DECLARED[name].recipe
    row, known = recipe.row, constant(recipe.row)
    created, updated = bodies(api, row)
    fields = set(recipe.fields) - set(DESCRIBED[known].extra)
    changeable = {field for field, schema in updated["properties"].items() if not api.resolved(schema).get("readOnly")}
    schemas = {field: api.resolved({**updated["properties"], **created["properties"]}[field]) for field in fields}
    agrees(known, "required", set(row.required), set(created["required"]) & fields)
    agrees(known, "create_only", set(row.create_only) - set(DESCRIBED[known].extra), fields - changeable)
    limits = {field: schema["maxLength"] for field, schema in schemas.items() if "maxLength" in schema}
    agrees(known, "max_length", dict(row.max_length), limits)
    most = {field: schema["maxProperties"] for field, schema in schemas.items() if "maxProperties" in schema}
    agrees(known, "replaces", dict(row.replaces), most)
    lists = {field for field, schema in schemas.items() if schema.get("type") == "array"}
    agrees(known, "unordered", set(row.unordered) - lists, set())


@pytest.mark.parametrize("name", RESOURCE_MODULES)
def test_secrets_are_not_logged(facts: Any, name: str) -> None:
    secrets = facts["secrets"].get(DESCRIBED[constant(DECLARED[name].recipe.row)].resource, [])
    spec = DECLARED[name].argument_spec
    assert [field for field in secrets if field in spec and not spec[field].get("no_log")] == []


def test_escape_hatch_knows_all_secrets(facts: Any) -> None:
    known = {field for fields in facts["secrets"].values() for field in fields}
    assert known - collection.util("single_request").SECRET_NAMES == set()


# -- examples and results


def tasks(entries: Any) -> Iterator[Schema]:
    """The tasks in a list of tasks, blocks and plays."""
    for entry in entries:
        inner = [part for section in ("tasks", "block", "rescue", "always", "pre_tasks", "post_tasks") for part in entry.get(section, ())]
        yield from tasks(inner)
        known = (Play if "hosts" in entry else Block if "block" in entry else Task).fattributes
        words = {word for word in entry if word in known or word.startswith("with_")}
        modules = set(entry) - words
        assert all(name.count(".") == 2 for name in modules), f"neither keyword nor full name of a module: {modules}"
        if "hosts" not in entry and "block" not in entry:
            assert len(modules) == 1, f"one module a task: {modules}"
            yield {"module": modules.pop(), "task": entry}


@pytest.mark.parametrize("name", collection.MODULES)
def test_examples_can_be_used(name: str) -> None:
    found = list(tasks(collection.documented(name, "EXAMPLES")))
    assert any(example["module"] == f"{collection.NAME}.{name}" for example in found)
    for example in found:
        namespace, _dot, short = example["module"].rpartition(".")
        if namespace == collection.NAME:
            declared = DECLARED[short]
            options = {
                # Lists of mappings are taken apart, which a template is not yet.
                name: [] if declared.argument_spec.get(name, {}).get("elements") == "dict" and isinstance(value, str) else value
                for name, value in (example["task"][example["module"]] or {}).items()
            }
            checked = ArgumentSpecValidator(declared.argument_spec, **declared.rules).validate(options)
            assert checked.error_messages == [], example["task"]["name"]
        else:
            assert namespace in ("ansible.builtin", "community.general")


def row_of(name: str) -> Any:
    """The row of the objects that a module returns."""
    return DECLARED[name].recipe.row if name in RESOURCE_MODULES else DECLARED[name].row


@pytest.mark.parametrize("name", [*RESOURCE_MODULES, *INFO_MODULES])
def test_documented_result_is_the_api_s(api: Api, name: str) -> None:
    row = row_of(name)
    known = DESCRIBED[constant(row)]
    key = row.name if name in RESOURCE_MODULES else row.list_name
    schema, result = api.answer(item_path(row) if known.read is None else known.read), collection.documented(name, "RETURN")[key]
    if not row.readable and known.read is None:
        # Without a GET of its own an object is what its list holds.
        schema = api.resolved(api.answer(collection_path(row))["properties"]["data"]["items"])
    contained = {field: entry for field, entry in result.get("contains", {}).items() if field not in known.returned}
    assert set(contained) <= set(schema["properties"])
    wanted = {field: OPTION_TYPES[api.resolved(schema["properties"][field]).get("type", "object")] for field in contained}
    assert {field: entry["type"] for field, entry in contained.items()} == wanted
    samples = result["sample"] if isinstance(result["sample"], list) else [result["sample"]]
    assert samples
    for sample in samples:
        assert list(problems(api, schema, {field: value for field, value in sample.items() if field not in known.returned}, key)) == []
        hidden = {secret for secret in (*row.secrets, *row.write_only) if "." not in secret}
        assert hidden & set(sample) == set()


@pytest.mark.parametrize("name", collection.MODULES)
def test_request_id_is_documented(name: str) -> None:
    assert collection.documented(name, "RETURN")["request_id"]["returned"] == "when the service answered"


def problems(api: Api, schema: Schema, value: Any, where: str) -> Iterator[str]:
    """What of a value is not as its schema says.

    The pattern of attributes is left out: the description puts it on values, while its text means the names.
    """
    schema = api.resolved(schema)
    kinds = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list, "number": (int, float)}
    if value is None and schema.get("x-nullable"):
        return
    kind = schema.get("type", "object")
    if not isinstance(value, kinds[kind]) or (isinstance(value, bool) and kind != "boolean"):
        yield f"{where} is no {kind}: {value!r}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where} is none of {schema['enum']}: {value!r}"
    # One pattern stands between slashes, as other languages have them.
    if "pattern" in schema and not re.search(schema["pattern"].strip("/"), value):
        yield f"{where} does not match {schema['pattern']}: {value!r}"
    if schema.get("format") == "date-time" and not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value):
        yield f"{where} is no time: {value!r}"
    if isinstance(value, str) and len(value) > schema.get("maxLength", len(value)):
        yield f"{where} has more than {schema['maxLength']} characters"
    if isinstance(value, dict):
        for field, inner in value.items():
            further = schema["properties"].get(field, schema.get("additionalProperties"))
            if further is None:
                yield f"{where}.{field} is unknown"
            elif field in schema["properties"]:
                yield from problems(api, further, inner, f"{where}.{field}")
            elif not isinstance(inner, str):
                yield f"{where}.{field} is no text"
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from problems(api, schema["items"], inner, f"{where}[{number}]")
