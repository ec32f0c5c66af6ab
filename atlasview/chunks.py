"""Decoded chunks in memory: read once, kept while there is room, shared by all who ask.

A tile shows one voxel in sixty-four of the chunks it touches, so what a tile costs is the decoding,
and whoever scrolls meets the same chunks again. The cache is bounded in bytes; chunks that hold one
value only are kept as that value.
"""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.errors import OutOfVolumeError
from atlasview.geometry import Box, Triple
from atlasview.store import READ_TIMEOUT, raise_storage_error
from atlasview.volume import Level, read, stored_view

#: What one kept chunk costs beside its voxels.
_OVERHEAD = 512
#: Bytes of chunks that are decoded at once for one box.
_AT_ONCE = 64 << 20


@dataclass(frozen=True, eq=False, slots=True)
class Chunk:
    """One decoded chunk.

    Parameters
    ----------
    voxels : ndarray, shape (z, y, x)
        C order, read-only; cut at the edge of the level. A chunk of one value only has strides 0.
    constant : bool
        Whether all voxels are equal.
    """

    voxels: npt.NDArray[Any]
    constant: bool


_Key = tuple[int, int, Triple]
#: Place in the grid of chunks, and channel → voxels (z, y, x), cut at the edge.
Decode = Callable[[Triple, int], npt.NDArray[Any]]


class _Pending:
    """A chunk that somebody is reading; others wait for it."""

    __slots__ = ("chunk", "done", "error")

    def __init__(self) -> None:
        self.done = threading.Event()
        self.chunk: Chunk | None = None
        self.error: Exception | None = None


class ChunkReader:
    """Read boxes and chunks of any level through one bounded cache; safe between threads.

    Parameters
    ----------
    cache_bytes : int
        Upper bound of what is kept, in bytes of decoded voxels.
    """

    def __init__(self, cache_bytes: int) -> None:
        self.cache_bytes = cache_bytes
        self._kept: OrderedDict[_Key, tuple[Level, Chunk]] = OrderedDict()
        self._bytes = 0
        self._pending: dict[_Key, _Pending] = {}
        self._lock = threading.Lock()
        self._direct: dict[int, tuple[Level, Decode]] = {}

    def decode_by(self, level: Level, decode: Decode) -> None:
        """Have the chunks of one level decoded by a function of place and channel."""
        self._direct[id(level)] = (level, decode)

    @property
    def used_bytes(self) -> int:
        """What is kept now."""
        return self._bytes

    def box(self, level: Level, box: Box, channel: int = 0) -> npt.NDArray[Any]:
        """Read one box of one channel, as `atlasview.volume.read` does, through the cache.

        Raises
        ------
        OutOfVolumeError, NotFoundError, StorageError, StoreUnavailableError
            As `read`.
        """
        if not box.within(level.shape):
            raise OutOfVolumeError(
                "box", f"{box.start}–{box.stop} (z, y, x)", f"level {level.index} is {level.shape}"
            )
        if self._too_big(level):
            return read(level, box, channel)
        keys = _places(level, box)
        out = np.empty(box.shape, level.array.dtype.numpy_dtype)
        # Not all at once: a slice takes one voxel in sixty-four of what is decoded for it.
        some = max(1, _AT_ONCE // (int(np.prod(level.chunk)) * out.itemsize))
        for first in range(0, len(keys), some):
            part = keys[first : first + some]
            for key, chunk in zip(part, self.chunks(level, part, channel), strict=True):
                source, target = [], []
                for k, c, a, b, n in zip(
                    key, level.chunk, box.start, box.stop, chunk.voxels.shape, strict=True
                ):
                    low, high = max(a, k * c), min(b, k * c + n)
                    source.append(slice(low - k * c, high - k * c))
                    target.append(slice(low - a, high - a))
                out[tuple(target)] = chunk.voxels[tuple(source)]
        return out

    def holds(self, level: Level, box: Box, channel: int = 0) -> bool:
        """Tell whether all chunks of a box are kept, so that reading it takes no time."""
        here = id(level)
        return all((here, channel, place) in self._kept for place in _places(level, box))

    def chunks(self, level: Level, keys: Iterable[Triple], channel: int = 0) -> list[Chunk]:
        """Return chunks by their place in the grid of chunks (z, y, x), reading those not kept.

        Raises
        ------
        NotFoundError
            There is no such channel.
        StorageError, StoreUnavailableError
            A chunk cannot be read.
        """
        wanted: list[_Key] = [(id(level), channel, key) for key in keys]
        found: dict[_Key, Chunk] = {}
        mine: dict[_Key, _Pending] = {}
        others: dict[_Key, _Pending] = {}
        with self._lock:
            for key in wanted:
                kept = self._kept.get(key)
                if kept is not None:
                    self._kept.move_to_end(key)
                    found[key] = kept[1]
                elif key in self._pending:
                    others[key] = self._pending[key]
                elif key not in mine:
                    mine[key] = self._pending[key] = _Pending()
        if mine:
            self._read(level, channel, mine)
        for key, pending in (*mine.items(), *others.items()):
            pending.done.wait()
            if pending.error is not None:
                raise pending.error
            if pending.chunk is not None:
                found[key] = pending.chunk
        return [found[key] for key in wanted]

    def forget(self, levels: Iterable[Level]) -> None:
        """Drop all that is kept of some levels."""
        gone = {id(level) for level in levels}
        with self._lock:
            for level in gone:
                self._direct.pop(level, None)
            for key in [k for k in self._kept if k[0] in gone]:
                self._drop(key)

    def _too_big(self, level: Level) -> bool:
        size = int(np.prod(level.chunk, dtype=np.int64)) * level.array.dtype.numpy_dtype.itemsize
        return size > max(self.cache_bytes // 8, 1)

    def _read(self, level: Level, channel: int, mine: dict[_Key, _Pending]) -> None:
        own = self._direct.get(id(level))
        try:
            if own is not None:
                for key, pending in mine.items():
                    pending.chunk = _chunk(own[1](key[2], channel))
                    self._keep(key, level, pending.chunk)
                return
            futures = [
                stored_view(level, _chunk_box(level, place), channel).read(order="C")
                for _, _, place in mine
            ]
            for (key, pending), future in zip(mine.items(), futures, strict=True):
                try:
                    chunk = _chunk(future.result(READ_TIMEOUT))
                except (ValueError, OSError) as exc:
                    raise_storage_error(exc, level.location)
                pending.chunk = chunk
                self._keep(key, level, chunk)
        except Exception as exc:
            for pending in mine.values():
                if pending.chunk is None:
                    pending.error = exc
            raise
        finally:
            with self._lock:
                for key in mine:
                    self._pending.pop(key, None)
            for pending in mine.values():
                pending.done.set()

    def _keep(self, key: _Key, level: Level, chunk: Chunk) -> None:
        size = _cost(chunk)
        if size > self.cache_bytes:
            return
        with self._lock:
            if key not in self._kept:
                # The level is held so that its id stays its own.
                self._kept[key] = (level, chunk)
                self._bytes += size
            while self._bytes > self.cache_bytes:
                self._drop(next(iter(self._kept)))

    def _drop(self, key: _Key) -> None:
        _, chunk = self._kept.pop(key)
        self._bytes -= _cost(chunk)


def _places(level: Level, box: Box) -> list[Triple]:
    """Return the places, in the grid of chunks, that a box touches."""
    ranges = [
        range(a // c, (b - 1) // c + 1)
        for a, b, c in zip(box.start, box.stop, level.chunk, strict=True)
    ]
    return list(itertools.product(*ranges))  # type: ignore[arg-type]


def _chunk_box(level: Level, place: Triple) -> Box:
    start = tuple(k * c for k, c in zip(place, level.chunk, strict=True))
    stop = tuple(min(a + c, n) for a, c, n in zip(start, level.chunk, level.shape, strict=True))
    return Box(start, stop)  # type: ignore[arg-type]


def _cost(chunk: Chunk) -> int:
    return _OVERHEAD + (0 if chunk.constant else chunk.voxels.nbytes)


def _chunk(voxels: npt.NDArray[Any]) -> Chunk:
    native = voxels.astype(voxels.dtype.newbyteorder("="), copy=False)
    first = native[0, 0, 0]
    # A look at one row settles it for nearly every chunk that is not constant.
    if (native[0, 0] == first).all() and (native == first).all():
        native = np.broadcast_to(np.array(first), native.shape)
        return Chunk(native, True)
    native.flags.writeable = False
    return Chunk(native, False)
