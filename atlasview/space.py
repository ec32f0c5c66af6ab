"""Reference space: anatomical directions, affines, and the half-voxel shift.

World coordinates are millimetres, RAS+: x to the subject's right, y anterior, z superior. An
affine maps a voxel index (x, y, z), the voxel's centre, to that world. All that AtlasView knows of
left and right, of voxel centres and corners, stands in this room.

References
----------
OME-NGFF 0.5 puts a coordinate at a voxel's centre, Neuroglancer at its corner. Words for directions
are those of OME-NGFF RFC 4, from the lowest index to the highest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from atlasview.errors import InvalidParameterError
from atlasview.geometry import FloatArray, OrthogonalPlane

#: Letter of the direction in which a world axis grows, and of the opposite one.
WORLD_LETTERS = (("R", "L"), ("A", "P"), ("S", "I"))

#: RFC 4 word → (world axis, whether the index grows with the world coordinate).
DIRECTIONS: dict[str, tuple[int, bool]] = {
    "left-to-right": (0, True),
    "right-to-left": (0, False),
    "posterior-to-anterior": (1, True),
    "anterior-to-posterior": (1, False),
    "inferior-to-superior": (2, True),
    "superior-to-inferior": (2, False),
    # what RFC 4 calls animals that walk on four legs
    "caudal-to-rostral": (1, True),
    "rostral-to-caudal": (1, False),
    "ventral-to-dorsal": (2, True),
    "dorsal-to-ventral": (2, False),
}
RAS_WORDS = ("left-to-right", "posterior-to-anterior", "inferior-to-superior")
_LETTER_TO_WORD = {
    "R": "left-to-right",
    "L": "right-to-left",
    "A": "posterior-to-anterior",
    "P": "anterior-to-posterior",
    "S": "inferior-to-superior",
    "I": "superior-to-inferior",
}

#: The three planes as drawn (neurological convention) from arrays (z, y, x) in RAS order.
PLANES: dict[str, OrthogonalPlane] = {
    "horizontal": OrthogonalPlane("horizontal", 0, 1, 2, True, False, "A", "L"),
    "coronal": OrthogonalPlane("coronal", 1, 0, 2, True, False, "S", "L"),
    "sagittal": OrthogonalPlane("sagittal", 2, 0, 1, True, False, "S", "P"),
}


@dataclass(frozen=True, slots=True)
class Orientation:
    """How three stored axes lie in the world.

    Parameters
    ----------
    axes : tuple of int
        For world x, y, z: which stored axis (0, 1, 2) runs along it.
    flips : tuple of bool
        For world x, y, z: whether that stored axis runs against it.
    """

    axes: tuple[int, int, int]
    flips: tuple[bool, bool, bool]

    @classmethod
    def from_words(cls, words: Sequence[str]) -> Orientation:
        """Make an orientation from three RFC 4 words, one a stored axis, in stored order.

        Raises
        ------
        InvalidParameterError
            A word is unknown, or two words name the same world axis.
        """
        axes, flips = [-1, -1, -1], [False, False, False]
        for stored, word in enumerate(words):
            if word not in DIRECTIONS:
                raise InvalidParameterError(
                    "orientation", word, "directions are " + ", ".join(DIRECTIONS)
                )
            world, grows = DIRECTIONS[word]
            axes[world], flips[world] = stored, not grows
        if len(words) != 3 or -1 in axes:
            raise InvalidParameterError(
                "orientation", " ".join(words), "name each of the three directions once"
            )
        return cls((axes[0], axes[1], axes[2]), (flips[0], flips[1], flips[2]))

    @classmethod
    def from_code(cls, code: str) -> Orientation:
        """Make an orientation from a direction code such as ``RAS`` or ``PSR``, in stored order."""
        letters = code.strip().upper().removesuffix("+")
        if len(letters) != 3 or any(c not in _LETTER_TO_WORD for c in letters):
            raise InvalidParameterError(
                "orientation",
                code,
                "it takes three letters of R L A P S I, the direction in which each axis grows, "
                "such as RAS",
            )
        return cls.from_words([_LETTER_TO_WORD[c] for c in letters])

    @property
    def code(self) -> str:
        """The direction code in stored order, such as ``LPS``."""
        letters = ["", "", ""]
        for world, (stored, flip) in enumerate(zip(self.axes, self.flips, strict=True)):
            letters[stored] = WORLD_LETTERS[world][flip]
        return "".join(letters)


RAS = Orientation((0, 1, 2), (False, False, False))


def reorientation(orientation: Orientation, shape: Sequence[int]) -> FloatArray:
    """Return the 4 × 4 map from an index in RAS order to the stored index.

    Parameters
    ----------
    orientation : Orientation
    shape : sequence of int
        Extent of the three stored axes, in stored order.

    Returns
    -------
    ndarray, shape (4, 4)
        ``stored_affine @ reorientation`` is the affine of the reoriented array.
    """
    matrix = np.zeros((4, 4))
    matrix[3, 3] = 1
    for world, (stored, flip) in enumerate(zip(orientation.axes, orientation.flips, strict=True)):
        matrix[stored, world] = -1 if flip else 1
        matrix[stored, 3] = shape[stored] - 1 if flip else 0
    return matrix


def nearest_orientation(affine: npt.ArrayLike) -> Orientation:
    """Return how axes lie that an affine places, each along the world axis it is nearest to.

    Parameters
    ----------
    affine : array_like, shape (4, 4)
        Columns follow the stored axes.
    """
    linear = np.array(affine, np.float64)[:3, :3]
    linear /= np.linalg.norm(linear, axis=0)
    axes, flips = [0, 0, 0], [False, False, False]
    left = np.abs(linear)
    for _ in range(3):
        world, stored = (int(i) for i in np.unravel_index(left.argmax(), left.shape))
        axes[world], flips[world] = stored, bool(linear[world, stored] < 0)
        left[world, :] = left[:, stored] = -1
    return Orientation((axes[0], axes[1], axes[2]), (flips[0], flips[1], flips[2]))


def scale_translation_affine(scale: Sequence[float], translation: Sequence[float]) -> FloatArray:
    """Return the affine (x, y, z) of an axis-aligned grid: voxel size, and centre of voxel 0."""
    affine = np.diag([*map(float, scale), 1.0])
    affine[:3, 3] = translation
    return affine


def voxel_size(affine: npt.ArrayLike) -> tuple[float, float, float]:
    """Return the extent in mm of a voxel along its own x, y and z."""
    x, y, z = np.sqrt((np.asarray(affine, np.float64)[:3, :3] ** 2).sum(axis=0)).tolist()
    return x, y, z


def level_affine(affine: npt.ArrayLike, factors: Sequence[float]) -> FloatArray:
    """Return the affine of a level that joins ``factors`` (x, y, z) finest voxels into one.

    The corner of the volume stays where it is, so the centre of voxel 0 moves by half a voxel of
    the difference.
    """
    out = np.array(affine, np.float64)
    steps = np.asarray(factors, np.float64)
    out[:3, 3] += out[:3, :3] @ ((steps - 1) / 2)
    out[:3, :3] *= steps
    return out


def corner_bounds(affine: npt.ArrayLike, shape: Sequence[int]) -> tuple[FloatArray, FloatArray]:
    """Return the lowest and highest world coordinates of a grid, to the voxels' outer corners.

    Parameters
    ----------
    affine : array_like, shape (4, 4)
        Voxel centre (x, y, z) → mm.
    shape : sequence of int
        Extent x, y, z.
    """
    corners = np.array(
        [[i, j, k] for i in (-0.5, shape[0] - 0.5) for j in (-0.5, shape[1] - 0.5)
         for k in (-0.5, shape[2] - 0.5)]
    )  # fmt: skip
    matrix = np.asarray(affine, np.float64)
    world = corners @ matrix[:3, :3].T + matrix[:3, 3]
    return world.min(axis=0), world.max(axis=0)


def is_axis_aligned(affine: npt.ArrayLike, tolerance: float = 1e-6) -> bool:
    """Tell whether the grid's axes run along the world's, within a share of a voxel a voxel."""
    linear = np.asarray(affine, np.float64)[:3, :3]
    off = linear - np.diag(np.diag(linear))
    return bool(np.abs(off).max() <= tolerance * np.abs(linear).max())


def voxel_of(affine: npt.ArrayLike, points: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return the voxels (..., 3) in x, y, z order that hold points (..., 3) in mm.

    A voxel holds its lower faces: a point halfway between two centres belongs to the upper one.
    """
    inverse = np.linalg.inv(np.asarray(affine, np.float64))
    index = np.asarray(points, np.float64) @ inverse[:3, :3].T + inverse[:3, 3]
    # A thousandth of a millionth of a voxel: what inverting an affine may cost, so that a centre
    # computed from an index always finds its way back.
    # Far outside any brain an index would not fit a whole number.
    return np.floor(np.clip(index, -1e15, 1e15) + 0.5 + 1e-9).astype(np.int64)


def corner_transform(
    affine: npt.ArrayLike, scale: Sequence[float], translation: Sequence[float]
) -> FloatArray:
    """Return the 3 × 4 matrix that places an OME-Zarr source of Neuroglancer in the world.

    Neuroglancer reads an OME-Zarr's own ``scale`` and ``translation`` (of level 0) and has, as the
    source's coordinates, positions in units of that scale, at voxel corners. This is the map from
    those to millimetres, both in x, y, z order, as Neuroglancer wants it written: the offset in mm,
    but the linear part as a pure ratio, since it knows the units of both sides itself.

    Parameters
    ----------
    affine : array_like, shape (4, 4)
        Voxel centre → mm of level 0.
    scale, translation : sequence of float
        What the OME-Zarr says of level 0, in mm.
    """
    matrix = np.asarray(affine, np.float64)
    size = np.asarray(scale, np.float64)
    first = np.asarray(translation, np.float64) / size
    # source coordinate s of a voxel's centre i is i + first: its own corner convention shifts both
    # the grid and the world by half a voxel, which cancels.
    offset = matrix[:3, 3] - matrix[:3, :3] @ first
    return np.concatenate([matrix[:3, :3] / size, offset[:, None]], axis=1)
