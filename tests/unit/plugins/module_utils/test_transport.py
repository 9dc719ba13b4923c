# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The transport against real sockets and real TLS: each way in which no whole answer comes, and what it says about it."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import struct
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import trustme
import urllib3.response
from ansible_collections.pelion.device_management.plugins.module_utils.client import Client
from ansible_collections.pelion.device_management.plugins.module_utils.settings import Settings
from ansible_collections.pelion.device_management.plugins.module_utils.transport import Transport, TransportError

TOKEN = "ak_2MDE2transporttests"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
DOUBT = " It is not known whether the service carried the request out."


class Server:
    """Accepts connections and gives each to a function; ``connections`` counts them, ``seen`` are the requests' heads."""

    def __init__(self, handler, context=None):
        self.handler = handler
        self.context = context
        self.connections = 0
        self.seen = []
        self.over = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.accepting = threading.Thread(target=self._accept, daemon=True)
        self.accepting.start()

    def close(self):
        self.over.set()
        # A thread that still waited for connections would get those of whoever has the number of its socket next.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.accepting.join(10)
        self.listener.close()

    def _accept(self):
        while True:
            try:
                connection, _address = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, raw):
        with contextlib.suppress(OSError), raw:
            connection = self.context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False) if self.context else raw
            with connection:
                if self._agreed(connection):
                    self.handler(self, connection)

    def _agreed(self, connection):
        try:
            if self.context:
                connection.do_handshake()
        except ssl.SSLError:
            with socket.socket(fileno=connection.detach()) as raw:
                hang_up(raw)
            return False
        return True

    def read(self, connection):
        """The head of a request together with its body, nothing at the end of the connection."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                return b""
            data += more
        head, _blank, body = data.partition(b"\r\n\r\n")
        length = int((re.search(rb"(?i)content-length: (\d+)", head) or [b"", b"0"])[1])
        while len(body) < length:
            body += connection.recv(65536)
        self.seen.append(head.decode())
        return head + b"\r\n\r\n" + body


def hang_up(connection):
    """Closed with bytes unread, the connection would be reset, and what was said last be lost."""
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(65536):
        pass


def saying(reply):
    """Answers one request with these bytes and hangs up."""

    def handler(server, connection):
        server.read(connection)
        connection.sendall(reply)

    return handler


def falling_silent(reply):
    """Answers one request; to the next one of the connection it says these bytes, and no more until the test is over."""

    def handler(server, connection):
        server.read(connection)
        connection.sendall(OK)
        server.read(connection)
        connection.sendall(reply)
        server.over.wait(60)

    return handler


def resetting(reply):
    def handler(server, connection):
        server.read(connection)
        connection.sendall(reply)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return handler


def keeping(reply):
    """Answers every request of a connection."""

    def handler(server, connection):
        while server.read(connection):
            connection.sendall(reply)

    return handler


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority, tmp_path_factory):
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch, tmp_path):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def start(authority):
    servers = []

    def run(handler, tls=True, names=("localhost", "127.0.0.1"), client_certificate=False):
        context = None
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert(*names).configure_cert(context)
            if client_certificate:
                context.verify_mode = ssl.CERT_REQUIRED
                authority.configure_trust(context)
        servers.append(Server(handler, context))
        return servers[-1]

    yield run
    for server in servers:
        server.close()


@pytest.fixture
def make(ca_file):
    made = []

    def build(**options):
        options = {"verify": ca_file, "timeout": 5.0, "user_agent": "tests/1", **options}
        options.setdefault("authorize", lambda: {"Authorization": f"Bearer {TOKEN}"})
        made.append(Transport(**options))
        return made[-1]

    yield build
    for transport in made:
        transport.close()


@pytest.fixture
def closed_port():
    """A port of this machine at which nobody listens, nor can meanwhile."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def problem(transport, url, method="POST"):
    """The error of one request; every one is a sentence without secrets and without the library's inner life."""
    with pytest.raises(TransportError) as caught:
        transport.send(method, url, data=b"{}" if method == "POST" else None)
    error = caught.value
    assert re.match(r"^[^\n]+\.$", error.message), error.message
    assert not re.search(r"0x[0-9a-f]{6}|object at|urllib3|Max retries|_ssl\.c|HTTPSConnection", error.message), error.message
    assert TOKEN not in str(error)
    assert "sesame" not in str(error)
    error.method, error.path = method, "/v3/x"
    return error


# -- what goes out


def test_request_as_it_goes_out(start, make):
    server = start(keeping(OK))
    reply = make().send(
        "POST",
        f"https://localhost:{server.port}/v3/devices/",
        query=[("name__eq", "a b&c=d%e+é"), ("id__in", "1,2")],
        headers={"Content-Type": "application/json"},
        data=b"{}",
    )
    assert (reply.status, reply.content) == (200, b"{}")
    line, *headers = server.seen[0].split("\r\n")
    assert line == "POST /v3/devices/?name__eq=a+b%26c%3Dd%25e%2B%C3%A9&id__in=1%2C2 HTTP/1.1"
    sent = dict(header.split(": ", 1) for header in headers)
    assert sent["Authorization"] == f"Bearer {TOKEN}"
    assert sent["User-Agent"] == "tests/1"
    assert sent["Accept"] == "application/json, */*;q=0.1"
    assert sent["Content-Type"] == "application/json"


def test_each_request_is_authorized_anew_and_anonymous_ones_not_at_all(start, make):
    tokens = iter(["one", "two"])
    server = start(keeping(OK))
    transport = make(authorize=lambda: {"Authorization": f"Bearer {next(tokens)}", "X-Application-ID": "a"})
    for anonymous in (False, True, False):
        transport.send("GET", f"https://localhost:{server.port}/v3/x", anonymous=anonymous)
    found = [[line for line in seen.split("\r\n") if line.startswith(("Authorization", "X-Application-ID"))] for seen in server.seen]
    assert found == [["Authorization: Bearer one", "X-Application-ID: a"], [], ["Authorization: Bearer two", "X-Application-ID: a"]]


def test_the_client_names_itself(start, ca_file):
    server = start(keeping(OK))
    settings = Settings(api_key=TOKEN, api_url=f"https://localhost:{server.port}", ca_path=ca_file)
    with Client(settings, user_agent="ansible-core/2.21.0") as client:
        client.request("GET", "/v3/accounts/me")
    assert re.search(r"User-Agent: pelion\.device_management/\d+\.\d+\.\d+\S* ansible-core/2\.21\.0\r\n", server.seen[0])


def test_address_length_is_what_is_sent(start, ca_file):
    server = start(keeping(OK))
    settings = Settings(api_key=TOKEN, api_url=f"https://localhost:{server.port}", ca_path=ca_file)
    query = [("filter", "name__eq=a b&state=ü%25"), ("id__in", "1,2")]
    pages = [("limit", "1000"), ("after", "0" * 32), ("order", "DESC"), ("include", "total_count")]
    with Client(settings) as client:
        client.request("GET", "/v3/devices/", query=query + pages)
        target = server.seen[0].split(" ")[1]
        assert client.url_length("/v3/devices/", query) == len(settings.api_url + target)


def test_one_connection_serves_many_requests(start, make):
    server = start(keeping(OK))
    transport = make()
    for _number in range(20):
        transport.send("GET", f"https://localhost:{server.port}/")
    assert (server.connections, len(server.seen)) == (1, 20)


def test_threads_share_one_client(start, ca_file):
    body = b'{"id": "1"}'
    server = start(keeping(b"HTTP/1.1 200 OK\r\nX-Request-ID: r\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n" + body))
    settings = Settings(api_key=TOKEN, api_url=f"https://localhost:{server.port}", ca_path=ca_file)
    with Client(settings, pool_size=8) as client, ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda number: client.get("/v3/devices/1", number=number), range(400)))
    assert replies == [{"id": "1"}] * 400
    assert client.requests == 400
    assert server.connections <= 8
    assert sorted(int(re.search(r"number=(\d+)", head)[1]) for head in server.seen) == list(range(400))


def test_netrc_does_not_replace_the_token(start, make, tmp_path):
    (tmp_path / ".netrc").write_text("machine localhost login somebody password sesame\n")
    server = start(keeping(OK))
    make().send("GET", f"https://localhost:{server.port}/")
    assert f"Authorization: Bearer {TOKEN}" in server.seen[0]


def test_cookies_are_never_sent_back(start, make):
    server = start(keeping(b"HTTP/1.1 200 OK\r\nSet-Cookie: session=1; Path=/\r\nContent-Length: 2\r\n\r\n{}"))
    transport = make()
    for _number in range(2):
        transport.send("GET", f"https://localhost:{server.port}/")
    assert "cookie" not in server.seen[1].lower()


def test_redirects_are_given_back(start, make):
    server = start(keeping(b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere.invalid/\r\nContent-Length: 0\r\n\r\n"))
    reply = make().send("GET", f"https://localhost:{server.port}/")
    assert (reply.status, reply.headers["location"]) == (302, "https://elsewhere.invalid/")


def test_plain_http_to_this_machine_passes_no_proxy(start, make, monkeypatch):
    proxy, server = start(keeping(OK), tls=False), start(keeping(OK), tls=False)
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
    make().send("GET", f"http://localhost:{server.port}/")
    make(proxy=f"http://127.0.0.1:{proxy.port}").send("GET", f"http://localhost:{server.port}/")
    assert (proxy.connections, len(server.seen)) == (0, 2)


def test_the_option_wins_over_the_environment_s_proxy(start, make, monkeypatch):
    refusal = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
    ours, theirs = start(saying(refusal), tls=False), start(saying(refusal), tls=False)
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{theirs.port}")
    problem(make(proxy=f"http://127.0.0.1:{ours.port}"), "https://localhost:1/")
    assert (ours.connections, theirs.connections) == (1, 0)
    problem(make(), "https://localhost:1/")
    assert (ours.connections, theirs.connections) == (1, 1)
    # What goes to the proxy in clear text holds the address only.
    assert ours.seen[0].startswith("CONNECT localhost:1 ")
    assert TOKEN not in ours.seen[0] + theirs.seen[0]


def test_trust_may_come_from_the_environment(start, make, ca_file, monkeypatch):
    server = start(keeping(OK))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca_file)
    assert make(verify=True).send("GET", f"https://localhost:{server.port}/").status == 200


def test_validation_can_be_switched_off(start, make, monkeypatch):
    server = start(keeping(OK))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent")
    with pytest.warns(Warning, match="Unverified HTTPS request"):
        assert make(verify=False).send("GET", f"https://localhost:{server.port}/").status == 200


def test_client_certificate(start, make, authority, tmp_path):
    server = start(keeping(OK), client_certificate=True)
    mine = authority.issue_cert("client@example.com")
    both, certificate, key = tmp_path / "both.pem", tmp_path / "cert.pem", tmp_path / "key.pem"
    mine.private_key_and_cert_chain_pem.write_to_path(str(both))
    mine.cert_chain_pems[0].write_to_path(str(certificate))
    mine.private_key_pem.write_to_path(str(key))
    url = f"https://localhost:{server.port}/"
    assert make(cert=str(both)).send("GET", url).status == 200
    assert make(cert=(str(certificate), str(key))).send("GET", url).status == 200
    error = problem(make(), url)
    assert re.match(rf"No TLS connection to localhost:{server.port}: .*(?i:certificate required|handshake failure)", error.message)
    assert (error.maybe_done, error.lasting) == (False, True)
    assert len(server.seen) == 2


def test_head_and_204_have_no_body(start, make):
    server = start(keeping(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n"))
    assert make().send("HEAD", f"https://localhost:{server.port}/").content == b""
    server = start(keeping(b"HTTP/1.1 204 No Content\r\nContent-Length: 20\r\n\r\n"))
    assert make().send("DELETE", f"https://localhost:{server.port}/").content == b""


def test_compressed_answers_are_whole(start, make):
    import gzip

    content = gzip.compress(b'{"id": "1"}' * 100)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(content)}\r\n\r\n".encode()
    assert make().send("GET", f"https://localhost:{start(keeping(head + content)).port}/").content == b'{"id": "1"}' * 100
    broken = start(saying(head + content[:-20]))
    assert "broke off" in problem(make(), f"https://localhost:{broken.port}/").message


# -- no whole answer

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("handler", "text"),
    [
        (saying(HEAD + b"Content-Length: 20\r\n\r\n{}"), r"The answer of HOST broke off: .*2.*\."),
        (saying(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel"), r"The answer of HOST broke off: .+\."),
        (saying(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"), r"The answer of HOST broke off: .+\."),
        (saying(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok"), r"The answer of HOST broke off: .+\."),
        (saying(b""), r"The connection to HOST failed: Remote end closed connection without response\."),
        (saying(b"hello\r\n\r\n"), r"The connection to HOST failed: hello\."),
        # Python's versions differ in what they call a reset under TLS, and a reset can overtake what was sent before it.
        (resetting(b""), r"The connection to HOST failed: (.*Connection reset by peer|Remote end closed connection without response)\."),
        (resetting(HEAD + b"Content-Length: 20\r\n\r\n{}"), r"The (connection to HOST failed|answer of HOST broke off): .+\."),
    ],
    ids=["short", "chunk", "last-chunk", "gzip", "hang-up", "junk", "reset", "reset-in-body"],
)
def test_after_the_request_went_out_it_may_have_been_carried_out(start, make, handler, text):
    server = start(handler)
    host = f"localhost:{server.port}"
    error = problem(make(), f"https://{host}/")
    assert re.fullmatch(text.replace("HOST", host), error.message), error.message
    assert (error.maybe_done, error.lasting) == (True, False)
    assert str(error) == f"POST /v3/x got no answer: {error.message}{DOUBT}"
    assert "not known" not in str(problem(make(), f"https://{host}/", "GET"))


@pytest.mark.parametrize("reply", [b"", HEAD + b"Content-Length: 20\r\n\r\n{}"], ids=["silence", "silence-in-body"])
def test_whoever_falls_silent_may_have_carried_it_out(start, make, reply):
    server = start(falling_silent(reply))
    url = f"https://localhost:{server.port}/"
    for method, doubt in (("POST", DOUBT), ("GET", "")):
        transport = make()
        # So that the short time is not that of making a connection.
        transport.send("GET", url)
        transport.timeout = 0.5
        error = problem(transport, url, method)
        assert error.message == f"localhost:{server.port} did not answer within 0.5 seconds."
        assert (error.maybe_done, error.lasting) == (True, False)
        assert str(error) == f"{method} /v3/x got no answer: {error.message}{doubt}"


def test_one_request_may_have_a_timeout_of_its_own(start, make):
    server = start(falling_silent(b""))
    transport = make(timeout=60)
    transport.send("GET", f"https://localhost:{server.port}/")
    with pytest.raises(TransportError) as caught:
        transport.send("GET", f"https://localhost:{server.port}/", timeout=0.5)
    assert caught.value.message == f"localhost:{server.port} did not answer within 0.5 seconds."


def test_a_short_body_is_found_without_the_help_of_the_library(start, make, monkeypatch):
    """urllib3 1.x does not compare the length of a body with what was promised."""
    original = urllib3.response.HTTPResponse.__init__

    def lenient(self, *arguments, **options):
        original(self, *arguments, **{**options, "enforce_content_length": False})

    monkeypatch.setattr(urllib3.response.HTTPResponse, "__init__", lenient)
    server = start(saying(HEAD + b"Content-Length: 20\r\n\r\n{}"))
    error = problem(make(), f"https://localhost:{server.port}/")
    assert error.message == f"The answer of localhost:{server.port} broke off: 2 of 20 bytes."
    assert error.maybe_done is True


def test_a_broken_record_after_the_request_leaves_doubt(start, make):
    def handler(server, connection):
        server.read(connection)
        with socket.socket(fileno=connection.detach()) as raw:
            raw.sendall(b"\x17\x03\x03\x00\x20" + b"?" * 32)
            server.over.wait(0.2)

    assert problem(make(), f"https://localhost:{start(handler).port}/").maybe_done is True


def test_refused(make, closed_port):
    error = problem(make(), f"https://localhost:{closed_port}/")
    assert re.fullmatch(rf"localhost:{closed_port} cannot be reached: \[Errno \d+\] Connection refused\.", error.message)
    assert (error.maybe_done, error.lasting) == (False, False)
    error.attempts = 3
    assert str(error) == f"POST /v3/x got no answer after 3 attempts: {error.message}"


def test_unknown_host(make):
    error = problem(make(), "https://api.invalid/")
    assert error.message == "The host name of api.invalid cannot be resolved; check api_url."
    assert error.maybe_done is False


def test_untrusted_authority(start, make, tmp_path):
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    server = start(keeping(OK))
    for verify in (True, str(other)):
        error = problem(make(verify=verify), f"https://localhost:{server.port}/")
        assert re.fullmatch(
            rf"The certificate of localhost:{server.port} is not trusted \(.*certificate verify failed: .+\); "
            r"set ca_path to the file with its CA\.",
            error.message,
        )
        assert (error.maybe_done, error.lasting) == (False, True)
    assert server.seen == []


@pytest.mark.parametrize("content", ["", "no certificate\n", "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n"])
def test_a_file_that_holds_no_certificate(start, make, tmp_path, content):
    path = tmp_path / "some.pem"
    path.write_text(content, encoding="utf-8")
    server = start(keeping(OK))
    authority = problem(make(verify=str(path)), f"https://localhost:{server.port}/")
    assert re.fullmatch(r"The CA file holds no certificate that can be read \(\[X509.+\); check ca_path\.", authority.message)
    client = problem(make(cert=str(path)), f"https://localhost:{server.port}/")
    assert re.fullmatch(
        r"The client certificate or its key cannot be read \(.*PEM lib.*\); check client_cert and client_key\.", client.message
    )
    assert [(error.maybe_done, error.lasting) for error in (authority, client)] == [(False, True)] * 2
    assert server.seen == []


def test_wrong_host_name(start, make):
    server = start(keeping(OK), names=("api.example.com",))
    error = problem(make(), f"https://localhost:{server.port}/")
    reason = "Hostname mismatch, certificate is not valid for 'localhost'|hostname 'localhost' doesn't match 'api.example.com'"
    assert re.fullmatch(rf"The certificate of localhost:{server.port} is for another host \(({reason})\); check api_url\.", error.message)
    assert (error.maybe_done, error.lasting) == (False, True)
    assert server.seen == []


def test_no_tls_at_all(start, make):
    def handler(server, connection):
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        hang_up(connection)

    server = start(handler, tls=False)
    error = problem(make(), f"https://localhost:{server.port}/")
    assert re.match(rf"No TLS connection to localhost:{server.port}: .*(?i:wrong version number|record layer failure)", error.message)
    assert server.seen == []


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "Tunnel connection failed: 407 Proxy Authentication Required"),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "Tunnel connection failed: 403 Forbidden"),
    ],
)
def test_a_proxy_that_refuses(start, make, reply, text):
    server = start(saying(reply), tls=False)
    error = problem(make(proxy=f"http://somebody:sesame@127.0.0.1:{server.port}"), "https://api.invalid/")
    assert error.message == f"The proxy did not let the request through to api.invalid: {text}."
    assert error.maybe_done is False


def test_a_proxy_that_is_not_there(make, closed_port):
    error = problem(make(proxy=f"http://somebody:sesame@127.0.0.1:{closed_port}"), "https://api.invalid/")
    assert re.fullmatch(r"The proxy did not let the request through to api\.invalid: \[Errno \d+\] Connection refused\.", error.message)
    assert error.maybe_done is False
    error = problem(make(proxy="http://somebody:sesame@proxy.invalid:3128"), "https://api.invalid/")
    assert re.match(r"The proxy did not let the request through to api\.invalid: .*(not known|resolve)", error.message)


@pytest.mark.parametrize("host", ["a..com", "a" * 70 + ".com", "*.com", "\udc80.com"])
def test_addresses_that_cannot_be(make, host):
    error = problem(make(), f"https://{host}/")
    assert error.message.startswith("The request to ")
    assert (error.maybe_done, error.lasting) == (False, True)


def test_a_header_with_a_line_break_is_not_sent(start, make):
    server = start(keeping(OK))
    with pytest.raises(TransportError, match="cannot be sent"):
        make().send("GET", f"https://localhost:{server.port}/", headers={"X-A": "1\r\nX-B: 2"})
    assert server.seen == []


def test_the_token_is_not_shown(make):
    transport = make()
    assert TOKEN not in repr(transport) + repr(vars(transport)) + repr(vars(transport._session))
