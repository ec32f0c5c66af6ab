"""What wraps every request, as plain ASGI: HEAD, and a last net for faults of ours."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping
from typing import ClassVar

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tileserver import problems

#: A name or an address, and a port: what comes back in links must not lead elsewhere.
_HOST = re.compile(rb"(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::\d{0,5})?", re.IGNORECASE)


class HeadAsGet:
    """Answer HEAD as GET without the body.

    `/zarr` and `/chunks` answer HEAD themselves, which costs them less.
    """

    _own = ("/zarr/", "/chunks/")

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if (
            scope["type"] != "http"
            or scope["method"] != "HEAD"
            or scope["path"].removeprefix(scope.get("root_path", "")).startswith(self._own)
        ):
            await self._app(scope, receive, send)
            return

        async def bare(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        # What is dear to make may ask whether its body is wanted.
        await self._app({**scope, "method": "GET", "atlasview.head": True}, receive, bare)


class OwnHost:
    """Refuse requests that name no host, several, or one that is not ours.

    A page of a stranger could otherwise reach a server on the visitor's own machine under a name of
    the stranger's.
    """

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self._app = app
        self._names = frozenset(n.lower() for n in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        host: re.Match[bytes] | None = None
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1 and not (not hosts and scope["http_version"] == "1.0"):
            response = problems.problem(400, "Bad Request", "A request names one Host.")
        elif hosts and not (host := _HOST.fullmatch(hosts[0])):
            response = problems.problem(
                400, "Bad Request", "Host takes a name or an address, and a port."
            )
        elif hosts and "*" not in self._names and host and _name(host) not in self._names:
            response = problems.problem(
                400,
                "Bad Request",
                "This server does not go by that name; ATLASVIEW_ALLOWED_HOSTS says which it does.",
            )
        else:
            await self._app(scope, receive, send)
            return
        await response(scope, receive, send)


def _name(host: re.Match[bytes]) -> str:
    """Return the name in a Host header, without its port."""
    return host.group(1).decode("ascii").lower()


class Shortcut:
    """Hand what is asked of some faces to their own apps, past FastAPI's layers and its routes.

    These apps answer for themselves whatever happens. Ranges of `/zarr` cost a tenth less by it; of
    `/chunks` nothing was measured (`python -m benchmarks.serve --only chunks`).

    Parameters
    ----------
    app : ASGI app
    faces : mapping
        First part of a path → its app, which is mounted there as well.
    """

    def __init__(self, app: ASGIApp, faces: Mapping[str, ASGIApp]) -> None:
        self._app, self._faces = app, faces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] == "http":
            root = scope.get("root_path", "")
            first, slash, _ = scope["path"].removeprefix(root).removeprefix("/").partition("/")
            face = self._faces.get(first) if slash else None
            if face is not None:
                await face({**scope, "root_path": f"{root}/{first}"}, receive, send)
                return
        await self._app(scope, receive, send)


class LastNet:
    """Turn an exception that nothing else handled into a problem document, inside CORS."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception as exc:
            if scope["type"] != "http" or started:
                raise
            await problems.of(exc)(scope, receive, send)


class BodyLimit:
    """Refuse bodies over a limit before they are held in memory, and those that never end.

    Parameters
    ----------
    app : ASGIApp
    limit : int
        Bytes of one body.
    together : int
        Bytes of all bodies that are held at once, from their first byte to the end of the answer.
        Small ones are taken all the same.
    """

    #: How long a body may take, in seconds: so long, and longer the more of it came.
    patience: ClassVar[float] = 60.0
    _SLOWEST = 16 << 10
    _SMALL = 64 << 10

    def __init__(self, app: ASGIApp, limit: int, together: int) -> None:
        self._app = app
        self._limit = limit
        self._together = together
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        body = await self._read(scope, receive, send)
        if body is None:
            return
        try:
            sent = False

            async def replay() -> Message:
                nonlocal sent
                if sent:
                    return await receive()
                sent = True
                return {"type": "http.request", "body": body, "more_body": False}

            await self._app(scope, replay, send)
        finally:
            self._held -= len(body)

    async def _read(self, scope: Scope, receive: Receive, send: Send) -> bytes | None:
        """Return the body, which is then counted as held; None where it was refused."""
        headers = dict(scope["headers"])
        if headers.get(b"content-encoding", b"identity").strip().lower() != b"identity":
            packed = problems.problem(
                415,
                "Unsupported Media Type",
                "Send the body as it is, without Content-Encoding.",
                {"Accept-Encoding": "identity", "Connection": "close"},
            )
            await packed(scope, receive, send)
            return None
        told = headers.get(b"content-length", b"0")
        size = int(told) if told.isdigit() else 0
        response = self._refusal(size, size)  # without waiting for it
        body = bytearray()
        began = asyncio.get_running_loop().time()
        more, whole = True, None
        try:
            while more and response is None:
                patience = self.patience + len(body) / self._SLOWEST
                try:
                    async with asyncio.timeout_at(began + patience):
                        message = await receive()
                except TimeoutError:
                    response = self._too_slow(len(body))
                    break
                if message["type"] != "http.request":
                    return None
                piece = message.get("body", b"")
                body += piece
                self._held += len(piece)
                response = self._refusal(len(body), 0)
                more = message.get("more_body", False)
            if response is None:
                whole = bytes(body)
        finally:
            self._held -= 0 if whole is not None else len(body)
        if response is not None:
            await response(scope, receive, send)
        return whole

    def _refusal(self, size: int, coming: int) -> Response | None:
        """Return why a body of some size is not taken, of which so much is still to come."""
        if size > self._limit:
            return self._too_large()
        if size > self._SMALL and self._held + coming > self._together:
            return problems.problem(
                503,
                "Busy",
                f"Other bodies fill the {self._together} bytes that the server takes at once; send "
                "it again in a moment.",
                {"Retry-After": str(problems.RETRY_AFTER), "Connection": "close"},
            )
        return None

    def _too_slow(self, size: int) -> Response:
        return problems.problem(
            408,
            "Request Timeout",
            f"The body did not come in time; {size} bytes of it did.",
            {"Connection": "close"},
        )

    def _too_large(self) -> Response:
        return problems.problem(
            413,
            "Too large",
            f"The body is over the limit of {self._limit} bytes.",
            {"Connection": "close"},  # the rest is not read
            limit=self._limit,
            unit="bytes",
        )
