"""What ingest asks of a file, whatever its format: a description, and boxes of stored voxels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from atlasview.geometry import Box, FloatArray, Triple
from atlasview.ingest.fingerprint import File


@dataclass(frozen=True, eq=False, slots=True)
class Header:
    """What a file says of itself.

    Parameters
    ----------
    format : str
        For people, such as ``NIfTI-1``.
    shape : tuple of int
        Stored extents, slowest axis first: (k, j, i).
    channels : int
        0 where there is no channel axis.
    dtype : numpy.dtype
        As stored, byte order included.
    affine : ndarray or None
        Voxel centre (i, j, k), fastest axis first → mm RAS+; None where the file does not say.
    affine_from : str
        Which part of the file says so.
    file_affine : ndarray or None
        The same before units were turned into millimetres.
    units : str
        Of `file_affine`.
    voxel_size : tuple of float or None
        In mm along (i, j, k), where the file says only that.
    space : str or None
        Reference space that the file names.
    slope, inter : float
        Real value = stored value × slope + inter.
    interleaved : bool
        Channels lie side by side in each voxel, rather than volume after volume.
    sequential : bool
        Can only be read from its beginning to its end.
    licence, citation : str, optional
        That the source names.
    said : mapping
        More to be kept in the metadata.
    """

    format: str
    shape: Triple
    channels: int
    dtype: np.dtype[Any]
    affine: FloatArray | None
    affine_from: str = ""
    file_affine: FloatArray | None = None
    units: str = "millimeter"
    voxel_size: tuple[float, float, float] | None = None
    space: str | None = None
    slope: float = 1.0
    inter: float = 0.0
    interleaved: bool = False
    sequential: bool = False
    licence: str | None = None
    citation: str | None = None
    said: Mapping[str, Any] = field(default_factory=dict)


class Source(Protocol):
    """A file, or a folder of files, opened for ingest."""

    @property
    def header(self) -> Header:
        """What the file says of itself."""
        ...

    @property
    def files(self) -> tuple[File, ...]:
        """The files that hold it, in the order in which their bytes make its checksum."""
        ...

    def read_into(self, channels: slice, box: Box, out: npt.NDArray[Any]) -> None:
        """Read stored voxels.

        Parameters
        ----------
        channels : slice
            Start and stop; `slice(0, 1)` where there is no channel axis.
        box : Box
            Along (k, j, i). A sequential source is asked for whole planes in rising order, of one
            channel after the other (of all at once where they are interleaved).

        out : ndarray, shape (c, k, j, i)
            Where to put them: in any order in memory, of the header's type in any byte order, or
            of another that the numbers are cast to.

        Raises
        ------
        SourceError
            The bytes end too early or cannot be decoded.
        """
        ...

    def finish(self) -> None:
        """Read a sequential source to its end, so that its own checksum is tested.

        Raises
        ------
        SourceError
            The file is damaged.
        """
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


def read(source: Source, channels: slice, box: Box) -> npt.NDArray[Any]:
    """Return stored voxels (c, k, j, i) as a new array; see `Source.read_into`."""
    out = np.empty((channels.stop - channels.start, *box.shape), source.header.dtype)
    source.read_into(channels, box, out)
    return out
