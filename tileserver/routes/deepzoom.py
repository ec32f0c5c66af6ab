"""``/dzi``: slices of a volume as Deep Zoom, for OpenSeadragon and its kin."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from atlasview.deepzoom import deepzoom_rect, deepzoom_xml, deepzoom_zooms
from atlasview.errors import InvalidParameterError
from atlasview.scaling import check_slice, halved_sizes, scale_square, square_size
from atlasview.tiles import slice_patch
from tileserver.caching import document_answer
from tileserver.documents import (
    NOT_MODIFIED,
    PICTURE_RESPONSES,
    PROBLEM_RESPONSES,
    path_parameters,
    text,
)
from tileserver.params import parse_int, query
from tileserver.routes.tiles import answer_patch, find_slice
from tileserver.scaled import answer_scaling
from tileserver.state import state_of
from tileserver.styleparams import PIXELS, STYLE, read_style

router = APIRouter(tags=["Deep Zoom"])
_PARAMETERS = (*STYLE, PIXELS)
_NAMES = tuple(p.name for p in _PARAMETERS)


@router.get(
    "/dzi/{volume}/{plane}/{slice}.dzi",
    summary="Deep Zoom of a slice",
    response_class=Response,
    responses={
        200: {
            "description": "The description of the picture.",
            "content": text("application/xml"),
        },
        **NOT_MODIFIED,
        **PROBLEM_RESPONSES,
    },
    openapi_extra={
        "parameters": [
            *path_parameters("volume", "plane", "slice"),
            *(p.openapi() for p in _PARAMETERS),
        ]
    },
)
async def get_deepzoom(request: Request) -> Response:
    """Describe one slice as Deep Zoom.

    Drawing parameters belong to the tiles; clients such as OpenSeadragon hand them on. On a page
    from elsewhere OpenSeadragon needs `crossOriginPolicy: "Anonymous"`.
    """
    served, plane = find_slice(state_of(request), request.path_params)
    index = parse_int("slice", request.path_params["slice"])
    style = read_style(query(request, _NAMES), _PARAMETERS)
    level = served.volume.levels[0]
    check_slice(served.volume.levels, plane, index)
    size = square_size(level, plane) if style.square else plane.size(level.shape)
    return document_answer(request, deepzoom_xml(*size, "png").encode(), "application/xml")


@router.get(
    "/dzi/{volume}/{plane}/{slice}_files/{level}/{col}_{row}.{format}",
    summary="One tile of a Deep Zoom",
    responses=PICTURE_RESPONSES,
    response_class=Response,
    openapi_extra={
        "parameters": [
            *path_parameters("volume", "plane", "slice", "level", "col", "row", "format"),
            *(p.openapi() for p in _PARAMETERS),
        ]
    },
)
async def get_deepzoom_tile(request: Request) -> Response:
    """Draw one tile: 254 × 254 pixels and one more from each neighbour, cut at the edge.

    Level 0 is one pixel, the highest is level 0 of the volume, a pixel a voxel.
    """
    state = state_of(request)
    path = request.path_params
    served, plane = find_slice(state, path)
    index, z, col, row = (parse_int(n, path[n]) for n in ("slice", "level", "col", "row"))
    style = read_style(query(request, _NAMES), _PARAMETERS)
    levels, form = served.volume.levels, path["format"]
    if form == "jpg" and served.volume.kind == "labels":
        raise InvalidParameterError("format", form, "labels are never blurred; ask for png or webp")
    whole = plane.size(levels[0].shape)
    size = square_size(levels[0], plane) if style.square else whole
    sizes = halved_sizes(*size)
    rect = deepzoom_rect(sizes, z, col, row)
    if size != whole:
        scaling = scale_square(levels, plane, index, sizes, z, rect)
        return await answer_scaling(request, state, served, plane, scaling, style, form, "square")
    patch = slice_patch(levels, plane, deepzoom_zooms(levels, plane)[z], index, rect)
    return await answer_patch(request, state, served, plane, patch, style, form, lambda p: p)
