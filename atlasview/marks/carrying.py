"""Annotations and cameras carried to another reference space by an affine matrix."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from atlasview.geometry import FloatArray, apply_affine
from atlasview.marks.annotation import Annotation, Point
from atlasview.marks.viewdocument import Camera, Quaternion


def carried_points(kind: str, points: Sequence[Point], matrix: FloatArray) -> tuple[Point, ...]:
    """Return the points of an annotation carried over.

    A box and an ellipsoid stand upright in every space: they become the smallest upright ones that
    hold what was carried over.

    Parameters
    ----------
    kind : str
        One of `atlasview.marks.shapes.SHAPES`.
    points : sequence of points
    matrix : ndarray, shape (4, 4)
    """
    array = np.array(points, np.float64)
    if kind == "box":
        moved = apply_affine(matrix, np.array(list(itertools.product(*array.T.tolist()))))
        out = np.stack([moved.min(axis=0), moved.max(axis=0)])
    elif kind == "ellipsoid":
        axes = np.sqrt(((np.asarray(matrix)[:3, :3] * array[1]) ** 2).sum(axis=1))
        out = np.stack([apply_affine(matrix, array[0]), axes])
    else:
        out = apply_affine(matrix, array)
    return tuple((x, y, z) for x, y, z in out.tolist())


def carried_annotation(annotation: Annotation, matrix: FloatArray) -> Annotation:
    """Return an annotation carried over."""
    return replace(annotation, points=carried_points(annotation.type, annotation.points, matrix))


def carried_camera(camera: Camera, matrix: FloatArray) -> Camera:
    """Return a camera that looks at the same place, in the same size and the same planes.

    Of the matrix only the place is exact: the planes are turned by its rotation, and sizes follow
    its mean scale, since a picture can be neither sheared nor stretched.
    """
    linear = np.asarray(matrix, np.float64)[:3, :3]
    turn = rotation_of(linear)
    scale = float(abs(np.linalg.det(linear))) ** (1 / 3)
    x, y, z = apply_affine(matrix, camera.at).tolist()
    return camera.model_copy(
        update={
            "at": (x, y, z),
            "zoom": camera.zoom * scale,
            "turn": _multiply(turn, camera.turn),
            "zoom3d": None if camera.zoom3d is None else camera.zoom3d * scale,
            "turn3d": _multiply(turn, camera.turn3d),
        }
    )


def rotation_of(linear: FloatArray) -> Quaternion:
    """Return the rotation nearest to a 3 × 3 matrix as a quaternion x, y, z, w."""
    from scipy.spatial.transform import Rotation

    left, _, right = np.linalg.svd(linear)
    mirrored = np.diag([1.0, 1.0, float(np.sign(np.linalg.det(left @ right)))])
    x, y, z, w = Rotation.from_matrix(left @ mirrored @ right).as_quat().tolist()
    return (x, y, z, w) if w >= 0 else (-x, -y, -z, -w)


def _multiply(a: Quaternion, b: Quaternion) -> Quaternion:
    """Return the turn by `b` and then by `a`, of length 1."""
    (ax, ay, az, aw), (bx, by, bz, bw) = a, b
    out = np.array([
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    ])  # fmt: skip
    x, y, z, w = (out / np.linalg.norm(out)).tolist()
    return x, y, z, w
