"""Loops over voxels, compiled by numba: levels and statistics of large volumes, and of labels.

Loading numba and what it has compiled takes a large part of a second: rooms that may do without
import this one when they need it.
"""

from __future__ import annotations

import numba
import numpy as np

# In all kernels a row (plane, column) that is not there is counted as a copy of the one that is:
# the mean and the ranks are the same, and the divisor stays a constant.


@numba.njit(nogil=True, cache=True)
def mean_of_integers(voxels, fz, fy, fx, out):  # type: ignore[no-untyped-def]
    """Mean of integers of up to 32 bits; see `downsample`."""
    nz, ny, nx = voxels.shape
    oz, oy, ox = out.shape
    whole = nx // fx
    for z in range(oz):
        z0 = z * fz
        z1 = min(z0 + fz - 1, nz - 1)
        for y in range(oy):
            y0 = y * fy
            y1 = min(y0 + fy - 1, ny - 1)
            a, b = voxels[z0, y0], voxels[z0, y1]
            c, d = voxels[z1, y0], voxels[z1, y1]
            to = out[z, y]
            if fx == 2:
                for x in range(whole):
                    i = 2 * x
                    s = np.int64(a[i]) + np.int64(a[i + 1]) + np.int64(b[i]) + np.int64(b[i + 1])
                    s += np.int64(c[i]) + np.int64(c[i + 1]) + np.int64(d[i]) + np.int64(d[i + 1])
                    to[x] = (s + 3 + ((s >> 3) & 1)) >> 3
            else:
                for x in range(whole):
                    s = np.int64(a[x]) + np.int64(b[x]) + np.int64(c[x]) + np.int64(d[x])
                    to[x] = (s + 1 + ((s >> 2) & 1)) >> 2
            if whole < ox:
                i = nx - 1
                s = np.int64(a[i]) + np.int64(b[i]) + np.int64(c[i]) + np.int64(d[i])
                to[whole] = (s + 1 + ((s >> 2) & 1)) >> 2


@numba.njit(nogil=True, cache=True)
def mean_of_wide_integers(voxels, fz, fy, fx, out):  # type: ignore[no-untyped-def]
    """Mean of 64-bit unsigned integers, whose sum may need more bits; see `downsample`."""
    nz, ny, nx = voxels.shape
    oz, oy, ox = out.shape
    three, seven, one = np.uint64(3), np.uint64(7), np.uint64(1)
    for z in range(oz):
        z1 = min(z * fz + fz - 1, nz - 1)
        for y in range(oy):
            y1 = min(y * fy + fy - 1, ny - 1)
            for x in range(ox):
                x1 = min(x * fx + fx - 1, nx - 1)
                eighths, rest = np.uint64(0), np.uint64(0)
                for i in (z * fz, z1):
                    for j in (y * fy, y1):
                        for k in (x * fx, x1):
                            v = voxels[i, j, k]
                            eighths += v >> three
                            rest += v & seven
                floor = eighths + (rest >> three)
                rest = (rest & seven) + three + (floor & one)
                out[z, y, x] = floor + (rest >> three)


@numba.njit(nogil=True, cache=True)
def mean_of_floats(voxels, fz, fy, fx, out):  # type: ignore[no-untyped-def]
    """Mean of floating numbers, NaN left out; see `downsample`."""
    nz, ny, nx = voxels.shape
    oz, oy, ox = out.shape
    for z in range(oz):
        z1 = min(z * fz + fz - 1, nz - 1)
        for y in range(oy):
            y1 = min(y * fy + fy - 1, ny - 1)
            a, b = voxels[z * fz, y * fy], voxels[z * fz, y1]
            c, d = voxels[z1, y * fy], voxels[z1, y1]
            for x in range(ox):
                i = x * fx
                j = min(i + fx - 1, nx - 1)
                s, n = 0.0, 0
                for v in (a[i], a[j], b[i], b[j], c[i], c[j], d[i], d[j]):
                    if not np.isnan(v):
                        s += np.float64(v)
                        n += 1
                out[z, y, x] = s / n if n else np.nan


@numba.njit(nogil=True, cache=True)
def majority(voxels, fz, fy, fx, out):  # type: ignore[no-untyped-def]
    """Most frequent label; see `downsample`."""
    nz, ny, nx = voxels.shape
    oz, oy, ox = out.shape
    for z in range(oz):
        z1 = min(z * fz + fz - 1, nz - 1)
        for y in range(oy):
            y1 = min(y * fy + fy - 1, ny - 1)
            a, b = voxels[z * fz, y * fy], voxels[z * fz, y1]
            c, d = voxels[z1, y * fy], voxels[z1, y1]
            for x in range(ox):
                i = x * fx
                j = min(i + fx - 1, nx - 1)
                v = (a[i], a[j], b[i], b[j], c[i], c[j], d[i], d[j])
                best = v[0]
                differ = False
                for k in range(1, 8):
                    differ |= v[k] != best
                if differ:
                    most = 0
                    for k in range(8):
                        n = 0
                        for m in range(8):
                            n += v[m] == v[k]
                        if n > most:
                            most, best = n, v[k]
                        elif n == most and v[k] != 0 and (best == 0 or v[k] < best):
                            best = v[k]
                out[z, y, x] = best


@numba.njit(nogil=True, cache=True)
def count_values(voxels, z0, y0, step, counts):  # type: ignore[no-untyped-def]
    """Add how often each unsigned value occurs in the rows looked at."""
    nz, ny, nx = voxels.shape
    whole = nx // 4 * 4
    for z in range(nz):
        for y in range(ny):
            if step > 1 and _first(z0 + z, y0 + y, 0, step):
                continue
            row = voxels[z, y]
            # Neighbours are mostly alike, and an addition to a counter waits for the one before:
            # four counters in turn.
            for x in range(0, whole, 4):
                counts[0, row[x]] += 1
                counts[1, row[x + 1]] += 1
                counts[2, row[x + 2]] += 1
                counts[3, row[x + 3]] += 1
            for x in range(whole, nx):
                counts[0, row[x]] += 1


@numba.njit(nogil=True, cache=True)
def value_range(voxels):  # type: ignore[no-untyped-def]
    """Return the least and the greatest value of an array of integers that is not empty."""
    flat = voxels.ravel()
    low = high = flat[0]
    for v in flat:
        low = min(low, v)
        high = max(high, v)
    return low, high


@numba.njit(nogil=True, cache=True)
def sample_values(voxels, z0, y0, x0, step):  # type: ignore[no-untyped-def]
    """Return the values of the voxels looked at."""
    nz, ny, nx = voxels.shape
    out = np.empty(nz * ny * (nx // step + 1), voxels.dtype)
    n = 0
    for z in range(nz):
        for y in range(ny):
            for x in range(_first(z0 + z, y0 + y, x0, step), nx, step):
                out[n] = voxels[z, y, x]
                n += 1
    return out[:n].copy()


@numba.njit(nogil=True, cache=True)
def finite_range(voxels):  # type: ignore[no-untyped-def]
    """Return the least and the greatest finite value; (inf, −inf) where there is none."""
    low, high = np.inf, -np.inf
    for v in voxels.ravel():
        f = np.float64(v)
        if np.isfinite(f):
            low, high = min(low, f), max(high, f)
    return low, high


@numba.njit(nogil=True, cache=True)
def _first(z, y, x0, step):  # type: ignore[no-untyped-def]
    """Return the first x, counted from x0, for which z·7919 + y·104729 + x is a multiple of step.

    The two primes spread the voxels looked at over rows and planes.
    """
    return (-(z * 7919 + y * 104729 + x0)) % step
