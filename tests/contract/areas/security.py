# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates and secure device access against the API's description."""

from __future__ import annotations

from described import Described

_DEPRECATED = {"enrollment_mode": "deprecated", "signature": "deprecated"}

ROWS = {
    "TRUSTED_CERTIFICATE": Described("trusted_certificates", omitted=_DEPRECATED),
    "OLDER_TRUSTED_CERTIFICATE": Described("trusted_certificates", differs={"filters": "what services before 2021 understand"}),
    "DEVELOPER_CERTIFICATE": Described(
        "trusted_certificates",
        omitted={**_DEPRECATED, "certificate": "made by the service", "service": "always bootstrap"},
    ),
    "CERTIFICATE_ISSUER": Described("certificate_issuers"),
    "CERTIFICATE_ISSUER_CONFIG": Described(
        "certificate_issuer_configurations",
        differs={"max_length": "the issuer may be given by its name, which may be longer than an id"},
    ),
    "CERTIFICATE_ENROLLMENT": Described("certificate_enrollments"),
    "TRUST_ANCHOR": Described("trust_anchors"),
}
