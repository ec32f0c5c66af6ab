from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlasview.ingest.labeltable import LabelTable, merge
from atlasview.ingest.tally import Tally, TallyRule, summarise, tally_rule
from atlasview.statistics import describe


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16"])
@pytest.mark.parametrize("compiled", [True, False])
def test_counts_are_numpys(dtype, compiled):
    limits = np.iinfo(dtype)
    voxels = np.random.default_rng(0).integers(limits.min, limits.max, (5, 7, 11), dtype)
    tally = Tally(voxels.dtype, TallyRule(1, True), compiled=compiled)
    tally.add(voxels[:2].copy(), (0, 0, 0))
    tally.add(voxels[2:].copy(), (2, 0, 0))
    found = summarise([tally.record()], voxels.dtype, TallyRule(1, True))
    assert found["value_range"] == [voxels.min(), voxels.max()]
    assert sum(found["histogram"]["counts"]) == voxels.size
    assert found["percentiles"]["75"] == pytest.approx(np.percentile(voxels, 75))


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32", "uint64"])
def test_a_sample_does_not_depend_on_how_the_work_is_cut(dtype):
    voxels = np.random.default_rng(0).integers(0, 99, (40, 30, 20)).astype(dtype)
    rule = TallyRule(7, tally_rule(voxels.dtype, 1).counted)
    found = []
    for size, compiled in [(40, True), (8, True), (3, True), (40, False), (3, False)]:
        records = []
        for z in range(0, 40, size):
            tally = Tally(voxels.dtype, rule, compiled=compiled)
            for y in range(0, 30, size):
                tally.add(voxels[z : z + size, y : y + size].copy(), (z, y, 0))
            records.append(tally.record())
        found.append(summarise(records, voxels.dtype, rule))
    assert all(one == found[0] for one in found[1:])
    assert found[0]["sampled"]
    assert found[0]["value_range"] == [voxels.min(), voxels.max()]
    assert found[0]["percentiles"]["50"] == pytest.approx(np.percentile(voxels, 50), abs=8)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("holes", [[np.nan], [np.inf, -np.inf, np.nan], []])
def test_the_range_of_floats_is_that_of_finite_ones(holes, compiled):
    voxels = np.random.default_rng(3).normal(size=(5, 6, 7)).astype(np.float32)
    at = np.random.default_rng(4).random(voxels.shape) < 0.4
    voxels[at] = np.resize(np.array(holes or [1.5], np.float32), int(at.sum()))
    rule = TallyRule(1, False)
    nothing = np.full_like(voxels, holes[0] if holes else 0.0)
    tally = Tally(voxels.dtype, rule, compiled=compiled)
    for part in (nothing, voxels) if holes else (voxels,):
        tally.add(part, (0, 0, 0))
    found = summarise([tally.record()], voxels.dtype, rule)
    finite = voxels[np.isfinite(voxels)]
    assert found["value_range"] == [finite.min(), finite.max()]
    assert sum(found["histogram"]["counts"]) == finite.size


@pytest.mark.parametrize("compiled", [True, False])
def test_more_labels_than_the_table_first_holds(compiled):
    voxels = np.arange(20 * 30 * 40, dtype=np.uint64).reshape(20, 30, 40) * np.uint64(2**40 + 1)
    table = LabelTable(compiled=compiled)
    table.add(voxels, (3, 2, 1))
    found = merge([table.record()])["labels"]
    assert len(found) == voxels.size - 1
    for z, y, x in [(0, 0, 1), (19, 29, 39), (7, 8, 9)]:
        entry = found[str(voxels[z, y, x])]
        assert entry == {
            "voxels": 1,
            "box": [[x + 1, y + 2, z + 3], [x + 2, y + 3, z + 4]],
            "sum": [x + 1, y + 2, z + 3],
        }


@settings(deadline=None, max_examples=30)
@given(st.tuples(*[st.integers(1, 70)] * 3), st.integers(0, 2**32 - 1))
def test_both_ways_of_counting_labels_agree_with_numpy(shape, seed):
    rng = np.random.default_rng(seed)
    voxels = rng.integers(0, 4, shape).repeat(3, 2).astype(np.uint16) * 1000
    tables = [LabelTable(compiled=compiled) for compiled in (True, False)]
    for table in tables:
        table.add(voxels[: shape[0] // 2], (0, 0, 0))
        table.add(voxels[shape[0] // 2 :], (shape[0] // 2, 0, 0))
    one, other = (merge([table.record()])["labels"] for table in tables)
    assert one == other
    for label in np.unique(voxels[voxels > 0]):
        at = np.argwhere(voxels == label)[:, ::-1]
        assert one[str(label)] == {
            "voxels": len(at),
            "box": [at.min(axis=0).tolist(), (at.max(axis=0) + 1).tolist()],
            "sum": at.sum(axis=0).tolist(),
        }


@pytest.mark.parametrize(
    "values",
    [[1e30], [-1.7e308, 1.7e308], [np.finfo(float).max], [2.0**62, 2.0**62 + 1024], [0.0], [-0.5]],
)
def test_any_range_has_a_histogram(values):
    voxels = np.array(values, np.float64).reshape(1, 1, -1)
    tally = Tally(voxels.dtype, TallyRule(1, False))
    tally.add(voxels, (0, 0, 0))
    counted = summarise([tally.record()], voxels.dtype, TallyRule(1, False))["histogram"]
    seen = describe(voxels.ravel(), sampled=False)
    assert sum(counted["counts"]) == sum(seen.counts) == voxels.size
    assert counted["range"] == list(seen.histogram_range)
    assert np.isfinite(seen.edges()).all()
    assert (np.diff(seen.edges() / 4) > 0).all()
