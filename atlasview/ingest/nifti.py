"""NIfTI-1 and NIfTI-2, in one file or as header and image, plain or behind gzip.

References
----------
nifti1.h: ``sform``, ``qform``, ``xyzt_units``, ``scl_slope``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from atlasview.errors import SourceError
from atlasview.geometry import FloatArray
from atlasview.ingest.causes import short
from atlasview.ingest.dimensions import split_dimensions
from atlasview.ingest.gzipped import GzipVoxels, is_gzip
from atlasview.ingest.nibabels import NIBABEL_ERRORS, quiet_nibabel
from atlasview.ingest.rawbytes import PlainVoxels, RawSource
from atlasview.ingest.source import Header

#: ``xyzt_units & 7`` → name, and millimetres in one.
UNITS = {0: ("unknown", 1.0), 1: ("meter", 1e3), 2: ("millimeter", 1.0), 3: ("micrometer", 1e-3)}
#: What ``sform_code`` and ``qform_code`` say of the space.
SPACES = {3: "talairach", 4: "mni152"}


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
