"""How a point is written: millimetres of a space, from a named origin, or voxels of a volume."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from atlasview.errors import InvalidParameterError, NotFoundError, UnrelatedSpacesError
from atlasview.geometry import FloatArray, apply_affine
from atlasview.library import Library
from atlasview.spaces import NO_SPACE, Step

VOXEL = "voxel:"


@dataclass(frozen=True, eq=False, slots=True)
class Carrier:
    """Takes points from one way of writing them to another.

    Parameters
    ----------
    source, target : str
        Names of the spaces.
    matrix : ndarray, shape (4, 4)
    steps : tuple of Step
        The transforms between the spaces.
    """

    source: str
    target: str
    matrix: FloatArray
    steps: tuple[Step, ...] = ()

    def carry(self, points: FloatArray) -> FloatArray:
        """Return points (..., 3) carried over."""
        return apply_affine(self.matrix, points)


def carrier(
    library: Library,
    source: str,
    target: str,
    *,
    origin: str | None = None,
    to_origin: str | None = None,
) -> Carrier:
    """Find the way from one space to another.

    Parameters
    ----------
    library : Library
    source, target : str
        Id, name or another name of a space.
    origin, to_origin : str, optional
        How points of either are written: id of an origin of that space, or ``voxel:VOLUME``;
        millimetres of the space where not said.

    Raises
    ------
    NotFoundError
        There is no such space, origin or volume.
    InvalidParameterError
        The volume is of another space.
    UnrelatedSpacesError
        Nothing leads there.
    """
    spaces = library.spaces
    first, last, matrix = source, target, np.eye(4)
    steps: tuple[Step, ...] = ()
    if source != target or source != NO_SPACE:
        if NO_SPACE in (source, target):
            raise UnrelatedSpacesError(source, target)
        route = spaces.route(source, target)
        first, last, matrix, steps = (
            route.source.name, route.target.name, route.matrix, route.steps
        )  # fmt: skip
    if origin is not None:
        matrix = matrix @ np.linalg.inv(origin_matrix(library, first, "origin", origin))
    if to_origin is not None:
        matrix = origin_matrix(library, last, "to_origin", to_origin) @ matrix
    return Carrier(first, last, matrix, steps)


def origin_matrix(library: Library, space: str, parameter: str, key: str) -> FloatArray:
    """Return the matrix from millimetres of a space to coordinates from an origin of it.

    Raises
    ------
    NotFoundError
        There is no such origin or volume.
    InvalidParameterError
        The volume is of another space; `parameter` is named.
    """
    if key.startswith(VOXEL):
        name = key.removeprefix(VOXEL)
        volume = library.volumes.get(name)
        if volume is None:
            raise NotFoundError("volume", name, sorted(library.volumes))
        if not library.spaces.same(volume.space, space):
            raise InvalidParameterError(
                parameter, key, f"that volume is of the space {volume.space!r}, not {space!r}"
            )
        return np.asarray(np.linalg.inv(volume.affine), np.float64)
    if space == NO_SPACE:
        raise NotFoundError("origin", key)
    return library.spaces.find(space).origin(key).matrix
