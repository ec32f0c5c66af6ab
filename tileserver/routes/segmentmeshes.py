"""``/precomputed/{volume}/mesh``: surfaces in several resolutions, made when asked for.

Of labels, a segment is a voxel value, or what `atlasview.segments` calls one. Of an image,
segment 1 is its outer surface, at a threshold of Otsu's or, as ``mesh=60``, at one given.

``/precomputed/{labels}/meshes`` are the files of surfaces that are kept on disk, as they are: the
same surfaces in Neuroglancer's sharded format, for programs that read ranges.
``/precomputed/{labels}/brainglobe`` are those that BrainGlobe keeps of its annotations.
"""

from __future__ import annotations

import json
import re
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from atlasview.atlas import Parcellation
from atlasview.brainglobemeshes import brainglobe_folder, brainglobe_info
from atlasview.errors import NotFoundError
from atlasview.insidefile import inside_file
from atlasview.meshfiles import Multilod, multilod_info
from atlasview.segments import segment_labels
from atlasview.shell import SEGMENT
from tileserver import problems
from tileserver.caching import etag, not_modified
from tileserver.catalog import Served
from tileserver.files import RangedFile
from tileserver.ranges import parse_range
from tileserver.state import State

_SEGMENT = re.compile(r"(0|[1-9][0-9]{0,19})(\.index)?")
_FOLDER = re.compile(r"mesh(?:=(-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,9})?))?")
_SHARD_FILE = re.compile(r"info|[0-9a-f]{1,16}\.shard")
_MEDIA = "application/octet-stream"


def mesh_folder(key: str) -> tuple[float | None] | None:
    """Read the name of a folder of surfaces: the threshold it is for, if any; None if it is none.

    Such a name is ``mesh``, or ``mesh=60`` of an image.
    """
    match = _FOLDER.fullmatch(key)
    if match is None:
        return None
    return (float(match[1]) if match[1] else None,)


async def answer_mesh(
    scope: Scope,
    state: State,
    served: Served,
    address: str,
    control: str,
    threshold: float | None = None,
    *,
    side: str | None = None,
) -> Response:
    """Answer ``info``, ``ID.index`` or a range of ``ID``.

    Raises
    ------
    NotFoundError
        There is no such segment, or it has no voxels.
    """
    request = Request(scope)
    match = _SEGMENT.fullmatch(address)
    if match is None and address != "info":
        raise NotFoundError("mesh", address)
    parcellation = state.catalog.parcellation(served.id)
    kept = state.catalog.regional(parcellation).stored_stamp if parcellation else None
    tag = etag(served.volume.digest, "mesh", threshold, side, kept, address)
    known = not_modified(request, tag, control)
    if known is not None:
        return known
    common = {"ETag": tag, "Cache-Control": control}
    segment = int(match[1]) if match else None
    if served.volume.kind == "image":
        info, made = await _shell(state, served, segment, threshold)
    elif threshold is None:
        info, made = await _segment(state, served, parcellation, segment, side)
    else:
        raise NotFoundError("mesh", f"mesh={threshold:g}/{address}")
    if match is None:
        return Response(json.dumps(info), 200, common, "application/json")
    if made is None:
        raise NotFoundError("mesh", address)
    if match[2]:
        return Response(made.index, 200, common, _MEDIA)
    return _part(scope, made.data, common)


async def _shell(
    state: State, served: Served, segment: int | None, threshold: float | None
) -> tuple[dict[str, Any], Multilod | None]:
    """Return the outer surface of an image, with what its folder says of it."""
    if segment not in (None, SEGMENT):
        raise NotFoundError("mesh", segment, [SEGMENT])
    found = await state.work.run(
        lambda: served.shells.shell(threshold),
        key=("shell", served.id, served.volume.digest, threshold),
    )
    if found is None:
        raise NotFoundError("outer surface of", served.id)
    more = {"atlasview": {"segment": SEGMENT, "threshold": found[1]}}
    return {**multilod_info(), **more}, found[0]


async def _segment(
    state: State,
    served: Served,
    parcellation: Parcellation | None,
    segment: int | None,
    side: str | None,
) -> tuple[dict[str, Any], Multilod | None]:
    """Return the surface of a segment of labels, with what its folder says."""
    if parcellation is None:
        raise NotFoundError("region table of", served.id)
    if segment is None:
        return multilod_info(), None
    regional, terms = state.catalog.regional(parcellation), parcellation.terminology

    def job() -> Multilod | None:
        labels = segment_labels(terms, segment, regional.whole.extents)
        return regional.surfaces(segment, labels, side) if labels else None

    made = await state.work.run(job, key=("mesh", served.id, served.volume.digest, segment, side))
    return multilod_info(), made


async def answer_shards(
    scope: Scope, state: State, served: Served, address: str, control: str
) -> Response:
    """Answer a file of the surfaces that are kept on disk, or a range of it.

    Raises
    ------
    NotFoundError
        There is no such file, or none are kept of these labels.
    """
    parcellation = state.catalog.parcellation(served.id)
    if parcellation is None or not _SHARD_FILE.fullmatch(address):
        raise NotFoundError("stored surface file", address)
    regional = state.catalog.regional(parcellation)
    stored = await state.work.run(lambda: regional.stored)
    path = None if stored is None else inside_file(stored.folder, address)
    if path is None:
        raise NotFoundError("stored surface file", address)
    tag = etag(served.volume.digest, "meshes", regional.stored_stamp, address)
    known = not_modified(Request(scope), tag, control)
    if known is not None:
        return known
    media = "application/json" if address == "info" else _MEDIA
    headers = {"ETag": tag, "Cache-Control": control}
    return RangedFile(path, headers=headers, media_type=media)


async def answer_brainglobe(scope: Scope, served: Served, address: str, control: str) -> Response:
    """Answer a file of BrainGlobe's own surfaces: ``info``, ``ID.index``, ``ID`` or a range of it.

    Raises
    ------
    NotFoundError
        There is no such file, or BrainGlobe has none of these labels.
    """
    folder = brainglobe_folder(served.volume)
    if folder is None or not (address == "info" or _SEGMENT.fullmatch(address)):
        raise NotFoundError("surface of BrainGlobe's", address)
    path = inside_file(folder, address)
    if path is None:
        raise NotFoundError("surface of BrainGlobe's", address)
    stat = path.stat()
    tag = etag(served.volume.digest, "brainglobe", stat.st_ino, stat.st_mtime_ns, address)
    known = not_modified(Request(scope), tag, control)
    if known is not None:
        return known
    headers = {"ETag": tag, "Cache-Control": control}
    if address == "info":
        body = json.dumps(brainglobe_info(folder, served.volume))
        return Response(body, 200, headers, "application/json")
    return RangedFile(path, headers=headers, media_type=_MEDIA)


def _part(scope: Scope, data: bytes, common: dict[str, str]) -> Response:
    """Answer with a body, or the range of it that is asked for."""
    common["Accept-Ranges"] = "bytes"
    wanted = Headers(scope=scope).get("range")
    span = parse_range(wanted, len(data)) if wanted else (0, -1)
    if span is None:
        return problems.unsatisfiable("mesh", len(data))
    start, stop = span
    if stop < 0:
        return Response(data, 200, common, _MEDIA)
    common["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
    return Response(data[start:stop], 206, common, _MEDIA)
