"""Voxels to the pixels of any plane, reading only the chunks that the plane crosses.

A picture's pixel centres map to voxel indices by one affine, so the chunks a plane crosses are
found by walking over its pixels, and each pixel is then looked up in the chunk that holds it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.chunks import ChunkReader
from atlasview.errors import TooLargeError
from atlasview.geometry import Box, FloatArray, PixelGrid
from atlasview.picture import UInt8Array
from atlasview.volume import Level
from atlasview.window import Window

BoolArray = npt.NDArray[np.bool_]
#: A share of a voxel below which a step is none: what multiplying affines may cost.
_TINY = 1e-9


@dataclass(frozen=True, eq=False, slots=True)
class IndexMap:
    """Pixel (row, column) → voxel index (z, y, x): first + row · down + column · right."""

    first: FloatArray
    right: FloatArray
    down: FloatArray


def index_map(level: Level, grid: PixelGrid) -> IndexMap:
    """Return where the pixels of a grid lie among the voxels of a level."""
    inverse = np.linalg.inv(level.affine)
    first = inverse[:3, :3] @ np.asarray(grid.origin) + inverse[:3, 3]
    right = inverse[:3, :3] @ np.asarray(grid.right)
    down = inverse[:3, :3] @ np.asarray(grid.down)
    return IndexMap(*(np.ascontiguousarray(v[::-1]) for v in (first, right, down)))


def level_for(levels: Sequence[Level], mm_per_pixel: float) -> Level:
    """Return the coarsest level that still resolves a pixel.

    Parameters
    ----------
    levels : sequence of Level
        Finest first.
    mm_per_pixel : float
    """
    best = levels[0]
    for level in levels[1:]:
        if max(level.voxel_size_mm) <= mm_per_pixel * 1.001:
            best = level
    return best


def level_on(levels: Sequence[Level], grid: PixelGrid) -> Level:
    """Return the coarsest level that has a voxel for every pixel, or as many as the finest has.

    Unlike `level_for` it looks along the rows and the columns of the grid only, so it does not
    mind how thick voxels are across the plane.

    Parameters
    ----------
    levels : sequence of Level
        Finest first.
    grid : PixelGrid
    """

    def steps(level: Level) -> FloatArray:
        where = index_map(level, grid)
        return np.asarray(np.linalg.norm([where.right, where.down], axis=1))

    best = levels[0]
    wanted = 0.999 * np.minimum(steps(best), 1.0)
    for level in levels[1:]:
        if (steps(level) >= wanted).all():
            best = level
    return best


def sample_nearest(
    reader: ChunkReader, level: Level, grid: PixelGrid, channel: int = 0, limit: int = 1 << 28
) -> tuple[npt.NDArray[Any], BoolArray]:
    """Look up the voxel that holds each pixel's centre.

    Parameters
    ----------
    reader : ChunkReader
    level : Level
    grid : PixelGrid
    channel : int
    limit : int
        Voxels that may be decoded.

    Returns
    -------
    values : ndarray, shape (h, w), stored dtype
        0 outside the volume.
    inside : ndarray of bool, shape (h, w)

    Raises
    ------
    TooLargeError
        More voxels would be decoded than `limit`.
    StorageError, StoreUnavailableError
        As `atlasview.volume.read`.
    """
    where = index_map(level, grid)
    separable = _separable(where, grid)
    if separable is not None:
        return _take(reader, level, separable, channel, limit)
    return _walk(reader, level, where, grid, channel, limit, linear=False)


def sample_linear(
    reader: ChunkReader, level: Level, grid: PixelGrid, channel: int = 0, limit: int = 1 << 28
) -> tuple[npt.NDArray[Any], BoolArray]:
    """Interpolate linearly between the eight voxels around each pixel's centre.

    Within half a voxel of the edge the outermost voxels count for what would lie beyond.

    Returns
    -------
    values : ndarray, shape (h, w), float32 (float64 for 32-bit voxels and wider)
        0 outside the volume.
    inside : ndarray of bool, shape (h, w)

    Raises
    ------
    TooLargeError, StorageError, StoreUnavailableError
        As `sample_nearest`.
    """
    return _walk(reader, level, index_map(level, grid), grid, channel, limit, linear=True)


def _separable(where: IndexMap, grid: PixelGrid) -> tuple[FloatArray, ...] | None:
    """Return index positions of each axis as (h, 1), (1, w) or (1, 1), if none needs (h, w)."""
    out: list[FloatArray] = []
    rows, cols = np.arange(grid.height)[:, None], np.arange(grid.width)[None, :]
    for first, right, down in zip(where.first, where.right, where.down, strict=True):
        by_row, by_col = abs(down) * grid.height > _TINY, abs(right) * grid.width > _TINY
        if by_row and by_col:
            return None
        if by_row:
            out.append(first + rows * down)
        elif by_col:
            out.append(first + cols * right)
        else:
            out.append(np.full((1, 1), first))
    return tuple(out)


def _take(
    reader: ChunkReader,
    level: Level,
    positions: tuple[FloatArray, ...],
    channel: int,
    limit: int,
) -> tuple[npt.NDArray[Any], BoolArray]:
    index = [np.floor(p + 0.5 + _TINY).astype(np.int64) for p in positions]
    valid = [(i >= 0) & (i < n) for i, n in zip(index, level.shape, strict=True)]
    inside = valid[0] & valid[1] & valid[2]
    dtype = level.array.dtype.numpy_dtype.newbyteorder("=")
    if not inside.any():
        return np.zeros(inside.shape, dtype), inside
    start = [int(i[v].min()) for i, v in zip(index, valid, strict=True)]
    stop = [int(i[v].max()) + 1 for i, v in zip(index, valid, strict=True)]
    box = Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
    if box.size > limit:
        raise TooLargeError("picture", box.size, limit, "voxels")
    voxels = reader.box(level, box, channel)
    z, y, x = (np.clip(i - a, 0, b - a - 1) for i, a, b in zip(index, start, stop, strict=True))
    values = voxels[z, y, x]
    return np.where(inside, values, np.zeros((), dtype)).astype(dtype, copy=False), inside


def _walk(
    reader: ChunkReader,
    level: Level,
    where: IndexMap,
    grid: PixelGrid,
    channel: int,
    limit: int,
    *,
    linear: bool,
) -> tuple[npt.NDArray[Any], BoolArray]:
    from atlasview import (
        gather,
    )  # compiled code: a second to import, so only when a plane is oblique

    shape, chunk = np.array(level.shape, np.int64), np.array(level.chunk, np.int64)
    corners = [
        where.first + r * where.down + c * where.right
        for r in (0, grid.height - 1)
        for c in (0, grid.width - 1)
    ]
    low = np.clip(np.floor(np.min(corners, axis=0)).astype(np.int64) - 1, 0, shape - 1) // chunk
    high = np.clip(np.ceil(np.max(corners, axis=0)).astype(np.int64) + 1, 0, shape - 1) // chunk
    # Counted in Python's numbers, which do not run over, whatever a file says of its extent.
    extent, each = (high - low + 1).tolist(), math.prod(chunk.tolist())
    if math.prod(extent) > limit:
        raise TooLargeError("picture", math.prod(extent) * each, limit, "voxels")
    touched = np.zeros(extent, np.bool_)
    size = (grid.height, grid.width)
    gather.mark(where.first, where.right, where.down, size, shape, chunk, low, linear, touched)
    places = np.argwhere(touched)
    decoded = len(places) * each
    if decoded > limit:
        raise TooLargeError("picture", decoded, limit, "voxels")
    slots = np.full(touched.shape, -1, np.int64)
    slots[touched] = np.arange(len(places))
    keys = [(int(z), int(y), int(x)) for z, y, x in (places + low).tolist()]
    chunks = reader.chunks(level, keys, channel)
    dtype = level.array.dtype.numpy_dtype.newbyteorder("=")
    if dtype == np.bool_:
        dtype = np.dtype(np.uint8)
    if dtype == np.float16:
        dtype = np.dtype(np.float32)
    # Addresses of decoded chunks; `kept` holds them alive while compiled code reads them.
    kept = [c.voxels if c.constant else np.ascontiguousarray(c.voxels, dtype) for c in chunks]
    address = np.array(
        [0 if c.constant else v.ctypes.data for c, v in zip(chunks, kept, strict=True)], np.int64
    )
    value = np.array(
        [v[0, 0, 0] if c.constant else 0 for c, v in zip(chunks, kept, strict=True)], dtype
    )
    extents = np.array([v.shape for v in kept], np.int64).reshape(-1, 3)
    # The inner loop follows the direction that runs most along x, where neighbours lie together.
    swap = abs(where.down[2]) > abs(where.right[2])
    right, down = (where.down, where.right) if swap else (where.right, where.down)
    turned = size[::-1] if swap else size
    inside = np.zeros(turned, np.bool_)
    if linear:
        wide = np.float64 if dtype.itemsize >= 4 else np.float32
        out = np.zeros(turned, wide)
        gather.linear(where.first, right, down, shape, chunk, low, slots, address, value, extents,
                      dtype.kind == "f", out, inside)  # fmt: skip
    else:
        out = np.zeros(turned, dtype)
        gather.nearest(where.first, right, down, shape, chunk, low, slots, address, value, extents,
                       out, inside)  # fmt: skip
    if swap:
        out, inside = np.ascontiguousarray(out.T), np.ascontiguousarray(inside.T)
    del kept
    return out, inside


def window_sampled(values: npt.NDArray[Any], window: Window) -> UInt8Array:
    """Map interpolated values (h, w) to grey, quicker than `Window.apply` and as exact.

    Parameters
    ----------
    values : ndarray of float, shape (h, w)
    window : Window
    """
    from atlasview import gather

    out = np.empty(values.shape, np.uint8)
    gather.window(values, window.lo, window.hi, window.gamma, window.invert, out)
    return out
