"""NIfTI-1 and NIfTI-2, in one file or as header and image, plain or behind gzip.

References
----------
nifti1.h: ``sform``, ``qform``, ``xyzt_units``, ``scl_slope``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from atlasview.errors import SourceError
from atlasview.geometry import FloatArray
from atlasview.ingest.gzipped import STREAM_ERRORS, GzipVoxels, is_gzip
from atlasview.ingest.rawbytes import PlainVoxels, RawSource
from atlasview.ingest.source import Header

#: What nibabel raises of a file that it cannot read.
NIBABEL_ERRORS: tuple[type[Exception], ...] = (
    nib.filebasedimages.ImageFileError,
    nib.spatialimages.HeaderDataError,
    LookupError,
    ArithmeticError,
    *STREAM_ERRORS,
    TypeError,
)
#: ``xyzt_units & 7`` → name, and millimetres in one.
UNITS = {0: ("unknown", 1.0), 1: ("meter", 1e3), 2: ("millimeter", 1.0), 3: ("micrometer", 1e-3)}
#: What ``sform_code`` and ``qform_code`` say of the space.
SPACES = {3: "talairach", 4: "mni152"}


@contextmanager
def quiet_nibabel() -> Iterator[None]:
    """Keep nibabel from telling the terminal what it mends in a header."""
    logger = nib.imageglobals.logger
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)


def open_nifti(path: Path) -> RawSource:
    """Open a NIfTI file.

    Raises
    ------
    SourceError
        It is not a NIfTI file, is damaged, or holds what cannot be shown.
    """
    try:
        with quiet_nibabel(), np.errstate(all="ignore"):
            image = _load(path)
        header = image.header
        dims = [int(n) for n in image.shape]
        data = Path(image.file_map["image"].filename)
        proxy = image.dataobj
        dtype, offset = np.dtype(proxy.dtype), int(proxy.offset)
    except NIBABEL_ERRORS as exc:
        raise SourceError(path, f"it cannot be read as NIfTI ({short(exc)})") from exc
    if not data.is_file():
        raise SourceError(path, f"its image file {data.name} is missing")
    channels, interleaved, dtype = split_dimensions(path, dims, dtype)
    k, j, i = [*dims, 1, 1][:3][::-1]
    with np.errstate(all="ignore"):  # numbers that are none are found below
        affine, affine_from, code = _affine(header)
    unit, millimetres = UNITS.get(int(header["xyzt_units"]) & 7, UNITS[0])
    packed = is_gzip(data)
    make = GzipVoxels if packed else PlainVoxels
    voxels = make(data, offset, (k, j, i), max(channels, 1), dtype, interleaved=interleaved)
    found = Header(
        format="NIfTI-2" if isinstance(image, nib.Nifti2Pair) else "NIfTI-1",
        shape=(k, j, i),
        channels=channels,
        dtype=dtype,
        affine=None if affine is None else _scaled(affine, millimetres),
        affine_from=affine_from,
        file_affine=affine,
        units=unit,
        voxel_size=_voxel_size(header, millimetres),
        space=SPACES.get(code),
        slope=float(proxy.slope),
        inter=float(proxy.inter),
        interleaved=interleaved,
        sequential=packed,
        said={
            "sform_code": int(header["sform_code"]),
            "qform_code": int(header["qform_code"]),
            "description": _text(header["descrip"]),
        },
    )
    return RawSource(found, (path,) if data == path else (path, data), voxels)


def _load(path: Path) -> Any:
    if path.suffix.lower() == ".nii" and is_gzip(path):
        raise SourceError(path, f"it is packed by gzip; name it {path.name}.gz")
    image: object = nib.load(path)
    if not isinstance(image, nib.Nifti1Pair):
        raise SourceError(path, "it is not a NIfTI file, though its name says so")
    return image


def _scaled(affine: FloatArray, factor: float) -> FloatArray:
    out = affine.copy()
    out[:3] *= factor
    return out


def _voxel_size(header: Any, millimetres: float) -> tuple[float, float, float]:
    i, j, k = (abs(float(v)) * millimetres for v in header["pixdim"][1:4])
    return i, j, k


def split_dimensions(
    path: Path, dims: list[int], dtype: np.dtype[Any]
) -> tuple[int, bool, np.dtype[Any]]:
    """Return how many channels there are (0: no axis), whether interleaved, and their type.

    Parameters
    ----------
    path : Path
        Named in errors.
    dims : list of int
        Fastest axis first.
    dtype : numpy.dtype
        With fields, for colours.

    Raises
    ------
    SourceError
        There are no voxels, more than four dimensions, or numbers that are none.
    """
    if not dims or any(n < 1 for n in dims):
        raise SourceError(path, f"it holds no voxels: its shape is {tuple(dims)}")
    more = [n for n in dims[4:] if n != 1]
    if more:
        raise SourceError(
            path,
            f"it has {len(dims)} dimensions, {tuple(dims)}; save one volume, or a series of "
            "volumes along the fourth dimension, as a file of its own",
        )
    series = dims[3] if len(dims) > 3 else 1
    if dtype.names is not None:
        if series > 1:
            raise SourceError(path, "it is a series of colour volumes; save one volume of it")
        return len(dtype.names), True, np.dtype(dtype[0])
    if dtype.kind not in "uifb" or dtype.itemsize > 8:
        raise SourceError(
            path, f"its voxels are of type {dtype.name}; save it as whole or real numbers"
        )
    return (series if series > 1 else 0), False, dtype


def _affine(header: Any) -> tuple[FloatArray | None, str, int]:
    """Return the affine, what it was read from, and the code that names its space."""
    for name in ("sform", "qform"):
        code = int(header[f"{name}_code"])
        if code <= 0:
            continue
        try:
            found = np.array(header.get_sform() if name == "sform" else header.get_qform())
        except (nib.spatialimages.HeaderDataError, ValueError):
            continue
        if np.isfinite(found).all() and abs(np.linalg.det(found[:3, :3])) > 0:
            return found, name, code
    return None, "", 0


def _text(raw: Any) -> str:
    return bytes(raw.item()).split(b"\0")[0].decode("latin-1").strip()


def short(exc: Exception) -> str:
    """Return what an error of a library says, in one line."""
    return str(exc).split("\n")[0].rstrip(".")[:200] or type(exc).__name__
