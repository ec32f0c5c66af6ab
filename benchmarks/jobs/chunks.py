"""Chunks, stored and decoded."""

from __future__ import annotations

from functools import partial

from benchmarks import asks
from benchmarks.jobs.bench import Bench
from benchmarks.measure import Row, Subject, compare
from benchmarks.peers import atlasview, engines, nginx


def stored(bench: Bench) -> list[Row]:
    """One stored 64³ chunk, undecoded; Neuroglancer's server decodes, it has no such face."""
    volume = bench.dense
    some = partial(asks.random_chunks, volume)
    start = bench.atlasview(atlasview.COLD)
    subjects = [
        Subject("AtlasView /chunks", start, atlasview.chunk_asks(volume, some)),
        Subject("AtlasView /zarr, Range", start, atlasview.range_asks(volume, some)),
        Subject(
            "nginx, Range on the shard",
            partial(nginx.start, volume.path.parent, cores=bench.core),
            nginx.range_asks(volume, some),
        ),
        _neuroglancer(bench),
    ]
    return compare("chunks", subjects, bench.effort)


def decoded(bench: Bench) -> list[Row]:
    """One 64³ chunk as raw voxels; cloud-volume's are stored raw."""
    volume = bench.dense
    some = partial(asks.random_chunks, volume)
    (info,) = bench.look(f"/precomputed/{volume.id}/info")
    subjects = [
        _neuroglancer(bench),
        Subject(
            "cloud-volume, stored raw",
            partial(engines.start_cloudvolume, bench.root, bench.core),
            engines.cloudvolume_asks(some),
            streams=2,  # it knows one connection at a time
        ),
    ]
    if info is None:
        missing = Row("decoded", "AtlasView", note="no such face yet")
        return [missing, *compare("decoded", subjects, bench.effort)]
    asking = engines.precomputed_asks(volume, some, info["scales"][0]["key"])
    own = Subject("AtlasView", bench.atlasview(atlasview.COLD), asking)
    return compare("decoded", [own, *subjects], bench.effort)


def _neuroglancer(bench: Bench) -> Subject:
    return Subject(
        "Neuroglancer Python, decoded",
        partial(engines.start_neuroglancer, bench.root, bench.dense, bench.core),
        engines.neuroglancer_asks(partial(asks.random_chunks, bench.dense)),
    )
