# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the core offers to the areas, shown with an area of its own on a few operations of the API."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pelion_simulator import auth, operations
from pelion_simulator.answers import Answer, ApiError, EmptyError, FieldNamedError, PlainError, SingleFieldError
from pelion_simulator.auth import Sender
from pelion_simulator.bodies import multipart, problem
from pelion_simulator.clock import Clock, text
from pelion_simulator.engine import SCHEDULE, Call, Engine
from pelion_simulator.fleet import Fleet
from pelion_simulator.store import Store
from pelion_simulator.switches import Settings
from pelion_simulator.table import Area, Field, Filter, Resource

DAY = 86400
STAMPS = {name: Field("string", format="date-time") for name in ("created_at", "updated_at", "etag")}

ACCOUNTS = Resource(
    name="accounts",
    object="account",
    operations={"me": "getMyAccountInfo", "get": "getAccountInfo"},
    fields={"id": Field("string"), "object": Field("string"), "parent_id": Field("string"), "limits": Field("map")} | STAMPS,
    on_request=("limits",),
    me="account",
)
GROUPS = Resource(
    name="groups",
    object="group",
    operations={
        "list": ("getAllGroups", "getAllAccountGroups"),
        "create": ("createGroup", "createAccountGroup"),
        "get": ("getGroupSummary", "getAccountGroupSummary"),
        "update": ("updateGroupName", "updateAccountGroupName"),
        "delete": ("deleteGroup", "deleteAccountGroup"),
    },
    fields={
        "id": Field("string"),
        "object": Field("string"),
        "account_id": Field("string"),
        "name": Field("string", io="C!U!R", indexed=True),
        "secret": Field("string", io="CU"),
        "application_count": Field("integer", default=0, since=2021),
        "country": Field("string", io="CUR", since=2020),
    }
    | STAMPS,
    filters={
        "name": Filter(("eq", "in"), ()),
        "country": Filter(("like",), ()),
        "id": Filter(("eq",), (), since=2020),
        "application_count": Filter(("eq",), ()),
    },
    tenant=True,
    unique=("name",),
    unique_on_update=True,
)
APPLICATIONS = Resource(
    name="applications",
    object="application",
    operations={"list": "getAllApplications", "create": "createApplication", "delete": "deleteApplication"},
    fields={"id": Field("string"), "object": Field("string"), "name": Field("string", io="CR")} | STAMPS,
    counted=True,
    page_size=3,
    newest_first=True,
    statuses={"create": 200, "delete": 202},
)
KEYS = Resource(
    name="access-keys",
    object="access-key",
    operations={
        "list": ("getAllAccessKeys", "getAllApplicationAccessKeys"),
        "create": "createApplicationAccessKey",
        "get": "getApplicationAccessKey",
    },
    fields={"id": Field("string"), "object": Field("string"), "application_id": Field("string", io=""), "name": Field("string", io="CR")}
    | STAMPS,
    parents={"application_id": "applications"},
    paged=False,
    view=lambda engine, call, key: key | {"seen_in": engine.spec},
)
NAMED = Resource(
    name="named",
    object="named",
    operations={"create": "uploadPreSharedKey", "get": "getPreSharedKey", "delete": "deletePreSharedKey"},
    fields={"id": Field("string", io=""), "endpoint_name": Field("string", io="C!R", indexed=True), "created_at": Field("string")},
    key="endpoint_name",
    id_pattern="",
    errors=PlainError,
)


def _note(engine: Engine, payload: dict[str, Any]) -> None:
    engine.memory.setdefault("notes", []).append((payload["word"], text(engine.clock.time())))
    if payload.get("again"):
        engine.schedule(1, "note", word=payload["word"], again=payload["again"] - 1)


def _fail(engine: Engine, payload: dict[str, Any]) -> None:
    engine.store.put(GROUPS, engine.blank(GROUPS) | {"name": "half done"})
    raise RuntimeError("on purpose")


def _refuse(engine: Engine, call: Call) -> Answer:
    raise ApiError(400, "validation_error", "No.", {"a": "is wrong"})


async def _later(engine: Engine, call: Call) -> Answer:
    await asyncio.sleep(0)
    raise ApiError(409, "duplicate", "BUSY")


AREA = Area(
    ROWS=(ACCOUNTS, GROUPS, APPLICATIONS, KEYS, NAMED),
    OPERATIONS={
        "createCertificateIssuer": _refuse,
        "createDeveloperCertificate": _refuse,
        "createUser": _refuse,
        "longPollNotifications": _later,
    },
    PATHS={"GET /v3/device-groups/{id}/{report}": lambda engine, call: engine.tell(dict(call.parameters))},
    ERRORS={
        "createCertificateIssuer": FieldNamedError,
        "createDeveloperCertificate": SingleFieldError,
        "createUser": EmptyError,
        "longPollNotifications": PlainError,
    },
    TASKS={"note": _note, "fail": _fail},
    LISTENERS={"thing.happened": lambda engine, thing: thing.update(seen=True)},
    SETTINGS={"share": 0.5, "mode": ("a", "b"), "words": {}},
    identify=lambda engine, token, headers: Sender("a", "jwt") if token == headers.get("x-application-id") else None,
    seed=lambda fleet: [(ACCOUNTS, _accounts(fleet))],
)
MINE, CHILD, OTHER = "a" * 32, "b" * 32, "c" * 32


def _accounts(fleet: Fleet) -> list[dict[str, Any]]:
    made = []
    for number, (id_, parent) in enumerate([(fleet.account_id, ""), (CHILD, fleet.account_id), (OTHER, CHILD)]):
        stamp = {"created_at": text(number), "updated_at": text(number), "etag": ""}
        made.append(stamp | {"id": id_, "object": "account", "parent_id": parent, "limits": {"a": "1"}})
    return made


class Little:
    """The engine with that area."""

    def __init__(self, folder: Path) -> None:
        rows = (*AREA.ROWS, auth.TOKENS, SCHEDULE)
        store = Store(folder / "state", rows)
        fleet = Fleet(1, 0)
        fleet.fill(store, [AREA])
        store.close()
        self.store = Store(folder / "state", rows)
        self.engine = Engine([AREA], self.store, Clock(), Settings(AREA.SETTINGS))
        self.engine.clock.move(rate=0)
        self.sender = Sender(fleet.account_id, "api_key", fleet.key_id)

    def send(self, method: str, path: str, body: Any = None, year: int = 2021) -> tuple[int, Any]:
        """Status and decoded body."""
        self.engine.settings.change({"spec": year})
        path, _separator, query = path.partition("?")
        content = b"" if body is None else json.dumps(body).encode()
        try:
            operation, parameters = self.engine.find(method, path)
            call = Call(operation, parameters, query, "https://host" + path, {"content-type": "application/json"}, content, self.sender)
            found = self.engine.answer(call)
            answer = found if isinstance(found, Answer) else asyncio.run(_awaited(found))
        except ApiError as error:
            answer = error.answer("r")
        if answer.content_type != "application/json":
            return answer.status, answer.body.decode()
        return answer.status, json.loads(answer.body) if answer.body else None

    def names(self, path: str, year: int = 2021) -> list[str]:
        """The names in a list."""
        status, page = self.send("GET", path, year=year)
        assert status == 200, page
        return [one["name"] for one in page["data"]]


async def _awaited(found: Any) -> Answer:
    return await found  # type: ignore[no-any-return]


@pytest.fixture
def little(tmp_path: Path) -> Iterator[Little]:
    made = Little(tmp_path)
    yield made
    made.store.close()


def test_objects_belong_to_an_account(little: Little) -> None:
    own = little.send("POST", "/v3/policy-groups", {"name": "one"})[1]
    child = little.send("POST", f"/v3/accounts/{CHILD}/policy-groups", {"name": "one"})[1]
    assert (own["account_id"], child["account_id"]) == (little.engine.account_id, CHILD)
    assert little.send("GET", "/v3/policy-groups")[1]["data"] == [own]
    assert little.send("GET", f"/v3/accounts/{CHILD}/policy-groups")[1]["data"] == [child]
    assert little.send("GET", f"/v3/policy-groups/{child['id']}")[0] == 404
    assert little.send("GET", f"/v3/accounts/{CHILD}/policy-groups/{own['id']}")[0] == 404
    assert little.send("GET", f"/v3/accounts/{CHILD}/policy-groups/{child['id']}") == (200, child)
    # Not only accounts that are unknown, but also those of others.
    for account in (OTHER, "d" * 32, "x"):
        assert little.send("GET", f"/v3/accounts/{account}/policy-groups")[0] == 404
    little.sender = Sender(CHILD, "api_key", "k")
    assert little.send("GET", "/v3/policy-groups")[1]["data"] == [child]


def test_names_are_unique_in_an_account(little: Little) -> None:
    first = little.send("POST", "/v3/policy-groups", {"name": "one"})[1]
    second = little.send("POST", "/v3/policy-groups", {"name": "two"})[1]
    assert little.send("POST", "/v3/policy-groups", {"name": "one"})[0] == 409
    assert little.send("PUT", f"/v3/policy-groups/{second['id']}", {"name": "one"})[0] == 409
    assert little.send("PUT", f"/v3/policy-groups/{first['id']}", {"name": "one"})[0] == 200


def test_what_older_years_do_not_have(little: Little) -> None:
    body = {"name": "one", "secret": "s", "country": "Norway"}
    made = little.send("POST", "/v3/policy-groups", body)[1]
    assert set(made) == set(GROUPS.fields) - {"secret"}
    assert little.send("GET", "/v3/policy-groups", year=2021)[1]["data"] == [made]
    for year, fewer in ((2020, {"application_count"}), (2019, {"application_count", "country"})):
        (listed,) = little.send("GET", "/v3/policy-groups", year=year)[1]["data"]
        assert set(made) - set(listed) == fewer
        assert little.send("GET", f"/v3/policy-groups/{made['id']}", year=year)[1] == listed
    assert little.send("PUT", f"/v3/policy-groups/{made['id']}", body, year=2019)[1]["fields"][0]["name"] == "country"
    assert little.names("/v3/policy-groups?country__like=NORW") == ["one"]
    for name in ("country__like", "id__eq", "application_count__eq"):
        assert little.send("GET", f"/v3/policy-groups?{name}=1", year=2019)[0] == 400
    assert little.send("GET", "/v3/applications", year=2020)[0] == 404


def test_children_of_a_parent(little: Little) -> None:
    parents = [little.send("POST", "/v3/applications", {"name": name})[1]["id"] for name in "ab"]
    keys = [little.send("POST", f"/v3/applications/{id_}/access-keys", {"name": name})[1] for id_ in parents for name in "xy"]
    assert "application_id" not in keys[0]
    assert keys[0]["seen_in"] == 2021
    for id_, below in zip(parents, (keys[:2], keys[2:]), strict=True):
        page = little.send("GET", f"/v3/applications/{id_}/access-keys?limit=1&after=z")[1]
        assert (page["data"], page["limit"], page["has_more"]) == (below, 2, False)
    path = f"/v3/applications/{parents[0]}/access-keys"
    assert little.send("GET", f"{path}/{keys[0]['id']}") == (200, keys[0])
    assert little.send("GET", f"{path}/{keys[2]['id']}")[0] == 404
    for method, end in (("GET", ""), ("POST", ""), ("GET", "/" + keys[0]["id"])):
        body = {"name": "z"} if method == "POST" else None
        assert little.send(method, f"/v3/applications/{'0' * 32}/access-keys{end}", body)[0] == 404


def test_pages_of_their_own_kind(little: Little) -> None:
    for name in "abcd":
        assert little.send("POST", "/v3/applications", {"name": name})[0] == 200
    page = little.send("GET", "/v3/applications")[1]
    assert ([one["name"] for one in page["data"]], page["order"], page["limit"]) == (["d", "c", "b"], "DESC", 3)
    assert (page["total_count"], page["has_more"]) == (4, True)
    assert little.send("DELETE", f"/v3/applications/{page['data'][0]['id']}") == (202, None)


def test_a_key_other_than_the_id(little: Little) -> None:
    assert little.send("POST", "/v2/device-shared-keys", {"endpoint_name": "a/b"})[0] == 201
    assert little.send("GET", "/v2/device-shared-keys/a%2Fb")[1]["endpoint_name"] == "a/b"
    assert little.send("GET", "/v2/device-shared-keys/a") == (404, "There is no named with this id.")
    assert little.send("DELETE", "/v2/device-shared-keys/a%2Fb")[0] == 204
    assert little.send("GET", "/v2/device-shared-keys/a%2Fb")[0] == 404


def test_what_is_shown_on_request(little: Little) -> None:
    assert "limits" not in little.send("GET", "/v3/accounts/me")[1]
    assert little.send("GET", "/v3/accounts/me?include=limits")[1]["limits"] == {"a": "1"}
    assert little.send("GET", "/v3/accounts/me?include=limits,more")[0] == 400


def test_what_lies_beside_the_operations(little: Little) -> None:
    for year in operations.YEARS:
        assert little.send("GET", "//v3/device-groups/x%2Fy/report/", year=year) == (200, {"id": "x/y", "report": "report"})
    assert little.send("POST", "/v3/device-groups/x/report")[0] == 405
    assert little.send("GET", "/v3/device-groups/x/report/more")[0] == 404


def test_shapes_of_errors(little: Little) -> None:
    error = {"object": "error", "code": 400, "type": "validation_error", "message": "No.", "request_id": "r"}
    assert little.send("POST", "/v3/certificate-issuers") == (400, error | {"fields": [{"field": "a", "message": "is wrong"}]})
    assert little.send("POST", "/v3/developer-certificates") == (400, error | {"fields": {"name": "a", "message": "is wrong"}})
    assert little.send("POST", "/v3/users") == (400, None)
    assert little.send("GET", "/v2/notification/pull") == (409, "BUSY")
    assert FieldNamedError(404, "not_found", "x").document("r")["fields"] == []


def test_time_and_tasks(little: Little) -> None:
    engine = little.engine
    start = engine.clock.time()
    engine.schedule(3 * DAY, "note", word="late")
    engine.schedule(60, "note", word="soon", again=2)
    cancelled = engine.schedule(10, "note", word="never")
    engine.cancel(cancelled)
    engine.catch_up()
    assert "notes" not in engine.memory
    engine.move_clock(advance=61.5)
    # Each at its own time, also what a task schedules itself.
    assert engine.memory["notes"] == [("soon", text(start + second * 1_000_000)) for second in (60, 61)]
    engine.move_clock(advance=30 * DAY)
    assert engine.memory["notes"][2:] == [("soon", text(start + 62_000_000)), ("late", text(start + 3 * DAY * 1_000_000))]
    assert engine.clock.time() == start + 61_500_000 + 30 * DAY * 1_000_000
    with pytest.raises(ValueError, match="no such task: other"):
        engine.schedule(1, "other")


def test_a_task_that_fails_is_undone_and_not_repeated(little: Little, caplog: pytest.LogCaptureFixture) -> None:
    little.engine.schedule(1, "fail")
    little.engine.schedule(2, "note", word="after")
    little.engine.move_clock(advance=5)
    assert little.names("/v3/policy-groups") == []
    assert [word for word, _time in little.engine.memory["notes"]] == ["after"]
    assert "The scheduled task fail failed." in caplog.text
    assert little.store.lowest(SCHEDULE, "due") is None


def test_what_is_scheduled_is_kept_with_the_state(little: Little, tmp_path: Path) -> None:
    little.engine.schedule(10, "note", word="kept")
    little.engine.move_clock(advance=5)
    moment = little.engine.clock.time()
    little.store.close()
    store = Store(tmp_path / "state", little.store.rows)
    engine = Engine([AREA], store, Clock(store.last(), int(store.fact("clock_offset"))), Settings(AREA.SETTINGS))
    assert moment <= engine.clock.time() < moment + 60_000_000
    engine.move_clock(advance=6)
    assert [word for word, _time in engine.memory["notes"]] == ["kept"]
    little.store = store


def test_background_time(little: Little) -> None:
    async def watch() -> None:
        keeper = asyncio.create_task(little.engine.keep_time())
        await asyncio.sleep(0)
        little.engine.move_clock(rate=1000)
        little.engine.schedule(20, "note", word="by itself")
        for _time in range(200):
            await asyncio.sleep(0.01)
            if "notes" in little.engine.memory:
                break
        keeper.cancel()

    asyncio.run(watch())
    assert [word for word, _time in little.engine.memory["notes"]] == ["by itself"]


def test_reset(little: Little) -> None:
    start = little.engine.clock.time()
    little.send("POST", "/v3/policy-groups", {"name": "one"})
    little.engine.schedule(10, "note", word="never")
    little.engine.move_clock(advance=5)
    little.store.put_blob("files/1", b"x")
    little.engine.memory["a"] = 1
    little.engine.reset()
    assert little.engine.memory == {}
    assert little.store.blob("files/1") is None
    assert little.names("/v3/policy-groups") == []
    assert start <= little.engine.clock.time() < start + 4_000_000
    little.engine.move_clock(advance=60)
    assert little.engine.memory == {}


def test_what_a_new_state_has_scheduled_happens_again_after_a_reset(little: Little) -> None:
    little.engine.schedule(10, "note", word="again")
    # From now on this is the state as it was at first.
    little.store._sql.execute("DELETE FROM undo")
    for _time in range(2):
        little.engine.move_clock(advance=60)
        assert [word for word, _moment in little.engine.memory["notes"]] == ["again"]
        little.engine.reset()


def test_clock() -> None:
    clock = Clock()
    clock.move(rate=0)
    start = clock.time()
    assert clock.move(advance=2.5) > 0
    assert clock.time() == start + 2_500_000
    with clock.held(start + 7):
        assert clock.time() == start + 7
        assert clock.now() == start + 7
        assert clock.now() == start + 8
    assert clock.time() == start + 2_500_000
    clock.move(rate=1000)
    assert clock.rate == 1000


def test_chance(little: Little) -> None:
    numbers = [little.engine.chance("update", number) for number in range(1000)]
    assert numbers == [little.engine.chance("update", number) for number in range(1000)]
    assert all(0 <= number < 1 for number in numbers)
    assert 0.45 < sum(numbers) / 1000 < 0.55


def test_events(little: Little) -> None:
    thing: dict[str, Any] = {}
    little.engine.emit("thing.happened", thing)
    little.engine.emit("nobody listens", {})
    assert thing == {"seen": True}


def test_settings_of_an_area(little: Little) -> None:
    settings = little.engine.settings
    assert (settings.share, settings.mode, settings.words) == (0.5, "a", {})
    settings.change({"share": 1, "mode": "b", "words": {"a": 1}})
    assert (settings.share, settings.mode, settings.words) == (1, "b", {"a": 1})
    for wanted in ({"mode": "c"}, {"share": "1"}, {"share": -1}, {"share": True}, {"words": []}, {"spec": 2018}, {"spec": "2021"}):
        with pytest.raises(ValueError, match=r"cannot be|unknown"):
            settings.change(wanted)
    assert Settings(AREA.SETTINGS).words == {}


def test_blobs(little: Little) -> None:
    little.store.put_blob("a", b"\x00\xff")
    assert little.store.blob("a") == b"\x00\xff"
    little.store.remove_blob("a")
    assert little.store.blob("a") is None


def test_senders(little: Little) -> None:
    engine = little.engine

    def sender(token: str, **headers: str) -> Sender | int:
        try:
            return auth.authenticate(engine, {"authorization": f"Bearer {token}", **headers})
        except ApiError as error:
            return error.status

    auth.issue(engine, "ak_2one", "access_key", CHILD, "key", application_id="app")
    assert sender("ak_2one") == Sender(CHILD, "access_key", "key", "app")
    auth.change(engine, "key", status="INACTIVE")
    assert sender("ak_2one") == 401
    auth.change(engine, "key", status="ACTIVE", expires_at=text(engine.clock.time() + 5_000_000))
    assert sender("ak_2one") == Sender(CHILD, "access_key", "key", "app")
    engine.move_clock(advance=5)
    assert sender("ak_2one") == 401
    auth.change(engine, "key", expires_at="", access="none")
    assert sender("ak_2one") == 403
    auth.withdraw(engine, "key")
    assert sender("ak_2one") == 401
    assert sender("own", **{"x-application-id": "own"}) == Sender("a", "jwt")
    assert sender("own", **{"x-application-id": "other"}) == 401


FORM = b"\r\n".join(
    [
        b"--x",
        b'Content-Disposition: form-data; name="name"',
        b"",
        b"n\xc3\xa9",
        b"--x",
        b'Content-Disposition: form-data; name="file"; filename="a.bin"',
        b"Content-Type: application/octet-stream",
        b"",
        b"\x00\r\n\xff",
        b"--x--",
        b"",
    ]
)


def test_forms() -> None:
    parts = multipart("multipart/form-data; boundary=x", FORM)
    assert parts["name"].text == "n\u00e9"
    assert (parts["file"].filename, parts["file"].content_type, parts["file"].data) == (
        "a.bin",
        "application/octet-stream",
        b"\x00\r\n\xff",
    )
    with pytest.raises(ApiError, match="not UTF-8"):
        len(parts["file"].text)
    for content_type, body in (("application/json", FORM), ("multipart/form-data", FORM), ("multipart/form-data; boundary=x", FORM[:-6])):
        with pytest.raises(ApiError):
            multipart(content_type, body)


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        (Field("integer", least=0, most=10), [0, 10], [-1, 11, True, 1.5, "1"]),
        (Field("number"), [1, 1.5], [True, "1"]),
        (Field("string", min=2, max=3), ["ab", "abc"], ["a", "abcd", 1]),
        (Field("list", entries=2, items=Field("string", enum=("a", "b"))), [[], ["a", "b"]], [["c"], [1], ["a", "a", "a"], "a"]),
        (
            Field("object", parts={"name": Field("string", io="C!U"), "level": Field("integer")}),
            [{"name": "a"}, {"name": "a", "level": 1}],
            [{}, {"name": 1}, {"name": "a", "other": 1}],
        ),
    ],
)
def test_values(field: Field, good: list[Any], bad: list[Any]) -> None:
    assert [problem(field, value) for value in good] == [""] * len(good)
    assert all(problem(field, value) for value in bad)


def test_an_unknown_operation_in_an_area(little: Little) -> None:
    with pytest.raises(ValueError, match="no such operations: noSuchThing"):
        Engine([Area(OPERATIONS={"noSuchThing": _refuse})], little.store, Clock(), Settings())
