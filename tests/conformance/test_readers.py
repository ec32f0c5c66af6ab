"""Volumes by two more readers: ngff-zarr with the specification's schemas, zarr-python on obstore."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from phantoms import encoded, half, stored, write_ome_zarr
from serving import serving

pytestmark = pytest.mark.conformance
LEVELS = [encoded((70, 40, 50), "uint16"), half(encoded((70, 40, 50), "uint16"))]


@pytest.mark.filterwarnings("ignore")  # theirs
def test_ngff_zarr_validates_what_is_ingested(sample_library: Path) -> None:
    from ngff_zarr import from_ngff_zarr

    found = sorted(sample_library.rglob("*.ome.zarr"))
    assert len(found) > 1
    for path in found:
        assert from_ngff_zarr(str(path), validate=True).images, path


@pytest.mark.filterwarnings("ignore")  # theirs
@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_zarr_reads_every_level_on_obstore(tmp_path: Path, version: str) -> None:
    import zarr
    from obstore.store import HTTPStore
    from zarr.storage import ObjectStore

    shard = {"shard": 32} if version == "0.5" else {}
    place = write_ome_zarr(tmp_path / "v.zarr", LEVELS, chunk=16, version=version, **shard)
    with serving([place]) as url:
        for face in ("zarr", "chunks"):
            store = HTTPStore.from_url(f"{url}/{face}/v", client_options={"allow_http": True})
            group = zarr.open_group(ObjectStore(store, read_only=True), mode="r")
            for k, level in enumerate(LEVELS):
                np.testing.assert_array_equal(group[str(k)][...], stored(level, "SAR"))
