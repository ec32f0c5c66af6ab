"""Boxes cut into blocks, layers in memory and on disk, levels picked by size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phantoms import encoded, half, write_ome_zarr
from strategies import shapes

from atlasview import Box, open_volume
from atlasview.cutout import FORMATS, Cutout, box_on_level, pick_level, planes
from atlasview.cutout.blocks import blocks, layers
from atlasview.cutout.nifti import _space_code
from atlasview.errors import NotFoundError, TooLargeError


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    """Boxes in a volume of 40 voxels a side."""
    ends = [sorted(draw(st.lists(st.integers(0, 40), min_size=2, max_size=2, unique=True))) for _ in range(3)]  # fmt: skip
    (z0, z1), (y0, y1), (x0, x1) = ends
    return Box((z0, y0, x0), (z1, y1, x1))


@given(boxes(), shapes(16), shapes(20), st.integers(1, 5000))
def test_blocks_partition_a_box(
    box: Box, cell: tuple[int, int, int], origin: tuple[int, int, int], most: int
) -> None:
    origin = tuple(o % c for o, c in zip(origin, cell, strict=True))  # type: ignore[assignment]
    hits = np.zeros((40, 40, 40), int)
    z = box.start[0]
    for layer in layers(box, cell[0], origin[0]):
        assert layer.start[0] == z
        z = layer.stop[0]
        for block in blocks(layer, cell, origin, most):
            hits[block.slices] += 1
            assert block.size <= max(most, np.prod(cell))
            for k in range(3):  # blocks end where cells end
                assert (block.stop[k] - origin[k]) % cell[k] == 0 or block.stop[k] == box.stop[k]
    assert (hits[box.slices] == 1).all()
    assert hits.sum() == box.size


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> Any:
    whole = encoded((45, 37, 51), "uint16")
    path = tmp_path_factory.mktemp("v") / "v.zarr"
    return open_volume(write_ome_zarr(path, [whole, half(whole)], code="PIR", chunk=8))


@pytest.mark.parametrize(("block", "layer"), [(1 << 20, 1 << 20), (1 << 20, 1), (600, 1), (1, 1)])
def test_layers_are_the_same_in_memory_and_on_disk(
    volume: Any, block: int, layer: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planes, "BLOCK_BYTES", block)
    monkeypatch.setattr(planes, "LAYER_BYTES", layer)
    cutout = Cutout(volume, volume.levels[0], Box((3, 1, 2), (50, 36, 45)))
    body = b"".join(planes.stream(cutout, cutout.dtype))
    expected = encoded((45, 37, 51), "uint16")[2:45, 1:36, 3:50].T
    np.testing.assert_array_equal(np.frombuffer(body, "<u2").reshape(cutout.shape), expected)


@pytest.mark.parametrize("form", list(FORMATS))
def test_sizes_are_exact(volume: Any, form: str) -> None:
    for box in (Box((0, 0, 0), (1, 1, 1)), Box((3, 1, 2), (50, 36, 45))):
        cutout = Cutout(volume, volume.levels[0], box)
        body = b"".join(FORMATS[form].write(cutout))
        size = FORMATS[form].size
        assert size is None or size(cutout) == len(body)
        assert body == b"".join(FORMATS[form].write(cutout))


def test_a_level_is_picked_by_size(volume: Any) -> None:
    fine, coarse = volume.levels
    box = Box((1, 2, 3), (4, 9, 6))
    assert pick_level(volume, fine, box, 2, 2 * box.size) == (fine, box)
    level, there = pick_level(volume, fine, box, 2, 2 * box.size - 1)
    assert level is coarse
    assert there == Box((0, 1, 1), (2, 5, 3)) == box_on_level(fine, box, coarse)
    with pytest.raises(TooLargeError):
        pick_level(volume, fine, box, 2, 2)
    with pytest.raises(NotFoundError):
        Cutout(volume, fine, box, 1)


@given(boxes())
def test_a_box_on_another_level_holds_the_box(box: Box) -> None:
    from types import SimpleNamespace as Grid

    fine: Any = Grid(first=(0.0,) * 3, step=(1.0,) * 3, shape=(40,) * 3)
    coarse: Any = Grid(first=(0.5,) * 3, step=(2.0,) * 3, shape=(20,) * 3)
    there = box_on_level(fine, box, coarse)
    assert there.start == tuple(a // 2 for a in box.start)
    assert there.stop == tuple(-(-b // 2) for b in box.stop)
    assert box_on_level(fine, box, fine) == box


@pytest.mark.parametrize(
    ("own", "code"),
    [
        ({"space": "ICBM 2009a nonlinear symmetric (MNI152)"}, 4), ({"space": "Talairach"}, 3),
        ({"space": "bigbrain"}, 2), ({"space": "MNI152", "source": {"sform_code": 1}}, 1),
        ({"space": "mni-like"}, 4), ({"space": "MNI152", "source": {"sform_code": 0}}, 4),
        ({"source": "somewhere"}, 2),
    ],
)  # fmt: skip
def test_nifti_codes(tmp_path: Path, own: dict[str, Any], code: int) -> None:
    path = write_ome_zarr(tmp_path / "v.zarr", [encoded((4, 4, 4))], extra={"atlasview": own})
    found = open_volume(path)
    assert _space_code(Cutout(found, found.levels[0], Box((0, 0, 0), (4, 4, 4)))) == code
