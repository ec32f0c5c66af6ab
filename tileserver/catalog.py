"""What the server serves: volumes and atlases by id, and what is kept in memory of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from atlasview.atlas import Atlas, Parcellation
from atlasview.chunks import ChunkReader
from atlasview.errors import NotFoundError
from atlasview.library import Library, open_library, signature
from atlasview.objects import open_objects
from atlasview.regionfacts import LabelIndex
from atlasview.search import RegionIndex
from atlasview.shards import Unsharded
from atlasview.statistics import Statistics, statistics
from atlasview.store import make_context
from atlasview.volume import Volume

#: How often the folders are looked at for new volumes, in seconds.
_LOOK = 2.0
#: TensorStore keeps shard indexes here; decoded chunks are kept by `ChunkReader`.
_INDEX_BYTES = 32 << 20


@dataclass(eq=False)
class Served:
    """One volume as served, with what is worked out once and kept."""

    id: str
    volume: Volume
    chunks: Unsharded
    labels: LabelIndex | None
    _statistics: Statistics | None = field(default=None, repr=False)

    @property
    def statistics(self) -> Statistics:
        """Values of the whole volume."""
        if self._statistics is None:
            self._statistics = statistics(self.volume)
        return self._statistics


class Catalog:
    """Volumes and atlases by id; looks again when the folders change.

    Parameters
    ----------
    paths : sequence of Path
    cache_bytes : int

    Raises
    ------
    LibraryError, StorageError, StoreUnavailableError
        As `atlasview.library.open_library`.
    """

    def __init__(self, paths: Sequence[Path], cache_bytes: int) -> None:
        self._paths = tuple(paths)
        self.reader = ChunkReader(cache_bytes)
        self._context = make_context(_INDEX_BYTES)
        self._lock = threading.Lock()
        self._looked = time.monotonic()
        self._signature = signature(self._paths)
        self._served: dict[str, Served] = {}
        self._indexes: dict[Parcellation, RegionIndex] = {}
        self._library = self._open(Library({}, {}, ()))

    @property
    def library(self) -> Library:
        """All that is served now."""
        self._refresh()
        return self._library

    def volume(self, name: str) -> Served:
        """Return a volume by id.

        Raises
        ------
        NotFoundError
            There is none.
        """
        self._refresh()
        try:
            return self._served[name]
        except KeyError:
            raise NotFoundError("volume", name, sorted(self._served)) from None

    def atlas(self, name: str) -> Atlas:
        """Return an atlas by id.

        Raises
        ------
        NotFoundError
            There is none.
        """
        atlases = self.library.atlases
        if name not in atlases:
            raise NotFoundError("atlas", name, sorted(atlases))
        return atlases[name]

    def parcellation(self, name: str) -> Parcellation | None:
        """Return the parcellation of that id, or drawn by the labels volume of that id."""
        for atlas in self.library.atlases.values():
            for parcellation in atlas.parcellations:
                if name in (parcellation.id, parcellation.labels):
                    return parcellation
        return None

    def region_index(self, parcellation: Parcellation) -> RegionIndex:
        """Return a parcellation made ready for searching."""
        index = self._indexes.get(parcellation)
        if index is None:
            index = self._indexes[parcellation] = RegionIndex(parcellation.terminology)
        return index

    def _refresh(self) -> None:
        now = time.monotonic()
        if now - self._looked < _LOOK:
            return
        with self._lock:
            if now - self._looked < _LOOK:
                return
            self._looked = now
            found = signature(self._paths)
            if found != self._signature:
                self._signature = found
                self._library = self._open(self._library)

    def _open(self, before: Library) -> Library:
        library = open_library(self._paths, context=self._context)
        served: dict[str, Served] = {}
        for name, volume in library.volumes.items():
            known = self._served.get(name)
            if known and (known.volume.digest, known.volume.location, known.volume.space) == (
                volume.digest, volume.location, volume.space,
            ):  # fmt: skip
                served[name] = known  # unchanged: what is in memory of it stays good
                continue
            served[name] = Served(
                id=name,
                volume=volume,
                chunks=Unsharded(open_objects(volume.location, self._context)),
                labels=LabelIndex(volume) if volume.kind == "labels" else None,
            )
        for name, known in self._served.items():
            if served.get(name) is not known:
                self.reader.forget(known.volume.levels)
        self._served = served
        self._indexes = {}
        return library
