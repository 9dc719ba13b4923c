# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""The floor that knows Ansible's modules: options in, results and failures out."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Optional, Type

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from . import resource as engine
from .bulk import BulkError
from .client import ApiError, Client, RequestError, project
from .filters import Conditions, FilterError
from .settings import SettingsError, resolve
from .transport import REQUESTS_IMPORT_ERROR, TransportError

Spec = Mapping[str, Mapping[str, Any]]

# Documented in the fragment pelion.device_management.connection. Defaults belong to settings.py, where every source is known.
CONNECTION_SPEC: Dict[str, Dict[str, Any]] = {
    "api_key": {"type": "str", "no_log": True, "aliases": ["access_key"]},
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
    "allow_http": {"type": "bool"},
}


class ApiModule:
    """Any module of this collection: opens the client, runs ``work``, turns errors into failures.

    ``work`` takes the client, the options and whether it is check mode, and returns the result's keys; texts under ``warnings``
    are shown to the user.
    """

    def __init__(self, argument_spec: Spec, **rules: Any) -> None:
        spec = {**CONNECTION_SPEC, **{name: dict(option) for name, option in argument_spec.items()}}
        self.argument_spec = spec
        self.rules = rules

    def work(self, client: Client, params: Mapping[str, Any], check_mode: bool) -> Dict[str, Any]:
        """The module's own part.

        :raises ApiError, TransportError, BulkError, RequestError, ResourceError, FilterError: all become failures of the task.
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
            module.no_log_values.update([settings.api_key, *self.secrets(module.params)])
            with Client(
                settings, user_agent=f"ansible-core/{module.ansible_version}", pool_size=max(10, self.concurrency(module.params))
            ) as client:
                result = self.work(client, module.params, module.check_mode)
                result.setdefault("request_id", client.last_request_id)
        except (ApiError, TransportError, BulkError, RequestError, SettingsError, engine.ResourceError, FilterError) as error:
            module.fail_json(**failure(error))
        for warning in result.pop("warnings", ()):
            module.warn(warning)
        module.exit_json(**result)

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
        result.update(method=error.method, path=error.path)
    if isinstance(error, BulkError):
        result.update(error.result)
    if isinstance(error, engine.AmbiguousError):
        result["ids"] = error.ids
    return result


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
            "id": {"type": "str"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        }
        if row.replaces:
            shared["purge"] = {"type": "bool", "default": False}
        rules.setdefault("required_one_of", [("id", *row.keys)])
        super().__init__({**shared, **argument_spec, **(extra_spec or {})}, **rules)

    def work(self, client: Client, params: Mapping[str, Any], check_mode: bool) -> Dict[str, Any]:
        """Find, plan, carry out."""
        outcome = engine.ensure(client, self.recipe, params, dry_run=check_mode)
        return {
            "changed": outcome.changed,
            self.recipe.row.name: outcome.object,
            "diff": {"before": self._shown(outcome.plan.before), "after": self._shown(outcome.plan.after)},
        }

    def _shown(self, item: Optional[Dict[str, Any]]) -> Dict[str, Any]:
        """What a diff shows: the fields that a user can write, so that it is the same in check mode and in a real run."""
        return {name: item[name] for name in ("id", *self.recipe.fields) if item is not None and item.get(name) is not None}


class InfoModule(ApiModule):
    """A module that reads one object or a list of them. Nothing found is an empty list."""

    def __init__(self, row: engine.Resource, argument_spec: Optional[Spec] = None, **rules: Any) -> None:
        """``argument_spec`` has options beside the shared ones."""
        self.row = row
        shared: Dict[str, Dict[str, Any]] = {
            "id": {"type": "str"},
            **{key: {"type": "str"} for key in row.keys},
            "filters": {"type": "dict"},
            "fields": {"type": "list", "elements": "str"},
            "limit": {"type": "int"},
            "order": {"type": "str", "choices": ["ASC", "DESC"], "default": "ASC"},
        }
        rules.setdefault("mutually_exclusive", [("id", other) for other in (*row.keys, "filters")])
        super().__init__({**shared, **(argument_spec or {})}, **rules)

    def work(self, client: Client, params: Mapping[str, Any], check_mode: bool) -> Dict[str, Any]:
        """Read."""
        return {"changed": False, self.row.list_name: self.read(client, params)}

    def read(self, client: Client, params: Mapping[str, Any]) -> List[Dict[str, Any]]:
        """The objects that the options ask for.

        :raises ResourceError: for a limit that is none.
        """
        if params["limit"] is not None and params["limit"] < 1:
            raise engine.ResourceError(f"limit must be at least 1, not {params['limit']}.")
        engine.refuse_empty(params, "id", *self.row.keys)
        fields = ["id", *(name for name in params["fields"] if name != "id")] if params["fields"] else None
        if params["id"]:
            found = engine.read(client, self.row, params, params["id"])
            return [] if found is None else [found if fields is None else project(found, fields)]
        conditions = self.conditions(params)
        return list(engine.listing(client, self.row, params, conditions, limit=params["limit"], fields=fields, order=params["order"]))

    def conditions(self, params: Mapping[str, Any]) -> Conditions:
        """What the objects must fulfil, by ``filters`` and by natural key.

        :raises FilterError: for what the list does not understand.
        """
        keys = {key: params[key] for key in self.row.keys if params[key]}
        return self.row.conditions({**(params["filters"] or {}), **keys})
