"""What the columns of a region table are called by those who write them, and what is in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from atlasview.cells import plain_cell

#: Field → what its column is called, as `plain` writes names; the first found counts.
NAMES: dict[str, tuple[str, ...]] = {
    "id": (
        "atlasview_id", "id", "identifier", "structure_id", "index", "region_id", "roi_n", "roi_id",
        "roi_number", "region_number", "intensity", "number", "no", "nr", "idx",
    ),
    "acronym": (
        "atlasview_acronym", "acronym", "abbreviation", "abbr", "abk", "label_name", "short_name",
    ),
    "name": (
        "name", "safe_name", "region", "structure", "structure_name", "region_name", "roi_name",
        "full_name", "long_name",
    ),
    "parent": (
        "atlasview_parent", "parent", "parent_identifier", "parent_structure_id", "parent_id",
        "parent_name", "parent_acronym", "parent_region", "parent_structure", "part_of",
    ),
    "path": ("atlasview_path", "structure_id_path", "root_identifier_path", "path"),
    "rgb": (
        "rgb", "rgb_triplet", "color", "colour", "color_hex_triplet", "hex", "color_hex",
        "colour_hex", "hex_color", "hex_colour", "rgb_hex", "color_rgb", "colour_rgb",
    ),
    "label": (
        "label", "annotation_value", "value", "voxel_value", "label_value", "label_id",
        "grey_value", "gray_value", "pixel_value",
    ),
    "hemisphere": ("hemisphere", "side", "hemi"),
    "synonyms": ("synonyms", "synonym"),
    "description": ("description", "definition", "comment", "comments", "notes"),
}  # fmt: skip
#: Three columns that are one colour.
PRIMARIES = (("r", "g", "b"), ("red", "green", "blue"))
#: What people and their programs write where a region is part of nothing.
_NOTHING = {"-", "nan", "none", "null", "n/a", "na", "#n/a", "#ref!"}
#: Control characters and halves of others: XML has not the ones, UTF-8 not the others.
_ODD = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_WHOLE = re.compile(r"(-?\d{1,20})([.,]0*)?")


def plain(name: object) -> str:
    """Write a column's name as `NAMES` has it: ``colour`` for «Colour (hex)»."""
    text = re.sub(r"\(.*?\)|\[.*?\]", "", str(name))
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text)
    return re.sub(r"[\W_]+", "_", text).strip("_").lower()


def plain_row(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a row with plain names; of two columns with one name the first that says something."""
    out: dict[str, Any] = {}
    for name, value in row.items():
        key = plain(name)
        if key not in out or _is_empty(out[key]):
            out[key] = value
    return out


def tells_regions_apart(names: Iterable[str]) -> bool:
    """Tell whether there is a column of numbers by which regions can be told apart."""
    return not {*NAMES["id"], *NAMES["label"]}.isdisjoint(names)


def get(row: Mapping[str, Any], field: str) -> Any:
    """Return what a row says of a field; None where it says nothing."""
    return next((row[n] for n in NAMES[field] if n in row and not _is_empty(row[n])), None)


def colour_in(row: Mapping[str, Any]) -> Any:
    """Return what a row says of its colour: one value, or those of three columns."""
    said = get(row, "rgb")
    for names in PRIMARIES:
        if said is None and not any(_is_empty(row.get(n)) for n in names):
            said = [row[n] for n in names]
    return said


def whole_number(value: Any) -> int | None:
    """Return a whole number without ever passing through a float, which would merge large ids."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value
    match = _WHOLE.fullmatch(str(value).strip())
    return int(match.group(1)) if match else None


def text_of(value: Any) -> str:
    """Return what stands in a cell as one line of text, without what no document can hold."""
    return "" if value is None else plain_cell(_ODD.sub(" ", str(value)).strip())


def parent_in(row: Mapping[str, Any]) -> int | str | None:
    """Return the id of the region that a row's is part of, or its name; None at the top."""
    said = get(row, "parent")
    number = whole_number(said)
    if number is not None:
        return number if number > 0 else None
    text = text_of(said)
    return None if text.lower() in _NOTHING else text or None


def unused_columns(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the names of columns that are of no field."""
    known = {name for names in (*NAMES.values(), *PRIMARIES) for name in names} | {"children"}
    return list(dict.fromkeys(n for row in rows for n in row if n not in known and n))


def _is_empty(value: Any) -> bool:
    return value is None or value != value or (isinstance(value, str) and not value.strip())
