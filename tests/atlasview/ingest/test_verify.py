from __future__ import annotations

import json

import numpy as np
import pytest
import zarr

from atlasview.errors import NotFoundError
from atlasview.ingest import ingest_volume
from atlasview.ingest.verify import verify_volume

from .brains import affine_of, save_nifti


def make(folder, kind, channels=0):
    rng = np.random.default_rng(0)
    voxels = rng.integers(0, 9, (150, 70, 90, channels)[: 4 if channels else 3]).astype(np.uint16)
    source = save_nifti(folder / "a.nii", voxels, affine_of("LAS", (1, 1, 2)))
    return ingest_volume(source, folder / "a.ome.zarr", kind=kind)


@pytest.mark.parametrize(("kind", "channels"), [("image", 0), ("image", 3), ("labels", 0)])
def test_a_good_volume_is_proved(tmp_path, kind, channels):
    told = []
    report = verify_volume(make(tmp_path, kind, channels), progress=lambda *s: told.append(s))
    assert report.ok
    assert report.unproved == ()
    assert told[-1][1] == told[-1][2] == report.voxels > 150 * 70 * 90


@pytest.mark.parametrize("kind", ["image", "labels"])
def test_one_wrong_voxel_is_found(tmp_path, kind):
    volume = make(tmp_path, kind)
    array = zarr.open_array(volume / "1", mode="r+")
    array[3, 4, 5] = 300
    (problem,) = verify_volume(volume).problems[:1]
    assert "Level 1 differs in 1 voxels" in problem
    assert "(5, 4, 3)" in problem


def test_a_changed_finest_level_is_found(tmp_path):
    volume = make(tmp_path, "labels")
    zarr.open_array(volume / "0", mode="r+")[3, 4, 5] = 300
    problems = verify_volume(volume).problems
    assert any("statistics" in p for p in problems)
    assert any("labels.json" in p for p in problems)


def test_a_flipped_bit_and_a_lost_shard_are_found(tmp_path):
    volume = make(tmp_path, "image")
    shard = volume / "0/c/0/0/0"
    raw = bytearray(shard.read_bytes())
    shard.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    report = verify_volume(volume)
    (lost,) = (p for p in report.problems if "cannot be read" in p)  # once, however many chunks
    assert "Level 0 cannot be read" in lost
    assert str(shard) in lost
    assert not any("statistics" in p for p in report.problems)
    assert any("statistics" in p for p in report.unproved)
    shard.unlink()
    assert any("Level 1 differs" in p for p in verify_volume(volume).problems)


def test_a_volume_of_another_program_is_read_but_not_proved(tmp_path):
    volume = make(tmp_path, "image")
    document = json.loads((volume / "zarr.json").read_text())
    del document["attributes"]["atlasview"]
    del document["attributes"]["ome"]["multiscales"][0]["metadata"]
    (volume / "zarr.json").write_text(json.dumps(document))
    report = verify_volume(volume)
    assert report.ok
    assert len(report.unproved) == 2


def test_an_absent_volume(tmp_path):
    with pytest.raises(NotFoundError):
        verify_volume(tmp_path / "none.ome.zarr")
