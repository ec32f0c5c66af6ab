"""From layers of chunks to all levels of a stage: each voxel is read once, and leaves as shards.

A task's region comes in from its lowest planes up, one layer of chunks at a time. Each layer is cut
into chunks and written, and joined into half a layer (or a whole one) of the next level; when that
is full it goes the same way. So the memory is one layer a level, however tall the region is.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from atlasview.geometry import Box
from atlasview.ingest.downsample import downsample
from atlasview.ingest.plan import LevelPlan, Stage, Task
from atlasview.ingest.shard import ShardWriter


class Cascade:
    """The levels of one task of a stage.

    Parameters
    ----------
    folder : Path
        The multiscale group that is being made.
    stage : Stage
    task : Task
    dtype : numpy.dtype
        Native byte order.
    kind : {"image", "labels"}
    fill : scalar
    channel_axis : bool
        Whether the arrays have one.
    wrote : callable
        Told the level and the voxels of each layer that is done.
    """

    def __init__(
        self,
        folder: Path,
        stage: Stage,
        task: Task,
        dtype: np.dtype[Any],
        kind: Literal["image", "labels"],
        fill: float | int,
        *,
        channel_axis: bool,
        wrote: Callable[[int, int], None],
    ) -> None:
        self._kind: Literal["image", "labels"] = kind
        self._wrote = wrote
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
                _Floor(folder, level, task.channels, box, dtype, fill, channel_axis, written)
            )

    def push(self, layer: npt.NDArray[Any]) -> None:
        """Take the next layer of the base level.

        Parameters
        ----------
        layer : ndarray, shape (c, z, y, x)
            C order; as tall as a chunk, or what is left at the top.
        """
        self._push(0, layer)

    def _push(self, index: int, layer: npt.NDArray[Any]) -> None:
        floor = self._floors[index]
        if floor.written:
            floor.write(layer)
            self._wrote(floor.level.index, layer.size)
        floor.z += layer.shape[1]
        if index + 1 == len(self._floors):
            return
        upper = self._floors[index + 1]
        factors = upper.level.factors
        planes = -(-layer.shape[1] // factors[0])
        part = upper.room()[:, upper.filled : upper.filled + planes]
        for c in range(layer.shape[0]):
            downsample(layer[c], factors, self._kind, part[c])
        upper.filled += planes
        if upper.filled == upper.height or upper.z + upper.filled == upper.box.stop[0]:
            full, upper.filled = upper.room()[:, : upper.filled], 0
            self._push(index + 1, full)

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
        folder: Path,
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
        self._folder = folder / str(level.index)
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

    def write(self, layer: npt.NDArray[Any]) -> None:
        """Cut a layer into chunks and append them to their shards."""
        _, cy, cx = self.level.chunk
        sz, sy, sx = (s // c for s, c in zip(self.level.shard, self.level.chunk, strict=True))
        z = self.z // self.height
        first_y, first_x = self.box.start[1] // cy, self.box.start[2] // cx
        for c in range(layer.shape[0]):
            for j in range(0, layer.shape[2], cy):
                for i in range(0, layer.shape[3], cx):
                    y, x = first_y + j // cy, first_x + i // cx
                    key = (self._channels[0] + c, z // sz, y // sy, x // sx)
                    voxels = layer[c, :, j : j + cy, i : i + cx]
                    self._shard(key).write((z % sz, y % sy, x % sx), voxels)
        if (z + 1) % sz == 0:
            self.close_shards()

    def _shard(self, key: tuple[int, int, int, int]) -> ShardWriter:
        if key not in self._shards:
            parts = key if self._channel_axis else key[1:]
            path = self._folder.joinpath("c", *map(str, parts))
            # left by a run that was killed
            path.unlink(missing_ok=True)
            level = self.level
            grid = [s // c for s, c in zip(level.shard, level.chunk, strict=True)]
            self._shards[key] = ShardWriter(
                path, grid, level.chunk, self._dtype.newbyteorder("<"), self._fill
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
