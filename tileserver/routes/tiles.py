"""``/tiles``: slices of a volume as web-map tiles."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from atlasview.errors import NotFoundError, OutOfVolumeError
from atlasview.geometry import OrthogonalPlane
from atlasview.pictures import draw_patch, enlarge, pad_picture, patch_grid
from atlasview.render import Picture
from atlasview.space import PLANES
from atlasview.style import Style
from atlasview.tiles import TILE, Patch, Zoom, slice_patch, tile_patch, zooms
from tileserver.answers import answer_picture
from tileserver.caching import json_answer
from tileserver.catalog import Served
from tileserver.documents import PICTURE_RESPONSES, path_parameters
from tileserver.params import STYLE, parse_int, query, read_style
from tileserver.state import State, state_of

router = APIRouter(tags=["tiles"])
_NAMES = tuple(p.name for p in STYLE)
_LAST = re.compile(r"(.+?)(@2x)?")


@router.get(
    "/tiles/{volume}/{plane}/{slice}/{z}/{x}/{y}.{format}",
    summary="One tile of a slice",
    responses=PICTURE_RESPONSES,
    openapi_extra={
        "parameters": [
            *path_parameters("volume", "plane", "slice", "z", "x", "y", "format"),
            *(p.openapi() for p in STYLE),
        ]
    },
)
async def get_tile(request: Request) -> Response:
    """Draw one tile: 256 × 256 pixels, a pixel a voxel, transparent outside the slice.

    `z` 0 is the whole slice in one tile, the highest `z` is level 0; `x` counts columns from the
    left, `y` rows from the top. `@2x` before the dot gives the same place in 512 × 512 pixels.
    """
    state = state_of(request)
    path = request.path_params
    served, plane = find_slice(state, path)
    match = _LAST.fullmatch(path["y"])
    double = bool(match and match.group(2))
    row = parse_int("y", match.group(1) if match else path["y"])
    col, z, index = (parse_int(n, path[n]) for n in ("x", "z", "slice"))
    style = read_style(query(request, _NAMES))
    levels = served.volume.levels
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
    openapi_extra={
        "parameters": [
            *path_parameters("volume", "plane", "slice"),
            *(p.openapi() for p in STYLE),
        ]
    },
)
async def get_tilejson(request: Request) -> Response:
    """Describe the tiles of one slice as TileJSON 3.0; drawing parameters go into the address."""
    state = state_of(request)
    path = request.path_params
    served, plane = find_slice(state, path)
    index = parse_int("slice", path["slice"])
    values = query(request, _NAMES)
    read_style(values)
    levels = served.volume.levels
    ladder = zooms(levels, plane)
    slice_patch(levels, plane, ladder[0], index, (0, 0, 1, 1))
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
            "maxzoom": len(ladder) - 1,
            "vector_layers": [],
            "width": ladder[-1].width,
            "height": ladder[-1].height,
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
    across, down = patch_grid(volume, plane, patch).mm_per_pixel
    return await answer_picture(
        request,
        state,
        served,
        style,
        encoding,
        request.url.path,
        lambda ink: finish(draw_patch(reader, volume, plane, patch, style, ink, limit)),
        {
            "X-Level": str(patch.level),
            "X-Plane": plane.name,
            "X-Mm-Per-Pixel": f"{across:.9g},{down:.9g}",
        },
    )


def _finer(ladder: tuple[Zoom, ...], z: int) -> Zoom | None:
    """Return the zoom with twice the pixels, if the next one has exactly that."""
    if z + 1 >= len(ladder):
        return None
    here, finer = ladder[z], ladder[z + 1]
    twice = -(-finer.height // 2) == here.height and -(-finer.width // 2) == here.width
    return finer if twice else None
