"""Planes in space, by the page's own words: a quaternion and the three planes beside it."""

from __future__ import annotations

import numpy as np

Vector = np.ndarray

_HALF = 0.5**0.5
# How each plane is turned to the horizontal one.
_BESIDE = {
    "horizontal": (0, 0, 0, 1),
    "coronal": (_HALF, 0, 0, _HALF),
    "sagittal": (0.5, -0.5, -0.5, 0.5),
}


def product(a: tuple[float, ...], b: tuple[float, ...]) -> tuple[float, ...]:
    """Return the quaternion that turns by b first, then by a."""
    u, v = np.array(a[:3]), np.array(b[:3])
    vector = a[3] * v + b[3] * u + np.cross(u, v)
    return (*map(float, vector), float(a[3] * b[3] - u @ v))


def orientation(turn: tuple[float, ...], plane: str) -> tuple[float, ...]:
    """Return the quaternion of one plane of a page whose cross-section is turned like that."""
    return product(tuple(turn), _BESIDE[plane])


def rotation(q: tuple[float, ...]) -> np.ndarray:
    """Return the matrix of a quaternion: its columns are a picture's right, down and away, in mm."""
    x, y, z, w = np.array(q) / np.linalg.norm(q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
