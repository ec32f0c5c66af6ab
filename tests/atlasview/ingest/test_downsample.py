from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlasview.ingest.downsample import downsample

from .brains import exact_majority, exact_mean, fast_mean

SHAPES = st.tuples(*[st.integers(1, 5)] * 3)
FACTORS = st.tuples(*[st.sampled_from([1, 2])] * 3)
SEEDS = st.integers(0, 2**32 - 1)
IMAGES = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"]


def extreme(dtype: str, shape: tuple[int, ...], seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    limits = np.iinfo(dtype)
    some = [limits.min, limits.max, limits.max - 1, 0, 1, limits.min + 1, 3]
    wild = rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)
    return np.where(rng.random(shape) < 0.5, wild, rng.choice(np.array(some, dtype), shape))


@pytest.mark.parametrize("dtype", IMAGES)
@settings(deadline=None, max_examples=40)
@given(shape=SHAPES, factors=FACTORS, seed=SEEDS)
def test_a_mean_is_the_exact_mean_rounded_half_to_even(dtype, shape, factors, seed):
    voxels = extreme(dtype, shape, seed)
    expected = exact_mean(voxels, factors)
    for compiled in (True, False):
        found = downsample(voxels, factors, "image", compiled=compiled)
        np.testing.assert_array_equal(found, expected)


@settings(deadline=None, max_examples=40)
@given(shape=SHAPES, factors=FACTORS, seed=SEEDS)
def test_a_mean_of_floats_leaves_nan_out(shape, factors, seed):
    rng = np.random.default_rng(seed)
    voxels = rng.choice(np.array([np.nan, 1.5, -2.25, 1e6], np.float32), shape)
    expected = exact_mean(voxels, factors)
    for compiled in (True, False):
        found = downsample(voxels, factors, "image", compiled=compiled)
        np.testing.assert_array_equal(found, expected)


@settings(deadline=None, max_examples=40)
@given(shape=SHAPES, factors=FACTORS, seed=SEEDS)
def test_both_ways_give_the_same_bits_of_any_floats(shape, factors, seed):
    rng = np.random.default_rng(seed)
    wild = rng.integers(0, 2**32, shape, np.uint32).view(np.float32)  # NaN and infinities too
    some = np.array([np.nan, np.inf, -np.inf, -0.0, 0.1, 3e38, 1e-40], np.float32)
    voxels = np.where(rng.random(shape) < 0.5, wild, rng.choice(some, shape))
    one, other = (downsample(voxels, factors, "image", compiled=way) for way in (True, False))
    for found in (one, other):
        found[np.isnan(found)] = np.nan
    assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("kind", ["image", "labels"])
def test_voxels_are_gone_through_in_blocks(kind, monkeypatch):
    monkeypatch.setattr("atlasview.ingest.packed._BLOCK", 1 << 10)
    voxels = np.random.default_rng(2).integers(0, 9, (33, 41, 27)).repeat(2, 1).astype(np.uint16)
    join = fast_mean if kind == "image" else exact_majority
    for factors in [(2, 2, 2), (1, 2, 2), (2, 1, 1)]:
        found = downsample(voxels, factors, kind, compiled=False)
        np.testing.assert_array_equal(found, join(voxels, factors))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "uint64"])
@settings(deadline=None, max_examples=40)
@given(shape=SHAPES, factors=FACTORS, seed=SEEDS)
def test_a_label_is_the_majority(dtype, shape, factors, seed):
    rng = np.random.default_rng(seed)
    top = np.iinfo(dtype).max
    voxels = rng.choice(np.array([0, 1, 2, top - 1, top], dtype), shape)
    expected = exact_majority(voxels, factors)
    for compiled in (True, False):
        found = downsample(voxels, factors, "labels", compiled=compiled)
        np.testing.assert_array_equal(found, expected)


def test_no_level_is_darker_than_the_one_below():
    voxels = np.random.default_rng(1).integers(0, 256, (64, 64, 64), np.uint8)
    first = voxels
    for _ in range(5):
        below, voxels = voxels, downsample(voxels, (2, 2, 2), "image")
        np.testing.assert_array_equal(voxels, fast_mean(below, (2, 2, 2)))
    assert abs(float(voxels.mean()) - float(first.mean())) < 0.3
