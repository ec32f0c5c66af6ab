"""Region tables: mend what can be mended, and write BrainGlobe's terminology.csv."""

from __future__ import annotations

import colorsys
import csv
import io
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from atlasview.atlas import Region, Terminology
from atlasview.errors import AtlasDefinitionError
from atlasview.tableformats import ID_NAMES, table_rows

#: What one column is called by those who write region tables; the first found counts.
_NAMES: dict[str, tuple[str, ...]] = {
    "id": ID_NAMES,
    "acronym": ("atlasview_acronym", "acronym", "abbreviation", "abbr", "label_name", "short_name"),
    "name": ("name", "safe_name", "region", "structure", "structure_name"),
    "parent": (
        "atlasview_parent",
        "parent",
        "parent_identifier",
        "parent_structure_id",
        "parent_id",
    ),
    "path": ("atlasview_path", "structure_id_path", "root_identifier_path", "path"),
    "rgb": ("rgb", "rgb_triplet", "color", "colour", "color_hex_triplet"),
    "label": ("label", "annotation_value", "value", "voxel_value"),
    "hemisphere": ("hemisphere", "side"),
    "synonyms": ("synonyms", "synonym"),
    "description": ("description", "definition"),
}
_LIMIT = 1 << 20
#: brainglobe-atlasapi reads parents into 16 bits.
BRAINGLOBE_PARENTS = 65_535
_MAX_BYTES = 64 << 20


def read_region_table(path: str | Path) -> Terminology:
    """Read a region table, in any of the ways that `atlasview.tableformats` knows.

    A row has an ``id``; what else it may have, and under which names, is in docs/region-tables.md.
    Where no row names a voxel value (``label``), a region's id is its voxel value.

    Raises
    ------
    AtlasDefinitionError
        The file cannot be read, or holds no region.
    """
    path = Path(path)
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise AtlasDefinitionError(path, "it is larger than a region table can be (64 MiB)")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as exc:
        raise AtlasDefinitionError(path, exc.strerror or "it cannot be read") from exc
    except UnicodeDecodeError as exc:
        raise AtlasDefinitionError(path, "it is not text in UTF-8") from exc
    return build_terminology(table_rows(text, path), path)


def build_terminology(rows: Iterable[Mapping[str, Any]], source: object = "table") -> Terminology:
    """Make a tree from rows, mending and reporting what contradicts itself.

    Parameters
    ----------
    rows : iterable of mapping
        Keys as `read_region_table` takes them.
    source : object
        Named in errors.

    Raises
    ------
    AtlasDefinitionError
        No row can be used.
    """
    problems: list[str] = []
    parsed: dict[int, dict[str, Any]] = {}
    for number, row in enumerate(rows, 1):
        if number > _LIMIT:
            raise AtlasDefinitionError(source, f"it has more than {_LIMIT} rows")
        record = _record(row)
        if record["id"] is None:
            problems.append(f"Row {number} has no whole-number id and was left out.")
        elif record["id"] in parsed:
            problems.append(f"Row {number} repeats the id {record['id']} and was left out.")
        else:
            parsed[record["id"]] = record
    if not parsed:
        raise AtlasDefinitionError(source, "it holds no region with an id")
    _mend_parents(parsed, problems)
    _mend_labels(parsed, problems)
    seen: dict[str, int] = {}
    for record in parsed.values():
        record["acronym"] = record["acronym"] or record["name"] or str(record["id"])
        record["name"] = record["name"] or record["acronym"]
        first = seen.setdefault(record["acronym"], record["id"])
        if first != record["id"]:
            problems.append(
                f"Regions {first} and {record['id']} share the acronym {record['acronym']!r}; "
                "the acronym finds the first."
            )
    missing = [r for r in parsed.values() if r["rgb"] is None]
    if missing:
        who = "1 region has" if len(missing) == 1 else f"{len(missing)} regions have"
        problems.append(f"{who} no colour, or none that is one, and got one.")
        for i, record in enumerate(missing):
            r, g, b = colorsys.hls_to_rgb((i * 0.61803) % 1.0, 0.55, 0.6)
            record["rgb"] = (round(r * 255), round(g * 255), round(b * 255))
    return Terminology(_tree(parsed), tuple(problems))


def terminology_csv(terminology: Terminology) -> str:
    """Write BrainGlobe v3's ``terminology.csv``, with our own columns after its columns.

    BrainGlobe takes a region's identifier for its voxel value and calls the topmost region
    ``root``. Where ours are other, theirs stand in its columns and ours in columns of our own.
    """
    numbers = brainglobe_numbers(terminology)
    own = any(r.id != numbers[r.id] or _brainglobe_acronym(r) != r.acronym for r in terminology)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ["identifier", "parent_identifier", "annotation_value", "name", "abbreviation",
         "color_hex_triplet", "root_identifier_path", "hemisphere", "synonyms", "description",
         *(("atlasview_id", "atlasview_parent", "atlasview_acronym") if own else ())]
    )  # fmt: skip
    for r in terminology:
        parent = "" if r.parent is None else r.parent
        writer.writerow(
            [numbers[r.id], "" if r.parent is None else numbers[r.parent],
             "" if r.label is None else r.label, r.name, _brainglobe_acronym(r),
             "#{:02X}{:02X}{:02X}".format(*r.rgb), [numbers[i] for i in r.path],
             r.hemisphere or "", "|".join(r.synonyms), r.description,
             *((r.id, parent, r.acronym) if own else ())]
        )  # fmt: skip
    return out.getvalue()


def _brainglobe_acronym(region: Region) -> str:
    return "root" if region.parent is None else region.acronym


def brainglobe_numbers(terminology: Terminology) -> dict[int, int]:
    """Return, for each region's id, the identifier that brainglobe-atlasapi is to know it by.

    Of a region with voxels that is the voxel value. A region that only groups others keeps its id
    where brainglobe-atlasapi can read it as a parent, which it does up to 65535.
    """
    out = {r.id: r.label for r in terminology if r.label is not None}
    taken = set(out.values())
    free = (n for n in itertools.count(1) if n not in taken)
    for region in terminology:
        if region.id not in out:
            fits = 0 < region.id <= BRAINGLOBE_PARENTS and region.id not in taken
            out[region.id] = region.id if fits else next(free)
            taken.add(out[region.id])
    return out


def with_root(terminology: Terminology) -> Terminology:
    """Put one region, the root, above a table that has several tops."""
    if sum(r.parent is None for r in terminology) == 1:
        return terminology
    ids = set(terminology.by_id) | set(terminology.by_label)
    root = next(n for n in (997, *range(1, len(ids) + 2)) if n not in ids)
    acronym = "root" if "root" not in {r.acronym for r in terminology} else f"root-{root}"
    top = Region(root, acronym, "root", (255, 255, 255), None, (root,), None)
    below = (
        replace(r, path=(root, *r.path), parent=root if r.parent is None else r.parent)
        for r in terminology
    )
    return Terminology((top, *below), terminology.problems)


def _record(row: Mapping[str, Any]) -> dict[str, Any]:
    def get(field: str) -> Any:
        return next((row[n] for n in _NAMES[field] if row.get(n) not in (None, "")), None)

    path = get("path")
    if isinstance(path, str):
        path = [_int(p) for p in re.findall(r"-?\d+", path)]
    parent = _int(get("parent"))
    if parent is None and isinstance(path, Sequence) and len(path) > 1:
        parent = _int(path[-2])
    synonyms = get("synonyms") or ()
    if isinstance(synonyms, str):
        synonyms = [s.strip() for s in re.split(r"[|;]", synonyms)]
    side = str(get("hemisphere") or "").strip().lower()
    return {
        "id": _int(get("id")),
        "acronym": _text(get("acronym")),
        "name": _text(get("name")) or _name_in(row.get("label")),
        "parent": parent,
        "rgb": _colour(get("rgb"), row),
        "label": _int(get("label")),
        "hemisphere": {"l": "left", "left": "left", "r": "right", "right": "right"}.get(side),
        "synonyms": tuple(_text(s) for s in synonyms if s),
        "description": _text(get("description")),
    }


def _name_in(label: Any) -> str:
    """Return what stands under «label» where that is a name, as in some dseg.tsv."""
    return "" if _int(label) is not None else _text(label)


def _mend_parents(parsed: dict[int, dict[str, Any]], problems: list[str]) -> None:
    for record in parsed.values():
        parent = record["parent"]
        if parent == record["id"]:
            record["parent"] = None
        elif parent is not None and parent not in parsed:
            problems.append(
                f"Region {record['id']} names the parent {parent}, which is not in the table; "
                "it was put at the top."
            )
            record["parent"] = None
    settled: set[int] = set()
    for start in parsed:
        trail: dict[int, None] = {}
        here: int | None = start
        while here is not None and here not in settled and here not in trail:
            trail[here] = None
            here = parsed[here]["parent"]
        if here is not None and here in trail:
            problems.append(
                f"Region {here} is its own ancestor; the circle was cut there and it was put at "
                "the top."
            )
            parsed[here]["parent"] = None
        settled.update(trail)


def _mend_labels(parsed: dict[int, dict[str, Any]], problems: list[str]) -> None:
    if all(record["label"] is None for record in parsed.values()):
        for record in parsed.values():
            record["label"] = record["id"]
    taken: dict[int, int] = {}
    for record in parsed.values():
        label = record["label"]
        if label is None:
            continue
        if not 0 < label < 1 << 64:
            if label:
                problems.append(
                    f"Region {record['id']} has the voxel value {label}, which no voxel can hold; "
                    "it was left out."
                )
            record["label"] = None
        elif label in taken:
            problems.append(
                f"Regions {taken[label]} and {record['id']} share the voxel value {label}; it "
                "belongs to the first."
            )
            record["label"] = None
        else:
            taken[label] = record["id"]


def _tree(parsed: dict[int, dict[str, Any]]) -> tuple[Region, ...]:
    below: dict[int | None, list[int]] = {}
    for record in parsed.values():
        below.setdefault(record["parent"], []).append(record["id"])
    out: list[Region] = []
    todo: list[tuple[int, tuple[int, ...]]] = [(i, ()) for i in reversed(below.get(None, []))]
    while todo:
        here, above = todo.pop()
        path = (*above, here)
        out.append(Region(path=path, **parsed[here]))
        todo.extend((i, path) for i in reversed(below.get(here, [])))
    return tuple(out)


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _int(value: Any) -> int | None:
    """Return a whole number without ever passing through a float, which would merge large ids."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value
    match = re.fullmatch(r"\s*(-?\d{1,20})(\.0*)?\s*", str(value))
    return int(match.group(1)) if match else None


def _colour(value: Any, row: Mapping[str, Any]) -> tuple[int, int, int] | None:
    for names in (("r", "g", "b"), ("red", "green", "blue")):
        if value is None and all(row.get(c) not in (None, "") for c in names):
            value = [row[c] for c in names]
    if isinstance(value, str):
        text = value.strip().lstrip("#")
        if re.fullmatch(r"[0-9a-fA-F]{6}", text):
            return int(text[:2], 16), int(text[2:4], 16), int(text[4:], 16)
        value = re.findall(r"\d+", value)
    if isinstance(value, Sequence) and len(value) >= 3:
        numbers = [_int(v) for v in value[:3]]
        if all(n is not None and 0 <= n <= 255 for n in numbers):
            r, g, b = (int(n or 0) for n in numbers)
            return r, g, b
    return None
