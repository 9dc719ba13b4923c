# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Firmware images and the jobs that upload large ones, manifests, update campaigns and how each device fared.

The facts are those of the vendor's OpenAPI description of January 2021; which fields can be written is said by the modules' argument
specs. A test compares both with the API's own description.
"""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

from ..client import Client
from ..resource import Resource, read

_EQUAL = ("eq", "neq", "in", "nin")
_FLAG = ("eq", "neq")
_RANGE = ("in", "nin", "lte", "gte")
# These lists take equality on dates, and anything on the etag, in the packed spelling only.
_PACKED_DATES = {"created_at": _FLAG, "updated_at": _FLAG, "etag": (*_FLAG, *_RANGE)}

FIRMWARE_IMAGE = Resource(
    name="firmware_image",
    path="/v3/firmware-images",
    filters={
        **dict.fromkeys(("datafile", "datafile_checksum", "datafile_size", "description", "id", "name"), _EQUAL),
        **dict.fromkeys(("created_at", "updated_at"), _RANGE),
    },
    packed_filters=_PACKED_DATES,
    # There is no PUT.
    create_only=("name", "description"),
    max_length={"name": 128, "description": 2000},
)

FIRMWARE_UPLOAD_JOB = Resource(
    name="firmware_upload_job",
    path="/v3/firmware-images/upload-jobs",
    filters={
        **dict.fromkeys(("description", "id", "name", "status"), _EQUAL),
        "complete": _FLAG,
        **dict.fromkeys(("created_at", "updated_at"), _RANGE),
    },
    packed_filters={**_PACKED_DATES, "complete": ("in", "nin"), "firmware_image_id": _EQUAL},
    max_length={"name": 128, "description": 2000},
)

FIRMWARE_UPLOAD_CHUNK = Resource(
    name="firmware_upload_chunk",
    path="/v3/firmware-images/upload-jobs/{upload_job_id}/chunks",
    keys=(),
    filters={
        **dict.fromkeys(("hash", "id"), _EQUAL),
        "length": (*_EQUAL, "lte", "gte"),
        **dict.fromkeys(("created_at", "updated_at"), _RANGE),
    },
    packed_filters=_PACKED_DATES,
    id_pattern=r"[1-9][0-9]{0,4}",
    id_words="an id is a number from 1 to 10000",
)

FIRMWARE_MANIFEST = Resource(
    name="firmware_manifest",
    path="/v3/firmware-manifests/",
    item_path="/v3/firmware-manifests",
    filters={
        **dict.fromkeys(("datafile", "datafile_size", "description", "device_class", "id", "name"), _EQUAL),
        **dict.fromkeys(("created_at", "timestamp", "updated_at"), _RANGE),
    },
    packed_filters={**_PACKED_DATES, "timestamp": _FLAG},
    required=("name",),
    # There is no PUT.
    create_only=("name", "description"),
    max_length={"name": 128, "description": 2000},
    secrets=("key_table",),
)

UPDATE_CAMPAIGN = Resource(
    name="update_campaign",
    path="/v3/update-campaigns",
    filters={
        **dict.fromkeys(("description", "device_filter", "id", "name", "root_manifest_id", "state"), _EQUAL),
        **dict.fromkeys(("created_at", "finished", "started_at", "updated_at", "when"), _RANGE),
    },
    packed_filters={**_PACKED_DATES, **dict.fromkeys(("finished", "started_at", "when"), _FLAG)},
    required=("device_filter",),
    create_only=("campaign_strategy",),
    references={"root_manifest_id": FIRMWARE_MANIFEST},
    nullable=("when",),
    times=("when",),
    max_length={"name": 128, "description": 2000},
)

# Not paged: at most four, and as many as there are codes.
UPDATE_CAMPAIGN_STATISTIC = Resource(
    name="update_campaign_statistic",
    path="/v3/update-campaigns/{campaign_id}/statistics",
    keys=(),
    paged=False,
    id_pattern=r"fail|success|info|skipped",
    id_words="an id is fail, success, info or skipped",
)
UPDATE_CAMPAIGN_EVENT_TYPE = Resource(
    name="update_campaign_event_type",
    path="/v3/update-campaigns/{campaign_id}/statistics/{summary_status_id}/event_types",
    keys=(),
    paged=False,
    id_pattern=r"[A-Za-z0-9_]{1,64}",
    id_words="an id is a code such as UPD4_FAIL_101",
)

# The service does not filter this list; what is named here is matched after listing.
UPDATE_CAMPAIGN_DEVICE = Resource(
    name="update_campaign_device",
    path="/v3/update-campaigns/{campaign_id}/campaign-device-metadata",
    keys=("device_id", "deployment_state"),
    references={"campaign_id": UPDATE_CAMPAIGN},
)


def statistics(
    client: Client, campaign_id: str, statuses: Sequence[str] = (), *, event_types: bool = False, codes: Sequence[str] = ()
) -> List[Dict[str, Any]]:
    """How the devices of a campaign fared: a row for each outcome that occurred, with how many devices had it.

    :param statuses: only these outcomes.
    :param event_types: each row gets ``event_types``, the reasons with their counts; with ``codes`` only these.
    """
    parent = {"campaign_id": campaign_id}
    rows = _picked(client, UPDATE_CAMPAIGN_STATISTIC, parent, statuses)
    if event_types or codes:
        for row in rows:
            row["event_types"] = _picked(client, UPDATE_CAMPAIGN_EVENT_TYPE, {**parent, "summary_status_id": row["id"]}, codes)
    return rows


def _picked(client: Client, row: Resource, parent: Dict[str, str], ids: Sequence[str]) -> List[Dict[str, Any]]:
    """Those with these ids as far as there are any, or all; a 404 means that nothing has been counted yet, since the campaign is there."""
    if not ids:
        return list(client.list(row.collection(parent), paged=False))
    found = [read(client, row, parent, one) for one in ids]
    return [item for item in found if item is not None]
