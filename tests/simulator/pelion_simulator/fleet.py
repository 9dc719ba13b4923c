# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet that looks like a real one. The same seed and number make the same one, byte for byte."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from . import clock, resources
from .identity import PRIVATE, digest, make_id, make_token
from .store import Store
from .table import Document

FIRST = clock.moment("2017-03-01T08:00:00.000000Z")
LAST = clock.moment("2020-12-01T08:00:00.000000Z")
_HOUR = 3_600_000_000
_DAY = 24 * _HOUR
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


class Fleet:
    """The contents of a new state."""

    def __init__(self, seed: int, count: int) -> None:
        self.seed = seed
        self.count = count
        self.account_id = make_id(FIRST - 90 * _DAY)
        self._groups = {name: make_id(LAST + number * _HOUR) for number, name in enumerate(_GROUPS)}
        self._members = dict.fromkeys(_GROUPS, 0)
        self._events: list[tuple[str, int, str]] = []

    def fill(self, store: Store, api_key: str) -> None:
        """Make the tables of a new state and put everything in."""
        store.create_tables()
        store.fill(resources.DEVICES, self._seeded())
        store.fill(resources.DEVICE_GROUPS, self._device_groups())
        store.fill(resources.DEVICE_QUERIES, self._device_queries())
        store.fill(resources.DEVICE_EVENTS, self._device_events())
        store.fill(resources.ACCOUNTS, [self._account()])
        store.fill(resources.API_KEYS, [self._api_key(api_key)])
        store.fill(resources.TOKENS, [self._token(api_key)])
        store.create_indexes()
        store.set_fact("seed", str(self.seed))
        store.set_fact("api_key", api_key)

    def devices(self, count: int, first: int, step: int, salt: object = "") -> Iterator[Document]:
        """Devices in order of creation, from the time `first` on, about `step` microseconds apart."""
        source = random.Random(int(digest(self.seed, salt)[:16], 16))
        chance, bits = source.random, source.getrandbits

        def one_of(choices: tuple[Any, ...]) -> Any:
            return choices[int(chance() * len(choices))]

        gateway = ""
        for number in range(count):
            created = first + number * step + int(chance() * step / 2)
            id_ = make_id(created)
            device_class, vendor, endpoint_type, prefix = _KIND_OF[0] if not number else one_of(_KIND_OF)
            is_gateway = endpoint_type == "MBED_GW"
            if is_gateway:
                gateway = id_
            state = one_of(_STATE_OF)
            suspended = state == "deregistered" and chance() < 0.08
            connected = state in ("registered", "deregistered", "bootstrapped")
            updated = created + int(chance() * 40 * _DAY)
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
                "account_id": self.account_id,
                "auto_update": False,
                "bootstrap_expiration_date": clock.day(created + 7300 * _DAY) if mode == 5 else None,
                "ca_id": noise[:32] if mode else "",
                "component_attributes": {"main": one_of(_VERSIONS), "bootloader": one_of(_VERSIONS)} if chance() < 0.7 else {},
                "connector_expiration_date": clock.day(created + 1095 * _DAY) if connected and mode else None,
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
                "enrolment_list_timestamp": clock.text(created - _HOUR),
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
                device["bootstrapped_timestamp"] = clock.text(created + int(chance() * _HOUR))
            if connected and chance() < 0.5:
                device["manifest_timestamp"] = changed
            if suspended:
                device["last_operator_suspended_category"] = "maintenance"
                device["last_operator_suspended_description"] = "Suspended for maintenance."
                device["last_operator_suspended_updated_at"] = changed
            yield device

    def _seeded(self) -> Iterator[Document]:
        for device in self.devices(self.count, FIRST, (LAST - FIRST) // max(self.count, 1)):
            for name, id_ in self._groups.items():
                self._members[name] += id_ in device["groups"]
            if len(self._events) < MOST_EVENTS // 2:
                self._events.append((device["id"], clock.moment(device["created_at"]), device["state"]))
            yield device

    def _device_groups(self) -> Iterator[Document]:
        for number, (name, (description, attributes)) in enumerate(_GROUPS.items()):
            yield {
                **_stamp(resources.DEVICE_GROUPS.object, LAST + number * _HOUR),
                "custom_attributes": attributes,
                "description": description,
                "devices_count": self._members[name],
                "name": name,
            }

    def _device_queries(self) -> Iterator[Document]:
        for number, (name, query) in enumerate(_QUERIES.items()):
            yield {**_stamp(resources.DEVICE_QUERIES.object, LAST + _DAY + number * _HOUR), "name": name, "query": query}

    def _device_events(self) -> Iterator[Document]:
        """The creation of each device, and an update for those that ever connected; not more than MOST_EVENTS."""
        events = [(created, id_, True) for id_, created, _rest in self._events]
        events += [(created + _HOUR, id_, False) for id_, created, state in self._events if state != "unenrolled"]
        last = 0
        for at, id_, creation in sorted(events):
            last = max(at, last + 1)
            stamp = clock.text(last)
            yield {
                "changes": {},
                "created_at": stamp,
                "data": {} if creation else {"campaign_id": self._groups["pilot"]},
                "date_time": stamp,
                "description": "Device record created" if creation else "Firmware update finished",
                "device_id": id_,
                "etag": stamp,
                "event_type": "update.device.device-created" if creation else "UPD2_100",
                "event_type_category": "" if creation else "SUCCESS",
                "event_type_description": "INFO" if creation else "SUCCESS",
                "id": make_id(last),
                "object": resources.DEVICE_EVENTS.object,
                "state_change": creation,
            }

    def _account(self) -> Document:
        created = clock.text(FIRST - 90 * _DAY)
        account: Document = {name: None for name, field in resources.ACCOUNTS.fields.items() if field.nullable}
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
            "id": self.account_id,
            "idle_timeout": 30,
            "limitations": [],
            "limits": {"iam_user_api_key_limit": "10"},
            "mfa_status": "optional",
            "object": resources.ACCOUNTS.object,
            "password_recovery_expiration": 30,
            "policies": [],
            "status": "ACTIVE",
            "sub_accounts": [],
            "tier": "1",
            "tier_history": [],
            "updated_at": created,
        }

    def _api_key(self, token: str) -> Document:
        return api_key(self.account_id, FIRST - 89 * _DAY, token, "simulator")

    def _token(self, token: str) -> Document:
        return make_token_record(FIRST - 89 * _DAY, token, "api_key", subject=make_id(FIRST - 89 * _DAY))


def first_key(seed: int) -> str:
    """The API key of a new state."""
    return make_token("api_key", seed)


def api_key(account_id: str, created: int, token: str, name: str, status: str = "ACTIVE") -> Document:
    """An API key as /v3/api-keys/me shows it, without the private part."""
    stamp = clock.text(created)
    return {
        "account_id": account_id,
        "created_at": stamp,
        "creation_time": created // 1000,
        "etag": "1",
        "groups": [],
        "id": make_id(created),
        "key": token[:-PRIVATE],
        "last_login_time": created // 1000,
        "name": name,
        "object": resources.API_KEYS.object,
        "owner": account_id,
        "status": status,
        "updated_at": stamp,
    }


def make_token_record(created: int, token: str, kind: str, access: str = "full", status: str = "ACTIVE", subject: str = "") -> Document:
    """What is known of a token: its kind, what it may do, and the id of the object it stands for."""
    return {
        "access": access,
        "created_at": clock.text(created),
        "id": make_id(created),
        "kind": kind,
        "object": resources.TOKENS.object,
        "status": status,
        "subject": subject,
        "token": token,
    }


def _stamp(object_: str, created: int) -> Document:
    stamp = clock.text(created)
    return {"created_at": stamp, "etag": stamp, "id": make_id(created), "object": object_, "updated_at": stamp}


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
MAKERS: Mapping[str, Callable[..., Iterator[Document]]] = {resources.DEVICES.name: Fleet.devices}
"""How more objects of a resource are made on request: maker(fleet, count, first, step, salt)."""
