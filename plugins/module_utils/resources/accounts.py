# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Accounts, users, invitations, identity providers, the log of e-mails, limitations.

The facts are those of the vendor's OpenAPI description of January 2021; which fields can be written is said by the modules' argument
specs. A test compares both with the API's own description.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

from ..resource import Membership, Object, Params, Recipe, Resource
from .access import POLICY_GROUP

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
)
# Of the first user of a new account; only the answer to its creation has them.
_ADMINISTRATOR = ("admin_email", "admin_full_name", "admin_name", "admin_password")

ACCOUNT = Resource(
    name="account",
    path="/v3/accounts",
    keys=("display_name",),
    filters={
        "country": ("like",),
        "end_market": ("eq",),
        "parent": ("eq",),
        "status": ("eq", "in", "nin"),
        "tier": ("eq",),
    },
    me=True,
    item_query=("include", "properties"),
    query={
        "include": {"type": "list", "elements": "str", "choices": ["limits", "policies", "sub_accounts", "history"]},
        "properties": {"type": "str"},
        "format": {"type": "str", "choices": ["breakdown"]},
    },
    required=("end_market",),
    create_only=_ADMINISTRATOR,
    update_only=(
        "custom_fields",
        "expiration_warning_threshold",
        "idle_timeout",
        "mfa_status",
        "notification_emails",
        "password_policy",
        "password_recovery_expiration",
        "sales_contact",
    ),
    write_only=_ADMINISTRATOR,
    deletable=False,
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
        "sales_contact",
    ),
    max_length=dict.fromkeys((*_TEXTS, "admin_full_name"), 100),
    secrets=("admin_key", "admin_password"),
    once=("admin_key", "admin_password"),
)

IDENTITY_PROVIDER = Resource(
    name="identity_provider",
    path="/v3/identity-providers",
    tenant=True,
    required=("name", "type"),
    max_length={"name": 100, "description": 500},
    # The secret is in the schema of answers; whether they hold it is not said.
    write_only=("oidc_attributes.client_secret", "saml2_attributes.entity_descriptor"),
    secrets=("oidc_attributes.client_secret",),
)

USER = Resource(
    name="user",
    path="/v3/users",
    keys=("email", "username"),
    filters={"email": ("eq",), "login_profiles": ("eq",), "status": ("eq", "in", "nin")},
    tenant=True,
    me=True,
    required=("email",),
    create_only=("password",),
    update_only=("is_totp_enabled", "status"),
    write_only=("password",),
    references={"groups": POLICY_GROUP, "login_profiles": IDENTITY_PROVIDER},
    nullable=("address", "full_name", "phone_number", "username"),
    max_length={"address": 100, "full_name": 100, "phone_number": 100},
    memberships=(Membership("groups", "groups"),),
    secrets=("active_sessions.reference_token", "password", "totp_scratch_codes"),
    once=("password", "totp_scratch_codes"),
)

# The members of a policy group are listed below it.
USER_OF_GROUP = replace(
    USER,
    path="/v3/policy-groups/{policy_group_id}/users",
    filters={"status": ("eq", "in", "nin")},
    references={"policy_group_id": POLICY_GROUP},
)

USER_INVITATION = Resource(
    name="user_invitation",
    path="/v3/user-invitations",
    keys=("email",),
    filters={"login_profiles": ("eq",)},
    tenant=True,
    required=("email",),
    # There is no PUT.
    create_only=("email", "groups", "login_profiles", "valid_for_days"),
    # Answers have the day it ends instead.
    write_only=("valid_for_days",),
    references={"groups": POLICY_GROUP, "login_profiles": IDENTITY_PROVIDER},
    unordered=("groups",),
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


class LoginProfiles(Recipe):
    """How users and invitations are kept: their identity providers are ids in requests, and known by more in answers."""

    def desired(self, params: Params, current: Optional[Object]) -> Object:
        wanted = super().desired(params, current)
        if "login_profiles" in wanted:
            wanted["login_profiles"] = [{"id": identity} for identity in wanted["login_profiles"]]
        return wanted

    def same(self, name: str, current: Any, wanted: Any) -> bool:
        if name != "login_profiles":
            return super().same(name, current, wanted)
        return {profile["id"] for profile in current or ()} == {profile["id"] for profile in wanted}
