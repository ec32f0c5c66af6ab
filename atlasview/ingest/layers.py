"""Layers of chunks in RAS order, ready for the cascade: from a source, or from a written level."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from atlasview.errors import SourceError
from atlasview.geometry import Box
from atlasview.ingest.placement import Placement
from atlasview.ingest.source import Source
from atlasview.ingest.values import Conversion

if TYPE_CHECKING:  # which loads TensorStore
    from atlasview.store import StoreSpec

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
        view = self._placement.stored_view(out)
        try:
            if self._conversion.is_cast:
                self._source.read_into(slice(*channels), whole, view)
            else:
                self._convert(channels, whole, view)
        except OSError as exc:
            raise SourceError(
                self._source.files[0], f"it cannot be read ({exc.strerror or exc})"
            ) from exc

    def _convert(self, channels: tuple[int, int], box: Box, out: npt.NDArray[Any]) -> None:
        """Convert a few stored planes at a time, so that little is held of the wider type."""
        dk, dj, di = box.shape
        count = channels[1] - channels[0]
        dtype = self._source.header.dtype
        step = min(dk, max(1, _PIECE // (dj * di * count * dtype.itemsize)))
        room = np.empty((count, step, dj, di), dtype)
        for k in range(0, dk, step):
            voxels = room[:, : min(step, dk - k)]
            first = box.start[0] + k
            part = Box((first, *box.start[1:]), (first + voxels.shape[1], *box.stop[1:]))
            self._source.read_into(slice(*channels), part, voxels)
            self._conversion.apply(voxels, out[:, k : k + voxels.shape[1]])


class LevelLayers:
    """A level that an earlier stage wrote, wherever TensorStore finds it.

    Parameters
    ----------
    spec : dict or str
        Where the array lies, as TensorStore says it.
    channel_axis : bool
    """

    def __init__(self, spec: StoreSpec, *, channel_axis: bool) -> None:
        import tensorstore as ts

        self._channel_axis = channel_axis
        self._array = ts.open(
            {"driver": "zarr3", "kvstore": spec},
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
