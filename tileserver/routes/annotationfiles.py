"""``/api/annotations/{set}/import`` and ``…/export``: files of other programs."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from atlasview.errors import InvalidParameterError
from atlasview.frames import Carrier, carrier
from atlasview.geometry import apply_affine
from atlasview.marks.annotation import Annotation, read_annotation
from atlasview.marks.carrying import carried_annotation, carried_points
from atlasview.marks.exchange import MEDIA_TYPES, READERS, WRITERS, read_annotations
from atlasview.marks.shapes import measures_of
from atlasview.space import voxel_size
from tileserver.access import key_of
from tileserver.caching import json_answer
from tileserver.documents import PROBLEM_RESPONSES, text
from tileserver.frames import OriginQuery, SpaceQuery, carrier_into
from tileserver.markdocs import KEY, ONCE
from tileserver.repeats import once_of
from tileserver.routes.annotationitems import (
    BoxQuery,
    RegionQuery,
    TagQuery,
    TypeQuery,
    place,
    read_wanted,
)
from tileserver.routes.annotations import Author, SetId, private, told_set
from tileserver.routes.views import base_of
from tileserver.shapes.annotations import Imported
from tileserver.state import State, state_of

router = APIRouter(
    prefix="/api/annotations/{set}", tags=["annotations"], responses=PROBLEM_RESPONSES
)
_UNITS = {"mm": 1.0, "cm": 10.0, "m": 1e3, "um": 1e-3, "nm": 1e-6}


@router.post(
    "/import",
    summary="Take annotations from a file",
    response_model=Imported,
    status_code=201,
    openapi_extra={
        "security": KEY,
        "parameters": [ONCE],
        "requestBody": {
            "required": True,
            "content": {
                media: {"schema": {"type": "string"}} for media in sorted({*MEDIA_TYPES.values()})
            },
        },
    },
)
async def take_file(
    request: Request,
    set: SetId,
    format: Annotated[
        str, Query(description="What the body is.", json_schema_extra={"enum": list(READERS)})
    ] = "csv",
    unit: Annotated[
        str,
        Query(
            description="Of the coordinates; voxel counts voxels of a volume, the first one 0.",
            json_schema_extra={"enum": [*_UNITS, "voxel"]},
        ),
    ] = "mm",
    volume: Annotated[
        str | None, Query(max_length=200, description="Whose voxels, with unit=voxel.")
    ] = None,
    space: SpaceQuery = None,
    origin: OriginQuery = None,
    author: Author = None,
) -> Response:
    """Add the annotations of a file, all or none, as one step that undo takes back.

    Coordinates are of the set's space, or of `space`, from which they are carried over. What does
    not fit is told by row.
    """
    state = state_of(request)
    key, once = key_of(request), await once_of(request)
    if format not in READERS:
        raise InvalidParameterError("format", format, "it takes " + ", ".join(READERS))
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != MEDIA_TYPES[format]:
        raise HTTPException(415, f"Send it with Content-Type: {MEDIA_TYPES[format]}.")
    whole = await state.marks.run(lambda: state.marks.sets.marked(set, key))
    way = carrier_into(state, whole.space, space, origin)
    try:
        text = (await request.body()).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidParameterError("body", "…", "it takes text in UTF-8") from None

    def read() -> list[Annotation]:
        found = read_annotations(text, format, state.settings.max_points)
        mm = [
            _converted(state, a, unit, volume, space or whole.space, i) for i, a in enumerate(found)
        ]
        if way is None:
            return mm
        return [
            read_annotation(carried_annotation(a, way.matrix).written(), f"items.{i}.")
            for i, a in enumerate(mm)
        ]

    read_ = await state.work.run(read)
    placed = await place(state, set, key, read_)
    items = state.marks.items
    made = await state.marks.write(
        lambda: items.import_all(set, key, placed, author=author, once=once)
    )
    response = private(json_answer(request, made))
    response.status_code = 201
    return response


@router.get(
    "/export",
    summary="Annotations as a file",
    response_class=Response,
    responses={
        200: {
            "description": "The file.",
            "content": {"application/json": {"schema": {"type": "object"}}, **text("text/csv")},
        }
    },
    openapi_extra={"security": KEY},
)
async def give_file(
    request: Request,
    set: SetId,
    format: Annotated[
        str, Query(description="What to write.", json_schema_extra={"enum": list(WRITERS)})
    ] = "csv",
    region: RegionQuery = None,
    tag: TagQuery = None,
    type: TypeQuery = None,
    mm: BoxQuery = None,
    space: Annotated[
        str | None,
        Query(
            max_length=200,
            description="Space to carry them to; that of the set when not said. One that nothing "
            "leads to is a 409.",
        ),
    ] = None,
) -> Response:
    """Write annotations as a file: CSV, JSON, or a layer for Neuroglancer.

    Carried to another space, boxes and ellipsoids become the upright ones that hold them.

    In CSV a cell that a spreadsheet would take for a formula has an apostrophe before it.
    """
    state = state_of(request)
    key = key_of(request)
    if format not in WRITERS:
        raise InvalidParameterError("format", format, "it takes " + ", ".join(WRITERS))
    wanted = read_wanted(region, tag, type, mm)
    found = await state.marks.run(lambda: state.marks.sets.get(set, key))
    items = state.marks.items.every(set, key, wanted)
    told = told_set(found, base_of(request))
    if space is not None:
        way = carrier(state.catalog.library, found.space, space)
        items = (_carried(item, way) for item in items)
        told = {**told, "space": way.target}
    pieces = WRITERS[format](told, items)
    suffix = "csv" if format == "csv" else "json"
    return StreamingResponse(
        pieces,
        media_type=MEDIA_TYPES[format],
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="annotations-{found.id}.{suffix}"',
        },
    )


def _carried(item: dict[str, Any], way: Carrier) -> dict[str, Any]:
    """Return an annotation as told, in another space; its region is still that of its own."""
    points = carried_points(item["type"], item["points"], way.matrix)
    return {
        **item,
        "points": [list(p) for p in points],
        "measures": measures_of(item["type"], points),
    }


def _converted(
    state: State, annotation: Annotation, unit: str, volume: str | None, space: str, index: int
) -> Annotation:
    """Return an annotation with its coordinates in mm."""
    if unit == "mm":
        return annotation
    radii = annotation.type == "ellipsoid"
    points = np.array(annotation.points, np.float64)
    if unit == "voxel":
        if volume is None:
            raise InvalidParameterError("volume", volume, "say whose voxels they are")
        served = state.catalog.volume(volume).volume
        if not state.catalog.library.spaces.same(served.space, space):
            raise InvalidParameterError("volume", volume, f"it is not of the space {space}")
        moved = apply_affine(served.affine, points)
        if radii:
            moved[1] = points[1] * np.array(voxel_size(served.affine))
    elif unit in _UNITS:
        moved = points * _UNITS[unit]
    else:
        raise InvalidParameterError("unit", unit, "it takes " + ", ".join([*_UNITS, "voxel"]))
    changed = replace(annotation, points=tuple(map(tuple, moved.tolist())))
    return read_annotation(changed.written(), f"items.{index}.")
