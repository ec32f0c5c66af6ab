"""From layers of chunks to all levels of a stage: each voxel is read once, and leaves as shards.

A task's region comes in from its lowest planes up, one layer of chunks at a time, and of each layer
one row of chunks after the other: so little that it stays in the processor's cache while it is cut
into chunks, compressed, and joined into half a layer (or a whole one) of the next level. When that
is full it goes the same way. So the memory is one layer a coarser level, however tall the region.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from atlasview.geometry import Box
from atlasview.ingest.downsample import downsample
from atlasview.ingest.plan import LevelPlan, Stage, Task
from atlasview.ingest.shard import ShardWriter
from atlasview.ingest.shelf import Shelf


class Cascade:
    """The levels of one task of a stage.

    Parameters
    ----------
    shelf : Shelf
        The multiscale group that is being made; the folders of its levels are there.
    stage : Stage
    task : Task
    dtype : numpy.dtype
        Native byte order.
    kind : {"image", "labels"}
    fill : scalar
    channel_axis : bool
        Whether the arrays have one.
    compiled : bool
        Whether the work is worth the loading of a compiler.
    wrote : callable
        Told the level and the voxels of each layer that is done.
    """

    def __init__(
        self,
        shelf: Shelf,
        stage: Stage,
        task: Task,
        dtype: np.dtype[Any],
        kind: Literal["image", "labels"],
        fill: float | int,
        *,
        channel_axis: bool,
        compiled: bool,
        wrote: Callable[[int, int], None],
    ) -> None:
        self._kind: Literal["image", "labels"] = kind
        self._wrote, self._compiled = wrote, compiled
        self._floors: list[_Floor] = []
        step = (1, 1, 1)
        for level in stage.levels:
            if level is not stage.base:
                z, y, x = (s * f for s, f in zip(step, level.factors, strict=True))
                step = (z, y, x)
            past = tuple(b + s - 1 for b, s in zip(task.box.stop, step, strict=True))
            box = Box(_divide(task.box.start, step), _divide(past, step))
            written = stage.index == 0 or level is not stage.base
            self._floors.append(
                _Floor(shelf, level, task.channels, box, dtype, fill, channel_axis, written)
            )

    def push(self, strip: npt.NDArray[Any], y: int) -> None:
        """Take a strip of the layer that is being worked on: some rows of chunks.

        Parameters
        ----------
        strip : ndarray, shape (c, z, y, x)
            C order; as tall as a chunk, or what is left at the top.
        y : int
            Its first row within the region; a multiple of the chunk.
        """
        self._push(0, strip, y)

    def end_layer(self, planes: int) -> None:
        """Close the layer of which all strips have been pushed.

        Parameters
        ----------
        planes : int
            How tall it was.
        """
        self._end_layer(0, planes)

    def _push(self, index: int, strip: npt.NDArray[Any], y: int) -> None:
        floor = self._floors[index]
        if floor.written:
            floor.write(strip, y)
            self._wrote(floor.level.index, strip.size)
        if index + 1 == len(self._floors):
            return
        upper = self._floors[index + 1]
        factors = upper.level.factors
        planes, rows = (-(-n // f) for n, f in zip(strip.shape[1:3], factors[:2], strict=True))
        top, left = upper.filled, y // factors[1]
        part = upper.room()[:, top : top + planes, left : left + rows]
        for c in range(strip.shape[0]):
            downsample(strip[c], factors, self._kind, part[c], compiled=self._compiled)

    def _end_layer(self, index: int, planes: int) -> None:
        floor = self._floors[index]
        floor.end_layer(planes)
        if index + 1 == len(self._floors):
            return
        upper = self._floors[index + 1]
        upper.filled += -(-planes // upper.level.factors[0])
        if upper.filled == upper.height or upper.z + upper.filled == upper.box.stop[0]:
            height, upper.filled = upper.filled, 0
            self._push(index + 1, upper.room()[:, :height], 0)
            self._end_layer(index + 1, height)

    def close(self) -> None:
        """Finish every shard that is still open."""
        for floor in self._floors:
            floor.close_shards()

    def abandon(self) -> None:
        """Let go of what is open after a failure."""
        for floor in self._floors:
            floor.abandon()


class _Floor:
    """One level within a task: the layer that fills up, and the shards that are open."""

    def __init__(
        self,
        shelf: Shelf,
        level: LevelPlan,
        channels: tuple[int, int],
        box: Box,
        dtype: np.dtype[Any],
        fill: float | int,
        channel_axis: bool,
        written: bool,
    ) -> None:
        self.level, self.box, self.written = level, box, written
        self.z, self.filled, self.height = box.start[0], 0, level.chunk[0]
        self._shelf = shelf.below(str(level.index))
        self._channels, self._channel_axis = channels, channel_axis
        self._dtype, self._fill = dtype, fill
        self._room: npt.NDArray[Any] | None = None
        self._shards: dict[tuple[int, int, int, int], ShardWriter] = {}

    def room(self) -> npt.NDArray[Any]:
        """Return where the layer is gathered."""
        if self._room is None:
            count = self._channels[1] - self._channels[0]
            height = min(self.height, self.box.shape[0])
            self._room = np.empty((count, height, *self.box.shape[1:]), self._dtype)
        return self._room

    def write(self, strip: npt.NDArray[Any], top: int) -> None:
        """Cut a strip of a layer into chunks and append them to their shards."""
        _, cy, cx = self.level.chunk
        sz, sy, sx = (s // c for s, c in zip(self.level.shard, self.level.chunk, strict=True))
        z = self.z // self.height
        first_y, first_x = (self.box.start[1] + top) // cy, self.box.start[2] // cx
        for c in range(strip.shape[0]):
            for j in range(0, strip.shape[2], cy):
                last = None
                for i in range(0, strip.shape[3], cx):
                    y, x = first_y + j // cy, first_x + i // cx
                    shard = self._shard((self._channels[0] + c, z // sz, y // sy, x // sx))
                    if last is not None and shard is not last:
                        last.flush()  # many may be open: none keeps what it has
                    shard.write((z % sz, y % sy, x % sx), strip[c, :, j : j + cy, i : i + cx])
                    last = shard
                if last is not None:
                    last.flush()

    def end_layer(self, planes: int) -> None:
        """Go on to the next layer; close the shards that end with this one."""
        chunks = self.level.shard[0] // self.level.chunk[0]
        if (self.z // self.height + 1) % chunks == 0:
            self.close_shards()
        self.z += planes

    def _shard(self, key: tuple[int, int, int, int]) -> ShardWriter:
        if key not in self._shards:
            parts = key if self._channel_axis else key[1:]
            name = "/".join(("c", *map(str, parts)))
            level = self.level
            grid = [s // c for s, c in zip(level.shard, level.chunk, strict=True)]
            self._shards[key] = ShardWriter(
                partial(self._shelf.draft, name),
                grid,
                level.chunk,
                self._dtype.newbyteorder("<"),
                self._fill,
            )
        return self._shards[key]

    def close_shards(self) -> None:
        for shard in self._shards.values():
            shard.close()
        self._shards.clear()

    def abandon(self) -> None:
        for shard in self._shards.values():
            shard.abandon()
        self._shards.clear()


def _divide(triple: tuple[int, ...], by: tuple[int, int, int]) -> tuple[int, int, int]:
    z, y, x = (a // b for a, b in zip(triple, by, strict=True))
    return z, y, x
