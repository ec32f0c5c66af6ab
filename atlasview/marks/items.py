"""Annotations in the database: every change kept, none written over unseen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from atlasview.errors import GoneError, NotFoundError, TooLargeError
from atlasview.marks.annotation import Annotation
from atlasview.marks.changes import (
    Change,
    add_changes,
    at_revision,
    document,
    line,
    newest,
)
from atlasview.marks.database import Database
from atlasview.marks.history import Step, rewind, undo_step
from atlasview.marks.requests import Once, done_once
from atlasview.marks.rights import check_mark, check_own, check_read
from atlasview.marks.rows import Row, all_rows
from atlasview.marks.sets import check_expected, set_row
from atlasview.marks.shapes import measures_of
from atlasview.marks.tables import versions

Placed = tuple[Annotation, Mapping[str, Any] | None]
#: Annotations in one set.
MOST_ITEMS = 5_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which annotations of a set.

    Parameters
    ----------
    region : str or None
        Id or acronym of a region; all below it count.
    tag, type : str or None
    box : tuple of six floats or None
        x0, y0, z0, x1, y1, z1 in mm: what reaches into it.
    """

    region: str | None = None
    tag: str | None = None
    type: str | None = None
    box: tuple[float, float, float, float, float, float] | None = None

    def conditions(self, dialect: str) -> list[ColumnElement[bool]]:
        """Return the same in SQL."""
        find = func.instr if dialect == "sqlite" else func.strpos
        found: list[ColumnElement[bool]] = []
        if self.region is not None:
            found.append(find(versions.c.regions, line(self.region)) > 0)
        if self.tag is not None:
            found.append(find(versions.c.tags, line(self.tag)) > 0)
        if self.type is not None:
            found.append(versions.c.type == self.type)
        if self.box is not None:
            for axis, low, high in zip("xyz", self.box[:3], self.box[3:], strict=True):
                found.append(versions.c[f"{axis}0"] <= high)
                found.append(versions.c[f"{axis}1"] >= low)
        return found


@dataclass(frozen=True, slots=True)
class Page:
    """Some of a list.

    Parameters
    ----------
    items : list of dict
    next : int or None
        `after` of the next page.
    revision : int
        Of the set, when it was read: what changed later is told from there on.
    """

    items: list[dict[str, Any]]
    next: int | None
    revision: int


class ItemStore:
    """The annotations of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, set_id: str, key: str | None, placed: Sequence[Placed], *, author: str | None = None,
        once: Once | None = None,
    ) -> list[dict[str, Any]]:  # fmt: skip
        """Add annotations in one step, all or none.

        Parameters
        ----------
        set_id : str
        key : str or None
        placed : sequence of (Annotation, region)
        author : str, optional
            Who adds them; the author of the first when not said.
        once : Once, optional

        Raises
        ------
        NotFoundError, GoneError, ForbiddenError, TooLargeError, RepeatedError
        """

        def do(connection: Connection, row: Row) -> dict[str, Any]:
            rows = _added(connection, row, placed, author, "create")
            return {"items": [told(r) for r in rows]}

        found: list[dict[str, Any]] = self._change(set_id, key, once, do)["items"]
        return found

    def import_all(
        self, set_id: str, key: str | None, placed: Sequence[Placed], *, author: str | None = None,
        once: Once | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Add many annotations in one step, and tell how many instead of which.

        Raises
        ------
        NotFoundError, GoneError, ForbiddenError, TooLargeError, RepeatedError
        """

        def do(connection: Connection, row: Row) -> dict[str, Any]:
            rows = _added(connection, row, placed, author, "import")
            revision = rows[-1]["seq"] if rows else row["revision"]
            return {"imported": len(rows), "revision": revision}

        return self._change(set_id, key, once, do)

    def replace(
        self, set_id: str, item_id: str, key: str | None, expected: int | None, placed: Placed, *,
        author: str | None = None, once: Once | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Write an annotation anew.

        Raises
        ------
        NotFoundError, GoneError, ForbiddenError, ConflictError, RepeatedError
        """

        def do(connection: Connection, _: Row) -> dict[str, Any]:
            before = _alive(connection, set_id, item_id)
            check_expected("annotation", expected, before["revision"], told(before))
            who = author if author is not None else placed[0].author
            change = Change("update", document(*placed), before)
            return told(add_changes(connection, set_id, who, [change])[0])

        return self._change(set_id, key, once, do)

    def remove(
        self, set_id: str, item_id: str, key: str | None, expected: int | None, *,
        author: str = "", once: Once | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Delete an annotation; its history stays.

        Raises
        ------
        NotFoundError, GoneError, ForbiddenError, ConflictError, RepeatedError
        """

        def do(connection: Connection, _: Row) -> dict[str, Any]:
            before = _alive(connection, set_id, item_id)
            check_expected("annotation", expected, before["revision"], told(before))
            row = add_changes(connection, set_id, author, [Change("delete", None, before)])[0]
            return {"id": item_id, "revision": row["revision"], "seq": row["seq"]}

        return self._change(set_id, key, once, do)

    def restore(
        self, set_id: str, item_id: str, key: str | None, expected: int | None, revision: int, *,
        author: str = "", once: Once | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Bring an earlier revision of an annotation back, also of a deleted one.

        Raises
        ------
        NotFoundError, GoneError, ForbiddenError, ConflictError, RepeatedError
        """

        def do(connection: Connection, _: Row) -> dict[str, Any]:
            before = newest(connection, set_id, item_id)
            if before is None:
                raise NotFoundError("annotation", item_id)
            check_expected(
                "annotation", expected, before["revision"], told(before) if before["doc"] else None
            )
            then = at_revision(connection, set_id, item_id, revision)
            if then is None or then["doc"] is None:
                raise NotFoundError("revision of the annotation", revision)
            change = Change("restore", json.loads(then["doc"]), before, then["content"])
            return told(add_changes(connection, set_id, author, [change])[0])

        return self._change(set_id, key, once, do)

    def rewind(
        self, set_id: str, key: str | None, revision: int, author: str = "",
        once: Once | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Bring the whole set back to what it was at a revision, as a new step.

        Raises
        ------
        NotFoundError, GoneError, ForbiddenError, RepeatedError
        """

        def do(connection: Connection, row: Row) -> dict[str, Any]:
            check_own(row, key, "bring the whole set back")
            if not 1 <= revision <= row["revision"]:
                raise NotFoundError("revision of the set", revision)
            return _told_step(rewind(connection, set_id, revision, author), row["revision"])

        return self._change(set_id, key, once, do)

    def undo(
        self, set_id: str, key: str | None, author: str | None, *, redo: bool = False,
        once: Once | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Take the last step back, or do it again, as a new step.

        Parameters
        ----------
        author : str or None
            Whose last step; anybody's when None.

        Raises
        ------
        NotFoundError, GoneError, ForbiddenError, RepeatedError
            RepeatedError: somebody changed the same annotation since.
        """

        def do(connection: Connection, row: Row) -> dict[str, Any]:
            step = undo_step(connection, set_id, author, redo=redo)
            return _told_step(step, row["revision"])

        return self._change(set_id, key, once, do)

    def get(self, set_id: str, item_id: str, key: str | None) -> dict[str, Any]:
        """Return an annotation.

        Raises
        ------
        NotFoundError, GoneError, ForbiddenError
        """
        with self._database.read() as connection:
            check_read(set_row(connection, set_id), key)
            return told(_alive(connection, set_id, item_id))

    def page(
        self, set_id: str, key: str | None, wanted: Wanted, limit: int, after: int = 0
    ) -> Page:
        """Return annotations in the order in which they were made.

        Raises
        ------
        NotFoundError, GoneError, ForbiddenError
        """
        with self._database.read() as connection:
            row = set_row(connection, set_id)
            check_read(row, key)
            rows = _listed(connection, set_id, wanted, limit + 1, after)
        more = len(rows) > limit
        return Page(
            [told(r) for r in rows[:limit]],
            rows[limit - 1]["place"] if more else None,
            row["revision"],
        )

    def every(self, set_id: str, key: str | None, wanted: Wanted) -> Iterator[dict[str, Any]]:
        """Return all annotations, a page in memory at a time.

        Raises
        ------
        NotFoundError, GoneError, ForbiddenError
        """
        after: int | None = 0
        while after is not None:
            page = self.page(set_id, key, wanted, 5000, after)
            yield from page.items
            after = page.next

    def history(
        self, set_id: str, key: str | None, limit: int, before: int | None = None,
        item_id: str | None = None,
    ) -> tuple[list[dict[str, Any]], int | None]:  # fmt: skip
        """Return changes of a set or of one annotation, the newest first.

        Returns
        -------
        list of dict, and int or None
            `before` of the next page.

        Raises
        ------
        NotFoundError, GoneError, ForbiddenError
        """
        asked = select(versions).where(versions.c.set_id == set_id)
        if item_id is not None:
            asked = asked.where(versions.c.item_id == item_id)
        if before is not None:
            asked = asked.where(versions.c.seq < before)
        with self._database.read() as connection:
            check_read(set_row(connection, set_id), key)
            rows = all_rows(connection, asked.order_by(versions.c.seq.desc()).limit(limit + 1))
        if item_id is not None and not rows and before is None:
            raise NotFoundError("annotation", item_id)
        more = len(rows) > limit
        return [told_change(r) for r in rows[:limit]], rows[limit - 1]["seq"] if more else None

    def since(self, set_id: str, seq: int, limit: int) -> list[dict[str, Any]]:
        """Return the changes after a revision of a set, in order."""
        with self._database.read() as connection:
            rows = all_rows(
                connection,
                select(versions)
                .where(versions.c.set_id == set_id, versions.c.seq > seq)
                .order_by(versions.c.seq)
                .limit(limit),
            )
            return [told_change(r) for r in rows]

    def _change(
        self,
        set_id: str,
        key: str | None,
        once: Once | None,
        do: Callable[[Connection, Row], dict[str, Any]],
    ) -> dict[str, Any]:
        with self._database.write() as connection:
            row = set_row(connection, set_id, lock=True)
            check_mark(row, key)
            return done_once(connection, set_id, once, lambda: do(connection, row))


def told(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return an annotation as JSON has it."""
    doc = json.loads(row["doc"])
    created = doc.pop("created")
    return {
        "id": row["item_id"], "revision": row["revision"], "seq": row["seq"], **doc,
        "measures": measures_of(doc["type"], doc["points"]),
        "created": created, "updated": row["at"],
    }  # fmt: skip


def told_change(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a change as JSON has it."""
    return {
        "revision": row["seq"], "action": row["action"], "author": row["author"], "at": row["at"],
        "step": row["step"], "item": row["item_id"], "item_revision": row["revision"],
        "annotation": told(row) if row["doc"] is not None else None,
    }  # fmt: skip


def _told_step(step: Step, revision: int) -> dict[str, Any]:
    return {
        "revision": step.rows[-1]["seq"] if step.rows else revision,
        "of": step.of,
        "changes": [told_change(r) for r in step.rows],
    }


def _added(
    connection: Connection, row: Row, placed: Sequence[Placed], author: str | None, action: str
) -> list[dict[str, Any]]:
    count = row["count"] + len(placed)
    if count > MOST_ITEMS:
        raise TooLargeError("set", count, MOST_ITEMS, "annotations")
    if not placed:
        return []
    who = author if author is not None else placed[0][0].author
    changes = [Change(action, document(a, region)) for a, region in placed]
    return add_changes(connection, row["id"], who, changes)


def _alive(connection: Connection, set_id: str, item_id: str) -> Row:
    row = newest(connection, set_id, item_id)
    if row is None:
        raise NotFoundError("annotation", item_id)
    if row["doc"] is None:
        raise GoneError(
            "annotation",
            item_id,
            f"was deleted; its history holds it, at revision {row['revision'] - 1}",
        )
    return row


def _listed(
    connection: Connection, set_id: str, wanted: Wanted, limit: int, after: int
) -> Sequence[Row]:
    return all_rows(
        connection,
        select(versions)
        .where(
            versions.c.set_id == set_id,
            versions.c.live,
            versions.c.place > after,
            *wanted.conditions(connection.dialect.name),
        )
        .order_by(versions.c.place)
        .limit(limit),
    )
