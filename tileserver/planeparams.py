"""How a request names a plane: a point with two directions, a quaternion, or three corners."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from atlasview.cut import (
    Corners,
    plane_from_corners,
    plane_from_directions,
    plane_from_orientation,
)
from atlasview.errors import InvalidParameterError
from atlasview.geometry import ObliquePlane, apply_affine
from atlasview.volume import Volume
from tileserver.params import Parameter, parse_float, parse_int, parse_point

_NUMBERS = {"type": "string", "pattern": r"^-?[0-9.]+(,-?[0-9.]+)*$"}


def parse_numbers(name: str, text: str, count: int, what: str) -> tuple[float, ...]:
    """Read so many numbers, comma (or semicolon, between points) between them.

    Raises
    ------
    InvalidParameterError
    """
    parts = text.replace(";", ",").split(",")
    if len(parts) != count:
        raise InvalidParameterError(name, text, f"it takes {what}")
    return tuple(parse_float(name, part.strip(), -1e9, 1e9) for part in parts)


def _point(name: str, text: str) -> tuple[float, float, float]:
    x, y, z = parse_point(name, text)
    for value in (x, y, z):
        parse_float(name, repr(value), -1e9, 1e9)
    return x, y, z


PLANE: tuple[Parameter, ...] = (
    Parameter("center", "x,y,z in mm: a point of the plane, the middle of a picture.",
              {**_NUMBERS, "example": "-26,6,0"}, _point),
    Parameter("right", "x,y,z: direction of the picture's rows.",
              {**_NUMBERS, "example": "1,0,0"}, _point),
    Parameter("down", "x,y,z: direction of the picture's columns, orthogonal to right.",
              {**_NUMBERS, "example": "0,-1,0"}, _point),
    Parameter("orientation", "qx,qy,qz,qw: the turn of the cross section, as in Neuroglancer; "
              "instead of right and down. 1,0,0,0 is upright.",
              _NUMBERS,
              lambda n, t: parse_numbers(n, t, 4, "a quaternion qx,qy,qz,qw")),
    Parameter("corners", "Nine numbers in mm: the outer corners top left, top right, bottom left, "
              "such as -60,0,60,60,0,60,-60,0,-60; instead of all the others.",
              _NUMBERS,
              lambda n, t: parse_numbers(n, t, 9, "three points in mm, nine numbers")),
)  # fmt: skip
SIZE: tuple[Parameter, ...] = (
    Parameter("width", "Of the picture, in pixels.",
              {"type": "integer", "minimum": 1, "default": 512}, lambda n, t: parse_int(n, t, 1)),
    Parameter("height", "Of the picture, in pixels.",
              {"type": "integer", "minimum": 1, "default": 512}, lambda n, t: parse_int(n, t, 1)),
    Parameter("mm_per_pixel", "Side of a pixel; by default so that the whole cut fits.",
              {"type": "number", "exclusiveMinimum": 0},
              lambda n, t: parse_float(n, t, 1e-6, 1e6)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NamedPlane:
    """A plane as named, and its size in mm where three corners said it."""

    plane: ObliquePlane
    width_mm: float | None = None
    height_mm: float | None = None


def read_plane(values: Mapping[str, str], volume: Volume) -> NamedPlane:
    """Read a plane out of a query; without a word it is the horizontal one through the middle.

    Raises
    ------
    InvalidParameterError
        It is named in two ways, halfway, or not at all a plane.
    """
    said = {p.name: p.parse(p.name, values[p.name]) for p in PLANE if p.name in values}
    if "corners" in said:
        others = sorted(set(said) - {"corners"})
        if others:
            raise InvalidParameterError(
                others[0], values[others[0]], "corners= names the whole plane already"
            )
        numbers = said["corners"]
        found: Corners = plane_from_corners(numbers[:3], numbers[3:6], numbers[6:])
        return NamedPlane(found.plane, found.width_mm, found.height_mm)
    center = said.get("center")
    if center is None:
        middle = (np.array(volume.shape) - 1) / 2
        center = tuple(apply_affine(volume.affine, middle).tolist())
    if "orientation" in said:
        for name in ("right", "down"):
            if name in said:
                raise InvalidParameterError(
                    name, values[name], "orientation= names the directions already"
                )
        return NamedPlane(plane_from_orientation(center, said["orientation"]))
    if ("right" in said) != ("down" in said):
        name = "right" if "right" in said else "down"
        raise InvalidParameterError(name, values[name], "right= and down= go together")
    return NamedPlane(
        plane_from_directions(center, said.get("right", (1, 0, 0)), said.get("down", (0, -1, 0)))
    )
