"""Cutouts read by nibabel, NumPy, tifffile and zarr-python, and asked for what is not there."""

from __future__ import annotations

import gzip
import io
import socket
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import nibabel as nib
import numpy as np
import pytest
import tifffile
import zarr
from phantoms import SAMPLE, encoded, half, write_ome_zarr
from serving import serving

from atlasview import Client, open_volume
from atlasview.clientline import Line, ServerError
from atlasview.clientvolume import ClientVolume
from atlasview.errors import InvalidParameterError, UnreachableError
from atlasview.ingest import ingest_volume

SHAPE = (71, 43, 53)
PLACE = np.array([[0.5, 0, 0, -10], [0, 0.25, 0, 3], [0, 0, 0.75, 7], [0, 0, 0, 1.0]])
CODES = ("SAR", "RAS", "LAS", "PSR", "ILP", "AIL")
DTYPES = ("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float32", "float64")  # fmt: skip
BOX = (slice(3, 60), slice(5, 39), slice(1, 50))
ASKED = "3:60,5:39,1:50"
FORMATS = ("nii.gz", "nii", "npy", "tiff", "zarr.zip")
TEMPLATE, LABELS = "icbm152-2009a-sym", "desikan-killiany"
TILT = np.array(
    [[0.96, -0.28, 0, -11], [0.28, 0.96, 0, 5], [0, 0, 1, 2], [0, 0, 0, 1]]
) @ np.diag([0.5, 0.25, 0.75, 1])  # fmt: skip


def values(dtype: str) -> np.ndarray[Any, Any]:
    whole = encoded(SHAPE, "uint32")
    if dtype == "bool":
        return whole % 3 == 0
    if dtype in ("int64", "uint64"):
        return whole.astype(dtype) + np.array(1 << 60, dtype)
    if dtype.startswith("float"):
        return (whole % 1021).astype(dtype) / np.array(4, dtype)
    return whole.astype(dtype)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    root = tmp_path_factory.mktemp("cutouts")
    paths = [
        write_ome_zarr(root / f"code-{c.lower()}.zarr", [w := values("uint16"), half(w)], affine=PLACE, code=c)
        for c in CODES
    ]  # fmt: skip
    paths += [write_ome_zarr(root / f"type-{t}.zarr", [values(t)], affine=PLACE) for t in DTYPES]
    paths += [
        write_ome_zarr(root / "labels.zarr", [values("uint32")], labels=True, version="0.4"),
        write_ome_zarr(root / "tilted.zarr", [values("int16")], extra={"atlasview": {"affine": TILT.tolist(), "space": "Talairach"}}),
        write_ome_zarr(root / "colours.zarr", [np.empty(SHAPE)], affine=PLACE, channels=[[values("uint8") + i for i in range(3)]]),
    ]  # fmt: skip
    with serving(paths) as url, httpx.Client(base_url=url, timeout=60) as found:
        yield found


def fetch(client: httpx.Client, volume: str, **asked: Any) -> httpx.Response:
    response = client.get(f"/api/volumes/{volume}/cutout", params=asked)
    assert response.status_code == 200, response.text
    return response


def load(body: bytes, form: str, tmp_path: Path) -> tuple[np.ndarray[Any, Any], Any]:
    """Return the array (x, y, z[, c]) and the affine, as another program reads them."""
    if form.startswith("nii"):
        raw = gzip.decompress(body) if form == "nii.gz" else body
        image = nib.Nifti1Image.from_bytes(raw)
        return np.asarray(image.dataobj), image.affine
    if form == "npy":
        return np.load(io.BytesIO(body)).T, None
    if form == "tiff":
        return tifffile.imread(io.BytesIO(body)).T, None
    path = tmp_path / "cutout.zarr.zip"
    path.write_bytes(body)
    with zarr.storage.ZipStore(path, mode="r") as store:
        data = zarr.open_group(store, mode="r")["0"][...]
    zipfile.ZipFile(path).extractall(tmp_path / "unpacked.zarr")
    return data.T, open_volume(tmp_path / "unpacked.zarr").affine


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("code", CODES)
def test_other_programs_read_what_numpy_cuts(
    client: httpx.Client, code: str, form: str, tmp_path: Path
) -> None:
    body = fetch(client, f"code-{code.lower()}", box=ASKED, format=form).content
    data, affine = load(body, form, tmp_path)
    expected = values("uint16")[BOX]
    np.testing.assert_array_equal(data, expected)
    assert data.dtype == expected.dtype
    if affine is not None:
        moved = PLACE.copy()
        moved[:3, 3] += PLACE[:3, :3] @ [3, 5, 1]
        np.testing.assert_allclose(affine, moved, rtol=1e-6)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_type_keeps_its_values(
    client: httpx.Client, dtype: str, form: str, tmp_path: Path
) -> None:
    body = fetch(client, f"type-{dtype}", format=form).content
    data, _ = load(body, form, tmp_path)
    np.testing.assert_array_equal(data, values(dtype))
    wider = {"bool": "uint8", "float16": "float32"} if form[:3] in ("nii", "tif") else {}
    assert data.dtype == wider.get(dtype, dtype)


@pytest.mark.parametrize("form", FORMATS)
def test_channels_are_an_axis_more(client: httpx.Client, form: str, tmp_path: Path) -> None:
    expected = np.stack([values("uint8") + i for i in range(3)], axis=-1)
    data, _ = load(fetch(client, "colours", box=ASKED, format=form).content, form, tmp_path)
    np.testing.assert_array_equal(data, expected[BOX])
    (tmp_path / "one").mkdir()
    one = fetch(client, "colours", box=ASKED, format=form, channel=2).content
    data, _ = load(one, form, tmp_path / "one")
    np.testing.assert_array_equal(data, expected[BOX][..., 2])
    assert client.get("/api/volumes/colours/cutout", params={"channel": 3}).status_code == 404


def test_a_nifti_header_says_all_it_can(client: httpx.Client) -> None:
    image = nib.Nifti1Image.from_bytes(fetch(client, "code-psr", box=ASKED, format="nii").content)
    assert nib.aff2axcodes(image.affine) == ("R", "A", "S")
    np.testing.assert_allclose(image.get_qform(), image.get_sform(), rtol=1e-6)
    assert (int(image.header["qform_code"]), int(image.header["sform_code"])) == (2, 2)
    assert image.header.get_xyzt_units()[0] == "mm"
    assert b"level 0" in image.header["descrip"].item()
    assert image.header.get_intent()[0] == "none"
    tilted = nib.Nifti1Image.from_bytes(fetch(client, "tilted", format="nii").content)
    np.testing.assert_allclose(tilted.affine, TILT, rtol=1e-6)
    np.testing.assert_allclose(tilted.get_qform(), TILT, atol=1e-5)
    assert int(tilted.header["qform_code"]) == 3  # Talairach
    labels = nib.Nifti1Image.from_bytes(fetch(client, "labels", format="nii").content)
    assert labels.header.get_intent()[0] == "label"


def test_a_shear_has_no_qform(tmp_path: Path) -> None:
    sheared = np.eye(4)
    sheared[0, 1] = 0.3
    path = write_ome_zarr(tmp_path / "s.zarr", [values("uint8")], extra={"atlasview": {"affine": sheared.tolist()}})  # fmt: skip
    with serving([path]) as url, httpx.Client(base_url=url) as client:
        image = nib.Nifti1Image.from_bytes(fetch(client, "s", format="nii").content)
    np.testing.assert_allclose(image.affine, sheared)
    assert int(image.header["qform_code"]) == 0


def test_a_long_axis_makes_nifti_2(tmp_path: Path) -> None:
    long = np.arange(40_000, dtype=np.uint32).reshape(40_000, 1, 1)
    path = write_ome_zarr(tmp_path / "long.zarr", [long], chunk=64)
    with serving([path]) as url, httpx.Client(base_url=url) as client:
        image = nib.Nifti2Image.from_bytes(fetch(client, "long", format="nii").content)
    np.testing.assert_array_equal(np.asarray(image.dataobj), long)


def test_a_tiff_tells_its_voxel_size(client: httpx.Client) -> None:
    body = fetch(client, "code-ras", format="tiff", box=ASKED).content
    with tifffile.TiffFile(io.BytesIO(body)) as file:
        assert file.is_ome
        assert file.series[0].axes == "ZYX"
        assert file.series[0].dataoffset  # one piece, which can be mapped
        pixels = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]["Pixels"]
        found = [pixels[f"PhysicalSize{a}"] for a in "XYZ"]
        assert np.allclose(found, [0.5, 0.25, 0.75])
        assert pixels["PhysicalSizeXUnit"] == "mm"
        assert file.pages[0].tags["XResolution"].value == (20, 1)
    with tifffile.TiffFile(io.BytesIO(fetch(client, "colours", format="tiff").content)) as file:
        assert file.series[0].axes == "CZYX"


def test_a_zip_is_an_ome_zarr(client: httpx.Client, tmp_path: Path) -> None:
    import yaozarrs

    for name in ("labels", "colours", "tilted"):
        body = fetch(client, name, format="zarr.zip").content
        archive = zipfile.ZipFile(io.BytesIO(body))
        assert archive.testzip() is None
        assert archive.namelist()[0] == "zarr.json"
        assert {i.compress_type for i in archive.infolist()} == {zipfile.ZIP_STORED}
        archive.extractall(tmp_path / f"{name}.zarr")
        yaozarrs.validate_zarr_store(str(tmp_path / f"{name}.zarr"))
        volume = open_volume(tmp_path / f"{name}.zarr")
        assert volume.kind == ("labels" if name == "labels" else "image")
    np.testing.assert_allclose(volume.affine, TILT)
    assert volume.space == "Talairach"


@pytest.mark.parametrize("name", [TEMPLATE, LABELS])
def test_a_nifti_lies_exactly_on_its_source(http: httpx.Client, name: str) -> None:
    file = "icbm152_2009a_sym_t1_brain.nii.gz" if name == TEMPLATE else "desikan_killiany_dseg.nii.gz"  # fmt: skip
    source = nib.load(SAMPLE / file)
    body = fetch(http, name, box="40:120,50:150,60:90").content
    cut = nib.Nifti1Image.from_bytes(gzip.decompress(body))
    assert_overlays(cut, source)
    for form in ("sform", "qform"):
        assert int(cut.header[f"{form}_code"]) == int(source.header["sform_code"])
    np.testing.assert_allclose(cut.get_qform(), cut.get_sform())


@pytest.mark.parametrize("code", ["RAS", "LAS", "PSR", "oblique", "sheared"])
def test_a_nifti_lies_on_a_source_of_any_orientation(code: str, tmp_path: Path) -> None:
    data = values("int16")
    place = PLACE
    if code == "oblique":
        a, b = np.deg2rad([20, -35])
        turn = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
        turn = turn @ [[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]]
        place = np.eye(4)
        place[:3, :3], place[:3, 3] = turn @ np.diag([-0.5, 0.3, 0.7]), [12, -9, 31]
    elif code == "sheared":
        place = PLACE.copy()
        place[1, 0] = 0.1
    image = nib.Nifti1Image(data, place)
    if code in ("LAS", "PSR"):
        wanted = nib.orientations.axcodes2ornt(tuple(code))
        have = nib.orientations.io_orientation(place)
        image = image.as_reoriented(nib.orientations.ornt_transform(have, wanted))
    nib.save(image, tmp_path / "source.nii.gz")
    source = nib.load(tmp_path / "source.nii.gz")
    ingest_volume(tmp_path / "source.nii.gz", tmp_path / "v.ome.zarr", kind="image", name="v")
    with serving([tmp_path / "v.ome.zarr"]) as url, httpx.Client(base_url=url) as client:
        for asked in ({}, {"box": "7:30,2:38,11:40"}):
            body = fetch(client, "v", format="nii", **asked).content
            assert_overlays(nib.Nifti1Image.from_bytes(body), source)


def assert_overlays(cut: Any, source: Any) -> None:
    """Every voxel of the cutout has the value that the source has at that place."""
    data, whole = np.asarray(cut.dataobj), np.asarray(source.dataobj)
    assert data.dtype == whole.dtype
    index = np.indices(data.shape).reshape(3, -1)
    world = cut.affine[:3, :3] @ index + cut.affine[:3, 3:]
    back = np.linalg.inv(source.affine)
    there = back[:3, :3] @ world + back[:3, 3:]
    nearest = np.rint(there).astype(int)
    assert np.abs(there - nearest).max() < 1e-3
    np.testing.assert_array_equal(data.ravel(), whole[tuple(nearest)])


def test_coarser_levels(client: httpx.Client) -> None:
    coarse = half(values("uint16"))
    response = fetch(client, "code-ilp", box="2:30,1:20,0:25", level=1, format="nii")
    image = nib.Nifti1Image.from_bytes(response.content)
    np.testing.assert_array_equal(np.asarray(image.dataobj), coarse[2:30, 1:20, 0:25])
    np.testing.assert_allclose(image.affine[:3, 3], [-10 + 0.25 + 2, 3 + 0.125 + 0.5, 7 + 0.375])
    assert response.headers["x-level"] == "1"


def test_a_byte_budget_picks_the_level(client: httpx.Client) -> None:
    volume = "code-sar"
    bytes_0, bytes_1 = 57 * 34 * 49 * 2, 29 * 18 * 25 * 2
    for budget, level, box in (
        (bytes_0, "0", ASKED), (10**17, "0", ASKED), (bytes_0 - 1, "1", "1:30,2:20,0:25"),
        (bytes_1, "1", "1:30,2:20,0:25"),
    ):  # fmt: skip
        response = fetch(client, volume, box=ASKED, max_bytes=budget, format="npy")
        assert (response.headers["x-level"], response.headers["x-box"]) == (level, box)
        assert int(response.headers["x-uncompressed-bytes"]) <= budget
    np.testing.assert_array_equal(
        np.load(io.BytesIO(response.content)).T, half(values("uint16"))[1:30, 2:20, 0:25]
    )
    refused = client.get(f"/api/volumes/{volume}/cutout", params={"box": ASKED, "max_bytes": bytes_1 - 1})  # fmt: skip
    assert refused.status_code == 413
    assert refused.json()["asked"] == bytes_1
    assert refused.json()["limit"] == bytes_1 - 1
    whole = fetch(client, volume, max_bytes=10**5, format="npy")
    assert whole.headers["x-level"] == "1"
    assert np.load(io.BytesIO(whole.content)).T.shape == (36, 22, 27)


def test_millimetres_are_those_of_the_client(client: httpx.Client) -> None:
    mm = "-8:3.3,4:9.01,10:12"
    found = np.load(io.BytesIO(fetch(client, "code-las", mm=mm, format="npy").content))
    with Client(str(client.base_url)) as own:
        volume = own.volume("code-las")
        np.testing.assert_array_equal(found, volume.read_mm((-8, 4, 10), (3.3, 9.01, 12)))
        np.testing.assert_array_equal(found, volume.read_mm((3.3, 9.01, 12), (-8, 4, 10)))
    np.testing.assert_array_equal(found.T, values("uint16")[4:28, 4:25, 4:8])
    point = fetch(client, "code-las", mm="-8:-8,4:4,10:10", format="npy")
    assert point.headers["x-box"] == "4:5,4:5,4:5"
    low, high = client.get("/api/volumes/code-las").json()["bounds_mm"]
    bounds = ",".join(f"{a}:{b}" for a, b in zip(low, high, strict=True))
    whole = np.load(io.BytesIO(fetch(client, "code-las", mm=bounds, format="npy").content))
    np.testing.assert_array_equal(whole.T, values("uint16"))
    # on a rotated grid all eight corners are held
    around = fetch(client, "tilted", mm="-1:1,12:13,10:12", format="npy").headers["x-box"]
    spans = [[int(n) for n in part.split(":")] for part in around.split(",")]
    for corner in np.array(np.meshgrid([-1, 1], [12, 13], [10, 12])).reshape(3, -1).T:
        voxel = np.linalg.inv(TILT) @ [*corner, 1]
        assert all(a - 0.5 <= v < b - 0.5 for v, (a, b) in zip(voxel[:3], spans, strict=True))


@pytest.mark.parametrize("form", FORMATS)
def test_head_tells_what_get_sends(client: httpx.Client, form: str) -> None:
    asked = {"box": ASKED, "format": form}
    head = client.head("/api/volumes/code-sar/cutout", params=asked)
    body = fetch(client, "code-sar", **asked)
    assert head.status_code == 200
    assert head.content == b""
    assert int(head.headers["content-length"]) == len(body.content)
    assert head.headers["x-uncompressed-bytes"] == str(57 * 34 * 49 * 2)
    assert head.headers["etag"] == body.headers["etag"]
    name = f'attachment; filename="code-sar_level0_3-60_5-39_1-50.{form}"'
    assert body.headers["content-disposition"] == name
    again = client.get("/api/volumes/code-sar/cutout", params=asked)
    assert again.content == body.content
    kept = client.get("/api/volumes/code-sar/cutout", params=asked, headers={"If-None-Match": body.headers["etag"]})  # fmt: skip
    assert kept.status_code == 304
    assert kept.headers["cache-control"] == body.headers["cache-control"]


def test_tags_are_of_what_was_asked(client: httpx.Client) -> None:
    asked = [{}, {"box": ASKED}, {"format": "npy"}, {"level": 1}, {"box": ASKED, "level": 0}]
    tags = [fetch(client, "code-sar", **a).headers["etag"] for a in asked]
    assert len(set(tags)) == 4
    assert tags[1] == tags[4]


BAD = [
    ("box", "0:10"), ("box", "0:10,0:10"), ("box", "0:10,0:10,0:10,0:10"), ("box", "0:10,0:10,10"),
    ("box", "0:1:2,0:10,0:10"), ("box", "5:5,0:10,0:10"), ("box", "9:3,0:10,0:10"),
    ("box", "0:10,0:10,0:1e1"), ("box", "0:10,0:10,0:1.0"), ("box", "a:b,c:d,e:f"), ("box", ""),
    ("box", "00:10,0:10,0:10"), ("box", "+0:10,0:10,0:10"), ("box", "٠:١٠,0:10,0:10"),
    ("box", " 0:10,0:10,0:10"), ("box", "nan:inf,0:10,0:10"), ("box", "0:10,0:10,0:" + "9" * 30),
    ("box", "0:10,0:10,0:10\x00"), ("box", "x" * 10_000), ("box", "%2e:1,0:1,0:1"),
    ("mm", "nan:1,0:1,0:1"), ("mm", "-inf:inf,0:1,0:1"), ("mm", "1:0,0:1,0:1"), ("mm", "0:1,0:1"),
    ("mm", "1e999:1e999,0:1,0:1"), ("mm", "0x1:0x2,0:1,0:1"), ("mm", "١:٢,0:1,0:1"),
    ("mm", ":,:,:"), ("mm", "1_0:2_0,0:1,0:1"), ("level", "-1"), ("level", "x"), ("level", "1.0"),
    ("level", "01"), ("level", "nan"), ("level", ""), ("max_bytes", "0"), ("max_bytes", "-5"),
    ("max_bytes", "1e6"), ("max_bytes", "inf"), ("channel", "-1"), ("channel", "all"),
    ("format", "NII"), ("format", "nii.gz.exe"), ("format", ""), ("format", "../nii"),
    ("format", "x" * 10_000), ("boks", "0:1,0:1,0:1"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), BAD)
def test_bad_parameters_are_named(client: httpx.Client, name: str, value: str) -> None:
    for method in ("GET", "HEAD"):
        response = client.request(method, "/api/volumes/code-sar/cutout", params={name: value})
        assert response.status_code == 400
        assert response.headers["content-type"] == "application/problem+json"
    assert client.get("/api/volumes/code-sar/cutout", params={name: value}).json()["parameter"] == name  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"box": "0:72,0:43,0:53"}, "box=0:71,0:43,0:53"), ({"box": "-1:5,0:5,0:5"}, "box=0:71"),
        ({"box": "71:72,0:43,0:53"}, "box=0:71"), ({"box": "0:40,0:10,0:10", "level": 1}, "box=0:36,0:22,0:27"),
        ({"box": "0:999999999999999999,0:1,0:1"}, "box=0:71"), ({"mm": "-11:0,4:5,8:9"}, "mm"),
        ({"mm": "-1e30:1e30,4:5,8:9"}, "box=0:71"), ({"level": 2}, "0, 1"), ({"level": 10**17}, "0, 1"),
        ({"channel": 1}, "channel"), ({"channel": 10**17}, "channel"),
    ],
)  # fmt: skip
def test_what_is_outside_is_refused_with_the_bounds(
    client: httpx.Client, asked: dict[str, Any], says: str
) -> None:
    response = client.get("/api/volumes/code-sar/cutout", params=asked)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert says in response.json()["detail"]


def test_more_refusals(client: httpx.Client) -> None:
    both = client.get(f"/api/volumes/code-sar/cutout?box={ASKED}&mm=0:1,4:5,8:9")
    assert both.status_code == 400
    twice = client.get(f"/api/volumes/code-sar/cutout?box={ASKED}&box={ASKED}")
    assert twice.status_code == 400
    for name in ("none", "..", "code-sar%00", "%2e%2e", "x" * 10_000):
        assert client.get(f"/api/volumes/{name}/cutout").status_code in (404, 400)
    assert client.post("/api/volumes/code-sar/cutout").status_code == 405


def sparse(path: Path, shape: tuple[int, int, int], *, name: str = "sparse", chunk: int = 64) -> Path:  # fmt: skip
    """Write an image (z, y, x) with nothing stored but a corner."""
    place = write_ome_zarr(path / f"{name}.zarr", [np.zeros((4, 4, 4), np.uint8)])
    group = zarr.open_group(place, mode="a")
    array = group.create_array("0", shape=shape, dtype="uint8", chunks=(chunk,) * 3, fill_value=0, dimension_names=list("zyx"), overwrite=True)  # fmt: skip
    array[-3:, -3:, -3:] = 7
    return place


def resident() -> int:
    """Bytes of memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="it counts as Linux does")
@pytest.mark.parametrize("form", ["npy", "nii.gz", "zarr.zip"])
def test_memory_is_flat(tmp_path: Path, form: str) -> None:
    path = sparse(tmp_path, (4096, 1500, 1500))
    with serving([path], cache_bytes=32 << 20) as url, httpx.Client(base_url=url) as client:
        fetch(client, "sparse", format=form, box="0:64,0:64,0:300")
        before = most = resident()
        size = 0
        address = f"/api/volumes/sparse/cutout?format={form}&box=0:1500,0:1500,3700:4096"
        with client.stream("GET", address) as response:
            assert response.status_code == 200
            assert response.headers["x-uncompressed-bytes"] == str(1500 * 1500 * 396)
            for piece in response.iter_raw(1 << 20):
                size += len(piece)
                most = max(most, resident())
        if form == "npy":
            assert size == int(response.headers["content-length"]) == 128 + 1500 * 1500 * 396
        assert most - before < 120 << 20


def test_limits_are_told_in_numbers(tmp_path: Path) -> None:
    path = sparse(tmp_path, (131_440, 148_080, 120_800))
    with serving([path], max_cutout_bytes=10**6) as url, httpx.Client(base_url=url) as client:
        for method in ("GET", "HEAD"):
            response = client.request(method, "/api/volumes/sparse/cutout?box=0:100,0:100,0:101")
            assert response.status_code == 413
        response = client.get("/api/volumes/sparse/cutout")
        assert response.json()["asked"] == 131_440 * 148_080 * 120_800
        assert response.json()["limit"] == 10**6
        assert "bytes" in response.json()["detail"]
        box = "120700:120800,148000:148080,131400:131440"
        found = np.load(io.BytesIO(fetch(client, "sparse", box=box, format="npy").content))
        assert found.sum() == 27 * 7


def test_head_reads_no_voxel(tmp_path: Path) -> None:
    path = write_ome_zarr(tmp_path / "bad.zarr", [values("uint16")])
    for chunk in (path / "0" / "c").rglob("[0-9]"):
        if chunk.is_file():
            chunk.write_bytes(b"nonsense")
    with serving([path]) as url, httpx.Client(base_url=url) as client:
        for form in ("npy", "tiff", "nii"):
            assert client.head(f"/api/volumes/bad/cutout?format={form}").status_code == 200
        for form in FORMATS:
            response = client.get(f"/api/volumes/bad/cutout?format={form}")
            assert response.status_code == 500
            assert response.headers["content-type"] == "application/problem+json"
            assert str(tmp_path) not in response.text


def noisy(path: Path, side: int = 256) -> Path:
    rng = np.random.default_rng(3)
    data = rng.integers(0, 255, (side, side, side), dtype=np.uint8)
    return write_ome_zarr(path / "noisy.zarr", [data], chunk=64)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("form", ["npy", "nii.gz", "zarr.zip"])
def test_a_failure_on_the_way_breaks_the_connection(tmp_path: Path, form: str) -> None:
    path = noisy(tmp_path)
    (path / "0" / "c" / "3" / "1" / "1").write_bytes(b"nonsense")
    with serving([path]) as url, httpx.Client(base_url=url) as client:
        with client.stream("GET", f"/api/volumes/noisy/cutout?format={form}") as response:
            assert response.status_code == 200
            with pytest.raises(httpx.TransportError):
                response.read()
        line = Line(url, 60)
        info = {"id": "noisy", "levels": [{"shape": [256] * 3}]}
        with pytest.raises(UnreachableError):
            ClientVolume(url, line.json, line.save, info).cutout(tmp_path / f"out.{form}")
        line.close()
        assert not list(tmp_path.glob("out*"))


def test_who_goes_away_stops_the_work(tmp_path: Path) -> None:
    path = sparse(tmp_path, (4096, 1024, 1024))
    with serving([path], max_cutouts=1, max_cutout_bytes=1 << 40) as url:
        split = urlsplit(url)
        request = b"GET /api/volumes/sparse/cutout?format=npy HTTP/1.1\r\nHost: x\r\n\r\n"
        raw = socket.create_connection((split.hostname, split.port), timeout=10)
        raw.sendall(request)
        assert raw.recv(1000).startswith(b"HTTP/1.1 200")
        with httpx.Client(base_url=url, timeout=20) as client:
            # A small one is not kept out by large ones that are taken slowly.
            assert client.get("/api/volumes/sparse/cutout?box=0:1,0:1,0:1").status_code == 200
            large = "/api/volumes/sparse/cutout?format=npy&box=0:200,0:200,0:200"
            second = client.get(large)
            assert second.status_code == 503
            assert int(second.headers["retry-after"]) > 0
            assert client.head("/api/volumes/sparse/cutout?format=npy").status_code == 200
            raw.close()
            end = time.monotonic() + 10
            while (again := client.get(large)).status_code == 503:
                assert time.monotonic() < end
                time.sleep(0.02)
            assert again.status_code == 200


def test_the_client_saves_files(client: httpx.Client, tmp_path: Path) -> None:
    with Client(str(client.base_url)) as own:
        volume = own.volume("code-psr")
        said = volume.cutout(tmp_path / "a.nii.gz", x=(3, 60), y=(5, 39), z=(1, 50))
        assert said["x-box"] == ASKED
        image = nib.load(tmp_path / "a.nii.gz")
        np.testing.assert_array_equal(np.asarray(image.dataobj), values("uint16")[BOX])
        volume.cutout(tmp_path / "b.npy", mm=((3.3, 9.01, 12), (-8, 4, 10)))
        np.testing.assert_array_equal(np.load(tmp_path / "b.npy").T, values("uint16")[4:28, 4:25, 4:8])  # fmt: skip
        volume.cutout(tmp_path / "c.npy", z=(2, 3), level=1)
        assert np.load(tmp_path / "c.npy").shape == (1, 22, 36)
        assert volume.cutout(tmp_path / "d", format="tiff", max_bytes=10**5)["x-level"] == "1"
        with pytest.raises(InvalidParameterError):
            volume.cutout(tmp_path / "e.xyz")
        with pytest.raises(ServerError, match="box=0:71"):
            volume.cutout(tmp_path / "f.npy", x=(0, 99))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.nii.gz", "b.npy", "c.npy", "d"]
