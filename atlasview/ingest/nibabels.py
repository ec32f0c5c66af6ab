"""What the formats whose headers nibabel reads have in common: NIfTI, MGH, AFNI."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import nibabel as nib

from atlasview.ingest.gzipped import STREAM_ERRORS

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
