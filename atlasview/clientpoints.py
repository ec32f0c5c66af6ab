"""Points on their way to a server, and the regions that come back for them; pure."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.errors import InvalidParameterError
from atlasview.geometry import FloatArray


def points_of(points: npt.ArrayLike) -> FloatArray:
    """Return points as an array (n, 3).

    Raises
    ------
    InvalidParameterError
        They are no points.
    """
    asked = np.asarray(points, np.float64)
    asked = np.atleast_2d(asked) if asked.size else asked.reshape(0, 3)
    if asked.ndim != 2 or asked.shape[1] != 3:
        raise InvalidParameterError("points", asked.shape, "it takes points (n, 3), x, y, z")
    if not np.isfinite(asked).all():
        at = asked[~np.isfinite(asked).all(axis=1)][0].tolist()
        raise InvalidParameterError("points", at, "coordinates are finite numbers")
    return asked


def unpacked(points: list[list[float]], said: dict[str, Any]) -> list[dict[str, Any]]:
    """Turn the compact answer of many points into one record each."""
    described = [
        {
            "region": {k: v for k, v in region.items() if k != "ancestors"},
            "ancestors": region["ancestors"],
            "parcellation": said["parcellation"],
        }
        for region in said["regions"]
    ]
    rows: list[list[dict[str, Any]]] = (
        [[described[i] | {"probability": p} for i, p in row] for row in said["probabilities"]]
        if "probabilities" in said
        else [[] if place is None else [described[place]] for place in said["region"]]
    )
    out: list[dict[str, Any]] = [
        {
            "point": point,
            "space": said["space"],
            "assignments": row,
        }
        for point, row in zip(said.get("points", points), rows, strict=True)
    ]
    for item, side in zip(out, said.get("hemisphere", ()), strict=False):
        item["hemisphere"] = side
    for item, place, far in zip(
        out, said.get("nearest", ()), said.get("distance_mm", ()), strict=False
    ):
        item["nearest"] = None if place is None else {
            "region": described[place]["region"], "distance_mm": far
        }  # fmt: skip
    return out
