# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of several kinds want to know of the collection: its modules, and what each declares of itself."""

from __future__ import annotations

import importlib
import importlib.util
import os
from pathlib import Path
from typing import Any
from unittest import mock

import yaml

ROOT = Path(__file__).resolve().parents[2]
NAME = "pelion.device_management"
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))

os.environ.setdefault("ANSIBLE_COLLECTIONS_PATH", str(ROOT / ".dev"))


def _make_importable() -> None:
    """As tests/unit/conftest.py does: Ansible's own import hook, pointed at the clone."""
    try:
        if importlib.util.find_spec(f"ansible_collections.{NAME}") is not None:
            return
    except ModuleNotFoundError:
        pass
    from ansible.plugins.loader import init_plugin_loader

    init_plugin_loader()


_make_importable()


def util(name: str) -> Any:
    """One of the engine's files."""
    return importlib.import_module(f"ansible_collections.{NAME}.plugins.module_utils.{name}")


def rows() -> dict[str, Any]:
    """The table: every row by the name of its constant, from all areas."""
    found = {}
    for path in sorted((ROOT / "plugins/module_utils/resources").glob("*.py")):
        if path.stem != "__init__":
            named = vars(util(f"resources.{path.stem}"))
            found.update({name: row for name, row in named.items() if isinstance(row, util("resource").Resource)})
    return found


def module(name: str) -> Any:
    """The Python module of an Ansible module."""
    return importlib.import_module(f"ansible_collections.{NAME}.plugins.modules.{name}")


def declared(name: str) -> Any:
    """The object that a module builds in `main`: it has `argument_spec`, `rules`, and `recipe` or `row` where the module has one."""
    with mock.patch.object(util("module").ApiModule, "main", autospec=True) as main:
        module(name).main()
    return main.call_args.args[0]


def documented(name: str, part: str) -> Any:
    """One of a module's documents (`DOCUMENTATION`, `EXAMPLES`, `RETURN`), decoded."""
    return yaml.safe_load(getattr(module(name), part))


def base(name: str) -> str:
    """The class that a module builds on: ResourceModule, InfoModule or ApiModule."""
    return next(parent.__name__ for parent in type(declared(name)).__mro__ if parent.__module__.endswith((".module", ".info")))
