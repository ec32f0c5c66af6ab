"""Any orientation, version and layout is seen as the same RAS array."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from phantoms import encoded, half, write_ome_zarr
from strategies import codes, shapes

from atlasview.chunks import ChunkReader
from atlasview.errors import AtlasViewError, NotFoundError, OutOfVolumeError, StorageError
from atlasview.geometry import Box
from atlasview.opening import open_volume
from atlasview.volume import read

AFFINE = np.array([[0.5, 0, 0, -7], [0, 1.25, 0, 3], [0, 0, 2, 11.5], [0, 0, 0, 1]])


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize("code", ["SAR", "RAS", "LPI", "PSR", "ASL", "IRP"])
@pytest.mark.parametrize("shard", [None, 32])
def test_every_orientation_is_one_array(
    tmp_path: Path, version: str, code: str, shard: int | None
) -> None:
    levels = [encoded((21, 18, 35))]
    levels.append(half(levels[0]))
    path = write_ome_zarr(tmp_path / "v", levels, affine=AFFINE, code=code, version=version, shard=shard)  # fmt: skip
    volume = open_volume(path)
    assert volume.shape == (21, 18, 35)
    np.testing.assert_allclose(volume.affine, AFFINE, atol=1e-12)
    assert volume.orientation.code == code
    for level, ras in zip(volume.levels, levels, strict=True):
        whole = read(level, Box((0, 0, 0), level.shape))
        np.testing.assert_array_equal(whole, ras.T)
        assert whole.dtype == np.uint32


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(code=codes(), shape=shapes(20), data=st.data())
def test_boxes_agree_with_numpy(
    tmp_path_factory: pytest.TempPathFactory, code: str, shape: tuple[int, int, int], data: st.DataObject
) -> None:  # fmt: skip
    ras = encoded(shape)
    path = write_ome_zarr(tmp_path_factory.mktemp("v") / "v", [ras], code=code, chunk=7)
    volume = open_volume(path)
    level = volume.levels[0]
    start = [data.draw(st.integers(0, n - 1)) for n in level.shape]
    stop = [data.draw(st.integers(a + 1, n)) for a, n in zip(start, level.shape, strict=True)]
    box = Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
    expected = ras.T[box.slices]
    np.testing.assert_array_equal(read(level, box), expected)
    # Through the cache, cold and warm, and through one too small for a single chunk.
    for size in (1 << 20, 64):
        reader = ChunkReader(size)
        for _ in range(2):
            np.testing.assert_array_equal(reader.box(level, box), expected)
        assert reader.used_bytes <= size


def test_index_of_finds_the_voxel_that_contains_a_finer_one(tmp_path: Path) -> None:
    ras = encoded((9, 9, 9))
    volume = open_volume(write_ome_zarr(tmp_path / "v", [ras, half(ras), half(half(ras))]))
    for level in volume.levels:
        for finest in range(9):
            assert level.index_of(0, finest) == min(finest >> level.index, level.shape[0] - 1)


def test_channels_and_pictures(tmp_path: Path) -> None:
    red, green = encoded((6, 5, 4), "uint16"), encoded((6, 5, 4), "uint16") + 1000
    path = write_ome_zarr(tmp_path / "v", [red], channels=[[red, green]], code="LPI")
    volume = open_volume(path)
    assert volume.channels == 2
    whole = Box((0, 0, 0), volume.levels[0].shape)
    np.testing.assert_array_equal(read(volume.levels[0], whole, 1), green.T)
    with pytest.raises(NotFoundError, match="channel"):
        read(volume.levels[0], whole, 2)


def test_what_the_metadata_do_not_say_is_named(tmp_path: Path) -> None:
    path = write_ome_zarr(tmp_path / "v", [encoded((3, 4, 5))], words=False, unit=None)
    assert set(open_volume(path).assumed) == {"unit: millimeter", "orientation: RAS+"}


def test_units_become_millimetres(tmp_path: Path) -> None:
    path = write_ome_zarr(tmp_path / "v", [encoded((3, 4, 5))], unit="micrometer")
    np.testing.assert_allclose(np.diag(open_volume(path).affine)[:3], 1e-3)


def test_boxes_past_the_edge_are_refused(tmp_path: Path) -> None:
    level = open_volume(write_ome_zarr(tmp_path / "v", [encoded((3, 4, 5))])).levels[0]
    for box in (Box((0, 0, 0), (6, 4, 3)), Box((-1, 0, 0), (1, 1, 1)), Box((1, 1, 1), (1, 2, 2))):
        with pytest.raises(OutOfVolumeError):
            read(level, box)


@pytest.mark.parametrize("name", ["zarr.json", "0/zarr.json"])
@pytest.mark.parametrize("content", ["", "[]", "{}", '{"attributes": 3}', "{", '{"attributes":{"ome":{"multiscales":[{"axes":[],"datasets":[]}]}}}'])  # fmt: skip
def test_broken_metadata_is_named(tmp_path: Path, name: str, content: str) -> None:
    path = write_ome_zarr(tmp_path / "broken", [encoded((3, 4, 5))])
    (path / name).write_text(content)
    with pytest.raises(AtlasViewError, match="broken"):
        open_volume(path)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda m: m["datasets"][0].update(path="../../etc"), "leads out"),
        (lambda m: m["datasets"][0].update(path="nowhere"), "no array"),
        (lambda m: m["datasets"][0].update(coordinateTransformations=[{"type": "scale", "scale": [1, 0, 1]}]), "not positive"),
        (lambda m: m["datasets"][0].update(coordinateTransformations=[{"type": "affine", "affine": []}]), "affine"),
        (lambda m: m.update(axes=m["axes"][:2]), "axes"),
        (lambda m: m.update(axes=[{"name": n, "type": "space"} for n in "abcd"]), "space axes|named axes|for 4"),
    ],
)  # fmt: skip
def test_impossible_metadata_is_refused(tmp_path: Path, change, reason: str) -> None:  # type: ignore[no-untyped-def]
    path = write_ome_zarr(tmp_path / "v", [encoded((3, 4, 5))])
    document = json.loads((path / "zarr.json").read_text())
    change(document["attributes"]["ome"]["multiscales"][0])
    (path / "zarr.json").write_text(json.dumps(document))
    with pytest.raises(StorageError, match=reason):
        open_volume(path)


def test_a_corrupt_chunk_is_an_error_and_not_empty_brain(tmp_path: Path) -> None:
    path = write_ome_zarr(tmp_path / "v", [encoded((16, 16, 16))])
    (path / "0" / "c" / "0" / "0" / "0").write_bytes(b"no chunk")
    level = open_volume(path).levels[0]
    box = Box((0, 0, 0), (1, 1, 1))
    for attempt in range(2):
        with pytest.raises(StorageError):
            read(level, box)
        with pytest.raises(StorageError):
            ChunkReader(1 << 20).box(level, box)
        assert attempt < 2
