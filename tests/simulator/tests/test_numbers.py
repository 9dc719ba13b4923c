# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statistics, billing and the factory tool."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zipfile
from urllib.parse import urlsplit

import pytest
import requests
from simulator_helpers import Api, Watched

WEEK = "start=2020-01-06T00:00:00Z&end=2020-01-13T00:00:00Z"
MONTH = "2020-05"


def test_metrics_in_steps(api: Api) -> None:
    page = api.get(f"/v3/metrics?include=transactions,bootstraps_failed,total_count&interval=1d&{WEEK}")
    assert (page["total_count"], page["has_more"], page["limit"]) == (7, False, 50)
    assert [entry["timestamp"][:10] for entry in page["data"]] == [f"2020-01-{day:02}" for day in range(6, 13)]
    assert {name for entry in page["data"] for name in entry} == {"id", "timestamp", "transactions", "bootstraps_failed"}
    assert api.get(f"/v3/metrics?include=transactions,bootstraps_failed,total_count&interval=1d&{WEEK}") == page


@pytest.mark.parametrize("order", ["ASC", "DESC"])
def test_pages_of_metrics(api: Api, order: str) -> None:
    question = f"/v3/metrics?include=transactions&interval=1d&{WEEK}&order={order}"
    whole = api.get(question)["data"]
    pages, after = [], ""
    while True:
        page = api.get(f"{question}&limit=3{after}")
        pages += page["data"]
        if not page["has_more"]:
            break
        after = f"&after={page['data'][-1]['id']}"
    assert pages == whole
    assert whole == sorted(whole, key=lambda entry: entry["timestamp"], reverse=order == "DESC")


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        (f"interval=1d&{WEEK}", {"include"}),
        (f"include=total_count&interval=1d&{WEEK}", {"include"}),
        (f"include=rumours&interval=1d&{WEEK}", {"include"}),
        (f"include=transactions&{WEEK}", {"interval"}),
        ("include=transactions&interval=1d", {"period"}),
        (f"include=transactions&interval=1d&period=7d&{WEEK}", {"period"}),
        (f"include=transactions&interval=1mo&{WEEK}", {"interval"}),
        (f"include=transactions&interval=8d&{WEEK}", {"interval"}),
        ("include=transactions&interval=1m&period=1h", {"interval"}),
        ("include=transactions&interval=1d&period=54w", {"period"}),
        (f"include=transactions&interval=1d&{WEEK}&limit=x", {"limit"}),
        (f"include=transactions&interval=1d&{WEEK}&order=up", {"order"}),
        (f"include=transactions&interval=1d&{WEEK}&after=nobody", {"after"}),
        ("include=transactions&interval=1d&start=then&end=now", {"start", "end"}),
        (f"include=transactions&interval=1d&{WEEK}&color=red", {"color"}),
    ],
)
def test_metrics_that_are_refused(api: Api, query: str, fields: set[str]) -> None:
    assert set(api.refused(400, "validation_error", "GET", f"/v3/metrics?{query}")) == fields


def test_metrics_of_a_year_written_briefly(api: Api) -> None:
    page = api.get("/v3/metrics?include=transactions&interval=1w&start=2019&end=20191231")
    assert len(page["data"]) == 50
    assert page["has_more"]


def test_billing_statistics(api: Api) -> None:
    page = api.get("/v3/billing-statistics?interval=1mo&period=3mo&order=desc&include=total_count")
    assert page["total_count"] == len(page["data"]) == 3
    assert set(page["data"][0]) == {"id", "object", "timestamp", "active_devices", "firmware_updates", "sda_tokens"}


def test_an_account_that_pays_for_calls_sees_them(api: Api, simulator: Watched) -> None:
    simulator.patch("accounts", api.get("/v3/accounts/me")["id"], business_model="api_calls_1_business_model")
    (entry,) = api.get("/v3/billing-statistics?interval=1d&start=2020-01-06T00:00:00Z&end=2020-01-07T00:00:00Z")["data"]
    counted = entry["device_to_pelion_messages"]
    assert counted["total_count"] == sum(number for name, number in counted.items() if name != "total_count")
    assert "rest_api_requests_with_user_token" in entry


@pytest.mark.parametrize(
    "path",
    [
        "/v3/billing-statistics?interval=1d&period=7d",
        f"/v3/billing-report?month={MONTH}",
        f"/v3/billing-report-active-devices?month={MONTH}",
        f"/v3/billing-report-firmware-updates?month={MONTH}",
        "/v3/service-packages",
        "/v3/service-packages-quota",
    ],
)
def test_free_accounts_have_no_bills(api: Api, simulator: Watched, path: str) -> None:
    simulator.patch("accounts", api.get("/v3/accounts/me")["id"], tier="0")
    api.refused(403, "forbidden", "GET", path)


def test_a_report_covers_the_accounts_below(api: Api) -> None:
    report = api.get(f"/v3/billing-report?month={MONTH}")
    assert report["month"] == MONTH
    assert report["billing_data"]["period_end"] == "2020-06-01T00:00:00.000000Z"
    below = {account["id"] for account in api.get("/v3/accounts")["data"]}
    assert below
    assert {one["account"]["id"] for one in report["subtenants"]} == below


@pytest.mark.parametrize(("month", "status", "kind"), [("2016-01", 404, "report_not_found"), ("2099-01", 404, "report_not_found")])
def test_months_without_a_report(api: Api, month: str, status: int, kind: str) -> None:
    for path in ("billing-report", "billing-report-active-devices"):
        api.refused(status, kind, "GET", f"/v3/{path}?month={month}")


@pytest.mark.parametrize("month", ["2020-13", "may", ""])
def test_months_that_are_none(api: Api, month: str) -> None:
    assert set(api.refused(400, "validation_error", "GET", f"/v3/billing-report?month={month}")) == {"month"}


@pytest.mark.parametrize("kind", ["active-devices", "firmware-updates"])
def test_raw_data_lies_elsewhere_and_is_signed(api: Api, simulator: Watched, kind: str) -> None:
    found = api.get(f"/v3/billing-report-{kind}?month={MONTH}")
    url = found["url"]
    assert urlsplit(url).netloc != urlsplit(simulator.url).netloc
    assert urlsplit(url).path.rpartition("/")[2] == found["filename"]
    whole = requests.get(url, verify=simulator.ca_file, timeout=30)
    assert (whole.status_code, whole.headers["Content-Type"]) == (200, "application/gzip")
    table = list(csv.DictReader(io.StringIO(gzip.decompress(whole.content).decode())))
    assert len(table) == 25
    # With a token it is no signed request any more, as with the storage services of this world.
    assert requests.get(url, verify=simulator.ca_file, headers={"Authorization": "Bearer x"}, timeout=30).status_code == 400
    assert requests.get(url.replace("signature=", "signature=0"), verify=simulator.ca_file, timeout=30).status_code == 403
    simulator.clock(advance=3601)
    assert requests.get(url, verify=simulator.ca_file, timeout=30).status_code == 403


def test_service_packages_and_quota(api: Api, simulator: Watched) -> None:
    packages = api.get("/v3/service-packages")
    assert packages["active"]["previous_id"] == packages["previous"][0]["id"]
    simulator.settings(update_quota=70)
    assert api.get("/v3/service-packages-quota")["quota"] == 70
    history = api.get("/v3/service-packages-quota-history?limit=2")
    assert (history["has_more"], history["total_count"]) == (True, 3)
    rest = api.get(f"/v3/service-packages-quota-history?limit=2&after={history['data'][-1]['id']}")
    assert [entry["reason"] for entry in history["data"] + rest["data"]] == ["package_creation", "package_renewal", "reservation"]


def test_manufacturing(api: Api) -> None:
    page = api.get("/v3/manufacturing/statistics?start=2020-06-01T00:00:00Z&end=2020-06-11T00:00:00Z")
    assert [(entry["factory_name"], entry["device_count"]) for entry in page["data"]] == [("Gdansk", 400), ("Gdansk", 400), ("Porto", 400)]
    assert all(
        entry["min_provisioning_time_sec"] <= entry["avg_provisioning_time_sec"] <= entry["max_provisioning_time_sec"]
        for entry in page["data"]
    )
    assert set(api.refused(400, "validation_error", "GET", "/v3/manufacturing/statistics")) == {"start"}


def test_manufacturing_of_2020_lay_elsewhere(api: Api, simulator: Watched) -> None:
    simulator.settings(spec=2020)
    assert api.send("GET", "/v3/manufacturing/statistics?start=2020-06-01T00:00:00Z").status_code == 404
    assert api.get("/v3/manufacturing/statistics/report?start=2020-06-01T00:00:00Z")["data"]
    empty = api.send("GET", "/v3/manufacturing/statistics/report?start=2010-06-01T00:00:00Z&end=2010-06-02T00:00:00Z")
    assert (empty.status_code, empty.content) == (204, b"")


def test_the_factory_tool(api: Api, simulator: Watched) -> None:
    tool = api.get("/downloads/fcu/info")
    archive = api.send("GET", urlsplit(tool["download_url"]).path)
    assert (archive.headers["Content-Type"], len(archive.content)) == ("application/zip", tool["download_size_bytes"])
    with zipfile.ZipFile(io.BytesIO(archive.content)) as opened:
        assert tool["version"] in opened.read("factory_configurator_utility/README.md").decode()
    again = api.send("GET", urlsplit(tool["download_url"]).path)
    assert hashlib.sha256(again.content).digest() == hashlib.sha256(archive.content).digest()
    notes = api.send("GET", urlsplit(tool["release_notes_url"]).path)
    assert notes.headers["Content-Type"].startswith("text/markdown")
    simulator.settings(factory_licence=False)
    api.refused(403, "access_denied", "GET", urlsplit(tool["download_url"]).path)
