# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""The members of a device group: which devices have to be added and removed, and many such requests side by side."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from . import bulk, ranges
from .client import Client
from .device_states import carried_out, chosen, known, member_call, reported
from .filters import Conditions
from .resource import Params, ResourceError, find
from .resources import directory


def ensure(client: Client, params: Params, *, dry_run: bool) -> Dict[str, Any]:
    """Bring the group's members into the wanted state, or say what that would take.

    :return: the result of the task: ``changed``, ``device_group_id``, ``added``, ``removed``, ``unchanged``, ``diff``, ``warnings``.
    :raises BulkError: with that result and ``failed_devices``, when some devices failed.
    :raises ResourceError, FilterError, SettingsError: when the options cannot be meant, or there is no such group; nothing has been
        changed then.
    """
    limits = bulk.limits(params)
    wanted = chosen(params)
    group, warnings = _group(client, params, dry_run)
    found, unknown = _devices(client, params, wanted, group, limits["concurrency"])

    absent = params["state"] == "absent"
    add = [] if absent else [device for device, member in found.items() if not member]
    remove = [device for device, member in found.items() if member] if absent else []
    if params["state"] == "exact" and group:
        members = ranges.listing(
            client, directory.DEVICE_GROUP_DEVICE, {"device_group_id": group}, concurrency=limits["concurrency"], fields=["id"]
        )
        remove = [member["id"] for member in members if member["id"] not in found]
    steps = [("add", device) for device in add] + [("remove", device) for device in remove]

    def send(step: Tuple[str, str]) -> None:
        action, device = step
        member_call(action, str(group), device).send(client)

    unchanged = len(found) - len(remove if absent else add)
    failed = [{"id": device, "msg": f"There is no device with the id {device!r}."} for device in unknown]
    total = len(failed) + len(steps) + unchanged
    done: Dict[str, List[str]] = {"add": [], "remove": []}
    client.progress.start("members changed", len(steps))
    for result in carried_out(client, steps, send, limits, len(failed), total, dry_run=dry_run):
        action, device = result.item
        if result.error is None:
            done[action].append(device)
        else:
            failed.append({"id": device, **bulk.told(result.error)})
    return reported(
        {
            "changed": bool(done["add"] or done["remove"]),
            "device_group_id": group,
            "added": done["add"],
            "removed": done["remove"],
            "unchanged": unchanged,
            "diff": {"before": {"members": sorted(done["remove"])}, "after": {"members": sorted(done["add"])}},
            "warnings": warnings,
        },
        failed,
        total,
    )


def _group(client: Client, params: Params, dry_run: bool) -> Tuple[Optional[str], List[str]]:
    """The id of the group, None for one that is not there yet, and warnings."""
    if not (params["device_group"] or params["device_group_id"]):
        raise ResourceError("Which device group? Give device_group or device_group_id; it is empty.")
    group = find(client, directory.DEVICE_GROUP, {"id": params["device_group_id"], "name": params["device_group"]})
    if group is not None:
        return group["id"], []
    missing = f"There is no device group {params['device_group'] or params['device_group_id']}"
    if not dry_run or not params["device_group"]:
        raise ResourceError(f"{missing}.")
    # A task before this one may create it; check mode only has not.
    return None, [f"{missing} yet. Check mode shows what a new one would hold."]


def _devices(
    client: Client, params: Params, wanted: Tuple[Conditions, List[str]], group: Optional[str], concurrency: int
) -> Tuple[Dict[str, bool], List[str]]:
    """Whether each of the devices is a member, and the ids that are none of a device and have to be.

    :raises ResourceError: when the group would not be as wanted with them, or would be emptied.
    """
    conditions, asked = wanted
    # A device tells its groups, so one listing says both that it exists and whether it is a member.
    fields = ("id", "groups")
    if conditions:
        listed = ranges.listing(client, directory.DEVICE, params, conditions, concurrency=concurrency, fields=fields)
        found = {device["id"]: group in (device.get("groups") or ()) for device in listed}
        if not found and params["state"] == "exact":
            raise ResourceError(
                "The filters match no device, which would empty the group. Give device_ids as an empty list if you mean that."
            )
        return found, []
    held = known(client, {"id": asked}, fields, concurrency)["id"]
    found = {identity: group in (device.get("groups") or ()) for identity, devices in held.items() for device in devices}
    unknown = [] if params["state"] == "absent" else [device for device in asked if device not in found]
    if unknown and params["state"] == "exact":
        shown = ", ".join(unknown[:10]) + (f" and {len(unknown) - 10} more" if len(unknown) > 10 else "")
        raise ResourceError(f"There are no devices with these ids: {shown}. Nothing was changed.")
    return found, unknown
