# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Colours and images of the portal, by theme. Facts are those of the vendor's OpenAPI descriptions.

What is kept is only what an account has changed; everything else is at its default, shown as a colour that is null and an image without
an address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .. import bodies
from ..answers import Answer, bad_request, invalid, not_found
from ..identity import make_id
from ..table import Document, Field, Handler, Resource

if TYPE_CHECKING:
    from ..engine import Call, Engine

THEMES = ("dark", "light")
LARGEST = 1_000_000
"""Bytes that an image may have; the description says that there is a limit, but not which."""
KINDS = {"image/png": (b"\x89PNG\r\n\x1a\n", "png"), "image/jpeg": (b"\xff\xd8\xff", "jpg")}
"""How files of a kind begin, and what their names end in."""
_COLOR = re.compile(r"#(?:[0-9a-fA-F]{3}){1,2}|[a-zA-Z]+")

COLOR_REFERENCES = (
    "error_color",
    "primary",
    "secondary",
    "success_color",
    "warning_color",
    "canvas_background",
    "canvas_background_font_color",
    "workspace_background",
    "workspace_background_font_color",
    "info_color",
    "info_font_color",
    "primary_font_color",
    "secondary_font_color",
    "error_font_color",
    "success_font_color",
    "warning_font_color",
)
COLOR_REFERENCES_2021 = (
    "menu_background_color",
    "menu_text_color",
    "nav_menu_background",
    "nav_menu_background_font_color",
    "nav_menu_active_background",
    "nav_menu_active_background_font_color",
    "nav_menu_highlight",
    "nav_menu_highlight_font_color",
)
IMAGE_REFERENCES = (
    "brand_logo_portrait",
    "brand_logo_square",
    "brand_logo_landscape",
    "brand_logo_email",
    "desktop_background_landscape",
    "desktop_background_square",
    "desktop_background_portrait",
    *(f"carousel_image_{shape}_{number}" for shape in ("portrait", "square", "landscape") for number in range(10)),
)
IMAGE_REFERENCES_2021 = ("app_logo_landscape", "app_logo_portrait", "app_logo_square")


def _row(name: str, object_: str, value: str) -> Resource:
    words = ("account_id", "created_at", "id", "object", "reference", "theme", "updated_at", value)
    return Resource(name=name, object=object_, operations={}, tenant=True, fields=dict.fromkeys(words, Field("string")))


COLORS = _row("branding-colors", "branding_color", "color")
IMAGES = _row("branding-images", "branding_image", "file")


def references(engine: Engine, row: Resource) -> tuple[str, ...]:
    """The names of what can be changed, in that year."""
    first, later = (COLOR_REFERENCES, COLOR_REFERENCES_2021) if row is COLORS else (IMAGE_REFERENCES, IMAGE_REFERENCES_2021)
    return first if engine.spec < 2021 else (*first, *later)


def _changed(engine: Engine, row: Resource, call: Call, **wanted: str) -> dict[tuple[str, str], Document]:
    """What the account has changed, by theme and reference."""
    found = engine.store.select(row, account_id=call.account_id, **wanted)
    return {(one["theme"], one["reference"]): one for one in found}


def _reference(engine: Engine, row: Resource, call: Call) -> str:
    reference = call.parameters["reference"]
    if reference not in references(engine, row):
        raise not_found(row.object)
    return reference


def _shown(row: Resource, call: Call, reference: str, changed: Document | None) -> Document:
    shown: Document = {"object": row.object, "reference": reference}
    if changed:
        shown["updated_at"] = changed["updated_at"]
    if row is COLORS:
        return shown | {"color": changed["color"] if changed else None}
    return shown | ({"static_uri": f"{call.origin}/branding-files/{changed['file']}"} if changed else {})


def _put(engine: Engine, row: Resource, call: Call, theme: str, reference: str, **value: str) -> Document:
    """Keep a change in the place of the one before."""
    before = _changed(engine, row, call, theme=theme).get((theme, reference), {})
    after = engine.touched(row, before) if before else engine.blank(row, call) | {"theme": theme, "reference": reference}
    engine.save(row, before, after | value)
    return after | value


def _forget(engine: Engine, row: Resource, changed: Document) -> None:
    if row is IMAGES:
        engine.store.remove_blob(changed["file"])
    engine.save(row, changed, {})


# --- operations of both kinds ---


def _list(row: Resource, theme: str) -> Handler:
    def handler(engine: Engine, call: Call) -> Answer:
        call.arguments()
        known, changed = references(engine, row), _changed(engine, row, call, theme=theme)
        data = [_shown(row, call, reference, changed.get((theme, reference))) for reference in known]
        head = {"object": "list", "limit": len(data), "after": None, "order": "ASC", "has_more": False, "total_count": len(data)}
        return engine.tell(head | {"data": data})

    return handler


def _get(row: Resource, theme: str) -> Handler:
    def handler(engine: Engine, call: Call) -> Answer:
        reference = _reference(engine, row, call)
        call.arguments()
        return engine.tell(_shown(row, call, reference, _changed(engine, row, call, theme=theme).get((theme, reference))))

    return handler


def _reset(row: Resource, theme: str) -> Handler:
    def handler(engine: Engine, call: Call) -> Answer:
        reference = _reference(engine, row, call)
        call.arguments()
        changed = _changed(engine, row, call, theme=theme).get((theme, reference))
        if changed:
            _forget(engine, row, changed)
        # In 2019 a colour that was reset was answered with its default.
        return engine.tell(_shown(row, call, reference, None)) if row is COLORS and engine.spec == 2019 else Answer(204)

    return handler


def _reset_all(row: Resource, **wanted: str) -> Handler:
    def handler(engine: Engine, call: Call) -> Answer:
        call.arguments()
        changed = _changed(engine, row, call, **wanted)
        if not changed:
            raise not_found(row.object)
        for one in changed.values():
            _forget(engine, row, one)
        return Answer(204)

    return handler


# --- colours ---


def _color_problem(value: Any) -> str:
    return "" if value is None or (isinstance(value, str) and _COLOR.fullmatch(value)) else "must be the name of a colour, or #rrggbb"


def _apply(engine: Engine, call: Call, theme: str, reference: str, color: str | None) -> Document | None:
    """Set a colour; null is the default."""
    if color is not None:
        return _put(engine, COLORS, call, theme, reference, color=color)
    changed = _changed(engine, COLORS, call, theme=theme).get((theme, reference))
    if changed:
        _forget(engine, COLORS, changed)
    return None


def _set(theme: str) -> Handler:
    def handler(engine: Engine, call: Call) -> Answer:
        reference = _reference(engine, COLORS, call)
        call.arguments()
        body = call.json()
        wrong = {name: "is not a field of this request" for name in body if name not in ("color", "reference")}
        if body.get("reference", reference) != reference:
            wrong["reference"] = "is not that of the path"
        if found := _color_problem(body.get("color")):
            wrong["color"] = found
        if wrong:
            raise invalid(wrong)
        return engine.tell(_shown(COLORS, call, reference, _apply(engine, call, theme, reference, body.get("color"))))

    return handler


def _set_many(theme: str) -> Handler:
    def handler(engine: Engine, call: Call) -> Answer:
        call.arguments()
        known = references(engine, COLORS)
        entries = call.array()
        for number, entry in enumerate(entries):
            if not isinstance(entry, dict) or set(entry) - {"reference", "color"} or entry.get("reference") not in known:
                raise invalid({str(number): "must be a reference that is known, and a color"})
            if found := _color_problem(entry.get("color")):
                raise invalid({entry["reference"]: found})
        for entry in entries:
            _apply(engine, call, theme, entry["reference"], entry.get("color"))
        return Answer(204)

    return handler


# --- images ---


def _upload(theme: str, form: bool) -> Handler:
    def handler(engine: Engine, call: Call) -> Answer:
        reference = _reference(engine, IMAGES, call)
        call.arguments()
        kind, data = call.content_type.partition(";")[0].strip().lower(), call.body
        if form:
            part = bodies.multipart(call.content_type, call.body).get("image")
            if part is None:
                raise invalid({"image": "is required"})
            kind, data = part.content_type, part.data
        if kind not in KINDS or not data.startswith(KINDS[kind][0]):
            raise bad_request("The image must be PNG or JPEG, and said to be so.")
        if len(data) > LARGEST:
            raise bad_request(f"The image has {len(data)} bytes; it may have {LARGEST} at most.")
        before = _changed(engine, IMAGES, call, theme=theme).get((theme, reference))
        if before:
            engine.store.remove_blob(before["file"])
        # A new image has a new address, so that nobody shows an old one from a cache.
        changed = _put(engine, IMAGES, call, theme, reference, file=f"{make_id(engine.clock.now())}.{KINDS[kind][1]}")
        engine.store.put_blob(changed["file"], data)
        prefix = f"/v3/accounts/{call.parameters['account_id']}" if "account_id" in call.parameters else "/v3"
        path = f"{prefix}/branding-images/{theme}/{reference}"
        shown = engine.tell(_shown(IMAGES, call, reference, changed), 201)
        return Answer(201, shown.body, headers={"Content-Location": path, "Location": f"{call.origin}{path}"})

    return handler


def _file(engine: Engine, call: Call) -> Answer:
    """A file that an image's address leads to; whoever sees the portal sees it."""
    data = engine.store.blob(call.item)
    if data is None:
        raise not_found(IMAGES.object)
    return Answer(200, data, next(kind for kind, (_begin, ending) in KINDS.items() if call.item.endswith(ending)))


# --- what the area brings ---


def _operations() -> dict[str, Handler]:
    """The ids of all operations: those of a theme say it, those of accounts below say Account."""
    made: dict[str, Handler] = {}

    def bind(pattern: str, handler: Handler) -> None:
        for account in ("", "Account"):
            made[pattern.format(account)] = handler

    for row, what in ((COLORS, "Colors"), (IMAGES, "Images")):
        bind(f"deleteAll{{}}{what}", _reset_all(row))
        for theme in THEMES:
            bind(f"deleteAll{{}}{theme.title()}{what}", _reset_all(row, theme=theme))
    for theme in THEMES:
        name = theme.title()
        bind(f"get{{}}{name}Colors", _list(COLORS, theme))
        bind(f"get{{}}{name}Color", _get(COLORS, theme))
        bind(f"set{{}}{name}Color", _set(theme))
        bind(f"bulkSet{{}}{name}Colors", _set_many(theme))
        bind(f"reset{{}}{name}Color", _reset(COLORS, theme))
        bind(f"getAll{{}}{name}ImageData", _list(IMAGES, theme))
        bind(f"get{{}}{name}ImageData", _get(IMAGES, theme))
        bind(f"clear{{}}{name}Image", _reset(IMAGES, theme))
        bind(f"upload{{}}{name}Image", _upload(theme, False))
        bind(f"upload{{}}{name}ImageMultipart", _upload(theme, True))
    return made


ROWS = (COLORS, IMAGES)
OPERATIONS: Mapping[str, Handler] = _operations()
OPEN: Mapping[str, Handler] = {"GET /branding-files/{name}": _file}
