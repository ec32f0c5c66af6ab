"""A view's style in the words of every other picture; `frontend/src/look.ts` says the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from atlasview.channels import is_rgb
from atlasview.marks.viewdocument import FAINT, StylePart
from atlasview.style import Style, WindowSpec
from tileserver.catalog import Served
from tileserver.styleparams import rgb_of
from tileserver.viewdata import Scene

_OUTLINES: dict[str, bool | Literal["both"]] = {"fill": False, "outline": True, "both": "both"}


def view_style(scene: Scene, served: Served) -> Style:
    """Return how a volume of a view is drawn: the image with regions over it, or labels alone."""
    said: StylePart = scene.document.style
    look = Style() if served is scene.labels else _image_style(said, served)
    if not said.regions or scene.labels is None or scene.parcellation is None:
        return look
    look = replace(
        look,
        outline=_OUTLINES[said.drawing],
        regions=tuple(str(r.id) for r in scene.selected()),
        rest=0.0 if said.isolate else FAINT,
        hide=tuple(str(r.id) for r in scene.known(said.hidden)),
        hemisphere=said.side,
        depth=said.depth,
        palette=None if said.palette == "atlas" else said.palette,
        colors=tuple((str(r.id), rgb_of(said.colors[str(r.id)])) for r in scene.known(said.colors)),
    )
    if served is scene.labels:
        return look
    return replace(look, opacity=said.opacity, labels=scene.parcellation.id)


def _image_style(said: StylePart, served: Served) -> Style:
    """Return how the page draws the image: one channel through a colour map, or its own colours."""
    if is_rgb(served.volume) and said.channel is None:
        return Style(gamma=said.gamma, invert=said.invert)
    return Style(
        window=(WindowSpec(*said.window),) if said.window else (),
        gamma=said.gamma,
        invert=said.invert,
        colormap=(said.colormap,),
        channel=(said.channel or 0,),
    )
