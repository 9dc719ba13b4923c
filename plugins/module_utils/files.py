# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Files of results: whole or not at all, and for their owner only."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
from typing import Any, BinaryIO, Iterator, Optional, Tuple


@contextlib.contextmanager
def whole_file(path: str) -> Iterator[BinaryIO]:
    """A file to write, readable by its owner only, that takes the place of ``path`` when all went well and is gone otherwise.

    :raises OSError: when the folder does not exist or cannot be written, or something else than a file is there, such as a device;
        nothing has happened then.
    """
    handle, part = _beside(path)
    try:
        with os.fdopen(handle, "w+b") as opened:
            yield opened
        os.replace(part, path)
    except BaseException:
        os.unlink(part)
        raise


def private_folder(path: str) -> None:
    """See that a folder is there that nobody else can put anything into; a new one is its owner's only.

    :raises OSError: when it belongs to another user, others may write to it, or it cannot be made.
    """
    os.makedirs(path, mode=0o700, exist_ok=True)
    check_private(os.stat(path), path)


def check_private(status: os.stat_result, path: str) -> None:
    """See that what is at ``path`` is this user's, and that nobody else may write to it.

    :raises OSError: when it is not so.
    """
    if status.st_uid != os.geteuid():
        raise PermissionError(errno.EPERM, "It belongs to another user", path)
    if status.st_mode & 0o022:
        raise PermissionError(errno.EPERM, "Others than its owner may write to it", path)


def check_file(path: str) -> None:
    """See that ``whole_file`` can write there, and change nothing.

    :raises OSError: when it cannot.
    """
    handle, part = _beside(path)
    os.close(handle)
    os.unlink(part)


def placed(dest: str, name: str) -> str:
    """Where a file goes: ``dest`` itself, or in the folder that it is under ``name``, which never leads out of it."""
    return os.path.join(dest, os.path.basename(name)) if os.path.isdir(dest) else dest


def checksum(opened: Any) -> Tuple[str, int]:
    """The SHA-256 in hexadecimal digits and the size in bytes of what an open file holds, which is back at its beginning then."""
    digest = hashlib.sha256()
    for piece in iter(lambda: opened.read(1 << 20), b""):
        digest.update(piece)
    size = opened.tell()
    opened.seek(0)
    return digest.hexdigest(), size


def held(path: str) -> Optional[str]:
    """The SHA-256 of a file, None where there is none."""
    if not os.path.isfile(path):
        return None
    with open(path, "rb") as opened:
        return checksum(opened)[0]


def _beside(path: str) -> Tuple[int, str]:
    """A new file in the same folder, open, and its path."""
    if os.path.lexists(path) and not os.path.isfile(path):
        # To take the place of a device would take it away from the whole machine.
        raise OSError(errno.EINVAL, "It is there and is no file", path)
    folder, name = os.path.split(os.path.abspath(path))
    return tempfile.mkstemp(prefix=f".{name}.", dir=folder)
