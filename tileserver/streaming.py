"""Long answers sent while they are made: in bounded memory, and no longer than somebody listens."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator, Mapping

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tileserver.problems import BusyError
from tileserver.work import Workbench

#: Bytes, and seconds, that one job makes before others have their turn.
_BATCH_BYTES, _BATCH_SECONDS = 1 << 20, 0.05
#: How long a client may take nothing before it is let go, in seconds.
_PATIENCE = 60.0
#: How long a job waits for its turn among others before it asks again, in seconds.
_PAUSE = 0.05


class Gate:
    """Let in so many at once, and no more.

    Parameters
    ----------
    limit : int
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._inside = 0

    def enter(self) -> None:
        """Go in.

        Raises
        ------
        BusyError
            It is full.
        """
        if self._inside >= self._limit:
            raise BusyError(self._limit)
        self._inside += 1

    def leave(self) -> None:
        """Go out."""
        self._inside -= 1


class Streamed(Response):
    """An answer made piece by piece on the workbench while it is sent.

    When the client goes away, or takes nothing for a minute, the work stops. When a piece cannot be
    made the connection is broken off, so that what arrived is never taken for the whole.

    Parameters
    ----------
    pieces : iterator of bytes
    begin : bytes
        What was made already.
    headers : mapping
    media_type : str
    work : Workbench
    gate : Gate
        Which was entered, and is left at the end.
    """

    def __init__(
        self,
        pieces: Iterator[bytes],
        begin: bytes,
        headers: Mapping[str, str],
        media_type: str,
        work: Workbench,
        gate: Gate,
    ) -> None:
        super().__init__(None, 200, dict(headers), media_type)
        if not any(name.lower() == "content-length" for name in headers):
            del self.headers["content-length"]
        self._pieces, self._begin, self._work, self._gate = pieces, begin, work, gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            body, more = self._begin, True
            while more and not gone.done():
                if body:
                    async with asyncio.timeout(_PATIENCE):
                        await send({"type": "http.response.body", "body": body, "more_body": True})
                body, more = await self._next()
            if not gone.done():
                await send({"type": "http.response.body", "body": body})
        finally:
            gone.cancel()
            self._gate.leave()
            # A thread may still be at work on it, which ends by itself.
            with contextlib.suppress(ValueError):
                self._pieces.close()  # type: ignore[attr-defined]

    async def _next(self) -> tuple[bytes, bool]:
        while True:
            try:
                return await self._work.run(lambda: batch(self._pieces))
            except BusyError:
                await asyncio.sleep(_PAUSE)


def batch(pieces: Iterator[bytes]) -> tuple[bytes, bool]:
    """Take pieces until there are enough for once.

    Returns
    -------
    body : bytes
    more : bool
        Whether there may be more.
    """
    out: list[bytes] = []
    size, end = 0, time.monotonic() + _BATCH_SECONDS
    for piece in pieces:
        out.append(piece)
        size += len(piece)
        if size >= _BATCH_BYTES or time.monotonic() > end:
            return b"".join(out), True
    return b"".join(out), False


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
