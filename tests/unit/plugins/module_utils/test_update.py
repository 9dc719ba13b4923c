# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is special about firmware and campaigns: which call a file makes, and when a campaign counts as failed."""

from __future__ import annotations

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils.client import ApiError
from ansible_collections.pelion.device_management.plugins.module_utils.resource import ResourceError, WaitError
from ansible_collections.pelion.device_management.plugins.module_utils.resources import update
from ansible_collections.pelion.device_management.plugins.module_utils.uploads import ChunkedUpload, Form, LocalFile
from ansible_collections.pelion.device_management.tests.unit.plugins.module_utils.fakes import answer, failing, make_client
from hypothesis import assume, example, given
from hypothesis import strategies as st

ID = "0" * 31 + "1"
IMAGE = update.FirmwareImageRecipe(update.FIRMWARE_IMAGE, ("name", "description"))
MANIFEST = update.FirmwareManifestRecipe(update.FIRMWARE_MANIFEST, ("name", "description"))
CAMPAIGN = update.UpdateCampaignRecipe(update.UPDATE_CAMPAIGN, ("name", "description", "device_filter"))


# -- images


@pytest.mark.parametrize(("size", "chunked"), [(999, False), (1000, True), (1001, True)])
def test_from_which_size_on_an_image_is_sent_in_chunks(size, chunked):
    params = {
        "path": "/f",
        "file": LocalFile("/f", size, "ab"),
        "chunked_from": 1000,
        "chunk_size": 6_000_000,
        "wait_timeout": 7,
        "wait_interval": 2,
    }
    (call,) = IMAGE.create({"name": "n", "description": "d", "datafile_checksum": "ab", "datafile_size": size}, params)
    fields = {"name": "n", "description": "d"}
    path = "/v3/firmware-images"
    if chunked:
        row = update.FIRMWARE_UPLOAD_JOB
        assert call == ChunkedUpload("POST", path, fields, file="/f", chunk_size=6_000_000, row=row, timeout=7, interval=2)
    else:
        assert call == Form("POST", path, form=fields, files={"datafile": "/f"})


def test_what_the_service_received_is_compared():
    """The file may have changed while it was sent."""
    params = {"id": None, "datafile_checksum": "ab"}
    image = {"id": ID, "datafile_checksum": "ab"}
    assert IMAGE.complete(None, image, params) == image
    with pytest.raises(ResourceError, match="has other content than is wanted"):
        IMAGE.complete(None, {**image, "datafile_checksum": "cd"}, params)


# -- manifests


def test_nothing_is_loaded_of_manifests_of_other_sizes():
    client, transport, _waits = make_client([answer(200, b"abc", {"Content-Type": "application/octet-stream"})])
    file = LocalFile("/f", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    params = {"file": file, "compare": "content"}
    assert MANIFEST.holds(client, {"datafile_size": 4, "datafile": "/v3/x"}, params) is False
    assert transport.sent == []


# -- campaigns


def campaign(success=0, fail=0, skipped=0, **fields):
    counts = {"success": success, "fail": fail, "skipped": skipped, "info": 7}
    rows = [{"id": status, "count": count, "event_types": []} for status, count in counts.items() if count]
    return {"id": ID, "phase": "stopped", "state": "autostopped", "statistics": rows, **fields}


def judged(item, **params):
    """Whether a campaign that has ended counts as a success."""
    try:
        return CAMPAIGN.finished(item, {"state": "started", "max_failed": "0", "fail_on": ["fail"], **params})
    except WaitError:
        return False


COUNTS = st.integers(0, 50)


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_a_number_of_failures_is_allowed(success, fail, skipped, allowed):
    assume(success + fail + skipped)
    item = campaign(success, fail, skipped)
    assert judged(item, max_failed=str(allowed)) == (fail <= allowed)
    assert judged(item, max_failed=str(allowed), fail_on=["fail", "skipped"]) == (fail + skipped <= allowed)
    assert judged(item, max_failed=str(allowed), fail_on=["skipped"]) == (skipped <= allowed)


@example(0, 29, 0, 100)
@given(COUNTS, COUNTS, COUNTS, st.integers(0, 100))
def test_a_share_of_failures_is_allowed(success, fail, skipped, percent):
    assume(success + fail + skipped)
    item = campaign(success, fail, skipped)
    assert judged(item, max_failed=f"{percent}%") == (fail * 100 <= percent * (success + fail + skipped))


def test_campaigns_that_never_count_as_a_success():
    assert not judged(campaign(), max_failed="100%")
    assert not judged(campaign(5, state="userstopped"), max_failed="100%")


@pytest.mark.parametrize(("phase", "fine"), [("stopping", True), ("stopped", True), (None, True), ("active", False)])
def test_a_campaign_may_end_by_itself_just_before_it_is_stopped(phase, fine):
    now = failing(404, "not_found") if phase is None else answer(200, {"id": ID, "phase": phase})
    client, transport, _waits = make_client([failing(409, "conflict"), now])
    stop = update.Stop("POST", f"/v3/update-campaigns/{ID}")
    if fine:
        assert stop.send(client) is None
    else:
        with pytest.raises(ApiError, match="HTTP 409 conflict"):
            stop.send(client)
    item = f"/v3/update-campaigns/{ID}"
    assert [(sent.method, sent.path) for sent in transport.sent] == [("POST", f"{item}/stop"), ("GET", item)]


def test_other_errors_of_a_stop_are_told():
    client, _transport, _waits = make_client([failing(400, "bad_request")])
    with pytest.raises(ApiError, match="HTTP 400"):
        update.Stop("POST", f"/v3/update-campaigns/{ID}").send(client)


@pytest.mark.parametrize("text", ["", "many", "-1", "5.5", "%", "5 %", "1e3"])
def test_numbers_that_are_none(text):
    client, _transport, _waits = make_client([])
    with pytest.raises(ResourceError) as caught:
        CAMPAIGN.prepare(client, {"max_failed": text, "filters": None, "device_filter": None})
    assert str(caught.value) == f"max_failed must be a number such as 3 or a percentage such as 5%, not '{text}'."
