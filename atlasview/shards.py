"""A sharded Zarr array seen as one of plain chunks, each cut from its shard undecoded.

A browser caches whole objects and never ranges, so it does better with one object a chunk.

References
----------
Zarr v3 core specification; ``sharding_indexed`` codec 1.0.
"""

from __future__ import annotations

import json
import math
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.errors import StorageError
from atlasview.objects import ObjectStore
from atlasview.shardindex import ABSENT, parse_index
from atlasview.store import MAX_METADATA_BYTES

#: Bytes: of 16 million chunks in one shard.
_LARGEST_INDEX = 256 << 20
_CHUNK_KEY = re.compile(r"c((?:/(?:0|[1-9][0-9]{0,17}))+)")


@dataclass(frozen=True, eq=False, slots=True)
class Sharding:
    """How one array is sharded.

    Parameters
    ----------
    shape, shard, chunk : tuple of int
        Of the array, of a shard, of a chunk in it; stored order.
    separator, prefix : str
        Of the keys of shards.
    index_big_endian, index_crc, index_at_start : bool
    document : dict
        The array's ``zarr.json`` as it reads without shards.
    """

    shape: tuple[int, ...]
    shard: tuple[int, ...]
    chunk: tuple[int, ...]
    separator: str
    prefix: str
    index_big_endian: bool
    index_crc: bool
    index_at_start: bool
    document: dict[str, Any]

    @property
    def grid(self) -> tuple[int, ...]:
        """Chunks a shard along each axis."""
        return tuple(s // c for s, c in zip(self.shard, self.chunk, strict=True))

    @property
    def index_bytes(self) -> int:
        """Length of a shard's index."""
        return 16 * math.prod(self.grid) + (4 if self.index_crc else 0)


def parse_sharding(document: Mapping[str, Any]) -> Sharding | None:
    """Read how an array is sharded from its ``zarr.json``.

    Returns
    -------
    Sharding or None
        None where it is not, or in a way that chunks cannot be cut from undecoded.
    """
    try:
        codecs = document["codecs"]
        if len(codecs) != 1 or codecs[0]["name"] != "sharding_indexed":
            return None
        inner = codecs[0]["configuration"]
        grid = document["chunk_grid"]
        encoding = document["chunk_key_encoding"]
        name = encoding["name"]
        default = "/" if name == "default" else "."
        separator = encoding.get("configuration", {}).get("separator", default)
        if grid["name"] != "regular" or name not in ("default", "v2"):
            return None
        index = [c["name"] for c in inner["index_codecs"]]
        if index not in (["bytes"], ["bytes", "crc32c"]):
            return None
        endian = inner["index_codecs"][0].get("configuration", {}).get("endian", "little")
        shard = tuple(int(n) for n in grid["configuration"]["chunk_shape"])
        chunk = tuple(int(n) for n in inner["chunk_shape"])
        shape = tuple(int(n) for n in document["shape"])
        codecs = inner["codecs"]
        if not len(shape) == len(shard) == len(chunk) or min(*shape, *shard, *chunk, 1) < 1:
            return None
        if any(s % c for s, c in zip(shard, chunk, strict=True)):
            return None
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError):
        return None
    plain = dict(document)
    plain["chunk_grid"] = {"name": "regular", "configuration": {"chunk_shape": list(chunk)}}
    plain["chunk_key_encoding"] = {"name": "default", "configuration": {"separator": "/"}}
    plain["codecs"] = codecs
    return Sharding(
        shape=shape,
        shard=shard,
        chunk=chunk,
        separator=str(separator),
        prefix=f"c{separator}" if name == "default" else "",
        index_big_endian=endian == "big",
        index_crc=index[-1] == "crc32c",
        index_at_start=inner.get("index_location", "end") == "start",
        document=plain,
    )


@dataclass(frozen=True, slots=True)
class Piece:
    """Where one chunk's bytes lie: an object, a half-open range of it, and its tag."""

    key: str
    start: int
    stop: int
    tag: str


class Unsharded:
    """The objects of one volume, sharded arrays seen without their shards.

    Parameters
    ----------
    objects : ObjectStore
    index_bytes : int
        Upper bound of the shard indexes kept in memory.
    """

    def __init__(self, objects: ObjectStore, index_bytes: int = 16 << 20) -> None:
        self.objects = objects
        self._limit = index_bytes
        self._arrays: dict[str, Sharding | None] = {}
        self._indexes: OrderedDict[tuple[str, str], npt.NDArray[np.uint64]] = OrderedDict()
        self._used = 0
        self._lock = threading.Lock()

    def sharding(self, path: str) -> Sharding | None:
        """Return how the array at a path is sharded; None where it is not, or is no array.

        Raises
        ------
        StorageError, StoreUnavailableError
            Its metadata cannot be read.
        """
        if path not in self._arrays:
            raw = self._document(path)
            if raw is None:
                return None
            try:
                document = json.loads(raw)
            except (ValueError, RecursionError) as exc:
                raise StorageError(f"{path}/zarr.json", "it is not JSON") from exc
            self._arrays[path] = parse_sharding(document) if isinstance(document, dict) else None
        return self._arrays[path]

    def metadata(self, path: str) -> bytes | None:
        """Return the ``zarr.json`` of an array or group, as it reads without shards."""
        sharding = self.sharding(path)
        if sharding is not None:
            return json.dumps(sharding.document).encode()
        return self._document(path)

    def _document(self, path: str) -> bytes | None:
        """Read a ``zarr.json``; one that is larger than metadata are is not held in memory."""
        key = f"{path}/zarr.json" if path else "zarr.json"
        info = self.objects.stat(key)
        if info is not None and info.size > MAX_METADATA_BYTES:
            raise StorageError(key, f"its {info.size} bytes are more than those of any metadata")
        return None if info is None else self.objects.read(key)

    def locate(self, path: str, key: str) -> Piece | None:
        """Return where a chunk of a sharded array lies; None when it was never written.

        Parameters
        ----------
        path : str
            Of the array.
        key : str
            Of the chunk, such as ``c/0/3/2``.

        Raises
        ------
        StorageError, StoreUnavailableError
            The shard's index cannot be read.
        """
        sharding = self.sharding(path)
        match = _CHUNK_KEY.fullmatch(key)
        if sharding is None or match is None:
            return None
        place = [int(n) for n in match.group(1)[1:].split("/")]
        if len(place) != len(sharding.shape) or any(
            p * c >= n for p, c, n in zip(place, sharding.chunk, sharding.shape, strict=True)
        ):
            return None
        shard = [p // g for p, g in zip(place, sharding.grid, strict=True)]
        within = [p % g for p, g in zip(place, sharding.grid, strict=True)]
        name = f"{path}/{sharding.prefix}" + sharding.separator.join(map(str, shard))
        info = self.objects.stat(name)
        if info is None:
            return None
        index = self._index(name, info.tag, info.size, sharding)
        offset, size = (int(v) for v in index[tuple(within)])
        if offset == ABSENT and size == ABSENT:
            return None
        if offset + size > info.size:
            raise StorageError(name, f"its index points past its end ({offset}+{size})")
        return Piece(name, offset, offset + size, f"{info.tag}-{offset:x}")

    def _index(self, name: str, tag: str, size: int, sharding: Sharding) -> npt.NDArray[np.uint64]:
        with self._lock:
            kept = self._indexes.get((name, tag))
            if kept is not None:
                self._indexes.move_to_end((name, tag))
                return kept
        length = sharding.index_bytes
        start = 0 if sharding.index_at_start else size - length
        held = 0 <= start <= size - length and length <= _LARGEST_INDEX
        raw = self.objects.read(name, start, start + length) if held else None
        if raw is None or len(raw) != length:
            raise StorageError(name, "it is shorter than its index, or that is absurdly long")
        try:
            index = parse_index(
                raw, sharding.grid, sealed=sharding.index_crc, big_endian=sharding.index_big_endian
            )
        except ValueError as exc:
            raise StorageError(name, str(exc)) from exc
        with self._lock:
            if (name, tag) not in self._indexes:
                self._indexes[name, tag] = index
                self._used += index.nbytes
            while self._used > self._limit and len(self._indexes) > 1:
                _, gone = self._indexes.popitem(last=False)
                self._used -= gone.nbytes
        return index
