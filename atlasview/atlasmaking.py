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
    AtlasSheet,
    Grid,
    component_part,
    set_part,
    told_as_library_error,
    write_manifest,
    write_tables,
)
from atlasview.atlasparts import Part, PartMaker
from atlasview.errors import InvalidParameterError, LibraryError
from atlasview.ingest.component import stored_triple
from atlasview.layout import TEMPLATES, atlas_place, check_id, labels_place, template_place
from atlasview.manifests import MAPS_KEY
from atlasview.regionfacts import LabelIndex
from atlasview.regiontable import (
    BRAINGLOBE_PARENTS,
    brainglobe_numbers,
    read_region_table,
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
    """Write region tables and the manifest."""
    template = images[0].volume
    image_parts = [component_part(TEMPLATES, p.name) for p in images]
    low, high = (float(v) for v in _reach(template))
    size = template.levels[0].voxel_size_mm
    grid = Grid(
        shape=stored_triple(template.shape),
        resolution=[1000 * s for s in stored_triple(size)],
        orientation="asr",
        # brainglobe-atlasapi parts a symmetric atlas at its middle, and looks for a volume else
        symmetric=midline is None and abs(low + high) < 0.51 * size[0],
    )
    with told_as_library_error(root):
        write_tables(root, table_of(sets, terms))
        write_manifest(
            root,
            name,
            sheet,
            grid,
            template.space,
            templates=image_parts,
            sets=[told_part(p, image_parts[0]) for p in sets],
        )


def told_part(part: Part, template: Any) -> dict[str, Any]:
    """Return how a manifest names a parcellation, and which regions its probability maps are of."""
    told = set_part(part.name, part.volume.name, template)
    if part.maps is None:
        return told
    maps = part.maps
    return told | {
        MAPS_KEY: {"labels": list(maps.labels), "unit": maps.unit, "threshold": maps.threshold}
    }


def table_of(sets: Sequence[Part], terms: Sequence[Terminology]) -> dict[str, Terminology]:
    """Return the region table of each parcellation by its name."""
    return {part.name: terminology for part, terminology in zip(sets, terms, strict=True)}


def _reach(volume: Volume) -> tuple[float, float]:
    """Return how far a volume reaches to the left and to the right, in mm."""
    corners = np.array(list(itertools.product(*((-0.5, n - 0.5) for n in volume.shape))))
    x = corners @ volume.affine[0, :3] + volume.affine[0, 3]
    return x.min(), x.max()
