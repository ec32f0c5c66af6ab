"""The outer surface of an image: what a template's brain looks like from outside.

Made from the finest level that is small enough, so that neither memory nor time grow with the
volume. Outside is what the faces of the volume hold, be it black as in an MRI or white as in a
stained section; of what is inside, only the largest piece counts, without the hollows in it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.geometry import Box
from atlasview.meshes import Mesh, chain, simpler, surface
from atlasview.meshfiles import Multilod, multilod
from atlasview.regionmesh import BOX_VOXELS, RESOLUTIONS, TRIANGLES
from atlasview.volume import Level, Volume, read

#: The one segment under which the surface is found.
SEGMENT = 1
#: A coarsest level of more voxels is not meshed.
_MOST_VOXELS = 1 << 26
#: Surfaces kept of one volume, at as many thresholds.
_KEPT = 4
#: What has fewer triangles is not made simpler.
_FEW = 800


def shell_level(volume: Volume) -> Level | None:
    """Return the level that the surface is made from; None where all are too large."""
    for level in volume.levels:
        if np.prod(level.shape, dtype=np.int64) <= BOX_VOXELS:
            return level
    last = volume.levels[-1]
    return last if np.prod(last.shape, dtype=np.int64) <= _MOST_VOXELS else None


def outer_threshold(voxels: npt.NDArray[Any]) -> float | None:
    """Return the grey value that parts brain from background after Otsu; None if all are equal."""
    from skimage.filters import threshold_otsu

    finite = voxels[np.isfinite(voxels)]
    if not finite.size or finite.min() == finite.max():
        return None
    return float(threshold_otsu(finite))  # type: ignore[no-untyped-call]


def outer_mask(voxels: npt.NDArray[Any], threshold: float) -> npt.NDArray[np.bool_]:
    """Return which voxels lie within the outer surface.

    Parameters
    ----------
    voxels : ndarray, shape (z, y, x)
        What is not finite is background.
    threshold : float
        Parts inside from outside; the faces of the array are outside.
    """
    from scipy import ndimage

    above = voxels > threshold
    rims = [np.take(above, (0, -1), axis).ravel() for axis in range(3)]
    inside = ~above if np.concatenate(rims).mean() > 0.5 else above
    inside &= np.isfinite(voxels)
    pieces, count = ndimage.label(inside)
    if count > 1:
        inside = pieces == np.bincount(pieces.ravel())[1:].argmax() + 1
    return np.asarray(ndimage.binary_fill_holes(inside), np.bool_)


def outer_surface(volume: Volume, threshold: float | None = None) -> tuple[Mesh, float] | None:
    """Make the outer surface of an image.

    Parameters
    ----------
    volume : Volume
        Its first channel counts.
    threshold : float, optional
        Grey value that parts inside from outside; by Otsu's rule where not given.

    Returns
    -------
    tuple of Mesh and float, or None
        The surface and its threshold; None where no threshold parts anything.

    Raises
    ------
    StorageError, StoreUnavailableError
        The voxels cannot be read.
    """
    level = shell_level(volume)
    if level is None:
        return None
    voxels = read(level, Box((0, 0, 0), level.shape))
    at = outer_threshold(voxels) if threshold is None else threshold
    if at is None:
        return None
    inside = outer_mask(voxels, at)
    if not inside.any():
        return None
    return simpler(surface(inside, level, (0, 0, 0)), TRIANGLES), at


class Shells:
    """The outer surface of one volume at a few thresholds, made when first asked for.

    Parameters
    ----------
    volume : Volume
    """

    def __init__(self, volume: Volume) -> None:
        self._volume = volume
        self._made: OrderedDict[float | None, tuple[Multilod, float] | None] = OrderedDict()
        self._lock = threading.Lock()

    def shell(self, threshold: float | None = None) -> tuple[Multilod, float] | None:
        """Return the surface and its threshold, as `outer_surface` does.

        Raises
        ------
        StorageError, StoreUnavailableError
            The voxels cannot be read.
        """
        with self._lock:
            if threshold in self._made:
                self._made.move_to_end(threshold)
                return self._made[threshold]
        found = outer_surface(self._volume, threshold)
        made = None
        if found is not None:
            surfaces = chain((found[0],), RESOLUTIONS, _FEW)
            made = multilod(surfaces, self._volume), found[1]
        with self._lock:
            self._made[threshold] = made
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)
        return made
