from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from atlasview.ingest.plan import (
    BLOCK,
    plan_levels,
    plan_stages,
    plan_tasks,
    region_bytes,
    region_extent,
)

SHAPES = st.tuples(*[st.integers(1, 2500)] * 3)
SIZES = st.tuples(*[st.sampled_from([0.02, 0.02117, 0.1, 1.0])] * 3)


def test_cubic_voxels_halve_along_all_axes():
    levels = plan_levels((1024, 1024, 1024), (1, 1, 1))
    assert [level.shape[0] for level in levels] == [1024, 512, 256, 128, 64]
    assert [level.shard[0] for level in levels] == [512, 256, 128, 64, 64]
    assert {level.chunk for level in levels} == {(64, 64, 64)}


def test_flat_voxels_become_cubes_first():
    levels = plan_levels((100, 1000, 1000), (4, 1, 1))
    assert [level.factors for level in levels] == [
        (1, 1, 1), (1, 2, 2), (1, 2, 2), (2, 2, 2), (2, 2, 2),
    ]  # fmt: skip


def test_the_bigbrain_counts_as_cubic():
    levels = plan_levels((5711, 7404, 6572), (0.0211667, 0.02, 0.0211667))
    assert all(level.factors == (2, 2, 2) for level in levels[1:])
    assert levels[1].shape == (2856, 3702, 3286)


def test_one_section_is_not_halved_across():
    levels = plan_levels((1, 900, 700), (0.05, 0.001, 0.001))
    assert all(level.shape[0] == 1 and level.chunk[0] == 1 for level in levels)


@settings(deadline=None)
@given(shape=SHAPES, size=SIZES)
def test_levels_end_in_one_chunk_and_cover_the_volume(shape, size):
    levels = plan_levels(shape, size)
    assert max(levels[-1].shape) <= 64
    assert all(max(level.shape) > 64 for level in levels[:-1])
    for level in levels:
        assert level.shape == tuple(-(-n // s) for n, s in zip(shape, level.step, strict=True))
        assert all(s % c == 0 for s, c in zip(level.shard, level.chunk, strict=True))


@settings(deadline=None, max_examples=50)
@given(shape=SHAPES, size=SIZES, memory=st.sampled_from([1 << 20, 1 << 26, 1 << 28, 1 << 40]))
def test_every_shard_of_every_level_belongs_to_one_task(shape, size, memory):
    levels = plan_levels(shape, size)
    written = set()
    for stage in plan_stages(levels):
        extent = region_extent(stage, 1, 2, memory)
        tasks = list(plan_tasks(stage, extent, 1, 1))
        assert len({task.name for task in tasks}) == len(tasks)
        assert sum(task.box.size for task in tasks) == np.prod(stage.base.shape, dtype=object)
        step = (1, 1, 1)
        for level in stage.levels:
            if level is not stage.base:
                step = tuple(s * f for s, f in zip(step, level.factors, strict=True))
                assert level.index not in written
                written.add(level.index)
            elif stage.index:
                continue
            starts = [
                tuple(a // s for a, s in zip(task.box.start, step, strict=True)) for task in tasks
            ]
            for start in starts:
                for a, whole, n in zip(start, level.shard, level.shape, strict=True):
                    assert a % whole == 0 or whole >= n
    assert written == {level.index for level in levels[1:]}


@given(memory=st.integers(1 << 27, 1 << 30))
def test_regions_keep_to_the_memory(memory):
    stage = plan_stages(plan_levels((5711, 7404, 6572), (1, 1, 1)))[0]
    extent = region_extent(stage, 1, 1, memory)
    assert region_bytes(stage, extent, 1, 1) <= memory
    assert extent[1] % BLOCK == 0 or extent[1] == 7404
