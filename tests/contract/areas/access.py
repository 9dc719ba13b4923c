# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what, against the API's description."""

from __future__ import annotations

from described import Described

_LIST_ONLY = {"item": "an object of this list is read by its own path"}
_KINDS = ("apikeys", "applications", "users")

ROWS = {
    "ACCESS_KEY": Described("access_keys", refused={"status": {"EXPIRED": "it follows from expiration"}}),
    "ANY_ACCESS_KEY": Described("access_keys"),
    "API_KEY": Described("api_keys"),
    "API_KEY_OF_GROUP": Described("api_keys", differs=_LIST_ONLY),
    "APPLICATION": Described("applications"),
    "APPLICATION_OF_GROUP": Described("applications", differs=_LIST_ONLY),
    "GROUP_OF_API_KEY": Described("policy_groups", differs=_LIST_ONLY),
    "GROUP_OF_APPLICATION": Described("policy_groups", differs=_LIST_ONLY),
    "GROUP_OF_USER": Described("policy_groups", differs=_LIST_ONLY),
    "POLICY_GROUP": Described(
        "policy_groups",
        omitted={"members": "given one by one, by the names that are in it"},
        extra=dict.fromkeys(_KINDS, "the parts of members"),
        returned=dict.fromkeys(_KINDS, "read from lists of their own"),
    ),
}
