"""Steps taken back and done again: always new steps, so that nothing is ever erased."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, update

from atlasview.errors import NotFoundError, RepeatedError
from atlasview.marks.changes import Change, add_changes, newest_of_step
from atlasview.marks.rows import Row, all_rows
from atlasview.marks.tables import versions

_BACK_AND_FORTH = ("undo", "redo")


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was taken.

    Parameters
    ----------
    of : int or None
        The step it undoes or redoes.
    rows : sequence of mapping
    """

    of: int | None
    rows: Sequence[Mapping[str, Any]]


def undo_step(connection: Connection, set_id: str, author: str | None, *, redo: bool) -> Step:
    """Take back the last step, or the last taking back.

    Raises
    ------
    NotFoundError
        There is none.
    RepeatedError
        Somebody changed one of its annotations since.
    """
    mine = versions.c.set_id == set_id
    if author is not None:
        mine &= versions.c.author == author
    edits = versions.c.action.not_in(_BACK_AND_FORTH)
    if redo:
        last = _last(connection, mine & (versions.c.action == "undo") & ~versions.c.undone)
        edited = _last(connection, mine & edits)
        if last is None or (edited is not None and edited > last):
            raise NotFoundError("step to do again", author if author is not None else "in this set")
    else:
        last = _last(connection, mine & edits & ~versions.c.undone)
        if last is None:
            raise NotFoundError("step to undo", author if author is not None else "in this set")
    taken = _rows(connection, set_id, _step_of(connection, set_id, last))
    target = taken[0]["of_step"] if redo else taken[0]["step"]
    now_there = {r["item_id"]: r for r in newest_of_step(connection, set_id, taken[0]["step"])}
    for row in taken:
        if now_there[row["item_id"]]["content"] != row["content"]:
            raise RepeatedError(
                "Somebody changed an annotation of this step since; restore it from its history."
            )
    if redo:
        wanted = {r["item_id"]: r for r in _rows(connection, set_id, target)}
    else:
        wanted = _before(connection, set_id, taken)
    changes = []
    for row in reversed(taken):
        then = wanted.get(row["item_id"])
        changes.append(
            Change(
                "redo" if redo else "undo",
                json.loads(then["doc"]) if then is not None and then["doc"] is not None else None,
                now_there[row["item_id"]],
                then["content"] if then is not None else None,
                target,
            )
        )
    rows = add_changes(connection, set_id, author or taken[0]["author"], changes)
    _mark(connection, set_id, taken[0]["step"], undone=True)
    if redo:
        _mark(connection, set_id, target, undone=False)
    return Step(target, rows)


def rewind(connection: Connection, set_id: str, revision: int, author: str) -> Step:
    """Bring a whole set back to what it was at a revision."""
    touched = (
        select(versions.c.item_id)
        .where(versions.c.set_id == set_id, versions.c.seq > revision)
        .distinct()
    )

    def last(*more: ColumnElement[bool]) -> dict[str, Row]:
        found = (
            select(versions.c.item_id, func.max(versions.c.revision).label("last"))
            .where(versions.c.set_id == set_id, versions.c.item_id.in_(touched), *more)
            .group_by(versions.c.item_id)
            .subquery()
        )
        asked = select(versions).join(
            found,
            (versions.c.item_id == found.c.item_id) & (versions.c.revision == found.c.last),
        )
        rows = all_rows(connection, asked.where(versions.c.set_id == set_id))
        return {r["item_id"]: r for r in rows}

    there, then = last(), last(versions.c.seq <= revision)
    changes = []
    for name, row in sorted(there.items(), key=lambda pair: int(pair[1]["place"])):
        old = then.get(name)
        doc = old["doc"] if old is not None else None
        if (doc is None and row["doc"] is None) or (
            old is not None and old["content"] == row["content"]
        ):
            continue
        content = old["content"] if old is not None and doc is not None else None
        changes.append(
            Change("restore", json.loads(doc) if doc is not None else None, row, content)
        )
    return Step(None, add_changes(connection, set_id, author, changes) if changes else [])


def _last(connection: Connection, condition: ColumnElement[bool]) -> int | None:
    found: int | None = connection.execute(
        select(func.max(versions.c.seq)).where(condition)
    ).scalar()
    return found


def _step_of(connection: Connection, set_id: str, seq: int) -> int:
    found: int = connection.execute(
        select(versions.c.step).where(versions.c.set_id == set_id, versions.c.seq == seq)
    ).scalar_one()
    return found


def _rows(connection: Connection, set_id: str, step: int) -> Sequence[Row]:
    return all_rows(
        connection,
        select(versions)
        .where(versions.c.set_id == set_id, versions.c.step == step)
        .order_by(versions.c.seq),
    )


def _before(connection: Connection, set_id: str, taken: Sequence[Row]) -> dict[str, Row]:
    """Return what each annotation of a step was before it."""
    changed = versions.alias("changed")
    asked = select(versions).join(
        changed,
        (changed.c.set_id == versions.c.set_id)
        & (changed.c.item_id == versions.c.item_id)
        & (changed.c.revision == versions.c.revision + 1),
    )
    rows = all_rows(
        connection, asked.where(changed.c.set_id == set_id, changed.c.step == taken[0]["step"])
    )
    return {r["item_id"]: r for r in rows}


def _mark(connection: Connection, set_id: str, step: int, *, undone: bool) -> None:
    connection.execute(
        update(versions)
        .where(versions.c.set_id == set_id, versions.c.step == step)
        .values(undone=undone)
    )
