from __future__ import annotations

import json
from functools import partial

import numpy as np
import pytest
import tensorstore as ts
import zarr

from atlasview.errors import LibraryError
from atlasview.geometry import Box
from atlasview.ingest.plan import plan_levels
from atlasview.ingest.shard import ShardWriter
from atlasview.ingest.shelf import FolderShelf
from atlasview.ingest.writtenlevel import WrittenLevel
from atlasview.ingest.zarrmeta import array_document


def write_array(folder, voxels, fill):
    level = plan_levels(voxels.shape, (1, 1, 1))[0]
    folder.mkdir()
    document = array_document(level, voxels.dtype, 0, fill)
    (folder / "zarr.json").write_text(json.dumps(document))
    grid = [s // c for s, c in zip(level.shard, level.chunk, strict=True)]
    shard = ShardWriter(
        partial(FolderShelf(folder).draft, "c/0/0/0"),
        grid,
        level.chunk,
        voxels.dtype.newbyteorder("<"),
        fill,
    )
    cz, cy, cx = level.chunk
    for z in range(0, voxels.shape[0], cz):
        for y in range(0, voxels.shape[1], cy):
            for x in range(0, voxels.shape[2], cx):
                part = voxels[z : z + cz, y : y + cy, x : x + cx]
                shard.write((z // cz, y // cy, x // cx), part)
    shard.close()
    return folder


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "uint64", "float32"])
@pytest.mark.parametrize("fill", [0, 7])
def test_both_witnesses_read_what_was_written(tmp_path, dtype, fill):
    rng = np.random.default_rng(0)
    voxels = rng.integers(0, 100, (70, 130, 65)).astype(dtype)
    voxels[:, 64:128, :64] = fill
    folder = write_array(tmp_path / "a", voxels, fill)
    np.testing.assert_array_equal(zarr.open_array(folder, mode="r")[...], voxels)
    spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": str(folder)}}
    np.testing.assert_array_equal(ts.open(spec).result().read().result(), voxels)


def test_empty_chunks_are_left_out(tmp_path):
    voxels = np.zeros((128, 64, 64), np.uint8)
    folder = write_array(tmp_path / "none", voxels, 0)
    assert not (folder / "c").exists()
    voxels[100, 3, 3] = 1
    folder = write_array(tmp_path / "one", voxels, 0)
    index = np.frombuffer((folder / "c/0/0/0").read_bytes()[-36:-4], "<u8").reshape(2, 2)
    assert (index[0] == 2**64 - 1).all()
    assert index[1, 0] == 0


def test_negative_zero_is_not_taken_for_fill(tmp_path):
    voxels = np.full((64, 64, 64), -0.0, np.float32)
    folder = write_array(tmp_path / "a", voxels, 0)
    assert np.signbit(zarr.open_array(folder, mode="r")[...]).all()


def test_a_written_level_reads_as_zarr_reads_it(tmp_path):
    """Any box, whether its chunks are there or not; and what was spoilt meanwhile is told."""
    voxels = np.random.default_rng(0).integers(0, 9, (70, 150, 200)).astype(np.float32)
    voxels[:64, 64:128] = np.nan
    folder = write_array(tmp_path / "a", voxels, np.nan)
    level = WrittenLevel(
        folder, plan_levels(voxels.shape, (1, 1, 1))[0], voxels.dtype, np.nan, channel_axis=False
    )
    expected = zarr.open_array(folder, mode="r")
    for start, stop in [
        ((0, 0, 0), voxels.shape),
        ((63, 60, 10), (65, 129, 200)),
        ((9,) * 3, (10,) * 3),
    ]:
        box = Box(start, stop)
        out = np.zeros((1, *box.shape), np.float32)
        level.read((0, 1), box, out)
        np.testing.assert_array_equal(out[0], expected[box.slices])
    shard = folder / "c" / "0" / "0" / "0"
    shard.write_bytes(shard.read_bytes()[:-1])
    level = WrittenLevel(
        folder, plan_levels(voxels.shape, (1, 1, 1))[0], voxels.dtype, np.nan, channel_axis=False
    )
    with pytest.raises(LibraryError, match="changed by somebody else"):
        level.read((0, 1), box, out)
