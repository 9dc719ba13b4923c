# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts, users, invitations, identity providers: the service tells more of them than it is given, so their lives are written out."""

from __future__ import annotations

from cycle import Cycle, Situation

CYCLES: dict[str, Cycle] = {}
SITUATIONS: dict[str, Situation] = {}
ELSEWHERE = dict.fromkeys(("account", "identity_provider", "user", "user_invitation"), "test_accounts.py")
