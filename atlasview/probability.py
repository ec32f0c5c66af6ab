"""Probability maps: how probable each region is at points, and which is most probable in a box."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.atlas import ProbabilityMaps
from atlasview.chunks import ChunkReader
from atlasview.geometry import Box, FloatArray
from atlasview.space import voxel_of
from atlasview.volume import Level, Volume, read

_AT_ONCE = 64  # chunks


@dataclass(frozen=True, eq=False, slots=True)
class Chances:
    """The regions that points may lie in, the most probable first.

    Parameters
    ----------
    starts : ndarray, shape (n + 1,)
        Where the entries of each point begin.
    labels : ndarray, shape (m,)
        Voxel values.
    values : ndarray, shape (m,)
        Probabilities, 0 to 1.
    """

    starts: npt.NDArray[np.int64]
    labels: npt.NDArray[np.uint64]
    values: FloatArray

    def rows(self) -> list[list[tuple[int, float]]]:
        """Return label and probability of every entry, point by point."""
        pairs = list(zip(self.labels.tolist(), self.values.tolist(), strict=True))
        edges = self.starts.tolist()
        return [pairs[a:b] for a, b in itertools.pairwise(edges)]


def chances_at(
    reader: ChunkReader,
    volume: Volume,
    maps: ProbabilityMaps,
    points: FloatArray,
    threshold: float = 0.0,
) -> Chances:
    """Look up every map in the voxel that holds each point, each chunk read once.

    Parameters
    ----------
    reader : ChunkReader
    volume : Volume
        The maps, a channel each.
    maps : ProbabilityMaps
    points : ndarray, shape (n, 3)
        x, y, z in mm.
    threshold : float
        What is not more probable than this is left out.

    Raises
    ------
    StorageError, StoreUnavailableError
        A map cannot be read.
    """
    level = volume.levels[0]
    index = voxel_of(volume.affine, points)[:, ::-1]
    inside = ((index >= 0) & (index < np.array(level.shape))).all(axis=1)
    which = np.flatnonzero(inside)
    size = np.array(level.chunk)
    keys, inverse = np.unique(index[which] // size, axis=0, return_inverse=True)
    order = np.argsort(inverse.ravel(), kind="stable")
    edges = np.searchsorted(inverse.ravel()[order], np.arange(len(keys) + 1))
    places = [(int(z), int(y), int(x)) for z, y, x in keys.tolist()]
    mine = [which[order[a:b]] for a, b in itertools.pairwise(edges.tolist())]
    at = [tuple((index[m] - k * size).T) for m, k in zip(mine, keys, strict=True)]
    found: list[tuple[npt.NDArray[Any], int, npt.NDArray[Any]]] = []
    for channel, label in enumerate(maps.labels):
        for first in range(0, len(places), _AT_ONCE):
            part = range(first, min(first + _AT_ONCE, len(places)))
            chunks = reader.chunks(level, [places[k] for k in part], channel)
            for k, chunk in zip(part, chunks, strict=True):
                if chunk.constant and not chunk.voxels[0, 0, 0] > 0:
                    continue
                values = chunk.voxels[at[k]].astype(np.float64) / maps.unit
                likely = values > threshold
                found.append((mine[k][likely], label, values[likely]))
    return _sorted(found, len(points))


def _sorted(found: Sequence[tuple[npt.NDArray[Any], int, npt.NDArray[Any]]], count: int) -> Chances:
    point = np.concatenate([np.zeros(0, np.int64), *(p for p, _, _ in found)])
    labels = np.concatenate([
        np.zeros(0, np.uint64), *(np.full(len(p), label, np.uint64) for p, label, _ in found)
    ])  # fmt: skip
    values = np.concatenate([np.zeros(0), *(v for _, _, v in found)])
    order = np.lexsort((labels, -values, point))
    starts = np.searchsorted(point[order], np.arange(count + 1)).astype(np.int64)
    return Chances(starts, labels[order], np.minimum(values[order], 1.0))


def most_probable(
    level: Level, box: Box, labels: Sequence[int], unit: float, threshold: float,
    dtype: npt.DTypeLike,
) -> npt.NDArray[Any]:  # fmt: skip
    """Return the label of the most probable region in each voxel of a box.

    Parameters
    ----------
    level : Level
        Of the maps.
    box : Box
    labels : sequence of int
        Of the channels.
    unit : float
        What a voxel holds where the region is certain.
    threshold : float
        0 stands where no region is at least that probable. Of two equally probable ones the
        smaller label counts.
    dtype : dtype-like

    Raises
    ------
    StorageError, StoreUnavailableError
        A map cannot be read.
    """
    best = np.zeros(box.shape, np.float64)
    out = np.zeros(box.shape, dtype)
    for channel in sorted(range(len(labels)), key=lambda c: labels[c]):
        values = np.nan_to_num(read(level, box, channel).astype(np.float64) / unit)
        better = (values > best) & (values >= threshold)
        best[better] = values[better]
        out[better] = labels[channel]
    return out
