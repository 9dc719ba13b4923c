# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules for many devices do beside their requests takes a time that grows as the number of devices, not as its square."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils.bulk import BulkError
from ansible_collections.pelion.device_management.plugins.module_utils.channel import Answer, Outcome
from ansible_collections.pelion.device_management.plugins.modules import certificate_renewal, device_resource

MANY = 300
OPTIONS = {
    "path": "/3/0/15",
    "value": None,
    "compare": "none",
    "channel": "own",
    "transport": "requests",
    "concurrency": 8,
    "max_failures": None,
    "types": {},
    "wait": True,
    "wait_timeout": 3.0,
    **dict.fromkeys(("payload", "content_type", "accept", "attributes", "retry", "expiry_seconds", "cache_only", "no_response")),
}


class Name(str):
    """An id that counts how often it is compared with another one."""

    __slots__ = ()
    compared = 0

    def __eq__(self, other: object) -> bool:
        Name.compared += 1
        return str.__eq__(self, str(other))

    __hash__ = str.__hash__


@pytest.fixture
def ids() -> list[Name]:
    """As many as would show; nothing was compared yet."""
    Name.compared = 0
    return [Name(f"{number:032x}") for number in range(MANY)]


class Session:
    """All devices do what they are asked."""

    def __init__(self, *_arguments: Any) -> None:
        self.over = False

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_exception: object) -> None:
        pass

    def exchange(self, requests: Any, **_options: Any) -> list[Outcome]:
        return [Outcome(request, answer=Answer(204)) for request in requests]


@pytest.mark.parametrize(("operation", "changed"), [("write", True), ("execute", True), ("read", False)])
def test_what_was_changed(monkeypatch: pytest.MonkeyPatch, ids: list[Name], operation: str, changed: bool) -> None:
    monkeypatch.setattr(device_resource, "Session", Session)
    monkeypatch.setattr(device_resource.devices, "asked", lambda params: ids)
    params = {**OPTIONS, "operation": operation, **({"value": "x"} if operation == "write" else {})}
    result = device_resource.DeviceResource({}).work(None, params, False)
    assert result["changed"] is changed
    assert [(entry["device_id"], entry["changed"]) for entry in result["responses"]] == [(one, changed) for one in ids]
    # Those of these lists, and few where a set or a dictionary holds two in one place.
    assert Name.compared < 5 * MANY


def test_which_renewals_are_whose(monkeypatch: pytest.MonkeyPatch, ids: list[Name]) -> None:
    """Half of them are under way, and so are those of other devices; the others are refused."""
    there = [*ids[::2], *(Name(f"{MANY + number:032x}") for number in range(MANY))]
    refused = [{"id": one, "msg": "No."} for one in reversed(ids[1::2])]
    monkeypatch.setattr(certificate_renewal.CertificateRenewal, "devices", lambda *_arguments: ids)
    monkeypatch.setattr(certificate_renewal.CertificateRenewal, "running", lambda *_arguments: {one: {"id": one} for one in there})
    monkeypatch.setattr(certificate_renewal.several, "each", lambda *_arguments: ({}, refused))
    with pytest.raises(BulkError) as caught:
        certificate_renewal.CertificateRenewal({}).work(None, {"certificate_name": "customer.dlms", "wait": False}, False)
    assert caught.value.result["joined"] == ids[::2]
    assert [entry["id"] for entry in caught.value.result["failed_devices"]] == ids[1::2]
    assert Name.compared < 5 * MANY


def test_an_id_in_both_cases_is_one_device() -> None:
    params = {"device_ids": ["0A" * 16, "0a" * 16], "filters": None, "concurrency": 8, "max_failures": None}
    assert certificate_renewal.CertificateRenewal.devices(None, params) == ["0a" * 16]
