"""Voxels behind gzip or zlib, read once from the first plane to the last."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

import numpy as np
import numpy.typing as npt
from isal import igzip, isal_zlib

from atlasview.errors import SourceError
from atlasview.geometry import Box, Triple
from atlasview.ingest.rawbytes import voxel_bytes

#: Bytes unpacked at a time where they must be turned.
_PIECE = 16 << 20
_ISAL_ERROR: Any = isal_zlib.error  # which its stubs take for an instance
#: What unpackers raise of a damaged stream.
STREAM_ERRORS: tuple[type[Exception], ...] = (
    OSError,
    EOFError,
    zlib.error,
    _ISAL_ERROR,
    ValueError,
)
#: No deflate stream is longer, unpacked, than this times its own length.
_DEFLATE_LIMIT = 1032
_DAMAGED = "it is truncated or damaged; copy or download it again"


class GzipVoxels:
    """Voxels behind gzip, read once from the first plane to the last.

    Parameters
    ----------
    path, offset, shape, channels, dtype, interleaved
        See `PlainVoxels`; `offset` counts unpacked bytes.
    start : int
        Where in the file the packed stream begins.
    zlib_stream : bool
        Bare zlib, as MetaImage has it, rather than gzip.
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
        start: int = 0,
        zlib_stream: bool = False,
    ) -> None:
        self._path, self._shape, self._channels = path, shape, channels
        self._dtype, self._interleaved = dtype, interleaved
        needed = offset + voxel_bytes(shape, channels, dtype)
        if needed > _DEFLATE_LIMIT * (path.stat().st_size - start) + 1024:
            raise SourceError(
                path,
                f"its header promises {needed:,} bytes, more than a file of this length can hold; "
                "it is truncated or damaged",
            )
        self._raw = path.open("rb")
        self._raw.seek(start)
        self._stream = _ZlibStream(self._raw) if zlib_stream else open_gzip(self._raw)
        self._at = -offset
        self._room: npt.NDArray[Any] | None = None
        try:
            self._skip(offset)
        except BaseException:
            self.close()
            raise

    def read_into(self, channels: slice, box: Box, out: npt.NDArray[Any]) -> None:
        """Put whole planes into an array (c, k, j, i), in rising order."""
        k, j, i = self._shape
        volume = 0 if self._interleaved else channels.start * k
        count = self._channels if self._interleaved else 1
        plane = j * i * count * self._dtype.itemsize
        self._skip((volume + box.start[0]) * plane - self._at)
        straight = not self._interleaved and out.dtype == self._dtype and out[0].flags.c_contiguous
        if straight:
            for planes in out:
                self._fill(planes.reshape(-1).view(np.uint8).data)
                self._at += planes.nbytes
            return
        step = max(1, _PIECE // plane)
        if self._room is None:
            self._room = np.empty((min(step, k), j, i, count), self._dtype)
        for first in range(0, box.shape[0], step):
            planes = self._room[: min(step, box.shape[0] - first)]
            self._fill(planes.reshape(-1).view(np.uint8).data)
            self._at += planes.nbytes
            found = (
                np.moveaxis(planes, -1, 0)[channels] if self._interleaved else planes[None, ..., 0]
            )
            np.copyto(out[:, first : first + len(planes)], found, casting="unsafe")

    def _skip(self, count: int) -> None:
        if count < 0:
            raise SourceError(self._path, "its planes were asked for twice")
        spare = memoryview(bytearray(min(count, 1 << 20)))
        while count > 0:
            part = spare[: min(count, len(spare))]
            self._fill(part)
            count -= len(part)
            self._at += len(part)

    def _fill(self, room: memoryview) -> None:
        while room:
            try:
                got = self._stream.readinto(room)
            except STREAM_ERRORS as exc:
                raise SourceError(self._path, _DAMAGED) from exc
            if not got:
                raise SourceError(self._path, _DAMAGED)
            room = room[got:]

    def finish(self) -> None:
        """Read to the end of the stream, which tests gzip's own checksum."""
        spare = memoryview(bytearray(1 << 20))
        try:
            while self._stream.readinto(spare):
                pass
        except STREAM_ERRORS as exc:
            raise SourceError(self._path, _DAMAGED) from exc

    def close(self) -> None:
        """Let go of the file."""
        self._stream.close()
        self._raw.close()


class _Readable(Protocol):
    def readinto(self, room: memoryview, /) -> int: ...

    def close(self) -> None: ...


class _Gzip(_Readable, Protocol):
    def read(self, size: int, /) -> bytes: ...


class _ZlibStream:
    """A bare zlib stream as a file."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw, self._packed = raw, b""
        self._unpacker: Any = isal_zlib.decompressobj()

    def readinto(self, room: memoryview, /) -> int:
        while not self._unpacker.eof:
            data = self._packed or self._raw.read(1 << 18)
            if not data:
                raise EOFError("the stream ends too early")
            found = self._unpacker.decompress(data, len(room))
            self._packed = self._unpacker.unconsumed_tail
            if found:
                room[: len(found)] = found
                return len(found)
        return 0

    def close(self) -> None:
        """Do nothing: the file is not ours."""


def open_gzip(raw: BinaryIO) -> _Gzip:
    """Open a gzip stream with the fastest unpacker there is."""
    opener: Any = igzip.open  # its stubs give no types
    return cast("_Gzip", opener(raw, "rb"))


def is_gzip(path: Path) -> bool:
    """Tell whether a file begins as a gzip stream does, whatever its name."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"
