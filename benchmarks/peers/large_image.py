"""large_image behind one plain route: a Zarr v2 in 512² tiles, or a TIFF in 256² ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.data import CONTENT
from benchmarks.load import Ask
from benchmarks.peers.interpreter import APPS, find
from benchmarks.process import Process, free_port

_TILE = 512


def start(root: Path, source: Path, cores: tuple[int, ...]) -> Process:
    """Start it on one file."""
    python, port = find(root, "large-image"), free_port()
    command = [python, str(APPS / "large_image_app.py"), str(source), str(port)]
    return Process(command, port, ready="/none", cores=cores)


def random_asks(rng: random.Random) -> Iterator[Ask]:
    """Ask for 512² tiles of random slices of the volume."""
    side = CONTENT // _TILE
    while True:
        x, y = rng.randrange(side), rng.randrange(side)
        yield Ask(f"/{rng.randrange(CONTENT)}/0/{x}/{y}")


def scroll_asks(steps: int) -> Callable[[random.Random], Iterator[Ask]]:
    """Ask for one 512² tile of slice after slice, then elsewhere."""
    side = CONTENT // _TILE

    def asks(rng: random.Random) -> Iterator[Ask]:
        while True:
            x, y = rng.randrange(side), rng.randrange(side)
            first = rng.randrange(CONTENT - steps)
            for index in range(first, first + steps):
                yield Ask(f"/{index}/0/{x}/{y}")

    return asks


def flat_asks(side: int) -> Callable[[random.Random], Iterator[Ask]]:
    """Ask for 256² tiles of a flat picture at random."""

    def asks(rng: random.Random) -> Iterator[Ask]:
        while True:
            yield Ask(f"/0/0/{rng.randrange(side)}/{rng.randrange(side)}")

    return asks
