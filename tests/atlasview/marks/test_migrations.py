"""A database of every released schema is brought to the newest, with all that lies in it."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from atlasview.marks import schema
from atlasview.marks.annotation import read_annotation
from atlasview.marks.database import Database
from atlasview.marks.gathered import Gatherer
from atlasview.marks.items import ItemStore, Wanted

OLD = {"type": "point", "points": [[1, 2, 3]], "label": "old", "text": "", "color": "#0102ff", "tags": [], "author": "", "properties": {"score": 2}, "region": {"id": 37, "acronym": "P", "name": "p", "ancestors": []}, "created": "2026-01-01T00:00:00.000Z"}  # fmt: skip


@pytest.mark.parametrize("old", ["0001"])
def test_from_every_schema_to_the_newest(
    url: str, old: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Database(url)
    with monkeypatch.context() as then:
        then.setattr(schema, "NEWEST", old)
        then.setattr(schema.upgrade, "__defaults__", (old,))
        before.prepare()
        with before.write():
            pass
    with before.write() as connection:
        connection.execute(text("INSERT INTO atlasview_annotation_sets VALUES ('s', 'h', 'h', 'readable', 'x', 3, 1, 1, NULL, 't', 't', :doc)"), {"doc": json.dumps({"title": "A set", "text": "", "author": "", "atlas": None, "parcellation": None})})  # fmt: skip
        row = "INSERT INTO atlasview_annotation_versions (set_id, seq, item_id, revision, action, author, at, live, place, step, content, undone, type, regions, tags, x0, y0, z0, x1, y1, z1, doc) VALUES ('s', :seq, :item, 1, 'create', '', 't', :live, :seq, :seq, :seq, :no, 'point', '', '', 1, 2, 3, 1, 2, 3, :doc)"
        connection.execute(text(row), {"seq": 2, "item": "a", "live": True, "no": False, "doc": json.dumps(OLD)})  # fmt: skip
        connection.execute(text(row), {"seq": 3, "item": "b", "live": False, "no": False, "doc": None})  # fmt: skip
    before.close()
    database = Database(url)
    database.prepare()
    with database.read() as connection:
        assert schema.version(connection) == schema.NEWEST
    found = ItemStore(database).page("s", None, Wanted(), 10).items
    assert [i["label"] for i in found] == ["old"]
    assert read_annotation(found[0]).color == "#0102ff"
    _, marks = Gatherer(database).gather("s", None, "point", None)
    assert marks.colors.tolist() == [0x0102FF]
    assert marks.regions.tolist() == [37]
    assert marks.numbers.tolist() == [[2.0]]
    database.close()
