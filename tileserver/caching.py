"""Entity tags, conditional requests and cache headers."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from isal import igzip
from starlette.requests import Request
from starlette.responses import Response

from atlasview.version import __version__

#: Documents from this length on are worth packing.
_PACKED_FROM = 4096
IMMUTABLE = "public, max-age=31536000, immutable"


def etag(*parts: object) -> str:
    """Return a strong entity tag over what a body is made of, and the version that makes it."""
    seal = hashlib.sha256("\x00".join(map(str, (__version__, *parts))).encode())
    return f'"{seal.hexdigest()[:32]}"'


def max_age(seconds: int) -> str:
    """Return the Cache-Control of what may change when the data do."""
    return f"public, max-age={seconds}"


def matches(header: str | None, tag: str) -> bool:
    """Tell whether an If-None-Match names an entity tag (weak comparison, RFC 9110 §13.1.2)."""
    if not header:
        return False
    if header.strip() == "*":
        return True
    return any(part.strip().removeprefix("W/") == tag for part in header.split(","))


def not_modified(request: Request, tag: str, control: str) -> Response | None:
    """Return a 304 if the client has the body already, else None."""
    if matches(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers={"ETag": tag, "Cache-Control": control})
    return None


def asked_each_time(request: Request) -> str:
    """Return the Cache-Control of what may change at any time, or is for who has a key alone."""
    keyed = "authorization" in request.headers or "cookie" in request.headers
    return "private, no-cache" if keyed else "no-cache"


def json_answer(
    request: Request,
    payload: Any,
    seconds: int = 0,
    media_type: str = "application/json",
    tag: str | None = None,
) -> Response:
    """Answer with JSON under a strong entity tag, kept by the client for some seconds."""
    body = json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    return document_answer(request, body, media_type, seconds, tag)


def accepts(header: str | None, coding: str) -> bool:
    """Tell whether an Accept-Encoding takes a coding such as gzip (RFC 9110 §12.5.3)."""
    if not header:
        return False
    weights: dict[str, bool] = {}
    for part in header.lower().split(","):
        named, _, rest = part.partition(";")
        weight = rest.strip().removeprefix("q=").strip()
        weights[named.strip()] = not rest.strip() or weight.strip("0.") != ""
    return weights.get(coding, weights.get("*", False))


def document_answer(
    request: Request, body: bytes, media_type: str, seconds: int = 0, tag: str | None = None
) -> Response:
    """Answer with a document under a strong entity tag, kept by the client for some seconds.

    What is long goes packed to clients that take it, under a tag of its own.

    Parameters
    ----------
    request : Request
    body : bytes
    media_type : str
    seconds : int
    tag : str, optional
        Where something else than the bytes is to stand in it, such as a revision.
    """
    tag = tag or etag(media_type, body)
    headers = {"Cache-Control": max_age(seconds) if seconds else asked_each_time(request)}
    if len(body) >= _PACKED_FROM:
        headers["Vary"] = "Accept-Encoding"
        if accepts(request.headers.get("accept-encoding"), "gzip"):
            tag = f'{tag[:-1]}-gzip"'
            headers["Content-Encoding"] = "gzip"
    reads = request.method in ("GET", "HEAD")
    known = not_modified(request, tag, headers["Cache-Control"]) if reads else None
    if known is not None:
        if "Vary" in headers:
            known.headers["Vary"] = headers["Vary"]
        return known
    if "Content-Encoding" in headers:
        body = igzip.compress(body, 1, mtime=0)
    return Response(body, media_type=media_type, headers={"ETag": tag, **headers})
