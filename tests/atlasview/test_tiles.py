"""Tiles partition a slice exactly, at every zoom."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phantoms import encoded, half, picture, write_ome_zarr
from strategies import planes, shapes

from atlasview.chunks import ChunkReader
from atlasview.errors import OutOfVolumeError
from atlasview.geometry import OrthogonalPlane
from atlasview.opening import open_volume
from atlasview.space import PLANES
from atlasview.tiles import tile_patch, zooms
from atlasview.volume import Volume


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> Volume:
    levels = [encoded((70, 45, 53))]
    levels += [half(levels[0]), half(half(levels[0]))]
    return open_volume(write_ome_zarr(tmp_path_factory.mktemp("v") / "v", levels))


def ras_levels() -> list[np.ndarray]:
    whole = encoded((70, 45, 53))
    return [whole, half(whole), half(half(whole))]


@settings(max_examples=40, deadline=None)
@given(plane=planes(), tile=st.integers(4, 90), data=st.data())
def test_stitched_tiles_are_the_slice(
    volume: Volume, plane: OrthogonalPlane, tile: int, data: st.DataObject
) -> None:
    reader = ChunkReader(1 << 22)
    ladder = zooms(volume.levels, plane, tile)
    assert max(ladder[0].height, ladder[0].width) <= tile
    assert ladder[-1].level == 0
    assert ladder[-1].scale == 1
    index = data.draw(st.integers(0, volume.levels[0].shape[plane.normal] - 1))
    for zoom in ladder:
        if zoom.scale > 1:
            continue
        stitched = np.zeros((zoom.height, zoom.width), np.uint32)
        hits = np.zeros((zoom.height, zoom.width), int)
        for row in range(-(-zoom.height // tile)):
            for col in range(-(-zoom.width // tile)):
                patch = tile_patch(volume.levels, plane, zoom, index, row, col, tile)
                part = plane.image(reader.box(volume.levels[patch.level], patch.box))
                here = np.s_[
                    row * tile : row * tile + patch.height, col * tile : col * tile + patch.width
                ]
                stitched[here] = part
                hits[here] += 1
        assert (hits == 1).all()
        expected = picture(ras_levels()[zoom.level], plane.name, index >> zoom.level)
        np.testing.assert_array_equal(stitched, expected)


def test_zooms_go_on_where_the_pyramid_ends(volume: Volume) -> None:
    ladder = zooms(volume.levels[:1], PLANES["horizontal"], 16)
    assert [(z.scale, z.height, z.width) for z in ladder] == [
        (8, 6, 9), (4, 12, 18), (2, 23, 35), (1, 45, 70),
    ]  # fmt: skip


def test_zooms_fill_a_skipped_level(volume: Volume) -> None:
    jump = [volume.levels[0], replace(volume.levels[2], index=1)]
    ladder = zooms(jump, PLANES["horizontal"], 16)
    assert [(z.level, z.scale) for z in ladder][1:] == [(1, 1), (0, 2), (0, 1)]


@given(shape=shapes(), plane=planes(), side=st.integers(1, 50))
def test_boxes_of_a_plane_lie_in_the_array(
    shape: tuple[int, int, int], plane: OrthogonalPlane, side: int
) -> None:
    height, width = plane.size(shape)
    hits = np.zeros(shape, int)
    for top in range(0, height, side):
        for left in range(0, width, side):
            box = plane.box(shape, 0, top, left, min(side, height - top), min(side, width - left))
            assert box.within(shape)
            hits[box.slices] += 1
    assert (plane.image(np.moveaxis(np.moveaxis(hits, plane.normal, 0)[:1], 0, plane.normal)) == 1).all()  # fmt: skip


@pytest.mark.parametrize(("row", "col", "index"), [(-1, 0, 0), (0, 9, 0), (0, 0, -1), (0, 0, 999)])
def test_tiles_outside_are_refused(volume: Volume, row: int, col: int, index: int) -> None:
    plane = PLANES["coronal"]
    with pytest.raises(OutOfVolumeError):
        tile_patch(volume.levels, plane, zooms(volume.levels, plane)[0], index, row, col)
