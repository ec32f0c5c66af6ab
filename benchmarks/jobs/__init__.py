"""The jobs: what is asked of which servers."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.jobs import chunks, growth, planes, tiles
from benchmarks.jobs.bench import Bench
from benchmarks.measure import Row

JOBS: dict[str, Callable[[Bench], list[Row]]] = {
    "cold": tiles.cold,
    "scroll": tiles.scroll,
    "hot": tiles.hot,
    "double": tiles.double,
    "double-scroll": tiles.double_scroll,
    "chunks": chunks.stored,
    "decoded": chunks.decoded,
    "planes": planes.planes,
    "sizes": growth.sizes,
    "workers": growth.workers,
    "memory": growth.memory,
}
