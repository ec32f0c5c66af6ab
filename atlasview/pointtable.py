"""Tables of points: CSV in with x, y, z in mm, CSV out with the region of each."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from atlasview.assign import Assigned
from atlasview.atlas import Region, Terminology
from atlasview.cells import safe_cell
from atlasview.errors import InvalidParameterError
from atlasview.geometry import FloatArray

#: What is put after the columns of a table of points.
COLUMNS = ("region_id", "region_acronym", "region_name", "ancestors")
HEMISPHERE, DISTANCE = "hemisphere", "distance_mm"
#: Of the region named, and of every one as ACRONYM:PROBABILITY with | between.
PROBABILITY = ("probability", "probabilities")
CARRIED = ("carried_x", "carried_y", "carried_z")
_NAMES = {
    axis: (axis, f"{axis}_mm", f"{axis} (mm)", f"{axis}mm", f"mni_{axis}", f"{axis}_mni")
    for axis in "xyz"
}
#: Rows held at a time.
BLOCK = 100_000


@dataclass(frozen=True, eq=False, slots=True)
class PointRows:
    """Some rows of a table of points.

    Parameters
    ----------
    rows : list of list of str
    points : ndarray, shape (n, 3)
        NaN where a row has no coordinates.
    """

    rows: list[list[str]]
    points: FloatArray


class PointTable:
    """A table of points that is read row after row.

    Parameters
    ----------
    lines : iterable of str
    source : str
        Named in errors.

    Raises
    ------
    InvalidParameterError
        Its first line names no x, y and z.
    """

    def __init__(self, lines: Iterable[str], source: str = "the table") -> None:
        self._source = source
        lines = iter(lines)
        first = next(lines, "").lstrip("\ufeff")
        self.delimiter = max(",\t;", key=first.count)
        self._reader = csv.reader(lines, delimiter=self.delimiter)
        try:
            self.head = next(csv.reader([first], delimiter=self.delimiter), [])
        except csv.Error as exc:
            raise InvalidParameterError(f"{source}, line 1", first.strip()[:80], str(exc)) from exc
        names = [n.strip().lower() for n in self.head]
        found = [next((names.index(n) for n in _NAMES[axis] if n in names), None) for axis in "xyz"]
        if None in found:
            raise InvalidParameterError(
                source, first.strip()[:80], "its first line must name the columns x, y and z, in mm"
            )
        self._columns = [int(c) for c in found if c is not None]

    def blocks(self, size: int = BLOCK) -> Iterator[PointRows]:
        """Read so many rows at a time.

        Raises
        ------
        InvalidParameterError
            A coordinate is not a number; the line is named.
        """
        line = 2
        while rows := self._rows(size, line):
            yield PointRows(rows, self._points(rows, line))
            line += len(rows)

    def _rows(self, size: int, line: int) -> list[list[str]]:
        try:
            return list(islice(self._reader, size))
        except csv.Error as exc:
            raise InvalidParameterError(f"{self._source}, from line {line}", "…", str(exc)) from exc

    def _points(self, rows: list[list[str]], line: int) -> FloatArray:
        x, y, z = self._columns
        try:
            return np.array([(r[x], r[y], r[z]) for r in rows], np.float64)
        except (ValueError, IndexError):
            return np.array([self._point(r, line + i) for i, r in enumerate(rows)], np.float64)

    def _point(self, row: list[str], line: int) -> list[float]:
        texts = [row[c].strip() if c < len(row) else "" for c in self._columns]
        if not any(texts) or any(t.lower() in ("n/a", "nan", "na") for t in texts):
            return [math.nan] * 3
        try:
            return [float(t) for t in texts]
        except ValueError as exc:
            raise InvalidParameterError(
                f"{self._source}, line {line}", ",".join(texts), "x, y and z are numbers in mm"
            ) from exc


def point_head(
    table: PointTable, *, distance: bool, hemisphere: bool, probability: bool = False
) -> str:
    """Return the first line of the answer."""
    more = [
        *COLUMNS,
        *(PROBABILITY if probability else ()),
        *([HEMISPHERE] if hemisphere else []),
        *([DISTANCE] if distance else []),
    ]
    return _line([*table.head, *more], table.delimiter)


def carried_head(table: PointTable) -> str:
    """Return the first line of a table whose points are carried to another space."""
    return _line([*table.head, *CARRIED], table.delimiter)


def carried_rows(table: PointTable, block: PointRows, points: FloatArray) -> str:
    """Return some rows with where their points lie in another space; empty where they lie nowhere.

    Parameters
    ----------
    table : PointTable
    block : PointRows
    points : ndarray, shape (n, 3)
        The block's points, carried over.
    """
    out = io.StringIO()
    csv.writer(out, delimiter=table.delimiter, lineterminator="\n").writerows(
        [*row, *("" if math.isnan(v) else repr(v) for v in point)]
        for row, point in zip(block.rows, points.tolist(), strict=True)
    )
    return out.getvalue()


def assigned_rows(
    table: PointTable, block: PointRows, assigned: Assigned, terminology: Terminology
) -> str:
    """Return some rows with what was found at their points.

    Parameters
    ----------
    table : PointTable
    block : PointRows
    assigned : Assigned
        Of the block's points.
    terminology : Terminology
    """
    tails: dict[int, list[str]] = {}
    known = terminology.by_label
    chances = None if assigned.chances is None else assigned.chances.rows()
    values = assigned.values.tolist()
    if chances is not None:
        values = [row[0][0] if row else 0 for row in chances]
    for value in set(values):
        tails[value] = _tail(terminology, known.get(value))
    sides = assigned.sides
    if chances is None and sides is None and assigned.distance is None:
        rows: Iterable[list[str]] = (
            [*row, *tails[v]] for row, v in zip(block.rows, values, strict=True)
        )
    else:
        rows = _with_more(block.rows, assigned, values, tails, chances, known)
    out = io.StringIO()
    csv.writer(out, delimiter=table.delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _with_more(
    rows: list[list[str]],
    assigned: Assigned,
    values: list[int],
    tails: dict[int, list[str]],
    chances: list[list[tuple[int, float]]] | None,
    known: Mapping[int, Region],
) -> Iterator[list[str]]:
    for i, (row, value) in enumerate(zip(rows, values, strict=True)):
        line = [*row, *tails[value]]
        if chances is not None:
            line.append(f"{chances[i][0][1]:.6g}" if chances[i] else "")
            line.append(
                "|".join(f"{known[v].acronym}:{p:.6g}" for v, p in chances[i] if v in known)
            )
        if assigned.sides is not None:
            line.append(assigned.sides[i] or "")
        if assigned.distance is not None:
            far = float(assigned.distance[i])
            line.append("" if math.isnan(far) else f"{far:.6g}")
        yield line


def _tail(terminology: Terminology, region: Region | None) -> list[str]:
    if region is None:
        return ["", "", "", ""]
    above = "|".join(r.acronym for r in terminology.ancestors(region))
    names = (region.acronym, region.name, above)
    return [str(region.id), *(str(safe_cell(name)) for name in names)]


def _line(values: Sequence[str], delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerow(values)
    return out.getvalue()
