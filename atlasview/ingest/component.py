"""Write a volume as a component of a BrainGlobe atlas: the same voxels and levels, in ASR order.

brainglobe-atlasapi takes every array for one whose axes run from anterior, superior and right, and
never asks the metadata. So the parts of an atlas that it is to open are stored that way. The
orientation words of OME-NGFF say so, by which our own server turns them back; no voxel changes.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorstore as ts

from atlasview import space
from atlasview.errors import LibraryError
from atlasview.geometry import Box, Triple
from atlasview.ingest.durable import sync_tree, told_as_library_error, write_file
from atlasview.ingest.plan import LevelPlan
from atlasview.ingest.zarrmeta import array_document, group_document
from atlasview.space import Orientation
from atlasview.volume import Level, Volume, read

#: BrainGlobe's origin ``asr``: its axes run posterior, inferior, left.
_WORDS = ("anterior-to-posterior", "superior-to-inferior", "right-to-left")
BRAINGLOBE = Orientation.from_words(_WORDS)
_CHUNK, _SHARD = 64, 256

Reader = Callable[[Level, Box], npt.NDArray[Any]]


def write_component(
    volume: Volume,
    destination: Path,
    *,
    name: str | None = None,
    voxels: Reader | None = None,
    dtype: npt.DTypeLike | None = None,
) -> None:
    """Write a volume's levels in BrainGlobe's order; it is there whole, or not at all.

    Parameters
    ----------
    volume : Volume
    destination : Path
        Such as ``templates/NAME/1_0/template.ome.zarr``; must not exist.
    name : str, optional
        For people; the volume's own where not given.
    voxels : callable, optional
        Gives the voxels (z, y, x in RAS order) of a box of a level, where they are not to be the
        volume's own.
    dtype : dtype-like, optional
        Of `voxels`, where not the volume's.

    Raises
    ------
    LibraryError
        It is there already, has channels, or cannot be written.
    StorageError, StoreUnavailableError
        The volume cannot be read.
    """
    if destination.exists():
        raise LibraryError(f"{destination} is there already.")
    if volume.channels > 1:
        raise LibraryError(
            f"{volume.name} has {volume.channels} channels; a part of an atlas has one."
        )
    draft = destination.with_name(f".{destination.name}.{os.getpid()}")
    with told_as_library_error(destination):
        draft.mkdir(parents=True)
        try:
            for level in volume.levels:
                _write_level(draft, level, voxels or read, np.dtype(dtype or volume.dtype))
            labels = None if voxels else volume.side_json("labels.json")
            if labels is not None:
                write_file(draft / "labels.json", json.dumps(labels).encode())
            document = group_document(_attributes(volume, name or volume.name))
            write_file(draft / "zarr.json", json.dumps(document, indent=2).encode())
            sync_tree(draft)
            draft.rename(destination)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def is_component(volume: Volume) -> bool:
    """Tell whether brainglobe-atlasapi sees a volume as it is."""
    return volume.orientation == BRAINGLOBE


def stored_triple(values: Any) -> list[Any]:
    """Return three values for x, y, z in BrainGlobe's order of axes."""
    x, y, z = values
    return [y, z, x]


def _write_level(draft: Path, level: Level, voxels: Reader, dtype: np.dtype[Any]) -> None:
    nz, ny, nx = level.shape
    shape: Triple = (ny, nz, nx)
    chunk = _triple(min(_CHUNK, 1 << (n - 1).bit_length()) for n in shape)
    shard = _triple(min(_SHARD, -(-n // c) * c) for n, c in zip(shape, chunk, strict=True))
    plan = LevelPlan(level.index, shape, chunk, shard, (1, 1, 1), (1, 1, 1))
    folder = draft / str(level.index)
    folder.mkdir()
    document = array_document(plan, dtype, 0, 0)
    write_file(folder / "zarr.json", json.dumps(document).encode())
    array = ts.open(
        {"driver": "zarr3", "kvstore": {"driver": "file", "path": f"{folder.as_posix()}/"}},
        open=True,
        context=ts.Context({"cache_pool": {"total_bytes_limit": 0}}),
    ).result()
    for start in itertools.product(*(range(0, n, s) for n, s in zip(shape, shard, strict=True))):
        stop = tuple(min(a + s, n) for a, s, n in zip(start, shard, shape, strict=True))
        box = _ras_box(level.shape, start, stop)
        block = voxels(level, box).astype(dtype, copy=False)
        # (z, y, x) upward → (y, z, x) downward
        turned = block[::-1, ::-1, ::-1].transpose(1, 0, 2)
        where = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
        array[where].write(np.ascontiguousarray(turned)).result()
    if not (folder / "c").exists():
        # brainglobe-atlasapi takes a level without stored chunks for one to be downloaded.
        (folder / "c").mkdir()


def _ras_box(shape: Triple, start: tuple[int, ...], stop: tuple[int, ...]) -> Box:
    nz, ny, nx = shape
    (a0, s0, r0), (a1, s1, r1) = start, stop
    return Box((nz - s1, ny - a1, nx - r1), (nz - s0, ny - a0, nx - r0))


def _attributes(volume: Volume, name: str) -> dict[str, Any]:
    datasets = []
    for level in volume.levels:
        scale, shift = _scale_translation(volume, level)
        datasets.append(
            {
                "path": str(level.index),
                "coordinateTransformations": [
                    {"type": "scale", "scale": scale},
                    {"type": "translation", "translation": shift},
                ],
            }
        )
    axes = [
        {"name": axis, "type": "space", "unit": "millimeter",
         "orientation": {"type": "anatomical", "value": word}}
        for axis, word in zip("zyx", _WORDS, strict=True)
    ]  # fmt: skip
    ome: dict[str, Any] = {
        "version": "0.5",
        "multiscales": [{"name": name, "axes": axes, "datasets": datasets}],
    }
    if volume.kind == "labels":
        ome["image-label"] = {"version": "0.5"}
    return {
        "ome": ome,
        "atlasview": {
            **volume.attributes,
            "version": 1,
            "kind": volume.kind,
            "name": name,
            "space": volume.space,
            "affine": volume.affine.tolist(),
        },
    }


def _scale_translation(volume: Volume, level: Level) -> tuple[list[float], list[float]]:
    """Return where a level lies along the stored axes, as near as NGFF can say it.

    What is not along the axes only the affine beside it tells.
    """
    x, y, z = space.voxel_size(volume.affine)
    size = np.array(stored_triple((x, y, z)))
    count = stored_triple(volume.shape)
    # The centre of the stored voxel 0 is that of the last voxel in RAS order.
    corner = volume.affine[:3, 3] + volume.affine[:3, :3] @ (np.array(volume.shape) - 1)
    first = -np.array(stored_triple(corner))
    step = np.array([level.step[1], level.step[0], level.step[2]])
    at = np.array([level.first[1], level.first[0], level.first[2]])
    n = np.array([level.shape[1], level.shape[0], level.shape[2]])
    # along the stored axis, in finest voxels from the stored voxel 0
    here = np.array(count) - 1 - (at + step * (n - 1))
    return (size * step).tolist(), (first + size * here).tolist()


def _triple(values: Iterator[int] | Any) -> Triple:
    a, b, c = values
    return int(a), int(b), int(c)
