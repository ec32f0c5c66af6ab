"""The outlines of regions in a picture of labels, along the edges of its pixels; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.errors import TooLargeError
from atlasview.labelpicture import LabelColours, label_colour

IntArray = npt.NDArray[np.int64]
#: Edges of pixels that are followed in one picture.
EDGES = 1 << 20
# A step along an edge, by direction: right, down, left, up, as columns and rows.
_STEPS = np.array([(1, 0), (0, 1), (-1, 0), (0, -1)], np.int64)


@dataclass(frozen=True, eq=False, slots=True)
class Outline:
    """One region of a picture.

    Parameters
    ----------
    region : int or None
        Index of the region that is drawn; None for a label without one.
    label : int
        A label of it.
    rgb : tuple of int
    loops : tuple of ndarray, shape (n, 2)
        Corners as column and row, in pixels from the picture's top left corner. Inside is at the
        right hand, so that holes turn the other way; by the even-odd rule they fill exactly the
        pixels of the region.
    """

    region: int | None
    label: int
    rgb: tuple[int, int, int]
    loops: tuple[IntArray, ...]


def outlines(labels: npt.NDArray[Any], colours: LabelColours, limit: int = EDGES) -> list[Outline]:
    """Return the outlines of all regions that are drawn, the largest label last.

    Raises
    ------
    TooLargeError
        The outlines have more than `limit` edges of pixels.
    """
    present, inverse = np.unique(labels, return_inverse=True)
    where = np.searchsorted(colours.labels, present.astype(colours.labels.dtype))
    group = np.zeros(len(present), np.int64)
    found: list[tuple[int | None, int, tuple[int, int, int]]] = []
    slots: dict[int, int] = {}
    for i, (value, at) in enumerate(zip(present.tolist(), where.tolist(), strict=True)):
        known = at < len(colours.labels) and int(colours.labels[at]) == value
        if value == 0 or (not known and colours.known_only):
            continue
        region = int(colours.regions[at]) if known else None
        key = -1 - value if region is None else region
        if key not in slots:
            rgb = colours.rgb[at] if known else label_colour(np.array([value]))[0]
            r, g, b = rgb.tolist()
            found.append((region, value, (r, g, b)))
            slots[key] = len(found)
        group[i] = slots[key]
    loops = trace(group[inverse].reshape(labels.shape), limit)
    return [
        Outline(region, label, rgb, tuple(loops[i]))
        for i, (region, label, rgb) in enumerate(found, start=1)
        if i in loops
    ]


def trace(groups: npt.NDArray[np.int64], limit: int = EDGES) -> dict[int, list[IntArray]]:
    """Return the loops around the pixels of every group but 0.

    Pixels that touch at a corner alone are apart.

    Raises
    ------
    TooLargeError
        There are more than `limit` edges between groups.
    """
    height, width = groups.shape
    framed = np.pad(groups, 1)
    inner = framed[1:-1, 1:-1]
    beside = (framed[:-2, 1:-1], framed[1:-1, 2:], framed[2:, 1:-1], framed[1:-1, :-2])
    # Around a pixel as the clock turns: its top, right, bottom and left, each from this corner.
    corners = ((0, 0), (1, 0), (1, 1), (0, 1))
    parts = []
    for direction, (neighbour, (dx, dy)) in enumerate(zip(beside, corners, strict=True)):
        rows, cols = np.nonzero((inner != neighbour) & (inner != 0))
        start = (rows + dy) * (width + 1) + cols + dx
        parts.append(np.stack((inner[rows, cols], start, np.full(len(rows), direction, np.int64))))
    group, start, direction = np.concatenate(parts, axis=1)
    if len(group) > limit:
        raise TooLargeError("outlines", len(group), limit, "edges of pixels")
    step = _STEPS[:, 1] * (width + 1) + _STEPS[:, 0]
    end = start + step[direction]
    corner_count = (width + 1) * (height + 1)
    keys = (group * corner_count + start) * 4 + direction
    order = np.argsort(keys)
    keys, group, start, direction, end = (a[order] for a in (keys, group, start, direction, end))
    after = np.full(len(keys), -1, np.int64)
    for turn in (3, 0, 1):  # the last one found counts: to the right before straight on
        wanted = (group * corner_count + end) * 4 + (direction + turn) % 4
        at = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
        after = np.where(keys[at] == wanted, at, after) if len(keys) else after
    bends = direction[after] != direction if len(keys) else np.zeros(0, bool)
    return _loops(group, end, after.tolist(), bends.tolist(), width + 1)


def _loops(
    group: IntArray, end: IntArray, after: list[int], bends: list[bool], pitch: int
) -> dict[int, list[IntArray]]:
    out: dict[int, list[IntArray]] = {}
    seen = bytearray(len(after))
    for first in range(len(after)):
        if seen[first]:
            continue
        corners, edge = [], first
        while not seen[edge]:
            seen[edge] = 1
            if bends[edge]:
                corners.append(edge)
            edge = after[edge]
        rows, cols = np.divmod(end[corners], pitch)
        out.setdefault(int(group[first]), []).append(np.stack((cols, rows), axis=1))
    return out
