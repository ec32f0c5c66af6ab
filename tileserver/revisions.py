"""Revisions as entity tags, and the revision a request means to change."""

from __future__ import annotations

import re

from starlette.requests import Request

from atlasview.errors import InvalidParameterError

#: The revision, and what else the body depends on.
_TAG = re.compile(r'(?:W/)?"?([1-9][0-9]{0,8})(?:-[0-9a-f.-]*)?(?:-gzip)?"?')
#: Whichever revision it is.
ANY = -1


def revision_tag(revision: int, *more: object) -> str:
    """Return the entity tag of a revision."""
    return '"' + "-".join(map(str, (revision, *more))) + '"'


def expected_revision(request: Request) -> int | None:
    """Return the revision that If-Match names, `ANY` for ``*``; None when it is not sent.

    Raises
    ------
    InvalidParameterError
        It names none.
    """
    header = request.headers.get("if-match")
    if header is None:
        return None
    text = header.strip()
    if text == "*":
        return ANY
    match = _TAG.fullmatch(text)
    if match is None:
        raise InvalidParameterError("If-Match", header, 'it takes a revision, such as "3"')
    return int(match.group(1))
