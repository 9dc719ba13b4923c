# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statistics, billing and the factory tool, by the real modules."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

WEEK = {"start": "2020-01-06T00:00:00Z", "end": "2020-01-13T00:00:00Z", "interval": "1d"}
MONTH = "2020-05"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for files."""
    made = tmp_path / "files"
    made.mkdir()
    return made


def test_metrics(run: Any) -> None:
    step = run("metrics_info", include=["transactions", "bootstraps_failed"], **WEEK)
    assert [sent.query for sent in step.sent] == [{"include": "transactions,bootstraps_failed", "order": "ASC", "limit": "1000", **WEEK}]
    assert [entry["timestamp"][:10] for entry in step.result["metrics"]] == [f"2020-01-{day:02}" for day in range(6, 13)]
    assert set(step.result["metrics"][0]) == {"id", "timestamp", "transactions", "bootstraps_failed"}
    assert not step.changed


def test_all_metrics_over_several_pages(run: Any) -> None:
    step = run("metrics_info", period="52w", interval="2h", fields=["transactions"], limit=1500, order="DESC")
    assert len(step.result["metrics"]) == 1500
    assert {frozenset(entry) for entry in step.result["metrics"]} == {frozenset({"transactions"})}
    assert len(step.sent) == 2
    assert len(step.sent[0].query["include"].split(",")) == 16


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"interval": "1d"}, "one of the following is required: period, start"),
        ({"interval": "1d", "period": "7d", "start": "2020-01-06T00:00:00Z"}, "parameters are mutually exclusive: period|start"),
        ({"interval": "1d", "start": "2020-01-06T00:00:00Z"}, "parameters are required together: start, end"),
        ({"interval": "1d", "period": "7d", "limit": 0}, "limit must be at least 1, not 0."),
    ],
)
@pytest.mark.parametrize("module", ["metrics_info", "billing_statistics_info"])
def test_questions_that_are_not_asked(run: Any, module: str, options: dict[str, Any], text: str) -> None:
    step = run(module, **options)
    assert step.msg == text
    assert step.sent == []


@pytest.mark.since(2020)
def test_billing_statistics(run: Any) -> None:
    step = run("billing_statistics_info", period="3mo", interval="1mo", fields=["timestamp", "active_devices"])
    assert [set(entry) for entry in step.result["billing_statistics"]] == [{"timestamp", "active_devices"}] * 3
    assert [sent.path for sent in step.sent] == ["/v3/billing-statistics"]


@pytest.mark.until(2019)
@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("billing_statistics_info", {"period": "3mo", "interval": "1mo"}),
        ("manufacturing_statistics_info", {"start": "2020-06-01T00:00:00Z"}),
    ],
)
def test_services_that_do_not_have_it(run: Any, module: str, options: dict[str, Any]) -> None:
    assert "an older service may not have this operation" in run(module, **options).msg


@pytest.mark.until(2019)
@pytest.mark.parametrize(("module", "options"), [("factory_tool_info", {}), ("factory_tool", {"dest": "tool.zip"})])
def test_services_without_a_factory_tool(run: Any, module: str, options: dict[str, Any]) -> None:
    assert "an older service may not have this operation" in run(module, **options).msg


@pytest.mark.since(2020)
def test_manufacturing(run: Any, spec: int) -> None:
    step = run("manufacturing_statistics_info", start="2020-06-01T00:00:00Z", end="2020-06-11T00:00:00Z")
    assert [entry["device_count"] for entry in step.result["manufacturing_statistics"]] == [400, 400, 400]
    paths = ["/v3/manufacturing/statistics", "/v3/manufacturing/statistics/report"]
    assert [sent.path for sent in step.sent] == (paths if spec == 2020 else paths[:1])
    assert "limit" not in step.sent[0].query


@pytest.mark.since(2020)
def test_nothing_was_made(run: Any) -> None:
    step = run("manufacturing_statistics_info", start="2010-06-01T00:00:00Z", end="2010-06-02T00:00:00Z")
    assert step.result["manufacturing_statistics"] == []


@pytest.mark.since(2020)
def test_an_error_of_the_statistics_is_told(run: Any, spec: int) -> None:
    step = run("manufacturing_statistics_info", start="then")
    assert (step.result["status"], step.result["fields"]) == (400, [{"name": "start", "message": "is no time"}])
    assert len(step.sent) == (2 if spec == 2020 else 1)


def test_service_packages(run: Any, simulator: Any) -> None:
    simulator.settings(update_quota=70)
    step = run("service_package_info")
    assert step.result["quota"] == 70
    assert step.result["service_packages"]["active"]["firmware_update_count"] == 1_000_000
    assert "quota_history" not in step.result
    history = run("service_package_info", quota_history=True).result["quota_history"]
    assert [entry["amount"] for entry in history] == [100_000, 1_000_000, -50]


def test_a_billing_report(run: Any) -> None:
    step = run("billing_report_info", month=MONTH)
    assert step.result["billing_report"]["month"] == MONTH
    assert step.result["billing_report"]["subtenants"]
    assert [(sent.path, sent.query) for sent in step.sent] == [("/v3/billing-report", {"month": MONTH})]


@pytest.mark.parametrize(("module", "options"), [("billing_report_info", {}), ("billing_report", {"data": "active_devices", "dest": "x"})])
def test_months_that_are_none(run: Any, module: str, options: dict[str, Any]) -> None:
    step = run(module, month="2020-13", **options)
    assert step.msg == "'2020-13' is no month; write it as 2026-01."
    assert step.sent == []


def test_months_without_a_report(run: Any, folder: Path) -> None:
    assert run("billing_report_info", month="2099-01").result["billing_report"] is None
    step = run("billing_report", month="2099-01", data="active_devices", dest=str(folder / "x"))
    assert step.msg == "There is no billing report of 2099-01; a report is there when its month is over."


def test_an_account_without_bills(run: Any, simulator: Any, client: Any) -> None:
    simulator.patch("accounts", client.get("/v3/accounts/me")["id"], tier="0")
    step = run("service_package_info")
    assert (step.result["status"], step.result["type"]) == (403, "forbidden")


@pytest.mark.parametrize("data", ["active_devices", "firmware_updates"])
def test_saving_what_is_behind_a_report(run: Any, folder: Path, data: str, simulator: Any) -> None:
    options = {"month": MONTH, "data": data, "dest": str(folder)}
    checked = run("billing_report", check=True, **options)
    assert list(folder.iterdir()) == []
    step = run("billing_report", **options)
    again = run("billing_report", **options)
    assert (checked.changed, step.changed, again.changed) == (True, True, False)
    told = {name: step.result[name] for name in ("dest", "sha256", "size")}
    assert told == {name: checked.result[name] for name in told} == {name: again.result[name] for name in told}
    saved = Path(step.result["dest"])
    assert saved.parent == folder
    assert saved.suffix == ".csv"
    content = saved.read_bytes()
    assert (len(content), hashlib.sha256(content).hexdigest()) == (step.result["size"], step.result["sha256"])
    assert content.startswith(b"device_id,")
    assert saved.stat().st_mode & 0o777 == 0o600
    # The signed address would have refused the token, and is not shown.
    assert [sent.path.split("/")[1] for sent in step.sent] == ["v3", "billing-files"]
    assert "signature" not in step.output
    # A file of somebody else in its place is replaced.
    saved.write_bytes(b"other")
    assert run("billing_report", **options).changed
    assert saved.read_bytes() == content


def test_saving_it_as_it_comes(run: Any, folder: Path) -> None:
    target = folder / "packed"
    step = run("billing_report", month=MONTH, data="active_devices", dest=str(target), decompress=False)
    assert step.result["dest"] == str(target)
    assert gzip.decompress(target.read_bytes()).startswith(b"device_id,")
    assert run("billing_report", month=MONTH, data="active_devices", dest=str(folder), decompress=False).result["dest"].endswith(".csv.gz")


def test_a_file_that_cannot_be_unpacked(run: Any, folder: Path, simulator: Any) -> None:
    simulator.faults(path="billing-files", body="no archive")
    step = run("billing_report", month=MONTH, data="active_devices", dest=str(folder / "x"))
    assert step.msg.startswith("The file cannot be unpacked: ")
    assert list(folder.iterdir()) == []


def test_a_place_that_cannot_be_written(run: Any, folder: Path, spec: int) -> None:
    options = {"billing_report": {"month": MONTH, "data": "active_devices"}, "factory_tool": {}}
    for module in options if spec > 2019 else ["billing_report"]:
        step = run(module, dest=str(folder / "gone" / "x"), **options[module])
        assert step.msg.startswith("The file cannot be written: ")


@pytest.mark.since(2020)
def test_the_factory_tool_is_fetched_once(run: Any, folder: Path) -> None:
    checked = run("factory_tool", check=True, dest=str(folder))
    assert list(folder.iterdir()) == []
    step = run("factory_tool", dest=str(folder))
    again = run("factory_tool", dest=str(folder))
    forced = run("factory_tool", dest=str(folder), force=True)
    assert [one.changed for one in (checked, step, again, forced)] == [True, True, False, True]
    assert checked.result["sha256"] is None
    saved = folder / f"factory_configurator_utility-{step.result['factory_tool']['version']}.zip"
    assert step.result["dest"] == str(saved)
    assert step.result["sha256"] == again.result["sha256"] == hashlib.sha256(saved.read_bytes()).hexdigest()
    assert len(step.sent) == 2
    assert len(again.sent) == 1


@pytest.mark.since(2020)
def test_only_the_approved_factory_tool_is_kept(run: Any, folder: Path) -> None:
    target = folder / "tool.zip"
    refused = run("factory_tool", dest=str(target), sha256="0" * 64)
    assert refused.msg.endswith(f"not {'0' * 64}; it is not kept.")
    assert not target.exists()
    fetched = run("factory_tool", dest=str(target))
    assert not run("factory_tool", dest=str(target), sha256=fetched.result["sha256"].upper()).changed
    # What is there and is not what was approved would be replaced.
    assert run("factory_tool", check=True, dest=str(target), sha256="0" * 64).changed


@pytest.mark.since(2020)
def test_a_factory_tool_that_came_in_part(run: Any, folder: Path, simulator: Any) -> None:
    simulator.faults(path="factory_configurator_utility", body="half")
    step = run("factory_tool", dest=str(folder / "tool.zip"))
    assert step.msg.startswith("The archive has 4 bytes, but the service says ")
    assert list(folder.iterdir()) == []


@pytest.mark.since(2020)
def test_a_licence_that_has_not_been_accepted(run: Any, folder: Path, simulator: Any) -> None:
    simulator.settings(factory_licence=False)
    assert run("factory_tool", dest=str(folder)).result["status"] == 403


@pytest.mark.since(2020)
def test_what_is_new_in_the_factory_tool(run: Any, simulator: Any) -> None:
    step = run("factory_tool_info", release_notes=True)
    assert step.result["release_notes"].startswith(f"# Release {step.result['factory_tool']['version']}")
    assert urlsplit(step.result["factory_tool"]["download_url"]).netloc == urlsplit(simulator.url).netloc
    assert "release_notes" not in run("factory_tool_info").result
