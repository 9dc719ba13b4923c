# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Branding: files go up and come back, so the lives of images are written out."""

from __future__ import annotations

from cycle import Cycle, Situation

CYCLES: dict[str, Cycle] = {}
SITUATIONS: dict[str, Situation] = {}
ELSEWHERE = {"branding_image": "test_branding.py"}
