"""How many channels a file holds, from its extents and the type of its voxels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from atlasview.errors import SourceError


def split_dimensions(
    path: Path, dims: list[int], dtype: np.dtype[Any]
) -> tuple[int, bool, np.dtype[Any]]:
    """Return how many channels there are (0: no axis), whether interleaved, and their type.

    Parameters
    ----------
    path : Path
        Named in errors.
    dims : list of int
        Fastest axis first.
    dtype : numpy.dtype
        With fields, for colours.

    Raises
    ------
    SourceError
        There are no voxels, more than four dimensions, or numbers that are none.
    """
    if not dims or any(n < 1 for n in dims):
        raise SourceError(path, f"it holds no voxels: its shape is {tuple(dims)}")
    more = [n for n in dims[4:] if n != 1]
    if more:
        raise SourceError(
            path,
            f"it has {len(dims)} dimensions, {tuple(dims)}; save one volume, or a series of "
            "volumes along the fourth dimension, as a file of its own",
        )
    series = dims[3] if len(dims) > 3 else 1
    if dtype.names is not None:
        if series > 1:
            raise SourceError(path, "it is a series of colour volumes; save one volume of it")
        return len(dtype.names), True, np.dtype(dtype[0])
    if dtype.kind not in "uifb" or dtype.itemsize > 8:
        raise SourceError(
            path, f"its voxels are of type {dtype.name}; save it as whole or real numbers"
        )
    return (series if series > 1 else 0), False, dtype
