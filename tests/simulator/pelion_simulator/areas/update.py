# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Firmware images, upload jobs and their chunks, manifests, and campaigns that walk over devices. Facts are those of the vendor's OpenAPI
descriptions and of its pages on updates; what they leave open is said here where it is decided.

A manifest may be any bytes. One that is a JSON object is read: its entries named as the fields of `_READ` are shown as those.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from .. import bodies, clock, filters
from ..answers import Answer, ApiError, bad_request, invalid, not_found
from ..filters import Condition, Listing
from ..table import Document, Field, Filter, Resource
from .directory import DEVICE_EVENTS, DEVICE_QUERIES, DEVICES

if TYPE_CHECKING:
    from ..engine import Call, Engine

SETTINGS = {
    "update_failure_rate": 0.1,
    "update_skip_rate": 0.05,
    "update_quota": 1_000_000,
    "campaign_seconds": 300,
    "campaign_patience": 3600,
    "campaign_refused_to": ("draft", "stopped"),
    "firmware_images_limit": 1000,
}
"""The shares of devices whose update fails or is skipped; how many updates the account has left; the virtual seconds in which a campaign
gets to all its devices, and those after which it gives up devices that are not registered; the phase of a campaign that cannot start;
how many images an account may have."""

_ID = Field("string")
_STRING = Field("string")
_TIME = Field("string", format="date-time")
_NAME = Field("string", io="CUR", default="default_object_name", max=128, indexed=True)
_DESCRIPTION = Field("string", io="CUR", default="", max=2000)
_HIDDEN = Field("string", io="")
_HIDDEN_NUMBER = Field("integer", io="", default=0)

_EQUAL = ("eq", "neq", "in", "nin")
_RANGE = ("in", "nin", "lte", "gte")
_BY_WORD = Filter(_EQUAL, _EQUAL)
_BY_TIME = Filter(_RANGE, (*_EQUAL, "lte", "gte"))
_BY_NUMBER = Filter((*_EQUAL, "lte", "gte"), (*_EQUAL, "lte", "gte"))
_STAMPS = {"created_at": _TIME, "etag": _TIME, "id": _ID, "object": _STRING, "updated_at": _TIME}
_BY_STAMPS = {"created_at": _BY_TIME, "etag": Filter((), (*_EQUAL, "lte", "gte")), "id": _BY_WORD, "updated_at": _BY_TIME}

# --- images and the jobs that upload large ones ---

LARGEST_FORM = 100 * 10**6
SMALLEST_CHUNK, LARGEST_CHUNK, MOST_CHUNKS = 5 * 10**6, 100 * 2**20, 10_000
LARGEST_KEPT = 256 * 2**20
"""Bytes of an image that can be downloaded again; of larger ones only size and checksum are kept."""


def _forget_file(engine: Engine, document: Document) -> None:
    for name in ("datafile", "key_table"):
        if name in document:
            engine.store.remove_blob(document[name].rpartition("/")[2])


IMAGES = Resource(
    name="firmware-images",
    object="firmware-image",
    operations={"list": "Firmware_Image_list", "get": "Firmware_Image_retrieve", "delete": "Firmware_Image_destroy"},
    fields={
        **_STAMPS,
        "datafile": _STRING,
        "datafile_checksum": Field("string", indexed=True),
        "datafile_size": Field("integer"),
        "description": replace(_DESCRIPTION, io="CR"),
        "name": replace(_NAME, io="CR"),
    },
    filters={
        **_BY_STAMPS,
        **dict.fromkeys(("datafile", "datafile_checksum", "datafile_size", "description", "name"), _BY_WORD),
    },
    before_delete=_forget_file,
)


def _forget_chunks(engine: Engine, job: Document) -> None:
    for chunk in _chunks(engine, job["id"]):
        engine.store.remove_blob(chunk["file"])
        engine.store.remove(CHUNKS, chunk)


JOBS = Resource(
    name="firmware-upload-jobs",
    object="upload-job",
    operations={"list": "Upload_Job_List", "get": "Upload_Job_Retrieve", "update": "Upload_Job_Update", "delete": "Upload_Job_Delete"},
    fields={
        **_STAMPS,
        "complete": Field("boolean", default=False),
        "description": _DESCRIPTION,
        "firmware_image_id": _STRING,
        "name": _NAME,
        "origin": _HIDDEN,
        "status": Field("string", default="in_progress"),
    },
    filters={
        **_BY_STAMPS,
        "complete": Filter(("eq", "neq"), _EQUAL),
        "firmware_image_id": Filter((), _EQUAL),
        **dict.fromkeys(("description", "name", "status"), _BY_WORD),
    },
    unique=("name",),
    before_delete=_forget_chunks,
)

CHUNKS = Resource(
    name="firmware-upload-chunks",
    object="upload-info",
    operations={},
    fields={
        **_STAMPS,
        # Shown as the id, of which the store wants a unique one.
        "number": _HIDDEN_NUMBER,
        "file": _HIDDEN,
        "hash": _STRING,
        "id": Field("integer"),
        "length": Field("integer"),
        "upload_job_id": Field("string", indexed=True),
    },
    filters={**_BY_STAMPS, "hash": _BY_WORD, "length": _BY_NUMBER},
)


def _form(call: Call, *files: str) -> tuple[Document, dict[str, bodies.Part]]:
    """The fields and the files of a form. Raises ApiError for what is neither."""
    parts = bodies.multipart(call.content_type, call.body)
    wrong = {name: "is not a field of this resource" for name in parts if name not in (*files, "name", "description")}
    wrong |= {name: "must be a file" for name in files if name in parts and not parts[name].filename}
    if "datafile" not in parts:
        wrong["datafile"] = "is required"
    if wrong:
        raise invalid(wrong)
    return {name: part.text for name, part in parts.items() if name not in files}, {name: parts[name] for name in files if name in parts}


def _check_form(engine: Engine, row: Resource, fields: Document, files: Mapping[str, bodies.Part], longest_name: int) -> None:
    wrong = {
        name: f"may have a file name of {longest_name} characters" for name, part in files.items() if len(part.filename) > longest_name
    }
    for name, value in fields.items():
        # Only the newest description limits descriptions.
        known = replace(row.fields[name], max=None) if name == "description" and engine.spec < 2021 else row.fields[name]
        if found := bodies.problem(known, value):
            wrong[name] = found
    if wrong:
        raise invalid(wrong)


def _keep(engine: Engine, origin: str, document: Document, name: str, data: bytes) -> str:
    """Keep a file of an object, and give the address where it is. Not that of the API: real files lie on a server of their own."""
    stored = f"{document['id']}-{name}"
    engine.store.put_blob(stored, data)
    return f"{origin}/firmware-files/{stored}"


def _file(engine: Engine, call: Call) -> Answer:
    """A file at the address that an object gives. It refuses a token, which is for the API only."""
    if "authorization" in call.headers:
        raise bad_request("Only one way of authentication is allowed.")
    data = engine.store.blob(call.item)
    if data is None:
        raise not_found("file")
    return Answer(200, data, "application/octet-stream")


def _elsewhere(call: Call) -> str:
    """This server under another name, so that to a client it is another one, which must not get its token."""
    scheme, _slashes, place = call.origin.split("/", 2)
    host, _colon, port = place.rpartition(":")
    return f"{scheme}//{'127.0.0.1' if host == 'localhost' else 'localhost'}:{port}"


def _check_room(engine: Engine) -> None:
    if engine.store.count(IMAGES, Listing()) >= engine.settings.firmware_images_limit:
        raise ApiError(403, "account_limit_exceeded", "The account has as many firmware images as it may have.")


def create_image(engine: Engine, call: Call) -> Answer:
    """An image from a form."""
    fields, files = _form(call, "datafile")
    _check_form(engine, IMAGES, fields, files, 166)
    data = files["datafile"].data
    if len(data) >= LARGEST_FORM:
        raise ApiError(413, "bad_request", "The image is too large for one request; use an upload job.")
    _check_room(engine)
    image = engine.blank(IMAGES) | fields
    image |= {
        "datafile": _keep(engine, _elsewhere(call), image, "datafile", data),
        "datafile_checksum": hashlib.sha256(data).hexdigest(),
        "datafile_size": len(data),
    }
    engine.save(IMAGES, {}, image)
    return engine.shown(201, IMAGES, image, call)


def create_job(engine: Engine, call: Call) -> Answer:
    """An upload job without chunks."""
    body = engine.body(JOBS, call, "C")
    engine.refuse_taken(JOBS, call, body)
    job = engine.blank(JOBS) | body | {"origin": _elsewhere(call)}
    engine.save(JOBS, {}, job)
    answer = engine.shown(201, JOBS, job, call)
    return replace(answer, headers={"Location": f"{call.origin}/v3/firmware-images/upload-jobs/{job['id']}"})


def _chunks(engine: Engine, job_id: str) -> list[Document]:
    return list(engine.store.select(CHUNKS, upload_job_id=job_id))


def _shown_chunk(chunk: Document) -> Document:
    return {name: value for name, value in chunk.items() if name not in ("number", "file")} | {"id": chunk["number"]}


def create_chunk(engine: Engine, call: Call) -> Answer:
    """Append a chunk. What is wrong with sizes and numbers shows only at the end (vendor's page on large images)."""
    job = engine.existing(JOBS, call, call.parameters["upload_job_id"])
    held = _chunks(engine, job["id"])
    if job["status"] != "in_progress" or (held and not held[-1]["length"]):
        raise bad_request("The upload job takes no more chunks.")
    if call.content_type.partition(";")[0] not in ("application/octet-stream", "binary/octet-stream"):
        raise bad_request("The Content-Type must be binary/octet-stream.")
    digest = base64.b64encode(hashlib.md5(call.body, usedforsecurity=False).digest()).decode()
    given = call.headers.get("content-md5", "")
    if given not in ("", digest):
        raise invalid({"Content-MD5": "is not that of the chunk"})
    chunk = engine.blank(CHUNKS) | {"number": len(held) + 1, "hash": given, "length": len(call.body), "upload_job_id": job["id"]}
    chunk["file"] = chunk["id"]
    engine.store.put_blob(chunk["file"], call.body)
    engine.save(CHUNKS, {}, chunk)
    if not call.body:
        engine.schedule(2, "firmware.assemble", job=job["id"])
    place = f"{call.origin}/v3/firmware-images/upload-jobs/{job['id']}/chunks/{chunk['number']}"
    return replace(engine.tell(_shown_chunk(chunk), 201), headers={"Location": place, "Content-Location": place})


def list_chunks(engine: Engine, call: Call) -> Answer:
    """A page of the chunks of a job, which are numbered within it."""
    job = engine.existing(JOBS, call, call.parameters["upload_job_id"])
    numbered = replace(CHUNKS, filters={**CHUNKS.filters, "id": _BY_WORD})
    listing = filters.listing(numbered, call.query, (), engine.spec)
    found = [chunk for chunk in map(_shown_chunk, _chunks(engine, job["id"])) if all(_fulfils(chunk, one) for one in listing.conditions)]
    total = len(found)
    _check_page(engine, found)
    if listing.descending:
        found.reverse()
    if listing.after is not None:
        places = [place for place, chunk in enumerate(found) if str(chunk["id"]) == listing.after]
        if not places:
            raise invalid({"after": "is not the id of an object in this list"})
        found = found[places[0] + 1 :]
    return engine.tell(
        {
            "object": "list",
            "limit": listing.limit,
            "after": listing.after,
            "order": "DESC" if listing.descending else "ASC",
            "has_more": len(found) > listing.limit,
            **({"total_count": total} if listing.total_count else {}),
            "data": found[: listing.limit],
        }
    )


def _check_page(engine: Engine, rows: list[Document]) -> None:
    """What the engine does with empty pages of its own lists."""
    if not rows and engine.settings.list_404:
        raise ApiError(404, "not_found", "Unable to find page.")


def _fulfils(chunk: Document, condition: Condition) -> bool:
    held, wanted = chunk[condition.field], condition.values[0]
    if condition.operator in ("lte", "gte"):
        return bool(held <= wanted if condition.operator == "lte" else held >= wanted)
    return (held in condition.values) == (condition.operator in ("eq", "in"))


def get_chunk(engine: Engine, call: Call) -> Answer:
    """One chunk by its number."""
    call.arguments()
    job = engine.existing(JOBS, call, call.parameters["upload_job_id"])
    for chunk in _chunks(engine, job["id"]):
        if str(chunk["number"]) == call.item:
            return engine.tell(_shown_chunk(chunk))
    raise not_found(CHUNKS.object)


def _assemble(engine: Engine, payload: Document) -> None:
    """Make the image of a job that was ended, or find out that its chunks are not as they should be."""
    job = engine.store.get(JOBS, payload["job"])
    if job is None:
        return
    held = _chunks(engine, job["id"])
    lengths = [chunk["length"] for chunk in held[:-1]]
    breach = (
        len(held) > MOST_CHUNKS or not lengths or max(lengths) > LARGEST_CHUNK or min(lengths[:-1], default=LARGEST_CHUNK) < SMALLEST_CHUNK
    )
    if breach or engine.store.count(IMAGES, Listing()) >= engine.settings.firmware_images_limit:
        engine.save(JOBS, job, engine.touched(JOBS, job | {"status": "failed"}))
        return
    image = engine.blank(IMAGES) | {"name": job["name"], "description": job["description"]}
    pieces = [engine.store.blob(chunk["file"]) or b"" for chunk in held]
    checksum = hashlib.sha256()
    for piece in pieces:
        checksum.update(piece)
    kept = b"".join(pieces) if sum(lengths) <= LARGEST_KEPT else b""
    image |= {
        "datafile": _keep(engine, job["origin"], image, "datafile", kept),
        "datafile_checksum": checksum.hexdigest(),
        "datafile_size": sum(lengths),
    }
    engine.save(IMAGES, {}, image)
    engine.save(JOBS, job, engine.touched(JOBS, job | {"status": "success", "complete": True, "firmware_image_id": image["id"]}))


# --- manifests ---

LARGEST_MANIFEST = 2048
_READ = {
    "delivered_payload_digest": Field("string", since=2020),
    "delivered_payload_size": Field("integer", since=2020),
    "delivered_payload_type": Field("string", since=2020, enum=("full", "delta")),
    "delivered_payload_url": Field("string", since=2020),
    "device_class": Field("string", indexed=True),
    "device_vendor": Field("string", since=2020),
    "manifest_schema_version": Field("string", since=2020, enum=("1", "3")),
    "precursor_payload_digest": Field("string", since=2020),
    "timestamp": _TIME,
    "update_priority": Field("integer", since=2020),
}
"""What the service tells of what a manifest says."""

MANIFESTS = Resource(
    name="firmware-manifests",
    object="firmware-manifest",
    operations={"list": "Firmware_Manifest_list", "get": "Firmware_Manifest_retrieve", "delete": "Firmware_Manifest_destroy"},
    fields={
        **_STAMPS,
        **_READ,
        "datafile": _STRING,
        "datafile_size": Field("integer"),
        "description": replace(_DESCRIPTION, io="CR"),
        "key_table": _STRING,
        "name": replace(_NAME, io="CR"),
        "parsed_raw_manifest": Field("object", since=2020),
    },
    filters={
        **_BY_STAMPS,
        "timestamp": _BY_TIME,
        **dict.fromkeys(("datafile", "datafile_size", "description", "device_class", "name"), _BY_WORD),
    },
    before_delete=_forget_file,
)


def read_manifest(data: bytes) -> Document:
    """What a manifest says, as far as it is one that can be read here."""
    try:
        said = json.loads(data)
    except ValueError:
        return {}
    if not isinstance(said, dict):
        return {}
    known = {name: value for name, value in said.items() if name in _READ and not bodies.problem(_READ[name], value)}
    if "timestamp" in known:
        try:
            known["timestamp"] = clock.parse(known["timestamp"])
        except ValueError:
            del known["timestamp"]
    return {**known, "parsed_raw_manifest": said}


def create_manifest(engine: Engine, call: Call) -> Answer:
    """A manifest from a form."""
    fields, files = _form(call, "datafile", "key_table")
    _check_form(engine, MANIFESTS, fields, files, 100)
    data = files["datafile"].data
    if engine.spec >= 2021 and not fields.get("name"):
        raise invalid({"name": "is required"})
    if len(data) > LARGEST_MANIFEST:
        raise invalid({"datafile": f"may have {LARGEST_MANIFEST} bytes at most"})
    manifest = engine.blank(MANIFESTS) | fields
    manifest |= {"timestamp": manifest["created_at"], **read_manifest(data), "datafile_size": len(data)}
    manifest |= {name: _keep(engine, _elsewhere(call), manifest, name, part.data) for name, part in files.items()}
    engine.save(MANIFESTS, {}, manifest)
    return engine.shown(201, MANIFESTS, manifest, call)


# --- campaigns ---

_PHASES = ("draft", "awaiting_approval", "timed", "starting", "active", "stopping", "stopped", "deleted", "archived")
_STATES = (
    *("draft", "scheduled", "allocatingquota", "allocatedquota", "quotaallocationfailed", "checkingmanifest", "checkedmanifest"),
    *("devicefetch", "devicecopy", "devicecheck", "publishing", "deploying", "deployed", "manifestremoved", "expired"),
    *("stopping", "autostopped", "userstopped", "conflict"),
)
_SINCE_2020 = replace(_TIME, since=2020)


def _forget_devices(engine: Engine, campaign: Document) -> None:
    if campaign["phase"] in ("starting", "active", "stopping") or campaign["state"] == "scheduled":
        raise _wrong_phase(campaign, "deleted")
    for record in list(engine.store.select(METADATA, campaign_id=campaign["id"])):
        engine.store.remove(METADATA, record)


CAMPAIGNS = Resource(
    name="update-campaigns",
    object="update-campaign",
    operations={"list": "Update_Campaign_list", "get": "Update_Campaign_retrieve", "delete": "Update_Campaign_destroy"},
    fields={
        **_STAMPS,
        "active_at": _SINCE_2020,
        "approval_required": Field("boolean", io="CUR", default=False, since=2020),
        "archived_at": _SINCE_2020,
        "autostop": Field("boolean", io="CUR", default=True, since=2020),
        "autostop_reason": _STRING,
        "autostop_success_percent": Field("number", io="CUR", default=100.0, least=0, most=100, since=2020),
        "campaign_strategy": Field("string", io="CR", default="one-shot", enum=("one-shot", "continuous"), since=2020),
        "description": _DESCRIPTION,
        "device_filter": Field("string", io="C!UR"),
        "finished": _TIME,
        "name": _NAME,
        "object": Field("string", echoed=True),
        "phase": Field("string", default="draft", enum=_PHASES, indexed=True),
        "root_manifest_id": Field("string", io="CUR", pattern="[A-Fa-f0-9]{32}"),
        "root_manifest_url": _STRING,
        "started_at": _TIME,
        "starting_at": _SINCE_2020,
        "state": Field("string", io="CUR", default="draft", enum=_STATES, indexed=True),
        "stopped_at": _SINCE_2020,
        "stopping_at": _SINCE_2020,
        # How many devices had which outcome for which reason, and how many there are.
        "tally": Field("object", io="", default={}),
        "total": _HIDDEN_NUMBER,
        "when": Field("string", io="CUR", format="date-time", nullable=True),
    },
    filters={
        **_BY_STAMPS,
        **dict.fromkeys(("finished", "started_at", "when"), _BY_TIME),
        **dict.fromkeys(("description", "device_filter", "name", "root_manifest_id", "state"), _BY_WORD),
    },
    unique=("name",),
    before_delete=_forget_devices,
)

METADATA = Resource(
    name="campaign-device-metadata",
    object="update-campaign-device-metadata",
    operations={"list": "Update_Campaign_Metadata_list", "get": "Update_Campaign_Metadata_retrieve"},
    fields={
        **_STAMPS,
        "campaign": _STRING,
        "campaign_id": Field("string", io="", indexed=True),
        "deployment_state": Field(
            "string",
            default="pending",
            enum=("pending", "updated_connector_channel", "failed_connector_channel_update", "deployed", "manifestremoved", "deregistered"),
        ),
        "description": _DESCRIPTION,
        "device_id": Field("string", indexed=True),
        "mechanism": _STRING,
        "mechanism_url": _STRING,
        "name": _NAME,
        # When the campaign gets to the device; 0: as soon as it registers.
        "wave": _HIDDEN_NUMBER,
    },
    parents={"campaign_id": "update-campaigns"},
)

ROWS = (IMAGES, JOBS, CHUNKS, MANIFESTS, CAMPAIGNS, METADATA)

WAVES = 10
_TO_DO = ("pending", "updated_connector_channel")
_OPEN = {"starting", "active", "awaiting_approval", "timed"}


def _wrong_phase(campaign: Document, done: str) -> ApiError:
    return ApiError(409, "conflict", f"A campaign in the phase {campaign['phase']} cannot be {done}.")


def _targets(engine: Engine, device_filter: str, extra: Iterable[Condition] = ()) -> Listing:
    """The devices that a filter means: a query string, one that was encoded whole, or the id of a saved query. Raises ApiError."""
    if re.fullmatch("[0-9a-f]{32}", device_filter):
        saved = engine.store.get(DEVICE_QUERIES, device_filter)
        if saved is None:
            raise invalid({"device_filter": "is not the id of a query"})
        device_filter = saved["query"]
    if "=" not in device_filter:
        device_filter = unquote(device_filter)
    if "=" not in device_filter:
        raise invalid({"device_filter": "is not a filter"})
    try:
        return filters.listing(DEVICES, [("filter", device_filter)], extra, engine.spec)
    except ApiError as error:
        told = "; ".join(f"{name} {problem}" for name, problem in error.fields.items())
        raise invalid({"device_filter": told or error.message}) from None


def _read_campaign(engine: Engine, call: Call, side: str, current: Document | None) -> Document:
    body = engine.body(CAMPAIGNS, call, side, current)
    if current and current["phase"] != "draft" and set(body) - {"name", "description", "state"}:
        raise ApiError(403, "access_denied", "Only name, description and state can be changed when the campaign is not a draft.")
    if body.get("when"):
        try:
            body["when"] = clock.parse(body["when"])
        except ValueError as error:
            raise invalid({"when": str(error)}) from None
    if "device_filter" in body:
        _targets(engine, body["device_filter"])
    if "root_manifest_id" in body:
        body["root_manifest_url"] = f"{call.origin}/v3/firmware-manifests/{body['root_manifest_id']}"
    wanted, held = body.pop("state", None), (current or {"state": "draft"})["state"]
    if wanted not in (None, "scheduled", held):
        raise invalid({"state": "can only be set to scheduled"})
    return body | ({"start": True} if wanted == "scheduled" != held else {})


def create_campaign(engine: Engine, call: Call) -> Answer:
    """A draft, which the deprecated state "scheduled" starts at once."""
    body = _read_campaign(engine, call, "C", None)
    start = body.pop("start", False)
    campaign = engine.blank(CAMPAIGNS) | body
    if engine.spec >= 2021:
        engine.refuse_taken(CAMPAIGNS, call, campaign)
    engine.save(CAMPAIGNS, {}, campaign)
    return engine.shown(201, CAMPAIGNS, _start(engine, campaign) if start else campaign, call)


def update_campaign(engine: Engine, call: Call) -> Answer:
    """Change a draft, or name and description of another."""
    current = engine.existing(CAMPAIGNS, call)
    body = _read_campaign(engine, call, "U", current)
    start = body.pop("start", False)
    campaign = _changed(engine, current, **body)
    return engine.shown(200, CAMPAIGNS, _start(engine, campaign) if start else campaign, call)


def _changed(engine: Engine, campaign: Document, **changes: Any) -> Document:
    after = engine.touched(CAMPAIGNS, campaign | changes)
    engine.save(CAMPAIGNS, campaign, after)
    return after


def start_campaign(engine: Engine, call: Call) -> Answer:
    """Start a draft, or one that waits for approval (by which approving is meant here)."""
    call.arguments()
    _start(engine, engine.existing(CAMPAIGNS, call, call.parameters["campaign_id"]))
    return Answer(202)


def _start(engine: Engine, campaign: Document) -> Document:
    if campaign["phase"] not in ("draft", "awaiting_approval") or campaign["state"] == "scheduled":
        raise _wrong_phase(campaign, "started")
    if not campaign.get("root_manifest_id"):
        raise ApiError(400, "bad_request", "A campaign without a manifest cannot be started.")
    if campaign["approval_required"] and campaign["phase"] == "draft":
        return _changed(engine, campaign, phase="awaiting_approval")
    wait = 0.0
    if campaign.get("when"):
        wait = max((clock.moment(campaign["when"]) - engine.clock.time()) / 1_000_000, 0)
    # A look right after the start still sees a draft.
    engine.schedule(wait + 1, "campaign.step", campaign=campaign["id"], state="allocatingquota")
    return _changed(engine, campaign, state="scheduled", phase="timed" if wait else "draft")


_STEPS = ("allocatingquota", "checkingmanifest", "devicefetch", "publishing")
_STEP_SECONDS = 2


def _step(engine: Engine, payload: Document) -> None:
    """Take a campaign one step on from its start towards being active."""
    campaign = engine.store.get(CAMPAIGNS, payload["campaign"])
    state = payload["state"]
    if campaign is None or campaign["phase"] not in ("draft", "awaiting_approval", "timed", "starting"):
        return
    now = clock.text(engine.clock.now())
    if state == _STEPS[0]:
        campaign.pop("autostop_reason", None)
        campaign = _changed(engine, campaign, phase="starting", state=state, starting_at=now, started_at=now)
    else:
        campaign = _changed(engine, campaign, state=state)
    targets = _targets(engine, campaign["device_filter"])
    count = engine.store.count(DEVICES, targets)
    if state == "allocatingquota" and count > engine.settings.update_quota:
        _refuse(engine, campaign, "quotaallocationfailed", "The quota of firmware updates is not enough for the devices of this campaign.")
    elif state == "checkingmanifest" and engine.store.get(MANIFESTS, campaign["root_manifest_id"].lower()) is None:
        _refuse(engine, campaign, "conflict", "The manifest does not exist.")
    elif state == "devicefetch" and not count and campaign["campaign_strategy"] == "one-shot":
        _refuse(engine, campaign, "conflict", "The filter finds no devices.")
    elif state == "publishing":
        _activate(engine, campaign, list(engine.store.having(DEVICES, *targets.conditions)))
    else:
        engine.schedule(_STEP_SECONDS, "campaign.step", campaign=campaign["id"], state=_STEPS[_STEPS.index(state) + 1])


def _refuse(engine: Engine, campaign: Document, state: str, reason: str) -> None:
    """End the start of a campaign."""
    if engine.settings.campaign_refused_to == "draft":
        draft = {name: value for name, value in campaign.items() if name not in ("starting_at", "started_at")}
        _changed(engine, draft, phase="draft", state=state, autostop_reason=reason)
        return
    now = clock.text(engine.clock.now())
    ended = dict.fromkeys(("stopping_at", "stopped_at", "finished"), now)
    _changed(engine, campaign, phase="stopped", state="autostopped", autostop_reason=reason, **ended)


def _activate(engine: Engine, campaign: Document, devices: list[Document]) -> None:
    quota = max(engine.settings.update_quota - len(devices), 0)
    engine.settings.change({"update_quota": quota})
    campaign = _changed(engine, campaign, phase="active", active_at=clock.text(engine.clock.now()), total=len(devices))
    for device in devices:
        _take_in(engine, campaign, device, 1 + int(engine.chance("wave", campaign["name"], device["endpoint_name"]) * WAVES))
    for wave in range(1, WAVES + 1):
        engine.schedule(wave * engine.settings.campaign_seconds / WAVES, "campaign.publish", campaign=campaign["id"], wave=wave)
    if campaign["campaign_strategy"] == "one-shot":
        patience = max(engine.settings.campaign_patience, engine.settings.campaign_seconds + 2 * _STEP_SECONDS)
        engine.schedule(patience, "campaign.give_up", campaign=campaign["id"])


def _take_in(engine: Engine, campaign: Document, device: Document, wave: int) -> None:
    record = engine.blank(METADATA) | {
        "campaign": campaign["id"],
        "campaign_id": campaign["id"],
        "device_id": device["id"],
        "mechanism": device["mechanism"],
        "mechanism_url": device["mechanism_url"],
        "wave": wave,
    }
    engine.save(METADATA, {}, record)


def _publish(engine: Engine, payload: Document) -> None:
    """Tell the devices of a wave of their update. Those that are not registered are told when they are."""
    campaign = engine.store.get(CAMPAIGNS, payload["campaign"])
    if campaign is None or campaign["phase"] != "active":
        return
    if "device" in payload:
        records = list(engine.store.select(METADATA, campaign_id=campaign["id"], device_id=payload["device"], deployment_state="pending"))
    else:
        records = list(engine.store.select(METADATA, campaign_id=campaign["id"], wave=payload["wave"], deployment_state="pending"))
    told = []
    for record in records:
        device = engine.store.get(DEVICES, record["device_id"])
        if device and device["state"] != "registered":
            engine.save(METADATA, record, record | {"wave": 0})
            continue
        engine.save(METADATA, record, engine.touched(METADATA, record | {"deployment_state": "updated_connector_channel"}))
        told.append(record["id"])
        if device:
            _count(engine, campaign, device, "info", "SYS_100")
    engine.save(CAMPAIGNS, campaign, campaign)
    engine.schedule(_STEP_SECONDS, "campaign.outcome", campaign=campaign["id"], records=told)


def _outcome(engine: Engine, payload: Document) -> None:
    """Let devices that were told of their update succeed or fail."""
    campaign = engine.store.get(CAMPAIGNS, payload["campaign"])
    if campaign is None or campaign["phase"] != "active":
        return
    failing, skipping = engine.settings.update_failure_rate, engine.settings.update_skip_rate
    for id_ in payload["records"]:
        record = engine.store.get(METADATA, id_)
        if record is None or record["deployment_state"] != "updated_connector_channel":
            continue
        device = engine.store.get(DEVICES, record["device_id"])
        salt = (campaign["name"], device["endpoint_name"] if device else id_)
        drawn = engine.chance("outcome", *salt)
        status = "skipped" if device is None else "fail" if drawn < failing else "skipped" if drawn < failing + skipping else "success"
        codes = EVENT_TYPES[status]
        code = codes[int(engine.chance("code", *salt) * len(codes))]
        _end(engine, campaign, record, device, status, code)
    engine.save(CAMPAIGNS, campaign, campaign)
    _stop_when_done(engine, campaign)


def _end(engine: Engine, campaign: Document, record: Document, device: Document | None, status: str, code: str) -> None:
    """Note how a device fared."""
    state = {"success": "deployed", "fail": "manifestremoved", "skipped": "manifestremoved"}[status]
    if device is None or (status == "skipped" and device["state"] != "registered"):
        state = "deregistered"
    elif status == "fail" and code.startswith("SYS_"):
        state = "failed_connector_channel_update"
    engine.save(METADATA, record, engine.touched(METADATA, record | {"deployment_state": state}))
    if device is not None and status == "success":
        manifest = engine.store.get(MANIFESTS, campaign["root_manifest_id"].lower()) or {}
        known = {
            "deployment": campaign["id"],
            "firmware_checksum": manifest.get("delivered_payload_digest", device["firmware_checksum"]),
            "manifest": campaign["root_manifest_url"],
            "manifest_timestamp": manifest.get("timestamp", campaign["started_at"]),
        }
        engine.save(DEVICES, device, engine.touched(DEVICES, device | known))
    _count(engine, campaign, device, status, code)


def _count(engine: Engine, campaign: Document, device: Document | None, status: str, code: str) -> None:
    """Count an event, and record it for the device. The campaign is saved once all are counted."""
    counts = campaign["tally"].setdefault(status, {})
    counts[code] = counts.get(code, 0) + 1
    if device is not None:
        event = engine.blank(DEVICE_EVENTS) | {
            "data": {"campaign_id": campaign["id"]},
            "description": _told(status, code),
            "device_id": device["id"],
            "event_type": code,
            "event_type_category": f"{status.upper()}_{code}",
            "event_type_description": status.upper(),
            "state_change": status == "success",
        }
        engine.save(DEVICE_EVENTS, {}, event)


def _told(status: str, code: str) -> str:
    if code == "UPD4_FAIL_101":
        return "Update error, nonspecific network error"
    known = {"success": "Firmware updated", "fail": "Update failed", "skipped": "Device left out", "info": "Device told of the update"}
    return f"{known[status]} ({code})"


def _done(campaign: Document) -> dict[str, int]:
    return {status: sum(campaign["tally"].get(status, {}).values()) for status in ("success", "fail", "skipped", "info")}


def _stop_when_done(engine: Engine, campaign: Document) -> None:
    """Let a campaign end by itself. One that goes on taking in devices never has dealt with all."""
    counts = _done(campaign)
    if not campaign["autostop"] or campaign["campaign_strategy"] != "one-shot":
        return
    if counts["success"] + counts["fail"] + counts["skipped"] >= campaign["total"]:
        _stop(engine, campaign, "The campaign has dealt with all devices.")
    elif counts["success"] * 100 >= campaign["autostop_success_percent"] * campaign["total"]:
        _stop(engine, campaign, "As many devices as asked for have been updated.")


def _give_up(engine: Engine, payload: Document) -> None:
    """Leave out the devices that could not be told of their update."""
    campaign = engine.store.get(CAMPAIGNS, payload["campaign"])
    if campaign is None or campaign["phase"] != "active":
        return
    for record in list(engine.store.select(METADATA, campaign_id=campaign["id"], deployment_state="pending")):
        _end(engine, campaign, record, engine.store.get(DEVICES, record["device_id"]), "skipped", "SYS_117")
    engine.save(CAMPAIGNS, campaign, campaign)
    _stop_when_done(engine, campaign)


def stop_campaign(engine: Engine, call: Call) -> Answer:
    """Stop a campaign by hand."""
    call.arguments()
    campaign = engine.existing(CAMPAIGNS, call, call.parameters["campaign_id"])
    if campaign["phase"] not in _OPEN and campaign["state"] != "scheduled":
        raise _wrong_phase(campaign, "stopped")
    _stop(engine, campaign, "")
    return Answer(202)


def _stop(engine: Engine, campaign: Document, reason: str) -> None:
    told = {"autostop_reason": reason} if reason else {}
    _changed(engine, campaign, phase="stopping", state="stopping", stopping_at=clock.text(engine.clock.now()), **told)
    engine.schedule(_STEP_SECONDS, "campaign.stopped", campaign=campaign["id"], state="autostopped" if reason else "userstopped")


def _stopped(engine: Engine, payload: Document) -> None:
    campaign = engine.store.get(CAMPAIGNS, payload["campaign"])
    if campaign is None:
        return
    for record in list(engine.store.select(METADATA, campaign_id=campaign["id"])):
        if record["deployment_state"] in _TO_DO:
            engine.save(METADATA, record, engine.touched(METADATA, record | {"deployment_state": "manifestremoved"}))
    now = clock.text(engine.clock.now())
    _changed(engine, campaign, phase="stopped", state=payload["state"], stopped_at=now, finished=now)


def archive_campaign(engine: Engine, call: Call) -> Answer:
    """Put a campaign away that has ended, or a draft."""
    call.arguments()
    campaign = engine.existing(CAMPAIGNS, call, call.parameters["campaign_id"])
    if campaign["phase"] not in ("stopped", "draft") or campaign["state"] == "scheduled":
        raise _wrong_phase(campaign, "archived")
    _changed(engine, campaign, phase="archived", archived_at=clock.text(engine.clock.now()))
    return Answer(202)


def _registered(engine: Engine, device: Document) -> None:
    """Get on with a device that campaigns have waited for, and take it into those that go on looking."""
    for campaign in list(engine.store.select(CAMPAIGNS, phase="active")):
        known = list(engine.store.select(METADATA, campaign_id=campaign["id"], device_id=device["id"]))
        if not known and campaign["campaign_strategy"] == "continuous":
            targets = _targets(engine, campaign["device_filter"], [Condition("id", "eq", (device["id"],))])
            if engine.store.count(DEVICES, targets):
                _take_in(engine, campaign, device, 0)
                _changed(engine, campaign, total=campaign["total"] + 1)
                known = list(engine.store.select(METADATA, campaign_id=campaign["id"], device_id=device["id"]))
        if known and known[0]["wave"] == 0:
            engine.schedule(_STEP_SECONDS, "campaign.publish", campaign=campaign["id"], device=device["id"])


# --- how a campaign goes ---


def metrics(engine: Engine, call: Call) -> Answer:
    """The numbers of a campaign that was started."""
    call.arguments()
    campaign = engine.existing(CAMPAIGNS, call, call.parameters["campaign_id"])
    if "started_at" not in campaign:
        raise ApiError(404, "not_found", "The campaign has not been started.")
    counts = _done(campaign)
    shown = {
        "object": "update-campaign-metrics",
        "created_at": campaign["started_at"],
        "total_count": campaign["total"],
        "success_count": counts["success"],
        "failed_count": counts["fail"],
        "skipped_count": counts["skipped"],
        "pending_count": campaign["total"] - counts["success"] - counts["fail"] - counts["skipped"],
    }
    return engine.tell(shown)


def _summaries(campaign: Document) -> list[Document]:
    """A row for each outcome that has occurred."""
    return [
        {
            "object": "summary_status",
            "id": status,
            "campaign_id": campaign["id"],
            "summary_status": status.upper(),
            "count": count,
            "created_at": campaign["started_at"],
        }
        for status, count in _done(campaign).items()
        if count
    ]


def _event_types(campaign: Document, status: str) -> list[Document]:
    return [
        {
            "object": "event-type",
            "id": code.lower(),
            "event_type": code,
            "campaign_id": campaign["id"],
            "summary_status": status.upper(),
            "summary_status_id": status,
            "count": count,
            "description": _told(status, code),
            "created_at": campaign["started_at"],
        }
        for code, count in sorted(campaign["tally"].get(status, {}).items())
    ]


def _status_of(call: Call) -> str:
    status = call.parameters["summary_status_id"]
    if status not in EVENT_TYPES:
        raise invalid({"summary_status_id": "must be one of " + ", ".join(EVENT_TYPES)})
    return status


def _whole_list(engine: Engine, rows: list[Document]) -> Answer:
    _check_page(engine, rows)
    head = {"object": "list", "limit": len(rows), "after": None, "order": "ASC", "has_more": False, "total_count": len(rows)}
    return engine.tell({**head, "data": rows})


def _one_of(engine: Engine, rows: list[Document], id_: str, what: str) -> Answer:
    for row in rows:
        if row["id"] == id_:
            return engine.tell(row)
    raise not_found(what)


def list_statistics(engine: Engine, call: Call) -> Answer:
    """How many devices had which outcome."""
    call.arguments()
    return _whole_list(engine, _summaries(engine.existing(CAMPAIGNS, call, call.parameters["campaign_id"])))


def get_statistic(engine: Engine, call: Call) -> Answer:
    """How many devices had an outcome; 404 where none had."""
    call.arguments()
    campaign = engine.existing(CAMPAIGNS, call, call.parameters["campaign_id"])
    return _one_of(engine, _summaries(campaign), _status_of(call), "summary_status")


def list_event_types(engine: Engine, call: Call) -> Answer:
    """Why devices had an outcome."""
    call.arguments()
    campaign = engine.existing(CAMPAIGNS, call, call.parameters["campaign_id"])
    return _whole_list(engine, _event_types(campaign, _status_of(call)))


def get_event_type(engine: Engine, call: Call) -> Answer:
    """How many devices had an outcome for a reason; codes in either case."""
    call.arguments()
    campaign = engine.existing(CAMPAIGNS, call, call.parameters["campaign_id"])
    return _one_of(engine, _event_types(campaign, _status_of(call)), call.parameters["event_type_id"].lower(), "event-type")


def _codes(prefix: str, *numbers: int) -> tuple[str, ...]:
    return tuple(f"{prefix}{number}" for number in numbers)


EVENT_TYPES: Mapping[str, tuple[str, ...]] = {
    "success": ("SYS_112", "UPD1_OK_1", *_codes("UPD2_OK_", 1, 18, 19), "UPD4_OK_100", "UPD4_OK_M1"),
    "fail": (
        *_codes("SYS_", 101, 103, 104, 111, 123, 124),
        *_codes("UPD1_FAIL_", *range(2, 10)),
        *_codes("UPD2_FAIL_", *range(2, 18)),
        *_codes("UPD4_FAIL_", 22, 101, 102, 103, *range(200, 227), *range(300, 317), *range(400, 410), *range(500, 513)),
    ),
    "skipped": _codes("SYS_", 110, 117, 118, 121, 122),
    "info": (
        *_codes("SYS_", 100, 105, 106, 107, 108, 113, 114, 115, 116, 120, 125),
        *("UPD1_REPORT_HASH", "UPD1_REPORT_VERSION", *_codes("UPD1_STATE_", *range(4))),
        *("UPD2_REPORT_HASH", "UPD2_REPORT_VERSION", *_codes("UPD2_STATE_", *range(9))),
    ),
}
"""The codes that the description of Update_Campaign_event_types_retrieve lists for each outcome."""

OPERATIONS = {
    "Firmware_Image_create": create_image,
    "Firmware_Manifest_create": create_manifest,
    "Update_Campaign_archive": archive_campaign,
    "Update_Campaign_create": create_campaign,
    "Update_Campaign_event_types_list": list_event_types,
    "Update_Campaign_event_types_retrieve": get_event_type,
    "Update_Campaign_metrics": metrics,
    "Update_Campaign_start": start_campaign,
    "Update_Campaign_statistics_list": list_statistics,
    "Update_Campaign_statistics_retrieve": get_statistic,
    "Update_Campaign_stop": stop_campaign,
    "Update_Campaign_update": update_campaign,
    "Upload_Job_Chunk_Create": create_chunk,
    "Upload_Job_Chunk_List": list_chunks,
    "Upload_Job_Chunk_retreive": get_chunk,
    "Upload_Job_Create": create_job,
}
TASKS = {
    "campaign.give_up": _give_up,
    "campaign.outcome": _outcome,
    "campaign.publish": _publish,
    "campaign.step": _step,
    "campaign.stopped": _stopped,
    "firmware.assemble": _assemble,
}
LISTENERS = {"device.registered": _registered}
OPEN = {"GET /firmware-files/{name}": _file}
