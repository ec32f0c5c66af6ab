"""HDF5: one dataset of three dimensions, or four with channels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from atlasview.errors import AtlasViewError, InvalidParameterError, SourceError
from atlasview.geometry import Box
from atlasview.ingest.causes import short
from atlasview.ingest.hdf5file import check_own, open_hdf5
from atlasview.ingest.placement import MissingOptionError
from atlasview.ingest.source import Header
from atlasview.ngff import MILLIMETRES


class Hdf5Source:
    """A dataset in an HDF5 file: (z, y, x), (c, z, y, x), or (z, y, x, c) with 3 or 4 colours.

    Parameters
    ----------
    path : Path
    dataset : str, optional
        Its path in the file; needed where the file holds several.

    Raises
    ------
    SourceError
        It is no HDF5 file, is damaged, or holds no volume.
    MissingOptionError
        It holds several.
    """

    def __init__(self, path: Path, dataset: str | None = None) -> None:
        self._path = path
        self._file = open_hdf5(path, "HDF5")
        try:
            name = _choose(path, self._file, dataset)
            self._data = self._file[name]
            check_own(path, self._file, self._data)
            self.header, self._channel = _describe(path, self._data, name)
        except AtlasViewError:
            self._file.close()
            raise
        except Exception as exc:  # h5py has no errors of its own
            self._file.close()
            raise SourceError(path, f"it cannot be read as HDF5 ({short(exc)})") from exc

    @property
    def files(self) -> tuple[Path, ...]:
        """The one file."""
        return (self._path,)

    def read_into(self, channels: slice, box: Box, out: npt.NDArray[Any]) -> None:
        """Put voxels into an array (c, k, j, i)."""
        where: list[slice] = list(box.slices)[3 - min(3, self._data.ndim) :]
        if self._channel is not None:
            where.insert(self._channel, channels)
        try:
            found = np.asarray(self._data[tuple(where)])
        except (OSError, ValueError, RuntimeError) as exc:
            raise SourceError(
                self._path, f"it is truncated or damaged ({short(exc)}); copy or download it again"
            ) from exc
        if self._channel is None:
            found = found.reshape(1, *box.shape)
        else:
            found = np.moveaxis(found, self._channel, 0)
        np.copyto(out, found, casting="unsafe")

    def finish(self) -> None:
        """Do nothing: chunks carry their own checksums where they have any."""

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _choose(path: Path, file: Any, dataset: str | None) -> str:
    found: dict[str, Any] = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and 2 <= item.ndim <= 4 and item.dtype.kind in "uifb":
            found[name] = item

    file.visititems(visit)
    if dataset is not None:
        name = dataset.strip("/")
        if name not in found:
            raise InvalidParameterError(
                "--dataset", dataset, f"{path} holds {', '.join(found) or 'no volume'}"
            )
        return name
    volumes = [name for name, item in found.items() if item.ndim > 2] or list(found)
    if not volumes:
        raise SourceError(path, "it holds no array of three dimensions")
    if len(volumes) > 1:
        lacks = f"which of its arrays is meant ({', '.join(volumes[:6])})"
        raise MissingOptionError(path, "--dataset", lacks, volumes[0])
    return volumes[0]


def _describe(path: Path, data: Any, name: str) -> tuple[Header, int | None]:
    shape = [int(n) for n in data.shape]
    if any(n < 1 for n in shape):
        raise SourceError(path, f"its array {name} holds no voxels: its shape is {tuple(shape)}")
    channel = None if len(shape) < 4 else 3 if shape[3] in (3, 4) else 0
    k, j, i = [1, *(n for a, n in enumerate(shape) if a != channel)][-3:]
    header = Header(
        format="HDF5",
        shape=(k, j, i),
        channels=0 if channel is None else shape[channel],
        dtype=np.dtype(data.dtype),
        affine=None,
        voxel_size=_voxel_size(data),
        interleaved=channel == 3,
        said={"dataset": name},
    )
    return header, channel


def _voxel_size(data: Any) -> tuple[float, float, float] | None:
    """Return the size in mm that Fiji and ilastik write, ``element_size_um`` (z, y, x)."""
    said = data.attrs.get("element_size_um")
    if said is None:
        return None
    sizes = [float(v) * MILLIMETRES["micrometer"] for v in np.ravel(said)]
    if len(sizes) != 3 or not all(v > 0 for v in sizes):
        return None
    return sizes[2], sizes[1], sizes[0]
