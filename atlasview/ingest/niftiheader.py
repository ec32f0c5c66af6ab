"""The header of a NIfTI file, read here where it is an ordinary one.

Loading nibabel takes longer than all the rest of what a small file needs. Ordinary is a NIfTI-1
header before the voxels in one file, without extensions, all of whose numbers are as they should
be. Whatever else there is, nibabel reads.

References
----------
nifti1.h.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from atlasview.geometry import FloatArray
from atlasview.ingest.gzipped import STREAM_ERRORS, is_gzip, open_gzip

#: Bytes of a header, and of that with the flags of extensions after it.
_HEADER, _SINGLE = 348, 352
#: Fields that are used, where they stand, and of what they are.
_FIELDS = (
    ("sizeof_hdr", 0, "<i4"),
    ("dim", 40, "(8,)<i2"),
    ("datatype", 70, "<i2"),
    ("pixdim", 76, "(8,)<f4"),
    ("vox_offset", 108, "<f4"),
    ("scl_slope", 112, "<f4"),
    ("scl_inter", 116, "<f4"),
    ("xyzt_units", 123, "u1"),
    ("descrip", 148, "S80"),
    ("qform_code", 252, "<i2"),
    ("sform_code", 254, "<i2"),
    ("srow_x", 280, "(4,)<f4"),
    ("srow_y", 296, "(4,)<f4"),
    ("srow_z", 312, "(4,)<f4"),
    ("magic", 344, "S4"),
)
#: ``datatype`` → voxels; colours, complex and long numbers are left to nibabel.
_TYPES = {
    2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8",
    256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8",
}  # fmt: skip
#: What nibabel knows of ``qform_code`` and ``sform_code``; it takes others for none.
_LAST_CODE = 5
#: The first extent of a surface of FreeSurfer's, whose extents say something else.
_SURFACE = 27307


@dataclass(frozen=True, eq=False, slots=True)
class NiftiHeader:
    """What a NIfTI file says before its voxels.

    Parameters
    ----------
    fields : mapping
        By the names of ``nifti1.h``.
    version : int
    data : Path
        Where the voxels are.
    dims : list of int
        Fastest axis first.
    dtype : numpy.dtype
        As stored; with fields, for colours.
    offset : int
        Of the voxels, unpacked.
    slope, inter : float
        1 and 0 where the file says none.
    """

    fields: Any
    version: int
    data: Path
    dims: list[int]
    dtype: np.dtype[Any]
    offset: int
    slope: float
    inter: float

    @property
    def sform(self) -> FloatArray:
        """The affine that three rows say."""
        rows = [self.fields[name] for name in ("srow_x", "srow_y", "srow_z")]
        return np.array([*rows, (0, 0, 0, 1)], np.float64)


def ordinary_header(path: Path) -> NiftiHeader | None:
    """Read a header that holds nothing out of the ordinary; None where it does."""
    if not path.name.lower().endswith((".nii", ".nii.gz")):
        return None
    try:
        with path.open("rb") as file:
            block = open_gzip(file).read(_SINGLE) if is_gzip(path) else file.read(_SINGLE)
    except STREAM_ERRORS:
        return None
    if len(block) < _SINGLE or block[_HEADER]:
        return None
    names, offsets, formats = zip(*_FIELDS, strict=True)
    kind = np.dtype({"names": names, "offsets": offsets, "formats": formats, "itemsize": _HEADER})
    orders: tuple[Literal["<", ">"], ...] = ("<", ">")
    for order in orders:
        fields = np.frombuffer(block, kind.newbyteorder(order), 1)[0]
        if fields["sizeof_hdr"] == _HEADER:
            return _checked(path, fields, order)
    return None


def _checked(path: Path, fields: Any, order: str) -> NiftiHeader | None:
    """Return a header if nothing of it has to be mended or thought about."""
    count = int(fields["dim"][0])
    letter = _TYPES.get(int(fields["datatype"]))
    if fields["magic"] != b"n+1" or not 1 <= count <= 7 or letter is None:
        return None
    dims = [int(n) for n in fields["dim"][1 : 1 + count]]
    size = [float(n) for n in fields["pixdim"][1:4]]
    offset, slope, inter = (float(fields[n]) for n in ("vox_offset", "scl_slope", "scl_inter"))
    ordinary = (
        min(dims) > 0
        and dims[0] != _SURFACE
        and all(map(math.isfinite, (offset, slope, inter, *size)))
        and min(size) > 0
        and offset >= _SINGLE
        and offset % 16 == 0
        and 0 < fields["sform_code"] <= _LAST_CODE
        and 0 <= fields["qform_code"] <= _LAST_CODE
    )
    if not ordinary:
        return None
    scale, shift = (slope, inter) if slope else (1.0, 0.0)
    dtype = np.dtype(order + letter)
    header = NiftiHeader(fields, 1, path, dims, dtype, int(offset), scale, shift)
    return header if places(header.sform) else None


def places(affine: FloatArray) -> bool:
    """Tell whether an affine gives every voxel a place of its own."""
    with np.errstate(all="ignore"):
        return bool(np.isfinite(affine).all() and abs(np.linalg.det(affine[:3, :3])) > 0)
