"""``/api/atlases/{atlas}/assign``: the regions at one point, or at very many."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from atlasview.assign import Assigned, assign
from atlasview.atlas import Atlas, Parcellation
from atlasview.errors import InvalidParameterError
from atlasview.frames import Carrier
from atlasview.geometry import FloatArray
from atlasview.pointtable import PointRows, PointTable, assigned_rows, point_head
from tileserver.caching import json_answer
from tileserver.describe import describe_ancestors, describe_region
from tileserver.documents import PROBLEM_RESPONSES
from tileserver.frames import (
    POINT_PATTERN,
    OriginQuery,
    Points,
    SpaceQuery,
    asked_json,
    carrier_into,
    check_count,
    read_points,
)
from tileserver.params import parse_point
from tileserver.state import State, state_of

router = APIRouter(prefix="/api/atlases", tags=["atlases"], responses=PROBLEM_RESPONSES)
AtlasId = Annotated[str, Path(description="Id of an atlas.")]
ParcellationId = Annotated[
    str | None, Query(description="Id of a parcellation; the atlas's first when not said.")
]
Distance = Annotated[
    Literal["0", "1"],
    Query(description="1 adds how far the nearest region is, in mm, where a point lies in none."),
]
_CSV = "text/csv; charset=utf-8"


@router.get("/{atlas}/assign", summary="The region at a point")
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
    space: SpaceQuery = None,
    origin: OriginQuery = None,
) -> Response:
    """Return the region at a point with its ancestors; empty outside all regions."""
    state = state_of(request)
    whole = state.catalog.atlas(atlas)
    here = whole.parcellation(parcellation)
    asked = np.array([parse_point("point", point)], np.float64)
    way = carrier_into(state, whole.space, space, origin)
    at = way.carry(asked) if way else asked

    def look() -> dict[str, Any]:
        item = _items(whole, here, at, _assign(state, here, at, distance == "1"))[0]
        return item | ({"asked": asked_json(way, asked[0].tolist(), origin)} if way else {})

    return json_answer(request, await state.work.run(look))


@router.post(
    "/{atlas}/assign",
    summary="The regions at many points",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": Points.model_json_schema()},
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
    responses={200: {"content": {"application/json": {}, "text/csv": {}}}},
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
    table = request.headers.get("content-type", "").partition(";")[0].strip() == "text/csv"
    limit = state.settings.max_points
    far = distance == "1"
    way = carrier_into(state, whole.space, space, origin)

    def look() -> tuple[bytes, str]:
        if table:
            return _table(state, whole, here, body, format or "csv", far, way)
        asked = read_points(body, limit)
        points = way.carry(asked) if way else asked
        found = _assign(state, here, points, far)
        return _answer(whole, here, points, found, format or "json", way is not None)

    answer, media = await state.work.run(look)
    return Response(answer, media_type=media, headers={"Cache-Control": "no-store"})


def _table(
    state: State,
    whole: Atlas,
    here: Parcellation,
    body: bytes,
    format: str,
    far: bool,
    way: Carrier | None,
) -> tuple[bytes, str]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise InvalidParameterError("body", "…", "a table is text in UTF-8") from exc
    limit = state.settings.max_points
    table = PointTable(io.StringIO(text, newline=""), "body")
    blocks = list(table.blocks(limit + 1))
    check_count(sum(len(b.rows) for b in blocks), limit)
    if not blocks:
        raise InvalidParameterError("body", "", "the table holds no points")
    block = blocks[0]
    points = way.carry(block.points) if way else block.points
    found = _assign(state, here, points, far)
    if format != "csv":
        return _answer(whole, here, points, found, format, way is not None)
    head = point_head(table, distance=far, hemisphere=found.sides is not None)
    return (head + assigned_rows(table, block, found, here.terminology)).encode(), _CSV


def _assign(state: State, here: Parcellation, points: FloatArray, far: bool) -> Assigned:
    regional = state.catalog.regional(here)
    return assign(
        state.catalog.reader,
        regional.whole.volume,
        points,
        hemispheres=regional.hemispheres,
        surface=regional.surface if far else None,
    )


def _answer(
    whole: Atlas,
    here: Parcellation,
    points: FloatArray,
    found: Assigned,
    format: str,
    carried: bool,
) -> tuple[bytes, str]:
    if format == "csv":
        rows = [[repr(v) for v in p] for p in points.tolist()]
        table = PointTable(["x,y,z\n"])
        head = point_head(
            table, distance=found.distance is not None, hemisphere=found.sides is not None
        )
        text = head + assigned_rows(table, PointRows(rows, points), found, here.terminology)
        return text.encode(), _CSV
    if format == "compact":
        more = {"points": _plain(points)} if carried else {}
        return _dump(_compact(whole, here, found) | more), "application/json"
    return _dump({"items": _items(whole, here, points, found), "next": None}), "application/json"


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _items(
    whole: Atlas, here: Parcellation, points: FloatArray, found: Assigned
) -> list[dict[str, Any]]:
    """Say in full what is at each point."""
    terms = here.terminology
    described: dict[int, list[dict[str, Any]]] = {}
    for value in set(found.values.tolist()):
        region = terms.by_label.get(value)
        described[value] = [] if region is None else [
            {
                "region": describe_region(region),
                "ancestors": describe_ancestors(terms, region),
                "parcellation": here.id,
            }
        ]  # fmt: skip
    out: list[dict[str, Any]] = [
        {"point": point, "space": whole.space, "assignments": described[value]}
        for point, value in zip(_plain(points), found.values.tolist(), strict=True)
    ]
    for item, side in zip(out, found.sides or (), strict=False):
        item["hemisphere"] = side
    if found.distance is not None and found.nearest is not None:
        for item, far, value in zip(
            out, found.distance.tolist(), found.nearest.tolist(), strict=True
        ):
            near = terms.by_label.get(value)
            item["nearest"] = None if near is None else {
                "region": describe_region(near), "distance_mm": _finite(far)
            }  # fmt: skip
    return out


def _plain(points: FloatArray) -> list[list[float | None]]:
    return [[_finite(v) for v in p] for p in points.tolist()]


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _compact(whole: Atlas, here: Parcellation, found: Assigned) -> dict[str, Any]:
    """Say which regions there are, once, and for each point its place in that list."""
    terms = here.terminology
    values = (
        found.values if found.nearest is None else np.concatenate([found.values, found.nearest])
    )
    present = [v for v in np.unique(values).tolist() if v in terms.by_label]
    place = {value: i for i, value in enumerate(present)}
    out: dict[str, Any] = {
        "space": whole.space,
        "parcellation": here.id,
        "regions": [
            describe_region(terms.by_label[v])
            | {"ancestors": describe_ancestors(terms, terms.by_label[v])}
            for v in present
        ],
        "region": _places(found.values.tolist(), place),
    }
    if found.sides is not None:
        out["hemisphere"] = found.sides
    if found.distance is not None and found.nearest is not None:
        out["nearest"] = _places(found.nearest.tolist(), place)
        out["distance_mm"] = [_finite(v) for v in found.distance.tolist()]
    return out


def _places(values: Sequence[int], place: dict[int, int]) -> list[int | None]:
    return [place.get(v) for v in values]
