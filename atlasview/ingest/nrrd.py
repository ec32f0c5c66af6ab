"""NRRD, with its voxels behind the header or in files of their own (NHDR).

References
----------
teem.sourceforge.net/nrrd/format.html: ``space``, ``space directions``, ``kinds``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from atlasview.errors import SourceError
from atlasview.geometry import FloatArray
from atlasview.ingest.causes import short
from atlasview.ingest.datafile import data_beside
from atlasview.ingest.gzipped import GzipVoxels
from atlasview.ingest.rawbytes import PlainVoxels, RawSource
from atlasview.ingest.source import Header
from atlasview.ngff import MILLIMETRES

#: Signs that turn a named space into RAS+.
SPACES = {
    "right-anterior-superior": (1, 1, 1),
    "ras": (1, 1, 1),
    "left-anterior-superior": (-1, 1, 1),
    "las": (-1, 1, 1),
    "left-posterior-superior": (-1, -1, 1),
    "lps": (-1, -1, 1),
}
#: Names of types → numpy's, for those with several spellings each.
TYPES = {
    "i1": ("signed char", "int8", "int8_t"),
    "u1": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "i2": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "i4": ("int", "signed int", "int32", "int32_t"),
    "u4": ("uint", "unsigned int", "uint32", "uint32_t"),
    "i8": ("longlong", "long long", "long long int", "signed long long",
           "signed long long int", "int64", "int64_t"),
    "u8": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
    "f4": ("float",),
    "f8": ("double",),
}  # fmt: skip


def open_nrrd(path: Path) -> RawSource:
    """Open an NRRD file or an NHDR header.

    Raises
    ------
    SourceError
        It is not one, is damaged, or is written in a way that cannot be read in parts.
    """
    import nrrd

    try:
        with path.open("rb") as file:
            header: dict[str, Any] = nrrd.read_header(file)
            end = file.tell()
        sizes = [int(n) for n in header["sizes"]]
        dtype = _dtype(header)
    except (nrrd.NRRDError, ValueError, KeyError, UnicodeDecodeError) as exc:
        raise SourceError(path, f"it cannot be read as NRRD ({short(exc)})") from exc
    if any(n < 1 for n in sizes):
        raise SourceError(path, f"it holds no voxels: its sizes are {sizes}")
    axis = _channel_axis(path, header, sizes)
    space_sizes = [n for a, n in enumerate(sizes) if a != axis]
    channels = 0 if axis is None else sizes[axis]
    interleaved = axis == 0
    k, j, i = [*space_sizes, 1, 1][:3][::-1]
    data, start = _data_file(path, header, end)
    encoding = str(header.get("encoding", "")).lower()
    packed = encoding in ("gzip", "gz")
    if not packed and encoding != "raw":
        raise SourceError(path, f"its encoding is {encoding!r}; save it as raw or gzip")
    count = max(channels, 1)
    skip = int(header.get("byte skip", header.get("byteskip", 0)) or 0)
    if int(header.get("line skip", header.get("lineskip", 0)) or 0):
        raise SourceError(path, "it has a line skip; save it without")
    voxels: GzipVoxels | PlainVoxels
    if packed:
        voxels = GzipVoxels(
            data, max(skip, 0), (k, j, i), count, dtype, interleaved=interleaved, start=start
        )
    else:
        if skip == -1:  # the voxels are the end of the file
            start = data.stat().st_size - k * j * i * count * dtype.itemsize
            skip = 0
        voxels = PlainVoxels(data, start + skip, (k, j, i), count, dtype, interleaved=interleaved)
    file_affine, millimetres, unit = _affine(header, axis)
    signs = SPACES.get(str(header.get("space", "")).lower().removesuffix("-time"))
    affine = None
    if file_affine is not None and signs is not None:
        affine = np.diag([*(s * millimetres for s in signs), 1.0]) @ file_affine
    found = Header(
        format="NRRD",
        shape=(k, j, i),
        channels=channels,
        dtype=dtype,
        affine=affine,
        affine_from="space directions",
        file_affine=file_affine,
        units=unit,
        voxel_size=_voxel_size(header, axis, file_affine, millimetres),
        interleaved=interleaved,
        sequential=packed,
        said={"space": str(header.get("space", ""))},
    )
    return RawSource(found, (path,) if data == path else (path, data), voxels)


def _dtype(header: dict[str, Any]) -> np.dtype[Any]:
    name = str(header["type"]).lower()
    for kind, names in TYPES.items():
        if name in names:
            return np.dtype((">" if header.get("endian") == "big" else "<") + kind)
    raise ValueError(f"its type is {name}; save it as whole or real numbers")


def _channel_axis(path: Path, header: dict[str, Any], sizes: list[int]) -> int | None:
    """Return the axis that is not of space, if there is one."""
    kinds = [str(kind).lower() for kind in header.get("kinds", [])]
    directions = header.get("space directions")
    other = []
    for a in range(len(sizes)):
        lies = directions is None or bool(np.isfinite(np.asarray(directions[a], float)).all())
        spatial = kinds[a] in ("domain", "space", "???", "none") if a < len(kinds) else True
        if not (lies and spatial):
            other.append(a)
    if not other and len(sizes) == 4:
        other = [3]
    if len(sizes) - len(other) > 3 or len(other) > 1:
        raise SourceError(
            path, f"it has {len(sizes)} dimensions; three of space and one more can be taken in"
        )
    if other and other[0] not in (0, len(sizes) - 1):
        raise SourceError(path, "its channels are neither the first nor the last axis; permute it")
    return other[0] if other else None


def _data_file(path: Path, header: dict[str, Any], end: int) -> tuple[Path, int]:
    said = header.get("data file", header.get("datafile"))
    if said is None:
        return path, end
    return data_beside(path, str(said)), 0


def _affine(header: dict[str, Any], axis: int | None) -> tuple[FloatArray | None, float, str]:
    units = header.get("space units") or ["mm"]
    unit = str(units[0]).strip('"') or "mm"
    millimetres = MILLIMETRES.get(unit, 1.0)
    directions = header.get("space directions")
    if directions is None:
        return None, millimetres, unit
    rows = [np.asarray(row, float) for a, row in enumerate(directions) if a != axis]
    if len(rows) != 3 or any(row.shape != (3,) for row in rows):
        return None, millimetres, unit
    affine = np.eye(4)
    affine[:3, :3] = np.stack(rows, axis=1)
    origin = np.asarray(header.get("space origin", (0, 0, 0)), float)
    affine[:3, 3] = np.where(np.isfinite(origin), origin, 0)
    return affine, millimetres, unit


def _voxel_size(
    header: dict[str, Any], axis: int | None, affine: FloatArray | None, millimetres: float
) -> tuple[float, float, float] | None:
    if affine is not None:
        i, j, k = (np.linalg.norm(affine[:3, :3], axis=0) * millimetres).tolist()
        return i, j, k
    spacings = [float(v) for a, v in enumerate(header.get("spacings", ())) if a != axis]
    if len(spacings) != 3 or not all(np.isfinite(v) and v > 0 for v in spacings):
        return None
    i, j, k = spacings
    return i, j, k
