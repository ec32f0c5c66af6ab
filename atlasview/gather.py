"""The compiled inner loops of any-plane sampling: pixels looked up in a table of chunks.

All positions are voxel indices z, y, x; a pixel lies at first + row · down + column · right. A
chunk is known by the address of its voxels (C order), or by its one value where the address is 0.
"""

# mypy: ignore-errors
# Compiled by numba from untyped Python; numba's own annotations do not describe what it compiles.

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba import types
from numba.extending import intrinsic


@intrinsic
def _pointer(typingctx: Any, address: Any) -> Any:
    """Turn an address into a pointer that `numba.carray` takes."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], context.get_value_type(types.voidptr))

    return types.voidptr(types.int64), generate


_EPS = 1e-9


@numba.njit(nogil=True, cache=True)
def mark(first, right, down, size, shape, chunk, low, linear, touched):
    """Mark the chunks that the pixels of a picture look into."""
    for r in range(size[0]):
        for c in range(size[1]):
            z = first[0] + r * down[0] + c * right[0]
            y = first[1] + r * down[1] + c * right[1]
            x = first[2] + r * down[2] + c * right[2]
            if not (
                -0.5 - _EPS <= z < shape[0] - 0.5 - _EPS
                and -0.5 - _EPS <= y < shape[1] - 0.5 - _EPS
                and -0.5 - _EPS <= x < shape[2] - 0.5 - _EPS
            ):
                continue
            if linear:
                z0 = max(int(np.floor(z)), 0) // chunk[0] - low[0]
                y0 = max(int(np.floor(y)), 0) // chunk[1] - low[1]
                x0 = max(int(np.floor(x)), 0) // chunk[2] - low[2]
                z1 = min(int(np.floor(z)) + 1, shape[0] - 1) // chunk[0] - low[0]
                y1 = min(int(np.floor(y)) + 1, shape[1] - 1) // chunk[1] - low[1]
                x1 = min(int(np.floor(x)) + 1, shape[2] - 1) // chunk[2] - low[2]
                touched[z0, y0, x0] = True
                if z1 != z0 or y1 != y0 or x1 != x0:
                    touched[z0, y0, x1] = True
                    touched[z0, y1, x0] = True
                    touched[z0, y1, x1] = True
                    touched[z1, y0, x0] = True
                    touched[z1, y0, x1] = True
                    touched[z1, y1, x0] = True
                    touched[z1, y1, x1] = True
            else:
                zi = int(np.floor(z + 0.5 + _EPS)) // chunk[0] - low[0]
                yi = int(np.floor(y + 0.5 + _EPS)) // chunk[1] - low[1]
                xi = int(np.floor(x + 0.5 + _EPS)) // chunk[2] - low[2]
                touched[zi, yi, xi] = True


@numba.njit(nogil=True, cache=True, inline="always")
def _voxel(z, y, x, chunk, low, slots, address, value, extents):
    kz, ky, kx = z // chunk[0], y // chunk[1], x // chunk[2]
    slot = slots[kz - low[0], ky - low[1], kx - low[2]]
    if address[slot] == 0:
        return value[slot]
    ny, nx = extents[slot, 1], extents[slot, 2]
    at = ((z - kz * chunk[0]) * ny + (y - ky * chunk[1])) * nx + (x - kx * chunk[2])
    size = extents[slot, 0] * ny * nx
    return numba.carray(_pointer(address[slot]), (size,), value.dtype)[at]


@numba.njit(nogil=True, cache=True)
def nearest(first, right, down, shape, chunk, low, slots, address, value, extents, out, inside):
    """Write the voxel that holds each pixel's centre."""
    for r in range(out.shape[0]):
        for c in range(out.shape[1]):
            z = int(np.floor(first[0] + r * down[0] + c * right[0] + 0.5 + _EPS))
            y = int(np.floor(first[1] + r * down[1] + c * right[1] + 0.5 + _EPS))
            x = int(np.floor(first[2] + r * down[2] + c * right[2] + 0.5 + _EPS))
            if 0 <= z < shape[0] and 0 <= y < shape[1] and 0 <= x < shape[2]:
                out[r, c] = _voxel(z, y, x, chunk, low, slots, address, value, extents)
                inside[r, c] = True


@numba.njit(nogil=True, cache=True)
def linear(first, right, down, shape, chunk, low, slots, address, value, extents, out, inside):
    """Write the mean of the eight voxels around each pixel's centre, by their nearness."""
    for r in range(out.shape[0]):
        for c in range(out.shape[1]):
            z = first[0] + r * down[0] + c * right[0]
            y = first[1] + r * down[1] + c * right[1]
            x = first[2] + r * down[2] + c * right[2]
            if not (
                -0.5 - _EPS <= z < shape[0] - 0.5 - _EPS
                and -0.5 - _EPS <= y < shape[1] - 0.5 - _EPS
                and -0.5 - _EPS <= x < shape[2] - 0.5 - _EPS
            ):
                continue
            zf, yf, xf = np.floor(z), np.floor(y), np.floor(x)
            wz, wy, wx = z - zf, y - yf, x - xf
            z0, y0, x0 = max(int(zf), 0), max(int(yf), 0), max(int(xf), 0)
            z1 = min(int(zf) + 1, shape[0] - 1)
            y1 = min(int(yf) + 1, shape[1] - 1)
            x1 = min(int(xf) + 1, shape[2] - 1)
            total = 0.0
            for dz in range(2):
                vz = wz if dz else 1.0 - wz
                if vz == 0.0:
                    continue
                zz = z1 if dz else z0
                for dy in range(2):
                    vy = vz * (wy if dy else 1.0 - wy)
                    if vy == 0.0:
                        continue
                    yy = y1 if dy else y0
                    if wx < 1.0:
                        total += (
                            vy
                            * (1.0 - wx)
                            * _voxel(zz, yy, x0, chunk, low, slots, address, value, extents)
                        )
                    if wx > 0.0:
                        total += (
                            vy * wx * _voxel(zz, yy, x1, chunk, low, slots, address, value, extents)
                        )
            out[r, c] = total
            inside[r, c] = True
