"""The computed brain through every face of the server: each shows what the formula gives."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import nibabel as nib
import numpy as np
import pytest
import tensorstore as ts
from PIL import Image
from serving import serving

from atlasview import bigbrain
from atlasview.demo import SYNTHETIC, SYNTHETIC_LABELS, demo_view, make
from atlasview.geometry import Box
from atlasview.samples import DemoSize

CHUNK = Box((2880, 3520, 1088), (2944, 3584, 1152))


@pytest.fixture(scope="module")
def server(synthetic_library: Path) -> Iterator[str]:
    with serving([synthetic_library]) as url:
        yield url


@pytest.fixture(scope="module")
def http(server: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server, timeout=120) as client:
        yield client


def test_it_is_made_once_and_shown_first(synthetic_library: Path, http: httpx.Client) -> None:
    assert not make(DemoSize.bigbrain, synthetic_library)
    (atlas,) = http.get("/api/atlases").json()["atlases"]
    assert demo_view(DemoSize.bigbrain) == f"v=1&a={atlas['id']}"
    assert atlas["templates"] == [SYNTHETIC]


def test_it_says_what_it_is(http: httpx.Client) -> None:
    said = http.get(f"/api/volumes/{SYNTHETIC}").json()
    assert said["shape"] == [6572, 7404, 5711]
    np.testing.assert_allclose(said["voxel_size_mm"], [0.0211667, 0.02, 0.0211667], atol=1e-7)
    assert [level["shape"] for level in said["levels"]][-1] == [103, 116, 90]
    for key in ("name", "licence", "space", "description"):
        assert "ynthetic" in said[key], key
    assert said["percentiles"]["50"] > said["percentiles"]["5"] > said["value_range"][0]


def test_stored_faces(http: httpx.Client, server: str) -> None:
    wanted = bigbrain.voxels(0, CHUNK)
    z, y, x = (a // 64 for a in CHUNK.start)
    ranges = "_".join(f"{a}-{b}" for a, b in zip(CHUNK.start[::-1], CHUNK.stop[::-1], strict=True))
    body = http.get(f"/precomputed/{SYNTHETIC}/0/{ranges}").content
    np.testing.assert_array_equal(np.frombuffer(body, np.uint8).reshape(64, 64, 64), wanted)
    for face in ("zarr", "chunks"):
        assert http.get(f"/{face}/{SYNTHETIC}/0/c/{z}/{y}/{x}").status_code == 200
        spec = {"driver": "zarr3", "kvstore": f"{server}/{face}/{SYNTHETIC}/0/"}
        array = ts.open(spec, read=True, open=True).result()
        assert array.shape == (5711, 7404, 6572)
        np.testing.assert_array_equal(array[CHUNK.slices].read().result(), wanted)


@pytest.mark.parametrize("level", [0, 3, 6])
def test_cutouts(http: httpx.Client, level: int) -> None:
    start = [a >> level for a in CHUNK.start]
    box = Box((start[0], start[1], start[2]), (start[0] + 20, start[1] + 9, start[2] + 30))
    ranges = ",".join(f"{a}:{b}" for a, b in zip(box.start[::-1], box.stop[::-1], strict=True))
    at = f"/api/volumes/{SYNTHETIC}/cutout?box={ranges}&level={level}"
    found = np.load(io.BytesIO(http.get(f"{at}&format=npy").content))
    np.testing.assert_array_equal(found, bigbrain.voxels(level, box))
    if level == 0:
        image = nib.Nifti1Image.from_bytes(gzip.decompress(http.get(f"{at}&format=nii.gz").content))
        place = bigbrain.affine() @ [*box.start[::-1], 1]
        np.testing.assert_allclose(image.affine[:3, 3], place[:3], atol=1e-4)


def test_pictures(http: httpx.Client) -> None:
    def picture(address: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        response = http.get(address)
        assert response.status_code == 200, address
        return np.asarray(Image.open(io.BytesIO(response.content)).convert("L"))

    grey = "window=0,255"
    # level 0, row 10, column 4 of a coronal slice, superior up
    zooms = http.get(f"/api/volumes/{SYNTHETIC}").json()["planes"]["coronal"]["zooms"]
    top = zooms[-1]["z"]
    tile = picture(f"/tiles/{SYNTHETIC}/coronal/3550/{top}/4/10.png?{grey}")
    z1 = 5711 - 2560
    wanted = bigbrain.voxels(0, Box((z1 - 256, 3550, 1024), (z1, 3551, 1280)))[::-1, 0]
    np.testing.assert_array_equal(tile, wanted)
    deep = picture(f"/dzi/{SYNTHETIC}/coronal/3550_files/13/4_10.png?{grey}")
    iiif = picture(f"/iiif/{SYNTHETIC}:coronal:3550/1024,2560,256,256/max/0/default.png")
    assert deep.shape[0] >= 250
    assert iiif.shape == (256, 256)
    x, y, z = (bigbrain.affine() @ [1152, 3550, z1 - 128, 1])[:3]
    plane = picture(
        f"/planes/{SYNTHETIC}.png?center={x},{y},{z}&right=1,0,0&down=0,0,-1&width=64&height=64"
        f"&mm_per_pixel={bigbrain.VOXEL_MM[0]}&{grey}"
    )
    assert abs(plane.mean() - tile[96:160, 96:160].mean()) < 5


def test_values_and_histogram(http: httpx.Client) -> None:
    point = (bigbrain.affine() @ [1100, 3530, 2900, 1])[:3]
    said = http.get(
        f"/api/volumes/{SYNTHETIC}/value", params={"point": ",".join(f"{v:.6f}" for v in point)}
    ).json()
    assert said["voxel"] == [1100, 3530, 2900]
    assert said["value"] == bigbrain.voxels(0, Box((2900, 3530, 1100), (2901, 3531, 1101)))[0, 0, 0]
    counts = http.get(f"/api/volumes/{SYNTHETIC}/histogram").json()["counts"]
    assert counts[-1] == max(counts)  # most of it is white


def test_its_regions_lie_where_the_sample_says(http: httpx.Client) -> None:
    """The template's millimetres, divided by the stretch, name the same region."""
    for point, name in (((-26, 6, 0), "left putamen"), ((38, -22, 58), "right precentral")):
        here = np.divide(point, bigbrain.stretch())
        found = http.get(
            f"/api/atlases/{SYNTHETIC}/assign", params={"point": ",".join(map(str, here))}
        ).json()
        assert name in found["assignments"][0]["region"]["name"]
    hits = http.get(f"/api/atlases/{SYNTHETIC}/regions", params={"find": "hippocampus"}).json()
    assert hits["regions"][0]["parcellation"] == SYNTHETIC_LABELS


def test_places_are_carried_from_the_template(http: httpx.Client) -> None:
    said = http.get(
        "/api/spaces/MNI152NLin2009aSym/carry",
        params={"to": bigbrain.SPACE, "point": "-26,6,0"},
    ).json()
    np.testing.assert_allclose(
        said["carried"][0] if isinstance(said["carried"][0], list) else said["carried"],
        np.divide((-26, 6, 0), bigbrain.stretch()),
        atol=1e-6,
    )


def test_its_outer_surface(http: httpx.Client) -> None:
    info = http.get(f"/precomputed/{SYNTHETIC}/mesh/info").json()
    assert 150 < info["atlasview"]["threshold"] < 255  # dark tissue on white
    assert len(http.get(f"/precomputed/{SYNTHETIC}/mesh/1").content) > 10_000
