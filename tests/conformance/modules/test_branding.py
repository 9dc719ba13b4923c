# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Colours and images of the portal, on the own account and on one below it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pelion_simulator.process import Simulator

Run = Callable[..., Any]
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"
JPEG = b"\xff\xd8\xff" + b"pixels"
THEMES = ("dark", "light")


@pytest.fixture(params=["own", "below"])
def place(request: pytest.FixtureRequest, client: Any) -> tuple[dict[str, str], str]:
    """Options and the beginning of paths, of the own account and of one below it."""
    below = next(client.list("/v3/accounts"))["id"]
    return ({}, "/v3") if request.param == "own" else ({"account_id": below}, f"/v3/accounts/{below}")


@pytest.fixture
def logo(tmp_path: Path) -> Path:
    """A picture."""
    path = tmp_path / "logo.png"
    path.write_bytes(PNG)
    return path


def there(client: Any, path: str, field: str) -> dict[str, Any]:
    """What was changed, by reference."""
    return {item["reference"]: item[field] for item in client.get(path)["data"] if item.get(field)}


class Stages:
    """Each stage is checked, carried out, and repeated."""

    def __init__(self, run: Run, name: str, **scope: Any) -> None:
        self.run, self.name, self.scope = run, name, scope

    def step(self, writes: list[tuple[str, str, Any]], **options: Any) -> dict[str, Any]:
        options = {**self.scope, **options}
        checked, real, again = (self.run(self.name, check=check, **options) for check in (True, False, False))
        for step in (checked, real, again):
            assert not step.failed, step.msg
            assert step.result["request_id"]
        assert (checked.writes, real.writes, again.writes) == ([], writes, [])
        assert (checked.changed, real.changed, again.changed) == (bool(writes), bool(writes), False)
        assert checked.result["diff"] == real.result["diff"]
        return dict(real.result)


# -- colours


@pytest.mark.parametrize("theme", THEMES)
def test_colors_of_a_theme(run: Run, client: Any, place: tuple[dict[str, str], str], theme: str, spec: int) -> None:
    scope, prefix = place
    path = f"{prefix}/branding-colors/{theme}"
    stages = Stages(run, "branding_color", theme=theme, **scope)
    done = stages.step([("PUT", f"{path}/primary", {"color": "#0b3d91"})], colors={"primary": "#0b3d91"})
    assert (done["colors"][theme]["primary"], done["colors"][theme]["secondary"]) == ("#0b3d91", None)
    assert done["diff"] == {"before": {theme: {}}, "after": {theme: {"primary": "#0b3d91"}}}
    # Several go together; those that are the same already do not go.
    two = [{"reference": "error_color", "color": "#f00"}, {"reference": "secondary", "color": "purple"}]
    stages.step([("PUT", path, two)], colors={"primary": "#0B3D91", "secondary": "purple", "error_color": "#f00"})
    assert there(client, path, "color") == {"primary": "#0b3d91", "secondary": "purple", "error_color": "#f00"}
    stages.step(
        [("DELETE", f"{path}/secondary", None), ("PUT", f"{path}/primary", {"color": "black"})],
        colors={"secondary": None, "primary": "black"},
    )
    stages.step([("DELETE", f"{path}/error_color", None)], colors={"primary": "black"}, purge=True)
    assert there(client, path, "color") == {"primary": "black"}
    # An older service is asked for all at once first.
    last = [("DELETE", path, None), *([("DELETE", f"{path}/primary", None)] if spec == 2019 else [])]
    stages.step(last, state="absent")
    assert there(client, path, "color") == {}
    info = run("branding_color_info", theme=theme, reference="primary", **scope)
    assert info.result["branding_colors"] == [{"object": "branding_color", "reference": "primary", "color": None}]
    assert [sent.path for sent in info.sent] == [f"{path}/primary"]
    assert len(run("branding_color_info", theme=theme, **scope).result["branding_colors"]) == (24 if spec == 2021 else 16)


def test_colors_of_both_themes(run: Run, client: Any, place: tuple[dict[str, str], str], spec: int) -> None:
    scope, prefix = place
    root = f"{prefix}/branding-colors"
    stages = Stages(run, "branding_color", **scope)
    stages.step([("PUT", f"{root}/{theme}/primary", {"color": "red"}) for theme in THEMES], colors={"primary": "red"})
    stages.step(
        [("DELETE", root, None), *([("DELETE", f"{root}/{theme}/primary", None) for theme in THEMES] if spec == 2019 else [])],
        state="absent",
    )
    assert [there(client, f"{root}/{theme}", "color") for theme in THEMES] == [{}, {}]


def test_colors_that_are_none(run: Run, spec: int) -> None:
    unknown = run("branding_color", theme="dark", colors={"tertiary": "red"})
    assert unknown.msg.startswith("The theme dark has no colour 'tertiary'; it has: canvas_background, canvas_background_font_color, ")
    assert unknown.writes == []
    assert run("branding_color", theme="dark", colors={"primary": "#12"}).result["status"] == 400
    assert run("branding_color").msg == "state is present but all of the following are missing: colors"
    assert run("branding_color_info", theme="dark", reference="no colour").msg == (
        "'no colour' is no reference of a branding color: it is a word such as primary or error_color."
    )
    assert run("branding_color_info", theme="dark", reference="tertiary").result["branding_colors"] == []


COLORS = st.dictionaries(
    st.sampled_from(("primary", "secondary", "error_color")), st.sampled_from(("#0b3d91", "#0B3D91", "red", None, "")), max_size=3
)


def test_check_mode_foretells_the_colors(run: Run, simulator: Simulator, client: Any) -> None:
    task = st.fixed_dictionaries(
        {"colors": COLORS},
        optional={"theme": st.sampled_from(THEMES), "purge": st.booleans(), "state": st.sampled_from(("present", "present", "absent"))},
    )

    @given(st.lists(task, min_size=2, max_size=4))
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    def law(story: list[dict[str, Any]]) -> None:
        simulator.reset()
        for options in story:
            checked, real, again = (run("branding_color", check=check, **options) for check in (True, False, False))
            assert (checked.changed, checked.result["diff"]) == (real.changed, real.result["diff"])
            assert checked.result["colors"] == real.result["colors"] == again.result["colors"]
            assert (checked.writes, again.writes, bool(real.writes)) == ([], [], real.changed)
            for theme, colors in real.result["diff"]["after"].items():
                assert there(client, f"/v3/branding-colors/{theme}", "color") == colors

    law()


# -- images


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("form", [False, True])
def test_life_of_an_image(run: Run, client: Any, place: tuple[dict[str, str], str], theme: str, form: bool, logo: Path, spec: int) -> None:
    scope, prefix = place
    path = f"{prefix}/branding-images/{theme}"
    item = f"{path}/brand_logo_square"
    stages = Stages(run, "branding_image", theme=theme, reference="brand_logo_square", **scope)

    def sent(step: Any) -> list[tuple[str, str]]:
        return [(one.method, one.path) for one in step.sent if one.method != "GET"]

    options = {**stages.scope, "src": str(logo), "multipart": form}
    upload = ("POST", f"{item}/upload{'-multipart' if form else ''}")
    for content in (PNG, JPEG):
        logo.write_bytes(content)
        checked, real, again = (run("branding_image", check=check, **options) for check in (True, False, False))
        assert (checked.changed, real.changed, again.changed) == (True, True, False)
        assert (sent(checked), sent(real), sent(again)) == ([], [upload], [])
        assert checked.result["diff"] == real.result["diff"]
        checksum = hashlib.sha256(content).hexdigest()
        assert (real.result["diff"]["after"]["sha256"], checked.result["branding_image"]["sha256"]) == (checksum, checksum)
        now = real.result["branding_image"]
        assert now == again.result["branding_image"] == {**client.get(item), "sha256": checksum}
        assert client.fetch(now["static_uri"]) == content
    logo.write_bytes(PNG)
    kept = run("branding_image", **options, replace=False)
    assert (kept.changed, [one.path for one in kept.sent]) == (False, [item])
    assert run("branding_image_info", theme=theme, reference="brand_logo_square", **scope).result["branding_images"] == [client.get(item)]
    assert len(run("branding_image_info", theme=theme, **scope).result["branding_images"]) == (40 if spec == 2021 else 37)

    assert stages.step([("POST", f"{item}/clear", None)], state="absent")["branding_image"] is None
    assert there(client, path, "static_uri") == {}
    # One that was never uploaded is uploaded all the same.
    assert run("branding_image", **options, replace=False).changed


@pytest.mark.parametrize("themes", [("dark",), ("light",), THEMES])
def test_all_images(run: Run, client: Any, place: tuple[dict[str, str], str], themes: tuple[str, ...], logo: Path, spec: int) -> None:
    scope, prefix = place
    root = f"{prefix}/branding-images"
    for theme in themes:
        for reference in ("brand_logo_square", "brand_logo_email"):
            run("branding_image", theme=theme, reference=reference, src=str(logo), **scope)
    path = root if themes == THEMES else f"{root}/{themes[0]}"
    clears = [
        ("POST", f"{root}/{theme}/{reference}/clear", None) for theme in themes for reference in ("brand_logo_square", "brand_logo_email")
    ]
    stages = Stages(run, "branding_image", **scope, **({} if themes == THEMES else {"theme": themes[0]}))
    done = stages.step([("DELETE", path, None), *(clears if spec == 2019 else [])], state="absent")
    assert done["diff"]["before"] == {theme: ["brand_logo_square", "brand_logo_email"] for theme in themes}
    assert [there(client, f"{root}/{theme}", "static_uri") for theme in THEMES] == [{}, {}]


def test_images_that_are_none(run: Run, tmp_path: Path, logo: Path) -> None:
    words = tmp_path / "words.png"
    words.write_text("no picture", encoding="utf-8")
    options = {"theme": "dark", "reference": "brand_logo_square"}
    assert run("branding_image", **options, src=str(words)).msg == f"The file {words} is neither a PNG nor a JPEG image."
    assert run("branding_image", **options, src="/no/such").msg == "The file /no/such cannot be read: No such file or directory."
    assert run("branding_image", theme="dark", reference="logo", src=str(logo)).msg == "The theme dark has no image 'logo'."
    assert run("branding_image", theme="dark", reference="logo", state="absent").msg == "The theme dark has no image 'logo'."
    assert run("branding_image", theme="dark").msg == "state is present but all of the following are missing: reference, src"
    assert run("branding_image", reference="brand_logo_square", state="absent").msg == "missing parameter(s) required by 'reference': theme"


def test_an_image_that_cannot_be_fetched(run: Run, logo: Path, simulator: Simulator) -> None:
    options = {"theme": "dark", "reference": "brand_logo_square", "src": str(logo)}
    run("branding_image", **options)
    simulator.faults(method="GET", path="/branding-files/.*", status=403, type="access_denied", message="No.")
    refused = run("branding_image", **options)
    assert (refused.result["status"], refused.writes) == (403, [])
    assert not run("branding_image", **options, replace=False).changed
