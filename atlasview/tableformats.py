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
from itertools import count
from pathlib import Path
from typing import Any

from atlasview.errors import AtlasDefinitionError

Rows = list[Mapping[str, Any]]

#: What the column that tells regions apart is called; the first found counts.
ID_NAMES = (
    "atlasview_id", "id", "identifier", "structure_id", "index", "region_id", "roi_n", "intensity",
)  # fmt: skip
_LUT = re.compile(r"\s*(\d+)\s+(\S+)\s+(\d+)\s+(\d+)\s+(\d+)(?:\s+(\d+))?\s*(?:#.*)?")
_SNAP = re.compile(r'\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+([\d.]+)\s+([01])\s+([01])\s+"([^"]*)"\s*')
#: What programs call voxels that belong to no region.
_BACKGROUND = {"background", "unknown", "clear label", "unlabeled", "unlabelled", "void", "none"}
_SIDES = (
    (re.compile(r"(^|[-_. ])(left|lh)([-_. ]|$)", re.IGNORECASE), "left"),
    (re.compile(r"(^|[-_. ])(right|rh)([-_. ]|$)", re.IGNORECASE), "right"),
    (re.compile(r"(^L[-_. ])|([-_. ]L$)"), "left"),
    (re.compile(r"(^R[-_. ])|([-_. ]R$)"), "right"),
)


def table_rows(text: str, path: Path) -> Rows:
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
        return json_rows(text, path)
    lines = [s for s in text.splitlines() if s.strip() and not s.lstrip().startswith("#")]
    if lines and all(_SNAP.fullmatch(line) for line in lines[:3]):
        return itksnap_rows(lines, path)
    if lines and all(_LUT.fullmatch(line) for line in lines[:3]):
        return freesurfer_rows(lines, path)
    return csv_rows(text, path)


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


def csv_rows(text: str, path: Path) -> Rows:
    """Read a table with a head, its columns parted by commas, tabs or semicolons."""
    head = text.split("\n", 1)[0]
    delimiter = max("\t,;", key=head.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    names = [n.strip().lower() for n in reader.fieldnames or ()]
    if not any(n in ID_NAMES for n in names):
        raise AtlasDefinitionError(
            path,
            "it is neither JSON, a FreeSurfer colour table, an ITK-SNAP label file, nor a table "
            "whose first line names an «id» column",
        )
    try:
        rows: Rows = [{str(k).strip().lower(): v for k, v in row.items()} for row in reader]
    except csv.Error as exc:
        raise AtlasDefinitionError(path, f"line {reader.line_num} is malformed ({exc})") from exc
    return _without_background(rows)


def json_rows(text: str, path: Path) -> Rows:
    """Read JSON: lists of regions, trees of ``children``, and what siibra writes."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise AtlasDefinitionError(path, f"it is not valid JSON ({exc})") from exc
    if isinstance(found, dict):
        if _is_siibra(found):
            return _siibra_rows(found)
        for key in ("structures", "regions", "msg"):
            if isinstance(found.get(key), list):
                found = found[key]
                break
        else:
            found = [found]
    if not isinstance(found, list) or not all(isinstance(r, dict) for r in found):
        raise AtlasDefinitionError(path, "it holds no list of regions")
    flat: Rows = []
    todo: list[tuple[dict[str, Any], Any]] = [(r, None) for r in reversed(found)]
    while todo:  # nested «children», as the Allen structure graph has them
        row, parent = todo.pop()
        flat.append(row if parent is None else {"parent": parent, **row})
        below = row.get("children")
        if isinstance(below, list):
            todo.extend((c, row.get("id")) for c in reversed(below) if isinstance(c, dict))
    return flat


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
    """Leave out the line that gives voxels of no region a name: id 0."""

    def number(row: Mapping[str, Any]) -> str:
        return str(next((row[n] for n in ID_NAMES if row.get(n) not in (None, "")), "")).strip()

    def named(row: Mapping[str, Any]) -> str:
        return str(row.get("name") or row.get("label") or "").strip().lower()

    return [r for r in rows if number(r) != "0" or named(r) not in _BACKGROUND]
