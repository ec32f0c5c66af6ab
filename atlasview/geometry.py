"""Boxes and planes: pure numbers, no units, no files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Triple = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Box:
    """A half-open box of voxels, axes z, y, x.

    Parameters
    ----------
    start, stop : tuple of int
        First voxel, and one past the last.
    """

    start: Triple
    stop: Triple

    @property
    def shape(self) -> Triple:
        """Extent along z, y, x; never negative."""
        z, y, x = (max(0, b - a) for a, b in zip(self.start, self.stop, strict=True))
        return z, y, x

    @property
    def size(self) -> int:
        """Number of voxels."""
        z, y, x = self.shape
        return z * y * x

    @property
    def slices(self) -> tuple[slice, slice, slice]:
        """The same box as an index into an array (z, y, x)."""
        z, y, x = (slice(a, b) for a, b in zip(self.start, self.stop, strict=True))
        return z, y, x

    def within(self, shape: Sequence[int]) -> bool:
        """Tell whether the box is not empty and lies in an array of that shape."""
        return all(0 <= a < b <= n for a, b, n in zip(self.start, self.stop, shape, strict=True))

    def clipped(self, shape: Sequence[int]) -> Box:
        """Return the part of the box that lies in an array of that shape."""
        start = tuple(min(max(a, 0), n) for a, n in zip(self.start, shape, strict=True))
        stop = tuple(min(max(b, 0), n) for b, n in zip(self.stop, shape, strict=True))
        return Box(start, stop)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class OrthogonalPlane:
    """Which axes of an array (z, y, x) a plane spans, and which way it is drawn.

    Parameters
    ----------
    name : str
    normal, rows, cols : int
        Array axes: across the plane, down the picture, across the picture.
    flip_rows, flip_cols : bool
        Whether the first row (column) of the picture is the last index of its axis.
    top, left : str
        Anatomical letters at the top and the left of the picture.
    """

    name: str
    normal: int
    rows: int
    cols: int
    flip_rows: bool
    flip_cols: bool
    top: str
    left: str

    def image(self, voxels: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Turn a slab (..., z, y, x), one voxel thin across, into a picture (..., h, w)."""
        lead = voxels.ndim - 3
        flat: npt.NDArray[Any] = voxels.take(0, axis=lead + self.normal)
        if self.rows > self.cols:
            flat = flat.swapaxes(-1, -2)
        if self.flip_rows:
            flat = flat[..., ::-1, :]
        if self.flip_cols:
            flat = flat[..., ::-1]
        return flat

    def size(self, shape: Sequence[int]) -> tuple[int, int]:
        """Height and width of a whole slice of an array of that shape (z, y, x)."""
        return int(shape[self.rows]), int(shape[self.cols])

    def box(self, shape: Sequence[int], index: int, top: int, left: int, h: int, w: int) -> Box:
        """Return the voxels behind a rectangle of the picture of one slice.

        Parameters
        ----------
        shape : sequence of int
            Shape (z, y, x) of the array.
        index : int
            Voxel index along the normal.
        top, left, h, w : int
            Rectangle in pixels of the picture, wholly inside it.
        """
        start, stop = [0, 0, 0], [0, 0, 0]
        start[self.normal], stop[self.normal] = index, index + 1
        for axis, first, extent, flip in (
            (self.rows, top, h, self.flip_rows),
            (self.cols, left, w, self.flip_cols),
        ):
            n = shape[axis]
            start[axis] = n - first - extent if flip else first
            stop[axis] = n - first if flip else first + extent
        return Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))


@dataclass(frozen=True, slots=True)
class ObliquePlane:
    """Any plane in the world: a point and two orthogonal directions of the picture.

    Parameters
    ----------
    center : tuple of float
        A point of the plane (x, y, z), the middle of the picture.
    right, down : tuple of float
        Unit vectors (x, y, z) along the picture's rows and columns.
    """

    center: tuple[float, float, float]
    right: tuple[float, float, float]
    down: tuple[float, float, float]

    @property
    def normal(self) -> FloatArray:
        """Unit vector (x, y, z) out of the plane, right × down."""
        return np.cross(np.asarray(self.right), np.asarray(self.down))


@dataclass(frozen=True, slots=True)
class PixelGrid:
    """Where the pixels of a picture lie in the world.

    Parameters
    ----------
    origin : tuple of float
        Centre of the top left pixel, x, y, z in mm.
    right, down : tuple of float
        From one pixel's centre to the next along a row, and down a column, in mm.
    height, width : int
    """

    origin: tuple[float, float, float]
    right: tuple[float, float, float]
    down: tuple[float, float, float]
    height: int
    width: int

    @property
    def mm_per_pixel(self) -> tuple[float, float]:
        """Length in mm of a pixel across and down."""
        return float(np.linalg.norm(self.right)), float(np.linalg.norm(self.down))

    @property
    def affine(self) -> FloatArray:
        """Pixel (column, row) and 1 → mm, shape (4, 3)."""
        out = np.zeros((4, 3))
        out[:3, 0], out[:3, 1], out[:3, 2] = self.right, self.down, self.origin
        out[3, 2] = 1
        return out

    def grown(self, margin: int) -> PixelGrid:
        """Return the same grid with a margin of pixels all round."""
        o, r, d = (np.asarray(v) for v in (self.origin, self.right, self.down))
        first = o - margin * (r + d)
        return PixelGrid(
            (float(first[0]), float(first[1]), float(first[2])),
            self.right,
            self.down,
            self.height + 2 * margin,
            self.width + 2 * margin,
        )


def apply_affine(affine: npt.ArrayLike, points: npt.ArrayLike) -> FloatArray:
    """Map points (..., 3) through a 4 × 4 affine, both in x, y, z order."""
    matrix = np.asarray(affine, np.float64)
    return np.asarray(np.asarray(points, np.float64) @ matrix[:3, :3].T + matrix[:3, 3])
