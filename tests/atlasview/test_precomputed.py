"""The words of the precomputed format: info, addresses, encodings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import compressed_segmentation
import numpy as np
import pytest
from phantoms import encoded, half, write_ome_zarr

from atlasview import open_volume
from atlasview.chunks import ChunkReader
from atlasview.errors import InvalidParameterError
from atlasview.precomputed import (
    chunk_address,
    encode_chunk,
    make_face,
    make_info,
    parse_chunk,
    read_chunk,
)

SHAPE = (37, 20, 25)
AFFINE = np.array([[0.02, 0, 0, -1], [0, 0.02, 0, 2], [0, 0, 0.04, 3], [0, 0, 0, 1.0]])


def volume(path: Path, dtype: str = "uint16", **more: Any) -> Any:
    whole = encoded(SHAPE).astype(dtype)
    return open_volume(write_ome_zarr(path / "v.zarr", [whole, half(whole)], affine=AFFINE, **more))


def test_info_says_what_the_format_can_say(tmp_path: Path) -> None:
    info = make_info(make_face(volume(tmp_path)))
    assert info["type"] == "image"
    assert (info["data_type"], info["num_channels"]) == ("uint16", 1)
    fine, coarse = info["scales"]
    assert (fine["key"], fine["size"], fine["resolution"]) == ("0", [37, 20, 25], [20_000, 20_000, 40_000])  # fmt: skip
    assert coarse["size"] == [19, 10, 13]
    assert coarse["resolution"] == [40_000, 40_000, 80_000]
    assert all(s["voxel_offset"] == [0, 0, 0] for s in info["scales"])
    assert "segment_properties" not in info
    np.testing.assert_allclose(info["atlasview"]["affine"], AFFINE)
    # the middle of a voxel, in the format's own counting, comes out where the affine puts it
    matrix = np.array(info["atlasview"]["transform"]["matrix"])
    there = matrix @ [3.5 * 0.02, 4.5 * 0.02, 5.5 * 0.04, 1]
    np.testing.assert_allclose(there, (AFFINE @ [3, 4, 5, 1])[:3])


def test_channels_have_an_axis_in_the_transform(tmp_path: Path) -> None:
    whole = encoded(SHAPE).astype("uint8")
    path = write_ome_zarr(tmp_path / "c.zarr", [whole], channels=[[whole, whole, whole]])
    transform = make_info(make_face(open_volume(path)))["atlasview"]["transform"]
    assert list(transform["outputDimensions"]) == ["x", "y", "z", "c^"]
    matrix = np.array(transform["matrix"])
    assert matrix.shape == (4, 5)
    np.testing.assert_allclose(matrix @ [1.5, 2.5, 3.5, 2, 1], [1, 2, 3, 2])


@pytest.mark.parametrize(
    ("dtype", "labels", "said", "encoding"),
    [
        ("uint8", False, "uint8", "raw"), ("bool", False, "uint8", "raw"), ("int16", False, "int16", "raw"),
        ("float16", False, "float32", "raw"), ("uint64", False, "uint64", "raw"),
        ("uint8", True, "uint8", "raw"), ("int32", True, "int32", "raw"),
        ("uint32", True, "uint32", "compressed_segmentation"),
        ("int64", True, "uint64", "compressed_segmentation"),
        ("float64", False, None, None), ("int64", False, None, None),
    ],
)  # fmt: skip
def test_types_keep_every_value(
    tmp_path: Path, dtype: str, labels: bool, said: str | None, encoding: str | None
) -> None:
    found = volume(tmp_path, dtype, labels=labels)
    if said is None:
        with pytest.raises(InvalidParameterError, match=dtype):
            make_face(found)
        return
    face = make_face(found)
    assert (face.dtype.name, face.encoding) == (said, encoding)


def test_jpeg_is_for_pictures_of_eight_bits(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert make_face(volume(tmp_path, "uint8"), lossy=True).encoding == "jpeg"
    for found in (volume(tmp_path / "a"), volume(tmp_path / "b", "uint8", labels=True)):
        with pytest.raises(InvalidParameterError, match="JPEG"):
            make_face(found, lossy=True)


@pytest.mark.parametrize("lossy", [False, True])
def test_addresses_are_those_of_the_grid_alone(tmp_path: Path, lossy: bool) -> None:
    face = make_face(volume(tmp_path, "uint8", chunk=16), lossy=lossy)
    level = face.volume.levels[0]
    reader = ChunkReader(1 << 20)
    places = set()
    for z in ("0-16", "16-25"):
        for y in ("0-16", "16-20"):
            for x in ("0-16", "16-32", "32-37"):
                place = parse_chunk(face, level, f"{x}_{y}_{z}")
                assert place is not None
                places.add(place)
                voxels, _ = read_chunk(face, reader, level, place)
                spans = [[int(n) for n in part.split("-")] for part in (x, y, z)]
                ras = encoded(SHAPE).astype("uint8")[tuple(slice(*s) for s in spans)]
                np.testing.assert_array_equal(voxels, ras.T[None])
    assert len(places) == 12
    for address in (
        "0-16_0-16_16-32", "1-17_0-16_0-16", "0-16_0-16", "0-16_0-16_0-16_0-1", "00-16_0-16_0-16",
        "0-16_0-16_0-016", "48-64_0-16_0-16", "-16-0_0-16_0-16", "0-16_0-16_25-25", "0-16_0-16_32-25",
        "٠-16_0-16_0-16", "0-16_0-16_0-16\n", " 0-16_0-16_0-16", "0-37_0-20_0-25", "", "info",
        "0-16_0-16_0-" + "9" * 30, "9" * 18 + "-0_0-16_0-16", "0-16_0-20_0-16", "0x0-16_0-16_0-16",
    ):  # fmt: skip
        assert parse_chunk(face, level, address) is None, address


def test_huge_stored_chunks_are_served_in_parts(tmp_path: Path) -> None:
    whole = encoded((300, 260, 170), "uint32")
    path = write_ome_zarr(tmp_path / "big.zarr", [whole], chunk=512)
    face = make_face(open_volume(path))
    chunk = face.chunks[0]
    assert np.prod(chunk) * 4 <= 8 << 20
    level, reader = face.volume.levels[0], ChunkReader(64 << 20)
    spans = [f"{c}-{min(2 * c, n)}" for c, n in zip(reversed(chunk), whole.shape, strict=True)]
    place = parse_chunk(face, level, "_".join(spans))
    assert place == (1, 1, 1)
    voxels, constant = read_chunk(face, reader, level, place)
    assert not constant
    cut = whole[tuple(slice(c, 2 * c) for c in reversed(chunk))]
    np.testing.assert_array_equal(voxels, cut.T[None])


def test_a_jpeg_is_never_higher_than_jpegs_can_be(tmp_path: Path) -> None:
    path = write_ome_zarr(tmp_path / "j.zarr", [np.zeros((10, 400, 300), np.uint8)], chunk=512)
    face = make_face(open_volume(path), lossy=True)
    z, y, x = face.chunks[0]
    assert z * y <= 65_535
    assert x == 10


@pytest.mark.parametrize("dtype", ["uint32", "int64"])
def test_compressed_segmentation_is_exact(tmp_path: Path, dtype: str) -> None:
    found = volume(tmp_path, dtype, labels=True, chunk=32)
    face = make_face(found)
    reader = ChunkReader(1 << 20)
    for place in ((0, 0, 0), (0, 0, 1)):
        voxels, _ = read_chunk(face, reader, found.levels[0], place)
        shape = voxels.shape[:0:-1]
        back = compressed_segmentation.decompress(encode_chunk(face, voxels), shape, face.dtype, order="F")  # fmt: skip
        np.testing.assert_array_equal(np.squeeze(back), voxels[0].T)


def test_addresses_are_written_x_first() -> None:
    from atlasview import Box

    assert chunk_address(Box((4, 2, 0), (8, 4, 1))) == "0-1_2-4_4-8"
