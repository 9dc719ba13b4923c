# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module adds to the requests: which devices it says were changed, however many there are."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils.channel import Answer, Outcome
from ansible_collections.pelion.device_management.plugins.modules import device_resource

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
def test_the_devices_are_not_looked_for_among_each_other(monkeypatch: pytest.MonkeyPatch, operation: str, changed: bool) -> None:
    """A hundred thousand devices must not take ten thousand times as long as a thousand."""
    ids = [Name(f"{number:032x}") for number in range(MANY)]
    monkeypatch.setattr(device_resource, "Session", Session)
    monkeypatch.setattr(device_resource.devices, "asked", lambda params: ids)
    Name.compared = 0
    params = {**OPTIONS, "operation": operation, **({"value": "x"} if operation == "write" else {})}
    result = device_resource.DeviceResource({}).work(None, params, False)
    assert result["changed"] is changed
    assert [(entry["device_id"], entry["changed"]) for entry in result["responses"]] == [(one, changed) for one in ids]
    # Those of these lists, and few where a set or a dictionary holds two in one place.
    assert Name.compared < 5 * MANY
