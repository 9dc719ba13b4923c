# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results and failures of whole modules, each run as a process of its own against a small server."""

from __future__ import annotations

import http.server
import json
import os
import re
import subprocess
import sys
import threading
from urllib.parse import parse_qsl

import pytest
from ansible.module_utils import basic
from ansible_collections.pelion.device_management.plugins.modules import device_group
from ansible_collections.pelion.device_management.tests.unit.plugins.module_utils.fakes import (
    BASE,
    KEY,
    Sent,
    Service,
    answer,
    failing,
)

GROUPS = "/v3/device-groups/"
ID = "0" * 31 + "1"
# Where `ansible_collections` and `ansible` lie: in the clone and the virtual environment, or where ansible-test has put them.
ROOTS = [device_group.__file__.rsplit("/ansible_collections/", 1)[0], basic.__file__.rsplit("/ansible/", 1)[0]]
HELD = {"id": ID, "name": "pumps", "description": "old", "custom_attributes": {"site": "oslo"}, "devices_count": 3, "created_at": "c"}


@pytest.fixture
def serve():
    """Puts a function of requests, such as a model of a service, behind HTTP on this machine."""
    servers = []

    def start(respond):
        seen = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def respond(self):
                path, _mark, query = self.path.partition("?")
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
                seen.append(Sent(self.command, BASE + path, parse_qsl(query, keep_blank_values=True), dict(self.headers), body, None))
                reply = respond(seen[-1])
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.content)))
                self.end_headers()
                self.wfile.write(reply.content)

            def log_message(self, *_arguments):
                pass

        for method in ("GET", "POST", "PUT", "DELETE"):
            setattr(Handler, f"do_{method}", Handler.respond)
        servers.append(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_address[1]}", seen

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def run(tmp_path):
    """Runs a module as a process, and gives its result. What it prints never has the key in it."""

    def execute(module, url=None, environ=None, check=False, path=(), **options):
        arguments = {"api_key": KEY, "api_url": url, "allow_http": True, "retries": 0, **options}
        arguments.update(_ansible_check_mode=check, _ansible_version="2.99.1", _ansible_module_name=f"pelion.device_management.{module}")
        file = tmp_path / "arguments.json"
        file.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {name: value for name, value in arguments.items() if value is not None}}))
        done = subprocess.run(
            [sys.executable, "-m", f"ansible_collections.pelion.device_management.plugins.modules.{module}", str(file)],
            env={"HOME": str(tmp_path), "PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join([*path, *ROOTS]), **(environ or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        assert KEY not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        result = json.loads(done.stdout)
        assert done.returncode == (1 if result.get("failed") else 0)
        result.pop("invocation", None)
        return result

    return execute


# -- results


def test_life_of_an_object(serve, run):
    service = Service(GROUPS, unique="name")
    url, seen = serve(service)
    wanted = {"name": "pumps", "custom_attributes": {"site": "oslo"}}
    made = {"id": ID, **wanted}

    assert run("device_group", url, check=True, **wanted) == {
        "changed": True,
        "device_group": wanted,
        "diff": {"before": {}, "after": wanted},
        "request_id": "r1",
    }
    assert service.objects == {}
    assert run("device_group", url, **wanted) == {
        "changed": True,
        "device_group": made,
        "diff": {"before": {}, "after": wanted},
        "request_id": "r1",
    }
    assert run("device_group", url, **wanted) == {
        "changed": False,
        "device_group": made,
        "diff": {"before": made, "after": made},
        "request_id": "r1",
    }
    changed = {**made, "description": "new"}
    for check in (True, False):
        assert run("device_group", url, check=check, id=ID, description="new") == {
            "changed": True,
            "device_group": changed,
            "diff": {"before": made, "after": changed},
            "request_id": "r1",
        }
    assert run("device_group", url, name="pumps", state="absent") == {
        "changed": True,
        "device_group": None,
        "diff": {"before": changed, "after": {}},
        "request_id": "r1",
    }
    assert [sent.method for sent in seen if sent.method != "GET"] == ["POST", "PUT", "DELETE"]
    assert {sent.headers["Authorization"] for sent in seen} == {f"Bearer {KEY}"}
    assert {re.sub(r"/[0-9.]+", "/N", sent.headers["User-Agent"]) for sent in seen} == {
        "pelion.device_management/N module/device_group ansible-core/N"
    }
    assert seen[0].headers["User-Agent"].endswith(" ansible-core/2.99.1")


def test_a_diff_shows_what_users_can_write_only(serve, run):
    url, _seen = serve(Service(GROUPS, [HELD]))
    result = run("device_group", url, name="pumps", description="")
    shown = {name: HELD[name] for name in ("id", "name", "custom_attributes")}
    assert result["diff"] == {"before": {**shown, "description": "old"}, "after": {**shown, "description": ""}}
    assert result["device_group"] == {**HELD, "description": ""}


def test_lists(serve, run):
    held = [{"id": f"{number:032x}", "name": f"g{number}", "devices_count": number} for number in range(1, 6)]
    url, seen = serve(Service(GROUPS, held))

    def read(**options):
        result = run("device_group_info", url, **options)
        assert (result.pop("changed"), result.pop("request_id")) == (False, "r1")
        return result

    some = read(order="DESC", limit=2, fields=["name"], filters={"devices_count": {"lte": 4}}, check=True)
    assert some == {"device_groups": [{"id": held[3]["id"], "name": "g4"}, {"id": held[2]["id"], "name": "g3"}]}
    assert read(name="none") == {"device_groups": []}
    assert read(id=held[1]["id"], fields=["name"]) == {"device_groups": [{"id": held[1]["id"], "name": "g2"}]}
    assert read(id="f" * 32) == {"device_groups": []}
    assert [sent.query for sent in seen] == [
        [("order", "DESC"), ("devices_count__lte", "4"), ("limit", "2")],
        [("order", "ASC"), ("name__eq", "none"), ("limit", "1000")],
        [],
        [],
    ]


# -- failures


def failed(result):
    assert result.pop("failed") is True
    return result


def test_an_error_of_the_service(serve, run):
    fields = [{"name": "name", "message": "is too odd"}]
    url, _seen = serve(lambda sent: failing(400, "validation_error", "Not so.", fields=fields))
    assert failed(run("device_group", url, name="pumps")) == {
        "msg": f"GET {GROUPS} failed with HTTP 400 validation_error: Not so. [name: is too odd] (request id r1)",
        "status": 400,
        "code": 400,
        "type": "validation_error",
        "fields": fields,
        "request_id": "r1",
        "method": "GET",
        "path": GROUPS,
    }


def test_no_answer(run):
    assert failed(run("device_group", "https://api.invalid", name="pumps")) == {
        "msg": f"GET {GROUPS} got no answer: The host name of api.invalid cannot be resolved; check api_url.",
        "method": "GET",
        "path": GROUPS,
    }


def test_several_objects(serve, run):
    held = [{"id": f"{number:032x}", "name": "same"} for number in (1, 2)]
    url, _seen = serve(Service(GROUPS, held))
    assert failed(run("device_group", url, name="same")) == {
        "msg": f"2 device groups have the name 'same': {held[0]['id']}, {held[1]['id']}. Give the id of the one you mean.",
        "ids": [item["id"] for item in held],
    }


@pytest.mark.parametrize(
    ("module", "options", "text"),
    [
        ("device_group_info", {"limit": 0}, "limit must be at least 1, not 0."),
        ("device_group_info", {"filters": {"state": "x"}}, "Unknown filter field 'state'; this list can be filtered by: "),
        ("device_group_info", {"id": ID, "name": "x"}, "parameters are mutually exclusive: id|name"),
        ("device_group", {"name": ""}, "Which device group? Give id or name."),
        ("device_group", {"id": "", "name": "x"}, "id is empty. Leave it out if you do not mean one certain object."),
        ("device_group_info", {"id": ""}, "id is empty. Leave it out if you do not mean one certain object."),
        ("device_group_info", {"name": ""}, "name is empty. Leave it out if you do not mean one certain object."),
        ("device_group", {"name": "x", "ca_path": "/nonexistent"}, "The file /nonexistent of ca_path cannot be read: No such file"),
        ("device_group", {"name": "x", "api_key": ""}, "No API key: set the option api_key, "),
    ],
)
def test_mistakes_before_anything_is_sent(serve, run, module, options, text):
    url, seen = serve(Service(GROUPS))
    result = failed(run(module, url, **options))
    assert result["msg"].startswith(text)
    assert set(result) == {"msg"}
    assert seen == []


def test_too_many_attributes(serve, run):
    url, seen = serve(Service("/v3/devices/", [{"id": ID, "name": "d", "custom_attributes": dict.fromkeys("abcde", "x")}]))
    assert failed(run("device", url, name="d", custom_attributes={"f": "x"})) == {
        "msg": "custom_attributes would have 6 entries (a, b, c, d, e, f); the service takes at most 5. "
        "Remove some by giving them as null, or set purge."
    }
    assert {sent.method for sent in seen} == {"GET"}


def test_without_requests(run, tmp_path):
    (tmp_path / "shadow").mkdir()
    (tmp_path / "shadow" / "requests.py").write_text("raise ImportError('No module named requests')")
    result = failed(run("device_group", "https://api.invalid", path=[str(tmp_path / "shadow")], name="pumps"))
    assert result["msg"].startswith("Failed to import the required Python library (requests) on ")


# -- secrets


def _profile(tmp_path):
    path = tmp_path / "profiles.yml"
    path.write_text(f"default: {{access_key: {KEY}}}")
    path.chmod(0o600)
    return {"PELION_PROFILE_PATH": str(path)}


@pytest.mark.parametrize("source", ["option", "alias", "PELION_API_KEY", "MBED_CLOUD_SDK_API_KEY", "profile"])
def test_the_key_is_masked_wherever_it_comes_from_and_wherever_the_service_repeats_it(serve, run, tmp_path, source):
    options, environ = {"api_key": None}, {}
    if source == "option":
        options = {"api_key": KEY}
    elif source == "alias":
        options["access_key"] = KEY
    elif source == "profile":
        environ = _profile(tmp_path)
    else:
        environ[source] = KEY
    held = {**HELD, "description": f"made with {KEY}"}
    url, seen = serve(Service(GROUPS, [held]))
    result = run("device_group", url, environ, name="pumps", **options)
    assert seen[0].headers["Authorization"] == f"Bearer {KEY}"
    assert result["device_group"]["description"] == "made with ********"
    assert result["diff"]["before"]["description"] == "made with ********"


def test_the_key_in_an_error(serve, run):
    url, _seen = serve(lambda sent: failing(400, "bad_request", f"unknown: {sent.headers['Authorization']}"))
    assert run("device_group", url, {"PELION_API_KEY": KEY}, api_key=None, name="pumps")["msg"] == (
        f"GET {GROUPS} failed with HTTP 400 bad_request: unknown: Bearer ******** (request id r1)"
    )


def test_a_redirect_gets_no_key(serve, run):
    elsewhere, seen = serve(Service(GROUPS))
    url, _seen = serve(lambda sent: answer(307, "", {"Location": elsewhere + GROUPS}))
    assert failed(run("device_group", url, name="pumps"))["msg"] == (
        f"GET {GROUPS} failed with HTTP 307: The service redirects to {elsewhere}{GROUPS}, where the key is not sent; "
        "check api_url. (request id r1)"
    )
    assert seen == []
