"""Planes of any direction: how they are named, and where they cut a volume; pure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from atlasview.errors import InvalidParameterError, OutOfVolumeError
from atlasview.geometry import FloatArray, ObliquePlane, PixelGrid, apply_affine
from atlasview.space import voxel_size

#: How far from orthogonal two directions may be (cosine) and still be taken for it.
_SQUARE = 1e-3


def plane_from_directions(
    center: Sequence[float], right: Sequence[float], down: Sequence[float]
) -> ObliquePlane:
    """Name a plane by a point and two orthogonal directions; their lengths do not matter.

    Raises
    ------
    InvalidParameterError
        A direction has no length, or they are not orthogonal.
    """
    r, d = _unit("right", right), _unit("down", down)
    if abs(float(r @ d)) > _SQUARE:
        raise InvalidParameterError(
            "down", _text(down), "it is not orthogonal to right; in a picture down is across right"
        )
    return ObliquePlane(_triple(center), _triple(r), _triple(_unit("down", d - r * (r @ d))))


def plane_from_orientation(center: Sequence[float], quaternion: Sequence[float]) -> ObliquePlane:
    """Name a plane as Neuroglancer does: the turn of its cross section, a quaternion x, y, z, w.

    Raises
    ------
    InvalidParameterError
        The quaternion has no length.
    """
    q = np.asarray(quaternion, np.float64)
    length = float(np.linalg.norm(q))
    if not 1e-6 < length < 1e6:
        raise InvalidParameterError(
            "orientation", _text(quaternion), "it takes a quaternion qx,qy,qz,qw that is not zero"
        )
    x, y, z, w = (q / length).tolist()
    right = (1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w))
    down = (2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w))
    return ObliquePlane(_triple(center), right, down)


@dataclass(frozen=True, slots=True)
class Corners:
    """A picture named by three points: its plane, and how wide and high it is in mm."""

    plane: ObliquePlane
    width_mm: float
    height_mm: float


def plane_from_corners(
    top_left: Sequence[float], top_right: Sequence[float], bottom_left: Sequence[float]
) -> Corners:
    """Name a picture by its outer corners: top left, top right, bottom left.

    Where the corner is not square, the bottom left is moved along the picture's width until it is.

    Raises
    ------
    InvalidParameterError
        The three points lie on one line.
    """
    a, b, c = (np.asarray(p, np.float64) for p in (top_left, top_right, bottom_left))
    across = b - a
    width = float(np.linalg.norm(across))
    right = across / width if width > 0 else across
    drop = (c - a) - right * ((c - a) @ right)
    height = float(np.linalg.norm(drop))
    if width < 1e-9 or height < 1e-9 * max(1.0, width):
        raise InvalidParameterError(
            "corners",
            "; ".join(_text(p) for p in (a, b, c)),
            "the three points (top left, top right, bottom left) must not lie on one line",
        )
    down = drop / height
    center = a + across / 2 + drop / 2
    return Corners(ObliquePlane(_triple(center), _triple(right), _triple(down)), width, height)


@dataclass(frozen=True, slots=True)
class Extent:
    """The rectangle of a plane that holds its cut through a volume, in mm from the centre.

    Parameters
    ----------
    left, top, right, bottom : float
        Along the plane's right and down.
    """

    left: float
    top: float
    right: float
    bottom: float


def cut_extent(plane: ObliquePlane, affine: FloatArray, shape: Sequence[int]) -> Extent:
    """Return where a plane cuts a volume.

    Parameters
    ----------
    plane : ObliquePlane
    affine : ndarray, shape (4, 4)
        Voxel centre (x, y, z) → mm.
    shape : sequence of int
        Extent x, y, z.

    Raises
    ------
    OutOfVolumeError
        It does not.
    """
    ends = [(-0.5, n - 0.5) for n in shape]
    corners = apply_affine(affine, np.array(list(itertools.product(*ends))))
    offset = corners - np.asarray(plane.center)
    height = offset @ plane.normal
    flat = np.stack([offset @ np.asarray(plane.right), offset @ np.asarray(plane.down)], axis=1)
    tiny = 1e-9 * max(voxel_size(affine))
    points = [flat[i] for i in range(8) if abs(height[i]) <= tiny]
    for i, j in itertools.combinations(range(8), 2):
        # corners of a box differ in one coordinate exactly where an edge joins them
        if (i ^ j) in (1, 2, 4) and height[i] * height[j] < 0:
            share = height[i] / (height[i] - height[j])
            points.append(flat[i] + share * (flat[j] - flat[i]))
    if not points:
        low, high = corners.min(axis=0), corners.max(axis=0)
        raise OutOfVolumeError(
            "plane through", _text(plane.center), f"it spans ({_text(low)}) to ({_text(high)}) mm"
        )
    found = np.array(points)
    (left, top), (right, bottom) = found.min(axis=0).tolist(), found.max(axis=0).tolist()
    return Extent(left, top, right, bottom)


@dataclass(frozen=True, slots=True)
class ObliqueZoom:
    """One zoom of a plane's tiles: square pixels, counted from the extent's top left."""

    z: int
    mm_per_pixel: float
    height: int
    width: int


def oblique_zooms(extent: Extent, finest_mm: float, tile: int) -> tuple[ObliqueZoom, ...]:
    """List the zooms of a plane, the whole cut in one tile first.

    Parameters
    ----------
    extent : Extent
    finest_mm : float
        Side of a pixel at the highest zoom.
    tile : int
        Side of a tile in pixels.
    """
    across, down = extent.right - extent.left, extent.bottom - extent.top
    # a billionth less, so that rounding errors do not open a new row of pixels
    steps = math.ceil(math.log2(max(across, down, finest_mm) * (1 - 1e-9) / finest_mm / tile))
    last = max(0, steps)
    out = []
    for z in range(last + 1):
        mm = finest_mm * 2 ** (last - z)
        height, width = (max(1, math.ceil(v / mm * (1 - 1e-9))) for v in (down, across))
        out.append(ObliqueZoom(z, mm, height, width))
    return tuple(out)


def picture_grid(plane: ObliquePlane, width: int, height: int, mm_per_pixel: float) -> PixelGrid:
    """Return the pixels of a picture whose middle is the plane's centre."""
    return tile_grid(
        plane, -width / 2 * mm_per_pixel, -height / 2 * mm_per_pixel, width, height, mm_per_pixel
    )


def tile_grid(
    plane: ObliquePlane, left: float, top: float, width: int, height: int, mm_per_pixel: float
) -> PixelGrid:
    """Return the pixels of a rectangle, given its top left corner in mm from the centre."""
    r, d = np.asarray(plane.right), np.asarray(plane.down)
    half = mm_per_pixel / 2
    first = np.asarray(plane.center) + r * (left + half) + d * (top + half)
    return PixelGrid(
        _triple(first), _triple(r * mm_per_pixel), _triple(d * mm_per_pixel), height, width
    )


def _unit(name: str, vector: Sequence[float] | FloatArray) -> FloatArray:
    array = np.asarray(vector, np.float64)
    length = float(np.linalg.norm(array))
    if not 1e-9 < length < 1e12:
        raise InvalidParameterError(
            name, _text(vector), "it takes a direction x,y,z that is not zero"
        )
    return array / length


def _triple(values: Sequence[float] | FloatArray) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in values)
    return x, y, z


def _text(values: Sequence[float] | FloatArray) -> str:
    return ",".join(f"{float(v):g}" for v in values)
