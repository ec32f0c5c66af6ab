"""The drawing parameters of every picture: how each is read, and what OpenAPI says of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from atlasview.colormaps import COLORMAPS, colormap
from atlasview.errors import InvalidParameterError
from atlasview.palettes import PALETTES
from atlasview.style import Style, WindowSpec
from tileserver.params import Parameter, parse_bool, parse_float, parse_int

_PERCENTILE = re.compile(r"(?:p(.+)|(.+)%)")


def parse_windows(name: str, text: str) -> tuple[WindowSpec, ...]:
    """Read ``lo,hi``, or one for each channel drawn with a semicolon between.

    Raises
    ------
    InvalidParameterError
    """
    return tuple(_parse_window(name, part) for part in text.split(";"))


def _parse_window(name: str, text: str) -> WindowSpec:
    """Read ``lo,hi`` in values, or in percentiles as ``p1,p99.5`` or ``1%,99.5%``."""
    expected = "it takes lo,hi with lo below hi, in values or as percentiles p1,p99.5"
    parts = [p.strip() for p in text.split(",")]
    if len(parts) != 2:
        raise InvalidParameterError(name, text, expected)
    marked = [_PERCENTILE.fullmatch(p) for p in parts]
    if any(marked) and not all(marked):
        raise InvalidParameterError(name, text, expected + ", not one of each")
    numbers = [m.group(1) or m.group(2) if m else p for m, p in zip(marked, parts, strict=True)]
    high = 100.0 if all(marked) else 1e30
    lo, hi = (parse_float(name, n, 0.0 if all(marked) else -1e30, high) for n in numbers)
    if lo >= hi:
        raise InvalidParameterError(name, text, expected + "; invert=1 turns black and white over")
    return WindowSpec(lo, hi, all(marked))


def _parse_colormaps(name: str, text: str) -> tuple[str, ...]:
    names = tuple(part.strip().lower() for part in text.split(","))
    for one in names:
        colormap(one)
    return names


def _parse_channels(name: str, text: str) -> tuple[int, ...]:
    found = tuple(parse_int(name, part, 0) for part in text.split(","))
    if len(found) > 16 or len(set(found)) < len(found):
        raise InvalidParameterError(name, text, "it takes up to 16 channels, each once")
    return found


def _parse_names(name: str, text: str) -> tuple[str, ...]:
    names = tuple(part.strip() for part in text.split(","))
    if not all(names) or len(names) > 4096:
        raise InvalidParameterError(name, text, "it takes ids or acronyms, comma between them")
    return names


def _parse_slug(name: str, text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,199}", text):
        raise InvalidParameterError(name, text, "it takes the id of a parcellation")
    return text


def _parse_palette(name: str, text: str) -> str | None:
    if text not in ("atlas", *PALETTES):
        raise InvalidParameterError(name, text, "it takes atlas, " + ", ".join(PALETTES))
    return None if text == "atlas" else text


def _parse_outline(name: str, text: str) -> bool | str:
    return text if text == "both" else parse_bool(name, text)


def _parse_side(name: str, text: str) -> str:
    if text not in ("left", "right"):
        raise InvalidParameterError(name, text, "it takes left or right")
    return text


def rgb_of(text: str) -> tuple[int, int, int]:
    """Return red, green and blue of ``rrggbb``, with or without ``#`` before it."""
    rgb = text.lstrip("#")
    return int(rgb[:2], 16), int(rgb[2:4], 16), int(rgb[4:], 16)


def _parse_colors(name: str, text: str) -> tuple[tuple[str, tuple[int, int, int]], ...]:
    found = []
    for part in text.split(","):
        region, _, rgb = part.rpartition(":")
        if not region.strip() or not re.fullmatch("[0-9a-fA-F]{6}", rgb):
            raise InvalidParameterError(name, text, "it takes region:rrggbb, comma between them")
        found.append((region.strip(), rgb_of(rgb)))
    return tuple(found)


def _parse_pixels(name: str, text: str) -> bool:
    if text not in ("voxels", "square"):
        raise InvalidParameterError(name, text, "it takes voxels or square")
    return text == "square"


_PAIR = r"^(-?[0-9]+(\.[0-9]+)?,-?[0-9]+(\.[0-9]+)?|p[0-9]+(\.[0-9]+)?,p[0-9]+(\.[0-9]+)?)$"

STYLE: tuple[Parameter, ...] = (
    Parameter(
        "window",
        "lo,hi: the values drawn black and white; percentiles as p1,p99.5. Default p1,p99.5. One "
        "for each channel drawn, semicolon between, or one for all.",
        {"type": "string", "pattern": _PAIR, "example": "p1,p99.5"},
        parse_windows,
    ),
    Parameter(
        "gamma",
        "Exponent of the windowed value; below 1 brightens.",
        {"type": "number", "minimum": 0.01, "maximum": 100, "default": 1},
        lambda n, t: parse_float(n, t, 0.01, 100),
    ),
    Parameter(
        "colormap",
        "Colour map by name, or a colour rrggbb; of several channels, one each, comma between: "
        + ", ".join(COLORMAPS),
        {"type": "string", "default": "gray"},
        _parse_colormaps,
    ),
    Parameter(
        "invert",
        "1 turns black and white over.",
        {"type": "string", "enum": ["0", "1", "false", "true"], "default": "0"},
        parse_bool,
    ),
    Parameter(
        "channel",
        "Which channel of an image to draw, or several, comma between, each in its own colour; an "
        "RGB volume is drawn as it is without it.",
        {"type": "string", "pattern": "^[0-9]+(,[0-9]+)*$"},
        _parse_channels,
    ),
    Parameter(
        "labels",
        "Parcellation (or labels volume) to lay over an image, by its id, such as "
        "desikan-killiany.",
        {"type": "string"},
        _parse_slug,
    ),
    Parameter(
        "opacity",
        "Of the labels: 0.5 over an image, 1 for outlines and labels volumes.",
        {"type": "number", "minimum": 0, "maximum": 1},
        lambda n, t: parse_float(n, t, 0, 1),
    ),
    Parameter(
        "outline",
        "1 draws the outlines of regions, one pixel wide; both fills the regions as well.",
        {"type": "string", "enum": ["0", "1", "false", "true", "both"], "default": "0"},
        _parse_outline,
    ),
    Parameter(
        "regions",
        "Draw only these regions (ids or acronyms, comma between); a parent means its descendants.",
        {"type": "string"},
        _parse_names,
    ),
    Parameter(
        "rest",
        "How strongly other regions than those are drawn, as a share of the opacity.",
        {"type": "number", "minimum": 0, "maximum": 1, "default": 0},
        lambda n, t: parse_float(n, t, 0, 1),
    ),
    Parameter(
        "hide",
        "Leave these regions out (ids or acronyms, comma between), with their descendants.",
        {"type": "string"},
        _parse_names,
    ),
    Parameter(
        "hemisphere",
        "Only regions of one side, where the atlas knows sides: by a volume of hemispheres, else "
        "by what it says of each region, of which those of neither side stay.",
        {"type": "string", "enum": ["left", "right"]},
        _parse_side,
    ),
    Parameter(
        "depth",
        "Cut the ontology at this depth (a root is 0): deeper regions are drawn as that ancestor.",
        {"type": "integer", "minimum": 0, "maximum": 1000},
        lambda n, t: parse_int(n, t, 0, 1000),
    ),
    Parameter(
        "palette",
        "Colours of the regions: the atlas's own, or such that neighbours differ (distinct), also "
        "to colour-blind eyes (safe).",
        {"type": "string", "enum": ["atlas", *PALETTES], "default": "atlas"},
        _parse_palette,
    ),
    Parameter(
        "colors",
        "Colours of single regions and what is below them: region:rrggbb, comma between, such as "
        "L.putamen:ff8800.",
        {"type": "string"},
        _parse_colors,
    ),
)
PIXELS = Parameter(
    "pixels",
    "square resamples anisotropic voxels to square pixels.",
    {"type": "string", "enum": ["voxels", "square"], "default": "voxels"},
    _parse_pixels,
    "square",
)


def read_style(values: Mapping[str, str], parameters: Iterable[Parameter] = STYLE) -> Style:
    """Read the drawing parameters out of a query.

    Raises
    ------
    InvalidParameterError
    """
    fields = {
        p.field or p.name: p.parse(p.name, values[p.name]) for p in parameters if p.name in values
    }
    return replace(Style(), **fields) if fields else Style()
