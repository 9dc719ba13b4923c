# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command: python -m pelion_simulator."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
import tempfile
from pathlib import Path

from . import server
from .app import Service, make_app
from .areas import AREAS, ROWS
from .clock import Clock
from .engine import Engine
from .fleet import Fleet
from .operations import YEARS
from .store import StateError, Store
from .switches import Settings

log = logging.getLogger("pelion_simulator")
KEY_VARIABLE = "PELION_SIMULATOR_API_KEY"


def share(text: str) -> float:
    """A number from 0 to 1. Raises ValueError."""
    value = float(text)
    if not 0 <= value <= 1:
        raise ValueError
    return value


def parser() -> argparse.ArgumentParser:
    """The switches."""
    made = argparse.ArgumentParser(prog="pelion_simulator", description="A server that behaves like the Pelion Device Management REST API.")
    made.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    made.add_argument("--port", type=int, default=0, help="HTTPS port; 0 takes a free one (default)")
    made.add_argument("--http-port", type=int, default=0, help="port that redirects plain HTTP to HTTPS; 0 takes a free one (default)")
    made.add_argument("--devices", type=int, default=1000, help="size of a new fleet (default: %(default)s)")
    made.add_argument("--seed", type=int, default=1, help="the same seed, size and skew make the same fleet (default: %(default)s)")
    made.add_argument("--skew", type=share, default=0, help="share of the devices created within one minute (default: %(default)s)")
    made.add_argument("--latency-ms", type=float, default=0, help="delay of every answer (default: %(default)s)")
    made.add_argument("--spec", type=int, choices=YEARS, default=YEARS[-1], help="generation of the API (default: %(default)s)")
    made.add_argument("--tls-dir", type=Path, help="where to leave ca.pem and server.pem (default: a folder that is removed at the end)")
    made.add_argument("--state", type=Path, help="file that keeps the fleet; one that exists is continued (default: none is kept)")
    made.add_argument("--until-stdin-closes", action="store_true", help="also end when standard input is closed")
    return made


def open_store(path: Path, options: argparse.Namespace) -> Store:
    """The state in a file, which is made where there is none. Raises StateError."""
    if not path.exists():
        # Filled under another name, so that a fill broken off is never taken for a state.
        part = path.with_name(path.name + ".part")
        part.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        store = Store(part, ROWS)
        Fleet(options.seed, options.devices, os.environ.get(KEY_VARIABLE, ""), options.skew).fill(store, AREAS)
        store.close()
        part.replace(path)
    return Store(path, ROWS)


def run(options: argparse.Namespace, folder: Path) -> None:
    """Serve until a signal. `folder` is for what need not be kept."""
    store = open_store(options.state or folder / "state.sqlite", options)
    fleet = Fleet(int(store.fact("seed")), options.devices)
    settings = Settings(*(area.SETTINGS for area in AREAS))
    settings.change({"latency_ms": options.latency_ms, "spec": options.spec})
    engine = Engine(AREAS, store, Clock(store.last(), int(store.fact("clock_offset"))), settings)
    connections = server.Connections()
    service = Service(engine, fleet, connections.break_off)
    ca_file, server_file = server.make_certificates(options.tls_dir or folder, options.host)
    https, http = server.bind(options.host, options.port), server.bind(options.host, options.http_port)
    service.https_port = https.getsockname()[1]
    host = server.reachable(options.host)

    async def serve() -> None:
        timekeeper = asyncio.create_task(engine.keep_time())
        await site.serve(https, http, ready, options.until_stdin_closes)
        timekeeper.cancel()

    def ready() -> None:
        found = {
            "url": f"https://{host}:{service.https_port}",
            "http_url": f"http://{host}:{http.getsockname()[1]}",
            "ca_file": str(ca_file.resolve()),
            "api_key": store.fact("api_key"),
        }
        print(json.dumps(found), flush=True)

    try:
        site = server.Site(make_app(service), connections, server_file)
        asyncio.run(serve())
    finally:
        store.close()


def main() -> int:
    """Run the command; the exit status."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    options = parser().parse_args()
    with tempfile.TemporaryDirectory(prefix="pelion-simulator-") as folder:
        try:
            run(options, Path(folder))
        except (OSError, StateError) as error:
            log.error("%s", error)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
