"""Where probability maps come from: a 4-D file, or a folder of one file a region."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from atlasview.atlas import Region, Terminology
from atlasview.errors import SourceError
from atlasview.layout import slug

_SUFFIX = re.compile(r"\.nii(\.gz)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MapSource:
    """A file with a map a channel, and the voxel value of the region of each.

    Parameters
    ----------
    path : Path
        4-D NIfTI.
    labels : tuple of int
    """

    path: Path
    labels: tuple[int, ...]


def map_source(path: Path, terminology: Terminology, staging: Path) -> MapSource:
    """Find out which map belongs to which region.

    Parameters
    ----------
    path : Path
        A 4-D NIfTI, or a folder of one 3-D NIfTI a region.
    terminology : Terminology
    staging : Path
        A 4-D file is put together here from the files of a folder.

    Raises
    ------
    SourceError
        It is neither, or maps and regions do not fit; the sentence names what is over.
    """
    if path.is_dir():
        return _of_folder(path, terminology, staging)
    if not path.is_file():
        raise SourceError(path, "there is no such file or folder")
    if not _SUFFIX.search(path.name):
        raise SourceError(path, "maps come as a 4-D NIfTI, or as a folder of NIfTI files")
    shape = _opened(path).shape
    if len(shape) != 4:
        raise SourceError(
            path, f"it has {len(shape)} dimensions; maps are the fourth, one for each region"
        )
    return MapSource(path, _labels_in_order(path, shape[3], terminology))


def _labels_in_order(path: Path, count: int, terminology: Terminology) -> tuple[int, ...]:
    """Return the label of each map of a 4-D file."""
    known = terminology.by_label
    if set(range(1, count + 1)) <= set(known):
        return tuple(range(1, count + 1))
    leaves = sorted(v for v, region in known.items() if not terminology.children(region))
    if len(leaves) == count:
        return tuple(leaves)
    raise SourceError(
        path,
        f"it has {count} maps, and the region table names {len(leaves)} regions with a label and "
        f"none below; the map k is that of label k, or, of as many regions, of the k-th label",
    )


def _of_folder(path: Path, terminology: Terminology, staging: Path) -> MapSource:
    files = sorted(p for p in path.iterdir() if _SUFFIX.search(p.name) and p.is_file())
    if not files:
        raise SourceError(path, "it holds no NIfTI files")
    found: dict[int, Path] = {}
    unknown = []
    for file in files:
        region = _region_of(file, terminology)
        if region is None or region.label is None:
            unknown.append(file.name)
        elif region.label in found:
            raise SourceError(
                path, f"{found[region.label].name} and {file.name} both mean {region.name!r}"
            )
        else:
            found[region.label] = file
    if unknown:
        raise SourceError(
            path,
            f"{len(unknown)} files are called after no region with a label: "
            f"{', '.join(unknown[:8])}{', …' if len(unknown) > 8 else ''}; name each after the "
            "acronym, name, label or id of its region",
        )
    labels = tuple(sorted(found))
    return MapSource(_stacked([found[v] for v in labels], staging / "maps.nii"), labels)


def _region_of(file: Path, terminology: Terminology) -> Region | None:
    stem = _SUFFIX.sub("", file.name)
    entity = re.search(r"(?:^|_)label-([A-Za-z0-9]+)(?:_|$)", stem)
    for text in (stem, *([entity.group(1)] if entity else [])):
        key = slug(text)
        for region in terminology:
            if region.label is not None and key in (
                slug(region.acronym), slug(region.name), str(region.label)
            ):  # fmt: skip
                return region
        for region in terminology:
            if key == str(region.id):
                return region
    return None


def _stacked(files: list[Path], place: Path) -> Path:
    """Write one 4-D file, a map at a time."""
    first = _opened(files[0])
    if len(first.shape) != 3:
        raise SourceError(files[0], "the map of one region has three dimensions")
    header: Any = nib.Nifti2Header()  # type: ignore[no-untyped-call]
    header.set_data_dtype(np.float32)
    header.set_data_shape((*first.shape, len(files)))
    header.set_sform(first.affine, code=1)
    header.set_qform(None, code=0)
    header.set_xyzt_units("mm")
    header["vox_offset"] = offset = 544
    header["magic"] = b"n+2\x00\r\n\x1a\n"
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("wb") as out:
        out.write(header.binaryblock)
        out.write(b"\0" * (offset - out.tell()))
        for file in files:
            image = _opened(file)
            if image.shape != first.shape or not np.allclose(image.affine, first.affine, atol=1e-4):
                raise SourceError(file, f"its grid is not that of {files[0].name}")
            out.write(np.asarray(image.dataobj, np.float32).tobytes(order="F"))
    return place


def _opened(path: Path) -> Any:
    try:
        return nib.load(path)
    except (OSError, EOFError, ValueError, nib.filebasedimages.ImageFileError) as exc:
        raise SourceError(path, "it cannot be read as NIfTI") from exc
