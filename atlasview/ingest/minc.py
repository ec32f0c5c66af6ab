"""MINC1 (netCDF) and MINC2 (HDF5).

A stored number means something only after the image's own range, which may differ for every slice.
Where it is the same for all, voxels are read as stored and scaled once; where it is not, they are
scaled slice by slice as they are read.

References
----------
en.wikibooks.org/wiki/MINC/Reference: ``image-min``, ``image-max``, ``valid_range``,
``direction_cosines``; ``start`` runs along the direction cosines.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from nibabel import minc1, minc2
from nibabel.externals import netcdf

from atlasview.errors import SourceError
from atlasview.geometry import Box, FloatArray
from atlasview.ingest.causes import short
from atlasview.ingest.source import Header

_HDF5 = b"\x89HDF\r\n\x1a\n"
_SPATIAL = ("xspace", "yspace", "zspace")


class MincSource:
    """A MINC file.

    Parameters
    ----------
    path : Path

    Raises
    ------
    SourceError
        It is not one, is damaged, or holds what cannot be shown.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            start = file.read(8)
        if start[:2] == b"\x1f\x8b":
            raise SourceError(path, "it is packed by gzip; unpack it first (gunzip)")
        self._file: Any = None
        try:
            if start == _HDF5:
                from atlasview.ingest.hdf5file import check_own, open_hdf5

                self._file = open_hdf5(path, "MINC")
                for data in self._file["minc-2.0/image/0"].values():
                    check_own(path, self._file, data)
                minc = _untyped(minc2.Minc2File)(self._file)
            else:
                self._file = _untyped(netcdf.netcdf_file)(str(path), mmap=True)
                minc = _untyped(minc1.Minc1File)(self._file)
            # netCDF knows no unsigned bytes: the array is seen as what MINC's own attribute says
            dtype = np.dtype(minc.get_data_dtype())
            self._data: Any = minc._image if start == _HDF5 else minc._image.data.view(dtype)
            names = list(minc._dim_names)
            shape = [int(n) for n in minc.get_data_shape()]
            scale = _scaling(minc, shape)
            self._valid = _narrowed_range(minc, dtype)
            affine = np.array(minc.get_affine(), np.float64)
        except Exception as exc:  # nibabel, h5py and netCDF raise what they please
            self.close()
            if isinstance(exc, SourceError):
                raise
            raise SourceError(path, f"it cannot be read as MINC ({short(exc)})") from exc
        self._channel = _channel_position(path, names)
        spatial = [n for a, n in enumerate(shape) if a != self._channel]
        k, j, i = spatial
        self._scale: tuple[FloatArray, FloatArray] | None = None
        slope, inter = 1.0, 0.0
        if scale is not None:
            slopes, inters = scale
            if np.ptp(slopes) == 0 and np.ptp(inters) == 0:
                slope, inter = float(slopes.flat[0]), float(inters.flat[0])
            else:
                self._scale = scale
        self.header = Header(
            format="MINC2" if start == _HDF5 else "MINC1",
            shape=(k, j, i),
            channels=0 if self._channel is None else shape[self._channel],
            dtype=np.dtype(np.float64) if self._scale is not None else dtype,
            # nibabel's columns follow the axes as stored, slowest first
            affine=affine[:, [2, 1, 0, 3]],
            affine_from="direction cosines",
            slope=slope,
            inter=inter,
            said={
                "dimensions": names,
                "stored_dtype": dtype.str.lstrip("|"),
                **({"scaling": "image-min and image-max of every slice"} if self._scale else {}),
            },
        )

    @property
    def files(self) -> tuple[Path, ...]:
        """The one file."""
        return (self._path,)

    def read_into(self, channels: slice, box: Box, out: npt.NDArray[Any]) -> None:
        """Put voxels into an array (c, k, j, i)."""
        where: list[slice] = list(box.slices)
        if self._channel is not None:
            where.insert(self._channel, channels)
        try:
            found = np.array(self._data[tuple(where)])
        except (OSError, ValueError) as exc:
            raise SourceError(
                self._path, "it is truncated or damaged; copy or download it again"
            ) from exc
        if self._valid is not None:
            np.clip(found, *self._valid, out=found)
        if self._scale is not None:
            slopes, inters = (part[tuple(where[: part.ndim])] for part in self._scale)
            more = (1,) * (found.ndim - slopes.ndim)
            found = found * slopes.reshape(*slopes.shape, *more)
            found += inters.reshape(*inters.shape, *more)
        found = found[None] if self._channel is None else np.moveaxis(found, self._channel, 0)
        np.copyto(out, found, casting="unsafe")

    def finish(self) -> None:
        """Do nothing: the file has no checksum of its own."""

    def close(self) -> None:
        """Let go of the file."""
        self._data = None
        if self._file is not None:
            with warnings.catch_warnings():
                # of arrays that an error's trace still holds
                warnings.simplefilter("ignore", RuntimeWarning)
                self._file.close()
        self._file = None


def _untyped(thing: Any) -> Any:
    """Call what nibabel gives no types for."""
    return thing


def _scaling(minc: Any, shape: list[int]) -> tuple[FloatArray, FloatArray] | None:
    """Return slopes and intercepts over the slowest axes; None where numbers are as stored.

    real = (stored − valid_min) / (valid_max − valid_min) · (image_max − image_min) + image_min
    """
    if np.dtype(minc.get_data_dtype()).kind == "f":
        return None
    low, high = (float(v) for v in minc._get_valid_range())
    least, most = (
        np.asarray(minc._get_array(part) if hasattr(minc, "_get_array") else part[...], np.float64)
        for part in (minc._image_min, minc._image_max)
    )
    if high == low or least.shape != most.shape or least.shape != tuple(shape[: least.ndim]):
        raise ValueError("its image-min and image-max do not fit its voxels")
    slopes = (most - least) / (high - low)
    inters = least - low * slopes
    # What rounding leaves of a range that is the stored one.
    near = np.abs(slopes - np.round(slopes)) < 1e-12 * np.maximum(1, np.abs(slopes))
    slopes = np.where(near, np.round(slopes), slopes)
    close = np.abs(inters - np.round(inters)) < 1e-9 * np.maximum(1, np.abs(least))
    inters = np.where(close & near, np.round(inters), inters)
    return slopes, inters


def _narrowed_range(minc: Any, dtype: np.dtype[Any]) -> tuple[int, int] | None:
    """Return the range of valid numbers, where it is narrower than the type's."""
    if dtype.kind == "f":
        return None
    low, high = (int(v) for v in minc._get_valid_range())
    limits = np.iinfo(dtype)
    return None if (low, high) == (limits.min, limits.max) else (low, high)


def _channel_position(path: Path, names: list[str]) -> int | None:
    other = [a for a, name in enumerate(names) if name not in _SPATIAL]
    if len(other) > 1 or len(names) - len(other) != 3:
        raise SourceError(
            path,
            f"its dimensions are {', '.join(names)}; three of space and one more can be taken in",
        )
    return other[0] if other else None
