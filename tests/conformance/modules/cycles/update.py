# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Firmware and campaigns: lives and situations of the modules."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cycle import Cycle, Situation
from hypothesis import strategies as st

FOLDER = Path(tempfile.mkdtemp())
atexit.register(shutil.rmtree, FOLDER)
FILE = FOLDER / "pump.bin"
FILE.write_bytes(b"firmware \x00\xff")

IMAGES, MANIFESTS, CAMPAIGNS = "/v3/firmware-images", "/v3/firmware-manifests/", "/v3/update-campaigns"


def form(client: Any, path: str, fields: Mapping[str, Any]) -> str:
    """Upload the file."""
    given = {name: (None, value) for name, value in fields.items() if value is not None}
    answer = client.request("POST", path, files={"datafile": ("f", FILE.read_bytes()), **given})
    return str(answer.body["id"])


def manifest(simulator: Any, client: Any) -> dict[str, str]:
    """Two manifests: one by its id, one by its name."""
    return {"manifest": form(client, MANIFESTS, {"name": "Pump 2.2"}), "other": form(client, MANIFESTS, {"name": "Pump 2.3"})}


CYCLES = {
    "firmware_upload_job": Cycle(
        path="/v3/firmware-images/upload-jobs",
        before={"name": "Pump 2.2"},
        after={"name": "Pump 2.2 (aborted)"},
        create={"description": "Ærø"},
        created={"name": "Pump 2.2", "description": "Ærø"},
        update={"name": "Pump 2.2 (aborted)"},
        updated={"name": "Pump 2.2 (aborted)", "description": "Ærø"},
        clear={"description": ""},
        cleared={"name": "Pump 2.2 (aborted)", "description": ""},
    ),
    "firmware_image": Cycle(
        path=IMAGES,
        before={"name": "Pump 2.2"},
        after={"name": "Pump 2.2"},
        create={"description": "Ærø", "path": str(FILE)},
        created=[("POST", IMAGES, None)],
    ),
    "firmware_manifest": Cycle(
        path=MANIFESTS,
        before={"name": "Pump 2.2"},
        after={"name": "Pump 2.2"},
        create={"description": "Ærø", "path": str(FILE), "key_table_path": str(FILE)},
        created=[("POST", MANIFESTS, None)],
        deleted=[("DELETE", "/v3/firmware-manifests/{id}", None)],
    ),
    "update_campaign": Cycle(
        path=CAMPAIGNS,
        before={"name": "Pumps"},
        after={"name": "Pumps in Oslo"},
        create={
            "description": "Ærø",
            "filters": {"device_class": ["pump-v1", "pump-v2"], "custom_attributes": {"site": "oslo"}},
            "root_manifest_id": "<manifest>",
            "campaign_strategy": "continuous",
            "autostop": False,
            "autostop_success_percent": 85,
            "approval_required": True,
            "when": "2030-01-31T22:00:00.000000Z",
        },
        created={
            "name": "Pumps",
            "description": "Ærø",
            "device_filter": "device_class__in=pump-v1,pump-v2&custom_attributes__site__eq=oslo",
            "root_manifest_id": "<manifest>",
            "campaign_strategy": "continuous",
            "autostop": False,
            "autostop_success_percent": 85,
            "approval_required": True,
            "when": "2030-01-31T22:00:00.000000Z",
        },
        update={"name": "Pumps in Oslo", "device_filter": "state__eq=registered", "root_manifest_id": "Pump 2.3", "autostop": True},
        updated={
            "name": "Pumps in Oslo",
            "description": "Ærø",
            "device_filter": "state__eq=registered",
            "root_manifest_id": "<other>",
            "autostop": True,
            "autostop_success_percent": 85,
            "approval_required": True,
            "when": "2030-01-31T22:00:00.000000Z",
        },
        clear={"description": "", "clear": ["when"]},
        cleared={
            "name": "Pumps in Oslo",
            "description": "",
            "device_filter": "state__eq=registered",
            "root_manifest_id": "<other>",
            "autostop": True,
            "autostop_success_percent": 85,
            "approval_required": True,
            "when": None,
        },
        seed=manifest,
        own=("root_manifest_url",),
        since=2020,
    ),
}

_FILTERS = ("state__eq=registered", "state=registered", "id__in=1,2", "id__in=2,1", "name__eq=a%26b")
_NAMES = st.sampled_from(("a", "b", "Ærø \u2013 1", "x,y", "50% & more=?", " a ", "A"))

SITUATIONS = {
    "firmware_upload_job": Situation(),
    "firmware_image": Situation(
        values={"name": _NAMES}, always={"path": str(FILE)}, make=lambda client, body, scope: form(client, IMAGES, body)
    ),
    "firmware_manifest": Situation(
        values={"name": _NAMES}, always={"path": str(FILE)}, make=lambda client, body, scope: form(client, MANIFESTS, body)
    ),
    "update_campaign": Situation(
        values={
            "name": _NAMES,
            "device_filter": st.sampled_from(_FILTERS),
            "root_manifest_id": st.sampled_from(("<manifest>", "<other>")),
            "autostop_success_percent": st.sampled_from((0.0, 50.5, 100.0)),
            "when": st.sampled_from(("2030-01-31T22:00:00.000000Z", "2031-01-31T22:00:00.500000Z")),
        },
        seed=manifest,
        own=("root_manifest_url",),
        since=2020,
    ),
}
