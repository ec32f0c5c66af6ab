"""Annotations in and out: the forms that other programs read and write."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from atlasview.errors import InvalidParameterError, TooLargeError
from atlasview.marks.annotation import Annotation, read_annotation
from atlasview.marks.annotationtable import read_electrodes, read_table, write_table
from atlasview.marks.neuroglancerlayer import read_layers, write_layer

#: Form → what reads it out of text.
READERS: dict[str, Callable[[str], list[dict[str, Any]]]] = {
    "csv": read_table,
    "bids": read_electrodes,
    "json": lambda text: _read_items(parse(text)),
    "neuroglancer": lambda text: read_layers(parse(text)),
}
#: Form → what writes it, piece by piece, from the set and its annotations.
WRITERS: dict[str, Callable[[Mapping[str, Any], Iterable[Mapping[str, Any]]], Iterator[str]]] = {
    "csv": lambda whole, items: write_table(items),
    "json": lambda whole, items: _write_items(whole, items),
    "neuroglancer": write_layer,
}
MEDIA_TYPES = {
    "csv": "text/csv", "bids": "text/tab-separated-values", "json": "application/json",
    "neuroglancer": "application/json",
}  # fmt: skip


def read_annotations(text: str, form: str, most: int | None = None) -> list[Annotation]:
    """Read annotations from text.

    Parameters
    ----------
    text : str
    form : str
        One of `READERS`.
    most : int, optional
        How many are taken; more are refused before they are looked at one by one.

    Raises
    ------
    InvalidParameterError, TooLargeError
        The sentence names the row, or the annotation, that does not fit.
    """
    if form not in READERS:
        raise InvalidParameterError("format", form, "it takes " + ", ".join(READERS))
    rows = READERS[form](text)
    if most is not None and len(rows) > most:
        raise TooLargeError("file", len(rows), most, "annotations")
    return [
        read_annotation(found, f"{found.pop('@', 'items.' + str(i))}.")
        for i, found in enumerate(rows)
    ]


def parse(text: str) -> Any:
    """Read text as JSON.

    Raises
    ------
    InvalidParameterError
    """
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise InvalidParameterError("body", "…", "it takes JSON") from None


def _refuse(text: str) -> float:
    raise ValueError(text)


def _read_items(found: Any) -> list[dict[str, Any]]:
    items = found.get("items") if isinstance(found, dict) else found
    if not isinstance(items, list) or not all(isinstance(i, dict) for i in items):
        raise InvalidParameterError("body", "…", 'it takes {"items": [annotation, …]}')
    if any("@" in i for i in items):  # the other readers say there where an annotation stood
        raise InvalidParameterError("items.@", "…", "there is no such member")
    return [dict(i) for i in items]


def _write_items(whole: Mapping[str, Any], items: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    yield '{"set":' + json.dumps(whole) + ',"items":['
    for i, item in enumerate(items):
        yield ("," if i else "") + "\n" + json.dumps(item)
    yield "\n]}\n"
