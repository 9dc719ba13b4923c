# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Keeping an application's notification channel in the wanted state. An application has one at most, of one kind.

Nothing that was not made for the same purpose is replaced unless that is asked for. Knows nothing of Ansible. Sources: registerWebhook,
registerWebsocket and deleteLongPollChannel of the vendor's OpenAPI description of January 2021.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from . import channel, lwm2m
from .client import ApiError, Client
from .resource import Call, ResourceError
from .resources import connect

Held = Optional[Dict[str, Any]]
_FLAGS = ("deregistrations_as_object", "include_uid", "include_timestamp", "include_original_ep")
# As the module notification_channel documents it.
SERIALIZATION_SPEC: Dict[str, Dict[str, Any]] = {
    "type": {"type": "str", "choices": ["v2"], "default": "v2"},
    "max_chunk_size": {"type": "int"},
    "cfg": {"type": "dict", "options": {flag: {"type": "bool"} for flag in _FLAGS}},
}
_PATHS = {channel.CALLBACK: connect.CALLBACK, channel.WEB_SOCKET: connect.WEBSOCKET, channel.LONG_POLLING: connect.PULL}
_LONGEST = 400  # characters of the address and all headers of a callback together
_PATIENCE = 300.0  # seconds, of which a new long poll channel may need two minutes


@dataclass(frozen=True)
class Poll(Call):
    """Makes a long poll channel: the first poll does."""

    def send(self, client: Client, identity: str = "") -> Any:
        """Poll until the channel is there.

        :return: what came over it already.
        :raises ChannelError: when it does not come up.
        """
        return channel.create_long_poll(client, client.monotonic() + _PATIENCE)


def read(client: Client) -> Held:
    """The channel with all that the service tells of it, headers too; None where there is none."""
    kind = channel.mechanism(client)
    if kind is None:
        return None
    found = client.get(_PATHS[kind]) if kind in (channel.CALLBACK, channel.WEB_SOCKET) else {}
    # The name is that of 2019.
    renamed = {"queue_size" if name == "queueSize" else name: value for name, value in (found or {}).items()}
    return {"delivery_mechanism": kind, **{name: value for name, value in renamed.items() if value is not None}}


def shown(held: Held) -> Held:
    """The channel as results and diffs show it: without the values of its headers."""
    if held is None:
        return None
    told = {name: value for name, value in held.items() if name != "headers"}
    if held["delivery_mechanism"] == channel.CALLBACK:
        told["header_names"] = sorted(held.get("headers") or {})
    return told


def plan(held: Held, params: Mapping[str, Any]) -> Tuple[Held, List[Call]]:
    """The channel as it shall be, and the calls that lead there. Pure.

    :param held: the channel as ``read`` gives it.
    :param params: ``delivery_mechanism, url, headers, serialization, force, state``.
    :raises ResourceError: for what does not go together, and where force would be needed.
    """
    if params["state"] == "absent":
        return _removal(held, params)
    kind = params["delivery_mechanism"]
    _check(params)
    given = {"url": params["url"], "headers": _texts(params["headers"]), "serialization": _given(params["serialization"])}
    wanted = {"delivery_mechanism": kind, **{name: value for name, value in given.items() if value is not None}}
    if held is None:
        return wanted, [_creation(wanted)]
    if held["delivery_mechanism"] != kind:
        _need_force(params, f"There is a {held['delivery_mechanism']} channel already.")
        return wanted, [_deletion(held), _creation(wanted)]
    if kind == channel.CALLBACK:
        return _callback(held, wanted, params)
    if lwm2m.same(wanted.get("serialization") or {}, held.get("serialization") or {}):
        return held, []
    _need_force(params, "The serialization of a websocket channel cannot be changed.")
    return wanted, [_deletion(held), _creation(wanted)]


def settle(client: Client, params: Mapping[str, Any], dry_run: bool) -> Dict[str, Any]:
    """Bring the channel into the wanted state, or say what that would take; the result of a task.

    :raises ResourceError, ApiError, TransportError: as ``plan`` and ``carry_out``.
    """
    held = read(client)
    wanted, calls = plan(held, params)
    result: Dict[str, Any] = {"changed": bool(calls), "diff": {"before": shown(held) or {}, "after": shown(wanted) or {}}}
    if calls and not dry_run:
        wanted, messages = carry_out(client, calls)
        result.update({"messages": messages} if messages else {})
    return {**result, "notification_channel": shown(wanted)}


def carry_out(client: Client, calls: Sequence[Call]) -> Tuple[Held, List[channel.Message]]:
    """Do it.

    :return: what is there then, and what came over a new long poll channel already.
    :raises ApiError, TransportError, ChannelError: when that fails.
    """
    messages: List[channel.Message] = []
    for call in calls:
        try:
            answer = call.send(client)
            messages += [answer] if isinstance(call, Poll) and answer else []
        except ApiError as error:
            if call.path == connect.CALLBACK and error.status == 400:
                error.context = ", since the service cannot deliver to the url, or another channel has been made meanwhile"
            raise
    return read(client), messages


def _removal(held: Held, params: Mapping[str, Any]) -> Tuple[Held, List[Call]]:
    if held is None:
        return None, []
    kind = params["delivery_mechanism"]
    if kind is None:
        _need_force(params, f"There is a {held['delivery_mechanism']} channel; delivery_mechanism does not say that it is meant.")
    elif held["delivery_mechanism"] != kind or params["url"] not in (None, held.get("url")):
        return held, []
    return None, [_deletion(held)]


def _callback(held: Dict[str, Any], wanted: Dict[str, Any], params: Mapping[str, Any]) -> Tuple[Held, List[Call]]:
    moved = wanted["url"] != held.get("url")
    if moved:
        _need_force(params, f"There is a CALLBACK channel to {held.get('url')} already.")
    kept = dict(held)
    if moved:
        # They are secrets of the other address.
        kept.pop("headers", None)
    after = {**kept, **wanted}
    if "serialization" in wanted and isinstance(kept.get("serialization"), dict):
        after["serialization"] = _overlaid(kept["serialization"], wanted["serialization"])
    settled = (
        not moved
        and (after.get("headers") or {}) == (held.get("headers") or {})
        and lwm2m.same(wanted.get("serialization") or {}, held.get("serialization") or {})
    )
    return (held, []) if settled else (after, [_creation(after)])


def _creation(wanted: Mapping[str, Any]) -> Call:
    kind = wanted["delivery_mechanism"]
    if kind == channel.LONG_POLLING:
        return Poll("GET", connect.PULL)
    names = ("url", "headers", "serialization") if kind == channel.CALLBACK else ("serialization",)
    return Call("PUT", _PATHS[kind], {name: wanted[name] for name in names if wanted.get(name) is not None})


def _deletion(held: Mapping[str, Any]) -> Call:
    return Call("DELETE", _PATHS[held["delivery_mechanism"]])


def _check(params: Mapping[str, Any]) -> None:
    kind = params["delivery_mechanism"]
    if kind == channel.CALLBACK and not params["url"]:
        raise ResourceError("A CALLBACK channel needs url, the address that the service delivers to.")
    for name in ("url", "headers"):
        if kind != channel.CALLBACK and params[name]:
            raise ResourceError(f"{name} goes with delivery_mechanism: CALLBACK only.")
    if kind == channel.LONG_POLLING and params["serialization"]:
        raise ResourceError("A LONG_POLLING channel has no serialization.")
    size = (params["serialization"] or {}).get("max_chunk_size")
    if size is not None and not 100 <= size <= 10000:
        raise ResourceError(f"max_chunk_size must be 100 to 10000, not {size}.")
    length = len(params["url"] or "") + sum(len(name) + len(value) for name, value in (_texts(params["headers"]) or {}).items())
    if length > _LONGEST:
        raise ResourceError(f"url and headers have {length} characters together; the service takes at most {_LONGEST}.")


def _need_force(params: Mapping[str, Any], fact: str) -> None:
    if not params["force"]:
        raise ResourceError(
            f"{fact} It is left alone, since it may be somebody's and what waits in it would be lost; set force if you mean it."
        )


def _texts(headers: Optional[Mapping[str, Any]]) -> Optional[Dict[str, str]]:
    return None if headers is None else {str(name): str(value) for name, value in headers.items()}


def _given(serialization: Optional[Mapping[str, Any]]) -> Optional[Dict[str, Any]]:
    if serialization is None:
        return None
    return {name: _given(value) if isinstance(value, Mapping) else value for name, value in serialization.items() if value is not None}


def _overlaid(held: Mapping[str, Any], given: Mapping[str, Any]) -> Dict[str, Any]:
    cfg = {**(held.get("cfg") or {}), **(given.get("cfg") or {})}
    return {**held, **given, **({"cfg": cfg} if cfg else {})}
