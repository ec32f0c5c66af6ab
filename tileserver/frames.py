"""Points of a request: in which space, from which origin, and how many."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from fastapi import Query
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, FailFast, Field, StrictFloat, ValidationError
from pydantic_core import from_json

from atlasview.errors import InvalidParameterError, TooLargeError
from atlasview.frames import Carrier, carrier
from atlasview.geometry import FloatArray
from tileserver.bodies import collector
from tileserver.state import State

SpaceQuery = Annotated[
    str | None,
    Query(
        max_length=200,
        description="Space of the point, by id or name, where it is not that of the data: it is "
        "carried over, and a space that nothing leads from is a 409.",
    ),
]
OriginQuery = Annotated[
    str | None,
    Query(
        max_length=220,
        description="How the point is written: id of an origin of its space, such as ac-pc, or "
        "voxel:VOLUME; in mm of the space when not said.",
    ),
]
POINT_PATTERN = r"^-?[0-9]+(\.[0-9]+)?,-?[0-9]+(\.[0-9]+)?,-?[0-9]+(\.[0-9]+)?$"


class Points(BaseModel):
    """Points of a request."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"points": [[-26, 6, 0], [38, -22, 58]]}]},
    )

    points: Annotated[list[tuple[StrictFloat, StrictFloat, StrictFloat]], FailFast()] = Field(
        description="x, y, z in mm, RAS+.", min_length=1
    )


def read_points(body: bytes, limit: int) -> FloatArray:
    """Read ``{"points": [[x, y, z], …]}``.

    Raises
    ------
    RequestValidationError, InvalidParameterError
        It is none.
    TooLargeError
        There are more than `limit`.
    """
    # More than may be are not even read: each has a bracket.
    check_count(body.count(b"[") - 1, limit)
    try:
        # Far faster than the standard library, and bounded in its depth.
        with collector.held_back():
            found = from_json(body)
    except ValueError:
        raise InvalidParameterError("body", "…", "it takes JSON in UTF-8") from None
    if isinstance(found, dict):
        # Counted first, and the first fault ends it: one kept for each point is gigabytes.
        for name in found:
            if name != "points":
                raise InvalidParameterError(name[:60], "…", "the body holds points alone")
        if isinstance(found.get("points"), list):
            check_count(len(found["points"]), limit)
    try:
        asked = Points.model_validate(found).points
    except ValidationError as exc:
        raise RequestValidationError(
            [{**e, "loc": ("body", *e["loc"])} for e in exc.errors(include_url=False)]
        ) from exc
    check_count(len(asked), limit)
    points = np.array(asked, np.float64)
    good = np.isfinite(points) & (np.abs(points) <= 1e30)
    if not good.all():
        at = asked[int(np.flatnonzero(~good.all(axis=1))[0])]
        raise InvalidParameterError("points", at, "coordinates are finite numbers")
    return points


def check_count(count: int, limit: int) -> None:
    """Refuse more points than one request may have.

    Raises
    ------
    TooLargeError
    """
    if count > limit:
        raise TooLargeError("request", count, limit, "points")


def carrier_into(state: State, own: str, space: str | None, origin: str | None) -> Carrier | None:
    """Return what takes points of a request into the space of the data; None where nothing does.

    Raises
    ------
    NotFoundError, InvalidParameterError, UnrelatedSpacesError
        As `atlasview.frames.carrier`.
    """
    if space is None and origin is None:
        return None
    return carrier(state.catalog.library, space or own, own, origin=origin)


def asked_json(found: Carrier, point: list[float], origin: str | None) -> dict[str, Any]:
    """Say how a point was asked that was carried over."""
    return {"point": point, "space": found.source, "origin": origin}
