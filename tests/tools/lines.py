# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts the lines of code of each module, without documentation, blank lines and comments, and fails when the medians are too high.

A module is a declaration: what is longer has a reason, and few have one.
"""

from __future__ import annotations

import ast
import io
import statistics
import sys
import tokenize
from collections.abc import Mapping
from pathlib import Path

from workspace import ROOT

MODULES = ROOT / "plugins/modules"
DOCUMENTS = ("DOCUMENTATION", "EXAMPLES", "RETURN")
# The highest median of the modules that change something, and of those that only read.
LIMITS = {"x": 25, "x_info": 8}
_NO_CODE = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


def code_lines(source: str) -> int:
    """How many lines of a module's text are code. A line counts once, however much is on it."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    code = {line for token in tokens if token.type not in _NO_CODE for line in range(token.start[0], token.end[0] + 1)}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Assign, ast.Expr)) and _is_prose(node):
            code -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(code)


def _is_prose(node: ast.Assign | ast.Expr) -> bool:
    if isinstance(node, ast.Assign):
        return any(isinstance(target, ast.Name) and target.id in DOCUMENTS for target in node.targets)
    return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def kind(name: str) -> str:
    """Which limit a module is under."""
    return "x_info" if name.endswith("_info") else "x"


def medians(counts: Mapping[str, int]) -> dict[str, float]:
    """The median of each kind that there is."""
    kinds = {kind(name) for name in counts}
    return {which: statistics.median(lines for name, lines in counts.items() if kind(name) == which) for which in LIMITS if which in kinds}


def report(counts: Mapping[str, int]) -> tuple[str, bool]:
    """The table with its medians, and whether all are within their limits."""
    width = max(map(len, counts))
    found = medians(counts)
    rows = [f"{name:{width}} {lines:5}" for name, lines in sorted(counts.items(), key=lambda item: (kind(item[0]), item[1], item[0]))]
    rows += [f"{which}: median {median:g}, at most {LIMITS[which]}" for which, median in found.items()]
    return "\n".join(rows), all(median <= LIMITS[which] for which, median in found.items())


def main(folder: Path = MODULES) -> int:
    counts = {path.stem: code_lines(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.py"))}
    if not counts:
        raise SystemExit(f"There are no modules in {folder}.")
    text, within = report(counts)
    print(text)
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
