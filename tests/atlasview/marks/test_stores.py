"""Views and annotations in the database: revisions, keys, history, undo, writers at once."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text

from atlasview.errors import (
    ConflictError,
    ForbiddenError,
    GoneError,
    LibraryError,
    NotFoundError,
    RepeatedError,
    StoreUnavailableError,
)
from atlasview.marks import schema
from atlasview.marks.annotation import read_annotation
from atlasview.marks.database import Database, default_url
from atlasview.marks.items import ItemStore, Placed, Wanted
from atlasview.marks.requests import Once
from atlasview.marks.sets import MadeSet, SetDraft, SetStore
from atlasview.marks.tables import metadata
from atlasview.marks.views import ViewDraft, ViewStore

STATE = {"version": 1, "camera": {"at": [0, 0, 0], "zoom": 1}}
PUTAMEN = {"id": 37, "acronym": "L.putamen", "name": "left putamen", "ancestors": [{"id": 1000, "acronym": "brain", "name": "brain"}]}  # fmt: skip


def draft(title: str = "A view", **more: Any) -> ViewDraft:
    return ViewDraft(title, "words", "me", STATE, {}, **more)


def point(x: float = 0, *, region: dict[str, Any] | None = None, **more: Any) -> Placed:
    return read_annotation({"type": "point", "points": [[x, 0, 0]], **more}), region


@pytest.fixture
def sets(database: Database) -> SetStore:
    return SetStore(database)


@pytest.fixture
def items(database: Database) -> ItemStore:
    return ItemStore(database)


@pytest.fixture
def views(database: Database) -> ViewStore:
    return ViewStore(database)


@pytest.fixture
def made(sets: SetStore) -> MadeSet:
    return sets.create(SetDraft("A set", "somewhere"))


def test_the_schema_is_what_the_migrations_make(database: Database, url: str) -> None:
    with database.write() as connection:
        assert schema.version(connection) == schema.NEWEST
        found = inspect(connection)
        for table in metadata.tables.values():
            columns = {c["name"]: c["nullable"] for c in found.get_columns(table.name)}
            assert columns == {c.name: c.nullable for c in table.columns}
            indexes = {i["name"] for i in found.get_indexes(table.name)}
            assert {i.name for i in table.indexes} <= indexes


def test_many_open_a_new_database_at_once(url: str) -> None:
    errors: list[BaseException] = []

    def work() -> None:
        database = Database(url)
        try:
            ViewStore(database).create(draft())
        except BaseException as exc:
            errors.append(exc)
        finally:
            database.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    database = Database(url)
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM atlasview_views")).scalar() == 6
    database.close()


def test_a_newer_database_is_refused_and_left_alone(database: Database, url: str) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE atlasview_schema SET version_num = '9999'"))
    other = Database(url)
    with pytest.raises(LibraryError, match="newer AtlasView"):
        other.prepare()
    other.close()


def test_reading_makes_no_file(tmp_path: Path) -> None:
    database = Database(default_url(tmp_path))
    with pytest.raises(NotFoundError):
        ViewStore(database).get("nothing")
    database.prepare()
    assert list(tmp_path.iterdir()) == []
    made = ViewStore(database).create(draft())
    assert ViewStore(database).get(made.id).title == "A view"
    database.close()


@pytest.mark.parametrize("address", ["mysql://x/y", "nonsense", "sqlite://", ""])
def test_other_databases_are_refused(address: str) -> None:
    with pytest.raises(LibraryError, match="ATLASVIEW_DATABASE_URL"):
        Database(address)


def test_what_cannot_be_reached_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "marks").write_text("a file where the folder should be")
    database = Database(default_url(tmp_path))
    with pytest.raises(StoreUnavailableError):
        ViewStore(database).create(draft())
    database.close()
    database = Database(f"postgresql://nobody@/none?host={tmp_path}")
    with pytest.raises(StoreUnavailableError):
        ViewStore(database).get("x")
    database.close()


def test_sqlite_syncs_every_commit(tmp_path: Path) -> None:
    database = Database(default_url(tmp_path))
    with database.write() as connection:
        for pragma, expected in (("journal_mode", "wal"), ("synchronous", 2)):
            assert connection.execute(text(f"PRAGMA {pragma}")).scalar() == expected
    database.close()


def test_a_view_keeps_every_revision(views: ViewStore) -> None:
    made = views.create(draft("first"))
    assert len(made.id) == 13
    with pytest.raises(ConflictError) as caught:
        views.revise(made.id, made.key, None, draft("second"))
    assert not caught.value.named
    views.revise(made.id, made.key, 1, draft("second"))
    with pytest.raises(ConflictError) as caught:
        views.revise(made.id, made.key, 1, draft("third"))
    assert caught.value.revision == 2
    assert views.get(made.id).title == "second"
    assert views.get(made.id, 1).title == "first"
    assert [v.revision for v in views.revisions(made.id)] == [2, 1]
    with pytest.raises(NotFoundError):
        views.get(made.id, 3)


def test_only_the_key_opens_a_view(views: ViewStore, database: Database) -> None:
    made, other = views.create(draft()), views.create(draft())
    for key, given in ((None, False), (other.key, True)):
        with pytest.raises(ForbiddenError) as caught:
            views.revise(made.id, key, 1, draft())
        assert caught.value.given is given
        with pytest.raises(ForbiddenError):
            views.revoke(made.id, key)
    with database.read() as connection:
        for table in metadata.tables.values():
            assert made.key not in repr(connection.execute(table.select()).all())


def test_a_revoked_view_is_erased_and_says_so(views: ViewStore, database: Database) -> None:
    made = views.create(draft("a secret"))
    views.revoke(made.id, made.key)
    with pytest.raises(GoneError, match="revoked"):
        views.get(made.id)
    with database.read() as connection:
        for table in metadata.tables.values():
            assert "a secret" not in repr(connection.execute(table.select()).all())


def test_an_expired_view_says_so_and_can_be_extended(views: ViewStore) -> None:
    made = views.create(draft(expires="2020-01-01T00:00:00.000Z"))
    with pytest.raises(GoneError, match="expired on 2020-01-01"):
        views.get(made.id)
    assert [v.id for v in views.page(made.key, 10)[0]] == [made.id]
    assert views.get(made.id, key=made.key).expires == "2020-01-01T00:00:00.000Z"
    with pytest.raises(GoneError):
        views.get(made.id, key="x" * 32)
    views.revise(made.id, made.key, 1, draft(expires="2999-01-01T00:00:00.000Z"))
    assert views.get(made.id).expires == "2999-01-01T00:00:00.000Z"


def test_a_key_lists_its_views(views: ViewStore) -> None:
    first = views.create(draft("0"))
    for i in range(1, 7):
        assert views.create(draft(str(i)), first.key).key == first.key
    views.create(draft("of somebody else"))
    found: list[str] = []
    after = None
    while True:
        page, after = views.page(first.key, 3, after)
        found += [v.title for v in page]
        if after is None:
            break
    assert sorted(found) == [str(i) for i in range(7)]
    assert views.page(None, 10) == ([], None)
    views.create(draft("for all", listed=True))
    assert [v.title for v in views.page(None, 10)[0]] == ["for all"]
    with pytest.raises(ForbiddenError):
        views.create(draft(), "a-key-that-opens-nothing")


def test_annotations_are_listed_in_order_and_filtered(items: ItemStore, made: MadeSet) -> None:
    key = made.edit_key
    items.add(made.id, key, [point(i, region=PUTAMEN if i % 2 else None, tags=['a"b%', "x"] if i < 3 else []) for i in range(10)])  # fmt: skip
    page = items.page(made.id, None, Wanted(), 4)
    assert [i["points"][0][0] for i in page.items] == [0, 1, 2, 3]
    rest = items.page(made.id, None, Wanted(), 100, page.next or 0)
    assert [i["points"][0][0] for i in rest.items] == [4, 5, 6, 7, 8, 9]
    assert rest.next is None
    assert page.revision == 11

    def found(**wanted: Any) -> list[float]:
        return [i["points"][0][0] for i in items.page(made.id, None, Wanted(**wanted), 100).items]

    assert found(region="L.putamen") == found(region="37") == found(region="brain") == [1, 3, 5, 7, 9]  # fmt: skip
    assert found(region="l.putamen") == found(region="3") == found(region="L.putame_") == []
    assert found(tag='a"b%') == found(tag="x") == [0, 1, 2]
    assert found(tag="%") == found(tag=",") == []
    assert found(box=(2, -1, -1, 4, 1, 1)) == [2, 3, 4]
    assert found(type="line") == []
    assert found(region="brain", tag="x") == [1]


def test_history_undo_and_redo(items: ItemStore, sets: SetStore, made: MadeSet) -> None:
    key = made.edit_key
    one, two = items.add(made.id, key, [point(1, author="ann"), point(2, author="ann")])
    items.replace(made.id, one["id"], key, 1, point(10, author="ann"))
    items.remove(made.id, two["id"], key, 1, author="ann")

    def there() -> list[float]:
        return [i["points"][0][0] for i in items.page(made.id, None, Wanted(), 100).items]

    assert there() == [10]
    assert sets.get(made.id).count == 1
    items.undo(made.id, key, "ann")
    assert there() == [10, 2]
    items.undo(made.id, key, "ann")
    assert there() == [1, 2]
    items.undo(made.id, key, "ann")
    assert there() == []
    assert sets.get(made.id).count == 0
    with pytest.raises(NotFoundError):
        items.undo(made.id, key, "ann")
    items.undo(made.id, key, "ann", redo=True)
    assert there() == [1, 2]
    items.undo(made.id, key, "ann", redo=True)
    assert there() == [10, 2]
    items.undo(made.id, key, "ann")
    assert there() == [1, 2]
    items.undo(made.id, key, "ann", redo=True)
    items.undo(made.id, key, "ann", redo=True)
    assert there() == [10]
    with pytest.raises(NotFoundError):
        items.undo(made.id, key, "ann", redo=True)
    history, _ = items.history(made.id, None, 100)
    assert [h["revision"] for h in history] == list(range(history[0]["revision"], 1, -1))
    assert [h["action"] for h in history][-4:] == ["delete", "update", "create", "create"]
    restored = items.restore(made.id, two["id"], key, history_of(items, made, two), 1)
    assert restored["points"] == two["points"]
    assert restored["created"] == two["created"]
    assert there() == [10, 2]


def history_of(items: ItemStore, made: MadeSet, item: dict[str, Any]) -> int:
    found: int = items.history(made.id, None, 1, item_id=item["id"])[0][0]["item_revision"]
    return found


def test_undo_leaves_what_others_changed_since(items: ItemStore, made: MadeSet) -> None:
    key = made.edit_key
    one = items.add(made.id, key, [point(1, author="ann")])[0]
    items.replace(made.id, one["id"], key, 1, point(2, author="bob"))
    with pytest.raises(RepeatedError, match="since"):
        items.undo(made.id, key, "ann")
    items.undo(made.id, key, "bob")
    items.undo(made.id, key, "ann")
    with pytest.raises(GoneError):
        items.get(made.id, one["id"], None)


def test_a_new_step_ends_redo(items: ItemStore, made: MadeSet) -> None:
    key = made.edit_key
    items.add(made.id, key, [point(1)])
    items.undo(made.id, key, None)
    items.add(made.id, key, [point(2)])
    with pytest.raises(NotFoundError):
        items.undo(made.id, key, None, redo=True)


def test_a_set_goes_back_to_any_revision(items: ItemStore, sets: SetStore, made: MadeSet) -> None:
    key = made.edit_key
    first = items.add(made.id, key, [point(i) for i in range(3)])
    then = sets.get(made.id).revision
    items.replace(made.id, first[0]["id"], key, 1, point(9))
    items.remove(made.id, first[1]["id"], key, 1)
    items.add(made.id, key, [point(7)])
    items.rewind(made.id, key, then)
    found = items.page(made.id, None, Wanted(), 100).items
    assert [i["points"][0][0] for i in found] == [0, 1, 2]
    assert sets.get(made.id).count == 3
    items.undo(made.id, key, None)
    found = items.page(made.id, None, Wanted(), 100).items
    assert [i["points"][0][0] for i in found] == [9, 2, 7]


def test_the_loser_is_told(items: ItemStore, made: MadeSet) -> None:
    one = items.add(made.id, made.edit_key, [point(1)])[0]
    items.replace(made.id, one["id"], made.edit_key, 1, point(2))
    with pytest.raises(ConflictError) as caught:
        items.replace(made.id, one["id"], made.edit_key, 1, point(3))
    assert caught.value.revision == 2
    assert caught.value.current is not None
    assert caught.value.current["points"] == [[2, 0, 0]]
    with pytest.raises(ConflictError) as caught:
        items.remove(made.id, one["id"], made.edit_key, None)
    assert not caught.value.named


def test_a_request_sent_again_is_done_once(items: ItemStore, made: MadeSet) -> None:
    once = Once("k1", "what was asked")
    first = items.add(made.id, made.edit_key, [point(1)], once=once)
    assert items.add(made.id, made.edit_key, [point(1)], once=once) == first
    assert len(items.page(made.id, None, Wanted(), 100).items) == 1
    with pytest.raises(RepeatedError):
        items.add(made.id, made.edit_key, [point(1)], once=Once("k1", "something else"))


@pytest.mark.parametrize(
    ("access", "link_reads", "link_marks"),
    [("private", False, False), ("readable", True, False), ("editable", True, True)],
)
def test_rights(
    sets: SetStore, items: ItemStore, access: str, link_reads: bool, link_marks: bool
) -> None:
    made = sets.create(SetDraft("A set", "s", access=access))

    def allowed(key: str | None, what: str) -> bool:
        try:
            if what == "read":
                items.page(made.id, key, Wanted(), 1)
            elif what == "mark":
                items.add(made.id, key, [point()])
            else:
                sets.change(made.id, key, -1, SetDraft("Renamed", "s", access=access))
        except ForbiddenError:
            return False
        return True

    assert allowed(None, "read") is link_reads
    assert allowed(made.read_key, "read")
    assert allowed(made.edit_key, "read")
    assert allowed(None, "mark") is link_marks
    assert allowed(made.read_key, "mark") is link_marks
    assert allowed(made.edit_key, "mark")
    assert not allowed(None, "own")
    assert not allowed(made.read_key, "own")
    assert allowed(made.edit_key, "own")


def test_a_set_taken_away_comes_back(sets: SetStore, items: ItemStore, made: MadeSet) -> None:
    items.add(made.id, made.edit_key, [point()])
    sets.remove(made.id, made.edit_key)
    with pytest.raises(GoneError):
        items.page(made.id, None, Wanted(), 1)
    assert sets.owned(made.edit_key) == []
    assert sets.bring_back(made.id, made.edit_key).count == 1
    assert [s.id for s in sets.owned(made.edit_key)] == [made.id]


def test_writers_at_once_are_all_kept_in_order(url: str, made: MadeSet) -> None:
    """Sixteen writers, each through a connection of its own, on one set."""
    writers, each = 16, 12
    errors: list[BaseException] = []
    kept: list[list[int]] = [[] for _ in range(writers)]

    def work(number: int) -> None:
        database = Database(url)
        try:
            store = ItemStore(database)
            for i in range(each):
                item = store.add(made.id, made.edit_key, [point(number, label=f"{number}/{i}")])[0]
                kept[number].append(item["seq"])
        except BaseException as exc:
            errors.append(exc)
        finally:
            database.close()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    database = Database(url)
    found = list(ItemStore(database).every(made.id, None, Wanted()))
    assert [i["seq"] for i in found] == list(range(2, writers * each + 2))
    for number in range(writers):
        mine = [i["label"] for i in found if i["points"][0][0] == number]
        assert mine == [f"{number}/{i}" for i in range(each)]
        assert kept[number] == sorted(kept[number])
    assert SetStore(database).get(made.id).count == writers * each
    database.close()


def test_a_failed_write_leaves_nothing(database: Database, made: MadeSet) -> None:
    class Stop(Exception):
        pass

    def fail() -> None:
        with database.write() as connection:
            connection.execute(text("DELETE FROM atlasview_annotation_sets"))
            raise Stop

    with pytest.raises(Stop):
        fail()
    assert SetStore(database).get(made.id).id == made.id
