"""A brain of BigBrain's size, computed as it is looked at.

Its 6572 × 7404 × 5711 voxels are nowhere stored: each is a function of its level and place. The
grey and white matter of the ICBM 2009a template, stretched along each axis to fill BigBrain's
volume, say where tissue is and how deep in the cortex; a profile of six layers gives the grey, and
a texture of cells and grain that repeats every 128 voxels lies on the three finest levels. The maps
of coarser levels are exact means of those of the finest.
"""

from __future__ import annotations

import functools
import itertools
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt

from atlasview.geometry import Box, FloatArray, Triple
from atlasview.histology import TEXTURED_LEVELS, WHITE, Float32, profile, textures
from atlasview.samples import GM_WM, sample_folder

#: Extent x, y, z of the finest level, as BigBrain's sections give it.
SHAPE_XYZ: Triple = (6572, 7404, 5711)
#: Of a voxel, x, y, z in mm: scanned at 1200 dots an inch, cut every 20 µm.
VOXEL_MM = (25.4 / 1200, 0.02, 25.4 / 1200)
LEVELS = 7
#: Counts up whenever a voxel's value changes, so that nobody keeps what was before.
FORMULA = 1
CHUNK = 64
SPACE = "ICBM 2009a stretched to BigBrain's size (synthetic)"
#: What is said of it, and of any part of it.
SAID = {
    "name": "Synthetic brain of BigBrain's size, 20 µm",
    "space": SPACE,
    "licence": "Synthetic: computed, not a scan of anybody. The tissue maps that it is computed "
    "from: MNI permissive notice, see sample_data/NOTICE.md",
    "citation": "Tissue maps: Fonov et al. 2011, doi:10.1016/j.neuroimage.2010.07.033. "
    "Dimensions: BigBrain, Amunts et al. 2013, doi:10.1126/science.1235381",
    "description": "Synthetic. The grey and white matter of the ICBM 2009a template, stretched to "
    "the dimensions of BigBrain, with six layers and cells drawn by a formula; no voxel is "
    "measured.",
}
#: Where the template's brain lies, in mm along x, y, z, and which part of the volume it fills.
_BRAIN_MM = ((-71.5, 71.5), (-106.5, 73.5), (-71.5, 82.5))
_FILLS = 0.94
#: Of so many chunks along each axis one is looked at for what values there are.
_SAMPLE_EVERY = 10
#: Cubic B-splines: each place takes from so many neighbours.
_TAPS = 4
#: Half the width of the edge of tissue; how tissue and depth change over a millimetre, about.
_EDGE, _TISSUE_MM, _DEPTH_MM = 0.05, 0.4, 0.35


def stretch() -> tuple[float, float, float]:
    """Return millimetres of the template for one millimetre here, along x, y, z."""
    x, y, z = (
        (high - low) / (_FILLS * n * size)
        for (low, high), n, size in zip(_BRAIN_MM, SHAPE_XYZ, VOXEL_MM, strict=True)
    )
    return x, y, z


def affine() -> FloatArray:
    """Return voxel centre (x, y, z) → mm; the template's origin stays the origin."""
    found = np.diag([*VOXEL_MM, 1.0])
    for axis, ((low, high), factor) in enumerate(zip(_BRAIN_MM, stretch(), strict=True)):
        found[axis, 3] = (low + high) / 2 / factor - (SHAPE_XYZ[axis] - 1) / 2 * VOXEL_MM[axis]
    return found


def level_shape(level: int) -> Triple:
    """Return the extent z, y, x of a level, rounded up as BigBrain's pyramid is."""
    x, y, z = (-(-n // 2**level) for n in SHAPE_XYZ)
    return z, y, x


def maps_file() -> Path:
    """Return the file of the tissue maps.

    Raises
    ------
    LibraryError
        It is missing from this installation.
    """
    return sample_folder() / GM_WM


@dataclass(frozen=True, eq=False, slots=True)
class _Maps:
    """Tissue maps (z, y, x) with a rim of nothing, and where they lie.

    ``origin`` is the centre of voxel 0 along x, y, z, in mm of the template.
    """

    grey: npt.NDArray[np.uint8]
    white: npt.NDArray[np.uint8]
    both: npt.NDArray[np.uint16]
    origin: tuple[float, float, float]


@functools.cache
def _maps() -> _Maps:
    image: Any = nib.load(maps_file())
    stored = np.asarray(image.dataobj)
    voxels = np.ascontiguousarray(stored.transpose(3, 2, 1, 0))
    place = affine()
    before, after, origin = [], [], []
    for axis, factor in enumerate(stretch()):
        # so wide a rim that every voxel of the volume finds all its neighbours
        first = place[axis, 3] * factor - image.affine[axis, 3]
        last = first + (SHAPE_XYZ[axis] - 1) * VOXEL_MM[axis] * factor
        before.append(max(0, int(-np.floor(first))) + _TAPS)
        after.append(max(0, int(np.ceil(last)) - stored.shape[axis] + 1) + 2 * _TAPS)
        origin.append(float(image.affine[axis, 3]) - before[-1])
    rims = list(zip(reversed(before), reversed(after), strict=True))
    grey, white = (np.pad(v, rims) for v in voxels)
    return _Maps(grey, white, grey.astype(np.uint16) + white, (origin[0], origin[1], origin[2]))


@dataclass(frozen=True, eq=False, slots=True)
class _Look:
    """How a level is drawn: its edge of tissue, its shades, its texture."""

    low: np.float32
    scale: np.float32
    shades: Float32
    cells: Float32
    texture: Float32


_lock = threading.Lock()


@functools.cache
def _looks() -> tuple[_Look, ...]:
    grain = textures()
    none = np.zeros((0, 0, 0), np.float32)
    out = []
    for level in range(LEVELS):
        size = float(np.mean(np.multiply(VOXEL_MM, stretch()))) * (2**level - 1)
        half = _EDGE + size * _TISSUE_MM / 2
        out.append(
            _Look(
                np.float32(0.5 - half),
                np.float32(0.5 / half),
                *profile(size * _DEPTH_MM),
                grain[level] if level < TEXTURED_LEVELS else none,
            )
        )
    return tuple(out)


def prepare() -> None:
    """Load the maps and make the texture, once; a block asked for first would do it itself."""
    with _lock:
        _maps()
        _looks()


def neighbours(
    axis: int, level: int, start: int, stop: int
) -> tuple[npt.NDArray[np.int64], Float32]:
    """Return which map voxels some voxels of a level take from, and how much from each.

    Parameters
    ----------
    axis : int
        0, 1, 2 for x, y, z.
    level : int
    start, stop : int
        Voxels of the level along the axis.

    Returns
    -------
    tuple of ndarray
        First map voxel of each; weights of that and the following, as many for all of a level. A
        coarse voxel's are the mean of those of the finest voxels in it.
    """
    side = 2**level
    factor = stretch()[axis]
    fine = np.arange(start * side, min(stop * side, SHAPE_XYZ[axis]))
    first_mm = affine()[axis, 3] * factor - _maps().origin[axis]
    place = first_mm + fine * (VOXEL_MM[axis] * factor)
    below = np.floor(place)
    t = place - below
    splines = np.stack(
        [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3], axis=1
    ) / 6  # fmt: skip
    base = below.astype(np.int64) - 1
    coarse = fine // side - start
    begins = np.searchsorted(coarse, np.arange(stop - start))
    first = base[begins]
    taps = _TAPS + int(np.ceil((side - 1) * max(np.multiply(VOXEL_MM, stretch()))))
    weights = np.zeros((stop - start, taps))
    for k in range(_TAPS):
        np.add.at(weights, (coarse, base - first[coarse] + k), splines[:, k])
    weights /= np.bincount(coarse, minlength=stop - start)[:, None]
    return first, weights.astype(np.float32)


def voxels(level: int, box: Box, out: npt.NDArray[np.uint8] | None = None) -> npt.NDArray[np.uint8]:
    """Compute one box of voxels.

    Parameters
    ----------
    level : int
    box : Box
        (z, y, x) of that level, within it.
    out : ndarray of uint8, optional
        Where to put them.
    """
    from atlasview.stain import stain

    prepare()
    maps, look = _maps(), _looks()[level]
    found = np.empty(box.shape, np.uint8) if out is None else out
    parts = [
        [
            (a, min(a - a % CHUNK + CHUNK, stop))
            for a in (start, *range(start - start % CHUNK + CHUNK, stop, CHUNK))
        ]
        for start, stop in zip(box.start, box.stop, strict=True)
    ]
    taken = [
        {part: neighbours(2 - axis, level, *part) for part in ranges}
        for axis, ranges in enumerate(parts)
    ]
    for block in itertools.product(*parts):
        target = found[
            tuple(slice(a - s, b - s) for (a, b), s in zip(block, box.start, strict=True))
        ]
        z, y, x = (table[part] for table, part in zip(taken, block, strict=True))
        around = tuple(slice(f[0], f[-1] + w.shape[1]) for f, w in (z, y, x))
        # a voxel is a mean of map voxels, so where none reaches the edge none is tissue
        if float(maps.both[around].max()) / 255 <= look.low:
            target[...] = WHITE
            continue
        made = np.empty(target.shape, np.uint8)
        stain(
            maps.grey,
            maps.white,
            (z[0], y[0], x[0]),
            (z[1], y[1], x[1]),
            look.low,
            look.scale,
            look.shades,
            look.cells,
            look.texture,
            (block[0][0], block[1][0], block[2][0]),
            made,
        )
        target[...] = made
    return found


def sample() -> npt.NDArray[np.uint8]:
    """Return voxels of the finest level, evenly from everywhere: some four million."""
    zs, ys, xs = (range(0, n - CHUNK, _SAMPLE_EVERY * CHUNK) for n in level_shape(0))
    blocks = (
        Box((z, y, x), (z + CHUNK, y + CHUNK, x + CHUNK))
        for z, y, x in itertools.product(zs, ys, xs)
    )
    return np.concatenate([voxels(0, block)[::4, ::4, ::4].ravel() for block in blocks])
