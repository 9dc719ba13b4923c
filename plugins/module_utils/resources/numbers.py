# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Statistics, billing and the factory tool: what can only be read.

The facts are those of the vendor's OpenAPI description of January 2021.
"""

from __future__ import annotations

import re
from typing import Any, Dict

from ..client import Client
from ..files import whole_file
from ..resource import Resource, ResourceError

_METRICS = [
    "transactions",
    "full_registrations",
    "registration_updates",
    "deleted_registrations",
    "expired_registrations",
    "bootstraps_successful",
    "bootstraps_failed",
    "bootstraps_pending",
    "handshakes_successful",
    "connect_rest_api_success",
    "connect_rest_api_error",
    "device_proxy_request_success",
    "device_proxy_request_error",
    "device_subscription_request_success",
    "device_subscription_request_error",
    "device_observations",
]
_TEXT: Dict[str, Any] = {"type": "str"}
_SPAN: Dict[str, Dict[str, Any]] = {"interval": {"type": "str", "required": True}, "period": _TEXT, "start": _TEXT, "end": _TEXT}
# How a span of time may be given.
SPAN: Dict[str, Any] = {
    "required_one_of": [("period", "start")],
    "mutually_exclusive": [("period", "start"), ("period", "end")],
    "required_together": [("start", "end")],
}

METRICS = Resource(
    name="metric",
    path="/v3/metrics",
    keys=(),
    identity="",
    readable=False,
    query={"include": {"type": "list", "elements": "str", "choices": _METRICS, "default": _METRICS}, **_SPAN},
)

BILLING_STATISTICS = Resource(
    name="billing_statistic",
    path="/v3/billing-statistics",
    keys=(),
    identity="",
    readable=False,
    query=_SPAN,
)

MANUFACTURING_STATISTICS = Resource(
    name="manufacturing_statistic",
    path="/v3/manufacturing/statistics",
    keys=(),
    identity="",
    readable=False,
    paged=False,
    query={"start": {"type": "str", "required": True}, "end": _TEXT},
)

# Where the description of 2020 has them.
MANUFACTURING_STATISTICS_2020 = Resource(
    name="manufacturing_statistic",
    path="/v3/manufacturing/statistics/report",
    keys=(),
    identity="",
    readable=False,
    paged=False,
    empty_on_404=False,
    query={"start": {"type": "str", "required": True}, "end": _TEXT},
)

QUOTA_HISTORY = Resource(
    name="quota_history_entry",
    path="/v3/service-packages-quota-history",
    plural="quota_history",
    keys=(),
    identity="",
    readable=False,
)

SERVICE_PACKAGES = "/v3/service-packages"
QUOTA = "/v3/service-packages-quota"
BILLING_REPORT = "/v3/billing-report"
# The rows behind a report: which of them -> where their file is asked for.
BILLING_RAW_DATA = {
    "active_devices": "/v3/billing-report-active-devices",
    "firmware_updates": "/v3/billing-report-firmware-updates",
}
FACTORY_TOOL = "/downloads/fcu/info"
FACTORY_TOOL_ARCHIVE = "/downloads/fcu/factory_configurator_utility.zip"
FACTORY_TOOL_NOTES = "/downloads/fcu/release_notes"


def checked_month(month: str) -> str:
    """The month as the service takes it.

    :raises ResourceError: when it is none.
    """
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise ResourceError(f"'{month}' is no month; write it as 2026-01.")
    return month


def factory_tool(client: Client) -> Dict[str, Any]:
    """What the service says of the factory tool.

    :raises ResourceError: when it has none.
    """
    found: Dict[str, Any] = client.get(FACTORY_TOOL)
    if found is None:
        raise ResourceError("This service has no factory tool; those of before 2020 do not.")
    return found


def save_factory_tool(client: Client, dest: str, size: int, sha256: str) -> str:
    """Fetch the archive of the factory tool; one of another size or, unless that is empty, another SHA-256 is not kept.

    :return: its SHA-256.
    :raises ResourceError: when it is another one, and for a file that cannot be written.
    """
    try:
        with whole_file(dest) as opened:
            got = client.download(FACTORY_TOOL_ARCHIVE, opened)
            if got.size != size:
                raise ResourceError(f"The archive has {got.size} bytes, but the service says {size}; it is not kept. Try again.")
            if sha256 not in ("", got.sha256):
                raise ResourceError(f"The archive has the SHA-256 {got.sha256}, not {sha256}; it is not kept.")
    except OSError as error:
        raise ResourceError(f"The file cannot be written: {error}.") from error
    return got.sha256
