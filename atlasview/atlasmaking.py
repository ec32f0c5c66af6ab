"""Make an atlas of templates, labels and region tables that brainglobe-atlasapi opens too."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

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
from atlasview.atlasparts import Part, PartMaker
from atlasview.errors import InvalidParameterError, LibraryError
from atlasview.ingest.component import stored_triple
from atlasview.library import check_id
from atlasview.manifests import (
    ANNOTATIONS,
    ATLASES,
    MANIFEST,
    MAPS_KEY,
    MORE_SETS,
    SPACES,
    TEMPLATES,
    TERMINOLOGIES,
    TERMINOLOGY_FILE,
    slug,
)
from atlasview.regionfacts import LabelIndex
from atlasview.regiontable import (
    BRAINGLOBE_PARENTS,
    brainglobe_numbers,
    read_region_table,
    terminology_csv,
    with_root,
)
from atlasview.volume import Volume

#: Probability from which on a voxel is given its most probable region, as FSL's maximum
#: probability atlases have it.
THRESHOLD = 0.25


@dataclass(frozen=True, slots=True)
class Sources:
    """What parcellations are made of.

    Parameters
    ----------
    labels : sequence of str
        Ids of labels volumes in the library, or files.
    maps : sequence of Path
        Probability maps: a 4-D NIfTI, or a folder of one NIfTI a region.
    tables : sequence of Path
        One region table for each of these, those of labels first.
    threshold : float
        Probability from which on a voxel is given its most probable region.
    """

    labels: Sequence[str] = ()
    maps: Sequence[Path] = ()
    tables: Sequence[Path] = ()
    threshold: float = THRESHOLD

    def terminologies(self) -> list[Terminology]:
        """Read the region tables.

        Raises
        ------
        InvalidParameterError
            There are not as many as there are labels and maps.
        AtlasDefinitionError
            One cannot be read.
        """
        count = len(self.labels) + len(self.maps)
        if count != len(self.tables):
            raise InvalidParameterError(
                "--regions",
                len(self.tables),
                f"there are {len(self.labels)} --labels and {len(self.maps)} --maps; give one "
                "table for each, those of labels first",
            )
        if not 0 <= self.threshold <= 1:
            raise InvalidParameterError(
                "--threshold", self.threshold, "it is a probability, from 0 to 1"
            )
        return [with_root(read_region_table(table)) for table in self.tables]


def create_atlas(
    root: Path,
    name: str,
    *,
    templates: Sequence[str],
    labels: Sequence[str] = (),
    maps: Sequence[Path] = (),
    tables: Sequence[Path],
    sheet: AtlasSheet,
    space: str | None = None,
    midline: float | None = None,
    threshold: float = THRESHOLD,
    overwrite: bool = False,
    **options: Any,
) -> tuple[str, ...]:
    """Make an atlas in a library.

    Volumes are copied into BrainGlobe's rooms and order (`atlasview.ingest.component`). Labels on
    another part of the template's grid are first filled up to it, without resampling. Of
    probability maps, labels of the most probable regions are made.

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
    maps : sequence of Path
        Probability maps: a 4-D NIfTI, or a folder of one NIfTI a region.
    tables : sequence of Path
        One region table for each of these, those of labels first.
    sheet : AtlasSheet
    space : str, optional
        Name of the reference space, where the template's own is not meant.
    midline : float, optional
        x in mm that parts left from right; hemispheres are written when given.
    threshold : float
        Probability from which on a voxel is given its most probable region.
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
    sources = Sources(labels, maps, tables, threshold)
    if not labels and not maps:
        raise InvalidParameterError("--labels", "", "an atlas needs labels, or probability --maps")
    if not templates:
        raise InvalidParameterError("--template", "", "an atlas needs an image")
    if atlas_place(root, name).exists() and not overwrite:
        raise LibraryError(f"There is an atlas {name!r} in {root} already; add --overwrite.")
    # Looked at before the long work, so that a slip costs nothing.
    terms = sources.terminologies()
    with working(root, name, space, options) as maker:
        images = [maker.part(text, "image", i, len(templates)) for i, text in enumerate(templates)]
        sets = make_sets(maker, sources, terms, images[0].volume, len(terms))
        warnings = [w for part, term in zip(sets, terms, strict=True) for w in oddities(part, term)]
        warnings += maker.warnings
        if overwrite:
            atlas_place(root, name).unlink(missing_ok=True)
        write_volumes(maker, images, sets, midline)
        _write_manifest(root, name, sheet, images, sets, terms, midline)
    return tuple(warnings)


@contextmanager
def working(
    root: Path, name: str, space: str | None, options: dict[str, Any]
) -> Iterator[PartMaker]:
    """Have a place to work in; what was written goes again when something fails."""
    staging = root / f".creating-{name}"
    maker = PartMaker(root, name, staging, space, options, [])
    try:
        staging.mkdir(parents=True, exist_ok=True)
        yield maker
    except BaseException:
        for path in maker.written:
            shutil.rmtree(path, ignore_errors=True)
        raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def make_sets(
    maker: PartMaker, sources: Sources, terms: Sequence[Terminology], grid: Volume, of: int
) -> list[Part]:
    """Make the parts of all parcellations, on the grid of a template."""
    out = [maker.part(text, "labels", i, of, grid) for i, text in enumerate(sources.labels)]
    first = len(out)
    for i, path in enumerate(sources.maps, first):
        out.append(maker.maps_part(path, i, of, grid, terms[i], sources.threshold))
    return out


def write_volumes(
    maker: PartMaker, images: Sequence[Part], sets: Sequence[Part], midline: float | None
) -> None:
    """Write all volumes into their rooms."""
    for room, parts in ((template_place, images), (labels_place, sets)):
        for part in parts:
            maker.write(part, room(maker.root, part.name))
    if midline is not None:
        for part in sets:
            maker.write_hemispheres(part, midline)


def oddities(part: Part, terms: Terminology) -> list[str]:
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


def _write_manifest(
    root: Path,
    name: str,
    sheet: AtlasSheet,
    images: Sequence[Part],
    sets: Sequence[Part],
    terms: Sequence[Terminology],
    midline: float | None,
) -> None:
    """Write region tables, the space, and at last the manifest, without which there is no atlas."""
    template = images[0].volume
    space = template.space
    image_parts = [component_part(TEMPLATES, p.name) for p in images]
    set_parts = [set_part(p, image_parts[0]) for p in sets]
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
    with told_as_library_error(root):
        write_tables(root, sets, terms)
        write_whole(
            root / SPACES / slug(space) / VERSION_FOLDER / MANIFEST, manifest_text(space_part)
        )
        write_whole(atlas_place(root, name), manifest_text(manifest))


def set_part(part: Part, template: Any) -> dict[str, Any]:
    """Return how a manifest names a parcellation."""
    told = {
        "title": part.volume.name,
        "template": template,
        "terminology": component_part(TERMINOLOGIES, part.name),
    }
    if part.maps is not None:
        told[MAPS_KEY] = {
            "labels": list(part.maps.labels),
            "unit": part.maps.unit,
            "threshold": part.maps.threshold,
        }
    return component_part(ANNOTATIONS, part.name) | told


def write_tables(root: Path, sets: Sequence[Part], terms: Sequence[Terminology]) -> None:
    """Write the region table of each parcellation."""
    for part, terminology in zip(sets, terms, strict=True):
        write_whole(
            root / TERMINOLOGIES / part.name / VERSION_FOLDER / TERMINOLOGY_FILE,
            terminology_csv(terminology),
        )


@contextmanager
def told_as_library_error(root: Path) -> Iterator[None]:
    """Turn what the system refuses into a sentence."""
    try:
        yield
    except OSError as exc:
        raise LibraryError(f"{root}: the atlas cannot be written ({exc.strerror}).") from exc


def _reach(volume: Volume) -> tuple[float, float]:
    """Return how far a volume reaches to the left and to the right, in mm."""
    corners = np.array(list(itertools.product(*((-0.5, n - 0.5) for n in volume.shape))))
    x = corners @ volume.affine[0, :3] + volume.affine[0, 3]
    return x.min(), x.max()
