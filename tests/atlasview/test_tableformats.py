"""Region tables as others write them: real ones where a package has them."""

from __future__ import annotations

import csv
import json
from importlib.metadata import files
from pathlib import Path

import nibabel as nib
import nilearn
import numpy as np
import pytest

from atlasview.errors import AtlasDefinitionError
from atlasview.regiontable import (
    brainglobe_numbers,
    build_terminology,
    read_region_table,
    terminology_csv,
    with_root,
)
from atlasview.tableformats import side_in

LUT = """#No. Label Name:                            R   G   B   A

0   Unknown                                 0   0   0   0
2   Left-Cerebral-White-Matter              245 245 245 0
12  Left-Putamen                            236 13  176 0
51  Right-Putamen                           236 13  176 0
1022 ctx-lh-postcentral   220 20 20 0
2022 ctx-rh-postcentral   220 20 20 0
16  Brain-Stem                              119 159 176 0
"""
SNAP = """################################################
# ITK-SnAP Label Description File
# File format:
# IDX   -R-  -G-  -B-  -A--  VIS MSH  LABEL
################################################
    0     0    0    0        0  0  0    "Clear Label"
    1   255    0    0        1  1  1    "Left caudate"
    2     0  255    0      0.5  1  0    "Right caudate"
    7     0    0  255        1  1  1    "Name, with ""comma"
"""
DSEG = (
    "index\tname\tabbreviation\tcolor\tmapping\n0\tBackground\tBG\t#000000\t0\n"
    "1\tGray Matter\tGM\t#ff53bb\t1\n2\tWhite Matter\tWM\t#2f8bbe\t2\n"
)
SIIBRA = {
    "@id": "minds/core/parcellationatlas/v1.0.0/some",
    "@type": "siibra/parcellation/v0.0.1",
    "name": "Some parcellation",
    "shortName": "Some",
    "regions": [
        {"name": "cerebral cortex", "children": [
            {"name": "Area hOc1 (V1, 17, CalcS)", "shortname": "hOc1", "rgb": "#b6c81d", "children": [
                {"name": "Area hOc1 (V1, 17, CalcS) left"},
                {"name": "Area hOc1 (V1, 17, CalcS) right"}]}]},
        {"name": "cerebellar nuclei"},
    ],
}  # fmt: skip
INDICES = {
    "Area hOc1 (V1, 17, CalcS) left": [{"volume": 0, "label": 8}],
    "Area hOc1 (V1, 17, CalcS) right": [{"volume": 1, "label": 9}],
    "cerebellar nuclei": [{"volume": 0, "label": 1}],
}


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_freesurfer_colour_table(tmp_path: Path) -> None:
    table = read_region_table(write(tmp_path / "lut.txt", LUT))
    assert [r.label for r in table] == [2, 12, 51, 1022, 2022, 16]
    assert table.by_id[12].rgb == (236, 13, 176)
    sides = {r.acronym: r.hemisphere for r in table}
    assert sides["Left-Putamen"] == sides["ctx-lh-postcentral"] == "left"
    assert sides["Right-Putamen"] == sides["ctx-rh-postcentral"] == "right"
    assert sides["Brain-Stem"] is None


def test_the_colour_table_of_a_real_annotation(tmp_path: Path) -> None:
    """nilearn has a FreeSurfer annotation; its own colours come back."""
    source = Path(nilearn.__file__).parent / "surface/tests/data/test.annot"
    _, colours, names = nib.freesurfer.read_annot(source)
    lines = [
        f"{i + 1} {name.decode().replace(' ', '-') or 'empty'} {' '.join(map(str, c[:4]))}"
        for i, (name, c) in enumerate(zip(names, colours.tolist(), strict=True))
    ]
    table = read_region_table(write(tmp_path / "real.ctab", "\n".join(lines)))
    for i, colour in enumerate(np.asarray(colours).tolist()):
        assert table.by_id[i + 1].rgb == tuple(colour[:3])


def test_an_itksnap_label_file(tmp_path: Path) -> None:
    table = read_region_table(write(tmp_path / "labels.label", SNAP.replace('""', "'")))
    assert {r.id: (r.name, r.rgb, r.hemisphere) for r in table} == {
        1: ("Left caudate", (255, 0, 0), "left"),
        2: ("Right caudate", (0, 255, 0), "right"),
        7: ("Name, with 'comma", (0, 0, 255), None),
    }


def test_a_bids_dseg(tmp_path: Path) -> None:
    table = read_region_table(write(tmp_path / "x_dseg.tsv", DSEG))
    assert {r.id: (r.acronym, r.name, r.rgb) for r in table} == {
        1: ("GM", "Gray Matter", (255, 83, 187)), 2: ("WM", "White Matter", (47, 139, 190)),
    }  # fmt: skip
    named = "index\tlabel\n3\tcaudate\n4\tputamen\n"
    table = read_region_table(write(tmp_path / "y_dseg.tsv", named))
    assert [(r.label, r.name) for r in table] == [(3, "caudate"), (4, "putamen")]


def test_siibra(tmp_path: Path) -> None:
    both = read_region_table(write(tmp_path / "p.json", json.dumps(SIIBRA | {"indices": INDICES})))
    left = next(r for r in both if r.label == 8)
    assert [both.by_id[i].acronym for i in left.path] == [
        "cerebral cortex", "hOc1", "Area hOc1 (V1, 17, CalcS) left",
    ]  # fmt: skip
    assert left.hemisphere == "left"
    assert both.find("hOc1").rgb == (0xB6, 0xC8, 0x1D)
    assert both.labels([both.find("cerebral cortex")]) == {8, 9}
    tree = read_region_table(write(tmp_path / "t.json", json.dumps(SIIBRA)))
    assert len(tree) == 5
    assert tree.by_label == {}
    only = {"@type": "siibra/map/v0.0.1", "indices": INDICES}
    flat = read_region_table(write(tmp_path / "m.json", json.dumps(only)))
    assert set(flat.by_label) == {1, 8, 9}


def test_the_tree_of_the_mouse() -> None:
    """As the International Brain Laboratory ships it: 1,327 regions."""
    found = next(f for f in files("iblatlas") or () if f.name == "allen_structure_tree.csv")
    path = Path(found.locate())
    table = read_region_table(path)
    with path.open(encoding="utf-8") as file:
        raw = [r for r in csv.DictReader(file) if r["id"] not in ("0", "")]
    assert {r.id for r in table} == {int(float(r["id"])) for r in raw}
    for row in raw:
        region = table.by_id[int(float(row["id"]))]
        assert region.name == row["name"].strip()
        said = [int(p) for p in row["structure_id_path"].split("/") if p]
        if set(said) <= set(table.by_id):
            assert list(region.path) == said


@pytest.mark.parametrize(
    "text", ["1 2 3\nx", "1 name 1 2 3 4\nnot a line\n2 b 1 2 3 4\n3 c 1 2 3 4\n4 e", "{}", "a,b\n"]
)
def test_what_is_no_table(tmp_path: Path, text: str) -> None:
    with pytest.raises(AtlasDefinitionError):
        read_region_table(write(tmp_path / "x.txt", text))


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("Left-Putamen", "left"), ("ctx_rh_G_cuneus", "right"), ("Area 4a right", "right"),
        ("L_V1_ROI", "left"), ("Insula_R", "right"), ("Lingual", None), ("bright spot", None),
    ],
)  # fmt: skip
def test_sides_in_names(name: str, side: str | None) -> None:
    assert side_in(name) == side


def test_brainglobe_knows_a_region_by_its_voxel_value() -> None:
    table = with_root(build_terminology([
        {"id": 900_000, "acronym": "g", "label": ""},
        {"id": 70_001, "acronym": "a", "label": 5, "parent": 900_000},
        {"id": 5, "acronym": "b", "label": 6, "parent": 900_000},
        {"id": 1 << 40, "acronym": "c", "label": (1 << 40) + 1},
    ]))  # fmt: skip
    numbers = brainglobe_numbers(table)
    assert len(set(numbers.values())) == len(table)
    for region in table:
        assert region.label is None or numbers[region.id] == region.label
        assert region.parent is None or numbers[region.parent] < 65_536
    assert [r.acronym for r in table if r.parent is None] == ["root"]


def test_our_own_ids_come_back(tmp_path: Path) -> None:
    table = with_root(build_terminology([
        {"id": 70_001, "acronym": "a", "label": 5, "rgb": "#010203", "synonyms": "x|y"},
        {"id": 5, "acronym": "b", "label": 6, "rgb": "#010204", "parent": 70_001},
    ]))  # fmt: skip
    again = read_region_table(write(tmp_path / "terminology.csv", terminology_csv(table)))
    assert again.regions == table.regions
