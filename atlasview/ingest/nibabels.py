"""What the formats whose headers nibabel reads have in common: NIfTI, MGH, AFNI."""

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
from atlasview.ingest.causes import short
from atlasview.ingest.gzipped import STREAM_ERRORS
from atlasview.ingest.niftiheader import NiftiHeader

#: What nibabel raises of a file that it cannot read.
NIBABEL_ERRORS: tuple[type[Exception], ...] = (
    nib.filebasedimages.ImageFileError,
    nib.spatialimages.HeaderDataError,
    nib.spatialimages.ImageDataError,
    LookupError,
    ArithmeticError,
    *STREAM_ERRORS,
    TypeError,
)


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


def any_nifti_header(path: Path) -> NiftiHeader:
    """Read a NIfTI header of any kind, mending what nibabel mends.

    Raises
    ------
    SourceError
        It cannot be read, or is no NIfTI header.
    """
    try:
        with quiet_nibabel(), np.errstate(all="ignore"):
            image: Any = nib.load(path)
        if not issubclass(type(image), nib.Nifti1Pair):
            raise SourceError(path, "it is not a NIfTI file, though its name says so")
        proxy = image.dataobj
        return NiftiHeader(
            fields=image.header,
            version=2 if issubclass(type(image), nib.Nifti2Pair) else 1,
            data=Path(image.file_map["image"].filename),
            dims=[int(n) for n in image.shape],
            dtype=np.dtype(proxy.dtype),
            offset=int(proxy.offset),
            slope=float(proxy.slope),
            inter=float(proxy.inter),
        )
    except NIBABEL_ERRORS as exc:
        raise SourceError(path, f"it cannot be read as NIfTI ({short(exc)})") from exc


def qform(header: NiftiHeader) -> FloatArray | None:
    """Return the affine that a quaternion says; None where it says none."""
    try:
        return np.array(header.fields.get_qform())
    except (nib.spatialimages.HeaderDataError, ValueError):
        return None
