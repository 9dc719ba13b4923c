# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what a run has found for people: a table, and a picture of time against the size of a fleet."""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import inventories
import lists
import tasks
import workspace
from bench import HERE, BenchmarkError, Result
from sdk import pinned_python

DOCS = workspace.ROOT / "docs"
Points = Mapping[str, Sequence[tuple[int, float]]]


def write(folder: Path, lines: Sequence[Result], points: Points, runs: int) -> None:
    """Write benchmarks.md and benchmarks.svg.

    :raises BenchmarkError: when the picture cannot be drawn.
    """
    folder.mkdir(parents=True, exist_ok=True)
    command = [str(pinned_python("plot")), str(HERE / "plot.py"), str(folder / "benchmarks.svg")]
    drawn = subprocess.run(command, input=json.dumps(points), stderr=subprocess.PIPE, text=True, check=False)
    if drawn.returncode:
        raise BenchmarkError(f"The picture could not be drawn:\n{drawn.stderr}")
    (folder / "benchmarks.md").write_text(page(lines, points, runs), encoding="utf-8")


def page(lines: Sequence[Result], points: Points, runs: int) -> str:
    """The text of benchmarks.md."""
    rows = [[f"`{line['name']}`", f"{line['n']:,}", side(line, "ours"), side(line, "peer"), *judged(line)] for line in lines]
    sizes = sorted({size for line in points.values() for size, _seconds in line})
    times = [[NAMES[name], *(f"{dict(line)[size]:.3g}" if size in dict(line) else "" for size in sizes)] for name, line in points.items()]
    return f"""<!-- Written by `make bench`; do not edit. -->
# Benchmarks

What one run of `make bench` has found, against the simulator on the same machine: medians of {runs} runs in which both sides took turns.
Ratios carry over to other machines better than seconds do.

{machine()}

{table(["Measure", "n", "Ours", "Peer", "Figure", "Target", "Reached"], rows)}

{chr(10).join(f"- `{line['name']}`: {meaning(line['name'])}{further(line)}" for line in lines)}

## Time against the size of the fleet

![Seconds against the number of devices, both on logarithmic scales; the table below has the same figures.](benchmarks.svg)

{table(["Seconds", *(f"{size:,} devices" for size in sizes)], times)}

All but the SDK build an inventory in a new process, with two variables and five kinds of groups made by expressions (the plugin that
only adds hosts makes the variables without expressions, and no groups). The SDK only lists the devices. What no measure above has timed
was timed once; Ansible's own constructed features were not timed with more than {inventories.STOCK_MOST:,} devices.
"""


NAMES = {
    "stock": "Ansible's own constructed features",
    "ours": "This collection",
    "sdk": "The vendor's SDK, only listing",
    "floor": "A plugin that only adds hosts",
}


def machine() -> str:
    """What the figures were measured on, without names."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = f"Python {platform.python_version()}, ansible-core {version('ansible-core')}"
    return f"{datetime.date.today()}: {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}, {versions}."


def side(line: Result, whose: str) -> str:
    """What one side took, with its unit."""
    return next(
        f"{line[f'{whose}_{unit}']:.3g} {name}" for unit, name in (("s", "s"), ("mb", "MB"), ("kb", "KB")) if f"{whose}_{unit}" in line
    )


WORDS = {"ratio": "ratio {}", "faster": "{} times as fast", "growth_mb": "{} MB more", "requests_share": "{} of the requests"}


def judged(line: Result) -> tuple[str, str, str]:
    """The figures that have targets, the targets, and whether all are reached."""
    figures, bounds = [], []
    for target in line["target"].split(", "):
        figure, sign, bound = target.split(" ")
        figures.append(WORDS[figure].format(f"{line[figure]:.3g}"))
        bounds.append(f"{'at most' if sign == '<=' else 'at least'} {bound}")
    return ", ".join(figures), ", ".join(bounds), "yes" if line["ok"] else "**no**"


def meaning(name: str) -> str:
    """What a measure compares, as its function says."""
    function: Any = next(getattr(module, name) for module in (lists, inventories, tasks) if hasattr(module, name))
    return " ".join(function.__doc__.split())


def further(line: Result) -> str:
    """The figures of a measure that the table does not show."""
    known = {"name", "n", "ours_s", "peer_s", "ours_mb", "peer_mb", "ours_kb", "peer_kb", "ratio", "faster", "target", "ok"}
    more = [f"`{figure}` {value:.3g}" for figure, value in line.items() if figure not in known and figure not in line["target"]]
    return f" Also: {', '.join(more)}." if more else ""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])
