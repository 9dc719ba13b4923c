# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Enrolment against the API's description."""

from __future__ import annotations

from described import Described

ROWS = {
    "DEVICE_ENROLLMENT": Described("device_enrollments"),
    "BULK_UPLOAD": Described("device_enrollments_bulk_uploads", differs={"list": "jobs are not listed"}),
    "BULK_DELETE": Described("device_enrollments_bulk_deletes", differs={"list": "jobs are not listed"}),
    "DEVICE_ENROLLMENT_DENIAL": Described(
        "device_enrollment_denials",
        returned=dict.fromkeys(
            ("account_id", "created_at", "endpoint_name", "id", "object", "trusted_certificate_id"),
            "in the descriptions of 2019 and 2020 only",
        ),
    ),
    "PRE_SHARED_KEY": Described("pre_shared_keys", differs={"create_only": "a change deletes the key and uploads it anew"}),
}
