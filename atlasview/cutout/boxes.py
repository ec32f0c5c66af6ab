"""Which voxels a box means: from millimetres, and from one level to another."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from atlasview.errors import OutOfVolumeError, TooLargeError
from atlasview.geometry import Box
from atlasview.space import voxel_of
from atlasview.volume import Level, Volume

#: Share of a voxel by which an edge computed in floating point may miss the edge it means.
_SLACK = 1e-6


def mm_box(level: Level, low: Sequence[float], high: Sequence[float]) -> Box:
    """Return the voxels of a level that hold a box in mm, those of its corners included.

    A corner on the volume's own edge is within it, so that the bounds of a volume are all of it.

    Parameters
    ----------
    level : Level
    low, high : sequence of float
        Opposite corners, x, y, z in mm.

    Returns
    -------
    Box
        (z, y, x); it may cross the edges of the volume. Where the grid is rotated against the
        world, the smallest box of voxels around all eight corners.
    """
    corners = np.array(list(itertools.product(*zip(low, high, strict=True))), np.float64)
    inverse, size = np.linalg.inv(level.affine), np.array(level.shape[::-1])
    edges = corners @ inverse[:3, :3].T + inverse[:3, 3] + 0.5
    voxels = voxel_of(level.affine, corners)
    voxels = np.where(np.abs(edges) <= _SLACK, 0, voxels)
    voxels = np.where(np.abs(edges - size) <= _SLACK, size - 1, voxels)
    (x0, y0, z0), (x1, y1, z1) = voxels.min(axis=0).tolist(), (voxels.max(axis=0) + 1).tolist()
    return Box((z0, y0, x0), (z1, y1, x1))


def box_on_level(source: Level, box: Box, target: Level) -> Box:
    """Return the voxels of a level that share any space with a box of another level.

    Parameters
    ----------
    source : Level
    box : Box
        Voxels of `source`.
    target : Level
    """
    start, stop = [0, 0, 0], [0, 0, 0]
    for k in range(3):
        low = source.first[k] + (box.start[k] - 0.5) * source.step[k]
        high = source.first[k] + (box.stop[k] - 0.5) * source.step[k]
        a = math.floor((low - target.first[k]) / target.step[k] + 0.5 + _SLACK)
        b = math.ceil((high - target.first[k]) / target.step[k] + 0.5 - _SLACK)
        start[k] = min(max(a, 0), target.shape[k] - 1)
        stop[k] = min(max(b, start[k] + 1), target.shape[k])
    return Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))


def pick_level(
    volume: Volume, level: Level, box: Box, voxel_bytes: int, max_bytes: int
) -> tuple[Level, Box]:
    """Return the finest level on which a box takes no more than some bytes.

    Parameters
    ----------
    volume : Volume
    level : Level
        The level that `box` is counted in; none finer is picked.
    box : Box
    voxel_bytes : int
        What one voxel takes, all its channels together.
    max_bytes : int

    Returns
    -------
    level : Level
    box : Box
        All voxels of that level that share space with the box.

    Raises
    ------
    TooLargeError
        It fits on no level.
    """
    smallest = 0
    for other in volume.levels[level.index :]:
        here = box if other is level else box_on_level(level, box, other)
        smallest = here.size * voxel_bytes
        if smallest <= max_bytes:
            return other, here
    raise TooLargeError("box at the coarsest level", smallest, max_bytes, "bytes")


def check_box(level: Level, box: Box, what: str, asked: str) -> None:
    """Refuse a box that crosses the edge of its level, naming the bounds.

    Raises
    ------
    OutOfVolumeError
    """
    if not box.within(level.shape):
        bounds = ",".join(f"0:{n}" for n in reversed(level.shape))
        meant = ",".join(
            f"{a}:{b}" for a, b in zip(reversed(box.start), reversed(box.stop), strict=True)
        )
        same = "" if meant == asked else f", which is box={meant},"
        raise OutOfVolumeError(
            what, f"{asked[:100]}{same}", f"level {level.index} spans box={bounds} (x,y,z)"
        )
