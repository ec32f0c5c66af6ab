"""A volume: one array at all its levels, and the one place where stored voxels are read.

Whatever order a volume is stored in, its levels are seen here as arrays (z, y, x) in RAS order; the
turning is done by TensorStore's index transforms and costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import tensorstore as ts

from atlasview import space as _space
from atlasview.errors import NotFoundError, OutOfVolumeError
from atlasview.geometry import Box, FloatArray, Triple
from atlasview.ngff import Multiscale
from atlasview.space import Orientation
from atlasview.store import (
    READ_TIMEOUT,
    StoreSpec,
    open_store,
    raise_storage_error,
    read_json,
)

Kind = Literal["image", "labels"]


@dataclass(frozen=True, eq=False, slots=True)
class Level:
    """One level of a volume.

    Parameters
    ----------
    index : int
        0 is the finest.
    path : str
        Of the array, relative to the volume.
    location : str
        Named in errors.
    shape : tuple of int
        Extent z, y, x, in RAS order.
    affine : ndarray, shape (4, 4)
        Voxel centre (x, y, z) → mm.
    step, first : tuple of float
        Along z, y, x: finest voxels a voxel of this level, and where on the finest grid the centre
        of voxel 0 lies.
    chunk : tuple of int
        Extent z, y, x of the unit of decoding.
    lead : tuple of int
        Extent of the axes before z, y, x (channels, time).
    array : tensorstore.TensorStore
        View (..., z, y, x) in RAS order.
    """

    index: int
    path: str
    location: str
    shape: Triple
    affine: FloatArray
    step: tuple[float, float, float]
    first: tuple[float, float, float]
    chunk: Triple
    lead: tuple[int, ...]
    array: ts.TensorStore

    @property
    def voxel_size_mm(self) -> tuple[float, float, float]:
        """Extent of a voxel along x, y, z."""
        return _space.voxel_size(self.affine)

    def index_of(self, axis: int, finest: int) -> int:
        """Return this level's voxel that contains a finest voxel, along one axis of z, y, x."""
        at = int(np.floor((finest - self.first[axis]) / self.step[axis] + 0.5 + 1e-9))
        return min(max(at, 0), self.shape[axis] - 1)


@dataclass(frozen=True, eq=False, slots=True)
class Volume:
    """One array at all its levels, with what is known of it.

    Parameters
    ----------
    location : str
        Folder or URL.
    name : str
        For people.
    kind : {"image", "labels"}
    dtype : numpy.dtype
        As stored, in native byte order.
    channels : int
        Product of the axes before z, y, x; 1 where there are none.
    levels : tuple of Level
        Finest first.
    space : str
        Name of the reference space.
    orientation : Orientation
        How the stored axes lie; ``assumed`` tells whether the file says so.
    assumed : tuple of str
        What the metadata do not say and was taken for granted, in words.
    attributes : mapping
        AtlasView's own metadata as found; empty for a volume not made by it.
    multiscale : Multiscale
        The OME-Zarr metadata, in stored order.
    digest : str
        Changes whenever the volume is written anew.
    zarr_format : int
        2 or 3.
    kvstore : dict or str
        TensorStore's spec of the store that the volume lies in.
    format : str
        ``ome-zarr``, or another that is served as OME-Zarr only by being transcoded.
    """

    location: str
    name: str
    kind: Kind
    dtype: np.dtype[Any]
    channels: int
    levels: tuple[Level, ...]
    space: str
    orientation: Orientation
    assumed: tuple[str, ...]
    attributes: Mapping[str, Any]
    multiscale: Multiscale
    digest: str
    zarr_format: int
    kvstore: StoreSpec
    format: str

    @property
    def shape(self) -> Triple:
        """Extent x, y, z of level 0."""
        z, y, x = self.levels[0].shape
        return x, y, z

    @property
    def affine(self) -> FloatArray:
        """Voxel centre (x, y, z) of level 0 → mm."""
        return self.levels[0].affine

    def level(self, index: int) -> Level:
        """Return one level.

        Raises
        ------
        NotFoundError
            There is no such level.
        """
        if not 0 <= index < len(self.levels):
            raise NotFoundError("level", index, range(len(self.levels)))
        return self.levels[index]

    def side_json(self, name: str) -> dict[str, Any] | None:
        """Read a JSON file that lies beside the arrays; None when there is none.

        Raises
        ------
        StorageError, StoreUnavailableError
            It is there but cannot be read.
        """
        return read_json(open_store(self.kvstore), name, self.location)

    def voxel_at(self, point: Sequence[float]) -> Triple:
        """Return the finest voxel (x, y, z) that holds a point in mm.

        Raises
        ------
        OutOfVolumeError
            The point lies in no voxel.
        """
        x, y, z = _space.voxel_of(self.affine, point).tolist()
        if not all(0 <= i < n for i, n in zip((x, y, z), self.shape, strict=True)):
            low, high = _space.corner_bounds(self.affine, self.shape)
            raise OutOfVolumeError(
                "point",
                ", ".join(f"{v:.12g}" for v in point),
                "it spans " + " to ".join(
                    "(" + ", ".join(f"{v:.12g}" for v in corner) + ")" for corner in (low, high)
                ) + " mm, its far faces not included",
            )  # fmt: skip
        return x, y, z


def read(level: Level, box: Box, channel: int = 0) -> npt.NDArray[Any]:
    """Read one box of voxels of one channel from one level.

    Parameters
    ----------
    level : Level
    box : Box
        Voxel ranges (z, y, x) of this level, in RAS order.
    channel : int

    Returns
    -------
    ndarray, shape (dz, dy, dx), stored dtype
        Chunks never written read as the fill value.

    Raises
    ------
    OutOfVolumeError
        `box` crosses the edge of `level`.
    NotFoundError
        There is no such channel.
    StorageError
        Stored bytes exist but cannot be read or decoded.
    StoreUnavailableError
        The store does not answer.
    """
    if not box.within(level.shape):
        raise OutOfVolumeError(
            "box", f"{box.start}–{box.stop} (z, y, x)", f"level {level.index} is {level.shape}"
        )
    try:
        future = stored_view(level, box, channel).read(order="C")
        found: npt.NDArray[Any] = future.result(READ_TIMEOUT)
    except (ValueError, OSError) as exc:
        raise_storage_error(exc, level.location)
    return found


def stored_view(level: Level, box: Box, channel: int = 0) -> ts.TensorStore:
    """Return a lazy view (z, y, x) of one box of one channel; nothing is read yet.

    Raises
    ------
    NotFoundError
        There is no such channel.
    """
    count = int(np.prod(level.lead, dtype=np.int64))
    if not 0 <= channel < count:
        raise NotFoundError("channel", channel, range(count))
    where = np.unravel_index(channel, level.lead) if level.lead else ()
    index: tuple[int | slice, ...] = (*(int(i) for i in where), *box.slices)
    return level.array[index]
