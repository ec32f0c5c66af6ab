"""The page's own address, ``#v=1&…``, from a view document and back.

Each part of the address is one line of `_ENTRIES`; the page has the same table in
``frontend/src/linkentries.ts``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from atlasview.errors import InvalidParameterError
from atlasview.marks.viewdocument import (
    TURN_3D,
    UPRIGHT,
    VERSION,
    Comparison,
    ShownSet,
    ViewDocument,
    read_document,
)

_DRAWINGS = ("fill", "outline", "both")


def format_address(document: ViewDocument) -> str:
    """Write a document as the address that the page opens it at."""
    written = ((entry.key, entry.text(document)) for entry in _ENTRIES)
    entries = [("v", "1"), *((key, text) for key, text in written if text is not None)]
    return "#" + "&".join(f"{key}={quote(text, safe=',:')}" for key, text in entries)


def parse_address(text: str) -> ViewDocument:
    """Read an address as the page writes it, with or without what stands before ``#``.

    Raises
    ------
    InvalidParameterError
        A part of it is not known, or makes no sense.
    """
    _, mark, hash_ = text.partition("#")
    if not mark:
        raise InvalidParameterError("address", text, "it takes what the page shows behind «#»")
    said = dict(parse_qsl(hash_, keep_blank_values=True))
    if said.pop("v", "1") != "1":
        raise InvalidParameterError("address", text, "addresses of version 1 are known here")
    # Keys of annotation sets are not for a view.
    said.pop("keys", None)
    document: dict[str, Any] = {"version": VERSION, "data": {}, "camera": {}, "style": {}}
    known = {entry.key: entry for entry in _ENTRIES}
    for key, value in said.items():
        entry = known.get(key)
        if entry is None:
            raise InvalidParameterError("address", f"{key}={value}", "this part is not known")
        try:
            found = entry.read(value)
        except (ValueError, LookupError):
            raise InvalidParameterError("address", f"{key}={value}", "it makes no sense") from None
        (document[entry.part] if entry.part else document)[entry.member] = found
    return read_document(document)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One part of the address: its key, where it stands in the document, how it is spelt.

    Parameters
    ----------
    key : str
    part, member : str
        Such as ``style`` and ``gamma``; without a part it is a member of the document itself.
    write, read : callable
    plain : callable, optional
        Tells whether a value need not be said; where it is the default when not given.
    """

    key: str
    part: str
    member: str
    write: Callable[[Any], str]
    read: Callable[[str], Any]
    plain: Callable[[Any], bool] | None = None

    def text(self, document: ViewDocument) -> str | None:
        """Return what the address says of a document; None where it need not say anything."""
        holder = getattr(document, self.part) if self.part else document
        value = getattr(holder, self.member)
        field = type(holder).model_fields[self.member]
        default = field.get_default(call_default_factory=True)
        plain = value == default if self.plain is None else self.plain(value)
        return None if plain else self.write(value)


def _floats(text: str) -> list[float]:
    return [float(part) for part in text.split(",")]


def _set_text(shown: ShownSet) -> str:
    """Write a set with what is said of it: `-` one that is not drawn, a dot before a number."""
    parts = (
        shown.set if shown.visible else f"-{shown.set}",
        "" if shown.coloring == "own" else shown.coloring.replace("number:", "."),
        quote(shown.region or "", safe=""),
        *map(_number, shown.range or ()),
    )
    return ":".join(parts).rstrip(":")


def _set(text: str) -> dict[str, Any]:
    name, by, region, *span = (*text.split(":"), *[""] * (2 - min(2, text.count(":"))))
    return {
        "set": name.removeprefix("-"),
        "visible": not name.startswith("-"),
        "coloring": f"number:{by[1:]}" if by.startswith(".") else by or "own",
        "region": unquote(region) or None,
        "range": [float(v) for v in span] or None,
    }


def _ids(text: str) -> list[str]:
    return [part for part in text.split(",") if part]


def _comparison(compare: Comparison) -> str:
    window = () if compare.window is None else compare.window
    return ",".join((compare.volume, compare.how, *map(_number, (compare.at, *window))))


def _compared(parts: list[str]) -> dict[str, Any]:
    volume, how, at, *window = parts
    return {
        "volume": volume,
        "how": how,
        "at": float(at),
        "window": [float(v) for v in window] or None,
    }


def _color(text: str) -> tuple[str, str]:
    region, mark, rgb = text.rpartition(":")
    if not mark:
        raise ValueError(text)
    return region, f"#{rgb}"


def _flag(text: str) -> bool:
    flags: dict[str, bool] = {"0": False, "1": True}
    return flags[text]


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def _numbers(values: tuple[float, ...]) -> str:
    return ",".join(_number(v) for v in values)


def _same(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    lengths = sum(v * v for v in a) ** 0.5 * sum(v * v for v in b) ** 0.5
    return bool(abs(sum(x * y for x, y in zip(a, b, strict=True))) / lengths > 1 - 1e-7)


def _flag_text(value: bool) -> str:
    return "1" if value else "0"


_ENTRIES = (
    _Entry("a", "data", "atlas", str, str),
    _Entry("t", "data", "template", str, str),
    _Entry("p", "data", "parcellation", str, str),
    _Entry("vol", "data", "volume", str, str),
    _Entry("at", "camera", "at", _numbers, _floats),
    _Entry("zoom", "camera", "zoom", _number, float),
    _Entry("q", "camera", "turn", _numbers, _floats, lambda q: _same(q, UPRIGHT)),
    _Entry("layout", "style", "layout", str, str, lambda _: False),
    _Entry("zoom3", "camera", "zoom3d", _number, float),
    _Entry("q3", "camera", "turn3d", _numbers, _floats, lambda q: _same(q, TURN_3D)),
    _Entry("sel", "style", "selected", ",".join, _ids),
    _Entry("ch", "style", "channel", str, int),
    _Entry("win", "style", "window", _numbers, _floats),
    _Entry("gamma", "style", "gamma", _number, float),
    _Entry("inv", "style", "invert", _flag_text, _flag),
    _Entry("cm", "style", "colormap", str, str),
    _Entry("tpl", "style", "template", _flag_text, _flag),
    _Entry("reg", "style", "regions", _flag_text, _flag),
    _Entry("op", "style", "opacity", _number, float),
    _Entry(
        "ol", "style", "drawing", lambda d: str(_DRAWINGS.index(d)), lambda t: _DRAWINGS[int(t)]
    ),
    _Entry("x", "style", "crosshair", _flag_text, _flag),
    _Entry(
        "sets",
        "",
        "annotations",
        lambda sets: ",".join(map(_set_text, sets)),
        lambda t: [_set(p) for p in t.split(",")],
    ),
    _Entry("depth", "style", "depth", str, int),
    _Entry("pal", "style", "palette", str, str),
    _Entry(
        "col",
        "style",
        "colors",
        lambda colors: ",".join(f"{i}:{rgb[1:]}" for i, rgb in colors.items()),
        lambda t: dict(_color(p) for p in t.split(",")),
    ),
    _Entry("hid", "style", "hidden", ",".join, _ids),
    _Entry("iso", "style", "isolate", _flag_text, _flag),
    _Entry("side", "style", "side", str, str),
    _Entry("names", "style", "names", _flag_text, _flag),
    _Entry("m3", "style", "solids", str, str),
    _Entry("sh", "style", "shell", _flag_text, _flag),
    _Entry("sec", "style", "sections", _flag_text, _flag),
    _Entry("in", "style", "coordinates", str, str),
    _Entry("cmp", "style", "compare", _comparison, lambda t: _compared(t.split(","))),
)
