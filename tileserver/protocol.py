"""HTTP as uvicorn speaks it, with the bounds that it leaves to a proxy."""

from __future__ import annotations

import json
from asyncio import Transport
from asyncio.events import TimerHandle
from http import HTTPStatus
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class BoundedProtocol(HttpToolsProtocol):
    """Let no client keep a request line and headers growing, or never finish them.

    What cannot be read as HTTP is a problem document as well.
    """

    #: Bytes of a request line and its headers, and what else came with the last of them.
    head_bytes: ClassVar[int] = 128 << 10
    #: How long a client may take to send them, in seconds.
    head_seconds: ClassVar[float] = 30.0

    _head = 0
    _in_head = True
    _timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what came, unless too much came before a body."""
        if self._in_head:
            self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > self.head_bytes and not self.transport.is_closing():
            self._refuse(431, f"A request's headers are over the limit of {self.head_bytes} bytes.")

    def on_message_begin(self) -> None:
        """Begin to read a request."""
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        """Hand the request on; its body is bounded elsewhere."""
        self._in_head = False
        self._head = 0
        self._stop_timer()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Say that what came is no HTTP, and hang up."""
        self._refuse(400, "This is no HTTP request that the server can read.")

    def _await_head(self) -> None:
        self._in_head = True
        self._stop_timer()
        self._timer = self.loop.call_later(self.head_seconds, self._give_up)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._await_head()  # the answer to the one before is still on its way
        elif self._in_head and not self.transport.is_closing():
            self._refuse(408, f"A request's headers did not come within {self.head_seconds:g} s.")

    def _refuse(self, status: int, detail: str) -> None:
        title = HTTPStatus(status).phrase
        body = json.dumps(
            {"type": "about:blank", "title": title, "status": status, "detail": detail}
        ).encode()
        head = (
            f"HTTP/1.1 {status} {title}\r\ncontent-type: application/problem+json\r\n"
            f"cache-control: no-store\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
