# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vendor's OpenAPI descriptions of three years, as JSON schemas that every answer is checked against.

They are not part of the project: they are looked for in the folder that PELION_SPEC_DIR names, or beside the repository.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests
import yaml

from pelion_simulator import operations
from pelion_simulator.answers import ApiError
from pelion_simulator.operations import OPERATIONS, YEARS

REPOSITORY = Path(__file__).resolve().parents[3]
FOLDER = Path(os.environ.get("PELION_SPEC_DIR") or REPOSITORY.parent / "shared" / "api")
FILES = {year: FOLDER / f"pelion-{year}.openapi.yaml" for year in YEARS}
MISSING = [path.name for path in FILES.values() if not path.exists()]
needed = pytest.mark.skipif(bool(MISSING), reason=f"needs the vendor's OpenAPI descriptions: {', '.join(MISSING)} (see PELION_SPEC_DIR)")

validated: set[str] = set()
"""The ids of the operations with an answer that was a success and as described."""

SLIPS: Mapping[str, Mapping[str, Any]] = {
    # That the first page has null for `after`, and what has to be asked for, is in the overview only.
    "after": {"x-nullable": True},
    "total_count": {"required": False},
    # The pattern contradicts the examples beside it.
    "last_operator_suspended_category": {"pattern": None},
    "last_system_suspended_category": {"pattern": None},
    # Before a device has used a claim, and before a job is done, there is nothing to say.
    "EnrollmentIdentity.claimed_at": {"x-nullable": True},
    "EnrollmentIdentity.enrolled_device_id": {"x-nullable": True},
    "BulkResponse.completed_at": {"x-nullable": True},
    "BulkResponse.errors_report_file": {"x-nullable": True},
    "BulkResponse.full_report_file": {"x-nullable": True},
    # The list of reasons is put down as one of the outcomes that they belong to.
    "EventTypeList.data": {"enum": None},
    # Written as a script writes it, with slashes.
    "Log.id": {"pattern": None},
    # Keys start with a letter; the descriptions put the pattern on the values.
    "custom_attributes": {"additionalProperties": {"type": "string"}},
}
"""Where the descriptions are wrong: a property's name, or `Definition.property` -> what its schema says instead.

`required: False` lets it be absent; None removes a rule.
"""

ANSWERS: Mapping[str, str] = {
    **dict.fromkeys(("updateApplication", "updateAccountApplication"), "Application"),
    **dict.fromkeys(("addUsersToAccountGroup", "addListedUsersToAccountGroup"), "GroupSummary"),
    **dict.fromkeys(("addApiKeysToAccountGroup", "addListedApiKeysToAccountGroup"), "GroupSummary"),
}
"""Operations of which a description says by mistake that they answer with another resource -> what they answer with."""

_KEPT = (
    "type",
    "enum",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "maxProperties",
    "minProperties",
)
_ERROR = {
    "type": "object",
    "required": ["object", "code", "type", "message", "request_id"],
    "properties": {"object": {"enum": ["error"]}, "code": {"type": "integer"}, "request_id": {"type": "string"}},
}


@functools.cache
def description(year: int) -> dict[str, Any]:
    """The description of a year: operations by method and path with empty parameters."""
    loaded: dict[str, Any] = yaml.load(FILES[year].read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    loaded["operations"] = {
        (method.upper(), re.sub(r"{[^}]+}", "{}", "/" + path.strip("/"))): operation
        for path, item in loaded["paths"].items()
        for method, operation in item.items()
        if method in ("get", "post", "put", "delete")
    }
    return loaded


def operation(id_: str, year: int) -> dict[str, Any]:
    """The description of an operation."""
    one = OPERATIONS[id_]
    found: dict[str, Any] = description(year)["operations"][one.method, re.sub(r"{[^}]+}", "{}", one.path)]
    return found


def _converted(schema: Mapping[str, Any], where: str) -> dict[str, Any]:
    """A Swagger schema as a JSON schema that allows no fields but those described. `where` is its definition."""
    if "$ref" in schema:
        made: dict[str, Any] = {"$ref": schema["$ref"]}
    else:
        made = {name: schema[name] for name in _KEPT if schema.get(name) is not None}
        if "items" in schema:
            made["items"] = _converted(schema["items"], where)
        if "properties" in schema:
            # One of the names is misspelt (BulkResponse.completet_at).
            required = [name for name in schema.get("required", ()) if name in schema["properties"]]
            made["properties"] = {}
            for name, one in schema["properties"].items():
                slip = {**SLIPS.get(name, {}), **SLIPS.get(f"{where}.{name}", {})}
                if slip.get("required") is False and name in required:
                    required.remove(name)
                made["properties"][name] = _converted({**one, **slip}, where)
            made["additionalProperties"] = False
            if required:
                made["required"] = required
        if isinstance(schema.get("additionalProperties"), Mapping):
            made["additionalProperties"] = _converted(schema["additionalProperties"], where)
    return {"anyOf": [made, {"type": "null"}]} if schema.get("x-nullable") else made


@functools.cache
def _definitions(year: int) -> dict[str, Any]:
    return {name: _converted(schema, name) for name, schema in description(year)["definitions"].items()}


@functools.cache
def _validator(id_: str, status: int, year: int) -> jsonschema.Draft4Validator | None:
    """What checks the answer of an operation with that status; None where nothing is said of its body. Errors have their usual shape."""
    responses = {str(key): value for key, value in operation(id_, year)["responses"].items()}
    schema = responses.get(str(status), {}).get("schema")
    if schema is None and status >= 400:
        return jsonschema.Draft4Validator(_ERROR)
    if id_ in ANSWERS and schema is not None:
        schema = {"$ref": f"#/definitions/{ANSWERS[id_] if status < 400 else 'ErrorResponse'}"}
    if schema is None or schema.get("type") == "file":
        return None
    return jsonschema.Draft4Validator({**_converted(schema, ""), "definitions": _definitions(year)})


def _shortened(body: Any) -> Any:
    """A page with so many objects that checking takes no noticeable time."""
    return body | {"data": body["data"][:30]} if isinstance(body, dict) and isinstance(body.get("data"), list) else body


def problems(id_: str, status: int, year: int, body: Any) -> list[str]:
    """Where the decoded body of an answer is not as the description says; nothing where it says nothing of it."""
    validator = _validator(id_, status, year)
    found = validator.iter_errors(body) if validator else ()
    return [f"{'.'.join(map(str, one.absolute_path))}: {one.message}"[:600] for one in found]


def check(answer: requests.Response, year: int) -> None:
    """Raise AssertionError where an answer is not as the description of that year says."""
    if MISSING or answer.status_code >= 500 or 300 <= answer.status_code < 400:
        return
    method, path = str(answer.request.method), str(answer.request.path_url).partition("?")[0]
    try:
        id_ = operations.find(method, path, year)[0].id
    except ApiError:
        return
    status, said = answer.status_code, f"{method} {path} ({id_}, {year})"
    declared = {str(one) for one in operation(id_, year)["responses"]}
    if status < 400:
        assert str(status) in declared, f"{said}: {status} is not one of {sorted(declared)}"
    is_json = answer.headers.get("Content-Type", "").startswith("application/json")
    if is_json or (status < 400 and answer.content):
        found = problems(id_, status, year, _shortened(answer.json() if is_json else answer.text))
        assert not found, f"{said}, {status}: " + "; ".join(found)
    if status < 400:
        validated.add(id_)
