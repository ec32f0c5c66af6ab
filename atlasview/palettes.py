"""Palettes: colours by which regions that touch can be told apart."""

from __future__ import annotations

import colorsys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from atlasview.atlas import Terminology

Rgb = tuple[int, int, int]

#: Okabe and Ito's colours, told apart with every kind of colour vision; then the same, lighter or
#: darker, since more than eight neighbours need more.
_OKABE_ITO: tuple[Rgb, ...] = (
    (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66),
    (0, 114, 178), (213, 94, 0), (204, 121, 167), (153, 153, 153),
)  # fmt: skip
#: What `palette=` takes, beside ``atlas``, the atlas's own colours.
PALETTES = ("distinct", "safe")


def palette_colours(
    name: str,
    terminology: Terminology,
    contacts: Iterable[tuple[int, int]],
    depth: int | None = None,
) -> dict[int, Rgb]:
    """Colour regions so that no two that touch have the same colour.

    Parameters
    ----------
    name : str
        ``distinct`` or ``safe``, whose colours are told apart with colour-blind eyes too.
    terminology : Terminology
    contacts : iterable of two int
        Labels that touch.
    depth : int, optional
        Where the ontology is cut: regions deeper than this are drawn as that ancestor.

    Returns
    -------
    dict
        Colour by id, for every region that is drawn.
    """
    shown = {
        label: r.id if depth is None else r.path[min(depth, len(r.path) - 1)]
        for label, r in terminology.by_label.items()
    }
    order = sorted(set(shown.values()))
    edges = ((shown[a], shown[b]) for a, b in contacts if a in shown and b in shown)
    number = colour_graph(order, edges)
    count = max(number.values(), default=0) + 1
    colours = _safe(count) if name == "safe" else _distinct(count)
    return {region: colours[number[region]] for region in order}


def colour_graph(nodes: Sequence[int], edges: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Give nodes numbers from 0 so that the ends of every edge differ (Brélaz' DSATUR).

    The next node is always the one whose neighbours have the most numbers among them, then the one
    with the most neighbours, then the first; so the same graph is always coloured the same way.
    """
    near: dict[int, set[int]] = {n: set() for n in nodes}
    for a, b in edges:
        if a != b and a in near and b in near:
            near[a].add(b)
            near[b].add(a)
    used: dict[int, set[int]] = {n: set() for n in nodes}
    out: dict[int, int] = {}
    todo = set(nodes)
    while todo:
        here = max(todo, key=lambda n: (len(used[n]), len(near[n]), -n))
        todo.remove(here)
        out[here] = next(i for i in range(len(nodes)) if i not in used[here])
        for other in near[here]:
            used[other].add(out[here])
    return out


def _safe(count: int) -> list[Rgb]:
    out = list(_OKABE_ITO)
    shades = (0.55, 1.45, 0.75, 1.25)
    while len(out) < count:
        factor = shades[(len(out) // len(_OKABE_ITO) - 1) % len(shades)]
        out += [_shade(c, factor) for c in _OKABE_ITO]
    return out[: max(count, 1)]


def _shade(colour: Rgb, factor: float) -> Rgb:
    if factor <= 1:
        r, g, b = (round(v * factor) for v in colour)
    else:
        r, g, b = (round(255 - (255 - v) * (2 - factor)) for v in colour)
    return r, g, b


def _distinct(count: int) -> list[Rgb]:
    out: list[Rgb] = []
    for i in range(max(count, 1)):
        light = (0.5, 0.68, 0.36)[i // 10 % 3]
        r, g, b = colorsys.hls_to_rgb((i * 0.381966) % 1.0, light, 0.75)
        out.append((round(r * 255), round(g * 255), round(b * 255)))
    return out


def inherited(terminology: Terminology, chosen: Mapping[int, Rgb]) -> dict[int, Rgb]:
    """Return chosen colours, by id, for the regions they were chosen for and all below these.

    Of several above one another, the nearest counts.
    """
    return {
        r.id: chosen[own] for r in terminology
        if (own := next((i for i in reversed(r.path) if i in chosen), None)) is not None
    }  # fmt: skip


def recoloured(terminology: Terminology, colours: Mapping[int, Rgb]) -> Terminology:
    """Return a terminology some of whose regions, by id, have other colours."""
    return Terminology(
        tuple(replace(r, rgb=colours[r.id]) if r.id in colours else r for r in terminology),
        terminology.problems,
    )
