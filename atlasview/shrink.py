"""Several voxels joined into one: images by their mean, labels by their majority; pure."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.labelpicture import present_in

#: Bins in which votes for labels are counted at once.
_MAX_BINS = 1 << 23


def shrink_mean(voxels: npt.NDArray[Any], scale: int, axes: tuple[int, int]) -> npt.NDArray[Any]:
    """Join scale × scale voxels into their mean, halves rounded to even; NaN are left out.

    Parameters
    ----------
    voxels : ndarray
    scale : int
    axes : tuple of int
        The two axes to shrink; blocks start at index 0 and are cut at the end.
    """
    total, count = voxels.astype(np.float64), np.ones(voxels.shape)
    if voxels.dtype.kind == "f":
        count = np.isfinite(total).astype(np.float64)
        total = np.where(count > 0, total, 0.0)
    for axis in axes:
        edges = np.arange(0, total.shape[axis], scale)
        total = np.add.reduceat(total, edges, axis=axis)
        count = np.add.reduceat(count, edges, axis=axis)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / count
    if voxels.dtype.kind != "f":
        mean = np.rint(mean)
    return mean.astype(voxels.dtype)


def shrink_majority(
    labels: npt.NDArray[Any], scale: int, axes: tuple[int, int]
) -> npt.NDArray[Any]:
    """Join scale × scale labels into the most frequent one; of equals, the smallest."""
    present, inverse = present_in(labels)
    codes: npt.NDArray[np.intp] = np.moveaxis(inverse.reshape(labels.shape), axes, (-2, -1))
    height, width = int(codes.shape[-2]), int(codes.shape[-1])
    rows, cols = -(-height // scale), -(-width // scale)
    flat = codes.reshape(-1, height, width)
    winner = np.empty((len(flat), rows, cols), np.intp)
    column = np.arange(width) // scale * len(present)
    # Votes of a strip of blocks are counted at once; strips keep the count of bins bounded.
    strip = max(1, _MAX_BINS // max(1, cols * len(present)))
    for plane in range(len(flat)):
        for first in range(0, rows, strip):
            part = flat[plane, first * scale : (first + strip) * scale]
            row = np.arange(len(part)) // scale * (cols * len(present))
            last = -(-len(part) // scale)
            votes = np.bincount(
                (part + column + row[:, None]).ravel(), minlength=last * cols * len(present)
            )
            # the first of equals is the smallest, since the values present are sorted
            winner[plane, first : first + last] = votes.reshape(last, cols, -1).argmax(axis=-1)
    out = present[winner.reshape(*codes.shape[:-2], rows, cols)]
    return np.moveaxis(out, (-2, -1), axes)
