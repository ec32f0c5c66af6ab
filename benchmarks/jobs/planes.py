"""Pictures of any plane."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice

from benchmarks import bybox
from benchmarks.jobs.bench import Bench, repeat
from benchmarks.load import Ask
from benchmarks.measure import Row, Subject, compare
from benchmarks.peers import atlasview

SPACING = 0.02


def random_planes(bench: Bench, rng: random.Random, side: int) -> Iterator[Ask]:
    """Ask for squares of random planes, each wholly inside the volume."""
    half = side / 2**0.5
    for center, right, down in bybox.planes(bench.dense.extent, half, rng):
        named = {"center": center * SPACING, "right": right, "down": down}
        vectors = "&".join(f"{k}=" + ",".join(f"{x:.9f}" for x in v) for k, v in named.items())
        size = f"width={side}&height={side}&mm_per_pixel={SPACING}"
        yield Ask(f"/planes/{bench.dense.id}.jpg?{vectors}&{size}")


def planes(bench: Bench) -> list[Row]:
    """JPEG of random planes through the volume, against orthogonal ones of equal size."""
    first = next(random_planes(bench, random.Random(0), 512))
    (known,) = bench.look(first.path)
    if known is None:
        return [Row("planes", "AtlasView", note="no such face yet")]
    few = list(islice(random_planes(bench, random.Random(1), 256), 6))
    cold = bench.atlasview(atlasview.COLD)
    straight = atlasview.double_asks(bench.dense, bench.random_tiles())
    subjects = [
        Subject("any plane 512², cold", cold, lambda rng: random_planes(bench, rng, 512)),
        Subject("orthogonal 512², cold", cold, straight),
        Subject("any plane 256², cold", cold, lambda rng: random_planes(bench, rng, 256)),
        Subject("any plane 256², hot", bench.atlasview(), repeat(few), warm=4 * len(few)),
    ]
    count = max(int(4 * bench.effort.rounds * bench.effort.seconds), 6)
    return [*compare("planes", subjects, bench.effort), bybox.measure(bench.dense, 512, count)]
