"""Any volume in the words of Neuroglancer's precomputed format: info and chunks.

The format counts in whole voxels from the corner of voxel 0, axes x, y, z, in RAS order here, and
knows neither a place in millimetres nor a rotation. So ``voxel_offset`` is 0 at every level, and
info carries one field more, ``atlasview``: ``affine`` (voxel centre → mm) there and at every scale,
and ``transform``, what Neuroglancer takes as the ``transform`` of a source so that positions are in
millimetres.

References
----------
Neuroglancer, ``src/datasource/precomputed/volume.rst``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import compressed_segmentation
import numpy as np
import numpy.typing as npt
import simplejpeg

from atlasview.chunks import ChunkReader
from atlasview.errors import InvalidParameterError
from atlasview.geometry import Box, Triple
from atlasview.volume import Level, Volume

#: Bytes of a decoded chunk; larger stored ones are served in halves, quarters, …
CHUNK_BYTES = 8 << 20
JPEG_QUALITY = 85
_JPEG_SIDE = 65_000
_BLOCK = (8, 8, 8)
_ADDRESS = re.compile(r"(\d{1,18})-\d{1,18}_(\d{1,18})-\d{1,18}_(\d{1,18})-\d{1,18}", re.ASCII)
#: dtype → how the format says it, every value kept; integers of 64 bits have a sign for labels only
#: by mistake.
_IMAGE_TYPES = {"bool": "uint8", "float16": "float32"}
_LABEL_TYPES = {"int64": "uint64"}
_KNOWN = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "float32")


@dataclass(frozen=True, eq=False, slots=True)
class Face:
    """A volume as the format sees it.

    Parameters
    ----------
    volume : Volume
    dtype : numpy.dtype
        As sent, little-endian.
    encoding : {"raw", "compressed_segmentation", "jpeg"}
    chunks : tuple of tuple of int
        Extent z, y, x of a chunk, for each level.
    side : tuple of Volume and int, optional
        Voxels are 0 where this volume, on the same grid, does not hold this value.
    """

    volume: Volume
    dtype: np.dtype[Any]
    encoding: str
    chunks: tuple[Triple, ...]
    side: tuple[Volume, int] | None = None


def make_face(
    volume: Volume, *, lossy: bool = False, side: tuple[Volume, int] | None = None
) -> Face:
    """See a volume as precomputed: raw, labels of 32 and 64 bits as compressed_segmentation.

    Parameters
    ----------
    volume : Volume
    lossy : bool
        As JPEG instead; for images of 8 bits with one channel or three.
    side : tuple of Volume and int, optional
        Keep to the voxels for which this volume holds this value: one hemisphere.

    Raises
    ------
    InvalidParameterError
        The format has no words for such voxels, or JPEG would blur what must be exact.
    """
    labels, name = volume.kind == "labels", volume.dtype.name
    known = (_LABEL_TYPES if labels else _IMAGE_TYPES).get(name, name)
    if known not in _KNOWN:
        raise InvalidParameterError(
            "dtype",
            name,
            f"its voxels are {name}, which the precomputed format does not know; read it as Zarr",
        )
    encoding = "compressed_segmentation" if labels and known in ("uint32", "uint64") else "raw"
    if lossy:
        if labels or name != "uint8" or volume.channels not in (1, 3):
            what = "labels" if labels else f"{name} with {volume.channels} channels"
            raise InvalidParameterError(
                "volume",
                volume.name,
                f"it is {what}; as JPEG there are images of uint8 with 1 or 3 channels only",
            )
        encoding = "jpeg"
    dtype = np.dtype(known).newbyteorder("<")
    voxel = dtype.itemsize * volume.channels
    chunks = tuple(_chunk(level, voxel, lossy) for level in volume.levels)
    return Face(volume, dtype, encoding, chunks, side)


def make_info(
    face: Face, *, segment_properties: str | None = None, mesh: str | None = None
) -> dict[str, Any]:
    """Return what the format calls info.

    Parameters
    ----------
    face : Face
    segment_properties : str, optional
        Folder of the segment properties, relative to info.
    mesh : str, optional
        Folder of the surfaces of segments.
    """
    volume = face.volume
    labels = volume.kind == "labels"
    more: dict[str, Any] = {}
    if face.encoding == "compressed_segmentation":
        more["compressed_segmentation_block_size"] = list(_BLOCK)
    if face.encoding == "jpeg":
        more["jpeg_quality"] = JPEG_QUALITY
    info: dict[str, Any] = {
        "@type": "neuroglancer_multiscale_volume",
        "type": "segmentation" if labels else "image",
        "data_type": face.dtype.name,
        "num_channels": volume.channels,
        "scales": [
            {
                "key": str(level.index),
                "size": [*reversed(level.shape)],
                "resolution": [_nanometres(mm) for mm in level.voxel_size_mm],
                "voxel_offset": [0, 0, 0],
                "chunk_sizes": [[*reversed(chunk)]],
                "encoding": face.encoding,
                **more,
                "atlasview": {"affine": level.affine.tolist()},
            }
            for level, chunk in zip(volume.levels, face.chunks, strict=True)
        ],
        "atlasview": {
            "space": volume.space,
            "world": "RAS+, millimetres",
            "affine": volume.affine.tolist(),
            "transform": precomputed_transform(volume),
        },
    }
    if segment_properties is not None:
        info["segment_properties"] = segment_properties
    if mesh is not None:
        info["mesh"] = mesh
    return info


def parse_chunk(face: Face, level: Level, address: str) -> Triple | None:
    """Return the place (z, y, x) of a chunk in the grid of chunks; None unless there is one.

    Parameters
    ----------
    face : Face
    level : Level
    address : str
        ``x0-x1_y0-y1_z0-z1``, exactly as the format writes it.
    """
    match = _ADDRESS.fullmatch(address)
    if match is None:
        return None
    x, y, z = (int(n) for n in match.groups())
    chunk = face.chunks[level.index]
    place = (z // chunk[0], y // chunk[1], x // chunk[2])
    if not all(k * c < n for k, c, n in zip(place, chunk, level.shape, strict=True)):
        return None
    return place if address == chunk_address(_box(level, chunk, place)) else None


def chunk_address(box: Box) -> str:
    """Return the address of the chunk with these voxels (z, y, x)."""
    return "_".join(
        f"{a}-{b}" for a, b in zip(reversed(box.start), reversed(box.stop), strict=True)
    )


def read_chunk(
    face: Face, reader: ChunkReader, level: Level, place: Triple
) -> tuple[npt.NDArray[Any], bool]:
    """Read one chunk of all channels.

    Returns
    -------
    voxels : ndarray, shape (c, z, y, x)
        In C order, of the face's dtype, cut at the edge of the level.
    constant : bool
        Whether it is known that all voxels are equal.

    Raises
    ------
    StorageError, StoreUnavailableError
        Voxels cannot be read.
    """
    chunk = face.chunks[level.index]
    count = range(face.volume.channels)
    constant = False
    if _cell(level) == tuple(min(c, n) for c, n in zip(chunk, level.shape, strict=True)):
        found = [reader.chunks(level, [place], channel)[0] for channel in count]
        constant = len(found) == 1 and found[0].constant
        parts = [c.voxels for c in found]
    else:
        box = _box(level, chunk, place)
        parts = [reader.box(level, box, channel) for channel in count]
    voxels = parts[0][np.newaxis] if len(parts) == 1 else np.stack(parts)
    if face.side is not None:
        sides, value = face.side
        here = reader.box(sides.levels[level.index], _box(level, chunk, place)) == value
        voxels, constant = np.where(here, voxels, voxels.dtype.type(0)), False
    return voxels.astype(face.dtype, copy=False), constant


def encode_chunk(face: Face, voxels: npt.NDArray[Any]) -> bytes | memoryview:
    """Encode a chunk (c, z, y, x) as the face's encoding wants it; raw voxels without a copy."""
    if face.encoding == "raw":
        return np.ascontiguousarray(voxels).reshape(-1).view(np.uint8).data
    # What the cache keeps cannot be written, which the library asks for though it does not write.
    whole = np.require(voxels, requirements=["C", "W"])
    if face.encoding == "compressed_segmentation":
        # axes x, y, z, c in the order that the library calls Fortran's: the same memory
        return bytes(compressed_segmentation.compress(whole.T, block_size=_BLOCK, order="F"))
    channels, depth, height, width = whole.shape
    flat = np.ascontiguousarray(whole.reshape(channels, depth * height, width).transpose(1, 2, 0))
    if channels == 1:
        return bytes(simplejpeg.encode_jpeg(flat, quality=JPEG_QUALITY, colorspace="GRAY"))
    return bytes(
        simplejpeg.encode_jpeg(flat, quality=JPEG_QUALITY, colorspace="RGB", colorsubsampling="444")
    )


def _cell(level: Level) -> Triple:
    z, y, x = (min(c, n) for c, n in zip(level.chunk, level.shape, strict=True))
    return z, y, x


def _chunk(level: Level, voxel_bytes: int, lossy: bool) -> Triple:
    """Return the stored chunk, halved until it is of a size fit for sending."""
    z, y, x = level.chunk
    cell = list(_cell(level))
    while int(np.prod(cell)) * voxel_bytes > CHUNK_BYTES or (
        lossy and (cell[2] > _JPEG_SIDE or cell[0] * cell[1] > _JPEG_SIDE)
    ):
        # A JPEG is as wide as x and as high as y times z.
        high = lossy and cell[2] <= _JPEG_SIDE and cell[0] * cell[1] > _JPEG_SIDE
        longest = max(range(2 if high else 3), key=lambda k: cell[k])
        cell[longest] = -(-cell[longest] // 2)
    if tuple(cell) == _cell(level):
        return z, y, x
    return cell[0], cell[1], cell[2]


def _box(level: Level, chunk: Triple, place: Triple) -> Box:
    start = tuple(k * c for k, c in zip(place, chunk, strict=True))
    stop = tuple(min(a + c, n) for a, c, n in zip(start, chunk, level.shape, strict=True))
    return Box(start, stop)  # type: ignore[arg-type]


def _nanometres(millimetres: float) -> float | int:
    """Return a length as people write it: 20000, not 20000.000000000004."""
    value = float(f"{millimetres * 1e6:.12g}")
    return int(value) if value.is_integer() else value


def precomputed_transform(volume: Volume) -> dict[str, Any]:
    """Return where voxels lie in mm, as the ``transform`` of a source in Neuroglancer.

    Positions there count from a voxel's corner. The offset is in mm, but the linear part is a pure
    ratio, since Neuroglancer knows the units of both sides itself.
    """
    linear = volume.affine[:3, :3]
    offset = volume.affine[:3, 3] - linear @ np.full(3, 0.5)
    ratio = linear / np.array(volume.levels[0].voxel_size_mm)
    matrix = np.concatenate([ratio, offset[:, None]], axis=1)
    dimensions: dict[str, list[Any]] = {name: [1e-3, "m"] for name in "xyz"}
    if volume.channels > 1:
        dimensions["c^"] = [1, ""]
        matrix = np.insert(np.insert(matrix, 3, 0.0, axis=1), 3, [0, 0, 0, 1, 0], axis=0)
    return {"outputDimensions": dimensions, "matrix": matrix.tolist()}
