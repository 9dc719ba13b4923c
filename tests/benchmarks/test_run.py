# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""That the benchmarks run, say what they promise and compare like with like. How fast anything is, is not tested."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import bench as benches  # noqa: E402
import inventories  # noqa: E402
import lists  # noqa: E402
import report  # noqa: E402
import run  # noqa: E402
import tasks  # noqa: E402
from sdk import sdk_python  # noqa: E402

SHAPE = {"name": str, "ratio": float, "n": int, "target": str, "ok": bool}
SECONDS = {**SHAPE, "ours_s": float, "peer_s": float}
FASTER = {**SECONDS, "faster": float}
SHAPES = {
    "list_against_requests": SECONDS,
    "list_against_sdk": FASTER,
    "memory_of_list": {**SHAPE, "ours_mb": float, "peer_mb": float, "growth_mb": float},
    "pages_side_by_side": FASTER,
    "pages_side_by_side_skewed": FASTER,
    "incremental": {**FASTER, "faster_with_files": float, "faster_than_side_by_side": float, "requests_share": float},
    "memoised_against_floor": SECONDS,
    "memoised_against_stock": FASTER,
    "growth": SECONDS,
    "memory_of_hosts": {**SHAPE, "ours_kb": float, "peer_kb": float},
    "task_against_uri": SECONDS,
    "devices_against_uri": FASTER,
    "devices_concurrency": {**FASTER, "most_in_flight": int},
}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[benches.Bench]:
    """A bench for small fleets."""
    with contextlib.ExitStack() as stack:
        yield benches.Bench(1, tmp_path_factory.mktemp("bench"), stack)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a quick run leaves its report."""
    return tmp_path_factory.mktemp("report")


@pytest.fixture(scope="module")
def lines(folder: Path) -> dict[str, dict[str, Any]]:
    """What a quick run prints, by name."""
    command = [sys.executable, str(HERE / "run.py"), "--quick", "--runs", "1", "--report", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    printed = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["name"] for line in printed] == list(SHAPES)
    return {line["name"]: line for line in printed}


@pytest.mark.parametrize("name", SHAPES)
def test_a_measure_is_one_line_of_the_promised_shape(lines: dict[str, dict[str, Any]], name: str) -> None:
    line = lines[name]
    assert {key: type(value) for key, value in line.items()} == SHAPES[name]
    assert all(value > 0 for key, value in line.items() if type(value) in (int, float))


def test_n_is_what_a_quick_run_lists(lines: dict[str, dict[str, Any]]) -> None:
    assert {name: line["n"] for name, line in lines.items()} == {name: measure.quick_n for name, measure in run.MEASURES.items()}


# -- like with like


def test_every_reader_lists_the_same_devices(bench: benches.Bench) -> None:
    """All of a fleet of one and a half pages, and by the same requests: nobody has it easier."""
    simulator = bench.fleet(benches.SMALL)
    found, queries = {}, {}
    for name, python in (("client", Path(sys.executable)), ("requests", Path(sys.executable)), ("sdk", sdk_python())):
        simulator.clear_requests()
        with benches.Worker("readers.py", name, bench.environment(simulator), python) as reader:
            answer = reader.ask(check=True)
        found[name] = (answer["count"], answer["last"], answer["digest"])
        queries[name] = [sorted(entry["query"].split("&")) for entry in simulator.requests()]
    assert found["client"][0] == benches.SMALL
    assert [len(query) for query in queries["client"]] == [1, 2]
    assert found["requests"] == found["sdk"] == found["client"]
    assert queries["requests"] == queries["sdk"] == queries["client"]


def test_sides_that_did_not_do_the_same_are_not_compared() -> None:
    assert benches.agreed(7, 7) == 7
    with pytest.raises(benches.BenchmarkError, match=r"did not do the same: 7 and 6\.$"):
        benches.agreed(7, 6)


def test_both_sides_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else the machine does meanwhile must meet both alike."""
    turns: list[Any] = []

    class Answering(contextlib.nullcontext[Any]):
        def __init__(self, _script: str, name: str, *_more: Any) -> None:
            super().__init__(self)
            self.name = name

        def ask(self, **_order: Any) -> dict[str, Any]:
            turns.append(self.name)
            return {"count": 7, "digest": "", "last": "", "seconds": 1.0}

    class Devices:
        def __init__(self, _simulator: Any) -> None:
            pass

        def ids(self) -> list[str]:
            return ["1", "2"]

    class EnoughError(Exception):
        pass

    def build(_bench: Any, side: str, size: int, check: bool = False) -> dict[str, Any]:
        turns.append((side, size))
        return {"variables": ""}

    def played(_bench: Any, _simulator: Any, wanted: Any) -> None:
        turns.extend(task["name"] for task in wanted)
        raise EnoughError

    some: Any = SimpleNamespace(runs=3, kept={}, fleet=lambda *_size: None, environment=lambda _simulator: {})
    monkeypatch.setattr(lists, "Worker", Answering)
    monkeypatch.setattr(inventories, "build", build)
    monkeypatch.setattr(tasks, "played", played)
    monkeypatch.setattr(tasks, "Service", Devices)
    for module in (lists, tasks):
        monkeypatch.setattr(module, "latency", lambda *_simulator: contextlib.nullcontext())

    lists.compare_lists(some, 7, "ours", "peer")
    assert turns == ["ours", "peer"] * (1 + 3)
    turns.clear()
    inventories.build_in_turns(some, [("ours", 7), ("floor", 7), ("ours", 1)])
    assert turns == [("ours", 7), ("floor", 7), ("ours", 1)] * 3
    for measure in (tasks.devices_against_uri, tasks.devices_concurrency):
        turns.clear()
        with pytest.raises(EnoughError):
            measure(some, 20)
        assert turns == ["ours", "peer"] * (1 + 3)


@pytest.mark.parametrize(("options", "runs"), [([], 5), (["--quick"], 2), (["--runs", "9"], 9)])
def test_a_whole_run_gives_each_side_five_turns(monkeypatch: pytest.MonkeyPatch, options: list[str], runs: int) -> None:
    asked = []

    def measured(_measure: benches.Measure, bench: benches.Bench, _quick: bool) -> Any:
        asked.append(bench.runs)
        raise benches.BenchmarkError

    monkeypatch.setattr(benches.Measure, "line", measured)
    monkeypatch.setattr(sys, "argv", ["run.py", *options])
    assert run.main() == 1
    assert asked == [runs]


class Lying(benches.Worker):
    """A process whose answers are falsified: `lie(name, order, answer)` changes those that it wants to."""

    lie: Any = staticmethod(lambda name, order, answer: None)

    def ask(self, **order: Any) -> dict[str, Any]:
        answer = super().ask(**order)
        Lying.lie(self.name, order, answer)
        return answer


@pytest.mark.parametrize(
    ("measure", "liar", "figure", "value"),
    [
        (lists.list_against_requests, "client", "count", 1499),
        (lists.list_against_requests, "client", "last", "another"),
        (lists.list_against_requests, "client", "digest", "another"),
        (lists.pages_side_by_side, "side_by_side", "digest", "another"),
        (lists.pages_side_by_side_skewed, "side_by_side", "count", 1501),
        (lists.incremental, "refresh", "digest", "another"),
        (lists.incremental, "refresh", "count", 1499),
        (lists.incremental, "side_by_side", "digest", "another"),
        (inventories.memoised_against_floor, "ours.pelion.yml", "variables", "others"),
        (inventories.memoised_against_floor, "floor.pelion.yml", "hosts", 149),
        (inventories.memoised_against_stock, "ours.pelion.yml", "groups", "others"),
        (inventories.memoised_against_stock, "stock.pelion.yml", "variables", "others"),
    ],
)
def test_a_side_that_lies_is_caught(
    bench: benches.Bench, monkeypatch: pytest.MonkeyPatch, measure: Any, liar: str, figure: str, value: Any
) -> None:
    def lie(name: str, _order: Any, answer: dict[str, Any]) -> None:
        if name.endswith(liar) and figure in answer:
            answer[figure] = value

    monkeypatch.setattr(Lying, "lie", staticmethod(lie))
    for module in (lists, inventories):
        monkeypatch.setattr(module, "Worker", Lying)
    # What an honest test has found before must not be taken for this one's.
    monkeypatch.setattr(bench, "kept", {})
    with pytest.raises(benches.BenchmarkError, match="did not do the same"):
        measure(bench, benches.SMALL if measure.__module__ == "lists" else 150)


def test_changes_that_nobody_sees_are_no_measure(bench: benches.Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """All sides alike may not notice what was changed, or it was not changed at all."""
    monkeypatch.setattr(benches.Service, "change", lambda self, ids, **fields: None)
    with pytest.raises(benches.BenchmarkError, match="Nobody has seen that devices were changed"):
        lists.incremental(bench, benches.SMALL)


def test_a_process_that_ends_is_no_measure(bench: benches.Bench) -> None:
    environment = {**bench.environment(bench.fleet(150)), "PELION_API_URL": "none"}
    with benches.Worker("readers.py", "client", environment) as reader, pytest.raises(benches.BenchmarkError, match="'client' ended"):
        reader.ask()


def test_a_play_whose_task_fails_is_no_measure(bench: benches.Bench) -> None:
    with pytest.raises(benches.BenchmarkError, match=r"(?s)^The play failed:.*There is no device with the id 0{32}"):
        tasks.played(bench, bench.fleet(benches.SMALL), tasks.look_at("0" * 32))


@pytest.mark.parametrize(
    ("measure", "side", "option", "value"),
    [
        (tasks.devices_against_uri, "ours", "device_ids", []),
        (tasks.devices_against_uri, "ours", "description", "another"),
        (tasks.devices_concurrency, "peer", "concurrency", 2),
    ],
)
def test_a_task_that_does_something_else_is_caught(
    bench: benches.Bench, monkeypatch: pytest.MonkeyPatch, measure: Any, side: str, option: str, value: Any
) -> None:
    """What the simulator was sent tells, whatever the task says of itself."""
    real = tasks.played

    def played(bench: benches.Bench, simulator: Any, wanted: Any) -> Any:
        for task in wanted:
            arguments = task.get("pelion.device_management.devices")
            if arguments and task["name"] == side:
                arguments[option] = arguments[option][:-1] if option == "device_ids" else value
        return real(bench, simulator, wanted)

    monkeypatch.setattr(tasks, "played", played)
    with pytest.raises(benches.BenchmarkError, match="did not do the same"):
        measure(bench, 30)


def test_more_in_flight_than_there_are_workers_is_caught(bench: benches.Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    real = tasks.changes

    def changes(simulator: Any) -> Any:
        sent = real(simulator)
        next(entries for text, entries in sent.items() if text.startswith("ours"))[7]["in_flight"] = tasks.WORKERS + 1
        return sent

    monkeypatch.setattr(tasks, "changes", changes)
    # Of requests that change nothing, such as those that list, it knows only the most at a time.
    monkeypatch.setattr(tasks.Simulator, "max_in_flight", lambda self: tasks.WORKERS + 1)
    with pytest.raises(benches.BenchmarkError, match=re.escape("did not do the same: (1, False, False) and (1, True, True)")):
        tasks.devices_concurrency(bench, 30)


def test_both_inventories_make_what_the_expressions_say(bench: benches.Bench) -> None:
    """Or nothing would be evaluated on either side."""
    answers = {side: inventories.build(bench, side, 150, check=True) for side in inventories.SOURCES}
    assert answers["ours"]["groups"] == answers["stock"]["groups"] != answers["floor"]["groups"]
    assert answers["ours"]["variables"] == answers["stock"]["variables"] == answers["floor"]["variables"]


# -- figures


@pytest.mark.parametrize(
    ("targets", "result", "ok", "target"),
    [
        ({"ratio": ("<=", 1.15)}, {"ratio": 1.15}, True, "ratio <= 1.15"),
        ({"ratio": ("<=", 1.15)}, {"ratio": 1.16}, False, "ratio <= 1.15"),
        ({"faster": (">=", 20)}, {"faster": 20}, True, "faster >= 20"),
        ({"faster": (">=", 20)}, {"faster": 19.9}, False, "faster >= 20"),
        ({"faster": (">=", 20), "ratio": ("<=", 1)}, {"faster": 21, "ratio": 1.1}, False, "faster >= 20, ratio <= 1"),
    ],
)
def test_targets_are_judged_by_their_figures(targets: Any, result: dict[str, float], ok: bool, target: str) -> None:
    measure = benches.Measure(lists.list_against_requests, 1, 1, targets)
    assert benches.verdict(measure, result) == {**result, "target": target, "ok": ok}


def test_medians_are_compared() -> None:
    assert benches.times([9.0, 1.0, 2.0], [4.0, 100.0, 3.0]) == {"ours_s": 2.0, "peer_s": 4.0, "ratio": 0.5}
    assert benches.faster([0.3, 0.1, 0.2], [1.0]) == {"ours_s": 0.2, "peer_s": 1.0, "ratio": 0.2, "faster": 5.0}
    assert benches.times([0.00123456], [1.0])["ours_s"] == 0.001235


# -- the report


def test_the_report_has_every_measure_and_every_point(lines: dict[str, dict[str, Any]], folder: Path) -> None:
    page = (folder / "benchmarks.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in page.splitlines() if row.startswith("| ")]
    assert [row[0] for row in rows[2:]][: len(SHAPES)] == [f"`{name}`" for name in SHAPES]
    for row, line in zip(rows[2:], lines.values(), strict=False):
        assert row[6] == ("yes" if line["ok"] else "**no**")
        assert f"- {row[0]}: " in page
        # Every figure is somewhere.
        assert all(f"{line[figure]:.3g}" in page for figure in line if isinstance(line[figure], float) and figure != "ratio")
    assert "Also: `faster_with_files` " in page
    times = rows[2 + len(SHAPES) :]
    assert times[0] == ["Seconds", "150 devices", "1,500 devices"]
    assert [row[0] for row in times[2:]] == list(report.NAMES.values())
    assert all(float(cell) > 0 for row in times[2:] for cell in row[1:])
    assert "](benchmarks.svg)" in page
    assert f"were not timed with more than {inventories.STOCK_MOST:,} devices" in page
    # Of the machine it says what figures depend on, and nothing of whose it is.
    machine = r"^\d{4}-\d\d-\d\d: \d+ cores, \d+ GB, \S+ \S+, Python 3\.\d+\.\d+, ansible-core 2\.\d+\.\d+\S*\.$"
    assert re.search(machine, page, re.MULTILINE)
    assert str(Path.home()) not in page and str(HERE.parents[1]) not in page


def test_the_picture_has_every_line_and_no_time_of_its_own(lines: dict[str, dict[str, Any]], folder: Path) -> None:
    text = (folder / "benchmarks.svg").read_text(encoding="utf-8")
    words = {element.text for element in ElementTree.fromstring(text).iter("{http://www.w3.org/2000/svg}text")}
    assert words >= {"this collection", "a plugin that only adds hosts", "the vendor's SDK, only listing"}
    assert words >= {"Ansible's own constructed features", "seconds", "devices in the fleet", "150", "1,500"}
    assert "dc:date" not in text


def test_the_same_points_make_the_same_picture(tmp_path: Path) -> None:
    points = {name: [(1_000, 1.0 + number), (10_000, 10.0 + number)] for number, name in enumerate(report.NAMES)}
    for name in ("a", "b"):
        report.write(tmp_path / name, [], points, 5)
    assert (tmp_path / "a/benchmarks.svg").read_bytes() == (tmp_path / "b/benchmarks.svg").read_bytes()


def test_points_of_measures_are_not_timed_again(bench: benches.Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "kept", {("ours", 150): [{"seconds": 3.0}, {"seconds": 1.0}, {"seconds": 2.0}]})
    points = inventories.curves(bench, (150,))
    assert points["ours"] == [(150, 2.0)]
    assert all(len(line) == 1 and line[0][1] > 0 for line in points.values())
    monkeypatch.setattr(inventories, "STOCK_MOST", 149)
    assert inventories.curves(bench, (150,))["stock"] == []
