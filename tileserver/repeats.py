"""``Idempotency-Key``: a request sent again after a lost answer is done once."""

from __future__ import annotations

import hashlib
import re

from starlette.requests import Request

from atlasview.errors import InvalidParameterError
from atlasview.marks.requests import Once

_KEY = re.compile(r"[\x21-\x7e]{1,200}")


async def once_of(request: Request) -> Once | None:
    """Return what tells a request from others, when it is to be done once.

    Raises
    ------
    InvalidParameterError
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise InvalidParameterError(
            "Idempotency-Key", key, "it takes up to 200 plain characters, new for each request"
        )
    seal = hashlib.sha256()
    for part in (
        request.method.encode(),
        request.url.path.encode(),
        request.scope["query_string"],
        (request.headers.get("if-match") or "").encode(),
        await request.body(),
    ):
        seal.update(len(part).to_bytes(8, "big") + part)
    return Once(key, seal.hexdigest())
