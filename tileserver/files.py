"""A file as an answer, or the one range of it that is asked for."""

from __future__ import annotations

import os

from starlette.datastructures import Headers
from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from tileserver import problems
from tileserver.ranges import parse_range


class RangedFile(FileResponse):
    """A file with Range as `/zarr` has it (RFC 9110 §14.2).

    A malformed range, or several, is answered with the whole; starlette makes an error of the one,
    and of the other a document longer than the file.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        wanted = Headers(scope=scope).get("range")
        if wanted is None:
            await super().__call__(scope, receive, send)
            return
        size = os.stat(self.path).st_size
        span = parse_range(wanted, size)
        if span is None:
            await problems.unsatisfiable("file", size)(scope, receive, send)
            return
        start, stop = span
        one = [] if stop < 0 else [(b"range", f"bytes={start}-{stop - 1}".encode())]
        await super().__call__(without_range(scope, one), receive, send)


def without_range(scope: Scope, instead: list[tuple[bytes, bytes]] | None = None) -> Scope:
    """Return a request without its Range, or with another."""
    kept = [(name, value) for name, value in scope["headers"] if name != b"range"]
    return {**scope, "headers": kept + (instead or [])}
