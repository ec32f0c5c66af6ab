"""``/``: the page, its parts, and the policy that holds it."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from tileserver import problems
from tileserver.caching import IMMUTABLE, accepts
from tileserver.files import without_range

STATIC = Path(__file__).parent.parent / "static"
_POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'{more}; worker-src 'self'; "
    "style-src 'self'; img-src 'self' data: blob:; connect-src 'self'{data}; font-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
)


def security_headers(path: str, ancestors: str = "'none'") -> dict[str, str]:
    """Return the headers that hold the page.

    The engine's decoder of blosc compiles itself and that of zstd lies in a data URL, in one worker
    alone; a worker obeys the headers of its own file.

    Parameters
    ----------
    path : str
        Of the file that is answered.
    ancestors : str
        Whose pages may show it in a frame; none, but for `/embed/`.
    """
    name = path.rsplit("/", 1)[-1]
    decodes = name.startswith("async_computation")
    more, data = (" 'unsafe-eval'", " data:") if decodes else ("", "")
    return {
        "Content-Security-Policy": _POLICY.format(more=more, data=data, ancestors=ancestors),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


def html_below() -> str | None:
    """Return the page for an address one folder deeper; None where it was not built."""
    index = STATIC / "index.html"
    return index.read_text(encoding="utf-8").replace('="./', '="../') if index.is_file() else None


def not_built() -> Response:
    """Say that there is no page."""
    return problems.problem(
        503, "No page", "The page was not built; run «pip install .» in the source folder."
    )


class Page:
    """An ASGI app over the built page.

    Parameters
    ----------
    folder : Path
        That holds it.
    """

    def __init__(self, folder: Path = STATIC) -> None:
        self._folder = folder
        self._files = StaticFiles(directory=folder, html=True, check_dir=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self._answer(scope)
        # Its files are small, and are asked for whole.
        await response(without_range(scope), receive, send)

    async def _answer(self, scope: Scope) -> Response:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            return _wrong_method(_methods(scope) or {"GET", "HEAD"})
        path = scope["path"].removeprefix(scope.get("root_path", "")).lstrip("/")
        if not path and not (self._folder / "index.html").is_file():
            return not_built()
        # Built files carry a digest in their name; the page itself is asked for each time.
        hashed = path.startswith("assets/")
        try:
            response = await self._packed(path, scope) if hashed else None
            response = response or await self._files.get_response(path or "index.html", scope)
        except Exception as exc:
            allowed = _methods(scope) if isinstance(exc, HTTPException) else set()
            return _wrong_method(allowed) if allowed else problems.of(exc)
        response.headers.update({**security_headers(path), "Accept-Ranges": "none"})
        if hashed:
            response.headers["Vary"] = "Accept-Encoding"
        response.headers["Cache-Control"] = IMMUTABLE if hashed else "no-cache"
        return response

    async def _packed(self, path: str, scope: Scope) -> Response | None:
        """Answer with a built file as the build has packed it, as small as the client takes it."""
        header = Headers(scope=scope).get("accept-encoding")
        for coding, suffix in (("br", ".br"), ("gzip", ".gz")):
            if not accepts(header, coding):
                continue
            try:
                response = await self._files.get_response(path + suffix, scope)
            except HTTPException:
                continue
            media = mimetypes.guess_type(path)[0] or "application/octet-stream"
            charset = "; charset=utf-8" if media.startswith("text/") else ""
            response.headers["Content-Type"] = media + charset
            response.headers["Content-Encoding"] = coding
            return response
        return None


def _wrong_method(methods: set[str]) -> Response:
    allowed = ", ".join(sorted(methods))
    return problems.problem(
        405, "Method Not Allowed", f"This address takes {allowed}.", {"Allow": allowed}
    )


def _methods(scope: Scope) -> set[str]:
    """Return the methods that other routes take at an address, which came here for want of them."""
    found: set[str] = set()
    # The page may be served by itself.
    for route in scope["app"].routes if "app" in scope else ():
        if isinstance(route, Mount) and isinstance(route.app, Page):
            continue
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            if route.matches({**scope, "method": method})[0] is Match.FULL:
                found.add(method)
    return found | {"HEAD"} if "GET" in found else found
