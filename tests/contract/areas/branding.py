# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Branding against the API's description."""

from __future__ import annotations

from described import Described

# The two themes are two resources of the description, which differ in nothing else.
_THEMES = {"list": "the theme is a part of the path", "item": "the theme is a part of the path"}

ROWS = {
    "BRANDING_COLOR": Described("branding_colors_dark", read="/v3/branding-colors/dark/{}", differs=_THEMES),
    "BRANDING_IMAGE": Described(
        "branding_images_dark",
        read="/v3/branding-images/dark/{}",
        differs=_THEMES,
        returned={"sha256": "of the content, which is fetched to compare it"},
    ),
}
