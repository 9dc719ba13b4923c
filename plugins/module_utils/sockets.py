# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Websockets with the authentication, TLS, proxy and errors of the client. The only file that knows the websocket library."""

from __future__ import annotations

import os
import socket
import ssl
from typing import Any, Dict, Optional, Union
from urllib.parse import unquote, urlsplit

from .client import ApiError, Client
from .resource import ResourceError
from .settings import Settings
from .transport import RawReply, TransportError

NO_CODE = 1006  # RFC 6455 section 7.4.1: what stands for a close without a code


class SocketClosedError(TransportError):
    """The service closed a websocket. ``code`` is that of RFC 6455, 1006 where the connection just broke; ``reason`` its words."""

    def __init__(self, path: str, code: int, reason: str) -> None:
        words = f": {reason}" if reason else ""
        super().__init__(f"The service closed the websocket with code {code}{words}.", maybe_done=True, method="GET", path=path)
        self.code = code
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class Socket:
    """One open websocket. Text goes as text, bytes as binary."""

    def __init__(self, path: str, library: Any, connection: Any) -> None:
        self.path = path
        self._library = library
        self._connection = connection

    def send(self, data: Union[str, bytes]) -> None:
        """Send one message.

        :raises SocketClosedError: when the connection is gone.
        """
        try:
            if isinstance(data, str):
                self._connection.send(data)
            else:
                self._connection.send_binary(data)
        except (self._library.WebSocketException, OSError) as error:
            raise SocketClosedError(self.path, NO_CODE, str(error)) from error

    def receive(self, timeout: float) -> Optional[Union[str, bytes]]:
        """The next message, None when none came in time. Pings are answered on the way.

        :param timeout: seconds.
        :raises SocketClosedError: when the service closed, or the connection broke.
        """
        self._connection.settimeout(max(timeout, 0.001))
        try:
            code, data = self._connection.recv_data()
        except self._library.WebSocketTimeoutException:
            return None
        except (self._library.WebSocketException, OSError) as error:
            raise SocketClosedError(self.path, NO_CODE, str(error)) from error
        if code == self._library.ABNF.OPCODE_CLOSE:
            number = int.from_bytes(data[:2], "big") if len(data) >= 2 else NO_CODE
            raise SocketClosedError(self.path, number, data[2:].decode("utf-8", "replace"))
        received: bytes = data
        return received.decode("utf-8", "replace") if code == self._library.ABNF.OPCODE_TEXT else received

    def close(self) -> None:
        """Close it; closing twice does nothing."""
        self._connection.close(timeout=1)

    def __enter__(self) -> Socket:
        return self

    def __exit__(self, *_exception: Any) -> None:
        self.close()


def connect(client: Client, path: str, sender: str = "") -> Socket:
    """Open a websocket at a path of the API.

    :param sender: what is to be told of the sender behind the client's own name.
    :raises ResourceError: without the library websocket-client, or with a proxy that it cannot use.
    :raises ApiError: when the service refuses.
    :raises TransportError: when it cannot be reached.
    """
    library = _library()
    settings = client.settings
    url = "ws" + settings.api_url[len("http") :] + path
    parts = urlsplit(url)
    options: Dict[str, Any] = {"sslopt": {"context": _context(settings)}, **_proxy(settings)}
    try:
        if parts.scheme == "ws":
            # Unencrypted connections stay on this machine: the library would ask a proxy.
            options = {"socket": socket.create_connection((parts.hostname, parts.port or 80), settings.timeout)}
        connection = library.create_connection(
            url,
            timeout=settings.timeout,
            header={"User-Agent": f"{client.user_agent} {sender}".strip(), **client.credentials.headers()},
            suppress_origin=True,
            # A redirect would carry the key to another place.
            redirect_limit=0,
            **options,
        )
    except library.WebSocketBadStatusException as error:
        raw = RawReply(error.status_code, dict(error.resp_headers or {}), bytes(error.resp_body or b""))
        refusal = client.judge("GET", path, raw)
        if isinstance(refusal, ApiError):
            raise refusal from None
        raise ApiError("The service does not speak websockets here.", status=error.status_code, method="GET", path=path) from None
    except (library.WebSocketException, OSError, ssl.SSLError) as error:
        raise TransportError(
            f"No websocket to {parts.netloc}: {str(error).rstrip('.')}.", maybe_done=False, method="GET", path=path
        ) from error
    return Socket(path, library, connection)


def available() -> bool:
    """Whether the library is there."""
    try:
        _library()
    except ResourceError:
        return False
    return True


def _library() -> Any:
    try:
        import websocket
    except ImportError:
        raise ResourceError(
            "Websockets need the Python library websocket-client, which is missing where this task runs; install it with: "
            "pip install websocket-client"
        ) from None
    return websocket


def _context(settings: Settings) -> ssl.SSLContext:
    """TLS as the client has it: the same trust, the same client certificate."""
    import requests.utils

    context = ssl.create_default_context()
    if settings.verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or requests.utils.DEFAULT_CA_BUNDLE_PATH
        trusted = bundle if settings.verify is True else settings.verify
        context.load_verify_locations(**{"capath" if os.path.isdir(trusted) else "cafile": trusted})
    if settings.client_cert:
        context.load_cert_chain(settings.client_cert, settings.client_key)
    return context


def _proxy(settings: Settings) -> Dict[str, Any]:
    """The proxy that was asked for; without one the library reads the usual variables."""
    if not settings.proxy:
        return {}
    parts = urlsplit(settings.proxy)
    if parts.scheme != "http":
        raise ResourceError("Websockets go through proxies whose address begins with http:// only.")
    auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return {"http_proxy_host": parts.hostname, "http_proxy_port": parts.port or 80, "http_proxy_auth": auth, "proxy_type": "http"}
