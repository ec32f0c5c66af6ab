"""``/api/volumes/{volume}/cutout``: a box of voxels as a file."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from atlasview.cutout import FORMATS, Cutout, Format, mm_box, pick_level
from atlasview.cutout.boxes import check_box
from atlasview.errors import InvalidParameterError, TooLargeError
from atlasview.geometry import Box
from atlasview.volume import Level, Volume
from tileserver.caching import etag, max_age, not_modified
from tileserver.documents import NOT_MODIFIED, PROBLEM_RESPONSES, binary, headers, path_parameters
from tileserver.params import Parameter, parse_float, parse_int, query
from tileserver.state import State, state_of
from tileserver.streaming import Gate, Streamed, batch

router = APIRouter(tags=["volumes"])
#: Up to here a file is made whole before it is sent: its length is told whatever the format.
_WHOLE_BYTES = 4 << 20
#: From here on voxels are among what was made, not only a header.
_FIRST_BYTES = 64 << 10
Ranges = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]


def _parse_box(name: str, text: str) -> Box:
    """Read a half-open box of voxels."""
    expected = "it takes x0:x1,y0:y1,z0:z1 in voxels, half-open, each first below its last"
    parts = [part.split(":") for part in text.split(",")]
    if len(parts) != 3 or any(len(p) != 2 for p in parts):
        raise InvalidParameterError(name, text, expected)
    ranges = [(parse_int(name, a), parse_int(name, b)) for a, b in parts]
    if any(a >= b for a, b in ranges):
        raise InvalidParameterError(name, text, expected)
    (x0, x1), (y0, y1), (z0, z1) = ranges
    return Box((z0, y0, x0), (z1, y1, x1))


def _parse_mm(name: str, text: str) -> Ranges:
    """Read a box in mm."""
    expected = "it takes x0:x1,y0:y1,z0:z1 in mm, each first not above its last"
    parts = [part.split(":") for part in text.split(",")]
    if len(parts) != 3 or any(len(p) != 2 for p in parts):
        raise InvalidParameterError(name, text, expected)
    x, y, z = ((parse_float(name, a), parse_float(name, b)) for a, b in parts)
    if any(a > b for a, b in (x, y, z)):
        raise InvalidParameterError(name, text, expected)
    return x, y, z


def _parse_format(name: str, text: str) -> str:
    if text not in FORMATS:
        raise InvalidParameterError(name, text, "it takes " + ", ".join(FORMATS))
    return text


_WHOLE = r"(0|[1-9][0-9]{0,17})"
_REAL = r"-?[0-9]{1,30}(\.[0-9]{1,30})?"


def _ranges(number: str) -> str:
    return "^" + ",".join([f"{number}:{number}"] * 3) + "$"


PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "box",
        "x0:x1,y0:y1,z0:z1, half-open, in voxels of `level`; the whole level without it and `mm`.",
        {"type": "string", "pattern": _ranges(_WHOLE), "example": "60:90,80:120,70:80"},
        _parse_box,
    ),
    Parameter(
        "mm",
        "x0:x1,y0:y1,z0:z1 in mm instead, such as -30:0,-20:20,-5:5: the voxels that hold that "
        "box, its corners included.",
        {"type": "string", "pattern": _ranges(_REAL)},
        _parse_mm,
    ),
    Parameter(
        "level",
        "Which level; 0 is the finest.",
        {"type": "integer", "minimum": 0, "default": 0},
        lambda n, t: parse_int(n, t, 0),
    ),
    Parameter(
        "max_bytes",
        "Take the finest level, from `level` on, at which the voxels take no more bytes than this; "
        "X-Level tells which.",
        {"type": "integer", "minimum": 1},
        lambda n, t: parse_int(n, t, 1),
    ),
    Parameter(
        "channel",
        "One channel; all of them, as an axis more, without it.",
        {"type": "integer", "minimum": 0},
        lambda n, t: parse_int(n, t, 0),
    ),
    Parameter(
        "format",
        "nii.gz, nii: axes x, y, z. npy: an array z, y, x. tiff: OME-TIFF, a page a z. "
        "zarr.zip: zipped OME-Zarr.",
        {"type": "string", "enum": list(FORMATS), "default": "nii.gz"},
        _parse_format,
    ),
)
_NAMES = tuple(p.name for p in PARAMETERS)
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "headers": headers(
            X_Level="Which level it is.",
            X_Box="Its voxels on that level, x0:x1,y0:y1,z0:z1, half-open.",
            X_Uncompressed_Bytes="What its voxels take.",
            Content_Disposition="A name for the file.",
            ETag="For If-None-Match.",
        ),
        "content": binary(*sorted({f.media_type for f in FORMATS.values()})),
    },
    **NOT_MODIFIED,
    **PROBLEM_RESPONSES,
}


@router.get(
    "/api/volumes/{volume}/cutout",
    summary="A box of voxels as a file",
    responses=_RESPONSES,
    response_class=Response,
    openapi_extra={"parameters": [*path_parameters("volume"), *(p.openapi() for p in PARAMETERS)]},
)
async def get_cutout(request: Request) -> Response:
    """Cut a box out of one level, in RAS order, in its own place in the world.

    It is sent while it is read, and is never held whole. `HEAD` tells the exact length of `nii`,
    `npy`, `tiff` and of every small file, and what the voxels take of any.
    """
    state = state_of(request)
    served = state.catalog.volume(request.path_params["volume"])
    values = query(request, _NAMES)
    asked = {p.name: p.parse(p.name, values[p.name]) for p in PARAMETERS if p.name in values}
    cutout = _cutout(state, served.volume, asked, values)
    name = asked.get("format", "nii.gz")
    control = max_age(state.settings.max_age_seconds)
    tag = etag(served.volume.digest, cutout.level.index, cutout.box, cutout.channel, name)
    known = not_modified(request, tag, control)
    if known is not None:
        return known
    ranges = [f"{a}:{b}" for a, b in cutout.ranges]
    sent = {
        "ETag": tag,
        "Cache-Control": control,
        "Content-Disposition": f'attachment; filename="{_file_name(served.id, cutout, name)}"',
        "X-Level": str(cutout.level.index),
        "X-Box": ",".join(ranges),
        "X-Uncompressed-Bytes": str(cutout.nbytes),
    }
    return await _answer(request, state, cutout, FORMATS[name], sent)


def _cutout(state: State, volume: Volume, asked: dict[str, Any], values: dict[str, str]) -> Cutout:
    """Work out which voxels are meant, and refuse what is outside or too large."""
    level = volume.level(asked.get("level", 0))
    box = _box(level, asked, values)
    cutout = Cutout(volume, level, box, asked.get("channel"))
    limit = state.settings.max_cutout_bytes
    if "max_bytes" in asked:
        most = min(asked["max_bytes"], limit)
        level, box = pick_level(volume, level, box, cutout.voxel_bytes, most)
        return Cutout(volume, level, box, cutout.channel)
    if cutout.nbytes > limit:
        raise TooLargeError("cutout", cutout.nbytes, limit, "bytes")
    return cutout


def _box(level: Level, asked: dict[str, Any], values: dict[str, str]) -> Box:
    if "box" in asked and "mm" in asked:
        raise InvalidParameterError("mm", values["mm"], "box says already which voxels; give one")
    if "mm" in asked:
        low, high = zip(*asked["mm"], strict=True)
        placed = mm_box(level, low, high)
        check_box(level, placed, "mm", values["mm"])
        return placed
    box: Box = asked.get("box", Box((0, 0, 0), level.shape))
    check_box(level, box, "box", values.get("box", ""))
    return box


async def _answer(
    request: Request, state: State, cutout: Cutout, form: Format, headers: dict[str, str]
) -> Response:
    head = bool(request.scope.get("atlasview.head"))
    if form.size is not None:
        headers["Content-Length"] = str(form.size(cutout))
    small = cutout.nbytes <= _WHOLE_BYTES
    if head and (form.size is not None or not small):
        response = Response(None, 200, headers, form.media_type)
        if form.size is None:
            del response.headers["content-length"]
        return response
    pieces = form.write(cutout)
    if small:  # whoever takes large ones slowly, four of them, keeps nobody from these
        body = await state.work.run(lambda: b"".join(pieces))
        return Response(body, 200, headers, form.media_type)
    gate: Gate = request.app.state.cutouts
    gate.enter()
    streaming = False
    try:
        # What fails at once is told in words, not by a broken connection.
        begin, more = b"", True
        while more and len(begin) < _FIRST_BYTES:
            body, more = await state.work.run(lambda: batch(pieces))
            begin += body
        streaming = True
        return Streamed(pieces, begin, headers, form.media_type, state.work, gate)
    finally:
        if not streaming:
            gate.leave()


def _file_name(volume: str, cutout: Cutout, name: str) -> str:
    ranges = "_".join(f"{a}-{b}" for a, b in cutout.ranges)
    channel = "" if cutout.channel is None else f"_channel{cutout.channel}"
    return f"{volume}_level{cutout.level.index}_{ranges}{channel}.{name}"
