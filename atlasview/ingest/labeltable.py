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
            self._parts.append(count_runs(voxels, at))
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


def count_runs(voxels: npt.NDArray[Any], at: tuple[int, int, int]) -> Record:
    """Describe the labels of a box by numpy alone, run by run along x; see `LabelTable.add`."""
    _, ny, nx = voxels.shape
    flat = voxels.reshape(-1)
    begins = np.empty(len(flat), bool)
    np.not_equal(flat[1:], flat[:-1], out=begins[1:])
    begins[::nx] = True
    start = np.flatnonzero(begins)
    length = np.diff(start, append=len(flat))
    labels = flat[start]
    kept = np.flatnonzero(labels)
    start, length, labels = start[kept], length[kept], labels[kept]
    if not len(labels):
        return combine([])
    order = _stable_order(labels)
    start, length, labels = start[order], length[order], labels[order]
    first = np.flatnonzero(np.concatenate([[True], labels[1:] != labels[:-1]]))
    last = np.append(first[1:], len(labels)) - 1
    row = start // nx
    x, y, z = start - row * nx + at[2], row % ny + at[1], row // ny + at[0]
    rows = np.empty((len(first), COLUMNS), np.int64)
    rows[:, 0] = np.add.reduceat(length, first)
    rows[:, 1] = np.minimum.reduceat(x, first)
    rows[:, 2] = np.maximum.reduceat(x + length, first)
    rows[:, 3] = np.minimum.reduceat(y, first)
    rows[:, 4] = np.maximum.reduceat(y, first) + 1
    rows[:, 5], rows[:, 6] = z[first], z[last] + 1  # runs of a label stay in the order of planes
    rows[:, 7] = np.add.reduceat(length * x + (length - 1) * length // 2, first)
    rows[:, 8] = np.add.reduceat(length * y, first)
    rows[:, 9] = np.add.reduceat(length * z, first)
    return {"labels": labels[first].astype(np.uint64), "rows": rows}


def _stable_order(labels: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """Return the order that sorts labels and leaves equal ones as they stand."""
    low = labels.min()
    if labels.max() - low < 1 << 16:  # numpy sorts numbers of 16 bits by radix, far faster
        labels = (labels - low).astype(np.uint16)
    return np.argsort(labels, kind="stable")


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
