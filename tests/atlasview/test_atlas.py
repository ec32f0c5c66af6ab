"""Region tables, the tree, search, and facts of regions against numpy."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phantoms import SAMPLE, write_ome_zarr
from typer.testing import CliRunner

from atlasview.chunks import ChunkReader
from atlasview.cli import app
from atlasview.errors import AtlasDefinitionError, NotFoundError
from atlasview.library import open_library
from atlasview.opening import open_volume
from atlasview.regionfacts import LabelIndex, count_labels, extents_json
from atlasview.regions import labels_at
from atlasview.regiontable import build_terminology, read_region_table, terminology_csv
from atlasview.search import RegionIndex

TABLE = SAMPLE / "desikan_killiany_structures.json"


@pytest.fixture(scope="module")
def index() -> RegionIndex:
    return RegionIndex(read_region_table(TABLE))


def test_the_sample_table_reads_clean() -> None:
    table = read_region_table(TABLE)
    raw = json.loads(TABLE.read_text())["structures"]
    assert table.problems == ()
    assert {r.id: (r.acronym, r.name, list(r.rgb), r.parent, list(r.path)) for r in table} == {
        r["id"]: (r["acronym"], r["name"], r["rgb"], r["parent"], r["structure_id_path"]) for r in raw
    }  # fmt: skip
    seen: set[int] = set()
    for region in table:  # parents before children
        assert region.parent is None or region.parent in seen
        seen.add(region.id)


def test_a_parent_means_all_its_descendants() -> None:
    table = read_region_table(TABLE)
    raw = json.loads(TABLE.read_text())["structures"]
    subcortical = {r["label"] for r in raw if "label" in r and 1002 in r["structure_id_path"]}
    assert table.labels([table.find("subctx")]) == subcortical
    assert table.find("SUBCTX").id == table.find(1002).id == table.find("1002").id


def test_depth_draws_regions_as_their_ancestors() -> None:
    table = read_region_table(TABLE)
    colours = table.colours(1)
    for label, rgb in zip(colours.labels.tolist(), colours.rgb.tolist(), strict=True):
        assert tuple(rgb) == table.by_id[table.by_label[label].path[1]].rgb


def test_a_table_survives_being_written(tmp_path: Path) -> None:
    table = read_region_table(TABLE)
    (tmp_path / "terminology.csv").write_text(terminology_csv(table), encoding="utf-8")
    assert read_region_table(tmp_path / "terminology.csv").regions == table.regions


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([{"id": 1}, {"id": 1}], "repeats the id 1"),
        ([{"id": 1, "parent": 9}], "parent 9"),
        ([{"id": 1, "parent": 2}, {"id": 2, "parent": 1}], "its own ancestor"),
        ([{"id": 1, "acronym": "a"}, {"id": 2, "acronym": "a"}], "share the acronym"),
        ([{"id": 1, "label": 5}, {"id": 2, "label": 5}], "share the voxel value 5"),
        ([{"id": 1}, {"name": "x"}], "no whole-number id"),
        ([{"id": 1, "label": -4}], "voxel value -4"),
        ([{"id": 1, "label": 1 << 64}], "which no voxel can hold"),
        ([{"id": 1}], "1 region has no colour"),
    ],
)
def test_contradictions_are_mended_and_reported(
    rows: list[dict[str, object]], problem: str
) -> None:
    table = build_terminology(rows)
    assert any(problem in text for text in table.problems)
    assert len(table) >= 1
    for region in table:
        assert region.path[-1] == region.id


@pytest.mark.parametrize("text", ["", "[]", "{", "[1, 2]", "name,rgb\nx,1", "\x00", "id\n"])
def test_a_file_that_is_no_table(tmp_path: Path, text: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(AtlasDefinitionError, match=r"table\.csv"):
        read_region_table(path)


def test_a_missing_table_and_a_binary_one(tmp_path: Path) -> None:
    with pytest.raises(AtlasDefinitionError):
        read_region_table(tmp_path / "nothing.json")
    with pytest.raises(AtlasDefinitionError, match="UTF-8"):
        read_region_table(SAMPLE / "desikan_killiany_dseg.nii.gz")


def test_large_ids_never_pass_through_a_float(tmp_path: Path) -> None:
    big = 2**53 + 1
    (tmp_path / "t.csv").write_text(f"id,name\n{big},a\n{big + 1},b\n")
    assert [r.id for r in read_region_table(tmp_path / "t.csv")] == [big, big + 1]


def test_the_allen_graph_and_its_nested_children(tmp_path: Path) -> None:
    graph = {"msg": [{"id": 997, "acronym": "root", "name": "root", "color_hex_triplet": "FFFFFF", "children": [
        {"id": 8, "acronym": "grey", "name": "Basic cell groups", "color_hex_triplet": "BFDAE3", "children": []}]}]}  # fmt: skip
    (tmp_path / "graph.json").write_text(json.dumps(graph))
    table = read_region_table(tmp_path / "graph.json")
    assert table.find("grey").path == (997, 8)
    assert table.find("grey").rgb == (0xBF, 0xDA, 0xE3)
    assert table.by_label[8].id == 8


@pytest.mark.parametrize(
    ("text", "first", "kind"),
    [
        ("L.putamen", "L.putamen", "exact"),
        ("37", "L.putamen", "exact"),
        ("left putamen", "L.putamen", "exact"),
        ("putamen right", "R.putamen", "exact"),
        ("rh putamen", "R.putamen", "exact"),
        ("hipp", "L.hippocampus", "prefix"),
        ("temporal superior gyrus", "L.superiortemporal", "words"),
        ("hipocampus", "L.hippocampus", "fuzzy"),
        ("PUTÁMEN", "L.putamen", "exact"),
    ],
)
def test_search_ranks(index: RegionIndex, text: str, first: str, kind: str) -> None:
    hits = index.search(text)
    assert hits[0].region.acronym == first
    assert hits[0].kind == kind


def test_search_keeps_to_the_side_named(index: RegionIndex) -> None:
    sides = {h.region.hemisphere for h in index.search("right gyrus", 200)}
    assert "left" not in sides


@given(st.text(max_size=300))
def test_search_takes_any_text(text: str) -> None:
    table = RegionIndex(read_region_table(TABLE))
    assert len(table.search(text, 5)) <= 5


def sample_labels() -> tuple[np.ndarray, np.ndarray]:
    image = nib.load(SAMPLE / "desikan_killiany_dseg.nii.gz")
    return np.asarray(image.dataobj), image.affine


def test_facts_agree_with_numpy(tmp_path: Path) -> None:
    labels, affine = sample_labels()
    coarse = labels[::2, ::2, ::2]
    path = write_ome_zarr(tmp_path / "v", [labels, coarse], affine=affine, labels=True, code="LPI", chunk=64)  # fmt: skip
    volume = open_volume(path)
    facts = LabelIndex(volume)
    table = read_region_table(TABLE)
    for region in table:
        wanted = table.labels([region])
        mask = np.isin(labels, list(wanted))
        found = facts.facts(wanted)
        assert found.voxels == mask.sum()
        assert found.volume_mm3 == mask.sum()
        assert found.centroid is not None
        assert found.box is not None
        at = np.floor(np.linalg.inv(affine)[:3] @ [*found.centroid, 1] + 0.5).astype(int)
        assert mask[tuple(at)], region.name
        where = np.argwhere(mask)
        low = affine[:3, :3] @ (where.min(axis=0) - 0.5) + affine[:3, 3]
        high = affine[:3, :3] @ (where.max(axis=0) + 0.5) + affine[:3, 3]
        np.testing.assert_allclose(found.box, (low, high))
        # Along its first axis a region spreads as far as along any, along its last the least.
        axes = np.array(found.axes)
        np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-9)
        spread = np.cov((where @ affine[:3, :3].T).T)
        along = np.einsum("ij,jk,ik->i", axes, spread, axes)
        np.testing.assert_allclose(along, np.linalg.eigvalsh(spread)[::-1], rtol=0.02)
    # what ingest leaves beside the volume says the same as counting
    (path / "labels.json").write_text(extents_json(count_labels(volume.levels[0])))
    assert LabelIndex(volume).extents == facts.extents


def test_labels_at_agree_with_numpy(tmp_path: Path) -> None:
    labels, affine = sample_labels()
    volume = open_volume(write_ome_zarr(tmp_path / "v", [labels], affine=affine, labels=True, code="PSR", chunk=32))  # fmt: skip
    rng = np.random.default_rng(5)
    points = rng.uniform(-130, 130, (5000, 3))
    points[:3] = [1e300, 0, 0], [-1e300, 1e300, 0], [-26, 6, 0]
    index = np.floor((points - affine[:3, 3]) + 0.5)
    inside = ((index >= 0) & (index < labels.shape)).all(axis=1)
    expected = np.zeros(len(points), int)
    expected[inside] = labels[tuple(index[inside].astype(int).T)]
    found = labels_at(ChunkReader(1 << 24), volume, points)
    np.testing.assert_array_equal(found, expected)
    assert found[2] == 37


def test_an_unknown_region_is_named() -> None:
    with pytest.raises(NotFoundError, match="zzz"):
        read_region_table(TABLE).find("zzz")


def test_all_that_is_wrong_with_a_table_is_told_in_one_report(tmp_path: Path) -> None:
    """A cycle, an orphan, repeated ids, acronyms and labels, no colours, labelled parents."""
    voxels = np.zeros((12, 10, 8), np.uint8)
    voxels[2:5], voxels[5:8], voxels[8:10] = 1, 2, 7
    nib.save(nib.Nifti1Image(voxels, np.eye(4)), tmp_path / "labels.nii.gz")
    nib.save(nib.Nifti1Image(voxels * 9, np.eye(4)), tmp_path / "image.nii.gz")
    table = tmp_path / "regions.csv"
    table.write_text(
        "id,acronym,name,parent,label\n1,a,A,,1\n2,b,B,1,2\n3,c,C,4,3\n4,d,D,3,\n5,b,E,99,5\n"
        "5,f,F,,6\n6,g,G,,1\n"
    )
    done = CliRunner().invoke(app, [
        "atlas", "create", "odd", "--template", str(tmp_path / "image.nii.gz"), "--labels",
        str(tmp_path / "labels.nii.gz"), "--regions", str(table), "--library",
        str(tmp_path / "library"), "--progress", "none",
    ])  # fmt: skip
    assert done.exit_code == 0, done.output
    for told in (
        "Line 7 repeats the id 5", "names the parent 99", "is its own ancestor",
        "share the voxel value 1", "share the acronym 'b'", "regions have no colour",
        "1 label with voxels is not in the table: 7", "regions of the table have no voxels",
        "1 region has voxels of their own beside those of regions below: 1",
    ):  # fmt: skip
        assert told in done.stderr, told
    atlas = open_library([tmp_path / "library"]).atlases["odd"]
    terms = atlas.parcellations[0].terminology
    assert terms.labels([terms.find("a")]) == {1, 2}
    assert [r.acronym for r in terms.ancestors(terms.find("b"))] == ["root", "a"]
