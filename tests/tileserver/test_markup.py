"""Names that others gave, in every document: text, whatever stands in it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import httpx
import nibabel as nib
import numpy as np
import pytest
from serving import serving

from atlasview.adding import add_to_library
from atlasview.regiontable import read_region_table

MARKUP = "</title></script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
REGIONS = [
    {"id": 1, "name": MARKUP, "acronym": MARKUP, "description": MARKUP, "synonyms": [MARKUP]},
    {"id": 2, "name": "a\x1b[31m\r\nX-Evil: 1\x00\ufffe", "acronym": "=cmd|' /C calc'!A0"},
    {"id": 3, "name": "../../etc/passwd", "acronym": '../x";filename="evil.html\ud800'},
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server over an atlas whose table was written by somebody who means no good."""
    root = tmp_path_factory.mktemp("markup")
    labels = np.zeros((20, 20, 20), np.uint16)
    labels[2:6], labels[8:12], labels[14:18] = 1, 2, 3
    nib.save(nib.Nifti1Image(labels, np.eye(4)), root / "labels.nii")
    (root / "regions.json").write_text(json.dumps(REGIONS))
    add_to_library(root / "library", "a", root / "labels.nii", labels=True, regions=root / "regions.json")  # fmt: skip
    with serving([root / "library"]) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


def test_names_are_one_line_that_every_document_can_hold(site: httpx.Client) -> None:
    regions = site.get("/api/atlases/a/regions").json()["regions"]
    assert [r["name"] for r in regions] == [MARKUP, "a [31m  X-Evil: 1", "../../etc/passwd"]
    assert regions[2]["acronym"] == '../x";filename="evil.html'


def test_a_drawing_holds_names_as_text_and_runs_nothing(site: httpx.Client) -> None:
    answer = site.get("/planes/a.svg?right=1,0,0&down=0,0,-1")
    drawn = ElementTree.fromstring(answer.text)
    names = {e.text for e in drawn.iter("{http://www.w3.org/2000/svg}title")}
    assert MARKUP in names
    assert not any(e.tag.endswith(("}script", "}img")) for e in drawn.iter())
    assert "sandbox" in answer.headers["content-security-policy"]


def test_a_file_is_called_by_a_plain_name(site: httpx.Client) -> None:
    for region, name in ((2, "cmd-C-calc-A0"), (3, "x-filename-evil.html")):
        answer = site.get(f"/api/atlases/a/regions/{region}.nii.gz")
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}.nii.gz"'
        assert not any(header.startswith("x-evil") for header in answer.headers)


def test_no_spreadsheet_runs_a_name(site: httpx.Client, tmp_path: Path) -> None:
    table = site.get("/api/atlases/a/regions.csv").text
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [r["acronym"] for r in rows] == [MARKUP, "'=cmd|' /C calc'!A0", REGIONS[2]["acronym"][:-1]]  # fmt: skip
    (tmp_path / "again.csv").write_text(table)
    assert read_region_table(tmp_path / "again.csv").by_id[2].acronym == REGIONS[1]["acronym"]
    points = "x,y,z\n9,5,5\n"
    answer = site.post(
        "/api/atlases/a/assign", content=points, headers={"Content-Type": "text/csv"}
    )
    assert "'=cmd" in answer.text
