# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control endpoints: faults, log, settings, odd objects, reset."""

from __future__ import annotations

import functools
import math
import re
import socket
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator_helpers import DEVICES, Api, Local
from test_connect import pull
from test_connect_channels import CONNECT, in_background, polling, refusal, until

from pelion_simulator.clock import moment
from pelion_simulator.process import Simulator, SimulatorError
from pelion_simulator.switches import Limiter, Settings

PATH = "/v3/device-queries/"


def names(api: Api) -> list[str]:
    return [query["name"] for query in api.get(PATH)["data"]]


def test_a_fault_answers_once(simulator: Simulator, api: Api) -> None:
    simulator.faults(status=503, retry_after=7)
    answer = api.send("GET", PATH)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "7"
    error = answer.json()
    assert (error["code"], error["type"], error["request_id"]) == (503, "service_unavailable", answer.headers["X-Request-ID"])
    api.get(PATH)


def test_faults_choose_their_requests(simulator: Simulator, api: Api) -> None:
    simulator.faults(method="POST", path="^/v3/device-(queries|groups)/$", status=429, skip=1, count=2, type="busy", message="Later.")
    api.get(PATH)
    api.get("/v3/devices/?limit=2")
    statuses = [api.send("POST", PATH, json={"name": f"n{number}", "query": "q"}).status_code for number in range(4)]
    assert statuses == [201, 429, 429, 201]


def test_faults_in_order_until_removed(simulator: Simulator, api: Api) -> None:
    simulator.faults(status=500)
    simulator.faults(status=502, count=None)
    assert [api.send("GET", PATH).status_code for _time in range(4)] == [500, 502, 502, 502]
    shown = simulator.control("GET", "faults")["faults"]
    assert [(fault["status"], fault["count"]) for fault in shown] == [(500, 0), (502, None)]
    simulator.clear_faults()
    assert simulator.control("GET", "faults") == {"faults": []}
    api.get(PATH)


def test_a_fault_may_have_any_body_and_headers(simulator: Simulator, api: Api) -> None:
    api.odd = True
    simulator.faults(status=502, body="<h1>Bad gateway</h1>", content_type="text/html", headers={"X-Request-ID": None, "Server": "proxy"})
    answer = api.send("GET", PATH)
    assert (answer.status_code, answer.text, answer.headers["Content-Type"]) == (502, "<h1>Bad gateway</h1>", "text/html")
    assert "X-Request-ID" not in answer.headers
    assert answer.headers["Server"] == "proxy"
    simulator.faults(body="")
    assert (api.send("GET", PATH).status_code, api.send("GET", PATH).status_code) == (200, 200)
    simulator.faults(status=307, headers={"Location": "https://elsewhere.example/"})
    answer = api.send("GET", PATH)
    assert (answer.status_code, answer.headers["Location"], answer.content) == (307, "https://elsewhere.example/", b"")
    simulator.faults(headers={"x-more": "1"}, content_type="text/plain")
    answer = api.send("GET", PATH)
    assert (answer.status_code, answer.headers["X-More"], answer.headers["Content-Type"]) == (200, "1", "text/plain")
    assert answer.json()["object"] == "list"


def test_a_connection_is_reset(simulator: Simulator) -> None:
    simulator.faults(reset=True)
    host, _separator, port = simulator.http_url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(b"GET /v3/devices/ HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_a_reset_request_may_be_carried_out(simulator: Simulator, api: Api) -> None:
    simulator.faults(reset=True)
    with pytest.raises(requests.exceptions.ConnectionError, match="Connection aborted"):
        api.send("POST", PATH, json={"name": "lost", "query": "q"})
    assert "lost" not in names(api)
    simulator.faults(reset=True, carry_out=True)
    with pytest.raises(requests.exceptions.ConnectionError, match="Connection aborted"):
        api.send("POST", PATH, json={"name": "made", "query": "q"})
    assert "made" in names(api)
    assert [entry["status"] for entry in simulator.requests()] == [None, 200, None, 200]


def test_an_answer_is_replaced_after_the_request_was_carried_out(simulator: Simulator, api: Api) -> None:
    simulator.faults(status=504, carry_out=True)
    assert api.send("POST", PATH, json={"name": "made", "query": "q"}).status_code == 504
    assert "made" in names(api)


@pytest.mark.parametrize("truncate", [True, 0, 100])
def test_a_body_is_cut_off(simulator: Simulator, api: Api, truncate: bool | int) -> None:
    whole = len(api.send("GET", PATH).content)
    simulator.faults(truncate=truncate)
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead") as caught:
        api.send("GET", PATH)
    kept = whole // 2 if truncate is True else truncate
    assert f"IncompleteRead({kept} bytes read, {whole - kept} more expected)" in str(caught.value)
    api.get(PATH)


def test_delays(simulator: Simulator, api: Api) -> None:
    simulator.faults(delay_ms=80)
    simulator.settings(latency_ms=40)
    for _time in range(2):
        api.get(PATH)
    first, second = (entry["ended"] - entry["began"] for entry in simulator.requests())
    assert first >= 0.12
    assert second >= 0.04


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"colour": "red"}, "unknown: colour"),
        ({"path": "("}, "path is not a regular expression"),
        ({"status": "503"}, "status has the wrong type"),
        ({"headers": []}, "headers has the wrong type"),
    ],
)
def test_rules_that_make_no_sense(simulator: Simulator, rule: dict[str, Any], message: str) -> None:
    with pytest.raises(SimulatorError, match="400 .*" + message.replace("(", r"\(")):
        simulator.faults(**rule)


def test_the_log(simulator: Simulator, api: Api) -> None:
    started, began = time.time(), time.monotonic()
    answer = api.send("POST", "//v3/device-groups?x=%20a&y", json={"name": "\u00e9"}, headers={"User-Agent": "me/1"})
    simulator.control("GET", "settings")
    (entry,) = simulator.requests()
    assert started <= entry.pop("started_at") <= entry.pop("ended_at") <= time.time()
    assert began <= entry.pop("began") <= entry.pop("ended") <= time.monotonic()
    assert entry == {
        "id": answer.headers["X-Request-ID"],
        "method": "POST",
        "path": "//v3/device-groups",
        "query": "x=%20a&y",
        "body": '{"name": "\\u00e9"}',
        "user_agent": "me/1",
        "operation": "Group_create",
        "size": 18,
        "status": 400,
        "length": len(answer.content),
        "faulty": False,
        "in_flight": 1,
        "limited": False,
    }
    assert api.key not in str(simulator.control("GET", "requests"))
    simulator.clear_requests()
    assert simulator.control("GET", "requests") == {"requests": [], "max_in_flight": 0}


def test_requests_at_the_same_time_are_counted(simulator: Simulator) -> None:
    # Long polls, each of a channel of its own, last until the clock is moved.
    polls = [in_background(functools.partial(pull, Api(simulator, simulator.key()))) for _time in range(4)]
    until(lambda: polling(simulator) == 4)
    simulator.clock(advance=30)
    assert [poll.get(timeout=60) for poll in polls] == [{}] * 4
    assert simulator.max_in_flight() == 4
    assert [entry["in_flight"] for entry in simulator.requests()] == [1, 2, 3, 4]
    Api(simulator).get(PATH)
    entries = simulator.requests()
    assert entries[-1]["in_flight"] == 1
    for entry in entries:
        # The same, worked out from the times.
        assert entry["in_flight"] == sum(other["began"] <= entry["began"] < other["ended"] for other in entries)


def test_what_is_under_way_when_the_log_is_emptied_is_forgotten(simulator: Simulator, api: Api) -> None:
    """Such as a request that nobody waits for any more, of the test before."""
    earlier = in_background(functools.partial(pull, api))
    until(lambda: polling(simulator))
    simulator.clear_requests()
    Api(simulator).get(PATH)
    simulator.clock(advance=30)
    assert earlier.get(timeout=60) == {}
    (entry,) = simulator.requests()
    assert (entry["in_flight"], simulator.max_in_flight()) == (1, 1)


def told_to_wait(answer: requests.Response, seconds: int, began: float) -> bool:
    """Whether it says how long it takes until the next request is let through, as that was at a moment since `began`."""
    return math.ceil(seconds - (time.monotonic() - began)) <= int(answer.headers["Retry-After"]) <= seconds


def test_too_many_requests_are_refused(simulator: Simulator, api: Api) -> None:
    simulator.settings(rate_limit=0.01, rate_burst=2)
    simulator.faults(path="^/v3/accounts/", status=500)
    began = time.monotonic()
    assert [api.send("GET", PATH).status_code for _time in range(2)] == [200, 200]
    answer = api.send("GET", "/v3/accounts/me")
    assert answer.status_code == 429
    assert told_to_wait(answer, 100, began)
    assert answer.json() == {
        "object": "error",
        "code": 429,
        "type": "too_many_requests",
        "message": "There are too many requests. Send them more slowly.",
        "request_id": answer.headers["X-Request-ID"],
    }
    assert [(entry["status"], entry["limited"]) for entry in simulator.requests()] == [(200, False), (200, False), (429, True)]
    simulator.settings(rate_limit=0)
    # The fault has not been used up by what was refused before it.
    assert [api.send("GET", "/v3/accounts/me").status_code for _time in range(2)] == [500, 200]
    simulator.settings(rate_limit=0.01)
    simulator.reset()
    assert {api.send("GET", PATH).status_code for _time in range(12)} == {200}


def test_a_websocket_is_one_of_too_many_requests(simulator: Simulator, api: Api) -> None:
    simulator.settings(rate_limit=0.01, rate_burst=1)
    began = time.monotonic()
    api.get(PATH)
    answer = refusal(api, CONNECT)
    assert answer.status_code == 429
    assert told_to_wait(answer, 100, began)
    assert [(entry["status"], entry["limited"]) for entry in simulator.requests()] == [(200, False), (429, True)]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(0, 3), max_size=60),
    st.sampled_from([0.5, 1, 3.7, 10]),
    st.sampled_from([0, 1, 2.5, 7]),
)
def test_the_limiter_lets_through_what_its_rate_and_burst_say(gaps: list[float], rate: float, burst: float) -> None:
    """Never more in any stretch of time than the burst and what the rate adds; and who waits as long as told is let through."""
    wanted = Settings()
    wanted.change({"rate_limit": rate, "rate_burst": burst})
    passed: list[float] = []
    now = 0.0
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("pelion_simulator.switches.time.monotonic", lambda: now)
        limiter = Limiter(wanted)
        for gap in gaps:
            now += gap
            wait = limiter.wait()
            if wait:
                now += wait + 1e-6
                assert limiter.wait() == 0
            passed.append(now)
    for first in range(len(passed)):
        for last in range(first, len(passed)):
            assert last - first + 1 <= max(burst, 1) + rate * (passed[last] - passed[first]) + 1e-6


def test_unknown_fields_appear_on_request(simulator: Simulator, api: Api) -> None:
    api.odd = True
    plain = api.get(PATH)
    simulator.settings(unknown_fields=True)
    page = api.get(PATH)
    one = api.get(f"{PATH}{plain['data'][0]['id']}/")
    (new,) = set(page) - set(plain)
    for more, less in [(page, plain), (one, plain["data"][0]), *zip(page["data"], plain["data"], strict=True)]:
        assert set(more) - set(less) == {new}
    assert api.get(PATH + "?name__eq=none")["data"] == []


def test_empty_lists_as_404(simulator: Simulator, api: Api) -> None:
    simulator.settings(list_404=True)
    api.refused(404, "not_found", "GET", PATH + "?name__eq=none")
    api.get(PATH)


@pytest.mark.parametrize("wanted", [{"http": "maybe"}, {"latency_ms": -1}, {"latency_ms": True}, {"list_404": 1}, {"colour": "red"}])
def test_settings_that_make_no_sense(simulator: Simulator, wanted: dict[str, Any]) -> None:
    before = simulator.settings()
    with pytest.raises(SimulatorError, match="400"):
        simulator.settings(unknown_fields=True, **wanted)
    assert simulator.settings() == before


def test_keys_that_make_no_sense(simulator: Simulator) -> None:
    with pytest.raises(SimulatorError, match="kind must be one of api_key, access_key, user_token"):
        simulator.key(kind="password")
    with pytest.raises(SimulatorError, match="unknown: colour"):
        simulator.key(colour="red")


def test_any_field_can_be_patched(simulator: Simulator, api: Api) -> None:
    api.odd = True
    device = api.get("/v3/devices/?limit=2")["data"][1]
    odd = {
        "state": "sleeping",
        "name": "{{ 1 + 1 }}",
        "host_gateway": None,
        "new": {"a": [1]},
        "vendor_id": ["list"],
        "device_class": 10**30,
    }
    patched = simulator.patch("devices", device["id"], **odd)
    assert patched == device | odd
    assert api.get(f"/v3/devices/{device['id']}/") == patched
    assert [one["id"] for one in api.get("/v3/devices/?state__eq=sleeping")["data"]] == [device["id"]]
    for fixed in ("id", "created_at"):
        with pytest.raises(SimulatorError, match="cannot be changed.*" + fixed):
            simulator.patch("devices", device["id"], **{fixed: "x"})
    with pytest.raises(SimulatorError, match=r"404.*no device with this id"):
        simulator.patch("devices", "0" * 32, name="x")
    with pytest.raises(SimulatorError, match=r"404.*no such collection.*devices"):
        simulator.patch("cars", "0" * 32, name="x")


def test_objects_can_be_added(simulator: Simulator, api: Api) -> None:
    api.odd = True
    group = api.post("/v3/device-groups/", {"name": "g"})["id"]
    ids = simulator.add("devices", {"name": "old", "created_at": "2016-01-01T00:00:00Z", "state": "odd"}, {"groups": [group]})
    made = [api.get(f"/v3/devices/{id_}/") for id_ in ids]
    assert (made[0]["name"], made[0]["state"], made[0]["created_at"]) == ("old", "odd", "2016-01-01T00:00:00.000000Z")
    assert set(made[0]) >= {"device_class", "custom_attributes", "serial_number", "vendor_id"}
    assert api.get("/v3/devices/?limit=2")["data"][0] == made[0]
    assert [one["id"] for one in api.get("/v3/devices/?created_at__lte=2016-06-01T00:00:00Z")["data"]] == [ids[0]]
    assert api.get(f"/v3/device-groups/{group}/")["devices_count"] == 1
    more = simulator.add("devices", count=50)
    assert len(set(more)) == 50
    assert api.get("/v3/devices/?limit=2&include=total_count")["total_count"] == DEVICES + 52
    assert [one["id"] for one in api.get("/v3/devices/?order=DESC")["data"]] == more[::-1]
    (event,) = simulator.add("device-events", {"device_id": ids[0], "event_type": "UPD4_FAIL_101"})
    assert api.get(f"/v3/device-events/?device_id={ids[0]}")["data"][0]["id"] == event


def test_objects_made_up_are_the_same_after_a_reset(simulator: Simulator, api: Api) -> None:
    made = []
    for _time in range(2):
        simulator.reset()
        made.append(
            [api.get(f"/v3/devices/{id_}/")["serial_number"] for id_ in simulator.add("devices", count=2) + simulator.add("devices", {})]
        )
    assert made[0] == made[1]
    assert len(set(made[0])) == 3


def test_two_objects_at_the_same_time_and_the_same_id(simulator: Simulator, api: Api) -> None:
    same = {"created_at": "2016-01-01T00:00:00Z"}
    first, second = simulator.add("devices", same, same)
    listed = api.get("/v3/devices/?limit=2")["data"]
    assert [(one["id"], one["created_at"][20:]) for one in listed] == [(first, "000000Z"), (second, "000001Z")]
    with pytest.raises(SimulatorError, match=r"400.*already"):
        simulator.add("devices", {"name": "never"}, {"id": first})
    assert api.get("/v3/devices/?name__eq=never")["data"] == []
    bodies: list[dict[str, Any]] = [{}, {"count": 1, "items": []}, {"items": {}}, {"items": [1]}, {"count": "x"}]
    for body in bodies:
        with pytest.raises(SimulatorError, match="400"):
            simulator.control("POST", "devices", body)


def snapshot(api: Api) -> list[Any]:
    paths = ("devices", "device-groups", "device-queries", "device-events")
    return [api.get(f"/v3/{path}/?limit=1000&include=total_count") for path in paths] + [api.get("/v3/api-keys/me")]


def test_reset(simulator: Simulator, api: Api) -> None:
    before = snapshot(api)
    devices, groups, queries = (page["data"] for page in before[:3])
    api.put(f"/v3/devices/{devices[0]['id']}/", {"name": "changed", "custom_attributes": {}})
    mortal = next(device["id"] for device in devices if device["device_execution_mode"] == 1)
    assert api.send("DELETE", f"/v3/devices/{mortal}/").status_code == 204
    assert api.send("DELETE", f"/v3/device-groups/{groups[0]['id']}/").status_code == 204
    api.put(f"/v3/device-queries/{queries[0]['id']}/", {"name": "changed"})
    created = api.post("/v3/devices/", {"device_execution_mode": 1, "custom_attributes": {"a": "b"}})["id"]
    api.post(f"/v3/device-groups/{groups[1]['id']}/devices/add/", {"device_id": created})
    assert api.send("DELETE", f"/v3/devices/{created}/").status_code == 204
    simulator.add("devices", {"id": mortal}, {"created_at": "2016-01-01T00:00:00Z"})
    settings = simulator.settings()
    simulator.settings(spec=2019, latency_ms=1, unknown_fields=True, list_404=True, http="forbid")
    simulator.faults(status=500, count=None, path="^/v3/nothing")
    simulator.reset()
    assert simulator.requests() == []
    assert snapshot(api) == before
    assert simulator.settings() == settings
    assert settings.items() >= {"spec": 2021, "latency_ms": 0, "http": "redirect", "unknown_fields": False, "list_404": False}.items()
    assert simulator.control("GET", "faults") == {"faults": []}
    site = devices[0]["custom_attributes"].get("site", "oslo")
    expected = [device["id"] for device in devices if device["custom_attributes"].get("site") == site]
    assert [one["id"] for one in api.get(f"/v3/devices/?limit=1000&filter=custom_attributes__site%3D{site}")["data"]] == expected


def test_the_clock(simulator: Simulator, api: Api) -> None:
    before = moment(simulator.clock(rate=1))
    assert 0 <= moment(simulator.clock(advance=3600)) - before - 3600 * 1_000_000 < 5_000_000
    created = api.post("/v3/device-groups/", {"name": "late"})["created_at"]
    assert moment(created) - before >= 3600 * 1_000_000
    simulator.clock(rate=0)
    assert simulator.clock() == simulator.clock()
    now = simulator.clock()
    assert simulator.control("GET", "clock") == {"now": now, "rate": 0, "due": None}
    api.post("/v3/device-enrollments", {"enrollment_identity": "A-" + ":".join(["4E"] * 32)})
    assert moment(simulator.control("GET", "clock")["due"]) == moment(now) + 30 * 1_000_000
    simulator.reset()
    assert moment(simulator.clock()) < before + 60 * 1_000_000
    assert simulator.control("GET", "clock")["rate"] == 1
    for wrong in ({"advance": -1}, {"advance": "1"}, {"rate": True}, {"speed": 1}):
        with pytest.raises(SimulatorError, match="400"):
            simulator.control("POST", "clock", wrong)


def test_whose_key_it_is(simulator: Simulator, api: Api) -> None:
    account = api.post("/v3/accounts", {"display_name": "Below", "email": "b@example.com", "end_market": "IT"})["id"]
    api.key = simulator.key(kind="access_key", account_id=account)
    assert api.get("/v3/accounts/me")["id"] == account
    assert api.get("/v3/devices/")["data"] == []


def test_the_log_keeps_no_files(simulator: Simulator, api: Api) -> None:
    simulator.clear_requests()
    api.send("POST", "/v3/firmware-images", files={"datafile": ("a.bin", b"\x00\xff" * 100)})
    api.send("POST", "/v3/branding-images/dark/brand_logo_portrait/upload", data=b"\x89PNG", headers={"Content-Type": "image/png"})
    api.send("PUT", "/v3/nothing", data=b"text")
    first, second, third = simulator.requests()
    assert (first["body"], first["operation"]) == ("", "Firmware_Image_create")
    assert first["size"] > 200
    assert (second["body"], second["size"]) == ("", 4)
    assert (third["body"], third["size"], third["operation"], third["status"]) == ("text", 4, None, 404)


@pytest.mark.parametrize("year", [2019, 2020, 2021])
def test_the_generation_can_be_changed(simulator: Simulator, api: Api, year: int) -> None:
    simulator.settings(spec=year)
    device = api.get("/v3/devices/?limit=2")["data"][0]
    assert ("net_id" in device, "lifecycle_status" in device) == (year >= 2021, year >= 2020)
    assert api.send("POST", f"/v3/devices/{device['id']}/suspend", json={}).status_code == (404 if year < 2020 else 204)


def test_the_readme_names_every_setting_and_control(local: Local) -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    named = set(re.findall(r"`([\w-]+)`", readme.partition("### Settings")[2].partition("### Faults")[0]))
    assert set(local.engine.settings.values) <= named
    assert all(f"POST /_simulator/{name}`" in readme for name in local.engine.controls)
