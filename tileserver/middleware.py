"""What wraps every request, as plain ASGI: HEAD, and a last net for faults of ours."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tileserver import problems


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
    """Refuse bodies over a limit before they are held in memory."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        seen = 0
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return
            seen += len(message.get("body", b""))
            if seen > self._limit:
                response = problems.problem(
                    413,
                    "Too large",
                    f"The body is over the limit of {self._limit} bytes.",
                    limit=self._limit,
                    unit="bytes",
                )
                await response(scope, receive, send)
                return
            body += message.get("body", b"")
            if not message.get("more_body", False):
                break
        sent = False

        async def replay() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        await self._app(scope, replay, send)
