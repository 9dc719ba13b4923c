# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Enrolment: claims to devices, one by one and in bulk, refused bootstraps, and pre-shared keys.

The facts are those of the vendor's OpenAPI description of January 2021; which fields can be written is said by the modules' argument
specs. A test compares both with the API's own description.
"""

from __future__ import annotations

import re
from typing import List, Optional

from ..resource import Call, Object, Params, Recipe, Resource, ResourceError

IDENTITY_LENGTH = 97  # characters; EnrollmentId
_IDENTITY = re.compile(r"A-[A-Za-z0-9:]{95}")
_SECRET = re.compile(r"(0[xX])?[0-9a-fA-F]{32,64}")
SECRET_WORDS = "secret_hex must be 32 to 64 hexadecimal digits, with or without 0x before them"

DEVICE_ENROLLMENT = Resource(
    name="device_enrollment",
    path="/v3/device-enrollments",
    keys=("enrollment_identity",),
    required=("enrollment_identity",),
    create_only=("enrollment_identity",),
)

# What a bulk job does is told by its path; both answer with the same kind of object.
BULK_UPLOAD = Resource(name="bulk_upload", path="/v3/device-enrollments-bulk-uploads", keys=())
BULK_DELETE = Resource(name="bulk_delete", path="/v3/device-enrollments-bulk-deletes", keys=())

# In the descriptions of 2019 and 2020 only: where there is no such list, that is to be told. It must name the certificate.
DEVICE_ENROLLMENT_DENIAL = Resource(
    name="device_enrollment_denial",
    path="/v3/device-enrollment-denials",
    keys=("trusted_certificate_id", "endpoint_name"),
    empty_on_404=False,
    filters={"endpoint_name": ("eq",), "trusted_certificate_id": ("eq",)},
)

PRE_SHARED_KEY = Resource(
    name="pre_shared_key",
    path="/v2/device-shared-keys",
    identity="endpoint_name",
    keys=(),
    alike=True,
    required=("endpoint_name", "secret_hex"),
    write_only=("secret_hex",),
    secrets=("secret_hex",),
    id_pattern=r"[ -~]{16,64}",
    id_words="it is 16 to 64 printable ASCII characters",
    order="",
)


class PreSharedKeyRecipe(Recipe):
    """The service knows no change of a key: it is deleted and uploaded anew."""

    def desired(self, params: Params, current: Optional[Object]) -> Object:
        if params["secret_hex"] is not None and not is_secret(params["secret_hex"]):
            raise ResourceError(f"{SECRET_WORDS}.")
        return super().desired(params, current)

    def update(self, current: Object, changes: Object, params: Params) -> List[Call]:
        return [*self.delete(current, params), *self.create({"endpoint_name": current["endpoint_name"], **changes}, params)]


def is_secret(text: str) -> bool:
    """Whether the service takes this as the secret of a pre-shared key."""
    return bool(_SECRET.fullmatch(text))


def is_identity(text: str) -> bool:
    """Whether the service takes this as the identity of a device."""
    return bool(_IDENTITY.fullmatch(text))


def checked_identity(text: str) -> str:
    """The identity, if it can be one.

    :raises ResourceError: when it cannot.
    """
    if not is_identity(text):
        raise ResourceError(f"'{text}' is no enrollment identity: that is A- and 95 letters, digits and colons.")
    return text
