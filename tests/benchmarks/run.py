# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares speed and memory with peers, against the simulator on this machine.

Standard output gets one JSON line a measure, standard error what is going on. `ours_s` and `peer_s` are medians in seconds, `ours_mb`
and `peer_mb` medians of the most memory a process had; `ratio` is ours to the peer's, `n` what each side did in one run.
Both sides take turns, so that whatever else the machine does meets both alike; still, the ratios of a busy machine are coarse.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "tools"), str(HERE.parent / "simulator")]

import workspace  # noqa: E402
from pelion_simulator.process import Simulator  # noqa: E402
from sdk import sdk_python  # noqa: E402

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
        self._stack = stack
        self._fleets: dict[int, Simulator] = {}

    def fleet(self, devices: int) -> Simulator:
        """A simulator with this many devices, warm: its whole list has been read once."""
        if devices not in self._fleets:
            say(f"Making a fleet of {devices:,} devices ...")
            simulator = self._stack.enter_context(Simulator(devices=devices, timeout=3600))
            self._fleets[devices] = simulator
            with Reader("requests", self.environment(simulator)) as reader:
                agreed(reader.read()["count"], devices)
        return self._fleets[devices]

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


class Reader:
    """A process of readers.py."""

    def __init__(self, name: str, environment: Mapping[str, str], python: Path = Path(sys.executable)) -> None:
        self.name = name
        # The SDK's source has escapes that newer Pythons warn of while compiling.
        command = [str(python), "-W", "ignore::SyntaxWarning", str(HERE / "readers.py"), name]
        self._process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *exception: object) -> None:
        with self._process:  # closes its input, which ends it, and waits
            pass

    def read(self, limit: int = 0) -> Result:
        """List that many devices, or all, and say how it went.

        :raises BenchmarkError: when the process ends without an answer; its own words are on standard error.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(f"{limit}\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise BenchmarkError(f"The reader '{self.name}' ended without an answer.")
        answer: Result = json.loads(line)
        return answer


def agreed(ours: Any, peer: Any) -> Any:
    """What both sides found.

    :raises BenchmarkError: when they differ.
    """
    if ours != peer:
        raise BenchmarkError(f"The two sides did not do the same: {ours} and {peer}.")
    return ours


# -- the measures


def compare_lists(bench: Bench, n: int, peer_name: str, python: Path) -> Result:
    """Time the client and a peer, each in a process that stays, with one connection that stays."""
    environment = bench.environment(bench.fleet(n))
    ours_s, peer_s = [], []
    with Reader("client", environment) as ours, Reader(peer_name, environment, python) as peer:
        for reader in (ours, peer):
            reader.read(min(n, 1000))
        for _time in range(bench.runs):
            one, other = ours.read(), peer.read()
            agreed((one["count"], one["last"]), (other["count"], other["last"]))
            agreed(one["count"], n)
            ours_s.append(one["seconds"])
            peer_s.append(other["seconds"])
            say(f"  client {one['seconds']:.3f} s, {peer_name} {other['seconds']:.3f} s")
    return times(ours_s, peer_s)


def list_against_requests(bench: Bench, n: int) -> Result:
    """Every device of a fleet, beside a bare loop over the same pages."""
    return compare_lists(bench, n, "requests", Path(sys.executable))


def list_against_sdk(bench: Bench, n: int) -> Result:
    """The same beside the vendor's SDK."""
    result = compare_lists(bench, n, "sdk", sdk_python())
    return {**result, "faster": round(result["peer_s"] / result["ours_s"], 1)}


def memory_of_list(bench: Bench, n: int) -> Result:
    """The most memory of a process that lists a whole fleet, beside that of one which lists a hundredth of it."""
    environment = bench.environment(bench.fleet(n))
    peaks: dict[int, list[float]] = {n: [], n // 100: []}
    for _time in range(bench.runs):
        for limit, peak in peaks.items():
            with Reader("client", environment) as reader:
                answer = reader.read(limit)
            agreed(answer["count"], limit)
            peak.append(answer["peak_mb"])
            say(f"  {limit:,} devices: {answer['peak_mb']:.1f} MB, {answer['seconds']:.2f} s")
    ours, peer = (statistics.median(peak) for peak in peaks.values())
    return {"ours_mb": round(ours, 1), "peer_mb": round(peer, 1), "growth_mb": round(ours - peer, 1), "ratio": round(ours / peer, 3)}


def task_against_uri(bench: Bench, n: int) -> Result:
    """A `device` task that changes nothing beside a `uri` task that gets the same device, taking turns in one play."""
    simulator = bench.fleet(SMALL)
    with Reader("client", bench.environment(simulator)) as reader:
        device = reader.read(1)["last"]
    simulator.patch("devices", device, name="benchmark", description="Stays as it is.")
    simulator.clear_requests()
    # The first pair packs the modules, which the others then share.
    pairs = 1 + n * bench.runs
    ours_s, peer_s = played(bench, simulator, device, pairs)
    agreed([(entry["method"], entry["path"]) for entry in simulator.requests()], [("GET", f"/v3/devices/{device}/")] * 2 * pairs)
    say("  device " + " ".join(f"{seconds:.3f}" for seconds in ours_s) + "\n  uri    " + " ".join(f"{seconds:.3f}" for seconds in peer_s))
    return times(ours_s[1:], peer_s[1:])


def played(bench: Bench, simulator: Simulator, device: str, pairs: int) -> tuple[list[float], list[float]]:
    """Run a play of so many pairs of tasks; the seconds of our tasks and of the peer's.

    :raises BenchmarkError: when the play fails, or a task did not find the device.
    """
    ours = {"api_url": "{{ url }}", "api_key": "{{ key }}", "ca_path": "{{ ca }}"}
    ours.update(id=device, name="benchmark", description="Stays as it is.")
    peer = {"url": f"{{{{ url }}}}/v3/devices/{device}/", "headers": {"Authorization": "Bearer {{ key }}"}, "ca_path": "{{ ca }}"}
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {
            "url": "{{ lookup('ansible.builtin.env', 'PELION_API_URL') }}",
            "key": "{{ lookup('ansible.builtin.env', 'PELION_API_KEY') }}",
            "ca": "{{ lookup('ansible.builtin.env', 'PELION_CA_PATH') }}",
        },
        "tasks": [
            {"name": "ours", "pelion.device_management.device": ours},
            {"name": "peer", "ansible.builtin.uri": {**peer, "return_content": True}},
        ]
        * pairs,
    }
    playbook, log = bench.folder / "playbook.yml", bench.folder / "times.jsonl"
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    environment = bench.environment(simulator)
    environment.update(
        ANSIBLE_CALLBACKS_ENABLED="task_times",
        ANSIBLE_CALLBACK_PLUGINS=str(HERE / "callback_plugins"),
        ANSIBLE_LOCALHOST_WARNING="false",
        TASK_TIMES=str(log),
    )
    log.unlink(missing_ok=True)
    command = [str(Path(sys.executable).with_name("ansible-playbook")), str(playbook)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise BenchmarkError(f"The play failed:\n{done.stdout}")
    entries = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    agreed(
        [(entry["task"], entry["id"], entry["changed"]) for entry in entries], [("ours", device, False), ("peer", device, False)] * pairs
    )
    seconds = [entry["seconds"] for entry in entries]
    return seconds[0::2], seconds[1::2]


@dataclass(frozen=True)
class Measure:
    """`run` returns the figures; `target` is a pair of a figure's name and the most, or with `at_least` the least, it is to be."""

    run: Callable[[Bench, int], Result]
    n: int
    quick_n: int
    target: tuple[str, float]
    at_least: bool = False

    def line(self, bench: Bench, quick: bool) -> Result:
        """Carry it out; what is printed."""
        n = self.quick_n if quick else self.n
        say(f"{self.run.__name__}, n = {n:,}")
        return verdict(self, {"name": self.run.__name__, **self.run(bench, n), "n": n})


def verdict(measure: Measure, result: Result) -> Result:
    """The result with its target in words, and whether it is reached."""
    figure, bound = measure.target
    ok = result[figure] >= bound if measure.at_least else result[figure] <= bound
    return {**result, "target": f"{figure} {'>=' if measure.at_least else '<='} {bound:g}", "ok": ok}


def times(ours_s: Sequence[float], peer_s: Sequence[float]) -> Result:
    """The medians of both sides' seconds, and what they are to each other."""
    ours, peer = statistics.median(ours_s), statistics.median(peer_s)
    return {"ours_s": round(ours, 4), "peer_s": round(peer, 4), "ratio": round(ours / peer, 4)}


MEASURES = {
    measure.run.__name__: measure
    for measure in (
        Measure(list_against_requests, 100_000, SMALL, ("ratio", 1.15)),
        Measure(list_against_sdk, 100_000, SMALL, ("faster", 20), at_least=True),
        Measure(memory_of_list, 1_000_000, SMALL, ("growth_mb", 50)),
        Measure(task_against_uri, 4, 1, ("ratio", 1.3)),
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
    options = parser.parse_args()
    reached = []
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pelion-benchmarks-")))
        bench = Bench(options.runs or (2 if options.quick else 5), folder, stack)
        for name in options.only or MEASURES:
            try:
                line = MEASURES[name].line(bench, options.quick)
            except BenchmarkError as error:
                say(f"{name}: {error}")
                return 1
            print(json.dumps(line), flush=True)
            reached.append(line["ok"])
    return int(options.strict and not all(reached))


if __name__ == "__main__":
    sys.exit(main())
