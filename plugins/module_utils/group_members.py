# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""The members of a device group: which devices have to be added and removed, and many such requests side by side."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from . import bulk
from .client import ApiError, Client
from .filters import Condition, Conditions
from .resource import Params, ResourceError, find, listing
from .resources import directory

Describe = Callable[[Exception], Dict[str, Any]]


def ensure(client: Client, params: Params, describe: Describe, *, dry_run: bool) -> Dict[str, Any]:
    """Bring the group's members into the wanted state, or say what that would take.

    :param describe: what the result shall tell of an error.
    :return: the result of the task: ``changed``, ``device_group_id``, ``added``, ``removed``, ``unchanged``, ``diff``, ``warnings``.
    :raises BulkError: with that result, when some devices failed.
    :raises ResourceError: when there is no such group or device; nothing has been sent then.
    """
    if not 1 <= params["concurrency"] <= 64:
        raise ResourceError(f"concurrency must be 1 to 64, not {params['concurrency']}.")
    conditions, asked = _wanted(params)
    group, warnings = _group(client, params, dry_run)
    # A device tells its groups, so one listing says both that it exists and whether it is a member.
    devices = listing(client, directory.DEVICE, params, conditions) if conditions else ()
    found = {device["id"]: group in device.get("groups", ()) for device in devices}
    _check(params, asked, found)

    absent = params["state"] == "absent"
    add = [] if absent else [device for device, member in found.items() if not member]
    remove = [device for device, member in found.items() if member] if absent else []
    if params["state"] == "exact" and group:
        members = listing(client, directory.DEVICE_GROUP_DEVICE, {"device_group_id": group}, fields=["id"])
        remove = [member["id"] for member in members if member["id"] not in found]
    done, failed = ({"add": add, "remove": remove}, []) if dry_run else _carry_out(client, params, group, add, remove, describe)
    result = {
        "changed": bool(done["add"] or done["remove"]),
        "device_group_id": group,
        "added": done["add"],
        "removed": done["remove"],
        "unchanged": len(found) - len(remove if absent else add),
        "diff": {"before": {"members": sorted(done["remove"])}, "after": {"members": sorted(done["add"])}},
        "warnings": warnings,
    }
    if failed:
        tried = {*done["add"], *done["remove"], *(entry["id"] for entry in failed)}
        left = [device for device in (*add, *remove) if device not in tried]
        text = f"{len(failed)} of {len(add) + len(remove)} devices failed, {len(left)} were not tried; the first: {failed[0]['msg']}"
        raise bulk.BulkError(text, {**result, "failed_devices": failed, "not_tried": left})
    return result


def _wanted(params: Params) -> Tuple[Conditions, Optional[List[str]]]:
    """The conditions that list the devices, and the ids that must be among them."""
    if params["device_ids"] is None:
        if not params["filters"]:
            raise ResourceError("filters is empty, which would mean every device of the account. Name at least one condition.")
        return directory.DEVICE.conditions(params["filters"]), None
    asked = list(dict.fromkeys(directory.DEVICE.checked_id(device) for device in params["device_ids"]))
    return (Condition("id", "in", tuple(asked)),) if asked else (), asked


def _group(client: Client, params: Params, dry_run: bool) -> Tuple[Optional[str], List[str]]:
    """The id of the group, None for one that is not there yet, and warnings."""
    group = find(client, directory.DEVICE_GROUP, {"id": params["device_group_id"], "name": params["device_group"]})
    if group is not None:
        return group["id"], []
    missing = f"There is no device group {params['device_group'] or params['device_group_id']}"
    if not dry_run or not params["device_group"]:
        raise ResourceError(f"{missing}.")
    # A task before this one may create it; check mode only has not.
    return None, [f"{missing} yet. Check mode shows what a new one would hold."]


def _check(params: Params, asked: Optional[Sequence[str]], found: Mapping[str, bool]) -> None:
    if asked is None and not found and params["state"] == "exact":
        raise ResourceError("The filters match no device, which would empty the group. Give device_ids as an empty list if you mean that.")
    unknown = [device for device in asked or () if device not in found]
    if unknown and params["state"] != "absent":
        shown = ", ".join(unknown[:10]) + (f" and {len(unknown) - 10} more" if len(unknown) > 10 else "")
        raise ResourceError(f"There are no devices with these ids: {shown}. Nothing was changed.")


def _carry_out(
    client: Client, params: Params, group: Optional[str], add: Sequence[str], remove: Sequence[str], describe: Describe
) -> Tuple[Dict[str, List[str]], List[Dict[str, Any]]]:
    """What was added and removed, and what failed: the service takes one device a request."""
    path = directory.DEVICE_GROUP_DEVICE.collection({"device_group_id": group})

    def send(step: Tuple[str, str]) -> Any:
        return client.post(f"{path}{step[0]}/", {"device_id": step[1]})

    steps = [("add", device) for device in add] + [("remove", device) for device in remove]
    done: Dict[str, List[str]] = {"add": [], "remove": []}
    failed = []
    for result in bulk.each(steps, send, params["concurrency"], stop=_refused):
        action, device = result.item
        if result.error is None:
            done[action].append(device)
        else:
            failed.append({"id": device, **describe(result.error)})
    return done, failed


def _refused(result: bulk.ItemResult) -> bool:
    """Whether the key is not good for this: then it is not for the other devices either."""
    return isinstance(result.error, ApiError) and result.error.status in (401, 403)
