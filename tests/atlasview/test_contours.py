"""Outlines against a count of crossings, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from atlasview.contours import outlines, trace
from atlasview.errors import TooLargeError
from atlasview.labelpicture import NO_REGIONS


def filled(loops: list[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """Fill loops by the even-odd rule: a pixel is inside when a line to its left crosses one oddly."""
    inside = np.zeros(shape, bool)
    for loop in loops:
        for (x0, y0), (x1, y1) in zip(loop, np.roll(loop, -1, axis=0), strict=True):
            assert (x0 == x1) != (y0 == y1), "every corner is square"
            if x0 == x1:
                inside[min(y0, y1) : max(y0, y1), x0:] ^= True
    return inside


@given(
    groups=hnp.arrays(np.int64, st.tuples(st.integers(1, 12), st.integers(1, 12)),
                      elements=st.integers(0, 3))
)  # fmt: skip
def test_loops_fill_exactly_their_pixels(groups: np.ndarray) -> None:
    found = trace(groups)
    assert sorted(found) == sorted(set(groups.ravel().tolist()) - {0})
    for group, loops in found.items():
        assert np.array_equal(filled(loops, groups.shape), groups == group)


def test_pixels_that_touch_at_a_corner_are_apart_and_holes_turn_back() -> None:
    assert len(trace(np.eye(3, dtype=np.int64))[1]) == 3
    ring = np.ones((5, 5), np.int64)
    ring[1:4, 1:4] = 0
    loops = trace(ring)[1]

    def area(loop: np.ndarray) -> float:
        x, y = loop.T
        return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()) / 2

    assert sorted(area(loop) for loop in loops) == [-9, 25]


def test_labels_without_a_region_have_outlines_of_their_own() -> None:
    found = outlines(np.array([[0, 7], [9, 7]], np.uint16), NO_REGIONS)
    assert [(o.region, o.label, len(o.loops)) for o in found] == [(None, 7, 1), (None, 9, 1)]


def test_what_would_never_end_is_refused() -> None:
    noise = np.indices((64, 64)).sum(axis=0) % 2 + 1
    with pytest.raises(TooLargeError):
        trace(noise, limit=1000)
