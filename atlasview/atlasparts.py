"""The volumes of a new atlas: found or ingested, put on one grid, and written into their rooms."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt

from atlasview.atlas import Terminology
from atlasview.errors import LibraryError, SourceError
from atlasview.geometry import Box, FloatArray, Triple
from atlasview.ingest import ingest_volume
from atlasview.ingest.component import is_component, write_component
from atlasview.layout import (
    ANNOTATIONS,
    HEMISPHERES_FILE,
    MAPS_FILE,
    TEMPLATES,
    VERSION_FOLDER,
    is_volume,
    labels_place,
    slug,
)
from atlasview.library import places
from atlasview.manifests import components
from atlasview.mapsources import map_source
from atlasview.opening import open_volume
from atlasview.probability import most_probable
from atlasview.regionfacts import LabelIndex, label_blocks
from atlasview.statistics import statistics
from atlasview.volume import Kind, Level, Volume, read

#: Share of a voxel by which two grids may be apart and still count as one.
_SAME = 1e-3
LEFT, RIGHT = 1, 2


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """One volume of an atlas: what it is called there, and where it comes from."""

    name: str
    volume: Volume
    ready: bool  # lies in its room already, as brainglobe-atlasapi wants it
    maps: PartMaps | None = None


@dataclass(frozen=True, slots=True)
class PartMaps:
    """The probability maps that labels were made of, and where they wait to be moved."""

    staged: Path
    labels: tuple[int, ...]
    unit: float
    threshold: float


@dataclass(frozen=True, eq=False, slots=True)
class PartMaker:
    """Makes the parts of one atlas."""

    root: Path
    name: str
    staging: Path
    space: str | None
    options: dict[str, Any]
    written: list[Path]
    warnings: list[str] = field(default_factory=list)

    def part(self, text: str, kind: Kind, number: int, of: int, grid: Volume | None = None) -> Part:
        """Find or ingest one volume."""
        known = {place.id: place for place in places(self.root)}
        stem = "template" if kind == "image" else "annotation"
        if text in known:
            volume = open_volume(known[text].path, kind=kind, space=known[text].space)
            source = text
        else:
            path = Path(text).expanduser()
            source = _stem(path)
            volume = self._opened(path, kind, f"{number}-{kind}")
        if self.space is not None and self.space != volume.space:
            volume = open_volume(volume.location, kind=kind, space=self.space)
        fitted = volume if grid is None else self._fitted(volume, grid, number)
        room = TEMPLATES if kind == "image" else ANNOTATIONS
        here = known.get(text)
        if here is not None and fitted is volume and is_component(volume):
            pieces = here.path.relative_to(self.root).parts
            if len(pieces) == 4 and pieces[0] == room and pieces[2] == VERSION_FOLDER:
                return Part(pieces[1], volume, True)
        return Part(self._called(source, stem, of), fitted, False)

    def maps_part(
        self, path: Path, number: int, of: int, grid: Volume, terms: Terminology, threshold: float
    ) -> Part:
        """Ingest probability maps, and make labels of the most probable regions.

        Raises
        ------
        SourceError
            They do not fit the regions, or are no probabilities.
        """
        staging = self.staging / f"{number}-maps"
        source = map_source(path, terms, staging)
        title = _stem(path)
        place = staging / MAPS_FILE
        self._ingested(source.path, place, "image", f"{title}: probabilities", self.options)
        maps = open_volume(place, kind="image", space=self.space)
        unit = _unit(maps, path)
        derived = staging / "labels.nii"
        _write_labels(maps, source.labels, unit, threshold, derived)
        labels = staging / "labels.ome.zarr"
        self._ingested(derived, labels, "labels", title, {"checksum": False}, maps.space)
        volume = self._fitted(open_volume(labels, kind="labels"), grid, number)
        told = PartMaps(place, source.labels, unit, threshold)
        return Part(self._called(title, "annotation", of), volume, False, told)

    def _called(self, source: str, stem: str, of: int) -> str:
        return f"{self.name}-{slug(source)}-{stem}" if of > 1 else f"{self.name}-{stem}"

    def _ingested(
        self,
        path: Path,
        place: Path,
        kind: Kind,
        name: str,
        options: dict[str, Any],
        space: str | None = None,
    ) -> None:
        ingest_volume(
            path, place, kind=kind, name=name, space=space or self.space, overwrite=True,
            resume=False, **options,
        )  # fmt: skip

    def _opened(self, path: Path, kind: Kind, name: str) -> Volume:
        if is_volume(path):
            return open_volume(path, kind=kind)
        if not path.exists():
            raise LibraryError(f"{path}: there is no such file, nor a volume of that id.")
        place = self.staging / f"{name}.ome.zarr"
        self._ingested(path, place, kind, _stem(path), self.options)
        return open_volume(place, kind=kind)

    def _fitted(self, labels: Volume, template: Volume, number: int) -> Volume:
        """Return labels on the template's own grid, where that needs no resampling."""
        start = _offset(labels, template)
        if start is None:
            self.warnings.append(
                f"{labels.name} does not lie on the voxels of {template.name}: AtlasView shows "
                "both where they belong, but brainglobe-atlasapi, which knows no positions, will "
                "not lay one over the other."
            )
            return labels
        if start == (0, 0, 0) and labels.shape == template.shape:
            return labels
        low = [max(0, -a) for a in start]
        high = [min(n, m - a) for n, m, a in zip(labels.shape, template.shape, start, strict=True)]
        extents = LabelIndex(labels).extents.values()
        inside = all(b > a for a, b in zip(low, high, strict=True)) and all(
            a >= lo and b <= hi
            for e in extents
            for a, b, lo, hi in zip(e.start, e.stop, low, high, strict=True)
        )
        if not inside:
            self.warnings.append(
                f"{labels.name} reaches beyond {template.name} and keeps its own extent, which "
                "brainglobe-atlasapi does not expect."
            )
            return labels
        source = self.staging / f"{number}-fitted.nii"
        _write_fitted(labels, template, start, source)
        place = self.staging / f"{number}-fitted.ome.zarr"
        ingest_volume(
            source,
            place,
            kind="labels",
            name=labels.name,
            space=labels.space,
            licence=str(labels.attributes.get("licence") or "") or None,
            citation=str(labels.attributes.get("citation") or "") or None,
            checksum=False,
            overwrite=True,
            resume=False,
        )
        return open_volume(place, kind="labels")

    def write(self, part: Part, place: Path) -> None:
        """Write a volume into its room; what an interrupted run left there goes."""
        if part.ready:
            return
        room, component, version = place.relative_to(self.root).parts[:3]
        if place.exists():
            if (room, component, version) in components(self.root):
                raise LibraryError(
                    f"{place} is there already and belongs to another atlas; choose another name."
                )
            shutil.rmtree(place.parent)
        self.written.append(place.parent)
        write_component(part.volume, place, name=part.volume.name)
        if part.maps is not None:
            part.maps.staged.rename(place.with_name(MAPS_FILE))

    def write_hemispheres(self, part: Part, midline: float) -> None:
        """Write which voxels of a labels volume are left (1) and which right (2)."""
        place = labels_place(self.root, part.name).with_name(HEMISPHERES_FILE)
        if place.exists():
            return

        def sides(level: Level, box: Box) -> npt.NDArray[Any]:
            z, y, x = (np.arange(a, b) for a, b in zip(box.start, box.stop, strict=True))
            row = level.affine[0]
            at = (
                row[0] * x[None, None, :] + row[1] * y[None, :, None]
                + row[2] * z[:, None, None] + row[3]
            )  # fmt: skip
            return np.where(at < midline, LEFT, RIGHT).astype(np.uint8)

        write_component(
            part.volume, place, name=f"{part.volume.name}: hemispheres", voxels=sides, dtype="uint8"
        )


def _offset(labels: Volume, template: Volume) -> Triple | None:
    """Return where voxel 0 of the labels lies on the template's grid; None if between voxels."""
    matrix = np.linalg.inv(template.affine) @ labels.affine
    reach = max(*labels.shape, *template.shape)
    if np.abs(matrix[:3, :3] - np.eye(3)).max() * reach > _SAME * 10:
        return None
    start = matrix[:3, 3]
    if np.abs(start - np.round(start)).max() > _SAME * 10:
        return None
    x, y, z = np.round(start).astype(int).tolist()
    return x, y, z


def _write_fitted(labels: Volume, template: Volume, start: Triple, path: Path) -> None:
    """Write labels as a NIfTI-2 file on the template's grid, a slab at a time."""
    nx, ny, nz = template.shape
    out = _new_nifti(path, labels.dtype, (nz, ny, nx), template.affine)
    level = labels.levels[0]
    x, y, z = start
    low = [max(0, -a) for a in (z, y, x)]
    high = [min(n, m - a) for n, m, a in zip(level.shape, (nz, ny, nx), (z, y, x), strict=True)]
    step = max(1, (64 << 20) // max(1, (high[1] - low[1]) * (high[2] - low[2]) * 8))
    for a in range(low[0], high[0], step):
        b = min(a + step, high[0])
        box = Box((a, low[1], low[2]), (b, high[1], high[2]))
        out[a + z : b + z, low[1] + y : high[1] + y, low[2] + x : high[2] + x] = read(level, box)
    out.flush()


def _write_labels(
    maps: Volume, labels: tuple[int, ...], unit: float, threshold: float, path: Path
) -> None:
    """Write which region is most probable in each voxel of maps, a block at a time."""
    level = maps.levels[0]
    out = _new_nifti(path, np.min_scalar_type(max(labels)), level.shape, maps.affine)
    for box in label_blocks(level):
        out[box.slices] = most_probable(level, box, labels, unit, threshold, out.dtype)
    out.flush()


def _new_nifti(
    path: Path, dtype: np.dtype[Any], shape: Triple, affine: FloatArray
) -> np.memmap[Any, Any]:
    """Make a NIfTI-2 file of zeros, and open its voxels (z, y, x) to be written."""
    header: Any = nib.Nifti2Header()  # type: ignore[no-untyped-call]
    header.set_data_dtype(dtype)
    header.set_data_shape(shape[::-1])
    header.set_sform(affine, code=1)
    header.set_qform(None, code=0)
    header.set_xyzt_units("mm")
    header["vox_offset"] = offset = 544
    header["magic"] = b"n+2\x00\r\n\x1a\n"
    with path.open("wb") as file:
        file.write(header.binaryblock)
        file.write(b"\0" * (offset - file.tell()))
    return np.memmap(path, dtype, "r+", offset=offset, shape=shape)


def _unit(maps: Volume, path: Path) -> float:
    """Return what a voxel of maps holds where a region is certain: 1, or 100."""
    low, high = statistics(maps).value_range
    if low < 0 or not high > 0:
        raise SourceError(path, f"its values are {low:g} to {high:g}; probabilities are above 0")
    if high <= 1.001:
        return 1.0
    if high <= 100.1:
        return 100.0
    raise SourceError(
        path, f"its values reach {high:g}; probabilities reach 1, or 100 where they are per cent"
    )


def _stem(path: Path) -> str:
    return path.name.split(".")[0]
