"""Chunked arrays in a folder or at a URL: OME-Zarr, Zarr 2 and 3, N5, Neuroglancer precomputed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorstore as ts

from atlasview.errors import (
    InvalidParameterError,
    SourceError,
    StorageError,
    StoreUnavailableError,
)
from atlasview.geometry import Box, FloatArray
from atlasview.ingest.address import Address, Location
from atlasview.ingest.causes import short
from atlasview.ingest.fingerprint import File, Held
from atlasview.ingest.placement import MissingOptionError
from atlasview.ingest.source import Header
from atlasview.ngff import MILLIMETRES
from atlasview.opening import open_volume
from atlasview.store import (
    READ_TIMEOUT,
    kvstore_spec,
    make_context,
    open_store,
    read_bytes,
    read_json,
)

_CACHE = 64 << 20


class ArraySource:
    """The finest level of a chunked array.

    Parameters
    ----------
    location : Path or Address
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

    def __init__(self, location: Location, dataset: str | None = None) -> None:
        self._location = location
        self._context = make_context(_CACHE)
        try:
            self._array, self.header, self._files = _Folder(location, self._context).open(dataset)
        except (StorageError, StoreUnavailableError) as exc:
            raise self._unreadable(exc.reason) from exc
        except (ValueError, KeyError, TypeError) as exc:
            raise self._unreadable(short(exc)) from exc

    @property
    def files(self) -> tuple[File, ...]:
        """The metadata; the chunks are too many to be told apart by their bytes."""
        return self._files

    def read_into(self, channels: slice, box: Box, out: npt.NDArray[Any]) -> None:
        """Put voxels into an array (c, k, j, i)."""
        where = (channels, *box.slices)
        try:
            found = self._array[where].read(order="C").result()
        except (ValueError, OSError) as exc:
            if isinstance(self._location, Path):
                raise SourceError(self._location, f"it is damaged ({short(exc)})") from exc
            raise self._unreadable(short(exc)) from exc
        np.copyto(out, found, casting="unsafe")

    def _unreadable(self, reason: str) -> SourceError:
        if isinstance(self._location, Address):
            reason = self._location.hide(reason)
        return SourceError(self._location, f"it cannot be read ({reason})")

    def finish(self) -> None:
        """Do nothing: chunks carry their own checksums where they have any."""

    def close(self) -> None:
        """Let go of the store."""


_Opened = tuple[ts.TensorStore, Header, tuple[File, ...]]


class _Folder:
    """A folder, here or at an address, in which an array is looked for."""

    def __init__(self, location: Location, context: ts.Context) -> None:
        self._location, self._context = location, context
        self._where = location.url if isinstance(location, Address) else str(location)
        self._store = open_store(kvstore_spec(self._where), context)

    def open(self, dataset: str | None) -> _Opened:
        location = self._location
        if dataset is None:
            for name in ("zarr.json", ".zattrs"):
                document = self._json(name) or {}
                attributes = document.get("attributes", {}) if name == "zarr.json" else document
                if "multiscales" in attributes or "multiscales" in attributes.get("ome", {}):
                    return self._ome(name)
            info = self._json("info")
            if info is not None and "scales" in info:
                return self._precomputed(info)
        inner = "" if dataset is None else f"{dataset.strip('/')}/"
        for name, driver in (
            ("zarr.json", "zarr3"), (".zarray", "zarr"), ("attributes.json", "n5"),
        ):  # fmt: skip
            document = self._json(inner + name) or {}
            if (
                not document
                or (name == "zarr.json" and document.get("node_type") != "array")
                or (name == "attributes.json" and "dimensions" not in document)
            ):
                continue
            return self._plain(inner, name, driver, document)
        if dataset is not None:
            raise InvalidParameterError(
                "--dataset", dataset, f"there is no array of that name in {location}"
            )
        arrays = self._arrays()
        if arrays:
            lacks = f"which of its arrays is meant ({', '.join(arrays[:6])})"
            raise MissingOptionError(location, "--dataset", lacks, arrays[0])
        raise SourceError(location, "it holds no Zarr, N5 or precomputed array, and no sections")

    def _json(self, name: str) -> dict[str, Any] | None:
        return read_json(self._store, name, str(self._location))

    def _arrays(self) -> list[str]:
        """Return the arrays below; none where a store cannot list what it has."""
        try:
            keys = [key.decode() for key in self._store.list().result(READ_TIMEOUT)]
        except (ValueError, OSError, NotImplementedError):
            return []
        ends = ("/.zarray", "/zarr.json", "/attributes.json")
        return sorted({key.rpartition("/")[0] for key in keys if key.endswith(ends)})

    def _files(self, name: str) -> tuple[File, ...]:
        if isinstance(self._location, Path):
            return (self._location / name,)
        found = read_bytes(self._store, name, str(self._location))
        return (Held(name, found or b""),)

    def _open(self, driver: dict[str, Any], inner: str = "") -> ts.TensorStore:
        store = kvstore_spec(self._where)
        spec = (ts.KvStore.Spec(store) / inner).to_json() if inner else store
        opened = ts.open(
            {**driver, "kvstore": spec}, open=True, read=True, context=self._context
        ).result()
        return opened[ts.d[:].translate_to[0]]

    def _ome(self, name: str) -> _Opened:
        volume = open_volume(self._where, context=self._context)
        level = volume.levels[0]
        array = level.array
        for _ in level.lead[1:]:
            raise SourceError(
                self._location,
                f"it has {len(level.lead)} axes beside those of space; one can be taken in",
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
        return array, header, self._files(name)

    def _precomputed(self, info: dict[str, Any]) -> _Opened:
        array = self._open({"driver": "neuroglancer_precomputed", "scale_index": 0})
        array = array[ts.d[3, 2, 1, 0].transpose[:]]  # of x, y, z, channel
        nanometres = [float(v) for v in info["scales"][0]["resolution"]]
        header = _header(
            self._location,
            array,
            "Neuroglancer precomputed",
            voxel_size=_sizes([v * 1e-6 for v in nanometres]),
            channels=array.shape[0] if array.shape[0] > 1 else 0,
        )
        return array, header, self._files("info")

    def _plain(self, inner: str, name: str, driver: str, document: dict[str, Any]) -> _Opened:
        array = self._open({"driver": driver}, inner)
        if driver == "n5":  # x first
            array = array[ts.d[::-1].transpose[:]]
        if not 2 <= array.rank <= 4:
            raise SourceError(
                self._location,
                f"it has {array.rank} dimensions; three of space and one of channels can be "
                "taken in",
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
        title = {"zarr3": "Zarr 3", "zarr": "Zarr 2", "n5": "N5"}[driver]
        header = _header(self._location, array, title, voxel_size=size, channels=channels)
        return array, header, self._files(inner + name)


def _header(
    location: Location,
    array: ts.TensorStore,
    name: str,
    *,
    voxel_size: tuple[float, float, float] | None,
    channels: int,
) -> Header:
    dtype = array.dtype.numpy_dtype
    if dtype.kind not in "uifb" or dtype.itemsize > 8:
        raise SourceError(location, f"its voxels are of type {array.dtype.name}")
    k, j, i = (int(n) for n in array.shape[1:])
    if min(k, j, i) < 1:
        raise SourceError(location, f"it holds no voxels: its shape is {(k, j, i)}")
    affine: FloatArray | None = None
    return Header(
        format=name,
        shape=(k, j, i),
        channels=channels,
        dtype=np.dtype(dtype),
        affine=affine,
        voxel_size=voxel_size,
    )


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
