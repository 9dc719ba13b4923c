# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a request's body must not be shown."""

from __future__ import annotations

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils.single_request import SECRET_NAMES, secret_texts
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("body", "secrets"),
    [
        (None, []),
        ({"name": "new", "description": "open"}, []),
        ({"name": "new", "password": "sesame"}, ["sesame"]),
        ([{"secret_hex": "0a0b"}, {"endpoint_name": "pump"}], ["0a0b"]),
        # All that is below a secret name is secret, whatever it is called.
        ({"headers": {"Authorization": "Basic sesame", "X-Retries": 3}}, ["Basic sesame", "3"]),
        ({"issuer_credentials": {"codes": ["one", "two", {"three": "drei"}]}}, ["one", "two", "drei"]),
        # Nothing that would hide half of every answer.
        ({"password": "", "key": None, "headers": {"a": True}}, []),
        # A value that is called like a secret is none.
        ({"name": "password"}, []),
    ],
)
def test_secret_texts(body: object, secrets: list[str]) -> None:
    assert list(secret_texts(body)) == secrets


@given(
    st.recursive(
        st.text() | st.integers() | st.none(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=8,
    ),
    st.text(min_size=8),
    st.sampled_from(sorted(SECRET_NAMES)),
)
def test_a_secret_is_found_beside_anything(beside: object, secret: str, name: str) -> None:
    assert secret in secret_texts([beside, {"inner": [{name: secret}], "beside": beside}])
