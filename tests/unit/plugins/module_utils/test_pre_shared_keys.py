# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many pre-shared keys: what is sent for them, and that each is kept as it would be by itself."""

from __future__ import annotations

import threading
from urllib.parse import unquote

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils import pre_shared_keys
from ansible_collections.pelion.device_management.plugins.module_utils import resource as engine
from ansible_collections.pelion.device_management.plugins.module_utils.bulk import BulkError
from ansible_collections.pelion.device_management.plugins.module_utils.resource import ResourceError
from hypothesis import given
from hypothesis import strategies as st

from .fakes import answer, failing, lost, make_client

PATH = "/v2/device-shared-keys"
SECRET, OTHER = "4a4b" * 8, "0Xc0ffee" + "00" * 29


class Keys:
    """A model of the service; ``trouble`` gives another answer to some requests, or None."""

    def __init__(self, held=(), trouble=lambda sent: None):
        self.held = dict(held)
        self._trouble = trouble
        self._lock = threading.Lock()

    def __call__(self, sent):
        with self._lock:
            return self._trouble(sent) or self._answer(sent)

    def _answer(self, sent):
        name = unquote(sent.path[len(PATH) + 1 :])
        if sent.method == "POST":
            if sent.json["endpoint_name"] in self.held:
                return answer(409, "KEY_ALREADY_EXISTS_FOR_ENDPOINT")
            self.held[sent.json["endpoint_name"]] = sent.json["secret_hex"]
            return answer(201)
        if sent.method == "DELETE":
            self.held.pop(name, None)
            return answer(204)
        if not name:
            return answer(200, {"has_more": False, "data": [{"endpoint_name": held} for held in sorted(self.held)]})
        return answer(200, {"endpoint_name": name}) if name in self.held else answer(404)


def name_of(number):
    return f"pump-{number:011}"


def entry(number, secret=SECRET):
    return {"endpoint_name": name_of(number), "secret_hex": secret}


def ensured(service, entries=None, dry_run=False, **options):
    client, transport, _waits = make_client(service, retries=0)
    defaults = {"state": "present", "update_secrets": "on_create", "concurrency": 1, "max_failures": None, "endpoint_names": None}
    params = {**defaults, "pre_shared_keys": entries, **options}
    return pre_shared_keys.ensure(client, params, dry_run=dry_run), transport.sent


SECRETS = st.sampled_from((SECRET, OTHER, None))


@given(
    st.dictionaries(st.integers(0, 6), st.just("00" * 16), max_size=5),
    st.dictionaries(st.integers(0, 6), SECRETS, max_size=7),
    st.sampled_from(("present", "absent")),
    st.sampled_from(("on_create", "always")),
    st.integers(1, 4),
)
def test_each_is_kept_as_it_would_be_by_itself(held, wanted, state, update, concurrency):
    options = {"state": state, "update_secrets": update}
    together = Keys({name_of(number): secret for number, secret in held.items()})
    alone = Keys(together.held)
    client, _transport, _waits = make_client(alone, retries=0)
    changed, failed = [], {}
    for number, secret in wanted.items():
        try:
            if engine.ensure(client, pre_shared_keys.RECIPE, {**entry(number, secret), **options}).changed:
                changed.append(name_of(number))
        except ResourceError as error:
            failed[name_of(number)] = str(error)
    entries = [entry(*pair) for pair in wanted.items()]
    results = []
    for dry_run in (True, False):
        try:
            results.append(ensured(together, entries, dry_run, concurrency=concurrency, **options)[0])
        except BulkError as error:
            results.append(error.result)
    assert results[0] == results[1]
    assert together.held == alone.held
    assert results[1]["changed_pre_shared_keys"] == changed
    assert {one["endpoint_name"]: one["msg"] for one in results[1]["failed_pre_shared_keys"]} == failed
    assert results[1]["unchanged"] == len(wanted) - len(changed) - len(failed)


def test_one_list_tells_what_is_there():
    service = Keys({name_of(number): SECRET for number in range(5)})
    result, sent = ensured(service, [entry(number) for number in range(12)], concurrency=2)
    assert [(request.method, request.path) for request in sent] == [("GET", PATH), *[("POST", PATH)] * 7]
    assert result["changed_pre_shared_keys"] == [name_of(number) for number in range(5, 12)]


@pytest.mark.parametrize("done", [True, False])
def test_an_answer_that_was_lost(done):
    """Whether the key was uploaded is looked up; in the end it is there, and was not before."""
    service = Keys()
    first = []

    def trouble(sent):
        if sent.method != "POST" or first:
            return None
        first.append(sent)
        if done:
            service.held[sent.json["endpoint_name"]] = sent.json["secret_hex"]
        return lost(True)

    service._trouble = trouble
    result, sent = ensured(service, [entry(1)])
    assert (result["changed"], service.held) == (True, {name_of(1): SECRET})
    assert [request.method for request in sent] == ["GET", "POST", "GET", *([] if done else ["POST", "GET"])]


def test_somebody_else_was_quicker():
    service = Keys(trouble=lambda sent: service.held.setdefault(name_of(1), OTHER) and None if sent.method == "POST" else None)
    result, _sent = ensured(service, [entry(1)])
    assert (result["changed"], result["unchanged"], service.held) == (False, 1, {name_of(1): OTHER})


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (
            answer(400, "INVALID_SECRET_HEX"),
            "failed with HTTP 400 after the old key was deleted, so that the device has none now: INVALID_SECRET_HEX (request id r1)",
        ),
        # Somebody else has uploaded one.
        (
            answer(409, "KEY_ALREADY_EXISTS_FOR_ENDPOINT"),
            "failed with HTTP 409 after the old key was deleted: KEY_ALREADY_EXISTS_FOR_ENDPOINT (request id r1)",
        ),
        # Nobody knows.
        (
            failing(502, "bad_gateway"),
            "failed with HTTP 502 bad_gateway after the old key was deleted: words (request id r1) It is not known whether the service "
            "carried the request out.",
        ),
        (
            lost(True),
            "got no answer after the old key was deleted: The line is dead. It is not known whether the service carried the request out.",
        ),
    ],
)
def test_a_key_that_is_lost_between_its_halves(trouble, told):
    service = Keys({name_of(1): OTHER}, lambda sent: trouble if sent.method == "POST" else None)
    with pytest.raises(BulkError) as caught:
        ensured(service, [entry(1)], update_secrets="always")
    (failed,) = caught.value.result["failed_pre_shared_keys"]
    assert failed["msg"] == f"POST {PATH} {told}"
    assert (caught.value.result["changed"], service.held) == (True, {})


def test_a_key_that_was_not_deleted_is_no_change():
    service = Keys({name_of(1): OTHER}, lambda sent: failing(400, "bad_request") if sent.method == "DELETE" else None)
    with pytest.raises(BulkError) as caught:
        ensured(service, [entry(1)], update_secrets="always")
    (failed,) = caught.value.result["failed_pre_shared_keys"]
    assert failed["msg"] == f"DELETE {PATH}/{name_of(1)} failed with HTTP 400 bad_request: words (request id r1)"
    assert (caught.value.result["changed"], service.held) == (False, {name_of(1): OTHER})


def test_secrets_do_not_matter_for_keys_that_shall_be_gone():
    service = Keys({name_of(1): SECRET})
    result, _sent = ensured(service, [entry(1, OTHER), entry(1, "no digits")], state="absent")
    assert (result["changed_pre_shared_keys"], service.held) == ([name_of(1)], {})


def test_a_null_is_no_empty_list():
    """Ansible takes an option that is null for given."""
    with pytest.raises(ResourceError, match=r"^Which pre-shared keys\? The option that should say so is null\.$"):
        ensured(Keys())
    for options in ({"entries": []}, {"endpoint_names": [], "state": "absent"}):
        result, sent = ensured(Keys(), **options)
        assert (result["changed"], result["unchanged"], sent) == (False, 0, [])


def test_a_percentage_is_one_of_all_keys():
    service = Keys({name_of(number): SECRET for number in (1, 2)})
    with pytest.raises(BulkError) as caught:
        ensured(service, [entry(1), entry(2), entry(3, None), entry(4)], max_failures="50%")
    assert caught.value.result["changed_pre_shared_keys"] == [name_of(4)]


def test_failures_before_anything_is_sent_count():
    service = Keys()
    with pytest.raises(BulkError) as caught:
        ensured(service, [entry(1, None), entry(2)], max_failures="50%")
    assert [one["msg"] for one in caught.value.result["failed_pre_shared_keys"]] == [
        "There is no such pre shared key yet; to create it give also: secret_hex.",
        "It was not tried any more, since max_failures was reached.",
    ]
    assert service.held == {}
