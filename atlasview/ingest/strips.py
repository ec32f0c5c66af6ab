"""The base level of a task, one row of chunks after the other."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.geometry import Box
from atlasview.ingest.layers import Layers
from atlasview.ingest.plan import Stage, Task


class Strips:
    """Reads the strips of a region.

    Parameters
    ----------
    stage : Stage
    task : Task
    layers : Layers
    dtype : numpy.dtype
    whole_layers : bool
        Read a whole layer at a time, of which the strips are copied: for a source that gives
        whole planes only.
    ahead : bool
        Read the next whole layer while this one is worked on.
    """

    def __init__(
        self,
        stage: Stage,
        task: Task,
        layers: Layers,
        dtype: np.dtype[Any],
        *,
        whole_layers: bool,
        ahead: bool,
    ) -> None:
        self._task, self._source = task, layers
        self._height, self._rows = stage.base.chunk[:2]
        _, ny, nx = task.box.shape
        count = task.channels[1] - task.channels[0]
        height = min(self._height, task.box.shape[0])
        self._strip = np.empty(count * height * min(self._rows, ny) * nx, dtype)
        rooms = (2 if ahead else 1) if whole_layers else 0
        self._rooms = [np.empty((count, height, ny, nx), dtype) for _ in range(rooms)]
        self._pool = ThreadPoolExecutor(1, "ahead") if rooms == 2 else None
        self._next: Future[npt.NDArray[Any]] | None = None

    def layers(self) -> Iterator[int]:
        """Go through the layers from the lowest up: the first plane of each."""
        yield from range(self._task.box.start[0], self._task.box.stop[0], self._height)

    def height(self, z: int) -> int:
        """Return how many planes the layer has that begins at z."""
        return min(self._height, self._task.box.stop[0] - z)

    def of_layer(self, z: int) -> Iterator[tuple[int, npt.NDArray[Any]]]:
        """Go through one layer: the first row of each strip within the region, and its voxels."""
        box, channels, top = self._task.box, self._task.channels, z + self.height(z)
        _, y0, x0 = box.start
        layer = self._layer(z) if self._rooms else None
        for y in range(y0, box.stop[1], self._rows):
            part = Box((z, y, x0), (top, min(y + self._rows, box.stop[1]), box.stop[2]))
            shape = (channels[1] - channels[0], *part.shape)
            strip = self._strip[: math.prod(shape)].reshape(shape)
            if layer is None:
                self._source.read(channels, part, strip)
            else:
                strip[...] = layer[:, :, y - y0 : y - y0 + part.shape[1]]
            yield y - y0, strip

    def close(self) -> None:
        """Wait for what is still being read."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _layer(self, z: int) -> npt.NDArray[Any]:
        """Return a whole layer, and have the next one read meanwhile."""
        found = self._read(z) if self._next is None else self._next.result()
        top = z + self.height(z)
        self._next = None
        if self._pool is not None and top < self._task.box.stop[0]:
            self._next = self._pool.submit(self._read, top)
        return found

    def _read(self, z: int) -> npt.NDArray[Any]:
        """Read a layer into the room that is free: they are used in turn."""
        room = self._rooms[z // self._height % len(self._rooms)][:, : self.height(z)]
        _, y0, x0 = self._task.box.start
        box = Box((z, y0, x0), (z + self.height(z), *self._task.box.stop[1:]))
        self._source.read(self._task.channels, box, room)
        return room
