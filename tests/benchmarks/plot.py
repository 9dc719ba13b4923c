# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws seconds against the size of a fleet: plot.py FILE.svg, with the points of each line as JSON on standard input.

The same points make the same file. It has no background, and its colours are as far from white as from black, so that it can be read on
either; lines differ in their marks and dashes as well, and have their names beside them.
"""

from __future__ import annotations

import json
import sys

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

GREY = "#767676"
LINES = {
    "stock": ("Ansible's own constructed features", "#C25400", "s", "-"),
    "floor": ("a plugin that only adds hosts", GREY, "^", (0, (5, 2))),
    "ours": ("this collection", "#0078C8", "o", "-"),
    "sdk": ("the vendor's SDK, only listing", "#9A5BA5", "D", (0, (1, 1.5))),
}
"""Name, colour, mark and dashes; what is broken comes last, so that nothing hides behind what is not."""
STYLE = {
    "axes.edgecolor": GREY,
    "axes.labelcolor": GREY,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.family": "sans-serif",
    "font.size": 11,
    "svg.fonttype": "none",
    "svg.hashsalt": "pelion.device_management",
    "text.color": GREY,
    "xtick.color": GREY,
    "ytick.color": GREY,
}


def draw(points: dict[str, list[tuple[int, float]]], path: str) -> None:
    """Write the picture."""
    with pyplot.rc_context(STYLE):
        figure, axes = pyplot.subplots(figsize=(8, 4.6))
        # Room on the right for the names of the lines.
        figure.subplots_adjust(left=0.1, right=0.7, bottom=0.13, top=0.9)
        for name, (_label, colour, mark, dashes) in LINES.items():
            axes.plot(*zip(*points[name], strict=True), color=colour, marker=mark, markersize=6, linewidth=2, linestyle=dashes)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("devices in the fleet")
        axes.set_ylabel("seconds")
        axes.set_xticks(sorted({size for line in points.values() for size, _seconds in line}))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda number, _position: f"{number:,g}"))
            axis.set_minor_formatter(NullFormatter())
        axes.grid(color=GREY, alpha=0.25, linewidth=0.8)
        axes.set_title("Time to make an inventory", loc="left", color=GREY)
        name_lines(axes, points)
        figure.savefig(path, transparent=True, metadata={"Date": None, "Title": "Time to make an inventory against the size of the fleet"})


def name_lines(axes: Axes, points: dict[str, list[tuple[int, float]]]) -> None:
    """Write the name of each line beside its end, and where ends are close to one another the names one above the other."""
    to_points = 72 / axes.figure.dpi
    lowest: dict[int, float] = {}
    for name in sorted(LINES, key=lambda name: points[name][-1][1]):
        label, colour, _mark, _dashes = LINES[name]
        size, seconds = points[name][-1]
        height = axes.transData.transform((size, seconds))[1] * to_points
        place = max(height, lowest.get(size, height))
        lowest[size] = place + 15
        axes.annotate(label, (size, seconds), (9, place - height), textcoords="offset points", color=colour, va="center")


if __name__ == "__main__":
    draw(json.load(sys.stdin), sys.argv[1])
