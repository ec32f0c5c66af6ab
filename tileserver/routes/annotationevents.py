"""``/api/annotations/{set}/events``: changes as they happen, as server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from atlasview.errors import AtlasViewError, InvalidParameterError
from tileserver.access import key_of
from tileserver.documents import PROBLEM_RESPONSES, text
from tileserver.markdocs import KEY, header
from tileserver.routes.annotations import SetId
from tileserver.state import State, state_of
from tileserver.watch import Watch

router = APIRouter(
    prefix="/api/annotations/{set}", tags=["annotations"], responses=PROBLEM_RESPONSES
)
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
#: Changes told one by one; who is farther behind loads the set anew.
_MOST = 500
#: A line for proxies, which close what is silent, in seconds.
_KEEP = 15.0


@router.get(
    "/events",
    summary="Changes as they happen",
    response_class=Response,
    responses={200: {"description": "A stream of events.", "content": text("text/event-stream")}},
    openapi_extra={
        "security": KEY,
        "parameters": [header("Last-Event-ID", "As browsers send it.")],
    },
)
async def get_events(
    request: Request,
    set: SetId,
    since: Annotated[
        int | None,
        Query(ge=0, le=1 << 40, description="Tell what came after this revision, too."),
    ] = None,
) -> Response:
    """Stream the changes of a set.

    ``hello`` tells the revision, ``change`` a change (its ``id`` is the set's new revision),
    ``set`` that title or rights changed, ``reload`` that too much happened to be told one by one,
    ``gone`` that the set was taken away.
    """
    state = state_of(request)
    key = key_of(request)
    last = request.headers.get("last-event-id")
    if last is not None and since is None:
        if not (last.isascii() and last.isdecimal() and len(last) < 12):
            raise InvalidParameterError("Last-Event-ID", last, "it takes a revision")
        since = int(last)
    found = await state.marks.run(lambda: state.marks.sets.get(set, key))
    watch: Watch = request.app.state.watch
    if request.scope.get("atlasview.head"):
        return Response(media_type="text/event-stream", headers=_HEADERS)
    watch.check()
    start = found.revision if since is None else min(since, found.revision)
    return StreamingResponse(
        _events(state, watch, set, key, start, found.edition),
        media_type="text/event-stream",
        headers=_HEADERS,
    )


async def _events(
    state: State, watch: Watch, name: str, key: str | None, seen: int, edition: int
) -> AsyncIterator[str]:
    marks = state.marks
    with watch.listening(name) as changed:
        yield "retry: 1000\n" + _event("hello", {"revision": seen, "edition": edition})
        changed.set()
        while not watch.closed:
            try:
                await asyncio.wait_for(changed.wait(), _KEEP)
            except TimeoutError:
                yield ": keep\n\n"
                continue
            changed.clear()
            try:
                found = await marks.run(lambda: marks.sets.get(name, key))
                if found.revision - seen > _MOST:
                    seen = found.revision
                    yield _event("reload", {"revision": seen}, seen)
                elif found.revision > seen:
                    changes = await marks.run(
                        lambda seen=seen: marks.items.since(name, seen, _MOST)  # type: ignore[misc]
                    )
                    for change in changes:
                        seen = change["revision"]
                        yield _event("change", change, seen)
            except AtlasViewError as exc:
                # Taken away, made private, or the database is away: the client asks and is told.
                yield _event("gone", {"detail": str(exc)})
                return
            if found.edition != edition:
                edition = found.edition
                yield _event("set", found.told())


def _event(kind: str, data: dict[str, Any], number: int | None = None) -> str:
    told = json.dumps(data, separators=(",", ":"))
    identity = "" if number is None else f"id: {number}\n"
    return f"{identity}event: {kind}\ndata: {told}\n\n"
