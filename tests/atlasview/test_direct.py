"""Chunks decoded without TensorStore are what TensorStore decodes; failures are told apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import zarr
from phantoms import encoded, write_ome_zarr

from atlasview.chunks import ChunkReader
from atlasview.direct import direct_decoders
from atlasview.errors import StorageError
from atlasview.geometry import Box
from atlasview.objects import open_objects
from atlasview.opening import open_volume
from atlasview.shards import Unsharded
from atlasview.volume import Volume, read


def readers(path: Path) -> tuple[Volume, ChunkReader, int]:
    volume = open_volume(path)
    reader = ChunkReader(1 << 24)
    found = direct_decoders(volume, Unsharded(open_objects(volume)))
    for index, decode in found.items():
        reader.decode_by(volume.levels[index], decode)
    return volume, reader, len(found)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "float32", "float64", "bool"])
@pytest.mark.parametrize("channels", [0, 2])
def test_direct_and_tensorstore_agree(tmp_path: Path, dtype: str, channels: int) -> None:
    whole = encoded((45, 37, 50)).astype(dtype)
    whole[:20] = 0
    more = {"channels": [[whole, whole[::-1].copy()]]} if channels else {}
    volume, reader, direct = readers(write_ome_zarr(tmp_path / "v", [whole], shard=32, chunk=16, **more))  # fmt: skip
    assert direct == 1
    level = volume.levels[0]
    for channel in range(channels or 1):
        for box in (Box((0, 0, 0), level.shape), Box((3, 9, 17), (50, 37, 45)), Box((49, 36, 44), (50, 37, 45))):  # fmt: skip
            np.testing.assert_array_equal(
                reader.box(level, box, channel), read(level, box, channel)
            )


def test_fill_values_and_checksums(tmp_path: Path) -> None:
    path = write_ome_zarr(tmp_path / "v", [encoded((32, 32, 32), "uint8")], shard=32, chunk=16)
    group = zarr.open_group(str(path), mode="a")
    del group["0"]
    array = group.create_array(
        "0", shape=(40, 40, 40), shards=(32,) * 3, chunks=(16,) * 3, dtype="uint8", fill_value=255,
        compressors=[zarr.codecs.ZstdCodec(level=1), zarr.codecs.Crc32cCodec()],
        dimension_names=list("zyx"),
    )  # fmt: skip
    array[2:20, 5:9, 30:] = 7
    volume, reader, direct = readers(path)
    assert direct == 1
    level = volume.levels[0]
    box = Box((0, 0, 0), level.shape)
    np.testing.assert_array_equal(reader.box(level, box), array[...])
    assert (reader.box(level, box) == 255).any()


@pytest.mark.parametrize("code", ["LPI", "RAS"])
def test_other_orders_are_left_to_tensorstore(tmp_path: Path, code: str) -> None:
    path = write_ome_zarr(tmp_path / "v", [encoded((30, 31, 32))], shard=32, chunk=16, code=code)
    assert readers(path)[2] == 0
    assert readers(write_ome_zarr(tmp_path / "w", [encoded((30, 31, 32))], chunk=16))[2] == 0


def test_damaged_chunks_are_an_error(tmp_path: Path) -> None:
    path = write_ome_zarr(tmp_path / "v", [encoded((32, 32, 32))], shard=32, chunk=16)
    shard = path / "0" / "c" / "0" / "0" / "0"
    body = bytearray(shard.read_bytes())
    body[3:40] = b"\xff" * 37
    shard.write_bytes(bytes(body))
    volume, reader, _ = readers(path)
    with pytest.raises(StorageError, match="unpacked"):
        reader.box(volume.levels[0], Box((0, 0, 0), (32, 32, 32)))
