"""``/annotations/{set}``: a set as Neuroglancer precomputed annotations, streamed cell by cell.

A source of Neuroglancer's holds shapes of one kind: ``/annotations/{set}`` are the points,
``/annotations/{set}.line``, ``.polyline``, ``.polygon``, ``.box`` and ``.ellipsoid`` the others.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from atlasview.errors import NotFoundError
from atlasview.marks.spatial import TYPES, Grid, Marks
from tileserver.access import key_of, pass_of
from tileserver.caching import asked_each_time, etag, json_answer, not_modified
from tileserver.documents import PROBLEM_RESPONSES, binary
from tileserver.markdocs import KEY
from tileserver.state import state_of

router = APIRouter(prefix="/annotations", tags=["annotations"], responses=PROBLEM_RESPONSES)
FaceId = Annotated[
    str, Path(description="Id of an annotation set; `.line` and so on after it.", max_length=64)
]
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_SPATIAL = re.compile(r"spatial\.([0-9])\.([-0-9.]{1,60})")


@router.get(
    "/{face}/info",
    summary="What Neuroglancer reads first",
    response_model=dict[str, Any],
    openapi_extra={"security": KEY},
)
async def get_annotations_info(request: Request, face: FaceId) -> Response:
    """Describe the annotations of one type: properties, relationships, spatial index."""
    _, marks = await _marks(request, face)
    info = await state_of(request).work.run(marks.info)
    return json_answer(request, info)


@router.get(
    "/{face}/{index}/{key}",
    summary="Annotations of a cell or a region, or one",
    response_class=Response,
    responses={200: {"description": "Annotations.", "content": binary("application/octet-stream")}},
    openapi_extra={"security": KEY},
)
async def get_annotations_part(
    request: Request,
    face: FaceId,
    index: Annotated[str, Path(description="As `info` names it, such as by_id.")],
    key: Annotated[str, Path(description="What of it, such as 17.")],
) -> Response:
    """Return annotations in Neuroglancer's own form.

    ``by_id/N`` is one, ``by_region/N`` those in a region, ``spatial.…/X_Y_Z`` those of a cell.
    """
    revision, marks = await _marks(request, face)
    tag = etag(face, revision, index, key)
    control = asked_each_time(request)
    known = not_modified(request, tag, control)
    if known is not None:
        return known
    body = await state_of(request).work.run(lambda: _part(marks, index, key))
    return Response(
        body,
        media_type="application/octet-stream",
        headers={"ETag": tag, "Cache-Control": control},
    )


async def _marks(request: Request, face: str) -> tuple[int, Marks]:
    name, _, kind = face.partition(".")
    kind = kind or "point"
    if kind not in TYPES:
        raise NotFoundError("type of annotation", kind, list(TYPES))
    state = state_of(request)
    key = key_of(request) or pass_of(request, name)
    return await state.marks.run(lambda: state.marks.gathered(name, key, kind))


def _part(marks: Marks, index: str, key: str) -> bytes:
    if index in ("by_id", "by_region"):
        if not _NUMBER.fullmatch(key) or int(key) >= 1 << 63:
            raise NotFoundError(index, key)
        return marks.single(int(key)) if index == "by_id" else marks.of_region(int(key))
    match = _SPATIAL.fullmatch(index)
    parts = key.split("_")
    if match is None or len(parts) != 3 or not all(map(_NUMBER.fullmatch, parts)):
        raise NotFoundError("index", f"{index}/{key}")
    x, y, z = (int(p) for p in parts)
    return marks.cell(Grid.read(match.group(2)), int(match.group(1)), (x, y, z))
