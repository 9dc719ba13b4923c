# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects in SQLite: each is the text of its JSON, under a number that is its time of creation.

A page of a list is a range of the primary key, and its body those texts joined: nothing is decoded, and the
thousandth page costs what the first costs. Fields that lists are often filtered by are in indexed columns (a map or
list: in a table of entries) besides; an index ends in the primary key, so a filtered page is a range as well.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import clock
from .answers import ApiError, invalid
from .filters import ALL, Condition, Listing
from .table import Document, Resource

VERSION = 3
FEW = 20_000
"""Objects that are sorted sooner than found among all others."""
_COMPARE = {"eq": "=", "lte": "<=", "gte": ">=", "gt": ">"}
_RANGES = {"lte", "gte", "gt"}
_encode = json.JSONEncoder(separators=(",", ":")).encode


class StateError(Exception):
    """A state file that cannot be taken up."""


class Store:
    """The objects of all resources in one database file."""

    def __init__(self, path: Path, rows: Iterable[Resource]) -> None:
        """Open the file, or make it. Raises StateError where it is not one of ours."""
        self.rows = tuple(rows)
        self._by_name = {row.name: row for row in self.rows}
        self._counts: dict[tuple[str, tuple[Any, ...]], int] = {}
        self._sql = sqlite3.connect(path, isolation_level=None, timeout=0)
        try:
            self._sql.execute("PRAGMA locking_mode = EXCLUSIVE")
            version = self._one("PRAGMA user_version")[0]
            empty = not self._one("SELECT count(*) FROM sqlite_master")[0]
        except sqlite3.DatabaseError as error:
            self._sql.close()
            raise StateError(f"{path} cannot be used as a state: {error}") from None
        if empty:
            # About to be filled: nothing in it is worth a journal yet.
            self._sql.executescript("PRAGMA page_size = 16384; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
        elif version != VERSION:
            self._sql.close()
            raise StateError(f"{path} is not a state of this version of the simulator")
        else:
            self._sql.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA mmap_size = 8589934592;")

    def close(self) -> None:
        """Write everything to the file."""
        self._sql.close()

    # --- filling ---

    def create_tables(self) -> None:
        """Make the tables, without indexes."""
        self._sql.execute(f"PRAGMA user_version = {VERSION}")
        self._sql.execute("CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT)")
        self._sql.execute("CREATE TABLE undo (resource TEXT, seq INTEGER, doc TEXT, PRIMARY KEY (resource, seq))")
        self._sql.execute("CREATE TABLE blobs (name TEXT PRIMARY KEY, data BLOB, seeded INTEGER)")
        for row in self.rows:
            columns = "".join(f', "{name}"' for name in row.columns)
            self._sql.execute(f"CREATE TABLE {row.table} (seq INTEGER PRIMARY KEY, id TEXT NOT NULL{columns}, doc TEXT NOT NULL)")
            for table in row.entry_tables.values():
                self._sql.execute(f"CREATE TABLE {table} (key, value, seq INTEGER, PRIMARY KEY (key, value, seq)) WITHOUT ROWID")

    def fill(self, row: Resource, documents: Iterable[Document]) -> None:
        """Put many new objects into a table that has no indexes yet."""
        places = ", ".join("?" * (len(row.columns) + 3))
        with self.transaction():
            # Entries arrive in order of creation but lie in order of key and value: sorting them all at once is many times faster.
            for name in row.entry_tables:
                self._sql.execute(f"CREATE TEMP TABLE new__{name} (key, value, seq)")
            self._sql.executemany(f"INSERT INTO {row.table} VALUES ({places})", self._records(row, documents))
            for name, table in row.entry_tables.items():
                self._sql.execute(f"INSERT INTO {table} SELECT key, value, seq FROM new__{name} ORDER BY key, value, seq")
                self._sql.execute(f"DROP TABLE new__{name}")

    def _records(self, row: Resource, documents: Iterable[Document]) -> Iterator[tuple[Any, ...]]:
        entries: dict[str, list[tuple[str, str, int]]] = {name: [] for name in row.entry_tables}
        for number, document in enumerate(documents, 1):
            seq = clock.moment(document[row.clock])
            for name, waiting in entries.items():
                waiting += [(key, value, seq) for key, value in _entries(document.get(name))]
            if not number % 1000:
                self._add_entries(entries)
            yield (seq, document["id"], *[_column(document.get(name)) for name in row.columns], _encode(document))
        self._add_entries(entries)

    def _add_entries(self, entries: dict[str, list[tuple[str, str, int]]]) -> None:
        for name, waiting in entries.items():
            self._sql.executemany(f"INSERT INTO new__{name} VALUES (?, ?, ?)", waiting)
            waiting.clear()

    def create_indexes(self) -> None:
        """Make the indexes, after all objects are in."""
        self._sql.execute("UPDATE blobs SET seeded = 1")
        for row in self.rows:
            self._sql.execute(f"CREATE UNIQUE INDEX {row.table}_by_id ON {row.table} (id)")
            for name in row.columns:
                self._sql.execute(f'CREATE INDEX {row.table}_by_{name} ON {row.table} ("{name}")')
            # The places without the objects: counting walks through them.
            self._sql.execute(f"CREATE INDEX {row.table}_by_seq ON {row.table} (seq)")

    def set_fact(self, name: str, value: str) -> None:
        """Remember something about the state as a whole."""
        self._sql.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def fact(self, name: str) -> str:
        """What `set_fact` remembered."""
        return str(self._one("SELECT value FROM facts WHERE name = ?", name)[0])

    def last(self) -> int:
        """The newest time of creation of all objects."""
        return max(int(self._one(f"SELECT coalesce(max(seq), 0) FROM {row.table}")[0]) for row in self.rows)

    # --- single objects ---

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is written inside; within another transaction it is a part of that."""
        if self._sql.in_transaction:
            yield
            return
        self._sql.execute("BEGIN")
        try:
            yield
        except BaseException:
            if self._sql.in_transaction:
                self._sql.execute("ROLLBACK")
            raise
        self._sql.execute("COMMIT")

    def get(self, row: Resource, id_: str) -> Document | None:
        """The object with that id."""
        found = self._sql.execute(f"SELECT doc FROM {row.table} WHERE id = ?", (id_,)).fetchone()
        return json.loads(found[0]) if found else None

    def find(self, row: Resource, field: str, value: str) -> Document | None:
        """An object whose indexed field has that value."""
        found = self._sql.execute(f'SELECT doc FROM {row.table} WHERE "{field}" = ? LIMIT 1', (value,)).fetchone()
        return json.loads(found[0]) if found else None

    def lowest(self, row: Resource, field: str) -> Document | None:
        """The object with the lowest value of an indexed field, the oldest of several."""
        found = self._sql.execute(f'SELECT doc FROM {row.table} ORDER BY "{field}", seq LIMIT 1').fetchone()
        return json.loads(found[0]) if found else None

    def select(self, row: Resource, **values: Any) -> Iterator[Document]:
        """All objects whose fields have these values, in order of creation, as they are now."""
        conditions = tuple(Condition(field, "eq", (value,)) for field, value in values.items())
        return self.having(row, *conditions)

    def put(self, row: Resource, document: Document) -> None:
        """Insert the object, or replace the one created at the same moment."""
        seq = clock.moment(document[row.clock])
        old = self._remember(row, seq)
        record = (seq, document["id"], *[_column(document.get(name)) for name in row.columns], _encode(document))
        self._sql.execute(f"INSERT OR REPLACE INTO {row.table} VALUES ({', '.join('?' * len(record))})", record)
        self._move_entries(row, seq, old, document)

    def remove(self, row: Resource, document: Document) -> None:
        """Delete the object."""
        seq = clock.moment(document[row.clock])
        old = self._remember(row, seq)
        self._sql.execute(f"DELETE FROM {row.table} WHERE seq = ?", (seq,))
        # What came after the tables were filled, and has gone again, needs no undoing.
        self._sql.execute("DELETE FROM undo WHERE resource = ? AND seq = ? AND doc IS NULL", (row.name, seq))
        self._move_entries(row, seq, old, {})

    def taken(self, row: Resource, moment: int) -> bool:
        """Whether an object was created at exactly that moment."""
        return bool(self._one(f"SELECT count(*) FROM {row.table} WHERE seq = ?", moment)[0])

    def _move_entries(self, row: Resource, seq: int, old: Document, new: Document) -> None:
        for name, table in row.entry_tables.items():
            before, after = set(_entries(old.get(name))), set(_entries(new.get(name)))
            self._sql.executemany(f"DELETE FROM {table} WHERE key = ? AND value = ? AND seq = {seq}", before - after)
            self._sql.executemany(f"INSERT INTO {table} VALUES (?, ?, {seq})", after - before)

    def _remember(self, row: Resource, seq: int) -> Document:
        """Keep what is now at this place for `reset`, unless that is known already, and return it (empty where nothing is)."""
        self._counts.clear()
        found = self._sql.execute(f"SELECT doc FROM {row.table} WHERE seq = ?", (seq,)).fetchone()
        doc = found[0] if found else None
        self._sql.execute("INSERT OR IGNORE INTO undo VALUES (?, ?, ?)", (row.name, seq, doc))
        return json.loads(doc) if doc else {}

    def reset(self) -> None:
        """Undo every change since the tables were filled. Costs what was changed, not what there is."""
        with self.transaction():
            # What was added goes first: an id may have been given to another object.
            for name, seq, doc in self._sql.execute("SELECT resource, seq, doc FROM undo ORDER BY doc IS NOT NULL").fetchall():
                row = self._by_name[name]
                if doc:
                    self.put(row, json.loads(doc))
                else:
                    self.remove(row, {row.clock: clock.text(seq)})
            self._sql.execute("DELETE FROM undo")
            self._sql.execute("DELETE FROM blobs WHERE NOT seeded")

    # --- files ---

    def put_blob(self, name: str, data: bytes) -> None:
        """Keep bytes under a name that is not taken, until the next reset (for good: while a new state is filled)."""
        self._sql.execute("INSERT INTO blobs VALUES (?, ?, 0)", (name, data))

    def blob(self, name: str) -> bytes | None:
        """The bytes under a name."""
        found = self._sql.execute("SELECT data FROM blobs WHERE name = ?", (name,)).fetchone()
        return bytes(found[0]) if found else None

    def remove_blob(self, name: str) -> None:
        """Forget the bytes under a name."""
        self._sql.execute("DELETE FROM blobs WHERE name = ? AND NOT seeded", (name,))

    # --- lists ---

    def page(self, row: Resource, listing: Listing, hidden: Iterable[str] = ()) -> tuple[list[bytes], bool]:
        """The objects of a page as JSON texts without hidden fields, and whether more follow. Raises ApiError where `after` is unknown."""
        sql, values = self.page_sql(row, listing, hidden)
        found = self._sql.execute(sql, values).fetchall()
        return [text for (text,) in found[: listing.limit]], len(found) > listing.limit

    def page_sql(self, row: Resource, listing: Listing, hidden: Iterable[str] = ()) -> tuple[str, list[Any]]:
        """The statement for a page and its values."""
        source, seq, where, values = self._source(row, listing, in_order=True)
        paths = "".join(f", '$.{name}'" for name in hidden)
        text = f"json_remove(o.doc{paths})" if paths else "o.doc"
        sql = f"SELECT CAST({text} AS BLOB) FROM {source}{_clause(where)} ORDER BY {seq} {'DESC' if listing.descending else 'ASC'} LIMIT ?"
        return sql, [*values, listing.limit + 1]

    def count(self, row: Resource, listing: Listing) -> int:
        """How many objects fulfil the conditions, on all pages together."""
        sql, values = self._count_sql(row, listing)
        return self._counted(sql, *values)

    def _count_sql(self, row: Resource, listing: Listing) -> tuple[str, list[Any]]:
        source, _seq, where, values = self._source(row, listing)
        return f"SELECT count(*) FROM {source}{_clause(where)}", values

    def _counted(self, sql: str, *values: Any) -> int:
        """What a statement counts, remembered until something is written."""
        if (sql, values) not in self._counts:
            self._counts[sql, values] = self._one(sql, *values)[0]
        return self._counts[sql, values]

    def plan(self, row: Resource, listing: Listing) -> list[str]:
        """How SQLite finds the objects of a page, in its own words."""
        return self._plan(*self.page_sql(row, listing))

    def count_plan(self, row: Resource, listing: Listing) -> list[str]:
        """How SQLite counts the objects of all pages."""
        return self._plan(*self._count_sql(row, listing))

    def _plan(self, sql: str, values: list[Any]) -> list[str]:
        return [step[3] for step in self._sql.execute("EXPLAIN QUERY PLAN " + sql, values)]

    def having(self, row: Resource, *conditions: Condition) -> Iterator[Document]:
        """All objects that fulfil the conditions, as they are now."""
        source, seq, where, values = self._source(row, Listing(conditions=conditions), in_order=True)
        for (doc,) in self._sql.execute(f"SELECT o.doc FROM {source}{_clause(where)} ORDER BY {seq}", values).fetchall():
            yield json.loads(doc)

    def _place(self, row: Resource, id_: str) -> int:
        found = self._sql.execute(f"SELECT seq FROM {row.table} WHERE id = ?", (id_,)).fetchone()
        if found is None:
            raise invalid({"after": "is not the id of an object in this list"})
        return int(found[0])

    def _source(self, row: Resource, listing: Listing, in_order: bool = False) -> tuple[str, str, list[str], list[Any]]:
        """Table expression, place column, conditions and their values: of the objects after `after` in order of creation, or of all.

        A condition on entries leads. However many limits of the place there are, only one at either end is left, for the search begins
        at a single one.
        """
        source, seq = f"{row.table} AS o", "o.seq"
        where: list[str] = []
        values: list[Any] = []
        lowest, highest = 0, ALL
        if in_order and listing.after is not None:
            place = self._place(row, listing.after)
            lowest, highest = (0, place - 1) if listing.descending else (place + 1, ALL)
        for condition in listing.conditions:
            table = row.entry_tables.get(condition.field)
            if table and condition.operator == "eq" and seq == "o.seq":
                source, seq = f"{table} AS e CROSS JOIN {row.table} AS o ON o.seq = e.seq", "e.seq"
                where += ["e.key = ?", "e.value = ?"]
                values += [condition.key, *condition.values]
            elif condition.field == row.clock and condition.operator in _RANGES:
                place = clock.moment(condition.values[0])
                if condition.operator == "lte":
                    highest = min(highest, place)
                else:
                    lowest = max(lowest, place + (condition.operator == "gt"))
            elif in_order and condition.field in row.columns and condition.operator in _RANGES:
                test = f'"{condition.field}" {_COMPARE[condition.operator]} ?'
                found = f"SELECT seq FROM {row.table} WHERE {test}"
                # What the index of the field finds has to be sorted by place, which is quick for few only.
                few = self._counted(f"SELECT count(*) FROM ({found} LIMIT {FEW + 1})", *condition.values) <= FEW
                where.append(f"o.seq IN ({found})" if few else f"+o.{test}")
                values += condition.values
            else:
                sql, more = _test(row, condition)
                where.append(sql)
                values += more
        if lowest:
            where.append(f"{seq} >= ?")
            values.append(lowest)
        if highest < ALL:
            where.append(f"{seq} <= ?")
            values.append(highest)
        return source, seq, where, values

    def _one(self, sql: str, *values: Any) -> tuple[Any, ...]:
        found: tuple[Any, ...] | None = self._sql.execute(sql, values).fetchone()
        if found is None:
            raise ApiError(500, "internal_server_error", "The simulator's state is incomplete.")
        return found


def _clause(where: list[str]) -> str:
    return " WHERE " + " AND ".join(where) if where else ""


def _test(row: Resource, condition: Condition) -> tuple[str, list[Any]]:
    """A condition as SQL and its values."""
    operator, values = condition.operator, list(condition.values)
    if condition.key is not None:
        table = row.entry_tables.get(condition.field)
        entries = f"{table} AS x WHERE x.seq = o.seq AND" if table else f"json_each(o.doc, '$.{condition.field}') AS x WHERE"
        found = f"EXISTS (SELECT 1 FROM {entries} x.key = ? AND x.value {_COMPARE.get(operator, '=')} ?)"
        return f"NOT {found}" if operator == "neq" else found, [condition.key, *values]
    if condition.field == row.clock and operator != "like":
        column, values = "o.seq", [clock.moment(value) for value in values]
    elif condition.field in row.columns or condition.field == "id":
        column = f'o."{condition.field}"'
    else:
        column = f"json_extract(o.doc, '$.{condition.field}')"
    if operator == "neq":
        return f"{column} IS NOT ?", values
    if operator == "like":
        return f"instr(lower({column}), lower(?))", values
    if operator in ("in", "nin"):
        places = ", ".join("?" * len(values))
        if operator == "nin":
            return f"({column} IS NULL OR {column} NOT IN ({places}))", values
        # One of few possible values: walking in order finds them soon, while an index would have to be sorted for each page.
        return f"{'+' if row.fields[condition.field].enum else ''}{column} IN ({places})", values
    return f"{column} {_COMPARE[operator]} ?", values


def _column(value: Any) -> Any:
    """A value of a field as its column holds it."""
    fits = isinstance(value, int) and -(2**63) <= value < 2**63
    return value if value is None or isinstance(value, str) or fits else _encode(value)


def _entries(value: Any) -> list[tuple[str, str]]:
    """A map's or list's entries as their table holds them: key and value, or item and nothing."""
    if isinstance(value, dict):
        return [(key, _column(entry)) for key, entry in value.items()]
    return [(_column(item), "") for item in value] if isinstance(value, list) else []
