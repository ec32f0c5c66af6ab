"""Imaris 5.5, ``.ims``: an HDF5 file with a pyramid of each channel at each time point.

References
----------
imaris.oxinst.com, "Imaris File Format Description". Voxels are padded to whole chunks: how many
there are, and how far they reach, is said in attributes, each a list of single characters.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.errors import AtlasViewError, InvalidParameterError, SourceError
from atlasview.geometry import Box, Triple
from atlasview.ingest.causes import short
from atlasview.ingest.hdf5file import check_own, open_hdf5
from atlasview.ingest.placement import MissingOptionError
from atlasview.ingest.source import Header
from atlasview.ngff import MILLIMETRES

_FINEST = "DataSet/ResolutionLevel 0"
_NUMBER = re.compile(r"(?:TimePoint|Channel) (\d{1,9})")


class ImarisSource:
    """The finest level of one time point of an Imaris file, with all its channels.

    Parameters
    ----------
    path : Path
    dataset : str, optional
        ``TimePoint 3``; needed where there are several.

    Raises
    ------
    SourceError
        It is no Imaris file, or is damaged.
    MissingOptionError
        It holds several time points.
    """

    def __init__(self, path: Path, dataset: str | None = None) -> None:
        self._path = path
        self._file = open_hdf5(path, "Imaris")
        try:
            moment = _moment(path, self._file, dataset)
            groups = [moment[name] for name in _numbered(moment)]
            self._channels = [group["Data"] for group in groups]
            for data in self._channels:
                check_own(path, self._file, data)
            self.header = _describe(path, self._file, groups, self._channels)
        except Exception as exc:  # h5py has no errors of its own
            self._file.close()
            if isinstance(exc, AtlasViewError):
                raise
            raise SourceError(path, f"it cannot be read as Imaris ({short(exc)})") from exc

    @property
    def files(self) -> tuple[Path, ...]:
        """The one file."""
        return (self._path,)

    def read_into(self, channels: slice, box: Box, out: npt.NDArray[Any]) -> None:
        """Put voxels into an array (c, k, j, i)."""
        try:
            for place, data in zip(out, self._channels[channels], strict=True):
                np.copyto(place, data[box.slices], casting="unsafe")
        except (OSError, ValueError, RuntimeError) as exc:
            raise SourceError(
                self._path, f"it is truncated or damaged ({short(exc)}); copy or download it again"
            ) from exc

    def finish(self) -> None:
        """Do nothing: chunks carry their own checksums where they have any."""

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _moment(path: Path, file: Any, dataset: str | None) -> Any:
    """Return the group of the time point that is meant."""
    if _FINEST not in file:
        raise SourceError(path, f"it is no Imaris 5.5 file: it has no {_FINEST}")
    level = file[_FINEST]
    names = _numbered(level)
    if dataset is not None and dataset not in names:
        raise InvalidParameterError("--dataset", dataset, f"{path} holds {', '.join(names[:6])}")
    if dataset is None and len(names) > 1:
        lacks = f"which of its {len(names)} time points is meant"
        raise MissingOptionError(path, "--dataset", lacks, f"'{names[0]}'")
    if not names:
        raise SourceError(path, "it holds no time point")
    return level[dataset or names[0]]


def _numbered(group: Any) -> list[str]:
    """Return the time points or channels in a group, in the order of their numbers."""
    found = {name: match for name in group if (match := _NUMBER.fullmatch(name))}
    return sorted(found, key=lambda name: int(found[name][1]))


def _describe(path: Path, file: Any, groups: list[Any], channels: list[Any]) -> Header:
    if not channels:
        raise SourceError(path, "it holds no channel")
    first, data = groups[0], channels[0]
    if data.ndim != 3 or data.dtype.kind not in "uif":
        raise SourceError(path, "its channels are no arrays of three dimensions")
    shape = _extent(first, data)
    for group, other in zip(groups, channels, strict=True):
        if other.dtype != data.dtype or other.shape != data.shape or _extent(group, other) != shape:
            raise SourceError(path, "its channels differ in size or type; save one of them")
    if any(n < 1 for n in shape):
        raise SourceError(path, f"it holds no voxels: its shape is {shape}")
    return Header(
        format="Imaris",
        shape=shape,
        channels=len(channels) if len(channels) > 1 else 0,
        dtype=np.dtype(data.dtype),
        affine=None,
        voxel_size=_voxel_size(file, shape),
    )


def _extent(group: Any, data: Any) -> Triple:
    """Return how many voxels (k, j, i) a channel has, without what pads its chunks."""
    k, j, i = (
        min(int(_text(group, f"ImageSize{axis}") or stored), int(stored))
        for axis, stored in zip("ZYX", data.shape, strict=True)
    )
    return k, j, i


def _voxel_size(file: Any, shape: Triple) -> tuple[float, float, float] | None:
    """Return the size in mm along (i, j, k): the outer edges of the image over its voxels."""
    image = file.get("DataSetInfo/Image")
    if image is None:
        return None
    unit = MILLIMETRES.get(_text(image, "Unit") or "um")
    edges = [[_text(image, f"Ext{end}{axis}") for end in ("Min", "Max")] for axis in range(3)]
    if unit is None or any(text is None for pair in edges for text in pair):
        return None
    i, j, k = (
        (float(high or 0) - float(low or 0)) / count * unit
        for (low, high), count in zip(edges, shape[::-1], strict=True)
    )
    return (i, j, k) if all(math.isfinite(v) and v > 0 for v in (i, j, k)) else None


def _text(group: Any, name: str) -> str | None:
    """Return an attribute's characters, joined."""
    said = group.attrs.get(name)
    if said is None:
        return None
    parts = [said] if isinstance(said, str | bytes) else np.ravel(said).tolist()
    joined = "".join(p.decode("latin-1") if isinstance(p, bytes) else str(p) for p in parts)
    return joined.strip("\0 ") or None
