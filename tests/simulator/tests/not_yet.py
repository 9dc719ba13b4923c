# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations that the simulator still answers with 501. It is to become empty."""

from __future__ import annotations

NOT_YET: tuple[str, ...] = (
)
