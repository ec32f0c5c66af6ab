"""Which regions touch: found in the label volume, block by block, with the area they share."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.atlas import Region, Terminology
from atlasview.geometry import Box
from atlasview.regionfacts import label_blocks
from atlasview.volume import Level, Volume, read

#: Voxels that are looked at for it; of a larger volume the finest level that has no more.
_VOXELS = 1 << 27
#: Two labels → mm² of voxel faces between them, the smaller label first.
Contacts = Mapping[tuple[int, int], float]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A region that touches another.

    Parameters
    ----------
    region : Region
    area_mm2 : float
        Of the voxel faces between the two.
    """

    region: Region
    area_mm2: float


class NeighbourIndex:
    """Contacts between all labels of one volume, found once.

    Parameters
    ----------
    volume : Volume
        Of kind labels.
    """

    def __init__(self, volume: Volume) -> None:
        self.level = next(
            (lv for lv in volume.levels if np.prod(lv.shape, dtype=np.int64) <= _VOXELS),
            volume.levels[-1],
        )
        self._contacts: Contacts | None = None
        self._lock = threading.Lock()

    @property
    def contacts(self) -> Contacts:
        """Area between each two labels that touch.

        Raises
        ------
        StorageError, StoreUnavailableError
            The labels cannot be read.
        """
        with self._lock:
            if self._contacts is None:
                self._contacts = find_contacts(self.level)
            return self._contacts

    def of(self, terminology: Terminology, region: Region) -> list[Neighbour]:
        """Return the regions with voxels that touch a region or its descendants, largest first."""
        own = terminology.labels([region])
        area: dict[int, float] = {}
        for (a, b), mm2 in self.contacts.items():
            if (a in own) != (b in own):
                other = b if a in own else a
                area[other] = area.get(other, 0.0) + mm2
        found = [
            Neighbour(terminology.by_label[label], mm2)
            for label, mm2 in area.items()
            if label in terminology.by_label
        ]
        return sorted(found, key=lambda n: (-n.area_mm2, n.region.id))


def find_contacts(level: Level) -> dict[tuple[int, int], float]:
    """Find which labels of a level touch by a face, block by block, so that memory stays bounded.

    Raises
    ------
    StorageError, StoreUnavailableError
        The labels cannot be read.
    """
    x, y, z = level.voxel_size_mm
    faces = (x * y, x * z, y * z)  # across z, y, x
    total: dict[tuple[int, int], float] = {}
    for box in label_blocks(level):
        stop = [min(n, b + 1) for n, b in zip(level.shape, box.stop, strict=True)]
        voxels = read(level, Box(box.start, (stop[0], stop[1], stop[2])))
        own = box.shape
        for axis, face in enumerate(faces):
            # One plane more along the axis, so that faces between blocks count once.
            cut = [slice(0, n) for n in own]
            cut[axis] = slice(0, min(own[axis] + 1, voxels.shape[axis]))
            for pair, count in _pairs(voxels[tuple(cut)], axis):
                total[pair] = total.get(pair, 0.0) + count * face
    return total


def _pairs(voxels: npt.NDArray[Any], axis: int) -> Iterable[tuple[tuple[int, int], int]]:
    low = voxels[(slice(None),) * axis + (slice(None, -1),)]
    high = voxels[(slice(None),) * axis + (slice(1, None),)]
    differ = low != high
    a, b = low[differ], high[differ]
    kept = (a != 0) & (b != 0)
    a, b = a[kept], b[kept]
    if not len(a):
        return
    both = np.stack([np.minimum(a, b), np.maximum(a, b)], axis=1)
    pairs, counts = np.unique(both, axis=0, return_counts=True)
    yield from zip(map(tuple, pairs.tolist()), counts.tolist(), strict=True)
