"""``/api/volumes``: what volumes there are, and single values of them."""

from __future__ import annotations

import logging
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from atlasview.errors import (
    InvalidParameterError,
    NotFoundError,
    StorageError,
    StoreUnavailableError,
)
from atlasview.geometry import Box
from tileserver.caching import json_answer
from tileserver.describe import describe_volume, finite
from tileserver.documents import PROBLEM_RESPONSES, SAMPLE_VOLUME
from tileserver.frames import POINT_PATTERN, OriginQuery, SpaceQuery, asked_json, carrier_into
from tileserver.params import parse_point
from tileserver.shapes.volumes import Histogram, ValueAtPoint, Volume, Volumes
from tileserver.state import state_of

log = logging.getLogger("atlasview")
router = APIRouter(prefix="/api/volumes", tags=["volumes"], responses=PROBLEM_RESPONSES)
VolumeId = Annotated[
    str, Path(description="Id of a volume.", json_schema_extra={"example": SAMPLE_VOLUME})
]


@router.get("", summary="All volumes", response_model=Volumes)
async def list_volumes(request: Request) -> Response:
    """List the volumes, each with its levels, planes and links.

    Those whose stored values cannot be read now are only named, as ``unreadable``.
    """
    state = state_of(request)
    root = request.scope.get("root_path", "")
    names = list(state.catalog.library.volumes)

    def describe() -> dict[str, Any]:
        told: list[dict[str, Any]] = []
        unreadable: list[str] = []
        for name in names:
            try:
                told.append(describe_volume(state.catalog.volume(name), root))
            except NotFoundError:
                continue  # taken away since
            except (StorageError, StoreUnavailableError) as exc:
                log.error("%s", exc)
                unreadable.append(name)
        return {"volumes": told, **({"unreadable": unreadable} if unreadable else {})}

    return json_answer(request, await state.work.run(describe))


@router.get("/{volume}", summary="One volume", response_model=Volume)
async def get_volume(request: Request, volume: VolumeId) -> Response:
    """Describe one volume: grid, levels, space, values, planes, licence, links."""
    state = state_of(request)
    served = state.catalog.volume(volume)
    root = request.scope.get("root_path", "")
    return json_answer(request, await state.work.run(lambda: describe_volume(served, root)))


@router.get("/{volume}/value", summary="The value at a point", response_model=ValueAtPoint)
async def get_value(
    request: Request,
    volume: VolumeId,
    point: Annotated[
        str,
        Query(
            description="x,y,z in mm, RAS+.",
            json_schema_extra={"pattern": POINT_PATTERN, "example": "-26,6,0"},
        ),
    ],
    space: SpaceQuery = None,
    origin: OriginQuery = None,
) -> Response:
    """Return the value of the finest voxel that holds a point (one value a channel)."""
    state = state_of(request)
    served = state.catalog.volume(volume)
    asked = parse_point("point", point)
    way = carrier_into(state, served.volume.space, space, origin)
    at = way.carry(np.array(asked)).tolist() if way else list(asked)
    x, y, z = served.volume.voxel_at(at)
    box = Box((z, y, x), (z + 1, y + 1, x + 1))
    level = served.volume.levels[0]
    count = min(served.volume.channels, 64)

    def look() -> list[Any]:
        return [
            _plain(state.catalog.reader.box(level, box, channel)[0, 0, 0])
            for channel in range(count)
        ]

    values = await state.work.run(look)
    return json_answer(
        request,
        {
            "value": values[0] if served.volume.channels == 1 else values,
            "voxel": [x, y, z],
            "point": at,
            "space": served.volume.space,
            **({"asked": asked_json(way, list(asked), origin)} if way else {}),
        },
    )


@router.get("/{volume}/histogram", summary="Histogram of the values", response_model=Histogram)
async def get_histogram(request: Request, volume: VolumeId) -> Response:
    """Return how often values occur, in bins of equal width over the range."""
    state = state_of(request)
    served = state.catalog.volume(volume)
    found = await state.work.run(lambda: served.statistics)
    return json_answer(
        request,
        {
            "volume": served.id,
            "range": list(found.histogram_range),
            "edges": found.edges().tolist(),
            "counts": list(found.counts),
            "value_range": list(found.value_range),
            "percentiles": {k: finite(v) for k, v in found.percentiles.items()},
            "sampled": found.sampled,
        },
    )


def _plain(value: Any) -> int | float | bool | None:
    plain = value.item()
    if isinstance(plain, float):
        return finite(plain)
    if isinstance(plain, (bool, int)):
        return plain
    raise InvalidParameterError("volume", type(plain).__name__, "its voxels are not numbers")
