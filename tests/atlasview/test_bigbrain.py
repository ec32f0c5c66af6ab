"""The computed brain against its formula written anew with SciPy, and parts of it ingested."""

from __future__ import annotations

import runpy
from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

from atlasview import bigbrain
from atlasview.errors import InvalidParameterError, LibraryError
from atlasview.geometry import Box
from atlasview.histology import profile, textures
from atlasview.ingest import ingest_volume
from atlasview.ingest.verify import verify_volume
from atlasview.opening import open_volume
from atlasview.volume import read

SAMPLE = Path(__file__).parents[2] / "sample_data"
#: In the cortex and white matter of the left hemisphere; at a low corner; across an edge of tissue.
BOXES = [
    Box((3590, 3500, 1090), (3614, 3533, 1120)),
    Box((0, 0, 0), (5, 6, 7)),
    Box((2856, 3700, 200), (2858, 3702, 700)),
]


def tissue(level: int, box: Box) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return grey and white matter of 0 to 1 in a box, by SciPy's cubic B-splines."""
    maps = nib.load(SAMPLE / "icbm152_2009a_sym_gm_wm.nii.gz")
    voxels = np.asarray(maps.dataobj).astype(np.float64) / 255
    side = 2**level
    fine = [
        np.arange(a * side, min(b * side, n))
        for a, b, n in zip(box.start, box.stop, bigbrain.level_shape(0), strict=True)
    ]
    world = [
        bigbrain.affine()[axis, 3] + fine[2 - axis] * bigbrain.VOXEL_MM[axis] for axis in range(3)
    ]
    place = [world[axis] * bigbrain.stretch()[axis] - maps.affine[axis, 3] for axis in range(3)]
    grid = np.meshgrid(*place[::-1], indexing="ij")[::-1]
    out = []
    for kind in range(2):
        padded = np.pad(voxels[..., kind], 8)
        found = ndimage.map_coordinates(
            padded, [g + 8 for g in grid], order=3, prefilter=False, mode="nearest"
        )
        for axis in range(3):
            found = np.add.reduceat(found, np.arange(0, found.shape[axis], side), axis)
            shape = [1, 1, 1]
            shape[axis] = -1
            counts = np.diff([*range(0, len(fine[axis]), side), len(fine[axis])])
            found = found / counts.reshape(shape)
        out.append(found)
    return out[0], out[1]


def formula(level: int, box: Box) -> npt.NDArray[np.float64]:
    """Return a box of the brain, before rounding, as the documents say it is."""
    grey, white = tissue(level, box)
    both = grey + white
    size = float(np.mean(np.multiply(bigbrain.VOXEL_MM, bigbrain.stretch()))) * (2**level - 1)
    half = 0.05 + 0.2 * size
    edge = np.clip((both - 0.5 + half) / (2 * half), 0, 1)
    edge = edge**2 * (3 - 2 * edge)
    with np.errstate(invalid="ignore"):
        inner = np.where(both > 0, white / both, 0)
    depth = 0.4 * np.clip((both - 0.5) * 2.2, 0, 1) + 0.6 * inner
    shades, cells = profile(size * 0.35)
    at = np.floor(depth * (len(shades) - 1) + 0.5).astype(int)
    value = shades[at].astype(np.float64)
    if level < 3:
        grain = textures()[level]
        where = [np.arange(a, b) % grain.shape[0] for a, b in zip(box.start, box.stop, strict=True)]
        value += cells[at] * grain[np.ix_(*where)]
    return np.clip(255 - edge * (255 - value), 0, 255)


@pytest.mark.parametrize("level", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("box", BOXES)
def test_every_voxel_follows_from_the_formula(level: int, box: Box) -> None:
    start = [a // 2**level for a in box.start]
    stop = [a + max(1, min(12, (e - b) // 2**level)) for a, b, e in zip(start, box.start, box.stop, strict=True)]  # fmt: skip
    here = Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
    found, wanted = bigbrain.voxels(level, here), formula(level, here)
    far = np.abs(found - wanted)
    # single precision may pick the next of 1024 depths
    assert far.max() < 3
    assert np.mean(far <= 0.51) > 0.98


def test_the_last_voxels_of_every_level() -> None:
    for level in range(bigbrain.LEVELS):
        z, y, x = bigbrain.level_shape(level)
        last = bigbrain.voxels(level, Box((z - 1, y - 2, x - 3), (z, y, x)))
        assert (last == 255).all()
    assert bigbrain.level_shape(6) == (90, 116, 103)


def test_a_voxel_is_the_same_in_whatever_block_it_is_asked_for() -> None:
    for level, at in ((0, (3590, 3500, 1090)), (2, (890, 870, 260)), (6, (20, 30, 20))):
        whole = bigbrain.voxels(level, Box(at, (at[0] + 70, at[1] + 66, at[2] + 65)))
        part = Box((at[0] + 3, at[1] + 60, at[2] + 1), (at[0] + 69, at[1] + 66, at[2] + 2))
        np.testing.assert_array_equal(bigbrain.voxels(level, part), whole[3:69, 60:66, 1:2])


def test_levels_agree() -> None:
    """A coarser level is near the mean of the finer; layers thinner than its voxels may differ."""
    for level, typical in ((0, 0.5), (1, 0.5), (2, 2.0), (3, 2.5), (4, 6.0), (5, 8.0)):
        shape = bigbrain.level_shape(level + 1)
        start = [max(0, n // 2 - 30) for n in shape]
        stop = [min(a + 50, n - 1) for a, n in zip(start, shape, strict=True)]
        coarse = bigbrain.voxels(level + 1, Box(tuple(start), tuple(stop)))
        fine = bigbrain.voxels(level, Box(tuple(2 * a for a in start), tuple(2 * b for b in stop)))
        z, y, x = coarse.shape
        mean = fine.reshape(z, 2, y, 2, x, 2).mean(axis=(1, 3, 5))
        assert np.abs(coarse - mean).mean() < typical, level
        assert abs((coarse - mean).mean()) < typical / 2, level


def test_the_texture_has_no_mean_and_each_level_is_the_mean_of_the_last() -> None:
    first, second, third = textures()
    assert abs(first.mean()) < 1e-4
    assert first.min() < -60
    means = first.astype(np.float64).reshape(64, 2, 64, 2, 64, 2).mean(axis=(1, 3, 5))
    np.testing.assert_allclose(second, means, atol=1e-4)
    assert third.shape == (32, 32, 32)


def test_it_is_the_same_for_good() -> None:
    """Whoever changes these values counts `bigbrain.FORMULA` up."""
    fine = bigbrain.voxels(0, Box((3590, 3500, 1090), (3591, 3502, 1098)))
    kept = [[178, 175, 184, 181, 188, 185, 179, 186], [172, 174, 183, 178, 186, 181, 187, 187]]
    np.testing.assert_allclose(fine[0], kept, atol=1)
    coarse = bigbrain.voxels(3, Box((448, 437, 136), (449, 438, 144)))
    np.testing.assert_allclose(coarse[0, 0], [181, 181, 182, 182, 182, 183, 183, 183], atol=1)
    assert bigbrain.FORMULA == 1


def test_a_part_is_ingested_as_it_is_shown(tmp_path: Path) -> None:
    place = tmp_path / "part.ome.zarr"
    ingest_volume(Path("bigbrain:"), place, box="1090:1290,3500:3610,3590:3700", name="part")
    part = open_volume(place)
    assert part.shape == (200, 110, 110)
    assert part.space == bigbrain.SPACE
    assert "Synthetic" in part.attributes["licence"]
    box = Box((3590, 3500, 1090), (3700, 3610, 1290))
    np.testing.assert_array_equal(
        read(part.levels[0], Box((0, 0, 0), (110, 110, 200))), bigbrain.voxels(0, box)
    )
    np.testing.assert_allclose(
        part.affine[:3, 3], (bigbrain.affine() @ [1090, 3500, 3590, 1])[:3], atol=1e-9
    )
    assert verify_volume(place).ok


@pytest.mark.parametrize(
    ("box", "said"),
    [
        (None, "give --box, such as --box"),
        ("1:2,3:4", "x0:x1,y0:y1,z0:z1"),
        ("5:5,0:1,0:1", "empty or leaves the brain, 0:6572,0:7404,0:5711"),
        ("0:6573,0:1,0:1", "empty or leaves the brain"),
    ],
)
def test_a_box_is_needed_and_lies_within(tmp_path: Path, box: str | None, said: str) -> None:
    with pytest.raises(InvalidParameterError, match=said):
        ingest_volume(Path("bigbrain:"), tmp_path / "x.ome.zarr", box=box)
    assert not list(tmp_path.iterdir())


def test_a_file_takes_no_box(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameterError, match="a file is taken in whole"):
        ingest_volume(SAMPLE / "desikan_killiany_dseg.nii.gz", tmp_path / "x", box="0:1,0:1,0:1")


def test_nothing_stored_is_not_said_to_be_proved(synthetic_library: Path) -> None:
    with pytest.raises(LibraryError, match="nothing is stored"):
        verify_volume(synthetic_library / "volumes" / "synthetic-bigbrain.ome.zarr")


def test_the_tissue_maps_are_made_of_nilearns(tmp_path: Path) -> None:
    made = tmp_path / "maps.nii.gz"
    runpy.run_path(str(SAMPLE / "make_gm_wm.py"))["make"](made)
    ours, theirs = (nib.load(p) for p in (SAMPLE / "icbm152_2009a_sym_gm_wm.nii.gz", made))
    np.testing.assert_array_equal(np.asarray(ours.dataobj), np.asarray(theirs.dataobj))
    np.testing.assert_array_equal(ours.affine, theirs.affine)
