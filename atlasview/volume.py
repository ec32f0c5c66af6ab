"""A volume: one array at all its levels, and the one place where stored voxels are read.

Whatever order a volume is stored in, its levels are seen here as arrays (z, y, x) in RAS order; the
turning is done by TensorStore's index transforms and costs nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt
import tensorstore as ts

from atlasview import space as _space
from atlasview.errors import NotFoundError, OutOfVolumeError, StorageError
from atlasview.geometry import Box, FloatArray, Triple
from atlasview.ngff import Axis, Multiscale, parse_multiscale
from atlasview.space import Orientation
from atlasview.store import (
    Context,
    kvstore_spec,
    make_context,
    open_store,
    raise_storage_error,
    read_json,
)

Kind = Literal["image", "labels"]
_DEFAULT_WORD = {"x": "left-to-right", "y": "posterior-to-anterior", "z": "inferior-to-superior"}


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
    zarr_format: int = field(default=3)

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
        return read_json(open_store(self.location), name, self.location)

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
                ", ".join(f"{v:g}" for v in point),
                "it spans " + " to ".join(
                    "(" + ", ".join(f"{v:g}" for v in corner) + ")" for corner in (low, high)
                ) + " mm",
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
        found: npt.NDArray[Any] = stored_view(level, box, channel).read(order="C").result()
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


def open_volume(
    location: str | Path,
    *,
    context: Context | None = None,
    kind: Kind | None = None,
    name: str | None = None,
    space: str | None = None,
) -> Volume:
    """Open an OME-Zarr, 0.4 or 0.5, on Zarr v2 or v3, in a folder or at a URL.

    Parameters
    ----------
    location : str or Path
    context : Context, optional
        Shared cache; see `make_context`.
    kind, name, space : optional
        Said by a catalogue; default to what the volume says of itself.

    Raises
    ------
    NotFoundError
        There is nothing at that place.
    StorageError
        It is no OME-Zarr, or one that cannot be shown; the reason is named.
    StoreUnavailableError
        A remote store does not answer.
    """
    text = str(location).rstrip("/")
    context = context or make_context(0)
    kv = open_store(text, context)
    attributes, zarr_format, digest = _read_group(kv, text)
    multiscale = parse_multiscale(attributes, text)
    own = attributes.get("atlasview")
    own = own if isinstance(own, Mapping) else {}
    orientation, assumed = _orientation(multiscale)

    arrays = [
        _open_array(text, dataset.path, zarr_format, len(multiscale.axes), context)
        for dataset in multiscale.datasets
    ]
    dtype = arrays[0].dtype.numpy_dtype.newbyteorder("=")
    if dtype.kind not in "buif" or any(a.dtype != arrays[0].dtype for a in arrays):
        raise StorageError(text, f"voxels of type {arrays[0].dtype.name} cannot be shown")
    levels = _levels(text, multiscale, arrays, orientation, own)
    found_kind: Kind = kind or (
        "labels" if own.get("kind") == "labels" or multiscale.is_labels else "image"
    )
    if found_kind == "labels" and dtype.kind not in "ui":
        raise StorageError(text, f"labels of type {dtype.name}; labels are whole numbers")
    return Volume(
        location=text,
        name=name or str(own.get("name") or multiscale.name or Path(text).name),
        kind=found_kind,
        dtype=dtype,
        channels=int(np.prod(levels[0].lead, dtype=np.int64)),
        levels=levels,
        space=space or str(own.get("space") or "unspecified"),
        orientation=orientation,
        assumed=assumed,
        attributes=own,
        multiscale=multiscale,
        digest=digest,
        zarr_format=zarr_format,
    )


def _read_group(kv: ts.KvStore, location: str) -> tuple[dict[str, Any], int, str]:
    """Return the group's attributes, the Zarr format, and a digest of its metadata."""
    v3 = read_json(kv, "zarr.json", location)
    if v3 is not None:
        raw: dict[str, Any] = v3
        attributes, zarr_format = v3.get("attributes", {}), 3
    else:
        v2 = read_json(kv, ".zattrs", location)
        if v2 is None:
            if "://" not in location and not Path(location).is_dir():
                raise NotFoundError("folder", location)
            raise StorageError(location, "it has neither zarr.json nor .zattrs, so is no OME-Zarr")
        raw, attributes, zarr_format = v2, v2, 2
    if not isinstance(attributes, dict):
        raise StorageError(location, "its attributes are not a JSON object")
    seal = hashlib.sha256(json.dumps(raw, sort_keys=True).encode())
    if "://" not in location:
        # A volume written anew over the old one, with the same metadata, has another inode or time.
        name = "zarr.json" if zarr_format == 3 else ".zattrs"
        stat = (Path(location) / name).stat()
        seal.update(f"{stat.st_ino} {stat.st_mtime_ns}".encode())
    return attributes, zarr_format, seal.hexdigest()[:16]


def _open_array(
    location: str, path: str, zarr_format: int, ndim: int, context: Context
) -> ts.TensorStore:
    if path.startswith("/") or ".." in path.split("/"):
        raise StorageError(location, f"its dataset path {path!r} leads out of it")
    spec = {
        "driver": "zarr3" if zarr_format == 3 else "zarr",
        "kvstore": ts.KvStore.Spec(kvstore_spec(location)) / f"{path}/",
        "recheck_cached_data": "open",
        "recheck_cached_metadata": "open",
    }
    spec["kvstore"] = cast("ts.KvStore.Spec", spec["kvstore"]).to_json()
    try:
        array = ts.open(spec, read=True, open=True, context=context).result()
    except (ValueError, OSError) as exc:
        if "NOT_FOUND" in str(exc):
            raise StorageError(f"{location}/{path}", "there is no array") from exc
        raise_storage_error(exc, f"{location}/{path}")
    if array.rank != ndim:
        raise StorageError(
            f"{location}/{path}", f"it has {array.rank} dimensions for {ndim} named axes"
        )
    if any(n == 0 for n in array.shape):
        raise StorageError(f"{location}/{path}", f"it is empty: its shape is {array.shape}")
    return array


def _orientation(multiscale: Multiscale) -> tuple[Orientation, tuple[str, ...]]:
    """Return how the stored space axes lie, and what had to be taken for granted."""
    axes = [multiscale.axes[i] for i in multiscale.spatial]
    assumed: list[str] = []
    if any(a.unit_mm is None for a in axes):
        assumed.append("unit: millimeter")
    if len(axes) == 2:
        axes = [Axis("z", "space"), *axes]
    said = [a.orientation for a in axes]
    if all(word in _space.DIRECTIONS for word in said):
        return Orientation.from_words([str(w) for w in said]), tuple(assumed)
    assumed.append("orientation: RAS+")
    names = [a.name.lower() for a in axes]
    order = names if sorted(names) == ["x", "y", "z"] else ["z", "y", "x"]
    return Orientation.from_words([_DEFAULT_WORD[n] for n in order]), tuple(assumed)


def _levels(
    location: str,
    multiscale: Multiscale,
    arrays: Sequence[ts.TensorStore],
    orientation: Orientation,
    own: Mapping[str, Any],
) -> tuple[Level, ...]:
    """Turn stored arrays into levels (..., z, y, x) in RAS order, finest first."""
    stored = [_stored_grid(multiscale, i) for i in range(len(arrays))]
    scale0, translation0 = stored[0]
    base = _base_affine(orientation, scale0, translation0, own, location)
    order = sorted(range(len(arrays)), key=lambda i: float(np.prod(stored[i][0])))
    levels: list[Level] = []
    finest: FloatArray | None = None
    for index, i in enumerate(order):
        view, lead = _spatial_view(arrays[i], multiscale)
        extent = view.shape[len(lead) :]
        scale, translation = stored[i]
        to_first = np.diag([*(scale / scale0), 1.0])
        to_first[:3, 3] = (translation - translation0) / scale0
        affine = base @ to_first @ _space.reorientation(orientation, extent)
        turned = _turn(view, len(lead), orientation)
        finest = affine if finest is None else finest
        grid = np.linalg.inv(finest) @ affine
        step = np.diag(grid[:3, :3])[::-1]
        first = grid[:3, 3][::-1]
        read_chunk = turned.chunk_layout.read_chunk.shape or turned.shape
        chunk = [int(c or n) for c, n in zip(read_chunk, turned.shape, strict=True)]
        levels.append(
            Level(
                index=index,
                path=multiscale.datasets[i].path,
                location=f"{location}/{multiscale.datasets[i].path}",
                shape=cast("Triple", tuple(int(n) for n in turned.shape[len(lead) :])),
                affine=affine,
                step=(float(step[0]), float(step[1]), float(step[2])),
                first=(float(first[0]), float(first[1]), float(first[2])),
                chunk=cast("Triple", tuple(chunk[len(lead) :])),
                lead=lead,
                array=turned,
            )
        )
    return tuple(levels)


def _stored_grid(multiscale: Multiscale, index: int) -> tuple[FloatArray, FloatArray]:
    """Scale and translation in mm of the three space axes, in stored order."""
    dataset = multiscale.datasets[index]
    units = [multiscale.axes[i].unit_mm or 1.0 for i in multiscale.spatial]
    scale = [dataset.scale[i] * u for i, u in zip(multiscale.spatial, units, strict=True)]
    shift = [dataset.translation[i] * u for i, u in zip(multiscale.spatial, units, strict=True)]
    if len(scale) == 2:  # a picture: give it a thickness like its pixels, the same at every level
        finest = multiscale.datasets[0].scale
        thickness = [finest[i] * u for i, u in zip(multiscale.spatial, units, strict=True)]
        scale, shift = [sum(thickness) / 2, *scale], [0.0, *shift]
    return np.array(scale), np.array(shift)


def _base_affine(
    orientation: Orientation,
    scale: FloatArray,
    translation: FloatArray,
    own: Mapping[str, Any],
    location: str,
) -> FloatArray:
    """Return the affine of the finest stored array, its axes in stored order → mm RAS+."""
    affine = np.zeros((4, 4))
    affine[3, 3] = 1
    said = own.get("affine")
    if said is not None:
        try:
            given = np.array(said, np.float64)
        except (TypeError, ValueError):
            given = np.zeros(0)
        if given.shape != (4, 4) or not np.isfinite(given).all() or not np.linalg.det(given):
            raise StorageError(location, "its affine is not an invertible 4 × 4 matrix")
        # said in RAS order, x, y, z; here columns follow the stored axes
        for world in range(3):
            affine[:, orientation.axes[world]] = given[:, world]
        affine[:, 3] = given[:, 3]
        return affine
    for world, (stored, flip) in enumerate(zip(orientation.axes, orientation.flips, strict=True)):
        sign = -1.0 if flip else 1.0
        affine[world, stored] = sign * scale[stored]
        affine[world, 3] = sign * translation[stored]
    return affine


def _spatial_view(
    array: ts.TensorStore, multiscale: Multiscale
) -> tuple[ts.TensorStore, tuple[int, ...]]:
    """Put the space axes last, in stored order, and make them three."""
    spatial = list(multiscale.spatial)
    lead = [i for i in range(len(multiscale.axes)) if i not in spatial]
    view = array[ts.d[[*lead, *spatial]].transpose[:]]
    if len(spatial) == 2:
        where = (slice(None),) * len(lead)
        view = view[(*where, ts.newaxis)]
        view = view[ts.d[len(lead)].mark_bounds_implicit[False]]
    return view, tuple(int(view.shape[k]) for k in range(len(lead)))


def _turn(view: ts.TensorStore, lead: int, orientation: Orientation) -> ts.TensorStore:
    """Turn the last three axes, in stored order, into z, y, x in RAS order."""
    for stored, flip in zip(orientation.axes, orientation.flips, strict=True):
        if flip:
            view = view[ts.d[lead + stored].stride[-1]]
            view = view[ts.d[lead + stored].translate_to[0]]
    order = [*range(lead), *(lead + axis for axis in reversed(orientation.axes))]
    return view[ts.d[order].transpose[:]]
