# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Firmware images and the jobs that upload large ones, manifests, update campaigns and how each device fared.

The facts are those of the vendor's OpenAPI description of January 2021; which fields can be written is said by the modules' argument
specs. A test compares both with the API's own description.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from ..client import ApiError, Client
from ..filters import meaning, packed
from ..resource import Await, Call, Object, Params, Recipe, Resource, ResourceError, WaitError, listing, only, read
from ..uploads import ChunkedUpload, Form, LocalFile, chunk_size
from .directory import DEVICE

_EQUAL = ("eq", "neq", "in", "nin")
_FLAG = ("eq", "neq")
_RANGE = ("in", "nin", "lte", "gte")
# These lists take equality on dates, and anything on the etag, in the packed spelling only.
_PACKED_DATES = {"created_at": _FLAG, "updated_at": _FLAG, "etag": (*_FLAG, *_RANGE)}

FIRMWARE_IMAGE = Resource(
    name="firmware_image",
    path="/v3/firmware-images",
    filters={
        **dict.fromkeys(("datafile", "datafile_checksum", "datafile_size", "description", "id", "name"), _EQUAL),
        **dict.fromkeys(("created_at", "updated_at"), _RANGE),
    },
    packed_filters=_PACKED_DATES,
    # There is no PUT.
    create_only=("name", "description"),
    max_length={"name": 128, "description": 2000},
)

FIRMWARE_UPLOAD_JOB = Resource(
    name="firmware_upload_job",
    path="/v3/firmware-images/upload-jobs",
    stages=("status",),
    filters={
        **dict.fromkeys(("description", "id", "name", "status"), _EQUAL),
        "complete": _FLAG,
        **dict.fromkeys(("created_at", "updated_at"), _RANGE),
    },
    packed_filters={**_PACKED_DATES, "complete": ("in", "nin"), "firmware_image_id": _EQUAL},
    max_length={"name": 128, "description": 2000},
)

FIRMWARE_UPLOAD_CHUNK = Resource(
    name="firmware_upload_chunk",
    path="/v3/firmware-images/upload-jobs/{upload_job_id}/chunks",
    keys=(),
    filters={
        **dict.fromkeys(("hash", "id"), _EQUAL),
        "length": (*_EQUAL, "lte", "gte"),
        **dict.fromkeys(("created_at", "updated_at"), _RANGE),
    },
    packed_filters=_PACKED_DATES,
    id_pattern=r"[1-9][0-9]{0,4}",
    id_words="an id is a number from 1 to 10000",
)

FIRMWARE_MANIFEST = Resource(
    name="firmware_manifest",
    path="/v3/firmware-manifests/",
    item_path="/v3/firmware-manifests",
    filters={
        **dict.fromkeys(("datafile", "datafile_size", "description", "device_class", "id", "name"), _EQUAL),
        **dict.fromkeys(("created_at", "timestamp", "updated_at"), _RANGE),
    },
    packed_filters={**_PACKED_DATES, "timestamp": _FLAG},
    required=("name",),
    # There is no PUT.
    create_only=("name", "description"),
    max_length={"name": 128, "description": 2000},
    secrets=("key_table",),
)

UPDATE_CAMPAIGN = Resource(
    name="update_campaign",
    path="/v3/update-campaigns",
    stages=("phase",),
    filters={
        **dict.fromkeys(("description", "device_filter", "id", "name", "root_manifest_id", "state"), _EQUAL),
        **dict.fromkeys(("created_at", "finished", "started_at", "updated_at", "when"), _RANGE),
    },
    packed_filters={**_PACKED_DATES, **dict.fromkeys(("finished", "started_at", "when"), _FLAG)},
    required=("device_filter",),
    create_only=("campaign_strategy",),
    references={"root_manifest_id": FIRMWARE_MANIFEST},
    nullable=("when",),
    times=("when",),
    max_length={"name": 128, "description": 2000},
)

# Not paged: at most four, and as many as there are codes.
UPDATE_CAMPAIGN_STATISTIC = Resource(
    name="update_campaign_statistic",
    path="/v3/update-campaigns/{campaign_id}/statistics",
    keys=(),
    paged=False,
    id_pattern=r"fail|success|info|skipped",
    id_words="an id is fail, success, info or skipped",
)
UPDATE_CAMPAIGN_EVENT_TYPE = Resource(
    name="update_campaign_event_type",
    path="/v3/update-campaigns/{campaign_id}/statistics/{summary_status_id}/event_types",
    keys=(),
    paged=False,
    id_pattern=r"[A-Za-z0-9_]{1,64}",
    id_words="an id is a code such as UPD4_FAIL_101",
)

# The service does not filter this list; what is named here is matched after listing.
UPDATE_CAMPAIGN_DEVICE = Resource(
    name="update_campaign_device",
    path="/v3/update-campaigns/{campaign_id}/campaign-device-metadata",
    keys=("device_id", "deployment_state"),
    references={"campaign_id": UPDATE_CAMPAIGN},
)


class FileRecipe(Recipe):
    """Of what is made of a file and cannot be changed: it is found by its name and content.

    The modules have the option ``path``; ``prepare`` adds ``file``, what is known of it. ``longest_name`` is characters of its name.
    """

    diffed: Tuple[str, ...] = ("datafile_size",)
    longest_name = 0

    def prepare(self, client: Client, params: Params) -> Params:
        """Look at the file."""
        path = params["path"]
        return {**params, "file": None if path is None else LocalFile.read(path, self.longest_name)}

    def content(self, params: Params) -> Object:
        """What is known of the wanted content, as the fields by which the list can be asked for it; empty when nothing is."""
        file = params.get("file")
        return {} if file is None else {"datafile_size": file.size}

    def holds(self, client: Client, item: Object, params: Params) -> bool:
        """Whether an object has the wanted content."""
        return all(item.get(name) == value for name, value in self.content(params).items())

    def find(self, client: Client, params: Params) -> Optional[Object]:
        """By id, or by name and content, or by name alone where nothing is known of the content."""
        content = self.content(params)
        if params["id"] or not params["name"] or not content:
            return super().find(client, params)
        keys = {"name": params["name"], **content}
        found = listing(client, self.row, params, self.row.conditions(keys))
        return only(self.row, [item for item in found if self.holds(client, item, params)], keys)

    def complete(self, client: Client, current: Object, params: Params) -> Object:
        """See that what an id names has the wanted content.

        :raises ResourceError: when it has not.
        """
        return self.checked(client, current, params) if params["id"] else current

    def checked(self, client: Client, current: Object, params: Params) -> Object:
        """The object, if it has the wanted content.

        :raises ResourceError: when it has not.
        """
        if not self.holds(client, current, params):
            raise ResourceError(
                f"The {self.row.label} {current['id']} has other content than is wanted, and cannot be changed; leave id out to upload the "
                "file as a new one."
            )
        return current

    def desired(self, params: Params, current: Optional[Object]) -> Object:
        """As ever, and what will be known of the content.

        :raises ResourceError: when there is nothing to upload.
        """
        wanted = super().desired(params, current)
        if current is not None:
            return wanted
        if params["file"] is None:
            raise ResourceError(f"There is no such {self.row.label} yet; to upload it give also: path.")
        return {**wanted, **self.content(params), "datafile_size": params["file"].size}

    def form(self, wanted: Object) -> Dict[str, str]:
        """The fields to send."""
        return {name: wanted[name] for name in self.fields if name in wanted}

    def files(self, params: Params) -> Dict[str, str]:
        """The files to send, by field."""
        return {"datafile": params["path"]}

    def create(self, wanted: Object, params: Params) -> List[Call]:
        """One form."""
        return [Form("POST", self.row.collection(params), form=self.form(wanted), files=self.files(params))]


class FirmwareImageRecipe(FileRecipe):
    """Told apart by SHA-256, also without the file; large ones are sent in chunks (Firmware_Image_create)."""

    diffed = ("datafile_checksum", "datafile_size")
    longest_name = 166

    def prepare(self, client: Client, params: Params) -> Params:
        """Compare the file with the checksum that it shall have.

        :raises ResourceError: when it has another.
        """
        params = super().prepare(client, params)
        checksum, file = (params["datafile_checksum"] or "").lower(), params["file"]
        if file and checksum not in ("", file.sha256):
            raise ResourceError(f"The SHA-256 of {file.path} is {file.sha256}, not {checksum}.")
        return {**params, "datafile_checksum": file.sha256 if file else checksum}

    def content(self, params: Params) -> Object:
        """The checksum."""
        return {"datafile_checksum": params["datafile_checksum"]} if params["datafile_checksum"] else {}

    def complete(self, client: Client, current: Object, params: Params) -> Object:
        """See that the service has received what was meant, too."""
        return self.checked(client, current, params)

    def create(self, wanted: Object, params: Params) -> List[Call]:
        """One form, or an upload job."""
        file = params["file"]
        if file.size < params["chunked_from"]:
            return super().create(wanted, params)
        return [
            ChunkedUpload(
                "POST",
                self.row.collection(params),
                self.form(wanted),
                file=file.path,
                chunk_size=chunk_size(file, params["chunk_size"]),
                row=FIRMWARE_UPLOAD_JOB,
                timeout=params["wait_timeout"],
                interval=params["wait_interval"],
            )
        ]


class FirmwareManifestRecipe(FileRecipe):
    """The service tells no checksum of manifests: those of the right name and size are loaded and compared."""

    longest_name = 100
    largest = 2048  # Firmware_Manifest_create: 2 KB

    def prepare(self, client: Client, params: Params) -> Params:
        """Look at both files.

        :raises ResourceError: when the service would refuse one.
        """
        params = super().prepare(client, params)
        file = params["file"]
        if file is not None and file.size > self.largest:
            raise ResourceError(f"{file.path} has {file.size} bytes; the service takes manifests of at most {self.largest}.")
        if params["key_table_path"] is not None:
            LocalFile.read(params["key_table_path"], self.longest_name)
        return params

    def holds(self, client: Client, item: Object, params: Params) -> bool:
        """Compare the sizes, and then what lies at the manifest's address."""
        if not super().holds(client, item, params):
            return False
        file = params.get("file")
        if file is None or params["compare"] == "size":
            return True
        return bool(client.checksum(item["datafile"]) == file.sha256)

    def files(self, params: Params) -> Dict[str, str]:
        """With the key table, if there is one."""
        key_table = {} if params["key_table_path"] is None else {"key_table": params["key_table_path"]}
        return {**super().files(params), **key_table}


def statistics(
    client: Client, campaign_id: str, statuses: Sequence[str] = (), *, event_types: bool = False, codes: Sequence[str] = ()
) -> List[Object]:
    """How the devices of a campaign fared: a row for each outcome that occurred, with how many devices had it.

    :param statuses: only these outcomes.
    :param event_types: each row gets ``event_types``, the reasons with their counts; with ``codes`` only these.
    """
    parent = {"campaign_id": campaign_id}
    rows = _picked(client, UPDATE_CAMPAIGN_STATISTIC, parent, statuses)
    if event_types or codes:
        for row in rows:
            row["event_types"] = _picked(client, UPDATE_CAMPAIGN_EVENT_TYPE, {**parent, "summary_status_id": row["id"]}, codes)
    return rows


def _picked(client: Client, row: Resource, parent: Dict[str, str], ids: Sequence[str]) -> List[Object]:
    """Those with these ids as far as there are any, or all; a 404 means that nothing has been counted yet, since the campaign is there."""
    if not ids:
        return list(client.list(row.collection(parent), paged=False))
    found = [read(client, row, parent, one) for one in ids]
    return [item for item in found if item is not None]


_ENDED = ("stopped", "archived")
_QUERY_ID = re.compile("[0-9a-fA-F]{32}")  # Update_Campaign_create speaks of the id of a filter
_MOST_CAUSES = 5  # of failures, in a message


def _runs(campaign: Object) -> bool:
    """Whether a campaign has been started and not been stopped. Just after the start its phase may still be that of a draft."""
    return campaign.get("phase") in ("awaiting_approval", "timed", "starting", "active") or campaign.get("state") == "scheduled"


def _moves(campaign: Object) -> bool:
    """Whether a campaign runs, or is about to stop."""
    return _runs(campaign) or campaign.get("phase") == "stopping"


def _reason(campaign: Object) -> str:
    """Why a campaign did not start or ended, as a sentence."""
    return str(campaign.get("autostop_reason") or "the service gives no reason").rstrip(".") + "."


@dataclass(frozen=True)
class Stop(Call):
    """Stops the campaign at ``path``, which may have ended by itself since it was looked at."""

    def send(self, client: Client, identity: str = "") -> Any:
        """Stop it.

        :raises ApiError: also when it still runs.
        """
        try:
            return client.post(f"{self.path}/stop")
        except ApiError as error:
            if error.status == 409 and not _runs(client.get(self.path) or {}):
                return None
            raise


class UpdateCampaignRecipe(Recipe):
    """With states for the phases that somebody can bring about (notes on campaigns; the vendor's page on their phases).

    A campaign that has ended is judged by its statistics. The modules have the options ``filters``, ``wait_for``, ``start_grace``,
    ``max_failed`` and ``fail_on``.
    """

    states = ("started", "stopped", "archived")
    waits = True
    diffed = ("phase",)

    def __init__(self, row: Resource, fields: Sequence[str]) -> None:
        super().__init__(row, fields)
        self._now: Callable[[], float] = float
        self._draft_since: Optional[float] = None

    def prepare(self, client: Client, params: Params) -> Params:
        """Put the filter into the service's words.

        :raises ResourceError, FilterError: for numbers and filters that are none.
        """
        self._now = client.monotonic
        if not re.fullmatch(r"\d+%?|\d+\.\d+%", params["max_failed"]):
            raise ResourceError(f"max_failed must be a number such as 3 or a percentage such as 5%, not '{params['max_failed']}'.")
        if params["filters"]:
            return {**params, "device_filter": packed(DEVICE.conditions(params["filters"]))}
        if params["device_filter"] and not _QUERY_ID.fullmatch(params["device_filter"]):
            meaning(params["device_filter"])
        return params

    def find(self, client: Client, params: Params) -> Optional[Object]:
        """As ever; one that is being deleted is not there."""
        found = super().find(client, params)
        return None if found is None or found.get("phase") == "deleted" else found

    def complete(self, client: Client, current: Object, params: Params) -> Object:
        """A campaign that has ended is judged by its statistics, so they belong to it."""
        if params["state"] != "started" or not params["wait"] or current.get("phase") not in _ENDED:
            return current
        return {**current, "statistics": statistics(client, current["id"], event_types=True)}

    def same(self, name: str, current: Any, wanted: Any) -> bool:
        """Two filters that mean the same are the same."""
        if name == "device_filter" and current and wanted and not _QUERY_ID.fullmatch(current) and not _QUERY_ID.fullmatch(wanted):
            return meaning(current) == meaning(wanted)
        if name == "autostop_success_percent":
            return current is not None and float(current) == wanted
        return super().same(name, current, wanted)

    def update(self, current: Object, changes: Object, params: Params) -> List[Call]:
        """All of a draft, only the words of another (Update_Campaign_update, 403).

        :raises ResourceError: when more should change.
        """
        if current.get("phase") == "draft":
            return super().update(current, changes, params)
        fixed = sorted(set(changes) - {"name", "description"})
        if fixed:
            raise ResourceError(
                f"The update campaign {current['id']} is in the phase {current.get('phase')}: only name and description can change now, "
                f"not {', '.join(fixed)}."
            )
        return [Call("PUT", self.item(current, params), changes)]

    def delete(self, current: Object, params: Params) -> List[Call]:
        """One that runs has to be stopped first (Update_Campaign_destroy, 409)."""
        return [*self._stop(current, params), *super().delete(current, params)]

    def _stop(self, current: Object, params: Params) -> List[Call]:
        """The calls after which the campaign does not run."""
        path = self.item(current, params)
        timeout, interval = params["wait_timeout"], params["wait_interval"]
        stop = Stop("POST", path, answers=False)
        pause = Await("GET", path, row=self.row, done=lambda seen: not _moves(seen), timeout=timeout, interval=interval)
        return [*([stop] if _runs(current) else []), *([pause] if _moves(current) else [])]

    def act(self, current: Optional[Object], after: Object, params: Params) -> Tuple[Object, List[Call]]:
        """Bring about what ``state`` asks for.

        :raises ResourceError: when that cannot be.
        """
        state = params["state"]
        if state == "present":
            return {}, []
        if state == "started":
            return self._start(current, after, params)
        if current is None:
            raise ResourceError(f"There is no such update campaign; state {state} does not create one.")
        if state == "stopped":
            calls = self._stop(current, params)[:1] if _runs(current) else []
            return ({"phase": "stopped" if params["wait"] else "stopping"} if calls else {}), calls
        if current.get("phase") == "archived":
            return {}, []
        archive = Call("POST", f"{self.item(current, params)}/archive", answers=False)
        return {"phase": "archived"}, [*self._stop(current, params), archive]

    def _start(self, current: Optional[Object], after: Object, params: Params) -> Tuple[Object, List[Call]]:
        if current is not None and current.get("state") == "userstopped":
            raise ResourceError(f"The update campaign {current['id']} was stopped and cannot be started again; make one with another name.")
        if current is not None and (current.get("phase") != "draft" or _runs(current)):
            return {}, []
        ends = "stopped" if params["wait_for"] == "finished" else "active"
        reached = "awaiting_approval" if after.get("approval_required") else ends if params["wait"] else "starting"
        return {"phase": reached}, [Call("POST", f"{self.item(current, params)}/start", answers=False)]

    def finished(self, item: Object, params: Params) -> bool:
        """Whether the campaign is where ``state`` and ``wait_for`` want it.

        :raises WaitError: when it did not start, or not end well.
        """
        state, phase = params["state"], item.get("phase")
        if state != "started":
            return bool(state == "present" or phase == "archived" or (state == "stopped" and not _moves(item)))
        if phase in _ENDED:
            self._judge(item, params)
            return True
        if phase == "draft":
            # Just after the start that is normal; later it means that the service has taken the start back.
            self._draft_since = self._now() if self._draft_since is None else self._draft_since
            if self._now() - self._draft_since < params["start_grace"]:
                return False
            raise WaitError(f"The update campaign {item['id']} did not start: {_reason(item)}", self.row, item)
        if phase == "starting":
            self._draft_since = self._now() - params["start_grace"]
            return False
        # What is about to stop is judged when it has.
        return bool(params["wait_for"] == "phase" and phase != "stopping")

    def _judge(self, item: Object, params: Params) -> None:
        """See whether a campaign that has ended did what it was for.

        :raises WaitError: when it did not.
        """
        rows: Mapping[str, Object] = {row["id"]: row for row in item["statistics"]}
        counts = {status: int(rows.get(status, {}).get("count") or 0) for status in ("success", "fail", "skipped")}
        total, failed = sum(counts.values()), sum(counts[status] for status in params["fail_on"])
        number, share = float(params["max_failed"].rstrip("%")), params["max_failed"].endswith("%")
        # Multiplied, not divided: 29 hundredths times 100 is less than 29.
        too_many = failed * 100 > number * total if share else failed > number
        label = f"the update campaign {item['id']}"
        told = f"{counts['success']} updated, {counts['fail']} failed, {counts['skipped']} skipped"
        if item.get("state") == "userstopped":
            raise WaitError(f"Somebody stopped {label} before it was done: {told}.", self.row, item)
        if not total:
            raise WaitError(f"T{label[1:]} ended without updating a device: {_reason(item)}", self.row, item)
        if too_many:
            causes = [cause for status in params["fail_on"] for cause in rows.get(status, {}).get("event_types", ())]
            causes.sort(key=lambda cause: -int(cause.get("count") or 0))
            listed = [f"{cause.get('event_type')} ({cause.get('count')})" for cause in causes[:_MOST_CAUSES]]
            more = f" and {len(causes) - _MOST_CAUSES} more" if len(causes) > _MOST_CAUSES else ""
            raise WaitError(
                f"Too many devices of {label} failed: {told}; max_failed is {params['max_failed']}. Causes: {', '.join(listed)}{more}.",
                self.row,
                item,
            )
