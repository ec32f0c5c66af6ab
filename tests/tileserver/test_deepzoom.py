"""``/dzi`` against numpy, and against the layout of ``vips dzsave``."""

from __future__ import annotations

import io
import itertools
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phantoms import encoded, half, picture, window, write_ome_zarr
from PIL import Image
from serving import serving

from atlasview.deepzoom import deepzoom_rect
from atlasview.scaling import halved_sizes

PLANES = ("horizontal", "coronal", "sagittal")
XMLNS = "{http://schemas.microsoft.com/deepzoom/2008}"
BIG, FLAT, LABELS = (700, 520, 30), (301, 207, 19), (130, 99, 9)


def volumes() -> dict[str, list[np.ndarray]]:
    whole = encoded(BIG, "uint16")
    few = np.random.default_rng(5).integers(0, 4, LABELS).astype(np.uint16)
    return {
        "big": [whole, half(whole), half(half(whole))],
        "flat": [encoded(FLAT, "uint32")],
        "areas": [few],
        "thick": [encoded((64, 50, 20), "uint16")],
    }


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    root = tmp_path_factory.mktemp("dzi")
    found = volumes()
    paths = [
        write_ome_zarr(root / f"{name}.zarr", levels, chunk=64, labels=name == "areas", affine=np.diag([0.5, 0.5, 2, 1.0]) if name == "thick" else None)
        for name, levels in found.items()
    ]  # fmt: skip
    with serving(paths) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


def pixels(client: httpx.Client, address: str) -> np.ndarray:
    response = client.get(address)
    assert response.status_code == 200, response.text
    with Image.open(io.BytesIO(response.content)) as image:
        return np.asarray(image.convert("RGBA"))


def size_of(client: httpx.Client, address: str) -> tuple[int, int, int, int]:
    """Height, width, side and overlap, as the XML says."""
    response = client.get(address)
    assert response.headers["content-type"] == "application/xml"
    image = ET.fromstring(response.text)
    size = image.find(f"{XMLNS}Size")
    assert size is not None
    assert image.get("Format") == "png"
    return (int(size.get("Height", 0)), int(size.get("Width", 0)), int(image.get("TileSize", 0)),
            int(image.get("Overlap", 0)))  # fmt: skip


def stitched(client: httpx.Client, base: str, level: int, more: str = "") -> np.ndarray:
    """Every tile of a level in its place; where tiles overlap they must agree."""
    height, width, side, overlap = size_of(client, f"{base}.dzi{more}")
    top = (max(height, width) - 1).bit_length()
    h, w = (-(-n // 2 ** (top - level)) for n in (height, width))
    out = np.zeros((h, w, 4), np.uint8)
    seen = np.zeros((h, w), bool)
    for row in range(-(-h // side)):
        for col in range(-(-w // side)):
            tile = pixels(client, f"{base}_files/{level}/{col}_{row}.png{more}")
            y, x = max(0, row * side - overlap), max(0, col * side - overlap)
            bottom, right = min(h, (row + 1) * side + overlap), min(w, (col + 1) * side + overlap)
            assert tile.shape[:2] == (bottom - y, right - x)
            there = (slice(y, bottom), slice(x, right))
            np.testing.assert_array_equal(out[there][seen[there]], tile[seen[there]])
            out[there], seen[there] = tile, True
    assert seen.all()
    return out


def blocks(array: np.ndarray, axes: tuple[int, int], factor: int) -> list[list[np.ndarray]]:
    """The voxels of an array (x, y, z) behind each pixel, by index along two axes."""
    n, m = (array.shape[a] for a in axes)
    moved = np.moveaxis(array, axes, (0, 1))
    return [
        [moved[i : i + factor, j : j + factor].reshape(-1) for j in range(0, m, factor)]
        for i in range(0, n, factor)
    ]


def joined(array: np.ndarray, plane: str, index: int, factor: int, labels: bool) -> np.ndarray:
    """One slice of an array (x, y, z), so many voxels joined along each side, as an array."""
    axis = {"horizontal": 2, "coronal": 1, "sagittal": 0}[plane]
    thin = array.take([index], axis=axis)
    first, second = (a for a in range(3) if a != axis)
    out = [
        [np.bincount(b).argmax() if labels else np.rint(b.mean()) for b in line]
        for line in blocks(thin, (first, second), factor)
    ]
    return np.expand_dims(np.array(out), axis)


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("name", ["big", "flat"])
def test_every_level_stitched_is_numpy(server: httpx.Client, name: str, plane: str) -> None:
    levels = volumes()[name]
    top = float(levels[0].max())
    base, index = f"/dzi/{name}/{plane}/6", 6
    height, width, _, _ = size_of(server, f"{base}.dzi")
    assert (height, width) == picture(levels[0], plane, index).shape
    last = (max(height, width) - 1).bit_length()
    for z in range(last + 1):
        k = last - z
        stored = min(k, len(levels) - 1)
        source = joined(levels[stored], plane, index >> stored, 2 ** (k - stored), labels=False)
        expected = window(picture(source, plane, 0), 0, top)
        got = stitched(server, base, z, f"?window=0,{top:.0f}")
        np.testing.assert_array_equal(got[..., 0], expected)
        assert (got[..., 3] == 255).all()
    assert got.shape[:2] == (height, width)


def test_labels_are_joined_by_majority(server: httpx.Client) -> None:
    few = volumes()["areas"][0]
    known: dict[int, tuple[int, ...]] = {}
    for k in range(4):
        expected = picture(joined(few, "horizontal", 4, 2**k, labels=True), "horizontal", 0)
        got = stitched(server, "/dzi/areas/horizontal/4", 8 - k)
        for label in np.unique(expected).tolist():
            colours = {tuple(c) for c in got[expected == label].tolist()}
            assert len(colours) == 1, (k, label)
            assert known.setdefault(label, colours.pop()) in {known[label]}
    assert len(set(known.values())) == len(known) == 4
    assert known[0] == (0, 0, 0, 0)
    assert server.get("/dzi/areas/horizontal/4_files/8/0_0.jpg").status_code == 400


def test_drawing_parameters_are_for_the_tiles(server: httpx.Client) -> None:
    plain, drawn = (server.get(f"/dzi/big/coronal/6.dzi{more}") for more in ("", "?colormap=magma&invert=1"))  # fmt: skip
    assert plain.content == drawn.content
    assert server.get("/dzi/big/coronal/6.dzi?colourmap=magma").status_code == 400
    assert server.get("/dzi/big/coronal/6.dzi?gamma=-3").status_code == 400
    tile = "/dzi/big/coronal/6_files/9/0_0.png"
    light = pixels(server, f"{tile}?window=0,60000")
    dark = pixels(server, f"{tile}?window=0,60000&invert=1")
    np.testing.assert_array_equal(light[..., 0], 255 - dark[..., 0])


@pytest.mark.skipif(shutil.which("vips") is None, reason="vips is not installed")
@pytest.mark.parametrize("plane", PLANES)
def test_the_layout_is_that_of_vips(server: httpx.Client, tmp_path: Path, plane: str) -> None:
    Image.fromarray(window(picture(volumes()["big"][0], plane, 6), 0, 60000)).save(tmp_path / "in.png")  # fmt: skip
    vips = shutil.which("vips") or ""
    subprocess.run([vips, "dzsave", "in.png", "out", "--suffix", ".png"], cwd=tmp_path, check=True)
    base = f"/dzi/big/{plane}/6"
    theirs = ET.parse(tmp_path / "out.dzi").getroot()
    ours = ET.fromstring(server.get(f"{base}.dzi").text)
    assert [(e.tag, e.attrib) for e in theirs.iter()] == [(e.tag, e.attrib) for e in ours.iter()]
    tiles = sorted((tmp_path / "out_files").rglob("*.png"))
    assert len(tiles) > 10
    for tile in tiles:
        with Image.open(tile) as image:
            got = pixels(server, f"{base}_files/{tile.parent.name}/{tile.name}")
            assert got.shape[:2] == (image.height, image.width), tile
    # and there is none that vips has not
    levels = {p.name for p in (tmp_path / "out_files").iterdir() if p.is_dir()}
    assert server.get(f"{base}_files/{len(levels)}/0_0.png").status_code == 404
    for level in levels:
        names = [p.stem.split("_") for p in (tmp_path / "out_files" / level).iterdir()]
        cols, rows = (max(int(n[i]) for n in names) + 1 for i in (0, 1))
        for col, row in ((cols, 0), (0, rows)):
            assert server.get(f"{base}_files/{level}/{col}_{row}.png").status_code == 404


@settings(max_examples=60)
@given(st.integers(1, 3000), st.integers(1, 3000), st.data())
def test_tiles_partition_a_level(height: int, width: int, data: st.DataObject) -> None:
    sizes = halved_sizes(height, width)
    assert sizes[0] == (1, 1)
    z = data.draw(st.integers(0, len(sizes) - 1))
    h, w = sizes[z]
    assert (h, w) == tuple(-(-n // 2 ** (len(sizes) - 1 - z)) for n in (height, width))
    for length, which in ((h, 0), (w, 1)):
        count = -(-length // 254)
        spans = []
        for i in range(count):
            rect = deepzoom_rect(sizes, z, *((0, i) if which == 0 else (i, 0)))
            spans.append((rect[which], rect[which] + rect[which + 2]))
        assert spans[0][0] == 0
        assert spans[-1][1] == length
        for (_, stop), (start, _) in itertools.pairwise(spans):
            assert stop - start == min(2, length - start)


# square pixels: voxels of 0.5 × 0.5 × 2 mm


def test_square_pixels_are_numpy(server: httpx.Client) -> None:
    thick = volumes()["thick"][0]
    for plane, index in (("coronal", 7), ("sagittal", 60)):
        base, more = f"/dzi/thick/{plane}/{index}", "?pixels=square&window=0,64000"
        flat = picture(thick, plane, index).astype(np.float64)
        height, width, _, _ = size_of(server, f"{base}.dzi{more}")
        assert (height, width) == (flat.shape[0] * 4, flat.shape[1])
        full = stitched(server, base, 7 if height > 64 else 6, more)
        middle = (np.arange(height) + 0.5) / 4 - 0.5
        low = np.floor(middle).astype(int)
        share = (middle - low)[:, None]
        edge = len(flat) - 1
        values = flat[np.clip(low, 0, edge)] * (1 - share) + flat[np.clip(low + 1, 0, edge)] * share
        expected = window(values, 0, 64000).astype(int)
        assert np.abs(full[..., 0] - expected).max() <= 1
        # four pixels down are one voxel: a quarter of the size is the mean of four across
        quarter = stitched(server, base, 5 if height > 64 else 4, more)
        means = np.array([[flat[r, c : c + 4].mean() for c in range(0, width, 4)] for r in range(len(flat))])  # fmt: skip
        assert np.abs(quarter[..., 0] - window(means, 0, 64000).astype(int)).max() <= 1


def test_square_pixels_in_a_plane_of_square_voxels_change_nothing(server: httpx.Client) -> None:
    for address in ("/dzi/thick/horizontal/3_files/6/0_0.png", "/tiles/thick/horizontal/3/0/0/0.png"):  # fmt: skip
        a, b = (server.get(address + more) for more in ("", "?pixels=square"))
        assert a.content == b.content


def test_square_tiles_are_the_same_picture(server: httpx.Client) -> None:
    more = "?pixels=square&window=0,64000"
    whole = stitched(server, "/dzi/thick/coronal/7", 7, more)
    tile = pixels(server, f"/tiles/thick/coronal/7/0/0/0.png{more}")
    np.testing.assert_array_equal(tile[:80, :64], whole)
    assert not tile[80:].any()
    assert not tile[:, 64:].any()
    found = server.get(f"/tiles/thick/coronal/7/tilejson.json{more}").json()
    assert (found["height"], found["width"], found["maxzoom"]) == (80, 64, 0)
    double = pixels(server, f"/tiles/thick/coronal/7/0/0/0@2x.png{more}")
    np.testing.assert_array_equal(double, tile.repeat(2, 0).repeat(2, 1))
    headers = server.get(f"/tiles/thick/coronal/7/0/0/0.png{more}").headers
    assert headers["x-mm-per-pixel"] == "0.5,0.5"
    assert server.get(f"/tiles/thick/coronal/7/1/0/0.png{more}").status_code == 404
    assert server.get(f"/tiles/thick/coronal/7/0/1/0.png{more}").status_code == 404


TILE = "/dzi/big/horizontal/5_files/10/0_0.png"


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/dzi/none/horizontal/5.dzi", 404), ("/dzi/big/axial/5.dzi", 404), ("/dzi/big/horizontal/30.dzi", 404),
        ("/dzi/big/horizontal/-1.dzi", 404), ("/dzi/big/horizontal/05.dzi", 400), ("/dzi/big/horizontal/x.dzi", 400),
        ("/dzi/big/horizontal/٣.dzi", 400), ("/dzi/big/horizontal/nan.dzi", 400), ("/dzi/big/horizontal/" + "9" * 10000 + ".dzi", 400),
        ("/dzi/big/horizontal/5.xml", 404), ("/dzi/%2e%2e/horizontal/5.dzi", 404), ("/dzi/big/horizontal/5%00.dzi", 400),
        ("/dzi/big/horizontal/5_files/11/0_0.png", 404), ("/dzi/big/horizontal/5_files/-1/0_0.png", 404),
        ("/dzi/big/horizontal/5_files/10/3_0.png", 404), ("/dzi/big/horizontal/5_files/10/0_-1.png", 404),
        ("/dzi/big/horizontal/5_files/10/0_0.tif", 400), ("/dzi/big/horizontal/5_files/10/0_01.png", 400),
        ("/dzi/big/horizontal/5_files/10/1e1_0.png", 400), ("/dzi/big/horizontal/5_files/99999999999999999/0_0.png", 404),
        ("/dzi/big/horizontal/5_files/10/99999999999999999_0.png", 404), ("/dzi/big/horizontal/30_files/10/0_0.png", 404),
        (TILE + "?pixels=round", 400), (TILE + "?window=nan,1", 400), (TILE + "?invert=1&invert=1", 400),
        (TILE + "?channel=9", 404), (TILE + "?labels=none", 404), ("/dzi/big/horizontal/5.dzi?" + "x" * 10000, 400),
    ],
)  # fmt: skip
def test_bad_requests_are_problems(server: httpx.Client, address: str, status: int) -> None:
    response = server.get(address)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == status
    assert len(response.text) < 1500


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=4, max_size=6), st.sampled_from([".dzi", ".png", ""]))  # fmt: skip
def test_no_address_breaks_it(server: httpx.Client, parts: list[str], end: str) -> None:
    from urllib.parse import quote

    for head in ("/dzi/", "/dzi/big/", "/dzi/big/horizontal/", "/dzi/big/horizontal/5_files/"):
        response = server.get(head + "/".join(quote(p, safe="") for p in parts) + end)
        assert 400 <= response.status_code < 500
        assert response.headers["content-type"] == "application/problem+json"


def test_entity_tags_and_head(server: httpx.Client) -> None:
    for address in (TILE, "/dzi/big/horizontal/5.dzi", "/dzi/thick/coronal/5_files/7/0_0.png?pixels=square"):  # fmt: skip
        first, head = server.get(address), server.head(address)
        tag = first.headers["etag"]
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(first.content))
        again = server.get(address, headers={"If-None-Match": tag, "Origin": "http://elsewhere"})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["access-control-allow-origin"] == "*"
