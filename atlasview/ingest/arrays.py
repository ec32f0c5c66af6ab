"""Bare arrays: numpy's ``.npy``, and raw voxels whose shape an option tells."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from atlasview.errors import InvalidParameterError, SourceError
from atlasview.ingest.causes import short
from atlasview.ingest.placement import MissingOptionError
from atlasview.ingest.rawbytes import PlainVoxels, RawSource
from atlasview.ingest.source import Header


def open_npy(path: Path) -> RawSource:
    """Open a ``.npy`` file: (z, y, x), (c, z, y, x), or (z, y, x, c) with three or four colours.

    An array in Fortran order is taken as (x, y, z).

    Raises
    ------
    SourceError
        It is not one, or holds what cannot be shown.
    """
    try:
        with path.open("rb") as file:
            version = np.lib.format.read_magic(file)
            read = (
                np.lib.format.read_array_header_1_0
                if version == (1, 0)
                else np.lib.format.read_array_header_2_0
            )
            shape, fortran, dtype = read(file)
            offset = file.tell()
    except Exception as exc:  # the header is Python, and fails in many ways
        raise SourceError(path, f"it cannot be read as a numpy array ({short(exc)})") from exc
    extents = [int(n) for n in (reversed(shape) if fortran else shape)]
    return _source(path, "numpy", offset, extents, dtype)


def open_raw(path: Path, shape: Sequence[int] | None, dtype: str | None) -> RawSource:
    """Open a file of bare voxels, x fastest.

    Parameters
    ----------
    path : Path
    shape : sequence of int, optional
        Extents x, y, z (and channels, slowest).
    dtype : str, optional
        Such as ``uint8``, ``<u2`` or ``>f4``.

    Raises
    ------
    MissingOptionError
        An option is missing.
    SourceError
        The file is not of the length that the options say.
    """
    if shape is None and dtype is None:
        raise MissingOptionError(
            path,
            "--shape and --dtype",
            "how many voxels it has and of which type they are",
            "--shape 1024,1024,512 --dtype uint8",
        )
    if shape is None:
        raise MissingOptionError(path, "--shape", "how many voxels it has", "1024,1024,512")
    if dtype is None:
        raise MissingOptionError(path, "--dtype", "of which type its voxels are", "uint8")
    if not 3 <= len(shape) <= 4 or any(n < 1 for n in shape):
        raise InvalidParameterError("--shape", shape, "it takes x,y,z or x,y,z,channels, above 0")
    try:
        found = np.dtype(dtype)
    except TypeError as exc:
        raise InvalidParameterError(
            "--dtype", dtype, "it takes a type of number such as uint8, uint16, float32, >i2"
        ) from exc
    promised = int(np.prod([int(n) for n in shape], dtype=object)) * found.itemsize
    if path.stat().st_size != promised:
        raise SourceError(
            path,
            f"it has {path.stat().st_size:,} bytes, where --shape and --dtype make {promised:,}; "
            "check both",
        )
    return _source(path, "raw", 0, [int(n) for n in reversed(shape)], found)


def _source(
    path: Path, name: str, offset: int, extents: list[int], dtype: np.dtype[Any]
) -> RawSource:
    """Open voxels from an offset; extents slowest first."""
    if dtype.kind not in "uifb" or dtype.itemsize > 8 or dtype.hasobject:
        raise SourceError(path, f"its voxels are of type {dtype}; save it as numbers")
    if any(n < 1 for n in extents):
        raise SourceError(path, f"it holds no voxels: its shape is {tuple(extents)}")
    interleaved = len(extents) == 4 and extents[-1] in (3, 4)
    if len(extents) == 4:
        channels = extents.pop(-1 if interleaved else 0)
    elif 2 <= len(extents) <= 3:
        channels = 0
    else:
        raise SourceError(
            path,
            f"it has {len(extents)} dimensions; three of space and one of channels can be taken in",
        )
    k, j, i = [1, *extents][-3:]
    header = Header(
        format=name,
        shape=(k, j, i),
        channels=channels,
        dtype=dtype,
        affine=None,
        interleaved=interleaved,
    )
    voxels = PlainVoxels(path, offset, (k, j, i), max(channels, 1), dtype, interleaved=interleaved)
    return RawSource(header, (path,), voxels)
