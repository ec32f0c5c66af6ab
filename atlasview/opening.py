"""Open a volume: from stored metadata to levels (z, y, x) in RAS order, nothing read yet."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import tensorstore as ts

from atlasview import space as _space
from atlasview.computed import COMPUTED, open_computed
from atlasview.errors import NotFoundError, StorageError
from atlasview.foreign import FOREIGN, Found, open_array
from atlasview.geometry import FloatArray, Triple
from atlasview.ngff import Axis, Dataset, Multiscale, parse_multiscale
from atlasview.space import Orientation
from atlasview.store import Context, StoreSpec, kvstore_spec, make_context, open_store, read_json
from atlasview.volume import Kind, Level, Volume

_DEFAULT_WORD = {"x": "left-to-right", "y": "posterior-to-anterior", "z": "inferior-to-superior"}
#: Stored axes z, y, x that grow superior, anterior, right.
STORED_RAS = Orientation.from_code("SAR")
#: Bytes of one chunk, decoded.
_LARGEST_CHUNK = 2 << 30
#: Millimetres within which everything lies, and one over the smallest voxel, in all units.
_FARTHEST = 1e16


def open_volume(
    location: str | Path,
    *,
    context: Context | None = None,
    kind: Kind | None = None,
    name: str | None = None,
    space: str | None = None,
    format: str = "ome-zarr",
    kvstore: StoreSpec | None = None,
    stored_affine: npt.ArrayLike | None = None,
    said: Mapping[str, Any] | None = None,
) -> Volume:
    """Open an OME-Zarr (0.4 or 0.5, Zarr v2 or v3), N5 or precomputed volume, here or at a URL.

    Parameters
    ----------
    location : str or Path
        Named in errors; opened unless `kvstore` is given.
    context : Context, optional
        Shared cache; see `make_context`.
    kind, name, space : optional
        Said by a catalogue; default to what the volume says of itself.
    format : str
        ``ome-zarr``, ``n5`` or ``precomputed``.
    kvstore : dict, optional
        TensorStore's spec of the store, where an address does not say it all.
    stored_affine : array_like, shape (4, 4), optional
        Voxel centre of the finest stored array, its space axes in the order x, y, z of their
        names, → mm RAS+; overrides what the file says.
    said : mapping, optional
        More that a catalogue says: ``licence``, ``citation``.

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
    try:
        return _open(
            text, context or make_context(0), kind, name, space, format,
            kvstore or kvstore_spec(text), stored_affine, said,
        )  # fmt: skip
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as exc:
        # Metadata come from strangers: one volume that says what nobody foresaw stops no other.
        reason = f"its metadata cannot be understood ({type(exc).__name__}: {str(exc)[:200]})"
        raise StorageError(text, reason) from exc


def _open(
    text: str,
    context: Context,
    kind: Kind | None,
    name: str | None,
    space: str | None,
    format: str,
    store: StoreSpec,
    stored_affine: npt.ArrayLike | None,
    said: Mapping[str, Any] | None,
) -> Volume:
    if format == "ome-zarr":
        found = _open_ome_zarr(text, store, context)
    elif format in FOREIGN:
        found = FOREIGN[format](text, store, context)
    else:
        known = ", ".join(["ome-zarr", *FOREIGN])
        raise StorageError(text, f"there is no format {format!r}; there are {known}")
    multiscale, arrays = found.multiscale, found.arrays
    own: dict[str, Any] = {**found.attributes, **(said or {})}
    format = COMPUTED if COMPUTED in found.attributes else format
    orientation, assumed = _orientation(multiscale)
    base = None
    if stored_affine is not None:
        base = _named_affine(stored_affine, multiscale, text)
        orientation, assumed = _space.nearest_orientation(base), ()

    dtype = arrays[0].dtype.numpy_dtype.newbyteorder("=")
    if dtype.kind not in "buif" or any(a.dtype != arrays[0].dtype for a in arrays):
        raise StorageError(text, f"voxels of type {arrays[0].dtype.name} cannot be shown")
    for array in arrays:
        _check_chunk(text, array)
    levels = _levels(text, multiscale, arrays, orientation, own, base)
    _check_sizes(text, levels)
    found_kind: Kind = kind or (
        "labels" if own.get("kind") == "labels" or multiscale.is_labels else "image"
    )
    if found_kind == "labels" and dtype.kind not in "ui":
        raise StorageError(text, f"labels of type {dtype.name}; labels are whole numbers")
    if format != "ome-zarr":
        # Other formats are served as OME-Zarr by transcoding, and that in RAS order.
        multiscale, orientation = ras_multiscale(multiscale.name, levels), STORED_RAS
    seal = hashlib.sha256(f"{found.seal} {base} {found_kind} {own.get('affine')}".encode())
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
        digest=seal.hexdigest()[:16],
        zarr_format=found.zarr_format,
        kvstore=store,
        format=format,
    )


def ras_multiscale(name: str, levels: Sequence[Level]) -> Multiscale:
    """Describe levels as an OME-Zarr in RAS order would: (lead axes,) z, y, x in mm.

    What is not along the axes is left to the volume's affine.
    """
    lead = tuple(Axis(f"c{i}" if i else "c", "channel") for i in range(len(levels[0].lead)))
    space_axes = tuple(
        Axis(n, "space", 1.0, w) for n, w in zip("zyx", reversed(_space.RAS_WORDS), strict=True)
    )
    ones, zeros = (1.0,) * len(lead), (0.0,) * len(lead)
    datasets = tuple(
        Dataset(
            str(level.index),
            (*ones, *reversed(level.voxel_size_mm)),
            (*zeros, *reversed(level.affine[:3, 3].tolist())),
        )
        for level in levels
    )
    return Multiscale("0.5", name, (*lead, *space_axes), datasets, False)


def _open_ome_zarr(location: str, store: StoreSpec, context: Context) -> Found:
    attributes, zarr_format, seal = _read_group(open_store(store, context), location)
    computed = attributes.get("atlasview")
    if isinstance(computed, dict) and COMPUTED in computed:
        return open_computed(location, computed, seal)
    multiscale = parse_multiscale(attributes, location)
    own = attributes.get("atlasview")
    arrays = [
        _open_array(location, store, dataset.path, zarr_format, len(multiscale.axes), context)
        for dataset in multiscale.datasets
    ]
    return Found(multiscale, arrays, own if isinstance(own, dict) else {}, seal, zarr_format)


def _named_affine(given: npt.ArrayLike, multiscale: Multiscale, location: str) -> FloatArray:
    """Return an affine said for x, y, z with its columns in the order of the stored axes."""
    try:
        affine = np.array(given, np.float64)
    except (TypeError, ValueError):
        affine = np.zeros(0)
    if affine.shape != (4, 4) or not np.isfinite(affine).all() or not np.linalg.det(affine):
        raise StorageError(location, "its affine is not an invertible 4 × 4 matrix")
    names = [multiscale.axes[i].name.lower() for i in multiscale.spatial]
    if sorted(names) != ["x", "y", "z"]:
        names = ["z", "y", "x"]
    order = ["xyz".index(n) for n in names]
    return affine[:, [*order, 3]]


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
    location: str, store: StoreSpec, path: str, zarr_format: int, ndim: int, context: Context
) -> ts.TensorStore:
    if path.startswith("/") or ".." in path.split("/"):
        raise StorageError(location, f"its dataset path {path!r} leads out of it")
    driver = "zarr3" if zarr_format == 3 else "zarr"
    array = open_array({"driver": driver}, store, f"{path}/", f"{location}/{path}", context)
    if array.rank != ndim:
        raise StorageError(
            f"{location}/{path}", f"it has {array.rank} dimensions for {ndim} named axes"
        )
    if any(n == 0 for n in array.shape):
        raise StorageError(f"{location}/{path}", f"it is empty: its shape is {array.shape}")
    return array


def _check_chunk(location: str, array: ts.TensorStore) -> None:
    """Refuse chunks that nobody could decode: TensorStore would end the process for want of memory.

    Raises
    ------
    StorageError
    """
    shape = array.chunk_layout.read_chunk.shape or ()
    size = math.prod(n or 1 for n in shape) * array.dtype.numpy_dtype.itemsize
    if size > _LARGEST_CHUNK:
        raise StorageError(
            location, f"a chunk of it has {size} bytes, and at most {_LARGEST_CHUNK} are decoded"
        )


def _check_sizes(location: str, levels: Sequence[Level]) -> None:
    """Refuse voxels of a size that no number after it could be worked out with.

    Raises
    ------
    StorageError
    """
    for level in levels:
        largest = np.abs(level.affine)
        smallest = largest[:3, :3].max(axis=0).min()
        if not (largest.max() <= _FARTHEST and smallest >= 1 / _FARTHEST):  # NaN neither
            raise StorageError(location, "the size of its voxels, or where they lie, is absurd")


def _orientation(multiscale: Multiscale) -> tuple[Orientation, tuple[str, ...]]:
    """Return how the stored space axes lie, and what had to be taken for granted."""
    axes = [multiscale.axes[i] for i in multiscale.spatial]
    assumed: list[str] = []
    if any(a.unit_mm is None for a in axes):
        assumed.append("unit: millimeter")
    if len(axes) == 2:
        axes = [Axis("z", "space", orientation=_third(axes)), *axes]
    said = [a.orientation for a in axes]
    if all(word in _space.DIRECTIONS for word in said):
        return Orientation.from_words([str(w) for w in said]), tuple(assumed)
    assumed.append("orientation: RAS+")
    names = [a.name.lower() for a in axes]
    order = names if sorted(names) == ["x", "y", "z"] else ["z", "y", "x"]
    return Orientation.from_words([_DEFAULT_WORD[n] for n in order]), tuple(assumed)


def _third(axes: Sequence[Axis]) -> str | None:
    """Return the direction that a picture's two axes leave over."""
    said = [a.orientation for a in axes if a.orientation in _space.DIRECTIONS]
    named = {_space.DIRECTIONS[word][0] for word in said if word}
    left = [word for world, word in enumerate(_space.RAS_WORDS) if world not in named]
    return left[0] if len(left) == 1 else None


def _levels(
    location: str,
    multiscale: Multiscale,
    arrays: Sequence[ts.TensorStore],
    orientation: Orientation,
    own: Mapping[str, Any],
    base: FloatArray | None,
) -> tuple[Level, ...]:
    """Turn stored arrays into levels (..., z, y, x) in RAS order, finest first."""
    stored = [_stored_grid(multiscale, i) for i in range(len(arrays))]
    scale0, translation0 = stored[0]
    if base is None:
        extent0 = [arrays[0].shape[i] for i in multiscale.spatial]
        base = _base_affine(orientation, scale0, translation0, own, extent0, location)
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
    extent: Sequence[int],
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
        if len(extent) == 2:  # a picture of one slice
            extent = [1, *extent]
        # said in RAS order, x, y, z; here columns follow the stored axes
        turned: FloatArray = given @ np.linalg.inv(_space.reorientation(orientation, extent))
        return turned
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
