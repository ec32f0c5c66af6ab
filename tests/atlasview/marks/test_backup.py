"""Everything goes into one file and comes back, also from one kind of database to the other."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from atlasview.errors import LibraryError
from atlasview.marks.annotation import read_annotation
from atlasview.marks.backup import backup, restore
from atlasview.marks.database import Database, default_url
from atlasview.marks.items import ItemStore
from atlasview.marks.schema import NEWEST
from atlasview.marks.sets import SetDraft, SetStore
from atlasview.marks.tables import metadata
from atlasview.marks.views import ViewDraft, ViewStore


def rows(database: Database) -> dict[str, list[Any]]:
    with database.read() as connection:
        return {
            t.name: [tuple(r) for r in connection.execute(t.select().order_by(*t.primary_key.columns))]
            for t in metadata.sorted_tables
        }  # fmt: skip


@pytest.fixture
def filled(database: Database) -> Database:
    ViewStore(database).create(ViewDraft("ü 🧠\u202e", "", "", {"layers": []}, {}))
    made = SetStore(database).create(SetDraft("A set", "s"))
    items = ItemStore(database)
    one = items.add(made.id, made.edit_key, [(read_annotation({"type": "point", "points": [[0.1, 1e-9, -3]]}), None)] * 1500)[0]  # fmt: skip
    items.remove(made.id, one["id"], made.edit_key, 1)
    return database


def test_a_backup_comes_back_in_either_database(filled: Database, tmp_path: Path) -> None:
    file = tmp_path / "marks.gz"
    total = sum(map(len, rows(filled).values()))
    told: list[tuple[int, int]] = []
    assert backup(filled, file, lambda done, of: told.append((done, of))) == total
    assert told == [(n, total) for n in range(1000, total + 1, 1000)]
    other = Database(default_url(tmp_path / "other"))
    told.clear()
    assert restore(other, file, lambda done, of: told.append((done, of))) == total
    assert 1000 <= told[-1][0] <= total == told[-1][1]
    assert rows(other) == rows(filled)
    with pytest.raises(LibraryError, match="empty"):
        restore(other, file)
    other.close()


def test_from_sqlite_to_the_database_at_hand(database: Database, tmp_path: Path) -> None:
    here = Database(default_url(tmp_path / "here"))
    ViewStore(here).create(ViewDraft("x", "", "", {"layers": []}, {}))
    backup(here, tmp_path / "marks.gz")
    restore(database, tmp_path / "marks.gz")
    assert rows(database) == rows(here)
    here.close()


def test_a_damaged_backup_leaves_nothing(
    filled: Database, database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "marks.gz"
    backup(filled, file)
    text = gzip.decompress(file.read_bytes())
    other = Database(default_url(tmp_path / "elsewhere"))
    broken = {
        "cut": file.read_bytes()[:-40],
        "short": gzip.compress(b"\n".join(text.splitlines()[:-2])),
        "other": gzip.compress(b'{"format": "something"}\n'),
        "table": gzip.compress(text.replace(b"atlasview_views", b"atlasview_what", 1)),
        "newer": gzip.compress(text.replace(f'"{NEWEST}"'.encode(), b'"9999"', 1)),
        "plain": b"no gzip",
    }
    for name, body in broken.items():
        (tmp_path / name).write_bytes(body)
        with pytest.raises(LibraryError):
            restore(other, tmp_path / name)
        assert not any(rows(other).values()), name
    with pytest.raises(LibraryError, match="no such file"):
        restore(other, tmp_path / "none")
    with pytest.raises(LibraryError, match="cannot be written"):
        backup(filled, tmp_path / "no" / "folder")
    other.close()
