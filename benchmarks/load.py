"""The load: HTTP/1.1 over kept-alive connections, each asking one thing after the other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

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


@dataclass
class _Stream:
    """One client: what it still asks for, and what it has seen."""

    port: int
    wires: Iterator[bytes]
    done: asyncio.Future[None]
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    received: int = 0
    last: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Open a connection and ask on."""
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: _Connection(self), "127.0.0.1", self.port)
        except OSError as exc:
            self.end(exc)

    def end(self, exc: BaseException | None = None) -> None:
        """Be done, well or not."""
        if self.done.done():
            return
        if exc is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(exc)


class _Connection(asyncio.Protocol):
    """Asks for one thing after the other, as long as the server keeps the connection."""

    def __init__(self, stream: _Stream) -> None:
        self._stream = stream
        self._answered = self._over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except Exception as exc:
            self._stream.end(exc)

    def on_headers_complete(self) -> None:
        self._answered = True

    def on_body(self, body: bytes) -> None:
        self._stream.received += len(body)

    def on_message_complete(self) -> None:
        self._complete(self._parser.should_keep_alive())

    def connection_lost(self, exc: Exception | None) -> None:
        if self._over:
            return
        if self._answered and exc is None:  # a body that ends where the connection does
            self._complete(alive=False)
        else:
            self._stream.end(exc or ConnectionError("the server closed the connection"))

    def _complete(self, alive: bool) -> None:
        stream = self._stream
        stream.latencies.append(time.perf_counter() - self._sent)
        status = self._parser.get_status_code()
        stream.statuses[status] = stream.statuses.get(status, 0) + 1
        if alive:
            self._next()
            return
        self._over = True
        self._transport.close()
        stream.last = asyncio.get_running_loop().create_task(stream.connect())

    def _next(self) -> None:
        wire = next(self._stream.wires, None)
        if wire is None:
            self._over = True
            self._transport.close()
            self._stream.end()
            return
        self._answered = False
        self._parser = httptools.HttpResponseParser(self)
        self._sent = time.perf_counter()
        self._transport.write(wire)  # type: ignore[attr-defined]


async def _drive(port: int, streams: list[list[bytes]]) -> Load:
    loop = asyncio.get_running_loop()
    clients = [_Stream(port, iter(wires), loop.create_future()) for wires in streams]
    began = time.perf_counter()
    async with asyncio.timeout(_PATIENCE):
        await asyncio.gather(*(client.connect() for client in clients))
        await asyncio.gather(*(client.done for client in clients))
    seconds = time.perf_counter() - began
    statuses: dict[int, int] = {}
    for client in clients:
        for status, count in client.statuses.items():
            statuses[status] = statuses.get(status, 0) + count
    return Load(
        seconds,
        sorted(t for client in clients for t in client.latencies),
        statuses,
        sum(client.received for client in clients),
    )
