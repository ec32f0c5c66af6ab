"""Closed surfaces: made around voxels, smoothed, made simpler."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.geometry import FloatArray, Triple, apply_affine
from atlasview.volume import Level

#: Steps and weights of Taubin's smoothing, which takes the steps of voxels off and keeps volumes.
_STEPS, _SHRINK, _GROW = 8, 0.5, -0.53
#: How near to the volume of the voxels a surface is brought, and in how many steps.
_FIT, _FITS = 4e-3, 3


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
        return _volume(self.vertices, self.faces, _across(self.vertices, self.faces))


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
                agg=7,
            )
        if 0 < len(faces) < 0.9 * count and is_closed(faces):
            used, faces = np.unique(faces, return_inverse=True)
            return Mesh(
                vertices[used].astype(np.float64),
                faces.reshape(-1, 3).astype(np.uint32),
                mesh.spacing_mm * (count / len(faces)) ** 0.5,
            )
    return mesh


def chain(meshes: tuple[Mesh, ...], count: int, few: int) -> tuple[Mesh, ...]:
    """Add ever simpler surfaces, each with a quarter of the triangles of the one before.

    Parameters
    ----------
    meshes : tuple of Mesh
        The finest first.
    count : int
        How many there are to be in all.
    few : int
        What has fewer triangles is not made simpler.
    """
    out = list(meshes)
    while out and len(out) < count and len(out[-1].faces) >= few:
        coarser = simpler(out[-1], len(out[-1].faces) // 4)
        if coarser is out[-1]:
            break
        out.append(coarser)
    return tuple(out)


def fitted(mesh: Mesh, volume_mm3: float) -> Mesh:
    """Return a surface moved along its normals until it holds a given volume.

    Marching cubes cut the corners of voxels and smoothing takes more: a trifle of a large region,
    and most of one of a few voxels. No vertex moves by more than a third of the spacing.
    """
    most = mesh.spacing_mm / 3
    for _ in range(_FITS):
        across = _across(mesh.vertices, mesh.faces)
        lacks = volume_mm3 - _volume(mesh.vertices, mesh.faces, across)
        if abs(lacks) < _FIT * volume_mm3:
            break
        area = float(np.sqrt((across * across).sum(axis=0)).sum() / 2)
        step = float(np.clip(lacks / area, -most, most))
        corners, count = mesh.faces.ravel(), len(mesh.vertices)
        normal = np.stack([np.bincount(corners, np.repeat(row, 3), count) for row in across])
        normal = normal / np.maximum(np.sqrt((normal * normal).sum(axis=0)), 1e-12)
        most -= abs(step)
        mesh = Mesh(mesh.vertices + step * normal.T, mesh.faces, mesh.spacing_mm)
    return mesh


def is_closed(faces: npt.NDArray[Any]) -> bool:
    """Tell whether a surface has no rim: every edge is passed as often one way as the other."""
    start = faces[:, [0, 1, 2]].ravel().astype(np.int64)
    stop = faces[:, [1, 2, 0]].ravel().astype(np.int64)
    width = int(faces.max()) + 1
    there, back = np.sort(start * width + stop), np.sort(stop * width + start)
    return bool((there == back).all())


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
    # as found they face outwards in x, y, z; an affine that mirrors turns the surface inside out
    if np.linalg.det(level.affine[:3, :3]) < 0:
        faces = faces[:, ::-1]
    return Mesh(vertices, np.ascontiguousarray(faces, np.uint32), size)


def _across(vertices: FloatArray, faces: npt.NDArray[Any]) -> FloatArray:
    """Return, x, y, z by face, what stands on each face and is twice as long as it is large."""
    place = np.ascontiguousarray(vertices.T)
    a, b, c = (place[:, faces[:, k]] for k in range(3))
    u, v = b - a, c - a
    return np.stack(
        [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]
    )


def _volume(vertices: FloatArray, faces: npt.NDArray[Any], across: FloatArray) -> float:
    """Return the volume of the pyramids from the origin to each face."""
    first = vertices[faces[:, 0]]
    return float(sum((first[:, k] * across[k]).sum() for k in range(3)) / 6)


def _smoothed(vertices: FloatArray, faces: npt.NDArray[Any]) -> FloatArray:
    from scipy.sparse import coo_array

    count = len(vertices)
    a, b = faces.ravel(), faces[:, [1, 2, 0]].ravel()
    # single precision: the vertices are counted in voxels of one small box
    ones = np.ones(len(a), np.float32)
    near = coo_array((ones, (a, b)), shape=(count, count)).tocsr()
    degree = np.diff(near.indptr)
    near.data[:] = np.repeat(np.float32(1) / np.maximum(degree, 1), degree)
    out = vertices.astype(np.float32)
    for _ in range(_STEPS):
        for weight in (_SHRINK, _GROW):
            moved = near @ out
            moved -= out
            moved *= np.float32(weight)
            out += moved
    return np.asarray(out, np.float64)
