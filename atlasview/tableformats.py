"""The ways in which region tables are written, each read into plain rows.

Which one a file is, its content tells. A row is a mapping with the keys that
`atlasview.regiontable.build_terminology` takes.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from atlasview.errors import AtlasDefinitionError
from atlasview.regioncolumns import get, plain, plain_row, tells_regions_apart, whole_number

Rows = list[Mapping[str, Any]]

#: Lines in which the names of the columns are looked for: above them people write titles.
_HEADLINES = 20
_LUT = re.compile(r"\s*(\d+)\s+(\S+)\s+(\d+)\s+(\d+)\s+(\d+)(?:\s+(\d+))?\s*(?:#.*)?")
_SNAP = re.compile(r'\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+([\d.]+)\s+([01])\s+([01])\s+"([^"]*)"\s*')
#: What programs call voxels that belong to no region.
_BACKGROUND = {
    "background", "unknown", "clear label", "unlabeled", "unlabelled", "void", "none", "outside",
    "exterior", "bg",
}  # fmt: skip
_SIDES = (
    (re.compile(r"(^|[-_. ])(left|lh)([-_. ]|$)", re.IGNORECASE), "left"),
    (re.compile(r"(^|[-_. ])(right|rh)([-_. ]|$)", re.IGNORECASE), "right"),
    (re.compile(r"(^L[-_. ])|([-_. ]L$)"), "left"),
    (re.compile(r"(^R[-_. ])|([-_. ]R$)"), "right"),
)


@dataclass(frozen=True, slots=True)
class Table:
    """A region table as rows, each a mapping with names as `atlasview.regioncolumns` has them.

    Parameters
    ----------
    rows : list of mapping
    places : list of str
        Where each of them stands, for people: ``Line 7``.
    notes : tuple of str
        What is odd about the table, in sentences.
    """

    rows: Rows
    places: list[str]
    notes: tuple[str, ...] = ()


def read_table(text: str, path: Path) -> Table:
    """Read a region table in any of the known ways.

    Known are JSON (BrainGlobe structures, the Allen structure graph, siibra parcellations and
    maps, AtlasView), FreeSurfer colour tables, ITK-SNAP label files, and tables with a head: CSV
    and TSV (BrainGlobe terminology, BIDS ``dseg.tsv``).

    Parameters
    ----------
    text : str
    path : Path
        Named in errors.

    Raises
    ------
    AtlasDefinitionError
        It is none of them.
    """
    if text.lstrip()[:1] in ("{", "["):
        return _counted(json_rows(text, path))
    lines = [s for s in text.splitlines() if s.strip() and not s.lstrip().startswith("#")]
    if lines and all(_SNAP.fullmatch(line) for line in lines[:3]):
        return _counted(itksnap_rows(lines, path))
    if lines and all(_LUT.fullmatch(line) for line in lines[:3]):
        return _counted(freesurfer_rows(lines, path))
    return csv_table(text, path)


def _counted(rows: Rows) -> Table:
    return Table(rows, [f"Row {number}" for number in range(1, len(rows) + 1)])


def freesurfer_rows(lines: list[str], path: Path) -> Rows:
    """Read a FreeSurfer colour table: number, name without spaces, red, green, blue, alpha."""
    rows: Rows = []
    for line in lines:
        found = _LUT.fullmatch(line)
        if found is None:
            raise AtlasDefinitionError(path, f"{line[:60]!r} is no line of a colour table")
        number, name, *rgb = found.groups()[:5]
        rows.append({"id": number, "name": name, "rgb": rgb, "hemisphere": side_in(name)})
    return _without_background(rows)


def itksnap_rows(lines: list[str], path: Path) -> Rows:
    """Read an ITK-SNAP label file: number, red, green, blue, alpha, visible, mesh, "name"."""
    rows: Rows = []
    for line in lines:
        found = _SNAP.fullmatch(line)
        if found is None:
            raise AtlasDefinitionError(path, f"{line[:60]!r} is no line of a label file")
        number, *rgb = found.groups()[:4]
        name = found.group(8)
        rows.append({"id": number, "name": name, "rgb": rgb, "hemisphere": side_in(name)})
    return _without_background(rows)


def csv_table(text: str, path: Path) -> Table:
    """Read a table with a head, its columns parted by commas, tabs or semicolons.

    What spreadsheets add is left out: titles above the head, ``sep=;``, rows and columns without
    content.
    """
    lines = text.split("\n")
    heads = ((i, *_head(line)) for i, line in enumerate(lines[:_HEADLINES]))
    found = next((h for h in heads if tells_regions_apart(h[2])), None)
    if found is None:
        raise AtlasDefinitionError(
            path,
            "it is neither JSON, a FreeSurfer colour table, an ITK-SNAP label file, nor a table "
            "whose first line names an «id» column",
        )
    first, delimiter, names = found
    reader = csv.reader(io.StringIO("\n".join(lines[first + 1 :])), delimiter=delimiter)
    rows: Rows = []
    places: list[str] = []
    wide: list[str] = []
    at = first + 2
    try:
        for cells in reader:
            place, at = f"Line {at}", first + 2 + reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if any(cell.strip() for cell in cells[len(names) :]):
                wide.append(place)
            row: dict[str, Any] = {}
            for name, cell in zip(names, cells, strict=False):
                if name and not row.get(name, "").strip():  # of two the first that says something
                    row[name] = cell
            if not _is_background(row):
                rows.append(row)
                places.append(place)
    except csv.Error as exc:
        line = first + 1 + reader.line_num
        raise AtlasDefinitionError(path, f"line {line} is malformed ({exc})") from exc
    return Table(rows, places, _too_wide(wide, "a tab" if delimiter == "\t" else f"«{delimiter}»"))


def _head(line: str) -> tuple[str, list[str]]:
    """Return what parts the cells of a line, and the names of columns that they are."""
    delimiter = max("\t,;", key=line.count)
    return delimiter, [plain(n) for n in next(csv.reader([line], delimiter=delimiter), [])]


def _too_wide(places: list[str], delimiter: str) -> tuple[str, ...]:
    if not places:
        return ()
    more = f" (and {len(places) - 1} more)" if places[1:] else ""
    return (
        f"{places[0]}{more} has more cells than the table has columns, so that some may stand "
        f"under a wrong name; put names that hold {delimiter} in quotes.",
    )


def json_rows(text: str, path: Path) -> Rows:
    """Read JSON: lists of regions, trees of ``children``, and what siibra writes."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise AtlasDefinitionError(path, f"it is not valid JSON ({exc})") from exc
    if isinstance(found, dict):
        if _is_siibra(found):
            return _siibra_rows(found)
        inner = (found[k] for k in ("structures", "regions", "msg") if k in found)
        found = next((i for i in inner if isinstance(i, list | dict)), found)
    if isinstance(found, dict):
        found = _numbered(found) or [found]
    if not isinstance(found, list) or not all(isinstance(r, dict) for r in found):
        raise AtlasDefinitionError(path, "it holds no list of regions")
    flat: Rows = []
    todo: list[tuple[dict[str, Any], Any]] = [(r, None) for r in reversed(found)]
    while todo:  # nested «children», as the Allen structure graph has them
        nested, parent = todo.pop()
        row = plain_row(nested)
        flat.append(row if parent is None else {"parent": parent, **row})
        below = row.get("children")
        if isinstance(below, list):
            todo.extend((c, get(row, "id")) for c in reversed(below) if isinstance(c, dict))
    return flat


def _numbered(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Read an object whose keys are regions' numbers, and whose values they or their names."""
    if any(whole_number(key) is None for key in found):
        return []
    return [
        {"id": key, **(value if isinstance(value, dict) else {"name": value})}
        for key, value in found.items()
    ]


def side_in(name: str) -> str | None:
    """Return the hemisphere that a region's name names, if it does."""
    return next((side for pattern, side in _SIDES if pattern.search(name)), None)


def _is_siibra(found: Mapping[str, Any]) -> bool:
    said = str(found.get("@type") or found.get("schema") or "")
    return said.startswith("siibra/") or isinstance(found.get("indices"), dict)


def _siibra_rows(found: Mapping[str, Any]) -> Rows:
    """Read a siibra parcellation (a tree of names), map (names and their labels), or both in one.

    siibra tells regions apart by their names; numbers are given in the order of the tree. A region
    without a label has the label 0, which is none.
    """
    labels = _siibra_labels(found.get("indices"))
    numbers = count(1)
    taken = set(labels.values())
    rows: Rows = []
    seen: set[str] = set()

    def number(name: str) -> int:
        own = labels.get(name)
        return own if own is not None else next(n for n in numbers if n not in taken)

    todo: list[tuple[Any, int | None]] = [(r, None) for r in reversed(found.get("regions") or ())]
    while todo:
        region, parent = todo.pop()
        if not isinstance(region, dict):
            continue
        name = str(region.get("name") or "")
        own = region.get("labelIndex")
        if own is not None and name not in labels:
            labels[name] = int(own)
        here = number(name)
        seen.add(name)
        rows.append(
            {
                "id": here,
                "name": name,
                "acronym": region.get("shortname") or region.get("shortName") or name,
                "parent": parent,
                "rgb": region.get("rgb"),
                "label": labels.get(name, 0),
                "hemisphere": side_in(name),
                "description": region.get("description"),
            }
        )
        todo.extend((c, here) for c in reversed(region.get("children") or ()))
    for name, label in labels.items():
        if name not in seen:
            rows.append({"id": label, "name": name, "label": label, "hemisphere": side_in(name)})
    return rows


def _siibra_labels(indices: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, places in (indices if isinstance(indices, dict) else {}).items():
        for place in places if isinstance(places, list) else ():
            label = place.get("label") if isinstance(place, dict) else None
            if isinstance(label, int) and label > 0:
                found.setdefault(str(name), label)
    return found


def _without_background(rows: Rows) -> Rows:
    return [row for row in rows if not _is_background(row)]


def _is_background(row: Mapping[str, Any]) -> bool:
    """Tell whether a line only gives voxels of no region a name: id 0."""
    number = get(row, "id") if get(row, "id") is not None else get(row, "label")
    named = get(row, "name") or row.get("label") or ""
    return whole_number(number) == 0 and str(named).strip().lower() in {*_BACKGROUND, "0"}
