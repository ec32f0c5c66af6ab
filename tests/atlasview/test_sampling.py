"""Any plane through a volume, against SciPy on the whole array."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phantoms import write_ome_zarr
from scipy.ndimage import map_coordinates

from atlasview.chunks import ChunkReader
from atlasview.errors import TooLargeError
from atlasview.geometry import PixelGrid
from atlasview.opening import open_volume
from atlasview.sampling import level_for, sample_linear, sample_nearest, window_sampled
from atlasview.volume import Volume
from atlasview.window import Window

AFFINE = np.array([[0.5, 0, 0, -10], [0, 0.8, 0, 4], [0, 0, 1.1, -20], [0, 0, 0, 1.0]])


def voxels(dtype: str) -> np.ndarray:
    rng = np.random.default_rng(3)
    out = rng.integers(0, 250, (50, 41, 37)).astype(dtype)
    out[16:32, 16:32, 16:32] = 9  # a chunk of one value
    return out


@pytest.fixture(scope="module", params=["uint8", "int16", "uint32", "float32", "float64"])
def volume(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Volume:
    path = tmp_path_factory.mktemp("v") / "v"
    return open_volume(write_ome_zarr(path, [voxels(request.param)], affine=AFFINE, code="PSR"))


def grid_of(
    angles: np.ndarray, centre: np.ndarray, pixel: float, size: tuple[int, int]
) -> PixelGrid:
    q, _ = np.linalg.qr(np.random.default_rng(int(angles[0] * 1e6)).normal(size=(3, 3)))
    right, down = q[0] * pixel, q[1] * pixel
    origin = centre - right * (size[1] - 1) / 2 - down * (size[0] - 1) / 2
    return PixelGrid(tuple(origin), tuple(right), tuple(down), *size)


def indices(grid: PixelGrid) -> np.ndarray:
    rows, cols = np.mgrid[: grid.height, : grid.width]
    world = (
        np.array(grid.origin)
        + cols[..., None] * np.array(grid.right)
        + rows[..., None] * np.array(grid.down)
    )
    inverse = np.linalg.inv(AFFINE)
    return np.moveaxis(world @ inverse[:3, :3].T + inverse[:3, 3], -1, 0)


@settings(max_examples=12, deadline=None)
@given(seed=st.floats(0, 1), pixel=st.floats(0.1, 3), at=st.tuples(*[st.floats(-0.2, 1.2)] * 3))
def test_planes_agree_with_scipy(
    volume: Volume, seed: float, pixel: float, at: tuple[float, float, float]
) -> None:
    whole = voxels(volume.dtype.name)
    centre = AFFINE[:3, :3] @ (np.array(at) * whole.shape) + AFFINE[:3, 3]
    grid = grid_of(np.array([seed]), centre, pixel, (40, 56))
    index = indices(grid)
    shape = np.array(whole.shape)[:, None, None]
    level = volume.levels[0]
    for size in (1 << 24, 100):
        reader = ChunkReader(size)
        values, inside = sample_linear(reader, level, grid)
        expected = map_coordinates(whole.astype(np.float64), index, order=1, mode="nearest")
        certain = (np.abs(index - (-0.5)) > 1e-6).all(axis=0) & (np.abs(index - (shape - 0.5)) > 1e-6).all(axis=0)  # fmt: skip
        within = ((index >= -0.5) & (index < shape - 0.5)).all(axis=0)
        np.testing.assert_array_equal(inside[certain], within[certain])
        np.testing.assert_allclose(values[inside], expected[inside], rtol=1e-4, atol=1e-3)
        assert not values[~inside].any()
        near, inside = sample_nearest(reader, level, grid)
        clipped = np.clip(np.floor(index + 0.5).astype(int), 0, shape - 1)
        plain = (np.abs(index + 0.5 - np.rint(index + 0.5)) > 1e-6).all(axis=0) & inside
        np.testing.assert_array_equal(near[plain], whole[tuple(clipped)][plain])


def test_a_plane_along_the_axes_is_the_slice(volume: Volume) -> None:
    whole = voxels(volume.dtype.name)
    first = AFFINE[:3, :3] @ [0, 40, 20] + AFFINE[:3, 3]
    grid = PixelGrid(tuple(first), (0.5, 0, 0), (0, -0.8, 0), 41, 50)
    reader = ChunkReader(1 << 24)
    for sample in (sample_nearest, sample_linear):
        values, inside = sample(reader, volume.levels[0], grid)
        assert inside.all()
        np.testing.assert_allclose(values, whole[:, ::-1, 20].T, atol=1e-4)


def test_only_touched_chunks_are_read(volume: Volume) -> None:
    reader = ChunkReader(1 << 24)
    grid = grid_of(np.array([0.3]), AFFINE[:3, :3] @ [25, 20, 18] + AFFINE[:3, 3], 0.2, (20, 20))
    sample_linear(reader, volume.levels[0], grid)
    chunk = 16**3 * volume.dtype.itemsize
    assert reader.used_bytes <= 20 * (chunk + 512)


def test_too_much_is_refused_before_it_is_read(volume: Volume) -> None:
    reader = ChunkReader(1 << 24)
    grid = grid_of(np.array([0.3]), AFFINE[:3, :3] @ [25, 20, 18] + AFFINE[:3, 3], 0.5, (60, 60))
    with pytest.raises(TooLargeError):
        sample_linear(reader, volume.levels[0], grid, limit=4096)
    assert reader.used_bytes == 0


def test_the_level_is_chosen_by_resolution(tmp_path: Path) -> None:
    whole = np.zeros((32, 32, 32), np.uint8)
    path = write_ome_zarr(tmp_path / "v", [whole, whole[::2, ::2, ::2], whole[::4, ::4, ::4]])
    levels = open_volume(path).levels
    chosen = [level_for(levels, mm).index for mm in (0.1, 1.0, 1.9, 2.0, 3.9, 4.0, 100)]
    assert chosen == [0, 0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_sampled_value_is_windowed_as_a_stored_one(dtype: type) -> None:
    """The formula of a window stands twice, as a table and as a compiled loop."""
    values = np.arange(-300, 900, dtype=dtype).reshape(30, 40) / 2
    values[0, :3] = np.nan, np.inf, -np.inf
    for window in (Window(0, 510), Window(-7.5, 100, 0.7), Window(3, 228, 2.2, invert=True)):
        np.testing.assert_array_equal(window_sampled(values, window), window.apply(values))
