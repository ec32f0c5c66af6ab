"""The page's own address, ``#v=1&…``, from a view document and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from atlasview.errors import InvalidParameterError
from atlasview.marks.viewdocument import (
    TURN_3D,
    UPRIGHT,
    VERSION,
    Comparison,
    ShownSet,
    StylePart,
    ViewDocument,
    read_document,
)

_DRAWINGS = ("fill", "outline", "both")
_PLAIN = StylePart()


def format_address(document: ViewDocument) -> str:
    """Write a document as the address that the page opens it at."""
    data, camera, style = document.data, document.camera, document.style
    entries: list[tuple[str, str | None]] = [
        ("v", "1"),
        ("a", data.atlas),
        ("t", data.template),
        ("p", data.parcellation),
        ("vol", data.volume),
        ("at", _numbers(camera.at)),
        ("zoom", _number(camera.zoom)),
        ("q", None if _same(camera.turn, UPRIGHT) else _numbers(camera.turn)),
        ("layout", style.layout),
        ("zoom3", None if camera.zoom3d is None else _number(camera.zoom3d)),
        ("q3", None if _same(camera.turn3d, TURN_3D) else _numbers(camera.turn3d)),
        ("sel", ",".join(style.selected) or None),
        ("ch", None if style.channel is None else str(style.channel)),
        ("win", _numbers(style.window) if style.window else None),
        ("gamma", None if style.gamma == _PLAIN.gamma else _number(style.gamma)),
        ("tpl", None if style.template else "0"),
        ("reg", None if style.regions else "0"),
        ("op", None if style.opacity == _PLAIN.opacity else _number(style.opacity)),
        ("ol", None if style.drawing == "both" else str(_DRAWINGS.index(style.drawing))),
        ("x", None if style.crosshair else "0"),
        (
            "sets",
            ",".join(_set_text(s) for s in document.annotations) or None,
        ),
        ("depth", None if style.depth is None else str(style.depth)),
        ("pal", None if style.palette == "atlas" else style.palette),
        ("col", ",".join(f"{i}:{rgb[1:]}" for i, rgb in style.colors.items()) or None),
        ("hid", ",".join(style.hidden) or None),
        ("iso", "1" if style.isolate else None),
        ("side", style.side),
        ("names", "1" if style.names else None),
        ("m3", None if style.solids == "selected" else style.solids),
        ("sh", None if style.shell else "0"),
        ("sec", None if style.sections else "0"),
        ("in", style.coordinates),
        ("cmp", None if style.compare is None else _comparison(style.compare)),
    ]
    return "#" + "&".join(f"{k}={quote(v, safe=',:')}" for k, v in entries if v is not None)


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
    for key, value in said.items():
        if key != "sets" and key not in _READERS:
            raise InvalidParameterError("address", f"{key}={value}", "this part is not known")
        try:
            if key == "sets":
                document["annotations"] = [_set(part) for part in value.split(",")]
                continue
            room, name, read = _READERS[key]
            document[room][name] = read(value)
        except (ValueError, LookupError):
            raise InvalidParameterError("address", f"{key}={value}", "it makes no sense") from None
    return read_document(document)


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


_READERS: dict[str, tuple[str, str, Callable[[str], Any]]] = {
    "a": ("data", "atlas", str),
    "t": ("data", "template", str),
    "p": ("data", "parcellation", str),
    "vol": ("data", "volume", str),
    "at": ("camera", "at", _floats),
    "zoom": ("camera", "zoom", float),
    "q": ("camera", "turn", _floats),
    "layout": ("style", "layout", str),
    "zoom3": ("camera", "zoom3d", float),
    "q3": ("camera", "turn3d", _floats),
    "sel": ("style", "selected", _ids),
    "ch": ("style", "channel", int),
    "win": ("style", "window", _floats),
    "gamma": ("style", "gamma", float),
    "tpl": ("style", "template", _flag),
    "reg": ("style", "regions", _flag),
    "op": ("style", "opacity", float),
    "ol": ("style", "drawing", lambda t: _DRAWINGS[int(t)]),
    "x": ("style", "crosshair", _flag),
    "depth": ("style", "depth", int),
    "pal": ("style", "palette", str),
    "col": ("style", "colors", lambda t: dict(_color(p) for p in t.split(","))),
    "hid": ("style", "hidden", _ids),
    "iso": ("style", "isolate", _flag),
    "side": ("style", "side", str),
    "names": ("style", "names", _flag),
    "m3": ("style", "solids", str),
    "sh": ("style", "shell", _flag),
    "sec": ("style", "sections", _flag),
    "in": ("style", "coordinates", str),
    "cmp": ("style", "compare", lambda t: _compared(t.split(","))),
}


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def _numbers(values: tuple[float, ...]) -> str:
    return ",".join(_number(v) for v in values)


def _same(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    lengths = sum(v * v for v in a) ** 0.5 * sum(v * v for v in b) ** 0.5
    return bool(abs(sum(x * y for x, y in zip(a, b, strict=True))) / lengths > 1 - 1e-7)
