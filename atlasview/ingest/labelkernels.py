"""Counting labels, compiled by numba; see `labeltable`."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(nogil=True, cache=True)
def _slot(key, keys):  # type: ignore[no-untyped-def]
    """Return where a label stands, or the free place where it belongs."""
    mask = np.uint64(len(keys) - 1)
    at = (key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)
    while True:
        at = at & mask
        if keys[at] == key or keys[at] == np.uint64(0):
            return np.int64(at)
        at = at + np.uint64(1)


@numba.njit(nogil=True, cache=True)
def add_rows(plane, first, used, z, y0, x0, keys, rows):  # type: ignore[no-untyped-def]
    """Count the rows of a plane from the first on.

    Returns
    -------
    tuple of int
        The row before which the table has to grow (the number of rows where all are done), and
        how many labels are in the table.
    """
    ny, nx = plane.shape
    for y in range(first, ny):
        if used + nx > len(keys) // 2:  # no row can fill it
            return y, used
        row = plane[y]
        x = 0
        while x < nx:
            value = row[x]
            start = x
            x += 1
            while x < nx:
                # Runs are long: 32 voxels are looked at together while they are all the same.
                if x + 32 <= nx:
                    others = 0
                    for i in range(x, x + 32):
                        others += row[i] != value
                    if others == 0:
                        x += 32
                        continue
                stop = min(x + 32, nx)
                while x < stop and row[x] == value:
                    x += 1
                if x < stop:
                    break
            if value == 0:
                continue
            key = np.uint64(value)
            at = _slot(key, keys)
            seen = rows[at]
            if keys[at] == np.uint64(0):
                used += 1
                keys[at] = key
                seen[1], seen[3], seen[5] = 1 << 62, 1 << 62, 1 << 62
            n = x - start
            seen[0] += n
            seen[1], seen[2] = min(seen[1], x0 + start), max(seen[2], x0 + x)
            seen[3], seen[4] = min(seen[3], y0 + y), max(seen[4], y0 + y + 1)
            seen[5], seen[6] = min(seen[5], z), max(seen[6], z + 1)
            seen[7] += n * x0 + (start + x - 1) * n // 2
            seen[8] += n * (y0 + y)
            seen[9] += n * z
    return ny, used


@numba.njit(nogil=True, cache=True)
def move_rows(keys, rows, new_keys, new_rows):  # type: ignore[no-untyped-def]
    """Put all labels into a larger table."""
    for i in range(len(keys)):
        if keys[i] != np.uint64(0):
            at = _slot(keys[i], new_keys)
            new_keys[at] = keys[i]
            new_rows[at] = rows[i]
