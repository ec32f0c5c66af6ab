"""Surfaces of regions in several resolutions, made of the label pyramid.

A region is meshed whole, from a level at which the box around it is small enough, so that neither
memory nor time grow with the volume and no seam runs through a surface. A coarser level is taken
where it shows as much; where it would lose volume, as of thin sheets, the finer one is meshed and
made simpler. Surfaces are closed, what touches the edge of the volume is capped there, and each
holds what its voxels do.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from atlasview.geometry import Box, Triple
from atlasview.meshes import Mesh, chain, fitted, simpler, surface
from atlasview.regionfacts import LabelExtent, LabelIndex
from atlasview.space import level_affine
from atlasview.volume import Level

#: Voxels of the box around a region that is meshed.
BOX_VOXELS = 1 << 22
#: Triangles of the finest surface of a region that had to be made simpler.
TRIANGLES = 60_000
#: How far the volume of a surface may be from that of the voxels where a coarser level is taken.
TOLERANCE, COARSE_TOLERANCE = 0.01, 0.04
#: Resolutions of a surface; none with fewer triangles than so many is made simpler.
RESOLUTIONS, _FEW = 4, 800
# Voxel faces that a level should show; and of one that is meshed although it shows more.
_SIDES, _MOST_SIDES = 16_000, 300_000
#: Side of the blocks in which a level that is too large is read.
_BLOCK = 128
#: Voxels of the box at which the search for the level begins.
_FIRST_VOXELS = 1 << 12


def region_surfaces(index: LabelIndex, labels: frozenset[int]) -> tuple[Mesh, ...]:
    """Make the surface of all voxels that hold one of some labels, the finest first.

    Returns
    -------
    tuple of Mesh
        Empty where there are no such voxels.

    Raises
    ------
    StorageError, StoreUnavailableError
        The labels cannot be read.
    """
    extent = index.extent(labels)
    if extent is None:
        return ()
    work = _Work(index, labels, extent)
    level = work.finest()
    first = work.surface(level)
    if first is None:
        return ()
    out = [simpler(first, TRIANGLES) if len(first.faces) > 1.5 * TRIANGLES else first]
    for coarser in index.volume.levels[level.index + 1 :]:
        if len(out) == RESOLUTIONS or len(out[-1].faces) < _FEW:
            break
        if len(first.faces) > 1.5 * TRIANGLES:
            break  # a coarser level would show more than the simpler surface does
        found = work.surface(coarser)
        if found is None or work.lost(coarser) > COARSE_TOLERANCE:
            break
        out.append(found)
    volume = index.measure(labels).volume_mm3
    return tuple(
        mesh if mesh in work.surfaces else fitted(mesh, volume)
        for mesh in chain(tuple(out), RESOLUTIONS, _FEW)
    )


def region_mesh(index: LabelIndex, labels: frozenset[int]) -> Mesh | None:
    """Make the finest surface of all voxels that hold one of some labels; None without voxels.

    Raises
    ------
    StorageError, StoreUnavailableError
        The labels cannot be read.
    """
    found = region_surfaces(index, labels)
    return found[0] if found else None


def level_box(level: Level, extent: LabelExtent) -> Box:
    """Return which voxels (z, y, x) of a level hold an extent of finest voxels."""
    start = [level.index_of(axis, extent.start[2 - axis]) for axis in range(3)]
    stop = [level.index_of(axis, extent.stop[2 - axis] - 1) + 1 for axis in range(3)]
    return Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))


class _Work:
    """One region on its way: its voxels at the levels that were looked at, and their surfaces."""

    def __init__(self, index: LabelIndex, labels: frozenset[int], extent: LabelExtent) -> None:
        self._index, self._extent = index, extent
        most = np.iinfo(index.volume.dtype).max
        self._wanted = np.array(sorted(v for v in labels if v <= most), index.volume.dtype)
        self._volume = index.measure(labels).volume_mm3
        self._masks: dict[int, npt.NDArray[np.bool_]] = {}
        self._surfaces: dict[int, Mesh | None] = {}
        self._lost: dict[int, float] = {}
        self._join: tuple[Level, int] | None = None

    def finest(self) -> Level:
        """Return the level that the finest surface is made of."""
        levels = self._index.volume.levels
        small = [lv for lv in levels if level_box(lv, self._extent).size <= BOX_VOXELS]
        usable = small or [self._joined(levels[-1])]
        # from coarse to fine, since a level costs eight times the one above
        found = usable[0]
        for level in reversed(usable):
            if level is usable[0]:
                break
            if level_box(level, self._extent).size < _FIRST_VOXELS:
                continue
            sides = _sides(self._mask(level))
            if 4 * sides <= _SIDES:
                continue
            made = self.surface(level)
            if made is not None and self.lost(level) <= TOLERANCE:
                found = level
                break
        if found is usable[0] and len(usable) > 1 and _sides(self._mask(found)) > _MOST_SIDES:
            return usable[1]
        return found

    def surface(self, level: Level) -> Mesh | None:
        """Return the surface at one level; None where the level shows no voxel."""
        if level.index not in self._surfaces:
            mask = self._mask(level)
            start = level_box(level, self._extent).start
            made = surface(mask, level, start) if mask.any() else None
            if made is not None:
                self._lost[level.index] = abs(made.volume_mm3 / self._volume - 1)
                made = fitted(made, self._volume)
            self._surfaces[level.index] = made
        return self._surfaces[level.index]

    @property
    def surfaces(self) -> tuple[Mesh, ...]:
        """The surfaces that were made of levels."""
        return tuple(mesh for mesh in self._surfaces.values() if mesh is not None)

    def lost(self, level: Level) -> float:
        """Return which share of the region's volume a level's surface lacked or had too much."""
        return self._lost[level.index]

    def _joined(self, level: Level) -> Level:
        """Return a coarser level than there is, where the coarsest still is too large."""
        box = level_box(level, self._extent)
        side = int(np.ceil((box.size / BOX_VOXELS) ** (1 / 3)))
        while np.prod([-(-n // side) + 1 for n in box.shape], dtype=np.int64) > BOX_VOXELS:
            side += 1
        z, y, x = (-(-n // side) for n in level.shape)
        self._join = level, side
        return replace(
            level,
            shape=(z, y, x),
            affine=level_affine(level.affine, (side,) * 3),
            step=_triple(s * side for s in level.step),
            first=_triple(
                f + s * (side - 1) / 2 for f, s in zip(level.first, level.step, strict=True)
            ),
        )

    def _mask(self, level: Level) -> npt.NDArray[np.bool_]:
        if level.index not in self._masks:
            box = level_box(level, self._extent)
            joined = self._join is not None and level.index == self._join[0].index
            mask = self._majority(box) if joined else self._wanted_in(level, box)
            self._masks = {level.index: mask}
        return self._masks[level.index]

    def _wanted_in(self, level: Level, box: Box) -> npt.NDArray[np.bool_]:
        voxels = self._index.voxels(level, box)
        one = len(self._wanted) == 1
        return voxels == self._wanted[0] if one else np.isin(voxels, self._wanted)

    def _majority(self, box: Box) -> npt.NDArray[np.bool_]:
        """Return which voxels of a joined level are of the region by half or more."""
        assert self._join is not None  # noqa: S101 - a joined level is asked for
        level, side = self._join
        out = np.zeros(box.shape, np.bool_)
        most = max(1, _BLOCK // side)
        for at in itertools.product(
            *(range(a, b, most) for a, b in zip(box.start, box.stop, strict=True))
        ):
            stop = [min(a + most, b) for a, b in zip(at, box.stop, strict=True)]
            ends = [min(b * side, n) for b, n in zip(stop, level.shape, strict=True)]
            fine = Box(_whole(a * side for a in at), _whole(ends))
            counts = self._wanted_in(level, fine).astype(np.uint32)
            for axis in range(3):
                counts = np.add.reduceat(counts, np.arange(0, counts.shape[axis], side), axis)
            target = tuple(slice(a - s, b - s) for a, b, s in zip(at, stop, box.start, strict=True))
            out[target] = 2 * counts >= side**3
        return out


def _triple(values: Iterable[float]) -> tuple[float, float, float]:
    a, b, c = values
    return a, b, c


def _whole(values: Iterable[int]) -> Triple:
    a, b, c = values
    return a, b, c


def _sides(mask: npt.NDArray[np.bool_]) -> int:
    """Count the voxel faces between inside and outside."""
    return sum(int(np.count_nonzero(np.diff(mask, axis=axis))) for axis in range(3))
