# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Claims to devices, one by one and in bulk; devices that were refused; pre-shared keys."""

from __future__ import annotations

import itertools
import json
import threading
from pathlib import Path
from typing import Any

import collection
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pelion_simulator.process import Simulator

CLAIMS, UPLOADS, DELETES = "/v3/device-enrollments", "/v3/device-enrollments-bulk-uploads", "/v3/device-enrollments-bulk-deletes"
UNKNOWN = "0123456789abcdef0123456789abcdef"
FAST = {"wait_interval": 0.02}


def identity(number: int) -> str:
    pairs = f"{number:064X}"
    return "A-" + ":".join(pairs[start : start + 2] for start in range(0, 64, 2))


ONE, TWO, THREE, FOUR = (identity(number) for number in (1, 2, 3, 4))


def claimed(client: Any) -> list[str]:
    return [claim["enrollment_identity"] for claim in client.list(CLAIMS)]


@pytest.fixture
def quick(simulator: Simulator) -> Simulator:
    """Jobs take no noticeable time, and no device comes meanwhile."""
    simulator.settings(bulk_seconds=0.05, enrollment_seconds=3600)
    return simulator


# --- single claims ---


def test_a_claim_and_its_device(run: Any, simulator: Simulator) -> None:
    made = run("device_enrollment", enrollment_identity=ONE).result["device_enrollment"]
    assert made["enrolled_device_id"] is None
    simulator.clock(advance=40)
    again = run("device_enrollment", enrollment_identity=ONE)
    assert again.changed is False
    used = again.result["device_enrollment"]
    device = run("device_info", id=used["enrolled_device_id"]).result["devices"][0]
    assert (device["state"], device["enrolment_list_timestamp"]) == ("registered", made["created_at"])
    assert run("device_enrollment", id=made["id"]).result["device_enrollment"] == used
    (read,) = run("device_enrollment_info", enrollment_identity=ONE, fields=["enrolled_device_id"]).result["device_enrollments"]
    assert read == {"id": made["id"], "enrolled_device_id": device["id"]}


def test_waiting_for_a_device(run: Any, simulator: Simulator) -> None:
    simulator.settings(enrollment_seconds=600)
    timing = {"wait": True, "wait_timeout": 0.1, **FAST}
    step = run("device_enrollment", enrollment_identity=ONE, **timing)
    made = step.result["device_enrollment"]
    assert step.msg == f"The device enrollment {made['id']} is not there yet after 0.1 seconds."
    assert (step.changed, made["claimed_at"]) == (True, None)
    assert run("device_enrollment", enrollment_identity=ONE).changed is False
    simulator.clock(rate=10000)
    step = run("device_enrollment", enrollment_identity=ONE, **{**timing, "wait_timeout": 10})
    assert (step.changed, step.result["device_enrollment"]["claimed_at"] is None) == (False, False)
    assert run("device_enrollment", enrollment_identity=ONE, state="absent", **timing).changed


def test_claims_that_are_refused(run: Any, simulator: Simulator) -> None:
    for check in (True, False):
        wrong = run("device_enrollment", check=check, enrollment_identity="A-4E:63")
        assert (wrong.msg, wrong.sent) == ("'A-4E:63' is no enrollment identity: that is A- and 95 letters, digits and colons.", [])
    simulator.add("device-enrollments", {"enrollment_identity": ONE, "account_id": UNKNOWN, "claimed_at": None})
    # What another account has is not shown, so check mode cannot know.
    assert run("device_enrollment", check=True, enrollment_identity=ONE).changed
    refused = run("device_enrollment", enrollment_identity=ONE)
    assert refused.msg.startswith(f"POST {CLAIMS} failed with HTTP 409 duplicate: The enrollment identity is claimed already. (request id ")
    other = run("device_enrollment", id=UNKNOWN, enrollment_identity=TWO)
    assert other.msg == f"There is no device enrollment with the id {UNKNOWN}; leave id out to make a new one."
    made = run("device_enrollment", enrollment_identity=TWO).result["device_enrollment"]["id"]
    changed = run("device_enrollment", id=made, enrollment_identity=THREE)
    assert changed.msg.startswith(f"The device enrollment {made} cannot be changed so: enrollment_identity is '{TWO}', wanted '{THREE}'.")
    assert [step.writes for step in (other, changed)] == [[], []]


# --- bulk ---


def outcomes(step: Any) -> dict[str, str]:
    return {told["enrollment_identity"]: told["outcome"] for told in step.result["outcomes"]}


def counts(**some: int) -> dict[str, int]:
    return {"created": 0, "deleted": 0, "unchanged": 0, "failed": 0, "pending": 0, **some}


def test_bulk(run: Any, quick: Simulator, client: Any, tmp_path: Path) -> None:
    client.post(CLAIMS, {"enrollment_identity": TWO})
    path = tmp_path / "batch.csv"
    path.write_bytes(f'"identity","note"\r\n"{THREE}",\r\n\r\n {ONE} , x\r\n{TWO}\r\n{ONE}'.encode())
    wanted = {THREE: "created", ONE: "created", TWO: "unchanged"}

    checked = run("device_enrollment_bulk", check=True, src=str(path))
    assert (checked.changed, checked.writes, claimed(client)) == (True, [], [TWO])
    real = run("device_enrollment_bulk", src=str(path), **FAST)
    assert (real.changed, sorted(claimed(client))) == (True, [ONE, TWO, THREE])
    assert outcomes(checked) == outcomes(real) == wanted
    assert list(outcomes(real)) == list(wanted)
    assert checked.result["counts"] == real.result["counts"] == counts(created=2, unchanged=1)
    assert checked.result["diff"] == real.result["diff"] == {"before": {}, "after": {"claimed": [THREE, ONE]}}
    assert (checked.result["jobs"], len(real.result["jobs"])) == ([], 1)
    (job,) = real.result["jobs"]
    assert (job["status"], job["total_count"], job["errors_count"]) == ("completed", 2, 0)
    assert all(told["at"] for told in real.result["outcomes"] if told["outcome"] == "created")

    # Only what is missing was sent, and the report was fetched with the key from the API's own address.
    (sent,) = [request for request in real.sent if request.method == "POST"]
    assert (sent.path, sent.status) == (UPLOADS, 201)
    assert real.sent[-1].path == f"{UPLOADS}/{job['id']}/full_report.csv"

    again = run("device_enrollment_bulk", src=str(path), **FAST)
    assert (again.changed, again.writes) == (False, [])
    assert again.result["counts"] == counts(unchanged=3)

    gone = {"enrollment_identities": [ONE, FOUR, ONE, TWO], "state": "absent"}
    checked = run("device_enrollment_bulk", check=True, **gone)
    assert sorted(claimed(client)) == [ONE, TWO, THREE]
    real = run("device_enrollment_bulk", **gone, **FAST)
    assert claimed(client) == [THREE]
    assert outcomes(checked) == outcomes(real) == {ONE: "deleted", FOUR: "unchanged", TWO: "deleted"}
    assert checked.result["diff"] == real.result["diff"] == {"before": {"claimed": [ONE, TWO]}, "after": {}}
    assert [(method, place) for method, place, _body in real.writes] == [("POST", DELETES)]
    assert all(told["at"] for told in real.result["outcomes"] if told["outcome"] == "deleted")
    again = run("device_enrollment_bulk", **gone, **FAST)
    assert (again.changed, again.writes) == (False, [])


def test_bulk_identities_that_another_account_has(run: Any, quick: Simulator, client: Any) -> None:
    quick.add("device-enrollments", {"enrollment_identity": TWO, "account_id": UNKNOWN, "claimed_at": None})
    step = run("device_enrollment_bulk", enrollment_identities=[ONE, TWO, THREE], **FAST)
    assert step.msg == f"1 of 3 identities failed; the first: {TWO}: The enrollment identity is claimed already."
    # What could be done was done.
    assert step.changed
    assert sorted(claimed(client)) == [ONE, THREE]
    assert outcomes(step) == {ONE: "created", TWO: "failed", THREE: "created"}
    assert step.result["outcomes"][1] == {
        "enrollment_identity": TWO,
        "outcome": "failed",
        "msg": "The enrollment identity is claimed already.",
        "status": 409,
        "type": "duplicate",
    }
    assert step.result["counts"] == counts(created=2, failed=1)
    (job,) = step.result["jobs"]
    assert job["errors_count"] == 1
    again = run("device_enrollment_bulk", enrollment_identities=[ONE, TWO, THREE], **FAST)
    assert (again.failed, again.changed) == (True, False)


def test_bulk_claims_that_somebody_else_deletes_meanwhile(run: Any, quick: Simulator, client: Any) -> None:
    ids = [client.post(CLAIMS, {"enrollment_identity": one})["id"] for one in (ONE, TWO)]
    quick.settings(bulk_seconds=600)
    started = run("device_enrollment_bulk", enrollment_identities=[ONE, TWO], state="absent", wait=False)
    assert (started.changed, outcomes(started), started.result["counts"]) == (True, {ONE: "pending", TWO: "pending"}, counts(pending=2))
    assert [job["status"] for job in started.result["jobs"]] == ["new"]
    client.delete(f"{CLAIMS}/{ids[0]}")
    quick.clock(advance=600)
    assert claimed(client) == []
    quick.settings(bulk_seconds=0.05)
    ids = [client.post(CLAIMS, {"enrollment_identity": one})["id"] for one in (ONE, TWO)]
    # The job finds the first one gone, which is what was wanted.
    quick.faults(method="GET", path=f"^{CLAIMS}$", body=json.dumps(listed(client)), content_type="application/json")
    client.delete(f"{CLAIMS}/{ids[0]}")
    step = run("device_enrollment_bulk", enrollment_identities=[ONE, TWO], state="absent", **FAST)
    assert (step.failed, outcomes(step)) == (False, {ONE: "unchanged", TWO: "deleted"})


def listed(client: Any) -> Any:
    return client.request("GET", CLAIMS).body


def test_bulk_in_several_files(run: Any, quick: Simulator, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collection.util("enrollments"), "LARGEST_FILE", len("enrollment_identity\n") + 2 * 98)
    many = [identity(number) for number in range(5)]
    step = run("device_enrollment_bulk", enrollment_identities=many, **FAST)
    assert [job["total_count"] for job in step.result["jobs"]] == [2, 2, 1]
    assert [path for _method, path, _body in step.writes] == [UPLOADS] * 3
    assert sorted(claimed(client)) == many
    assert step.result["counts"] == counts(created=5)

    # What could not be sent fails alone, and is the input of the next run.
    quick.faults(method="POST", path=DELETES, status=500, skip=1)
    step = run("device_enrollment_bulk", enrollment_identities=many, state="absent", retries=0, **FAST)
    failed = [told for told in step.result["outcomes"] if told["outcome"] == "failed"]
    assert len(failed) in (1, 2)
    assert failed[0]["msg"].startswith(f"POST {DELETES} failed with HTTP 500 internal_server_error: ")
    assert failed[0]["status"] == 500
    assert step.msg == f"{len(failed)} of 5 identities failed; the first: {failed[0]['enrollment_identity']}: {failed[0]['msg']}"
    assert (step.changed, len(step.result["jobs"]), step.result["counts"]["deleted"]) == (True, 2, 5 - len(failed))
    left = [told["enrollment_identity"] for told in failed]
    assert sorted(claimed(client)) == left
    step = run("device_enrollment_bulk", enrollment_identities=left, state="absent", **FAST)
    assert (outcomes(step), claimed(client)) == (dict.fromkeys(left, "deleted"), [])


def test_bulk_files_are_waited_for_side_by_side(run: Any, simulator: Simulator, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collection.util("enrollments"), "LARGEST_FILE", len("enrollment_identity\n") + 98)
    simulator.settings(bulk_seconds=600)
    passed, naps, met = [0.0], itertools.count(), threading.Barrier(4)

    def sleep(seconds: float) -> None:
        """The first four wait for each other; then the time of each is over."""
        if next(naps) < 4:
            met.wait(60)
        passed[0] += 1

    defaults = collection.util("client").Client.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "sleep", sleep)
    monkeypatch.setitem(defaults, "monotonic", lambda: passed[0])
    many = [identity(number) for number in range(6)]
    step = run("device_enrollment_bulk", enrollment_identities=many, wait_timeout=0.2, **FAST)
    assert (step.changed, step.result["counts"], len(step.result["jobs"])) == (True, counts(pending=6), 6)
    posts = [number for number, sent in enumerate(step.sent) if sent.method == "POST"]
    # Four at a time: the list, four files and a look at the job of each; the others when one of these was looked at for the last time.
    assert posts[3] <= 8
    assert posts[4] >= 10
    assert step.msg.startswith(f"The bulk upload {step.result['jobs'][0]['id']} is not there yet after 0.2 seconds. Run the task again ")


def test_bulk_jobs_whose_end_is_not_told(run: Any, simulator: Simulator, client: Any) -> None:
    simulator.settings(bulk_seconds=600)
    step = run("device_enrollment_bulk", enrollment_identities=[ONE], wait_timeout=0.1, **FAST)
    (job,) = step.result["jobs"]
    again = "Run the task again to find out what has become of its identities."
    assert step.msg == f"The bulk upload {job['id']} is not there yet after 0.1 seconds. {again}"
    assert (step.changed, job["status"], job["total_count"], outcomes(step)) == (True, "new", 1, {ONE: "pending"})
    simulator.reset()
    simulator.settings(bulk_seconds=0)
    simulator.faults(method="GET", path="/full_report", status=404, type="not_found")
    step = run("device_enrollment_bulk", enrollment_identities=[ONE], **FAST)
    assert step.msg.startswith(f"GET {UPLOADS}/{step.result['jobs'][0]['id']}/full_report.csv failed with HTTP 404 not_found: ")
    assert step.msg.endswith(again)
    assert (step.changed, outcomes(step), claimed(client)) == (True, {ONE: "pending"}, [ONE])


def test_bulk_with_wrong_identities_sends_nothing(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "batch.csv"
    path.write_text(f'heading\n{ONE}\n"",\nA-1\n')
    for check in (True, False):
        step = run("device_enrollment_bulk", check=check, src=str(path))
        assert step.sent == []
        assert step.msg == (
            "No enrollment identities, which are A- and 95 letters, digits and colons: line 3 (''), line 4 ('A-1'). Nothing was sent."
        )
    path.write_text(f"{ONE}\n{TWO}\n")
    step = run("device_enrollment_bulk", check=True, src=str(path))
    told = ["The first line of src holds an identity. It is ignored, as the service does it; put a heading above it."]
    assert step.result["warnings"] == told
    assert outcomes(step) == {TWO: "created"}
    nothing = run("device_enrollment_bulk", enrollment_identities=[])
    assert (nothing.changed, nothing.sent, nothing.result["outcomes"]) == (False, [], [])


SOME = st.lists(st.sampled_from((ONE, TWO, THREE, FOUR)), max_size=6)


def test_bulk_check_mode_foretells_the_real_run(run: Any, quick: Simulator, client: Any) -> None:
    @given(SOME, SOME, st.sampled_from(("present", "absent")))
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    def law(held: list[str], wanted: list[str], state: str) -> None:
        quick.reset()
        quick.settings(bulk_seconds=0, enrollment_seconds=3600)
        for one in set(held):
            client.post(CLAIMS, {"enrollment_identity": one})
        options = {"enrollment_identities": wanted, "state": state, **FAST}
        checked = run("device_enrollment_bulk", check=True, **options)
        assert set(claimed(client)) == set(held)
        real = run("device_enrollment_bulk", **options)
        assert (checked.changed, outcomes(checked), checked.result["counts"]) == (real.changed, outcomes(real), real.result["counts"])
        assert checked.result["diff"] == real.result["diff"]
        after = set(held) | set(wanted) if state == "present" else set(held) - set(wanted)
        assert set(claimed(client)) == after
        assert real.changed is (after != set(held))
        again = run("device_enrollment_bulk", **options)
        assert (again.changed, again.writes) == (False, [])

    law()


# --- refused bootstraps ---

DENIALS = "/v3/device-enrollment-denials"


@pytest.mark.until(2020)
def test_denials(run: Any, simulator: Simulator, client: Any) -> None:
    denied = {"endpoint_name": "pump-1", "trusted_certificate_id": UNKNOWN}
    ids = simulator.add("device-enrollment-denials", denied, {**denied, "endpoint_name": "pump-2"})
    every = list(client.list(DENIALS, {"trusted_certificate_id": UNKNOWN}))
    listed = run("device_enrollment_denial_info", trusted_certificate_id=UNKNOWN)
    assert (listed.result["device_enrollment_denials"], listed.result["available"]) == (every, True)
    assert [sent.query for sent in listed.sent] == [{"order": "ASC", "limit": "1000", "trusted_certificate_id__eq": UNKNOWN}]
    some = run("device_enrollment_denial_info", trusted_certificate_id=UNKNOWN, endpoint_name="pump-2", fields=["endpoint_name"])
    assert some.result["device_enrollment_denials"] == [{"id": ids[1], "endpoint_name": "pump-2"}]
    assert some.sent[0].query["endpoint_name__eq"] == "pump-2"
    one = run("device_enrollment_denial_info", id=ids[0])
    assert one.result["device_enrollment_denials"] == every[:1]
    none = run("device_enrollment_denial_info", id=UNKNOWN)
    assert (none.result["device_enrollment_denials"], none.result["available"]) == ([], True)
    assert run("device_enrollment_denial_info", trusted_certificate_id="f" * 32).result["device_enrollment_denials"] == []


@pytest.mark.since(2021)
def test_denials_on_a_service_without(run: Any, simulator: Simulator) -> None:
    warnings = ["This service keeps no records of refused devices; the vendor dropped them in 2020."]
    missing: tuple[Any, ...] = (False, False, [], False, warnings)

    def told(**options: Any) -> tuple[Any, ...]:
        step = run("device_enrollment_denial_info", **options)
        result = step.result
        return step.failed, step.changed, result["device_enrollment_denials"], result["available"], result["warnings"]

    assert told(trusted_certificate_id=UNKNOWN) == told(id=UNKNOWN) == missing
    assert run("device_enrollment_denial_info", ids=[UNKNOWN]).result["missing"] == [UNKNOWN]
    # Whatever the words of the 404: an empty list would mean that no device was refused.
    simulator.faults(path=DENIALS, status=404, type="not_found")
    assert told(trusted_certificate_id=UNKNOWN) == missing
    simulator.faults(path=DENIALS, status=403)
    assert run("device_enrollment_denial_info", trusted_certificate_id=UNKNOWN).msg.startswith(f"GET {DENIALS} failed with HTTP 403")


def test_denials_are_listed_by_certificate(run: Any) -> None:
    assert run("device_enrollment_denial_info").msg == "one of the following is required: id, ids, trusted_certificate_id"


# --- pre-shared keys ---

KEYS = "/v2/device-shared-keys"
NAME, ITEM = "pump-0001/basin 3", f"{KEYS}/pump-0001%2Fbasin%203"
SECRET, OTHER = "4a4b" * 8, "0Xc0ffee" + "00" * 29


def test_a_pre_shared_key(run: Any, client: Any) -> None:
    options = {"endpoint_name": NAME, "secret_hex": SECRET}
    for check in (True, False):
        step = run("pre_shared_key", check=check, **options)
        assert step.changed
        assert step.writes == ([] if check else [("POST", KEYS, options)])
    key = client.get(ITEM)
    assert step.result["pre_shared_key"] == key
    # The service never tells the secret: another one is sent only when that is asked for.
    kept = run("pre_shared_key", endpoint_name=NAME, secret_hex=OTHER)
    assert (kept.changed, kept.writes, kept.result["pre_shared_key"]) == (False, [], key)
    for check in (True, False):
        replaced = run("pre_shared_key", check=check, endpoint_name=NAME, secret_hex=OTHER, update_secrets="always")
        assert replaced.changed
        body = {"endpoint_name": NAME, "secret_hex": OTHER}
        # The log shows paths decoded.
        assert replaced.writes == ([] if check else [("DELETE", f"{KEYS}/{NAME}", None), ("POST", KEYS, body)])
    assert replaced.result["pre_shared_key"] == client.get(ITEM)
    assert replaced.result["pre_shared_key"]["created_at"] > key["created_at"]
    assert run("pre_shared_key", endpoint_name=NAME).changed is False
    for check, changed in ((True, True), (False, True), (False, False)):
        gone = run("pre_shared_key", check=check, endpoint_name=NAME, state="absent")
        assert (gone.changed, gone.result["pre_shared_key"]) == (changed, None)
    assert client.get(ITEM) is None


def test_the_secret_is_nowhere(run: Any) -> None:
    options = {"endpoint_name": NAME, "secret_hex": SECRET}
    steps = [
        run("pre_shared_key", check=True, **options),
        run("pre_shared_key", **options),
        run("pre_shared_key", update_secrets="always", **options),
        run("pre_shared_key", **options, state="absent"),
        run("pre_shared_key", endpoint_name=NAME, secret_hex="4a4b" * 8 + "zz"),
    ]
    for step in steps:
        assert SECRET not in step.output
        assert "secret_hex" not in json.dumps({**step.result, "invocation": None, "msg": None})
        assert all(SECRET not in sent.path for sent in step.sent)


def test_pre_shared_keys_that_are_refused(run: Any, simulator: Simulator) -> None:
    wrong = run("pre_shared_key", endpoint_name=NAME, secret_hex="4a4b")
    assert wrong.msg == "secret_hex must be 32 to 64 hexadecimal digits, with or without 0x before them."
    assert wrong.writes == []
    short = run("pre_shared_key", endpoint_name="pump-1", secret_hex=SECRET)
    assert (short.msg, short.sent) == (
        "'pump-1' is no endpoint_name of a pre shared key: it is 16 to 64 printable ASCII characters.",
        [],
    )
    missing = run("pre_shared_key", endpoint_name=NAME)
    assert missing.msg == "There is no such pre shared key yet; to create it give also: secret_hex."
    simulator.settings(psk_license=False)
    refused = run("pre_shared_key", endpoint_name=NAME, secret_hex=SECRET)
    assert refused.msg.startswith(f"POST {KEYS} failed with HTTP 403: Forbidden (the answer has no text).")
    simulator.settings(psk_license=True)
    # Somebody else was quicker.
    simulator.faults(method="POST", path=KEYS, status=409, body="KEY_ALREADY_EXISTS_FOR_ENDPOINT", carry_out=True)
    clash = run("pre_shared_key", endpoint_name=NAME, secret_hex=SECRET)
    assert (clash.failed, clash.changed) == (False, False)
    # A key that is lost between its two halves is said to be so by the error; the next run uploads it.
    simulator.faults(method="POST", path=KEYS, status=400, body="INVALID_SECRET_HEX")
    lost = run("pre_shared_key", endpoint_name=NAME, secret_hex=SECRET, update_secrets="always")
    assert lost.msg.startswith(f"POST {KEYS} failed with HTTP 400 when part of the change was made: INVALID_SECRET_HEX (request id ")
    assert lost.changed
    assert run("pre_shared_key", endpoint_name=NAME, secret_hex=SECRET).changed


def test_reading_pre_shared_keys(run: Any, client: Any) -> None:
    names = [f"pump-{number:011}" for number in range(7)]
    for name in names:
        client.post(KEYS, {"endpoint_name": name, "secret_hex": SECRET})
    every = list(client.list(KEYS))
    listed = run("pre_shared_key_info")
    assert listed.result["pre_shared_keys"] == every
    assert [key["endpoint_name"] for key in every] == names
    assert [sent.query for sent in listed.sent] == [{"limit": "1000"}]
    some = run("pre_shared_key_info", limit=2, fields=["endpoint_name"])
    assert some.result["pre_shared_keys"] == [{"endpoint_name": name} for name in names[:2]]
    assert [sent.query for sent in some.sent] == [{"limit": "2"}]
    one = run("pre_shared_key_info", endpoint_name=names[3])
    assert one.result["pre_shared_keys"] == [every[3]]
    assert [sent.path for sent in one.sent] == [f"{KEYS}/{names[3]}"]
    assert run("pre_shared_key_info", endpoint_name="n" * 16).result["pre_shared_keys"] == []
    # Pages go on by a marker of their own.
    pages = list(client.pages(KEYS, limit=3))
    assert [[key["endpoint_name"] for key in page["data"]] for page in pages] == [names[:3], names[3:6], names[6:]]


def psks(*numbers: int, secret: str = SECRET) -> list[dict[str, str]]:
    return [{"endpoint_name": f"pump-{number:011}", "secret_hex": secret} for number in numbers]


def psk_names(*numbers: int) -> list[str]:
    return [key["endpoint_name"] for key in psks(*numbers)]


def held_keys(client: Any) -> list[str]:
    return sorted(key["endpoint_name"] for key in client.list(KEYS))


def test_many_pre_shared_keys(run: Any, client: Any) -> None:
    client.post(KEYS, psks(2)[0])
    wanted = psks(3, 1, 2, 3)
    checked = run("pre_shared_key", check=True, pre_shared_keys=wanted)
    assert (checked.writes, held_keys(client)) == ([], psk_names(2))
    real = run("pre_shared_key", pre_shared_keys=wanted)
    assert sorted(real.writes, key=str) == [("POST", KEYS, key) for key in psks(1, 3)]
    assert held_keys(client) == psk_names(1, 2, 3)
    for step in (checked, real):
        assert (step.changed, step.result["changed_pre_shared_keys"], step.result["unchanged"]) == (True, psk_names(3, 1), 1)
        assert step.result["failed_pre_shared_keys"] == []
        assert step.result["diff"] == {"before": {"pre_shared_keys": []}, "after": {"pre_shared_keys": psk_names(3, 1)}}
    again = run("pre_shared_key", pre_shared_keys=wanted)
    assert (again.changed, again.writes, again.result["unchanged"]) == (False, [], 3)

    # The service never tells a secret: others are sent only when that is asked for.
    others = psks(1, 2, 4, secret=OTHER)
    for check in (True, False):
        replaced = run("pre_shared_key", check=check, pre_shared_keys=others, update_secrets="always", concurrency=1)
        assert replaced.result["changed_pre_shared_keys"] == psk_names(1, 2, 4)
        assert replaced.result["diff"]["after"] == {"pre_shared_keys": psk_names(4), "replaced": psk_names(1, 2)}
    item = [("DELETE", f"{KEYS}/{name}", None) for name in psk_names(1, 2)]
    assert replaced.writes == [item[0], ("POST", KEYS, others[0]), item[1], ("POST", KEYS, others[1]), ("POST", KEYS, others[2])]

    # By names, or by the list with which they came.
    for gone, left in (({"endpoint_names": psk_names(1, 9)}, psk_names(2, 3, 4)), ({"pre_shared_keys": psks(4, 2)}, psk_names(3))):
        checked = run("pre_shared_key", check=True, state="absent", **gone)
        real = run("pre_shared_key", state="absent", **gone)
        again = run("pre_shared_key", state="absent", **gone)
        assert held_keys(client) == left
        assert (checked.changed, real.changed, again.changed, again.writes) == (True, True, False, [])
        assert checked.result["diff"] == real.result["diff"]
        assert real.result["diff"]["before"] == {"pre_shared_keys": real.result["changed_pre_shared_keys"]}
        assert {method for method, _path, _body in real.writes} == {"DELETE"}
    nothing = run("pre_shared_key", pre_shared_keys=[])
    assert (nothing.changed, nothing.sent) == (False, [])


def test_pre_shared_keys_that_fail_can_be_given_once_more(run: Any, simulator: Simulator, client: Any) -> None:
    wanted = psks(*range(12))
    simulator.faults(method="POST", path=KEYS, status=400, body="INVALID_SECRET_HEX", skip=5)
    step = run("pre_shared_key", pre_shared_keys=wanted, concurrency=1)
    (failed,) = step.result["failed_pre_shared_keys"]
    assert failed["msg"].startswith(f"POST {KEYS} failed with HTTP 400: INVALID_SECRET_HEX (request id ")
    assert (failed["endpoint_name"], failed["status"]) == (*psk_names(5), 400)
    assert step.msg == f"1 of 12 pre-shared keys failed; the first: {failed['endpoint_name']}: {failed['msg']}"
    assert step.changed
    assert step.result["changed_pre_shared_keys"] == [name for name in psk_names(*range(12)) if name != failed["endpoint_name"]]

    # After so many nothing further is begun; what was not tried is named too.
    simulator.faults(method="DELETE", path=f"^{KEYS}/", status=500, skip=3, count=2)
    step = run("pre_shared_key", endpoint_names=psk_names(*range(12)), state="absent", concurrency=1, max_failures="2", retries=0)
    left = [entry["endpoint_name"] for entry in step.result["failed_pre_shared_keys"]]
    assert left == held_keys(client)
    assert (step.result["changed_pre_shared_keys"], step.result["unchanged"]) == (psk_names(0, 1, 2), 1)
    assert step.result["failed_pre_shared_keys"][-1]["msg"] == "It was not tried any more, since max_failures was reached."
    again = run("pre_shared_key", endpoint_names=left, state="absent")
    assert (again.failed, again.result["changed_pre_shared_keys"], held_keys(client)) == (False, left, [])


def test_pre_shared_keys_without_a_secret_fail_alone(run: Any, client: Any) -> None:
    client.post(KEYS, psks(1)[0])
    for check in (True, False):
        step = run("pre_shared_key", check=check, pre_shared_keys=[*psks(2), {"endpoint_name": psk_names(3)[0]}], endpoint_names=None)
        assert step.result["changed_pre_shared_keys"] == psk_names(2)
        assert step.result["failed_pre_shared_keys"] == [
            {"endpoint_name": psk_names(3)[0], "msg": "There is no such pre shared key yet; to create it give also: secret_hex."}
        ]
    named = run("pre_shared_key", endpoint_names=psk_names(1, 2))
    assert (named.failed, named.changed, named.result["unchanged"]) == (False, False, 2)


def test_pre_shared_keys_that_cannot_be(run: Any) -> None:
    for check in (True, False):
        wrong = run("pre_shared_key", check=check, pre_shared_keys=[*psks(1), {"endpoint_name": "c0ffee", "secret_hex": SECRET}])
        assert (
            wrong.msg == "endpoint_name: it is 16 to 64 printable ASCII characters. Entries for which this is not so: 2. Nothing was sent."
        )
        assert wrong.sent == []
    secret = run("pre_shared_key", pre_shared_keys=[{**psks(n)[0], "secret_hex": f"{SECRET}zz"} for n in range(12)])
    assert secret.msg == (
        "secret_hex must be 32 to 64 hexadecimal digits, with or without 0x before them. Entries for which this is not so: "
        "1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more. Nothing was sent."
    )
    twice = run("pre_shared_key", pre_shared_keys=[*psks(1), *psks(1, secret=OTHER)])
    assert twice.msg == (
        "An endpoint_name must not come again with another secret_hex. Entries for which this is not so: 2. Nothing was sent."
    )
    assert [step.sent for step in (secret, twice)] == [[], []]


def test_the_secrets_of_many_are_nowhere(run: Any, simulator: Simulator) -> None:
    secrets = [f"{number:032x}" for number in range(0xFACE, 0xFACE + 6)]
    keys = [{"endpoint_name": f"pump-{number:011}", "secret_hex": secret} for number, secret in enumerate(secrets)]
    steps = [
        run("pre_shared_key", check=True, pre_shared_keys=keys),
        run("pre_shared_key", pre_shared_keys=keys),
        run("pre_shared_key", pre_shared_keys=keys, update_secrets="always"),
        run("pre_shared_key", pre_shared_keys=[*keys, {"endpoint_name": "short", "secret_hex": secrets[0]}]),
        run("pre_shared_key", pre_shared_keys=[{**keys[0], "secret_hex": secrets[0] + "zz"}]),
        run("pre_shared_key", pre_shared_keys=[{"secret_hex": secrets[0]}]),
        run("pre_shared_key", pre_shared_keys=keys, state="absent"),
    ]
    # Whatever the service repeats.
    simulator.faults(method="POST", path=KEYS, status=400, body=f"INVALID {secrets[0]} {secrets[1]}", count=6)
    steps.append(run("pre_shared_key", pre_shared_keys=keys))
    assert len(steps[-1].result["failed_pre_shared_keys"]) == 6
    for step in steps:
        assert not [secret for secret in secrets if secret in step.output]
        assert not [secret for secret in secrets for sent in step.sent if secret in f"{sent.path} {sent.query}"]
        invocation = step.result.pop("invocation")["module_args"]
        assert "secret_hex" not in json.dumps({**step.result, "msg": None})
        assert {key["secret_hex"] for key in invocation["pre_shared_keys"] if key.get("secret_hex")} <= {
            "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
        }


def test_somebody_else_uploads_one_of_many(run: Any, simulator: Simulator, client: Any) -> None:
    simulator.faults(method="POST", path=KEYS, status=409, body="KEY_ALREADY_EXISTS_FOR_ENDPOINT", carry_out=True)
    step = run("pre_shared_key", pre_shared_keys=psks(1, 2), concurrency=1)
    assert (step.failed, step.result["changed_pre_shared_keys"], step.result["unchanged"]) == (False, psk_names(2), 1)
    # An answer that was lost is looked for.
    simulator.faults(method="POST", path=KEYS, status=502, carry_out=True)
    step = run("pre_shared_key", pre_shared_keys=psks(3), retries=0)
    assert (step.failed, step.result["changed_pre_shared_keys"]) == (False, psk_names(3))
    assert [(method, path) for method, path, _body in step.writes] == [("POST", KEYS)]
    # A key that is lost between its two halves is said to be.
    simulator.faults(method="POST", path=KEYS, status=400, body="INVALID_SECRET_HEX")
    lost = run("pre_shared_key", pre_shared_keys=psks(3), update_secrets="always")
    assert lost.result["failed_pre_shared_keys"][0]["msg"].startswith(
        f"POST {KEYS} failed with HTTP 400 after the old key was deleted, so that the device has none now: INVALID_SECRET_HEX (request id "
    )
    assert held_keys(client) == psk_names(1, 2)


def test_what_many_pre_shared_keys_do_not_go_together_with(run: Any) -> None:
    texts = {
        "one of the following is required: endpoint_name, endpoint_names, pre_shared_keys": {},
        "parameters are mutually exclusive: endpoint_name|endpoint_names|pre_shared_keys": {"endpoint_name": NAME, "endpoint_names": []},
        "parameters are mutually exclusive: secret_hex|endpoint_names": {"secret_hex": SECRET, "endpoint_names": []},
        "parameters are mutually exclusive: secret_hex|pre_shared_keys": {"secret_hex": SECRET, "pre_shared_keys": []},
        "concurrency must be 1 to 64, not 0.": {"endpoint_names": [], "concurrency": 0},
    }
    for text, options in texts.items():
        step = run("pre_shared_key", **options)
        assert (step.msg, step.sent) == (text, [])


SOME_KEYS = st.lists(st.sampled_from(range(5)), max_size=6)


def test_many_pre_shared_keys_in_check_mode(run: Any, simulator: Simulator, client: Any) -> None:
    """Whatever is there and is wanted: check mode foretells the real run, a second run does nothing, and all are as each alone would be."""

    @given(SOME_KEYS, SOME_KEYS, st.sampled_from(("present", "absent")), st.sampled_from(("on_create", "always")), st.integers(1, 3))
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    def law(held: list[int], wanted: list[int], state: str, update: str, concurrency: int) -> None:
        simulator.reset()
        for key in psks(*set(held)):
            client.post(KEYS, key)
        options = {"pre_shared_keys": psks(*wanted), "state": state, "update_secrets": update, "concurrency": concurrency}
        checked = run("pre_shared_key", check=True, **options)
        assert held_keys(client) == psk_names(*sorted(set(held)))
        real = run("pre_shared_key", **options)
        names = ("changed", "changed_pre_shared_keys", "unchanged", "failed_pre_shared_keys", "diff")
        assert {name: checked.result[name] for name in names} == {name: real.result[name] for name in names}
        after = set(held) | set(wanted) if state == "present" else set(held) - set(wanted)
        assert held_keys(client) == psk_names(*sorted(after))
        always = state == "present" and update == "always"
        assert real.changed is (bool(wanted) if always else after != set(held))
        assert run("pre_shared_key", **options).changed is (always and bool(wanted))

    law()


def test_reading_pre_shared_keys_of_many(run: Any, client: Any) -> None:
    for key in psks(*range(30)):
        client.post(KEYS, key)
    every = {key["endpoint_name"]: key for key in client.list(KEYS)}
    few = run("pre_shared_key_info", endpoint_names=psk_names(7, 99, 3), concurrency=3)
    assert [few.result[name] for name in ("pre_shared_keys", "missing")] == [[every[name] for name in psk_names(7, 3)], psk_names(99)]
    assert sorted(sent.path for sent in few.sent) == [f"{KEYS}/{name}" for name in psk_names(3, 7, 99)]
    # For many the list is quicker.
    many = run("pre_shared_key_info", endpoint_names=psk_names(*range(20, 40)), fields=["endpoint_name"])
    assert many.result["pre_shared_keys"] == [{"endpoint_name": name} for name in psk_names(*range(20, 30))]
    assert many.result["missing"] == psk_names(*range(30, 40))
    assert [sent.path for sent in many.sent] == [KEYS]


def test_keys_of_a_file(play: Any, client: Any, tmp_path: Path) -> None:
    """As the module's documentation shows it; nothing of them is seen."""
    path = tmp_path / "keys.csv"
    path.write_text("".join(f"{key['endpoint_name']},{key['secret_hex']}\n" for key in psks(1, 2)))
    (task,) = (example for example in collection.documented("pre_shared_key", "EXAMPLES") if "lines" in example.get("vars", {}))
    options = task["pelion.device_management.pre_shared_key"]["pre_shared_keys"]
    lines = task["vars"]["lines"].replace("/srv/factory/keys.csv", str(path))
    played = play({"upload": {"pre_shared_key": {"pre_shared_keys": options}}}, "-vvv", "--diff", vars={"lines": lines})
    assert played["upload"].result["changed_pre_shared_keys"] == psk_names(1, 2) == held_keys(client)
    assert SECRET not in played.output
