"""Where a source's voxels lie in the world: what the file says, and what options add to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt

from atlasview.errors import AtlasViewError, InvalidParameterError, SourceError
from atlasview.geometry import Box, FloatArray, Triple
from atlasview.ingest.source import Header
from atlasview.space import Orientation, reorientation, scale_translation_affine


class MissingOptionError(InvalidParameterError):
    """The file does not say something that an option must say."""

    def __init__(self, path: object, option: str, lacks: str, example: str) -> None:
        self.parameter, self.value, self.expected = option, None, example
        shown = example if example.startswith("--") else f"{option} {example}"
        text = f"{path} does not say {lacks}: give {option}, such as {shown}."
        AtlasViewError.__init__(self, text)


@dataclass(frozen=True, eq=False, slots=True)
class Placement:
    """How stored voxels (k, j, i) become an array (z, y, x) in RAS order.

    Parameters
    ----------
    stored_affine : ndarray, shape (4, 4)
        Voxel centre (i, j, k) → mm.
    affine_from : str
        ``sform``, ``qform``, another part of the file, or ``options``.
    orientation : Orientation
        Of the stored axes (i, j, k).
    shape : tuple of int
        Stored extents (k, j, i).
    """

    stored_affine: FloatArray
    affine_from: str
    orientation: Orientation
    shape: Triple

    @property
    def affine(self) -> FloatArray:
        """Voxel centre (x, y, z) of the array in RAS order → mm."""
        turned = self.stored_affine @ reorientation(self.orientation, self.shape[::-1])
        return np.asarray(turned + 0.0)  # no −0.0

    @property
    def ras_shape(self) -> Triple:
        """Extents z, y, x in RAS order."""
        z, y, x = (self.shape[2 - stored] for stored in reversed(self.orientation.axes))
        return z, y, x

    @property
    def rises(self) -> bool:
        """Whether reading the file from its beginning goes through z from the lowest plane up."""
        return self.orientation.axes[2] == 2 and not self.orientation.flips[2]

    def stored_box(self, box: Box) -> Box:
        """Return which stored voxels (k, j, i) make a box (z, y, x)."""
        start, stop = [0, 0, 0], [0, 0, 0]
        for world, (stored, flip) in enumerate(
            zip(self.orientation.axes, self.orientation.flips, strict=True)
        ):
            a, b = box.start[2 - world], box.stop[2 - world]
            n = self.shape[2 - stored]
            start[2 - stored], stop[2 - stored] = (n - b, n - a) if flip else (a, b)
        return Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))

    def stored_view(self, voxels: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """View an array (c, z, y, x) as the stored voxels (c, k, j, i) that it is made of."""
        steps = tuple(slice(None, None, -1 if f else 1) for f in reversed(self.orientation.flips))
        order = [0, 0, 0, 0]
        for world, stored in enumerate(self.orientation.axes):
            order[3 - stored] = 3 - world
        return voxels[(slice(None), *steps)].transpose(order)


def place(
    header: Header,
    path: object,
    voxel_size: tuple[float, float, float] | None = None,
    orientation: str | None = None,
) -> Placement:
    """Find where a source lies.

    Parameters
    ----------
    header : Header
    path : Path or Address
        Named in errors.
    voxel_size : tuple of float, optional
        In mm along the subject's x, y, z; overrules the file.
    orientation : str, optional
        Direction code of the stored axes, fastest first, such as ``RAS``; overrules the file. The
        centre of the first voxel in RAS order is then the origin.

    Raises
    ------
    MissingOptionError
        Neither the file nor an option says it.
    InvalidParameterError
        An option makes no sense.
    SourceError
        The file's affine cannot be used.
    """
    if voxel_size is not None and not all(np.isfinite(v) and v > 0 for v in voxel_size):
        raise InvalidParameterError("--voxel-size", voxel_size, "three lengths in mm above 0")
    affine, affine_from = header.affine, header.affine_from
    if orientation is not None:
        try:
            lies = Orientation.from_code(orientation)
        except InvalidParameterError as exc:
            raise InvalidParameterError("--orientation", orientation, exc.expected) from exc
        size = voxel_size or _world_size(header, lies)
        if size is None:
            raise MissingOptionError(path, "--voxel-size", "how large its voxels are", "0.1,0.1,1")
        to_stored = np.linalg.inv(reorientation(lies, header.shape[::-1]))
        affine = scale_translation_affine(size, (0, 0, 0)) @ to_stored
        return Placement(affine, "options", lies, header.shape)
    if affine is None:
        if voxel_size is None and header.voxel_size is None:
            raise MissingOptionError(
                path,
                "--voxel-size and --orientation",
                "how large its voxels are and how it lies in the body",
                "--voxel-size 0.1,0.1,1 --orientation RAS",
            )
        raise MissingOptionError(path, "--orientation", "how it lies in the body", "RAS")
    with np.errstate(all="ignore"):
        det = abs(float(np.linalg.det(affine[:3, :3]))) if np.isfinite(affine).all() else 0.0
        nearest = _nearest(affine) if 0 < det < 1e60 else None
    if nearest is None:
        raise SourceError(
            path, "its affine cannot be inverted; give --voxel-size and --orientation"
        )
    if voxel_size is not None:
        affine = affine.copy()
        for world, stored in enumerate(nearest.axes):
            column = affine[:3, stored]
            affine[:3, stored] = column / np.linalg.norm(column) * voxel_size[world]
        affine_from += ", voxel size from options"
    return Placement(affine, affine_from, nearest, header.shape)


def _world_size(header: Header, lies: Orientation) -> tuple[float, float, float] | None:
    """Return the voxel size that the file says, along x, y, z of an orientation."""
    stored = header.voxel_size
    if header.affine is not None:
        with np.errstate(all="ignore"):
            i, j, k = np.linalg.norm(header.affine[:3, :3], axis=0).tolist()
        stored = (i, j, k)
    if stored is None or not all(np.isfinite(v) and v > 0 for v in stored):
        return None
    x, y, z = (float(stored[axis]) for axis in lies.axes)
    return x, y, z


def _nearest(affine: FloatArray) -> Orientation | None:
    """Return the RAS order nearest to an affine; None where an axis has no length beside others."""
    found: FloatArray = nib.io_orientation(affine)  # type: ignore[no-untyped-call]
    if not np.isfinite(found).all():
        return None
    # for every stored axis: world axis, direction
    axes, flips = [0, 0, 0], [False, False, False]
    for stored, (world, direction) in enumerate(found):
        axes[int(world)], flips[int(world)] = stored, bool(direction < 0)
    return Orientation((axes[0], axes[1], axes[2]), (flips[0], flips[1], flips[2]))
