"""The same counts, ranges and samples as in `kernels`, by numpy alone; see `packed`."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def count_values(voxels: Array, z0: int, y0: int, step: int, counts: npt.NDArray[np.int64]) -> None:
    """Add how often each unsigned value of 8 or 16 bits occurs in the rows looked at."""
    if step > 1:
        voxels = voxels[_first(voxels.shape, z0, y0, 0, step) == 0]
    flat = voxels.reshape(-1)
    if not len(flat):
        return
    if flat.itemsize == 2:
        counts[0] += np.bincount(flat, minlength=1 << 16)
        return
    # Pillow counts bytes ten times as fast as numpy does.
    from PIL import Image

    counts[0] += Image.fromarray(flat[None]).histogram()


def value_range(voxels: Array) -> tuple[Any, Any]:
    """Return the least and the greatest value of an array of integers that is not empty."""
    return voxels.min(), voxels.max()


def finite_range(voxels: Array) -> tuple[float, float]:
    """Return the least and the greatest finite value; (inf, −inf) where there is none."""
    low, high = float(voxels.min()), float(voxels.max())
    if np.isfinite(low) and np.isfinite(high):  # NaN is both where it is anywhere
        return low, high
    finite = voxels[np.isfinite(voxels)]
    return (float(finite.min()), float(finite.max())) if len(finite) else (np.inf, -np.inf)


def sample_values(voxels: Array, z0: int, y0: int, x0: int, step: int) -> Array:
    """Return the values of the voxels looked at."""
    nz, ny, nx = voxels.shape
    x = _first(voxels.shape, z0, y0, x0, step).reshape(-1, 1) + step * np.arange(nx // step + 1)
    at = x + nx * np.arange(nz * ny)[:, None]
    found: Array = voxels.reshape(-1)[at[x < nx]]
    return found


def _first(shape: tuple[int, ...], z0: int, y0: int, x0: int, step: int) -> npt.NDArray[np.int64]:
    """Return the first x of every row that is looked at; see `kernels`."""
    z, y = np.ogrid[z0 : z0 + shape[0], y0 : y0 + shape[1]]
    found: npt.NDArray[np.int64] = -(z * 7919 + y * 104729 + x0) % step
    return found
