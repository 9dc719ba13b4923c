# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client over a transport that answers from a script: exact requests, every error shape, retries, redirects, pages."""

from __future__ import annotations

import email.utils
import gc
import io
import json
import re
import threading
import time

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils import client as subject
from ansible_collections.pelion.device_management.plugins.module_utils.client import ApiError, RequestError
from ansible_collections.pelion.device_management.plugins.module_utils.filters import parse
from ansible_collections.pelion.device_management.plugins.module_utils.pace import Pace
from ansible_collections.pelion.device_management.plugins.module_utils.settings import Settings
from ansible_collections.pelion.device_management.plugins.module_utils.transport import RawReply, TransportError
from ansible_collections.pelion.device_management.tests.unit.plugins.module_utils.fakes import (
    BASE,
    KEY,
    Sent,
    Service,
    answer,
    failing,
    lost,
    make_client,
)
from hypothesis import given
from hypothesis import strategies as st

PATH = "/v3/devices/"
DOUBT = " It is not known whether the service carried the request out."


def error_of(reply, method="GET", path=PATH, **settings):
    client, _transport, _waits = make_client([reply], retries=0, **settings)
    with pytest.raises(ApiError) as caught:
        client.request(method, path)
    return caught.value


# -- requests


def test_get_sends_exactly_this():
    client, transport, _waits = make_client([answer(200, {"id": "1"})])
    assert client.get("/v3/devices/1", limit=5, flag=True, off=False, ids=["a", "b"], none=None, text="a&b") == {"id": "1"}
    query = [("limit", "5"), ("flag", "true"), ("off", "false"), ("ids", "a,b"), ("text", "a&b")]
    assert transport.sent == [Sent("GET", f"{BASE}/v3/devices/1", query, {}, None, None)]


def test_post_sends_exactly_this():
    client, transport, _waits = make_client([answer(201, {"id": "1"})])
    assert client.post(PATH, {"name": "søren", "n": None}) == {"id": "1"}
    sent = transport.sent[0]
    assert (sent.method, sent.url, sent.query, sent.headers) == ("POST", BASE + PATH, [], {"Content-Type": "application/json"})
    assert json.loads(sent.data.decode()) == {"name": "søren", "n": None}


def test_an_empty_mapping_is_a_body_and_nothing_is_none():
    client, transport, _waits = make_client([answer(204), answer(204), answer(204)])
    client.post("/a", {})
    client.post("/a")
    client.put("/a", [], dry="x")
    assert [(sent.data, sent.headers.get("Content-Type"), sent.query) for sent in transport.sent] == [
        (b"{}", "application/json", []),
        (None, None, []),
        (b"[]", "application/json", [("dry", "x")]),
    ]


def test_data_files_and_headers_pass_through():
    client, transport, _waits = make_client([answer(204)])
    client.request("put", "/v3/x", data=b"raw", files={"f": b"1"}, headers={"Content-MD5": "abc"}, query=[("a", 1), ("a", 2)])
    assert transport.sent == [Sent("PUT", f"{BASE}/v3/x", [("a", "1"), ("a", "2")], {"Content-MD5": "abc"}, b"raw", {"f": b"1"})]


def test_own_content_type_stays():
    client, transport, _waits = make_client([answer(204)])
    client.request("POST", "/v3/x", json={}, headers={"Content-Type": "application/vnd.api+json"})
    assert transport.sent[0].headers == {"Content-Type": "application/vnd.api+json"}


def test_base_with_a_path():
    client, transport, _waits = make_client([answer(204)], api_url=BASE + "/proxied")
    client.request("GET", "/v3/x")
    assert transport.sent[0].url == f"{BASE}/proxied/v3/x"


@pytest.mark.parametrize("path", ["", "v3/devices/", "//evil.example.com/", "https://evil.example.com/", "/v3?x=1", "/v3#x"])
def test_only_paths_of_the_api(path):
    client, transport, _waits = make_client([])
    text = f"'{path}' is no path of the API: it must begin with one slash, such as /v3/devices/, and have no query."
    with pytest.raises(RequestError, match=re.escape(text)):
        client.request("GET", path)
    assert transport.sent == []


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (f"/v3/{KEY}", {}),
        (f"/v3/x?key={KEY}", {}),
        (f"https://elsewhere.example.com/{KEY}", {}),
        ("/v3/" + KEY.replace("_", "%5F"), {}),
        ("/v3/x", {"key": KEY}),
        ("/v3/x", {KEY: "1"}),
        ("/v3/x", {"filter": f"name__eq={KEY}&a=b"}),
        ("/v3/x", {"filter": "name__eq=" + KEY.replace("_", "%5f")}),
    ],
)
def test_the_key_never_goes_into_an_address(path, query):
    client, transport, _waits = make_client([])
    with pytest.raises(RequestError) as caught:
        client.request("GET", path, query=query)
    assert str(caught.value) == "The API key must not be part of a path or query: it would end up in server logs."
    assert transport.sent == []


def test_a_made_up_key_may_be_a_word_of_the_address():
    settings = subject.Settings(api_key="dev", api_url=BASE)
    client = subject.Client(settings, transport=make_client([answer(204)])[1])
    assert client.request("PUT", PATH, query={"name": "dev"}).status == 204


def test_request_ids_and_number_of_answers_are_kept():
    client, _transport, _waits = make_client([answer(204, request_id="a"), failing(404, "not_found"), answer(204, request_id=None)])
    reply = client.request("PUT", "/v3/x")
    assert (reply.request_id, client.last_request_id, client.requests) == ("a", "a", 1)
    assert client.get("/v3/x") is None
    client.request("PUT", "/v3/x")
    assert (client.last_request_id, client.requests) == ("r1", 3)


def test_closing():
    client, transport, _waits = make_client([])
    with client as same:
        assert same is client
    assert transport.closed


@pytest.mark.parametrize(
    ("reply", "body"),
    [
        (answer(200, {"a": 1, "unknown": None}), {"a": 1, "unknown": None}),
        (answer(200, [1]), [1]),
        (answer(200, '{"a": 1}', request_id=None), {"a": 1}),
        (answer(200, "REMOVED", {"Content-Type": "text/plain"}), "REMOVED"),
        (answer(200, '{"kept": "as text"}', {"Content-Type": "text/plain"}), '{"kept": "as text"}'),
        (answer(200, "<b>notes</b>", {"Content-Type": "text/markdown"}), "<b>notes</b>"),
        (answer(200, "REMOVED"), "REMOVED"),
        (answer(200, b"\x00<\xff", {"Content-Type": "application/zip"}), b"\x00<\xff"),
        (answer(200, b"<raw>", {"Content-Type": "application/octet-stream"}), b"<raw>"),
        (answer(200, b'\xef\xbb\xbf{"a": 1}', {"Content-Type": "application/json; charset=utf-8"}), {"a": 1}),
        (answer(202), None),
        (answer(200, " \r\n", {"Content-Type": "application/json"}), None),
    ],
)
def test_bodies_of_successes(reply, body):
    client, _transport, _waits = make_client([reply])
    got = client.request("PUT", "/v3/x")
    assert (got.status, got.body, got.content) == (reply.status, body, reply.content)


# -- errors

TYPES = [
    (400, "bad_request", ""),
    (400, "validation_error", ""),
    (401, "invalid_auth", " Check that api_key is a valid, active key of this service and region."),
    (401, "auth_mismatch", " Check that api_key is a valid, active key of this service and region."),
    (
        401,
        "invalid_token",
        " With api_jwt: check that the application has the verification key of this private key, and that the clock is right.",
    ),
    (401, "invalid_apikey", " Check that api_key is a valid, active key of this service and region."),
    (403, "access_denied", " The key's groups do not allow this, or the account does not have the feature."),
    (403, "access_restricted", " Access from this place is blocked by export control."),
    (403, "account_limit_exceeded", " The account's quota is used up."),
    (403, "invalid_request", ""),
    (404, "not_found", ""),
    (404, "unrecognized_request", " Check that api_url is the address of the API; an older service may not have this operation."),
    (405, "method_not_supported", ""),
    (500, "internal_server_error", ""),
    (409, "duplicate", ""),
    (401, "unauthorized", " Check that api_key is a valid, active key of this service and region."),
    (403, "forbidden", ""),
    (404, "report_not_found", ""),
    (500, "internal_error", ""),
    (418, "a_type_of_tomorrow", ""),
]


@pytest.mark.parametrize(("status", "kind", "hint"), TYPES, ids=[kind for _status, kind, _hint in TYPES])
def test_standard_model(status, kind, hint):
    fields = [{"name": "state", "message": "is wrong"}, {"name": "", "message": "all of it"}]
    error = error_of(failing(status, kind, "Some words.", fields=fields), "PUT")
    assert vars(error) == {
        "message": "Some words.",
        "status": status,
        "code": status,
        "type": kind,
        "fields": fields,
        "request_id": "r1",
        "method": "PUT",
        "path": PATH,
        "body": {"object": "error", "code": status, "type": kind, "message": "Some words.", "request_id": "r1", "fields": fields},
        "maybe_done": status == 500,
        "from_service": True,
        "context": "",
        "pause": 0.0,
        "changed": False,
    }
    doubt = DOUBT if status == 500 else ""
    assert str(error) == (
        f"PUT {PATH} failed with HTTP {status} {kind}: Some words. [state: is wrong; all of it] (request id r1){doubt}{hint}"
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (None, []),
        ([], []),
        ("state", []),
        ([{"name": "a", "message": "m"}], [{"name": "a", "message": "m"}]),
        ([{"field": "a", "message": "m"}], [{"name": "a", "message": "m"}]),
        ({"name": "a", "message": "m"}, [{"name": "a", "message": "m"}]),
        (
            [{"message": "m"}, {"name": None}, "words", None],
            [{"name": "", "message": "m"}, {"name": "", "message": ""}, {"name": "", "message": "words"}],
        ),
    ],
)
def test_every_shape_of_fields(fields, expected):
    assert error_of(failing(400, "validation_error", fields=fields)).fields == expected


WORDS = [
    (400, "LIMITS_EXCEEDED", {}, "LIMITS_EXCEEDED"),
    (400, '"RESOURCE_NOT_FOUND"', {}, "RESOURCE_NOT_FOUND"),
    (400, '"RESOURCE_NOT_FOUND"', {"Content-Type": "text/plain"}, "RESOURCE_NOT_FOUND"),
    (404, '"DEVICE_NOT_FOUND"', {"Content-Type": "application/json"}, "DEVICE_NOT_FOUND"),
    (404, "DEVICE_NOT_FOUND\n", {"Content-Type": "application/json"}, "DEVICE_NOT_FOUND"),
    (404, "URI_PATH_DOES_NOT_EXISTS", {"content-type": "text/plain; charset=utf-8"}, "URI_PATH_DOES_NOT_EXISTS"),
    (400, "INVALID_ENDPOINT_NAME,INVALID_SECRET_HEX, MALFORMED_JSON_CONTENT", {}, "INVALID_ENDPOINT_NAME"),
    (410, "CHANNEL_DELETED", {}, "CHANNEL_DELETED"),
    (400, "The device is not connected", {"Content-Type": "text/plain"}, None),
    (400, "[a] is wrong", {"Content-Type": "text/plain"}, None),
]


@pytest.mark.parametrize(("status", "text", "headers", "kind"), WORDS)
def test_plain_words(status, text, headers, kind):
    error = error_of(answer(status, text, headers), "POST", "/v2/device-requests/1")
    words = text.strip().strip('"')
    assert (error.status, error.type, error.message, error.fields, error.code) == (status, kind, words, [], status)
    named = f" {kind}" if kind and kind != words else ""
    assert str(error) == f"POST /v2/device-requests/1 failed with HTTP {status}{named}: {words} (request id r1)"


def test_the_model_under_another_content_type():
    body = json.dumps({"type": "validation_error", "message": "No.", "request_id": "r2"})
    for kind in ("text/plain", "application/octet-stream", ""):
        error = error_of(answer(400, body, {"Content-Type": kind}, request_id=None))
        assert (error.type, error.message, error.request_id) == ("validation_error", "No.", "r2")


@pytest.mark.parametrize(
    ("body", "message", "kind", "code"),
    [
        ({}, "Bad Request", None, 400),
        ({"message": "m"}, "m", None, 400),
        ({"type": "t"}, "t", "t", 400),
        ({"code": 4711, "message": None, "fields": None}, "Bad Request", None, 4711),
        ({"code": "400", "message": ["m"], "type": 5}, "['m']", "5", 400),
    ],
)
def test_every_member_may_be_missing(body, message, kind, code):
    error = error_of(answer(400, body))
    assert (error.message, error.type, error.code, error.request_id) == (message, kind, code, "r1")


def test_request_id_from_the_header_or_the_body():
    body = {"request_id": "from-body"}
    assert error_of(answer(400, body, {"x-request-id": "from-header"}, request_id=None)).request_id == "from-header"
    assert error_of(answer(400, body, request_id=None)).request_id == "from-body"
    assert error_of(answer(400, {"request_id": 5}, request_id=None)).request_id == "5"
    error = error_of(answer(400, request_id=None))
    assert error.request_id is None
    assert str(error) == f"GET {PATH} failed with HTTP 400: Bad Request (the answer has no text)."


@pytest.mark.parametrize("status", [205, 400, 401, 404, 423, 424, 503, 599])
def test_empty_errors(status):
    if status == 205:
        client, _transport, _waits = make_client([answer(205)])
        assert client.request("GET", "/v2/x").body is None
        return
    phrase = {400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 423: "Locked", 424: "Failed Dependency"}.get(status)
    phrase = phrase or {503: "Service Unavailable", 599: "Unknown status"}[status]
    assert error_of(answer(status)).message == f"{phrase} (the answer has no text)."


GUESS_PROXY = "a proxy or gateway in between is the likely cause."
GUESS_URL = "check that api_url is the address of the API, not of the portal, and that no proxy is in between."


@pytest.mark.parametrize(
    ("status", "page", "kind", "words"),
    [
        (502, "<html><head><title>502\n  Bad</title></head></html>", "text/html", f" titled '502 Bad', not with JSON; {GUESS_PROXY}"),
        (407, "<!DOCTYPE html><p>", "", f", not with JSON; {GUESS_PROXY}"),
        (200, "<html><TITLE lang='en'>Device Portal</TITLE>", "text/html", f" titled 'Device Portal', not with JSON; {GUESS_URL}"),
        (403, "  <html>", "application/json", f", not with JSON; {GUESS_URL}"),
        (404, "<?xml version='1.0'?><Error/>", "application/xml", f", not with JSON; {GUESS_URL}"),
    ],
)  # fmt: skip
def test_web_pages(status, page, kind, words):
    error = error_of(answer(status, page, {"Content-Type": kind}, request_id=None))
    assert error.message == f"{BASE} answered with a web page{words}"
    assert (error.status, error.type, error.from_service) == (status, None, False)


def test_a_page_with_a_long_title_is_cut():
    assert "'" + "x" * 100 + "'" in error_of(answer(502, f"<html><title>{'x' * 900}</title>")).message


@pytest.mark.parametrize("status", [200, 201, 500])
@pytest.mark.parametrize("body", ['{"id": "1', "{'id': 1}", "nonsense", "[" * 100000, b'{"id": "\xff"}'])
def test_invalid_json(status, body):
    error = error_of(answer(status, body, {"Content-Type": "application/json"}), "POST")
    assert re.fullmatch(rf"The answer is not valid JSON \(.+; {len(body)} bytes\)\.", error.message)
    assert (error.status, error.request_id, error.maybe_done) == (status, "r1", True)


def test_truncated_json_names_the_place():
    error = error_of(answer(200, '{"id": "1', {"Content-Type": "application/json"}))
    assert error.message == "The answer is not valid JSON (Unterminated string starting at: line 1 column 8 (char 7); 9 bytes)."
    assert error.maybe_done is False


def test_an_empty_200_is_no_object():
    client, _transport, _waits = make_client([answer(200)])
    with pytest.raises(ApiError) as caught:
        client.get("/v3/devices/1")
    assert str(caught.value) == (
        "GET /v3/devices/1 failed with HTTP 200: The answer is empty where an object was expected. (request id r1)"
    )


@pytest.mark.parametrize(
    "reply",
    [
        failing(400, f"echo_{KEY}", f"no such key {KEY}", fields=[{"name": KEY, "message": f"not {KEY}"}]),
        failing(400, "validation_error", fields={"name": "a", "message": f"not {KEY}"}),
        answer(400, f"Bearer {KEY} is unknown"),
        answer(400, f"<title>{KEY}</title>"),
        answer(302, "", {"Location": f"https://elsewhere.example.com/{KEY}?{KEY}"}),
        answer(302, "", {"Location": f"/{KEY}"}),
        answer(200, f'{{"key": "{KEY}', {"Content-Type": "application/json"}),
        answer(500, {"unknown": KEY}),
    ],
)
def test_an_echoed_key_is_not_shown(reply):
    error = error_of(reply)
    assert KEY not in str(error) + repr(error) + repr(vars(error))


@pytest.mark.parametrize(
    ("method", "status", "maybe"),
    [
        ("POST", 201, True),
        ("PUT", 200, True),
        ("GET", 200, False),
        ("POST", 500, True),
        ("POST", 504, True),
        ("DELETE", 521, True),
        ("GET", 500, False),
        ("POST", 400, False),
        ("POST", 409, False),
        ("POST", 429, False),
        ("POST", 307, False),
    ],
)
def test_whether_it_may_have_been_carried_out(method, status, maybe):
    error = error_of(answer(status, "{", {"Content-Type": "application/json", "Location": "https://elsewhere.example.com"}), method)
    assert error.maybe_done is maybe
    assert (DOUBT in str(error)) is maybe


# -- 404

FOREIGN = [
    answer(404, "<html>", request_id=None),
    answer(404, "<html>"),
    answer(404, "default backend - 404", {"Content-Type": "text/plain"}, request_id=None),
    answer(404, {"detail": "Not Found"}, request_id=None),
    answer(404, request_id=None),
    failing(404, "unrecognized_request"),
]
ABSENT = [
    failing(404, "not_found"),
    answer(404),
    answer(404, {}),
    answer(404, {"type": "not_found"}, request_id=None),
    answer(404, "DEVICE_NOT_FOUND", request_id=None),
]


@pytest.mark.parametrize("reply", ABSENT)
def test_absent(reply):
    client, _transport, _waits = make_client([reply] * 4)
    assert client.get("/v3/devices/1") is None
    assert client.delete("/v3/devices/1") is False
    assert list(client.list(PATH)) == []
    assert client.count(PATH) == 0


@pytest.mark.parametrize("reply", FOREIGN)
def test_a_404_of_somebody_else_is_an_error(reply):
    client, _transport, _waits = make_client([reply] * 4)
    for call in (client.get, client.delete, client.count, lambda path: list(client.list(path))):
        with pytest.raises(ApiError) as caught:
            call("/v3/devices/1")
        assert caught.value.status == 404


@pytest.mark.parametrize("reply", ABSENT)
def test_a_missing_parent_is_an_error(reply):
    client, _transport, _waits = make_client([reply] * 2)
    with pytest.raises(ApiError):
        list(client.list(PATH, empty_on_404=False))
    with pytest.raises(ApiError):
        client.count(PATH, empty_on_404=False)


def test_delete():
    client, transport, _waits = make_client([answer(204), answer(200, {"id": "1"})])
    assert client.delete("/v3/x/1") is True
    assert client.delete("/v3/x/1", json=[{"a": 1}]) is True
    assert [(sent.method, sent.json) for sent in transport.sent] == [("DELETE", None), ("DELETE", [{"a": 1}])]


# -- redirects

HERE = f"{BASE}/elsewhere"


@pytest.mark.parametrize("location", ["/elsewhere", HERE, "https://api.example.com:443/elsewhere"])
@pytest.mark.parametrize(("method", "status"), [("GET", 301), ("GET", 302), ("GET", 307), ("POST", 307), ("PUT", 308), ("DELETE", 308)])
def test_a_redirect_to_the_same_origin_is_followed(location, method, status):
    client, transport, _waits = make_client([answer(status, "", {"Location": location + "?a=b"}), answer(200, {"id": "1"})])
    assert client.request(method, "/v3/x", query={"a": "b"}, json={"n": 1}).body == {"id": "1"}
    first, second = transport.sent
    assert (first.url, first.query) == (f"{BASE}/v3/x", [("a", "b")])
    assert second.url.replace(":443", "") == f"{HERE}?a=b"
    assert (second.method, second.query, second.json) == (method, [], {"n": 1})


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example.com/v3/x",
        "http://api.example.com/v3/x",
        "//evil.example.com/",
        "https://api.example.com:8443/",
        "https://api.example.com@evil.example.com/",
        "https://api.example.com.evil.example.com/",
    ],
)
def test_the_key_does_not_follow_to_another_origin(location, status, method):
    client, transport, _waits = make_client([answer(status, "", {"Location": location + "?X-Signature=secret"})])
    with pytest.raises(ApiError) as caught:
        client.request(method, "/v3/x")
    assert len(transport.sent) == 1
    shown = {"//evil.example.com/": "https://evil.example.com/"}.get(location, location).replace("api.example.com@", "")
    assert caught.value.message == f"The service redirects to {shown}, where the key is not sent; check api_url."
    assert caught.value.status == status


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_write_is_not_turned_into_a_read(status):
    error = error_of(answer(status, "", {"Location": "/elsewhere"}), "POST")
    assert error.message == f"The service redirects to {HERE}; this request is not repeated there."


def test_a_stream_is_not_sent_twice():
    client, transport, _waits = make_client([answer(307, "", {"Location": "/elsewhere"})])
    with pytest.raises(ApiError, match="not repeated there"):
        client.request("POST", "/v3/x", data=iter([b"1"]))
    assert len(transport.sent) == 1


def test_a_circle_of_redirects_ends():
    client, transport, _waits = make_client(lambda sent: answer(302, "", {"Location": "/elsewhere"}))
    with pytest.raises(ApiError, match="redirects to"):
        client.request("GET", "/v3/x")
    assert len(transport.sent) == 4


@pytest.mark.parametrize("location", ["https://[bad", "https://api.example.com:port/", "", None])
def test_a_redirect_to_nowhere(location):
    error = error_of(answer(302, "", {"Location": location} if location is not None else {}))
    assert error.message == "Found (the answer has no text)."


# -- retries

HELD = answer(429, "", {"Retry-After": "7"})


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "POST"])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 423, 429, 500, 501, 502, 503, 504])
def test_which_answers_are_tried_again(method, status):
    client, transport, waits = make_client([answer(status), answer(204)], retries=1)
    again = status == 429 or (status in (502, 503, 504) and method != "POST")
    if again:
        assert client.request(method, "/v3/x", json={"a": 1}).status == 204
        assert transport.sent[0] == transport.sent[1]
    else:
        with pytest.raises(ApiError):
            client.request(method, "/v3/x")
    assert (len(transport.sent), len(waits)) == ((2, 1) if again else (1, 0))


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "POST"])
@pytest.mark.parametrize("maybe", [True, False])
def test_which_failures_are_tried_again(method, maybe):
    client, transport, _waits = make_client([lost(maybe), answer(204)], retries=1)
    if method == "POST" and maybe:
        with pytest.raises(TransportError) as caught:
            client.request(method, "/v3/x")
        assert (caught.value.method, caught.value.path, caught.value.attempts) == ("POST", "/v3/x", 1)
        assert len(transport.sent) == 1
    else:
        assert client.request(method, "/v3/x").status == 204


def test_what_lasts_is_not_tried_again():
    client, transport, _waits = make_client([TransportError("Not trusted.", maybe_done=False, lasting=True)])
    with pytest.raises(TransportError):
        client.request("GET", "/v3/x")
    assert len(transport.sent) == 1


@pytest.mark.parametrize(
    ("path", "reply", "again"),
    [
        ("/v2/subscriptions/1/3/0/0", answer(429, "CONGESTION_CONTROL"), True),
        ("/v2/subscriptions/1/3/0/0", answer(429, '"QUEUE_IS_FULL"', {"Content-Type": "application/json"}), True),
        # Requests to devices say so with 400; the last is the word of 2019.
        ("/v2/device-requests/1", answer(400, "QUEUE_IS_FULL"), True),
        ("/v2/device-requests/1", answer(400, "TOO_MANY_REQUESTS"), True),
        ("/v2/device-requests/1", answer(400, "RESOURCE_NOT_FOUND"), False),
        ("/v2/device-requests/1", answer(400, "LIMITS_EXCEEDED"), False),
        ("/v2/subscriptions/1/3/0/0", answer(429, "LIMITS_EXCEEDED"), False),
        ("/v2/subscriptions/1/3/0/0", answer(429, "SOMETHING_ELSE"), False),
        ("/v2/subscriptions/1/3/0/0", answer(429), False),
        ("/v2/subscriptions/1/3/0/0", failing(429, "too_many_requests"), False),
        ("/v2/subscriptions/1/3/0/0", answer(503), True),
        ("/v3/devices/", answer(429, "LIMITS_EXCEEDED"), False),
        ("/v3/devices/", answer(429), True),
        ("/v3/devices/", failing(429, "too_many_requests"), True),
    ],
)
def test_429_of_device_connection_is_one_device_s_queue(path, reply, again):
    client, transport, _waits = make_client([reply, answer(204)], retries=1)
    if again:
        client.request("PUT", path)
    else:
        with pytest.raises(ApiError):
            client.request("PUT", path)
    assert len(transport.sent) == 1 + again


class Opened(io.BytesIO):
    """A file that knows its length is at its end after the first attempt all the same."""

    def __len__(self):
        return 1


@pytest.mark.parametrize(("data", "files"), [(iter([b"1"]), None), (Opened(b"1"), None), (None, {"f": ("a", Opened(b"1"))})])
@pytest.mark.parametrize("outcome", [answer(503), lost(False)])
def test_uploads_are_not_repeated(data, files, outcome):
    client, transport, _waits = make_client([outcome])
    with pytest.raises((ApiError, TransportError)):
        client.request("PUT", "/v3/x", data=data, files=files)
    assert len(transport.sent) == 1


@pytest.mark.parametrize(("data", "files"), [([b"1", b"2"], None), (None, {"f": ("a", b"1", "text/csv"), "name": (None, "x")})])
def test_a_body_that_can_be_read_again_is_sent_again(data, files):
    client, transport, _waits = make_client([answer(429), lost(False), answer(201)])
    assert client.request("POST", "/v3/x", data=data, files=files).status == 201
    assert [(sent.data, sent.files) for sent in transport.sent] == [(data, files)] * 3


def test_waits_double_up_to_the_cap():
    client, _transport, waits = make_client([answer(503)] * 8 + [answer(204)], retries=8, retry_max_wait=30)
    client.request("GET", "/v3/x")
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


def test_waits_are_jittered():
    transport = make_client([answer(503), answer(503), answer(204)])[1]
    waits = []
    settings = subject.Settings(api_key=KEY, api_url=BASE)
    subject.Client(settings, transport=transport, sleep=waits.append, jitter=lambda: 0.25).request("GET", "/v3/x")
    assert waits == [0.25, 0.5]


@pytest.mark.parametrize(
    ("given_header", "wait"),
    [("7", 7.0), ("0", 1.0), ("3600", 20.0), (" 5 ", 5.0), ("9" * 500, 20.0), ("soon", 1.0), ("-1", 1.0), ("1.5", 1.0), ("", 1.0)],
)
def test_retry_after_in_seconds(given_header, wait):
    client, _transport, waits = make_client([answer(429, "", {"Retry-After": given_header}), answer(204)], retry_max_wait=20)
    client.request("POST", "/v3/x")
    assert waits == [wait]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("header", ["0", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_a_pause_that_is_over_does_not_use_up_the_retries_at_once(status, header):
    """The service's clock may be behind ours."""
    client, _transport, waits = make_client([answer(status, "", {"Retry-After": header})] * 3 + [answer(204)])
    client.request("GET", "/v3/x")
    assert waits == [1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("20", ""),
        ("21", " The service asks for a pause of 21 seconds, which is more than retry_max_wait."),
        ("3600", " The service asks for a pause of 3600 seconds, which is more than retry_max_wait."),
    ],
)
def test_a_pause_that_is_too_long_is_told(header, told):
    client, _transport, waits = make_client([answer(429, "", {"Retry-After": header})] * 3, retries=2, retry_max_wait=20)
    with pytest.raises(ApiError) as caught:
        client.request("GET", "/v3/x")
    assert str(caught.value) == f"GET /v3/x failed with HTTP 429: Too Many Requests (the answer has no text). (request id r1){told}"
    assert waits == [20.0, 20.0]


class Crowd:
    """Refuses one request for so many times; while that is under way, another may get through."""

    def __init__(self, refusal, others, refusals=999):
        self.refusals, self.refusal = refusals, refusal
        self.others = iter(others)  # what the other one meets each time
        self.tries = 0

    def __call__(self, sent):
        self.tries += 1
        if self.tries > self.refusals:
            return answer(204)
        meets = next(self.others, [])
        if meets:
            transport = make_client(meets)[1]
            other = subject.Client(self.client.settings, transport=transport, sleep=lambda seconds: None, pace=self.client._pace)
            other.request("PUT", "/v3/other")
        return self.refusal

    def ask(self, method="GET", path="/v3/x", **settings):
        self.client, _transport, waits = make_client(self, **settings)
        self.client.request(method, path)
        return waits


PASSES = [answer(429), answer(204)]


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_while_others_get_through_nobody_is_given_up(method):
    """Too many workers for what the service allows: each of them waits longer, up to the wait of the last retry."""
    crowd = Crowd(answer(429), [PASSES] * 9, 9)
    assert crowd.ask(method, retries=3) == [1.0, 2.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0]
    crowd = Crowd(HELD, [PASSES] * 9, 9)
    assert crowd.ask(method, retries=3) == pytest.approx([7.0] * 9)


@pytest.mark.parametrize(
    ("refusal", "others", "path", "retries", "tries"),
    [
        (answer(429), [], "/v3/x", 3, 4),
        # Only those times do not count at which others got through since the time before.
        (answer(429), [PASSES] * 3, "/v3/x", 3, 6),
        (answer(429), [[], PASSES, [], PASSES], "/v3/x", 3, 6),
        # Who is not refused proves nothing for those who are: it may be about something else.
        (answer(429), [[answer(204)]] * 20, "/v3/x", 3, 4),
        (answer(429), [PASSES] * 20, "/v3/x", 0, 1),
        # It may be about this one after all.
        (answer(429), [PASSES] * 999, "/v3/x", 3, 102),
        # Nor does one device's queue; and what is no refusal counts as ever.
        (answer(429), [[answer(429, "QUEUE_IS_FULL"), answer(204)]] * 20, "/v3/x", 3, 4),
        (answer(429), [[answer(503), answer(204)]] * 20, "/v3/x", 3, 4),
        (answer(429, "QUEUE_IS_FULL"), [PASSES] * 20, "/v2/subscriptions/1", 3, 4),
        (answer(429, "LIMITS_EXCEEDED"), [PASSES] * 20, "/v2/subscriptions/1", 3, 1),
        (answer(429), [PASSES] * 20, "/v2/subscriptions/1", 3, 1),
        (answer(503), [PASSES] * 20, "/v3/x", 3, 4),
        (answer(503, "", {"Retry-After": "7"}), [PASSES] * 20, "/v3/x", 3, 4),
    ],
)
def test_who_is_given_up(refusal, others, path, retries, tries):
    crowd = Crowd(refusal, others)
    with pytest.raises(ApiError):
        crowd.ask("GET", path, retries=retries)
    assert crowd.tries == tries


def test_what_did_not_count_leaves_the_retries_for_what_does():
    crowd = Crowd(answer(429), [PASSES] * 6)
    outcomes = iter([crowd] * 6 + [lost(False)] * 2 + [answer(204)])

    def reply(sent):
        outcome = next(outcomes)
        return outcome(sent) if outcome is crowd else outcome

    client, transport, waits = make_client(reply, retries=3)
    crowd.client = client
    assert client.request("GET", "/v3/x").status == 204
    assert waits == [1.0, 2.0, 4.0, 4.0, 4.0, 4.0, 2.0, 4.0]
    assert len(transport.sent) == 9


def test_nobody_is_his_own_others():
    client, transport, _waits = make_client([answer(429), answer(503)] * 9, retries=3)
    with pytest.raises(ApiError):
        client.request("GET", "/v3/x")
    assert len(transport.sent) == 4


@pytest.mark.parametrize(("ahead", "wait"), [(10, 10.0), (3600, 20.0), (-100, 1.0)])
@pytest.mark.parametrize("zone", ["GMT", "+0000", "-0000"])
def test_retry_after_as_a_date(ahead, wait, zone, monkeypatch):
    monkeypatch.setattr(subject.time, "time", lambda: 1_800_000_000.0)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    date = email.utils.formatdate(1_800_000_000 + ahead, usegmt=True).replace("GMT", zone)
    client, _transport, waits = make_client([answer(503, "", {"retry-after": date}), answer(204)], retry_max_wait=20)
    try:
        client.request("GET", "/v3/x")
    finally:
        monkeypatch.undo()
        time.tzset()
    assert waits == [wait]


_DATES = st.builds(
    "Wed, {} {} {} 07:28:00 {}".format,
    st.integers(0, 40),
    st.sampled_from(["Jan", "Feb", "Oct"]),
    st.integers(0, 99999),
    st.sampled_from(["GMT", "", "+9999", "-0000", "+99999999999"]),
)


@given(_DATES | st.text(max_size=30) | st.from_regex(r"\d{1,3} [A-Z]{3} \d{1,6} \d:\d:\d", fullmatch=True))
def test_no_retry_after_breaks_anything(text):
    client, _transport, waits = make_client([answer(503, "", {"Retry-After": text}), answer(204)], retry_max_wait=20)
    client.request("GET", "/v3/x")
    assert len(waits) <= 1
    assert all(0 < wait <= 20 for wait in waits)


_OUTCOMES = st.lists(
    st.one_of(
        st.sampled_from([200, 204, 302, 400, 404, 409, 429, 500, 502, 503, 504]).map(lambda status: answer(status, "")),
        st.sampled_from(["LIMITS_EXCEEDED", "CONGESTION_CONTROL", "QUEUE_IS_FULL"]).map(lambda word: answer(429, word)),
        st.integers(0, 9999).map(lambda seconds: answer(429, "", {"Retry-After": str(seconds)})),
        st.booleans().map(lost),
    ),
    max_size=12,
)


@given(
    outcomes=_OUTCOMES,
    method=st.sampled_from(["GET", "HEAD", "PUT", "DELETE", "POST"]),
    path=st.sampled_from(["/v3/devices/", "/v2/device-requests/1"]),
    retries=st.integers(0, 6),
    cap=st.just(0.0) | st.floats(0.001, 100),
)
def test_law_of_retries(outcomes, method, path, retries, cap):
    """Whatever comes: nothing that may have been carried out is created twice, and neither tries nor waits run away."""
    script = [*outcomes, *[answer(204)] * 20]
    client, transport, waits = make_client(list(script), retries=retries, retry_max_wait=cap)
    try:
        client.request(method, path)
        ended = None
    except (ApiError, TransportError) as error:
        ended = error
    tries = len(transport.sent)
    assert 1 <= tries <= retries + 1
    assert len(waits) <= tries - 1
    # Those who come back from a pause do so one after the other, a twentieth of a second apart.
    assert all(0 < wait <= cap + 0.05 for wait in waits)
    asked = [sent for sent in script[: tries - 1] if isinstance(sent, RawReply) and "Retry-After" in sent.headers]
    assert cap == 0 or len(waits) == tries - 1
    assert len({repr(sent) for sent in transport.sent}) == 1
    for outcome in script[: tries - 1]:
        if isinstance(outcome, RawReply):
            assert outcome.status in ((429,) if method == "POST" else (429, 502, 503, 504))
            assert outcome.content != b"LIMITS_EXCEEDED"
            if path.startswith("/v2/") and outcome.status == 429:
                assert outcome.content in (b"CONGESTION_CONTROL", b"QUEUE_IS_FULL") or outcome in asked
        elif method == "POST":
            assert not outcome.maybe_done
    last = script[tries - 1]
    if isinstance(last, RawReply):
        assert (ended is None) == (last.status < 300)
        assert ended is None or ended.status == last.status
    else:
        assert ended is last
        assert ended.attempts == tries


# -- pages


def objects(count):
    return [{"id": f"{number:032x}", "name": f"n{number}", "state": "even" if number % 2 == 0 else "odd"} for number in range(1, count + 1)]


@given(
    count=st.integers(0, 60), size=st.integers(1, 20), limit=st.none() | st.integers(0, 70), order=st.sampled_from([None, "ASC", "DESC"])
)
def test_law_of_lists(count, size, limit, order):
    """Every object once, in order, in as few requests as the limits allow."""
    held = objects(count)
    client, transport, _waits = make_client(Service(PATH, held))
    got = list(client.list(PATH, limit=limit, page_size=size, order=order))
    wanted = held[::-1] if order == "DESC" else held
    assert got == wanted[:limit]
    page = max(2, size if limit is None else min(size if size >= 2 else 2, limit))
    expected = min(count, count if limit is None else limit)
    assert len(transport.sent) == (0 if limit == 0 else max(1, -(-expected // page)))
    assert {dict(sent.query)["limit"] for sent in transport.sent} <= {str(page)}
    cursors = [dict(sent.query).get("after") for sent in transport.sent]
    assert cursors == [None, *(wanted[(number + 1) * page - 1]["id"] for number in range(len(cursors) - 1))][: len(cursors)]


@pytest.mark.parametrize(
    ("given_limit", "given_size", "sent"),
    [
        (None, None, "1000"),
        (None, 5000, "1000"),
        (None, 1, "2"),
        (None, 0, "2"),
        (1, None, "2"),
        (1500, None, "1000"),
        (30, 500, "30"),
        (3, 2, "2"),
    ],
)
def test_limits_are_clamped(given_limit, given_size, sent):
    client, transport, _waits = make_client([answer(200, {"data": [], "has_more": False})])
    assert list(client.list(PATH, limit=given_limit, page_size=given_size)) == []
    assert transport.sent[0].query == [("limit", sent)]


def test_pages_take_and_clamp_limit_and_pass_the_rest():
    client, transport, _waits = make_client([answer(200, {"data": [], "has_more": False, "total_count": 0, "new": 1})])
    pages = list(client.pages(PATH, [("device_class", "a")], limit=9999, order="DESC", include="total_count"))
    assert pages == [{"data": [], "has_more": False, "total_count": 0, "new": 1}]
    assert transport.sent[0].query == [("order", "DESC"), ("include", "total_count"), ("device_class", "a"), ("limit", "1000")]


def test_filters_in_every_form():
    for filters in (
        {"state": ["a", "b"], "name": "x&y"},
        parse({"state": ["a", "b"], "name": "x&y"}),
        [("state__in", "a,b"), ("name__eq", "x&y")],
    ):
        client, transport, _waits = make_client([answer(200, {"data": []}), answer(200, {"total_count": 3})])
        assert list(client.list(PATH, filters)) == []
        assert client.count(PATH, filters) == 3
        chosen = [("state__in", "a,b"), ("name__eq", "x&y")]
        assert transport.sent[0].query == [*chosen, ("limit", "1000")]
        assert transport.sent[1].query == [*chosen, ("limit", "2"), ("include", "total_count")]


def test_the_cursor_is_the_last_id_not_the_repeated_after():
    replies = [
        answer(200, {"after": None, "has_more": True, "data": [{"id": "b"}, {"id": "a"}]}),
        answer(200, {"after": "wrong", "has_more": False, "data": [{"id": "z"}]}),
    ]
    client, transport, _waits = make_client(replies)
    assert [item["id"] for item in client.list(PATH)] == ["b", "a", "z"]
    assert transport.sent[1].query == [("limit", "1000"), ("after", "a")]


def test_continuation_marker():
    replies = [
        answer(200, {"continuation_marker": "m1", "has_more": True, "data": [{"endpoint_name": "a"}]}),
        answer(200, {"continuation_marker": "m2", "data": [{"endpoint_name": "b"}]}),
        answer(200, {"continuation_marker": None, "has_more": False, "data": [{"endpoint_name": "c"}]}),
    ]
    client, transport, _waits = make_client(replies)
    assert [item["endpoint_name"] for item in client.list("/v2/device-shared-keys", page_size=10)] == ["a", "b", "c"]
    assert [sent.query for sent in transport.sent] == [
        [("limit", "10")],
        [("limit", "10"), ("after", "m1")],
        [("limit", "10"), ("after", "m2")],
    ]


def broken(*pages):
    client, _transport, _waits = make_client([answer(200, page) for page in pages])
    with pytest.raises(ApiError) as caught:
        list(client.list(PATH))
    return str(caught.value)


def test_lists_that_break_off():
    def text(read):
        reason = f"The list broke off after {read} objects: it promises more but names no next page."
        return f"GET {PATH} failed with HTTP 200: {reason} (request id r1)"

    more = {"has_more": True}
    assert broken({"data": [], **more}) == text(0)
    assert broken({"data": [{"id": "a"}], **more}, {"data": [], **more}) == text(1)
    assert broken({"data": [{"name": "a"}], **more}) == text(1)
    assert broken({"data": [{"id": None}], **more}) == text(1)
    assert broken({"data": ["a"], **more}) == text(1)
    assert broken({"data": [{"id": "a"}], **more}, {"data": [{"id": "a"}], **more}) == text(2)
    circle = [{"data": [{"id": name}], **more} for name in "abcb"]
    assert broken(*circle) == text(4)
    assert broken({"data": [], "continuation_marker": "m"}, {"data": [], "continuation_marker": "m"}) == text(0)


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": {}}, [{"id": "a"}], "REMOVED", None])
def test_what_is_no_list(body):
    client, _transport, _waits = make_client([answer(200, body)])
    with pytest.raises(ApiError) as caught:
        list(client.list(PATH))
    assert str(caught.value) == f"GET {PATH} failed with HTTP 200: The answer is no list. (request id r1)"


@pytest.mark.parametrize("page", [2, 3])
@pytest.mark.parametrize("failure", [failing(404, "not_found"), failing(500, "internal_server_error"), lost(True)])
def test_a_failure_on_a_later_page_is_never_the_end(page, failure):
    replies = [answer(200, {"has_more": True, "data": [{"id": f"{number}a"}, {"id": f"{number}b"}]}) for number in range(page - 1)]
    client, _transport, _waits = make_client([*replies, failure], retries=0)
    got = []
    with pytest.raises((ApiError, TransportError)) as caught:
        for item in client.list(PATH):
            got.append(item)
    assert len(got) == 2 * (page - 1)
    assert f" on page {page} of the list, after {len(got)} objects: " in str(caught.value)


def test_a_failure_on_the_first_page():
    client, _transport, _waits = make_client([failing(500, "internal_server_error", "words")])
    with pytest.raises(ApiError, match=re.escape(f"GET {PATH} failed with HTTP 500 internal_server_error: words (request id r1)")):
        list(client.list(PATH))


def test_a_page_is_fetched_only_when_it_is_wanted():
    client, transport, _waits = make_client(Service(PATH, objects(10)))
    items = client.list(PATH, page_size=2)
    assert transport.sent == []
    next(items), next(items)
    assert len(transport.sent) == 1
    next(items)
    assert len(transport.sent) == 2


def test_a_page_larger_than_asked_for_does_not_break_the_limit():
    client, _transport, _waits = make_client([answer(200, {"has_more": True, "data": objects(50)})])
    assert list(client.list(PATH, limit=3)) == objects(3)


def test_fields():
    client, _transport, _waits = make_client([answer(200, {"data": [{"id": "1", "name": None, "x": {"y": 1}}, {"id": "2"}]})])
    assert list(client.list(PATH, fields=["name", "x", "nothing"])) == [{"name": None, "x": {"y": 1}}, {}]


def test_count():
    client, transport, _waits = make_client([answer(200, {"total_count": 0, "data": []}), answer(200, {"data": []}), answer(200, "5")])
    assert client.count(PATH, order="ASC") == 0
    assert transport.sent[0].query == [("order", "ASC"), ("limit", "2"), ("include", "total_count")]
    for _number in range(2):
        with pytest.raises(ApiError, match=r"The answer has no total_count\. \(request id r1\)$"):
            client.count(PATH)


def test_threads_share_a_client():
    ids = [f"{number:032x}" for number in range(800)]
    client, transport, _waits = make_client(lambda sent: answer(200, {"id": sent.path.split("/")[-1]}))
    got = {}

    def read(some):
        got.update({identity: client.get(f"/v3/x/{identity}") for identity in some})

    threads = [threading.Thread(target=read, args=(ids[number::8],)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == {identity: {"id": identity} for identity in ids}
    assert client.requests == len(transport.sent) == 800


def test_text_that_is_no_unicode_breaks_nothing():
    client, transport, _waits = make_client([answer(204)])
    client.put("/v3/x", {"name": "\udcff"})
    assert transport.sent[0].data == b'{"name":"\\udcff"}'
    assert client.url_length(PATH, {"a": "\udcff"}) > len(BASE)


def test_the_key_in_use_is_known_by_its_shown_part():
    key = "ak_2" + "a" * 43 + "f" * 32
    client = subject.Client(Settings(api_key=key, api_url=BASE))
    assert [shown for shown in (key, key[:47], key[:40]) if not client.uses_key(shown)] == []
    assert [shown for shown in (None, "", "ak_2", key[:39], key[1:], key[:46] + "b", key + "f") if client.uses_key(shown)] == []


def test_a_page_is_let_go_before_the_next_is_asked_for():
    kept = []

    def service(request):
        number = len(transport.sent)
        kept.append(sum(isinstance(held, dict) and str(held.get("mark", "")).startswith("page ") for held in gc.get_objects()))
        return answer(200, {"object": "list", "has_more": number < 3, "mark": f"page {number}", "data": [{"id": f"{number:032x}"}]})

    client, transport, _waits = make_client(service)
    assert [item["id"] for item in client.list("/v3/x")] == [f"{number:032x}" for number in (1, 2, 3)]
    assert kept == [0, 0, 0]


def test_a_request_may_have_a_timeout_and_retries_of_its_own():
    client, transport, waits = make_client([answer(503), lost(False), answer(204)], retries=5)
    with pytest.raises(ApiError):
        client.request("GET", "/v2/notification/pull", timeout=90, retries=0)
    assert client.request("GET", "/v2/notification/pull", retries=1).status == 204
    assert [sent.timeout for sent in transport.sent] == [90, None, None]
    assert len(waits) == 1


# -- the pace


class Neighbours:
    """Two clients of one account on one machine, and the waits of each; only waiting takes time."""

    def __init__(self, outcomes, folder, **settings):
        self.now = 1000.0
        self.waits = ([], [])
        self.clients = [self._client(outcomes if number == 0 else [answer(204)] * 9, number, folder, settings) for number in (0, 1)]

    def _client(self, outcomes, number, folder, settings):
        given = Settings(api_key=KEY, api_url=BASE, **settings)

        def sleep(seconds):
            self.waits[number].append(seconds)
            self.now += seconds

        pace = Pace(given, str(folder / "shared"), sleep=sleep, monotonic=lambda: self.now)
        transport = make_client(outcomes)[1]
        return subject.Client(given, transport=transport, sleep=sleep, jitter=lambda: 1.0, pace=pace)


def test_every_attempt_waits_for_its_turn(tmp_path):
    """Of requests, of their repetitions, and of pages; of the neighbour as well."""
    page = answer(200, {"data": [{"id": "a"}, {"id": "b"}], "has_more": False})
    neighbours = Neighbours([answer(204), answer(503), answer(204), page], tmp_path, requests_per_second=0.5)
    one, two = neighbours.clients
    one.request("GET", "/v3/x")
    one.request("GET", "/v3/x")
    two.request("GET", "/v3/x")
    assert list(one.list("/v3/devices/")) == [{"id": "a"}, {"id": "b"}]
    # The second is one second of repetition, and the rest of the two until its turn.
    assert neighbours.waits == ([2.0, 1.0, 1.0, 2.0], [2.0])


@pytest.mark.parametrize(
    ("method", "path", "reply", "tries", "own", "other"),
    [
        ("GET", "/v3/x", HELD, 2, [7.0], []),
        ("POST", "/v3/x", HELD, 2, [7.0], []),
        ("GET", "/v3/x", answer(503, "", {"Retry-After": "7"}), 2, [7.0], []),
        # It is not repeated, as it may have been carried out; but everybody is to wait.
        ("POST", "/v3/x", answer(503, "", {"Retry-After": "7"}), 1, [], [7.0]),
        # Without words about a device it is the service that has had enough.
        ("GET", "/v2/subscriptions/1", HELD, 2, [7.0], []),
        ("GET", "/v2/subscriptions/1", answer(429), 1, [], []),
        # One device's queue, and the billing period, are no reason for others to wait.
        ("GET", "/v2/subscriptions/1", answer(429, "QUEUE_IS_FULL", {"Retry-After": "7"}), 2, [7.0], []),
        ("GET", "/v2/subscriptions/1", answer(429, "CONGESTION_CONTROL", {"Retry-After": "7"}), 2, [7.0], []),
        ("GET", "/v2/subscriptions/1", answer(429, "LIMITS_EXCEEDED", {"Retry-After": "7"}), 1, [], []),
        ("GET", "/v3/x", answer(502, "", {"Retry-After": "7"}), 2, [7.0], []),
        ("GET", "/v3/x", answer(429), 2, [1.0], []),
        ("GET", "/v3/x", answer(429, "", {"Retry-After": "3600"}), 2, [20.0], []),
    ],
)
def test_a_pause_of_the_service(tmp_path, method, path, reply, tries, own, other):
    neighbours = Neighbours([reply, answer(204)], tmp_path, retry_max_wait=20)
    one, two = neighbours.clients
    try:
        one.request(method, path)
    except ApiError as error:
        assert error.status == reply.status
    assert one.requests == tries
    two.request("GET", "/v3/y")
    assert neighbours.waits == (own, other)


def test_others_may_be_of_another_process(tmp_path):
    def refusing(sent):
        tries.append(sent)
        two.request("GET", "/v3/y")
        return answer(429) if len(tries) < 9 else answer(204)

    tries = []
    neighbours = Neighbours(refusing, tmp_path, retries=2)
    one, two = neighbours.clients
    two._transport.outcomes = iter(PASSES * 9)
    one.request("GET", "/v3/x")
    assert len(tries) == 9


@pytest.mark.parametrize(
    ("reply", "other"),
    [
        (HELD, 7.0),
        (answer(503, "", {"Retry-After": "7"}), 7.0),
        (answer(502, "", {"Retry-After": "7"}), None),
        (answer(429), None),
        (answer(429, "QUEUE_IS_FULL", {"Retry-After": "7"}), None),
        (answer(429, "CONGESTION_CONTROL", {"Retry-After": "7"}), None),
        (answer(429, "LIMITS_EXCEEDED", {"Retry-After": "7"}), None),
        (answer(404, "", {"Retry-After": "7"}), None),
    ],
)
def test_who_gives_up_still_tells_the_others(tmp_path, reply, other):
    neighbours = Neighbours([reply], tmp_path, retries=0)
    one, two = neighbours.clients
    with pytest.raises(ApiError):
        one.request("GET", "/v2/subscriptions/1")
    two.request("GET", "/v3/y")
    assert neighbours.waits == ([], [] if other is None else [other])
