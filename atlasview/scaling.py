"""A rectangle of a slice at any size: which level to read, and which of its voxels; pure.

A picture of a slice is measured in the finest voxels, from its top left corner. The coarsest level
is read that still has a voxel for every pixel, so what a picture costs depends on its own size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from atlasview.errors import OutOfVolumeError, TooLargeError
from atlasview.geometry import Box, FloatArray, OrthogonalPlane, PixelGrid, apply_affine
from atlasview.resample import Span, Taps, taps
from atlasview.space import voxel_size
from atlasview.volume import Level

#: Two steps closer than this share are the same.
_SAME = 1e-3
#: Voxels along one side of a picture.
LONGEST_SIDE = 1 << 22


@dataclass(frozen=True, slots=True)
class Scaling:
    """Pixels of a rectangle of a slice on the voxels of one level.

    Parameters
    ----------
    level, index : int
        Which level, and which of its slices.
    rows, cols : Span
        Down and across the picture, in voxels of that level from the picture's top left.
    """

    level: int
    index: int
    rows: Span
    cols: Span


def check_slice(levels: Sequence[Level], plane: OrthogonalPlane, index: int) -> None:
    """Refuse a slice that the volume does not have.

    Raises
    ------
    OutOfVolumeError
    """
    count = levels[0].shape[plane.normal]
    if not 0 <= index < count:
        raise OutOfVolumeError("slice", index, f"{plane.name} slices are 0 to {count - 1}")


def scale_slice(
    levels: Sequence[Level], plane: OrthogonalPlane, index: int, rows: Span, cols: Span
) -> Scaling:
    """Choose the level to draw a rectangle of a slice from.

    Where pixels and voxels of a level run in step, as the tiles of a picture do at a stored zoom,
    they are taken one for one and never blended.

    Parameters
    ----------
    levels : sequence of Level
        Finest first.
    plane : OrthogonalPlane
    index : int
        Slice, in finest voxels along the normal.
    rows, cols : Span
        Pixels down and across, in finest voxels from the picture's top left corner.

    Raises
    ------
    OutOfVolumeError
        There is no such slice.
    """
    check_slice(levels, plane, index)
    height, width = plane.size(levels[0].shape)
    sides = ((plane.rows, rows, height), (plane.cols, cols, width))
    chosen = levels[0]
    for level in levels[1:]:
        if all(_resolves(level.step[axis], span, length) for axis, span, length in sides):
            chosen = level
    in_step = all(_in_step(chosen, axis, span, length) for axis, span, length in sides)
    return Scaling(
        chosen.index,
        chosen.index_of(plane.normal, index),
        _on_level(chosen, plane.rows, plane.flip_rows, rows, height, in_step=in_step),
        _on_level(chosen, plane.cols, plane.flip_cols, cols, width, in_step=in_step),
    )


def check_taps(scaling: Scaling, limit: int) -> None:
    """Refuse what joins too many voxels, before a number is kept for each of them.

    Parameters
    ----------
    scaling : Scaling
    limit : int
        Voxels that one picture may need.

    Raises
    ------
    TooLargeError
    """
    down, across = (max(1, int(s.step * s.count)) for s in (scaling.rows, scaling.cols))
    if max(down, across) > LONGEST_SIDE:
        side = "voxels along one side"
        raise TooLargeError("picture", max(down, across), LONGEST_SIDE, side)
    if down * across > limit:
        raise TooLargeError("picture", down * across, limit, "voxels")


def scaling_taps(level: Level, plane: OrthogonalPlane, scaling: Scaling) -> tuple[Taps, Taps]:
    """Return which voxels make the pixels, down and across, counted from the picture's top left."""
    height, width = plane.size(level.shape)
    return taps(scaling.rows, height), taps(scaling.cols, width)


def scaling_box(
    level: Level, plane: OrthogonalPlane, scaling: Scaling, rows: Taps, cols: Taps
) -> Box:
    """Return the box of voxels that some taps need."""
    return plane.box(
        level.shape, scaling.index, rows.low, cols.low, rows.high - rows.low, cols.high - cols.low
    )


def scaling_grid(level: Level, plane: OrthogonalPlane, scaling: Scaling) -> PixelGrid:
    """Return where the pixels lie in the world."""
    first: list[float] = [0.0, 0.0, 0.0]
    first[plane.normal] = scaling.index
    right, down = np.zeros(3), np.zeros(3)
    for axis, span, step, flip in (
        (plane.rows, scaling.rows, down, plane.flip_rows),
        (plane.cols, scaling.cols, right, plane.flip_cols),
    ):
        middle = span.start + span.step / 2
        first[axis] = (level.shape[axis] - middle if flip else middle) - 0.5
        step[axis] = -span.step if flip else span.step
    linear = level.affine[:3, :3]
    return PixelGrid(
        _floats(apply_affine(level.affine, first[::-1])),
        _floats(linear @ right[::-1]),
        _floats(linear @ down[::-1]),
        scaling.rows.count,
        scaling.cols.count,
    )


def square_size(level: Level, plane: OrthogonalPlane) -> tuple[int, int]:
    """Return height and width of a whole slice in square pixels, as fine as the finer side."""
    sizes = voxel_size(level.affine)
    down, across = sizes[2 - plane.rows], sizes[2 - plane.cols]
    side = min(down, across)
    height, width = plane.size(level.shape)
    if abs(down - across) <= _SAME * side:
        return height, width
    return max(1, round(height * down / side)), max(1, round(width * across / side))


def halved_sizes(height: int, width: int, largest: int = 1) -> list[tuple[int, int]]:
    """Return the sizes of a picture halved again and again, halves rounded up, the smallest first.

    Parameters
    ----------
    height, width : int
    largest : int
        The last to be halved has a side longer than this.
    """
    sizes = [(height, width)]
    while max(sizes[-1]) > largest:
        h, w = sizes[-1]
        sizes.append((-(-h // 2), -(-w // 2)))
    return sizes[::-1]


def scale_square(
    levels: Sequence[Level],
    plane: OrthogonalPlane,
    index: int,
    sizes: Sequence[tuple[int, int]],
    z: int,
    rect: tuple[int, int, int, int],
) -> Scaling:
    """Return the voxels behind a rectangle of a slice drawn in square pixels.

    Parameters
    ----------
    levels : sequence of Level
    plane : OrthogonalPlane
    index : int
        Slice, in finest voxels along the normal.
    sizes : sequence of tuple of int
        Of the whole slice at every zoom, as `halved_sizes` gives them of `square_size`.
    z : int
        Which of them.
    rect : tuple of int
        Top, left, height, width in pixels of that zoom; cut at its edges.

    Raises
    ------
    OutOfVolumeError
        There is no such slice or zoom, or the rectangle lies outside the picture.
    """
    if not 0 <= z < len(sizes):
        raise OutOfVolumeError("zoom", z, f"{plane.name} zooms are 0 to {len(sizes) - 1}")
    (h, w), (top, left, height, width) = sizes[z], rect
    height, width = min(height, h - top), min(width, w - left)
    if top < 0 or left < 0 or height <= 0 or width <= 0:
        raise OutOfVolumeError("rectangle", rect, f"zoom {z} is {h} high and {w} wide")
    voxels = plane.size(levels[0].shape)
    down, across = (
        (1 << len(sizes) - 1 - z) * n / full for n, full in zip(voxels, sizes[-1], strict=True)
    )
    return scale_slice(
        levels, plane, index, Span(top * down, down, height), Span(left * across, across, width)
    )


def _resolves(step: float, span: Span, length: int) -> bool:
    """Tell whether a level has a voxel for every pixel along one side, or none finer has."""
    if step <= max(span.step, 1.0) * (1 + _SAME):
        return True
    here = span.scaled(1 / step)
    return _whole(here.start) and here.step > 0.5 and _is_cut(here, length / step)


def _in_step(level: Level, axis: int, span: Span, length: int) -> bool:
    """Tell whether a span's pixels are a level's voxels, but for the last one that may be cut."""
    here = span.scaled(1 / level.step[axis])
    drift = abs(here.step - 1) * here.count
    cut = drift < 1 - _SAME and _is_cut(here, length / level.step[axis])
    return _whole(here.start) and (drift < _SAME or cut)


def _on_level(
    level: Level, axis: int, flip: bool, span: Span, length: int, *, in_step: bool
) -> Span:
    """Return a span in voxels of a level, from the same side of the picture."""
    step = level.step[axis]
    here = span.scaled(1 / step)
    if in_step:
        return Span(round(here.start), 1.0, here.count)
    # Voxel 0 of the level begins here, in finest voxels from index 0.
    begin = level.first[axis] + 0.5 - step / 2
    if flip:
        return Span(level.shape[axis] - (length - begin) / step + here.start, here.step, here.count)
    return Span(here.start - begin / step, here.step, here.count)


def _is_cut(here: Span, length: float) -> bool:
    """Tell whether a span in voxels of a level ends as the level does: its last one may be cut."""
    extent = here.step * here.count
    ends = here.start + extent >= length - _SAME
    return ends and math.ceil(extent - _SAME) == here.count


def _whole(value: float) -> bool:
    return abs(value - round(value)) < _SAME


def _floats(values: FloatArray) -> tuple[float, float, float]:
    x, y, z = values.tolist()
    return x, y, z
