"""``/planes`` and oblique tiles against SciPy on the source file."""

from __future__ import annotations

import io
import json
import re
from xml.etree import ElementTree

import httpx
import nibabel as nib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from phantoms import SAMPLE, window
from PIL import Image
from scipy.ndimage import map_coordinates
from scipy.spatial.transform import Rotation

TEMPLATE, LABELS, ATLAS = "icbm152-2009a-sym", "desikan-killiany", "icbm152-desikan-killiany"


def load(name: str) -> tuple[np.ndarray, np.ndarray]:
    image = nib.load(SAMPLE / name)
    return np.asarray(image.dataobj), image.affine


def pixels(http: httpx.Client, address: str, **params: object) -> tuple[np.ndarray, httpx.Headers]:
    response = http.get(address, params={k: str(v) for k, v in params.items()})
    assert response.status_code == 200, response.text
    with Image.open(io.BytesIO(response.content)) as image:
        return np.asarray(image.convert("RGBA")), response.headers


def text(vector: np.ndarray) -> str:
    return ",".join(repr(float(v)) for v in vector)


def sampled(name: str, center, right, down, size: tuple[int, int], mm: float, order: int):  # type: ignore[no-untyped-def]
    """Values and what lies inside, by SciPy."""
    data, affine = load(name)
    h, w = size
    rows, cols = np.mgrid[:h, :w]
    world = (
        np.asarray(center)
        + (cols - (w - 1) / 2)[..., None] * mm * np.asarray(right)
        + (rows - (h - 1) / 2)[..., None] * mm * np.asarray(down)
    )
    inverse = np.linalg.inv(affine)
    index = np.moveaxis(world @ inverse[:3, :3].T + inverse[:3, 3], -1, 0)
    values = map_coordinates(data.astype(np.float64), index, order=order, mode="nearest")
    shape = np.array(data.shape)[:, None, None]
    return values, ((index >= -0.5) & (index < shape - 0.5)).all(axis=0)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    quaternion=st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: np.linalg.norm(q) > 0.1),
    center=st.tuples(*[st.floats(-60, 60)] * 3),
    mm=st.floats(0.3, 1.9),
)
def test_any_plane_named_in_three_ways(
    http: httpx.Client, quaternion: tuple[float, ...], center: tuple[float, ...], mm: float
) -> None:
    turn = Rotation.from_quat(quaternion)
    right, down = turn.apply([1, 0, 0]), turn.apply([0, 1, 0])
    size = (70, 90)
    common = {"width": 90, "height": 70, "window": "0,250"}
    byturn, headers = pixels(http, f"/planes/{TEMPLATE}.png", center=text(center), orientation=text(quaternion), mm_per_pixel=mm, **common)  # fmt: skip
    values, inside = sampled("icbm152_2009a_sym_t1_brain.nii.gz", center, right, down, size, mm, 1)
    grey = window(values, 0, 250).astype(int)
    sure = inside & (byturn[..., 3] == 255)
    assert (inside == (byturn[..., 3] == 255)).mean() > 0.999
    assert np.abs(byturn[sure][:, 0].astype(int) - grey[sure]).max(initial=0) <= 1
    assert headers["x-level"] == "0"
    byvector, _ = pixels(http, f"/planes/{TEMPLATE}.png", center=text(center), right=text(right * 3), down=text(down), mm_per_pixel=mm, **common)  # fmt: skip
    assert np.abs(byvector.astype(int) - byturn).max() <= 1 or (byvector != byturn).mean() < 0.01
    corner = np.array(center) - right * 45 * mm - down * 35 * mm
    corners = text(np.concatenate([corner, corner + right * 90 * mm, corner + down * 70 * mm]))
    bycorner, _ = pixels(http, f"/planes/{TEMPLATE}.png", corners=corners, width=90, window="0,250")
    assert bycorner.shape == byturn.shape
    assert (np.abs(bycorner.astype(int) - byturn) > 1).mean() < 0.01


def test_labels_are_never_interpolated_in_any_plane(http: httpx.Client) -> None:
    turn = Rotation.from_euler("xyz", [25, 40, 10], degrees=True)
    right, down = turn.apply([1, 0, 0]), turn.apply([0, -1, 0])
    center = np.array([-10.3, -8.1, 11.7])
    picture, _ = pixels(http, f"/planes/{LABELS}.png", center=text(center), right=text(right), down=text(down), width=160, height=150, mm_per_pixel=0.7)  # fmt: skip
    values, inside = sampled("desikan_killiany_dseg.nii.gz", center, right, down, (150, 160), 0.7, 0)  # fmt: skip
    regions = http.get(f"/api/atlases/{ATLAS}/regions").json()["regions"]
    table = {r["label"]: r["rgb"] for r in regions if r["label"]}
    expected = np.zeros_like(picture)
    for label, rgb in table.items():
        expected[inside & (values == label)] = [*rgb, 255]
    # SciPy rounds ties otherwise; nothing else may differ
    assert (picture != expected).any(axis=-1).mean() < 1e-3
    colours = {tuple(c) for c in picture.reshape(-1, 4).tolist()}
    assert colours <= {(*rgb, 255) for rgb in table.values()} | {(0, 0, 0, 0)}


def test_an_orthogonal_plane_is_the_tile(http: httpx.Client) -> None:
    tile, _ = pixels(http, f"/tiles/{TEMPLATE}/horizontal/80/0/0/0.png", window="0,200")
    _, affine = load("icbm152_2009a_sym_t1_brain.nii.gz")
    center = affine[:3, :3] @ [98, 116, 80] + affine[:3, 3]
    picture, _ = pixels(http, f"/planes/{TEMPLATE}.png", center=text(center), right="1,0,0", down="0,-1,0", width=197, height=233, mm_per_pixel=1, window="0,200")  # fmt: skip
    np.testing.assert_array_equal(picture, tile[:233, :197])


def test_overlay_on_any_plane_shows_only_regions(http: httpx.Client) -> None:
    ask = {"center": "0,0,20", "right": "1,0,0.4", "down": "0.4,0,-1", "width": 200, "height": 200, "mm_per_pixel": 1, "window": "0,200"}  # fmt: skip
    plain, _ = pixels(http, f"/planes/{TEMPLATE}.png", **ask)
    over, _ = pixels(http, f"/planes/{TEMPLATE}.png", labels=LABELS, opacity=1, regions="subctx", **ask)  # fmt: skip
    regions = http.get(f"/api/atlases/{ATLAS}/regions").json()["regions"]
    wanted = {tuple(r["rgb"]) for r in regions if 1002 in r["path"]}
    changed = (plain != over).any(axis=-1)
    assert changed.sum() > 100
    assert {tuple(c) for c in over[changed][:, :3].tolist()} <= wanted


@pytest.mark.parametrize("ask", [{}, {"right": "1,0.2,0", "down": "0.2,-1,0.7", "center": "5,-20,10"}, {"orientation": "0.5,-0.5,0.5,0.5"}])  # fmt: skip
def test_oblique_tiles_make_one_picture(http: httpx.Client, ask: dict[str, str]) -> None:
    if "right" in ask:
        right = np.array([1, 0.2, 0.1])
        down = np.cross([0.3, 0.1, -1], right)
        ask = {**ask, "right": text(right), "down": text(down)}
    found = http.get(f"/tiles/{TEMPLATE}/oblique/tilejson.json", params=ask).json()
    assert found["minzoom"] == 0
    affine = np.array(found["affine"])
    for z in range(found["maxzoom"] + 1):
        mm = found["zooms"][z]["mm_per_pixel"]
        width, height = found["zooms"][z]["width"], found["zooms"][z]["height"]
        columns, rows = -(-width // 256), -(-height // 256)
        stitched = np.zeros((rows * 256, columns * 256, 4), np.uint8)
        for y in range(rows):
            for x in range(columns):
                tile, _ = pixels(http, f"/tiles/{TEMPLATE}/oblique/{z}/{x}/{y}.png", window="0,250", **ask)  # fmt: skip
                stitched[y * 256 : y * 256 + 256, x * 256 : x * 256 + 256] = tile
        first, last = affine[:3, :2], affine[:3, 2]
        top_left = last - (first[:, 0] + first[:, 1]) / 2  # the finest zoom's outer corner
        unit = first / np.linalg.norm(first, axis=0)
        center = top_left + (unit[:, 0] * width + unit[:, 1] * height) * mm / 2
        whole, _ = pixels(http, f"/planes/{TEMPLATE}.png", center=text(center), right=text(unit[:, 0]), down=text(unit[:, 1]), width=width, height=height, mm_per_pixel=mm, window="0,250")  # fmt: skip
        part = stitched[:height, :width]
        assert (np.abs(part.astype(int) - whole) > 1).any(axis=-1).mean() < 0.02
        # the grid covers the cut: nothing of the volume beyond it
        assert not stitched[height:].any()
        assert not stitched[:, width:].any()
        assert http.get(f"/tiles/{TEMPLATE}/oblique/{z}/{columns}/0.png", params=ask).status_code == 404  # fmt: skip


def test_by_default_the_whole_cut_fits(http: httpx.Client) -> None:
    picture, headers = pixels(http, f"/planes/{TEMPLATE}.png")
    assert picture.shape == (512, 512, 4)
    alpha = picture[..., 3] > 0
    assert alpha.any()
    assert abs(float(headers["x-mm-per-pixel"].split(",")[0]) * 512 - 233) < 1


BAD = [
    "center=1,2", "center=a,b,c", "center=nan,0,0", "center=1e400,0,0", "right=1,0,0",
    "right=1,0,0&down=1,0,0", "right=0,0,0&down=0,1,0", "right=1,0,0&down=0,1,0&orientation=0,0,0,1",
    "orientation=0,0,0,0", "orientation=1,2,3", "corners=1,2,3", "corners=0,0,0,0,0,0,0,0,0",
    "corners=0,0,0,1,0,0,2,0,0", "corners=0,0,0,1,0,0,0,1,0&center=0,0,0", "width=0", "width=-5",
    "width=1.5", "height=abc", "mm_per_pixel=0", "mm_per_pixel=-1", "mm_per_pixel=inf", "widht=3",
    "center=1,2,3&center=1,2,3", "center=" + "9" * 10000, "width=99999999999999999999",
]  # fmt: skip


@pytest.mark.parametrize("ask", BAD)
def test_bad_planes_are_problems(http: httpx.Client, ask: str) -> None:
    for address in (f"/planes/{TEMPLATE}.png?{ask}",):
        response = http.get(address)
        assert response.status_code == 400, response.text
        assert response.json()["parameter"]
        assert len(response.text) < 1500


@pytest.mark.parametrize(
    ("ask", "status"),
    [
        ("width=100000&height=100000", 413),
        ("width=5000&height=5000", 413),
        ("center=0,0,5000", 404),
    ],
)
def test_limits_of_planes(http: httpx.Client, ask: str, status: int) -> None:
    response = http.get(f"/planes/{TEMPLATE}.png?{ask}")
    assert response.status_code == status, response.text
    assert json.loads(response.text)["status"] == status


def test_a_picture_past_the_volume_is_transparent(http: httpx.Client) -> None:
    picture, _ = pixels(http, f"/planes/{TEMPLATE}.png", center="0,0,5000", width=20, height=20, mm_per_pixel=1)  # fmt: skip
    assert not picture.any()


def test_outlines_hold_exactly_what_the_picture_has_in_a_regions_colour(http: httpx.Client) -> None:
    turned = Rotation.from_euler("xyz", (25, -10, 40), degrees=True).as_matrix()
    right, down = turned[:, 0], turned[:, 1]
    size, mm = (150, 180), 0.9
    plane = {
        "center": "-5,6,2",
        "right": text(right),
        "down": text(down),
        "width": str(size[1]),
        "height": str(size[0]),
        "mm_per_pixel": str(mm),
    }
    answer = http.get(f"/planes/{TEMPLATE}.svg", params={**plane, "labels": LABELS, "outline": "1"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/svg+xml"
    root = ElementTree.fromstring(answer.text)
    assert root.get("width") == "162mm"
    values, inside = sampled(
        "desikan_killiany_dseg.nii.gz", (-5, 6, 2), right, down, size, mm, order=0
    )
    table = json.loads((SAMPLE / "desikan_killiany_structures.json").read_text())["structures"]
    by_id = {str(region["id"]): region for region in table}
    seen = set()
    for path in root.iter("{http://www.w3.org/2000/svg}path"):
        region = by_id[path.get("id", "").removeprefix("region-")]
        title = path.find("{http://www.w3.org/2000/svg}title")
        assert title is not None
        assert title.text == region["name"]
        assert path.get("fill") == "none"
        filled = np.zeros(size, bool)
        for loop in re.findall(r"M[^Z]+Z", path.get("d", "")):
            (x, y), edges = map(int, re.match(r"M(\d+) (\d+)", loop).groups()), []  # type: ignore[union-attr]
            first = x, y
            for step, to in [*re.findall(r"([HV])(\d+)", loop), ("V", str(first[1]))]:
                if step == "V":
                    edges.append((x, y, int(to)))
                    y = int(to)
                else:
                    x = int(to)
            for col, a, b in edges:
                filled[min(a, b) : max(a, b), col:] ^= True
        expected = inside & (values == region["label"])
        # SciPy may round a point on a voxel's border to the other side.
        assert (filled != expected).mean() < 1e-3, region["name"]
        seen.add(region["label"])
    assert seen == {int(v) for v in np.unique(values[inside]) if v} & {
        region["label"] for region in table if "label" in region
    }
    again = http.get(
        f"/planes/{TEMPLATE}.svg",
        params={**plane, "labels": LABELS, "outline": "1"},
        headers={"If-None-Match": answer.headers["etag"]},
    )
    assert again.status_code == 304
    refused = http.get(f"/planes/{TEMPLATE}.svg", params=plane)
    assert refused.status_code == 400
    assert refused.json()["parameter"] == "labels"
