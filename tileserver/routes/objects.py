"""``/zarr`` and ``/chunks``: stored bytes, as plain ASGI apps, since they are many and small.

``/zarr`` is the stored object with Range; ``/chunks`` is the same array without its shards, each
chunk a whole object that a browser can cache. An address may carry the volume's digest,
``/chunks/{volume}@{digest}/…``: then it never changes and is kept for good.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from atlasview.errors import NotFoundError
from atlasview.objects import is_key
from tileserver import problems
from tileserver.caching import IMMUTABLE, matches, max_age
from tileserver.catalog import Served
from tileserver.params import query
from tileserver.ranges import parse_range
from tileserver.state import State

#: Bytes sent at a time of a large object.
_BLOCK = 1 << 20
#: Up to here an object is read on the event loop: it lies in the page cache and is there at once.
_INLINE = 1 << 18
_JSON = ("zarr.json", ".zattrs", ".zgroup", ".zarray", ".zmetadata")
StateOf = Callable[[], State]


@dataclass(frozen=True, slots=True)
class Found:
    """One object to send: where its bytes are, their length, and its tag."""

    key: str
    start: int
    size: int
    tag: str
    body: bytes | None = None


def _find_stored(served: Served, key: str) -> Found | None:
    info = served.chunks.objects.stat(key)
    return None if info is None else Found(key, 0, info.size, info.tag)


def _find_unsharded(served: Served, key: str) -> Found | None:
    path, _, last = key.rpartition("/")
    if last == "zarr.json":
        body = served.chunks.metadata(path)
        return None if body is None else Found(key, 0, len(body), f"{served.volume.digest}-m", body)
    for array in served.volume.multiscale.datasets:
        if key.startswith(f"{array.path}/c/") and served.chunks.sharding(array.path) is not None:
            piece = served.chunks.locate(array.path, key[len(array.path) + 1 :])
            if piece is None:
                return None
            return Found(piece.key, piece.start, piece.stop - piece.start, piece.tag)
    return _find_stored(served, key)


class Objects:
    """An ASGI app over the objects of all volumes.

    Parameters
    ----------
    state : callable
        Gives the server's state.
    unsharded : bool
        Whether sharded arrays are seen without their shards.
    """

    def __init__(self, state: StateOf, *, unsharded: bool) -> None:
        self._state = state
        self._find = _find_unsharded if unsharded else _find_stored

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            response: Callable[[Scope, Receive, Send], Awaitable[None]] | None
            response = await self._answer(scope, send)
        except Exception as exc:
            response = problems.of(exc)
        if response is not None:
            await response(scope, receive, send)

    async def _answer(self, scope: Scope, send: Send) -> Response | None:
        state = self._state()
        if scope["method"] not in ("GET", "HEAD"):
            return problems.problem(
                405, "Method Not Allowed", "Stored objects are read only.", {"Allow": "GET, HEAD"}
            )
        query(Request(scope), ())
        path = scope["path"].removeprefix(scope.get("root_path", "")).removeprefix("/")
        name, _, key = path.partition("/")
        name, _, pinned = name.partition("@")
        served = state.catalog.volume(name)
        control = IMMUTABLE if pinned else max_age(state.settings.max_age_seconds)
        if pinned and pinned != served.volume.digest:
            # Not 404, which a viewer would paint as empty brain.
            return problems.problem(
                410, "Gone", "This volume was written anew since; reload the page."
            )
        if not is_key(key):
            first = "zarr.json" if served.volume.zarr_format == 3 else ".zattrs"
            raise NotFoundError("stored object", key, () if key else (first,))
        if served.near:
            found = self._find(served, key)
        else:
            found = await state.work.run(lambda: self._find(served, key))
        if found is None:
            return problems.problem(
                404, "Not found", "This object was never written.", {"Cache-Control": control}
            )
        return await self._send(scope, send, served, found, control)

    async def _send(
        self, scope: Scope, send: Send, served: Served, found: Found, control: str
    ) -> Response | None:
        headers = Headers(scope=scope)
        tag = f'"{found.tag}"'
        kind = b"application/json" if found.key.endswith(_JSON) else b"application/octet-stream"
        common = [
            (b"etag", tag.encode()),
            (b"cache-control", control.encode()),
            (b"accept-ranges", b"bytes"),
            (b"x-content-type-options", b"nosniff"),
        ]
        if matches(headers.get("if-none-match"), tag):
            await send({"type": "http.response.start", "status": 304, "headers": common})
            await send({"type": "http.response.body", "body": b""})
            return None
        start, stop, status = 0, found.size, 200
        wanted = headers.get("range")
        if wanted and headers.get("if-range", tag) == tag:
            span = parse_range(wanted, found.size)
            if span is None:
                return problems.unsatisfiable("object", found.size)
            if span != (0, -1):
                start, stop, status = *span, 206
                common.append((b"content-range", f"bytes {start}-{stop - 1}/{found.size}".encode()))
        common.append((b"content-type", kind))
        common.append((b"content-length", str(stop - start).encode()))
        head = scope["method"] == "HEAD"
        if head:
            await send({"type": "http.response.start", "status": status, "headers": common})
            await send({"type": "http.response.body", "body": b""})
            return None
        block = await self._read(served, found, start, min(stop, start + _BLOCK))
        await send({"type": "http.response.start", "status": status, "headers": common})
        at = start + len(block)
        while at < stop and block:
            await send({"type": "http.response.body", "body": block, "more_body": True})
            block = await self._read(served, found, at, min(stop, at + _BLOCK))
            at += len(block)
        await send({"type": "http.response.body", "body": block})
        return None

    async def _read(self, served: Served, found: Found, start: int, stop: int) -> bytes:
        """Read a part of an object, counted within it."""
        if found.body is not None:
            return found.body[start:stop]

        def job() -> bytes:
            body = served.chunks.objects.read(found.key, found.start + start, found.start + stop)
            if body is None:
                raise NotFoundError("stored object", found.key)
            return body

        if served.near and stop - start <= _INLINE:
            return job()
        return await self._state().work.run(job)
