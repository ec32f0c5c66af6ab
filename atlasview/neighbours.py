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
    low, high = np.minimum(a, b).astype(np.uint64), np.maximum(a, b).astype(np.uint64)
    # Two labels side by side in one number: its sorting is quick.
    most = int(high.max())
    if most < 1 << 32:
        values, width = None, np.uint64(most + 1)
        codes = low * width + high
    else:
        values = np.union1d(low, high)
        width = np.uint64(len(values))
        codes = np.searchsorted(values, low).astype(np.uint64) * width
        codes += np.searchsorted(values, high).astype(np.uint64)
    if int(width) ** 2 < 1 << 32:
        codes = codes.astype(np.uint32)
    found, counts = np.unique(codes, return_counts=True)
    firsts, seconds = found // width, found % width
    if values is not None:
        firsts, seconds = values[firsts], values[seconds]
    pairs = zip(firsts.tolist(), seconds.tolist(), strict=True)
    yield from zip(((int(a), int(b)) for a, b in pairs), counts.tolist(), strict=True)
