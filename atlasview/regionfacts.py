"""Facts of regions that only their voxels can tell: volume, bounding box, a point inside."""

from __future__ import annotations

import functools
import itertools
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.atlas import Terminology
from atlasview.errors import StorageError
from atlasview.geometry import Box, FloatArray, Triple, apply_affine
from atlasview.ingest.labeltable import LabelTable, Record, combine, merge
from atlasview.volume import Level, Volume, read

#: Voxels that are looked at to find a region's inner point, at the finest level that allows it.
_INNER_VOXELS = 1 << 22
_BLOCK_VOXELS = 1 << 24
#: Voxels that are looked at to find how a region lies.
_AXIS_VOXELS = 1 << 21


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
    axes : tuple of tuple of float, optional
        Three directions at right angles, of length 1: the first is that in which the region is
        longest, the last that in which it is thinnest.
    """

    voxels: int
    volume_mm3: float
    centroid: tuple[float, float, float] | None
    box: tuple[tuple[float, float, float], tuple[float, float, float]] | None
    axes: tuple[tuple[float, float, float], ...] | None = None


class LabelIndex:
    """Extents of all labels of one volume, read from beside it or counted once.

    Parameters
    ----------
    volume : Volume
        Of kind labels.
    side : tuple of Volume and int, optional
        Keep to voxels that hold this value in another volume on the same grid: one hemisphere.
    """

    def __init__(self, volume: Volume, side: tuple[Volume, int] | None = None) -> None:
        self.volume = volume
        self._side = side
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
                if self._side is None:
                    self._extents = _stored_extents(self.volume)
                if self._extents is None:
                    self._extents = count_labels(self.volume.levels[0], self.voxels)
            return self._extents

    def voxels(self, level: Level, box: Box) -> npt.NDArray[Any]:
        """Read labels, those of the other side as 0."""
        found = read(level, box)
        if self._side is None:
            return found
        sides, value = self._side
        here = read(sides.levels[level.index], box) == value
        return np.where(here, found, found.dtype.type(0))

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

    def measure(self, labels: frozenset[int]) -> RegionFacts:
        """Return the same without the point inside, for which voxels must be read."""
        extent = self.extent(labels)
        return RegionFacts(0, 0.0, None, None) if extent is None else self._measured(extent)

    def _find(self, labels: frozenset[int]) -> RegionFacts:
        extent = self.extent(labels)
        if extent is None:
            return RegionFacts(0, 0.0, None, None)
        centre = np.array(extent.total, np.float64) / extent.voxels
        inside = self._inner_point(centre, extent, labels)
        return replace(
            self._measured(extent),
            centroid=None if inside is None else _floats(inside),
            axes=self._axes(extent, labels),
        )

    def extent(self, labels: frozenset[int]) -> LabelExtent | None:
        """Return where some labels lie together; None where they have no voxels."""
        known = self.extents
        here = [known[label] for label in labels if label in known]
        return functools.reduce(LabelExtent.joined, here) if here else None

    def _measured(self, extent: LabelExtent) -> RegionFacts:
        affine = self.volume.affine
        # The volume of a voxel is the determinant, exactly what nibabel's voxel_volume gives.
        volume = abs(float(np.linalg.det(affine[:3, :3]))) * extent.voxels
        corners = itertools.product(*zip(extent.start, extent.stop, strict=True))
        world = apply_affine(affine, np.array(list(corners), np.float64) - 0.5)
        return RegionFacts(
            extent.voxels, volume, None, (_floats(world.min(axis=0)), _floats(world.max(axis=0)))
        )

    def _inner_point(
        self, centre: FloatArray, extent: LabelExtent, labels: frozenset[int]
    ) -> FloatArray | None:
        """Return the centre of gravity in mm, or the nearest voxel of the region if outside."""
        finest = self.volume.levels[0]
        wanted = np.array(sorted(labels), np.uint64)
        x, y, z = np.floor(centre + 0.5).astype(int).tolist()
        at = Box((z, y, x), (z + 1, y + 1, x + 1))
        if (
            at.within(finest.shape)
            and np.isin(self.voxels(finest, at).astype(np.uint64), wanted).all()
        ):
            return apply_affine(self.volume.affine, centre)
        for level in self.volume.levels:
            box = _level_box(level, extent)
            if box.size > _INNER_VOXELS and level is not self.volume.levels[-1]:
                continue
            if box.size > _BLOCK_VOXELS:
                return None
            found = np.argwhere(np.isin(self.voxels(level, box).astype(np.uint64), wanted))
            if len(found):
                points = apply_affine(level.affine, (found + np.array(box.start))[:, ::-1])
                goal = apply_affine(self.volume.affine, centre)
                point: FloatArray = points[((points - goal) ** 2).sum(axis=1).argmin()]
                return point
        return None

    def _axes(
        self, extent: LabelExtent, labels: frozenset[int]
    ) -> tuple[tuple[float, float, float], ...] | None:
        """Return the principal axes, from the finest level that is small enough."""
        wanted = np.array(sorted(labels), np.uint64)
        for level in self.volume.levels:
            box = _level_box(level, extent)
            if box.size > _AXIS_VOXELS:
                continue
            found = np.argwhere(np.isin(self.voxels(level, box).astype(np.uint64), wanted))
            if len(found) < 2:
                return None
            points = found[:, ::-1] @ level.affine[:3, :3].T
            _, vectors = np.linalg.eigh(np.cov(points.T))
            # A direction and its opposite are the same axis: it points where most of it points up.
            rows = vectors.T[::-1]
            largest = np.take_along_axis(rows, np.abs(rows).argmax(axis=1)[:, None], axis=1)
            return tuple(_floats(row) for row in rows * np.sign(largest))
        return None


def voxel_counts(terminology: Terminology, index: LabelIndex) -> dict[int, int]:
    """Return, by id, how many voxels each region has with all its descendants.

    Raises
    ------
    StorageError, StoreUnavailableError
        The labels cannot be read.
    """
    extents = index.extents
    out = dict.fromkeys(terminology.by_id, 0)
    for label, region in terminology.by_label.items():
        if label in extents:
            for above in region.path:
                out[above] += extents[label].voxels
    return out


def count_labels(
    level: Level, voxels: Callable[[Level, Box], npt.NDArray[Any]] = read
) -> dict[int, LabelExtent]:
    """Count every label of a level, block by block, so that memory stays bounded.

    Parameters
    ----------
    level : Level
    voxels : callable
        Gives the labels of a box.

    Raises
    ------
    StorageError, StoreUnavailableError
        The labels cannot be read.
    """
    table = LabelTable(compiled=False)
    records: list[Record] = []
    for box in label_blocks(level):
        table.add(voxels(level, box), box.start)
        # joined block by block, so that what is kept does not grow with the volume
        records = [combine([*records, table.record()])]
        table = LabelTable(compiled=False)
    return _extents(merge(records))


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
        return _extents(said)
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise StorageError(f"{volume.location}/labels.json", "it is malformed") from exc


def _extents(document: Mapping[str, Any]) -> dict[int, LabelExtent]:
    return {
        int(label): LabelExtent(
            int(e["voxels"]), _triple(e["box"][0]), _triple(e["box"][1]), _triple(e["sum"])
        )
        for label, e in document["labels"].items()
    }


def same_grid(a: Volume, b: Volume) -> bool:
    """Tell whether two volumes have the same voxels at every level."""
    return [lv.shape for lv in a.levels] == [lv.shape for lv in b.levels] and bool(
        np.allclose(a.affine, b.affine, rtol=0, atol=1e-3 * min(a.levels[0].voxel_size_mm))
    )


def label_blocks(level: Level) -> Iterator[Box]:
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
