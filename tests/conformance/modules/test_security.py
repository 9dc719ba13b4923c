# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates, issuers, renewals and secure device access, where they are not like other resources."""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path
from typing import Any

import certificates
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CHAIN = certificates.chain("Root CA", "Middle CA", "Line CA")
LEAF = certificates.fingerprint(CHAIN[-1])
CA, OTHER_CA = certificates.certificate("Factory CA"), certificates.certificate("Other CA")
CFSSL = {"host_url": "https://cfssl.example.com:8888"}
HMAC_KEY = "4a6f" * 8
NOBODY = "0" * 32
ON_THIS_PATH = "/v3/trusted-certificates"


# -- trusted certificates


def messy(*pems: str) -> str:
    """The same certificates as another tool writes them."""
    return "".join(f"subject=CN = x\r\n{pem.strip()}\r\n\r\n" for pem in pems).replace("\n", "\r\n").replace("\r\r", "\r")


def test_the_layout_of_a_chain_is_no_difference(run: Any) -> None:
    made = run("trusted_certificate", name="Line", certificate="".join(CHAIN), service="bootstrap")
    assert made.changed
    assert made.result["trusted_certificate"]["certificate_fingerprint"] == LEAF
    again = run("trusted_certificate", name="Line", certificate=messy(*reversed(CHAIN)), service="bootstrap")
    assert not again.changed
    assert again.result["diff"]["before"] == again.result["diff"]["after"]


def test_a_certificate_is_found_by_its_fingerprint(run: Any, spec: int) -> None:
    """It is not uploaded twice under another name, which the service would refuse: it gets the name."""
    made = run("trusted_certificate", name="Line", certificate="".join(CHAIN), service="bootstrap").result["trusted_certificate"]
    for check in (True, False):
        step = run("trusted_certificate", check=check, name="Line 7", certificate=messy(*CHAIN), service="bootstrap")
        assert step.changed
        assert step.result["diff"] == {
            "before": {"id": made["id"], "name": "Line", "certificate": made["certificate"], "service": "bootstrap", "status": "ACTIVE"},
            "after": {"id": made["id"], "name": "Line 7", "certificate": made["certificate"], "service": "bootstrap", "status": "ACTIVE"},
        }
    body = {"name": "Line 7", "certificate": made["certificate"], "service": "bootstrap", "status": "ACTIVE"}
    assert step.writes == [("PUT", f"{ON_THIS_PATH}/{made['id']}", body)]
    asked = [sent.query for sent in step.sent if sent.method == "GET"]
    assert {"name__eq": "Line 7", "limit": "1000"} in asked
    filtered = {"certificate_fingerprint__eq": LEAF, "limit": "1000"}
    assert filtered in asked
    # Services before 2021 do not know the filter: there all are read.
    assert ({"limit": "1000"} in asked) == (spec < 2021)


@pytest.mark.parametrize("form", [LEAF, ":".join(re.findall("..", LEAF.upper()))], ids=["plain", "colons"])
def test_a_fingerprint_is_enough(run: Any, form: str) -> None:
    run("trusted_certificate", name="Line", certificate="".join(CHAIN), service="bootstrap")
    found = run("trusted_certificate_info", certificate_fingerprint=form, fields=["name"]).result["trusted_certificates"]
    assert [item["name"] for item in found] == ["Line"]
    assert run("trusted_certificate", certificate_fingerprint=form, status="INACTIVE").result["trusted_certificate"]["status"] == "INACTIVE"
    assert run("trusted_certificate", certificate_fingerprint=form, name="Renamed").result["trusted_certificate"]["name"] == "Renamed"
    # A name that another certificate has does not make that one be taken.
    gone = run("trusted_certificate", certificate_fingerprint="00" * 32, name="Renamed", state="absent")
    assert (gone.changed, gone.writes) == (False, [])
    assert run("trusted_certificate", certificate=messy(*CHAIN), state="absent").changed
    assert run("trusted_certificate_info", certificate_fingerprint=form).result["trusted_certificates"] == []


def test_a_certificate_is_replaced_under_its_name(run: Any) -> None:
    made = run("trusted_certificate", name="CA", certificate=CA, service="bootstrap").result["trusted_certificate"]
    replaced = run("trusted_certificate", name="CA", certificate=OTHER_CA)
    assert replaced.result["trusted_certificate"]["id"] == made["id"]
    assert replaced.result["trusted_certificate"]["certificate_fingerprint"] == certificates.fingerprint(OTHER_CA)


def test_a_name_and_a_certificate_of_two_objects(run: Any) -> None:
    first = run("trusted_certificate", name="CA", certificate=CA, service="bootstrap").result["trusted_certificate"]["id"]
    second = run("trusted_certificate", name="Other", certificate=OTHER_CA, service="bootstrap").result["trusted_certificate"]["id"]
    step = run("trusted_certificate", name="CA", certificate=OTHER_CA)
    assert step.msg == (
        f"The name 'CA' is that of {first}, but the certificate is that of {second}, 'Other'. Give the id of the one you mean, or delete "
        "the other first."
    )
    assert (step.result["ids"], step.writes) == ([first, second], [])


def test_a_subject_that_is_taken(run: Any) -> None:
    run("trusted_certificate", name="CA", certificate=CA, service="bootstrap")
    renewed = certificates.certificate("Factory CA", "Root CA") + CHAIN[0]
    step = run("trusted_certificate", name="CA, renewed", certificate=renewed, service="bootstrap")
    assert (step.result["status"], step.result["type"]) == (409, "duplicate")
    assert "There is a trusted-cert with this subject already." in step.msg


def test_private_keys_are_not_uploaded(run: Any) -> None:
    key = certificates.private_key("Factory CA")
    step = run("trusted_certificate", name="CA", certificate=CA + key, service="bootstrap")
    assert step.msg == "certificate holds a private key. Give the certificates only; a private key must never be uploaded."
    assert step.sent == []


def test_certificates_of_a_tenant(run: Any, simulator: Any, client: Any) -> None:
    """The whole life below the tenant's path, with nothing in the account itself."""
    tenant = client.post("/v3/accounts", {"end_market": "IoT", "display_name": "Tenant"}, action="create")["id"]
    path = f"/v3/accounts/{tenant}/trusted-certificates"
    made = run("trusted_certificate", account_id=tenant, name="CA", certificate=CA, service="bootstrap")
    assert made.writes == [("POST", path, {"name": "CA", "certificate": CA, "service": "bootstrap"})]
    item = made.result["trusted_certificate"]
    assert item["account_id"] == tenant
    assert not run("trusted_certificate", account_id=tenant, certificate=messy(CA), name="CA").changed
    assert run("trusted_certificate_info", account_id=tenant).result["trusted_certificates"] == [item]
    assert run("trusted_certificate_info", account_id=tenant, id=item["id"]).result["trusted_certificates"] == [item]
    assert run("trusted_certificate_info", name="CA").result["trusted_certificates"] == []
    changed = run("trusted_certificate", account_id=tenant, id=item["id"], status="INACTIVE")
    assert [(method, where) for method, where, _body in changed.writes] == [("PUT", f"{path}/{item['id']}")]
    deleted = run("trusted_certificate", account_id=tenant, name="CA", state="absent")
    assert deleted.writes == [("DELETE", f"{path}/{item['id']}", None)]
    assert {sent.path.startswith(path) for step in (made, changed, deleted) for sent in step.sent} == {True}


def test_filters_of_the_list(run: Any) -> None:
    run("trusted_certificate", name="CA", certificate=CA, service="lwm2m", status="INACTIVE")

    def names(**filters: Any) -> list[str]:
        return [item["name"] for item in run("trusted_certificate_info", filters=filters).result["trusted_certificates"]]

    assert names(subject={"like": "cn=factory ca"}) == ["CA"]
    assert names(service="lwm2m", status="INACTIVE") == ["CA"]
    assert names(valid=False) == ["factory-2017"]
    assert "CA" in names(expire=36500)
    assert "CA" not in names(expire=30)
    assert names(device_execution_mode=1) == ["developers"]
    assert "CA" in names(device_execution_mode={"neq": 1})


# -- developer certificates


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Empty."""
    made = tmp_path / "folder"
    made.mkdir()
    return made


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_files_of_a_developer_certificate(run: Any, client: Any, folder: Path) -> None:
    """Written once, repaired when they differ, and nothing of them in any output."""
    paths = {name: folder / name for name in ("security_file", "certificate_file", "private_key_file")}
    options = {"name": "Desk", **{name: str(path) for name, path in paths.items()}}
    told = {name: str(path) for name, path in paths.items()}

    checked = run("developer_certificate", check=True, **options)
    assert (checked.changed, checked.writes, list(folder.iterdir())) == (True, [], [])
    assert checked.result["diff"]["after"] == {"name": "Desk", **told}

    made = run("developer_certificate", **options)
    item = made.result["developer_certificate"]
    assert made.changed
    assert {name: item[name] for name in told} == told
    secret = client.get(f"/v3/developer-certificates/{item['id']}")
    texts = {
        "security_file": secret["security_file_content"],
        "certificate_file": secret["developer_certificate"],
        "private_key_file": secret["developer_private_key"],
    }
    assert {name: path.read_text() for name, path in paths.items()} == texts
    assert {mode(path) for path in paths.values()} == {0o600}
    assert item["certificate"] == texts["certificate_file"]

    again = run("developer_certificate", **options)
    assert (again.changed, again.writes, again.result["developer_certificate"]) == (False, [], item)

    def spoil_text() -> None:
        paths["private_key_file"].write_text("x")

    def spoil_mode() -> None:
        paths["private_key_file"].chmod(0o644)

    for spoil in (spoil_text, spoil_mode, paths["private_key_file"].unlink):
        spoil()
        before = {path: (path.read_text(), mode(path)) for path in folder.iterdir()}
        checked = run("developer_certificate", check=True, **options)
        assert (checked.changed, {path: (path.read_text(), mode(path)) for path in folder.iterdir()}) == (True, before)
        repaired = run("developer_certificate", **options)
        assert (repaired.changed, repaired.writes) == (True, [])
        assert checked.result["diff"] == repaired.result["diff"]
        assert set(repaired.result["diff"]["after"]) - set(repaired.result["diff"]["before"]) == {"private_key_file"}
        assert paths["private_key_file"].read_text() == texts["private_key_file"]
        assert mode(paths["private_key_file"]) == 0o600

    deleted = run("developer_certificate", **options, state="absent")
    assert not any(sent.path.startswith("/v3/developer-certificates") for sent in deleted.sent)
    assert deleted.writes == [("DELETE", f"{ON_THIS_PATH}/{item['id']}", None)]
    assert {path.name for path in folder.iterdir()} == set(paths)
    info = run("developer_certificate_info")
    for step in (checked, made, again, repaired, deleted, info):
        hidden(step.output, texts["private_key_file"], texts["security_file"])


def hidden(output: str, *secrets: str) -> None:
    """No line of a secret is in an output."""
    decoded = json.loads(output)
    shown = json.dumps(decoded, ensure_ascii=False)
    for secret in secrets:
        lines = [line for line in secret.splitlines() if len(line) > 20 and not line.startswith("-----")]
        assert lines or len(secret) <= 20 or "\n" not in secret
        for line in lines or [secret]:
            assert json.dumps(line, ensure_ascii=False)[1:-1] not in shown


def test_a_file_changes_together_with_a_field(run: Any, tmp_path: Path) -> None:
    made = run("developer_certificate", name="Desk", status="INACTIVE", certificate_file=str(tmp_path / "a.pem"))
    identity = made.result["developer_certificate"]["id"]
    item = f"{ON_THIS_PATH}/{identity}"
    assert made.writes == [("POST", "/v3/developer-certificates", {"name": "Desk"}), ("PUT", item, {"name": "Desk", "status": "INACTIVE"})]
    assert made.result["developer_certificate"]["status"] == "INACTIVE"
    step = run("developer_certificate", id=identity, name="Desks", certificate_file=str(tmp_path / "b.pem"))
    assert step.writes == [("PUT", item, {"name": "Desks", "status": "INACTIVE"})]
    assert (tmp_path / "a.pem").read_text() == (tmp_path / "b.pem").read_text()
    assert step.result["developer_certificate"]["name"] == "Desks"


def test_a_file_that_cannot_be_written(run: Any, tmp_path: Path) -> None:
    """The certificate is there then, and the next run writes the file."""
    path = tmp_path / "missing" / "key"
    step = run("developer_certificate", name="Desk", private_key_file=str(path))
    assert step.msg.startswith("The certificate is there, but its file cannot be written: [Errno 2] No such file or directory")
    assert step.msg.endswith("Run the task again then.")
    path.parent.mkdir()
    step = run("developer_certificate", name="Desk", private_key_file=str(path))
    assert (step.changed, step.writes, mode(path)) == (True, [], 0o600)


def test_other_certificates_are_no_developer_certificates(run: Any) -> None:
    factory = run("trusted_certificate_info", name="factory-2019").result["trusted_certificates"][0]["id"]
    expected = (
        f"The trusted certificate 'factory-2019' ({factory}) is no developer certificate. Take another name, or use the module "
        "trusted_certificate."
    )
    for options in ({"name": "factory-2019"}, {"id": factory, "state": "absent"}):
        step = run("developer_certificate", **options)
        assert (step.msg, step.writes) == (expected, [])
    assert run("developer_certificate_info", id=factory).result["developer_certificates"] == []
    assert run("developer_certificate_info", id=NOBODY).result["developer_certificates"] == []
    assert run("developer_certificate_info", name="factory-2019").result["developer_certificates"] == []
    found = run("developer_certificate_info").result["developer_certificates"]
    assert [item["name"] for item in found] == ["developers"]
    assert run("developer_certificate_info", id=found[0]["id"], fields=["name"]).result["developer_certificates"] == [
        {"id": found[0]["id"], "name": "developers"}
    ]


def test_the_quota_of_developer_certificates(run: Any, simulator: Any) -> None:
    simulator.settings(developer_certificates_most=1)
    step = run("developer_certificate", name="Desk")
    assert (step.result["status"], step.result["type"]) == (403, "account_limit_exceeded")
    assert step.result["fields"] == [{"name": "cert-count", "message": "1"}]


# -- issuers


def issuer(run: Any, **options: Any) -> Any:
    given = {"name": "Own CA", "issuer_type": "CFSSL_AUTH", "issuer_attributes": CFSSL, "issuer_credentials": {"hmac_hex_key": HMAC_KEY}}
    return run("certificate_issuer", **{**given, **options})


def test_credentials_are_sent_again_when_asked_for(run: Any) -> None:
    made = issuer(run)
    identity = made.result["certificate_issuer"]["id"]
    again = issuer(run, update_secrets="always")
    body = {"name": "Own CA", "issuer_attributes": CFSSL, "issuer_credentials": {"hmac_hex_key": HMAC_KEY}}
    assert (again.changed, again.writes) == (True, [("PUT", f"/v3/certificate-issuers/{identity}", body)])
    assert issuer(run, check=True, update_secrets="always").changed
    assert again.result["diff"]["before"] == again.result["diff"]["after"]
    info = run("certificate_issuer_info", name="Own CA")
    for step in (made, again, info, issuer(run, check=True, name="New")):
        hidden(step.output, HMAC_KEY)
        assert "issuer_credentials" not in (step.result.get("certificate_issuer") or {})


def test_credentials_of_global_sign_are_hidden(run: Any, play: Any) -> None:
    secrets = {
        "api_key": "e510e289e6cd8947",
        "api_secret": "a477a8393d17a55ecb2ba6a61f58feb84770b621",
        "passphrase": "helloworldhelloworld",
        "private_key": certificates.private_key("Factory CA"),
    }
    options = {
        "name": "GlobalSign",
        "issuer_type": "GLOBAL_SIGN",
        "issuer_credentials": {**secrets, "client_certificate": CA},
        "update_secrets": "always",
    }
    for check in (True, False, False):
        step = run("certificate_issuer", check=check, **options)
        assert step.changed
        hidden(step.output, *secrets.values())
    played = play(
        {"send": {"certificate_issuer": options}, "bad": {"certificate_issuer": {**options, "issuer_type": "CFSSL_AUTH"}}}, "-vvv"
    )
    assert [step.failed for step in played.steps.values()] == [False, True]
    for secret in secrets.values():
        for line in secret.splitlines():
            assert line.startswith("-----") or line not in played.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"issuer_credentials": {"api_key": "some-key"}},
            "The issuer_credentials of a CFSSL_AUTH issuer need also: hmac_hex_key.",
        ),
        (
            {"issuer_credentials": {"hmac_hex_key": HMAC_KEY, "api_key": "some-key", "api_secret": "some-secret"}},
            "The issuer_credentials of a CFSSL_AUTH issuer do not have: api_key, api_secret.",
        ),
        ({"issuer_credentials": {"hmac_hex_key": "xyz"}}, "hmac_hex_key must be 1 to 32 pairs of hexadecimal digits."),
        ({"issuer_credentials": {"hmac_hex_key": "00" * 33}}, "hmac_hex_key must be 1 to 32 pairs of hexadecimal digits."),
        ({"issuer_attributes": None}, "issuer_attributes must name the host_url of a CFSSL_AUTH issuer."),
        (
            {"issuer_type": "GLOBAL_SIGN"},
            "The issuer_credentials of a GLOBAL_SIGN issuer need also: api_key, api_secret, client_certificate, private_key.",
        ),
        (
            {
                "issuer_type": "GLOBAL_SIGN",
                "issuer_credentials": {
                    "api_key": "a key",
                    "api_secret": "a secret",
                    "client_certificate": CA,
                    "private_key": "a private key",
                },
            },
            "A GLOBAL_SIGN issuer has no issuer_attributes; leave them out.",
        ),
        ({"issuer_credentials": None}, "There is no such certificate issuer yet; to create it give also: issuer_credentials."),
    ],
)
def test_credentials_that_do_not_fit(run: Any, options: dict[str, Any], message: str) -> None:
    for check in (True, False):
        step = issuer(run, check=check, **options)
        assert (step.msg, step.writes) == (message, [])


def test_attributes_without_a_value_are_no_difference(run: Any, simulator: Any) -> None:
    made = issuer(run).result["certificate_issuer"]
    simulator.patch("certificate-issuers", made["id"], issuer_attributes={**CFSSL, "cfssl_label": None})
    assert not issuer(run).changed
    changed = issuer(run, issuer_attributes={**CFSSL, "cfssl_label": "devices"})
    assert changed.result["certificate_issuer"]["issuer_attributes"] == {**CFSSL, "cfssl_label": "devices"}
    # They are changed as a whole.
    assert issuer(run).result["certificate_issuer"]["issuer_attributes"] == CFSSL


def test_verifying_an_issuer(run: Any, simulator: Any) -> None:
    made = issuer(run, verify=True)
    identity = made.result["certificate_issuer"]["id"]
    verify = ("POST", f"/v3/certificate-issuers/{identity}/verify", None)
    assert made.changed
    assert made.writes[1:] == [verify]
    assert made.result["verification"] == {"successful": True, "message": ""}
    again = run("certificate_issuer", name="Own CA", verify=True)
    assert (again.changed, again.writes) == (False, [verify])
    checked = run("certificate_issuer", check=True, name="Own CA", verify=True)
    assert (checked.changed, checked.writes, "verification" in checked.result) == (False, [], False)
    assert run("certificate_issuer", name="Own CA").writes == []

    simulator.settings(external_ca="refuses")
    step = run("certificate_issuer", name="Own CA", description="x", verify=True)
    assert step.msg == (
        f"The certificate issuer 'Own CA' ({identity}) is there, but cannot sign a test certificate: The authority does not accept the "
        "credentials. Correct it; new credentials are sent with update_secrets set to always."
    )
    assert (step.result["changed"], step.result["certificate_issuer"]["description"]) == (True, "x")

    simulator.settings(external_ca="fails")
    step = run("certificate_issuer", name="Own CA", verify=True)
    assert (step.result["status"], step.result["type"]) == (424, "failed_dependency")

    simulator.settings(external_ca="signs")
    gone = run("certificate_issuer", name="Own CA", state="absent", verify=True)
    assert gone.writes == [("DELETE", f"/v3/certificate-issuers/{identity}", None)]


def test_an_issuer_in_use_cannot_be_deleted(run: Any) -> None:
    issuer(run)
    run("certificate_issuer_config", reference="customer.dlms", certificate_issuer_id="Own CA")
    step = run("certificate_issuer", name="Own CA", state="absent")
    assert step.result["status"] == 400
    assert "The certificate issuer is in use for customer.dlms." in step.msg
    assert run("certificate_issuer_config", reference="customer.dlms", state="absent").changed
    assert run("certificate_issuer", name="Own CA", state="absent").changed


# -- configurations


@pytest.mark.parametrize("reference", ["LwM2M", "lwm2m"])
def test_the_default_configuration(run: Any, reference: str) -> None:
    """It has a path of its own, always exists, and goes back to what it was by clearing."""
    own = issuer(run).result["certificate_issuer"]["id"]
    path = "/v3/certificate-issuer-configurations/lwm2m"
    (before,) = run("certificate_issuer_config_info", reference=reference).result["certificate_issuer_configs"]
    assert (before["certificate_issuer_id"], before["is_custom"]) == (None, False)

    for options, body in (
        ({"certificate_issuer_id": "Own CA"}, {"certificate_issuer_id": own}),
        ({"clear": ["certificate_issuer_id"]}, {"certificate_issuer_id": None}),
    ):
        checked = run("certificate_issuer_config", check=True, reference=reference, **options)
        real = run("certificate_issuer_config", reference=reference, **options)
        again = run("certificate_issuer_config", reference=reference, **options)
        assert (checked.changed, real.changed, again.changed) == (True, True, False)
        assert (checked.writes, real.writes, again.writes) == ([], [("PUT", path, body)], [])
        assert checked.result["diff"] == real.result["diff"]
        (now,) = run("certificate_issuer_config_info", reference=reference).result["certificate_issuer_configs"]
        assert real.result["certificate_issuer_config"] == again.result["certificate_issuer_config"] == now
        assert now["certificate_issuer_id"] == body["certificate_issuer_id"]
        assert now["id"] == before["id"]

    refusal = (
        "The configuration LwM2M is the service's own and cannot be deleted. Clear certificate_issuer_id to have its certificates issued "
        "by Device Management."
    )
    for named in ({"reference": reference}, {"id": before["id"]}):
        step = run("certificate_issuer_config", state="absent", **named)
        assert (step.msg, step.writes) == (refusal, [])


def test_a_configuration_needs_an_issuer_or_none(run: Any) -> None:
    step = run("certificate_issuer_config", reference="customer.dlms")
    assert step.msg == "There is no such certificate issuer config yet; to create it give also: certificate_issuer_id."
    made = run("certificate_issuer_config", reference="customer.dlms", clear=["certificate_issuer_id"])
    body = {"reference": "customer.dlms", "certificate_issuer_id": None}
    assert made.writes == [("POST", "/v3/certificate-issuer-configurations", body)]
    assert not run("certificate_issuer_config", reference="customer.dlms", clear=["certificate_issuer_id"]).changed
    step = run("certificate_issuer_config", reference="customer.dlms", certificate_issuer_id="Nobody")
    assert step.msg == "certificate_issuer_id: there is no certificate issuer with the name 'Nobody'."


def test_configurations_in_a_list(run: Any) -> None:
    own = issuer(run).result["certificate_issuer"]["id"]
    run("certificate_issuer_config", reference="customer.dlms", certificate_issuer_id=own)
    listed = run("certificate_issuer_config_info").result["certificate_issuer_configs"]
    assert {item["reference"]: item["certificate_issuer_id"] for item in listed} == {"LwM2M": None, "customer.dlms": own}
    step = run("certificate_issuer_config_info", reference="customer.dlms", fields=["reference"])
    assert [item["reference"] for item in step.result["certificate_issuer_configs"]] == ["customer.dlms"]
    assert [sent.query["reference__eq"] for sent in step.sent] == ["customer.dlms"]
    assert run("certificate_issuer_config_info", reference="other").result["certificate_issuer_configs"] == []


# -- renewals

RENEWALS = "/v3/certificate-enrollments"
# Virtual seconds that pass while a test waits one.
PACE = 300


@pytest.fixture
def renewable(run: Any, simulator: Any, fleet: list[dict[str, Any]]) -> list[str]:
    """Devices whose certificate customer.dlms can be renewed; all renewals succeed, and time goes fast."""
    issuer(run)
    run("certificate_issuer_config", reference="customer.dlms", certificate_issuer_id="Own CA")
    simulator.settings(renewal_failure_rate=0)
    simulator.clock(rate=PACE)
    return [device["id"] for device in fleet if device["state"] == "registered"][:4]


def renew(run: Any, devices: list[str], **options: Any) -> Any:
    return run("certificate_renewal", certificate_name="customer.dlms", device_ids=devices, **{"wait_interval": 0.05, **options})


def test_renewals_are_waited_for(run: Any, renewable: list[str]) -> None:
    checked = renew(run, [*renewable, renewable[0]], check=True)
    assert (checked.changed, checked.result["requested"], checked.writes) == (True, renewable, [])
    assert checked.result["certificate_enrollments"] == []

    real = renew(run, [*renewable, renewable[0]])
    assert (real.changed, sorted(real.result["requested"]), real.result["joined"]) == (True, sorted(renewable), [])
    assert sorted(real.writes) == sorted(("POST", f"/v3/devices/{device}/certificates/customer.dlms/renew", None) for device in renewable)
    done = real.result["certificate_enrollments"]
    assert [item["device_id"] for item in done] == renewable
    assert {(item["enroll_status"], item["enroll_result"]) for item in done} == {("completed", "success")}
    # One list tells of all devices; each renewal is read once it is not under way any more.
    assert sum(sent.path.startswith(f"{RENEWALS}/") for sent in real.sent) == len(renewable)
    looks = [sent.query for sent in real.sent if sent.path == RENEWALS]
    assert {tuple(sorted(look.items())) for look in looks} == {
        (("certificate_name__eq", "customer.dlms"), ("enroll_status__eq", "new"), ("limit", "1000"))
    }

    listed = run("certificate_enrollment_info", filters={"certificate_name": "customer.dlms"}).result["certificate_enrollments"]
    assert sorted(listed, key=lambda item: renewable.index(item["device_id"])) == done
    one = run("certificate_enrollment_info", id=done[0]["id"]).result["certificate_enrollments"]
    assert one == [done[0]]
    assert run("certificate_enrollment_info", id=NOBODY).result["certificate_enrollments"] == []


def test_a_renewal_of_one_device_asks_for_its_own_only(run: Any, renewable: list[str]) -> None:
    step = renew(run, renewable[:1])
    assert step.result["requested"] == renewable[:1]
    assert {sent.query["device_id__eq"] for sent in step.sent if sent.path == RENEWALS} == {renewable[0]}
    again = run("certificate_renewal", certificate_name="customer.dlms", device_id=renewable[0].upper(), wait=False)
    assert again.result["requested"] == renewable[:1]


def test_renewals_by_filter(run: Any, renewable: list[str], fleet: list[dict[str, Any]]) -> None:
    wanted = {device["id"] for device in fleet if device["state"] == "registered" and device["device_class"] == "edge-gw-2"}
    options = {"certificate_name": "customer.dlms", "filters": {"device_class": "edge-gw-2", "state": "registered"}}
    step = run("certificate_renewal", **options, wait_interval=0.05)
    assert set(step.result["requested"]) == wanted
    refusal = "filters is empty, which would mean every device of the account. Name at least one condition."
    assert run("certificate_renewal", certificate_name="customer.dlms", filters={}).msg == refusal
    none = run("certificate_renewal", certificate_name="customer.dlms", filters={"device_class": "nothing"})
    assert (none.changed, none.writes, none.result["certificate_enrollments"]) == (False, [], [])


def test_a_renewal_under_way_is_joined(run: Any, simulator: Any, renewable: list[str]) -> None:
    simulator.clock(rate=0)
    begun = renew(run, renewable[:2], wait=False)
    assert {item["enroll_status"] for item in begun.result["certificate_enrollments"]} == {"new"}
    checked = renew(run, renewable[:3], check=True)
    assert (checked.result["requested"], checked.result["joined"]) == (renewable[2:3], renewable[:2])
    assert checked.result["certificate_enrollments"] == begun.result["certificate_enrollments"]
    simulator.clock(rate=PACE)
    joined = renew(run, renewable[:2])
    assert (joined.changed, joined.result["joined"], joined.writes) == (False, renewable[:2], [])
    ids = [item["id"] for item in begun.result["certificate_enrollments"]]
    assert [item["id"] for item in joined.result["certificate_enrollments"]] == ids


def test_renewals_of_other_devices_are_not_waited_for(run: Any, simulator: Any, renewable: list[str]) -> None:
    simulator.settings(renewal_seconds=1e7)
    renew(run, renewable[3:], wait=False)
    simulator.settings(renewal_seconds=30)
    step = renew(run, renewable[:2], wait_timeout=10)
    assert (sorted(step.result["requested"]), step.result["joined"]) == (sorted(renewable[:2]), [])
    assert len(step.result["certificate_enrollments"]) == 2


def test_a_renewal_that_begins_meanwhile_is_joined(run: Any, simulator: Any, renewable: list[str]) -> None:
    """The list did not have it, the request is answered with 409."""
    simulator.clock(rate=0)
    begun = renew(run, renewable[:1], wait=False)
    empty = {"object": "list", "limit": 50, "after": None, "order": "ASC", "has_more": False, "data": []}
    simulator.faults(path=f"{RENEWALS}$", status=200, body=json.dumps(empty), content_type="application/json")
    joined = renew(run, renewable[:1], wait=False)
    assert [sent.status for sent in joined.sent if sent.method == "POST"] == [409]
    assert (joined.changed, joined.result["joined"]) == (False, renewable[:1])
    assert joined.result["certificate_enrollments"] == begun.result["certificate_enrollments"]


def test_renewals_that_fail(run: Any, simulator: Any, renewable: list[str], fleet: list[dict[str, Any]]) -> None:
    """Each device has its own outcome, and one that fails does not stop the others."""
    offline = next(device["id"] for device in fleet if device["state"] == "deregistered")
    step = renew(run, [NOBODY, offline, *renewable[:2]])
    done = step.result["certificate_enrollments"]
    assert [(item["device_id"], item["enroll_result"]) for item in done] == [(device, "success") for device in renewable[:2]]
    failed = [(entry["id"], entry["status"]) for entry in step.result["failed_devices"]]
    assert failed == [(NOBODY, 404), (offline, 423)]
    assert step.msg.startswith(f"2 of 4 devices failed; the first: {NOBODY}: POST /v3/devices/{NOBODY}/certificates/")
    assert step.result["changed"]

    simulator.settings(renewal_failure_rate=1)
    step = renew(run, renewable[:2])
    (first, second) = step.result["failed_devices"]
    assert [first["id"], second["id"]] == renewable[:2]
    reasons = [item["enroll_result_detail"] for item in step.result["certificate_enrollments"]]
    assert [first["msg"], second["msg"]] == reasons
    assert all(reasons)
    assert step.msg == f"2 of 2 devices failed; the first: {renewable[0]}: {reasons[0]}"


def test_renewals_without_an_issuer(run: Any, renewable: list[str]) -> None:
    step = run("certificate_renewal", certificate_name="customer.other", device_ids=renewable[:1])
    assert step.result["failed_devices"][0]["status"] == 400
    assert "There is no certificate issuer configured for this certificate." in step.msg
    for name in ("LwM2M", "customer.application", "a/b.c", "Æ.x", ""):
        step = run("certificate_renewal", certificate_name=name, device_ids=renewable[:1])
        assert (step.msg, step.sent) == (
            f"'{name}' is no name of a certificate on a device: that is two parts of up to 10 characters each, with a dot in between.",
            [],
        )


def test_renewals_that_take_too_long(run: Any, simulator: Any, renewable: list[str]) -> None:
    simulator.clock(rate=0)
    step = renew(run, renewable[:1], wait_timeout=0.2)
    (seen,) = step.result["certificate_enrollments"]
    assert seen["enroll_status"] == "new"
    assert step.msg == f"Device {renewable[0]}: The renewal {seen['id']} was not completed in time."


def test_a_refused_key_stops_renewals(run: Any, simulator: Any, renewable: list[str]) -> None:
    simulator.faults(method="POST", path="/renew$", status=403, count=None)
    step = renew(run, renewable, concurrency=1)
    assert step.result["failed_devices"][0]["status"] == 403
    assert [entry["id"] for entry in step.result["failed_devices"]] == renewable
    assert step.result["failed_devices"][-1]["msg"] == "It was not tried any more, since the key was refused."
    assert len(step.writes) < len(renewable)
    assert renew(run, renewable, concurrency=0).msg == "concurrency must be 1 to 64, not 0."


# -- server credentials


def test_server_credentials(run: Any, client: Any) -> None:
    both = run("server_credentials_info").result["server_credentials"]
    assert set(both) == {"bootstrap", "lwm2m"}
    assert both == client.get("/v3/server-credentials")
    for service in both:
        step = run("server_credentials_info", service=service)
        assert [sent.path for sent in step.sent] == [f"/v3/server-credentials/{service}"]
        (one,) = step.result["server_credentials"].items()
        assert one[0] == service
        # The names of the combined operation, and what else the answer has.
        assert {name: one[1][name] for name in both[service]} == both[service]
        assert one[1]["object"] == "server-credentials"
        assert not {"server_uri", "server_certificate"} & set(one[1])


# -- secure device access


@pytest.mark.since(2020)
def test_deleting_a_trust_anchor_must_be_meant(run: Any) -> None:
    made = run("trust_anchor", description="Technicians").result["trust_anchor"]
    for check in (True, False):
        step = run("trust_anchor", check=check, state="absent")
        assert step.msg == (
            f"Deleting the trust anchor {made['id']} cannot be undone: all access tokens are worthless then, and each device needs the "
            "public key of a new one. Set confirm_deletion if you mean it."
        )
        assert step.writes == []
    assert run("trust_anchor_info").result["trust_anchors"] == [made]
    assert not run("trust_anchor", id=NOBODY, state="absent").changed
    assert run("trust_anchor", state="absent", confirm_deletion=True).changed
    assert run("trust_anchor_info").result["trust_anchors"] == []
    # Nothing is there to be confirmed.
    assert not run("trust_anchor", state="absent").changed
    assert run("trust_anchor").msg == "There is no such trust anchor yet; to create it give also: description."


@pytest.fixture
def technician(run: Any, fleet: list[dict[str, Any]]) -> dict[str, Any]:
    """The options that get a token."""
    run("trust_anchor", description="Technicians")
    devices = [device for device in fleet if re.fullmatch("[a-zA-Z0-9 -]{1,57}", device["endpoint_name"])]
    aud = [f"id:{devices[0]['id']}", f"ep:{devices[1]['endpoint_name']}"]
    return {"aud": aud, "scope": ["open-door", "read"], "cnf": certificates.public_key("Technician")}


@pytest.mark.since(2020)
def test_access_tokens(run: Any, technician: dict[str, Any], folder: Path) -> None:
    path = folder / "token"
    assert "secret_file" in run("device_access_token", **technician).msg
    assert run("device_access_token", **technician).sent == []
    checked = run("device_access_token", check=True, **technician, secret_file=str(path))
    assert (checked.changed, checked.sent, list(folder.iterdir())) == (True, [], [])

    real = run("device_access_token", **technician, secret_file=str(path))
    body = {"grant_type": "client_credentials", "aud": technician["aud"], "scope": "open-door read", "cnf": technician["cnf"]}
    assert (real.changed, real.writes) == (True, [("POST", "/ace-auth/token", body)])
    assert set(real.result["device_access_token"]) == set(checked.result["device_access_token"]) == {"granted_until"}
    token = path.read_text().strip()
    assert mode(path) == 0o600
    assert len(token) > 100
    hidden(real.output, token)
    assert "secret" not in real.result

    returned = run("device_access_token", **technician, return_secret=True)
    assert set(returned.result["secret"]) == {"access_token"}
    assert returned.result["secret"]["access_token"] != token


@pytest.mark.since(2020)
def test_access_tokens_need_a_trust_anchor(run: Any, technician: dict[str, Any]) -> None:
    run("trust_anchor", state="absent", confirm_deletion=True)
    step = run("device_access_token", **technician, return_secret=True)
    assert (step.result["status"], "The account has no trust anchor." in step.msg) == (400, True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"aud": []}, "aud has 0 entries; it must have 1 to 50."),
        ({"aud": ["ep:a"] * 51}, "aud has 51 entries; it must have 1 to 50."),
        (
            {"aud": ["ep:a", "01"]},
            "aud has the entry '01', which is not id: and a device id, or ep: and an endpoint name of up to 57 characters.",
        ),
        ({"scope": []}, "scope has 0 entries; it must have 1 to 20."),
        (
            {"scope": ["open door"]},
            "scope has the entry 'open door', which is not a word of up to 60 letters, digits and hyphens that begins with a letter.",
        ),
        ({"cnf": "key"}, "cnf must be a public key in PEM form, which begins with -----BEGIN PUBLIC KEY-----."),
        (
            {"cnf": certificates.public_key("Technician") + certificates.private_key("Technician")},
            "cnf must be a public key in PEM form, which begins with -----BEGIN PUBLIC KEY-----.",
        ),
    ],
)
def test_access_tokens_that_cannot_be(run: Any, options: dict[str, Any], message: str) -> None:
    given = {"aud": ["ep:a"], "scope": ["open"], "cnf": certificates.public_key("Technician"), "return_secret": True}
    for check in (True, False):
        step = run("device_access_token", check=check, **{**given, **options})
        assert (step.msg, step.sent) == (message, [])


# -- laws


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.permutations(range(3)), st.sampled_from((messy, lambda *pems: "".join(pems))), st.sampled_from(("Line", "Line 7", None)))
def test_a_chain_in_any_order_is_the_same_certificate(run: Any, simulator: Any, order: list[int], laid_out: Any, name: str | None) -> None:
    simulator.reset()
    run("trusted_certificate", name="Line", certificate="".join(CHAIN), service="bootstrap")
    text = laid_out(*(CHAIN[index] for index in order))
    options = {"name": name, "certificate": text, "service": "bootstrap"}
    checked = run("trusted_certificate", check=True, **options)
    real = run("trusted_certificate", **options)
    assert checked.changed == real.changed == (name == "Line 7")
    assert checked.result["diff"] == real.result["diff"]
    assert not run("trusted_certificate", **options).changed


SPOILS = st.dictionaries(
    st.sampled_from(("security_file", "certificate_file", "private_key_file")),
    st.sampled_from(("", "x", "mode", "gone", "fine")),
    min_size=1,
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(SPOILS, st.booleans())
def test_files_are_brought_back_from_any_state(run: Any, simulator: Any, folder: Path, spoilt: dict[str, str], there: bool) -> None:
    simulator.reset()
    for path in folder.iterdir():
        path.unlink()
    options = {"name": "Desk", **{name: str(folder / name) for name in spoilt}}
    if there:
        run("developer_certificate", **options)
    for name, how in spoilt.items():
        path = folder / name
        if how == "gone":
            path.unlink(missing_ok=True)
        elif how == "mode" and path.exists():
            os.chmod(path, 0o640)
        elif how in ("", "x"):
            path.write_text(how)
    checked = run("developer_certificate", check=True, **options)
    real = run("developer_certificate", **options)
    again = run("developer_certificate", **options)
    assert (checked.changed, real.changed) == ((not there or set(spoilt.values()) != {"fine"},) * 2)
    assert checked.result["diff"]["after"].items() <= real.result["developer_certificate"].items()
    assert (again.changed, again.result["developer_certificate"]) == (False, real.result["developer_certificate"])
    assert {mode(folder / name) for name in spoilt} == {0o600}
