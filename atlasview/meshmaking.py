"""Make the surfaces of all regions of a parcellation, and keep them beside its labels."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from atlasview.atlas import Parcellation
from atlasview.errors import LibraryError, NotFoundError
from atlasview.ingest.durable import told_as_library_error
from atlasview.ingest.workplace import Workplace
from atlasview.library import open_library
from atlasview.meshfiles import Multilod, multilod, multilod_info
from atlasview.meshshards import sharding_for, write_shards
from atlasview.meshstore import SURFACES, labels_seal, meshes_place, open_meshes
from atlasview.regionfacts import LabelIndex
from atlasview.regionmesh import region_surfaces
from atlasview.segments import all_segments
from atlasview.volume import Volume

#: Told how many surfaces are done, of how many, and which share of the work that is.
MeshProgress = Callable[[int, int, float], None]


@dataclass(frozen=True, slots=True)
class MeshReport:
    """What was made of one parcellation.

    Parameters
    ----------
    parcellation : str
    surfaces : int
        That are kept now.
    empty : int
        Regions without voxels, which have none.
    made : int
        Of the surfaces, those that this run has made.
    """

    parcellation: str
    surfaces: int
    empty: int
    made: int


def store_atlas_meshes(
    root: Path,
    atlas: str,
    *,
    parcellation: str | None = None,
    threads: int = 1,
    overwrite: bool = False,
    progress: MeshProgress | None = None,
) -> tuple[MeshReport, ...]:
    """Make and keep the surfaces of an atlas's regions.

    Parameters
    ----------
    root : Path
        The library.
    atlas : str
        Id.
    parcellation : str, optional
        Id; all of the atlas where not given.
    threads : int
    overwrite : bool
        Make anew what is kept already.
    progress : callable, optional

    Raises
    ------
    NotFoundError
        There is no such atlas or parcellation.
    LibraryError
        They cannot be kept there.
    StorageError, StoreUnavailableError
        The labels cannot be read.
    """
    found = open_library([root])
    whole = next((a for a in found.atlases.values() if a.answers_to(atlas)), None)
    if whole is None:
        raise NotFoundError("atlas", atlas, sorted(found.atlases))
    chosen = whole.parcellations if parcellation is None else (whole.parcellation(parcellation),)
    return tuple(
        store_meshes(
            found.volumes[one.labels], one, threads=threads, overwrite=overwrite, progress=progress
        )
        for one in chosen
    )


def store_meshes(
    volume: Volume,
    parcellation: Parcellation,
    *,
    threads: int = 1,
    overwrite: bool = False,
    progress: MeshProgress | None = None,
) -> MeshReport:
    """Make and keep the surfaces of one parcellation; all appear at once.

    A run that was killed is gone on with by the same call.

    Raises
    ------
    LibraryError
        They cannot be kept there.
    StorageError, StoreUnavailableError
        The labels cannot be read.
    """
    place = meshes_place(volume.location)
    if place is None:
        raise LibraryError(f"{volume.location} lies elsewhere: surfaces are kept beside labels.")
    index = LabelIndex(volume)
    seal = labels_seal(index)
    segments = all_segments(parcellation.terminology, index.extents)
    wanted = {
        segment: labels for segment, labels in sorted(segments.items()) if index.extent(labels)
    }
    empty = len(segments) - len(wanted)
    kept = None if overwrite else open_meshes(place, seal)
    if kept is not None and kept.labels == wanted:
        return MeshReport(parcellation.id, len(wanted), empty, 0)
    plan = {"seal": seal, "surfaces": {str(k): sorted(v) for k, v in wanted.items()}}
    with told_as_library_error(place), Workplace(place) as here:
        here.prepare(plan, [], resume=True)
        done = {int(name) for name in here.notes.finished()}
        todo = {segment: labels for segment, labels in wanted.items() if segment not in done}
        weights = {segment: _weight(index, labels) for segment, labels in wanted.items()}
        share = _Share(weights, done, progress)
        facts = {segment: _facts(here.notes.record(str(segment))) for segment in done}
        for segment, surfaces in _made(index, todo, threads):
            record = _record(surfaces, volume)
            # Draco is packed already
            here.notes.finish(str(segment), record, compress=False)
            facts[segment] = _facts(record)
            share.add(segment)
        here.publish(_write(here, wanted, facts, seal), "info")
    return MeshReport(parcellation.id, len(wanted), empty, len(todo))


def _made(
    index: LabelIndex, todo: dict[int, frozenset[int]], threads: int
) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Make surfaces in several threads; a few at a time, so that memory stays bounded."""
    if threads == 1:
        for segment, labels in todo.items():
            yield segment, region_surfaces(index, labels)
        return
    waiting = iter(todo.items())
    running: dict[Future[tuple[Any, ...]], int] = {}
    with ThreadPoolExecutor(threads, thread_name_prefix="surfaces") as pool:
        while True:
            while len(running) < threads and (more := next(waiting, None)) is not None:
                running[pool.submit(region_surfaces, index, more[1])] = more[0]
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future.result()


def _record(surfaces: tuple[Any, ...], volume: Volume) -> dict[str, Any]:
    packed = multilod(surfaces, volume)
    return {
        "index": np.frombuffer(packed.index, np.uint8),
        "data": np.frombuffer(packed.data, np.uint8),
        "triangles": np.array([len(s.faces) for s in surfaces]),
        "volume_mm3": np.array(surfaces[0].volume_mm3),
    }


def _facts(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "triangles": record["triangles"].tolist(),
        "volume_mm3": float(record["volume_mm3"]),
        "bytes": len(record["data"]) + len(record["index"]),
    }


def _write(
    here: Workplace,
    wanted: dict[int, frozenset[int]],
    facts: dict[int, dict[str, Any]],
    seal: str,
) -> bytes:
    """Write all but the info, without which nobody sees the rest; return that."""

    def surface(segment: int) -> Multilod:
        record = here.notes.record(str(segment))
        return Multilod(record["index"].tobytes(), record["data"].tobytes())

    sharding = sharding_for(len(wanted), sum(f["bytes"] for f in facts.values()))
    write_shards(here.shelf.root, sharding, wanted, surface)
    known = {str(k): {"labels": sorted(v), **facts[k]} for k, v in wanted.items()}
    said = {"version": 1, "labels_seal": seal, "surfaces": known}
    here.shelf.write(SURFACES, json.dumps(said).encode())
    return json.dumps({**multilod_info(), "sharding": sharding.info()}, indent=2).encode()


def _weight(index: LabelIndex, labels: frozenset[int]) -> float:
    """Return about how long a surface takes, compared with others."""
    extent = index.extent(labels)
    return 1.0 if extent is None else 1.0 + extent.voxels ** (2 / 3)


class _Share:
    """How far the work is, by surfaces and by their weight."""

    def __init__(
        self, weights: dict[int, float], done: set[int], progress: MeshProgress | None
    ) -> None:
        self._weights, self._progress = weights, progress
        self._total = sum(weights.values()) or 1.0
        self._done, self._reached = 0, 0.0
        for segment in done:
            self._count(segment)
        self._tell()

    def add(self, segment: int) -> None:
        """Take note that a surface is done."""
        self._count(segment)
        self._tell()

    def _count(self, segment: int) -> None:
        self._done += 1
        self._reached += self._weights[segment]

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self._done, len(self._weights), self._reached / self._total)
