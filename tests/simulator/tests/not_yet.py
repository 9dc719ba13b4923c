# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations that the simulator still answers with 501. It is to become empty."""

from __future__ import annotations

NOT_YET: tuple[str, ...] = (
    # branding_colors
    "deleteAllAccountColors",
    "deleteAllColors",
    # branding_colors_dark
    "bulkSetAccountDarkColors",
    "bulkSetDarkColors",
    "deleteAllAccountDarkColors",
    "deleteAllDarkColors",
    "getAccountDarkColor",
    "getAccountDarkColors",
    "getDarkColor",
    "getDarkColors",
    "resetAccountDarkColor",
    "resetDarkColor",
    "setAccountDarkColor",
    "setDarkColor",
    # branding_colors_light
    "bulkSetAccountLightColors",
    "bulkSetLightColors",
    "deleteAllAccountLightColors",
    "deleteAllLightColors",
    "getAccountLightColor",
    "getAccountLightColors",
    "getLightColor",
    "getLightColors",
    "resetAccountLightColor",
    "resetLightColor",
    "setAccountLightColor",
    "setLightColor",
    # branding_images
    "deleteAllAccountImages",
    "deleteAllImages",
    # branding_images_dark
    "clearAccountDarkImage",
    "clearDarkImage",
    "deleteAllAccountDarkImages",
    "deleteAllDarkImages",
    "getAccountDarkImageData",
    "getAllAccountDarkImageData",
    "getAllDarkImageData",
    "getDarkImageData",
    "uploadAccountDarkImage",
    "uploadAccountDarkImageMultipart",
    "uploadDarkImage",
    "uploadDarkImageMultipart",
    # branding_images_light
    "clearAccountLightImage",
    "clearLightImage",
    "deleteAllAccountLightImages",
    "deleteAllLightImages",
    "getAccountLightImageData",
    "getAllAccountLightImageData",
    "getAllLightImageData",
    "getLightImageData",
    "uploadAccountLightImage",
    "uploadAccountLightImageMultipart",
    "uploadLightImage",
    "uploadLightImageMultipart",
)
