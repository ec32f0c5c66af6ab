"""Pictures as clients of others show them, from another origin, in a real Chromium."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from phantoms import encoded, half, picture, window, write_ome_zarr
from PIL import Image
from playwright.sync_api import Page
from serving import serving

PLANES = {"horizontal": 6, "coronal": 100, "sagittal": 333}
SHAPE = (700, 520, 30)


def phantoms() -> dict[str, list[np.ndarray]]:
    whole = encoded(SHAPE, "uint16")
    x, y, z = np.ogrid[:700, :520, :30]
    smooth = (120 + 60 * np.sin(x / 60) + 50 * np.cos(y / 45) + z).astype(np.uint8)
    areas = (1 + x // 90 + 8 * (y // 70) + 64 * (z // 10)).astype(np.uint16)
    return {
        name: [levels, half(levels), half(half(levels))]
        for name, levels in (("exact", whole), ("smooth", smooth), ("areas", areas))
    }


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("clients")
    paths = [
        write_ome_zarr(root / f"{name}.zarr", levels, chunk=64, labels=name == "areas")
        for name, levels in phantoms().items()
    ]
    with serving(paths) as url:
        yield url


def decoded(found: dict[str, Any]) -> np.ndarray:
    data = base64.b64decode(found["picture"].split(",", 1)[1])
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGBA"))


def seadragon(page: Page, address: str, size: tuple[int, int]) -> tuple[np.ndarray, dict[str, Any]]:
    height, width = size
    found = page.evaluate("([a, w, h]) => openSeadragon(a, w, h)", [address, width, height])
    assert found["failures"] == []
    return decoded(found), found


@pytest.mark.parametrize("plane", PLANES)
def test_openseadragon_shows_a_deep_zoom(page: Page, server: str, plane: str) -> None:
    index, levels = PLANES[plane], phantoms()["exact"]
    address = f"{server}/dzi/exact/{plane}/{index}.dzi?window=0,65535"
    whole = window(picture(levels[0], plane, index), 0, 65535)
    got, found = seadragon(page, address, whole.shape)
    assert (found["height"], found["width"]) == whole.shape
    assert all(url.endswith("?window=0,65535") for url in found["loaded"])
    np.testing.assert_array_equal(got[..., 0], whole)
    assert (got[..., 3] == 255).all()
    coarse = window(picture(levels[1], plane, index // 2), 0, 65535)
    got, _ = seadragon(page, address, coarse.shape)
    np.testing.assert_array_equal(got[..., 0], coarse)


@pytest.mark.parametrize("plane", PLANES)
def test_openseadragon_shows_labels_by_iiif(page: Page, server: str, plane: str) -> None:
    index, areas = PLANES[plane], phantoms()["areas"][0]
    expected = picture(areas, plane, index)
    got, found = seadragon(page, f"{server}/iiif/areas:{plane}:{index}/info.json", expected.shape)
    assert (found["height"], found["width"]) == expected.shape
    assert all(url.endswith("/0/default.png") for url in found["loaded"])
    shown = {}
    for label in np.unique(expected):
        colours, times = np.unique(got[expected == label], axis=0, return_counts=True)
        shown[label] = colours[times.argmax()]
    assert len({tuple(c) for c in shown.values()}) >= len(shown) - 2  # by chance two look alike
    painted = np.zeros_like(got)
    for label, colour in shown.items():
        painted[expected == label] = colour
    # It draws tiles without overlap a pixel larger than they are, each repeating one of its pixels.
    framed = np.pad(painted, ((1, 0), (1, 0), (0, 0)), mode="edge")
    near = [framed[1:, 1:], framed[1:, :-1], framed[:-1, 1:], framed[:-1, :-1]]
    assert np.logical_or.reduce([(got == n).all(axis=-1) for n in near]).all()
    assert (got != painted).any(axis=-1).mean() < 0.05


@pytest.mark.parametrize("plane", PLANES)
def test_openseadragon_shows_an_image_by_iiif(page: Page, server: str, plane: str) -> None:
    index, levels = PLANES[plane], phantoms()["smooth"]
    for k in (0, 1):
        expected = window(picture(levels[k], plane, index >> k), 0, 255).astype(int)
        address = f"{server}/iiif/smooth:{plane}:{index}/info.json?window=0,255"
        got, found = seadragon(page, address, expected.shape)
        assert any(url.endswith("/0/default.jpg") for url in found["loaded"])
        difference = np.abs(got[..., 0].astype(int) - expected)
        assert difference.max() <= 6  # what JPEG takes, and a pixel's shift
        assert difference.mean() < 2


@pytest.mark.parametrize("plane", PLANES)
def test_leaflet_shows_a_tilejson(page: Page, server: str, plane: str) -> None:
    index, levels = PLANES[plane], phantoms()["exact"]
    address = f"{server}/tiles/exact/{plane}/{index}/tilejson.json?window=0,65535"
    for zoom, k in ((0, 2), (1, 1), (2, 0)):
        page.reload()
        found = page.evaluate("([a, z]) => openLeaflet(a, z)", [address, zoom])
        assert found["failures"] == []
        assert found["said"]["maxzoom"] == 2
        expected = window(picture(levels[k], plane, index >> k), 0, 65535)
        h, w = expected.shape
        assert len(set(found["loaded"])) == -(-h // 256) * -(-w // 256)
        shot = page.screenshot(clip={"x": 0, "y": 0, "width": 1100, "height": 900})
        with Image.open(io.BytesIO(shot)) as image:
            got = np.asarray(image.convert("RGB"))
        np.testing.assert_array_equal(got[:h, :w, 0], expected)
        assert not got[h:].any()
        assert not got[:, w:].any()


_FETCH = """async ([address, options]) => {
  const answer = await fetch(address, options);
  const headers = Object.fromEntries(answer.headers);
  return { status: answer.status, headers, length: (await answer.arrayBuffer()).byteLength };
}"""


def test_a_page_of_another_origin_may_ask_for_parts(page: Page, clients: str, server: str) -> None:
    """What a browser must ask leave for first: Range, If-None-Match, a key, JSON; failures are read too."""
    address = f"{server}/zarr/exact/zarr.json"
    assert page.context.browser
    page = page.context.browser.new_page()  # Chromium complains of failures, which are wanted here
    page.goto(clients)

    def fetch(address: str, **options: Any) -> dict[str, Any]:
        found: dict[str, Any] = page.evaluate(_FETCH, [address, options])
        return found

    part = fetch(address, headers={"Range": "bytes=0-9"})
    assert (part["status"], part["length"]) == (206, 10)
    assert part["headers"]["content-range"].startswith("bytes 0-9/")
    tag = part["headers"]["etag"]
    # Its own store answers a browser that asked with a tag of its own with 304, as it came.
    assert fetch(address, headers={"If-None-Match": tag}, cache="no-store")["status"] == 304
    assert fetch(address, method="HEAD")["headers"]["etag"] == tag
    made = fetch(f"{server}/api/views", method="POST", headers={"Content-Type": "application/json"}, body='{"state": {"layers": []}}')  # fmt: skip
    assert made["status"] == 201
    assert made["headers"]["location"].startswith(server)
    for wrong in (
        fetch(f"{server}/api/volumes/none"),
        fetch(address, headers={"Range": "bytes=999999-"}, cache="no-store"),
        fetch(f"{server}/api/views/0000000000000", method="DELETE", headers={"Authorization": "Bearer " + "x" * 32}),
    ):  # fmt: skip
        assert wrong["status"] in (404, 416)
        assert wrong["headers"]["content-type"] == "application/problem+json"
    page.close()
