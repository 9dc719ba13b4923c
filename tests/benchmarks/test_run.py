# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""That the benchmarks run, say what they promise and compare like with like. How fast anything is, is not tested."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
SHAPE = {"name": str, "ratio": float, "n": int, "target": str, "ok": bool}
SECONDS = {**SHAPE, "ours_s": float, "peer_s": float}
SHAPES = {
    "list_against_requests": SECONDS,
    "list_against_sdk": {**SECONDS, "faster": float},
    "memory_of_list": {**SHAPE, "ours_mb": float, "peer_mb": float, "growth_mb": float},
    "task_against_uri": SECONDS,
}


@pytest.fixture(scope="module")
def run() -> ModuleType:
    """run.py as a module."""
    specification = importlib.util.spec_from_file_location("run", HERE / "run.py")
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["run"] = module
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def bench(run: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A bench that has a small fleet."""
    with run.contextlib.ExitStack() as stack:
        yield run.Bench(1, tmp_path_factory.mktemp("bench"), stack)


@pytest.fixture(scope="module")
def lines() -> dict[str, dict[str, Any]]:
    """What a quick run prints, by name."""
    done = subprocess.run([sys.executable, str(HERE / "run.py"), "--quick", "--runs", "1"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    printed = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["name"] for line in printed] == list(SHAPES)
    return {line["name"]: line for line in printed}


@pytest.mark.parametrize("name", SHAPES)
def test_a_measure_is_one_line_of_the_promised_shape(lines: dict[str, dict[str, Any]], name: str) -> None:
    line = lines[name]
    assert {key: type(value) for key, value in line.items()} == SHAPES[name]
    assert all(value > 0 for key, value in line.items() if type(value) in (int, float))


def test_n_is_what_a_quick_run_lists(lines: dict[str, dict[str, Any]], run: ModuleType) -> None:
    assert {name: line["n"] for name, line in lines.items()} == {name: measure.quick_n for name, measure in run.MEASURES.items()}


def test_every_reader_lists_the_same_devices(run: ModuleType, bench: Any) -> None:
    """All of a fleet of one and a half pages, and by the same requests: nobody has it easier."""
    simulator = bench.fleet(run.SMALL)
    found, queries = {}, {}
    for name, python in (("client", Path(sys.executable)), ("requests", Path(sys.executable)), ("sdk", run.sdk_python())):
        simulator.clear_requests()
        with run.Reader(name, bench.environment(simulator), python) as reader:
            answer = reader.read()
        found[name] = (answer["count"], answer["last"])
        queries[name] = [sorted(entry["query"].split("&")) for entry in simulator.requests()]
    assert found["client"][0] == run.SMALL
    assert [len(query) for query in queries["client"]] == [1, 2]
    assert found["requests"] == found["sdk"] == found["client"]
    assert queries["requests"] == queries["sdk"] == queries["client"]


def test_sides_that_did_not_do_the_same_are_not_compared(run: ModuleType) -> None:
    assert run.agreed(7, 7) == 7
    with pytest.raises(run.BenchmarkError, match=r"did not do the same: 7 and 6\.$"):
        run.agreed(7, 6)


def test_a_play_whose_task_fails_is_no_measure(run: ModuleType, bench: Any) -> None:
    with pytest.raises(run.BenchmarkError, match=r"(?s)^The play failed:.*There is no device with the id 0{32}"):
        run.played(bench, bench.fleet(run.SMALL), "0" * 32, 1)


@pytest.mark.parametrize(
    ("at_least", "figure", "ok", "target"),
    [
        (False, 1.15, True, "ratio <= 1.15"),
        (False, 1.16, False, "ratio <= 1.15"),
        (True, 1.15, True, "ratio >= 1.15"),
        (True, 1.14, False, "ratio >= 1.15"),
    ],
)
def test_a_target_is_judged_by_its_figure(run: ModuleType, at_least: bool, figure: float, ok: bool, target: str) -> None:
    measure = run.Measure(run.list_against_requests, 1, 1, ("ratio", 1.15), at_least=at_least)
    assert run.verdict(measure, {"ratio": figure}) == {"ratio": figure, "target": target, "ok": ok}


def test_medians_are_compared(run: ModuleType) -> None:
    assert run.times([9.0, 1.0, 2.0], [4.0, 100.0, 3.0]) == {"ours_s": 2.0, "peer_s": 4.0, "ratio": 0.5}
