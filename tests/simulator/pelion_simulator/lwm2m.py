# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs on a device: its LwM2M objects, their values, and what it answers to reading, writing, executing, creating and deleting.

A model is made from what the directory knows of a device, so that a fleet of a million needs no memory for them; what was changed since is
in a `changes` document that the caller keeps. Encodings: OMA LwM2M 1.0, section 6.4; RFC 8428 for SenML.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Value = str | int | float | bool | bytes

TEXT, OPAQUE, TLV = "text/plain", "application/octet-stream", "application/vnd.oma.lwm2m+tlv"
JSON, SENML = "application/vnd.oma.lwm2m+json", "application/senml+json"
_SAME = {
    "": "",
    "*/*": "",
    "application/vnd.oma.lwm2m+text": TEXT,
    "application/vnd.oma.lwm2m+opaq": OPAQUE,
    "application/nanoservice-tlv": TLV,
    "application/json": JSON,
}
LARGEST = 1_048_576
"""Bytes that a device takes in one write (OpenAPI, updateResourceValue)."""


@dataclass(frozen=True)
class Kind:
    """What an object definition says of a resource. `can`: r read, w write, x execute, o observe."""

    type: str
    """string, integer, float, boolean or opaque."""
    can: str
    rt: str
    max_age: int = 60


OBJECTS: Mapping[int, Mapping[int, Kind]] = {
    1: {
        0: Kind("integer", "r", "ShortServerID"),
        1: Kind("integer", "rw", "Lifetime"),
        7: Kind("string", "rw", "Binding"),
        8: Kind("", "x", "RegistrationUpdateTrigger"),
    },
    3: {
        0: Kind("string", "r", "Manufacturer", 3600),
        1: Kind("string", "r", "ModelNumber", 3600),
        2: Kind("string", "r", "SerialNumber", 3600),
        3: Kind("string", "ro", "FirmwareVersion"),
        4: Kind("", "x", "Reboot"),
        5: Kind("", "x", "FactoryReset"),
        9: Kind("integer", "ro", "BatteryLevel"),
        11: Kind("integer", "ro", "ErrorCode"),
        13: Kind("integer", "rw", "CurrentTime", 0),
        14: Kind("string", "rw", "UTCOffset"),
        15: Kind("string", "rw", "Timezone"),
        16: Kind("string", "r", "SupportedBinding"),
    },
    3303: {
        5601: Kind("float", "ro", "MinMeasured"),
        5602: Kind("float", "ro", "MaxMeasured"),
        5605: Kind("", "x", "ResetMinMax"),
        5700: Kind("float", "ro", "SensorValue"),
        5701: Kind("string", "r", "Units", 3600),
    },
    3305: {
        5800: Kind("float", "ro", "InstantaneousPower"),
        5805: Kind("float", "ro", "CumulativePower"),
        5822: Kind("", "x", "ResetCumulative"),
    },
    3311: {
        5706: Kind("string", "rwo", "Colour"),
        5850: Kind("boolean", "rwo", "OnOff"),
        5851: Kind("integer", "rwo", "Dimmer"),
        5852: Kind("integer", "ro", "OnTime"),
    },
    10252: {
        1: Kind("opaque", "w", "Manifest"),
        2: Kind("integer", "ro", "UpdateState"),
        3: Kind("integer", "ro", "UpdateResult"),
        5: Kind("opaque", "ro", "FirmwareChecksum"),
    },
    33000: {
        0: Kind("string", "rwo", "Label"),
        1: Kind("opaque", "rwo", "Data", 0),
        2: Kind("integer", "rwo", "Number"),
        3: Kind("boolean", "rw", "Flag"),
    },
}
"""The objects that simulated devices have; 33000 is one whose instances can be created and deleted."""
CREATABLE = frozenset({33000})
_SENSORS = {"temperature": 3303, "cold-store": 3303, "electricity-meter": 3305, "street-light": 3311, "MBED_GW": 3311}


class Refused(Exception):
    """The device does not do it: the status that the service reports of its answer (OpenAPI, AsyncIDResponse.status)."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def new_changes() -> dict[str, Any]:
    """What changed on a device of which nothing was changed."""
    return {"values": {}, "removed": [], "rules": {}}


def _first_values(device: Mapping[str, Any], chance: Callable[..., float]) -> dict[str, Value]:
    """The values of a device that nobody has touched."""
    id_ = device["id"]
    values: dict[str, Value] = {
        "/1/0/0": 1,
        "/1/0/1": 86400,
        "/1/0/7": "UQ",
        "/3/0/0": device.get("vendor_id") or "unknown",
        "/3/0/1": device.get("device_class") or "unknown",
        "/3/0/2": device.get("serial_number") or id_[-12:],
        "/3/0/3": (device.get("component_attributes") or {}).get("main", "1.0.0"),
        "/3/0/9": 20 + int(chance("battery", id_) * 81),
        "/3/0/11": 0,
        "/3/0/13": 1606809600,
        "/3/0/14": "+00:00",
        "/3/0/15": "Etc/UTC",
        "/3/0/16": "UQ",
        "/10252/0/2": 0,
        "/10252/0/3": 0,
        "/10252/0/5": bytes.fromhex(device.get("firmware_checksum") or "00" * 32),
        "/33000/0/0": "first",
        "/33000/0/1": bytes(range(16)),
        "/33000/0/2": 42,
        "/33000/0/3": True,
    }
    sensor = _SENSORS.get(str(device.get("endpoint_type")))
    if sensor == 3303:
        cold = device.get("endpoint_type") == "cold-store"
        now = round(chance("temperature", id_) * 8 + (-2 if cold else 17), 1)
        values |= {"/3303/0/5601": round(now - 1.5, 1), "/3303/0/5602": round(now + 2.5, 1), "/3303/0/5700": now, "/3303/0/5701": "Cel"}
    elif sensor == 3305:
        values |= {"/3305/0/5800": round(chance("power", id_) * 3000, 1), "/3305/0/5805": round(chance("energy", id_) * 90000, 1)}
    elif sensor == 3311:
        values |= {"/3311/0/5706": "#ffffff", "/3311/0/5850": chance("light", id_) < 0.5, "/3311/0/5851": 80, "/3311/0/5852": 3600}
    return values


def _kept(value: Value) -> Any:
    """A value as JSON keeps it."""
    return {"b64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _taken(kept: Any) -> Value:
    value: Value = base64.b64decode(kept["b64"]) if isinstance(kept, dict) else kept
    return value


class Model:
    """The objects of one device."""

    def __init__(self, device: Mapping[str, Any], changes: dict[str, Any], chance: Callable[..., float]) -> None:
        """`changes` is changed by what is done to the device; `chance` gives the same number for the same salt."""
        self._changes = changes
        self.values = _first_values(device, chance)
        for instance in changes["removed"]:
            self.values = {path: value for path, value in self.values.items() if not _below(path, instance)}
        self.values |= {path: _taken(kept) for path, kept in changes["values"].items()}

    def kind(self, path: str) -> Kind | None:
        """What is known of a resource, if this is one."""
        parts = _numbers(path)
        if len(parts) != 3 or f"/{parts[0]}/{parts[1]}" not in self.instances():
            return None
        return OBJECTS[parts[0]].get(parts[2])

    def instances(self) -> list[str]:
        """The object instances of the device."""
        return sorted({path.rpartition("/")[0] for path in self.values}, key=_numbers)

    def resources(self) -> Iterator[tuple[str, Kind]]:
        """All resources, also those that have no value."""
        for instance in self.instances():
            for number, kind in OBJECTS[_numbers(instance)[0]].items():
                path = f"{instance}/{number}"
                if path in self.values or "x" in kind.can or kind.can == "w":
                    yield path, kind

    def has(self, path: str) -> bool:
        """Whether the device has an object, instance or resource at this path."""
        return any(_below(known, path) for known, _kind in self.resources())

    def may_create(self, path: str) -> bool:
        """Whether an instance could be created at this path."""
        parts = _numbers(path)
        return 0 < len(parts) <= 2 and parts[0] in CREATABLE

    def observable(self, path: str) -> bool:
        """Whether changes below this path can be subscribed to."""
        return any("o" in kind.can for known, kind in self.resources() if _below(known, path))

    # --- what a device does; each raises Refused ---

    def read(self, path: str, accept: str = "") -> tuple[bytes, str]:
        """The value of a resource, or those of an object or instance, and its content type."""
        kind = self.kind(path)
        if kind and "r" not in kind.can:
            raise Refused(400)
        found = {known: self.values[known] for known, one in self.resources() if _below(known, path) and "r" in one.can}
        if not found:
            raise Refused(404)
        natural = TLV if kind is None else OPAQUE if kind.type == "opaque" else TEXT
        wanted = _content_type(accept) or natural
        if wanted in (TEXT, OPAQUE) and kind:
            return _plain(found[path]), wanted
        if wanted == TLV:
            return _to_tlv(found, path), TLV
        if wanted in (JSON, SENML):
            return _to_json(found, path, wanted), wanted
        raise Refused(415)

    def write(self, path: str, payload: bytes, content_type: str = "") -> list[str]:
        """Change the value of a resource, or of those of an instance that the payload names. Returns their paths."""
        if len(payload) > LARGEST:
            raise Refused(413)
        return self._set(self._values_in(path, payload, content_type), "w")

    def execute(self, path: str) -> list[str]:
        """Execute a resource. Returns the paths of what changed by it."""
        kind = self.kind(path)
        if kind is None or "x" not in kind.can:
            raise Refused(400)
        instance = path.rpartition("/")[0]
        effects: dict[str, Callable[[], dict[str, Value]]] = {
            "ResetMinMax": lambda: {f"{instance}/{number}": self.values[f"{instance}/5700"] for number in (5601, 5602)},
            "ResetCumulative": lambda: {f"{instance}/5805": 0.0},
            "FactoryReset": lambda: {"/3/0/14": "+00:00", "/3/0/15": "Etc/UTC", "/1/0/1": 86400},
        }
        return self._set(effects.get(kind.rt, dict)(), "")

    def create(self, path: str, payload: bytes, content_type: str = "") -> str:
        """Make an instance of an object, with the values in the payload. Returns its path."""
        parts = _numbers(path)
        if not self.may_create(path) or _content_type(content_type) not in (TLV, ""):
            raise Refused(415 if self.may_create(path) else 400)
        number, body = _created_instance(payload)
        if len(parts) == 2:
            number = parts[1]
        taken = {_numbers(instance)[1] for instance in self.instances() if _numbers(instance)[0] == parts[0]}
        if number is None:
            number = next(free for free in range(len(taken) + 1) if free not in taken)
        if number in taken:
            raise Refused(400)
        instance = f"/{parts[0]}/{number}"
        first: dict[str, Value] = {f"{instance}/0": "", f"{instance}/1": b"", f"{instance}/2": 0, f"{instance}/3": False}
        given = {f"{instance}/{entry}": value for entry, value in _from_tlv(OBJECTS[parts[0]], body).items()}
        for known, value in (first | given).items():
            self.values[known] = value
            self._changes["values"][known] = _kept(value)
        return instance

    def delete(self, path: str) -> None:
        """Delete an instance."""
        parts = _numbers(path)
        if len(parts) != 2 or parts[0] not in CREATABLE or path not in self.instances():
            raise Refused(400)
        self.values = {known: value for known, value in self.values.items() if not _below(known, path)}
        self._changes["values"] = {known: kept for known, kept in self._changes["values"].items() if not _below(known, path)}
        self._changes["removed"] = sorted({*self._changes["removed"], path})

    def measure(self, path: str, value: Any) -> list[str]:
        """A value changes on the device itself. Returns the paths of all that changed. Raises ValueError where it cannot be that value."""
        kind = self.kind(path)
        if kind is None or not kind.type:
            raise ValueError(f"{path} is not a resource with a value on this device")
        try:
            if kind.type == "opaque":
                made: Value = base64.b64decode(value, validate=True)
            else:
                made = {"string": str, "integer": int, "float": float, "boolean": bool}[kind.type](value)
        except (TypeError, ValueError):
            raise ValueError(f"{path} cannot have the value {value!r}") from None
        changed = {path: made}
        if kind.rt == "SensorValue" and isinstance(made, float):
            instance = path.rpartition("/")[0]
            low, high = f"{instance}/5601", f"{instance}/5602"
            changed |= {low: min(made, float(self.values[low])), high: max(made, float(self.values[high]))}
        return self._set({known: one for known, one in changed.items() if self.values.get(known) != one}, "")

    def _set(self, values: Mapping[str, Value], needs: str) -> list[str]:
        kinds = {path: self.kind(path) for path in values}
        if not all(kind and needs in kind.can for kind in kinds.values()):
            raise Refused(400)
        for path, value in values.items():
            self.values[path] = value
            self._changes["values"][path] = _kept(value)
        return list(values)

    def _values_in(self, path: str, payload: bytes, content_type: str) -> dict[str, Value]:
        """The values that a payload has for a resource or an instance."""
        kind, wanted = self.kind(path), _content_type(content_type)
        if kind is None and path not in self.instances():
            raise Refused(400)
        if wanted == TLV:
            object_, instance = _numbers(path)[:2]
            entries = _from_tlv(OBJECTS[object_], payload)
            return {
                f"/{object_}/{instance}/{number}": value
                for number, value in entries.items()
                if _below(f"/{object_}/{instance}/{number}", path)
            }
        if wanted in (JSON, SENML):
            return {name: _fitted(self.kind(name), value) for name, value in _from_json(payload, path).items()}
        if kind is None or wanted not in (TEXT, OPAQUE, ""):
            raise Refused(415)
        if kind.type == "opaque":
            return {path: payload}
        try:
            return {path: _fitted(kind, payload.decode())}
        except UnicodeDecodeError:
            raise Refused(400) from None


def _content_type(written: str) -> str:
    plain = written.partition(";")[0].strip().lower()
    return _SAME.get(plain, plain)


def _numbers(path: str) -> list[int]:
    """The numbers of a path; of one that has others none."""
    parts = path.strip("/").split("/")
    return [int(part) for part in parts] if all(part.isascii() and part.isdigit() for part in parts) else []


def _below(path: str, above: str) -> bool:
    """Whether a path is another or leads further from it."""
    return path == above or path.startswith(above + "/")


def _plain(value: Value) -> bytes:
    if isinstance(value, bytes):
        return value
    return str(int(value) if isinstance(value, bool) else value).encode()


def _fitted(kind: Kind | None, value: Any) -> Value:
    """A value as its resource holds it. Raises Refused."""
    if kind is None or not kind.type:
        raise Refused(400)
    try:
        if kind.type == "integer":
            return int(value)
        if kind.type == "float":
            return float(value)
        if kind.type == "boolean":
            return {"0": False, "1": True, "false": False, "true": True}[str(value).strip().lower()]
        if kind.type == "opaque":
            return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_")
    except (KeyError, TypeError, ValueError):
        raise Refused(400) from None
    return str(value)


# --- TLV: type byte (two bits of kind, one of id length, two of length's length, three of length), id, length, value ---

_INSTANCE, _RESOURCE = 0, 3


def _entry(kind: int, number: int, value: bytes) -> bytes:
    head = kind << 6
    length = b""
    if len(value) < 8:
        head |= len(value)
    else:
        size = 1 if len(value) < 1 << 8 else 2 if len(value) < 1 << 16 else 3
        head |= size << 3
        length = len(value).to_bytes(size, "big")
    wide = number > 255
    return bytes([head | wide << 5]) + number.to_bytes(1 + wide, "big") + length + value


def _tlv_value(value: Value) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bool):
        return bytes([value])
    if isinstance(value, float):
        return struct.pack(">d", value)
    size = next(size for size in (1, 2, 4, 8) if -(1 << 8 * size - 1) <= value < 1 << 8 * size - 1)
    return value.to_bytes(size, "big", signed=True)


def _to_tlv(found: Mapping[str, Value], path: str) -> bytes:
    instances: dict[int, bytes] = {}
    for known, value in found.items():
        _object, instance, number = _numbers(known)
        instances[instance] = instances.get(instance, b"") + _entry(_RESOURCE, number, _tlv_value(value))
    if len(_numbers(path)) == 1:
        return b"".join(_entry(_INSTANCE, number, body) for number, body in instances.items())
    return b"".join(instances.values())


def _entries(payload: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Kind, id and value of the entries of a payload. Raises Refused where it is no TLV."""
    position = 0
    try:
        while position < len(payload):
            head = payload[position]
            wide, size = head >> 5 & 1, head >> 3 & 3
            number = int.from_bytes(payload[position + 1 : position + 2 + wide], "big")
            position += 2 + wide
            length = int.from_bytes(payload[position : position + size], "big") if size else head & 7
            position += size
            if position + length > len(payload):
                raise Refused(400)
            yield head >> 6, number, payload[position : position + length]
            position += length
    except IndexError:
        raise Refused(400) from None


def _from_tlv(kinds: Mapping[int, Kind], payload: bytes) -> dict[int, Value]:
    """The resources in a payload. Raises Refused."""
    found: dict[int, Value] = {}
    for kind, number, value in _entries(payload):
        if kind == _INSTANCE:
            found |= _from_tlv(kinds, value)
        elif number not in kinds or kind != _RESOURCE:
            raise Refused(400)
        else:
            found[number] = _typed(kinds[number].type, value)
    return found


def _typed(type_: str, value: bytes) -> Value:
    try:
        if type_ == "string":
            return value.decode()
        if type_ == "integer":
            return int.from_bytes(value, "big", signed=True)
        if type_ == "boolean":
            return bool(int.from_bytes(value, "big"))
        if type_ == "float":
            made: float = struct.unpack(">f" if len(value) == 4 else ">d", value)[0]
            return made
    except (UnicodeDecodeError, struct.error):
        raise Refused(400) from None
    return value


def _created_instance(payload: bytes) -> tuple[int | None, bytes]:
    """The number of the instance that a payload is to create, if it says one, and the payload with its resources."""
    entries = list(_entries(payload))
    if len(entries) == 1 and entries[0][0] == _INSTANCE:
        return entries[0][1], entries[0][2]
    return None, payload


# --- JSON ---


def _to_json(found: Mapping[str, Value], path: str, content_type: str) -> bytes:
    senml = content_type == SENML
    words = {str: "vs" if senml else "sv", bool: "vb" if senml else "bv", bytes: "vd" if senml else "sv", int: "v", float: "v"}
    entries = []
    for known, value in found.items():
        shown = base64.urlsafe_b64encode(value).decode().rstrip("=") if isinstance(value, bytes) else value
        entries.append({"n": known[len(path) :].lstrip("/"), words[type(value)]: shown})
    if not senml:
        return json.dumps({"bn": path, "e": entries}).encode()
    entries[0] = {"bn": path if entries[0]["n"] == "" else path + "/", **entries[0]}
    if entries[0]["n"] == "":
        del entries[0]["n"]
    return json.dumps(entries).encode()


def _from_json(payload: bytes, path: str) -> dict[str, Any]:
    """Full paths and values in either kind of JSON. Raises Refused."""
    try:
        document = json.loads(payload)
        base, entries = (document.get("bn", ""), document["e"]) if isinstance(document, dict) else ("", document)
        found = {}
        for entry in entries:
            base = entry.get("bn", base)
            name = base + ("/" if base and entry.get("n") and not base.endswith("/") else "") + entry.get("n", "")
            full = name if name.startswith("/") else f"{path}/{name}".rstrip("/")
            found[full.rstrip("/")] = next(entry[word] for word in ("v", "vs", "sv", "vb", "bv", "vd") if word in entry)
    except (AttributeError, KeyError, StopIteration, TypeError, ValueError):
        raise Refused(400) from None
    if not all(_below(name, path) for name in found):
        raise Refused(400)
    return found
