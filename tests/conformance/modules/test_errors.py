# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input and bad answers: the whole sentence that a user reads, and that nothing is lost."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pelion_simulator.process import Simulator

QUIET = {"PELION_RETRIES": "0"}
GROUPS = "/v3/device-groups/"
PAGE = "<!DOCTYPE html>\n<html><head><title>{}</title></head><body>Try later.</body></html>"


def messages(played: Any, simulator: Simulator) -> dict[str, str]:
    """Every step's message, with HOST for the simulator's address and ID for the id of the request that the step also returns."""
    found = {}
    for name, step in played.steps.items():
        text = step.msg.replace(urlsplit(simulator.url).netloc, "HOST")
        if "request id" in text:
            text = text.replace(f"(request id {step.result['request_id']})", "(request id ID)")
            assert "ID" in text
        found[name] = text
    return found


def test_options_that_cannot_be(runs: Any, simulator: Simulator, fleet: list[dict[str, Any]]) -> None:
    one, two = (device["id"] for device in fleet[:2])
    production = next(device["id"] for device in fleet if device["device_execution_mode"] == 5)
    simulator.patch("devices", one, name="twin", custom_attributes={"a": "0"})
    simulator.patch("devices", two, name="twin", serial_number="0001", host_gateway="")
    attributes = dict.fromkeys("bcdef", "1")
    played = runs(
        {
            "unknown filter field": {"device_group_info": {"filters": {"colour": "red"}}},
            "unknown operator": {"device_group_info": {"filters": {"name": {"like": "a"}}}},
            "no date": {"device_group_info": {"filters": {"created_at": {"gte": "yesterday"}}}},
            "malformed id": {"device": {"id": "pump-17", "name": "x"}},
            "malformed id to read": {"device_info": {"id": one.upper()}},
            "limit": {"device_info": {"limit": 0}},
            "two with one name": {"device": {"name": "twin", "description": "x"}},
            "six attributes": {"device": {"id": one, "custom_attributes": attributes}},
            "digit": {"device": {"id": one, "custom_attributes": {"1st": "a"}}},
            "attribute too long": {"device": {"id": one, "custom_attributes": {"a": "x" * 129}}},
            "no text": {"device_group": {"name": "a", "custom_attributes": {"a": ["b"]}}},
            "too long": {"device_group": {"name": "x" * 129}},
            "create-only": {"device": {"id": two, "serial_number": "0002", "device_class": fleet[1]["device_class"]}},
            "no such device": {"device": {"endpoint_name": "pump-17", "description": "x"}},
            "no such id": {"device_group": {"id": "0" * 32, "description": "x"}},
            "required": {"device_query": {"name": "new"}},
            "nothing named": {"device": {"name": "", "state": "absent"}},
            "no query": {"device_query": {"name": "new", "query": "registered"}},
            "production": {"device": {"id": production, "state": "absent"}},
        },
    )
    assert messages(played, simulator) == {
        "unknown filter field": (
            "Unknown filter field 'colour'; this list can be filtered by: component_attributes, created_at, custom_attributes, "
            "devices_count, etag, id, name, updated_at."
        ),
        "unknown operator": "The filter name does not take the operator 'like'; it takes: eq, neq, in, nin.",
        "no date": (
            "The filter created_at needs a date or a whole number: 'yesterday' is no date; write 2026-01-31T12:00:00Z or 20260131T120000Z."
        ),
        "malformed id": "'pump-17' is no id of a device: an id is 32 hexadecimal digits in lower case.",
        "malformed id to read": f"'{one.upper()}' is no id of a device: an id is 32 hexadecimal digits in lower case.",
        "limit": "limit must be at least 1, not 0.",
        "two with one name": f"2 devices have the name 'twin': {one}, {two}. Give the id of the one you mean.",
        "six attributes": (
            "custom_attributes would have 6 entries (a, b, c, d, e, f); the service takes at most 5. Remove some by giving them as null, "
            "or set purge."
        ),
        "digit": "custom_attributes: the name '1st' begins with a digit or is empty; the service refuses such names.",
        "attribute too long": "custom_attributes: 'a' has a name or value of more than 128 characters.",
        "no text": "custom_attributes: the value of 'a' must be text, not a list or mapping.",
        "too long": "name has 129 characters; the service takes at most 128.",
        "create-only": (
            f"The device {two} cannot be changed so: serial_number is '0001', wanted '0002'. This can be set only when it is created; "
            "delete it and create it anew if you mean it."
        ),
        "no such device": (
            "There is no device with the endpoint_name 'pump-17'. Devices appear when they bootstrap; set create to make an entry by hand."
        ),
        "no such id": f"There is no device group with the id {'0' * 32}; leave id out to make a new one.",
        "required": "There is no such device query yet; to create it give also: query.",
        "nothing named": "Which device? Give id or endpoint_name or name.",
        "no query": "'registered' in the query is not of the form field=value or field__operator=value.",
        "production": (
            f"DELETE /v3/devices/{production}/ failed with HTTP 400 bad_request: Only devices with a developer certificate can be deleted. "
            "(request id ID)"
        ),
    }
    assert played["two with one name"].result["ids"] == [one, two]
    assert {name for name, step in played.steps.items() if step.writes} == {"production"}


def test_settings_that_cannot_be(play: Any, simulator: Simulator, environment: dict[str, str]) -> None:
    home = Path(environment["HOME"])
    (home / "none.pem").write_text("no certificate\n", encoding="utf-8")
    inactive = simulator.key(status="INACTIVE")
    played = play(
        {
            "no CA file": {"account_info": {"ca_path": "/no/such/ca.pem"}},
            "CA file without one": {"account_info": {"ca_path": str(home / "none.pem")}},
            "untrusted": {"account_info": {}, "environment": {"PELION_CA_PATH": ""}},
            "portal": {"account_info": {"api_url": "https://portal.mbedcloud.com/login"}},
            "version": {"account_info": {"api_url": f"{simulator.url}/v3"}},
            "plain http": {"account_info": {"api_url": simulator.http_url}},
            "redirected to https": {"account_info": {"api_url": simulator.http_url, "allow_http": True}},
            "nobody there": {"account_info": {"api_url": "https://127.0.0.1:1"}},
            "wrong key": {"account_info": {"api_key": "ak_1wrongwrongwrongwrong"}},
            "inactive key": {"account_info": {"api_key": inactive}},
            "no key": {"account_info": {}, "environment": {"PELION_API_KEY": ""}},
            "broken key": {"account_info": {"api_key": "ak_1 two parts"}},
        },
        environment=QUIET,
    )
    found = messages(played, simulator)
    assert re.fullmatch(
        r"GET /v3/accounts/me got no answer: The CA file holds no certificate that can be read \(\[X509.+\); check ca_path\.",
        found.pop("CA file without one"),
    )
    https = simulator.url.replace(urlsplit(simulator.url).netloc, "HOST")
    for name, key in (("wrong key", "ak_1wrongwrongwrongwrong"), ("inactive key", inactive)):
        pattern = r"GET /v3/accounts/me failed with HTTP 401 invalid_\w+: .+ \(request id ID\) Check that api_key is a valid, active key "
        assert re.fullmatch(pattern + "of this service and region\\.", found.pop(name))
        assert key not in played.output
    assert found == {
        "no CA file": "The file /no/such/ca.pem of ca_path cannot be read: No such file or directory.",
        "untrusted": (
            "GET /v3/accounts/me got no answer: The certificate of HOST is not trusted ([SSL: CERTIFICATE_VERIFY_FAILED] certificate "
            "verify failed: unable to get local issuer certificate); set ca_path to the file with its CA."
        ),
        "portal": (
            "api_url https://portal.mbedcloud.com/login is the web portal; the API has an address of its own, such as "
            "https://api.us-east-1.mbedcloud.com."
        ),
        "version": f"api_url {https}/v3 must end before the version: {https}.",
        "plain http": (
            f"api_url {simulator.http_url} is not HTTPS; the key would cross the network unencrypted. Plain HTTP is possible only to this "
            "very machine (localhost, 127.0.0.1, ::1), with allow_http set."
        ),
        "redirected to https": (
            f"GET /v3/accounts/me failed with HTTP 301: The service redirects to {https}/v3/accounts/me, where the key is not sent; check "
            "api_url. (request id ID)"
        ),
        "nobody there": "GET /v3/accounts/me got no answer: 127.0.0.1:1 cannot be reached: [Errno 111] Connection refused.",
        "no key": (
            "No API key: set the option api_key, the environment variable PELION_API_KEY (or MBED_CLOUD_SDK_API_KEY), or api_key in a "
            f"profile of {home}/.config/pelion/profiles.yml."
        ),
        "broken key": "api_key holds blanks or characters that no key has; check that it was copied whole and alone.",
    }
    assert simulator.api_key not in played.output


def test_answers_that_cannot_be_used(runs: Any, simulator: Simulator, client: Any) -> None:
    """Each step meets the next fault; the last ones are of other paths."""
    elsewhere = {"Location": "https://elsewhere.example.com/v3/device-events/?token=secret"}
    fields = '{"object":"error","code":400,"type":"validation_error","message":"Invalid.","fields":[{"name":"limit","message":"odd"}]}'
    faults = {
        "truncated JSON": {"body": '{"object": "list", "data": [{"id": "', "content_type": "application/json"},
        "broken off": {"body": "x" * 100, "truncate": 40},
        "page of a proxy": {"status": 502, "body": PAGE.format("502 Bad\n Gateway"), "content_type": "text/html"},
        "page of a portal": {"body": PAGE.format("Sign in"), "content_type": "text/html; charset=utf-8"},
        "page that says 404": {"status": 404, "body": PAGE.format("Not found"), "content_type": "text/html"},
        "redirect": {"status": 302, "headers": elsewhere},
        "empty": {"body": "", "content_type": "application/json"},
        "no list": {"body": "[]", "content_type": "application/json"},
        "no next page": {"body": '{"object": "list", "has_more": true, "data": []}', "content_type": "application/json"},
        "refused": {"status": 403, "type": "access_denied", "message": "No."},
        "quota": {"status": 403, "type": "account_limit_exceeded", "message": "No more."},
        "fields": {"status": 400, "body": fields, "content_type": "application/json"},
        "throttled": {"status": 429, "retry_after": 0},
        "broken service": {"status": 500},
        "no words": {"status": 503, "body": ""},
        "reset": {"reset": True},
        "slow": {"delay_ms": 8000},
    }
    for fault in faults.values():
        simulator.faults(path="^/v3/device-events/$", **fault)
    simulator.faults(path="/v3/accounts/me", body="", content_type="application/json")
    simulator.faults(path="/v3/accounts/me", status=404)
    simulator.faults(path=f"^{GROUPS}.", body="", content_type="application/json")
    group = next(client.list(GROUPS))["id"]
    played = runs(
        {
            **{name: {"device_event_info": {"limit": 2, "timeout": 2.5 if name == "slow" else 60}} for name in faults},
            "empty account": {"account_info": {}},
            "no account": {"account_info": {}},
            "empty object": {"device_group_info": {"id": group}},
        },
        environment=QUIET,
    )
    start = "GET /v3/device-events/ failed with HTTP"
    lost = "GET /v3/device-events/ got no answer:"
    found = messages(played, simulator)
    reset = found.pop("reset")
    assert reset.startswith(f"{lost} The connection to HOST failed: ")
    assert found == {
        "truncated JSON": (
            f"{start} 200: The answer is not valid JSON (Unterminated string starting at: line 1 column 36 (char 35); 36 bytes). "
            "(request id ID)"
        ),
        "broken off": f"{lost} The answer of HOST broke off: IncompleteRead(40 bytes read, 60 more expected).",
        "page of a proxy": (
            f"{start} 502: https://HOST answered with a web page titled '502 Bad Gateway', not with JSON; a proxy or gateway in between is "
            "the likely cause. (request id ID)"
        ),
        "page of a portal": (
            f"{start} 200: https://HOST answered with a web page titled 'Sign in', not with JSON; check that api_url is the address of the "
            "API, not of the portal, and that no proxy is in between. (request id ID)"
        ),
        "page that says 404": (
            f"{start} 404: https://HOST answered with a web page titled 'Not found', not with JSON; check that api_url is the address of "
            "the API, not of the portal, and that no proxy is in between. (request id ID)"
        ),
        "redirect": (
            f"{start} 302: The service redirects to https://elsewhere.example.com/v3/device-events/, where the key is not sent; check "
            "api_url. (request id ID)"
        ),
        "empty": f"{start} 200: The answer is no list. (request id ID)",
        "no list": f"{start} 200: The answer is no list. (request id ID)",
        "no next page": f"{start} 200: The list broke off after 0 objects: it promises more but names no next page. (request id ID)",
        "refused": (
            f"{start} 403 access_denied: No. (request id ID) The key's groups do not allow this, or the account does not have the feature."
        ),
        "quota": f"{start} 403 account_limit_exceeded: No more. (request id ID) The account's quota is used up.",
        "fields": f"{start} 400 validation_error: Invalid. [limit: odd] (request id ID)",
        "throttled": f"{start} 429 too_many_requests: A fault was asked for. (request id ID)",
        "broken service": f"{start} 500 internal_server_error: A fault was asked for. (request id ID)",
        "no words": f"{start} 503: Service Unavailable (the answer has no text). (request id ID)",
        "slow": f"{lost} HOST did not answer within 2.5 seconds.",
        "empty account": "GET /v3/accounts/me failed with HTTP 200: The answer is empty where an object was expected. (request id ID)",
        "no account": "The service has no account for this key.",
        "empty object": f"GET {GROUPS}{group}/ failed with HTTP 200: The answer is empty where an object was expected. (request id ID)",
    }
    # What a playbook can act on.
    details = ("status", "code", "type", "fields", "method", "path")
    assert {detail: played["fields"].result[detail] for detail in details} == {
        "status": 400,
        "code": 400,
        "type": "validation_error",
        "fields": [{"name": "limit", "message": "odd"}],
        "method": "GET",
        "path": "/v3/device-events/",
    }
    assert {"method", "path"} <= set(played["slow"].result)
    assert "secret" not in played.output
    assert all(len(step.sent) == 1 for step in played.steps.values())


def test_a_list_that_breaks_off_is_no_short_list(runs: Any, simulator: Simulator) -> None:
    simulator.add("devices", count=750)
    faults = ({"status": 500}, {"body": PAGE.format("Sorry"), "content_type": "text/html"}, {"status": 404}, {"truncate": True})
    for number, fault in enumerate(faults):
        # The second request of each task: a fault also sees the first requests of the tasks before.
        simulator.faults(path="^/v3/devices/$", skip=number + 1, **fault)
    # Page by page: side by side a list begins again where its place in it is lost.
    read = {"device_info": {"fields": ["name"], "concurrency": 1}}
    played = runs({"error": read, "page": read, "not found": read, "broken off": read, "whole": read}, environment=QUIET)
    assert len(played.steps.pop("whole").result["devices"]) == 1050
    found = messages(played, simulator)
    broken = found.pop("broken off")
    assert re.fullmatch(
        r"GET /v3/devices/ got no answer on page 2 of the list, after 1000 objects: The answer of HOST broke off: "
        r"IncompleteRead\(\d+ bytes read, \d+ more expected\)\.",
        broken,
    )
    on = "GET /v3/devices/ failed with HTTP"
    assert found == {
        "error": f"{on} 500 internal_server_error on page 2 of the list, after 1000 objects: A fault was asked for. (request id ID)",
        "page": (
            f"{on} 200 on page 2 of the list, after 1000 objects: https://HOST answered with a web page titled 'Sorry', not with JSON; "
            "check that api_url is the address of the API, not of the portal, and that no proxy is in between. (request id ID)"
        ),
        "not found": f"{on} 404 not_found on page 2 of the list, after 1000 objects: A fault was asked for. (request id ID)",
    }
    assert all("devices" not in step.result for step in played.steps.values())


def test_lost_answers_lose_nothing(runs: Any, simulator: Simulator, client: Any) -> None:
    """Each fault is carried out before its answer is lost, but for those that say so."""
    simulator.faults(method="POST", path=f"^{GROUPS}$", reset=True, carry_out=True)
    simulator.faults(method="POST", path=f"^{GROUPS}$", status=504, carry_out=True)
    simulator.faults(method="POST", path=f"^{GROUPS}$", status=409, carry_out=True)
    simulator.faults(method="POST", path=f"^{GROUPS}$", reset=True)
    simulator.faults(method="POST", path=f"^{GROUPS}$", body="", carry_out=True)
    simulator.faults(method="PUT", path=f"^{GROUPS}", reset=True, carry_out=True)
    simulator.faults(method="PUT", path=f"^{GROUPS}", body="", carry_out=True)
    simulator.faults(method="DELETE", path=f"^{GROUPS}", reset=True, carry_out=True)
    played = runs(
        {
            "created": {"device_group": {"name": "one", "description": "a"}},
            "created, says the gateway": {"device_group": {"name": "two", "description": "a"}},
            "somebody else was faster": {"device_group": {"name": "three", "description": "a"}},
            "not created": {"device_group": {"name": "four", "description": "a"}},
            "created without a word": {"device_group": {"name": "five", "description": "a"}},
            "changed": {"device_group": {"name": "one", "description": "b"}},
            "changed without a word": {"device_group": {"name": "two", "description": "b"}},
            "deleted": {"device_group": {"name": "three", "state": "absent"}},
        },
        environment={"PELION_RETRIES": "1", "PELION_RETRY_MAX_WAIT": "0"},
    )
    failed = played.steps.pop("not created")
    assert re.fullmatch(
        rf"POST {GROUPS} got no answer: The connection to HOST failed: .+ It is not known whether the service carried the request out\.",
        failed.msg.replace(urlsplit(simulator.url).netloc, "HOST"),
    )
    there = {group["name"]: group for group in client.list(GROUPS)}
    assert {name: (step.failed, step.changed, step.result["device_group"]) for name, step in played.steps.items()} == {
        "created": (False, True, {**there["one"], "description": "a", **stamps(played["created"])}),
        "created, says the gateway": (False, True, {**there["two"], "description": "a", **stamps(played["created, says the gateway"])}),
        # It is as wanted, but not by us.
        "somebody else was faster": (False, False, played["somebody else was faster"].result["device_group"]),
        "created without a word": (False, True, there["five"]),
        "changed": (False, True, there["one"]),
        "changed without a word": (False, True, there["two"]),
        "deleted": (False, True, None),
    }
    assert played["somebody else was faster"].result["device_group"]["description"] == "a"
    assert "three" not in there
    assert "four" not in there
    # A creation is never sent twice; a change and a deletion may be.
    sent = {name: [method for method, _path, _body in step.writes] for name, step in played.steps.items()}
    assert sent == {
        "created": ["POST"],
        "created, says the gateway": ["POST"],
        "somebody else was faster": ["POST"],
        "created without a word": ["POST"],
        "changed": ["PUT", "PUT"],
        "changed without a word": ["PUT"],
        "deleted": ["DELETE", "DELETE"],
    }


def stamps(step: Any) -> dict[str, str]:
    """When the object was changed as far as this step knew."""
    return {name: step.result["device_group"][name] for name in ("updated_at", "etag")}


def test_what_passes_is_waited_for(runs: Any, simulator: Simulator) -> None:
    simulator.faults(path="^/v3/accounts/me", status=429, retry_after=0)
    simulator.faults(path="^/v3/accounts/me", status=503)
    simulator.faults(path="^/v3/accounts/me", reset=True)
    played = runs({"read": {"account_info": {"retries": 3, "retry_max_wait": 0.1}}})
    assert [account["status"] for account in played["read"].result["accounts"]] == ["ACTIVE"]
    assert [sent.status for sent in played["read"].sent] == [429, 503, None, 200]
