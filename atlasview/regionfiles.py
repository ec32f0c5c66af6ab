"""Regions as files: one as a NIfTI mask, all of them as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
from isal import isal_zlib

from atlasview.atlas import Terminology
from atlasview.cells import safe_cell
from atlasview.geometry import Box
from atlasview.regionfacts import LabelIndex
from atlasview.volume import Level

#: Voxels of a mask that are made at a time.
_PIECE = 1 << 22
_GZIP, _LEVEL = 31, 2


def mask_nifti_gz(
    index: LabelIndex, level: Level, labels: frozenset[int], title: str
) -> Iterator[bytes]:
    """Give out a mask of some labels as gzipped NIfTI: uint8, 1 inside, axes x, y, z in RAS order.

    Parameters
    ----------
    index : LabelIndex
        Gives the voxels; of one hemisphere where it is one's.
    level : Level
        Of the index's volume.
    labels : frozenset of int
    title : str

    Raises
    ------
    StorageError, StoreUnavailableError
        The labels cannot be read.
    """
    packer = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, _GZIP)
    yield packer.compress(_header(level, title))
    nz, ny, nx = level.shape
    dtype = index.volume.dtype
    most = np.iinfo(dtype).max
    wanted = np.array(sorted(v for v in labels if v <= most), dtype)
    step = max(1, _PIECE // (ny * nx))
    # A step of whole chunks reads each of them once.
    step = max(step // level.chunk[0] * level.chunk[0], min(step, level.chunk[0]))
    for z in range(0, nz, step):
        voxels = index.voxels(level, Box((z, 0, 0), (min(z + step, nz), ny, nx)))
        yield packer.compress(np.isin(voxels, wanted).astype(np.uint8))
    yield packer.flush()


def facts_csv(terminology: Terminology, index: LabelIndex) -> str:
    """Write all regions with what the voxels tell of each and its descendants, in tree order."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ["id", "acronym", "name", "parent", "depth", "label", "hemisphere", "color", "voxels",
         "volume_mm3", "x_min", "y_min", "z_min", "x_max", "y_max", "z_max", "path", "synonyms"]
    )  # fmt: skip
    for r in terminology:
        facts = index.measure(terminology.labels([r]))
        box: tuple[Any, ...] = ("",) * 6 if facts.box is None else (*facts.box[0], *facts.box[1])
        writer.writerow(
            [r.id, safe_cell(r.acronym), safe_cell(r.name),
             "" if r.parent is None else r.parent, len(r.path) - 1,
             "" if r.label is None else r.label, r.hemisphere or "",
             "#{:02x}{:02x}{:02x}".format(*r.rgb), facts.voxels, facts.volume_mm3, *box,
             "/".join(map(str, r.path)), safe_cell("|".join(r.synonyms))]
        )  # fmt: skip
    return out.getvalue()


def _header(level: Level, title: str) -> bytes:
    import nibabel as nib  # a server starts sooner without it

    shape = level.shape[::-1]
    kind = nib.Nifti1Header if max(shape) < 1 << 15 else nib.Nifti2Header
    header: Any = kind(endianness="<")  # type: ignore[no-untyped-call]
    header.set_data_dtype(np.uint8)
    header.set_data_shape(shape)
    header.set_sform(level.affine, 2)
    header.set_qform(None, 0)
    header.set_xyzt_units("mm")
    header["descrip"] = f"AtlasView: {title}".encode()[:79].decode(errors="ignore").encode()
    header["vox_offset"] = header.single_vox_offset
    header.set_intent("label", name="mask")
    out = io.BytesIO()
    header.write_to(out)
    return out.getvalue()
