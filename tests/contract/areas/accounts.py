# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts and users against the API's description."""

from __future__ import annotations

from described import Described

ROWS = {"ACCOUNT": Described("accounts")}
