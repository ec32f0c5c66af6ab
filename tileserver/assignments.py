"""What is at points, told in full, once for each region, or as a table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from atlasview.assign import Assigned
from atlasview.atlas import Atlas, Parcellation
from atlasview.geometry import FloatArray
from atlasview.pointtable import PointRows, PointTable, assigned_rows, point_head
from tileserver.describe import describe_ancestors, describe_region

CSV = "text/csv; charset=utf-8"


def answer(
    whole: Atlas,
    here: Parcellation,
    points: FloatArray,
    found: Assigned,
    format: str,
    *,
    carried: bool,
) -> tuple[bytes, str]:
    """Return a body and its media type.

    Parameters
    ----------
    whole : Atlas
    here : Parcellation
    points : ndarray, shape (n, 3)
        In mm of the atlas's space.
    found : Assigned
    format : str
        ``json``, ``compact`` or ``csv``.
    carried : bool
        Whether the points were carried over, so that where they lie must be told.
    """
    if format == "csv":
        rows = [[repr(v) for v in p] for p in points.tolist()]
        return table(PointTable(["x,y,z\n"]), PointRows(rows, points), found, here), CSV
    if format == "compact":
        more = {"points": _plain(points)} if carried else {}
        return _dump(_compact(whole, here, found) | more), "application/json"
    told = {"items": items(whole, here, points, found), "next": None}
    return _dump(told), "application/json"


def table(head: PointTable, block: PointRows, found: Assigned, here: Parcellation) -> bytes:
    """Return rows of a table with what was found at their points."""
    first = point_head(
        head,
        distance=found.distance is not None,
        hemisphere=found.sides is not None,
        probability=found.chances is not None,
    )
    return (first + assigned_rows(head, block, found, here.terminology)).encode()


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def items(
    whole: Atlas, here: Parcellation, points: FloatArray, found: Assigned
) -> list[dict[str, Any]]:
    """Say in full what is at each point."""
    terms = here.terminology
    rows = _rows(found, here)
    described: dict[int, dict[str, Any]] = {
        value: {
            "region": describe_region(terms.by_label[value]),
            "ancestors": describe_ancestors(terms, terms.by_label[value]),
            "parcellation": here.id,
        }
        for value in {value for row in rows for value, _ in row}
    }
    out: list[dict[str, Any]] = [
        {
            "point": point,
            "space": whole.space,
            "assignments": [
                described[value] if chance is None else described[value] | {"probability": chance}
                for value, chance in row
            ],
        }
        for point, row in zip(_plain(points), rows, strict=True)
    ]
    for item, side in zip(out, found.sides or (), strict=False):
        item["hemisphere"] = side
    if found.distance is not None and found.nearest is not None:
        for item, far, value in zip(
            out, found.distance.tolist(), found.nearest.tolist(), strict=True
        ):
            near = terms.by_label.get(value)
            item["nearest"] = None if near is None else {
                "region": describe_region(near), "distance_mm": _finite(far)
            }  # fmt: skip
    return out


def _rows(found: Assigned, here: Parcellation) -> list[list[tuple[int, float | None]]]:
    """Return the labels of each point, with their probabilities where these are known."""
    known = here.terminology.by_label
    if found.chances is None:
        return [[(v, None)] if v in known else [] for v in found.values.tolist()]
    return [[(v, p) for v, p in row if v in known] for row in found.chances.rows()]


def _plain(points: FloatArray) -> list[list[float | None]]:
    return [[_finite(v) for v in p] for p in points.tolist()]


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _compact(whole: Atlas, here: Parcellation, found: Assigned) -> dict[str, Any]:
    """Say which regions there are, once, and for each point its place in that list."""
    terms = here.terminology
    rows = _rows(found, here)
    present = {value for row in rows for value, _ in row}
    if found.nearest is not None:
        present |= {v for v in np.unique(found.nearest).tolist() if v in terms.by_label}
    place = {value: i for i, value in enumerate(sorted(present))}
    out: dict[str, Any] = {
        "space": whole.space,
        "parcellation": here.id,
        "regions": [
            describe_region(terms.by_label[v])
            | {"ancestors": describe_ancestors(terms, terms.by_label[v])}
            for v in place
        ],
        "region": [place[row[0][0]] if row else None for row in rows],
    }
    if found.chances is not None:
        out["probabilities"] = [[[place[v], p] for v, p in row] for row in rows]
    if found.sides is not None:
        out["hemisphere"] = found.sides
    if found.distance is not None and found.nearest is not None:
        out["nearest"] = _places(found.nearest.tolist(), place)
        out["distance_mm"] = [_finite(v) for v in found.distance.tolist()]
    return out


def _places(values: Sequence[int], place: dict[int, int]) -> list[int | None]:
    return [place.get(v) for v in values]
