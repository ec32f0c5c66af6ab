"""A volume of another format seen as an OME-Zarr: metadata written, chunks encoded, on demand."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from typing import Any

import numpy as np
from numcodecs.zstd import Zstd

from atlasview.chunks import ChunkReader
from atlasview.geometry import Box
from atlasview.ngff import multiscale_attributes
from atlasview.objects import ObjectInfo
from atlasview.volume import Level, Volume

#: zstd-1 decodes twice as fast as zstd-3 and is 8 % larger.
_LEVEL = 1


class VirtualObjects:
    """The objects that an OME-Zarr 0.5 of a volume would have, in RAS order.

    Parameters
    ----------
    volume : Volume
        Its metadata are those of the OME-Zarr to be seen (`atlasview.opening.ras_multiscale`).
    reader : ChunkReader
        Whence chunks come.
    keep_bytes : int
        Upper bound of the encoded chunks kept.
    """

    def __init__(self, volume: Volume, reader: ChunkReader, keep_bytes: int = 8 << 20) -> None:
        self._volume = volume
        self._reader = reader
        self._codec = Zstd(level=_LEVEL)
        self._kept: OrderedDict[str, bytes | None] = OrderedDict()
        self._used = 0
        self._limit = keep_bytes
        self._lock = threading.Lock()

    def stat(self, key: str) -> ObjectInfo | None:
        """Return size and tag; None when absent.

        Raises
        ------
        StorageError, StoreUnavailableError
            The chunk cannot be read.
        """
        body = self._body(key)
        return None if body is None else ObjectInfo(len(body), f"{self._volume.digest}-{key}")

    def read(self, key: str, start: int = 0, stop: int | None = None) -> bytes | None:
        """Return bytes of an object, half-open; None when absent.

        Raises
        ------
        StorageError, StoreUnavailableError
            The chunk cannot be read.
        """
        body = self._body(key)
        return None if body is None else body[start:stop]

    def _body(self, key: str) -> bytes | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        body = self._make(key)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = body
                self._used += len(body or b"")
            while self._used > self._limit and len(self._kept) > 1:
                _, gone = self._kept.popitem(last=False)
                self._used -= len(gone or b"")
        return body

    def _make(self, key: str) -> bytes | None:
        if key == "zarr.json":
            return _json(self._group())
        path, _, rest = key.partition("/")
        levels = self._volume.levels
        if (
            not (path.isascii() and path.isdigit())
            or int(path) >= len(levels)
            or str(int(path)) != path
        ):
            return None
        level = levels[int(path)]
        if rest == "zarr.json":
            return _json(self._array(level))
        parts = rest.split("/")
        count = len(level.lead) + 3
        if parts[0] != "c" or len(parts) != count + 1:
            return None
        place = [int(p) for p in parts[1:]]
        lead, grid = place[:-3], place[-3:]
        if any(i >= n for i, n in zip(lead, level.lead, strict=True)):
            return None
        channel = int(np.ravel_multi_index(lead, level.lead)) if lead else 0
        return self._chunk(level, grid, channel)

    def _chunk(self, level: Level, grid: list[int], channel: int) -> bytes | None:
        start = [g * c for g, c in zip(grid, level.chunk, strict=True)]
        if any(a >= n for a, n in zip(start, level.shape, strict=True)):
            return None
        stop = [min(a + c, n) for a, c, n in zip(start, level.chunk, level.shape, strict=True)]
        box = Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
        voxels = self._reader.box(level, box, channel)
        if not voxels.any():
            return None  # all fill: an absent chunk says so in fewer bytes
        whole = np.zeros(level.chunk, voxels.dtype.newbyteorder("<"))
        whole[tuple(slice(0, n) for n in voxels.shape)] = voxels
        return bytes(self._codec.encode(whole))

    def _group(self) -> dict[str, Any]:
        volume = self._volume
        ome = multiscale_attributes(
            volume.name,
            volume.multiscale.datasets,
            lead=[a.name for a in volume.multiscale.axes[:-3]],
            labels=volume.kind == "labels",
        )
        own = {
            "version": 1,
            "kind": volume.kind,
            "name": volume.name,
            "space": volume.space,
            "affine": volume.affine.tolist(),
        }
        return {
            "zarr_format": 3,
            "node_type": "group",
            "attributes": {"ome": ome, "atlasview": own},
        }

    def _array(self, level: Level) -> dict[str, Any]:
        ones = [1] * len(level.lead)
        name = self._volume.dtype.name
        return {
            "zarr_format": 3,
            "node_type": "array",
            "shape": [*level.lead, *level.shape],
            "data_type": name,
            "chunk_grid": {
                "name": "regular",
                "configuration": {"chunk_shape": [*ones, *level.chunk]},
            },
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
            "fill_value": False if name == "bool" else 0,
            "codecs": [
                {"name": "bytes", "configuration": {"endian": "little"}},
                {"name": "zstd", "configuration": {"level": _LEVEL, "checksum": False}},
            ],
            "dimension_names": [a.name for a in self._volume.multiscale.axes],
            "attributes": {},
        }


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode()
