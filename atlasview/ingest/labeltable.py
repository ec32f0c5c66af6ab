"""What labels a volume holds: how many voxels each, within which box, and where their middle is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from atlasview.ingest.tally import describe_counts

#: Columns of a row: voxels; first and one past the last along x, y, z; sums of x, y, z.
COLUMNS = 10


class LabelTable:
    """Labels seen so far in one task: a hash table by label, any 64-bit id."""

    def __init__(self) -> None:
        self._keys = np.zeros(1024, np.uint64)
        self._rows = np.zeros((1024, COLUMNS), np.int64)

    def add(self, voxels: npt.NDArray[Any], at: tuple[int, int, int]) -> None:
        """Look at a box of labels.

        Parameters
        ----------
        voxels : ndarray of unsigned integers, shape (z, y, x)
        at : tuple of int
            Position z, y, x of its first voxel in the volume.
        """
        for z in range(voxels.shape[0]):
            # A plane at a time, so that a table that was too small is grown before half a plane
            # has been counted twice.
            while not add_plane(voxels[z], at[0] + z, at[1], at[2], self._keys, self._rows):
                self._grow()

    def _grow(self) -> None:
        keys, rows = self._keys, self._rows
        self._keys = np.zeros(4 * len(keys), np.uint64)
        self._rows = np.zeros((4 * len(keys), COLUMNS), np.int64)
        move_rows(keys, rows, self._keys, self._rows)

    def record(self) -> dict[str, npt.NDArray[Any]]:
        """Return what was seen as arrays, sorted by label."""
        used = np.flatnonzero(self._keys)
        used = used[np.argsort(self._keys[used])]
        return {"labels": self._keys[used], "rows": self._rows[used]}


def merge(records: Iterable[dict[str, npt.NDArray[Any]]]) -> dict[str, Any]:
    """Make the document ``labels.json`` from what the tasks saw.

    Returns
    -------
    dict
        ``{"version": 1, "labels": {id: {"voxels", "box", "sum"}}}``: boxes half-open, x, y, z;
        the sums of the voxels' indices x, y, z.
    """
    kept = list(records)
    labels = np.concatenate([r["labels"] for r in kept] or [np.zeros(0, np.uint64)])
    rows = np.concatenate([r["rows"] for r in kept] or [np.zeros((0, COLUMNS), np.int64)])
    order = np.argsort(labels, kind="stable")
    labels, rows = labels[order], rows[order]
    first = np.flatnonzero(np.diff(labels, prepend=labels[:1] + 1)) if len(labels) else labels[:0]
    found: dict[str, Any] = {}
    for start, stop in zip(first, [*first[1:], len(labels)], strict=True):
        part = rows[int(start) : int(stop)]
        low, high = part[:, 1:7:2].min(axis=0), part[:, 2:7:2].max(axis=0)
        found[str(labels[int(start)])] = {
            "voxels": int(part[:, 0].sum()),
            "box": [low.tolist(), high.tolist()],
            "sum": part[:, 7:].sum(axis=0).tolist(),
        }
    return {"version": 1, "labels": found}


def describe(document: dict[str, Any], voxels: int) -> dict[str, Any]:
    """Make ``statistics`` of a labels volume from its ``labels.json``.

    Parameters
    ----------
    document : dict
    voxels : int
        Of the whole volume, background included.
    """
    counts = {int(key): entry["voxels"] for key, entry in document["labels"].items()}
    background = voxels - sum(counts.values())
    if background:
        counts[0] = background
    order = sorted(counts)
    values = np.array(order, np.float64)
    return describe_counts(values, np.array([counts[k] for k in order], np.int64), values)


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
