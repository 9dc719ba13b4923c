# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API: one row per resource. Facts are those of the vendor's OpenAPI description of January 2021."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .answers import ApiError
from .table import Document, Field, Filter, Members, Resource

if TYPE_CHECKING:
    from .engine import Engine

_EVERYTHING = frozenset({"list", "create", "get", "update", "delete"})

_ID = Field("string")
_STRING = Field("string")
_WORD = Field("string", default="")
_TIME = Field("string", format="date-time")
_DAY = Field("string", io="CR", format="date", nullable=True)
_FLAG = Field("boolean", default=False)

_EQUAL = ("eq", "neq", "in", "nin")
_RANGE = ("in", "nin", "lte", "gte")
_BY_WORD = Filter(_EQUAL, _EQUAL)
_BY_FLAG = Filter(("eq", "neq"), ("eq", "neq"))
_BY_TIME = Filter(_RANGE, (*_EQUAL, "lte", "gte"))
_BY_TIME_PACKED = Filter((), (*_EQUAL, "lte", "gte"))
_BY_NUMBER = Filter((*_EQUAL, "lte", "gte"), (*_EQUAL, "lte", "gte"))
_BY_ENTRY = Filter((), ("eq", "neq"))
_BY_VERSION = Filter((), ("eq", "neq", "gt"))


def _complete_device(engine: Engine, device: Document) -> None:
    """What a device has when its creator does not say: the gateway's execution mode, and its id as endpoint name."""
    if "device_execution_mode" not in device:
        gateway = engine.store.get(DEVICES, device.get("host_gateway", "")) or {}
        device["device_execution_mode"] = gateway.get("device_execution_mode", 0)
    if not device.get("endpoint_name"):
        device["endpoint_name"] = device["id"]


def _keep_production_device(engine: Engine, device: Document) -> None:
    if device["device_execution_mode"] == 5:
        raise ApiError(400, "bad_request", "Only devices with a developer certificate can be deleted.")


def _record(engine: Engine, device: Document, event_type: str, description: str, state_change: bool) -> None:
    event = engine.blank(DEVICE_EVENTS)
    event |= {"event_type": event_type, "description": description, "device_id": device["id"], "state_change": state_change}
    engine.store.put(DEVICE_EVENTS, event)


def _record_creation(engine: Engine, device: Document) -> None:
    _record(engine, device, "update.device.device-created", "Device record created", True)


def _record_update(engine: Engine, device: Document) -> None:
    _record(engine, device, "update.device.device-updated", "Device record updated", False)


DEVICES = Resource(
    name="devices",
    object="device",
    path="/v3/devices",
    operations=_EVERYTHING,
    fields={
        "account_id": _STRING,
        "auto_update": Field("boolean", io="CUR", default=False),
        "bootstrap_expiration_date": _DAY,
        "bootstrapped_timestamp": _TIME,
        "ca_id": Field("string", io="CUR", default="", max=500),
        "component_attributes": Field("map", default={}, entries=10, value_max=128),
        "connector_expiration_date": _DAY,
        "created_at": _TIME,
        "custom_attributes": Field("map", io="CUR", default={}, entries=5, value_max=128, indexed=True),
        "deployed_state": Field("string", default="development", enum=("development", "production")),
        "deployment": Field("string", io="CR", default=""),
        "description": Field("string", io="CUR", default="", max=2000),
        "device_class": Field("string", io="CR", default="", max=32, indexed=True),
        "device_execution_mode": Field("integer", io="CR", enum=(0, 1, 5), indexed=True),
        "device_key": Field("string", io="CUR", default="", max=512),
        "endpoint_name": Field("string", io="CR", max=64, echoed=True, indexed=True),
        "endpoint_type": Field("string", io="CUR", default="", max=64, indexed=True),
        "enrolment_list_timestamp": _TIME,
        "etag": _TIME,
        "firmware_checksum": _WORD,
        "groups": Field("list", default=[], indexed=True),
        "host_gateway": Field("string", io="CUR", default="", indexed=True),
        "id": _ID,
        "issuer_fingerprint": Field("string", io="CR", pattern="[A-Fa-f0-9]{64}", nullable=True),
        "last_operator_suspended_category": _STRING,
        "last_operator_suspended_description": Field("string", max=2000),
        "last_operator_suspended_updated_at": _TIME,
        "last_system_suspended_category": _STRING,
        "last_system_suspended_description": Field("string", max=2000),
        "last_system_suspended_updated_at": _TIME,
        "lifecycle_status": Field("string", default="enabled", enum=("enabled", "blocked"), indexed=True),
        "manifest": Field("string", io="CR", default=""),
        "manifest_timestamp": _TIME,
        "mechanism": Field("string", io="CR", default="connector", enum=("connector", "direct")),
        "mechanism_url": Field("string", io="CR", default=""),
        "name": Field("string", io="CUR", default="", max=128, indexed=True),
        "net_id": Field("string", default="", max=40),
        "object": _STRING,
        "operator_suspended": _FLAG,
        "serial_number": Field("string", io="CR", default="", max=64, indexed=True),
        "state": Field(
            "string",
            io="CR",
            default="unenrolled",
            enum=("unenrolled", "cloud_enrolling", "bootstrapped", "registered", "deregistered"),
            indexed=True,
        ),
        "system_suspended": _FLAG,
        "updated_at": _TIME,
        "vendor_id": Field("string", io="CR", default="", max=255, indexed=True),
    },
    filters={
        "account_id": _BY_WORD,
        "auto_update": Filter(("eq", "neq"), _EQUAL),
        "bootstrap_expiration_date": _BY_TIME,
        "bootstrapped_timestamp": _BY_TIME,
        "ca_id": _BY_WORD,
        "component_attributes": _BY_VERSION,
        "connector_expiration_date": _BY_TIME,
        "created_at": _BY_TIME,
        "custom_attributes": _BY_ENTRY,
        "deployed_state": _BY_WORD,
        "deployment": _BY_WORD,
        "description": _BY_WORD,
        "device_class": _BY_WORD,
        "device_execution_mode": _BY_WORD,
        "device_key": _BY_WORD,
        "endpoint_name": _BY_WORD,
        "endpoint_type": _BY_WORD,
        "enrolment_list_timestamp": _BY_TIME,
        "etag": _BY_TIME_PACKED,
        "firmware_checksum": _BY_WORD,
        "host_gateway": _BY_WORD,
        "id": _BY_WORD,
        "last_operator_suspended_category": _BY_WORD,
        "last_operator_suspended_updated_at": _BY_TIME,
        "last_system_suspended_category": _BY_WORD,
        "last_system_suspended_updated_at": _BY_TIME,
        "lifecycle_status": _BY_WORD,
        "manifest": _BY_WORD,
        "manifest_timestamp": _BY_TIME,
        "mechanism": _BY_WORD,
        "mechanism_url": _BY_WORD,
        "name": _BY_WORD,
        "net_id": _BY_WORD,
        "operator_suspended": _BY_FLAG,
        "serial_number": _BY_WORD,
        "state": _BY_WORD,
        "system_suspended": _BY_FLAG,
        "updated_at": _BY_TIME,
        "vendor_id": _BY_WORD,
    },
    max_url=4096,
    before_create=_complete_device,
    after_create=_record_creation,
    after_update=_record_update,
    before_delete=_keep_production_device,
)

DEVICE_GROUPS = Resource(
    name="device-groups",
    object="device-group",
    path="/v3/device-groups",
    operations=_EVERYTHING,
    fields={
        # Filters may name it, although no group has it.
        "component_attributes": Field("map", io=""),
        "created_at": _TIME,
        "custom_attributes": Field("map", io="CUR", default={}, entries=10, value_max=128, indexed=True),
        "description": Field("string", io="CUR", default="", max=1024),
        "devices_count": Field("integer", default=0),
        "etag": _TIME,
        "id": _ID,
        "name": Field("string", io="CUR", default="", max=128, indexed=True),
        "object": _STRING,
        "updated_at": _TIME,
    },
    filters={
        "component_attributes": _BY_VERSION,
        "created_at": _BY_TIME,
        "custom_attributes": _BY_ENTRY,
        "devices_count": _BY_NUMBER,
        "etag": _BY_TIME_PACKED,
        "id": _BY_WORD,
        "name": _BY_WORD,
        "updated_at": _BY_TIME,
    },
    members=(Members(path="devices", resource="devices", field="groups", body_key="device_id", counter="devices_count"),),
    unique=("name",),
)

DEVICE_QUERIES = Resource(
    name="device-queries",
    object="device-query",
    path="/v3/device-queries",
    operations=_EVERYTHING,
    fields={
        "created_at": _TIME,
        "etag": _TIME,
        "id": _ID,
        "name": Field("string", io="C!U!R", max=200, indexed=True),
        "object": _STRING,
        "query": Field("string", io="C!U!R", max=1000),
        "updated_at": _TIME,
    },
    filters={
        "created_at": _BY_TIME,
        "etag": _BY_TIME_PACKED,
        "id": _BY_WORD,
        "name": _BY_WORD,
        "query": _BY_WORD,
        "updated_at": _BY_TIME,
    },
    optional_on_update=("query",),
)

DEVICE_EVENTS = Resource(
    name="device-events",
    object="device-event",
    path="/v3/device-events",
    operations=frozenset({"list", "get"}),
    fields={
        "changes": Field("object", default={}),
        "created_at": _TIME,
        "data": Field("map", default={}),
        "date_time": _TIME,
        "description": _WORD,
        "device_id": Field("string", default="", indexed=True),
        "etag": _TIME,
        "event_type": Field("string", default="", max=100, indexed=True),
        "event_type_category": _WORD,
        "event_type_description": _WORD,
        "id": _ID,
        "object": _STRING,
        "state_change": _FLAG,
    },
    filters={
        "date_time": _BY_TIME,
        "description": _BY_WORD,
        "device_id": _BY_WORD,
        "event_type": _BY_WORD,
        "id": _BY_WORD,
        "state_change": Filter(("eq", "neq"), _EQUAL),
    },
    clock="date_time",
)

API_KEYS = Resource(
    name="api-keys",
    object="api-key",
    path="/v3/api-keys",
    operations=frozenset({"me"}),
    fields={
        "account_id": _STRING,
        "created_at": _TIME,
        "creation_time": Field("integer"),
        "etag": _STRING,
        "groups": Field("list", default=[]),
        "id": _ID,
        "key": _STRING,
        "last_login_time": Field("integer"),
        "name": Field("string", max=100),
        "object": _STRING,
        "owner": _STRING,
        "status": Field("string", default="ACTIVE", enum=("ACTIVE", "INACTIVE")),
        "updated_at": _TIME,
    },
)

_TEXT = Field("string", max=100, nullable=True)
_NULL = Field("string", nullable=True)
_OBJECT = Field("object", nullable=True)
_LIST = Field("list", nullable=True)

ACCOUNTS = Resource(
    name="accounts",
    object="account",
    path="/v3/accounts",
    operations=frozenset({"me"}),
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
    parameters=("properties",),
)

TOKENS = Resource(
    name="tokens",
    object="token",
    path="",
    operations=frozenset(),
    fields={
        "access": _STRING,
        "created_at": _TIME,
        "id": _ID,
        "kind": _STRING,
        "object": _STRING,
        "status": _STRING,
        "subject": _STRING,
        "token": Field("string", indexed=True),
    },
)
"""What a request may carry as proof of who sends it. Not part of the API: no path leads here."""

ROWS = (DEVICES, DEVICE_GROUPS, DEVICE_QUERIES, DEVICE_EVENTS, API_KEYS, ACCOUNTS, TOKENS)
