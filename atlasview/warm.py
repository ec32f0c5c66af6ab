"""Compile the inner loops of any-plane sampling ahead of their first use.

Run as ``python -m atlasview.warm``: what is compiled is kept on disk, so that a server which has
this done beside it answers its first oblique picture at once.
"""

from __future__ import annotations

import numpy as np

from atlasview import gather

#: Voxel types that brains come in.
DTYPES = ("uint8", "uint16", "int16", "uint32", "float32")


def warm(dtypes: tuple[str, ...] = DTYPES) -> None:
    """Compile for some voxel types, or load what was compiled before."""
    first, right, down = np.zeros(3), np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0])
    shape, chunk, low = np.full(3, 2, np.int64), np.full(3, 2, np.int64), np.zeros(3, np.int64)
    touched = np.zeros((1, 1, 1), np.bool_)
    gather.mark(first, right, down, (2, 2), shape, chunk, low, True, touched)
    slots, address = np.zeros((1, 1, 1), np.int64), np.zeros(1, np.int64)
    extents, inside = np.full((1, 3), 2, np.int64), np.zeros((2, 2), np.bool_)
    for name in dtypes:
        value = np.zeros(1, name)
        wide = np.float64 if value.itemsize >= 4 else np.float32
        common = (first, right, down, shape, chunk, low, slots, address, value, extents)
        gather.linear(*common, value.dtype.kind == "f", np.zeros((2, 2), wide), inside)
        gather.nearest(*common, np.zeros((2, 2), name), inside)


if __name__ == "__main__":
    warm()
