"""What a stained section looks like: grey by depth in the cortex, and cells; pure.

Dark is dense, as in a section stained for cell bodies; the slide beneath is white.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]

WHITE = 255
#: Voxels of the texture along each axis; it repeats.
TEXTURE = 128
#: Levels that show it; in coarser ones it has averaged out.
TEXTURED_LEVELS = 3
#: Depths told apart between the pia (0) and the deep white matter (1).
DEPTHS = 1024
# Depth → grey, and → how strongly cells show: six layers, then white matter.
_DEPTH = (0.0, 0.07, 0.12, 0.30, 0.38, 0.47, 0.53, 0.60, 0.72, 0.80, 0.86, 1.0)
_GREY = (206, 202, 142, 128, 104, 100, 118, 152, 138, 128, 158, 192)
_CELLS = (0.3, 0.35, 1.0, 0.9, 1.1, 1.1, 1.0, 0.8, 0.9, 0.9, 0.5, 0.35)
#: Voxels between cells, on average; grey levels that a cell is darker, and that grain is wide.
_CELL_PITCH, _CELL_DARK, _GRAIN = 8, 62.0, 26.0


def profile(width: float) -> tuple[Float32, Float32]:
    """Return grey, and the strength of cells, by depth.

    Parameters
    ----------
    width : float
        Depths that one voxel spans, over which both are averaged.
    """
    depth = np.linspace(0.0, 1.0, DEPTHS)
    curves = (np.interp(depth, _DEPTH, _GREY), np.interp(depth, _DEPTH, _CELLS))
    half = int(width * DEPTHS / 2)
    kernel = np.full(2 * half + 1, 1.0 / (2 * half + 1))
    grey, cells = (
        np.convolve(np.pad(curve, half, mode="edge"), kernel, mode="valid").astype(np.float32)
        for curve in curves
    )
    return grey, cells


def textures() -> tuple[Float32, ...]:
    """Return what cells and grain add to the grey, for each level that shows it.

    A cube (z, y, x) that repeats; each level is the mean of the one before, and the mean of all is
    0. It is made of a hash of the position, so that it is the same on every machine for good.
    """
    side = TEXTURE
    found = _GRAIN * (_noise(side**3, 1).reshape(side, side, side) - 0.5)
    found += _cells(side)
    found -= found.mean()
    out = []
    for _ in range(TEXTURED_LEVELS):
        out.append(np.ascontiguousarray(found, np.float32))
        half = found.shape[0] // 2
        found = found.reshape(half, 2, half, 2, half, 2).mean(axis=(1, 3, 5))
    return tuple(out)


def _cells(side: int) -> npt.NDArray[np.float64]:
    """Return dark balls of 1 to 2.6 voxels, one somewhere in each cell of a grid."""
    count = side // _CELL_PITCH
    grid = np.stack(np.meshgrid(*[np.arange(count) * _CELL_PITCH] * 3, indexing="ij"), axis=-1)
    number = count**3
    jitter = np.stack([_noise(number, 2 + axis) for axis in range(3)], axis=-1)
    centre = grid.reshape(-1, 3) + jitter * _CELL_PITCH
    radius = 1.0 + 1.6 * _noise(number, 5) ** 2
    dark = _CELL_DARK * (0.5 + 0.5 * _noise(number, 6))
    nearest = np.floor(centre).astype(int)
    out = np.zeros((side, side, side))
    for shift in np.ndindex(7, 7, 7):
        at = nearest + np.array(shift) - 3
        far = np.linalg.norm(at + 0.5 - centre, axis=1) / radius
        shade = -dark * np.clip(1.5 - far, 0.0, 1.0)
        z, y, x = (at % side).T
        np.minimum.at(out, (z, y, x), shade)
    return out


def _noise(count: int, seed: int) -> npt.NDArray[np.float64]:
    """Return numbers from 0 up to 1 by splitmix64, of a count and a seed only."""
    with np.errstate(over="ignore"):
        state = np.arange(1, count + 1, dtype=np.uint64) + np.uint64(seed << 40)
        state *= np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state ^= state >> np.uint64(31)
    return (state >> np.uint64(11)).astype(np.float64) * 2.0**-53
