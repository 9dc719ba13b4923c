# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""The floor that knows Ansible's modules: options in, results and failures out."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, Iterable, Mapping, Optional, Type

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from . import resource as engine
from .bulk import BulkError
from .client import ApiError, Client, RequestError
from .files import check_file, whole_file
from .filters import FilterError
from .progress import VARIABLE, Progress
from .settings import ALGORITHMS, SettingsError, resolve
from .transport import REQUESTS_IMPORT_ERROR, TransportError

Spec = Mapping[str, Mapping[str, Any]]

# Documented in the fragment pelion.device_management.connection. Defaults belong to settings.py, where every source is known.
CONNECTION_SPEC: Dict[str, Dict[str, Any]] = {
    "api_key": {"type": "str", "no_log": True, "aliases": ["access_key"]},
    "api_jwt": {
        "type": "dict",
        "options": {
            "application_id": {"type": "str", "required": True},
            "private_key_file": {"type": "path", "required": True, "no_log": False},
            "algorithm": {"type": "str", "choices": list(ALGORITHMS)},
            "lifetime": {"type": "float"},
            "claims": {"type": "dict"},
        },
    },
    "api_url": {"type": "str"},
    "api_profile": {"type": "str"},
    "api_profile_path": {"type": "path"},
    "validate_certs": {"type": "bool"},
    "ca_path": {"type": "path"},
    "client_cert": {"type": "path"},
    "client_key": {"type": "path", "no_log": False},
    "proxy": {"type": "str", "no_log": True},
    "timeout": {"type": "float"},
    "retries": {"type": "int"},
    "retry_max_wait": {"type": "float"},
    "requests_per_second": {"type": "float"},
    "progress": {"type": "bool"},
    "allow_http": {"type": "bool"},
}


TENANT_SPEC: Dict[str, Dict[str, Any]] = {"account_id": {"type": "str"}}
WAIT_SPEC: Dict[str, Dict[str, Any]] = {
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "float", "default": 600},
    "wait_interval": {"type": "float", "default": 5},
}
SECRETS_SPEC: Dict[str, Dict[str, Any]] = {
    "secret_file": {"type": "path", "no_log": False},
    "return_secret": {"type": "bool", "default": False, "no_log": False},
}

# What becomes a failure of the task; anything else is a mistake of ours.
FAILURES = (
    ApiError,
    TransportError,
    BulkError,
    RequestError,
    SettingsError,
    engine.ResourceError,
    engine.WaitError,
    FilterError,
)


class ApiModule:
    """Any module of this collection: opens the client, runs ``work``, turns errors into failures.

    ``work`` takes the client, the options and whether it is check mode, and returns the result's keys; texts under ``warnings``
    are shown to the user.
    """

    def __init__(self, argument_spec: Spec, **rules: Any) -> None:
        spec = {**CONNECTION_SPEC, **{name: dict(option) for name, option in argument_spec.items()}}
        self.argument_spec = spec
        self.rules = rules
        # What a task returns even if it fails.
        self.kept: Dict[str, Any] = {}

    def work(self, client: Client, params: Mapping[str, Any], check_mode: bool) -> Dict[str, Any]:
        """The module's own part.

        :raises ApiError, TransportError, BulkError, RequestError, ResourceError, WaitError, FilterError: all become failures of the task.
        """
        raise AssertionError("a module says what it does by overriding work")

    def main(self) -> None:
        """Run as a module."""
        module = AnsibleModule(argument_spec=self.argument_spec, supports_check_mode=True, **self.rules)
        if REQUESTS_IMPORT_ERROR is not None:
            module.fail_json(msg=missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)
        try:
            settings = resolve(module.params)
            # A key from the environment or a profile is no option, so Ansible does not know yet that it is secret.
            module.no_log_values.update([*settings.secrets, *self.secrets(module.params)])
            # The vendor's support and our own tests see which module sent a request.
            sender = f"module/{module._name.rpartition('.')[2]} ansible-core/{module.ansible_version}"
            progress = Progress(os.environ.get(VARIABLE, "") if settings.progress else "")
            width = max(10, self.concurrency(module.params))
            with Client(settings, user_agent=sender, pool_size=width, progress=progress) as client:
                result = self.work(client, module.params, module.check_mode)
                result.setdefault("request_id", client.last_request_id)
        except FAILURES as error:
            end, result = module.fail_json, {**failure(error), **self.kept}
        else:
            end = module.exit_json
        for warning in result.pop("warnings", ()):
            module.warn(warning)
        end(**result)

    @staticmethod
    def secrets(params: Mapping[str, Any]) -> Iterable[str]:
        """Values that must not be shown, beside those of options with ``no_log``."""
        return ()

    @staticmethod
    def concurrency(params: Mapping[str, Any]) -> int:
        """Requests side by side, for modules that have such an option."""
        return int(params.get("concurrency") or 1)


def failure(error: Exception) -> Dict[str, Any]:
    """What a failed task returns: ``msg`` and what is known of ``status, code, type, fields, request_id, method, path, ids``."""
    result: Dict[str, Any] = {"msg": str(error)}
    if isinstance(error, ApiError):
        result.update(status=error.status, code=error.code, type=error.type, fields=error.fields, request_id=error.request_id)
    if isinstance(error, (ApiError, TransportError)):
        result.update(method=error.method, path=error.path, **({"changed": True} if error.changed else {}))
    result.update(getattr(error, "result", {}))
    if isinstance(error, engine.AmbiguousError):
        result["ids"] = error.ids
    if isinstance(error, engine.WaitError):
        result[error.row.name] = None if error.object is None else error.row.shown(error.object)
        result["changed"] = error.changed
    return result


class SecretDelivery:
    """Where the secrets go that the service tells only once: into a file, into the result, and never anywhere else.

    The file is opened before anything is sent, so that a secret is not lost for want of a folder.
    """

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.path: Optional[str] = params.get("secret_file")
        self.shown = bool(params.get("return_secret"))

    def check(self) -> None:
        """See that a secret has somewhere to go.

        :raises ResourceError: when it has not.
        """
        if not self.path and not self.shown:
            raise engine.ResourceError(
                "The service tells the secret of this only once: give secret_file to have it written to a file, or set return_secret "
                "(and no_log on the task) to have it returned."
            )
        if self.path:
            try:
                check_file(self.path)
            except OSError as error:
                raise engine.ResourceError(f"secret_file cannot be written: {error}.") from error

    def deliver(self, secrets: Mapping[str, Any]) -> Dict[str, Any]:
        """Write what came, and return what the result shows of it. One secret is the file's text, several are a JSON object.

        :raises ResourceError: when the file cannot be written after all.
        """
        if not secrets:
            return {}
        if self.path:
            text = str(next(iter(secrets.values()))) if len(secrets) == 1 else json.dumps(dict(secrets), indent=2)
            try:
                with whole_file(self.path) as opened:
                    opened.write(f"{text}\n".encode())
            except OSError as error:
                raise engine.ResourceError(
                    f"All was done, but secret_file cannot be written: {error}. The secret is lost; delete what was created, or reset "
                    "its secret."
                ) from error
        return {"secret": dict(secrets)} if self.shown else {}


class ResourceModule(ApiModule):
    """A module that keeps one object in the wanted state. ``argument_spec`` names the writable fields, nothing else."""

    def __init__(
        self,
        row: engine.Resource,
        argument_spec: Spec,
        *,
        recipe: Type[engine.Recipe] = engine.Recipe,
        extra_spec: Optional[Spec] = None,
        **rules: Any,
    ) -> None:
        """``extra_spec`` has options that are no fields of the object."""
        self.recipe = recipe(row, tuple(argument_spec))
        shared: Dict[str, Dict[str, Any]] = {
            row.identity: {"type": "str"},
            "state": {
                "type": "str",
                "choices": ["present", *(["absent"] if row.deletable else []), *self.recipe.states],
                "default": "present",
            },
        }
        if row.tenant:
            shared.update(TENANT_SPEC)
        if row.replaces:
            shared["purge"] = {"type": "bool", "default": False}
        if row.memberships:
            shared["membership"] = {"type": "str", "choices": ["exact", "add", "remove"], "default": "exact"}
        if row.nullable:
            shared["clear"] = {"type": "list", "elements": "str", "choices": list(row.nullable), "no_log": False}
        if set(row.write_only) - set(row.create_only):
            shared["update_secrets"] = {"type": "str", "choices": ["on_create", "always"], "default": "on_create", "no_log": False}
        if row.once:
            shared.update(SECRETS_SPEC)
        if self.recipe.waits:
            shared.update(WAIT_SPEC)
        if row.keys:
            rules.setdefault("required_one_of", [row.named_by])
        super().__init__({**shared, **argument_spec, **(extra_spec or {})}, **rules)

    def work(self, client: Client, params: Mapping[str, Any], check_mode: bool) -> Dict[str, Any]:
        """Find, plan, carry out, wait."""
        row, delivery = self.recipe.row, SecretDelivery(params)
        both = [name for name in params.get("clear") or () if params.get(name) is not None]
        if both:
            raise engine.ResourceError(f"{both[0]} is given and also to be cleared; do only one.")

        def ready(step: engine.Plan) -> None:
            if row.once and self.recipe.reveals(step, params):
                delivery.check()

        secrets: Dict[str, Any] = {}
        try:
            outcome = engine.ensure(client, self.recipe, params, dry_run=check_mode, ready=ready, secrets=secrets)
        except FAILURES:
            # What has been told once is not lost because a later request failed.
            self.kept = delivery.deliver(secrets)
            raise
        result, item = delivery.deliver(secrets), outcome.object
        if self.recipe.waits and params["wait"] and item is not None and not check_mode:
            item = self._wait(client, params, item, outcome.changed)
        return {
            **result,
            "changed": outcome.changed,
            row.name: None if item is None else row.shown(item),
            "diff": {"before": self._shown(outcome.plan.before), "after": self._shown(outcome.plan.after)},
            "warnings": outcome.warnings,
        }

    def _wait(self, client: Client, params: Mapping[str, Any], item: Dict[str, Any], changed: bool) -> Optional[Dict[str, Any]]:
        """The object once it is where the recipe wants it."""
        recipe, row, seen = self.recipe, self.recipe.row, [item]

        def look() -> Optional[Dict[str, Any]]:
            if seen:
                return seen.pop()
            found = engine.find(client, row, {**params, row.identity: item[row.identity]})
            return None if found is None else recipe.complete(client, found, params)

        def done(now: Mapping[str, Any]) -> bool:
            return recipe.finished(dict(now), params)

        try:
            return engine.wait_for(client, row, look, done, timeout=params["wait_timeout"], interval=params["wait_interval"])
        except (ApiError, TransportError, engine.WaitError) as error:
            error.changed = changed
            raise

    def _shown(self, item: Optional[Dict[str, Any]]) -> Dict[str, Any]:
        """What a diff shows: the fields that a user can write, so that it is the same in check mode and in a real run."""
        row = self.recipe.row
        names = dict.fromkeys((row.identity, *self.recipe.fields, *self.recipe.diffed))
        shown = engine.without(item or {}, (*row.write_only, *row.secrets))
        return {name: shown[name] for name in names if shown.get(name) is not None}
