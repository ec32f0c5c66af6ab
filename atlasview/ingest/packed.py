"""The same mean and majority as in `kernels`, by numpy alone: for all but large volumes.

Loading a compiler would take longer than all the rest of their ingest. The voxels are gone through
in blocks so small that what one pass leaves, the next one finds in the processor's cache.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.geometry import Triple

#: Bytes of voxels in a block.
_BLOCK = 1 << 19
#: Compare and exchange, in this order, sorts eight values (Batcher's odd-even merge sort).
_NETWORK = (
    *((0, 1), (2, 3), (4, 5), (6, 7), (0, 2), (1, 3), (4, 6), (5, 7), (1, 2), (5, 6)),
    *((0, 4), (1, 5), (2, 6), (3, 7), (2, 4), (3, 5), (1, 2), (3, 4), (5, 6)),
)
Array = npt.NDArray[Any]


def mean(voxels: Array, factors: Triple, out: Array) -> None:
    """Put the mean of blocks into an array; see `downsample`. Not for integers of 64 bits."""
    if voxels.dtype.kind == "f":
        join = _mean_of_floats
    else:
        join = _mean_of_short if voxels.dtype.itemsize <= 2 else _mean_of_long
    for block, at in _blocks(voxels, factors):
        out[at] = join(block, factors)


def majority(voxels: Array, factors: Triple, out: Array) -> None:
    """Put the most frequent label of blocks into an array; see `downsample`."""
    fz, fy, fx = factors
    mixed = np.empty(out.shape, bool)
    for block, at in _blocks(voxels, factors):
        out[at] = block[::fz, ::fy, ::fx]
        mixed[at] = _differs(block, factors)
    where = np.flatnonzero(mixed)
    if len(where):
        z, y, x = np.unravel_index(where, out.shape)
        out[z, y, x] = _most_frequent(_eight(voxels, factors, (z, y, x)))


def _eight(voxels: Array, factors: Triple, at: tuple[Array, ...]) -> list[Array]:
    """Return the eight labels that some voxels of the next level join."""
    flat, step = voxels.reshape(-1), 1
    corners: list[Array] = [np.zeros_like(at[0])]
    for factor, n, index in zip(factors[::-1], voxels.shape[::-1], at[::-1], strict=True):
        first = index * (factor * step)
        more: Array | int = (factor - 1) * step
        if n % factor:  # past the edge the voxel before it stands, as in `_blocks`
            more = np.where(index == n // factor, 0, more)
        corners = [corner + first for corner in corners]
        corners += [corner + more for corner in corners]
        step *= n
    return [flat[corner] for corner in corners]


def _blocks(voxels: Array, factors: Triple) -> Iterator[tuple[Array, tuple[slice, slice]]]:
    """Go through the blocks: the voxels of each, and where they go.

    At the far edge of an odd extent, what is not there is a copy of what is.
    """
    fz, fy, _ = factors
    nz, ny, nx = voxels.shape
    fit = _BLOCK // (fz * fy * nx * voxels.dtype.itemsize)
    rows = fy * max(1, fit)
    planes = fz * max(1, fit * fy // ny)
    for z, y in itertools.product(range(0, nz, planes), range(0, ny, rows)):
        block = voxels[z : z + planes, y : y + rows]
        for axis, factor in enumerate(factors):
            if factor == 2 and block.shape[axis] % 2:
                block = np.concatenate([block, block.take([-1], axis=axis)], axis=axis)
        k, j = z // fz, y // fy
        yield block, np.s_[k : k + block.shape[0] // fz, j : j + block.shape[1] // fy]


def _mean_of_short(block: Array, factors: Triple) -> Array:
    """Mean of integers of 8 or 16 bits.

    Two numbers side by side are seen as one of twice the width, so that numpy adds them as fast as
    the memory gives them.
    """
    size = block.dtype.itemsize
    short, wide = np.dtype(f"u{size}"), np.dtype(f"u{2 * size}")
    # Signed numbers are counted from the lowest one, which is even: ties round as they would.
    sign = short.type(0 if block.dtype.kind == "u" else 1 << (8 * size - 1))
    sums = block.view(short)
    if sign:
        sums = sums ^ sign
    if factors[2] == 2:
        pairs = np.ascontiguousarray(sums).view(wide)
        sums = (pairs & wide.type((1 << (8 * size)) - 1)) + (pairs >> wide.type(8 * size))
    found = _rounded(_added(sums.astype(wide, copy=False), factors[:2]), factors).astype(short)
    if sign:
        found ^= sign
    return found.view(block.dtype)


def _mean_of_long(block: Array, factors: Triple) -> Array:
    """Mean of integers of 32 bits."""
    return _rounded(_added(block.astype(np.int64), factors), factors).astype(block.dtype)


def _added(sums: Array, factors: tuple[int, ...]) -> Array:
    """Add neighbours along the axes that have a factor of 2, the last axis first."""
    for axis in reversed(range(len(factors))):
        if factors[axis] == 2:
            before = (slice(None),) * axis
            sums = sums[(*before, slice(0, None, 2))] + sums[(*before, slice(1, None, 2))]
    return sums


def _rounded(sums: Array, factors: Triple) -> Array:
    """Divide sums by as many as were added, rounding half to even."""
    shift = sum(factor == 2 for factor in factors)
    if shift == 0:
        return sums
    kind = sums.dtype.type
    odd: Array = (sums >> kind(shift)) & kind(1)
    odd += kind((1 << (shift - 1)) - 1)
    odd += sums
    odd >>= kind(shift)
    return odd


def _mean_of_floats(block: Array, factors: Triple) -> Array:
    """Mean of floating numbers, NaN left out; added in the same order as in `kernels`."""
    corners = _corners(block, factors)
    with np.errstate(invalid="ignore", over="ignore"):
        sums = np.zeros(corners[0].shape)
        for corner in corners:
            sums += corner
        if not np.isnan(sums).any():
            return (sums / len(corners)).astype(block.dtype)
        sums[...] = 0
        count = np.zeros(sums.shape, np.uint8)
        for corner in corners:
            there = ~np.isnan(corner)
            np.add(sums, corner, out=sums, where=there)
            count += there
        means = (sums / np.maximum(count, 1)).astype(block.dtype)
    means[count == 0] = np.nan
    return means


def _corners(block: Array, factors: Triple) -> list[Array]:
    """Return the eight voxels of each block; where a factor is 1, the same twice."""
    starts = itertools.product(*[(0, factor - 1) for factor in factors])
    return [block[tuple(map(slice, at, (None,) * 3, factors))] for at in starts]


def _differs(block: Array, factors: Triple) -> Array:
    """Tell in which blocks voxels differ; whole planes are compared first, which is fastest."""
    fz, fy, fx = factors
    size = block.dtype.itemsize
    # Two labels side by side are compared as one number.
    paired = fx == 2 and size < 8
    seen = block.view(f"u{2 * size}") if paired else block
    corner, other = seen[::fz], seen[fz - 1 :: fz]
    found: Array = corner != other
    if fy == 2:
        across: Array = corner[:, ::2] != corner[:, 1::2]
        across |= found[:, ::2]
        across |= found[:, 1::2]
        found, corner = across, corner[:, ::2]
    if paired:
        found |= (corner >> (8 * size)).astype(block.dtype) != corner.astype(block.dtype)
    elif fx == 2:
        found = found[..., ::2] | found[..., 1::2]
        found |= corner[..., ::2] != corner[..., 1::2]
    return found


def _most_frequent(labels: list[Array]) -> Array:
    """Return the most frequent of eight labels; see `downsample` for those equally frequent."""
    # One less than each, so that the background becomes the largest and loses every tie.
    ranks = np.stack(labels)
    ranks -= ranks.dtype.type(1)
    low, high = ranks.min(axis=0), ranks.max(axis=0)
    often = (ranks == low).sum(axis=0, dtype=np.uint8)
    best: Array = np.where(often >= 4, low, high)
    # Most blocks hold two labels; of more, the most frequent one is found by sorting.
    more = np.flatnonzero(often + (ranks == high).sum(axis=0, dtype=np.uint8) < 8)
    if len(more):
        best[more] = _longest_run(list(ranks[:, more]))
    best += best.dtype.type(1)
    return best


def _longest_run(ranks: list[Array]) -> Array:
    """Return the most frequent of eight numbers, and of equally frequent ones the smallest."""
    for low, high in _NETWORK:
        a, b = ranks[low], ranks[high]
        ranks[low], ranks[high] = np.minimum(a, b), np.maximum(a, b)
    best = ranks[0].copy()
    for often in range(2, 9):
        for first in range(8 - often, -1, -1):  # the smallest last, which stays
            same = ranks[first] == ranks[first + often - 1]
            np.copyto(best, ranks[first], where=same)
    return best
