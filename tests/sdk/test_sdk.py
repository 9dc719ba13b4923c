# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vendor's SDK 2.2.0, which nobody here wrote, works against the simulator as it is: both of its interfaces."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pelion_simulator.process import Simulator

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))

from sdk import PINS, sdk_python  # noqa: E402

DEVICES = 50
# What simulated devices have.
READABLE, WRITABLE, EXECUTABLE = "/3/0/15", "/33000/0/0", "/3/0/4"
Scenario = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def running() -> Iterator[Simulator]:
    with Simulator(devices=DEVICES) as simulator:
        yield simulator


@pytest.fixture
def simulator(running: Simulator) -> Simulator:
    """A simulator as it is after its start."""
    running.reset()
    return running


@pytest.fixture
def scenario(simulator: Simulator) -> Scenario:
    """`scenario(name, **given)` runs one of scenarios.py with the SDK's Python and tells what it saw."""

    def run(name: str, **given: str) -> dict[str, Any]:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("MBED_CLOUD_SDK_", "PYTHON"))}
        environment = {
            **inherited,
            "MBED_CLOUD_SDK_HOST": simulator.url,
            "MBED_CLOUD_SDK_API_KEY": simulator.api_key,
            "REQUESTS_CA_BUNDLE": simulator.ca_file,
            "GIVEN": json.dumps(given),
        }
        command = [str(sdk_python()), str(HERE / "scenarios.py"), name]
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        failed = [(entry["method"], entry["path"]) for entry in simulator.requests() if (entry["status"] or 500) >= 500]
        assert failed == []
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    return run


@pytest.fixture
def device(simulator: Simulator) -> str:
    """The id of a device that is connected."""
    query = {"state__eq": "registered", "limit": "2"}
    headers = {"Authorization": f"Bearer {simulator.api_key}"}
    answer = requests.get(f"{simulator.url}/v3/devices/", params=query, headers=headers, verify=simulator.ca_file, timeout=30)
    return str(answer.json()["data"][0]["id"])


@pytest.fixture(scope="session")
def certificate() -> str:
    """A certificate authority, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Pump makers")])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    builder = builder.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=30))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def png() -> bytes:
    """A picture of one grey dot."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = (1).to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\x00\x80")) + chunk(b"IEND", b"")


def test_it_is_the_published_one() -> None:
    assert "mbed-cloud-sdk==2.2.0\n" in PINS.read_text(encoding="utf-8")
    command = [str(sdk_python()), "-c", "from importlib.metadata import version; print(version('mbed-cloud-sdk'))"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "2.2.0\n"


# -- the newer interface


def test_new_devices(scenario: Scenario) -> None:
    assert scenario("new_devices") == {
        "listed": 20,
        "same": True,
        "found": [[True, "renamed", {"site": "oslo"}]],
        "made": "made by the SDK",
        "gone": 404,
        "events": [True, True, True],
    }


def test_new_groups(scenario: Scenario) -> None:
    assert scenario("new_groups") == {"taken": 409, "members": [True], "count": 1, "members after": [], "listed": ["y"], "gone": 404}


def test_new_accounts(scenario: Scenario) -> None:
    assert scenario("new_accounts") == {
        "company": "Made by the SDK",
        "key": True,
        "own key": True,
        "keys": True,
        "key gone": 404,
        "user": "Two",
        "users": True,
        "invited": True,
        "invitation gone": 404,
    }


def test_new_tenants(scenario: Scenario) -> None:
    assert scenario("new_tenants") == {"listed": True, "admin": True, "company": "d", "users": ["a@example.com"], "keys": True}


def test_new_security(scenario: Scenario, certificate: str) -> None:
    assert scenario("new_security", certificate=certificate) == {
        "trusted": [["INACTIVE", False]],
        "secrets": True,
        "developer": "for development",
        "psk": ["made-by-the-sdk-1"],
        "psk gone": 404,
        "servers": [True, True],
        "verified": True,
        "configurations": True,
    }


def test_new_enrolment(scenario: Scenario, simulator: Simulator) -> None:
    simulator.clock(rate=60)
    assert scenario("new_enrolment") == {"taken": 409, "listed": [True], "bulk": [3, 3, 1], "errors": True, "deleted": 0, "gone": 404}


def test_new_branding(scenario: Scenario) -> None:
    assert scenario("new_branding", png=png().hex()) == {"color": "#00ff00", "colors": 24, "image": True}


def test_new_campaign(scenario: Scenario, simulator: Simulator) -> None:
    simulator.clock(rate=200)
    assert scenario("new_campaign", manifest=(b"0" * 100).hex()) == {
        "image": [8, 64],
        "images": [True],
        "manifests": True,
        "draft": "draft",
        "phase": "stopped",
        "description": "y",
        "devices": 5,
        "statistics": 5,
        "archived": True,
        "gone": 404,
    }


# -- the older interface


def test_old_devices(scenario: Scenario) -> None:
    assert scenario("old_devices") == {
        "listed": 12,
        "total": DEVICES,
        "found": [True],
        "dated": 3,
        "made": "made",
        "events": 2,
        "query": {"custom_attributes": {"site": {"$eq": "oslo"}}, "state": {"$eq": "registered"}},
        "queries": True,
        "by query": 2,
        "gone": None,
    }


def test_old_accounts(scenario: Scenario) -> None:
    assert scenario("old_accounts") == {
        "company": "Made by the SDK",
        "groups": ["Administrators", "Developers"],
        "key": True,
        "keys": True,
        "members": True,
        "key gone": None,
        "user": "Two",
        "user in group": True,
    }


def test_old_certificates(scenario: Scenario, certificate: str) -> None:
    assert scenario("old_certificates", certificate=certificate) == {
        "certificate": ["renamed", "bootstrap"],
        "header": True,
        "listed": ["for development", "renamed"],
        "psk": ["made-by-the-sdk-1"],
    }


def test_old_enrolment(scenario: Scenario) -> None:
    assert scenario("old_enrolment") == {"claim": True, "claims": True}


def test_old_billing_and_metrics(scenario: Scenario) -> None:
    assert scenario("old_billing") == {"quota": True, "packages": [True], "history": True}
    assert scenario("old_metrics") == {"metrics": True}


def test_old_connect(scenario: Scenario, device: str) -> None:
    """Long polling: reading, writing and executing resources, and being told of a change."""
    found = scenario("old_connect", device=device, readable=READABLE, writable=WRITABLE, executable=EXECUTABLE, value="spring")
    assert found == {
        "connected": True,
        "resources": True,
        "presubscriptions": [["*", ["/1/*"]]],
        "presubscriptions after": 0,
        "read": "Etc/UTC",
        "subscribed": True,
        # The SDK takes the end of the last line for a line.
        "subscriptions": [WRITABLE, ""],
        "written": "spring",
        "notified": True,
        "subscribed after": False,
        "wrong path": "CloudApiException",
    }


def test_old_observers(scenario: Scenario, simulator: Simulator, device: str) -> None:
    control = f"{simulator.http_url}/_simulator/device-registration"
    assert scenario("old_observers", device=device, readable=READABLE, control=control) == {
        "current": "Etc/UTC",
        "deregister": "de_registrations",
        "register": "registrations",
        "update": "reg_updates",
        "expire": "registrations_expired",
    }


def test_old_webhook(scenario: Scenario, device: str) -> None:
    assert scenario("old_webhook", device=device, readable=READABLE) == {
        "headers": ["1"],
        "webhook": [True, {"X-Test": "1"}],
        "read": "Etc/UTC",
        "webhook after": None,
    }


def test_old_campaign(scenario: Scenario, simulator: Simulator, tmp_path: Path) -> None:
    simulator.clock(rate=200)
    image, manifest = tmp_path / "image.bin", tmp_path / "manifest.bin"
    image.write_bytes(b"firmware")
    manifest.write_bytes(b"0" * 100)
    assert scenario("old_campaign", **{"image file": str(image), "manifest file": str(manifest)}) == {
        "images": True,
        "manifests": True,
        "state": "autostopped",
        "campaigns": True,
        "states": [True],
        "gone": None,
    }
