"""What the server serves: volumes and atlases by id, and what is kept in memory of them."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from weakref import WeakKeyDictionary

from atlasview.atlas import Atlas, Parcellation
from atlasview.catalogfile import read_catalog, read_catalog_spaces
from atlasview.chunks import ChunkReader
from atlasview.direct import direct_decoders
from atlasview.errors import AtlasViewError, NotFoundError, StoreUnavailableError
from atlasview.library import Library, Opener, open_library, signature
from atlasview.objects import FolderObjects, ObjectStore, open_objects
from atlasview.regionfacts import LabelIndex
from atlasview.search import RegionIndex
from atlasview.shards import Unsharded
from atlasview.shell import Shells
from atlasview.spaces import Definitions, Spaces, served_names
from atlasview.statistics import Statistics, statistics
from atlasview.store import make_context
from atlasview.virtual import VirtualObjects
from atlasview.volume import Volume
from tileserver.regional import Regional

log = logging.getLogger("atlasview")
#: How often the folders are looked at for new volumes, in seconds.
_LOOK = 2.0
#: How soon a store that did not answer is asked again, in seconds.
_AGAIN = 3.0
#: TensorStore keeps shard indexes here; decoded chunks are kept by `ChunkReader`.
_INDEX_BYTES = 32 << 20


@dataclass(eq=False)
class Served:
    """One volume as served, with what is worked out once and kept."""

    id: str
    volume: Volume
    chunks: Unsharded
    labels: LabelIndex | None
    shells: Shells
    stamp: object = None
    _statistics: Statistics | None = field(default=None, repr=False)

    @property
    def near(self) -> bool:
        """Whether stored objects are files of this machine, there as soon as they are asked for."""
        return isinstance(self.chunks.objects, FolderObjects)

    @property
    def described(self) -> bool:
        """Whether the values of the volume are known already."""
        return self._statistics is not None

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
        # What is to be served is folders, and catalogues of what lies elsewhere.
        self._catalogs = tuple(p for p in paths if p.suffix == ".toml")
        self._paths = tuple(p for p in paths if p.suffix != ".toml")
        self.reader = ChunkReader(cache_bytes)
        self._context = make_context(_INDEX_BYTES)
        self._lock = threading.Lock()
        self._looked = time.monotonic()
        self._signature = self._sign()
        self._retried: dict[str, float] = {}
        self._served: dict[str, Served] = {}
        self._indexes: dict[Parcellation, RegionIndex] = {}
        self._regional: WeakKeyDictionary[Served, Regional] = WeakKeyDictionary()
        self._library = self._open()

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
        StoreUnavailableError
            It lies elsewhere, and that store does not answer now.
        """
        self._refresh()
        served = self._served.get(name)
        if served is not None and served.near and (now := _stamp(served.volume)) != served.stamp:
            # Written anew this moment: what is known of it must not be mixed with its new voxels.
            if now is None:
                raise StoreUnavailableError(name, "it is being replaced")
            self._refresh(at_once=True)
            served = self._served.get(name)
        if served is None:
            self._retry(name)
            raise NotFoundError("volume", name, sorted(self._served))
        return served

    def atlas(self, name: str) -> Atlas:
        """Return an atlas by id.

        Raises
        ------
        NotFoundError
            There is none.
        """
        atlases = self.library.atlases
        found = atlases.get(name) or next(
            (atlas for atlas in atlases.values() if atlas.answers_to(name)), None
        )
        if found is None:
            raise NotFoundError("atlas", name, sorted(atlases))
        return found

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

    def regional(self, parcellation: Parcellation) -> Regional:
        """Return what is worked out of a parcellation's volumes when first asked for.

        Raises
        ------
        NotFoundError
            It has no labels volume.
        """
        served = self.volume(parcellation.labels)
        if served.labels is None:
            raise NotFoundError("labels volume", parcellation.labels)
        known = self._regional.get(served)
        if known is None:
            sides = parcellation.hemispheres
            halves = self._served.get(sides) if sides else None
            known = Regional(served.labels, halves.volume if halves else None)
            known = self._regional.setdefault(served, known)
        return known

    def _refresh(self, *, at_once: bool = False) -> None:
        now = time.monotonic()
        if now - self._looked < _LOOK and not at_once:
            return
        with self._lock:
            if now - self._looked < _LOOK and not at_once:
                return
            self._looked = now
            found = self._sign()
            if found != self._signature:
                self._signature = found
                self._library = self._open()

    def _sign(self) -> tuple[object, ...]:
        stamps = tuple((str(p), p.stat().st_mtime_ns) for p in self._catalogs if p.is_file())
        return signature(self._paths) + stamps

    def _retry(self, name: str) -> None:
        """Ask a store that did not answer once more, aside, and say meanwhile that it is away.

        Raises
        ------
        StoreUnavailableError
            There is such a volume, but its store has not answered yet.
        """
        entry = self._library.away.get(name)
        if entry is None:
            return
        now = time.monotonic()
        with self._lock:
            due = now - self._retried.get(name, -_AGAIN) >= _AGAIN
            if due:
                self._retried[name] = now
        if due:
            threading.Thread(target=self._reopen, args=(name, entry), daemon=True).start()
        raise StoreUnavailableError(name, "it has not answered yet and is being asked again")

    def _reopen(self, name: str, entry: Opener) -> None:
        try:
            volume = entry.open(self._context)
        except AtlasViewError as exc:
            log.warning("%s", exc)
            return
        with self._lock:
            self._served[name] = self._serve(name, volume)
            away = {k: v for k, v in self._library.away.items() if k != name}
            volumes = {**self._library.volumes, name: volume}
            spaces = Spaces(served_names(volumes, self._library.atlases), self._library.told)
            self._library = replace(self._library, volumes=volumes, away=away, spaces=spaces)

    def _serve(self, name: str, volume: Volume) -> Served:
        objects: ObjectStore = (
            open_objects(volume, self._context)
            if volume.format == "ome-zarr"
            else VirtualObjects(volume, self.reader)
        )
        labels = LabelIndex(volume) if volume.kind == "labels" else None
        chunks = Unsharded(objects)
        for index, decode in direct_decoders(volume, chunks).items():
            self.reader.decode_by(volume.levels[index], decode)
        return Served(name, volume, chunks, labels, Shells(volume), _stamp(volume))

    def _open(self) -> Library:
        entries = [entry for path in self._catalogs for entry in read_catalog(path)]
        told = Definitions()
        for path in self._catalogs:
            told = told.joined(read_catalog_spaces(path))
        library = open_library(
            self._paths, context=self._context, entries=entries, definitions=told
        )
        served: dict[str, Served] = {}
        for name, volume in library.volumes.items():
            known = self._served.get(name)
            same = known and (known.volume.digest, known.volume.location, known.volume.space) == (
                volume.digest, volume.location, volume.space,
            )  # fmt: skip
            # Where nothing changed, what is in memory of it stays good.
            served[name] = known if known and same else self._serve(name, volume)
        for name, known in self._served.items():
            if served.get(name) is not known:
                self.reader.forget(known.volume.levels)
        self._served = served
        self._indexes = {}
        return library


def _stamp(volume: Volume) -> tuple[int, int] | None:
    """Return what changes when a volume in a folder is written anew; None where it is not there."""
    name = "zarr.json" if volume.zarr_format == 3 else ".zattrs"
    try:
        found = os.stat(f"{volume.location}/{name}")
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
