"""Keys: what a request may do is shown by the key it carries, never by who sends it."""

from __future__ import annotations

import re

from starlette.requests import Request

from atlasview.errors import ForbiddenError

#: Begins the name of a cookie that holds the key of the set named after it.
PASS = "atlasview-pass-"  # noqa: S105
_KEY = re.compile(r"[A-Za-z0-9_-]{16,128}")


def key_of(request: Request) -> str | None:
    """Return the key of a request, sent as ``Authorization: Bearer``; None when there is none.

    Raises
    ------
    ForbiddenError
        What was sent can be no key.
    """
    header = request.headers.get("authorization")
    if not header:
        return None
    scheme, _, key = header.partition(" ")
    if scheme.lower() != "bearer" or not _KEY.fullmatch(key.strip()):
        raise ForbiddenError("go on", given=True)
    return key.strip()


def pass_of(request: Request, set_id: str) -> str | None:
    """Return the key that a browser's pass to a set holds; its faces alone take it."""
    key = request.cookies.get(f"{PASS}{set_id}")
    return key if key is not None and _KEY.fullmatch(key) else None
