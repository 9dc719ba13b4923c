# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Subscriptions to resources of a device: exact requests, and the law that what is wanted is there afterwards and nothing else."""

from __future__ import annotations

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils import subscriptions
from ansible_collections.pelion.device_management.plugins.module_utils.client import ApiError
from ansible_collections.pelion.device_management.plugins.module_utils.resource import ResourceError
from hypothesis import given
from hypothesis import strategies as st

from .fakes import answer, make_client

ONE = "0" * 31 + "1"
OF_DEVICE = f"/v2/subscriptions/{ONE}"


def uris(text):
    return answer(200, text, {"Content-Type": "text/uri-list"})


def test_subscriptions():
    client, transport, _waits = make_client(
        [uris("/3303/0/5700\n3/0/9\n\n"), answer(404), uris("/3/0/9\r\n/1/0/1"), answer(200), answer(404)]
    )
    assert subscriptions.read(client, ONE) == ["/3/0/9", "/3303/0/5700"]
    assert subscriptions.read(client, ONE) == []
    # Several are picked from the list, one is asked for by itself.
    assert subscriptions.read(client, ONE, ["/3/0/9", "5/0/1"]) == ["/3/0/9"]
    assert subscriptions.read(client, ONE, ["3/0/9"]) == ["/3/0/9"]
    assert subscriptions.read(client, ONE, ["3/0/9"]) == []
    assert [sent.path for sent in transport.sent] == [OF_DEVICE] * 3 + [f"{OF_DEVICE}/3/0/9"] * 2


def test_other_errors_are_no_missing_subscriptions():
    client, _transport, _waits = make_client([answer(403), answer(403)])
    for paths in (None, ["/3/0/9"]):
        with pytest.raises(ApiError):
            subscriptions.read(client, ONE, paths)


class Device:
    """The service's list of one device's subscriptions."""

    def __init__(self, held):
        self.held = set(held)

    def __call__(self, sent):
        path = sent.path[len(OF_DEVICE) :]
        if sent.method == "GET":
            return uris("\n".join(sorted(self.held))) if self.held else answer(404)
        if sent.method == "PUT":
            assert sent.data is None
            self.held.add(path)
            return answer(202, {"async-response-id": f"id of {path}"}) if path == "/1" else answer(200)
        if path:
            self.held.remove(path)
        else:
            self.held.clear()
        return answer(204)


PATHS = st.lists(st.sampled_from(["/1", "/2/0/1", "/3/0/9", "/3/0"]), max_size=4, unique=True)


@given(PATHS, st.none() | PATHS, st.booleans(), st.booleans(), st.booleans())
def test_what_is_wanted_is_there_and_nothing_else_changes(held, paths, exact, absent, dry_run):
    device = Device(held)
    client, transport, _waits = make_client(device)
    params = {"paths": paths, "exact": exact, "state": "absent" if absent else "present"}
    if exact and absent:
        with pytest.raises(ResourceError) as caught:
            subscriptions.settle(client, ONE, params, dry_run, set())
        assert str(caught.value) == "exact goes with state: present only; to end all subscriptions leave paths out."
        assert transport.sent == []
        return
    if paths is None and not absent:
        # The module asks for paths then.
        return
    entry = subscriptions.settle(client, ONE, params, dry_run, set())
    before, named = set(held), set(held if paths is None else paths)
    wanted = before - named if absent else named if exact else before | named
    assert entry["paths"] == sorted(wanted)
    assert (entry["added"], entry["removed"]) == (sorted(wanted - before), sorted(before - wanted))
    assert device.held == (before if dry_run else wanted)
    assert entry["async_ids"] == (["id of /1"] if "/1" in entry["added"] and not dry_run else [])
    told = subscriptions.told([entry], set())
    assert told["changed"] is (wanted != before)
    assert told["diff"] == {"before": {ONE: sorted(before)}, "after": {ONE: sorted(wanted)}}
    writes = [sent.path for sent in transport.sent if sent.method != "GET"]
    if dry_run:
        assert writes == []
    elif paths is None and before:
        # All at once.
        assert writes == [OF_DEVICE]
    else:
        assert sorted(writes) == sorted(OF_DEVICE + path for path in before ^ wanted)


@pytest.mark.parametrize(("fails", "begun"), [("DELETE /1", set()), ("DELETE /2/0/1", {ONE}), ("PUT /3", {ONE}), ("PUT /4", {ONE})])
def test_what_was_done_before_a_failure_is_a_change(fails, begun):
    device = Device(["/1", "/2/0/1"])

    def respond(sent):
        return answer(400) if f"{sent.method} {sent.path[len(OF_DEVICE) :]}" == fails else device(sent)

    client, _transport, _waits = make_client(respond)
    touched = set()
    with pytest.raises(ApiError):
        subscriptions.settle(client, ONE, {"paths": ["/3", "/4"], "exact": True, "state": "present"}, False, touched)
    assert touched == begun
    assert subscriptions.told([], touched)["changed"] is bool(begun)
