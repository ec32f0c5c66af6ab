"""``/api/spaces``: reference spaces, what leads from one to another, and points carried over."""

from __future__ import annotations

import json
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from atlasview.errors import InvalidParameterError
from atlasview.frames import carrier
from atlasview.library import Library
from atlasview.spaces import Origin, Route, Space, Transform, step_json
from tileserver.caching import json_answer
from tileserver.documents import PROBLEM_RESPONSES, ref
from tileserver.frames import POINT_PATTERN, OriginQuery, read_points
from tileserver.params import parse_point
from tileserver.shapes import spaces as shapes
from tileserver.state import state_of

router = APIRouter(prefix="/api/spaces", tags=["spaces"], responses=PROBLEM_RESPONSES)
SpaceId = Annotated[
    str,
    Path(
        max_length=200,
        description="Id of a space, its name, or another name of it.",
        json_schema_extra={"example": "talairach"},
    ),
]
To = Annotated[
    str,
    Query(
        max_length=200,
        description="Id or name of the space to carry to.",
        json_schema_extra={"example": "icbm-2009a-nonlinear-symmetric-mni152"},
    ),
]
ToOrigin = Annotated[
    str | None,
    Query(
        max_length=220,
        description="How the answer is written: id of an origin of that space, or voxel:VOLUME; in "
        "mm of the space when not said.",
    ),
]


@router.get("", summary="All spaces", response_model=shapes.Spaces)
async def list_spaces(request: Request) -> Response:
    """List the spaces of all that is served, and those that transforms lead to from them."""
    library = state_of(request).catalog.library
    root = request.scope.get("root_path", "")
    return json_answer(request, {"spaces": [_brief(library, s, root) for s in library.spaces]})


@router.get("/{space}", summary="One space", response_model=shapes.Space)
async def get_space(request: Request, space: SpaceId) -> Response:
    """Describe a space: its origins, its transforms, what it is related to and what lies in it."""
    library = state_of(request).catalog.library
    found = library.spaces.find(space)
    return json_answer(
        request,
        {
            **_brief(library, found, request.scope.get("root_path", "")),
            "axes": "RAS+, millimetres: x to the subject's right, y anterior, z superior",
            "origins": [_origin(o) for o in found.origins],
            "transforms": [_transform(t) for t in library.spaces.transforms(found)],
            "related": [_route(r) for r in library.spaces.related(found)],
        },
    )


@router.get(
    "/{space}/carry", summary="A point carried to another space", response_model=shapes.CarriedPoint
)
async def carry_point(
    request: Request,
    space: SpaceId,
    to: To,
    point: Annotated[
        str,
        Query(
            description="x,y,z in mm, RAS+, or from `origin`.",
            json_schema_extra={"pattern": POINT_PATTERN, "example": "-26,6,0"},
        ),
    ],
    origin: OriginQuery = None,
    to_origin: ToOrigin = None,
) -> Response:
    """Return where a point lies in another space, or from another origin, and by which transforms.

    Spaces that no transform leads between are a 409 that names both.
    """
    library = state_of(request).catalog.library
    found = carrier(library, space, to, origin=origin, to_origin=to_origin)
    at = np.array(parse_point("point", point), np.float64)
    return json_answer(
        request,
        {
            "space": found.source,
            "to": found.target,
            "origin": origin,
            "to_origin": to_origin,
            "point": at.tolist(),
            "carried": _finite(found.carry(at)).tolist(),
            "path": [step_json(s) for s in found.steps],
        },
    )


@router.post(
    "/{space}/carry",
    summary="Many points carried to another space",
    response_model=shapes.CarriedPoints,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": ref("Points")}},
        }
    },
)
async def carry_points(
    request: Request,
    space: SpaceId,
    to: To,
    origin: OriginQuery = None,
    to_origin: ToOrigin = None,
) -> Response:
    """Return where many points lie in another space, in their order."""
    state = state_of(request)
    found = carrier(state.catalog.library, space, to, origin=origin, to_origin=to_origin)
    body = await request.body()
    limit = state.settings.max_points

    def look() -> bytes:
        carried = _finite(found.carry(read_points(body, limit)))
        answer = {
            "space": found.source,
            "to": found.target,
            "origin": origin,
            "to_origin": to_origin,
            "points": carried.tolist(),
            "path": [step_json(s) for s in found.steps],
        }
        return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()

    return Response(
        await state.work.run(look),
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def _finite(points: Any) -> Any:
    if not np.isfinite(points).all():
        raise InvalidParameterError("point", "…", "it lies too far away to be carried")
    return points


def _brief(library: Library, space: Space, root: str) -> dict[str, Any]:
    same = library.spaces.same
    return {
        "id": space.id,
        "name": space.name,
        "aliases": list(space.aliases),
        "description": space.description,
        "origins": [o.id for o in space.origins],
        "related": [r.target.id for r in library.spaces.related(space)],
        "volumes": [name for name, v in library.volumes.items() if same(v.space, space.name)],
        "atlases": [name for name, a in library.atlases.items() if same(a.space, space.name)],
        "links": {
            "self": f"{root}/api/spaces/{space.id}",
            "carry": f"{root}/api/spaces/{space.id}/carry",
        },
    }


def _origin(origin: Origin) -> dict[str, Any]:
    return {
        "id": origin.id,
        "name": origin.name,
        "matrix": origin.matrix.tolist(),
        "citation": origin.citation,
        "accuracy": origin.accuracy,
    }


def _transform(transform: Transform) -> dict[str, Any]:
    return {
        "name": transform.name,
        "from": transform.source,
        "to": transform.target,
        "matrix": transform.matrix.tolist(),
        "citation": transform.citation,
        "accuracy": transform.accuracy,
    }


def _route(route: Route) -> dict[str, Any]:
    return {
        "id": route.target.id,
        "name": route.target.name,
        "matrix": route.matrix.tolist(),
        "path": [step_json(s) for s in route.steps],
    }
