"""``/api/atlases``: atlases, regions, search, and the region at a point."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from atlasview.atlas import Atlas, Parcellation
from atlasview.errors import InvalidParameterError, NotFoundError, TooLargeError
from atlasview.regions import labels_at
from tileserver.caching import json_answer
from tileserver.describe import (
    describe_ancestors,
    describe_atlas,
    describe_region,
    region_links,
)
from tileserver.documents import PROBLEM_RESPONSES
from tileserver.params import parse_point
from tileserver.state import State, state_of

router = APIRouter(prefix="/api/atlases", tags=["atlases"], responses=PROBLEM_RESPONSES)
AtlasId = Annotated[str, Path(description="Id of an atlas.")]
ParcellationId = Annotated[
    str | None, Query(description="Id of a parcellation; the atlas's first when not said.")
]
_POINT = r"^-?[0-9]+(\.[0-9]+)?,-?[0-9]+(\.[0-9]+)?,-?[0-9]+(\.[0-9]+)?$"


class Points(BaseModel):
    """Points to be given their regions."""

    model_config = ConfigDict(extra="forbid")

    points: list[tuple[float, float, float]] = Field(
        description="x, y, z in mm, RAS+.", min_length=1
    )


@router.get("", summary="All atlases")
async def list_atlases(request: Request) -> Response:
    """List the atlases with their templates and parcellations."""
    library = state_of(request).catalog.library
    root = request.scope.get("root_path", "")
    return json_answer(
        request, {"atlases": [describe_atlas(a, root) for a in library.atlases.values()]}
    )


@router.get("/{atlas}", summary="One atlas")
async def get_atlas(request: Request, atlas: AtlasId) -> Response:
    """Describe one atlas."""
    found = state_of(request).catalog.atlas(atlas)
    return json_answer(request, describe_atlas(found, request.scope.get("root_path", "")))


@router.get("/{atlas}/regions", summary="Regions, or a ranked search")
async def list_regions(
    request: Request,
    atlas: AtlasId,
    find: Annotated[
        str | None,
        Query(description="Acronym, id, name, words, synonym; also misspelt.", max_length=200),
    ] = None,
    parcellation: ParcellationId = None,
    limit: Annotated[int | None, Query(ge=1, le=100_000, description="At most so many.")] = None,
) -> Response:
    """List regions in tree order, or those that `find` finds, best first, each saying why."""
    state = state_of(request)
    here = state.catalog.atlas(atlas).parcellation(parcellation)
    if find is None or not find.strip():
        every = here.terminology.regions
        shown = every[: limit or len(every)]
        return json_answer(
            request, {"regions": [describe_region(r) for r in shown], "total": len(every)}
        )
    hits = state.catalog.region_index(here).search(find, 100_000)
    return json_answer(
        request,
        {
            "regions": [
                describe_region(hit.region) | {"match": {"field": hit.field, "kind": hit.kind}}
                for hit in hits[: limit or 50]
            ],
            "total": len(hits),
        },
    )


@router.get("/{atlas}/regions/{region}", summary="One region")
async def get_region(
    request: Request,
    atlas: AtlasId,
    region: Annotated[str, Path(description="Id or acronym.", max_length=200)],
    parcellation: ParcellationId = None,
) -> Response:
    """Describe a region with its ancestors, children, volume, a point inside and bounding box.

    Volume, point and box are of the region with all its descendants.
    """
    state = state_of(request)
    whole = state.catalog.atlas(atlas)
    here = whole.parcellation(parcellation)
    found = here.terminology.find(region)
    labels = state.catalog.volume(here.labels).labels
    if labels is None:
        raise NotFoundError("labels volume", here.labels)
    facts = await state.work.run(lambda: labels.facts(here.terminology.labels([found])))
    return json_answer(
        request,
        {
            **describe_region(found),
            "synonyms": list(found.synonyms),
            "description": found.description,
            "ancestors": describe_ancestors(here.terminology, found),
            "children": [describe_region(r) for r in here.terminology.children(found)],
            "labels": sorted(here.terminology.labels([found])),
            "parcellation": here.id,
            "space": whole.space,
            "voxels": facts.voxels,
            "volume_mm3": facts.volume_mm3,
            "centroid": facts.centroid,
            "bounding_box": facts.box,
            "mesh": None,
            "links": region_links(whole, here, found, request.scope.get("root_path", "")),
        },
    )


@router.get("/{atlas}/assign", summary="The region at a point")
async def assign_point(
    request: Request,
    atlas: AtlasId,
    point: Annotated[
        str,
        Query(
            description="x,y,z in mm, RAS+.",
            json_schema_extra={"pattern": _POINT, "example": "-26,6,0"},
        ),
    ],
    parcellation: ParcellationId = None,
) -> Response:
    """Return the region at a point with its ancestors; empty outside all regions."""
    state = state_of(request)
    whole = state.catalog.atlas(atlas)
    at = parse_point("point", point)
    answers = await _assign(state, whole, whole.parcellation(parcellation), [at])
    return json_answer(request, answers[0])


@router.post("/{atlas}/assign", summary="The regions at many points")
async def assign_points(
    request: Request, atlas: AtlasId, body: Points, parcellation: ParcellationId = None
) -> Response:
    """Return, for each point, what the question for one point answers."""
    state = state_of(request)
    limit = state.settings.max_points
    if len(body.points) > limit:
        raise TooLargeError("request", len(body.points), limit, "points")
    for at in body.points:
        if not all(np.isfinite(at)) or any(abs(v) > 1e30 for v in at):
            raise InvalidParameterError("points", at, "coordinates are finite numbers")
    whole = state.catalog.atlas(atlas)
    answers = await _assign(state, whole, whole.parcellation(parcellation), body.points)
    return json_answer(request, {"items": answers, "next": None})


async def _assign(
    state: State,
    atlas: Atlas,
    parcellation: Parcellation,
    points: list[tuple[float, float, float]],
) -> list[dict[str, Any]]:
    volume = state.catalog.volume(parcellation.labels).volume
    reader = state.catalog.reader
    terminology = parcellation.terminology

    def look() -> list[dict[str, Any]]:
        values = labels_at(reader, volume, np.array(points, np.float64)).tolist()
        described: dict[int, list[dict[str, Any]]] = {}
        for value in set(values):
            region = terminology.by_label.get(value)
            described[value] = [] if region is None else [
                {
                    "region": describe_region(region),
                    "ancestors": describe_ancestors(terminology, region),
                    "parcellation": parcellation.id,
                }
            ]  # fmt: skip
        return [
            {"point": list(point), "space": atlas.space, "assignments": described[value]}
            for point, value in zip(points, values, strict=True)
        ]

    return await state.work.run(look)
