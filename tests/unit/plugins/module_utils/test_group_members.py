# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The members of a group: what is there is believed as it is told, and what changes meanwhile is told device by device."""

from __future__ import annotations

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils.bulk import BulkError
from ansible_collections.pelion.device_management.plugins.module_utils.group_members import ensure

from .fakes import Service, answer, failing, make_client

GROUP, OTHER = "a" * 32, "b" * 32
ADD = f"/v3/device-groups/{GROUP}/devices/add/"


def identity(number):
    return f"{number:032x}"


class Directory:
    """Devices, one group, and what becomes of additions: `trouble` gives the answer to one, or None."""

    def __init__(self, groups, trouble=lambda device: None):
        self.devices = Service("/v3/devices/", [{"id": identity(number), "groups": some} for number, some in enumerate(groups)])
        self._trouble = trouble

    def __call__(self, sent):
        if sent.path == f"/v3/device-groups/{GROUP}/":
            return answer(200, {"id": GROUP, "name": "pilot"})
        if sent.method == "POST":
            return self._trouble(sent.json["device_id"]) or answer(204)
        return self.devices(sent)


def ensured(service, count, **options):
    client, transport, _waits = make_client(service, retries=0)
    params = {
        "device_group": None,
        "device_group_id": GROUP,
        "device_ids": [identity(number) for number in range(count)],
        "filters": None,
        "state": "present",
        "concurrency": 1,
        "max_failures": None,
        **options,
    }
    return ensure(client, params, dry_run=False), [(sent.path, sent.json["device_id"]) for sent in transport.sent if sent.method == "POST"]


@pytest.mark.parametrize("way", ["ids", "filters"])
def test_a_device_that_tells_no_groups_is_in_none(way):
    options = {"device_ids": None, "filters": {"id": {"neq": OTHER}}} if way == "filters" else {}
    result, sent = ensured(Directory([None, [OTHER], [OTHER, GROUP]]), 3, **options)
    assert (result["added"], result["unchanged"]) == ([identity(0), identity(1)], 1)
    assert sent == [(ADD, identity(0)), (ADD, identity(1))]


def test_a_device_that_is_gone_meanwhile_fails_alone():
    gone = Directory([[GROUP], [], []], lambda device: failing(404, "not_found") if device == identity(1) else None)
    with pytest.raises(BulkError, match=rf"^1 of 3 devices failed; the first: {identity(1)}: POST {ADD} failed with HTTP 404 not_found: "):
        ensured(gone, 3)


def test_of_a_group_that_is_gone_meanwhile_nothing_was_changed():
    with pytest.raises(BulkError) as caught:
        ensured(Directory([[], []], lambda device: failing(404, "not_found")), 2)
    result = caught.value.result
    assert (result["changed"], result["added"], [entry["status"] for entry in result["failed_devices"]]) == (False, [], [404, 404])
