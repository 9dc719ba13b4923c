# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures of reading lists, without Ansible."""

from __future__ import annotations

import contextlib
import statistics
import sys
import time
from pathlib import Path

from bench import Bench, BenchmarkError, Result, Service, Worker, agreed, faster, latency, say, shortened, times
from sdk import sdk_python

LATENCY = 100
"""Milliseconds that a page takes longer, where the way to the service is to matter."""
SKEW = 0.9
PARTS = 100
"""One in so many devices changes between two refreshes."""
HERE_PYTHON = Path(sys.executable)


def compare_lists(
    bench: Bench, n: int, ours_name: str, peer_name: str, python: Path = HERE_PYTHON, skew: float = 0, milliseconds: float = 0
) -> tuple[list[float], list[float]]:
    """The seconds of two readers, each in a process that stays, with its connections. First both read all, and must find the same."""
    simulator = bench.fleet(n, skew)
    environment = bench.environment(simulator)
    ours_s, peer_s = [], []
    with Worker("readers.py", ours_name, environment) as ours, Worker("readers.py", peer_name, environment, python) as peer:
        found = [reader.ask(check=True) for reader in (ours, peer)]
        agreed(*([answer["count"], answer["digest"]] for answer in found))
        with latency(simulator, milliseconds):
            for _time in range(bench.runs):
                one, other = ours.ask(), peer.ask()
                agreed((one["count"], one["last"]), (other["count"], other["last"]))
                agreed(one["count"], n)
                ours_s.append(one["seconds"])
                peer_s.append(other["seconds"])
                say(f"  {ours_name} {one['seconds']:.3f} s, {peer_name} {other['seconds']:.3f} s")
    return ours_s, peer_s


def list_against_requests(bench: Bench, n: int) -> Result:
    """Every device of a fleet, beside a bare loop over the same pages."""
    return times(*compare_lists(bench, n, "client", "requests"))


def list_against_sdk(bench: Bench, n: int) -> Result:
    """The same beside the vendor's SDK."""
    ours_s, peer_s = compare_lists(bench, n, "client", "sdk", sdk_python())
    bench.kept["sdk", n] = [{"seconds": seconds} for seconds in peer_s]
    return faster(ours_s, peer_s)


def memory_of_list(bench: Bench, n: int) -> Result:
    """The most memory of a process that lists a whole fleet, beside that of one which lists a hundredth of it."""
    environment = bench.environment(bench.fleet(n))
    peaks: dict[int, list[float]] = {n: [], n // 100: []}
    for _time in range(bench.runs):
        for limit, peak in peaks.items():
            with Worker("readers.py", "client", environment) as reader:
                answer = reader.ask(limit=limit)
            agreed(answer["count"], limit)
            peak.append(answer["peak_mb"])
            say(f"  {limit:,} devices: {answer['peak_mb']:.1f} MB, {answer['seconds']:.2f} s")
    ours, peer = (statistics.median(peak) for peak in peaks.values())
    return {"ours_mb": round(ours, 1), "peer_mb": round(peer, 1), "growth_mb": round(ours - peer, 1), "ratio": round(ours / peer, 3)}


def pages_side_by_side(bench: Bench, n: int) -> Result:
    """Every device, with 16 pages at a time, beside a bare loop over the pages; each page takes 100 ms longer."""
    return faster(*compare_lists(bench, n, "side_by_side", "requests", milliseconds=LATENCY))


def pages_side_by_side_skewed(bench: Bench, n: int) -> Result:
    """The same where nine of ten devices were created within one minute."""
    return faster(*compare_lists(bench, n, "side_by_side", "requests", skew=SKEW, milliseconds=LATENCY))


def incremental(bench: Bench, n: int) -> Result:
    """A refresh after one of a hundred devices has changed, beside reading the whole list; each page takes 100 ms longer.

    `ours_s` is a refresh of what was kept, `peer_s` reading the list page after page, both of the same fields without `groups`; loading
    and saving what is kept is in neither, but in `faster_with_files`. `faster_than_side_by_side` compares the refresh with reading 16 pages
    at a time.
    """
    simulator = bench.fleet(n)
    service = Service(simulator)
    chosen = service.ids()[::PARTS]
    environment = {**bench.environment(simulator), "SNAPSHOTS": str(bench.folder / "snapshots")}
    found: dict[str, list[Result]] = {"refresh": [], "whole": [], "side_by_side": []}
    with contextlib.ExitStack() as stack:
        workers = {name: stack.enter_context(Worker("snapshots.py", name, environment)) for name in found}
        before = agreed(*(digest_of(workers[name].ask(anew=True), n) for name in ("refresh", "whole")))
        for _time in range(bench.runs):
            service.change(chosen, description=f"Changed at {time.time_ns()}.")
            with latency(simulator, LATENCY):
                for name, worker in workers.items():
                    simulator.clear_requests()
                    found[name].append({**worker.ask(), "requests": len(simulator.requests())})
            one, *others = (digest_of(answers[-1], n) for answers in found.values())
            for other in others:
                agreed(one, other)
            if one == before:
                raise BenchmarkError("Nobody has seen that devices were changed.")
            before = one
            say("  " + ", ".join(f"{name} {answers[-1]['seconds']:.3f} s" for name, answers in found.items()))

    def median(name: str, *figures: str) -> float:
        return statistics.median(sum(answer[figure] for figure in figures) for answer in found[name])

    return {
        **faster([answer["seconds"] for answer in found["refresh"]], [answer["seconds"] for answer in found["whole"]]),
        "faster_with_files": shortened(median("whole", "seconds", "files_s") / median("refresh", "seconds", "files_s")),
        "faster_than_side_by_side": shortened(median("side_by_side", "seconds") / median("refresh", "seconds")),
        "requests_share": shortened(median("refresh", "requests") / median("whole", "requests")),
    }


def digest_of(answer: Result, n: int) -> str:
    """What says that two have the same devices, all of them."""
    agreed(answer["count"], n)
    return str(answer["digest"])
