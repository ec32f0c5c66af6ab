"""Tile addresses ↔ boxes of voxels; pure.

A slice is a picture at several zooms. The highest zoom is level 0, each zoom below it is the next
coarser level that differs within the plane, and zoom 0 is the whole slice in one tile. Where the
stored pyramid ends sooner, or skips a step, a zoom joins ``scale`` × ``scale`` voxels of the level
above into a pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from atlasview.errors import OutOfVolumeError
from atlasview.geometry import Box, OrthogonalPlane, Triple
from atlasview.volume import Level

TILE = 256


@dataclass(frozen=True, slots=True)
class Zoom:
    """One zoom of one plane: ``scale`` voxels of ``level`` make a pixel, along both sides."""

    z: int
    level: int
    scale: int
    height: int
    width: int


@dataclass(frozen=True, slots=True)
class Patch:
    """A rectangle of a slice: which voxels of which level, and how many of them make a pixel.

    Parameters
    ----------
    level : int
    box : Box
        One voxel thin along the plane's normal.
    scale : int
    top, left : int
        Of the rectangle in the zoom's picture, in pixels.
    height, width : int
        Of the rectangle, in pixels.
    """

    level: int
    box: Box
    scale: int
    top: int
    left: int
    height: int
    width: int


def zooms(levels: Sequence[Level], plane: OrthogonalPlane, tile: int = TILE) -> tuple[Zoom, ...]:
    """List the zooms of a plane, the whole slice in one tile first.

    Parameters
    ----------
    levels : sequence of Level
        Finest first.
    plane : OrthogonalPlane
    tile : int
        Side of a tile in pixels.
    """
    return _zooms(tuple(levels), plane, tile)


@lru_cache(maxsize=1024)
def _zooms(levels: tuple[Level, ...], plane: OrthogonalPlane, tile: int) -> tuple[Zoom, ...]:
    steps: list[tuple[int, int, int, int]] = []  # level, scale, height, width; finest first

    def halve(level: int, until: float) -> None:
        height, width = plane.size(levels[level].shape)
        scale = 2
        while scale < until and max(steps[-1][2:]) > tile:
            steps.append((level, scale, -(-height // scale), -(-width // scale)))
            scale *= 2

    for level in levels:
        height, width = plane.size(level.shape)
        if steps:
            if max(steps[-1][2:]) <= tile:
                break
            last = levels[steps[-1][0]]
            if (height, width) == plane.size(last.shape):
                continue
            ratio = max(level.step[a] / last.step[a] for a in (plane.rows, plane.cols))
            halve(steps[-1][0], round(ratio, 3))
            if max(steps[-1][2:]) <= tile:
                break
        steps.append((level.index, 1, height, width))
    halve(steps[-1][0], float("inf"))
    return tuple(
        Zoom(z, level, scale, height, width)
        for z, (level, scale, height, width) in enumerate(reversed(steps))
    )


def slice_patch(
    levels: Sequence[Level],
    plane: OrthogonalPlane,
    zoom: Zoom,
    index: int,
    rect: tuple[int, int, int, int],
) -> Patch:
    """Return the voxels behind a rectangle of a slice at one zoom.

    Parameters
    ----------
    levels : sequence of Level
    plane : OrthogonalPlane
    zoom : Zoom
    index : int
        Slice, in finest voxels along the normal.
    rect : tuple of int
        Top, left, height, width in pixels of the zoom's picture; cut at its edges.

    Raises
    ------
    OutOfVolumeError
        There is no such slice, or the rectangle lies outside the picture.
    """
    count = levels[0].shape[plane.normal]
    if not 0 <= index < count:
        raise OutOfVolumeError("slice", index, f"{plane.name} slices are 0 to {count - 1}")
    top, left, height, width = rect
    height, width = min(height, zoom.height - top), min(width, zoom.width - left)
    if top < 0 or left < 0 or height <= 0 or width <= 0:
        raise OutOfVolumeError(
            "rectangle", rect, f"zoom {zoom.z} is {zoom.height} high and {zoom.width} wide"
        )
    level = levels[zoom.level]
    coarse = list(level.shape)
    coarse[plane.rows], coarse[plane.cols] = zoom.height, zoom.width
    box = plane.box(coarse, level.index_of(plane.normal, index), top, left, height, width)
    if zoom.scale > 1:
        start, stop = list(box.start), list(box.stop)
        for axis in (plane.rows, plane.cols):
            start[axis] *= zoom.scale
            stop[axis] = min(stop[axis] * zoom.scale, level.shape[axis])
        box = Box(_triple(start), _triple(stop))
    return Patch(zoom.level, box, zoom.scale, top, left, height, width)


def tile_patch(
    levels: Sequence[Level],
    plane: OrthogonalPlane,
    zoom: Zoom,
    index: int,
    row: int,
    col: int,
    tile: int = TILE,
) -> Patch:
    """Return the voxels behind one tile, cut at the edge of the slice.

    Raises
    ------
    OutOfVolumeError
        There is no such slice or tile.
    """
    rows, cols = -(-zoom.height // tile), -(-zoom.width // tile)
    if not (0 <= row < rows and 0 <= col < cols):
        raise OutOfVolumeError(
            "tile", f"x={col}, y={row}", f"zoom {zoom.z} has {cols} × {rows} tiles (x × y)"
        )
    return slice_patch(levels, plane, zoom, index, (row * tile, col * tile, tile, tile))


def _triple(values: Sequence[int]) -> Triple:
    return values[0], values[1], values[2]
