"""Annotations of a set gathered into arrays, and kept in step with what is changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, select

from atlasview.marks.database import Database
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
Gathered = tuple[int, Marks]


class Gatherer:
    """Gather annotations of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
            if before is None or revision - before[0] > 10_000:
                return revision, _marks(kind, _rows(connection, set_id, kind))
            changed = _rows(connection, set_id, kind, before[0])
            return revision, _merged(before[1], changed, kind)

    def types(self, set_id: str) -> list[str]:
        """Return the types of the annotations of a set."""
        asked = select(versions.c.type).where(versions.c.set_id == set_id, versions.c.live)
        with self._database.read() as connection:
            return sorted(connection.execute(asked.distinct()).scalars())


def _rows(
    connection: Connection, set_id: str, kind: str, since: int | None = None
) -> Sequence[Row[Any]]:
    columns = _COLUMNS if kind == "point" else (*_COLUMNS, versions.c.doc)
    asked = select(*columns).where(versions.c.set_id == set_id)
    if since is None:
        asked = asked.where(versions.c.live, versions.c.type == kind).order_by(versions.c.place)
    else:
        # In the order in which it happened: the last one counts.
        asked = asked.where(versions.c.seq > since).order_by(versions.c.seq)
    return connection.execute(asked).all()


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
    fresh = _marks(
        kind,
        sorted((r for r in last.values() if r.live and r.type == kind), key=lambda r: int(r.place)),
    )
    kept = ~np.isin(before.places, np.array(list(last), np.uint64))
    names = tuple(sorted({*before.names, *fresh.names})[:_MOST_NUMBERS])
    parts = [(before, np.flatnonzero(kept)), (fresh, np.arange(len(fresh)))]
    places = np.concatenate([m.places[w] for m, w in parts])
    order = np.argsort(places, kind="stable")
    shapes = [m.shapes[i] for m, w in parts for i in w.tolist()] if kind != "point" else []
    both = [m.bounds for m, w in parts if len(w)] or [before.bounds]
    return Marks(
        type=kind,
        places=places[order],
        corners=np.concatenate([m.corners[w] for m, w in parts])[order],
        shapes=[shapes[i] for i in order.tolist()] if shapes else [],
        colors=np.concatenate([m.colors[w] for m, w in parts])[order],
        regions=np.concatenate([m.regions[w] for m, w in parts])[order],
        names=names,
        numbers=np.concatenate([_renamed(m, names)[w] for m, w in parts])[order],
        bounds=np.stack([np.min([b[0] for b in both], 0), np.max([b[1] for b in both], 0)]),
    )


def _renamed(marks: Marks, names: tuple[str, ...]) -> np.ndarray[Any, np.dtype[np.float32]]:
    out = np.full((len(marks), len(names)), np.nan, np.float32)
    for i, name in enumerate(names):
        if name in marks.names:
            out[:, i] = marks.numbers[:, marks.names.index(name)]
    return out
