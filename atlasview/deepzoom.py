"""Deep Zoom: a slice as levels from one pixel to full size, each in tiles that overlap; pure.

References
----------
Deep Zoom, http://schemas.microsoft.com/deepzoom/2008, laid out as ``vips dzsave`` does.
"""

from __future__ import annotations

from collections.abc import Sequence

from atlasview.errors import OutOfVolumeError
from atlasview.geometry import OrthogonalPlane
from atlasview.scaling import halved_sizes
from atlasview.tiles import Zoom
from atlasview.volume import Level

#: Side of a tile without its overlap, and pixels of overlap on each inner side.
SIDE, OVERLAP = 254, 1
_XML = """<?xml version="1.0" encoding="UTF-8"?>
<Image xmlns="http://schemas.microsoft.com/deepzoom/2008" \
Format="{form}" Overlap="{overlap}" TileSize="{side}">
  <Size Height="{height}" Width="{width}"/>
</Image>
"""


def deepzoom_zooms(levels: Sequence[Level], plane: OrthogonalPlane) -> tuple[Zoom, ...]:
    """List the Deep Zoom levels of a plane, a pixel a voxel at the last.

    A level is the stored one of that size, or else is joined from the next finer one.

    Parameters
    ----------
    levels : sequence of Level
        Finest first.
    plane : OrthogonalPlane
    """
    sizes = halved_sizes(*plane.size(levels[0].shape))
    found: list[Zoom] = []
    level, scale = 0, 1
    for z in range(len(sizes) - 1, -1, -1):
        factor = 1 << (len(sizes) - 1 - z)
        stored = [
            candidate.index
            for candidate in levels
            if plane.size(candidate.shape) == sizes[z]
            and all(
                abs(candidate.step[axis] / factor - 1) < 1e-3 for axis in (plane.rows, plane.cols)
            )
        ]
        level, scale = (stored[-1], 1) if stored else (level, scale * 2)
        found.append(Zoom(z, level, scale, *sizes[z]))
    return tuple(reversed(found))


def deepzoom_rect(
    sizes: Sequence[tuple[int, int]], level: int, col: int, row: int
) -> tuple[int, int, int, int]:
    """Return top, left, height and width of a tile in the picture of its level.

    Raises
    ------
    OutOfVolumeError
        There is no such level or tile.
    """
    if not 0 <= level < len(sizes):
        raise OutOfVolumeError("level", level, f"levels are 0 to {len(sizes) - 1}")
    height, width = sizes[level]
    rows, cols = -(-height // SIDE), -(-width // SIDE)
    if not (0 <= row < rows and 0 <= col < cols):
        raise OutOfVolumeError(
            "tile", f"{col}_{row}", f"level {level} has {cols} × {rows} tiles (col × row)"
        )
    top, left = max(0, row * SIDE - OVERLAP), max(0, col * SIDE - OVERLAP)
    bottom = min(height, (row + 1) * SIDE + OVERLAP)
    right = min(width, (col + 1) * SIDE + OVERLAP)
    return top, left, bottom - top, right - left


def deepzoom_xml(height: int, width: int, form: str) -> str:
    """Return the description of a picture, its tiles in that format."""
    return _XML.format(form=form, overlap=OVERLAP, side=SIDE, height=height, width=width)
