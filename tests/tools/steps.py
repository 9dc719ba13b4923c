# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs named commands two at a time, keeps each one's log, and says what happened: a line a step, then what they add up to."""

from __future__ import annotations

import concurrent.futures
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workspace import ROOT


@dataclass(frozen=True)
class Step:
    """One command. `least` is how many passed tests its pytest summaries must add up to, for a run of no tests is no success."""

    name: str
    command: Sequence[str]
    least: int = 0
    env: Mapping[str, str] | None = None
    cwd: Path = ROOT


@dataclass(frozen=True)
class Outcome:
    """How one step ended. `note` is its last line, or why it counts as failed."""

    step: Step
    ok: bool
    seconds: float
    passed: int
    failed: int
    skipped: int
    note: str
    log: Path


def _count(word: str, log: str) -> int:
    """Add up one word of pytest's closing lines ("=== 3 passed, 1 skipped in 0.1s ===")."""
    closing = re.findall(r"^(?:=+ )?((?:\d+ [a-z]+(?:, )?)+) in [\d.]+s", log, re.MULTILINE)
    return sum(int(count) for line in closing for count in re.findall(rf"(\d+) {word}\b", line))


def run_step(step: Step, logs: Path) -> Outcome:
    """Run one step with all it prints going to `logs/NAME.log`."""
    path = logs / f"{step.name.replace(' ', '-')}.log"
    begun = time.monotonic()
    with path.open("w", encoding="utf-8") as stream:
        status = subprocess.run(
            step.command, cwd=step.cwd, env=step.env, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT, check=False
        ).returncode
    log = path.read_text(encoding="utf-8", errors="replace")
    lines = [line.strip(" =") for line in log.splitlines() if line.strip(" =")]
    passed, failed, skipped = _count("passed", log), _count("failed", log) + _count("errors?", log), _count("skipped", log)
    note = lines[-1] if lines else ""
    ok = status == 0
    if not ok:
        note = f"exit status {status}"
    elif passed < step.least:
        ok, note = False, f"{passed} tests passed, but at least {step.least} were to run"
    return Outcome(step, ok, time.monotonic() - begun, passed, failed, skipped, note, path)


def run_all(steps: Sequence[Step], logs: Path, workers: int = 2) -> list[Outcome]:
    """Run the steps in the order given, which is best the longest first, and print a line as each one ends."""
    logs.mkdir(parents=True, exist_ok=True)
    outcomes = []
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for future in concurrent.futures.as_completed([pool.submit(run_step, step, logs) for step in steps]):
            outcome = future.result()
            outcomes.append(outcome)
            word = "ok" if outcome.ok else "FAILED"
            print(f"{word:<6} {outcome.step.name:<28} {outcome.seconds:6.1f} s  {outcome.note[:100]}", flush=True)
            if not outcome.ok:
                log = outcome.log.read_text(encoding="utf-8", errors="replace").splitlines()
                # What went wrong first, for a long report may be cut.
                wrong = [line for line in log[:-60] if line.startswith(("ERROR", "FAILED", "FATAL"))][:20]
                print("\n".join(f"       | {line}" for line in wrong + log[-60:]), flush=True)
    return outcomes


def report(outcomes: Sequence[Outcome], logs: Path, begun: float) -> int:
    """Say what the steps add up to; returns the exit status: 0 only if something ran and nothing failed."""
    bad = [outcome for outcome in outcomes if not outcome.ok]
    print(f"\n{len(outcomes)} steps in {time.monotonic() - begun:.0f} s; logs are in {os.path.relpath(logs, ROOT)}")
    if bad:
        print(f"Failed: {', '.join(sorted(outcome.step.name for outcome in bad))}")
    # A step that runs no pytest counts as one test.
    passed = sum(outcome.passed or outcome.ok for outcome in outcomes)
    failed = sum(outcome.failed or 1 for outcome in bad)
    print(f"{passed} passed, {failed} failed, {sum(outcome.skipped for outcome in outcomes)} skipped", flush=True)
    return 1 if bad or not outcomes else 0


def main(arguments: Sequence[str]) -> int:
    """Run the named targets of the Makefile: `steps.py TARGET[:LEAST]... [-- TARGET...]`, those after the dashes after the others."""
    rounds: list[list[Step]] = [[]]
    for argument in arguments:
        target, _separator, least = argument.partition(":")
        if target == "--":
            rounds.append([])
        else:
            rounds[-1].append(Step(target, ["make", "--no-print-directory", target], least=int(least or 0)))
    logs = ROOT / ".build/logs"
    begun = time.monotonic()
    return report([outcome for steps in rounds for outcome in run_all(steps, logs)], logs, begun)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
