# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Device requests and their answers, the deprecated endpoints, subscriptions, pre-subscriptions and the echo, over long polls."""

from __future__ import annotations

import base64
import uuid
from typing import Any

import pytest
from simulator_helpers import Api, Local, Watched

from pelion_simulator.engine import SCHEDULE
from pelion_simulator.process import SimulatorError

pytestmark = pytest.mark.usefixtures("time_passes")

UNKNOWN = "0123456789abcdef0123456789abcdef"
TEMPERATURE = "/3303/0/5700"
MINUTE, HOUR, DAY = 60, 3600, 86400


class Device:
    """A registered device with a temperature, and requests to it."""

    def __init__(self, api: Api, number: int = 0) -> None:
        self.api = api
        page = api.get("/v3/devices/?limit=1000&state__eq=registered&endpoint_type__eq=temperature")
        self.device = page["data"][number]
        self.id = self.device["id"]

    def send(self, method: str, uri: str, payload: bytes | None = None, query: str = "", **more: str) -> str:
        """Send a device request that is accepted, and return its id."""
        async_id = str(uuid.uuid4())
        body = {"method": method, "uri": uri, **more} | ({} if payload is None else {"payload-b64": base64.b64encode(payload).decode()})
        answer = self.api.send("POST", f"/v2/device-requests/{self.id}?async-id={async_id}{query}", json=body)
        assert (answer.status_code, answer.content) == (202, b""), answer.text
        return async_id

    def ask(self, method: str, uri: str, payload: bytes | None = None, **more: str) -> dict[str, Any]:
        """Send a device request and wait for its answer."""
        async_id = self.send(method, uri, payload, **more)
        (answer,) = answers(self.api, 1)
        assert answer.pop("id") == async_id
        return answer

    def behave(self, **how: Any) -> None:
        self.api.simulator.control("POST", "device-behaviour", {"device": self.id, **how})

    def measure(self, path: str, value: Any) -> None:
        self.api.simulator.control("POST", "device-value", {"device": self.id, "path": path, "value": value})

    def registration(self, event: str) -> None:
        self.api.simulator.control("POST", "device-registration", {"device": self.id, "event": event})

    def subscribe(self, path: str, expected: int = 202) -> None:
        answer = self.api.send("PUT", f"/v2/subscriptions/{self.id}{path}")
        assert answer.status_code == expected, answer.text
        if expected == 202:
            (response,) = answers(self.api, 1)
            assert response["id"] == answer.json()["async-response-id"]
            assert response["status"] == 200

    def subscribed(self) -> list[str]:
        answer = self.api.send("GET", f"/v2/subscriptions/{self.id}")
        if answer.status_code == 404:
            return []
        assert answer.headers["Content-Type"] == "text/uri-list"
        return answer.text.splitlines()


def pull(api: Api) -> dict[str, Any]:
    """The next message of the pull channel; empty where none came in time."""
    answer = api.send("GET", "/v2/notification/pull")
    assert answer.status_code in (200, 204), answer.text
    return dict(answer.json()) if answer.content else {}


def pulled(api: Api, word: str, count: int) -> list[Any]:
    """That many entries of one kind; the pull channel must hold no others."""
    found: list[Any] = []
    while len(found) < count:
        message = pull(api)
        assert list(message) == [word], message
        found += message[word]
    assert len(found) == count
    return found


def gathered(api: Api, *words: str) -> dict[str, Any]:
    """One entry of each of these kinds, in one message or several."""
    found: dict[str, Any] = {}
    while len(found) < len(words):
        for word, (entry,) in pull(api).items():
            assert word in words
            assert word not in found
            found[word] = entry
    return found


def answers(api: Api, count: int) -> list[dict[str, Any]]:
    return pulled(api, "async-responses", count)


def silence(api: Api) -> None:
    """Nothing more comes: not even in a while."""
    api.simulator.settings(poll_seconds=0)
    api.simulator.clock(advance=0.1)
    assert pull(api) == {}
    api.simulator.settings(poll_seconds=30)


@pytest.fixture
def device(api: Api) -> Device:
    """A device, and a pull channel."""
    made = Device(api)
    silence(api)
    return made


def value_of(answer: dict[str, Any]) -> bytes:
    return base64.b64decode(answer["payload"])


# --- requests ---


def test_reading_writing_executing(device: Device) -> None:
    answer = device.ask("GET", "/3/0/0")
    assert answer == {"status": 200, "payload": base64.b64encode(b"northlight").decode(), "ct": "text/plain", "max-age": "3600"}
    assert device.ask("PUT", "/33000/0/2", b"7", **{"content-type": "text/plain"}) == {"status": 200}
    assert value_of(device.ask("GET", "/33000/0/2")) == b"7"
    assert device.ask("GET", "/33000/0/2", accept="application/vnd.oma.lwm2m+tlv")["payload"] == base64.b64encode(b"\xc1\x02\x07").decode()
    assert device.ask("POST", "/3303/0/5605") == {"status": 200}
    assert device.ask("PUT", "/3/0/0", b"x") == {"status": 400}
    assert device.ask("PUT", "/33000/0/2", b"x", **{"content-type": "application/cbor"}) == {"status": 415}
    assert device.ask("GET", "/3/0/4") == {"status": 400}
    assert device.ask("PUT", "/3303/0?pmin=10&pmax=60") == {"status": 200}
    assert device.ask("PUT", "/3303/0?speed=1") == {"status": 400}


def test_instances(device: Device) -> None:
    device.send("POST", "/33000", b"\xc3\x00two", **{"content-type": "application/vnd.oma.lwm2m+tlv"})
    told = gathered(device.api, "reg-updates", "async-responses")
    assert "/33000/1/0" in [one["path"] for one in told["reg-updates"]["resources"]]
    assert told["async-responses"]["status"] == 200
    assert "/33000/1/0" in [one["uri"] for one in device.api.get(f"/v2/endpoints/{device.id}")]
    assert value_of(device.ask("GET", "/33000/1/0")) == b"two"
    device.send("DELETE", "/33000/1")
    assert gathered(device.api, "reg-updates", "async-responses")["async-responses"]["status"] == 200
    assert device.ask("DELETE", "/33000/0/1") == {"status": 400}
    refused = device.api.send("POST", f"/v2/device-requests/{device.id}?async-id=a", json={"method": "GET", "uri": "/33000/1/0"})
    assert (refused.status_code, refused.text) == (400, "RESOURCE_NOT_FOUND")


@pytest.mark.parametrize(
    ("year", "path", "uri", "expected"),
    [
        (2021, "", "/99/0", (400, "RESOURCE_NOT_FOUND")),
        (2020, "", "/99/0", (404, "URI_PATH_DOES_NOT_EXISTS")),
        (2019, "", "/99/0", (400, "RESOURCE_NOT_FOUND")),
        (2021, UNKNOWN, "/3", (404, "")),
        (2020, UNKNOWN, "/3", (404, "DEVICE_NOT_FOUND")),
        (2019, UNKNOWN, "/3", (404, "DEVICE_NOT_FOUND")),
    ],
)
def test_what_is_not_there(device: Device, year: int, path: str, uri: str, expected: tuple[int, str]) -> None:
    device.api.simulator.settings(spec=year)
    answer = device.api.send("POST", f"/v2/device-requests/{path or device.id}?async-id=a", json={"method": "GET", "uri": uri})
    assert (answer.status_code, answer.text) == expected
    assert answer.headers.get("Content-Type", "text/plain").startswith("text/plain")


@pytest.mark.parametrize(
    ("query", "body", "text"),
    [
        ("", {"method": "GET", "uri": "/3"}, "MALFORMED_ASYNC_ID"),
        ("?async-id=" + "x" * 41, {"method": "GET", "uri": "/3"}, "MALFORMED_ASYNC_ID"),
        ("?async-id=a.b", {"method": "GET", "uri": "/3"}, "MALFORMED_ASYNC_ID"),
        ("?async-id=a", {"method": "PATCH", "uri": "/3"}, "MALFORMED_JSON_CONTENT"),
        ("?async-id=a", {"method": "GET"}, "MALFORMED_JSON_CONTENT"),
        ("?async-id=a", {"method": "GET", "uri": 3}, "MALFORMED_JSON_CONTENT"),
        ("?async-id=a", {"method": "PUT", "uri": "/3", "payload-b64": "?"}, "MALFORMED_JSON_CONTENT"),
        ("?async-id=a", [], "MALFORMED_JSON_CONTENT"),
        ("?async-id=a&retry=11", {"method": "GET", "uri": "/3"}, "retry must be a number from 0 to 10"),
        ("?async-id=a&expiry-seconds=59", {"method": "GET", "uri": "/3"}, "expiry-seconds must be a number from 60 to 2592000"),
    ],
)
def test_what_cannot_be_understood(device: Device, query: str, body: Any, text: str) -> None:
    answer = device.api.send("POST", f"/v2/device-requests/{device.id}{query}", json=body)
    assert (answer.status_code, answer.text) == (400, text)


def test_quota_and_connection_in_each_year(device: Device) -> None:
    simulator = device.api.simulator
    path, body = f"/v2/device-requests/{device.id}?async-id=a", {"method": "GET", "uri": "/3"}
    simulator.settings(transaction_limit=1)
    device.send("GET", "/3/0/0")
    answer = device.api.send("POST", path, json=body)
    assert (answer.status_code, answer.text) == (400, "LIMITS_EXCEEDED")
    answer = device.api.send("PUT", f"/v2/subscriptions/{device.id}/3/0/3")
    assert (answer.status_code, answer.text) == (429, "LIMITS_EXCEEDED")
    device.behave(online=False)
    for year in (2020, 2019):
        simulator.settings(spec=year)
        answer = device.api.send("POST", path, json=body)
        assert (answer.status_code, answer.text) == (400, "DEVICE_NOT_CONNECTED")
    assert device.api.send("POST", path + "&retry=1", json=body).status_code == 400


def test_the_queue_is_in_order_and_limited(device: Device) -> None:
    device.api.simulator.clock(rate=0)
    device.behave(delay=5)
    sent = [device.send("GET", f"/3/0/{number % 4}") for number in range(20)]
    for year, text in ((2021, "QUEUE_IS_FULL"), (2019, "TOO_MANY_REQUESTS"), (2020, "QUEUE_IS_FULL")):
        device.api.simulator.settings(spec=year)
        answer = device.api.send("POST", f"/v2/device-requests/{device.id}?async-id=a", json={"method": "GET", "uri": "/3"})
        assert (answer.status_code, answer.text) == (400, text)
    device.api.simulator.settings(spec=2021)
    assert device.api.send("PUT", f"/v2/subscriptions/{device.id}/3/0/3").text == "QUEUE_IS_FULL"
    device.api.simulator.clock(advance=26)
    assert [answer["id"] for answer in answers(device.api, 5)] == sent[:5]
    device.api.simulator.clock(advance=76)
    assert [answer["id"] for answer in answers(device.api, 15)] == sent[5:]


def test_answers_overtake_each_other_come_twice_or_never(device: Device) -> None:
    device.behave(delay=0, jitter=100)
    sent = [device.send("GET", "/3/0/0") for _time in range(8)]
    device.api.simulator.clock(advance=101)
    came = [answer["id"] for answer in answers(device.api, 8)]
    assert sorted(came) == sorted(sent)
    assert came != sent
    device.behave(jitter=0, doubled=1)
    assert [device.send("GET", "/3/0/0")] * 2 == [answer["id"] for answer in answers(device.api, 2)]
    device.behave(doubled=0, lost=1)
    device.send("GET", "/3/0/0")
    silence(device.api)
    device.behave(lost=None, status=413)
    assert device.ask("GET", "/3/0/0") == {"status": 413}


@pytest.mark.parametrize(
    ("how", "retries", "seconds", "expected"),
    [
        ({"silent": 1}, 0, 124, {"status": 504, "error": "TIMEOUT"}),
        ({"silent": 1}, 2, 3 * 124, {"status": 504, "error": "TIMEOUT"}),
        ({"online": False}, 0, 124, {"status": 503, "error": "NOT_CONNECTED"}),
        ({"online": False}, 1, 2 * HOUR, {"status": 429, "error": "REQUEST_EXPIRED"}),
        ({"refusing": 1}, 1, 1, {"status": 502}),
        ({"queue_mode": True, "online": False}, None, 3 * DAY, {"status": 429, "error": "REQUEST_EXPIRED"}),
    ],
)
def test_what_cannot_be_delivered(device: Device, how: dict[str, Any], retries: int | None, seconds: int, expected: dict[str, Any]) -> None:
    device.api.simulator.clock(rate=0)
    device.behave(**how)
    async_id = device.send("GET", "/3/0/0", query="" if retries is None else f"&retry={retries}")
    device.api.simulator.clock(advance=seconds - 1)
    if seconds > 1:
        silence(device.api)
    device.api.simulator.clock(advance=2)
    assert answers(device.api, 1) == [{"id": async_id, **expected}]


def test_requests_wait_for_a_device_that_comes_back(device: Device) -> None:
    device.behave(online=False, queue_mode=True)
    sent = [device.send("GET", "/3/0/0"), device.send("GET", "/3/0/1", query="&expiry-seconds=60")]
    device.api.simulator.clock(advance=61)
    assert answers(device.api, 1) == [{"id": sent[1], "status": 429, "error": "REQUEST_EXPIRED"}]
    device.behave(online=True)
    assert answers(device.api, 1)[0]["status"] == 200
    device.behave(online=False, queue_mode=False)
    waiting = device.send("GET", "/3/0/0", query="&retry=1")
    device.api.simulator.clock(advance=130)
    device.behave(online=True)
    (answer,) = answers(device.api, 1)
    assert (answer["id"], answer["status"]) == (waiting, 200)


def test_suspended_and_deregistered_devices(device: Device) -> None:
    api = device.api
    device.behave(delay=60)
    sent = [device.send("GET", "/3/0/0"), device.send("GET", "/3/0/1")]
    assert api.send("POST", f"/v3/devices/{device.id}/suspend", json={"category": "maintenance"}).status_code == 204
    assert answers(api, 2) == [{"id": id_, "status": 429, "error": "DEVICE_BLOCKED"} for id_ in sent]
    assert api.send("POST", f"/v2/device-requests/{device.id}?async-id=a", json={"method": "GET", "uri": "/3"}).status_code == 404
    api.simulator.clock(advance=MINUTE)
    assert pulled(api, "de-registrations", 1) == [device.id]
    other = Device(api, 0)
    other.behave(delay=60)
    waiting = other.send("GET", "/3/0/0")
    other.registration("deregister")
    assert gathered(api, "de-registrations", "async-responses") == {
        "de-registrations": other.id,
        "async-responses": {"id": waiting, "status": 429, "error": "DEVICE_REMOVED_REGISTRATION"},
    }
    third = Device(api, 0)
    third.registration("expire")
    assert pulled(api, "registrations-expired", 1) == [third.id]


def test_the_queue_goes_on_after_an_expired_request(device: Device) -> None:
    device.behave(silent=1)
    first, second = device.send("GET", "/3/0/0", query="&expiry-seconds=60"), device.send("GET", "/3/0/1")
    device.behave(silent=0)
    device.api.simulator.clock(advance=61)
    assert [(one["id"], one["status"]) for one in answers(device.api, 2)] == [(first, 429), (second, 200)]


def test_an_answered_request_leaves_nothing_scheduled(local: Local) -> None:
    device = local.send("GET", "/v3/devices", "state__eq=registered")[1]["data"][0]["id"]
    local.engine.clock.move(rate=0)
    assert local.send("POST", f"/v2/device-requests/{device}", "async-id=a", {"method": "GET", "uri": "/3/0/0"})[0] == 202
    local.engine.move_clock(advance=1)
    assert local.store.lowest(SCHEDULE, "due") is None
    local.engine.reset()


def test_devices_of_others(simulator: Watched, device: Device) -> None:
    account = device.api.post("/v3/accounts", {"display_name": "Below", "email": "b@example.com", "end_market": "IT"})["id"]
    other = Api(simulator, simulator.key(account_id=account))
    assert other.send("POST", f"/v2/device-requests/{device.id}?async-id=a", json={"method": "GET", "uri": "/3"}).status_code == 404
    assert other.send("GET", f"/v3/devices/{device.id}/echo").status_code == 404
    assert other.send("GET", f"/v2/endpoints/{device.id}").status_code == 404
    # Nor is anyone told of them.
    simulator.settings(poll_seconds=0.1)
    pull(other)
    device.registration("update")
    assert pull(other) == {}
    assert pull(device.api)["reg-updates"]


def test_deleted_devices(device: Device) -> None:
    api = device.api
    gone = api.simulator.add("devices", {"state": "registered", "endpoint_type": "temperature", "device_execution_mode": 1})[0]
    device.id = gone
    device.behave(delay=60)
    waiting = device.send("GET", "/3/0/0")
    assert api.send("PUT", f"/v2/subscriptions/{gone}{TEMPERATURE}").status_code == 202
    assert api.send("DELETE", f"/v3/devices/{gone}/").status_code == 204
    told: dict[str, Any] = {"async-responses": []}
    while len(told["async-responses"]) < 2 or len(told) < 2:
        for word, entries in pull(api).items():
            told[word] = told.get(word, []) + entries
    assert told["de-registrations"] == [gone]
    assert told["async-responses"][0] == {"id": waiting, "status": 429, "error": "DEVICE_REMOVED_REGISTRATION"}
    assert device.subscribed() == []


# --- the deprecated way ---


def test_endpoints(device: Device) -> None:
    api = device.api
    found = {one["uri"]: one for one in api.get(f"/v2/endpoints/{device.id}")}
    assert found["/3303/0/5700"] == {"uri": "/3303/0/5700", "rt": "SensorValue", "type": "text/plain", "obs": True}
    assert found["/33000/0/1"]["type"] == "application/octet-stream"
    assert api.send("GET", f"/v2/endpoints/{UNKNOWN}").status_code == 404
    path = f"/v2/endpoints/{device.id}/3/0/0"
    assert api.send("GET", path + "?cacheOnly=true").status_code == 205
    started = api.send("GET", path)
    assert started.status_code == 202
    (answer,) = answers(api, 1)
    assert answer["id"] == started.json()["async-response-id"]
    assert value_of(answer) == b"northlight"
    for query in ("", "?cacheOnly=true"):
        cached = api.send("GET", path + query)
        assert (cached.status_code, cached.content, cached.headers["Content-Type"]) == (200, b"northlight", "text/plain")
        assert 3590 <= int(cached.headers["Cache-Control"].removeprefix("max-age=")) <= 3600
    api.simulator.clock(advance=3601)
    assert api.send("GET", path + "?cacheOnly=true").status_code == 205


def test_what_is_written_is_cached_no_longer(device: Device) -> None:
    path = f"/v2/endpoints/{device.id}/33000/0/3?cacheOnly=true"
    device.ask("GET", "/33000/0/3")
    assert device.api.send("GET", path).content == b"1"
    device.ask("PUT", "/33000/0/3", b"0")
    assert device.api.send("GET", path).status_code == 205
    # What can be observed is told at once.
    device.ask("PUT", "/33000/0/2", b"8")
    assert device.api.send("GET", path.replace("0/3", "0/2")).content == b"8"


def test_changing_by_endpoints(device: Device) -> None:
    api, path = device.api, f"/v2/endpoints/{device.id}"
    calls = [
        ("PUT", "/33000/0/2", {"data": b"5", "headers": {"Content-Type": "text/plain"}}, 200),
        ("PUT", "/33000/0/2?pmin=1", {}, 200),
        ("PUT", "/33000/0/2", {}, 400),
        ("POST", "/3/0/4", {}, 200),
        ("DELETE", "/33000/0/2", {}, 400),
    ]
    for method, resource, options, status in calls:
        answer = api.send(method, path + resource, **options)
        assert answer.status_code == 202, answer.text
        (response,) = answers(api, 1)
        assert (response["id"], response["status"]) == (answer.json()["async-response-id"], status)
    assert value_of(device.ask("GET", "/33000/0/2")) == b"5"


def test_endpoints_that_fail(device: Device) -> None:
    api, path = device.api, f"/v2/endpoints/{device.id}"
    for method in ("GET", "PUT", "POST", "DELETE"):
        assert api.send(method, f"/v2/endpoints/{UNKNOWN}/3/0/0").status_code == 410
        assert api.send(method, path + "/99/0").status_code == (400 if method == "PUT" else 404)
        assert api.send(method, path + "/" + "9" * 256).status_code == 400
    device.behave(refusing=1)
    assert api.send("GET", path + "/3/0/0").status_code == 502
    device.behave(refusing=0, queue_mode=True)
    assert api.send("GET", path + "/3/0/0?noResp=true").status_code == 409
    device.behave(queue_mode=False, delay=60)
    for _time in range(20):
        device.send("GET", "/3/0/0")
    assert api.send("GET", path + "/3/0/0").status_code == 429


def test_no_answer_wanted(device: Device) -> None:
    # The text beside the parameter has 204, the list of answers does not.
    device.api.odd = True
    answer = device.api.send("PUT", f"/v2/endpoints/{device.id}/33000/0/2?noResp=true", data=b"9", headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.content) == (204, b"")
    device.api.odd = False
    silence(device.api)
    assert value_of(device.ask("GET", "/33000/0/2")) == b"9"


# --- subscriptions ---


def test_subscriptions(device: Device) -> None:
    api, path = device.api, f"/v2/subscriptions/{device.id}"
    assert api.send("GET", path + TEMPERATURE).status_code == 404
    device.subscribe(TEMPERATURE)
    device.subscribe(TEMPERATURE, 200)
    device.subscribe("/33000/0/0")
    assert api.send("GET", path + TEMPERATURE).status_code == 200
    assert device.subscribed() == [TEMPERATURE, "/33000/0/0"]
    device.measure(TEMPERATURE, 25.5)
    assert pulled(api, "notifications", 1) == [
        {"ep": device.id, "path": TEMPERATURE, "ct": "text/plain", "payload": base64.b64encode(b"25.5").decode(), "max-age": "60"}
    ]
    device.ask("PUT", "/33000/0/2", b"1")
    device.send("PUT", "/33000/0/0", b"seen")
    assert gathered(api, "notifications", "async-responses")["notifications"]["path"] == "/33000/0/0"
    assert api.send("DELETE", path + TEMPERATURE).status_code == 204
    assert api.send("DELETE", path + TEMPERATURE).status_code == 204
    assert device.subscribed() == ["/33000/0/0"]
    assert api.send("DELETE", path).status_code == 204
    assert device.subscribed() == []
    device.measure(TEMPERATURE, 26.5)
    silence(api)


def test_subscriptions_that_fail(device: Device) -> None:
    api, path = device.api, f"/v2/subscriptions/{device.id}"

    def refusal(path: str) -> tuple[int, str]:
        answer = api.send("PUT", path)
        return answer.status_code, answer.text

    assert refusal(f"/v2/subscriptions/{UNKNOWN}/3/0/0") == (404, "DEVICE_NOT_FOUND")
    assert refusal(path + "/99/0") == (404, "URI_PATH_DOES_NOT_EXISTS")
    api.simulator.settings(congestion=True)
    assert refusal(path + TEMPERATURE) == (429, "CONGESTION_CONTROL")
    api.simulator.settings(congestion=False)
    device.behave(refusing=1)
    assert refusal(path + TEMPERATURE) == (502, "")
    device.behave(refusing=0)
    # The device refuses what cannot be observed, and the subscription is none.
    started = api.send("PUT", path + "/3/0/0").json()["async-response-id"]
    assert answers(api, 1) == [{"id": started, "status": 412}]
    assert device.subscribed() == []
    api.simulator.settings(spec=2020)
    assert refusal(path + "/99/0") == (404, "")
    api.simulator.settings(spec=2019)
    assert refusal(f"/v2/subscriptions/{UNKNOWN}/3/0/0") == (404, "")
    assert api.send("DELETE", path + "/99/0").status_code == 404
    assert api.send("DELETE", path + TEMPERATURE).status_code == 204


def test_a_subscription_to_an_instance_tells_all_of_it(device: Device) -> None:
    device.subscribe("/3303/0")
    device.measure(TEMPERATURE, 60)
    (told,) = pulled(device.api, "notifications", 1)
    assert (told["path"], told["ct"]) == ("/3303/0", "application/vnd.oma.lwm2m+tlv")
    assert value_of(told).count(b"@N\x00\x00\x00\x00\x00\x00") == 2


def test_registrations(device: Device) -> None:
    api = device.api
    device.subscribe(TEMPERATURE)
    device.registration("update")
    (update,) = pulled(api, "reg-updates", 1)
    assert update["ep"] == device.id
    assert device.subscribed() == [TEMPERATURE]
    device.registration("register")
    (told,) = pulled(api, "registrations", 1)
    assert (told["ep"], told["ept"], told["q"]) == (device.id, "temperature", False)
    assert told.get("original-ep", device.id) == device.device["endpoint_name"]
    resources = {one["path"]: one for one in told["resources"]}
    assert resources[TEMPERATURE] == {"path": TEMPERATURE, "rt": "SensorValue", "if": "", "obs": True, "ct": "text/plain"}
    # Manual subscriptions do not outlive it.
    assert device.subscribed() == []


def test_notification_rules(device: Device) -> None:
    api = device.api
    device.measure(TEMPERATURE, 20)
    device.subscribe(TEMPERATURE)
    assert device.ask("PUT", f"{TEMPERATURE}?gt=25&lt=15") == {"status": 200}
    for value in (21, 24.9, 26, 27, 24, 16, 14):
        device.measure(TEMPERATURE, value)
    assert [value_of(one) for one in pulled(api, "notifications", 3)] == [b"26.0", b"24.0", b"14.0"]
    device.subscribe("/3/0/9")
    device.measure("/3/0/9", 50)
    pulled(api, "notifications", 1)
    assert device.ask("PUT", "/3/0/9?st=10") == {"status": 200}
    for value in (51, 59, 60, 65):
        device.measure("/3/0/9", value)
    assert [value_of(one) for one in pulled(api, "notifications", 1)] == [b"60"]


def test_the_shortest_and_the_longest_silence(device: Device) -> None:
    api = device.api
    device.api.simulator.clock(rate=0)
    assert device.api.send("PUT", f"/v2/subscriptions/{device.id}{TEMPERATURE}").status_code == 202
    device.send("PUT", "/3303?pmin=60&pmax=100")
    api.simulator.clock(advance=1)
    answers(api, 2)
    api.simulator.clock(advance=MINUTE)
    device.measure(TEMPERATURE, 40)
    assert [value_of(one) for one in pulled(api, "notifications", 1)] == [b"40.0"]
    api.simulator.clock(advance=10)
    for value in (41, 42):
        device.measure(TEMPERATURE, value)
    api.simulator.clock(advance=49)
    api.simulator.clock(advance=1)
    assert [value_of(one) for one in pulled(api, "notifications", 1)] == [b"42.0"]
    api.simulator.clock(advance=201)
    assert [value_of(one) for one in pulled(api, "notifications", 2)] == [b"42.0", b"42.0"]


def test_pre_subscriptions(device: Device) -> None:
    api, path = device.api, "/v2/subscriptions"
    assert api.get(path) == []
    rules = [
        {"endpoint-name": device.id[:20] + "*", "resource-path": ["/3303/*"]},
        {"endpoint-type": "temperature", "resource-path": ["/3/0/9"]},
        {"endpoint-type": "Light"},
        {"endpoint-name": "nothing"},
    ]
    assert api.send("PUT", path, json=rules).status_code == 204
    assert api.get(path) == rules
    # They hold from the next registration on.
    assert device.subscribed() == []
    device.registration("register")
    assert set(device.subscribed()) == {"/3/0/9", "/3303/0/5601", "/3303/0/5602", TEMPERATURE}
    pulled(api, "registrations", 1)
    device.measure("/3/0/9", 1)
    assert value_of(pulled(api, "notifications", 1)[0]) == b"1"
    assert api.send("DELETE", path).status_code == 204
    assert api.send("DELETE", path).status_code == 204
    assert api.get(path) == []
    assert api.send("PUT", path, json=[{}]).status_code == 204
    device.registration("register")
    assert len(device.subscribed()) > 5


@pytest.mark.parametrize(
    "rules",
    [
        {},
        [1],
        [{"name": "x"}],
        [{"endpoint-name": "x" * 65}],
        [{"endpoint-name": "a*b"}],
        [{"endpoint-type": 1}],
        [{"resource-path": []}],
        [{"resource-path": "/3"}],
        [{"resource-path": ["3"]}],
        [{"resource-path": ["/" + "3" * 128]}],
        [{"resource-path": ["/3/*/0"]}],
        [{}] * 1025,
        [{"resource-path": [f"/{number}" for number in range(257)]}],
    ],
)
def test_pre_subscriptions_that_are_none(api: Api, rules: Any) -> None:
    answer = api.send("PUT", "/v2/subscriptions", json=rules)
    assert (answer.status_code, answer.content) == (400, b"")


# --- echo ---


def echo(device: Device) -> dict[str, dict[str, Any]]:
    found = device.api.get(f"/v3/devices/{device.id}/echo")
    assert (found["object"], found["device_id"], found["endpoint_name"]) == ("device-echo", device.id, device.device["endpoint_name"])
    return {one["resource_path"]: one for one in found["resources"]}


def test_the_echo_needs_no_channel(api: Api) -> None:
    device = Device(api)
    known = echo(device)
    assert known[TEMPERATURE]["subscribed"] is False
    assert float(base64.b64decode(known[TEMPERATURE]["reported"]["value"])) > 10
    assert "reported" not in known["/3/0/0"]
    device.measure(TEMPERATURE, 33)
    assert base64.b64decode(echo(device)[TEMPERATURE]["reported"]["value"]) == b"33.0"
    assert api.send("GET", f"/v3/devices/{UNKNOWN}/echo").status_code == 404


def test_the_echo_keeps_what_is_read_and_written(device: Device) -> None:
    device.ask("GET", "/3/0/0")
    reported = echo(device)["/3/0/0"]["reported"]
    assert base64.b64decode(reported["value"]) == b"northlight"
    assert reported["reported_at"] < reported["expires_at"]
    device.behave(delay=30)
    device.send("PUT", "/33000/0/3", b"0")
    desired = echo(device)["/33000/0/3"]["desired"]
    assert (base64.b64decode(desired["value"]), desired["status"]) == (b"0", 0)
    device.api.simulator.clock(advance=31)
    later = echo(device)["/33000/0/3"]["desired"]
    assert later["status"] == 1
    assert later["desired_at"] == desired["desired_at"] < later["status_updated_at"]
    answers(device.api, 1)
    device.behave(delay=0)
    device.ask("PUT", "/3/0/0", b"x")
    assert echo(device)["/3/0/0"]["desired"]["status"] == 2
    assert device.api.get(f"/v3/devices/{device.id}/echo")["last_desired_at"] > later["desired_at"]
    # Only the newest of several values is wanted.
    device.behave(delay=30)
    for value in (b"1", b"0"):
        device.send("PUT", "/33000/0/3", value)
    device.api.simulator.clock(advance=31)
    answers(device.api, 1)
    wanted = echo(device)["/33000/0/3"]["desired"]
    assert (base64.b64decode(wanted["value"]), wanted["status"]) == (b"0", 0)
    device.api.simulator.clock(advance=31)
    answers(device.api, 1)
    device.behave(delay=0)
    device.subscribe("/3303")
    known = echo(device)
    assert [known[path]["subscribed"] for path in (TEMPERATURE, "/3/0/9")] == [True, False]


def test_the_echo_forgets(device: Device) -> None:
    path = f"/v3/devices/{device.id}/echo"
    answer = device.api.send("DELETE", path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert device.api.send("GET", path).status_code == 404
    assert device.api.send("DELETE", path).status_code == 404
    device.measure(TEMPERATURE, 30)
    assert TEMPERATURE in echo(device)
    assert "/3/0/3" not in echo(device)
    device.registration("register")
    assert "/3/0/3" in echo(device)
    device.registration("deregister")
    assert echo(device)
    device.api.simulator.clock(advance=184 * DAY)
    assert device.api.send("GET", path).status_code == 404


def test_who_owns_what(simulator: Watched, device: Device) -> None:
    """Answers and subscriptions are those of a key, and since 2021 of an application."""
    api = device.api
    others = [Api(simulator, simulator.key(kind="access_key", application_id="a" * 32)) for _time in range(2)]
    for other in others:
        other.simulator.settings(poll_seconds=0.1)
        pull(other)
        simulator.settings(poll_seconds=30)
    device.subscribe(TEMPERATURE)
    assert others[0].send("GET", f"/v2/subscriptions/{device.id}").status_code == 404
    device.measure(TEMPERATURE, 1)
    pulled(api, "notifications", 1)
    theirs = Device(others[0])
    sent = theirs.send("GET", "/3/0/0")
    # Another key of the same application takes the answer.
    assert answers(others[1], 1)[0]["id"] == sent
    simulator.settings(spec=2020)
    for other, found in zip(others, (202, 202), strict=True):
        assert other.send("PUT", f"/v2/subscriptions/{device.id}/3/0/9").status_code == found
    simulator.settings(spec=2021, poll_seconds=0.3)
    assert pull(others[1]) == {}


def test_controls_that_make_no_sense(simulator: Watched, device: Device) -> None:
    wrong = [
        ("device-behaviour", {"device": UNKNOWN}, "404"),
        ("device-behaviour", {"device": device.id, "speed": 1}, "unknown: speed"),
        ("device-behaviour", {"device": device.id, "online": 1}, "online cannot be 1"),
        ("device-behaviour", {"device": device.id, "delay": -1}, "delay cannot be -1"),
        ("device-value", {"device": device.id, "path": "/3/0/4", "value": 1}, "/3/0/4 is not a resource"),
        ("device-registration", {"device": device.id, "event": "explode"}, "event must be one of"),
    ]
    for name, body, message in wrong:
        with pytest.raises(SimulatorError, match=message):
            simulator.control("POST", name, body)
    assert simulator.control("POST", "device-behaviour", {"device": device.id})["delay"] == 0.05
