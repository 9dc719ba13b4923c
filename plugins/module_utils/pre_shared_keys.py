# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Many pre-shared keys in one task: each by the rules of a single one, side by side. Knows nothing of Ansible."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Union

from . import bulk, several
from . import resource as engine
from .client import ApiError, Client, RequestError
from .resources import enrollment
from .transport import TransportError

ROW = enrollment.PRE_SHARED_KEY
RECIPE = enrollment.PreSharedKeyRecipe(ROW, ("endpoint_name", "secret_hex"))
SHOWN = 10  # entries that a message names
GONE = " after the old key was deleted"
LOST = f"{GONE}, so that the device has none now"


def ensure(client: Client, params: engine.Params, *, dry_run: bool) -> Dict[str, Any]:
    """Bring many keys into the wanted state, or say what that would take.

    :param params: ``pre_shared_keys`` or ``endpoint_names``, ``state``, ``update_secrets``, ``concurrency``, ``max_failures``.
    :return: the result of the task: ``changed``, ``changed_pre_shared_keys``, ``unchanged``, ``failed_pre_shared_keys``, ``diff``.
    :raises BulkError: with that result, when some keys failed.
    :raises ResourceError: for entries that the service would refuse; nothing has been sent then.
    """
    limits = bulk.limits(params)
    keys = wanted(params)
    held = several.read(client, ROW, {}, keys, concurrency=limits["concurrency"])

    todo: Dict[str, Union[engine.Plan, RequestError]] = {}
    for name, options in keys.items():
        try:
            step = engine.plan(RECIPE, held.get(name), options)
        except engine.ResourceError as error:
            todo[name] = RequestError(str(error))
            continue
        if step.changed:
            todo[name] = step

    def settle(name: str) -> Optional[engine.Plan]:
        step = todo[name]
        if isinstance(step, RequestError):
            raise step
        return step if dry_run or _sent(client, step, keys[name]) else None

    changed: Dict[str, engine.Plan] = {}
    failed, halves = [], False
    client.progress.start("pre-shared keys changed", len(todo))
    for result in bulk.each(todo, settle, **limits, total=len(keys), progress=client.progress):
        if result.error is not None:
            failed.append({"endpoint_name": result.item, **bulk.told(result.error)})
            halves = halves or getattr(result.error, "changed", False)
        elif result.value is not None:
            changed[result.item] = result.value
    return _result(len(keys), changed, failed, halves)


def wanted(params: engine.Params) -> Dict[str, Dict[str, Any]]:
    """The options of each key, by endpoint name, as the module takes them for one alone.

    :raises ResourceError: for entries that the service would refuse, by their numbers: what stands there may be a secret in the wrong
        place.
    """
    present = params["state"] == "present"
    shared = {name: params[name] for name in ("state", "update_secrets")}
    entries = params["pre_shared_keys"]
    if entries is None:
        if params["endpoint_names"] is None:
            raise engine.ResourceError("Which pre-shared keys? The option that should say so is null.")
        entries = [{"endpoint_name": name, "secret_hex": None} for name in params["endpoint_names"]]
    names, secrets, twice = [], [], []
    keys: Dict[str, Dict[str, Any]] = {}
    for number, entry in enumerate(entries, 1):
        name, secret = entry["endpoint_name"], entry["secret_hex"] if present else None
        if not ROW.is_id(name):
            names.append(number)
        if secret is not None and not enrollment.is_secret(secret):
            secrets.append(number)
        if keys.setdefault(name, {"endpoint_name": name, "secret_hex": secret, **shared})["secret_hex"] != secret:
            twice.append(number)
    _refuse(names, f"endpoint_name: {ROW.id_words}")
    _refuse(secrets, enrollment.SECRET_WORDS)
    _refuse(twice, "An endpoint_name must not come again with another secret_hex")
    return keys


def _refuse(numbers: List[int], words: str) -> None:
    if numbers:
        shown = ", ".join(map(str, numbers[:SHOWN])) + (f" and {len(numbers) - SHOWN} more" if len(numbers) > SHOWN else "")
        raise engine.ResourceError(f"{words}. Entries for which this is not so: {shown}. Nothing was sent.")


def _sent(client: Client, step: engine.Plan, options: engine.Params) -> bool:
    """Carry a plan out; whether that has changed anything. An error says whether half of it was."""
    half = False
    try:
        for call in step.calls:
            call.send(client)
            half = True
        return True
    except (ApiError, TransportError) as error:
        clash = isinstance(error, ApiError) and error.status in ROW.clashes
        if half:
            error.changed = True
            # It has one all the same if the answer was lost, or somebody else uploaded one.
            error.context = GONE if clash or error.maybe_done else LOST
        if step.before is not None or not (clash or error.maybe_done):
            raise
    # Somebody else was quicker, or it is not known whether the key was uploaded: then it is looked up, as one alone is.
    return engine.ensure(client, RECIPE, options).changed or not clash


def _result(total: int, changed: Mapping[str, engine.Plan], failed: List[Dict[str, Any]], halves: bool) -> Dict[str, Any]:
    """The result of a task.

    :param halves: whether half of what a key that failed needs was done.
    :raises BulkError: with it, when some keys failed.
    """
    gone = [name for name, step in changed.items() if step.after is None]
    uploaded = [name for name, step in changed.items() if step.before is None]
    replaced = [name for name, step in changed.items() if step.before is not None and step.after is not None]
    result = {
        "changed": bool(changed) or halves,
        "changed_pre_shared_keys": list(changed),
        "unchanged": total - len(changed) - len(failed),
        "failed_pre_shared_keys": failed,
        "diff": {
            "before": {"pre_shared_keys": gone},
            "after": {"pre_shared_keys": uploaded, **({"replaced": replaced} if replaced else {})},
        },
    }
    if failed:
        text = f"{len(failed)} of {total} pre-shared keys failed; the first: {failed[0]['endpoint_name']}: {failed[0]['msg']}"
        raise bulk.BulkError(text, result)
    return result
