"""MetaImage: ``.mha`` in one file, ``.mhd`` with its voxels in another.

References
----------
itk.org/Wiki/MetaIO/Documentation. ITK, which writes nearly all of these files, means LPS+ by their
coordinates, and stores the directions of the axes as the rows of ``TransformMatrix``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from atlasview.errors import SourceError
from atlasview.geometry import FloatArray
from atlasview.ingest.datafile import data_beside
from atlasview.ingest.gzipped import GzipVoxels
from atlasview.ingest.rawbytes import PlainVoxels, RawSource
from atlasview.ingest.source import Header

TYPES = {
    "MET_CHAR": "i1",
    "MET_UCHAR": "u1",
    "MET_SHORT": "i2",
    "MET_USHORT": "u2",
    "MET_INT": "i4",
    "MET_UINT": "u4",
    "MET_LONG": "i4",
    "MET_ULONG": "u4",
    "MET_LONG_LONG": "i8",
    "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}
_HEADER_LIMIT = 1 << 16


def open_metaimage(path: Path) -> RawSource:
    """Open a MetaImage.

    Raises
    ------
    SourceError
        It is not one, is damaged, or is written in a way that cannot be read.
    """
    fields, end = _read_fields(path)
    try:
        dims = [int(n) for n in fields["DimSize"].split()]
        channels = int(fields.get("ElementNumberOfChannels", "1"))
        kind = TYPES[fields["ElementType"]]
        affine = _affine(fields, len(dims))
    except (KeyError, ValueError) as exc:
        raise SourceError(path, f"its header lacks or garbles {exc}") from exc
    if len(dims) == 4 and channels == 1:
        channels, interleaved = dims[3], False
    elif 2 <= len(dims) <= 3:
        interleaved = channels > 1
    else:
        raise SourceError(
            path, f"it has {len(dims)} dimensions; three of space and one more can be taken in"
        )
    if any(n < 1 for n in dims) or channels < 1:
        raise SourceError(path, f"it holds no voxels: its DimSize is {dims}")
    big = _true(fields, "BinaryDataByteOrderMSB") or _true(fields, "ElementByteOrderMSB")
    dtype = np.dtype((">" if big else "<") + kind)
    if not _true(fields, "BinaryData", default=True):
        raise SourceError(path, "its voxels are written as text; save it as binary")
    k, j, i = [*dims, 1][:3][::-1]
    data, start = _data_file(path, fields, end)
    packed = _true(fields, "CompressedData")
    voxels: GzipVoxels | PlainVoxels
    if packed:
        voxels = GzipVoxels(
            data, 0, (k, j, i), channels, dtype,
            interleaved=interleaved, start=start, zlib_stream=True,
        )  # fmt: skip
    else:
        skip = int(fields.get("HeaderSize", "0"))
        if skip == -1:
            skip = data.stat().st_size - k * j * i * channels * dtype.itemsize
        voxels = PlainVoxels(
            data, start + max(skip, 0), (k, j, i), channels, dtype, interleaved=interleaved
        )
    header = Header(
        format="MetaImage",
        shape=(k, j, i),
        channels=channels if channels > 1 else 0,
        dtype=dtype,
        affine=None if affine is None else np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine,
        affine_from="TransformMatrix",
        file_affine=affine,
        voxel_size=_spacing(fields),
        interleaved=interleaved,
        sequential=packed,
    )
    return RawSource(header, (path,) if data == path else (path, data), voxels)


def _read_fields(path: Path) -> tuple[dict[str, str], int]:
    """Return the header's fields, and where it ends: after the line ``ElementDataFile``."""
    fields: dict[str, str] = {}
    with path.open("rb") as file:
        while file.tell() < _HEADER_LIMIT:
            line = file.readline(4096)
            key, equals, value = line.decode("latin-1").partition("=")
            if not equals:
                break
            fields[key.strip()] = value.strip()
            if key.strip() == "ElementDataFile":
                return fields, file.tell()
    raise SourceError(path, "it is not a MetaImage: its header has no ElementDataFile")


def _true(fields: dict[str, str], key: str, *, default: bool = False) -> bool:
    return fields.get(key, str(default)).strip().lower() in ("true", "1")


def _spacing(fields: dict[str, str]) -> tuple[float, float, float] | None:
    said = fields.get("ElementSpacing") or fields.get("ElementSize")
    if said is None:
        return None
    i, j, k = [*(float(v) for v in said.split()), 1.0, 1.0][:3]
    return i, j, k


def _affine(fields: dict[str, str], ndim: int) -> FloatArray | None:
    """Return the affine in the file's own world, LPS+, where it says how the axes lie."""
    matrix = fields.get("TransformMatrix") or fields.get("Rotation") or fields.get("Orientation")
    spacing = _spacing(fields)
    if matrix is None or spacing is None or ndim < 3:
        return None
    rows = np.array([float(v) for v in matrix.split()]).reshape(ndim, ndim)[:3, :3]
    origin = fields.get("Offset") or fields.get("Position") or fields.get("Origin")
    affine = np.eye(4)
    affine[:3, :3] = rows.T * np.array(spacing)
    if origin is not None:
        affine[:3, 3] = [float(v) for v in origin.split()][:3]
    return affine


def _data_file(path: Path, fields: dict[str, str], end: int) -> tuple[Path, int]:
    said = fields["ElementDataFile"]
    if said.upper() == "LOCAL":
        return path, end
    return data_beside(path, said), 0
