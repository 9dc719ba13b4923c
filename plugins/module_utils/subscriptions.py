# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Subscriptions of the application to resources of a device. Knows nothing of Ansible."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence, Set

from .client import ApiError, Client
from .resource import ResourceError
from .resources import connect

Entry = Dict[str, Any]


def read(client: Client, device: str, paths: Optional[Sequence[str]] = None) -> List[str]:
    """What the application is subscribed to on a device, sorted.

    :param paths: tell of these only. One is asked for by itself, several are picked from the list of all.
    """
    wanted = None if paths is None else {connect.resource_path(path) for path in paths}
    if wanted is not None and len(wanted) == 1:
        (path,) = wanted
        return [path] if _answer(client, connect.subscriptions(device, path)) is not None else []
    text = _answer(client, connect.subscriptions(device)) or ""
    held = {connect.resource_path(line.strip()) for line in text.splitlines() if line.strip()}
    return sorted(held if wanted is None else held & wanted)


def _answer(client: Client, path: str) -> Optional[str]:
    """The text of an answer, None for 404: both GETs tell by their status alone whether there is something."""
    try:
        return client.request("GET", path).content.decode("utf-8", "replace")
    except ApiError as error:
        if error.status != 404:
            raise
        return None


def settle(client: Client, device: str, params: Mapping[str, Any], dry_run: bool, begun: Set[str]) -> Entry:
    """Bring the subscriptions to one device into the wanted state, or say what that would take.

    :param params: ``paths, exact, state``.
    :param begun: gets the device once anything is carried out.
    :raises ResourceError: for what does not go together, and what is no path.
    """
    absent, paths = params["state"] == "absent", params["paths"]
    if params["exact"] and absent:
        raise ResourceError("exact goes with state: present only; to end all subscriptions leave paths out.")
    held = read(client, device)
    named = held if paths is None else sorted({connect.resource_path(path) for path in paths})
    added = [] if absent else [path for path in named if path not in held]
    removed = [path for path in held if (path in named if absent else params["exact"] and path not in named)]
    entry: Entry = {"device_id": device, "paths": sorted({*held, *added} - {*removed}), "added": added, "removed": removed, "async_ids": []}
    if dry_run:
        return entry
    if removed and paths is None:
        client.delete(connect.subscriptions(device))
        return entry
    for path in removed:
        client.delete(connect.subscriptions(device, path))
        begun.add(device)
    for path in added:
        answer = client.put(connect.subscriptions(device, path), None)
        begun.add(device)
        # 202 with the name of the device's answer, where the service has to ask the device first.
        if isinstance(answer, dict) and "async-response-id" in answer:
            entry["async_ids"].append(answer["async-response-id"])
    return entry


def told(entries: Sequence[Entry], begun: Set[str]) -> Dict[str, Any]:
    """The result of a task, from what was done for each device, and from those for which anything was carried out before they failed."""
    before = {entry["device_id"]: sorted({*entry["paths"], *entry["removed"]} - {*entry["added"]}) for entry in entries}
    return {
        "changed": bool(begun) or any(entry["added"] or entry["removed"] for entry in entries),
        "subscriptions": list(entries),
        "diff": {"before": before, "after": {entry["device_id"]: entry["paths"] for entry in entries}},
    }
