"""The jobs: what is asked of which servers."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TypeVar

from benchmarks import asks, data, precut
from benchmarks.measure import Effort, Row, Subject, compare
from benchmarks.peers import atlasview, nginx

ALL = ("horizontal", "coronal", "sagittal")
T = TypeVar("T")


@dataclass
class Bench:
    """What every job needs: where data lie, how long to measure, which cores servers may use."""

    root: Path
    effort: Effort
    cores: tuple[int, ...] = (0, 1)

    def volume(self, name: str) -> data.Volume:
        """Return a test volume, made where needed."""
        return data.volume(self.root, name)

    @cached_property
    def dense(self) -> data.Volume:
        """The volume that nearly every job reads."""
        return self.volume(f"dense-{data.CONTENT}")

    @cached_property
    def faces(self) -> list[str]:
        """Paths that the server knows."""
        return atlasview.faces(self.dense)

    @property
    def core(self) -> tuple[int, ...]:
        """The one core of a server."""
        return self.cores[:1]

    def nginx_tiles(self) -> Subject:
        """Pre-cut JPEG tiles from nginx: the limit."""
        folder = precut.jpeg_tiles(self.root)
        names = [f"/{p.name}" for p in sorted(folder.glob("*.jpg"))]
        start = partial(nginx.start, folder, cores=self.core)
        return Subject("nginx, pre-cut JPEG", start, nginx.file_asks(names))


def repeat(things: Sequence[T]) -> Callable[[random.Random], Iterator[T]]:
    """Give the same things again and again, shuffled."""

    def endless(rng: random.Random) -> Iterator[T]:
        while True:
            yield from rng.sample(things, len(things))

    return endless


def cold(bench: Bench) -> list[Row]:
    """256² JPEG, every tile from chunks not met before."""
    volume = bench.dense
    tiles = partial(asks.random_tiles, volume, planes=ALL)
    start = partial(atlasview.start, volume, cache=atlasview.COLD, cores=bench.core)
    subjects = [
        Subject("AtlasView", start, atlasview.tile_asks(volume, tiles)),
        bench.nginx_tiles(),
    ]
    return compare("cold", subjects, bench.effort)


def scroll(bench: Bench) -> list[Row]:
    """256² JPEG, four people stepping through slices, 256 MB cache."""
    volume = bench.dense
    tiles = partial(asks.scroll, volume, planes=ALL)
    start = partial(atlasview.start, volume, cores=bench.core)
    asking = atlasview.tile_asks(volume, tiles)
    subjects = [
        Subject("AtlasView", start, asking, streams=4, own=True, least=4 * 2 * asks.SCROLL),
        bench.nginx_tiles(),
    ]
    return compare("scroll", subjects, bench.effort)


def hot(bench: Bench) -> list[Row]:
    """256² JPEG, chunks in memory."""
    volume = bench.dense
    near = asks.near_tiles(volume)
    start = partial(atlasview.start, volume, cores=bench.core)
    asking = atlasview.tile_asks(volume, repeat(near))
    subjects = [Subject("AtlasView", start, asking, warm=len(near)), bench.nginx_tiles()]
    return compare("hot", subjects, bench.effort)


def chunks(bench: Bench) -> list[Row]:
    """One stored 64³ chunk, undecoded."""
    volume = bench.dense
    some = partial(asks.random_chunks, volume)
    start = partial(atlasview.start, volume, cores=bench.core)
    subjects = [
        Subject("AtlasView /chunks", start, atlasview.chunk_asks(volume, some)),
        Subject("AtlasView /zarr, Range", start, atlasview.range_asks(volume, some)),
        Subject(
            "nginx, Range on the shard",
            partial(nginx.start, volume.path.parent, cores=bench.core),
            nginx.range_asks(volume, some),
        ),
    ]
    return compare("chunks", subjects, bench.effort)


JOBS: dict[str, Callable[[Bench], list[Row]]] = {
    "cold": cold,
    "scroll": scroll,
    "hot": hot,
    "chunks": chunks,
}
