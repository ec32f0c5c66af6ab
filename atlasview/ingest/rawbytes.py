"""Voxels that lie plainly in a file: what NIfTI, MGH, NRRD and their kin share."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from atlasview.errors import SourceError
from atlasview.geometry import Box, Triple
from atlasview.ingest.source import Header

#: Bytes mapped at a time: pages of a file that are mapped count as memory of the process.
_PIECE = 16 << 20


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
        self._channels, self._dtype, self._interleaved = channels, dtype, interleaved
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
        k, j, i = self._shape
        size = self._dtype.itemsize
        voxel = size * (self._channels if self._interleaved else 1)
        row, plane = i * voxel, j * i * voxel
        dk, dj, _ = box.shape
        count = channels.stop - channels.start
        rows = max(1, _PIECE // (dj * row))
        for c in range(1 if self._interleaved else count):
            volume = 0 if self._interleaved else (channels.start + c) * k * plane
            for first in range(0, dk, rows):
                planes = min(rows, dk - first)
                start = self._offset + volume + (box.start[0] + first) * plane + box.start[1] * row
                length = (planes - 1) * plane + dj * row
                base = start // mmap.ALLOCATIONGRANULARITY * mmap.ALLOCATIONGRANULARITY
                with mmap.mmap(
                    self._file.fileno(), length + start - base, access=mmap.ACCESS_READ, offset=base
                ) as mapped:
                    found: npt.NDArray[Any] = np.ndarray(
                        (planes, dj, i, voxel // size),
                        self._dtype,
                        buffer=mapped,
                        offset=start - base,
                        strides=(plane, row, voxel, size),
                    )[:, :, box.start[2] : box.stop[2]]
                    if self._interleaved:
                        colours = np.moveaxis(found[..., channels], -1, 0)
                        np.copyto(out[:, first : first + planes], colours, casting="unsafe")
                        del colours
                    else:
                        part = out[c, first : first + planes]
                        np.copyto(part, found[..., 0], casting="unsafe")
                    del found

    def finish(self) -> None:
        """Do nothing: the length was tested at once."""

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def voxel_bytes(shape: Triple, channels: int, dtype: np.dtype[Any]) -> int:
    """Return the bytes of all voxels, in numbers that do not overflow."""
    k, j, i = (int(n) for n in shape)
    return k * j * i * int(channels) * int(dtype.itemsize)
