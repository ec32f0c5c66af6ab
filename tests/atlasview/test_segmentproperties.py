"""A region table as segment properties."""

from __future__ import annotations

from atlasview.atlas import Region, Terminology
from atlasview.segmentproperties import make_segment_properties


def test_segment_properties_tag_ancestors() -> None:
    regions = (
        Region(1, "root", "Whole brain", (0, 0, 0), None, (1,), None),
        Region(2, "Hip pocampus,", "Hippocampus", (0, 0, 0), 1, (1, 2), None),
        Region(3, "CA1", "Field CA1", (0, 0, 0), 2, (1, 2, 3), 30, "left"),
        Region(4, "ROOT", "Another", (0, 0, 0), 1, (1, 4), 10),
        Region(5, "#x", "Below another", (0, 0, 0), 4, (1, 4, 5), 20, "right"),
        Region(6, "minus", "Minus", (0, 0, 0), 1, (1, 6), -4),
    )
    found = make_segment_properties(Terminology(regions))
    assert found["@type"] == "neuroglancer_segment_properties"
    inline = found["inline"]
    assert inline["ids"] == ["10", "20", "30"]
    label, description, tags = inline["properties"]
    assert label["values"] == ["Another", "Below another", "Field CA1"]
    assert description["values"] == ["ROOT", "#x", "CA1"]
    named = [[tags["tags"][i] for i in v] for v in tags["values"]]
    assert named == [["root"], ["root", "ROOT_4", "right"], ["root", "Hip_pocampus_", "left"]]
    assert all(v == sorted(v) for v in tags["values"])
    assert len({t.casefold() for t in tags["tags"]}) == len(tags["tags"])
    assert len(tags["tag_descriptions"]) == len(tags["tags"])
