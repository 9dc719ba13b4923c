# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo: a simulated fleet, its inventory, a playbook played twice, and a summary. Exit status 0 only if all went as it should.

The simulator's key is handed on by the environment only: it is in no argument and no output.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import simulator
import workspace

DEVICES = 1000
TAGGED = 50
INVENTORY = "playbooks/inventory/demo.pelion.yml"
INVENTORY_COMMAND = ["ansible-inventory", "-i", INVENTORY, "--graph"]
PLAYBOOK_COMMAND = ["ansible-playbook", "-i", INVENTORY, "playbooks/demo.yml"]
# Of long lists so many entries are shown.
SHOWN = 3
COLOUR = re.compile(r"\x1b\[[\d;]*m")
BANNER_STARS = re.compile(r" \*{3,}")
RECAP = re.compile(r"(\S+)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)")


class DemoError(Exception):
    """The demo did not show what it is meant to show. The text says what."""


@dataclass(frozen=True)
class Recap:
    """What a playbook run adds up to, over all hosts."""

    hosts: int
    ok: int
    changed: int
    failed: int

    @staticmethod
    def of(lines: Iterable[str]) -> Recap:
        """Read it from what ansible-playbook printed."""
        found = [[int(count) for count in match.groups()[1:]] for match in map(RECAP.match, lines) if match]
        ok, changed, unreachable, failed = (sum(column) for column in zip(*found, strict=True)) if found else (0, 0, 0, 0)
        return Recap(len(found), ok, changed, unreachable + failed)


def shortened(lines: Iterable[str]) -> Iterator[str]:
    """What ansible-playbook prints, without its stars, and with long runs of hosts cut short."""
    alike, status, recap, begun = 0, "", False, False
    for line in lines:
        plain = COLOUR.sub("", line).rstrip()
        begun = begun or bool(plain)
        if recap or plain.startswith("PLAY RECAP"):
            recap = True  # the summary of all hosts comes from Recap
            continue
        result = re.fullmatch(r"(ok|changed): \[[^]]*\]", plain)
        now = result[1] if result else ""
        if alike > SHOWN and now != status:
            yield f"... and {alike - SHOWN} more devices"
        alike = alike + 1 if now and now == status else int(bool(now))
        status = now
        if begun and alike <= SHOWN:
            yield BANNER_STARS.sub("", line).rstrip()


def graph(text: str) -> tuple[dict[str, list[str]], int]:
    """The groups of `ansible-inventory --graph` with their hosts, and how many different hosts there are."""
    groups: dict[str, list[str]] = {}
    for line in text.splitlines():
        if heading := re.fullmatch(r"  \|--@(.+):", line):
            members = groups.setdefault(heading[1], [])
        elif host := re.fullmatch(r"  \|  \|--(.+)", line):
            members.append(host[1])
    return groups, len({host for hosts in groups.values() for host in hosts})


def show_graph(groups: dict[str, list[str]]) -> Iterator[str]:
    """The graph with the groups that the playbook uses, and one of each other kind."""
    wanted = ["pelion_devices", "site_oslo", "state_registered", "class_edge_gw_2", "group_pilot"]
    yield "@all:"
    for name in wanted:
        hosts = groups.get(name, [])
        yield f"  |--@{name}:"
        yield from (f"  |  |--{host}" for host in hosts[:2])
        yield f"  |  ... and {len(hosts) - 2:,} more devices"
    yield f"  ... and {len(groups.keys() - {*wanted, 'ungrouped'})} more groups"


def say(text: str = "") -> None:
    """A paragraph, or an empty line."""
    width = min(shutil.get_terminal_size().columns, 100)
    print(textwrap.fill(text, width), flush=True)


def heading(number: int, text: str) -> None:
    """The title of a step."""
    line = f"{number}. {text}"
    print(f"\n\033[1m{line}\033[0m\n" if sys.stdout.isatty() else f"\n{line}\n{'=' * len(line)}\n", flush=True)


def command(words: Sequence[str]) -> None:
    """A command as a user would type it."""
    print(f"\n  $ {' '.join(words)}\n", flush=True)


def list_inventory(env: dict[str, str]) -> int:
    """Show the inventory; returns how many devices are in it."""
    command(INVENTORY_COMMAND)
    done = subprocess.run(INVENTORY_COMMAND, cwd=workspace.ROOT, env=env, stdout=subprocess.PIPE, text=True, check=False)
    groups, hosts = graph(done.stdout)
    if done.returncode or hosts != DEVICES:
        raise DemoError(f"The inventory has {hosts} devices instead of {DEVICES} (exit status {done.returncode}).")
    for line in show_graph(groups):
        print("  " + line)
    return hosts


def play(env: dict[str, str], say_ok: bool = True) -> Recap:
    """Play the playbook, printing what it says, without `say_ok` only of changes and failures. Raises DemoError when it fails."""
    command(PLAYBOOK_COMMAND)
    env = {**env, "ANSIBLE_DISPLAY_OK_HOSTS": str(say_ok)}
    seen: list[str] = []

    def remembered(stream: Iterable[str]) -> Iterator[str]:
        for line in stream:
            seen.append(COLOUR.sub("", line))
            yield line

    with subprocess.Popen(
        PLAYBOOK_COMMAND, cwd=workspace.ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in shortened(remembered(process.stdout or ())):
            print("  " + line if line else "", flush=True)
    recap = Recap.of(seen)
    if process.returncode or recap.failed or recap.hosts < TAGGED:
        raise DemoError(f"The playbook failed: exit status {process.returncode}, {recap}.")
    print(f"  In sum: {recap.hosts} hosts, ok={recap.ok} changed={recap.changed} failed={recap.failed}", flush=True)
    return recap


def environment(home: Path, running: simulator.Simulator) -> dict[str, str]:
    """What the commands of the demo see: this collection, the simulator, and no settings of the caller's."""
    extra = {
        **simulator.variables(running),
        "ANSIBLE_COLLECTIONS_PATH": str(workspace.ROOT / ".dev"),
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
        "ANSIBLE_FORKS": "10",
        # By itself an inventory that cannot be read is a warning.
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true",
        "ANSIBLE_FORCE_COLOR" if sys.stdout.isatty() else "ANSIBLE_NOCOLOR": "true",
        # Ansible wants a locale with UTF-8, whatever the caller has.
        "LC_ALL": "C.UTF-8",
    }
    return workspace.environment(home, extra=extra)


def demo(home: Path) -> None:
    """All of it. Raises DemoError."""
    begun = time.monotonic()
    say("This starts a simulated fleet on this machine and manages it with Ansible. It needs no account and no network.")

    heading(1, "A fleet to manage")
    with simulator.Simulator(devices=DEVICES) as running:
        env = environment(home, running)
        say(
            f"The simulator serves {DEVICES:,} devices at {running.url}, over HTTPS and with a certificate that is checked. "
            "Its address, its API key and its certificate authority are in the environment variables PELION_API_URL, "
            "PELION_API_KEY and PELION_CA_PATH. For a real account you would set the key alone."
        )

        heading(2, "Its devices as an Ansible inventory")
        say(f"Every device is a host. {INVENTORY} says which groups to make of what the service knows of each.")
        hosts = list_inventory(env)

        heading(3, "A playbook")
        say(
            f"It tags {TAGGED} devices, saves a query that finds them and runs it, makes a group of them, and plays against that group. "
            "The error at its end is meant to be there: it shows what a mistake looks like."
        )
        first = play(env)
        if first.changed <= TAGGED:
            raise DemoError(f"The first run was to change more than {TAGGED} things, but changed {first.changed}.")

        heading(4, "The same playbook again")
        say("All is as it should be already, so nothing may change now. This time only changes and errors are shown.")
        second = play(env, say_ok=False)
        if second.changed:
            raise DemoError(f"The second run was to change nothing, but changed {second.changed} things.")
        requests = len(running.requests())

    heading(5, "What happened")
    print(f"  {hosts:,} devices listed as inventory, over HTTPS")
    print(f"  {TAGGED} devices tagged, 1 query saved and run, 1 group made and filled")
    print(f"  first run: changed={first.changed}, second run: changed={second.changed}")
    print(f"  {requests:,} requests answered in {time.monotonic() - begun:.0f} seconds; nothing is left running or lying about")
    print("\nFrom here:")
    print("  playbooks/demo.yml       what you have just seen")
    print("  playbooks/site.yml       a whole fleet kept by one file, playbooks/vars/fleet.yml")
    print("  make simulator           a simulator that stays, for playbooks of your own")
    print("  README.md                installing the collection, and using it with your account", flush=True)


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="pelion-demo-") as directory:
        try:
            demo(Path(directory))
        except DemoError as error:
            print(f"\nThe demo failed. {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("\nStopped.", file=sys.stderr)
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
