"""Voxels to pixels, against the formula of docs/guide-web.md and Pillow's decoders."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from phantoms import window
from PIL import Image

from atlasview import encode
from atlasview.errors import InvalidParameterError
from atlasview.labelpicture import NO_REGIONS, LabelColours, label_picture
from atlasview.picture import Picture, blend
from atlasview.shrink import shrink_majority, shrink_mean
from atlasview.window import Window

DTYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "float32", "float64")


@given(
    dtype=st.sampled_from(DTYPES),
    data=st.data(),
    lo=st.floats(-300, 300),
    span=st.floats(0.01, 1000),
)
def test_the_window_is_the_formula_of_the_guide(
    dtype: str, data: st.DataObject, lo: float, span: float
) -> None:
    values = data.draw(hnp.arrays(dtype, (3, 4)))
    assert (Window(lo, lo + span).apply(values) == window(values, lo, lo + span)).all()


def test_nan_is_black_also_when_inverted() -> None:
    values = np.array([np.nan, -np.inf, 0.0, 1.0, np.inf])
    assert Window(0, 1).apply(values).tolist() == [0, 0, 0, 255, 255]
    assert Window(0, 1, invert=True).apply(values).tolist() == [0, 255, 255, 0, 0]


def test_gamma_is_an_exponent() -> None:
    values = np.array([0, 64, 128, 255], np.uint8)
    expected = np.floor((values / 255.0) ** 0.5 * 255 + 0.5)
    assert Window(0, 255, gamma=0.5).apply(values).tolist() == expected.tolist()


def decoded(body: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(body)) as image:
        image.load()
        return np.asarray(image.convert("RGBA"))


@st.composite
def pictures(draw: st.DrawFn) -> Picture:
    size = draw(st.tuples(st.integers(1, 20), st.integers(1, 20)))
    palette = None
    if draw(st.booleans()):
        count = draw(st.integers(1, 256))
        palette = draw(hnp.arrays("uint8", (count, 4)))
        values = draw(hnp.arrays("uint8", size, elements=st.integers(0, count - 1)))
    else:
        values = draw(hnp.arrays("uint8", draw(st.sampled_from([size, (*size, 3)]))))
    alpha = draw(st.one_of(st.none(), hnp.arrays("uint8", size), hnp.arrays("uint8", size, elements=st.sampled_from([0, 255]))))  # fmt: skip
    return Picture(values, palette, alpha, draw(st.booleans()))


@settings(max_examples=200)
@given(pictures())
def test_png_keeps_every_pixel(picture: Picture) -> None:
    np.testing.assert_array_equal(
        visible(decoded(encode.encode_png(picture))), visible(picture.rgba())
    )


@settings(max_examples=50)
@given(pictures())
def test_webp_keeps_every_pixel_of_labels(picture: Picture) -> None:
    exact = Picture(picture.values, picture.palette, picture.alpha, exact=True)
    np.testing.assert_array_equal(
        visible(decoded(encode.encode_webp(exact))), visible(exact.rgba())
    )


def visible(rgba: np.ndarray) -> np.ndarray:
    """What cannot be seen has no colour."""
    return np.where(rgba[..., 3:] == 0, 0, rgba)


def test_jpeg_is_black_outside_and_refuses_labels() -> None:
    values = np.full((32, 32), 200, np.uint8)
    alpha = np.full((32, 32), 255, np.uint8)
    alpha[:, 16:] = 0
    pixels = decoded(encode.encode_jpeg(Picture(values, alpha=alpha)))
    assert (pixels[:, 24:, 0] < 12).all()
    assert (abs(pixels[:, :8, 0].astype(int) - 200) < 12).all()
    with pytest.raises(InvalidParameterError, match="png or webp"):
        encode.encode_jpeg(Picture(values, exact=True))


COLOURS = LabelColours(
    np.array([3, 7, 2**40], np.uint64),
    np.array([0, 1, 0]),
    np.array([[255, 0, 0], [0, 255, 0], [255, 0, 0]], np.uint8),
)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "int64", "uint64"])
def test_a_label_picture_is_exact(dtype: str) -> None:
    labels = np.array([[0, 3, 7], [9, 3, 0]]).astype(dtype)
    rgba = label_picture(labels, COLOURS).rgba()
    expected = {0: (0, 0, 0, 0), 9: (0, 0, 0, 0), 3: (255, 0, 0, 255), 7: (0, 255, 0, 255)}
    for at in np.ndindex(labels.shape):
        assert tuple(rgba[at]) == expected[int(labels[at])]


def test_large_ids_are_not_merged() -> None:
    labels = np.array([[2**40, 2**40 + 1]], np.uint64)
    rgba = label_picture(labels, COLOURS).rgba()
    assert rgba[0, 0].tolist() == [255, 0, 0, 255]
    assert rgba[0, 1, 3] == 0


def test_many_labels_go_beyond_a_palette() -> None:
    labels = np.arange(1, 1025).reshape(32, 32).astype(np.uint16)
    rgba = label_picture(labels, NO_REGIONS).rgba()
    assert (rgba[..., 3] == 255).all()
    assert len(np.unique(rgba.reshape(-1, 4), axis=0)) > 500


def test_outlines_are_one_pixel_wide_and_between_regions_only() -> None:
    labels = np.zeros((9, 12), np.uint8)
    labels[2:7, 1:6], labels[2:7, 6:11] = 3, 7
    drawn = label_picture(labels, COLOURS, outline=True).rgba()[..., 3] > 0
    inner = np.zeros_like(drawn)
    inner[3:6, 2:5] = inner[3:6, 7:10] = True
    np.testing.assert_array_equal(drawn, (labels > 0) & ~inner)
    # labels that belong to one region have no line between them
    joined = np.where(labels == 7, 2**40, labels.astype(np.uint64))
    drawn = label_picture(joined, COLOURS, outline=True).rgba()[..., 3] > 0
    assert not drawn[3:6, 2:10].any()


@given(st.integers(2, 5), hnp.arrays("uint8", st.tuples(st.just(1), st.integers(1, 17), st.integers(1, 17))))  # fmt: skip
def test_shrinking_is_mean_and_majority(scale: int, voxels: np.ndarray) -> None:
    mean = shrink_mean(voxels, scale, (1, 2))
    vote = shrink_majority(voxels % 4, scale, (1, 2))
    for r, c in np.ndindex(mean.shape[1:]):
        block = voxels[0, r * scale : (r + 1) * scale, c * scale : (c + 1) * scale]
        assert mean[0, r, c] == np.rint(block.astype(float).mean())
        values, counts = np.unique(block % 4, return_counts=True)
        assert vote[0, r, c] == values[counts.argmax()]


def test_blending_by_opacity() -> None:
    under = Picture(np.full((1, 2), 100, np.uint8))
    over = Picture(np.array([[1, 0]], np.uint8), palette=np.array([[0, 0, 0, 0], [200, 0, 50, 255]], np.uint8))  # fmt: skip
    assert blend(under, over, 0.5).rgba()[0].tolist() == [[150, 50, 75, 255], [100, 100, 100, 255]]  # fmt: skip
