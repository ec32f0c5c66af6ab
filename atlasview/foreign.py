"""Volumes stored as N5 or Neuroglancer precomputed, described as an OME-Zarr would be."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tensorstore as ts

from atlasview.errors import StorageError
from atlasview.ngff import MILLIMETRES, Axis, Dataset, Multiscale
from atlasview.store import (
    READ_TIMEOUT,
    Context,
    StoreSpec,
    open_store,
    raise_storage_error,
    read_json,
)


@dataclass(frozen=True, eq=False, slots=True)
class Found:
    """What lies at an address: metadata, one array a level, and a seal that changes with them."""

    multiscale: Multiscale
    arrays: list[ts.TensorStore]
    attributes: dict[str, Any]
    seal: str
    zarr_format: int = 3


def open_array(
    driver: dict[str, Any], store: StoreSpec, path: str, location: str, context: Context
) -> ts.TensorStore:
    """Open one stored array.

    Parameters
    ----------
    driver : dict
        TensorStore's driver and its options.
    store : dict or str
    path : str
        Of the array in the store, empty or ending in a slash.
    location : str
        Named in errors.
    context : Context

    Raises
    ------
    StorageError, StoreUnavailableError
        It is absent, or cannot be opened.
    """
    spec = {
        **driver,
        "kvstore": (ts.KvStore.Spec(store) / path).to_json() if path else store,
        "recheck_cached_data": "open",
        "recheck_cached_metadata": "open",
    }
    try:
        return ts.open(spec, read=True, open=True, context=context).result(READ_TIMEOUT)
    except (ValueError, OSError) as exc:
        if "NOT_FOUND" in str(exc):
            raise StorageError(location, "there is no array") from exc
        raise_storage_error(exc, location)


def _open_precomputed(location: str, store: StoreSpec, context: Context) -> Found:
    """Describe a precomputed volume: x, y, z, channel; resolutions in nm, corners at the origin."""
    info = read_json(open_store(store, context), "info", location)
    if info is None:
        raise StorageError(location, "it has no info file, so is no precomputed volume")
    axes = (*(Axis(n, "space", 1e-6) for n in "xyz"), Axis("c", "channel"))
    datasets, arrays = [], []
    try:
        for index, scale in enumerate(info["scales"]):
            size = [float(v) for v in scale["resolution"]]
            offset = [int(v) for v in scale.get("voxel_offset", (0, 0, 0))]
            shift = [(o + 0.5) * s for o, s in zip(offset, size, strict=True)]
            datasets.append(Dataset(str(scale["key"]), (*size, 1.0), (*shift, 0.0)))
            array = open_array(
                {"driver": "neuroglancer_precomputed", "scale_index": index},
                store,
                "",
                location,
                context,
            )
            arrays.append(array[ts.d[:].translate_to[0]])
        labels = info.get("type") == "segmentation"
    except (KeyError, TypeError, ValueError) as exc:
        raise StorageError(location, f"its info file is malformed ({exc})") from exc
    if not arrays:
        raise StorageError(location, "its info file names no scales")
    multiscale = Multiscale("precomputed", "", axes, tuple(datasets), labels)
    return Found(multiscale, arrays, {}, _seal(info))


def _open_n5(location: str, store: StoreSpec, context: Context) -> Found:
    """Describe an N5 multiscale (``s0``, ``s1`` …, as n5-viewer writes it) or a single array.

    References
    ----------
    n5-viewer's conventions: ``downsamplingFactors`` and ``pixelResolution``.
    """
    kv = open_store(store, context)
    root = read_json(kv, "attributes.json", location) or {}
    paths: list[tuple[str, dict[str, Any]]] = []
    if "dimensions" in root:
        paths.append(("", root))
    else:
        while (found := read_json(kv, f"s{len(paths)}/attributes.json", location)) is not None:
            paths.append((f"s{len(paths)}/", found))
    if not paths:
        raise StorageError(location, "it holds neither an N5 array nor s0, s1, …")
    datasets, arrays = [], []
    units: list[float | None] = [None, None, None]
    try:
        for index, (path, attributes) in enumerate(paths):
            size, units = _n5_resolution({**root, **attributes}, units)
            factors = attributes.get("downsamplingFactors")
            if factors is None:
                said = root.get("scales") or root.get("downsamplingFactors")
                factors = said[index] if said else [2**index] * 3
            # the corner stays, so a coarser voxel's centre lies further in
            scale = [s * float(f) for s, f in zip(size, factors, strict=True)]
            shift = [s * (float(f) - 1) / 2 for s, f in zip(size, factors, strict=True)]
            array = open_array({"driver": "n5"}, store, path, f"{location}/{path}", context)
            extra = array.rank - 3
            if extra < 0:
                raise StorageError(location, f"it has {array.rank} dimensions; 3 can be shown")
            datasets.append(
                Dataset(path.rstrip("/"), (*scale, *[1.0] * extra), (*shift, *[0.0] * extra))
            )
            arrays.append(array)
    except (KeyError, TypeError, ValueError, IndexError) as exc:
        raise StorageError(location, f"its attributes are malformed ({exc})") from exc
    axes = [Axis(n, "space", u) for n, u in zip("xyz", units, strict=True)]
    axes += [Axis(f"c{i}" if i else "c", "channel") for i in range(arrays[0].rank - 3)]
    multiscale = Multiscale("n5", str(root.get("name") or ""), tuple(axes), tuple(datasets), False)
    return Found(multiscale, arrays, {}, _seal({"root": root, "levels": [a for _, a in paths]}))


def _n5_resolution(
    attributes: dict[str, Any], before: list[float | None]
) -> tuple[list[float], list[float | None]]:
    said = attributes.get("pixelResolution")
    if isinstance(said, dict):
        unit = MILLIMETRES.get(str(said.get("unit")))
        return [float(v) for v in said["dimensions"][:3]], [unit] * 3
    plain = said if isinstance(said, list) else attributes.get("resolution")
    if isinstance(plain, list):
        names = attributes.get("units") or [None] * 3
        return [float(v) for v in plain[:3]], [MILLIMETRES.get(str(u)) for u in names[:3]]
    return [1.0, 1.0, 1.0], before


def _seal(metadata: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(metadata, sort_keys=True).encode()).hexdigest()


#: Format → how it is opened.
FOREIGN: dict[str, Callable[[str, StoreSpec, Context], Found]] = {
    "n5": _open_n5,
    "precomputed": _open_precomputed,
}
