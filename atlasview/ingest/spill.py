"""A packed source that must be read in another order than it is stored: unpacked to disk first."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.errors import LibraryError
from atlasview.geometry import Box
from atlasview.ingest.fingerprint import File
from atlasview.ingest.rawbytes import PlainVoxels, voxel_bytes
from atlasview.ingest.source import Source, read
from atlasview.ingest.workplace import free_space

_PIECE = 16 << 20


class SpilledSource:
    """A sequential source, unpacked into a file that can be read anywhere.

    Parameters
    ----------
    source : Source
    path : Path
        Of the unpacked file; one left by an earlier run is used as it is.

    Raises
    ------
    LibraryError
        The disk has no room for it.
    """

    def __init__(self, source: Source, path: Path) -> None:
        self._source = source
        header = source.header
        self.header = dataclasses.replace(header, sequential=False)
        count = max(header.channels, 1)
        if not path.exists():
            needed, free = voxel_bytes(header.shape, count, header.dtype), free_space(path)
            if needed > free:
                raise LibraryError(
                    f"{source.files[0]} must be unpacked to disk, which takes {needed / 1e9:.1f} "
                    f"GB beside {path.parent}; {free / 1e9:.1f} GB are free."
                )
            _unpack(source, path)
        self._voxels = PlainVoxels(
            path, 0, header.shape, count, header.dtype, interleaved=header.interleaved
        )

    @property
    def files(self) -> tuple[File, ...]:
        """The files of the source itself."""
        return self._source.files

    def read_into(self, channels: slice, box: Box, out: npt.NDArray[Any]) -> None:
        """Put stored voxels into an array (c, k, j, i)."""
        self._voxels.read_into(channels, box, out)

    def finish(self) -> None:
        """Do nothing: the source was read to its end when it was unpacked."""

    def close(self) -> None:
        """Let go of the files."""
        self._voxels.close()
        self._source.close()


def _unpack(source: Source, path: Path) -> None:
    header = source.header
    k, j, i = header.shape
    count = max(header.channels, 1)
    at_once = count if header.interleaved else 1
    planes = max(1, _PIECE // (j * i * at_once * header.dtype.itemsize))
    partial = path.with_name(path.name + ".new")
    with partial.open("wb") as file:
        for c in range(0, count, at_once):
            for first in range(0, k, planes):
                box = Box((first, 0, 0), (min(first + planes, k), j, i))
                voxels = read(source, slice(c, c + at_once), box)
                if header.interleaved:
                    voxels = np.moveaxis(voxels, 0, -1)
                file.write(np.ascontiguousarray(voxels).data)
        file.flush()
        os.fsync(file.fileno())
    source.finish()
    partial.replace(path)
