"""Volumes whose voxels tell where they are, written by zarr-python, in any orientation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zarr

SAMPLE = Path(__file__).parent.parent / "sample_data"
#: Direction letter → RFC 4 word.
WORDS = {
    "R": "left-to-right", "L": "right-to-left", "A": "posterior-to-anterior",
    "P": "anterior-to-posterior", "S": "inferior-to-superior", "I": "superior-to-inferior",
}  # fmt: skip
_WORLD = {"R": 0, "L": 0, "A": 1, "P": 1, "S": 2, "I": 2}


def encoded(shape: Sequence[int], dtype: str = "uint32") -> npt.NDArray[Any]:
    """Return an array (x, y, z) in RAS order whose value is its own index, in mixed radix, plus 1."""
    return np.arange(1, np.prod(shape) + 1, dtype=dtype).reshape(shape)


def half(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return every second voxel, so that a coarser level holds values of its own choosing."""
    return array[::2, ::2, ::2]


def write_ome_zarr(
    path: Path,
    levels: Sequence[npt.NDArray[Any]],
    *,
    affine: npt.NDArray[np.float64] | None = None,
    code: str = "SAR",
    version: str = "0.5",
    words: bool = True,
    unit: str | None = "millimeter",
    labels: bool = False,
    chunk: int = 16,
    shard: int | None = None,
    channels: Sequence[Sequence[npt.NDArray[Any]]] = (),
    extra: dict[str, Any] | None = None,
) -> Path:
    """Write levels, each (x, y, z) in RAS order, as an OME-Zarr stored in another order.

    Parameters
    ----------
    path : Path
    levels : sequence of ndarray
        Level k joins 2^k voxels.
    affine : ndarray, shape (4, 4)
        Diagonal; of the RAS array.
    code : str
        Direction letters of the stored axes; SAR is z, y, x of the RAS order.
    channels : sequence of sequence of ndarray
        Instead of one array a level, several, stacked into a channel axis.
    """
    affine = np.eye(4) if affine is None else affine
    version3 = version == "0.5"
    group = zarr.open_group(str(path), mode="w", zarr_format=3 if version3 else 2)
    axes: list[dict[str, Any]] = []
    names = "zyx"
    for i, letter in enumerate(code):
        axis: dict[str, Any] = {"name": names[i], "type": "space"}
        if unit:
            axis["unit"] = unit
        if words:
            axis["orientation"] = {"type": "anatomical", "value": WORDS[letter]}
        axes.append(axis)
    lead = [{"name": "c", "type": "channel"}] if channels else []
    datasets = []
    for k, ras in enumerate(levels):
        arrays = [stored(c, code) for c in channels[k]] if channels else [stored(ras, code)]
        data = np.stack(arrays) if channels else arrays[0]
        factor = 2.0**k
        scale, shift = [], []
        for letter in code:
            world = _WORLD[letter]
            size = affine[world, world]
            first = affine[world, 3] + size * (factor - 1) / 2
            last = first + size * factor * (ras.shape[world] - 1)
            scale.append(size * factor)
            shift.append(first if letter in "RAS" else -last)
        ones, zeros = [1.0] * len(lead), [0.0] * len(lead)
        chunks = (1,) * len(lead) + (chunk,) * 3
        more: dict[str, Any] = {}
        if shard and version3:
            more["shards"] = (1,) * len(lead) + (shard,) * 3
        if version3:
            more["dimension_names"] = [a["name"] for a in [*lead, *axes]]
        else:
            more["chunk_key_encoding"] = {"name": "v2", "separator": "/"}
        array = group.create_array(
            str(k), shape=data.shape, dtype=data.dtype, chunks=chunks, fill_value=0, **more
        )
        array[...] = data
        datasets.append(
            {
                "path": str(k),
                "coordinateTransformations": [
                    {"type": "scale", "scale": [*ones, *scale]},
                    {"type": "translation", "translation": [*zeros, *shift]},
                ],
            }
        )
    multiscale: dict[str, Any] = {"axes": [*lead, *axes], "datasets": datasets, "name": path.name}
    if version3:
        ome: dict[str, Any] = {"version": "0.5", "multiscales": [multiscale]}
        if labels:
            ome["image-label"] = {"version": "0.5"}
        group.attrs["ome"] = ome
    else:
        group.attrs["multiscales"] = [{"version": "0.4", **multiscale}]
        if labels:
            group.attrs["image-label"] = {"version": "0.4"}
    for key, value in (extra or {}).items():
        group.attrs[key] = value
    return path


def stored(ras: npt.NDArray[Any], code: str) -> npt.NDArray[Any]:
    """Return an array (x, y, z) in RAS order as it is stored under a direction code."""
    out = ras.transpose([_WORLD[letter] for letter in code])
    for axis, letter in enumerate(code):
        if letter in "LPI":
            out = np.flip(out, axis)
    return np.ascontiguousarray(out)


def picture(ras: npt.NDArray[Any], plane: str, index: int) -> npt.NDArray[Any]:
    """Return one slice of an array (x, y, z) as docs/coordinates.md alone says it is drawn."""
    if plane == "horizontal":  # left at the left, anterior up
        return ras[:, ::-1, index].T
    if plane == "coronal":  # left at the left, superior up
        return ras[:, index, ::-1].T
    return ras[index, :, ::-1].T  # sagittal: anterior at the right, superior up


def window(values: npt.NDArray[Any], lo: float, hi: float) -> npt.NDArray[np.uint8]:
    """Return the grey values that the formula of docs/guide-web.md gives."""
    with np.errstate(all="ignore"):  # values at the end of what a float can hold
        share = np.clip((values.astype(np.float64) - lo) / (hi - lo), 0, 1)
    return np.floor(np.nan_to_num(share) * 255 + 0.5).astype(np.uint8)
