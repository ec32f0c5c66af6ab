"""From a place in a volume to a picture: read, sample, render. The path of a tile, in one room."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.channels import channel_colours, drawn_channels, is_rgb
from atlasview.chunks import ChunkReader
from atlasview.contours import Outline, outlines
from atlasview.errors import TooLargeError
from atlasview.geometry import Box, OrthogonalPlane, PixelGrid, apply_affine
from atlasview.ink import Ink
from atlasview.labelpicture import label_picture
from atlasview.picture import Picture, UInt8Array, add_channels, blend, faded, grey_picture
from atlasview.resample import Taps, resample
from atlasview.sampling import (
    level_for,
    level_on,
    sample_linear,
    sample_nearest,
    window_sampled,
)
from atlasview.scaling import Scaling, check_taps, scaling_box, scaling_grid, scaling_taps
from atlasview.shrink import shrink_majority, shrink_mean
from atlasview.style import Style
from atlasview.tiles import Patch
from atlasview.volume import Level, Volume
from atlasview.window import Window

#: Voxels decoded at a time where many are joined into few pixels.
_STRIP = 1 << 25


def patch_grid(volume: Volume, plane: OrthogonalPlane, patch: Patch) -> PixelGrid:
    """Return where the pixels of a patch of a slice lie in the world."""
    level = volume.levels[patch.level]
    start = np.array(patch.box.start, np.float64)
    first, right, down = start.copy(), np.zeros(3), np.zeros(3)
    half = (patch.scale - 1) / 2
    for axis, count, step, flip in (
        (plane.rows, patch.height, down, plane.flip_rows),
        (plane.cols, patch.width, right, plane.flip_cols),
    ):
        first[axis] += half + ((count - 1) * patch.scale if flip else 0)
        step[axis] = -patch.scale if flip else patch.scale
    linear = level.affine[:3, :3]
    return PixelGrid(
        _floats(apply_affine(level.affine, first[::-1])),
        _floats(linear @ right[::-1]),
        _floats(linear @ down[::-1]),
        patch.height,
        patch.width,
    )


def draw_patch(
    reader: ChunkReader,
    volume: Volume,
    plane: OrthogonalPlane,
    patch: Patch,
    style: Style,
    ink: Ink,
    limit: int = 1 << 28,
) -> Picture:
    """Draw a rectangle of a slice, a pixel a voxel (or `patch.scale` of them, joined).

    Raises
    ------
    NotFoundError
        There is no such channel.
    TooLargeError
        More than `limit` voxels would have to be joined.
    StorageError, StoreUnavailableError
        The voxels cannot be read.
    """
    if patch.box.size > limit:
        raise TooLargeError("picture", patch.box.size, limit, "voxels")
    level, axes = volume.levels[patch.level], (plane.rows, plane.cols)
    if volume.kind == "labels":
        if style.outline:
            # Neighbours across the tile's edge decide whether a pixel is an outline.
            grid = patch_grid(volume, plane, patch).grown(1)
            labels = _sampled(reader, level, grid, ink, limit)
            picture = label_picture(labels, ink.colours, outline=True, margin=1, fill=ink.fill)
            return faded(picture, ink.opacity)
        strips = _strips(reader, level, patch, plane, 0)
        if ink.side:
            volume_of_sides, side = ink.side
            sides = _strips(reader, volume_of_sides.levels[level.index], patch, plane, 0)
            strips = (np.where(s == side, p, 0) for p, s in zip(strips, sides, strict=True))
        parts = [
            shrink_majority(part, patch.scale, axes) if patch.scale > 1 else part for part in strips
        ]
        voxels = np.concatenate(parts, axis=plane.rows)
        return faded(label_picture(plane.image(voxels), ink.colours), ink.opacity)

    def grey(channel: int, window: Window) -> UInt8Array:
        parts = [
            shrink_mean(part, patch.scale, axes) if patch.scale > 1 else part
            for part in _strips(reader, level, patch, plane, channel)
        ]
        whole = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=plane.rows)
        return window.apply(plane.image(whole))

    picture = _image(volume, style, ink, grey)
    if ink.overlay is None:
        return picture
    grid = patch_grid(volume, plane, patch)
    return _overlaid(reader, picture, grid, style, ink, limit)


def draw_scaling(
    reader: ChunkReader,
    volume: Volume,
    plane: OrthogonalPlane,
    scaling: Scaling,
    style: Style,
    ink: Ink,
    limit: int = 1 << 28,
) -> Picture:
    """Draw a rectangle of a slice at any size: images joined or interpolated, labels by nearest.

    Raises
    ------
    NotFoundError
        There is no such channel.
    TooLargeError
        More than `limit` voxels would have to be read.
    StorageError, StoreUnavailableError
        The voxels cannot be read.
    """
    level = volume.levels[scaling.level]
    grid = scaling_grid(level, plane, scaling)
    if volume.kind == "labels":
        return _labels_on(reader, volume, grid, style, ink, limit, level=level)
    check_taps(scaling, limit)
    rows, cols = scaling_taps(level, plane, scaling)
    size = scaling_box(level, plane, scaling, rows, cols).size
    if size > limit:
        raise TooLargeError("picture", size, limit, "voxels")
    deep = max(1, level.chunk[plane.normal] * (cols.high - cols.low))
    at_once = _whole_chunks(_STRIP // deep, level.chunk[plane.rows])
    height = level.shape[plane.rows]
    first = rows.index[:, 0]
    groups = (height - 1 - first if plane.flip_rows else first) // at_once

    def grey(channel: int, window: Window) -> UInt8Array:
        parts = []
        for some in _parted(rows, groups):
            box = scaling_box(level, plane, scaling, some, cols)
            voxels = plane.image(reader.box(level, box, channel))
            parts.append(resample(voxels, some.from_low(), cols.from_low()))
        return window.apply(np.concatenate(parts))

    picture = _image(volume, style, ink, grey)
    if ink.overlay is None:
        return picture
    on = level_on(ink.overlay.levels, grid)
    over = _labels_on(reader, ink.overlay, grid, style, ink, limit, fade=False, level=on)
    return blend(picture, over, ink.opacity)


def draw_grid(
    reader: ChunkReader,
    volume: Volume,
    grid: PixelGrid,
    style: Style,
    ink: Ink,
    limit: int = 1 << 28,
) -> Picture:
    """Draw any grid of pixels in the world: images interpolated linearly, labels never.

    Raises
    ------
    NotFoundError
        There is no such channel.
    TooLargeError
        More than `limit` voxels would have to be decoded.
    StorageError, StoreUnavailableError
        The voxels cannot be read.
    """
    level = level_for(volume.levels, min(grid.mm_per_pixel))
    if volume.kind == "labels":
        return _labels_on(reader, volume, grid, style, ink, limit)
    inside = np.zeros((grid.height, grid.width), np.bool_)

    def grey(channel: int, window: Window) -> UInt8Array:
        nonlocal inside
        values, inside = sample_linear(reader, level, grid, channel, limit)
        return window_sampled(values, window)

    picture = _image(volume, style, ink, grey)
    picture = _overlaid(reader, picture, grid, style, ink, limit)
    if inside.all():
        return picture
    return Picture(picture.values, picture.palette, np.where(inside, 255, 0).astype(np.uint8))


def draw_outlines(
    reader: ChunkReader,
    labels: Volume,
    grid: PixelGrid,
    ink: Ink,
    limit: int = 1 << 28,
) -> list[Outline]:
    """Return the outlines of the regions that `draw_grid` would fill on the same grid.

    Raises
    ------
    TooLargeError
        More than `limit` voxels would have to be decoded, or the outlines are endless.
    StorageError, StoreUnavailableError
        The voxels cannot be read.
    """
    level = level_for(labels.levels, min(grid.mm_per_pixel))
    return outlines(_sampled(reader, level, grid, ink, limit), ink.colours)


def _image(
    volume: Volume, style: Style, ink: Ink, grey: Callable[[int, Window], UInt8Array]
) -> Picture:
    """Turn the channels that a style asks for into a picture; `grey` gives one, windowed."""
    channels = drawn_channels(volume, style)
    windows = ink.windows * len(channels) if len(ink.windows) == 1 else ink.windows
    greys = [grey(c, window) for c, window in zip(channels, windows, strict=True)]
    if not style.channel and is_rgb(volume):
        return Picture(np.stack(greys, axis=-1))
    if len(greys) == 1:
        return grey_picture(greys[0], style.colormap[0] if style.colormap else None)
    colours = style.colormap or channel_colours(volume, channels)
    return add_channels(greys, colours)


def _overlaid(
    reader: ChunkReader, picture: Picture, grid: PixelGrid, style: Style, ink: Ink, limit: int
) -> Picture:
    if ink.overlay is None:
        return picture
    over = _labels_on(reader, ink.overlay, grid, style, ink, limit, fade=False)
    return blend(picture, over, ink.opacity)


def _labels_on(
    reader: ChunkReader,
    labels: Volume,
    grid: PixelGrid,
    style: Style,
    ink: Ink,
    limit: int,
    *,
    fade: bool = True,
    level: Level | None = None,
) -> Picture:
    margin = 1 if style.outline else 0
    wide = grid.grown(margin) if margin else grid
    level = level or level_for(labels.levels, min(grid.mm_per_pixel))
    values = _sampled(reader, level, wide, ink, limit)
    picture = label_picture(
        values, ink.colours, outline=bool(style.outline), margin=margin, fill=ink.fill
    )
    return faded(picture, ink.opacity) if fade else picture


def _sampled(
    reader: ChunkReader, level: Level, grid: PixelGrid, ink: Ink, limit: int
) -> npt.NDArray[Any]:
    """Return the labels at a grid's pixels, those of the other hemisphere as 0."""
    labels, _ = sample_nearest(reader, level, grid, 0, limit)
    if ink.side is None:
        return labels
    sides, _ = sample_nearest(reader, ink.side[0].levels[level.index], grid, 0, limit)
    return np.where(sides == ink.side[1], labels, labels.dtype.type(0))


def _strips(
    reader: ChunkReader, level: Level, patch: Patch, plane: OrthogonalPlane, channel: int
) -> Iterator[npt.NDArray[Any]]:
    """Read the box of a patch, in strips along its rows where many voxels are joined."""
    start, stop = patch.box.start[plane.rows], patch.box.stop[plane.rows]
    deep = level.chunk[plane.normal] * patch.box.shape[plane.cols]
    many = _whole_chunks(_STRIP // deep, level.chunk[plane.rows])
    step = -(-many // patch.scale) * patch.scale if patch.scale > 1 else stop - start
    first, last = list(patch.box.start), list(patch.box.stop)
    for at in range(start, stop, step):
        first[plane.rows], last[plane.rows] = at, min(at + step, stop)
        box = Box((first[0], first[1], first[2]), (last[0], last[1], last[2]))
        yield reader.box(level, box, channel)


def _whole_chunks(count: int, chunk: int) -> int:
    """Return a number of voxels near `count` that are whole chunks, one at least."""
    return max(1, count // chunk) * chunk


def _parted(rows: Taps, groups: npt.NDArray[np.intp]) -> Iterator[Taps]:
    """Part pixels where their group changes."""
    cuts = [0, *(np.flatnonzero(np.diff(groups)) + 1).tolist(), len(groups)]
    for start, stop in pairwise(cuts):
        yield rows.part(start, stop)


def _floats(values: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = values.tolist()
    return x, y, z
