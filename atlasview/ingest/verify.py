"""Prove a finished volume: every level from the one below, the statistics, the label counts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.computed import COMPUTED
from atlasview.errors import LibraryError, StorageError
from atlasview.geometry import Box, Triple
from atlasview.ingest import labeltable, tally
from atlasview.ingest.downsample import METHODS, downsample
from atlasview.ingest.progress import Progress
from atlasview.opening import open_volume
from atlasview.volume import Level, Volume, read

#: Side of the blocks of a coarser level that are proved at a time.
_SIDE = 128


@dataclass(frozen=True, slots=True)
class Report:
    """What a verification found.

    Parameters
    ----------
    location : str
    levels : int
    voxels : int
        Read, of all levels and channels.
    problems : tuple of str
        One sentence each; none where the volume is what it says.
    unproved : tuple of str
        What could not be proved, since the volume does not say how it was made.
    """

    location: str
    levels: int
    voxels: int
    problems: tuple[str, ...]
    unproved: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing wrong was found."""
        return not self.problems


def verify_volume(location: Path | str, *, progress: Progress | None = None) -> Report:
    """Re-read a volume and prove it.

    Parameters
    ----------
    location : Path or str
        An OME-Zarr that ingest wrote; of another one, only what can be read is tested.
    progress : Progress, optional

    Returns
    -------
    Report

    Raises
    ------
    NotFoundError, StorageError
        There is no volume there that can be opened.
    LibraryError
        It is computed, not stored.
    """
    volume = open_volume(location)
    if volume.format == COMPUTED:
        raise LibraryError(f"{location} is computed as it is read: nothing is stored to be proved.")
    proof = _Proof(volume, progress)
    try:
        proof.run()
    finally:
        getattr(progress, "close", lambda: None)()
    return Report(
        location=volume.location,
        levels=len(volume.levels),
        voxels=proof.done,
        problems=tuple(proof.problems),
        unproved=tuple(proof.unproved),
    )


class _Proof:
    """A verification on its way."""

    def __init__(self, volume: Volume, progress: Progress | None) -> None:
        self._volume, self._progress = volume, progress
        self.problems: list[str] = []
        self.unproved: list[str] = []
        self.done = 0
        self._lost: dict[int, list[tuple[Box, StorageError]]] = {}
        self._unread: set[int] = set()
        sizes = [int(np.prod(level.shape, dtype=object)) for level in volume.levels]
        self._total = sum(sizes) * volume.channels
        self._rule = tally.tally_rule(volume.dtype, sizes[0] * volume.channels)
        self._tally = tally.Tally(volume.dtype, self._rule) if volume.kind == "image" else None
        self._table = labeltable.LabelTable() if volume.kind == "labels" else None
        self._own_method = any(
            method["metadata"]["method"] in json.dumps(_raw_multiscale(volume))
            for method in METHODS.values()
        )

    def run(self) -> None:
        if not self._own_method:
            self.unproved.append("the levels: they were made by another program, in its own way")
        self._advance(0, 0)
        levels = self._volume.levels
        for channel in range(self._volume.channels):
            self._finest(levels[0], channel)
            for below, above in pairwise(levels):
                self._level(below, above, channel)
        self._statistics()
        if self._table is not None and 0 not in self._unread:
            self._labels(self._table)

    def _advance(self, level: int, voxels: int) -> None:
        self.done += voxels
        if self._progress is not None:
            self._progress(level, self.done, self._total)

    def _read(self, level: Level, box: Box, channel: int) -> npt.NDArray[Any] | None:
        try:
            return read(level, box, channel)
        except StorageError as exc:
            self._lost.setdefault(level.index, []).append((box, exc))
            return None

    def _tell_lost(self, level: Level, blocks: int) -> None:
        """Tell what of a level could not be read, as one: a lost shard is hundreds of chunks."""
        lost = self._lost.pop(level.index, [])
        if not lost:
            return
        self._unread.add(level.index)
        box, exc = lost[0]
        how = "" if len(lost) == blocks else f" in {len(lost):,} of {blocks:,} blocks"
        self.problems.append(
            f"Level {level.index} cannot be read{how}, first at (x, y, z) = {box.start[::-1]}: "
            f"{_cause(exc)}."
        )

    def _finest(self, level: Level, channel: int) -> None:
        for box in _blocks(level.shape):
            voxels = self._read(level, box, channel)
            if voxels is not None:
                if self._tally is not None:
                    self._tally.add(voxels, box.start)
                if self._table is not None:
                    self._table.add(voxels, box.start)
            self._advance(level.index, box.size)
        self._tell_lost(level, len(list(_blocks(level.shape))))

    def _level(self, below: Level, above: Level, channel: int) -> None:
        factors = tuple(round(a / b) for a, b in zip(above.step, below.step, strict=True))
        fits = all(
            -(-n // f) == m for n, f, m in zip(below.shape, factors, above.shape, strict=True)
        )
        if not self._own_method or not fits or not set(factors) <= {1, 2}:
            if self._own_method:
                self.problems.append(
                    f"Level {above.index} has the shape {above.shape}, which does not follow from "
                    f"that of level {below.index}, {below.shape}."
                )
            for box in _blocks(above.shape):
                self._read(above, box, channel)
                self._advance(above.index, box.size)
            self._tell_lost(above, len(list(_blocks(above.shape))))
            return
        wrong, first = 0, None
        for box in _blocks(above.shape):
            start = tuple(a * f for a, f in zip(box.start, factors, strict=True))
            stop = tuple(b * f for b, f in zip(box.stop, factors, strict=True))
            under = Box(_triple(start), _triple(stop)).clipped(below.shape)
            found, source = self._read(above, box, channel), self._read(below, under, channel)
            if found is not None and source is not None:
                made = downsample(source, _triple(factors), self._volume.kind)
                same = made == found
                if made.dtype.kind == "f":
                    same |= np.isnan(made) & np.isnan(found)
                if not same.all():
                    at = np.argwhere(~same)
                    wrong += len(at)
                    first = first or tuple(
                        int(a) + b for a, b in zip(at[0], box.start, strict=True)
                    )
            self._advance(above.index, box.size)
        self._lost.pop(below.index, None)  # told already, when it was read itself
        self._tell_lost(above, len(list(_blocks(above.shape))))
        if wrong and first is not None:
            self.problems.append(
                f"Level {above.index} differs in {wrong:,} voxels from what level {below.index} "
                f"makes, first at (x, y, z) = {first[::-1]}"
                + (f" of channel {channel}." if self._volume.channels > 1 else ".")
            )

    def _statistics(self) -> None:
        said = self._volume.attributes.get("statistics")
        if 0 in self._unread:
            self.unproved.append("the statistics: not all of level 0 could be read")
            return
        if said is None or not self._own_method:
            self.unproved.append("the statistics: the metadata hold none made by ingest")
            return
        found: dict[str, Any] = {}
        if self._tally is not None:
            found = tally.summarise([self._tally.record()], self._volume.dtype, self._rule)
        elif self._table is not None:
            voxels = int(np.prod(self._volume.shape, dtype=object))
            document = labeltable.merge([self._table.record()])
            found = labeltable.describe(document, voxels)
        wrong = [key for key in found if found[key] != said.get(key)]
        if wrong:
            self.problems.append(
                f"The statistics ({', '.join(wrong)}) are not those of the voxels of level 0."
            )

    def _labels(self, table: labeltable.LabelTable) -> None:
        try:
            document = self._volume.side_json("labels.json")
            said = None if document is None else dict(document["labels"])
        except (StorageError, KeyError, TypeError, ValueError):
            self.problems.append(f"{self._volume.location}/labels.json cannot be read as JSON.")
            return
        if said is None:
            self.unproved.append("the label counts: there is no labels.json")
            return
        found = labeltable.merge([table.record()])["labels"]
        wrong = sorted(
            (key for key in found.keys() | said.keys() if found.get(key) != said.get(key)), key=int
        )
        if wrong:
            self.problems.append(
                f"labels.json tells of {len(wrong)} labels otherwise than the voxels do, "
                f"first of label {wrong[0]}."
            )


def _cause(exc: StorageError) -> str:
    """Return the file that is at fault and what is wrong with it, of all that TensorStore says."""
    found = re.search(r'.*in local file "([^"]+)": (.+)', exc.reason)
    return f"{found.group(1)}: {found.group(2)}" if found else str(exc).rstrip(".")


def _blocks(shape: Triple) -> Iterator[Box]:
    for z in range(0, shape[0], _SIDE):
        for y in range(0, shape[1], _SIDE):
            for x in range(0, shape[2], _SIDE):
                yield Box((z, y, x), (z + _SIDE, y + _SIDE, x + _SIDE)).clipped(shape)


def _triple(values: tuple[int, ...]) -> Triple:
    z, y, x = values
    return z, y, x


def _raw_multiscale(volume: Volume) -> Any:
    """Return the multiscales metadata as they stand; `Volume` keeps only what serving needs."""
    document = volume.side_json("zarr.json") or {}
    return document.get("attributes", {}).get("ome", {}).get("multiscales")
