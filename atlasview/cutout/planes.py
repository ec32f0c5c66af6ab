"""Voxels of a cutout in file order, piece by piece, whatever its size.

Files want plane after plane; storage gives chunks, each through many planes. So a layer, as deep as
a chunk, is put together before it is sent: in memory where it is small, else in a file that has no
name and is gone with it. Each chunk is decoded once.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from atlasview.cutout.blocks import blocks, layers
from atlasview.cutout.request import Cutout
from atlasview.errors import StoreUnavailableError
from atlasview.geometry import Box, Triple
from atlasview.volume import read

#: Bytes read at a time.
BLOCK_BYTES = 8 << 20
#: Bytes of a layer that may lie in memory.
LAYER_BYTES = 16 << 20
#: Bytes given out at a time.
PIECE_BYTES = 1 << 20


class Layer(Protocol):
    """Where a layer is put together."""

    def put(self, at: Triple, voxels: npt.NDArray[Any]) -> None:
        """Place a block; `at` is its first voxel (z, y, x) in the layer."""

    def pieces(self) -> Iterator[bytes]:
        """Give the layer out in C order."""


class MemoryLayer:
    """A layer in memory.

    Parameters
    ----------
    shape : tuple of int
    dtype : numpy.dtype
    """

    def __init__(self, shape: Triple, dtype: np.dtype[Any]) -> None:
        self._voxels = np.empty(shape, dtype)

    def put(self, at: Triple, voxels: npt.NDArray[Any]) -> None:
        """Place a block."""
        where = tuple(slice(a, a + n) for a, n in zip(at, voxels.shape, strict=True))
        self._voxels[where] = voxels

    def pieces(self) -> Iterator[bytes]:
        """Give the layer out in C order."""
        flat = self._voxels.reshape(-1).view(np.uint8)
        for first in range(0, len(flat), PIECE_BYTES):
            yield flat[first : first + PIECE_BYTES].tobytes()


class DiskLayer:
    """A layer in a file without a name.

    Parameters
    ----------
    shape : tuple of int
    dtype : numpy.dtype
    """

    def __init__(self, shape: Triple, dtype: np.dtype[Any]) -> None:
        self._shape, self._dtype = shape, dtype
        self._file = tempfile.TemporaryFile(prefix="atlasview-", buffering=0)  # noqa: SIM115

    def put(self, at: Triple, voxels: npt.NDArray[Any]) -> None:
        """Place a block.

        Raises
        ------
        StoreUnavailableError
            The disk is full.
        """
        block = np.ascontiguousarray(voxels, self._dtype)
        _, rows, width = self._shape
        z, y, x = at
        try:
            for k, plane in enumerate(block):
                if block.shape[2] == width:  # its rows lie one after the other
                    self._write(plane, ((z + k) * rows + y) * width)
                    continue
                for j, row in enumerate(plane):
                    self._write(row, ((z + k) * rows + y + j) * width + x)
        except OSError as exc:
            raise StoreUnavailableError("the folder for temporary files", str(exc)) from exc

    def pieces(self) -> Iterator[bytes]:
        """Give the layer out in C order."""
        with self._file:
            self._file.seek(0)
            while piece := self._file.read(PIECE_BYTES):
                yield piece

    def _write(self, voxels: npt.NDArray[Any], place: int) -> None:
        self._file.seek(place * self._dtype.itemsize)
        rest = voxels.reshape(-1).view(np.uint8).data
        while rest.nbytes:
            rest = rest[os.write(self._file.fileno(), rest) :]


def stream(cutout: Cutout, dtype: np.dtype[Any]) -> Iterator[bytes]:
    """Give out all voxels, (c,) z, y, x in C order.

    Parameters
    ----------
    cutout : Cutout
    dtype : numpy.dtype
        What voxels are turned into; holds every value of the volume's own.

    Yields
    ------
    bytes
        Nothing where a step of work is done but no voxel can be sent yet, so that whoever asks may
        stop.

    Raises
    ------
    StorageError, StoreUnavailableError
        Voxels cannot be read, or the disk for temporary files is full.
    """
    level = cutout.level
    size = max(dtype.itemsize, cutout.dtype.itemsize)
    for channel in cutout.channels:
        for layer in layers(cutout.box, level.chunk[0]):
            small = layer.size * dtype.itemsize <= LAYER_BYTES
            place: Layer = (MemoryLayer if small else DiskLayer)(layer.shape, dtype)
            for block in blocks(layer, level.chunk, (0, 0, 0), BLOCK_BYTES // size):
                place.put(_within(layer, block), read(level, block, channel))
                yield b""
            yield from place.pieces()


def _within(layer: Box, block: Box) -> Triple:
    z, y, x = (b - a for a, b in zip(layer.start, block.start, strict=True))
    return z, y, x
