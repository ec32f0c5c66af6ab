"""``/api/atlases``: atlases, regions, search, and regions as files."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from atlasview.errors import NotFoundError, TooLargeError
from atlasview.meshfiles import MEDIA_TYPES, glb, ply
from atlasview.regionfacts import voxel_counts
from atlasview.regionfiles import facts_csv, mask_nifti_gz
from atlasview.search import best_first
from atlasview.segments import segment_of
from tileserver.caching import document_answer, json_answer
from tileserver.describe import (
    describe_ancestors,
    describe_atlas,
    describe_brainglobe_mesh,
    describe_hit,
    describe_map,
    describe_mesh,
    describe_region,
    region_links,
)
from tileserver.documents import PROBLEM_RESPONSES, SAMPLE_ATLAS, binary, text
from tileserver.shapes.atlases import Atlas, Atlases, RegionInFull, Regions
from tileserver.state import state_of
from tileserver.streaming import Gate, Streamed, batch

router = APIRouter(prefix="/api/atlases", tags=["atlases"], responses=PROBLEM_RESPONSES)
AtlasId = Annotated[
    str, Path(description="Id of an atlas.", json_schema_extra={"example": SAMPLE_ATLAS})
]
ParcellationId = Annotated[
    str | None, Query(description="Id of a parcellation; the atlas's first when not said.")
]
RegionKey = Annotated[
    str,
    Path(description="Id or acronym.", max_length=200, json_schema_extra={"example": "L.putamen"}),
]
Side = Annotated[
    Literal["left", "right"] | None,
    Query(description="Only the part in one hemisphere, where the atlas knows them."),
]


@router.get("", summary="All atlases", response_model=Atlases)
async def list_atlases(request: Request) -> Response:
    """List the atlases with their templates and parcellations."""
    library = state_of(request).catalog.library
    root = request.scope.get("root_path", "")
    return json_answer(
        request, {"atlases": [describe_atlas(a, root) for a in library.atlases.values()]}
    )


@router.get("/{atlas}", summary="One atlas", response_model=Atlas)
async def get_atlas(request: Request, atlas: AtlasId) -> Response:
    """Describe one atlas."""
    found = state_of(request).catalog.atlas(atlas)
    return json_answer(request, describe_atlas(found, request.scope.get("root_path", "")))


@router.get("/{atlas}/regions", summary="Regions, or a ranked search", response_model=Regions)
async def list_regions(
    request: Request,
    atlas: AtlasId,
    find: Annotated[
        str | None,
        Query(description="Acronym, id, name, words, synonym; also misspelt.", max_length=200),
    ] = None,
    parcellation: ParcellationId = None,
    palette: Annotated[
        Literal["atlas", "distinct", "safe"],
        Query(
            description="Colours of the regions: the atlas's own, or such that neighbours differ "
            "(distinct), also to colour-blind eyes (safe)."
        ),
    ] = "atlas",
    depth: Annotated[
        int | None,
        Query(
            ge=0,
            le=1000,
            description="Where the ontology is cut for the palette: deeper regions are drawn as "
            "that ancestor, which has the colour.",
        ),
    ] = None,
    voxels: Annotated[
        Literal["0", "1"],
        Query(description="1 tells of every region how many voxels it has, with all below it."),
    ] = "0",
    hemisphere: Side = None,
    limit: Annotated[int | None, Query(ge=1, le=100_000, description="At most so many.")] = None,
) -> Response:
    """List regions in tree order, or those that `find` finds, best first, each saying why.

    `hemisphere` is of the voxels that are counted.
    """
    state = state_of(request)
    whole = state.catalog.atlas(atlas)
    here = whole.parcellation(parcellation)
    if find is None or not find.strip():
        terms = here.terminology
        if palette != "atlas":
            regional = state.catalog.regional(here)
            terms = await state.work.run(lambda: regional.painted(terms, palette, depth))
        every = terms.regions
        found = [describe_region(r) for r in every[: limit or len(every)]]
        if voxels == "1":
            index = state.catalog.regional(here).index(hemisphere)
            counts = await state.work.run(lambda: voxel_counts(terms, index))
            found = [one | {"voxels": counts[one["id"]]} for one in found]
        return json_answer(request, {"regions": found, "total": len(every)})
    searched = whole.parcellations if parcellation is None else (here,)
    hits = [
        (hit, place.id)
        for place in searched
        for hit in state.catalog.region_index(place).search(find, 100_000)
    ]
    hits = best_first(hits)
    return json_answer(
        request,
        {
            "regions": [
                describe_region(hit.region) | {"match": describe_hit(hit), "parcellation": place}
                for hit, place in hits[: limit or 50]
            ],
            "total": len(hits),
        },
    )


@router.get(
    "/{atlas}/regions.csv",
    summary="All regions as a table",
    response_class=Response,
    responses={200: {"description": "The table.", "content": text("text/csv")}},
)
async def get_table(
    request: Request, atlas: AtlasId, parcellation: ParcellationId = None
) -> Response:
    """Write all regions of a parcellation with their volumes and boxes as CSV, in tree order."""
    state = state_of(request)
    here = state.catalog.atlas(atlas).parcellation(parcellation)
    regional = state.catalog.regional(here)
    body = await state.work.run(lambda: facts_csv(here.terminology, regional.whole).encode())
    return document_answer(request, body, "text/csv; charset=utf-8")


@router.get(
    "/{atlas}/regions/{region:path}.nii.gz",
    summary="One region as a mask",
    response_class=Response,
    responses={200: {"description": "The mask.", "content": binary("application/gzip")}},
)
async def get_mask(
    request: Request,
    atlas: AtlasId,
    region: RegionKey,
    parcellation: ParcellationId = None,
    hemisphere: Side = None,
    level: Annotated[int, Query(ge=0, description="Which level; 0 is the finest.")] = 0,
) -> Response:
    """Write a region with all its descendants as a NIfTI mask, 1 inside, on the labels' grid."""
    state = state_of(request)
    here = state.catalog.atlas(atlas).parcellation(parcellation)
    found = here.terminology.find(region)
    index = state.catalog.regional(here).index(hemisphere)
    where = index.volume.level(level)
    limit = state.settings.max_cutout_bytes
    size = int(np.prod(where.shape, dtype=np.int64))
    if size > limit:
        raise TooLargeError("mask", size, limit, "bytes")
    gate: Gate = request.app.state.cutouts
    gate.enter()
    try:
        pieces = mask_nifti_gz(index, where, here.terminology.labels([found]), found.name)
        begin, _ = await state.work.run(lambda: batch(pieces))
    except BaseException:
        gate.leave()
        raise
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", found.acronym).strip("-.") or str(found.id)
    side = f"_{hemisphere}" if hemisphere else ""
    headers = {
        "Cache-Control": "no-cache",
        "Content-Disposition": f'attachment; filename="{name}{side}.nii.gz"',
        "X-Level": str(level),
    }
    return Streamed(pieces, begin, headers, "application/gzip", state.work, gate)


@router.get(
    "/{atlas}/regions/{region:path}.ply",
    summary="One region as a surface, PLY",
    response_class=Response,
    responses={200: {"description": "The surface.", "content": binary(MEDIA_TYPES["ply"])}},
)
async def get_ply(
    request: Request, atlas: AtlasId, region: RegionKey, parcellation: ParcellationId = None
) -> Response:
    """Write the closed surface of a region with all its descendants, in mm RAS+."""
    return await _surface(request, atlas, region, parcellation, "ply")


@router.get(
    "/{atlas}/regions/{region:path}.glb",
    summary="One region as a surface, GLB",
    response_class=Response,
    responses={200: {"description": "The surface.", "content": binary(MEDIA_TYPES["glb"])}},
)
async def get_glb(
    request: Request, atlas: AtlasId, region: RegionKey, parcellation: ParcellationId = None
) -> Response:
    """Write the same as glTF has it: in metres, y superior, z posterior, in the region's colour."""
    return await _surface(request, atlas, region, parcellation, "glb")


async def _surface(
    request: Request, atlas: str, region: str, parcellation: str | None, kind: str
) -> Response:
    state = state_of(request)
    here = state.catalog.atlas(atlas).parcellation(parcellation)
    found = here.terminology.find(region)
    regional = state.catalog.regional(here)
    labels = here.terminology.labels([found])

    def make() -> bytes | None:
        made = regional.mesh(labels)
        if made is None:
            return None
        return ply(made[0], found.name) if kind == "ply" else glb(made[0], found.name, found.rgb)

    body = await state.work.run(make)
    if body is None:
        raise NotFoundError("voxel of region", found.acronym)
    return document_answer(request, body, MEDIA_TYPES[kind])


@router.get("/{atlas}/regions/{region:path}", summary="One region", response_model=RegionInFull)
async def get_region(
    request: Request,
    atlas: AtlasId,
    region: RegionKey,
    parcellation: ParcellationId = None,
    hemisphere: Side = None,
) -> Response:
    """Describe a region: ancestors, children, volume, a point inside, bounding box, neighbours.

    Volume, point and box are of the region with all its descendants, in one hemisphere where one
    is asked for. Neighbours are the regions whose voxels touch it, with the area that they share.
    """
    state = state_of(request)
    whole = state.catalog.atlas(atlas)
    here = whole.parcellation(parcellation)
    terms = here.terminology
    found = terms.find(region)
    regional = state.catalog.regional(here)
    labels = terms.labels([found])

    def look() -> dict[str, Any]:
        facts = regional.index(hemisphere).facts(labels)
        return {
            "voxels": facts.voxels,
            "volume_mm3": facts.volume_mm3,
            "centroid": facts.centroid,
            "bounding_box": facts.box,
            "axes": facts.axes,
            "hemispheres": regional.sides_of(labels),
            "share_of_parent": regional.share_of_parent(terms, found),
            "neighbours": [
                describe_region(n.region) | {"area_mm2": n.area_mm2}
                for n in regional.neighbours.of(terms, found)
            ],
            "brainglobe_mesh": describe_brainglobe_mesh(
                here, found, regional.whole.volume, request.scope.get("root_path", "")
            ),
        }

    looked = await state.work.run(look)
    return json_answer(
        request,
        {
            **describe_region(found),
            "synonyms": list(found.synonyms),
            "description": found.description,
            "ancestors": describe_ancestors(terms, found),
            "children": [describe_region(r) for r in terms.children(found)],
            "labels": sorted(labels),
            "parcellation": here.id,
            "space": whole.space,
            **looked,
            "mesh": describe_mesh(
                here,
                found,
                segment_of(here.terminology, found.id),
                looked["voxels"],
                request.scope.get("root_path", ""),
            ),
            "probability_map": describe_map(here, found, request.scope.get("root_path", "")),
            "citation": whole.citation,
            "licence": whole.licence,
            "links": region_links(whole, here, found, request.scope.get("root_path", "")),
        },
    )
