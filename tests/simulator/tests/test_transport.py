# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""What surrounds every operation: authentication, request ids, TLS, paths, methods, bodies."""

from __future__ import annotations

import pytest
import requests
from simulator_helpers import Api

from pelion_simulator.process import Simulator

UNKNOWN = "0123456789abcdef0123456789abcdef"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "ak_1234", "Bearer a b", "Bearerak_1"])
def test_malformed_authorization(api: Api, header: str) -> None:
    api.refused(401, "invalid_auth", "GET", "/v3/devices/", headers={"Authorization": header})


def test_missing_authorization(api: Api) -> None:
    api.refused(401, "invalid_auth", "GET", "/v3/devices/", headers={"Authorization": None})


def test_unknown_tokens(api: Api) -> None:
    api.refused(401, "invalid_apikey", "GET", "/v3/devices/", headers={"Authorization": "Bearer " + api.key + "0"})
    api.refused(401, "invalid_token", "GET", "/v3/devices/", headers={"Authorization": "Bearer eyJhbGciOi.eyJzdWIi.c2ln"})


@pytest.mark.parametrize("kind", ["api_key", "access_key", "user_token"])
def test_tokens_made_on_request(simulator: Simulator, api: Api, kind: str) -> None:
    api.key = simulator.key(kind=kind)
    assert api.get("/v3/accounts/me")["object"] == "account"
    if kind == "api_key":
        mine = api.get("/v3/api-keys/me")
        assert mine["object"] == "api-key"
        assert mine["key"] == api.key[:-32]
    else:
        api.refused(401, "auth_mismatch", "GET", "/v3/api-keys/me")
    api.key = simulator.key(kind=kind, access="none")
    api.refused(403, "access_denied", "GET", "/v3/accounts/me")
    api.key = simulator.key(kind=kind, status="INACTIVE")
    api.refused(401, "invalid_token" if kind == "user_token" else "invalid_apikey", "GET", "/v3/accounts/me")


def test_reset_forgets_keys(simulator: Simulator, api: Api) -> None:
    api.key = simulator.key()
    simulator.reset()
    api.refused(401, "invalid_apikey", "GET", "/v3/accounts/me")


def test_every_answer_has_its_own_request_id(api: Api) -> None:
    device = api.get("/v3/devices/?limit=2")["data"][0]["id"]
    answers = [
        api.send("GET", "/v3/devices/"),
        api.send("PUT", f"/v3/devices/{device}/", json={}),
        api.send("GET", f"/v3/devices/{UNKNOWN}/"),
        api.send("GET", "/elsewhere"),
        api.send("GET", "/v3/devices/", headers={"Authorization": "no"}),
        requests.get(api.simulator.http_url + "/v3/devices/", allow_redirects=False, timeout=30),
    ]
    ids = [answer.headers["X-Request-ID"] for answer in answers]
    assert all(len(id_) == 32 and int(id_, 16) for id_ in ids)
    assert len(set(ids)) == len(ids)


def test_a_certificate_of_its_own_authority(simulator: Simulator) -> None:
    with requests.Session() as session:
        session.trust_env = False
        for host in ("localhost", "127.0.0.1"):
            url = simulator.url.replace("127.0.0.1", host) + "/v3/devices/"
            assert session.get(url, verify=simulator.ca_file, timeout=30).status_code == 401
            with pytest.raises(requests.exceptions.SSLError):
                session.get(url, timeout=30)


def test_plain_http(simulator: Simulator) -> None:
    url = simulator.http_url + "//v3/devices?filter=name%3Da%2526b&x=%C3%A9"
    answer = requests.get(url, allow_redirects=False, timeout=30)
    assert answer.status_code == 301
    assert answer.content == b""
    assert answer.headers["Location"] == simulator.url + "//v3/devices?filter=name%3Da%2526b&x=%C3%A9"
    simulator.settings(http="forbid")
    answer = requests.get(url, allow_redirects=False, timeout=30)
    assert answer.status_code == 403
    assert answer.json()["type"] == "invalid_request"


@pytest.mark.parametrize("path", ["/v3/devices", "/v3/devices/", "//v3/devices", "//v3/devices/"])
def test_every_spelling_of_slashes(api: Api, path: str) -> None:
    page = api.get(path + "?limit=2")
    assert api.get(f"{path.rstrip('/')}/{page['data'][0]['id']}")["id"] == page["data"][0]["id"]
    assert api.get(f"{path.rstrip('/')}/{page['data'][0]['id']}/")["id"] == page["data"][0]["id"]


def test_slashes_of_members(api: Api) -> None:
    group = api.post("//v3/device-groups", {"name": "slashes"})["id"]
    device = api.get("/v3/devices/?limit=2")["data"][0]["id"]
    for end in ("", "/"):
        for action, count in (("add", 1), ("remove", 0)):
            assert api.post(f"/v3/device-groups/{group}/devices/{action}{end}", {"device_id": device}) is None
            assert len(api.get(f"/v3/device-groups/{group}/devices{end}")["data"]) == count


@pytest.mark.parametrize("path", ["/", "/v3", "/v3/device", "/v3//devices", "/v3/devices/a/b", "/v3/tokens", "/v4/devices"])
def test_unknown_paths(api: Api, path: str) -> None:
    api.refused(404, "unrecognized_request", "GET", path)


@pytest.mark.parametrize("collection", ["devices", "device-groups", "device-queries", "device-events"])
def test_unknown_and_malformed_ids(api: Api, collection: str) -> None:
    api.refused(404, "not_found", "GET", f"/v3/{collection}/{UNKNOWN}/")
    for malformed in (UNKNOWN[1:], UNKNOWN + "0", UNKNOWN.upper(), "x" * 32, "%7B%7D"):
        assert set(api.refused(400, "validation_error", "GET", f"/v3/{collection}/{malformed}/")) == {"id"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/v3/devices/"),
        ("DELETE", "/v3/devices/"),
        ("POST", f"/v3/devices/{UNKNOWN}/"),
        ("POST", "/v3/device-events/"),
        ("PUT", f"/v3/device-events/{UNKNOWN}/"),
        ("GET", f"/v3/device-groups/{UNKNOWN}/devices/add/"),
        ("DELETE", "/v3/accounts/me"),
    ],
)
def test_methods_that_are_not_supported(api: Api, method: str, path: str) -> None:
    api.refused(405, "method_not_supported", method, path)


def test_bodies_that_cannot_be_read(api: Api) -> None:
    for body in (b"", b"{", b"[]", b'"text"', b"null", b'{"name": NaN}', b"\xff", b'{"name": "\\ud800"}', b"[" * 100_000):
        api.refused(400, "bad_request", "POST", "/v3/device-groups/", data=body, headers=JSON)
    for content_type in (None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp"):
        api.refused(400, "bad_request", "POST", "/v3/device-groups/", data=b"{}", headers={"Content-Type": content_type})
    created = api.send("POST", "/v3/device-groups/", data=b"{}", headers={"Content-Type": "Application/JSON; charset=utf-8"})
    assert created.status_code == 201


def test_parameters_of_operations_that_take_none(api: Api) -> None:
    device = api.get("/v3/devices/?limit=2")["data"][0]["id"]
    assert set(api.refused(400, "validation_error", "GET", f"/v3/devices/{device}/?include=x&y=")) == {"include", "y"}
    assert set(api.refused(400, "validation_error", "PUT", f"/v3/devices/{device}/?dry_run=true", json={})) == {"dry_run"}


def test_account(api: Api) -> None:
    plain = api.get("/v3/accounts/me")
    assert plain["id"] == api.get("/v3/devices/?limit=2")["data"][0]["account_id"]
    assert plain["status"] == "ACTIVE"
    assert not {"limits", "policies", "sub_accounts"} & set(plain)
    more = api.get("/v3/accounts/me?include=limits,sub_accounts&properties=x")
    assert set(more) - set(plain) == {"limits", "sub_accounts"}
    assert set(api.refused(400, "validation_error", "GET", "/v3/accounts/me?include=limits,colours")) == {"include"}
