# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all measures share: fleets, processes that take orders, agreement, medians and targets."""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "tools"), str(HERE.parent / "simulator")]

import requests  # noqa: E402
import workspace  # noqa: E402
from pelion_simulator.process import Simulator  # noqa: E402

Result = dict[str, Any]
SMALL = 1_500  # a page and a half


class BenchmarkError(Exception):
    """Two sides did not do the same, or one did not do its work: their times must not be compared."""


def say(text: str) -> None:
    """Progress, for people."""
    print(text, file=sys.stderr, flush=True)


class Bench:
    """What the measures share: the simulators that run, a temporary folder, and how often each side has its turn."""

    def __init__(self, runs: int, folder: Path, stack: contextlib.ExitStack) -> None:
        self.runs = runs
        self.folder = folder
        self.kept: dict[tuple[str, int], list[Result]] = {}
        """By side and size of a fleet: what the processes answered, which several measures and the picture are taken from."""
        self._stack = stack
        self._fleets: dict[tuple[int, float], Simulator] = {}

    def fleet(self, devices: int, skew: float = 0) -> Simulator:
        """A simulator with this many devices, a share of them created within one minute; warm: its whole list has been read once."""
        if (devices, skew) not in self._fleets:
            say(f"Making a fleet of {devices:,} devices{f', {skew:.0%} of them within one minute' if skew else ''} ...")
            simulator = self._stack.enter_context(Simulator(devices=devices, skew=skew, timeout=3600))
            self._fleets[devices, skew] = simulator
            with Worker("readers.py", "requests", self.environment(simulator)) as reader:
                agreed(reader.ask()["count"], devices)
        return self._fleets[devices, skew]

    def environment(self, simulator: Simulator) -> dict[str, str]:
        """For every process that talks to the simulator, ours and peers'. The key travels in nothing but this."""
        environment = workspace.environment(self.folder / "home")
        # Users' Python keeps what it has compiled.
        del environment["PYTHONDONTWRITEBYTECODE"]
        return {
            **environment,
            "ANSIBLE_COLLECTIONS_PATH": str(workspace.ROOT / ".dev"),
            "MBED_CLOUD_SDK_API_KEY": simulator.api_key,
            "MBED_CLOUD_SDK_HOST": simulator.url,
            "NO_PROXY": "127.0.0.1",
            "PELION_API_KEY": simulator.api_key,
            "PELION_API_URL": simulator.url,
            "PELION_CA_PATH": simulator.ca_file,
            "PYTHONPATH": str(workspace.ROOT / ".dev"),
            # The SDK has no setting of its own for a CA; like the bare loop it goes by that of the HTTP library.
            "REQUESTS_CA_BUNDLE": simulator.ca_file,
            "no_proxy": "127.0.0.1",
        }


class Worker:
    """A process of a script in this folder, which answers each line of JSON with one."""

    def __init__(self, script: str, name: str, environment: Mapping[str, str], python: Path = Path(sys.executable)) -> None:
        self.name = name
        # The SDK's source has escapes that newer Pythons warn of while compiling.
        command = [str(python), "-W", "ignore::SyntaxWarning", str(HERE / script), name]
        self._process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *exception: object) -> None:
        with self._process:  # closes its input, which ends it, and waits
            pass

    def ask(self, **order: Any) -> Result:
        """Give an order, and say how it went.

        :raises BenchmarkError: when the process ends without an answer; its own words are on standard error.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise BenchmarkError(f"The process '{self.name}' ended without an answer.")
        answer: Result = json.loads(line)
        return answer


class Service:
    """What a measure itself asks of a simulator, without anything that it measures."""

    def __init__(self, simulator: Simulator) -> None:
        self._devices = simulator.url + "/v3/devices/"
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = simulator.ca_file
        self._session.headers["Authorization"] = f"Bearer {simulator.api_key}"

    def ids(self) -> list[str]:
        """The ids of all devices in their order."""
        found: list[str] = []
        more = True
        while more:
            query = {"limit": "1000"} | ({"after": found[-1]} if found else {})
            page = self._session.get(self._devices, params=query, timeout=60).json()
            found += [device["id"] for device in page["data"]]
            more = page["has_more"]
        return found

    def change(self, ids: Sequence[str], **fields: Any) -> None:
        """Give devices new fields."""
        for identity in ids:
            self._session.put(f"{self._devices}{identity}/", json=fields, timeout=60).raise_for_status()


@contextlib.contextmanager
def latency(simulator: Simulator, milliseconds: float) -> Iterator[None]:
    """Let every answer take that much longer."""
    simulator.settings(latency_ms=milliseconds)
    try:
        yield
    finally:
        simulator.settings(latency_ms=0)


def agreed(ours: Any, peer: Any) -> Any:
    """What both sides found.

    :raises BenchmarkError: when they differ.
    """
    if ours != peer:
        raise BenchmarkError(f"The two sides did not do the same: {ours} and {peer}.")
    return ours


@dataclass(frozen=True)
class Measure:
    """`run` returns the figures; `targets` say of some of them what they are to be at most ("<=") or at least (">=")."""

    run: Callable[[Bench, int], Result]
    n: int
    quick_n: int
    targets: Mapping[str, tuple[str, float]]

    def line(self, bench: Bench, quick: bool) -> Result:
        """Carry it out; what is printed."""
        n = self.quick_n if quick else self.n
        say(f"{self.run.__name__}, n = {n:,}")
        return verdict(self, {"name": self.run.__name__, **self.run(bench, n), "n": n})


def verdict(measure: Measure, result: Result) -> Result:
    """The result with its targets in words, and whether all are reached."""
    targets = [(figure, sign, bound) for figure, (sign, bound) in measure.targets.items()]
    ok = all(result[figure] <= bound if sign == "<=" else result[figure] >= bound for figure, sign, bound in targets)
    return {**result, "target": ", ".join(f"{figure} {sign} {bound:g}" for figure, sign, bound in targets), "ok": ok}


def shortened(figure: float) -> float:
    """A figure with four digits that count."""
    return float(f"{figure:.4g}")


def times(ours_s: Sequence[float], peer_s: Sequence[float]) -> Result:
    """The medians of both sides' seconds, and what they are to each other."""
    ours, peer = statistics.median(ours_s), statistics.median(peer_s)
    return {"ours_s": shortened(ours), "peer_s": shortened(peer), "ratio": shortened(ours / peer)}


def faster(ours_s: Sequence[float], peer_s: Sequence[float]) -> Result:
    """The same with how many times as fast ours is."""
    return {**times(ours_s, peer_s), "faster": shortened(statistics.median(peer_s) / statistics.median(ours_s))}
