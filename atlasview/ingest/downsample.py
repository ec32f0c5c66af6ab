"""Join voxels of one level into those of the next: the exact mean, or the majority.

Both look at the voxels that exist: at the far edge of an odd extent a block is shorter.

- Mean of whole numbers: rounded half to even from the exact sum, so that no level is darker or
  brighter than the one below. Of floating numbers: summed in double precision, NaN left out; a
  block of NaN only stays NaN.
- Majority: the most frequent label. Among equally frequent ones any region wins over the
  background 0, and then the smallest label, so that a result never depends on the order of work.
"""

from __future__ import annotations

from typing import Any, Literal

import numba
import numpy as np
import numpy.typing as npt

from atlasview.geometry import Triple

#: What OME-Zarr's ``multiscales`` says of how levels were made.
METHODS: dict[str, dict[str, Any]] = {
    "image": {
        "type": "mean",
        "metadata": {
            "description": "Mean of the voxels of the level below, exact, rounded half to even; "
            "NaN left out; at the far edge, of the voxels that exist.",
            "method": "atlasview.ingest.downsample.mean",
        },
    },
    "labels": {
        "type": "mode",
        "metadata": {
            "description": "Most frequent label of the level below; on a tie a region before the "
            "background 0, then the smallest label.",
            "method": "atlasview.ingest.downsample.majority",
        },
    },
}


def downsample(
    voxels: npt.NDArray[Any],
    factors: Triple,
    kind: Literal["image", "labels"],
    out: npt.NDArray[Any] | None = None,
) -> npt.NDArray[Any]:
    """Make the next level of a slab.

    Parameters
    ----------
    voxels : ndarray, shape (z, y, x)
        C order, native byte order.
    factors : tuple of int
        1 or 2 along z, y, x.
    kind : {"image", "labels"}
        Mean or majority.
    out : ndarray, optional
        Where to put it.

    Returns
    -------
    ndarray
        Extents divided by the factors, rounded up.
    """
    shape = tuple(-(-n // f) for n, f in zip(voxels.shape, factors, strict=True))
    if out is None:
        out = np.empty(shape, voxels.dtype)
    if kind == "labels":
        majority(voxels, *factors, out)
    elif voxels.dtype.kind == "f":
        mean_of_floats(voxels, *factors, out)
    elif voxels.dtype.itemsize < 8:
        mean_of_integers(voxels, *factors, out)
    else:
        # Seen as unsigned numbers counted from the lowest one: 2⁶³ is even, so that ties round as
        # they would.
        sign = np.uint64(0 if voxels.dtype.kind == "u" else 1 << 63)
        wide = np.empty(shape, np.uint64)
        mean_of_wide_integers(voxels.view(np.uint64) ^ sign, *factors, wide)
        out[...] = (wide ^ sign).view(out.dtype)
    return out


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
