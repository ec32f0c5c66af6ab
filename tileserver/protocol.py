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

    Nor may it leave an answer lying, which is held for it until it takes it. What cannot be read as
    HTTP is a problem document as well.
    """

    #: Bytes of a request line and its headers, and what else came with the last of them.
    head_bytes: ClassVar[int] = 128 << 10
    #: How long a client may take to send them, in seconds.
    head_seconds: ClassVar[float] = 30.0
    #: How many bytes of an answer a client takes at least, in so many seconds.
    pace_bytes: ClassVar[int] = 64 << 10
    pace_seconds: ClassVar[float] = 180.0
    #: Bytes of answers that wait for their clients, together; beyond, who waits longest is let go.
    unsent_bytes: ClassVar[int] = 128 << 20

    #: Connections whose clients are behind, the longest first.
    _behind: ClassVar[dict[BoundedProtocol, None]] = {}
    _head = 0
    _in_head = True
    _timer: TimerHandle | None = None
    _pace_timer: TimerHandle | None = None
    _unsent = 0

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_timer()
        self._caught_up()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Begin to wait for the client, which is behind with an answer."""
        super().pause_writing()
        self._behind[self] = None
        self._await_reader()
        unsent = {p: p.transport.get_write_buffer_size() for p in self._behind}
        total = sum(unsent.values())
        for protocol, size in unsent.items():
            if total <= self.unsent_bytes or protocol is self:
                break
            total -= size
            protocol.transport.abort()

    def resume_writing(self) -> None:
        """Go on with the answer."""
        self._caught_up()
        super().resume_writing()

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

    def _await_reader(self) -> None:
        self._unsent = self.transport.get_write_buffer_size()
        self._pace_timer = self.loop.call_later(self.pace_seconds, self._check_pace)

    def _check_pace(self) -> None:
        taken = self._unsent - self.transport.get_write_buffer_size()
        if taken < self.pace_bytes:
            self.transport.abort()  # what it never took is held no longer
        else:
            self._await_reader()

    def _caught_up(self) -> None:
        self._behind.pop(self, None)
        if self._pace_timer is not None:
            self._pace_timer.cancel()
            self._pace_timer = None

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
