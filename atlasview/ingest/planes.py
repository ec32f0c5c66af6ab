"""Sections that are decoded one by one: pages of a packed TIFF, or numbered pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.geometry import Box
from atlasview.ingest.fingerprint import File
from atlasview.ingest.source import Header

#: Returns section k of channel c as (j, i), or all channels as (j, i, c) where interleaved.
ReadPlane = Callable[[int, int], npt.NDArray[Any]]


class PlaneSource:
    """A source whose sections can be had one at a time, whole.

    Parameters
    ----------
    header : Header
        Sequential, since a part of a section costs as much as all of it.
    files : sequence of Path or Held
    plane : callable
        Raises SourceError where a section cannot be read or is of another size.
    close : callable
    """

    def __init__(
        self,
        header: Header,
        files: Sequence[File],
        plane: ReadPlane,
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self.header, self._files, self._plane, self._close = header, tuple(files), plane, close

    @property
    def files(self) -> tuple[File, ...]:
        """The files that hold it."""
        return self._files

    def read_into(self, channels: slice, box: Box, out: npt.NDArray[Any]) -> None:
        """Put whole sections into an array (c, k, j, i)."""
        rows, columns = slice(box.start[1], box.stop[1]), slice(box.start[2], box.stop[2])
        for k in range(box.shape[0]):
            if self.header.interleaved:
                found = self._plane(0, box.start[0] + k)[rows, columns, channels]
                np.copyto(out[:, k], np.moveaxis(found, -1, 0), casting="unsafe")
                continue
            for c in range(channels.stop - channels.start):
                found = self._plane(channels.start + c, box.start[0] + k)[rows, columns]
                np.copyto(out[c, k], found, casting="unsafe")

    def finish(self) -> None:
        """Do nothing: every section was decoded."""

    def close(self) -> None:
        """Let go of the files."""
        self._close()
