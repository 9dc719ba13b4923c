# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The escape hatch: any request, with the errors, retries and secrecy of the other modules."""

from __future__ import annotations

import re
from typing import Any

from pelion_simulator.process import Simulator

GROUPS = "/v3/device-groups/"
SECRET = "sesame-open-9321"


def test_requests(play: Any, client: Any) -> None:
    every = list(client.list(GROUPS))
    item = GROUPS + "{{ made.body.id }}/"
    played = play(
        {
            "read": {"api": {"path": GROUPS, "query": {"name__in": ["pilot", "empty"], "limit": 2}}},
            "check read": {"api": {"path": GROUPS, "query": {"limit": 2}}, "check_mode": True},
            "check create": {"api": {"method": "POST", "path": GROUPS, "body": {"name": "new"}}, "check_mode": True},
            "create": {"api": {"method": "POST", "path": GROUPS, "body": {"name": "new"}}, "register": "made"},
            "check change": {"api": {"method": "PUT", "path": item, "body": {"description": "x"}}, "check_mode": True},
            "change": {"api": {"method": "PUT", "path": item, "body": {"description": "x"}}},
            "check delete": {"api": {"method": "DELETE", "path": item}, "check_mode": True},
            "delete": {"api": {"method": "DELETE", "path": item}},
            "pages": {"api": {"path": GROUPS, "query": {"limit": 2, "order": "DESC"}, "paginate": True}},
            "check pages": {"api": {"path": GROUPS, "paginate": True}, "check_mode": True},
        }
    )
    identity = played["create"].result["body"]["id"]
    assert {name: (step.failed, step.changed, step.result["sent"], step.result.get("status")) for name, step in played.steps.items()} == {
        "read": (False, False, True, 200),
        "check read": (False, False, True, 200),
        "check create": (False, True, False, None),
        "create": (False, True, True, 201),
        "check change": (False, True, False, None),
        "change": (False, True, True, 200),
        "check delete": (False, True, False, None),
        "delete": (False, True, True, 204),
        "pages": (False, False, True, 200),
        "check pages": (False, False, True, 200),
    }
    assert {name: step.writes for name, step in played.steps.items() if step.writes} == {
        "create": [("POST", GROUPS, {"name": "new"})],
        "change": [("PUT", f"{GROUPS}{identity}/", {"description": "x"})],
        "delete": [("DELETE", f"{GROUPS}{identity}/", None)],
    }
    assert [step.sent for name, step in played.steps.items() if name.startswith("check") and step.result["sent"] is False] == [[]] * 3
    assert played["read"].sent[0].query == {"name__in": "pilot,empty", "limit": "2"}
    assert [group["name"] for group in played["read"].result["body"]["data"]] == ["pilot", "empty"]
    assert played["change"].result["body"]["description"] == "x"
    assert played["delete"].result["body"] is None
    assert played["pages"].result["objects"] == every[::-1]
    assert [sent.query.get("after") for sent in played["pages"].sent] == [None, every[-2]["id"]]
    assert played["check pages"].result["objects"] == every
    assert "body" not in played["pages"].result


def test_refusals(runs: Any, simulator: Simulator, client: Any) -> None:
    shape = "is no path of the API: it must begin with one slash, such as /v3/devices/, and have no query."
    simulator.faults(path="/v3/api-keys/me", body="{}", content_type="application/json")
    played = runs(
        {
            "whole address": {"api": {"path": "https://elsewhere.example.com/v3/devices/"}},
            "two slashes": {"api": {"path": "//elsewhere.example.com/v3/devices/"}},
            "query in path": {"api": {"path": "/v3/devices/?limit=2"}},
            "key in path": {"api": {"path": f"/v3/api-keys/{simulator.api_key}"}},
            "key in query": {"api": {"path": "/v3/devices/", "query": {"name__eq": simulator.api_key}}},
            "body of GET": {"api": {"path": GROUPS, "body": {"name": "x"}}},
            "body is text": {"api": {"method": "POST", "path": GROUPS, "body": "name"}},
            "pages of POST": {"api": {"method": "POST", "path": GROUPS, "body": {"name": "x"}, "paginate": True}},
            "no list": {"api": {"path": "/v3/api-keys/me", "paginate": True}},
            "not there": {"api": {"path": f"{GROUPS}{'0' * 32}/"}},
            "pages of nothing": {"api": {"path": "/v3/no-such-thing", "paginate": True}},
            "not so": {"api": {"method": "POST", "path": GROUPS, "body": {"colour": "red"}}},
            "no method": {"api": {"method": "PATCH", "path": GROUPS}},
        }
    )
    found = {name: re.sub(r"request id [0-9a-f]{32}", "request id ID", step.msg) for name, step in played.steps.items()}
    in_url = "The API key must not be part of a path or query: it would end up in server logs."
    assert found == {
        "whole address": f"'https://elsewhere.example.com/v3/devices/' {shape}",
        "two slashes": f"'//elsewhere.example.com/v3/devices/' {shape}",
        "query in path": f"'/v3/devices/?limit=2' {shape}",
        "key in path": in_url,
        "key in query": in_url,
        "body of GET": "A GET request has no body; use query.",
        "body is text": "body must be a mapping or a list.",
        "pages of POST": "paginate goes with method GET only.",
        "no list": "GET /v3/api-keys/me failed with HTTP 200: The answer is no list. (request id ID)",
        "not there": (f"GET {GROUPS}{'0' * 32}/ failed with HTTP 404 not_found: There is no device-group with this id. (request id ID)"),
        "pages of nothing": (
            "GET /v3/no-such-thing failed with HTTP 404 unrecognized_request: There is nothing at this path. (request id ID) "
            "Check that api_url is the address of the API; an older service may not have this operation."
        ),
        "not so": (
            f"POST {GROUPS} failed with HTTP 400 validation_error: Invalid: colour. [colour: is not a field of this resource] "
            "(request id ID)"
        ),
        "no method": "value of method must be one of: GET, POST, PUT, DELETE, got: PATCH",
    }
    assert {name for name, step in played.steps.items() if step.sent} == {"no list", "not there", "pages of nothing", "not so"}
    assert simulator.api_key not in played.output


def test_operations(run: Any, client: Any) -> None:
    every = list(client.list(GROUPS))
    listed = run("api", operation_id="Group_list", query={"limit": 2, "name__eq": "pilot"})
    assert [(sent.method, sent.path, sent.query) for sent in listed.sent] == [("GET", GROUPS, {"limit": "2", "name__eq": "pilot"})]
    assert [found["name"] for found in listed.result["body"]["data"]] == ["pilot"]
    assert run("api", operation_id="Group_list", query={"limit": 2}, paginate=True).result["objects"] == every
    checked = run("api", check=True, operation_id="Group_create", body={"name": "new"})
    assert (checked.changed, checked.result["sent"], checked.sent) == (True, False, [])
    assert (checked.result["method"], checked.result["path"]) == ("POST", GROUPS)
    created = run("api", operation_id="Group_create", body={"name": "new"})
    assert (created.changed, created.result["status"], created.writes) == (True, 201, [("POST", GROUPS, {"name": "new"})])
    names = {"device-group-id": created.result["body"]["id"]}
    removed = run("api", operation_id="Group_delete", path_parameters=names)
    assert removed.writes == [("DELETE", f"{GROUPS}{names['device-group-id']}/", None)]
    assert (removed.result["method"], removed.result["path"]) == ("DELETE", f"{GROUPS}{names['device-group-id']}/")
    assert list(client.list(GROUPS)) == every


def test_operations_are_checked_before_anything_is_sent(run: Any) -> None:
    refused = {
        "id": run("api", operation_id="Group_lst"),
        "path": run("api", operation_id="Group_delete", path_parameters={"id": "x"}),
        "query": run("api", operation_id="Group_list", query={"limit": "all", "colour__eq": "red"}),
        "body": run("api", operation_id="createGroup", body={"title": SECRET}),
        "check": run("api", check=True, operation_id="createGroup"),
        "pages": run("api", operation_id="getMyAccountInfo", paginate=True),
        "both": run("api", operation_id="Group_list", path=GROUPS),
        "method": run("api", operation_id="Group_list", method="GET"),
        "neither": run("api", query={"limit": 2}),
        "parameters of a path": run("api", path=GROUPS, path_parameters={"id": "x"}),
    }
    assert {name: step.msg for name, step in refused.items()} == {
        "id": "The API has no operation 'Group_lst' (did you mean Group_list or Group_delete or Group_update?).",
        "path": f"Group_delete (DELETE {GROUPS}{{device-group-id}}/) cannot be sent: path_parameters.device-group-id is missing; "
        "path_parameters.id is unknown (there is device-group-id).",
        "query": f"Group_list (GET {GROUPS}) cannot be sent: query.colour__eq is unknown; query.limit must be a whole number.",
        "body": "createGroup (POST /v3/policy-groups) cannot be sent: body.name is missing; "
        "body.title is unknown (there is members, name).",
        "check": "createGroup (POST /v3/policy-groups) cannot be sent: body is missing.",
        "pages": "getMyAccountInfo is no list that comes in pages; leave out paginate.",
        "both": "parameters are mutually exclusive: operation_id|path",
        "method": "parameters are mutually exclusive: operation_id|method",
        "neither": "one of the following is required: operation_id, path",
        "parameters of a path": "missing parameter(s) required by 'path_parameters': operation_id",
    }
    assert [step.sent for step in refused.values()] == [[]] * len(refused)
    assert SECRET not in refused["body"].msg


def test_a_deprecated_operation_is_a_warning(runs: Any, simulator: Simulator) -> None:
    simulator.faults(path="/v3/api-keys$", body='{"object": "list", "data": []}', content_type="application/json")
    played = runs({"old": {"api": {"operation_id": "getAllApiKeys"}}, "new": {"api": {"operation_id": "Group_list"}}})
    assert played["old"].result["warnings"] == ["getAllApiKeys is deprecated by the vendor; use getAllApplicationAccessKeys."]
    assert "warnings" not in played["new"].result


def test_secrets_are_not_shown(play: Any, simulator: Simulator) -> None:
    """Neither in results and their invocation nor in messages, however much the user asks to see."""
    body = {"name": "new", "issuer_credentials": {"passphrase": SECRET}, "keys": [{"secret_hex": SECRET + "-two"}]}
    simulator.faults(method="POST", path="^/v3/device-queries/$", status=400, message=f"The passphrase {SECRET} is too short.")
    simulator.faults(
        method="POST", path="^/v3/device-queries/$", status=201, body=f'{{"passphrase": "{SECRET}"}}', content_type="application/json"
    )
    send = {"api": {"method": "POST", "path": "/v3/device-queries/", "body": body}}
    played = play({"refused": send, "echoed": send, "check": {**send, "check_mode": True}}, "-vvv")
    assert (played["refused"].failed, played["echoed"].failed, played["check"].failed) == (True, False, False)
    # It was sent as it is.
    assert [write[2] for name in ("refused", "echoed") for write in played[name].writes] == [body, body]
    assert "The passphrase ******** is too short." in played["refused"].msg
    for step in played.steps.values():
        assert step.result["invocation"]["module_args"]["body"]["name"] == "new"
        assert SECRET not in str(step.result)
        assert simulator.api_key not in str(step.result)
    assert SECRET not in played.output
    assert simulator.api_key not in played.output


def test_a_key_given_as_option_is_not_shown(play: Any, simulator: Simulator) -> None:
    played = play(
        {
            "option": {"api": {"path": "/v3/accounts/me", "api_key": simulator.api_key}},
            "alias": {"account_info": {"access_key": simulator.api_key}},
        },
        "-vvv",
        environment={"PELION_API_KEY": ""},
    )
    assert (played["option"].failed, played["alias"].failed) == (False, False)
    assert played["option"].result["invocation"]["module_args"]["api_key"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
    assert simulator.api_key not in str(played["option"].result) + str(played["alias"].result)
    assert simulator.api_key not in played.output
