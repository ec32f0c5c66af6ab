"""How a volume is cut: levels, shards, and the tasks that make them; pure numbers.

Work goes in stages. A stage starts from a level (its base) and makes up to three coarser ones. Its
tasks are blocks of 512³ base voxels, and the shards of the coarser levels shrink with the level
(256, 128, 64), so that a block owns whole shards of every level: no task waits for another. The
next stage takes the last level of this one as its base, one voxel in 512 of what the first read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from atlasview.geometry import Box, Triple

CHUNK = 64
BLOCK = 512
#: A voxel is halved along an axis while it is not longer there than this times its shortest side.
_ROUND = 2**0.5


@dataclass(frozen=True, slots=True)
class LevelPlan:
    """One level to be made; all triples are z, y, x.

    Parameters
    ----------
    index : int
        0 is the finest.
    shape, chunk, shard : tuple of int
    step : tuple of int
        Finest voxels in a voxel of this level.
    factors : tuple of int
        Voxels of the level below in a voxel of this one, 1 or 2; 1 for level 0.
    """

    index: int
    shape: Triple
    chunk: Triple
    shard: Triple
    step: Triple
    factors: Triple


@dataclass(frozen=True, slots=True)
class Stage:
    """A base level and the coarser ones made from it while it is in memory.

    Parameters
    ----------
    index : int
    levels : tuple of LevelPlan
        The base first. The first stage writes its base, the others only read it.
    """

    index: int
    levels: tuple[LevelPlan, ...]

    @property
    def base(self) -> LevelPlan:
        """The level that the stage reads."""
        return self.levels[0]


@dataclass(frozen=True, slots=True)
class Task:
    """A region of a stage's base level: whole blocks, or cut by the volume's edge.

    Parameters
    ----------
    stage : int
    channels : tuple of int
        First channel, and one past the last.
    box : Box
        Voxels of the base level.
    """

    stage: int
    channels: tuple[int, int]
    box: Box

    @property
    def name(self) -> str:
        """Sorts as the tasks are run, and is the same in every run of one plan."""
        z, y, x = self.box.start
        return f"{self.stage}-{self.channels[0]:04d}-{z:08d}-{y:08d}-{x:08d}"


def plan_levels(shape: Sequence[int], voxel_size: Sequence[float]) -> tuple[LevelPlan, ...]:
    """Plan all levels, until the longest side is one chunk.

    Parameters
    ----------
    shape : sequence of int
        Of level 0: z, y, x.
    voxel_size : sequence of float
        Of level 0, along z, y, x; anisotropic voxels are made isotropic first.
    """
    chunk = _triple(min(CHUNK, 1 << (n - 1).bit_length()) for n in shape)
    extent, step, factors = _triple(shape), (1, 1, 1), (1, 1, 1)
    within: Triple = (1, 1, 1)  # voxels of the stage's base in a voxel of this level
    levels: list[LevelPlan] = []
    while True:
        shard = _triple(
            min(BLOCK // w, -(-n // c) * c) for w, n, c in zip(within, extent, chunk, strict=True)
        )
        levels.append(LevelPlan(len(levels), extent, chunk, shard, step, factors))
        if max(extent) <= CHUNK:
            return tuple(levels)
        size = [v * s for v, s in zip(voxel_size, step, strict=True)]
        shortest = min(v for v, n in zip(size, extent, strict=True) if n > 1)
        factors = _triple(
            2 if n > 1 and v <= shortest * _ROUND else 1 for v, n in zip(size, extent, strict=True)
        )
        if any(w * f > BLOCK // CHUNK for w, f in zip(within, factors, strict=True)):
            within = (1, 1, 1)
        within = _product(within, factors)
        step = _product(step, factors)
        extent = _triple(-(-n // f) for n, f in zip(extent, factors, strict=True))


def plan_stages(levels: Sequence[LevelPlan]) -> tuple[Stage, ...]:
    """Group levels into stages."""
    stages: list[Stage] = []
    first, within = 0, (1, 1, 1)
    for level in levels[1:]:
        grown = _product(within, level.factors)
        if max(grown) > BLOCK // CHUNK:
            stages.append(Stage(len(stages), tuple(levels[first : level.index])))
            first, grown = level.index - 1, level.factors
        within = grown
    stages.append(Stage(len(stages), tuple(levels[first:])))
    return tuple(stages)


def region_bytes(
    stage: Stage, extent: Triple, channels: int, itemsize: int, *, whole_layers: int = 0
) -> int:
    """Return the memory that a task holds.

    Parameters
    ----------
    stage : Stage
    extent : tuple of int
        Of the task's region, z, y, x.
    channels, itemsize : int
    whole_layers : int
        How many whole layers of the base level are held beside a row of chunks: for a source that
        gives whole planes.
    """
    base = stage.base.chunk
    voxels = base[0] * base[1] * extent[2]
    voxels += whole_layers * base[0] * extent[1] * extent[2]
    y, x = extent[1:]
    for level in stage.levels[1:]:
        y, x = (-(-n // f) for n, f in zip((y, x), level.factors[1:], strict=True))
        voxels += level.chunk[0] * y * x
    return voxels * channels * itemsize


def region_extent(
    stage: Stage,
    channels: int,
    itemsize: int,
    memory: int,
    *,
    threads: int = 1,
    at_once: int = 1,
    whole_planes: bool = False,
) -> Triple:
    """Return how large the regions of tasks are: as wide as the memory allows, x first.

    Parameters
    ----------
    stage : Stage
    channels : int
        Held at once.
    itemsize, memory : int
        Bytes, of one process.
    threads : int
        Tasks at a time in one process, which share its memory.
    at_once : int
        Tasks at a time in all; regions are made small enough that there are some for each.
    whole_planes : bool
        For a source that can only be read from its beginning to its end.
    """
    nz, ny, nx = stage.base.shape
    height = min(BLOCK, nz)
    if whole_planes:
        return height, ny, nx
    share = memory // threads
    layers = -(-nz // BLOCK)
    y, x = min(BLOCK, ny), min(BLOCK, nx)
    while x < nx:
        wider = min(x + BLOCK, nx)
        if region_bytes(stage, (height, y, wider), channels, itemsize) > share:
            return height, y, x
        x = wider
    while y < ny:
        wider = min(y + BLOCK, ny)
        few = at_once > 1 and layers * -(-ny // wider) < 3 * at_once
        if few or region_bytes(stage, (height, wider, x), channels, itemsize) > share:
            break
        y = wider
    return height, y, x


def plan_tasks(
    stage: Stage, extent: Triple, channels: int, channels_at_once: int
) -> Iterator[Task]:
    """Cut a stage into tasks, channel by channel and from the lowest planes up.

    Parameters
    ----------
    stage : Stage
    extent : tuple of int
        Of a task's region; multiples of the block, or the whole side.
    channels, channels_at_once : int
    """
    nz, ny, nx = stage.base.shape
    dz, dy, dx = extent
    for c in range(0, channels, channels_at_once):
        for z in range(0, nz, dz):
            for y in range(0, ny, dy):
                for x in range(0, nx, dx):
                    stop = (min(z + dz, nz), min(y + dy, ny), min(x + dx, nx))
                    yield Task(
                        stage.index,
                        (c, min(c + channels_at_once, channels)),
                        Box((z, y, x), stop),
                    )


def plan_record(levels: Sequence[LevelPlan]) -> list[Any]:
    """Return the levels as JSON: what must not change between a killed run and the next."""
    return [[[*level.shape], [*level.chunk], [*level.shard], [*level.factors]] for level in levels]


def _triple(values: Any) -> Triple:
    z, y, x = (int(v) for v in values)
    return z, y, x


def _product(a: Triple, b: Triple) -> Triple:
    return a[0] * b[0], a[1] * b[1], a[2] * b[2]
