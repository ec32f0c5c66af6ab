"""Facts of regions that only their voxels can tell: volume, bounding box, a point inside."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.errors import StorageError
from atlasview.geometry import Box, FloatArray, Triple, apply_affine
from atlasview.volume import Level, Volume, read

#: Voxels that are looked at to find a region's inner point, at the finest level that allows it.
_INNER_VOXELS = 1 << 22
_BLOCK_VOXELS = 1 << 24


@dataclass(frozen=True, slots=True)
class LabelExtent:
    """Where one label value lies, in finest voxels x, y, z of the RAS order.

    Parameters
    ----------
    voxels : int
    start, stop : tuple of int
        Half-open bounding box.
    total : tuple of int
        Sum of the coordinates of all voxels.
    """

    voxels: int
    start: Triple
    stop: Triple
    total: Triple

    def joined(self, other: LabelExtent) -> LabelExtent:
        """Return the extent of both together."""
        return LabelExtent(
            self.voxels + other.voxels,
            _triple(map(min, self.start, other.start)),
            _triple(map(max, self.stop, other.stop)),
            _triple(a + b for a, b in zip(self.total, other.total, strict=True)),
        )


@dataclass(frozen=True, eq=False, slots=True)
class RegionFacts:
    """What the voxels tell of a region and all its descendants.

    Parameters
    ----------
    voxels : int
    volume_mm3 : float
    centroid : tuple of float or None
        A point in mm that lies in the region: its centre of gravity, or the voxel nearest to it.
    box : tuple of tuple of float or None
        Lowest and highest corner in mm.
    """

    voxels: int
    volume_mm3: float
    centroid: tuple[float, float, float] | None
    box: tuple[tuple[float, float, float], tuple[float, float, float]] | None


class LabelIndex:
    """Extents of all labels of one volume, read from beside it or counted once.

    Parameters
    ----------
    volume : Volume
        Of kind labels.
    """

    def __init__(self, volume: Volume) -> None:
        self.volume = volume
        self._extents: dict[int, LabelExtent] | None = None
        self._facts: dict[frozenset[int], RegionFacts] = {}
        self._lock = threading.Lock()

    @property
    def extents(self) -> Mapping[int, LabelExtent]:
        """Extent of every label value but 0.

        Raises
        ------
        StorageError, StoreUnavailableError
            The labels cannot be read.
        """
        with self._lock:
            if self._extents is None:
                self._extents = _stored_extents(self.volume) or count_labels(self.volume.levels[0])
            return self._extents

    def facts(self, labels: frozenset[int]) -> RegionFacts:
        """Return the facts of all voxels that hold one of some label values.

        Raises
        ------
        StorageError, StoreUnavailableError
            The labels cannot be read.
        """
        known = self._facts.get(labels)
        if known is None:
            known = self._facts[labels] = self._find(labels)
        return known

    def _find(self, labels: frozenset[int]) -> RegionFacts:
        here = [extent for label, extent in self.extents.items() if label in labels]
        if not here:
            return RegionFacts(0, 0.0, None, None)
        extent = here[0]
        for other in here[1:]:
            extent = extent.joined(other)
        affine = self.volume.affine
        # The volume of a voxel is the determinant, exactly what nibabel's voxel_volume gives.
        volume = abs(float(np.linalg.det(affine[:3, :3]))) * extent.voxels
        corners = itertools.product(*zip(extent.start, extent.stop, strict=True))
        world = apply_affine(affine, np.array(list(corners), np.float64) - 0.5)
        centre = np.array(extent.total, np.float64) / extent.voxels
        inside = self._inner_point(centre, extent, labels)
        return RegionFacts(
            extent.voxels,
            volume,
            None if inside is None else _floats(inside),
            (_floats(world.min(axis=0)), _floats(world.max(axis=0))),
        )

    def _inner_point(
        self, centre: FloatArray, extent: LabelExtent, labels: frozenset[int]
    ) -> FloatArray | None:
        """Return the centre of gravity in mm, or the nearest voxel of the region if outside."""
        finest = self.volume.levels[0]
        wanted = np.array(sorted(labels), np.uint64)
        x, y, z = np.floor(centre + 0.5).astype(int).tolist()
        at = Box((z, y, x), (z + 1, y + 1, x + 1))
        if at.within(finest.shape) and np.isin(read(finest, at).astype(np.uint64), wanted).all():
            return apply_affine(self.volume.affine, centre)
        for level in self.volume.levels:
            box = _level_box(level, extent)
            if box.size > _INNER_VOXELS and level is not self.volume.levels[-1]:
                continue
            if box.size > _BLOCK_VOXELS:
                return None
            found = np.argwhere(np.isin(read(level, box).astype(np.uint64), wanted))
            if len(found):
                points = apply_affine(level.affine, (found + np.array(box.start))[:, ::-1])
                goal = apply_affine(self.volume.affine, centre)
                point: FloatArray = points[((points - goal) ** 2).sum(axis=1).argmin()]
                return point
        return None


def count_labels(level: Level) -> dict[int, LabelExtent]:
    """Count every label of a level, block by block, so that memory stays bounded.

    Raises
    ------
    StorageError, StoreUnavailableError
        The labels cannot be read.
    """
    found: dict[int, LabelExtent] = {}
    for box in _blocks(level):
        for label, extent in block_extents(read(level, box), box.start).items():
            found[label] = found[label].joined(extent) if label in found else extent
    return dict(sorted(found.items()))


def block_extents(labels: npt.NDArray[Any], start: Triple) -> dict[int, LabelExtent]:
    """Return the extent of each label but 0 in one block.

    Parameters
    ----------
    labels : ndarray, shape (z, y, x)
    start : tuple of int
        Where in the volume the block begins, z, y, x.
    """
    z, y, x = np.nonzero(labels)
    if not len(z):
        return {}
    present, codes = np.unique(labels[z, y, x], return_inverse=True)
    counts = np.bincount(codes)
    order = np.argsort(codes, kind="stable")
    edges = np.concatenate([[0], np.cumsum(counts)[:-1]])
    low, high, total = [], [], []
    for axis, first in ((x, start[2]), (y, start[1]), (z, start[0])):
        at = axis[order].astype(np.int64) + first
        low.append(np.minimum.reduceat(at, edges).tolist())
        high.append((np.maximum.reduceat(at, edges) + 1).tolist())
        total.append(np.add.reduceat(at, edges).tolist())
    return {
        int(label): LabelExtent(
            int(n),
            (low[0][i], low[1][i], low[2][i]),
            (high[0][i], high[1][i], high[2][i]),
            (total[0][i], total[1][i], total[2][i]),
        )
        for i, (label, n) in enumerate(zip(present.tolist(), counts.tolist(), strict=True))
    }


def extents_json(extents: Mapping[int, LabelExtent]) -> str:
    """Write extents as the ``labels.json`` that lies beside a labels volume."""
    labels = {
        str(label): {"voxels": e.voxels, "box": [list(e.start), list(e.stop)], "sum": list(e.total)}
        for label, e in sorted(extents.items())
    }
    return json.dumps({"version": 1, "labels": labels})


def _stored_extents(volume: Volume) -> dict[int, LabelExtent] | None:
    said = volume.side_json("labels.json")
    if said is None:
        return None
    try:
        return {
            int(label): LabelExtent(
                int(e["voxels"]), _triple(e["box"][0]), _triple(e["box"][1]), _triple(e["sum"])
            )
            for label, e in said["labels"].items()
        }
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise StorageError(f"{volume.location}/labels.json", "it is malformed") from exc


def _blocks(level: Level) -> Iterator[Box]:
    """Cut a level into boxes of whole chunks that fit in memory."""
    size = list(level.chunk)
    for axis in (2, 1, 0):
        while size[axis] < level.shape[axis] and 2 * int(np.prod(size)) <= _BLOCK_VOXELS:
            size[axis] *= 2
    for start in itertools.product(
        *(range(0, n, s) for n, s in zip(level.shape, size, strict=True))
    ):
        stop = [min(a + s, n) for a, s, n in zip(start, size, level.shape, strict=True)]
        yield Box(_triple(start), _triple(stop))


def _level_box(level: Level, extent: LabelExtent) -> Box:
    start = [level.index_of(axis, extent.start[2 - axis]) for axis in range(3)]
    stop = [level.index_of(axis, extent.stop[2 - axis] - 1) + 1 for axis in range(3)]
    return Box(_triple(start), _triple(stop))


def _triple(values: Iterable[int]) -> Triple:
    a, b, c = values
    return int(a), int(b), int(c)


def _floats(values: FloatArray) -> tuple[float, float, float]:
    x, y, z = values.tolist()
    return x, y, z
