"""Failures as RFC 9457 problem documents: one table from exception to status."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from atlasview.errors import (
    AtlasDefinitionError,
    AtlasViewError,
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidParameterError,
    NotFoundError,
    OutOfVolumeError,
    RepeatedError,
    StorageError,
    StoreUnavailableError,
    TooLargeError,
    UnrelatedSpacesError,
)
from tileserver.making import TooManyError

log = logging.getLogger("atlasview")
MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = 2

#: Exception → status and title; the first that fits counts.
STATUS: tuple[tuple[type[AtlasViewError], int, str], ...] = (
    (InvalidParameterError, 400, "Invalid parameter"),
    (NotFoundError, 404, "Not found"),
    (OutOfVolumeError, 404, "Outside the volume"),
    (TooLargeError, 413, "Too large"),
    (ConflictError, 412, "Changed in between"),
    (RepeatedError, 409, "Conflict"),
    (UnrelatedSpacesError, 409, "Spaces are not related"),
    (ForbiddenError, 403, "Not allowed"),
    (GoneError, 410, "Gone"),
    (StoreUnavailableError, 503, "Store unavailable"),
    (StorageError, 500, "Stored data cannot be read"),
    (AtlasDefinitionError, 500, "Atlas cannot be read"),
)


class BusyError(AtlasViewError):
    """More is asked at once than the server takes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} requests are at work already; ask again in a moment.")


def problem(
    status: int, title: str, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """Make a problem document.

    Parameters
    ----------
    status : int
    title : str
        Says what kind of problem it is; the same for all of its kind.
    detail : str
        Says what happened this time, and the fix; never a path or a trace.
    headers : mapping, optional
    **more
        Further members of the document.
    """
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return JSONResponse(
        body,
        status,
        {"Cache-Control": "no-store", **(headers or {})},
        media_type=MEDIA_TYPE,
    )


def unsatisfiable(what: str, size: int) -> Response:
    """Make the problem document of a range that lies past the end of something."""
    return problem(
        416,
        "Range Not Satisfiable",
        f"The {what} has {size} bytes.",
        {"Content-Range": f"bytes */{size}"},
    )


def of(exc: Exception) -> Response:
    """Return the problem document of an exception, whatever it is."""
    if isinstance(exc, BusyError):
        return problem(503, "Busy", str(exc), {"Retry-After": str(RETRY_AFTER)})
    if isinstance(exc, TooManyError):
        headers = {"Retry-After": str(exc.wait)}
        return problem(429, "Too many", str(exc), headers, limit=exc.limit)
    for kind, status, title in STATUS:
        if not isinstance(exc, kind):
            continue
        more: dict[str, Any] = {}
        headers = {}
        detail = str(exc)
        if isinstance(exc, InvalidParameterError):
            more["parameter"] = exc.parameter
        if isinstance(exc, UnrelatedSpacesError):
            more.update({"from": exc.source, "to": exc.target})
        if isinstance(exc, TooLargeError):
            more.update(asked=exc.asked, limit=exc.limit, unit=exc.unit)
        if isinstance(exc, ConflictError):
            if not exc.named:
                status, title = 428, "Revision not named"
            more.update({"revision": exc.revision} if exc.revision is not None else {})
            more.update({"current": dict(exc.current)} if exc.current is not None else {})
        if isinstance(exc, ForbiddenError) and not exc.given:
            status, title = 401, "Key needed"
            headers["WWW-Authenticate"] = 'Bearer realm="AtlasView"'
        if status >= 500:
            # Where it lies is for the operator's log, not for the visitor.
            log.error("%s", exc)
            detail = (
                "The store of this data does not answer now; ask again in a moment."
                if status == 503
                else "What is stored of this cannot be read; the server's log says more."
            )
        if status == 503:
            headers["Retry-After"] = str(RETRY_AFTER)
        return problem(status, title, detail, headers, **more)
    if isinstance(exc, ClientDisconnect):
        return Response(status_code=499)  # to nobody: the client has gone
    if isinstance(exc, HTTPException):
        phrase = HTTPStatus(exc.status_code).phrase
        detail = str(exc.detail)
        if detail == phrase and exc.status_code == HTTPStatus.NOT_FOUND:
            detail = "Nothing is at this address; /docs lists all that there are."
        elif detail == phrase:
            detail = f"{phrase}: this address has no such answer."
        return problem(exc.status_code, phrase, detail, exc.headers)
    if isinstance(exc, RequestValidationError):
        first = exc.errors()[0]
        name = ".".join(str(p) for p in first["loc"][1:]) or str(first["loc"][0])
        return problem(400, "Invalid parameter", f"{name}: {first['msg']}.", parameter=name)
    log.exception("a fault of ours", exc_info=exc)
    return problem(500, "Internal error", "Something went wrong here; the server's log says more.")


def install(app: FastAPI) -> None:
    """Let the app answer every failure with a problem document."""

    async def handle(request: Request, exc: Exception) -> Response:
        return of(exc)

    for kind in (AtlasViewError, ClientDisconnect, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, handle)
