"""The load: HTTP/1.1 over kept-alive connections, each asking one thing after the other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import httptools
import uvloop

#: Seconds after which a run of requests has failed.
_PATIENCE = 60.0


@dataclass(frozen=True)
class Ask:
    """One request: its path, and half-open byte range where only a part is wanted."""

    path: str
    span: tuple[int, int] | None = None

    def wire(self) -> bytes:
        """Return the request as it is sent."""
        lines = [f"GET {self.path} HTTP/1.1", "Host: 127.0.0.1", "User-Agent: benchmark"]
        if self.span:
            lines.append(f"Range: bytes={self.span[0]}-{self.span[1] - 1}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


@dataclass(frozen=True)
class Load:
    """What a run of requests came to.

    Parameters
    ----------
    seconds : float
        Wall time of the whole run.
    latencies : list of float
        Seconds, sorted.
    statuses : dict
        How often each status came.
    received : int
        Bytes of bodies.
    """

    seconds: float
    latencies: list[float]
    statuses: dict[int, int]
    received: int

    @property
    def count(self) -> int:
        """Requests answered."""
        return len(self.latencies)

    def percentile(self, share: float) -> float:
        """Return a latency in seconds."""
        return self.latencies[min(int(share * self.count), self.count - 1)]


def drive(port: int, streams: Sequence[Sequence[Ask]]) -> Load:
    """Send every stream over a connection of its own, all at the same time."""
    return uvloop.run(_drive(port, [[ask.wire() for ask in stream] for stream in streams]))


def split(asks: Sequence[Ask], connections: int) -> list[list[Ask]]:
    """Deal requests out to connections."""
    return [list(asks[i::connections]) for i in range(connections) if asks[i::connections]]


class _Connection(asyncio.Protocol):
    """Asks for one thing after the other and notes how long each took."""

    def __init__(self, wires: list[bytes], done: asyncio.Future[None], port: int) -> None:
        self._wires = iter(wires)
        self._done = done
        self._port = port
        self._renewing: asyncio.Task[object] | None = None
        self._answered = False
        self._parser = httptools.HttpResponseParser(self)
        self.latencies: list[float] = []
        self.statuses: dict[int, int] = {}
        self.received = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._renewing = None
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except Exception as exc:
            self._fail(exc)

    def on_headers_complete(self) -> None:
        self._answered = True

    def on_body(self, body: bytes) -> None:
        self.received += len(body)

    def on_message_complete(self) -> None:
        self._answered = False
        self.latencies.append(time.perf_counter() - self._sent)
        status = self._parser.get_status_code()
        self.statuses[status] = self.statuses.get(status, 0) + 1
        alive = self._parser.should_keep_alive()
        self._parser = httptools.HttpResponseParser(self)
        if alive:
            self._next()
        else:
            self._renew()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._renewing is not None:
            return
        if self._answered and exc is None:  # a body that ends where the connection does
            self.on_message_complete()
        else:
            self._fail(exc or ConnectionError("the server closed the connection"))

    def _renew(self) -> None:
        """Open another connection to a server that does not keep them."""
        self._transport.close()
        loop = asyncio.get_running_loop()
        self._renewing = loop.create_task(
            loop.create_connection(lambda: self, "127.0.0.1", self._port)
        )

    def _next(self) -> None:
        wire = next(self._wires, None)
        if wire is None:
            if not self._done.done():
                self._done.set_result(None)
            return
        self._sent = time.perf_counter()
        self._transport.write(wire)  # type: ignore[attr-defined]

    def _fail(self, exc: BaseException) -> None:
        if not self._done.done():
            self._done.set_exception(exc)


async def _drive(port: int, streams: list[list[bytes]]) -> Load:
    loop = asyncio.get_running_loop()
    waiting: list[asyncio.Future[None]] = []
    made: list[_Connection] = []
    began = time.perf_counter()
    for wires in streams:
        done = loop.create_future()
        made.append(_Connection(wires, done, port))
        await loop.create_connection(partial(made.__getitem__, -1), "127.0.0.1", port)
        waiting.append(done)
    async with asyncio.timeout(_PATIENCE):
        await asyncio.gather(*waiting)
    seconds = time.perf_counter() - began
    for connection in made:
        connection._transport.close()
    statuses: dict[int, int] = {}
    for connection in made:
        for status, count in connection.statuses.items():
            statuses[status] = statuses.get(status, 0) + count
    return Load(
        seconds,
        sorted(t for c in made for t in c.latencies),
        statuses,
        sum(c.received for c in made),
    )
