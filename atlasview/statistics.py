"""What values a volume holds: range, percentiles, histogram."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.geometry import Box
from atlasview.histogram import PERCENTILES, histogram, histogram_edges
from atlasview.volume import Level, Volume, read

#: Voxels that are looked at where the volume does not say.
SAMPLE = 1 << 24


@dataclass(frozen=True, eq=False, slots=True)
class Statistics:
    """Values of a whole volume.

    Parameters
    ----------
    value_range : tuple of float
        Least and greatest finite value.
    percentiles : dict
        Percentile, as ``"99.5"``, → value.
    histogram_range : tuple of float
        Left edge of the first bin and right edge of the last.
    counts : tuple of int
    sampled : bool
        Whether only a part (a coarse level) was looked at.
    """

    value_range: tuple[float, float]
    percentiles: dict[str, float]
    histogram_range: tuple[float, float]
    counts: tuple[int, ...]
    sampled: bool

    def edges(self) -> npt.NDArray[np.float64]:
        """Return the edges of the histogram's bins, one more than there are counts."""
        first, last = (e / 4 for e in self.histogram_range)  # whose difference is a number
        return np.linspace(first, last, len(self.counts) + 1) * 4

    def percentile(self, q: float) -> float:
        """Return a percentile, between two known ones by linear interpolation.

        Parameters
        ----------
        q : float
            0 to 100.
        """
        known = sorted((float(k), v) for k, v in self.percentiles.items())
        points = [(0.0, self.value_range[0]), *known, (100.0, self.value_range[1])]
        return float(np.interp(q, [p for p, _ in points], [v for _, v in points]))


def statistics(volume: Volume) -> Statistics:
    """Return what ingest wrote of a volume's values, else look at its coarsest level.

    Raises
    ------
    StorageError, StoreUnavailableError
        The voxels cannot be read.
    """
    said = volume.attributes.get("statistics")
    if isinstance(said, Mapping):
        try:
            return _parse(said)
        except (KeyError, TypeError, ValueError):
            pass  # hand-edited metadata: look for ourselves
    level = volume.levels[-1]
    values = np.concatenate(
        [read(level, _sample_box(level), c).ravel() for c in range(min(volume.channels, 3))]
    )
    return describe(values, sampled=len(volume.levels) > 1 or level.shape != values.shape)


def describe(values: npt.NDArray[Any], *, sampled: bool) -> Statistics:
    """Describe an array of values; what is not finite is left out."""
    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    if finite.size == 0:
        finite = np.zeros(1, values.dtype)
    finite = finite.astype(np.float64)
    low, high = float(finite.min()), float(finite.max())
    found = np.percentile(finite / 4, PERCENTILES) * 4  # whose differences are numbers
    edges = histogram_edges(low, high)
    return Statistics(
        value_range=(low, high),
        percentiles={f"{q:g}": float(v) for q, v in zip(PERCENTILES, found, strict=True)},
        histogram_range=edges,
        counts=tuple(histogram(finite, edges).tolist()),
        sampled=sampled,
    )


def statistics_json(found: Statistics) -> dict[str, Any]:
    """Return statistics as the ``statistics`` of a volume's attributes."""
    return {
        "value_range": list(found.value_range),
        "percentiles": dict(found.percentiles),
        "histogram": {"range": list(found.histogram_range), "counts": list(found.counts)},
        "sampled": found.sampled,
    }


def _parse(said: Mapping[str, Any]) -> Statistics:
    low, high = (float(v) for v in said["value_range"])
    histogram = said["histogram"]
    first, last = (float(v) for v in histogram["range"])
    return Statistics(
        value_range=(low, high),
        percentiles={str(k): float(v) for k, v in said["percentiles"].items()},
        histogram_range=(first, last),
        counts=tuple(int(n) for n in histogram["counts"]),
        sampled=bool(said.get("sampled", False)),
    )


def _sample_box(level: Level) -> Box:
    """Return the whole level where it is small, else the middle of it."""
    start, stop = [0, 0, 0], list(level.shape)
    while (
        Box((0, 0, 0), (stop[0] - start[0], stop[1] - start[1], stop[2] - start[2])).size > SAMPLE
    ):
        axis = max(range(3), key=lambda a: stop[a] - start[a])
        quarter = (stop[axis] - start[axis]) // 4
        start[axis], stop[axis] = start[axis] + quarter, stop[axis] - quarter
    return Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
