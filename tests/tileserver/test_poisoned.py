"""Volumes whose metadata or chunks lie: named as what cannot be read, and no harm to the others."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from serving import serving

Change = Callable[[dict[str, Any], dict[str, Any]], object]
_BYTES = {"name": "bytes", "configuration": {"endian": "little"}}
_SHARDS = {
    "name": "sharding_indexed",
    "configuration": {"chunk_shape": [8] * 3, "codecs": [_BYTES], "index_codecs": [_BYTES]},
}


def scaled(size: float) -> Change:
    def change(image: dict[str, Any], array: dict[str, Any]) -> None:
        image["datasets"][0]["coordinateTransformations"][0]["scale"] = [size] * 3

    return change


def chunked(shape: int, chunk: int) -> Change:
    grid = {"name": "regular", "configuration": {"chunk_shape": [chunk] * 3}}
    return lambda image, array: array.update(shape=[shape] * 3, chunk_grid=grid)


#: What cannot be opened, and what of each is changed.
REFUSED: dict[str, Change] = {
    "half-a-character": lambda image, array: image.update(name="\ud800"),
    "infinite": scaled(1e308),
    "vanishing": scaled(1e-320),
    "giant-chunk": chunked(1 << 20, 1 << 20),
    "leads-out": lambda image, array: image["datasets"][0].update(path="../good.ome.zarr/0"),
    "negative": lambda image, array: array.update(shape=[-1, 16, 16]),
}
#: What opens, and cannot be read.
BROKEN: dict[str, bytes] = {
    "beyond-the-shard": bytes(64) + struct.pack("<16Q", *[1 << 60, 1 << 40] * 8),
    "longer-than-all": bytes(64) + struct.pack("<16Q", *[0, 1 << 63] * 8),
    "no-index": b"x",
}


def write(root: Path, name: str, change: Change, chunk: bytes) -> None:
    """Write a volume of 16³ voxels as text, since no library would write these."""
    image: dict[str, Any] = {
        "name": name,
        "axes": [{"name": n, "type": "space", "unit": "millimeter"} for n in "zyx"],
        "datasets": [
            {"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1.0] * 3}]}
        ],
    }
    array: dict[str, Any] = {
        "zarr_format": 3, "node_type": "array", "shape": [16] * 3, "data_type": "uint8",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [16] * 3}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0, "codecs": [_BYTES], "dimension_names": list("zyx"), "attributes": {},
    }  # fmt: skip
    change(image, array)
    group = {
        "zarr_format": 3,
        "node_type": "group",
        "attributes": {"ome": {"version": "0.5", "multiscales": [image]}},
    }
    folder = root / "volumes" / f"{name}.ome.zarr"
    (folder / "0/c/0/0").mkdir(parents=True)
    (folder / "zarr.json").write_text(json.dumps(group))
    (folder / "0/zarr.json").write_text(json.dumps(array))
    (folder / "0/c/0/0/0").write_bytes(chunk)


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    root = tmp_path_factory.mktemp("poisoned")
    write(root, "good", lambda image, array: None, bytes(range(256)) * 16)
    for name, change in REFUSED.items():
        write(root, name, change, b"")
    for name, chunk in BROKEN.items():
        write(root, name, lambda image, array: array.update(codecs=[_SHARDS]), chunk)
    write(root, "deep", lambda image, array: None, b"")
    (root / "volumes/deep.ome.zarr/zarr.json").write_text("[" * 200_000)
    with serving([root]) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


def test_what_cannot_be_opened_takes_nothing_else_along(poisoned: httpx.Client) -> None:
    listed = poisoned.get("/api/volumes").raise_for_status().json()
    assert [v["id"] for v in listed["volumes"]] == ["good"]
    assert set(listed["unreadable"]) == set(BROKEN)
    assert poisoned.get("/ready").json()["problems"] == len(REFUSED) + 1
    value = poisoned.get("/api/volumes/good/value?point=3,2,1").json()["value"]
    assert value == (1 * 256 + 2 * 16 + 3) % 256


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize(
    "address",
    [
        "/tiles/{}/coronal/1/0/0/0.png", "/api/volumes/{}/value?point=1,1,1",
        "/chunks/{}/0/c/0/0/0", "/precomputed/{}/0/0-8_0-8_0-8",
        "/api/volumes/{}/cutout?box=0:8,0:8,0:8&level=0&format=npy",
    ],
)  # fmt: skip
def test_a_shard_that_lies_is_told_as_unreadable(
    poisoned: httpx.Client, name: str, address: str
) -> None:
    found = poisoned.get(address.format(name))
    assert found.status_code == 500
    assert found.headers["content-type"] == "application/problem+json"
    assert found.json()["title"] == "Stored data cannot be read"
