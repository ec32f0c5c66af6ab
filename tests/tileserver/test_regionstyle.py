"""Which regions a picture shows, and how: sides, hidden, faint and coloured ones; numpy is witness."""

from __future__ import annotations

import io
from typing import Any

import httpx
import nibabel as nib
import numpy as np
import pytest
from phantoms import SAMPLE
from PIL import Image

ATLAS, SLICE = "icbm152-desikan-killiany", 70


@pytest.fixture(scope="module")
def plane() -> np.ndarray:
    """Labels of one horizontal slice as they are drawn: anterior up, left at the left."""
    data = np.asarray(nib.load(SAMPLE / "desikan_killiany_dseg.nii.gz").dataobj)
    return data[:, ::-1, SLICE].T


@pytest.fixture(scope="module")
def regions(http: httpx.Client) -> list[dict[str, Any]]:
    return http.get(f"/api/atlases/{ATLAS}/regions").json()["regions"]


def below(regions: list[dict[str, Any]], acronym: str) -> list[int]:
    top = next(r["id"] for r in regions if r["acronym"] == acronym)
    return [r["label"] for r in regions if r["label"] and top in r["path"]]


def tile(http: httpx.Client, query: str) -> np.ndarray:
    info = http.get("/api/volumes/desikan-killiany").json()
    top = info["planes"]["horizontal"]["zooms"][-1]["z"]
    response = http.get(f"/tiles/desikan-killiany/horizontal/{SLICE}/{top}/0/0.png?{query}")
    assert response.status_code == 200, response.text
    with Image.open(io.BytesIO(response.content)) as image:
        return np.asarray(image.convert("RGBA"))


def over(drawn: np.ndarray, plane: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    h, w = min(256, plane.shape[0]), min(256, plane.shape[1])
    return drawn[:h, :w], plane[:h, :w]


def test_one_hemisphere_of_an_atlas_that_tells_sides_by_region(
    http: httpx.Client, plane: np.ndarray, regions: list[dict[str, Any]]
) -> None:
    right = [r["label"] for r in regions if r["hemisphere"] == "right" and r["label"]]
    drawn, labels = over(tile(http, "hemisphere=left"), plane)
    shown = (labels > 0) & ~np.isin(labels, right)
    assert shown.any()
    assert np.isin(labels, right).any()
    np.testing.assert_array_equal(drawn[..., 3] > 0, shown)


def test_hidden_regions_are_not_drawn(
    http: httpx.Client, plane: np.ndarray, regions: list[dict[str, Any]]
) -> None:
    hidden = below(regions, "subctx")
    drawn, labels = over(tile(http, "hide=subctx"), plane)
    assert np.isin(labels, hidden).any()
    np.testing.assert_array_equal(drawn[..., 3] > 0, (labels > 0) & ~np.isin(labels, hidden))


def test_the_rest_is_drawn_faintly(
    http: httpx.Client, plane: np.ndarray, regions: list[dict[str, Any]]
) -> None:
    wanted = below(regions, "subctx")
    drawn, labels = over(tile(http, "regions=subctx&rest=0.2&opacity=0.5"), plane)
    assert set(drawn[np.isin(labels, wanted)][:, 3].tolist()) == {128}
    others = (labels > 0) & ~np.isin(labels, wanted)
    assert set(drawn[others][:, 3].tolist()) == {26}  # 255 · 0.2 · 0.5


def test_a_colour_goes_down_the_tree_and_the_nearest_counts(
    http: httpx.Client, plane: np.ndarray, regions: list[dict[str, Any]]
) -> None:
    parent, child = below(regions, "subctx"), below(regions, "L.putamen")
    drawn, labels = over(tile(http, "colors=subctx:102030,L.putamen:ff8800&palette=safe"), plane)
    assert {tuple(c) for c in drawn[np.isin(labels, child)][:, :3]} == {(0xFF, 0x88, 0)}
    rest = np.isin(labels, parent) & ~np.isin(labels, child)
    assert {tuple(c) for c in drawn[rest][:, :3]} == {(0x10, 0x20, 0x30)}


def test_outlines_over_their_filling(http: httpx.Client, plane: np.ndarray) -> None:
    both, labels = over(tile(http, "outline=both&opacity=0.4"), plane)
    lines, _ = over(tile(http, "outline=1"), plane)
    edge = lines[..., 3] > 0
    assert set(both[edge][:, 3].tolist()) == {230}  # 255 · (0.4 · 1.5 + 0.3)
    assert set(both[(labels > 0) & ~edge][:, 3].tolist()) <= {101, 102, 103}
    np.testing.assert_array_equal(both[..., :3][labels > 0], tile_fill(http, plane)[labels > 0])


def tile_fill(http: httpx.Client, plane: np.ndarray) -> np.ndarray:
    return over(tile(http, ""), plane)[0][..., :3]


@pytest.mark.parametrize(
    "query",
    ["hemisphere=up", "rest=2", "hide=nowhere", "colors=L.putamen", "colors=nowhere:ff0000"],
)
def test_what_makes_no_sense_is_refused(http: httpx.Client, query: str) -> None:
    found = http.get(f"/planes/desikan-killiany.png?{query}")
    assert found.status_code == 400
    assert found.json()["parameter"] == query.partition("=")[0]
    plain = http.get(f"/planes/icbm152-2009a-sym.png?{query}")
    assert plain.status_code == 400


def test_voxels_of_every_region(http: httpx.Client) -> None:
    data = np.asarray(nib.load(SAMPLE / "desikan_killiany_dseg.nii.gz").dataobj)
    counts = np.bincount(data.ravel(), minlength=256)
    found = http.get(f"/api/atlases/{ATLAS}/regions?voxels=1").json()["regions"]
    for region in found:
        wanted = [r["label"] for r in found if r["label"] and region["id"] in r["path"]]
        assert region["voxels"] == counts[wanted].sum()


def test_a_palette_of_the_cut_tree(http: httpx.Client, plane: np.ndarray) -> None:
    found = http.get(f"/api/atlases/{ATLAS}/regions?palette=distinct&depth=1").json()["regions"]
    rgb = {r["id"]: tuple(r["rgb"]) for r in found}
    drawn, labels = over(tile(http, "palette=distinct&depth=1"), plane)
    for region in found:
        if region["label"] and (labels == region["label"]).any():
            as_drawn = region["path"][min(1, len(region["path"]) - 1)]
            here = {tuple(c) for c in drawn[labels == region["label"]][:, :3]}
            assert here == {rgb[as_drawn]}
