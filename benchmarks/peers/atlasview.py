"""AtlasView itself, from this checkout."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.asks import Chunk, Tile
from benchmarks.data import Volume
from benchmarks.load import Ask
from benchmarks.process import Process, free_port

MB = 1 << 20
#: Room for a few tiles' chunks only: nearly every chunk asked for is decoded anew.
COLD = 4 * MB
WARM = 256 * MB
_CHECKOUT = Path(__file__).resolve().parents[2]


def start(
    *volumes: Volume, cache: int = WARM, cores: tuple[int, ...] = (0,), workers: int = 1
) -> Process:
    """Start a server of some volumes."""
    env = {"ATLASVIEW_CACHE_BYTES": str(cache)}
    return serve(*(v.path for v in volumes), cores=cores, workers=workers, env=env)


def serve(
    *paths: Path,
    cores: Sequence[int] = (0,),
    workers: int = 1,
    env: Mapping[str, str] | None = None,
) -> Process:
    """Start a server of libraries or volumes, and wait until it has opened them."""
    port = free_port()
    command = [sys.executable, "-m", "atlasview.cli", "serve", *map(str, paths)]
    command += ["--port", str(port), "--workers", str(workers), "--no-browser"]
    env = {"PYTHONPATH": str(_CHECKOUT), **(env or {})}
    return Process(command, port, ready="/ready", cores=cores, env=env)


def all_cores() -> list[int]:
    """Return the cores that this process may use."""
    return sorted(os.sched_getaffinity(0))


def tile_asks(
    volume: Volume, tiles: Callable[[random.Random], Iterator[Tile]], suffix: str = ".jpg"
) -> Callable[[random.Random], Iterator[Ask]]:
    """Ask for tiles of the finest level."""
    zoom = _last_zoom(volume)

    def asks(rng: random.Random) -> Iterator[Ask]:
        for t in tiles(rng):
            z = zoom[t.plane]
            yield Ask(f"/tiles/{volume.id}/{t.plane}/{t.slice}/{z}/{t.col}/{t.row}{suffix}")

    return asks


def double_asks(
    volume: Volume, tiles: Callable[[random.Random], Iterator[Tile]]
) -> Callable[[random.Random], Iterator[Ask]]:
    """Ask for 512 × 512 pixels of the finest level: two by two tiles."""
    zoom = _last_zoom(volume)

    def asks(rng: random.Random) -> Iterator[Ask]:
        for t in tiles(rng):
            z = zoom[t.plane] - 1
            place = f"{t.plane}/{t.slice}/{z}/{t.col // 2}/{t.row // 2}"
            yield Ask(f"/tiles/{volume.id}/{place}@2x.jpg")

    return asks


def chunk_asks(
    volume: Volume, chunks: Callable[[random.Random], Iterator[Chunk]]
) -> Callable[[random.Random], Iterator[Ask]]:
    """Ask for chunks as whole objects."""

    def asks(rng: random.Random) -> Iterator[Ask]:
        for c in chunks(rng):
            yield Ask(f"/chunks/{volume.id}/0/c/" + "/".join(map(str, c.place)))

    return asks


def range_asks(
    volume: Volume, chunks: Callable[[random.Random], Iterator[Chunk]]
) -> Callable[[random.Random], Iterator[Ask]]:
    """Ask for chunks as ranges of their shards."""

    def asks(rng: random.Random) -> Iterator[Ask]:
        for c in chunks(rng):
            yield Ask(f"/zarr/{volume.id}/{c.shard}", c.span)

    return asks


def _last_zoom(volume: Volume) -> dict[str, int]:
    from atlasview import open_volume
    from atlasview.space import PLANES
    from atlasview.tiles import zooms

    levels = open_volume(volume.path).levels
    return {name: len(zooms(levels, plane)) - 1 for name, plane in PLANES.items()}
