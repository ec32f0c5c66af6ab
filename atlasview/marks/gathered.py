"""Annotations of a set gathered into arrays, and kept in step with what is changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, Select, select

from atlasview.marks.database import Database
from atlasview.marks.gatheredfiles import GatheredFiles
from atlasview.marks.rights import check_read
from atlasview.marks.sets import set_row
from atlasview.marks.spatial import Marks, bounds_around, color_number, region_number
from atlasview.marks.tables import versions

_COLUMNS = (
    versions.c.place, versions.c.live, versions.c.type, versions.c.x0, versions.c.y0,
    versions.c.z0, versions.c.x1, versions.c.y1, versions.c.z1, versions.c.color,
    versions.c.region_id, versions.c.numbers,
)  # fmt: skip
_MOST_NUMBERS = 16
#: More changes than this are not read one by one.
_MOST_CHANGES = 10_000
#: Rows turned into arrays at a time: as rows they are thirty times as large.
_ROWS = 50_000
Gathered = tuple[int, Marks]


class Gatherer:
    """Gather annotations of one database.

    Parameters
    ----------
    database : Database
    files : GatheredFiles, optional
        Where what was gathered outlives the process.
    """

    def __init__(self, database: Database, files: GatheredFiles | None = None) -> None:
        self._database = database
        self._files = files

    def gather(self, set_id: str, key: str | None, kind: str, before: Gathered | None) -> Gathered:
        """Return the annotations of one type, and the set's revision.

        Parameters
        ----------
        set_id : str
        key : str or None
        kind : str
        before : tuple, optional
            What this returned before: then only what changed since is read.

        Raises
        ------
        NotFoundError, GoneError, ForbiddenError
        """
        with self._database.read() as connection:
            row = set_row(connection, set_id)
            check_read(row, key)
            revision: int = row["revision"]
            if before is not None and before[0] == revision:
                return before
            if before is None and self._files is not None:
                before = self._files.read(
                    set_id, kind, lambda then: _seal(connection, set_id, then)
                )
            if before is None or revision - before[0] > _MOST_CHANGES:
                marks = _whole(connection, set_id, kind)
                if self._files is not None:
                    seal = _seal(connection, set_id, revision)
                    self._files.write(set_id, kind, revision, seal, marks)
                return revision, marks
            changed = connection.execute(_asked(set_id, kind, before[0])).all()
            return revision, _merged(before[1], changed, kind)

    def forget(self, set_id: str) -> None:
        """Take away the files of a set that was taken away: brought back, it is gathered anew."""
        if self._files is not None:
            self._files.remove(set_id)

    def types(self, set_id: str) -> list[str]:
        """Return the types of the annotations of a set."""
        asked = select(versions.c.type).where(versions.c.set_id == set_id, versions.c.live)
        with self._database.read() as connection:
            return sorted(connection.execute(asked.distinct()).scalars())


def _seal(connection: Connection, set_id: str, revision: int) -> str:
    """Return what a history has at a revision and no other one: a database may be restored."""
    found = connection.execute(
        select(versions.c.item_id, versions.c.at).where(
            versions.c.set_id == set_id, versions.c.seq == revision
        )
    ).first()
    return f"{found.item_id} {found.at}" if found is not None else ""


def _asked(set_id: str, kind: str, since: int | None = None) -> Select[Any]:
    columns = _COLUMNS if kind == "point" else (*_COLUMNS, versions.c.doc)
    asked = select(*columns).where(versions.c.set_id == set_id)
    if since is None:
        return asked.where(versions.c.live, versions.c.type == kind).order_by(versions.c.place)
    # In the order in which it happened: the last one counts.
    return asked.where(versions.c.seq > since).order_by(versions.c.seq)


def _whole(connection: Connection, set_id: str, kind: str) -> Marks:
    result = connection.execution_options(yield_per=_ROWS).execute(_asked(set_id, kind))
    return _joined(kind, [_marks(kind, rows) for rows in result.partitions()])


def _marks(kind: str, rows: Sequence[Row[Any]]) -> Marks:
    count = len(rows)
    columns = list(zip(*rows, strict=True)) if rows else [()] * (len(_COLUMNS) + 1)
    corners = np.array(columns[3:6], np.float64).reshape(3, count).T
    tops = np.array(columns[6:9], np.float64).reshape(3, count).T
    said = [json.loads(text) if text else {} for text in columns[11]]
    names = tuple(sorted({name for one in said for name in one})[:_MOST_NUMBERS])
    numbers = np.array([[one.get(n, np.nan) for n in names] for one in said], np.float64)
    return Marks(
        type=kind,
        places=np.array(columns[0], np.uint64),
        corners=corners,
        tops=tops,
        shapes=[] if kind == "point" else [_shape(kind, text) for text in columns[12]],
        colors=np.array([color_number(c) for c in columns[9]], np.uint32),
        regions=np.array([region_number(r) for r in columns[10]], np.uint32),
        names=names,
        numbers=numbers.reshape(count, len(names)).astype(np.float32),
        bounds=bounds_around(corners, tops),
    )


def _shape(kind: str, text: str) -> np.ndarray[Any, np.dtype[np.float32]]:
    points = json.loads(text)["points"]
    if kind == "polygon":
        points = [*points, points[0]]
    if kind == "box":
        points = np.sort(np.array(points), axis=0)
    return np.array(points, np.float32).ravel()


def _merged(before: Marks, changed: Sequence[Row[Any]], kind: str) -> Marks:
    last = {row.place: row for row in changed}
    if not last:
        return before
    fresh = _marks(kind, [r for r in last.values() if r.live and r.type == kind])
    kept = np.flatnonzero(~np.isin(before.places, np.array(list(last), np.uint64)))
    return _joined(kind, [_some(before, kept), fresh])


def _some(marks: Marks, which: np.ndarray[Any, np.dtype[np.intp]]) -> Marks:
    return Marks(
        type=marks.type,
        places=marks.places[which],
        corners=marks.corners[which],
        tops=marks.tops[which],
        shapes=[marks.shapes[i] for i in which.tolist()] if len(marks.shapes) else [],
        colors=marks.colors[which],
        regions=marks.regions[which],
        names=marks.names,
        numbers=marks.numbers[which],
        bounds=marks.bounds,
    )


def _joined(kind: str, parts: Sequence[Marks]) -> Marks:
    """Return annotations of several gatherings as one, in the order in which they were made."""
    parts = [m for m in parts if len(m)] or [_marks(kind, [])]
    names = tuple(sorted({name for m in parts for name in m.names})[:_MOST_NUMBERS])
    places = np.concatenate([m.places for m in parts])
    order = np.argsort(places, kind="stable")
    shapes = [shape for m in parts for shape in m.shapes]
    return Marks(
        type=kind,
        places=places[order],
        corners=np.concatenate([m.corners for m in parts])[order],
        tops=np.concatenate([m.tops for m in parts])[order],
        shapes=[shapes[i] for i in order.tolist()] if shapes else [],
        colors=np.concatenate([m.colors for m in parts])[order],
        regions=np.concatenate([m.regions for m in parts])[order],
        names=names,
        numbers=np.concatenate([_renamed(m, names) for m in parts])[order],
        bounds=np.stack(
            [np.min([m.bounds[0] for m in parts], 0), np.max([m.bounds[1] for m in parts], 0)]
        ),
    )


def _renamed(marks: Marks, names: tuple[str, ...]) -> np.ndarray[Any, np.dtype[np.float32]]:
    out = np.full((len(marks), len(names)), np.nan, np.float32)
    for i, name in enumerate(names):
        if name in marks.names:
            out[:, i] = marks.numbers[:, marks.names.index(name)]
    return out
