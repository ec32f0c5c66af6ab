"""Surfaces of regions, made from the label pyramid when asked for.

A region is meshed whole, from the finest level at which the box around it is small enough, so that
neither memory nor time grow with the volume and no seam runs through a surface. The surface is
closed: what touches the edge of the volume is capped there.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.geometry import Box, FloatArray, Triple, apply_affine
from atlasview.regionfacts import LabelExtent, LabelIndex
from atlasview.volume import Level

#: Voxels of the box around a region that is meshed.
BOX_VOXELS = 1 << 22
#: Triangles of the finest surface of a region.
TRIANGLES = 60_000
#: Voxel faces of a surface; of one that is larger a coarser level shows as much.
_SIDES = 250_000
#: Steps and weights of Taubin's smoothing, which takes the steps of voxels off and keeps volumes.
_STEPS, _SHRINK, _GROW = 8, 0.5, -0.53


#: The library keeps the mesh it works on in one place for the whole process.
_SIMPLIFYING = threading.Lock()


@dataclass(frozen=True, eq=False, slots=True)
class Mesh:
    """A closed surface.

    Parameters
    ----------
    vertices : ndarray of float64, shape (n, 3)
        x, y, z in mm.
    faces : ndarray of uint32, shape (m, 3)
        Counter-clockwise from outside.
    spacing_mm : float
        About the distance between vertices: how fine it is.
    """

    vertices: FloatArray
    faces: npt.NDArray[np.uint32]
    spacing_mm: float

    @property
    def volume_mm3(self) -> float:
        """What the surface encloses."""
        a, b, c = (self.vertices[self.faces[:, k]] for k in range(3))
        return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)


def region_mesh(index: LabelIndex, labels: frozenset[int]) -> Mesh | None:
    """Make the surface of all voxels that hold one of some labels; None where there are none.

    Raises
    ------
    StorageError, StoreUnavailableError
        The labels cannot be read.
    """
    extent = index.extent(labels)
    if extent is None:
        return None
    for level in index.volume.levels:
        box = level_box(level, extent)
        if box.size > BOX_VOXELS and level is not index.volume.levels[-1]:
            continue
        mask = _mask(index, level, box, labels)
        rugged = level is not index.volume.levels[-1] and _sides(mask) > _SIDES
        if mask.any() and not rugged:
            return surface(mask, level, box.start)
    return None


def simpler(mesh: Mesh, triangles: int) -> Mesh:
    """Return a surface with about so many triangles, as closed as the one given."""
    import fast_simplification

    count = len(mesh.faces)
    for goal in (triangles, 2 * triangles, 4 * triangles):
        if goal >= count:
            break
        with _SIMPLIFYING:
            vertices, faces = fast_simplification.simplify(
                mesh.vertices.astype(np.float32),
                mesh.faces.astype(np.int32),
                1.0 - goal / count,
                agg=4,
            )
        if len(faces) and is_closed(faces):
            used, faces = np.unique(faces, return_inverse=True)
            return Mesh(
                vertices[used].astype(np.float64),
                faces.reshape(-1, 3).astype(np.uint32),
                mesh.spacing_mm * (count / len(faces)) ** 0.5,
            )
    return mesh


def is_closed(faces: npt.NDArray[Any]) -> bool:
    """Tell whether a surface has no rim: every edge is passed as often one way as the other."""
    start = faces[:, [0, 1, 2]].ravel().astype(np.int64)
    stop = faces[:, [1, 2, 0]].ravel().astype(np.int64)
    width = int(faces.max()) + 1
    there, back = np.sort(start * width + stop), np.sort(stop * width + start)
    return bool((there == back).all())


def level_box(level: Level, extent: LabelExtent) -> Box:
    """Return which voxels (z, y, x) of a level hold an extent of finest voxels."""
    start = [level.index_of(axis, extent.start[2 - axis]) for axis in range(3)]
    stop = [level.index_of(axis, extent.stop[2 - axis] - 1) + 1 for axis in range(3)]
    return Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))


def _mask(
    index: LabelIndex, level: Level, box: Box, labels: frozenset[int]
) -> npt.NDArray[np.bool_]:
    dtype = index.volume.dtype
    most = np.iinfo(dtype).max
    wanted = np.array(sorted(v for v in labels if v <= most), dtype)
    return np.isin(index.voxels(level, box), wanted)


def _sides(mask: npt.NDArray[np.bool_]) -> int:
    """Count the voxel faces between inside and outside."""
    return sum(int(np.count_nonzero(np.diff(mask, axis=axis))) for axis in range(3))


def surface(mask: npt.NDArray[np.bool_], level: Level, start: Triple) -> Mesh:
    """Return the smoothed, closed surface of some voxels.

    Parameters
    ----------
    mask : ndarray of bool, shape (z, y, x)
    level : Level
        What the voxels are of.
    start : tuple of int
        Voxel z, y, x of the level at which `mask` begins.
    """
    from skimage.measure import marching_cubes

    padded = np.pad(mask, 1).astype(np.float32)
    found, faces, _, _ = marching_cubes(  # type: ignore[no-untyped-call]
        padded, 0.5, allow_degenerate=False
    )
    smooth = _smoothed(found.astype(np.float64), faces)
    vertices = apply_affine(level.affine, (smooth - 1 + np.array(start))[:, ::-1])
    size = float(np.prod(level.voxel_size_mm) ** (1 / 3))
    mesh = Mesh(vertices, faces.astype(np.uint32), size)
    if mesh.volume_mm3 < 0:  # axes turned over turn the surface inside out
        mesh = Mesh(vertices, np.ascontiguousarray(mesh.faces[:, ::-1]), size)
    return simpler(mesh, TRIANGLES)


def _smoothed(vertices: FloatArray, faces: npt.NDArray[Any]) -> FloatArray:
    from scipy.sparse import coo_array

    count = len(vertices)
    a, b = faces.ravel(), faces[:, [1, 2, 0]].ravel()
    near = coo_array((np.ones(len(a)), (a, b)), shape=(count, count)).tocsr()
    near.data[:] = 1.0
    share = 1.0 / np.maximum(near.sum(axis=1), 1.0)
    out = vertices
    for _ in range(_STEPS):
        for weight in (_SHRINK, _GROW):
            out = out + weight * (share[:, None] * (near @ out) - out)
    return np.asarray(out, np.float64)
