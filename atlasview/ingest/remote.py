"""A source that is one file at an address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy.typing as npt

from atlasview.errors import SourceError
from atlasview.geometry import Box
from atlasview.ingest.address import Address
from atlasview.ingest.copies import fetch
from atlasview.ingest.fingerprint import File
from atlasview.ingest.source import Source


class RemoteFile:
    """A source at an address.

    Parameters
    ----------
    address : Address
    spool : Path or None
        Folder for the copy.
    opens : callable
        Opens the copy.

    Raises
    ------
    SourceError
        It is not there, does not answer, or cannot be used.
    LibraryError
        The disk has no room for it.
    """

    def __init__(
        self, address: Address, spool: Path | None, opens: Callable[[Path], Source]
    ) -> None:
        self._address = address
        path = fetch(address, spool)
        with self._by_address():
            self._source = opens(path)
        self.header = self._source.header

    @property
    def files(self) -> tuple[File, ...]:
        """The copy."""
        return self._source.files

    def read_into(self, channels: slice, box: Box, out: npt.NDArray[Any]) -> None:
        """Put voxels into an array (c, k, j, i)."""
        with self._by_address():
            self._source.read_into(channels, box, out)

    def finish(self) -> None:
        """Test what can only be tested at the end."""
        with self._by_address():
            self._source.finish()

    def close(self) -> None:
        """Let go of the copy, which stays for who opens it again."""
        self._source.close()

    @contextmanager
    def _by_address(self) -> Iterator[None]:
        """Name the address where the copy would be named, which the user never saw."""
        try:
            yield
        except SourceError as exc:
            raise SourceError(self._address, exc.problem) from exc
