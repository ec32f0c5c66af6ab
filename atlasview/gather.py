"""The compiled inner loops of any-plane sampling: pixels looked up in a table of chunks.

All positions are voxel indices z, y, x; a pixel lies at first + row · down + column · right. A
chunk is known by the address of its voxels (C order), or by its one value where the address is 0.
The pixels of a row that lie in the volume are one run, since the volume is convex; within it most
neighbours lie in one chunk, which is kept at hand.
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
def _run(z, y, x, right, shape, width):
    """Return the half-open run of columns whose pixels lie in the volume."""
    low, high = 0.0, width - 1.0
    for axis in range(3):
        at = z if axis == 0 else (y if axis == 1 else x)
        step = right[axis]
        least, most = -0.5 - _EPS, shape[axis] - 0.5 - _EPS
        if step == 0.0:
            if not least <= at < most:
                return 0, 0
        else:
            one, other = (least - at) / step, (most - at) / step
            low = max(low, min(one, other))
            high = min(high, max(one, other))
    if low > high:
        return 0, 0
    # what division rounds, the rule itself settles
    begin, end = max(int(np.ceil(low)) - 1, 0), min(int(np.floor(high)) + 2, width)
    while begin < end and not _inside(z, y, x, right, begin, shape):
        begin += 1
    while end > begin and not _inside(z, y, x, right, end - 1, shape):
        end -= 1
    return begin, end


@numba.njit(nogil=True, cache=True, inline="always")
def _inside(z, y, x, right, c, shape):
    return (
        -0.5 - _EPS <= z + c * right[0] < shape[0] - 0.5 - _EPS
        and -0.5 - _EPS <= y + c * right[1] < shape[1] - 0.5 - _EPS
        and -0.5 - _EPS <= x + c * right[2] < shape[2] - 0.5 - _EPS
    )


@numba.njit(nogil=True, cache=True)
def mark(first, right, down, size, shape, chunk, low, linear, touched):
    """Mark the chunks that the pixels of a picture look into."""
    shift = 0.0 if linear else 0.5 + _EPS
    more = 1 if linear else 0
    bz = by = bx = 0
    ez = ey = ex = 0  # the chunk at hand spans [b, e)
    for r in range(size[0]):
        zr, yr, xr = first[0] + r * down[0], first[1] + r * down[1], first[2] + r * down[2]
        begin, end = _run(zr, yr, xr, right, shape, size[1])
        for c in range(begin, end):
            # at least −0.5 − ε, so that cutting off after adding 1 is rounding down
            z = max(int(zr + c * right[0] + shift + 1.0) - 1, 0)
            y = max(int(yr + c * right[1] + shift + 1.0) - 1, 0)
            x = max(int(xr + c * right[2] + shift + 1.0) - 1, 0)
            if bz <= z < ez - more and by <= y < ey - more and bx <= x < ex - more:
                continue
            kz, ky, kx = z // chunk[0], y // chunk[1], x // chunk[2]
            bz, by, bx = kz * chunk[0], ky * chunk[1], kx * chunk[2]
            ez, ey, ex = bz + chunk[0], by + chunk[1], bx + chunk[2]
            nz = min(z + more, shape[0] - 1) // chunk[0]
            ny = min(y + more, shape[1] - 1) // chunk[1]
            nx = min(x + more, shape[2] - 1) // chunk[2]
            for iz in range(kz, nz + 1):
                for iy in range(ky, ny + 1):
                    for ix in range(kx, nx + 1):
                        touched[iz - low[0], iy - low[1], ix - low[2]] = True


@numba.njit(nogil=True, cache=True)
def nearest(first, right, down, shape, chunk, low, slots, address, value, extents, out, inside):
    """Write the voxel that holds each pixel's centre."""
    bz = by = bx = 0
    ez = ey = ex = 0  # the chunk at hand spans [b, e)
    slot = -1
    for r in range(out.shape[0]):
        zr, yr, xr = first[0] + r * down[0], first[1] + r * down[1], first[2] + r * down[2]
        begin, end = _run(zr, yr, xr, right, shape, out.shape[1])
        for c in range(begin, end):
            z = int(zr + c * right[0] + 0.5 + _EPS)
            y = int(yr + c * right[1] + 0.5 + _EPS)
            x = int(xr + c * right[2] + 0.5 + _EPS)
            if not (bz <= z < ez and by <= y < ey and bx <= x < ex):
                kz, ky, kx = z // chunk[0], y // chunk[1], x // chunk[2]
                slot = slots[kz - low[0], ky - low[1], kx - low[2]]
                bz, by, bx = kz * chunk[0], ky * chunk[1], kx * chunk[2]
                ez, ey, ex = bz + extents[slot, 0], by + extents[slot, 1], bx + extents[slot, 2]
            inside[r, c] = True
            if address[slot] == 0:
                out[r, c] = value[slot]
            else:
                ny, nx = ey - by, ex - bx
                voxels = numba.carray(_pointer(address[slot]), ((ez - bz) * ny * nx,), value.dtype)
                out[r, c] = voxels[((z - bz) * ny + (y - by)) * nx + (x - bx)]


@numba.njit(nogil=True, cache=True)
def linear(
    first, right, down, shape, chunk, low, slots, address, value, extents, careful, out, inside
):
    """Write the mean of the eight voxels around each pixel's centre, by their nearness.

    `careful` keeps a NaN of no weight out.
    """
    bz = by = bx = 0
    ez = ey = ex = 0  # the chunk at hand spans [b, e)
    slot = -1
    for r in range(out.shape[0]):
        zr, yr, xr = first[0] + r * down[0], first[1] + r * down[1], first[2] + r * down[2]
        begin, end = _run(zr, yr, xr, right, shape, out.shape[1])
        for c in range(begin, end):
            z, y, x = zr + c * right[0], yr + c * right[1], xr + c * right[2]
            # at least −0.5 − ε, so that cutting off after adding 1 is rounding down
            zf, yf, xf = int(z + 1.0) - 1, int(y + 1.0) - 1, int(x + 1.0) - 1
            wz, wy, wx = z - zf, y - yf, x - xf
            z0, y0, x0 = max(zf, 0), max(yf, 0), max(xf, 0)
            z1, y1, x1 = (
                min(zf + 1, shape[0] - 1),
                min(yf + 1, shape[1] - 1),
                min(xf + 1, shape[2] - 1),
            )
            inside[r, c] = True
            if not (bz <= z0 < ez and by <= y0 < ey and bx <= x0 < ex):
                kz, ky, kx = z0 // chunk[0], y0 // chunk[1], x0 // chunk[2]
                slot = slots[kz - low[0], ky - low[1], kx - low[2]]
                bz, by, bx = kz * chunk[0], ky * chunk[1], kx * chunk[2]
                ez, ey, ex = bz + extents[slot, 0], by + extents[slot, 1], bx + extents[slot, 2]
            if z1 < ez and y1 < ey and x1 < ex:  # all eight in the chunk at hand, as nearly always
                if address[slot] == 0:
                    out[r, c] = value[slot]
                    continue
                ny, nx = ey - by, ex - bx
                a = ((z0 - bz) * ny + (y0 - by)) * nx + (x0 - bx)
                sz, sy, sx = (z1 - z0) * ny * nx, (y1 - y0) * nx, x1 - x0
                size = (ez - bz) * ny * nx
                out[r, c] = _eight(address[slot], size, value, a, sz, sy, sx, wz, wy, wx, careful)
                continue
            total = 0.0
            for dz in range(2):
                vz = wz if dz else 1.0 - wz
                zi = z1 if dz else z0
                kz = zi // chunk[0]
                for dy in range(2):
                    vy = vz * (wy if dy else 1.0 - wy)
                    yi = y1 if dy else y0
                    ky = yi // chunk[1]
                    for dx in range(2):
                        weight = vy * (wx if dx else 1.0 - wx)
                        if weight == 0.0:
                            continue
                        xi = x1 if dx else x0
                        kx = xi // chunk[2]
                        other = slots[kz - low[0], ky - low[1], kx - low[2]]
                        if address[other] == 0:
                            total += weight * value[other]
                            continue
                        ny, nx = extents[other, 1], extents[other, 2]
                        at = (zi - kz * chunk[0]) * ny + (yi - ky * chunk[1])
                        at = at * nx + (xi - kx * chunk[2])
                        size = extents[other, 0] * ny * nx
                        total += weight * _one(address[other], size, value, at)
            out[r, c] = total


@numba.njit(nogil=True, cache=True)
def _eight(address, size, value, at, sz, sy, sx, wz, wy, wx, careful):
    """Blend the eight voxels of one chunk that lie `sz`, `sy`, `sx` apart from `at` on.

    A function of its own, so that the compiler need not count references to the voxels.
    """
    v = numba.carray(_pointer(address), (size,), value.dtype)
    # unsigned, so that no index is taken for one from the end
    a, b, y, x = np.uintp(at), np.uintp(at + sz), np.uintp(sy), np.uintp(sx)
    if careful:
        near = _mix(_mix(v[a], v[a + x], wx), _mix(v[a + y], v[a + y + x], wx), wy)
        far = _mix(_mix(v[b], v[b + x], wx), _mix(v[b + y], v[b + y + x], wx), wy)
        return _mix(near, far, wz)
    ux, uy = 1.0 - wx, 1.0 - wy
    near = (v[a] * ux + v[a + x] * wx) * uy + (v[a + y] * ux + v[a + y + x] * wx) * wy
    far = (v[b] * ux + v[b + x] * wx) * uy + (v[b + y] * ux + v[b + y + x] * wx) * wy
    return near * (1.0 - wz) + far * wz


@numba.njit(nogil=True, cache=True)
def _one(address, size, value, at):
    """Return one voxel of one chunk."""
    return np.float64(numba.carray(_pointer(address), (size,), value.dtype)[np.uintp(at)])


@numba.njit(nogil=True, cache=True, inline="always")
def _mix(a, b, weight):
    """Blend two values; a neighbour of no weight does not count, not even when it is NaN."""
    if weight == 0.0:
        return np.float64(a)
    return a * (1.0 - weight) + b * weight


@numba.njit(nogil=True, cache=True)
def window(values, lo, hi, gamma, invert, out):
    """Map values to grey as `atlasview.window.Window` does, NaN to 0."""
    span = hi - lo  # divided by, not multiplied with its inverse: halves must round alike
    for r in range(values.shape[0]):
        for c in range(values.shape[1]):
            share = (values[r, c] - lo) / span
            if share > 0.0:
                if share > 1.0:
                    share = 1.0
                if gamma != 1.0:
                    share = share**gamma
                grey = int(share * 255.0 + 0.5)
                out[r, c] = 255 - grey if invert else grey
            else:
                out[r, c] = 255 if invert and share == share else 0
