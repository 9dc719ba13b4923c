# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Device connection and gateways: where things are. Most of this part of the API is no REST collection, so these are paths, not rows.

The facts are those of the vendor's OpenAPI description of January 2021.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from ..resource import Resource, ResourceError

_LEVELS = ("DEBUG", "TRACE", "INFO", "WARNING", "ERROR", "CRITICAL")
_LOG_FILTERS = {"app_name": ("eq",), "level": ("gte",), "message": ("eq",), "timestamp": ("lte", "gte"), "type": ("eq",)}

GATEWAY_LOG = Resource(
    name="device_gateway_log",
    path="/v3/device-logs",
    keys=(),
    filters={**_LOG_FILTERS, "device_id": ("in",)},
    words={"level": _LEVELS},
    order="DESC",
)

# The entries of one gateway; a single one is read from the list of all.
GATEWAY_LOG_OF_DEVICE = Resource(
    name="device_gateway_log",
    path="/v3/devices/{device_id}/logs",
    item_path="/v3/device-logs",
    keys=(),
    filters=_LOG_FILTERS,
    words={"level": _LEVELS},
    empty_on_404=False,
    order="DESC",
)

CHANNEL = "/v2/notification/channel"
PULL = "/v2/notification/pull"
CALLBACK = "/v2/notification/callback"
WEBSOCKET = "/v2/notification/websocket"
WEBSOCKET_CONNECT = "/v2/notification/websocket-connect"
PRESUBSCRIPTIONS = "/v2/subscriptions"

LONGEST_PATH = 255  # executeOrCreateResource


def echo(device_id: str) -> str:
    """The last known values of a device."""
    return f"/v3/devices/{device(device_id)}/echo"


def requests(device_id: str) -> str:
    """Where requests to a device are queued."""
    return f"/v2/device-requests/{device(device_id)}"


def endpoint(device_id: str, path: str = "") -> str:
    """A device's list of resources, or with a path one resource."""
    return f"/v2/endpoints/{device(device_id)}{path and quote(resource_path(path), safe='/')}"


def subscriptions(device_id: str, path: str = "") -> str:
    """A device's subscriptions, or with a path one of them."""
    return f"{PRESUBSCRIPTIONS}/{device(device_id)}{path and quote(resource_path(path), safe='/')}"


def console(device_id: str) -> str:
    """The websocket to a gateway's console."""
    return f"/v3/devices/{device(device_id)}/console"


def tunnels(device_id: str, address: str) -> tuple[str, ...]:
    """The websocket to a TCP service of a gateway, at its documented place and where later services have it.

    :param address: host and port as the gateway sees them, such as ``localhost:5000``.
    :raises ResourceError: when it is no such address.
    """
    if not re.fullmatch(r"[^\s/?#@]+:\d{1,5}", address):
        raise ResourceError(
            f"'{address}' is no address of a TCP service; write host:port as the gateway sees them, such as localhost:5000."
        )
    below = f"devices/{device(device_id)}/services/{quote(address, safe=':')}/connection"
    return f"/v3preview1/{below}", f"/v3/{below}"


def resource_path(path: str) -> str:
    """The path of a resource, an instance or an object as the API writes it, with one slash at the start.

    :raises ResourceError: when it cannot be one.
    """
    text = "/" + str(path).strip("/")
    if not re.fullmatch(r"(/[^/?#\s]+)+", text) or len(text) > LONGEST_PATH:
        raise ResourceError(f"'{path}' is no path of a resource; write it as object/instance/resource, such as /3303/0/5700.")
    return text


def device(device_id: str) -> str:
    """The id of a device, if it can be one.

    :raises ResourceError: when it cannot.
    """
    if not re.fullmatch(r"[0-9a-fA-F]{32}", str(device_id)):
        raise ResourceError(f"'{device_id}' is no id of a device: an id is 32 hexadecimal digits.")
    return str(device_id)
