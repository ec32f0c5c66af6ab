"""Region search on the tree of the mouse: 1,327 regions, as the Allen Institute names them."""

from __future__ import annotations

from importlib.metadata import files
from pathlib import Path

import pytest

from atlasview.atlas import Terminology
from atlasview.regiontable import build_terminology, read_region_table
from atlasview.search import RegionIndex, best_first


@pytest.fixture(scope="module")
def mouse() -> RegionIndex:
    found = next(f for f in files("iblatlas") or () if f.name == "allen_structure_tree.csv")
    return RegionIndex(read_region_table(Path(found.locate())))


@pytest.mark.parametrize(
    ("text", "first", "field", "kind"),
    [
        ("CA1", "CA1", "acronym", "exact"),
        ("ca1", "CA1", "acronym", "exact"),
        ("VISp2/3", "VISp2/3", "acronym", "exact"),
        ("382", "CA1", "id", "exact"),
        ("Field CA1", "CA1", "name", "exact"),
        ("thalamus", "TH", "name", "exact"),
        ("primary visual", "VISp", "name", "prefix"),
        ("visual primary area", "VISp", "name", "words"),
        ("Thalamuss", "TH", "name", "fuzzy"),
        ("talamus", "TH", "name", "fuzzy"),
        ("hipocampal formaton", "HPF", "name", "fuzzy"),
        ("THÁLAMUS", "TH", "name", "exact"),
        ("left thalamus", "TH", "name", "exact"),
        ("caudoput", "CP", "name", "prefix"),
    ],
)
def test_it_ranks(mouse: RegionIndex, text: str, first: str, field: str, kind: str) -> None:
    hit = mouse.search(text)[0]
    assert (hit.region.acronym, hit.field, hit.kind) == (first, field, kind)
    assert hit.text


def small() -> Terminology:
    return build_terminology([
        {"id": 1, "acronym": "Cd", "name": "Nucleus caudatus", "synonyms": "caudate|tail nucleus"},
        {"id": 2, "acronym": "tail", "name": "Something else"},
        {"id": 3, "acronym": "x", "name": "The tail of it all"},
        {"id": 4, "acronym": "Am.L", "name": "Amygdala", "hemisphere": "L", "synonyms": "corpus amygdaloideum"},
        {"id": 5, "acronym": "Am.R", "name": "Amygdala", "hemisphere": "R"},
        {"id": 6, "acronym": "Ér", "name": "Área érectile"},
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("tail", [2, 3, 1]),  # acronym, then words, then synonyms
        ("caudate", [1]),
        ("amygdala left", [4]),
        ("R amygdala", [5]),
        ("amigdala rh", [5]),
        ("area erectile", [6]),
        ("er", [6]),
        ("L", [4]),  # a letter alone is no side
        ("", []),
        ("zzzzzz", []),
    ],
)
def test_the_order_of_reasons(text: str, ids: list[int]) -> None:
    found = [h.region.id for h in RegionIndex(small()).search(text)]
    assert found[: len(ids)] == ids
    assert bool(found) == bool(ids)


def test_parcellations_are_merged_by_rank(mouse: RegionIndex) -> None:
    other = RegionIndex(build_terminology([{"id": 1, "acronym": "CA1sp", "name": "CA1"}]))
    hits = best_first(
        [(h, "a") for h in mouse.search("CA1")] + [(h, "b") for h in other.search("CA1")]
    )
    assert [(h.region.acronym, place) for h, place in hits[:2]] == [("CA1", "a"), ("CA1sp", "b")]
