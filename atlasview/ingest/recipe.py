"""How a source is opened and turned into what is written: here, or in another process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from atlasview.ingest.address import Location
from atlasview.ingest.formats import FORMULAS, SourceOptions, open_source
from atlasview.ingest.layers import SourceLayers
from atlasview.ingest.placement import Placement
from atlasview.ingest.shelf import unseen
from atlasview.ingest.source import Source
from atlasview.ingest.spill import SpilledSource
from atlasview.ingest.values import Conversion


@dataclass(frozen=True, eq=False, slots=True)
class Recipe:
    """All that it takes to read a source.

    Parameters
    ----------
    location : Path or Address
    options : SourceOptions
    placement : Placement
    conversion : Conversion
    unpacked : Path, optional
        Where its voxels lie unpacked.
    """

    location: Location
    options: SourceOptions
    placement: Placement
    conversion: Conversion
    unpacked: Path | None

    def check(self) -> None:
        """See that this process sees the files.

        Raises
        ------
        LibraryError
            It does not.
        """
        for path in (self.location, self.unpacked):
            if isinstance(path, Path) and not path.exists() and str(path) not in FORMULAS:
                raise unseen(path)

    def open(self) -> Source:
        """Open the source."""
        source = open_source(self.location, self.options)
        return source if self.unpacked is None else SpilledSource(source, self.unpacked)

    def layers(self, source: Source) -> SourceLayers:
        """Return what the first stage reads of an opened source."""
        return SourceLayers(source, self.placement, self.conversion)
