"""What is asked for: tiles at random, scrolling, chunks; the same for a seed every time."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from statistics import fmean

from atlasview.geometry import OrthogonalPlane
from atlasview.space import PLANES
from benchmarks.data import CHUNK, Volume

TILE = 256
SHARD = 512
#: Slices that somebody scrolls through at one place, and tiles of one such walk.
STEPS = 32
SCROLL = STEPS * 4
_GRID = SHARD // CHUNK
_INDEX_BYTES = 16 * _GRID**3 + 4


@dataclass(frozen=True)
class Tile:
    """One tile of the finest level that lies wholly in a volume's content."""

    plane: str
    slice: int
    row: int
    col: int


@dataclass(frozen=True)
class Chunk:
    """One stored chunk: its place in the grid, its shard's key, and its bytes in the shard."""

    place: tuple[int, int, int]
    shard: str
    span: tuple[int, int]


def random_tiles(volume: Volume, rng: random.Random, planes: tuple[str, ...]) -> Iterator[Tile]:
    """Give tiles anywhere in the content, without end."""
    while True:
        name = rng.choice(planes)
        rows, cols = tile_ranges(volume, PLANES[name])
        index = volume.first + rng.randrange(volume.extent)
        yield Tile(name, index, rng.choice(rows), rng.choice(cols))


def scroll(
    volume: Volume,
    rng: random.Random,
    planes: tuple[str, ...],
    steps: int = STEPS,
    side: int = 2,
    stride: int = 1,
) -> Iterator[Tile]:
    """Give the tiles of somebody who looks at side × side tiles, steps through slices, moves on.

    With a stride of 2 every second row and column only is a place to look at.
    """
    while True:
        name = rng.choice(planes)
        rows, cols = tile_ranges(volume, PLANES[name])
        row, col = (
            stride * rng.randrange((len(r) - side * stride) // stride + 1) for r in (rows, cols)
        )
        first = volume.first + rng.randrange(volume.extent - steps)
        for index in range(first, first + steps):
            for r in rows[row : row + side]:
                for c in cols[col : col + side]:
                    yield Tile(name, index, r, c)


def near_tiles(volume: Volume, planes: tuple[str, ...]) -> list[Tile]:
    """Return tiles that differ but share their chunks: in each plane, a slab one chunk thick."""
    first = volume.first + volume.extent // 2
    found = []
    for name in planes:
        rows, cols = tile_ranges(volume, PLANES[name])
        found += [
            Tile(name, index, r, c)
            for index in range(first, first + CHUNK)
            for r in rows[:4]
            for c in cols[:4]
        ]
    return found


def random_chunks(volume: Volume, rng: random.Random) -> Iterator[Chunk]:
    """Give stored chunks of the finest level, without end."""
    low, count = volume.first // CHUNK, volume.extent // CHUNK
    while True:
        z, y, x = (low + rng.randrange(count) for _ in range(3))
        shard = f"0/c/{z // _GRID}/{y // _GRID}/{x // _GRID}"
        index = _shard_index(volume.path / shard)
        at = ((z % _GRID) * _GRID + y % _GRID) * _GRID + x % _GRID
        offset, size = index[2 * at : 2 * at + 2]
        yield Chunk((z, y, x), shard, (offset, offset + size))


def touched(volume: Volume) -> float:
    """Return how many chunks a tile touches, on average over planes and places."""
    counts = []
    for plane in PLANES.values():
        sides = []
        for places, axis, flipped in zip(
            tile_ranges(volume, plane),
            (plane.rows, plane.cols),
            (plane.flip_rows, plane.flip_cols),
            strict=True,
        ):
            n = volume.shape[axis]
            starts = [n - (p + 1) * TILE if flipped else p * TILE for p in places]
            sides.append(fmean((a + TILE - 1) // CHUNK - a // CHUNK + 1 for a in starts))
        counts.append(sides[0] * sides[1])
    return fmean(counts)


def tile_ranges(volume: Volume, plane: OrthogonalPlane) -> tuple[range, range]:
    """Return the rows and columns of tiles that lie wholly in the content."""
    ranges = []
    for axis, flipped in ((plane.rows, plane.flip_rows), (plane.cols, plane.flip_cols)):
        low, high = volume.first, volume.first + volume.extent
        if flipped:
            low, high = volume.shape[axis] - high, volume.shape[axis] - low
        ranges.append(range(-(-low // TILE), high // TILE))
    return ranges[0], ranges[1]


@lru_cache(maxsize=64)
def _shard_index(path: Path) -> tuple[int, ...]:
    with path.open("rb") as file:
        file.seek(-_INDEX_BYTES, 2)
        return struct.unpack(f"<{2 * _GRID**3}Q", file.read(_INDEX_BYTES)[:-4])
