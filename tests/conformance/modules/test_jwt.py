# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logging in with tokens that are signed here: by option, profile, environment and inventory, with a real key and a service that checks."""

from __future__ import annotations

import datetime
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from collection import util
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from pelion_simulator.process import Simulator

# Before that year there are no applications.
pytestmark = pytest.mark.since(2021)


@dataclass(frozen=True)
class Signer:
    """An application with a verification key, and the file with its private half. `lines`: those of the file that are secret."""

    application_id: str
    file: str
    lines: list[str]

    @property
    def option(self) -> dict[str, Any]:
        return {"application_id": self.application_id, "private_key_file": self.file}


@pytest.fixture(params=["RSA", "EC"])
def signer(request: pytest.FixtureRequest, simulator: Simulator, client: Any, tmp_path: Path) -> Iterator[Signer]:
    key: Any = rsa.generate_private_key(65537, 2048) if request.param == "RSA" else ec.generate_private_key(ec.SECP384R1())
    file = tmp_path / "signing.pem"
    file.touch(0o600)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    file.write_text(pem, encoding="ascii")
    simulator.settings(verification_keys=True)
    application = client.post("/v3/applications", {"name": "signs for itself"})["id"]
    client.post(f"/v3/applications/{application}/verification-keys", {"name": "ansible", "certificate": certificate(key)})
    yield Signer(application, str(file), pem.splitlines()[1:-1])


def certificate(key: Any) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ansible")])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    signed = builder.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def shows_no_secret(signer: Signer, text: str) -> bool:
    # A token begins with a JSON object in base64.
    return not any(line in text for line in signer.lines) and not re.search(r"eyJ[\w-]+\.[\w-]+\.", text)


def test_by_option(run: Any, signer: Signer, simulator: Simulator) -> None:
    for more in ({}, {"lifetime": 30, "claims": {"iss": "plant 7"}}):
        step = run("account_info", api_jwt={**signer.option, **more})
        assert not step.failed, step.result
        assert [(sent.method, sent.path, sent.status) for sent in step.sent] == [("GET", "/v3/accounts/me", 200)]
        assert step.result["invocation"]["module_args"]["api_jwt"]["application_id"] == signer.application_id
        assert shows_no_secret(signer, step.output)
        # What the environment has does not count beside it, and is not shown either.
        assert simulator.api_key not in step.output


def test_what_an_application_does(run: Any, signer: Signer) -> None:
    made = run("device_group", api_jwt=signer.option, name="made with a token")
    assert made.changed
    assert not run("device_group", api_jwt=signer.option, name="made with a token").changed


def test_by_environment_and_by_profile(run: Any, signer: Signer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PELION_API_KEY")
    monkeypatch.setenv("PELION_JWT_APPLICATION_ID", signer.application_id)
    monkeypatch.setenv("PELION_JWT_PRIVATE_KEY_FILE", signer.file)
    assert not run("account_info").failed
    monkeypatch.delenv("PELION_JWT_APPLICATION_ID")
    assert run("account_info").msg == "api_jwt needs application_id; as an environment variable it is PELION_JWT_APPLICATION_ID."
    monkeypatch.delenv("PELION_JWT_PRIVATE_KEY_FILE")
    profiles = tmp_path / "profiles.yml"
    profiles.touch(0o600)
    profiles.write_text(json.dumps({"default": {"api_jwt": signer.option}}), encoding="utf-8")
    assert not run("account_info", api_profile_path=str(profiles)).failed


def test_the_application_that_signs_is_kept(run: Any, signer: Signer, client: Any) -> None:
    task = {"api_jwt": signer.option, "name": "signs for itself"}
    for options in ({"state": "absent"}, {"status": "INACTIVE"}):
        step = run("application", **task, **options)
        assert step.msg.startswith(f"The application {signer.application_id} is what this task logs in by, and would not work any more.")
        assert step.writes == []
    client.post("/v3/applications", {"name": "another"})
    assert run("application", api_jwt=signer.option, name="another", state="absent").changed
    assert run("application", **task, state="absent", force=True).changed


def test_refusals(run: Any, signer: Signer, client: Any) -> None:
    other = client.post("/v3/applications", {"name": "another"})["id"]
    refused = run("account_info", api_jwt={**signer.option, "application_id": other})
    assert (refused.result["status"], refused.result["type"]) == (401, "invalid_token")
    assert refused.msg.endswith(
        "With api_jwt: check that the application has the verification key of this private key, and that the clock is right."
    )
    assert shows_no_secret(signer, refused.output)
    both = run("account_info", api_jwt=signer.option, api_key="ak_key")
    assert both.msg == "api_key and api_jwt are two ways to log in; give one of them."
    missing = run("account_info", api_jwt={"application_id": other})
    assert missing.msg == "missing required arguments: private_key_file found in api_jwt"
    symmetric = run("account_info", api_jwt={**signer.option, "algorithm": "HS256"})
    assert symmetric.msg.startswith("value of algorithm must be one of: RS256, RS384, RS512, ES256, ES384, ES512, got: HS256")
    Path(signer.file).chmod(0o644)
    shared = run("account_info", api_jwt=signer.option)
    assert shared.msg == (
        f"The file {signer.file} of api_jwt.private_key_file can be read by others (mode 0644); run: chmod 600 {signer.file}"
    )
    assert [step.sent for step in (both, missing, symmetric, shared)] == [[]] * 4


def test_a_service_without_it(run: Any, signer: Signer, simulator: Simulator) -> None:
    simulator.settings(verification_keys=False)
    assert run("account_info", api_jwt=signer.option).result["status"] == 401


def test_through_a_gateway(signer: Signer, simulator: Simulator, client: Any) -> None:
    """A websocket is opened with a token too."""
    gateway = next(device["id"] for device in client.list("/v3/devices/", {"endpoint_type": "MBED_GW"}) if device["state"] == "registered")
    login = util("settings").JwtSettings(signer.application_id, signer.file)
    settings = util("settings").Settings(api_jwt=login, api_url=simulator.url, ca_path=simulator.ca_file)
    with util("client").Client(settings) as signing, util("tunnel").Tunnel(signing, gateway, "localhost:7") as tunnel:
        tunnel.send(b"hello")
        assert tunnel.receive(10) == b"hello"


def test_inventory(signer: Signer, simulator: Simulator, environment: dict[str, str], tmp_path: Path) -> None:
    source = tmp_path / "fleet.pelion.yml"
    wanted = {"application_id": "{{ lookup('env', 'APPLICATION') }}", "private_key_file": signer.file}
    source.write_text(json.dumps({"plugin": "pelion.device_management.devices", "api_jwt": wanted}), encoding="utf-8")
    del environment["PELION_API_KEY"]
    done = subprocess.run(
        ["ansible-inventory", "-i", str(source), "--list", "-vvv"],
        env={**environment, "APPLICATION": signer.application_id, "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout[done.stdout.index("{") :])["_meta"]["hostvars"]) == 300
    assert {entry["status"] for entry in simulator.requests() if entry["path"] == "/v3/devices/"} == {200}
    assert shows_no_secret(signer, done.stdout + done.stderr)
