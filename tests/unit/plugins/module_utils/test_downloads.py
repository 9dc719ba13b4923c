# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files: whole or not at all, in bounded memory, and the token to nobody else."""

from __future__ import annotations

import hashlib
import io
import os

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils.client import (
    ApiError,
    Client,
    Download,
    RequestError,
)
from ansible_collections.pelion.device_management.plugins.module_utils.files import check_file, whole_file
from ansible_collections.pelion.device_management.plugins.module_utils.pace import Pace
from ansible_collections.pelion.device_management.plugins.module_utils.settings import Settings
from ansible_collections.pelion.device_management.plugins.module_utils.transport import RawReply, Transport, TransportError
from ansible_collections.pelion.device_management.tests.unit.plugins.module_utils.fakes import BASE, KEY, answer, failing

CONTENT = b"a,b\r\n" * 1000
WHOLE = Download(len(CONTENT), hashlib.sha256(CONTENT).hexdigest())


class Files:
    """A transport that writes what it is told to, and remembers to whom it would have shown the token."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.sent = []

    def send(self, method, url, *, headers=None, sink=None, anonymous=False, **rest):
        self.sent.append((method, url, anonymous))
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, bytes):
            sink.write(outcome)
            return RawReply(200, {"X-Request-ID": "r9"}, b"")
        if isinstance(outcome, tuple):
            sink.write(outcome[0])
            raise outcome[1]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def close(self):
        pass


def client_of(*outcomes, url=BASE, retries=2):
    transport = Files(*outcomes)
    return Client(Settings(api_key=KEY, api_url=url, retries=retries), transport=transport, sleep=lambda seconds: None), transport


def redirect(target):
    return answer(302, headers={"Location": target})


def test_a_file_of_the_api(tmp_path):
    client, transport = client_of(CONTENT)
    assert client.download("/v3/report", str(tmp_path / "report.csv")) == WHOLE
    assert (tmp_path / "report.csv").read_bytes() == CONTENT
    assert (tmp_path / "report.csv").stat().st_mode & 0o777 == 0o600
    assert transport.sent == [("GET", BASE + "/v3/report", False)]
    assert client.last_request_id == "r9"


def test_a_small_file():
    client, _transport = client_of(CONTENT)
    assert client.fetch(BASE + "/v3/report") == CONTENT


def test_a_file_of_which_only_the_checksum_is_wanted():
    client, _transport = client_of((CONTENT[:100], TransportError("dead", maybe_done=True)), CONTENT)
    assert client.checksum("/v3/report") == WHOLE.sha256


def test_another_origin_gets_no_token():
    client, transport = client_of(CONTENT, url=BASE)
    assert client.fetch("https://files.example.net/r.csv?signature=s3cr3t") == CONTENT
    assert transport.sent == [("GET", "https://files.example.net/r.csv?signature=s3cr3t", True)]


def test_a_redirect_to_another_origin_gets_no_token():
    client, transport = client_of(redirect("https://files.example.net/r.csv"), CONTENT)
    assert client.fetch("/v3/report") == CONTENT
    assert transport.sent == [("GET", BASE + "/v3/report", False), ("GET", "https://files.example.net/r.csv", True)]


@pytest.mark.parametrize("target", ["http://files.example.net/r.csv", f"https://files.example.net/?k={KEY}"])
def test_a_redirect_that_must_not_be_followed(target):
    client, transport = client_of(redirect(target))
    with pytest.raises(ApiError) as caught:
        client.fetch("/v3/report")
    assert caught.value.status == 302
    assert KEY not in str(caught.value)
    assert len(transport.sent) == 1


@pytest.mark.parametrize(
    ("location", "text"),
    [
        ("http://files.example.net/r.csv", "The file is at an address that is not HTTPS, of files.example.net; it is not fetched."),
        ("ftp:///r.csv", "The file is at an address that is not HTTPS, of no host; it is not fetched."),
        (f"https://files.example.net/?key={KEY}", "The address of the file holds the API key; it is not fetched."),
    ],
)
def test_addresses_that_are_not_asked(location, text):
    client, transport = client_of()
    with pytest.raises(RequestError) as caught:
        client.fetch(location)
    assert str(caught.value) == text
    assert transport.sent == []


def test_a_broken_download_starts_anew():
    broken = TransportError("The line is dead.", maybe_done=True)
    client, transport = client_of((CONTENT[:100], broken), failing(503, "unavailable"), CONTENT)
    held = io.BytesIO()
    held.write(b"head")
    assert client.download("/v3/report", held) == WHOLE
    assert held.getvalue() == b"head" + CONTENT
    assert len(transport.sent) == 3


@pytest.mark.parametrize("outcome", [(CONTENT[:100], TransportError("dead", maybe_done=True)), failing(404, "not_found")])
def test_a_failed_download_leaves_what_was_there(tmp_path, outcome):
    target = tmp_path / "report.csv"
    target.write_text("old")
    client, _transport = client_of(outcome, retries=0)
    with pytest.raises((TransportError, ApiError)) as caught:
        client.download("https://files.example.net/r.csv?signature=s3cr3t", str(target))
    assert caught.value.path == "/r.csv"
    assert "s3cr3t" not in str(caught.value)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("report.csv", "old")]


def test_a_file_that_cannot_be_written(tmp_path):
    client, transport = client_of(CONTENT)
    with pytest.raises(RequestError) as caught:
        client.download("/v3/report", str(tmp_path / "gone" / "report.csv"))
    assert str(caught.value).startswith("The file cannot be written: ")
    assert transport.sent == []


def test_a_full_disk_is_not_taken_for_a_broken_line(monkeypatch, tmp_path):
    class Full(io.BytesIO):
        def write(self, piece):
            raise OSError(28, "No space left on device")

    class Real(Files):
        """Takes every error of the kind for one of the line, as the HTTP library makes one."""

        def send(self, *arguments, **options):
            try:
                return super().send(*arguments, **options)
            except OSError as error:
                raise TransportError("The line is dead.", maybe_done=True) from error

    transport = Real(CONTENT)
    client = Client(Settings(api_key=KEY, api_url=BASE), transport=transport, sleep=lambda seconds: None)
    with pytest.raises(RequestError) as caught:
        client.download("/v3/report", Full())
    assert str(caught.value) == "The file cannot be written: [Errno 28] No space left on device."
    assert len(transport.sent) == 1


def test_whole_file_or_nothing(tmp_path):
    target = tmp_path / "f"
    with pytest.raises(RuntimeError), whole_file(str(target)) as opened:
        opened.write(b"half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_only_files_are_replaced(tmp_path):
    pipe, folder, link = tmp_path / "pipe", tmp_path / "folder", tmp_path / "link"
    os.mkfifo(pipe)
    folder.mkdir()
    link.symlink_to(pipe)
    for path in (pipe, folder, link):
        with pytest.raises(OSError) as caught:
            check_file(str(path))
        assert str(caught.value) == f"[Errno 22] It is there and is no file: '{path}'"
        with pytest.raises(OSError), whole_file(str(path)):
            pass
    assert pipe.is_fifo()
    assert sorted(tmp_path.iterdir()) == [folder, link, pipe]


def test_a_check_changes_nothing(tmp_path):
    target = tmp_path / "f"
    check_file(str(target))
    assert list(tmp_path.iterdir()) == []
    target.write_bytes(b"old")
    check_file(str(target))
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_anonymous_requests_carry_no_token(monkeypatch):
    seen = []
    transport = Transport(authorize=lambda: {"Authorization": f"Bearer {KEY}"})

    def send(prepared, **options):
        seen.append(prepared.headers.get("Authorization"))
        raise OSError("enough")

    monkeypatch.setattr(transport._session, "send", send)
    for anonymous in (True, False):
        with pytest.raises(TransportError):
            transport.send("GET", BASE + "/x", anonymous=anonymous)
    assert seen == [None, f"Bearer {KEY}"]


def test_files_keep_to_the_pace_of_the_service_and_others_have_none(tmp_path):
    """Neither do we wait for our turn at another host, nor is its pause one of the service."""
    busy, waits = answer(503, headers={"Retry-After": "7"}), []
    settings = Settings(api_key=KEY, api_url=BASE, requests_per_second=0.5)
    pace = Pace(settings, sleep=waits.append, monotonic=lambda: sum(waits))
    transport = Files(CONTENT, busy, CONTENT, busy, CONTENT, CONTENT)
    client = Client(settings, transport=transport, sleep=waits.append, pace=pace)
    assert client.fetch(BASE + "/v3/file") == CONTENT
    assert client.fetch("https://files.example.com/x") == CONTENT
    assert waits == [7.0]
    assert client.fetch(BASE + "/v3/file") == CONTENT
    assert waits == [7.0, 7.0]
    assert client.fetch("/v3/file") == CONTENT
    assert waits == [7.0, 7.0, 2.0]


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil"])
def test_a_name_that_the_service_tells_does_not_lead_out_of_the_folder(tmp_path, name):
    folder = tmp_path / "folder"
    folder.mkdir()
    client, _transport = client_of(CONTENT)
    assert client.save("/v3/file", str(folder), name)["dest"] == str(folder / "evil")
    assert (folder / "evil").read_bytes() == CONTENT
    assert os.listdir(tmp_path) == ["folder"]
