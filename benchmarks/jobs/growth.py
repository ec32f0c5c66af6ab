"""What grows and what must not: with the volume, with the workers, with the clients."""

from __future__ import annotations

from functools import partial

from benchmarks import asks
from benchmarks.data import CONTENT
from benchmarks.jobs.bench import Bench
from benchmarks.measure import Row, Subject, compare
from benchmarks.peers import atlasview

VOLUMES = ("dense-512", f"dense-{CONTENT}", "bigbrain", "micron")


def sizes(bench: Bench) -> list[Row]:
    """256² JPEG, cold, from volumes of all sizes; in brackets, chunks a tile touches."""
    subjects = []
    for name in VOLUMES:
        volume = bench.volume(name)
        tiles = bench.random_tiles(volume)
        start = partial(atlasview.start, volume, cache=atlasview.COLD, cores=bench.core)
        # One at a time: what eight are at work on is a quarter of the smallest volume.
        subjects.append(Subject(name, start, atlasview.tile_asks(volume, tiles), streams=1))
    rows = compare("sizes", subjects, bench.effort)
    for row in rows:
        row.chunks = asks.touched(bench.volume(row.server))
        row.note = row.note or f"{row.chunks:.0f} chunks"
    return rows


def workers(bench: Bench) -> list[Row]:
    """256² JPEG, cold, two workers on two cores against one; the load needs some of a core too."""
    asking = atlasview.tile_asks(bench.dense, bench.random_tiles())
    start = partial(atlasview.start, bench.dense, cache=atlasview.COLD)
    subjects = [
        Subject("one worker", partial(start, cores=bench.core), asking, streams=16),
        Subject(
            "two workers", partial(start, cores=bench.cores, workers=2), asking, streams=16, warm=96
        ),
    ]
    rows = compare("workers", subjects, bench.effort)
    for row in rows:
        row.note = row.note or f"{row.cores_used:.2f} cores used"
    return rows


def memory(bench: Bench) -> list[Row]:
    """Memory at most under 64 clients at once, each asking for tiles anywhere, 256 MB cache."""
    volume = bench.dense
    single = atlasview.tile_asks(volume, bench.random_tiles())
    double = atlasview.double_asks(volume, bench.random_tiles())
    subjects = [
        Subject("64 clients, 256²", bench.atlasview(), single, streams=64, warm=512, least=512),
        Subject("64 clients, 512²", bench.atlasview(), double, streams=64, warm=256, least=256),
    ]
    rows = compare("memory", subjects, bench.effort)
    for row in rows:
        row.note = row.note or f"{row.peak / 1e6:.0f} MB at most"
    return rows
