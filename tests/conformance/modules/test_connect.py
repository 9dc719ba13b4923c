# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Device connection and gateways: devices that answer, late, wrongly or never, over each kind of channel, and what is kept about them."""

from __future__ import annotations

import base64
import http.server
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from collection import util
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pelion_simulator.process import Simulator

PULL, CHANNEL, WEBSOCKET, CALLBACK = (f"/v2/notification/{word}" for word in ("pull", "channel", "websocket", "callback"))
CONNECT = "/v2/notification/websocket-connect"
PRESUBSCRIPTIONS = "/v2/subscriptions"
LABEL, DATA, NUMBER, FLAG = "/33000/0/0", "/33000/0/1", "/33000/0/2", "/33000/0/3"
TEMPERATURE = "/3303/0/5700"
UNKNOWN = "0" * 32
TLV = "application/vnd.oma.lwm2m+tlv"


class Connected:
    """The devices, and how they behave."""

    def __init__(self, simulator: Simulator, devices: list[dict[str, Any]]) -> None:
        self.simulator = simulator
        self.ids = [device["id"] for device in devices if device["endpoint_type"] == "temperature" and device["state"] == "registered"]
        self.gateways = [device["id"] for device in devices if device["endpoint_type"] == "MBED_GW" and device["state"] == "registered"]

    def behave(self, device: str, **how: Any) -> None:
        self.simulator.control("POST", "device-behaviour", {"device": device, **how})

    def measure(self, device: str, path: str, value: Any) -> None:
        self.simulator.control("POST", "device-value", {"device": device, "path": path, "value": value})

    def register(self, device: str, event: str = "register") -> None:
        self.simulator.control("POST", "device-registration", {"device": device, "event": event})


@pytest.fixture
def connected(simulator: Simulator, fleet: list[dict[str, Any]]) -> Connected:
    """The fleet, and a service that ends polls after a second."""
    simulator.settings(poll_seconds=1)
    return Connected(simulator, fleet)


@pytest.fixture
def one(connected: Connected) -> str:
    """A device."""
    return connected.ids[0]


@pytest.fixture
def existing(run: Any, connected: Connected) -> Iterator[dict[str, str]]:
    """A channel that several tasks use; the options that say so."""
    assert run("notification_channel", delivery_mechanism="WEB_SOCKET").changed
    yield {"channel": "existing"}
    run("notification_channel", delivery_mechanism="WEB_SOCKET", state="absent")


@pytest.fixture
def resource(run: Any) -> Any:
    """`resource(device, operation, path, **options)` runs device_resource and gives its one response."""

    def ask(device: str, operation: str, path: str, **options: Any) -> dict[str, Any]:
        step = run("device_resource", device_id=device, operation=operation, path=path, **options)
        assert not step.failed, step.result
        assert step.changed is step.result["responses"][0]["changed"]
        return dict(step.result["responses"][0])

    return ask


def kinds(step: Any) -> list[tuple[str, str]]:
    return [(sent.method, sent.path) for sent in step.sent]


def text_of(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


# -- reading


def test_a_value_is_read_over_a_channel_of_the_task_s_own(run: Any, connected: Connected, one: str) -> None:
    connected.measure(one, TEMPERATURE, 23.4)
    step = run("device_resource", device_id=one, operation="read", path="3303/0/5700/", channel="long_poll")
    (response,) = step.result["responses"]
    async_id = response.pop("async_id")
    assert response == {
        "device_id": one,
        "path": TEMPERATURE,
        "changed": False,
        "status": 200,
        "value": 23.4,
        "payload": text_of("23.4"),
        "content_type": "text/plain",
        "max_age": 60,
    }
    assert (step.changed, "messages" in step.result) == (False, False)
    # Looked first, then made, used and removed.
    assert kinds(step)[0] == ("GET", CHANNEL)
    assert [kind for kind in kinds(step) if kind[0] != "GET"] == [("POST", f"/v2/device-requests/{one}"), ("DELETE", PULL)]
    (request,) = (sent for sent in step.sent if sent.method == "POST")
    assert (request.query, request.json) == ({"async-id": async_id}, {"method": "GET", "uri": TEMPERATURE})
    assert run("notification_channel_info").result["notification_channels"] == []


def test_an_instance_an_object_and_other_formats_are_read(resource: Any, connected: Connected, one: str, existing: Any) -> None:
    connected.measure(one, NUMBER, -7)
    instance = {"0": "first", "1": base64.b64encode(bytes(range(16))).decode(), "2": -7, "3": True}
    types = {"0": "string", "1": "opaque", "2": "integer", "3": "boolean"}
    assert resource(one, "read", "/33000/0", types=types, **existing)["value"] == instance
    assert resource(one, "read", "/33000", types=types, **existing)["value"] == {"0": instance}
    for accept in ("application/senml+json", "application/vnd.oma.lwm2m+json"):
        found = resource(one, "read", "/33000/0", accept=accept, types=types, **existing)
        assert (found["content_type"], found["value"]["2"], found["value"]["3"]) == (accept, -7, True)
    # Numbers as keys, as YAML makes them.
    assert resource(one, "read", NUMBER, types={2: "integer"}, **existing)["value"] == -7
    assert resource(one, "read", NUMBER, **existing)["value"] == "-7"


def test_several_devices_share_a_channel(run: Any, connected: Connected) -> None:
    """Answers overtake each other and come twice; each is its device's."""
    ids = connected.ids[:12]
    for number, device in enumerate(ids):
        connected.measure(device, NUMBER, number)
        connected.behave(device, jitter=0.5, doubled=1)
    step = run("device_resource", device_ids=[*ids, ids[0]], operation="read", path=NUMBER, types={"2": "integer"}, channel="long_poll")
    assert [(entry["device_id"], entry["value"]) for entry in step.result["responses"]] == list(zip(ids, range(12), strict=True))
    assert len([kind for kind in kinds(step) if kind[0] == "POST"]) == 12
    assert kinds(step).count(("DELETE", PULL)) == 1


def test_check_mode_reads_too(run: Any, one: str) -> None:
    step = run("device_resource", check=True, device_id=one, operation="read", path=LABEL)
    assert step.result["responses"][0]["value"] == "first"


# -- devices that do not answer as they should


def test_what_is_known_of_devices_that_fail(run: Any, spec: int, connected: Connected, existing: Any) -> None:
    good, away, silent, broken, odd, mute = connected.ids[:6]
    connected.behave(away, refusing=1)
    connected.behave(silent, silent=1)
    connected.behave(broken, status=404)
    connected.behave(odd, status=418)
    connected.behave(mute, lost=1)
    connected.simulator.clock(rate=1000)
    step = run(
        "device_resource",
        device_ids=[good, away, silent, broken, odd, mute, UNKNOWN],
        operation="read",
        path=LABEL,
        wait_timeout=4,
        # Services from 2019 do not know it.
        expiry_seconds=3600 if spec > 2019 else None,
        **existing,
    )
    connected.simulator.clock(rate=1)
    assert step.failed
    (response,) = step.result["responses"]
    assert (response["device_id"], response["value"]) == (good, "first")
    failed = {entry["id"]: entry for entry in step.result["failed_devices"]}
    lost = failed[mute].pop("msg")
    assert lost.startswith(f"No answer to GET {LABEL} came within 4 seconds. The service has taken the request (")
    until = "3600 seconds" if spec > 2019 else "two hours, for sleeping devices three days"
    assert lost.endswith(f") and goes on delivering it for {until}; what the device then does is not seen here. Give wait_timeout more.")
    assert {device: (entry.get("msg"), entry.get("status")) for device, entry in failed.items() if device != UNKNOWN} == {
        away: (f"GET {LABEL} failed: the connection to the device failed (status 502).", 502),
        silent: (f"GET {LABEL} failed: the device did not answer (status 504 TIMEOUT).", 504),
        broken: (f"GET {LABEL} failed: the device has no such path (status 404).", 404),
        odd: (f"GET {LABEL} failed: it failed (status 418).", 418),
        mute: (None, None),
    }
    assert failed[UNKNOWN]["msg"].startswith(f"POST /v2/device-requests/{UNKNOWN} failed with HTTP 404")
    assert (failed[UNKNOWN]["status"], len(failed[UNKNOWN]["request_id"])) == (404, 32)
    assert step.msg.startswith("6 of 7 devices failed; the first: ")


def test_a_single_failure_is_told_shortly(run: Any, connected: Connected, one: str) -> None:
    connected.behave(one, status=405)
    step = run("device_resource", device_id=one, operation="read", path=LABEL)
    assert step.msg == f"Device {one}: GET {LABEL} failed: the path does not allow this (status 405)."
    # The channel is removed all the same.
    assert kinds(step)[-1] == ("DELETE", WEBSOCKET)


def test_an_unknown_path_is_the_service_s_error(run: Any, spec: int, one: str) -> None:
    step = run("device_resource", device_id=one, operation="read", path="/4711/0/1")
    words = "URI_PATH_DOES_NOT_EXISTS" if spec == 2020 else "RESOURCE_NOT_FOUND"
    assert words in step.msg
    assert step.result["failed_devices"][0]["status"] == (404 if spec == 2020 else 400)


def test_a_full_queue_passes(run: Any, connected: Connected, one: str, existing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # It is full until the first pause, however long filling it takes.
    connected.simulator.clock(rate=0)
    connected.behave(one, delay=3)
    filling = run("device_resource", device_ids=[one], operation="execute", path="/3303/0/5605", wait=False)
    assert not filling.failed
    for _time in range(19):
        run("device_resource", device_ids=[one], operation="execute", path="/3303/0/5605", wait=False)
    connected.behave(one, delay=0)
    monkeypatch.setitem(
        util("client").Client.__init__.__kwdefaults__, "sleep", lambda _seconds: connected.simulator.clock(advance=3, rate=1)
    )
    step = run("device_resource", device_id=one, operation="read", path=LABEL, retries=30, retry_max_wait=1, **existing)
    assert 400 in [sent.status for sent in step.sent]
    assert step.result["responses"][0]["value"] == "first"


@pytest.mark.until(2020)
def test_older_services_refuse_what_they_cannot_deliver(run: Any, connected: Connected, one: str) -> None:
    connected.behave(one, online=False)
    step = run("device_resource", device_id=one, operation="read", path=LABEL)
    assert step.msg.startswith(f"Device {one}: POST /v2/device-requests/{one} failed with HTTP 400: DEVICE_NOT_CONNECTED (request id ")


@pytest.mark.since(2021)
def test_a_device_that_leaves_says_so(run: Any, connected: Connected, one: str, existing: Any) -> None:
    connected.behave(one, online=False)
    connected.simulator.clear_requests()

    def leave() -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until and not any(entry["method"] == "POST" for entry in connected.simulator.requests()):
            time.sleep(0.05)
        connected.register(one, "deregister")

    leaving = threading.Thread(target=leave)
    leaving.start()
    step = run("device_resource", device_id=one, operation="read", path=LABEL, wait_timeout=60, **existing)
    leaving.join()
    assert step.msg == (
        f"Device {one}: GET {LABEL} failed: the device de-registered before it was delivered (status 429 DEVICE_REMOVED_REGISTRATION)."
    )


# -- writing


def test_a_write_is_idempotent_by_the_echo(run: Any, spec: int, connected: Connected, one: str) -> None:
    def write(value: Any, **options: Any) -> Any:
        return run("device_resource", device_id=one, operation="write", path=LABEL, value=value, **options)

    checked, real, again = write("Æ pump", check=True), write("Æ pump"), write("Æ pump")
    # Services from before 2021 have no echo, so it is written each time.
    assert not again.failed, again.result
    assert (checked.changed, real.changed, again.changed) == (True, True, spec < 2021)
    assert checked.writes == []
    post = (
        "POST",
        f"/v2/device-requests/{one}",
        {"method": "PUT", "uri": LABEL, "payload-b64": text_of("Æ pump"), "content-type": "text/plain"},
    )
    assert real.writes == [("PUT", WEBSOCKET, {}), post, ("DELETE", WEBSOCKET, None)]
    assert checked.result["diff"]["after"] == real.result["diff"]["after"] == {one: "Æ pump"}
    if spec == 2021:
        assert again.result["diff"] == {"before": {one: "Æ pump"}, "after": {one: "Æ pump"}}
        # Nothing to do, so no channel.
        assert kinds(again) == [("GET", f"/v3/devices/{one}/echo")]
        assert write("Æ pump", compare="none").changed


def test_a_write_is_idempotent_by_the_device(run: Any, connected: Connected, one: str, existing: Any) -> None:
    def write(value: Any, **options: Any) -> Any:
        return run("device_resource", device_id=one, operation="write", path=NUMBER, value=value, compare="device", **existing, **options)

    checked, real, again = write(7, check=True), write(7), write(7)
    assert (checked.changed, real.changed, again.changed) == (True, True, False)
    assert checked.result["diff"] == real.result["diff"] == {"before": {one: "42"}, "after": {one: 7}}
    assert [sent[2]["method"] for sent in real.writes] == ["GET", "PUT"]
    assert [sent[2]["method"] for sent in again.writes] == ["GET"]
    # What it was set to here and what it is are two things.
    connected.measure(one, NUMBER, 8)
    assert write(7).changed


def test_an_instance_is_written_in_one_request(run: Any, resource: Any, one: str, existing: Any) -> None:
    types = {"0": "string", "2": "integer", "3": "boolean"}
    value = {"0": "second", "2": 43}
    step = run("device_resource", device_id=one, operation="write", path="/33000/0", value=value, types=types, compare="device", **existing)
    assert step.changed
    assert [(sent[2]["method"], sent[2].get("content-type")) for sent in step.writes] == [("GET", None), ("PUT", TLV)]
    assert (
        resource(one, "read", "/33000/0", types=types, **existing)["value"] | value
        == resource(one, "read", "/33000/0", types=types, **existing)["value"]
    )
    again = run(
        "device_resource", device_id=one, operation="write", path="/33000/0", value=value, types=types, compare="device", **existing
    )
    assert not again.changed


def test_bytes_are_written_as_they_are(run: Any, resource: Any, one: str, existing: Any) -> None:
    payload = base64.b64encode(bytes(range(200))).decode()
    step = run("device_resource", device_id=one, operation="write", path=DATA, payload=payload, compare="device", **existing)
    assert step.changed
    assert step.writes[-1][2]["content-type"] == "application/octet-stream"
    assert resource(one, "read", DATA, **existing)["payload"] == payload
    assert not run("device_resource", device_id=one, operation="write", path=DATA, payload=payload, compare="device", **existing).changed


VALUES = {
    LABEL: st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20),
    NUMBER: st.integers(-(2**31), 2**31 - 1),
    FLAG: st.booleans(),
}
CASES = st.sampled_from(sorted(VALUES)).flatmap(lambda path: st.tuples(st.just(path), VALUES[path], VALUES[path]))


PROPERTY = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@PROPERTY
@given(case=CASES, form=st.sampled_from(["text/plain", TLV, "application/senml+json", None]))
def test_what_check_mode_foretells_of_a_write_comes(run: Any, connected: Connected, one: str, existing: Any, case: Any, form: Any) -> None:
    path, before, wanted = case
    connected.measure(one, path, before)
    types = {"0": "string", "2": "integer", "3": "boolean"}
    options = {
        "device_id": one,
        "operation": "write",
        "path": path,
        "value": wanted,
        "types": types,
        "compare": "device",
        "content_type": form,
    }
    foretold, real, again = (run("device_resource", check=check, **options, **existing) for check in (True, False, False))
    assert not real.failed, real.result
    assert foretold.changed is real.changed is (before != wanted)
    assert foretold.result["diff"] == real.result["diff"]
    assert not again.changed


# -- executing, creating, deleting, rules


def test_the_life_of_an_instance(run: Any, resource: Any, one: str, existing: Any) -> None:
    def step(operation: str, path: str = "/33000/1", **options: Any) -> Any:
        done = run("device_resource", device_id=one, operation=operation, path=path, **existing, **options)
        assert not done.failed, done.result
        return done

    value = {"0": "new", "2": 5}
    checked, real, again = step("create", value=value, check=True), step("create", value=value), step("create", value=value)
    assert (checked.changed, real.changed, again.changed) == (True, True, False)
    assert (checked.writes, again.writes) == ([], [])
    ((_method, _path, body),) = real.writes
    assert (body["method"], body["uri"], body["content-type"]) == ("POST", "/33000", TLV)
    assert checked.result["diff"] == real.result["diff"] == {"before": {one: []}, "after": {one: "/33000/1"}}
    types = {"0": "string", "2": "integer"}
    assert (
        resource(one, "read", "/33000/1", types=types, **existing)["value"] | value
        == resource(one, "read", "/33000/1", types=types, **existing)["value"]
    )

    # One whose id the device chooses is created each time.
    chosen = step("create", "/33000", value={"0": "mine"})
    assert chosen.changed
    assert {
        entry["uri"].split("/")[2] for entry in run("device_resource_info", device_id=one, path="/33000").result["device_resources"]
    } == {
        "0",
        "1",
        "2",
    }

    checked, real, again = step("delete", check=True), step("delete"), step("delete")
    assert (checked.changed, real.changed, again.changed) == (True, True, False)
    assert (checked.writes, again.writes) == ([], [])
    assert [sent[2] for sent in real.writes] == [{"method": "DELETE", "uri": "/33000/1"}]
    assert real.result["diff"]["after"] == {one: None}


def test_a_resource_is_executed(run: Any, resource: Any, connected: Connected, one: str, existing: Any) -> None:
    connected.measure(one, TEMPERATURE, 40)
    connected.measure(one, TEMPERATURE, 20)
    checked = run("device_resource", check=True, device_id=one, operation="execute", path="/3303/0/5605", **existing)
    assert (checked.changed, checked.writes) == (True, [])
    step = run("device_resource", device_id=one, operation="execute", path="/3303/0/5605", value="1='x'", **existing)
    assert step.changed
    assert step.writes[0][2] == {
        "method": "POST",
        "uri": "/3303/0/5605",
        "payload-b64": text_of("1='x'"),
        "content-type": "text/plain",
    }
    assert resource(one, "read", "/3303/0/5602", **existing)["value"] == 20


@pytest.mark.since(2020)
def test_not_all_devices_may_fail(run: Any, connected: Connected, existing: Any) -> None:
    """What a device answers counts too, so that no more are asked at once than go side by side."""
    ids = connected.ids[:8]
    for device in ids[1:3]:
        connected.behave(device, status=504)
    options = {"device_ids": ids, "operation": "execute", "path": "/3/0/4", "concurrency": 2, "max_failures": "2", **existing}
    step = run("device_resource", **options)
    assert len([sent for sent in step.sent if sent.method == "POST"]) == 4
    assert [entry["device_id"] for entry in step.result["responses"]] == [ids[0], ids[3]]
    failed = step.result["failed_devices"]
    assert sorted(entry["id"] for entry in failed) == sorted({*ids} - {ids[0], ids[3]})
    told = {entry["id"]: entry["msg"] for entry in failed}
    assert told[ids[1]].startswith("POST /3/0/4 failed: ")
    assert [told[device] for device in ids[4:]] == ["It was not tried any more, since max_failures was reached."] * 4
    # Those that failed are the input of the next run.
    for device in ids[1:3]:
        connected.behave(device, status=None)
    again = run("device_resource", **{**options, "device_ids": [entry["id"] for entry in failed]})
    assert (again.failed, len(again.result["responses"])) == (False, 6)


def test_no_more_subscriptions_once_too_many_failed(run: Any, connected: Connected, existing: Any) -> None:
    ids = [UNKNOWN, *connected.ids[:3]]
    step = run("subscription", device_ids=ids, paths=[TEMPERATURE], concurrency=1, max_failures="1")
    assert [entry["id"] for entry in step.result["failed_devices"]] == ids
    assert step.result["failed_devices"][1] == {"id": ids[1], "msg": "It was not tried any more, since max_failures was reached."}
    assert run("subscription", device_ids=ids, paths=[TEMPERATURE], max_failures="0").msg == (
        "max_failures must be a number such as 5 or a percentage such as 10%, not '0'."
    )


@pytest.mark.since(2020)
def test_rules_are_written_and_delivery_is_tuned(run: Any, one: str, existing: Any) -> None:
    step = run(
        "device_resource",
        device_id=one,
        operation="write_attributes",
        path=TEMPERATURE,
        attributes={"pmin": 1, "gt": 24.5},
        retry=2,
        expiry_seconds=60,
        **existing,
    )
    (sent,) = (sent for sent in step.sent if sent.method == "POST")
    assert (step.changed, sent.json) == (True, {"method": "PUT", "uri": f"{TEMPERATURE}?pmin=1&gt=24.5"})
    assert {name: value for name, value in sent.query.items() if name != "async-id"} == {"retry": "2", "expiry-seconds": "60"}


def test_without_waiting_nothing_is_known(run: Any, connected: Connected, one: str) -> None:
    step = run("device_resource", device_id=one, operation="write", path=LABEL, value="later", wait=False, compare="none")
    (response,) = step.result["responses"]
    assert (response["status"], response["changed"], len(response["async_id"])) == (202, True, 36)
    assert kinds(step) == [("POST", f"/v2/device-requests/{one}")]


# -- channels


def test_tasks_in_a_row_over_one_long_poll_channel(run: Any, resource: Any, connected: Connected, one: str) -> None:
    assert run("notification_channel", delivery_mechanism="LONG_POLLING").changed
    assert [resource(one, "read", path, channel="existing")["value"] for path in (LABEL, NUMBER)] == ["first", "42"]
    channel = run("notification_channel_info").result["notification_channels"]
    assert channel == [{"delivery_mechanism": "LONG_POLLING"}]


def test_what_else_comes_over_the_channel_is_handed_on(run: Any, connected: Connected, one: str, existing: Any) -> None:
    assert run("subscription", device_id=one, paths=[TEMPERATURE]).changed
    connected.measure(one, TEMPERATURE, 31.5)
    # Numbers that a sensor reports are delivered within moments.
    seen: list[Any] = []
    for _time in range(10):
        step = run("device_resource", device_id=one, operation="read", path=LABEL, **existing)
        seen += [entry for message in step.result["messages"] for entry in message.get("notifications", ())]
        if any(entry["payload"] == text_of("31.5") for entry in seen):
            break
    assert {(entry["ep"], entry["path"]) for entry in seen} == {(one, TEMPERATURE)}
    assert text_of("31.5") in [entry["payload"] for entry in seen]


def test_a_websocket_of_the_task_s_own_needs_no_pause(run: Any, connected: Connected, one: str) -> None:
    for _time in range(2):
        step = run("device_resource", device_id=one, operation="read", path=LABEL)
        assert step.result["responses"][0]["value"] == "first"
        assert kinds(step) == [
            ("GET", CHANNEL),
            ("PUT", WEBSOCKET),
            ("GET", CONNECT),
            ("POST", f"/v2/device-requests/{one}"),
            ("DELETE", WEBSOCKET),
        ]


@pytest.mark.parametrize("kind", ["own", "long_poll", "websocket"])
def test_a_channel_is_never_taken_over(run: Any, one: str, existing: Any, kind: str) -> None:
    step = run("device_resource", device_id=one, operation="read", path=LABEL, channel=kind)
    assert step.msg == (
        "The application has a notification channel already, of the kind WEB_SOCKET, and cannot have two. It is not taken over, since what "
        "it delivers is somebody's. Use a key of another application, set channel to existing to receive over it, or delete it with the "
        "module notification_channel."
    )
    assert kinds(step) == [("GET", CHANNEL)]


def test_a_pause_after_a_long_poll_channel(run: Any, connected: Connected, one: str) -> None:
    read = {"device_id": one, "operation": "read", "path": LABEL, "channel": "long_poll"}
    run("device_resource", **read)
    step = run("device_resource", wait_timeout=30, **read)
    assert step.msg.startswith("The application's long poll channel was deleted less than two minutes ago")
    assert kinds(step).count(("GET", PULL)) == 1
    connected.simulator.clock(advance=121)
    assert run("device_resource", **read).result["responses"][0]["value"] == "first"


def test_hosts_of_a_play_take_turns(run: Any, connected: Connected, existing: Any, environment: dict[str, str], tmp_path: Path) -> None:
    """A websocket has one connection; a second would end the first."""
    hosts = {f"host{number}": {"device": device} for number, device in enumerate(connected.ids[:4])}
    book = [
        {
            "hosts": "all",
            "gather_facts": False,
            "tasks": [
                {
                    "pelion.device_management.device_resource": {
                        "device_id": "{{ device }}",
                        "operation": "read",
                        "path": LABEL,
                        **existing,
                    },
                    "register": "found",
                },
                {"ansible.builtin.assert": {"that": "found.responses[0].value == 'first'"}},
            ],
        }
    ]
    (tmp_path / "play.yml").write_text(json.dumps(book), encoding="utf-8")
    (tmp_path / "hosts.yml").write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    done = subprocess.run(
        ["ansible-playbook", "-c", "local", "-f", "4", "-i", str(tmp_path / "hosts.yml"), str(tmp_path / "play.yml")],
        env={**environment, "ANSIBLE_PIPELINING": "1", "ANSIBLE_PYTHON_INTERPRETER": sys.executable},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    asked = [(entry["method"], entry["path"]) for entry in connected.simulator.requests()]
    assert asked.count(("GET", CONNECT)) == 4


# -- the older form


def test_the_older_form_reads_and_writes(run: Any, connected: Connected, one: str, existing: Any) -> None:
    older = {"device_id": one, "transport": "endpoints", **existing}
    nothing = run("device_resource", operation="read", path=NUMBER, cache_only=True, device_id=one, transport="endpoints")
    assert [(entry["status"], entry["value"]) for entry in nothing.result["responses"]] == [(205, None)]
    read = run("device_resource", operation="read", path=NUMBER, types={"2": "integer"}, **older)
    assert read.result["responses"][0]["value"] == 42
    cached = run("device_resource", operation="read", path=NUMBER, cache_only=True, device_id=one, transport="endpoints")
    assert [(entry["status"], entry["value"]) for entry in cached.result["responses"]] == [(200, "42")]
    assert cached.sent[-1].query == {"cacheOnly": "true"}
    write = run("device_resource", operation="write", path=NUMBER, value=43, compare="none", **older)
    assert (write.changed, write.writes) == (True, [("PUT", f"/v2/endpoints/{one}{NUMBER}", 43)])
    execute = run("device_resource", operation="execute", path="/3303/0/5605", **older)
    assert (execute.changed, execute.writes) == (True, [("POST", f"/v2/endpoints/{one}/3303/0/5605", None)])
    create = run("device_resource", operation="create", path="/33000/1", value={"0": "new"}, types={"0": "string"}, **older)
    assert (create.changed, create.writes[0][:2]) == (True, ("POST", f"/v2/endpoints/{one}/33000"))
    delete = run("device_resource", operation="delete", path="/33000/1", **older)
    assert (delete.changed, delete.writes) == (True, [("DELETE", f"/v2/endpoints/{one}/33000/1", None)])
    quiet = run(
        "device_resource", operation="write", path=NUMBER, value=44, no_response=True, compare="none", device_id=one, transport="endpoints"
    )
    assert (quiet.changed, quiet.result["responses"][0]["status"]) == (True, 204)
    assert quiet.sent[-1].query == {"noResp": "true"}


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"operation": "read", "cache_only": True}, "cache_only goes with transport: endpoints only."),
        ({"operation": "execute", "no_response": True}, "no_response goes with transport: endpoints only."),
        ({"operation": "read", "transport": "endpoints", "retry": 1}, "retry goes with transport: requests only."),
        ({"operation": "execute", "retry": 11}, "retry must be 0 to 10, not 11."),
        ({"operation": "execute", "expiry_seconds": 59}, "expiry_seconds must be 60 to 2592000, not 59."),
        (
            {"operation": "read", "wait": False},
            "Reading without waiting for the answer gives nothing; leave wait true and no_response false.",
        ),
        ({"operation": "delete", "transport": "endpoints", "cache_only": True}, "cache_only goes with operation: read only."),
        ({"operation": "create", "value": {"0": 1}}, "/3/0/9 is no instance; create takes /object/instance or /object."),
        ({"operation": "write"}, "operation is write but any of the following are missing: value, payload"),
        ({"operation": "write_attributes"}, "operation is write_attributes but all of the following are missing: attributes"),
        ({"operation": "write", "value": {"battery": 1}}, "'battery' is no id of an object, instance or resource: those are numbers."),
        ({"operation": "write", "payload": "!"}, "'!' cannot be written as opaque."),
        ({"operation": "read", "device_id": "pump"}, "'pump' is no id of a device: an id is 32 hexadecimal digits."),
        (
            {"operation": "read", "path": "3//0"},
            "'3//0' is no path of a resource; write it as object/instance/resource, such as /3303/0/5700.",
        ),
    ],
)
def test_what_does_not_go_together(run: Any, one: str, options: dict[str, Any], text: str) -> None:
    step = run("device_resource", **{"device_id": one, "path": "/3/0/9", **options})
    assert step.msg == text
    assert step.sent == []


# -- what the service knows


@pytest.mark.since(2021)
def test_the_echo_is_read_and_forgotten(run: Any, connected: Connected) -> None:
    first, second = connected.ids[:2]
    connected.measure(first, TEMPERATURE, 22.5)
    step = run("device_echo_info", device_ids=[first, second, UNKNOWN], paths=["/3303", "/3/0/9"])
    assert [echo["device_id"] for echo in step.result["device_echoes"]] == [first, second]
    values = {
        entry["resource_path"]: (entry.get("reported") or {}).get("decoded") for entry in step.result["device_echoes"][0]["resources"]
    }
    assert set(values) == {"/3/0/9", "/3303/0/5601", "/3303/0/5602", "/3303/0/5605", TEMPERATURE, "/3303/0/5701"}
    assert kinds(step) == [("GET", f"/v3/devices/{device}/echo") for device in (first, second, UNKNOWN)] or len(kinds(step)) == 3

    forget = {"device_ids": [first, UNKNOWN], "state": "absent"}
    checked, real = run("device_echo", check=True, **forget), run("device_echo", **forget)
    assert (checked.changed, real.changed) == (True, True)
    assert (checked.writes, real.writes) == ([], [("DELETE", f"/v3/devices/{first}/echo", None)])
    assert checked.result["removed"] == real.result["removed"] == [first]
    assert checked.result["diff"] == real.result["diff"]
    assert TEMPERATURE in real.result["diff"]["before"]["resources"][first]
    again = run("device_echo", **forget)
    assert (again.changed, again.writes, again.result["removed"]) == (False, [], [])
    assert run("device_echo_info", device_id=first).result["device_echoes"] == []


@pytest.mark.until(2020)
def test_older_services_have_no_echo(run: Any, one: str) -> None:
    step = run("device_echo_info", device_id=one)
    assert "an older service may not have this operation" in step.msg


def test_the_resources_of_devices_are_listed(run: Any, spec: int, connected: Connected) -> None:
    ids = connected.ids[:3]
    connected.measure(ids[0], TEMPERATURE, 22.5)
    step = run("device_resource_info", device_ids=[*ids, UNKNOWN], path="/3303/0")
    assert {(entry["device_id"], entry["uri"]) for entry in step.result["device_resources"]} == {
        (device, f"/3303/0/{number}") for device in ids for number in (5601, 5602, 5605, 5700, 5701)
    }
    assert all("value" not in entry for entry in step.result["device_resources"])
    if spec == 2021:
        step = run("device_resource_info", device_id=ids[0], path=TEMPERATURE, values=True)
        (entry,) = step.result["device_resources"]
        assert (entry["value"], entry["payload"], entry["content_type"]) == (22.5, text_of("22.5"), "text/plain")


@pytest.mark.since(2021)
def test_the_logs_of_gateways_are_read(run: Any, client: Any) -> None:
    everything = list(client.list("/v3/device-logs", order="ASC"))
    gateway, order = everything[0]["device_id"], ("DEBUG", "TRACE", "INFO", "WARNING", "ERROR", "CRITICAL")
    newest = run("device_gateway_log_info", limit=5).result["device_gateway_logs"]
    assert [entry["id"] for entry in newest] == [entry["id"] for entry in everything[:-6:-1]]
    serious = run("device_gateway_log_info", filters={"level": {"gte": "warning"}}, order="ASC")
    assert serious.sent[0].query["level__gte"] == "WARNING"
    assert [entry["id"] for entry in serious.result["device_gateway_logs"]] == [
        entry["id"] for entry in everything if order.index(entry["level"]) >= 3
    ]
    own = run("device_gateway_log_info", device_id=gateway, filters={"app_name": everything[0]["app_name"]}, order="ASC")
    assert own.sent[0].path == f"/v3/devices/{gateway}/logs"
    assert [entry["id"] for entry in own.result["device_gateway_logs"]] == [
        entry["id"] for entry in everything if (entry["device_id"], entry["app_name"]) == (gateway, everything[0]["app_name"])
    ]
    one = run("device_gateway_log_info", id=everything[0]["id"])
    assert (one.result["device_gateway_logs"], kinds(one)) == ([everything[0]], [("GET", f"/v3/device-logs/{everything[0]['id']}")])
    wrong = run("device_gateway_log_info", filters={"level": {"gte": "LOUD"}})
    assert wrong.msg == "'LOUD' is no level; in order they are: DEBUG, TRACE, INFO, WARNING, ERROR, CRITICAL."


# -- subscriptions


def test_the_life_of_subscriptions(run: Any, connected: Connected, existing: Any) -> None:
    ids = connected.ids[:2]
    of = [f"/v2/subscriptions/{device}" for device in ids]

    def stages(**options: Any) -> tuple[Any, Any, Any]:
        checked, real, again = (run("subscription", check=check, device_ids=ids, **options) for check in (True, False, False))
        assert (checked.changed, real.changed, again.changed) == (True, True, False), (checked.result, real.result, again.result)
        assert (checked.writes, again.writes) == ([], [])
        assert checked.result["diff"] == real.result["diff"]
        return checked, real, again

    _checked, real, again = stages(paths=[TEMPERATURE, "3/0/9"])
    assert sorted(real.writes) == sorted(("PUT", f"{path}{resource}", None) for path in of for resource in ("/3/0/9", TEMPERATURE))
    assert [entry["paths"] for entry in again.result["subscriptions"]] == [["/3/0/9", TEMPERATURE]] * 2
    assert all(len(entry["async_ids"]) == 2 for entry in real.result["subscriptions"])
    info = run("subscription_info", device_ids=[*ids, connected.ids[2]])
    assert [entry["paths"] for entry in info.result["subscriptions"]] == [["/3/0/9", TEMPERATURE]] * 2 + [[]]
    single = run("subscription_info", device_ids=[ids[0], connected.ids[2]], paths=["3/0/9"])
    assert [entry["paths"] for entry in single.result["subscriptions"]] == [["/3/0/9"], []]
    assert {(sent.path, sent.status) for sent in single.sent} == {
        (f"{of[0]}/3/0/9", 200),
        (f"/v2/subscriptions/{connected.ids[2]}/3/0/9", 404),
    }

    _checked, real, _again = stages(paths=["/3/0/3", "/3/0/9"], exact=True)
    assert sorted(real.writes) == sorted(
        [("PUT", f"{path}/3/0/3", None) for path in of] + [("DELETE", f"{path}{TEMPERATURE}", None) for path in of]
    )
    _checked, real, _again = stages(paths=["/3/0/3", "/3/0/11"], state="absent")
    assert sorted(real.writes) == [("DELETE", f"{path}/3/0/3", None) for path in sorted(of)]
    _checked, real, _again = stages(state="absent")
    assert sorted(real.writes) == [("DELETE", path, None) for path in sorted(of)]
    assert run("subscription", device_ids=ids, paths=["/3"], exact=True, state="absent").msg == (
        "exact goes with state: present only; to end all subscriptions leave paths out."
    )


def test_a_registration_loses_subscriptions(run: Any, connected: Connected, one: str, existing: Any) -> None:
    run("subscription", device_id=one, paths=[TEMPERATURE])
    connected.register(one)
    assert run("subscription", device_id=one, paths=[TEMPERATURE]).changed


def test_what_cannot_be_subscribed_to(run: Any, connected: Connected, existing: Any) -> None:
    step = run("subscription", device_ids=[connected.ids[0], UNKNOWN], paths=[TEMPERATURE])
    assert [entry["id"] for entry in step.result["failed_devices"]] == [UNKNOWN]
    assert (step.changed, [entry["device_id"] for entry in step.result["subscriptions"]]) == (True, [connected.ids[0]])


def test_the_life_of_presubscriptions(run: Any) -> None:
    sensors = {"endpoint_type": "temperature", "resource_path": ["/3303/*"]}
    pumps = {"endpoint_name": "pump-*", "resource_path": ["/3/0/9", "/3/0/13"]}

    def stages(writes: list[Any], after: list[Any], **options: Any) -> None:
        checked, real, again = (run("presubscription", check=check, **options) for check in (True, False, False))
        assert (checked.changed, real.changed, again.changed) == (True, True, False)
        assert (checked.writes, real.writes, again.writes) == ([], writes, [])
        assert checked.result["diff"] == real.result["diff"]
        assert [step.result["presubscriptions"] for step in (checked, real, again)] == [after] * 3
        assert run("presubscription_info").result["presubscriptions"] == after

    def spelt(*rules: dict[str, Any]) -> list[Any]:
        return [{name.replace("_", "-"): value for name, value in rule.items()} for rule in rules]

    sorted_pumps = {**pumps, "resource_path": sorted(pumps["resource_path"])}
    assert run("presubscription_info").result["presubscriptions"] == []
    stages([("PUT", PRESUBSCRIPTIONS, spelt(sensors))], [sensors], presubscriptions=[sensors])
    stages([("PUT", PRESUBSCRIPTIONS, spelt(sensors, sorted_pumps))], [sensors, sorted_pumps], presubscriptions=[pumps])
    less = {**pumps, "resource_path": ["/3/0/13"]}
    stages(
        [("PUT", PRESUBSCRIPTIONS, spelt(sensors, less))],
        [sensors, less],
        presubscriptions=[{**pumps, "resource_path": ["/3/0/9"]}],
        state="absent",
    )
    stages([("PUT", PRESUBSCRIPTIONS, spelt(sensors))], [sensors], presubscriptions=[sensors], exact=True)
    stages([("DELETE", PRESUBSCRIPTIONS, None)], [], state="absent")


def test_presubscriptions_take_effect_at_registration(run: Any, connected: Connected, one: str, existing: Any) -> None:
    run("presubscription", presubscriptions=[{"endpoint_type": "temperature", "resource_path": ["/3303/*"]}])
    connected.register(one)
    assert TEMPERATURE in run("subscription_info", device_id=one).result["subscriptions"][0]["paths"]


def foretold(run: Any, module: str, options: dict[str, Any]) -> Any:
    """The real run of a module, which must do what check mode foretells, and nothing when it runs again."""
    checked, real, again = (run(module, check=check, **options) for check in (True, False, False))
    assert checked.failed is real.failed
    if real.failed:
        assert checked.msg == real.msg
        assert real.writes == []
        return real
    assert (checked.changed, checked.writes) == (real.changed, [])
    assert checked.result["diff"] == real.result["diff"]
    assert real.changed is bool(real.writes) is (real.result["diff"]["before"] != real.result["diff"]["after"])
    assert (again.changed, again.writes) == (False, [])
    assert again.result["diff"]["before"] == real.result["diff"]["after"]
    return real


OBSERVABLE = st.lists(st.sampled_from([TEMPERATURE, "/3/0/9", "/3/0/3"]), max_size=3, unique=True)


@PROPERTY
@given(before=OBSERVABLE, paths=st.none() | OBSERVABLE, state=st.sampled_from(["present", "absent"]), exact=st.booleans())
def test_what_check_mode_foretells_of_subscriptions_comes(
    run: Any, client: Any, connected: Connected, existing: Any, before: Any, paths: Any, state: str, exact: bool
) -> None:
    device = connected.ids[0]
    client.delete(f"/v2/subscriptions/{device}")
    for path in before:
        client.put(f"/v2/subscriptions/{device}{path}", None)
    real = foretold(run, "subscription", {"device_id": device, "paths": paths, "state": state, "exact": exact})
    if not real.failed:
        named = set(before if paths is None else paths)
        wanted = set(before) - named if state == "absent" else named if exact else set(before) | named
        assert run("subscription_info", device_id=device).result["subscriptions"][0]["paths"] == sorted(wanted)


RULES = st.lists(
    st.builds(
        lambda name, kind, paths: {
            field: value for field, value in {"endpoint_name": name, "endpoint_type": kind, "resource_path": paths}.items() if value
        },
        st.sampled_from([None, "pump-*"]),
        st.sampled_from([None, "sensor"]),
        st.lists(st.sampled_from(["/1", "/3303/*"]), max_size=2, unique=True),
    ),
    max_size=3,
)


@PROPERTY
@given(before=RULES, rules=st.none() | RULES, state=st.sampled_from(["present", "absent"]), exact=st.booleans())
def test_what_check_mode_foretells_of_presubscriptions_comes(
    run: Any, client: Any, before: Any, rules: Any, state: str, exact: bool
) -> None:
    client.put(PRESUBSCRIPTIONS, [{field.replace("_", "-"): value for field, value in rule.items()} for rule in before])
    foretold(run, "presubscription", {"presubscriptions": rules, "state": state, "exact": exact})


# -- notification channels


class Collector(http.server.BaseHTTPRequestHandler):
    """Where callbacks go."""

    received: list[tuple[str, dict[str, str], Any]]

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.received.append((self.path, dict(self.headers), json.loads(body)))
        self.send_response(404 if self.path == "/gone" else 204)
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Any]:
    """A server for callbacks; `url(path)` and what it `received`."""
    Collector.received = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


SECRET = "s3cret-of-the-collector-0001"


def test_the_life_of_a_callback(run: Any, spec: int, collector: Any) -> None:
    _server, base = collector
    form = {"max_chunk_size": 1000, "cfg": {"include_uid": True}} if spec > 2019 else None

    def stages(writes: list[Any], **options: Any) -> list[Any]:
        steps = [run("notification_channel", check=check, **options) for check in (True, False, False)]
        assert [step.changed for step in steps] == [True, True, False], [step.result for step in steps]
        assert [step.writes for step in steps] == [[], writes, []]
        assert steps[0].result["diff"] == steps[1].result["diff"]
        for step in steps:
            assert SECRET not in step.output
        return [step.result["notification_channel"] for step in steps]

    callback = {"delivery_mechanism": "CALLBACK", "url": f"{base}/a", "headers": {"authorization": SECRET}, "serialization": form}
    serialization = {} if form is None else {"serialization": {"type": "v2", **form}}
    sent = {"url": f"{base}/a", "headers": {"authorization": SECRET}, **serialization}
    _foretold, real, again = stages([("PUT", CALLBACK, sent)], **callback)
    assert real == again
    assert {name: real[name] for name in ("delivery_mechanism", "url", "header_names")} == {
        "delivery_mechanism": "CALLBACK",
        "url": f"{base}/a",
        "header_names": ["authorization"],
    }
    assert Collector.received[0][0] == "/a"
    assert Collector.received[0][1]["authorization"] == SECRET
    # What is not mentioned stays.
    assert not run("notification_channel", delivery_mechanism="CALLBACK", url=f"{base}/a").changed
    # The headers are cleared.
    stages([("PUT", CALLBACK, {**sent, "headers": {}})], delivery_mechanism="CALLBACK", url=f"{base}/a", headers={})

    elsewhere = {"delivery_mechanism": "CALLBACK", "url": f"{base}/b"}
    refused = run("notification_channel", **elsewhere)
    assert refused.msg.startswith(f"There is a CALLBACK channel to {base}/a already. It is left alone")
    assert refused.writes == []
    stages([("PUT", CALLBACK, {"url": f"{base}/b", **serialization})], **elsewhere, force=True)
    assert run("notification_channel_info").result["notification_channels"][0]["url"] == f"{base}/b"
    assert not run("notification_channel", delivery_mechanism="CALLBACK", url=f"{base}/a", state="absent").changed
    assert stages([("DELETE", CALLBACK, None)], delivery_mechanism="CALLBACK", url=f"{base}/b", state="absent")[1:] == [None, None]


CALLBACKS = st.builds(
    lambda path, headers: {"delivery_mechanism": "CALLBACK", "url": path, "headers": headers},
    st.sampled_from(["/a", "/b"]),
    st.sampled_from([None, {}, {"authorization": SECRET}, {"authorization": SECRET[::-1], "x-more": "1234567"}]),
)
CHANNELS = CALLBACKS | st.just({"delivery_mechanism": "WEB_SOCKET"})


@PROPERTY
@given(
    before=st.none() | CHANNELS,
    wanted=CHANNELS,
    state=st.sampled_from(["present", "present", "absent"]),
    force=st.booleans(),
)
def test_what_check_mode_foretells_of_a_channel_comes(run: Any, collector: Any, before: Any, wanted: Any, state: str, force: bool) -> None:
    _server, base = collector

    def at(channel: dict[str, Any]) -> dict[str, Any]:
        return {**channel, **({"url": base + channel["url"]} if "url" in channel else {})}

    run("notification_channel", state="absent", force=True)
    if before is not None:
        run("notification_channel", **at(before))
    options = {**at(wanted), "state": state, "force": force}
    checked, real, again = (run("notification_channel", check=check, **options) for check in (True, False, False))
    assert checked.failed is real.failed
    assert SECRET not in checked.output + real.output + again.output
    if real.failed:
        assert (checked.msg, real.writes) == (real.msg, [])
        return
    assert (checked.changed, checked.writes, checked.result["diff"]) == (real.changed, [], real.result["diff"])
    assert real.changed is bool(real.writes)
    assert (again.changed, again.writes) == (False, [])


def test_secret_headers_are_shown_nowhere(run: Any, play: Any, collector: Any) -> None:
    _server, base = collector
    options = {"delivery_mechanism": "CALLBACK", "url": f"{base}/a", "headers": {"authorization": SECRET}}
    played = play({"set": {"notification_channel": options}, "read": {"notification_channel_info": {}}}, "--diff", "-vvv")
    assert SECRET not in played.output
    assert played["read"].result["notification_channels"][0]["header_names"] == ["authorization"]
    # Also those that somebody else has set.
    read, changed = run("notification_channel_info"), run("notification_channel", **{**options, "headers": {}})
    assert changed.changed
    assert SECRET not in read.output + changed.output


def test_a_callback_that_cannot_be_reached(run: Any, collector: Any) -> None:
    _server, base = collector
    step = run("notification_channel", delivery_mechanism="CALLBACK", url=f"{base}/gone")
    assert ", since the service cannot deliver to the url, or another channel has been made meanwhile" in step.msg


def test_answers_that_go_to_a_callback_cannot_be_waited_for(run: Any, connected: Connected, one: str, collector: Any) -> None:
    _server, base = collector
    run("notification_channel", delivery_mechanism="CALLBACK", url=f"{base}/a")
    for kind in ("own", "long_poll", "websocket", "existing"):
        step = run("device_resource", device_id=one, operation="read", path=LABEL, channel=kind)
        assert ("of the kind CALLBACK" in step.msg, kinds(step)) == (True, [("GET", CHANNEL)])
    assert run("notification_channel_info").result["notification_channels"][0]["url"] == f"{base}/a"


def test_the_life_of_a_websocket_channel(run: Any, spec: int, connected: Connected) -> None:
    options = {"delivery_mechanism": "WEB_SOCKET", "serialization": {"max_chunk_size": 100} if spec > 2019 else None}
    body = {"serialization": {"type": "v2", "max_chunk_size": 100}} if spec > 2019 else {}
    checked, real, again = (run("notification_channel", check=check, **options) for check in (True, False, False))
    assert [step.changed for step in (checked, real, again)] == [True, True, False]
    assert (checked.writes, real.writes, again.writes) == ([], [("PUT", WEBSOCKET, body)], [])
    assert checked.result["diff"] == real.result["diff"]
    if spec > 2019:
        other = {**options, "serialization": {"max_chunk_size": 200}}
        assert run("notification_channel", **other).msg.startswith("The serialization of a websocket channel cannot be changed.")
        forced = run("notification_channel", **other, force=True)
        assert [write[:2] for write in forced.writes] == [("DELETE", WEBSOCKET), ("PUT", WEBSOCKET)]
        assert not run("notification_channel", **other).changed
    other = {"delivery_mechanism": "LONG_POLLING"}
    assert run("notification_channel", **other).msg.startswith("There is a WEB_SOCKET channel already. It is left alone")
    forced = run("notification_channel", **other, force=True)
    assert forced.changed
    assert forced.result["notification_channel"] == other
    assert run("notification_channel", state="absent").msg.startswith(
        "There is a LONG_POLLING channel; delivery_mechanism does not say that it is meant."
    )
    gone = run("notification_channel", state="absent", force=True)
    assert (gone.changed, gone.writes, gone.result["notification_channel"]) == (True, [("DELETE", PULL, None)], None)
    assert not run("notification_channel", delivery_mechanism="LONG_POLLING", state="absent").changed


# -- gateways


@pytest.mark.since(2021)
def test_bytes_through_a_gateway(client: Any, connected: Connected, collector: Any) -> None:
    tunnels = util("tunnel")
    gateway = connected.gateways[0]
    with tunnels.Tunnel(client, gateway, "localhost:7") as tunnel:
        data = bytes(range(256)) * 50
        tunnel.send(data)
        received = b""
        while len(received) < len(data):
            piece = tunnel.receive(10)
            assert piece
            received += piece
        assert received == data
    server, _base = collector
    connected.simulator.settings(gateway_services={"localhost:80": f"127.0.0.1:{server.server_address[1]}"})
    with tunnels.Tunnel(client, gateway, "localhost:80") as tunnel:
        tunnel.send(b"PUT /through HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}")
        assert tunnel.read(10).startswith(b"HTTP/1.0 204 ")
    assert Collector.received[-1][0] == "/through"
    for device, address in ((UNKNOWN, "localhost:7"), (connected.ids[0], "localhost:7")):
        with pytest.raises(util("client").ApiError) as caught:
            tunnels.Tunnel(client, device, address)
        assert caught.value.status == 404


@pytest.mark.since(2021)
def test_the_console_of_a_gateway(client: Any, connected: Connected) -> None:
    with util("tunnel").Console(client, connected.gateways[0]) as console:
        console.resize(100, 30)
        console.input("echo hello\nstty size\n")
        shown = ""
        while "30 100" not in shown:
            piece = console.output(10)
            assert piece is not None, shown
            shown += piece
        assert "hello" in shown
