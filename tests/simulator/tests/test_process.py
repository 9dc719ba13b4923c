# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command and the class that runs it."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from simulator_helpers import Api, Watched
from websockets.exceptions import InvalidMessage, InvalidStatus
from websockets.sync.client import connect

from pelion_simulator.__main__ import KEY_VARIABLE
from pelion_simulator.process import Simulator, SimulatorError
from pelion_simulator.server import bind

ROOT = Path(__file__).resolve().parent.parent
ANSWERS = json.dumps(dict.fromkeys(("url", "http_url", "ca_file", "api_key"), ""))
"""What a process says that answers."""


@contextmanager
def start(*switches: str, stdin: int = subprocess.DEVNULL, environment: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """The command, run as a user would; it is ended in any case."""
    with subprocess.Popen(
        [sys.executable, "-m", "pelion_simulator", "--devices", "5", *switches],
        cwd=ROOT,
        env=environment,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_one_line_then_an_end_by_signal(tmp_path: Path, number: signal.Signals) -> None:
    with start("--tls-dir", str(tmp_path / "tls"), environment=os.environ | {"TMPDIR": str(tmp_path)}) as process:
        assert process.stdout
        assert process.stderr
        found = json.loads(process.stdout.readline())
        assert set(found) == {"url", "http_url", "ca_file", "api_key"}
        assert found["ca_file"] == str(tmp_path / "tls" / "ca.pem")
        assert (tmp_path / "tls" / "server.pem").stat().st_mode & 0o077 == 0
        with requests.Session() as session:
            session.trust_env = False
            # Kept open: an idle connection does not delay the end, or it would be said that it was waited for.
            assert session.get(found["url"] + "/v3/devices/", verify=found["ca_file"], timeout=30).status_code == 401
            process.send_signal(number)
            assert process.wait(10) == 0
        assert process.stdout.read() == ""
        assert process.stderr.read() == ""
    assert [path.name for path in tmp_path.iterdir()] == ["tls"]


def test_nothing_is_said_about_faults_that_were_asked_for() -> None:
    with start() as process:
        assert process.stdout
        assert process.stderr
        url = json.loads(process.stdout.readline())["http_url"]
        with requests.Session() as session:
            session.trust_env = False
            for rule in ({"reset": True}, {"truncate": 3, "body": "longer"}):
                session.post(url + "/_simulator/faults", json=rule, timeout=30)
                with pytest.raises(requests.exceptions.RequestException):
                    session.get(url + "/v3/devices/", allow_redirects=False, timeout=30)
            for rule, error in (({"reset": True}, InvalidMessage), ({"status": 429}, InvalidStatus)):
                session.post(url + "/_simulator/faults", json=rule, timeout=30)
                with pytest.raises(error), connect(url.replace("http", "ws") + "/v2/notification/websocket-connect", proxy=None):
                    pass
        process.terminate()
        assert process.stderr.read() == ""


def test_an_end_with_a_request_under_way(tmp_path: Path) -> None:
    with Simulator(devices=5) as simulator:
        simulator.faults(delay_ms=60_000)
        address = simulator.http_url.removeprefix("http://").split(":")
        with socket.create_connection((address[0], int(address[1]))) as waiting:
            waiting.sendall(b"GET /v3/devices/ HTTP/1.1\r\nHost: x\r\n\r\n")
            while not simulator.requests():
                time.sleep(0.01)
            begun = time.monotonic()
            simulator.stop()
            assert time.monotonic() - begun < 8


def test_the_end_of_standard_input_is_an_end_on_request() -> None:
    with start("--until-stdin-closes", stdin=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline()
        process.stdin.write("still here")
        process.stdin.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        process.stdin.close()
        assert process.wait(10) == 0


def test_the_key_may_be_chosen() -> None:
    with start(environment=os.environ | {KEY_VARIABLE: "ak_1chosen" + "0" * 40}) as process:
        assert process.stdout
        assert json.loads(process.stdout.readline())["api_key"] == "ak_1chosen" + "0" * 40


def test_the_generation_may_be_chosen() -> None:
    with Simulator(devices=2, spec=2019) as simulator:
        assert simulator.settings()["spec"] == 2019
        simulator.settings(spec=2021)
        simulator.reset()
        assert simulator.settings()["spec"] == 2019
    with pytest.raises(SimulatorError, match="--spec: invalid choice"):
        Simulator(spec=2018).start()


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, start("--port", str(taken.getsockname()[1])) as process:
        out, err = process.communicate(timeout=30)
        assert process.returncode == 1
        assert out == ""
        assert "Address already in use" in err
        assert "Traceback" not in err


def test_a_state_keeps_what_was_changed(tmp_path: Path) -> None:
    state = tmp_path / "new" / "fleet.sqlite"
    with Watched(devices=20, seed=3, state=state) as simulator:
        api = Api(simulator)
        first = api.get("/v3/devices/")
        device = first["data"][0]["id"]
        api.put(f"/v3/devices/{device}/", {"name": "kept"})
        created = api.post("/v3/device-groups/", {"name": "kept"})
        (latest,) = simulator.add("device-groups", {"created_at": "2090-01-01T00:00:00Z"})
        with pytest.raises(SimulatorError, match=r"fleet\.sqlite cannot be used as a state: database is locked"):
            Simulator(state=state).start()
    with Watched(devices=99, seed=4, state=state) as simulator:
        assert simulator.api_key == api.key
        api = Api(simulator)
        assert api.get(f"/v3/devices/{device}/")["name"] == "kept"
        assert api.get(f"/v3/device-groups/{created['id']}/") == created
        new = api.post("/v3/device-groups/", {})["id"]
        assert [group["id"] for group in api.get("/v3/device-groups/?limit=3&order=DESC")["data"]] == [new, latest, created["id"]]
        simulator.reset()
        assert api.get("/v3/devices/") == first
    assert [path.name for path in state.parent.iterdir()] == ["fleet.sqlite"]


def test_a_state_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello " * 100)
    with pytest.raises(SimulatorError, match="text cannot be used as a state: file is not a database"):
        Simulator(state=tmp_path / "text").start()
    with sqlite3.connect(tmp_path / "other") as other:
        other.execute("CREATE TABLE a (b)")
    with pytest.raises(SimulatorError, match="other is not a state of this version"):
        Simulator(state=tmp_path / "other").start()


def test_what_the_process_says_of_its_failures() -> None:
    with Watched(devices=5) as simulator:
        assert simulator.errors() == ""
        api = Api(simulator)
        device = api.get("/v3/devices/?state__eq=registered")["data"][0]["id"]
        simulator.patch("devices", device, updated_at="never")
        for number in (1, 2):
            assert api.send("GET", f"/v3/devices/{device}/echo").status_code == 500
            assert simulator.errors().count(f"ERROR pelion_simulator: GET /v3/devices/{device}/echo\nTraceback") == number


def test_a_start_that_fails(tmp_path: Path) -> None:
    with pytest.raises(SimulatorError, match=r"did not start: .*no-such-python"):
        Simulator(python="/no-such-python").start()
    with pytest.raises(SimulatorError, match=r"(?s)did not start\. It said:\n.*invalid float value: 'x'"):
        Simulator(latency_ms="x").start()  # type: ignore[arg-type]
    with pytest.raises(SimulatorError, match=r"--skew: invalid share value: '1\.5'"):
        Simulator(skew=1.5).start()
    late = tmp_path / "python"
    late.write_text(f"#!/bin/sh\nsleep 10\necho '{ANSWERS}'\n")
    late.chmod(0o700)
    with pytest.raises(SimulatorError, match=r"did not start\. It said:\n$"):
        Simulator(python=str(late), timeout=0).start()


def test_the_process_ends_with_the_block_whatever_happens() -> None:
    simulator = Simulator(devices=1)
    with pytest.raises(ZeroDivisionError), simulator:
        raise ZeroDivisionError
    with pytest.raises(SimulatorError):
        simulator.requests()
    simulator.stop()


def answers(host: str, port: str) -> bool:
    """Whether something listens there."""
    try:
        socket.create_connection((host, int(port))).close()
    except ConnectionRefusedError:
        return False
    return True


def test_the_server_ends_with_its_parent_however_that_ends() -> None:
    code = (
        "import time; from pelion_simulator.process import Simulator\n"
        "simulator = Simulator(devices=1); simulator.start(); print(simulator.http_url, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        host, _separator, port = parent.stdout.readline().strip().removeprefix("http://").partition(":")
        assert answers(host, port)
        parent.kill()
    deadline = time.monotonic() + 10
    while answers(host, port) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not answers(host, port)


def test_a_process_that_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pelion_simulator.process.GRACE", 0.2)
    deaf = tmp_path / "python"
    deaf.write_text(f"#!/bin/sh\ntrap '' TERM\necho $$ > {tmp_path}/pid\necho '{ANSWERS}'\nwhile :; do sleep 0.1; done\n")
    deaf.chmod(0o700)
    with Simulator(python=str(deaf)):
        number = int((tmp_path / "pid").read_text())
        os.kill(number, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_answers_do_not_wait_for_more() -> None:
    """asyncio switches Nagle's algorithm off only on sockets that say they are TCP."""
    with bind("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_it_needs_the_standard_library_only() -> None:
    code = "import sys, pelion_simulator.process as p; print(sorted({'requests', 'starlette', 'trustme', 'uvicorn'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
