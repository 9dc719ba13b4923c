# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures of tasks, taking turns in one play."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import HERE, SMALL, Bench, BenchmarkError, Result, Service, Worker, agreed, faster, latency, say, times
from pelion_simulator.process import Simulator

Task = dict[str, Any]
OURS = {"api_url": "{{ url }}", "api_key": "{{ key }}", "ca_path": "{{ ca }}"}
LOOP = 20
"""Items of a loop over `uri`, whose time an item is compared."""
LATENCY = 50
WORKERS = 16


def uri(path: str, **options: Any) -> Task:
    """A task of `ansible.builtin.uri` that is sent to the simulator."""
    signed = {"headers": {"Authorization": "Bearer {{ key }}"}, "ca_path": "{{ ca }}"}
    return {"ansible.builtin.uri": {"url": "{{ url }}" + path, **signed, **options}}


def played(bench: Bench, simulator: Simulator, tasks: Sequence[Task]) -> list[Result]:
    """Run a play of these tasks; what the callback plugin task_times tells of each.

    :raises BenchmarkError: when the play fails.
    """
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {
            "url": "{{ lookup('ansible.builtin.env', 'PELION_API_URL') }}",
            "key": "{{ lookup('ansible.builtin.env', 'PELION_API_KEY') }}",
            "ca": "{{ lookup('ansible.builtin.env', 'PELION_CA_PATH') }}",
        },
        "tasks": tasks,
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
    simulator.clear_requests()
    command = [str(Path(sys.executable).with_name("ansible-playbook")), str(playbook)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise BenchmarkError(f"The play failed:\n{done.stdout}")
    entries = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    agreed([entry["task"] for entry in entries], [task["name"] for task in tasks])
    return entries


def took(entries: Sequence[Result]) -> tuple[list[float], list[float]]:
    """The seconds of our tasks and of the peer's. The first pair packs the modules, which the others then share."""
    ours_s, peer_s = ([entry["seconds"] for entry in entries if entry["task"] == side][1:] for side in ("ours", "peer"))
    for side, its in (("ours", ours_s), ("peer", peer_s)):
        say(f"  {side} " + " ".join(f"{seconds:.3f}" for seconds in its))
    return ours_s, peer_s


def task_against_uri(bench: Bench, n: int) -> Result:
    """A `device` task that changes nothing beside a `uri` task that gets the same device, taking turns in one play."""
    simulator = bench.fleet(SMALL)
    with Worker("readers.py", "client", bench.environment(simulator)) as reader:
        device = reader.ask(limit=1)["last"]
    simulator.patch("devices", device, name="benchmark", description="Stays as it is.")
    pairs = 1 + n * bench.runs
    entries = played(bench, simulator, look_at(device) * pairs)
    agreed([(entry["id"], entry["changed"]) for entry in entries], [(device, False)] * 2 * pairs)
    agreed([(entry["method"], entry["path"]) for entry in simulator.requests()], [("GET", f"/v3/devices/{device}/")] * 2 * pairs)
    return times(*took(entries))


def look_at(device: str) -> list[Task]:
    """A task of ours that finds a device as it should be, and a peer's that gets it."""
    ours = {**OURS, "id": device, "name": "benchmark", "description": "Stays as it is."}
    return [
        {"name": "ours", "pelion.device_management.device": ours},
        {"name": "peer", **uri(f"/v3/devices/{device}/", return_content=True)},
    ]


def changes(simulator: Simulator) -> dict[str, list[Result]]:
    """The requests that changed devices since the play began, by the description that they gave.

    :raises BenchmarkError: when one was not carried out.
    """
    found: dict[str, list[Result]] = {}
    for entry in simulator.requests():
        if entry["method"] == "PUT":
            agreed(entry["status"], 200)
            found.setdefault(json.loads(entry["body"])["description"], []).append(entry)
    return found


def set_all(ids: Sequence[str], text: str, **options: Any) -> Task:
    """A task of ours that changes the description of devices."""
    return {"name": "ours", "pelion.device_management.devices": {**OURS, "device_ids": list(ids), "description": text, **options}}


def devices_against_uri(bench: Bench, n: int) -> Result:
    """Devices that one `devices` task changes, beside those that a loop over `uri` changes: seconds for each device."""
    simulator = bench.fleet(SMALL)
    ids = Service(simulator).ids()
    many, few = ids[:n], ids[-min(LOOP, n // 10) :]
    pairs, mark = 1 + bench.runs, time.time_ns()
    tasks = []
    for number in range(pairs):
        loop = uri("/v3/devices/{{ item }}/", method="PUT", body_format="json", body={"description": f"peer {mark} {number}"})
        tasks += [set_all(many, f"ours {mark} {number}"), {"name": "peer", "loop": few, **loop}]
    entries = played(bench, simulator, tasks)
    sent = changes(simulator)
    for number in range(pairs):
        for side, wanted in (("ours", many), ("peer", few)):
            paths = [entry["path"] for entry in sent.get(f"{side} {mark} {number}", [])]
            agreed(sorted(paths), sorted(f"/v3/devices/{identity}/" for identity in wanted))
    agreed([entry["items"] for entry in entries], [len(many), len(few)] * pairs)
    ours_s, peer_s = took(entries)
    return faster([seconds / len(many) for seconds in ours_s], [seconds / len(few) for seconds in peer_s])


def devices_concurrency(bench: Bench, n: int) -> Result:
    """A `devices` task with 16 workers beside one with a single worker, where each call takes 50 ms longer."""
    simulator = bench.fleet(SMALL)
    ids = Service(simulator).ids()[:n]
    pairs, mark = 1 + bench.runs, time.time_ns()
    texts = [f"{side} {mark} {number}" for number in range(pairs) for side in ("ours", "peer")]
    workers = {"ours": WORKERS, "peer": 1}
    tasks = [{**set_all(ids, text, concurrency=workers[text[:4]]), "name": text[:4]} for text in texts]
    with latency(simulator, LATENCY):
        entries = played(bench, simulator, tasks)
    agreed([entry["items"] for entry in entries], [n] * 2 * pairs)
    sent = changes(simulator)
    agreed({text: len(requests) for text, requests in sent.items()}, dict.fromkeys(texts, n))
    most = {"ours": 0, "peer": 0}
    for text, requests in sent.items():
        side = text.partition(" ")[0]
        most[side] = max(most[side], *(entry["in_flight"] for entry in requests))
    agreed((most["peer"], most["ours"] <= WORKERS, simulator.max_in_flight() <= WORKERS), (1, True, True))
    return {**faster(*took(entries)), "most_in_flight": most["ours"]}
