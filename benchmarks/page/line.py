"""A line between a browser and servers, as slow as asked: one for all their connections."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

_PIECE = 4096


@dataclass(frozen=True)
class Speed:
    """How slow a line is.

    Parameters
    ----------
    name : str
    bits_per_second : float or None
        Towards the browser; None is as fast as the machine.
    round_trip : float
        In seconds; a new connection takes one before its first request.
    """

    name: str
    bits_per_second: float | None = None
    round_trip: float = 0.0


LOOPBACK = Speed("loopback")
SLOW = Speed("4 Mbit/s, 100 ms", 4e6, 0.1)


class Line:
    """Passes connections on, and counts what comes to the browser."""

    def __init__(self, speed: Speed) -> None:
        self.speed = speed
        self.received = 0
        self._free_at = 0.0

    async def listen(self, host: str, port: int) -> int:
        """Listen for a server; return the port that the browser is to ask."""

        async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            # Where the browser leaves while something is on its way, the rest is of no use.
            try:
                await asyncio.sleep(self.speed.round_trip)
                there, back = await asyncio.open_connection(host, port)
                await asyncio.gather(
                    self._pass(reader, back, counted=False), self._pass(there, writer, counted=True)
                )
            except (OSError, asyncio.CancelledError):
                writer.close()

        server = await asyncio.start_server(accepted, "127.0.0.1", 0)
        found: int = server.sockets[0].getsockname()[1]
        return found

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, counted: bool
    ) -> None:
        loop = asyncio.get_running_loop()
        due: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(256)

        async def deliver() -> None:
            while True:
                when, piece = await due.get()
                await asyncio.sleep(max(0.0, when - loop.time()))
                if not piece:
                    break
                writer.write(piece)
                await writer.drain()
                self.received += len(piece) if counted else 0
            writer.close()

        delivery = asyncio.ensure_future(deliver())
        try:
            while piece := await reader.read(_PIECE):
                await due.put((await self._sent(len(piece), counted), piece))
            await due.put((loop.time() + self.speed.round_trip / 2, b""))
            await delivery
        finally:
            delivery.cancel()

    async def _sent(self, size: int, counted: bool) -> float:
        """Wait until the line has room; return when what is sent now arrives."""
        loop = asyncio.get_running_loop()
        rate = self.speed.bits_per_second
        if counted and rate is not None:
            self._free_at = max(self._free_at, loop.time()) + size * 8 / rate
            await asyncio.sleep(max(0.0, self._free_at - loop.time()))
        return loop.time() + self.speed.round_trip / 2


@contextmanager
def lines(speed: Speed, ports: Sequence[int]) -> Iterator[tuple[Line, list[str]]]:
    """Lay one line to servers of this machine; yield it with the addresses to ask."""
    line, loop = Line(speed), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        laid = [
            asyncio.run_coroutine_threadsafe(line.listen("127.0.0.1", port), loop).result(10)
            for port in ports
        ]
        yield line, [f"http://127.0.0.1:{port}" for port in laid]
    finally:
        asyncio.run_coroutine_threadsafe(_hang_up(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


async def _hang_up() -> None:
    """End all connections that are still kept alive."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
