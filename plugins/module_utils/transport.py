# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Bytes over HTTPS: TLS, proxies, time-outs, pooling. The only file that knows the HTTP library.

It neither retries nor interprets: it gives back whatever answer came, or says exactly what went wrong and
whether the request may already have been carried out.
"""

from __future__ import annotations

import http.cookiejar
import re
import socket
import traceback
from dataclasses import dataclass
from typing import Any, BinaryIO, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, Union
from urllib.parse import urlsplit

try:
    import requests
    import requests.adapters
    import requests.auth
    import requests.exceptions
    import urllib3.exceptions

    REQUESTS_IMPORT_ERROR: Optional[str] = None
except ImportError:
    REQUESTS_IMPORT_ERROR = traceback.format_exc()

Query = Sequence[Tuple[str, str]]
Body = Union[bytes, str, Any, None]
# What TLS says only while a connection is being made (with TLS 1.3 also just after): nothing has been carried out then.
_HANDSHAKE = re.compile(r"CERTIFICATE|HANDSHAKE|PROTOCOL|UNKNOWN_CA|UNRECOGNIZED_NAME|hostname '|X509|PEM lib|KEY_VALUES_MISMATCH")
_DISTRUST = re.compile(r"CERTIFICATE|hostname '|X509|PEM lib|KEY_VALUES_MISMATCH")


class TransportError(Exception):
    """No usable answer: DNS, TLS, proxy, time-out, reset, or an answer that broke off.

    ``maybe_done`` tells whether the service may have carried the request out, ``lasting`` that another try cannot help.
    ``method``, ``path`` and ``attempts`` say what was tried; ``context`` is what a caller adds (such as how much of a list had
    been read), ``changed`` whether that caller had changed something before.
    """

    def __init__(
        self, message: str, *, maybe_done: bool, lasting: bool = False, method: str = "", path: str = "", attempts: int = 1
    ) -> None:
        super().__init__(message)
        self.message = message
        self.maybe_done = maybe_done
        self.lasting = lasting
        self.method = method
        self.path = path
        self.attempts = attempts
        self.context = ""
        self.changed = False

    def __str__(self) -> str:
        tries = f" after {self.attempts} attempts" if self.attempts > 1 else ""
        doubt = ""
        if self.maybe_done and self.method not in ("GET", "HEAD"):
            doubt = " It is not known whether the service carried the request out."
        return f"{self.method} {self.path} got no answer{tries}{self.context}: {self.message}{doubt}"


@dataclass(frozen=True)
class RawReply:
    """An answer as it came: ``headers`` compare without case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Transport:
    """One pooled session that logs in to one origin.

    :param authorize: gives the headers that authenticate a request, anew for each; they are never shown in ``repr`` or errors.
    :param verify: True (system trust), False, or the path of a CA file or folder.
    :param cert: a client certificate file, or a pair of certificate and key files.
    :param proxy: a proxy URL; without it the usual ``HTTPS_PROXY``/``NO_PROXY`` variables count.
    :param timeout: seconds to wait for a connection and between two bytes of an answer.
    :param pool_size: connections kept open side by side.
    """

    def __init__(
        self,
        *,
        authorize: Callable[[], Mapping[str, str]],
        verify: Union[bool, str] = True,
        cert: Union[str, Tuple[str, str], None] = None,
        proxy: Optional[str] = None,
        timeout: float = 60.0,
        user_agent: str = "",
        pool_size: int = 10,
    ) -> None:
        session = requests.Session()
        # An explicit `auth` keeps requests from replacing our header by what a .netrc file holds for the host.
        session.auth = _Authorization(authorize)
        session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        adapter = requests.adapters.HTTPAdapter(pool_connections=2, pool_maxsize=pool_size)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        session.headers["User-Agent"] = user_agent
        session.headers["Accept"] = "application/json, */*;q=0.1"
        if cert:
            session.cert = cert
        self._session = session
        # Worked out once per origin: requests would read the environment again for every call.
        self._verify = verify
        self._proxy = proxy
        self._environment: Dict[str, Dict[str, Any]] = {}
        self.timeout = timeout

    def _settings_for(self, url: str) -> Dict[str, Any]:
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        if origin not in self._environment:
            given = {"https": self._proxy, "http": self._proxy} if self._proxy else {}
            # With verify=True, REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE count as they do elsewhere.
            settings = dict(self._session.merge_environment_settings(url, given, True, self._verify, None))
            if url.startswith("http:"):
                # Unencrypted requests stay on this machine: a proxy would carry the token across the network.
                settings["proxies"] = {}
            self._environment[origin] = settings
        return self._environment[origin]

    def send(
        self,
        method: str,
        url: str,
        *,
        query: Query = (),
        headers: Optional[Mapping[str, str]] = None,
        data: Body = None,
        files: Any = None,
        sink: Optional[BinaryIO] = None,
        anonymous: bool = False,
        timeout: Optional[float] = None,
    ) -> RawReply:
        """Send one request and read its whole answer. Redirects are given back, not followed.

        :param sink: takes the body of a success piece by piece, so that it need not fit into memory; ``content`` is then empty.
        :param anonymous: without the token, for addresses that are not the service's.
        :param timeout: for this request, instead of that of all.
        :raises TransportError: when no whole answer came.
        """
        seconds = self.timeout if timeout is None else timeout
        try:
            request = requests.Request(method, url, params=list(query), headers=dict(headers or {}), data=data, files=files)
            if anonymous:
                request.auth = _Nobody()
            prepared = self._session.prepare_request(request)
            reply = self._session.send(prepared, timeout=seconds, allow_redirects=False, **self._settings_for(url))
            with reply:
                # In large pieces: requests' own ten kilobytes a piece cost a tenth of the time of a long list.
                pieces = reply.iter_content(1 << 20)
                if sink is None or not 200 <= reply.status_code < 300:
                    content = b"".join(pieces)
                else:
                    content = b""
                    for piece in pieces:
                        sink.write(piece)
                _check_length(method, reply)
                return RawReply(reply.status_code, reply.headers, content)
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError, UnicodeError) as error:
            raise _explain(error, url, seconds) from error

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()


if REQUESTS_IMPORT_ERROR is None:

    class _Authorization(requests.auth.AuthBase):
        def __init__(self, authorize: Callable[[], Mapping[str, str]]) -> None:
            self._authorize = authorize

        def __call__(self, request: Any) -> Any:
            request.headers.update(self._authorize())
            return request

    class _Nobody(requests.auth.AuthBase):
        def __call__(self, request: Any) -> Any:
            return request


def _check_length(method: str, reply: Any) -> None:
    """urllib3 1.x hands out a short body without a word."""
    promised = reply.headers.get("Content-Length", "")
    if method == "HEAD" or not promised.isdecimal() or reply.status_code in (204, 304):
        return
    received = reply.raw.tell()
    if received < int(promised):
        raise requests.exceptions.ChunkedEncodingError(f"{received} of {promised} bytes")


def _explain(error: Exception, url: str, timeout: float) -> TransportError:
    """Put an error of the HTTP library into one plain sentence, and say whether the request may have been carried out."""
    host = urlsplit(url).netloc
    chain = _chain(error)
    names = {type(link).__name__ for link in chain}
    exceptions = requests.exceptions
    if isinstance(error, exceptions.ProxyError):
        return TransportError(f"The proxy did not let the request through to {host}: {_last(chain)}.", maybe_done=False)
    if isinstance(error, exceptions.SSLError):
        reason = _last(chain)
        return TransportError(_explain_tls(host, reason), maybe_done=not _HANDSHAKE.search(reason), lasting=bool(_DISTRUST.search(reason)))
    if isinstance(error, exceptions.ConnectTimeout):
        return TransportError(f"{host} did not accept a connection within {timeout:g} seconds.", maybe_done=False)
    if isinstance(error, exceptions.ReadTimeout) or "ReadTimeoutError" in names:
        return TransportError(f"{host} did not answer within {timeout:g} seconds.", maybe_done=True)
    if "NameResolutionError" in names or any(isinstance(link, socket.gaierror) for link in chain):
        return TransportError(f"The host name of {host} cannot be resolved; check api_url.", maybe_done=False)
    if "NewConnectionError" in names or "ConnectionRefusedError" in names:
        return TransportError(f"{host} cannot be reached: {_last(chain)}.", maybe_done=False)
    if isinstance(error, (exceptions.ChunkedEncodingError, exceptions.ContentDecodingError)) or "IncompleteRead" in names:
        return TransportError(f"The answer of {host} broke off: {_last(chain)}.", maybe_done=True)
    if isinstance(error, ValueError):  # which all that the library finds wrong with an address or header is
        return TransportError(f"The request to {host} cannot be sent: {_last(chain)}.", maybe_done=False, lasting=True)
    return TransportError(f"The connection to {host} failed: {_last(chain)}.", maybe_done=True)


def _explain_tls(host: str, reason: str) -> str:
    if "X509" in reason:
        return f"The CA file holds no certificate that can be read ({reason}); check ca_path."
    if "PEM lib" in reason or "KEY_VALUES_MISMATCH" in reason:
        return f"The client certificate or its key cannot be read ({reason}); check client_cert and client_key."
    if "hostname" in reason.lower():
        return f"The certificate of {host} is for another host ({reason.split('verify failed: ')[-1]}); check api_url."
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        return f"The certificate of {host} is not trusted ({reason}); set ca_path to the file with its CA."
    return f"No TLS connection to {host}: {reason}."


def _chain(error: BaseException) -> List[BaseException]:
    """The error and everything it wraps, outermost first."""
    links: List[BaseException] = []
    pending: List[Any] = [error]
    while pending:
        link = pending.pop(0)
        if not isinstance(link, BaseException) or link in links:
            continue
        links.append(link)
        pending.extend([link.__cause__, getattr(link, "reason", None), *link.args, link.__context__])
    return links


def _last(chain: List[BaseException]) -> str:
    """The words of the innermost error: the outer ones repeat them together with memory addresses."""
    # A TypeError is how urllib3 1.x finds out what the standard library can do.
    texts = [str(link) for link in chain if str(link) and not isinstance(link, TypeError)]
    shortest = min(texts, key=len) if texts else type(chain[0]).__name__
    return re.sub(r" \(_ssl\.c:\d+\)", "", shortest).strip().rstrip(".")
