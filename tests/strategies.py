"""Hypothesis strategies that several tests share."""

from __future__ import annotations

from hypothesis import strategies as st

from atlasview.geometry import OrthogonalPlane
from atlasview.space import PLANES

LETTERS = (("R", "L"), ("A", "P"), ("S", "I"))


def shapes(largest: int = 40) -> st.SearchStrategy[tuple[int, int, int]]:
    """Extents of three axes."""
    side = st.integers(1, largest)
    return st.tuples(side, side, side)


def planes() -> st.SearchStrategy[OrthogonalPlane]:
    """The three planes."""
    return st.sampled_from(list(PLANES.values()))


@st.composite
def codes(draw: st.DrawFn) -> str:
    """Direction codes: every order of the axes, every flip."""
    letters = [draw(st.sampled_from(pair)) for pair in LETTERS]
    return "".join(draw(st.permutations(letters)))
