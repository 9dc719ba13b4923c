# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares speed and memory with peers, against the simulator on this machine.

Standard output gets one JSON line a measure, standard error what is going on. `ours_s` and `peer_s` are medians in seconds, `ours_mb`
and `peer_mb` medians of the most memory a process had; `ratio` is ours to the peer's, `faster` the other way round, `n` what each side
did in one run. Both sides take turns, so that whatever else the machine does meets both alike; still, the ratios of a busy machine are
coarse. A run of all measures also writes docs/benchmarks.md, with a picture.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
from pathlib import Path

import inventories
import report
from bench import SMALL, Bench, BenchmarkError, Measure, say
from inventories import growth, memoised_against_floor, memoised_against_stock, memory_of_hosts
from lists import incremental, list_against_requests, list_against_sdk, memory_of_list, pages_side_by_side, pages_side_by_side_skewed
from tasks import devices_against_uri, devices_concurrency, task_against_uri

MEASURES = {
    measure.run.__name__: measure
    for measure in (
        Measure(list_against_requests, 100_000, SMALL, {"ratio": ("<=", 1.15)}),
        Measure(list_against_sdk, 30_000, SMALL, {"faster": (">=", 20)}),
        Measure(memory_of_list, 1_000_000, SMALL, {"growth_mb": ("<=", 50)}),
        Measure(pages_side_by_side, 100_000, 5 * SMALL, {"faster": (">=", 6)}),
        Measure(pages_side_by_side_skewed, 100_000, 5 * SMALL, {"faster": (">=", 4)}),
        Measure(incremental, 100_000, SMALL, {"faster": (">=", 10), "requests_share": ("<=", 0.03)}),
        Measure(memoised_against_floor, 100_000, SMALL, {"ratio": ("<=", 1.3)}),
        Measure(memoised_against_stock, 3_000, SMALL // 10, {"faster": (">=", 5)}),
        Measure(growth, 100_000, SMALL, {"ratio": ("<=", 10.5)}),
        Measure(memory_of_hosts, 100_000, SMALL, {"ratio": ("<=", 1.1)}),
        Measure(task_against_uri, 4, 1, {"ratio": ("<=", 1.3)}),
        Measure(devices_against_uri, 1_000, 30, {"faster": (">=", 50)}),
        Measure(devices_concurrency, 1_000, 30, {"faster": (">=", 8)}),
    )
}


def main() -> int:
    """Run the measures asked for; 1 if one could not be taken, or with --strict if one misses its target."""
    parser = argparse.ArgumentParser(description="Compare speed and memory with peers; one JSON line a measure.")
    parser.add_argument(
        "--only", action="append", choices=list(MEASURES), metavar="NAME", help=f"one of {', '.join(MEASURES)}; may be repeated"
    )
    parser.add_argument("--quick", action="store_true", help="few devices and two runs: to try the benchmarks, not to compare")
    parser.add_argument("--runs", type=int, choices=range(1, 100), metavar="N", help="how many times each side has its turn (default: 5)")
    parser.add_argument("--strict", action="store_true", help="exit with 1 where a target is missed")
    parser.add_argument(
        "--report", type=Path, metavar="FOLDER", help="where to write the table and the picture (default: docs, of a whole run)"
    )
    options = parser.parse_args()
    whole = not (options.only or options.quick)
    folder = options.report or (report.DOCS if whole else None)
    lines = []
    with contextlib.ExitStack() as stack:
        bench = Bench(
            options.runs or (2 if options.quick else 5),
            Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pelion-benchmarks-"))),
            stack,
        )
        try:
            for name in options.only or MEASURES:
                lines.append(MEASURES[name].line(bench, options.quick))
                print(json.dumps(lines[-1]), flush=True)
            if folder:
                say("The picture")
                sizes = (SMALL // 10, SMALL) if options.quick else inventories.SIZES
                report.write(folder, lines, inventories.curves(bench, sizes), bench.runs)
        except BenchmarkError as error:
            say(f"{name}: {error}")
            return 1
    return int(options.strict and not all(line["ok"] for line in lines))


if __name__ == "__main__":
    sys.exit(main())
