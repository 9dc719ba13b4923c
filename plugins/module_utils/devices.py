# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""The same for several devices: side by side, and each with an outcome of its own."""

from __future__ import annotations

import base64
import contextlib
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from . import bulk, lwm2m
from .client import Client
from .resources import connect

# Documented in the fragment pelion.device_management.several.
DEVICES_SPEC: Dict[str, Dict[str, Any]] = {
    "device_ids": {"type": "list", "elements": "str", "required": True, "aliases": ["device_id"]},
    **bulk.CONCURRENCY_SPEC,
}
# For those that change something.
CHANGES_SPEC: Dict[str, Dict[str, Any]] = {**DEVICES_SPEC, **bulk.BULK_SPEC}

TYPES_SPEC: Dict[str, Dict[str, Any]] = {"types": {"type": "dict", "default": {}}}


def types_of(params: Mapping[str, Any]) -> Dict[str, str]:
    """The option ``types``; YAML makes numbers of ids."""
    return {str(name): str(kind) for name, kind in params["types"].items()}


def asked(params: Mapping[str, Any]) -> List[str]:
    """The devices that the options name, each once.

    :raises ResourceError: for what is no id.
    :raises SettingsError: for unusable ``concurrency`` or ``max_failures``.
    """
    bulk.limits(params)
    return list(dict.fromkeys(connect.device(device) for device in params["device_ids"]))


def each(
    client: Client, devices: Sequence[str], call: Callable[[str], Any], params: Mapping[str, Any], what: str = ""
) -> Tuple[Dict[str, Any], List[Dict[str, Any]]]:
    """Call once a device, as ``bulk.each`` does.

    :param params: ``concurrency`` and, if there is one, ``max_failures``.
    :param what: what is shown of its progress, in words that follow the number; nothing where it is part of something longer.
    :return: what the calls gave, by device; and those that failed, with the reason.
    """
    values, failed = {}, []
    if what:
        client.progress.start(what, len(devices))
    for result in bulk.each(devices, call, **bulk.limits(params), progress=client.progress if what else None):
        if result.error is None:
            values[result.item] = result.value
        else:
            failed.append(problem(result.item, result.error))
    return values, failed


def problem(device: str, error: Exception) -> Dict[str, Any]:
    """A device that failed, as results show it."""
    return {"id": device, **bulk.told(error)}


def report(result: Dict[str, Any], failed: Sequence[Mapping[str, Any]], total: int) -> Dict[str, Any]:
    """The result, when nothing failed.

    :raises BulkError: otherwise, with the result.
    """
    if not failed:
        return result
    first = f"{failed[0]['id']}: {failed[0]['msg']}"
    text = first if total == 1 else f"{len(failed)} of {total} devices failed; the first: {first}"
    raise bulk.BulkError(f"Device {text}" if total == 1 else text, {**result, "failed_devices": list(failed)})


# -- what the service knows of devices without asking them


def echo(client: Client, device: str) -> Optional[Dict[str, Any]]:
    """The last known values of a device, None where the service has none."""
    found: Optional[Dict[str, Any]] = client.get(connect.echo(device))
    return found


def below(path: str, other: str) -> bool:
    """Whether the other path is this one, or that of a part of it."""
    return (connect.resource_path(other) + "/").startswith(connect.resource_path(path) + "/") if path.strip("/") else True


def readable(twin: Mapping[str, Any], paths: Sequence[str], types: Mapping[str, str]) -> Dict[str, Any]:
    """What ``echo`` gave, with ``decoded`` beside each value, and ``problem`` where that cannot be.

    :param paths: keep only resources at or below these, all where there are none.
    """
    resources = []
    for resource in twin.get("resources") or ():
        path = str(resource.get("resource_path"))
        if paths and not any(below(wanted, path) for wanted in paths):
            continue
        resources.append(
            {name: _decoded(held, path, types) if name in ("reported", "desired") else held for name, held in resource.items()}
        )
    return {**twin, "resources": resources}


def _decoded(held: Any, path: str, types: Mapping[str, str]) -> Any:
    if not isinstance(held, Mapping) or held.get("value") is None:
        return held
    told = lwm2m.shown(payload(held["value"]), held.get("content_type"), path, types)
    return {**held, "decoded": told["value"], **({"problem": told["problem"]} if "problem" in told else {})}


def reports(twin: Optional[Mapping[str, Any]], types: Mapping[str, str]) -> Dict[str, Dict[str, Any]]:
    """What a device last reported, by path, as results show it.

    :param twin: what ``echo`` gave.
    """
    found = {}
    for resource in (twin or {}).get("resources") or ():
        path, held = connect.resource_path(resource.get("resource_path")), resource.get("reported") or {}
        if held.get("value") is not None:
            told = lwm2m.shown(payload(held["value"]), held.get("content_type"), path, types)
            found[path] = {**told, "reported_at": held.get("reported_at")}
    return found


def known(twin: Optional[Mapping[str, Any]], path: str, types: Mapping[str, str]) -> Any:
    """The value at a path as the device last reported it, None where it is not known.

    :param twin: what ``echo`` gave.
    """
    try:
        found = lwm2m.tree(_reported(twin, path, types), lwm2m.split(path))
    except lwm2m.PayloadError:
        return None
    return None if found == {} else found


def _reported(twin: Optional[Mapping[str, Any]], path: str, types: Mapping[str, str]) -> Iterator[Tuple[Tuple[str, ...], Any]]:
    for resource in (twin or {}).get("resources") or ():
        at, held = str(resource.get("resource_path")), resource.get("reported") or {}
        if held.get("value") is not None and below(path, at):
            yield lwm2m.split(at), lwm2m.decode(payload(held["value"]), held.get("content_type"), at, types)


def payload(text: Any) -> bytes:
    """The bytes that a value in base64 stands for; a service that gives it as it is is believed."""
    with contextlib.suppress(ValueError):
        return base64.b64decode(str(text), validate=True)
    return str(text).encode()
