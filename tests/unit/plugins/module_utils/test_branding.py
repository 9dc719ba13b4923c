# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which requests make the colours of the portal what they shall be."""

from __future__ import annotations

from typing import Any

from ansible_collections.pelion.device_management.plugins.module_utils.resources import branding
from hypothesis import given
from hypothesis import strategies as st

REFERENCES = ("primary", "secondary", "error_color")
COLORS = st.sampled_from((None, "red", "#0b3d91"))
HELD = st.fixed_dictionaries({theme: st.fixed_dictionaries(dict.fromkeys(REFERENCES, COLORS)) for theme in branding.THEMES})
PARAMS = st.fixed_dictionaries(
    {
        "account_id": st.sampled_from((None, "0" * 32)),
        "state": st.sampled_from(("present", "present", "absent")),
        "colors": st.dictionaries(st.sampled_from(REFERENCES), st.sampled_from((None, "", "RED", "#0B3D91", "blue"))),
        "purge": st.booleans(),
    }
)


def carried_out(held: branding.Colors, calls: list[Any], older: bool) -> branding.Colors:
    """What the service makes of the calls. An older one knows no resets of whole themes."""
    now = {theme: dict(colors) for theme, colors in held.items()}
    for call in calls:
        place = call.path.partition("/branding-colors")[2].strip("/").split("/")
        themes = [place[0]] if place[0] else list(branding.THEMES)
        references = place[1:] or REFERENCES
        if call.method == "DELETE" and not place[1:] and older:
            now = carried_out(now, list(call.otherwise), older)
        elif call.method == "DELETE":
            # Where nothing is to be reset, the service says 404.
            assert all(any(now[theme].values()) for theme in themes)
            for theme in themes:
                now[theme].update(dict.fromkeys(references))
        elif place[1:]:
            now[place[0]][place[1]] = call.json["color"]
        else:
            assert len(call.json) > 1
            now[place[0]].update({entry["reference"]: entry["color"] for entry in call.json})
    return now


@given(HELD, PARAMS, st.booleans(), st.sampled_from((None, *branding.THEMES)))
def test_the_calls_lead_to_what_is_wanted(held: Any, params: Any, older: bool, theme: str | None) -> None:
    params = {**params, "theme": theme}
    held = {name: colors for name, colors in held.items() if theme in (None, name)}
    wanted = branding.wanted_colors(held, params)
    calls = branding.color_calls(held, wanted, params)
    now = carried_out(held, calls, older)
    assert now == wanted
    # Once there, nothing is left to do.
    assert branding.wanted_colors(now, params) == now
    assert branding.color_calls(now, now, params) == []
    prefix = f"/v3/accounts/{params['account_id']}" if params["account_id"] else "/v3"
    assert all(call.path.startswith(f"{prefix}/branding-colors") for call in calls)
    # No theme takes more than one request for what is new, and both together one where both go back as a whole.
    assert sum(call.method == "PUT" for call in calls) <= len(held)
    if params["state"] == "absent":
        assert len(calls) <= 1


@given(HELD, PARAMS)
def test_what_is_not_named_stays(held: Any, params: Any) -> None:
    wanted = branding.wanted_colors(held, {**params, "theme": None, "state": "present", "purge": False})
    for theme, colors in held.items():
        assert {name: wanted[theme][name] for name in colors if name not in params["colors"]} == {
            name: color for name, color in colors.items() if name not in params["colors"]
        }
