"""``/precomputed/{labels}/mesh``: surfaces of segments in several resolutions, made when asked for.

A segment is a voxel value. Regions that only group others have no voxels of their own: under their
id, where no voxel has that value, is the surface of all that they group.
"""

from __future__ import annotations

import json
import re

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from atlasview.atlas import Parcellation
from atlasview.errors import NotFoundError
from atlasview.meshfiles import multilod_info
from tileserver import problems
from tileserver.caching import etag, not_modified
from tileserver.catalog import Served
from tileserver.routes.objects import parse_range
from tileserver.state import State

_SEGMENT = re.compile(r"(0|[1-9][0-9]{0,19})(\.index)?")
_MEDIA = "application/octet-stream"


def segment_labels(parcellation: Parcellation, segment: int) -> frozenset[int] | None:
    """Return the voxel values that a segment's surface goes around; None if it is none."""
    terms = parcellation.terminology
    if segment in terms.by_label:
        return frozenset([segment])
    region = terms.by_id.get(segment)
    return None if region is None else terms.labels([region])


def segment_of(parcellation: Parcellation, region: int) -> int | None:
    """Return the segment under which a region's surface is found; None where it has none."""
    terms = parcellation.terminology
    found = terms.by_id[region]
    if found.label is not None:
        return found.label
    return None if found.id in terms.by_label else found.id


async def answer_mesh(
    scope: Scope, state: State, served: Served, address: str, control: str
) -> Response:
    """Answer ``info``, ``ID.index`` or a range of ``ID``.

    Raises
    ------
    NotFoundError
        There is no such segment, or it has no voxels.
    """
    request = Request(scope)
    parcellation = state.catalog.parcellation(served.id)
    match = _SEGMENT.fullmatch(address)
    if parcellation is None or (match is None and address != "info"):
        raise NotFoundError("mesh", address)
    tag = etag(served.volume.digest, "mesh", address)
    known = not_modified(request, tag, control)
    if known is not None:
        return known
    common = {"ETag": tag, "Cache-Control": control}
    if match is None:
        return Response(json.dumps(multilod_info()), 200, common, "application/json")
    labels = segment_labels(parcellation, int(match[1]))
    if not labels:
        raise NotFoundError("mesh", address)
    regional = state.catalog.regional(parcellation)
    made = await state.work.run(
        lambda: regional.mesh(labels), key=("mesh", served.id, served.volume.digest, labels)
    )
    if made is None:
        raise NotFoundError("mesh", address)
    if match[2]:
        return Response(made[1].index, 200, common, _MEDIA)
    data, common["Accept-Ranges"] = made[1].data, "bytes"
    wanted = Headers(scope=scope).get("range")
    span = parse_range(wanted, len(data)) if wanted else (0, -1)
    if span is None:
        return problems.problem(
            416, "Range Not Satisfiable", f"The mesh has {len(data)} bytes.",
            {"Content-Range": f"bytes */{len(data)}"},
        )  # fmt: skip
    start, stop = span
    if stop < 0:
        return Response(data, 200, common, _MEDIA)
    common["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
    return Response(data[start:stop], 206, common, _MEDIA)
