"""What labels a volume holds: how many voxels each, within which box, and where their middle is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.ingest.tally import describe_counts

#: Columns of a row: voxels; first and one past the last along x, y, z; sums of x, y, z.
COLUMNS = 10


Record = dict[str, npt.NDArray[Any]]


class LabelTable:
    """Labels seen so far in one task: a hash table by label, any 64-bit id.

    Parameters
    ----------
    compiled : bool
        Whether the work is worth the loading of a compiler; the result is the same.
    """

    def __init__(self, *, compiled: bool = True) -> None:
        self._compiled = compiled
        self._parts: list[Record] = []
        self._keys = np.zeros(1024, np.uint64)
        self._rows = np.zeros((1024, COLUMNS), np.int64)
        self._used = 0

    def add(self, voxels: npt.NDArray[Any], at: tuple[int, int, int]) -> None:
        """Look at a box of labels.

        Parameters
        ----------
        voxels : ndarray of unsigned integers, shape (z, y, x)
        at : tuple of int
            Position z, y, x of its first voxel in the volume.
        """
        if not self._compiled:
            parts = [count_runs(plane, (at[0] + k, *at[1:])) for k, plane in enumerate(voxels)]
            self._parts.append(combine(parts))
            return
        from atlasview.ingest import labelkernels

        for k, plane in enumerate(voxels):
            y = 0
            while True:
                y, self._used = labelkernels.add_rows(
                    plane, y, self._used, at[0] + k, at[1], at[2], self._keys, self._rows
                )
                if y == len(plane):
                    break
                self._grow(plane.shape[1])

    def _grow(self, row: int) -> None:
        """Make room for as many labels again and for a row of new ones."""
        from atlasview.ingest import labelkernels

        keys, rows = self._keys, self._rows
        size = 1 << (2 * (2 * self._used + row)).bit_length()
        self._keys = np.zeros(size, np.uint64)
        self._rows = np.zeros((size, COLUMNS), np.int64)
        labelkernels.move_rows(keys, rows, self._keys, self._rows)

    def record(self) -> Record:
        """Return what was seen as arrays, sorted by label."""
        used = np.flatnonzero(self._keys)
        return combine([*self._parts, {"labels": self._keys[used], "rows": self._rows[used]}])


def count_runs(plane: npt.NDArray[Any], at: tuple[int, int, int]) -> Record:
    """Describe every run of one label along x in a plane, by numpy alone."""
    nx = plane.shape[1]
    flat = plane.reshape(-1)
    begins = np.empty(len(flat), bool)
    begins[1:] = flat[1:] != flat[:-1]
    begins[::nx] = True
    start = np.flatnonzero(begins)
    length = np.diff(start, append=len(flat))
    labels = flat[start].astype(np.uint64)
    kept = labels != 0
    start, length, labels = start[kept], length[kept], labels[kept]
    rows = np.empty((len(start), COLUMNS), np.int64)
    x, y, z = start % nx + at[2], start // nx + at[1], at[0]
    rows[:, 0] = length
    rows[:, 1], rows[:, 2] = x, x + length
    rows[:, 3], rows[:, 4] = y, y + 1
    rows[:, 5], rows[:, 6] = z, z + 1
    rows[:, 7] = length * x + (length - 1) * length // 2
    rows[:, 8], rows[:, 9] = length * y, length * z
    return {"labels": labels, "rows": rows}


def combine(records: Iterable[Record]) -> Record:
    """Join records into one with a single row a label, sorted."""
    kept = list(records)
    labels = np.concatenate([r["labels"] for r in kept] or [np.zeros(0, np.uint64)])
    rows = np.concatenate([r["rows"] for r in kept] or [np.zeros((0, COLUMNS), np.int64)])
    if not len(labels):
        return {"labels": labels, "rows": rows}
    order = np.argsort(labels, kind="stable")
    labels, rows = labels[order], rows[order]
    first = np.flatnonzero(np.concatenate([[True], labels[1:] != labels[:-1]]))
    out = np.add.reduceat(rows, first)
    out[:, 1:7:2] = np.minimum.reduceat(rows[:, 1:7:2], first)
    out[:, 2:7:2] = np.maximum.reduceat(rows[:, 2:7:2], first)
    return {"labels": labels[first], "rows": out}


def merge(records: Iterable[Record]) -> dict[str, Any]:
    """Make the document ``labels.json`` from what the tasks saw.

    Returns
    -------
    dict
        ``{"version": 1, "labels": {id: {"voxels", "box", "sum"}}}``: boxes half-open, x, y, z;
        the sums of the voxels' indices x, y, z.
    """
    whole = combine(records)
    return {
        "version": 1,
        "labels": {
            str(label): {"voxels": row[0], "box": [row[1:7:2], row[2:7:2]], "sum": row[7:]}
            for label, row in zip(whole["labels"].tolist(), whole["rows"].tolist(), strict=True)
        },
    }


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
