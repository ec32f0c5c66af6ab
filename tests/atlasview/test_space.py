"""Directions, affines and half voxels, against nibabel."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import codes, shapes

from atlasview import space
from atlasview.errors import InvalidParameterError
from atlasview.space import Orientation


@given(code=codes(), shape=shapes())
def test_reorientation_is_what_nibabel_does(code: str, shape: tuple[int, int, int]) -> None:
    orientation = Orientation.from_code(code)
    assert orientation.code == code
    ornt = nib.orientations.axcodes2ornt(tuple(code))
    expected = nib.orientations.inv_ornt_aff(ornt, shape)
    np.testing.assert_array_equal(space.reorientation(orientation, shape), expected)


@pytest.mark.parametrize("code", ["RAZ", "RRS", "", "RASX", "rl", "R/S"])
def test_codes_that_are_none(code: str) -> None:
    with pytest.raises(InvalidParameterError, match="orientation"):
        Orientation.from_code(code)


@given(
    st.lists(st.floats(-500, 500), min_size=3, max_size=3),
    st.lists(st.floats(0.001, 50), min_size=3, max_size=3),
    st.lists(st.integers(-300, 3000), min_size=3, max_size=3),
)
def test_a_voxel_holds_its_own_centre(
    shift: list[float], size: list[float], index: list[int]
) -> None:
    affine = space.scale_translation_affine(size, shift)
    centre = affine[:3, :3] @ index + affine[:3, 3]
    assert space.voxel_of(affine, centre).tolist() == index
    # and whatever lies within half a voxel of it
    for share in (-0.49, 0.49):
        near = affine[:3, :3] @ (np.array(index) + share) + affine[:3, 3]
        assert space.voxel_of(affine, near).tolist() == index


def test_a_level_keeps_the_corner_where_it_is() -> None:
    affine = np.array([[0.5, 0.1, 0, -3], [-0.1, 0.5, 0, 8], [0, 0, 2, 1], [0, 0, 0, 1.0]])
    coarse = space.level_affine(affine, (2, 4, 1))
    for a, shape in ((affine, (8, 8, 3)), (coarse, (4, 2, 3))):
        low, high = space.corner_bounds(a, shape)
        np.testing.assert_allclose(np.concatenate([low, high]), np.concatenate(space.corner_bounds(affine, (8, 8, 3))))  # fmt: skip


def test_planes_are_drawn_as_neurologists_do() -> None:
    assert {n: (p.top, p.left) for n, p in space.PLANES.items()} == {
        "horizontal": ("A", "L"),
        "coronal": ("S", "L"),
        "sagittal": ("S", "P"),
    }
