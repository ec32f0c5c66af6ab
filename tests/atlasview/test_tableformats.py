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
from atlasview.regioncolours import read_colours
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


#: A German spreadsheet saved as CSV: a title, `sep=`, empty rows and columns, parents by name.
SHEET = """sep=;
Atlas unseres Labors;;;;;;
;;;;;;
Label;Region Name;Abk.;Parent;Colour (hex);Side;
0;Background;;;;;
1;Gehirn;Brain;;C8C8C8;;
10;Großhirnrinde;Ctx;Gehirn;00AA55;;
11;Präzentralwindung;PreC;ctx;"209, 71, 71";lh;
12;"Putamen; links";Put;Brain;99;left hemisphere;
13;Nucleus caudatus;Cd;Basalganglien;steelblue;R;
14;Thalamus;Th;none;rgb(10, 20, 30);;
15;Pons;P;-1;zinnoberrot;;
;;;;;;
x;Nicht fertig;;;;;
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_a_sheet_as_a_person_types_it(tmp_path: Path, encoding: str, ends: str) -> None:
    path = tmp_path / "regions.csv"
    path.write_bytes(SHEET.replace("\n", ends).encode(encoding))
    table = read_region_table(path)
    told = {r.id: (r.name, r.parent, r.rgb, r.hemisphere, r.label) for r in table}
    assert told[10] == ("Großhirnrinde", 1, (0, 0xAA, 0x55), None, 10)
    assert told[11] == ("Präzentralwindung", 10, (209, 71, 71), "left", 11)
    assert told[12] == ("Putamen; links", 1, (0, 0, 0x99), "left", 12)
    assert told[13] == ("Nucleus caudatus", None, (70, 130, 180), "right", 13)
    assert told[14][1:3] == (None, (10, 20, 30))
    assert told[15][1] is None
    assert sorted(told) == [1, 10, 11, 12, 13, 14, 15]
    odd = list(table.problems)
    if encoding == "cp1252":
        assert "Windows-1252" in odd.pop(0)
    assert odd == [
        "Line 14 has no whole-number id and was left out.",
        "Region 13 names the parent Basalganglien, which is not in the table; it was put at the top.",
        "Region 15 has the colour 'zinnoberrot', which is none that is known here.",
        "1 region has no colour, or none that is one, and got one.",
    ]


@pytest.mark.parametrize(
    ("said", "rgb"),
    [
        (["#f80"], [(255, 136, 0)]),
        (["0xFF8800", "ff8800cc", "FF8800"], [(255, 136, 0)] * 3),
        (["1 0 0", "0.5 0.25 0"], [(255, 0, 0), (128, 64, 0)]),
        (["1 0 0", "1 1 1"], [(1, 0, 0), (1, 1, 1)]),
        ([[0.5, 0, 1.0], (1, 0, 0)], [(128, 0, 255), (255, 0, 0)]),
        ([["0,5", "0", "1"]], [(128, 0, 255)]),
        (["255;0;9", "[1, 2, 3, 0]", "rgba(4 / 5 / 6 / 0.5)"], [(255, 0, 9), (1, 2, 3), (4, 5, 6)]),
        (["99", "AA00FF", 5000], [(0, 0, 0x99), (0xAA, 0, 0xFF), (0, 0x50, 0)]),
        (["99", "", None, "1 2", "256 0 0", "0,5;0,1;0,2", True, {}], [None] * 8),
        (["tomato", "hsl(0, 100%, 50%)"], [(255, 99, 71), (255, 0, 0)]),
    ],
)  # fmt: skip
def test_colours(said: list[object], rgb: list[tuple[int, int, int] | None]) -> None:
    assert read_colours(said) == rgb


def test_of_many_faults_of_a_kind_some_are_told() -> None:
    rows = [{"id": i, "rgb": "red", "parent": "nobody"} for i in range(1, 41)]
    told = build_terminology(rows).problems
    assert len(told) == 6
    assert told[-1] == "35 more regions name a parent that is not in the table and were put at the top."  # fmt: skip


def test_more_cells_than_columns_are_told(tmp_path: Path) -> None:
    table = read_region_table(
        write(tmp_path / "t.csv", "id,name,rgb\n1,gyrus, left,red\n2,b,red,,\n3,c, d,red\n")
    )
    assert "Line 2 (and 1 more) has more cells" in table.problems[0]
    assert "«,» in quotes" in table.problems[0]


def test_columns_that_are_not_understood_are_named(tmp_path: Path) -> None:
    table = read_region_table(write(tmp_path / "t.csv", "id;name;Farbe\n1;Rinde;rot\n"))
    assert "these were not understood: «farbe»." in table.problems[-1]


@pytest.mark.parametrize(
    "found",
    [
        {"3": "Cortex", "7": "Putamen"},
        {"regions": {"3": {"Name": "Cortex"}, "7": {"Name": "Putamen", "parentId": float("nan")}}},
        [{"Label": 3, "Region name": "Cortex"}, {"Label": 7.0, "Region name": "Putamen"}],
    ],
)
def test_json_as_a_person_writes_it(tmp_path: Path, found: object) -> None:
    table = read_region_table(write(tmp_path / "t.json", json.dumps(found)))
    assert {r.label: (r.name, r.parent) for r in table} == {3: ("Cortex", None), 7: ("Putamen", None)}  # fmt: skip


def test_a_workbook_is_named_as_one(tmp_path: Path) -> None:
    (tmp_path / "regions.xlsx").write_bytes(b"PK\x03\x04\x14\x00" + bytes(40))
    with pytest.raises(AtlasDefinitionError, match="CSV UTF-8"):
        read_region_table(tmp_path / "regions.xlsx")


def test_a_chain_without_end_is_cut(tmp_path):
    """Each region holds its path: the paths of a chain grow with the square of its length."""
    path = tmp_path / "chain.csv"
    rows = "".join(f"{i},{i - 1}\n" for i in range(1, 60_000))
    path.write_text("id,parent\n" + rows)
    found = read_region_table(path)
    assert len(found) == 59_999
    assert max(len(r.path) for r in found) == 100
    assert any("deeper than 100 levels" in text for text in found.problems)
