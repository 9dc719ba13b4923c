# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Device connection and gateways against the API's description."""

from __future__ import annotations

from described import Described

ROWS = {
    "GATEWAY_LOG": Described("gateway_logs"),
    "GATEWAY_LOG_OF_DEVICE": Described("gateway_logs"),
}
