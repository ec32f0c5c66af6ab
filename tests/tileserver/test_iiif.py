"""``/iiif`` against numpy."""

from __future__ import annotations

import io
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phantoms import encoded, half, picture, window, write_ome_zarr
from PIL import Image
from serving import serving

PLANES = ("horizontal", "coronal", "sagittal")
SHAPE, TOP = (300, 210, 20), 60000


def volumes() -> dict[str, list[np.ndarray]]:
    whole = encoded(SHAPE, "uint32").astype(np.uint16)
    areas = np.random.default_rng(5).integers(0, 4, (75, 53, 5)).astype(np.uint16)
    areas = areas.repeat(4, 0).repeat(4, 1).repeat(4, 2)[:300, :210, :20]
    return {
        "image": [whole, half(whole), half(half(whole))],
        "areas": [areas, half(areas), half(half(areas))],
        "thick": [encoded((64, 50, 20), "uint16")],
    }


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    root = tmp_path_factory.mktemp("iiif")
    paths = []
    for name, levels in volumes().items():
        extra = {"atlasview": {"licence": "CC-BY-4.0"}} if name == "image" else None
        affine = np.diag([0.5, 0.5, 2, 1.0]) if name == "thick" else None
        paths.append(write_ome_zarr(root / f"{name}.zarr", levels, chunk=32, labels=name == "areas", affine=affine, extra=extra))  # fmt: skip
    with (
        serving(paths, max_picture_pixels=500_000) as url,
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        yield client


def pixels(client: httpx.Client, address: str) -> np.ndarray:
    response = client.get(address)
    assert response.status_code == 200, response.text
    with Image.open(io.BytesIO(response.content)) as image:
        return np.asarray(image.convert("RGBA"))


def grey(client: httpx.Client, address: str) -> np.ndarray:
    found = pixels(client, f"{address}?window=0,{TOP}")
    assert (found[..., 3] == 255).all()
    assert (found[..., :1] == found[..., :3]).all()
    return found[..., 0]


@pytest.mark.parametrize("plane", PLANES)
def test_the_whole_is_the_slice(server: httpx.Client, plane: str) -> None:
    for index in (0, 7, 19):
        expected = window(picture(volumes()["image"][0], plane, index), 0, TOP)
        got = grey(server, f"/iiif/image:{plane}:{index}/full/max/0/default.png")
        np.testing.assert_array_equal(got, expected)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_region_is_a_crop(server: httpx.Client, data: st.DataObject) -> None:
    plane = data.draw(st.sampled_from(PLANES))
    index = data.draw(st.integers(0, 19))
    expected = window(picture(volumes()["image"][0], plane, index), 0, TOP)
    h, w = expected.shape
    x, y = data.draw(st.integers(0, w - 1)), data.draw(st.integers(0, h - 1))
    width, height = data.draw(st.integers(1, w + 9)), data.draw(st.integers(1, h + 9))
    crop = expected[y : y + height, x : x + width]
    size = data.draw(st.sampled_from(["max", "pct:100", f"{crop.shape[1]},{crop.shape[0]}"]))
    base = f"/iiif/image:{plane}:{index}/{x},{y},{width},{height}/{size}"
    np.testing.assert_array_equal(grey(server, f"{base}/0/default.png"), crop)
    quarters, mirror = data.draw(st.integers(0, 3)), data.draw(st.booleans())
    turned = np.rot90(crop[:, ::-1] if mirror else crop, -quarters)
    address = f"{base}/{'!' if mirror else ''}{90 * quarters}/gray.png"
    np.testing.assert_array_equal(grey(server, address), turned)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_size_is_the_mean_of_the_level_that_resolves_it(
    server: httpx.Client, data: st.DataObject
) -> None:
    """Each pixel is the mean over what it covers, of the coarsest level with a voxel for it."""
    width, height = data.draw(st.integers(1, 300)), data.draw(st.integers(1, 210))
    check_size(server, width, height)


@pytest.mark.parametrize("size", [(1, 52), (74, 53), (75, 52), (75, 53), (149, 104), (150, 105)])
def test_sizes_near_a_level_s_own(server: httpx.Client, size: tuple[int, int]) -> None:
    check_size(server, *size)


def check_size(server: httpx.Client, width: int, height: int) -> None:
    plane = "horizontal"
    levels = volumes()["image"]
    h, w = picture(levels[0], plane, 8).shape
    address = f"/iiif/image:{plane}:8/full/{width},{height}/0/default.png"
    k = int(server.get(address).headers["x-level"])
    fits = min(int(np.log2(w / width)), int(np.log2(h / height)), 2)
    assert k >= fits
    source = picture(levels[k], plane, 8 >> k).astype(np.float64)
    if k > fits:  # the last voxel of a level is cut, and yet one for a pixel
        assert height <= source.shape[0] and width <= source.shape[1]  # noqa: PT018
    rows, cols = shares(h, height, k, source.shape[0], True), shares(w, width, k, source.shape[1], False)  # fmt: skip
    if source.shape == (height, width):
        rows, cols = np.eye(height), np.eye(width)
    expected = window(rows @ source @ cols.T, 0, TOP).astype(int)
    assert np.abs(grey(server, address) - expected).max() <= 1


def shares(length: int, count: int, k: int, stored: int, flip: bool) -> np.ndarray:
    """What share of each pixel each voxel of a level is: (pixels, voxels); or that of a ramp."""
    step = length / count / 2**k
    first = (stored - length / 2**k) if flip else 0.0
    edges = np.clip(first + np.arange(count + 1) * step, 0, stored)
    voxel = np.arange(stored)
    low, high = edges[:-1, None], edges[1:, None]
    part = np.clip(np.minimum(high, voxel + 1) - np.maximum(low, voxel), 0, None)
    return part / part.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("plane", PLANES)
def test_the_tiles_of_a_stored_zoom_are_the_level_s_own(server: httpx.Client, plane: str) -> None:
    info = server.get(f"/iiif/image:{plane}:9/info.json").json()
    levels = volumes()["image"]
    side = 64
    for k in (0, 1, 2):
        expected = window(picture(levels[k], plane, 9 >> k), 0, TOP)
        factor = 2**k
        got = np.zeros_like(expected)
        for y in range(0, info["height"], side * factor):
            for x in range(0, info["width"], side * factor):
                # as the specification's own rule for tiles has it
                w = min(side * factor, info["width"] - x)
                h = min(side * factor, info["height"] - y)
                region, size = f"{x},{y},{w},{h}", f"{-(-w // factor)},{-(-h // factor)}"
                address = f"/iiif/image:{plane}:9/{region}/{size}/0/default.png"
                tile = grey(server, address)
                assert server.get(address).headers["x-level"] == str(k)
                top, left = y // factor, x // factor
                got[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
        np.testing.assert_array_equal(got, expected)


def test_enlarging_is_linear(server: httpx.Client) -> None:
    base = "/iiif/image:horizontal:3/20,30,10,8"
    assert server.get(f"{base}/40,/0/default.png").status_code == 400
    got = grey(server, f"{base}/^40,/0/default.png").astype(int)
    assert got.shape == (32, 40)
    whole = picture(volumes()["image"][0], "horizontal", 3).astype(np.float64)
    rows, cols = 30 + (np.arange(32) + 0.5) / 4 - 0.5, 20 + (np.arange(40) + 0.5) / 4 - 0.5
    expected = np.array([[_between(whole, r, c) for c in cols] for r in rows])
    assert np.abs(got - window(expected, 0, TOP)).max() <= 1
    largest = pixels(server, f"{base}/^max/0/default.png")
    assert 490_000 < largest.shape[0] * largest.shape[1] <= 500_000


def _between(values: np.ndarray, row: float, col: float) -> float:
    r, c = int(np.floor(row)), int(np.floor(col))
    a, b = row - r, col - c
    four = values[r : r + 2, c : c + 2]
    return float(np.array([1 - a, a]) @ four @ np.array([1 - b, b]))


def test_labels_are_exact_at_any_size(server: httpx.Client) -> None:
    base = "/iiif/areas:coronal:9"
    areas = volumes()["areas"]
    whole = picture(areas[0], "coronal", 9)
    full = pixels(server, f"{base}/full/max/0/default.png")
    colours = {label: full[whole == label][0] for label in range(4)}
    for label, colour in colours.items():
        assert (full[whole == label] == colour).all()
    allowed = {tuple(c) for c in np.array(list(colours.values())).tolist()}
    assert len(allowed) == 4
    for size in ("151,", "97,13", "pct:33", "^500,40", "75,5"):
        for form in ("png", "webp"):
            some = pixels(server, f"{base}/full/{size}/90/color.{form}")
            assert {tuple(c) for c in some.reshape(-1, 4).tolist()} <= allowed
    quarter = pixels(server, f"{base}/full/75,5/0/default.png")
    expected = picture(areas[2], "coronal", 2)
    for label, colour in colours.items():
        assert (quarter[expected == label] == colour).all()
    for end in ("0/default.jpg", "0/gray.png", "0/bitonal.png"):
        assert server.get(f"{base}/full/max/{end}").status_code == 400


def test_labels_over_an_image_line_up_at_any_size(server: httpx.Client) -> None:
    for place in ("full/max", "64,64,128,100/max", "full/150,105", "full/75,53"):
        ask = f"/iiif/image:horizontal:8/{place}/0/default.png?labels=areas&opacity=1&window=0,{TOP}"  # fmt: skip
        over = pixels(server, ask)
        bare = pixels(server, ask.replace("image:", "areas:").split("?")[0])
        under = pixels(server, f"/iiif/image:horizontal:8/{place}/0/default.png?window=0,{TOP}")
        expected = np.where(bare[..., 3:] > 0, bare, under)
        np.testing.assert_array_equal(over[..., :3], expected[..., :3])


def test_qualities(server: httpx.Client) -> None:
    base = "/iiif/image:sagittal:100/full/max/0"
    plain = grey(server, f"{base}/default.png")
    np.testing.assert_array_equal(grey(server, f"{base}/bitonal.png"), np.where(plain >= 128, 255, 0))  # fmt: skip
    colour = server.get(f"{base}/color.png?colormap=viridis").content
    assert colour == server.get(f"{base}/default.png?colormap=viridis").content
    in_grey = pixels(server, f"{base}/gray.png?colormap=viridis")
    assert (in_grey[..., 0] == in_grey[..., 2]).all()
    jpeg = server.get(f"{base}/default.jpg")
    assert jpeg.headers["content-type"] == "image/jpeg"
    assert server.get(f"{base}/default.webp").headers["content-type"] == "image/webp"


def test_the_information(server: httpx.Client) -> None:
    response = server.get("/iiif/image:horizontal:4/info.json")
    assert response.headers["content-type"] == "application/json"
    info = response.json()
    assert info["id"] == f"{str(server.base_url).rstrip('/')}/iiif/image:horizontal:4"
    assert (info["width"], info["height"], info["profile"]) == (300, 210, "level2")
    assert info["maxArea"] == 500_000
    assert info["tiles"] == [{"width": 256, "height": 256, "scaleFactors": [1, 2]}]
    assert info["sizes"] == [{"width": 150, "height": 105}, {"width": 300, "height": 210}]
    assert info["rights"] == "http://creativecommons.org/licenses/by/4.0/"
    for size in info["sizes"]:
        drawn = pixels(server, f"{info['id']}/full/{size['width']},{size['height']}/0/default.png")
        assert drawn.shape[:2] == (size["height"], size["width"])
    linked = server.get("/iiif/image:horizontal:4/info.json", headers={"Accept": "application/ld+json"})  # fmt: skip
    assert linked.headers["content-type"] == 'application/ld+json;profile="http://iiif.io/api/image/3/context.json"'  # fmt: skip
    assert linked.json() == info
    assert linked.headers["etag"] != response.headers["etag"]
    assert "Accept" in linked.headers["vary"].split(", ")
    labels = server.get("/iiif/areas:horizontal:4/info.json").json()
    assert labels["preferredFormats"] == ["png", "webp"]
    assert "rights" not in labels


def test_the_base_leads_to_the_information(server: httpx.Client) -> None:
    answer = server.get("/iiif/image:horizontal:4", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].endswith("/iiif/image:horizontal:4/info.json")
    assert server.get("/iiif/none", follow_redirects=False).status_code == 404


def test_links_headers_and_tags(server: httpx.Client) -> None:
    address = "/iiif/image:horizontal:4/0,0,300,210/pct:50/360/gray.png"
    first = server.get(address, headers={"Origin": "http://elsewhere"})
    root = str(server.base_url).rstrip("/")
    assert first.headers["link"] == (
        f'<{root}/iiif/image:horizontal:4/full/150,105/0/default.png>;rel="canonical", '
        '<http://iiif.io/api/image/3/level2.json>;rel="profile"'
    )
    assert first.headers["access-control-allow-origin"] == "*"
    assert "Link" in first.headers["access-control-expose-headers"]
    assert (first.headers["x-level"], first.headers["x-mm-per-pixel"]) == ("1", "2,2")
    same = server.get("/iiif/image:horizontal:4/full/150,105/0/default.png")
    assert (same.content, same.headers["etag"]) == (first.content, first.headers["etag"])
    again = server.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = server.head(address)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == first.headers["content-length"]
    assert server.get(f"{address}?invert=1").headers["etag"] != first.headers["etag"]


def test_drawing_parameters_in_the_name(server: httpx.Client) -> None:
    by_query = server.get("/iiif/image:coronal:50/full/max/0/default.png?colormap=magma&window=0,9000")  # fmt: skip
    info = server.get("/iiif/image:coronal:50/info.json?colormap=magma&window=0,9000").json()
    assert info["id"].endswith("/iiif/image:coronal:50:colormap=magma&window=0,9000")
    by_name = server.get(f"{info['id']}/full/max/0/default.png")
    assert by_name.content == by_query.content
    assert server.get(f"{info['id']}/info.json").json()["id"] == info["id"]
    percent = server.get("/iiif/image:coronal:50/info.json", params={"window": "1%,99%"}).json()
    assert percent["id"].endswith(":window=1%25,99%25")
    assert server.get(f"{percent['id']}/full/max/0/default.png").status_code == 200


def test_square_pixels(server: httpx.Client) -> None:
    info = server.get("/iiif/thick:coronal:7/info.json?pixels=square").json()
    assert (info["width"], info["height"]) == (64, 80)
    full = grey(server, "/iiif/thick:coronal:7:pixels=square/full/max/0/default.png").astype(int)
    # every voxel is one pixel across and four down: the mean of four is nearly the voxel again
    flat = window(picture(volumes()["thick"][0], "coronal", 7), 0, TOP)
    middle = full.reshape(20, 4, 64).mean(axis=1)
    assert np.abs(middle[1:-1] - flat[1:-1]).max() <= 1
    back = pixels(server, "/iiif/thick:coronal:7:pixels=square/full/64,20/0/default.png?window=0,60000")  # fmt: skip
    np.testing.assert_array_equal(back[..., 0], flat)


GOOD = "/iiif/image:horizontal:4/full/max/0/default.png"
PARTS = {
    "region": ["", "Full", "0,0,0,0", "300,0,1,1", "-1,0,5,5", "nan,0,1,1", "1e3,0,5,5", "٣,0,5,5", "9" * 10000, "pct:0,0,nan,5", "..", "%2e%2e"],
    "size": ["full", "301,", "0,", "pct:0", "pct:200", "pct:nan", "^99999,99999", "!", "٣,", "9" * 10000, "^9999999999,", "%00"],
    "rotation": ["45", "-90", "nan", "450", "٩٠", "9" * 10000, "!"],
    "quality": ["native", "grey", "q" * 10000, "%00"],
}  # fmt: skip


@pytest.mark.parametrize(("part", "text"), [(p, t) for p, texts in PARTS.items() for t in texts if t])  # fmt: skip
def test_bad_parts_are_problems(server: httpx.Client, part: str, text: str) -> None:
    parts = {"region": "full", "size": "max", "rotation": "0", "quality": "default"} | {part: text}
    address = "/iiif/image:horizontal:4/{region}/{size}/{rotation}/{quality}.png".format(**parts)
    response = server.get(address)
    if text in ("..", "%2e%2e"):  # the client itself folds these
        assert response.status_code in (400, 404)
        return
    assert response.status_code == 400, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["parameter"] == part
    assert len(response.text) < 1000


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (GOOD.replace("image:", "none:"), 404), (GOOD.replace("horizontal", "axial"), 404),
        (GOOD.replace(":4", ":20"), 404), (GOOD.replace(":4", ":-1"), 404), (GOOD.replace(":4", ":04"), 400),
        (GOOD.replace(":4", ""), 404), (GOOD.replace(":horizontal:4", ""), 404), (GOOD.replace(":4", ":"), 400),
        (GOOD.replace(":4", ":4:colormap=none"), 400), (GOOD.replace(":4", ":4:invert=1") + "?invert=1", 400),
        (GOOD.replace(":4", ":4:" + "x" * 10000), 400), (GOOD.replace(".png", ".tif"), 400), (GOOD.replace(".png", ".gif"), 400),
        (GOOD.replace(".png", ".٣"), 400), (GOOD + "?colour=1", 400), (GOOD + "?channel=9", 404), (GOOD.replace("image:", "%00:"), 404),
        ("/iiif/" + "9" * 10000 + "/info.json", 404), ("/iiif/image%2F/full/max/0/default.png", 404), ("/iiif/image:horizontal:4/info.xml", 404),
    ],
)  # fmt: skip
def test_bad_names_are_problems(server: httpx.Client, address: str, status: int) -> None:
    response = server.get(address)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert len(response.text) < 1500


@settings(max_examples=250, deadline=None)
@given(st.lists(st.one_of(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), st.from_regex(r"\^?!?(pct:)?[0-9.,-]{0,20}")), min_size=5, max_size=5))  # fmt: skip
def test_no_address_breaks_it(server: httpx.Client, parts: list[str]) -> None:
    good = ["image:horizontal:4", "full", "max", "0", "default.png"]
    for i in range(5):
        mixed = [*good[:i], quote(parts[i], safe="").replace(".", "%2E"), *good[i + 1 :]]
        response = server.get("/iiif/" + "/".join(mixed))
        assert response.status_code in (200, 400, 404), response.text
        if response.status_code != 200:
            assert response.headers["content-type"] == "application/problem+json"
