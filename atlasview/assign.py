"""From points to regions: the label at each, its side, and how far the nearest region is."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from atlasview.atlas import ProbabilityMaps
from atlasview.chunks import ChunkReader
from atlasview.errors import StorageError
from atlasview.geometry import Box, FloatArray, apply_affine
from atlasview.probability import Chances, chances_at
from atlasview.regionfacts import label_blocks
from atlasview.regions import labels_at
from atlasview.volume import Level, Volume, read

if TYPE_CHECKING:
    from scipy.spatial import KDTree

_SIDES = (None, "left", "right")
#: Voxels of the finest level whose regions' surfaces are kept for distances.
_SURFACE_VOXELS = 1 << 26


@dataclass(frozen=True, eq=False, slots=True)
class Assigned:
    """What was found at points.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Labels; 0 outside all regions.
    sides : list of str or None
        ``left``, ``right`` or None for each point; None where no hemispheres are known.
    distance : ndarray or None
        In mm, to the centre of the nearest voxel of a region; 0 inside a region. None where not
        asked for.
    nearest : ndarray or None
        Label of that voxel.
    chances : Chances or None
        How probable regions are there; None where no maps are known.
    """

    values: npt.NDArray[Any]
    sides: list[str | None] | None = None
    distance: FloatArray | None = None
    nearest: npt.NDArray[Any] | None = None
    chances: Chances | None = None


@dataclass(frozen=True, eq=False, slots=True)
class MapsAsked:
    """Probability maps that are asked for at points, and the probability to be told from."""

    volume: Volume
    maps: ProbabilityMaps
    threshold: float = 0.0


def assign(
    reader: ChunkReader,
    labels: Volume,
    points: FloatArray,
    *,
    hemispheres: Volume | None = None,
    surface: Surface | None = None,
    asked: MapsAsked | None = None,
) -> Assigned:
    """Find the region at each point.

    Parameters
    ----------
    reader : ChunkReader
    labels : Volume
    points : ndarray, shape (n, 3)
        x, y, z in mm; NaN is outside.
    hemispheres : Volume, optional
        1 is left, 2 right.
    surface : Surface, optional
        Of the labels; given where distances are wanted.
    asked : MapsAsked, optional
        Given where there are probability maps.

    Raises
    ------
    StorageError, StoreUnavailableError
        The labels, or a map, cannot be read.
    """
    known = np.isfinite(points).all(axis=1)
    at = np.where(np.reshape(known, (-1, 1)), points, 1e300)
    values = labels_at(reader, labels, at)
    sides = None
    if hemispheres is not None:
        codes = labels_at(reader, hemispheres, at)
        sides = [_SIDES[c] if c < 3 else None for c in codes.tolist()]
    chances = None
    if asked is not None:
        chances = chances_at(reader, asked.volume, asked.maps, at, asked.threshold)
    if surface is None:
        return Assigned(values, sides, chances=chances)
    distance = np.where(known, 0.0, np.nan)
    nearest = values.copy()
    outside = np.flatnonzero((values == 0) & known)
    if len(outside):
        distance[outside], nearest[outside] = surface.nearest(points[outside])
    return Assigned(values, sides, distance, nearest, chances)


class Surface:
    """The outermost voxels of all regions of a labels volume, found once, to measure from.

    Of a volume too large for that, those of the finest level that is not.

    Parameters
    ----------
    volume : Volume
        Of kind labels.
    """

    def __init__(self, volume: Volume) -> None:
        self.level = next(
            (lv for lv in volume.levels if np.prod(lv.shape, dtype=np.int64) <= _SURFACE_VOXELS),
            volume.levels[-1],
        )
        self._lock = threading.Lock()
        self._tree: KDTree | None = None
        self._labels: npt.NDArray[Any] = np.zeros(0, volume.dtype)

    def nearest(self, points: FloatArray) -> tuple[FloatArray, npt.NDArray[Any]]:
        """Return the distance in mm to the nearest region's voxel centre, and its label.

        Raises
        ------
        StorageError, StoreUnavailableError
            The labels cannot be read.
        """
        with self._lock:
            if self._tree is None:
                self._tree = self._build()
        if not len(self._labels):
            return np.full(len(points), np.nan), np.zeros(len(points), self._labels.dtype)
        far, which = self._tree.query(points)
        return np.asarray(far, np.float64), self._labels[which]

    def _build(self) -> KDTree:
        from scipy.spatial import KDTree

        places: list[npt.NDArray[np.int64]] = []
        labels: list[npt.NDArray[Any]] = []
        for box in label_blocks(self.level):
            at, found = _edge_voxels(self.level, box)
            places.append(at)
            labels.append(found)
        if not places:
            raise StorageError(self.level.location, "it has no voxels")
        self._labels = np.concatenate(labels)
        index = np.concatenate(places)[:, ::-1].astype(np.float64)
        return KDTree(apply_affine(self.level.affine, index), balanced_tree=False)


def _edge_voxels(level: Level, box: Box) -> tuple[npt.NDArray[np.int64], npt.NDArray[Any]]:
    """Return the labelled voxels of a box (z, y, x) that have a side without a label."""
    low = [max(0, a - 1) for a in box.start]
    high = [min(n, b + 1) for n, b in zip(level.shape, box.stop, strict=True)]
    wide = read(level, Box((low[0], low[1], low[2]), (high[0], high[1], high[2])))
    pad = [
        (int(a == 0), int(b == n)) for a, b, n in zip(box.start, box.stop, level.shape, strict=True)
    ]
    filled = np.pad(wide != 0, pad)
    core = filled[1:-1, 1:-1, 1:-1]
    inner = core.copy()
    for axis in range(3):
        for side in (slice(0, -2), slice(2, None)):
            cut: list[slice] = [slice(1, -1)] * 3
            cut[axis] = side
            inner &= filled[tuple(cut)]
    at = np.argwhere(core & ~inner)
    voxels = wide[
        tuple(slice(1 - p[0], 1 - p[0] + n) for p, n in zip(pad, core.shape, strict=True))
    ]
    return at + np.array(box.start), voxels[tuple(at.T)]
