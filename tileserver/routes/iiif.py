"""``/iiif``: slices of a volume by the IIIF Image API 3.0, level 2.

An image is named ``{volume}:{plane}:{slice}``, or by its volume alone where that is one slice thin.
Drawing parameters stand in the query, or as a fourth part of the name, where clients keep them:
``{volume}:{plane}:{slice}:colormap=viridis&pixels=square``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from atlasview.channels import drawn_channels, is_rgb
from atlasview.colormaps import is_grey
from atlasview.encode import ENCODERS
from atlasview.errors import InvalidParameterError, NotFoundError
from atlasview.geometry import OrthogonalPlane
from atlasview.iiif import (
    QUALITIES,
    Limits,
    Region,
    canonical,
    in_quality,
    parse_quality,
    parse_region,
    parse_rotation,
    parse_size,
    turned,
)
from atlasview.resample import Span
from atlasview.rights import rights_uri
from atlasview.scaling import check_slice, halved_sizes, scale_slice, square_size
from atlasview.space import PLANES
from atlasview.style import Style
from atlasview.tiles import TILE
from atlasview.volume import Volume
from tileserver.caching import json_answer
from tileserver.catalog import Served
from tileserver.documents import NOT_MODIFIED, PICTURE_RESPONSES, PROBLEM_RESPONSES, path_parameters
from tileserver.params import parse_int, parse_query
from tileserver.scaled import answer_scaling
from tileserver.state import State, state_of
from tileserver.styleparams import PIXELS, STYLE, read_style

router = APIRouter(tags=["IIIF"])
_PARAMETERS = (*STYLE, PIXELS)
_NAMES = tuple(p.name for p in _PARAMETERS)
_CONTEXT = "http://iiif.io/api/image/3/context.json"
_LD_JSON = f'application/ld+json;profile="{_CONTEXT}"'
_PROFILE = "http://iiif.io/api/image/3/level2.json"
_REGION = {
    "name": "region",
    "in": "path",
    "required": True,
    "description": "`full`, `square`, `x,y,w,h` in pixels or `pct:x,y,w,h`.",
    "schema": {"type": "string", "example": "full"},
}
_SAFE = ":=&,;.+-_~!*()$@"


@dataclass(frozen=True, eq=False, slots=True)
class Image:
    """One slice as IIIF has it, in pixels of the finest level (or square ones).

    Parameters
    ----------
    served : Served
    plane : OrthogonalPlane
    index : int
    style : Style
    full : Region
    uri : str
        Its base URI.
    """

    served: Served
    plane: OrthogonalPlane
    index: int
    style: Style
    full: Region
    uri: str


@router.get(
    "/iiif/{identifier}",
    summary="An image's base URI",
    status_code=303,
    response_class=RedirectResponse,
    responses={303: {"description": "Its info.json."}, **PROBLEM_RESPONSES},
    openapi_extra={
        "parameters": [*path_parameters("identifier"), *(p.openapi() for p in _PARAMETERS)]
    },
)
async def get_image_base(request: Request) -> Response:
    """Lead to the image's info.json."""
    image = find_image(request, state_of(request))
    return RedirectResponse(f"{image.uri}/info.json", 303)


@router.get(
    "/iiif/{identifier}/info.json",
    summary="What an image is",
    responses={
        200: {
            "description": "The image information of the IIIF Image API 3.0.",
            "content": {
                "application/json": {"schema": {"type": "object"}},
                "application/ld+json": {"schema": {"type": "object"}},
            },
        },
        **NOT_MODIFIED,
        **PROBLEM_RESPONSES,
    },
    openapi_extra={
        "parameters": [*path_parameters("identifier"), *(p.openapi() for p in _PARAMETERS)]
    },
)
async def get_image_info(request: Request) -> Response:
    """Describe one image; drawing parameters of the query go into its base URI."""
    state = state_of(request)
    image = find_image(request, state)
    wanted = request.headers.get("accept", "")
    media = _LD_JSON if "application/ld+json" in wanted else "application/json"
    response = json_answer(request, describe_image(image, _limits(state), request), 0, media)
    packed = response.headers.get("Vary")
    response.headers["Vary"] = f"Accept, {packed}" if packed else "Accept"
    return response


@router.get(
    "/iiif/{identifier}/{region}/{size}/{rotation}/{quality}.{format}",
    summary="A picture of an image",
    responses=PICTURE_RESPONSES,
    response_class=Response,
    openapi_extra={
        "parameters": [
            *path_parameters("identifier"),
            _REGION,
            *path_parameters("size", "rotation", "quality", "format"),
            *(p.openapi() for p in _PARAMETERS),
        ]
    },
)
async def get_image(request: Request) -> Response:
    """Draw a region of a slice at any size, turned and mirrored.

    The coarsest stored level that has a voxel for every pixel is read: images are joined by area
    or interpolated, labels by nearest. `^` before the size enlarges.
    """
    state = state_of(request)
    path = request.path_params
    image = find_image(request, state)
    served, plane, limits = image.served, image.plane, _limits(state)
    region = parse_region(path["region"], image.full.width, image.full.height)
    size = parse_size(path["size"], region, limits)
    rotation, quality = parse_rotation(path["rotation"]), parse_quality(path["quality"])
    form = path["format"]
    if form not in ENCODERS:
        raise InvalidParameterError("format", form, "it takes " + ", ".join(ENCODERS))
    if served.volume.kind == "labels":
        if form == "jpg":
            raise InvalidParameterError(
                "format", form, "labels are never blurred; ask for png or webp"
            )
        if quality not in ("default", "color"):
            raise InvalidParameterError(
                "quality", quality, "the colours of labels carry meaning; it takes default, color"
            )
    if quality == _default_quality(served.volume, image.style):
        quality = "default"
    finest = served.volume.levels[0]
    height, width = plane.size(finest.shape)
    down, across = height / image.full.height, width / image.full.width
    scaling = scale_slice(
        served.volume.levels,
        plane,
        image.index,
        Span(region.y * down, region.height / size.height * down, size.height),
        Span(region.x * across, region.width / size.width * across, size.width),
    )
    spelling = canonical(region, size, rotation, quality, image.full, limits)
    return await answer_scaling(
        request,
        state,
        served,
        plane,
        scaling,
        image.style,
        form,
        ("iiif", spelling),
        lambda picture: turned(in_quality(picture, quality), rotation),
        {
            "Link": f'<{image.uri}/{spelling}.{form}>;rel="canonical", <{_PROFILE}>;rel="profile"',
        },
    )


def find_image(request: Request, state: State) -> Image:
    """Return the image that an address names.

    Raises
    ------
    NotFoundError
        There is no such volume or plane, or a volume of many slices is named without one.
    InvalidParameterError
        The slice or a drawing parameter is misspelt.
    OutOfVolumeError
        There is no such slice.
    """
    name, *parts = request.path_params["identifier"].split(":", 3)
    served = state.catalog.volume(name)
    levels = served.volume.levels
    if parts:
        if parts[0] not in PLANES:
            raise NotFoundError("plane", parts[0], list(PLANES))
        if len(parts) < 2:
            raise NotFoundError("image", f"{name}:{parts[0]}", [f"{name}:{parts[0]}:0"])
        plane, index = PLANES[parts[0]], parse_int("slice", parts[1])
    else:
        thin = [p for p in PLANES.values() if levels[0].shape[p.normal] == 1]
        if not thin:
            raise NotFoundError("image", name, [f"{name}:{p}:0" for p in PLANES])
        plane, index = thin[0], 0
    check_slice(levels, plane, index)
    said = quote(parts[2], safe="=&") if len(parts) == 3 else ""
    query = request.scope["query_string"].decode("latin-1")
    values = parse_query("&".join(filter(None, (said, query))).encode("latin-1"), _NAMES)
    style = read_style(values, _PARAMETERS)
    height, width = plane.size(levels[0].shape)
    if style.square:
        height, width = square_size(levels[0], plane)
    named = ":".join((served.id, plane.name, str(index))) if parts or values else served.id
    if values:
        named += ":" + "&".join(f"{k}={v}" for k, v in values.items())
    base = str(request.base_url).rstrip("/")
    uri = f"{base}/iiif/{quote(named, safe=_SAFE)}"
    return Image(served, plane, index, style, Region(0, 0, width, height), uri)


def describe_image(image: Image, limits: Limits, request: Request) -> dict[str, Any]:
    """Return the image information, as §5 of the specification has it."""
    volume, full = image.served.volume, image.full
    sizes = halved_sizes(full.height, full.width, TILE)
    labels = volume.kind == "labels"
    info: dict[str, Any] = {
        "@context": _CONTEXT,
        "id": image.uri,
        "type": "ImageService3",
        "protocol": "http://iiif.io/api/image",
        "profile": "level2",
        "width": full.width,
        "height": full.height,
        "maxWidth": limits.side,
        "maxHeight": limits.side,
        "maxArea": limits.area,
        "sizes": [{"width": w, "height": h} for h, w in sizes if limits.allow(w, h)],
        "tiles": [
            {"width": TILE, "height": TILE, "scaleFactors": [1 << k for k in range(len(sizes))]}
        ],
        "extraFormats": ["webp"],
        "extraQualities": ["color"] if labels else list(QUALITIES[1:]),
        "extraFeatures": [
            "canonicalLinkHeader",
            "mirroring",
            "profileLinkHeader",
            "sizeUpscaling",
        ],
        "seeAlso": [
            {
                "id": f"{str(request.base_url).rstrip('/')}/api/volumes/{image.served.id}",
                "type": "Dataset",
                "label": {"none": [volume.name]},
                "format": "application/json",
            }
        ],
    }
    if labels:
        info["preferredFormats"] = ["png", "webp"]
    rights = rights_uri(str(volume.attributes.get("licence") or ""))
    return info | ({"rights": rights} if rights else {})


def _limits(state: State) -> Limits:
    return Limits(state.settings.max_picture_pixels)


def _default_quality(volume: Volume, style: Style) -> str:
    """Return the quality that a picture has by itself."""
    channels = drawn_channels(volume, style)
    colours = (
        volume.kind == "labels"
        or style.labels is not None
        or len(channels) > 1
        or (is_rgb(volume) and not style.channel)
        or not all(map(is_grey, style.colormap))
    )
    return "color" if colours else "gray"
