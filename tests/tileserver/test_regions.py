"""Regions over HTTP: facts, files, points by the hundred thousand, palettes; numpy is the witness."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
from pathlib import Path
from typing import Any

import httpx
import nibabel as nib
import numpy as np
import pytest
from phantoms import SAMPLE
from PIL import Image
from typer.testing import CliRunner

from atlasview import Client
from atlasview.cli import app

ATLAS = "icbm152-desikan-killiany"
DSEG = SAMPLE / "desikan_killiany_dseg.nii.gz"


@pytest.fixture(scope="module")
def labels() -> tuple[np.ndarray, np.ndarray]:
    image = nib.load(DSEG)
    return np.asarray(image.dataobj), image.affine


@pytest.fixture(scope="module")
def points(labels: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    return np.random.default_rng(11).uniform(-110, 110, (3000, 3))


def looked_up(labels: tuple[np.ndarray, np.ndarray], points: np.ndarray) -> np.ndarray:
    data, affine = labels
    at = np.floor(points - affine[:3, 3] + 0.5).astype(int)
    inside = ((at >= 0) & (at < data.shape)).all(axis=1)
    out = np.zeros(len(points), int)
    out[inside] = data[tuple(at[inside].T)]
    return out


def test_neighbours_agree_with_numpy(http: httpx.Client, labels: Any) -> None:
    data, _ = labels
    found = http.get(f"/api/atlases/{ATLAS}/regions/L.putamen").json()
    own, area = data == found["label"], {}
    for axis in range(3):
        low, high = (np.take(data, range(*r), axis) for r in ((0, data.shape[axis] - 1), (1, data.shape[axis])))  # fmt: skip
        mine, other = (np.take(own, range(*r), axis) for r in ((0, data.shape[axis] - 1), (1, data.shape[axis])))  # fmt: skip
        for touched in (high[mine & ~other], low[other & ~mine]):
            for value, count in zip(
                *np.unique(touched[touched > 0], return_counts=True), strict=True
            ):
                area[int(value)] = area.get(int(value), 0) + int(count)
    assert {n["label"]: n["area_mm2"] for n in found["neighbours"]} == area
    assert [n["area_mm2"] for n in found["neighbours"]] == sorted(area.values(), reverse=True)


def test_shares_of_a_parent_add_up(http: httpx.Client) -> None:
    top = http.get(f"/api/atlases/{ATLAS}/regions/subctx").json()
    shares = [
        http.get(f"/api/atlases/{ATLAS}/regions/{c['id']}").json()["share_of_parent"]
        for c in top["children"]
    ]
    assert sum(shares) == pytest.approx(1)
    assert http.get(f"/api/atlases/{ATLAS}/regions/brain").json()["share_of_parent"] is None


def test_the_mask_of_a_parent(http: httpx.Client, labels: Any) -> None:
    data, affine = labels
    found = http.get(f"/api/atlases/{ATLAS}/regions/subctx").json()
    response = http.get(found["links"]["mask"])
    assert response.headers["content-type"] == "application/gzip"
    assert 'filename="subctx.nii.gz"' in response.headers["content-disposition"]
    image = nib.Nifti1Image.from_bytes(gzip.decompress(response.content))
    np.testing.assert_allclose(image.affine, affine)
    np.testing.assert_array_equal(np.asarray(image.dataobj), np.isin(data, found["labels"]))
    assert http.get(f"/api/atlases/{ATLAS}/regions/none.nii.gz").status_code == 404
    assert http.get(f"/api/atlases/{ATLAS}/regions/subctx.nii.gz?level=99").status_code == 404
    asked = f"/api/atlases/{ATLAS}/regions/subctx.nii.gz?hemisphere=left"
    assert http.get(asked).status_code == 400  # this atlas has no hemispheres


def test_the_table_of_all_regions(http: httpx.Client, labels: Any) -> None:
    data, _ = labels
    rows = list(csv.DictReader(io.StringIO(http.get(f"/api/atlases/{ATLAS}/regions.csv").text)))
    assert len(rows) == 95
    counts = np.bincount(data.ravel(), minlength=256)
    for row in rows:
        if row["label"]:
            assert int(row["voxels"]) == counts[int(row["label"])]
            assert float(row["volume_mm3"]) == counts[int(row["label"])]
    assert int(rows[0]["voxels"]) == (data > 0).sum()


@pytest.mark.parametrize("format", ["json", "compact", "csv"])
def test_points_in_every_format(
    http: httpx.Client, labels: Any, points: np.ndarray, format: str
) -> None:
    expected = looked_up(labels, points)
    response = http.post(
        f"/api/atlases/{ATLAS}/assign?format={format}", json={"points": points.tolist()}
    )
    if format == "csv":
        rows = list(csv.DictReader(io.StringIO(response.text)))
        found = [int(r["region_id"] or 0) for r in rows]
        assert [float(r["x"]) for r in rows] == points[:, 0].tolist()
    elif format == "compact":
        said = response.json()
        found = [0 if i is None else said["regions"][i]["label"] for i in said["region"]]
    else:
        items = response.json()["items"]
        found = [i["assignments"][0]["region"]["label"] if i["assignments"] else 0 for i in items]
    np.testing.assert_array_equal(found, expected)


def test_a_table_comes_back_with_its_own_columns(http: httpx.Client) -> None:
    table = (
        "name\tx\ty\tz\tremark\nLA1\t-26\t6\t0\tin the putamen\n"
        'far\t0\t0\t100\t\nlost\tn/a\tn/a\tn/a\t"two\nlines"\n'
    )
    response = http.post(
        f"/api/atlases/{ATLAS}/assign?distance=1",
        content=table,
        headers={"Content-Type": "text/csv"},
    )
    assert response.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(response.text), delimiter="\t"))
    assert [r["name"] for r in rows] == ["LA1", "far", "lost"]
    assert rows[0]["region_acronym"] == "L.putamen"
    assert rows[0]["ancestors"].startswith("brain|")
    assert rows[0]["distance_mm"] == "0"
    assert rows[1]["region_id"] == ""
    assert float(rows[1]["distance_mm"]) > 0
    assert (rows[2]["distance_mm"], rows[2]["remark"]) == ("", "two\nlines")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("a,b\n1,2\n", "x, y and z"), ("x,y,z\n1,2,three\n", "line 2"), ("x,y,z\n", "no points"),
        ("", "x, y and z"), ("a" * 3_000_000, "field limit"),
        ("x,y,z\n1,2," + "3" * 3_000_000 + "\n", "field limit"),
    ],
)  # fmt: skip
def test_bad_tables_are_told(http: httpx.Client, body: str, says: str) -> None:
    response = http.post(
        f"/api/atlases/{ATLAS}/assign", content=body, headers={"Content-Type": "text/csv"}
    )
    assert response.status_code == 400
    assert says in response.json()["detail"]


def test_the_nearest_region_agrees_with_brute_force(
    http: httpx.Client, labels: Any, points: np.ndarray
) -> None:
    data, affine = labels
    outside = points[looked_up(labels, points) == 0][:60]
    places = np.argwhere(data > 0)
    world = places + affine[:3, 3]
    with Client(str(http.base_url)) as client:
        found = client.assign(ATLAS, outside, distance=True)
    for point, item in zip(outside, found, strict=True):
        far = np.sqrt(((world - point) ** 2).sum(axis=1))
        assert item["nearest"]["distance_mm"] == pytest.approx(far.min())
        at = data[tuple(places[np.isclose(far, far.min())].T)]
        assert item["nearest"]["region"]["label"] in at


def test_the_client_and_the_command_line_agree(
    http: httpx.Client, sample_library: Path, tmp_path: Path, points: np.ndarray
) -> None:
    lines = ["id,x,y,z"] + [f"p{i},{x!r},{y!r},{z!r}" for i, (x, y, z) in enumerate(points.tolist())]  # fmt: skip
    (tmp_path / "in.csv").write_text("\n".join(lines) + "\n")
    with Client(str(http.base_url)) as client:
        client.assign_file(ATLAS, tmp_path / "in.csv", tmp_path / "server.csv", distance=True)
        single = client.assign(ATLAS, points[0])
        assert single == http.post(f"/api/atlases/{ATLAS}/assign", json={"points": points[:1].tolist()}).json()["items"]  # fmt: skip
    result = CliRunner().invoke(
        app,
        ["regions", str(tmp_path / "in.csv"), "--library", str(sample_library), "--distance",
         "--output", str(tmp_path / "here.csv")],
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert (tmp_path / "here.csv").read_text() == (tmp_path / "server.csv").read_text()
    piped = CliRunner().invoke(
        app, ["regions", "-", "--library", str(sample_library)], input="x,y,z\n-26,6,0\n"
    )
    assert piped.output.splitlines()[1].startswith("-26,6,0,37,L.putamen,")


def test_a_palette_sets_neighbours_apart(http: httpx.Client, labels: Any) -> None:
    data, _ = labels
    own = http.get(f"/api/atlases/{ATLAS}/regions").json()["regions"]
    for palette in ("distinct", "safe"):
        found = http.get(f"/api/atlases/{ATLAS}/regions?palette={palette}").json()["regions"]
        assert [r["id"] for r in found] == [r["id"] for r in own]
        rgb = {r["label"]: tuple(r["rgb"]) for r in found if r["label"]}
        for axis in range(3):
            low, high = (
                np.take(data, range(*r), axis).ravel()
                for r in ((0, data.shape[axis] - 1), (1, data.shape[axis]))
            )
            kept = (low != high) & (low > 0) & (high > 0)
            for a, b in np.unique(np.stack([low[kept], high[kept]], 1), axis=0).tolist():
                assert rgb[a] != rgb[b]
    assert http.get(f"/api/atlases/{ATLAS}/regions?palette=none").status_code == 400


def test_a_palette_is_drawn(http: httpx.Client, labels: Any) -> None:
    data, _ = labels
    rgb = {
        r["label"]: r["rgb"]
        for r in http.get(f"/api/atlases/{ATLAS}/regions?palette=safe").json()["regions"]
    }
    info = http.get("/api/volumes/desikan-killiany").json()
    top = info["planes"]["horizontal"]["zooms"][-1]["z"]
    body = http.get(f"/tiles/desikan-killiany/horizontal/70/{top}/0/0.png?palette=safe").content
    drawn = np.asarray(Image.open(io.BytesIO(body)).convert("RGBA"))
    wanted = data[:, ::-1, 70].T
    for y, x in itertools.product(range(0, 180, 7), range(0, 140, 7)):
        if wanted[y, x]:
            assert drawn[y, x, :3].tolist() == rgb[int(wanted[y, x])]
    deep = f"/tiles/desikan-killiany/horizontal/70/{top}/0/0.png?palette=distinct&depth=1"
    assert http.get(deep).content != body
    assert http.get("/tiles/icbm152-2009a-sym/horizontal/70/0/0/0.png?palette=safe").status_code == 400  # fmt: skip
