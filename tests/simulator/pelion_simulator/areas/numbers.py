# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statistics, billing and the factory tool. Facts are those of the vendor's OpenAPI descriptions.

The numbers of a step in time depend on the seed and on the time alone, so that every question about it gets the same answer.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .. import clock
from ..answers import Answer, ApiError, bad_request, invalid
from ..fleet import DAY, FIRST, HOUR, LAST
from ..identity import digest, make_id
from ..table import Document, Field, Resource
from .accounts import ACCOUNTS

if TYPE_CHECKING:
    from ..engine import Call, Engine
    from ..fleet import Fleet

_MINUTE = HOUR // 60
_UNITS = {"m": _MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY, "mo": 30 * DAY}
_YEAR = 365 * DAY
_SHORTEST = 5 * _MINUTE
_KEPT = 60 * _MINUTE
"""How long a signed URL is good for."""
VERSION = "4.9.0"


class BillingError(ApiError):
    """The billing service has words of its own for the types, and fields only where input is wrong."""

    _WORDS: Mapping[int, str] = {
        400: "validation_error",
        401: "unauthorized",
        403: "forbidden",
        404: "report_not_found",
        500: "internal_error",
    }

    def document(self, request_id: str) -> Document:
        document = super().document(request_id) | {"type": self._WORDS.get(self.status, self.kind)}
        if self.status == 400:
            document.setdefault("fields", [])
        return document


# --- series ---


def _span(text: str, units: Iterable[str]) -> int:
    """A length of time such as 2h, in microseconds. Raises ValueError."""
    match = re.fullmatch(r"(\d{1,6})([a-z]+)", text)
    if match is None or match[2] not in units:
        raise ValueError(f"must be a number and one of {', '.join(units)}")
    return int(match[1]) * _UNITS[match[2]]


def _moment(text: str) -> int:
    """A time, also as the metrics service takes it: a year or a day alone. Raises ValueError."""
    if re.fullmatch(r"\d{4}|\d{8}", text):
        text = f"{text[:4]}-{text[4:6] or '01'}-{text[6:] or '01'}T00:00:00Z"
    elif match := re.fullmatch(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{0,6})Z", text):
        year, month, day, hour, minute, second, fraction = match.groups()
        text = f"{year}-{month}-{day}T{hour}:{minute}:{second}.{fraction or '0'}Z"
    return clock.moment(clock.parse(text))


def _steps(engine: Engine, call: Call, units: tuple[str, ...], longest: int) -> list[int]:
    """The beginnings of the steps that a query asks for. Raises ApiError."""
    given = dict(call.query)
    wrong: dict[str, str] = {}
    values: dict[str, int] = {}
    for name in ("start", "end", "period", "interval"):
        if name in given:
            try:
                values[name] = _moment(given[name]) if name in ("start", "end") else _span(given[name], units)
            except ValueError as error:
                wrong[name] = str(error) or "is no time"
    if "interval" not in given:
        wrong["interval"] = "is required"
    if "period" in given and {"start", "end"} & set(given):
        wrong["period"] = "cannot be given together with start and end"
    elif "period" not in given and not {"start", "end"} <= set(given):
        wrong["period"] = "is required, or start and end"
    if wrong:
        raise invalid(wrong)
    end = values.get("end", engine.clock.time())
    start = values["start"] if "start" in values else end - values["period"]
    step = values["interval"]
    if not _SHORTEST <= end - start <= longest:
        raise invalid({"start" if "start" in given else "period": f"must span from 5 minutes to {longest // DAY} days"})
    if not _SHORTEST <= step <= end - start:
        raise invalid({"interval": "must be from 5 minutes to the whole time that is asked for"})
    # Steps begin at whole multiples, as days and hours do.
    first = start - start % step
    return list(range(first if first >= start else first + step, end, step))


def _series(call: Call, rows: list[Document], page_size: int) -> Document:
    """The page of computed entries that a query asks for. Raises ApiError."""
    given = dict(call.query)
    limit = given.get("limit", str(page_size))
    if not re.fullmatch(r"\d{1,9}", limit):
        raise invalid({"limit": "must be an integer"})
    size = min(max(int(limit), 2), 1000)
    order = given.get("order", "ASC").upper()
    if order not in ("ASC", "DESC"):
        raise invalid({"order": "must be ASC or DESC"})
    total = len(rows)
    if order == "DESC":
        rows = rows[::-1]
    if after := given.get("after"):
        places = [number for number, row in enumerate(rows) if row["id"] == after]
        if not places:
            raise invalid({"after": "is not the id of an entry of this list"})
        rows = rows[places[0] + 1 :]
    envelope: Document = {"object": "list", "limit": size, "order": order, "has_more": len(rows) > size, "data": rows[:size]}
    if after:
        envelope["after"] = after
    if "total_count" in given.get("include", "").split(","):
        envelope["total_count"] = total
    return envelope


def _number(engine: Engine, most: int, *salt: object) -> int:
    return int(engine.chance(*salt) * (most + 1))


METRICS = (
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
)


def _metrics(engine: Engine, call: Call) -> Answer:
    given = call.arguments("include", "start", "end", "period", "interval", "limit", "after", "order")
    wanted = [name for name in given.get("include", "").split(",") if name]
    if not set(wanted) <= {*METRICS, "total_count"} or not set(wanted) & set(METRICS):
        raise invalid({"include": "has to name metrics: " + ", ".join(METRICS)})
    rows = []
    for begin in _steps(engine, call, ("m", "h", "d", "w"), _YEAR):
        counts = {name: _number(engine, 900, "metric", call.account_id, begin, name) for name in METRICS if name in wanted}
        rows.append({"id": make_id(begin) + "5374617", "timestamp": clock.text(begin), **counts})
    envelope = _series(call, rows, 50)
    # No answer of this service tells the order, and what it says was asked for is a time in the examples.
    del envelope["order"]
    return engine.tell(envelope | ({"after": rows[0]["timestamp"]} if "after" in envelope and rows else {}))


def _commercial(engine: Engine, call: Call, sub_tenants: bool = True) -> Document:
    """The sender's account. Raises ApiError where it is not one that is billed."""
    account = engine.store.get(ACCOUNTS, call.account_id) or {}
    if account.get("tier") == "0" or (not sub_tenants and account.get("parent_id")):
        raise ApiError(403, "forbidden", "This is available only for commercial accounts.")
    return account


_TO_PELION = (
    "registrations",
    "registration_updates",
    "registration_deletes",
    "observations",
    "est_requests",
    "proxy_responses",
    "bootstrap_requests",
)


def _counted(engine: Engine, account: Document, begin: int, most: int) -> Document:
    """What an account is billed for in a time from `begin` on."""

    def number(name: str) -> int:
        return _number(engine, most, "billing", account["id"], begin, name)

    counters: Document = {name: number(name) for name in ("active_devices", "firmware_updates", "sda_tokens")}
    if account.get("business_model") == "api_calls_1_business_model":
        upwards = {name: number(name) for name in _TO_PELION}
        downwards = {name: number(name) for name in ("proxy_requests", "subscriptions")}
        counters |= {
            "device_to_pelion_messages": {**upwards, "total_count": sum(upwards.values())},
            "pelion_to_device_messages": {**downwards, "total_count": sum(downwards.values())},
            **{
                name: number(name)
                for name in ("pelion_to_webapp_notifications", "rest_api_requests_with_api_key_token", "rest_api_requests_with_user_token")
            },
        }
    return counters


def _billing_statistics(engine: Engine, call: Call) -> Answer:
    account = _commercial(engine, call)
    call.arguments("start", "end", "period", "interval", "limit", "after", "order", "include")
    rows = [
        {"id": make_id(begin), "object": "billing-statistics", "timestamp": clock.text(begin), **_counted(engine, account, begin, 900)}
        for begin in _steps(engine, call, tuple(_UNITS), 98 * DAY)
    ]
    return engine.tell(_series(call, rows, 50))


# --- billing reports ---


def _month(engine: Engine, call: Call) -> tuple[str, int, int]:
    """The month asked for, with its beginning and end. Raises ApiError where it is none, or not over."""
    month = call.arguments("month").get("month", "")
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise invalid({"month": "must be a month such as 2018-07"})
    year, number = int(month[:4]), int(month[5:])
    begin = _moment(f"{month}-01T00:00:00Z")
    end = _moment(f"{year + number // 12}-{number % 12 + 1:02}-01T00:00:00Z")
    if end > engine.clock.time() or end <= FIRST:
        raise ApiError(404, "report_not_found", "There is no report of this month.")
    return month, begin, end


def _contact(account: Document) -> Document:
    names = ("address_line1", "city", "company", "contact", "country", "email", "phone_number", "postal_code", "business_model")
    aliases = account.get("aliases") or [""]
    return {"id": account["id"], "alias": aliases[0]} | {name: account[name] for name in names if account.get(name) is not None}


def _billed(engine: Engine, account: Document, begin: int, end: int) -> Document:
    times = {"generated": end + 2 * HOUR, "period_start": begin, "period_end": end}
    return {name: clock.text(moment) for name, moment in times.items()} | _counted(engine, account, begin, 20_000)


def _billing_report(engine: Engine, call: Call) -> Answer:
    account = _commercial(engine, call, sub_tenants=False)
    month, begin, end = _month(engine, call)
    report: Document = {
        "id": make_id(end),
        "object": "billing-report",
        "month": month,
        "account": _contact(account),
        "billing_data": _billed(engine, account, begin, end),
        "service_package": {"quota_usage": [{"amount": -1, "type": "reservation", "time": clock.text(begin), "campaign_name": "nightly"}]},
    }
    if below := list(engine.store.select(ACCOUNTS, parent_id=account["id"])):
        report["subtenants"] = [
            {
                "account": {"company": "", **_contact(one), "customer_subtenant_id": one["id"]},
                "billing_data": _billed(engine, one, begin, end),
            }
            for one in below
        ]
    return engine.tell(report)


def _raw_data(kind: str, engine: Engine, call: Call) -> Answer:
    account = _commercial(engine, call, sub_tenants=False)
    month, _begin, _end = _month(engine, call)
    until = engine.clock.time() + _KEPT
    name = f"{kind}-{account['id']}-{month}"
    # Another host, as with the real service: the same machine by its other name.
    host = call.origin.replace("127.0.0.1", "localhost") if "127.0.0.1" in call.origin else call.origin.replace("localhost", "127.0.0.1")
    url = f"{host}/billing-files/{name}.csv.gz?expires={until}&signature={_signature(engine, name, until)}"
    return engine.tell({"object": f"billing-report-{kind}", "url": url, "filename": f"{name}.csv.gz"})


def _signature(engine: Engine, name: str, until: int) -> str:
    return digest(engine.seed, "signed", name, until)


def _raw_data_file(engine: Engine, call: Call) -> Answer:
    """A signed URL: good for a time, and for those only who show nothing else."""
    given = dict(call.query)
    name, until = call.parameters["name"].removesuffix(".csv.gz"), given.get("expires", "")
    if "authorization" in call.headers:
        raise bad_request("Only one way of authentication is allowed.")
    if not until.isdecimal() or given.get("signature") != _signature(engine, name, int(until)) or int(until) < engine.clock.time():
        raise ApiError(403, "access_denied", "The signature is wrong or expired.")
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(("device_id", "account_id", "first_seen"))
    for number in range(25):
        table.writerow((digest(name, number)[:32], name.split("-")[-3], clock.text(LAST + number * HOUR)))
    return Answer(200, gzip.compress(text.getvalue().encode(), mtime=0), "application/gzip")


# --- service packages ---

QUOTA_HISTORY = Resource(
    name="service-packages-quota-history",
    object="service-package-quota-history",
    operations={},
    tenant=True,
    counted=True,
    clock="added",
    fields={
        "account_id": Field("string", io=""),
        "added": Field("string", format="date-time"),
        "amount": Field("integer"),
        "id": Field("string"),
        "reason": Field("string"),
        "reservation": Field("object"),
        "service_package": Field("object"),
    },
)


def _package(created: int, count: int) -> Document:
    return {
        "id": make_id(created),
        "created": clock.text(created),
        "modified": clock.text(created),
        "start_time": clock.text(created),
        "expires": clock.text(created + 3650 * DAY),
        "firmware_update_count": count,
    }


def _service_packages(engine: Engine, call: Call) -> Answer:
    _commercial(engine, call)
    call.arguments()
    first, second = _package(FIRST, 100_000), _package(FIRST + _YEAR, 1_000_000)
    ended = {"end_time": second["start_time"], "reason": "renewed", "next_id": second["id"]}
    active = second | {"grace_period": False, "previous_id": first["id"]}
    return engine.tell({"object": "service-packages", "active": active, "previous": [first | ended]})


def _quota(engine: Engine, call: Call) -> Answer:
    _commercial(engine, call)
    call.arguments()
    return engine.tell({"object": "service-package-quota", "quota": engine.settings.update_quota})


def _quota_history(engine: Engine, call: Call) -> Answer:
    _commercial(engine, call)
    page = engine.page(QUOTA_HISTORY, call)
    # The one list that says it is something else.
    return engine.tell(json.loads(page.body) | {"object": QUOTA_HISTORY.object})


def _history(fleet: Fleet) -> Iterator[Document]:
    for number, (reason, amount) in enumerate((("package_creation", 100_000), ("package_renewal", 1_000_000), ("reservation", -50))):
        added = FIRST + number * _YEAR
        entry: Document = {
            "id": make_id(added),
            "added": clock.text(added),
            "amount": amount,
            "reason": reason,
            "account_id": fleet.account_id,
        }
        if reason == "reservation":
            entry["reservation"] = {"id": make_id(added + 1), "account_id": fleet.account_id, "campaign_name": "nightly"}
        else:
            package = _package(added, amount)
            entry["service_package"] = {name: package[name] for name in ("id", "start_time", "expires", "firmware_update_count")}
        yield entry


# --- factory ---


def _manufacturing(engine: Engine, call: Call) -> Answer:
    given = call.arguments("start", "end")
    try:
        start = _moment(given["start"])
        end = _moment(given["end"]) if "end" in given else engine.clock.time()
    except KeyError:
        raise invalid({"start": "is required"}) from None
    except ValueError:
        raise invalid({"end" if "end" in given else "start": "is no time"}) from None
    rows = []
    for number, (factory, workstation) in enumerate((("Gdansk", "line-1"), ("Gdansk", "line-2"), ("Porto", "bench"))):
        # Nothing is made before the factory opens.
        days = max(0, min(end, engine.clock.time()) - max(start, FIRST + number * DAY)) // DAY
        if days:
            shortest = 8 + engine.chance("provisioning", workstation)
            times = {
                "min_provisioning_time_sec": shortest,
                "avg_provisioning_time_sec": shortest + 2,
                "max_provisioning_time_sec": shortest + 20,
            }
            rows.append(
                {
                    "id": digest("factory", number)[:32],
                    "factory_id": 10 + number // 2,
                    "factory_name": factory,
                    "workstation": workstation,
                    "device_count": days * 40,
                    **{name: round(value, 2) for name, value in times.items()},
                }
            )
    if not rows and engine.spec == 2020:
        return Answer(204)
    head = {"object": "list", "limit": 1000, "order": "ASC", "has_more": False, "total_count": len(rows)}
    return engine.tell({**head, "start": clock.text(start), "end": clock.text(end), "data": rows})


def _archive() -> bytes:
    """The factory tool: the same bytes each time."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(zipfile.ZipInfo("factory_configurator_utility/README.md", (2020, 1, 1, 0, 0, 0)), f"# Version {VERSION}\n" * 2000)
    return held.getvalue()


ARCHIVE = _archive()


def _tool(engine: Engine, call: Call) -> Answer:
    call.arguments()
    addresses: dict[str, Any] = {
        "download_url": f"{call.origin}/downloads/fcu/factory_configurator_utility.zip",
        "release_notes_url": f"{call.origin}/downloads/fcu/release_notes",
    }
    licence = {"license_type": "evaluation", "license_version": "1"}
    return engine.tell({"version": VERSION, "download_size_bytes": len(ARCHIVE), **addresses, **licence})


def _tool_archive(engine: Engine, call: Call) -> Answer:
    call.arguments()
    if not engine.settings.factory_licence:
        raise ApiError(403, "access_denied", "The licence has not been accepted.")
    return Answer(200, ARCHIVE, "application/zip")


def _tool_notes(engine: Engine, call: Call) -> Answer:
    call.arguments()
    return Answer(200, f"# Release {VERSION}\n\nNothing that matters.\n".encode(), "text/markdown; charset=UTF-8")


ROWS = (QUOTA_HISTORY,)
SETTINGS = {"factory_licence": True}
OPERATIONS = {
    "getMetrics": _metrics,
    "getStatisticsView": _billing_statistics,
    "getBillingReport": _billing_report,
    "getBillingReportActiveDevices": lambda engine, call: _raw_data("active-devices", engine, call),
    "getBillingReportFirmwareUpdates": lambda engine, call: _raw_data("firmware-updates", engine, call),
    "getServicePackages": _service_packages,
    "getServicePackageQuota": _quota,
    "getServicePackageQuotaHistory": _quota_history,
    "ManufacturingStatisticsReport": _manufacturing,
    "ManufacturingStatisticsReport#2020": _manufacturing,
    "getFactoryToolInfo": _tool,
    "downloadFactoryTool": _tool_archive,
    "getFactoryToolReleaseNotes": _tool_notes,
}
OPEN = {"GET /billing-files/{name}": _raw_data_file}
ERRORS = dict.fromkeys(
    (
        "getStatisticsView",
        "getBillingReport",
        "getBillingReportActiveDevices",
        "getBillingReportFirmwareUpdates",
        "getServicePackages",
        "getServicePackageQuota",
        "getServicePackageQuotaHistory",
    ),
    BillingError,
)


def seed(fleet: Fleet) -> Iterable[tuple[Resource, Iterable[Document]]]:
    """What the quota was used for."""
    yield QUOTA_HISTORY, _history(fleet)
