# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Enrolment: lives and situations of its modules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cycle import Cycle, Situation
from hypothesis import strategies as st

IDENTITIES = ["A-" + ":".join([pair] * 32) for pair in ("4E", "4F", "a0")]

CYCLES = {
    "device_enrollment": Cycle(
        path="/v3/device-enrollments",
        before={"enrollment_identity": IDENTITIES[0]},
        after={"enrollment_identity": IDENTITIES[0]},
        create={},
        created={"enrollment_identity": IDENTITIES[0]},
    ),
    "pre_shared_key": Cycle(
        path="/v2/device-shared-keys",
        before={"endpoint_name": "pump-0001-2026-11"},
        after={"endpoint_name": "pump-0001-2026-11"},
        create={"secret_hex": "4a" * 16},
        created={"endpoint_name": "pump-0001-2026-11", "secret_hex": "4a" * 16},
        deleted=[("DELETE", "/v2/device-shared-keys/pump-0001-2026-11", None)],
    ),
}


def upload(client: Any, body: Mapping[str, Any], _scope: Mapping[str, Any]) -> str:
    """A pre-shared key; the answer to it is empty."""
    client.post("/v2/device-shared-keys", body)
    return str(body["endpoint_name"])


SITUATIONS = {
    "device_enrollment": Situation(values={"enrollment_identity": st.sampled_from(IDENTITIES)}),
    "pre_shared_key": Situation(
        make=upload,
        values={
            "endpoint_name": st.sampled_from(["pump-0001-2026-11", "a/b?c=d&e f%20+#~ 1"]),
            "secret_hex": st.sampled_from(["4a" * 16, "0X" + "bC" * 32]),
        },
    ),
}
