# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds an inventory from a source with Ansible's own InventoryManager, in a process of its own: builders.py PATH.

For each line of JSON on standard input it answers with one: `hosts`, `seconds` (without imports) and `peak_mb` (of the process, so far);
with `check` also `variables` and `groups`, digests of all variables of all hosts and of all groups' hosts.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from typing import Any

from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from readers import peak_mb

OWN = {"inventory_dir", "inventory_file"}
"""Variables that Ansible makes of the source's path."""
EVERYONE = {"all", "ungrouped", "pelion_devices"}
"""Groups that tell nothing of what expressions made."""


def digest(facts: Any) -> str:
    """What differs where the facts do, in anything but the order of keys."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def main(source: str) -> None:
    """Answer until standard input ends."""
    init_plugin_loader()
    for line in sys.stdin:
        begun = time.perf_counter()
        inventory = InventoryManager(loader=DataLoader(), sources=[source])
        seconds = time.perf_counter() - begun
        answer = {"hosts": len(inventory.hosts), "seconds": seconds, "peak_mb": peak_mb()}
        if json.loads(line).get("check"):
            hosts = {name: {key: value for key, value in host.vars.items() if key not in OWN} for name, host in inventory.hosts.items()}
            groups = {name: sorted(host.name for host in group.hosts) for name, group in inventory.groups.items() if name not in EVERYONE}
            answer |= {"variables": digest(hosts), "groups": digest(groups)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
