"""What labels a volume holds: how many voxels each, within which box, and where their middle is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.ingest.tally import describe_counts

#: Columns of a row: voxels; first and one past the last along x, y, z; sums of x, y, z.
COLUMNS = 10


class LabelTable:
    """Labels seen so far in one task: a hash table by label, any 64-bit id."""

    def __init__(self) -> None:
        from atlasview.ingest import labelkernels

        self._kernels = labelkernels
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
        for k, plane in enumerate(voxels):
            y = 0
            while True:
                y, self._used = self._kernels.add_rows(
                    plane, y, self._used, at[0] + k, at[1], at[2], self._keys, self._rows
                )
                if y == len(plane):
                    break
                self._grow(plane.shape[1])

    def _grow(self, row: int) -> None:
        """Make room for as many labels again and for a row of new ones."""
        keys, rows = self._keys, self._rows
        size = 1 << (2 * (2 * self._used + row)).bit_length()
        self._keys = np.zeros(size, np.uint64)
        self._rows = np.zeros((size, COLUMNS), np.int64)
        self._kernels.move_rows(keys, rows, self._keys, self._rows)

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
