# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures of whole inventories, built by Ansible's own InventoryManager in a new process each time."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from typing import Any

from bench import HERE, Bench, Result, Worker, agreed, faster, say, shortened, times
from sdk import sdk_python

EXPRESSIONS = {
    "compose": {"number": "serial_number", "kind": "device_class ~ '-' ~ state"},
    "groups": {"heating": "custom_attributes.role | default('') == 'heating'", "suspended": "operator_suspended or system_suspended"},
    "keyed_groups": [
        {"key": "device_class", "prefix": "class"},
        {"key": "custom_attributes.site | default('none')", "prefix": "site"},
        {"key": "state", "prefix": "state"},
    ],
}
"""Two variables, of which one is a path to what no two devices have alike and one is made of two fields of few values; and groups."""
SOURCES: dict[str, dict[str, Any]] = {
    "ours": {"plugin": "pelion.device_management.devices", **EXPRESSIONS},
    "floor": {"plugin": "floor"},
    "stock": {"plugin": "floor", "stock": True, **EXPRESSIONS},
}
Turn = tuple[str, int]
"""Whose inventory is built, and of how many devices."""


def build(bench: Bench, side: str, devices: int, check: bool = False) -> Result:
    """What a process says of the inventory that it has built. With `check` also digests of its contents, which takes longer."""
    source = bench.folder / f"{side}.pelion.yml"
    source.write_text(json.dumps(SOURCES[side]), encoding="utf-8")
    environment = {
        **bench.environment(bench.fleet(devices)),
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
        "ANSIBLE_INVENTORY_PLUGINS": str(HERE / "inventory_plugins"),
    }
    with Worker("builders.py", str(source), environment) as builder:
        answer = builder.ask(check=check)
    agreed(answer["hosts"], devices)
    say(f"  {side} of {devices:,} devices: {answer['seconds']:.2f} s, {answer['peak_mb']:.0f} MB")
    return answer


def build_in_turns(bench: Bench, turns: Sequence[Turn]) -> dict[Turn, list[Result]]:
    """Every inventory as often as each side has its turn. Of as many devices all must make the same hosts with the same variables.

    :raises BenchmarkError: when one does not.
    """
    found: dict[Turn, list[Result]] = {turn: [] for turn in turns}
    for number in range(bench.runs):
        for turn, answers in found.items():
            answers.append(build(bench, *turn, check=number == 0))
    for devices in {devices for _side, devices in turns}:
        one, *others = (found[turn][0] for turn in turns if turn[1] == devices)
        for other in others:
            agreed(one["variables"], other["variables"])
    bench.kept |= found
    return found


def seconds(answers: Sequence[Result]) -> list[float]:
    """The times of some inventories."""
    return [answer["seconds"] for answer in answers]


def ours_and_floor(bench: Bench, n: int) -> dict[Turn, list[Result]]:
    """Our inventory and that of the floor, of so many devices and of a tenth; built once for all measures."""
    turns = [(side, size) for size in (n, n // 10) for side in ("ours", "floor")]
    return {turn: bench.kept[turn] for turn in turns} if set(turns) <= set(bench.kept) else build_in_turns(bench, turns)


def memoised_against_floor(bench: Bench, n: int) -> Result:
    """Our inventory with expressions, beside a plugin that reads the same devices and only adds them as hosts with the same variables.

    The plugin calls Ansible's `add_host` for each host and `set_variable` for each variable, as plugins do; ours sets all variables of a
    host at once, which is quicker.
    """
    found = ours_and_floor(bench, n)
    return times(seconds(found["ours", n]), seconds(found["floor", n]))


def memoised_against_stock(bench: Bench, n: int) -> Result:
    """Our inventory with expressions, beside that plugin with Ansible's own constructed features; both make the same groups."""
    found = build_in_turns(bench, [("ours", n), ("stock", n)])
    agreed(*(found[side, n][0]["groups"] for side in ("ours", "stock")))
    return faster(seconds(found["ours", n]), seconds(found["stock", n]))


def growth(bench: Bench, n: int) -> Result:
    """Our inventory of so many devices (`ours_s`), beside that of a tenth of them (`peer_s`)."""
    found = ours_and_floor(bench, n)
    return times(seconds(found["ours", n]), seconds(found["ours", n // 10]))


def memory_of_hosts(bench: Bench, n: int) -> Result:
    """How much more memory a process needs at most for each further host: ours, beside the plugin that only adds hosts."""
    found = ours_and_floor(bench, n)

    def kilobytes(side: str) -> float:
        large, small = (statistics.median(answer["peak_mb"] for answer in found[side, size]) for size in (n, n // 10))
        return (large - small) * 1024 / (n - n // 10)

    ours, peer = kilobytes("ours"), kilobytes("floor")
    return {"ours_kb": shortened(ours), "peer_kb": shortened(peer), "ratio": shortened(ours / peer)}


# -- the picture

SIZES = (1_000, 3_000, 10_000, 30_000, 100_000)
STOCK_MOST = 30_000
"""Ansible's own class takes minutes where it has more hosts."""


def curves(bench: Bench, sizes: Sequence[int] = SIZES) -> dict[str, list[tuple[int, float]]]:
    """Seconds for each size of a fleet, for each side; of what a measure has timed its median, of the rest one run."""
    points: dict[str, list[tuple[int, float]]] = {side: [] for side in ("stock", "ours", "sdk", "floor")}
    for size in sizes:
        for side, line in points.items():
            if side != "stock" or size <= STOCK_MOST:
                answers = bench.kept.get((side, size)) or [listed(bench, size) if side == "sdk" else build(bench, side, size)]
                line.append((size, statistics.median(seconds(answers))))
    return points


def listed(bench: Bench, n: int) -> Result:
    """What the vendor's SDK takes to list as many devices; it has no inventory."""
    with Worker("readers.py", "sdk", bench.environment(bench.fleet(n)), sdk_python()) as reader:
        reader.ask(limit=min(n, 1000))
        return reader.ask()
