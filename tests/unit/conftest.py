# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes `ansible_collections.pelion.device_management` importable from the clone.

`ansible-test units` has installed the collection and Ansible's import hook itself before this file is read; under plain
pytest the hook is pointed at `.dev`, whose only entry is a link back to the repository root.
"""

from __future__ import annotations

import importlib.util
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Whoever starts the tests may have them ignore or block signals, as a shell does with those in the background; what they do is tested
# all the same.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
signal.pthread_sigmask(signal.SIG_SETMASK, ())
# How long an example takes tells of the machine, not of the code.
settings.register_profile("any machine", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
os.environ.setdefault("ANSIBLE_COLLECTIONS_PATH", str(Path(__file__).resolve().parents[2] / ".dev"))


def _importable() -> bool:
    try:
        return importlib.util.find_spec("ansible_collections.pelion.device_management") is not None
    except ModuleNotFoundError:
        return False


if not _importable():
    from ansible.plugins.loader import init_plugin_loader

    init_plugin_loader()


@pytest.fixture(autouse=True)
def _signals_stay() -> Iterator[None]:
    """A test that leaves a handler behind would fail another one."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    yield
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
