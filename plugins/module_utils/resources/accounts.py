# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Accounts, users, invitations, identity providers, the log of e-mails, limitations.

The facts are those of the vendor's OpenAPI description of January 2021; which fields can be written is said by the modules' argument
specs. A test compares both with the API's own description.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from ..client import ApiError, Client
from ..resource import AmbiguousError, Call, Membership, Object, Params, Plan, Recipe, Resource, ResourceError, listing, without
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


class ProfilesRecipe(Recipe):
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


# -- accounts

# An account can change these of the accounts below it, not of itself (AccountUpdateReq lacks what AccountUpdateRootReq has); they are sent
# only when they change.
_OF_OTHERS = ("business_model", "contract_number", "customer_number", "sales_contact")


class AccountRecipe(Recipe):
    """An account is found by its aliases too, and has a part of its address in ``state``, which no option can be called."""

    diffed = ("state",)

    def find(self, client: Client, params: Params) -> Optional[Object]:
        """The account that has any of the aliases, where no id is given.

        :raises AmbiguousError: when they are those of several.
        """
        if params["id"] or not params["aliases"]:
            return super().find(client, params)
        wanted = set(params["aliases"])
        # The list does not filter by alias.
        matching = [account for account in listing(client, self.row, params) if wanted & set(account.get("aliases") or ())]
        if len(matching) > 1:
            ids = [account["id"] for account in matching]
            raise AmbiguousError(f"The aliases belong to different accounts: {', '.join(ids)}. Give the id of the one you mean.", ids)
        return matching[0] if matching else None

    def desired(self, params: Params, current: Optional[Object]) -> Object:
        """What is asked for.

        :raises ResourceError: when it is what an account cannot change of itself.
        """
        wanted = super().desired(params, current)
        if params["state_or_province"] is not None:
            wanted["state"] = params["state_or_province"]
        refused = [name for name in _OF_OTHERS if name in wanted and params["id"] == "me"]
        if refused:
            raise ResourceError(f"An account cannot change its own {refused[0]}; the account that manages it can.")
        return wanted

    def create(self, wanted: Object, params: Params) -> List[Call]:
        first, *later = super().create(wanted, params)
        return [replace(first, query={"action": params["action"]}), *later]

    def update(self, current: Object, changes: Object, params: Params) -> List[Call]:
        (call,) = super().update(current, changes, params)
        body = {**({"state": current["state"]} if current.get("state") else {}), **call.json}
        return [replace(call, json=without(body, [name for name in _OF_OTHERS if name not in changes]))]


# -- users

# What not everybody may change, so that it is sent only when it shall change.
_GUARDED = ("email", "is_totp_enabled", "login_profiles", "status")


@dataclass(frozen=True)
class DeleteActive(Call):
    """Deletes an active user. When the service demands that such a user is deactivated first is nowhere written, so it is tried."""

    def send(self, client: Client, identity: str = "") -> Any:
        try:
            return super().send(client, identity)
        except ApiError as error:
            if error.status != 400:
                raise
        client.put(self.path, {"status": "INACTIVE"})
        try:
            return super().send(client, identity)
        except ApiError:
            # The refusal had another reason.
            client.put(self.path, {"status": "ACTIVE"})
            raise


class UserRecipe(ProfilesRecipe):
    """A user can leave an account in two ways, and be asked to confirm an address."""

    states = ("removed",)
    gone = ("absent", "removed")

    def create(self, wanted: Object, params: Params) -> List[Call]:
        first, *later = super().create(wanted, params)
        return [replace(first, query={"action": params["action"]}), *(_sparing(call, self.row.update_only) for call in later)]

    def update(self, current: Object, changes: Object, params: Params) -> List[Call]:
        return [_sparing(call, changes) if call.method == "PUT" else call for call in super().update(current, changes, params)]

    def delete(self, current: Object, params: Params) -> List[Call]:
        path = self.item(current, params)
        if params["state"] == "removed":
            return [Call("POST", f"{path}/remove")]
        return [(DeleteActive if current.get("status") == "ACTIVE" else Call)("DELETE", path)]

    def act(self, current: Optional[Object], after: Object, params: Params) -> Tuple[Object, List[Call]]:
        """The mail to confirm an address, and new emergency codes.

        :raises ResourceError: for codes of somebody else.
        """
        calls, path = [], self.item(current, params)
        if params["validate_email"] and not after.get("email_verified"):
            calls.append(Call("POST", f"{path}/validate-email"))
        if params["scratch_codes"]:
            if params["id"] != "me":
                raise ResourceError("Users can have new emergency codes for themselves only; give id as me.")
            # Reading with this parameter makes them; notes on users.
            calls.append(Call("GET", path, query={"scratch_codes": True}))
        return {}, calls

    def reveals(self, step: Plan, params: Params) -> bool:
        if step.after is None:
            return False
        made_up = step.before is None and params["password"] is None and params["action"] == "create"
        switched_on = step.after.get("is_totp_enabled") and not (step.before or {}).get("is_totp_enabled")
        return bool(made_up or switched_on or params["scratch_codes"])


def _sparing(call: Call, changes: Iterable[str]) -> Call:
    """The request without what not everybody may change, unless that shall change."""
    return replace(call, json={name: value for name, value in call.json.items() if name not in _GUARDED or name in changes})


# -- identity providers

# The nested fields, what of each the service never tells for certain, and what only answers have.
_NESTED: Mapping[str, Tuple[str, Tuple[str, ...]]] = {
    "oidc_attributes": ("client_secret", ()),
    "saml2_attributes": ("entity_descriptor", ("assertion_endpoint", "sp_x509_cert")),
}


class ProviderRecipe(Recipe):
    """What is known of a provider lies one level deeper: it is merged and compared there. Certificates are made and deleted by calls."""

    def desired(self, params: Params, current: Optional[Object]) -> Object:
        wanted = super().desired(params, current)
        for name, (hidden, _answered) in _NESTED.items():
            if name not in wanted:
                continue
            held = without((current or {}).get(name) or {}, [hidden])
            wanted[name] = {**held, **_given(wanted[name])}
            if wanted[name].get("claim_mapping"):
                wanted[name]["claim_mapping"] = {**(held.get("claim_mapping") or {}), **wanted[name]["claim_mapping"]}
            if current is not None and params["update_secrets"] != "always":
                wanted[name].pop(hidden, None)
        return wanted

    def same(self, name: str, current: Any, wanted: Any) -> bool:
        if name not in _NESTED:
            return super().same(name, current, wanted)
        held = current or {}
        alike = (Recipe.same(self, key, _bare(held.get(key)), _bare(value)) for key, value in wanted.items())
        return _NESTED[name][0] not in wanted and all(alike)

    def create(self, wanted: Object, params: Params) -> List[Call]:
        return [_asking(call, params) for call in super().create(wanted, params)]

    def update(self, current: Object, changes: Object, params: Params) -> List[Call]:
        (call,) = super().update(current, changes, params)
        body = dict(call.json)
        for name, (hidden, answered) in _NESTED.items():
            # Where nothing changes, the secret that answers do not tell stays what it is.
            body.pop(name, None)
            if name in changes:
                body[name] = without({**changes[name], **_given({hidden: params[name][hidden]})}, answered)
        return [_asking(replace(call, json=body), params)]

    def act(self, current: Optional[Object], after: Object, params: Params) -> Tuple[Object, List[Call]]:
        wish, known = params["sp_certificate"], after.get("saml2_attributes") or {}
        there, path = bool(known.get("sp_x509_cert")), self.item(current, params)
        if wish == "renewed" or (wish == "present" and not there):
            asked = _given({"algorithm": params["sp_certificate_algorithm"], "validity": params["sp_certificate_validity"]})
            certificate = "(a new one, which the service makes)"
            return {"saml2_attributes": {**known, "sp_x509_cert": certificate}}, [Call("POST", f"{path}/generate-sp-certificate", asked)]
        if wish == "absent" and there:
            return {"saml2_attributes": {**known, "sp_x509_cert": None}}, [Call("POST", f"{path}/delete-sp-certificate")]
        return {}, []


def _asking(call: Call, params: Params) -> Call:
    """The request, with the wish that the service looks up the rest."""
    return replace(call, query={"discovery": True}) if params["discovery"] else call


def _given(options: Mapping[str, Any]) -> Dict[str, Any]:
    """The suboptions that the user gave."""
    return {name: _given(value) if isinstance(value, dict) else value for name, value in options.items() if value is not None}


def _bare(value: Any) -> Any:
    """What a list of certificates means, however their lines are broken."""
    return ["".join(one.split()) if isinstance(one, str) else one for one in value] if isinstance(value, list) else value


def refreshed(client: Client, path: str, result: Dict[str, Any]) -> Dict[str, Any]:
    """The result of a module once the keys of the provider at a path were fetched anew: that is a change when they are others."""
    name = IDENTITY_PROVIDER.name
    fresh = IDENTITY_PROVIDER.shown(client.post(f"{path}/refresh-jwks"))
    known, told = (result[name].get("oidc_attributes") or {}), fresh["oidc_attributes"]
    if told.get("keys") == known.get("keys"):
        return {**result, name: fresh}
    diff = {**result["diff"], "after": {**result["diff"]["after"], "oidc_attributes": told}}
    return {**result, "changed": True, name: fresh, "diff": diff}
