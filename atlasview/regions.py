"""From points to label values."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.chunks import ChunkReader
from atlasview.geometry import FloatArray
from atlasview.space import voxel_of
from atlasview.volume import Volume


def labels_at(reader: ChunkReader, volume: Volume, points: FloatArray) -> npt.NDArray[Any]:
    """Look up the label at each point, each chunk read once.

    Parameters
    ----------
    reader : ChunkReader
    volume : Volume
        Of kind labels.
    points : ndarray, shape (n, 3)
        x, y, z in mm.

    Returns
    -------
    ndarray, shape (n,), the volume's dtype
        0 outside the volume.

    Raises
    ------
    StorageError, StoreUnavailableError
        The labels cannot be read.
    """
    level = volume.levels[0]
    index = voxel_of(volume.affine, points)[:, ::-1]
    inside = ((index >= 0) & (index < np.array(level.shape))).all(axis=1)
    out = np.zeros(len(points), volume.dtype)
    if not inside.any():
        return out
    which = np.flatnonzero(inside)
    places = index[which] // np.array(level.chunk)
    keys, inverse = np.unique(places, axis=0, return_inverse=True)
    order = np.argsort(inverse.ravel(), kind="stable")
    edges = np.searchsorted(inverse.ravel()[order], np.arange(len(keys) + 1))
    step = 64  # chunks held at once
    for first in range(0, len(keys), step):
        group = keys[first : first + step]
        chunks = reader.chunks(level, [(int(z), int(y), int(x)) for z, y, x in group.tolist()])
        for k, chunk in enumerate(chunks, first):
            mine = which[order[edges[k] : edges[k + 1]]]
            z, y, x = (index[mine] - keys[k] * np.array(level.chunk)).T
            out[mine] = chunk.voxels[z, y, x]
    return out
