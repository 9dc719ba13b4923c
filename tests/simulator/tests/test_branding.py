# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Colours and images of the portal (notes on branding)."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from simulator_helpers import Api, Watched

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"
JPEG = b"\xff\xd8\xff" + b"pixels"


@pytest.fixture(params=["own", "below"])
def prefix(request: pytest.FixtureRequest, api: Api) -> str:
    """The beginning of paths, of the own account and of one below it."""
    return f"/v3/accounts/{api.get('/v3/accounts')['data'][0]['id']}" if request.param == "below" else "/v3"


def colors(api: Api, path: str) -> dict[str, str]:
    return {one["reference"]: one["color"] for one in api.get(path)["data"] if one["color"]}


def images(api: Api, path: str) -> dict[str, str]:
    return {one["reference"]: one["static_uri"] for one in api.get(path)["data"] if "static_uri" in one}


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_colors(api: Api, prefix: str, theme: str) -> None:
    path = f"{prefix}/branding-colors/{theme}"
    assert len(api.get(path)["data"]) == 24
    changed = api.put(f"{path}/primary", {"color": "#f3f93e"})
    assert changed == api.get(f"{path}/primary")
    assert (changed["color"], "updated_at" in changed) == ("#f3f93e", True)
    given = [{"reference": "secondary", "color": "purple"}, {"reference": "error_color", "color": "#abc"}]
    assert api.send("PUT", path, json=given).status_code == 204
    # Those that are not given stay.
    assert colors(api, path) == {"primary": "#f3f93e", "secondary": "purple", "error_color": "#abc"}
    assert api.send("DELETE", f"{path}/secondary").status_code == 204
    assert api.put(f"{path}/error_color", {"color": None}) == {"object": "branding_color", "reference": "error_color", "color": None}
    assert colors(api, path) == {"primary": "#f3f93e"}
    assert colors(api, f"{prefix}/branding-colors/{'light' if theme == 'dark' else 'dark'}") == {}
    assert api.send("DELETE", path).status_code == 204
    api.refused(404, "not_found", "DELETE", path)


def test_all_colors(api: Api, prefix: str) -> None:
    root = f"{prefix}/branding-colors"
    api.put(f"{root}/dark/primary", {"color": "red"})
    api.put(f"{root}/light/primary", {"color": "blue"})
    assert api.send("DELETE", root).status_code == 204
    assert (colors(api, f"{root}/dark"), colors(api, f"{root}/light")) == ({}, {})
    api.refused(404, "not_found", "DELETE", root)


def test_colors_that_are_refused(api: Api) -> None:
    path = "/v3/branding-colors/dark"
    api.refused(404, "not_found", "GET", f"{path}/tertiary")
    api.refused(404, "not_found", "DELETE", f"{path}/tertiary")
    assert set(
        api.refused(400, "validation_error", "PUT", f"{path}/primary", json={"color": "#12", "shade": 1, "reference": "secondary"})
    ) == {
        "color",
        "shade",
        "reference",
    }
    assert set(api.refused(400, "validation_error", "PUT", path, json=[{"reference": "primary", "color": 5}])) == {"primary"}
    assert set(api.refused(400, "validation_error", "PUT", path, json=[{"reference": "tertiary", "color": "red"}])) == {"0"}
    # All or nothing.
    api.send("PUT", path, json=[{"reference": "primary", "color": "red"}, {"reference": "secondary", "color": "#"}])
    assert colors(api, path) == {}


def test_accounts_have_their_own(api: Api) -> None:
    below = f"/v3/accounts/{api.get('/v3/accounts')['data'][0]['id']}/branding-colors/dark"
    api.put(f"{below}/primary", {"color": "red"})
    assert (colors(api, below), colors(api, "/v3/branding-colors/dark")) == ({"primary": "red"}, {})


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize(("content", "kind"), [(PNG, "image/png"), (JPEG, "image/jpeg")])
def test_images(api: Api, prefix: str, theme: str, content: bytes, kind: str) -> None:
    path = f"{prefix}/branding-images/{theme}"
    assert len(api.get(path)["data"]) == 40
    item = f"{path}/brand_logo_square"
    assert api.get(item) == {"object": "branding_image", "reference": "brand_logo_square"}
    sent = api.send("POST", f"{item}/upload", data=content, headers={"Content-Type": kind})
    assert (sent.status_code, sent.headers["Content-Location"], sent.headers["Location"]) == (201, item, api.simulator.url + item)
    assert sent.json() == api.get(item)
    # Whoever sees the portal sees its images, without a token.
    file = requests.get(sent.json()["static_uri"], verify=api.simulator.ca_file, timeout=30)
    assert (file.content, file.headers["Content-Type"]) == (content, kind)
    form = api.send("POST", f"{path}/app_logo_square/upload-multipart", files={"image": ("logo", content, kind)})
    assert form.status_code == 201
    again = api.send("POST", f"{item}/upload", data=JPEG, headers={"Content-Type": "image/jpeg"}).json()
    assert again["static_uri"] != sent.json()["static_uri"]
    assert requests.get(sent.json()["static_uri"], verify=api.simulator.ca_file, timeout=30).status_code == 404
    assert set(images(api, path)) == {"brand_logo_square", "app_logo_square"}
    assert api.send("POST", f"{item}/clear").status_code == 204
    assert set(images(api, path)) == {"app_logo_square"}
    assert api.send("DELETE", path).status_code == 204
    api.refused(404, "not_found", "DELETE", path)


def test_all_images(api: Api, prefix: str) -> None:
    root = f"{prefix}/branding-images"
    for theme in ("dark", "light"):
        api.send("POST", f"{root}/{theme}/brand_logo_email/upload", data=PNG, headers={"Content-Type": "image/png"})
    assert api.send("DELETE", root).status_code == 204
    assert (images(api, f"{root}/dark"), images(api, f"{root}/light")) == ({}, {})
    api.refused(404, "not_found", "DELETE", root)


def test_images_that_are_refused(api: Api) -> None:
    item = "/v3/branding-images/dark/brand_logo_email"
    for content, kind in ((PNG, "image/jpeg"), (b"GIF89a", "image/png"), (PNG, "image/gif"), (PNG + b"x" * 1_000_000, "image/png")):
        api.refused(400, "bad_request", "POST", f"{item}/upload", data=content, headers={"Content-Type": kind})
    api.refused(400, "bad_request", "POST", f"{item}/upload-multipart", data=PNG, headers={"Content-Type": "image/png"})
    assert set(api.refused(400, "validation_error", "POST", f"{item}/upload-multipart", files={"picture": ("x", PNG, "image/png")})) == {
        "image"
    }
    api.refused(404, "not_found", "POST", "/v3/branding-images/dark/logo/clear")


@pytest.mark.parametrize("spec", [2019, 2020])
def test_older_services(api: Api, simulator: Watched, spec: int) -> None:
    simulator.settings(spec=spec)
    path = "/v3/branding-colors/dark"
    assert (len(api.get(path)["data"]), len(api.get("/v3/branding-images/dark")["data"])) == (16, 37)
    api.refused(404, "not_found", "GET", f"{path}/menu_text_color")
    api.put(f"{path}/primary", {"color": "red"})
    reset: Any = api.send("DELETE", f"{path}/primary")
    if spec == 2020:
        assert reset.status_code == 204
        return
    assert reset.json() == {"object": "branding_color", "reference": "primary", "color": None}
    api.refused(405, "method_not_supported", "DELETE", path)
    api.refused(404, "unrecognized_request", "DELETE", "/v3/branding-colors")
