# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Into a gateway: bytes to and from one of its TCP services, and its console. Knows nothing of Ansible.

::

    with Tunnel(client, device_id, "localhost:5000") as tunnel:
        tunnel.send(b"GET / HTTP/1.0\\r\\n\\r\\n")
        answer = tunnel.read()

Sources: communicateWithGatewayBasedServices and establishGatewayDeviceConsoleSession of the vendor's OpenAPI description of January 2021.
"""

from __future__ import annotations

import json
from typing import Any, List, Optional

from . import sockets
from .client import ApiError, Client
from .resources import connect

_SENDER = "client/tunnel"
# Nothing is wrong with these: closed normally, going away (RFC 6455 section 7.4.1).
_ENDS = (1000, 1001)


class Tunnel:
    """A connection to a TCP service of a gateway.

    :param address: host and port as the gateway sees them, such as ``localhost:5000``.
    :raises ResourceError: for what is no device id or no address, and without the library websocket-client.
    :raises ApiError: when the service refuses: the gateway is unknown or not connected, or the key may not.
    :raises TransportError: when the service cannot be reached.
    """

    def __init__(self, client: Client, device_id: str, address: str) -> None:
        documented, later = connect.tunnels(device_id, address)
        try:
            self._socket = sockets.connect(client, documented, _SENDER)
        except ApiError as error:
            if error.type != "unrecognized_request":
                raise
            self._socket = sockets.connect(client, later, _SENDER)
        self._ended = False

    def send(self, data: bytes) -> None:
        """Send bytes.

        :raises SocketClosedError: when the connection is gone.
        """
        self._socket.send(data)

    def receive(self, timeout: float = 60) -> Optional[bytes]:
        """The next bytes, as many as came together; none of them (``b""``) at the end, None when nothing came in time.

        :param timeout: seconds.
        :raises SocketClosedError: when the connection broke.
        """
        while not self._ended:
            try:
                data = self._socket.receive(timeout)
            except sockets.SocketClosedError as error:
                if error.code not in _ENDS:
                    raise
                self._ended = True
                break
            if data is None:
                return None
            if data:
                return data.encode() if isinstance(data, str) else data
        return b""

    def read(self, timeout: float = 60) -> bytes:
        """All that comes until the end, or until nothing came for ``timeout`` seconds.

        :raises SocketClosedError: when the connection broke.
        """
        pieces: List[bytes] = []
        while True:
            piece = self.receive(timeout)
            if not piece:
                return b"".join(pieces)
            pieces.append(piece)

    def close(self) -> None:
        """Close it; closing twice does nothing."""
        self._socket.close()

    def __enter__(self) -> Tunnel:
        return self

    def __exit__(self, *_exception: Any) -> None:
        self.close()


class Console:
    """The console of a gateway: what one types goes in, what it prints comes out.

    :raises ResourceError, ApiError, TransportError: as ``Tunnel``.
    """

    def __init__(self, client: Client, device_id: str) -> None:
        self._socket = sockets.connect(client, connect.console(device_id), _SENDER)

    def input(self, text: str) -> None:
        """Type text; a command ends with a line feed.

        :raises SocketClosedError: when the connection is gone.
        """
        self._send("input", text)

    def resize(self, width: int, height: int) -> None:
        """Tell how many columns and rows can be seen.

        :raises SocketClosedError: when the connection is gone.
        """
        self._send("resize", {"width": width, "height": height})

    def output(self, timeout: float = 60) -> Optional[str]:
        """The next text that the console prints, None when it printed nothing in time.

        :param timeout: seconds.
        :raises SocketClosedError: when the console is not available any more (1011), or the connection broke.
        """
        while True:
            message = self._socket.receive(timeout)
            if message is None:
                return None
            try:
                envelope = json.loads(message)
            except ValueError:
                continue
            if isinstance(envelope, dict) and envelope.get("type") == "output":
                return str(envelope.get("payload", ""))

    def _send(self, kind: str, payload: Any) -> None:
        self._socket.send(json.dumps({"type": kind, "payload": payload}))

    def close(self) -> None:
        """Close it; closing twice does nothing."""
        self._socket.close()

    def __enter__(self) -> Console:
        return self

    def __exit__(self, *_exception: Any) -> None:
        self.close()
