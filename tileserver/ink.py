"""From a style and the catalogue to what a picture is drawn with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache

from atlasview.atlas import Parcellation, Region, Terminology
from atlasview.channels import drawn_channels, is_rgb
from atlasview.errors import InvalidParameterError, NotFoundError
from atlasview.ink import Ink
from atlasview.labelpicture import NO_REGIONS, LabelColours
from atlasview.palettes import inherited, recoloured
from atlasview.style import DEFAULT_PERCENTILES, Style, WindowSpec
from atlasview.volume import Volume
from atlasview.window import Window
from tileserver.catalog import Catalog, Served
from tileserver.regional import SIDES


def ink_for(catalog: Catalog, served: Served, style: Style) -> tuple[Ink, str]:
    """Return what a volume is drawn with, and a text that changes whenever that does.

    Raises
    ------
    InvalidParameterError
        The style asks for regions where there are no labels.
    NotFoundError
        A parcellation or region is not known.
    """
    if served.volume.kind == "labels":
        parcellation = catalog.parcellation(served.id)
        ink = _inked(catalog, parcellation, style, (Window(0, 1),), None)
        return ink, _seal(parcellation)
    windows = _windows(served, style)
    if style.labels is None:
        for name, given in (*_named(style), ("outline", style.outline)):
            if given:
                raise InvalidParameterError(
                    name, "…", "this is an image; say which parcellation with labels="
                )
        return Ink(windows, NO_REGIONS, None, 1.0), repr(windows)
    parcellation = catalog.parcellation(style.labels)
    overlay = catalog.volume(parcellation.labels if parcellation else style.labels)
    if overlay.volume.kind != "labels":
        raise InvalidParameterError("labels", style.labels, "it is an image, not labels")
    return (
        _inked(catalog, parcellation, style, windows, overlay.volume),
        f"{windows!r} {overlay.volume.digest} {_seal(parcellation)}",
    )


def _named(style: Style) -> tuple[tuple[str, bool], ...]:
    """Return which parameters that only a region table gives a meaning were given."""
    return (
        ("regions", bool(style.regions)),
        ("rest", style.rest > 0),
        ("hide", bool(style.hide)),
        ("hemisphere", style.hemisphere is not None),
        ("depth", style.depth is not None),
        ("palette", style.palette is not None),
        ("colors", bool(style.colors)),
    )


def _inked(
    catalog: Catalog,
    parcellation: Parcellation | None,
    style: Style,
    windows: tuple[Window, ...],
    overlay: Volume | None,
) -> Ink:
    plain = 1.0 if overlay is None or style.outline is True else 0.5
    opacity, fill = plain if style.opacity is None else style.opacity, 0.0
    if style.outline == "both":
        lines = min(1.0, opacity * 1.5 + 0.3)
        opacity, fill = lines, opacity / lines
    colours = _colours(catalog, parcellation, style)
    side = None
    if style.hemisphere is not None and parcellation is not None:
        halves = catalog.regional(parcellation).hemispheres
        if halves is not None:
            side = halves, SIDES[style.hemisphere]
        elif any(r.hemisphere for r in parcellation.terminology):
            other = "right" if style.hemisphere == "left" else "left"
            colours = colours.without(
                frozenset(n for n, r in parcellation.terminology.by_label.items()
                          if r.hemisphere == other)
            )  # fmt: skip
        else:
            raise InvalidParameterError(
                "hemisphere", style.hemisphere, "this parcellation does not tell sides"
            )
    return Ink(windows, colours, overlay, opacity, fill, side)


def _windows(served: Served, style: Style) -> tuple[Window, ...]:
    count = len(drawn_channels(served.volume, style))
    for name, given in (("window", style.window), ("colormap", style.colormap)):
        if len(given) not in (0, 1, count) or (name == "colormap" and 0 < len(given) < count):
            raise InvalidParameterError(
                name, f"{len(given)} of them", f"{count} channels are drawn; give one for each"
            )
    if style.window:
        return tuple(_window(served, style, spec) for spec in style.window)
    if is_rgb(served.volume) and not style.channel:
        return (Window(0.0, 255.0, style.gamma, style.invert),)  # colours as they are
    return (_window(served, style, WindowSpec(*DEFAULT_PERCENTILES, True)),)


def _window(served: Served, style: Style, spec: WindowSpec) -> Window:
    if not spec.percentiles:
        return Window(spec.lo, spec.hi, style.gamma, style.invert)
    lo, hi = (served.statistics.percentile(q) for q in (spec.lo, spec.hi))
    if lo >= hi:  # nearly all of the volume has one value
        lo, hi = served.statistics.value_range
    return Window(lo, hi if hi > lo else lo + 1.0, style.gamma, style.invert)


def _colours(catalog: Catalog, parcellation: Parcellation | None, style: Style) -> LabelColours:
    if parcellation is None:
        for name, given in _named(style):
            if given:
                raise InvalidParameterError(name, "…", "these labels have no region table")
        return NO_REGIONS
    terminology = parcellation.terminology
    if style.palette is not None:
        regional = catalog.regional(parcellation)
        terminology = regional.painted(terminology, style.palette, style.depth)
    return _cached_colours(
        terminology,
        parcellation.name,
        style.regions,
        style.rest if style.regions else 0.0,
        style.hide,
        style.depth,
        style.colors,
    )


@lru_cache(maxsize=256)
def _cached_colours(
    terminology: Terminology,
    name: str,
    regions: tuple[str, ...],
    rest: float,
    hide: tuple[str, ...],
    depth: int | None,
    colors: tuple[tuple[str, tuple[int, int, int]], ...],
) -> LabelColours:
    def find(parameter: str, keys: Iterable[str]) -> list[Region]:
        try:
            return [terminology.find(key) for key in keys]
        except NotFoundError as exc:
            raise InvalidParameterError(
                parameter, exc.name, f"{name} has no region of that id or acronym"
            ) from exc

    wanted, hidden = find("regions", regions), find("hide", hide)
    own = find("colors", (key for key, _ in colors))
    if own:
        chosen = {region.id: rgb for region, (_, rgb) in zip(own, colors, strict=True)}
        terminology = recoloured(terminology, inherited(terminology, chosen))
    found = terminology.colours(depth)
    if regions:
        found = found.only(terminology.labels(wanted), rest)
    return found.without(terminology.labels(hidden)) if hidden else found


@lru_cache(maxsize=64)
def _seal(parcellation: Parcellation | None) -> str:
    """Return a text that changes with the regions' colours and tree."""
    if parcellation is None:
        return "-"
    rows = [(r.id, r.label, r.rgb, r.parent) for r in parcellation.terminology]
    # not hash(): workers, and the same server started again, must say the same
    return f"{parcellation.labels} {hashlib.sha256(repr(rows).encode()).hexdigest()}"
