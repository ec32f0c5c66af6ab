"""Neuroglancer's Python server and cloud-volume's: decoded chunks."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks import copies
from benchmarks.asks import Chunk
from benchmarks.data import CHUNK, Volume
from benchmarks.load import Ask
from benchmarks.peers.interpreter import APPS, find
from benchmarks.process import Process, free_port

Chunks = Callable[[random.Random], Iterator[Chunk]]


def start_neuroglancer(root: Path, volume: Volume, cores: tuple[int, ...]) -> Process:
    """Start it on the finest level of a volume, read by TensorStore."""
    python, port = find(root, "neuroglancer"), free_port()
    command = [python, str(APPS / "neuroglancer_app.py"), str(volume.path / "0"), str(port)]
    return Process(command, port, ready="/neuroglancer/info/viewer.brain", cores=cores)


def neuroglancer_asks(chunks: Chunks) -> Callable[[random.Random], Iterator[Ask]]:
    """Ask for chunks decoded to raw voxels."""
    return partial(
        _asks, chunks, "/neuroglancer/raw/viewer.brain/1,1,1/{z0},{y0},{x0}/{z1},{y1},{x1}"
    )


def start_cloudvolume(root: Path, cores: tuple[int, ...]) -> Process:
    """Start it on chunks that are stored decoded, one file each."""
    python, port = find(root, "cloud-volume"), free_port()
    command = [python, str(APPS / "cloudvolume_app.py"), str(copies.precomputed(root)), str(port)]
    return Process(command, port, ready="/info", cores=cores)


def cloudvolume_asks(chunks: Chunks) -> Callable[[random.Random], Iterator[Ask]]:
    """Ask for chunks that are stored decoded."""
    return partial(_asks, chunks, "/20um/{x0}-{x1}_{y0}-{y1}_{z0}-{z1}")


def precomputed_asks(volume: Volume, chunks: Chunks, scale: str) -> partial[Iterator[Ask]]:
    """Ask AtlasView for chunks decoded to raw voxels."""
    return partial(
        _asks, chunks, f"/precomputed/{volume.id}/{scale}/{{x0}}-{{x1}}_{{y0}}-{{y1}}_{{z0}}-{{z1}}"
    )


def _asks(chunks: Chunks, template: str, rng: random.Random) -> Iterator[Ask]:
    for chunk in chunks(rng):
        low = {f"{n}0": k * CHUNK for n, k in zip("zyx", chunk.place, strict=True)}
        high = {f"{n}1": (k + 1) * CHUNK for n, k in zip("zyx", chunk.place, strict=True)}
        yield Ask(template.format(**low, **high))
