"""A cutout as a zipped OME-Zarr 0.5 of one level, which knows where in the world it lies.

Entries are stored as they are, chunks compressed by Zarr's own codec.

References
----------
OME-NGFF 0.5; RFC 9, zipped OME-Zarr; Zarr v3, codecs ``bytes`` and ``zstd``.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import IO, Any, cast

import numpy as np
import numpy.typing as npt
from numcodecs.zstd import Zstd

from atlasview.cutout.blocks import blocks, layers
from atlasview.cutout.planes import BLOCK_BYTES, PIECE_BYTES
from atlasview.cutout.request import Cutout
from atlasview.geometry import Box, Triple
from atlasview.ngff import Dataset, multiscale_attributes
from atlasview.space import voxel_size
from atlasview.volume import read

_SIDE = 64
#: From here on chunks are larger, so that the directory of the archive stays small.
_MANY_BYTES = 16 << 30
_TIME = (1980, 1, 1, 0, 0, 0)
_COMMENT = {"ome": {"version": "0.5", "zipFile": {"centralDirectory": {"jsonFirst": True}}}}


def write_zarr_zip(cutout: Cutout) -> Iterator[bytes]:
    """Give out the archive; the same bytes every time.

    Chunks that hold zeros only are left out: zero is the fill value.

    Raises
    ------
    StorageError, StoreUnavailableError
        Voxels cannot be read.
    """
    sink = _Sink()
    chunk = _chunk(cutout)
    packer = Zstd(level=1)
    with zipfile.ZipFile(cast("IO[bytes]", sink), "w", zipfile.ZIP_STORED) as archive:
        archive.comment = json.dumps(_COMMENT).encode()
        _add(archive, "zarr.json", json.dumps(_group(cutout)).encode())
        _add(archive, "0/zarr.json", json.dumps(_array(cutout, chunk)).encode())
        yield sink.take()
        for number, channel in enumerate(cutout.channels):
            lead = (number,) if cutout.has_channel_axis else ()
            for block in _rows(cutout, chunk):
                voxels = read(cutout.level, block, channel).astype(cutout.dtype, copy=False)
                for place, part in _cells(voxels, block, cutout.box, chunk):
                    if not _is_zero(part):
                        key = "/".join(map(str, ("0", "c", *lead, *place)))
                        _add(archive, key, packer.encode(_padded(part, chunk)))
                    if sink.size >= PIECE_BYTES:
                        yield sink.take()
                yield sink.take()
    yield sink.take()


class _Sink(io.RawIOBase):
    """A file that can be written but not sought; what was written is taken away in pieces."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.size = 0

    def writable(self) -> bool:
        """Say that it can be written."""
        return True

    def write(self, part: Any) -> int:
        """Take in bytes."""
        self._parts.append(bytes(part))
        self.size += len(part)
        return len(part)

    def take(self) -> bytes:
        """Give out what was written since the last time."""
        out = b"".join(self._parts)
        self._parts, self.size = [], 0
        return out


def _add(archive: zipfile.ZipFile, name: str, body: bytes) -> None:
    info = zipfile.ZipInfo(name, _TIME)
    info.external_attr = 0o644 << 16
    archive.writestr(info, body)


def _chunk(cutout: Cutout) -> Triple:
    side = _SIDE if cutout.nbytes < _MANY_BYTES else 2 * _SIDE
    z, y, x = (min(side, n) for n in cutout.box.shape)
    return z, y, x


def _rows(cutout: Cutout, chunk: Triple) -> Iterator[Box]:
    """Cut the box into rows of the chunks that are to be written."""
    box = cutout.box
    for layer in layers(box, chunk[0], box.start[0]):
        yield from blocks(layer, chunk, box.start, BLOCK_BYTES // cutout.dtype.itemsize)


def _cells(
    voxels: npt.NDArray[Any], block: Box, box: Box, chunk: Triple
) -> Iterator[tuple[Triple, npt.NDArray[Any]]]:
    """Cut a block of whole chunks into them: place in the grid of chunks, and voxels."""
    z, y, x = (
        (a - b) // c for a, b, c in zip(block.start, box.start, chunk, strict=True)
    )  # fmt: skip
    _, height, width = voxels.shape
    for j in range(0, height, chunk[1]):
        for i in range(0, width, chunk[2]):
            part = voxels[:, j : j + chunk[1], i : i + chunk[2]]
            yield (z, y + j // chunk[1], x + i // chunk[2]), part


def _is_zero(voxels: npt.NDArray[Any]) -> bool:
    """Tell whether all bytes are zero, which −0.0 is not."""
    return not np.ascontiguousarray(voxels).view(np.uint8).any()


def _padded(voxels: npt.NDArray[Any], chunk: Triple) -> npt.NDArray[Any]:
    """Return a chunk of full size: at the edge of the array Zarr wants it filled up."""
    if voxels.shape == chunk:
        return np.ascontiguousarray(voxels)
    out = np.zeros(chunk, voxels.dtype)
    out[tuple(slice(0, n) for n in voxels.shape)] = voxels
    return out


def _group(cutout: Cutout) -> dict[str, Any]:
    volume, affine = cutout.volume, cutout.affine
    lead_scale, lead_shift = ((1.0,), (0.0,)) if cutout.has_channel_axis else ((), ())
    scale = (*lead_scale, *reversed(voxel_size(affine)))
    shift = (*lead_shift, *reversed(affine[:3, 3].tolist()))
    ome = multiscale_attributes(
        cutout.title,
        [Dataset("0", scale, shift)],
        channels=volume.channels if cutout.has_channel_axis else 0,
        labels=volume.kind == "labels",
    )
    own = {
        "name": cutout.title,
        "kind": volume.kind,
        "space": volume.space,
        "affine": affine.tolist(),
        "licence": str(volume.attributes.get("licence") or ""),
        "citation": str(volume.attributes.get("citation") or ""),
    }
    attributes = {"ome": ome, "atlasview": own}
    return {"zarr_format": 3, "node_type": "group", "attributes": attributes}


def _array(cutout: Cutout, chunk: Triple) -> dict[str, Any]:
    dtype = cutout.dtype
    one = [1] if cutout.has_channel_axis else []
    endian = {"configuration": {"endian": "little"}} if dtype.itemsize > 1 else {}
    fill: float | int | bool = {"b": False, "f": 0.0}.get(dtype.kind, 0)
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(cutout.shape),
        "data_type": dtype.name,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [*one, *chunk]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": fill,
        "codecs": [
            {"name": "bytes", **endian},
            {"name": "zstd", "configuration": {"level": 1, "checksum": False}},
        ],
        "attributes": {},
        "dimension_names": [*(["c"] if cutout.has_channel_axis else []), "z", "y", "x"],
        "storage_transformers": [],
    }
