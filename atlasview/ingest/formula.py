"""``bigbrain:``, the computed brain of BigBrain's size: a chosen part, taken in as a file is."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt

from atlasview import bigbrain
from atlasview.errors import InvalidParameterError
from atlasview.geometry import Box
from atlasview.ingest.placement import MissingOptionError
from atlasview.ingest.source import Header

_RANGES = re.compile(r"(\d{1,9}):(\d{1,9}),(\d{1,9}):(\d{1,9}),(\d{1,9}):(\d{1,9})", re.ASCII)


class FormulaSource:
    """A box of the computed brain's finest level.

    Parameters
    ----------
    path : Path
        As the user wrote it.
    box : str, optional
        ``x0:x1,y0:y1,z0:z1`` in voxels, half-open.

    Raises
    ------
    MissingOptionError
        No box is given: nobody wants 278 GB by accident.
    InvalidParameterError
        The box is malformed, empty, or leaves the brain.
    """

    def __init__(self, path: Path, box: str | None) -> None:
        if box is None:
            raise MissingOptionError(
                path, "--box", "which part of the brain is meant", "3000:3512,3500:4012,2600:3112"
            )
        self._box = parse_box(box)
        start = np.array(self._box.start[::-1], np.float64)
        affine = bigbrain.affine()
        affine[:3, 3] += affine[:3, :3] @ start
        self.header = Header(
            format="computed",
            shape=self._box.shape,
            channels=0,
            dtype=np.dtype(np.uint8),
            affine=affine,
            affine_from="formula",
            space=bigbrain.SPACE,
            licence=bigbrain.SAID["licence"],
            citation=bigbrain.SAID["citation"],
            said={"formula": f"bigbrain {bigbrain.FORMULA}", "box": box},
        )

    @property
    def files(self) -> tuple[Path, ...]:
        """The tissue maps that the brain is computed from."""
        return (bigbrain.maps_file(),)

    def read_into(self, channels: slice, box: Box, out: npt.NDArray[np.uint8]) -> None:
        """Put voxels into an array (c, k, j, i)."""
        z, y, x = self._box.start
        start = (box.start[0] + z, box.start[1] + y, box.start[2] + x)
        stop = (box.stop[0] + z, box.stop[1] + y, box.stop[2] + x)
        out[0] = bigbrain.voxels(0, Box(start, stop))

    def finish(self) -> None:
        """Do nothing: there is no end to be read."""

    def close(self) -> None:
        """Do nothing: nothing is open."""


def parse_box(text: str) -> Box:
    """Read a box of voxels, ``x0:x1,y0:y1,z0:z1``.

    Raises
    ------
    InvalidParameterError
        It is malformed, empty, or leaves the brain.
    """
    match = _RANGES.fullmatch(text.replace(" ", ""))
    x, y, z = bigbrain.SHAPE_XYZ
    whole = f"0:{x},0:{y},0:{z}"
    if match is None:
        raise InvalidParameterError(
            "--box", text, f"it takes x0:x1,y0:y1,z0:z1 in voxels, within {whole}"
        )
    x0, x1, y0, y1, z0, z1 = map(int, match.groups())
    box = Box((z0, y0, x0), (z1, y1, x1))
    if not box.within((z, y, x)):
        raise InvalidParameterError("--box", text, f"it is empty or leaves the brain, {whole}")
    return box
