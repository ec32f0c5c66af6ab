"""From a style and the catalogue to what a picture is drawn with."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from atlasview.atlas import Parcellation, Terminology
from atlasview.errors import InvalidParameterError, NotFoundError
from atlasview.pictures import DEFAULT_PERCENTILES, Ink, drawn_channels, is_rgb
from atlasview.render import NO_REGIONS, LabelColours, Window
from atlasview.style import Style, WindowSpec
from tileserver.catalog import Catalog, Served


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
        colours = _colours(catalog, parcellation, style)
        opacity = 1.0 if style.opacity is None else style.opacity
        return Ink((Window(0, 1),), colours, None, opacity), _seal(parcellation)
    windows = _windows(served, style)
    if style.labels is None:
        for name, given in (
            ("regions", style.regions),
            ("depth", style.depth is not None),
            ("outline", style.outline),
            ("palette", style.palette),
        ):
            if given:
                raise InvalidParameterError(
                    name, "…", "this is an image; say which parcellation with labels="
                )
        return Ink(windows, NO_REGIONS, None, 1.0), repr(windows)
    parcellation = catalog.parcellation(style.labels)
    overlay = catalog.volume(parcellation.labels if parcellation else style.labels)
    if overlay.volume.kind != "labels":
        raise InvalidParameterError("labels", style.labels, "it is an image, not labels")
    opacity = style.opacity if style.opacity is not None else (1.0 if style.outline else 0.5)
    return (
        Ink(windows, _colours(catalog, parcellation, style), overlay.volume, opacity),
        f"{windows!r} {overlay.volume.digest} {_seal(parcellation)}",
    )


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
        for name, given in (
            ("regions", ",".join(style.regions)), ("depth", style.depth), ("palette", style.palette)
        ):  # fmt: skip
            if given not in (None, ""):
                raise InvalidParameterError(name, given, "these labels have no region table")
        return NO_REGIONS
    terminology = parcellation.terminology
    if style.palette is not None:
        regional = catalog.regional(parcellation)
        terminology = regional.painted(terminology, style.palette, style.depth)
    return _cached_colours(terminology, parcellation.name, style.regions, style.depth)


@lru_cache(maxsize=256)
def _cached_colours(
    terminology: Terminology, name: str, regions: tuple[str, ...], depth: int | None
) -> LabelColours:
    colours = terminology.colours(depth)
    if not regions:
        return colours
    try:
        wanted = [terminology.find(key) for key in regions]
    except NotFoundError as exc:
        raise InvalidParameterError(
            "regions", exc.name, f"{name} has no region of that id or acronym"
        ) from exc
    return colours.only(terminology.labels(wanted))


@lru_cache(maxsize=64)
def _seal(parcellation: Parcellation | None) -> str:
    """Return a text that changes with the regions' colours and tree."""
    if parcellation is None:
        return "-"
    rows = [(r.id, r.label, r.rgb, r.parent) for r in parcellation.terminology]
    # not hash(): workers, and the same server started again, must say the same
    return f"{parcellation.labels} {hashlib.sha256(repr(rows).encode()).hexdigest()}"
