"""AFNI: a header, ``.HEAD``, and its voxels, ``.BRIK``, plain or behind gzip.

References
----------
AFNI's README.attributes: ``IJK_TO_DICOM_REAL``, ``BRICK_FLOAT_FACS``, ``TEMPLATE_SPACE``. Its
coordinates are DICOM's, LPS+.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from nibabel import brikhead

from atlasview.errors import SourceError
from atlasview.ingest.causes import short
from atlasview.ingest.dimensions import split_dimensions
from atlasview.ingest.gzipped import GzipVoxels, is_gzip
from atlasview.ingest.nibabels import NIBABEL_ERRORS, quiet_nibabel
from atlasview.ingest.rawbytes import PlainVoxels, RawSource
from atlasview.ingest.source import Header

#: What ``TEMPLATE_SPACE`` says of the space.
SPACES = {"TLRC": "talairach", "MNI": "mni152"}
#: Bytes of a header, at most; the history in it may be long.
_HEADER_LIMIT = 1 << 24


def open_afni(path: Path) -> RawSource:
    """Open an AFNI dataset by either of its two files.

    Raises
    ------
    SourceError
        It is not one, lacks its other file, is damaged, or holds what cannot be shown.
    """
    image: Any = brikhead.AFNIImage  # without types in nibabel
    try:
        files = image.filespec_to_file_map(str(path))
        head, brik = (Path(files[name].filename) for name in ("header", "image"))
        for other, what in ((head, "header"), (brik, "voxel")):
            if not other.is_file():
                raise SourceError(path, f"its {what} file {other.name} is missing")
        if head.stat().st_size > _HEADER_LIMIT:
            raise SourceError(path, "its header is too long for one of AFNI")
        with quiet_nibabel(), np.errstate(all="ignore"), head.open(encoding="latin-1") as text:
            said = image.header_class.from_fileobj(text)
            affine = np.array(said.get_affine(), np.float64)
            factors = said.get_data_scaling()
        dims = [int(n) for n in said.get_data_shape()]
        dtype = np.dtype(said.get_data_dtype())
        space = SPACES.get(str(said.info.get("TEMPLATE_SPACE")))
    except NIBABEL_ERRORS as exc:
        raise SourceError(path, f"it cannot be read as AFNI ({short(exc)})") from exc
    if factors is not None and len(set(factors.tolist())) > 1:
        raise SourceError(
            path,
            "its volumes are scaled each by a factor of its own; save one of them, or all as "
            "floats (3dcalc -datum float)",
        )
    channels, interleaved, dtype = split_dimensions(path, dims, dtype)
    k, j, i = [*dims, 1, 1][:3][::-1]
    packed = is_gzip(brik)
    make = GzipVoxels if packed else PlainVoxels
    voxels = make(brik, 0, (k, j, i), max(channels, 1), dtype, interleaved=interleaved)
    header = Header(
        format="AFNI",
        shape=(k, j, i),
        channels=channels,
        dtype=dtype,
        affine=affine,
        affine_from="IJK_TO_DICOM_REAL",
        space=space,
        slope=1.0 if factors is None else float(factors[0]),
        interleaved=interleaved,
        sequential=packed,
    )
    return RawSource(header, (head, brik), voxels)
