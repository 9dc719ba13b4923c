# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts the operations of the API that the tests have sent through a module, a plugin or a client made for them.

    coverage_api.py [FOLDER]           report from the records in FOLDER (default: .build/coverage), and compare docs/operations.md with it
    coverage_api.py --write [FOLDER]   report, and write docs/operations.md

The conformance and integration suites make the records, a file each (see tests/support/recorded.py). The module `api` does not count,
for it can send anything.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from workspace import ROOT

sys.path.insert(0, str(ROOT / "tests/support"))

import collection

RECORDS = ROOT / ".build/coverage"
TABLE = ROOT / "docs/operations.md"
ANYTHING = "module/api"
HEAD = """\
# The operations of the API, and what uses them

Made from what the tests have sent to the simulator (`make coverage-api`). Where years stand in brackets, only services of these years have
the operation. Any operation can also be sent with the module `api`, by its id.

| Operation | Method and path | Used by |
|---|---|---|
"""
# A row of the table: id, place and users.
_ROW = re.compile(r"\| `([^`]+)`(?: \([^)]*\))? \| `([^`]+)` \| (.*) \|")

Senders = Mapping[str, set[str]]


def read(files: Iterable[Path]) -> dict[str, set[str]]:
    """Who has sent each operation, by its id. Raises SystemExit where there is nothing to read."""
    found: dict[str, set[str]] = {}
    files = sorted(files)
    if not files:
        raise SystemExit("There are no records; make coverage-api runs the suites that make them.")
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            operation, sender = json.loads(line)
            if sender != ANYTHING:
                found.setdefault(operation, set()).add(sender)
    return found


def all_operations() -> dict[str, Any]:
    """The operations by id, in the order of their paths."""
    operations = collection.util("operations")
    found = [operations.find(name) for name in operations.ids()]
    return {operation.id: operation for operation in sorted(found, key=lambda operation: (operation.path, operation.method))}


def place(operation: Any) -> str:
    return f"{operation.method} {operation.path}"


def report(found: Senders, operations: Mapping[str, Any]) -> tuple[str, bool]:
    """How many operations were sent, which were not, and whether all were."""
    missing = [operation for name, operation in operations.items() if name not in found]
    lines = [f"{len(operations) - len(missing)} of {len(operations)}"]
    lines += [f"  {operation.id}: {place(operation)}" for operation in missing]
    return "\n".join(lines), not missing


def shown(sender: str) -> str:
    """A sender as the table names it: a module by its name alone."""
    kind, _separator, name = sender.partition("/")
    return f"`{name}`" if kind == "module" else f"{kind} `{name}`"


def table(found: Senders, operations: Mapping[str, Any]) -> str:
    """The text of docs/operations.md."""
    rows = []
    for name, operation in operations.items():
        years = f" ({', '.join(operation.years)})" if operation.years else ""
        rows.append(f"| `{name}`{years} | `{place(operation)}` | {', '.join(sorted(map(shown, found.get(name, ()))))} |\n")
    return HEAD + "".join(rows)


def rows(text: str) -> dict[str, tuple[str, list[str]]]:
    """What a table says: by id, the method and path, and who uses it."""
    found = [match.groups() for match in map(_ROW.fullmatch, text.splitlines()) if match]
    return {name: (where, users.split(", ") if users else []) for name, where, users in found}


def differences(text: str, found: Senders, operations: Mapping[str, Any]) -> list[str]:
    """In what a table is not what the records say.

    More users than it names are no difference: what a test of random values sends is not the same each time.
    """
    written = rows(text)
    expected = rows(table(found, operations))
    result = [f"{name} is no operation" for name in written if name not in expected]
    for name, (where, users) in expected.items():
        if name not in written or written[name][0] != where:
            result.append(f"{name} has no row that says {where}")
        elif unseen := set(written[name][1]) - set(users):
            result.append(f"{name} is not used by {', '.join(sorted(unseen))}")
        elif users and not written[name][1]:
            result.append(f"{name} is used by {', '.join(users)}")
    return result


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Count the operations of the API that the tests have used.")
    parser.add_argument("--write", action="store_true", help="write docs/operations.md")
    parser.add_argument("records", nargs="?", type=Path, default=RECORDS, help="the folder with the records")
    options = parser.parse_args(arguments)
    found, operations = read(options.records.glob("*.jsonl")), all_operations()
    text, complete = report(found, operations)
    print(text)
    if options.write:
        TABLE.write_text(table(found, operations), encoding="utf-8")
        return 0 if complete else 1
    wrong = differences(TABLE.read_text(encoding="utf-8"), found, operations)
    if wrong:
        print("docs/operations.md is not current; run tests/tools/coverage_api.py --write:")
        print("\n".join(f"  {line}" for line in wrong))
    return 0 if complete and not wrong else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
