"""What values the finest level holds, gathered while it passes: range, percentiles, histogram.

Whole numbers of 8 or 16 bits are counted one by one; of others, and of very large volumes, a
regular part of the voxels is looked at, the same whichever way the work was cut.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.histogram import PERCENTILES, histogram, histogram_edges
from atlasview.ingest import packedvalues

#: So many values are kept of a volume whose values cannot be counted one by one.
SAMPLE = 1 << 21
#: Up to so many voxels of 8 or 16 bits, each is counted; of more, some such part of that.
COUNTED, PART = 1 << 28, 1 << 26


@dataclass(frozen=True, slots=True)
class TallyRule:
    """Which part of a volume is looked at: one row in ``step`` is counted, or one voxel kept."""

    step: int
    counted: bool


def tally_rule(dtype: np.dtype[Any], voxels: int) -> TallyRule:
    """Choose how to look at a volume of that many voxels."""
    counted = dtype.kind in "ui" and dtype.itemsize <= 2
    enough = SAMPLE if not counted else COUNTED if voxels <= COUNTED else PART
    step = max(1, voxels // enough)
    # Odd and not a multiple of 3: shares no factor with the usual widths of a grid.
    while step > 1 and (step % 2 == 0 or step % 3 == 0):
        step += 1
    return TallyRule(step, counted)


class Tally:
    """Values seen so far in one task.

    Parameters
    ----------
    dtype : numpy.dtype
    rule : TallyRule
    compiled : bool
        Whether the work is worth the loading of a compiler; the result is the same.
    """

    def __init__(self, dtype: np.dtype[Any], rule: TallyRule, *, compiled: bool = True) -> None:
        self._dtype, self._rule, self._compiled = dtype, rule, compiled
        self._counts = np.zeros((4, 1 << (8 * dtype.itemsize) if rule.counted else 0), np.int64)
        self._values: list[npt.NDArray[Any]] = []
        self._low, self._high = np.inf, -np.inf

    def add(self, voxels: npt.NDArray[Any], at: tuple[int, int, int]) -> None:
        """Look at a box of voxels.

        Parameters
        ----------
        voxels : ndarray, shape (z, y, x)
            C order.
        at : tuple of int
            Position of its first voxel in the volume.
        """
        loops: Any = packedvalues
        if self._compiled:
            from atlasview.ingest import kernels as loops  # loads numba
        if not (self._rule.counted and self._rule.step == 1):  # else the counts tell
            look = loops.finite_range if self._dtype.kind == "f" else loops.value_range
            low, high = look(voxels)
            self._low, self._high = min(self._low, low), max(self._high, high)
        if self._rule.counted:
            unsigned = voxels.view(f"u{self._dtype.itemsize}")
            loops.count_values(unsigned, at[0], at[1], self._rule.step, self._counts)
            return
        values = loops.sample_values(voxels, at[0], at[1], at[2], self._rule.step)
        self._values.append(values[np.isfinite(values)] if values.dtype.kind == "f" else values)

    def record(self) -> dict[str, npt.NDArray[Any]]:
        """Return what was seen as arrays, to be kept until all tasks are done."""
        limits = np.array([self._low, self._high] if self._low <= self._high else [], self._dtype)
        if self._rule.counted:
            counts = self._counts.sum(axis=0)
            seen = np.flatnonzero(counts)
            values = seen.astype(f"u{self._dtype.itemsize}").view(self._dtype)
            limits = values if self._rule.step == 1 else limits
            return {"values": values, "counts": counts[seen], "limits": limits}
        values = np.concatenate(self._values) if self._values else np.zeros(0, self._dtype)
        return {"values": values, "limits": limits}


def summarise(
    records: Iterable[dict[str, npt.NDArray[Any]]], dtype: np.dtype[Any], rule: TallyRule
) -> dict[str, Any]:
    """Make the ``statistics`` of a volume from what its tasks saw; see `describe_counts`."""
    kept = list(records)
    limits = np.concatenate([r["limits"] for r in kept] or [np.zeros(0, dtype)])
    both = np.concatenate([r["values"] for r in kept] or [np.zeros(0, dtype)])
    weights = np.concatenate([r["counts"] for r in kept]) if rule.counted and kept else None
    values, at = np.unique(both.astype(np.float64), return_inverse=True)
    counts = np.bincount(at, weights, minlength=len(values)).astype(np.int64)
    found = describe_counts(values, counts, limits)
    found["sampled"] = rule.step > 1
    if rule.step > 1:
        unit = "row" if rule.counted else "voxel"
        found["looked_at"] = f"one {unit} in {rule.step}; all for the range"
    return found


def describe_counts(
    values: npt.NDArray[np.float64], counts: npt.NDArray[np.int64], limits: npt.NDArray[Any]
) -> dict[str, Any]:
    """Make ``statistics`` from sorted finite values and how often each occurs.

    Parameters
    ----------
    values, counts : ndarray
    limits : ndarray
        Holds the least and the greatest value of all voxels; empty where none is finite.

    Returns
    -------
    dict
        ``value_range``, ``percentiles``, ``histogram``, ``sampled``.
    """
    if not len(values):
        values, counts = np.zeros(1), np.ones(1, np.int64)
    low, high = (float(limits.min()), float(limits.max())) if len(limits) else (0.0, 0.0)
    edges = histogram_edges(low, high)
    percentiles = _weighted_percentiles(values, counts)
    return {
        "value_range": [low, high],
        "percentiles": {f"{q:g}": v for q, v in zip(PERCENTILES, percentiles, strict=True)},
        "histogram": {
            "range": list(edges),
            "counts": [int(n) for n in histogram(values, edges, counts)],
        },
        "sampled": False,
    }


def _weighted_percentiles(
    values: npt.NDArray[np.float64], counts: npt.NDArray[np.int64]
) -> list[float]:
    """Percentiles of sorted values that occur so often, as numpy interpolates them."""
    ends = np.cumsum(counts)
    ranks = np.array(PERCENTILES) / 100 * float(ends[-1] - 1)
    below = values[np.searchsorted(ends, np.floor(ranks), side="right")]
    above = values[np.searchsorted(ends, np.ceil(ranks), side="right")]
    low, high = below / 4, above / 4  # whose difference is a number
    return [float(v) for v in (low + (high - low) * (ranks - np.floor(ranks))) * 4]
