# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The device directory: devices, their suspension, groups and their members, saved queries, events.

Facts are those of the vendor's OpenAPI descriptions; how long devices take is made up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .. import clock
from ..answers import Answer, ApiError, EmptyError, invalid
from ..fleet import DAY, FIRST, HOUR, LAST, Fleet, evenly, stamp
from ..identity import digest, make_id
from ..table import Document, Field, Filter, Members, Resource

if TYPE_CHECKING:
    from ..engine import Call, Engine

_ID = Field("string")
_STRING = Field("string")
_WORD = Field("string", default="")
_TIME = Field("string", format="date-time")
_DATE = Field("string", io="CR", format="date", nullable=True)
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


def _before_deletion(engine: Engine, device: Document) -> None:
    if device["device_execution_mode"] == 5:
        raise ApiError(400, "bad_request", "Only devices with a developer certificate can be deleted.")
    engine.emit("device.deleted", device)


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
    operations={
        "list": "Device_list",
        "create": "Device_create",
        "get": "Device_retrieve",
        "update": "Device_update",
        "delete": "Device_destroy",
    },
    fields={
        "account_id": _STRING,
        "auto_update": Field("boolean", io="CUR", default=False),
        "bootstrap_expiration_date": _DATE,
        "bootstrapped_timestamp": _TIME,
        "ca_id": Field("string", io="CUR", default="", max=500),
        "component_attributes": Field("map", default={}, entries=10, value_max=128, since=2021),
        "connector_expiration_date": _DATE,
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
        "last_operator_suspended_category": Field("string", since=2020),
        "last_operator_suspended_description": Field("string", max=2000, since=2020),
        "last_operator_suspended_updated_at": Field("string", format="date-time", since=2020),
        "last_system_suspended_category": Field("string", since=2020),
        "last_system_suspended_description": Field("string", max=2000, since=2020),
        "last_system_suspended_updated_at": Field("string", format="date-time", since=2020),
        "lifecycle_status": Field("string", default="enabled", enum=("enabled", "blocked"), indexed=True, since=2020),
        "manifest": Field("string", io="CR", default=""),
        "manifest_timestamp": _TIME,
        "mechanism": Field("string", io="CR", default="connector", enum=("connector", "direct")),
        "mechanism_url": Field("string", io="CR", default=""),
        "name": Field("string", io="CUR", default="", max=128, indexed=True),
        "net_id": Field("string", default="", max=40, since=2021),
        "object": _STRING,
        "operator_suspended": Field("boolean", default=False, since=2020),
        "serial_number": Field("string", io="CR", default="", max=64, indexed=True),
        "state": Field(
            "string",
            io="CR",
            default="unenrolled",
            enum=("unenrolled", "cloud_enrolling", "bootstrapped", "registered", "deregistered"),
            indexed=True,
        ),
        "system_suspended": Field("boolean", default=False, since=2020),
        "updated_at": Field("string", format="date-time", indexed=True),
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
    before_delete=_before_deletion,
)

DEVICE_GROUPS = Resource(
    name="device-groups",
    object="device-group",
    operations={
        "list": "Group_list",
        "create": "Group_create",
        "get": "Group_retrieve",
        "update": "Group_update",
        "delete": "Group_delete",
    },
    fields={
        # Filters may name it, although no group has it.
        "component_attributes": Field("map", io="", since=2021),
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
    members=(
        Members(
            resource="devices",
            operations={"list": "Group_members_retrieve", "add": "Group_members_add", "remove": "Group_members_remove"},
            field="groups",
            body_key="device_id",
            counter="devices_count",
        ),
    ),
    unique=("name",),
)

DEVICE_QUERIES = Resource(
    name="device-queries",
    object="device-query",
    operations={
        "list": "Device_Query_list",
        "create": "Device_Query_create",
        "get": "Device_Query_retrieve",
        "update": "Device_Query_update",
        "delete": "Device_Query_destroy",
    },
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
    operations={"list": "Device_Event_list", "get": "Device_Event_retrieve"},
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

DEVICELOG = replace(
    DEVICE_EVENTS,
    operations={},
    filters={**DEVICE_EVENTS.filters, "state_change": _BY_WORD},
)
"""The same events at their old address, where a filter takes more operators."""

BLOCK_CATEGORIES = Resource(
    name="device-block-categories",
    object="device-block-category",
    operations={"list": "Block_Categories_list", "get": "Block_Categories_retrieve"},
    fields={
        "description": _WORD,
        "id": Field("string", io=""),
        "object": _STRING,
        "reference": Field("string", indexed=True),
        "updated_at": _TIME,
    },
    filters={"reference": Filter(_EQUAL, ()), "updated_at": Filter(_RANGE, ())},
    key="reference",
    id_pattern="",
    paged=False,
    clock="updated_at",
)
_CATEGORIES = {
    "maintenance": "Suspended for maintenance.",
    "lost_or_stolen": "The device is lost or has been stolen.",
    "misbehaving": "The device sends too much or makes no sense.",
    "unpaid": "The contract for the device has ended.",
}

ROWS = (DEVICES, DEVICE_GROUPS, DEVICE_QUERIES, DEVICE_EVENTS, BLOCK_CATEGORIES)


# --- what becomes of devices ---

SETTINGS: Mapping[str, Any] = {"disconnect_seconds": 2, "reconnect_seconds": 8}
"""Virtual seconds until a suspended device is disconnected, and until a device that is allowed to connects again."""


def bootstrap(engine: Engine, account_id: str, name: str, claimed_at: str) -> Document:
    """A device of the account that is switched on for the first time. `name` is what its endpoint name is made from."""
    noise = digest(engine.seed, name)
    device = engine.blank(DEVICES)
    device |= {
        "account_id": account_id,
        "bootstrapped_timestamp": device["created_at"],
        "ca_id": noise[:32],
        "deployed_state": "production",
        "device_class": "thermo-a1",
        "device_execution_mode": 5,
        "device_key": bytes.fromhex(noise).hex(":").upper(),
        "endpoint_name": noise[32:],
        "endpoint_type": "temperature",
        "enrolment_list_timestamp": claimed_at,
        "state": "bootstrapped",
        "vendor_id": "northlight",
    }
    engine.store.put(DEVICES, device)
    _record_creation(engine, device)
    return register(engine, device)


def register(engine: Engine, device: Document) -> Document:
    """The device connects, and is returned as it is then."""
    return _change_state(engine, device, "registered")


def deregister(engine: Engine, device: Document) -> Document:
    """The device is not connected any more, and is returned as it is then."""
    return _change_state(engine, device, "deregistered")


def _change_state(engine: Engine, device: Document, state: str) -> Document:
    device = engine.touched(DEVICES, device | {"state": state})
    engine.store.put(DEVICES, device)
    _record(engine, device, f"update.device.device-{state}", f"Device {state}", True)
    engine.emit(f"device.{state}", device)
    return device


def _suspend(engine: Engine, call: Call) -> Answer:
    """It may be said again, with another reason."""
    device = engine.existing(DEVICES, call)
    block = _block(engine, call)
    _note_block(engine, device, block, {"lifecycle_status": "blocked", "operator_suspended": True}, "suspended")
    engine.schedule(engine.settings.disconnect_seconds, "device.disconnect", device=device["id"])
    return Answer(204)


def _resume(engine: Engine, call: Call) -> Answer:
    device = engine.existing(DEVICES, call)
    block = _block(engine, call)
    if not device["operator_suspended"]:
        raise invalid({"id": "is that of a device that is not suspended"})
    if block["category"] != device.get("last_operator_suspended_category", ""):
        raise invalid({"category": "is not that of the suspension"})
    status = "blocked" if device["system_suspended"] else "enabled"
    _note_block(engine, device, block, {"lifecycle_status": status, "operator_suspended": False}, "resumed")
    engine.schedule(engine.settings.reconnect_seconds, "device.reconnect", device=device["id"])
    return Answer(204)


def _block(engine: Engine, call: Call) -> Document:
    """Why a device is suspended or resumed. Raises ApiError."""
    call.arguments()
    body = call.json()
    wrong = {name: "is not a field of this request" for name in body if name not in ("category", "description")}
    block = {"category": "", "description": ""} | body
    if not isinstance(block["category"], str) or (
        block["category"] and not engine.store.find(BLOCK_CATEGORIES, "reference", block["category"])
    ):
        wrong["category"] = "is not a known category"
    if not isinstance(block["description"], str) or len(block["description"]) > 2000:
        wrong["description"] = "must be a text of 2000 characters at most"
    if wrong:
        raise invalid(wrong)
    return block


def _note_block(engine: Engine, device: Document, block: Document, change: Document, event: str) -> None:
    device = engine.touched(DEVICES, device | change | {f"last_operator_suspended_{name}": value for name, value in block.items()})
    device["last_operator_suspended_updated_at"] = device["updated_at"]
    engine.store.put(DEVICES, device)
    _record_update(engine, device)
    engine.emit(f"device.{event}", device)


def _disconnect(engine: Engine, payload: Document) -> None:
    device = engine.store.get(DEVICES, payload["device"])
    if device and device["lifecycle_status"] == "blocked" and device["state"] == "registered":
        deregister(engine, device)


def _reconnect(engine: Engine, payload: Document) -> None:
    """A device that was connected before tries again; it is refused where its certificate has been made inactive meanwhile."""
    device = engine.store.get(DEVICES, payload["device"])
    if not device or device["lifecycle_status"] == "blocked" or device["state"] != "deregistered":
        return
    certificates = engine.rows.get("trusted-certificates")
    certificate = certificates and device["ca_id"] and engine.store.get(certificates, device["ca_id"])
    if certificate and certificate.get("status") == "INACTIVE":
        engine.emit("device.denied", device)
    else:
        register(engine, device)


def _list_log(engine: Engine, call: Call) -> Answer:
    return engine.page(DEVICELOG, call)


def _get_log(engine: Engine, call: Call) -> Answer:
    call.arguments()
    return engine.shown(200, DEVICELOG, engine.existing(DEVICELOG, call), call)


OPERATIONS = {"Device_suspend": _suspend, "Device_resume": _resume, "Device_Log_list": _list_log, "Device_Log_retrieve": _get_log}
ERRORS = {"Device_suspend": EmptyError, "Device_resume": EmptyError}
TASKS = {"device.disconnect": _disconnect, "device.reconnect": _reconnect}


# --- the fleet ---

MOST_EVENTS = 100_000

# Class, vendor, endpoint type, what its name begins with, share in percent.
_KINDS = (
    ("edge-gw-2", "northlight", "MBED_GW", "gateway", 2),
    ("thermo-a1", "northlight", "temperature", "thermo", 34),
    ("thermo-b2", "kelvin-works", "temperature", "thermo", 14),
    ("meter-e3", "voltaic", "electricity-meter", "meter", 28),
    ("cold-c4", "kelvin-works", "cold-store", "cold", 12),
    ("lamp-l5", "lumenary", "street-light", "lamp", 10),
)
_BEHIND_GATEWAY = frozenset({"temperature", "cold-store"})
_STATES = (("registered", 78), ("deregistered", 14), ("unenrolled", 4), ("bootstrapped", 3), ("cloud_enrolling", 1))
_MODES = ((5, 65), (1, 30), (0, 5))
_SITES = ("oslo", "lisbon", "turin", "gdansk", "leeds", "lyon", "porto", "graz")
_ROLES = ("heating", "ventilation", "storage", "metering", "lighting")
_VERSIONS = ("1.4.2", "1.4.3", "1.5.0", "2.0.0", "2.0.1")
_DESCRIPTIONS = ("", "", "", "Installed by the roll-out team.", "Spare unit.", "Næste eftersyn: forår \u2013 kælder 2.")
PILOT = 50


def _spread(shares: tuple[tuple[Any, ...], ...]) -> tuple[Any, ...]:
    """A hundred entries in which each entry occurs by its share, the last element of it."""
    return tuple(entry[:-1] if len(entry) > 2 else entry[0] for entry in shares for _time in range(entry[-1]))


_KIND_OF, _STATE_OF, _MODE_OF = _spread(_KINDS), _spread(_STATES), _spread(_MODES)
_GROUPS: Mapping[str, tuple[str, dict[str, str]]] = {
    "gateways": ("Every gateway.", {}),
    "pilot": ("The first devices to get new firmware.", {"ring": "zero", "owner": "operations"}),
    "turin-cold-stores": ("", {"site": "turin"}),
    "empty": ("Nothing here yet.", {}),
}
_QUERIES: Mapping[str, str] = {
    "registered": "state__eq=registered",
    "old gateways": "endpoint_type__eq=MBED_GW&created_at__lte=2018-12-31T23:59:59Z",
    "heating in Oslo": "custom_attributes__site__eq=oslo&custom_attributes__role__eq=heating",
}


class _Directory:
    """The devices of a fleet and what there is around them."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self._groups = {name: make_id(LAST + number * HOUR) for number, name in enumerate(_GROUPS)}
        self._members = dict.fromkeys(_GROUPS, 0)
        self._events: list[tuple[str, int, str]] = []

    def devices(self, moments: Iterable[tuple[int, int]], salt: object = "") -> Iterator[Document]:
        """Devices in order of creation: each soon after the time in `moments`, within the first half of what the other number says."""
        source = self.fleet.random(salt)
        chance, bits = source.random, source.getrandbits

        def one_of(choices: tuple[Any, ...]) -> Any:
            return choices[int(chance() * len(choices))]

        gateway = ""
        for number, (moment, room) in enumerate(moments):
            created = moment + int(chance() * room / 2)
            id_ = make_id(created)
            device_class, vendor, endpoint_type, prefix = _KIND_OF[0] if not number else one_of(_KIND_OF)
            is_gateway = endpoint_type == "MBED_GW"
            if is_gateway:
                gateway = id_
            state = one_of(_STATE_OF)
            suspended = state == "deregistered" and chance() < 0.08
            connected = state in ("registered", "deregistered", "bootstrapped")
            updated = created + int(chance() * 40 * DAY)
            mode = one_of(_MODE_OF)
            site = one_of(_SITES)
            serial = f"{bits(48):012X}"
            noise = source.randbytes(64).hex()
            attributes = {}
            if chance() < 0.92:
                attributes = {"site": site, "floor": str(int(chance() * 12))}
                if chance() < 0.6:
                    attributes["role"] = one_of(_ROLES)
                if chance() < 0.1:
                    attributes["asset tag"] = f"A{bits(20):06d}"
            groups = []
            if is_gateway:
                groups.append("gateways")
            if site == "turin" and endpoint_type == "cold-store":
                groups.append("turin-cold-stores")
            if not salt and number < PILOT:
                groups.append("pilot")
            device: Document = {
                "account_id": self.fleet.account_id,
                "auto_update": False,
                "bootstrap_expiration_date": clock.day(created + 7300 * DAY) if mode == 5 else None,
                "ca_id": noise[:32] if mode else "",
                "component_attributes": {"main": one_of(_VERSIONS), "bootloader": one_of(_VERSIONS)} if chance() < 0.7 else {},
                "connector_expiration_date": clock.day(created + 1095 * DAY) if connected and mode else None,
                "created_at": clock.text(created),
                "custom_attributes": attributes,
                "deployed_state": "production" if mode == 5 else "development",
                "deployment": "",
                "description": one_of(_DESCRIPTIONS),
                "device_class": device_class,
                "device_execution_mode": mode,
                "device_key": bytes.fromhex(noise[:64]).hex(":").upper(),
                "endpoint_name": f"{noise[:8]}-{noise[8:12]}-4{noise[13:16]}-a{noise[17:20]}-{noise[20:32]}" if chance() < 0.9 else id_,
                "endpoint_type": endpoint_type,
                "enrolment_list_timestamp": clock.text(created - HOUR),
                "etag": (changed := clock.text(updated)),
                "firmware_checksum": noise[64:] if connected else "",
                "groups": [self._groups[name] for name in groups],
                "host_gateway": gateway if endpoint_type in _BEHIND_GATEWAY and chance() < 0.6 else "",
                "id": id_,
                "issuer_fingerprint": noise[32:96].upper() if mode else None,
                "lifecycle_status": "blocked" if suspended else "enabled",
                "manifest": "",
                "mechanism": "connector",
                "mechanism_url": "",
                "name": f"{prefix}-{site}-{serial[-6:].lower()}-{number + 1}" if chance() < 0.98 else "",
                "net_id": f"fd00:db8::{noise[:4]}" if endpoint_type == "electricity-meter" and chance() < 0.5 else "",
                "object": "device",
                "operator_suspended": suspended,
                "serial_number": serial,
                "state": state,
                "system_suspended": False,
                "updated_at": changed,
                "vendor_id": vendor,
            }
            if connected:
                device["bootstrapped_timestamp"] = clock.text(created + int(chance() * HOUR))
            if connected and chance() < 0.5:
                device["manifest_timestamp"] = changed
            if suspended:
                device["last_operator_suspended_category"] = "maintenance"
                device["last_operator_suspended_description"] = "Suspended for maintenance."
                device["last_operator_suspended_updated_at"] = changed
            yield device

    def seeded(self) -> Iterator[Document]:
        for device in self.devices(self.fleet.moments()):
            for name, id_ in self._groups.items():
                self._members[name] += id_ in device["groups"]
            if len(self._events) < MOST_EVENTS // 2:
                self._events.append((device["id"], clock.moment(device["created_at"]), device["state"]))
            yield device

    def groups(self) -> Iterator[Document]:
        for number, (name, (description, attributes)) in enumerate(_GROUPS.items()):
            yield {
                **stamp(DEVICE_GROUPS.object, LAST + number * HOUR),
                "custom_attributes": attributes,
                "description": description,
                "devices_count": self._members[name],
                "name": name,
            }

    def queries(self) -> Iterator[Document]:
        for number, (name, query) in enumerate(_QUERIES.items()):
            yield {**stamp(DEVICE_QUERIES.object, LAST + DAY + number * HOUR), "name": name, "query": query}

    def categories(self) -> Iterator[Document]:
        for number, (reference, description) in enumerate(_CATEGORIES.items()):
            updated = FIRST + number * HOUR
            yield {
                "description": description,
                "id": make_id(updated),
                "object": BLOCK_CATEGORIES.object,
                "reference": reference,
                "updated_at": clock.text(updated),
            }

    def events(self) -> Iterator[Document]:
        """The creation of each device, and an update for those that ever connected; not more than MOST_EVENTS."""
        events = [(created, id_, True) for id_, created, _rest in self._events]
        events += [(created + HOUR, id_, False) for id_, created, state in self._events if state != "unenrolled"]
        last = 0
        for at, id_, creation in sorted(events):
            last = max(at, last + 1)
            at_text = clock.text(last)
            yield {
                "changes": {},
                "created_at": at_text,
                "data": {} if creation else {"campaign_id": self._groups["pilot"]},
                "date_time": at_text,
                "description": "Device record created" if creation else "Firmware update finished",
                "device_id": id_,
                "etag": at_text,
                "event_type": "update.device.device-created" if creation else "UPD2_100",
                "event_type_category": "" if creation else "SUCCESS",
                "event_type_description": "INFO" if creation else "SUCCESS",
                "id": make_id(last),
                "object": DEVICE_EVENTS.object,
                "state_change": creation,
            }


def seeded_devices(fleet: Fleet) -> Iterator[Document]:
    """The devices of a new state, for areas whose objects tell of some."""
    return _Directory(fleet).seeded()


def seed(fleet: Fleet) -> Iterable[tuple[Resource, Iterable[Document]]]:
    """The objects of a new state. The devices come first: the others tell of them."""
    directory = _Directory(fleet)
    yield DEVICES, directory.seeded()
    yield DEVICE_GROUPS, directory.groups()
    yield DEVICE_QUERIES, directory.queries()
    yield DEVICE_EVENTS, directory.events()
    yield BLOCK_CATEGORIES, directory.categories()


def _more_devices(fleet: Fleet, count: int, first: int, step: int, salt: object) -> Iterator[Document]:
    for device in _Directory(fleet).devices(evenly(count, first, first + count * step), salt):
        yield device | {"groups": []}


MAKERS = {DEVICES.name: _more_devices}
