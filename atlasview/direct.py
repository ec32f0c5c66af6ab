"""Chunks of our own kind of volume, decoded without an array engine between.

A tile decodes sixteen chunks or more. Where they lie in shards on this machine, in RAS order,
packed by zstd alone (as ingest writes them), cutting them out and unpacking them here costs a third
less than asking TensorStore; every other volume is read by TensorStore.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import google_crc32c
import numpy as np
import numpy.typing as npt
from numcodecs.zstd import Zstd

from atlasview.chunks import Decode
from atlasview.errors import StorageError
from atlasview.geometry import Triple
from atlasview.objects import FolderObjects
from atlasview.opening import STORED_RAS
from atlasview.shards import Unsharded
from atlasview.volume import Level, Volume

_FACTORY = Zstd()


def direct_decoders(volume: Volume, chunks: Unsharded) -> dict[int, Decode]:
    """Return, by level, what decodes one chunk; empty where TensorStore must.

    Parameters
    ----------
    volume : Volume
    chunks : Unsharded
        Its stored objects.

    Raises
    ------
    StorageError
        The metadata of an array cannot be read.
    """
    if (
        volume.format != "ome-zarr"
        or volume.zarr_format != 3
        or volume.orientation != STORED_RAS
        or not isinstance(chunks.objects, FolderObjects)
        or [a.type == "space" for a in volume.multiscale.axes][-3:] != [True] * 3
    ):
        return {}
    found: dict[int, Decode] = {}
    for level in volume.levels:
        sharding = chunks.sharding(level.path)
        if sharding is None or sharding.chunk != (*[1] * len(level.lead), *level.chunk):
            continue
        packing = _packing(sharding.document)
        if packing is not None:
            found[level.index] = _decoder(level, chunks, *packing)
    return found


def _packing(document: Mapping[str, Any]) -> tuple[bool, Any] | None:
    """Return whether chunks carry a checksum, and the fill value; None if packed another way."""
    codecs = [c.get("name") for c in document["codecs"]]
    checked = codecs[-1:] == ["crc32c"]
    if codecs[: len(codecs) - checked] != ["bytes", "zstd"]:
        return None
    endian = document["codecs"][0].get("configuration", {}).get("endian", "little")
    fill = document.get("fill_value")
    if endian != "little" or not isinstance(fill, bool | int | float):
        return None
    return checked, fill


def _decoder(level: Level, chunks: Unsharded, checked: bool, fill: Any) -> Decode:
    dtype = level.array.dtype.numpy_dtype.newbyteorder("<")
    empty = np.broadcast_to(np.array(fill, dtype), level.chunk)

    def decode(place: Triple, channel: int) -> npt.NDArray[Any]:
        where = np.unravel_index(channel, level.lead) if level.lead else ()
        key = "/".join(["c", *(str(int(i)) for i in where), *map(str, place)])
        cut = tuple(
            slice(0, min(c, n - k * c))
            for k, c, n in zip(place, level.chunk, level.shape, strict=True)
        )
        piece = chunks.locate(level.path, key)
        body = None if piece is None else chunks.objects.read(piece.key, piece.start, piece.stop)
        if body is None:
            return empty[cut]
        if checked:
            body, seal = body[:-4], int.from_bytes(body[-4:], "little")
            if google_crc32c.value(body) != seal:
                raise StorageError(f"{level.location}/{key}", "its checksum is wrong")
        voxels = np.empty(level.chunk, dtype)
        try:
            _FACTORY.decode(body, voxels)
        except (RuntimeError, ValueError) as exc:
            raise StorageError(f"{level.location}/{key}", "it cannot be unpacked") from exc
        return np.ascontiguousarray(voxels[cut])

    return decode
