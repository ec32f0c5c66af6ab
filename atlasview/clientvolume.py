"""A volume of a server, as arrays and files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from atlasview.cutout import FORMATS, mm_box
from atlasview.errors import InvalidParameterError
from atlasview.geometry import Box, FloatArray, Triple
from atlasview.opening import open_volume
from atlasview.volume import Volume, read

Range = tuple[int, int]


class AskJson(Protocol):
    """How a server is asked for a document."""

    def __call__(self, path: str, asked: Mapping[str, object] | None = None) -> dict[str, Any]:
        """Ask; what the server refuses is raised."""


class Save(Protocol):
    """How an answer becomes a file."""

    def __call__(self, path: str, asked: Mapping[str, object], place: Path) -> dict[str, str]:
        """Save it whole or not at all, and return its headers."""


class ClientVolume:
    """One volume of a server; voxels are fetched when asked for.

    Parameters
    ----------
    url : str
        Of the server.
    ask : callable
        Reads a JSON answer.
    save : callable
        Saves an answer as a file.
    info : dict
        As the server describes it.
    """

    def __init__(self, url: str, ask: AskJson, save: Save, info: dict[str, Any]) -> None:
        self.info = info
        self._url, self._ask, self._save = url, ask, save
        self._opened: Volume | None = None

    @property
    def affine(self) -> FloatArray:
        """Voxel centre (x, y, z) of level 0 → mm."""
        return np.array(self.info["affine"], np.float64)

    @property
    def shape(self) -> Triple:
        """Extent x, y, z of level 0."""
        x, y, z = self.info["shape"]
        return x, y, z

    @property
    def space(self) -> str:
        """Name of its reference space."""
        return str(self.info["space"])

    @property
    def levels(self) -> list[dict[str, Any]]:
        """Levels, finest first, as the server describes them."""
        return cast("list[dict[str, Any]]", self.info["levels"])

    def value(
        self, point: Sequence[float], *, space: str | None = None, origin: str | None = None
    ) -> Any:
        """Return the value of the voxel that holds a point in mm.

        Parameters
        ----------
        point : sequence of float
        space, origin : str, optional
            Space of the point, where it is not the volume's, and how it is written.

        Raises
        ------
        ServerError
            The point lies outside.
        """
        asked = ",".join(repr(float(v)) for v in point)
        found = self._ask(
            f"/api/volumes/{self.info['id']}/value",
            {"point": asked, "space": space, "origin": origin},
        )
        return found["value"]

    def read(
        self,
        *,
        x: Range | None = None,
        y: Range | None = None,
        z: Range | None = None,
        level: int = 0,
        channel: int = 0,
    ) -> npt.NDArray[Any]:
        """Fetch a box of voxels; an axis not named is fetched whole.

        Parameters
        ----------
        x, y, z : tuple of int, optional
            Half-open ranges of voxels of that level.
        level, channel : int

        Returns
        -------
        ndarray, shape (dz, dy, dx), stored dtype
            In RAS order: indices grow superior, anterior, right.

        Raises
        ------
        OutOfVolumeError, NotFoundError, StorageError, StoreUnavailableError
        """
        here = self._volume.level(level)
        nz, ny, nx = here.shape
        (z0, z1), (y0, y1), (x0, x1) = z or (0, nz), y or (0, ny), x or (0, nx)
        return read(here, Box((z0, y0, x0), (z1, y1, x1)), channel)

    def read_mm(
        self,
        low: Sequence[float],
        high: Sequence[float],
        *,
        level: int = 0,
        channel: int = 0,
    ) -> npt.NDArray[Any]:
        """Fetch the voxels that hold a box in mm, both corners' voxels included.

        Parameters
        ----------
        low, high : sequence of float
            Opposite corners, x, y, z in mm.
        level, channel : int

        Returns
        -------
        ndarray, shape (dz, dy, dx)
        """
        here = self._volume.level(level)
        return read(here, mm_box(here, low, high), channel)

    def cutout(
        self,
        path: str | Path,
        *,
        x: Range | None = None,
        y: Range | None = None,
        z: Range | None = None,
        mm: tuple[Sequence[float], Sequence[float]] | None = None,
        level: int = 0,
        channel: int | None = None,
        max_bytes: int | None = None,
        format: str | None = None,
    ) -> dict[str, str]:
        """Save a box of voxels as a file, however large; an axis not named is saved whole.

        Parameters
        ----------
        path : str or Path
            The file; it is there whole, or not at all.
        x, y, z : tuple of int, optional
            Half-open ranges of voxels of that level.
        mm : tuple of two points, optional
            Opposite corners, x, y, z in mm, instead: the voxels that hold that box.
        level : int
        channel : int, optional
            All channels when not said.
        max_bytes : int, optional
            Take the finest level, from `level` on, at which the voxels take no more than this.
        format : str, optional
            ``nii.gz``, ``nii``, ``npy``, ``tiff`` or ``zarr.zip``; what `path` ends with when not
            said.

        Returns
        -------
        dict
            What the server says of it: ``x-level``, ``x-box``, ``etag``, …

        Raises
        ------
        InvalidParameterError
            No such format.
        ServerError
            The server refused.

        Examples
        --------
        >>> volume.cutout("box.nii.gz", mm=((-30, -20, -5), (0, 20, 5)))  # doctest: +SKIP
        """
        place = Path(path)
        kind = format or next((f for f in FORMATS if place.name.lower().endswith(f".{f}")), None)
        if kind not in FORMATS:
            raise InvalidParameterError("format", format or place.name, ", ".join(FORMATS))
        asked: dict[str, object] = {
            "format": kind, "level": level, "channel": channel, "max_bytes": max_bytes
        }  # fmt: skip
        if mm is not None:
            pairs = [sorted((float(a), float(b))) for a, b in zip(*mm, strict=True)]
            asked["mm"] = ",".join(f"{a!r}:{b!r}" for a, b in pairs)
        if mm is None or x or y or z:
            shape = self.levels[level]["shape"] if 0 <= level < len(self.levels) else (1, 1, 1)
            ranges = [r or (0, n) for r, n in zip((x, y, z), shape, strict=True)]
            asked["box"] = ",".join(f"{a}:{b}" for a, b in ranges)
        return self._save(f"/api/volumes/{self.info['id']}/cutout", asked, place)

    @property
    def _volume(self) -> Volume:
        if self._opened is None:
            self._opened = open_volume(
                f"{self._url}/zarr/{self.info['id']}",
                kind=self.info["kind"],
                space=self.info["space"],
            )
        return self._opened
