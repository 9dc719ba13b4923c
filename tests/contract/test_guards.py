# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools behind make fail when a tool succeeded without having tested anything."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

import ansible_test
import steps
import workspace

SANITY = [f'Running sanity test "{name}"' for name in ("pep8", "pylint", "validate-modules", "yamllint")]
SANITY += ['Running sanity test "compile" on Python 3.9', 'Running sanity test "import" on Python 3.9']


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """An installed collection with two integration targets, one of which only prepares."""
    for target in ("device", "setup_fleet"):
        (tmp_path / "tests/integration/targets" / target).mkdir(parents=True)
    return tmp_path


def test_sanity_that_ran_counts(copy: Path) -> None:
    assert ansible_test.check("sanity", "\n".join(SANITY), copy) == "6 sanity tests"


def test_sanity_that_found_no_files_fails(copy: Path) -> None:
    with pytest.raises(SystemExit, match="did not run compile, import, pep8, pylint, validate-modules, yamllint"):
        ansible_test.check("sanity", "WARNING: All targets skipped.", copy)


def test_sanity_that_was_chosen_must_run(copy: Path) -> None:
    chosen = ("--test", "pep8", "--test", "ansible-doc")
    with pytest.raises(SystemExit, match=r"did not run ansible-doc\."):
        ansible_test.check("sanity", "\n".join(SANITY), copy, chosen)
    assert ansible_test.check("sanity", SANITY[0], copy, chosen[:2]) == "1 sanity tests"


def test_units_count_over_all_runs(copy: Path) -> None:
    log = "===== 3 passed in 1.0s =====\n===== 2 passed, 1 skipped in 1.0s ====="
    assert ansible_test.check("units", log, copy) == "5 unit tests"


def test_units_without_tests_fail(copy: Path) -> None:
    with pytest.raises(SystemExit, match="ran no test"):
        ansible_test.check("units", "WARNING: All targets skipped.", copy)


def test_integration_that_ran_counts(copy: Path) -> None:
    assert ansible_test.check("integration", "Running device integration test role", copy) == "1 integration targets"


@pytest.mark.parametrize(
    ("log", "message"),
    [
        ("WARNING: All targets skipped.", "did not run device"),
        ("Running device integration test role\nskipping: no hosts matched", "did not run anything"),
    ],
)
def test_integration_that_played_nothing_fails(copy: Path, log: str, message: str) -> None:
    with pytest.raises(SystemExit, match=message):
        ansible_test.check("integration", log, copy)


def run(tmp_path: Path, script: str, least: int = 0) -> steps.Outcome:
    return steps.run_step(steps.Step("step", [sys.executable, "-c", script], least=least), tmp_path)


def test_step_adds_up_what_pytest_says(tmp_path: Path) -> None:
    outcome = run(tmp_path, "print('1 passed in 0.1s'); print('=== 2 passed, 1 skipped in 61.10s (0:01:01) ===')", least=3)
    assert (outcome.ok, outcome.passed, outcome.failed, outcome.skipped) == (True, 3, 0, 1)


def test_step_with_too_few_tests_fails(tmp_path: Path) -> None:
    outcome = run(tmp_path, "print('2 skipped in 0.1s')", least=1)
    assert (outcome.ok, outcome.note) == (False, "0 tests passed, but at least 1 were to run")


def test_step_that_exits_with_an_error_fails(tmp_path: Path) -> None:
    assert not run(tmp_path, "print('5 passed in 0.1s'); raise SystemExit(3)").ok


def test_report_of_nothing_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert steps.report([], tmp_path, 0.0) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 0 failed, 0 skipped"


def test_report_counts_tests_and_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = [
        run(tmp_path, "print('4 passed in 0.1s')"),
        run(tmp_path, "print('clean')"),
        run(tmp_path, "print('1 failed, 2 passed in 0.1s'); raise SystemExit(1)"),
    ]
    assert steps.report(outcomes, tmp_path, 0.0) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "7 passed, 1 failed, 0 skipped"


def test_installing_nothing_fails(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="installed nothing"):
        workspace.install_copy(tmp_path / "place", Path("/bin/true"), {})


def test_test_environment_points_at_no_real_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PELION_API_KEY", "PELION_PROFILE", "MBED_CLOUD_SDK_API_KEY", "ANSIBLE_CONFIG", "PYTHONPATH", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("PELION_SPEC_DIR", "spec")
    env = workspace.environment(tmp_path)
    assert [name for name, value in env.items() if value == "x"] == []
    assert (env["PELION_SPEC_DIR"], env["HOME"]) == ("spec", str(tmp_path))
