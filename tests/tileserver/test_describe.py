"""What Neuroglancer is told of a volume."""

from __future__ import annotations

from pathlib import Path

import httpx
import numpy as np
import pytest
import zarr
from phantoms import encoded, write_ome_zarr
from serving import serving


@pytest.mark.parametrize(("channels_a_chunk", "axis"), [(1, "c'"), (2, "c^")])
def test_channels_are_an_axis_that_neuroglancer_can_take(
    tmp_path: Path, channels_a_chunk: int, axis: str
) -> None:
    voxels = encoded((8, 6, 4), "uint16")
    path = write_ome_zarr(tmp_path / "two.zarr", [voxels], channels=[[voxels, voxels + 1]])
    stored = zarr.open_group(path)["0"]
    zarr.open_group(path).create_array(
        "0",
        data=stored[...],
        chunks=(channels_a_chunk, 4, 4, 4),
        dimension_names=stored.metadata.dimension_names,
        overwrite=True,
    )
    with serving([path]) as url:
        told = httpx.get(f"{url}/api/volumes/two").json()["neuroglancer"]["transform"]
    assert set(told["outputDimensions"]) == {axis, "x", "y", "z"}
    assert np.array(told["matrix"]).shape == (4, 5)
