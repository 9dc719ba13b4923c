# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Branding: the colours and images of the portal, by theme.

The facts are those of the vendor's OpenAPI description of January 2021. A test compares them with the API's own description.
"""

from __future__ import annotations

import hashlib
from typing import Dict, List, Mapping, Optional, Sequence

from ..client import Client
from ..resource import Call, Object, Params, Recipe, Resource, ResourceError, listing, read
from ..uploads import Upload

THEMES = ("dark", "light")
_KINDS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
# By theme and reference; None is the default.
Colors = Dict[str, Dict[str, Optional[str]]]

# Neither is created or deleted: each reference is always there, and either changed or at its default.
BRANDING_COLOR = Resource(
    name="branding_color",
    path="/v3/branding-colors/{theme}",
    keys=(),
    identity="reference",
    id_pattern=r"[a-z][a-z0-9_]*",
    id_words="it is a word such as primary or error_color",
    tenant=True,
    paged=False,
    empty_on_404=False,
)

BRANDING_IMAGE = Resource(
    name="branding_image",
    path="/v3/branding-images/{theme}",
    keys=(),
    identity="reference",
    id_pattern=r"[a-z][a-z0-9_]*",
    id_words="it is a word such as brand_logo_square or carousel_image_landscape_0",
    tenant=True,
    paged=False,
    empty_on_404=False,
)


def resets(row: Resource, params: Params, single: Mapping[str, Sequence[Call]]) -> List[Call]:
    """The calls that set whole themes back: one for all themes together where that is what there is to do, else one a theme.

    :param single: by theme, the calls that set back each reference that was changed, for services of 2019, which know no others.
    """
    changed = {theme: tuple(calls) for theme, calls in single.items() if calls}
    if len(changed) == len(THEMES):
        root = row.collection({**params, "theme": THEMES[0]}).rpartition("/")[0]
        return [Call("DELETE", root, otherwise=tuple(call for calls in changed.values() for call in calls))]
    return [Call("DELETE", row.collection({**params, "theme": theme}), otherwise=calls) for theme, calls in changed.items()]


def listed(client: Client, row: Resource, params: Params) -> Dict[str, List[Object]]:
    """All that the service has for the theme that is asked for, or for both, by theme."""
    themes = (params["theme"],) if params["theme"] else THEMES
    return {theme: list(listing(client, row, {**params, "theme": theme})) for theme in themes}


# -- colours


def read_colors(client: Client, params: Params) -> Colors:
    """The colours as they are."""
    found = listed(client, BRANDING_COLOR, params)
    return {theme: {item["reference"]: item.get("color") for item in items} for theme, items in found.items()}


def wanted_colors(held: Colors, params: Params) -> Colors:
    """The colours as they shall be.

    :raises ResourceError: for a reference that is none.
    """
    if params["state"] == "absent":
        return {theme: dict.fromkeys(colors) for theme, colors in held.items()}
    given = {reference: None if color in (None, "") else str(color) for reference, color in params["colors"].items()}
    wanted: Colors = {}
    for theme, colors in held.items():
        unknown = sorted(set(given) - set(colors))
        if unknown:
            raise ResourceError(f"The theme {theme} has no colour '{unknown[0]}'; it has: {', '.join(sorted(colors))}.")
        whole = {**(dict.fromkeys(colors) if params["purge"] else colors), **given}
        # Hexadecimal digits and names mean the same in either case.
        wanted[theme] = {name: colors[name] if str(colors[name]).lower() == str(new).lower() else new for name, new in whole.items()}
    return wanted


def changed_colors(colors: Colors) -> Colors:
    """Those that are not at their default."""
    return {theme: {reference: color for reference, color in some.items() if color} for theme, some in colors.items()}


def color_calls(held: Colors, wanted: Colors, params: Params) -> List[Call]:
    """The calls that make the colours what they shall be: one request for several new colours of a theme, one for all that go back."""
    row, whole, calls = BRANDING_COLOR, {}, []
    for theme, colors in wanted.items():
        place = {**params, "theme": theme}
        changes = {reference: color for reference, color in colors.items() if color != held[theme][reference]}
        back = [Call("DELETE", row.item(place, reference)) for reference, color in changes.items() if color is None]
        new = [{"reference": reference, "color": color} for reference, color in changes.items() if color is not None]
        if any(colors.values()):
            calls += back
        else:
            whole[theme] = back
        if len(new) == 1:
            calls.append(Call("PUT", row.item(place, str(new[0]["reference"])), {"color": new[0]["color"]}))
        elif new:
            calls.append(Call("PUT", row.collection(place), new))
    return resets(row, params, whole) + calls


# -- images


def uploaded(client: Client, params: Params) -> Dict[str, List[str]]:
    """The references of the images that were uploaded, by theme."""
    found = listed(client, BRANDING_IMAGE, params)
    return {theme: [item["reference"] for item in items if item.get("static_uri")] for theme, items in found.items()}


def image_resets(held: Mapping[str, Sequence[str]], params: Params) -> List[Call]:
    """The calls that set all these images back."""
    row = BRANDING_IMAGE
    return resets(row, params, {theme: [_clear(row.item({**params, "theme": theme}, one)) for one in some] for theme, some in held.items()})


def _clear(item: str) -> Call:
    return Call("POST", f"{item}/clear")


class ImageRecipe(Recipe):
    """How an image is kept: what was uploaded is there, a default is not; what it shows is told by the checksum of its content."""

    diffed = ("sha256",)

    def prepare(self, client: Client, params: Params) -> Params:
        if params["state"] == "absent":
            return params
        try:
            with open(params["src"], "rb") as opened:
                content = opened.read()
        except OSError as error:
            raise ResourceError(f"The file {params['src']} cannot be read: {error.strerror}.") from error
        kind = next((kind for begin, kind in _KINDS.items() if content.startswith(begin)), None)
        if kind is None:
            raise ResourceError(f"The file {params['src']} is neither a PNG nor a JPEG image.")
        return {**params, "content": content, "kind": kind, "sha256": hashlib.sha256(content).hexdigest()}

    def find(self, client: Client, params: Params) -> Optional[Object]:
        found = read(client, self.row, params, params["reference"])
        if found is None:
            raise ResourceError(f"The theme {params['theme']} has no image '{params['reference']}'.")
        return found if found.get("static_uri") else None

    def complete(self, client: Client, current: Object, params: Params) -> Object:
        if params["state"] == "absent" or not params["replace"]:
            return current
        return {**current, "sha256": client.checksum(current["static_uri"])}

    def desired(self, params: Params, current: Optional[Object]) -> Object:
        return {"sha256": params["sha256"]} if params["replace"] else {}

    def create(self, wanted: Object, params: Params) -> List[Call]:
        path = f"{self.row.item(params, params['reference'])}/upload{'-multipart' if params['multipart'] else ''}"
        return [Upload("POST", path, content=params["content"], kind=params["kind"], form=params["multipart"])]

    def update(self, current: Object, changes: Object, params: Params) -> List[Call]:
        return self.create(changes, params)

    def delete(self, current: Object, params: Params) -> List[Call]:
        return [_clear(self.item(current, params))]
