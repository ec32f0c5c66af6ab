"""Voxels of a rectangle to pixels of another size; pure.

Along each side a pixel joins the voxels that it covers, each by the share of it that is covered;
where a pixel is smaller than a voxel it is interpolated linearly between the two nearest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.geometry import FloatArray

Array = npt.NDArray[Any]
#: A share of a voxel that is none: what dividing steps may cost.
_TINY = 1e-6


@dataclass(frozen=True, slots=True)
class Span:
    """Where a row of pixels lies on a row of voxels: pixel j covers [start + j · step, + step).

    Positions count voxels from the outer edge of voxel 0.

    Parameters
    ----------
    start, step : float
    count : int
        Pixels.
    """

    start: float
    step: float
    count: int

    def scaled(self, factor: float) -> Span:
        """Return the same pixels on voxels of which `factor` fit into one of these."""
        return Span(self.start * factor, self.step * factor, self.count)


@dataclass(frozen=True, eq=False, slots=True)
class Taps:
    """Which voxels make each pixel along one side, and by what share.

    Parameters
    ----------
    index : ndarray of int, shape (pixels, taps)
    weight : ndarray of float, shape (pixels, taps)
        Sums to 1 for each pixel.
    """

    index: npt.NDArray[np.intp]
    weight: FloatArray

    @property
    def low(self) -> int:
        """First voxel that is needed."""
        return int(self.index.min())

    @property
    def high(self) -> int:
        """One past the last voxel that is needed."""
        return int(self.index.max()) + 1

    @property
    def copies(self) -> bool:
        """Whether every pixel is one voxel as it is."""
        return bool(self.index.shape[1] == 1)

    def part(self, start: int, stop: int) -> Taps:
        """Return the taps of some of the pixels."""
        return Taps(self.index[start:stop], self.weight[start:stop])

    def from_low(self) -> Taps:
        """Return the same, counted from the first voxel that is needed."""
        return Taps(self.index - self.low, self.weight)


def taps(span: Span, length: int) -> Taps:
    """Return what makes each pixel of a span.

    Parameters
    ----------
    span : Span
    length : int
        Voxels there are; pixels beyond show the nearest of them.
    """
    first: FloatArray = span.start + np.arange(span.count, dtype=np.float64) * span.step
    if span.step < 1 - _TINY:
        middle = first + span.step / 2 - 0.5
        low = np.floor(middle + _TINY)
        share = np.clip(middle - low, 0.0, 1.0)
        index = low[:, None] + np.arange(2)
        weight = np.stack([1 - share, share], axis=1)
    else:
        start = np.clip(_snapped(first), 0, length)
        stop = np.clip(_snapped(first + span.step), 0, length)
        low = np.floor(start)
        count = max(1, int((np.ceil(stop) - low).max()))
        index = low[:, None] + np.arange(count)
        covered = np.minimum(stop[:, None], index + 1) - np.maximum(start[:, None], index)
        weight = np.clip(covered, 0, None)
        total = weight.sum(axis=1, keepdims=True)
        weight = np.where(total > 0, weight / np.where(total > 0, total, 1), 1 / count)
    return Taps(np.clip(index, 0, length - 1).astype(np.intp), weight)


def resample(voxels: Array, rows: Taps, cols: Taps) -> Array:
    """Turn voxels (h, w) into pixels; NaN and infinities are left out where a number is beside.

    Parameters
    ----------
    voxels : ndarray, shape (h, w)
    rows, cols : Taps
        Indices into `voxels`.

    Returns
    -------
    ndarray, shape (pixels down, pixels across)
        As given where every pixel is one voxel; else float32 (float64 for 32-bit voxels and wider).
    """
    if rows.copies and cols.copies:
        return voxels[rows.index[:, 0][:, None], cols.index[:, 0][None, :]]
    wide = np.float64 if voxels.dtype.itemsize >= 4 else np.float32
    values = voxels.astype(wide)
    if voxels.dtype.kind == "f":
        known = np.isfinite(values)
        if not known.all():
            total = _along(_along(np.where(known, values, 0), rows).T, cols).T
            share = _along(_along(known.astype(wide), rows).T, cols).T
            with np.errstate(invalid="ignore", divide="ignore"):
                return np.where(share > _TINY, total / share, np.nan).astype(wide)
    return _along(_along(values, rows).T, cols).T


def _along(values: Array, along: Taps) -> Array:
    """Join rows."""
    if along.copies:
        return values[along.index[:, 0]]
    weight = along.weight.astype(values.dtype)
    out: Array = values[along.index[:, 0]] * weight[:, 0, None]
    for k in range(1, weight.shape[1]):
        out += values[along.index[:, k]] * weight[:, k, None]
    return out


def _snapped(positions: FloatArray) -> FloatArray:
    near = np.rint(positions)
    return np.where(np.abs(positions - near) < _TINY, near, positions)
