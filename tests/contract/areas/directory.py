# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The device directory against the API's description."""

from __future__ import annotations

from described import Described

ROWS = {
    "DEVICE": Described(
        "devices",
        omitted={
            "auto_update": "deprecated",
            "deployment": "deprecated",
            "manifest": "deprecated",
            "state": "set by the service as the device bootstraps and connects",
        },
    ),
    "DEVICE_BLOCK_CATEGORY": Described("device_block_categories"),
    "DEVICE_EVENT": Described("device_events"),
    "DEVICELOG": Described("devicelog"),
    "DEVICE_GROUP": Described("device_groups"),
    # The members of a group are filtered as devices are.
    "DEVICE_GROUP_DEVICE": Described("devices", differs={"item": "a member is read as a device"}),
    "DEVICE_QUERY": Described("device_queries"),
}
