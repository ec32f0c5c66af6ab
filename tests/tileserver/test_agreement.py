"""One voxel, one value, one place in mm: source file, stored array, tiles, API and client agree."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import nibabel as nib
import numpy as np
import pytest
import tensorstore as ts
from PIL import Image
from scipy.spatial.transform import Rotation
from serving import serving_apart

from atlasview import Client
from atlasview.ingest import ingest_volume

SHAPE = (31, 26, 37)


def affine_of(name: str) -> np.ndarray:
    """The affine of a source of that orientation, anisotropic and off the origin."""
    sizes = np.diag([0.7, 1.1, 0.9])
    if name == "oblique":
        linear = Rotation.from_euler("xyz", [11, -7, 20], degrees=True).as_matrix() @ sizes
    else:
        linear = np.zeros((3, 3))
        for axis, letter in enumerate(name):
            world = {"R": 0, "L": 0, "A": 1, "P": 1, "S": 2, "I": 2}[letter]
            linear[world, axis] = sizes[axis, axis] * (1 if letter in "RAS" else -1)
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = linear, (12.3, -4.5, 6.7)
    return affine


SOURCES = ("RAS", "LAS", "LPS", "PSR", "oblique")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    root = tmp_path_factory.mktemp("agreement")
    for name in SOURCES:
        values = np.arange(np.prod(SHAPE), dtype=np.uint16).reshape(SHAPE)
        image = nib.Nifti1Image(values, affine_of(name))
        image.header.set_xyzt_units("mm")
        nib.save(image, root / f"{name}.nii.gz")
        place = root / "library" / "volumes" / f"{name.lower()}.ome.zarr"
        ingest_volume(root / f"{name}.nii.gz", place)
    with serving_apart([root / "library"]) as url:
        yield url, root


@pytest.mark.parametrize("name", SOURCES)
def test_every_way_to_a_voxel_agrees(served: tuple[str, Path], name: str) -> None:
    url, root = served
    image = nib.load(root / f"{name}.nii.gz")
    data, affine = np.asarray(image.dataobj), image.affine
    volume = name.lower()
    rng = np.random.default_rng(8)
    with httpx.Client(base_url=url, timeout=60) as http, Client(url) as client:
        info = http.get(f"/api/volumes/{volume}").json()
        np.testing.assert_allclose(info["source"]["affine"], affine, rtol=1e-6)
        stored = {}
        for face in ("zarr", "chunks"):
            spec = {"driver": "zarr3", "kvstore": f"{url}/{face}/{volume}/0/"}
            stored[face] = ts.open(spec).result().read().result()
        np.testing.assert_array_equal(stored["zarr"], stored["chunks"])
        fetched = client.volume(volume).read()
        np.testing.assert_array_equal(fetched, stored["zarr"])
        # the grid is the source's, turned without resampling: nibabel's own way agrees
        turned = nib.as_closest_canonical(image)
        np.testing.assert_array_equal(np.asarray(turned.dataobj).T, fetched)
        np.testing.assert_allclose(info["affine"], turned.affine, atol=1e-5)
        served_affine = np.array(info["affine"])
        tiles: dict[tuple[str, int], np.ndarray] = {}
        for _ in range(25):
            voxel = np.array([rng.integers(0, n) for n in SHAPE])
            value = int(data[tuple(voxel)])
            point = affine[:3, :3] @ voxel + affine[:3, 3]
            text = ",".join(repr(float(v)) for v in point)
            found = http.get(f"/api/volumes/{volume}/value", params={"point": text}).json()
            assert found["value"] == value
            x, y, z = found["voxel"]
            assert fetched[z, y, x] == value
            there = served_affine[:3, :3] @ [x, y, z] + served_affine[:3, 3]
            np.testing.assert_allclose(there, point, atol=1e-4)
            assert client.volume(volume).read_mm(point, point).item() == value
            _, ny, nz = info["shape"]
            for plane, index, row, col in (
                ("horizontal", z, ny - 1 - y, x),
                ("coronal", y, nz - 1 - z, x),
                ("sagittal", x, nz - 1 - z, y),
            ):
                if (plane, index) not in tiles:
                    address = f"/tiles/{volume}/{plane}/{index}/0/0/0.png?window=0,65535"
                    with Image.open(io.BytesIO(http.get(address).content)) as tile:
                        tiles[plane, index] = np.asarray(tile.convert("RGBA"))
                grey = int(tiles[plane, index][row, col, 0])
                assert grey == int(np.floor(value / 65535 * 255 + 0.5))
