"""Region tables: mend what can be mended, and write BrainGlobe's terminology.csv."""

from __future__ import annotations

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
from atlasview.insidefile import read_plain
from atlasview.regioncolumns import (
    colour_in,
    get,
    parent_in,
    plain_row,
    text_of,
    unused_columns,
    whole_number,
)
from atlasview.regionmending import (
    Faults,
    mend_colours,
    mend_depth,
    mend_labels,
    mend_names,
    mend_parents,
)
from atlasview.tableformats import read_table
from atlasview.tabletext import table_text

_LIMIT = 1 << 20
#: brainglobe-atlasapi reads parents into 16 bits.
BRAINGLOBE_PARENTS = 65_535
_MAX_BYTES = 64 << 20
_SIDES = {"l": "left", "lh": "left", "left": "left", "r": "right", "rh": "right", "right": "right"}


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
        content = read_plain(path, _MAX_BYTES)
    except OSError as exc:
        raise AtlasDefinitionError(path, exc.strerror or "it cannot be read") from exc
    text, odd = table_text(content, path)
    table = read_table(text, path)
    found = build_terminology(table.rows, path, table.places)
    return replace(found, problems=(*odd, *table.notes, *found.problems))


def build_terminology(
    rows: Iterable[Mapping[str, Any]], source: object = "table", places: Sequence[str] = ()
) -> Terminology:
    """Make a tree from rows, mending and reporting what contradicts itself.

    Parameters
    ----------
    rows : iterable of mapping
        Keys as `read_region_table` takes them.
    source : object
        Named in errors.
    places : sequence of str
        Where each row stands, for people; ``Row 1`` and so on when not given.

    Raises
    ------
    AtlasDefinitionError
        No row can be used.
    """
    plain = [plain_row(row) for row in itertools.islice(rows, _LIMIT + 1)]
    if len(plain) > _LIMIT:
        raise AtlasDefinitionError(source, f"it has more than {_LIMIT} rows")
    faults = Faults()
    parsed: dict[int, dict[str, Any]] = {}
    # Who writes a table of labels and names has ids in «label».
    by = "id" if any(whole_number(get(row, "id")) is not None for row in plain) else "label"
    for i, row in enumerate(plain):
        place = places[i] if places else f"Row {i + 1}"
        record = _record(row, by)
        if record["id"] is None:
            faults.add(
                "rows have no whole-number id and were left out",
                f"{place} has no whole-number id and was left out.",
            )
        elif record["id"] in parsed:
            faults.add(
                "rows repeat an id and were left out",
                f"{place} repeats the id {record['id']} and was left out.",
            )
        else:
            parsed[record["id"]] = record
    if not parsed:
        raise AtlasDefinitionError(source, "it holds no region with an id")
    mend_names(parsed, faults)
    mend_parents(parsed, faults)
    mend_depth(parsed, faults)
    mend_labels(parsed, faults)
    mend_colours(parsed, faults)
    if not any(get(row, "name") for row in plain) or not any(map(colour_in, plain)):
        unused = unused_columns(plain)
        if unused:
            shown = ", ".join(f"«{name}»" for name in unused[:8])
            faults.add(
                "",
                f"Of the table's columns these were not understood: {shown}. Names are looked for "
                "under «name», colours under «rgb» or «colour».",
            )
    return Terminology(_tree(parsed), faults.told())


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


def _record(row: Mapping[str, Any], by: str) -> dict[str, Any]:
    path = get(row, "path")
    if isinstance(path, str):
        path = [whole_number(p) for p in re.findall(r"-?\d+", path)]
    parent = parent_in(row)
    if parent is None and isinstance(path, Sequence) and len(path) > 1:
        parent = whole_number(path[-2])
    synonyms = get(row, "synonyms") or ()
    if isinstance(synonyms, str):
        synonyms = [s.strip() for s in re.split(r"[|;]", synonyms)]
    side = text_of(get(row, "hemisphere")).lower()
    return {
        "id": whole_number(get(row, by)),
        "acronym": text_of(get(row, "acronym")),
        "name": text_of(get(row, "name")) or _name_in(row.get("label")),
        "parent": parent,
        "rgb": colour_in(row),
        "label": whole_number(get(row, "label")),
        "hemisphere": _SIDES.get(side.split()[0] if side else ""),
        "synonyms": tuple(text_of(s) for s in synonyms if s),
        "description": text_of(get(row, "description")),
    }


def _name_in(label: Any) -> str:
    """Return what stands under «label» where that is a name, as in some dseg.tsv."""
    return "" if whole_number(label) is not None else text_of(label)


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
