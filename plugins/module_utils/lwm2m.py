# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""What devices say: LwM2M payloads to values and back. Reaches no network and knows nothing of Ansible.

A *path* is that of an object, instance, resource or resource instance, such as ``/3303/0/5700``. The *value* of a resource is a number,
text or boolean, one with several instances is a mapping of instance to value; an instance is a mapping of resource to value, an object
one of instance to those. All keys are ids as text.

Formats (OMA LightweightM2M 1.0 and 1.1, section 6.4 and appendix C; SenML is RFC 8428, link format RFC 6690): text, opaque, TLV, both
kinds of JSON, links.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import struct
from dataclasses import dataclass
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

from .resource import ResourceError

TYPES = ("string", "integer", "unsigned", "float", "boolean", "opaque", "time", "objlnk", "corelnk")

TEXT = ("text/plain", "application/vnd.oma.lwm2m+text")
OPAQUE = ("application/octet-stream", "application/vnd.oma.lwm2m+opaq")
TLV = ("application/vnd.oma.lwm2m+tlv", "application/nanoservice-tlv")
OMA_JSON = "application/vnd.oma.lwm2m+json"
SENML_JSON = "application/senml+json"
LINKS = "application/link-format"

Types = Mapping[str, str]
_INTEGERS = {1: ">b", 2: ">h", 4: ">i", 8: ">q"}
_UNSIGNED = {1: ">B", 2: ">H", 4: ">I", 8: ">Q"}
_FLOATS = {4: ">f", 8: ">d"}
_LONGEST = (1 << 24) - 1  # the length field has at most three bytes

# What the payload itself does not say: types of the OMA's own objects, and of its reusable resources whatever their object.
_KNOWN: Dict[str, Tuple[str, ...]] = {
    "string": (
        "0/0 0/7 1/7 3/0 3/1 3/2 3/3 3/14 3/15 3/16 3/17 3/18 3/19 4/4 4/5 4/7 5/1 5/6 5/7 7/0 7/1",
        "5514 5515 5516 5527 5701 5706 5750 5751 5853",
    ),
    "integer": (
        "0/2 0/6 0/10 0/11 0/12 1/0 1/1 1/2 1/3 1/5 3/6 3/7 3/8 3/9 3/10 3/11 3/20 3/21 4/0 4/1 4/2 4/3 4/6 4/8 4/9 4/10 5/3 5/5 5/8 5/9 "
        "7/2 7/3 7/4 7/5 7/8",
        "5501 5503 5504 5526 5534 5547 5851 5852 5854",
    ),
    "boolean": ("0/1 1/6", "5500 5502 5532 5533 5550 5551 5850"),
    "opaque": ("0/3 0/4 0/5 0/8 0/9 5/0", "5522"),
    "time": ("3/13 6/5", "5506 5518"),
    "float": (
        "6/6",
        "5507 5508 5509 5510 5511 5519 5520 5521 5524 5525 5528 5529 5531 5536 5537 5538 5544 5548 5600 5601 5602 5603 5604 5650 5651 "
        "5652 5700 5702 5703 5704 5705 5805 5820 5821 5900",
    ),
}
_OF_OBJECT = {name: kind for kind, (own, _shared) in _KNOWN.items() for name in own.split()}
_REUSABLE = {name: kind for kind, (_own, shared) in _KNOWN.items() for name in shared.split()}


class PayloadError(ResourceError):
    """A payload that is not what its content type says, or a value that its type cannot hold; the text says which and why."""


# -- values by content type


def media_type(content_type: Optional[str]) -> str:
    """The content type without parameters, in lower case."""
    return (content_type or "").partition(";")[0].strip().lower()


def decode(payload: bytes, content_type: Optional[str], path: str = "", types: Optional[Types] = None) -> Any:
    """The value in a payload.

    Text and TLV do not say what type a resource has. It is taken from ``types``, else from the OMA's own list; without either a text
    stays text, and TLV is read as what the bytes most probably are. Bytes that are no text are given in base64, and so are payloads of
    a content type that is not known here.

    :param path: what was read; it says which part of an object the payload holds.
    :param types: resource to type, one of ``TYPES``; a resource is a whole path or an id alone.
    :raises PayloadError: when the payload is broken.
    """
    kind = media_type(content_type)
    if kind in TLV:
        return _tlv_value(parse_tlv(payload), split(path), types or {})
    if kind == SENML_JSON:
        return tree(_senml(_json(payload)), split(path))
    if kind == OMA_JSON:
        return tree(_oma_json(_json(payload), path), split(path))
    if kind == LINKS:
        return parse_links(_utf8(payload))
    if kind == "application/json":
        return _json(payload)
    if kind in TEXT:
        return _from_text(_utf8(payload), split(path), types or {})
    text = _printable(payload) if kind not in OPAQUE else None
    return _base64(payload) if text is None else text


def encode(value: Any, content_type: str, path: str = "", types: Optional[Types] = None) -> bytes:
    """A value as a payload; the inverse of ``decode``.

    :param types: as for ``decode``; without a type, that of the value itself counts: text, whole number, number or boolean.
    :raises PayloadError: for a value that the content type or its type cannot hold, and for a content type that is not known here.
    """
    kind, parts = media_type(content_type), split(path)
    if kind in TLV:
        return dump_tlv(_tlv_entries(value, parts, types or {}))
    if kind == SENML_JSON:
        return _dump_json(_records(value, parts, types or {}, _SENML))
    if kind == OMA_JSON:
        return _dump_json({"bn": "/", "e": _records(value, parts, types or {}, _OMA)})
    if kind == LINKS:
        return dump_links(value).encode()
    if kind == "application/json":
        return _dump_json(value)
    if isinstance(value, (Mapping, list, tuple)):
        raise PayloadError(f"{kind} holds one value, not several; for several use {TLV[0]} or {SENML_JSON}.")
    if kind in TEXT:
        return _to_text(value, _type_of(value, parts, types or {})).encode()
    if kind in OPAQUE:
        return _unbase64(value)
    raise PayloadError(
        f"Values cannot be written as '{content_type}'; give the payload itself, or use one of these: {', '.join(WRITABLE)}."
    )


def shown(payload: bytes, content_type: Optional[str], path: str = "", types: Optional[Types] = None) -> Dict[str, Any]:
    """A payload as results show it: ``value`` as ``decode`` reads it, ``payload`` itself in base64, and its ``content_type``.

    Of a payload that is broken the value is None, and ``problem`` says why.
    """
    told: Dict[str, Any] = {"value": None, "payload": _base64(payload), "content_type": content_type or ""}
    try:
        told["value"] = decode(payload, content_type, path, types)
    except PayloadError as error:
        told["problem"] = str(error)
    return told


WRITABLE = (*TEXT, *OPAQUE, *TLV, SENML_JSON, OMA_JSON, LINKS, "application/json")


def same(wanted: Any, held: Any) -> bool:
    """Whether a device has a value already: of a mapping, what is named.

    A number equals its text, since text formats do not tell them apart, and true and false equal 1 and 0.
    """
    if isinstance(wanted, (list, tuple)):
        wanted = {str(number): inner for number, inner in enumerate(wanted)}
    if isinstance(wanted, Mapping):
        return isinstance(held, Mapping) and all(str(key) in held and same(inner, held[str(key)]) for key, inner in wanted.items())
    if isinstance(held, Mapping) or held is None or wanted is None:
        return False
    if isinstance(wanted, str) and isinstance(held, str):
        return wanted == held
    try:
        return float(wanted) == float(held)
    except (TypeError, ValueError):
        return str(wanted).lower() == str(held).lower()


def split(path: str) -> Tuple[str, ...]:
    """The ids in a path.

    :raises PayloadError: when it has more than an object, an instance, a resource and a resource instance.
    """
    parts = tuple(part for part in path.partition("?")[0].split("/") if part)
    if len(parts) > 4:
        raise PayloadError(f"{path} has more than four parts: object, instance, resource, resource instance.")
    return parts


# -- types


def _type_at(parts: Sequence[str], types: Types) -> Tuple[Optional[str], bool]:
    """The type of the resource at a path, and whether the user said so."""
    resource = parts[2] if len(parts) > 2 else ""
    for name in ("/" + "/".join(parts), "/" + "/".join(parts[:3]), resource):
        given = types.get(name)
        if given is not None:
            if given not in TYPES:
                raise PayloadError(f"'{given}' is no type; a type is one of: {', '.join(TYPES)}.")
            return given, True
    return _OF_OBJECT.get(f"{parts[0]}/{resource}" if parts else "", _REUSABLE.get(resource)), False


def _type_of(value: Any, parts: Sequence[str], types: Types) -> str:
    """The type to write a value in."""
    kind, given = _type_at(parts, types)
    if kind is None or (not given and not _fits(value, kind)):
        own = {bool: "boolean", int: "integer", float: "float"}
        return own.get(type(value), "string")
    return kind


def _fits(value: Any, kind: str) -> bool:
    try:
        to_bytes(value, kind)
    except PayloadError:
        return False
    return True


def to_bytes(value: Any, kind: str) -> bytes:
    """One value as the bytes that TLV has for its type.

    Whole numbers take the fewest of 1, 2, 4 or 8 bytes, numbers 4 where that loses nothing and 8 otherwise. ``opaque`` is given in
    base64, ``time`` in seconds since 1970, ``objlnk`` as ``object:instance``.

    :raises PayloadError: for a value that the type cannot hold.
    """
    try:
        if kind in ("integer", "time", "unsigned"):
            return _packed(_whole(value), _UNSIGNED if kind == "unsigned" else _INTEGERS)
        if kind == "float":
            return _packed_float(_number(value))
        if kind == "boolean":
            return b"\x01" if _boolean(value) else b"\x00"
        if kind == "opaque":
            return _unbase64(value)
        if kind == "objlnk":
            target, instance = (int(part) for part in str(value).split(":"))
            return struct.pack(">HH", target, instance)
    except (TypeError, ValueError, OverflowError, struct.error):
        raise PayloadError(f"{value!r} cannot be written as {kind}.") from None
    return str(value).encode()


def from_bytes(raw: bytes, kind: str) -> Any:
    """The value that TLV holds for its type; the inverse of ``to_bytes``.

    A number that a JSON document cannot hold (not a number, infinite) is given as text.

    :raises PayloadError: when these are no bytes of that type.
    """
    forms = {"integer": _INTEGERS, "time": _INTEGERS, "unsigned": _UNSIGNED, "float": _FLOATS}.get(kind)
    if forms is not None:
        if len(raw) not in forms:
            raise PayloadError(f"{len(raw)} bytes are no {kind}.")
        if kind == "float":
            return _float(raw)
        return struct.unpack(forms[len(raw)], raw)[0]
    if kind == "boolean":
        if raw not in (b"\x00", b"\x01"):
            raise PayloadError(f"The bytes {raw.hex()} are no boolean.")
        return raw == b"\x01"
    if kind == "objlnk":
        if len(raw) != 4:
            raise PayloadError(f"{len(raw)} bytes are no objlnk.")
        return "{}:{}".format(*struct.unpack(">HH", raw))
    return _base64(raw) if kind == "opaque" else _utf8(raw)


def guess(raw: bytes) -> Any:
    """What bytes of an unknown type most probably are.

    One or two bytes count as a whole number. Four or eight that are no text are a number: one in floating point where that is of a usual
    size, else a whole one. Text of that length that begins with ? or @ is taken for a number too: so does many a small number. Anything
    else is text, or base64 where it is none.
    """
    text = _printable(raw)
    if len(raw) in (1, 2) or (len(raw) in _FLOATS and (text is None or text[0] in "?@")):
        value = _float(raw) if len(raw) in _FLOATS else 0
        usual = isinstance(value, float) and 1e-4 <= abs(value) < 1e9
        return value if usual else from_bytes(raw, "integer")
    return _base64(raw) if text is None else text


def _packed(number: int, forms: Mapping[int, str]) -> bytes:
    for size in (1, 2, 4):
        try:
            return struct.pack(forms[size], number)
        except struct.error:
            continue
    return struct.pack(forms[8], number)


def _packed_float(number: float) -> bytes:
    try:
        short = struct.pack(">f", number)
    except OverflowError:
        return struct.pack(">d", number)
    # Also when it is read again as what the device would have written.
    exact = not math.isfinite(number) or struct.unpack(">f", short)[0] == number == _float(short)
    return short if exact else struct.pack(">d", number)


def _float(raw: bytes) -> Union[float, str]:
    value: float = struct.unpack(_FLOATS[len(raw)], raw)[0]
    if not math.isfinite(value):
        return str(value)
    if len(raw) == 4:
        # As the device wrote it: 23.4, not 23.399999618530273.
        for digits in range(1, 9):
            shorter = float(f"{value:.{digits}g}")
            if abs(shorter) <= 3.4028234663852886e38 and struct.pack(">f", shorter) == raw:
                return shorter
    return value


def _whole(value: Any) -> int:
    if isinstance(value, float) and not value.is_integer():
        raise ValueError(value)
    return int(value)


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError(value)
    return float(value)


def _boolean(value: Any) -> bool:
    word = str(value).strip().lower()
    if word not in ("true", "false", "1", "0", "yes", "no", "on", "off"):
        raise ValueError(value)
    return word in ("true", "1", "yes", "on")


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _unbase64(value: Any) -> bytes:
    try:
        return base64.b64decode(str(value), validate=True)
    except (binascii.Error, ValueError):
        raise PayloadError(f"{value!r} is no base64.") from None


def _utf8(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise PayloadError("The payload is no text in UTF-8.") from None


def _printable(raw: bytes) -> Optional[str]:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    return text if all(character.isprintable() or character in "\t\r\n" for character in text) else None


# -- text


def _from_text(text: str, parts: Sequence[str], types: Types) -> Any:
    kind, given = _type_at(parts, types)
    try:
        if kind in ("integer", "time", "unsigned"):
            return int(text)
        if kind == "float":
            number = float(text)
            return number if math.isfinite(number) else text
        if kind == "boolean":
            return _boolean(text)
    except ValueError:
        if given:
            raise PayloadError(f"The text {text!r} is no {kind}.") from None
    return text


def _to_text(value: Any, kind: str) -> str:
    to_bytes(value, kind)  # raises for what the type cannot hold
    if kind in ("integer", "time", "unsigned"):
        return str(_whole(value))
    if kind == "float":
        return repr(_number(value))
    if kind == "boolean":
        return "1" if _boolean(value) else "0"
    return str(value)


# -- TLV

OBJECT_INSTANCE, RESOURCE_INSTANCE, MULTIPLE, RESOURCE = range(4)  # bits 7 and 6 of the first byte


@dataclass(frozen=True)
class Entry:
    """One record of TLV: ``value`` is bytes, or records where ``kind`` is that of an object instance or of a multiple resource."""

    kind: int
    id: int
    value: Union[bytes, Tuple[Entry, ...]]


# What may lie inside what; None is the payload itself.
_INSIDE: Mapping[Optional[int], Tuple[int, ...]] = {
    None: (OBJECT_INSTANCE, RESOURCE_INSTANCE, MULTIPLE, RESOURCE),
    OBJECT_INSTANCE: (MULTIPLE, RESOURCE),
    MULTIPLE: (RESOURCE_INSTANCE,),
}


def parse_tlv(payload: bytes, inside: Optional[int] = None) -> Tuple[Entry, ...]:
    """The records in a payload, with those inside them.

    :param inside: the kind of the record that the payload is the value of.
    :raises PayloadError: when a record breaks off, or stands where none of its kind can.
    """
    entries: List[Entry] = []
    at = 0
    while at < len(payload):
        head = payload[at]
        id_size, length_size = 2 if head & 0x20 else 1, head >> 3 & 3
        start = at + 1 + id_size + length_size
        if start > len(payload):
            raise PayloadError(f"The TLV breaks off in the head of the record at byte {at}.")
        identity = int.from_bytes(payload[at + 1 : at + 1 + id_size], "big")
        length = int.from_bytes(payload[at + 1 + id_size : start], "big") if length_size else head & 7
        value = payload[start : start + length]
        if len(value) < length:
            raise PayloadError(f"The TLV breaks off: the record at byte {at} has {len(value)} of {length} bytes.")
        kind = head >> 6
        if kind not in _INSIDE[inside]:
            raise PayloadError(f"The TLV has a record of kind {kind} inside one of kind {inside}.")
        entries.append(Entry(kind, identity, parse_tlv(value, kind) if kind in _INSIDE else value))
        at = start + length
    return tuple(entries)


def dump_tlv(entries: Iterable[Entry]) -> bytes:
    """Records as a payload, each in the fewest bytes.

    :raises PayloadError: for an id above 65535, or a value of more than 16777215 bytes.
    """
    return b"".join(map(_dump_entry, entries))


def _dump_entry(entry: Entry) -> bytes:
    value = entry.value if isinstance(entry.value, bytes) else dump_tlv(entry.value)
    if not 0 <= entry.id <= 0xFFFF or len(value) > _LONGEST:
        raise PayloadError(f"TLV cannot hold the id {entry.id} with {len(value)} bytes.")
    id_size = 2 if entry.id > 0xFF else 1
    head = entry.kind << 6 | (id_size - 1) << 5
    length = b""
    if len(value) < 8:
        head |= len(value)
    else:
        length = len(value).to_bytes((len(value).bit_length() + 7) // 8, "big")
        head |= len(length) << 3
    return bytes([head]) + entry.id.to_bytes(id_size, "big") + length + value


def _tlv_value(entries: Sequence[Entry], parts: Tuple[str, ...], types: Types) -> Any:
    """The value that was read at a path."""
    if len(parts) == 2 and len(entries) == 1 and entries[0].kind == OBJECT_INSTANCE and isinstance(entries[0].value, tuple):
        entries = entries[0].value
    if len(parts) >= 3:
        wanted = {RESOURCE: parts[2:3], MULTIPLE: parts[2:3], RESOURCE_INSTANCE: parts[3:4]}
        if len(entries) == 1 and wanted.get(entries[0].kind) == (str(entries[0].id),):
            value = _entry_value(entries[0], parts[:3], types)
            return value.get(parts[3], value) if len(parts) == 4 and isinstance(value, dict) else value
    return {str(entry.id): _entry_value(entry, (*_padded(parts, entry.kind), str(entry.id)), types) for entry in entries}


def _padded(parts: Tuple[str, ...], kind: int) -> Tuple[str, ...]:
    """Where a record stands: its own id comes after this. A device may leave out the only instance of an object."""
    depth = {OBJECT_INSTANCE: 1, RESOURCE_INSTANCE: 3}.get(kind, 2)
    return (*parts, *("0" for _missing in range(depth)))[:depth]


def _entry_value(entry: Entry, at: Tuple[str, ...], types: Types) -> Any:
    if isinstance(entry.value, tuple):
        return {str(inner.id): _entry_value(inner, (*at, str(inner.id)), types) for inner in entry.value}
    kind, given = _type_at(at, types)
    if kind is not None:
        try:
            return from_bytes(entry.value, kind)
        except PayloadError:
            if given:
                raise
    return guess(entry.value)


def _tlv_entries(value: Any, parts: Tuple[str, ...], types: Types) -> Tuple[Entry, ...]:
    """The records that a value at a path is."""
    if len(parts) in (1, 2):
        if not isinstance(value, Mapping):
            raise PayloadError(f"What is written to /{'/'.join(parts)} must be a mapping of ids to values.")
        if len(parts) == 2:
            return tuple(_resource(inner, (*parts, str(name)), types) for name, inner in _sorted(value))
        # A new instance whose id the device shall choose has its resources only.
        if not all(isinstance(inner, Mapping) for inner in value.values()):
            return tuple(_resource(inner, (*parts, "0", str(name)), types) for name, inner in _sorted(value))
        return tuple(Entry(OBJECT_INSTANCE, _id(name), _tlv_entries(inner, (*parts, str(name)), types)) for name, inner in _sorted(value))
    if len(parts) == 4:
        return (Entry(RESOURCE_INSTANCE, _id(parts[3]), to_bytes(value, _type_of(value, parts, types))),)
    if not parts:
        raise PayloadError("TLV needs a path: it holds ids only.")
    return (_resource(value, parts, types),)


def _resource(value: Any, at: Tuple[str, ...], types: Types) -> Entry:
    if isinstance(value, (list, tuple)):
        value = dict(enumerate(value))
    if not isinstance(value, Mapping):
        return Entry(RESOURCE, _id(at[2]), to_bytes(value, _type_of(value, at, types)))
    inside = (
        Entry(RESOURCE_INSTANCE, _id(name), to_bytes(inner, _type_of(inner, (*at, str(name)), types))) for name, inner in _sorted(value)
    )
    return Entry(MULTIPLE, _id(at[2]), tuple(inside))


def _sorted(value: Mapping[Any, Any]) -> List[Tuple[Any, Any]]:
    return sorted(value.items(), key=lambda pair: _id(pair[0]))


def _id(name: Any) -> int:
    if not re.fullmatch(r"\d{1,5}", str(name)):
        raise PayloadError(f"'{name}' is no id of an object, instance or resource: those are numbers.")
    return int(name)


# -- JSON

# The members of a record that hold its value: for numbers, text, booleans, bytes, links to objects.
_SENML = {"float": "v", "string": "vs", "boolean": "vb", "opaque": "vd", "objlnk": "vlo"}
_OMA = {"float": "v", "string": "sv", "boolean": "bv", "opaque": "sv", "objlnk": "ov"}


def _json(payload: bytes) -> Any:
    try:
        return json.loads(payload, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise PayloadError(f"The payload is no valid JSON: {error}.") from None


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _dump_json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _records(value: Any, parts: Tuple[str, ...], types: Types, members: Mapping[str, str]) -> List[Dict[str, Any]]:
    records = []
    for at, inner in _leaves(value, parts):
        kind = _type_of(inner, at, types)
        raw = to_bytes(inner, kind)
        kind = {"integer": "float", "unsigned": "float", "time": "float", "corelnk": "string"}.get(kind, kind)
        held: Any = str(inner)
        if kind == "float":
            held = _whole(inner) if not isinstance(inner, float) and re.fullmatch(r"-?\d+", str(inner).strip()) else _number(inner)
        elif kind == "boolean":
            held = raw == b"\x01"
        elif kind == "opaque" and members is _SENML:
            held = base64.urlsafe_b64encode(raw).decode().rstrip("=")
        if isinstance(held, float) and not math.isfinite(held):
            raise PayloadError(f"JSON cannot hold the number {held}.")
        records.append({"n": "/".join(at) if members is _OMA else "/" + "/".join(at), members[kind]: held})
    return records


def _leaves(value: Any, parts: Tuple[str, ...]) -> Iterator[Tuple[Tuple[str, ...], Any]]:
    if isinstance(value, (list, tuple)):
        value = dict(enumerate(value))
    if isinstance(value, Mapping):
        for name, inner in _sorted(value):
            yield from _leaves(inner, (*parts, str(name)))
    else:
        split("/".join(parts))  # raises for what is nested too deeply
        yield parts, value


def _senml(records: Any) -> Iterator[Tuple[Tuple[str, ...], Any]]:
    if not isinstance(records, list):
        raise PayloadError("SenML is a list of records.")
    base, base_value = "", 0.0
    for record in records:
        if not isinstance(record, dict):
            raise PayloadError(f"A record of SenML is a mapping, not {record!r}.")
        base, base_value = str(record.get("bn", base)), record.get("bv", base_value)
        member = next((name for name in ("v", "vs", "vb", "vd", "vlo") if name in record), None)
        if member is None:
            continue
        value = record[member]
        if member == "vd":
            text = str(value)
            value = _base64(_unbase64(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4)))
        elif member == "v" and base_value:
            value += base_value
        yield split(base + str(record.get("n", ""))), value


def _oma_json(document: Any, path: str) -> Iterator[Tuple[Tuple[str, ...], Any]]:
    if not isinstance(document, dict) or not isinstance(document.get("e"), list):
        raise PayloadError("LwM2M JSON is a mapping with the list 'e'.")
    base = str(document.get("bn", path))
    for record in document["e"]:
        if not isinstance(record, dict):
            raise PayloadError(f"A record of LwM2M JSON is a mapping, not {record!r}.")
        member = next((name for name in ("v", "sv", "bv", "ov") if name in record), None)
        if member is not None:
            # Some end the base with a slash, some begin the name with one, some do neither.
            yield split(f"{base}/{record.get('n', '')}"), record[member]


def tree(leaves: Iterable[Tuple[Tuple[str, ...], Any]], parts: Tuple[str, ...]) -> Any:
    """Values by path as the value at one path.

    :raises PayloadError: for a value of another path, and for one value where others say there are several.
    """
    tree: Dict[str, Any] = {}
    for at, value in leaves:
        rest = at[len(parts) :]
        if at[: len(parts)] != parts:
            raise PayloadError(f"The payload of /{'/'.join(parts)} has a value of /{'/'.join(at)}.")
        if not rest:
            return value
        inner = tree
        for part in rest[:-1]:
            held = inner.setdefault(part, {})
            if not isinstance(held, dict):
                raise PayloadError(f"The payload has both one value and several for /{'/'.join(at)}.")
            inner = held
        inner[rest[-1]] = value
    return tree


# -- links

_LINK = re.compile(r'\s*<([^>]*)>((?:\s*;\s*[^\s=;,"<>]+\s*(?:=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]*))?)*)\s*(?:,|$)')
_ATTRIBUTE = re.compile(r';\s*([^\s=;,"<>]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^\s;,"]*))?')


def parse_links(text: str) -> List[Dict[str, Any]]:
    """Links as a list of ``{"uri": ..., attribute: value}``; an attribute without value is true.

    :raises PayloadError: when it is no list of links.
    """
    links: List[Dict[str, Any]] = []
    at = 0
    while text[at:].strip():
        found = _LINK.match(text, at)
        if found is None:
            raise PayloadError(f"This is no link: {text[at : at + 60]!r}.")
        link: Dict[str, Any] = {"uri": found.group(1)}
        for name, value in _ATTRIBUTE.findall(found.group(2)):
            link[name] = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value or True
        links.append(link)
        at = found.end()
    return links


def dump_links(links: Any) -> str:
    """The inverse of ``parse_links``.

    :raises PayloadError: when it is no list of mappings with a uri.
    """
    if not isinstance(links, (list, tuple)) or not all(isinstance(link, Mapping) and "uri" in link for link in links):
        raise PayloadError("Links are a list of mappings that have a uri.")
    return ",".join("".join([f"<{link['uri']}>", *map(_attribute, link.items())]) for link in links)


def _attribute(pair: Tuple[str, Any]) -> str:
    name, value = pair
    if name == "uri" or value is False or value is None:
        return ""
    escaped = re.sub(r'(["\\])', r"\\\1", str(value))
    return f";{name}" if value is True else f';{name}="{escaped}"'
