"""A slice at any size: which level is read, and that reading in parts changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phantoms import encoded, half, picture, write_ome_zarr

from atlasview import chunks, open_volume, pictures
from atlasview.chunks import ChunkReader
from atlasview.errors import OutOfVolumeError, TooLargeError
from atlasview.geometry import OrthogonalPlane
from atlasview.ink import Ink
from atlasview.labelpicture import NO_REGIONS
from atlasview.pictures import draw_patch, draw_scaling
from atlasview.resample import Span
from atlasview.scaling import halved_sizes, scale_slice, scaling_grid, square_size
from atlasview.space import PLANES
from atlasview.style import Style
from atlasview.tiles import slice_patch, zooms
from atlasview.volume import Volume
from atlasview.window import Window

INK = Ink((Window(0, 60000),), NO_REGIONS, None, 1.0)


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> Volume:
    whole = encoded((301, 203, 21), "uint16")
    root = tmp_path_factory.mktemp("scaling")
    return open_volume(write_ome_zarr(root / "v.zarr", [whole, half(whole), half(half(whole))]))


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Volume:
    """The same without coarser levels, its voxels 0.5 × 0.5 × 2 mm."""
    root = tmp_path_factory.mktemp("alone")
    whole = encoded((301, 203, 21), "uint16")
    return open_volume(write_ome_zarr(root / "v.zarr", [whole], affine=np.diag([0.5, 0.5, 2, 1.0])))


@pytest.mark.parametrize("plane", PLANES.values(), ids=PLANES)
def test_the_coarsest_level_that_resolves_a_pixel_is_read(
    volume: Volume, plane: OrthogonalPlane
) -> None:
    h, w = plane.size(volume.levels[0].shape)
    for factor, level in ((0.5, 0), (1, 0), (1.9, 0), (2, 1), (3.9, 1), (4, 2), (20, 2)):
        spans = (Span(0, factor, int(h / factor)), Span(0, factor, int(w / factor)))
        scaling = scale_slice(volume.levels, plane, 9, *spans)
        assert (scaling.level, scaling.index) == (level, 9 >> level)
    with pytest.raises(OutOfVolumeError, match="slice"):
        scale_slice(volume.levels, plane, 999, Span(0, 1, 1), Span(0, 1, 1))


@pytest.mark.parametrize("plane", PLANES.values(), ids=PLANES)
def test_pixels_lie_where_their_voxels_do(volume: Volume, plane: OrthogonalPlane) -> None:
    """A pixel of a quarter of the size has its centre amid its sixteen voxels."""
    fine = scaling_grid(volume.levels[0], plane, scale_slice(volume.levels, plane, 8, Span(0, 1, 8), Span(0, 1, 8)))  # fmt: skip
    three = scale_slice(volume.levels, plane, 8, Span(0, 3, 2), Span(3, 3, 2))
    assert three.level == 1
    coarse = scaling_grid(volume.levels[1], plane, three)
    right, down = np.array(fine.right), np.array(fine.down)
    normal = np.zeros(3)
    normal[2 - plane.normal] = 1
    across = np.array(coarse.origin) - (np.array(fine.origin) + 4 * right + 1 * down)
    np.testing.assert_allclose(across - normal * (across @ normal), 0, atol=1e-9)
    np.testing.assert_allclose(coarse.right, 3 * right)
    np.testing.assert_allclose(coarse.down, 3 * down)


@pytest.mark.parametrize("name", PLANES)
def test_reading_in_parts_changes_nothing(
    volume: Volume, alone: Volume, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plane, style = PLANES[name], Style()
    h, w = plane.size(volume.levels[0].shape)
    drawn = []
    for small in (False, True):
        if small:
            monkeypatch.setattr(pictures, "_STRIP", 1)
            monkeypatch.setattr(chunks, "_AT_ONCE", 1)
        reader = ChunkReader(0 if small else 1 << 20)
        for factor in (0.3, 1, 1.7, 7.3):
            spans = (Span(3, factor, int((h - 3) / factor)), Span(5, factor, int((w - 5) / factor)))
            scaling = scale_slice(volume.levels, plane, 9, *spans)
            drawn.append(draw_scaling(reader, volume, plane, scaling, style, INK).values)
        patch = slice_patch(alone.levels, plane, zooms(alone.levels, plane, 16)[1], 9, (1, 2, 50, 50))  # fmt: skip
        assert patch.scale > 1
        drawn.append(draw_patch(reader, alone, plane, patch, style, INK).values)
    assert len(drawn) == 10
    for once, parted in zip(drawn[:5], drawn[5:], strict=True):
        np.testing.assert_array_equal(once, parted)
    whole = picture(encoded((301, 203, 21), "uint16"), name, 9)[3:, 5:]
    np.testing.assert_array_equal(drawn[1], INK.windows[0].apply(whole))


def test_no_more_is_read_than_the_limit(alone: Volume) -> None:
    plane, reader = PLANES["horizontal"], ChunkReader(0)
    scaling = scale_slice(alone.levels, plane, 3, Span(0, 20.3, 10), Span(0, 30.1, 10))
    with pytest.raises(TooLargeError, match="limit is 9999 voxels"):
        draw_scaling(reader, alone, plane, scaling, Style(), INK, 9999)
    patch = slice_patch(alone.levels, plane, zooms(alone.levels, plane, 16)[0], 3, (0, 0, 50, 50))
    with pytest.raises(TooLargeError, match="limit is 9999 voxels"):
        draw_patch(reader, alone, plane, patch, Style(), INK, 9999)


def test_square_sizes(volume: Volume, alone: Volume) -> None:
    assert square_size(volume.levels[0], PLANES["coronal"]) == (21, 301)
    assert square_size(alone.levels[0], PLANES["coronal"]) == (84, 301)
    assert square_size(alone.levels[0], PLANES["horizontal"]) == (203, 301)


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 600))
def test_sizes_are_halved(height: int, width: int, largest: int) -> None:
    sizes = halved_sizes(height, width, largest)
    assert sizes[-1] == (height, width)
    assert max(sizes[0]) <= largest or len(sizes) == 1
    for k, size in enumerate(reversed(sizes)):
        assert size == (-(-height // 2**k), -(-width // 2**k))
    assert all(max(size) > largest for size in sizes[1:])
