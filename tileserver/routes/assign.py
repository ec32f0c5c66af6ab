"""``/api/atlases/{atlas}/assign``: the regions at one point, or at very many."""

from __future__ import annotations

import io
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from atlasview.assign import Assigned, MapsAsked, assign
from atlasview.atlas import Atlas, Parcellation
from atlasview.errors import InvalidParameterError
from atlasview.frames import Carrier
from atlasview.geometry import FloatArray
from atlasview.pointtable import PointTable
from tileserver.assignments import CSV, answer, items, table
from tileserver.caching import json_answer
from tileserver.documents import PROBLEM_RESPONSES, SAMPLE_ATLAS, ref, text
from tileserver.frames import (
    POINT_PATTERN,
    OriginQuery,
    SpaceQuery,
    asked_json,
    carrier_into,
    check_count,
    read_points,
)
from tileserver.params import parse_point
from tileserver.shapes.atlases import AssignedCompactly, AssignedPoint, AssignedPoints
from tileserver.state import State, state_of

router = APIRouter(prefix="/api/atlases", tags=["atlases"], responses=PROBLEM_RESPONSES)
AtlasId = Annotated[
    str, Path(description="Id of an atlas.", json_schema_extra={"example": SAMPLE_ATLAS})
]
ParcellationId = Annotated[
    str | None, Query(description="Id of a parcellation; the atlas's first when not said.")
]
Distance = Annotated[
    Literal["0", "1"],
    Query(description="1 adds how far the nearest region is, in mm, where a point lies in none."),
]
Threshold = Annotated[
    float | None,
    Query(
        ge=0,
        le=1,
        description="Of a parcellation with probability maps: leave out regions that are not more "
        "probable than this; 0 when not said.",
    ),
]


@router.get("/{atlas}/assign", summary="The region at a point", response_model=AssignedPoint)
async def assign_point(
    request: Request,
    atlas: AtlasId,
    point: Annotated[
        str,
        Query(
            description="x,y,z in mm, RAS+.",
            json_schema_extra={"pattern": POINT_PATTERN, "example": "-26,6,0"},
        ),
    ],
    parcellation: ParcellationId = None,
    distance: Distance = "0",
    threshold: Threshold = None,
    space: SpaceQuery = None,
    origin: OriginQuery = None,
) -> Response:
    """Return the region at a point with its ancestors; empty outside all regions.

    Where there are probability maps: every region that may be there, the most probable first.
    """
    state = state_of(request)
    whole = state.catalog.atlas(atlas)
    here = whole.parcellation(parcellation)
    asked = np.array([parse_point("point", point)], np.float64)
    way = carrier_into(state, whole.space, space, origin)
    at = way.carry(asked) if way else asked

    def look() -> dict[str, Any]:
        item = items(whole, here, at, _assign(state, here, at, distance == "1", threshold))[0]
        return item | ({"asked": asked_json(way, asked[0].tolist(), origin)} if way else {})

    return json_answer(request, await state.work.run(look))


@router.post(
    "/{atlas}/assign",
    summary="The regions at many points",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": ref("Points")},
                "text/csv": {
                    "schema": {
                        "type": "string",
                        "description": "A table whose first line names x, y and z, in mm, RAS+.",
                    },
                    "example": "name,x,y,z\nelectrode 1,-26,6,0\n",
                },
            },
        }
    },
    response_class=Response,
    responses={
        200: {
            "description": "What is at the points.",
            "model": AssignedPoints | AssignedCompactly,
            "content": {"application/json": {}, **text("text/csv")},
        }
    },
)
async def assign_points(
    request: Request,
    atlas: AtlasId,
    parcellation: ParcellationId = None,
    format: Annotated[
        Literal["json", "compact", "csv"] | None,
        Query(
            description="json repeats every region in full at each point; compact lists regions "
            "once, and each point's place in that list; csv is a table. As the body is when not "
            "said."
        ),
    ] = None,
    distance: Distance = "0",
    threshold: Threshold = None,
    space: SpaceQuery = None,
    origin: OriginQuery = None,
) -> Response:
    """Return, for each point, what the question for one point answers, in the space of the atlas.

    The body is JSON, or a table as CSV, which comes back with its columns and more: the region's
    id, acronym and name, the acronyms of its ancestors, its side and distance where known.
    """
    state = state_of(request)
    whole = state.catalog.atlas(atlas)
    here = whole.parcellation(parcellation)
    body = await request.body()
    tabular = request.headers.get("content-type", "").partition(";")[0].strip() == "text/csv"
    limit = state.settings.max_points
    far = distance == "1"
    way = carrier_into(state, whole.space, space, origin)

    def look() -> tuple[bytes, str]:
        if tabular:
            return _table(state, whole, here, body, format or "csv", far, way, threshold)
        asked = read_points(body, limit)
        points = way.carry(asked) if way else asked
        found = _assign(state, here, points, far, threshold)
        return answer(whole, here, points, found, format or "json", carried=way is not None)

    told, media = await state.work.run(look)
    return Response(told, media_type=media, headers={"Cache-Control": "no-store"})


def _table(
    state: State,
    whole: Atlas,
    here: Parcellation,
    body: bytes,
    format: str,
    far: bool,
    way: Carrier | None,
    threshold: float | None,
) -> tuple[bytes, str]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise InvalidParameterError("body", "…", "a table is text in UTF-8") from exc
    limit = state.settings.max_points
    head = PointTable(io.StringIO(text, newline=""), "body")
    blocks = list(head.blocks(limit + 1))
    check_count(sum(len(b.rows) for b in blocks), limit)
    if not blocks:
        raise InvalidParameterError("body", "", "the table holds no points")
    block = blocks[0]
    points = way.carry(block.points) if way else block.points
    found = _assign(state, here, points, far, threshold)
    if format != "csv":
        return answer(whole, here, points, found, format, carried=way is not None)
    return table(head, block, found, here), CSV


def _assign(
    state: State, here: Parcellation, points: FloatArray, far: bool, threshold: float | None
) -> Assigned:
    regional = state.catalog.regional(here)
    maps = here.maps
    if maps is None and threshold is not None:
        raise InvalidParameterError(
            "threshold", threshold, f"{here.id} has no probability maps; ask without"
        )
    asked = None
    if maps is not None:
        asked = MapsAsked(state.catalog.volume(maps.volume).volume, maps, threshold or 0.0)
    return assign(
        state.catalog.reader,
        regional.whole.volume,
        points,
        hemispheres=regional.hemispheres,
        surface=regional.surface if far else None,
        asked=asked,
    )
