"""``/planes`` and ``/tiles/{volume}/oblique``: pictures of any plane."""

from __future__ import annotations

import math

from fastapi import APIRouter, Request
from starlette.responses import Response

from atlasview.cut import cut_extent, oblique_zooms, picture_grid, tile_grid
from atlasview.errors import InvalidParameterError, OutOfVolumeError, TooLargeError
from atlasview.geometry import ObliquePlane, PixelGrid
from atlasview.pictures import draw_grid, draw_outlines
from atlasview.sampling import level_for
from atlasview.style import Style
from atlasview.tiles import TILE
from atlasview.vectors import outlines_svg
from atlasview.volume import Volume
from tileserver.answers import answer_picture
from tileserver.caching import etag, json_answer, max_age, not_modified
from tileserver.catalog import Served
from tileserver.documents import (
    NOT_MODIFIED,
    PICTURE_RESPONSES,
    PROBLEM_RESPONSES,
    path_parameters,
    text,
)
from tileserver.ink import ink_for
from tileserver.params import parse_int, query
from tileserver.planeparams import PLANE, SIZE, NamedPlane, read_plane
from tileserver.shapes.pictures import ObliqueTileJson
from tileserver.state import State, state_of
from tileserver.styleparams import STYLE, read_style

router = APIRouter(tags=["any plane"])
_TILE_NAMES = tuple(p.name for p in (*PLANE, *STYLE))
_PICTURE_NAMES = tuple(p.name for p in (*PLANE, *SIZE, *STYLE))
#: Pixels of a picture's side when nothing is said.
_SIDE = 512
SVG = "image/svg+xml"
_VECTOR_STYLE = tuple(
    p
    for p in STYLE
    if p.name
    in {
        "labels",
        "opacity",
        "outline",
        "regions",
        "hide",
        "hemisphere",
        "depth",
        "palette",
        "colors",
    }
)
_VECTOR_NAMES = tuple(p.name for p in (*PLANE, *SIZE, *_VECTOR_STYLE))


@router.get(
    "/planes/{volume}.svg",
    summary="The regions' outlines in any plane, as vectors",
    response_class=Response,
    responses={
        200: {
            "description": "The drawing.",
            "content": text(SVG),
        },
        **NOT_MODIFIED,
        **PROBLEM_RESPONSES,
    },
    openapi_extra={
        "parameters": [
            *path_parameters("volume"),
            *(p.openapi() for p in (*PLANE, *SIZE, *_VECTOR_STYLE)),
        ]
    },
)
async def get_outlines(request: Request) -> Response:
    """Draw the regions of one picture as SVG: a named path each, along the edges of the pixels.

    What the paths hold is exactly what the picture of the same plane has in the region's colour.
    """
    state = state_of(request)
    served = state.catalog.volume(request.path_params["volume"])
    values = query(request, _VECTOR_NAMES)
    named = read_plane(values, served.volume)
    style = read_style(values)
    grid = _picture(named, served, values, state.settings.max_picture_pixels)
    ink, seal = await state.work.run(lambda: ink_for(state.catalog, served, style))
    labels = served.volume if served.volume.kind == "labels" else ink.overlay
    if labels is None:
        raise InvalidParameterError("labels", None, "this is an image; say whose outlines to draw")
    tag = etag(served.volume.digest, seal, style, "svg", grid)
    control = max_age(state.settings.max_age_seconds)
    known = not_modified(request, tag, control)
    if known is not None:
        return known
    parcellation = state.catalog.parcellation(style.labels or served.id)
    regions = parcellation.terminology.regions if parcellation else ()
    reader, limit = state.catalog.reader, state.settings.max_read_voxels
    fill = 0.0 if style.outline is True else 0.5 if style.opacity is None else style.opacity

    def draw() -> bytes:
        found = draw_outlines(reader, labels, grid, ink, limit)
        return outlines_svg(found, regions, grid, served.volume.name, fill=fill)

    body = await state.work.run(draw, key=tag, request=request)
    headers = {"ETag": tag, "Cache-Control": control, **_place_headers(labels, grid)}
    # It holds names that others gave: opened by itself, it runs nothing and fetches nothing.
    policy = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
    return Response(body, media_type=SVG, headers={**headers, **policy})


@router.get(
    "/planes/{volume}.{format}",
    summary="A picture of any plane",
    responses=PICTURE_RESPONSES,
    response_class=Response,
    openapi_extra={
        "parameters": [
            *path_parameters("volume", "format"),
            *(p.openapi() for p in (*PLANE, *SIZE, *STYLE)),
        ]
    },
)
async def get_plane(request: Request) -> Response:
    """Draw one picture of any plane, its pixels square in mm, transparent outside the volume.

    Images are interpolated linearly from the coarsest level that resolves a pixel; labels never.
    """
    state = state_of(request)
    served = state.catalog.volume(request.path_params["volume"])
    values = query(request, _PICTURE_NAMES)
    named = read_plane(values, served.volume)
    style = read_style(values)
    grid = _picture(named, served, values, state.settings.max_picture_pixels)
    return await answer_grid(request, state, served, grid, style, request.path_params["format"])


@router.get(
    "/tiles/{volume}/oblique/{z}/{x}/{y}.{format}",
    summary="One tile of any plane",
    responses=PICTURE_RESPONSES,
    response_class=Response,
    openapi_extra={
        "parameters": [
            *path_parameters("volume", "z", "x", "y", "format"),
            *(p.openapi() for p in (*PLANE, *STYLE)),
        ]
    },
)
async def get_oblique_tile(request: Request) -> Response:
    """Draw one tile of the plane's cut through the volume: 256 × 256 square pixels.

    `z` 0 is the whole cut in one tile; at the highest `z` a pixel is as wide as the finest voxel.
    """
    state = state_of(request)
    path = request.path_params
    served = state.catalog.volume(path["volume"])
    last = path["y"]
    double = last.endswith("@2x")
    row = parse_int("y", last.removesuffix("@2x"))
    col, z = parse_int("x", path["x"]), parse_int("z", path["z"])
    values = query(request, _TILE_NAMES)
    plane = read_plane(values, served.volume).plane
    style = read_style(values)
    extent = cut_extent(plane, served.volume.affine, served.volume.shape)
    ladder = oblique_zooms(extent, min(served.volume.levels[0].voxel_size_mm), TILE)
    if not 0 <= z < len(ladder):
        raise OutOfVolumeError("zoom", z, f"the zooms of this plane are 0 to {len(ladder) - 1}")
    zoom = ladder[z]
    rows, cols = -(-zoom.height // TILE), -(-zoom.width // TILE)
    if not (0 <= row < rows and 0 <= col < cols):
        raise OutOfVolumeError(
            "tile", f"x={col}, y={row}", f"zoom {z} has {cols} × {rows} tiles (x × y)"
        )
    side = 2 * TILE if double else TILE
    mm = zoom.mm_per_pixel
    left, top = extent.left + col * TILE * mm, extent.top + row * TILE * mm
    grid = tile_grid(plane, left, top, side, side, mm * TILE / side)
    return await answer_grid(request, state, served, grid, style, path["format"])


@router.get(
    "/tiles/{volume}/oblique/tilejson.json",
    summary="TileJSON 3.0 of any plane",
    response_model=ObliqueTileJson,
    responses=PROBLEM_RESPONSES,
    openapi_extra={
        "parameters": [
            *path_parameters("volume"),
            *(p.openapi() for p in (*PLANE, *STYLE)),
        ]
    },
)
async def get_oblique_tilejson(request: Request) -> Response:
    """Describe the tiles of a plane: TileJSON with the extent and the affine from pixel to mm."""
    served = state_of(request).catalog.volume(request.path_params["volume"])
    values = query(request, _TILE_NAMES)
    plane = read_plane(values, served.volume).plane
    read_style(values)
    volume = served.volume
    extent = cut_extent(plane, volume.affine, volume.shape)
    ladder = oblique_zooms(extent, min(volume.levels[0].voxel_size_mm), TILE)
    finest = ladder[-1]
    grid = tile_grid(
        plane, extent.left, extent.top, finest.width, finest.height, finest.mm_per_pixel
    )
    base = str(request.base_url).rstrip("/")
    asked = f"?{request.url.query}" if request.url.query else ""
    return json_answer(
        request,
        {
            "tilejson": "3.0.0",
            "name": f"{volume.name}, oblique",
            "attribution": str(volume.attributes.get("citation") or ""),
            "scheme": "xyz",
            "tiles": [f"{base}/tiles/{served.id}/oblique/{{z}}/{{x}}/{{y}}.png{asked}"],
            "minzoom": 0,
            "maxzoom": finest.z,
            "vector_layers": [],
            "width": finest.width,
            "height": finest.height,
            "mm_per_pixel": finest.mm_per_pixel,
            "extent_mm": [extent.left, extent.top, extent.right, extent.bottom],
            "affine": grid.affine.tolist(),
            "center": list(plane.center),
            "right": list(plane.right),
            "down": list(plane.down),
            "space": volume.space,
            "zooms": [
                {
                    "z": zoom.z,
                    "mm_per_pixel": zoom.mm_per_pixel,
                    "width": zoom.width,
                    "height": zoom.height,
                    "level": level_for(volume.levels, zoom.mm_per_pixel).index,
                }
                for zoom in ladder
            ],
        },
    )


async def answer_grid(
    request: Request,
    state: State,
    served: Served,
    grid: PixelGrid,
    style: Style,
    encoding: str,
) -> Response:
    """Answer with a drawn grid, from the client's own copy where it has one.

    Raises
    ------
    InvalidParameterError
        There is no such encoding, or it would blur labels.
    """
    volume, reader = served.volume, state.catalog.reader
    limit = state.settings.max_read_voxels
    return await answer_picture(
        request,
        state,
        served,
        style,
        encoding,
        grid,
        lambda ink: draw_grid(reader, volume, grid, style, ink, limit),
        _place_headers(volume, grid),
    )


def _place_headers(volume: Volume, grid: PixelGrid) -> dict[str, str]:
    """Say which level a picture is made of, and where it lies."""
    across, down = grid.mm_per_pixel
    return {
        "X-Level": str(level_for(volume.levels, min(across, down)).index),
        "X-Plane": _said(grid),
        "X-Mm-Per-Pixel": f"{across:.9g},{down:.9g}",
    }


def _said(grid: PixelGrid) -> str:
    """Write where a picture lies: its first pixel's centre, and its directions, in mm."""
    return "; ".join(
        f"{name}=" + ",".join(f"{v:.9g}" for v in vector)
        for name, vector in (("origin", grid.origin), ("right", grid.right), ("down", grid.down))
    )


def _picture(named: NamedPlane, served: Served, values: dict[str, str], limit: int) -> PixelGrid:
    size = {p.name: p.parse(p.name, values[p.name]) for p in SIZE if p.name in values}
    width, height, mm = size.get("width"), size.get("height"), size.get("mm_per_pixel")
    if named.width_mm is not None and named.height_mm is not None:
        if mm is None:
            if width is not None:
                mm = named.width_mm / width
            elif height is not None:
                mm = named.height_mm / height
            else:
                mm = max(named.width_mm, named.height_mm) / _SIDE
        width = width or max(1, _round(named.width_mm / mm))
        height = height or max(1, _round(named.height_mm / mm))
    width, height = width or _SIDE, height or _SIDE
    if width * height > limit:
        raise TooLargeError("picture", width * height, limit, "pixels")
    if mm is None:
        mm = _fitting(named.plane, served, width, height)
    return picture_grid(named.plane, width, height, mm)


def _round(value: float) -> int:
    return round(min(value, 1e9))


def _fitting(plane: ObliquePlane, served: Served, width: int, height: int) -> float:
    """Return the side of a pixel at which the whole cut fits around the centre."""
    extent = cut_extent(plane, served.volume.affine, served.volume.shape)
    across = 2 * max(abs(extent.left), abs(extent.right))
    down = 2 * max(abs(extent.top), abs(extent.bottom))
    mm = max(across / width, down / height)
    return mm if mm > 0 and math.isfinite(mm) else min(served.volume.levels[0].voxel_size_mm)
