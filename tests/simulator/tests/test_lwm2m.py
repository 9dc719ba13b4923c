# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of a device, and how values are written on the wire."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelion_simulator.lwm2m import JSON, OBJECTS, OPAQUE, SENML, TEXT, TLV, Model, Refused, _entry, new_changes

DEVICE = {"id": "0" * 32, "endpoint_type": "temperature", "vendor_id": "v", "device_class": "c", "serial_number": "s"}


def model(changes: dict[str, Any] | None = None, **more: Any) -> Model:
    return Model(DEVICE | more, new_changes() if changes is None else changes, lambda *salt: 0.5)


def status(do: Any, *arguments: Any) -> int:
    with pytest.raises(Refused) as caught:
        do(*arguments)
    return caught.value.status


@pytest.mark.parametrize(
    ("endpoint_type", "objects"),
    [
        ("temperature", {1, 3, 3303, 10252, 33000}),
        ("cold-store", {1, 3, 3303, 10252, 33000}),
        ("electricity-meter", {1, 3, 3305, 10252, 33000}),
        ("street-light", {1, 3, 3311, 10252, 33000}),
        ("", {1, 3, 10252, 33000}),
    ],
)
def test_what_devices_have(endpoint_type: str, objects: set[int]) -> None:
    made = model(endpoint_type=endpoint_type)
    assert {int(path.split("/")[1]) for path, _kind in made.resources()} == objects
    # Executable ones have no value, and are there all the same.
    assert "/3/0/4" in dict(made.resources())
    assert made.has("/3")
    assert made.has("/3/0")
    assert not made.has("/3/1")
    assert not made.has("/3/0/99")
    assert not made.has("/33")
    assert not made.has("/sen/light")


def test_reading() -> None:
    made = model()
    assert made.read("/3/0/0") == (b"v", TEXT)
    assert made.read("/3303/0/5700") == (b"21.0", TEXT)
    assert made.read("/33000/0/3") == (b"1", TEXT)
    assert made.read("/33000/0/1") == (bytes(range(16)), OPAQUE)
    assert made.read("/33000/0/2", TLV) == (b"\xc1\x02\x2a", TLV)
    assert made.read("/33000/0") == (b"\xc5\x00first\xc8\x01\x10" + bytes(range(16)) + b"\xc1\x02\x2a\xc1\x03\x01", TLV)
    instance = made.read("/33000/0")[0]
    assert made.read("/33000")[0] == b"\x08\x00" + bytes([len(instance)]) + instance
    assert json.loads(made.read("/33000/0/2", SENML)[0]) == [{"bn": "/33000/0/2", "v": 42}]
    assert json.loads(made.read("/33000/0", JSON)[0]) == {
        "bn": "/33000/0",
        "e": [{"n": "0", "sv": "first"}, {"n": "1", "sv": "AAECAwQFBgcICQoLDA0ODw"}, {"n": "2", "v": 42}, {"n": "3", "bv": True}],
    }
    assert json.loads(made.read("/33000/0", SENML)[0])[0] == {"bn": "/33000/0/", "n": "0", "vs": "first"}
    assert made.read("/3/0/0", "application/vnd.oma.lwm2m+text") == (b"v", TEXT)
    assert status(made.read, "/3/0/4") == 400
    assert status(made.read, "/3/0/99") == 404
    assert status(made.read, "/3/0/0", "application/cbor") == 415
    assert status(made.read, "/3/0", TEXT) == 415


def test_writing() -> None:
    changes = new_changes()
    made = model(changes)
    assert made.write("/33000/0/2", b"-7") == ["/33000/0/2"]
    assert made.write("/33000/0/1", b"\x00\xff", OPAQUE) == ["/33000/0/1"]
    assert made.write("/33000/0/3", b"0", TEXT) == ["/33000/0/3"]
    # What was changed is JSON, and stays changed.
    again = model(json.loads(json.dumps(changes)))
    assert [again.values[f"/33000/0/{number}"] for number in (1, 2, 3)] == [b"\x00\xff", -7, False]
    assert again.write("/33000/0", b"\xc3\x00new\xc2\x02\x01\x00", TLV) == ["/33000/0/0", "/33000/0/2"]
    assert (again.values["/33000/0/0"], again.values["/33000/0/2"]) == ("new", 256)
    assert again.write("/33000/0", b'{"bn":"/33000/0","e":[{"n":"2","v":5}]}', JSON) == ["/33000/0/2"]
    assert again.write("/33000/0/0", b'[{"bn":"/33000/0/0","vs":"s"}]', SENML) == ["/33000/0/0"]
    assert (again.values["/33000/0/2"], again.values["/33000/0/0"]) == (5, "s")


@pytest.mark.parametrize(
    ("path", "payload", "content_type", "expected"),
    [
        ("/3/0/0", b"x", TEXT, 400),
        ("/3/0/4", b"x", TEXT, 400),
        ("/33000/0/2", b"one", TEXT, 400),
        ("/33000/0/3", b"2", TEXT, 400),
        ("/33000/0/0", b"\xff", TEXT, 400),
        ("/33000/0/0", b"x", "application/cbor", 415),
        ("/33000/0", b"x", TEXT, 415),
        ("/33000", b"x", TEXT, 400),
        ("/33000/0", b"\xc8", TLV, 400),
        ("/33000/0", b"\xc3\x00ne", TLV, 400),
        ("/33000/0", b"\xc1\x09n", TLV, 400),
        ("/33000/0", b"[]x", SENML, 400),
        ("/33000/0", b'[{"bn":"/3/0/14","vs":"x"}]', SENML, 400),
        ("/33000/0/1", b"x" * 1_048_577, OPAQUE, 413),
    ],
)
def test_writing_what_cannot_be(path: str, payload: bytes, content_type: str, expected: int) -> None:
    changes = new_changes()
    assert status(model(changes).write, path, payload, content_type) == expected
    assert changes == new_changes()


def test_executing() -> None:
    made = model()
    assert made.execute("/3/0/4") == []
    assert made.execute("/3303/0/5605") == ["/3303/0/5601", "/3303/0/5602"]
    assert made.values["/3303/0/5601"] == made.values["/3303/0/5700"]
    assert status(made.execute, "/3/0/0") == 400
    assert status(made.execute, "/3/0") == 400


def test_creating_and_deleting() -> None:
    changes = new_changes()
    made = model(changes)
    assert made.create("/33000", b"\xc3\x00one", TLV) == "/33000/1"
    assert made.create("/33000", b"\x05\x07\xc3\x00two", TLV) == "/33000/7"
    assert made.create("/33000/3", b"") == "/33000/3"
    assert [made.values[f"/33000/{number}/0"] for number in (1, 7, 3)] == ["one", "two", ""]
    assert status(made.create, "/33000", b"\x05\x07\xc3\x00two", TLV) == 400
    assert status(made.create, "/33000", b"x", TEXT) == 415
    assert status(made.create, "/3", b"", TLV) == 400
    made.delete("/33000/7")
    made.delete("/33000/0")
    again = model(json.loads(json.dumps(changes)))
    assert [path for path in again.instances() if path.startswith("/33000")] == ["/33000/1", "/33000/3"]
    assert again.create("/33000", b"", TLV) == "/33000/0"
    for path in ("/33000/7", "/3/0", "/33000", "/33000/1/0"):
        assert status(again.delete, path) == 400


def test_measuring() -> None:
    made = model()
    assert made.measure("/3303/0/5700", 30) == ["/3303/0/5700", "/3303/0/5602"]
    assert made.values["/3303/0/5602"] == 30.0
    assert made.measure("/3303/0/5700", 30) == []
    assert made.measure("/33000/0/1", "AP8=") == ["/33000/0/1"]
    for path, value in (("/3303/0/5700", "warm"), ("/3/0/4", 1), ("/3/0/99", 1), ("/33000/0/1", "?")):
        with pytest.raises(ValueError, match=path):
            made.measure(path, value)


VALUES = st.fixed_dictionaries(
    {
        0: st.text(st.characters(exclude_categories=["Cs"]), max_size=300),
        1: st.binary(max_size=70_000),
        2: st.integers(-(2**63), 2**63 - 1),
        3: st.booleans(),
    }
)


@given(VALUES, st.sampled_from([TLV, JSON, SENML]))
def test_what_is_read_can_be_written(values: dict[int, Any], content_type: str) -> None:
    first = model()
    first.values |= {f"/33000/0/{number}": value for number, value in values.items()}
    written, said = first.read("/33000/0", content_type)
    assert said == content_type
    second = model()
    second.write("/33000/0", written, content_type)
    assert {number: second.values[f"/33000/0/{number}"] for number in values} == values


@given(st.floats(allow_nan=False), st.sampled_from([TLV, JSON, SENML]))
def test_numbers(value: float, content_type: str) -> None:
    made = model()
    made.values["/3303/0/5700"] = value
    written = made.read("/3303/0/5700", content_type)[0]
    if content_type == TLV:
        assert written == _entry(3, 5700, written[-8:])
        assert written[:3] == b"\xe8\x16\x44"
    else:
        entry = json.loads(written)
        assert (entry[0] if content_type == SENML else entry["e"][0])["v"] == value


def test_every_resource_can_be_read() -> None:
    for endpoint_type in ("temperature", "electricity-meter", "street-light"):
        made = model(endpoint_type=endpoint_type)
        for path, kind in made.resources():
            if "r" in kind.can:
                assert made.read(path)[1] in (TEXT, OPAQUE)
                assert made.values[path] is not None
    assert all(kind.can for kinds in OBJECTS.values() for kind in kinds.values())
