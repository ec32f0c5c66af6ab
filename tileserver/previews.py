"""The picture that stands beside a pasted link, drawn as every other picture."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from atlasview.channels import is_rgb
from atlasview.cut import picture_grid, plane_from_orientation
from atlasview.encode import encode_png
from atlasview.errors import AtlasViewError, StorageError, StoreUnavailableError
from atlasview.marks.neuroglancer import PLANE_TURNS, multiplied
from atlasview.marks.viewdocument import FAINT, StylePart
from atlasview.picture import Picture, UInt8Array
from atlasview.pictures import draw_grid
from atlasview.style import Style, WindowSpec
from tileserver.catalog import Catalog, Served
from tileserver.ink import ink_for
from tileserver.styleparams import rgb_of
from tileserver.viewdata import Scene

#: What chat programs show without cutting.
WIDTH, HEIGHT = 1200, 630
#: The page has more room than the preview: so many pixels of the page are one here.
_SHRINK = 1.5
#: Side of the smallest pixel that is drawn, in mm, as of `/planes`.
_SMALLEST = 1e-6
_OUTLINES: dict[str, bool | Literal["both"]] = {"fill": False, "outline": True, "both": "both"}


def draw_preview(scene: Scene | None, catalog: Catalog, limit: int) -> bytes:
    """Draw what a view shows as PNG: its plane, or the three planes side by side.

    What is no longer served, or cannot be drawn now, is left black.

    Parameters
    ----------
    scene : Scene or None
    catalog : Catalog
    limit : int
        Voxels decoded for one picture.
    """
    canvas = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    if scene is not None and (served := scene.image or scene.labels) is not None:
        layout = scene.document.style.layout
        planes = (layout,) if layout in PLANE_TURNS else tuple(PLANE_TURNS)
        width = WIDTH // len(planes)
        for i, plane in enumerate(planes):
            panel = _panel(scene, served, catalog, plane, width, limit)
            if panel is not None:
                share = panel[..., 3:].astype(np.float32) / 255
                shown = (panel[..., :3] * share).astype(np.uint8)
                canvas[:, i * width : (i + 1) * width] = shown
    return encode_png(Picture(canvas))


def _panel(
    scene: Scene, served: Served, catalog: Catalog, plane: str, width: int, limit: int
) -> UInt8Array | None:
    camera = scene.document.camera
    turn = multiplied(camera.turn, PLANE_TURNS[plane])
    zoom = max(camera.zoom * _SHRINK, _SMALLEST)
    grid = picture_grid(plane_from_orientation(camera.at, turn), width, HEIGHT, zoom)
    style = _style(scene, served)
    try:
        ink, _ = ink_for(catalog, served, style)
        return draw_grid(catalog.reader, served.volume, grid, style, ink, limit).rgba()
    except (StorageError, StoreUnavailableError):
        raise
    except AtlasViewError:
        return None


def _style(scene: Scene, served: Served) -> Style:
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
