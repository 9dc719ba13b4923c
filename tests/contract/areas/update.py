# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Firmware and campaigns against the API's description."""

from __future__ import annotations

from described import Described

_FILE = {"datafile": "the option path names the file"}

ROWS = {
    "FIRMWARE_IMAGE": Described("firmware_images", omitted=_FILE),
    "FIRMWARE_UPLOAD_JOB": Described("firmware_upload_jobs", returned={"chunks": "read from a list of their own"}),
    "FIRMWARE_UPLOAD_CHUNK": Described("firmware_upload_chunks"),
    "FIRMWARE_MANIFEST": Described(
        "firmware_manifests",
        omitted={**_FILE, "key_table": "a secret in a file; the option key_table_path names it"},
        read="/v3/firmware-manifests/{}",
    ),
    "UPDATE_CAMPAIGN": Described(
        "update_campaigns",
        omitted={"state": "deprecated"},
        returned={
            "metrics": "read by a request of its own",
            "statistics": "read from a list of its own",
        },
    ),
    "UPDATE_CAMPAIGN_STATISTIC": Described("campaign_statistics"),
    "UPDATE_CAMPAIGN_EVENT_TYPE": Described("campaign_statistics_events"),
    "UPDATE_CAMPAIGN_DEVICE": Described("campaign_device_metadata"),
}
