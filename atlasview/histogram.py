"""Percentiles that are kept, and bins over any range: what ingest needs of statistics."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

PERCENTILES = (0.1, 1.0, 5.0, 25.0, 50.0, 75.0, 95.0, 99.0, 99.5, 99.9)
BINS = 256


def histogram_edges(low: float, high: float) -> tuple[float, float]:
    """Return the outer edges of a histogram, so far apart that its bins are numbers of their own.

    Parameters
    ----------
    low, high : float
        Least and greatest value; they may be the same, or a few steps of a large float apart.
    """
    least = 4 * BINS * float(np.spacing(max(abs(low), abs(high)) / 2))
    last = max(high if high > low else low + 1, low + least)
    return (low, last) if np.isfinite(last) else (high - least, high)


def histogram(
    values: npt.NDArray[np.float64],
    edges: tuple[float, float],
    weights: npt.NDArray[np.int64] | None = None,
) -> npt.NDArray[Any]:
    """Count values in `BINS` bins of equal width."""
    # Edges further apart than a float can tell: a quarter of everything counts the same.
    scale = 1.0 if np.isfinite(edges[1] - edges[0]) else 0.25
    low, high = (e * scale for e in edges)
    return np.histogram(values * scale, bins=BINS, range=(low, high), weights=weights)[0]
