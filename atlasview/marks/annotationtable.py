"""Annotations as tables: CSV with one row an annotation, and BIDS electrodes.

The header of a CSV names its columns, in any order:

``type``
    ``point`` when the column is missing or empty.
``x``, ``y``, ``z``
    Of a point.
``points``
    Of everything else: ``x y z; x y z``.
``label``, ``text``, ``color``, ``tags`` (``;`` between), ``author``
``properties``
    A JSON object of numbers. Any other column of numbers is a property, too.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from atlasview.cells import plain_cell, safe_cell
from atlasview.errors import InvalidParameterError
from atlasview.marks.annotation import TOLD

_OWN = ("type", "x", "y", "z", "points", "label", "text", "color", "tags", "author", "properties")
_REGION = ("region_id", "region_acronym", "region_name")
_MEASURES = (
    "length_mm", "area_mm2", "volume_mm3", "perimeter_mm", "angle_deg",
)  # fmt: skip
_COLUMNS = ("id", *_OWN, *_REGION, *_MEASURES, "created", "updated")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")
# Many points stand in one cell.
csv.field_size_limit(max(csv.field_size_limit(), 1 << 20))


def read_table(text: str) -> list[dict[str, Any]]:
    """Read annotations from CSV; a cell that does not fit is named by row and column.

    Raises
    ------
    InvalidParameterError
    """
    rows = _rows(text, ",")
    header = [name.strip().lower() for name in next(rows, (0, []))[1]]
    _check_header(header)
    found = []
    for number, cells in _whole(rows, header):
        found.append(_annotation(number, dict(zip(header, cells, strict=True))))
    return found


def read_electrodes(text: str) -> list[dict[str, Any]]:
    """Read BIDS ``electrodes.tsv``: a point a row, its name the label.

    Other columns become properties where they hold numbers, and tags ``column:value`` elsewhere.

    Raises
    ------
    InvalidParameterError
    """
    rows = _rows(text, "\t")
    header = [name.strip().lower() for name in next(rows, (0, []))[1]]
    for needed in ("name", "x", "y", "z"):
        if needed not in header:
            raise InvalidParameterError(
                "header", "\t".join(header), f"it lacks the column {needed}"
            )
    found = []
    for number, cells in _whole(rows, header):
        row = {k: v.strip() for k, v in zip(header, cells, strict=True) if v.strip() != "n/a"}
        if not all(row.get(axis) for axis in "xyz"):
            continue  # an electrode without a place
        properties, tags = {}, []
        for name, value in row.items():
            if name in ("name", "x", "y", "z") or not value:
                continue
            number_ = _number(value)
            if number_ is not None and _NAME.fullmatch(name):
                properties[name] = number_
            else:
                tags.append(f"{name}:{value}"[:100])
        found.append(
            {
                "@": f"row {number}", "type": "point", "points": [_xyz(number, row)],
                "label": row.get("name", ""), "tags": tags,
                **({"properties": properties} if properties else {}),
            }
        )  # fmt: skip
    return found


def write_table(items: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Write annotations as CSV; what is read back is the same."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for item in items:
        points, region = item["points"], item.get("region") or {}
        lone = item["type"] == "point"
        cells = {
            **item,
            **dict(zip("xyz", points[0] if lone else ("", "", ""), strict=True)),
            "points": "" if lone else "; ".join(" ".join(map(repr, p)) for p in points),
            "tags": "; ".join(_escaped(t) for t in item["tags"]),
            "properties": json.dumps(item["properties"]) if item.get("properties") else "",
            **{f"region_{k}": region.get(k, "") for k in ("id", "acronym", "name")},
            **{k: item["measures"].get(k, "") for k in _MEASURES},
        }
        writer.writerow([safe_cell(cells.get(name)) for name in _COLUMNS])
        if buffer.tell() > 1 << 16:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _escaped(tag: str) -> str:
    return tag.replace("\\", "\\\\").replace(";", "\\;")


def _tags(text: str) -> list[str]:
    parts = re.findall(r"(?:\\.|[^;\\])+", text)
    return [t for t in (re.sub(r"\\(.)", r"\1", p).strip() for p in parts) if t]


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Return rows with the number of their line."""
    plain = io.StringIO(text.removeprefix("\ufeff"), newline="")
    reader = csv.reader(plain, delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as exc:
        raise InvalidParameterError(f"row {reader.line_num}", "…", str(exc)) from None


def _whole(
    rows: Iterator[tuple[int, list[str]]], header: list[str]
) -> Iterator[tuple[int, list[str]]]:
    for number, cells in rows:
        if len(cells) > len(header) and any(c.strip() for c in cells[len(header) :]):
            raise InvalidParameterError(
                f"row {number}", f"{len(cells)} cells", f"the header has {len(header)}"
            )
        yield number, (cells + [""] * len(header))[: len(header)]


def _check_header(header: list[str]) -> None:
    for name in header:
        if header.count(name) > 1:
            raise InvalidParameterError("header", name, "each column stands once")
        if name not in (*_COLUMNS, *TOLD) and not _NAME.fullmatch(name):
            raise InvalidParameterError(
                "header", name, "columns are " + ", ".join(_OWN) + ", and numbers by name"
            )
    if not {"x", "y", "z"} <= set(header) and "points" not in header:
        raise InvalidParameterError(
            "header", ", ".join(header), "it needs the columns x, y and z, or points"
        )


def _annotation(number: int, row: dict[str, str]) -> dict[str, Any]:
    kind = row.get("type", "").strip() or "point"
    found: dict[str, Any] = {"@": f"row {number}", "type": kind}
    listed = row.get("points", "").strip()
    found["points"] = _points(number, listed) if listed else [_xyz(number, row)]
    for name in ("label", "text", "author"):
        found[name] = plain_cell(row.get(name, ""))
    found["color"] = row.get("color", "").strip() or None
    found["tags"] = _tags(plain_cell(row.get("tags", "")))
    properties: dict[str, Any] = {}
    if row.get("properties", "").strip():
        try:
            properties = dict(json.loads(row["properties"]))
        except (ValueError, TypeError, RecursionError):
            raise InvalidParameterError(
                f"row {number}.properties", row["properties"], "it takes a JSON object"
            ) from None
    for name, cell in row.items():
        if name in _COLUMNS or name in TOLD or not cell.strip():
            continue
        properties[name] = _needed(number, name, cell)
    if properties:
        found["properties"] = properties
    return found


def _points(number: int, text: str) -> list[list[float]]:
    return [
        [_needed(number, "points", v) for v in part.replace(",", " ").split()]
        for part in text.split(";")
        if part.strip()
    ]


def _xyz(number: int, row: Mapping[str, str]) -> list[float]:
    return [_needed(number, axis, row.get(axis, "")) for axis in "xyz"]


def _needed(number: int, name: str, cell: str) -> float:
    value = _number(cell)
    if value is None:
        raise InvalidParameterError(f"row {number}.{name}", cell, "it takes a number")
    return value


def _number(cell: str) -> float | None:
    text = plain_cell(cell.strip())
    try:
        return float(text) if re.fullmatch(r"[-+0-9.eE]{1,40}", text) else None
    except ValueError:
        return None
