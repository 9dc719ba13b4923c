# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Suspending devices and bringing them back: what is planned for a device as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils.resource import Call, ResourceError, plan
from ansible_collections.pelion.device_management.plugins.module_utils.resources import directory
from hypothesis import given
from hypothesis import strategies as st

ID = "0" * 32
LAST = "last_operator_suspended_"
RECIPE = directory.DeviceRecipe(directory.DEVICE, ("endpoint_name", "name", "description"))
ACTIVE = {"id": ID, "name": "pump", "lifecycle_status": "enabled", "operator_suspended": False, "system_suspended": False}
LOST = {**ACTIVE, "lifecycle_status": "blocked", "operator_suspended": True, f"{LAST}category": "lost", f"{LAST}description": "Where?"}


def params(state: str, block: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"id": ID, "endpoint_name": None, "name": None, "description": None, "state": state, "block": block, "create": False, **more}


def calls(current: Mapping[str, Any] | None, state: str, block: Mapping[str, Any] | None = None, **more: Any) -> tuple[Call, ...]:
    made: tuple[Call, ...] = plan(RECIPE, None if current is None else dict(current), params(state, block, **more)).calls
    return made


def posted(action: str, **body: str) -> Call:
    return Call("POST", f"/v3/devices/{ID}/{action}", body)


@pytest.mark.parametrize(
    ("current", "state", "block", "wanted"),
    [
        (ACTIVE, "suspended", {"category": "lost", "description": None}, [posted("suspend", category="lost")]),
        (ACTIVE, "suspended", None, [posted("suspend")]),
        (ACTIVE, "active", {"category": "lost", "description": "Found"}, []),
        (ACTIVE, "present", {"category": "lost", "description": None}, []),
        # What it was brought back with does not matter to a new suspension.
        (
            {**LOST, **ACTIVE},
            "suspended",
            {"category": "lost", "description": "Where?"},
            [posted("suspend", category="lost", description="Where?")],
        ),
        ({**LOST, **ACTIVE}, "suspended", None, [posted("suspend")]),
        (LOST, "suspended", None, []),
        (LOST, "suspended", {"category": "lost", "description": None}, []),
        (LOST, "suspended", {"category": "lost", "description": "Where?"}, []),
        # A new reason keeps what it does not name.
        (LOST, "suspended", {"category": None, "description": "Stolen"}, [posted("suspend", category="lost", description="Stolen")]),
        (LOST, "suspended", {"category": "stolen", "description": None}, [posted("suspend", category="stolen", description="Where?")]),
        (LOST, "active", None, [posted("resume", category="lost")]),
        (LOST, "active", {"category": "lost", "description": "Found"}, [posted("resume", category="lost", description="Found")]),
        (LOST, "active", {"category": None, "description": "Found"}, [posted("resume", category="lost", description="Found")]),
        ({**LOST, f"{LAST}category": ""}, "active", {"category": "lost", "description": None}, [posted("resume", category="lost")]),
        ({**LOST, f"{LAST}category": ""}, "active", None, [posted("resume", category="")]),
        (LOST, "present", None, []),
        # What the service itself has suspended can be suspended by the account too.
        ({**ACTIVE, "system_suspended": True, "lifecycle_status": "blocked"}, "suspended", None, [posted("suspend")]),
    ],
)
def test_what_is_sent(current: dict[str, Any], state: str, block: dict[str, Any] | None, wanted: list[Call]) -> None:
    assert list(calls(current, state, block)) == wanted


def test_fields_are_changed_before() -> None:
    put, suspend = calls({**ACTIVE, "description": "old"}, "suspended", {"category": "lost"}, description="new")
    assert (put.method, put.json) == ("PUT", {"name": "pump", "description": "new"})
    assert suspend == posted("suspend", category="lost")


def test_a_device_that_is_to_be_made() -> None:
    post, suspend = calls(None, "suspended", {"category": "lost"}, id=None, name="bench", create=True)
    assert (post.path, suspend.path) == ("/v3/devices/", "/v3/devices/{id}/suspend")
    assert [call.method for call in calls(None, "active", id=None, name="bench", create=True)] == ["POST"]
    with pytest.raises(ResourceError, match=r"^There is no device with the name 'bench'\."):
        calls(None, "suspended", id=None, name="bench")


def refusal(current: Mapping[str, Any], state: str, block: Mapping[str, Any] | None = None) -> str:
    with pytest.raises(ResourceError) as caught:
        calls(current, state, block)
    return str(caught.value)


def test_what_is_refused() -> None:
    assert refusal(LOST, "active", {"category": "stolen"}) == (
        "The device is suspended with the category 'lost', not 'stolen'; leave the category out to use it."
    )
    blocked = {**ACTIVE, "system_suspended": True, "lifecycle_status": "blocked"}
    assert refusal(blocked, "active") == "The service itself has suspended the device (without a reason); only the vendor can end that."
    told = {"last_system_suspended_category": "abuse", "last_system_suspended_description": "Too loud"}
    assert refusal({**blocked, **told}, "active") == (
        "The service itself has suspended the device (abuse: Too loud); only the vendor can end that."
    )
    older = {"id": ID, "name": "pump"}
    assert refusal(older, "suspended") == "This service is an older one that cannot suspend devices."
    # Where nothing can be suspended everything is active.
    assert calls(older, "active") == ()


TEXTS = st.sampled_from((None, "a", "b"))


@given(
    st.fixed_dictionaries({"operator_suspended": st.booleans(), f"{LAST}category": TEXTS, f"{LAST}description": TEXTS}),
    st.sampled_from(("present", "suspended", "active")),
    st.none() | st.fixed_dictionaries({"category": TEXTS, "description": TEXTS}),
)
def test_what_was_foretold_needs_nothing_further(held: dict[str, Any], state: str, block: dict[str, Any] | None) -> None:
    current = {**ACTIVE, **held, "lifecycle_status": "blocked" if held["operator_suspended"] else "enabled"}
    try:
        first = plan(RECIPE, current, params(state, block))
    except ResourceError:
        return
    assert first.after["operator_suspended"] is {"suspended": True, "active": False}.get(state, held["operator_suspended"])
    assert plan(RECIPE, first.after, params(state, block)).calls == ()


def test_when_waiting_ends() -> None:
    for state, ends in (("suspended", (False, True)), ("active", (True, False)), ("present", (True, True))):
        assert tuple(RECIPE.finished({"state": known}, params(state)) for known in ("registered", "deregistered")) == ends
