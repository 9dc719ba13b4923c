# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files on their way to the service, against a service that is a few lines here: what is sent, and what an interrupted upload does next."""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import io
import re
import tracemalloc

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils import uploads as subject
from ansible_collections.pelion.device_management.plugins.module_utils.client import ApiError
from ansible_collections.pelion.device_management.plugins.module_utils.resource import Resource, ResourceError, WaitError
from ansible_collections.pelion.device_management.plugins.module_utils.transport import TransportError
from ansible_collections.pelion.device_management.tests.unit.plugins.module_utils.fakes import answer, failing, lost, make_client
from hypothesis import given, settings
from hypothesis import strategies as st

JOBS = Resource(name="upload_job", path="/v3/files/jobs")
JOB, FILE = "a" * 32, "b" * 32
SIZE = 4


def chunk_of(number, piece):
    return {"id": number, "length": len(piece), "hash": base64.b64encode(hashlib.md5(piece).digest()).decode()}


class Service:
    """One upload job. ``faults`` maps the number of a request for a chunk to what happens: the answer, and whether the chunk arrived."""

    def __init__(self, job=None, held=(), faults=None, status="success"):
        self.job = job
        self.pieces = list(held)
        self.faults = faults or {}
        self.status = status
        self.posts = 0
        self.deleted = []
        self.before = None

    def __call__(self, request):
        method, path = request.method, request.path
        if path == JOBS.path and method == "GET":
            assert dict(request.query)["name__eq"] == "pump"
            others = [{"id": "c" * 32, "name": "PUMP", "status": "in_progress"}]
            return answer(200, {"data": [*others, *([self.job] if self.job else [])], "has_more": False})
        if path == JOBS.path and method == "POST":
            if self.before is not None:
                outcome, self.before = self.before, None
                self.job = {"id": JOB, "status": "in_progress", **request.json}
                return outcome
            self.job = {"id": JOB, "status": "in_progress", **request.json}
            return answer(201, self.job)
        if path == f"{JOBS.path}/{JOB}":
            if method == "DELETE":
                self.deleted.append(self.job)
                self.job, self.pieces = None, []
                return answer(204)
            return answer(200, self.job)
        if path == f"/v3/files/{FILE}":
            return answer(200, {"id": FILE, "checksum": hashlib.sha256(b"".join(self.pieces)).hexdigest()})
        assert path == f"{JOBS.path}/{JOB}/chunks"
        if method == "GET":
            return answer(200, {"data": [chunk_of(*entry) for entry in enumerate(self.pieces, 1)], "has_more": False})
        self.posts += 1
        outcome, arrived = self.faults.get(self.posts, (None, True))
        assert request.headers["Content-Type"] == "binary/octet-stream"
        assert base64.b64decode(request.headers["Content-MD5"]) == hashlib.md5(request.data).digest()
        if arrived:
            self.pieces.append(request.data)
            if not request.data:
                done = {"firmware_image_id": FILE, "complete": True} if self.status == "success" else {}
                self.job = {**self.job, "status": self.status, **done}
        return outcome or answer(201, chunk_of(len(self.pieces), request.data))


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "pump.bin"
    path.write_bytes(b"0123456789")
    return str(path)


def upload(service, path, **settings):
    client, _transport, waits = make_client(service, retries=0, **settings)
    call = subject.ChunkedUpload("POST", "/v3/files", {"name": "pump"}, file=path, chunk_size=SIZE, row=JOBS, timeout=1, interval=0.5)
    service.told = []
    client.progress.start = lambda *words: service.told.append(words)

    def advance(count):
        service.told.append(count)

    client.progress.advance = advance
    try:
        return call.send(client)
    finally:
        service.waits = waits


# -- a local file


def test_a_file_is_looked_at(tmp_path):
    path = tmp_path / ("n" * 20)
    path.write_bytes(b"x" * 3_000_000)
    assert subject.LocalFile.read(str(path), 20) == subject.LocalFile(str(path), 3_000_000, hashlib.sha256(b"x" * 3_000_000).hexdigest())


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ResourceError) as caught:
        subject.LocalFile.read(str(tmp_path / "no"), 20)
    assert str(caught.value) == f"The file {tmp_path / 'no'} cannot be read: No such file or directory."


def test_a_file_whose_name_is_too_long(tmp_path):
    path = tmp_path / ("n" * 21)
    path.write_bytes(b"")
    with pytest.raises(ResourceError) as caught:
        subject.LocalFile.read(str(path), 20)
    assert str(caught.value) == f"The name of the file {path} has more than 20 characters, which the service refuses."


# -- forms

TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\n"), max_size=20)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(("name", "description")), TEXTS), st.binary(max_size=200))
def test_a_form_is_what_a_parser_reads(tmp_path_factory, form, content):
    path = tmp_path_factory.mktemp("form") / 'a "b" ø.bin'
    path.write_bytes(content)
    body = subject.Multipart(form, {"datafile": str(path)})
    sent = b"".join(body)
    assert len(sent) == len(body)
    assert b"".join(body) == sent
    head = f"Content-Type: {body.content_type}\r\n\r\n".encode()
    parts = list(email.message_from_bytes(head + sent, policy=email.policy.HTTP).iter_parts())
    found = {part.get_param("name", header="Content-Disposition"): part for part in parts}
    assert {name: part.get_payload(decode=True) for name, part in found.items()} == {
        **{name: text.encode() for name, text in form.items()},
        "datafile": content,
    }
    assert b'Content-Disposition: form-data; name="datafile"; filename="a %22b%22 \xc3\xb8.bin"\r\n' in sent


def test_a_form_is_one_request(source):
    client, transport, _waits = make_client([answer(201, {"id": FILE})])
    form = subject.Form("POST", "/v3/files", form={"name": "pump"}, files={"datafile": source})
    assert form.send(client) == {"id": FILE}
    (sent,) = transport.sent
    assert (sent.method, sent.path, sent.files) == ("POST", "/v3/files", None)
    assert re.fullmatch("multipart/form-data; boundary=[0-9a-f]{32}", sent.headers["Content-Type"])
    assert b"0123456789" in b"".join(sent.data)


def test_a_form_is_sent_again_when_it_was_throttled(source):
    client, transport, _waits = make_client([failing(429, "too_many_requests"), answer(201, {"id": FILE})])
    subject.Form("POST", "/v3/files", files={"datafile": source}).send(client)
    first, second = transport.sent
    assert b"".join(first.data) == b"".join(second.data)


def test_a_form_does_not_hold_its_file_in_memory(tmp_path):
    path = tmp_path / "large"
    with path.open("wb") as opened:
        opened.truncate(50 << 20)
    body = subject.Multipart({}, {"datafile": str(path)})
    tracemalloc.start()
    try:
        assert sum(map(len, body)) == len(body) > 50 << 20
        assert tracemalloc.get_traced_memory()[1] < 5 << 20
    finally:
        tracemalloc.stop()


# -- the size of chunks


@pytest.mark.parametrize(
    ("size", "wanted", "used"),
    [
        (10, 6_291_456, 6_291_456),
        (9_999 * 6_291_456, 6_291_456, 6_291_456),
        (9_999 * 6_291_456 + 1, 6_291_456, 6_291_457),
        (9_999 * 100_000_000, 5_242_880, 100_000_000),
    ],
)
def test_chunks_are_as_large_as_it_takes(size, wanted, used):
    assert subject.chunk_size(subject.LocalFile("f", size, ""), wanted) == used


@pytest.mark.parametrize(
    ("size", "wanted", "told"),
    [
        (10, 5_242_879, "chunk_size is 5242879; the service takes chunks of 5242880 to 100000000 bytes."),
        (10, 100_000_001, "chunk_size is 100000001; the service takes chunks of 5242880 to 100000000 bytes."),
        (999_900_000_001, 5_242_880, "The file f has 999900000001 bytes; the service takes at most 999900000000."),
    ],
)
def test_chunks_that_the_service_would_refuse(size, wanted, told):
    with pytest.raises(ResourceError) as caught:
        subject.chunk_size(subject.LocalFile("f", size, ""), wanted)
    assert str(caught.value) == told


# -- chunks


def test_a_file_is_sent_in_chunks(source):
    service = Service()
    made = upload(service, source)
    assert made == {"id": FILE, "checksum": hashlib.sha256(b"0123456789").hexdigest()}
    assert service.posts == 4
    assert service.told == [("bytes sent", 10), 4, 4, 2, 0]
    (job,) = service.deleted
    assert (job["name"], job["status"]) == ("pump", "success")


@settings(deadline=None)
@given(st.binary(max_size=23), st.lists(st.integers(1, 9), max_size=6), st.booleans())
def test_whatever_has_arrived_is_not_sent_again(tmp_path_factory, content, lengths, ended):
    """An upload that broke off anywhere goes on there, and the file arrives whole."""
    path = tmp_path_factory.mktemp("resumed") / "f"
    path.write_bytes(content)
    reader, held = io.BytesIO(content), []
    for length in lengths:
        piece = reader.read(length)
        if piece:
            held.append(piece)
    arrived = b"".join(held)
    if ended and arrived == content:
        held.append(b"")
    service = Service({"id": JOB, "name": "pump", "status": "in_progress"}, held)
    if held and not held[-1]:
        service.job["firmware_image_id"] = None
        service.status = "success"
        looks = iter([service.job, {**service.job, "status": "success", "firmware_image_id": FILE}])
        plain = service.__call__

        def later(request):
            if request.method == "GET" and request.path == f"{JOBS.path}/{JOB}":
                return answer(200, next(looks))
            return plain(request)

        client = make_client(later, retries=0)[0]
        call = subject.ChunkedUpload("POST", "/v3/files", {"name": "pump"}, file=str(path), chunk_size=SIZE, row=JOBS, timeout=5)
        made = call.send(client)
        assert service.posts == 0
    else:
        made = upload(service, str(path))
        left = len(content) - len(arrived)
        assert service.posts == -(-left // SIZE) + 1
        assert (service.told[0], sum(service.told[1:])) == (("bytes sent", left), left)
    assert made["checksum"] == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("held", "number"),
    [
        ([b"0123", b"456x"], 2),
        ([b"x123"], 1),
        ([b"0123456789ab"], 1),
        ([b"0123", b""], 2),
    ],
)
def test_a_job_that_holds_something_else_is_left_alone(source, held, number):
    service = Service({"id": JOB, "name": "pump", "status": "in_progress"}, held)
    with pytest.raises(ResourceError) as caught:
        upload(service, source)
    assert str(caught.value) == (
        f"The unfinished upload job {JOB} has the name 'pump' but holds something else: its chunk {number} is not what {source} has there. "
        "Delete that job if nobody needs it, or give the image another name."
    )
    assert (service.posts, service.deleted) == (0, [])


@pytest.mark.parametrize("hashed", [lambda piece: hashlib.md5(piece).hexdigest(), lambda piece: chunk_of(1, piece)["hash"]])
def test_hashes_are_known_in_both_spellings(hashed):
    assert subject._holds({"length": 3, "hash": hashed(b"abc")}, io.BytesIO(b"abcd"))


def test_a_chunk_without_hash_cannot_be_trusted():
    assert not subject._holds({"length": 3, "hash": ""}, io.BytesIO(b"abc"))


@pytest.mark.parametrize("status", ["failed", "ERROR"])
def test_a_job_that_has_ended_makes_room(source, status):
    service = Service({"id": JOB, "name": "pump", "status": status}, [b"junk"])
    upload(service, source)
    assert [job["status"] for job in service.deleted] == [status, "success"]


@pytest.mark.parametrize(
    ("job", "ended"),
    [
        ({"status": "in_progress", "complete": False}, False),
        ({"status": "in_progress", "firmware_image_id": ""}, False),
        ({"status": "checking"}, False),
        ({}, False),
        ({"status": "success", "complete": True}, True),
        ({"firmware_image_id": FILE}, True),
        ({"status": "upload_failed"}, True),
    ],
)
def test_when_a_job_has_ended(job, ended):
    """An unknown status does not end one: it might be deleted while the service still works on it."""
    assert subject._ended(job) is ended


@pytest.mark.parametrize("outcome", [lost(True), failing(502, "bad_gateway"), failing(409, "duplicate")])
def test_a_job_whose_creation_was_not_answered(source, outcome):
    service = Service()
    service.before = outcome
    if getattr(outcome, "status", 0) == 409:
        with pytest.raises(ApiError):
            upload(service, source)
    else:
        assert upload(service, source)["id"] == FILE


@pytest.mark.parametrize("arrived", [True, False])
@pytest.mark.parametrize("number", [1, 2, 4])
@pytest.mark.parametrize("outcome", [lost(True), failing(503, "service_unavailable")])
def test_a_chunk_whose_answer_was_lost_arrives_once(source, outcome, number, arrived):
    service = Service(faults={number: (outcome, arrived)})
    assert upload(service, source)["checksum"] == hashlib.sha256(b"0123456789").hexdigest()
    assert service.posts == 4 + (not arrived)
    assert service.waits == ([] if arrived else [0.5])


def test_a_chunk_that_never_arrives_is_an_error(source):
    service = Service(faults={number: (lost(True), False) for number in range(1, 10)})
    with pytest.raises(TransportError, match="The line is dead"):
        upload(service, source)
    assert service.posts == 5
    assert service.deleted == []


def test_a_chunk_that_is_refused_is_an_error(source):
    service = Service(faults={2: (failing(400, "bad_request", "MD5"), False)})
    with pytest.raises(ApiError, match="MD5"):
        upload(service, source)
    assert service.posts == 2


@pytest.mark.parametrize("arrived", [True, False])
def test_chunks_of_somebody_else_are_an_error(source, arrived):
    """Two who fill one job at once would make an image of neither file."""
    service = Service(faults={2: (lost(True), arrived)})
    plain = service.__call__

    def meddling(request):
        if service.posts == 2 and len(service.pieces) == 1 + arrived:
            service.pieces.append(b"else")
        return plain(request)

    client = make_client(meddling, retries=0)[0]
    call = subject.ChunkedUpload("POST", "/v3/files", {"name": "pump"}, file=source, chunk_size=SIZE, row=JOBS, interval=0)
    with pytest.raises(TransportError, match="The line is dead"):
        call.send(client)


def test_a_job_that_fails_is_told_and_stays(source):
    service = Service(status="failed")
    with pytest.raises(WaitError) as caught:
        upload(service, source)
    assert (
        str(caught.value)
        == f"The service made nothing of the file: the upload job {JOB} ended with the status 'failed'. The next run begins anew."
    )
    assert (caught.value.object["status"], caught.value.changed) == ("failed", True)
    assert service.deleted == []


def test_a_job_that_takes_too_long_is_told_and_stays(source):
    service = Service(status="in_progress")
    with pytest.raises(WaitError) as caught:
        upload(service, source)
    assert str(caught.value) == f"The upload job {JOB} is not there yet after 1 seconds."
    assert service.deleted == []
