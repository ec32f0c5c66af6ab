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
def add_plane(plane, z, y0, x0, keys, rows):  # type: ignore[no-untyped-def]
    """Count one plane; False, and nothing counted, where the table may be too small for it."""
    ny, nx = plane.shape
    free = 0
    for k in keys:
        free += k == np.uint64(0)
    free -= len(keys) // 2
    # First make sure of room: every label of the plane gets its place.
    last = np.uint64(0)
    for y in range(ny):
        for x in range(nx):
            key = np.uint64(plane[y, x])
            if key != last and key != np.uint64(0):
                at = _slot(key, keys)
                if keys[at] == np.uint64(0):
                    if free <= 0:
                        return False
                    free -= 1
                    keys[at] = key
                    rows[at, 1], rows[at, 3], rows[at, 5] = 1 << 62, 1 << 62, 1 << 62
            last = key
    for y in range(ny):
        x = 0
        while x < nx:
            value = plane[y, x]
            start = x
            x += 1
            while x < nx and plane[y, x] == value:
                x += 1
            if value == 0:
                continue
            row = rows[_slot(np.uint64(value), keys)]
            n = x - start
            row[0] += n
            row[1], row[2] = min(row[1], x0 + start), max(row[2], x0 + x)
            row[3], row[4] = min(row[3], y0 + y), max(row[4], y0 + y + 1)
            row[5], row[6] = min(row[5], z), max(row[6], z + 1)
            row[7] += n * x0 + (start + x - 1) * n // 2
            row[8] += n * (y0 + y)
            row[9] += n * z
    return True


@numba.njit(nogil=True, cache=True)
def move_rows(keys, rows, new_keys, new_rows):  # type: ignore[no-untyped-def]
    """Put all labels into a larger table."""
    for i in range(len(keys)):
        if keys[i] != np.uint64(0):
            at = _slot(keys[i], new_keys)
            new_keys[at] = keys[i]
            new_rows[at] = rows[i]
