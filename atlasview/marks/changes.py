"""Changes of annotations as rows that are only ever added: the one place that writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from atlasview.marks.annotation import Annotation
from atlasview.marks.clock import now
from atlasview.marks.keys import new_id
from atlasview.marks.rows import Row, all_rows, first_row
from atlasview.marks.shapes import bounds_of
from atlasview.marks.tables import sets, versions

_BOUNDS = ("x0", "y0", "z0", "x1", "y1", "z1")
#: Rows sent to the database at a time.
_ROWS = 2000


@dataclass(frozen=True, slots=True)
class Change:
    """One change to be added.

    Parameters
    ----------
    action : str
        ``create``, ``update``, ``delete``, ``restore``, ``import``, ``undo`` or ``redo``.
    doc : mapping or None
        The annotation from now on; None deletes it.
    before : mapping or None
        The row that is the annotation now, None where there is none yet.
    content : int or None
        The change that first had this content; None when this is the first.
    of_step : int or None
        The step that this undoes or redoes.
    """

    action: str
    doc: Mapping[str, Any] | None
    before: Mapping[str, Any] | None = None
    content: int | None = None
    of_step: int | None = None


def add_changes(
    connection: Connection, set_id: str, author: str, changes: Sequence[Change]
) -> list[dict[str, Any]]:
    """Add changes to a set as one step, in order, and return their rows.

    The caller has locked the set's row, or holds the only writing transaction.
    """
    moment = now()
    alive = sum((c.doc is not None) - _is_alive(c.before) for c in changes)
    last: int = connection.execute(
        update(sets)
        .where(sets.c.id == set_id)
        .values(revision=sets.c.revision + len(changes), count=sets.c.count + alive, updated=moment)
        .returning(sets.c.revision)
    ).scalar_one()
    step = last - len(changes) + 1
    rows = [
        _row(set_id, step + i, step, author, moment, change) for i, change in enumerate(changes)
    ]
    superseded = [c.before["seq"] for c in changes if c.before is not None]
    for first in range(0, len(superseded), 500):
        connection.execute(
            update(versions)
            .where(versions.c.set_id == set_id, versions.c.seq.in_(superseded[first : first + 500]))
            .values(live=False)
        )
    for first in range(0, len(rows), _ROWS):
        connection.execute(insert(versions), rows[first : first + _ROWS])
    return rows


def newest(connection: Connection, set_id: str, item_id: str) -> Row | None:
    """Return the last row of an annotation, also of a deleted one."""
    return first_row(
        connection,
        select(versions)
        .where(versions.c.set_id == set_id, versions.c.item_id == item_id)
        .order_by(versions.c.revision.desc())
        .limit(1),
    )


def at_revision(connection: Connection, set_id: str, item_id: str, revision: int) -> Row | None:
    """Return one row of an annotation's history."""
    return first_row(
        connection,
        select(versions).where(
            versions.c.set_id == set_id,
            versions.c.item_id == item_id,
            versions.c.revision == revision,
        ),
    )


def newest_of_step(connection: Connection, set_id: str, step: int) -> list[Row]:
    """Return the last rows of all annotations that a step changed."""
    touched = select(versions.c.item_id).where(versions.c.set_id == set_id, versions.c.step == step)
    last = (
        select(versions.c.item_id, func.max(versions.c.revision).label("last"))
        .where(versions.c.set_id == set_id, versions.c.item_id.in_(touched))
        .group_by(versions.c.item_id)
        .subquery()
    )
    asked = select(versions).join(
        last, (versions.c.item_id == last.c.item_id) & (versions.c.revision == last.c.last)
    )
    return all_rows(connection, asked.where(versions.c.set_id == set_id))


def document(annotation: Annotation, region: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what is kept of an annotation: what its author says, and its region."""
    return {**annotation.written(), "region": dict(region) if region else None}


def drawn_by(doc: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the columns that an annotation is drawn by."""
    color, region, numbers = (
        (doc.get("color"), doc.get("region"), doc.get("properties")) if doc else (None, None, None)
    )
    return {
        "color": int(color[1:], 16) if color else None,
        "region_id": region["id"] if region else None,
        "numbers": json.dumps(numbers) if numbers else None,
    }


def lines(words: Sequence[object]) -> str:
    """Return words as text in which each can be found whole: JSON has no line breaks of its own."""
    return "\n".join(["", *(json.dumps(str(w)) for w in words), ""]) if words else ""


def line(word: str) -> str:
    """Return a word as `lines` holds it."""
    return f"\n{json.dumps(word)}\n"


def _is_alive(row: Mapping[str, Any] | None) -> int:
    return int(row is not None and row["doc"] is not None)


def _row(
    set_id: str, seq: int, step: int, author: str, moment: str, change: Change
) -> dict[str, Any]:
    doc, before = change.doc, change.before
    created = json.loads(before["doc"])["created"] if before and before["doc"] else moment
    found: dict[str, Any] = {
        "set_id": set_id,
        "seq": seq,
        "item_id": new_id() if before is None else before["item_id"],
        "revision": 1 if before is None else before["revision"] + 1,
        "action": change.action,
        "author": author,
        "at": moment,
        "live": doc is not None,
        "place": seq if before is None else before["place"],
        "step": step,
        "of_step": change.of_step,
        "content": seq if change.content is None else change.content,
        "undone": False,
        "type": "",
        "regions": "",
        "tags": "",
        **dict.fromkeys((*_BOUNDS, *drawn_by(None))),
        "doc": None,
    }
    if doc is not None:
        region = doc.get("region")
        above = [*region["ancestors"], region] if region else []
        corners = bounds_of(doc["type"], doc["points"]).ravel().tolist()
        found |= {
            "type": doc["type"],
            "regions": lines([word for r in above for word in (r["id"], r["acronym"])]),
            "tags": lines(doc["tags"]),
            **dict(zip(_BOUNDS, corners, strict=True)),
            **drawn_by(doc),
            "doc": json.dumps({**doc, "created": doc.get("created") or created}),
        }
    return found
