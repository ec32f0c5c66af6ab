"""Join voxels of one level into those of the next: the exact mean, or the majority.

Both look at the voxels that exist: at the far edge of an odd extent a block is shorter.

- Mean of whole numbers: rounded half to even from the exact sum, so that no level is darker or
  brighter than the one below. Of floating numbers: summed in double precision, NaN left out; a
  block of NaN only stays NaN.
- Majority: the most frequent label. Among equally frequent ones any region wins over the
  background 0, and then the smallest label, so that a result never depends on the order of work.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from atlasview.geometry import Triple
from atlasview.ingest import packed

#: What OME-Zarr's ``multiscales`` says of how levels were made.
METHODS: dict[str, dict[str, Any]] = {
    "image": {
        "type": "mean",
        "metadata": {
            "description": "Mean of the voxels of the level below, exact, rounded half to even; "
            "NaN left out; at the far edge, of the voxels that exist.",
            "method": "atlasview.ingest.downsample.mean",
        },
    },
    "labels": {
        "type": "mode",
        "metadata": {
            "description": "Most frequent label of the level below; on a tie a region before the "
            "background 0, then the smallest label.",
            "method": "atlasview.ingest.downsample.majority",
        },
    },
}


def downsample(
    voxels: npt.NDArray[Any],
    factors: Triple,
    kind: Literal["image", "labels"],
    out: npt.NDArray[Any] | None = None,
    *,
    compiled: bool = True,
) -> npt.NDArray[Any]:
    """Make the next level of a slab.

    Parameters
    ----------
    voxels : ndarray, shape (z, y, x)
        C order, native byte order.
    factors : tuple of int
        1 or 2 along z, y, x.
    kind : {"image", "labels"}
        Mean or majority.
    out : ndarray, optional
        Where to put it.
    compiled : bool
        Whether the work is worth the loading of a compiler; the result is the same.

    Returns
    -------
    ndarray
        Extents divided by the factors, rounded up.
    """
    shape = tuple(-(-n // f) for n, f in zip(voxels.shape, factors, strict=True))
    if out is None:
        out = np.empty(shape, voxels.dtype)
    if not compiled and kind == "labels":
        packed.majority(voxels, factors, out)
        return out
    # Sums of 64-bit numbers need more bits than numpy has; such images are rare.
    if not compiled and (voxels.dtype.kind == "f" or voxels.dtype.itemsize < 8):
        packed.mean(voxels, factors, out)
        return out
    from atlasview.ingest import kernels

    if kind == "labels":
        kernels.majority(voxels, *factors, out)
    elif voxels.dtype.kind == "f":
        kernels.mean_of_floats(voxels, *factors, out)
    elif voxels.dtype.itemsize < 8:
        kernels.mean_of_integers(voxels, *factors, out)
    else:
        # Seen as unsigned numbers counted from the lowest one: 2⁶³ is even, so that ties round as
        # they would.
        sign = np.uint64(0 if voxels.dtype.kind == "u" else 1 << 63)
        wide = np.empty(shape, np.uint64)
        kernels.mean_of_wide_integers(voxels.view(np.uint64) ^ sign, *factors, wide)
        out[...] = (wide ^ sign).view(out.dtype)
    return out
