"""A level that an earlier stage wrote into a folder, read as plainly as it was written.

TensorStore reads it as well, but to load it takes time and memory that only buckets are worth.
"""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import zstandard

from atlasview.errors import LibraryError
from atlasview.geometry import Box, Triple
from atlasview.ingest.plan import LevelPlan
from atlasview.shardindex import ABSENT, parse_index

#: Indexes of shards that are kept.
_KEPT = 4096
Index = npt.NDArray[np.uint64]


class WrittenLevel:
    """The layers of a level in a folder.

    Parameters
    ----------
    root : Path
        The level's folder.
    plan : LevelPlan
    dtype : numpy.dtype
        Native byte order.
    fill : scalar
        Of chunks that are not there.
    channel_axis : bool
        Whether the array has one.
    """

    def __init__(
        self,
        root: Path,
        plan: LevelPlan,
        dtype: np.dtype[Any],
        fill: float | int,
        *,
        channel_axis: bool,
    ) -> None:
        self._root, self._plan, self._fill, self._channel_axis = root, plan, fill, channel_axis
        self._dtype = dtype.newbyteorder("<")
        self._grid = tuple(s // c for s, c in zip(plan.shard, plan.chunk, strict=True))
        self._indexes: dict[Path, Index] = {}

    def read(self, channels: tuple[int, int], box: Box, out: npt.NDArray[Any]) -> None:
        """Put the voxels of a box into an array (c, z, y, x).

        Raises
        ------
        LibraryError
            What was written is not there any more as it was.
        """
        unpack = zstandard.ZstdDecompressor()
        chunk = self._plan.chunk
        places = [
            range(a // c, -(-b // c)) for a, b, c in zip(box.start, box.stop, chunk, strict=True)
        ]
        for channel, *place in itertools.product(range(*channels), *places):
            source, target = [], []
            for k, c, a, b in zip(place, chunk, box.start, box.stop, strict=True):
                low, high = max(a, k * c), min(b, (k + 1) * c)
                source.append(slice(low - k * c, high - k * c))
                target.append(slice(low - a, high - a))
            z, y, x = place
            packed = self._packed(channel, (z, y, x))
            into = out[channel - channels[0]][tuple(target)]
            if packed is None:
                into[...] = self._fill
                continue
            voxels = np.frombuffer(unpack.decompress(packed), self._dtype).reshape(chunk)
            np.copyto(into, voxels[tuple(source)])

    def _packed(self, channel: int, place: Triple) -> bytes | None:
        """Return a chunk's bytes; None where it is fill value only."""
        shard = [k // g for k, g in zip(place, self._grid, strict=True)]
        parts = [channel, *shard] if self._channel_axis else shard
        path = self._root.joinpath("c", *map(str, parts))
        try:
            file = path.open("rb", buffering=0)
        except FileNotFoundError:
            return None
        with file:
            index = self._index(path, file)
            within = tuple(k % g for k, g in zip(place, self._grid, strict=True))
            offset, size = index[within].tolist()
            return None if offset == ABSENT else _read(path, file, offset, size)

    def _index(self, path: Path, file: BinaryIO) -> Index:
        index = self._indexes.get(path)
        if index is None:
            size = 16 * int(np.prod(self._grid))
            end = file.seek(0, os.SEEK_END)
            raw = _read(path, file, max(0, end - size - 4), size + 4)
            try:
                index = parse_index(raw, self._grid)
            except ValueError as exc:
                raise _changed(path) from exc
            if len(self._indexes) >= _KEPT:
                self._indexes.clear()
            self._indexes[path] = index
        return index


def _read(path: Path, file: BinaryIO, offset: int, size: int) -> bytes:
    file.seek(offset)
    found = file.read(size)
    if len(found) != size:
        raise _changed(path)
    return found


def _changed(path: Path) -> LibraryError:
    return LibraryError(
        f"{path} was changed by somebody else while the ingest was at work; run it again."
    )
