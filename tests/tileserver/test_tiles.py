"""``/tiles`` against numpy on the source file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import nibabel as nib
import numpy as np
import pytest
from phantoms import SAMPLE, encoded, half, picture, window, write_ome_zarr
from PIL import Image
from serving import serving, serving_apart

TEMPLATE, LABELS, ATLAS = "icbm152-2009a-sym", "desikan-killiany", "icbm152-desikan-killiany"
PLANES = {"horizontal": 2, "coronal": 1, "sagittal": 0}


def load(name: str) -> np.ndarray:
    return np.asarray(nib.load(SAMPLE / name).dataobj)


@pytest.fixture(scope="module")
def template() -> np.ndarray:
    return load("icbm152_2009a_sym_t1_brain.nii.gz")


@pytest.fixture(scope="module")
def labels() -> np.ndarray:
    """The labels on the template's grid: the same world, 25, 27 and 0 voxels further in."""
    small = load("desikan_killiany_dseg.nii.gz")
    out = np.zeros((197, 233, 189), small.dtype)
    out[25 : 25 + 146, 27 : 27 + 182, 0:155] = small
    return out


def pixels(http: httpx.Client, address: str) -> np.ndarray:
    response = http.get(address)
    assert response.status_code == 200, response.text
    with Image.open(io.BytesIO(response.content)) as image:
        return np.asarray(image.convert("RGBA"))


def colours(http: httpx.Client) -> dict[int, list[int]]:
    regions = http.get(f"/api/atlases/{ATLAS}/regions").json()["regions"]
    return {r["label"]: r["rgb"] for r in regions if r["label"]}


def painted(slice_: np.ndarray, table: dict[int, list[int]]) -> np.ndarray:
    out = np.zeros((*slice_.shape, 4), np.uint8)
    for label, rgb in table.items():
        out[slice_ == label] = [*rgb, 255]
    return out


@pytest.mark.parametrize("plane", PLANES)
def test_a_tile_is_the_slice_of_the_source_file(
    http: httpx.Client, template: np.ndarray, plane: str
) -> None:
    info = http.get(f"/api/volumes/{TEMPLATE}").json()
    assert info["planes"][plane]["zooms"][-1] == {"z": 0, "level": 0, "scale": 1} | {
        k: info["planes"][plane]["zooms"][-1][k] for k in ("width", "height")
    }
    for index in (20, 90, 150):
        tile = pixels(http, f"/tiles/{TEMPLATE}/{plane}/{index}/0/0/0.png?window=10,200")
        grey = window(picture(template, plane, index), 10, 200)
        h, w = grey.shape
        assert tile.shape == (256, 256, 4)
        np.testing.assert_array_equal(tile[:h, :w, 0], grey)
        np.testing.assert_array_equal(tile[:h, :w, 3], 255)
        assert not tile[h:].any()
        assert not tile[:, w:].any()


def test_the_default_window_is_percentiles_of_the_volume(
    http: httpx.Client, template: np.ndarray
) -> None:
    said = http.get(f"/api/volumes/{TEMPLATE}").json()["percentiles"]
    assert said["1"] == np.percentile(template, 1)
    assert said["99.5"] == np.percentile(template, 99.5)
    default = http.get(f"/tiles/{TEMPLATE}/coronal/100/0/0/0.png").content
    named = http.get(f"/tiles/{TEMPLATE}/coronal/100/0/0/0.png?window={said['1']},{said['99.5']}")
    assert default == named.content
    percent = http.get(f"/tiles/{TEMPLATE}/coronal/100/0/0/0.png", params={"window": "1%,99.5%"})
    assert default == percent.content


def test_gamma_inversion_and_colour_map(http: httpx.Client, template: np.ndarray) -> None:
    base = f"/tiles/{TEMPLATE}/horizontal/80/0/0/0.png?window=0,200"
    share = np.clip(picture(template, "horizontal", 80) / 200.0, 0, 1)
    bright = np.floor(share**0.5 * 255 + 0.5)
    tile = pixels(http, base + "&gamma=0.5")
    np.testing.assert_array_equal(tile[:233, :197, 0], bright)
    tile = pixels(http, base + "&invert=1&gamma=0.5")
    np.testing.assert_array_equal(tile[:233, :197, 0], 255 - bright)
    tile = pixels(http, base + "&colormap=viridis")
    assert tile[0, 0].tolist() == [68, 1, 84, 255]
    assert not tile[240:].any()


@pytest.mark.parametrize("plane", PLANES)
def test_a_label_tile_is_exact(http: httpx.Client, plane: str) -> None:
    small = load("desikan_killiany_dseg.nii.gz")
    expected = painted(picture(small, plane, 70), colours(http))
    h, w = expected.shape[:2]
    for encoding in ("png", "webp"):
        tile = pixels(http, f"/tiles/{LABELS}/{plane}/70/0/0/0.{encoding}")
        np.testing.assert_array_equal(tile[:h, :w], expected)
        assert not tile[h:].any()
    assert http.get(f"/tiles/{LABELS}/{plane}/70/0/0/0.jpg").status_code == 400


@pytest.mark.parametrize("plane", PLANES)
def test_labels_line_up_with_the_template_to_the_voxel(
    http: httpx.Client, template: np.ndarray, labels: np.ndarray, plane: str
) -> None:
    for index in (30, 95, 120):
        tile = pixels(http, f"/tiles/{TEMPLATE}/{plane}/{index}/0/0/0.png?window=0,200&labels={LABELS}&opacity=1")  # fmt: skip
        over = painted(picture(labels, plane, index), colours(http))
        grey = window(picture(template, plane, index), 0, 200)[..., None]
        expected = np.where(over[..., 3:] > 0, over[..., :3], grey)
        h, w = expected.shape[:2]
        np.testing.assert_array_equal(tile[:h, :w, :3], expected)


def test_regions_and_their_parents(http: httpx.Client) -> None:
    small = picture(load("desikan_killiany_dseg.nii.gz"), "horizontal", 70)
    tile = pixels(http, f"/tiles/{LABELS}/horizontal/70/0/0/0.png?regions=subctx")
    shown = {
        r["label"]: r["rgb"]
        for r in http.get(f"/api/atlases/{ATLAS}/regions").json()["regions"]
        if r["label"] and 1002 in r["path"]
    }
    np.testing.assert_array_equal(tile[:182, :146], painted(small, shown))
    top = http.get(f"/api/atlases/{ATLAS}/regions/subctx").json()["rgb"]
    tile = pixels(http, f"/tiles/{LABELS}/horizontal/70/0/0/0.png?regions=subctx&depth=1")
    np.testing.assert_array_equal(tile[:182, :146], painted(small, dict.fromkeys(shown, top)))


def test_outlines_are_inside_their_regions(http: httpx.Client) -> None:
    small = picture(load("desikan_killiany_dseg.nii.gz"), "coronal", 70)
    framed = np.pad(small, 1)
    same = np.ones(small.shape, bool)
    for dy, dx in ((0, 1), (2, 1), (1, 0), (1, 2)):
        same &= framed[dy : dy + small.shape[0], dx : dx + small.shape[1]] == small
    expected = painted(np.where(same, 0, small), colours(http))
    tile = pixels(http, f"/tiles/{LABELS}/coronal/70/0/0/0.png?outline=1")
    np.testing.assert_array_equal(tile[: small.shape[0], : small.shape[1]], expected)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server over a phantom of several zooms, and one over each orientation."""
    root = tmp_path_factory.mktemp("large")
    whole = encoded((700, 520, 30), "uint16")
    levels = [whole, half(whole), half(half(whole))]
    places = [write_ome_zarr(root / "big.ome.zarr", levels, chunk=64)]
    for code in ("RAS", "LAS", "LPS", "PSR", "ASL"):
        places.append(write_ome_zarr(root / f"{code}.zarr", [encoded((40, 30, 20), "uint16")], code=code))  # fmt: skip
    with serving(places) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


def stitched(
    client: httpx.Client, plane: str, index: int, zoom: dict[str, Any], more: str
) -> np.ndarray:
    columns, rows = -(-zoom["width"] // 256), -(-zoom["height"] // 256)
    out = np.zeros((rows * 256, columns * 256, 4), np.uint8)
    for y in range(rows):
        for x in range(columns):
            tile = pixels(client, f"/tiles/big/{plane}/{index}/{zoom['z']}/{x}/{y}.png?{more}")
            out[y * 256 : y * 256 + 256, x * 256 : x * 256 + 256] = tile
    return out


@pytest.mark.parametrize("plane", PLANES)
def test_every_zoom_stitched_is_the_level_s_slice(large: httpx.Client, plane: str) -> None:
    whole = encoded((700, 520, 30), "uint16")
    levels = [whole, half(whole), half(half(whole))]
    info = large.get("/api/volumes/big").json()
    for zoom in info["planes"][plane]["zooms"]:
        if zoom["scale"] != 1:
            continue
        for index in (3, 17):
            got = stitched(large, plane, index, zoom, "window=0,65535")
            expected = window(picture(levels[zoom["level"]], plane, index >> zoom["level"]), 0, 65535)  # fmt: skip
            h, w = expected.shape
            np.testing.assert_array_equal(got[:h, :w, 0], expected)
            assert not got[h:].any()
            assert not got[:, w:].any()


def test_twice_the_pixels_are_the_next_zoom(large: httpx.Client) -> None:
    zooms = large.get("/api/volumes/big").json()["planes"]["horizontal"]["zooms"]
    for zoom in zooms[:-1]:
        double = pixels(large, f"/tiles/big/horizontal/5/{zoom['z']}/0/0@2x.png")
        finer = stitched(large, "horizontal", 5, zooms[zoom["z"] + 1], "")
        h, w = min(512, finer.shape[0]), min(512, finer.shape[1])
        np.testing.assert_array_equal(double[:h, :w], finer[:h, :w])
        assert double.shape == (512, 512, 4)
    last = zooms[-1]["z"]
    single = pixels(large, f"/tiles/big/horizontal/5/{last}/1/1.png")
    double = pixels(large, f"/tiles/big/horizontal/5/{last}/1/1@2x.png")
    np.testing.assert_array_equal(double, single.repeat(2, 0).repeat(2, 1))


@pytest.mark.parametrize("plane", PLANES)
def test_one_phantom_in_any_orientation_is_one_picture(large: httpx.Client, plane: str) -> None:
    expected = window(picture(encoded((40, 30, 20), "uint16"), plane, 7), 0, 25000)
    h, w = expected.shape
    for code in ("ras", "las", "lps", "psr", "asl"):
        tile = pixels(large, f"/tiles/{code}/{plane}/7/0/0/0.png?window=0,25000")
        np.testing.assert_array_equal(tile[:h, :w, 0], expected)


def test_tilejson_names_tiles_that_exist(large: httpx.Client) -> None:
    found = large.get("/tiles/big/coronal/9/tilejson.json?invert=1").json()
    assert found["tilejson"] == "3.0.0"
    assert found["scheme"] == "xyz"
    for z in range(found["minzoom"], found["maxzoom"] + 1):
        address = found["tiles"][0].format(z=z, x=0, y=0)
        assert address.endswith("?invert=1")
        assert large.get(address).status_code == 200


BAD = [
    "/tiles/big/horizontal/5/0/0/0.png?windw=1,2", "/tiles/big/horizontal/5/0/0/0.png?window=2,1",
    "/tiles/big/horizontal/5/0/0/0.png?window=nan,1", "/tiles/big/horizontal/5/0/0/0.png?window=1",
    "/tiles/big/horizontal/5/0/0/0.png?window=1,inf", "/tiles/big/horizontal/5/0/0/0.png?window=p1,9",
    "/tiles/big/horizontal/5/0/0/0.png?window=p-1,p9", "/tiles/big/horizontal/5/0/0/0.png?window=1e999,2",
    "/tiles/big/horizontal/5/0/0/0.png?gamma=0", "/tiles/big/horizontal/5/0/0/0.png?gamma=-1",
    "/tiles/big/horizontal/5/0/0/0.png?colormap=", "/tiles/big/horizontal/5/0/0/0.png?invert=2",
    "/tiles/big/horizontal/5/0/0/0.png?channel=-1", "/tiles/big/horizontal/5/0/0/0.png?opacity=2",
    "/tiles/big/horizontal/5/0/0/0.png?regions=a", "/tiles/big/horizontal/5/0/0/0.png?depth=1",
    "/tiles/big/horizontal/5/0/0/0.png?invert=1&invert=1", "/tiles/big/horizontal/05/0/0/0.png",
    "/tiles/big/horizontal/+5/0/0/0.png", "/tiles/big/horizontal/5/0/0/0x.png",
    "/tiles/big/horizontal/5/0/0/-0.png", "/tiles/big/horizontal/1e1/0/0/0.png",
    "/tiles/big/horizontal/5/0/0/0.exe", "/tiles/big/horizontal/5/0/0/0@3x.png",
    "/tiles/big/horizontal/5/0/0/0.png?window=" + "9" * 10000,
    "/tiles/big/horizontal/٣/0/0/0.png",
]  # fmt: skip
ABSENT = [
    "/tiles/none/horizontal/5/0/0/0.png", "/tiles/big/axial/5/0/0/0.png",
    "/tiles/big/horizontal/-1/0/0/0.png", "/tiles/big/horizontal/30/0/0/0.png",
    "/tiles/big/horizontal/5/9/0/0.png", "/tiles/big/horizontal/5/0/1/0.png",
    "/tiles/big/horizontal/5/0/0/99999999999999999.png",
    "/tiles/big/horizontal/5/0/0/0.png?channel=7", "/tiles/big/horizontal/5/0/0/0.png?labels=none",
    "/tiles/..%2f..%2fetc/horizontal/5/0/0/0.png", "/tiles/%00/horizontal/5/0/0/0.png",
]  # fmt: skip


@pytest.mark.parametrize(
    ("address", "status"), [(a, 400) for a in BAD] + [(a, 404) for a in ABSENT]
)
def test_bad_requests_are_problems(large: httpx.Client, address: str, status: int) -> None:
    response = large.get(address)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found = response.json()
    assert found["status"] == status
    assert found["title"]
    assert found["detail"]
    assert len(response.text) < 1000
    assert "no-store" in response.headers["cache-control"]


def test_entity_tags(http: httpx.Client) -> None:
    address = f"/tiles/{TEMPLATE}/horizontal/80/0/0/0.png"
    first = http.get(address)
    tag = first.headers["etag"]
    assert tag.startswith('"')
    assert "max-age" in first.headers["cache-control"]
    for sent in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = http.get(address, headers={"If-None-Match": sent})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    assert http.get(address, headers={"If-None-Match": '"other"'}).status_code == 200
    assert http.get(address + "?invert=1").headers["etag"] != tag
    head = http.head(address)
    assert head.headers["content-length"] == first.headers["content-length"]
    assert head.headers["etag"] == tag
    assert http.get(address).content == first.content


def test_headers_tell_level_plane_and_size(http: httpx.Client) -> None:
    headers = http.get(f"/tiles/{TEMPLATE}/sagittal/80/0/0/0.jpg").headers
    assert (headers["x-level"], headers["x-plane"]) == ("0", "sagittal")
    assert headers["x-mm-per-pixel"] == "1,1"


def test_data_written_anew_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tileserver.catalog._LOOK", 0.0)
    path = write_ome_zarr(tmp_path / "v.zarr", [encoded((20, 20, 20), "uint16")])
    with serving([path]) as url, httpx.Client(base_url=url) as client:
        address = "/tiles/v/horizontal/3/0/0/0.png?window=0,9000"
        before = client.get(address)
        write_ome_zarr(tmp_path / "v.zarr", [encoded((20, 20, 20), "uint16")[::-1]])
        after = client.get(address)
        assert before.headers["etag"] != after.headers["etag"]
        assert before.content != after.content


@pytest.fixture(scope="module")
def coloured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server over an RGB volume, one of two channels, and one whose file names their colours."""
    root = tmp_path_factory.mktemp("coloured")
    rng = np.random.default_rng(4)
    rgb = [rng.integers(0, 255, (20, 15, 10)).astype(np.uint8) for _ in range(3)]
    two = [rng.integers(0, 4000, (20, 15, 10)).astype(np.uint16) for _ in range(2)]
    omero = {"channels": [{"color": "FF0000"}, {"color": "00FF80"}]}
    places = [
        write_ome_zarr(root / "rgb.zarr", [rgb[0]], channels=[rgb]),
        write_ome_zarr(root / "two.zarr", [two[0]], channels=[two]),
        write_ome_zarr(
            root / "named.zarr", [two[0]], channels=[two], version="0.4", extra={"omero": omero}
        ),
    ]
    with serving(places) as url, httpx.Client(base_url=url, timeout=60) as client:
        client.arrays = {"rgb": rgb, "two": two}  # type: ignore[attr-defined]
        yield client


def test_an_rgb_volume_is_drawn_in_its_colours(coloured: httpx.Client) -> None:
    tile = pixels(coloured, "/tiles/rgb/coronal/4/0/0/0.png")
    expected = np.stack([picture(c, "coronal", 4) for c in coloured.arrays["rgb"]], axis=-1)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(tile[:10, :20, :3], expected)
    one = pixels(coloured, "/tiles/rgb/coronal/4/0/0/0.png?channel=1&window=0,255")
    np.testing.assert_array_equal(one[:10, :20, 0], expected[..., 1])


def test_channels_add_up_each_in_its_colour(coloured: httpx.Client) -> None:
    a, b = (window(picture(c, "horizontal", 3), 0, 4000) for c in coloured.arrays["two"])  # type: ignore[attr-defined]
    tile = pixels(coloured, "/tiles/two/horizontal/3/0/0/0.png?channel=0,1&colormap=red,00ff80&window=0,4000")  # fmt: skip
    ramp = np.floor(np.linspace(0, 1, 256) * 128 + 0.5)
    np.testing.assert_array_equal(tile[:15, :20, 0], a)
    np.testing.assert_array_equal(tile[:15, :20, 1], b)
    np.testing.assert_array_equal(tile[:15, :20, 2], ramp[b])
    named = pixels(coloured, "/tiles/named/horizontal/3/0/0/0.png?window=0,4000")
    np.testing.assert_array_equal(named, tile)
    two = pixels(coloured, "/tiles/two/horizontal/3/0/0/0.png?channel=0,1&colormap=red,00ff80&window=0,4000;0,2000")  # fmt: skip
    other = window(picture(coloured.arrays["two"][1], "horizontal", 3), 0, 2000)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(two[:15, :20, 1], other)


@pytest.mark.parametrize("ask", ["channel=0,0", "channel=", "channel=0,1&colormap=red", "channel=0&window=1,2;3,4", "channel=0,1,x", "colormap=12345g"])  # fmt: skip
def test_channels_that_do_not_fit(coloured: httpx.Client, ask: str) -> None:
    assert coloured.get(f"/tiles/two/horizontal/3/0/0/0.png?{ask}").status_code == 400


def test_entity_tags_are_the_same_in_every_process(
    sample_library: Path, http: httpx.Client
) -> None:
    address = f"/tiles/{TEMPLATE}/horizontal/80/0/0/0.png?labels={LABELS}"
    with serving_apart([sample_library], PYTHONHASHSEED="7") as url:
        apart = httpx.get(url + address, timeout=60).headers["etag"]
    assert http.get(address).headers["etag"] == apart
