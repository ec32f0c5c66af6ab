"""Orthogonal tiles."""

from __future__ import annotations

from functools import partial

from benchmarks import asks, copies
from benchmarks.jobs.bench import ALL, Bench, repeat
from benchmarks.measure import Row, Subject, compare
from benchmarks.peers import atlasview, iipsrv, large_image, maps
from benchmarks.process import Process

_FLAT = 16


def cold(bench: Bench) -> list[Row]:
    """256² JPEG cut from the volume at random: nearly every chunk is decoded anew."""
    asking = atlasview.tile_asks(bench.dense, bench.random_tiles())
    subjects = [
        Subject("AtlasView", bench.atlasview(atlasview.COLD), asking),
        Subject(
            "titiler.xarray",
            partial(maps.start_titiler, bench.root, bench.core),
            maps.titiler_asks(bench.root),
        ),
        Subject(
            "xpublish-tiles, PNG",
            partial(maps.start_xpublish, bench.root, bench.core),
            maps.xpublish_asks,
        ),
        bench.nginx_tiles(),
    ]
    return compare("cold", subjects, bench.effort)


def scroll(bench: Bench) -> list[Row]:
    """256² JPEG, four people stepping through slices, 256 MB cache."""
    asking = atlasview.tile_asks(bench.dense, partial(asks.scroll, bench.dense, planes=ALL))
    least = 4 * 2 * asks.SCROLL
    subjects = [
        Subject("AtlasView", bench.atlasview(), asking, streams=4, own=True, least=least),
        bench.nginx_tiles(),
    ]
    return compare("scroll", subjects, bench.effort)


def hot(bench: Bench) -> list[Row]:
    """256² JPEG, chunks in memory; peers have no volume but a ready-made TIFF of slices."""
    flat = copies.tiff(bench.root)

    def own(name: str, *planes: str) -> Subject:
        near = asks.near_tiles(bench.dense, planes)
        asking = atlasview.tile_asks(bench.dense, repeat(near))
        return Subject(name, bench.atlasview(), asking, warm=len(near))

    subjects = [
        own("AtlasView", *ALL),
        *(own(f"AtlasView, {plane}", plane) for plane in ALL),
        Subject(
            "iipsrv, TIFF",
            partial(iipsrv.start, flat, bench.core),
            iipsrv.tile_asks(flat, _FLAT),
        ),
        Subject(
            "large_image, TIFF",
            partial(large_image.start, bench.root, flat, bench.core),
            large_image.flat_asks(_FLAT),
        ),
        bench.nginx_tiles(),
    ]
    return compare("hot", subjects, bench.effort)


def double(bench: Bench) -> list[Row]:
    """512² JPEG cut from the volume at random; large_image knows one plane only."""
    asking = atlasview.double_asks(bench.dense, bench.random_tiles())
    subjects = [
        Subject("AtlasView", bench.atlasview(atlasview.COLD), asking),
        Subject("large_image", _large_image(bench), large_image.random_asks),
    ]
    return compare("double", subjects, bench.effort)


def double_scroll(bench: Bench) -> list[Row]:
    """512² JPEG, four people stepping through slices, 256 MB cache."""
    walk = partial(asks.scroll, bench.dense, planes=ALL, side=1, stride=2)
    asking = atlasview.double_asks(bench.dense, walk)
    peer = large_image.scroll_asks(asks.STEPS)
    least = 4 * 2 * asks.STEPS
    subjects = [
        Subject("AtlasView", bench.atlasview(), asking, streams=4, own=True, least=least),
        Subject("large_image", _large_image(bench), peer, streams=4, own=True, least=least),
    ]
    return compare("double-scroll", subjects, bench.effort)


def _large_image(bench: Bench) -> partial[Process]:
    source = copies.zarr2(bench.root) / ".zattrs"
    return partial(large_image.start, bench.root, source, bench.core)
