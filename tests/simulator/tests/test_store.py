# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tables hold: always what the objects say, and after a reset what they held at first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from simulator_helpers import Local

from pelion_simulator.areas import ROWS, directory
from pelion_simulator.clock import text
from pelion_simulator.store import Store

GROUPS = ["g1", "g2"]


def dump(store: Store) -> dict[str, Any]:
    """The whole contents of all tables."""
    tables = [table for row in ROWS for table in (row.table, *row.entry_tables.values())]
    return {table: store._sql.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3").fetchall() for table in [*tables, "undo"]}


def derived(store: Store, path: Path) -> dict[str, Any]:
    """The contents that tables have when their objects are put into new ones, one by one."""
    path.unlink(missing_ok=True)
    other = Store(path, ROWS)
    other.create_tables()
    for row in ROWS:
        for (doc,) in store._sql.execute(f"SELECT doc FROM {row.table}"):
            other.put(row, json.loads(doc))
    other._sql.execute("DELETE FROM undo")
    found = dump(other)
    other.close()
    return found


def test_filling_and_putting_derive_the_same(local: Local, tmp_path: Path) -> None:
    first = dump(local.store)
    tables = {table for row in directory.ROWS for table in (row.table, *row.entry_tables.values())}
    assert all(first[table] for table in tables - {"device_groups__custom_attributes"})
    assert derived(local.store, tmp_path / "single.sqlite") == first


def test_what_comes_and_goes_leaves_nothing_behind(local: Local) -> None:
    before = dump(local.store)
    for _time in range(3):
        local.engine.cancel(local.engine.schedule(60, "connect.answer"))
    assert dump(local.store) == before


def test_reset_restores_every_table(tmp_path: Path) -> None:
    local = Local(tmp_path, 10)
    devices = local.all("/v3/devices")[:3]
    first = dump(local.store)
    attributes = st.dictionaries(st.sampled_from(["site", "new"]), st.sampled_from(["oslo", "x"]))
    fields = st.fixed_dictionaries({}, optional={"custom_attributes": attributes, "groups": st.lists(st.sampled_from(GROUPS), unique=True)})
    steps = st.tuples(st.sampled_from(["change", "remove", "again"]), st.integers(0, 2), fields)

    @settings(max_examples=100, deadline=None)
    @given(st.lists(steps, max_size=8))
    def walk(taken: list[tuple[str, int, dict[str, Any]]]) -> None:
        for step, number, changes in taken:
            current = local.store.get(directory.DEVICES, devices[number]["id"])
            with local.store.transaction():
                if step == "remove" and current:
                    local.store.remove(directory.DEVICES, current)
                elif current:
                    local.store.put(directory.DEVICES, current | changes)
                elif step == "again":
                    # The id comes back, but as an object created at another time.
                    local.store.put(directory.DEVICES, devices[number] | changes | {"created_at": text(local.engine.clock.now())})
        tables = dump(local.store)
        assert derived(local.store, tmp_path / "single.sqlite") == tables | {"undo": []}
        local.store.reset()
        assert dump(local.store) == first

    walk()
    local.store.close()
