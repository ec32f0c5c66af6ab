"""``/tiles``: slices of a volume as web-map tiles."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from atlasview.channels import drawn_channels
from atlasview.errors import NotFoundError, OutOfVolumeError
from atlasview.geometry import OrthogonalPlane
from atlasview.picture import Picture, enlarge, pad_picture
from atlasview.pictures import draw_patch
from atlasview.scaling import check_slice, halved_sizes, scale_square, square_size
from atlasview.space import PLANES
from atlasview.style import Style
from atlasview.tiles import TILE, Patch, Zoom, slice_patch, tile_patch, zooms
from tileserver.answers import answer_picture
from tileserver.caching import json_answer
from tileserver.catalog import Served
from tileserver.documents import PICTURE_RESPONSES, PROBLEM_RESPONSES, path_parameters
from tileserver.params import parse_int, query
from tileserver.scaled import answer_scaling
from tileserver.shapes.pictures import TileJson
from tileserver.state import State, state_of
from tileserver.styleparams import PIXELS, STYLE, read_style

router = APIRouter(tags=["tiles"])
_PARAMETERS = (*STYLE, PIXELS)
_NAMES = tuple(p.name for p in _PARAMETERS)
_LAST = re.compile(r"(.+?)(@2x)?")


TILE_PATH = "/tiles/{volume}/{plane}/{slice}/{z}/{x}/{y}.{format}"


@router.get(
    TILE_PATH,
    summary="One tile of a slice",
    responses=PICTURE_RESPONSES,
    response_class=Response,
    openapi_extra={
        "parameters": [
            *path_parameters("volume", "plane", "slice", "z", "x", "y", "format"),
            *(p.openapi() for p in _PARAMETERS),
        ]
    },
)
async def get_tile(request: Request) -> Response:
    """Draw one tile: 256 × 256 pixels, a pixel a voxel, transparent outside the slice.

    `z` 0 is the whole slice in one tile, the highest `z` is level 0; `x` counts columns from the
    left, `y` rows from the top. `@2x` before the dot gives the same place in 512 × 512 pixels.
    With `pixels=square` a pixel of the highest `z` is as large as the shorter side of a voxel.
    """
    state = state_of(request)
    path = request.path_params
    served, plane = find_slice(state, path)
    match = _LAST.fullmatch(path["y"])
    double = bool(match and match.group(2))
    row = parse_int("y", match.group(1) if match else path["y"])
    col, z, index = (parse_int(n, path[n]) for n in ("x", "z", "slice"))
    style = read_style(query(request, _NAMES), _PARAMETERS)
    levels = served.volume.levels
    if style.square and square_size(levels[0], plane) != plane.size(levels[0].shape):
        where = (index, z, row, col)
        return await _square_tile(request, state, served, plane, where, style, double)
    ladder = zooms(levels, plane)
    if not 0 <= z < len(ladder):
        raise OutOfVolumeError("zoom", z, f"{plane.name} zooms are 0 to {len(ladder) - 1}")
    patch = tile_patch(levels, plane, ladder[z], index, row, col)
    side, factor = TILE, 1
    if double:
        side = 2 * TILE
        finer = _finer(ladder, z)
        if finer is None:
            factor = 2
        else:
            rect = (2 * TILE * row, 2 * TILE * col, side, side)
            patch = slice_patch(levels, plane, finer, index, rect)

    def finish(picture: Picture) -> Picture:
        return pad_picture(enlarge(picture, factor) if factor > 1 else picture, side, side)

    return await answer_patch(request, state, served, plane, patch, style, path["format"], finish)


@router.get(
    "/tiles/{volume}/{plane}/{slice}/tilejson.json",
    summary="TileJSON 3.0 of a slice",
    response_model=TileJson,
    responses=PROBLEM_RESPONSES,
    openapi_extra={
        "parameters": [
            *path_parameters("volume", "plane", "slice"),
            *(p.openapi() for p in _PARAMETERS),
        ]
    },
)
async def get_tilejson(request: Request) -> Response:
    """Describe the tiles of one slice as TileJSON 3.0; drawing parameters go into the address.

    A slice is a flat picture, not a globe: Leaflet shows it with `crs: L.CRS.Simple`, `minzoom` and
    `maxzoom` as its native zooms, and bounds that `map.unproject([x, y], maxzoom)` makes of `width`
    and `height`.
    """
    state = state_of(request)
    path = request.path_params
    served, plane = find_slice(state, path)
    index = parse_int("slice", path["slice"])
    values = query(request, _NAMES)
    style = read_style(values, _PARAMETERS)
    levels = served.volume.levels
    check_slice(levels, plane, index)
    sizes = [(zoom.height, zoom.width) for zoom in zooms(levels, plane)]
    if style.square and square_size(levels[0], plane) != sizes[-1]:
        sizes = halved_sizes(*square_size(levels[0], plane), TILE)
    base = str(request.base_url).rstrip("/")
    asked = f"?{request.url.query}" if request.url.query else ""
    image = "png"
    return json_answer(
        request,
        {
            "tilejson": "3.0.0",
            "name": f"{served.volume.name}, {plane.name} {index}",
            "attribution": str(served.volume.attributes.get("citation") or ""),
            "scheme": "xyz",
            "tiles": [
                f"{base}/tiles/{served.id}/{plane.name}/{index}/{{z}}/{{x}}/{{y}}.{image}{asked}"
            ],
            "minzoom": 0,
            "maxzoom": len(sizes) - 1,
            "vector_layers": [],
            "width": sizes[-1][1],
            "height": sizes[-1][0],
        },
    )


def find_slice(state: State, path: dict[str, Any]) -> tuple[Served, OrthogonalPlane]:
    """Return the volume and the plane that an address names.

    Raises
    ------
    NotFoundError
        There is no such volume or plane.
    """
    served = state.catalog.volume(path["volume"])
    if path["plane"] not in PLANES:
        raise NotFoundError("plane", path["plane"], [*PLANES, "oblique"])
    return served, PLANES[path["plane"]]


async def answer_patch(
    request: Request,
    state: State,
    served: Served,
    plane: OrthogonalPlane,
    patch: Patch,
    style: Style,
    encoding: str,
    finish: Callable[[Picture], Picture],
) -> Response:
    """Answer with a drawn patch, from the client's own copy where it has one.

    Raises
    ------
    InvalidParameterError
        There is no such encoding, or it would blur labels.
    """
    volume, reader = served.volume, state.catalog.reader
    limit = state.settings.max_read_voxels
    level = volume.levels[patch.level]
    sizes = level.voxel_size_mm
    across, down = (sizes[2 - axis] * patch.scale for axis in (plane.cols, plane.rows))
    at_hand = volume.kind == "image" and style.labels is None and patch.scale == 1
    return await answer_picture(
        request,
        state,
        served,
        style,
        encoding,
        request.scope["path"],
        lambda ink: finish(draw_patch(reader, volume, plane, patch, style, ink, limit)),
        {
            "X-Level": str(patch.level),
            "X-Plane": plane.name,
            "X-Mm-Per-Pixel": f"{across:.9g},{down:.9g}",
        },
        at_hand and all(reader.holds(level, patch.box, c) for c in drawn_channels(volume, style)),
    )


async def _square_tile(
    request: Request,
    state: State,
    served: Served,
    plane: OrthogonalPlane,
    where: tuple[int, int, int, int],
    style: Style,
    double: bool,
) -> Response:
    """Answer with a tile of a slice drawn in square pixels; `where` is slice, zoom, row, column."""
    levels = served.volume.levels
    index, z, row, col = where
    sizes = halved_sizes(*square_size(levels[0], plane), TILE)
    if not 0 <= z < len(sizes):
        raise OutOfVolumeError("zoom", z, f"{plane.name} zooms are 0 to {len(sizes) - 1}")
    rows, cols = (-(-n // TILE) for n in sizes[z])
    if not (0 <= row < rows and 0 <= col < cols):
        raise OutOfVolumeError(
            "tile", f"x={col}, y={row}", f"zoom {z} has {cols} × {rows} tiles (x × y)"
        )
    side = 2 * TILE if double else TILE
    finer = double and z + 1 < len(sizes)
    factor = side // TILE if double and not finer else 1
    drawn = side // factor
    rect = (row * drawn, col * drawn, drawn, drawn)
    scaling = scale_square(levels, plane, index, sizes, z + finer, rect)
    return await answer_scaling(
        request,
        state,
        served,
        plane,
        scaling,
        style,
        request.path_params["format"],
        side,
        lambda picture: pad_picture(
            enlarge(picture, factor) if factor > 1 else picture, side, side
        ),
    )


def _finer(ladder: tuple[Zoom, ...], z: int) -> Zoom | None:
    """Return the zoom with twice the pixels, if the next one has exactly that."""
    if z + 1 >= len(ladder):
        return None
    here, finer = ladder[z], ladder[z + 1]
    twice = -(-finer.height // 2) == here.height and -(-finer.width // 2) == here.width
    return finer if twice else None
