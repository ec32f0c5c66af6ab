"""What is cut out: a box of one level, of one channel or all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from atlasview.errors import NotFoundError
from atlasview.geometry import Box, FloatArray
from atlasview.volume import Level, Volume


@dataclass(frozen=True, eq=False, slots=True)
class Cutout:
    """A box of voxels of one level.

    Parameters
    ----------
    volume : Volume
    level : Level
    box : Box
        (z, y, x) of that level, in RAS order.
    channel : int or None
        None means all; then files have an axis more where the volume has more than one.

    Raises
    ------
    NotFoundError
        There is no such channel.
    """

    volume: Volume
    level: Level
    box: Box
    channel: int | None = None

    def __post_init__(self) -> None:
        if self.channel is not None and not 0 <= self.channel < self.volume.channels:
            raise NotFoundError("channel", self.channel, range(self.volume.channels))

    @property
    def channels(self) -> tuple[int, ...]:
        """Channels in it."""
        return tuple(range(self.volume.channels)) if self.channel is None else (self.channel,)

    @property
    def has_channel_axis(self) -> bool:
        """Whether its array has an axis of channels."""
        return self.channel is None and self.volume.channels > 1

    @property
    def shape(self) -> tuple[int, ...]:
        """Extent (c,) z, y, x."""
        lead = (self.volume.channels,) if self.has_channel_axis else ()
        return (*lead, *self.box.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the voxels, little-endian."""
        return self.volume.dtype.newbyteorder("<")

    @property
    def voxel_bytes(self) -> int:
        """What one voxel takes, all its channels together."""
        return len(self.channels) * self.volume.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all voxels, uncompressed."""
        return self.box.size * self.voxel_bytes

    @property
    def affine(self) -> FloatArray:
        """Centre of the box's own voxel (x, y, z) → mm."""
        affine = self.level.affine.copy()
        affine[:3, 3] += affine[:3, :3] @ np.array(self.box.start[::-1], np.float64)
        return affine

    @property
    def title(self) -> str:
        """For people, such as ``BigBrain, level 2, box=0:10,0:10,0:5``."""
        ranges = ",".join(f"{a}:{b}" for a, b in self.ranges)
        return f"{self.volume.name}, level {self.level.index}, box={ranges}"

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """Half-open ranges along x, y, z."""
        return tuple(zip(self.box.start[::-1], self.box.stop[::-1], strict=True))
