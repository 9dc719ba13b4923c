# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts. Facts are those of the vendor's OpenAPI descriptions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from .. import clock
from ..fleet import DAY, FIRST, Fleet
from ..table import Document, Field, Resource

_ID = Field("string")
_STRING = Field("string")
_TIME = Field("string", format="date-time")
_TEXT = Field("string", max=100, nullable=True)
_NULL = Field("string", nullable=True)
_OBJECT = Field("object", nullable=True)
_LIST = Field("list", nullable=True)

ACCOUNTS = Resource(
    name="accounts",
    object="account",
    operations={"me": "getMyAccountInfo"},
    fields={
        "address_line1": _TEXT,
        "address_line2": _TEXT,
        "aliases": Field("list", default=[]),
        "business_model": Field(
            "string",
            default="active_device_business_model",
            enum=("active_device_business_model", "api_calls_1_business_model"),
        ),
        "business_model_history": Field("list", default=[]),
        "city": _TEXT,
        "company": _TEXT,
        "contact": _TEXT,
        "contract_number": _NULL,
        "country": _TEXT,
        "created_at": _TIME,
        "custom_fields": Field("map", nullable=True),
        "customer_number": _NULL,
        "display_name": _TEXT,
        "email": _NULL,
        "end_market": _STRING,
        "etag": _STRING,
        "expiration": replace(_TIME, nullable=True),
        "expiration_warning_threshold": Field("integer", nullable=True),
        "id": _ID,
        "idle_timeout": Field("integer", nullable=True),
        "limitations": Field("list", default=[]),
        "limits": Field("map", nullable=True),
        "mfa_status": Field("string", nullable=True, enum=("enforced", "optional")),
        "notification_emails": _LIST,
        "object": _STRING,
        "parent_account": _OBJECT,
        "parent_id": _NULL,
        "password_policy": _OBJECT,
        "password_recovery_expiration": Field("integer"),
        "phone_number": _TEXT,
        "policies": _LIST,
        "postal_code": _TEXT,
        "reason": _NULL,
        "reference_note": _NULL,
        "sales_contact": _NULL,
        "state": _TEXT,
        "status": Field("string", default="ACTIVE", enum=("ENROLLING", "ACTIVE", "RESTRICTED", "SUSPENDED")),
        "sub_accounts": _LIST,
        "template_id": _NULL,
        "tier": _STRING,
        "tier_history": Field("list", default=[]),
        "updated_at": _TIME,
        "upgraded_at": _TIME,
    },
    on_request=("limits", "policies", "sub_accounts"),
    parameters={"me": ("properties",)},
    me="account",
)

ROWS = (ACCOUNTS,)


def _first(fleet: Fleet) -> Document:
    created = clock.text(FIRST - 90 * DAY)
    account: Document = {name: None for name, field in ACCOUNTS.fields.items() if field.nullable}
    return account | {
        "aliases": ["simulated-fleet"],
        "business_model": "active_device_business_model",
        "business_model_history": [],
        "company": "Simulated Fleet",
        "country": "Norway",
        "created_at": created,
        "display_name": "Simulated fleet",
        "end_market": "IT",
        "etag": "1",
        "id": fleet.account_id,
        "idle_timeout": 30,
        "limitations": [],
        "limits": {"iam_user_api_key_limit": "10"},
        "mfa_status": "optional",
        "object": ACCOUNTS.object,
        "password_recovery_expiration": 30,
        "policies": [],
        "status": "ACTIVE",
        "sub_accounts": [],
        "tier": "1",
        "tier_history": [],
        "updated_at": created,
    }


def seed(fleet: Fleet) -> Iterable[tuple[Resource, Iterable[Document]]]:
    """The objects of a new state."""
    yield ACCOUNTS, [_first(fleet)]
