"""Many annotations as Neuroglancer streams them: a grid of cells, coarse to fine.

Each annotation lies in one level. The coarsest is one cell with a random few of all; the next has
eight cells with a random few of the rest; the finest holds what is left. Every cell of a level has
the same share of what lies in it, so that what is dense looks dense from afar. Whoever looks at the
whole is sent some hundreds, and more where they come near. A shape lies in every cell that it
reaches into, at most eight: what is larger than a cell stays in a coarser level.

References
----------
Neuroglancer precomputed annotation format.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.errors import NotFoundError

#: Annotations of the fullest cell of a level, but for the finest. A plane draws the whole of every
#: cell that it cuts: few in each and small cells make few that lie far from it.
LIMIT = 500
#: As many may be left to the finest level: few cells more are asked for then, and all is there.
_FINEST = 2000
_MOST_LEVELS = 10
#: Cells begin at multiples of this, in mm: the grid stays where it is while people mark.
_STEP = 64
#: What is drawn where no colour was chosen.
_YELLOW = 0xFFFF00
#: Our type → Neuroglancer's. A polygon is a closed polyline there.
TYPES = {
    "point": "POINT", "line": "LINE", "polyline": "POLYLINE", "polygon": "POLYLINE",
    "box": "AXIS_ALIGNED_BOUNDING_BOX", "ellipsoid": "ELLIPSOID",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grid:
    """Cubes in cubes.

    Parameters
    ----------
    low : tuple of int
        Lowest corner in mm.
    side : int
        Of the whole, in mm.
    levels : int
    """

    low: tuple[int, int, int]
    side: int
    levels: int

    @property
    def name(self) -> str:
        """The grid as a part of an address."""
        return ".".join(map(str, (self.levels, *self.low, self.side)))

    @classmethod
    def read(cls, text: str) -> Grid:
        """Read a grid out of an address.

        Raises
        ------
        NotFoundError
        """
        parts = text.split(".")
        try:
            levels, x, y, z, side = (int(p) for p in parts)
        except ValueError:
            raise NotFoundError("index", text) from None
        found = cls((x, y, z), side, levels)
        sound = (
            1 <= levels <= _MOST_LEVELS
            and 0 < side <= 1 << 22
            and all(abs(v) <= 1 << 21 for v in found.low)
        )
        if not sound or found.name != text:
            raise NotFoundError("index", text)
        return found


def grid_around(low: npt.NDArray[np.float64], high: npt.NDArray[np.float64]) -> Grid:
    """Return a grid around what lies between two corners, with the most levels there may be."""
    first = np.floor(low / _STEP).astype(int) * _STEP
    extent = float((high - first).max())
    side = _STEP
    while side <= extent:
        side *= 2
    x, y, z = (int(v) for v in first)
    return Grid((x, y, z), side, _MOST_LEVELS)


@dataclass(frozen=True, eq=False)
class Marks:
    """Annotations of one type, as arrays.

    Parameters
    ----------
    type : str
        Ours.
    places : ndarray of uint64, shape (n,)
        Ids as Neuroglancer wants them: numbers. Rising.
    corners, tops : ndarray of float64, shape (n, 3)
        Lowest and highest corner of each; both its own place where it is a point.
    shapes : sequence of ndarray of float32
        Coordinates of each; empty for points, whose corners they are.
    colors : ndarray of uint32
        0xRRGGBB.
    regions : ndarray of uint32
        Ids, 0 outside.
    names : tuple of str
        Of the numbers.
    numbers : ndarray of float32, shape (n, names)
    bounds : ndarray, shape (2, 3)
    """

    type: str
    places: npt.NDArray[np.uint64]
    corners: npt.NDArray[np.float64]
    tops: npt.NDArray[np.float64]
    shapes: Sequence[npt.NDArray[np.float32]]
    colors: npt.NDArray[np.uint32]
    regions: npt.NDArray[np.uint32]
    names: tuple[str, ...]
    numbers: npt.NDArray[np.float32]
    bounds: npt.NDArray[np.float64]
    _levels: dict[Grid, list[Cells]] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.places)

    @cached_property
    def grid(self) -> Grid:
        """The grid that fits them: its finest cells hold few."""
        most = grid_around(self.bounds[0], self.bounds[1])
        cells = _share_out(self, most, until=_FINEST)
        found = replace(most, levels=len(cells))
        self._levels[found] = cells
        return found

    def info(self) -> dict[str, Any]:
        """Return what Neuroglancer wants to know first."""
        grid = self.grid
        levels = self._cells(grid)
        return {
            "@type": "neuroglancer_annotations_v1",
            "dimensions": {axis: [1e-3, "m"] for axis in "xyz"},
            "lower_bound": list(grid.low),
            "upper_bound": [v + grid.side for v in grid.low],
            "annotation_type": TYPES[self.type],
            "properties": [
                {"id": "region", "type": "uint32", "description": "Id of the region"},
                *({"id": name, "type": "float32"} for name in self.names),
                {"id": "color", "type": "rgb", "description": "Colour"},
            ],
            "relationships": [{"id": "region_of", "key": "by_region"}],
            "by_id": {"key": "by_id"},
            "spatial": [
                {
                    "key": f"spatial.{k}.{grid.name}",
                    "grid_shape": [1 << k] * 3,
                    "chunk_size": [grid.side / (1 << k)] * 3,
                    "limit": max(1, cells.most),
                }
                for k, cells in enumerate(levels)
            ],
        }

    def cell(self, grid: Grid, level: int, cell: tuple[int, int, int]) -> bytes:
        """Return the annotations of one cell, as Neuroglancer reads them.

        Raises
        ------
        NotFoundError
            There is no such cell.
        """
        if not 0 <= level < grid.levels or not all(0 <= v < 1 << level for v in cell):
            raise NotFoundError("cell", f"{level}/{cell}")
        return self.encode(self._cells(grid)[level].members(cell, 1 << level))

    def of_region(self, region: int) -> bytes:
        """Return the annotations that lie in one region itself."""
        return self.encode(np.flatnonzero(self.regions == region))

    def single(self, place: int) -> bytes:
        """Return one annotation with the region it lies in.

        Raises
        ------
        NotFoundError
        """
        i = int(np.searchsorted(self.places, np.uint64(place)))
        if i >= len(self) or int(self.places[i]) != place:
            raise NotFoundError("annotation", place)
        related = [int(self.regions[i])] if self.regions[i] else []
        return self._records(np.array([i])) + struct.pack(
            f"<I{len(related)}Q", len(related), *related
        )

    def encode(self, which: npt.NDArray[np.intp]) -> bytes:
        """Return annotations as Neuroglancer reads many: how many, each, and their ids."""
        return (
            struct.pack("<Q", len(which))
            + self._records(which)
            + self.places[which].astype("<u8").tobytes()
        )

    def _records(self, which: npt.NDArray[np.intp]) -> bytes:
        floats = [(f"n{i}", "<f4") for i in range(len(self.names))]
        tail = np.dtype([("region", "<u4"), *floats, ("color", "u1", 3), ("pad", "u1")])
        rest = np.zeros(len(which), tail)
        rest["region"] = self.regions[which]
        for i in range(len(self.names)):
            rest[f"n{i}"] = self.numbers[which, i]
        colors = self.colors[which]
        rest["color"] = np.stack([colors >> 16, (colors >> 8) & 255, colors & 255], axis=-1)
        if self.type == "point":
            whole = np.zeros(len(which), np.dtype([("at", "<f4", 3), ("rest", tail)]))
            whole["at"], whole["rest"] = self.corners[which], rest
            return whole.tobytes()
        out = bytearray()
        lines = TYPES[self.type] == "POLYLINE"
        for i, record in zip(which.tolist(), rest, strict=True):
            shape = self.shapes[i]
            if lines:
                out += struct.pack("<I", len(shape) // 3)
            out += shape.astype("<f4").tobytes() + record.tobytes()
        return bytes(out)

    def _cells(self, grid: Grid) -> list[Cells]:
        found = self._levels.get(grid)
        if found is None:
            if len(self._levels) >= 4:
                self._levels.pop(next(iter(self._levels)))
            found = self._levels[grid] = _share_out(self, grid)
        return found


@dataclass(frozen=True, eq=False, slots=True)
class Cells:
    """Who lies in which cell of one level.

    Parameters
    ----------
    keys : ndarray of int64
        Cells that hold any, rising.
    starts : ndarray of intp
        Where each begins in `order`, and the end.
    order : ndarray of intp
        Annotations, by cell.
    """

    keys: npt.NDArray[np.int64]
    starts: npt.NDArray[np.intp]
    order: npt.NDArray[np.intp]

    @property
    def most(self) -> int:
        """How many the fullest cell holds."""
        return int(np.diff(self.starts).max(initial=0))

    def members(self, cell: tuple[int, int, int], side: int) -> npt.NDArray[np.intp]:
        """Return who lies in a cell."""
        key = (cell[2] * side + cell[1]) * side + cell[0]
        i = int(np.searchsorted(self.keys, key))
        if i >= len(self.keys) or int(self.keys[i]) != key:
            return self.order[:0]
        return self.order[self.starts[i] : self.starts[i + 1]]


def _share_out(marks: Marks, grid: Grid, until: int = 0) -> list[Cells]:
    """Share annotations out among levels, the same way each time.

    Parameters
    ----------
    marks : Marks
    grid : Grid
    until : int
        The first level whose fullest cell holds no more is the last one.
    """
    chance = _scattered(marks.places)
    high = np.array(grid.low) + grid.side
    left = np.flatnonzero(((marks.tops >= grid.low) & (marks.corners <= high)).all(1))
    # In this order in every cell: whoever draws a part of a cell draws the first of it.
    left = left[np.argsort(chance[left])]
    size = (marks.tops - marks.corners).max(axis=1, initial=0)
    out: list[Cells] = []
    for level in range(grid.levels):
        side = 1 << level
        fullest = _fullest(_keys(grid, side, marks.corners[left]), side)
        if level == grid.levels - 1 or fullest <= until:
            out.append(_cells(marks, grid, side, left))
            break
        share = min(1.0, LIMIT / max(1, fullest))
        large = size[left] > grid.side / (2 * side)
        taken = large | (np.arange(len(left)) < share * len(left))
        out.append(_cells(marks, grid, side, left[taken]))
        left = left[~taken]
    return out


def _fullest(keys: npt.NDArray[np.int64], side: int) -> int:
    """Return how many the fullest cell holds."""
    if side <= 128:
        return int(np.bincount(keys, minlength=1).max())
    return int(np.unique(keys, return_counts=True)[1].max(initial=0))


def _keys(grid: Grid, side: int, points: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return the number of the cell in which each point lies; the nearest, outside the grid."""
    spot = (points - grid.low) * (side / grid.side)
    index = np.clip(np.floor(spot).astype(np.int64), 0, side - 1)
    found: npt.NDArray[np.int64] = (index[:, 2] * side + index[:, 1]) * side + index[:, 0]
    return found


def _cells(marks: Marks, grid: Grid, side: int, mine: npt.NDArray[np.intp]) -> Cells:
    """Return annotations by the cells that they reach into: none is larger than a cell."""
    low, high = marks.corners[mine], marks.tops[mine]
    keys, order = _keys(grid, side, low), mine
    if marks.type != "point" and side > 1:
        ends = np.stack([low, high])
        picks = np.indices((2, 2, 2)).reshape(3, 8)
        each = [_keys(grid, side, ends[pick, :, range(3)].T) for pick in picks.T]
        pairs = np.unique(np.stack([np.concatenate(each), np.tile(mine, 8)], axis=1), axis=0)
        keys, order = pairs[:, 0], pairs[:, 1].astype(np.intp)
    ranks = np.argsort(keys, kind="stable")
    keys, order = keys[ranks], order[ranks]
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    return Cells(keys[starts], np.append(starts, len(keys)).astype(np.intp), order)


def _scattered(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return numbers that look like chance and are always the same (splitmix64)."""
    with np.errstate(over="ignore"):
        z = numbers + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        found: npt.NDArray[np.uint64] = z ^ (z >> np.uint64(31))
    return found


def region_number(region: int | None) -> int:
    """Return a region's id as 32 bits hold it; 0 where they do not."""
    return region if region is not None and 0 < region < 1 << 32 else 0


def color_number(color: int | None) -> int:
    """Return a colour, also where none was chosen."""
    return _YELLOW if color is None else color


def bounds_around(
    low: npt.NDArray[np.float64], high: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the lowest and the highest of many corners; one small box where there is none."""
    if len(low) == 0:
        return np.array([[0.0] * 3, [1.0] * 3])
    return np.stack([low.min(axis=0), high.max(axis=0)])
