# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Files on their way to the service: as forms, or in chunks by an upload job. Never a whole file in memory, and nothing of Ansible."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
import secrets
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Iterator, List, Mapping, Optional, Union

from .client import ApiError, Client
from .files import checksum
from .resource import Call, Object, Resource, ResourceError, WaitError, wait_for
from .transport import TransportError

_PIECE = 1 << 20
# Upload_Job_Chunk_Create: 5 to 100 MB each but the last, at most 10,000, of which the one that ends the job is empty. Whether a MB is
# 10**6 or 2**20 bytes is not said; these limits hold for both.
_SMALLEST_CHUNK, _LARGEST_CHUNK, _MOST_CHUNKS = 5 * 2**20, 100 * 10**6, 9_999
_ATTEMPTS = 5


@dataclass(frozen=True)
class LocalFile:
    """A file of the machine that runs the task: its size in bytes and its SHA-256 in hexadecimal digits."""

    path: str
    size: int
    sha256: str

    @classmethod
    def read(cls, path: str, longest_name: int) -> LocalFile:
        """Look at a file, in pieces.

        :param longest_name: characters that the service takes of a file's name.
        :raises ResourceError: when the file cannot be read or sent.
        """
        try:
            with open(path, "rb") as opened:
                sha256, size = checksum(opened)
        except OSError as error:
            raise ResourceError(f"The file {path} cannot be read: {error.strerror}.") from error
        if len(os.path.basename(path)) > longest_name:
            raise ResourceError(f"The name of the file {path} has more than {longest_name} characters, which the service refuses.")
        return cls(path, size, sha256)


def chunk_size(file: LocalFile, wanted: int) -> int:
    """Bytes a chunk: as many as wanted, or as many as it takes.

    :raises ResourceError: when that is not what the service takes.
    """
    if not _SMALLEST_CHUNK <= wanted <= _LARGEST_CHUNK:
        raise ResourceError(f"chunk_size is {wanted}; the service takes chunks of {_SMALLEST_CHUNK} to {_LARGEST_CHUNK} bytes.")
    needed = max(wanted, -(-file.size // _MOST_CHUNKS))
    if needed > _LARGEST_CHUNK:
        raise ResourceError(f"The file {file.path} has {file.size} bytes; the service takes at most {_MOST_CHUNKS * _LARGEST_CHUNK}.")
    return needed


class Multipart:
    """A multipart form as the body of a request: it knows its length, and gives its bytes anew each time it is iterated over."""

    def __init__(self, form: Mapping[str, str], files: Mapping[str, str]) -> None:
        """``files``: the path of the file for each field."""
        self.boundary = secrets.token_hex(16)
        self._parts: List[Union[bytes, str]] = []
        for name, value in form.items():
            self._parts.append(self._head(name) + value.encode() + b"\r\n")
        for name, path in files.items():
            filename = os.path.basename(path).replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
            self._parts += [self._head(name, f'; filename="{filename}"\r\nContent-Type: application/octet-stream'), path, b"\r\n"]
        self._parts.append(f"--{self.boundary}--\r\n".encode())

    def _head(self, name: str, rest: str = "") -> bytes:
        return f'--{self.boundary}\r\nContent-Disposition: form-data; name="{name}"{rest}\r\n\r\n'.encode()

    @property
    def content_type(self) -> str:
        """The header that goes with it."""
        return f"multipart/form-data; boundary={self.boundary}"

    def __len__(self) -> int:
        return sum(os.path.getsize(part) if isinstance(part, str) else len(part) for part in self._parts)

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            if isinstance(part, bytes):
                yield part
            else:
                with open(part, "rb") as opened:
                    yield from _pieces(opened)


@dataclass(frozen=True)
class Form(Call):
    """One request with fields and files, streamed from disk. ``files`` has the path of the file for each field."""

    form: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    def send(self, client: Client, identity: str = "") -> Any:
        """Carry it out.

        :return: the decoded answer.
        """
        body = Multipart(self.form, self.files)
        return client.request(self.method, self.path, data=body, headers={"Content-Type": body.content_type}).body


@dataclass(frozen=True)
class Upload(Call):
    """Sends an image as it is, or as a form. ``kind`` is its media type."""

    content: bytes = field(default=b"", repr=False)
    kind: str = ""
    form: bool = False

    def send(self, client: Client, identity: str = "") -> Any:
        if self.form:
            return client.request("POST", self.path, files={"image": ("image", self.content, self.kind)}).body
        return client.request("POST", self.path, data=self.content, headers={"Content-Type": self.kind}).body


@dataclass(frozen=True)
class ChunkedUpload(Call):
    """A large file sent by an upload job (the vendor's page "Uploading a large firmware image").

    ``path`` is the collection of what the jobs make, ``row`` the jobs' own, ``json`` the fields of the job, which are those of what it
    makes. Chunks are appended in order, each with its MD5; an empty one ends the job. A job of this name that is not finished is gone on
    with, once what it holds has been compared with the file. The job is deleted when the object is there. ``timeout`` and ``interval``
    are seconds, for the service's work on the finished job.
    """

    file: str = ""
    chunk_size: int = _SMALLEST_CHUNK
    row: Any = None
    timeout: float = 600
    interval: float = 5

    def send(self, client: Client, identity: str = "") -> Any:
        """Upload.

        :return: the object that the job made.
        :raises ResourceError: when a job of this name holds something else.
        :raises WaitError: when the service makes nothing of the chunks, or not in time.
        """
        job = self._job(client, self.row)
        path = self.row.item({}, job["id"])
        self._fill(client, f"{path}/chunks", job)
        try:
            done = wait_for(client, self.row, lambda: client.get(path), _ended, timeout=self.timeout, interval=self.interval) or job
            if not done.get("firmware_image_id"):
                raise WaitError(
                    f"The service made nothing of the file: the upload job {job['id']} ended with the status {done.get('status')!r}. "
                    "The next run begins anew.",
                    self.row,
                    done,
                )
        except WaitError as error:
            error.changed = True
            raise
        made = client.get(f"{self.path}/{done['firmware_image_id']}")
        client.delete(path)
        return made

    def _job(self, client: Client, row: Resource) -> Object:
        """The job to use: one that was interrupted, or a new one. One that has ended is in the way, since names are unique."""
        unfinished = self._unfinished(client, row)
        if unfinished is not None:
            return unfinished
        try:
            made: Object = client.post(row.path, self.json)
            return made
        except (ApiError, TransportError) as error:
            if not error.maybe_done:
                raise
            unfinished = self._unfinished(client, row)
            if unfinished is None:
                raise
            return unfinished

    def _unfinished(self, client: Client, row: Resource) -> Optional[Object]:
        for job in list(client.list(row.path, [("name__eq", self.json["name"])])):
            if job.get("name") != self.json["name"]:
                continue
            if not _ended(job):
                return job
            client.delete(row.item({}, job["id"]))
        return None

    def _fill(self, client: Client, path: str, job: Object) -> None:
        """Append what the job does not have yet, and the empty chunk that ends it."""
        held = list(client.list(path))
        with open(self.file, "rb") as source:
            for number, chunk in enumerate(held, 1):
                if not _holds(chunk, source):
                    raise ResourceError(
                        f"The unfinished upload job {job['id']} has the name {self.json['name']!r} but holds something else: its chunk "
                        f"{number} is not what {self.file} has there. Delete that job if nobody needs it, or give the image another name."
                    )
            ended = bool(held) and not held[-1].get("length")
            number = len(held)
            client.progress.start("bytes sent", os.path.getsize(self.file) - source.tell())
            while not ended:
                piece = source.read(self.chunk_size)
                self._append(client, path, number, piece)
                client.progress.advance(count=len(piece))
                number += 1
                ended = not piece

    def _append(self, client: Client, path: str, number: int, piece: bytes) -> None:
        """Send one chunk. It cannot be repeated blindly: after an error the list tells whether it has arrived."""
        digest = hashlib.md5(piece, usedforsecurity=False).digest()
        headers = {"Content-MD5": base64.b64encode(digest).decode(), "Content-Type": "binary/octet-stream"}
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                client.request("POST", path, data=piece, headers=headers)
                return
            except (ApiError, TransportError) as error:
                if not error.maybe_done or attempt == _ATTEMPTS:
                    raise
                arrived = list(client.list(path))[number:]
                if arrived:
                    if len(arrived) == 1 and _holds(arrived[0], io.BytesIO(piece)):
                        return
                    raise
            client.sleep(self.interval)


def _pieces(opened: BinaryIO, length: Optional[int] = None) -> Iterator[bytes]:
    """The rest of a file, or its next ``length`` bytes, in pieces that fit into memory."""
    while length is None or length > 0:
        piece = opened.read(_PIECE if length is None else min(_PIECE, length))
        if not piece:
            return
        length = None if length is None else length - len(piece)
        yield piece


def _holds(chunk: Object, source: BinaryIO) -> bool:
    """Whether a chunk is what the file has next; an empty one is its end. In which spelling the service gives hashes is not documented."""
    length = int(chunk.get("length") or 0)
    if not length:
        return not source.read(1)
    digest = hashlib.md5(usedforsecurity=False)
    for piece in _pieces(source, length):
        digest.update(piece)
    return chunk.get("hash") in (base64.b64encode(digest.digest()).decode(), digest.hexdigest())


def _ended(job: Object) -> bool:
    """Whether the service does nothing more for an upload job. What the status of one that failed is called is not documented."""
    return bool(job.get("complete") or job.get("firmware_image_id") or re.search("fail|error", str(job.get("status")), re.IGNORECASE))
