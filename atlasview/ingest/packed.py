"""The same mean, majority and counts as in `kernels`, by numpy alone: for small volumes.

Loading a compiler would take longer than all the rest of their ingest.

Two short numbers side by side are seen as one of twice the width, so that numpy adds them as fast
as the memory gives them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.geometry import Triple

#: Types of which this room knows the mean.
TYPES = ("uint8", "int8", "uint16", "int16")


def mean(voxels: npt.NDArray[Any], factors: Triple, out: npt.NDArray[Any]) -> None:
    """Put the mean of blocks, rounded half to even, into an array; see `downsample`."""
    size = voxels.dtype.itemsize
    # Signed numbers are counted from the lowest one, which is even: ties round as they would.
    sign = 0 if voxels.dtype.kind == "u" else 1 << (8 * size - 1)
    short = np.dtype(f"u{size}")
    sums = voxels.view(short)
    for axis, factor in enumerate(factors):
        if factor == 2 and sums.shape[axis] % 2:  # what is not there is a copy of what is
            sums = np.concatenate([sums, sums.take([-1], axis=axis)], axis=axis)
    if sign:
        sums = sums ^ short.type(sign)
    wide = np.dtype(f"u{2 * size}")
    if factors[2] == 2:
        pairs = np.ascontiguousarray(sums).view(wide)
        sums = (pairs & wide.type((1 << (8 * size)) - 1)) + (pairs >> wide.type(8 * size))
    else:
        sums = sums.astype(wide)
    if factors[1] == 2:
        sums = sums[:, 0::2] + sums[:, 1::2]
    if factors[0] == 2:
        sums = sums[0::2] + sums[1::2]
    shift = sum(factor == 2 for factor in factors)
    if shift:
        odd = (sums >> wide.type(shift)) & wide.type(1)
        sums = (sums + odd + wide.type((1 << (shift - 1)) - 1)) >> wide.type(shift)
    found = sums.astype(short)
    if sign:
        found ^= short.type(sign)
    out[...] = found.view(out.dtype)


def majority(voxels: npt.NDArray[Any], factors: Triple, out: npt.NDArray[Any]) -> None:
    """Put the most frequent label of blocks into an array; see `downsample`."""
    for axis, factor in enumerate(factors):
        if factor == 2 and voxels.shape[axis] % 2:  # what is not there is a copy of what is
            voxels = np.concatenate([voxels, voxels.take([-1], axis=axis)], axis=axis)
    fz, fy, fx = factors
    corners = [voxels[i::fz, j::fy, k::fx] for i in range(fz) for j in range(fy) for k in range(fx)]
    out[...] = corners[0]
    mixed = np.zeros(out.shape, bool)
    for corner in corners[1:]:
        mixed |= corner != corners[0]
    if not mixed.any():
        return
    blocks = np.stack([corner[mixed] for corner in corners], axis=1)
    blocks.sort(axis=1)
    often = (blocks[:, :, None] == blocks[:, None, :]).sum(axis=2)
    # sorted: the first of the best is the smallest label
    best = (2 * often + (blocks != 0)).argmax(axis=1)
    out[mixed] = blocks[np.arange(len(blocks)), best]


def count(voxels: npt.NDArray[Any], counts: npt.NDArray[np.int64]) -> None:
    """Add how often each unsigned value of 8 or 16 bits occurs."""
    flat = voxels.reshape(-1)
    if flat.itemsize == 2:
        counts += np.bincount(flat, minlength=1 << 16)
        return
    # Pillow counts bytes ten times as fast as numpy does.
    from PIL import Image

    counts += Image.fromarray(flat[None]).histogram()
