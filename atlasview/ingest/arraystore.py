"""Chunked arrays in a folder or at a URL: OME-Zarr, Zarr 2 and 3, N5, Neuroglancer precomputed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorstore as ts

from atlasview.errors import InvalidParameterError, SourceError, StorageError
from atlasview.geometry import Box, FloatArray
from atlasview.ingest.nifti import short
from atlasview.ingest.placement import MissingOptionError
from atlasview.ingest.source import Header
from atlasview.ngff import MILLIMETRES
from atlasview.opening import open_volume
from atlasview.store import kvstore_spec, make_context, read_json

_CACHE = 64 << 20


class ArraySource:
    """The finest level of a chunked array.

    Parameters
    ----------
    path : Path
        Folder.
    dataset : str, optional
        Array within it, where that is not told by the metadata.

    Raises
    ------
    SourceError
        There is no array that can be opened.
    MissingOptionError
        There are several.
    """

    def __init__(self, path: Path, dataset: str | None = None) -> None:
        self._path = path
        self._context = make_context(_CACHE)
        try:
            self._array, self.header, self._files = _open(path, dataset, self._context)
        except StorageError as exc:
            raise SourceError(path, f"it cannot be read ({exc.reason})") from exc
        except (ValueError, KeyError, TypeError) as exc:
            raise SourceError(path, f"it cannot be read ({short(exc)})") from exc

    @property
    def files(self) -> tuple[Path, ...]:
        """The metadata; the chunks are too many to be told apart by their bytes."""
        return self._files

    def read_into(self, channels: slice, box: Box, out: npt.NDArray[Any]) -> None:
        """Put voxels into an array (c, k, j, i)."""
        where = (channels, *box.slices)
        try:
            found = self._array[where].read(order="C").result()
        except (ValueError, OSError) as exc:
            raise SourceError(self._path, f"it is damaged ({short(exc)})") from exc
        np.copyto(out, found, casting="unsafe")

    def finish(self) -> None:
        """Do nothing: chunks carry their own checksums where they have any."""

    def close(self) -> None:
        """Let go of the store."""


def _open(
    path: Path, dataset: str | None, context: ts.Context
) -> tuple[ts.TensorStore, Header, tuple[Path, ...]]:
    kv = ts.KvStore.open(kvstore_spec(path), context=context).result()
    if dataset is None:
        for name in ("zarr.json", ".zattrs"):
            document = read_json(kv, name, str(path)) or {}
            attributes = document.get("attributes", {}) if name == "zarr.json" else document
            if "multiscales" in attributes or "multiscales" in attributes.get("ome", {}):
                return _ome(path, name, context)
        info = read_json(kv, "info", str(path))
        if info is not None and "scales" in info:
            return _precomputed(path, info, context)
    inner = path if dataset is None else path / dataset
    for name, driver in (("zarr.json", "zarr3"), (".zarray", "zarr"), ("attributes.json", "n5")):
        file = inner / name
        if not file.is_file():
            continue
        document = read_json(kv, str(file.relative_to(path)), str(path)) or {}
        if (name == "zarr.json" and document.get("node_type") != "array") or (
            name == "attributes.json" and "dimensions" not in document
        ):
            continue
        return _plain(inner, file, driver, document, context)
    if dataset is not None:
        raise InvalidParameterError(
            "--dataset", dataset, f"there is no array of that name in {path}"
        )
    arrays = sorted(
        {
            str(p.parent.relative_to(path))
            for pattern in (".zarray", "zarr.json", "attributes.json")
            for p in path.rglob(pattern)
            if p.parent != path
        }
    )
    if arrays:
        lacks = f"which of its arrays is meant ({', '.join(arrays[:6])})"
        raise MissingOptionError(path, "--dataset", lacks, arrays[0])
    raise SourceError(path, "it holds no Zarr, N5 or precomputed array, and no sections")


def _ome(
    path: Path, name: str, context: ts.Context
) -> tuple[ts.TensorStore, Header, tuple[Path, ...]]:
    volume = open_volume(path, context=context)
    level = volume.levels[0]
    array = level.array
    for _ in level.lead[1:]:
        raise SourceError(
            path, f"it has {len(level.lead)} axes beside those of space; one can be taken in"
        )
    if not level.lead:
        array = array[ts.newaxis]
    known = not any(text.startswith("orientation") for text in volume.assumed)
    z, y, x = level.shape
    header = Header(
        format=f"OME-Zarr {volume.multiscale.version}",
        shape=(z, y, x),
        channels=level.lead[0] if level.lead else 0,
        dtype=volume.dtype,
        affine=np.array(level.affine) if known else None,
        affine_from="OME-Zarr",
        voxel_size=level.voxel_size_mm,
        space=volume.space if volume.space != "unspecified" else None,
        said={"stored_orientation": volume.orientation.code},
    )
    return array, header, (path / name,)


def _precomputed(
    path: Path, info: dict[str, Any], context: ts.Context
) -> tuple[ts.TensorStore, Header, tuple[Path, ...]]:
    spec = {"driver": "neuroglancer_precomputed", "kvstore": kvstore_spec(path), "scale_index": 0}
    array = ts.open(spec, open=True, read=True, context=context).result()
    array = array[ts.d[:].translate_to[0]]  # x, y, z, channel
    array = array[ts.d[3, 2, 1, 0].transpose[:]]
    nanometres = [float(v) for v in info["scales"][0]["resolution"]]
    return _header(
        path / "info",
        array,
        "Neuroglancer precomputed",
        voxel_size=_sizes([v * 1e-6 for v in nanometres]),
        channels=array.shape[0] if array.shape[0] > 1 else 0,
    )


def _plain(
    inner: Path, file: Path, driver: str, document: dict[str, Any], context: ts.Context
) -> tuple[ts.TensorStore, Header, tuple[Path, ...]]:
    spec = {"driver": driver, "kvstore": kvstore_spec(inner)}
    array = ts.open(spec, open=True, read=True, context=context).result()
    array = array[ts.d[:].translate_to[0]]
    if driver == "n5":  # x first
        array = array[ts.d[::-1].transpose[:]]
    if not 2 <= array.rank <= 4:
        raise SourceError(
            inner,
            f"it has {array.rank} dimensions; three of space and one of channels can be taken in",
        )
    channels = 0
    if array.rank == 4:
        if array.shape[3] in (3, 4) and driver != "n5":
            array = array[ts.d[3, 0, 1, 2].transpose[:]]
        channels = array.shape[0]
    while array.rank < 4:
        array = array[ts.newaxis]
    array = array[ts.d[:].mark_bounds_implicit[False]]
    size = _n5_size(document) if driver == "n5" else None
    name = {"zarr3": "Zarr 3", "zarr": "Zarr 2", "n5": "N5"}[driver]
    return _header(file, array, name, voxel_size=size, channels=channels)


def _header(
    file: Path,
    array: ts.TensorStore,
    name: str,
    *,
    voxel_size: tuple[float, float, float] | None,
    channels: int,
) -> tuple[ts.TensorStore, Header, tuple[Path, ...]]:
    dtype = array.dtype.numpy_dtype
    if dtype.kind not in "uifb" or dtype.itemsize > 8:
        raise SourceError(file.parent, f"its voxels are of type {array.dtype.name}")
    k, j, i = (int(n) for n in array.shape[1:])
    if min(k, j, i) < 1:
        raise SourceError(file.parent, f"it holds no voxels: its shape is {(k, j, i)}")
    affine: FloatArray | None = None
    header = Header(
        format=name,
        shape=(k, j, i),
        channels=channels,
        dtype=np.dtype(dtype),
        affine=affine,
        voxel_size=voxel_size,
    )
    return array, header, (file,)


def _n5_size(document: dict[str, Any]) -> tuple[float, float, float] | None:
    """Return the size in mm of the three ways of saying it that N5 knows."""
    pixel = document.get("pixelResolution")
    if isinstance(pixel, dict):
        unit, said = pixel.get("unit", ""), pixel.get("dimensions", ())
    else:
        said = pixel or document.get("resolution", ())
        units = document.get("units") or ["nm"]
        unit = units[0] if isinstance(units, list) else units
    length = MILLIMETRES.get(str(unit))
    if length is None or len(said) < 3:
        return None
    return _sizes([float(v) * length for v in said[:3]])


def _sizes(values: list[float]) -> tuple[float, float, float] | None:
    if len(values) != 3 or not all(np.isfinite(v) and v > 0 for v in values):
        return None
    return values[0], values[1], values[2]
