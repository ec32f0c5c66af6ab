"""Voxels that lie plainly in a file: what NIfTI, MGH, NRRD and their kin share."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from atlasview.errors import SourceError
from atlasview.geometry import Box, Triple
from atlasview.ingest.source import Header

#: Bytes mapped at a time: pages of a file that are mapped count as memory of the process.
_PIECE = 4 << 20
#: Bytes read at a time that must be turned or cut: so few that they stay in the processor's cache.
_READ = 1 << 18
#: Whether a file can be read at any place without moving the one position that threads share.
_CAN_READ = hasattr(os, "preadv")


class RawVoxels(Protocol):
    """Voxels (c, k, j, i), or (k, j, i, c) where the channels are interleaved, in C order."""

    def read_into(self, channels: slice, box: Box, out: npt.NDArray[Any]) -> None:
        """Put voxels into an array (c, k, j, i); see `Source.read_into`."""
        ...

    def finish(self) -> None:
        """Test what can only be tested at the end."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


class RawSource:
    """A source whose voxels are `RawVoxels`; what most formats are.

    Parameters
    ----------
    header : Header
    files : tuple of Path
    voxels : RawVoxels
    """

    def __init__(self, header: Header, files: tuple[Path, ...], voxels: RawVoxels) -> None:
        self.header, self._files, self._voxels = header, files, voxels

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that hold it."""
        return self._files

    def read_into(self, channels: slice, box: Box, out: npt.NDArray[Any]) -> None:
        """Put stored voxels into an array (c, k, j, i)."""
        self._voxels.read_into(channels, box, out)

    def finish(self) -> None:
        """Test what can only be tested at the end."""
        self._voxels.finish()

    def close(self) -> None:
        """Let go of the file."""
        self._voxels.close()


class PlainVoxels:
    """Voxels that can be read anywhere.

    Parameters
    ----------
    path : Path
    offset : int
        Of the first voxel, in bytes.
    shape : tuple of int
        (k, j, i).
    channels : int
        At least 1.
    dtype : numpy.dtype
        Of one voxel, or of one channel of it where they are interleaved.
    interleaved : bool
    """

    def __init__(
        self,
        path: Path,
        offset: int,
        shape: Triple,
        channels: int,
        dtype: np.dtype[Any],
        *,
        interleaved: bool = False,
    ) -> None:
        self._path, self._offset, self._shape = path, offset, shape
        self._dtype, self._interleaved = dtype, interleaved
        self._voxel = dtype.itemsize * (channels if interleaved else 1)
        needed = offset + voxel_bytes(shape, channels, dtype)
        found = path.stat().st_size
        if found < needed:
            raise SourceError(
                path,
                f"it is truncated: its header promises {needed:,} bytes, the file has {found:,}; "
                "copy or download it again",
            )
        self._file = path.open("rb")

    def read_into(self, channels: slice, box: Box, out: npt.NDArray[Any]) -> None:
        """Put voxels into an array (c, k, j, i)."""
        if self._interleaved:
            for at, found in self._pieces(0, box):
                colours = np.moveaxis(found[..., channels], -1, 0)
                np.copyto(out[:, at[0], at[1]], colours, casting="unsafe")
            return
        for c in range(channels.stop - channels.start):
            if self._reads_straight(box, out[c]):
                self._read_straight(channels.start + c, box, out[c])
                continue
            for at, found in self._pieces(channels.start + c, box):
                np.copyto(out[c][at], found[..., 0], casting="unsafe")

    def _reads_straight(self, box: Box, out: npt.NDArray[Any]) -> bool:
        """Tell whether planes can be read to where they are to stand."""
        whole = box.shape[2] == self._shape[2] and out.dtype == self._dtype
        return whole and _CAN_READ and out[0].flags.c_contiguous

    def _read_straight(self, channel: int, box: Box, out: npt.NDArray[Any]) -> None:
        for k, plane in enumerate(out):
            self._read(plane.reshape(-1).view(np.uint8).data, self._start(channel, box, k, 0))

    def _pieces(
        self, channel: int, box: Box
    ) -> Iterator[tuple[tuple[slice, slice], npt.NDArray[Any]]]:
        """Go through a box: which planes and rows of it, and their voxels (k, j, i, c)."""
        row = self._shape[2] * self._voxel
        dk, dj, di = box.shape
        if not _CAN_READ or 2 * di < self._shape[2]:
            yield from self._mapped(channel, box)
            return
        rows = min(dj, max(1, _READ // row))
        room = np.empty((1, rows, self._shape[2], self._voxel // self._dtype.itemsize), self._dtype)
        for k in range(dk):
            for j in range(0, dj, rows):
                part = room[:, : min(rows, dj - j)]
                self._read(part.reshape(-1).view(np.uint8).data, self._start(channel, box, k, j))
                at = slice(k, k + 1), slice(j, j + part.shape[1])
                yield at, part[:, :, box.start[2] : box.stop[2]]

    def _read(self, room: memoryview, start: int) -> None:
        while room:
            got = os.preadv(self._file.fileno(), [room], start)
            if not got:
                raise SourceError(self._path, "it became shorter while it was read")
            room, start = room[got:], start + got

    def _mapped(
        self, channel: int, box: Box
    ) -> Iterator[tuple[tuple[slice, slice], npt.NDArray[Any]]]:
        """Go through a box of whose rows little is wanted, or where `_read` does not work."""
        row = self._shape[2] * self._voxel
        plane = self._shape[1] * row
        dk, dj, _ = box.shape
        planes = max(1, _PIECE // (dj * row))
        for first in range(0, dk, planes):
            count = min(planes, dk - first)
            start = self._start(channel, box, first, 0)
            length = (count - 1) * plane + dj * row
            base = start // mmap.ALLOCATIONGRANULARITY * mmap.ALLOCATIONGRANULARITY
            mapped = mmap.mmap(  # let go of with the last view of it
                self._file.fileno(), length + start - base, access=mmap.ACCESS_READ, offset=base
            )
            found: npt.NDArray[Any] = np.ndarray(
                (count, dj, self._shape[2], self._voxel // self._dtype.itemsize),
                self._dtype,
                buffer=mapped,
                offset=start - base,
                strides=(plane, row, self._voxel, self._dtype.itemsize),
            )
            at = slice(first, first + count), slice(0, dj)
            yield at, found[:, :, box.start[2] : box.stop[2]]

    def _start(self, channel: int, box: Box, k: int, j: int) -> int:
        """Return where in the file a row of a box begins."""
        planes = channel * self._shape[0] + box.start[0] + k
        rows = planes * self._shape[1] + box.start[1] + j
        return self._offset + rows * self._shape[2] * self._voxel

    def finish(self) -> None:
        """Do nothing: the length was tested at once."""

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def voxel_bytes(shape: Triple, channels: int, dtype: np.dtype[Any]) -> int:
    """Return the bytes of all voxels, in numbers that do not overflow."""
    k, j, i = (int(n) for n in shape)
    return k * j * i * int(channels) * int(dtype.itemsize)
