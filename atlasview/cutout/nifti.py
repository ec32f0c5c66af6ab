"""A cutout as NIfTI, plain or behind gzip: axes x, y, z in RAS order, placed where it was cut.

References
----------
nifti1.h: ``sform``, ``qform``, ``xyzt_units``, ``intent_code``.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from isal import isal_zlib

from atlasview.cutout.planes import stream
from atlasview.cutout.request import Cutout

#: NIfTI knows no such voxels; these hold every value of them.
_WIDER = {"bool": "<u1", "float16": "<f4"}
_TALAIRACH, _MNI, _ALIGNED = 3, 4, 2
_GZIP = 31
#: igzip's level: 2 packs labels and brains better than 1 at nearly its speed.
_LEVEL = 2


def size_nifti(cutout: Cutout) -> int:
    """Return the exact size in bytes of the plain file."""
    return len(_header(cutout)) + cutout.nbytes // cutout.dtype.itemsize * _dtype(cutout).itemsize


def write_nifti(cutout: Cutout) -> Iterator[bytes]:
    """Give out the plain file.

    Raises
    ------
    StorageError, StoreUnavailableError
        Voxels cannot be read.
    """
    yield _header(cutout)
    yield from stream(cutout, _dtype(cutout))


def write_nifti_gz(cutout: Cutout) -> Iterator[bytes]:
    """Give out the file behind gzip; the same bytes every time.

    Raises
    ------
    StorageError, StoreUnavailableError
        Voxels cannot be read.
    """
    # igzip writes a header without a time.
    packer = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, _GZIP)
    for piece in write_nifti(cutout):
        yield packer.compress(piece)
    yield packer.flush()


def _dtype(cutout: Cutout) -> np.dtype[Any]:
    return np.dtype(_WIDER.get(cutout.dtype.name, cutout.dtype))


def _header(cutout: Cutout) -> bytes:
    """Return header and the four bytes that say that no extension follows."""
    import nibabel as nib  # a server starts sooner without it

    shape = cutout.shape[::-1]
    # NIfTI-1 counts in 16 bits.
    kind = nib.Nifti1Header if max(shape) < 1 << 15 else nib.Nifti2Header
    header: Any = kind(endianness="<")  # type: ignore[no-untyped-call]
    header.set_data_dtype(_dtype(cutout))
    header.set_data_shape(shape)
    affine = cutout.affine
    code = _space_code(cutout)
    header.set_sform(affine, code)
    # A quaternion can turn and mirror but not shear.
    header.set_qform(affine, code, strip_shears=True)
    if not np.allclose(header.get_qform(), affine, rtol=0, atol=1e-4 * _voxel(affine)):
        header["qform_code"] = 0
    header.set_xyzt_units("mm")
    header["descrip"] = f"AtlasView: {cutout.title}".encode()[:79].decode(errors="ignore").encode()
    header["vox_offset"] = header.single_vox_offset
    if cutout.volume.kind == "labels":
        header.set_intent("label", name="labels")
    out = io.BytesIO()
    header.write_to(out)
    return out.getvalue()


def _space_code(cutout: Cutout) -> int:
    """Return NIfTI's code of the space: what the source said, else what the space is called."""
    source = cutout.volume.attributes.get("source")
    said = source.get("sform_code") if isinstance(source, dict) else None
    if isinstance(said, int) and 1 <= said <= 5:
        return said
    name = cutout.volume.space.lower()
    if re.search(r"\bmni|mni\d|icbm", name):
        return _MNI
    return _TALAIRACH if "talairach" in name else _ALIGNED


def _voxel(affine: Any) -> float:
    return float(np.sqrt((affine[:3, :3] ** 2).sum(axis=0)).min())
