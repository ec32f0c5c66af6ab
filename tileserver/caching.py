"""Entity tags, conditional requests and cache headers."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from atlasview.version import __version__

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


def json_answer(
    request: Request, payload: Any, seconds: int = 0, media_type: str = "application/json"
) -> Response:
    """Answer with JSON under a strong entity tag, kept by the client for some seconds."""
    body = json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    return document_answer(request, body, media_type, seconds)


def document_answer(request: Request, body: bytes, media_type: str, seconds: int = 0) -> Response:
    """Answer with a document under a strong entity tag, kept by the client for some seconds."""
    tag = etag(media_type, body)
    control = max_age(seconds) if seconds else "no-cache"
    return not_modified(request, tag, control) or Response(
        body, media_type=media_type, headers={"ETag": tag, "Cache-Control": control}
    )
