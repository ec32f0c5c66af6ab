"""The parts of an IIIF address, by the examples and rules of the specification."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlasview.errors import InvalidParameterError
from atlasview.iiif import (
    Limits,
    Region,
    Rotation,
    Size,
    canonical,
    in_quality,
    parse_quality,
    parse_region,
    parse_rotation,
    parse_size,
    turned,
)
from atlasview.picture import Picture

WIDE = Limits(10**9)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        # of the specification, §4.1: a picture of 300 × 200
        ("full", Region(0, 0, 300, 200)), ("square", Region(50, 0, 200, 200)),
        ("125,15,120,140", Region(125, 15, 120, 140)), ("125,15,200,200", Region(125, 15, 175, 185)),
        ("pct:41.6,7.5,40,70", Region(125, 15, 120, 140)), ("pct:41.6,7.5,66.6,100", Region(125, 15, 175, 185)),
        ("pct:0,0,0.001,.001", Region(0, 0, 1, 1)), ("299,199,9999999999,1", Region(299, 199, 1, 1)),
    ],
)  # fmt: skip
def test_regions(text: str, region: Region) -> None:
    assert parse_region(text, 300, 200) == region


@pytest.mark.parametrize(
    "text",
    ["", "FULL", "1,2,3", "1,2,3,4,5", "0,0,0,5", "0,0,5,0", "300,0,1,1", "0,200,1,1", "-1,0,5,5", "1.5,0,5,5", "+1,0,5,5", "01,0,5,5", "1e2,0,5,5", "nan,0,1,1", "pct:nan,0,1,1", "pct:0,0,0,1", "pct:100,0,1,1", "pct:-1,0,1,1", "pct:1,2,3", "٣,0,1,1", "9" * 10000 + ",0,1,1", "pct:" + "9" * 10000, " full", "full\n"],
)  # fmt: skip
def test_bad_regions(text: str) -> None:
    with pytest.raises(InvalidParameterError, match="region"):
        parse_region(text, 300, 200)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        # of the specification, §4.2: a region of 300 × 200
        ("max", Size(300, 200)), ("150,", Size(150, 100)), (",150", Size(225, 150)),
        ("pct:50", Size(150, 100)), ("225,100", Size(225, 100)), ("!225,100", Size(150, 100)),
        ("!2000,3000", Size(300, 200)), ("^!360,360", Size(360, 240, True)), ("^360,", Size(360, 240, True)),
        ("^,240", Size(360, 240, True)), ("^pct:120", Size(360, 240, True)), ("^360,360", Size(360, 360, True)),
        ("^150,", Size(150, 100)), ("^!30,30", Size(30, 20)), ("1,", Size(1, 1)), ("pct:0.001", Size(1, 1)),
        ("pct:100", Size(300, 200)), ("300,200", Size(300, 200)),
    ],
)  # fmt: skip
def test_sizes(text: str, size: Size) -> None:
    assert parse_size(text, Region(0, 0, 300, 200), WIDE) == size


@pytest.mark.parametrize(
    "text",
    ["", "full", "MAX", ",", "!", "!150,", "!,150", "0,", ",0", "0,0", "pct:0", "pct:", "pct:101", "pct:nan", "301,", ",201", "301,200", "300,201", "100,300", "-1,", "1.5,", "1,2,3", "^", "^^max", "!^9,9", "1e3,", "٣,", "9" * 10000 + ",", "^9999999999,", "pct:" + "1" * 9999, "max ", "010,"],
)  # fmt: skip
def test_bad_sizes(text: str) -> None:
    with pytest.raises(InvalidParameterError, match="size"):
        parse_size(text, Region(0, 0, 300, 200), WIDE)


def test_sizes_keep_to_the_limits() -> None:
    region = Region(0, 0, 300, 200)
    assert parse_size("max", region, Limits(15000)) == Size(150, 100)
    assert parse_size("max", region, Limits(10**9, 30)) == Size(30, 20)
    assert parse_size("^max", region, Limits(240_000)) == Size(600, 400, True)
    assert parse_size("!300,300", region, Limits(15000)) == Size(150, 100)
    for text in ("300,", "^600,", "pct:100", "151,100"):
        with pytest.raises(InvalidParameterError, match="limit of 15000"):
            parse_size(text, region, Limits(15000))


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 10**9), st.integers(1, 16383))
def test_the_largest_size_is_within_the_limits(w: int, h: int, area: int, side: int) -> None:
    limits = Limits(area, side)
    for text in ("max", "^max", "!500,500", "^!500,500"):
        size = parse_size(text, Region(0, 0, w, h), limits)
        # a picture is one pixel wide at least, however narrow its region
        assert limits.allow(size.width, size.height) or 1 in (size.width, size.height)
        assert max(size.width, size.height) <= side


@pytest.mark.parametrize(
    ("text", "rotation"),
    [("0", Rotation(0)), ("90", Rotation(1)), ("180", Rotation(2)), ("270", Rotation(3)), ("360", Rotation(0)), ("!0", Rotation(0, True)), ("!180", Rotation(2, True)), ("90.0", Rotation(1))],
)  # fmt: skip
def test_rotations(text: str, rotation: Rotation) -> None:
    assert parse_rotation(text) == rotation


@pytest.mark.parametrize("text", ["", "!", "45", "-90", "450", "22.5", "90.00001", "nan", "+90", "!!0", "0!", "9" * 10000, "٩٠"])  # fmt: skip
def test_bad_rotations(text: str) -> None:
    with pytest.raises(InvalidParameterError, match="rotation"):
        parse_rotation(text)


def test_bad_qualities() -> None:
    assert parse_quality("bitonal") == "bitonal"
    for text in ("", "native", "grey", "Default"):
        with pytest.raises(InvalidParameterError, match="quality"):
            parse_quality(text)


@pytest.mark.parametrize(
    ("region", "size", "rotation", "spelling"),
    [
        # of the specification, §4.7
        ("0,0,300,200", "pct:100", "360", "full/max/0/default"),
        ("125,15,200,200", "!100,100", "!0", "125,15,175,185/95,100/!0/default"),
        ("pct:0,0,100,100", "150,", "90.0", "full/150,100/90/default"),
        ("square", "^400,400", "0", "50,0,200,200/^400,400/0/default"),
        ("full", "^max", "0", "full/^max/0/default"),
    ],
)
def test_one_spelling(region: str, size: str, rotation: str, spelling: str) -> None:
    full = Region(0, 0, 300, 200)
    place = parse_region(region, 300, 200)
    drawn = parse_size(size, place, WIDE)
    said = canonical(place, drawn, parse_rotation(rotation), "default", full, WIDE)
    assert said == spelling
    again = said.split("/")
    place_again = parse_region(again[0], 300, 200)
    assert (place_again, parse_size(again[1], place_again, WIDE)) == (place, drawn)


def test_turning_and_mirroring() -> None:
    values = np.arange(6, dtype=np.uint8).reshape(2, 3)
    picture = Picture(values, alpha=values + 1)
    assert turned(picture, Rotation(1)).values.tolist() == [[3, 0], [4, 1], [5, 2]]
    assert turned(picture, Rotation(0, True)).values.tolist() == [[2, 1, 0], [5, 4, 3]]
    both = turned(picture, Rotation(1, True))
    assert both.values.tolist() == [[5, 2], [4, 1], [3, 0]]
    assert both.alpha is not None
    np.testing.assert_array_equal(both.alpha, both.values + 1)


def test_grey_and_bitonal() -> None:
    colours = Picture(np.array([[[255, 0, 0], [0, 255, 0], [250, 250, 250]]], np.uint8))
    assert in_quality(colours, "default") is colours
    assert in_quality(colours, "gray").values.tolist() == [[76, 150, 250]]
    assert in_quality(colours, "bitonal").values.tolist() == [[0, 255, 255]]
