"""The picture that stands beside a pasted link, drawn as every other picture."""

from __future__ import annotations

import numpy as np

from atlasview.cut import picture_grid, plane_from_orientation
from atlasview.encode import encode_png
from atlasview.errors import AtlasViewError, StorageError, StoreUnavailableError
from atlasview.marks.neuroglancer import PLANE_TURNS, multiplied
from atlasview.picture import Picture, UInt8Array
from atlasview.pictures import draw_grid
from tileserver.catalog import Catalog, Served
from tileserver.ink import ink_for
from tileserver.viewdata import Scene
from tileserver.viewstyle import view_style

#: What chat programs show without cutting.
WIDTH, HEIGHT = 1200, 630
#: The page has more room than the preview: so many pixels of the page are one here.
_SHRINK = 1.5
#: Side of the smallest pixel that is drawn, in mm, as of `/planes`.
_SMALLEST = 1e-6


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
    style = view_style(scene, served)
    try:
        ink, _ = ink_for(catalog, served, style)
        return draw_grid(catalog.reader, served.volume, grid, style, ink, limit).rgba()
    except (StorageError, StoreUnavailableError):
        raise
    except AtlasViewError:
        return None
