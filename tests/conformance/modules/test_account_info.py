# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account: the probe whether key, address and network are right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import collection
from pelion_simulator.process import Simulator


def test_every_module_without_a_table_has_tests() -> None:
    """They name it in quotation marks."""
    text = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert [name for name in collection.MODULES if collection.base(name) == "ApiModule" and f'"{name}"' not in text] == []


def test_account(runs: Any, client: Any) -> None:
    # In 2019 every account has the fields of its first user's secrets, which are empty, and not shown.
    me = collection.declared("account_info").row.shown(client.get("/v3/accounts/me"))
    played = runs(
        {
            "account": {"account_info": None},
            "check": {"account_info": {"include": ["limits", "sub_accounts"]}, "check_mode": True},
            "unknown": {"account_info": {"include": ["colours"]}},
        }
    )
    assert (played["account"].changed, played["account"].result["accounts"]) == (False, [me])
    assert [(sent.method, sent.path, sent.query) for sent in played["account"].sent] == [("GET", "/v3/accounts/me", {})]
    (account,) = played["check"].result["accounts"]
    assert set(account) - set(me) == {"limits", "sub_accounts"}
    assert played["check"].sent[0].query == {"include": "limits,sub_accounts"}
    assert (
        played["unknown"].msg
        == "value of include must be one or more of: limits, policies, sub_accounts, history. Got no match for: colours"
    )


def test_settings_from_every_source(play: Any, simulator: Simulator, environment: dict[str, str]) -> None:
    """The module group's defaults, the SDK's variables, a profile; what others may read is refused."""
    home = Path(environment["HOME"])
    for name, mode in (("private", 0o600), ("open", 0o644)):
        path = home / f"{name}.yml"
        path.write_text(f"plant:\n  access_key: {simulator.api_key}\n  api_url: {simulator.url}\n", encoding="utf-8")
        path.chmod(mode)
    nothing = {"PELION_API_KEY": "", "PELION_API_URL": ""}
    sdk = {"MBED_CLOUD_SDK_API_KEY": simulator.api_key, "MBED_CLOUD_SDK_HOST": simulator.url}
    played = play(
        {
            "sdk": {"account_info": {"api_profile_path": ""}, "environment": {**nothing, **sdk}},
            "profile": {"account_info": {"api_profile": "plant"}, "environment": nothing},
            "profile by environment": {"account_info": None, "environment": {**nothing, "PELION_PROFILE": "plant"}},
            "unknown profile": {"account_info": {"api_profile": "none"}},
            "open profile": {"account_info": {"api_profile": "plant", "api_profile_path": str(home / "open.yml")}},
        },
        module_defaults={"group/pelion.device_management.all": {"api_profile_path": str(home / "private.yml")}},
    )
    assert {name: step.failed for name, step in played.steps.items()} == {
        "sdk": False,
        "profile": False,
        "profile by environment": False,
        "unknown profile": True,
        "open profile": True,
    }
    assert played["unknown profile"].msg == f"The profile file {home}/private.yml has no profile 'none'; it has: plant."
    assert played["open profile"].msg == (
        f"The profile file {home}/open.yml can be read by others (mode 0644); run: chmod 600 {home}/open.yml"
    )
    assert simulator.api_key not in played.output
