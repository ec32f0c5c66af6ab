"""Make an atlas of templates, labels and region tables that brainglobe-atlasapi opens too."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt

from atlasview.adding import differences
from atlasview.atlas import Terminology
from atlasview.atlasfolder import (
    VERSION,
    VERSION_FOLDER,
    AtlasSheet,
    atlas_place,
    component_part,
    labels_place,
    manifest_text,
    template_place,
    write_whole,
)
from atlasview.errors import InvalidParameterError, LibraryError
from atlasview.geometry import Box, Triple
from atlasview.ingest import ingest_volume
from atlasview.ingest.component import is_component, stored_triple, write_component
from atlasview.library import check_id, is_volume, places
from atlasview.manifests import (
    ANNOTATIONS,
    ATLASES,
    HEMISPHERES_FILE,
    MANIFEST,
    MORE_SETS,
    SPACES,
    TEMPLATES,
    TERMINOLOGIES,
    TERMINOLOGY_FILE,
    components,
    slug,
)
from atlasview.opening import open_volume
from atlasview.regionfacts import LabelIndex
from atlasview.regiontable import (
    BRAINGLOBE_PARENTS,
    brainglobe_numbers,
    read_region_table,
    terminology_csv,
    with_root,
)
from atlasview.volume import Kind, Level, Volume, read

#: Share of a voxel by which two grids may be apart and still count as one.
_SAME = 1e-3
LEFT, RIGHT = 1, 2


@dataclass(frozen=True, eq=False, slots=True)
class _Part:
    """One volume of the new atlas: what it is called there, and where it comes from."""

    name: str
    volume: Volume
    ready: bool  # lies in its room already, as brainglobe-atlasapi wants it


def create_atlas(
    root: Path,
    name: str,
    *,
    templates: Sequence[str],
    labels: Sequence[str],
    tables: Sequence[Path],
    sheet: AtlasSheet,
    space: str | None = None,
    midline: float | None = None,
    overwrite: bool = False,
    **options: Any,
) -> tuple[str, ...]:
    """Make an atlas in a library.

    Volumes are copied into BrainGlobe's rooms and order (`atlasview.ingest.component`). Labels on
    another part of the template's grid are first filled up to it, without resampling.

    Parameters
    ----------
    root : Path
        The library; made when absent.
    name : str
        Id of the atlas.
    templates : sequence of str
        Ids of images in the library, or files; the first defines the grid.
    labels : sequence of str
        Ids of labels volumes in the library, or files; the first is the default parcellation.
    tables : sequence of Path
        One region table for each.
    sheet : AtlasSheet
    space : str, optional
        Name of the reference space, where the template's own is not meant.
    midline : float, optional
        x in mm that parts left from right; hemispheres are written when given.
    overwrite : bool
        Replace an atlas of that id.
    **options
        For files, as `atlasview.ingest.ingest_volume` takes them.

    Returns
    -------
    tuple of str
        What is odd but no reason to stop, in sentences.

    Raises
    ------
    LibraryError, SourceError, AtlasDefinitionError, InvalidParameterError
        It cannot be done; no atlas is left.
    """
    check_id(name)
    if len(labels) != len(tables) or not labels:
        raise InvalidParameterError(
            "--regions", len(tables), f"there are {len(labels)} --labels; give one table for each"
        )
    if not templates:
        raise InvalidParameterError("--template", "", "an atlas needs an image")
    if atlas_place(root, name).exists() and not overwrite:
        raise LibraryError(f"There is an atlas {name!r} in {root} already; add --overwrite.")
    # Looked at before the long work, so that a slip costs nothing.
    terms = [with_root(read_region_table(table)) for table in tables]
    staging = root / f".creating-{name}"
    written: list[Path] = []
    try:
        staging.mkdir(parents=True, exist_ok=True)
        maker = _Maker(root, name, staging, space, options, written)
        images = [maker.part(text, "image", i, len(templates)) for i, text in enumerate(templates)]
        sets = [
            maker.part(text, "labels", i, len(labels), images[0].volume)
            for i, text in enumerate(labels)
        ]
        warnings = [w for part, term in zip(sets, terms, strict=True) for w in _odd(part, term)]
        warnings += maker.warnings
        if overwrite:
            atlas_place(root, name).unlink(missing_ok=True)
        for room, parts in ((template_place, images), (labels_place, sets)):
            for part in parts:
                maker.write(part, room(root, part.name))
        if midline is not None:
            for part in sets:
                maker.write_hemispheres(part, midline)
        _write_texts(root, name, sheet, images, sets, terms, midline)
    except BaseException:
        for path in written:
            shutil.rmtree(path, ignore_errors=True)
        raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return tuple(warnings)


@dataclass(frozen=True, eq=False, slots=True)
class _Maker:
    root: Path
    name: str
    staging: Path
    space: str | None
    options: dict[str, Any]
    written: list[Path]
    warnings: list[str] = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        object.__setattr__(self, "warnings", [])

    def part(
        self, text: str, kind: Kind, number: int, of: int, grid: Volume | None = None
    ) -> _Part:
        """Find or ingest one volume."""
        known = {place.id: place for place in places(self.root)}
        stem = "template" if kind == "image" else "annotation"
        if text in known:
            volume = open_volume(known[text].path, kind=kind, space=known[text].space)
            source = text
        else:
            path = Path(text).expanduser()
            source = path.name.split(".")[0]
            volume = self._opened(path, kind, f"{number}-{kind}")
        if self.space is not None and self.space != volume.space:
            volume = open_volume(volume.location, kind=kind, space=self.space)
        fitted = volume if grid is None else self._fitted(volume, grid, number)
        room = TEMPLATES if kind == "image" else ANNOTATIONS
        here = known.get(text)
        if here is not None and fitted is volume and is_component(volume):
            pieces = here.path.relative_to(self.root).parts
            if len(pieces) == 4 and pieces[0] == room and pieces[2] == VERSION_FOLDER:
                return _Part(pieces[1], volume, True)
        own = f"{self.name}-{slug(source)}-{stem}" if of > 1 else f"{self.name}-{stem}"
        return _Part(own, fitted, False)

    def _opened(self, path: Path, kind: Kind, name: str) -> Volume:
        if is_volume(path):
            return open_volume(path, kind=kind)
        if not path.exists():
            raise LibraryError(f"{path}: there is no such file, nor a volume of that id.")
        place = self.staging / f"{name}.ome.zarr"
        ingest_volume(
            path,
            place,
            kind=kind,
            name=path.name.split(".")[0],
            space=self.space,
            overwrite=True,
            resume=False,
            **self.options,
        )
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

    def write(self, part: _Part, place: Path) -> None:
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

    def write_hemispheres(self, part: _Part, midline: float) -> None:
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
    header: Any = nib.Nifti2Header()  # type: ignore[no-untyped-call]
    header.set_data_dtype(labels.dtype)
    header.set_data_shape((nx, ny, nz))
    header.set_sform(template.affine, code=1)
    header.set_qform(None, code=0)
    header.set_xyzt_units("mm")
    header["vox_offset"] = offset = 544
    header["magic"] = b"n+2\x00\r\n\x1a\n"
    with path.open("wb") as file:
        file.write(header.binaryblock)
        file.write(b"\0" * (offset - file.tell()))
    out = np.memmap(path, labels.dtype, "r+", offset=offset, shape=(nz, ny, nx))
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


def _odd(part: _Part, terms: Terminology) -> list[str]:
    """Say what is odd about a parcellation, and what brainglobe-atlasapi will make of it."""
    out = [*terms.problems, *differences(terms, LabelIndex(part.volume))]
    numbers = brainglobe_numbers(terms)
    parents = [numbers[r.parent] for r in terms if r.parent is not None]
    wide = [n for n in parents if n > BRAINGLOBE_PARENTS]
    if wide:
        out.append(
            f"{len(wide)} regions lie below one whose voxel value is above {BRAINGLOBE_PARENTS}, "
            "which brainglobe-atlasapi does not read; AtlasView does."
        )
    if any(n >= 1 << 32 for n in numbers.values()):
        out.append(
            "Some voxel values are above 2³², which brainglobe-atlasapi does not read; "
            "AtlasView does."
        )
    return out


def _write_texts(
    root: Path,
    name: str,
    sheet: AtlasSheet,
    images: Sequence[_Part],
    sets: Sequence[_Part],
    terms: Sequence[Terminology],
    midline: float | None,
) -> None:
    """Write region tables, the space, and at last the manifest, without which there is no atlas."""
    template = images[0].volume
    space = template.space
    image_parts = [component_part(TEMPLATES, p.name) for p in images]
    set_parts = [
        component_part(ANNOTATIONS, p.name)
        | {
            "title": p.volume.name,
            "template": image_parts[0],
            "terminology": component_part(TERMINOLOGIES, p.name),
        }
        for p in sets
    ]
    space_part = component_part(SPACES, slug(space)) | {"name": space, "template": image_parts[0]}
    low, high = (float(v) for v in _reach(template))
    manifest: dict[str, Any] = {
        "name": name,
        "title": sheet.title,
        "location": f"/{ATLASES}/{name}/{VERSION_FOLDER}",
        "citation": sheet.citation or "unpublished",
        "atlas_link": sheet.link,
        "species": sheet.species,
        "licence": sheet.licence,
        # brainglobe-atlasapi parts a symmetric atlas at its middle, and looks for a volume else
        "symmetric": midline is None
        and abs(low + high) < 0.51 * template.levels[0].voxel_size_mm[0],
        "resolution": [1000 * s for s in stored_triple(template.levels[0].voxel_size_mm)],
        "orientation": "asr",
        "version": VERSION,
        "shape": stored_triple(template.shape),
        "additional_references": image_parts[1:],
        "atlas_packager": "AtlasView",
        "coordinate_space": space_part,
        "terminology": set_parts[0]["terminology"],
        "annotation_set": set_parts[0],
        "template": image_parts[0],
        MORE_SETS: set_parts[1:],
    }
    try:
        for part, terminology in zip(sets, terms, strict=True):
            write_whole(
                root / TERMINOLOGIES / part.name / VERSION_FOLDER / TERMINOLOGY_FILE,
                terminology_csv(terminology),
            )
        write_whole(
            root / SPACES / slug(space) / VERSION_FOLDER / MANIFEST, manifest_text(space_part)
        )
        write_whole(atlas_place(root, name), manifest_text(manifest))
    except OSError as exc:
        raise LibraryError(f"{root}: the atlas cannot be written ({exc.strerror}).") from exc


def _reach(volume: Volume) -> tuple[float, float]:
    """Return how far a volume reaches to the left and to the right, in mm."""
    corners = np.array(list(itertools.product(*((-0.5, n - 0.5) for n in volume.shape))))
    x = corners @ volume.affine[0, :3] + volume.affine[0, 3]
    return x.min(), x.max()
