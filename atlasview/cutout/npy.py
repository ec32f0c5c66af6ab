"""A cutout as NumPy's ``.npy``: an array (z, y, x) in C order, with channels (c, z, y, x)."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np

from atlasview.cutout.planes import stream
from atlasview.cutout.request import Cutout


def size_npy(cutout: Cutout) -> int:
    """Return the file's exact size in bytes."""
    return len(_header(cutout)) + cutout.nbytes


def write_npy(cutout: Cutout) -> Iterator[bytes]:
    """Give out the file.

    Raises
    ------
    StorageError, StoreUnavailableError
        Voxels cannot be read.
    """
    yield _header(cutout)
    yield from stream(cutout, cutout.dtype)


def _header(cutout: Cutout) -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        out,
        {
            "descr": np.lib.format.dtype_to_descr(cutout.dtype),
            "fortran_order": False,
            "shape": cutout.shape,
        },
    )
    return out.getvalue()
