# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same for several devices, and what the service knows of devices without asking them."""

from __future__ import annotations

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils import devices
from ansible_collections.pelion.device_management.plugins.module_utils.bulk import BulkError
from ansible_collections.pelion.device_management.plugins.module_utils.resource import ResourceError
from ansible_collections.pelion.device_management.plugins.module_utils.resources import connect
from ansible_collections.pelion.device_management.plugins.module_utils.settings import SettingsError

from .fakes import answer, failing, lost, make_client

ONE, TWO, THREE = ("0" * 31 + digit for digit in "123")


def reported(path, value, content_type="text/plain"):
    return {"resource_path": path, "reported": {"value": value, "content_type": content_type, "reported_at": "2026-01-31T12:00:00Z"}}


TWIN = {
    "device_id": ONE,
    "resources": [
        reported("/3/0/9", "ODc="),
        reported("3303/0/5700", "MjIuNQ=="),
        reported("/3303/0/5701", "Q2Vs"),
        reported("/3303/1/5700", "ab cd"),
        {"resource_path": "/3/0/4", "reported": None, "desired": {"value": "MQ==", "content_type": "text/plain", "status": 0}},
        {"resource_path": "/3/0/5"},
        reported("/3/0/6", "wQ==", "application/vnd.oma.lwm2m+tlv"),
        reported("/33/0/1", "MA==", "application/vnd.oma.lwm2m+text"),
    ],
}


def test_each_device_is_asked_for_once():
    assert devices.asked({"device_ids": [TWO, ONE, TWO], "concurrency": 1}) == [TWO, ONE]
    assert devices.asked({"device_ids": [], "concurrency": 64}) == []
    with pytest.raises(ResourceError, match=r"^'pump' is no id of a device: an id is 32 hexadecimal digits\.$"):
        devices.asked({"device_ids": [ONE, "pump"], "concurrency": 1})
    with pytest.raises(SettingsError, match=r"^concurrency must be 1 to 64, not 65\.$"):
        devices.asked({"device_ids": [ONE], "concurrency": 65})


def test_one_failure_is_its_device_s():
    client, _transport, _waits = make_client([answer(200, {"a": 1}), failing(500, "internal_server_error"), lost(True)], retries=0)
    found, failed = devices.each(client, [ONE, TWO, THREE], lambda device: devices.echo(client, device), {"concurrency": 1})
    assert found == {ONE: {"a": 1}}
    first = f"GET /v3/devices/{TWO}/echo failed with HTTP 500 internal_server_error: words (request id r1)"
    assert failed == [
        {"id": TWO, "msg": first, "status": 500, "type": "internal_server_error", "fields": [], "request_id": "r1"},
        {"id": THREE, "msg": f"GET /v3/devices/{THREE}/echo got no answer: The line is dead."},
    ]
    with pytest.raises(BulkError) as caught:
        devices.report({"changed": True}, failed, 3)
    assert str(caught.value) == f"2 of 3 devices failed; the first: {TWO}: {first}"
    assert caught.value.result == {"changed": True, "failed_devices": failed}


def test_not_all_may_fail():
    client, transport, _waits = make_client(lambda sent: answer(404), retries=0)
    found, failed = devices.each(
        client, [ONE, TWO, THREE], lambda device: client.post(f"/{device}"), {"concurrency": 1, "max_failures": "40%"}
    )
    assert (found, len(failed), len(transport.sent)) == ({}, 3, 2)
    assert failed[2] == {"id": THREE, "msg": "It was not tried any more, since max_failures was reached."}


def test_one_device_alone_is_told_shortly():
    with pytest.raises(BulkError) as caught:
        devices.report({}, [{"id": ONE, "msg": "no."}], 1)
    assert str(caught.value) == f"Device {ONE}: no."
    assert devices.report({"changed": False}, [], 1) == {"changed": False}


def test_a_refused_key_is_not_tried_again():
    client, transport, _waits = make_client(lambda sent: answer(403), retries=0)
    ids = [f"{number:032x}" for number in range(50)]
    found, failed = devices.each(client, ids, lambda device: devices.echo(client, device), {"concurrency": 1}, "asked")
    assert len(transport.sent) == 1
    assert (found, [entry["id"] for entry in failed]) == ({}, ids)
    assert failed[0]["status"] == 403
    assert failed[-1] == {"id": ids[-1], "msg": "It was not tried any more, since the key was refused."}


@pytest.mark.parametrize(
    ("path", "other", "found"),
    [
        ("/3", "/3/0/9", True),
        ("/3", "/3", True),
        ("3/0", "/3/0/9", True),
        ("/3", "/33/0", False),
        ("/3/0/9", "/3/0", False),
        ("/", "/3", True),
        ("", "/3", True),
    ],
)
def test_what_lies_below(path, other, found):
    assert devices.below(path, other) is found


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/3/0/9", 87),
        ("3303/0/5700/", 22.5),
        ("/3303/0", {"5700": 22.5, "5701": "Cel"}),
        ("/3303", {"0": {"5700": 22.5, "5701": "Cel"}, "1": {"5700": "ab cd"}}),
        ("/33/0/1", "0"),
        # Only wanted, never reported; not there; broken.
        ("/3/0/4", None),
        ("/4/0/1", None),
        ("/3/0/6", None),
        ("/3/0", None),
    ],
)
def test_what_is_known(path, value):
    assert devices.known(TWIN, path, {}) == value


def test_a_zero_is_known():
    assert devices.known(TWIN, "/33/0/1", {"1": "integer"}) == 0
    assert devices.known(None, "/33/0/1", {}) is None


def test_an_echo_that_can_be_read():
    shown = devices.readable(TWIN, ["/3"], {"9": "string"})
    assert shown["device_id"] == ONE
    assert shown["resources"] == [
        {**TWIN["resources"][0], "reported": {**TWIN["resources"][0]["reported"], "decoded": "87"}},
        {**TWIN["resources"][4], "desired": {**TWIN["resources"][4]["desired"], "decoded": "1"}},
        TWIN["resources"][5],
        {
            **TWIN["resources"][6],
            "reported": {
                **TWIN["resources"][6]["reported"],
                "decoded": None,
                "problem": "The TLV breaks off in the head of the record at byte 0.",
            },
        },
    ]
    assert len(devices.readable(TWIN, [], {})["resources"]) == len(TWIN["resources"])
    # What was given is not touched.
    assert "decoded" not in TWIN["resources"][0]["reported"]


def test_reports_by_path():
    found = devices.reports(TWIN, {})
    assert found["/3303/0/5700"] == {
        "value": 22.5,
        "payload": "MjIuNQ==",
        "content_type": "text/plain",
        "reported_at": "2026-01-31T12:00:00Z",
    }
    assert "/3/0/4" not in found
    assert devices.reports(None, {}) == {}


@pytest.mark.parametrize("path", ["", "/", "a b", "/3//9", "/3?x=1", "/" + "9" * 255])
def test_what_is_no_path(path):
    with pytest.raises(ResourceError) as caught:
        connect.resource_path(path)
    assert str(caught.value) == f"'{path}' is no path of a resource; write it as object/instance/resource, such as /3303/0/5700."


def test_paths_as_the_api_writes_them():
    assert connect.resource_path("3303/0/5700/") == "/3303/0/5700"
    assert connect.endpoint(ONE, "/dev/ü") == f"/v2/endpoints/{ONE}/dev/%C3%BC"
    assert connect.endpoint(ONE) == f"/v2/endpoints/{ONE}"
