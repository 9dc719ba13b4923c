# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Branding: the colours and images of the portal, by theme.

The facts are those of the vendor's OpenAPI description of January 2021. A test compares them with the API's own description.
"""

from __future__ import annotations

from typing import List, Mapping, Sequence

from ..resource import Call, Params, Resource

THEMES = ("dark", "light")

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
