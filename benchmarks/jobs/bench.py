"""What all jobs share."""

from __future__ import annotations

import json
import random
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

from benchmarks import asks, data, precut
from benchmarks.measure import Effort, Subject
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

    @property
    def core(self) -> tuple[int, ...]:
        """The one core of a server."""
        return self.cores[:1]

    def look(self, *paths: str) -> list[Any]:
        """Return what AtlasView answers, as JSON or bytes; None where it has no such face."""
        found: list[Any] = []
        with atlasview.start(self.dense, cores=self.core) as process:
            for path in paths:
                body: Any = None
                with (
                    suppress(urllib.error.HTTPError),
                    urllib.request.urlopen(f"http://127.0.0.1:{process.port}{path}") as answer,
                ):
                    body = answer.read()
                    with suppress(ValueError):
                        body = json.loads(body)
                found.append(body)
        return found

    def atlasview(self, cache: int = atlasview.WARM) -> partial[Any]:
        """Return how to start AtlasView on the usual volume."""
        return partial(atlasview.start, self.dense, cache=cache, cores=self.core)

    def random_tiles(self, volume: data.Volume | None = None) -> Any:
        """Return a source of tiles anywhere, in all planes."""
        return partial(asks.random_tiles, volume or self.dense, planes=ALL)

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
