"""The index of a shard: where in it each chunk lies.

References
----------
Zarr v3, ``sharding_indexed`` codec 1.0.
"""

from __future__ import annotations

import google_crc32c
import numpy as np
import numpy.typing as npt

#: Offset and length of a chunk that is not there.
ABSENT = 2**64 - 1


def parse_index(
    raw: bytes, grid: tuple[int, ...], *, sealed: bool = True, big_endian: bool = False
) -> npt.NDArray[np.uint64]:
    """Read the index of a shard.

    Parameters
    ----------
    raw : bytes
    grid : tuple of int
        Chunks a shard along each axis.
    sealed : bool
        Whether a checksum (crc32c) follows.
    big_endian : bool

    Returns
    -------
    ndarray of uint64, shape (*grid, 2)
        Offset and length of each chunk.

    Raises
    ------
    ValueError
        Its checksum is wrong.
    """
    if sealed:
        raw, seal = raw[:-4], raw[-4:]
        if google_crc32c.value(raw) != int.from_bytes(seal, "little"):
            raise ValueError("the checksum of its index is wrong")
    found = np.frombuffer(raw, ">u8" if big_endian else "<u8")
    return found.astype(np.uint64).reshape(*grid, 2)
