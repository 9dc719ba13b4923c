# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Modules that read: one object, several by their ids, or a list. A file of its own, since each task compiles what it imports."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple

from . import ranges, several
from . import resource as engine
from .bulk import CONCURRENCY_SPEC, limits
from .client import Client, project
from .filters import Conditions, matches
from .module import TENANT_SPEC, ApiModule, Spec


class InfoModule(ApiModule):
    """A module that reads one object or a list of them. Nothing found is an empty list."""

    def __init__(
        self,
        row: engine.Resource,
        argument_spec: Optional[Spec] = None,
        *,
        variants: Optional[Mapping[str, engine.Resource]] = None,
        **rules: Any,
    ) -> None:
        """``argument_spec`` has options beside the shared ones. ``variants`` are options that let another row be read: one that the row's
        path names has the parent's id, another is a flag."""
        self.row = row
        self.variants = variants or {}
        self.missing: Optional[List[str]] = None
        # Lists that come whole are one request anyway.
        self.many = f"{row.identity}s" if row.identity and row.paged else ""
        shared: Dict[str, Dict[str, Any]] = {
            **{name: {"type": "str"} for name in row.named_by},
            **({self.many: {"type": "list", "elements": "str"}, **CONCURRENCY_SPEC} if self.many else {}),
            **(TENANT_SPEC if row.tenant else {}),
            **({"filters": {"type": "dict"}} if row.allowed_filters else {}),
            "fields": {"type": "list", "elements": "str"},
            "limit": {"type": "int"},
            **{name: dict(option) for name, option in row.query.items()},
        }
        for name, other in self.variants.items():
            shared[name] = {"type": "str", "no_log": False} if f"{{{name}}}" in other.path else {"type": "bool", "default": False}
        if row.paged and row.order:
            shared["order"] = {"type": "str", "choices": ["ASC", "DESC"], "default": row.order}
        others = [name for name in row.named_by if name != row.identity]
        parents = [name for name in self.variants if shared[name]["type"] == "str"]
        if row.identity:
            excluded = [(row.identity, other) for other in (*others, "filters", *parents) if other in shared]
            rules.setdefault("mutually_exclusive", [*excluded, *([tuple(parents)] if len(parents) > 1 else [])])
        if self.many:
            rules["mutually_exclusive"] = [*rules["mutually_exclusive"], *self._excluded(rules["mutually_exclusive"])]
        super().__init__({**shared, **(argument_spec or {})}, **rules)

    def _excluded(self, rules: Sequence[Sequence[str]]) -> Iterator[Tuple[str, ...]]:
        """Several ids go together with what one goes together with, and neither with one nor with a limit."""
        yield from ((self.row.identity, self.many), (self.many, "limit"))
        for rule in rules:
            if self.row.identity in rule:
                yield tuple(self.many if name == self.row.identity else name for name in rule)

    def row_for(self, params: Mapping[str, Any]) -> engine.Resource:
        """The row that these options ask for."""
        return next((row for option, row in self.variants.items() if params[option]), self.row)

    def work(self, client: Client, params: Mapping[str, Any], check_mode: bool) -> Dict[str, Any]:
        """Read."""
        result = {"changed": False, self.row.list_name: self.read(client, params)}
        return result if self.missing is None else {**result, "missing": self.missing}

    def complete(self, client: Client, item: Dict[str, Any], params: Mapping[str, Any]) -> Dict[str, Any]:
        """The object with what the options ask for beyond it."""
        return item

    def read(self, client: Client, params: Mapping[str, Any]) -> List[Dict[str, Any]]:
        """The objects that the options ask for.

        :raises ResourceError: for a limit that is none.
        """
        row = self.row_for(params)
        if self.many:
            limits(params)
        if params["limit"] is not None and params["limit"] < 1:
            raise engine.ResourceError(f"limit must be at least 1, not {params['limit']}.")
        engine.refuse_empty(params, *row.named_by, *self.variants)
        params, _missing = engine.resolved(client, row, params)
        fields = [name for name in dict.fromkeys((row.identity, *params["fields"])) if name] if params["fields"] else None
        conditions = self.conditions(params)
        items: Iterable[Dict[str, Any]]
        if params.get(row.identity):
            found = engine.read(client, row, params, params[row.identity])
            items = [found] if found is not None and matches(conditions, found) else []
        elif self.many and params[self.many] is not None:
            asked = params[self.many]
            held = several.read(client, row, params, asked, conditions, concurrency=params["concurrency"])
            self.missing = [identity for identity in dict.fromkeys(asked) if identity not in held]
            items = held.values()
        elif self.many and params["limit"] is None and params.get("order") == row.order and not any(params.get(key) for key in row.keys):
            # Objects of which something is made later are kept whole until then.
            kept = fields if type(self).complete is InfoModule.complete else None
            items = ranges.listing(client, row, params, conditions, concurrency=params["concurrency"], fields=kept)
            items = self._told(client, items)
        else:
            items = self._told(client, engine.listing(client, row, params, conditions, limit=params["limit"], order=params.get("order")))
        if type(self).complete is not InfoModule.complete:
            items = several.each(items, lambda item: self.complete(client, item, params), params["concurrency"])
        # One at a time: of a long list only what is asked for is kept.
        return [row.shown(item) if fields is None else project(row.shown(item), fields) for item in items]

    def _told(self, client: Client, items: Iterable[Dict[str, Any]]) -> Iterator[Dict[str, Any]]:
        """A list, counted for whoever watches."""
        client.progress.start(f"{self.row.list_name.replace('_', ' ')} read")
        for item in items:
            client.progress.advance()
            yield item

    def conditions(self, params: Mapping[str, Any]) -> Conditions:
        """What the objects must fulfil, by ``filters`` and by natural key.

        :raises FilterError: for what the list does not understand.
        """
        row = self.row_for(params)
        keys = {key: params[key] for key in row.keys if params.get(key)}
        return row.conditions({**(params.get("filters") or {}), **keys})
