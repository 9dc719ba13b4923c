# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statistics, billing and the factory tool against the API's description."""

from __future__ import annotations

from described import Described

ROWS = {
    "BILLING_STATISTICS": Described("billing_statistics"),
    "MANUFACTURING_STATISTICS": Described("manufacturing_statistics"),
    "MANUFACTURING_STATISTICS_2020": Described("manufacturing_statistics"),
    "METRICS": Described("metrics"),
    "QUOTA_HISTORY": Described("service_packages_quota_history"),
}
