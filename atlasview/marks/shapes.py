"""Shapes of annotations: how many points they have, their middle, and what is measured of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from atlasview.geometry import FloatArray

Point = tuple[float, float, float]
Points = Sequence[Point]
_MANY = 10_000


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of annotation.

    Parameters
    ----------
    fewest, most : int
        Points.
    expected : str
        The same in words.
    middle : callable
        Points → the point whose region is that of the whole.
    measures : callable
        Points → lengths, areas, volumes in mm, angles in degrees.
    problem : callable
        Points → what is wrong with them, or None.
    """

    fewest: int
    most: int
    expected: str
    middle: Callable[[Points], Point]
    measures: Callable[[Points], dict[str, Any]]
    problem: Callable[[Points], str | None] = lambda _: None


def bounds_of(kind: str, points: Points) -> FloatArray:
    """Return the lowest and the highest corner in mm, shape (2, 3)."""
    array = np.array(points, np.float64)
    if kind == "ellipsoid":
        return np.stack([array[0] - array[1], array[0] + array[1]])
    return np.stack([array.min(axis=0), array.max(axis=0)])


def measures_of(kind: str, points: Points) -> dict[str, Any]:
    """Return what is measured of a shape, in mm, mm², mm³ and degrees."""
    return SHAPES[kind].measures(points)


def _triple(values: FloatArray) -> Point:
    x, y, z = (float(v) for v in values)
    return x, y, z


def _mean(points: Points) -> Point:
    return _triple(np.mean(np.array(points, np.float64), axis=0))


def _steps(points: Points) -> FloatArray:
    array = np.array(points, np.float64)
    found: FloatArray = np.linalg.norm(np.diff(array, axis=0), axis=1)
    return found


def _half_way(points: Points) -> Point:
    """Return the point half way along a path."""
    steps = _steps(points)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    array = np.array(points, np.float64)
    half = along[-1] / 2
    return _triple(np.array([np.interp(half, along, array[:, i]) for i in range(3)]))


def _area_vector(points: Points) -> FloatArray:
    array = np.array(points, np.float64)
    array = array - array[0]
    crossed = np.cross(array, np.roll(array, -1, axis=0)).sum(axis=0) / 2
    found: FloatArray = np.asarray(crossed, np.float64)
    return found


def _polygon_middle(points: Points) -> Point:
    """Return the centroid of a polygon's area; of its corners where it has none."""
    array = np.array(points, np.float64)
    normal = _area_vector(points)
    size = np.linalg.norm(normal)
    if size < 1e-12:
        return _mean(points)
    near = array - array[0]
    after = np.roll(near, -1, axis=0)
    weights = np.cross(near, after) @ normal / (2 * size)
    return _triple(array[0] + ((near + after) * weights[:, None]).sum(axis=0) / (3 * weights.sum()))


def _polyline(points: Points) -> dict[str, Any]:
    found: dict[str, Any] = {"length_mm": float(_steps(points).sum())}
    angles = [_angle(*points[i : i + 3]) for i in range(len(points) - 2)]
    if len(angles) == 1 and angles[0] is not None:
        found["angle_deg"] = angles[0]
    return found


def _angle(a: Point, b: Point, c: Point) -> float | None:
    """Return the angle at the middle one of three points."""
    one, two = np.subtract(a, b), np.subtract(c, b)
    lengths = float(np.linalg.norm(one) * np.linalg.norm(two))
    if lengths == 0:
        return None
    return math.degrees(math.atan2(float(np.linalg.norm(np.cross(one, two))), float(one @ two)))


def _polygon(points: Points) -> dict[str, Any]:
    return {
        "perimeter_mm": float(_steps([*points, points[0]]).sum()),
        "area_mm2": float(np.linalg.norm(_area_vector(points))),
    }


def _box(points: Points) -> dict[str, Any]:
    size = np.abs(np.subtract(points[1], points[0]))
    return {"size_mm": size.tolist(), "volume_mm3": float(size.prod())}


def _ellipsoid(points: Points) -> dict[str, Any]:
    radii = points[1]
    return {"radii_mm": list(radii), "volume_mm3": 4 / 3 * math.pi * math.prod(radii)}


def _radii_problem(points: Points) -> str | None:
    return None if min(points[1]) > 0 else "the half axes of an ellipsoid are above 0"


SHAPES: dict[str, Shape] = {
    "point": Shape(1, 1, "one point", lambda p: p[0], lambda _: {}),
    "line": Shape(
        2, 2, "two points", _half_way, lambda p: {"length_mm": float(_steps(p).sum())}
    ),
    "polyline": Shape(2, _MANY, "two points or more", _half_way, _polyline),
    "polygon": Shape(3, _MANY, "three points or more", _polygon_middle, _polygon),
    "box": Shape(2, 2, "two opposite corners", _mean, _box),
    "ellipsoid": Shape(
        2, 2, "a centre and the half axes along x, y, z", lambda p: p[0], _ellipsoid,
        _radii_problem,
    ),
}  # fmt: skip
