# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Accounts, users, invitations, identity providers, the log of e-mails, limitations.

The facts are those of the vendor's OpenAPI description of January 2021; which fields can be written is said by the modules' argument
specs. A test compares both with the API's own description.
"""

from __future__ import annotations

from ..resource import Membership, Resource

_TEXTS = (
    "address_line1",
    "address_line2",
    "city",
    "company",
    "contact",
    "contract_number",
    "country",
    "customer_number",
    "display_name",
    "phone_number",
    "postal_code",
    "state",
)

ACCOUNT = Resource(
    name="account",
    path="/v3/accounts",
    # An alias is unique in the whole service; the list does not filter by it.
    keys=("aliases", "display_name"),
    filters={
        "country": ("like",),
        "end_market": ("eq",),
        "parent": ("eq",),
        "status": ("eq", "in", "nin"),
        "tier": ("eq",),
    },
    me=True,
    item_query=("include", "properties"),
    query=("include", "properties", "format"),
    required=("end_market",),
    unordered=("aliases", "notification_emails"),
    replaces={"custom_fields": 10},
    nullable=(
        *_TEXTS,
        "custom_fields",
        "email",
        "expiration_warning_threshold",
        "idle_timeout",
        "mfa_status",
        "notification_emails",
        "password_policy",
        "password_recovery_expiration",
        "sales_contact",
    ),
    max_length={**dict.fromkeys(_TEXTS, 100), "admin_full_name": 100},
    # What only the answer to a creation tells (AccountCreationResp); older services have these fields everywhere, empty.
    secrets=("admin_key", "admin_password"),
    once=("admin_key", "admin_password"),
)

USER = Resource(
    name="user",
    path="/v3/users",
    keys=("email", "username"),
    filters={"email": ("eq",), "login_profiles": ("eq",), "status": ("eq", "in", "nin")},
    tenant=True,
    me=True,
    required=("email",),
    unordered=("login_profiles",),
    nullable=("address", "full_name", "phone_number", "username"),
    max_length={"address": 100, "full_name": 100, "phone_number": 100},
    memberships=(Membership("groups", "groups"),),
    secrets=("active_sessions.reference_token", "password", "totp_scratch_codes"),
    once=("password", "totp_scratch_codes"),
)

USER_INVITATION = Resource(
    name="user_invitation",
    path="/v3/user-invitations",
    keys=("email",),
    filters={"login_profiles": ("eq",)},
    tenant=True,
    required=("email",),
    # There is no PUT.
    create_only=("email", "groups", "login_profiles"),
    unordered=("groups", "login_profiles"),
)

IDENTITY_PROVIDER = Resource(
    name="identity_provider",
    path="/v3/identity-providers",
    tenant=True,
    required=("name", "type"),
    max_length={"name": 100, "description": 500},
    secrets=("oidc_attributes.client_secret",),
)

# The own account is "me" here, so that the paths of the own and of other accounts are one.
EMAIL_NOTIFICATION = Resource(
    name="email_notification",
    path="/v3/accounts/{account_id}/notifications",
    keys=(),
)

LIMITATION = Resource(
    name="limitation",
    path="/v3/limitations",
    filters={"inherited": ("eq",)},
    tenant=True,
    paged=False,
    # The description states no form for these ids.
    id_pattern=r"[\w.:-]+",
    id_words="it has letters, digits and . : _ - only",
)
