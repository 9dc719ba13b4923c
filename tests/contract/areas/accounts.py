# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts and users against the API's description."""

from __future__ import annotations

from described import Described

ROWS = {
    "ACCOUNT": Described(
        "accounts",
        omitted={"state": "the option is state_or_province, because state is what every module has"},
        differs={"replaces": "the description says maxItems of a mapping"},
    ),
    "EMAIL_NOTIFICATION": Described("account_notifications"),
    "IDENTITY_PROVIDER": Described("identity_providers"),
    "LIMITATION": Described("account_limitations"),
    "USER": Described("users"),
    "USER_INVITATION": Described("user_invitations"),
    # The members of a group are users.
    "USER_OF_GROUP": Described("users", differs={"item": "a member is read as a user"}),
}
