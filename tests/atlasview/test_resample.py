"""Pixels from voxels of another size, against brute force."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from atlasview.resample import Span, resample, taps


def covered(values: np.ndarray, start: float, step: float, count: int) -> np.ndarray:
    """The mean over what each pixel covers, by a thousand samples a voxel."""
    fine = values.repeat(1000)
    edges = np.clip(np.rint((start + np.arange(count + 1) * step) * 1000).astype(int), 0, len(fine))
    return np.array([fine[a:b].mean() for a, b in itertools.pairwise(edges)])


@given(
    st.integers(1, 30), st.integers(1, 12), st.integers(0, 1000), st.integers(1000, 5000), st.integers(0, 99)
)  # fmt: skip
def test_a_pixel_is_the_mean_of_what_it_covers(
    length: int, count: int, start: int, step: int, seed: int
) -> None:
    begin, size = start / 1000, step / 1000
    if begin + size * (count - 1) >= length:
        return
    values = np.random.default_rng(seed).normal(size=length)
    one = taps(Span(0, 1, 1), 1)
    got = resample(values[None], one, taps(Span(begin, size, count), length))[0]
    np.testing.assert_allclose(got, covered(values, begin, size, count), atol=1e-3 * 8)
    turned = resample(values[:, None], taps(Span(begin, size, count), length), one)[:, 0]
    np.testing.assert_allclose(turned, got)


@given(st.integers(2, 20), st.integers(1, 60))
def test_smaller_pixels_are_interpolated(length: int, count: int) -> None:
    span = Span(0, length / (length + count), length + count)
    ramp = np.arange(length, dtype=np.float64)
    got = resample(ramp[None], taps(Span(0, 1, 1), 1), taps(span, length))[0]
    middle = (np.arange(span.count) + 0.5) * span.step - 0.5
    np.testing.assert_allclose(got, np.clip(middle, 0, length - 1), atol=1e-9)


def test_one_for_one_is_a_copy() -> None:
    values = np.arange(30, dtype=np.uint16).reshape(5, 6)
    got = resample(values, taps(Span(1, 1, 3), 5), taps(Span(2, 1.0000000001, 4), 6))
    np.testing.assert_array_equal(got, values[1:4, 2:])
    assert got.dtype == np.uint16


def test_what_is_no_number_is_left_out() -> None:
    values = np.array([[1, np.nan, 3, 5], [np.inf, np.nan, 7, 9]])
    two = taps(Span(0, 2, 2), 4)
    got = resample(values, taps(Span(0, 2, 1), 2), two)
    np.testing.assert_allclose(got, [[1, 6]])
    assert np.isnan(resample(values[:, 1:2], taps(Span(0, 2, 1), 2), taps(Span(0, 2, 1), 1))).all()
