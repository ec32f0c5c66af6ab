"""FreeSurfer's MGH and MGZ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from nibabel.freesurfer import mghformat

from atlasview.errors import SourceError
from atlasview.ingest.causes import short
from atlasview.ingest.dimensions import split_dimensions
from atlasview.ingest.gzipped import GzipVoxels, is_gzip, open_gzip
from atlasview.ingest.nibabels import NIBABEL_ERRORS, quiet_nibabel
from atlasview.ingest.rawbytes import PlainVoxels, RawSource
from atlasview.ingest.source import Header

#: Bytes before the voxels.
_HEADER = 284


def open_mgh(path: Path) -> RawSource:
    """Open an MGH or MGZ file.

    Raises
    ------
    SourceError
        It is not one, is damaged, or holds what cannot be shown.
    """
    try:
        packed = is_gzip(path)
        # The tail behind the voxels tells only of the scanner, and lies at the end of the stream.
        with path.open("rb") as raw:
            block = open_gzip(raw).read(_HEADER) if packed else raw.read(_HEADER)
        make_header: Any = mghformat.MGHHeader  # without types in nibabel
        with quiet_nibabel():
            head = make_header(block)
        dims = [int(n) for n in head.get_data_shape()]
        dtype, offset = np.dtype(head.get_data_dtype()), int(head.get_data_offset())
    except NIBABEL_ERRORS as exc:
        raise SourceError(path, f"it cannot be read as MGH ({short(exc)})") from exc
    channels, _, dtype = split_dimensions(path, dims, dtype)
    k, j, i = [*dims, 1, 1][:3][::-1]
    make = GzipVoxels if packed else PlainVoxels
    # Where the flag is off the affine is FreeSurfer's default for coronal slices, not a statement.
    known = int(head["goodRASFlag"]) > 0
    x, y, z = (float(v) for v in head["delta"])
    with np.errstate(all="ignore"):  # numbers that are none are found when it is placed
        affine = np.array(head.get_affine(), np.float64)
    header = Header(
        format="MGZ" if packed else "MGH",
        shape=(k, j, i),
        channels=channels,
        dtype=dtype,
        affine=affine if known else None,
        affine_from="vox2ras",
        voxel_size=(x, y, z),
        sequential=packed,
    )
    return RawSource(header, (path,), make(path, offset, (k, j, i), max(channels, 1), dtype))
