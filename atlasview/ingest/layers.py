"""Layers of chunks in RAS order, ready for the cascade: from a source, or from a level on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy.typing as npt

from atlasview.errors import SourceError
from atlasview.geometry import Box
from atlasview.ingest.placement import Placement
from atlasview.ingest.source import Source
from atlasview.ingest.values import Conversion

#: Bytes of stored voxels asked for at once: beside a layer, this is all that a task holds.
_PIECE = 8 << 20


class Layers(Protocol):
    """Where a stage reads its base level."""

    def read(self, channels: tuple[int, int], box: Box, out: npt.NDArray[Any]) -> None:
        """Put the voxels of a box (z, y, x) into an array (c, z, y, x)."""
        ...


class SourceLayers:
    """A source, turned into RAS order and into the values to be written.

    Parameters
    ----------
    source : Source
    placement : Placement
    conversion : Conversion
    """

    def __init__(self, source: Source, placement: Placement, conversion: Conversion) -> None:
        self._source, self._placement, self._conversion = source, placement, conversion

    def read(self, channels: tuple[int, int], box: Box, out: npt.NDArray[Any]) -> None:
        """Put the voxels of a box into an array.

        Raises
        ------
        SourceError
            The source cannot be read to there.
        """
        whole = self._placement.stored_box(box)
        _, dj, di = whole.shape
        item = self._source.header.dtype.itemsize * (channels[1] - channels[0])
        planes = max(1, _PIECE // (dj * di * item))
        for k in range(whole.start[0], whole.stop[0], planes):
            piece = Box(
                (k, whole.start[1], whole.start[2]),
                (min(k + planes, whole.stop[0]), whole.stop[1], whole.stop[2]),
            )
            try:
                voxels = self._source.read(slice(*channels), piece)
            except OSError as exc:
                raise SourceError(
                    self._source.files[0], f"it cannot be read ({exc.strerror or exc})"
                ) from exc
            part = self._placement.ras_box(piece)
            where = tuple(
                slice(a - o, b - o)
                for a, b, o in zip(part.start, part.stop, box.start, strict=True)
            )
            self._conversion.apply(self._placement.turn(voxels), out[(slice(None), *where)])


class LevelLayers:
    """A level that an earlier stage wrote.

    Parameters
    ----------
    path : Path
        Of the array.
    channel_axis : bool
    """

    def __init__(self, path: Path, *, channel_axis: bool) -> None:
        import tensorstore as ts

        self._channel_axis = channel_axis
        self._array = ts.open(
            {"driver": "zarr3", "kvstore": {"driver": "file", "path": f"{path.as_posix()}/"}},
            read=True,
            open=True,
            context=ts.Context({"cache_pool": {"total_bytes_limit": 0}}),
        ).result()

    def read(self, channels: tuple[int, int], box: Box, out: npt.NDArray[Any]) -> None:
        """Put the voxels of a box into an array."""
        if self._channel_axis:
            out[...] = self._array[(slice(*channels), *box.slices)].read().result()
        else:
            out[0] = self._array[box.slices].read().result()
