# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""What a task asks of devices: the request, what shows that it is done already, and how an answer is told. Knows nothing of Ansible."""

from __future__ import annotations

import dataclasses
from typing import Any, Dict, List, Mapping, Optional, Sequence, Set, Tuple

from . import bulk, devices, lwm2m
from .channel import Outcome, Request, Session, explain, late
from .client import ApiError, Client
from .resource import ResourceError
from .resources import connect

METHODS = {"read": "GET", "write": "PUT", "execute": "POST", "create": "POST", "delete": "DELETE", "write_attributes": "PUT"}
_COMPARED = ("write", "create", "delete")
_LIMITS = {"retry": (0, 10), "expiry_seconds": (60, 2592000)}  # createAsyncRequest


class Job:
    """One operation on a path, the same for each of several devices.

    ``wanted`` is the value that is written; ``kind`` that of the channel, None where no answer is waited for.

    :param params: the options of the module device_resource.
    :raises ResourceError: for options that do not go together, and values that cannot be written.
    """

    def __init__(self, params: Mapping[str, Any]) -> None:
        _check(params)
        self._params = params
        self.operation: str = params["operation"]
        self.path = connect.resource_path(params["path"])
        self.types = devices.types_of(params)
        self._request, self.wanted = self._made()
        self._quiet = bool(params["no_response"] or params["cache_only"] or not params["wait"])
        asking = self.operation == "write" and params["compare"] == "device"
        self.kind: Optional[str] = None if self._quiet and not asking else params["channel"]

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.operation == "read"

    def _made(self) -> Tuple[Request, Any]:
        """The request without its device, and the value that is written."""
        params, value, content_type, at = self._params, self._params["value"], self._params["content_type"], self.path
        payload = None
        if self.operation == "create":
            parts = lwm2m.split(self.path)
            if len(parts) > 2:
                raise ResourceError(f"{self.path} is no instance; create takes /object/instance or /object.")
            content_type = content_type or lwm2m.TLV[0]
            at = f"/{parts[0]}"
            value = {parts[1]: value} if len(parts) == 2 and value is not None else value
        if params["payload"] is not None:
            payload = lwm2m.to_bytes(params["payload"], "opaque")
            content_type = content_type or lwm2m.OPAQUE[0]
            value = lwm2m.shown(payload, content_type, at, self.types)["value"]
        elif value is not None:
            content_type = content_type or (lwm2m.TLV[0] if isinstance(value, (dict, list)) else lwm2m.TEXT[0])
            payload = lwm2m.encode(value, content_type, at, self.types)
        accept, attributes = params["accept"] or "", params["attributes"] or {}
        return Request("", METHODS[self.operation], at, payload, content_type or "", accept, attributes), value

    def held(self, client: Client, session: Session, ids: Sequence[str]) -> Tuple[Dict[str, Any], List[Dict[str, Any]]]:
        """What is known of the devices that says whether something needs to be done, and those for which finding out failed.

        For a write it is the value, else the paths that are there already.
        """
        compare, width = self._params["compare"], {"concurrency": self._params["concurrency"]}
        if compare == "none" or self.operation not in _COMPARED:
            return {}, []
        if self.operation != "write":
            return devices.each(client, ids, lambda device: self._listed(client, device), width, "devices read")
        if compare == "echo":
            return devices.each(
                client, ids, lambda device: devices.known(_echo(client, device), self.path, self.types), width, "devices read"
            )
        asked = dataclasses.replace(self._request, method="GET", payload=None, accept=self._request.content_type, content_type="")
        outcomes = session.exchange([dataclasses.replace(asked, device_id=device) for device in ids], **self._options())
        answers = {outcome.request.device_id: outcome.answer for outcome in outcomes if outcome.answer and outcome.answer.good}
        return {
            device: lwm2m.shown(answer.payload, answer.content_type, self.path, self.types)["value"] for device, answer in answers.items()
        }, []

    def _listed(self, client: Client, device: str) -> Optional[List[str]]:
        """The paths at or below the job's that a device has; None for a device that the service does not know."""
        found = client.get(connect.endpoint(device))
        return None if found is None else sorted(entry["uri"] for entry in found if devices.below(self.path, entry["uri"]))

    def settled(self, held: Any) -> bool:
        """Whether nothing needs to be done where ``held`` is what is known."""
        if self.operation == "write":
            return held is not None and lwm2m.same(self.wanted, held)
        if self.operation == "create":
            return bool(held) and len(lwm2m.split(self.path)) == 2
        return self.operation == "delete" and held == []

    def diff(self, held: Mapping[str, Any], ids: Sequence[str], altered: Set[str]) -> Dict[str, Any]:
        """What is there before and after, by device; nothing for operations that keep no state."""
        if self.operation not in _COMPARED:
            return {}
        after = {"write": self.wanted, "create": self.path, "delete": None}[self.operation]
        return {
            "diff": {
                "before": {device: held.get(device) for device in ids},
                "after": {device: after if device in altered else held.get(device) for device in ids},
            }
        }

    def send(self, session: Session, ids: Sequence[str], *, total: int, failed: int = 0) -> Dict[str, Outcome]:
        """Ask the devices; the outcomes by device.

        Where not all may fail, only as many are asked at once as go side by side, for a device may fail as late as with its answer.

        :param total: how many devices the task is for.
        :param failed: how many of them have failed before.
        """
        most = bulk.allowed(self._params["max_failures"], total)
        together = len(ids) if most is None or self._quiet else self._params["concurrency"]
        outcomes: List[Outcome] = []
        reached = bulk.NotTriedError("It", "max_failures was reached")
        end: Optional[Exception] = reached if most is not None and failed >= most else None
        for start in range(0, len(ids), max(together, 1)):
            requests = [dataclasses.replace(self._request, device_id=device) for device in ids[start : start + together]]
            if end is not None:
                outcomes += [Outcome(request, error=end) for request in requests]
                continue
            left = None if most is None else most - failed
            found = session.exchange(requests, **self._options(), max_failures=left)
            outcomes += found
            failed += sum(self.told(outcome)[1] is not None for outcome in found)
            end = next((outcome.error for outcome in found if isinstance(outcome.error, bulk.NotTriedError)), None)
            if end is None and any(isinstance(outcome.error, ApiError) and outcome.error.status in (401, 403) for outcome in found):
                # All of these were under way when it was.
                end = bulk.NotTriedError("It", "the key was refused")
            elif end is None and most is not None and failed >= most:
                end = reached
            elif end is None and session.over:
                end = bulk.NotTriedError("It", "wait_timeout was over")
        return {outcome.request.device_id: outcome for outcome in outcomes}

    def _options(self) -> Dict[str, Any]:
        params = self._params
        query = {"retry": params["retry"], "expiry-seconds": params["expiry_seconds"]}
        if params["transport"] == "endpoints":
            query = {"cacheOnly": params["cache_only"] or None, "noResp": params["no_response"] or None}
        return {"transport": params["transport"], "query": query, "concurrency": params["concurrency"]}

    def told(self, outcome: Optional[Outcome]) -> Tuple[Dict[str, Any], Optional[Dict[str, Any]]]:
        """What results show of an outcome, None for a request that was not needed; and the problem, if it failed."""
        if outcome is None:
            return {}, None
        shown: Dict[str, Any] = {"async_id": outcome.async_id} if outcome.async_id else {}
        device, answer = outcome.request.device_id, outcome.answer
        if answer is None:
            if outcome.error is not None and (self._quiet or not outcome.doubt):
                problem = devices.problem(device, outcome.error)
                if outcome.async_id and not outcome.doubt:
                    problem["msg"] += f" The service has taken the request ({outcome.async_id}), so it may be carried out."
                return shown, problem
            if self._quiet:
                return {**shown, "status": 202}, None
            return shown, {"id": device, "msg": late(outcome, self._params["wait_timeout"], self._params["expiry_seconds"])}
        shown["status"] = answer.status
        if not answer.good:
            return shown, {"id": device, "msg": f"{outcome.request.words} failed: {explain(answer)}.", "status": answer.status}
        if answer.payload or self.reads:
            shown.update(lwm2m.shown(answer.payload, answer.content_type, self.path, self.types))
        if answer.status == 205:
            shown["value"] = None
        if answer.max_age is not None:
            shown["max_age"] = answer.max_age
        return shown, None


def _echo(client: Client, device: str) -> Optional[Dict[str, Any]]:
    """The device's echo, None where older services have no such thing."""
    try:
        return devices.echo(client, device)
    except ApiError as error:
        if error.status != 404:
            raise
        return None


def _check(params: Mapping[str, Any]) -> None:
    """Refuse what does not go together."""
    older = [name for name in ("cache_only", "no_response") if params[name]]
    newer = [name for name in ("retry", "expiry_seconds") if params[name] is not None]
    if older and params["transport"] != "endpoints":
        raise ResourceError(f"{older[0]} goes with transport: endpoints only.")
    if newer and params["transport"] != "requests":
        raise ResourceError(f"{newer[0]} goes with transport: requests only.")
    if params["operation"] == "read" and (params["no_response"] or not (params["wait"] or params["cache_only"])):
        raise ResourceError("Reading without waiting for the answer gives nothing; leave wait true and no_response false.")
    if params["cache_only"] and params["operation"] != "read":
        raise ResourceError("cache_only goes with operation: read only.")
    for name, (least, most) in _LIMITS.items():
        if params[name] is not None and not least <= params[name] <= most:
            raise ResourceError(f"{name} must be {least} to {most}, not {params[name]}.")
