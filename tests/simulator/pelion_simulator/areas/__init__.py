# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of the API, a module each. A module that lies here is found; `table.Area` says what it may define."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import fields

from ..auth import TOKENS
from ..engine import SCHEDULE
from ..table import Area

_NAMES = [spec.name for spec in fields(Area)]


def _area(name: str) -> Area:
    module = importlib.import_module(f"{__name__}.{name}")
    return Area(**{name: getattr(module, name) for name in _NAMES if hasattr(module, name)})


AREAS = tuple(_area(found.name) for found in pkgutil.iter_modules(__path__))
ROWS = (*(row for area in AREAS for row in area.ROWS), TOKENS, SCHEDULE)
