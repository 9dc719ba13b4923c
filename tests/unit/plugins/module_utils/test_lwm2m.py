# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Payloads of devices: the OMA's own example, exact bytes, and laws that reading undoes writing."""

from __future__ import annotations

import base64
import json
import math
import struct

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils.lwm2m import (
    LINKS,
    MULTIPLE,
    OBJECT_INSTANCE,
    OMA_JSON,
    OPAQUE,
    RESOURCE,
    RESOURCE_INSTANCE,
    SENML_JSON,
    TEXT,
    TLV,
    TYPES,
    WRITABLE,
    Entry,
    PayloadError,
    decode,
    dump_links,
    dump_tlv,
    encode,
    from_bytes,
    guess,
    parse_links,
    parse_tlv,
    same,
    shown,
    split,
    to_bytes,
)
from hypothesis import assume, given
from hypothesis import strategies as st

# The device object as the OMA's specification 1.0 shows it, section 6.4.3.1, "Single Object Instance request example".
DEVICE_TLV = bytes.fromhex(
    "C800144F70656E204D6F62696C6520416C6C69616E6365 C801164C69676874776569676874204D324D20436C69656E74 C80209333435303030313233"
    "C303312E30 8606410001410105 88070842000ED842011388 870841007D42010384 C10964 C10A0F 830B410000 C40D5182428F C60E2B30323A3030 C11055"
)
DEVICE = {
    "0": "Open Mobile Alliance",
    "1": "Lightweight M2M Client",
    "2": "345000123",
    "3": "1.0",
    "6": {"0": 1, "1": 5},
    "7": {"0": 3800, "1": 5000},
    "8": {"0": 125, "1": 900},
    "9": 100,
    "10": 15,
    "11": {"0": 0},
    "13": 1367491215,
    "14": "+02:00",
    "16": "U",
}

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
BYTES = st.binary(max_size=300)
IDS = st.integers(0, 0xFFFF)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = {
    "string": TEXTS,
    "corelnk": TEXTS,
    "integer": st.integers(-(2**63), 2**63 - 1),
    "time": st.integers(-(2**63), 2**63 - 1),
    "unsigned": st.integers(0, 2**64 - 1),
    "float": FLOATS,
    "boolean": st.booleans(),
    "opaque": BYTES.map(lambda raw: base64.b64encode(raw).decode()),
    "objlnk": st.builds("{}:{}".format, IDS, IDS),
}
# Objects that the list of known types does not have, so that only what is given counts.
FOREIGN = st.integers(26000, 27000).map(str)


def instances(values, **size):
    return st.dictionaries(IDS.map(str), values, max_size=4, **size)


@st.composite
def typed(draw, kinds=TYPES):
    """A path, a value, and the types of all that is in it."""
    kind = draw(st.sampled_from(kinds))
    parts = [draw(FOREIGN), draw(IDS.map(str)), draw(IDS.map(str)), draw(IDS.map(str))][: draw(st.integers(1, 4))]
    resources = draw(st.lists(IDS.map(str), min_size=1, max_size=3, unique=True)) if len(parts) < 3 else [parts[2]]
    one = VALUES[kind] if len(parts) == 4 else VALUES[kind] | instances(VALUES[kind], min_size=1)
    instance = st.fixed_dictionaries(dict.fromkeys(resources, one))
    value = draw({1: instances(instance, min_size=1), 2: instance}.get(len(parts), one))
    return "/" + "/".join(parts), value, dict.fromkeys(resources, kind)


def problem(call, *arguments):
    with pytest.raises(PayloadError) as caught:
        call(*arguments)
    return str(caught.value)


# -- TLV


def test_the_specification_s_own_example():
    assert decode(DEVICE_TLV, TLV[0], "/3/0") == DEVICE
    assert encode(DEVICE, TLV[0], "/3/0") == DEVICE_TLV
    # The whole object has its instances, and a device may wrap the one that was asked for.
    wrapped = encode({"0": DEVICE, "300": {"9": 1}}, TLV[0], "/3")
    assert wrapped == b"\x08\x00\x79" + DEVICE_TLV + b"\x23\x01\x2c\xc1\x09\x01"
    assert decode(wrapped, TLV[0], "/3") == {"0": DEVICE, "300": {"9": 1}}
    assert decode(b"\x08\x00\x79" + DEVICE_TLV, "application/nanoservice-tlv; charset=binary", "/3/0") == DEVICE
    # Without the instance's own record, its resources stand at the top.
    assert decode(DEVICE_TLV, TLV[0], "/3") == DEVICE


@pytest.mark.parametrize(
    ("path", "payload", "value"),
    [
        ("/3/0/9", "c10964", 100),
        ("/3/0/6", "8606410001410105", {"0": 1, "1": 5}),
        ("/3/0/6", "410001410105", {"0": 1, "1": 5}),
        ("/3/0/6/1", "410105", 5),
        ("/3/0/6/1", "8606410001410105", 5),
        ("/3/0/6/2", "8606410001410105", {"0": 1, "1": 5}),
        # A device that answers something else than what was asked is shown as it is.
        ("/3/0/9", "c10a0f", {"10": 15}),
        ("/3/0/9", "c10964c10a0f", {"9": 100, "10": 15}),
        ("/3/0/0", "410041", {"0": "A"}),
        ("/3303/0/5700", "e4164441bb3333", 23.4),
        ("/3303/0/5700", "e816440840376666 66666666".replace(" ", ""), 23.4),
        ("/26241/0/1", "c301e29c93", "✓"),
        ("/26241/0/1", "c0 01", ""),
        ("/26241/0/1", "c301ff00fe", "/wD+"),
    ],
)
def test_what_was_read(path, payload, value):
    assert decode(bytes.fromhex(payload), TLV[0], path) == value


@pytest.mark.parametrize(
    ("entry", "payload"),
    [
        (Entry(RESOURCE, 5, b""), "c005"),
        (Entry(RESOURCE, 255, b"1234567"), "c7ff31323334353637"),
        (Entry(RESOURCE, 256, b"12345678"), "e80100083132333435363738"),
        (Entry(RESOURCE, 65535, b"1" * 256), "f0ffff0100" + "31" * 256),
        (Entry(RESOURCE, 1, b"1" * 65536), "d801010000" + "31" * 65536),
        (Entry(MULTIPLE, 1, (Entry(RESOURCE_INSTANCE, 300, b"a"),)), "84 01 61012c61".replace(" ", "")),
        (Entry(OBJECT_INSTANCE, 0, (Entry(RESOURCE, 1, b"a"),)), "0300c10161"),
    ],
)
def test_each_head(entry, payload):
    assert dump_tlv([entry]).hex() == payload
    assert parse_tlv(bytes.fromhex(payload)) == (entry,)


RESOURCE_ENTRIES = st.one_of(
    st.builds(Entry, st.just(RESOURCE), IDS, BYTES),
    st.builds(Entry, st.just(MULTIPLE), IDS, st.lists(st.builds(Entry, st.just(RESOURCE_INSTANCE), IDS, BYTES), max_size=3).map(tuple)),
)
ENTRIES = st.lists(
    st.one_of(
        RESOURCE_ENTRIES,
        st.builds(Entry, st.just(RESOURCE_INSTANCE), IDS, BYTES),
        st.builds(Entry, st.just(OBJECT_INSTANCE), IDS, st.lists(RESOURCE_ENTRIES, max_size=3).map(tuple)),
    ),
    max_size=5,
).map(tuple)


@given(ENTRIES)
def test_parsing_undoes_dumping(entries):
    assert parse_tlv(dump_tlv(entries)) == entries


@given(st.binary(max_size=80) | st.tuples(ENTRIES.map(dump_tlv), st.integers(0, 60)).map(lambda pair: pair[0][: pair[1]]))
def test_bytes_are_tlv_or_an_error(payload):
    """Whatever a device sends: all of it is read, or it is said that it is broken."""
    try:
        entries = parse_tlv(payload)
    except PayloadError:
        return
    assert parse_tlv(dump_tlv(entries)) == entries
    assert len(dump_tlv(entries)) <= len(payload)


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        ("c8", "The TLV breaks off in the head of the record at byte 0."),
        ("c10964e8", "The TLV breaks off in the head of the record at byte 3."),
        ("c3096400", "The TLV breaks off: the record at byte 0 has 2 of 3 bytes."),
        ("02000000", "The TLV has a record of kind 0 inside one of kind 0."),
        ("8301c10164", "The TLV has a record of kind 3 inside one of kind 2."),
    ],
)
def test_broken_tlv(payload, text):
    assert problem(parse_tlv, bytes.fromhex(payload)) == text


def test_deep_nonsense_is_no_stack_overflow():
    payload = b""
    for _level in range(3000):
        payload = dump_tlv([Entry(OBJECT_INSTANCE, 0, payload)])
    assert problem(parse_tlv, payload) == "The TLV has a record of kind 0 inside one of kind 0."


def test_what_tlv_cannot_hold():
    assert problem(dump_tlv, [Entry(RESOURCE, 65536, b"")]) == "TLV cannot hold the id 65536 with 0 bytes."
    assert problem(dump_tlv, [Entry(RESOURCE, 1, b"0" * (1 << 24))]) == "TLV cannot hold the id 1 with 16777216 bytes."
    assert len(dump_tlv([Entry(RESOURCE, 1, b"0" * ((1 << 24) - 1))])) == (1 << 24) + 4


# -- types


@pytest.mark.parametrize(
    ("kind", "value", "raw"),
    [
        ("integer", 0, "00"),
        ("integer", -1, "ff"),
        ("integer", 127, "7f"),
        ("integer", 128, "0080"),
        ("integer", -32768, "8000"),
        ("integer", 32768, "00008000"),
        ("integer", 2**31, "0000000080000000"),
        ("unsigned", 255, "ff"),
        ("unsigned", 256, "0100"),
        ("time", 1367491215, "5182428f"),
        ("float", 0.5, "3f000000"),
        ("float", 23.4, "4037666666666666"),
        ("float", 1e300, "7e37e43c8800759c"),
        ("boolean", True, "01"),
        ("boolean", False, "00"),
        ("objlnk", "3303:0", "0ce70000"),
        ("opaque", "AQI=", "0102"),
        ("string", "é", "c3a9"),
        ("corelnk", "</3/0>", "3c2f332f303e"),
    ],
)
def test_bytes_of_a_type(kind, value, raw):
    assert to_bytes(value, kind).hex() == raw
    assert from_bytes(bytes.fromhex(raw), kind) == value
    # As text from a template it is the same.
    assert to_bytes(str(value), kind).hex() == raw


@given(st.data())
def test_reading_undoes_writing(data):
    kind = data.draw(st.sampled_from(TYPES))
    value = data.draw(VALUES[kind])
    assert from_bytes(to_bytes(value, kind), kind) == value


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_short_numbers_are_given_as_they_were_written(value):
    read = from_bytes(struct.pack(">f", value), "float")
    assert struct.pack(">f", read) == struct.pack(">f", value)
    assert len(repr(read)) <= len(repr(value))


def test_what_json_cannot_hold_is_text():
    assert [from_bytes(struct.pack(">f", value), "float") for value in (math.nan, math.inf, -math.inf)] == ["nan", "inf", "-inf"]
    assert to_bytes("inf", "float").hex() == "7f800000"
    assert math.isnan(struct.unpack(">f", to_bytes("nan", "float"))[0])


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("integer", "warm"),
        ("integer", 1.5),
        ("integer", 2**63),
        ("integer", None),
        ("unsigned", -1),
        ("unsigned", 2**64),
        ("float", "warm"),
        ("float", True),
        ("boolean", "maybe"),
        ("boolean", 2),
        ("objlnk", "3303"),
        ("objlnk", "3303:0:1"),
        ("objlnk", "70000:0"),
        ("time", "noon"),
    ],
)
def test_values_that_a_type_cannot_hold(kind, value):
    assert problem(to_bytes, value, kind) == f"{value!r} cannot be written as {kind}."


def test_base64_is_checked():
    assert problem(to_bytes, "no base64", "opaque") == "'no base64' cannot be written as opaque."
    assert problem(encode, "no base64", OPAQUE[0]) == "'no base64' is no base64."


@pytest.mark.parametrize(
    ("kind", "raw", "text"),
    [
        ("integer", "000000", "3 bytes are no integer."),
        ("unsigned", "", "0 bytes are no unsigned."),
        ("float", "00", "1 bytes are no float."),
        ("boolean", "02", "The bytes 02 are no boolean."),
        ("boolean", "0000", "The bytes 0000 are no boolean."),
        ("objlnk", "0000", "2 bytes are no objlnk."),
        ("string", "ff", "The payload is no text in UTF-8."),
    ],
)
def test_bytes_that_are_not_of_a_type(kind, raw, text):
    assert problem(from_bytes, bytes.fromhex(raw), kind) == text


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"", ""),
        (b"U", 85),
        (b"\x13\x88", 5000),
        (b"1.0", "1.0"),
        (b"cold", "cold"),
        (b"pump-001", "pump-001"),
        (bytes.fromhex("41bb3333"), 23.4),
        (bytes.fromhex("00000000"), 0),
        (bytes.fromhex("6553f100"), 1700000000),
        (bytes.fromhex("00008000"), 32768),
        (bytes.fromhex("4037666666666666"), 23.4),
        (bytes.fromhex("0000018bcfe56800"), 1700000000000),
        (b"\x01\x02\x03", "AQID"),
        (b"a\nb\tc", "a\nb\tc"),
    ],
)
def test_guesses(raw, value):
    assert guess(raw) == value
    assert type(guess(raw)) is type(value)


@given(BYTES)
def test_any_bytes_give_something_that_json_holds(raw):
    json.dumps(guess(raw), allow_nan=False)


def test_where_types_come_from():
    raw = bytes.fromhex("c40d00000001")
    assert decode(raw, TLV[0], "/3/0") == {"13": 1}
    assert decode(raw, TLV[0], "/3/0", {"13": "float"}) == {"13": 1e-45}
    assert decode(raw, TLV[0], "/3/0", {"/3/0/13": "opaque", "13": "float"}) == {"13": "AAAAAQ=="}
    assert decode(raw, TLV[0], "/3/0", {"/3/1/13": "opaque"}) == {"13": 1}
    # What the OMA's list says counts only where it can be true; what the user says always does.
    assert decode(b"\xc3\x0dabc", TLV[0], "/3/0") == {"13": "abc"}
    assert problem(decode, b"\xc3\x0dabc", TLV[0], "/3/0", {"13": "time"}) == "3 bytes are no time."
    assert problem(decode, raw, TLV[0], "/3/0", {"13": "date"}) == f"'date' is no type; a type is one of: {', '.join(TYPES)}."
    # Reusable resources have one type in every object.
    assert encode(20, TLV[0], "/3303/0/5700").hex() == "e4164441a00000"
    assert encode("on", TLV[0], "/3311/0/5850").hex() == "e116da01"
    assert encode(True, TLV[0], "/3303/0/5700").hex() == "e1164401"
    assert encode({"0": "7", "1": 7}, TLV[0], "/26241/0/1").hex() == "86014100374101 07".replace(" ", "")


# -- every content type


@given(typed(), st.sampled_from(TLV))
def test_tlv_is_read_as_it_was_written(case, content_type):
    path, value, types = case
    assert decode(encode(value, content_type, path, types), content_type, path, types) == value


@given(typed(["string", "integer", "float", "boolean", "opaque", "objlnk", "time"]), st.sampled_from([SENML_JSON, OMA_JSON]))
def test_json_is_read_as_it_was_written(case, content_type):
    path, value, types = case
    assert decode(encode(value, content_type, path, types), content_type, path, types) == value


@given(st.data(), st.sampled_from(TEXT))
def test_text_is_read_as_it_was_written(data, content_type):
    kind = data.draw(st.sampled_from(TYPES))
    value = data.draw(VALUES[kind])
    payload = encode(value, content_type, "/26241/0/1", {"1": kind})
    assert decode(payload, content_type, "/26241/0/1", {"1": kind}) == value


@given(BYTES, st.sampled_from(OPAQUE))
def test_bytes_are_read_as_they_were_written(raw, content_type):
    value = decode(raw, content_type, "/1/2/3")
    assert encode(value, content_type, "/1/2/3") == raw


@pytest.mark.parametrize(
    ("value", "path", "payload"),
    [
        ("Ærø", "/26241/0/1", "Ærø".encode()),
        (20, "/26241/0/1", b"20"),
        (20, "/3303/0/5700", b"20.0"),
        (True, "/26241/0/1", b"1"),
        ("false", "/3311/0/5850", b"0"),
        ("warm", "/3303/0/5700", b"warm"),
        ("", "/26241/0/1", b""),
    ],
)
def test_text(value, path, payload):
    assert encode(value, "text/plain", path) == payload


@pytest.mark.parametrize(
    ("payload", "path", "types", "value"),
    [
        (b"22.5", "/3303/0/5700", None, 22.5),
        (b"22.5", "/26241/0/1", None, "22.5"),
        (b"0x10", "/3/0/9", None, "0x10"),
        (b"nan", "/3303/0/5700", None, "nan"),
        (b"1", "/3311/0/5850", None, True),
        (b"1", "/3311/0/5850", {"5850": "integer"}, 1),
        (b"7", "/26241/0/1", {"1": "unsigned"}, 7),
        (b"</3/0>", "/26241/0/1", {"1": "corelnk"}, "</3/0>"),
    ],
)
def test_text_that_was_read(payload, path, types, value):
    assert decode(payload, "text/plain;charset=utf-8", path, types) == value


def test_text_of_another_type_is_an_error():
    assert problem(decode, b"warm", "text/plain", "/26241/0/1", {"1": "float"}) == "The text 'warm' is no float."
    assert problem(decode, b"\xff", "text/plain", "/26241/0/1") == "The payload is no text in UTF-8."


def test_senml():
    payload = encode({"5700": 22.5, "5701": "Cel", "1": True, "2": "+/8="}, SENML_JSON, "/3303/0", {"2": "opaque"})
    assert json.loads(payload) == [
        {"n": "/3303/0/1", "vb": True},
        {"n": "/3303/0/2", "vd": "-_8"},
        {"n": "/3303/0/5700", "v": 22.5},
        {"n": "/3303/0/5701", "vs": "Cel"},
    ]
    # As RFC 8428 allows it to be shortened: a base name and a base value hold until the next.
    shortened = (
        b'[{"bn":"/3303/0/","n":"5700","bv":20,"v":2.5,"t":-5},{"n":"5701","vs":"Cel"},{"bn":"/3303/1/","bv":0,"n":"5700","v":1},{"n":"x"}]'
    )
    assert decode(shortened, SENML_JSON, "/3303") == {"0": {"5700": 22.5, "5701": "Cel"}, "1": {"5700": 1}}
    assert decode(b'[{"n":"/3303/0/5700","v":7}]', SENML_JSON, "/3303/0/5700") == 7
    assert decode(b'[{"n":"/1/0/1","vlo":"3303:0"}]', SENML_JSON, "/1/0/1") == "3303:0"


def test_lwm2m_json():
    payload = encode({"9": 100, "0": "Ærø", "6": [1, 5], "99": True}, OMA_JSON, "/3/0")
    assert json.loads(payload) == {
        "bn": "/",
        "e": [
            {"n": "3/0/0", "sv": "Ærø"},
            {"n": "3/0/6/0", "v": 1},
            {"n": "3/0/6/1", "v": 5},
            {"n": "3/0/9", "v": 100},
            {"n": "3/0/99", "bv": True},
        ],
    }
    # Whole numbers stay whole.
    assert b'"v":100}' in payload
    for base, name in (("/3/0/", "9"), ("/3/0", "9"), ("/3/0", "/9")):
        document = {"bn": base, "e": [{"n": name, "v": 100}, {"n": "1", "ov": "10:3"}, {"n": "7", "t": 3}]}
        assert decode(json.dumps(document).encode(), OMA_JSON, "/3/0") == {"9": 100, "1": "10:3"}
    assert decode(b'{"e":[{"v":100}]}', OMA_JSON, "/3/0/9") == 100
    assert decode(b'{"e":[{"n":"9","v":100}]}', OMA_JSON, "/3/0") == {"9": 100}


@pytest.mark.parametrize(
    ("payload", "content_type", "text"),
    [
        (b"{", SENML_JSON, "The payload is no valid JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)."),
        (b'[{"n":"/3/0/9","v":NaN}]', SENML_JSON, "The payload is no valid JSON: NaN is no number."),
        (b"{}", SENML_JSON, "SenML is a list of records."),
        (b"[1]", SENML_JSON, "A record of SenML is a mapping, not 1."),
        (b"[]", OMA_JSON, "LwM2M JSON is a mapping with the list 'e'."),
        (b'{"e":[1]}', OMA_JSON, "A record of LwM2M JSON is a mapping, not 1."),
        (b'[{"n":"/4/0/9","v":1}]', SENML_JSON, "The payload of /3/0 has a value of /4/0/9."),
        (b'[{"n":"/3/0/9","v":1},{"n":"/3/0/9/1","v":1}]', SENML_JSON, "The payload has both one value and several for /3/0/9/1."),
        (b'[{"n":"/3/0/9/1/2","v":1}]', SENML_JSON, "/3/0/9/1/2 has more than four parts: object, instance, resource, resource instance."),
        (b'[{"n":"/3/0/9","vd":"="}]', SENML_JSON, "'====' is no base64."),
        (b"no links", LINKS, "This is no link: 'no links'."),
    ],
)
def test_broken_documents(payload, content_type, text):
    assert problem(decode, payload, content_type, "/3/0") == text


def test_other_content_types():
    assert decode(b'{"a":[1]}', "application/json", "/1/0/1") == {"a": [1]}
    assert encode({"a": [1]}, "application/json", "/1/0/1") == b'{"a":[1]}'
    assert decode(b"words", "application/xml", "/1/0/1") == "words"
    assert decode(b"\x00\xff", "application/cbor", "/1/0/1") == "AP8="
    assert decode(b"words", None) == "words"
    assert decode(b"words", OPAQUE[0]) == "d29yZHM="


def test_values_that_a_format_cannot_hold():
    several = "text/plain holds one value, not several; for several use application/vnd.oma.lwm2m+tlv or application/senml+json."
    assert problem(encode, {"1": 2}, "text/plain", "/3/0") == several
    assert problem(encode, [1], "text/plain", "/3/0/6") == several
    unknown = "Values cannot be written as 'application/cbor'; give the payload itself, or use one of these: " + ", ".join(WRITABLE) + "."
    assert problem(encode, 1, "application/cbor", "/3/0/9") == unknown
    assert problem(encode, 1, TLV[0], "/3/0") == "What is written to /3/0 must be a mapping of ids to values."
    assert problem(encode, {"battery": 1}, TLV[0], "/3/0") == "'battery' is no id of an object, instance or resource: those are numbers."
    assert problem(encode, {"0": 1}, TLV[0], "") == "TLV needs a path: it holds ids only."
    assert problem(encode, "nan", SENML_JSON, "/3303/0/5700") == "JSON cannot hold the number nan."
    assert problem(encode, 300, TLV[0], "/1/0/1", {"1": "boolean"}) == "300 cannot be written as boolean."
    assert problem(encode, {"1": 1}, SENML_JSON, "/1/0/1/0") == (
        "1/0/1/0/1 has more than four parts: object, instance, resource, resource instance."
    )


def test_a_new_instance_may_leave_its_id_to_the_device():
    assert encode({"5850": True, "5851": 50}, TLV[0], "/3311").hex() == "e116da01e116db32"
    assert encode({"2": {"5850": True}}, TLV[0], "/3311").hex() == "0402e116da01"


def test_paths():
    assert split("/3/0/9?pmin=1") == ("3", "0", "9")
    assert split("") == ()


# -- links


def test_links():
    text = '</3/0/9>;rt="oma.lwm2m";obs, </a,b>;title="one, \\"two\\"; three";ct=40,</4>'
    links = [{"uri": "/3/0/9", "rt": "oma.lwm2m", "obs": True}, {"uri": "/a,b", "title": 'one, "two"; three', "ct": "40"}, {"uri": "/4"}]
    assert parse_links(text) == links
    assert decode(text.encode(), LINKS, "/") == links
    assert parse_links("") == parse_links(" \n") == []
    assert problem(dump_links, [{"rt": "x"}]) == problem(dump_links, "</3>") == "Links are a list of mappings that have a uri."


WORDS = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=8).filter(lambda word: word != "uri")


@given(
    st.lists(
        st.builds(
            lambda uri, more: {"uri": uri, **more}, st.text("/0123456789ab,;", max_size=12), st.dictionaries(WORDS, st.just(True) | TEXTS)
        )
    )
)
def test_links_are_read_as_they_were_written(links):
    assert parse_links(encode(links, LINKS).decode()) == links


# -- idempotence


@pytest.mark.parametrize(
    ("wanted", "held"),
    [
        (5, "5"),
        ("5", 5),
        (5, 5.0),
        (20, "20.0"),
        (True, "1"),
        (True, 1),
        (False, "false"),
        ("a", "a"),
        ("007", "007"),
        ({"1": 5}, {"1": "5", "2": "else"}),
        ({1: [1, 2]}, {"1": {"0": 1, "1": 2}}),
        ([], {}),
    ],
)
def test_the_same(wanted, held):
    assert same(wanted, held)


@pytest.mark.parametrize(
    ("wanted", "held"),
    [
        (5, 6),
        ("007", "7"),
        ("a", "A"),
        (None, None),
        (5, None),
        (5, {"0": 5}),
        ({"1": 5}, 5),
        ({"1": 5}, {"2": 5}),
        (True, "yes"),
        ("5", "5.0"),
    ],
)
def test_not_the_same(wanted, held):
    assert not same(wanted, held)


@given(typed())
def test_a_value_is_the_same_as_itself_after_a_round_trip(case):
    path, value, types = case
    held = decode(encode(value, TLV[0], path, types), TLV[0], path, types)
    assume(held is not None)
    assert same(value, held)


def test_what_results_show():
    assert shown(b"\xc1\x09d", TLV[0], "/3/0/9") == {"value": 100, "payload": "wQlk", "content_type": TLV[0]}
    assert shown(b"7", None, "/1/0/1") == {"value": "7", "payload": "Nw==", "content_type": ""}
    assert shown(b"\xc1", TLV[0], "/3/0/9") == {
        "value": None,
        "payload": "wQ==",
        "content_type": TLV[0],
        "problem": "The TLV breaks off in the head of the record at byte 0.",
    }
