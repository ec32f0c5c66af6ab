"""Small brains for the tests of ingest, and what numpy makes of them without our code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import zarr

#: A rotation of 20° about an oblique axis: no axis of the grid lies along the world's.
_AXIS = np.array([1.0, 2.0, 0.5]) / np.linalg.norm([1.0, 2.0, 0.5])


def rotation(degrees: float) -> np.ndarray:
    """Rotation about one oblique axis."""
    a = np.radians(degrees)
    k = np.array([[0, -_AXIS[2], _AXIS[1]], [_AXIS[2], 0, -_AXIS[0]], [-_AXIS[1], _AXIS[0], 0]])
    return np.eye(3) + np.sin(a) * k + (1 - np.cos(a)) * k @ k


def affine_of(code: str, size=(1.0, 1.0, 1.0), origin=(-10.0, 20.0, -30.0), tilt=0.0):
    """An affine whose stored axes grow in the directions of a code such as LPS."""
    letters = {"R": (0, 1), "L": (0, -1), "A": (1, 1), "P": (1, -1), "S": (2, 1), "I": (2, -1)}
    affine = np.eye(4)
    affine[:3, :3] = 0
    for stored, letter in enumerate(code):
        world, sign = letters[letter]
        affine[world, stored] = sign * size[stored]
    affine[:3, :3] = rotation(tilt) @ affine[:3, :3]
    affine[:3, 3] = origin
    return affine


def positions(shape: tuple[int, ...], dtype: Any = np.uint16) -> np.ndarray:
    """Voxels (i, j, k) whose values tell their own position."""
    i, j, k = np.indices(shape)
    return (i + 40 * j + 1600 * k).astype(dtype)


def save_nifti(path: Path, voxels: np.ndarray, affine: np.ndarray, **more: Any) -> Path:
    """Write a NIfTI file with that sform and qform."""
    make = more.pop("make", nib.Nifti1Image)
    image = make(voxels, None, dtype=voxels.dtype)
    image.header.set_sform(affine, more.pop("sform_code", 2))
    image.header.set_xyzt_units("mm")
    nib.save(image, path)
    return path


def nearest_ras(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """What nibabel says a file holds: an array ((c,) z, y, x) in RAS order, and its affine."""
    image = nib.as_closest_canonical(nib.load(path))
    return np.asarray(image.dataobj).T, image.affine


def attributes(volume: Path) -> dict[str, Any]:
    """The group's attributes."""
    return json.loads((volume / "zarr.json").read_text())["attributes"]


def levels(volume: Path) -> list[np.ndarray]:
    """All levels as zarr-python reads them."""
    group = zarr.open_group(volume, mode="r")
    paths = [d["path"] for d in attributes(volume)["ome"]["multiscales"][0]["datasets"]]
    return [np.asarray(group[path][...]) for path in paths]


def _blocks(voxels: np.ndarray, factors: tuple[int, ...]):
    """For every voxel of the next level, the values that it joins, NaN where there is none."""
    padded = np.pad(
        voxels.astype(object),
        [(0, -n % f) for n, f in zip(voxels.shape, factors, strict=True)],
        constant_values=None,
    )
    oz, oy, ox = (n // f for n, f in zip(padded.shape, factors, strict=True))
    fz, fy, fx = factors
    split = padded.reshape(oz, fz, oy, fy, ox, fx).transpose(0, 2, 4, 1, 3, 5)
    return split.reshape(oz, oy, ox, -1)


def exact_mean(voxels: np.ndarray, factors: tuple[int, ...]) -> np.ndarray:
    """Round-half-even of the exact mean, in Python's own whole numbers."""
    from fractions import Fraction

    def mean(values: np.ndarray) -> Any:
        there = [v for v in values if v is not None]
        if voxels.dtype.kind == "f":
            numbers = [float(v) for v in there if v == v]
            return sum(numbers) / len(numbers) if numbers else np.nan
        return round(Fraction(sum(int(v) for v in there), len(there)))

    blocks = _blocks(voxels, factors)
    flat = [mean(b) for b in blocks.reshape(-1, blocks.shape[-1])]
    return np.array(flat, dtype=voxels.dtype).reshape(blocks.shape[:3])


def exact_majority(voxels: np.ndarray, factors: tuple[int, ...]) -> np.ndarray:
    """Most frequent label; a region before background, then the smallest."""

    def winner(values: np.ndarray) -> int:
        there = [int(v) for v in values if v is not None]
        return min(set(there), key=lambda v: (-there.count(v), v == 0, v))

    blocks = _blocks(voxels, factors)
    flat = [winner(b) for b in blocks.reshape(-1, blocks.shape[-1])]
    return np.array(flat, dtype=voxels.dtype).reshape(blocks.shape[:3])


def fast_mean(voxels: np.ndarray, factors: tuple[int, ...]) -> np.ndarray:
    """The same for small whole numbers of whole arrays, by numpy: sums and counts."""
    total, count = voxels.astype(np.int64), np.ones(voxels.shape, np.int64)
    for axis, factor in enumerate(factors):
        if factor == 2:
            where = np.arange(0, voxels.shape[axis], 2)
            total = np.add.reduceat(total, where, axis=axis)
            count = np.add.reduceat(count, where, axis=axis)
    floor, rest = total // count, total % count
    up = (2 * rest > count) | ((2 * rest == count) & (floor % 2 == 1))
    return (floor + up).astype(voxels.dtype)
