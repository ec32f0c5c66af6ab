"""Keys: what a request may do is shown by the key it carries, never by who sends it."""

from __future__ import annotations

import re

from starlette.requests import Request

from atlasview.errors import ForbiddenError

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
