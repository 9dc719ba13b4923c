# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""The device directory: devices, groups, saved queries, events.

The facts are those of the vendor's OpenAPI description of January 2021; which fields can be written is said by the modules' argument
specs. A test compares both with the API's own description.
"""

from __future__ import annotations

from dataclasses import replace
from typing import List, Optional, Tuple

from ..resource import Call, Object, Params, Recipe, Resource, ResourceError

_EQUAL = ("eq", "neq", "in", "nin")
_FLAG = ("eq", "neq")
_RANGE = ("in", "nin", "lte", "gte")

# The prose of Device_list allows equality on dates in the packed spelling.
_DEVICE_DATES = (
    "bootstrap_expiration_date",
    "bootstrapped_timestamp",
    "connector_expiration_date",
    "created_at",
    "enrolment_list_timestamp",
    "last_operator_suspended_updated_at",
    "last_system_suspended_updated_at",
    "manifest_timestamp",
    "updated_at",
)

DEVICE = Resource(
    name="device",
    path="/v3/devices/",
    keys=("endpoint_name", "name"),
    stages=("state",),
    filters={
        **dict.fromkeys(
            (
                "account_id",
                "ca_id",
                "deployed_state",
                "deployment",
                "description",
                "device_class",
                "device_execution_mode",
                "device_key",
                "endpoint_name",
                "endpoint_type",
                "firmware_checksum",
                "host_gateway",
                "id",
                "last_operator_suspended_category",
                "last_system_suspended_category",
                "lifecycle_status",
                "manifest",
                "mechanism",
                "mechanism_url",
                "name",
                "net_id",
                "serial_number",
                "state",
                "vendor_id",
            ),
            _EQUAL,
        ),
        **dict.fromkeys(("auto_update", "operator_suspended", "system_suspended"), _FLAG),
        **dict.fromkeys(_DEVICE_DATES, _RANGE),
    },
    packed_filters={**dict.fromkeys(_DEVICE_DATES, _FLAG), "component_attributes": _FLAG, "custom_attributes": _FLAG},
    mappings=("component_attributes", "custom_attributes"),
    create_only=(
        "bootstrap_expiration_date",
        "connector_expiration_date",
        "device_class",
        "device_execution_mode",
        "endpoint_name",
        "issuer_fingerprint",
        "mechanism",
        "mechanism_url",
        "serial_number",
        "vendor_id",
    ),
    replaces={"custom_attributes": 5},
    max_length={
        "ca_id": 500,
        "description": 2000,
        "device_class": 32,
        "device_key": 512,
        "endpoint_name": 64,
        "endpoint_type": 64,
        "name": 128,
        "serial_number": 64,
        "vendor_id": 255,
    },
)

DEVICE_GROUP = Resource(
    name="device_group",
    path="/v3/device-groups/",
    filters={
        **dict.fromkeys(("id", "name"), _EQUAL),
        **dict.fromkeys(("created_at", "updated_at"), _RANGE),
        "devices_count": (*_EQUAL, "lte", "gte"),
    },
    packed_filters={
        **dict.fromkeys(("created_at", "updated_at"), _FLAG),
        "etag": (*_FLAG, *_RANGE),
        "component_attributes": _FLAG,
        "custom_attributes": _FLAG,
    },
    mappings=("component_attributes", "custom_attributes"),
    replaces={"custom_attributes": 10},
    max_length={"name": 128, "description": 1024},
)

# The members of a group are devices, listed below the group; they take the direct device filters only.
DEVICE_GROUP_DEVICE = Resource(
    name="device",
    path="/v3/device-groups/{device_group_id}/devices/",
    keys=DEVICE.keys,
    filters=DEVICE.filters,
)

DEVICE_QUERY = Resource(
    name="device_query",
    path="/v3/device-queries/",
    plural="device_queries",
    filters={
        **dict.fromkeys(("id", "name", "query"), _EQUAL),
        **dict.fromkeys(("created_at", "updated_at"), _RANGE),
    },
    packed_filters={**dict.fromkeys(("created_at", "updated_at"), _FLAG), "etag": (*_FLAG, *_RANGE)},
    required=("name", "query"),
    max_length={"name": 200, "query": 1000},
)

DEVICE_EVENT = Resource(
    name="device_event",
    path="/v3/device-events/",
    keys=(),
    filters={
        **dict.fromkeys(("description", "device_id", "event_type", "id"), _EQUAL),
        "date_time": _RANGE,
        "state_change": _FLAG,
    },
    packed_filters={"date_time": _FLAG, "state_change": ("in", "nin")},
)

# The same events at their deprecated address, where one direct operator more is documented.
DEVICELOG = replace(
    DEVICE_EVENT,
    path="/v3/devicelog/",
    filters={**DEVICE_EVENT.filters, "state_change": _EQUAL},
    packed_filters={"date_time": _FLAG},
)

# Why devices are suspended. The list takes page parameters and ignores them.
DEVICE_BLOCK_CATEGORY = Resource(
    name="device_block_category",
    path="/v3/device-block-categories/",
    plural="device_block_categories",
    keys=(),
    identity="reference",
    id_pattern=r"[a-z0-9_]{1,32}",
    id_words="it is 1 to 32 lower-case letters, digits and underscores",
    item_path="/v3/device-block-categories",
    paged=False,
    filters={"reference": _EQUAL, "updated_at": _RANGE},
)

# Where a device tells what it was suspended or resumed with.
_LAST = "last_operator_suspended_"


class DeviceRecipe(Recipe):
    """Devices appear by bootstrapping, and are suspended and resumed by operations of their own."""

    states = ("suspended", "active")
    waits = True
    diffed = ("lifecycle_status", "operator_suspended", f"{_LAST}category", f"{_LAST}description")

    def desired(self, params: Params, current: Optional[Object]) -> Object:
        # A device that is created without an endpoint name gets its id as one, so an empty one is never what is there.
        return super().desired({**params, "endpoint_name": params["endpoint_name"] or None}, current)

    def create(self, wanted: Object, params: Params) -> List[Call]:
        if not params["create"]:
            key = next(name for name in self.row.keys if params.get(name))
            raise ResourceError(
                f"There is no device with the {key} {params[key]!r}. Devices appear when they bootstrap; "
                "set create to make an entry by hand."
            )
        return super().create(wanted, params)

    def act(self, current: Optional[Object], after: Object, params: Params) -> Tuple[Object, List[Call]]:
        block = {name: value for name, value in (params["block"] or {}).items() if value is not None}
        suspended, path = bool(after.get("operator_suspended")), self.item(current, params).rstrip("/")
        held = {name: after[_LAST + name] for name in ("category", "description") if after.get(_LAST + name)}
        if params["state"] == "suspended" and not (suspended and {**held, **block} == held):
            if current is not None and "lifecycle_status" not in current:
                raise ResourceError("This service is an older one that cannot suspend devices.")
            body = {**(held if suspended else {}), **block}
            return self.told("blocked", body), [Call("POST", f"{path}/suspend", body)]
        if params["state"] == "active" and after.get("system_suspended"):
            why = ": ".join(filter(None, (after.get("last_system_suspended_category"), after.get("last_system_suspended_description"))))
            raise ResourceError(f"The service itself has suspended the device ({why or 'without a reason'}); only the vendor can end that.")
        if params["state"] == "active" and suspended:
            category = held.get("category", block.get("category", ""))
            if block.get("category", category) != category:
                raise ResourceError(
                    f"The device is suspended with the category '{category}', not '{block['category']}'; leave the category out to use it."
                )
            body = {"category": category, **block}
            return self.told("enabled", body), [Call("POST", f"{path}/resume", body)]
        return {}, []

    @staticmethod
    def told(status: str, body: Object) -> Object:
        """What a device says after it was suspended or resumed."""
        return {
            "lifecycle_status": status,
            "operator_suspended": status == "blocked",
            **{_LAST + name: value for name, value in body.items()},
        }

    def finished(self, item: Object, params: Params) -> bool:
        registered = item.get("state") == "registered"
        return {"suspended": not registered, "active": registered}.get(params["state"], True)
